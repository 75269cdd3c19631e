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
#include "virerror.h"
#include "virfile.h"
#include "virjson.h"
#include "virlog.h"
#include "virpidfile.h"
#include "virprocess.h"
#include "virthread.h"
#include "virstring.h"
#include "virvfiouser.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.qemu_vfio_user");

#define QEMU_VFIO_USER_DRIVER "vfio-user-pci"

/* between two looks at the socket of a program that starts, in microseconds */
#define QEMU_VFIO_USER_POLL (10 * 1000)

/* bytes of the list of all sockets */
#define QEMU_VFIO_USER_MAX_SOCKETS (64 * 1024 * 1024)
/* of a socket that listens, in that list */
#define QEMU_VFIO_USER_SO_ACCEPTCON 0x10000

/* bytes of a command line in which a socket is looked for: of an interpreter,
 * its option, the program, the socket */
#define QEMU_VFIO_USER_MAX_CMDLINE (16 * 1024)
/* looks at all processes, which are 10 ms apart, until one finds none */
#define QEMU_VFIO_USER_MAX_LOOKS 100

/* bytes of a pid file: two numbers */
#define QEMU_VFIO_USER_MAX_PIDFILE 64


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


/* Returns 1 after @pid has ended, 0 if it runs and @wait is false, -1 with
 * errno set if it is no child of ours. */
static int
qemuVfioUserReap(pid_t pid,
                 bool wait,
                 int *status)
{
    siginfo_t info = { 0 };
    int flags = WEXITED | WNOWAIT | (wait ? 0 : WNOHANG);

    while (waitid(P_PID, pid, &info, flags) < 0) {
        if (errno != EINTR)
            return -1;
    }

    if (info.si_pid == 0)
        return 0;

    /* Children that the program left behind. Nobody else can have its number
     * until we reap it. */
    virProcessGroupKill(pid, SIGKILL);

    while (waitpid(pid, status, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }

    return 1;
}


typedef struct _qemuVfioUserChild qemuVfioUserChild;
struct _qemuVfioUserChild {
    pid_t pid;
    char *binary;
};


static void
qemuVfioUserReaper(void *opaque)
{
    qemuVfioUserChild *child = opaque;
    int status = 0;

    if (qemuVfioUserReap(child->pid, true, &status) > 0) {
        g_autofree char *how = virProcessTranslateStatus(status);

        VIR_INFO("vfio-user program '%s' with pid %lld has ended: %s",
                 child->binary, (long long) child->pid, how);
    }

    g_free(child->binary);
    g_free(child);
}


/* The program's exit status is wanted, hence it is our child and not that of
 * init, as daemonized commands are. So somebody has to reap it. */
static int
qemuVfioUserStartReaper(pid_t pid,
                        const char *binary)
{
    qemuVfioUserChild *child = g_new0(qemuVfioUserChild, 1);
    virThread thread;

    child->pid = pid;
    child->binary = g_strdup(binary);

    if (virThreadCreateFull(&thread, false, qemuVfioUserReaper,
                            "vfio-user", false, child) < 0) {
        virReportSystemError(errno, "%s",
                             _("cannot create the thread of a vfio-user program"));
        g_free(child->binary);
        g_free(child);
        return -1;
    }

    return 0;
}


/* The number of the running program, or -1. When it started tells it from
 * another process with the same number. */
pid_t
qemuVfioUserGetPid(virDomainObj *vm,
                   const virDomainHostdevDef *hostdev)
{
    g_autofree char *pidfile = qemuVfioUserGetPidfilePath(vm, hostdev);
    g_autofree char *text = NULL;
    unsigned long long expected;
    unsigned long long started;
    long long number;
    pid_t pid;
    char *end;

    if (virFileReadAllQuiet(pidfile, QEMU_VFIO_USER_MAX_PIDFILE, &text) < 0 ||
        virStrToLong_ll(text, &end, 10, &number) < 0 || *end != '\n' ||
        virStrToLong_ull(end + 1, &end, 10, &expected) < 0 || *end != '\n' ||
        number <= 1 || (pid_t) number != number)
        return -1;

    pid = number;
    if (virProcessKill(pid, 0) < 0 ||
        virProcessGetStartTime(pid, &started) < 0 ||
        started != expected)
        return -1;

    return pid;
}


/* A file like those of virCommandSetPidFile() would be locked by the program,
 * and so inherited by it, open for writing. But what we kill by that number,
 * as root, is not for a program to say. */
static int
qemuVfioUserWritePidfile(const char *pidfile)
{
    g_autofree char *text = NULL;
    unsigned long long started;
    pid_t pid = getpid();

    if (virProcessGetStartTime(pid, &started) < 0)
        return -1;

    text = g_strdup_printf("%lld\n%llu\n", (long long) pid, started);

    if (virFileWriteStr(pidfile, text, 0644) < 0) {
        virReportSystemError(errno, _("Failed to write to pid file '%1$s'"),
                             pidfile);
        return -1;
    }

    return 0;
}


static int
qemuVfioUserHook(void *opaque)
{
    const char *pidfile = opaque;

    /* a session, and a process group, of its own */
    if (setsid() < 0) {
        virReportSystemError(errno, "%s", _("cannot become session leader"));
        return -1;
    }

    return qemuVfioUserWritePidfile(pidfile);
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


/* Whether the socket that the program created is ready for QEMU. It is not
 * between bind() and listen(); who does not find it among those of this host,
 * as it may be in a network namespace of its own, looks once more. */
static bool
qemuVfioUserIsListening(const char *socket,
                        unsigned int *seen)
{
    g_autofree char *text = NULL;
    struct stat sb;
    bool found = false;
    char *cur;
    char *next;

    if (lstat(socket, &sb) < 0 || !S_ISSOCK(sb.st_mode))
        return false;

    if (virFileReadAllQuiet("/proc/net/unix", QEMU_VFIO_USER_MAX_SOCKETS, &text) < 0)
        return ++*seen > 1;

    /* "ffff888004b5f800: 00000002 00000000 00010000 0001 01 14545 /a/path" */
    for (cur = text; cur && *cur; cur = next) {
        unsigned int flags;
        char *path;

        if ((next = strchr(cur, '\n')))
            *next++ = '\0';

        if (!(path = strchr(cur, '/')) || STRNEQ(path, socket) ||
            sscanf(cur, "%*x: %*x %*x %x", &flags) != 1)
            continue;

        if (flags & QEMU_VFIO_USER_SO_ACCEPTCON)
            return true;

        found = true;
    }

    return !found && ++*seen > 1;
}


/* 0 as soon as the program listens. Otherwise it has ended, or was ended. */
static int
qemuVfioUserWait(virDomainObj *vm,
                 virDomainHostdevDef *hostdev,
                 domainLogContext *logContext,
                 pid_t pid,
                 const char *socket,
                 unsigned int timeout)
{
    gint64 end = g_get_monotonic_time() + timeout * 1000LL;
    unsigned int seen = 0;
    int status = 0;
    int rc;

    while (true) {
        g_autofree char *what = NULL;

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

        if (qemuVfioUserIsListening(socket, &seen))
            return 0;

        if (g_get_monotonic_time() >= end) {
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


static bool
qemuVfioUserHasArg(const char *pid,
                   const char *arg,
                   char *buf)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/cmdline", pid);
    const char *cur;
    int len;

    if ((len = virFileReadBufQuiet(path, buf, QEMU_VFIO_USER_MAX_CMDLINE)) < 0)
        return false;

    for (cur = buf; cur < buf + len; cur += strlen(cur) + 1) {
        if (STREQ(cur, arg))
            return true;
    }

    return false;
}


/* Ends what left the program's process group, such as a program that put itself
 * into the background. It would stay for ever, and keep the log file busy, so
 * that the guest could not be started again. No other process of this host has
 * an argument with that socket. */
static void
qemuVfioUserKillStrays(const char *socket)
{
    g_autofree char *arg = qemuVfioUserBuildSocketArg(socket);
    g_autofree char *buf = g_new0(char, QEMU_VFIO_USER_MAX_CMDLINE);
    bool found = true;
    size_t i;

    for (i = 0; found && i < QEMU_VFIO_USER_MAX_LOOKS; i++) {
        g_autoptr(DIR) dir = NULL;
        struct dirent *ent;

        if (i > 0)
            g_usleep(QEMU_VFIO_USER_POLL);

        if (virDirOpenQuiet(&dir, "/proc") < 0)
            return;

        found = false;

        while (virDirRead(dir, &ent, NULL) > 0) {
            int number;

            if (virStrToLong_i(ent->d_name, NULL, 10, &number) < 0 ||
                !qemuVfioUserHasArg(ent->d_name, arg, buf))
                continue;

            VIR_DEBUG("process %d has '%s'", number, arg);
            virProcessKill(number, SIGKILL);
            found = true;
        }
    }
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
    struct sockaddr_un addr;
    int logfd;
    pid_t pid = -1;

    if (!qemuVfioUserIsManaged(hostdev))
        return 0;

    if (virVfioUserCheckFile(src->binary, true) < 0)
        return -1;

    socket = qemuVfioUserGetSocketPath(priv, hostdev);
    pidfile = qemuVfioUserGetPidfilePath(vm, hostdev);

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
    virCommandClearCaps(cmd);
    virCommandSetWorkingDirectory(cmd, "/");
    virCommandSetPreExecHook(cmd, qemuVfioUserHook, pidfile);
    virCommandSetOutputFD(cmd, &logfd);
    virCommandSetErrorFD(cmd, &logfd);

    if (qemuExtDeviceLogCommand(driver, vm, cmd, "vfio-user") < 0)
        return -1;

    if (qemuVfioUserRun(vm, cmd, &pid) < 0)
        return -1;

    if (qemuVfioUserWait(vm, hostdev, logContext, pid, socket, timeout) < 0) {
        qemuVfioUserKillStrays(socket);
        qemuVfioUserRemoveFiles(pidfile, socket);
        return -1;
    }

    if (qemuVfioUserStartReaper(pid, src->binary) < 0) {
        int status;

        virProcessGroupKill(pid, SIGKILL);
        qemuVfioUserReap(pid, true, &status);
        qemuVfioUserKillStrays(socket);
        qemuVfioUserRemoveFiles(pidfile, socket);
        return -1;
    }

    return 0;
}


void
qemuVfioUserStop(virDomainObj *vm,
                 virDomainHostdevDef *hostdev)
{
    qemuDomainObjPrivate *priv = vm->privateData;
    g_autofree char *socket = NULL;
    g_autofree char *pidfile = NULL;
    virErrorPtr orig_err;
    pid_t pid;

    /* A guest that fails early has no aliases and no directory yet. */
    if (!qemuVfioUserIsManaged(hostdev) ||
        !hostdev->info->alias || !priv->libDir)
        return;

    virErrorPreserveLast(&orig_err);

    socket = qemuVfioUserGetSocketPath(priv, hostdev);
    pidfile = qemuVfioUserGetPidfilePath(vm, hostdev);

    if ((pid = qemuVfioUserGetPid(vm, hostdev)) > 0) {
        if (virProcessKillPainfully(pid, true) < 0) {
            /* with its pid file, it can be stopped later */
            VIR_WARN("Unable to stop vfio-user program with pid %lld",
                     (long long) pid);
            goto cleanup;
        }

        /* and its children; the reaper is gone if the daemon was restarted */
        virProcessGroupKill(pid, SIGKILL);
    }

    qemuVfioUserKillStrays(socket);
    qemuVfioUserRemoveFiles(pidfile, socket);

 cleanup:
    virErrorRestore(&orig_err);
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
