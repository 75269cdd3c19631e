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


/* Where a capability keeps the types of mediated devices that its device
 * offers, and their number; NULL if it has none. */
static virMediatedDeviceType ***
virNodeDevCapDataFindMdevTypes(virNodeDevCapData *data,
                               size_t **ret_ntypes)
{
    if (data->type == VIR_NODE_DEV_CAP_PCI_DEV) {
        *ret_ntypes = &data->pci_dev.nmdev_types;
        return &data->pci_dev.mdev_types;
    }

    if (data->type == VIR_NODE_DEV_CAP_CSS_DEV) {
        *ret_ntypes = &data->ccw_dev.nmdev_types;
        return &data->ccw_dev.mdev_types;
    }

    if (data->type == VIR_NODE_DEV_CAP_AP_MATRIX) {
        *ret_ntypes = &data->ap_matrix.nmdev_types;
        return &data->ap_matrix.mdev_types;
    }

    if (data->type == VIR_NODE_DEV_CAP_MDEV_TYPES) {
        *ret_ntypes = &data->mdev_parent.nmdev_types;
        return &data->mdev_parent.mdev_types;
    }

    return NULL;
}


/**
 * virNodeDevCapDataGetMdevTypes:
 * @data: a capability of a node device
 * @ret_ntypes: filled with the number of types
 *
 * Returns the types of mediated devices that a device with this capability
 * offers, owned by @data; NULL if there are none.
 */
virMediatedDeviceType **
virNodeDevCapDataGetMdevTypes(const virNodeDevCapData *data,
                              size_t *ret_ntypes)
{
    size_t *ntypes;
    virMediatedDeviceType ***types;

    if (!(types = virNodeDevCapDataFindMdevTypes((virNodeDevCapData *) data,
                                                 &ntypes))) {
        *ret_ntypes = 0;
        return NULL;
    }

    *ret_ntypes = *ntypes;
    return *types;
}


/* How far the element is indented in the XML of a node device, at most */
#define MAX_INDENT 12

/**
 * virNodeDeviceMigrationLimit:
 * @migration: what is published, may be NULL
 * @path: where it was read
 * @size: bytes of XML of the elements of this node device so far; updated
 * @problems: strings, gets another if @migration is dropped
 *
 * Drops what would make the elements of one node device larger than the
 * limit. The types of a parent are many, and what each says is bounded by a
 * page per file only.
 */
void
virNodeDeviceMigrationLimit(virDevMigration **migration,
                            const char *path,
                            size_t *size,
                            GPtrArray *problems)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;

    virBufferSetIndent(&buf, MAX_INDENT);
    virDevMigrationFormat(&buf, *migration);

    if (virBufferUse(&buf) > VIR_DEV_MIGRATION_MAX_XML - *size) {
        virDevMigrationSysfsAddProblem(problems, path, "",
                                       "publishes more about migration than fits "
                                       "into %d bytes of XML of its device: left out",
                                       VIR_DEV_MIGRATION_MAX_XML);
        g_clear_pointer(migration, virDevMigrationFree);
        return;
    }

    *size += virBufferUse(&buf);
}


static void
virNodeDeviceMigrationReadTypes(const char *sysfspath,
                                virMediatedDeviceType **types,
                                size_t ntypes,
                                size_t *size,
                                GPtrArray *problems)
{
    size_t i;

    for (i = 0; i < ntypes; i++) {
        virMediatedDeviceType *type = types[i];
        g_autofree char *typedir = NULL;

        typedir = g_strdup_printf("%s/mdev_supported_types/%s", sysfspath, type->id);
        type->migration = virDevMigrationSysfsReadType(typedir, type->id,
                                                       type->device_api, problems);
        virNodeDeviceMigrationLimit(&type->migration, typedir, size, problems);
    }
}


static void
virNodeDeviceMigrationReadMdev(const char *sysfspath,
                               virNodeDevCapMdev *mdev,
                               size_t *size,
                               GPtrArray *problems)
{
    if (!mdev->active_config.type)
        return;

    mdev->migration = virDevMigrationSysfsReadDevice(sysfspath,
                                                     mdev->active_config.type,
                                                     problems);
    virNodeDeviceMigrationLimit(&mdev->migration, sysfspath, size, problems);
}


static void
virNodeDeviceMigrationReadFunction(const char *sysfspath,
                                   virNodeDevCapPCIDev *pci_dev,
                                   size_t *size,
                                   GPtrArray *problems)
{
    pci_dev->migration = virDevMigrationSysfsReadFunction(sysfspath, problems);
    virNodeDeviceMigrationLimit(&pci_dev->migration, sysfspath, size, problems);
}


/* What a device is asked for, and nothing else of it */
static virNodeDevCapsDef *
virNodeDeviceMigrationOutlineCap(const virNodeDevCapData *data)
{
    virNodeDevCapsDef *cap = g_new0(virNodeDevCapsDef, 1);
    virMediatedDeviceType **types;
    virMediatedDeviceType ***copies;
    size_t *ncopies;
    size_t ntypes;
    size_t i;

    cap->data.type = data->type;
    if (data->type == VIR_NODE_DEV_CAP_MDEV)
        cap->data.mdev.active_config.type = g_strdup(data->mdev.active_config.type);

    types = virNodeDevCapDataGetMdevTypes(data, &ntypes);
    if (ntypes == 0 ||
        !(copies = virNodeDevCapDataFindMdevTypes(&cap->data, &ncopies)))
        return cap;

    *copies = g_new0(virMediatedDeviceType *, ntypes);
    *ncopies = ntypes;
    for (i = 0; i < ntypes; i++) {
        (*copies)[i] = g_new0(virMediatedDeviceType, 1);
        (*copies)[i]->id = g_strdup(types[i]->id);
        (*copies)[i]->device_api = g_strdup(types[i]->device_api);
    }

    return cap;
}


/**
 * virNodeDeviceMigrationOutline:
 * @def: a node device, with its other capabilities up to date
 *
 * A driver answers when it likes, so it is asked without any lock: with a
 * copy of what the questions need. See virNodeDeviceObjUpdateMigration().
 *
 * Returns the copy, for virNodeDeviceMigrationRead() and
 * virNodeDeviceMigrationStore(), to be freed by the caller.
 */
virNodeDeviceDef *
virNodeDeviceMigrationOutline(const virNodeDeviceDef *def)
{
    virNodeDeviceDef *outline = g_new0(virNodeDeviceDef, 1);
    virNodeDevCapsDef **next = &outline->caps;
    virNodeDevCapsDef *cap;

    outline->name = g_strdup(def->name);
    outline->sysfs_path = g_strdup(def->sysfs_path);

    for (cap = def->caps; cap; cap = cap->next) {
        *next = virNodeDeviceMigrationOutlineCap(&cap->data);
        next = &(*next)->next;
    }

    return outline;
}


/**
 * virNodeDeviceMigrationRead:
 * @outline: the outline of a node device, not read before
 *
 * Adds what the device, and the types of mediated devices that it offers,
 * publish about migration now. Nothing tells when an attribute changes, so
 * this is done whenever somebody asks: for the XML, for the capabilities of a
 * device, or for the devices with this capability. Other list calls are
 * frequent, and do not pay for it. Files are read, nothing else, and a driver
 * may let its readers wait.
 *
 * What cannot be used is left out and logged, once.
 */
void
virNodeDeviceMigrationRead(virNodeDeviceDef *outline)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *subject = g_strdup_printf("migration of %s", outline->name);
    const char *sysfspath = outline->sysfs_path;
    virNodeDevCapsDef *cap;
    size_t size = 0;

    /* not active */
    if (!sysfspath)
        return;

    for (cap = outline->caps; cap; cap = cap->next) {
        virMediatedDeviceType **types;
        size_t ntypes;

        types = virNodeDevCapDataGetMdevTypes(&cap->data, &ntypes);
        virNodeDeviceMigrationReadTypes(sysfspath, types, ntypes, &size, problems);

        if (cap->data.type == VIR_NODE_DEV_CAP_MDEV)
            virNodeDeviceMigrationReadMdev(sysfspath, &cap->data.mdev,
                                           &size, problems);

        if (cap->data.type == VIR_NODE_DEV_CAP_PCI_DEV)
            virNodeDeviceMigrationReadFunction(sysfspath, &cap->data.pci_dev,
                                               &size, problems);
    }

    virNodeDeviceProblemsLog(subject, problems);
}


static void
virNodeDeviceMigrationClear(virNodeDevCapData *data)
{
    virMediatedDeviceType **types;
    size_t ntypes;
    size_t i;

    if (data->type == VIR_NODE_DEV_CAP_MDEV)
        g_clear_pointer(&data->mdev.migration, virDevMigrationFree);

    if (data->type == VIR_NODE_DEV_CAP_PCI_DEV)
        g_clear_pointer(&data->pci_dev.migration, virDevMigrationFree);

    types = virNodeDevCapDataGetMdevTypes(data, &ntypes);
    for (i = 0; i < ntypes; i++)
        g_clear_pointer(&types[i]->migration, virDevMigrationFree);
}


/* A device of another type may have the name and the place of one that went. */
static bool
virNodeDeviceMigrationIsSame(const virNodeDevCapData *a,
                             const virNodeDevCapData *b)
{
    if (a->type != b->type)
        return false;

    return a->type != VIR_NODE_DEV_CAP_MDEV ||
        STREQ_NULLABLE(a->mdev.active_config.type, b->mdev.active_config.type);
}


static void
virNodeDeviceMigrationTakeTypes(virNodeDevCapData *to,
                                virNodeDevCapData *from)
{
    virMediatedDeviceType **types;
    virMediatedDeviceType **read;
    size_t ntypes;
    size_t nread;
    size_t i;
    size_t j;

    types = virNodeDevCapDataGetMdevTypes(to, &ntypes);
    read = virNodeDevCapDataGetMdevTypes(from, &nread);

    for (i = 0; i < ntypes; i++) {
        /* Hardly ever has the list changed meanwhile. */
        for (j = 0; j < nread; j++) {
            size_t k = (i + j) % nread;

            if (STREQ(types[i]->id, read[k]->id)) {
                types[i]->migration = g_steal_pointer(&read[k]->migration);
                break;
            }
        }
    }
}


static void
virNodeDeviceMigrationTake(virNodeDevCapData *to,
                           virNodeDevCapData *from)
{
    if (to->type == VIR_NODE_DEV_CAP_MDEV)
        to->mdev.migration = g_steal_pointer(&from->mdev.migration);

    if (to->type == VIR_NODE_DEV_CAP_PCI_DEV)
        to->pci_dev.migration = g_steal_pointer(&from->pci_dev.migration);

    virNodeDeviceMigrationTakeTypes(to, from);
}


/**
 * virNodeDeviceMigrationStore:
 * @def: a node device
 * @outline: its outline, after virNodeDeviceMigrationRead()
 *
 * Replaces what is known of the migration of @def, and of the types that it
 * offers, by what was read, which is taken out of @outline. What @def has
 * got since the outline was made was not asked, and publishes nothing.
 */
void
virNodeDeviceMigrationStore(virNodeDeviceDef *def,
                            virNodeDeviceDef *outline)
{
    virNodeDevCapsDef *cap;

    for (cap = def->caps; cap; cap = cap->next)
        virNodeDeviceMigrationClear(&cap->data);

    if (STRNEQ_NULLABLE(def->sysfs_path, outline->sysfs_path))
        return;

    for (cap = def->caps; cap; cap = cap->next) {
        virNodeDevCapsDef *read;

        for (read = outline->caps; read; read = read->next) {
            if (virNodeDeviceMigrationIsSame(&cap->data, &read->data))
                virNodeDeviceMigrationTake(&cap->data, &read->data);
        }
    }
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

    if (data->type == VIR_NODE_DEV_CAP_PCI_DEV && data->pci_dev.migration)
        return true;

    types = virNodeDevCapDataGetMdevTypes(data, &ntypes);
    for (i = 0; i < ntypes; i++) {
        if (types[i]->migration)
            return true;
    }

    return false;
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
