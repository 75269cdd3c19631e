/*
 * qemu_migration_hostdev_record.h: devices that a migration made
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

#include "qemu_migration_hostdev_call.h"
#include "qemu_migration_hostdev_cookie.h"

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
 * decided to make it */
typedef struct _qemuMigrationHostdevRecord qemuMigrationHostdevRecord;
struct _qemuMigrationHostdevRecord {
    char uuid[VIR_UUID_STRING_BUFLEN];
    char *mdevType;
    char *parent;               /* node device */
    char *name;                 /* node device, NULL: not known */
    qemuMigrationHostdevAction action;
    qemuMigrationHostdevState state;

    /* which device it is: of this boot, and the one whose directory has that
     * number, 0: not seen yet */
    char *boot;
    unsigned long long inode;
    /* seconds since 1970 when it was asked for, and when the node device driver
     * was lost meanwhile, 0: not known to be */
    unsigned long long asked;
    unsigned long long lost;

    /* what is known of attempts to undo it */
    unsigned int attempts;
    bool seenFree;              /* nobody had it open then */

    /* of this daemon only: the call that is to make it, while it is pending */
    qemuMigrationHostdevCall *call;
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

bool
qemuMigrationHostdevRecordIsSame(const qemuMigrationHostdevRecord *a,
                                 const qemuMigrationHostdevRecord *b);

qemuMigrationHostdevRecord *
qemuMigrationHostdevRecordCopy(const qemuMigrationHostdevRecord *record);

void
qemuMigrationHostdevRecordLost(qemuMigrationHostdevRecord *record);

typedef enum {
    QEMU_MIGRATION_HOSTDEV_PRESENCE_OURS,       /* the very device */
    QEMU_MIGRATION_HOSTDEV_PRESENCE_INCOMPLETE, /* the kernel is still at it */
    QEMU_MIGRATION_HOSTDEV_PRESENCE_EXPECTED,   /* absent, and may appear */
    QEMU_MIGRATION_HOSTDEV_PRESENCE_ABSENT,
    QEMU_MIGRATION_HOSTDEV_PRESENCE_FOREIGN,    /* somebody else's */
} qemuMigrationHostdevPresence;

qemuMigrationHostdevPresence
qemuMigrationHostdevRecordLook(qemuMigrationHostdevRecord *record);

void
qemuMigrationHostdevRecordsFormat(virBuffer *buf,
                                  GSList *records);

int
qemuMigrationHostdevRecordsParse(xmlXPathContextPtr ctxt,
                                 const char *xpath,
                                 GSList **ret_records);

char *
qemuMigrationHostdevGetType(const char *uuid);
