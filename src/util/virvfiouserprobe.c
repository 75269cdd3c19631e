/*
 * virvfiouserprobe.c: ask a vfio-user program about migration
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
#include <poll.h>
#include <unistd.h>

#ifdef __linux__
# include <pwd.h>
# include <sched.h>
# include <signal.h>
# include <sys/prctl.h>
# include <sys/signalfd.h>
# include <sys/socket.h>
# include <sys/wait.h>
#endif /* __linux__ */

#define LIBVIRT_VIRVFIOUSERPROBEPRIV_H_ALLOW
#include "virvfiouserprobepriv.h"

#include "vircommand.h"
#include "virdevmigrationjson.h"
#include "virdevmigrationproblems.h"
#include "virerror.h"
#include "virfile.h"
#include "virlog.h"
#include "virprocess.h"
#include "virutil.h"
#include "virvfiouser.h"

#define VIR_FROM_THIS VIR_FROM_NONE

VIR_LOG_INIT("util.vfiouserprobe");

#define PROBE_OPTION "--print-migration-info-json"
#define PROBE_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* one less than the limit, as virProcessSetMaxFiles() has it */
#define PROBE_MAX_FILES (64 - 1)

/* Processes and threads of user nobody, also those that are not ours: so it
 * is only to stop a program that forks without end. */
#define PROBE_MAX_PROCESSES 2048

/* milliseconds that killed processes have to disappear */
#define PROBE_GRACE (5 * 1000)

#define PROBE_NOBODY "nobody"
#define PROBE_NOBODY_ID 65534


#ifdef __linux__

/* A program may leave processes behind, in sessions of their own. None may
 * outlive the probe, so that there is a guard between us and the program:
 *
 *   daemon -> guard -> init -> program -> ...
 *
 * init is the first process of a pid namespace: when it ends, the kernel
 * kills everything else in there. Where a namespace cannot be had, as in a
 * daemon without privileges, there is no init, and the guard itself, as
 * subreaper, inherits what the program leaves behind and kills it. A subreaper
 * in the daemon would do that to the daemon's other children, too, and a
 * namespace would move them.
 *
 * Guard and init are forked, but execute nothing, and keep to what is safe
 * to do there. They keep the privileges of the daemon, so that the program
 * cannot touch them. Guard, init and daemon share a socket: the guard stops
 * everything as soon as the daemon's end is shut down, also if the daemon
 * dies. */

typedef enum {
    PROBE_MESSAGE_STATUS,       /* the program ended, with this status */
    PROBE_MESSAGE_OVER,         /* none of its processes is left */
} virVfioUserProbeMessageType;

typedef struct _virVfioUserProbeMessage virVfioUserProbeMessage;
struct _virVfioUserProbeMessage {
    int type;                   /* virVfioUserProbeMessageType */
    int status;
};

typedef struct _virVfioUserProbeChild virVfioUserProbeChild;
struct _virVfioUserProbeChild {
    int socket;
    bool namespace;
};


static void
virVfioUserProbeSend(int fd,
                     virVfioUserProbeMessageType type,
                     int status)
{
    virVfioUserProbeMessage message = { .type = type, .status = status };
    ssize_t rc;

    do {
        rc = send(fd, &message, sizeof(message), MSG_NOSIGNAL);
    } while (rc < 0 && errno == EINTR);
}


/* The pipes end when the program and its children are gone. */
static void
virVfioUserProbeCloseStdio(void)
{
    int fds[] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(fds); i++)
        VIR_MASS_CLOSE(fds[i]);
}


static void
virVfioUserProbeBlockSignals(void)
{
    sigset_t all;

    sigfillset(&all);
    ignore_value(sigprocmask(SIG_SETMASK, &all, NULL));
}


/* The first process of the namespace */
static void G_NORETURN
virVfioUserProbeInit(pid_t program,
                     int fd)
{
    int status;
    pid_t rc;

    virVfioUserProbeCloseStdio();

    while ((rc = waitpid(-1, &status, 0)) != program) {
        if (rc < 0 && errno != EINTR)
            _exit(EXIT_FAILURE);
    }

    virVfioUserProbeSend(fd, PROBE_MESSAGE_STATUS, status);
    _exit(EXIT_SUCCESS);
}


/* Kills the children that there are just now. */
static void
virVfioUserProbeKillChildren(void)
{
    VIR_AUTOCLOSE fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    char buf[512];
    pid_t pid = 0;
    ssize_t len;

    if (fd < 0)
        return;

    while ((len = read(fd, buf, sizeof(buf))) > 0) {
        ssize_t i;

        for (i = 0; i < len; i++) {
            if (g_ascii_isdigit(buf[i])) {
                pid = pid * 10 + (buf[i] - '0');
            } else if (pid > 0) {
                /* not reaped, so that it cannot be another process by now */
                ignore_value(kill(pid, SIGKILL));
                pid = 0;
            }
        }
    }
}


/* Kills everything below the guard. Those that were left behind by what was
 * killed become children of the guard: until there are none. */
static void
virVfioUserProbeKillAll(pid_t program,
                        int fd,
                        struct pollfd *signals)
{
    struct signalfd_siginfo info;
    int status;
    pid_t rc;

    for (;;) {
        virVfioUserProbeKillChildren();

        while ((rc = waitpid(-1, &status, WNOHANG)) > 0) {
            if (rc == program)
                virVfioUserProbeSend(fd, PROBE_MESSAGE_STATUS, status);
        }

        if (rc < 0 && errno == ECHILD)
            return;

        /* one that forks and ends all the time may have got away */
        ignore_value(poll(signals, 1, 1));
        ignore_value(read(signals->fd, &info, sizeof(info)));
    }
}


/* Returns when the program, or the init above it, has ended, which is not
 * reaped yet, or when the daemon says so. */
static void
virVfioUserProbeWatch(pid_t child,
                      struct pollfd *fds)
{
    struct signalfd_siginfo info;

    for (;;) {
        siginfo_t ended = { 0 };

        while (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
               ended.si_pid > 0) {
            if (ended.si_pid == child)
                return;

            ignore_value(waitpid(ended.si_pid, NULL, WNOHANG));
            ended.si_pid = 0;
        }

        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return;

        if (fds[1].revents)
            return;

        ignore_value(read(fds[0].fd, &info, sizeof(info)));
    }
}


static void G_NORETURN
virVfioUserProbeGuard(pid_t child,
                      int fd,
                      bool namespace)
{
    struct pollfd fds[] = {
        { .fd = -1, .events = POLLIN },
        { .fd = fd, .events = POLLIN },
    };
    sigset_t mask;

    virVfioUserProbeCloseStdio();

    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);

    if ((fds[0].fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK)) >= 0)
        virVfioUserProbeWatch(child, fds);

    if (namespace) {
        ignore_value(kill(child, SIGKILL));
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
    } else {
        /* The program leads its session. As long as it is not reaped, this
         * is no other group. */
        ignore_value(kill(-child, SIGKILL));
        virVfioUserProbeKillAll(child, fd, fds);
    }

    virVfioUserProbeSend(fd, PROBE_MESSAGE_OVER, 0);
    _exit(EXIT_SUCCESS);
}


/* Runs in the child that is to become the program. */
static int
virVfioUserProbeHook(void *opaque)
{
    virVfioUserProbeChild *child = opaque;
    bool namespace;
    pid_t pid;

    virVfioUserProbeBlockSignals();

    if (setsid() < 0) {
        virReportSystemError(errno, "%s", _("cannot become session leader"));
        return -1;
    }

    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) {
        virReportSystemError(errno, "%s", _("cannot become subreaper"));
        return -1;
    }

    namespace = child->namespace && unshare(CLONE_NEWPID) == 0;

    if ((pid = virFork()) < 0)
        return -1;

    if (pid > 0)
        virVfioUserProbeGuard(pid, child->socket, namespace);

    if (namespace) {
        virVfioUserProbeBlockSignals();

        if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) {
            virReportSystemError(errno, "%s",
                                 _("cannot ask for a signal when the parent ends"));
            return -1;
        }

        if ((pid = virFork()) < 0)
            return -1;

        if (pid > 0)
            virVfioUserProbeInit(pid, child->socket);
    }

    VIR_FORCE_CLOSE(child->socket);

    if (setsid() < 0) {
        virReportSystemError(errno, "%s", _("cannot become session leader"));
        return -1;
    }

    /* Lost if the user changes, but then the program cannot kill the guard. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) {
        virReportSystemError(errno, "%s",
                             _("cannot ask for a signal when the parent ends"));
        return -1;
    }

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        virReportSystemError(errno, "%s",
                             _("cannot give up new privileges"));
        return -1;
    }

    return 0;
}


typedef struct _virVfioUserProbeRun virVfioUserProbeRun;
struct _virVfioUserProbeRun {
    pid_t guard;
    int socket;
    int outfd;
    int errfd;
    int cancelfd;               /* not ours; may be -1 */

    GString *output;
    GString *errors;
    unsigned long long dropped; /* bytes of standard error */

    bool ended;                 /* the program did */
    int status;                 /* of the program, as from waitpid() */
    bool over;                  /* nothing of it is left */
    bool tooMuch;
    bool timeout;
    bool cancelled;
};


static void
virVfioUserProbeRunClear(virVfioUserProbeRun *run)
{
    VIR_FORCE_CLOSE(run->socket);
    VIR_FORCE_CLOSE(run->outfd);
    VIR_FORCE_CLOSE(run->errfd);
    g_string_free(run->output, true);
    g_string_free(run->errors, true);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virVfioUserProbeRun, virVfioUserProbeRunClear);


/* Appends what there is, up to @max bytes in all. Returns how many bytes were
 * dropped. Closes the pipe at its end. */
static size_t
virVfioUserProbeRead(int *fd,
                     GString *text,
                     size_t max)
{
    const size_t buflen = 64 * 1024;    /* as much as a pipe takes */
    g_autofree char *buf = NULL;
    ssize_t len;
    size_t keep;

    if (*fd < 0)
        return 0;

    buf = g_new(char, buflen);

    do {
        len = read(*fd, buf, buflen);
    } while (len < 0 && errno == EINTR);

    if (len < 0 && errno == EAGAIN)
        return 0;

    if (len <= 0) {
        VIR_FORCE_CLOSE(*fd);
        return 0;
    }

    keep = MIN((size_t) len, max - text->len);
    g_string_append_len(text, buf, keep);

    return len - keep;
}


static void
virVfioUserProbeReadOutput(virVfioUserProbeRun *run)
{
    if (virVfioUserProbeRead(&run->outfd, run->output,
                             VIR_VFIO_USER_PROBE_MAX_OUTPUT) > 0)
        run->tooMuch = true;
}


static void
virVfioUserProbeReadErrors(virVfioUserProbeRun *run)
{
    run->dropped += virVfioUserProbeRead(&run->errfd, run->errors,
                                         VIR_VFIO_USER_PROBE_MAX_ERRORS);
}


static void
virVfioUserProbeReadSocket(virVfioUserProbeRun *run)
{
    virVfioUserProbeMessage message;
    ssize_t len;

    len = recv(run->socket, &message, sizeof(message), MSG_DONTWAIT);

    if (len < 0 && (errno == EINTR || errno == EAGAIN))
        return;

    if (len != sizeof(message) || message.type == PROBE_MESSAGE_OVER) {
        run->over = true;
        return;
    }

    run->ended = true;
    run->status = message.status;
}


/* Waits until the program and what it started is gone, or, after the time is
 * up or it wrote too much, was killed. */
static void
virVfioUserProbeLoop(virVfioUserProbeRun *run,
                     unsigned int timeout)
{
    gint64 deadline = g_get_monotonic_time() + timeout * 1000LL;
    bool stopped = false;

    while (!run->over) {
        struct pollfd fds[] = {
            { .fd = run->socket, .events = POLLIN },
            { .fd = run->outfd, .events = POLLIN },
            { .fd = run->errfd, .events = POLLIN },
            { .fd = run->ended || stopped ? -1 : run->cancelfd, .events = POLLIN },
        };
        gint64 left = deadline - g_get_monotonic_time();

        if (left <= 0) {
            if (stopped) {
                VIR_WARN("processes of a vfio-user program cannot be killed");
                return;
            }
            run->timeout = !run->ended;
        }

        if (!stopped && (left <= 0 || run->tooMuch || run->cancelled)) {
            shutdown(run->socket, SHUT_WR);
            stopped = true;
            deadline = g_get_monotonic_time() + PROBE_GRACE * 1000LL;
            continue;
        }

        if (poll(fds, G_N_ELEMENTS(fds), MAX(left, 0) / 1000 + 1) < 0) {
            if (errno != EINTR && errno != EAGAIN)
                return;
            continue;
        }

        if (fds[0].revents)
            virVfioUserProbeReadSocket(run);
        if (fds[1].revents)
            virVfioUserProbeReadOutput(run);
        if (fds[2].revents)
            virVfioUserProbeReadErrors(run);
        if (fds[3].revents && !run->ended)
            run->cancelled = true;
    }

    /* What is still in the pipes. Others that fork at the same moment may
     * hold them open: there need not be an end. */
    while (run->outfd >= 0 || run->errfd >= 0) {
        struct pollfd fds[] = {
            { .fd = run->outfd, .events = POLLIN },
            { .fd = run->errfd, .events = POLLIN },
        };

        if (poll(fds, G_N_ELEMENTS(fds), 0) <= 0)
            return;

        if (fds[0].revents)
            virVfioUserProbeReadOutput(run);
        if (fds[1].revents)
            virVfioUserProbeReadErrors(run);
    }
}


/* Returns what the program wrote to standard error, as one line that can
 * stand in a message, a log and XML, as virDevMigrationTextIsValid() has it. */
static char *
virVfioUserProbeFormatErrors(virVfioUserProbeRun *run)
{
    g_autofree char *text = g_utf8_make_valid(run->errors->str, run->errors->len);
    g_autoptr(GString) line = g_string_new(NULL);
    const char *p;

    g_strchomp(text);

    for (p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (g_unichar_iscntrl(c) || c == 0xFFFE || c == 0xFFFF)
            c = ' ';

        g_string_append_unichar(line, c);
    }

    if (run->dropped > 0) {
        return g_strdup_printf(_("%1$s... (%2$llu further bytes)"),
                               line->str, run->dropped);
    }

    if (line->len == 0)
        return g_strdup(_("no error message"));

    return g_strdup(line->str);
}


static virDevMigration *
virVfioUserProbeParse(const char *binary,
                      const char *text,
                      GPtrArray *problems)
{
    g_autoptr(virDevMigration) migration = virDevMigrationNew();
    size_t start = problems->len;

    virDevMigrationJSONParseInfo(text, binary,
                                 &migration->parameters,
                                 &migration->versions,
                                 problems);

    if ((!migration->parameters || migration->parameters->models->len == 0) &&
        (!migration->versions || migration->versions->models->len == 0)) {
        const char *problem = NULL;

        if (problems->len > start)
            problem = g_ptr_array_index(problems, start);

        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("no usable migration information from vfio-user program: %1$s"),
                       NULLSTR(problem));
        return NULL;
    }

    return g_steal_pointer(&migration);
}


static virDevMigration *
virVfioUserProbeJudge(const char *binary,
                      virVfioUserProbeRun *run,
                      unsigned int timeout,
                      GPtrArray *problems)
{
    g_autofree char *errors = virVfioUserProbeFormatErrors(run);

    if (run->cancelled) {
        virReportError(VIR_ERR_OPERATION_ABORTED,
                       _("vfio-user program '%1$s' was killed, as its answer is not needed any more"),
                       binary);
        return NULL;
    }

    if (run->timeout) {
        virReportError(VIR_ERR_OPERATION_TIMEOUT,
                       _("vfio-user program '%1$s' did not end within %2$u milliseconds and was killed: %3$s"),
                       binary, timeout, errors);
        return NULL;
    }

    if (run->tooMuch) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("vfio-user program '%1$s' printed more than %2$d bytes and was killed"),
                       binary, VIR_VFIO_USER_PROBE_MAX_OUTPUT);
        return NULL;
    }

    if (!run->ended) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("vfio-user program '%1$s' could not be run: %2$s"),
                       binary, errors);
        return NULL;
    }

    if (!WIFEXITED(run->status) || WEXITSTATUS(run->status) != 0) {
        g_autofree char *status = virProcessTranslateStatus(run->status);

        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("vfio-user program '%1$s' failed with %2$s: %3$s"),
                       binary, status, errors);
        return NULL;
    }

    if (strlen(run->output->str) != run->output->len) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("vfio-user program '%1$s' printed a NUL character"),
                       binary);
        return NULL;
    }

    return virVfioUserProbeParse(binary, run->output->str, problems);
}


/**
 * virVfioUserProbeGetUser:
 * @privileged: whether this is a daemon of the system
 * @ret_uid: where to put the user as whom programs are asked
 * @ret_gid: where to put the group
 *
 * A program is to give the same answer to each daemon, so that all of them
 * ask as the same user.
 */
void
virVfioUserProbeGetUser(bool privileged,
                        uid_t *ret_uid,
                        gid_t *ret_gid)
{
    g_autofree char *buf = NULL;
    size_t buflen = 64 * 1024;
    struct passwd pwd;
    struct passwd *found = NULL;

    *ret_uid = -1;
    *ret_gid = -1;

    if (!privileged)
        return;

    *ret_uid = PROBE_NOBODY_ID;
    *ret_gid = PROBE_NOBODY_ID;

    buf = g_new0(char, buflen);

    if (getpwnam_r(PROBE_NOBODY, &pwd, buf, buflen, &found) == 0 &&
        found && found->pw_uid != 0) {
        *ret_uid = found->pw_uid;
        *ret_gid = found->pw_gid;
    }
}


/* Like virVfioUserProbe(), but with @timeout in milliseconds, and with
 * @namespace false never in a pid namespace */
virDevMigration *
virVfioUserProbeFull(const char *binary,
                     char **args,
                     uid_t uid,
                     gid_t gid,
                     unsigned int timeout,
                     bool namespace,
                     int cancelfd,
                     GPtrArray *problems)
{
    g_autoptr(GPtrArray) unused = NULL;
    g_auto(virVfioUserProbeRun) run = {
        .socket = -1,
        .outfd = -1,
        .errfd = -1,
        .cancelfd = cancelfd,
        .output = g_string_new(NULL),
        .errors = g_string_new(NULL),
    };
    g_autoptr(virCommand) cmd = NULL;
    virVfioUserProbeChild child = { .socket = -1, .namespace = namespace };
    int sockets[2] = { -1, -1 };
    uid_t nobody;
    gid_t nogroup;
    int status;

    if (!problems)
        problems = unused = g_ptr_array_new_with_free_func(g_free);

    if (virVfioUserCheckFile(binary, true) < 0)
        return NULL;

    cmd = virCommandNew(binary);
    if (args && *args)
        virCommandAddArgSet(cmd, (const char *const *) args);
    virCommandAddArg(cmd, PROBE_OPTION);

    virCommandAddEnvPair(cmd, "PATH", PROBE_PATH);
    virCommandAddEnvPair(cmd, "LC_ALL", "C");
    virCommandSetWorkingDirectory(cmd, "/");
    virCommandSetUmask(cmd, 0077);
    virCommandSetMaxCoreSize(cmd, 0);
    virCommandSetMaxFiles(cmd, PROBE_MAX_FILES);
    virCommandClearCaps(cmd);
    virCommandSetUID(cmd, uid);
    virCommandSetGID(cmd, gid);

    virVfioUserProbeGetUser(true, &nobody, &nogroup);
    if (uid == nobody)
        virCommandSetMaxProcesses(cmd, PROBE_MAX_PROCESSES);

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) {
        virReportSystemError(errno, "%s", _("failed to create socketpair"));
        return NULL;
    }

    run.socket = sockets[0];
    child.socket = sockets[1];

    virCommandPassFD(cmd, child.socket, VIR_COMMAND_PASS_FD_CLOSE_PARENT);
    virCommandSetPreExecHook(cmd, virVfioUserProbeHook, &child);
    virCommandSetOutputFD(cmd, &run.outfd);
    virCommandSetErrorFD(cmd, &run.errfd);
    virCommandNonblockingFDs(cmd);
    virCommandRawStatus(cmd);

    if (virCommandRunAsync(cmd, &run.guard) < 0)
        return NULL;

    virVfioUserProbeLoop(&run, timeout);

    /* what init has in its namespace goes with it */
    if (!run.over)
        ignore_value(kill(run.guard, SIGKILL));

    if (virCommandWait(cmd, &status) < 0)
        return NULL;

    return virVfioUserProbeJudge(binary, &run, timeout, problems);
}

#else /* !__linux__ */

void
virVfioUserProbeGetUser(bool privileged G_GNUC_UNUSED,
                        uid_t *ret_uid,
                        gid_t *ret_gid)
{
    *ret_uid = -1;
    *ret_gid = -1;
}


virDevMigration *
virVfioUserProbeFull(const char *binary G_GNUC_UNUSED,
                     char **args G_GNUC_UNUSED,
                     uid_t uid G_GNUC_UNUSED,
                     gid_t gid G_GNUC_UNUSED,
                     unsigned int timeout G_GNUC_UNUSED,
                     bool namespace G_GNUC_UNUSED,
                     int cancelfd G_GNUC_UNUSED,
                     GPtrArray *problems G_GNUC_UNUSED)
{
    virReportError(VIR_ERR_NO_SUPPORT, "%s",
                   _("vfio-user programs are not supported on this platform"));
    return NULL;
}

#endif /* !__linux__ */


/**
 * virVfioUserProbe:
 * @binary: program to ask
 * @args: arguments before our option, or NULL
 * @uid: user to run it as, or -1
 * @gid: group to run it as, or -1
 * @cancelfd: as soon as it is readable or hung up, the program is killed, with
 *            error VIR_ERR_OPERATION_ABORTED; or -1
 * @problems: where to say what is left out of the answer, or NULL
 *
 * Runs the program with --print-migration-info-json, for at most
 * VIR_VFIO_USER_PROBE_TIMEOUT: without capabilities and new privileges, with
 * no files but /dev/null and two pipes, and with nothing of our environment.
 * When it ends, so does everything it started. The caller must not hold a
 * lock that anybody else waits for.
 *
 * Returns parameters or versions of at least one model, to be freed by the
 * caller, or NULL with an error.
 */
virDevMigration *
virVfioUserProbe(const char *binary,
                 char **args,
                 uid_t uid,
                 gid_t gid,
                 int cancelfd,
                 GPtrArray *problems)
{
    return virVfioUserProbeFull(binary, args, uid, gid,
                                VIR_VFIO_USER_PROBE_TIMEOUT, true,
                                cancelfd, problems);
}
