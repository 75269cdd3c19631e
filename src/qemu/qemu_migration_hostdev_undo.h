/*
 * qemu_migration_hostdev_undo.h: removal of devices that a migration made
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

#pragma once

#include "domain_conf.h"
#include "qemu_conf.h"
#include "qemu_migration_hostdev_cookie.h"

/* seconds between two attempts to undo */
#define QEMU_MIGRATION_HOSTDEV_UNDO_INTERVAL 60
/* attempts to see a device that may still appear: longer than the node device
 * driver itself waits for it */
#define QEMU_MIGRATION_HOSTDEV_UNDO_APPEAR 10
/* attempts to get a device that is in use: its process may take time to die */
#define QEMU_MIGRATION_HOSTDEV_UNDO_BUSY 3

typedef enum {
    /* we asked for the device, and do not know what became of it */
    QEMU_MIGRATION_HOSTDEV_STATE_PENDING,
    /* the device is there */
    QEMU_MIGRATION_HOSTDEV_STATE_DONE,
    /* and the guest runs with it */
    QEMU_MIGRATION_HOSTDEV_STATE_COMMITTED,

    QEMU_MIGRATION_HOSTDEV_STATE_LAST
} qemuMigrationHostdevState;

VIR_ENUM_DECL(qemuMigrationHostdevState);


/* A mediated device that was absent, or inactive, when an incoming migration
 * needed it: made by us, and ours to remove. */
typedef struct _qemuMigrationHostdevRecord qemuMigrationHostdevRecord;
struct _qemuMigrationHostdevRecord {
    char uuid[VIR_UUID_STRING_BUFLEN];
    char *mdevType;
    char *parent;               /* node device */
    char *name;                 /* node device, NULL: not known */
    qemuMigrationHostdevAction action;
    qemuMigrationHostdevState state;

    /* of a record that is left to undo: somebody works on it, or claimed it */
    bool busy;
    unsigned int attempts;
};

qemuMigrationHostdevRecord *
qemuMigrationHostdevRecordNew(const char *uuid,
                              const char *mdevType,
                              const char *parent,
                              qemuMigrationHostdevAction action);

void
qemuMigrationHostdevRecordFree(qemuMigrationHostdevRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuMigrationHostdevRecord,
                              qemuMigrationHostdevRecordFree);

void
qemuMigrationHostdevRecordListFree(GSList *records);

void
qemuMigrationHostdevRecordsFormat(virBuffer *buf,
                                  GSList *records);

int
qemuMigrationHostdevRecordsParse(xmlXPathContextPtr ctxt,
                                 GSList **ret_records);

char *
qemuMigrationHostdevGetType(const char *uuid);

bool
qemuMigrationHostdevIsAssigned(virQEMUDriver *driver,
                               const char *uuid);

bool
qemuMigrationHostdevConnectionIsLost(virConnectPtr conn);

int
qemuMigrationHostdevFindNodeDevice(virConnectPtr conn,
                                   const char *uuid,
                                   bool active,
                                   virNodeDeviceDef **ret_def);


typedef struct _qemuMigrationHostdevUndo qemuMigrationHostdevUndo;

qemuMigrationHostdevUndo *
qemuMigrationHostdevUndoNew(virQEMUDriver *driver,
                            const char *path);

void
qemuMigrationHostdevUndoFree(qemuMigrationHostdevUndo *undo);

int
qemuMigrationHostdevUndoStart(qemuMigrationHostdevUndo *undo,
                              virIdentity *identity);

void
qemuMigrationHostdevUndoStop(qemuMigrationHostdevUndo *undo);

void
qemuMigrationHostdevUndoDrain(qemuMigrationHostdevUndo *undo);

bool
qemuMigrationHostdevUndoRecord(virQEMUDriver *driver,
                               qemuMigrationHostdevRecord **record);

void
qemuMigrationHostdevUndoLater(virQEMUDriver *driver,
                              qemuMigrationHostdevRecord **record);

void
qemuMigrationHostdevUndoRetry(qemuMigrationHostdevUndo *undo);

qemuMigrationHostdevRecord *
qemuMigrationHostdevUndoClaim(qemuMigrationHostdevUndo *undo,
                              const char *uuid);

void
qemuMigrationHostdevUndoRelease(qemuMigrationHostdevUndo *undo,
                                const char *uuid,
                                bool taken);
