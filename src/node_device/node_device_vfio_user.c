/*
 * node_device_vfio_user.c: programs that are devices, through vfio-user
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

#include <unistd.h>

#include "node_device_driver.h"
#include "node_device_event.h"
#include "node_device_migration.h"
#include "node_device_problems.h"
#include "node_device_vfio_user.h"
#include "node_device_vfio_user_cache.h"
#include "node_device_vfio_user_watch.h"
#include "virerror.h"
#include "virfile.h"
#include "virhash.h"
#include "virlog.h"
#include "virstring.h"
#include "virthreadpool.h"
#include "virtime.h"
#include "virutil.h"
#include "virvfiouser.h"
#include "virvfiouserprobe.h"

#define VIR_FROM_THIS VIR_FROM_NODEDEV

VIR_LOG_INIT("node_device.node_device_vfio_user");

/* Nothing that a client does makes a program run. Descriptors and programs are
 * looked at (stat) when the daemon starts, when a monitor reports a change,
 * when the daemon is told to reload, and every minute, for what monitors do
 * not see. What a program answered is kept until its file or its descriptor
 * changes, or the host boots.
 *
 * One thread, the keeper, looks at the files and maintains the node devices.
 * Programs are run by up to MAX_PROBES other threads, without any lock. The
 * event loop only hands over work: the lock is never held for long. */

/* programs that run at the same time */
#define MAX_PROBES 4
/* Milliseconds from a change to a look at all files, as one change makes
 * several events; but not longer than this altogether */
#define CHANGE_DELAY 100
#define CHANGE_DELAY_MAX 1000
/* milliseconds between looks at all files without a reason */
#define LOOK_INTERVAL (60 * 1000)
/* milliseconds that the start of the driver waits for the first look */
#define FIRST_LOOK_TIMEOUT (5 * 1000)

typedef struct _nodeDeviceVfioUserProgram nodeDeviceVfioUserProgram;
struct _nodeDeviceVfioUserProgram {
    gatomicrefcount refs;

    /* immutable */
    char *device;               /* name of the node device */

    /* of the keeper */
    virVfioUserDescriptor *descriptor;
    nodeDeviceVfioUserAnswer *answer;   /* NULL: not known yet */

    /* under the lock */
    char *binary;
    char **args;
    char *descriptorPath;
    char *key;                  /* what the answer depends on */
    bool cacheable;             /* beyond the end of the daemon */
    bool queued;                /* to be run */
    bool running;
    bool gone;
    nodeDeviceVfioUserAnswer *newAnswer;        /* for the keeper */
};

struct _nodeDeviceVfioUser {
    virObjectLockable parent;

    /* Immutable pointers */
    virNodeDeviceDriverState *driver;
    char *cacheDir;
    virThreadPool *keeper;
    int cancel[2];              /* the other end is closed to end all runs */

    /* of the keeper */
    GHashTable *programs;       /* name of the node device -> program */
    nodeDeviceVfioUserWatches *watches;

    /* under the lock */
    bool quit;
    bool look;                  /* for the keeper: look at all files */
    bool forget;                /* and run all programs again */
    bool looked;                /* the first time */
    virCond lookedCond;
    virThreadPool *probes;      /* NULL until there is a program to be run */
    GQueue queue;               /* programs to be run */
    int changeTimer;
    long long changeTime;       /* of the first change since the last look */
    int lookTimer;
};

static virClass *nodeDeviceVfioUserClass;


static nodeDeviceVfioUserProgram *
nodeDeviceVfioUserProgramNew(const char *device)
{
    nodeDeviceVfioUserProgram *program = g_new0(nodeDeviceVfioUserProgram, 1);

    g_atomic_ref_count_init(&program->refs);
    program->device = g_strdup(device);

    return program;
}


static nodeDeviceVfioUserProgram *
nodeDeviceVfioUserProgramRef(nodeDeviceVfioUserProgram *program)
{
    g_atomic_ref_count_inc(&program->refs);
    return program;
}


static void
nodeDeviceVfioUserProgramUnref(void *opaque)
{
    nodeDeviceVfioUserProgram *program = opaque;

    if (!program || !g_atomic_ref_count_dec(&program->refs))
        return;

    virVfioUserDescriptorFree(program->descriptor);
    nodeDeviceVfioUserAnswerFree(program->answer);
    nodeDeviceVfioUserAnswerFree(program->newAnswer);
    g_strfreev(program->args);
    g_free(program->device);
    g_free(program->binary);
    g_free(program->descriptorPath);
    g_free(program->key);
    g_free(program);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(nodeDeviceVfioUserProgram,
                              nodeDeviceVfioUserProgramUnref);


static void
nodeDeviceVfioUserDispose(void *opaque)
{
    nodeDeviceVfioUser *vfio_user = opaque;

    virThreadPoolFree(vfio_user->keeper);
    virThreadPoolFree(vfio_user->probes);
    nodeDeviceVfioUserWatchesFree(vfio_user->watches);
    g_queue_clear_full(&vfio_user->queue, nodeDeviceVfioUserProgramUnref);
    g_clear_pointer(&vfio_user->programs, g_hash_table_unref);
    VIR_FORCE_CLOSE(vfio_user->cancel[0]);
    VIR_FORCE_CLOSE(vfio_user->cancel[1]);
    virCondDestroy(&vfio_user->lookedCond);
    g_free(vfio_user->cacheDir);
}


static int
nodeDeviceVfioUserOnceInit(void)
{
    if (!VIR_CLASS_NEW(nodeDeviceVfioUser, virClassForObjectLockable()))
        return -1;

    return 0;
}

VIR_ONCE_GLOBAL_INIT(nodeDeviceVfioUser);


/* Everything that an answer depends on, in one line of text. A program whose
 * answer depends on anything else is not supported. */
static char *
nodeDeviceVfioUserKey(const char *descriptor,
                      const char *binary,
                      char **args,
                      bool *cacheable)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    g_autofree char *bootId = virVfioUserBootId();
    g_autofree char *descriptorId = virVfioUserIdentity(descriptor);
    g_autofree char *binaryId = virVfioUserIdentity(binary);
    g_autofree char *flaw = virVfioUserFindFlaw(binary, true);
    size_t i;

    /* Whether it is run at all depends on the directories above, too. */
    virBufferAsprintf(&buf, "boot %s; descriptor %s: %s; program %s: %s; %s",
                      NULLSTR(bootId),
                      descriptor, NULLSTR(descriptorId),
                      binary, NULLSTR(binaryId),
                      flaw ? flaw : "safe to run");
    for (i = 0; args && args[i]; i++)
        virBufferAsprintf(&buf, "; argument %zu: %s", i, args[i]);

    if (cacheable)
        *cacheable = bootId && descriptorId && binaryId;

    return virBufferContentAndReset(&buf);
}


/* The lock has to be held. */
static int
nodeDeviceVfioUserWakeKeeper(nodeDeviceVfioUser *vfio_user)
{
    if (vfio_user->quit)
        return -1;

    if (virThreadPoolSendJob(vfio_user->keeper, 0, vfio_user) < 0) {
        VIR_WARN("Unable to update vfio-user programs: %s", virGetLastErrorMessage());
        virResetLastError();
        return -1;
    }

    return 0;
}


/* The lock has to be held. */
static void
nodeDeviceVfioUserWantLook(nodeDeviceVfioUser *vfio_user)
{
    if (vfio_user->look)
        return;

    /* else the next timer or event asks for it */
    if (nodeDeviceVfioUserWakeKeeper(vfio_user) == 0)
        vfio_user->look = true;
}


static void
nodeDeviceVfioUserProbe(void *jobdata,
                        void *opaque);

/* The lock has to be held. */
static void
nodeDeviceVfioUserWantProbe(nodeDeviceVfioUser *vfio_user,
                            nodeDeviceVfioUserProgram *program)
{
    if (vfio_user->quit || program->queued)
        return;

    program->queued = true;

    /* else once that run is over */
    if (program->running)
        return;

    /* With fewer threads at first, jobs in quick succession would all wait for
     * the same one: such a pool only grows while no job is queued. */
    if (!vfio_user->probes &&
        !(vfio_user->probes = virThreadPoolNewFull(MAX_PROBES, MAX_PROBES, 0,
                                                   nodeDeviceVfioUserProbe,
                                                   "vfio-user-probe", NULL,
                                                   vfio_user))) {
        VIR_WARN("Unable to run '%s': %s", program->binary, virGetLastErrorMessage());
        virResetLastError();
        program->queued = false;
        return;
    }

    g_queue_push_tail(&vfio_user->queue, nodeDeviceVfioUserProgramRef(program));
    if (virThreadPoolSendJob(vfio_user->probes, 0, vfio_user) < 0) {
        VIR_WARN("Unable to run '%s': %s", program->binary, virGetLastErrorMessage());
        virResetLastError();
        nodeDeviceVfioUserProgramUnref(g_queue_pop_tail(&vfio_user->queue));
        program->queued = false;
    }
}


static void
nodeDeviceVfioUserChangeTimeout(int timer,
                                void *opaque)
{
    nodeDeviceVfioUser *vfio_user = opaque;

    VIR_WITH_OBJECT_LOCK_GUARD(vfio_user) {
        /* another timer took its place */
        if (timer != vfio_user->changeTimer)
            return;

        virEventRemoveTimeout(timer);
        vfio_user->changeTimer = -1;
        nodeDeviceVfioUserWantLook(vfio_user);
    }
}


static void
nodeDeviceVfioUserChanged(void *opaque)
{
    nodeDeviceVfioUser *vfio_user = opaque;
    long long now = g_get_monotonic_time() / 1000;

    VIR_WITH_OBJECT_LOCK_GUARD(vfio_user) {
        if (vfio_user->quit)
            return;

        if (vfio_user->changeTimer != -1) {
            if (now - vfio_user->changeTime < CHANGE_DELAY_MAX - CHANGE_DELAY)
                virEventUpdateTimeout(vfio_user->changeTimer, CHANGE_DELAY);
            return;
        }

        vfio_user->changeTime = now;
        vfio_user->changeTimer = virEventAddTimeout(CHANGE_DELAY,
                                                    nodeDeviceVfioUserChangeTimeout,
                                                    virObjectRef(vfio_user),
                                                    virObjectUnref);
        if (vfio_user->changeTimer < 0) {
            vfio_user->changeTimer = -1;
            virObjectUnref(vfio_user);
            nodeDeviceVfioUserWantLook(vfio_user);
        }
    }
}


static void
nodeDeviceVfioUserLookTimeout(int timer G_GNUC_UNUSED,
                              void *opaque)
{
    nodeDeviceVfioUser *vfio_user = opaque;

    VIR_WITH_OBJECT_LOCK_GUARD(vfio_user) {
        nodeDeviceVfioUserWantLook(vfio_user);
    }
}


/* Hosts without programs are not woken up. */
static void
nodeDeviceVfioUserSetLookTimer(nodeDeviceVfioUser *vfio_user,
                               bool want)
{
    VIR_WITH_OBJECT_LOCK_GUARD(vfio_user) {
        if (vfio_user->quit || want == (vfio_user->lookTimer != -1))
            return;

        if (!want) {
            virEventRemoveTimeout(vfio_user->lookTimer);
            vfio_user->lookTimer = -1;
            return;
        }

        vfio_user->lookTimer = virEventAddTimeout(LOOK_INTERVAL,
                                                  nodeDeviceVfioUserLookTimeout,
                                                  virObjectRef(vfio_user),
                                                  virObjectUnref);
        if (vfio_user->lookTimer < 0) {
            vfio_user->lookTimer = -1;
            virObjectUnref(vfio_user);
        }
    }
}


static virNodeDeviceDef *
nodeDeviceVfioUserDef(nodeDeviceVfioUserProgram *program)
{
    virNodeDeviceDef *def = g_new0(virNodeDeviceDef, 1);
    virNodeDevCapVfioUser *cap;

    def->name = g_strdup(program->device);
    def->parent = g_strdup("computer");
    def->caps = g_new0(virNodeDevCapsDef, 1);
    def->caps->data.type = VIR_NODE_DEV_CAP_VFIO_USER;

    cap = &def->caps->data.vfio_user;
    cap->binary = g_strdup(program->descriptor->binary);
    cap->descriptor = g_strdup(program->descriptor->path);
    cap->description = g_strdup(program->descriptor->description);
    if (program->answer && program->answer->migration)
        cap->migration = virDevMigrationCopy(program->answer->migration);

    return def;
}


/* Makes the node device what the program is now. Only the keeper touches these
 * devices. */
static void
nodeDeviceVfioUserPublish(nodeDeviceVfioUser *vfio_user,
                          nodeDeviceVfioUserProgram *program)
{
    virNodeDeviceDriverState *driver_state = vfio_user->driver;
    g_autoptr(virNodeDeviceDef) def = nodeDeviceVfioUserDef(program);
    g_autofree char *xml = virNodeDeviceDefFormat(def, 0);
    virNodeDeviceObj *obj;
    virObjectEvent *event;
    bool known = false;

    if ((obj = virNodeDeviceObjListFindByName(driver_state->devs, program->device))) {
        g_autofree char *oldXml = virNodeDeviceDefFormat(virNodeDeviceObjGetDef(obj), 0);

        virNodeDeviceObjEndAPI(&obj);
        if (STREQ_NULLABLE(oldXml, xml))
            return;
        known = true;
    }

    if (!(obj = virNodeDeviceObjListAssignDef(driver_state->devs, def))) {
        VIR_WARN("Unable to add node device '%s': %s",
                 program->device, virGetLastErrorMessage());
        return;
    }
    def = NULL;

    virNodeDeviceObjSetActive(obj, true);
    virNodeDeviceObjSetPersistent(obj, true);
    virNodeDeviceObjSetAutostart(obj, true);
    virNodeDeviceObjEndAPI(&obj);

    if (known)
        event = virNodeDeviceEventUpdateNew(program->device);
    else
        event = virNodeDeviceEventLifecycleNew(program->device,
                                               VIR_NODE_DEVICE_EVENT_CREATED, 0);
    virObjectEventStateQueue(driver_state->nodeDeviceEventState, event);
}


static void
nodeDeviceVfioUserLogProblems(nodeDeviceVfioUserProgram *program)
{
    g_autofree char *subject = g_strdup_printf("vfio-user program of %s", program->device);

    virNodeDeviceProblemsLog(subject, program->answer->problems);
}


static void
nodeDeviceVfioUserRemove(nodeDeviceVfioUser *vfio_user,
                         nodeDeviceVfioUserProgram *program)
{
    virNodeDeviceDriverState *driver_state = vfio_user->driver;
    virNodeDeviceObj *obj;

    VIR_WITH_OBJECT_LOCK_GUARD(vfio_user) {
        program->gone = true;
    }

    if (!(obj = virNodeDeviceObjListFindByName(driver_state->devs, program->device)))
        return;

    virNodeDeviceObjListRemove(driver_state->devs, obj);
    virNodeDeviceObjEndAPI(&obj);

    virObjectEventStateQueue(driver_state->nodeDeviceEventState,
                             virNodeDeviceEventLifecycleNew(program->device,
                                                            VIR_NODE_DEVICE_EVENT_DELETED,
                                                            0));
}


/* Takes over what the descriptor says, and sees whether an answer of the
 * program would still be the same. */
static void
nodeDeviceVfioUserRefresh(nodeDeviceVfioUser *vfio_user,
                          nodeDeviceVfioUserProgram *program,
                          virVfioUserDescriptor *descriptor,
                          bool forget)
{
    bool cacheable = false;
    g_autofree char *key = nodeDeviceVfioUserKey(descriptor->path, descriptor->binary,
                                                 descriptor->args, &cacheable);
    g_autoptr(nodeDeviceVfioUserAnswer) answer = NULL;
    bool changed = STRNEQ_NULLABLE(key, program->key);

    virVfioUserDescriptorFree(program->descriptor);
    program->descriptor = descriptor;

    if (changed && !forget && cacheable)
        answer = nodeDeviceVfioUserCacheLoad(vfio_user->cacheDir, key);

    if (changed) {
        nodeDeviceVfioUserAnswerFree(program->answer);
        if ((program->answer = g_steal_pointer(&answer)))
            nodeDeviceVfioUserLogProblems(program);
    }

    VIR_WITH_OBJECT_LOCK_GUARD(vfio_user) {
        if (changed) {
            g_free(program->binary);
            program->binary = g_strdup(descriptor->binary);
            g_strfreev(program->args);
            program->args = g_strdupv(descriptor->args);
            g_free(program->descriptorPath);
            program->descriptorPath = g_strdup(descriptor->path);
            g_free(program->key);
            program->key = g_steal_pointer(&key);
            program->cacheable = cacheable;
            g_clear_pointer(&program->newAnswer, nodeDeviceVfioUserAnswerFree);
        }

        if (forget ||
            (changed && !program->answer) ||
            (program->answer && program->answer->again) ||
            /* it could not be asked */
            (!program->answer && !program->newAnswer && !program->running))
            nodeDeviceVfioUserWantProbe(vfio_user, program);
    }
}


static bool
nodeDeviceVfioUserIsTaken(nodeDeviceVfioUser *vfio_user,
                          const char *device)
{
    virNodeDeviceObj *obj;

    if (g_hash_table_contains(vfio_user->programs, device) ||
        !(obj = virNodeDeviceObjListFindByName(vfio_user->driver->devs, device)))
        return false;

    virNodeDeviceObjEndAPI(&obj);
    return true;
}


/* The name of the node device of a descriptor */
static char *
nodeDeviceVfioUserDeviceName(virVfioUserDescriptor *descriptor)
{
    g_autoptr(virNodeDeviceDef) def = g_new0(virNodeDeviceDef, 1);

    nodeDeviceGenerateName(def, "vfio_user", descriptor->name, NULL);

    return g_steal_pointer(&def->name);
}


/* Different names of descriptors may lead to the same name of a device: the
 * first one has it. Empties @descriptors. */
static GHashTable *
nodeDeviceVfioUserByDevice(nodeDeviceVfioUser *vfio_user,
                           GPtrArray *descriptors,
                           GPtrArray *problems)
{
    g_autoptr(GHashTable) wanted = virHashNew((GDestroyNotify) virVfioUserDescriptorFree);

    while (descriptors->len > 0) {
        g_autoptr(virVfioUserDescriptor) descriptor = g_ptr_array_steal_index(descriptors, 0);
        g_autofree char *device = nodeDeviceVfioUserDeviceName(descriptor);
        virVfioUserDescriptor *first = g_hash_table_lookup(wanted, device);

        if (first || nodeDeviceVfioUserIsTaken(vfio_user, device)) {
            g_autofree char *other = NULL;

            if (first)
                other = g_strdup_printf(" by '%s'", first->path);
            g_ptr_array_add(problems,
                            g_strdup_printf("'%s' is left out: the name '%s' is taken%s",
                                            descriptor->path, device,
                                            NULLSTR_EMPTY(other)));
            continue;
        }

        g_hash_table_insert(wanted, g_steal_pointer(&device),
                            g_steal_pointer(&descriptor));
    }

    return g_steal_pointer(&wanted);
}


static void
nodeDeviceVfioUserWatch(nodeDeviceVfioUser *vfio_user,
                        char **dirs,
                        GHashTable *wanted,
                        GPtrArray *problems)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    GHashTableIter iter;
    void *value;

    g_hash_table_iter_init(&iter, wanted);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        virVfioUserDescriptor *descriptor = value;

        g_ptr_array_add(files, descriptor->path);
        g_ptr_array_add(files, descriptor->binary);
    }

    nodeDeviceVfioUserWatchesSet(vfio_user->watches, dirs, files, problems);
}


/* Makes the node devices those of the descriptors. Runs nothing. */
static void
nodeDeviceVfioUserLook(nodeDeviceVfioUser *vfio_user,
                       bool forget)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) descriptors = NULL;
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    g_autoptr(GHashTable) wanted = virHashNew(NULL);
    g_auto(GStrv) dirs = virVfioUserGetDirectories(vfio_user->driver->privileged);
    g_autofree virHashKeyValuePair *pairs = NULL;
    GHashTableIter iter;
    void *key;
    void *value;
    size_t i;

    /* before they are read, lest a change be missed */
    if (g_hash_table_size(vfio_user->programs) == 0)
        nodeDeviceVfioUserWatch(vfio_user, dirs, wanted, problems);

    if (virVfioUserFetchDescriptors(vfio_user->driver->privileged,
                                    &descriptors, problems) < 0) {
        g_ptr_array_add(problems,
                        g_strdup_printf("vfio-user programs stay as they are: %s",
                                        virGetLastErrorMessage()));
        virResetLastError();
        virNodeDeviceProblemsLog("vfio-user descriptors", problems);
        nodeDeviceVfioUserSetLookTimer(vfio_user, true);
        return;
    }

    g_hash_table_unref(wanted);
    wanted = nodeDeviceVfioUserByDevice(vfio_user, descriptors, problems);

    /* and programs before their identity is taken */
    nodeDeviceVfioUserWatch(vfio_user, dirs, wanted, problems);

    g_hash_table_iter_init(&iter, vfio_user->programs);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        if (g_hash_table_contains(wanted, key))
            continue;

        nodeDeviceVfioUserRemove(vfio_user, value);
        g_hash_table_iter_remove(&iter);
    }

    pairs = virHashGetItems(wanted, NULL, true);
    for (i = 0; pairs[i].key; i++) {
        const char *device = pairs[i].key;
        nodeDeviceVfioUserProgram *program = g_hash_table_lookup(vfio_user->programs, device);

        if (!program) {
            program = nodeDeviceVfioUserProgramNew(device);
            g_hash_table_insert(vfio_user->programs, g_strdup(device), program);
        }

        nodeDeviceVfioUserRefresh(vfio_user, program,
                                  virHashSteal(wanted, device), forget);
        nodeDeviceVfioUserPublish(vfio_user, program);
        g_ptr_array_add(keys, program->key);
    }

    nodeDeviceVfioUserCachePrune(vfio_user->cacheDir, keys);
    nodeDeviceVfioUserSetLookTimer(vfio_user,
                                   g_hash_table_size(vfio_user->programs) > 0);
    virNodeDeviceProblemsLog("vfio-user descriptors", problems);
}


/* Shows what programs answered since the last time */
static void
nodeDeviceVfioUserTakeAnswers(nodeDeviceVfioUser *vfio_user)
{
    GHashTableIter iter;
    void *value;

    g_hash_table_iter_init(&iter, vfio_user->programs);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        nodeDeviceVfioUserProgram *program = value;
        g_autoptr(nodeDeviceVfioUserAnswer) answer = NULL;

        VIR_WITH_OBJECT_LOCK_GUARD(vfio_user) {
            answer = g_steal_pointer(&program->newAnswer);
        }

        if (!answer)
            continue;

        nodeDeviceVfioUserAnswerFree(program->answer);
        program->answer = g_steal_pointer(&answer);
        nodeDeviceVfioUserLogProblems(program);
        nodeDeviceVfioUserPublish(vfio_user, program);
    }
}


static void
nodeDeviceVfioUserKeep(void *jobdata G_GNUC_UNUSED,
                       void *opaque)
{
    nodeDeviceVfioUser *vfio_user = opaque;
    bool look = false;
    bool forget = false;

    VIR_WITH_OBJECT_LOCK_GUARD(vfio_user) {
        if (vfio_user->quit)
            return;

        look = vfio_user->look;
        forget = vfio_user->forget;
        vfio_user->look = false;
        vfio_user->forget = false;
    }

    if (look)
        nodeDeviceVfioUserLook(vfio_user, forget);

    nodeDeviceVfioUserTakeAnswers(vfio_user);

    VIR_WITH_OBJECT_LOCK_GUARD(vfio_user) {
        vfio_user->looked = true;
        virCondBroadcast(&vfio_user->lookedCond);
    }
}


/* Runs a program, without any lock. NULL: stopped, as the daemon ends */
static nodeDeviceVfioUserAnswer *
nodeDeviceVfioUserAsk(nodeDeviceVfioUser *vfio_user,
                      const char *binary,
                      char **args)
{
    g_autoptr(nodeDeviceVfioUserAnswer) answer = nodeDeviceVfioUserAnswerNew();
    size_t size = 0;
    uid_t uid;
    gid_t gid;

    virVfioUserProbeGetUser(vfio_user->driver->privileged, &uid, &gid);

    if (!(answer->migration = virVfioUserProbe(binary, args, uid, gid,
                                               vfio_user->cancel[0],
                                               answer->problems))) {
        if (virGetLastErrorCode() == VIR_ERR_OPERATION_ABORTED)
            return NULL;

        /* ours, not the program's fault */
        answer->again = virGetLastErrorCode() == VIR_ERR_SYSTEM_ERROR;
        g_ptr_array_add(answer->problems, g_strdup(virGetLastErrorMessage()));
        virResetLastError();
    }

    virNodeDeviceMigrationLimit(&answer->migration, binary, &size, answer->problems);

    return g_steal_pointer(&answer);
}


static void
nodeDeviceVfioUserProbe(void *jobdata G_GNUC_UNUSED,
                        void *opaque)
{
    nodeDeviceVfioUser *vfio_user = opaque;
    g_autoptr(nodeDeviceVfioUserProgram) program = NULL;
    g_autoptr(nodeDeviceVfioUserAnswer) answer = NULL;
    g_autofree char *binary = NULL;
    g_auto(GStrv) args = NULL;
    g_autofree char *descriptor = NULL;
    g_autofree char *key = NULL;
    g_autofree char *keyAfter = NULL;
    bool cacheable = false;

    VIR_WITH_OBJECT_LOCK_GUARD(vfio_user) {
        program = g_queue_pop_head(&vfio_user->queue);

        if (!program || program->gone || vfio_user->quit)
            return;

        program->queued = false;
        program->running = true;
        binary = g_strdup(program->binary);
        args = g_strdupv(program->args);
        descriptor = g_strdup(program->descriptorPath);
        key = g_strdup(program->key);
        cacheable = program->cacheable;
    }

    VIR_DEBUG("Asking '%s' for '%s'", binary, program->device);
    answer = nodeDeviceVfioUserAsk(vfio_user, binary, args);
    keyAfter = nodeDeviceVfioUserKey(descriptor, binary, args, NULL);

    if (answer && !answer->again && cacheable && STREQ(key, keyAfter))
        nodeDeviceVfioUserCacheSave(vfio_user->cacheDir, key, answer);

    VIR_WITH_OBJECT_LOCK_GUARD(vfio_user) {
        program->running = false;

        if (!answer || program->gone || vfio_user->quit)
            return;

        if (program->queued) {
            /* asked for again meanwhile */
            program->queued = false;
            nodeDeviceVfioUserWantProbe(vfio_user, program);
        } else if (STREQ(key, keyAfter) && STREQ(key, program->key)) {
            nodeDeviceVfioUserAnswerFree(program->newAnswer);
            program->newAnswer = g_steal_pointer(&answer);
            /* else it is taken with the next look */
            ignore_value(nodeDeviceVfioUserWakeKeeper(vfio_user));
        } else {
            /* Nobody knows which of the files answered. */
            nodeDeviceVfioUserWantLook(vfio_user);
        }
    }
}


/**
 * nodeDeviceVfioUserNew:
 * @driver_state: the driver, with its list of devices
 *
 * Adds a node device for each descriptor of a vfio-user program, before it
 * returns unless that takes too long, and from then on keeps them up to date.
 * What programs tell about migration follows later: they are run by threads of
 * their own.
 *
 * Returns NULL with an error on failure.
 */
nodeDeviceVfioUser *
nodeDeviceVfioUserNew(virNodeDeviceDriverState *driver_state)
{
    nodeDeviceVfioUser *vfio_user = NULL;
    unsigned long long until = 0;

    if (nodeDeviceVfioUserInitialize() < 0 ||
        virTimeMillisNow(&until) < 0 ||
        !(vfio_user = virObjectLockableNew(nodeDeviceVfioUserClass)))
        return NULL;

    vfio_user->driver = driver_state;
    vfio_user->cacheDir = g_strdup_printf("%s/vfio-user", driver_state->stateDir);
    vfio_user->programs = virHashNew(nodeDeviceVfioUserProgramUnref);
    vfio_user->watches = nodeDeviceVfioUserWatchesNew(nodeDeviceVfioUserChanged, vfio_user);
    vfio_user->cancel[0] = -1;
    vfio_user->cancel[1] = -1;
    vfio_user->changeTimer = -1;
    vfio_user->lookTimer = -1;
    g_queue_init(&vfio_user->queue);

    if (virCondInit(&vfio_user->lookedCond) < 0) {
        virReportSystemError(errno, "%s",
                             _("Unable to initialize condition variable"));
        goto error;
    }

    if (virPipe(vfio_user->cancel) < 0 ||
        !(vfio_user->keeper = virThreadPoolNewFull(0, 1, 0, nodeDeviceVfioUserKeep,
                                                   "vfio-user-keep", NULL,
                                                   vfio_user)))
        goto error;

    until += FIRST_LOOK_TIMEOUT;

    VIR_WITH_OBJECT_LOCK_GUARD(vfio_user) {
        vfio_user->look = true;
        if (virThreadPoolSendJob(vfio_user->keeper, 0, vfio_user) < 0)
            goto error;

        /* A file system that does not answer must not keep the daemon from
         * starting. */
        while (!vfio_user->looked &&
               virCondWaitUntil(&vfio_user->lookedCond, &vfio_user->parent.lock,
                                until) == 0)
            ;

        if (!vfio_user->looked)
            VIR_WARN("vfio-user programs are still being looked for");
    }

    return vfio_user;

 error:
    virObjectUnref(vfio_user);
    return NULL;
}


/**
 * nodeDeviceVfioUserReload:
 * @vfio_user: may be NULL
 *
 * Looks at all descriptors, and runs all programs again, also those whose
 * answer is known. Does not wait for that.
 */
void
nodeDeviceVfioUserReload(nodeDeviceVfioUser *vfio_user)
{
    if (!vfio_user)
        return;

    VIR_WITH_OBJECT_LOCK_GUARD(vfio_user) {
        vfio_user->forget = true;
        nodeDeviceVfioUserWantLook(vfio_user);
    }
}


/**
 * nodeDeviceVfioUserShutdownPrepare:
 * @vfio_user: may be NULL
 *
 * Starts nothing any more, and stops programs that run. Does not wait.
 */
void
nodeDeviceVfioUserShutdownPrepare(nodeDeviceVfioUser *vfio_user)
{
    if (!vfio_user)
        return;

    VIR_WITH_OBJECT_LOCK_GUARD(vfio_user) {
        if (vfio_user->quit)
            return;
        vfio_user->quit = true;

        if (vfio_user->changeTimer != -1)
            virEventRemoveTimeout(vfio_user->changeTimer);
        if (vfio_user->lookTimer != -1)
            virEventRemoveTimeout(vfio_user->lookTimer);
        vfio_user->changeTimer = -1;
        vfio_user->lookTimer = -1;

        VIR_FORCE_CLOSE(vfio_user->cancel[1]);
    }

    /* no pool is added any more */
    virThreadPoolStop(vfio_user->keeper);
    if (vfio_user->probes)
        virThreadPoolStop(vfio_user->probes);
}


/**
 * nodeDeviceVfioUserShutdownWait:
 * @vfio_user: may be NULL
 *
 * Waits for what nodeDeviceVfioUserShutdownPrepare() stopped. Afterwards
 * nothing happens any more; it is to be freed with virObjectUnref().
 */
void
nodeDeviceVfioUserShutdownWait(nodeDeviceVfioUser *vfio_user)
{
    if (!vfio_user)
        return;

    virThreadPoolDrain(vfio_user->keeper);
    if (vfio_user->probes)
        virThreadPoolDrain(vfio_user->probes);

    /* their handlers have references */
    g_clear_pointer(&vfio_user->watches, nodeDeviceVfioUserWatchesFree);
}
