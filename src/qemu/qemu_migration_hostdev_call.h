/*
 * qemu_migration_hostdev_call.h: calls that may take long, or for ever
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

#include "internal.h"
#include "virerror.h"

/* seconds that the node device driver may take to make a device: it waits 75
 * seconds for one to appear, and mdevctl may run scripts before */
#define QEMU_MIGRATION_HOSTDEV_CALL_MAKE 90
/* seconds that anything else may take */
#define QEMU_MIGRATION_HOSTDEV_CALL_ASK 20

typedef struct _qemuMigrationHostdevCall qemuMigrationHostdevCall;

/* Returns 0 on success, -1 on failure with an error reported. */
typedef int (*qemuMigrationHostdevCallFunc)(void *opaque);

qemuMigrationHostdevCall *
qemuMigrationHostdevCallStart(qemuMigrationHostdevCallFunc func,
                              void *opaque,
                              GDestroyNotify freeOpaque,
                              const char *what);

bool
qemuMigrationHostdevCallWait(qemuMigrationHostdevCall *call,
                             unsigned int timeout);

int
qemuMigrationHostdevCallResult(qemuMigrationHostdevCall *call);

void
qemuMigrationHostdevCallReportTimeout(qemuMigrationHostdevCall *call,
                                      unsigned int timeout);

qemuMigrationHostdevCall *
qemuMigrationHostdevCallRef(qemuMigrationHostdevCall *call);

void
qemuMigrationHostdevCallUnref(qemuMigrationHostdevCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuMigrationHostdevCall,
                              qemuMigrationHostdevCallUnref);
