/*
 * virvfiousertest.c: descriptors of vfio-user programs
 *
 * This library is free software; you can redistribute it and/or
 * modify it under the terms of the GNU Lesser General Public
 * License as published by the Free Software Foundation; either
 * version 2.1 of the License, or (at your option) any later version.
 *
 * This library is distributed in the hope that it will be useful,
 * but WITHOUT ANY WARRANTY; without even the implied warranty of
 * MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the GNU
 * Lesser General Public License for more details.
 *
 * You should have received a copy of the GNU Lesser General Public
 * License along with this library.  If not, see
 * <http://www.gnu.org/licenses/>.
 */

#include <config.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "testutils.h"

#if WITH_JSON_C

# define LIBVIRT_VIRVFIOUSERPRIV_H_ALLOW
# include "virvfiouserpriv.h"
# include "configmake.h"
# include "virdevmigration.h"
# include "virfile.h"
# include "virstring.h"

# define VIR_FROM_THIS VIR_FROM_NONE

/* a directory that can be trusted, and what is in it */
static char *dir;


/* Returns "NAME: BINARY [ARGS] DESCRIPTION (TAGS)". */
static char *
testFormat(const virVfioUserDescriptor *descriptor)
{
    g_autofree char *args = NULL;
    g_autofree char *tags = NULL;

    if (descriptor->args)
        args = g_strjoinv("|", descriptor->args);
    if (descriptor->tags)
        tags = g_strjoinv("|", descriptor->tags);

    return g_strdup_printf("%s: %s [%s] %s (%s)", descriptor->name,
                           descriptor->binary, NULLSTR_EMPTY(args),
                           NULLSTR_EMPTY(descriptor->description),
                           NULLSTR_EMPTY(tags));
}


struct testParse {
    const char *name;
    const char *text;
    const char *expected;       /* as from testFormat(), NULL: unusable */
    const char *problem;
};


static int
testParse(const void *opaque)
{
    const struct testParse *data = opaque;
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(virVfioUserDescriptor) descriptor = NULL;
    g_autofree char *actual = NULL;

    virResetLastError();
    descriptor = virVfioUserDescriptorParse("nic", "/d/nic.json", data->text, problems);

    if (virGetLastErrorCode() != VIR_ERR_OK) {
        VIR_TEST_VERBOSE("an error was left: %s", virGetLastErrorMessage());
        return -1;
    }

    if (descriptor)
        actual = testFormat(descriptor);

    if (virTestCompareToString(NULLSTR(data->expected), NULLSTR(actual)) < 0)
        return -1;

    if (data->problem) {
        if (problems->len != 1 ||
            !strstr(g_ptr_array_index(problems, 0), data->problem)) {
            VIR_TEST_VERBOSE("expected problem '%s', got %u: '%s'", data->problem,
                             problems->len,
                             problems->len ? (char *) g_ptr_array_index(problems, 0) : "");
            return -1;
        }
    } else if (problems->len > 0) {
        VIR_TEST_VERBOSE("unexpected problem '%s'",
                         (char *) g_ptr_array_index(problems, 0));
        return -1;
    }

    return 0;
}


static int
testWrite(const char *name,
          const char *text,
          mode_t mode)
{
    g_autofree char *path = g_strdup_printf("%s/%s", dir, name);
    g_autofree char *parent = g_path_get_dirname(path);

    if (g_mkdir_with_parents(parent, 0755) < 0 ||
        virFileWriteStr(path, text, 0600) < 0 ||
        chmod(path, mode) < 0) {
        VIR_TEST_VERBOSE("cannot write '%s': %s", path, g_strerror(errno));
        return -1;
    }

    return 0;
}


/* Returns what is found in a, b and c below the directory, and the problems,
 * one a line, with the directory left out. */
static char *
testFetch(void)
{
    g_autofree char *a = g_strdup_printf("%s/a", dir);
    g_autofree char *b = g_strdup_printf("%s/b", dir);
    g_autofree char *c = g_strdup_printf("%s/c", dir);
    const char *dirs[] = { a, b, c, NULL };
    g_autoptr(GPtrArray) descriptors = NULL;
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    size_t i;

    virResetLastError();
    if (virVfioUserFetchDescriptorsFrom(dirs, &descriptors, problems) < 0)
        return g_strdup(virGetLastErrorMessage());

    if (virGetLastErrorCode() != VIR_ERR_OK)
        return g_strdup("an error was left");

    for (i = 0; i < descriptors->len; i++) {
        virVfioUserDescriptor *descriptor = g_ptr_array_index(descriptors, i);

        virBufferAsprintf(&buf, "%s %s %s\n", descriptor->name,
                          descriptor->path + strlen(dir), descriptor->binary);
    }

    for (i = 0; i < problems->len; i++)
        virBufferAsprintf(&buf, "%s\n", (char *) g_ptr_array_index(problems, i));

    return virStringReplace(virBufferCurrentContent(&buf) ?
                            virBufferCurrentContent(&buf) : "", dir, "DIR");
}


static int
testCompareFetch(const char *expected)
{
    g_autofree char *actual = testFetch();

    return virTestCompareToString(expected, actual);
}


static int
testMerge(const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *dangling = g_strdup_printf("%s/c/70-dangling.json", dir);
    g_autofree char *link = g_strdup_printf("%s/c/80-link.json", dir);
    g_autofree char *subdir = g_strdup_printf("%s/c/90-dir.json", dir);

    /* nothing there at all */
    if (testCompareFetch("") < 0)
        return -1;

    if (testWrite("a/50-over.json", "{\"binary\": \"/a\"}", 0644) < 0 ||
        testWrite("b/50-over.json", "{\"binary\": \"/b\"}", 0644) < 0 ||
        testWrite("c/50-over.json", "{\"binary\": \"/c\"}", 0644) < 0 ||
        testWrite("a/40-mid.json", "{\"binary\": \"/a\"}", 0644) < 0 ||
        testWrite("b/40-mid.json", "{\"binary\": \"/b\"}", 0644) < 0 ||
        testWrite("a/60-only.json", "{\"binary\": \"/a\"}", 0644) < 0 ||
        /* masked, and masked but put back */
        testWrite("a/20-masked.json", "{\"binary\": \"/a\"}", 0644) < 0 ||
        testWrite("b/20-masked.json", "", 0644) < 0 ||
        testWrite("a/30-back.json", "{\"binary\": \"/a\"}", 0644) < 0 ||
        testWrite("b/30-back.json", "", 0644) < 0 ||
        testWrite("c/30-back.json", "{\"binary\": \"/c\"}", 0644) < 0 ||
        /* a bad one hides a good one, too */
        testWrite("a/10-bad.json", "{\"binary\": \"/a\"}", 0644) < 0 ||
        testWrite("b/10-bad.json", "{\"binary\": \"b\"}", 0644) < 0 ||
        /* not descriptors */
        testWrite("a/.hidden.json", "{\"binary\": \"/a\"}", 0644) < 0 ||
        testWrite("a/README", "{\"binary\": \"/a\"}", 0644) < 0 ||
        testWrite("a/60-only.json~", "{\"binary\": \"/a\"}", 0644) < 0 ||
        /* in the order of names, not of files */
        testWrite("a/60-only-1.json", "{\"binary\": \"/a\"}", 0644) < 0)
        return -1;

    if (symlink("nowhere", dangling) < 0 ||
        symlink("../a/README", link) < 0 ||
        mkdir(subdir, 0755) < 0)
        return -1;

    return testCompareFetch("30-back /c/30-back.json /c\n"
                            "40-mid /b/40-mid.json /b\n"
                            "50-over /c/50-over.json /c\n"
                            "60-only /a/60-only.json /a\n"
                            "60-only-1 /a/60-only-1.json /a\n"
                            "80-link /c/80-link.json /a\n"
                            "'DIR/c/70-dangling.json' cannot be read\n"
                            "'DIR/b/10-bad.json' has a binary that is not an absolute path\n");
}


static int
testUnsafe(const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *c = g_strdup_printf("%s/c", dir);
    g_autofree char *large = g_strnfill(VIR_VFIO_USER_MAX_DESCRIPTOR_SIZE, ' ');
    g_autofree char *larger = g_strnfill(VIR_VFIO_USER_MAX_DESCRIPTOR_SIZE + 1, ' ');
    g_autofree char *nul = g_strdup_printf("%s/c/nul.json", dir);
    const char nultext[] = "{\"binary\": \"/c\"}\0";

    memcpy(large, "{\"binary\": \"/c\"}", strlen("{\"binary\": \"/c\"}"));
    memcpy(larger, "{\"binary\": \"/c\"}", strlen("{\"binary\": \"/c\"}"));

    if (testWrite("c/group.json", "{\"binary\": \"/c\"}", 0664) < 0 ||
        testWrite("c/large.json", large, 0644) < 0 ||
        testWrite("c/larger.json", larger, 0644) < 0 ||
        testWrite("c/others.json", "{\"binary\": \"/c\"}", 0646) < 0 ||
        testWrite("c/private.json", "{\"binary\": \"/c\"}", 0600) < 0 ||
        !g_file_set_contents(nul, nultext, sizeof(nultext), NULL) ||
        chmod(nul, 0644) < 0)
        return -1;

    if (testCompareFetch("large /c/large.json /c\n"
                         "private /c/private.json /c\n"
                         "'DIR/c/group.json' cannot be used: 'DIR/c/group.json' has mode 0664, other users could change it\n"
                         "'DIR/c/larger.json' is larger than 65536 bytes\n"
                         "'DIR/c/nul.json' contains a NUL character\n"
                         "'DIR/c/others.json' cannot be used: 'DIR/c/others.json' has mode 0646, other users could change it\n") < 0)
        return -1;

    /* others could put another file there */
    if (chmod(c, 0777) < 0 ||
        testCompareFetch("'DIR/c/group.json' cannot be used: 'DIR/c' has mode 0777, other users could change it\n"
                         "'DIR/c/large.json' cannot be used: 'DIR/c' has mode 0777, other users could change it\n"
                         "'DIR/c/larger.json' cannot be used: 'DIR/c' has mode 0777, other users could change it\n"
                         "'DIR/c/nul.json' cannot be used: 'DIR/c' has mode 0777, other users could change it\n"
                         "'DIR/c/others.json' cannot be used: 'DIR/c' has mode 0777, other users could change it\n"
                         "'DIR/c/private.json' cannot be used: 'DIR/c' has mode 0777, other users could change it\n") < 0)
        return -1;

    if (geteuid() == 0) {
        if (chmod(c, 0755) < 0 ||
            chown(c, 12345, -1) < 0)
            return -1;

        return testCompareFetch("'DIR/c/group.json' cannot be used: 'DIR/c' belongs to user 12345, who could change it\n"
                                "'DIR/c/large.json' cannot be used: 'DIR/c' belongs to user 12345, who could change it\n"
                                "'DIR/c/larger.json' cannot be used: 'DIR/c' belongs to user 12345, who could change it\n"
                                "'DIR/c/nul.json' cannot be used: 'DIR/c' belongs to user 12345, who could change it\n"
                                "'DIR/c/others.json' cannot be used: 'DIR/c' belongs to user 12345, who could change it\n"
                                "'DIR/c/private.json' cannot be used: 'DIR/c' belongs to user 12345, who could change it\n");
    }

    return 0;
}


static int
testCount(const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *a = g_strdup_printf("%s/a", dir);
    const char *dirs[] = { a, NULL };
    g_autoptr(GPtrArray) descriptors = NULL;
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    size_t i;

    for (i = 0; i < VIR_VFIO_USER_MAX_DESCRIPTORS + 2; i++) {
        g_autofree char *name = g_strdup_printf("a/%04zu.json", i);

        if (testWrite(name, "{\"binary\": \"/a\"}", 0644) < 0)
            return -1;
    }

    if (virVfioUserFetchDescriptorsFrom(dirs, &descriptors, problems) < 0)
        return -1;

    if (descriptors->len != VIR_VFIO_USER_MAX_DESCRIPTORS ||
        problems->len != 1 ||
        !strstr(g_ptr_array_index(problems, 0), "a/1024.json' and further")) {
        VIR_TEST_VERBOSE("%u descriptors, %u problems", descriptors->len, problems->len);
        return -1;
    }

    return 0;
}


struct testCheck {
    const char *path;           /* below the directory if it does not begin with '/' */
    bool executable;
    const char *error;          /* part of it; NULL: fine */
};


static int
testCheckOne(const char *path,
             bool executable,
             const char *error)
{
    g_autofree char *full = NULL;
    int rc;

    if (*path == '/' || STREQ_NULLABLE(error, "not an absolute path"))
        full = g_strdup(path);
    else
        full = g_strdup_printf("%s/%s", dir, path);

    virResetLastError();
    rc = virVfioUserCheckFile(full, executable);

    if (rc < 0 && !error)
        return -1;

    if (error && (rc == 0 || !strstr(virGetLastErrorMessage(), error))) {
        VIR_TEST_VERBOSE("'%s': expected error '%s', got '%s'", path, error,
                         virGetLastErrorMessage());
        return -1;
    }

    return 0;
}


static int
testCheck(const void *opaque G_GNUC_UNUSED)
{
    static const struct {
        const char *name;
        const char *target;
    } links[] = {
        { "link", "program" },
        { "link-dir", "sub" },
        { "link-unsafe", "open/../program" },
        { "link-loop", "link-loop" },
        { "link-up", "sub/../sub/./program" },
        { "open/link", "../program" },
        { "sticky/link", "../program" },
    };
    static const struct testCheck checks[] = {
        { "program", true, NULL },
        { "program", false, NULL },
        { "./sub/..//program", true, NULL },
        { "sub/program", true, NULL },
        { "link", true, NULL },
        { "link-dir/program", true, NULL },
        { "link-up", true, NULL },
        { "link-absolute", true, NULL },
        { "sticky/program", true, NULL },
        { "sticky/link", true, NULL },
        { "data", false, NULL },
        { "data", true, "not executable" },
        { "missing", false, "missing': No such file" },
        { "missing/program", false, "missing': No such file" },
        { "program/", true, "Not a directory" },
        { "program/program", true, "Not a directory" },
        { "sub", true, "not a regular file" },
        { "/dev/null", false, "other users could change it" },
        { "/", false, "not a regular file" },
        { "", false, "not a regular file" },
        { "program", true, "not an absolute path" },
        { "./program", true, "not an absolute path" },
        { "", true, "not an absolute path" },
        { "writable", true, "writable' has mode 0757" },
        { "open/program", true, "open' has mode 0757" },
        { "open/link", true, "open' has mode 0757" },
        { "open/../program", true, "open' has mode 0757" },
        { "link-unsafe", true, "open' has mode 0757" },
        { "link-loop", true, "Too many levels of symbolic links" },
    };
    size_t i;
    int ret = 0;

    if (testWrite("program", "#!/bin/sh\n", 0755) < 0 ||
        testWrite("sub/program", "#!/bin/sh\n", 0755) < 0 ||
        testWrite("open/program", "#!/bin/sh\n", 0755) < 0 ||
        testWrite("sticky/program", "#!/bin/sh\n", 0755) < 0 ||
        testWrite("writable", "#!/bin/sh\n", 0757) < 0 ||
        testWrite("data", "#!/bin/sh\n", 0644) < 0)
        return -1;

    for (i = 0; i < G_N_ELEMENTS(links); i++) {
        g_autofree char *path = g_strdup_printf("%s/%s", dir, links[i].name);

        if (symlink(links[i].target, path) < 0)
            return -1;
    }

    {
        g_autofree char *open = g_strdup_printf("%s/open", dir);
        g_autofree char *absolute = g_strdup_printf("%s/link-absolute", dir);
        g_autofree char *program = g_strdup_printf("%s/program", dir);
        g_autofree char *sticky = g_strdup_printf("%s/sticky", dir);

        if (chmod(open, 0757) < 0 || chmod(sticky, 01777) < 0 ||
            symlink(program, absolute) < 0)
            return -1;
    }

    for (i = 0; i < G_N_ELEMENTS(checks); i++) {
        if (testCheckOne(checks[i].path, checks[i].executable, checks[i].error) < 0) {
            VIR_TEST_VERBOSE("'%s'", checks[i].path);
            ret = -1;
        }
    }

    if (geteuid() == 0) {
        const char *owned[] = { "program", "sub", "sticky/link" };
        const char *used[] = { "link", "sub/program", "sticky/link" };

        for (i = 0; i < G_N_ELEMENTS(owned); i++) {
            g_autofree char *path = g_strdup_printf("%s/%s", dir, owned[i]);

            if (lchown(path, 12345, -1) < 0 ||
                testCheckOne(used[i], true, "belongs to user 12345") < 0 ||
                lchown(path, 0, -1) < 0 ||
                testCheckOne(used[i], true, NULL) < 0)
                ret = -1;
        }
    }

    return ret;
}


static int
testWriteInPlace(const char *path,
                 const char *text)
{
    VIR_AUTOCLOSE fd = open(path, O_WRONLY);

    return safewrite(fd, text, strlen(text)) == strlen(text) ? 0 : -1;
}


static int
testIdentity(const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *path = g_strdup_printf("%s/file", dir);
    g_autofree char *other = g_strdup_printf("%s/other", dir);
    g_autofree char *link = g_strdup_printf("%s/link", dir);
    g_autofree char *boot = virVfioUserBootId();
    g_autofree char *again = virVfioUserBootId();
    g_autofree char *first = NULL;
    g_autofree char *same = NULL;
    g_autofree char *written = NULL;
    g_autofree char *replaced = NULL;
    struct stat sb;
    struct timespec times[2];

    if (!boot || strlen(boot) != 36 || STRNEQ(boot, again)) {
        VIR_TEST_VERBOSE("boot '%s'", NULLSTR(boot));
        return -1;
    }

    errno = 0;
    if (virVfioUserIdentity(path) || errno != ENOENT)
        return -1;

    if (testWrite("file", "aaa", 0644) < 0 ||
        symlink("file", link) < 0 ||
        !(first = virVfioUserIdentity(path)) ||
        !(same = virVfioUserIdentity(link)) ||
        STRNEQ(first, same) ||
        stat(path, &sb) < 0)
        return -1;

    /* also with the size and the time that it had */
    g_usleep(20 * 1000);
    times[0] = times[1] = sb.st_mtim;
    if (testWriteInPlace(path, "bbb") < 0 ||
        utimensat(AT_FDCWD, path, times, 0) < 0 ||
        !(written = virVfioUserIdentity(path)) ||
        STREQ(first, written)) {
        VIR_TEST_VERBOSE("written to: '%s'", NULLSTR(written));
        return -1;
    }

    if (testWrite("other", "bbb", 0644) < 0 ||
        rename(other, path) < 0 ||
        !(replaced = virVfioUserIdentity(link)) ||
        STREQ(written, replaced)) {
        VIR_TEST_VERBOSE("replaced: '%s'", NULLSTR(replaced));
        return -1;
    }

    return 0;
}


static int
testDirectories(const void *opaque G_GNUC_UNUSED)
{
    g_auto(GStrv) privileged = virVfioUserGetDirectories(true);
    g_auto(GStrv) session = NULL;
    g_auto(GStrv) relative = NULL;

    if (g_strv_length(privileged) != 2 ||
        STRNEQ(privileged[0], DATADIR "/vfio-user") ||
        STRNEQ(privileged[1], SYSCONFDIR "/vfio-user"))
        return -1;

    g_setenv("XDG_CONFIG_HOME", "/home/user/config", TRUE);
    session = virVfioUserGetDirectories(false);
    if (g_strv_length(session) != 3 ||
        STRNEQ(session[0], DATADIR "/vfio-user") ||
        STRNEQ(session[1], SYSCONFDIR "/vfio-user") ||
        STRNEQ(session[2], "/home/user/config/vfio-user"))
        return -1;

    g_setenv("XDG_CONFIG_HOME", "config", TRUE);
    relative = virVfioUserGetDirectories(false);
    if (g_strv_length(relative) != 3 ||
        !g_path_is_absolute(relative[2]) ||
        !g_str_has_suffix(relative[2], "/.config/vfio-user"))
        return -1;

    return 0;
}


/* Makes a directory that can be trusted. */
static int
testMakeDir(void)
{
    const char *parents[] = { "/tmp", "/var/tmp", abs_builddir };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(parents); i++) {
        dir = g_strdup_printf("%s/virvfiouserXXXXXX", parents[i]);

        if (g_mkdtemp(dir)) {
            g_autofree char *path = g_strdup_printf("%s/probe", dir);

            if (testWrite("probe", "", 0644) == 0 &&
                virVfioUserCheckFile(path, false) == 0)
                return 0;

            virFileDeleteTree(dir);
        }

        g_clear_pointer(&dir, g_free);
    }

    return -1;
}


static int
mymain(void)
{
    g_autofree char *text = g_strnfill(VIR_DEV_MIGRATION_MAX_TEXT - 1, 'x');
    g_autofree char *longBinary = g_strdup_printf("{\"binary\": \"/%s\"}", text);
    g_autofree char *longestBinary = g_strdup_printf("{\"binary\": \"/%s\"}", text + 1);
    g_autofree char *longestExpected = g_strdup_printf("nic: /%s []  ()", text + 1);
    g_autofree char *longArg = g_strdup_printf("{\"binary\": \"/b\", \"args\": [\"xx%s\"]}", text);
    g_autofree char *longDescription = g_strdup_printf("{\"binary\": \"/b\", \"description\": \"xx%s\"}", text);
    g_autofree char *items = virStringReplace("................................"
                                              "................................",
                                              ".", "\"a\", ");
    g_autofree char *manyArgs = g_strdup_printf("{\"binary\": \"/b\", \"args\": [%s\"a\"]}", items);
    g_autofree char *manyTags = g_strdup_printf("{\"binary\": \"/b\", \"tags\": [%s\"a\"]}", items);
    int ret = 0;

# define DO_TEST(title, json, ...) \
    do { \
        const struct testParse data = { title, json, __VA_ARGS__ }; \
        if (virTestRun(title, testParse, &data) < 0) \
            ret = -1; \
    } while (0)

# define GOOD(title, json, result) DO_TEST(title, json, .expected = result)
# define BAD(title, json, reason) DO_TEST(title, json, .problem = reason)

    GOOD("least", "{\"binary\": \"/b\"}", "nic: /b []  ()");
    GOOD("most",
         "{\"type\": \"vfio-user\", \"description\": \"NIC of \\u00c4\", \"binary\": \"/usr/libexec/nic\","
         " \"args\": [\"--port\", \"\", \"--a=b c\"], \"tags\": [\"a\", \"b\"]}",
         "nic: /usr/libexec/nic [--port||--a=b c] NIC of \xc3\x84 (a|b)");
    GOOD("unknown keys", "{\"binary\": \"/b\", \"Binary\": 1, \"x\": {\"y\": [null]}}", "nic: /b []  ()");
    GOOD("empty lists", "{\"binary\": \"/b\", \"args\": [], \"tags\": []}", "nic: /b []  ()");
    GOOD("duplicate keys, the last one counts",
         "{\"binary\": \"relative\", \"args\": 1, \"args\": [\"a\"], \"binary\": \"/b\"}",
         "nic: /b [a]  ()");
    GOOD("longest binary", longestBinary, longestExpected);

    BAD("empty", "", "is empty");
    BAD("blank", " \n", "an early end");
    BAD("truncated", "{\"binary\": \"/b\"", "an early end");
    BAD("garbage after it", "{\"binary\": \"/b\"} x", "something after its end");
    BAD("comment", "/* */ {\"binary\": \"/b\"}", "a comment");
    BAD("list", "[\"/b\"]", "is not an object");
    BAD("string", "\"/b\"", "neither an object nor a list");
    BAD("invalid UTF-8", "{\"binary\": \"/b\xff\"}", "invalid UTF-8");
    BAD("NUL", "{\"binary\": \"/b\\u0000\"}", "a NUL character");
    BAD("deep", "{\"binary\": \"/b\", \"x\": [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", "levels");
    BAD("no binary", "{}", "has no usable binary");
    BAD("binary null", "{\"binary\": null}", "has no usable binary");
    BAD("binary number", "{\"binary\": 1}", "has no usable binary");
    BAD("binary list", "{\"binary\": [\"/b\"]}", "has no usable binary");
    BAD("binary empty", "{\"binary\": \"\"}", "has no usable binary");
    BAD("binary with newline", "{\"binary\": \"/b\\n\"}", "has no usable binary");
    BAD("binary relative", "{\"binary\": \"bin/b\"}", "not an absolute path");
    BAD("binary too long", longBinary, "not an absolute path");
    BAD("duplicate binary, the last one is bad",
        "{\"binary\": \"/b\", \"binary\": \"b\"}", "not an absolute path");
    BAD("other type", "{\"type\": \"vhost-user\", \"binary\": \"/b\"}", "has a type");
    BAD("type number", "{\"type\": 1, \"binary\": \"/b\"}", "has a type");
    BAD("type null", "{\"type\": null, \"binary\": \"/b\"}", "has a type");
    BAD("description number", "{\"binary\": \"/b\", \"description\": 1}", "unusable description");
    BAD("description null", "{\"binary\": \"/b\", \"description\": null}", "unusable description");
    BAD("description with escape", "{\"binary\": \"/b\", \"description\": \"\\u001b\"}", "unusable description");
    BAD("description too long", longDescription, "string of more than 4096 bytes");
    BAD("args string", "{\"binary\": \"/b\", \"args\": \"a\"}", "unusable args");
    BAD("args null", "{\"binary\": \"/b\", \"args\": null}", "unusable args");
    BAD("args object", "{\"binary\": \"/b\", \"args\": {\"a\": \"b\"}}", "unusable args");
    BAD("args of numbers", "{\"binary\": \"/b\", \"args\": [\"a\", 1]}", "unusable args");
    BAD("args of lists", "{\"binary\": \"/b\", \"args\": [[\"a\"]]}", "unusable args");
    BAD("args with newline", "{\"binary\": \"/b\", \"args\": [\"a\\nb\"]}", "unusable args");
    BAD("args too long", longArg, "string of more than 4096 bytes");
    BAD("args too many", manyArgs, "more than 64 entries");
    BAD("tags string", "{\"binary\": \"/b\", \"tags\": \"a\"}", "unusable tags");
    BAD("tags of booleans", "{\"binary\": \"/b\", \"tags\": [true]}", "unusable tags");
    BAD("tags too many", manyTags, "more than 64 entries");

# define DO_TEST_DIR(title, func) \
    do { \
        if (testMakeDir() < 0) { \
            fprintf(stderr, "no directory for descriptors that are trusted\n"); \
            return EXIT_AM_SKIP; \
        } \
        if (virTestRun(title, func, NULL) < 0) \
            ret = -1; \
        virFileDeleteTree(dir); \
        g_clear_pointer(&dir, g_free); \
    } while (0)

    DO_TEST_DIR("merge", testMerge);
    DO_TEST_DIR("unsafe descriptors", testUnsafe);
    DO_TEST_DIR("many descriptors", testCount);
    DO_TEST_DIR("check of files", testCheck);
    DO_TEST_DIR("identity", testIdentity);

    if (virTestRun("directories", testDirectories, NULL) < 0)
        ret = -1;

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN(mymain)

#else /* !WITH_JSON_C */

int
main(void)
{
    return EXIT_AM_SKIP;
}

#endif /* !WITH_JSON_C */
