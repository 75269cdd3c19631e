/*
 * virdevmigration.c: what a device publishes about its migration
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

#include "virdevmigration.h"
#include "virstring.h"

VIR_ENUM_IMPL(virDevMigrationInterface,
              VIR_DEV_MIGRATION_INTERFACE_LAST,
              "attributes",
              "parameters",
              "versions",
              "description",
              "token",
);

VIR_ENUM_IMPL(virDevMigrationParam,
              VIR_DEV_MIGRATION_PARAM_LAST,
              "bool",
              "int",
              "str",
);

VIR_ENUM_IMPL(virDevMigrationField,
              VIR_DEV_MIGRATION_FIELD_LAST,
              "device_api",
              "vendor",
              "major",
              "minor",
              "id",
              "mdev_type",
              "mdev_attrs",
              "vendor_fields",
);


/**
 * virDevMigrationTextIsValid:
 * @text: one published value
 *
 * A value is valid when it is at most VIR_DEV_MIGRATION_MAX_TEXT bytes of
 * UTF-8 without control characters, tab and newline included, and without
 * the two code points that XML 1.0 does not allow (U+FFFE, U+FFFF): whatever
 * passes can stand in XML, a log and an error message as it is, and comes
 * back from XML unchanged.
 *
 * Returns true if @text is valid, false otherwise.
 */
bool
virDevMigrationTextIsValid(const char *text)
{
    const char *p;

    if (strlen(text) > VIR_DEV_MIGRATION_MAX_TEXT ||
        !g_utf8_validate(text, -1, NULL))
        return false;

    for (p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (g_unichar_iscntrl(c) || c == 0xFFFE || c == 0xFFFF)
            return false;
    }

    return true;
}


/**
 * virDevMigrationFieldNameIsValid:
 * @name: name of a field, a directory or a file
 *
 * Returns true if @name is a single path component that cannot lead out of
 * its directory, of at most VIR_DEV_MIGRATION_MAX_NAME bytes of valid text,
 * false otherwise.
 */
bool
virDevMigrationFieldNameIsValid(const char *name)
{
    return *name &&
        strlen(name) <= VIR_DEV_MIGRATION_MAX_NAME &&
        !strchr(name, '/') &&
        STRNEQ(name, ".") &&
        STRNEQ(name, "..") &&
        virDevMigrationTextIsValid(name);
}


/**
 * virDevMigrationAttributeNameIsValid:
 * @name: name of an attribute of a device, relative to the device
 *
 * Shipped drivers have such attributes directly below the device
 * ("aggregator") or in one directory there ("nvidia/vgpu_params",
 * "migration/num-queues"). Anything else is not accepted: the daemon reads
 * and writes these as root.
 *
 * Returns true if @name consists of one or two valid path components,
 * false otherwise.
 */
bool
virDevMigrationAttributeNameIsValid(const char *name)
{
    g_auto(GStrv) components = g_strsplit(name, "/", 3);
    guint n = g_strv_length(components);
    size_t i;

    if (n < 1 || n > 2)
        return false;

    for (i = 0; i < n; i++) {
        if (!virDevMigrationFieldNameIsValid(components[i]))
            return false;
    }

    return true;
}


/**
 * virDevMigrationVersionTextIsValid:
 * @text: version of a driver that is not of the form major.minor.bugfix
 *
 * Returns true if @text is valid text of 1 to VIR_DEV_MIGRATION_MAX_VERSION
 * bytes without a blank at either end, false otherwise.
 */
bool
virDevMigrationVersionTextIsValid(const char *text)
{
    size_t len = strlen(text);

    return len > 0 &&
        len <= VIR_DEV_MIGRATION_MAX_VERSION &&
        !g_ascii_isspace(text[0]) &&
        !g_ascii_isspace(text[len - 1]) &&
        virDevMigrationTextIsValid(text);
}


static void
virDevMigrationCompatibleFree(virDevMigrationCompatible *compatible)
{
    if (!compatible)
        return;

    g_free(compatible->name);
    g_strfreev(compatible->values);
    g_free(compatible);
}


static void
virDevMigrationResourceFree(virDevMigrationResource *resource)
{
    if (!resource)
        return;

    g_free(resource->name);
    g_free(resource->value);
    g_free(resource);
}


virDevMigrationAttributes *
virDevMigrationAttributesNew(void)
{
    virDevMigrationAttributes *attributes = g_new0(virDevMigrationAttributes, 1);

    attributes->compatible =
        g_ptr_array_new_with_free_func((GDestroyNotify) virDevMigrationCompatibleFree);
    attributes->resources =
        g_ptr_array_new_with_free_func((GDestroyNotify) virDevMigrationResourceFree);

    return attributes;
}


void
virDevMigrationAttributesFree(virDevMigrationAttributes *attributes)
{
    if (!attributes)
        return;

    g_free(attributes->deviceAPI);
    g_free(attributes->mdevType);
    g_free(attributes->softwareVersion);
    g_free(attributes->softwareVersionText);
    g_strfreev(attributes->compatibleTypes);
    g_ptr_array_unref(attributes->compatible);
    g_ptr_array_unref(attributes->resources);
    g_free(attributes);
}


/**
 * virDevMigrationAttributesAddCompatible:
 * @attributes: where to add
 * @name: name of the field, without the prefix "compatible_"
 * @values: its values; taken over and set to NULL on success only
 *
 * The fields stay sorted by name, so that the order in which a directory is
 * listed or a document was written does not matter.
 *
 * Returns true if the field was added, false if there is one of that name
 * already, or VIR_DEV_MIGRATION_MAX_ENTRIES of them.
 */
bool
virDevMigrationAttributesAddCompatible(virDevMigrationAttributes *attributes,
                                       const char *name,
                                       char ***values)
{
    virDevMigrationCompatible *compatible;
    size_t i;

    if (attributes->compatible->len >= VIR_DEV_MIGRATION_MAX_ENTRIES)
        return false;

    for (i = 0; i < attributes->compatible->len; i++) {
        virDevMigrationCompatible *other = g_ptr_array_index(attributes->compatible, i);
        int cmp = strcmp(name, other->name);

        if (cmp == 0)
            return false;
        if (cmp < 0)
            break;
    }

    compatible = g_new0(virDevMigrationCompatible, 1);
    compatible->name = g_strdup(name);
    compatible->values = g_steal_pointer(values);
    g_ptr_array_insert(attributes->compatible, i, compatible);

    return true;
}


/**
 * virDevMigrationAttributesAddResource:
 * @attributes: where to add
 * @name: name of the attribute of the device, relative to it
 * @value: its value, or NULL if it is not known
 *
 * The order is kept: it is the order in which a driver wants them set.
 *
 * Returns true if the resource was added, false if there is one of that name
 * already, or VIR_DEV_MIGRATION_MAX_ENTRIES of them.
 */
bool
virDevMigrationAttributesAddResource(virDevMigrationAttributes *attributes,
                                     const char *name,
                                     const char *value)
{
    virDevMigrationResource *resource;
    size_t i;

    if (attributes->resources->len >= VIR_DEV_MIGRATION_MAX_ENTRIES)
        return false;

    for (i = 0; i < attributes->resources->len; i++) {
        virDevMigrationResource *other = g_ptr_array_index(attributes->resources, i);

        if (STREQ(name, other->name))
            return false;
    }

    resource = g_new0(virDevMigrationResource, 1);
    resource->name = g_strdup(name);
    resource->value = g_strdup(value);
    g_ptr_array_add(attributes->resources, resource);

    return true;
}


static virDevMigrationAttributes *
virDevMigrationAttributesCopy(const virDevMigrationAttributes *attributes)
{
    virDevMigrationAttributes *copy = virDevMigrationAttributesNew();
    size_t i;

    copy->incomplete = attributes->incomplete;
    copy->deviceAPI = g_strdup(attributes->deviceAPI);
    copy->mdevType = g_strdup(attributes->mdevType);
    if (attributes->softwareVersion) {
        copy->softwareVersion = g_new0(virDevMigrationVersion, 1);
        *copy->softwareVersion = *attributes->softwareVersion;
    }
    copy->softwareVersionText = g_strdup(attributes->softwareVersionText);
    copy->compatibleTypes = g_strdupv(attributes->compatibleTypes);

    for (i = 0; i < attributes->compatible->len; i++) {
        virDevMigrationCompatible *compatible = g_ptr_array_index(attributes->compatible, i);
        g_auto(GStrv) values = g_strdupv(compatible->values);

        virDevMigrationAttributesAddCompatible(copy, compatible->name, &values);
    }

    for (i = 0; i < attributes->resources->len; i++) {
        virDevMigrationResource *resource = g_ptr_array_index(attributes->resources, i);

        virDevMigrationAttributesAddResource(copy, resource->name, resource->value);
    }

    return copy;
}


static bool
virDevMigrationListEqual(char **a,
                         char **b)
{
    if (!a || !b)
        return a == b;

    return g_strv_equal((const char * const *) a, (const char * const *) b);
}


static bool
virDevMigrationVersionEqual(const virDevMigrationVersion *a,
                            const virDevMigrationVersion *b)
{
    if (!a || !b)
        return a == b;

    return a->major == b->major &&
        a->minor == b->minor &&
        a->bugfix == b->bugfix;
}


static bool
virDevMigrationAttributesEqual(const virDevMigrationAttributes *a,
                               const virDevMigrationAttributes *b)
{
    size_t i;

    if (!a || !b)
        return a == b;

    if (a->incomplete != b->incomplete ||
        STRNEQ_NULLABLE(a->deviceAPI, b->deviceAPI) ||
        STRNEQ_NULLABLE(a->mdevType, b->mdevType) ||
        !virDevMigrationVersionEqual(a->softwareVersion, b->softwareVersion) ||
        STRNEQ_NULLABLE(a->softwareVersionText, b->softwareVersionText) ||
        !virDevMigrationListEqual(a->compatibleTypes, b->compatibleTypes) ||
        a->compatible->len != b->compatible->len ||
        a->resources->len != b->resources->len)
        return false;

    for (i = 0; i < a->compatible->len; i++) {
        virDevMigrationCompatible *ca = g_ptr_array_index(a->compatible, i);
        virDevMigrationCompatible *cb = g_ptr_array_index(b->compatible, i);

        if (STRNEQ(ca->name, cb->name) ||
            !virDevMigrationListEqual(ca->values, cb->values))
            return false;
    }

    for (i = 0; i < a->resources->len; i++) {
        virDevMigrationResource *ra = g_ptr_array_index(a->resources, i);
        virDevMigrationResource *rb = g_ptr_array_index(b->resources, i);

        if (STRNEQ(ra->name, rb->name) ||
            STRNEQ_NULLABLE(ra->value, rb->value))
            return false;
    }

    return true;
}


/**
 * virDevMigrationParamNameIsValid:
 * @name: name of a migration parameter
 *
 * RFC v3 does not allow '=', '/' and white space in it. It becomes the name
 * of a file and part of an option of a program.
 *
 * Returns true if @name is valid, false otherwise.
 */
bool
virDevMigrationParamNameIsValid(const char *name)
{
    const char *p;

    if (!virDevMigrationFieldNameIsValid(name) || strchr(name, '='))
        return false;

    for (p = name; *p; p = g_utf8_next_char(p)) {
        if (g_unichar_isspace(g_utf8_get_char(p)))
            return false;
    }

    return true;
}


/**
 * virDevMigrationModelNameIsValid:
 * @name: name of a device model
 *
 * A model is named by a domain and a path, both without a rule of spelling:
 * such names are compared byte for byte.
 *
 * Returns true if @name is valid text that is not empty, false otherwise.
 */
bool
virDevMigrationModelNameIsValid(const char *name)
{
    return *name && virDevMigrationTextIsValid(name);
}


/**
 * virDevMigrationParseNumber:
 * @text: decimal digits
 * @ret_number: filled with the number; untouched on failure
 *
 * Returns true if @text is a number from 0 to VIR_DEV_MIGRATION_MAX_NUMBER,
 * false otherwise.
 */
bool
virDevMigrationParseNumber(const char *text,
                           unsigned long long *ret_number)
{
    unsigned long long number;

    /* a number in C may begin with a sign or a blank */
    if (!g_ascii_isdigit(*text) ||
        virStrToLong_ullp(text, NULL, 10, &number) < 0 ||
        number > VIR_DEV_MIGRATION_MAX_NUMBER)
        return false;

    *ret_number = number;
    return true;
}


/**
 * virDevMigrationParamNormalize:
 * @type: type of a migration parameter
 * @text: a value of it, as a file of the device or an option has it
 *
 * Values of one meaning get one spelling: 'on' and 'off', decimal numbers
 * from 0 to VIR_DEV_MIGRATION_MAX_NUMBER without leading zeros, any valid
 * text.
 *
 * Returns the value, to be freed by the caller, or NULL if it is not one of
 * @type.
 */
char *
virDevMigrationParamNormalize(virDevMigrationParamType type,
                              const char *text)
{
    unsigned long long number;

    switch (type) {
    case VIR_DEV_MIGRATION_PARAM_BOOL:
        return STREQ(text, "on") || STREQ(text, "off") ? g_strdup(text) : NULL;

    case VIR_DEV_MIGRATION_PARAM_INT:
        if (!virDevMigrationParseNumber(text, &number))
            return NULL;
        return g_strdup_printf("%llu", number);

    case VIR_DEV_MIGRATION_PARAM_STR:
        return virDevMigrationTextIsValid(text) ? g_strdup(text) : NULL;

    case VIR_DEV_MIGRATION_PARAM_LAST:
        break;
    }

    return NULL;
}


/**
 * virDevMigrationParamAllows:
 * @param: a migration parameter
 * @value: a value of its type, normalized
 *
 * Returns true if @value is one that @param may be set to, as far as its
 * publisher says, false otherwise.
 */
bool
virDevMigrationParamAllows(const virDevMigrationParam *param,
                           const char *value)
{
    unsigned long long number = 0;
    bool isNumber = param->type == VIR_DEV_MIGRATION_PARAM_INT &&
        virDevMigrationParseNumber(value, &number);
    size_t i;

    if (param->allowed->len == 0)
        return true;

    for (i = 0; i < param->allowed->len; i++) {
        const virDevMigrationAllowed *allowed = g_ptr_array_index(param->allowed, i);

        if (allowed->value) {
            if (STREQ(allowed->value, value))
                return true;
        } else if (isNumber && number >= allowed->min && number <= allowed->max) {
            return true;
        }
    }

    return false;
}


static void
virDevMigrationAllowedFree(virDevMigrationAllowed *allowed)
{
    if (!allowed)
        return;

    g_free(allowed->value);
    g_free(allowed);
}


virDevMigrationParam *
virDevMigrationParamNew(const char *name,
                        virDevMigrationParamType type)
{
    virDevMigrationParam *param = g_new0(virDevMigrationParam, 1);

    param->name = g_strdup(name);
    param->type = type;
    param->allowed =
        g_ptr_array_new_with_free_func((GDestroyNotify) virDevMigrationAllowedFree);

    return param;
}


void
virDevMigrationParamFree(virDevMigrationParam *param)
{
    if (!param)
        return;

    g_free(param->name);
    g_free(param->value);
    g_free(param->init);
    g_free(param->off);
    g_free(param->description);
    g_ptr_array_unref(param->allowed);
    g_free(param);
}


/**
 * virDevMigrationParamAddAllowed:
 * @param: where to add
 * @value: one value, normalized; NULL for a range
 * @min: first number of a range
 * @max: last number of a range
 *
 * Returns true if it was added, false if it is a range that is empty or not
 * one of numbers, or if there are VIR_DEV_MIGRATION_MAX_ENTRIES already.
 */
bool
virDevMigrationParamAddAllowed(virDevMigrationParam *param,
                               const char *value,
                               unsigned long long min,
                               unsigned long long max)
{
    virDevMigrationAllowed *allowed;

    if (param->allowed->len >= VIR_DEV_MIGRATION_MAX_ENTRIES)
        return false;

    if (!value &&
        (param->type != VIR_DEV_MIGRATION_PARAM_INT || min > max ||
         max > VIR_DEV_MIGRATION_MAX_NUMBER))
        return false;

    allowed = g_new0(virDevMigrationAllowed, 1);
    if (value) {
        allowed->value = g_strdup(value);
    } else {
        allowed->min = min;
        allowed->max = max;
    }
    g_ptr_array_add(param->allowed, allowed);

    return true;
}


static void
virDevMigrationParamModelFree(virDevMigrationParamModel *model)
{
    if (!model)
        return;

    g_free(model->name);
    g_ptr_array_unref(model->params);
    g_free(model);
}


/* What is kept by name has its name first, and is sorted. Returns it, or NULL
 * and in @ret_place where it belongs. */
static void *
virDevMigrationLookup(GPtrArray *named,
                      const char *name,
                      size_t *ret_place)
{
    size_t low = 0;
    size_t high = named->len;

    while (low < high) {
        size_t middle = (low + high) / 2;
        char **other = g_ptr_array_index(named, middle);
        int cmp = strcmp(name, *other);

        if (cmp == 0)
            return other;
        if (cmp < 0)
            high = middle;
        else
            low = middle + 1;
    }

    *ret_place = low;
    return NULL;
}


/* Returns where @name belongs in @named, or -1 if there is one of that name
 * already, or no room. */
static int
virDevMigrationFindPlace(GPtrArray *named,
                         const char *name)
{
    size_t place;

    if (named->len >= VIR_DEV_MIGRATION_MAX_ENTRIES ||
        virDevMigrationLookup(named, name, &place))
        return -1;

    return place;
}


static void *
virDevMigrationFindNamed(GPtrArray *named,
                         const char *name)
{
    size_t place;

    return virDevMigrationLookup(named, name, &place);
}

G_STATIC_ASSERT(offsetof(virDevMigrationParam, name) == 0);
G_STATIC_ASSERT(offsetof(virDevMigrationParamModel, name) == 0);
G_STATIC_ASSERT(offsetof(virDevMigrationVersionModel, name) == 0);
G_STATIC_ASSERT(offsetof(virDevMigrationVariable, name) == 0);
G_STATIC_ASSERT(offsetof(virDevMigrationResource, name) == 0);


virDevMigrationParameters *
virDevMigrationParametersNew(void)
{
    virDevMigrationParameters *parameters = g_new0(virDevMigrationParameters, 1);

    parameters->models =
        g_ptr_array_new_with_free_func((GDestroyNotify) virDevMigrationParamModelFree);

    return parameters;
}


void
virDevMigrationParametersFree(virDevMigrationParameters *parameters)
{
    if (!parameters)
        return;

    g_ptr_array_unref(parameters->models);
    g_free(parameters);
}


/**
 * virDevMigrationParametersAddModel:
 * @parameters: where to add
 * @name: name of the model
 *
 * Returns the model, owned by @parameters, or NULL if there is one of that
 * name already, or VIR_DEV_MIGRATION_MAX_ENTRIES of them.
 */
virDevMigrationParamModel *
virDevMigrationParametersAddModel(virDevMigrationParameters *parameters,
                                  const char *name)
{
    int place = virDevMigrationFindPlace(parameters->models, name);
    virDevMigrationParamModel *model;

    if (place < 0)
        return NULL;

    model = g_new0(virDevMigrationParamModel, 1);
    model->name = g_strdup(name);
    model->params =
        g_ptr_array_new_with_free_func((GDestroyNotify) virDevMigrationParamFree);
    g_ptr_array_insert(parameters->models, place, model);

    return model;
}


virDevMigrationParamModel *
virDevMigrationParametersFindModel(const virDevMigrationParameters *parameters,
                                   const char *name)
{
    return virDevMigrationFindNamed(parameters->models, name);
}


/**
 * virDevMigrationParamModelAddParam:
 * @model: where to add
 * @param: what to add; taken over and set to NULL on success only
 *
 * Returns true if it was added, false if there is one of that name already,
 * or VIR_DEV_MIGRATION_MAX_ENTRIES of them.
 */
bool
virDevMigrationParamModelAddParam(virDevMigrationParamModel *model,
                                  virDevMigrationParam **param)
{
    int place = virDevMigrationFindPlace(model->params, (*param)->name);

    if (place < 0)
        return false;

    g_ptr_array_insert(model->params, place, g_steal_pointer(param));

    return true;
}


virDevMigrationParam *
virDevMigrationParamModelFindParam(const virDevMigrationParamModel *model,
                                   const char *name)
{
    return virDevMigrationFindNamed(model->params, name);
}


static virDevMigrationParam *
virDevMigrationParamCopy(const virDevMigrationParam *param)
{
    virDevMigrationParam *copy = virDevMigrationParamNew(param->name, param->type);
    size_t i;

    copy->value = g_strdup(param->value);
    copy->init = g_strdup(param->init);
    copy->off = g_strdup(param->off);
    copy->description = g_strdup(param->description);

    for (i = 0; i < param->allowed->len; i++) {
        const virDevMigrationAllowed *allowed = g_ptr_array_index(param->allowed, i);

        virDevMigrationParamAddAllowed(copy, allowed->value, allowed->min, allowed->max);
    }

    return copy;
}


static virDevMigrationParameters *
virDevMigrationParametersCopy(const virDevMigrationParameters *parameters)
{
    virDevMigrationParameters *copy = virDevMigrationParametersNew();
    size_t i;
    size_t j;

    copy->incomplete = parameters->incomplete;

    for (i = 0; i < parameters->models->len; i++) {
        const virDevMigrationParamModel *model = g_ptr_array_index(parameters->models, i);
        virDevMigrationParamModel *modelCopy;

        modelCopy = virDevMigrationParametersAddModel(copy, model->name);
        for (j = 0; j < model->params->len; j++) {
            g_autoptr(virDevMigrationParam) param = NULL;

            param = virDevMigrationParamCopy(g_ptr_array_index(model->params, j));
            virDevMigrationParamModelAddParam(modelCopy, &param);
        }
    }

    return copy;
}


static bool
virDevMigrationParamEqual(const virDevMigrationParam *a,
                          const virDevMigrationParam *b)
{
    size_t i;

    if (a->type != b->type ||
        STRNEQ(a->name, b->name) ||
        STRNEQ_NULLABLE(a->value, b->value) ||
        STRNEQ_NULLABLE(a->init, b->init) ||
        STRNEQ_NULLABLE(a->off, b->off) ||
        STRNEQ_NULLABLE(a->description, b->description) ||
        a->allowed->len != b->allowed->len)
        return false;

    for (i = 0; i < a->allowed->len; i++) {
        const virDevMigrationAllowed *aa = g_ptr_array_index(a->allowed, i);
        const virDevMigrationAllowed *ab = g_ptr_array_index(b->allowed, i);

        if (STRNEQ_NULLABLE(aa->value, ab->value) ||
            aa->min != ab->min ||
            aa->max != ab->max)
            return false;
    }

    return true;
}


static bool
virDevMigrationParamModelEqual(const virDevMigrationParamModel *a,
                               const virDevMigrationParamModel *b)
{
    size_t i;

    if (STRNEQ(a->name, b->name) ||
        a->params->len != b->params->len)
        return false;

    for (i = 0; i < a->params->len; i++) {
        if (!virDevMigrationParamEqual(g_ptr_array_index(a->params, i),
                                       g_ptr_array_index(b->params, i)))
            return false;
    }

    return true;
}


static bool
virDevMigrationParametersEqual(const virDevMigrationParameters *a,
                               const virDevMigrationParameters *b)
{
    size_t i;

    if (!a || !b)
        return a == b;

    if (a->incomplete != b->incomplete ||
        a->models->len != b->models->len)
        return false;

    for (i = 0; i < a->models->len; i++) {
        if (!virDevMigrationParamModelEqual(g_ptr_array_index(a->models, i),
                                            g_ptr_array_index(b->models, i)))
            return false;
    }

    return true;
}


static void
virDevMigrationVersionModelFree(virDevMigrationVersionModel *model)
{
    if (!model)
        return;

    g_free(model->name);
    g_strfreev(model->versions);
    g_free(model->currentVersion);
    g_free(model);
}


virDevMigrationVersions *
virDevMigrationVersionsNew(void)
{
    virDevMigrationVersions *versions = g_new0(virDevMigrationVersions, 1);

    versions->models =
        g_ptr_array_new_with_free_func((GDestroyNotify) virDevMigrationVersionModelFree);

    return versions;
}


void
virDevMigrationVersionsFree(virDevMigrationVersions *versions)
{
    if (!versions)
        return;

    g_ptr_array_unref(versions->models);
    g_free(versions);
}


/**
 * virDevMigrationVersionNameIsValid:
 * @name: name of a version, or of a model that has versions
 *
 * RFC v4 wants ASCII for both.
 *
 * Returns true if @name is valid text in ASCII that is not empty, false
 * otherwise.
 */
bool
virDevMigrationVersionNameIsValid(const char *name)
{
    return *name && g_str_is_ascii(name) && virDevMigrationTextIsValid(name);
}


/**
 * virDevMigrationVersionsAddModel:
 * @versions: where to add
 * @name: name of the model
 * @list: its versions; taken over and set to NULL on success only
 *
 * Returns the model, owned by @versions, or NULL if there is one of that name
 * already, or VIR_DEV_MIGRATION_MAX_ENTRIES of them.
 */
virDevMigrationVersionModel *
virDevMigrationVersionsAddModel(virDevMigrationVersions *versions,
                                const char *name,
                                char ***list)
{
    int place = virDevMigrationFindPlace(versions->models, name);
    virDevMigrationVersionModel *model;

    if (place < 0)
        return NULL;

    model = g_new0(virDevMigrationVersionModel, 1);
    model->name = g_strdup(name);
    model->versions = g_steal_pointer(list);
    g_ptr_array_insert(versions->models, place, model);

    return model;
}


virDevMigrationVersionModel *
virDevMigrationVersionsFindModel(const virDevMigrationVersions *versions,
                                 const char *name)
{
    return virDevMigrationFindNamed(versions->models, name);
}


static virDevMigrationVersions *
virDevMigrationVersionsCopy(const virDevMigrationVersions *versions)
{
    virDevMigrationVersions *copy = virDevMigrationVersionsNew();
    size_t i;

    copy->incomplete = versions->incomplete;

    for (i = 0; i < versions->models->len; i++) {
        const virDevMigrationVersionModel *model = g_ptr_array_index(versions->models, i);
        g_auto(GStrv) list = g_strdupv(model->versions);
        virDevMigrationVersionModel *modelCopy;

        modelCopy = virDevMigrationVersionsAddModel(copy, model->name, &list);
        modelCopy->current = model->current;
        modelCopy->currentVersion = g_strdup(model->currentVersion);
    }

    return copy;
}


static bool
virDevMigrationVersionsEqual(const virDevMigrationVersions *a,
                             const virDevMigrationVersions *b)
{
    size_t i;

    if (!a || !b)
        return a == b;

    if (a->incomplete != b->incomplete ||
        a->models->len != b->models->len)
        return false;

    for (i = 0; i < a->models->len; i++) {
        const virDevMigrationVersionModel *ma = g_ptr_array_index(a->models, i);
        const virDevMigrationVersionModel *mb = g_ptr_array_index(b->models, i);

        if (STRNEQ(ma->name, mb->name) ||
            ma->current != mb->current ||
            STRNEQ_NULLABLE(ma->currentVersion, mb->currentVersion) ||
            !virDevMigrationListEqual(ma->versions, mb->versions))
            return false;
    }

    return true;
}


static void
virDevMigrationFieldFree(virDevMigrationField *field)
{
    if (!field)
        return;

    g_free(field->name);
    g_free(field->value);
    g_free(field);
}


static void
virDevMigrationVariableFree(virDevMigrationVariable *variable)
{
    if (!variable)
        return;

    g_free(variable->name);
    g_strfreev(variable->values);
    g_free(variable);
}


virDevMigrationObject *
virDevMigrationObjectNew(void)
{
    virDevMigrationObject *object = g_new0(virDevMigrationObject, 1);

    object->variables =
        g_ptr_array_new_with_free_func((GDestroyNotify) virDevMigrationVariableFree);
    object->fields =
        g_ptr_array_new_with_free_func((GDestroyNotify) virDevMigrationFieldFree);

    return object;
}


void
virDevMigrationObjectFree(virDevMigrationObject *object)
{
    if (!object)
        return;

    g_ptr_array_unref(object->variables);
    g_ptr_array_unref(object->fields);
    g_free(object);
}


bool
virDevMigrationFieldKindIsNamed(virDevMigrationFieldKind kind)
{
    return kind == VIR_DEV_MIGRATION_FIELD_ID ||
        kind == VIR_DEV_MIGRATION_FIELD_MDEV_ATTR ||
        kind == VIR_DEV_MIGRATION_FIELD_VENDOR_FIELD;
}


static int
virDevMigrationFieldCompareKey(const virDevMigrationField *field,
                               virDevMigrationFieldKind kind,
                               const char *name)
{
    if (field->kind != kind)
        return field->kind < kind ? -1 : 1;

    return g_strcmp0(field->name, name);
}


/**
 * virDevMigrationObjectAddField:
 * @object: where to add
 * @kind: what the field says
 * @name: name of the field if its kind is named, NULL otherwise
 * @value: its value
 *
 * Returns true if it was added, false if there is one of that kind and name
 * already, or VIR_DEV_MIGRATION_MAX_ENTRIES of them.
 */
bool
virDevMigrationObjectAddField(virDevMigrationObject *object,
                              virDevMigrationFieldKind kind,
                              const char *name,
                              const char *value)
{
    virDevMigrationField *field;
    size_t i;

    if (object->fields->len >= VIR_DEV_MIGRATION_MAX_ENTRIES ||
        virDevMigrationFieldKindIsNamed(kind) != !!name)
        return false;

    for (i = 0; i < object->fields->len; i++) {
        int cmp = virDevMigrationFieldCompareKey(g_ptr_array_index(object->fields, i),
                                                 kind, name);

        if (cmp == 0)
            return false;
        if (cmp > 0)
            break;
    }

    field = g_new0(virDevMigrationField, 1);
    field->kind = kind;
    field->name = g_strdup(name);
    field->value = g_strdup(value);
    g_ptr_array_insert(object->fields, i, field);

    return true;
}


const virDevMigrationField *
virDevMigrationObjectFindField(const virDevMigrationObject *object,
                               virDevMigrationFieldKind kind,
                               const char *name)
{
    size_t i;

    for (i = 0; i < object->fields->len; i++) {
        const virDevMigrationField *field = g_ptr_array_index(object->fields, i);

        if (virDevMigrationFieldCompareKey(field, kind, name) == 0)
            return field;
    }

    return NULL;
}


/**
 * virDevMigrationObjectAddVariable:
 * @object: where to add
 * @name: name of the variable
 * @values: the values it can have; taken over and set to NULL on success
 *          only; NULL for a range
 * @min: first number of a range
 * @max: last number of a range
 *
 * Returns true if it was added, false if it is an empty range, if there is
 * one of that name already, or VIR_DEV_MIGRATION_MAX_ENTRIES of them.
 */
bool
virDevMigrationObjectAddVariable(virDevMigrationObject *object,
                                 const char *name,
                                 char ***values,
                                 unsigned long long min,
                                 unsigned long long max)
{
    int place = virDevMigrationFindPlace(object->variables, name);
    bool range = !values || !*values;
    virDevMigrationVariable *variable;

    if (place < 0 ||
        (range && (min > max || max > VIR_DEV_MIGRATION_MAX_NUMBER)))
        return false;

    variable = g_new0(virDevMigrationVariable, 1);
    variable->name = g_strdup(name);
    if (range) {
        variable->min = min;
        variable->max = max;
    } else {
        variable->values = g_steal_pointer(values);
    }
    g_ptr_array_insert(object->variables, place, variable);

    return true;
}


virDevMigrationDescription *
virDevMigrationDescriptionNew(void)
{
    virDevMigrationDescription *description = g_new0(virDevMigrationDescription, 1);

    description->accepts =
        g_ptr_array_new_with_free_func((GDestroyNotify) virDevMigrationObjectFree);
    description->values =
        g_ptr_array_new_with_free_func((GDestroyNotify) virDevMigrationResourceFree);

    return description;
}


void
virDevMigrationDescriptionFree(virDevMigrationDescription *description)
{
    if (!description)
        return;

    virDevMigrationObjectFree(description->self);
    g_ptr_array_unref(description->accepts);
    g_ptr_array_unref(description->values);
    g_free(description);
}


/**
 * virDevMigrationDescriptionAddAccepts:
 * @description: where to add
 * @object: what to add; taken over and set to NULL on success only
 *
 * Returns true if it was added, false if there are
 * VIR_DEV_MIGRATION_MAX_ENTRIES already.
 */
bool
virDevMigrationDescriptionAddAccepts(virDevMigrationDescription *description,
                                     virDevMigrationObject **object)
{
    if (description->accepts->len >= VIR_DEV_MIGRATION_MAX_ENTRIES)
        return false;

    g_ptr_array_add(description->accepts, g_steal_pointer(object));

    return true;
}


/**
 * virDevMigrationDescriptionAddValue:
 * @description: where to add
 * @name: name of an attribute of the device, relative to it
 * @value: its present value
 *
 * Returns true if it was added, false if there is one of that name already,
 * or VIR_DEV_MIGRATION_MAX_ENTRIES of them.
 */
bool
virDevMigrationDescriptionAddValue(virDevMigrationDescription *description,
                                   const char *name,
                                   const char *value)
{
    int place = virDevMigrationFindPlace(description->values, name);
    virDevMigrationResource *resource;

    if (place < 0)
        return false;

    resource = g_new0(virDevMigrationResource, 1);
    resource->name = g_strdup(name);
    resource->value = g_strdup(value);
    g_ptr_array_insert(description->values, place, resource);

    return true;
}


static virDevMigrationObject *
virDevMigrationObjectCopy(const virDevMigrationObject *object)
{
    virDevMigrationObject *copy = virDevMigrationObjectNew();
    size_t i;

    for (i = 0; i < object->variables->len; i++) {
        const virDevMigrationVariable *variable = g_ptr_array_index(object->variables, i);
        g_auto(GStrv) values = g_strdupv(variable->values);

        virDevMigrationObjectAddVariable(copy, variable->name, &values,
                                         variable->min, variable->max);
    }

    for (i = 0; i < object->fields->len; i++) {
        const virDevMigrationField *field = g_ptr_array_index(object->fields, i);

        virDevMigrationObjectAddField(copy, field->kind, field->name, field->value);
    }

    return copy;
}


static virDevMigrationDescription *
virDevMigrationDescriptionCopy(const virDevMigrationDescription *description)
{
    virDevMigrationDescription *copy = virDevMigrationDescriptionNew();
    size_t i;

    copy->incomplete = description->incomplete;
    if (description->self)
        copy->self = virDevMigrationObjectCopy(description->self);

    for (i = 0; i < description->accepts->len; i++) {
        g_autoptr(virDevMigrationObject) object = NULL;

        object = virDevMigrationObjectCopy(g_ptr_array_index(description->accepts, i));
        virDevMigrationDescriptionAddAccepts(copy, &object);
    }

    for (i = 0; i < description->values->len; i++) {
        const virDevMigrationResource *value = g_ptr_array_index(description->values, i);

        virDevMigrationDescriptionAddValue(copy, value->name, value->value);
    }

    return copy;
}


static bool
virDevMigrationObjectEqual(const virDevMigrationObject *a,
                           const virDevMigrationObject *b)
{
    size_t i;

    if (!a || !b)
        return a == b;

    if (a->variables->len != b->variables->len ||
        a->fields->len != b->fields->len)
        return false;

    for (i = 0; i < a->variables->len; i++) {
        const virDevMigrationVariable *va = g_ptr_array_index(a->variables, i);
        const virDevMigrationVariable *vb = g_ptr_array_index(b->variables, i);

        if (STRNEQ(va->name, vb->name) ||
            !virDevMigrationListEqual(va->values, vb->values) ||
            va->min != vb->min ||
            va->max != vb->max)
            return false;
    }

    for (i = 0; i < a->fields->len; i++) {
        const virDevMigrationField *fa = g_ptr_array_index(a->fields, i);
        const virDevMigrationField *fb = g_ptr_array_index(b->fields, i);

        if (virDevMigrationFieldCompareKey(fa, fb->kind, fb->name) != 0 ||
            STRNEQ(fa->value, fb->value))
            return false;
    }

    return true;
}


static bool
virDevMigrationDescriptionEqual(const virDevMigrationDescription *a,
                                const virDevMigrationDescription *b)
{
    size_t i;

    if (!a || !b)
        return a == b;

    if (a->incomplete != b->incomplete ||
        !virDevMigrationObjectEqual(a->self, b->self) ||
        a->accepts->len != b->accepts->len ||
        a->values->len != b->values->len)
        return false;

    for (i = 0; i < a->accepts->len; i++) {
        if (!virDevMigrationObjectEqual(g_ptr_array_index(a->accepts, i),
                                        g_ptr_array_index(b->accepts, i)))
            return false;
    }

    for (i = 0; i < a->values->len; i++) {
        const virDevMigrationResource *va = g_ptr_array_index(a->values, i);
        const virDevMigrationResource *vb = g_ptr_array_index(b->values, i);

        if (STRNEQ(va->name, vb->name) ||
            STRNEQ_NULLABLE(va->value, vb->value))
            return false;
    }

    return true;
}


virDevMigrationToken *
virDevMigrationTokenNew(void)
{
    return g_new0(virDevMigrationToken, 1);
}


void
virDevMigrationTokenFree(virDevMigrationToken *token)
{
    if (!token)
        return;

    g_free(token->token);
    g_free(token);
}


/**
 * virDevMigrationTokenIsValid:
 * @token: content of migration_version
 *
 * Returns true if @token is valid text in ASCII that is not empty, of at most
 * VIR_DEV_MIGRATION_MAX_TEXT bytes (the longest path, says its proposal), false
 * otherwise.
 */
bool
virDevMigrationTokenIsValid(const char *token)
{
    return *token && g_str_is_ascii(token) && virDevMigrationTextIsValid(token);
}


static virDevMigrationToken *
virDevMigrationTokenCopy(const virDevMigrationToken *token)
{
    virDevMigrationToken *copy = virDevMigrationTokenNew();

    copy->incomplete = token->incomplete;
    copy->token = g_strdup(token->token);

    return copy;
}


static bool
virDevMigrationTokenEqual(const virDevMigrationToken *a,
                          const virDevMigrationToken *b)
{
    if (!a || !b)
        return a == b;

    return a->incomplete == b->incomplete &&
        STREQ_NULLABLE(a->token, b->token);
}


virDevMigration *
virDevMigrationNew(void)
{
    return g_new0(virDevMigration, 1);
}


void
virDevMigrationFree(virDevMigration *migration)
{
    if (!migration)
        return;

    virDevMigrationAttributesFree(migration->attributes);
    virDevMigrationParametersFree(migration->parameters);
    virDevMigrationVersionsFree(migration->versions);
    virDevMigrationDescriptionFree(migration->description);
    virDevMigrationTokenFree(migration->token);
    g_free(migration);
}


/**
 * virDevMigrationCopy:
 * @migration: what to copy, may be NULL
 *
 * Returns a deep copy, to be freed by the caller, NULL for NULL.
 */
virDevMigration *
virDevMigrationCopy(const virDevMigration *migration)
{
    virDevMigration *copy;

    if (!migration)
        return NULL;

    copy = virDevMigrationNew();
    if (migration->attributes)
        copy->attributes = virDevMigrationAttributesCopy(migration->attributes);
    if (migration->parameters)
        copy->parameters = virDevMigrationParametersCopy(migration->parameters);
    if (migration->versions)
        copy->versions = virDevMigrationVersionsCopy(migration->versions);
    if (migration->description)
        copy->description = virDevMigrationDescriptionCopy(migration->description);
    if (migration->token)
        copy->token = virDevMigrationTokenCopy(migration->token);

    return copy;
}


/**
 * virDevMigrationEqual:
 * @a: one, may be NULL
 * @b: the other, may be NULL
 *
 * This is identity of content, order of lists included, and says nothing of
 * compatibility.
 *
 * Returns true if both publish the same, false otherwise.
 */
bool
virDevMigrationEqual(const virDevMigration *a,
                     const virDevMigration *b)
{
    if (!a || !b)
        return a == b;

    return virDevMigrationAttributesEqual(a->attributes, b->attributes) &&
        virDevMigrationParametersEqual(a->parameters, b->parameters) &&
        virDevMigrationVersionsEqual(a->versions, b->versions) &&
        virDevMigrationDescriptionEqual(a->description, b->description) &&
        virDevMigrationTokenEqual(a->token, b->token);
}
