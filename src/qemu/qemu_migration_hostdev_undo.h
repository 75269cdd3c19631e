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

#include "qemu_conf.h"
#include "qemu_migration_hostdev_record.h"

/* seconds between two attempts to undo: 1, 2, 4, ..., at most so many */
#define QEMU_MIGRATION_HOSTDEV_UNDO_INTERVAL 60
/* seconds that one attempt may hold up the others */
#define QEMU_MIGRATION_HOSTDEV_UNDO_ATTEMPT 10
/* seconds that a client waits for the first attempt */
#define QEMU_MIGRATION_HOSTDEV_UNDO_WAIT 10
/* seconds that a guest waits for a device that is being removed */
#define QEMU_MIGRATION_HOSTDEV_UNDO_CLAIM 30

bool
qemuMigrationHostdevIsAssigned(virQEMUDriver *driver,
                               const char *uuid);


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

void
qemuMigrationHostdevUndoLater(qemuMigrationHostdevUndo *undo,
                              qemuMigrationHostdevRecord **record,
                              const unsigned char *guest);

bool
qemuMigrationHostdevUndoNow(qemuMigrationHostdevUndo *undo,
                            qemuMigrationHostdevRecord **record,
                            const unsigned char *guest);

void
qemuMigrationHostdevUndoWait(qemuMigrationHostdevUndo *undo,
                             const unsigned char *guest);

void
qemuMigrationHostdevUndoRetry(qemuMigrationHostdevUndo *undo);

int
qemuMigrationHostdevUndoClaim(qemuMigrationHostdevUndo *undo,
                              const char *uuid,
                              qemuMigrationHostdevRecord **ret_record);

void
qemuMigrationHostdevUndoRelease(qemuMigrationHostdevUndo *undo,
                                const qemuMigrationHostdevRecord *record,
                                bool taken);
