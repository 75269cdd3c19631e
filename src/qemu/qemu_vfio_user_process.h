/*
 * qemu_vfio_user_process.h: processes of vfio-user programs
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

/* The environment variable that tells to which program a process belongs, also
 * one that is nobody's child any more */
#define QEMU_VFIO_USER_MARK "LIBVIRT_VFIO_USER"

typedef struct _qemuVfioUserProcess qemuVfioUserProcess;
struct _qemuVfioUserProcess {
    pid_t pid;
    unsigned long long started; /* tells it from others with that number */
};

typedef struct _qemuVfioUserProgram qemuVfioUserProgram;
struct _qemuVfioUserProgram {
    GArray *processes;          /* qemuVfioUserProcess, the program first */
    char *mark;                 /* value of the variable; or NULL */
    bool lost;                  /* only the mark tells all its processes */
    bool alive;                 /* after qemuVfioUserProgramsEnd() */
};

qemuVfioUserProgram *
qemuVfioUserProgramNew(pid_t pid,
                       unsigned long long started,
                       const char *mark);

void
qemuVfioUserProgramFree(qemuVfioUserProgram *program);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuVfioUserProgram, qemuVfioUserProgramFree);

/* Makes the current process, which is about to become a program, one that this
 * file can find everything of */
int
qemuVfioUserProcessSetup(void)
    G_GNUC_WARN_UNUSED_RESULT;

/* It runs: it is no zombie, and not another one with that number. */
bool
qemuVfioUserProcessIsAlive(const qemuVfioUserProcess *process);

/* Ends programs, and all that they started: asks them to, for a while */
void
qemuVfioUserProgramsEnd(GPtrArray *programs);

/* Returns 1 after the child @pid has ended, with the rest of its process group,
 * 0 if it runs and @wait is false, -1 with errno set if it is no child. */
int
qemuVfioUserReap(pid_t pid,
                 bool wait,
                 int *status);

/* From now on the child @pid is reaped in the background. */
int
qemuVfioUserReaperAdd(pid_t pid,
                      const char *binary)
    G_GNUC_WARN_UNUSED_RESULT;

typedef enum {
    QEMU_VFIO_USER_SOCKET_UNKNOWN,  /* not among those of this host */
    QEMU_VFIO_USER_SOCKET_BOUND,
    QEMU_VFIO_USER_SOCKET_LISTENS,
} qemuVfioUserSocketState;

/* Does not connect, as a program may have one client only. */
qemuVfioUserSocketState
qemuVfioUserSocketGetState(const char *path);
