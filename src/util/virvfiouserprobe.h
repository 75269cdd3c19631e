/*
 * virvfiouserprobe.h: ask a vfio-user program about migration
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

#include "virdevmigration.h"

/* from the start of the program to its end, in milliseconds */
#define VIR_VFIO_USER_PROBE_TIMEOUT (10 * 1000)
/* bytes of standard output: with more, the program is stopped, and it is an
 * error */
#define VIR_VFIO_USER_PROBE_MAX_OUTPUT VIR_DEV_MIGRATION_MAX_DOCUMENT
/* bytes of standard error that are kept for the message; more is dropped */
#define VIR_VFIO_USER_PROBE_MAX_ERRORS (4 * 1024)

/* Whom programs run as: user and primary group nobody if @privileged, else -1
 * and -1, as we are. */
void
virVfioUserProbeGetUser(bool privileged,
                        uid_t *ret_uid,
                        gid_t *ret_gid);

/* Runs `BINARY ARGS --print-migration-info-json` and returns what it printed,
 * to be freed by the caller: parameters, or versions, with at least one model.
 * NULL with an error otherwise. @uid and @gid: -1 leaves them as they are. In
 * @problems, which may be NULL, is what was left out of the document, as in
 * virDevMigrationJSONParseInfo(). As soon as @cancelfd, unless it is -1, is
 * readable or hung up, the program is killed, and the error is
 * VIR_ERR_OPERATION_ABORTED. Takes up to 10 s, and seldom a little
 * longer: never call it with a lock held. Threads may call it at the same
 * time. */
virDevMigration *
virVfioUserProbe(const char *binary,
                 char **args,
                 uid_t uid,
                 gid_t gid,
                 int cancelfd,
                 GPtrArray *problems)
    G_GNUC_WARN_UNUSED_RESULT;
