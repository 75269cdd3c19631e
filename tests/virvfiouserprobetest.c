/*
 * virvfiouserprobetest.c: vfio-user programs, good and bad ones
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testutils.h"

#if WITH_JSON_C

# define LIBVIRT_VIRVFIOUSERPROBEPRIV_H_ALLOW
# include "virvfiouserprobepriv.h"
# include "vircommand.h"
# include "virfile.h"
# include "virstring.h"
# include "virthread.h"
# include "virutil.h"
# include "virvfiouser.h"

# define VIR_FROM_THIS VIR_FROM_NONE

/* for what must end by itself, also on a slow machine */
# define PATIENCE (60 * 1000)
/* for what must not */
# define SHORT 300

/* probes in a row; a fork takes long with all that AddressSanitizer maps */
# ifdef __SANITIZE_ADDRESS__
#  define MANY 50
# else
#  define MANY 500
# endif

static char *dir;
static char *program;
static char *comm;              /* its name in /proc, of no other process */

struct testMode {
    const char *name;
    bool namespace;
    bool nobody;
};

static const struct testMode modes[] = {
    { "as we are, subreaper", false, false },
    { "as we are, namespace", true, false },
    { "nobody, subreaper", false, true },
    { "nobody, namespace", true, true },
};

struct testProbe {
    const struct testMode *mode;
    const char *behaviour;
    const char *params;         /* "PARAM=INIT", or "-" for versions */
    const char *error;          /* pattern as in fnmatch() */
    unsigned int timeout;
};


/* Returns how many processes run the program. */
static size_t
testCountProcesses(bool zombies)
{
    g_autoptr(DIR) proc = NULL;
    struct dirent *ent;
    size_t n = 0;

    if (virDirOpen(&proc, "/proc") < 0)
        return 0;

    while (virDirRead(proc, &ent, "/proc") > 0) {
        g_autofree char *path = g_strdup_printf("/proc/%s/stat", ent->d_name);
        g_autofree char *text = NULL;
        const char *state;

        if (!g_ascii_isdigit(*ent->d_name) ||
            virFileReadAllQuiet(path, 4096, &text) < 0)
            continue;

        /* PID (COMM) STATE */
        if ((state = strstr(text, comm)) &&
            (zombies || !STRPREFIX(state + strlen(comm), ") Z")))
            n++;
    }

    return n;
}


static size_t
testCountFiles(void)
{
    g_autoptr(DIR) fds = NULL;
    struct dirent *ent;
    size_t n = 0;

    if (virDirOpen(&fds, "/proc/self/fd") < 0)
        return 0;

    while (virDirRead(fds, &ent, "/proc/self/fd") > 0)
        n++;

    return n;
}


/* Nothing of a probe may be left when it returns. */
static int
testNothingLeft(const char *when,
                size_t nfiles)
{
    size_t n;

    if ((n = testCountProcesses(true)) != 0) {
        VIR_TEST_VERBOSE("%s: %zu processes of the program are left", when, n);
        return -1;
    }

    if (waitpid(-1, NULL, WNOHANG | __WALL) != -1 || errno != ECHILD) {
        VIR_TEST_VERBOSE("%s: a child is left", when);
        return -1;
    }

    if ((n = testCountFiles()) != nfiles) {
        VIR_TEST_VERBOSE("%s: %zu files are open, %zu before", when, n, nfiles);
        return -1;
    }

    return 0;
}


static virDevMigration *
testRunCancel(const struct testMode *mode,
              const char *behaviour,
              unsigned int timeout,
              int cancelfd,
              GPtrArray *problems)
{
    const char *args[] = { behaviour, NULL };
    uid_t uid;
    gid_t gid;

    virVfioUserProbeGetUser(mode->nobody, &uid, &gid);

    return virVfioUserProbeFull(program, behaviour ? (char **) args : NULL,
                                uid, gid, timeout, mode->namespace, cancelfd, problems);
}


static virDevMigration *
testRun(const struct testMode *mode,
        const char *behaviour,
        unsigned int timeout,
        GPtrArray *problems)
{
    return testRunCancel(mode, behaviour, timeout, -1, problems);
}


/* Returns "PARAM=INIT", or "-" if it is the document with versions. */
static char *
testDescribe(virDevMigration *migration)
{
    virDevMigrationParamModel *model;
    virDevMigrationVersionModel *versions;
    virDevMigrationParam *param;

    if (migration->versions) {
        versions = virDevMigrationVersionsFindModel(migration->versions,
                                                    "example.com/nic");
        return g_strdup(versions && STREQ(versions->versions[1], "v2") ? "-" : "?");
    }

    if (!(model = virDevMigrationParametersFindModel(migration->parameters,
                                                     "example.com/nic")) ||
        !(param = virDevMigrationParamModelFindParam(model, "queues")))
        return g_strdup("?");

    return g_strdup_printf("%s=%s", param->name, param->init);
}


static int
testProbe(const void *opaque)
{
    const struct testProbe *data = opaque;
    unsigned int timeout = data->timeout ? data->timeout : PATIENCE;
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(virDevMigration) migration = NULL;
    size_t nfiles = testCountFiles();
    gint64 start = g_get_monotonic_time();
    gint64 took;

    virResetLastError();
    migration = testRun(data->mode, data->behaviour, timeout, problems);
    took = (g_get_monotonic_time() - start) / 1000;

    if (testNothingLeft(NULLSTR(data->behaviour), nfiles) < 0)
        return -1;

    if (data->error) {
        if (migration) {
            VIR_TEST_VERBOSE("there is an answer");
            return -1;
        }

        if (!g_pattern_match_simple(data->error, virGetLastErrorMessage())) {
            VIR_TEST_VERBOSE("expected error '%s'\nactual   error '%s'",
                             data->error, virGetLastErrorMessage());
            return -1;
        }
    } else {
        g_autofree char *actual = NULL;

        if (!migration)
            return -1;

        actual = testDescribe(migration);
        if (virTestCompareToString(data->params, actual) < 0)
            return -1;
    }

    /* A sluggish machine may add to it, but not what is waited for. */
    if (data->timeout && took > data->timeout + PATIENCE / 2) {
        VIR_TEST_VERBOSE("took %lld ms", (long long) took);
        return -1;
    }

    return 0;
}


static int
testSandbox(const void *opaque)
{
    const struct testMode *mode = opaque;
    VIR_AUTOCLOSE inherited = open("/dev/null", O_RDWR);
    g_autofree char *expected = NULL;
    uid_t uid;
    gid_t gid;

    /* what a program must not have, if only it can be had */
    if (inherited < 0 || fcntl(inherited, F_SETFD, 0) < 0)
        return -1;

    g_setenv("VIRVFIOUSER_SECRET", "secret", TRUE);

    virVfioUserProbeGetUser(mode->nobody, &uid, &gid);

    virResetLastError();
    if (testRun(mode, "report", PATIENCE, NULL)) {
        VIR_TEST_VERBOSE("there is an answer");
        return -1;
    }

    expected = g_strdup_printf("*failed with exit status 1: "
                               "args=report,--print-migration-info-json, "
                               "env=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin,LC_ALL=C, "
                               "cwd=/ umask=0077 core=0 files=64 stdin=/dev/null "
                               "fds=0,1,2, session=own uid=%d gid=%d "
                               "SigBlk=0000000000000000 SigIgn=0000000000000000 "
                               "CapPrm=0000000000000000 CapEff=0000000000000000 "
                               "NoNewPrivs=1",
                               (int) (mode->nobody ? uid : getuid()),
                               (int) (mode->nobody ? gid : getgid()));

    if (!g_pattern_match_simple(expected, virGetLastErrorMessage())) {
        VIR_TEST_VERBOSE("expected error '%s'\nactual   error '%s'",
                         expected, virGetLastErrorMessage());
        return -1;
    }

    return 0;
}


/* A daemon that dies takes its probes with it. */
static int
testDeath(const void *opaque)
{
    const struct testMode *mode = opaque;
    pid_t pid;
    size_t i;

    if ((pid = virFork()) < 0)
        return -1;

    if (pid == 0) {
        g_autoptr(virDevMigration) migration = testRun(mode, "hang-ignore", PATIENCE, NULL);

        _exit(migration ? 1 : 2);
    }

    /* the program, and two left behind, or just being so */
    for (i = 0; i < 1000 && testCountProcesses(true) < 3; i++)
        g_usleep(10 * 1000);

    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);

    if (i == 1000) {
        VIR_TEST_VERBOSE("the program does not run");
        return -1;
    }

    for (i = 0; i < 1000 && testCountProcesses(true) > 0; i++)
        g_usleep(10 * 1000);

    if (testCountProcesses(true) > 0) {
        VIR_TEST_VERBOSE("processes of the program are left");
        return -1;
    }

    return 0;
}


static void
testHangUp(void *opaque)
{
    int *fd = opaque;

    g_usleep(SHORT * 1000);
    VIR_FORCE_CLOSE(*fd);
}


static int
testCancelOne(const struct testMode *mode,
              const char *behaviour,
              bool later)
{
    g_autoptr(virDevMigration) migration = NULL;
    size_t nfiles = testCountFiles();
    int fds[2] = { -1, -1 };
    gint64 start = g_get_monotonic_time();
    virThread thread;
    virErrorPtr error;

    if (virPipe(fds) < 0)
        return -1;

    if (later) {
        if (virThreadCreate(&thread, true, testHangUp, &fds[1]) < 0)
            return -1;
    } else if (safewrite(fds[1], "x", 1) != 1) {
        return -1;
    }

    virResetLastError();
    migration = testRunCancel(mode, behaviour, PATIENCE, fds[0], NULL);

    if (later)
        virThreadJoin(&thread);

    VIR_FORCE_CLOSE(fds[0]);
    VIR_FORCE_CLOSE(fds[1]);

    if (migration ||
        !(error = virGetLastError()) ||
        error->code != VIR_ERR_OPERATION_ABORTED ||
        g_get_monotonic_time() - start > PATIENCE / 2 * 1000LL) {
        VIR_TEST_VERBOSE("'%s': %s", behaviour, virGetLastErrorMessage());
        return -1;
    }

    return testNothingLeft("cancel", nfiles);
}


static int
testCancel(const void *opaque)
{
    int ret = 0;

    if (testCancelOne(opaque, "hang-ignore", false) < 0 ||
        testCancelOne(opaque, "hang-ignore", true) < 0 ||
        testCancelOne(opaque, "hang", false) < 0 ||
        testCancelOne(opaque, "hang", true) < 0 ||
        testCancelOne(opaque, "flood-errors", true) < 0)
        ret = -1;

    return ret;
}


static const char *const mixture[] = {
    "params", "fail", "leave-session", "leave", "versions", "crash",
    "garbage", "leave-session", "many-errors", "flood",
};


static int
testManyOne(const struct testMode *mode,
            size_t i)
{
    const char *behaviour = mixture[i % G_N_ELEMENTS(mixture)];
    g_autoptr(virDevMigration) migration = testRun(mode, behaviour, PATIENCE, NULL);
    bool good = STREQ(behaviour, "params") || STREQ(behaviour, "versions") ||
        STRPREFIX(behaviour, "leave");

    if (good != !!migration) {
        VIR_TEST_VERBOSE("'%s': %s", behaviour, virGetLastErrorMessage());
        return -1;
    }

    return 0;
}


static int
testMany(const void *opaque)
{
    const struct testMode *mode = opaque;
    size_t nfiles = testCountFiles();
    /* what daemons do, with and without privileges */
    size_t n = mode->namespace == mode->nobody ? MANY : MANY / 10;
    size_t i;

    for (i = 0; i < n; i++) {
        if (testManyOne(mode, i) < 0)
            return -1;
    }

    return testNothingLeft("many", nfiles);
}


struct testWorker {
    const struct testMode *mode;
    bool failed;
};


static void
testWorker(void *opaque)
{
    struct testWorker *worker = opaque;
    size_t i;

    for (i = 0; i < MANY / 10; i++) {
        if (testManyOne(worker->mode, i) < 0)
            worker->failed = true;
    }
}


static int
testAtOnce(const void *opaque)
{
    struct testWorker workers[4] = { 0 };
    virThread threads[G_N_ELEMENTS(workers)];
    size_t nfiles = testCountFiles();
    bool failed = false;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(workers); i++) {
        workers[i].mode = opaque;
        if (virThreadCreate(&threads[i], true, testWorker, &workers[i]) < 0)
            return -1;
    }

    for (i = 0; i < G_N_ELEMENTS(workers); i++) {
        virThreadJoin(&threads[i]);
        failed |= workers[i].failed;
    }

    return failed ? -1 : testNothingLeft("4 at once", nfiles);
}


static int
testRefused(const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *missing = g_strdup_printf("%s/missing", dir);
    g_autofree char *script = g_strdup_printf("%s/script", dir);
    const char *programs[] = { "bin/sh", missing, dir, script };
    size_t nfiles = testCountFiles();
    size_t i;

    /* would print something usable */
    if (virFileWriteStr(script, "#!/bin/sh\necho '{\"models\": {\"a\": {\"versions\": [\"1\"]}}}'\n", 0755) < 0 ||
        chmod(script, 0757) < 0)
        return -1;

    for (i = 0; i < G_N_ELEMENTS(programs); i++) {
        virResetLastError();
        if (virVfioUserProbe(programs[i], NULL, -1, -1, -1, NULL) ||
            !strstr(virGetLastErrorMessage(), "cannot be used")) {
            VIR_TEST_VERBOSE("'%s': %s", programs[i], virGetLastErrorMessage());
            return -1;
        }
    }

    if (chmod(script, 0644) < 0)
        return -1;

    virResetLastError();
    if (virVfioUserProbe(script, NULL, -1, -1, -1, NULL) ||
        !strstr(virGetLastErrorMessage(), "not executable")) {
        VIR_TEST_VERBOSE("%s", virGetLastErrorMessage());
        return -1;
    }

    /* in the same process, so that it is not its name that was refused */
    if (chmod(script, 0755) < 0)
        return -1;

    {
        g_autoptr(virDevMigration) migration = virVfioUserProbe(script, NULL, -1, -1, -1, NULL);

        if (!migration)
            return -1;
    }

    /* may be run, but is not a program */
    if (virFileRewriteStr(script, 0755, "nonsense\n") < 0 ||
        chmod(script, 0755) < 0)
        return -1;

    virResetLastError();
    if (virVfioUserProbe(script, NULL, -1, -1, -1, NULL) ||
        !strstr(virGetLastErrorMessage(), "failed with exit status 126")) {
        VIR_TEST_VERBOSE("%s", virGetLastErrorMessage());
        return -1;
    }

    return testNothingLeft("refused", nfiles);
}


/* Without privileges, a program can kill its guard, but dies with it. */
static int
testGuardKilled(const void *opaque G_GNUC_UNUSED)
{
    size_t i;

    virResetLastError();
    if (testRun(&modes[0], "kill-parent", PATIENCE, NULL) ||
        !strstr(virGetLastErrorMessage(), "could not be run")) {
        VIR_TEST_VERBOSE("%s", virGetLastErrorMessage());
        return -1;
    }

    /* it became a child of init, which has to reap it */
    for (i = 0; i < 1000 && testCountProcesses(false) > 0; i++)
        g_usleep(10 * 1000);

    if (testCountProcesses(false) > 0) {
        VIR_TEST_VERBOSE("the program still runs");
        return -1;
    }

    return 0;
}


/* Puts the program where it can be trusted and run. */
static int
testSetup(void)
{
    const char *parents[] = { "/tmp", "/var/tmp", abs_builddir };
    g_autofree char *image = NULL;
    int len;
    size_t i;

    comm = g_strdup_printf("vfu%d", (int) getpid());

    if ((len = virFileReadAll(abs_builddir "/virvfiouserprobehelper",
                              64 * 1024 * 1024, &image)) < 0)
        return -1;

    for (i = 0; i < G_N_ELEMENTS(parents); i++) {
        g_autoptr(virDevMigration) migration = NULL;

        dir = g_strdup_printf("%s/virvfiouserXXXXXX", parents[i]);

        if (g_mkdtemp(dir)) {
            program = g_strdup_printf("%s/%s", dir, comm);

            if (chmod(dir, 0755) == 0 &&
                g_file_set_contents(program, image, len, NULL) &&
                chmod(program, 0755) == 0 &&
                (migration = virVfioUserProbe(program, NULL, -1, -1, -1, NULL)))
                return 0;

            virFileDeleteTree(dir);
            g_clear_pointer(&program, g_free);
        }

        g_clear_pointer(&dir, g_free);
    }

    return -1;
}


static int
mymain(void)
{
    const char *preload = getenv("LD_PRELOAD");
    int ret = 0;
    size_t i;

    /* valgrind would run the programs as well, with files of its own */
    if (preload && strstr(preload, "valgrind"))
        return EXIT_AM_SKIP;

    if (testSetup() < 0) {
        fprintf(stderr, "no directory for programs that are trusted: %s\n",
                virGetLastErrorMessage());
        return EXIT_AM_SKIP;
    }

# define DO_TEST(mode, behaviour, ...) \
    do { \
        const struct testProbe data = { mode, behaviour, __VA_ARGS__ }; \
        g_autofree char *title = g_strdup_printf("%s, %s", NULLSTR(behaviour), \
                                                 (mode)->name); \
        if (virTestRun(title, testProbe, &data) < 0) \
            ret = -1; \
    } while (0)

# define DO_TEST_MODE(mode, what, func) \
    do { \
        g_autofree char *title = g_strdup_printf("%s, %s", what, (mode)->name); \
        if (virTestRun(title, func, mode) < 0) \
            ret = -1; \
    } while (0)

    for (i = 0; i < G_N_ELEMENTS(modes); i++) {
        const struct testMode *mode = &modes[i];

        /* both take privileges */
        if (geteuid() != 0 && (mode->nobody || mode->namespace))
            continue;

        DO_TEST(mode, "params", .params = "queues=4");
        DO_TEST(mode, "versions", .params = "-");
        DO_TEST(mode, NULL, .params = "-");
        DO_TEST(mode, "late", .params = "-");
        DO_TEST(mode, "largest", .params = "queues=4");
        DO_TEST(mode, "burst", .params = "queues=4");
        DO_TEST(mode, "many-errors-good", .params = "queues=4");
        DO_TEST(mode, "leave", .params = "queues=4");
        DO_TEST(mode, "leave-session", .params = "queues=4");
        DO_TEST(mode, "chain", .params = "queues=4");

        DO_TEST(mode, "fail",
                .error = "*failed with exit status 1: cannot: no such  [31mdevice\xef\xbf\xbd really   !");
        DO_TEST(mode, "fail-quietly",
                .error = "*failed with exit status 3: no error message");
        DO_TEST(mode, "crash",
                .error = "*failed with fatal signal 11: no error message");
        DO_TEST(mode, "many-errors",
                .error = "*failed with exit status 1: xxxx*xxxx... (1000000 further bytes)");
        DO_TEST(mode, "garbage",
                .error = "*no usable migration information*is not usable JSON: line 1, column 1*");
        DO_TEST(mode, "empty",
                .error = "*no usable migration information*is empty");
        DO_TEST(mode, "no-models",
                .error = "*no usable migration information*has no models");
        DO_TEST(mode, "nul", .error = "*printed a NUL character");
        DO_TEST(mode, "too-large", .error = "*printed more than 262144 bytes*");
        DO_TEST(mode, "flood", .error = "*printed more than 262144 bytes*");

        DO_TEST(mode, "hang", .timeout = SHORT,
                .error = "*did not end within 300 milliseconds and was killed: thinking");
        DO_TEST(mode, "hang-ignore", .timeout = SHORT, .error = "*did not end*");
        DO_TEST(mode, "hang-closed", .timeout = SHORT, .error = "*did not end*");
        DO_TEST(mode, "spin", .timeout = SHORT, .error = "*did not end*");
        DO_TEST(mode, "bomb", .timeout = SHORT, .error = "*did not end*");
        DO_TEST(mode, "flood-errors", .timeout = SHORT,
                .error = "*did not end*xxxx... (* further bytes)");

        DO_TEST_MODE(mode, "sandbox", testSandbox);
        DO_TEST_MODE(mode, "cancel", testCancel);
        DO_TEST_MODE(mode, "death of the daemon", testDeath);
        DO_TEST_MODE(mode, "many", testMany);
        DO_TEST_MODE(mode, "at once", testAtOnce);

        /* the parent belongs to another user, or cannot be killed */
        if (mode->nobody || mode->namespace)
            DO_TEST(mode, "kill-parent", .timeout = SHORT, .error = "*did not end*");
    }

    if (virTestRun("refused", testRefused, NULL) < 0)
        ret = -1;

    if (virTestRun("guard is killed", testGuardKilled, NULL) < 0)
        ret = -1;

    virFileDeleteTree(dir);
    g_free(dir);
    g_free(program);
    g_free(comm);

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN(mymain)

#else /* !WITH_JSON_C */

int
main(void)
{
    return EXIT_AM_SKIP;
}

#endif /* !WITH_JSON_C */
