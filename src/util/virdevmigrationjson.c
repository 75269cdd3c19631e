/*
 * virdevmigrationjson.c: reads what a device publishes as JSON
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

#include "virdevmigrationdocument.h"
#include "virdevmigrationjson.h"
#include "virdevmigrationproblems.h"
#include "virdevmigrationtemplate.h"
#include "virjson.h"
#include "virstring.h"

#define VIR_FROM_THIS VIR_FROM_NONE

static virJSONValue *
virDevMigrationJSONGetObject(virJSONValue *value,
                             const char *key)
{
    if (!virJSONValueIsObject(value))
        return NULL;

    return virJSONValueObjectGetByType(value, key, VIR_JSON_TYPE_OBJECT);
}


static virJSONValue *
virDevMigrationJSONGet(virJSONValue *value,
                       const char *key)
{
    return virJSONValueIsObject(value) ? virJSONValueObjectGet(value, key) : NULL;
}


/* Returns the string if @value is one that is valid text, NULL otherwise. */
static const char *
virDevMigrationJSONGetText(virJSONValue *value)
{
    const char *text;

    if (!value ||
        virJSONValueGetType(value) != VIR_JSON_TYPE_STRING ||
        !(text = virJSONValueGetString(value)) ||
        !virDevMigrationTextIsValid(text))
        return NULL;

    return text;
}


/* Returns the number as text if @value is one, NULL otherwise. */
static const char *
virDevMigrationJSONGetNumber(virJSONValue *value)
{
    if (!value || virJSONValueGetType(value) != VIR_JSON_TYPE_NUMBER)
        return NULL;

    return virJSONValueGetNumberString(value);
}


/* RFC v3 has true and false in the document, on and off in files and options. */
static char *
virDevMigrationJSONParamValue(virDevMigrationParamType type,
                              virJSONValue *value)
{
    const char *text = virDevMigrationJSONGetText(value);
    bool boolean;

    if (!text && value && type == VIR_DEV_MIGRATION_PARAM_INT)
        text = virDevMigrationJSONGetNumber(value);

    if (!text && value && type == VIR_DEV_MIGRATION_PARAM_BOOL &&
        virJSONValueGetBoolean(value, &boolean) == 0)
        text = boolean ? "on" : "off";

    return text ? virDevMigrationParamNormalize(type, text) : NULL;
}


/* "<min>-<max>" means a range for numbers only. */
static bool
virDevMigrationJSONAddRange(virDevMigrationParam *param,
                            virJSONValue *value)
{
    const char *text = virDevMigrationJSONGetText(value);
    g_auto(GStrv) ends = NULL;
    unsigned long long min;
    unsigned long long max;

    if (!text)
        return false;

    ends = g_strsplit(text, "-", 3);

    return g_strv_length(ends) == 2 &&
        virDevMigrationParseNumber(ends[0], &min) &&
        virDevMigrationParseNumber(ends[1], &max) &&
        virDevMigrationParamAddAllowed(param, NULL, min, max);
}


static bool
virDevMigrationJSONAddAllowed(virDevMigrationParam *param,
                              virJSONValue *list)
{
    size_t i;

    /* nothing is allowed: nobody can mean that */
    if (!virJSONValueIsArray(list) || virJSONValueArraySize(list) == 0)
        return false;

    for (i = 0; i < virJSONValueArraySize(list); i++) {
        virJSONValue *item = virJSONValueArrayGet(list, i);
        g_autofree char *value = virDevMigrationJSONParamValue(param->type, item);

        if (value ?
            !virDevMigrationParamAddAllowed(param, value, 0, 0) :
            !virDevMigrationJSONAddRange(param, item))
            return false;
    }

    return true;
}


/* Returns NULL, and what is wrong, if the parameter cannot be used. */
static virDevMigrationParam *
virDevMigrationJSONParseParam(const char *name,
                              virJSONValue *object,
                              const char **ret_problem)
{
    g_autoptr(virDevMigrationParam) param = NULL;
    const char *typeName = virDevMigrationJSONGetText(virDevMigrationJSONGet(object, "type"));
    virJSONValue *value;
    int type;

    if (!virDevMigrationParamNameIsValid(name)) {
        *ret_problem = "name";
        return NULL;
    }

    if (!typeName || (type = virDevMigrationParamTypeFromString(typeName)) < 0) {
        *ret_problem = "type";
        return NULL;
    }

    param = virDevMigrationParamNew(name, type);

    value = virDevMigrationJSONGet(object, "init_value");
    if (!(param->init = virDevMigrationJSONParamValue(type, value))) {
        *ret_problem = "init_value";
        return NULL;
    }

    if ((value = virDevMigrationJSONGet(object, "off_value")) &&
        !(param->off = virDevMigrationJSONParamValue(type, value))) {
        *ret_problem = "off_value";
        return NULL;
    }

    if ((value = virDevMigrationJSONGet(object, "allowed_values")) &&
        !virDevMigrationJSONAddAllowed(param, value)) {
        *ret_problem = "allowed_values";
        return NULL;
    }

    return g_steal_pointer(&param);
}


/* Returns false if a parameter of the model is left out. */
static bool
virDevMigrationJSONParseParams(virDevMigrationParamModel *model,
                               virJSONValue *params,
                               const char *source,
                               GPtrArray *problems)
{
    g_autofree char *quotedModel = virDevMigrationProblemsQuote(model->name);
    int n = virJSONValueObjectKeysNumber(params);
    bool complete = true;
    size_t i;

    for (i = 0; i < n; i++) {
        const char *name = virJSONValueObjectGetKey(params, i);
        virJSONValue *object = virJSONValueObjectGetValue(params, i);
        g_autofree char *quoted = virDevMigrationProblemsQuote(name);
        g_autoptr(virDevMigrationParam) param = NULL;
        virJSONValue *description;
        const char *problem = NULL;

        if (!(param = virDevMigrationJSONParseParam(name, object, &problem))) {
            virDevMigrationProblemsAdd(problems, source,
                                       "has no usable %s of the parameter %s of the model %s",
                                       problem, quoted, quotedModel);
            complete = false;
            continue;
        }

        /* nothing is decided by it */
        if ((description = virDevMigrationJSONGet(object, "description")) &&
            !(param->description = g_strdup(virDevMigrationJSONGetText(description)))) {
            virDevMigrationProblemsAdd(problems, source,
                                       "has no usable description of the parameter %s of the model %s",
                                       quoted, quotedModel);
        }

        /* likewise, but who wrote it may want to know */
        if (!virDevMigrationParamAllows(param, param->init) ||
            (param->off && !virDevMigrationParamAllows(param, param->off))) {
            virDevMigrationProblemsAdd(problems, source,
                                       "does not allow its own init_value or off_value of the "
                                       "parameter %s of the model %s",
                                       quoted, quotedModel);
        }

        if (!virDevMigrationParamModelAddParam(model, &param))
            complete = false;
    }

    return complete;
}


static virDevMigrationParameters *
virDevMigrationJSONParseParameters(virJSONValue *models,
                                   const char *source,
                                   GPtrArray *problems)
{
    g_autoptr(virDevMigrationParameters) parameters = virDevMigrationParametersNew();
    int n = virJSONValueObjectKeysNumber(models);
    size_t i;

    for (i = 0; i < n; i++) {
        const char *name = virJSONValueObjectGetKey(models, i);
        virJSONValue *params = virDevMigrationJSONGetObject(virJSONValueObjectGetValue(models, i),
                                                            "params");
        virDevMigrationParamModel *model = NULL;

        if (!params ||
            !virDevMigrationModelNameIsValid(name) ||
            !(model = virDevMigrationParametersAddModel(parameters, name))) {
            g_autofree char *quoted = virDevMigrationProblemsQuote(name);

            virDevMigrationProblemsAdd(problems, source,
                                       "has no usable %s of the model %s",
                                       params ? "name" : "parameters", quoted);
            parameters->incomplete = true;
            continue;
        }

        if (!virDevMigrationJSONParseParams(model, params, source, problems))
            parameters->incomplete = true;
    }

    return g_steal_pointer(&parameters);
}


/* Returns the versions in @list, or NULL if there are none. */
static char **
virDevMigrationJSONParseVersionList(virJSONValue *list,
                                    const char *model,
                                    bool *incomplete,
                                    const char *source,
                                    GPtrArray *problems)
{
    g_autoptr(GPtrArray) versions = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *quotedModel = virDevMigrationProblemsQuote(model);
    size_t n = list && virJSONValueIsArray(list) ? virJSONValueArraySize(list) : 0;
    size_t i;

    for (i = 0; i < n; i++) {
        const char *version = virDevMigrationJSONGetText(virJSONValueArrayGet(list, i));

        if (!version || !virDevMigrationVersionNameIsValid(version)) {
            virDevMigrationProblemsAdd(problems, source,
                                       "has a bad version of the model %s", quotedModel);
            *incomplete = true;
            continue;
        }

        if (g_ptr_array_find_with_equal_func(versions, version, g_str_equal, NULL)) {
            g_autofree char *quoted = virDevMigrationProblemsQuote(version);

            virDevMigrationProblemsAdd(problems, source,
                                       "has the version %s of the model %s twice",
                                       quoted, quotedModel);
            continue;
        }

        g_ptr_array_add(versions, g_strdup(version));
    }

    if (versions->len == 0) {
        virDevMigrationProblemsAdd(problems, source,
                                   "has no version of the model %s", quotedModel);
        *incomplete = true;
        return NULL;
    }

    g_ptr_array_add(versions, NULL);

    return (char **) g_ptr_array_free(g_steal_pointer(&versions), FALSE);
}


static virDevMigrationVersions *
virDevMigrationJSONParseVersions(virJSONValue *models,
                                 const char *source,
                                 GPtrArray *problems)
{
    g_autoptr(virDevMigrationVersions) versions = virDevMigrationVersionsNew();
    int n = virJSONValueObjectKeysNumber(models);
    size_t i;

    for (i = 0; i < n; i++) {
        const char *name = virJSONValueObjectGetKey(models, i);
        virJSONValue *list = virDevMigrationJSONGet(virJSONValueObjectGetValue(models, i),
                                                    "versions");
        g_auto(GStrv) found = NULL;

        if (!virDevMigrationVersionNameIsValid(name)) {
            g_autofree char *quoted = virDevMigrationProblemsQuote(name);

            virDevMigrationProblemsAdd(problems, source,
                                       "has a bad model: %s", quoted);
            versions->incomplete = true;
            continue;
        }

        if ((found = virDevMigrationJSONParseVersionList(list, name, &versions->incomplete,
                                                         source, problems)))
            virDevMigrationVersionsAddModel(versions, name, &found);
    }

    return g_steal_pointer(&versions);
}


/**
 * virDevMigrationJSONParseInfo:
 * @text: content of migration_info.json, or what a program writes for
 *        --print-migration-info-json
 * @source: its path, or another name for it, for problems
 * @ret_parameters: set to what it says in the shape of RFC v3, to be freed by
 *                  the caller, or to NULL
 * @ret_versions: set to what it says in the shape of RFC v4, to be freed by
 *                the caller, or to NULL
 * @problems: where to say what cannot be used
 *
 * Both revisions use the same option, and do not say which of them they are:
 * they are told apart by the members of the models.
 *
 * One of the two is always set: who publishes nonsense publishes. A document
 * that cannot be used as a whole gives parameters, which are what this
 * document was made for, without a model and incomplete.
 */
void
virDevMigrationJSONParseInfo(const char *text,
                             const char *source,
                             virDevMigrationParameters **ret_parameters,
                             virDevMigrationVersions **ret_versions,
                             GPtrArray *problems)
{
    g_autoptr(virJSONValue) document = NULL;
    virJSONValue *models = NULL;
    bool params = false;
    bool versions = false;
    size_t i;
    int n;

    *ret_parameters = NULL;
    *ret_versions = NULL;

    if (!(document = virDevMigrationDocumentParse(text, source, problems)))
        goto unusable;

    if (!(models = virDevMigrationJSONGetObject(document, "models")) ||
        (n = virJSONValueObjectKeysNumber(models)) == 0) {
        virDevMigrationProblemsAdd(problems, source, "has no models");
        goto unusable;
    }

    for (i = 0; i < n; i++) {
        virJSONValue *model = virJSONValueObjectGetValue(models, i);

        if (virDevMigrationJSONGet(model, "params"))
            params = true;
        if (virDevMigrationJSONGet(model, "versions"))
            versions = true;
    }

    if (params && versions) {
        virDevMigrationProblemsAdd(problems, source, "has both parameters and versions");
        goto unusable;
    }

    if (versions)
        *ret_versions = virDevMigrationJSONParseVersions(models, source, problems);
    else
        *ret_parameters = virDevMigrationJSONParseParameters(models, source, problems);

    return;

 unusable:
    *ret_parameters = virDevMigrationParametersNew();
    (*ret_parameters)->incomplete = true;
}


/* Text as it is, a number as decimal digits. */
static char *
virDevMigrationJSONFieldValue(virJSONValue *value)
{
    const char *number = virDevMigrationJSONGetNumber(value);

    if (number)
        return virDevMigrationParamNormalize(VIR_DEV_MIGRATION_PARAM_INT, number);

    return g_strdup(virDevMigrationJSONGetText(value));
}


/* JSON has no hexadecimal numbers, and the mail that proposed this used them:
 * so an id can be a number, or a number in a string. All get the spelling
 * that ids of PCI have. */
static char *
virDevMigrationJSONFieldID(virJSONValue *value)
{
    g_autofree char *text = virDevMigrationJSONFieldValue(value);
    unsigned long long number;
    bool isNumber;

    if (!text)
        return NULL;

    if (STRPREFIX(text, "0x") || STRPREFIX(text, "0X")) {
        isNumber = g_ascii_isxdigit(text[2]) &&
            virStrToLong_ullp(text, NULL, 16, &number) == 0 &&
            number <= VIR_DEV_MIGRATION_MAX_NUMBER;
    } else {
        isNumber = virDevMigrationParseNumber(text, &number);
    }

    if (isNumber)
        return g_strdup_printf("0x%04llx", number);

    return g_steal_pointer(&text);
}


static bool
virDevMigrationJSONVariableNameIsValid(const char *name)
{
    return virDevMigrationFieldNameIsValid(name) && !strpbrk(name, "${}");
}


/* Returns the values in @list, each once, or NULL if one is bad. */
static char **
virDevMigrationJSONParseVariableList(virJSONValue *list)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    size_t i;

    for (i = 0; i < virJSONValueArraySize(list); i++) {
        g_autofree char *value = virDevMigrationJSONFieldValue(virJSONValueArrayGet(list, i));

        if (!value)
            return NULL;

        if (!g_ptr_array_find_with_equal_func(values, value, g_str_equal, NULL))
            g_ptr_array_add(values, g_steal_pointer(&value));
    }

    if (values->len == 0)
        return NULL;

    g_ptr_array_add(values, NULL);

    return (char **) g_ptr_array_free(g_steal_pointer(&values), FALSE);
}


static bool
virDevMigrationJSONParseVariable(virDevMigrationObject *object,
                                 const char *name,
                                 virJSONValue *value)
{
    if (!virDevMigrationJSONVariableNameIsValid(name))
        return false;

    if (virJSONValueIsArray(value)) {
        g_auto(GStrv) list = virDevMigrationJSONParseVariableList(value);

        return list &&
            virDevMigrationObjectAddVariable(object, name, &list, 0, 0);
    } else {
        const char *min = virDevMigrationJSONGetNumber(virDevMigrationJSONGet(value, "min"));
        const char *max = virDevMigrationJSONGetNumber(virDevMigrationJSONGet(value, "max"));
        unsigned long long first;
        unsigned long long last;

        return min && max &&
            virDevMigrationParseNumber(min, &first) &&
            virDevMigrationParseNumber(max, &last) &&
            virDevMigrationObjectAddVariable(object, name, NULL, first, last);
    }
}


static bool
virDevMigrationJSONParseVariables(virDevMigrationObject *object,
                                  virJSONValue *variables)
{
    size_t i;
    int n;

    if (!variables)
        return true;

    if (!virJSONValueIsObject(variables))
        return false;

    n = virJSONValueObjectKeysNumber(variables);
    for (i = 0; i < n; i++) {
        if (!virDevMigrationJSONParseVariable(object,
                                              virJSONValueObjectGetKey(variables, i),
                                              virJSONValueObjectGetValue(variables, i)))
            return false;
    }

    return true;
}


/* @value is NULL if it is not usable */
static bool
virDevMigrationJSONAddField(virDevMigrationObject *object,
                            virDevMigrationFieldKind kind,
                            const char *name,
                            const char *value)
{
    /* an attribute is read and written as root */
    if (kind == VIR_DEV_MIGRATION_FIELD_MDEV_ATTR &&
        !virDevMigrationAttributeNameIsValid(name))
        return false;

    if (name && !(*name && virDevMigrationTextIsValid(name)))
        return false;

    /* names of what is there are not empty; a vendor's value may be */
    return value &&
        (*value ||
         kind == VIR_DEV_MIGRATION_FIELD_MDEV_ATTR ||
         kind == VIR_DEV_MIGRATION_FIELD_VENDOR_FIELD) &&
        virDevMigrationObjectAddField(object, kind, name, value);
}


static bool
virDevMigrationJSONParseTextField(virDevMigrationObject *object,
                                  virDevMigrationFieldKind kind,
                                  virJSONValue *document)
{
    virJSONValue *value = virDevMigrationJSONGet(document,
                                                 virDevMigrationFieldTypeToString(kind));

    return !value ||
        virDevMigrationJSONAddField(object, kind, NULL, virDevMigrationJSONGetText(value));
}


static bool
virDevMigrationJSONParseVersion(virDevMigrationObject *object,
                                virJSONValue *document)
{
    virDevMigrationFieldKind kinds[] = {
        VIR_DEV_MIGRATION_FIELD_VERSION_MAJOR, VIR_DEV_MIGRATION_FIELD_VERSION_MINOR
    };
    virJSONValue *version = virDevMigrationJSONGet(document, "version");
    size_t i;

    if (!version)
        return true;

    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        virJSONValue *value = virDevMigrationJSONGet(version,
                                                     virDevMigrationFieldTypeToString(kinds[i]));
        g_autofree char *text = virDevMigrationJSONFieldValue(value);
        g_autofree char *number = NULL;

        if (!text)
            return false;

        /* a number, or a template where there are variables */
        number = virDevMigrationParamNormalize(VIR_DEV_MIGRATION_PARAM_INT, text);
        if (!number && (object->variables->len == 0 || !strstr(text, "${")))
            return false;

        if (!virDevMigrationJSONAddField(object, kinds[i], NULL,
                                         number ? number : text))
            return false;
    }

    return true;
}


/* The ids are in an object that is named as the device API. */
static bool
virDevMigrationJSONParseIDs(virDevMigrationObject *object,
                            virJSONValue *document)
{
    const char *api = virDevMigrationJSONGetText(virDevMigrationJSONGet(document, "device_api"));
    virJSONValue *ids = api ? virDevMigrationJSONGet(document, api) : NULL;
    size_t i;
    int n;

    if (!ids)
        return true;

    if (!virJSONValueIsObject(ids))
        return false;

    n = virJSONValueObjectKeysNumber(ids);
    for (i = 0; i < n; i++) {
        const char *name = virJSONValueObjectGetKey(ids, i);
        g_autofree char *id = virDevMigrationJSONFieldID(virJSONValueObjectGetValue(ids, i));

        if (!virDevMigrationJSONAddField(object, VIR_DEV_MIGRATION_FIELD_ID, name, id))
            return false;
    }

    return true;
}


/* A list of objects with one member each, as mdevctl has them. */
static bool
virDevMigrationJSONParseNamedFields(virDevMigrationObject *object,
                                    virDevMigrationFieldKind kind,
                                    virJSONValue *document)
{
    virJSONValue *list = virDevMigrationJSONGet(document,
                                                virDevMigrationFieldTypeToString(kind));
    size_t i;

    if (!list)
        return true;

    if (!virJSONValueIsArray(list))
        return false;

    for (i = 0; i < virJSONValueArraySize(list); i++) {
        virJSONValue *item = virJSONValueArrayGet(list, i);
        g_autofree char *value = NULL;

        if (!virJSONValueIsObject(item) ||
            virJSONValueObjectKeysNumber(item) != 1)
            return false;

        value = virDevMigrationJSONFieldValue(virJSONValueObjectGetValue(item, 0));
        if (!virDevMigrationJSONAddField(object, kind,
                                         virJSONValueObjectGetKey(item, 0), value))
            return false;
    }

    return true;
}


/* Returns NULL, and what is wrong, if the object cannot be used. Of half an
 * object nothing could be said: it would fit more devices than the whole. */
static virDevMigrationObject *
virDevMigrationJSONParseObject(virJSONValue *document,
                               bool withVariables,
                               const char **ret_problem)
{
    g_autoptr(virDevMigrationObject) object = virDevMigrationObjectNew();
    size_t i;

    *ret_problem = "description";
    if (!document || !virJSONValueIsObject(document))
        return NULL;

    *ret_problem = "variables";
    if (withVariables &&
        !virDevMigrationJSONParseVariables(object,
                                           virDevMigrationJSONGet(document, "variables")))
        return NULL;

    *ret_problem = "device_api";
    if (!virDevMigrationJSONParseTextField(object, VIR_DEV_MIGRATION_FIELD_DEVICE_API, document))
        return NULL;

    *ret_problem = "vendor";
    if (!virDevMigrationJSONParseTextField(object, VIR_DEV_MIGRATION_FIELD_VENDOR, document))
        return NULL;

    *ret_problem = "version";
    if (!virDevMigrationJSONParseVersion(object, document))
        return NULL;

    *ret_problem = "ids of its device_api";
    if (!virDevMigrationJSONParseIDs(object, document))
        return NULL;

    *ret_problem = "mdev_type";
    if (!virDevMigrationJSONParseTextField(object, VIR_DEV_MIGRATION_FIELD_MDEV_TYPE, document))
        return NULL;

    *ret_problem = "mdev_attrs";
    if (!virDevMigrationJSONParseNamedFields(object, VIR_DEV_MIGRATION_FIELD_MDEV_ATTR, document))
        return NULL;

    *ret_problem = "vendor_fields";
    if (!virDevMigrationJSONParseNamedFields(object, VIR_DEV_MIGRATION_FIELD_VENDOR_FIELD, document))
        return NULL;

    *ret_problem = "fields";
    if (object->fields->len == 0)
        return NULL;

    *ret_problem = "values with variables";
    for (i = 0; withVariables && i < object->fields->len; i++) {
        const virDevMigrationField *field = g_ptr_array_index(object->fields, i);

        if (!virDevMigrationTemplateIsValid(field->value, object))
            return NULL;
    }

    return g_steal_pointer(&object);
}


/**
 * virDevMigrationJSONParseDescription:
 * @text: content of migration_description
 * @source: its path, for problems
 * @problems: where to say what cannot be used
 *
 * An array is the form of 14 July 2020: the first object describes the device
 * itself, all others are devices that this one is compatible with. An object
 * is the form of 27 July 2020, with 'self' and a list 'compatible'. Whatever
 * else an object says is not known here, and is not compared.
 *
 * Returns what can be used, to be freed by the caller; never NULL, since who
 * publishes nonsense publishes.
 */
virDevMigrationDescription *
virDevMigrationJSONParseDescription(const char *text,
                                    const char *source,
                                    GPtrArray *problems)
{
    g_autoptr(virDevMigrationDescription) description = virDevMigrationDescriptionNew();
    g_autoptr(virJSONValue) document = NULL;
    virJSONValue *self = NULL;
    virJSONValue *list = NULL;
    const char *problem = NULL;
    size_t first = 0;
    size_t i;

    if (!(document = virDevMigrationDocumentParse(text, source, problems))) {
        description->incomplete = true;
        return g_steal_pointer(&description);
    }

    if (virJSONValueIsArray(document)) {
        list = document;
        first = 1;
        if (virJSONValueArraySize(list) > 0)
            self = virJSONValueArrayGet(list, 0);
    } else {
        self = virDevMigrationJSONGet(document, "self");
        list = virDevMigrationJSONGet(document, "compatible");
    }

    if (!(description->self = virDevMigrationJSONParseObject(self, false, &problem))) {
        virDevMigrationProblemsAdd(problems, source,
                                   "has no usable %s of the device itself", problem);
        description->incomplete = true;
    }

    if (list && !virJSONValueIsArray(list)) {
        virDevMigrationProblemsAdd(problems, source, "has no usable list 'compatible'");
        description->incomplete = true;
        list = NULL;
    }

    for (i = first; list && i < virJSONValueArraySize(list); i++) {
        g_autoptr(virDevMigrationObject) object = NULL;

        if (!(object = virDevMigrationJSONParseObject(virJSONValueArrayGet(list, i),
                                                      true, &problem))) {
            virDevMigrationProblemsAdd(problems, source,
                                       "has no usable %s of the compatible device %zu",
                                       problem, i + 1 - first);
            description->incomplete = true;
            continue;
        }

        virDevMigrationDescriptionAddAccepts(description, &object);
    }

    return g_steal_pointer(&description);
}
