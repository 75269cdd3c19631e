/*
 * nodedevlisttest.c: lists of node devices, and drivers that answer late
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

#include <unistd.h>

#include "datatypes.h"
#include "virfile.h"
#include "virmock.h"
#include "virnodedeviceobj.h"
#include "virthread.h"
#include "virtime.h"

#define VIR_FROM_THIS VIR_FROM_NODEDEV

/* far longer than anything takes, to fail instead of hanging */
#define PATIENCE 20000

#define BLOCKED "blocked"

static virNodeDeviceObjList *devs;
static virConnectPtr conn;
static char *top;

/* What is read of the devices in @top. A file that has BLOCKED in its name
 * does not answer while @blocking is set. */
static virMutex lock = VIR_MUTEX_INITIALIZER;
static virCond cond;
static bool blocking;
static bool waited;             /* something reads such a file */
static bool gaveUp;
static size_t nreads;

static int (*real_virFileReadAllQuiet)(const char *path, int maxlen, char **buf);

/* Waits until *@flag is @value; returns false if it takes too long. */
static bool
testWait(bool *flag,
         bool value)
{
    unsigned long long until = 0;

    if (virTimeMillisNow(&until) < 0)
        return false;
    until += PATIENCE;

    while (*flag != value) {
        if (virCondWaitUntil(&cond, &lock, until) < 0)
            return false;
    }

    return true;
}


int
virFileReadAllQuiet(const char *path,
                    int maxlen,
                    char **buf)
{
    VIR_MOCK_REAL_INIT(virFileReadAllQuiet);

    if (top && STRPREFIX(path, top)) {
        VIR_LOCK_GUARD guard = virLockGuardLock(&lock);

        nreads++;
        if (blocking && strstr(path, BLOCKED)) {
            waited = true;
            virCondBroadcast(&cond);
            if (!testWait(&blocking, false))
                gaveUp = true;
        }
    }

    return real_virFileReadAllQuiet(path, maxlen, buf);
}


/* A device that publishes; it has the type of all. */
static int
testAdd(const char *name)
{
    g_autoptr(virNodeDeviceDef) def = g_new0(virNodeDeviceDef, 1);
    g_autofree char *type = g_strdup_printf("%s/type", top);
    g_autofree char *link = NULL;
    virNodeDeviceObj *obj;

    def->name = g_strdup(name);
    def->parent = g_strdup("computer");
    def->sysfs_path = g_strdup_printf("%s/%s", top, name);
    def->caps = g_new0(virNodeDevCapsDef, 1);
    def->caps->data.type = VIR_NODE_DEV_CAP_MDEV;
    def->caps->data.mdev.active_config.type = g_strdup("type");

    link = g_strdup_printf("%s/mdev_type", def->sysfs_path);
    if (g_mkdir_with_parents(def->sysfs_path, 0777) < 0 ||
        (symlink(type, link) < 0 && errno != EEXIST))
        return -1;

    if (!(obj = virNodeDeviceObjListAssignDef(devs, def)))
        return -1;
    def = NULL;
    virNodeDeviceObjSetActive(obj, true);
    virNodeDeviceObjEndAPI(&obj);

    return 0;
}


static int
testRemove(const char *name)
{
    virNodeDeviceObj *obj;

    if (!(obj = virNodeDeviceObjListFindByName(devs, name)))
        return -1;

    virNodeDeviceObjListRemove(devs, obj);
    virNodeDeviceObjEndAPI(&obj);

    return 0;
}


/* The ways to ask which devices publish anything; each returns their number. */

static int
testExport(void)
{
    virNodeDevicePtr *list = NULL;
    int ret = virNodeDeviceObjListExport(conn, devs, &list, NULL,
                                         VIR_CONNECT_LIST_NODE_DEVICES_CAP_MIGRATION);
    size_t i;

    for (i = 0; list && list[i]; i++) {
        if (STRNEQ_NULLABLE(list[i]->parentName, "computer"))
            ret = -1;
    }
    if (list)
        virObjectListFree(list);

    return ret;
}


static int
testCount(void)
{
    return virNodeDeviceObjListExport(conn, devs, NULL, NULL,
                                      VIR_CONNECT_LIST_NODE_DEVICES_CAP_MIGRATION);
}


static int
testNumOfDevices(void)
{
    return virNodeDeviceObjListNumOfDevices(devs, conn, "migration", NULL);
}


static int
testGetNames(void)
{
    g_auto(GStrv) names = g_new0(char *, 5000);

    return virNodeDeviceObjListGetNames(devs, conn, NULL, "migration", names, 4999);
}


static const struct testQuestion {
    const char *name;
    int (*ask)(void);
} questions[] = {
    { "list", testExport },
    { "count", testCount },
    { "number of devices", testNumOfDevices },
    { "names", testGetNames },
};


struct testMany {
    const struct testQuestion *question;
    size_t ndevices;
};

/* Files are read of each device, and a fixed number; nothing is read for a
 * list that does not ask for it. */
static int
testReads(const void *opaque)
{
    const struct testMany *many = opaque;
    size_t one = 0;
    size_t i;
    int n;

    for (i = 0; i < many->ndevices; i++) {
        g_autofree char *name = g_strdup_printf("mdev_%zu", i);

        if (testAdd(name) < 0)
            return -1;

        if (i > 0)
            continue;

        nreads = 0;
        if (many->question->ask() != 1 || nreads == 0)
            return -1;
        one = nreads;
    }

    nreads = 0;
    n = many->question->ask();
    if (n != many->ndevices || nreads != many->ndevices * one) {
        VIR_TEST_VERBOSE("%d devices, %zu files, of one %zu", n, nreads, one);
        return -1;
    }

    nreads = 0;
    if (virNodeDeviceObjListExport(conn, devs, NULL, NULL, 0) != many->ndevices ||
        virNodeDeviceObjListExport(conn, devs, NULL, NULL,
                                   VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV) != many->ndevices ||
        virNodeDeviceObjListNumOfDevices(devs, conn, NULL, NULL) != many->ndevices ||
        virNodeDeviceObjListNumOfDevices(devs, conn, "mdev", NULL) != many->ndevices ||
        nreads > 0) {
        VIR_TEST_VERBOSE("plain lists read %zu files", nreads);
        return -1;
    }

    return 0;
}


struct testAsker {
    int (*ask)(void);
    int answer;
};

static void
testAskThread(void *opaque)
{
    struct testAsker *asker = opaque;

    asker->answer = asker->ask();
}


/* One device, as for its XML */
static int
testUpdate(void)
{
    virNodeDeviceObj *obj = virNodeDeviceObjListFindByName(devs, BLOCKED);
    int ret;

    ret = virNodeDeviceObjUpdateMigration(obj) &&
        virNodeDeviceObjHasCap(obj, VIR_NODE_DEV_CAP_MIGRATION);
    virNodeDeviceObjEndAPI(&obj);

    return ret;
}


struct testBlock {
    const struct testQuestion *question;
    bool goes;                  /* the device that does not answer */
};

/* While a driver does not answer, devices come, go and are listed, that
 * device too: nobody has to wait for who asked. */
static int
testBlocked(const void *opaque)
{
    const struct testBlock *block = opaque;
    struct testAsker asker = { .ask = block->question->ask };
    virThread thread;
    bool good = true;

    if (testAdd(BLOCKED) < 0)
        return -1;

    blocking = true;
    waited = gaveUp = false;
    if (virThreadCreate(&thread, true, testAskThread, &asker) < 0)
        return -1;

    VIR_WITH_MUTEX_LOCK_GUARD(&lock) {
        good = testWait(&waited, true);
    }

    good = good &&
        testAdd("new") == 0 &&
        virNodeDeviceObjListNumOfDevices(devs, conn, NULL, NULL) == 2 &&
        virNodeDeviceObjListExport(conn, devs, NULL, NULL, 0) == 2 &&
        testAdd(BLOCKED) == 0 &&
        testRemove("new") == 0 &&
        (!block->goes || testRemove(BLOCKED) == 0);

    VIR_WITH_MUTEX_LOCK_GUARD(&lock) {
        blocking = false;
        virCondBroadcast(&cond);
    }
    virThreadJoin(&thread);

    if (!good || gaveUp || asker.answer != (block->goes ? 0 : 1)) {
        VIR_TEST_VERBOSE("good %d, gave up %d, answer %d", good, gaveUp, asker.answer);
        return -1;
    }

    return 0;
}


static int
testWriteType(void)
{
    g_autofree char *dir = g_strdup_printf("%s/type", top);
    g_autofree char *api = g_strdup_printf("%s/device_api", dir);
    g_autofree char *version = g_strdup_printf("%s/software_version", dir);

    if (g_mkdir_with_parents(dir, 0777) < 0 ||
        virFileWriteStr(api, "vfio-pci\n", 0666) < 0 ||
        virFileWriteStr(version, "1.0.0\n", 0666) < 0)
        return -1;

    return 0;
}


static void
testRunFresh(int *ret,
             const char *kind,
             const char *name,
             int (*body)(const void *data),
             const void *data)
{
    g_autofree char *title = g_strdup_printf("%s: %s", kind, name);

    devs = virNodeDeviceObjListNew();
    virTestRunLog(ret, title, body, data);
    virNodeDeviceObjListFree(devs);
}


static int
mymain(void)
{
    static const struct testQuestion update = { "one device", testUpdate };
    g_autofree char *dir = g_strdup_printf("%s/nodedevlisttest-XXXXXX", abs_builddir);
    int ret = 0;
    size_t i;

    if (virCondInit(&cond) < 0 || !(conn = virGetConnect()) || !g_mkdtemp(dir))
        return EXIT_FAILURE;
    top = dir;

    if (testWriteType() < 0)
        ret = -1;

    for (i = 0; i < G_N_ELEMENTS(questions); i++) {
        const struct testMany some = { &questions[i], 512 };
        const struct testMany many = { &questions[i], 4096 };

        testRunFresh(&ret, "512 devices", questions[i].name, testReads, &some);
        testRunFresh(&ret, "4096 devices", questions[i].name, testReads, &many);
    }

    for (i = 0; i <= G_N_ELEMENTS(questions); i++) {
        const struct testQuestion *question =
            i < G_N_ELEMENTS(questions) ? &questions[i] : &update;
        const struct testBlock stays = { question, false };
        const struct testBlock goes = { question, true };

        testRunFresh(&ret, "a driver does not answer", question->name,
                     testBlocked, &stays);
        testRunFresh(&ret, "a device goes instead of answering", question->name,
                     testBlocked, &goes);
    }

    virFileDeleteTree(dir);
    virObjectUnref(conn);
    virCondDestroy(&cond);

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN(mymain)
