/*
 * virdevmigrationsysfs.c: reads what a device publishes in sysfs
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

#include <sys/stat.h>

#include "virdevmigrationsysfs.h"
#include "virfile.h"
#include "virstring.h"

#define VIR_FROM_THIS VIR_FROM_NONE

/* The files of the 'attributes' interface: proposal of 9 September 2020 */
#define SOFTWARE_VERSION "software_version"
#define COMPATIBLE_PREFIX "compatible_"
#define COMPATIBLE_TYPE "compatible_type"
#define DYNAMIC_RESOURCES "dynamic_resources"
#define DEVICE_API "device_api"

/* How many bytes of a foreign name are repeated in a problem */
#define QUOTED_LEN 64

/* Problems in one list, which may be that of a parent with many types */
#define MAX_PROBLEMS VIR_DEV_MIGRATION_MAX_ENTRIES


/**
 * virDevMigrationSysfsAddProblem:
 * @problems: array of strings, of at most VIR_DEV_MIGRATION_MAX_ENTRIES and one
 * @dir: a directory in sysfs
 * @name: the file there that cannot be used, escaped here
 * @fmt: why, in words that follow the name
 */
void
virDevMigrationSysfsAddProblem(GPtrArray *problems,
                               const char *dir,
                               const char *name,
                               const char *fmt,
                               ...)
{
    g_autofree char *path = NULL;
    g_autofree char *escaped = NULL;
    g_autofree char *reason = NULL;
    va_list ap;

    if (problems->len > MAX_PROBLEMS)
        return;

    if (problems->len == MAX_PROBLEMS) {
        g_ptr_array_add(problems, g_strdup("further problems are not listed"));
        return;
    }

    va_start(ap, fmt);
    reason = g_strdup_vprintf(fmt, ap);
    va_end(ap);

    path = g_strdup_printf("%s/%s", dir, name);
    escaped = g_strescape(path, NULL);
    g_ptr_array_add(problems, g_strdup_printf("'%s' %s", escaped, reason));
}


static char *
virDevMigrationSysfsQuote(const char *text)
{
    g_autofree char *head = g_strndup(text, QUOTED_LEN);
    g_autofree char *escaped = g_strescape(head, NULL);

    return g_strdup_printf("'%s'%s", escaped, strlen(text) > QUOTED_LEN ? "..." : "");
}


/**
 * virDevMigrationSysfsReadText:
 * @dir: a directory in sysfs
 * @name: a file there, checked by the caller
 * @problems: where to say why there is no value (char *)
 *
 * Nothing but a readable regular file is opened: not a directory, nor a link
 * that leads elsewhere, nor an attribute that can only be written.
 *
 * Returns the content without one trailing newline, to be freed by the
 * caller, or NULL if it cannot be read or is not valid text.
 */
char *
virDevMigrationSysfsReadText(const char *dir,
                             const char *name,
                             GPtrArray *problems)
{
    g_autofree char *path = g_strdup_printf("%s/%s", dir, name);
    g_autofree char *text = NULL;
    GStatBuf sb;
    int len;

    if (g_lstat(path, &sb) < 0) {
        virDevMigrationSysfsAddProblem(problems, dir, name,
                                       "cannot be read: %s", g_strerror(errno));
        return NULL;
    }

    if (!S_ISREG(sb.st_mode)) {
        virDevMigrationSysfsAddProblem(problems, dir, name, "is not a regular file");
        return NULL;
    }

    if ((sb.st_mode & 0444) == 0) {
        virDevMigrationSysfsAddProblem(problems, dir, name, "is not readable");
        return NULL;
    }

    /* one byte more for the newline */
    len = virFileReadAllQuiet(path, VIR_DEV_MIGRATION_MAX_TEXT + 1, &text);
    if (len == -EOVERFLOW) {
        virDevMigrationSysfsAddProblem(problems, dir, name,
                                       "is larger than %d bytes",
                                       VIR_DEV_MIGRATION_MAX_TEXT);
        return NULL;
    }
    if (len < 0) {
        virDevMigrationSysfsAddProblem(problems, dir, name,
                                       "cannot be read: %s", g_strerror(-len));
        return NULL;
    }

    if (strlen(text) != len) {
        virDevMigrationSysfsAddProblem(problems, dir, name, "contains a NUL byte");
        return NULL;
    }

    virStringTrimOptionalNewline(text);

    if (strlen(text) > VIR_DEV_MIGRATION_MAX_TEXT) {
        virDevMigrationSysfsAddProblem(problems, dir, name,
                                       "is larger than %d bytes",
                                       VIR_DEV_MIGRATION_MAX_TEXT);
        return NULL;
    }

    if (!virDevMigrationTextIsValid(text)) {
        virDevMigrationSysfsAddProblem(problems, dir, name,
                                       "contains a control character or invalid UTF-8");
        return NULL;
    }

    return g_steal_pointer(&text);
}


/* An attribute that says nothing is a defect of the driver, not a value. */
static char *
virDevMigrationSysfsReadNonEmpty(const char *dir,
                                 const char *name,
                                 GPtrArray *problems)
{
    g_autofree char *text = virDevMigrationSysfsReadText(dir, name, problems);

    if (text && !*text) {
        virDevMigrationSysfsAddProblem(problems, dir, name, "is empty");
        return NULL;
    }

    return g_steal_pointer(&text);
}


/**
 * virDevMigrationSysfsReadList:
 *
 * A list is separated by commas; blanks around an entry do not count. An
 * entry that is empty or was there before is left out.
 *
 * Returns the entries, at least one, NULL-terminated, or NULL.
 */
static char **
virDevMigrationSysfsReadList(const char *dir,
                             const char *name,
                             GPtrArray *problems)
{
    g_autofree char *text = virDevMigrationSysfsReadNonEmpty(dir, name, problems);
    g_autoptr(GPtrArray) list = NULL;
    g_auto(GStrv) entries = NULL;
    char **entry;

    if (!text)
        return NULL;

    entries = g_strsplit(text, ",", VIR_DEV_MIGRATION_MAX_ENTRIES + 1);
    if (g_strv_length(entries) > VIR_DEV_MIGRATION_MAX_ENTRIES) {
        virDevMigrationSysfsAddProblem(problems, dir, name,
                                       "has more than %d entries",
                                       VIR_DEV_MIGRATION_MAX_ENTRIES);
        return NULL;
    }

    list = g_ptr_array_new_with_free_func(g_free);
    for (entry = entries; *entry; entry++) {
        g_strstrip(*entry);

        if (!**entry) {
            virDevMigrationSysfsAddProblem(problems, dir, name, "has an empty entry");
            continue;
        }

        if (g_ptr_array_find_with_equal_func(list, *entry, g_str_equal, NULL)) {
            g_autofree char *quoted = virDevMigrationSysfsQuote(*entry);

            virDevMigrationSysfsAddProblem(problems, dir, name,
                                           "has the entry %s twice", quoted);
            continue;
        }

        g_ptr_array_add(list, g_strdup(*entry));
    }

    if (list->len == 0)
        return NULL;

    g_ptr_array_add(list, NULL);

    return (char **) g_ptr_array_free(g_steal_pointer(&list), FALSE);
}


static bool
virDevMigrationSysfsParseNumber(const char *str,
                                unsigned int *ret_number)
{
    /* a number in C may begin with a sign or a blank */
    return g_ascii_isdigit(*str) &&
        virStrToLong_uip(str, NULL, 10, ret_number) == 0;
}


static virDevMigrationVersion *
virDevMigrationSysfsReadVersion(const char *dir,
                                const char *name,
                                GPtrArray *problems)
{
    g_autofree char *text = virDevMigrationSysfsReadNonEmpty(dir, name, problems);
    g_autofree virDevMigrationVersion *version = g_new0(virDevMigrationVersion, 1);
    g_auto(GStrv) parts = NULL;

    if (!text)
        return NULL;

    parts = g_strsplit(text, ".", 4);
    if (g_strv_length(parts) != 3 ||
        !virDevMigrationSysfsParseNumber(parts[0], &version->major) ||
        !virDevMigrationSysfsParseNumber(parts[1], &version->minor) ||
        !virDevMigrationSysfsParseNumber(parts[2], &version->bugfix)) {
        g_autofree char *quoted = virDevMigrationSysfsQuote(text);

        virDevMigrationSysfsAddProblem(problems, dir, name,
                                       "is not of the form major.minor.bugfix: %s",
                                       quoted);
        return NULL;
    }

    return g_steal_pointer(&version);
}


static bool
virDevMigrationSysfsIsPublished(const char *name)
{
    return STREQ(name, SOFTWARE_VERSION) ||
        STREQ(name, DYNAMIC_RESOURCES) ||
        (STRPREFIX(name, COMPATIBLE_PREFIX) && STRNEQ(name, COMPATIBLE_TYPE));
}


/**
 * virDevMigrationSysfsListType:
 *
 * The names of the compatible_ fields are the driver's own, so that the
 * directory has to be listed to find them, once.
 *
 * Returns the names in @typedir that belong to the 'attributes' interface if
 * they publish it, NULL otherwise: compatible_type alone says nothing, and
 * device_api exists on every type. *ret_incomplete is set to true if there
 * are names that are not returned.
 */
static GPtrArray *
virDevMigrationSysfsListType(const char *typedir,
                             bool *ret_incomplete,
                             GPtrArray *problems)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(DIR) dir = NULL;
    struct dirent *entry;
    bool published = false;
    int rc;

    if (virDirOpenQuiet(&dir, typedir) < 0) {
        /* gone since its parent was listed: nothing to report */
        if (errno != ENOENT)
            virDevMigrationSysfsAddProblem(problems, typedir, "",
                                           "cannot be listed: %s", g_strerror(errno));
        return NULL;
    }

    while ((rc = virDirRead(dir, &entry, NULL)) > 0) {
        if (virDevMigrationSysfsIsPublished(entry->d_name))
            published = true;
        else if (STRNEQ(entry->d_name, COMPATIBLE_TYPE))
            continue;

        if (names->len >= VIR_DEV_MIGRATION_MAX_ENTRIES) {
            virDevMigrationSysfsAddProblem(problems, typedir, "",
                                           "has more than %d migration attributes: "
                                           "they are left out",
                                           VIR_DEV_MIGRATION_MAX_ENTRIES);
            g_ptr_array_set_size(names, 0);
            *ret_incomplete = true;
            return g_steal_pointer(&names);
        }

        g_ptr_array_add(names, g_strdup(entry->d_name));
    }

    if (rc < 0) {
        virDevMigrationSysfsAddProblem(problems, typedir, "",
                                       "cannot be listed: %s", g_strerror(errno));
        *ret_incomplete = true;
    }

    if (!published)
        return NULL;

    return g_steal_pointer(&names);
}


static bool
virDevMigrationSysfsReadCompatible(virDevMigrationAttributes *attributes,
                                   const char *typedir,
                                   const char *filename,
                                   GPtrArray *problems)
{
    const char *field = filename + strlen(COMPATIBLE_PREFIX);
    g_auto(GStrv) values = NULL;

    if (!virDevMigrationFieldNameIsValid(field)) {
        virDevMigrationSysfsAddProblem(problems, typedir, filename, "has a bad name");
        return false;
    }

    if (!(values = virDevMigrationSysfsReadList(typedir, filename, problems)))
        return false;

    return virDevMigrationAttributesAddCompatible(attributes, field, &values);
}


static bool
virDevMigrationSysfsReadResources(virDevMigrationAttributes *attributes,
                                  const char *typedir,
                                  GPtrArray *problems)
{
    g_auto(GStrv) names = virDevMigrationSysfsReadList(typedir, DYNAMIC_RESOURCES,
                                                       problems);
    bool complete = !!names;
    char **name;

    for (name = names; name && *name; name++) {
        if (!virDevMigrationAttributeNameIsValid(*name)) {
            g_autofree char *quoted = virDevMigrationSysfsQuote(*name);

            virDevMigrationSysfsAddProblem(problems, typedir, DYNAMIC_RESOURCES,
                                           "names %s, which is not an attribute of a device",
                                           quoted);
            complete = false;
            continue;
        }

        virDevMigrationAttributesAddResource(attributes, *name, NULL);
    }

    return complete;
}


static int
virDevMigrationSysfsCompareNames(const void *a,
                                 const void *b)
{
    return strcmp(*(const char * const *) a, *(const char * const *) b);
}


static virDevMigrationAttributes *
virDevMigrationSysfsReadAttributes(const char *typedir,
                                   const char *typeID,
                                   const char *deviceAPI,
                                   GPtrArray *problems)
{
    g_autoptr(GPtrArray) names = NULL;
    g_autoptr(virDevMigrationAttributes) attributes = NULL;
    bool incomplete = false;
    size_t i;

    if (!(names = virDevMigrationSysfsListType(typedir, &incomplete, problems)))
        return NULL;

    /* problems are compared with those of the time before */
    g_ptr_array_sort(names, virDevMigrationSysfsCompareNames);

    attributes = virDevMigrationAttributesNew();
    attributes->mdevType = g_strdup(typeID);
    attributes->deviceAPI = deviceAPI ? g_strdup(deviceAPI) :
        virDevMigrationSysfsReadNonEmpty(typedir, DEVICE_API, problems);
    if (!attributes->deviceAPI)
        incomplete = true;

    for (i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);

        if (STREQ(name, SOFTWARE_VERSION)) {
            attributes->softwareVersion = virDevMigrationSysfsReadVersion(typedir, name,
                                                                          problems);
            if (!attributes->softwareVersion)
                incomplete = true;
        } else if (STREQ(name, COMPATIBLE_TYPE)) {
            /* nothing is decided by it */
            attributes->compatibleTypes = virDevMigrationSysfsReadList(typedir, name,
                                                                       problems);
        } else if (STREQ(name, DYNAMIC_RESOURCES)) {
            if (!virDevMigrationSysfsReadResources(attributes, typedir, problems))
                incomplete = true;
        } else {
            if (!virDevMigrationSysfsReadCompatible(attributes, typedir, name, problems))
                incomplete = true;
        }
    }

    attributes->incomplete = incomplete;

    return g_steal_pointer(&attributes);
}


static void
virDevMigrationSysfsReadValues(virDevMigrationAttributes *attributes,
                               const char *devdir,
                               GPtrArray *problems)
{
    size_t i;

    for (i = 0; i < attributes->resources->len; i++) {
        virDevMigrationResource *resource = g_ptr_array_index(attributes->resources, i);
        const char *slash = strchr(resource->name, '/');

        if (slash) {
            g_autofree char *sub = g_strndup(resource->name, slash - resource->name);
            g_autofree char *path = g_strdup_printf("%s/%s", devdir, sub);

            /* "driver/unbind" is not below the device */
            if (virFileIsLink(path) == 1) {
                virDevMigrationSysfsAddProblem(problems, devdir, resource->name,
                                               "is not below the device");
                continue;
            }
        }

        resource->value = virDevMigrationSysfsReadText(devdir, resource->name, problems);
    }
}


/**
 * virDevMigrationSysfsReadType:
 * @typedir: directory of a mediated device type in sysfs
 * @typeID: its id, valid text
 * @deviceAPI: content of its device_api if known, valid text; NULL to read it
 * @problems: array of strings, where a line is added for each file that could
 *            not be used, see virDevMigrationSysfsAddProblem()
 *
 * Reads each file at most once, and lists @typedir once. What cannot be used
 * is left out; reading never fails.
 *
 * Returns what the type publishes, without current values, to be freed by the
 * caller, or NULL if it publishes nothing.
 */
virDevMigration *
virDevMigrationSysfsReadType(const char *typedir,
                             const char *typeID,
                             const char *deviceAPI,
                             GPtrArray *problems)
{
    g_autoptr(virDevMigrationAttributes) attributes = NULL;
    virDevMigration *migration;

    if (!(attributes = virDevMigrationSysfsReadAttributes(typedir, typeID,
                                                          deviceAPI, problems)))
        return NULL;

    migration = virDevMigrationNew();
    migration->attributes = g_steal_pointer(&attributes);

    return migration;
}


/**
 * virDevMigrationSysfsReadDevice:
 * @devdir: directory of a mediated device in sysfs
 * @typeID: id of its type
 * @problems: as for virDevMigrationSysfsReadType()
 *
 * Reads what the type of the device publishes, through the device's link to
 * it, and the device's own values.
 *
 * Returns what the device publishes, to be freed by the caller, or NULL if it
 * publishes nothing.
 */
virDevMigration *
virDevMigrationSysfsReadDevice(const char *devdir,
                               const char *typeID,
                               GPtrArray *problems)
{
    g_autofree char *typedir = g_strdup_printf("%s/mdev_type", devdir);
    g_autoptr(virDevMigration) migration = NULL;

    if (!(migration = virDevMigrationSysfsReadType(typedir, typeID, NULL, problems)))
        return NULL;

    if (migration->attributes)
        virDevMigrationSysfsReadValues(migration->attributes, devdir, problems);

    return g_steal_pointer(&migration);
}
