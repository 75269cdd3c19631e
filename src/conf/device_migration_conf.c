/*
 * device_migration_conf.c: XML of what a device publishes about its migration
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

#include "device_migration_conf.h"
#include "virdevmigrationtemplate.h"
#include "virerror.h"

#define VIR_FROM_THIS VIR_FROM_NODEDEV


static void
virDevMigrationFormatCompatible(virBuffer *buf,
                                const virDevMigrationCompatible *compatible)
{
    g_auto(virBuffer) attrBuf = VIR_BUFFER_INITIALIZER;
    g_auto(virBuffer) childBuf = VIR_BUFFER_INIT_CHILD(buf);
    char **value;

    virBufferEscapeString(&attrBuf, " name='%s'", compatible->name);
    for (value = compatible->values; *value; value++)
        virBufferEscapeString(&childBuf, "<value>%s</value>\n", *value);

    virXMLFormatElement(buf, "compatible", &attrBuf, &childBuf);
}


static void
virDevMigrationFormatResource(virBuffer *buf,
                              const virDevMigrationResource *resource)
{
    g_auto(virBuffer) attrBuf = VIR_BUFFER_INITIALIZER;

    virBufferEscapeString(&attrBuf, " name='%s'", resource->name);
    virBufferEscapeString(&attrBuf, " value='%s'", resource->value);

    virXMLFormatElement(buf, "dynamicResource", &attrBuf, NULL);
}


static void
virDevMigrationFormatAttributes(virBuffer *buf,
                                const virDevMigrationAttributes *attributes)
{
    const virDevMigrationVersion *version = attributes->softwareVersion;
    char **type;
    size_t i;

    virBufferEscapeString(buf, "<deviceAPI>%s</deviceAPI>\n", attributes->deviceAPI);
    virBufferEscapeString(buf, "<mdevType>%s</mdevType>\n", attributes->mdevType);

    if (version) {
        virBufferAsprintf(buf, "<softwareVersion major='%u' minor='%u' bugfix='%u'/>\n",
                          version->major, version->minor, version->bugfix);
    }
    virBufferEscapeString(buf, "<softwareVersionText>%s</softwareVersionText>\n",
                          attributes->softwareVersionText);

    for (type = attributes->compatibleTypes; type && *type; type++)
        virBufferEscapeString(buf, "<compatibleType>%s</compatibleType>\n", *type);

    for (i = 0; i < attributes->compatible->len; i++)
        virDevMigrationFormatCompatible(buf, g_ptr_array_index(attributes->compatible, i));

    for (i = 0; i < attributes->resources->len; i++)
        virDevMigrationFormatResource(buf, g_ptr_array_index(attributes->resources, i));
}


static void
virDevMigrationFormatAllowed(virBuffer *buf,
                             const virDevMigrationAllowed *allowed)
{
    g_auto(virBuffer) attrBuf = VIR_BUFFER_INITIALIZER;

    if (allowed->value)
        virBufferEscapeString(&attrBuf, " value='%s'", allowed->value);
    else
        virBufferAsprintf(&attrBuf, " min='%llu' max='%llu'", allowed->min, allowed->max);

    virXMLFormatElement(buf, "allowed", &attrBuf, NULL);
}


static void
virDevMigrationFormatParam(virBuffer *buf,
                           const virDevMigrationParam *param)
{
    g_auto(virBuffer) attrBuf = VIR_BUFFER_INITIALIZER;
    g_auto(virBuffer) childBuf = VIR_BUFFER_INIT_CHILD(buf);
    size_t i;

    virBufferEscapeString(&attrBuf, " name='%s'", param->name);
    virBufferAsprintf(&attrBuf, " type='%s'", virDevMigrationParamTypeToString(param->type));
    virBufferEscapeString(&attrBuf, " value='%s'", param->value);
    virBufferEscapeString(&attrBuf, " init='%s'", param->init);
    virBufferEscapeString(&attrBuf, " off='%s'", param->off);

    virBufferEscapeString(&childBuf, "<description>%s</description>\n", param->description);
    for (i = 0; i < param->allowed->len; i++)
        virDevMigrationFormatAllowed(&childBuf, g_ptr_array_index(param->allowed, i));

    virXMLFormatElement(buf, "param", &attrBuf, &childBuf);
}


static void
virDevMigrationFormatParameters(virBuffer *buf,
                                const virDevMigrationParameters *parameters)
{
    size_t i;
    size_t j;

    for (i = 0; i < parameters->models->len; i++) {
        const virDevMigrationParamModel *model = g_ptr_array_index(parameters->models, i);
        g_auto(virBuffer) attrBuf = VIR_BUFFER_INITIALIZER;
        g_auto(virBuffer) childBuf = VIR_BUFFER_INIT_CHILD(buf);

        virBufferEscapeString(&attrBuf, " name='%s'", model->name);
        for (j = 0; j < model->params->len; j++)
            virDevMigrationFormatParam(&childBuf, g_ptr_array_index(model->params, j));

        virXMLFormatElement(buf, "model", &attrBuf, &childBuf);
    }
}


static void
virDevMigrationFormatVersions(virBuffer *buf,
                              const virDevMigrationVersions *versions)
{
    size_t i;
    char **version;

    for (i = 0; i < versions->models->len; i++) {
        const virDevMigrationVersionModel *model = g_ptr_array_index(versions->models, i);
        g_auto(virBuffer) attrBuf = VIR_BUFFER_INITIALIZER;
        g_auto(virBuffer) childBuf = VIR_BUFFER_INIT_CHILD(buf);

        virBufferEscapeString(&attrBuf, " name='%s'", model->name);
        if (model->current)
            virBufferAddLit(&attrBuf, " current='yes'");

        for (version = model->versions; *version; version++) {
            virBufferAddLit(&childBuf, "<version");
            if (STREQ_NULLABLE(*version, model->currentVersion))
                virBufferAddLit(&childBuf, " current='yes'");
            virBufferEscapeString(&childBuf, ">%s</version>\n", *version);
        }

        virXMLFormatElement(buf, "model", &attrBuf, &childBuf);
    }
}


static void
virDevMigrationFormatVariable(virBuffer *buf,
                              const virDevMigrationVariable *variable)
{
    g_auto(virBuffer) attrBuf = VIR_BUFFER_INITIALIZER;
    g_auto(virBuffer) childBuf = VIR_BUFFER_INIT_CHILD(buf);
    char **value;

    virBufferEscapeString(&attrBuf, " name='%s'", variable->name);
    if (!variable->values)
        virBufferAsprintf(&attrBuf, " min='%llu' max='%llu'", variable->min, variable->max);
    for (value = variable->values; value && *value; value++)
        virBufferEscapeString(&childBuf, "<value>%s</value>\n", *value);

    virXMLFormatElement(buf, "variable", &attrBuf, &childBuf);
}


static void
virDevMigrationFormatNamed(virBuffer *buf,
                           const char *element,
                           const char *name,
                           const char *value)
{
    g_auto(virBuffer) attrBuf = VIR_BUFFER_INITIALIZER;

    virBufferEscapeString(&attrBuf, " name='%s'", name);
    virBufferEscapeString(&attrBuf, " value='%s'", value);

    virXMLFormatElement(buf, element, &attrBuf, NULL);
}


static void
virDevMigrationFormatField(virBuffer *buf,
                           const virDevMigrationObject *object,
                           const virDevMigrationField *field)
{
    const virDevMigrationField *other;

    switch (field->kind) {
    case VIR_DEV_MIGRATION_FIELD_DEVICE_API:
        virBufferEscapeString(buf, "<deviceAPI>%s</deviceAPI>\n", field->value);
        break;

    case VIR_DEV_MIGRATION_FIELD_VENDOR:
        virBufferEscapeString(buf, "<vendor>%s</vendor>\n", field->value);
        break;

    case VIR_DEV_MIGRATION_FIELD_VERSION_MAJOR:
        virBufferEscapeString(buf, "<version major='%s'", field->value);
        if ((other = virDevMigrationObjectFindField(object,
                                                    VIR_DEV_MIGRATION_FIELD_VERSION_MINOR,
                                                    NULL)))
            virBufferEscapeString(buf, " minor='%s'", other->value);
        virBufferAddLit(buf, "/>\n");
        break;

    case VIR_DEV_MIGRATION_FIELD_VERSION_MINOR:
        /* else it stands with the major version */
        if (!virDevMigrationObjectFindField(object,
                                            VIR_DEV_MIGRATION_FIELD_VERSION_MAJOR,
                                            NULL))
            virBufferEscapeString(buf, "<version minor='%s'/>\n", field->value);
        break;

    case VIR_DEV_MIGRATION_FIELD_ID:
        virDevMigrationFormatNamed(buf, "id", field->name, field->value);
        break;

    case VIR_DEV_MIGRATION_FIELD_MDEV_TYPE:
        virBufferEscapeString(buf, "<mdevType>%s</mdevType>\n", field->value);
        break;

    case VIR_DEV_MIGRATION_FIELD_MDEV_ATTR:
        virDevMigrationFormatNamed(buf, "mdevAttr", field->name, field->value);
        break;

    case VIR_DEV_MIGRATION_FIELD_VENDOR_FIELD:
        virDevMigrationFormatNamed(buf, "vendorField", field->name, field->value);
        break;

    case VIR_DEV_MIGRATION_FIELD_LAST:
        break;
    }
}


static void
virDevMigrationFormatObject(virBuffer *buf,
                            const char *element,
                            const virDevMigrationObject *object)
{
    g_auto(virBuffer) childBuf = VIR_BUFFER_INIT_CHILD(buf);
    size_t i;

    for (i = 0; i < object->variables->len; i++)
        virDevMigrationFormatVariable(&childBuf, g_ptr_array_index(object->variables, i));

    for (i = 0; i < object->fields->len; i++)
        virDevMigrationFormatField(&childBuf, object, g_ptr_array_index(object->fields, i));

    virXMLFormatElementEmpty(buf, element, NULL, &childBuf);
}


static void
virDevMigrationFormatDescription(virBuffer *buf,
                                 const virDevMigrationDescription *description)
{
    size_t i;

    if (description->self)
        virDevMigrationFormatObject(buf, "self", description->self);

    for (i = 0; i < description->accepts->len; i++)
        virDevMigrationFormatObject(buf, "accepts", g_ptr_array_index(description->accepts, i));

    for (i = 0; i < description->values->len; i++) {
        const virDevMigrationResource *value = g_ptr_array_index(description->values, i);

        virDevMigrationFormatNamed(buf, "mdevAttr", value->name, value->value);
    }
}


static void
virDevMigrationFormatInterface(virBuffer *buf,
                               virDevMigrationInterfaceType type,
                               bool incomplete,
                               virBuffer *childBuf)
{
    g_auto(virBuffer) attrBuf = VIR_BUFFER_INITIALIZER;

    virBufferAsprintf(&attrBuf, " type='%s'",
                      virDevMigrationInterfaceTypeToString(type));
    if (incomplete)
        virBufferAddLit(&attrBuf, " incomplete='yes'");
    virXMLFormatElement(buf, "interface", &attrBuf, childBuf);
}


/**
 * virDevMigrationFormat:
 * @buf: where to append
 * @migration: what a device publishes, may be NULL
 *
 * Appends <capability type='migration'>, or nothing if @migration is NULL.
 * The order is fixed: two calls for equal content append the same bytes.
 */
void
virDevMigrationFormat(virBuffer *buf,
                      const virDevMigration *migration)
{
    g_auto(virBuffer) attrBuf = VIR_BUFFER_INITIALIZER;
    g_auto(virBuffer) childBuf = VIR_BUFFER_INIT_CHILD(buf);

    if (!migration)
        return;

    virBufferAddLit(&attrBuf, " type='migration'");

    if (migration->attributes) {
        g_auto(virBuffer) interfaceBuf = VIR_BUFFER_INIT_CHILD(&childBuf);

        virDevMigrationFormatAttributes(&interfaceBuf, migration->attributes);
        virDevMigrationFormatInterface(&childBuf,
                                       VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES,
                                       migration->attributes->incomplete,
                                       &interfaceBuf);
    }

    if (migration->parameters) {
        g_auto(virBuffer) interfaceBuf = VIR_BUFFER_INIT_CHILD(&childBuf);

        virDevMigrationFormatParameters(&interfaceBuf, migration->parameters);
        virDevMigrationFormatInterface(&childBuf,
                                       VIR_DEV_MIGRATION_INTERFACE_PARAMETERS,
                                       migration->parameters->incomplete,
                                       &interfaceBuf);
    }

    if (migration->versions) {
        g_auto(virBuffer) interfaceBuf = VIR_BUFFER_INIT_CHILD(&childBuf);

        virDevMigrationFormatVersions(&interfaceBuf, migration->versions);
        virDevMigrationFormatInterface(&childBuf,
                                       VIR_DEV_MIGRATION_INTERFACE_VERSIONS,
                                       migration->versions->incomplete,
                                       &interfaceBuf);
    }

    if (migration->description) {
        g_auto(virBuffer) interfaceBuf = VIR_BUFFER_INIT_CHILD(&childBuf);

        virDevMigrationFormatDescription(&interfaceBuf, migration->description);
        virDevMigrationFormatInterface(&childBuf,
                                       VIR_DEV_MIGRATION_INTERFACE_DESCRIPTION,
                                       migration->description->incomplete,
                                       &interfaceBuf);
    }

    if (migration->token) {
        g_auto(virBuffer) interfaceBuf = VIR_BUFFER_INIT_CHILD(&childBuf);

        virBufferEscapeString(&interfaceBuf, "<token>%s</token>\n",
                              migration->token->token);
        virDevMigrationFormatInterface(&childBuf,
                                       VIR_DEV_MIGRATION_INTERFACE_TOKEN,
                                       migration->token->incomplete,
                                       &interfaceBuf);
    }

    virXMLFormatElement(buf, "capability", &attrBuf, &childBuf);
}


/* What a person or another host wrote obeys the rules of what a driver may
 * publish. */
static int
virDevMigrationCheck(bool valid,
                     const char *what)
{
    if (!valid) {
        virReportError(VIR_ERR_XML_ERROR,
                       _("invalid or duplicate '%1$s' in capability 'migration'"),
                       what);
        return -1;
    }

    return 0;
}


static int
virDevMigrationParseNodes(xmlXPathContextPtr ctxt,
                          const char *element,
                          xmlNodePtr **ret_nodes)
{
    g_autofree char *xpath = g_strdup_printf("./%s", element);
    g_autofree xmlNodePtr *nodes = NULL;
    int n;

    if ((n = virXPathNodeSet(xpath, ctxt, &nodes)) < 0)
        return -1;

    if (n > VIR_DEV_MIGRATION_MAX_ENTRIES) {
        virReportError(VIR_ERR_XML_ERROR,
                       _("more than %1$d '%2$s' in capability 'migration'"),
                       VIR_DEV_MIGRATION_MAX_ENTRIES, element);
        return -1;
    }

    *ret_nodes = g_steal_pointer(&nodes);
    return n;
}


/* Leaves *ret_list as it is if there is no such element. @empty: text may be
 * empty. */
static int
virDevMigrationParseList(xmlXPathContextPtr ctxt,
                         const char *element,
                         bool empty,
                         char ***ret_list)
{
    g_autofree xmlNodePtr *nodes = NULL;
    g_auto(GStrv) list = NULL;
    int n;
    size_t i;

    if ((n = virDevMigrationParseNodes(ctxt, element, &nodes)) < 0)
        return -1;

    if (n == 0)
        return 0;

    list = g_new0(char *, n + 1);
    for (i = 0; i < n; i++) {
        g_autofree char *text = virXMLNodeContentString(nodes[i]);

        if (!text ||
            virDevMigrationCheck((empty || *text) && virDevMigrationTextIsValid(text) &&
                                 !g_strv_contains((const char * const *) list, text),
                                 element) < 0)
            return -1;

        list[i] = g_steal_pointer(&text);
    }

    *ret_list = g_steal_pointer(&list);
    return 0;
}


static int
virDevMigrationParseTextOptional(xmlXPathContextPtr ctxt,
                                 const char *element,
                                 char **ret_text)
{
    g_auto(GStrv) list = NULL;

    if (virDevMigrationParseList(ctxt, element, false, &list) < 0)
        return -1;

    if (!list)
        return 0;

    if (virDevMigrationCheck(!list[1], element) < 0)
        return -1;

    *ret_text = g_strdup(list[0]);
    return 0;
}


static int
virDevMigrationParseVersion(xmlXPathContextPtr ctxt,
                            virDevMigrationVersion **ret_version)
{
    g_autofree virDevMigrationVersion *version = NULL;
    g_autofree xmlNodePtr *nodes = NULL;
    int n;

    if ((n = virDevMigrationParseNodes(ctxt, "softwareVersion", &nodes)) < 0)
        return -1;

    if (n == 0)
        return 0;

    if (virDevMigrationCheck(n == 1, "softwareVersion") < 0)
        return -1;

    version = g_new0(virDevMigrationVersion, 1);
    if (virXMLPropUInt(nodes[0], "major", 10, VIR_XML_PROP_REQUIRED,
                       &version->major) < 0 ||
        virXMLPropUInt(nodes[0], "minor", 10, VIR_XML_PROP_REQUIRED,
                       &version->minor) < 0 ||
        virXMLPropUInt(nodes[0], "bugfix", 10, VIR_XML_PROP_REQUIRED,
                       &version->bugfix) < 0)
        return -1;

    *ret_version = g_steal_pointer(&version);
    return 0;
}


/* A parser that does not know this element takes the version for one that is
 * not published; it would fail if softwareVersion had no numbers. */
static int
virDevMigrationParseVersionText(xmlXPathContextPtr ctxt,
                                virDevMigrationAttributes *attributes)
{
    g_autofree char *text = NULL;

    if (virDevMigrationParseTextOptional(ctxt, "softwareVersionText", &text) < 0)
        return -1;

    if (text &&
        virDevMigrationCheck(!attributes->softwareVersion &&
                             virDevMigrationVersionTextIsValid(text),
                             "softwareVersionText") < 0)
        return -1;

    attributes->softwareVersionText = g_steal_pointer(&text);
    return 0;
}


static int
virDevMigrationParseCompatible(xmlXPathContextPtr ctxt,
                               virDevMigrationAttributes *attributes)
{
    VIR_XPATH_NODE_AUTORESTORE(ctxt)
    g_autofree xmlNodePtr *nodes = NULL;
    int n;
    size_t i;

    if ((n = virDevMigrationParseNodes(ctxt, "compatible", &nodes)) < 0)
        return -1;

    for (i = 0; i < n; i++) {
        g_autofree char *name = virXMLPropStringRequired(nodes[i], "name");
        g_auto(GStrv) values = NULL;

        if (!name)
            return -1;

        ctxt->node = nodes[i];
        if (virDevMigrationParseList(ctxt, "value", false, &values) < 0 ||
            virDevMigrationCheck(virDevMigrationFieldNameIsValid(name) && values &&
                                 virDevMigrationAttributesAddCompatible(attributes,
                                                                        name, &values),
                                 "compatible") < 0)
            return -1;
    }

    return 0;
}


static int
virDevMigrationParseResources(xmlXPathContextPtr ctxt,
                              virDevMigrationAttributes *attributes)
{
    g_autofree xmlNodePtr *nodes = NULL;
    int n;
    size_t i;

    if ((n = virDevMigrationParseNodes(ctxt, "dynamicResource", &nodes)) < 0)
        return -1;

    for (i = 0; i < n; i++) {
        g_autofree char *name = virXMLPropStringRequired(nodes[i], "name");
        g_autofree char *value = virXMLPropString(nodes[i], "value");

        if (!name ||
            virDevMigrationCheck(virDevMigrationAttributeNameIsValid(name) &&
                                 (!value || virDevMigrationTextIsValid(value)) &&
                                 virDevMigrationAttributesAddResource(attributes,
                                                                      name, value),
                                 "dynamicResource") < 0)
            return -1;
    }

    return 0;
}


static int
virDevMigrationParseIncomplete(xmlXPathContextPtr ctxt,
                               bool *incomplete)
{
    virTristateBool value;

    if (virXMLPropTristateBool(ctxt->node, "incomplete", VIR_XML_PROP_NONE, &value) < 0)
        return -1;

    *incomplete = value == VIR_TRISTATE_BOOL_YES;
    return 0;
}


static int
virDevMigrationParseAttributes(xmlXPathContextPtr ctxt,
                               virDevMigration *migration)
{
    g_autoptr(virDevMigrationAttributes) attributes = virDevMigrationAttributesNew();

    if (virDevMigrationCheck(!migration->attributes, "interface") < 0 ||
        virDevMigrationParseIncomplete(ctxt, &attributes->incomplete) < 0 ||
        virDevMigrationParseTextOptional(ctxt, "deviceAPI",
                                         &attributes->deviceAPI) < 0 ||
        virDevMigrationParseTextOptional(ctxt, "mdevType",
                                         &attributes->mdevType) < 0 ||
        virDevMigrationParseVersion(ctxt, &attributes->softwareVersion) < 0 ||
        virDevMigrationParseVersionText(ctxt, attributes) < 0 ||
        virDevMigrationParseList(ctxt, "compatibleType", false,
                                 &attributes->compatibleTypes) < 0 ||
        virDevMigrationParseCompatible(ctxt, attributes) < 0 ||
        virDevMigrationParseResources(ctxt, attributes) < 0)
        return -1;

    migration->attributes = g_steal_pointer(&attributes);
    return 0;
}


/* Content of the one child of that name, as it is; leaves *ret_text if there
 * is none. */
static int
virDevMigrationParseChild(xmlXPathContextPtr ctxt,
                          const char *element,
                          char **ret_text)
{
    g_autofree xmlNodePtr *nodes = NULL;
    g_autofree char *text = NULL;
    int n;

    if ((n = virDevMigrationParseNodes(ctxt, element, &nodes)) < 0)
        return -1;

    if (n == 0)
        return 0;

    if (virDevMigrationCheck(n == 1, element) < 0 ||
        !(text = virXMLNodeContentString(nodes[0])) ||
        virDevMigrationCheck(virDevMigrationTextIsValid(text), element) < 0)
        return -1;

    *ret_text = g_steal_pointer(&text);
    return 0;
}


/* A value that is not written in the one way in which readers hand it on would
 * never be equal to another. */
static int
virDevMigrationParseParamValue(xmlNodePtr node,
                               const char *attribute,
                               virDevMigrationParamType type,
                               char **ret_value)
{
    g_autofree char *value = virXMLPropString(node, attribute);
    g_autofree char *canonical = NULL;

    if (!value)
        return 0;

    canonical = virDevMigrationParamNormalize(type, value);
    if (STRNEQ_NULLABLE(value, canonical)) {
        virReportError(VIR_ERR_XML_ERROR,
                       _("invalid value '%1$s' for attribute '%2$s' of element '%3$s' of type '%4$s' in capability 'migration'"),
                       value, attribute, node->name,
                       virDevMigrationParamTypeToString(type));
        return -1;
    }

    *ret_value = g_steal_pointer(&value);
    return 0;
}


/* From @min to @max, for an element without single values */
static int
virDevMigrationParseRange(xmlNodePtr node,
                          unsigned long long *min,
                          unsigned long long *max)
{
    g_autofree char *minText = NULL;
    g_autofree char *maxText = NULL;

    if (virDevMigrationParseParamValue(node, "min", VIR_DEV_MIGRATION_PARAM_INT,
                                       &minText) < 0 ||
        virDevMigrationParseParamValue(node, "max", VIR_DEV_MIGRATION_PARAM_INT,
                                       &maxText) < 0)
        return -1;

    return virDevMigrationCheck(minText && maxText &&
                                virDevMigrationParseNumber(minText, min) &&
                                virDevMigrationParseNumber(maxText, max),
                                (const char *) node->name);
}


static bool
virDevMigrationHasRange(xmlNodePtr node)
{
    return xmlHasProp(node, BAD_CAST "min") || xmlHasProp(node, BAD_CAST "max");
}


static int
virDevMigrationParseAllowed(xmlXPathContextPtr ctxt,
                            virDevMigrationParam *param)
{
    g_autofree xmlNodePtr *nodes = NULL;
    int n;
    size_t i;

    if ((n = virDevMigrationParseNodes(ctxt, "allowed", &nodes)) < 0)
        return -1;

    for (i = 0; i < n; i++) {
        g_autofree char *value = NULL;
        unsigned long long min = 0;
        unsigned long long max = 0;

        if (virDevMigrationParseParamValue(nodes[i], "value", param->type, &value) < 0)
            return -1;

        if (!value &&
            virDevMigrationParseRange(nodes[i], &min, &max) < 0)
            return -1;

        if (virDevMigrationCheck(!(value && virDevMigrationHasRange(nodes[i])) &&
                                 virDevMigrationParamAddAllowed(param, value, min, max),
                                 "allowed") < 0)
            return -1;
    }

    return 0;
}


static int
virDevMigrationParseParam(xmlXPathContextPtr ctxt,
                          virDevMigrationParamModel *model)
{
    g_autoptr(virDevMigrationParam) param = NULL;
    g_autofree char *name = virXMLPropStringRequired(ctxt->node, "name");
    virDevMigrationParamType type;

    if (!name ||
        virDevMigrationCheck(virDevMigrationParamNameIsValid(name), "param") < 0 ||
        virXMLPropEnum(ctxt->node, "type", virDevMigrationParamTypeFromString,
                       VIR_XML_PROP_REQUIRED, &type) < 0)
        return -1;

    param = virDevMigrationParamNew(name, type);
    if (virDevMigrationParseParamValue(ctxt->node, "value", type, &param->value) < 0 ||
        virDevMigrationParseParamValue(ctxt->node, "init", type, &param->init) < 0 ||
        virDevMigrationParseParamValue(ctxt->node, "off", type, &param->off) < 0 ||
        virDevMigrationParseChild(ctxt, "description", &param->description) < 0 ||
        virDevMigrationParseAllowed(ctxt, param) < 0)
        return -1;

    return virDevMigrationCheck(virDevMigrationParamModelAddParam(model, &param),
                                "param");
}


static int
virDevMigrationParseParamModel(xmlXPathContextPtr ctxt,
                               virDevMigrationParameters *parameters)
{
    VIR_XPATH_NODE_AUTORESTORE(ctxt)
    g_autofree xmlNodePtr *nodes = NULL;
    g_autofree char *name = virXMLPropStringRequired(ctxt->node, "name");
    virDevMigrationParamModel *model = NULL;
    int n;
    size_t i;

    if (!name)
        return -1;

    if (virDevMigrationModelNameIsValid(name))
        model = virDevMigrationParametersAddModel(parameters, name);

    if (virDevMigrationCheck(!!model, "model") < 0 ||
        (n = virDevMigrationParseNodes(ctxt, "param", &nodes)) < 0)
        return -1;

    for (i = 0; i < n; i++) {
        ctxt->node = nodes[i];
        if (virDevMigrationParseParam(ctxt, model) < 0)
            return -1;
    }

    return 0;
}


static int
virDevMigrationParseParameters(xmlXPathContextPtr ctxt,
                               virDevMigration *migration)
{
    VIR_XPATH_NODE_AUTORESTORE(ctxt)
    g_autoptr(virDevMigrationParameters) parameters = virDevMigrationParametersNew();
    g_autofree xmlNodePtr *nodes = NULL;
    int n;
    size_t i;

    if (virDevMigrationCheck(!migration->parameters, "interface") < 0 ||
        virDevMigrationParseIncomplete(ctxt, &parameters->incomplete) < 0 ||
        (n = virDevMigrationParseNodes(ctxt, "model", &nodes)) < 0)
        return -1;

    for (i = 0; i < n; i++) {
        ctxt->node = nodes[i];
        if (virDevMigrationParseParamModel(ctxt, parameters) < 0)
            return -1;
    }

    migration->parameters = g_steal_pointer(&parameters);
    return 0;
}


static int
virDevMigrationParseCurrent(xmlNodePtr node,
                            bool *current)
{
    virTristateBool value;

    if (virXMLPropTristateBool(node, "current", VIR_XML_PROP_NONE, &value) < 0)
        return -1;

    *current = value == VIR_TRISTATE_BOOL_YES;
    return 0;
}


static int
virDevMigrationParseVersionModel(xmlXPathContextPtr ctxt,
                                 virDevMigrationVersions *versions)
{
    g_autofree xmlNodePtr *nodes = NULL;
    g_autofree char *name = virXMLPropStringRequired(ctxt->node, "name");
    g_autofree char *currentVersion = NULL;
    g_auto(GStrv) list = NULL;
    virDevMigrationVersionModel *model = NULL;
    bool current;
    int n;
    size_t i;

    if (!name ||
        virDevMigrationParseCurrent(ctxt->node, &current) < 0 ||
        (n = virDevMigrationParseNodes(ctxt, "version", &nodes)) < 0 ||
        virDevMigrationParseList(ctxt, "version", false, &list) < 0 ||
        virDevMigrationCheck(!!list, "model") < 0)
        return -1;

    for (i = 0; i < n; i++) {
        bool isCurrent;

        if (virDevMigrationParseCurrent(nodes[i], &isCurrent) < 0 ||
            virDevMigrationCheck(virDevMigrationVersionNameIsValid(list[i]), "version") < 0)
            return -1;

        if (isCurrent) {
            /* that of a device, which is of one model */
            if (virDevMigrationCheck(current && !currentVersion, "current") < 0)
                return -1;
            currentVersion = g_strdup(list[i]);
        }
    }

    if (virDevMigrationVersionNameIsValid(name))
        model = virDevMigrationVersionsAddModel(versions, name, &list);

    if (virDevMigrationCheck(!!model, "model") < 0)
        return -1;

    model->current = current;
    model->currentVersion = g_steal_pointer(&currentVersion);
    return 0;
}


static int
virDevMigrationParseVersions(xmlXPathContextPtr ctxt,
                             virDevMigration *migration)
{
    VIR_XPATH_NODE_AUTORESTORE(ctxt)
    g_autoptr(virDevMigrationVersions) versions = virDevMigrationVersionsNew();
    g_autofree xmlNodePtr *nodes = NULL;
    size_t ncurrent = 0;
    int n;
    size_t i;

    if (virDevMigrationCheck(!migration->versions, "interface") < 0 ||
        virDevMigrationParseIncomplete(ctxt, &versions->incomplete) < 0 ||
        (n = virDevMigrationParseNodes(ctxt, "model", &nodes)) < 0)
        return -1;

    for (i = 0; i < n; i++) {
        ctxt->node = nodes[i];
        if (virDevMigrationParseVersionModel(ctxt, versions) < 0)
            return -1;
    }

    for (i = 0; i < versions->models->len; i++) {
        virDevMigrationVersionModel *model = g_ptr_array_index(versions->models, i);

        if (model->current)
            ncurrent++;
    }

    if (virDevMigrationCheck(ncurrent <= 1, "current") < 0)
        return -1;

    migration->versions = g_steal_pointer(&versions);
    return 0;
}


/* One that a template can have between its braces */
static bool
virDevMigrationVariableNameIsValid(const char *name)
{
    return virDevMigrationFieldNameIsValid(name) && !strpbrk(name, "${}");
}


static int
virDevMigrationParseVariables(xmlXPathContextPtr ctxt,
                              virDevMigrationObject *object)
{
    VIR_XPATH_NODE_AUTORESTORE(ctxt)
    g_autofree xmlNodePtr *nodes = NULL;
    int n;
    size_t i;

    if ((n = virDevMigrationParseNodes(ctxt, "variable", &nodes)) < 0)
        return -1;

    for (i = 0; i < n; i++) {
        g_autofree char *name = virXMLPropStringRequired(nodes[i], "name");
        g_auto(GStrv) values = NULL;
        unsigned long long min = 0;
        unsigned long long max = 0;

        if (!name)
            return -1;

        ctxt->node = nodes[i];
        if (virDevMigrationParseList(ctxt, "value", true, &values) < 0)
            return -1;

        if (!values &&
            virDevMigrationParseRange(nodes[i], &min, &max) < 0)
            return -1;

        if (virDevMigrationCheck(virDevMigrationVariableNameIsValid(name) &&
                                 !(values && virDevMigrationHasRange(nodes[i])) &&
                                 virDevMigrationObjectAddVariable(object, name, &values,
                                                                  min, max),
                                 "variable") < 0)
            return -1;
    }

    return 0;
}


/* Of what has a name the value may be empty: the name says what that means. */
static int
virDevMigrationParseAddField(virDevMigrationObject *object,
                             virDevMigrationFieldKind kind,
                             const char *name,
                             const char *value,
                             const char *element)
{
    bool valid = virDevMigrationTextIsValid(value);

    switch (kind) {
    case VIR_DEV_MIGRATION_FIELD_DEVICE_API:
    case VIR_DEV_MIGRATION_FIELD_VENDOR:
    case VIR_DEV_MIGRATION_FIELD_MDEV_TYPE:
        valid = valid && *value;
        break;

    case VIR_DEV_MIGRATION_FIELD_VERSION_MAJOR:
    case VIR_DEV_MIGRATION_FIELD_VERSION_MINOR:
        if (object->variables->len == 0 || !strstr(value, "${")) {
            g_autofree char *number = virDevMigrationParamNormalize(VIR_DEV_MIGRATION_PARAM_INT,
                                                                    value);

            valid = STREQ_NULLABLE(value, number);
        }
        break;

    case VIR_DEV_MIGRATION_FIELD_ID:
        valid = valid && *value && *name && virDevMigrationTextIsValid(name);
        break;

    case VIR_DEV_MIGRATION_FIELD_MDEV_ATTR:
        valid = valid && virDevMigrationAttributeNameIsValid(name);
        break;

    case VIR_DEV_MIGRATION_FIELD_VENDOR_FIELD:
        valid = valid && *name && virDevMigrationTextIsValid(name);
        break;

    case VIR_DEV_MIGRATION_FIELD_LAST:
        valid = false;
        break;
    }

    return virDevMigrationCheck(valid &&
                                virDevMigrationObjectAddField(object, kind, name, value),
                                element);
}


static int
virDevMigrationParseTextField(xmlXPathContextPtr ctxt,
                              const char *element,
                              virDevMigrationFieldKind kind,
                              virDevMigrationObject *object)
{
    g_autofree char *text = NULL;

    if (virDevMigrationParseChild(ctxt, element, &text) < 0)
        return -1;

    if (!text)
        return 0;

    return virDevMigrationParseAddField(object, kind, NULL, text, element);
}


static int
virDevMigrationParseVersionFields(xmlXPathContextPtr ctxt,
                                  virDevMigrationObject *object)
{
    g_autofree xmlNodePtr *nodes = NULL;
    g_autofree char *major = NULL;
    g_autofree char *minor = NULL;
    int n;

    if ((n = virDevMigrationParseNodes(ctxt, "version", &nodes)) < 0)
        return -1;

    if (n == 0)
        return 0;

    major = virXMLPropString(nodes[0], "major");
    minor = virXMLPropString(nodes[0], "minor");

    if (virDevMigrationCheck(n == 1 && (major || minor), "version") < 0)
        return -1;

    if (major &&
        virDevMigrationParseAddField(object, VIR_DEV_MIGRATION_FIELD_VERSION_MAJOR,
                                     NULL, major, "version") < 0)
        return -1;

    if (minor &&
        virDevMigrationParseAddField(object, VIR_DEV_MIGRATION_FIELD_VERSION_MINOR,
                                     NULL, minor, "version") < 0)
        return -1;

    return 0;
}


static int
virDevMigrationParseNamed(xmlNodePtr node,
                          char **name,
                          char **value)
{
    if (!(*name = virXMLPropStringRequired(node, "name")))
        return -1;

    /* may be empty */
    if (!(*value = virXMLPropString(node, "value"))) {
        virReportError(VIR_ERR_XML_ERROR,
                       _("Missing required attribute '%1$s' in element '%2$s'"),
                       "value", node->name);
        return -1;
    }

    return 0;
}


static int
virDevMigrationParseNamedFields(xmlXPathContextPtr ctxt,
                                const char *element,
                                virDevMigrationFieldKind kind,
                                virDevMigrationObject *object)
{
    g_autofree xmlNodePtr *nodes = NULL;
    int n;
    size_t i;

    if ((n = virDevMigrationParseNodes(ctxt, element, &nodes)) < 0)
        return -1;

    for (i = 0; i < n; i++) {
        g_autofree char *name = NULL;
        g_autofree char *value = NULL;

        if (virDevMigrationParseNamed(nodes[i], &name, &value) < 0 ||
            virDevMigrationParseAddField(object, kind, name, value, element) < 0)
            return -1;
    }

    return 0;
}


static virDevMigrationObject *
virDevMigrationParseObject(xmlXPathContextPtr ctxt,
                           xmlNodePtr node)
{
    VIR_XPATH_NODE_AUTORESTORE(ctxt)
    g_autoptr(virDevMigrationObject) object = virDevMigrationObjectNew();

    ctxt->node = node;

    if (virDevMigrationParseVariables(ctxt, object) < 0 ||
        virDevMigrationParseTextField(ctxt, "deviceAPI",
                                      VIR_DEV_MIGRATION_FIELD_DEVICE_API, object) < 0 ||
        virDevMigrationParseTextField(ctxt, "vendor",
                                      VIR_DEV_MIGRATION_FIELD_VENDOR, object) < 0 ||
        virDevMigrationParseVersionFields(ctxt, object) < 0 ||
        virDevMigrationParseNamedFields(ctxt, "id",
                                        VIR_DEV_MIGRATION_FIELD_ID, object) < 0 ||
        virDevMigrationParseTextField(ctxt, "mdevType",
                                      VIR_DEV_MIGRATION_FIELD_MDEV_TYPE, object) < 0 ||
        virDevMigrationParseNamedFields(ctxt, "mdevAttr",
                                        VIR_DEV_MIGRATION_FIELD_MDEV_ATTR, object) < 0 ||
        virDevMigrationParseNamedFields(ctxt, "vendorField",
                                        VIR_DEV_MIGRATION_FIELD_VENDOR_FIELD, object) < 0)
        return NULL;

    return g_steal_pointer(&object);
}


static int
virDevMigrationParseSelf(xmlXPathContextPtr ctxt,
                         virDevMigrationDescription *description)
{
    g_autofree xmlNodePtr *nodes = NULL;
    int n;

    if ((n = virDevMigrationParseNodes(ctxt, "self", &nodes)) < 0)
        return -1;

    if (n == 0)
        return 0;

    if (virDevMigrationCheck(n == 1, "self") < 0 ||
        !(description->self = virDevMigrationParseObject(ctxt, nodes[0])))
        return -1;

    /* what a device is, is not variable */
    return virDevMigrationCheck(description->self->variables->len == 0, "variable");
}


static int
virDevMigrationCheckTemplates(const virDevMigrationObject *object)
{
    size_t i;

    for (i = 0; i < object->fields->len; i++) {
        const virDevMigrationField *field = g_ptr_array_index(object->fields, i);

        if (!virDevMigrationTemplateIsValid(field->value, object)) {
            virReportError(VIR_ERR_XML_ERROR,
                           _("invalid use of variables in '%1$s' in capability 'migration'"),
                           field->value);
            return -1;
        }
    }

    return 0;
}


static int
virDevMigrationParseAccepts(xmlXPathContextPtr ctxt,
                            virDevMigrationDescription *description)
{
    g_autofree xmlNodePtr *nodes = NULL;
    int n;
    size_t i;

    if ((n = virDevMigrationParseNodes(ctxt, "accepts", &nodes)) < 0)
        return -1;

    for (i = 0; i < n; i++) {
        g_autoptr(virDevMigrationObject) object = NULL;

        if (!(object = virDevMigrationParseObject(ctxt, nodes[i])) ||
            virDevMigrationCheckTemplates(object) < 0 ||
            virDevMigrationCheck(virDevMigrationDescriptionAddAccepts(description, &object),
                                 "accepts") < 0)
            return -1;
    }

    return 0;
}


static int
virDevMigrationParseValues(xmlXPathContextPtr ctxt,
                           virDevMigrationDescription *description)
{
    g_autofree xmlNodePtr *nodes = NULL;
    int n;
    size_t i;

    if ((n = virDevMigrationParseNodes(ctxt, "mdevAttr", &nodes)) < 0)
        return -1;

    for (i = 0; i < n; i++) {
        g_autofree char *name = NULL;
        g_autofree char *value = NULL;

        if (virDevMigrationParseNamed(nodes[i], &name, &value) < 0 ||
            virDevMigrationCheck(virDevMigrationAttributeNameIsValid(name) &&
                                 virDevMigrationTextIsValid(value) &&
                                 virDevMigrationDescriptionAddValue(description, name, value),
                                 "mdevAttr") < 0)
            return -1;
    }

    return 0;
}


static int
virDevMigrationParseDescription(xmlXPathContextPtr ctxt,
                                virDevMigration *migration)
{
    g_autoptr(virDevMigrationDescription) description = virDevMigrationDescriptionNew();

    if (virDevMigrationCheck(!migration->description, "interface") < 0 ||
        virDevMigrationParseIncomplete(ctxt, &description->incomplete) < 0 ||
        virDevMigrationParseSelf(ctxt, description) < 0 ||
        virDevMigrationParseAccepts(ctxt, description) < 0 ||
        virDevMigrationParseValues(ctxt, description) < 0)
        return -1;

    migration->description = g_steal_pointer(&description);
    return 0;
}


static int
virDevMigrationParseToken(xmlXPathContextPtr ctxt,
                          virDevMigration *migration)
{
    g_autoptr(virDevMigrationToken) token = virDevMigrationTokenNew();

    if (virDevMigrationCheck(!migration->token, "interface") < 0 ||
        virDevMigrationParseIncomplete(ctxt, &token->incomplete) < 0 ||
        virDevMigrationParseChild(ctxt, "token", &token->token) < 0 ||
        virDevMigrationCheck(!token->token || virDevMigrationTokenIsValid(token->token),
                             "token") < 0)
        return -1;

    migration->token = g_steal_pointer(&token);
    return 0;
}


/**
 * virDevMigrationParseXML:
 * @ctxt: XPath context, left as it was
 * @node: the element <capability type='migration'>
 * @ret_migration: filled with what was parsed, to be freed by the caller;
 *                 untouched on failure, and if there is no known interface
 *
 * An interface that this version does not know is ignored, so that the dump
 * of a newer libvirt can be read, though not validated. One it knows is
 * checked: names, text and numbers obey the limits of virdevmigration.h, and
 * nothing stands twice.
 *
 * Returns 0 on success, -1 on failure with an error reported.
 */
int
virDevMigrationParseXML(xmlXPathContextPtr ctxt,
                        xmlNodePtr node,
                        virDevMigration **ret_migration)
{
    VIR_XPATH_NODE_AUTORESTORE(ctxt)
    g_autoptr(virDevMigration) migration = virDevMigrationNew();
    g_autofree xmlNodePtr *nodes = NULL;
    int n;
    size_t i;

    ctxt->node = node;

    if ((n = virDevMigrationParseNodes(ctxt, "interface", &nodes)) < 0)
        return -1;

    for (i = 0; i < n; i++) {
        g_autofree char *type = virXMLPropStringRequired(nodes[i], "type");

        if (!type)
            return -1;

        ctxt->node = nodes[i];
        switch ((virDevMigrationInterfaceType) virDevMigrationInterfaceTypeFromString(type)) {
        case VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES:
            if (virDevMigrationParseAttributes(ctxt, migration) < 0)
                return -1;
            break;

        case VIR_DEV_MIGRATION_INTERFACE_PARAMETERS:
            if (virDevMigrationParseParameters(ctxt, migration) < 0)
                return -1;
            break;

        case VIR_DEV_MIGRATION_INTERFACE_VERSIONS:
            if (virDevMigrationParseVersions(ctxt, migration) < 0)
                return -1;
            break;

        case VIR_DEV_MIGRATION_INTERFACE_DESCRIPTION:
            if (virDevMigrationParseDescription(ctxt, migration) < 0)
                return -1;
            break;

        case VIR_DEV_MIGRATION_INTERFACE_TOKEN:
            if (virDevMigrationParseToken(ctxt, migration) < 0)
                return -1;
            break;

        case VIR_DEV_MIGRATION_INTERFACE_LAST:
        default:
            break;
        }
    }

    if (migration->attributes ||
        migration->parameters ||
        migration->versions ||
        migration->description ||
        migration->token)
        *ret_migration = g_steal_pointer(&migration);

    return 0;
}
