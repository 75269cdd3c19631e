/*
 * nodedevvfiousertest.c: programs that are devices, through vfio-user
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

#include "testutils.h"

#ifdef __linux__

# include <sys/stat.h>
# include <unistd.h>

# include "conf/node_device_event.h"
# include "configmake.h"
# include "datatypes.h"
# include "node_device/node_device_vfio_user.h"
# include "virfile.h"
# include "virfilewrapper.h"
# include "virmock.h"
# include "virthread.h"
# include "virthreadpool.h"
# include "virtime.h"
# include "virvfiouser.h"

# define VIR_FROM_THIS VIR_FROM_NODEDEV

/* far longer than anything takes, to fail instead of hanging */
# define PATIENCE (60 * G_TIME_SPAN_SECOND)

/* The driver, started on a directory of its own, and what it sent. Programs
 * are shell scripts, which wait until a file is there. */
static virNodeDeviceDriverState *state;
static nodeDeviceVfioUser *vfio_user;
static virConnectPtr conn;
static char *top;               /* of this test program */
static char *dir;               /* of this test */
static char *data;              /* in the place of the most general one */
static int ntests;

static virMutex eventLock = VIR_MUTEX_INITIALIZER;
static virCond eventCond;
static GPtrArray *events;       /* strings */
static size_t nseen;            /* of @events */


/* The keeper's is the first pool that gets a job. */
static int failKeeper;
static int failProbes;
static virThreadPool *keeperPool;

static int (*real_virThreadPoolSendJob)(virThreadPool *pool,
                                        unsigned int priority,
                                        void *jobdata);

int
virThreadPoolSendJob(virThreadPool *pool,
                     unsigned int priority,
                     void *jobdata)
{
    VIR_MOCK_REAL_INIT(virThreadPoolSendJob);

    if (!keeperPool)
        keeperPool = pool;

    if (g_atomic_int_get(pool == keeperPool ? &failKeeper : &failProbes))
        return -1;

    return real_virThreadPoolSendJob(pool, priority, jobdata);
}


static void
testEventAdd(const char *what,
             virNodeDevicePtr dev)
{
    VIR_LOCK_GUARD lock = virLockGuardLock(&eventLock);

    g_ptr_array_add(events, g_strdup_printf("%s %s", what, dev->name));
    virCondBroadcast(&eventCond);
}


static void
testEventLifecycle(virConnectPtr c G_GNUC_UNUSED,
                   virNodeDevicePtr dev,
                   int event,
                   int detail G_GNUC_UNUSED,
                   void *opaque G_GNUC_UNUSED)
{
    testEventAdd(event == VIR_NODE_DEVICE_EVENT_CREATED ? "created" : "deleted", dev);
}


static void
testEventUpdate(virConnectPtr c G_GNUC_UNUSED,
                virNodeDevicePtr dev,
                void *opaque G_GNUC_UNUSED)
{
    testEventAdd("updated", dev);
}


static void
testEventLoop(void *opaque G_GNUC_UNUSED)
{
    while (true) {
        if (virEventRunDefaultImpl() < 0)
            virResetLastError();
    }
}


/* The next event has to be @expected. */
static int
testExpectEvent(const char *expected)
{
    VIR_LOCK_GUARD lock = virLockGuardLock(&eventLock);
    unsigned long long until = 0;
    const char *event;

    if (virTimeMillisNow(&until) < 0)
        return -1;
    until += PATIENCE / 1000;

    while (events->len == nseen) {
        if (virCondWaitUntil(&eventCond, &eventLock, until) < 0) {
            VIR_TEST_VERBOSE("waited in vain for event '%s'", expected);
            return -1;
        }
    }

    event = g_ptr_array_index(events, nseen++);
    if (STRNEQ(event, expected)) {
        VIR_TEST_VERBOSE("event is '%s', expected is '%s'", event, expected);
        return -1;
    }

    return 0;
}


/* An event that was sent already, in any order */
static bool
testHadEvent(const char *expected)
{
    VIR_LOCK_GUARD lock = virLockGuardLock(&eventLock);
    size_t i;

    for (i = 0; i < events->len; i++) {
        if (STREQ(g_ptr_array_index(events, i), expected))
            return true;
    }

    return false;
}


static int
testWaitForEvent(const char *expected)
{
    gint64 until = g_get_monotonic_time() + PATIENCE;

    while (!testHadEvent(expected)) {
        if (g_get_monotonic_time() > until) {
            VIR_TEST_VERBOSE("waited in vain for event '%s'", expected);
            return -1;
        }
        g_usleep(1000);
    }

    return 0;
}


static char *
testPath(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

static char *
testPath(const char *fmt, ...)
{
    g_autofree char *name = NULL;
    va_list ap;

    va_start(ap, fmt);
    name = g_strdup_vprintf(fmt, ap);
    va_end(ap);

    return g_strdup_printf("%s/%s", dir, name);
}


/* Written elsewhere and moved, as package managers do */
static void
testWrite(const char *path,
          mode_t mode,
          const char *text)
{
    g_autofree char *new = g_strdup_printf("%s/new", dir);

    if (virFileWriteStr(new, text, mode) < 0 ||
        chmod(new, mode) < 0 ||
        rename(new, path) < 0)
        abort();
}


/* Writes a program that offers @model, or fails if that is NULL. It waits
 * until testRelease(). */
static void
testWriteProgram(const char *name,
                 const char *model)
{
    g_autofree char *path = testPath("bin/%s", name);
    g_autofree char *text = NULL;
    g_autofree char *answer = g_strdup("printf 'broken \\357\\277\\276 \\177\\n' >&2; exit 1");

    if (model) {
        g_free(answer);
        answer = g_strdup_printf("echo '{\"models\": {\"%s\": {\"params\": {}}}}'",
                                 model);
    }

    text = g_strdup_printf("#!/bin/sh\n"
                           "echo run >> '%s/runs-%s'\n"
                           "while ! [ -e '%s/go-%s' ]; do sleep 0.02; done\n"
                           "%s\n",
                           dir, name, dir, name, answer);
    testWrite(path, 0755, text);
}


static void
testRelease(const char *name)
{
    g_autofree char *path = testPath("go-%s", name);

    testWrite(path, 0644, "");
}


static void
testBlock(const char *name)
{
    g_autofree char *path = testPath("go-%s", name);

    unlink(path);
}


static void
testWriteDescriptorIn(const char *where,
                      const char *name,
                      const char *program,
                      const char *description)
{
    g_autofree char *path = testPath("%s/%s.json", where, name);
    g_autofree char *text = NULL;

    text = g_strdup_printf("{\"binary\": \"%s/bin/%s\", \"description\": \"%s\"}",
                           dir, program, description);
    testWrite(path, 0644, text);
}


static void
testWriteDescriptor(const char *name,
                    const char *program,
                    const char *description)
{
    testWriteDescriptorIn("config/vfio-user", name, program, description);
}


static size_t
testRuns(const char *name)
{
    g_autofree char *path = testPath("runs-%s", name);
    g_autofree char *text = NULL;
    size_t runs = 0;
    char *c;

    if (virFileReadAllQuiet(path, 1024 * 1024, &text) < 0)
        return 0;

    for (c = text; *c; c++)
        runs += *c == '\n';

    return runs;
}


static int
testExpectRuns(const char *name,
               size_t expected)
{
    gint64 until = g_get_monotonic_time() + PATIENCE;

    while (testRuns(name) < expected && g_get_monotonic_time() < until)
        g_usleep(1000);

    if (testRuns(name) != expected) {
        VIR_TEST_VERBOSE("'%s' ran %zu times, expected are %zu",
                         name, testRuns(name), expected);
        return -1;
    }

    return 0;
}


static char *
testDump(const char *device)
{
    virNodeDeviceObj *obj = virNodeDeviceObjListFindByName(state->devs, device);
    char *xml;

    if (!obj)
        return g_strdup("");

    xml = virNodeDeviceDefFormat(virNodeDeviceObjGetDef(obj), 0);
    virNodeDeviceObjEndAPI(&obj);

    return xml;
}


/* @model NULL: nothing is known about migration */
static int
testExpectModel(const char *device,
                const char *model)
{
    g_autofree char *xml = testDump(device);
    g_autofree char *element = NULL;

    if (model)
        element = g_strdup_printf("<model name='%s'", model);
    else
        element = g_strdup("</descriptor>");

    if (!strstr(xml, element) ||
        !model == !!strstr(xml, "<capability type='migration'>")) {
        VIR_TEST_VERBOSE("expected is model '%s' in:\n%s", NULLSTR(model), xml);
        return -1;
    }

    return 0;
}


static int
testNumOfDevices(void)
{
    return virNodeDeviceObjListNumOfDevices(state->devs, NULL, "vfio_user", NULL);
}


static int
testStart(void)
{
    if (!(vfio_user = nodeDeviceVfioUserNew(state)))
        return -1;

    return 0;
}


static void
testStop(void)
{
    nodeDeviceVfioUserShutdownPrepare(vfio_user);
    nodeDeviceVfioUserShutdownWait(vfio_user);
    g_clear_pointer(&vfio_user, virObjectUnref);
}


/* Forgets all devices, as a new daemon would */
static void
testForgetDevices(void)
{
    virNodeDeviceObjListFree(state->devs);
    state->devs = virNodeDeviceObjListNew();
    VIR_WITH_MUTEX_LOCK_GUARD(&eventLock) {
        g_ptr_array_set_size(events, 0);
        nseen = 0;
    }
}


static int
testPrepare(void)
{
    g_autofree char *config = NULL;
    g_autofree char *bin = NULL;

    virFileWrapperClearPrefixes();
    g_free(dir);
    g_free(data);
    dir = g_strdup_printf("%s/%d", top, ++ntests);
    data = testPath("data");
    config = testPath("config/vfio-user");
    bin = testPath("bin");

    if (g_mkdir_with_parents(data, 0755) < 0 ||
        g_mkdir_with_parents(config, 0755) < 0 ||
        g_mkdir_with_parents(bin, 0755) < 0)
        return -1;

    virFileWrapperAddPrefix(DATADIR "/vfio-user", data);
    virFileWrapperAddPrefix(SYSCONFDIR "/vfio-user", "/nonexistent");

    g_free(config);
    config = testPath("config");
    g_setenv("XDG_CONFIG_HOME", config, true);

    keeperPool = NULL;

    g_free(state->stateDir);
    state->stateDir = testPath("state");
    testForgetDevices();

    return 0;
}


/* The device is there before the program answers, and nothing that waits for
 * an answer delays this. */
static int
testStartUp(void)
{
    testWriteProgram("one", "m1");
    testWriteDescriptor("50-one.nic", "one", "text");

    if (testStart() < 0 ||
        testNumOfDevices() != 1 ||
        testExpectModel("vfio_user_50_one_nic", NULL) < 0 ||
        testExpectEvent("created vfio_user_50_one_nic") < 0 ||
        testExpectRuns("one", 1) < 0 ||
        testExpectModel("vfio_user_50_one_nic", NULL) < 0)
        return -1;

    testRelease("one");

    return testExpectEvent("updated vfio_user_50_one_nic") < 0 ||
           testExpectModel("vfio_user_50_one_nic", "m1") < 0 ||
           testExpectRuns("one", 1) < 0 ? -1 : 0;
}


static int
testDevice(void)
{
    g_autofree char *expected = NULL;
    g_autofree char *xml = NULL;
    virNodeDeviceObj *obj;
    bool flags;

    testWriteProgram("one", NULL);
    testWriteDescriptor("one", "one", "a text");

    expected = g_strdup_printf("<device>\n"
                               "  <name>vfio_user_one</name>\n"
                               "  <parent>computer</parent>\n"
                               "  <capability type='vfio_user'>\n"
                               "    <binary>%s/bin/one</binary>\n"
                               "    <descriptor>%s/config/vfio-user/one.json</descriptor>\n"
                               "    <description>a text</description>\n"
                               "  </capability>\n"
                               "</device>\n", dir, dir);

    if (testStart() < 0)
        return -1;

    xml = testDump("vfio_user_one");
    if (virTestCompareToString(expected, xml) < 0)
        return -1;

    if (!(obj = virNodeDeviceObjListFindByName(state->devs, "vfio_user_one")))
        return -1;

    flags = virNodeDeviceObjIsActive(obj) &&
            virNodeDeviceObjIsPersistent(obj) &&
            virNodeDeviceObjIsAutostart(obj);
    virNodeDeviceObjEndAPI(&obj);

    return flags ? 0 : -1;
}


/* Descriptors that come, change and go while the daemon runs */
static int
testDescriptors(void)
{
    g_autofree char *path = testPath("config/vfio-user/one.json");
    g_autofree char *xml = NULL;

    testWriteProgram("one", "m1");
    testWriteProgram("two", "m2");
    testRelease("one");
    testRelease("two");

    if (testStart() < 0 || testNumOfDevices() != 0)
        return -1;

    testWriteDescriptor("one", "one", "text");
    if (testExpectEvent("created vfio_user_one") < 0 ||
        testExpectEvent("updated vfio_user_one") < 0 ||
        testExpectModel("vfio_user_one", "m1") < 0)
        return -1;

    /* what the old program answered is not what the new one answers */
    testBlock("two");
    testWriteDescriptor("one", "two", "other text");
    if (testExpectEvent("updated vfio_user_one") < 0 ||
        testExpectModel("vfio_user_one", NULL) < 0)
        return -1;

    xml = testDump("vfio_user_one");
    if (!strstr(xml, "<description>other text</description>"))
        return -1;

    testRelease("two");
    if (testExpectEvent("updated vfio_user_one") < 0 ||
        testExpectModel("vfio_user_one", "m2") < 0)
        return -1;

    if (unlink(path) < 0 ||
        testExpectEvent("deleted vfio_user_one") < 0 ||
        testNumOfDevices() != 0)
        return -1;

    return testExpectRuns("one", 1) < 0 ||
           testExpectRuns("two", 1) < 0 ? -1 : 0;
}


static int
testDirectory(void)
{
    g_autofree char *path = testPath("config/vfio-user");
    g_autofree char *away = testPath("config/away");

    testWriteProgram("one", "m1");
    testRelease("one");
    if (rename(path, away) < 0 || testStart() < 0)
        return -1;

    /* does not exist at first */
    if (g_mkdir(path, 0755) < 0)
        return -1;
    testWriteDescriptor("one", "one", "text");
    if (testExpectEvent("created vfio_user_one") < 0 ||
        testExpectEvent("updated vfio_user_one") < 0)
        return -1;

    /* another one in its place */
    g_free(away);
    away = testPath("config/away2");
    if (rename(path, away) < 0 ||
        testExpectEvent("deleted vfio_user_one") < 0 ||
        rename(away, path) < 0 ||
        testExpectEvent("created vfio_user_one") < 0)
        return -1;

    return 0;
}


/* A program that is replaced, that becomes executable, and that is reached
 * through a symbolic link that is changed */
static int
testProgram(void)
{
    g_autofree char *path = testPath("bin/one");
    g_autofree char *link = testPath("bin/link");
    g_autofree char *new = testPath("bin/newlink");

    testWriteProgram("one", "m1");
    testWriteProgram("two", "m2");
    testWriteDescriptor("one", "one", "text");
    testRelease("one");
    testRelease("two");

    if (testStart() < 0 ||
        testExpectEvent("created vfio_user_one") < 0 ||
        testExpectEvent("updated vfio_user_one") < 0)
        return -1;

    testBlock("one");
    testWriteProgram("one", "m3");
    if (testExpectEvent("updated vfio_user_one") < 0 ||
        testExpectModel("vfio_user_one", NULL) < 0)
        return -1;
    testRelease("one");
    if (testExpectEvent("updated vfio_user_one") < 0 ||
        testExpectModel("vfio_user_one", "m3") < 0)
        return -1;

    if (chmod(path, 0644) < 0 ||
        testExpectEvent("updated vfio_user_one") < 0 ||
        testExpectModel("vfio_user_one", NULL) < 0 ||
        chmod(path, 0755) < 0 ||
        testExpectEvent("updated vfio_user_one") < 0 ||
        testExpectModel("vfio_user_one", "m3") < 0)
        return -1;

    if (symlink("one", link) < 0)
        return -1;
    testWriteDescriptor("two", "link", "text");
    if (testExpectEvent("created vfio_user_two") < 0 ||
        testExpectEvent("updated vfio_user_two") < 0 ||
        testExpectModel("vfio_user_two", "m3") < 0)
        return -1;

    if (symlink("two", new) < 0 || rename(new, link) < 0 ||
        testExpectEvent("updated vfio_user_two") < 0)
        return -1;

    /* it may have answered before this looks */
    if (testExpectEvent("updated vfio_user_two") < 0 ||
        testExpectModel("vfio_user_two", "m2") < 0)
        return -1;

    /* and what it leads to */
    testWriteProgram("two", "m4");
    if (testExpectEvent("updated vfio_user_two") < 0 ||
        testExpectEvent("updated vfio_user_two") < 0 ||
        testExpectModel("vfio_user_two", "m4") < 0)
        return -1;

    return 0;
}


/* A program that is replaced while it runs: its answer does not count. */
static int
testProgramWhileRunning(void)
{
    testWriteProgram("one", "m1");
    testWriteDescriptor("one", "one", "text");

    if (testStart() < 0 ||
        testExpectEvent("created vfio_user_one") < 0 ||
        testExpectRuns("one", 1) < 0)
        return -1;

    testWriteProgram("one", "m2");
    testRelease("one");

    return testExpectEvent("updated vfio_user_one") < 0 ||
           testExpectModel("vfio_user_one", "m2") < 0 ||
           testExpectRuns("one", 2) < 0 ? -1 : 0;
}


/* An empty file in a more specific directory */
static int
testMask(void)
{
    g_autofree char *mask = testPath("config/vfio-user/one.json");

    testWriteProgram("one", "m1");
    testWriteProgram("two", "m2");
    testRelease("one");
    testRelease("two");
    testWriteDescriptorIn("data", "one", "one", "text");

    if (testStart() < 0 ||
        testExpectEvent("created vfio_user_one") < 0 ||
        testExpectEvent("updated vfio_user_one") < 0 ||
        testExpectModel("vfio_user_one", "m1") < 0)
        return -1;

    testWrite(mask, 0644, "");
    if (testExpectEvent("deleted vfio_user_one") < 0)
        return -1;

    testWriteDescriptor("one", "two", "text");
    if (testExpectEvent("created vfio_user_one") < 0 ||
        testExpectEvent("updated vfio_user_one") < 0 ||
        testExpectModel("vfio_user_one", "m2") < 0)
        return -1;

    return 0;
}


/* No answer is asked for twice, whether it was one or not, unless the daemon
 * is told to. */
static int
testAnswersAreKept(void)
{
    testWriteProgram("good", "m1");
    testWriteProgram("bad", NULL);
    testWriteProgram("other", "m2");
    testRelease("good");
    testRelease("bad");
    testRelease("other");
    testWriteDescriptor("a-good", "good", "text");
    testWriteDescriptor("b-bad", "bad", "text");

    if (testStart() < 0 ||
        testWaitForEvent("updated vfio_user_a_good") < 0 ||
        testExpectRuns("bad", 1) < 0)
        return -1;

    /* makes it look at everything */
    testWriteDescriptor("c-other", "other", "text");
    if (testWaitForEvent("updated vfio_user_c_other") < 0 ||
        testExpectRuns("good", 1) < 0 ||
        testExpectRuns("bad", 1) < 0)
        return -1;

    /* another daemon: no event but those for new devices, which are complete */
    testStop();
    testForgetDevices();
    testWriteProgram("new", "m3");
    testWriteDescriptor("d-new", "new", "text");
    if (testStart() < 0 ||
        testNumOfDevices() != 4 ||
        testExpectModel("vfio_user_a_good", "m1") < 0 ||
        testExpectModel("vfio_user_b_bad", NULL) < 0 ||
        testExpectModel("vfio_user_c_other", "m2") < 0)
        return -1;
    testRelease("new");
    if (testWaitForEvent("updated vfio_user_d_new") < 0 ||
        testHadEvent("updated vfio_user_a_good") ||
        testHadEvent("updated vfio_user_b_bad") ||
        testExpectRuns("good", 1) < 0 ||
        testExpectRuns("bad", 1) < 0)
        return -1;

    /* what is shown stays until there is another answer */
    testBlock("good");
    nodeDeviceVfioUserReload(vfio_user);
    if (testExpectRuns("good", 2) < 0 ||
        testExpectRuns("bad", 2) < 0 ||
        testExpectModel("vfio_user_a_good", "m1") < 0)
        return -1;
    testRelease("good");

    return 0;
}


/* A program that others could replace is not run. That this is mended counts
 * as a change, although the program stays as it was. */
static int
testUnsafe(void)
{
    g_autofree char *bin = testPath("bin");

    testWriteProgram("one", "m1");
    testRelease("one");
    testWriteDescriptor("one", "one", "text");

    if (chmod(bin, 0777) < 0 ||
        testStart() < 0 ||
        testExpectEvent("created vfio_user_one") < 0)
        return -1;

    if (chmod(bin, 0755) < 0 ||
        testExpectEvent("updated vfio_user_one") < 0 ||
        testExpectModel("vfio_user_one", "m1") < 0 ||
        testExpectRuns("one", 1) < 0)
        return -1;

    return 0;
}


/* Two names of descriptors that lead to the same name of a device */
static int
testClash(void)
{
    g_autofree char *first = testPath("config/vfio-user/a-b.json");

    testWriteProgram("one", "m1");
    testWriteProgram("two", "m2");
    testRelease("one");
    testRelease("two");
    testWriteDescriptor("a_b", "two", "text");
    testWriteDescriptor("a-b", "one", "text");

    if (testStart() < 0 ||
        testNumOfDevices() != 1 ||
        testExpectEvent("created vfio_user_a_b") < 0 ||
        testExpectEvent("updated vfio_user_a_b") < 0 ||
        testExpectModel("vfio_user_a_b", "m1") < 0 ||
        testExpectRuns("two", 0) < 0)
        return -1;

    /* then the other one has the name */
    if (unlink(first) < 0 ||
        testExpectEvent("updated vfio_user_a_b") < 0 ||
        testExpectEvent("updated vfio_user_a_b") < 0 ||
        testExpectModel("vfio_user_a_b", "m2") < 0)
        return -1;

    return 0;
}


/* A device that is no program keeps its name. */
static int
testTaken(void)
{
    virNodeDeviceDef *def = g_new0(virNodeDeviceDef, 1);
    virNodeDeviceObj *obj;
    g_autofree char *xml = NULL;

    def->name = g_strdup("vfio_user_one");
    def->caps = g_new0(virNodeDevCapsDef, 1);
    def->caps->data.type = VIR_NODE_DEV_CAP_SYSTEM;
    if (!(obj = virNodeDeviceObjListAssignDef(state->devs, def)))
        return -1;
    virNodeDeviceObjEndAPI(&obj);

    testWriteProgram("one", "m1");
    testWriteDescriptor("one", "one", "text");
    testWriteDescriptor("two", "one", "text");

    if (testStart() < 0 || testNumOfDevices() != 1)
        return -1;

    xml = testDump("vfio_user_one");
    return strstr(xml, "<capability type='system'>") ? 0 : -1;
}


# define MANY 200
# define HANGING 20

/* Programs that never answer delay neither the devices nor their list. At most
 * four run at the same time. Stopping does not wait for them. */
static int
testMany(void)
{
    gint64 before;
    size_t runs = 0;
    size_t i;

    testWriteProgram("good", "m1");
    testRelease("good");

    for (i = 0; i < MANY; i++) {
        g_autofree char *name = g_strdup_printf("%03zu", i);

        if (i < HANGING) {
            testWriteProgram(name, "hangs");
            testWriteDescriptor(name, name, "text");
        } else {
            testWriteDescriptor(name, "good", "text");
        }
    }

    /* Everything is there while the first ones still run. */
    if (testStart() < 0 || testNumOfDevices() != MANY)
        return -1;

    for (i = 0; i < 4; i++) {
        g_autofree char *name = g_strdup_printf("%03zu", i);

        if (testExpectRuns(name, 1) < 0)
            return -1;
    }

    /* Others wait until one of them is killed, after ten seconds. */
    g_usleep(G_USEC_PER_SEC / 2);
    for (i = 4; i < HANGING; i++) {
        g_autofree char *name = g_strdup_printf("%03zu", i);

        runs += testRuns(name);
    }
    if (runs + testRuns("good") > 0) {
        VIR_TEST_VERBOSE("more than 4 programs at the same time");
        return -1;
    }

    if (testNumOfDevices() != MANY)
        return -1;

    before = g_get_monotonic_time();
    testStop();
    if (g_get_monotonic_time() - before > 5 * G_TIME_SPAN_SECOND) {
        VIR_TEST_VERBOSE("stopping waited for programs");
        return -1;
    }

    return 0;
}


/* A job that could not be sent is sent later. */
static int
testNoThread(void)
{
    testWriteProgram("one", "m1");
    testWriteProgram("two", "m2");
    testRelease("one");
    testRelease("two");
    testWriteDescriptor("one", "one", "text");

    g_atomic_int_set(&failProbes, 1);
    if (testStart() < 0 ||
        testExpectEvent("created vfio_user_one") < 0 ||
        testExpectModel("vfio_user_one", NULL) < 0)
        return -1;
    g_atomic_int_set(&failProbes, 0);

    /* a look for whatever reason */
    testWriteDescriptor("two", "two", "text");
    if (testWaitForEvent("created vfio_user_two") < 0 ||
        testWaitForEvent("updated vfio_user_one") < 0 ||
        testWaitForEvent("updated vfio_user_two") < 0 ||
        testExpectModel("vfio_user_one", "m1") < 0 ||
        testExpectModel("vfio_user_two", "m2") < 0)
        return -1;

    g_atomic_int_set(&failKeeper, 1);
    testWriteDescriptor("three", "two", "text");
    /* longer than changes are collected */
    g_usleep(2 * G_USEC_PER_SEC);
    if (testNumOfDevices() != 2)
        return -1;
    g_atomic_int_set(&failKeeper, 0);

    testWriteDescriptor("four", "two", "text");
    return testWaitForEvent("created vfio_user_three");
}


struct testInfo {
    int (*run)(void);
};

static int
testRun(const void *opaque)
{
    const struct testInfo *info = opaque;
    int ret;

    if (testPrepare() < 0)
        return -1;

    ret = info->run();
    testStop();

    return ret;
}


/* Files below a directory that others can write to are refused, wherever the
 * build is. */
static bool
testCanRun(void)
{
    g_autofree char *program = g_strdup_printf("%s/program", top);

    if (virFileWriteStr(program, "#!/bin/sh\n", 0755) < 0 ||
        virVfioUserCheckFile(program, true) < 0) {
        fprintf(stderr, "%s\n", virGetLastErrorMessage());
        virResetLastError();
        return false;
    }

    return true;
}


static int
mymain(void)
{
    int ret = 0;
    virThread thread;
    int lifecycle;
    int update;

    top = g_strdup_printf("%s/nodedevvfiousertest-XXXXXX", abs_builddir);
    if (!g_mkdtemp_full(top, 0755))
        abort();
    umask(022);

    if (!testCanRun()) {
        virFileDeleteTree(top);
        return EXIT_AM_SKIP;
    }

    if (virCondInit(&eventCond) < 0 ||
        virEventRegisterDefaultImpl() < 0 ||
        virThreadCreate(&thread, false, testEventLoop, NULL) < 0)
        return EXIT_FAILURE;

    events = g_ptr_array_new_with_free_func(g_free);
    state = g_new0(virNodeDeviceDriverState, 1);
    state->nodeDeviceEventState = virObjectEventStateNew();

    if (!(conn = virGetConnect()) ||
        virNodeDeviceEventStateRegisterID(conn, state->nodeDeviceEventState, NULL,
                                          VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE,
                                          VIR_NODE_DEVICE_EVENT_CALLBACK(testEventLifecycle),
                                          NULL, NULL, &lifecycle) < 0 ||
        virNodeDeviceEventStateRegisterID(conn, state->nodeDeviceEventState, NULL,
                                          VIR_NODE_DEVICE_EVENT_ID_UPDATE,
                                          VIR_NODE_DEVICE_EVENT_CALLBACK(testEventUpdate),
                                          NULL, NULL, &update) < 0)
        return EXIT_FAILURE;

# define DO_TEST(name) \
    do { \
        struct testInfo info = { .run = test ## name }; \
        if (virTestRun(#name, testRun, &info) < 0) \
            ret = -1; \
    } while (0)

    DO_TEST(StartUp);
    DO_TEST(Device);
    DO_TEST(Descriptors);
    DO_TEST(Directory);
    DO_TEST(Program);
    DO_TEST(ProgramWhileRunning);
    DO_TEST(Mask);
    DO_TEST(AnswersAreKept);
    DO_TEST(Unsafe);
    DO_TEST(Clash);
    DO_TEST(Taken);
    DO_TEST(NoThread);
    DO_TEST(Many);

    virFileWrapperClearPrefixes();
    if (!g_getenv("LIBVIRT_SKIP_CLEANUP"))
        virFileDeleteTree(top);

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN(mymain)

#else /* !__linux__ */

int
main(void)
{
    return EXIT_AM_SKIP;
}

#endif /* !__linux__ */
