/*
 * qemu_vfio_user_process.c: processes of vfio-user programs
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

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
# include <linux/netlink.h>
# include <linux/sock_diag.h>
# include <linux/unix_diag.h>
# include <netinet/tcp.h>
# include <sys/prctl.h>
# include <sys/syscall.h>
#endif /* __linux__ */

#include "qemu_vfio_user_process.h"
#include "virerror.h"
#include "virfile.h"
#include "virhash.h"
#include "virlog.h"
#include "virprocess.h"
#include "virstring.h"
#include "virthread.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.qemu_vfio_user_process");

/* A program is a subreaper: a process that puts itself into the background
 * becomes its child, not that of init. As long as the program runs, all that it
 * started is found below it, without a look at the other processes of the host.
 * Once it has ended by itself, what it left is recognized by the mark in its
 * environment: that takes a look at all processes. */

/* milliseconds that a program has to end, before and after it is killed */
#define END_GRACE (10 * 1000)
#define END_KILLED (5 * 1000)
/* between two looks at what ends, in microseconds */
#define END_POLL_MIN 1000
#define END_POLL_MAX (50 * 1000)
/* looks at what was killed */
#define END_MAX_LOOKS 100

/* bytes of a list of children, and of an environment */
#define MAX_CHILDREN (64 * 1024)
#define MAX_ENVIRON (128 * 1024)

/* between two looks for zombies of others, in microseconds */
#define REAPER_POLL_MIN 1000
#define REAPER_POLL_MAX (1000 * 1000)

/* bytes of the list of all sockets */
#define MAX_SOCKETS (64 * 1024 * 1024)
/* of a socket that listens, in that list */
#define SOCKETS_ACCEPTCON 0x10000
/* bytes of an answer of the kernel, and seconds that it has for it */
#define SOCKETS_MAX_ANSWER (32 * 1024)
#define SOCKETS_TIMEOUT 5


qemuVfioUserProgram *
qemuVfioUserProgramNew(pid_t pid,
                       unsigned long long started,
                       const char *mark)
{
    qemuVfioUserProgram *program = g_new0(qemuVfioUserProgram, 1);
    qemuVfioUserProcess process = { pid, started };

    program->processes = g_array_new(false, false, sizeof(process));
    g_array_append_val(program->processes, process);
    program->mark = g_strdup(mark);

    return program;
}


void
qemuVfioUserProgramFree(qemuVfioUserProgram *program)
{
    if (!program)
        return;

    g_array_unref(program->processes);
    g_free(program->mark);
    g_free(program);
}


int
qemuVfioUserProcessSetup(void)
{
    /* a session, and a process group, of its own */
    if (setsid() < 0) {
        virReportSystemError(errno, "%s", _("cannot become session leader"));
        return -1;
    }

#ifdef __linux__
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
        VIR_WARN("Unable to become subreaper: %s", g_strerror(errno));
#endif /* __linux__ */

    return 0;
}


/* Whether @pid runs, since when, and whose child it is */
static bool
qemuVfioUserProcessLook(pid_t pid,
                        unsigned long long *started,
                        long long *parent)
{
    g_auto(GStrv) fields = virProcessGetStat(pid, 0);
    int threads;

    if (!fields ||
        g_strv_length(fields) <= VIR_PROCESS_STAT_STARTTIME ||
        virStrToLong_i(fields[VIR_PROCESS_STAT_NUM_THREADS], NULL, 10, &threads) < 0)
        return false;

    /* the first thread may have ended alone */
    if (threads <= 1 &&
        (STREQ(fields[VIR_PROCESS_STAT_STATE], "Z") ||
         STREQ(fields[VIR_PROCESS_STAT_STATE], "X")))
        return false;

    return virStrToLong_ll(fields[VIR_PROCESS_STAT_PPID], NULL, 10, parent) == 0 &&
        virStrToLong_ull(fields[VIR_PROCESS_STAT_STARTTIME], NULL, 10, started) == 0;
}


bool
qemuVfioUserProcessIsAlive(const qemuVfioUserProcess *process)
{
    unsigned long long started;
    long long parent;

    return qemuVfioUserProcessLook(process->pid, &started, &parent) &&
        started == process->started;
}


static void
qemuVfioUserProcessSignal(const qemuVfioUserProcess *process,
                          int signum)
{
    VIR_AUTOCLOSE fd = -1;

#if defined(SYS_pidfd_open) && defined(SYS_pidfd_send_signal)
    /* before it is looked at: the number may become another one's afterwards */
    fd = syscall(SYS_pidfd_open, process->pid, 0);
#endif

    if (!qemuVfioUserProcessIsAlive(process))
        return;

#if defined(SYS_pidfd_open) && defined(SYS_pidfd_send_signal)
    if (fd >= 0) {
        ignore_value(syscall(SYS_pidfd_send_signal, fd, signum, NULL, 0));
        return;
    }
#endif

    ignore_value(virProcessKill(process->pid, signum));
}


static bool
qemuVfioUserProgramHas(qemuVfioUserProgram *program,
                       pid_t pid,
                       unsigned long long started)
{
    size_t i;

    for (i = 0; i < program->processes->len; i++) {
        qemuVfioUserProcess *process = &g_array_index(program->processes,
                                                      qemuVfioUserProcess, i);

        if (process->pid == pid && process->started == started)
            return true;
    }

    return false;
}


/* Appends the children of one thread to @children. */
static void
qemuVfioUserProgramReadChildren(qemuVfioUserProgram *program,
                                pid_t pid,
                                const char *thread,
                                GArray *children)
{
    g_autofree char *path = g_strdup_printf("/proc/%lld/task/%s/children",
                                            (long long) pid, thread);
    g_autofree char *text = NULL;
    g_auto(GStrv) numbers = NULL;
    size_t i;

    if (virFileReadAllQuiet(path, MAX_CHILDREN, &text) < 0) {
        if (errno != ENOENT && errno != ESRCH)
            program->lost = true;
        return;
    }

    numbers = g_strsplit(text, " ", 0);

    for (i = 0; numbers[i]; i++) {
        qemuVfioUserProcess child = { 0 };
        long long parent;
        int number;

        if (virStrToLong_i(numbers[i], NULL, 10, &number) < 0 ||
            !qemuVfioUserProcessLook(number, &child.started, &parent) ||
            parent != pid)
            continue;

        child.pid = number;
        g_array_append_val(children, child);
    }
}


static void
qemuVfioUserProgramAddChildren(qemuVfioUserProgram *program,
                               qemuVfioUserProcess parent)
{
    g_autofree char *path = g_strdup_printf("/proc/%lld/task", (long long) parent.pid);
    g_autoptr(GArray) children = g_array_new(false, false, sizeof(qemuVfioUserProcess));
    g_autoptr(DIR) dir = NULL;
    struct dirent *ent;
    size_t i;

    if (virDirOpenQuiet(&dir, path) < 0)
        return;

    while (virDirRead(dir, &ent, NULL) > 0)
        qemuVfioUserProgramReadChildren(program, parent.pid, ent->d_name, children);

    /* they were not those of another process with the same number */
    if (!qemuVfioUserProcessIsAlive(&parent))
        return;

    for (i = 0; i < children->len; i++) {
        qemuVfioUserProcess child = g_array_index(children, qemuVfioUserProcess, i);

        if (!qemuVfioUserProgramHas(program, child.pid, child.started))
            g_array_append_val(program->processes, child);
    }
}


/* Looks for processes of the program that are not known yet. */
static void
qemuVfioUserProgramLook(qemuVfioUserProgram *program)
{
    size_t i;

    for (i = 0; i < program->processes->len; i++)
        qemuVfioUserProgramAddChildren(program,
                                       g_array_index(program->processes,
                                                     qemuVfioUserProcess, i));
}


/* All but the program itself */
static void
qemuVfioUserProgramSignalChildren(qemuVfioUserProgram *program,
                                  int signum)
{
    size_t i;

    for (i = 1; i < program->processes->len; i++)
        qemuVfioUserProcessSignal(&g_array_index(program->processes,
                                                 qemuVfioUserProcess, i),
                                  signum);
}


static bool
qemuVfioUserProgramHasChildren(qemuVfioUserProgram *program)
{
    size_t i;

    for (i = 1; i < program->processes->len; i++) {
        if (qemuVfioUserProcessIsAlive(&g_array_index(program->processes,
                                                      qemuVfioUserProcess, i)))
            return true;
    }

    return false;
}


/* After the program itself has ended. What is stopped starts nothing more. */
static void
qemuVfioUserProgramKillChildren(qemuVfioUserProgram *program)
{
    size_t known;
    size_t i;

    do {
        known = program->processes->len;
        qemuVfioUserProgramSignalChildren(program, SIGSTOP);
        qemuVfioUserProgramLook(program);
    } while (program->processes->len > known);

    qemuVfioUserProgramSignalChildren(program, SIGKILL);

    for (i = 0; qemuVfioUserProgramHasChildren(program) && i < END_MAX_LOOKS; i++)
        g_usleep(END_POLL_MAX);
}


static bool
qemuVfioUserProcessHasMark(pid_t pid,
                           GHashTable *marks,
                           char *buf)
{
    g_autofree char *path = g_strdup_printf("/proc/%lld/environ", (long long) pid);
    const char *cur;
    int len;

    if ((len = virFileReadBufQuiet(path, buf, MAX_ENVIRON)) < 0)
        return false;

    buf[len] = '\0';

    for (cur = buf; cur < buf + len; cur += strlen(cur) + 1) {
        const char *mark = STRSKIP(cur, QEMU_VFIO_USER_MARK "=");

        if (mark && g_hash_table_contains(marks, mark))
            return true;
    }

    return false;
}


/* Returns whether there was any. */
static bool
qemuVfioUserKillMarkedOnce(GHashTable *marks,
                           unsigned long long since,
                           char *buf)
{
    g_autoptr(DIR) dir = NULL;
    struct dirent *ent;
    bool found = false;

    if (virDirOpenQuiet(&dir, "/proc") < 0)
        return false;

    while (virDirRead(dir, &ent, NULL) > 0) {
        qemuVfioUserProcess process = { 0 };
        long long parent;
        int number;

        if (virStrToLong_i(ent->d_name, NULL, 10, &number) < 0 ||
            !qemuVfioUserProcessLook(number, &process.started, &parent) ||
            process.started < since ||
            !qemuVfioUserProcessHasMark(number, marks, buf))
            continue;

        process.pid = number;
        VIR_DEBUG("process %d is left", number);
        qemuVfioUserProcessSignal(&process, SIGKILL);
        found = true;
    }

    return found;
}


/* Ends what was left by programs that ended by themselves. It would stay for
 * ever, and keep the log file busy, so that the guest could not be started
 * again. */
static void
qemuVfioUserKillMarked(GPtrArray *programs)
{
    g_autoptr(GHashTable) marks = g_hash_table_new(g_str_hash, g_str_equal);
    g_autofree char *buf = NULL;
    unsigned long long since = ULLONG_MAX;
    size_t i;

    for (i = 0; i < programs->len; i++) {
        qemuVfioUserProgram *program = g_ptr_array_index(programs, i);
        qemuVfioUserProcess *process = &g_array_index(program->processes,
                                                      qemuVfioUserProcess, 0);

        if (!program->lost || program->alive || !program->mark)
            continue;

        g_hash_table_add(marks, program->mark);
        since = MIN(since, process->started);
    }

    if (g_hash_table_size(marks) == 0)
        return;

    buf = g_new0(char, MAX_ENVIRON + 1);

    for (i = 0; i < END_MAX_LOOKS; i++) {
        if (!qemuVfioUserKillMarkedOnce(marks, since, buf))
            return;
        g_usleep(END_POLL_MAX);
    }
}


static void
qemuVfioUserReaperLook(pid_t pid);

/* Returns whether @program runs after @elapsed milliseconds. */
static bool
qemuVfioUserProgramEnds(qemuVfioUserProgram *program,
                        gint64 elapsed)
{
    qemuVfioUserProcess process = g_array_index(program->processes,
                                                qemuVfioUserProcess, 0);

    if (qemuVfioUserProcessIsAlive(&process)) {
        if (elapsed >= END_GRACE) {
            /* it may start something as long as it runs */
            qemuVfioUserProcessSignal(&process, SIGSTOP);
            qemuVfioUserProgramLook(program);
            qemuVfioUserProcessSignal(&process, SIGKILL);
        } else {
            qemuVfioUserProgramLook(program);
        }

        if (qemuVfioUserProcessIsAlive(&process))
            return true;
    }

    qemuVfioUserReaperLook(process.pid);
    return false;
}


/**
 * qemuVfioUserProgramsEnd:
 * @programs: qemuVfioUserProgram
 *
 * Ends @programs, all at the same time, and whatever they started. Those that
 * are @alive afterwards could not be ended, and may be tried again.
 */
void
qemuVfioUserProgramsEnd(GPtrArray *programs)
{
    bool canLook = virFileExists("/proc/thread-self/children");
    gint64 start = g_get_monotonic_time();
    gint64 elapsed = 0;
    unsigned int delay = END_POLL_MIN;
    bool alive = true;
    size_t i;

    for (i = 0; i < programs->len; i++) {
        qemuVfioUserProgram *program = g_ptr_array_index(programs, i);
        qemuVfioUserProcess *process = &g_array_index(program->processes,
                                                      qemuVfioUserProcess, 0);

        program->alive = qemuVfioUserProcessIsAlive(process);
        if (!program->alive || !canLook)
            program->lost = true;

        if (program->alive) {
            qemuVfioUserProgramLook(program);
            process = &g_array_index(program->processes, qemuVfioUserProcess, 0);
            qemuVfioUserProcessSignal(process, SIGTERM);
        }
    }

    while (alive && elapsed < END_GRACE + END_KILLED) {
        elapsed = (g_get_monotonic_time() - start) / 1000;
        alive = false;

        for (i = 0; i < programs->len; i++) {
            qemuVfioUserProgram *program = g_ptr_array_index(programs, i);

            if (program->alive)
                program->alive = qemuVfioUserProgramEnds(program, elapsed);
            alive |= program->alive;
        }

        if (alive) {
            g_usleep(delay);
            delay = MIN(delay * 2, END_POLL_MAX);
        }
    }

    for (i = 0; i < programs->len; i++) {
        qemuVfioUserProgram *program = g_ptr_array_index(programs, i);

        if (!program->alive)
            qemuVfioUserProgramKillChildren(program);
    }

    qemuVfioUserKillMarked(programs);
}


int
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


/* A program's exit status is wanted, hence it is our child and not that of
 * init, as daemonized commands are. So somebody has to reap it: one thread for
 * all programs, as long as there are any. It has no descriptor for each, of
 * which a daemon may have less than there are programs. */
static virMutex reaperLock = VIR_MUTEX_INITIALIZER;
static GHashTable *reaperPrograms;      /* pid -> path */
static bool reaperRuns;


/* The lock has to be held. Returns whether it has ended. */
static bool
qemuVfioUserReaperTry(pid_t pid,
                      const char *binary)
{
    g_autofree char *how = NULL;
    int status = 0;
    int rc;

    if ((rc = qemuVfioUserReap(pid, false, &status)) == 0)
        return false;

    if (rc > 0)
        how = virProcessTranslateStatus(status);

    VIR_INFO("vfio-user program '%s' with pid %lld has ended: %s",
             binary, (long long) pid, NULLSTR(how));

    return true;
}


static void
qemuVfioUserReaperLook(pid_t pid)
{
    VIR_LOCK_GUARD lock = virLockGuardLock(&reaperLock);
    const char *binary;

    if (reaperPrograms &&
        (binary = g_hash_table_lookup(reaperPrograms, GINT_TO_POINTER(pid))) &&
        qemuVfioUserReaperTry(pid, binary))
        g_hash_table_remove(reaperPrograms, GINT_TO_POINTER(pid));
}


static gboolean
qemuVfioUserReaperTryOne(gpointer key,
                         gpointer value,
                         gpointer opaque G_GNUC_UNUSED)
{
    return qemuVfioUserReaperTry(GPOINTER_TO_INT(key), value);
}


/* Reaps @pid if it is ours; else all that are, once in a while. Returns whether
 * there are more. */
static bool
qemuVfioUserReaperStep(pid_t pid,
                       unsigned int *delay)
{
    VIR_LOCK_GUARD lock = virLockGuardLock(&reaperLock);
    const char *binary = g_hash_table_lookup(reaperPrograms, GINT_TO_POINTER(pid));

    if (binary) {
        if (qemuVfioUserReaperTry(pid, binary))
            g_hash_table_remove(reaperPrograms, GINT_TO_POINTER(pid));
        *delay = 0;
    } else {
        g_hash_table_foreach_remove(reaperPrograms, qemuVfioUserReaperTryOne, NULL);
        *delay = CLAMP(*delay * 2, REAPER_POLL_MIN, REAPER_POLL_MAX);
    }

    reaperRuns = g_hash_table_size(reaperPrograms) > 0;
    return reaperRuns;
}


static void
qemuVfioUserReaper(void *opaque G_GNUC_UNUSED)
{
    unsigned int delay = 0;
    siginfo_t info;

    /* Any child: those of others are left to them, which may take a while. */
    do {
        if (delay > 0)
            g_usleep(delay);

        info.si_pid = 0;
        while (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
            ;
    } while (qemuVfioUserReaperStep(info.si_pid, &delay));
}


int
qemuVfioUserReaperAdd(pid_t pid,
                      const char *binary)
{
    VIR_LOCK_GUARD lock = virLockGuardLock(&reaperLock);
    virThread thread;

    if (!reaperPrograms)
        reaperPrograms = g_hash_table_new_full(NULL, NULL, NULL, g_free);

    if (!reaperRuns &&
        virThreadCreateFull(&thread, false, qemuVfioUserReaper,
                            "vfio-user", false, NULL) < 0) {
        virReportSystemError(errno, "%s",
                             _("cannot create the thread of vfio-user programs"));
        return -1;
    }

    reaperRuns = true;
    g_hash_table_insert(reaperPrograms, GINT_TO_POINTER(pid), g_strdup(binary));

    return 0;
}


#ifdef __linux__

static bool
qemuVfioUserSocketIs(const struct nlmsghdr *msg,
                     const char *path)
{
    const struct unix_diag_msg *diag = NLMSG_DATA(msg);
    const char *attr = (const char *) diag + NLMSG_ALIGN(sizeof(*diag));
    size_t len = msg->nlmsg_len - NLMSG_LENGTH(sizeof(*diag));

    while (len >= sizeof(struct nlattr)) {
        struct nlattr header;
        size_t size;

        memcpy(&header, attr, sizeof(header));
        if (header.nla_len < sizeof(header) || header.nla_len > len)
            return false;

        size = header.nla_len - NLA_HDRLEN;
        if (header.nla_type == UNIX_DIAG_NAME)
            return strnlen(attr + NLA_HDRLEN, size) == strlen(path) &&
                memcmp(attr + NLA_HDRLEN, path, strlen(path)) == 0;

        if (NLA_ALIGN(header.nla_len) >= len)
            return false;
        attr += NLA_ALIGN(header.nla_len);
        len -= NLA_ALIGN(header.nla_len);
    }

    return false;
}


/* Asks the kernel for the sockets that are not connected, which are few. */
static int
qemuVfioUserSocketAsk(const char *path,
                      qemuVfioUserSocketState *state)
{
    struct {
        struct nlmsghdr header;
        struct unix_diag_req diag;
    } request = {
        .header = {
            .nlmsg_len = sizeof(request),
            .nlmsg_type = SOCK_DIAG_BY_FAMILY,
            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
        },
        .diag = {
            .sdiag_family = AF_UNIX,
            .udiag_states = (1 << TCP_LISTEN) | (1 << TCP_CLOSE),
            .udiag_show = UDIAG_SHOW_NAME,
        },
    };
    VIR_AUTOCLOSE fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    struct timeval timeout = { .tv_sec = SOCKETS_TIMEOUT };
    g_autofree struct nlmsghdr *buf = g_malloc0(SOCKETS_MAX_ANSWER);

    if (fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
        send(fd, &request, sizeof(request), 0) != sizeof(request))
        return -1;

    *state = QEMU_VFIO_USER_SOCKET_UNKNOWN;

    while (true) {
        ssize_t len = recv(fd, buf, SOCKETS_MAX_ANSWER, 0);
        const struct nlmsghdr *msg = buf;

        if (len < 0 && errno == EINTR)
            continue;
        if (len <= 0)
            return -1;

        VIR_WARNINGS_NO_CAST_ALIGN
        for (; NLMSG_OK(msg, len); msg = NLMSG_NEXT(msg, len)) {
            VIR_WARNINGS_RESET
            const struct unix_diag_msg *diag = NLMSG_DATA(msg);

            if (msg->nlmsg_type == NLMSG_DONE)
                return 0;

            if (msg->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
                msg->nlmsg_len < NLMSG_LENGTH(sizeof(*diag)))
                return -1;

            if (!qemuVfioUserSocketIs(msg, path))
                continue;

            if (diag->udiag_state == TCP_LISTEN)
                *state = QEMU_VFIO_USER_SOCKET_LISTENS;
            else if (*state == QEMU_VFIO_USER_SOCKET_UNKNOWN)
                *state = QEMU_VFIO_USER_SOCKET_BOUND;
        }
    }
}

#else /* ! __linux__ */

static int
qemuVfioUserSocketAsk(const char *path G_GNUC_UNUSED,
                      qemuVfioUserSocketState *state G_GNUC_UNUSED)
{
    return -1;
}

#endif /* ! __linux__ */


/* A kernel without the module that would tell */
static qemuVfioUserSocketState
qemuVfioUserSocketRead(const char *socket)
{
    qemuVfioUserSocketState state = QEMU_VFIO_USER_SOCKET_UNKNOWN;
    g_autofree char *text = NULL;
    char *cur;
    char *next;

    if (virFileReadAllQuiet("/proc/net/unix", MAX_SOCKETS, &text) < 0)
        return state;

    /* "ffff888004b5f800: 00000002 00000000 00010000 0001 01 14545 /a/path" */
    for (cur = text; cur && *cur; cur = next) {
        unsigned int flags;
        char *path;

        if ((next = strchr(cur, '\n')))
            *next++ = '\0';

        if (!(path = strchr(cur, '/')) || STRNEQ(path, socket) ||
            sscanf(cur, "%*x: %*x %*x %x", &flags) != 1)
            continue;

        if (flags & SOCKETS_ACCEPTCON)
            return QEMU_VFIO_USER_SOCKET_LISTENS;

        state = QEMU_VFIO_USER_SOCKET_BOUND;
    }

    return state;
}


qemuVfioUserSocketState
qemuVfioUserSocketGetState(const char *path)
{
    qemuVfioUserSocketState state;

    if (qemuVfioUserSocketAsk(path, &state) < 0)
        return qemuVfioUserSocketRead(path);

    return state;
}
