/*
 * qemu_migration_hostdev_nodedev.c: what is asked of the node device driver
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

#include "qemu_migration_hostdev_nodedev.h"
#include "viralloc.h"
#include "virerror.h"
#include "virfile.h"
#include "virlog.h"
#include "virmdev.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.qemu_migration_hostdev_nodedev");


/**
 * qemuMigrationNodeDevNew:
 * @conn: connection to the node device driver, or NULL
 *
 * Returns a new question.
 */
qemuMigrationNodeDev *
qemuMigrationNodeDevNew(virConnectPtr conn)
{
    qemuMigrationNodeDev *ask = g_new0(qemuMigrationNodeDev, 1);

    ask->conn = virObjectRef(conn);
    ask->defs = g_ptr_array_new_with_free_func((GDestroyNotify) virNodeDeviceDefFree);
    ask->unread = g_ptr_array_new_with_free_func(g_free);

    return ask;
}


void
qemuMigrationNodeDevFree(void *opaque)
{
    qemuMigrationNodeDev *ask = opaque;

    if (!ask)
        return;

    virObjectUnref(ask->conn);
    g_free(ask->uuid);
    g_free(ask->parent);
    g_free(ask->name);
    g_free(ask->xml);
    g_ptr_array_unref(ask->defs);
    g_ptr_array_unref(ask->unread);
    g_free(ask);
}


static int
qemuMigrationNodeDevConnect(qemuMigrationNodeDev *ask)
{
    if (!ask->conn && !(ask->conn = virGetConnectNodeDev()))
        return -1;

    virResetLastError();
    return 0;
}


/* After a call failed: may the error be one of the connection, or a timeout, so
 * that nobody knows what became of the call? The error stays as it is. */
static bool
qemuMigrationNodeDevIsLost(qemuMigrationNodeDev *ask)
{
    virErrorPtr orig;
    bool alive;

    /* a device that was made, did not appear, and could not be removed */
    if (virGetLastErrorCode() == VIR_ERR_OPERATION_TIMEOUT)
        return true;

    /* VIR_FROM_NONE: a failure without an error */
    if (virGetLastErrorDomain() == VIR_FROM_NONE ||
        virGetLastErrorDomain() == VIR_FROM_RPC)
        return true;

    virErrorPreserveLast(&orig);
    alive = virConnectIsAlive(ask->conn) != 0;
    virErrorRestore(&orig);

    return !alive;
}


static int
qemuMigrationNodeDevCompare(const void *a,
                            const void *b)
{
    const virNodeDeviceDef *const *aa = a;
    const virNodeDeviceDef *const *bb = b;

    return strcmp((*aa)->name, (*bb)->name);
}


/* Fetches what devices are, those whose names begin with @prefix if there is
 * one. One that is gone by now is left out; one that cannot be read is named. */
static int
qemuMigrationNodeDevList(qemuMigrationNodeDev *ask,
                         unsigned int flags,
                         const char *prefix)
{
    virNodeDevicePtr *devs = NULL;
    int n;
    size_t i;

    if (qemuMigrationNodeDevConnect(ask) < 0)
        return -1;

    if ((n = virConnectListAllNodeDevices(ask->conn, &devs, flags)) < 0)
        return -1;

    for (i = 0; i < n; i++) {
        const char *name = virNodeDeviceGetName(devs[i]);
        g_autofree char *xml = NULL;
        virNodeDeviceDef *def;

        if (!ask->lost && (!prefix || STRPREFIX(name, prefix))) {
            if ((xml = virNodeDeviceGetXMLDesc(devs[i], 0)) &&
                (def = virNodeDeviceDefParse(xml, NULL, EXISTING_DEVICE, NULL,
                                             NULL, NULL, false))) {
                g_ptr_array_add(ask->defs, def);
            } else if (!xml && qemuMigrationNodeDevIsLost(ask)) {
                ask->lost = true;
            } else if (virGetLastErrorCode() != VIR_ERR_NO_NODE_DEVICE) {
                g_ptr_array_add(ask->unread, g_strdup_printf("'%s': %s", name,
                                                             virGetLastErrorMessage()));
            }
        }

        virObjectUnref(devs[i]);
    }
    g_free(devs);

    if (ask->lost)
        return -1;

    virResetLastError();
    g_ptr_array_sort(ask->defs, qemuMigrationNodeDevCompare);
    return 0;
}


/**
 * qemuMigrationNodeDevListParents:
 * @opaque: qemuMigrationNodeDev
 *
 * Lists the devices that offer types of mediated devices.
 *
 * Returns 0 on success, -1 on failure with an error reported.
 */
int
qemuMigrationNodeDevListParents(void *opaque)
{
    return qemuMigrationNodeDevList(opaque,
                                    VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES,
                                    NULL);
}


/* Lists the mediated devices with one UUID: their names begin with it, so that
 * no other one has to be looked at. */
static int
qemuMigrationNodeDevFind(qemuMigrationNodeDev *ask,
                         unsigned int flags)
{
    g_autofree char *prefix = g_strdup_printf("mdev_%s", ask->uuid);

    g_strdelimit(prefix, "-", '_');

    return qemuMigrationNodeDevList(ask, VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV | flags,
                                    prefix);
}


/**
 * qemuMigrationNodeDevFindInactive:
 * @opaque: qemuMigrationNodeDev, with a UUID
 *
 * Lists the mediated devices with the UUID that are only defined.
 *
 * Returns 0 on success, -1 on failure with an error reported.
 */
int
qemuMigrationNodeDevFindInactive(void *opaque)
{
    return qemuMigrationNodeDevFind(opaque, VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE);
}


/**
 * qemuMigrationNodeDevRead:
 * @opaque: qemuMigrationNodeDev, with the name of a device
 *
 * Fetches what one device is.
 *
 * Returns 0 on success, -1 on failure with an error reported.
 */
int
qemuMigrationNodeDevRead(void *opaque)
{
    qemuMigrationNodeDev *ask = opaque;
    g_autoptr(virNodeDevice) dev = NULL;
    g_autofree char *xml = NULL;
    virNodeDeviceDef *def;

    if (qemuMigrationNodeDevConnect(ask) < 0)
        return -1;

    if (!(dev = virNodeDeviceLookupByName(ask->conn, ask->name)) ||
        !(xml = virNodeDeviceGetXMLDesc(dev, 0)) ||
        !(def = virNodeDeviceDefParse(xml, NULL, EXISTING_DEVICE, NULL,
                                      NULL, NULL, false)))
        return -1;

    g_ptr_array_add(ask->defs, def);
    return 0;
}


/**
 * qemuMigrationNodeDevCreate:
 * @opaque: qemuMigrationNodeDev, with the XML of a device; gets its name
 *
 * Creates a mediated device.
 *
 * Returns 0 on success, -1 on failure with an error reported.
 */
int
qemuMigrationNodeDevCreate(void *opaque)
{
    qemuMigrationNodeDev *ask = opaque;
    g_autoptr(virNodeDevice) dev = NULL;

    if (qemuMigrationNodeDevConnect(ask) < 0)
        return -1;

    if (!(dev = virNodeDeviceCreateXML(ask->conn, ask->xml, 0))) {
        ask->lost = qemuMigrationNodeDevIsLost(ask);
        return -1;
    }

    ask->name = g_strdup(virNodeDeviceGetName(dev));
    return 0;
}


/**
 * qemuMigrationNodeDevStart:
 * @opaque: qemuMigrationNodeDev, with the name of a device
 *
 * Starts a mediated device that is defined.
 *
 * Returns 0 on success, -1 on failure with an error reported.
 */
int
qemuMigrationNodeDevStart(void *opaque)
{
    qemuMigrationNodeDev *ask = opaque;
    g_autoptr(virNodeDevice) dev = NULL;

    if (qemuMigrationNodeDevConnect(ask) < 0)
        return -1;

    if (!(dev = virNodeDeviceLookupByName(ask->conn, ask->name)) ||
        virNodeDeviceCreate(dev, 0) < 0) {
        ask->lost = qemuMigrationNodeDevIsLost(ask);
        return -1;
    }

    return 0;
}


/* Finds out what node device a mediated device is. */
static int
qemuMigrationNodeDevFindName(qemuMigrationNodeDev *ask)
{
    size_t i;

    if (qemuMigrationNodeDevFind(ask, VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE) < 0)
        return -1;

    for (i = 0; i < ask->defs->len; i++) {
        const virNodeDeviceDef *def = g_ptr_array_index(ask->defs, i);

        if (STREQ_NULLABLE(def->parent, ask->parent)) {
            ask->name = g_strdup(def->name);
            return 0;
        }
    }

    virReportError(VIR_ERR_NO_NODE_DEVICE,
                   _("no node device for mediated device '%1$s' on '%2$s'"),
                   ask->uuid, ask->parent);
    return -1;
}


static int
qemuMigrationNodeDevDestroy(qemuMigrationNodeDev *ask)
{
    g_autoptr(virNodeDevice) dev = NULL;

    if (qemuMigrationNodeDevConnect(ask) < 0)
        return -1;

    if (!ask->name && qemuMigrationNodeDevFindName(ask) < 0)
        return -1;

    if (!(dev = virNodeDeviceLookupByName(ask->conn, ask->name)))
        return -1;

    return virNodeDeviceDestroy(dev);
}


/**
 * qemuMigrationNodeDevOpenGroup:
 * @uuid: UUID of a mediated device
 *
 * Opens the VFIO group of a device, which one user at a time can do: nobody
 * else gets the device as long as it is open.
 *
 * Returns the file descriptor, or -1 with errno set and no error reported:
 * EBUSY if somebody has it, ENOENT if there is no group, so that nobody can
 * have it.
 */
int
qemuMigrationNodeDevOpenGroup(const char *uuid)
{
    g_autofree char *dir = virMediatedDeviceGetSysfsPath(uuid);
    g_autofree char *link = g_strdup_printf("%s/iommu_group", dir);
    g_autofree char *group = NULL;

    if (!virFileExists(link)) {
        errno = ENOENT;
        return -1;
    }

    if (!(group = virMediatedDeviceGetIOMMUGroupDev(uuid))) {
        virResetLastError();
        errno = ENOENT;
        return -1;
    }

    return open(group, O_RDONLY | O_CLOEXEC);
}


/* Removes a device without the node device driver. */
static int
qemuMigrationNodeDevRemoveBySysfs(const char *uuid)
{
    g_autofree char *dir = virMediatedDeviceGetSysfsPath(uuid);
    g_autofree char *path = g_strdup_printf("%s/remove", dir);
    VIR_AUTOCLOSE group = qemuMigrationNodeDevOpenGroup(uuid);

    if (group < 0 && errno == EBUSY) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("mediated device '%1$s' is in use"), uuid);
        return -1;
    }

    if (group < 0 && errno != ENOENT) {
        virReportSystemError(errno,
                             _("cannot tell whether mediated device '%1$s' is in use"), uuid);
        return -1;
    }

    if (virFileWriteStr(path, "1", 0) < 0) {
        virReportSystemError(errno, _("cannot write to '%1$s'"), path);
        return -1;
    }

    return 0;
}


/**
 * qemuMigrationNodeDevRemove:
 * @opaque: qemuMigrationNodeDev, with UUID and parent of an active device, and
 *          its name, which is filled in, if it is known
 *
 * Removes a mediated device, or stops one that is defined. The node device
 * driver is the owner of mediated devices; only if it cannot do it, and that is
 * to be forced, it is done without it.
 *
 * Returns 0 on success, -1 on failure with an error reported.
 */
int
qemuMigrationNodeDevRemove(void *opaque)
{
    qemuMigrationNodeDev *ask = opaque;

    if (qemuMigrationNodeDevDestroy(ask) == 0)
        return 0;

    if (!ask->force)
        return -1;

    return qemuMigrationNodeDevRemoveBySysfs(ask->uuid);
}
