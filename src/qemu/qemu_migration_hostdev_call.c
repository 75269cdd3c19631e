/*
 * qemu_migration_hostdev_call.c: calls that may take long, or for ever
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

#include <config.h>

#include "qemu_migration_hostdev_call.h"
#include "viridentity.h"
#include "virlog.h"
#include "virthread.h"
#include "virtime.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.qemu_migration_hostdev_call");

/* calls that nobody waits for any more, and that have not come back */
#define QEMU_MIGRATION_HOSTDEV_CALLS_LOST 64

/* Work in a thread of its own. The thread and whoever waits for it have a
 * reference each. */
struct _qemuMigrationHostdevCall {
    int refs;
    virMutex lock;
    virCond cond;
    bool done;
    bool given_up;              /* nobody waits any more */
    int rc;
    virErrorPtr error;

    qemuMigrationHostdevCallFunc func;
    void *opaque;
    GDestroyNotify freeOpaque;
    char *what;
    virIdentity *identity;
};

static int qemuMigrationHostdevCallsLost;


qemuMigrationHostdevCall *
qemuMigrationHostdevCallRef(qemuMigrationHostdevCall *call)
{
    g_atomic_int_inc(&call->refs);
    return call;
}


void
qemuMigrationHostdevCallUnref(qemuMigrationHostdevCall *call)
{
    virErrorPtr orig;

    if (!call || !g_atomic_int_dec_and_test(&call->refs))
        return;

    /* closing a connection that was lost must not hide the error */
    virErrorPreserveLast(&orig);
    call->freeOpaque(call->opaque);
    virErrorRestore(&orig);
    virFreeError(call->error);
    g_clear_object(&call->identity);
    virCondDestroy(&call->cond);
    virMutexDestroy(&call->lock);
    g_free(call->what);
    g_free(call);
}


static void
qemuMigrationHostdevCallThread(void *opaque)
{
    g_autoptr(qemuMigrationHostdevCall) call = opaque;
    virErrorPtr error = NULL;
    int rc;

    virIdentitySetCurrent(call->identity);
    rc = call->func(call->opaque);
    if (rc < 0)
        virErrorPreserveLast(&error);
    virIdentitySetCurrent(NULL);

    VIR_WITH_MUTEX_LOCK_GUARD(&call->lock) {
        call->rc = rc;
        call->error = error;
        call->done = true;
        if (call->given_up) {
            VIR_INFO("Came back after all: %s", call->what);
            g_atomic_int_add(&qemuMigrationHostdevCallsLost, -1);
        }
        virCondBroadcast(&call->cond);
    }
}


/**
 * qemuMigrationHostdevCallStart:
 * @func: what to do, in a thread of its own, with the caller's identity
 * @opaque: for @func; stolen, also on failure
 * @freeOpaque: frees @opaque, after @func came back and the last reference is
 *              gone
 * @what: what is done, for messages
 *
 * For what waits for the node device driver, for a program or for a driver in
 * the kernel, each of which may never answer. No more than 64 such calls may
 * be on their way that nobody waits for any more.
 *
 * Returns the call, or NULL with an error reported.
 */
qemuMigrationHostdevCall *
qemuMigrationHostdevCallStart(qemuMigrationHostdevCallFunc func,
                              void *opaque,
                              GDestroyNotify freeOpaque,
                              const char *what)
{
    g_autoptr(qemuMigrationHostdevCall) call = g_new0(qemuMigrationHostdevCall, 1);
    virThread thread;

    call->refs = 1;
    call->func = func;
    call->opaque = opaque;
    call->freeOpaque = freeOpaque;
    call->what = g_strdup(what);
    call->identity = virIdentityGetCurrent();
    if (virMutexInit(&call->lock) < 0 || virCondInit(&call->cond) < 0)
        abort();

    if (g_atomic_int_get(&qemuMigrationHostdevCallsLost) >= QEMU_MIGRATION_HOSTDEV_CALLS_LOST) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       /* TRANSLATORS: what was to be done */
                       _("too many calls have not come back yet: %1$s"), what);
        return NULL;
    }

    qemuMigrationHostdevCallRef(call);
    if (virThreadCreateFull(&thread, false, qemuMigrationHostdevCallThread,
                            "hostdev-call", false, call) < 0) {
        virReportSystemError(errno, _("cannot start a thread: %1$s"), what);
        qemuMigrationHostdevCallUnref(call);
        return NULL;
    }

    return g_steal_pointer(&call);
}


/**
 * qemuMigrationHostdevCallWait:
 * @call: call
 * @timeout: for how many seconds to wait, 0 to look only
 *
 * To be called without any lock. A caller that does not come again is to keep
 * the reference all the same if it wants to know how it ended.
 *
 * Returns true if it is done.
 */
bool
qemuMigrationHostdevCallWait(qemuMigrationHostdevCall *call,
                             unsigned int timeout)
{
    unsigned long long now;
    VIR_LOCK_GUARD lock = virLockGuardLock(&call->lock);

    if (!call->done && timeout > 0 && virTimeMillisNow(&now) == 0) {
        while (!call->done) {
            if (virCondWaitUntil(&call->cond, &call->lock, now + timeout * 1000ULL) < 0)
                break;
        }
    }

    if (!call->done && !call->given_up) {
        call->given_up = true;
        g_atomic_int_inc(&qemuMigrationHostdevCallsLost);
    }

    return call->done;
}


/**
 * qemuMigrationHostdevCallResult:
 * @call: call that is done
 *
 * Returns what its function returned, on failure with its error set.
 */
int
qemuMigrationHostdevCallResult(qemuMigrationHostdevCall *call)
{
    VIR_LOCK_GUARD lock = virLockGuardLock(&call->lock);

    if (call->rc < 0) {
        if (call->error)
            virSetError(call->error);
        else
            virResetLastError();
    }

    return call->rc;
}


/**
 * qemuMigrationHostdevCallReportTimeout:
 * @call: call that is not done
 * @timeout: seconds that it was waited for
 *
 * Reports what was waited for.
 */
void
qemuMigrationHostdevCallReportTimeout(qemuMigrationHostdevCall *call,
                                      unsigned int timeout)
{
    virReportError(VIR_ERR_OPERATION_TIMEOUT,
                   /* TRANSLATORS: what was waited for */
                   _("no answer after %1$u seconds: %2$s"), timeout, call->what);
}
