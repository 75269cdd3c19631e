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

    for (type = attributes->compatibleTypes; type && *type; type++)
        virBufferEscapeString(buf, "<compatibleType>%s</compatibleType>\n", *type);

    for (i = 0; i < attributes->compatible->len; i++)
        virDevMigrationFormatCompatible(buf, g_ptr_array_index(attributes->compatible, i));

    for (i = 0; i < attributes->resources->len; i++)
        virDevMigrationFormatResource(buf, g_ptr_array_index(attributes->resources, i));
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


/* Leaves *ret_list as it is if there is no such element. */
static int
virDevMigrationParseList(xmlXPathContextPtr ctxt,
                         const char *element,
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
            virDevMigrationCheck(*text && virDevMigrationTextIsValid(text) &&
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

    if (virDevMigrationParseList(ctxt, element, &list) < 0)
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
        if (virDevMigrationParseList(ctxt, "value", &values) < 0 ||
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
virDevMigrationParseAttributes(xmlXPathContextPtr ctxt,
                               virDevMigration *migration)
{
    g_autoptr(virDevMigrationAttributes) attributes = NULL;
    virTristateBool incomplete;

    if (virDevMigrationCheck(!migration->attributes, "interface") < 0 ||
        virXMLPropTristateBool(ctxt->node, "incomplete", VIR_XML_PROP_NONE,
                               &incomplete) < 0)
        return -1;

    attributes = virDevMigrationAttributesNew();
    attributes->incomplete = incomplete == VIR_TRISTATE_BOOL_YES;
    if (virDevMigrationParseTextOptional(ctxt, "deviceAPI",
                                         &attributes->deviceAPI) < 0 ||
        virDevMigrationParseTextOptional(ctxt, "mdevType",
                                         &attributes->mdevType) < 0 ||
        virDevMigrationParseVersion(ctxt, &attributes->softwareVersion) < 0 ||
        virDevMigrationParseList(ctxt, "compatibleType",
                                 &attributes->compatibleTypes) < 0 ||
        virDevMigrationParseCompatible(ctxt, attributes) < 0 ||
        virDevMigrationParseResources(ctxt, attributes) < 0)
        return -1;

    migration->attributes = g_steal_pointer(&attributes);
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

        case VIR_DEV_MIGRATION_INTERFACE_LAST:
        default:
            break;
        }
    }

    if (migration->attributes)
        *ret_migration = g_steal_pointer(&migration);

    return 0;
}
