/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vulab: a sample vfio-user program: arguments, and misbehaviour on request
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vulab.h"

#define MAX_ARGUMENTS 256
#define MAX_FAULTS 8

static settings config = {
    .type = "small",
    .units = 1,
    .software_version = { 1, 2, 3 },
    .model = "example.org/mdevlab-@",
    .params = "num-queues/int/4/1/0-16|64/number of queues:new-feature/bool/on/off:"
              "mode/str/fast/fast/fast|slow|turbo",
    .versions = "example.org/mdevlab-@=v1|v2",
};

static struct {
    unsigned int stages;
    const char *kind;
} faults[MAX_FAULTS];
static size_t nfaults;

/* Migration parameters are looked at when all is known about them */
static struct {
    const char *name;
    const char *value;
} given[MAX_ARGUMENTS];
static size_t ngiven;

static const char *socket_path;
static bool print_info;

void
die(const char *format, ...)
{
    va_list list;

    fflush(stdout);
    fputs("vulab: ", stderr);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    exit(EXIT_FAILURE);
}

/* Faults */

static const char *const kinds[] = {
    "crash", "hang", "exit", "flood", "flood-stderr", "fork", "fork-away", "fork-many",
    "garbage", "empty", "truncated", "deep", "slow", "no-socket", "close",
};

static const struct {
    const char *name;
    stage stage;
} stages[] = {
    { "print", STAGE_PRINT },
    { "start", STAGE_START },
    { "connect", STAGE_CONNECT },
    { "stop", STAGE_STOP },
};

/* [STAGE:]KIND */
static void
add_fault(const char *text)
{
    const char *colon = strchr(text, ':');
    unsigned int where = STAGE_PRINT | STAGE_START;
    size_t i;

    if (colon) {
        where = 0;
        for (i = 0; i < NELEMS(stages); i++) {
            if (strlen(stages[i].name) == (size_t)(colon - text) &&
                strncmp(stages[i].name, text, colon - text) == 0)
                where = stages[i].stage;
        }
        text = colon + 1;
    }
    for (i = 0; i < NELEMS(kinds); i++) {
        if (strcmp(kinds[i], text) == 0)
            break;
    }
    if (!where || i == NELEMS(kinds) || nfaults == MAX_FAULTS)
        die("bad fault '%s'", text);
    faults[nfaults].stages = where;
    faults[nfaults++].kind = text;
}

bool
fault_is(stage now, const char *kind)
{
    size_t i;

    for (i = 0; i < nfaults; i++) {
        if (faults[i].stages & now && strcmp(faults[i].kind, kind) == 0)
            return true;
    }
    return false;
}

/* For ever, whoever asks us to end */
static void __attribute__((noreturn))
hang(void)
{
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    for (;;)
        pause();
}

static void __attribute__((noreturn))
flood(int fd)
{
    char block[65536];

    memset(block, 'x', sizeof(block));
    block[99] = '\n';
    for (;;) {
        if (write(fd, block, sizeof(block)) < 0 && errno != EAGAIN)
            _exit(EXIT_FAILURE);
    }
}

/* Children that keep our descriptors and do not want to end */
static void
fork_children(int n, bool away)
{
    for (; n > 0; n--) {
        pid_t pid = fork();

        if (pid < 0)
            return;
        if (pid > 0) {
            if (away)
                waitpid(pid, NULL, 0);
            continue;
        }
        if (away) {
            /* out of our group and of our sight */
            setsid();
            if (fork() != 0)
                _exit(EXIT_SUCCESS);
        }
        hang();
    }
}

static void
garbage(FILE *file)
{
    int i;

    /* no NUL among the first ones, which would hide the rest */
    for (i = 1; i < 4096; i++)
        fputc((i * 167 + i / 256) & 0xff, file);
    fflush(file);
}

void
fault_at(stage now)
{
    if (fault_is(now, "slow"))
        sleep(2);
    if (fault_is(now, "fork"))
        fork_children(1, false);
    if (fault_is(now, "fork-away"))
        fork_children(1, true);
    if (fault_is(now, "fork-many"))
        fork_children(200, false);
    if (fault_is(now, "crash"))
        abort();
    if (fault_is(now, "hang"))
        hang();
    if (fault_is(now, "exit")) {
        fputs("vulab: this is the end\n", stderr);
        exit(3);
    }
    if (fault_is(now, "flood"))
        flood(STDOUT_FILENO);
    if (fault_is(now, "flood-stderr"))
        flood(STDERR_FILENO);
    if (fault_is(now, "empty"))
        exit(EXIT_SUCCESS);
    if (now == STAGE_PRINT && fault_is(now, "garbage")) {
        garbage(stdout);
        exit(EXIT_SUCCESS);
    }
    if (now == STAGE_PRINT && fault_is(now, "deep")) {
        int i;

        for (i = 0; i < 100000; i++)
            putchar('[');
        exit(EXIT_SUCCESS);
    }
    if (now == STAGE_PRINT && fault_is(now, "truncated")) {
        printf("{\"models\": {\"example.org/mdevlab-small\": {\"par");
        exit(EXIT_SUCCESS);
    }
    if (now == STAGE_START && fault_is(now, "garbage")) {
        garbage(stderr);
        exit(EXIT_FAILURE);
    }
    if (now == STAGE_START && fault_is(now, "no-socket")) {
        for (;;)
            pause();
    }
}

/* Arguments */

static void
usage(void)
{
    puts("usage: vulab --socket-path=PATH [--m-NAME=VALUE]...\n"
         "       vulab --socket-path=PATH [--migration-model=MODEL --migration-version=VERSION]\n"
         "       vulab --print-migration-info-json\n"
         "\n"
         "'=' may be a new argument. Also, here or one a line in the program's name + '.conf':\n"
         "  --lab-shape=params|versions   what this device has (params)\n"
         "  --lab-model=MODEL             params: device model, '@' is the name of the type\n"
         "  --lab-params=LIST             params: NAME/TYPE/INIT[/[OFF][/[ALLOWED][/DESCRIPTION]]]:...\n"
         "  --lab-versions=LIST           versions: MODEL=VERSION[|VERSION]...:...\n"
         "  --lab-type=NAME/UNITS         shown in registers (small/1)\n"
         "  --lab-software-version=A.B.C  shown in a register (1.2.3)\n"
         "  --lab-interrupt               INTx, raised by a write to the counter\n"
         "  --lab-fault=[STAGE:]KIND      see README.md");
}

/* The value is kept */
static void
set_option(const char *name, const char *value)
{
    if (strncmp(name, "--m-", 4) == 0 && name[4]) {
        if (ngiven == MAX_ARGUMENTS || !(given[ngiven].name = strdup(name + 4)))
            die("too many arguments");
        given[ngiven++].value = value;
    } else if (strcmp(name, "--socket-path") == 0) {
        socket_path = value;
    } else if (strcmp(name, "--migration-model") == 0) {
        parameters_set_model(value);
    } else if (strcmp(name, "--migration-version") == 0) {
        parameters_set_version(value);
    } else if (strcmp(name, "--lab-shape") == 0) {
        if (strcmp(value, "params") != 0 && strcmp(value, "versions") != 0)
            die("unknown shape '%s'", value);
        config.has_versions = strcmp(value, "versions") == 0;
    } else if (strcmp(name, "--lab-model") == 0) {
        config.model = value;
    } else if (strcmp(name, "--lab-params") == 0) {
        config.params = value;
    } else if (strcmp(name, "--lab-versions") == 0) {
        config.versions = value;
    } else if (strcmp(name, "--lab-type") == 0) {
        const char *slash = strchr(value, '/');

        if (!slash || slash == value || slash - value > 31 ||
            !(config.type = strndup(value, slash - value)))
            die("bad type '%s'", value);
        config.units = strtoul(slash + 1, NULL, 10);
    } else if (strcmp(name, "--lab-software-version") == 0) {
        if (sscanf(value, "%u.%u.%u", config.software_version, config.software_version + 1,
                   config.software_version + 2) != 3)
            die("bad version '%s'", value);
    } else if (strcmp(name, "--lab-fault") == 0) {
        add_fault(value);
    } else {
        die("unknown option '%s'", name);
    }
}

/* --NAME=VALUE, --NAME VALUE, or one of the few without a value */
static void
parse(char **args, size_t nargs)
{
    size_t i;

    for (i = 0; i < nargs; i++) {
        char *equals = strchr(args[i], '=');

        if (strcmp(args[i], "--print-migration-info-json") == 0) {
            print_info = true;
        } else if (strcmp(args[i], "--lab-interrupt") == 0) {
            config.has_interrupt = true;
        } else if (strcmp(args[i], "--help") == 0) {
            usage();
            exit(EXIT_SUCCESS);
        } else if (strncmp(args[i], "--", 2) != 0) {
            die("unknown argument '%s'", args[i]);
        } else if (equals) {
            /* argv stays as it is: others can see it, and know us by it */
            char *name = strndup(args[i], equals - args[i]);

            if (!name)
                die("out of memory");
            set_option(name, equals + 1);
            free(name);
        } else if (i + 1 < nargs) {
            set_option(args[i], args[i + 1]);
            i++;
        } else {
            die("unknown option '%s', or it needs a value", args[i]);
        }
    }
}

/* Who starts us need not know how we shall behave: NAME.conf has arguments, one a line */
static void
read_config(const char *program)
{
    static char *args[MAX_ARGUMENTS];
    size_t nargs = 0;
    char *path = NULL;
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    FILE *file;

    if (asprintf(&path, "%s.conf", program) < 0)
        die("out of memory");
    file = fopen(path, "re");
    free(path);
    if (!file)
        return;
    while ((len = getline(&line, &size, file)) > 0 && nargs < MAX_ARGUMENTS) {
        if (line[len - 1] == '\n')
            line[--len] = '\0';
        if (len > 0 && *line != '#' && !(args[nargs++] = strdup(line)))
            die("out of memory");
    }
    free(line);
    fclose(file);
    parse(args, nargs);
}

int
main(int argc, char **argv)
{
    size_t i;

    signal(SIGPIPE, SIG_IGN);
    read_config(argv[0]);
    parse(argv + 1, argc - 1);
    parameters_init(&config);

    if (print_info) {
        fault_at(STAGE_PRINT);
        parameters_print();
        if (fflush(stdout) != 0)
            die("cannot write: %s", strerror(errno));
        return EXIT_SUCCESS;
    }

    for (i = 0; i < ngiven; i++)
        parameters_set(given[i].name, given[i].value);
    parameters_check();
    if (!socket_path)
        die("--socket-path is missing");
    fault_at(STAGE_START);
    device_init(&config);
    serve(socket_path);
    return EXIT_SUCCESS;
}
