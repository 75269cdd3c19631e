/*
 * qemu_migration_hostdev_program.h: vfio-user programs of a guest that migrates
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
#include "virdevmigrationcompare.h"

/* What a program says about the devices that it can be */
typedef struct _qemuMigrationProgram qemuMigrationProgram;
struct _qemuMigrationProgram {
    virDevMigration *info;      /* NULL: nothing */
    char *error;                /* why it could not be asked, or NULL */
};

int
qemuMigrationProgramsAsk(virQEMUDriver *driver,
                         virDomainObj *vm,
                         GHashTable **ret_programs);

const qemuMigrationProgram *
qemuMigrationProgramsFind(GHashTable *programs,
                          const virDomainHostdevDef *hostdev);

int
qemuMigrationProgramLaunched(const qemuMigrationProgram *program,
                             const virDomainHostdevSubsysVfioUser *source,
                             virDevMigration **ret_migration);

void
qemuMigrationProgramSetLaunch(virDomainHostdevSubsysVfioUser *source,
                              const virDevMigrationComparison *comparison);
