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

#include <unistd.h>

#include "qemu_migration_hostdev_nodedev.h"
#include "qemu_migration_hostdev_undo.h"
#include "viralloc.h"
#include "virerror.h"
#include "virevent.h"
#include "virfile.h"
#include "viridentity.h"
#include "virlog.h"
#include "virmdev.h"
#include "virthread.h"
#include "virthreadpool.h"
#include "virtime.h"
#include "viruuid.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.qemu_migration_hostdev_undo");

/* seconds between two looks at a call that has not come back */
#define QEMU_MIGRATION_HOSTDEV_UNDO_LOOK 2

typedef enum {
    QEMU_MIGRATION_HOSTDEV_UNDO_GONE,   /* or not ours any more */
    QEMU_MIGRATION_HOSTDEV_UNDO_IN_USE,
    QEMU_MIGRATION_HOSTDEV_UNDO_ABSENT, /* not there yet */
    QEMU_MIGRATION_HOSTDEV_UNDO_FAILED,
} qemuMigrationHostdevUndoResult;

/* One device that is left to be removed */
typedef struct _qemuMigrationHostdevUndoEntry qemuMigrationHostdevUndoEntry;
struct _qemuMigrationHostdevUndoEntry {
    qemuMigrationHostdevRecord *record;
    unsigned char guest[VIR_UUID_BUFLEN];   /* all zero: of an earlier daemon */
    bool busy;                  /* somebody works on it, or claimed it */
    bool tried;                 /* by this daemon */
    unsigned int round;         /* the last one that looked at it */
    gint64 due;                 /* next attempt, monotonic, in microseconds */
    qemuMigrationHostdevCall *call;         /* to remove it, not back yet */
    char *said;                 /* why it could not be removed, in the log */
};

/* What could not be undone at once. The file is there as long as the list is
 * not empty; the lock is not held while anything is undone. */
struct _qemuMigrationHostdevUndo {
    virQEMUDriver *driver;
    char *path;

    virMutex lock;
    virCond cond;               /* an entry is no longer busy, or gone */
    GSList *entries;
    unsigned int round;
    bool unsaved;               /* the file does not say what the list does */
    bool holding;               /* this daemon does not end by itself */
    bool stopped;
    int timer;
    virThreadPool *pool;
};


static void
qemuMigrationHostdevUndoEntryFree(void *opaque)
{
    qemuMigrationHostdevUndoEntry *entry = opaque;

    qemuMigrationHostdevRecordFree(entry->record);
    qemuMigrationHostdevCallUnref(entry->call);
    g_free(entry->said);
    g_free(entry);
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


/* Does somebody have the device open? If nobody had it once, that is not the
 * guest that it was made for, whose process takes its time to die. */
static bool
qemuMigrationHostdevUndoIsBusy(qemuMigrationHostdevRecord *record)
{
    VIR_AUTOCLOSE group = qemuMigrationNodeDevOpenGroup(record->uuid);

    if (group < 0 && errno == EBUSY)
        return true;

    if (group >= 0 || errno == ENOENT)
        record->seenFree = true;

    return false;
}


/* Removes the device of a record, which is ours. */
static qemuMigrationHostdevUndoResult
qemuMigrationHostdevUndoRemove(qemuMigrationHostdevUndoEntry *entry)
{
    qemuMigrationHostdevRecord *record = entry->record;
    g_autofree char *dir = virMediatedDeviceGetSysfsPath(record->uuid);
    g_autofree char *what = NULL;
    g_autoptr(qemuMigrationHostdevCall) call = NULL;
    qemuMigrationNodeDev *ask;

    if (qemuMigrationHostdevUndoIsBusy(record)) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("mediated device '%1$s' is in use"), record->uuid);
        return record->seenFree ? QEMU_MIGRATION_HOSTDEV_UNDO_IN_USE :
                                  QEMU_MIGRATION_HOSTDEV_UNDO_FAILED;
    }

    ask = qemuMigrationNodeDevNew(NULL);
    ask->uuid = g_strdup(record->uuid);
    ask->parent = g_strdup(record->parent);
    ask->name = g_strdup(record->name);
    ask->force = record->attempts > 1;

    what = g_strdup_printf(_("removal of mediated device '%1$s'"), record->uuid);
    if (!(call = qemuMigrationHostdevCallStart(qemuMigrationNodeDevRemove, ask,
                                               qemuMigrationNodeDevFree, what)))
        return QEMU_MIGRATION_HOSTDEV_UNDO_FAILED;

    if (!qemuMigrationHostdevCallWait(call, QEMU_MIGRATION_HOSTDEV_UNDO_ATTEMPT)) {
        qemuMigrationHostdevCallReportTimeout(call, QEMU_MIGRATION_HOSTDEV_UNDO_ATTEMPT);
        entry->call = g_steal_pointer(&call);
        return QEMU_MIGRATION_HOSTDEV_UNDO_FAILED;
    }

    if (qemuMigrationHostdevCallResult(call) < 0 && virFileExists(dir))
        return QEMU_MIGRATION_HOSTDEV_UNDO_FAILED;

    VIR_INFO("Removed mediated device '%s' that an incoming migration had made",
             record->uuid);
    return QEMU_MIGRATION_HOSTDEV_UNDO_GONE;
}


/* Tries to undo one record. */
static qemuMigrationHostdevUndoResult
qemuMigrationHostdevUndoOne(virQEMUDriver *driver,
                            qemuMigrationHostdevUndoEntry *entry)
{
    qemuMigrationHostdevRecord *record = entry->record;

    if (entry->call && !qemuMigrationHostdevCallWait(entry->call, 0)) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("the removal of mediated device '%1$s' has not come back yet"),
                       record->uuid);
        return QEMU_MIGRATION_HOSTDEV_UNDO_FAILED;
    }
    g_clear_pointer(&entry->call, qemuMigrationHostdevCallUnref);

    record->attempts++;

    switch (qemuMigrationHostdevRecordLook(record)) {
    case QEMU_MIGRATION_HOSTDEV_PRESENCE_EXPECTED:
        return QEMU_MIGRATION_HOSTDEV_UNDO_ABSENT;

    case QEMU_MIGRATION_HOSTDEV_PRESENCE_ABSENT:
        return QEMU_MIGRATION_HOSTDEV_UNDO_GONE;

    case QEMU_MIGRATION_HOSTDEV_PRESENCE_FOREIGN:
        VIR_WARN("Mediated device '%s' is not the one that an incoming migration had made: not removed",
                 record->uuid);
        return QEMU_MIGRATION_HOSTDEV_UNDO_GONE;

    case QEMU_MIGRATION_HOSTDEV_PRESENCE_INCOMPLETE:
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("mediated device '%1$s' is not complete"), record->uuid);
        return QEMU_MIGRATION_HOSTDEV_UNDO_FAILED;

    case QEMU_MIGRATION_HOSTDEV_PRESENCE_OURS:
    default:
        break;
    }

    if (qemuMigrationHostdevIsAssigned(driver, record->uuid))
        return QEMU_MIGRATION_HOSTDEV_UNDO_IN_USE;

    return qemuMigrationHostdevUndoRemove(entry);
}


/* Is there nothing left to do? */
static bool
qemuMigrationHostdevUndoIsOver(virQEMUDriver *driver,
                               qemuMigrationHostdevUndoEntry *entry)
{
    const char *uuid = entry->record->uuid;

    switch (qemuMigrationHostdevUndoOne(driver, entry)) {
    case QEMU_MIGRATION_HOSTDEV_UNDO_GONE:
        return true;

    case QEMU_MIGRATION_HOSTDEV_UNDO_IN_USE:
        VIR_WARN("Mediated device '%s' that an incoming migration had made is in use: not removed",
                 uuid);
        return true;

    case QEMU_MIGRATION_HOSTDEV_UNDO_ABSENT:
        return false;

    case QEMU_MIGRATION_HOSTDEV_UNDO_FAILED:
    default:
        break;
    }

    if (STRNEQ_NULLABLE(entry->said, virGetLastErrorMessage())) {
        g_free(entry->said);
        entry->said = g_strdup(virGetLastErrorMessage());
        VIR_WARN("Cannot remove mediated device '%s' that an incoming migration had made: %s; trying again later",
                 uuid, entry->said);
    }

    return false;
}


/* Removing is our own business, whoever called: the connection of a client
 * that went away has no identity at all. */
static bool
qemuMigrationHostdevUndoAsSystem(virQEMUDriver *driver,
                                 qemuMigrationHostdevUndoEntry *entry)
{
    g_autoptr(virIdentity) caller = NULL;
    g_autoptr(virIdentity) system = NULL;
    virErrorPtr orig;
    bool over;

    virErrorPreserveLast(&orig);

    caller = virIdentityGetCurrent();
    if ((system = virIdentityGetSystem()))
        virIdentitySetCurrent(system);

    over = qemuMigrationHostdevUndoIsOver(driver, entry);

    virIdentitySetCurrent(caller);
    virErrorRestore(&orig);
    return over;
}


/* Call with the lock held */
static void
qemuMigrationHostdevUndoSave(qemuMigrationHostdevUndo *undo)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    g_autoptr(GSList) records = NULL;
    GSList *next;

    undo->unsaved = false;

    if (!undo->entries) {
        if (unlink(undo->path) < 0 && errno != ENOENT)
            VIR_WARN("Cannot remove '%s': %s", undo->path, g_strerror(errno));
        return;
    }

    for (next = undo->entries; next; next = next->next) {
        qemuMigrationHostdevUndoEntry *entry = next->data;

        records = g_slist_prepend(records, entry->record);
    }
    records = g_slist_reverse(records);

    qemuMigrationHostdevRecordsFormat(&buf, records);
    if (virFileRewriteStr(undo->path, 0600, virBufferCurrentContent(&buf)) < 0) {
        VIR_WARN("Cannot save what is left to undo in '%s': %s",
                 undo->path, virGetLastErrorMessage());
        virResetLastError();
        undo->unsaved = true;
    }
}


/* Call with the lock held */
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

    if (undo->timer < 0)
        return;

    virEventUpdateTimeout(undo->timer, -1);
    qemuMigrationHostdevUndoSubmit(undo);
}


/* Sets the timer to the next attempt that is due. Whatever comes and goes
 * meanwhile does not put it off. Call with the lock held. */
static void
qemuMigrationHostdevUndoArm(qemuMigrationHostdevUndo *undo)
{
    gint64 first = 0;
    gint64 wait;
    GSList *next;

    if (undo->timer < 0)
        return;

    for (next = undo->entries; next; next = next->next) {
        qemuMigrationHostdevUndoEntry *entry = next->data;

        if (!entry->busy && (first == 0 || entry->due < first))
            first = entry->due;
    }

    if (first == 0) {
        virEventUpdateTimeout(undo->timer, -1);
        return;
    }

    wait = (first - g_get_monotonic_time()) / 1000;
    virEventUpdateTimeout(undo->timer, CLAMP(wait, 1, INT_MAX));
}


/* This daemon does not end by itself while there is something to undo. Call
 * with the lock held. */
static void
qemuMigrationHostdevUndoHold(qemuMigrationHostdevUndo *undo)
{
    bool hold = undo->entries && !undo->stopped;

    if (!undo->driver->inhibitor || hold == undo->holding)
        return;

    undo->holding = hold;
    if (hold)
        virInhibitorHold(undo->driver->inhibitor);
    else
        virInhibitorRelease(undo->driver->inhibitor);
}


/* Call with the lock held, after the list changed */
static void
qemuMigrationHostdevUndoChanged(qemuMigrationHostdevUndo *undo)
{
    qemuMigrationHostdevUndoSave(undo);
    qemuMigrationHostdevUndoHold(undo);
    qemuMigrationHostdevUndoArm(undo);
}


/* Puts a record, which is stolen, into the list. Call with the lock held.
 * Returns the entry, of a record that was known already, from before this daemon
 * was restarted, the old one. */
static qemuMigrationHostdevUndoEntry *
qemuMigrationHostdevUndoAppend(qemuMigrationHostdevUndo *undo,
                               qemuMigrationHostdevRecord **record,
                               const unsigned char *guest)
{
    g_autoptr(qemuMigrationHostdevRecord) rec = g_steal_pointer(record);
    qemuMigrationHostdevUndoEntry *entry;
    GSList *next;

    for (next = undo->entries; next; next = next->next) {
        entry = next->data;

        if (!qemuMigrationHostdevRecordIsSame(entry->record, rec))
            continue;

        /* what tells more about the very device */
        if (!entry->busy && entry->record->inode == 0) {
            qemuMigrationHostdevRecordFree(entry->record);
            entry->record = g_steal_pointer(&rec);
        }
        entry->due = g_get_monotonic_time();
        return entry;
    }

    entry = g_new0(qemuMigrationHostdevUndoEntry, 1);
    entry->record = g_steal_pointer(&rec);
    if (guest)
        memcpy(entry->guest, guest, VIR_UUID_BUFLEN);
    entry->due = g_get_monotonic_time();
    undo->entries = g_slist_append(undo->entries, entry);

    return entry;
}


/**
 * qemuMigrationHostdevUndoNew:
 * @driver: QEMU driver
 * @path: file for what is left to undo when this daemon ends
 *
 * Returns a new list of devices that are left to be removed, filled from
 * @path. A file that cannot be understood, in whole or in part, is renamed, and
 * reported in the log.
 */
qemuMigrationHostdevUndo *
qemuMigrationHostdevUndoNew(virQEMUDriver *driver,
                            const char *path)
{
    g_autoptr(xmlDoc) xml = NULL;
    g_autoptr(xmlXPathContext) ctxt = NULL;
    g_autoptr(GSList) records = NULL;
    qemuMigrationHostdevUndo *undo = g_new0(qemuMigrationHostdevUndo, 1);
    GSList *next;

    if (virMutexInit(&undo->lock) < 0 || virCondInit(&undo->cond) < 0)
        abort();
    undo->driver = driver;
    undo->path = g_strdup(path);
    undo->timer = -1;

    if (virFileExists(path) &&
        (!(xml = virXMLParseFileCtxt(path, &ctxt)) ||
         qemuMigrationHostdevRecordsParse(ctxt, "./hostdev", &records) != 0)) {
        g_autofree char *bad = g_strdup_printf("%s.bad", path);

        VIR_WARN("Cannot read all that is left to undo, see '%s': %s",
                 bad, virGetLastErrorMessage());
        virResetLastError();
        if (rename(path, bad) < 0)
            VIR_WARN("Cannot rename '%s': %s", path, g_strerror(errno));
        undo->unsaved = !!records;
    }

    for (next = records; next; next = next->next) {
        qemuMigrationHostdevRecord *record = next->data;

        qemuMigrationHostdevUndoAppend(undo, &record, NULL);
    }

    if (undo->unsaved)
        qemuMigrationHostdevUndoSave(undo);

    return undo;
}


/* Works on an entry that is busy, with the lock held, which is dropped
 * meanwhile. Returns true if nothing is left to do: the entry is gone. */
static bool
qemuMigrationHostdevUndoWork(qemuMigrationHostdevUndo *undo,
                             qemuMigrationHostdevUndoEntry *entry)
{
    unsigned int interval;
    bool over;

    virMutexUnlock(&undo->lock);
    over = qemuMigrationHostdevUndoAsSystem(undo->driver, entry);
    virMutexLock(&undo->lock);

    entry->busy = false;
    entry->tried = true;
    undo->unsaved = true;

    if (over) {
        undo->entries = g_slist_remove(undo->entries, entry);
        qemuMigrationHostdevUndoEntryFree(entry);
    } else {
        if (entry->call || entry->record->call)
            interval = QEMU_MIGRATION_HOSTDEV_UNDO_LOOK;
        else
            interval = 1U << MIN(entry->record->attempts - 1, 6);
        entry->due = g_get_monotonic_time() +
            MIN(interval, QEMU_MIGRATION_HOSTDEV_UNDO_INTERVAL) * G_USEC_PER_SEC;
    }

    virCondBroadcast(&undo->cond);
    return over;
}


/* Tries each entry that is due, once. What is done need not be saved at once:
 * that a device is gone can be seen. Only who adds something has to save it
 * before. */
static void
qemuMigrationHostdevUndoRound(qemuMigrationHostdevUndo *undo,
                              gint64 now)
{
    VIR_LOCK_GUARD lock = virLockGuardLock(&undo->lock);
    unsigned int round = ++undo->round;
    GSList *next = undo->entries;

    while (next) {
        qemuMigrationHostdevUndoEntry *entry = next->data;

        next = next->next;
        if (entry->busy || entry->round == round || entry->due > now)
            continue;

        entry->busy = true;
        entry->round = round;
        qemuMigrationHostdevUndoWork(undo, entry);
        /* the list may be another one by now */
        next = undo->entries;
    }

    if (undo->unsaved)
        qemuMigrationHostdevUndoSave(undo);
    qemuMigrationHostdevUndoHold(undo);
    qemuMigrationHostdevUndoArm(undo);
}


/**
 * qemuMigrationHostdevUndoRetry:
 * @undo: list of devices to remove
 *
 * Tries once to undo each record of the list.
 */
void
qemuMigrationHostdevUndoRetry(qemuMigrationHostdevUndo *undo)
{
    qemuMigrationHostdevUndoRound(undo, G_MAXINT64);
}


static void
qemuMigrationHostdevUndoWorker(void *jobdata G_GNUC_UNUSED,
                               void *opaque)
{
    qemuMigrationHostdevUndoRound(opaque, g_get_monotonic_time());
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

    undo->timer = virEventAddTimeout(-1, qemuMigrationHostdevUndoTimer, undo, NULL);
    qemuMigrationHostdevUndoHold(undo);
    if (undo->entries)
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
        undo->stopped = true;
        qemuMigrationHostdevUndoHold(undo);
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
    g_slist_free_full(undo->entries, qemuMigrationHostdevUndoEntryFree);
    virCondDestroy(&undo->cond);
    virMutexDestroy(&undo->lock);
    g_free(undo->path);
    g_free(undo);
}


/**
 * qemuMigrationHostdevUndoLater:
 * @undo: list of devices to remove, or NULL
 * @record: what to undo, stolen
 * @guest: UUID of the guest whose device it was
 *
 * Removes a device that an incoming migration created, or stops one that it
 * started, in another thread. It is never removed while it is in use, or when
 * another device has its UUID by now. What cannot be undone at once is tried
 * again, after 1, 2, 4, and so on up to 60 seconds, even across the end of this
 * daemon.
 *
 * To be called with the guest locked: it does not wait.
 */
void
qemuMigrationHostdevUndoLater(qemuMigrationHostdevUndo *undo,
                              qemuMigrationHostdevRecord **record,
                              const unsigned char *guest)
{
    if (!undo) {
        g_clear_pointer(record, qemuMigrationHostdevRecordFree);
        return;
    }

    VIR_WITH_MUTEX_LOCK_GUARD(&undo->lock) {
        qemuMigrationHostdevUndoAppend(undo, record, guest);
        qemuMigrationHostdevUndoChanged(undo);
        qemuMigrationHostdevUndoSubmit(undo);
    }
}


/**
 * qemuMigrationHostdevUndoNow:
 * @undo: list of devices to remove
 * @record: what to undo, stolen
 * @guest: UUID of the guest whose device it was
 *
 * The same, for a caller that can wait for the first attempt, without any lock
 * held: up to 10 seconds. An error that was set before stays set, none is
 * reported.
 *
 * Returns true if there is nothing left to do, false if it is tried again.
 */
bool
qemuMigrationHostdevUndoNow(qemuMigrationHostdevUndo *undo,
                            qemuMigrationHostdevRecord **record,
                            const unsigned char *guest)
{
    VIR_LOCK_GUARD lock = virLockGuardLock(&undo->lock);
    qemuMigrationHostdevUndoEntry *entry;
    bool over;

    entry = qemuMigrationHostdevUndoAppend(undo, record, guest);
    if (entry->busy)
        return false;

    entry->busy = true;
    qemuMigrationHostdevUndoChanged(undo);
    over = qemuMigrationHostdevUndoWork(undo, entry);
    qemuMigrationHostdevUndoChanged(undo);

    return over;
}


/**
 * qemuMigrationHostdevUndoWait:
 * @undo: list of devices to remove, or NULL
 * @guest: UUID of a guest
 *
 * Waits, without any lock held, until the devices of the guest are removed, or
 * their removal has been tried, at most 10 seconds.
 */
void
qemuMigrationHostdevUndoWait(qemuMigrationHostdevUndo *undo,
                             const unsigned char *guest)
{
    unsigned long long now;

    if (!undo || virTimeMillisNow(&now) < 0)
        return;

    VIR_WITH_MUTEX_LOCK_GUARD(&undo->lock) {
        GSList *next = undo->entries;

        while (next) {
            qemuMigrationHostdevUndoEntry *entry = next->data;

            next = next->next;
            if (entry->tried || memcmp(entry->guest, guest, VIR_UUID_BUFLEN) != 0)
                continue;

            if (virCondWaitUntil(&undo->cond, &undo->lock,
                                 now + QEMU_MIGRATION_HOSTDEV_UNDO_WAIT * 1000ULL) < 0)
                break;

            next = undo->entries;
        }
    }
}


/* The entry of a device that is there, else of one that may appear. Call with
 * the lock held. */
static qemuMigrationHostdevUndoEntry *
qemuMigrationHostdevUndoFind(qemuMigrationHostdevUndo *undo,
                             const char *uuid)
{
    qemuMigrationHostdevUndoEntry *expected = NULL;
    GSList *next;

    for (next = undo->entries; next; next = next->next) {
        qemuMigrationHostdevUndoEntry *entry = next->data;

        if (STRNEQ(entry->record->uuid, uuid))
            continue;

        if (entry->busy)
            return entry;

        switch (qemuMigrationHostdevRecordLook(entry->record)) {
        case QEMU_MIGRATION_HOSTDEV_PRESENCE_OURS:
        case QEMU_MIGRATION_HOSTDEV_PRESENCE_INCOMPLETE:
            return entry;

        case QEMU_MIGRATION_HOSTDEV_PRESENCE_EXPECTED:
            expected = entry;
            break;

        case QEMU_MIGRATION_HOSTDEV_PRESENCE_ABSENT:
        case QEMU_MIGRATION_HOSTDEV_PRESENCE_FOREIGN:
        default:
            break;
        }
    }

    return expected;
}


/**
 * qemuMigrationHostdevUndoClaim:
 * @undo: list of devices to remove
 * @uuid: UUID of a mediated device that a guest needs now
 * @ret_record: filled with a copy of the record of the device, if it is there,
 *              or may still appear, to be freed by the caller, otherwise with
 *              NULL; untouched on failure
 *
 * From now on the device is left alone. It is still ours, so whoever uses it
 * now has to remove it later; it stays in the file until
 * qemuMigrationHostdevUndoRelease() says that this is noted elsewhere.
 *
 * To be called without any lock: while the device is being removed, it waits up
 * to 30 seconds.
 *
 * Returns 0 on success, -1 on failure with an error reported.
 */
int
qemuMigrationHostdevUndoClaim(qemuMigrationHostdevUndo *undo,
                              const char *uuid,
                              qemuMigrationHostdevRecord **ret_record)
{
    VIR_LOCK_GUARD lock = virLockGuardLock(&undo->lock);
    qemuMigrationHostdevUndoEntry *entry;
    unsigned long long now;

    if (virTimeMillisNow(&now) < 0)
        return -1;

    while ((entry = qemuMigrationHostdevUndoFind(undo, uuid)) &&
           (entry->busy || entry->call)) {
        if (virCondWaitUntil(&undo->cond, &undo->lock,
                             now + QEMU_MIGRATION_HOSTDEV_UNDO_CLAIM * 1000ULL) < 0) {
            virReportError(VIR_ERR_OPERATION_TIMEOUT,
                           _("mediated device '%1$s', left from an earlier migration, is still being removed"),
                           uuid);
            return -1;
        }
    }

    if (!entry) {
        *ret_record = NULL;
        return 0;
    }

    entry->busy = true;
    *ret_record = qemuMigrationHostdevRecordCopy(entry->record);
    /* that was with another guest */
    (*ret_record)->attempts = 0;
    (*ret_record)->seenFree = false;
    if ((*ret_record)->state == QEMU_MIGRATION_HOSTDEV_STATE_COMMITTED)
        (*ret_record)->state = QEMU_MIGRATION_HOSTDEV_STATE_DONE;

    return 0;
}


/**
 * qemuMigrationHostdevUndoRelease:
 * @undo: list of devices to remove
 * @record: record of a device that was claimed
 * @taken: whether the device is noted elsewhere
 *
 * Takes the device out of the list, or leaves it there to be removed after
 * all.
 */
void
qemuMigrationHostdevUndoRelease(qemuMigrationHostdevUndo *undo,
                                const qemuMigrationHostdevRecord *record,
                                bool taken)
{
    VIR_LOCK_GUARD lock = virLockGuardLock(&undo->lock);
    GSList *next;

    for (next = undo->entries; next; next = next->next) {
        qemuMigrationHostdevUndoEntry *entry = next->data;

        if (!entry->busy ||
            !qemuMigrationHostdevRecordIsSame(entry->record, record))
            continue;

        entry->busy = false;
        if (taken) {
            undo->entries = g_slist_remove(undo->entries, entry);
            qemuMigrationHostdevUndoEntryFree(entry);
        }
        break;
    }

    qemuMigrationHostdevUndoChanged(undo);
    virCondBroadcast(&undo->cond);
}
