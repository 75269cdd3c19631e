/*
 * sysfs.c: what a device and its type publish in sysfs
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

#include <unistd.h>

#include "fuzz.h"
#include "virdevmigrationsysfs.h"
#include "virerror.h"
#include "virfile.h"

#define HEADER "=== "
/* more than there may be of any kind of file */
#define MAX_FILES 80
#define MAX_DEPTH 4

/* Both directories are in here. */
static char *tree;

/* Paths come from the input: nothing outside of @tree may be written. */
static bool
fuzzPathIsGood(const char *path)
{
    g_auto(GStrv) components = g_strsplit(path, "/", -1);
    size_t n = g_strv_length(components);
    size_t i;

    if (n < 2 || n > MAX_DEPTH)
        return false;

    if (STRNEQ(components[0], "type") && STRNEQ(components[0], "device"))
        return false;

    for (i = 1; i < n; i++) {
        if (STREQ(components[i], "") || STREQ(components[i], ".") ||
            STREQ(components[i], ".."))
            return false;
    }

    return true;
}


static void
fuzzWriteFile(const char *path,
              const char *content,
              size_t len)
{
    g_autofree char *full = NULL;
    g_autofree char *dir = NULL;

    if (!fuzzPathIsGood(path))
        return;

    full = g_strdup_printf("%s/%s", tree, path);
    dir = g_path_get_dirname(full);

    /* one may be both a file and a directory, or have too long a name */
    if (g_mkdir_with_parents(dir, 0700) == 0)
        ignore_value(g_file_set_contents_full(full, content, len,
                                              G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}


/* "=== PATH", a newline, and the content up to the next line of this kind */
static void
fuzzWriteTree(const char *data,
              size_t size)
{
    const char *end = data + size;
    size_t n;

    for (n = 0; n < MAX_FILES && end - data > strlen(HEADER); n++) {
        const char *newline = memchr(data, '\n', end - data);
        const char *content = newline ? newline + 1 : end;
        const char *next = NULL;
        g_autofree char *path = NULL;

        if (memcmp(data, HEADER, strlen(HEADER)) == 0) {
            data += strlen(HEADER);
            path = g_strndup(data, newline ? newline - data : end - data);
        }

        for (data = content; data < end; data = next) {
            if (end - data >= strlen(HEADER) &&
                memcmp(data, HEADER, strlen(HEADER)) == 0)
                break;
            next = memchr(data, '\n', end - data);
            next = next ? next + 1 : end;
        }

        if (path)
            fuzzWriteFile(path, content, data - content);
    }
}


static void
fuzzMakeTree(void)
{
    g_autofree char *type = NULL;
    g_autofree char *device = NULL;
    g_autofree char *link = NULL;

    if (!tree &&
        !(tree = g_dir_make_tmp("fuzz-XXXXXX", NULL)))
        abort();

    type = g_strdup_printf("%s/type", tree);
    device = g_strdup_printf("%s/device", tree);
    link = g_strdup_printf("%s/mdev_type", device);

    if (g_mkdir_with_parents(type, 0700) < 0 ||
        g_mkdir_with_parents(device, 0700) < 0 ||
        symlink("../type", link) < 0)
        abort();
}


int
LLVMFuzzerTestOneInput(const uint8_t *data,
                       size_t size)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(virDevMigration) ofType = NULL;
    g_autoptr(virDevMigration) ofDevice = NULL;
    g_autoptr(virDevMigration) ofFunction = NULL;
    g_autofree char *type = NULL;
    g_autofree char *device = NULL;

    fuzzMakeTree();
    fuzzWriteTree((const char *) data, size);

    type = g_strdup_printf("%s/type", tree);
    device = g_strdup_printf("%s/device", tree);

    ofType = virDevMigrationSysfsReadType(type, "type", "vfio-pci", problems);
    fuzzCheckProblems(problems);

    g_ptr_array_set_size(problems, 0);
    ofDevice = virDevMigrationSysfsReadDevice(device, "type", problems);
    fuzzCheckProblems(problems);

    g_ptr_array_set_size(problems, 0);
    ofFunction = virDevMigrationSysfsReadFunction(device, problems);
    fuzzCheckProblems(problems);

    FUZZ_CHECK(virGetLastErrorCode() == VIR_ERR_OK, "reading left an error");
    FUZZ_CHECK(virFileDeleteTree(tree) == 0, "the tree cannot be removed");

    fuzzCheckModel(ofType);
    fuzzCheckModel(ofDevice);
    fuzzCheckModel(ofFunction);

    return 0;
}
