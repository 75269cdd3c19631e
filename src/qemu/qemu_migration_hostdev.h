/*
 * qemu_migration_hostdev.h: assigned devices of a guest that migrates
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

#include "qemu_domain.h"
#include "qemu_migration_hostdev_cookie.h"
#include "qemu_migration_hostdev_undo.h"

bool
qemuMigrationSrcHasHostdevs(const virDomainDef *def);

int
qemuMigrationSrcCollectHostdevs(virDomainObj *vm,
                                GSList **ret_hostdevs);

void
qemuMigrationSrcCheckHostdevsAnswer(virDomainObj *vm,
                                    GSList *answer);

int
qemuMigrationDstPrepareHostdevs(virQEMUDriver *driver,
                                virDomainObj *vm,
                                GSList *hostdevs,
                                unsigned int flags);

int
qemuMigrationDstCheckFunctions(virDomainObj *vm,
                               GSList *hostdevs,
                               unsigned int flags);

void
qemuMigrationDstCommitHostdevs(virDomainObj *vm);

void
qemuMigrationHostdevsStopping(virDomainObj *vm,
                              virDomainShutoffReason reason);

void
qemuMigrationHostdevsStopped(virQEMUDriver *driver,
                             virDomainObj *vm,
                             virDomainShutoffReason reason);

void
qemuMigrationHostdevDetached(virDomainObj *vm,
                             const virDomainHostdevDef *hostdev);
