/*
 * node_device_migration.c: what node devices publish about migration
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
#include "node_device_migration.h"
#include "node_device_problems.h"
#include "virdevmigrationsysfs.h"

#define VIR_FROM_THIS VIR_FROM_NODEDEV


/* Returns the types of mediated devices that a device with capability @data
 * offers, owned by @data. */
static virMediatedDeviceType **
virNodeDevCapDataGetMdevTypes(const virNodeDevCapData *data,
                              size_t *ret_ntypes)
{
    switch (data->type) {
    case VIR_NODE_DEV_CAP_PCI_DEV:
        *ret_ntypes = data->pci_dev.nmdev_types;
        return data->pci_dev.mdev_types;

    case VIR_NODE_DEV_CAP_CSS_DEV:
        *ret_ntypes = data->ccw_dev.nmdev_types;
        return data->ccw_dev.mdev_types;

    case VIR_NODE_DEV_CAP_AP_MATRIX:
        *ret_ntypes = data->ap_matrix.nmdev_types;
        return data->ap_matrix.mdev_types;

    case VIR_NODE_DEV_CAP_MDEV_TYPES:
        *ret_ntypes = data->mdev_parent.nmdev_types;
        return data->mdev_parent.mdev_types;

    case VIR_NODE_DEV_CAP_SYSTEM:
    case VIR_NODE_DEV_CAP_USB_DEV:
    case VIR_NODE_DEV_CAP_USB_INTERFACE:
    case VIR_NODE_DEV_CAP_NET:
    case VIR_NODE_DEV_CAP_SCSI_HOST:
    case VIR_NODE_DEV_CAP_SCSI_TARGET:
    case VIR_NODE_DEV_CAP_SCSI:
    case VIR_NODE_DEV_CAP_STORAGE:
    case VIR_NODE_DEV_CAP_FC_HOST:
    case VIR_NODE_DEV_CAP_VPORTS:
    case VIR_NODE_DEV_CAP_SCSI_GENERIC:
    case VIR_NODE_DEV_CAP_DRM:
    case VIR_NODE_DEV_CAP_MDEV:
    case VIR_NODE_DEV_CAP_CCW_DEV:
    case VIR_NODE_DEV_CAP_VDPA:
    case VIR_NODE_DEV_CAP_AP_CARD:
    case VIR_NODE_DEV_CAP_AP_QUEUE:
    case VIR_NODE_DEV_CAP_VPD:
    case VIR_NODE_DEV_CAP_CCWGROUP_DEV:
    case VIR_NODE_DEV_CAP_CCWGROUP_MEMBER:
    case VIR_NODE_DEV_CAP_MIGRATION:
    case VIR_NODE_DEV_CAP_LAST:
        break;
    }

    *ret_ntypes = 0;
    return NULL;
}


/**
 * virNodeDeviceMigrationReadTypes:
 * @sysfspath: directory of the parent in sysfs
 * @types: its mediated device types
 * @ntypes: their number
 * @problems: where to add what could not be used
 *
 * Replaces what is known about the migration of each type by what it
 * publishes now.
 */
void
virNodeDeviceMigrationReadTypes(const char *sysfspath,
                                virMediatedDeviceType **types,
                                size_t ntypes,
                                GPtrArray *problems)
{
    size_t i;

    for (i = 0; i < ntypes; i++) {
        virMediatedDeviceType *type = types[i];
        g_autofree char *typedir = NULL;

        typedir = g_strdup_printf("%s/mdev_supported_types/%s", sysfspath, type->id);
        virDevMigrationFree(type->migration);
        type->migration = virDevMigrationSysfsReadType(typedir, type->id,
                                                       type->device_api, problems);
    }
}


static void
virNodeDeviceMigrationReadMdev(const char *sysfspath,
                               virNodeDevCapMdev *mdev,
                               GPtrArray *problems)
{
    g_clear_pointer(&mdev->migration, virDevMigrationFree);

    /* not active */
    if (!sysfspath || !mdev->active_config.type)
        return;

    mdev->migration = virDevMigrationSysfsReadDevice(sysfspath,
                                                     mdev->active_config.type,
                                                     problems);
}


/**
 * virNodeDeviceMigrationUpdate:
 * @def: a node device, with its other capabilities up to date
 *
 * Reads what the device, or the types of mediated devices that it offers,
 * publish about migration. Nothing tells when an attribute changes, so this
 * is done whenever somebody asks: for the XML, for the capabilities of a
 * device, or for the devices with this capability. Other list calls are
 * frequent, and do not pay for it. Files are read, nothing else.
 *
 * What cannot be used is left out and logged, once.
 */
void
virNodeDeviceMigrationUpdate(virNodeDeviceDef *def)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *subject = g_strdup_printf("migration of %s", def->name);
    virNodeDevCapsDef *cap;

    for (cap = def->caps; cap; cap = cap->next) {
        if (cap->data.type == VIR_NODE_DEV_CAP_MDEV) {
            virNodeDeviceMigrationReadMdev(def->sysfs_path, &cap->data.mdev, problems);
        } else {
            size_t ntypes;
            virMediatedDeviceType **types = virNodeDevCapDataGetMdevTypes(&cap->data,
                                                                          &ntypes);

            virNodeDeviceMigrationReadTypes(def->sysfs_path, types, ntypes, problems);
        }
    }

    virNodeDeviceProblemsLog(subject, problems);
}


/**
 * virNodeDevCapDataHasMigration:
 * @data: a capability of a node device
 *
 * Returns true if the capability has one of type 'migration' nested in it: on
 * the device itself, or on a type of mediated device that it offers.
 */
bool
virNodeDevCapDataHasMigration(const virNodeDevCapData *data)
{
    virMediatedDeviceType **types;
    size_t ntypes;
    size_t i;

    if (data->type == VIR_NODE_DEV_CAP_MDEV)
        return !!data->mdev.migration;

    types = virNodeDevCapDataGetMdevTypes(data, &ntypes);
    for (i = 0; i < ntypes; i++) {
        if (types[i]->migration)
            return true;
    }

    return false;
}


/**
 * virNodeDeviceMigrationFormat:
 * @buf: where to append
 * @migration: what a type or device publishes, may be NULL
 * @xml: state for the node device that is being formatted
 *
 * Appends the element, unless it is to be omitted or would make the elements
 * of this node device larger than VIR_DEV_MIGRATION_MAX_XML.
 */
void
virNodeDeviceMigrationFormat(virBuffer *buf,
                             const virDevMigration *migration,
                             virNodeDeviceMigrationXML *xml)
{
    size_t before = virBufferUse(buf);
    g_auto(virBuffer) element = VIR_BUFFER_INITIALIZER;

    if (xml->omit || !migration)
        return;

    virBufferSetIndent(&element, virBufferGetEffectiveIndent(buf));
    virDevMigrationFormat(&element, migration);

    if (virBufferUse(&element) > VIR_DEV_MIGRATION_MAX_XML - xml->size) {
        xml->nleftout++;
        return;
    }

    virBufferAddBuffer(buf, &element);
    xml->size += virBufferUse(buf) - before;
}


/**
 * virNodeDeviceMigrationFormatDone:
 * @name: name of the node device
 * @xml: state after it was formatted
 *
 * Logs if something was left out.
 */
void
virNodeDeviceMigrationFormatDone(const char *name,
                                 const virNodeDeviceMigrationXML *xml)
{
    g_autoptr(GPtrArray) problems = NULL;
    g_autofree char *subject = NULL;

    if (xml->omit)
        return;

    problems = g_ptr_array_new_with_free_func(g_free);
    subject = g_strdup_printf("XML of %s", name);
    if (xml->nleftout > 0) {
        g_ptr_array_add(problems,
                        g_strdup_printf("%s: %zu migration capabilities left out, "
                                        "more than %d bytes",
                                        name, xml->nleftout,
                                        VIR_DEV_MIGRATION_MAX_XML));
    }

    virNodeDeviceProblemsLog(subject, problems);
}


/**
 * virNodeDeviceMigrationParseXML:
 * @ctxt: XPath context, at the capability or type that may have the element
 * @migration: replaced by what the element says, if there is one
 *
 * Returns 0 on success, -1 on failure with an error reported.
 */
int
virNodeDeviceMigrationParseXML(xmlXPathContextPtr ctxt,
                               virDevMigration **migration)
{
    xmlNodePtr node;

    if (!(node = virXPathNode("./capability[@type='migration']", ctxt)))
        return 0;

    return virDevMigrationParseXML(ctxt, node, migration);
}
