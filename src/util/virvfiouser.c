/*
 * virvfiouser.c: descriptors of vfio-user programs
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

#include "configmake.h"
#include "virdevmigration.h"
#include "virdevmigrationdocument.h"
#include "virdevmigrationproblems.h"
#include "virerror.h"
#include "virfile.h"
#include "virinteropconfig.h"
#include "virlog.h"
#include "virstring.h"
#include "virutil.h"

#define LIBVIRT_VIRVFIOUSERPRIV_H_ALLOW
#include "virvfiouserpriv.h"

#define VIR_FROM_THIS VIR_FROM_NONE

VIR_LOG_INIT("util.vfiouser");

#define DESCRIPTOR_SUFFIX ".json"
#define DESCRIPTOR_TYPE "vfio-user"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

/* of symbolic links on the way to one file, as in Linux */
#define MAX_LINKS 40


void
virVfioUserDescriptorFree(virVfioUserDescriptor *descriptor)
{
    if (!descriptor)
        return;

    g_free(descriptor->name);
    g_free(descriptor->path);
    g_free(descriptor->description);
    g_free(descriptor->binary);
    g_strfreev(descriptor->args);
    g_strfreev(descriptor->tags);
    g_free(descriptor);
}


/**
 * virVfioUserGetDirectories:
 * @privileged: whether this is a daemon of the system
 *
 * Returns the directories that may have descriptors, from the most general
 * to the most specific one, whether they exist or not; to be freed by the
 * caller.
 */
char **
virVfioUserGetDirectories(bool privileged)
{
    GPtrArray *dirs = g_ptr_array_new();

    g_ptr_array_add(dirs, g_strdup(DATADIR "/vfio-user"));
    g_ptr_array_add(dirs, g_strdup(SYSCONFDIR "/vfio-user"));

    if (!privileged) {
        const char *config = getenv("XDG_CONFIG_HOME");
        g_autofree char *home = NULL;

        /* the specification of XDG: a relative path is to be ignored */
        if (config && g_path_is_absolute(config)) {
            g_ptr_array_add(dirs, g_strdup_printf("%s/vfio-user", config));
        } else {
            home = virGetUserDirectory();
            g_ptr_array_add(dirs, g_strdup_printf("%s/.config/vfio-user", home));
        }
    }

    g_ptr_array_add(dirs, NULL);
    return (char **) g_ptr_array_free(dirs, false);
}


/* Returns the string at @key if it is valid text and not empty, NULL
 * otherwise. */
static const char *
virVfioUserGetText(virJSONValue *object,
                   const char *key)
{
    virJSONValue *value = virJSONValueObjectGet(object, key);
    const char *text;

    if (!value ||
        virJSONValueGetType(value) != VIR_JSON_TYPE_STRING ||
        !(text = virJSONValueGetString(value)) ||
        !*text ||
        !virDevMigrationTextIsValid(text))
        return NULL;

    return text;
}


/* Returns false if @key is not a list of strings. */
static bool
virVfioUserGetList(virJSONValue *object,
                   const char *key,
                   char ***ret_list)
{
    virJSONValue *value = virJSONValueObjectGet(object, key);
    g_auto(GStrv) list = NULL;
    size_t n;
    size_t i;

    *ret_list = NULL;

    if (!value)
        return true;

    if (!virJSONValueIsArray(value))
        return false;

    if ((n = virJSONValueArraySize(value)) == 0)
        return true;

    list = g_new0(char *, n + 1);

    for (i = 0; i < n; i++) {
        virJSONValue *item = virJSONValueArrayGet(value, i);
        const char *text;

        if (virJSONValueGetType(item) != VIR_JSON_TYPE_STRING ||
            !(text = virJSONValueGetString(item)) ||
            !virDevMigrationTextIsValid(text))
            return false;

        list[i] = g_strdup(text);
    }

    *ret_list = g_steal_pointer(&list);
    return true;
}


/**
 * virVfioUserDescriptorParse:
 * @name: of the descriptor
 * @path: of its file
 * @text: what is in it
 * @problems: where to say why it cannot be used
 *
 * Keys that are not known are ignored. One that is known, but has a value
 * that cannot be used, makes the descriptor unusable: the program might do
 * something else than its author meant.
 *
 * Returns the descriptor, or NULL with a problem added. The last error of
 * the thread stays as it was.
 */
virVfioUserDescriptor *
virVfioUserDescriptorParse(const char *name,
                           const char *path,
                           const char *text,
                           GPtrArray *problems)
{
    g_autoptr(virVfioUserDescriptor) descriptor = g_new0(virVfioUserDescriptor, 1);
    g_autoptr(virJSONValue) document = NULL;
    const char *binary;

    if (!virDevMigrationFieldNameIsValid(name) ||
        !virDevMigrationTextIsValid(path)) {
        virDevMigrationProblemsAdd(problems, path, "has an unusable name");
        return NULL;
    }

    if (!(document = virDevMigrationDocumentParse(text, path, problems)))
        return NULL;

    if (!virJSONValueIsObject(document)) {
        virDevMigrationProblemsAdd(problems, path, "is not an object");
        return NULL;
    }

    descriptor->name = g_strdup(name);
    descriptor->path = g_strdup(path);

    if (virJSONValueObjectHasKey(document, "type") &&
        STRNEQ_NULLABLE(virVfioUserGetText(document, "type"), DESCRIPTOR_TYPE)) {
        virDevMigrationProblemsAdd(problems, path,
                                   "has a type other than '" DESCRIPTOR_TYPE "'");
        return NULL;
    }

    if (!(binary = virVfioUserGetText(document, "binary"))) {
        virDevMigrationProblemsAdd(problems, path, "has no usable binary");
        return NULL;
    }

    /* which leaves no room for the NUL of a path */
    if (!g_path_is_absolute(binary) || strlen(binary) == VIR_DEV_MIGRATION_MAX_TEXT) {
        virDevMigrationProblemsAdd(problems, path,
                                   "has a binary that is not an absolute path");
        return NULL;
    }

    descriptor->binary = g_strdup(binary);

    if (virJSONValueObjectHasKey(document, "description") &&
        !(descriptor->description = g_strdup(virVfioUserGetText(document, "description")))) {
        virDevMigrationProblemsAdd(problems, path, "has an unusable description");
        return NULL;
    }

    if (!virVfioUserGetList(document, "args", &descriptor->args)) {
        virDevMigrationProblemsAdd(problems, path, "has unusable args");
        return NULL;
    }

    if (!virVfioUserGetList(document, "tags", &descriptor->tags)) {
        virDevMigrationProblemsAdd(problems, path, "has unusable tags");
        return NULL;
    }

    return g_steal_pointer(&descriptor);
}


#ifdef __linux__
/* Returns what is wrong with a file, directory or symbolic link on the way. */
static char *
virVfioUserCheckEntry(const char *path,
                      const struct stat *sb)
{
    /* others cannot replace what root or we have in a sticky directory */
    bool sticky = S_ISDIR(sb->st_mode) && (sb->st_mode & S_ISVTX);

    if (sb->st_uid != 0 && sb->st_uid != geteuid()) {
        return g_strdup_printf("'%s' belongs to user %u, who could change it",
                               path, (unsigned int) sb->st_uid);
    }

    /* the mode of a symbolic link means nothing */
    if (!S_ISLNK(sb->st_mode) &&
        (sb->st_mode & (S_IWGRP | S_IWOTH)) &&
        !sticky) {
        return g_strdup_printf("'%s' has mode %04o, other users could change it",
                               path, (unsigned int) sb->st_mode & 07777);
    }

    return NULL;
}


/* Puts the components of @path on @todo, the first one on top. */
static void
virVfioUserPushComponents(GPtrArray *todo,
                          const char *path)
{
    g_auto(GStrv) components = g_strsplit(path, "/", -1);
    size_t i;

    for (i = g_strv_length(components); i > 0; i--)
        g_ptr_array_add(todo, g_strdup(components[i - 1]));
}


static char *
virVfioUserCannotAccess(const char *path,
                        int error)
{
    return g_strdup_printf("cannot access '%s': %s", path, g_strerror(error));
}


/**
 * virVfioUserFindFlaw:
 * @path: absolute path
 * @executable: whether it has to be executable
 *
 * Like virVfioUserCheckFile(), but nothing is reported or logged.
 *
 * Returns NULL if the file is fine, what is wrong with it otherwise, to be
 * freed by the caller.
 */
char *
virVfioUserFindFlaw(const char *path,
                    bool executable)
{
    g_autoptr(GPtrArray) todo = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *cur = g_strdup("/");
    char *flaw;
    struct stat sb;
    size_t nlinks = 0;

    if (!g_path_is_absolute(path))
        return g_strdup("not an absolute path");

    virVfioUserPushComponents(todo, path);

    if (stat(cur, &sb) < 0)
        return virVfioUserCannotAccess(cur, errno);

    if ((flaw = virVfioUserCheckEntry(cur, &sb)))
        return flaw;

    while (todo->len > 0) {
        g_autofree char *name = g_ptr_array_steal_index(todo, todo->len - 1);
        g_autofree char *next = NULL;

        /* also an empty one at the end: it asks for a directory */
        if (!S_ISDIR(sb.st_mode))
            return virVfioUserCannotAccess(path, ENOTDIR);

        if (!*name || STREQ(name, "."))
            continue;

        if (STREQ(name, "..")) {
            /* checked before, and without symbolic links */
            g_autofree char *parent = g_path_get_dirname(cur);

            g_free(cur);
            cur = g_steal_pointer(&parent);
            continue;
        }

        next = g_strdup_printf("%s/%s", STREQ(cur, "/") ? "" : cur, name);

        if (lstat(next, &sb) < 0)
            return virVfioUserCannotAccess(next, errno);

        if ((flaw = virVfioUserCheckEntry(next, &sb)))
            return flaw;

        if (S_ISLNK(sb.st_mode)) {
            g_autofree char *target = NULL;

            if (++nlinks > MAX_LINKS)
                return virVfioUserCannotAccess(path, ELOOP);

            if (!(target = g_file_read_link(next, NULL)))
                return virVfioUserCannotAccess(next, errno);

            if (g_path_is_absolute(target)) {
                g_free(cur);
                cur = g_strdup("/");
            }

            virVfioUserPushComponents(todo, target);
            sb.st_mode = S_IFDIR;
            continue;
        }

        g_free(cur);
        cur = g_steal_pointer(&next);
    }

    if (!S_ISREG(sb.st_mode))
        return g_strdup("not a regular file");

    if (executable && !(sb.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
        return g_strdup("not executable");

    return NULL;
}


/**
 * virVfioUserCheckFile:
 * @path: of a descriptor or a program
 * @executable: whether it is to be run
 *
 * A file that others than root and we ourselves can change, or put in the
 * place of another one, must not tell us what to run, or be run. That takes
 * each directory and each symbolic link on the way to it into account. POSIX
 * ACLs show in the bits of the group.
 *
 * Returns 0 if @path is absolute and leads to a regular file to which that
 * applies, -1 with an error otherwise.
 */
int
virVfioUserCheckFile(const char *path,
                     bool executable)
{
    g_autofree char *flaw = virVfioUserFindFlaw(path, executable);

    if (flaw) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("'%1$s' cannot be used: %2$s"), path, flaw);
        return -1;
    }

    return 0;
}


/**
 * virVfioUserIdentity:
 * @path: of a file
 *
 * Returns text, to be freed by the caller, that is another one after the file
 * was replaced or written to, or its owner or mode changed; NULL with errno
 * set if there is no such file.
 */
char *
virVfioUserIdentity(const char *path)
{
    struct stat sb;

    if (stat(path, &sb) < 0)
        return NULL;

    return g_strdup_printf("%llu:%llu:%lld:%lld.%09ld:%lld.%09ld",
                           (unsigned long long) sb.st_dev,
                           (unsigned long long) sb.st_ino,
                           (long long) sb.st_size,
                           (long long) sb.st_mtim.tv_sec,
                           (long) sb.st_mtim.tv_nsec,
                           (long long) sb.st_ctim.tv_sec,
                           (long) sb.st_ctim.tv_nsec);
}


/**
 * virVfioUserBootId:
 *
 * Returns text, to be freed by the caller, that is another one after each
 * boot of the host; NULL if it is not known.
 */
char *
virVfioUserBootId(void)
{
    g_autofree char *text = NULL;

    if (virFileReadAllQuiet(BOOT_ID, 256, &text) < 0)
        return NULL;

    g_strstrip(text);
    return *text ? g_steal_pointer(&text) : NULL;
}


/* Returns the content of the descriptor, NULL with a problem added. */
static char *
virVfioUserReadDescriptor(const char *path,
                          GPtrArray *problems)
{
    g_autofree char *text = NULL;
    VIR_AUTOCLOSE fd = -1;
    struct stat sb;
    int len;

    /* it may have been replaced by a FIFO since it was looked at */
    if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) < 0 ||
        fstat(fd, &sb) < 0) {
        virDevMigrationProblemsAdd(problems, path, "cannot be read: %s",
                                   g_strerror(errno));
        return NULL;
    }

    if (!S_ISREG(sb.st_mode)) {
        virDevMigrationProblemsAdd(problems, path, "is not a regular file");
        return NULL;
    }

    if ((len = virFileReadLimFD(fd, VIR_VFIO_USER_MAX_DESCRIPTOR_SIZE, &text)) < 0) {
        if (errno == EOVERFLOW) {
            virDevMigrationProblemsAdd(problems, path, "is larger than %d bytes",
                                       VIR_VFIO_USER_MAX_DESCRIPTOR_SIZE);
        } else {
            virDevMigrationProblemsAdd(problems, path, "cannot be read: %s",
                                       g_strerror(errno));
        }
        return NULL;
    }

    if (strlen(text) != len) {
        virDevMigrationProblemsAdd(problems, path, "contains a NUL character");
        return NULL;
    }

    return g_steal_pointer(&text);
}


static virVfioUserDescriptor *
virVfioUserLoadDescriptor(const char *path,
                          GPtrArray *problems)
{
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *text = NULL;
    g_autofree char *flaw = NULL;

    ignore_value(virStringStripSuffix(name, DESCRIPTOR_SUFFIX));

    if ((flaw = virVfioUserFindFlaw(path, false))) {
        virDevMigrationProblemsAdd(problems, path, "cannot be used: %s", flaw);
        return NULL;
    }

    if (!(text = virVfioUserReadDescriptor(path, problems)))
        return NULL;

    return virVfioUserDescriptorParse(name, path, text, problems);
}


static int
virVfioUserSortDescriptors(const void *a,
                           const void *b)
{
    const virVfioUserDescriptor *const *da = a;
    const virVfioUserDescriptor *const *db = b;

    return strcmp((*da)->name, (*db)->name);
}


/* Like virVfioUserFetchDescriptors(), in @dirs */
int
virVfioUserFetchDescriptorsFrom(const char *const *dirs,
                                GPtrArray **ret_descriptors,
                                GPtrArray *problems)
{
    g_auto(GStrv) paths = NULL;
    g_autoptr(GPtrArray) unreadable = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) descriptors =
        g_ptr_array_new_with_free_func((GDestroyNotify) virVfioUserDescriptorFree);
    size_t i;

    /* Files come and go while packages are installed. That must not hide the
     * others. */
    if (virInteropConfigFetch(dirs, &paths, unreadable) < 0)
        return -1;

    for (i = 0; i < unreadable->len; i++) {
        virDevMigrationProblemsAdd(problems, g_ptr_array_index(unreadable, i),
                                   "cannot be read");
    }

    for (i = 0; paths && paths[i]; i++) {
        virVfioUserDescriptor *descriptor;

        /* what editors and package managers leave behind */
        if (!g_str_has_suffix(paths[i], DESCRIPTOR_SUFFIX)) {
            VIR_DEBUG("'%s' is not a descriptor", paths[i]);
            continue;
        }

        if (descriptors->len == VIR_VFIO_USER_MAX_DESCRIPTORS) {
            virDevMigrationProblemsAdd(problems, paths[i],
                                       "and further descriptors are left out: there are more than %d",
                                       VIR_VFIO_USER_MAX_DESCRIPTORS);
            break;
        }

        if ((descriptor = virVfioUserLoadDescriptor(paths[i], problems)))
            g_ptr_array_add(descriptors, descriptor);
    }

    g_ptr_array_sort(descriptors, virVfioUserSortDescriptors);

    *ret_descriptors = g_steal_pointer(&descriptors);
    return 0;
}

#else /* !__linux__ */

char *
virVfioUserFindFlaw(const char *path G_GNUC_UNUSED,
                    bool executable G_GNUC_UNUSED)
{
    return g_strdup("not supported on this platform");
}


int
virVfioUserCheckFile(const char *path G_GNUC_UNUSED,
                     bool executable G_GNUC_UNUSED)
{
    virReportError(VIR_ERR_NO_SUPPORT, "%s",
                   _("vfio-user programs are not supported on this platform"));
    return -1;
}


char *
virVfioUserIdentity(const char *path G_GNUC_UNUSED)
{
    errno = ENOSYS;
    return NULL;
}


char *
virVfioUserBootId(void)
{
    return NULL;
}


int
virVfioUserFetchDescriptorsFrom(const char *const *dirs G_GNUC_UNUSED,
                                GPtrArray **ret_descriptors,
                                GPtrArray *problems G_GNUC_UNUSED)
{
    *ret_descriptors =
        g_ptr_array_new_with_free_func((GDestroyNotify) virVfioUserDescriptorFree);
    return 0;
}

#endif /* !__linux__ */


/**
 * virVfioUserFetchDescriptors:
 * @privileged: whether this is a daemon of the system
 * @ret_descriptors: where to put the descriptors, sorted by name
 * @problems: where to say what is left out, and why
 *
 * Of descriptors with the same name, the one in the most specific directory
 * counts, and none if that one is empty. The programs need not be there: who
 * runs one checks it then.
 *
 * Returns 0 on success, -1 with an error otherwise.
 */
int
virVfioUserFetchDescriptors(bool privileged,
                            GPtrArray **ret_descriptors,
                            GPtrArray *problems)
{
    g_auto(GStrv) dirs = virVfioUserGetDirectories(privileged);

    return virVfioUserFetchDescriptorsFrom((const char *const *) dirs,
                                           ret_descriptors, problems);
}
