/*
 * qemu_migration_hostdev_undo.c: removal of devices that a migration made
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
#include <unistd.h>

#include "qemu_migration_hostdev_undo.h"
#include "node_device_conf.h"
#include "virerror.h"
#include "virevent.h"
#include "virfile.h"
#include "viridentity.h"
#include "virlog.h"
#include "virmdev.h"
#include "virthread.h"
#include "virthreadpool.h"
#include "viruuid.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.qemu_migration_hostdev_undo");

VIR_ENUM_IMPL(qemuMigrationHostdevState,
              QEMU_MIGRATION_HOSTDEV_STATE_LAST,
              "pending",
              "done",
              "committed",
);

typedef enum {
    QEMU_MIGRATION_HOSTDEV_UNDO_GONE,   /* or not ours any more */
    QEMU_MIGRATION_HOSTDEV_UNDO_IN_USE,
    QEMU_MIGRATION_HOSTDEV_UNDO_ABSENT, /* not there yet */
    QEMU_MIGRATION_HOSTDEV_UNDO_FAILED,
} qemuMigrationHostdevUndoResult;

/* What could not be undone at once. The file is there as long as the list is
 * not empty; the lock is not held while anything is undone. */
struct _qemuMigrationHostdevUndo {
    virQEMUDriver *driver;
    char *path;

    virMutex lock;
    virCond cond;               /* a record is no longer busy */
    GSList *records;
    int timer;
    virThreadPool *pool;
};


qemuMigrationHostdevRecord *
qemuMigrationHostdevRecordNew(const char *uuid,
                              const char *mdevType,
                              const char *parent,
                              qemuMigrationHostdevAction action)
{
    qemuMigrationHostdevRecord *record = g_new0(qemuMigrationHostdevRecord, 1);

    g_strlcpy(record->uuid, uuid, sizeof(record->uuid));
    record->mdevType = g_strdup(mdevType);
    record->parent = g_strdup(parent);
    record->action = action;

    return record;
}


void
qemuMigrationHostdevRecordFree(qemuMigrationHostdevRecord *record)
{
    if (!record)
        return;

    g_free(record->mdevType);
    g_free(record->parent);
    g_free(record->name);
    g_free(record);
}


void
qemuMigrationHostdevRecordListFree(GSList *records)
{
    g_slist_free_full(records, (GDestroyNotify) qemuMigrationHostdevRecordFree);
}


/**
 * qemuMigrationHostdevRecordsFormat:
 * @buf: buffer
 * @records: list of qemuMigrationHostdevRecord, may be empty
 *
 * Appends the element <migrationHostdevs> of the status XML, if there are any
 * records. The file of undos that are due has it as its root.
 */
void
qemuMigrationHostdevRecordsFormat(virBuffer *buf,
                                  GSList *records)
{
    g_auto(virBuffer) childBuf = VIR_BUFFER_INIT_CHILD(buf);
    GSList *next;

    for (next = records; next; next = next->next) {
        g_auto(virBuffer) attrBuf = VIR_BUFFER_INITIALIZER;
        qemuMigrationHostdevRecord *record = next->data;

        virBufferAsprintf(&attrBuf, " uuid='%s'", record->uuid);
        virBufferEscapeString(&attrBuf, " mdevType='%s'", record->mdevType);
        virBufferEscapeString(&attrBuf, " parent='%s'", record->parent);
        virBufferEscapeString(&attrBuf, " name='%s'", record->name);
        virBufferAsprintf(&attrBuf, " action='%s' state='%s'",
                          qemuMigrationHostdevActionTypeToString(record->action),
                          qemuMigrationHostdevStateTypeToString(record->state));
        virXMLFormatElement(&childBuf, "hostdev", &attrBuf, NULL);
    }

    virXMLFormatElement(buf, "migrationHostdevs", NULL, &childBuf);
}


static qemuMigrationHostdevRecord *
qemuMigrationHostdevRecordParse(xmlNodePtr node)
{
    g_autoptr(qemuMigrationHostdevRecord) record = NULL;
    g_autofree char *uuid = virXMLPropStringRequired(node, "uuid");
    g_autofree char *mdevType = virXMLPropStringRequired(node, "mdevType");
    g_autofree char *parent = virXMLPropStringRequired(node, "parent");
    unsigned char raw[VIR_UUID_BUFLEN];

    if (!uuid || !mdevType || !parent)
        return NULL;

    if (virUUIDParse(uuid, raw) < 0) {
        virReportError(VIR_ERR_XML_ERROR, _("malformed UUID '%1$s'"), uuid);
        return NULL;
    }

    record = qemuMigrationHostdevRecordNew(uuid, mdevType, parent,
                                           QEMU_MIGRATION_HOSTDEV_ACTION_NONE);
    record->name = virXMLPropString(node, "name");

    if (virXMLPropEnum(node, "action", qemuMigrationHostdevActionTypeFromString,
                       VIR_XML_PROP_REQUIRED | VIR_XML_PROP_NONZERO,
                       &record->action) < 0 ||
        virXMLPropEnum(node, "state", qemuMigrationHostdevStateTypeFromString,
                       VIR_XML_PROP_REQUIRED, &record->state) < 0)
        return NULL;

    return g_steal_pointer(&record);
}


static int
qemuMigrationHostdevRecordsParseNodes(xmlXPathContextPtr ctxt,
                                      const char *xpath,
                                      GSList **ret_records)
{
    g_autofree xmlNodePtr *nodes = NULL;
    GSList *records = NULL;
    ssize_t n;
    size_t i;

    if ((n = virXPathNodeSet(xpath, ctxt, &nodes)) < 0)
        return -1;

    for (i = 0; i < n; i++) {
        qemuMigrationHostdevRecord *record = qemuMigrationHostdevRecordParse(nodes[i]);

        if (!record) {
            qemuMigrationHostdevRecordListFree(records);
            return -1;
        }
        records = g_slist_append(records, record);
    }

    *ret_records = records;
    return 0;
}


/**
 * qemuMigrationHostdevRecordsParse:
 * @ctxt: XPath context, at the parent of element <migrationHostdevs>
 * @ret_records: filled with a list of qemuMigrationHostdevRecord, to be freed
 *               by the caller; untouched on failure
 *
 * Returns 0 on success, -1 on failure with an error reported.
 */
int
qemuMigrationHostdevRecordsParse(xmlXPathContextPtr ctxt,
                                 GSList **ret_records)
{
    return qemuMigrationHostdevRecordsParseNodes(ctxt,
                                                 "./migrationHostdevs/hostdev",
                                                 ret_records);
}


/**
 * qemuMigrationHostdevGetType:
 * @uuid: UUID of a mediated device
 *
 * Returns the id of the device's type, to be freed by the caller, or NULL if
 * there is no such active device.
 */
char *
qemuMigrationHostdevGetType(const char *uuid)
{
    g_autofree char *dir = virMediatedDeviceGetSysfsPath(uuid);
    g_autofree char *link = g_strdup_printf("%s/mdev_type", dir);
    g_autofree char *typedir = NULL;

    if (!virFileExists(dir) ||
        !(typedir = g_file_read_link(link, NULL)))
        return NULL;

    return g_path_get_basename(typedir);
}


/**
 * qemuMigrationHostdevConnectionIsLost:
 * @conn: connection to the node device driver, with which a call failed
 *
 * Returns true if the error may be one of the connection, or a timeout, so that
 * nobody knows what became of the call. The error stays as it is.
 */
bool
qemuMigrationHostdevConnectionIsLost(virConnectPtr conn)
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
    alive = virConnectIsAlive(conn) != 0;
    virErrorRestore(&orig);

    return !alive;
}


static int
qemuMigrationHostdevCompareNames(const void *a,
                                 const void *b,
                                 void *opaque G_GNUC_UNUSED)
{
    return strcmp(virNodeDeviceGetName(*(virNodeDevicePtr *) a),
                  virNodeDeviceGetName(*(virNodeDevicePtr *) b));
}


/**
 * qemuMigrationHostdevFindNodeDevice:
 * @conn: connection to the node device driver
 * @uuid: UUID of a mediated device
 * @active: an active device, or one that is only defined
 * @ret_def: filled with the first such device by name, to be freed by the
 *           caller, or with NULL if there is none; untouched on failure
 *
 * Returns 0 on success, -1 on failure with an error reported.
 */
int
qemuMigrationHostdevFindNodeDevice(virConnectPtr conn,
                                   const char *uuid,
                                   bool active,
                                   virNodeDeviceDef **ret_def)
{
    g_autoptr(virNodeDeviceDef) found = NULL;
    virNodeDevicePtr *devs = NULL;
    int n;
    size_t i;

    n = virConnectListAllNodeDevices(conn, &devs,
                                     VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV |
                                     (active ? VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE :
                                      VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE));
    if (n < 0)
        return -1;

    g_qsort_with_data(devs, n, sizeof(*devs), qemuMigrationHostdevCompareNames, NULL);

    for (i = 0; i < n; i++) {
        g_autofree char *xml = NULL;
        g_autoptr(virNodeDeviceDef) def = NULL;

        /* it may be gone by now */
        if (!found &&
            (xml = virNodeDeviceGetXMLDesc(devs[i], 0)) &&
            (def = virNodeDeviceDefParse(xml, NULL, EXISTING_DEVICE, NULL,
                                         NULL, NULL, false)) &&
            def->caps->data.type == VIR_NODE_DEV_CAP_MDEV &&
            STREQ_NULLABLE(def->caps->data.mdev.uuid, uuid))
            found = g_steal_pointer(&def);

        virObjectUnref(devs[i]);
    }
    g_free(devs);

    virResetLastError();
    *ret_def = g_steal_pointer(&found);
    return 0;
}


/* Is the active device on the parent where we made it? The name of a node
 * device ends in the name that the kernel has for it, with '_' for what is
 * neither a letter nor a digit. */
static bool
qemuMigrationHostdevIsOnParent(const qemuMigrationHostdevRecord *record)
{
    g_autofree char *dir = virMediatedDeviceGetSysfsPath(record->uuid);
    g_autofree char *real = virFileCanonicalizePath(dir);
    g_autofree char *parentdir = NULL;
    g_autofree char *parent = NULL;

    if (!real)
        return false;

    parentdir = g_path_get_dirname(real);
    parent = g_path_get_basename(parentdir);
    g_strcanon(parent, "0123456789"
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", '_');

    return g_str_has_suffix(record->parent, parent);
}


/**
 * qemuMigrationHostdevIsAssigned:
 * @driver: QEMU driver
 * @uuid: mediated device
 *
 * Returns true if a guest of this driver has the device.
 */
bool
qemuMigrationHostdevIsAssigned(virQEMUDriver *driver,
                               const char *uuid)
{
    g_autofree char *dir = virMediatedDeviceGetSysfsPath(uuid);
    virMediatedDeviceList *list = driver->hostdevMgr->activeMediatedHostdevs;

    VIR_WITH_OBJECT_LOCK_GUARD(list) {
        return !!virMediatedDeviceListFind(list, dir);
    }

    return false;
}


/* Opens the VFIO group of a device, which one user at a time can do: nobody
 * else gets the device as long as it is open. Returns -1 with errno set,
 * EBUSY if somebody has it. */
static int
qemuMigrationHostdevOpenGroup(const char *uuid)
{
    g_autofree char *group = virMediatedDeviceGetIOMMUGroupDev(uuid);

    if (!group) {
        errno = ENODEV;
        return -1;
    }

    return open(group, O_RDONLY | O_CLOEXEC);
}


static int
qemuMigrationHostdevDestroyNodeDevice(qemuMigrationHostdevRecord *record)
{
    g_autoptr(virConnect) conn = NULL;
    g_autoptr(virNodeDevice) dev = NULL;
    g_autoptr(virNodeDeviceDef) def = NULL;

    if (!(conn = virGetConnectNodeDev()))
        return -1;

    if (!record->name) {
        if (qemuMigrationHostdevFindNodeDevice(conn, record->uuid, true, &def) < 0)
            return -1;

        if (!def || STRNEQ_NULLABLE(def->parent, record->parent)) {
            virReportError(VIR_ERR_NO_NODE_DEVICE,
                           _("no node device for mediated device '%1$s' on '%2$s'"),
                           record->uuid, record->parent);
            return -1;
        }

        record->name = g_strdup(def->name);
    }

    if (!(dev = virNodeDeviceLookupByName(conn, record->name)))
        return -1;

    return virNodeDeviceDestroy(dev);
}


static int
qemuMigrationHostdevRemove(const char *uuid)
{
    g_autofree char *dir = virMediatedDeviceGetSysfsPath(uuid);
    g_autofree char *path = g_strdup_printf("%s/remove", dir);
    VIR_AUTOCLOSE group = qemuMigrationHostdevOpenGroup(uuid);

    if (group < 0) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("mediated device '%1$s' is in use"), uuid);
        return -1;
    }

    if (virFileWriteStr(path, "1", 0) < 0) {
        virReportSystemError(errno, _("cannot write to '%1$s'"), path);
        return -1;
    }

    return 0;
}


/* Tries to undo one record. The node device driver is the owner of mediated
 * devices; when it cannot do it, and this is not the first attempt, the device
 * is removed without it. */
static qemuMigrationHostdevUndoResult
qemuMigrationHostdevUndoOne(virQEMUDriver *driver,
                            qemuMigrationHostdevRecord *record)
{
    g_autofree char *type = qemuMigrationHostdevGetType(record->uuid);
    g_autofree char *dir = virMediatedDeviceGetSysfsPath(record->uuid);
    bool retried = record->attempts++ > 0;

    if (!virFileExists(dir)) {
        return record->state == QEMU_MIGRATION_HOSTDEV_STATE_PENDING ?
               QEMU_MIGRATION_HOSTDEV_UNDO_ABSENT :
               QEMU_MIGRATION_HOSTDEV_UNDO_GONE;
    }

    /* the kernel shows the type last, when the driver has set up the device */
    if (!type) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("mediated device '%1$s' is not complete"), record->uuid);
        return QEMU_MIGRATION_HOSTDEV_UNDO_FAILED;
    }

    if (STRNEQ(type, record->mdevType)) {
        VIR_WARN("Mediated device '%s' is of type '%s', not '%s': not removed",
                 record->uuid, type, record->mdevType);
        return QEMU_MIGRATION_HOSTDEV_UNDO_GONE;
    }

    if (!qemuMigrationHostdevIsOnParent(record)) {
        VIR_WARN("Mediated device '%s' is not on '%s': not removed",
                 record->uuid, record->parent);
        return QEMU_MIGRATION_HOSTDEV_UNDO_GONE;
    }

    if (qemuMigrationHostdevIsAssigned(driver, record->uuid))
        return QEMU_MIGRATION_HOSTDEV_UNDO_IN_USE;

    if (qemuMigrationHostdevDestroyNodeDevice(record) == 0 ||
        (retried && qemuMigrationHostdevRemove(record->uuid) == 0) ||
        !virFileExists(dir)) {
        VIR_INFO("Removed mediated device '%s' that an incoming migration had made",
                 record->uuid);
        return QEMU_MIGRATION_HOSTDEV_UNDO_GONE;
    }

    if (record->attempts > QEMU_MIGRATION_HOSTDEV_UNDO_BUSY) {
        VIR_AUTOCLOSE group = qemuMigrationHostdevOpenGroup(record->uuid);

        if (group < 0 && errno == EBUSY)
            return QEMU_MIGRATION_HOSTDEV_UNDO_IN_USE;
    }

    return QEMU_MIGRATION_HOSTDEV_UNDO_FAILED;
}


/* Is there nothing left to do about the record? */
static bool
qemuMigrationHostdevUndoIsOver(virQEMUDriver *driver,
                               qemuMigrationHostdevRecord *record)
{
    switch (qemuMigrationHostdevUndoOne(driver, record)) {
    case QEMU_MIGRATION_HOSTDEV_UNDO_GONE:
        return true;

    case QEMU_MIGRATION_HOSTDEV_UNDO_IN_USE:
        VIR_WARN("Mediated device '%s' that an incoming migration had made is in use: not removed",
                 record->uuid);
        return true;

    case QEMU_MIGRATION_HOSTDEV_UNDO_ABSENT:
        return record->attempts > QEMU_MIGRATION_HOSTDEV_UNDO_APPEAR;

    case QEMU_MIGRATION_HOSTDEV_UNDO_FAILED:
    default:
        break;
    }

    VIR_WARN("Cannot remove mediated device '%s' that an incoming migration had made: %s; trying again later",
             record->uuid, virGetLastErrorMessage());
    return false;
}


/* Removing is our own business, whoever called: the connection of a client
 * that went away has no identity at all. */
static bool
qemuMigrationHostdevUndoAsSystem(virQEMUDriver *driver,
                                 qemuMigrationHostdevRecord *record)
{
    g_autoptr(virIdentity) caller = NULL;
    g_autoptr(virIdentity) system = NULL;
    virErrorPtr orig;
    bool over;

    virErrorPreserveLast(&orig);

    caller = virIdentityGetCurrent();
    if ((system = virIdentityGetSystem()))
        virIdentitySetCurrent(system);

    over = qemuMigrationHostdevUndoIsOver(driver, record);

    virIdentitySetCurrent(caller);
    virErrorRestore(&orig);
    return over;
}


static void
qemuMigrationHostdevUndoSave(qemuMigrationHostdevUndo *undo)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;

    if (!undo->records) {
        if (unlink(undo->path) < 0 && errno != ENOENT)
            VIR_WARN("Cannot remove '%s': %s", undo->path, g_strerror(errno));
        return;
    }

    qemuMigrationHostdevRecordsFormat(&buf, undo->records);
    if (virFileRewriteStr(undo->path, 0600, virBufferCurrentContent(&buf)) < 0) {
        VIR_WARN("Cannot save what is left to undo in '%s': %s",
                 undo->path, virGetLastErrorMessage());
        virResetLastError();
    }
}


static void
qemuMigrationHostdevUndoSubmit(qemuMigrationHostdevUndo *undo)
{
    if (undo->pool && virThreadPoolGetJobQueueDepth(undo->pool) == 0)
        ignore_value(virThreadPoolSendJob(undo->pool, 0, NULL));
}


static void
qemuMigrationHostdevUndoTimer(int timer G_GNUC_UNUSED,
                              void *opaque)
{
    qemuMigrationHostdevUndo *undo = opaque;

    VIR_LOCK_GUARD lock = virLockGuardLock(&undo->lock);

    qemuMigrationHostdevUndoSubmit(undo);
}


/* Call with the lock held, after the list changed */
static void
qemuMigrationHostdevUndoChanged(qemuMigrationHostdevUndo *undo)
{
    qemuMigrationHostdevUndoSave(undo);

    if (undo->timer >= 0) {
        virEventUpdateTimeout(undo->timer,
                              undo->records ? QEMU_MIGRATION_HOSTDEV_UNDO_INTERVAL * 1000 : -1);
    }
}


static void
qemuMigrationHostdevUndoWorker(void *jobdata G_GNUC_UNUSED,
                               void *opaque)
{
    qemuMigrationHostdevUndoRetry(opaque);
}


/**
 * qemuMigrationHostdevUndoNew:
 * @driver: QEMU driver
 * @path: file for what is left to undo when this daemon ends
 *
 * Returns a new list of devices that are left to be removed, filled from
 * @path. A file that cannot be parsed is renamed, and reported in the log.
 */
qemuMigrationHostdevUndo *
qemuMigrationHostdevUndoNew(virQEMUDriver *driver,
                            const char *path)
{
    g_autoptr(xmlDoc) xml = NULL;
    g_autoptr(xmlXPathContext) ctxt = NULL;
    qemuMigrationHostdevUndo *undo = g_new0(qemuMigrationHostdevUndo, 1);
    GSList *next;

    if (virMutexInit(&undo->lock) < 0 || virCondInit(&undo->cond) < 0)
        abort();
    undo->driver = driver;
    undo->path = g_strdup(path);
    undo->timer = -1;

    if (virFileExists(path) &&
        (!(xml = virXMLParseFileCtxt(path, &ctxt)) ||
         qemuMigrationHostdevRecordsParseNodes(ctxt, "./hostdev",
                                               &undo->records) < 0)) {
        g_autofree char *bad = g_strdup_printf("%s.bad", path);

        VIR_WARN("Cannot read what is left to undo, see '%s': %s",
                 bad, virGetLastErrorMessage());
        virResetLastError();
        if (rename(path, bad) < 0)
            VIR_WARN("Cannot rename '%s': %s", path, g_strerror(errno));
    }

    /* whoever put them there had tried it */
    for (next = undo->records; next; next = next->next) {
        qemuMigrationHostdevRecord *record = next->data;

        /* Guests that are connected to again may not have their devices
         * reserved yet: only the VFIO group tells that they use them. */
        record->attempts = 1;
    }

    return undo;
}


/**
 * qemuMigrationHostdevUndoStart:
 * @undo: list of devices to remove
 * @identity: identity to work with
 *
 * Starts the thread and the timer that work on the list.
 *
 * Returns 0 on success, -1 on failure with an error reported.
 */
int
qemuMigrationHostdevUndoStart(qemuMigrationHostdevUndo *undo,
                              virIdentity *identity)
{
    VIR_LOCK_GUARD lock = virLockGuardLock(&undo->lock);

    if (!(undo->pool = virThreadPoolNewFull(0, 1, 0, qemuMigrationHostdevUndoWorker,
                                            "qemu-hostdev-undo", identity, undo)))
        return -1;

    undo->timer = virEventAddTimeout(undo->records ?
                                     QEMU_MIGRATION_HOSTDEV_UNDO_INTERVAL * 1000 : -1,
                                     qemuMigrationHostdevUndoTimer, undo, NULL);
    if (undo->records)
        qemuMigrationHostdevUndoSubmit(undo);

    return 0;
}


void
qemuMigrationHostdevUndoStop(qemuMigrationHostdevUndo *undo)
{
    if (!undo)
        return;

    VIR_WITH_MUTEX_LOCK_GUARD(&undo->lock) {
        if (undo->timer >= 0)
            virEventRemoveTimeout(undo->timer);
        undo->timer = -1;
    }

    if (undo->pool)
        virThreadPoolStop(undo->pool);
}


void
qemuMigrationHostdevUndoDrain(qemuMigrationHostdevUndo *undo)
{
    if (undo && undo->pool)
        virThreadPoolDrain(undo->pool);
}


void
qemuMigrationHostdevUndoFree(qemuMigrationHostdevUndo *undo)
{
    if (!undo)
        return;

    qemuMigrationHostdevUndoStop(undo);
    virThreadPoolFree(undo->pool);
    qemuMigrationHostdevRecordListFree(undo->records);
    virCondDestroy(&undo->cond);
    virMutexDestroy(&undo->lock);
    g_free(undo->path);
    g_free(undo);
}


static qemuMigrationHostdevRecord *
qemuMigrationHostdevUndoFind(qemuMigrationHostdevUndo *undo,
                             const char *uuid)
{
    GSList *next;

    for (next = undo->records; next; next = next->next) {
        qemuMigrationHostdevRecord *record = next->data;

        if (STREQ(record->uuid, uuid))
            return record;
    }

    return NULL;
}


/* Puts a record, which is stolen, into the list. One of a device is enough:
 * it may be known from before this daemon was restarted. */
static void
qemuMigrationHostdevUndoKeep(virQEMUDriver *driver,
                             qemuMigrationHostdevRecord **record,
                             bool now)
{
    qemuMigrationHostdevUndo *undo = driver->migrationHostdevUndo;
    g_autoptr(qemuMigrationHostdevRecord) rec = g_steal_pointer(record);

    if (!undo)
        return;

    VIR_WITH_MUTEX_LOCK_GUARD(&undo->lock) {
        if (!qemuMigrationHostdevUndoFind(undo, rec->uuid)) {
            undo->records = g_slist_append(undo->records, g_steal_pointer(&rec));
            qemuMigrationHostdevUndoChanged(undo);
        }

        if (now)
            qemuMigrationHostdevUndoSubmit(undo);
    }
}


/**
 * qemuMigrationHostdevUndoRecord:
 * @driver: QEMU driver
 * @record: what to undo, stolen
 *
 * Removes a device that an incoming migration created, or stops one that it
 * started. It is never removed while it is in use, or when a device of
 * another type has its UUID by now. What cannot be undone at once is kept,
 * even across the end of this daemon, and tried again.
 *
 * An error that was set before stays set, none is reported.
 *
 * Returns true if there is nothing left to do, false if it is tried again.
 */
bool
qemuMigrationHostdevUndoRecord(virQEMUDriver *driver,
                               qemuMigrationHostdevRecord **record)
{
    if (qemuMigrationHostdevUndoAsSystem(driver, *record)) {
        g_clear_pointer(record, qemuMigrationHostdevRecordFree);
        return true;
    }

    qemuMigrationHostdevUndoKeep(driver, record, false);
    return false;
}


/**
 * qemuMigrationHostdevUndoLater:
 * @driver: QEMU driver
 * @record: what to undo, stolen
 *
 * The same in another thread, for a caller that must not wait.
 */
void
qemuMigrationHostdevUndoLater(virQEMUDriver *driver,
                              qemuMigrationHostdevRecord **record)
{
    qemuMigrationHostdevUndoKeep(driver, record, true);
}


/**
 * qemuMigrationHostdevUndoRetry:
 * @undo: list of devices to remove
 *
 * Tries once to undo each record of the list. To be called by one thread.
 */
void
qemuMigrationHostdevUndoRetry(qemuMigrationHostdevUndo *undo)
{
    GSList *done = NULL;

    virMutexLock(&undo->lock);

    while (true) {
        qemuMigrationHostdevRecord *record = NULL;
        GSList *next;
        bool over;

        for (next = undo->records; next; next = next->next) {
            qemuMigrationHostdevRecord *candidate = next->data;

            if (!candidate->busy && !g_slist_find(done, candidate)) {
                record = candidate;
                break;
            }
        }
        if (!record)
            break;

        record->busy = true;
        virMutexUnlock(&undo->lock);

        over = qemuMigrationHostdevUndoAsSystem(undo->driver, record);

        virMutexLock(&undo->lock);
        record->busy = false;
        if (over) {
            undo->records = g_slist_remove(undo->records, record);
            qemuMigrationHostdevRecordFree(record);
            qemuMigrationHostdevUndoChanged(undo);
        } else {
            done = g_slist_prepend(done, record);
        }
        virCondBroadcast(&undo->cond);
    }

    virMutexUnlock(&undo->lock);
    g_slist_free(done);
}


/**
 * qemuMigrationHostdevUndoClaim:
 * @undo: list of devices to remove
 * @uuid: UUID of a mediated device that a guest needs now
 *
 * From now on the device is left alone. It is still ours, so whoever uses it
 * now has to remove it later; it stays in the file until
 * qemuMigrationHostdevUndoRelease() says that this is noted elsewhere.
 *
 * Returns a copy of the record, to be freed by the caller, or NULL if there
 * is none.
 */
qemuMigrationHostdevRecord *
qemuMigrationHostdevUndoClaim(qemuMigrationHostdevUndo *undo,
                              const char *uuid)
{
    VIR_LOCK_GUARD lock = virLockGuardLock(&undo->lock);
    qemuMigrationHostdevRecord *record;
    qemuMigrationHostdevRecord *copy;

    while ((record = qemuMigrationHostdevUndoFind(undo, uuid)) && record->busy) {
        if (virCondWait(&undo->cond, &undo->lock) < 0)
            return NULL;
    }

    if (!record)
        return NULL;

    record->busy = true;
    copy = qemuMigrationHostdevRecordNew(uuid, record->mdevType, record->parent,
                                         record->action);
    copy->name = g_strdup(record->name);
    /* committed or not, that was with another guest */
    copy->state = record->state == QEMU_MIGRATION_HOSTDEV_STATE_PENDING ?
                  QEMU_MIGRATION_HOSTDEV_STATE_PENDING :
                  QEMU_MIGRATION_HOSTDEV_STATE_DONE;
    return copy;
}


/**
 * qemuMigrationHostdevUndoRelease:
 * @undo: list of devices to remove
 * @uuid: UUID of a mediated device that was claimed
 * @taken: whether the device is noted elsewhere
 *
 * Takes the device out of the list, or leaves it there to be removed after
 * all.
 */
void
qemuMigrationHostdevUndoRelease(qemuMigrationHostdevUndo *undo,
                                const char *uuid,
                                bool taken)
{
    VIR_LOCK_GUARD lock = virLockGuardLock(&undo->lock);
    qemuMigrationHostdevRecord *record = qemuMigrationHostdevUndoFind(undo, uuid);

    if (!record)
        return;

    record->busy = false;
    if (taken) {
        undo->records = g_slist_remove(undo->records, record);
        qemuMigrationHostdevRecordFree(record);
        qemuMigrationHostdevUndoChanged(undo);
    }
    virCondBroadcast(&undo->cond);
}
