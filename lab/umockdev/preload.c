/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Gives the files below umockdev's /sys what a plain directory tree does not
 * have: the manners of a real sysfs.
 *
 *  - a write is an order to the kernel: it is handed to the fake kernel, which
 *    acts on it before the call returns, and may refuse it with an errno;
 *  - O_CREAT and O_TRUNC neither create nor empty an attribute;
 *  - a file without a read (write) permission bit cannot be opened for reading
 *    (writing), not even by root;
 *  - a file with the sticky bit fails at read(), as an attribute whose driver
 *    returns an error does.
 *
 * It can write down every opened /sys path, for tests that count them. It keeps
 * libnl working: umockdev replaces the socket for kernel events by one of
 * another address family, which libnl refuses. And it lets several processes
 * listen to kernel events: umockdev names their sockets after the descriptor,
 * which is easily the same one in two processes.
 *
 * With MOCKLAB_CLOCK_RATE a program's monotonic clock runs that many times faster,
 * and it sleeps shorter, so that a test need not wait for a long limit.
 *
 * Environment:
 *   UMOCKDEV_DIR       where umockdev's tree is
 *   MOCKLAB_KERNEL     socket of the fake kernel
 *   MOCKLAB_OPEN_LOG   file that gets a line "pid errno path" for every open
 *   MOCKLAB_CLOCK_RATE how much faster the clock runs
 *
 * Must be loaded before umockdev's own library.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NEXT(ret, name, ...) \
    static ret (*next_ ## name)(__VA_ARGS__); \
    if (!next_ ## name) \
        *(void **)&next_ ## name = dlsym(RTLD_NEXT, #name)

/* What is known of an open descriptor. Only a hint for "written": the path is
 * looked up again before a write is taken for one to sysfs. */
enum {
    FD_WRITTEN = 1,
    FD_FAILS = 2,
};

#define MAX_FD 4096
static unsigned char fd_flags[MAX_FD];


/* The path below /sys that @path means, or NULL. */
static const char *
sysfs_path(const char *path)
{
    const char *root = getenv("UMOCKDEV_DIR");
    size_t len;

    if (!root || !path)
        return NULL;

    len = strlen(root);
    if (strncmp(path, root, len) == 0 && path[len] == '/')
        path += len;

    if (strncmp(path, "/sys/", 5) == 0)
        return path;
    return NULL;
}


/* System calls are made directly wherever libc's function may be the one of
 * this library or of umockdev. */
static int
fd_path(int fd, char *buf, size_t size)
{
    char link[64];
    ssize_t len;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    len = syscall(SYS_readlinkat, AT_FDCWD, link, buf, size - 1);
    if (len < 0)
        return -1;
    buf[len] = '\0';
    return 0;
}


static void
log_open(const char *path, int error)
{
    const char *file = getenv("MOCKLAB_OPEN_LOG");
    char line[PATH_MAX + 64];
    int len;
    int fd;

    if (!file)
        return;

    len = snprintf(line, sizeof(line), "%d %d %s\n", getpid(), error, path);
    if (len < 0 || (size_t)len >= sizeof(line))
        abort();

    fd = syscall(SYS_openat, AT_FDCWD, file,
                 O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || syscall(SYS_write, fd, line, len) != len)
        abort();
    syscall(SYS_close, fd);
}


static bool
readable(int flags)
{
    return (flags & O_ACCMODE) != O_WRONLY;
}


static bool
writable(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY;
}


/* Called with the result of each open of a sysfs path. */
static int
opened(const char *path, int flags, int fd)
{
    int saved = errno;
    struct stat st;

    if (fd < 0) {
        log_open(path, saved);
        errno = saved;
        return fd;
    }

    if (syscall(SYS_fstat, fd, &st) == 0 && S_ISREG(st.st_mode) &&
        ((readable(flags) && !(st.st_mode & 0444)) ||
         (writable(flags) && !(st.st_mode & 0222)))) {
        close(fd);
        log_open(path, EACCES);
        errno = EACCES;
        return -1;
    }

    if (fd < MAX_FD) {
        fd_flags[fd] = 0;
        if (writable(flags))
            fd_flags[fd] |= FD_WRITTEN;
        if (S_ISREG(st.st_mode) && (st.st_mode & S_ISVTX))
            fd_flags[fd] |= FD_FAILS;
    }

    log_open(path, 0);
    errno = saved;
    return fd;
}


static int
other_opened(int fd)
{
    if (fd >= 0 && fd < MAX_FD)
        fd_flags[fd] = 0;
    return fd;
}


#define SYSFS_FLAGS(flags) ((flags) & ~(O_CREAT | O_TRUNC | O_EXCL))

#define DEFINE_OPEN(name) \
int \
name(const char *path, int flags, ...) \
{ \
    const char *sys = sysfs_path(path); \
    mode_t mode = 0; \
    NEXT(int, name, const char *, int, ...); \
\
    if (flags & (O_CREAT | __O_TMPFILE)) { \
        va_list ap; \
        va_start(ap, flags); \
        mode = va_arg(ap, mode_t); \
        va_end(ap); \
    } \
    if (!sys) \
        return other_opened(next_ ## name(path, flags, mode)); \
    return opened(sys, flags, next_ ## name(path, SYSFS_FLAGS(flags))); \
}

#define DEFINE_OPEN_2(name) \
int \
name(const char *path, int flags) \
{ \
    const char *sys = sysfs_path(path); \
    NEXT(int, name, const char *, int); \
\
    if (!sys) \
        return other_opened(next_ ## name(path, flags)); \
    return opened(sys, flags, next_ ## name(path, SYSFS_FLAGS(flags))); \
}

/* A relative path is put together with the one of its directory, so that it
 * is seen as what it is. */
#define DEFINE_OPENAT(name) \
int \
name(int dirfd, const char *path, int flags, ...) \
{ \
    char full[PATH_MAX]; \
    const char *sys = NULL; \
    mode_t mode = 0; \
    NEXT(int, name, int, const char *, int, ...); \
\
    if (flags & (O_CREAT | __O_TMPFILE)) { \
        va_list ap; \
        va_start(ap, flags); \
        mode = va_arg(ap, mode_t); \
        va_end(ap); \
    } \
    if (path[0] == '/') { \
        sys = sysfs_path(path); \
    } else if (dirfd != AT_FDCWD && fd_path(dirfd, full, sizeof(full)) == 0) { \
        size_t len = strlen(full); \
\
        if (snprintf(full + len, sizeof(full) - len, "/%s", path) \
            < (int)(sizeof(full) - len)) \
            sys = sysfs_path(full); \
    } \
    if (!sys) \
        return other_opened(next_ ## name(dirfd, path, flags, mode)); \
    return opened(sys, flags, next_ ## name(dirfd, path, SYSFS_FLAGS(flags))); \
}

#define DEFINE_FOPEN(name) \
FILE * \
name(const char *path, const char *mode) \
{ \
    const char *sys = sysfs_path(path); \
    FILE *fp; \
    NEXT(FILE *, name, const char *, const char *); \
\
    fp = next_ ## name(path, mode); \
    if (sys) \
        log_open(sys, fp ? 0 : errno); \
    return fp; \
}

DEFINE_OPEN(open)
DEFINE_OPEN(open64)
DEFINE_OPEN_2(__open_2)
DEFINE_OPEN_2(__open64_2)
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)
DEFINE_FOPEN(fopen)
DEFINE_FOPEN(fopen64)


DIR *
opendir(const char *path)
{
    const char *sys = sysfs_path(path);
    DIR *dir;
    NEXT(DIR *, opendir, const char *);

    dir = next_opendir(path);
    if (sys) {
        int saved = errno;

        log_open(sys, dir ? 0 : saved);
        errno = saved;
    }
    return dir;
}


ssize_t
read(int fd, void *buf, size_t count)
{
    NEXT(ssize_t, read, int, void *, size_t);

    if (fd >= 0 && fd < MAX_FD && (fd_flags[fd] & FD_FAILS)) {
        errno = EIO;
        return -1;
    }
    return next_read(fd, buf, count);
}


int
close(int fd)
{
    NEXT(int, close, int);

    if (fd >= 0 && fd < MAX_FD)
        fd_flags[fd] = 0;
    return next_close(fd);
}


static int
send_all(int fd, const void *data, size_t len)
{
    while (len > 0) {
        ssize_t n = syscall(SYS_sendto, fd, data, len, MSG_NOSIGNAL, NULL, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        data = (const char *)data + n;
        len -= n;
    }
    return 0;
}


/* Returns the errno that the fake kernel answers with, 0 for success. */
static int
ask_kernel(const char *path, const void *data, size_t len)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    const char *name = getenv("MOCKLAB_KERNEL");
    int32_t answer = EIO;
    int fd;

    if (!name || strlen(name) >= sizeof(addr.sun_path))
        return EIO;
    strcpy(addr.sun_path, name);

    fd = syscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return EIO;

    if (syscall(SYS_connect, fd, &addr, sizeof(addr)) < 0 ||
        send_all(fd, path, strlen(path) + 1) < 0 ||
        send_all(fd, data, len) < 0 ||
        syscall(SYS_shutdown, fd, SHUT_WR) < 0 ||
        syscall(SYS_recvfrom, fd, &answer, sizeof(answer), MSG_WAITALL,
                NULL, NULL) != sizeof(answer))
        answer = EIO;

    syscall(SYS_close, fd);
    return answer;
}


ssize_t
write(int fd, const void *buf, size_t count)
{
    NEXT(ssize_t, write, int, const void *, size_t);

    if (fd >= 0 && fd < MAX_FD && (fd_flags[fd] & FD_WRITTEN)) {
        char full[PATH_MAX];
        const char *sys;

        if (fd_path(fd, full, sizeof(full)) == 0 && (sys = sysfs_path(full))) {
            int error = ask_kernel(sys, buf, count);

            if (error) {
                errno = error;
                return -1;
            }
            return count;
        }
    }
    return next_write(fd, buf, count);
}


int
bind(int fd, const struct sockaddr *addr, socklen_t len)
{
    const char *root = getenv("UMOCKDEV_DIR");
    int ret;
    NEXT(int, bind, int, const struct sockaddr *, socklen_t);

    ret = next_bind(fd, addr, len);
    if (ret == 0 && root && addr->sa_family == AF_NETLINK) {
        char from[PATH_MAX];
        char to[PATH_MAX];

        /* Exists for the sockets that umockdev replaced, for no others. */
        snprintf(from, sizeof(from), "%s/event%d", root, fd);
        snprintf(to, sizeof(to), "%s/event%d.%d", root, fd, getpid());
        rename(from, to);
    }
    return ret;
}


struct nl_sock;

int
nl_connect(struct nl_sock *sock, int protocol)
{
    NEXT(int, nl_connect, struct nl_sock *, int);

    if (protocol == NETLINK_KOBJECT_UEVENT)
        protocol = NETLINK_ROUTE;
    return next_nl_connect(sock, protocol);
}


static int64_t
nanoseconds(const struct timespec *ts)
{
    return ts->tv_sec * INT64_C(1000000000) + ts->tv_nsec;
}


static struct timespec
as_timespec(int64_t ns)
{
    return (struct timespec) { ns / INT64_C(1000000000), ns % INT64_C(1000000000) };
}


static int
clock_rate(void)
{
    const char *rate = getenv("MOCKLAB_CLOCK_RATE");

    return rate ? atoi(rate) : 1;
}


int
clock_gettime(clockid_t clock, struct timespec *ts)
{
    static int64_t start;
    int64_t expected = 0;
    int64_t now;
    int rc;
    NEXT(int, clock_gettime, clockid_t, struct timespec *);

    rc = next_clock_gettime(clock, ts);
    if (rc < 0 || clock != CLOCK_MONOTONIC || clock_rate() == 1)
        return rc;

    now = nanoseconds(ts);
    __atomic_compare_exchange_n(&start, &expected, now, false,
                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    *ts = as_timespec(now + (now - start) * (clock_rate() - 1));
    return 0;
}


int
nanosleep(const struct timespec *req, struct timespec *rem)
{
    struct timespec ts = as_timespec(nanoseconds(req) / clock_rate());
    NEXT(int, nanosleep, const struct timespec *, struct timespec *);

    return next_nanosleep(&ts, rem);
}


int
clock_nanosleep(clockid_t clock, int flags,
                const struct timespec *req, struct timespec *rem)
{
    struct timespec ts = *req;
    NEXT(int, clock_nanosleep, clockid_t, int, const struct timespec *, struct timespec *);

    if (!(flags & TIMER_ABSTIME))
        ts = as_timespec(nanoseconds(req) / clock_rate());
    return next_clock_nanosleep(clock, flags, &ts, rem);
}
