/*
 * qemu_migration_hostdev.c: assigned devices of a guest that migrates
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

#include <fcntl.h>

#include "qemu_migration_hostdev.h"
#include "qemu_migration_hostdev_nodedev.h"
#include "qemu_migration_hostdev_program.h"
#include "node_device_migration.h"
#include "node_device_migration_candidates.h"
#include "virdevmigrationask.h"
#include "virdevmigrationsysfs.h"
#include "virdevmigrationwrite.h"
#include "virerror.h"
#include "virfile.h"
#include "virlog.h"
#include "virmdev.h"
#include "virpci.h"
#include "virstring.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.qemu_migration_hostdev");

/* parents that an error message lists for one device */
#define QEMU_MIGRATION_HOSTDEV_MAX_REASONS 16
/* bytes of a token in an error message */
#define QEMU_MIGRATION_HOSTDEV_SHOWN_TOKEN 100
/* bytes of an error message after which devices are only counted */
#define QEMU_MIGRATION_HOSTDEV_MAX_PROBLEMS (64 * 1024)
/* bytes of a value that is read back */
#define QEMU_MIGRATION_HOSTDEV_MAX_VALUE 4096

static bool
qemuMigrationHostdevIsActive(const char *uuid)
{
    g_autofree char *dir = virMediatedDeviceGetSysfsPath(uuid);

    return virFileExists(dir);
}


static bool
qemuMigrationHostdevIsMdev(const virDomainHostdevDef *hostdev)
{
    return hostdev->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYS &&
           hostdev->source.subsys.type == VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_MDEV;
}


/* A PCI function whose state is migrated: the guest sees it, and does not have
 * to give it back before. */
static bool
qemuMigrationHostdevIsFunction(const virDomainHostdevDef *hostdev)
{
    const virDomainNetTeamingInfo *teaming = hostdev->teaming;

    if (hostdev->mode != VIR_DOMAIN_HOSTDEV_MODE_SUBSYS ||
        hostdev->source.subsys.type != VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_PCI ||
        hostdev->info->type != VIR_DOMAIN_DEVICE_ADDRESS_TYPE_PCI)
        return false;

    if (hostdev->parentnet)
        teaming = hostdev->parentnet->teaming;

    return !teaming || teaming->type != VIR_DOMAIN_NET_TEAMING_TYPE_TRANSIENT;
}


static bool
qemuMigrationHostdevIsMigrated(const virDomainHostdevDef *hostdev)
{
    return qemuMigrationHostdevIsMdev(hostdev) ||
           qemuMigrationHostdevIsFunction(hostdev) ||
           virHostdevIsVfioUserDevice(hostdev);
}


/* Returns what the device is on this host, to be freed by the caller. */
static char *
qemuMigrationHostdevDescribe(const virDomainHostdevDef *hostdev)
{
    const virDomainHostdevSubsys *subsys = &hostdev->source.subsys;
    g_autofree char *address = NULL;

    if (qemuMigrationHostdevIsMdev(hostdev))
        return g_strdup_printf(_("mediated device '%1$s'"), subsys->u.mdev.uuidstr);

    if (virHostdevIsVfioUserDevice(hostdev)) {
        if (!subsys->u.vfio_user.binary)
            return g_strdup_printf(_("vfio-user device at socket '%1$s'"), subsys->u.vfio_user.socket);

        return g_strdup_printf(_("vfio-user program '%1$s'"), subsys->u.vfio_user.binary);
    }

    address = virPCIDeviceAddressAsString(&subsys->u.pci.addr);
    return g_strdup_printf(_("PCI function '%1$s'"), address);
}


static char *
qemuMigrationHostdevGetDir(const virDomainHostdevDef *hostdev)
{
    virPCIDeviceAddress address;
    char *dir = NULL;

    if (qemuMigrationHostdevIsMdev(hostdev))
        return virMediatedDeviceGetSysfsPath(hostdev->source.subsys.u.mdev.uuidstr);

    address = hostdev->source.subsys.u.pci.addr;
    ignore_value(virPCIDeviceAddressGetSysfsFile(&address, &dir));
    return dir;
}


/* Waits for a call with the guest unlocked; there is a job. Returns 0 if it is
 * done, 1 if not, -1 with an error reported if the guest ended meanwhile: then
 * nothing of it may be looked at any more. */
static int
qemuMigrationHostdevWait(virDomainObj *vm,
                         qemuMigrationHostdevCall *call,
                         unsigned int timeout)
{
    bool done;

    virObjectUnlock(vm);
    done = qemuMigrationHostdevCallWait(call, timeout);
    virObjectLock(vm);

    if (virDomainObjCheckActive(vm) < 0)
        return -1;

    return done ? 0 : 1;
}


/* The same for a call that nobody wants to know of if it takes too long.
 * Returns 0 if it succeeded, -1 with an error reported. */
static int
qemuMigrationHostdevRun(virDomainObj *vm,
                        qemuMigrationHostdevCall *call,
                        unsigned int timeout)
{
    int rc;

    if (!call)
        return -1;

    if ((rc = qemuMigrationHostdevWait(vm, call, timeout)) < 0)
        return -1;

    if (rc > 0) {
        qemuMigrationHostdevCallReportTimeout(call, timeout);
        return -1;
    }

    return qemuMigrationHostdevCallResult(call);
}


/* What is asked of a driver in the kernel */
typedef struct _qemuMigrationHostdevAccess qemuMigrationHostdevAccess;
struct _qemuMigrationHostdevAccess {
    char *dir;
    char *uuid;                 /* of a mediated device, NULL: a function */
    char *group;                /* VFIO group that has to be free, or NULL */
    const char *token;          /* to ask about, NULL: read what it publishes */
    char *tokenCopy;

    virDevMigration *migration; /* NULL if nothing */
    GPtrArray *problems;
    bool busy;
    int answer;
    char *reason;
};


static void
qemuMigrationHostdevAccessFree(void *opaque)
{
    qemuMigrationHostdevAccess *access = opaque;

    g_free(access->dir);
    g_free(access->uuid);
    g_free(access->group);
    g_free(access->tokenCopy);
    virDevMigrationFree(access->migration);
    g_ptr_array_unref(access->problems);
    g_free(access->reason);
    g_free(access);
}


static qemuMigrationHostdevAccess *
qemuMigrationHostdevAccessNew(const virDomainHostdevDef *hostdev)
{
    qemuMigrationHostdevAccess *access = g_new0(qemuMigrationHostdevAccess, 1);

    access->dir = qemuMigrationHostdevGetDir(hostdev);
    if (qemuMigrationHostdevIsMdev(hostdev))
        access->uuid = g_strdup(hostdev->source.subsys.u.mdev.uuidstr);
    access->problems = g_ptr_array_new_with_free_func(g_free);

    return access;
}


static int
qemuMigrationHostdevReadThread(void *opaque)
{
    qemuMigrationHostdevAccess *access = opaque;
    g_autofree char *type = NULL;

    if (!access->uuid)
        access->migration = virDevMigrationSysfsReadFunction(access->dir, access->problems);
    else if ((type = qemuMigrationHostdevGetType(access->uuid)))
        access->migration = virDevMigrationSysfsReadDevice(access->dir, type, access->problems);

    return 0;
}


/* Reads what an active mediated device or a PCI function publishes, with the
 * guest unlocked: it is the vendors' drivers that answer. NULL if nothing. */
static int
qemuMigrationHostdevRead(virDomainObj *vm,
                         const virDomainHostdevDef *hostdev,
                         virDevMigration **ret_migration)
{
    qemuMigrationHostdevAccess *access = qemuMigrationHostdevAccessNew(hostdev);
    g_autofree char *name = qemuMigrationHostdevDescribe(hostdev);
    g_autofree char *what = NULL;
    g_autoptr(qemuMigrationHostdevCall) call = NULL;
    size_t i;

    what = g_strdup_printf(_("what the driver of %1$s publishes"), name);
    call = qemuMigrationHostdevCallStart(qemuMigrationHostdevReadThread, access,
                                         qemuMigrationHostdevAccessFree, what);

    if (qemuMigrationHostdevRun(vm, call, QEMU_MIGRATION_HOSTDEV_CALL_ASK) < 0)
        return -1;

    for (i = 0; i < access->problems->len; i++)
        VIR_WARN("%s", (const char *) g_ptr_array_index(access->problems, i));

    *ret_migration = g_steal_pointer(&access->migration);
    return 0;
}


/* The source */


bool
qemuMigrationSrcHasHostdevs(const virDomainDef *def)
{
    size_t i;

    for (i = 0; i < def->nhostdevs; i++) {
        if (qemuMigrationHostdevIsMigrated(def->hostdevs[i]))
            return true;
    }

    return false;
}


/* Finds out what the device of a program is: nobody but we knows how it was
 * launched. */
static int
qemuMigrationSrcReadProgram(const virDomainHostdevDef *def,
                            GHashTable *programs,
                            virDevMigration **migration)
{
    const qemuMigrationProgram *program = qemuMigrationProgramsFind(programs, def);
    g_autofree char *error = NULL;
    g_autofree char *name = NULL;

    if (!program)
        return 0;

    if (program->error) {
        VIR_WARN("Nothing is known about the migration of '%s': %s",
                 def->source.subsys.u.vfio_user.binary, program->error);
    }

    if (qemuMigrationProgramLaunched(program, &def->source.subsys.u.vfio_user,
                                     migration) == 0)
        return 0;

    error = g_strdup(virGetLastErrorMessage());
    name = qemuMigrationHostdevDescribe(def);
    virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                   /* TRANSLATORS: kind and name of the device, alias in the guest, reason */
                   _("%1$s (%2$s) is not what the guest was started with any more: %3$s"),
                   name, NULLSTR(def->info->alias), error);
    return -1;
}


static qemuMigrationCookieHostdev *
qemuMigrationSrcCollectHostdev(virDomainObj *vm,
                               const virDomainHostdevDef *def,
                               GHashTable *programs)
{
    g_autoptr(qemuMigrationCookieHostdev) hostdev = g_new0(qemuMigrationCookieHostdev, 1);
    g_autoptr(virDevMigration) migration = NULL;

    if (virHostdevIsVfioUserDevice(def)) {
        if (qemuMigrationSrcReadProgram(def, programs, &migration) < 0)
            return NULL;
    } else if (qemuMigrationHostdevRead(vm, def, &migration) < 0) {
        return NULL;
    }

    hostdev->type = def->source.subsys.type;
    hostdev->info.type = def->info->type;
    if (hostdev->info.type == VIR_DOMAIN_DEVICE_ADDRESS_TYPE_PCI)
        hostdev->info.addr.pci = def->info->addr.pci;
    else if (hostdev->info.type == VIR_DOMAIN_DEVICE_ADDRESS_TYPE_CCW)
        hostdev->info.addr.ccw = def->info->addr.ccw;

    if (qemuMigrationHostdevIsMdev(def)) {
        g_autofree char *mdevType = NULL;

        g_strlcpy(hostdev->uuid, def->source.subsys.u.mdev.uuidstr, sizeof(hostdev->uuid));
        mdevType = qemuMigrationHostdevGetType(hostdev->uuid);
        if (mdevType && virDevMigrationFieldNameIsValid(mdevType))
            hostdev->mdevType = g_steal_pointer(&mdevType);
    }

    hostdev->migration = virDevMigrationCompareReduce(migration);

    return g_steal_pointer(&hostdev);
}


static int
qemuMigrationSrcCheckHostdevSize(const virDomainHostdevDef *def,
                                 const qemuMigrationCookieHostdev *hostdev,
                                 size_t n,
                                 size_t *total)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;

    virBufferSetIndent(&buf, 4);
    qemuMigrationCookieHostdevFormat(&buf, hostdev);
    *total += virBufferUse(&buf);

    if (n > QEMU_MIGRATION_COOKIE_HOSTDEV_MAX ||
        virBufferUse(&buf) > QEMU_MIGRATION_COOKIE_HOSTDEV_MAX_SIZE ||
        *total > QEMU_MIGRATION_COOKIE_HOSTDEVS_MAX_SIZE) {
        g_autofree char *name = qemuMigrationHostdevDescribe(def);

        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       /* TRANSLATORS: kind and name of the device, alias in the guest */
                       _("%1$s (%2$s) publishes more about its migration than can be sent to the destination"),
                       name, NULLSTR(def->info->alias));
        return -1;
    }

    return 0;
}


/**
 * qemuMigrationSrcCollectHostdevs:
 * @vm: domain that is about to be migrated
 * @ret_hostdevs: filled with a list of qemuMigrationCookieHostdev for the
 *                migration cookie, to be freed by the caller; untouched on
 *                failure
 *
 * Reads what the mediated devices and PCI functions of a guest publish about
 * their migration, and asks the programs of its vfio-user devices; @vm is
 * unlocked meanwhile. One that publishes nothing is in the list, too: "nothing"
 * is known then, other than with a source that is too old to say.
 *
 * Returns 0 on success, -1 on failure with an error reported: there is too
 * much to send, a program changed since it was launched, or a driver does not
 * answer within 20 seconds.
 */
int
qemuMigrationSrcCollectHostdevs(virDomainObj *vm,
                                GSList **ret_hostdevs)
{
    qemuDomainObjPrivate *priv = vm->privateData;
    g_autoptr(GHashTable) programs = NULL;
    GSList *hostdevs = NULL;
    size_t total = 0;
    size_t n = 0;
    size_t i;

    if (qemuMigrationProgramsAsk(priv->driver, vm, &programs) < 0)
        return -1;

    for (i = 0; i < vm->def->nhostdevs; i++) {
        const virDomainHostdevDef *def = vm->def->hostdevs[i];
        qemuMigrationCookieHostdev *hostdev;

        if (!qemuMigrationHostdevIsMigrated(def))
            continue;

        if (!(hostdev = qemuMigrationSrcCollectHostdev(vm, def, programs)))
            goto error;

        /* a guest with that many migrates as ever if it has nothing to say */
        if (!hostdev->migration && n >= QEMU_MIGRATION_COOKIE_HOSTDEV_MAX) {
            qemuMigrationCookieHostdevFree(hostdev);
            continue;
        }

        hostdevs = g_slist_append(hostdevs, hostdev);

        if (qemuMigrationSrcCheckHostdevSize(def, hostdev, ++n, &total) < 0)
            goto error;
    }

    *ret_hostdevs = hostdevs;
    return 0;

 error:
    g_slist_free_full(hostdevs, (GDestroyNotify) qemuMigrationCookieHostdevFree);
    return -1;
}


static qemuMigrationCookieHostdev *
qemuMigrationHostdevFind(GSList *hostdevs,
                         const virDomainDeviceInfo *info)
{
    GSList *next;

    for (next = hostdevs; next; next = next->next) {
        qemuMigrationCookieHostdev *hostdev = next->data;

        if (hostdev->info.type != info->type)
            continue;

        if ((info->type != VIR_DOMAIN_DEVICE_ADDRESS_TYPE_PCI &&
             info->type != VIR_DOMAIN_DEVICE_ADDRESS_TYPE_CCW) ||
            virDomainDeviceInfoAddressIsEqual(&hostdev->info, info))
            return hostdev;
    }

    return NULL;
}


/**
 * qemuMigrationSrcCheckHostdevsAnswer:
 * @vm: domain that is being migrated
 * @answer: what the destination says, list of qemuMigrationCookieHostdev
 *
 * Logs a warning for each device that publishes something and was not judged,
 * because the destination's libvirt does not know how. One that knows vfio-user
 * devices at all knows how to judge them.
 */
void
qemuMigrationSrcCheckHostdevsAnswer(virDomainObj *vm,
                                    GSList *answer)
{
    size_t i;

    for (i = 0; i < vm->def->nhostdevs; i++) {
        const virDomainHostdevDef *def = vm->def->hostdevs[i];
        qemuMigrationCookieHostdev *hostdev;
        g_autoptr(virDevMigration) migration = NULL;

        if (!qemuMigrationHostdevIsMdev(def) &&
            !qemuMigrationHostdevIsFunction(def))
            continue;

        if ((hostdev = qemuMigrationHostdevFind(answer, def->info)) &&
            hostdev->answered)
            continue;

        if (qemuMigrationHostdevRead(vm, def, &migration) < 0) {
            virResetLastError();
            return;
        }

        if (migration) {
            g_autofree char *name = qemuMigrationHostdevDescribe(def);

            VIR_WARN("The destination of domain '%s' does not check whether its device fits %s (%s)",
                     vm->def->name, name, NULLSTR(def->info->alias));
        }
    }
}


/* The destination */


/* One device of the incoming guest */
typedef struct _qemuMigrationHostdevPlan qemuMigrationHostdevPlan;
struct _qemuMigrationHostdevPlan {
    qemuMigrationCookieHostdev *hostdev;
    virDomainHostdevDef *def;
    const char *uuid;           /* on this host, NULL: no mediated device */
    qemuMigrationHostdevAction action;
    virNodeDeviceDef *defined;  /* to start */
};

typedef struct _qemuMigrationDstHostdevs qemuMigrationDstHostdevs;
struct _qemuMigrationDstHostdevs {
    virQEMUDriver *driver;
    virDomainObj *vm;
    unsigned int flags;
    virConnectPtr conn;         /* to the node device driver, on first use */
    GPtrArray *parents;         /* virNodeDeviceDef, by name, on first use */
    char *unread;               /* parents that nothing is known of */
    GHashTable *programs;       /* what the guest's programs can be, or NULL */
    GPtrArray *plans;

    /* what does not fit, of all devices */
    GString *problems;
    size_t nmore;               /* devices that the text leaves out */
    int code;
};


static void
qemuMigrationHostdevPlanFree(void *opaque)
{
    qemuMigrationHostdevPlan *plan = opaque;

    virNodeDeviceDefFree(plan->defined);
    g_free(plan);
}


static void
qemuMigrationDstHostdevsClear(qemuMigrationDstHostdevs *ctx)
{
    virErrorPtr orig;

    /* to close a connection that was lost is an error, too */
    virErrorPreserveLast(&orig);
    g_clear_pointer(&ctx->parents, g_ptr_array_unref);
    g_clear_pointer(&ctx->unread, g_free);
    g_clear_pointer(&ctx->plans, g_ptr_array_unref);
    g_clear_pointer(&ctx->programs, g_hash_table_unref);
    g_clear_pointer(&ctx->conn, virObjectUnref);
    if (ctx->problems)
        g_string_free(g_steal_pointer(&ctx->problems), TRUE);
    virErrorRestore(&orig);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuMigrationDstHostdevs,
                                 qemuMigrationDstHostdevsClear);


/* A mismatch says more than something that this host could not do, that more
 * than something that is missing, and that more than something that could not be
 * judged. */
static int
qemuMigrationHostdevCodeRank(int code)
{
    switch (code) {
    case VIR_ERR_CONFIG_UNSUPPORTED:
        return 4;
    case VIR_ERR_OPERATION_FAILED:
        return 3;
    case VIR_ERR_DEVICE_MISSING:
        return 2;
    case VIR_ERR_MIGRATE_UNSAFE:
        return 1;
    default:
        return 0;
    }
}


static int
qemuMigrationHostdevWorseCode(int a,
                              int b)
{
    return qemuMigrationHostdevCodeRank(a) > qemuMigrationHostdevCodeRank(b) ? a : b;
}


/* Notes why a device cannot be migrated, and goes on: all reasons are
 * reported at once. */
static void
qemuMigrationDstHostdevsProblem(qemuMigrationDstHostdevs *ctx,
                                const qemuMigrationHostdevPlan *plan,
                                int code,
                                const char *text)
{
    g_autofree char *address = qemuMigrationCookieHostdevDescribe(plan->def->info);
    g_autofree char *name = qemuMigrationHostdevDescribe(plan->def);

    ctx->code = qemuMigrationHostdevWorseCode(ctx->code, code);

    if (ctx->problems->len > QEMU_MIGRATION_HOSTDEV_MAX_PROBLEMS) {
        ctx->nmore++;
        return;
    }

    if (ctx->problems->len > 0)
        g_string_append(ctx->problems, "; ");

    g_string_append_printf(ctx->problems,
                           /* TRANSLATORS: alias and address in the guest, kind and name on the host, reason */
                           _("device '%1$s' at %2$s, %3$s: %4$s"),
                           NULLSTR(plan->def->info->alias), address, name, text);
}


static int
qemuMigrationDstHostdevsReport(qemuMigrationDstHostdevs *ctx)
{
    if (ctx->problems->len == 0)
        return 0;

    if (ctx->nmore > 0) {
        g_string_append_printf(ctx->problems, _("; and %1$zu more devices"),
                               ctx->nmore);
    }

    virReportError(ctx->code, "%s", ctx->problems->str);
    return -1;
}


/* Asks the node device driver, with the guest unlocked. The answer stands in
 * @ask, which is valid as long as @ret_call is. Returns 0 on success, 1 on
 * failure with an error set, -1 with an error reported if there is no answer, or
 * the guest ended meanwhile. */
static int
qemuMigrationDstHostdevsAsk(qemuMigrationDstHostdevs *ctx,
                            qemuMigrationHostdevCallFunc func,
                            qemuMigrationNodeDev *ask,
                            const char *what,
                            qemuMigrationHostdevCall **ret_call)
{
    int rc;

    if (!(*ret_call = qemuMigrationHostdevCallStart(func, ask,
                                                    qemuMigrationNodeDevFree, what)))
        return -1;

    if ((rc = qemuMigrationHostdevWait(ctx->vm, *ret_call,
                                       QEMU_MIGRATION_HOSTDEV_CALL_ASK)) < 0)
        return -1;

    if (rc > 0) {
        qemuMigrationHostdevCallReportTimeout(*ret_call, QEMU_MIGRATION_HOSTDEV_CALL_ASK);
        return -1;
    }

    if (!ctx->conn && ask->conn)
        ctx->conn = virObjectRef(ask->conn);

    return qemuMigrationHostdevCallResult(*ret_call) < 0 ? 1 : 0;
}


/* Lists the devices that offer types of mediated devices, once. */
static int
qemuMigrationDstHostdevsListParents(qemuMigrationDstHostdevs *ctx)
{
    qemuMigrationNodeDev *ask;
    g_autoptr(qemuMigrationHostdevCall) call = NULL;

    if (ctx->parents)
        return 0;

    ask = qemuMigrationNodeDevNew(ctx->conn);
    if (qemuMigrationDstHostdevsAsk(ctx, qemuMigrationNodeDevListParents, ask,
                                    _("list of the node device driver"), &call) != 0)
        return -1;

    ctx->parents = g_ptr_array_ref(ask->defs);

    if (ask->unread->len > 0 && !ctx->unread) {
        g_ptr_array_add(ask->unread, NULL);
        ctx->unread = g_strjoinv("; ", (char **) ask->unread->pdata);
    }

    return 0;
}


/* The type of the source's mediated device; NULL if it is none, or unknown */
static const char *
qemuMigrationHostdevSourceType(const qemuMigrationCookieHostdev *hostdev)
{
    if (hostdev->mdevType)
        return hostdev->mdevType;

    /* the source is too old to say it otherwise */
    return virDevMigrationGetMdevType(hostdev->migration);
}


/* Returns all types that all parents offer, judged, the best first. They are
 * valid as long as ctx->parents is. */
static GPtrArray *
qemuMigrationDstHostdevCandidates(qemuMigrationDstHostdevs *ctx,
                                  const qemuMigrationHostdevPlan *plan)
{
    const virNodeDeviceMigrationSource source = {
        .migration = plan->hostdev->migration,
        .mdevType = qemuMigrationHostdevSourceType(plan->hostdev),
        .deviceAPI = virMediatedDeviceModelTypeToString(plan->def->source.subsys.u.mdev.model),
        .program = plan->hostdev->type == VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_VFIO_USER,
    };

    if (qemuMigrationDstHostdevsListParents(ctx) < 0)
        return NULL;

    return virNodeDeviceMigrationCandidatesOfTypes(&source, ctx->parents);
}


static int
qemuMigrationHostdevTokenThread(void *opaque)
{
    qemuMigrationHostdevAccess *access = opaque;
    VIR_AUTOCLOSE group = -1;

    /* whose device it is, knows nothing of a migration */
    if (access->group &&
        (group = open(access->group, O_RDONLY | O_CLOEXEC)) < 0 && errno != ENOENT) {
        access->busy = true;
        return 0;
    }

    access->answer = virDevMigrationAskToken(access->dir, access->token, &access->reason);
    return access->answer < 0 ? -1 : 0;
}


/* Asks the driver about the source's token, in the directory of a type or of a
 * device, with the guest unlocked. @access is stolen. Returns
 *   0 if it says yes,
 *   1 if not, with the reason in @ret_reason,
 *   2 if it could not be asked: somebody has the device open, or this host does
 *     not let us write,
 *  -1 on failure */
static int
qemuMigrationDstHostdevAskToken(qemuMigrationDstHostdevs *ctx,
                                qemuMigrationHostdevAccess *access,
                                const char *token,
                                char **ret_reason)
{
    g_autoptr(qemuMigrationHostdevCall) call = NULL;
    g_autofree char *what = g_strdup_printf(_("answer of the driver about the token in '%1$s'"),
                                            access->dir);
    g_autofree char *shown = g_strndup(token, QEMU_MIGRATION_HOSTDEV_SHOWN_TOKEN);

    access->token = access->tokenCopy = g_strdup(token);
    call = qemuMigrationHostdevCallStart(qemuMigrationHostdevTokenThread, access,
                                         qemuMigrationHostdevAccessFree, what);

    if (qemuMigrationHostdevRun(ctx->vm, call, QEMU_MIGRATION_HOSTDEV_CALL_ASK) < 0)
        return -1;

    if (access->busy) {
        VIR_WARN("The driver is not asked about the token in '%s': the device is in use",
                 access->dir);
        return 2;
    }

    switch (access->answer) {
    case 0:
        return 0;

    case 1:
        *ret_reason = g_strdup_printf(_("migration token: the driver refuses the source's '%1$s': %2$s"),
                                      shown, access->reason);
        return 1;

    case 3:
        VIR_WARN("The driver cannot be asked about the token in '%s': %s",
                 access->dir, access->reason);
        return 2;

    default:
        *ret_reason = g_strdup_printf(_("migration token: the driver cannot be asked about the source's '%1$s' through 'migration_version': %2$s"),
                                      shown, access->reason);
        return 1;
    }
}


/* Can a device be created of this type, as far as can be told before? The
 * driver is asked only about a type that nothing else speaks against. Returns
 * 1 if so, 0 if not, -1 on failure. */
static int
qemuMigrationDstHostdevCandidateFits(qemuMigrationDstHostdevs *ctx,
                                     virNodeDeviceMigrationCandidate *candidate)
{
    qemuMigrationHostdevAccess *access;
    int rc;

    if (!virNodeDeviceMigrationCandidateFits(candidate))
        return 0;

    if (!candidate->comparison->token)
        return 1;

    access = g_new0(qemuMigrationHostdevAccess, 1);
    access->problems = g_ptr_array_new_with_free_func(g_free);
    access->dir = g_strdup_printf("%s/mdev_supported_types/%s",
                                  NULLSTR_EMPTY(candidate->device->sysfs_path),
                                  candidate->type->id);
    if ((rc = qemuMigrationDstHostdevAskToken(ctx, access, candidate->comparison->token,
                                              &candidate->refusal)) < 0)
        return -1;

    /* what nobody has judged is not made */
    if (rc == 2) {
        candidate->refusal = g_strdup(_("migration token: this host does not let the driver be asked"));
        return 0;
    }

    return rc == 0;
}


static void
qemuMigrationHostdevAppendReason(GString *reasons,
                                 const virNodeDeviceMigrationCandidate *candidate,
                                 const char *reason)
{
    if (reasons->len > 0)
        g_string_append(reasons, "; ");

    if (candidate->own) {
        g_string_append_printf(reasons, _("on '%1$s': %2$s"),
                               candidate->device->name, reason);
    } else {
        g_string_append_printf(reasons, _("on '%1$s', type '%2$s': %3$s"),
                               candidate->device->name, candidate->type->id, reason);
    }
}


/* Why nothing on this host fits: the reason of each parent that has the
 * source's type, or another one that could do, or that there is none. */
static void
qemuMigrationDstHostdevsNothingFits(qemuMigrationDstHostdevs *ctx,
                                    const qemuMigrationHostdevPlan *plan,
                                    GPtrArray *candidates)
{
    const char *own = qemuMigrationHostdevSourceType(plan->hostdev);
    g_autoptr(GString) reasons = g_string_new(NULL);
    g_autofree char *text = NULL;
    size_t n = 0;
    int code = VIR_ERR_OK;
    size_t i;

    for (i = 0; i < candidates->len; i++) {
        const virNodeDeviceMigrationCandidate *candidate = g_ptr_array_index(candidates, i);
        g_autofree char *reason = NULL;
        int ownCode = VIR_ERR_INTERNAL_ERROR;

        if (!candidate->related)
            continue;

        reason = virNodeDeviceMigrationCandidateReason(candidate, &ownCode);
        code = qemuMigrationHostdevWorseCode(code, ownCode);
        if (n++ < QEMU_MIGRATION_HOSTDEV_MAX_REASONS)
            qemuMigrationHostdevAppendReason(reasons, candidate, reason);
    }

    if (n == 0 && own) {
        text = g_strdup_printf(_("the device does not exist, and no device of this host that the client may see offers type '%1$s'"),
                               own);
    } else if (n == 0) {
        const char *api = virMediatedDeviceModelTypeToString(plan->def->source.subsys.u.mdev.model);

        text = g_strdup_printf(_("the device does not exist, and no device of this host that the client may see offers a type with device API '%1$s'"),
                               api);
    }

    if (text && ctx->unread) {
        g_autofree char *known = g_steal_pointer(&text);

        text = g_strdup_printf(_("%1$s (could not be read: %2$s)"), known, ctx->unread);
    }

    if (text) {
        qemuMigrationDstHostdevsProblem(ctx, plan, VIR_ERR_DEVICE_MISSING, text);
        return;
    }

    if (n > QEMU_MIGRATION_HOSTDEV_MAX_REASONS) {
        g_string_append_printf(reasons, _("; and on %1$zu more"),
                               n - QEMU_MIGRATION_HOSTDEV_MAX_REASONS);
    }

    /* --unsafe accepts a device that cannot be judged, but makes none */
    if (code == VIR_ERR_MIGRATE_UNSAFE && (ctx->flags & VIR_MIGRATE_UNSAFE))
        code = VIR_ERR_DEVICE_MISSING;

    text = g_strdup_printf(_("the device does not exist, and none can be created: %1$s"),
                           reasons->str);
    qemuMigrationDstHostdevsProblem(ctx, plan, code, text);
}


/* Finds the first type that a device can be created of, NULL if there is none.
 * Returns 0 on success, -1 on failure. */
static int
qemuMigrationDstHostdevFirstFit(qemuMigrationDstHostdevs *ctx,
                                GPtrArray *candidates,
                                const virNodeDeviceMigrationCandidate **fit)
{
    size_t i;

    *fit = NULL;

    for (i = 0; i < candidates->len && !*fit; i++) {
        virNodeDeviceMigrationCandidate *candidate = g_ptr_array_index(candidates, i);
        int rc;

        if ((rc = qemuMigrationDstHostdevCandidateFits(ctx, candidate)) < 0)
            return -1;

        if (rc > 0)
            *fit = candidate;
    }

    return 0;
}


/* Returns "name=value, ..." of what would be set, to be freed by the caller. */
static char *
qemuMigrationHostdevFormatSettings(const virDevMigrationComparison *comparison)
{
    GString *text = g_string_new(NULL);
    size_t i;

    if (comparison->settings->len == 0)
        g_string_append(text, _("no values"));

    for (i = 0; i < comparison->settings->len; i++) {
        const virDevMigrationSetting *setting = g_ptr_array_index(comparison->settings, i);

        g_string_append_printf(text, "%s%s=%s", i > 0 ? ", " : "",
                               setting->name, setting->value);
    }

    return g_string_free(text, FALSE);
}


/* Judges whether an absent device could be created. */
static int
qemuMigrationDstHostdevPlanCreate(qemuMigrationDstHostdevs *ctx,
                                  qemuMigrationHostdevPlan *plan)
{
    g_autoptr(virQEMUDriverConfig) cfg = virQEMUDriverGetConfig(ctx->driver);
    g_autoptr(GPtrArray) candidates = qemuMigrationDstHostdevCandidates(ctx, plan);
    const virNodeDeviceMigrationCandidate *fit;

    if (!candidates ||
        qemuMigrationDstHostdevFirstFit(ctx, candidates, &fit) < 0)
        return -1;

    if (!fit) {
        qemuMigrationDstHostdevsNothingFits(ctx, plan, candidates);
        return 0;
    }

    if (!cfg->migrationHostdevCreate) {
        g_autofree char *settings = qemuMigrationHostdevFormatSettings(fit->comparison);
        g_autofree char *text = NULL;

        text = g_strdup_printf(_("the device does not exist, and migration_hostdev_create is 'never': otherwise one of type '%1$s' would be created on '%2$s' (%3$s)"),
                               fit->type->id, fit->device->name, settings);
        qemuMigrationDstHostdevsProblem(ctx, plan, VIR_ERR_DEVICE_MISSING, text);
        return 0;
    }

    plan->action = QEMU_MIGRATION_HOSTDEV_ACTION_CREATE;
    return 0;
}


/* What differs and does not matter is worth mentioning all the same. */
static void
qemuMigrationHostdevLogNotes(const virDomainHostdevDef *def,
                             const virDevMigrationComparison *comparison)
{
    g_autofree char *name = qemuMigrationHostdevDescribe(def);
    size_t i;

    for (i = 0; i < comparison->reasons->len; i++) {
        const virDevMigrationReason *reason = g_ptr_array_index(comparison->reasons, i);
        g_autofree char *text = NULL;

        if (reason->kind != VIR_DEV_MIGRATION_REASON_NOTE)
            continue;

        text = virDevMigrationReasonFormat(reason);
        VIR_INFO("%s: %s", name, text);
    }
}


/* Returns the VFIO group of a device, to be freed by the caller, NULL if there
 * is none: then nobody can have the device. */
static char *
qemuMigrationHostdevGetGroup(const virDomainHostdevDef *hostdev)
{
    g_autofree char *dir = qemuMigrationHostdevGetDir(hostdev);
    g_autofree char *link = g_strdup_printf("%s/iommu_group", dir);
    g_autofree char *target = g_file_read_link(link, NULL);
    g_autofree char *number = NULL;

    if (!target)
        return NULL;

    number = g_path_get_basename(target);
    return g_strdup_printf("/dev/vfio/%s", number);
}


/* Judges what could not be compared: by the driver, if there is a token. */
static int
qemuMigrationDstHostdevJudgeToken(qemuMigrationDstHostdevs *ctx,
                                  const qemuMigrationHostdevPlan *plan,
                                  const virDevMigrationComparison *comparison,
                                  char **ret_reason)
{
    qemuMigrationHostdevAccess *access;
    g_autofree char *path = NULL;
    int rc;

    if (!comparison->token) {
        plan->hostdev->verdict = comparison->verdict;
        return 0;
    }

    /* nothing is written to the device of another guest: that it is not free
     * is reported later, as ever */
    if (plan->uuid && qemuMigrationHostdevIsAssigned(ctx->driver, plan->uuid))
        return 0;

    access = qemuMigrationHostdevAccessNew(plan->def);
    access->group = qemuMigrationHostdevGetGroup(plan->def);

    /* an own file of the device, or that of its type */
    path = g_strdup_printf("%s/migration_version", access->dir);
    if (plan->uuid && !virFileExists(path)) {
        g_autofree char *devdir = g_steal_pointer(&access->dir);

        access->dir = g_strdup_printf("%s/mdev_type", devdir);
    }

    if ((rc = qemuMigrationDstHostdevAskToken(ctx, access, comparison->token,
                                              ret_reason)) == 0)
        plan->hostdev->verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE;

    return rc == 2 ? 0 : rc;
}


static virDevMigrationComparison *
qemuMigrationDstHostdevCompare(qemuMigrationDstHostdevs *ctx,
                               const qemuMigrationHostdevPlan *plan)
{
    const virDevMigration *source = plan->hostdev->migration;
    g_autoptr(virDevMigration) own = NULL;
    const virDevMigration *migration = NULL;
    virDevMigrationTarget target;

    if (virHostdevIsVfioUserDevice(plan->def)) {
        const qemuMigrationProgram *program = qemuMigrationProgramsFind(ctx->programs,
                                                                        plan->def);

        target = VIR_DEV_MIGRATION_TARGET_PROGRAM;
        if (program)
            migration = program->info;
    } else {
        target = plan->uuid ? VIR_DEV_MIGRATION_TARGET_DEVICE :
                              VIR_DEV_MIGRATION_TARGET_FUNCTION;
        if (qemuMigrationHostdevRead(ctx->vm, plan->def, &own) < 0)
            return NULL;
        migration = own;
    }

    if (plan->hostdev->type == VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_VFIO_USER)
        return virDevMigrationCompareProgram(source, migration, target);

    return virDevMigrationCompare(source, migration, target);
}


/* Returns why a device does not fit, to be freed by the caller. */
static char *
qemuMigrationDstHostdevReason(qemuMigrationDstHostdevs *ctx,
                              const qemuMigrationHostdevPlan *plan,
                              const virDevMigrationComparison *comparison)
{
    g_autofree char *reason = virDevMigrationComparisonFormat(comparison);
    const qemuMigrationProgram *program = NULL;

    if (virHostdevIsVfioUserDevice(plan->def))
        program = qemuMigrationProgramsFind(ctx->programs, plan->def);

    if (!program || !program->error)
        return g_steal_pointer(&reason);

    return g_strdup_printf(_("%1$s (the program could not be asked: %2$s)"),
                           reason, program->error);
}


/* Compares a device that is there with the source's. Nothing of it is changed:
 * whoever made it may have other plans with its values. A program that is not
 * there yet will be launched as what the source's device is. Returns 0 if it
 * fits, 1 if not, with the reason in @ret_reason, -1 on failure. */
static int
qemuMigrationDstHostdevJudge(qemuMigrationDstHostdevs *ctx,
                             const qemuMigrationHostdevPlan *plan,
                             int *code,
                             char **ret_reason)
{
    g_autoptr(virDevMigrationComparison) comparison = qemuMigrationDstHostdevCompare(ctx, plan);
    g_autofree char *reason = NULL;

    if (!comparison)
        return -1;

    qemuMigrationHostdevLogNotes(plan->def, comparison);

    if (virHostdevIsVfioUserDevice(plan->def) &&
        comparison->verdict == VIR_DEV_MIGRATION_VERDICT_COMPATIBLE)
        qemuMigrationProgramSetLaunch(&plan->def->source.subsys.u.vfio_user, comparison);

    if (comparison->verdict != VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE) {
        *code = VIR_ERR_CONFIG_UNSUPPORTED;
        return qemuMigrationDstHostdevJudgeToken(ctx, plan, comparison, ret_reason);
    }

    reason = qemuMigrationDstHostdevReason(ctx, plan, comparison);
    if (!comparison->oneSided) {
        *code = VIR_ERR_CONFIG_UNSUPPORTED;
    } else if (ctx->flags & VIR_MIGRATE_UNSAFE) {
        g_autofree char *name = qemuMigrationHostdevDescribe(plan->def);

        VIR_WARN("Accepting %s for domain '%s' as asked: %s",
                 name, ctx->vm->def->name, reason);
        plan->hostdev->verdict = VIR_DEV_MIGRATION_VERDICT_UNCHECKED;
        return 0;
    } else {
        *code = VIR_ERR_MIGRATE_UNSAFE;
    }

    *ret_reason = g_steal_pointer(&reason);
    return 1;
}


/* As above, and notes the reason. Returns -1 on failure. */
static int
qemuMigrationDstHostdevPlanExisting(qemuMigrationDstHostdevs *ctx,
                                    const qemuMigrationHostdevPlan *plan)
{
    g_autofree char *reason = NULL;
    int code = VIR_ERR_INTERNAL_ERROR;
    int rc;

    plan->hostdev->verdict = VIR_DEV_MIGRATION_VERDICT_UNCHECKED;

    if ((rc = qemuMigrationDstHostdevJudge(ctx, plan, &code, &reason)) < 0)
        return -1;

    if (rc > 0)
        qemuMigrationDstHostdevsProblem(ctx, plan, code, reason);

    return 0;
}


/* Finds out what has to be done for one device, and does nothing. */
static int
qemuMigrationDstHostdevPlanOne(qemuMigrationDstHostdevs *ctx,
                               qemuMigrationHostdevPlan *plan)
{
    g_autoptr(qemuMigrationHostdevCall) call = NULL;
    qemuMigrationNodeDev *ask;

    if (!plan->uuid || qemuMigrationHostdevIsActive(plan->uuid))
        return qemuMigrationDstHostdevPlanExisting(ctx, plan);

    plan->hostdev->verdict = VIR_DEV_MIGRATION_VERDICT_UNCHECKED;

    /* Nothing to judge by: the missing device is reported later, as ever. */
    if (!plan->hostdev->migration)
        return 0;

    if (!ctx->driver->privileged) {
        qemuMigrationDstHostdevsProblem(ctx, plan, VIR_ERR_DEVICE_MISSING,
                                        _("the device does not exist, and creating it requires a privileged daemon"));
        return 0;
    }

    ask = qemuMigrationNodeDevNew(ctx->conn);
    ask->uuid = g_strdup(plan->uuid);
    if (qemuMigrationDstHostdevsAsk(ctx, qemuMigrationNodeDevFindInactive, ask,
                                    _("list of the node device driver"), &call) != 0)
        return -1;

    if (ask->defs->len > 0) {
        plan->defined = g_ptr_array_steal_index(ask->defs, 0);
        plan->action = QEMU_MIGRATION_HOSTDEV_ACTION_START;
        return 0;
    }

    return qemuMigrationDstHostdevPlanCreate(ctx, plan);
}


static int
qemuMigrationDstHostdevsSaveStatus(qemuMigrationDstHostdevs *ctx)
{
    g_autoptr(virQEMUDriverConfig) cfg = virQEMUDriverGetConfig(ctx->driver);

    return virDomainObjSave(ctx->vm, ctx->driver->xmlopt, cfg->stateDir);
}


/* A record that was taken over from an earlier migration, for a device that
 * did not appear: there is a newer one now. */
static void
qemuMigrationDstHostdevForgetSame(qemuDomainObjPrivate *priv,
                                  const qemuMigrationHostdevRecord *record)
{
    GSList *next = priv->migrationHostdevs;

    while (next) {
        qemuMigrationHostdevRecord *other = next->data;

        next = next->next;
        if (qemuMigrationHostdevRecordIsSame(other, record)) {
            priv->migrationHostdevs = g_slist_remove(priv->migrationHostdevs, other);
            qemuMigrationHostdevRecordFree(other);
        }
    }
}


/* Notes that a device is about to be made, so that it will be removed even if
 * this daemon does not live to see it. */
static qemuMigrationHostdevRecord *
qemuMigrationDstHostdevAddRecord(qemuMigrationDstHostdevs *ctx,
                                 const char *uuid,
                                 const char *mdevType,
                                 const char *parent,
                                 qemuMigrationHostdevAction action)
{
    qemuDomainObjPrivate *priv = ctx->vm->privateData;
    qemuMigrationHostdevRecord *record;

    record = qemuMigrationHostdevRecordNew(uuid, mdevType, parent, action);
    qemuMigrationDstHostdevForgetSame(priv, record);
    priv->migrationHostdevs = g_slist_append(priv->migrationHostdevs, record);

    if (qemuMigrationDstHostdevsSaveStatus(ctx) < 0) {
        priv->migrationHostdevs = g_slist_remove(priv->migrationHostdevs, record);
        qemuMigrationHostdevRecordFree(record);
        return NULL;
    }

    return record;
}


/* Nothing was made: forgets the record. */
static void
qemuMigrationDstHostdevDropRecord(qemuMigrationDstHostdevs *ctx,
                                  qemuMigrationHostdevRecord *record)
{
    qemuDomainObjPrivate *priv = ctx->vm->privateData;

    priv->migrationHostdevs = g_slist_remove(priv->migrationHostdevs, record);
    qemuMigrationHostdevRecordFree(record);
    qemuDomainSaveStatus(ctx->vm);
}


/* Removes a device before the next candidate is tried, with the guest unlocked.
 * The status says last that it is gone: it must not be forgotten in between.
 * Returns 0 if it is gone, 1 if it may still be there, -1 with an error reported
 * if the guest ended meanwhile. */
static int
qemuMigrationDstHostdevUndoRecord(qemuMigrationDstHostdevs *ctx,
                                  qemuMigrationHostdevRecord *record)
{
    qemuDomainObjPrivate *priv = ctx->vm->privateData;
    unsigned char guest[VIR_UUID_BUFLEN];
    bool gone;

    memcpy(guest, ctx->vm->def->uuid, VIR_UUID_BUFLEN);
    priv->migrationHostdevs = g_slist_remove(priv->migrationHostdevs, record);

    virObjectUnlock(ctx->vm);
    gone = qemuMigrationHostdevUndoNow(ctx->driver->migrationHostdevUndo, &record, guest);
    virObjectLock(ctx->vm);

    if (virDomainObjCheckActive(ctx->vm) < 0)
        return -1;

    qemuDomainSaveStatus(ctx->vm);
    return gone ? 0 : 1;
}


/* After the node device driver reported an error: has the device been made all
 * the same? mdevctl can fail after the kernel has made it. Whoever was faster
 * than we are, is told apart by the error. */
static bool
qemuMigrationDstHostdevIsMade(qemuMigrationHostdevRecord *record)
{
    if (virGetLastErrorCode() == VIR_ERR_OPERATION_INVALID)
        return false;

    switch (qemuMigrationHostdevRecordLook(record)) {
    case QEMU_MIGRATION_HOSTDEV_PRESENCE_OURS:
    case QEMU_MIGRATION_HOSTDEV_PRESENCE_INCOMPLETE:
        return true;

    case QEMU_MIGRATION_HOSTDEV_PRESENCE_EXPECTED:
    case QEMU_MIGRATION_HOSTDEV_PRESENCE_ABSENT:
    case QEMU_MIGRATION_HOSTDEV_PRESENCE_FOREIGN:
    default:
        return false;
    }
}


/* The node device driver said no. Returns 1 if nothing is there, with its error
 * still set, -1 with an error reported if something is left. */
static int
qemuMigrationDstHostdevRefused(qemuMigrationDstHostdevs *ctx,
                               qemuMigrationHostdevRecord *record)
{
    g_autofree char *uuid = g_strdup(record->uuid);
    virErrorPtr orig;
    int rc;

    virErrorPreserveLast(&orig);

    if (!qemuMigrationDstHostdevIsMade(record)) {
        qemuMigrationDstHostdevDropRecord(ctx, record);
        virErrorRestore(&orig);
        return 1;
    }

    if ((rc = qemuMigrationDstHostdevUndoRecord(ctx, record)) < 0) {
        virFreeError(orig);
        return -1;
    }

    virErrorRestore(&orig);
    if (rc > 0) {
        g_autofree char *error = g_strdup(virGetLastErrorMessage());

        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("mediated device '%1$s' was made, though the node device driver reported an error, and cannot be removed yet: %2$s"),
                       uuid, error);
        return -1;
    }

    return 1;
}


/* Has the node device driver make what is on record. Returns
 *   0 if the device is there,
 *   1 if the node device driver refused: nothing is there, its error is set,
 *  -1 if nobody knows, or the guest ended meanwhile: the record stays */
static int
qemuMigrationDstHostdevMake(qemuMigrationDstHostdevs *ctx,
                            qemuMigrationHostdevRecord *record,
                            qemuMigrationHostdevCallFunc func,
                            qemuMigrationNodeDev *ask)
{
    g_autoptr(qemuMigrationHostdevCall) call = NULL;
    g_autofree char *what = NULL;
    int rc;

    what = g_strdup_printf(_("node device driver, to make mediated device '%1$s' on '%2$s'"),
                           record->uuid, record->parent);
    if (!(call = qemuMigrationHostdevCallStart(func, ask, qemuMigrationNodeDevFree, what))) {
        virErrorPtr orig;

        virErrorPreserveLast(&orig);
        qemuMigrationDstHostdevDropRecord(ctx, record);
        virErrorRestore(&orig);
        return -1;
    }

    record->call = qemuMigrationHostdevCallRef(call);

    if ((rc = qemuMigrationHostdevWait(ctx->vm, call, QEMU_MIGRATION_HOSTDEV_CALL_MAKE)) < 0)
        return -1;

    if (rc > 0) {
        qemuMigrationHostdevCallReportTimeout(call, QEMU_MIGRATION_HOSTDEV_CALL_MAKE);
        return -1;
    }

    g_clear_pointer(&record->call, qemuMigrationHostdevCallUnref);
    if (!ctx->conn && ask->conn)
        ctx->conn = virObjectRef(ask->conn);

    if (qemuMigrationHostdevCallResult(call) == 0) {
        record->name = g_strdup(ask->name);
        record->state = QEMU_MIGRATION_HOSTDEV_STATE_DONE;
        qemuMigrationHostdevRecordLook(record);
        qemuDomainSaveStatus(ctx->vm);
        return 0;
    }

    if (ask->lost) {
        g_autofree char *error = g_strdup(virGetLastErrorMessage());

        qemuMigrationHostdevRecordLost(record);
        qemuMigrationHostdevRecordLook(record);
        qemuDomainSaveStatus(ctx->vm);
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("cannot tell what became of mediated device '%1$s', which the node device driver was to make: %2$s"),
                       record->uuid, error);
        return -1;
    }

    return qemuMigrationDstHostdevRefused(ctx, record);
}


static char *
qemuMigrationHostdevFormatCreateXML(const qemuMigrationHostdevPlan *plan,
                                    const virNodeDeviceMigrationCandidate *candidate)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    size_t i;

    virBufferAddLit(&buf, "<device>\n");
    virBufferAdjustIndent(&buf, 2);
    virBufferEscapeString(&buf, "<parent>%s</parent>\n", candidate->device->name);
    virBufferAddLit(&buf, "<capability type='mdev'>\n");
    virBufferAdjustIndent(&buf, 2);
    virBufferEscapeString(&buf, "<type id='%s'/>\n", candidate->type->id);
    virBufferEscapeString(&buf, "<uuid>%s</uuid>\n", plan->uuid);
    for (i = 0; i < candidate->comparison->settings->len; i++) {
        const virDevMigrationSetting *setting =
            g_ptr_array_index(candidate->comparison->settings, i);

        virBufferEscapeString(&buf, "<attr name='%s'", setting->name);
        virBufferEscapeString(&buf, " value='%s'/>\n", setting->value);
    }
    virBufferAdjustIndent(&buf, -2);
    virBufferAddLit(&buf, "</capability>\n");
    virBufferAdjustIndent(&buf, -2);
    virBufferAddLit(&buf, "</device>\n");

    return virBufferContentAndReset(&buf);
}


/* Does this parent have a free instance of the type left? Returns 1 if so, 0 if
 * not, or if it cannot be told, -1 on failure. */
static int
qemuMigrationDstHostdevHasInstance(qemuMigrationDstHostdevs *ctx,
                                   const virNodeDeviceMigrationCandidate *candidate)
{
    qemuMigrationNodeDev *ask = qemuMigrationNodeDevNew(ctx->conn);
    g_autoptr(qemuMigrationHostdevCall) call = NULL;
    const virNodeDeviceDef *def;
    virNodeDevCapsDef *cap;
    int rc;

    ask->name = g_strdup(candidate->device->name);
    if ((rc = qemuMigrationDstHostdevsAsk(ctx, qemuMigrationNodeDevRead, ask,
                                          _("answer of the node device driver"),
                                          &call)) != 0)
        return rc < 0 ? -1 : 0;

    def = g_ptr_array_index(ask->defs, 0);
    for (cap = def->caps; cap; cap = cap->next) {
        size_t n;
        virMediatedDeviceType **types = virNodeDevCapDataGetMdevTypes(&cap->data, &n);
        size_t i;

        for (i = 0; i < n; i++) {
            if (STREQ(types[i]->id, candidate->type->id))
                return types[i]->available_instances > 0;
        }
    }

    return 0;
}


/* Says why a device could not be created, after the node device driver did so,
 * whose error is set. Returns 1 if the next candidate may be tried, -1 if not,
 * with an error reported. */
static int
qemuMigrationDstHostdevExplain(qemuMigrationDstHostdevs *ctx,
                               const qemuMigrationHostdevPlan *plan,
                               const virNodeDeviceMigrationCandidate *candidate,
                               int *code,
                               char **ret_reason)
{
    g_autofree char *error = g_strdup(virGetLastErrorMessage());
    g_autofree char *settings = NULL;
    int cause = virGetLastErrorCode();
    int rc;

    /* for the client, not for the host to change */
    if (cause == VIR_ERR_ACCESS_DENIED)
        return -1;

    /* the same would happen on any other parent, after a minute each */
    if (cause == VIR_ERR_NO_NODE_DEVICE &&
        virFileExists(candidate->device->sysfs_path)) {
        g_autofree char *text = g_strdup_printf(_("the device does not exist, and could not be made here: %1$s"), error);

        qemuMigrationDstHostdevsProblem(ctx, plan, VIR_ERR_OPERATION_FAILED, text);
        return qemuMigrationDstHostdevsReport(ctx);
    }

    if ((rc = qemuMigrationDstHostdevHasInstance(ctx, candidate)) < 0)
        return -1;

    if (rc == 0) {
        *code = VIR_ERR_DEVICE_MISSING;
        *ret_reason = g_strdup_printf(_("no free instance of type '%1$s' any more: %2$s"),
                                      candidate->type->id, error);
    } else if (cause == VIR_ERR_CONFIG_UNSUPPORTED) {
        settings = qemuMigrationHostdevFormatSettings(candidate->comparison);
        *code = VIR_ERR_CONFIG_UNSUPPORTED;
        *ret_reason = g_strdup_printf(_("refused to create type '%1$s' with the source's values (%2$s): %3$s"),
                                      candidate->type->id, settings, error);
    } else {
        *code = VIR_ERR_OPERATION_FAILED;
        *ret_reason = g_strdup_printf(_("type '%1$s' could not be made here: %2$s"),
                                      candidate->type->id, error);
    }

    virResetLastError();
    return 1;
}


typedef struct _qemuMigrationHostdevWrite qemuMigrationHostdevWrite;
struct _qemuMigrationHostdevWrite {
    char *dir;
    GHashTable *values;         /* wanted, by name */
    bool written;
};


static void
qemuMigrationHostdevWriteFree(void *opaque)
{
    qemuMigrationHostdevWrite *data = opaque;

    g_free(data->dir);
    g_hash_table_unref(data->values);
    g_free(data);
}


static int
qemuMigrationHostdevWriteThread(void *opaque)
{
    qemuMigrationHostdevWrite *data = opaque;
    GHashTableIter iter;
    void *name;
    void *value;

    g_hash_table_iter_init(&iter, data->values);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        g_autofree char *path = g_strdup_printf("%s/%s", data->dir, (char *) name);
        g_autofree char *got = NULL;

        if (virFileReadAllQuiet(path, QEMU_MIGRATION_HOSTDEV_MAX_VALUE, &got) < 0)
            continue;

        virStringTrimOptionalNewline(got);
        if (!virDevMigrationValueIsCut(value, got))
            continue;

        if (virDevMigrationWriteValue(data->dir, name, value) < 0)
            return -1;
        data->written = true;
    }

    return 0;
}


/* Some drivers take the last byte that is written for a newline. mdevctl writes
 * none: what arrived without its last byte is written once more, with one.
 * Returns 1 if that was done, 0 if there is nothing to do, -1 with an error
 * reported. */
static int
qemuMigrationDstHostdevMendValues(qemuMigrationDstHostdevs *ctx,
                                  const qemuMigrationHostdevPlan *plan,
                                  const virDevMigrationComparison *comparison)
{
    qemuMigrationHostdevWrite *data = g_new0(qemuMigrationHostdevWrite, 1);
    g_autoptr(qemuMigrationHostdevCall) call = NULL;
    g_autofree char *what = NULL;
    size_t i;

    data->dir = qemuMigrationHostdevGetDir(plan->def);
    data->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (i = 0; i < comparison->settings->len; i++) {
        const virDevMigrationSetting *setting = g_ptr_array_index(comparison->settings, i);

        g_hash_table_insert(data->values, g_strdup(setting->name), g_strdup(setting->value));
    }

    what = g_strdup_printf(_("values of mediated device '%1$s'"), plan->uuid);
    call = qemuMigrationHostdevCallStart(qemuMigrationHostdevWriteThread, data,
                                         qemuMigrationHostdevWriteFree, what);
    if (qemuMigrationHostdevRun(ctx->vm, call, QEMU_MIGRATION_HOSTDEV_CALL_ASK) < 0)
        return -1;

    return data->written;
}


/* Tries one candidate. Returns 0 if the device is there and fits, 1 if the
 * next one may be tried, with the reason in @ret_reason, -1 on failure. */
static int
qemuMigrationDstHostdevTryCreate(qemuMigrationDstHostdevs *ctx,
                                 const qemuMigrationHostdevPlan *plan,
                                 const virNodeDeviceMigrationCandidate *candidate,
                                 int *code,
                                 char **ret_reason)
{
    qemuMigrationNodeDev *ask;
    qemuMigrationHostdevRecord *record;
    int rc;

    if (!(record = qemuMigrationDstHostdevAddRecord(ctx, plan->uuid,
                                                    candidate->type->id,
                                                    candidate->device->name,
                                                    QEMU_MIGRATION_HOSTDEV_ACTION_CREATE)))
        return -1;

    ask = qemuMigrationNodeDevNew(ctx->conn);
    ask->xml = qemuMigrationHostdevFormatCreateXML(plan, candidate);
    if ((rc = qemuMigrationDstHostdevMake(ctx, record, qemuMigrationNodeDevCreate, ask)) < 0)
        return -1;

    if (rc > 0)
        return qemuMigrationDstHostdevExplain(ctx, plan, candidate, code, ret_reason);

    if ((rc = qemuMigrationDstHostdevJudge(ctx, plan, code, ret_reason)) <= 0)
        return rc;

    if ((rc = qemuMigrationDstHostdevMendValues(ctx, plan, candidate->comparison)) < 0)
        return -1;

    if (rc > 0) {
        g_clear_pointer(ret_reason, g_free);
        if ((rc = qemuMigrationDstHostdevJudge(ctx, plan, code, ret_reason)) <= 0)
            return rc;
    }

    if ((rc = qemuMigrationDstHostdevUndoRecord(ctx, record)) < 0)
        return -1;

    /* the UUID is taken, nobody else can have it */
    if (rc > 0) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("mediated device '%1$s' does not fit, and cannot be removed yet: %2$s"),
                       plan->uuid, *ret_reason);
        return -1;
    }

    return 1;
}


/* Creates a device, on the best candidate that takes it. */
static int
qemuMigrationDstHostdevCreate(qemuMigrationDstHostdevs *ctx,
                              qemuMigrationHostdevPlan *plan)
{
    g_autoptr(GPtrArray) candidates = qemuMigrationDstHostdevCandidates(ctx, plan);
    g_autoptr(GString) reasons = g_string_new(NULL);
    g_autofree char *text = NULL;
    int code = VIR_ERR_OK;
    size_t tried = 0;
    size_t i;

    if (!candidates)
        return -1;

    for (i = 0; i < candidates->len; i++) {
        virNodeDeviceMigrationCandidate *candidate = g_ptr_array_index(candidates, i);
        g_autofree char *reason = NULL;
        int ownCode = VIR_ERR_INTERNAL_ERROR;
        int rc;

        if ((rc = qemuMigrationDstHostdevCandidateFits(ctx, candidate)) < 0)
            return -1;

        if (rc == 0)
            continue;

        if ((rc = qemuMigrationDstHostdevTryCreate(ctx, plan, candidate,
                                                   &ownCode, &reason)) < 0)
            return -1;

        if (rc == 0) {
            /* there is one instance less now */
            g_clear_pointer(&candidates, g_ptr_array_unref);
            g_clear_pointer(&ctx->parents, g_ptr_array_unref);
            return 0;
        }

        code = qemuMigrationHostdevWorseCode(code, ownCode);
        if (tried++ < QEMU_MIGRATION_HOSTDEV_MAX_REASONS)
            qemuMigrationHostdevAppendReason(reasons, candidate, reason);
    }

    /* another device of this guest, or another guest, took the last one */
    if (tried == 0) {
        qemuMigrationDstHostdevsNothingFits(ctx, plan, candidates);
        return qemuMigrationDstHostdevsReport(ctx);
    }

    text = g_strdup_printf(_("the device does not exist, and none can be created: %1$s"),
                           reasons->str);
    qemuMigrationDstHostdevsProblem(ctx, plan, code, text);
    return qemuMigrationDstHostdevsReport(ctx);
}


/* Starts a device that is defined on this host. Its definition says what
 * values it has: they are compared, never changed. */
static int
qemuMigrationDstHostdevStart(qemuMigrationDstHostdevs *ctx,
                             qemuMigrationHostdevPlan *plan)
{
    const virNodeDevCapMdev *mdev = &plan->defined->caps->data.mdev;
    qemuMigrationNodeDev *ask;
    qemuMigrationHostdevRecord *record;
    g_autofree char *reason = NULL;
    int code = VIR_ERR_INTERNAL_ERROR;
    int rc;

    if (!(record = qemuMigrationDstHostdevAddRecord(ctx, plan->uuid,
                                                    mdev->defined_config.type,
                                                    plan->defined->parent,
                                                    QEMU_MIGRATION_HOSTDEV_ACTION_START)))
        return -1;

    ask = qemuMigrationNodeDevNew(ctx->conn);
    ask->name = g_strdup(plan->defined->name);
    if ((rc = qemuMigrationDstHostdevMake(ctx, record, qemuMigrationNodeDevStart, ask)) < 0)
        return -1;

    /* somebody else may have been faster */
    if (rc > 0 && !qemuMigrationHostdevIsActive(plan->uuid)) {
        g_autofree char *error = g_strdup(virGetLastErrorMessage());

        reason = g_strdup_printf(_("the device is defined, but cannot be started: %1$s"),
                                 error);
        qemuMigrationDstHostdevsProblem(ctx, plan, VIR_ERR_DEVICE_MISSING, reason);
        return qemuMigrationDstHostdevsReport(ctx);
    }

    if (rc > 0) {
        plan->action = QEMU_MIGRATION_HOSTDEV_ACTION_NONE;
        virResetLastError();
    }

    if ((rc = qemuMigrationDstHostdevJudge(ctx, plan, &code, &reason)) <= 0)
        return rc;

    qemuMigrationDstHostdevsProblem(ctx, plan, code, reason);
    return qemuMigrationDstHostdevsReport(ctx);
}


/* A device that is still to be removed from an earlier migration is ours: it
 * is judged like any other, and removed later like one that we made now. */
static int
qemuMigrationDstHostdevAdopt(qemuMigrationDstHostdevs *ctx,
                             const char *uuid)
{
    qemuDomainObjPrivate *priv = ctx->vm->privateData;
    qemuMigrationHostdevUndo *undo = ctx->driver->migrationHostdevUndo;
    g_autofree char *mine = g_strdup(uuid);
    qemuMigrationHostdevRecord *record = NULL;
    int rc;

    if (!undo)
        return 0;

    virObjectUnlock(ctx->vm);
    rc = qemuMigrationHostdevUndoClaim(undo, mine, &record);
    virObjectLock(ctx->vm);

    if (rc < 0)
        return -1;

    if (virDomainObjCheckActive(ctx->vm) < 0) {
        if (record)
            qemuMigrationHostdevUndoRelease(undo, record, false);
        qemuMigrationHostdevRecordFree(record);
        return -1;
    }

    if (!record)
        return 0;

    priv->migrationHostdevs = g_slist_append(priv->migrationHostdevs, record);
    if (qemuMigrationDstHostdevsSaveStatus(ctx) < 0) {
        priv->migrationHostdevs = g_slist_remove(priv->migrationHostdevs, record);
        qemuMigrationHostdevUndoRelease(undo, record, false);
        qemuMigrationHostdevRecordFree(record);
        return -1;
    }

    qemuMigrationHostdevUndoRelease(undo, record, true);
    return 0;
}


/* Finds the device of the incoming guest that each entry is about, and plans
 * for those of one kind. */
static int
qemuMigrationDstHostdevsMatch(qemuMigrationDstHostdevs *ctx,
                              GSList *hostdevs,
                              bool (*isKind)(const virDomainHostdevDef *hostdev))
{
    GSList *next;
    size_t i;

    for (next = hostdevs; next; next = next->next) {
        qemuMigrationCookieHostdev *hostdev = next->data;
        virDomainHostdevDef *def = NULL;
        qemuMigrationHostdevPlan *plan;

        for (i = 0; i < ctx->vm->def->nhostdevs; i++) {
            virDomainHostdevDef *candidate = ctx->vm->def->hostdevs[i];

            /* without an address, only the kind tells one from another */
            if (qemuMigrationHostdevFind(&(GSList) { .data = hostdev }, candidate->info) &&
                (!def || qemuMigrationHostdevIsMdev(candidate)))
                def = candidate;
        }

        if (!def && !hostdev->migration)
            continue;

        if (!def) {
            g_autofree char *address = qemuMigrationCookieHostdevDescribe(&hostdev->info);

            if (hostdev->type == VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_PCI) {
                virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                               _("the source's host device at '%1$s', a PCI function, is not in the domain"),
                               address);
            } else if (hostdev->type == VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_VFIO_USER) {
                virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                               _("the source's host device at '%1$s', a vfio-user device, is not in the domain"),
                               address);
            } else {
                virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                               _("the source's host device at '%1$s', mediated device '%2$s', is not in the domain"),
                               address, hostdev->uuid);
            }
            return -1;
        }

        /* the two may become one another */
        if (!isKind(def))
            continue;

        plan = g_new0(qemuMigrationHostdevPlan, 1);
        plan->hostdev = hostdev;
        plan->def = def;
        if (qemuMigrationHostdevIsMdev(def))
            plan->uuid = def->source.subsys.u.mdev.uuidstr;
        g_ptr_array_add(ctx->plans, plan);
    }

    return 0;
}


/* Says in each entry what came of it; the cookie carries it back. */
static void
qemuMigrationDstHostdevsAnswer(qemuMigrationDstHostdevs *ctx,
                               GSList *hostdevs)
{
    GSList *next;
    size_t i;

    for (next = hostdevs; next; next = next->next) {
        qemuMigrationCookieHostdev *hostdev = next->data;

        hostdev->answered = true;
    }

    for (i = 0; i < ctx->plans->len; i++) {
        qemuMigrationHostdevPlan *plan = g_ptr_array_index(ctx->plans, i);

        if (plan->uuid) {
            g_strlcpy(plan->hostdev->uuid, plan->uuid,
                      sizeof(plan->hostdev->uuid));
        }
        plan->hostdev->action = plan->action;
    }
}


/**
 * qemuMigrationDstPrepareHostdevs:
 * @driver: QEMU driver
 * @vm: domain that is to come in; has an id and addresses, but no process yet
 * @hostdevs: what the source sent, list of qemuMigrationCookieHostdev; NULL
 *            if it is too old. Gets the answer.
 * @flags: bitwise-OR of virDomainMigrateFlags
 *
 * Judges whether the mediated devices of this host fit those of the source,
 * creates or starts the missing ones, and makes sure that they have the
 * source's values. Programs of vfio-user devices are asked what they can be,
 * and will be launched as what the source has. First all are judged, so that
 * the error has all reasons, then something is done. What was done is recorded
 * in the private data of @vm; qemuMigrationHostdevsStopped() undoes it.
 *
 * @vm is unlocked while others work, and each of them has a limit: 90 seconds
 * for the node device driver to make a device, 20 for all else.
 *
 * A device that is left from an earlier migration is taken over. Without
 * anything that the source publishes, nothing else happens here. PCI functions
 * are not ready yet: qemuMigrationDstCheckFunctions() is for them.
 *
 * Returns 0 on success, -1 on failure with an error reported:
 * VIR_ERR_CONFIG_UNSUPPORTED for a device that does not fit,
 * VIR_ERR_MIGRATE_UNSAFE if only one side publishes something, and the caller
 * did not accept that, VIR_ERR_DEVICE_MISSING if there is none to take,
 * VIR_ERR_OPERATION_FAILED if one could not be made for a reason of this host,
 * VIR_ERR_OPERATION_TIMEOUT if somebody did not answer.
 */
int
qemuMigrationDstPrepareHostdevs(virQEMUDriver *driver,
                                virDomainObj *vm,
                                GSList *hostdevs,
                                unsigned int flags)
{
    g_auto(qemuMigrationDstHostdevs) ctx = {
        .driver = driver,
        .vm = vm,
        .flags = flags,
        .problems = g_string_new(NULL),
        .plans = g_ptr_array_new_with_free_func(qemuMigrationHostdevPlanFree),
    };
    size_t i;

    if (qemuMigrationDstHostdevsMatch(&ctx, hostdevs, qemuMigrationHostdevIsMdev) < 0 ||
        qemuMigrationDstHostdevsMatch(&ctx, hostdevs, virHostdevIsVfioUserDevice) < 0)
        return -1;

    if (hostdevs && qemuMigrationProgramsAsk(driver, vm, &ctx.programs) < 0)
        return -1;

    for (i = 0; i < vm->def->nhostdevs; i++) {
        const virDomainHostdevDef *def = vm->def->hostdevs[i];

        if (qemuMigrationHostdevIsMdev(def) &&
            qemuMigrationDstHostdevAdopt(&ctx, def->source.subsys.u.mdev.uuidstr) < 0)
            return -1;
    }

    for (i = 0; i < ctx.plans->len; i++) {
        qemuMigrationHostdevPlan *plan = g_ptr_array_index(ctx.plans, i);

        if (qemuMigrationDstHostdevPlanOne(&ctx, plan) < 0)
            return -1;
    }

    if (qemuMigrationDstHostdevsReport(&ctx) < 0)
        return -1;

    for (i = 0; i < ctx.plans->len; i++) {
        qemuMigrationHostdevPlan *plan = g_ptr_array_index(ctx.plans, i);

        if (plan->action == QEMU_MIGRATION_HOSTDEV_ACTION_CREATE &&
            qemuMigrationDstHostdevCreate(&ctx, plan) < 0)
            return -1;

        if (plan->action == QEMU_MIGRATION_HOSTDEV_ACTION_START &&
            qemuMigrationDstHostdevStart(&ctx, plan) < 0)
            return -1;
    }

    qemuMigrationDstHostdevsAnswer(&ctx, hostdevs);
    return 0;
}


/**
 * qemuMigrationDstCheckFunctions:
 * @vm: domain that is to come in; its devices are prepared, but there is no
 *      process yet
 * @hostdevs: what the source sent, after qemuMigrationDstPrepareHostdevs().
 *            Gets the answer.
 * @flags: bitwise-OR of virDomainMigrateFlags
 *
 * Judges whether the PCI functions that the guest gets on this host fit the
 * source's devices. What a function publishes, the driver that it is assigned
 * with knows: a managed one is bound to it only now. They are never changed.
 *
 * Returns as qemuMigrationDstPrepareHostdevs() does.
 */
int
qemuMigrationDstCheckFunctions(virDomainObj *vm,
                               GSList *hostdevs,
                               unsigned int flags)
{
    g_auto(qemuMigrationDstHostdevs) ctx = {
        .vm = vm,
        .flags = flags,
        .problems = g_string_new(NULL),
        .plans = g_ptr_array_new_with_free_func(qemuMigrationHostdevPlanFree),
    };
    size_t i;

    if (qemuMigrationDstHostdevsMatch(&ctx, hostdevs, qemuMigrationHostdevIsFunction) < 0)
        return -1;

    for (i = 0; i < ctx.plans->len; i++) {
        if (qemuMigrationDstHostdevPlanExisting(&ctx, g_ptr_array_index(ctx.plans, i)) < 0)
            return -1;
    }

    return qemuMigrationDstHostdevsReport(&ctx);
}


/**
 * qemuMigrationDstCommitHostdevs:
 * @vm: domain that runs here now
 *
 * From now on the devices that the migration made belong to the guest. The
 * caller saves the status.
 */
void
qemuMigrationDstCommitHostdevs(virDomainObj *vm)
{
    qemuDomainObjPrivate *priv = vm->privateData;
    GSList *next;

    for (next = priv->migrationHostdevs; next; next = next->next) {
        qemuMigrationHostdevRecord *record = next->data;

        record->state = QEMU_MIGRATION_HOSTDEV_STATE_COMMITTED;
    }
}


static bool
qemuMigrationHostdevIsDefined(const virDomainDef *def,
                              const char *uuid)
{
    size_t i;

    for (i = 0; i < def->nhostdevs; i++) {
        const virDomainHostdevDef *hostdev = def->hostdevs[i];

        if (qemuMigrationHostdevIsMdev(hostdev) &&
            STREQ(hostdev->source.subsys.u.mdev.uuidstr, uuid))
            return true;
    }

    return false;
}


/* Is a device of no use on this host any more? */
static bool
qemuMigrationHostdevIsDue(virDomainObj *vm,
                          const qemuMigrationHostdevRecord *record,
                          virDomainShutoffReason reason)
{
    if (record->state != QEMU_MIGRATION_HOSTDEV_STATE_COMMITTED)
        return true;

    /* the guest comes back, and needs it */
    if (reason == VIR_DOMAIN_SHUTOFF_SAVED)
        return false;

    if (!vm->persistent ||
        !qemuMigrationHostdevIsDefined(vm->newDef ? vm->newDef : vm->def, record->uuid))
        return true;

    return reason == VIR_DOMAIN_SHUTOFF_MIGRATED &&
           vm->job->asyncJob == VIR_ASYNC_JOB_MIGRATION_OUT &&
           (vm->job->apiFlags & VIR_MIGRATE_UNDEFINE_SOURCE);
}


/**
 * qemuMigrationHostdevsStopping:
 * @vm: domain whose process is about to be ended
 * @reason: why it ends
 *
 * Decides which of the devices that an incoming migration made have to go:
 * all if the guest never got to run here; those of a guest that ends, or
 * leaves this host, without a definition that would need them again. A guest
 * that is saved keeps them. The rest is not ours any more, but for a guest that
 * goes on from a snapshot at once: that is decided when it ends.
 *
 * This is noted before the process ends: if this daemon ends in between, the
 * reason would be forgotten.
 */
void
qemuMigrationHostdevsStopping(virDomainObj *vm,
                              virDomainShutoffReason reason)
{
    qemuDomainObjPrivate *priv = vm->privateData;
    GSList *due = NULL;
    GSList *next;
    bool changed = false;

    if (reason == VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT)
        return;

    for (next = priv->migrationHostdevs; next; next = next->next) {
        qemuMigrationHostdevRecord *record = next->data;

        if (qemuMigrationHostdevIsDue(vm, record, reason)) {
            /* also if the daemon that comes to see it knows another reason */
            if (record->state == QEMU_MIGRATION_HOSTDEV_STATE_COMMITTED) {
                record->state = QEMU_MIGRATION_HOSTDEV_STATE_DONE;
                changed = true;
            }
            due = g_slist_append(due, record);
        } else {
            qemuMigrationHostdevRecordFree(record);
            changed = true;
        }
    }

    g_slist_free(priv->migrationHostdevs);
    priv->migrationHostdevs = due;

    if (changed)
        qemuDomainSaveStatus(vm);
}


/**
 * qemuMigrationHostdevsStopped:
 * @driver: QEMU driver
 * @vm: domain whose process has ended, and whose devices are released
 * @reason: why it ended
 *
 * The place where what an incoming migration made is undone: what
 * qemuMigrationHostdevsStopping() left. It is handed over to another thread:
 * @vm must not be unlocked here. Who wants to see the result calls
 * qemuMigrationHostdevUndoWait() when @vm is.
 */
void
qemuMigrationHostdevsStopped(virQEMUDriver *driver,
                             virDomainObj *vm,
                             virDomainShutoffReason reason)
{
    qemuDomainObjPrivate *priv = vm->privateData;
    GSList *records;
    GSList *next;

    if (reason == VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT)
        return;

    records = g_steal_pointer(&priv->migrationHostdevs);

    for (next = records; next; next = next->next) {
        qemuMigrationHostdevRecord *record = next->data;

        qemuMigrationHostdevUndoLater(driver->migrationHostdevUndo, &record,
                                      vm->def->uuid);
    }

    g_slist_free(records);
}


/**
 * qemuMigrationHostdevDetached:
 * @vm: domain
 * @hostdev: device that was unplugged from it
 *
 * A device that the guest gave back is the administrator's. The caller saves
 * the status.
 */
void
qemuMigrationHostdevDetached(virDomainObj *vm,
                             const virDomainHostdevDef *hostdev)
{
    qemuDomainObjPrivate *priv = vm->privateData;
    GSList *next = priv->migrationHostdevs;

    while (next) {
        qemuMigrationHostdevRecord *record = next->data;

        next = next->next;
        if (STREQ(record->uuid, hostdev->source.subsys.u.mdev.uuidstr)) {
            priv->migrationHostdevs = g_slist_remove(priv->migrationHostdevs, record);
            qemuMigrationHostdevRecordFree(record);
        }
    }
}
