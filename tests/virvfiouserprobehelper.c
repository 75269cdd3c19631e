/*
 * virvfiouserprobehelper.c: vfio-user programs, good and bad ones
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

/* Run as `helper MODE --print-migration-info-json`. Uses nothing of libvirt,
 * so that it has no file descriptors but those that it was given. */

#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "internal.h"

#define PARAMS "{\"models\": {\"example.com/nic\": {\"params\": {\"queues\": " \
    "{\"type\": \"int\", \"init_value\": 4, \"allowed_values\": [\"1-8\"]}}}}}\n"
#define VERSIONS "{\"models\": {\"example.com/nic\": {\"versions\": [\"v1\", \"v2\"]}}}\n"

extern char **environ;

static void
print(int fd, const char *text)
{
    if (dprintf(fd, "%s", text) < 0)
        _exit(99);
}

static void
printMany(int fd, size_t bytes)
{
    char buf[1024 + 1];

    memset(buf, 'x', sizeof(buf) - 1);
    buf[sizeof(buf) - 1] = '\0';

    while (bytes > 0) {
        size_t now = bytes < sizeof(buf) ? bytes : sizeof(buf) - 1;

        buf[now] = '\0';
        print(fd, buf);
        bytes -= now;
    }
}

static void
ignoreSignals(void)
{
    size_t i;

    for (i = 1; i < NSIG; i++)
        signal(i, SIG_IGN);
}

/* Not for ever: the test may fail, and leave it behind. */
static void
hang(void)
{
    sleep(300);
    _exit(92);
}

/* What the program sees, as one line of standard error */
static void
report(int argc, char **argv)
{
    g_autofree char *cwd = g_get_current_dir();
    g_autofree char *input = g_file_read_link("/proc/self/fd/0", NULL);
    char line[256];
    mode_t mask = umask(0);
    struct rlimit core = { 0 };
    struct rlimit files = { 0 };
    FILE *status = NULL;
    size_t i;
    int fd;

    fprintf(stderr, "args=");
    for (i = 1; i < argc; i++)
        fprintf(stderr, "%s,", argv[i]);

    fprintf(stderr, " env=");
    for (i = 0; environ[i]; i++)
        fprintf(stderr, "%s,", environ[i]);

    getrlimit(RLIMIT_CORE, &core);
    getrlimit(RLIMIT_NOFILE, &files);

    fprintf(stderr, " cwd=%s umask=%04o core=%d files=%d stdin=%s fds=",
            cwd, mask, (int) core.rlim_max, (int) files.rlim_max, input);

    for (fd = 0; fd < 1024; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            fprintf(stderr, "%d,", fd);
    }

    fprintf(stderr, " session=%s", getsid(0) == getpid() ? "own" : "other");
    fprintf(stderr, " uid=%d gid=%d", (int) getuid(), (int) getgid());

    status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof(line), status)) {
        if (STRPREFIX(line, "CapEff:") ||
            STRPREFIX(line, "CapPrm:") ||
            STRPREFIX(line, "NoNewPrivs:") ||
            STRPREFIX(line, "SigBlk:") ||
            STRPREFIX(line, "SigIgn:")) {
            char *value = strchr(line, '\t') + 1;

            line[strcspn(line, ":")] = '\0';
            value[strcspn(value, "\n")] = '\0';
            fprintf(stderr, " %s=%s", line, value);
        }
    }

    _exit(1);
}

/* Waits until the child says that it is there. */
static void
waitReady(int fd)
{
    char c;

    if (read(fd, &c, 1) != 1)
        _exit(97);
}

/* One process that is left behind, in a session of its own if @session */
static void
leave(int session)
{
    int ready[2];

    if (pipe(ready) < 0)
        _exit(96);

    if (fork() == 0) {
        if (session) {
            setsid();
            if (fork() != 0)
                _exit(0);
            setsid();
        }

        ignoreSignals();
        print(ready[1], "x");
        hang();
    }

    waitReady(ready[0]);
}

/* One process after the other, each in a session of its own: it lives only
 * until there is the next one. */
static void
chain(void)
{
    time_t end = time(NULL) + 60;
    int ready[2];
    size_t n = 0;

    if (pipe(ready) < 0)
        _exit(96);

    if (fork() == 0) {
        while (time(NULL) < end) {
            if (n++ == 100)
                print(ready[1], "x");
            setsid();
            if (fork() > 0)
                _exit(0);
        }
        _exit(0);
    }

    waitReady(ready[0]);
}

/* 256 processes, each in a session of its own */
static void
bomb(void)
{
    size_t i;

    for (i = 0; i < 8; i++) {
        fork();
        setsid();
    }

    ignoreSignals();
    hang();
}

int
main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    size_t i;

    if (argc < 2 || STRNEQ(argv[argc - 1], "--print-migration-info-json"))
        return 95;

    if (STREQ(mode, "params")) {
        print(1, PARAMS);
    } else if (argc == 2 || STREQ(mode, "versions")) {
        print(1, VERSIONS);
    } else if (STREQ(mode, "report")) {
        report(argc, argv);
    } else if (STREQ(mode, "fail")) {
        print(1, PARAMS);
        print(2, "cannot:\tno such \033[31mdevice\xff\nreally"
                 "\xc2\x9b\xef\xbf\xbe\xef\xbf\xbf!\n");
        _exit(1);
    } else if (STREQ(mode, "fail-quietly")) {
        _exit(3);
    } else if (STREQ(mode, "crash")) {
        print(1, PARAMS);
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
        hang();
    } else if (STREQ(mode, "hang")) {
        print(1, PARAMS);
        print(2, "thinking");
        hang();
    } else if (STREQ(mode, "hang-ignore")) {
        ignoreSignals();
        leave(0);
        leave(1);
        hang();
    } else if (STREQ(mode, "hang-closed")) {
        print(1, PARAMS);
        g_close(STDOUT_FILENO, NULL);
        g_close(STDERR_FILENO, NULL);
        hang();
    } else if (STREQ(mode, "spin")) {
        time_t end = time(NULL) + 60;

        while (time(NULL) < end)
            ;
    } else if (STREQ(mode, "flood")) {
        for (;;)
            printMany(1, 64 * 1024);
    } else if (STREQ(mode, "flood-errors")) {
        print(1, PARAMS);
        for (;;)
            printMany(2, 64 * 1024);
    } else if (STREQ(mode, "largest")) {
        print(1, PARAMS);
        printMany(2, 4096);
        for (i = strlen(PARAMS); i < 256 * 1024; i++)
            print(1, "\n");
    } else if (STREQ(mode, "burst")) {
        static char buf[256 * 1024];

        /* all of it is in the pipe when the program ends, if that can be had */
        fcntl(1, F_SETPIPE_SZ, 512 * 1024);
        memset(buf, ' ', sizeof(buf));
        memcpy(buf + sizeof(buf) - strlen(PARAMS), PARAMS, strlen(PARAMS));
        if (fwrite(buf, sizeof(buf), 1, stdout) != 1 || fflush(stdout) != 0)
            _exit(91);
    } else if (STREQ(mode, "too-large")) {
        print(1, PARAMS);
        for (i = strlen(PARAMS); i < 256 * 1024 + 1; i++)
            print(1, "\n");
    } else if (STREQ(mode, "many-errors")) {
        printMany(2, 4096 + 1000000);
        _exit(1);
    } else if (STREQ(mode, "many-errors-good")) {
        printMany(2, 1000000);
        print(1, PARAMS);
    } else if (STREQ(mode, "leave")) {
        leave(0);
        print(1, PARAMS);
    } else if (STREQ(mode, "leave-session")) {
        leave(1);
        leave(1);
        print(1, PARAMS);
    } else if (STREQ(mode, "chain")) {
        chain();
        print(1, PARAMS);
    } else if (STREQ(mode, "bomb")) {
        bomb();
    } else if (STREQ(mode, "kill-parent")) {
        kill(getppid(), SIGKILL);
        hang();
    } else if (STREQ(mode, "garbage")) {
        print(1, "Usage: nic [OPTION...]\n");
    } else if (STREQ(mode, "nul")) {
        print(1, PARAMS);
        if (fputc('\0', stdout) < 0 || fflush(stdout) != 0)
            _exit(94);
    } else if (STREQ(mode, "no-models")) {
        print(1, "{\"models\": {}}");
    } else if (STREQ(mode, "late")) {
        usleep(100 * 1000);
        print(1, "{\"models\": ");
        usleep(100 * 1000);
        print(1, "{\"example.com/nic\": {\"versions\": [\"v1\", \"v2\"]}}}");
    } else if (STRNEQ(mode, "empty")) {
        _exit(93);
    }

    _exit(0);
}
