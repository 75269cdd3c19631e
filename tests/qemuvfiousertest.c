/*
 * qemuvfiousertest.c: programs of vfio-user devices
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
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testutils.h"

#ifdef __linux__

# include "qemu/qemu_alias.h"
# include "qemu/qemu_domain_address.h"
# include "qemu/qemu_extdevice.h"
# include "qemu/qemu_hotplug.h"
# include "qemu/qemu_migration.h"
# include "qemu/qemu_vfio_user.h"
# include "qemumonitortestutils.h"
# include "testutilsqemu.h"
# include "vircommand.h"
# include "virfile.h"
# include "virmock.h"
# include "virprocess.h"
# include "virstring.h"
# include "virutil.h"

# define VIR_FROM_THIS VIR_FROM_QEMU

/* milliseconds; machines that run tests may be very slow */
# define TIMEOUT_NEVER (60 * 1000)
# define TIMEOUT_SHORT 300

/* seconds, so that no program outlives a test that fails for long */
# define PROGRAM_LIFETIME 180

# define ALIAS "hostdev0"
# define MARK "c7a5fdbd-edaf-9455-926a-d65c16db1809"

static virQEMUDriver driver;
static char *self;
static char *dir;

/*
 * The program: this test, if its first argument is the one of the socket. What
 * it does is in the parameter 'do'; "arguments" etc. go to standard error.
 */

static int
programBind(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (fd < 0 ||
        virStrcpyStatic(addr.sun_path, path) < 0 ||
        bind(fd, (struct sockaddr *) &addr, sizeof(addr)) < 0) {
        perror(path);
        _exit(EXIT_FAILURE);
    }

    return fd;
}


static int
programListen(const char *path,
              unsigned int delay)
{
    int fd = programBind(path);

    g_usleep(delay * 1000);

    if (listen(fd, 1) < 0) {
        perror(path);
        _exit(EXIT_FAILURE);
    }

    return fd;
}


static void
programForkChild(const char *socketPath,
                 bool escape)
{
    g_autofree char *path = g_strdup_printf("%s.child", socketPath);
    int fd = programListen(path, 0);

    switch (virFork()) {
    case -1:
        _exit(EXIT_FAILURE);
    case 0:
        alarm(PROGRAM_LIFETIME);
        if (escape)
            setsid();
        /* survives a kind request */
        signal(SIGTERM, SIG_IGN);
        while (true)
            pause();
    }

    VIR_FORCE_CLOSE(fd);
}


static void *
programThread(void *opaque G_GNUC_UNUSED)
{
    while (true)
        pause();

    return NULL;
}


/* A child in the background that is nobody's any more */
static void
programForkDaemon(const char *socketPath)
{
    pid_t pid = virFork();

    if (pid < 0)
        _exit(EXIT_FAILURE);

    if (pid == 0) {
        programForkChild(socketPath, true);
        _exit(EXIT_SUCCESS);
    }

    waitpid(pid, NULL, 0);
}


static int
program(int argc,
        char **argv)
{
    const char *path = STRSKIP(argv[1], "--socket-path=");
    const char *what = "serve";
    size_t i;

    alarm(PROGRAM_LIFETIME);

    for (i = 1; i < argc; i++) {
        if (STRPREFIX(argv[i], "--m-do="))
            what = STRSKIP(argv[i], "--m-do=");
    }

    if (STREQ(what, "exit")) {
        fprintf(stderr, "no such model\nuse another one\n");
        return 1;
    }

    if (STREQ(what, "silent"))
        return 3;

    if (STREQ(what, "background")) {
        programForkChild(path, true);
        return 0;
    }

    if (STREQ(what, "garbage")) {
        fprintf(stderr, "a\033[2Jb\x01" "c\xff" "d\n");
        return 1;
    }

    if (STREQ(what, "flood")) {
        for (i = 0; i < 20000; i++)
            fprintf(stderr, "line %zu\n", i);
        return 1;
    }

    if (STREQ(what, "crash")) {
        raise(SIGKILL);
        return 1;
    }

    if (STREQ(what, "never")) {
        while (true)
            pause();
    }

    if (STREQ(what, "file")) {
        ignore_value(virFileTouch(path, 0600));
        while (true)
            pause();
    }

    if (STREQ(what, "orphan")) {
        programForkChild(path, false);
        return 1;
    }

    if (STREQ(what, "child") || STREQ(what, "die"))
        programForkChild(path, false);

    if (STREQ(what, "escape") || STREQ(what, "desert"))
        programForkChild(path, true);

    if (STREQ(what, "daemon"))
        programForkDaemon(path);

    if (STREQ(what, "bound")) {
        programBind(path);
        while (true)
            pause();
    }

    if (STREQ(what, "closefds")) {
        for (i = 3; i < 1024; i++) {
            int fd = i;

            VIR_MASS_CLOSE(fd);
        }
    }

    if (STREQ(what, "stubborn"))
        signal(SIGTERM, SIG_IGN);

    for (i = 1; i < argc; i++)
        fprintf(stderr, "argument %s\n", argv[i]);

    if (getsid(0) == getpid() && getpgid(0) == getpid())
        fprintf(stderr, "own session\n");

    /* the socket's descriptor is the first that was free */
    fprintf(stderr, "descriptor %d\n",
            programListen(path, STREQ(what, "slow") ? 300 : 0));

    if (STREQ(what, "die") || STREQ(what, "desert")) {
        g_autofree char *flag = g_strdup_printf("%s.die", path);

        while (!virFileExists(flag))
            g_usleep(1000);
        return 3;
    }

    if (STREQ(what, "thread")) {
        g_thread_new("program", programThread, NULL);
        pthread_exit(NULL);
    }

    while (true)
        pause();
}


/*
 * The tests
 */

static virDomainObj *
createDomain(const char *what)
{
    g_autoptr(virDomainObj) vm = virDomainObjNew(driver.xmlopt);
    virDomainHostdevDef *hostdev = NULL;
    virDomainHostdevSubsysVfioUser *src;
    qemuDomainObjPrivate *priv;

    if (!vm ||
        !(vm->def = virDomainDefNew(driver.xmlopt)) ||
        !(hostdev = virDomainHostdevDefNew()))
        return NULL;

    vm->def->name = g_strdup("guest");
    vm->def->id = 7;
    vm->def->virtType = VIR_DOMAIN_VIRT_QEMU;
    vm->def->os.type = VIR_DOMAIN_OSTYPE_HVM;

    priv = vm->privateData;
    priv->driver = &driver;
    priv->libDir = g_strdup(dir);
    priv->qemuCaps = virQEMUCapsNew();

    hostdev->mode = VIR_DOMAIN_HOSTDEV_MODE_SUBSYS;
    hostdev->managed = true;
    hostdev->source.subsys.type = VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_VFIO_USER;
    hostdev->info->alias = g_strdup(ALIAS);

    src = &hostdev->source.subsys.u.vfio_user;
    src->binary = g_strdup(self);
    src->model = g_strdup("vendor-a.com/my-nic");
    src->nparams = 2;
    src->params = g_new0(virDomainHostdevSubsysVfioUserParam, 2);
    src->params[0].name = g_strdup("num-queues");
    src->params[0].value = g_strdup("4");
    src->params[1].name = g_strdup("do");
    src->params[1].value = g_strdup(what);

    vm->def->hostdevs = g_new0(virDomainHostdevDef *, 1);
    vm->def->hostdevs[0] = hostdev;
    vm->def->nhostdevs = 1;

    return g_steal_pointer(&vm);
}


static size_t
countFiles(const char *path)
{
    g_autoptr(DIR) d = NULL;
    struct dirent *ent;
    size_t n = 0;

    if (virDirOpen(&d, path) < 0)
        return 0;

    while (virDirRead(d, &ent, NULL) > 0)
        n++;

    return n;
}


static char *
readLog(void)
{
    g_autofree char *path = g_strdup_printf("%s/guest-" ALIAS "-vfio-user.log",
                                            driver.config->logDir);
    char *buf = NULL;

    ignore_value(virFileReadAll(path, 1024 * 1024, &buf));
    return buf;
}


/* Does not wait for a program that does not take its clients */
static int
connectTo(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    VIR_AUTOCLOSE fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (fd < 0 || virStrcpyStatic(addr.sun_path, path) < 0)
        return -1;

    if (connect(fd, (struct sockaddr *) &addr, sizeof(addr)) < 0 && errno != EAGAIN)
        return -1;

    return 0;
}


/* What listens on @path ends, soon. */
static int
checkEnds(const char *path)
{
    size_t i;

    for (i = 0; i < 1000; i++) {
        if (connectTo(path) < 0) {
            unlink(path);
            return 0;
        }
        g_usleep(10 * 1000);
    }

    VIR_TEST_DEBUG("somebody still listens on '%s'", path);
    return -1;
}


static int
checkNothingLeft(void)
{
    int ret = 0;
    size_t n;

    if ((n = countFiles(dir)) != 0) {
        VIR_TEST_DEBUG("%zu files are left in '%s'", n, dir);
        ret = -1;
    }

    if ((n = countFiles(driver.config->stateDir)) != 0) {
        VIR_TEST_DEBUG("%zu files are left in '%s'", n, driver.config->stateDir);
        ret = -1;
    }

    return ret;
}


/* No child, and none that ended and was not waited for */
static int
checkNoChildren(void)
{
    siginfo_t info;
    size_t i;

    for (i = 0; i < 1000; i++) {
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 &&
            errno == ECHILD)
            return 0;
        g_usleep(10 * 1000);
    }

    VIR_TEST_DEBUG("there are children");
    return -1;
}


static int
getPid(virDomainObj *vm,
       pid_t *pid)
{
    if ((*pid = qemuVfioUserGetPid(vm, vm->def->hostdevs[0])) < 0) {
        VIR_TEST_DEBUG("the program does not run");
        return -1;
    }

    return 0;
}


struct testFailData {
    const char *what;
    const char *binary;         /* NULL: this test */
    unsigned int timeout;
    const char *message;        /* that is part of the error */
    bool child;                 /* the program leaves one */
};


static int
testFail(const void *opaque)
{
    const struct testFailData *data = opaque;
    g_autoptr(virDomainObj) vm = createDomain(data->what);
    virDomainHostdevDef *hostdev;
    g_autofree char *child = g_strdup_printf("%s/vfio-user-" ALIAS ".sock.child", dir);

    if (!vm)
        return -1;

    hostdev = vm->def->hostdevs[0];

    if (data->binary) {
        g_free(hostdev->source.subsys.u.vfio_user.binary);
        hostdev->source.subsys.u.vfio_user.binary = g_strdup(data->binary);
    }

    if (qemuVfioUserStart(vm, hostdev, data->timeout) == 0) {
        VIR_TEST_DEBUG("the program should not start");
        qemuVfioUserStop(vm, hostdev);
        return -1;
    }

    VIR_TEST_DEBUG("%s", virGetLastErrorMessage());

    if (!strstr(virGetLastErrorMessage(), data->message)) {
        VIR_TEST_DEBUG("'%s' is not part of it", data->message);
        return -1;
    }

    if (strlen(virGetLastErrorMessage()) > QEMU_VFIO_USER_MAX_ERRORS + 4096) {
        VIR_TEST_DEBUG("it is too long");
        return -1;
    }

    virResetLastError();

    if (data->child && checkEnds(child) < 0)
        return -1;

    /* as when the guest's start fails because of this */
    qemuVfioUserStop(vm, hostdev);

    if (checkNoChildren() < 0 ||
        checkNothingLeft() < 0)
        return -1;

    return 0;
}


struct testRunData {
    const char *what;
    bool child;                 /* the program has one that ignores SIGTERM */
};


static int
testRun(const void *opaque)
{
    const struct testRunData *data = opaque;
    g_autoptr(virDomainObj) vm = createDomain(data->what);
    virDomainHostdevDef *hostdev;
    g_autofree char *path = NULL;
    g_autofree char *child = g_strdup_printf("%s/vfio-user-" ALIAS ".sock.child", dir);
    g_autofree char *log = NULL;
    g_autofree char *expected = NULL;
    pid_t pid;

    if (!vm)
        return -1;

    hostdev = vm->def->hostdevs[0];
    path = qemuVfioUserGetSocketPath(vm->privateData, hostdev);

    if (qemuVfioUserStart(vm, hostdev, TIMEOUT_NEVER) < 0)
        return -1;

    if (connectTo(path) < 0) {
        VIR_TEST_DEBUG("nobody listens on '%s'", path);
        return -1;
    }

    if (getPid(vm, &pid) < 0)
        return -1;

    qemuVfioUserStop(vm, hostdev);

    if (kill(pid, 0) == 0) {
        VIR_TEST_DEBUG("program %lld was not stopped", (long long) pid);
        return -1;
    }

    if (data->child && checkEnds(child) < 0)
        return -1;

    if (checkNoChildren() < 0 ||
        checkNothingLeft() < 0)
        return -1;

    expected = g_strdup_printf("argument --socket-path=%s\n"
                               "argument --m-num-queues=4\n"
                               "argument --m-do=%s\n"
                               "own session\n", path, data->what);
    if (!(log = readLog()) || !strstr(log, expected)) {
        VIR_TEST_DEBUG("expected '%s' in log '%s'", expected, NULLSTR(log));
        return -1;
    }

    /* once more is once too often, and harmless */
    qemuVfioUserStop(vm, hostdev);

    return 0;
}


/* To stop one program is to stop one program. */
static int
testTwo(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) one = createDomain("serve");
    g_autoptr(virDomainObj) two = createDomain("serve");
    virDomainHostdevDef *hostdev;
    g_autofree char *path = NULL;

    if (!one || !two)
        return -1;

    hostdev = two->def->hostdevs[0];
    g_free(hostdev->info->alias);
    hostdev->info->alias = g_strdup(ALIAS "0");
    path = qemuVfioUserGetSocketPath(two->privateData, hostdev);

    if (qemuVfioUserStart(one, one->def->hostdevs[0], TIMEOUT_NEVER) < 0 ||
        qemuVfioUserStart(two, hostdev, TIMEOUT_NEVER) < 0)
        return -1;

    qemuVfioUserStop(one, one->def->hostdevs[0]);

    if (connectTo(path) < 0) {
        VIR_TEST_DEBUG("the other one was stopped, too");
        return -1;
    }

    qemuVfioUserStop(two, hostdev);

    if (checkNoChildren() < 0 ||
        checkNothingLeft() < 0)
        return -1;

    return 0;
}


/* Standard input, output and error, and nothing else, least of all that of the
 * pid file */
static int
testDescriptors(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = createDomain("serve");
    VIR_AUTOCLOSE fd = open("/dev/null", O_RDONLY);
    g_autofree char *log = NULL;
    g_autofree char *stop = NULL;
    size_t before = countFiles("/proc/self/fd");
    size_t after;

    if (!vm || fd < 0)
        return -1;

    if (qemuVfioUserStart(vm, vm->def->hostdevs[0], TIMEOUT_NEVER) < 0)
        return -1;

    qemuVfioUserStop(vm, vm->def->hostdevs[0]);

    after = countFiles("/proc/self/fd");

    if (before != after) {
        VIR_TEST_DEBUG("%zu descriptors before, %zu after", before, after);
        return -1;
    }

    if (!(log = readLog()) ||
        !strstr(log, "\ndescriptor 3\n")) {
        VIR_TEST_DEBUG("descriptors were inherited: '%s'", NULLSTR(log));
        return -1;
    }

    return 0;
}


/* What the start and the end of a guest call */
static int
testGuest(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = createDomain("serve");
    pid_t pid;

    if (!vm)
        return -1;

    if (!qemuExtDevicesHasDevice(vm->def)) {
        VIR_TEST_DEBUG("nothing would be put into the cgroup");
        return -1;
    }

    if (qemuExtDevicesStart(&driver, vm, false) < 0 ||
        getPid(vm, &pid) < 0)
        return -1;

    qemuExtDevicesStop(&driver, vm, false);

    if (checkNoChildren() < 0 ||
        checkNothingLeft() < 0)
        return -1;

    /* somebody else's program */
    g_clear_pointer(&vm->def->hostdevs[0]->source.subsys.u.vfio_user.binary, g_free);
    vm->def->hostdevs[0]->source.subsys.u.vfio_user.socket = g_strdup("/nonexistent/nic.sock");
    vm->def->hostdevs[0]->managed = false;

    if (qemuExtDevicesHasDevice(vm->def) ||
        qemuExtDevicesStart(&driver, vm, false) < 0 ||
        checkNoChildren() < 0 ||
        checkNothingLeft() < 0)
        return -1;

    qemuExtDevicesStop(&driver, vm, false);

    return 0;
}


/* The program dies while the guest runs: no zombie, no children; and then the
 * guest stops. */
static int
testDies(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = createDomain("die");
    g_autofree char *path = NULL;
    g_autofree char *flag = NULL;
    g_autofree char *child = NULL;

    if (!vm)
        return -1;

    path = qemuVfioUserGetSocketPath(vm->privateData, vm->def->hostdevs[0]);
    flag = g_strdup_printf("%s.die", path);
    child = g_strdup_printf("%s.child", path);

    if (qemuVfioUserStart(vm, vm->def->hostdevs[0], TIMEOUT_NEVER) < 0)
        return -1;

    if (connectTo(child) < 0 ||
        virFileTouch(flag, 0600) < 0)
        return -1;

    if (checkNoChildren() < 0 ||
        checkEnds(path) < 0 ||
        checkEnds(child) < 0)
        return -1;

    unlink(flag);
    qemuVfioUserStop(vm, vm->def->hostdevs[0]);

    return checkNothingLeft();
}


/* It left a process that left its group. */
static int
testDeserts(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = createDomain("desert");
    g_autofree char *path = NULL;
    g_autofree char *flag = NULL;
    g_autofree char *child = NULL;

    if (!vm)
        return -1;

    path = qemuVfioUserGetSocketPath(vm->privateData, vm->def->hostdevs[0]);
    flag = g_strdup_printf("%s.die", path);
    child = g_strdup_printf("%s.child", path);

    if (qemuVfioUserStart(vm, vm->def->hostdevs[0], TIMEOUT_NEVER) < 0 ||
        virFileTouch(flag, 0600) < 0 ||
        checkNoChildren() < 0 ||
        checkEnds(path) < 0)
        return -1;

    if (connectTo(child) < 0) {
        VIR_TEST_DEBUG("it left nothing");
        return -1;
    }

    unlink(flag);
    qemuVfioUserStop(vm, vm->def->hostdevs[0]);

    if (checkEnds(child) < 0)
        return -1;

    return checkNothingLeft();
}


/* Processes that have the program's arguments, but are not of the guest: of an
 * administrator, or of a libvirt in a container, where it has another mark */
static int
testStrangers(const void *opaque)
{
    const char *what = opaque;
    g_autoptr(virDomainObj) vm = createDomain(what);
    g_autofree char *path = NULL;
    g_autofree char *arg = NULL;
    g_autofree char *child = NULL;
    pid_t pids[2] = { -1, -1 };
    int fds[2][2];
    int ret = 0;
    size_t i;

    if (!vm)
        return -1;

    path = qemuVfioUserGetSocketPath(vm->privateData, vm->def->hostdevs[0]);
    arg = g_strdup_printf("--socket-path=%s", path);
    child = g_strdup_printf("%s.child", path);

    for (i = 0; i < 2; i++) {
        g_autoptr(virCommand) cmd = virCommandNewArgList("/bin/sh", "-c",
                                                         "read a", "sh", arg, NULL);

        if (virPipe(fds[i]) < 0)
            return -1;

        if (i == 1)
            virCommandAddEnvPair(cmd, "LIBVIRT_VFIO_USER", MARK);
        virCommandSetInputFD(cmd, fds[i][0]);
        if (virCommandRunAsync(cmd, &pids[i]) < 0)
            return -1;
        VIR_FORCE_CLOSE(fds[i][0]);
    }

    if (qemuVfioUserStart(vm, vm->def->hostdevs[0], TIMEOUT_NEVER) < 0)
        virResetLastError();
    qemuVfioUserStop(vm, vm->def->hostdevs[0]);

    for (i = 0; i < 2; i++) {
        if (waitpid(pids[i], NULL, WNOHANG) != 0) {
            VIR_TEST_DEBUG("process %zu was killed", i);
            ret = -1;
        }
        /* which is what it waits for */
        VIR_FORCE_CLOSE(fds[i][1]);
        waitpid(pids[i], NULL, 0);
    }

    if (virFileExists(child) && checkEnds(child) < 0)
        return -1;

    if (checkNoChildren() < 0 ||
        checkNothingLeft() < 0)
        return -1;

    return ret;
}


static void
setAlias(virDomainObj *vm,
         size_t hostdev,
         size_t n)
{
    virDomainDeviceInfo *info = vm->def->hostdevs[hostdev]->info;

    g_free(info->alias);
    info->alias = g_strdup_printf("hostdev%zu", n);
}


/* A guest with @n programs, whose aliases start with that number */
static virDomainObj *
createDomainMany(const char *what,
                 size_t first,
                 size_t n)
{
    g_autoptr(virDomainObj) vm = createDomain(what);
    size_t i;

    if (!vm)
        return NULL;

    for (i = 1; i < n; i++) {
        g_autoptr(virDomainObj) other = createDomain(what);

        if (!other)
            return NULL;

        VIR_APPEND_ELEMENT_COPY(vm->def->hostdevs, vm->def->nhostdevs,
                                other->def->hostdevs[0]);
        other->def->nhostdevs = 0;
    }

    for (i = 0; i < n; i++)
        setAlias(vm, i, first + i);

    return g_steal_pointer(&vm);
}


/* looks at the list of all processes */
static unsigned int nscans;

static int (*real_virDirOpenQuiet)(DIR **dirp,
                                   const char *name);

int
virDirOpenQuiet(DIR **dirp,
                const char *name)
{
    VIR_MOCK_REAL_INIT(virDirOpenQuiet);

    if (STREQ(name, "/proc"))
        nscans++;

    return real_virDirOpenQuiet(dirp, name);
}


/* Calls of read() so far, by this process alone */
static long long
countReads(void)
{
    g_autofree char *text = NULL;
    const char *value;
    long long n = -1;

    if (virFileReadAllQuiet("/proc/self/io", 4096, &text) < 0 ||
        !(value = strstr(text, "syscr: ")) ||
        virStrToLong_ll(value + strlen("syscr: "), (char **) &value, 10, &n) < 0)
        return -1;

    return n;
}


/* questions to the kernel */
static unsigned int nasked;
static bool cannotAsk;

static int (*real_socket)(int domain, int type, int protocol);

int
socket(int domain, int type, int protocol)
{
    VIR_MOCK_REAL_INIT(socket);

    if (domain == AF_NETLINK) {
        nasked++;
        if (cannotAsk) {
            errno = EPROTONOSUPPORT;
            return -1;
        }
    }

    return real_socket(domain, type, protocol);
}


/* A kernel that does not tell about sockets */
static int
testCannotAsk(const void *opaque G_GNUC_UNUSED)
{
    const struct testRunData data = { "slow", false };
    int ret;

    cannotAsk = true;
    ret = testRun(&data);
    cannotAsk = false;

    return ret;
}


/* It does not listen yet: to look for that does not take all the time. */
static int
testBound(const void *opaque G_GNUC_UNUSED)
{
    const struct testFailData data = {
        "bound", NULL, 2000, "no socket after 2000 ms", false
    };
    unsigned int asked = nasked;

    if (testFail(&data) < 0)
        return -1;

    asked = nasked - asked;

    if (asked < 2 || asked > 12) {
        VIR_TEST_DEBUG("asked %u times", asked);
        return -1;
    }

    return 0;
}


/* Programs that have to be killed: one after the other would take minutes. */
static int
testManyStubborn(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = createDomainMany("stubborn", 0, 8);
    gint64 start;
    size_t i;

    if (!vm)
        return -1;

    for (i = 0; i < vm->def->nhostdevs; i++) {
        if (qemuVfioUserStart(vm, vm->def->hostdevs[i], TIMEOUT_NEVER) < 0)
            return -1;
    }

    start = g_get_monotonic_time();
    qemuVfioUserStopAll(vm);

    if (g_get_monotonic_time() - start > 20 * G_USEC_PER_SEC) {
        VIR_TEST_DEBUG("not at the same time");
        return -1;
    }

    if (checkNoChildren() < 0 ||
        checkNothingLeft() < 0)
        return -1;

    return 0;
}


# define MANY_GUESTS 8
# define MANY_PROGRAMS 64       /* of each guest */
/* Some 80 to end a program; a machine that is slow looks at it more often. That
 * nothing looks at other processes is counted apart. */
# define MANY_READS 1000

/* One thread for all programs, no descriptor for any of them, and what the start
 * and the end of a program cost does not depend on how many others there are. */
static int
testMany(const void *opaque G_GNUC_UNUSED)
{
    virDomainObj *vms[MANY_GUESTS] = { NULL };
    size_t threads = countFiles("/proc/self/task");
    size_t fds = countFiles("/proc/self/fd");
    long long reads[2][MANY_GUESTS] = { 0 };
    unsigned int scans = nscans;
    int ret = -1;
    size_t i;
    size_t j;

    for (i = 0; i < MANY_GUESTS; i++) {
        if (!(vms[i] = createDomainMany("serve", i * MANY_PROGRAMS, MANY_PROGRAMS)))
            goto cleanup;

        reads[0][i] = -countReads();
        for (j = 0; j < MANY_PROGRAMS; j++) {
            if (qemuVfioUserStart(vms[i], vms[i]->def->hostdevs[j], TIMEOUT_NEVER) < 0)
                goto cleanup;
        }
        reads[0][i] += countReads();
    }

    if (countFiles("/proc/self/task") > threads + 1 ||
        countFiles("/proc/self/fd") > fds) {
        VIR_TEST_DEBUG("%zu threads, %zu descriptors; there were %zu and %zu",
                       countFiles("/proc/self/task"), countFiles("/proc/self/fd"),
                       threads, fds);
        goto cleanup;
    }

    ret = 0;

 cleanup:
    for (i = 0; i < MANY_GUESTS && vms[i]; i++) {
        reads[1][i] = -countReads();
        qemuVfioUserStopAll(vms[i]);
        reads[1][i] += countReads();
        virObjectUnref(vms[i]);
    }

    if (checkNoChildren() < 0 ||
        checkNothingLeft() < 0)
        return -1;

    for (i = 0; i < MANY_GUESTS; i++) {
        VIR_TEST_DEBUG("guest %zu: %lld reads to start, %lld to stop",
                       i, reads[0][i], reads[1][i]);

        if (reads[0][i] > reads[0][0] * 3 / 2 + MANY_PROGRAMS ||
            reads[1][i] > MANY_PROGRAMS * MANY_READS)
            ret = -1;
    }

    if (nscans != scans) {
        VIR_TEST_DEBUG("%u looks at all processes", nscans - scans);
        ret = -1;
    }

    return ret;
}


/* Looks at all processes that it takes to end a guest, whose programs have ended
 * themselves, and left something */
static int
testManyDead(const void *opaque G_GNUC_UNUSED)
{
    unsigned int scans[2] = { 0 };
    size_t n[2] = { 1, 8 };
    size_t i;
    size_t j;

    for (i = 0; i < 2; i++) {
        g_autoptr(virDomainObj) vm = createDomainMany("desert", 0, n[i]);

        if (!vm)
            return -1;

        for (j = 0; j < n[i]; j++) {
            virDomainHostdevDef *hostdev = vm->def->hostdevs[j];
            g_autofree char *path = qemuVfioUserGetSocketPath(vm->privateData, hostdev);
            g_autofree char *flag = g_strdup_printf("%s.die", path);

            if (qemuVfioUserStart(vm, hostdev, TIMEOUT_NEVER) < 0 ||
                virFileTouch(flag, 0600) < 0 ||
                checkEnds(path) < 0)
                return -1;

            unlink(flag);
        }

        if (checkNoChildren() < 0)
            return -1;

        scans[i] = -nscans;
        qemuVfioUserStopAll(vm);
        scans[i] += nscans;

        for (j = 0; j < n[i]; j++) {
            g_autofree char *path = qemuVfioUserGetSocketPath(vm->privateData,
                                                              vm->def->hostdevs[j]);
            g_autofree char *child = g_strdup_printf("%s.child", path);

            if (checkEnds(child) < 0)
                return -1;
        }

        if (checkNothingLeft() < 0)
            return -1;
    }

    /* once to find them, again until they are gone */
    if (scans[0] < 2 || scans[1] >= scans[0] + n[1] - 1) {
        VIR_TEST_DEBUG("%u looks for one, %u for %zu", scans[0], scans[1], n[1]);
        return -1;
    }

    return 0;
}


/* Pid files that do not tell which process is the program */
static int
testStale(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = createDomain("serve");
    g_autofree char *pidfile = NULL;
    unsigned long long started;
    pid_t pid;
    size_t i;

    if (!vm)
        return -1;

    pidfile = qemuVfioUserGetPidfilePath(vm, vm->def->hostdevs[0]);

    if ((pid = virFork()) == 0) {
        while (true)
            pause();
    }

    if (pid < 0 || virProcessGetStartTime(pid, &started) < 0)
        return -1;

    for (i = 0; i < 10; i++) {
        g_autofree char *text = NULL;

        switch (i) {
        case 0:
            /* it is somebody else's number by now */
            text = g_strdup_printf("%lld\n%llu\n" MARK "\n", (long long) pid, started + 1);
            break;
        case 1:
            text = g_strdup_printf("%lld\n", (long long) pid);
            break;
        case 2:
            text = g_strdup_printf("%lld", (long long) pid);
            break;
        case 3:
            text = g_strdup_printf("%lld %llu\n" MARK "\n", (long long) pid, started);
            break;
        case 4:
            /* cut off */
            text = g_strdup_printf("%lld\n%llu", (long long) pid, started);
            break;
        case 5:
            text = g_strdup_printf("%lld\n%llu\n%80s", (long long) pid, started, "");
            break;
        case 6:
            text = g_strdup_printf("-%lld\n%llu\n" MARK "\n", (long long) pid, started);
            break;
        case 7:
            text = g_strdup("");
            break;
        case 8:
            text = g_strdup_printf("%lld\n%llu\n", (long long) pid, started);
            break;
        case 9:
            text = g_strdup_printf("%lld\n%llu\n" MARK "0\n", (long long) pid, started);
            break;
        }

        if (virFileWriteStr(pidfile, text, 0600) < 0)
            return -1;

        qemuVfioUserStop(vm, vm->def->hostdevs[0]);

        if (waitpid(pid, NULL, WNOHANG) != 0) {
            VIR_TEST_DEBUG("another process was killed: '%s'", text);
            return -1;
        }
    }

    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);

    return checkNothingLeft();
}


static void
reap(void *opaque)
{
    pid_t *pid = opaque;

    waitpid(*pid, NULL, 0);
}


/* Another process started the program, and is gone. */
static int
testRestart(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = createDomain("child");
    virDomainHostdevDef *hostdev;
    g_autofree char *child = g_strdup_printf("%s/vfio-user-" ALIAS ".sock.child", dir);
    virThread init;
    pid_t pid;
    int status;

    if (!vm)
        return -1;

    hostdev = vm->def->hostdevs[0];

    if ((pid = virFork()) == 0)
        _exit(qemuVfioUserStart(vm, hostdev, TIMEOUT_NEVER) < 0);

    if (pid < 0 ||
        waitpid(pid, &status, 0) != pid ||
        status != 0 ||
        getPid(vm, &pid) < 0)
        return -1;

    /* not all that is process 1 of a container does that */
    if (virThreadCreate(&init, true, reap, &pid) < 0)
        return -1;

    qemuVfioUserStop(vm, hostdev);
    virThreadJoin(&init);

    if (checkEnds(child) < 0)
        return -1;

    while (waitpid(-1, NULL, 0) > 0);

    return checkNothingLeft();
}


static virDomainObj *
createDomainForHotplug(void)
{
    g_autoptr(virDomainObj) vm = virDomainObjNew(driver.xmlopt);
    g_autoptr(GHashTable) capsLatestFiles = testQemuGetLatestCaps();
    g_autoptr(GHashTable) capsCache = virHashNew(virObjectUnref);
    g_autofree char *xml = NULL;
    qemuDomainObjPrivate *priv;

    if (!vm ||
        virTestLoadFile(abs_srcdir "/qemuhotplugtestdomains/qemuhotplug-base-memfd-live.xml",
                        &xml) < 0)
        return NULL;

    priv = vm->privateData;

    if (!(priv->qemuCaps = testQemuGetRealCaps("x86_64", "latest", "",
                                               capsLatestFiles, capsCache,
                                               NULL, NULL)))
        return NULL;

    virQEMUCapsSet(priv->qemuCaps, QEMU_CAPS_DEVICE_VFIO_USER_PCI);

    if (qemuTestCapsCacheInsert(driver.qemuCapsCache, priv->qemuCaps) < 0 ||
        !(vm->def = virDomainDefParseString(xml, driver.xmlopt, NULL, 0)) ||
        qemuDomainAssignAddresses(vm->def, priv->qemuCaps, &driver, vm, true) < 0 ||
        qemuAssignDeviceAliases(vm->def) < 0)
        return NULL;

    vm->def->id = 7;
    priv->libDir = g_strdup(dir);

    return g_steal_pointer(&vm);
}


struct testHotplugData {
    const char *what;
    bool detach;
    bool fail;
    const char *mon[3];
};


static virDomainDeviceDef *
testHotplugDevice(virDomainObj *vm,
                  const struct testHotplugData *data,
                  virQEMUCaps *qemuCaps)
{
    g_autofree char *xml = NULL;

    xml = g_markup_printf_escaped("<hostdev mode='subsystem' type='vfio-user' managed='yes'>"
                                  "  <source>"
                                  "    <binary path='%s'/>"
                                  "    <migration model='vendor-a.com/my-nic'>"
                                  "      <param name='do' value='%s'/>"
                                  "    </migration>"
                                  "  </source>"
                                  "</hostdev>", self, data->what);

    return virDomainDeviceDefParse(xml, vm->def, driver.xmlopt, qemuCaps,
                                   data->detach ? 0 : VIR_DOMAIN_DEF_PARSE_INACTIVE);
}


/* One command of the monitor with its reply, and what follows if it is fine */
static int
testHotplugRun(virDomainObj *vm,
               const struct testHotplugData *data)
{
    qemuDomainObjPrivate *priv = vm->privateData;
    g_autoptr(qemuMonitorTest) mon = NULL;
    g_autoptr(virDomainDeviceDef) dev = NULL;
    int rc;

    if (!(dev = testHotplugDevice(vm, data, NULL)) ||
        !(mon = qemuMonitorTestNew(driver.xmlopt, vm, NULL, NULL)))
        return -1;

    if (data->mon[0] &&
        qemuMonitorTestAddItem(mon, data->mon[0], data->mon[1]) < 0)
        return -1;

    if (!data->detach && !data->fail &&
        qemuMonitorTestAddItem(mon, "qom-list", "{\"return\":[]}") < 0)
        return -1;

    priv->mon = qemuMonitorTestGetMonitor(mon);
    virObjectUnlock(priv->mon);

    if (data->detach)
        rc = qemuDomainDetachDeviceLive(vm, dev, &driver, false);
    else
        rc = qemuDomainAttachDeviceLive(vm, dev, &driver);

    virObjectLock(priv->mon);
    priv->mon = NULL;

    VIR_TEST_DEBUG("%s", virGetLastErrorMessage());

    return (rc < 0) == data->fail ? 0 : -1;
}


static int
testHotplug(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = createDomainForHotplug();
    const struct testHotplugData fails = {
        "exit", false, true, { NULL }
    };
    const struct testHotplugData refused = {
        "child", false, true,
        { "device_add", "{\"error\":{\"class\":\"GenericError\",\"desc\":\"no\"}}" }
    };
    const struct testHotplugData attach = {
        "child", false, false, { "device_add", "{\"return\":{}}" }
    };
    const struct testHotplugData detach = {
        "child", true, false,
        { "device_del",
          "{\"timestamp\":{\"seconds\":1,\"microseconds\":1},"
          "\"event\":\"DEVICE_DELETED\","
          "\"data\":{\"device\":\"" ALIAS "\",\"path\":\"/machine/peripheral/" ALIAS "\"}}\r\n"
          "{\"return\":{}}" }
    };
    g_autofree char *child = g_strdup_printf("%s/vfio-user-" ALIAS ".sock.child", dir);
    pid_t pid;
    size_t i;

    if (!vm)
        return -1;

    if (testHotplugRun(vm, &fails) < 0 ||
        vm->def->nhostdevs != 0 ||
        !strstr(virGetLastErrorMessage(), "no such model") ||
        checkNoChildren() < 0 ||
        checkNothingLeft() < 0)
        return -1;

    if (testHotplugRun(vm, &refused) < 0 ||
        vm->def->nhostdevs != 0 ||
        checkNoChildren() < 0 ||
        checkEnds(child) < 0 ||
        checkNothingLeft() < 0)
        return -1;

    virResetLastError();

    for (i = 0; i < 2; i++) {
        if (testHotplugRun(vm, &attach) < 0 ||
            vm->def->nhostdevs != 1 ||
            getPid(vm, &pid) < 0 ||
            kill(pid, 0) < 0)
            return -1;

        /* the first one that is free, if it was given back each time */
        if (vm->def->hostdevs[0]->info->addr.pci.slot != 2) {
            VIR_TEST_DEBUG("slot %u", vm->def->hostdevs[0]->info->addr.pci.slot);
            return -1;
        }

        if (testHotplugRun(vm, &detach) < 0 ||
            vm->def->nhostdevs != 0 ||
            checkNoChildren() < 0 ||
            checkEnds(child) < 0 ||
            checkNothingLeft() < 0)
            return -1;
    }

    return 0;
}


/* NULL-terminated */
static char **
statusFlags(const char *status)
{
    g_autoptr(xmlDoc) xml = NULL;
    g_autoptr(xmlXPathContext) ctxt = NULL;
    g_autofree xmlNodePtr *nodes = NULL;
    g_auto(GStrv) flags = NULL;
    int n;
    size_t i;

    if (!(xml = virXMLParseStringCtxt(status, "status", &ctxt)) ||
        (n = virXPathNodeSet("./qemuCaps/flag", ctxt, &nodes)) < 0)
        return NULL;

    flags = g_new0(char *, n + 1);
    for (i = 0; i < n; i++)
        flags[i] = virXMLPropString(nodes[i], "name");

    return g_steal_pointer(&flags);
}


struct testStatusData {
    const char *arg;            /* of <qemu:commandline> */
    bool device;
    bool all;                   /* all flags that there are */
};


/* What a libvirt without vfio-user devices does not know is not in the status
 * of a guest that it could take over. flags-11.3.0 is, in that release,
 *
 *   sed -n '/IMPL(virQEMUCaps,/,/);/p' src/qemu/qemu_capabilities.c |
 *       sed 's,/[*].*[*]/,,' | grep -o '"[^"]*"' | tr -d '"'
 */
static int
testStatus(const void *opaque)
{
    const struct testStatusData *data = opaque;
    g_autoptr(virDomainObj) vm = createDomainForHotplug();
    qemuDomainObjPrivate *priv;
    qemuDomainXmlNsDef *nsdef;
    g_autofree char *text = NULL;
    g_autofree char *status = NULL;
    g_auto(GStrv) known = NULL;
    g_auto(GStrv) flags = NULL;
    size_t nunknown = 0;
    size_t i;

    if (!vm ||
        virTestLoadFile(abs_srcdir "/qemuvfiouserdata/flags-11.3.0", &text) < 0)
        return -1;

    priv = vm->privateData;
    known = g_strsplit(text, "\n", 0);

    for (i = 0; i < QEMU_CAPS_LAST; i++) {
        virQEMUCapsSet(priv->qemuCaps, i);
        if (!g_strv_contains((const char *const *) known, virQEMUCapsTypeToString(i)))
            nunknown++;
    }

    if (nunknown == 0) {
        VIR_TEST_DEBUG("11.3.0 knows all flags");
        return -1;
    }

    if (data->device) {
        virDomainHostdevDef *hostdev = virDomainHostdevDefNew();

        hostdev->mode = VIR_DOMAIN_HOSTDEV_MODE_SUBSYS;
        hostdev->source.subsys.type = VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_VFIO_USER;
        hostdev->source.subsys.u.vfio_user.socket = g_strdup("/nonexistent/nic.sock");
        VIR_APPEND_ELEMENT(vm->def->hostdevs, vm->def->nhostdevs, hostdev);
    }

    if (data->arg) {
        nsdef = g_new0(qemuDomainXmlNsDef, 1);
        nsdef->args = g_new0(char *, 3);
        nsdef->args[0] = g_strdup("-device");
        nsdef->args[1] = g_strdup(data->arg);
        vm->def->namespaceData = nsdef;
        vm->def->ns = *virDomainXMLOptionGetNamespace(driver.xmlopt);
    }

    if (!(status = virDomainObjFormat(vm, driver.xmlopt, VIR_DOMAIN_DEF_FORMAT_STATUS)) ||
        !(flags = statusFlags(status)))
        return -1;

    for (i = 0; flags[i]; i++) {
        if (g_strv_contains((const char *const *) known, flags[i]))
            continue;

        nunknown--;
        if (!data->all) {
            VIR_TEST_DEBUG("11.3.0 does not know '%s'", flags[i]);
            return -1;
        }
    }

    if (data->all && nunknown != 0) {
        VIR_TEST_DEBUG("%zu flags are missing", nunknown);
        return -1;
    }

    return 0;
}


/* A device is plugged into a guest that was started before the daemon. */
static int
testStatusHotplug(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) before = createDomainForHotplug();
    g_autoptr(virDomainObj) vm = NULL;
    g_autoptr(virDomainDeviceDef) dev = NULL;
    g_autofree char *status = NULL;
    g_autofree char *path = g_strdup_printf("%s/status.xml", dir);
    const struct testHotplugData attach = {
        "serve", false, false, { "device_add", "{\"return\":{}}" }
    };
    const char *replies[] = {
        "{\"error\":{\"class\":\"DeviceNotFound\",\"desc\":\"no\"}}",
        "{\"error\":{\"class\":\"GenericError\",\"desc\":\"no\"}}",
        "{\"return\":[{\"name\":\"socket\",\"type\":\"SocketAddress\"}]}",
        "{\"return\":[{\"name\":\"enable-migration\",\"type\":\"OnOffAuto\"}]}",
    };
    qemuDomainObjPrivate *priv;
    size_t i;

    if (!before)
        return -1;

    before->pid = getpid();

    priv = before->privateData;
    if (!(priv->monConfig = virDomainChrSourceDefNew(driver.xmlopt)))
        return -1;
    priv->monConfig->type = VIR_DOMAIN_CHR_TYPE_UNIX;
    priv->monConfig->data.nix.path = g_strdup_printf("%s/monitor.sock", dir);

    if (!(status = virDomainObjFormat(before, driver.xmlopt, VIR_DOMAIN_DEF_FORMAT_STATUS)) ||
        virFileWriteStr(path, status, 0600) < 0)
        return -1;

    for (i = 0; i < G_N_ELEMENTS(replies); i++) {
        g_autoptr(qemuMonitorTest) mon = NULL;

        g_clear_pointer(&vm, virObjectUnref);
        if (!(vm = virDomainObjParseFile(path, driver.xmlopt,
                                         VIR_DOMAIN_DEF_PARSE_STATUS |
                                         VIR_DOMAIN_DEF_PARSE_ACTUAL_NET |
                                         VIR_DOMAIN_DEF_PARSE_PCI_ORIG_STATES |
                                         VIR_DOMAIN_DEF_PARSE_SKIP_VALIDATE)) ||
            !(mon = qemuMonitorTestNew(driver.xmlopt, vm, NULL, NULL)) ||
            qemuMonitorTestAddItem(mon, "device-list-properties", replies[i]) < 0)
            return -1;

        priv = vm->privateData;
        priv->mon = qemuMonitorTestGetMonitor(mon);
        virObjectUnlock(priv->mon);
        qemuVfioUserReloadFlags(vm);
        virObjectLock(priv->mon);
        priv->mon = NULL;

        if (virQEMUCapsGet(priv->qemuCaps, QEMU_CAPS_DEVICE_VFIO_USER_PCI) != (i >= 2) ||
            virQEMUCapsGet(priv->qemuCaps,
                           QEMU_CAPS_VFIO_USER_PCI_ENABLE_MIGRATION) != (i >= 3)) {
            VIR_TEST_DEBUG("wrong flags after '%s'", replies[i]);
            return -1;
        }
    }

    /* what refuses a device that QEMU does not have */
    if (qemuDomainAssignAddresses(vm->def, priv->qemuCaps, &driver, vm, false) < 0 ||
        !(dev = testHotplugDevice(vm, &attach, priv->qemuCaps)) ||
        testHotplugRun(vm, &attach) < 0 ||
        vm->def->nhostdevs != 1)
        return -1;

    qemuVfioUserStop(vm, vm->def->hostdevs[0]);
    unlink(path);

    if (checkNoChildren() < 0 ||
        checkNothingLeft() < 0)
        return -1;

    return 0;
}


static int
testArgs(const void *opaque G_GNUC_UNUSED)
{
    virDomainHostdevSubsysVfioUserParam params[] = {
        { .name = (char *) "num-queues", .value = (char *) "4" },
        { .name = (char *) "name", .value = (char *) "two words, and = \"$PATH\"" },
    };
    virDomainHostdevSubsysVfioUser src = {
        .binary = (char *) "/usr/libexec/my-nic",
    };
    g_auto(GStrv) bare = NULL;
    g_auto(GStrv) withParams = NULL;
    g_auto(GStrv) withVersion = NULL;
    const char *expectBare[] = {
        "/usr/libexec/my-nic", "--socket-path=/a b.sock", NULL
    };
    const char *expectParams[] = {
        "/usr/libexec/my-nic", "--socket-path=/a b.sock",
        "--m-num-queues=4", "--m-name=two words, and = \"$PATH\"", NULL
    };
    const char *expectVersion[] = {
        "/usr/libexec/my-nic", "--socket-path=/a b.sock",
        "--migration-model=vendor-a.com/my-nic", "--migration-version=v1", NULL
    };

    bare = qemuVfioUserBuildArgs(&src, "/a b.sock");

    src.model = (char *) "vendor-a.com/my-nic";
    src.params = params;
    src.nparams = G_N_ELEMENTS(params);
    withParams = qemuVfioUserBuildArgs(&src, "/a b.sock");

    src.nparams = 0;
    src.version = (char *) "v1";
    withVersion = qemuVfioUserBuildArgs(&src, "/a b.sock");

    if (!g_strv_equal((const char *const *) bare, expectBare) ||
        !g_strv_equal((const char *const *) withParams, expectParams) ||
        !g_strv_equal((const char *const *) withVersion, expectVersion)) {
        g_autofree char *a = g_strjoinv(" ", bare);
        g_autofree char *b = g_strjoinv(" ", withParams);
        g_autofree char *c = g_strjoinv(" ", withVersion);

        VIR_TEST_DEBUG("'%s'\n'%s'\n'%s'", a, b, c);
        return -1;
    }

    return 0;
}


static int
testTooLong(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = createDomain("serve");
    struct sockaddr_un addr;

    if (!vm)
        return -1;

    g_free(vm->def->hostdevs[0]->info->alias);
    vm->def->hostdevs[0]->info->alias = g_strnfill(sizeof(addr.sun_path), 'a');

    if (qemuVfioUserStart(vm, vm->def->hostdevs[0], TIMEOUT_NEVER) == 0)
        return -1;

    VIR_TEST_DEBUG("%s", virGetLastErrorMessage());

    if (!strstr(virGetLastErrorMessage(), "is too long"))
        return -1;

    virResetLastError();
    return checkNothingLeft();
}


struct testFindData {
    const char *args[5];
    const char *found;
};


static int
testFind(const void *opaque)
{
    const struct testFindData *data = opaque;
    g_autofree char *found = qemuVfioUserFindInArgs((char **) data->args);

    if (STRNEQ_NULLABLE(found, data->found)) {
        VIR_TEST_DEBUG("'%s': found '%s' instead of '%s'",
                       NULLSTR(data->args[1]), NULLSTR(found), NULLSTR(data->found));
        return -1;
    }

    return 0;
}


static int
testAllowed(virDomainObj *vm,
            bool remote,
            virDomainAsyncJob job,
            unsigned int flags,
            const char *message)
{
    bool allowed = qemuMigrationSrcIsAllowed(vm, remote, job, flags);

    if (allowed && message) {
        VIR_TEST_DEBUG("job %d should be refused", job);
        return -1;
    }

    if (!allowed) {
        VIR_TEST_DEBUG("%s", virGetLastErrorMessage());

        if (!message || !strstr(virGetLastErrorMessage(), message)) {
            VIR_TEST_DEBUG("job %d: expected '%s'", job, NULLSTR(message));
            return -1;
        }
    }

    virResetLastError();
    return 0;
}


static int
testAllowedAll(virDomainObj *vm,
               const char *message)
{
    virDomainAsyncJob jobs[] = {
        VIR_ASYNC_JOB_SAVE,
        VIR_ASYNC_JOB_DUMP,
        VIR_ASYNC_JOB_SNAPSHOT,
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(jobs); i++) {
        if (testAllowed(vm, false, jobs[i], 0, message) < 0)
            return -1;
    }

    if (testAllowed(vm, true, VIR_ASYNC_JOB_MIGRATION_OUT, VIR_MIGRATE_LIVE, message) < 0 ||
        testAllowed(vm, true, VIR_ASYNC_JOB_NONE, VIR_MIGRATE_OFFLINE, NULL) < 0)
        return -1;

    return 0;
}


/* Names are those of <qemu:add capability='...'/>; and what domain capabilities
 * say */
static int
testCapabilities(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = createDomainForHotplug();
    qemuDomainObjPrivate *priv;
    size_t i;

    if (virQEMUCapsTypeFromString("vfio-user-pci") != QEMU_CAPS_DEVICE_VFIO_USER_PCI ||
        virQEMUCapsTypeFromString("vfio-user-pci.enable-migration") !=
        QEMU_CAPS_VFIO_USER_PCI_ENABLE_MIGRATION) {
        VIR_TEST_DEBUG("wrong names");
        return -1;
    }

    if (!vm)
        return -1;

    priv = vm->privateData;

    for (i = 0; i < 2; i++) {
        g_autoptr(virDomainCaps) caps = NULL;
        bool expected = i == 0;

        if (!(caps = virDomainCapsNew(vm->def->emulator, vm->def->os.machine,
                                      VIR_ARCH_X86_64, VIR_DOMAIN_VIRT_QEMU)) ||
            virQEMUCapsFillDomainCaps(driver.config, priv->qemuCaps,
                                      VIR_ARCH_X86_64, caps, false) < 0)
            return -1;

        if (!!VIR_DOMAIN_CAPS_ENUM_IS_SET(caps->hostdev.subsysType,
                                          VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_VFIO_USER) != expected) {
            VIR_TEST_DEBUG("vfio-user should %sbe among the types",
                           expected ? "" : "not ");
            return -1;
        }

        virQEMUCapsClear(priv->qemuCaps, QEMU_CAPS_DEVICE_VFIO_USER_PCI);
    }

    return 0;
}


/* This QEMU has no list of blockers, or there would have to be a monitor. It
 * refuses all host devices but one, by libvirt, which comes later. */
# define OTHER_REASON "cannot migrate a domain with <hostdev mode='subsystem' type='vfio-user'>"

static int
testRefusal(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = createDomain("serve");
    qemuDomainObjPrivate *priv;
    qemuDomainXmlNsDef *nsdef;

    if (!vm)
        return -1;

    priv = vm->privateData;

    if (testAllowedAll(vm, "vfio-user device '" ALIAS "'") < 0)
        return -1;

    virQEMUCapsSet(priv->qemuCaps, QEMU_CAPS_VFIO_USER_PCI_ENABLE_MIGRATION);
    if (testAllowedAll(vm, OTHER_REASON) < 0)
        return -1;
    virQEMUCapsClear(priv->qemuCaps, QEMU_CAPS_VFIO_USER_PCI_ENABLE_MIGRATION);

    virDomainHostdevDefFree(vm->def->hostdevs[0]);
    vm->def->nhostdevs = 0;
    if (testAllowedAll(vm, NULL) < 0)
        return -1;

    nsdef = g_new0(qemuDomainXmlNsDef, 1);
    nsdef->args = g_new0(char *, 3);
    nsdef->args[0] = g_strdup("-device");
    nsdef->args[1] = g_strdup("{\"driver\":\"vfio-user-pci\",\"id\":\"nic\"}");
    vm->def->namespaceData = nsdef;
    vm->def->ns = *virDomainXMLOptionGetNamespace(driver.xmlopt);
    if (testAllowedAll(vm, "vfio-user device 'nic' in <qemu:commandline>") < 0)
        return -1;

    virQEMUCapsSet(priv->qemuCaps, QEMU_CAPS_VFIO_USER_PCI_ENABLE_MIGRATION);
    return testAllowedAll(vm, NULL);
}


static int
mymain(void)
{
    char template[] = "/tmp/libvirt_vfio_user_XXXXXX";
    g_autofree char *notExecutable = NULL;
    g_autofree char *huge = NULL;
    g_autofree char *hugeOther = NULL;
    g_autofree char *filler = NULL;
    int ret = 0;

    if (!g_mkdtemp(template) ||
        qemuTestDriverInit(&driver) < 0)
        return EXIT_FAILURE;

    dir = template;
    virEventRegisterDefaultImpl();

    g_free(driver.config->logDir);
    driver.config->logDir = g_strdup_printf("%s-log", dir);
    driver.config->stdioLogD = false;
    notExecutable = g_strdup_printf("%s/program", driver.config->logDir);

    if (g_mkdir(driver.config->logDir, 0700) < 0 ||
        virFileTouch(notExecutable, 0600) < 0)
        return EXIT_FAILURE;

# define DO_TEST(name, func, ...) \
    do { \
        if (virTestRun(name, func, __VA_ARGS__) < 0) \
            ret = -1; \
    } while (0)

# define DO_TEST_FAIL(name, ...) \
    do { \
        const struct testFailData data = { __VA_ARGS__ }; \
        DO_TEST("fails: " name, testFail, &data); \
    } while (0)

# define DO_TEST_RUN(name, ...) \
    do { \
        const struct testRunData data = { __VA_ARGS__ }; \
        DO_TEST("runs: " name, testRun, &data); \
    } while (0)

# define DO_TEST_FIND(_found, ...) \
    do { \
        const struct testFindData data = { .args = { __VA_ARGS__, NULL }, \
                                           .found = _found }; \
        DO_TEST("find", testFind, &data); \
    } while (0)

# define DO_TEST_STATUS(name, ...) \
    do { \
        const struct testStatusData data = { __VA_ARGS__ }; \
        DO_TEST("status: " name, testStatus, &data); \
    } while (0)

    DO_TEST("arguments", testArgs, NULL);

    DO_TEST_FAIL("exit status", "exit", NULL, TIMEOUT_NEVER,
                 "exit status 1: no such model\nuse another one", false);
    DO_TEST_FAIL("exit status without a word", "silent", NULL, TIMEOUT_NEVER,
                 "exit status 3", false);
    DO_TEST_FAIL("background", "background", NULL, TIMEOUT_NEVER,
                 "has to stay in the foreground", true);
    DO_TEST_FAIL("garbage", "garbage", NULL, TIMEOUT_NEVER,
                 "exit status 1: a?[2Jb?c\xef\xbf\xbd" "d", false);
    DO_TEST_FAIL("flood", "flood", NULL, TIMEOUT_NEVER, "exit status 1: line ", false);
    DO_TEST_FAIL("crash", "crash", NULL, TIMEOUT_NEVER, "fatal signal 9", false);
    DO_TEST_FAIL("no socket", "never", NULL, TIMEOUT_SHORT,
                 "no socket after 300 ms", false);
    DO_TEST_FAIL("file instead of socket", "file", NULL, TIMEOUT_SHORT,
                 "no socket after 300 ms", false);
    DO_TEST_FAIL("child left behind", "orphan", NULL, TIMEOUT_NEVER,
                 "exit status 1", true);
    DO_TEST_FAIL("missing", "serve", "/nonexistent/program", TIMEOUT_NEVER,
                 "'/nonexistent/program' cannot be used", false);
    DO_TEST_FAIL("relative", "serve", "program", TIMEOUT_NEVER,
                 "'program' cannot be used", false);
    DO_TEST_FAIL("not executable", "serve", notExecutable, TIMEOUT_NEVER,
                 "/program' cannot be used", false);
    DO_TEST("fails: path too long", testTooLong, NULL);

    DO_TEST_RUN("as it should", "serve", false);
    DO_TEST_RUN("is slow", "slow", false);
    DO_TEST_RUN("with a child", "child", true);
    DO_TEST_RUN("with a child that left", "escape", true);
    DO_TEST_RUN("with a child in the background", "daemon", true);
    DO_TEST_RUN("closes all descriptors", "closefds", false);
    /* 10 s between the signals */
    if (virTestGetExpensive()) {
        DO_TEST_RUN("ignores SIGTERM", "stubborn", false);
        DO_TEST("runs: many that ignore SIGTERM", testManyStubborn, NULL);
    }
    DO_TEST_RUN("its first thread ends", "thread", false);
    DO_TEST("runs: is slow, on an old kernel", testCannotAsk, NULL);
    DO_TEST("fails: does not listen", testBound, NULL);
    DO_TEST("runs: two of them", testTwo, NULL);
    DO_TEST("runs: with its guest", testGuest, NULL);
    DO_TEST("runs: descriptors", testDescriptors, NULL);
    DO_TEST("runs: dies", testDies, NULL);
    DO_TEST("runs: dies, and leaves something", testDeserts, NULL);
    DO_TEST("runs: many", testMany, NULL);
    DO_TEST("runs: many that die", testManyDead, NULL);
    DO_TEST("strangers: program serves", testStrangers, "serve");
    DO_TEST("strangers: with a child that left", testStrangers, "escape");
    DO_TEST("strangers: program fails", testStrangers, "exit");
    DO_TEST("strangers: program in the background", testStrangers, "background");
    DO_TEST("stops: stale pid file", testStale, NULL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    DO_TEST("stops: after a restart", testRestart, NULL);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    DO_TEST("hot plug", testHotplug, NULL);

    DO_TEST_STATUS("other guests", NULL, false, false);
    DO_TEST_STATUS("in <qemu:commandline>", "vfio-user-pci,id=nic", false, false);
    DO_TEST_STATUS("with a device", NULL, true, true);
    DO_TEST("status: hot plug after a restart", testStatusHotplug, NULL);

    filler = g_strnfill(QEMU_VFIO_USER_MAX_JSON, 'x');
    huge = g_strdup_printf("{\"driver\":\"vfio-user-pci\",\"x-a\":\"%s\"}", filler);
    hugeOther = g_strdup_printf("{\"driver\":\"vfio-pci\",\"x-a\":\"%s\"}", filler);

    DO_TEST_FIND(NULL, NULL);
    DO_TEST_FIND(NULL, "-device");
    DO_TEST_FIND(NULL, "-device", "");
    DO_TEST_FIND(NULL, "-device", "vfio-pci,id=vfio-user-pci");
    DO_TEST_FIND(NULL, "-device", "vfio-user-pci-other");
    DO_TEST_FIND(NULL, "-device", "e1000,vfio-user-pci");
    DO_TEST_FIND(NULL, "-device", "e1000,id=a,,driver=vfio-user-pci");
    DO_TEST_FIND(NULL, "-device", "{\"driver\":\"vfio-pci\",\"id\":\"vfio-user-pci\"}");
    DO_TEST_FIND(NULL, "-device", "{\"a\":{\"driver\":\"vfio-user-pci\"}}");
    DO_TEST_FIND(NULL, "-device", hugeOther);
    DO_TEST_FIND(NULL, "-netdev", "vfio-user-pci");
    DO_TEST_FIND(NULL, "vfio-user-pci", "-device");
    DO_TEST_FIND("vfio-user-pci", "-device", "vfio-user-pci");
    DO_TEST_FIND("vfio-user-pci", "--device", "vfio-user-pci,addr=4");
    DO_TEST_FIND("a,b", "-device", "vfio-user-pci,id=a,,b,addr=4");
    DO_TEST_FIND("nic", "-device", "driver=vfio-user-pci,id=nic");
    DO_TEST_FIND("nic", "-device", "id=nic,driver=vfio-user-pci");
    DO_TEST_FIND("nic", "-device", "e1000,driver=vfio-user-pci,id=nic");
    DO_TEST_FIND("vfio-user-pci", "-device",
                 "{\"driver\":\"vfio-user-pci\",\"socket\":{\"type\":\"unix\",\"path\":\"/a\"}}");
    DO_TEST_FIND("nic", "-device", "{\"id\":\"nic\",\"driver\":\"vfio-user\\u002dpci\"}");
    /* valid for QEMU only */
    DO_TEST_FIND("vfio-user-pci", "-device", "{'id':'nic','driver':'vfio-user-pci'}");
    DO_TEST_FIND("vfio-user-pci", "-device", "{\"driver\":\"vfio-user-pci\"");
    DO_TEST_FIND("vfio-user-pci", "-device", huge);
    DO_TEST_FIND("nic", "-device", "e1000", "-device", "vfio-user-pci,id=nic");
    DO_TEST_FIND("nic", "-S", "-device", "vfio-user-pci,id=nic");

    DO_TEST("refusal", testRefusal, NULL);
    DO_TEST("capabilities", testCapabilities, NULL);

    virFileDeleteTree(dir);
    virFileDeleteTree(driver.config->logDir);
    qemuTestDriverFree(&driver);

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}


int
main(int argc,
     char **argv)
{
    self = g_canonicalize_filename(argv[0], NULL);

    if (argc > 1 && STRPREFIX(argv[1], "--socket-path="))
        return program(argc, argv);

    return virTestMain(argc, argv, mymain,
                       VIR_TEST_MOCK("domaincaps"),
                       VIR_TEST_MOCK("qemuhotplug"),
                       NULL);
}

#else

int
main(void)
{
    return EXIT_AM_SKIP;
}

#endif
