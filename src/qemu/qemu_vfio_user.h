/*
 * qemu_vfio_user.h: programs of vfio-user devices
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
#include "qemu_domain.h"

/* from the start of a program until its socket is there, in milliseconds */
#define QEMU_VFIO_USER_START_TIMEOUT (10 * 1000)
/* bytes of the program's output in the error if it does not start */
#define QEMU_VFIO_USER_MAX_ERRORS (4 * 1024)
/* bytes of a -device argument that are parsed as JSON */
#define QEMU_VFIO_USER_MAX_JSON (64 * 1024)

/* Whether libvirt runs the program of @hostdev */
bool
qemuVfioUserIsManaged(const virDomainHostdevDef *hostdev);

/* The functions below want a vfio-user device with an alias. */

char *
qemuVfioUserGetSocketPath(qemuDomainObjPrivate *priv,
                          const virDomainHostdevDef *hostdev);

char *
qemuVfioUserGetPidfilePath(virDomainObj *vm,
                           const virDomainHostdevDef *hostdev);

pid_t
qemuVfioUserGetPid(virDomainObj *vm,
                   const virDomainHostdevDef *hostdev);

/* All arguments, the program first; NULL-terminated, to be freed with
 * g_strfreev() */
char **
qemuVfioUserBuildArgs(const virDomainHostdevSubsysVfioUser *src,
                      const char *socket);

/* These do nothing for devices whose program libvirt does not run. */

/* Runs the program, and returns as soon as its socket is there */
int
qemuVfioUserStart(virDomainObj *vm,
                  virDomainHostdevDef *hostdev,
                  unsigned int timeout)
    G_GNUC_WARN_UNUSED_RESULT;

/* Ends the program whatever it takes; keeps the current error. Not to have
 * been started is no reason not to call it. */
void
qemuVfioUserStop(virDomainObj *vm,
                 virDomainHostdevDef *hostdev);

/* Likewise for all devices of a guest, which takes no longer than for one */
void
qemuVfioUserStopAll(virDomainObj *vm);

int
qemuVfioUserSetupCgroup(virDomainObj *vm,
                        virDomainHostdevDef *hostdev,
                        virCgroup *cgroup)
    G_GNUC_WARN_UNUSED_RESULT;

/* The id of the first vfio-user device among arguments of QEMU, or the name of
 * its driver if it has no id; NULL: none. To be freed by the caller */
char *
qemuVfioUserFindInArgs(char **args);

/* Whether the status of a guest may hold @flag. Those of vfio-user devices, which
 * another libvirt may not know, are only in that of a guest that it cannot read
 * anyway. */
bool
qemuVfioUserSavesFlag(const virDomainDef *def,
                      virQEMUCapsFlags flag);

/* Asks the running QEMU for the flags that are not in its guest's status */
void
qemuVfioUserReloadFlags(virDomainObj *vm);

/* Whether the state of all vfio-user devices is part of the guest's; an error
 * names the first one of which it is not. */
bool
qemuVfioUserIsMigratable(const virDomainDef *def,
                         virQEMUCaps *qemuCaps);
