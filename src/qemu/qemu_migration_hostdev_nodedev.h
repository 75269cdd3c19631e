/*
 * qemu_migration_hostdev_nodedev.h: what is asked of the node device driver
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

#include "datatypes.h"
#include "node_device_conf.h"

/* A question to the node device driver, or an order. It is given to a function
 * below, in a call that may take long, and has the answer afterwards. */
typedef struct _qemuMigrationNodeDev qemuMigrationNodeDev;
struct _qemuMigrationNodeDev {
    virConnectPtr conn;         /* to use; NULL: opened, for the next one, too */

    char *uuid;
    char *parent;
    char *name;                 /* node device */
    char *xml;
    bool force;                 /* do it without the node device driver */

    bool lost;                  /* nobody knows what became of the call */
    GPtrArray *defs;            /* virNodeDeviceDef, by name */
    GPtrArray *unread;          /* name and reason of what could not be read */
};

qemuMigrationNodeDev *
qemuMigrationNodeDevNew(virConnectPtr conn);

void
qemuMigrationNodeDevFree(void *opaque);

int
qemuMigrationNodeDevListParents(void *opaque);

int
qemuMigrationNodeDevFindInactive(void *opaque);

int
qemuMigrationNodeDevRead(void *opaque);

int
qemuMigrationNodeDevCreate(void *opaque);

int
qemuMigrationNodeDevStart(void *opaque);

int
qemuMigrationNodeDevRemove(void *opaque);

int
qemuMigrationNodeDevOpenGroup(const char *uuid);
