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

#include "virdevmigrationjson.h"
#include "virdevmigrationproblems.h"
#include "virdevmigrationsysfs.h"
#include "virdevmigrationtext.h"
#include "virfile.h"
#include "virhash.h"
#include "virstring.h"

#define VIR_FROM_THIS VIR_FROM_NONE

/* The files of the 'attributes' interface: proposal of 9 September 2020 */
#define SOFTWARE_VERSION "software_version"
#define COMPATIBLE_PREFIX "compatible_"
#define COMPATIBLE_TYPE "compatible_type"
#define DYNAMIC_RESOURCES "dynamic_resources"
#define DEVICE_API "device_api"

/* Those of the other interfaces. The names of the first three and of what is
 * in the directory of a device are those of RFC v3 and v4, that of the token
 * is the one of 13 April 2020; the mails about descriptions name no file. */
#define MIGRATION_INFO "migration_info.json"
#define MIGRATION_MODELS "migration_device_models"
#define MIGRATION_DESCRIPTION "migration_description"
#define MIGRATION_TOKEN "migration_version"
#define MIGRATION_DIR "migration"
#define CURRENT_MODEL MIGRATION_DIR "/device_model"
#define CURRENT_VERSION MIGRATION_DIR "/version"

/* What a function of PCI is for if it does not say so itself */
#define FUNCTION_DEVICE_API "vfio-pci"


/**
 * virDevMigrationSysfsAddProblem:
 * @problems: see virDevMigrationProblemsAdd()
 * @dir: a directory in sysfs
 * @name: the file there that cannot be used
 * @fmt: why, in words that follow the name
 */
void
virDevMigrationSysfsAddProblem(GPtrArray *problems,
                               const char *dir,
                               const char *name,
                               const char *fmt,
                               ...)
{
    g_autofree char *path = g_strdup_printf("%s/%s", dir, name);
    g_autofree char *reason = NULL;
    va_list ap;

    va_start(ap, fmt);
    reason = g_strdup_vprintf(fmt, ap);
    va_end(ap);

    virDevMigrationProblemsAdd(problems, path, "%s", reason);
}


/* Returns the content without one trailing newline, which is at most @max
 * bytes without a NUL among them, or NULL. */
static char *
virDevMigrationSysfsReadFile(const char *dir,
                             const char *name,
                             size_t max,
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
    len = virFileReadAllQuiet(path, max + 1, &text);
    if (len == -EOVERFLOW) {
        virDevMigrationSysfsAddProblem(problems, dir, name,
                                       "is larger than %zu bytes", max);
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

    if (strlen(text) > max) {
        virDevMigrationSysfsAddProblem(problems, dir, name,
                                       "is larger than %zu bytes", max);
        return NULL;
    }

    return g_steal_pointer(&text);
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
    g_autofree char *text = virDevMigrationSysfsReadFile(dir, name,
                                                         VIR_DEV_MIGRATION_MAX_TEXT,
                                                         problems);

    if (!text)
        return NULL;

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
            g_autofree char *quoted = virDevMigrationProblemsQuote(*entry);

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


/* Blanks around a version do not count. One that is not of the form
 * major.minor.bugfix is kept as text. */
static bool
virDevMigrationSysfsReadVersion(virDevMigrationAttributes *attributes,
                                const char *dir,
                                const char *name,
                                GPtrArray *problems)
{
    g_autofree char *text = virDevMigrationSysfsReadNonEmpty(dir, name, problems);
    g_autofree virDevMigrationVersion *version = g_new0(virDevMigrationVersion, 1);
    g_auto(GStrv) parts = NULL;

    if (!text)
        return false;

    g_strstrip(text);
    parts = g_strsplit(text, ".", 4);
    if (g_strv_length(parts) == 3 &&
        virDevMigrationSysfsParseNumber(parts[0], &version->major) &&
        virDevMigrationSysfsParseNumber(parts[1], &version->minor) &&
        virDevMigrationSysfsParseNumber(parts[2], &version->bugfix)) {
        attributes->softwareVersion = g_steal_pointer(&version);
        return true;
    }

    if (!virDevMigrationVersionTextIsValid(text)) {
        g_autofree char *quoted = virDevMigrationProblemsQuote(text);

        virDevMigrationSysfsAddProblem(problems, dir, name,
                                       "is not the version of a driver: %s", quoted);
        return false;
    }

    attributes->softwareVersionText = g_steal_pointer(&text);
    return true;
}


static bool
virDevMigrationSysfsIsPublished(const char *name)
{
    return STREQ(name, SOFTWARE_VERSION) ||
        STREQ(name, DYNAMIC_RESOURCES) ||
        (STRPREFIX(name, COMPATIBLE_PREFIX) && STRNEQ(name, COMPATIBLE_TYPE));
}


/* What there is in the directory of a type or of a function */
typedef struct _virDevMigrationSysfsListing virDevMigrationSysfsListing;
struct _virDevMigrationSysfsListing {
    GPtrArray *attributes;      /* names of the 'attributes' interface; NULL:
                                 * it is not published */
    bool incomplete;            /* there are names that are not in the list */
    bool deviceAPI;
    bool info;
    bool models;
    bool description;
    bool token;
};


static void
virDevMigrationSysfsListingClear(virDevMigrationSysfsListing *listing)
{
    g_clear_pointer(&listing->attributes, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virDevMigrationSysfsListing,
                                 virDevMigrationSysfsListingClear);


static int
virDevMigrationSysfsCompareNames(const void *a,
                                 const void *b)
{
    return strcmp(*(const char * const *) a, *(const char * const *) b);
}


/* The names of the compatible_ fields are the driver's own, so that the
 * directory has to be listed to find them: once, for all interfaces. The
 * 'attributes' interface needs more than compatible_type, which says nothing
 * alone, and device_api, which exists on every type. */
static void
virDevMigrationSysfsList(const char *path,
                         virDevMigrationSysfsListing *listing,
                         GPtrArray *problems)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(DIR) dir = NULL;
    struct dirent *entry;
    bool published = false;
    bool tooMany = false;
    int rc;

    if (virDirOpenQuiet(&dir, path) < 0) {
        /* gone since its parent was listed: nothing to report */
        if (errno != ENOENT)
            virDevMigrationSysfsAddProblem(problems, path, "",
                                           "cannot be listed: %s", g_strerror(errno));
        return;
    }

    while ((rc = virDirRead(dir, &entry, NULL)) > 0) {
        const char *name = entry->d_name;

        if (STREQ(name, DEVICE_API)) {
            listing->deviceAPI = true;
        } else if (STREQ(name, MIGRATION_INFO)) {
            listing->info = true;
        } else if (STREQ(name, MIGRATION_MODELS)) {
            listing->models = true;
        } else if (STREQ(name, MIGRATION_DESCRIPTION)) {
            listing->description = true;
        } else if (STREQ(name, MIGRATION_TOKEN)) {
            listing->token = true;
        } else if (virDevMigrationSysfsIsPublished(name) ||
                   STREQ(name, COMPATIBLE_TYPE)) {
            if (STRNEQ(name, COMPATIBLE_TYPE))
                published = true;

            if (names->len < VIR_DEV_MIGRATION_MAX_ENTRIES)
                g_ptr_array_add(names, g_strdup(name));
            else
                tooMany = true;
        }
    }

    if (tooMany) {
        virDevMigrationSysfsAddProblem(problems, path, "",
                                       "has more than %d migration attributes: "
                                       "they are left out",
                                       VIR_DEV_MIGRATION_MAX_ENTRIES);
        g_ptr_array_set_size(names, 0);
        listing->incomplete = true;
    }

    if (rc < 0) {
        virDevMigrationSysfsAddProblem(problems, path, "",
                                       "cannot be listed: %s", g_strerror(errno));
        listing->incomplete = true;
    }

    if (!published)
        return;

    /* problems are compared with those of the time before */
    g_ptr_array_sort(names, virDevMigrationSysfsCompareNames);
    listing->attributes = g_steal_pointer(&names);
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
            g_autofree char *quoted = virDevMigrationProblemsQuote(*name);

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


static virDevMigrationAttributes *
virDevMigrationSysfsReadAttributes(const char *dir,
                                   const char *typeID,
                                   const char *deviceAPI,
                                   const virDevMigrationSysfsListing *listing,
                                   GPtrArray *problems)
{
    virDevMigrationAttributes *attributes = virDevMigrationAttributesNew();
    bool incomplete = listing->incomplete;
    size_t i;

    attributes->mdevType = g_strdup(typeID);
    attributes->deviceAPI = deviceAPI ? g_strdup(deviceAPI) :
        virDevMigrationSysfsReadNonEmpty(dir, DEVICE_API, problems);
    if (!attributes->deviceAPI)
        incomplete = true;

    for (i = 0; i < listing->attributes->len; i++) {
        const char *name = g_ptr_array_index(listing->attributes, i);

        if (STREQ(name, SOFTWARE_VERSION)) {
            if (!virDevMigrationSysfsReadVersion(attributes, dir, name, problems))
                incomplete = true;
        } else if (STREQ(name, COMPATIBLE_TYPE)) {
            /* nothing is decided by it */
            attributes->compatibleTypes = virDevMigrationSysfsReadList(dir, name,
                                                                       problems);
        } else if (STREQ(name, DYNAMIC_RESOURCES)) {
            if (!virDevMigrationSysfsReadResources(attributes, dir, problems))
                incomplete = true;
        } else {
            if (!virDevMigrationSysfsReadCompatible(attributes, dir, name, problems))
                incomplete = true;
        }
    }

    attributes->incomplete = incomplete;

    return attributes;
}


/* A document that cannot be read is there all the same: what is left out is
 * marked as incomplete, as with attributes, and does not look like a device
 * that publishes nothing. */
static void
virDevMigrationSysfsReadInfo(virDevMigration *migration,
                             const char *dir,
                             GPtrArray *problems)
{
    g_autofree char *path = g_strdup_printf("%s/%s", dir, MIGRATION_INFO);
    g_autofree char *text = virDevMigrationSysfsReadFile(dir, MIGRATION_INFO,
                                                         VIR_DEV_MIGRATION_MAX_DOCUMENT,
                                                         problems);

    if (text) {
        virDevMigrationJSONParseInfo(text, path, &migration->parameters,
                                     &migration->versions, problems);
        return;
    }

    migration->parameters = virDevMigrationParametersNew();
    migration->parameters->incomplete = true;
}


static void
virDevMigrationSysfsReadModels(virDevMigration *migration,
                               const char *dir,
                               GPtrArray *problems)
{
    g_autofree char *path = g_strdup_printf("%s/%s", dir, MIGRATION_MODELS);
    g_autofree char *text = virDevMigrationSysfsReadFile(dir, MIGRATION_MODELS,
                                                         VIR_DEV_MIGRATION_MAX_DOCUMENT,
                                                         problems);

    /* this file is what RFC v4 has for a type */
    if (migration->versions) {
        virDevMigrationSysfsAddProblem(problems, dir, MIGRATION_INFO,
                                       "is not used: there is " MIGRATION_MODELS);
        g_clear_pointer(&migration->versions, virDevMigrationVersionsFree);
    }

    if (text) {
        migration->versions = virDevMigrationTextParseModels(text, path, problems);
        return;
    }

    migration->versions = virDevMigrationVersionsNew();
    migration->versions->incomplete = true;
}


static virDevMigrationDescription *
virDevMigrationSysfsReadDescription(const char *dir,
                                    GPtrArray *problems)
{
    g_autofree char *path = g_strdup_printf("%s/%s", dir, MIGRATION_DESCRIPTION);
    g_autofree char *text = virDevMigrationSysfsReadFile(dir, MIGRATION_DESCRIPTION,
                                                         VIR_DEV_MIGRATION_MAX_DOCUMENT,
                                                         problems);
    virDevMigrationDescription *description;

    if (text)
        return virDevMigrationJSONParseDescription(text, path, problems);

    description = virDevMigrationDescriptionNew();
    description->incomplete = true;

    return description;
}


static virDevMigrationToken *
virDevMigrationSysfsReadToken(const char *dir,
                              GPtrArray *problems)
{
    virDevMigrationToken *token = virDevMigrationTokenNew();
    g_autofree char *text = virDevMigrationSysfsReadNonEmpty(dir, MIGRATION_TOKEN,
                                                             problems);

    if (text && virDevMigrationTokenIsValid(text)) {
        token->token = g_steal_pointer(&text);
        return token;
    }

    if (text)
        virDevMigrationSysfsAddProblem(problems, dir, MIGRATION_TOKEN, "is not ASCII");
    token->incomplete = true;

    return token;
}


/* Returns what is in @dir, without current values, or NULL if nothing is. */
static virDevMigration *
virDevMigrationSysfsReadListed(const char *dir,
                               const char *typeID,
                               const char *deviceAPI,
                               const virDevMigrationSysfsListing *listing,
                               GPtrArray *problems)
{
    virDevMigration *migration;

    if (!listing->attributes && !listing->info && !listing->models &&
        !listing->description && !listing->token)
        return NULL;

    migration = virDevMigrationNew();

    if (listing->attributes)
        migration->attributes = virDevMigrationSysfsReadAttributes(dir, typeID, deviceAPI,
                                                                   listing, problems);
    if (listing->info)
        virDevMigrationSysfsReadInfo(migration, dir, problems);
    if (listing->models)
        virDevMigrationSysfsReadModels(migration, dir, problems);
    if (listing->description)
        migration->description = virDevMigrationSysfsReadDescription(dir, problems);
    if (listing->token)
        migration->token = virDevMigrationSysfsReadToken(dir, problems);

    return migration;
}


/* Several interfaces, or models, may name one attribute of the device. It is
 * read once, so that they all see the same value. */
typedef struct _virDevMigrationSysfsValues virDevMigrationSysfsValues;
struct _virDevMigrationSysfsValues {
    const char *devdir;
    GHashTable *texts;          /* by name; NULL: cannot be used */
    GPtrArray *problems;
};


/* The value of an attribute in the directory of the device or one below it */
static const char *
virDevMigrationSysfsGetValue(virDevMigrationSysfsValues *values,
                             const char *name)
{
    const char *slash = strchr(name, '/');
    g_autofree char *sub = NULL;
    char *text = NULL;

    if (g_hash_table_contains(values->texts, name))
        return g_hash_table_lookup(values->texts, name);

    if (slash)
        sub = g_strdup_printf("%s/%.*s", values->devdir, (int) (slash - name), name);

    /* "driver/unbind" is not below the device */
    if (sub && virFileIsLink(sub) == 1) {
        virDevMigrationSysfsAddProblem(values->problems, values->devdir, name,
                                       "is not below the device");
    } else {
        text = virDevMigrationSysfsReadText(values->devdir, name, values->problems);
    }

    g_hash_table_insert(values->texts, g_strdup(name), text);

    return text;
}


static void
virDevMigrationSysfsReadResourceValues(virDevMigrationAttributes *attributes,
                                       virDevMigrationSysfsValues *values)
{
    size_t i;

    for (i = 0; i < attributes->resources->len; i++) {
        virDevMigrationResource *resource = g_ptr_array_index(attributes->resources, i);

        resource->value = g_strdup(virDevMigrationSysfsGetValue(values, resource->name));
    }
}


static void
virDevMigrationSysfsReadParamValue(virDevMigrationParam *param,
                                   virDevMigrationSysfsValues *values)
{
    g_autofree char *name = g_strdup_printf(MIGRATION_DIR "/%s", param->name);
    g_autofree char *quoted = NULL;
    const char *text;

    if (!(text = virDevMigrationSysfsGetValue(values, name)) ||
        (param->value = virDevMigrationParamNormalize(param->type, text)))
        return;

    quoted = virDevMigrationProblemsQuote(text);
    virDevMigrationSysfsAddProblem(values->problems, values->devdir, name,
                                   "is not of the type %s: %s",
                                   virDevMigrationParamTypeToString(param->type),
                                   quoted);
}


static void
virDevMigrationSysfsReadParamValues(virDevMigrationParameters *parameters,
                                    virDevMigrationSysfsValues *values)
{
    size_t i;
    size_t j;

    for (i = 0; i < parameters->models->len; i++) {
        virDevMigrationParamModel *model = g_ptr_array_index(parameters->models, i);

        for (j = 0; j < model->params->len; j++)
            virDevMigrationSysfsReadParamValue(g_ptr_array_index(model->params, j), values);
    }
}


static void
virDevMigrationSysfsReadCurrentVersion(virDevMigrationVersions *versions,
                                       virDevMigrationSysfsValues *values)
{
    virDevMigrationVersionModel *model;
    const char *name;
    const char *version;

    if (versions->models->len == 0 ||
        !(name = virDevMigrationSysfsGetValue(values, CURRENT_MODEL)))
        return;

    if (!(model = virDevMigrationVersionsFindModel(versions, name))) {
        g_autofree char *quoted = virDevMigrationProblemsQuote(name);

        virDevMigrationSysfsAddProblem(values->problems, values->devdir, CURRENT_MODEL,
                                       "is not a published model: %s", quoted);
        versions->incomplete = true;
        return;
    }

    model->current = true;

    if (!(version = virDevMigrationSysfsGetValue(values, CURRENT_VERSION)))
        return;

    if (!g_strv_contains((const char * const *) model->versions, version)) {
        g_autofree char *quoted = virDevMigrationProblemsQuote(version);

        virDevMigrationSysfsAddProblem(values->problems, values->devdir, CURRENT_VERSION,
                                       "is not a published version of its model: %s",
                                       quoted);
        versions->incomplete = true;
        return;
    }

    model->currentVersion = g_strdup(version);
}


/* Adds the names of the attributes that @object names to @names, as long as
 * there are not too many. */
static void
virDevMigrationSysfsCollectNames(GPtrArray *names,
                                 const virDevMigrationObject *object)
{
    size_t i;

    for (i = 0; i < object->fields->len; i++) {
        const virDevMigrationField *field = g_ptr_array_index(object->fields, i);

        if (field->kind == VIR_DEV_MIGRATION_FIELD_MDEV_ATTR &&
            names->len <= VIR_DEV_MIGRATION_MAX_ENTRIES &&
            !g_ptr_array_find_with_equal_func(names, field->name, g_str_equal, NULL))
            g_ptr_array_add(names, field->name);
    }
}


static void
virDevMigrationSysfsReadDescriptionValues(virDevMigrationDescription *description,
                                          virDevMigrationSysfsValues *values)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    size_t nself;
    size_t i;

    if (description->self)
        virDevMigrationSysfsCollectNames(names, description->self);
    nself = names->len;

    for (i = 0; i < description->accepts->len; i++)
        virDevMigrationSysfsCollectNames(names, g_ptr_array_index(description->accepts, i));

    if (names->len > VIR_DEV_MIGRATION_MAX_ENTRIES) {
        virDevMigrationSysfsAddProblem(values->problems, values->devdir, "",
                                       "is described with more than %d attributes: "
                                       "their values are left out",
                                       VIR_DEV_MIGRATION_MAX_ENTRIES);
        description->incomplete = true;
        return;
    }

    for (i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        const char *value = virDevMigrationSysfsGetValue(values, name);

        if (value) {
            virDevMigrationDescriptionAddValue(description, name, value);
        } else if (i < nself) {
            /* what it is now takes the place of what is described */
            description->incomplete = true;
        }
    }
}


static void
virDevMigrationSysfsReadValues(virDevMigration *migration,
                               const char *devdir,
                               GPtrArray *problems)
{
    g_autoptr(GHashTable) texts = virHashNew(g_free);
    virDevMigrationSysfsValues values = {
        .devdir = devdir, .texts = texts, .problems = problems
    };

    if (migration->attributes)
        virDevMigrationSysfsReadResourceValues(migration->attributes, &values);
    if (migration->parameters)
        virDevMigrationSysfsReadParamValues(migration->parameters, &values);
    if (migration->versions)
        virDevMigrationSysfsReadCurrentVersion(migration->versions, &values);
    if (migration->description)
        virDevMigrationSysfsReadDescriptionValues(migration->description, &values);
}


/**
 * virDevMigrationSysfsReadType:
 * @typedir: directory of a mediated device type in sysfs
 * @typeID: its id, valid text
 * @deviceAPI: content of its device_api if known, valid text; NULL to read it
 * @problems: array of strings, where a line is added for each file that could
 *            not be used, see virDevMigrationProblemsAdd()
 *
 * Reads each file at most once, and lists @typedir once. What cannot be used
 * is left out; reading never fails, and never writes.
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
    g_auto(virDevMigrationSysfsListing) listing = { 0 };

    virDevMigrationSysfsList(typedir, &listing, problems);

    return virDevMigrationSysfsReadListed(typedir, typeID, deviceAPI, &listing, problems);
}


static bool
virDevMigrationSysfsExists(const char *dir,
                           const char *name)
{
    g_autofree char *path = g_strdup_printf("%s/%s", dir, name);
    GStatBuf sb;

    return g_lstat(path, &sb) == 0 || errno != ENOENT;
}


/**
 * virDevMigrationSysfsReadDevice:
 * @devdir: directory of a mediated device in sysfs
 * @typeID: id of its type
 * @problems: as for virDevMigrationSysfsReadType()
 *
 * Reads what the type of the device publishes, through the device's link to
 * it, and the device's own values. A description or a token of the device
 * itself knows more of it than that of its type, and takes its place.
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
    g_auto(virDevMigrationSysfsListing) listing = { 0 };
    bool ownDescription = virDevMigrationSysfsExists(devdir, MIGRATION_DESCRIPTION);
    bool ownToken = virDevMigrationSysfsExists(devdir, MIGRATION_TOKEN);
    virDevMigration *migration;

    virDevMigrationSysfsList(typedir, &listing, problems);
    if (ownDescription)
        listing.description = false;
    if (ownToken)
        listing.token = false;

    migration = virDevMigrationSysfsReadListed(typedir, typeID, NULL, &listing, problems);

    if (!migration) {
        if (!ownDescription && !ownToken)
            return NULL;
        migration = virDevMigrationNew();
    }

    if (ownDescription)
        migration->description = virDevMigrationSysfsReadDescription(devdir, problems);
    if (ownToken)
        migration->token = virDevMigrationSysfsReadToken(devdir, problems);

    virDevMigrationSysfsReadValues(migration, devdir, problems);

    return migration;
}


/**
 * virDevMigrationSysfsReadFunction:
 * @devdir: directory of a function of a PCI device in sysfs
 * @problems: as for virDevMigrationSysfsReadType()
 *
 * A function has no type: what a mediated device has in the directory of its
 * type is in its own.
 *
 * Returns what the function publishes, to be freed by the caller, or NULL if
 * it publishes nothing.
 */
virDevMigration *
virDevMigrationSysfsReadFunction(const char *devdir,
                                 GPtrArray *problems)
{
    g_auto(virDevMigrationSysfsListing) listing = { 0 };
    virDevMigration *migration;

    virDevMigrationSysfsList(devdir, &listing, problems);

    if (!(migration = virDevMigrationSysfsReadListed(devdir, NULL,
                                                     listing.deviceAPI ? NULL : FUNCTION_DEVICE_API,
                                                     &listing, problems)))
        return NULL;

    virDevMigrationSysfsReadValues(migration, devdir, problems);

    return migration;
}
