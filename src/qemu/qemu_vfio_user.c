/*
 * qemu_vfio_user.c: programs of vfio-user devices
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

#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "domain_logcontext.h"
#include "logging/log_manager.h"
#include "qemu_extdevice.h"
#include "qemu_security.h"
#include "qemu_vfio_user.h"
#include "qemu_vfio_user_process.h"
#include "virerror.h"
#include "virfile.h"
#include "virjson.h"
#include "virlog.h"
#include "virpidfile.h"
#include "virprocess.h"
#include "virstring.h"
#include "viruuid.h"
#include "virvfiouser.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.qemu_vfio_user");

#define QEMU_VFIO_USER_DRIVER "vfio-user-pci"

/* between two looks at a program that starts, in microseconds */
#define QEMU_VFIO_USER_POLL (10 * 1000)
/* and at whether it listens, which costs more on a large host: twice as long
 * each time, until this */
#define QEMU_VFIO_USER_POLL_MAX (500 * 1000)

/* bytes of a pid file: two numbers and a UUID */
#define QEMU_VFIO_USER_MAX_PIDFILE 128


bool
qemuVfioUserIsManaged(const virDomainHostdevDef *hostdev)
{
    return virHostdevIsVfioUserDevice(hostdev) &&
           hostdev->source.subsys.u.vfio_user.binary;
}


char *
qemuVfioUserGetSocketPath(qemuDomainObjPrivate *priv,
                          const virDomainHostdevDef *hostdev)
{
    if (!qemuVfioUserIsManaged(hostdev))
        return g_strdup(hostdev->source.subsys.u.vfio_user.socket);

    return g_strdup_printf("%s/vfio-user-%s.sock",
                           priv->libDir, hostdev->info->alias);
}


char *
qemuVfioUserGetPidfilePath(virDomainObj *vm,
                           const virDomainHostdevDef *hostdev)
{
    qemuDomainObjPrivate *priv = vm->privateData;
    g_autoptr(virQEMUDriverConfig) cfg = virQEMUDriverGetConfig(priv->driver);
    g_autofree char *domname = virDomainDefGetShortName(vm->def);
    g_autofree char *name = NULL;

    name = g_strdup_printf("%s-%s-vfio-user", domname, hostdev->info->alias);

    return virPidFileBuildPath(cfg->stateDir, name);
}


static char *
qemuVfioUserBuildSocketArg(const char *socket)
{
    return g_strdup_printf("--socket-path=%s", socket);
}


char **
qemuVfioUserBuildArgs(const virDomainHostdevSubsysVfioUser *src,
                      const char *socket)
{
    g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);
    size_t i;

    g_ptr_array_add(args, g_strdup(src->binary));
    g_ptr_array_add(args, qemuVfioUserBuildSocketArg(socket));

    if (src->version) {
        g_ptr_array_add(args, g_strdup_printf("--migration-model=%s",
                                              src->model));
        g_ptr_array_add(args, g_strdup_printf("--migration-version=%s",
                                              src->version));
    }

    for (i = 0; i < src->nparams; i++) {
        g_ptr_array_add(args, g_strdup_printf("--m-%s=%s",
                                              src->params[i].name,
                                              src->params[i].value));
    }

    g_ptr_array_add(args, NULL);

    return (char **) g_ptr_array_free(g_steal_pointer(&args), FALSE);
}


/* The program as its pid file describes it, whether it runs or not; NULL if
 * there is no such file, or a bad one */
static qemuVfioUserProgram *
qemuVfioUserReadPidfile(virDomainObj *vm,
                        const virDomainHostdevDef *hostdev)
{
    g_autofree char *pidfile = qemuVfioUserGetPidfilePath(vm, hostdev);
    g_autofree char *text = NULL;
    char mark[VIR_UUID_STRING_BUFLEN];
    unsigned char uuid[VIR_UUID_BUFLEN];
    unsigned long long started;
    long long number;
    char *end;

    if (virFileReadAllQuiet(pidfile, QEMU_VFIO_USER_MAX_PIDFILE, &text) < 0 ||
        virStrToLong_ll(text, &end, 10, &number) < 0 || *end != '\n' ||
        virStrToLong_ull(end + 1, &end, 10, &started) < 0 || *end != '\n' ||
        number <= 1 || (pid_t) number != number ||
        virUUIDParse(end + 1, uuid) < 0)
        return NULL;

    virUUIDFormat(uuid, mark);

    return qemuVfioUserProgramNew(number, started, mark);
}


/* The number of the running program, or -1 */
pid_t
qemuVfioUserGetPid(virDomainObj *vm,
                   const virDomainHostdevDef *hostdev)
{
    g_autoptr(qemuVfioUserProgram) program = qemuVfioUserReadPidfile(vm, hostdev);
    const qemuVfioUserProcess *process;

    if (!program)
        return -1;

    process = &g_array_index(program->processes, qemuVfioUserProcess, 0);

    return qemuVfioUserProcessIsAlive(process) ? process->pid : -1;
}


typedef struct _qemuVfioUserHookData qemuVfioUserHookData;
struct _qemuVfioUserHookData {
    const char *pidfile;
    const char *mark;
};


/* A file like those of virCommandSetPidFile() would be locked by the program,
 * and so inherited by it, open for writing. But what we kill by that number,
 * as root, is not for a program to say. */
static int
qemuVfioUserWritePidfile(const char *pidfile,
                         const char *mark)
{
    g_autofree char *text = NULL;
    unsigned long long started;
    pid_t pid = getpid();

    if (virProcessGetStartTime(pid, &started) < 0)
        return -1;

    text = g_strdup_printf("%lld\n%llu\n%s\n", (long long) pid, started, mark);

    if (virFileWriteStr(pidfile, text, 0600) < 0) {
        virReportSystemError(errno, _("Failed to write to pid file '%1$s'"),
                             pidfile);
        return -1;
    }

    return 0;
}


static int
qemuVfioUserHook(void *opaque)
{
    const qemuVfioUserHookData *data = opaque;

    if (qemuVfioUserProcessSetup() < 0)
        return -1;

    return qemuVfioUserWritePidfile(data->pidfile, data->mark);
}


static char *
qemuVfioUserGetLogName(virDomainObj *vm,
                       virDomainHostdevDef *hostdev)
{
    return g_strdup_printf("%s-%s-vfio-user", vm->def->name,
                           hostdev->info->alias);
}


/* Makes virtlogd write what is still in its pipe: it is only a few milliseconds
 * since the program has ended. To ask for the position in the file does that;
 * to read the file does not. */
static void
qemuVfioUserDrainLog(virDomainObj *vm,
                     virDomainHostdevDef *hostdev)
{
    qemuDomainObjPrivate *priv = vm->privateData;
    g_autoptr(virQEMUDriverConfig) cfg = virQEMUDriverGetConfig(priv->driver);
    g_autoptr(virLogManager) manager = NULL;
    g_autofree char *logname = qemuVfioUserGetLogName(vm, hostdev);
    g_autofree char *path = g_strdup_printf("%s/%s.log", cfg->logDir, logname);
    ino_t inode;
    off_t offset;

    if (!cfg->stdioLogD)
        return;

    if (!(manager = virLogManagerNew(priv->driver->privileged)) ||
        virLogManagerDomainGetLogFilePosition(manager, path, 0,
                                              &inode, &offset) < 0)
        virResetLastError();
}


/* The text comes from a program that we know nothing about. */
static char *
qemuVfioUserReadErrors(virDomainObj *vm,
                       virDomainHostdevDef *hostdev,
                       domainLogContext *logContext)
{
    g_autofree char *raw = NULL;
    g_autofree char *text = NULL;
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    char *cur;
    char *next;

    qemuVfioUserDrainLog(vm, hostdev);

    if (domainLogContextReadFiltered(logContext, &raw,
                                     QEMU_VFIO_USER_MAX_ERRORS) < 0) {
        virResetLastError();
        return NULL;
    }

    text = g_utf8_make_valid(raw, -1);
    g_strstrip(text);

    for (cur = text; *cur; cur = next) {
        next = g_utf8_next_char(cur);

        if (*cur != '\n' && g_unichar_iscntrl(g_utf8_get_char(cur)))
            virBufferAddChar(&buf, '?');
        else
            virBufferAdd(&buf, cur, next - cur);
    }

    return virBufferContentAndReset(&buf);
}


static void
qemuVfioUserReportFailure(virDomainObj *vm,
                          virDomainHostdevDef *hostdev,
                          domainLogContext *logContext,
                          const char *what)
{
    const char *binary = hostdev->source.subsys.u.vfio_user.binary;
    g_autofree char *errors = qemuVfioUserReadErrors(vm, hostdev, logContext);

    if (errors) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("vfio-user program '%1$s' of device '%2$s' did not start: %3$s: %4$s"),
                       binary, hostdev->info->alias, what, errors);
    } else {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("vfio-user program '%1$s' of device '%2$s' did not start: %3$s"),
                       binary, hostdev->info->alias, what);
    }
}


static bool
qemuVfioUserIsSocket(const char *path)
{
    struct stat sb;

    return lstat(path, &sb) == 0 && S_ISSOCK(sb.st_mode);
}


/* 0 as soon as the program listens, which it does not between bind() and
 * listen(). Otherwise it has ended, or was ended. */
static int
qemuVfioUserWait(virDomainObj *vm,
                 virDomainHostdevDef *hostdev,
                 domainLogContext *logContext,
                 pid_t pid,
                 const char *socket,
                 unsigned int timeout)
{
    gint64 end = g_get_monotonic_time() + timeout * 1000LL;
    gint64 look = 0;
    gint64 delay = QEMU_VFIO_USER_POLL;
    unsigned int nunknown = 0;
    int status = 0;
    int rc;

    while (true) {
        g_autofree char *what = NULL;
        gint64 now = g_get_monotonic_time();

        if ((rc = qemuVfioUserReap(pid, false, &status)) != 0) {
            if (rc < 0)
                what = g_strdup(g_strerror(errno));
            else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                what = g_strdup(_("it ended, but has to stay in the foreground"));
            else
                what = virProcessTranslateStatus(status);

            qemuVfioUserReportFailure(vm, hostdev, logContext, what);
            return -1;
        }

        if (now >= look && qemuVfioUserIsSocket(socket)) {
            switch (qemuVfioUserSocketGetState(socket)) {
            case QEMU_VFIO_USER_SOCKET_LISTENS:
                return 0;
            case QEMU_VFIO_USER_SOCKET_UNKNOWN:
                /* in a network namespace of its own? */
                if (++nunknown > 1)
                    return 0;
                break;
            case QEMU_VFIO_USER_SOCKET_BOUND:
                break;
            }

            look = now + delay;
            delay = MIN(delay * 2, QEMU_VFIO_USER_POLL_MAX);
        }

        if (now >= end) {
            virProcessGroupKill(pid, SIGKILL);
            /* it may not have its group yet */
            virProcessKill(pid, SIGKILL);
            qemuVfioUserReap(pid, true, &status);

            what = g_strdup_printf(_("no socket after %1$u ms"), timeout);
            qemuVfioUserReportFailure(vm, hostdev, logContext, what);
            return -1;
        }

        g_usleep(QEMU_VFIO_USER_POLL);
    }
}


static int
qemuVfioUserRun(virDomainObj *vm,
                virCommand *cmd,
                pid_t *pid)
{
    qemuDomainObjPrivate *priv = vm->privateData;
    virQEMUDriver *driver = priv->driver;
    g_autoptr(virQEMUDriverConfig) cfg = virQEMUDriverGetConfig(driver);
    int ret;

    /* The program maps the guest's memory, and QEMU connects to its socket, so
     * it gets the label, user and group of the guest. The socket, which the
     * program creates in the guest's directory, needs none from us: to follow
     * a path there as root would be asking for trouble. */
    if (qemuSecuritySetChildProcessLabel(driver->securityManager, vm->def,
                                         false, cmd) < 0)
        return -1;

    if (cfg->schedCore == QEMU_SCHED_CORE_FULL)
        virCommandSetRunAmong(cmd, vm->pid > 0 ? vm->pid : priv->schedCoreChildPID);

    if (qemuSecurityPreFork(driver->securityManager) < 0)
        return -1;

    ret = virCommandRunAsync(cmd, pid);

    qemuSecurityPostFork(driver->securityManager);

    return ret;
}


static void
qemuVfioUserRemoveFiles(const char *pidfile,
                        const char *socket)
{
    if (unlink(socket) < 0 && errno != ENOENT)
        VIR_WARN("Unable to remove '%s': %s", socket, g_strerror(errno));
    if (unlink(pidfile) < 0 && errno != ENOENT)
        VIR_WARN("Unable to remove '%s': %s", pidfile, g_strerror(errno));
}


/* A guest that fails early has no aliases and no directory yet. */
static bool
qemuVfioUserIsStoppable(qemuDomainObjPrivate *priv,
                        const virDomainHostdevDef *hostdev)
{
    return qemuVfioUserIsManaged(hostdev) && hostdev->info->alias && priv->libDir;
}


int
qemuVfioUserStart(virDomainObj *vm,
                  virDomainHostdevDef *hostdev,
                  unsigned int timeout)
{
    qemuDomainObjPrivate *priv = vm->privateData;
    virQEMUDriver *driver = priv->driver;
    g_autoptr(virQEMUDriverConfig) cfg = virQEMUDriverGetConfig(driver);
    const virDomainHostdevSubsysVfioUser *src = &hostdev->source.subsys.u.vfio_user;
    g_autoptr(domainLogContext) logContext = NULL;
    g_autofree char *logname = NULL;
    g_autofree char *socket = NULL;
    g_autofree char *pidfile = NULL;
    g_auto(GStrv) args = NULL;
    g_autoptr(virCommand) cmd = NULL;
    unsigned char uuid[VIR_UUID_BUFLEN];
    char mark[VIR_UUID_STRING_BUFLEN];
    qemuVfioUserHookData hookData = { .mark = mark };
    struct sockaddr_un addr;
    int logfd;
    pid_t pid = -1;

    if (!qemuVfioUserIsManaged(hostdev))
        return 0;

    if (virVfioUserCheckFile(src->binary, true) < 0)
        return -1;

    socket = qemuVfioUserGetSocketPath(priv, hostdev);
    pidfile = qemuVfioUserGetPidfilePath(vm, hostdev);
    hookData.pidfile = pidfile;

    if (virUUIDGenerate(uuid) < 0) {
        virReportError(VIR_ERR_INTERNAL_ERROR, "%s", _("failed to generate UUID"));
        return -1;
    }
    virUUIDFormat(uuid, mark);

    if (strlen(socket) >= sizeof(addr.sun_path)) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("path '%1$s' of the socket of device '%2$s' is too long"),
                       socket, hostdev->info->alias);
        return -1;
    }

    /* whatever a guest of this name and number left */
    qemuVfioUserStop(vm, hostdev);

    logname = qemuVfioUserGetLogName(vm, hostdev);
    if (!(logContext = domainLogContextNew(cfg->stdioLogD, cfg->logDir,
                                           QEMU_DRIVER_NAME,
                                           vm, driver->privileged,
                                           logname))) {
        virLastErrorPrefixMessage("%s", _("can't open log context"));
        return -1;
    }

    logfd = domainLogContextGetWriteFD(logContext);

    args = qemuVfioUserBuildArgs(src, socket);
    cmd = virCommandNewArgs((const char *const *) args);
    virCommandAddEnvPassCommon(cmd);
    virCommandAddEnvPair(cmd, QEMU_VFIO_USER_MARK, mark);
    virCommandClearCaps(cmd);
    virCommandSetWorkingDirectory(cmd, "/");
    virCommandSetPreExecHook(cmd, qemuVfioUserHook, &hookData);
    virCommandSetOutputFD(cmd, &logfd);
    virCommandSetErrorFD(cmd, &logfd);

    if (qemuExtDeviceLogCommand(driver, vm, cmd, "vfio-user") < 0)
        return -1;

    if (qemuVfioUserRun(vm, cmd, &pid) < 0)
        return -1;

    if (qemuVfioUserWait(vm, hostdev, logContext, pid, socket, timeout) < 0) {
        qemuVfioUserStop(vm, hostdev);
        return -1;
    }

    if (qemuVfioUserReaperAdd(pid, src->binary) < 0) {
        int status;

        qemuVfioUserStop(vm, hostdev);
        qemuVfioUserReap(pid, true, &status);
        return -1;
    }

    return 0;
}


/* Ends programs, all at the same time */
static void
qemuVfioUserStopList(virDomainObj *vm,
                     virDomainHostdevDef **hostdevs,
                     size_t nhostdevs)
{
    qemuDomainObjPrivate *priv = vm->privateData;
    g_autoptr(GPtrArray) programs = g_ptr_array_new_with_free_func((GDestroyNotify) qemuVfioUserProgramFree);
    g_autofree qemuVfioUserProgram **byIndex = g_new0(qemuVfioUserProgram *, nhostdevs);
    virErrorPtr orig_err;
    size_t i;

    virErrorPreserveLast(&orig_err);

    for (i = 0; i < nhostdevs; i++) {
        if (qemuVfioUserIsStoppable(priv, hostdevs[i]) &&
            (byIndex[i] = qemuVfioUserReadPidfile(vm, hostdevs[i])))
            g_ptr_array_add(programs, byIndex[i]);
    }

    qemuVfioUserProgramsEnd(programs);

    for (i = 0; i < nhostdevs; i++) {
        g_autofree char *socket = NULL;
        g_autofree char *pidfile = NULL;

        if (!qemuVfioUserIsStoppable(priv, hostdevs[i]))
            continue;

        if (byIndex[i] && byIndex[i]->alive) {
            /* with its pid file, it can be stopped later */
            VIR_WARN("Unable to stop the vfio-user program of device '%s'",
                     hostdevs[i]->info->alias);
            continue;
        }

        socket = qemuVfioUserGetSocketPath(priv, hostdevs[i]);
        pidfile = qemuVfioUserGetPidfilePath(vm, hostdevs[i]);
        qemuVfioUserRemoveFiles(pidfile, socket);
    }

    virErrorRestore(&orig_err);
}


void
qemuVfioUserStop(virDomainObj *vm,
                 virDomainHostdevDef *hostdev)
{
    qemuVfioUserStopList(vm, &hostdev, 1);
}


void
qemuVfioUserStopAll(virDomainObj *vm)
{
    qemuVfioUserStopList(vm, vm->def->hostdevs, vm->def->nhostdevs);
}


int
qemuVfioUserSetupCgroup(virDomainObj *vm,
                        virDomainHostdevDef *hostdev,
                        virCgroup *cgroup)
{
    pid_t pid;

    if (!cgroup || !qemuVfioUserIsManaged(hostdev))
        return 0;

    if ((pid = qemuVfioUserGetPid(vm, hostdev)) < 0) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("vfio-user program '%1$s' of device '%2$s' died unexpectedly"),
                       hostdev->source.subsys.u.vfio_user.binary,
                       hostdev->info->alias);
        return -1;
    }

    return virCgroupAddProcess(cgroup, pid);
}


/* As in QEMU: a JSON object, else options, of which the first one may lack its
 * name, and in whose values a comma is doubled. */
static char *
qemuVfioUserFindInDeviceArg(const char *arg)
{
    g_autofree char *id = NULL;
    bool found = false;
    const char *cur;

    if (*arg == '{') {
        g_autoptr(virJSONValue) props = NULL;

        if (strlen(arg) <= QEMU_VFIO_USER_MAX_JSON &&
            (props = virJSONValueFromString(arg)) &&
            virJSONValueIsObject(props)) {
            found = STREQ_NULLABLE(virJSONValueObjectGetString(props, "driver"),
                                   QEMU_VFIO_USER_DRIVER);
            id = g_strdup(virJSONValueObjectGetString(props, "id"));
        } else {
            /* QEMU may be able to. Do not miss it. */
            virResetLastError();
            found = !!strstr(arg, QEMU_VFIO_USER_DRIVER);
        }
    } else {
        bool first = true;

        for (cur = arg; *cur; first = false) {
            g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
            g_autofree char *option = NULL;

            while (*cur && (*cur != ',' || cur[1] == ',')) {
                if (*cur == ',')
                    cur++;
                virBufferAddChar(&buf, *cur++);
            }
            if (*cur == ',')
                cur++;

            if (!(option = virBufferContentAndReset(&buf)))
                continue;

            if (STREQ(option, "driver=" QEMU_VFIO_USER_DRIVER) ||
                (first && STREQ(option, QEMU_VFIO_USER_DRIVER))) {
                found = true;
            } else if (STRPREFIX(option, "id=")) {
                g_free(id);
                id = g_strdup(option + strlen("id="));
            }
        }
    }

    if (!found)
        return NULL;

    return id ? g_steal_pointer(&id) : g_strdup(QEMU_VFIO_USER_DRIVER);
}


char *
qemuVfioUserFindInArgs(char **args)
{
    size_t i;

    for (i = 0; args && args[i] && args[i + 1]; i++) {
        char *id;

        if (STRNEQ(args[i], "-device") && STRNEQ(args[i], "--device"))
            continue;

        if ((id = qemuVfioUserFindInDeviceArg(args[i + 1])))
            return id;
    }

    return NULL;
}


bool
qemuVfioUserIsMigratable(const virDomainDef *def,
                         virQEMUCaps *qemuCaps)
{
    const qemuDomainXmlNsDef *nsdef = def->namespaceData;
    g_autofree char *id = NULL;
    size_t i;

    if (virQEMUCapsGet(qemuCaps, QEMU_CAPS_VFIO_USER_PCI_ENABLE_MIGRATION))
        return true;

    for (i = 0; i < def->nhostdevs; i++) {
        if (virHostdevIsVfioUserDevice(def->hostdevs[i])) {
            virReportError(VIR_ERR_OPERATION_UNSUPPORTED,
                           _("the state of vfio-user device '%1$s' cannot be saved or migrated with this QEMU"),
                           NULLSTR(def->hostdevs[i]->info->alias));
            return false;
        }
    }

    if (nsdef && (id = qemuVfioUserFindInArgs(nsdef->args))) {
        virReportError(VIR_ERR_OPERATION_UNSUPPORTED,
                       _("the state of vfio-user device '%1$s' in <qemu:commandline> cannot be saved or migrated with this QEMU"),
                       id);
        return false;
    }

    return true;
}


static const virQEMUCapsFlags qemuVfioUserFlags[] = {
    QEMU_CAPS_DEVICE_VFIO_USER_PCI,
    QEMU_CAPS_VFIO_USER_PCI_ENABLE_MIGRATION,
};


bool
qemuVfioUserSavesFlag(const virDomainDef *def,
                      virQEMUCapsFlags flag)
{
    bool ours = false;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(qemuVfioUserFlags); i++) {
        if (flag == qemuVfioUserFlags[i])
            ours = true;
    }

    for (i = 0; ours && i < def->nhostdevs; i++) {
        if (virHostdevIsVfioUserDevice(def->hostdevs[i]))
            return true;
    }

    return !ours;
}


/* As at the start of a guest: its definition overrides the configuration. */
static void
qemuVfioUserAdjustFlag(virDomainObj *vm,
                       virQEMUCapsFlags flag)
{
    qemuDomainObjPrivate *priv = vm->privateData;
    g_autoptr(virQEMUDriverConfig) cfg = virQEMUDriverGetConfig(priv->driver);
    qemuDomainXmlNsDef *nsdef = vm->def->namespaceData;
    const char *name = virQEMUCapsTypeToString(flag);

    if (cfg->capabilityfilters &&
        g_strv_contains((const char *const *) cfg->capabilityfilters, name))
        virQEMUCapsClear(priv->qemuCaps, flag);

    if (nsdef && nsdef->capsadd &&
        g_strv_contains((const char *const *) nsdef->capsadd, name))
        virQEMUCapsSet(priv->qemuCaps, flag);

    if (nsdef && nsdef->capsdel &&
        g_strv_contains((const char *const *) nsdef->capsdel, name))
        virQEMUCapsClear(priv->qemuCaps, flag);
}


void
qemuVfioUserReloadFlags(virDomainObj *vm)
{
    qemuDomainObjPrivate *priv = vm->privateData;
    size_t i;
    int rc;

    if (virQEMUCapsGet(priv->qemuCaps, QEMU_CAPS_DEVICE_VFIO_USER_PCI))
        return;

    qemuDomainObjEnterMonitor(vm);
    rc = virQEMUCapsProbeQMPVfioUser(priv->qemuCaps, priv->mon);
    qemuDomainObjExitMonitor(vm);

    if (rc < 0) {
        VIR_WARN("Unable to ask QEMU of domain '%s' for vfio-user devices: %s",
                 vm->def->name, virGetLastErrorMessage());
        virResetLastError();
    }

    for (i = 0; i < G_N_ELEMENTS(qemuVfioUserFlags); i++)
        qemuVfioUserAdjustFlag(vm, qemuVfioUserFlags[i]);
}
