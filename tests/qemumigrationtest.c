/*
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
#include <sys/stat.h>
#include <unistd.h>

#include "testutils.h"

#ifdef WITH_QEMU

# include "testutilsqemu.h"

# include "datatypes.h"
# include "device_migration_conf.h"
# include "driver.h"
# include "node_device_conf.h"
# include "qemu/qemu_domain.h"
# include "qemu/qemu_migration_hostdev.h"
# include "qemu/qemu_migration_hostdev_nodedev.h"
# include "virdevmigrationjson.h"
# include "virdevmigrationsysfs.h"
# include "virfile.h"
# include "virhostdev.h"
# include "viridentity.h"
# include "virmdev.h"
# include "virthread.h"
# include "virmock.h"
# include "viruuid.h"
# include "virvfiouserprobe.h"

# define VIR_FROM_THIS VIR_FROM_QEMU

# define U1 "11111111-1111-1111-1111-111111111111"
# define U2 "22222222-2222-2222-2222-222222222222"
# define U3 "33333333-3333-3333-3333-333333333333"
# define F1 "0000:f1:00.1"
# define F2 "0000:f1:00.2"

# define TEST_DIR abs_builddir "/qemumigrationtest-"

# define MAX_FILES 8
# define MAX_TYPES 18
# define MAX_FUNCTIONS 4
# define MAX_DEVICES 6
# define MAX_GUEST 3
# define MAX_FAULTS 4

static virQEMUDriver driver;


/* What a host looks like: types of mediated devices that parents offer,
 * devices, and PCI functions. The kernel's part of it is a tree of files, the
 * node device driver's part stands in memory.
 *
 * A token is written to file migration_version; where there is a file REFUSES,
 * too, that fails. */
# define REFUSES "refuses"

struct testFile {
    const char *name;
    const char *content;
};

struct testType {
    const char *parent;
    const char *sysname;                /* default: what follows the first '_' */
    const char *id;
    const char *api;                    /* default: vfio-pci */
    unsigned int instances;             /* that are free */
    struct testFile files[MAX_FILES];   /* what the type publishes */
    struct testFile deviceFiles[MAX_FILES]; /* what each of its devices has */
};

struct testFunction {
    const char *address;
    struct testFile files[MAX_FILES];
};

struct testDevice {
    const char *uuid;
    const char *parent;
    const char *type;
    bool active;
    bool defined;
    bool assigned;                      /* to another guest of this daemon */
    struct testFile attrs[MAX_FILES];   /* other values than the default */
};

/* What comes of a call that is to change something */
typedef enum {
    TEST_FAULT_NONE,
    TEST_FAULT_REFUSED,         /* nothing done, the kernel refused */
    TEST_FAULT_HOST,            /* nothing done, for a reason of this host */
    TEST_FAULT_NO_SHOW,         /* done, did not appear, and undone */
    TEST_FAULT_MADE,            /* done, and an error all the same */
    TEST_FAULT_CUT,             /* done, values without their last byte */
    TEST_FAULT_SILENT,          /* nothing done, and no error reported */
    TEST_FAULT_CLAMPED,         /* done, with other values than asked for */
    TEST_FAULT_LOST,            /* connection lost; done all the same */
    TEST_FAULT_LOST_LATE,       /* connection lost; done some time later */
    TEST_FAULT_LOST_BEFORE,     /* connection lost; never done */
    TEST_FAULT_LOST_PROBE,      /* connection lost while the kernel is at it */
    TEST_FAULT_RPC,             /* done; an error of the transport all the same */
    TEST_FAULT_TIMEOUT,         /* done; the driver did not see the device */
    TEST_FAULT_DENIED,          /* nothing done: this client may not */
    TEST_FAULT_TAKEN,           /* done by somebody else, refused to us */
    TEST_FAULT_HUNG,            /* no answer until told */
} testFault;

struct testHostDesc {
    struct testType types[MAX_TYPES];
    struct testDevice devices[MAX_DEVICES];
    struct testFunction functions[MAX_FUNCTIONS];
    testFault faults[MAX_FAULTS];       /* of successive calls */
    bool noNodedev;                     /* cannot be reached */
    bool lostList;                      /* connection lost while it lists */
    bool lostXML;                       /* connection lost after it listed */
    bool refusedList;                   /* the first list is refused */
};

typedef struct _testHostType testHostType;
struct _testHostType {
    char *parent;
    char *parentdir;
    char *id;
    char *api;
    unsigned int instances;
    char *dir;
    const struct testFile *deviceFiles;
};

typedef struct _testHostDevice testHostDevice;
struct _testHostDevice {
    char *uuid;
    testHostType *type;
    bool active;
    bool defined;
    bool late;
    bool probe;                 /* not set up yet */
    bool busy;                  /* somebody has it open */
    bool noGroup;               /* and nobody can */
    bool stuck;                 /* the kernel does not remove it */
    GHashTable *attrs;
};

typedef struct _testHost testHost;
struct _testHost {
    virMutex lock;
    char *dir;
    GPtrArray *types;
    GPtrArray *devices;
    const struct testFunction *functions;
    const testFault *faults;
    size_t nfaults;
    bool noNodedev;
    bool lostList;
    bool lostXML;
    bool refusedList;
    bool forgetful;             /* nodedev does not know devices any more */
    bool checkLock;             /* of the guest, which has to be free */
    bool many;                  /* too many to look at all each time */
    size_t ncalls;
    size_t nreads;              /* of XML */
    GHashTable *byName;         /* devices, if there are many */
    size_t trash;
    GString *log;
    char *problem;              /* found by a fake, for the test to report */

    /* two threads are to ask for a device before either gets it */
    unsigned int barrier;
    virIdentity *caller;        /* on whose behalf nothing is removed */
    bool hold;                  /* who removes a device waits */
    bool held;
    virCond cond;
};

static const testFault testNoFaults[MAX_FAULTS];

/* whose files and node device driver are in use */
static testHost *testCurrent;
/* the guest that comes in */
static virDomainObj *testGuestAtHand;


static void
testHostTypeFree(void *opaque)
{
    testHostType *type = opaque;

    g_free(type->parent);
    g_free(type->parentdir);
    g_free(type->id);
    g_free(type->api);
    g_free(type->dir);
    g_free(type);
}


static void
testHostDeviceFree(void *opaque)
{
    testHostDevice *device = opaque;

    g_free(device->uuid);
    g_hash_table_unref(device->attrs);
    g_free(device);
}


static void
testWrite(const char *dir,
          const char *name,
          const char *content)
{
    g_autofree char *path = g_strdup_printf("%s/%s", dir, name);
    g_autofree char *parent = g_path_get_dirname(path);

    if (g_mkdir_with_parents(parent, 0700) < 0 ||
        virFileWriteStr(path, content, 0600) < 0)
        abort();
}


static void
testWriteFiles(const char *dir,
               const struct testFile *files)
{
    size_t i;

    for (i = 0; i < MAX_FILES && files[i].name; i++)
        testWrite(dir, files[i].name, files[i].content);
}


static char *
testHostFunctionDir(testHost *host,
                    const char *address)
{
    return g_strdup_printf("%s/functions/%s", host->dir, address);
}


/* What the kernel does when a function is bound to the driver that it is
 * assigned with */
static void
testHostBind(testHost *host,
             const char *address)
{
    g_autofree char *dir = testHostFunctionDir(host, address);
    size_t i;

    for (i = 0; i < MAX_FUNCTIONS && host->functions[i].address; i++) {
        if (STREQ(host->functions[i].address, address))
            testWriteFiles(dir, host->functions[i].files);
    }
}


/* As in sysfs, this is a link: the device is below its parent. */
static char *
testHostDeviceDir(testHost *host,
                  const char *uuid)
{
    return g_strdup_printf("%s/devices/%s", host->dir, uuid);
}


static testHostType *
testHostFindType(testHost *host,
                 const char *parent,
                 const char *id)
{
    size_t i;

    for (i = 0; i < host->types->len; i++) {
        testHostType *type = g_ptr_array_index(host->types, i);

        if (STREQ(type->parent, parent) && STREQ(type->id, id))
            return type;
    }

    return NULL;
}


static testHostDevice *
testHostFindDevice(testHost *host,
                   const char *uuid)
{
    size_t i;

    for (i = 0; i < host->devices->len; i++) {
        testHostDevice *device = g_ptr_array_index(host->devices, i);

        if (STREQ(device->uuid, uuid))
            return device;
    }

    return NULL;
}


/* What the kernel does when a device is created: it has all resources that
 * its type lists, and other values than the default where told. */
static void
testHostActivate(testHost *host,
                 testHostDevice *device)
{
    g_autofree char *dir = testHostDeviceDir(host, device->uuid);
    g_autofree char *real = g_strdup_printf("%s/%s", device->type->parentdir, device->uuid);
    g_autofree char *link = g_strdup_printf("%s/mdev_type", dir);
    g_autofree char *listed = g_strdup_printf("%s/dynamic_resources", device->type->dir);
    g_autofree char *list = NULL;
    g_auto(GStrv) names = NULL;
    GHashTableIter iter;
    void *name;
    void *value;
    size_t i;

    if (g_mkdir_with_parents(real, 0700) < 0 ||
        symlink(real, dir) < 0 ||
        symlink(device->type->dir, link) < 0)
        abort();

    if (virFileReadAllQuiet(listed, 1024, &list) >= 0) {
        names = g_strsplit_set(list, ", \n", 0);
        for (i = 0; names[i]; i++) {
            if (*names[i])
                testWrite(dir, names[i], "1\n");
        }
    }

    testWriteFiles(dir, device->type->deviceFiles);

    g_hash_table_iter_init(&iter, device->attrs);
    while (g_hash_table_iter_next(&iter, &name, &value))
        testWrite(dir, name, value);

    testWrite(dir, "remove", "");
    if (!device->noGroup) {
        g_autofree char *group = g_strdup_printf("%s/%s", host->dir, device->uuid);
        g_autofree char *groupLink = g_strdup_printf("%s/iommu_group", dir);

        testWrite(host->dir, device->uuid, "");
        if (symlink(group, groupLink) < 0)
            abort();
    }
    device->active = true;
    device->late = false;
    device->type->instances--;
}


/* The kernel shows the type and the file to remove a device last. */
static void
testHostProbe(testHost *host,
              testHostDevice *device)
{
    g_autofree char *dir = testHostDeviceDir(host, device->uuid);
    g_autofree char *link = g_strdup_printf("%s/mdev_type", dir);
    g_autofree char *path = g_strdup_printf("%s/remove", dir);

    device->probe = !device->probe;
    if (device->probe) {
        unlink(link);
        unlink(path);
    } else {
        testWrite(dir, "remove", "");
        if (symlink(device->type->dir, link) < 0)
            abort();
    }
}


static void
testHostDeactivate(testHost *host,
                   testHostDevice *device)
{
    g_autofree char *dir = testHostDeviceDir(host, device->uuid);
    g_autofree char *real = g_strdup_printf("%s/%s", device->type->parentdir, device->uuid);
    g_autofree char *group = g_strdup_printf("%s/%s", host->dir, device->uuid);
    g_autofree char *trash = NULL;

    /* kept, so that no other directory gets its number */
    trash = g_strdup_printf("%s/gone-%zu", host->dir, host->trash++);
    if (unlink(dir) < 0 ||
        rename(real, trash) < 0)
        abort();
    unlink(group);

    device->active = false;
    device->type->instances++;
    if (!device->defined)
        g_ptr_array_remove(host->devices, device);
}


static testHostDevice *
testHostAddDevice(testHost *host,
                  const char *uuid,
                  testHostType *type)
{
    testHostDevice *device = g_new0(testHostDevice, 1);

    device->uuid = g_strdup(uuid);
    device->type = type;
    device->attrs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_ptr_array_add(host->devices, device);

    return device;
}


static void
testHostFree(testHost *host)
{
    if (!host)
        return;

    virFileDeleteTree(host->dir);
    g_free(host->dir);
    g_ptr_array_unref(host->types);
    g_ptr_array_unref(host->devices);
    g_string_free(host->log, TRUE);
    g_free(host->problem);
    virCondDestroy(&host->cond);
    virMutexDestroy(&host->lock);
    g_free(host);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(testHost, testHostFree);


static testHost *
testHostNew(const struct testHostDesc *desc)
{
    testHost *host = g_new0(testHost, 1);
    char template[] = TEST_DIR "XXXXXX";
    size_t i;
    size_t j;

    if (!g_mkdtemp(template) ||
        virMutexInit(&host->lock) < 0 ||
        virCondInit(&host->cond) < 0)
        abort();

    host->dir = g_strdup(template);
    testWrite(host->dir, "devices/.keep", "");
    host->types = g_ptr_array_new_with_free_func(testHostTypeFree);
    host->devices = g_ptr_array_new_with_free_func(testHostDeviceFree);
    host->log = g_string_new(NULL);
    host->functions = desc->functions;
    host->faults = desc->faults;
    host->noNodedev = desc->noNodedev;
    host->lostList = desc->lostList;
    host->lostXML = desc->lostXML;
    host->refusedList = desc->refusedList;

    for (i = 0; i < MAX_TYPES && desc->types[i].id; i++) {
        const struct testType *t = &desc->types[i];
        testHostType *type = g_new0(testHostType, 1);

        type->parent = g_strdup(t->parent);
        type->id = g_strdup(t->id);
        type->api = g_strdup(t->api ? t->api : "vfio-pci");
        type->instances = t->instances;
        type->parentdir = g_strdup_printf("%s/%s", host->dir,
                                          t->sysname ? t->sysname : strchr(t->parent, '_') + 1);
        type->dir = g_strdup_printf("%s/mdev_supported_types/%s", type->parentdir, t->id);
        type->deviceFiles = t->deviceFiles;
        testWrite(type->dir, "device_api", type->api);
        testWriteFiles(type->dir, t->files);
        g_ptr_array_add(host->types, type);
    }

    for (i = 0; i < MAX_DEVICES && desc->devices[i].uuid; i++) {
        const struct testDevice *d = &desc->devices[i];
        testHostDevice *device = testHostAddDevice(host, d->uuid,
                                                   testHostFindType(host, d->parent, d->type));

        device->defined = d->defined;
        for (j = 0; j < MAX_FILES && d->attrs[j].name; j++) {
            g_hash_table_insert(device->attrs, g_strdup(d->attrs[j].name),
                                g_strdup(d->attrs[j].content));
        }
        if (d->active) {
            device->type->instances++;
            testHostActivate(host, device);
        }
    }

    return host;
}


/* Something was written to the device's file 'remove', or a device appears
 * that was asked for long ago: the kernel does it some time. */
static void
testHostSettle(testHost *host)
{
    size_t i;

    for (i = host->devices->len; i > 0; i--) {
        testHostDevice *device = g_ptr_array_index(host->devices, i - 1);
        g_autofree char *dir = testHostDeviceDir(host, device->uuid);
        g_autofree char *path = g_strdup_printf("%s/remove", dir);
        g_autofree char *text = NULL;

        if (device->late)
            testHostActivate(host, device);
        else if (device->probe)
            testHostProbe(host, device);
        else if (virFileReadAllQuiet(path, 16, &text) > 0 && !device->stuck)
            testHostDeactivate(host, device);
    }
}


/* All values that the migration may change */
static void
testFormatValues(virBuffer *buf,
                 const virDevMigration *migration)
{
    size_t i;
    size_t j;

    if (!migration)
        return;

    for (i = 0; migration->attributes && i < migration->attributes->resources->len; i++) {
        virDevMigrationResource *res = g_ptr_array_index(migration->attributes->resources, i);

        virBufferAsprintf(buf, " %s=%s", res->name, NULLSTR(res->value));
    }

    for (i = 0; migration->parameters && i < migration->parameters->models->len; i++) {
        virDevMigrationParamModel *model = g_ptr_array_index(migration->parameters->models, i);

        for (j = 0; j < model->params->len; j++) {
            virDevMigrationParam *param = g_ptr_array_index(model->params, j);

            virBufferAsprintf(buf, " %s=%s", param->name, NULLSTR(param->value));
        }
    }

    for (i = 0; migration->versions && i < migration->versions->models->len; i++) {
        virDevMigrationVersionModel *model = g_ptr_array_index(migration->versions->models, i);

        if (model->current)
            virBufferAsprintf(buf, " %s:%s", model->name, NULLSTR(model->currentVersion));
    }

    for (i = 0; migration->description && i < migration->description->values->len; i++) {
        virDevMigrationResource *res = g_ptr_array_index(migration->description->values, i);

        virBufferAsprintf(buf, " %s=%s", res->name, NULLSTR(res->value));
    }

    if (migration->token)
        virBufferAsprintf(buf, " %s", NULLSTR(migration->token->token));
}


static int
testCompareDevices(const void *a,
                   const void *b)
{
    const testHostDevice *da = *(const testHostDevice * const *) a;
    const testHostDevice *db = *(const testHostDevice * const *) b;

    return strcmp(da->uuid, db->uuid);
}


/* Returns all that the migration may change: devices, their values, and how
 * many instances are free. */
static char *
testHostDump(testHost *host)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    size_t i;

    g_ptr_array_sort(host->devices, testCompareDevices);

    for (i = 0; i < host->devices->len; i++) {
        testHostDevice *device = g_ptr_array_index(host->devices, i);
        g_autofree char *dir = testHostDeviceDir(host, device->uuid);
        g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(virDevMigration) migration = NULL;

        virBufferAsprintf(&buf, "%.1s %s on %s%s%s", device->uuid, device->type->id,
                          device->type->parent,
                          device->defined ? " defined" : "",
                          device->active ? " active" : "");

        if (device->active)
            migration = virDevMigrationSysfsReadDevice(dir, device->type->id, problems);
        testFormatValues(&buf, migration);
        virBufferAddLit(&buf, "\n");
    }

    for (i = 0; i < host->types->len; i++) {
        testHostType *type = g_ptr_array_index(host->types, i);

        virBufferAsprintf(&buf, "%s %s: %u free\n",
                          type->parent, type->id, type->instances);
    }

    for (i = 0; i < MAX_FUNCTIONS && host->functions[i].address; i++) {
        g_autofree char *dir = testHostFunctionDir(host, host->functions[i].address);
        g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(virDevMigration) migration = virDevMigrationSysfsReadFunction(dir, problems);

        virBufferAsprintf(&buf, "%s", host->functions[i].address);
        testFormatValues(&buf, migration);
        virBufferAddLit(&buf, "\n");
    }

    return virBufferContentAndReset(&buf);
}


/* Where the qemu driver looks for a device */

static int (*real_open)(const char *path, int oflag, ...);
static int (*real_openat)(int dirfd, const char *path, int oflag, ...);
static ssize_t (*real_write)(int fd, const void *data, size_t size);

/* seconds that have gone by */
static time_t testClock;
static size_t testOpens;

/* who is asked about a token */
static int testAskFD = -1;
static char *testAskDir;
static int testDirFD = -1;
static char *testDir;

char *
virMediatedDeviceGetSysfsPath(const char *uuid)
{
    return testHostDeviceDir(testCurrent, uuid);
}


int
virPCIDeviceAddressGetSysfsFile(virPCIDeviceAddress *addr,
                                char **dir)
{
    g_autofree char *address = virPCIDeviceAddressAsString(addr);

    *dir = testHostFunctionDir(testCurrent, address);
    return 0;
}


char *
virMediatedDeviceGetIOMMUGroupDev(const char *uuid)
{
    return g_strdup_printf("%s/%s", testCurrent->dir, uuid);
}


time_t
time(time_t *ret_now)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec += testClock;
    if (ret_now)
        *ret_now = now.tv_sec;
    return now.tv_sec;
}


/* Likewise, in microseconds */
static gint64 testMonotonic;

gint64
g_get_monotonic_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000 + testMonotonic;
}


/* So many times as fast */
static unsigned int testHaste = 1;

int
virCondWaitUntil(virCond *cond,
                 virMutex *lock,
                 unsigned long long when)
{
    struct timespec until;
    unsigned long long now;
    int rc;

    clock_gettime(CLOCK_REALTIME, &until);
    now = until.tv_sec * 1000ULL + until.tv_nsec / 1000000;
    if (when > now)
        when = now + (when - now) / testHaste;
    until.tv_sec = when / 1000;
    until.tv_nsec = when % 1000 * 1000000;

    if ((rc = pthread_cond_timedwait(&cond->cond, &lock->lock, &until)) != 0) {
        errno = rc;
        return -1;
    }

    return 0;
}


/* The timer of what is left to undo: when it is due, in milliseconds */
static int testTimer = -1;
static virEventTimeoutCallback testTimerCallback;
static void *testTimerOpaque;

int
virEventAddTimeout(int timeout,
                   virEventTimeoutCallback callback,
                   void *opaque,
                   virFreeCallback freecb G_GNUC_UNUSED)
{
    testTimer = timeout;
    testTimerCallback = callback;
    testTimerOpaque = opaque;
    return 1;
}


void
virEventUpdateTimeout(int timer G_GNUC_UNUSED,
                      int timeout)
{
    g_atomic_int_set(&testTimer, timeout);
}


int
virEventRemoveTimeout(int timer G_GNUC_UNUSED)
{
    testTimer = -1;
    return 0;
}


/* One process at a time can have a VFIO group. */
int
open(const char *path, int oflag, ...)
{
    mode_t mode = 0;
    g_autofree char *group = NULL;
    int fd;

    VIR_MOCK_REAL_INIT(open);

    if (oflag & O_CREAT) {
        va_list ap;

        va_start(ap, oflag);
        mode = (mode_t) va_arg(ap, int);
        va_end(ap);
    }

    testOpens++;

    if (STRPREFIX(path, "/dev/vfio/"))
        path = group = g_strdup_printf("%s/%s", testCurrent->dir, path + strlen("/dev/vfio/"));

    if (STRPREFIX(path, TEST_DIR)) {
        g_autofree char *busy = g_strdup_printf("%s.busy", path);

        if (virFileExists(busy)) {
            errno = EBUSY;
            return -1;
        }
    }

    fd = real_open(path, oflag, mode);
    if (fd >= 0 && oflag & O_DIRECTORY && STRPREFIX(path, TEST_DIR)) {
        testDirFD = fd;
        g_free(testDir);
        testDir = g_strdup(path);
    }

    return fd;
}


int
openat(int dirfd, const char *path, int oflag, ...)
{
    VIR_MOCK_REAL_INIT(openat);

    if (dirfd == testDirFD && STREQ(path, "migration_version") &&
        (oflag & O_ACCMODE) == O_WRONLY) {
        g_clear_pointer(&testAskDir, g_free);
        testAskDir = g_steal_pointer(&testDir);
        testDirFD = -1;
        return testAskFD = real_openat(dirfd, path, oflag, 0);
    }

    return real_openat(dirfd, path, oflag, 0);
}


/* A driver takes a token, or not. It does not become the device's own. */
ssize_t
write(int fd, const void *data, size_t size) /* sc_avoid_write */
{
    g_autofree char *refuses = NULL;

    VIR_MOCK_REAL_INIT(write);

    if (fd < 0 || fd != testAskFD)
        return real_write(fd, data, size);

    testAskFD = -1;
    refuses = g_strdup_printf("%s/" REFUSES, testAskDir);
    g_string_append_printf(testCurrent->log, "ask %s about %.*s\n",
                           testAskDir + strlen(testCurrent->dir) + 1,
                           (int) size, (const char *) data);

    if (virFileExists(refuses)) {
        errno = EINVAL;
        return -1;
    }

    return size;
}


/* The node device driver */

static void G_GNUC_PRINTF(2, 3)
testHostProblem(testHost *host,
                const char *fmt,
                ...)
{
    va_list ap;

    if (host->problem)
        return;

    va_start(ap, fmt);
    host->problem = g_strdup_vprintf(fmt, ap);
    va_end(ap);
}


/* Nothing is made, and nothing of what was made is removed, that would be
 * forgotten if this daemon was killed now. */
static void
testHostCheckRecorded(testHost *host,
                      const char *uuid,
                      const char *what)
{
    g_autoptr(virQEMUDriverConfig) cfg = virQEMUDriverGetConfig(&driver);
    g_autofree char *record = g_strdup_printf("<hostdev uuid='%s' mdevType='", uuid);
    g_autoptr(DIR) dir = NULL;
    struct dirent *entry;

    if (host->many)
        return;

    if (virDirOpen(&dir, cfg->stateDir) < 0)
        abort();

    while (virDirRead(dir, &entry, NULL) > 0) {
        g_autofree char *path = g_strdup_printf("%s/%s", cfg->stateDir, entry->d_name);
        g_autofree char *text = NULL;

        if (virFileReadAllQuiet(path, 1024 * 1024, &text) >= 0 &&
            strstr(text, record))
            return;
    }

    testHostProblem(host, "%s of %s is not on record", what, uuid);
}


/* No guest waits for the node device driver. */
static void
testHostCheckLock(testHost *host)
{
    virMutex *lock = testGuestAtHand ? &((virObjectLockable *) testGuestAtHand)->lock : NULL;
    struct timespec until;

    if (!host->checkLock || !lock)
        return;

    /* the one who waits may be about to unlock it */
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 5;
    if (pthread_mutex_timedlock(&lock->lock, &until) != 0)
        testHostProblem(host, "the guest is locked while the node device driver works");
    else
        virMutexUnlock(lock);
}


static testFault
testHostNextFault(testHost *host)
{
    host->ncalls++;
    testHostCheckLock(host);
    return host->nfaults < MAX_FAULTS ? host->faults[host->nfaults++] : TEST_FAULT_NONE;
}


static int
testConnectClose(virConnectPtr conn)
{
    bool alive = *(bool *) conn->privateData;

    g_free(conn->privateData);
    if (!alive) {
        virReportErrorHelper(VIR_FROM_RPC, VIR_ERR_INTERNAL_ERROR,
                             __FILE__, __FUNCTION__, __LINE__,
                             "%s", "client socket is closed");
        return -1;
    }

    return 0;
}


static int
testConnectIsAlive(virConnectPtr conn)
{
    return *(bool *) conn->privateData;
}


static void
testConnectLose(virConnectPtr conn)
{
    *(bool *) conn->privateData = false;
    virReportErrorHelper(VIR_FROM_RPC, VIR_ERR_INTERNAL_ERROR,
                         __FILE__, __FUNCTION__, __LINE__,
                         "%s", "client socket is closed");
}


static char *
testDeviceName(testHostDevice *device)
{
    g_autofree char *uuid = g_strdelimit(g_strdup(device->uuid), "-", '_');

    return g_strdup_printf("mdev_%s_%s", uuid, device->type->parent);
}


static int
testConnectListAllNodeDevices(virConnectPtr conn,
                              virNodeDevicePtr **devices,
                              unsigned int flags)
{
    testHost *host = testCurrent;
    VIR_LOCK_GUARD lock = virLockGuardLock(&host->lock);
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    g_autofree char *last = NULL;
    size_t i;

    host->ncalls++;
    testHostCheckLock(host);
    if (!testConnectIsAlive(conn) || host->lostList) {
        testConnectLose(conn);
        return -1;
    }

    if (host->refusedList) {
        host->refusedList = false;
        virReportError(VIR_ERR_INTERNAL_ERROR, "%s", "no list today");
        return -1;
    }

    if (flags & VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES) {
        for (i = host->types->len; i > 0; i--) {
            testHostType *type = g_ptr_array_index(host->types, i - 1);

            if (STRNEQ_NULLABLE(last, type->parent))
                g_ptr_array_add(list, virGetNodeDevice(conn, type->parent));
            g_free(last);
            last = g_strdup(type->parent);
        }
    }

    for (i = 0; flags & VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV && i < host->devices->len; i++) {
        testHostDevice *device = g_ptr_array_index(host->devices, i);
        g_autofree char *name = testDeviceName(device);

        if (device->late || device->probe || host->forgetful)
            continue;

        if (device->active ? flags & VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE :
            flags & VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE)
            g_ptr_array_add(list, virGetNodeDevice(conn, name));
    }

    g_ptr_array_add(list, NULL);
    i = list->len - 1;
    *devices = (virNodeDevicePtr *) g_ptr_array_free(g_steal_pointer(&list), FALSE);

    return i;
}


static testHostDevice *
testHostFindDeviceByName(testHost *host,
                         const char *name)
{
    size_t i;

    if (host->byName)
        return g_hash_table_lookup(host->byName, name);

    for (i = 0; i < host->devices->len; i++) {
        testHostDevice *device = g_ptr_array_index(host->devices, i);
        g_autofree char *own = testDeviceName(device);

        if (STREQ(own, name) && !device->late && !device->probe && !host->forgetful)
            return device;
    }

    virReportError(VIR_ERR_NO_NODE_DEVICE, "no node device with matching name '%s'", name);
    return NULL;
}


static virNodeDevicePtr
testNodeDeviceLookupByName(virConnectPtr conn,
                           const char *name)
{
    testHost *host = testCurrent;
    VIR_LOCK_GUARD lock = virLockGuardLock(&host->lock);
    size_t i;

    host->ncalls++;
    if (!testConnectIsAlive(conn)) {
        testConnectLose(conn);
        return NULL;
    }

    for (i = 0; i < host->types->len; i++) {
        testHostType *type = g_ptr_array_index(host->types, i);

        if (STREQ(type->parent, name))
            return virGetNodeDevice(conn, name);
    }

    if (!testHostFindDeviceByName(host, name))
        return NULL;

    return virGetNodeDevice(conn, name);
}


static void
testFormatParent(virBuffer *buf,
                 testHost *host,
                 const char *parent)
{
    size_t i;

    virBufferAsprintf(buf, "<device><name>%s</name>", parent);
    for (i = 0; i < host->types->len; i++) {
        testHostType *type = g_ptr_array_index(host->types, i);

        if (STREQ(type->parent, parent)) {
            virBufferAsprintf(buf, "<path>%s</path>", type->parentdir);
            break;
        }
    }
    virBufferAddLit(buf, "<parent>computer</parent>"
                    "<capability type='mdev_types'><capability type='mdev_types'>");
    for (i = 0; i < host->types->len; i++) {
        testHostType *type = g_ptr_array_index(host->types, i);
        g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(virDevMigration) migration = NULL;

        if (STRNEQ(type->parent, parent))
            continue;

        migration = virDevMigrationSysfsReadType(type->dir, type->id, NULL, problems);
        virBufferEscapeString(buf, "<type id='%s'>", type->id);
        virBufferAsprintf(buf, "<deviceAPI>%s</deviceAPI>"
                          "<availableInstances>%u</availableInstances>",
                          type->api, type->instances);
        virDevMigrationFormat(buf, migration);
        virBufferAddLit(buf, "</type>");
    }
    virBufferAddLit(buf, "</capability></capability></device>");
}


static char *
testNodeDeviceGetXMLDesc(virNodeDevicePtr dev,
                         unsigned int flags)
{
    testHost *host = testCurrent;
    VIR_LOCK_GUARD lock = virLockGuardLock(&host->lock);
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    testHostDevice *device;

    virCheckFlags(0, NULL);

    host->ncalls++;
    host->nreads++;
    testHostCheckLock(host);
    if (!testConnectIsAlive(dev->conn) || host->lostXML) {
        testConnectLose(dev->conn);
        return NULL;
    }

    if (!STRPREFIX(dev->name, "mdev_")) {
        testFormatParent(&buf, host, dev->name);
        return virBufferContentAndReset(&buf);
    }

    if (!(device = testHostFindDeviceByName(host, dev->name)))
        return NULL;

    virBufferAsprintf(&buf, "<device><name>%s</name><parent>%s</parent>"
                      "<capability type='mdev'>", dev->name, device->type->parent);
    virBufferEscapeString(&buf, "<type id='%s'/>", device->type->id);
    virBufferAsprintf(&buf, "<uuid>%s</uuid><iommuGroup number='1'/>"
                      "</capability></device>", device->uuid);
    return virBufferContentAndReset(&buf);
}


/* Appends the call to the log, and makes it fail. Returns -1 if it does. */
static int
testHostCall(testHost *host,
             virConnectPtr conn,
             const char *call,
             testFault fault)
{
    static const char *results[] = {
        [TEST_FAULT_NONE] = "",
        [TEST_FAULT_REFUSED] = ": refused",
        [TEST_FAULT_HOST] = ": not here",
        [TEST_FAULT_NO_SHOW] = ": no show",
        [TEST_FAULT_MADE] = ": made",
        [TEST_FAULT_CUT] = ": cut",
        [TEST_FAULT_HUNG] = ": hung",
        [TEST_FAULT_SILENT] = ": silent",
        [TEST_FAULT_CLAMPED] = ": clamped",
        [TEST_FAULT_LOST] = ": lost",
        [TEST_FAULT_LOST_LATE] = ": lost late",
        [TEST_FAULT_LOST_BEFORE] = ": lost before",
        [TEST_FAULT_LOST_PROBE] = ": lost in probe",
        [TEST_FAULT_RPC] = ": transport",
        [TEST_FAULT_TIMEOUT] = ": timeout",
        [TEST_FAULT_DENIED] = ": denied",
        [TEST_FAULT_TAKEN] = ": taken",
    };

    g_string_append_printf(host->log, "%s%s\n", call, results[fault]);

    switch (fault) {
    case TEST_FAULT_NONE:
    case TEST_FAULT_CLAMPED:
    case TEST_FAULT_CUT:
    case TEST_FAULT_HUNG:
        return 0;
    case TEST_FAULT_SILENT:
        break;
    case TEST_FAULT_LOST:
    case TEST_FAULT_LOST_LATE:
    case TEST_FAULT_LOST_BEFORE:
    case TEST_FAULT_LOST_PROBE:
        testConnectLose(conn);
        break;
    case TEST_FAULT_RPC:
        virReportErrorHelper(VIR_FROM_RPC, VIR_ERR_RPC, __FILE__, __FUNCTION__, __LINE__,
                             "%s", "no reply");
        break;
    case TEST_FAULT_TIMEOUT:
        virReportError(VIR_ERR_OPERATION_TIMEOUT, "%s", "the device did not appear");
        break;
    case TEST_FAULT_DENIED:
        virReportError(VIR_ERR_ACCESS_DENIED, "%s", "you may not");
        break;
    case TEST_FAULT_REFUSED:
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED, "%s", "refused by the parent");
        break;
    case TEST_FAULT_TAKEN:
        virReportError(VIR_ERR_OPERATION_INVALID, "%s", "the device exists");
        break;
    case TEST_FAULT_HOST:
        virReportError(VIR_ERR_OPERATION_FAILED, "%s", "mdevctl is not installed");
        break;
    case TEST_FAULT_NO_SHOW:
        virReportError(VIR_ERR_NO_NODE_DEVICE, "%s", "the device did not appear");
        break;
    case TEST_FAULT_MADE:
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED, "%s", "an attribute was refused");
        break;
    }

    return -1;
}


static bool
testFaultIsDone(testFault fault)
{
    return fault == TEST_FAULT_NONE || fault == TEST_FAULT_CLAMPED ||
        fault == TEST_FAULT_LOST || fault == TEST_FAULT_LOST_PROBE ||
        fault == TEST_FAULT_RPC || fault == TEST_FAULT_TIMEOUT ||
        fault == TEST_FAULT_TAKEN || fault == TEST_FAULT_MADE ||
        fault == TEST_FAULT_CUT || fault == TEST_FAULT_HUNG;
}


/* Nothing happens until somebody lets it. */
static void
testHostHold(testHost *host)
{
    if (!host->hold)
        return;

    host->held = true;
    virCondBroadcast(&host->cond);
    while (host->hold) {
        if (virCondWait(&host->cond, &host->lock) < 0)
            abort();
    }
    host->held = false;
    virCondBroadcast(&host->cond);
}


static void
testHostBarrier(testHost *host)
{
    if (host->barrier == 0)
        return;

    host->barrier--;
    virCondBroadcast(&host->cond);
    while (host->barrier > 0) {
        if (virCondWait(&host->cond, &host->lock) < 0)
            abort();
    }
}


static virNodeDevicePtr
testNodeDeviceCreateXML(virConnectPtr conn,
                        const char *xml,
                        unsigned int flags)
{
    testHost *host = testCurrent;
    VIR_LOCK_GUARD lock = virLockGuardLock(&host->lock);
    g_autoptr(virNodeDeviceDef) def = NULL;
    g_auto(virBuffer) call = VIR_BUFFER_INITIALIZER;
    g_autofree char *name = NULL;
    const virNodeDevCapMdev *mdev;
    testHostDevice *device;
    testHostType *type;
    testFault fault;
    size_t i;

    virCheckFlags(0, NULL);

    if (!(def = virNodeDeviceDefParse(xml, NULL, CREATE_DEVICE, NULL, NULL, NULL, false)))
        return NULL;

    mdev = &def->caps->data.mdev;
    testHostCheckRecorded(host, mdev->uuid, "creation");
    testHostBarrier(host);

    virBufferAsprintf(&call, "create %.1s %s on %s", mdev->uuid,
                      mdev->defined_config.type, def->parent);
    for (i = 0; i < mdev->defined_config.nattributes; i++) {
        virBufferAsprintf(&call, " %s=%s", mdev->defined_config.attributes[i]->name,
                          mdev->defined_config.attributes[i]->value);
    }

    fault = testHostNextFault(host);
    type = testHostFindType(host, def->parent, mdev->defined_config.type);
    if (fault == TEST_FAULT_HUNG)
        testHostHold(host);
    if (!type || type->instances == 0)
        fault = TEST_FAULT_REFUSED;
    else if (testHostFindDevice(host, mdev->uuid))
        fault = TEST_FAULT_TAKEN;

    if ((testFaultIsDone(fault) && !testHostFindDevice(host, mdev->uuid)) ||
        fault == TEST_FAULT_LOST_LATE) {
        device = testHostAddDevice(host, mdev->uuid, type);
        for (i = 0; i < mdev->defined_config.nattributes; i++) {
            virMediatedDeviceAttr *attr = mdev->defined_config.attributes[i];

            if (fault == TEST_FAULT_CUT) {
                g_hash_table_insert(device->attrs, g_strdup(attr->name),
                                    g_strndup(attr->value, strlen(attr->value) - 1));
            } else {
                g_hash_table_insert(device->attrs, g_strdup(attr->name),
                                    g_strdup(fault == TEST_FAULT_CLAMPED ? "1" : attr->value));
            }
        }

        if (fault == TEST_FAULT_LOST_LATE)
            device->late = true;
        else
            testHostActivate(host, device);
        if (fault == TEST_FAULT_LOST_PROBE)
            testHostProbe(host, device);
        name = testDeviceName(device);
    }

    if (testHostCall(host, conn, virBufferCurrentContent(&call), fault) < 0)
        return NULL;

    return virGetNodeDevice(conn, name);
}


static int
testNodeDeviceCreate(virNodeDevicePtr dev,
                     unsigned int flags)
{
    testHost *host = testCurrent;
    VIR_LOCK_GUARD lock = virLockGuardLock(&host->lock);
    testHostDevice *device = testHostFindDeviceByName(host, dev->name);
    testFault fault = testHostNextFault(host);
    g_autofree char *call = NULL;

    virCheckFlags(0, -1);

    if (!device)
        return -1;

    testHostCheckRecorded(host, device->uuid, "start");

    if (device->active || device->type->instances == 0)
        fault = TEST_FAULT_REFUSED;

    if (fault == TEST_FAULT_CLAMPED)
        g_hash_table_remove_all(device->attrs);
    if (fault == TEST_FAULT_LOST_LATE)
        device->late = true;
    else if (testFaultIsDone(fault))
        testHostActivate(host, device);
    if (fault == TEST_FAULT_LOST_PROBE)
        testHostProbe(host, device);

    call = g_strdup_printf("start %.1s", device->uuid);
    return testHostCall(host, dev->conn, call, fault);
}


static int
testNodeDeviceDestroy(virNodeDevicePtr dev)
{
    testHost *host = testCurrent;
    VIR_LOCK_GUARD lock = virLockGuardLock(&host->lock);
    testHostDevice *device = testHostFindDeviceByName(host, dev->name);
    testFault fault = testHostNextFault(host);
    g_autofree char *call = NULL;

    if (!device)
        return -1;

    testHostCheckRecorded(host, device->uuid, "removal");
    if (host->caller) {
        g_autoptr(virIdentity) identity = virIdentityGetCurrent();

        if (!identity || identity == host->caller)
            testHostProblem(host, "%s is removed as the client", device->uuid);
    }

    if (!device->active || device->busy || device->stuck)
        fault = TEST_FAULT_REFUSED;

    call = g_strdup_printf("destroy %.1s", device->uuid);
    testHostHold(host);

    if (testFaultIsDone(fault))
        testHostDeactivate(host, device);

    return testHostCall(host, dev->conn, call, fault);
}


static virHypervisorDriver testHypervisorDriver = {
    .name = "test",
    .connectClose = testConnectClose,
    .connectIsAlive = testConnectIsAlive,
};

static virNodeDeviceDriver testNodeDeviceDriver = {
    .name = "test",
    .connectListAllNodeDevices = testConnectListAllNodeDevices,
    .nodeDeviceLookupByName = testNodeDeviceLookupByName,
    .nodeDeviceGetXMLDesc = testNodeDeviceGetXMLDesc,
    .nodeDeviceCreateXML = testNodeDeviceCreateXML,
    .nodeDeviceCreate = testNodeDeviceCreate,
    .nodeDeviceDestroy = testNodeDeviceDestroy,
};


virConnectPtr
virGetConnectNodeDev(void)
{
    virConnectPtr conn;

    if (testCurrent->noNodedev) {
        virReportErrorHelper(VIR_FROM_RPC, VIR_ERR_SYSTEM_ERROR,
                             __FILE__, __FUNCTION__, __LINE__,
                             "%s", "Failed to connect socket to 'virtnodedevd-sock'");
        return NULL;
    }

    if (!(conn = virGetConnect()))
        return NULL;

    conn->privateData = g_new0(bool, 1);
    *(bool *) conn->privateData = true;
    conn->driver = &testHypervisorDriver;
    conn->nodeDeviceDriver = &testNodeDeviceDriver;

    return conn;
}


/* The guest */

typedef enum {
    TEST_FUNCTION_HOSTDEV,
    TEST_FUNCTION_INTERFACE,    /* <interface type='hostdev'> */
    TEST_FUNCTION_NETWORK,      /* of a network's pool */
} testFunctionKind;

struct testGuestDevice {
    const char *uuid;
    const char *model;                  /* default: vfio-pci */
    const char *function;               /* a PCI function instead */
    testFunctionKind kind;
    bool managed;
    bool transient;                     /* unplugged before the migration */
    bool unassigned;                    /* the guest does not see it */
    /* a vfio-user program instead: what it prints, "" if it cannot be asked,
     * and what it is launched as, part of the XML */
    const char *program;
    const char *launch;
    const char *socket;                 /* likewise, not run by libvirt */
};

/* of the guest at hand */
static const char *testPrograms[MAX_GUEST];


virDevMigration *
virVfioUserProbe(const char *binary,
                 char **args G_GNUC_UNUSED,
                 uid_t uid G_GNUC_UNUSED,
                 gid_t gid G_GNUC_UNUSED,
                 int cancelfd G_GNUC_UNUSED,
                 GPtrArray *problems)
{
    g_autoptr(virDevMigration) migration = virDevMigrationNew();
    virMutex *lock = &((virObjectLockable *) testGuestAtHand)->lock;
    size_t i = binary[strlen(binary) - 1] - '0';

    g_string_append_printf(testCurrent->log, "run %s\n", binary);

    /* nothing waits for a program */
    if (pthread_mutex_trylock(&lock->lock) != 0)
        testHostProblem(testCurrent, "the guest is locked while a program runs");
    else
        virMutexUnlock(lock);

    if (!*testPrograms[i]) {
        virReportError(VIR_ERR_INTERNAL_ERROR, "cannot run '%s'", binary);
        return NULL;
    }

    virDevMigrationJSONParseInfo(testPrograms[i], binary, &migration->parameters,
                                 &migration->versions, problems);
    return g_steal_pointer(&migration);
}


static void
testFormatProgram(virBuffer *buf,
                  const struct testGuestDevice *device,
                  size_t i)
{
    testPrograms[i] = device->program;

    virBufferAsprintf(buf, "<hostdev mode='subsystem' type='vfio-user' managed='%s'><source>",
                      device->program ? "yes" : "no");
    if (device->program) {
        virBufferAsprintf(buf, "<binary path='/usr/libexec/program%zu'/>%s", i,
                          NULLSTR_EMPTY(device->launch));
    } else {
        virBufferAsprintf(buf, "<socket path='%s'/>", device->socket);
    }
    virBufferAddLit(buf, "</source>");
}


static bool
testIsProgram(const struct testGuestDevice *device)
{
    return device->program || device->socket;
}


static bool
testIsGuestDevice(const struct testGuestDevice *device)
{
    return device->uuid || device->function || testIsProgram(device);
}

static void
testFormatFunction(virBuffer *buf,
                   const struct testGuestDevice *device)
{
    g_autofree char *copy = g_strdup(device->function);
    g_auto(GStrv) parts = g_strsplit(g_strdelimit(copy, ".", ':'), ":", 0);
    g_autofree char *address =
        g_strdup_printf("<source><address type='pci' domain='0x%s' bus='0x%s' slot='0x%s' "
                        "function='0x%s'/></source>",
                        parts[0], parts[1], parts[2], parts[3]);
    const char *managed = device->managed ? "yes" : "no";

    switch (device->kind) {
    case TEST_FUNCTION_HOSTDEV:
        virBufferAsprintf(buf, "<hostdev mode='subsystem' type='pci' managed='%s'>%s",
                          managed, address);
        break;
    case TEST_FUNCTION_INTERFACE:
        virBufferAsprintf(buf, "<interface type='hostdev' managed='%s'>"
                          "<mac address='52:54:00:11:22:33'/>%s", managed, address);
        break;
    case TEST_FUNCTION_NETWORK:
        virBufferAsprintf(buf, "<interface type='network'>"
                          "<mac address='52:54:00:11:22:33'/><source network='pool'/>"
                          "<actual type='hostdev' managed='%s'>%s</actual>",
                          managed, address);
        break;
    }

    if (device->transient)
        virBufferAddLit(buf, "<teaming type='transient' persistent='ua-standby'/>");
}

static const char *
testGuestElement(const struct testGuestDevice *device)
{
    return device->kind == TEST_FUNCTION_HOSTDEV ? "hostdev" : "interface";
}

static virDomainDef *
testGuestDef(const char *name,
             const struct testGuestDevice *devices)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    size_t i;

    virBufferAsprintf(&buf,
                      "<domain type='qemu' id='1'><name>%s</name>"
                      "<uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>"
                      "<memory>65536</memory><vcpu>1</vcpu>"
                      "<os><type arch='x86_64' machine='pc'>hvm</type></os>"
                      "<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>", name);

    for (i = 0; i < MAX_GUEST && testIsGuestDevice(&devices[i]); i++) {
        const char *model = devices[i].model ? devices[i].model : "vfio-pci";

        if (testIsProgram(&devices[i])) {
            testFormatProgram(&buf, &devices[i], i);
        } else if (devices[i].function) {
            testFormatFunction(&buf, &devices[i]);
        } else {
            virBufferAsprintf(&buf, "<hostdev mode='subsystem' type='mdev' model='%s'>"
                              "<source><address uuid='%s'/></source>",
                              model, devices[i].uuid);
        }

        virBufferAsprintf(&buf, "<alias name='hostdev%zu'/>", i);
        if (devices[i].unassigned) {
            virBufferAddLit(&buf, "<address type='unassigned'/>");
        } else if (STREQ(model, "vfio-pci")) {
            virBufferAsprintf(&buf, "<address type='pci' domain='0x0000' bus='0x00' "
                              "slot='0x%02zx' function='0x0'/>", 5 + i);
        } else if (STREQ(model, "vfio-ccw")) {
            virBufferAsprintf(&buf, "<address type='ccw' cssid='0xfe' ssid='0x0' "
                              "devno='0x%04zx'/>", 5 + i);
        }
        virBufferAsprintf(&buf, "</%s>", testGuestElement(&devices[i]));
    }

    virBufferAddLit(&buf, "</devices></domain>");

    return virDomainDefParseString(virBufferCurrentContent(&buf), driver.xmlopt, NULL,
                                   VIR_DOMAIN_DEF_PARSE_SKIP_VALIDATE |
                                   VIR_DOMAIN_DEF_PARSE_STATUS |
                                   VIR_DOMAIN_DEF_PARSE_ACTUAL_NET |
                                   VIR_DOMAIN_DEF_PARSE_ALLOW_POST_PARSE_FAIL);
}


static bool
testIsMdev(const virDomainHostdevDef *def)
{
    return def->source.subsys.type == VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_MDEV;
}


/* As far as it is in Prepare when the devices are looked at */
static virDomainObj *
testGuestNew(const char *name,
             const struct testGuestDevice *devices)
{
    g_autoptr(virDomainDef) def = testGuestDef(name, devices);
    virDomainObj *vm;
    qemuDomainObjPrivate *priv;

    if (!def || !(vm = virDomainObjNew(driver.xmlopt)))
        return NULL;

    testGuestAtHand = vm;
    vm->def = g_steal_pointer(&def);
    vm->def->id = 1;
    virDomainObjSetState(vm, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP);

    priv = vm->privateData;
    priv->monConfig = virDomainChrSourceDefNew(driver.xmlopt);
    priv->monConfig->type = VIR_DOMAIN_CHR_TYPE_UNIX;
    priv->monConfig->data.nix.path = g_strdup("/nowhere/monitor.sock");
    priv->monConfig->data.nix.listen = true;
    if (qemuDomainSetPrivatePaths(&driver, vm) < 0)
        abort();

    return vm;
}


static char *
testStatusPath(const char *name)
{
    g_autoptr(virQEMUDriverConfig) cfg = virQEMUDriverGetConfig(&driver);

    return g_strdup_printf("%s/%s.xml", cfg->stateDir, name);
}


static char *
testUndoPath(void)
{
    g_autoptr(virQEMUDriverConfig) cfg = virQEMUDriverGetConfig(&driver);

    return g_strdup_printf("%s/undo", cfg->stateDir);
}


/* This daemon was killed, and is started again. */
static int
testRestart(virDomainObj **vm)
{
    g_autofree char *path = testStatusPath((*vm)->def->name);
    g_autofree char *undoPath = testUndoPath();
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    qemuMigrationHostdevUndoFree(driver.migrationHostdevUndo);
    driver.migrationHostdevUndo = qemuMigrationHostdevUndoNew(&driver, undoPath);

    /* nothing was recorded */
    if (!virFileExists(path)) {
        qemuDomainObjPrivate *priv = (*vm)->privateData;

        if (priv->migrationHostdevs) {
            VIR_TEST_VERBOSE("no status");
            return -1;
        }
        return 0;
    }

    if (virFileReadAll(path, 1024 * 1024, &before) < 0)
        return -1;

    testGuestAtHand = NULL;
    virDomainObjEndAPI(vm);
    if (!(*vm = virDomainObjParseFile(path, driver.xmlopt,
                                      VIR_DOMAIN_DEF_PARSE_STATUS |
                                      VIR_DOMAIN_DEF_PARSE_ACTUAL_NET |
                                      VIR_DOMAIN_DEF_PARSE_PCI_ORIG_STATES |
                                      VIR_DOMAIN_DEF_PARSE_SKIP_VALIDATE |
                                      VIR_DOMAIN_DEF_PARSE_ALLOW_POST_PARSE_FAIL)))
        return -1;

    /* and knows what it knew before */
    if (qemuDomainSaveStatus(*vm), virFileReadAll(path, 1024 * 1024, &after) < 0)
        return -1;

    return virTestCompareToString(before, after);
}


/* What becomes of a guest after Prepare */
struct testEnd {
    const char *name;
    bool plain;
    bool commit;
    bool restart;
    bool restartStopping;       /* when the reason is known, and QEMU still there */
    bool persistent;
    bool undefineSource;
    bool detached;
    bool taken;                 /* another guest of this daemon got the devices */
    bool busy;                  /* they stay open for some time */
    bool busyLater;             /* somebody else opens them */
    bool snapshot;              /* the guest was reverted to one before */
    bool otherDefinition;       /* it has another device */
    virDomainShutoffReason reason;
    bool noNodedev;             /* when it ends */
    bool noNodedevEver;         /* nor later */
    bool forgetful;             /* nodedev does not know the device */
    bool kept;                  /* the devices stay */
};

static const struct testEnd testEnds[] = {
    { .name = "failed", .plain = true, .reason = VIR_DOMAIN_SHUTOFF_FAILED },
    { .name = "failed, to be persistent", .reason = VIR_DOMAIN_SHUTOFF_FAILED,
      .persistent = true },
    { .name = "destroyed before it ran", .reason = VIR_DOMAIN_SHUTOFF_DESTROYED },
    { .name = "killed daemon", .reason = VIR_DOMAIN_SHUTOFF_DAEMON, .restart = true },
    { .name = "failed, no nodedev", .reason = VIR_DOMAIN_SHUTOFF_FAILED, .noNodedev = true },
    { .name = "failed, no nodedev any more", .reason = VIR_DOMAIN_SHUTOFF_FAILED,
      .noNodedev = true, .noNodedevEver = true },
    { .name = "killed daemon, no nodedev any more", .reason = VIR_DOMAIN_SHUTOFF_DAEMON,
      .restart = true, .noNodedev = true, .noNodedevEver = true },

    { .name = "failed, nodedev does not know the device", .forgetful = true,
      .reason = VIR_DOMAIN_SHUTOFF_FAILED },
    { .name = "the client and nodedev went away", .noNodedev = true,
      .reason = VIR_DOMAIN_SHUTOFF_DESTROYED },

    { .name = "failed, and another guest took the device", .taken = true,
      .reason = VIR_DOMAIN_SHUTOFF_FAILED, .kept = true },
    { .name = "failed, and QEMU takes its time to die", .busy = true,
      .reason = VIR_DOMAIN_SHUTOFF_FAILED },
    { .name = "failed, QEMU takes its time to die, no nodedev", .busy = true,
      .reason = VIR_DOMAIN_SHUTOFF_FAILED, .noNodedev = true, .noNodedevEver = true },
    { .name = "failed, no nodedev, and then somebody else uses the device",
      .busyLater = true, .reason = VIR_DOMAIN_SHUTOFF_FAILED, .noNodedev = true,
      .kept = true },

    { .name = "shut down", .plain = true, .commit = true,
      .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN },
    { .name = "shut down, no nodedev", .commit = true,
      .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN, .noNodedev = true },
    { .name = "shut down after restart", .commit = true, .restart = true,
      .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN },
    { .name = "crashed", .commit = true, .reason = VIR_DOMAIN_SHUTOFF_CRASHED },
    { .name = "destroyed", .commit = true, .reason = VIR_DOMAIN_SHUTOFF_DESTROYED },
    { .name = "migrated away", .commit = true, .reason = VIR_DOMAIN_SHUTOFF_MIGRATED },
    { .name = "migrated away, undefined", .commit = true, .persistent = true,
      .undefineSource = true, .reason = VIR_DOMAIN_SHUTOFF_MIGRATED },
    { .name = "migrated away, defined", .commit = true, .persistent = true,
      .reason = VIR_DOMAIN_SHUTOFF_MIGRATED, .kept = true },
    { .name = "shut down, defined", .commit = true, .persistent = true,
      .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN, .kept = true },
    { .name = "destroyed, defined", .commit = true, .persistent = true,
      .reason = VIR_DOMAIN_SHUTOFF_DESTROYED, .kept = true },
    { .name = "saved", .commit = true, .reason = VIR_DOMAIN_SHUTOFF_SAVED, .kept = true },
    { .name = "saved after restart", .commit = true, .restart = true,
      .reason = VIR_DOMAIN_SHUTOFF_SAVED, .kept = true },
    { .name = "saved, and the daemon killed", .commit = true, .restartStopping = true,
      .reason = VIR_DOMAIN_SHUTOFF_SAVED, .kept = true },
    { .name = "shut down, and the daemon killed", .commit = true, .restartStopping = true,
      .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN },
    { .name = "migrated away, undefined, and the daemon killed", .commit = true,
      .restartStopping = true, .persistent = true, .undefineSource = true,
      .reason = VIR_DOMAIN_SHUTOFF_MIGRATED },
    { .name = "snapshot, shut down", .commit = true, .snapshot = true,
      .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN },
    { .name = "snapshot, restarted, shut down", .commit = true, .snapshot = true,
      .restart = true, .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN },
    { .name = "snapshot, shut down, defined", .commit = true, .snapshot = true,
      .persistent = true, .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN, .kept = true },
    { .name = "shut down, defined with another device", .commit = true,
      .persistent = true, .otherDefinition = true, .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN },
    { .name = "unplugged", .commit = true, .detached = true,
      .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN, .kept = true },
    { .name = "unplugged, and the daemon restarted", .commit = true, .detached = true,
      .restart = true, .reason = VIR_DOMAIN_SHUTOFF_DESTROYED, .kept = true },
};


struct testCase {
    const char *name;
    struct testHostDesc source;         /* default: testSource */
    struct testGuestDevice guest[MAX_GUEST];    /* default: U1 */
    struct testGuestDevice here[MAX_GUEST];     /* default: the same */
    struct testHostDesc host;
    unsigned int flags;
    bool oldSource;
    bool never;
    bool unprivileged;
    bool noAPI;                         /* the source does not say */
    bool noType;                        /* likewise */
    bool foreign;                       /* what was done was not done by us */

    virErrorNumber code;
    const char *error;
    const char *calls;
    const char *devices;                /* afterwards, if it differs */
    const char *answer;
    const char *launched;               /* what the programs will be run as */
};

struct testRun {
    const struct testCase *data;
    const struct testEnd *end;
};

# define PUBLISHED(version, ids, resources) \
    .files = { { "software_version", version "\n" }, { "compatible_pci_ids", ids "\n" }, \
               { "dynamic_resources", resources "\n" } }

static const struct testHostDesc testSource = {
    .types = {
        { .parent = "pci_source", .id = "vendor-type_4",
          PUBLISHED("1.2.3", "5931", "aggregator") },
    },
    .devices = {
        { .uuid = U1, .parent = "pci_source", .type = "vendor-type_4", .active = true,
          .attrs = { { "aggregator", "2\n" } } },
        { .uuid = U2, .parent = "pci_source", .type = "vendor-type_4", .active = true,
          .attrs = { { "aggregator", "3\n" } } },
        { .uuid = U3, .parent = "pci_source", .type = "vendor-type_4", .active = true,
          .attrs = { { "aggregator", "4\n" } } },
    },
};

static const struct testGuestDevice testGuest[MAX_GUEST] = {
    { .uuid = U1 },
};


static bool
testHasGuest(const struct testGuestDevice *devices)
{
    return testIsGuestDevice(&devices[0]);
}


static void
testFreeHostdevs(GSList *hostdevs)
{
    g_slist_free_full(hostdevs, (GDestroyNotify) qemuMigrationCookieHostdevFree);
}


/* Sends a list as a cookie does. */
static int
testSend(GSList **hostdevs,
         bool answer)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    g_autoptr(xmlDoc) doc = NULL;
    g_autoptr(xmlXPathContext) ctxt = NULL;

    virBufferAddLit(&buf, "<qemu-migration>\n");
    qemuMigrationCookieHostdevsFormat(&buf, *hostdevs);
    virBufferAddLit(&buf, "</qemu-migration>\n");
    testFreeHostdevs(g_steal_pointer(hostdevs));

    if (!(doc = virXMLParseStringCtxt(virBufferCurrentContent(&buf), "cookie", &ctxt)))
        return -1;

    if (answer) {
        *hostdevs = qemuMigrationCookieHostdevsParseAnswer(ctxt);
        return 0;
    }

    return qemuMigrationCookieHostdevsParse(ctxt, hostdevs);
}


/* Begin on the source: what arrives at the destination */
static int
testBegin(const struct testCase *data,
          GSList **hostdevs)
{
    const struct testHostDesc *desc = data->source.types[0].id ||
        data->source.functions[0].address ? &data->source : &testSource;
    const struct testGuestDevice *guest = testHasGuest(data->guest) ? data->guest : testGuest;
    g_autoptr(testHost) host = testHostNew(desc);
    virDomainObj *vm = NULL;
    int ret = -1;
    size_t i;

    testCurrent = host;
    for (i = 0; i < MAX_GUEST && testHasGuest(&guest[i]); i++) {
        if (guest[i].function)
            testHostBind(host, guest[i].function);
    }

    if (data->oldSource)
        return 0;

    if (!(vm = testGuestNew("guest", guest)))
        return -1;

    if (qemuMigrationSrcHasHostdevs(vm->def) &&
        qemuMigrationSrcCollectHostdevs(vm, hostdevs) == 0 &&
        testSend(hostdevs, false) == 0)
        ret = 0;

    virDomainObjEndAPI(&vm);
    return ret;
}


static int
testCheckError(const struct testCase *data,
               int rc)
{
    if (data->code == VIR_ERR_OK) {
        if (rc == 0)
            return 0;

        VIR_TEST_VERBOSE("unexpected error %d: %s", virGetLastErrorCode(),
                         virGetLastErrorMessage());
        return -1;
    }

    if (rc == 0 || virGetLastErrorCode() != data->code) {
        VIR_TEST_VERBOSE("expected error %d, got %d, %d: %s", data->code, rc,
                         virGetLastErrorCode(), virGetLastErrorMessage());
        return -1;
    }

    return virTestCompareToString(data->error, virGetLastErrorMessage());
}


static int
testCheckAnswer(const struct testCase *data,
                GSList **hostdevs)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    GSList *next;

    if (testSend(hostdevs, true) < 0)
        return -1;

    for (next = *hostdevs; next; next = next->next) {
        qemuMigrationCookieHostdev *hostdev = next->data;

        virBufferAsprintf(&buf, "%.1s %s %s%s",
                          *hostdev->uuid ? hostdev->uuid : "-",
                          virDevMigrationVerdictTypeToString(hostdev->verdict),
                          qemuMigrationHostdevActionTypeToString(hostdev->action),
                          next->next ? ", " : "");
        if (!hostdev->answered || hostdev->migration) {
            VIR_TEST_VERBOSE("not an answer");
            return -1;
        }
    }

    return virTestCompareToString(NULLSTR_EMPTY(data->answer),
                                  virBufferCurrentContent(&buf));
}


static int
testCheckLaunched(const struct testCase *data,
                  virDomainObj *vm)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    size_t i;
    size_t j;

    for (i = 0; i < vm->def->nhostdevs; i++) {
        const virDomainHostdevSubsysVfioUser *source =
            &vm->def->hostdevs[i]->source.subsys.u.vfio_user;

        if (!virHostdevIsVfioUserDevice(vm->def->hostdevs[i]))
            continue;

        virBufferAsprintf(&buf, "%s %s", NULLSTR_MINUS(source->model),
                          NULLSTR_MINUS(source->version));
        for (j = 0; j < source->nparams; j++) {
            virBufferAsprintf(&buf, " %s=%s", source->params[j].name,
                              source->params[j].value);
        }
        virBufferAddLit(&buf, "\n");
    }

    return virTestCompareToString(NULLSTR_EMPTY(data->launched),
                                  virBufferCurrentContent(&buf));
}


static int
testCheckPrepared(const struct testCase *data,
                  testHost *host,
                  virDomainObj *vm,
                  const char *before,
                  const char *after,
                  GSList **hostdevs)
{
    qemuDomainObjPrivate *priv = vm->privateData;
    size_t ndevices = host->devices->len;
    const char *types = after;
    GSList *next;

    if (virTestCompareToString(NULLSTR_EMPTY(data->calls), host->log->str) < 0)
        return -1;

    if (data->code != VIR_ERR_OK)
        return 0;

    while (ndevices-- > 0)
        types = strchr(types, '\n') + 1;

    if (data->devices) {
        g_autofree char *devices = g_strndup(after, types - after);

        if (virTestCompareToString(data->devices, devices) < 0)
            return -1;
    } else if (virTestCompareToString(before, after) < 0) {
        return -1;
    }

    if (testCheckLaunched(data, vm) < 0)
        return -1;

    for (next = priv->migrationHostdevs; next; next = next->next) {
        qemuMigrationHostdevRecord *record = next->data;

        if (record->state != QEMU_MIGRATION_HOSTDEV_STATE_DONE || !record->name ||
            record->inode == 0 || record->call) {
            VIR_TEST_VERBOSE("the record of %s is not complete", record->uuid);
            return -1;
        }
    }

    return testCheckAnswer(data, hostdevs);
}


static void
testAssign(const char *uuid,
           virMediatedDeviceModelType model)
{
    virMediatedDevice *mdev = virMediatedDeviceNew(uuid, model);

    if (!mdev ||
        virMediatedDeviceListAdd(driver.hostdevMgr->activeMediatedHostdevs, &mdev) < 0)
        abort();
}


static void
testUnassignAll(void)
{
    virMediatedDeviceList *list = driver.hostdevMgr->activeMediatedHostdevs;

    while (virMediatedDeviceListCount(list) > 0)
        virMediatedDeviceListDel(list, virMediatedDeviceListGet(list, 0));
}


static void
testHostSetBusy(testHost *host,
                testHostDevice *device,
                bool busy)
{
    g_autofree char *name = g_strdup_printf("%s.busy", device->uuid);
    g_autofree char *path = g_strdup_printf("%s/%s", host->dir, name);

    device->busy = busy;
    if (busy)
        testWrite(host->dir, name, "");
    else
        unlink(path);
}


static void
testHostSetAllBusy(testHost *host,
                   bool busy)
{
    size_t i;

    for (i = 0; i < host->devices->len; i++) {
        testHostDevice *device = g_ptr_array_index(host->devices, i);

        if (device->active)
            testHostSetBusy(host, device, busy);
    }
}


/* The guest ends, and some time goes by. */
static int
testStop(virDomainObj **vm,
         testHost *host,
         const struct testEnd *end)
{
    g_autofree char *path = NULL;
    g_autofree char *undoPath = testUndoPath();
    g_autoptr(virIdentity) caller = virIdentityNew();
    g_autoptr(virIdentity) current = NULL;
    size_t i;

    host->checkLock = false;

    if (end->commit) {
        qemuMigrationDstCommitHostdevs(*vm);
        qemuDomainSaveStatus(*vm);
    }

    for (i = 0; end->detached && i < (*vm)->def->nhostdevs; i++) {
        if (!testIsMdev((*vm)->def->hostdevs[i]))
            continue;

        qemuMigrationHostdevDetached(*vm, (*vm)->def->hostdevs[i]);
        qemuDomainSaveStatus(*vm);
    }

    if (end->snapshot) {
        qemuDomainObjPrivate *priv = (*vm)->privateData;

        qemuMigrationHostdevsStopping(*vm, VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT);
        qemuMigrationHostdevsStopped(&driver, *vm, VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT);
        qemuDomainObjPrivateDataClear(priv);
        if (qemuDomainSetPrivatePaths(&driver, *vm) < 0)
            return -1;
        qemuDomainSaveStatus(*vm);
    }

    if (end->restart && testRestart(vm) < 0)
        return -1;

    for (i = 0; i < (*vm)->def->nhostdevs; i++) {
        const virDomainHostdevSubsysMediatedDev *mdev = &(*vm)->def->hostdevs[i]->source.subsys.u.mdev;
        testHostDevice *device = NULL;

        if (testIsMdev((*vm)->def->hostdevs[i]))
            device = testHostFindDevice(host, mdev->uuidstr);
        if (!device || !device->active)
            continue;

        if (end->busy)
            testHostSetBusy(host, device, true);
        if (end->taken)
            testAssign(mdev->uuidstr, mdev->model);
    }

    (*vm)->persistent = end->persistent;
    if (end->otherDefinition) {
        const struct testGuestDevice other[MAX_GUEST] = {
            { .uuid = "44444444-4444-4444-4444-444444444444" },
        };

        if (!((*vm)->newDef = testGuestDef("guest", other)))
            return -1;
    }
    if (end->undefineSource) {
        (*vm)->job->asyncJob = VIR_ASYNC_JOB_MIGRATION_OUT;
        (*vm)->job->apiFlags = VIR_MIGRATE_UNDEFINE_SOURCE;
    }

    host->noNodedev = host->noNodedev || end->noNodedev;
    host->forgetful = end->forgetful;
    host->lostList = false;
    host->lostXML = false;
    host->refusedList = false;
    host->faults = testNoFaults;
    virResetLastError();
    virReportError(VIR_ERR_OPERATION_FAILED, "%s", "the error of the migration");
    qemuMigrationHostdevsStopping(*vm, end->reason);

    if (end->restartStopping) {
        if (testRestart(vm) < 0)
            return -1;
        virReportError(VIR_ERR_OPERATION_FAILED, "%s", "the error of the migration");
        (*vm)->persistent = end->persistent;
        qemuMigrationHostdevsStopping(*vm, VIR_DOMAIN_SHUTOFF_DAEMON);
    }

    host->caller = caller;
    virIdentitySetCurrent(caller);
    qemuMigrationHostdevsStopped(&driver, *vm, end->reason);
    qemuMigrationHostdevUndoRetry(driver.migrationHostdevUndo);
    current = virIdentityGetCurrent();
    virIdentitySetCurrent(NULL);
    host->caller = NULL;

    if (current != caller) {
        VIR_TEST_VERBOSE("the identity of the caller is lost");
        return -1;
    }

    if (virGetLastErrorCode() != VIR_ERR_OPERATION_FAILED) {
        VIR_TEST_VERBOSE("the error was replaced: %s", virGetLastErrorMessage());
        return -1;
    }
    virResetLastError();

    /* again: there is nothing left to do */
    qemuMigrationHostdevsStopping(*vm, end->reason);
    qemuMigrationHostdevsStopped(&driver, *vm, end->reason);

    path = testStatusPath((*vm)->def->name);
    unlink(path);

    /* what could not be undone outlives the daemon */
    qemuMigrationHostdevUndoFree(driver.migrationHostdevUndo);
    driver.migrationHostdevUndo = qemuMigrationHostdevUndoNew(&driver, undoPath);

    host->noNodedev = end->noNodedevEver;
    if (end->busyLater)
        testHostSetAllBusy(host, true);
    for (i = 0; i < 10; i++) {
        testHostSettle(host);
        qemuMigrationHostdevUndoRetry(driver.migrationHostdevUndo);
        testClock += 30;
    }
    if (end->busy) {
        testHostSetAllBusy(host, false);
        qemuMigrationHostdevUndoRetry(driver.migrationHostdevUndo);
    }
    testHostSettle(host);
    qemuMigrationHostdevUndoRetry(driver.migrationHostdevUndo);
    testClock = 0;

    if (virFileExists(undoPath)) {
        VIR_TEST_VERBOSE("something is left to undo");
        return -1;
    }

    return 0;
}


/* The two steps of Prepare, with what is between them */
static int
testPrepareActive(testHost *host,
                  virDomainObj *vm,
                  const struct testGuestDevice *guest,
                  GSList *hostdevs,
                  unsigned int flags)
{
    size_t i;
    int rc;

    if (qemuMigrationDstPrepareHostdevs(&driver, vm, hostdevs, flags) < 0)
        return -1;

    for (i = 0; i < MAX_GUEST && testHasGuest(&guest[i]); i++) {
        if (guest[i].function && guest[i].managed)
            testHostBind(host, guest[i].function);
    }

    rc = qemuMigrationDstCheckFunctions(vm, hostdevs, flags);

    /* given back, as if it had not happened */
    for (i = 0; i < MAX_GUEST && testHasGuest(&guest[i]); i++) {
        g_autofree char *dir = NULL;

        if (!guest[i].function || !guest[i].managed)
            continue;

        dir = testHostFunctionDir(host, guest[i].function);
        if (virFileDeleteTree(dir) < 0)
            abort();
    }

    return rc;
}


static int
testPrepare(const void *opaque)
{
    const struct testRun *run = opaque;
    const struct testCase *data = run->data;
    const struct testEnd *end = run->end;
    const struct testGuestDevice *guest = testHasGuest(data->here) ? data->here :
        testHasGuest(data->guest) ? data->guest : testGuest;
    g_autoptr(testHost) host = NULL;
    g_autofree char *undoPath = testUndoPath();
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autofree char *final = NULL;
    GSList *hostdevs = NULL;
    virDomainObj *vm = NULL;
    int ret = -1;
    size_t i;

    if (testBegin(data, &hostdevs) < 0)
        return -1;

    if (data->noAPI) {
        qemuMigrationCookieHostdev *hostdev = hostdevs->data;

        g_clear_pointer(&hostdev->migration->attributes->deviceAPI, g_free);
    }

    if (data->noType) {
        qemuMigrationCookieHostdev *hostdev = hostdevs->data;

        g_clear_pointer(&hostdev->mdevType, g_free);
    }

    host = testHostNew(&data->host);
    testCurrent = host;
    driver.config->migrationHostdevCreate = !data->never;
    driver.privileged = !data->unprivileged;
    driver.migrationHostdevUndo = qemuMigrationHostdevUndoNew(&driver, undoPath);

    /* one that is managed is bound only when the guest is about to start */
    for (i = 0; i < MAX_GUEST && testHasGuest(&guest[i]); i++) {
        if (guest[i].function && !guest[i].managed)
            testHostBind(host, guest[i].function);
    }

    before = testHostDump(host);

    for (i = 0; i < MAX_DEVICES && data->host.devices[i].uuid; i++) {
        if (data->host.devices[i].assigned)
            testAssign(data->host.devices[i].uuid, VIR_MDEV_MODEL_TYPE_VFIO_PCI);
    }

    if (!(vm = testGuestNew("guest", guest)))
        goto cleanup;

    virResetLastError();
    host->checkLock = true;
    if (testCheckError(data, testPrepareActive(host, vm, guest, hostdevs,
                                               data->flags)) < 0)
        goto cleanup;

    after = testHostDump(host);
    if (testCheckPrepared(data, host, vm, before, after, &hostdevs) < 0 ||
        testStop(&vm, host, end) < 0)
        goto cleanup;

    final = testHostDump(host);
    if (virTestCompareToString(end->kept || data->foreign ? after : before, final) < 0)
        goto cleanup;

    if (host->problem) {
        VIR_TEST_VERBOSE("%s", host->problem);
        goto cleanup;
    }

    ret = 0;

 cleanup:
    testUnassignAll();
    g_clear_pointer(&driver.migrationHostdevUndo, qemuMigrationHostdevUndoFree);
    unlink(undoPath);
    testFreeHostdevs(hostdevs);
    virDomainObjEndAPI(&vm);
    return ret;
}


/* A program that was replaced while the guest runs cannot tell any more what the
 * guest's device is. */
static int
testProgramChanged(const void *opaque G_GNUC_UNUSED)
{
    const struct testCase data = {
        .guest = { { .program = "{ \"models\": { \"vendor-a.com/my-nic\": { \"params\": {} } } }",
                     .launch = "<migration model='vendor-a.com/my-nic'>"
                               "<param name='num-queues' value='8'/></migration>" } },
        .code = VIR_ERR_CONFIG_UNSUPPORTED,
        .error = "unsupported configuration: vfio-user program '/usr/libexec/program0' (hostdev0) "
                 "is not what the guest was started with any more: unsupported configuration: "
                 "device model 'vendor-a.com/my-nic' of the program has no parameter 'num-queues'",
    };
    GSList *hostdevs = NULL;
    int rc;

    virResetLastError();
    rc = testBegin(&data, &hostdevs);
    testFreeHostdevs(hostdevs);
    return testCheckError(&data, rc);
}


/* Once for all ends, or for the plain ones, if Prepare succeeds, and otherwise
 * for those that do not assume that the guest ran */
static void
testCaseRun(const struct testCase *data,
            bool plain,
            int *ret)
{
    size_t i;

    /* for those who take twenty times as long */
    if (g_getenv("VIR_TEST_PLAIN_ENDS"))
        plain = true;

    for (i = 0; i < G_N_ELEMENTS(testEnds); i++) {
        const struct testRun run = { .data = data, .end = &testEnds[i] };
        g_autofree char *name = g_strdup_printf("%s; %s", data->name, run.end->name);

        if (plain && !run.end->plain)
            continue;

        if (data->code != VIR_ERR_OK && (run.end->commit || run.end->taken || run.end->busy ||
                                         run.end->busyLater))
            continue;

        virTestRunLog(ret, name, testPrepare, &run);
    }
}


/* Two guests come in at the same time, and there is one device for them. */
struct testRace {
    const char *uuids[2];
    unsigned int instances;
    int code;                   /* of the one that gets none */
};

struct testRacer {
    virThread thread;
    virDomainObj *vm;
    GSList *hostdevs;
    int rc;
    int code;
};

static void
testRaceThread(void *opaque)
{
    struct testRacer *racer = opaque;

    virObjectLock(racer->vm);
    racer->rc = qemuMigrationDstPrepareHostdevs(&driver, racer->vm, racer->hostdevs, 0);
    racer->code = virGetLastErrorCode();
    virObjectUnlock(racer->vm);
}


static int
testRace(const void *opaque)
{
    const struct testRace *data = opaque;
    const struct testHostDesc desc = {
        .types = {
            { .parent = "pci_a", .id = "vendor-type_4", .instances = data->instances,
              PUBLISHED("1.2.3", "5931", "aggregator") },
        },
    };
    static const struct testEnd end = { .reason = VIR_DOMAIN_SHUTOFF_FAILED };
    struct testRacer racers[2] = { 0 };
    g_autoptr(testHost) host = NULL;
    g_autofree char *undoPath = testUndoPath();
    g_autofree char *before = NULL;
    g_autofree char *final = NULL;
    size_t winners = 0;
    int ret = -1;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(racers); i++) {
        const struct testCase guest = { .guest = { { .uuid = data->uuids[i] } } };

        if (testBegin(&guest, &racers[i].hostdevs) < 0 ||
            !(racers[i].vm = testGuestNew(i == 0 ? "one" : "other", guest.guest)))
            goto cleanup;
        virObjectUnlock(racers[i].vm);
    }

    host = testHostNew(&desc);
    host->barrier = G_N_ELEMENTS(racers);
    testCurrent = host;
    driver.config->migrationHostdevCreate = true;
    driver.privileged = true;
    driver.migrationHostdevUndo = qemuMigrationHostdevUndoNew(&driver, undoPath);
    before = testHostDump(host);

    for (i = 0; i < G_N_ELEMENTS(racers); i++) {
        if (virThreadCreate(&racers[i].thread, true, testRaceThread, &racers[i]) < 0)
            abort();
    }

    for (i = 0; i < G_N_ELEMENTS(racers); i++) {
        virThreadJoin(&racers[i].thread);
        if (racers[i].rc == 0) {
            winners++;
        } else if (racers[i].code != data->code) {
            VIR_TEST_VERBOSE("the loser got error %d", racers[i].code);
            goto cleanup;
        }
    }

    if (winners != 1) {
        VIR_TEST_VERBOSE("%zu winners", winners);
        goto cleanup;
    }

    /* the loser must not take away what the winner has */
    for (i = 0; i < G_N_ELEMENTS(racers); i++) {
        virObjectLock(racers[i].vm);
        if (racers[i].rc < 0) {
            g_autofree char *during = testHostDump(host);
            g_autofree char *after = NULL;

            if (testStop(&racers[i].vm, host, &end) < 0)
                goto cleanup;
            after = testHostDump(host);
            if (virTestCompareToString(during, after) < 0)
                goto cleanup;
        }
    }

    for (i = 0; i < G_N_ELEMENTS(racers); i++) {
        if (racers[i].rc == 0 && testStop(&racers[i].vm, host, &end) < 0)
            goto cleanup;
    }

    final = testHostDump(host);
    if (virTestCompareToString(before, final) < 0)
        goto cleanup;

    if (host->problem) {
        VIR_TEST_VERBOSE("%s", host->problem);
        goto cleanup;
    }

    ret = 0;

 cleanup:
    g_clear_pointer(&driver.migrationHostdevUndo, qemuMigrationHostdevUndoFree);
    unlink(undoPath);
    for (i = 0; i < G_N_ELEMENTS(racers); i++) {
        testFreeHostdevs(racers[i].hostdevs);
        virObjectUnref(racers[i].vm);
    }
    return ret;
}


/* A guest comes in again while its device is still to be removed. */
struct testAgain {
    const char *name;
    testFault fault;            /* when it came first */
    bool ran;                   /* did it run then? */
    bool oldSource;             /* the second time */
    bool twice;                 /* the daemon was killed after it noted the undo */
    bool noStatus;              /* can be saved the second time */
    struct testEnd end;         /* of the second time */
};

static int
testComesAgain(const void *opaque)
{
    const struct testAgain *data = opaque;
    const struct testHostDesc desc = {
        .types = {
            { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
              PUBLISHED("1.2.3", "5931", "aggregator") },
        },
        .faults = { data->fault },
    };
    const struct testCase guest = { 0 };
    g_autoptr(testHost) host = NULL;
    g_autofree char *undoPath = testUndoPath();
    g_autofree char *before = NULL;
    g_autofree char *during = NULL;
    g_autofree char *again = NULL;
    char *stateDir;
    int rc;
    g_autofree char *final = NULL;
    GSList *hostdevs = NULL;
    virDomainObj *vm = NULL;
    int ret = -1;

    if (testBegin(&guest, &hostdevs) < 0)
        return -1;

    host = testHostNew(&desc);
    testCurrent = host;
    driver.config->migrationHostdevCreate = true;
    driver.privileged = true;
    driver.migrationHostdevUndo = qemuMigrationHostdevUndoNew(&driver, undoPath);
    before = testHostDump(host);

    if (!(vm = testGuestNew("guest", testGuest)) ||
        (qemuMigrationDstPrepareHostdevs(&driver, vm, hostdevs, 0) < 0) !=
        (data->fault != TEST_FAULT_NONE))
        goto cleanup;
    virResetLastError();

    if (data->ran)
        qemuMigrationDstCommitHostdevs(vm);

    host->noNodedev = true;
    qemuMigrationHostdevsStopping(vm, VIR_DOMAIN_SHUTOFF_DESTROYED);
    qemuMigrationHostdevsStopped(&driver, vm, VIR_DOMAIN_SHUTOFF_FAILED);
    qemuMigrationHostdevUndoRetry(driver.migrationHostdevUndo);
    if (data->twice) {
        if (testRestart(&vm) < 0)
            goto cleanup;
        qemuMigrationHostdevsStopping(vm, VIR_DOMAIN_SHUTOFF_DAEMON);
        qemuMigrationHostdevsStopped(&driver, vm, VIR_DOMAIN_SHUTOFF_DAEMON);
    }
    host->noNodedev = false;
    virDomainObjEndAPI(&vm);

    if (!virFileExists(undoPath)) {
        VIR_TEST_VERBOSE("nothing is left to undo");
        goto cleanup;
    }

    if (!(vm = testGuestNew("guest", testGuest)))
        goto cleanup;

    stateDir = driver.config->stateDir;
    if (data->noStatus)
        driver.config->stateDir = (char *) "/dev/null/nowhere";
    rc = qemuMigrationDstPrepareHostdevs(&driver, vm, data->oldSource ? NULL : hostdevs, 0);
    driver.config->stateDir = stateDir;

    if ((rc < 0) != data->noStatus)
        goto cleanup;

    /* it belongs to this guest now */
    if (virFileExists(undoPath) != data->noStatus) {
        VIR_TEST_VERBOSE(data->noStatus ? "forgotten" : "still to be undone");
        goto cleanup;
    }
    during = testHostDump(host);
    if (!data->noStatus)
        qemuMigrationHostdevUndoRetry(driver.migrationHostdevUndo);
    again = testHostDump(host);
    if (virTestCompareToString(during, again) < 0 ||
        testStop(&vm, host, &data->end) < 0)
        goto cleanup;

    final = testHostDump(host);
    if (virTestCompareToString(data->end.kept ? during : before, final) < 0)
        goto cleanup;

    ret = 0;

 cleanup:
    g_clear_pointer(&driver.migrationHostdevUndo, qemuMigrationHostdevUndoFree);
    unlink(undoPath);
    testFreeHostdevs(hostdevs);
    virDomainObjEndAPI(&vm);
    return ret;
}


/* Nobody knows whether a device was made, and then one appears. */
struct testAppears {
    const char *name;
    testFault fault;
    const char *parent;         /* where it appears */
    unsigned int after;         /* seconds after the node device driver was lost */
    bool again;                 /* ours was seen, removed, and made again */
    bool comesAgain;            /* the guest, and takes the device */
    bool gone;                  /* it is ours */
};

static int
testAppears(const void *opaque)
{
    const struct testAppears *data = opaque;
    const struct testHostDesc desc = {
        .types = {
            { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
              PUBLISHED("1.2.3", "5931", "aggregator") },
            { .parent = "pci_b", .id = "vendor-type_4", .instances = 1,
              PUBLISHED("1.2.3", "5931", "aggregator") },
        },
        .faults = { data->fault },
    };
    static const struct testEnd end = { .reason = VIR_DOMAIN_SHUTOFF_FAILED };
    const struct testCase guest = { 0 };
    g_autoptr(testHost) host = NULL;
    g_autofree char *undoPath = testUndoPath();
    g_autofree char *empty = NULL;
    g_autofree char *before = NULL;
    g_autofree char *final = NULL;
    GSList *hostdevs = NULL;
    virDomainObj *vm = NULL;
    int ret = -1;

    if (testBegin(&guest, &hostdevs) < 0)
        return -1;

    host = testHostNew(&desc);
    testCurrent = host;
    driver.config->migrationHostdevCreate = true;
    driver.privileged = true;
    driver.migrationHostdevUndo = qemuMigrationHostdevUndoNew(&driver, undoPath);
    empty = testHostDump(host);

    /* the kernel does not know our clock: what happens now is later than that */
    testClock = -(time_t) data->after;
    if (!(vm = testGuestNew("guest", testGuest)) ||
        (qemuMigrationDstPrepareHostdevs(&driver, vm, hostdevs, 0) == 0) !=
        (data->fault == TEST_FAULT_NONE))
        goto cleanup;
    testClock = 0;
    virResetLastError();

    if (data->again) {
        testHostDeactivate(host, testHostFindDevice(host, U1));
        qemuDomainSaveStatus(vm);
    }
    if (!testHostFindDevice(host, U1)) {
        testHostActivate(host, testHostAddDevice(host, U1,
                                                 testHostFindType(host, data->parent,
                                                                  "vendor-type_4")));
    }

    if (data->comesAgain) {
        g_autofree char *path = testStatusPath("guest");

        qemuMigrationHostdevsStopping(vm, VIR_DOMAIN_SHUTOFF_FAILED);
        qemuMigrationHostdevsStopped(&driver, vm, VIR_DOMAIN_SHUTOFF_FAILED);
        unlink(path);
        virDomainObjEndAPI(&vm);
        testWrite(host->dir, "devices/" U1 "/aggregator", "2\n");
        if (!(vm = testGuestNew("guest", testGuest)) ||
            qemuMigrationDstPrepareHostdevs(&driver, vm, hostdevs, 0) < 0)
            goto cleanup;
    }
    before = testHostDump(host);

    if (testStop(&vm, host, &end) < 0)
        goto cleanup;

    final = testHostDump(host);
    if (virTestCompareToString(data->gone ? empty : before, final) < 0)
        goto cleanup;

    ret = 0;

 cleanup:
    testClock = 0;
    g_clear_pointer(&driver.migrationHostdevUndo, qemuMigrationHostdevUndoFree);
    unlink(undoPath);
    testFreeHostdevs(hostdevs);
    virDomainObjEndAPI(&vm);
    return ret;
}


/* The node device driver does not answer. Other calls about the guest go on,
 * this one ends, and what comes of it later is removed. */
static int
testHung(const void *opaque G_GNUC_UNUSED)
{
    static const struct testHostDesc desc = {
        .types = {
            { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
              PUBLISHED("1.2.3", "5931", "aggregator") },
        },
        .faults = { TEST_FAULT_HUNG },
    };
    const struct testCase guest = {
        .code = VIR_ERR_OPERATION_TIMEOUT,
        .error = "Timed out during operation: no answer after 90 seconds: node device driver, "
                 "to make mediated device '" U1 "' on 'pci_a'",
    };
    g_autoptr(testHost) host = NULL;
    g_autofree char *undoPath = testUndoPath();
    g_autofree char *path = testStatusPath("guest");
    g_autofree char *before = NULL;
    g_autofree char *final = NULL;
    GSList *hostdevs = NULL;
    virDomainObj *vm = NULL;
    int ret = -1;
    size_t i;

    if (testBegin(&guest, &hostdevs) < 0)
        return -1;

    host = testHostNew(&desc);
    testCurrent = host;
    driver.config->migrationHostdevCreate = true;
    driver.privileged = true;
    driver.migrationHostdevUndo = qemuMigrationHostdevUndoNew(&driver, undoPath);
    before = testHostDump(host);

    if (!(vm = testGuestNew("guest", testGuest)))
        goto cleanup;

    host->hold = true;
    host->checkLock = true;
    testHaste = 90;
    virResetLastError();
    if (testCheckError(&guest, qemuMigrationDstPrepareHostdevs(&driver, vm, hostdevs, 0)) < 0)
        goto cleanup;

    qemuMigrationHostdevsStopping(vm, VIR_DOMAIN_SHUTOFF_FAILED);
    qemuMigrationHostdevsStopped(&driver, vm, VIR_DOMAIN_SHUTOFF_FAILED);
    virObjectUnlock(vm);

    /* long after */
    testClock = 3600;
    qemuMigrationHostdevUndoRetry(driver.migrationHostdevUndo);
    if (!virFileExists(undoPath)) {
        VIR_TEST_VERBOSE("a device that may still appear is forgotten");
        goto cleanup;
    }

    VIR_WITH_MUTEX_LOCK_GUARD(&host->lock) {
        host->hold = false;
        virCondBroadcast(&host->cond);
    }
    for (i = 0; i < 100 && virFileExists(undoPath); i++) {
        g_usleep(20 * 1000);
        qemuMigrationHostdevUndoRetry(driver.migrationHostdevUndo);
    }

    final = testHostDump(host);
    if (virTestCompareToString(before, final) < 0 ||
        virTestCompareToString("create 1 vendor-type_4 on pci_a aggregator=2: hung\n"
                               "destroy 1\n", host->log->str) < 0)
        goto cleanup;

    if (host->problem) {
        VIR_TEST_VERBOSE("%s", host->problem);
        goto cleanup;
    }

    ret = 0;

 cleanup:
    testClock = 0;
    testHaste = 1;
    unlink(path);
    g_clear_pointer(&driver.migrationHostdevUndo, qemuMigrationHostdevUndoFree);
    unlink(undoPath);
    testFreeHostdevs(hostdevs);
    virObjectUnref(vm);
    return ret;
}


static qemuMigrationHostdevRecord *
testRecordNew(const char *uuid,
              const char *parent)
{
    qemuMigrationHostdevRecord *record;

    record = qemuMigrationHostdevRecordNew(uuid, "vendor-type_4", parent,
                                           QEMU_MIGRATION_HOSTDEV_ACTION_CREATE);
    record->state = QEMU_MIGRATION_HOSTDEV_STATE_DONE;
    return record;
}


/* A device that is being removed for ever does not keep a guest waiting for
 * ever, and not the removal of others. */
static int
testRemovalHung(const void *opaque G_GNUC_UNUSED)
{
    static const struct testHostDesc desc = {
        .types = {
            { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
              PUBLISHED("1.2.3", "5931", "aggregator") },
        },
        .devices = {
            { .uuid = U1, .parent = "pci_a", .type = "vendor-type_4", .active = true },
        },
    };
    const struct testCase guest = {
        .code = VIR_ERR_OPERATION_TIMEOUT,
        .error = "Timed out during operation: mediated device '" U1 "', left from an "
                 "earlier migration, is still being removed",
    };
    g_autoptr(testHost) host = NULL;
    g_autofree char *undoPath = testUndoPath();
    GSList *hostdevs = NULL;
    virDomainObj *vm = NULL;
    qemuMigrationHostdevRecord *record;
    int ret = -1;
    size_t i;

    if (testBegin(&guest, &hostdevs) < 0)
        return -1;

    host = testHostNew(&desc);
    testCurrent = host;
    driver.config->migrationHostdevCreate = true;
    driver.privileged = true;
    driver.migrationHostdevUndo = qemuMigrationHostdevUndoNew(&driver, undoPath);
    if (!(vm = testGuestNew("guest", testGuest)))
        goto cleanup;

    host->hold = true;
    host->many = true;
    testHaste = 30;
    record = testRecordNew(U1, "pci_a");
    if (qemuMigrationHostdevUndoNow(driver.migrationHostdevUndo, &record, NULL)) {
        VIR_TEST_VERBOSE("removed");
        goto cleanup;
    }

    virResetLastError();
    if (testCheckError(&guest, qemuMigrationDstPrepareHostdevs(&driver, vm, hostdevs, 0)) < 0)
        goto cleanup;

    /* another attempt neither waits nor asks again */
    qemuMigrationHostdevUndoRetry(driver.migrationHostdevUndo);

    VIR_WITH_MUTEX_LOCK_GUARD(&host->lock) {
        host->hold = false;
        virCondBroadcast(&host->cond);
    }
    for (i = 0; i < 100 && virFileExists(undoPath); i++) {
        g_usleep(20 * 1000);
        qemuMigrationHostdevUndoRetry(driver.migrationHostdevUndo);
    }

    if (virFileExists(undoPath) ||
        virTestCompareToString("destroy 1\n", host->log->str) < 0)
        goto cleanup;

    ret = 0;

 cleanup:
    testHaste = 1;
    g_clear_pointer(&driver.migrationHostdevUndo, qemuMigrationHostdevUndoFree);
    unlink(undoPath);
    testFreeHostdevs(hostdevs);
    virDomainObjEndAPI(&vm);
    return ret;
}


/* Two records of one UUID, of which one is right: neither hides the other. */
static int
testTwoRecords(const void *opaque G_GNUC_UNUSED)
{
    static const struct testHostDesc desc = {
        .types = {
            { .parent = "pci_a", .id = "vendor-type_4", .instances = 0,
              PUBLISHED("1.2.3", "5931", "aggregator") },
            { .parent = "pci_b", .id = "vendor-type_4", .instances = 1,
              PUBLISHED("1.2.3", "5931", "aggregator") },
        },
        .devices = {
            { .uuid = U1, .parent = "pci_b", .type = "vendor-type_4", .active = true },
        },
    };
    g_autoptr(testHost) host = testHostNew(&desc);
    g_autofree char *undoPath = testUndoPath();
    g_autofree char *final = NULL;
    qemuMigrationHostdevRecord *lost = testRecordNew(U1, "pci_a");
    qemuMigrationHostdevRecord *made = testRecordNew(U1, "pci_b");

    testCurrent = host;
    driver.migrationHostdevUndo = qemuMigrationHostdevUndoNew(&driver, undoPath);
    lost->state = QEMU_MIGRATION_HOSTDEV_STATE_PENDING;
    qemuMigrationHostdevUndoLater(driver.migrationHostdevUndo, &lost, NULL);
    qemuMigrationHostdevUndoLater(driver.migrationHostdevUndo, &made, NULL);
    qemuMigrationHostdevUndoRetry(driver.migrationHostdevUndo);
    g_clear_pointer(&driver.migrationHostdevUndo, qemuMigrationHostdevUndoFree);
    unlink(undoPath);

    final = testHostDump(host);
    return virTestCompareToString("pci_a vendor-type_4: 0 free\n"
                                  "pci_b vendor-type_4: 2 free\n", final);
}


/* As if so many seconds had gone by */
static void
testSkip(unsigned int seconds)
{
    testMonotonic += seconds * G_USEC_PER_SEC;
    testTimerCallback(1, testTimerOpaque);
}


static bool testInhibited;

static void
testInhibit(bool inhibited,
            void *opaque G_GNUC_UNUSED)
{
    testInhibited = inhibited;
}


/* Waits until the timer is set again; returns for how long. */
static int
testWaitTimer(void)
{
    size_t i;

    for (i = 0; i < 500 && g_atomic_int_get(&testTimer) < 0; i++)
        g_usleep(10 * 1000);

    return g_atomic_int_get(&testTimer);
}


/* A driver that takes its time to clean up: soon tried again, then more and more
 * seldom. What comes meanwhile does not put that off. The daemon stays until the
 * device is gone. */
static int
testRetries(const void *opaque G_GNUC_UNUSED)
{
    static const struct testHostDesc desc = {
        .types = {
            { .parent = "pci_a", .id = "vendor-type_4", .instances = 2,
              PUBLISHED("1.2.3", "5931", "aggregator") },
        },
        .devices = {
            { .uuid = U1, .parent = "pci_a", .type = "vendor-type_4", .active = true },
            { .uuid = U2, .parent = "pci_a", .type = "vendor-type_4", .active = true },
        },
    };
    g_autoptr(testHost) host = testHostNew(&desc);
    g_autofree char *undoPath = testUndoPath();
    g_autofree char *path = g_strdup_printf("%s/devices/" U1 "/remove", host->dir);
    qemuMigrationHostdevRecord *record = testRecordNew(U1, "pci_a");
    qemuMigrationHostdevRecord *other = testRecordNew(U2, "pci_a");
    testHostDevice *device;
    unsigned int expected = 1;
    int ret = -1;
    size_t i;

    testCurrent = host;
    device = g_ptr_array_index(host->devices, 0);
    device->stuck = true;
    /* cannot be written to */
    if (unlink(path) < 0 || g_mkdir(path, 0700) < 0)
        abort();
    testInhibited = false;
    driver.inhibitor = virInhibitorNew(0, "test", "test", VIR_INHIBITOR_MODE_BLOCK,
                                       testInhibit, NULL);
    driver.migrationHostdevUndo = qemuMigrationHostdevUndoNew(&driver, undoPath);
    if (qemuMigrationHostdevUndoStart(driver.migrationHostdevUndo, NULL) < 0)
        goto cleanup;

    qemuMigrationHostdevUndoLater(driver.migrationHostdevUndo, &record, NULL);

    for (i = 0; i < 8; i++) {
        int timeout;

        /* the first time is that of the call above */
        for (timeout = testWaitTimer(); timeout == 1; timeout = testWaitTimer())
            g_usleep(1000);

        if (timeout <= (int) expected * 900 || timeout > (int) expected * 1000) {
            VIR_TEST_VERBOSE("attempt %zu: next after %d ms, not %u s", i + 1, timeout, expected);
            goto cleanup;
        }

        if (i == 3) {
            qemuMigrationHostdevUndoLater(driver.migrationHostdevUndo, &other, NULL);
            if (g_atomic_int_get(&testTimer) > timeout) {
                VIR_TEST_VERBOSE("put off");
                goto cleanup;
            }
            while (testHostFindDevice(host, U2))
                g_usleep(1000);
            for (timeout = testWaitTimer(); timeout == 1; timeout = testWaitTimer())
                g_usleep(1000);
        }

        if (!testInhibited) {
            VIR_TEST_VERBOSE("the daemon may end");
            goto cleanup;
        }

        /* as if the time had gone by */
        testSkip(expected);
        expected = MIN(expected * 2, 60);
    }

    device->stuck = false;
    testSkip(60);
    for (i = 0; i < 500 && virFileExists(undoPath); i++)
        g_usleep(10 * 1000);

    qemuMigrationHostdevUndoStop(driver.migrationHostdevUndo);
    qemuMigrationHostdevUndoDrain(driver.migrationHostdevUndo);

    if (virFileExists(undoPath) || testHostFindDevice(host, U1) || testInhibited) {
        VIR_TEST_VERBOSE("not gone");
        goto cleanup;
    }

    ret = 0;

 cleanup:
    g_clear_pointer(&driver.migrationHostdevUndo, qemuMigrationHostdevUndoFree);
    g_clear_pointer(&driver.inhibitor, virInhibitorFree);
    unlink(undoPath);
    return ret;
}


/* mdevctl fails after the kernel has made the device, and that cannot be removed
 * at once: it is not forgotten, and no other parent is tried. */
static int
testMadeAndStuck(const void *opaque)
{
    const bool *defined = opaque;
    const struct testHostDesc desc = {
        .types = {
            { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
              PUBLISHED("1.2.3", "5931", "aggregator") },
            { .parent = "pci_b", .id = "vendor-type_4", .instances = 1,
              PUBLISHED("1.2.3", "5931", "aggregator") },
        },
        .devices = {
            { .uuid = *defined ? U1 : NULL, .parent = "pci_a", .type = "vendor-type_4",
              .defined = true },
        },
        .faults = { TEST_FAULT_MADE, TEST_FAULT_REFUSED, TEST_FAULT_REFUSED },
    };
    const struct testCase guest = {
        .code = VIR_ERR_OPERATION_FAILED,
        .error = "operation failed: mediated device '" U1 "' was made, though the node "
                 "device driver reported an error, and cannot be removed yet: "
                 "unsupported configuration: an attribute was refused",
    };
    static const struct testEnd end = { .reason = VIR_DOMAIN_SHUTOFF_FAILED };
    g_autoptr(testHost) host = NULL;
    g_autofree char *undoPath = testUndoPath();
    g_autofree char *before = NULL;
    g_autofree char *final = NULL;
    GSList *hostdevs = NULL;
    virDomainObj *vm = NULL;
    int ret = -1;

    if (testBegin(&guest, &hostdevs) < 0)
        return -1;

    host = testHostNew(&desc);
    testCurrent = host;
    driver.config->migrationHostdevCreate = true;
    driver.privileged = true;
    driver.migrationHostdevUndo = qemuMigrationHostdevUndoNew(&driver, undoPath);
    before = testHostDump(host);

    virResetLastError();
    if (!(vm = testGuestNew("guest", testGuest)) ||
        testCheckError(&guest, qemuMigrationDstPrepareHostdevs(&driver, vm, hostdevs, 0)) < 0 ||
        testStop(&vm, host, &end) < 0)
        goto cleanup;

    final = testHostDump(host);
    if (virTestCompareToString(before, final) < 0)
        goto cleanup;

    ret = 0;

 cleanup:
    g_clear_pointer(&driver.migrationHostdevUndo, qemuMigrationHostdevUndoFree);
    unlink(undoPath);
    testFreeHostdevs(hostdevs);
    virDomainObjEndAPI(&vm);
    return ret;
}


/* A device without a VFIO group: nobody can have it open. */
static int
testNoGroup(const void *opaque G_GNUC_UNUSED)
{
    static const struct testHostDesc desc = {
        .types = {
            { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
              PUBLISHED("1.2.3", "5931", "aggregator") },
        },
        .noNodedev = true,
    };
    g_autoptr(testHost) host = testHostNew(&desc);
    g_autofree char *undoPath = testUndoPath();
    g_autofree char *final = NULL;
    qemuMigrationHostdevRecord *record = testRecordNew(U1, "pci_a");
    testHostDevice *device;

    testCurrent = host;
    device = testHostAddDevice(host, U1, testHostFindType(host, "pci_a", "vendor-type_4"));
    device->noGroup = true;
    testHostActivate(host, device);

    driver.migrationHostdevUndo = qemuMigrationHostdevUndoNew(&driver, undoPath);
    qemuMigrationHostdevUndoLater(driver.migrationHostdevUndo, &record, NULL);
    qemuMigrationHostdevUndoRetry(driver.migrationHostdevUndo);
    qemuMigrationHostdevUndoRetry(driver.migrationHostdevUndo);
    testHostSettle(host);
    g_clear_pointer(&driver.migrationHostdevUndo, qemuMigrationHostdevUndoFree);

    if (virFileExists(undoPath)) {
        VIR_TEST_VERBOSE("still to be undone");
        unlink(undoPath);
        return -1;
    }

    final = testHostDump(host);
    return virTestCompareToString("pci_a vendor-type_4: 1 free\n", final);
}


/* Nothing is written to a device that somebody has open. */
static int
testTokenBusy(const void *opaque G_GNUC_UNUSED)
{
    const struct testCase data = {
        .source = { .types = { { .parent = "pci_source", .id = "vendor-type_4",
                                 .files = { { "migration_version", "source-1\n" } } } },
                    .devices = { { .uuid = U1, .parent = "pci_source",
                                   .type = "vendor-type_4", .active = true } } },
        .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4",
                               .files = { { "migration_version", "here-1\n" } } } },
                  .devices = { { .uuid = U1, .parent = "pci_a",
                                 .type = "vendor-type_4", .active = true } } },
        .answer = "1 unchecked none",
    };
    g_autoptr(testHost) host = NULL;
    g_autofree char *undoPath = testUndoPath();
    GSList *hostdevs = NULL;
    virDomainObj *vm = NULL;
    int ret = -1;

    if (testBegin(&data, &hostdevs) < 0)
        return -1;

    host = testHostNew(&data.host);
    testCurrent = host;
    driver.privileged = true;
    driver.migrationHostdevUndo = qemuMigrationHostdevUndoNew(&driver, undoPath);
    testHostSetAllBusy(host, true);

    if (!(vm = testGuestNew("guest", testGuest)) ||
        qemuMigrationDstPrepareHostdevs(&driver, vm, hostdevs, 0) < 0 ||
        virTestCompareToString("", host->log->str) < 0 ||
        testCheckAnswer(&data, &hostdevs) < 0)
        goto cleanup;

    ret = 0;

 cleanup:
    g_clear_pointer(&driver.migrationHostdevUndo, qemuMigrationHostdevUndoFree);
    testFreeHostdevs(hostdevs);
    virDomainObjEndAPI(&vm);
    return ret;
}


/* What another version wrote into the status of a guest does not make the guest
 * unknown. */
static int
testUnknownRecord(const void *opaque)
{
    const char *attrs = opaque;
    g_autofree char *text = g_strdup_printf(
        "<p><migrationHostdevs>"
        "<hostdev uuid='" U1 "' %s/>"
        "<hostdev uuid='" U2 "' mdevType='t' parent='p' action='start' state='committed' later='x'>"
        "<later/></hostdev>"
        "</migrationHostdevs></p>", attrs);
    g_autoptr(xmlDoc) doc = NULL;
    g_autoptr(xmlXPathContext) ctxt = NULL;
    GSList *records = NULL;
    const qemuMigrationHostdevRecord *record;
    int ret = -1;

    if (!(doc = virXMLParseStringCtxt(text, "status", &ctxt)))
        return -1;

    if (qemuMigrationHostdevRecordsParse(ctxt, "./migrationHostdevs/hostdev", &records) != 1 ||
        g_slist_length(records) != 1)
        goto cleanup;

    record = records->data;
    if (STRNEQ(record->uuid, U2) || record->inode != 0 ||
        record->action != QEMU_MIGRATION_HOSTDEV_ACTION_START ||
        record->state != QEMU_MIGRATION_HOSTDEV_STATE_COMMITTED ||
        virGetLastErrorCode() != VIR_ERR_OK)
        goto cleanup;

    ret = 0;

 cleanup:
    qemuMigrationHostdevRecordListFree(records);
    return ret;
}


/* Other devices of the host do not make it dearer to look for one. */
static int
testFindOne(const void *opaque G_GNUC_UNUSED)
{
    static const struct testHostDesc desc = {
        .types = {
            { .parent = "pci_a", .id = "vendor-type_4", .instances = 1000,
              PUBLISHED("1.2.3", "5931", "aggregator") },
        },
        .devices = {
            { .uuid = U1, .parent = "pci_a", .type = "vendor-type_4", .defined = true },
        },
    };
    g_autoptr(testHost) host = testHostNew(&desc);
    qemuMigrationNodeDev *ask;
    int ret = -1;
    size_t i;

    testCurrent = host;
    for (i = 0; i < 200; i++) {
        g_autofree char *uuid = g_strdup_printf("55555555-5555-5555-5555-%012zx", i);

        testHostAddDevice(host, uuid, g_ptr_array_index(host->types, 0))->defined = true;
    }

    ask = qemuMigrationNodeDevNew(NULL);
    ask->uuid = g_strdup(U1);
    if (qemuMigrationNodeDevFindInactive(ask) == 0 &&
        ask->defs->len == 1 &&
        host->nreads == 1)
        ret = 0;

    qemuMigrationNodeDevFree(ask);
    return ret;
}


struct testCost {
    size_t opens;
    size_t calls;
};

static int
testCostOf(size_t n,
           struct testCost *ret_cost)
{
    static const struct testHostDesc desc = {
        .types = {
            { .parent = "pci_a", .id = "vendor-type_4", .instances = 10000,
              PUBLISHED("1.2.3", "5931", "aggregator") },
        },
    };
    g_autoptr(testHost) host = testHostNew(&desc);
    g_autofree char *undoPath = testUndoPath();
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    testHostType *type = g_ptr_array_index(host->types, 0);
    GSList *records = NULL;
    size_t i;

    testCurrent = host;
    host->many = true;
    host->byName = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (i = 0; i < n; i++) {
        g_autofree char *uuid = g_strdup_printf("55555555-5555-5555-5555-%012zx", i);
        testHostDevice *device = testHostAddDevice(host, uuid, type);
        qemuMigrationHostdevRecord *record = testRecordNew(uuid, "pci_a");
        g_autofree char *dir = testHostDeviceDir(host, uuid);
        g_autofree char *real = g_strdup_printf("%s/%s", type->parentdir, uuid);
        g_autofree char *link = g_strdup_printf("%s/mdev_type", real);

        record->name = testDeviceName(device);
        g_hash_table_insert(host->byName, g_strdup(record->name), device);
        if (g_mkdir(real, 0700) < 0 || symlink(real, dir) < 0 || symlink(type->dir, link) < 0)
            abort();
        device->active = true;
        records = g_slist_prepend(records, record);
    }

    qemuMigrationHostdevRecordsFormat(&buf, records);
    qemuMigrationHostdevRecordListFree(records);
    if (virFileWriteStr(undoPath, virBufferCurrentContent(&buf), 0600) < 0)
        abort();

    testOpens = 0;
    host->ncalls = 0;
    driver.migrationHostdevUndo = qemuMigrationHostdevUndoNew(&driver, undoPath);
    qemuMigrationHostdevUndoRetry(driver.migrationHostdevUndo);
    ret_cost->opens = testOpens;
    ret_cost->calls = host->ncalls;

    g_clear_pointer(&driver.migrationHostdevUndo, qemuMigrationHostdevUndoFree);
    g_clear_pointer(&host->byName, g_hash_table_unref);
    if (virFileExists(undoPath)) {
        VIR_TEST_VERBOSE("something is left to undo");
        unlink(undoPath);
        return -1;
    }

    return 0;
}


/* 4096 devices take no more than four times as much as 1024. */
static int
testCost(const void *opaque G_GNUC_UNUSED)
{
    struct testCost few;
    struct testCost many;

    if (testCostOf(1024, &few) < 0 ||
        testCostOf(4096, &many) < 0)
        return -1;

    VIR_TEST_VERBOSE("1024: %zu files, %zu calls; 4096: %zu files, %zu calls",
                     few.opens, few.calls, many.opens, many.calls);

    if (many.opens > 4 * few.opens || many.calls > 4 * few.calls ||
        few.calls > 2 * 1024 || few.opens > 8 * 1024)
        return -1;

    return 0;
}


/* A guest comes in while its device of before is just being removed. *//* A guest comes in while its device of before is just being removed. */
static void
testRetryThread(void *opaque G_GNUC_UNUSED)
{
    qemuMigrationHostdevUndoRetry(driver.migrationHostdevUndo);
}


static int
testComesInBetween(const void *opaque G_GNUC_UNUSED)
{
    static const struct testHostDesc desc = {
        .types = {
            { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
              PUBLISHED("1.2.3", "5931", "aggregator") },
        },
    };
    static const struct testEnd end = { .commit = true, .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN };
    const struct testCase guest = { 0 };
    g_autoptr(testHost) host = NULL;
    g_autofree char *undoPath = testUndoPath();
    g_autofree char *before = NULL;
    g_autofree char *final = NULL;
    struct testRacer racer = { 0 };
    virDomainObj *vm = NULL;
    virThread retry;
    int ret = -1;

    if (testBegin(&guest, &racer.hostdevs) < 0)
        return -1;

    host = testHostNew(&desc);
    testCurrent = host;
    driver.config->migrationHostdevCreate = true;
    driver.privileged = true;
    driver.migrationHostdevUndo = qemuMigrationHostdevUndoNew(&driver, undoPath);
    before = testHostDump(host);

    if (!(vm = testGuestNew("guest", testGuest)) ||
        !(racer.vm = testGuestNew("again", testGuest)) ||
        qemuMigrationDstPrepareHostdevs(&driver, vm, racer.hostdevs, 0) < 0)
        goto cleanup;
    virObjectUnlock(racer.vm);

    host->noNodedev = true;
    qemuMigrationHostdevsStopping(vm, VIR_DOMAIN_SHUTOFF_FAILED);
    qemuMigrationHostdevsStopped(&driver, vm, VIR_DOMAIN_SHUTOFF_FAILED);
    qemuMigrationHostdevUndoRetry(driver.migrationHostdevUndo);
    host->noNodedev = false;

    host->hold = true;
    if (virThreadCreate(&retry, true, testRetryThread, NULL) < 0)
        abort();
    VIR_WITH_MUTEX_LOCK_GUARD(&host->lock) {
        while (!host->held) {
            if (virCondWait(&host->cond, &host->lock) < 0)
                abort();
        }
    }

    if (virThreadCreate(&racer.thread, true, testRaceThread, &racer) < 0)
        abort();
    g_usleep(100 * 1000);
    VIR_WITH_MUTEX_LOCK_GUARD(&host->lock) {
        host->hold = false;
        virCondBroadcast(&host->cond);
    }
    virThreadJoin(&retry);
    virThreadJoin(&racer.thread);

    if (racer.rc < 0) {
        VIR_TEST_VERBOSE("error %d", racer.code);
        goto cleanup;
    }

    if (virTestCompareToString("create 1 vendor-type_4 on pci_a aggregator=2\n"
                               "destroy 1\n"
                               "create 1 vendor-type_4 on pci_a aggregator=2\n",
                               host->log->str) < 0)
        goto cleanup;

    virObjectLock(racer.vm);
    if (testStop(&racer.vm, host, &end) < 0)
        goto cleanup;
    virObjectUnlock(racer.vm);

    final = testHostDump(host);
    if (virTestCompareToString(before, final) < 0)
        goto cleanup;

    ret = 0;

 cleanup:
    g_clear_pointer(&driver.migrationHostdevUndo, qemuMigrationHostdevUndoFree);
    unlink(undoPath);
    testFreeHostdevs(racer.hostdevs);
    virObjectUnref(racer.vm);
    virDomainObjEndAPI(&vm);
    return ret;
}


/* What cannot be remembered is not made. */
static int
testNoStatus(const void *opaque)
{
    const struct testHostDesc *desc = opaque;
    const struct testCase guest = { 0 };
    g_autoptr(testHost) host = NULL;
    char *stateDir;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    GSList *hostdevs = NULL;
    virDomainObj *vm = NULL;
    int ret = -1;
    int rc;

    if (testBegin(&guest, &hostdevs) < 0)
        return -1;

    host = testHostNew(desc);
    testCurrent = host;
    driver.config->migrationHostdevCreate = true;
    driver.privileged = true;
    before = testHostDump(host);

    if (!(vm = testGuestNew("guest", testGuest)))
        goto cleanup;

    stateDir = driver.config->stateDir;
    driver.config->stateDir = (char *) "/dev/null/nowhere";
    rc = qemuMigrationDstPrepareHostdevs(&driver, vm, hostdevs, 0);
    driver.config->stateDir = stateDir;

    after = testHostDump(host);
    if (rc == 0 || virTestCompareToString("", host->log->str) < 0 ||
        virTestCompareToString(before, after) < 0)
        goto cleanup;

    virResetLastError();
    ret = 0;

 cleanup:
    testFreeHostdevs(hostdevs);
    virDomainObjEndAPI(&vm);
    return ret;
}


/* Something was left to undo when this daemon ended. It is done by a thread
 * when the next one starts. */
static int
testAtStart(const void *opaque G_GNUC_UNUSED)
{
    static const struct testHostDesc desc = {
        .types = {
            { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
              PUBLISHED("1.2.3", "5931", "aggregator") },
        },
        .devices = {
            { .uuid = U1, .parent = "pci_a", .type = "vendor-type_4", .active = true },
            { .uuid = U2, .parent = "pci_a", .type = "vendor-type_4", .active = true },
            { .uuid = U3, .parent = "pci_a", .type = "vendor-type_4", .active = true },
        },
    };
    g_autofree char *left = g_strdup_printf(
        "<migrationHostdevs>"
        "<hostdev uuid='" U1 "' mdevType='vendor-type_4' parent='pci_a' action='create' "
        "state='pending' asked='%lld'/>"
        "<hostdev uuid='" U2 "' mdevType='vendor-type_8' parent='pci_a' action='create' state='done'/>"
        "</migrationHostdevs>", (long long) time(NULL));
    g_autoptr(testHost) host = testHostNew(&desc);
    g_autofree char *undoPath = testUndoPath();
    g_autofree char *final = NULL;
    size_t i;

    testCurrent = host;
    if (virFileWriteStr(undoPath, left, 0600) < 0)
        return -1;

    driver.migrationHostdevUndo = qemuMigrationHostdevUndoNew(&driver, undoPath);
    if (qemuMigrationHostdevUndoStart(driver.migrationHostdevUndo, NULL) < 0)
        return -1;

    for (i = 0; i < 1000 && virFileExists(undoPath); i++)
        g_usleep(10 * 1000);

    qemuMigrationHostdevUndoStop(driver.migrationHostdevUndo);
    qemuMigrationHostdevUndoDrain(driver.migrationHostdevUndo);
    g_clear_pointer(&driver.migrationHostdevUndo, qemuMigrationHostdevUndoFree);

    if (virFileExists(undoPath)) {
        VIR_TEST_VERBOSE("still to be undone");
        unlink(undoPath);
        return -1;
    }

    /* one of them has become another device since */
    final = testHostDump(host);
    return virTestCompareToString("2 vendor-type_4 on pci_a active aggregator=1\n"
                                  "3 vendor-type_4 on pci_a active aggregator=1\n"
                                  "pci_a vendor-type_4: 2 free\n", final);
}


/* A file that cannot be read stops nobody, and is not lost. */
static int
testGarbage(const void *opaque)
{
    static const struct testHostDesc desc = { 0 };
    const char *garbage = opaque;
    qemuMigrationHostdevRecord *record = NULL;
    g_autoptr(testHost) host = testHostNew(&desc);
    g_autofree char *undoPath = testUndoPath();
    g_autofree char *badPath = g_strdup_printf("%s.bad", undoPath);
    g_autofree char *after = NULL;

    testCurrent = host;
    if (virFileWriteStr(undoPath, garbage, 0600) < 0)
        return -1;

    driver.migrationHostdevUndo = qemuMigrationHostdevUndoNew(&driver, undoPath);
    record = qemuMigrationHostdevRecordNew(U1, "vendor-type_4", "pci_a",
                                           QEMU_MIGRATION_HOSTDEV_ACTION_CREATE);
    record->state = QEMU_MIGRATION_HOSTDEV_STATE_PENDING;
    if (qemuMigrationHostdevUndoNow(driver.migrationHostdevUndo, &record, NULL)) {
        VIR_TEST_VERBOSE("a device that may still appear is forgotten");
        return -1;
    }
    g_clear_pointer(&driver.migrationHostdevUndo, qemuMigrationHostdevUndoFree);
    unlink(undoPath);

    if (virFileReadAll(badPath, 1024, &after) < 0)
        return -1;

    unlink(badPath);
    virResetLastError();
    return virTestCompareToString(garbage, after);
}


/* The source is told that nobody looks at what it sent. */
struct testAnswer {
    const char *name;
    bool nothing;               /* published */
    bool function;
    bool answered;
    bool warning;
};

static int
testAnswer(const void *opaque)
{
    const struct testAnswer *data = opaque;
    static const struct testHostDesc nothing = {
        .types = { { .parent = "pci_source", .id = "vendor-type_4" } },
        .devices = { { .uuid = U1, .parent = "pci_source", .type = "vendor-type_4",
                       .active = true } },
        .functions = { { .address = F1, .files = { { "vendor", "0x8086\n" } } } },
    };
    static const struct testHostDesc function = {
        .functions = { { .address = F1, .files = { { "migration_version", "1\n" } } } },
    };
    static const struct testGuestDevice guest[MAX_GUEST] = { { .function = F1 } };
    g_autoptr(testHost) host = testHostNew(data->nothing ? &nothing :
                                           data->function ? &function : &testSource);
    g_autofree char *log = NULL;
    virDomainObj *vm = testGuestNew("guest", data->function ? guest : testGuest);
    GSList *hostdevs = NULL;
    bool warning;

    testCurrent = host;
    testHostBind(host, F1);
    if (!vm || !qemuMigrationSrcHasHostdevs(vm->def) ||
        qemuMigrationSrcCollectHostdevs(vm, &hostdevs) < 0)
        return -1;

    if (data->answered)
        ((qemuMigrationCookieHostdev *) hostdevs->data)->answered = true;
    else
        testFreeHostdevs(g_steal_pointer(&hostdevs));

    g_free(virTestLogContentAndReset());
    qemuMigrationSrcCheckHostdevsAnswer(vm, hostdevs);
    log = virTestLogContentAndReset();

    testFreeHostdevs(hostdevs);
    virDomainObjEndAPI(&vm);

    warning = strstr(log, "warning") && strstr(log, data->function ? F1 : U1);
    if (warning != data->warning) {
        VIR_TEST_VERBOSE("log: %s", log);
        return -1;
    }

    return 0;
}


/* More than a cookie may carry: Begin says which device it is. */
static int
testTooMuch(const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *value = g_strnfill(VIR_DEV_MIGRATION_MAX_TEXT, 'v');
    g_autoptr(GString) names = g_string_new(NULL);
    struct testHostDesc desc = testSource;
    g_autoptr(testHost) host = NULL;
    g_autofree char *dir = NULL;
    virDomainObj *vm = NULL;
    GSList *hostdevs = NULL;
    int rc;
    size_t i;

    for (i = 0; i < VIR_DEV_MIGRATION_MAX_ENTRIES; i++)
        g_string_append_printf(names, "%sr%zu", i > 0 ? "," : "", i);
    desc.types[0].files[2].content = names->str;

    host = testHostNew(&desc);
    testCurrent = host;
    dir = testHostDeviceDir(host, U1);
    for (i = 0; i < VIR_DEV_MIGRATION_MAX_ENTRIES; i++) {
        g_autofree char *name = g_strdup_printf("r%zu", i);

        testWrite(dir, name, value);
    }

    if (!(vm = testGuestNew("guest", testGuest)))
        return -1;

    rc = qemuMigrationSrcCollectHostdevs(vm, &hostdevs);
    virDomainObjEndAPI(&vm);
    testFreeHostdevs(hostdevs);

    if (rc == 0 || virGetLastErrorCode() != VIR_ERR_CONFIG_UNSUPPORTED ||
        !strstr(virGetLastErrorMessage(), U1)) {
        VIR_TEST_VERBOSE("got %d: %s", rc, virGetLastErrorMessage());
        return -1;
    }

    virResetLastError();
    return 0;
}


/* More functions than a cookie has room for: that matters only if they have
 * something to say. */
static int
testTooMany(const void *opaque)
{
    const bool *published = opaque;
    static const struct testHostDesc desc = { 0 };
    static const struct testGuestDevice guest[MAX_GUEST] = { { .function = F1 } };
    g_autoptr(testHost) host = testHostNew(&desc);
    virDomainObj *vm = testGuestNew("guest", guest);
    GSList *hostdevs = NULL;
    size_t n;
    int rc;
    size_t i;

    testCurrent = host;
    if (!vm)
        return -1;

    for (i = 0; i < QEMU_MIGRATION_COOKIE_HOSTDEV_MAX; i++) {
        virDomainHostdevDef *def = virDomainHostdevDefNew();

        def->mode = VIR_DOMAIN_HOSTDEV_MODE_SUBSYS;
        def->source.subsys.type = VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_PCI;
        def->source.subsys.u.pci.addr.bus = i;
        def->info->type = VIR_DOMAIN_DEVICE_ADDRESS_TYPE_PCI;
        def->info->addr.pci.bus = i;
        def->info->addr.pci.slot = 1;
        virDomainHostdevInsert(vm->def, def);

        if (*published) {
            g_autofree char *address = virPCIDeviceAddressAsString(&def->source.subsys.u.pci.addr);
            g_autofree char *dir = testHostFunctionDir(host, address);

            testWrite(dir, "migration_version", "1\n");
        }
    }

    rc = qemuMigrationSrcCollectHostdevs(vm, &hostdevs);
    n = g_slist_length(hostdevs);
    virDomainObjEndAPI(&vm);

    /* the other side takes what this one sends */
    if (rc == 0 && testSend(&hostdevs, false) < 0)
        rc = -2;
    testFreeHostdevs(hostdevs);

    if (*published && rc == -1 && virGetLastErrorCode() == VIR_ERR_CONFIG_UNSUPPORTED &&
        strstr(virGetLastErrorMessage(), "PCI function '0000:ff:00.0'")) {
        virResetLastError();
        return 0;
    }

    if (!*published && rc == 0 && n == QEMU_MIGRATION_COOKIE_HOSTDEV_MAX)
        return 0;

    VIR_TEST_VERBOSE("got %d, %zu: %s", rc, n, virGetLastErrorMessage());
    return -1;
}


/* The cookie of a source that cannot be trusted */
struct testHostile {
    const char *name;
    const char *begin;
    const char *repeat;
    size_t times;
    const char *end;
    const char *error;          /* part of it, NULL if there is none */
    size_t devices;
};

# define HOSTDEV(uuid, slot, content) \
    "<hostdev type='mdev' uuid='" uuid "'>" \
    "<address type='pci' domain='0' bus='0' slot='" slot "' function='0'/>" content "</hostdev>"
# define CAP_OF(interface, content) \
    "<capability type='migration'><interface type='" interface "'>" content \
    "</interface></capability>"
# define CAP(content) CAP_OF("attributes", content)
# define FUNCTION_ENTRY(slot, content) \
    "<hostdev type='pci'>" \
    "<address type='pci' domain='0' bus='0' slot='" slot "' function='0'/>" content "</hostdev>"
# define PARAM(attrs) \
    CAP_OF("parameters", "<model name='a/b'><param " attrs "/></model>")

static int
testHostile(const void *opaque)
{
    const struct testHostile *data = opaque;
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    g_autoptr(xmlDoc) doc = NULL;
    g_autoptr(xmlXPathContext) ctxt = NULL;
    GSList *hostdevs = NULL;
    size_t n;
    size_t i;
    int rc = -1;

    virBufferAsprintf(&buf, "<qemu-migration><hostdevs>%s", data->begin);
    for (i = 0; i < data->times; i++)
        virBufferAdd(&buf, data->repeat, -1);
    virBufferAsprintf(&buf, "%s</hostdevs></qemu-migration>", NULLSTR_EMPTY(data->end));

    virResetLastError();
    if ((doc = virXMLParseStringCtxt(virBufferCurrentContent(&buf), "cookie", &ctxt)))
        rc = qemuMigrationCookieHostdevsParse(ctxt, &hostdevs);
    n = g_slist_length(hostdevs);
    testFreeHostdevs(hostdevs);

    if (data->error) {
        if (rc == 0 || !strstr(virGetLastErrorMessage(), data->error)) {
            VIR_TEST_VERBOSE("expected '%s', got %d, '%s'",
                             data->error, rc, virGetLastErrorMessage());
            return -1;
        }
        if (strlen(virGetLastErrorMessage()) > 8192) {
            VIR_TEST_VERBOSE("the error has %zu bytes", strlen(virGetLastErrorMessage()));
            return -1;
        }
        virResetLastError();
        return 0;
    }

    if (rc < 0 || n != data->devices) {
        VIR_TEST_VERBOSE("expected %zu devices, got %d, %zu: %s",
                         data->devices, rc, n, virGetLastErrorMessage());
        return -1;
    }

    return 0;
}


struct testWords {
    const char *name;
    const char *xml;
    size_t times;               /* 0: once */
    size_t devices;
    bool warning;
    bool answered;
    virDevMigrationVerdict verdict;
    qemuMigrationHostdevAction action;
};

/* Whatever the destination answers, Perform goes on. */
static int
testWords(const void *opaque)
{
    const struct testWords *data = opaque;
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    g_autoptr(xmlDoc) doc = NULL;
    g_autoptr(xmlXPathContext) ctxt = NULL;
    g_autofree char *log = NULL;
    g_autoptr(qemuMigrationCookieHostdev) first = NULL;
    GSList *hostdevs;
    size_t n;
    size_t i;

    virBufferAddLit(&buf, "<qemu-migration><hostdevs>");
    for (i = 0; i < MAX(data->times, 1); i++)
        virBufferAdd(&buf, data->xml, -1);
    virBufferAddLit(&buf, "</hostdevs></qemu-migration>");

    if (!(doc = virXMLParseStringCtxt(virBufferCurrentContent(&buf), "cookie", &ctxt)))
        return -1;

    g_free(virTestLogContentAndReset());
    hostdevs = qemuMigrationCookieHostdevsParseAnswer(ctxt);
    log = virTestLogContentAndReset();
    n = g_slist_length(hostdevs);
    if (hostdevs) {
        first = hostdevs->data;
        hostdevs = g_slist_delete_link(hostdevs, hostdevs);
    }
    testFreeHostdevs(hostdevs);

    if (n != data->devices || virGetLastErrorCode() != VIR_ERR_OK) {
        VIR_TEST_VERBOSE("expected %zu devices, got %zu: %s",
                         data->devices, n, virGetLastErrorMessage());
        return -1;
    }

    if (!!strstr(NULLSTR_EMPTY(log), "destination") != data->warning) {
        VIR_TEST_VERBOSE("log: %s", NULLSTR(log));
        return -1;
    }

    if (first &&
        (first->answered != data->answered ||
         first->verdict != data->verdict ||
         first->action != data->action)) {
        VIR_TEST_VERBOSE("got %d, %d, %d", first->answered, first->verdict, first->action);
        return -1;
    }

    return 0;
}


# define DEV1 "device 'hostdev0' at 0000:00:05.0, mediated device '" U1 "': "
# define DEV2 "device 'hostdev1' at 0000:00:06.0, mediated device '" U2 "': "
# define ABSENT "the device does not exist, and none can be created: "

# define TYPE_4(p, n) \
    { .parent = p, .id = "vendor-type_4", .instances = n, \
      PUBLISHED("1.2.3", "5931,591b", "aggregator") }
# define DEVICE(...) { .uuid = U1, .parent = "pci_a", .type = "vendor-type_4", __VA_ARGS__ }

/* The interfaces beside the attributes. The network card and the graphics card
 * are those of the published texts. */
# define NIC_INFO(queues, feature) \
    "{ \"models\": { \"vendor-a.com/my-nic\": { \"params\": {" \
    "  \"num-queues\": { \"type\": \"int\", \"init_value\": 4, \"off_value\": 1," \
    "                    \"allowed_values\": [" queues "] }" feature "} } } }\n"
# define NIC(queues, feature) \
    { "migration_info.json", NIC_INFO(queues, feature) }
# define CARD_INFO(versions) \
    "{ \"models\": { \"org.project/graphics-card\": { \"versions\": [" versions "] } } }"
# define NIC_LAUNCH(queues) \
    "<migration model='vendor-a.com/my-nic'><param name='num-queues' value='" queues "'/></migration>"
# define CARD_LAUNCH(version) \
    "<migration model='org.project/graphics-card' version='" version "'/>"
# define NEW_FEATURE \
    ", \"new-feature\": { \"type\": \"bool\", \"init_value\": true, \"off_value\": false }"
# define NIC_DEVICE(queues) \
    { "migration/num-queues", queues "\n" }

# define CARD(versions) \
    { "migration_device_models", "org.project/graphics-card:\n" versions }
# define CARD_DEVICE(version) \
    { "migration/device_model", "org.project/graphics-card\n" }, \
    { "migration/version", version "\n" }

# define DESCRIBED(type, attrs, accepts) \
    { "migration_description", \
      "{ \"self\": { \"device_api\": \"vfio-pci\", \"vendor\": \"vendor-driver-name\"," \
      "              \"version\": { \"major\": 1, \"minor\": 2 }," \
      "              \"mdev_type\": \"" type "\"," \
      "              \"mdev_attrs\": [" attrs "] }," \
      "  \"compatible\": [" accepts "] }\n" }
# define ATTR(value) "{ \"aggregator\": \"" value "\" }"
# define AS_X1(type) \
    "{ \"device_api\": \"vfio-pci\", \"vendor\": \"vendor-driver-name\"," \
    "  \"version\": { \"major\": 1, \"minor\": 2 }," \
    "  \"variables\": { \"aggr\": { \"min\": 1, \"max\": 8 } }," \
    "  \"mdev_type\": \"" type "\"," \
    "  \"mdev_attrs\": [ { \"aggregator\": \"${aggr}\" } ] }"

# define OTHER_TYPE(number) \
    { .parent = "pci_a", .id = "type_" number, .instances = 1, \
      .files = { DESCRIBED("type_" number, "", "") } }
# define OTHER_REASON(number) \
    "on 'pci_a', type 'type_" number "': mediated device type: " \
    "source has 'type_x2', destination has 'type_" number "'; "

# define TOKEN(token) { "migration_version", token "\n" }

# define PUBLISHED_FILES(version, ids, resources) \
    { "software_version", version "\n" }, { "compatible_pci_ids", ids "\n" }, \
    { "dynamic_resources", resources "\n" }

/* One device on the source, or one function */
# define SOURCE_OF(name, ...) \
    .types = { { .parent = "pci_source", .id = name, __VA_ARGS__ } }, \
    .devices = { { .uuid = U1, .parent = "pci_source", .type = name, .active = true } }
# define FUNCTION(name, ...) { .address = name, .files = { __VA_ARGS__ } }
# define FUN1 "device 'hostdev0' at 0000:00:05.0, PCI function '" F1 "': "
# define PRO1 "device 'hostdev0' at 0000:00:05.0, vfio-user program '/usr/libexec/program0': "
# define RUN1 "run /usr/libexec/program0\n"

static int
mymain(void)
{
    static const struct testCase cases[] = {
        { .name = "a device is created",
          .host = { .types = { TYPE_4("pci_a", 2) } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2\n",
          .devices = "1 vendor-type_4 on pci_a active aggregator=2\n",
          .answer = "1 compatible create",
        },
        { .name = "two devices are created",
          .guest = { { U1 }, { U2 } },
          .host = { .types = { TYPE_4("pci_a", 2) } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2\n"
                   "create 2 vendor-type_4 on pci_a aggregator=3\n",
          .devices = "1 vendor-type_4 on pci_a active aggregator=2\n"
                     "2 vendor-type_4 on pci_a active aggregator=3\n",
          .answer = "1 compatible create, 2 compatible create",
        },
        { .name = "two devices are created on two parents",
          .guest = { { U1 }, { U2 } },
          .host = { .types = { TYPE_4("pci_b", 1), TYPE_4("pci_a", 1) } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2\n"
                   "create 2 vendor-type_4 on pci_b aggregator=3\n",
          .devices = "1 vendor-type_4 on pci_a active aggregator=2\n"
                     "2 vendor-type_4 on pci_b active aggregator=3\n",
          .answer = "1 compatible create, 2 compatible create",
        },
        { .name = "one free instance for two devices",
          .guest = { { U1 }, { U2 } },
          .host = { .types = { TYPE_4("pci_a", 1) } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2\n",
          .code = VIR_ERR_DEVICE_MISSING,
          .error = "device not found: " DEV2 ABSENT "on 'pci_a': no free instance of type 'vendor-type_4'",
        },
        { .name = "the second device is refused",
          .guest = { { U1 }, { U2 } },
          .host = { .types = { TYPE_4("pci_a", 3) },
                    .faults = { TEST_FAULT_NONE, TEST_FAULT_REFUSED } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2\n"
                   "create 2 vendor-type_4 on pci_a aggregator=3: refused\n",
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV2 ABSENT
                   "on 'pci_a': refused to create type 'vendor-type_4' with the source's values "
                   "(aggregator=3): unsupported configuration: refused by the parent",
        },
        { .name = "parents are taken by name",
          .host = { .types = { TYPE_4("pci_b", 2), TYPE_4("pci_a", 2), TYPE_4("pci_c", 2) } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2\n",
          .devices = "1 vendor-type_4 on pci_a active aggregator=2\n",
          .answer = "1 compatible create",
        },
        { .name = "parents that do not fit are passed over",
          .host = { .types = {
                      { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                        PUBLISHED("2.0.0", "5931", "aggregator") },
                      TYPE_4("pci_b", 0),
                      { .parent = "pci_c", .id = "vendor-type_4", .instances = 1 },
                      { .parent = "pci_d", .id = "vendor-type_8", .instances = 1,
                        PUBLISHED("1.2.3", "5931", "aggregator") },
                      TYPE_4("pci_e", 1),
                    } },
          .calls = "create 1 vendor-type_4 on pci_e aggregator=2\n",
          .devices = "1 vendor-type_4 on pci_e active aggregator=2\n",
          .answer = "1 compatible create",
        },
        { .name = "the next parent is tried",
          .host = { .types = { TYPE_4("pci_a", 1), TYPE_4("pci_b", 1) },
                    .faults = { TEST_FAULT_REFUSED } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: refused\n"
                   "create 1 vendor-type_4 on pci_b aggregator=2\n",
          .devices = "1 vendor-type_4 on pci_b active aggregator=2\n",
          .answer = "1 compatible create",
        },
        { .name = "the next parent is tried when this host cannot make it on one",
          .host = { .types = { TYPE_4("pci_a", 1), TYPE_4("pci_b", 1) },
                    .faults = { TEST_FAULT_HOST } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: not here\n"
                   "create 1 vendor-type_4 on pci_b aggregator=2\n",
          .devices = "1 vendor-type_4 on pci_b active aggregator=2\n",
          .answer = "1 compatible create",
        },
        { .name = "this host cannot make it",
          .host = { .types = { TYPE_4("pci_a", 1) }, .faults = { TEST_FAULT_HOST } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: not here\n",
          .code = VIR_ERR_OPERATION_FAILED,
          .error = "operation failed: " DEV1 ABSENT "on 'pci_a': type 'vendor-type_4' could "
                   "not be made here: operation failed: mdevctl is not installed",
        },
        { .name = "a device that does not appear ends the attempt",
          .host = { .types = { TYPE_4("pci_a", 1), TYPE_4("pci_b", 1) },
                    .faults = { TEST_FAULT_NO_SHOW } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: no show\n",
          .code = VIR_ERR_OPERATION_FAILED,
          .error = "operation failed: " DEV1 "the device does not exist, and could not be made "
                   "here: Node device not found: the device did not appear",
        },
        { .name = "the device is made in spite of an error, and the next parent is tried",
          .host = { .types = { TYPE_4("pci_a", 1), TYPE_4("pci_b", 1) },
                    .faults = { TEST_FAULT_MADE } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: made\n"
                   "destroy 1\n"
                   "create 1 vendor-type_4 on pci_b aggregator=2\n",
          .devices = "1 vendor-type_4 on pci_b active aggregator=2\n",
          .answer = "1 compatible create",
        },
        { .name = "a defined device is started in spite of an error",
          .host = { .types = { TYPE_4("pci_a", 1) },
                    .devices = { DEVICE(.defined = true) },
                    .faults = { TEST_FAULT_MADE } },
          .calls = "start 1: made\ndestroy 1\n",
          .code = VIR_ERR_DEVICE_MISSING,
          .error = "device not found: " DEV1 "the device is defined, but cannot be started: "
                   "unsupported configuration: an attribute was refused",
        },
        { .name = "somebody else makes the device",
          .foreign = true,
          .host = { .types = { TYPE_4("pci_a", 2) }, .faults = { TEST_FAULT_TAKEN } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: taken\n",
          .code = VIR_ERR_OPERATION_FAILED,
          .error = "operation failed: " DEV1 ABSENT "on 'pci_a': type 'vendor-type_4' could "
                   "not be made here: Requested operation is not valid: the device exists",
        },
        { .name = "the driver takes the last byte of a value for a newline",
          .host = { .types = { TYPE_4("pci_a", 1) }, .faults = { TEST_FAULT_CUT } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: cut\n",
          .devices = "1 vendor-type_4 on pci_a active aggregator=2\n",
          .answer = "1 compatible create",
        },
        { .name = "the next parent is tried when the value is clamped",
          .host = { .types = { TYPE_4("pci_a", 1), TYPE_4("pci_b", 1) },
                    .faults = { TEST_FAULT_CLAMPED } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: clamped\n"
                   "destroy 1\n"
                   "create 1 vendor-type_4 on pci_b aggregator=2\n",
          .devices = "1 vendor-type_4 on pci_b active aggregator=2\n",
          .answer = "1 compatible create",
        },
        { .name = "the value is clamped",
          .host = { .types = { TYPE_4("pci_a", 1) },
                    .faults = { TEST_FAULT_CLAMPED } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: clamped\n"
                   "destroy 1\n",
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_a': dynamic resource 'aggregator': source has '2', destination has '1'",
        },
        { .name = "the value is clamped, and the device cannot be removed",
          .host = { .types = { TYPE_4("pci_a", 1) },
                    .faults = { TEST_FAULT_CLAMPED, TEST_FAULT_REFUSED } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: clamped\n"
                   "destroy 1: refused\n",
          .code = VIR_ERR_OPERATION_FAILED,
          .error = "operation failed: mediated device '" U1 "' does not fit, "
                   "and cannot be removed yet: "
                   "dynamic resource 'aggregator': source has '2', destination has '1'",
        },
        { .name = "the client may not create devices",
          .host = { .types = { TYPE_4("pci_a", 1), TYPE_4("pci_b", 1) },
                    .faults = { TEST_FAULT_DENIED } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: denied\n",
          .code = VIR_ERR_ACCESS_DENIED,
          .error = "access denied: you may not",
        },
        { .name = "the source does not say its device API",
          .noAPI = true,
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                                 .api = "vfio-ccw", PUBLISHED("1.2.3", "5931", "aggregator") } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_a': type 'vendor-type_4' has device API 'vfio-ccw'",
        },
        { .name = "every parent refuses",
          .host = { .types = { TYPE_4("pci_a", 1), TYPE_4("pci_b", 1) },
                    .faults = { TEST_FAULT_REFUSED, TEST_FAULT_CLAMPED } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: refused\n"
                   "create 1 vendor-type_4 on pci_b aggregator=2: clamped\n"
                   "destroy 1\n",
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_a': refused to create type 'vendor-type_4' with the source's values "
                   "(aggregator=2): unsupported configuration: refused by the parent; "
                   "on 'pci_b': dynamic resource 'aggregator': source has '2', destination has '1'",
        },
        { .name = "no free instance",
          .host = { .types = { TYPE_4("pci_b", 0), TYPE_4("pci_a", 0) } },
          .code = VIR_ERR_DEVICE_MISSING,
          .error = "device not found: " DEV1 ABSENT
                   "on 'pci_a': no free instance of type 'vendor-type_4'; "
                   "on 'pci_b': no free instance of type 'vendor-type_4'",
        },
        { .name = "no parent",
          .code = VIR_ERR_DEVICE_MISSING,
          .error = "device not found: " DEV1 "the device does not exist, "
                   "and no device of this host that the client may see offers type 'vendor-type_4'",
        },
        { .name = "another type",
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_8", .instances = 1,
                                 PUBLISHED("1.2.3", "5931", "aggregator") } } },
          .code = VIR_ERR_DEVICE_MISSING,
          .error = "device not found: " DEV1 "the device does not exist, "
                   "and no device of this host that the client may see offers type 'vendor-type_4'",
        },
        { .name = "every parent for another reason",
          .host = { .types = {
                      { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                        PUBLISHED("1.1.0", "5931", "aggregator") },
                      { .parent = "pci_b", .id = "vendor-type_4", .instances = 1,
                        PUBLISHED("2.2.0", "591b", "fps") },
                      { .parent = "pci_c", .id = "vendor-type_4", .instances = 1,
                        .api = "vfio-ccw", PUBLISHED("1.2.0", "5931", "aggregator") },
                      TYPE_4("pci_d", 0),
                      { .parent = "pci_e", .id = "vendor-type_4", .instances = 1 },
                      { .parent = "pci_f", .id = "vendor-type_4", .instances = 1,
                        PUBLISHED(" ", "5931", "aggregator") },
                    } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_a': software version: source has '1.2.3', destination has '1.1.0', "
                   "whose minor version is lower; "
                   "on 'pci_b': software version: source has '1.2.3', destination has '2.2.0', "
                   "whose major version is another; "
                   "compatible_pci_ids: source has '5931', destination has '591b', which lacks '5931'; "
                   "dynamic resource 'aggregator': source has '2', destination has none; "
                   "on 'pci_c': device API: source has 'vfio-pci', destination has 'vfio-ccw'; "
                   "on 'pci_d': no free instance of type 'vendor-type_4'; "
                   "on 'pci_e': interface 'attributes': only the source publishes it; "
                   "on 'pci_f': software version: source has '1.2.3', "
                   "value of the destination is unknown; "
                   "value unknown: destination publishes something that cannot be used",
        },
        { .name = "an existing device",
          .host = { .types = { TYPE_4("pci_a", 1) },
                    .devices = { DEVICE(.active = true, .attrs = { { "aggregator", "2\n" } }) } },
          .answer = "1 compatible none",
        },
        { .name = "an existing device, which is defined, too",
          .host = { .types = { TYPE_4("pci_a", 0) },
                    .devices = { DEVICE(.active = true, .defined = true,
                                        .attrs = { { "aggregator", "2\n" } }) } },
          .answer = "1 compatible none",
        },
        { .name = "an existing device, no nodedev",
          .host = { .noNodedev = true,
                    .types = { TYPE_4("pci_a", 0) },
                    .devices = { DEVICE(.active = true, .attrs = { { "aggregator", "2\n" } }) } },
          .answer = "1 compatible none",
        },
        { .name = "an existing device, and nothing may be created",
          .never = true,
          .unprivileged = true,
          .host = { .types = { TYPE_4("pci_a", 0) },
                    .devices = { DEVICE(.active = true, .attrs = { { "aggregator", "2\n" } }) } },
          .answer = "1 compatible none",
        },
        { .name = "an existing device with another value",
          .flags = VIR_MIGRATE_UNSAFE,
          .host = { .types = { TYPE_4("pci_a", 1) },
                    .devices = { DEVICE(.active = true) } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1
                   "dynamic resource 'aggregator': source has '2', destination has '1'",
        },
        { .name = "an existing device that does not fit in any way",
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_8", .instances = 1,
                                 PUBLISHED("1.1.9", "591b", "fps") },
                               TYPE_4("pci_b", 1) },
                    .devices = { { .uuid = U1, .parent = "pci_a", .type = "vendor-type_8",
                                   .active = true } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1
                   "mediated device type: source has 'vendor-type_4', destination has 'vendor-type_8'; "
                   "software version: source has '1.2.3', destination has '1.1.9', "
                   "whose minor version is lower; "
                   "compatible_pci_ids: source has '5931', destination has '591b', which lacks '5931'; "
                   "dynamic resource 'aggregator': source has '2', destination has none",
        },
        { .name = "the second device does not fit: nothing is created",
          .guest = { { U1 }, { U2 } },
          .host = { .types = { TYPE_4("pci_a", 1) },
                    .devices = { { .uuid = U2, .parent = "pci_a", .type = "vendor-type_4",
                                   .active = true } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV2
                   "dynamic resource 'aggregator': source has '3', destination has '1'",
        },
        { .name = "both devices do not fit",
          .guest = { { U1 }, { U2 } },
          .host = { .types = { TYPE_4("pci_a", 0) },
                    .devices = { { .uuid = U2, .parent = "pci_a", .type = "vendor-type_4",
                                   .active = true } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_a': no free instance of type 'vendor-type_4'; " DEV2
                   "dynamic resource 'aggregator': source has '3', destination has '1'",
        },
        { .name = "one device exists, the other is created",
          .guest = { { U1 }, { U2 } },
          .host = { .types = { TYPE_4("pci_a", 1) },
                    .devices = { DEVICE(.active = true, .attrs = { { "aggregator", "2\n" } }) } },
          .calls = "create 2 vendor-type_4 on pci_a aggregator=3\n",
          .devices = "1 vendor-type_4 on pci_a active aggregator=2\n"
                     "2 vendor-type_4 on pci_a active aggregator=3\n",
          .answer = "1 compatible none, 2 compatible create",
        },
        { .name = "a defined device is started",
          .host = { .types = { TYPE_4("pci_a", 1) },
                    .devices = { DEVICE(.defined = true, .attrs = { { "aggregator", "2\n" } }) } },
          .calls = "start 1\n",
          .devices = "1 vendor-type_4 on pci_a defined active aggregator=2\n",
          .answer = "1 compatible start",
        },
        { .name = "a defined device is started, though nothing may be created",
          .never = true,
          .host = { .types = { TYPE_4("pci_a", 1) },
                    .devices = { DEVICE(.defined = true, .attrs = { { "aggregator", "2\n" } }) } },
          .calls = "start 1\n",
          .devices = "1 vendor-type_4 on pci_a defined active aggregator=2\n",
          .answer = "1 compatible start",
        },
        { .name = "a defined device has another value",
          .host = { .types = { TYPE_4("pci_a", 1), TYPE_4("pci_b", 1) },
                    .devices = { DEVICE(.defined = true, .attrs = { { "aggregator", "4\n" } }) } },
          .calls = "start 1\n",
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1
                   "dynamic resource 'aggregator': source has '2', destination has '4'",
        },
        { .name = "a defined device cannot be started",
          .host = { .types = { TYPE_4("pci_a", 1), TYPE_4("pci_b", 1) },
                    .devices = { DEVICE(.defined = true) },
                    .faults = { TEST_FAULT_REFUSED } },
          .calls = "start 1: refused\n",
          .code = VIR_ERR_DEVICE_MISSING,
          .error = "device not found: " DEV1 "the device is defined, but cannot be started: "
                   "unsupported configuration: refused by the parent",
        },
        { .name = "somebody else starts a defined device",
          .foreign = true,
          .host = { .types = { TYPE_4("pci_a", 1) },
                    .devices = { DEVICE(.defined = true, .attrs = { { "aggregator", "2\n" } }) },
                    .faults = { TEST_FAULT_TAKEN } },
          .calls = "start 1: taken\n",
          .devices = "1 vendor-type_4 on pci_a defined active aggregator=2\n",
          .answer = "1 compatible none",
        },
        { .name = "connection lost while the kernel sets up a defined device",
          .host = { .types = { TYPE_4("pci_a", 1) },
                    .devices = { DEVICE(.defined = true) },
                    .faults = { TEST_FAULT_LOST_PROBE } },
          .calls = "start 1: lost in probe\n",
          .code = VIR_ERR_OPERATION_FAILED,
          .error = "operation failed: cannot tell what became of mediated device '" U1 "', "
                   "which the node device driver was to make: "
                   "internal error: client socket is closed",
        },
        { .name = "connection lost while a defined device is started",
          .host = { .types = { TYPE_4("pci_a", 1) },
                    .devices = { DEVICE(.defined = true) },
                    .faults = { TEST_FAULT_LOST } },
          .calls = "start 1: lost\n",
          .code = VIR_ERR_OPERATION_FAILED,
          .error = "operation failed: cannot tell what became of mediated device '" U1 "', "
                   "which the node device driver was to make: "
                   "internal error: client socket is closed",
        },
        { .name = "connection lost before a defined device is started late",
          .host = { .types = { TYPE_4("pci_a", 1) },
                    .devices = { DEVICE(.defined = true) },
                    .faults = { TEST_FAULT_LOST_LATE } },
          .calls = "start 1: lost late\n",
          .code = VIR_ERR_OPERATION_FAILED,
          .error = "operation failed: cannot tell what became of mediated device '" U1 "', "
                   "which the node device driver was to make: "
                   "internal error: client socket is closed",
        },
        { .name = "only the source publishes",
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1 } },
                    .devices = { DEVICE(.active = true) } },
          .code = VIR_ERR_MIGRATE_UNSAFE,
          .error = "Unsafe migration: " DEV1
                   "interface 'attributes': only the source publishes it",
        },
        { .name = "only the source publishes, unsafe",
          .flags = VIR_MIGRATE_UNSAFE,
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1 } },
                    .devices = { DEVICE(.active = true) } },
          .answer = "1 unchecked none",
        },
        { .name = "only the source publishes, nothing to create",
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1 } } },
          .code = VIR_ERR_MIGRATE_UNSAFE,
          .error = "Unsafe migration: " DEV1 ABSENT
                   "on 'pci_a': interface 'attributes': only the source publishes it",
        },
        { .name = "only the source publishes, unsafe creates nothing",
          .flags = VIR_MIGRATE_UNSAFE,
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1 } } },
          .code = VIR_ERR_DEVICE_MISSING,
          .error = "device not found: " DEV1 ABSENT
                   "on 'pci_a': interface 'attributes': only the source publishes it",
        },
        { .name = "only the destination publishes",
          .source = { .types = { { .parent = "pci_source", .id = "vendor-type_4" } },
                      .devices = { { .uuid = U1, .parent = "pci_source",
                                     .type = "vendor-type_4", .active = true } } },
          .host = { .types = { TYPE_4("pci_a", 1) },
                    .devices = { DEVICE(.active = true) } },
          .code = VIR_ERR_MIGRATE_UNSAFE,
          .error = "Unsafe migration: " DEV1
                   "interface 'attributes': only the destination publishes it",
        },
        { .name = "nobody publishes",
          .source = { .types = { { .parent = "pci_source", .id = "vendor-type_4" } },
                      .devices = { { .uuid = U1, .parent = "pci_source",
                                     .type = "vendor-type_4", .active = true } } },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_8", .instances = 1 } },
                    .devices = { { .uuid = U1, .parent = "pci_a",
                                   .type = "vendor-type_8", .active = true } } },
          .answer = "1 unchecked none",
        },
        { .name = "nobody publishes, no device: reported later, as ever",
          .source = { .types = { { .parent = "pci_source", .id = "vendor-type_4" } },
                      .devices = { { .uuid = U1, .parent = "pci_source",
                                     .type = "vendor-type_4", .active = true } } },
          .host = { .noNodedev = true,
                    .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1 } } },
          .answer = "1 unchecked none",
        },
        { .name = "an old source",
          .oldSource = true,
          .host = { .types = { TYPE_4("pci_a", 1) },
                    .devices = { DEVICE(.active = true) } },
        },
        { .name = "an old source, and no device",
          .oldSource = true,
          .host = { .noNodedev = true, .types = { TYPE_4("pci_a", 1) } },
        },
        { .name = "the source publishes something that cannot be used",
          .source = { .types = { { .parent = "pci_source", .id = "vendor-type_4",
                                   PUBLISHED(" ", "5931", "aggregator") } },
                      .devices = { { .uuid = U1, .parent = "pci_source",
                                     .type = "vendor-type_4", .active = true } } },
          .host = { .types = { TYPE_4("pci_a", 1) } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_a': software version: value of the source is unknown, "
                   "destination has '1.2.3'; "
                   "value unknown: source publishes something that cannot be used",
        },
        { .name = "nothing may be created",
          .never = true,
          .host = { .types = { TYPE_4("pci_a", 1) } },
          .code = VIR_ERR_DEVICE_MISSING,
          .error = "device not found: " DEV1 "the device does not exist, and "
                   "migration_hostdev_create is 'never': otherwise one of type 'vendor-type_4' "
                   "would be created on 'pci_a' (aggregator=2)",
        },
        { .name = "nothing may be created, and nothing could",
          .never = true,
          .host = { .types = { TYPE_4("pci_a", 0) } },
          .code = VIR_ERR_DEVICE_MISSING,
          .error = "device not found: " DEV1 ABSENT
                   "on 'pci_a': no free instance of type 'vendor-type_4'",
        },
        { .name = "an unprivileged daemon",
          .unprivileged = true,
          .host = { .types = { TYPE_4("pci_a", 1) } },
          .code = VIR_ERR_DEVICE_MISSING,
          .error = "device not found: " DEV1 "the device does not exist, "
                   "and creating it requires a privileged daemon",
        },
        { .name = "another UUID here",
          .here = { { U2 } },
          .host = { .types = { TYPE_4("pci_a", 1) } },
          .calls = "create 2 vendor-type_4 on pci_a aggregator=2\n",
          .devices = "2 vendor-type_4 on pci_a active aggregator=2\n",
          .answer = "2 compatible create",
        },
        { .name = "UUIDs are the other way round here",
          .guest = { { U1 }, { U2 } },
          .here = { { U2 }, { U1 } },
          .host = { .types = { TYPE_4("pci_a", 2) } },
          .calls = "create 2 vendor-type_4 on pci_a aggregator=2\n"
                   "create 1 vendor-type_4 on pci_a aggregator=3\n",
          .devices = "1 vendor-type_4 on pci_a active aggregator=3\n"
                     "2 vendor-type_4 on pci_a active aggregator=2\n",
          .answer = "2 compatible create, 1 compatible create",
        },
        { .name = "a device that the domain here does not have",
          .guest = { { U1 }, { U2 } },
          .here = { { U1 } },
          .host = { .types = { TYPE_4("pci_a", 2) } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: the source's host device at '0000:00:06.0', "
                   "mediated device '" U2 "', is not in the domain",
        },
        { .name = "the source says nothing of the second device",
          .guest = { { U1 } },
          .here = { { U1 }, { U2 } },
          .host = { .types = { TYPE_4("pci_a", 2) } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2\n",
          .devices = "1 vendor-type_4 on pci_a active aggregator=2\n",
          .answer = "1 compatible create",
        },
        { .name = "vfio-ap and vfio-ccw, by address",
          .source = { .types = { { .parent = "ap_source", .id = "vfio_ap-passthrough",
                                   .api = "vfio-ap", PUBLISHED("1.0.0", "1", "matrix") },
                                 { .parent = "css_source", .id = "vfio_ccw-io",
                                   .api = "vfio-ccw", PUBLISHED("1.0.0", "0", "fps") } },
                      .devices = { { .uuid = U1, .parent = "ap_source", .active = true,
                                     .type = "vfio_ap-passthrough",
                                     .attrs = { { "matrix", "05.0004" } } },
                                   { .uuid = U2, .parent = "css_source", .active = true,
                                     .type = "vfio_ccw-io" } } },
          .guest = { { U1, "vfio-ap" }, { U2, "vfio-ccw" } },
          .here = { { U3, "vfio-ap" }, { U2, "vfio-ccw" } },
          .host = { .types = { { .parent = "ap_a", .id = "vfio_ap-passthrough", .instances = 1,
                                 .api = "vfio-ap", PUBLISHED("1.0.1", "1", "matrix") },
                               { .parent = "css_a", .id = "vfio_ccw-io", .instances = 1,
                                 .api = "vfio-ccw", PUBLISHED("1.7.0", "1,0", "fps") } } },
          .calls = "create 3 vfio_ap-passthrough on ap_a matrix=05.0004\n"
                   "create 2 vfio_ccw-io on css_a fps=1\n",
          .devices = "2 vfio_ccw-io on css_a active fps=1\n"
                     "3 vfio_ap-passthrough on ap_a active matrix=05.0004\n",
          .answer = "3 compatible create, 2 compatible create",
        },
        { .name = "names and values with special characters",
          .source = { .types = { { .parent = "pci_source", .id = "vendor-type<4>&'\"",
                                   PUBLISHED("1.2.3", "<&>", "nvidia/vgpu_params, b") } },
                      .devices = { { .uuid = U1, .parent = "pci_source",
                                     .type = "vendor-type<4>&'\"", .active = true,
                                     .attrs = { { "nvidia/vgpu_params", "a=\"<b>\" & 'c'\n" } } } } },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_8", .instances = 1,
                                 PUBLISHED("1.2.3", "<&>", "b, nvidia/vgpu_params") } },
                    .devices = { { .uuid = U1, .parent = "pci_a", .type = "vendor-type_8",
                                   .active = true } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 "mediated device type: "
                   "source has 'vendor-type<4>&'\"', destination has 'vendor-type_8'; "
                   "dynamic resource 'nvidia/vgpu_params': "
                   "source has 'a=\"<b>\" & 'c'', destination has '1'",
        },
        { .name = "values with special characters are set, in the order of the destination",
          .source = { .types = { { .parent = "pci_source", .id = "vendor-type_4",
                                   PUBLISHED("1.2.3", "<&>", "nvidia/vgpu_params, b") } },
                      .devices = { { .uuid = U1, .parent = "pci_source",
                                     .type = "vendor-type_4", .active = true,
                                     .attrs = { { "nvidia/vgpu_params", "a=\"<b>\" & 'c'\n" } } } } },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                                 PUBLISHED("1.2.3", "<&>", "b, nvidia/vgpu_params") } } },
          .calls = "create 1 vendor-type_4 on pci_a b=1 nvidia/vgpu_params=a=\"<b>\" & 'c'\n",
          .devices = "1 vendor-type_4 on pci_a active b=1 nvidia/vgpu_params=a=\"<b>\" & 'c'\n",
          .answer = "1 compatible create",
        },
        { .name = "no nodedev",
          .host = { .noNodedev = true, .types = { TYPE_4("pci_a", 1) } },
          .code = VIR_ERR_SYSTEM_ERROR,
          .error = "Failed to connect socket to 'virtnodedevd-sock'",
        },
        { .name = "connection lost, and the device was created",
          .host = { .types = { TYPE_4("pci_a", 1), TYPE_4("pci_b", 1) },
                    .faults = { TEST_FAULT_LOST } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: lost\n",
          .code = VIR_ERR_OPERATION_FAILED,
          .error = "operation failed: cannot tell what became of mediated device '" U1 "', "
                   "which the node device driver was to make: "
                   "internal error: client socket is closed",
        },
        { .name = "connection lost, and the device is created late",
          .host = { .types = { TYPE_4("pci_a", 1), TYPE_4("pci_b", 1) },
                    .faults = { TEST_FAULT_LOST_LATE } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: lost late\n",
          .code = VIR_ERR_OPERATION_FAILED,
          .error = "operation failed: cannot tell what became of mediated device '" U1 "', "
                   "which the node device driver was to make: "
                   "internal error: client socket is closed",
        },
        { .name = "connection lost, and the device is never created",
          .host = { .types = { TYPE_4("pci_a", 1), TYPE_4("pci_b", 1) },
                    .faults = { TEST_FAULT_LOST_BEFORE } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: lost before\n",
          .code = VIR_ERR_OPERATION_FAILED,
          .error = "operation failed: cannot tell what became of mediated device '" U1 "', "
                   "which the node device driver was to make: "
                   "internal error: client socket is closed",
        },
        { .name = "connection lost while the kernel sets up the device",
          .host = { .types = { TYPE_4("pci_a", 1), TYPE_4("pci_b", 1) },
                    .faults = { TEST_FAULT_LOST_PROBE } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: lost in probe\n",
          .code = VIR_ERR_OPERATION_FAILED,
          .error = "operation failed: cannot tell what became of mediated device '" U1 "', "
                   "which the node device driver was to make: "
                   "internal error: client socket is closed",
        },
        { .name = "an error of the transport, and the device was created",
          .host = { .types = { TYPE_4("pci_a", 1), TYPE_4("pci_b", 1) },
                    .faults = { TEST_FAULT_RPC } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: transport\n",
          .code = VIR_ERR_OPERATION_FAILED,
          .error = "operation failed: cannot tell what became of mediated device '" U1 "', "
                   "which the node device driver was to make: "
                   "no reply",
        },
        { .name = "the node device driver does not see the device",
          .host = { .types = { TYPE_4("pci_a", 1), TYPE_4("pci_b", 1) },
                    .faults = { TEST_FAULT_TIMEOUT } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: timeout\n",
          .code = VIR_ERR_OPERATION_FAILED,
          .error = "operation failed: cannot tell what became of mediated device '" U1 "', "
                   "which the node device driver was to make: "
                   "Timed out during operation: the device did not appear",
        },
        { .name = "the node device driver does not say what is wrong",
          .host = { .types = { TYPE_4("pci_a", 1), TYPE_4("pci_b", 1) },
                    .faults = { TEST_FAULT_SILENT } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2: silent\n",
          .code = VIR_ERR_OPERATION_FAILED,
          .error = "operation failed: cannot tell what became of mediated device '" U1 "', "
                   "which the node device driver was to make: "
                   "An error occurred, but the cause is unknown",
        },
        { .name = "a parent with a name as in sysfs",
          .host = { .types = { { .parent = "pci_0000_00_02_0", .sysname = "0000:00:02.0",
                                 .id = "vendor-type_4", .instances = 1,
                                 PUBLISHED("1.2.3", "5931", "aggregator") } } },
          .calls = "create 1 vendor-type_4 on pci_0000_00_02_0 aggregator=2\n",
          .devices = "1 vendor-type_4 on pci_0000_00_02_0 active aggregator=2\n",
          .answer = "1 compatible create",
        },
        { .name = "connection lost before anything was made",
          .host = { .types = { TYPE_4("pci_a", 1) }, .lostList = true },
          .code = VIR_ERR_INTERNAL_ERROR,
          .error = "internal error: client socket is closed",
        },
        { .name = "connection lost while the parents are looked at",
          .host = { .types = { TYPE_4("pci_a", 1) }, .lostXML = true },
          .code = VIR_ERR_INTERNAL_ERROR,
          .error = "internal error: client socket is closed",
        },
        { .name = "no list of devices",
          .host = { .types = { TYPE_4("pci_a", 1) }, .refusedList = true },
          .code = VIR_ERR_INTERNAL_ERROR,
          .error = "internal error: no list today",
        },
        { .name = "connection lost with the second device",
          .guest = { { U1 }, { U2 } },
          .host = { .types = { TYPE_4("pci_a", 2) },
                    .faults = { TEST_FAULT_NONE, TEST_FAULT_LOST } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2\n"
                   "create 2 vendor-type_4 on pci_a aggregator=3: lost\n",
          .code = VIR_ERR_OPERATION_FAILED,
          .error = "operation failed: cannot tell what became of mediated device '" U2 "', "
                   "which the node device driver was to make: "
                   "internal error: client socket is closed",
        },
    };
    /* what is undone does not depend on the interface */
    static const struct testCase interfaces[] = {
        /* parameters */
        { .name = "parameters are set, and what the source does not know is switched off",
          .source = { SOURCE_OF("nic-type", .files = { NIC("\"0-255\"", "") },
                                .deviceFiles = { NIC_DEVICE("8") }) },
          .host = { .types = { { .parent = "pci_a", .id = "nic-type", .instances = 1,
                                 .files = { NIC("\"0-8\"", NEW_FEATURE) },
                                 .deviceFiles = { NIC_DEVICE("4"),
                                                  { "migration/new-feature", "on\n" } } } } },
          .calls = "create 1 nic-type on pci_a migration/new-feature=off migration/num-queues=8\n",
          .devices = "1 nic-type on pci_a active new-feature=off num-queues=8\n",
          .answer = "1 compatible create",
        },
        { .name = "a parameter cannot have the value here",
          .source = { SOURCE_OF("nic-type", .files = { NIC("\"0-255\"", "") },
                                .deviceFiles = { NIC_DEVICE("8") }) },
          .host = { .types = { { .parent = "pci_a", .id = "nic-type", .instances = 1,
                                 .files = { NIC("1, 2, 4", "") },
                                 .deviceFiles = { NIC_DEVICE("4") } } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_a': parameter 'num-queues': source has '8', destination "
                   "allows '1, 2, 4'",
        },
        { .name = "a parameter of an existing device",
          .source = { SOURCE_OF("nic-type", .files = { NIC("\"0-255\"", "") },
                                .deviceFiles = { NIC_DEVICE("8") }) },
          .host = { .types = { { .parent = "pci_a", .id = "nic-type", .instances = 1,
                                 .files = { NIC("\"0-255\"", "") },
                                 .deviceFiles = { NIC_DEVICE("8") } } },
                    .devices = { { .uuid = U1, .parent = "pci_a", .type = "nic-type",
                                   .active = true } } },
          .answer = "1 compatible none",
        },
        { .name = "a parameter of an existing device is another, and is not changed",
          .source = { SOURCE_OF("nic-type", .files = { NIC("\"0-255\"", "") },
                                .deviceFiles = { NIC_DEVICE("8") }) },
          .host = { .types = { { .parent = "pci_a", .id = "nic-type", .instances = 1,
                                 .files = { NIC("\"0-255\"", "") },
                                 .deviceFiles = { NIC_DEVICE("4") } } },
                    .devices = { { .uuid = U1, .parent = "pci_a", .type = "nic-type",
                                   .active = true } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1
                   "parameter 'num-queues': source has '8', destination has '4'",
        },
        { .name = "a parameter is clamped, and another parent tried",
          .source = { SOURCE_OF("nic-type", .files = { NIC("\"0-255\"", "") },
                                .deviceFiles = { NIC_DEVICE("8") }) },
          .host = { .types = { { .parent = "pci_a", .id = "nic-type", .instances = 1,
                                 .files = { NIC("\"0-255\"", "") },
                                 .deviceFiles = { NIC_DEVICE("4") } },
                               { .parent = "pci_b", .id = "nic-type", .instances = 1,
                                 .files = { NIC("\"0-255\"", "") },
                                 .deviceFiles = { NIC_DEVICE("4") } } },
                    .faults = { TEST_FAULT_CLAMPED } },
          .calls = "create 1 nic-type on pci_a migration/num-queues=8: clamped\n"
                   "destroy 1\n"
                   "create 1 nic-type on pci_b migration/num-queues=8\n",
          .devices = "1 nic-type on pci_b active num-queues=8\n",
          .answer = "1 compatible create",
        },
        { .name = "another type of the model is taken",
          .source = { SOURCE_OF("nic-type", .files = { NIC("\"0-255\"", "") },
                                .deviceFiles = { NIC_DEVICE("8") }) },
          .host = { .types = { { .parent = "pci_a", .id = "nic-type", .instances = 0,
                                 .files = { NIC("\"0-255\"", "") } },
                               { .parent = "pci_a", .id = "other-type", .instances = 1,
                                 .files = { NIC("\"0-255\"", "") },
                                 .deviceFiles = { NIC_DEVICE("4") } } } },
          .calls = "create 1 other-type on pci_a migration/num-queues=8\n",
          .devices = "1 other-type on pci_a active num-queues=8\n",
          .answer = "1 compatible create",
        },
        { .name = "parameters, why no type fits",
          .source = { SOURCE_OF("nic-type", .files = { NIC("\"0-255\"", "") },
                                .deviceFiles = { NIC_DEVICE("8") }) },
          .host = { .types = { { .parent = "pci_a", .id = "another-type", .instances = 1,
                                 .files = { NIC("1, 2, 4", "") } },
                               { .parent = "pci_b", .id = "nic-type", .instances = 0,
                                 .files = { NIC("\"0-255\"", "") } },
                               { .parent = "pci_c", .id = "vendor-type_8", .instances = 1,
                                 PUBLISHED("1.2.3", "5931", "aggregator") } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_b': no free instance of type 'nic-type'; "
                   "on 'pci_a', type 'another-type': parameter 'num-queues': source "
                   "has '8', destination allows '1, 2, 4'",
        },

        /* versions */
        { .name = "the model is set before the version",
          .source = { SOURCE_OF("gfx-4GB", .files = { CARD("4GB-v1\n4GB-v2\n") },
                                .deviceFiles = { CARD_DEVICE("4GB-v1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "gfx-4GB", .instances = 1,
                                 .files = { CARD("4GB-v2\n4GB-v1\n") },
                                 .deviceFiles = { CARD_DEVICE("4GB-v2") } } } },
          .calls = "create 1 gfx-4GB on pci_a migration/device_model=org.project/graphics-card "
                   "migration/version=4GB-v1\n",
          .devices = "1 gfx-4GB on pci_a active org.project/graphics-card:4GB-v1\n",
          .answer = "1 compatible create",
        },
        { .name = "the version is not there",
          .source = { SOURCE_OF("gfx-4GB", .files = { CARD("4GB-v1\n4GB-v2\n") },
                                .deviceFiles = { CARD_DEVICE("4GB-v1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "gfx-8GB", .instances = 1,
                                 .files = { CARD("8GB-v1\n") } },
                               { .parent = "pci_a", .id = "gfx-4GB", .instances = 1,
                                 .files = { CARD("4GB-v2\n4GB-v3\n") } } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_a': device version: source has '4GB-v1', destination "
                   "allows '4GB-v2, 4GB-v3'; "
                   "on 'pci_a', type 'gfx-8GB': device version: source has '4GB-v1', "
                   "destination allows '8GB-v1'",
        },
        { .name = "an existing device with another version",
          .source = { SOURCE_OF("gfx-4GB", .files = { CARD("4GB-v1\n4GB-v2\n") },
                                .deviceFiles = { CARD_DEVICE("4GB-v1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "gfx-4GB", .instances = 1,
                                 .files = { CARD("4GB-v1\n4GB-v2\n") },
                                 .deviceFiles = { CARD_DEVICE("4GB-v2") } } },
                    .devices = { { .uuid = U1, .parent = "pci_a", .type = "gfx-4GB",
                                   .active = true } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1
                   "device version: source has '4GB-v1', destination has '4GB-v2'",
        },

        /* descriptions */
        { .name = "type_x2 becomes type_x1 with two of them",
          .source = { SOURCE_OF("type_x2", .files = { DESCRIBED("type_x2", "", "") }) },
          .host = { .types = { { .parent = "pci_a", .id = "type_x1", .instances = 2,
                                 .files = { DESCRIBED("type_x1", ATTR("1"), AS_X1("type_x${aggr}")) },
                                 .deviceFiles = { { "aggregator", "1\n" } } } } },
          .calls = "create 1 type_x1 on pci_a aggregator=2\n",
          .devices = "1 type_x1 on pci_a active aggregator=2\n",
          .answer = "1 compatible create",
        },
        { .name = "the source's own type before another",
          .source = { SOURCE_OF("type_x2", .files = { DESCRIBED("type_x2", "", "") }) },
          .host = { .types = { { .parent = "pci_a", .id = "type_x1", .instances = 2,
                                 .files = { DESCRIBED("type_x1", ATTR("1"), AS_X1("type_x${aggr}")) },
                                 .deviceFiles = { { "aggregator", "1\n" } } },
                               { .parent = "pci_b", .id = "type_x2", .instances = 1,
                                 .files = { DESCRIBED("type_x2", "", "") } } } },
          .calls = "create 1 type_x2 on pci_b\n",
          .devices = "1 type_x2 on pci_b active\n",
          .answer = "1 compatible create",
        },
        { .name = "why no description fits",
          .source = { SOURCE_OF("type_x2", .files = { DESCRIBED("type_x2", "", "") }) },
          .host = { .types = { { .parent = "pci_a", .id = "type_x1", .instances = 2,
                                 .files = { DESCRIBED("type_x1", ATTR("1"), AS_X1("type_y${aggr}")) } },
                               { .parent = "pci_b", .id = "type_x4", .instances = 1,
                                 .files = { DESCRIBED("type_x4", "", "") } } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_a', type 'type_x1': mediated device type: source has "
                   "'type_x2', destination has 'type_x1'; "
                   "on 'pci_b', type 'type_x4': mediated device type: source has "
                   "'type_x2', destination has 'type_x4'",
        },
        { .name = "why none of many descriptions fits",
          .source = { SOURCE_OF("type_x2", .files = { DESCRIBED("type_x2", "", "") }) },
          .host = { .types = { OTHER_TYPE("01"), OTHER_TYPE("02"), OTHER_TYPE("03"),
                               OTHER_TYPE("04"), OTHER_TYPE("05"), OTHER_TYPE("06"),
                               OTHER_TYPE("07"), OTHER_TYPE("08"), OTHER_TYPE("09"),
                               OTHER_TYPE("10"), OTHER_TYPE("11"), OTHER_TYPE("12"),
                               OTHER_TYPE("13"), OTHER_TYPE("14"), OTHER_TYPE("15"),
                               OTHER_TYPE("16"), OTHER_TYPE("17"), OTHER_TYPE("18") } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   OTHER_REASON("01") OTHER_REASON("02") OTHER_REASON("03")
                   OTHER_REASON("04") OTHER_REASON("05") OTHER_REASON("06")
                   OTHER_REASON("07") OTHER_REASON("08") OTHER_REASON("09")
                   OTHER_REASON("10") OTHER_REASON("11") OTHER_REASON("12")
                   OTHER_REASON("13") OTHER_REASON("14") OTHER_REASON("15")
                   OTHER_REASON("16") "and on 2 more",
        },
        { .name = "an existing device of another type, with the right value",
          .source = { SOURCE_OF("type_x2", .files = { DESCRIBED("type_x2", "", "") }) },
          .host = { .types = { { .parent = "pci_a", .id = "type_x1", .instances = 1,
                                 .files = { DESCRIBED("type_x1", ATTR("1"), AS_X1("type_x${aggr}")) },
                                 .deviceFiles = { { "aggregator", "2\n" } } } },
                    .devices = { { .uuid = U1, .parent = "pci_a", .type = "type_x1",
                                   .active = true } } },
          .answer = "1 compatible none",
        },
        { .name = "an existing device of another type, with another value",
          .source = { SOURCE_OF("type_x2", .files = { DESCRIBED("type_x2", "", "") }) },
          .host = { .types = { { .parent = "pci_a", .id = "type_x1", .instances = 1,
                                 .files = { DESCRIBED("type_x1", ATTR("1"), AS_X1("type_x${aggr}")) },
                                 .deviceFiles = { { "aggregator", "4\n" } } } },
                    .devices = { { .uuid = U1, .parent = "pci_a", .type = "type_x1",
                                   .active = true } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1
                   "attribute 'aggregator': destination has '4', '2' is needed",
        },

        /* tokens */
        { .name = "the driver takes the token before and after",
          .source = { SOURCE_OF("vendor-type_4", .files = { TOKEN("source-1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                                 .files = { TOKEN("here-1") },
                                 .deviceFiles = { TOKEN("here-2") } } } },
          .calls = "ask a/mdev_supported_types/vendor-type_4 about source-1\n"
                   "ask a/mdev_supported_types/vendor-type_4 about source-1\n"
                   "create 1 vendor-type_4 on pci_a\n"
                   "ask devices/" U1 " about source-1\n",
          .devices = "1 vendor-type_4 on pci_a active here-2\n",
          .answer = "1 compatible create",
        },
        { .name = "a token of the type only",
          .source = { SOURCE_OF("vendor-type_4", .files = { TOKEN("source-1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                                 .files = { TOKEN("here-1") } } } },
          .calls = "ask a/mdev_supported_types/vendor-type_4 about source-1\n"
                   "ask a/mdev_supported_types/vendor-type_4 about source-1\n"
                   "create 1 vendor-type_4 on pci_a\n"
                   "ask devices/" U1 "/mdev_type about source-1\n",
          .devices = "1 vendor-type_4 on pci_a active here-1\n",
          .answer = "1 compatible create",
        },
        { .name = "the driver does not take the token, and the next is asked",
          .source = { SOURCE_OF("vendor-type_4", .files = { TOKEN("source-1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                                 .files = { TOKEN("here-1"), { REFUSES, "" } } },
                               { .parent = "pci_b", .id = "vendor-type_4", .instances = 1,
                                 .files = { TOKEN("here-1") } } } },
          .calls = "ask a/mdev_supported_types/vendor-type_4 about source-1\n"
                   "ask b/mdev_supported_types/vendor-type_4 about source-1\n"
                   "ask a/mdev_supported_types/vendor-type_4 about source-1\n"
                   "ask b/mdev_supported_types/vendor-type_4 about source-1\n"
                   "create 1 vendor-type_4 on pci_b\n"
                   "ask devices/" U1 "/mdev_type about source-1\n",
          .devices = "1 vendor-type_4 on pci_b active here-1\n",
          .answer = "1 compatible create",
        },
        { .name = "no driver takes the token",
          .flags = VIR_MIGRATE_UNSAFE,
          .source = { SOURCE_OF("vendor-type_4", .files = { TOKEN("source-1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                                 .files = { TOKEN("here-1"), { REFUSES, "" } } },
                               { .parent = "pci_b", .id = "vendor-type_4", .instances = 0,
                                 .files = { TOKEN("here-1") } } } },
          .calls = "ask a/mdev_supported_types/vendor-type_4 about source-1\n",
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_a': migration token: the driver refuses the source's 'source-1': "
                   "Invalid argument; "
                   "on 'pci_b': no free instance of type 'vendor-type_4'",
        },
        { .name = "a token of another type is not for creation",
          .source = { SOURCE_OF("vendor-type_4", .files = { TOKEN("source-1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_8", .instances = 1,
                                 .files = { TOKEN("here-1") } } } },
          .code = VIR_ERR_DEVICE_MISSING,
          .error = "device not found: " DEV1 "the device does not exist, "
                   "and no device of this host that the client may see offers type 'vendor-type_4'",
        },
        { .name = "a token, and the type of the source is not known",
          .noType = true,
          .source = { SOURCE_OF("vendor-type_4", .files = { TOKEN("source-1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_8", .instances = 1,
                                 .files = { TOKEN("here-1") } },
                               { .parent = "css_a", .id = "vendor-type_1", .instances = 1,
                                 .api = "vfio-ccw", .files = { TOKEN("here-1") } } } },
          .calls = "ask a/mdev_supported_types/vendor-type_8 about source-1\n"
                   "ask a/mdev_supported_types/vendor-type_8 about source-1\n"
                   "create 1 vendor-type_8 on pci_a\n"
                   "ask devices/" U1 "/mdev_type about source-1\n",
          .devices = "1 vendor-type_8 on pci_a active here-1\n",
          .answer = "1 compatible create",
        },
        { .name = "attributes, and the type of the source is known from nothing else",
          .noType = true,
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_8", .instances = 1,
                                 PUBLISHED("1.2.3", "5931", "aggregator") } } },
          .code = VIR_ERR_DEVICE_MISSING,
          .error = "device not found: " DEV1 "the device does not exist, "
                   "and no device of this host that the client may see offers type 'vendor-type_4'",
        },
        { .name = "a token of another type, and a description",
          .source = { SOURCE_OF("type_x2", .files = { DESCRIBED("type_x2", "", ""), TOKEN("source-1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "type_x1", .instances = 2,
                                 .files = { DESCRIBED("type_x1", ATTR("1"), AS_X1("type_x${aggr}")),
                                            TOKEN("here-1") },
                                 .deviceFiles = { { "aggregator", "1\n" } } } } },
          .calls = "ask a/mdev_supported_types/type_x1 about source-1\n"
                   "ask a/mdev_supported_types/type_x1 about source-1\n"
                   "create 1 type_x1 on pci_a aggregator=2\n"
                   "ask devices/" U1 "/mdev_type about source-1\n",
          .devices = "1 type_x1 on pci_a active aggregator=2 here-1\n",
          .answer = "1 compatible create",
        },
        { .name = "the created device does not take the token",
          .source = { SOURCE_OF("vendor-type_4", .files = { TOKEN("source-1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                                 .files = { TOKEN("here-1") },
                                 .deviceFiles = { TOKEN("here-2"), { REFUSES, "" } } } } },
          .calls = "ask a/mdev_supported_types/vendor-type_4 about source-1\n"
                   "ask a/mdev_supported_types/vendor-type_4 about source-1\n"
                   "create 1 vendor-type_4 on pci_a\n"
                   "ask devices/" U1 " about source-1\n"
                   "destroy 1\n",
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_a': migration token: the driver refuses the source's 'source-1': "
                   "Invalid argument",
        },
        { .name = "an existing device takes the token",
          .source = { SOURCE_OF("vendor-type_4", .files = { TOKEN("source-1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_8", .instances = 1,
                                 .deviceFiles = { TOKEN("here-2") } } },
                    .devices = { { .uuid = U1, .parent = "pci_a", .type = "vendor-type_8",
                                   .active = true } } },
          .calls = "ask devices/" U1 " about source-1\n",
          .answer = "1 compatible none",
        },
        { .name = "a device of another guest is not asked",
          .source = { SOURCE_OF("vendor-type_4", .files = { TOKEN("source-1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                                 .deviceFiles = { TOKEN("here-1") } } },
                    .devices = { { .uuid = U1, .parent = "pci_a", .type = "vendor-type_4",
                                   .active = true, .assigned = true } } },
          .answer = "1 unchecked none",
        },
        { .name = "an existing device does not take the token",
          .flags = VIR_MIGRATE_UNSAFE,
          .source = { SOURCE_OF("vendor-type_4", .files = { TOKEN("source-1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                                 .files = { TOKEN("here-1"), { REFUSES, "" } } } },
                    .devices = { { .uuid = U1, .parent = "pci_a", .type = "vendor-type_4",
                                   .active = true } } },
          .calls = "ask devices/" U1 "/mdev_type about source-1\n",
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1
                   "migration token: the driver refuses the source's 'source-1': Invalid argument",
        },
        { .name = "a started device does not take the token",
          .source = { SOURCE_OF("vendor-type_4", .files = { TOKEN("source-1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                                 .files = { TOKEN("here-1"), { REFUSES, "" } } } },
                    .devices = { { .uuid = U1, .parent = "pci_a", .type = "vendor-type_4",
                                   .defined = true } } },
          .calls = "start 1\n"
                   "ask devices/" U1 "/mdev_type about source-1\n",
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1
                   "migration token: the driver refuses the source's 'source-1': Invalid argument",
        },
        { .name = "nothing may be created, but the driver is asked",
          .never = true,
          .source = { SOURCE_OF("vendor-type_4", .files = { TOKEN("source-1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                                 .files = { TOKEN("here-1") } } } },
          .calls = "ask a/mdev_supported_types/vendor-type_4 about source-1\n",
          .code = VIR_ERR_DEVICE_MISSING,
          .error = "device not found: " DEV1
                   "the device does not exist, and migration_hostdev_create is "
                   "'never': otherwise one of type 'vendor-type_4' would be created "
                   "on 'pci_a' (no values)",
        },
        { .name = "only the destination has a token",
          .source = { SOURCE_OF("vendor-type_4", PUBLISHED("1.2.3", "5931", "aggregator"),
                                .deviceFiles = { { "aggregator", "2\n" } }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                                 .files = { PUBLISHED_FILES("1.2.3", "5931", "aggregator"),
                                            TOKEN("here-1") } } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_a': interface 'token': only the destination publishes it",
        },

        /* two interfaces */
        { .name = "two interfaces that agree",
          .source = { SOURCE_OF("vendor-type_4",
                                .files = { PUBLISHED_FILES("1.2.3", "5931", "aggregator"),
                                           CARD("4GB-v1\n") },
                                .deviceFiles = { { "aggregator", "2\n" }, CARD_DEVICE("4GB-v1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                                 .files = { PUBLISHED_FILES("1.2.3", "5931", "aggregator"),
                                            CARD("4GB-v1\n4GB-v2\n"), NIC("4", "") },
                                 .deviceFiles = { CARD_DEVICE("4GB-v2"), NIC_DEVICE("4") } } } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=2 "
                   "migration/device_model=org.project/graphics-card migration/version=4GB-v1\n",
          .devices = "1 vendor-type_4 on pci_a active aggregator=2 num-queues=4 "
                     "org.project/graphics-card:4GB-v1\n",
          .answer = "1 compatible create",
        },
        { .name = "two interfaces, of which the second disagrees",
          .source = { SOURCE_OF("vendor-type_4",
                                .files = { PUBLISHED_FILES("1.2.3", "5931", "aggregator"),
                                           CARD("4GB-v1\n") },
                                .deviceFiles = { { "aggregator", "2\n" }, CARD_DEVICE("4GB-v1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                                 .files = { PUBLISHED_FILES("1.2.3", "5931", "aggregator"),
                                            CARD("4GB-v2\n") } } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_a': device version: source has '4GB-v1', destination "
                   "allows '4GB-v2'",
        },
        { .name = "two interfaces, of which the first disagrees",
          .source = { SOURCE_OF("vendor-type_4",
                                .files = { PUBLISHED_FILES("1.2.3", "5931", "aggregator"),
                                           CARD("4GB-v1\n") },
                                .deviceFiles = { { "aggregator", "2\n" }, CARD_DEVICE("4GB-v1") }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                                 .files = { PUBLISHED_FILES("1.1.0", "5931", "aggregator"),
                                            CARD("4GB-v1\n") } } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_a': software version: source has '1.2.3', destination has "
                   "'1.1.0', whose minor version is lower",
        },
        { .name = "an interface that agrees, and a token that does not",
          .source = { SOURCE_OF("vendor-type_4",
                                .files = { PUBLISHED_FILES("1.2.3", "5931", "aggregator"),
                                           TOKEN("source-1") },
                                .deviceFiles = { { "aggregator", "2\n" } }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                                 .files = { PUBLISHED_FILES("1.2.3", "5931", "aggregator"),
                                            TOKEN("here-1"), { REFUSES, "" } } } } },
          .calls = "ask a/mdev_supported_types/vendor-type_4 about source-1\n",
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_a': migration token: the driver refuses the source's 'source-1': "
                   "Invalid argument",
        },
        { .name = "an interface that disagrees: the driver is not asked about the token",
          .source = { SOURCE_OF("vendor-type_4",
                                .files = { PUBLISHED_FILES("1.2.3", "5931", "aggregator"),
                                           TOKEN("source-1") },
                                .deviceFiles = { { "aggregator", "2\n" } }) },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4", .instances = 1,
                                 .files = { PUBLISHED_FILES("1.1.0", "5931", "aggregator"),
                                            TOKEN("here-1") } } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_a': software version: source has '1.2.3', destination has "
                   "'1.1.0', whose minor version is lower",
        },

        /* PCI functions */
        { .name = "a function",
          .guest = { { .function = F1 } },
          .source = { .functions = { FUNCTION(F1, NIC("\"0-255\"", ""), NIC_DEVICE("8")) } },
          .host = { .functions = { FUNCTION(F1, NIC("\"0-255\"", ""), NIC_DEVICE("8")) } },
          .answer = "- compatible none",
        },
        { .name = "a function that does not fit",
          .flags = VIR_MIGRATE_UNSAFE,
          .guest = { { .function = F1 } },
          .source = { .functions = { FUNCTION(F1, NIC("\"0-255\"", ""), NIC_DEVICE("8")) } },
          .host = { .functions = { FUNCTION(F1, NIC("\"0-255\"", ""), NIC_DEVICE("4")) } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " FUN1
                   "parameter 'num-queues': source has '8', destination has '4'",
        },
        { .name = "another function here",
          .guest = { { .function = F1 } },
          .here = { { .function = F2 } },
          .source = { .functions = { FUNCTION(F1, CARD("4GB-v1\n"), CARD_DEVICE("4GB-v1")) } },
          .host = { .functions = { FUNCTION(F1, CARD("8GB-v1\n"), CARD_DEVICE("8GB-v1")),
                                   FUNCTION(F2, CARD("4GB-v1\n"), CARD_DEVICE("4GB-v1")) } },
          .answer = "- compatible none",
        },
        { .name = "a managed function",
          .guest = { { .function = F1, .managed = true } },
          .source = { .functions = { FUNCTION(F1, NIC("\"0-255\"", ""), NIC_DEVICE("8")) } },
          .host = { .functions = { FUNCTION(F1, NIC("\"0-255\"", ""), NIC_DEVICE("8")) } },
          .answer = "- compatible none",
        },
        { .name = "a managed function that does not fit",
          .guest = { { .function = F1, .managed = true } },
          .source = { .functions = { FUNCTION(F1, NIC("\"0-255\"", ""), NIC_DEVICE("8")) } },
          .host = { .functions = { FUNCTION(F1, NIC("4", ""), NIC_DEVICE("4")) } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " FUN1
                   "parameter 'num-queues': source has '8', destination has '4', "
                   "which allows '4'",
        },
        { .name = "a function of an interface",
          .guest = { { .function = F1, .kind = TEST_FUNCTION_INTERFACE, .managed = true } },
          .source = { .functions = { FUNCTION(F1, NIC("\"0-255\"", ""), NIC_DEVICE("8")) } },
          .host = { .functions = { FUNCTION(F1, NIC("\"0-255\"", ""), NIC_DEVICE("8")) } },
          .answer = "- compatible none",
        },
        { .name = "a function of an interface that does not fit",
          .guest = { { .function = F1, .kind = TEST_FUNCTION_INTERFACE, .managed = true } },
          .source = { .functions = { FUNCTION(F1, NIC("\"0-255\"", ""), NIC_DEVICE("8")) } },
          .host = { .functions = { FUNCTION(F1, NIC("4", ""), NIC_DEVICE("4")) } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " FUN1
                   "parameter 'num-queues': source has '8', destination has '4', "
                   "which allows '4'",
        },
        { .name = "a function of a network's pool, another here",
          .guest = { { .function = F1, .kind = TEST_FUNCTION_NETWORK, .managed = true } },
          .here = { { .function = F2, .kind = TEST_FUNCTION_NETWORK, .managed = true } },
          .source = { .functions = { FUNCTION(F1, NIC("\"0-255\"", ""), NIC_DEVICE("8")) } },
          .host = { .functions = { FUNCTION(F2, NIC("4", ""), NIC_DEVICE("4")) } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: device 'hostdev0' at 0000:00:05.0, PCI "
                   "function '0000:f1:00.2': parameter 'num-queues': source has '8', "
                   "destination has '4', which allows '4'",
        },
        { .name = "a function that is unplugged before the migration",
          .guest = { { .function = F1, .transient = true },
                     { .function = F2, .kind = TEST_FUNCTION_INTERFACE, .transient = true },
                     { U1 } },
          .source = { SOURCE_OF("vendor-type_4"),
                      .functions = { FUNCTION(F1, CARD("4GB-v1\n"), CARD_DEVICE("4GB-v1")),
                                     FUNCTION(F2, CARD("4GB-v1\n"), CARD_DEVICE("4GB-v1")) } },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4" } },
                    .devices = { DEVICE(.active = true) },
                    .functions = { FUNCTION(F1, CARD("8GB-v1\n"), CARD_DEVICE("8GB-v1")) } },
          .answer = "1 unchecked none",
        },
        { .name = "functions that the guest does not see",
          .guest = { { .function = F1, .unassigned = true },
                     { .function = F2, .unassigned = true }, { U1 } },
          .source = { SOURCE_OF("vendor-type_4"),
                      .functions = { FUNCTION(F1, CARD("4GB-v1\n"), CARD_DEVICE("4GB-v1")),
                                     FUNCTION(F2, CARD("4GB-v1\n"), CARD_DEVICE("4GB-v1")) } },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4" } },
                    .devices = { DEVICE(.active = true) } },
          .answer = "1 unchecked none",
        },
        { .name = "functions that publish nothing",
          .guest = { { .function = F1 }, { .function = F2, .managed = true } },
          .source = { .functions = { FUNCTION(F1, { "vendor", "0x8086\n" }) } },
          .host = { .functions = { FUNCTION(F1, { "vendor", "0x1234\n" }) } },
          .answer = "- unchecked none, - unchecked none",
        },
        { .name = "a function, only the source publishes",
          .guest = { { .function = F1 } },
          .source = { .functions = { FUNCTION(F1, TOKEN("source-1")) } },
          .host = { .functions = { FUNCTION(F1, { "vendor", "0x8086\n" }) } },
          .code = VIR_ERR_MIGRATE_UNSAFE,
          .error = "Unsafe migration: " FUN1 "interface 'token': only the source publishes it",
        },
        { .name = "a function, only the source publishes, unsafe",
          .flags = VIR_MIGRATE_UNSAFE,
          .guest = { { .function = F1 } },
          .source = { .functions = { FUNCTION(F1, TOKEN("source-1")) } },
          .host = { .functions = { FUNCTION(F1, { "vendor", "0x8086\n" }) } },
          .answer = "- unchecked none",
        },
        { .name = "a function, only the destination publishes",
          .guest = { { .function = F1 } },
          .source = { .functions = { FUNCTION(F1, { "vendor", "0x8086\n" }) } },
          .host = { .functions = { FUNCTION(F1, NIC("4", ""), NIC_DEVICE("4")) } },
          .code = VIR_ERR_MIGRATE_UNSAFE,
          .error = "Unsafe migration: " FUN1
                   "interface 'parameters': only the destination publishes it",
        },
        { .name = "an old source with a function",
          .oldSource = true,
          .guest = { { .function = F1 } },
          .host = { .functions = { FUNCTION(F1, NIC("4", ""), NIC_DEVICE("4")) } },
        },
        { .name = "a function that the domain here does not have",
          .guest = { { U1 }, { .function = F1 } },
          .here = { { U1 } },
          .source = { SOURCE_OF("vendor-type_4"),
                      .functions = { FUNCTION(F1, NIC("4", ""), NIC_DEVICE("4")) } },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4" } },
                    .devices = { DEVICE(.active = true) } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: the source's host device at '0000:00:06.0', "
                   "a PCI function, is not in the domain",
        },
        { .name = "a function that publishes nothing, and is not in the domain here",
          .guest = { { U1 }, { .function = F1 } },
          .here = { { U1 } },
          .source = { SOURCE_OF("vendor-type_4"),
                      .functions = { FUNCTION(F1, { "vendor", "0x8086\n" }) } },
          .host = { .types = { { .parent = "pci_a", .id = "vendor-type_4" } },
                    .devices = { DEVICE(.active = true) } },
          .answer = "1 unchecked none, - unchecked none",
        },
        { .name = "a function takes the token",
          .guest = { { .function = F1, .managed = true } },
          .source = { .functions = { FUNCTION(F1, TOKEN("source-1")) } },
          .host = { .functions = { FUNCTION(F1, TOKEN("here-1")) } },
          .calls = "ask functions/" F1 " about source-1\n",
          .answer = "- compatible none",
        },
        { .name = "a function does not take the token",
          .flags = VIR_MIGRATE_UNSAFE,
          .guest = { { .function = F1 } },
          .source = { .functions = { FUNCTION(F1, TOKEN("source-1")) } },
          .host = { .functions = { FUNCTION(F1, TOKEN("here-1"), { REFUSES, "" }) } },
          .calls = "ask functions/" F1 " about source-1\n",
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " FUN1
                   "migration token: the driver refuses the source's 'source-1': Invalid argument",
        },
        { .name = "two functions that do not fit",
          .guest = { { .function = F1 }, { .function = F2, .managed = true } },
          .source = { .functions = { FUNCTION(F1, NIC("4", ""), NIC_DEVICE("4")),
                                     FUNCTION(F2, CARD("4GB-v1\n"), CARD_DEVICE("4GB-v1")) } },
          .host = { .functions = { FUNCTION(F1, NIC("1", ""), NIC_DEVICE("1")),
                                   FUNCTION(F2, CARD("8GB-v1\n"), CARD_DEVICE("8GB-v1")) } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " FUN1
                   "parameter 'num-queues': source has '4', destination has '1', "
                   "which allows '1'; "
                   "device 'hostdev1' at 0000:00:06.0, PCI function '0000:f1:00.2': "
                   "device version: source has '4GB-v1', destination has '8GB-v1', "
                   "which allows '8GB-v1'",
        },
        { .name = "a function does not fit: what was created is removed",
          .guest = { { U1 }, { .function = F1 } },
          .source = { SOURCE_OF("vendor-type_4", PUBLISHED("1.2.3", "5931", "aggregator")),
                      .functions = { FUNCTION(F1, NIC("4", ""), NIC_DEVICE("4")) } },
          .host = { .types = { TYPE_4("pci_a", 1) },
                    .functions = { FUNCTION(F1, NIC("1", ""), NIC_DEVICE("1")) } },
          .calls = "create 1 vendor-type_4 on pci_a aggregator=1\n",
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: device 'hostdev1' at 0000:00:06.0, PCI "
                   "function '0000:f1:00.1': parameter 'num-queues': source has '4', "
                   "destination has '1', which allows '1'",
        },
        /* programs of vfio-user devices */
        { .name = "a program is launched as the source's",
          .guest = { { .program = NIC_INFO("\"0-255\"", ""), .launch = NIC_LAUNCH("8") } },
          .here = { { .program = NIC_INFO("\"0-8\"", NEW_FEATURE), .launch = NIC_LAUNCH("8") } },
          .calls = RUN1,
          .answer = "- compatible none",
          .launched = "vendor-a.com/my-nic - new-feature=off num-queues=8\n",
        },
        { .name = "a program that was launched with its initial values",
          .guest = { { .program = NIC_INFO("\"0-255\"", NEW_FEATURE) } },
          .here = { { .program = NIC_INFO("\"0-255\"", NEW_FEATURE) } },
          .calls = RUN1,
          .answer = "- compatible none",
          .launched = "vendor-a.com/my-nic - new-feature=on num-queues=4\n",
        },
        { .name = "a program that cannot have the value",
          .flags = VIR_MIGRATE_UNSAFE,
          .guest = { { .program = NIC_INFO("\"0-255\"", ""), .launch = NIC_LAUNCH("8") } },
          .here = { { .program = NIC_INFO("1, 2, 4", ""), .launch = NIC_LAUNCH("8") } },
          .calls = RUN1,
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " PRO1
                   "parameter 'num-queues': source has '8', destination allows '1, 2, 4'",
        },
        { .name = "a program of another model",
          .guest = { { .program = NIC_INFO("\"0-255\"", "") } },
          .here = { { .program = "{ \"models\": { \"vendor-b.com/nic\": { \"params\": {} } } }" } },
          .calls = RUN1,
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " PRO1
                   "device model: source has 'vendor-a.com/my-nic', destination has 'vendor-b.com/nic'",
        },
        { .name = "a program is launched as the version of the source's",
          .guest = { { .program = CARD_INFO("\"4GB-v1\", \"4GB-v2\""),
                       .launch = CARD_LAUNCH("4GB-v1") } },
          .here = { { .program = CARD_INFO("\"4GB-v1\"") } },
          .calls = RUN1,
          .answer = "- compatible none",
          .launched = "org.project/graphics-card 4GB-v1\n",
        },
        { .name = "a program without the version of the source's",
          .guest = { { .program = CARD_INFO("\"4GB-v1\", \"4GB-v2\""),
                       .launch = CARD_LAUNCH("4GB-v2") } },
          .here = { { .program = CARD_INFO("\"4GB-v1\""), .launch = CARD_LAUNCH("4GB-v2") } },
          .calls = RUN1,
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " PRO1
                   "device version: source has '4GB-v2', "
                   "destination allows '4GB-v1'",
        },
        { .name = "a program that cannot be asked here",
          .guest = { { .program = NIC_INFO("\"0-255\"", "") } },
          .here = { { .program = "" } },
          .calls = RUN1,
          .code = VIR_ERR_MIGRATE_UNSAFE,
          .error = "Unsafe migration: " PRO1
                   "interface 'parameters': only the source publishes it (the program could not "
                   "be asked: internal error: cannot run '/usr/libexec/program0')",
        },
        { .name = "a program that cannot be asked here, accepted",
          .flags = VIR_MIGRATE_UNSAFE,
          .guest = { { .program = NIC_INFO("\"0-255\"", ""), .launch = NIC_LAUNCH("8") } },
          .here = { { .program = "", .launch = NIC_LAUNCH("8") } },
          .calls = RUN1,
          .answer = "- unchecked none",
          .launched = "vendor-a.com/my-nic - num-queues=8\n",
        },
        { .name = "a program that cannot be asked at the source",
          .guest = { { .program = "" } },
          .here = { { .program = NIC_INFO("\"0-255\"", "") } },
          .calls = RUN1,
          .code = VIR_ERR_MIGRATE_UNSAFE,
          .error = "Unsafe migration: " PRO1
                   "interface 'parameters': only the destination publishes it",
        },
        { .name = "a program that says nothing on either side",
          .guest = { { .program = "", .launch = NIC_LAUNCH("8") } },
          .here = { { .program = "", .launch = NIC_LAUNCH("8") } },
          .calls = RUN1,
          .answer = "- unchecked none",
          .launched = "vendor-a.com/my-nic - num-queues=8\n",
        },
        { .name = "a program that somebody else runs",
          .guest = { { .socket = "/run/a.sock" } },
          .answer = "- unchecked none",
          .launched = "- -\n",
        },
        { .name = "a program that somebody else runs only here",
          .guest = { { .program = NIC_INFO("\"0-255\"", "") } },
          .here = { { .socket = "/run/a.sock" } },
          .code = VIR_ERR_MIGRATE_UNSAFE,
          .error = "Unsafe migration: device 'hostdev0' at 0000:00:05.0, vfio-user device at "
                   "socket '/run/a.sock': interface 'parameters': only the source publishes it",
        },
        { .name = "one program fits, and the other does not",
          .guest = { { .program = NIC_INFO("\"0-255\"", "") }, { .program = NIC_INFO("4", "") } },
          .here = { { .program = NIC_INFO("5", "") }, { .program = NIC_INFO("4", "") } },
          .calls = RUN1 "run /usr/libexec/program1\n",
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " PRO1
                   "parameter 'num-queues': source has '4', destination allows '5'",
        },
        { .name = "a mediated device becomes a program",
          .here = { { .program = NIC_INFO("\"0-8\"", NEW_FEATURE) } },
          .source = { SOURCE_OF("nic-type", .files = { NIC("\"0-255\"", "") },
                                .deviceFiles = { NIC_DEVICE("8") }) },
          .calls = RUN1,
          .answer = "1 compatible none",
          .launched = "vendor-a.com/my-nic - new-feature=off num-queues=8\n",
        },
        { .name = "a mediated device cannot become a program",
          .here = { { .program = NIC_INFO("\"0-4\"", "") } },
          .source = { SOURCE_OF("nic-type", .files = { NIC("\"0-255\"", "") },
                                .deviceFiles = { NIC_DEVICE("8") }) },
          .calls = RUN1,
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " PRO1
                   "parameter 'num-queues': source has '8', destination allows '0-4'",
        },
        { .name = "a program becomes a mediated device",
          .guest = { { .program = NIC_INFO("\"0-255\"", ""), .launch = NIC_LAUNCH("8") } },
          .here = { { U1 } },
          .host = { .types = { { .parent = "pci_a", .id = "nic-type", .instances = 1,
                                 .files = { NIC("\"0-8\"", NEW_FEATURE) },
                                 .deviceFiles = { NIC_DEVICE("4"),
                                                  { "migration/new-feature", "on\n" } } } } },
          .calls = "create 1 nic-type on pci_a migration/new-feature=off migration/num-queues=8\n",
          .devices = "1 nic-type on pci_a active new-feature=off num-queues=8\n",
          .answer = "1 compatible create",
        },
        { .name = "a program becomes a mediated device that exists",
          .guest = { { .program = CARD_INFO("\"4GB-v1\", \"4GB-v2\""),
                       .launch = CARD_LAUNCH("4GB-v2") } },
          .here = { { U1 } },
          .host = { .types = { { .parent = "pci_a", .id = "gfx-4GB", .instances = 1,
                                 .files = { CARD("4GB-v1\n4GB-v2\n") },
                                 .deviceFiles = { CARD_DEVICE("4GB-v1") } } },
                    .devices = { { .uuid = U1, .parent = "pci_a", .type = "gfx-4GB",
                                   .active = true } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1
                   "device version: source has '4GB-v2', "
                   "destination has '4GB-v1'",
        },
        { .name = "a program becomes a function",
          .guest = { { .program = NIC_INFO("\"0-255\"", ""), .launch = NIC_LAUNCH("8") } },
          .here = { { .function = F1 } },
          .host = { .functions = { FUNCTION(F1, NIC("\"0-255\"", ""), NIC_DEVICE("8")) } },
          .answer = "- compatible none",
        },
        { .name = "a mediated device becomes a function",
          .here = { { .function = F1, .managed = true } },
          .source = { SOURCE_OF("nic-type", .files = { NIC("\"0-255\"", "") },
                                .deviceFiles = { NIC_DEVICE("8") }) },
          .host = { .functions = { FUNCTION(F1, NIC("\"0-255\"", ""), NIC_DEVICE("8")) } },
          .answer = "1 compatible none",
        },
        { .name = "a mediated device becomes a function that does not fit",
          .here = { { .function = F1, .managed = true } },
          .source = { SOURCE_OF("nic-type", .files = { NIC("\"0-255\"", "") },
                                .deviceFiles = { NIC_DEVICE("8") }) },
          .host = { .functions = { FUNCTION(F1, NIC("\"0-255\"", ""), NIC_DEVICE("4")) } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " FUN1
                   "parameter 'num-queues': source has '8', destination has '4'",
        },
        { .name = "a mediated device becomes a function, attributes",
          .here = { { .function = F1 } },
          .host = { .functions = { FUNCTION(F1, PUBLISHED_FILES("1.3.0", "5931", "aggregator"),
                                            { "aggregator", "2\n" }) } },
          .answer = "1 compatible none",
        },
        { .name = "a function becomes a mediated device",
          .guest = { { .function = F1 } },
          .here = { { U1 } },
          .source = { .functions = { FUNCTION(F1, NIC("\"0-255\"", ""), NIC_DEVICE("8")) } },
          .host = { .types = { { .parent = "pci_a", .id = "some-type", .instances = 1,
                                 .files = { NIC("\"0-255\"", "") },
                                 .deviceFiles = { NIC_DEVICE("4") } } } },
          .calls = "create 1 some-type on pci_a migration/num-queues=8\n",
          .devices = "1 some-type on pci_a active num-queues=8\n",
          .answer = "1 compatible create",
        },
        { .name = "a function becomes a mediated device of the type that takes its token",
          .guest = { { .function = F1 } },
          .here = { { U1 } },
          .source = { .functions = { FUNCTION(F1, TOKEN("source-1")) } },
          .host = { .types = { { .parent = "pci_a", .id = "some-type", .instances = 1,
                                 .files = { TOKEN("here-1"), { REFUSES, "" } } },
                               { .parent = "pci_a", .id = "some-type_2", .instances = 1,
                                 .files = { TOKEN("here-2") } } } },
          .calls = "ask a/mdev_supported_types/some-type about source-1\n"
                   "ask a/mdev_supported_types/some-type_2 about source-1\n"
                   "ask a/mdev_supported_types/some-type about source-1\n"
                   "ask a/mdev_supported_types/some-type_2 about source-1\n"
                   "create 1 some-type_2 on pci_a\n"
                   "ask devices/" U1 "/mdev_type about source-1\n",
          .devices = "1 some-type_2 on pci_a active here-2\n",
          .answer = "1 compatible create",
        },
        { .name = "a function cannot become a mediated device",
          .guest = { { .function = F1 } },
          .here = { { U1 } },
          .source = { .functions = { FUNCTION(F1, NIC("\"0-255\"", ""), NIC_DEVICE("8")) } },
          .host = { .types = { { .parent = "pci_a", .id = "some-type", .instances = 1,
                                 .files = { NIC("4", "") } },
                               { .parent = "pci_b", .id = "some-type", .instances = 1 },
                               { .parent = "css_c", .id = "io", .instances = 1,
                                 .api = "vfio-ccw" } } },
          .code = VIR_ERR_CONFIG_UNSUPPORTED,
          .error = "unsupported configuration: " DEV1 ABSENT
                   "on 'pci_a', type 'some-type': parameter 'num-queues': source has "
                   "'8', destination allows '4'; "
                   "on 'pci_b', type 'some-type': interface 'parameters': only the "
                   "source publishes it",
        },
        { .name = "a function, and there are no types here",
          .guest = { { .function = F1 } },
          .here = { { U1 } },
          .source = { .functions = { FUNCTION(F1, NIC("\"0-255\"", ""), NIC_DEVICE("8")) } },
          .host = { .types = { { .parent = "css_c", .id = "io", .instances = 1,
                                 .api = "vfio-ccw" } } },
          .code = VIR_ERR_DEVICE_MISSING,
          .error = "device not found: " DEV1 "the device does not exist, and no device of "
                   "this host that the client may see offers a type with device API 'vfio-pci'",
        },
    };
    static const struct testHostile hostiles[] = {
        { .name = "nothing", .begin = "" },
        { .name = "unknown type of device", .begin = "<hostdev type='later' x='1'><y/></hostdev>" },
        { .name = "no type", .begin = "<hostdev uuid='x'/>" },
        { .name = "good", .begin = HOSTDEV(U1, "0x05", ""), .devices = 1 },
        { .name = "unknown interface, deeply nested",
          .begin = "<hostdev type='mdev' uuid='" U1 "'><capability type='migration'>"
                   "<interface type='later'><a><b><c><d/></c></b></a></interface>"
                   "</capability></hostdev>",
          .devices = 1 },
        { .name = "other capability",
          .begin = HOSTDEV(U1, "0x05", "<capability type='x'><interface/></capability>"),
          .devices = 1 },
        { .name = "no UUID", .begin = "<hostdev type='mdev'/>", .error = "uuid" },
        { .name = "UUID that leads elsewhere",
          .begin = "<hostdev type='mdev' uuid='../../../../etc/passwd'/>",
          .error = "malformed UUID of a host device in the migration cookie" },
        { .name = "UUID and more",
          .begin = "<hostdev type='mdev' uuid='" U1 "/../x'/>",
          .error = "malformed UUID of a host device in the migration cookie" },
        { .name = "UUID twice, another address",
          .begin = HOSTDEV(U1, "0x05", "") HOSTDEV(U1, "0x06", ""), .devices = 2 },
        { .name = "address twice",
          .begin = HOSTDEV(U1, "0x05", "") HOSTDEV(U2, "0x05", ""),
          .error = "two host devices with address '0000:00:05.0' in the migration cookie" },
        { .name = "no address, twice",
          .begin = "<hostdev type='mdev' uuid='" U1 "'/><hostdev type='mdev' uuid='" U2 "'/>",
          .devices = 1 },
        { .name = "no address, twice, and the first publishes",
          .begin = "<hostdev type='mdev' uuid='" U1 "'>" CAP("<mdevType>a</mdevType>") "</hostdev>"
                   "<hostdev type='mdev' uuid='" U2 "'/>",
          .error = "two host devices with address" },
        { .name = "no address, twice, and the second publishes",
          .begin = "<hostdev type='mdev' uuid='" U1 "'/>"
                   "<hostdev type='mdev' uuid='" U2 "'>" CAP("<mdevType>a</mdevType>") "</hostdev>",
          .error = "two host devices with address" },
        { .name = "bad address",
          .begin = HOSTDEV(U1, "0x55", ""), .error = "0x55" },
        { .name = "other address",
          .begin = "<hostdev type='mdev' uuid='" U1 "'><address type='usb' bus='0' port='1'/></hostdev>",
          .error = "a host device in the migration cookie has an unexpected type of address" },
        { .name = "resource that leads elsewhere",
          .begin = HOSTDEV(U1, "0x05", CAP("<dynamicResource name='../../remove' value='1'/>")),
          .error = "invalid or duplicate 'dynamicResource' in capability 'migration'" },
        { .name = "resource with an absolute name",
          .begin = HOSTDEV(U1, "0x05", CAP("<dynamicResource name='/etc/passwd' value='1'/>")),
          .error = "invalid or duplicate 'dynamicResource' in capability 'migration'" },
        { .name = "resource with a newline",
          .begin = HOSTDEV(U1, "0x05", CAP("<dynamicResource name='a&#10;b' value='1'/>")),
          .error = "invalid or duplicate 'dynamicResource' in capability 'migration'" },
        { .name = "value with a newline",
          .begin = HOSTDEV(U1, "0x05", CAP("<dynamicResource name='a' value='1&#10;b'/>")),
          .error = "invalid or duplicate 'dynamicResource' in capability 'migration'" },
        { .name = "NUL",
          .begin = HOSTDEV(U1, "0x05", CAP("<dynamicResource name='a' value='1&#0;'/>")),
          .error = "xmlParseCharRef" },
        { .name = "resource twice",
          .begin = HOSTDEV(U1, "0x05", CAP("<dynamicResource name='a' value='1'/>"
                                           "<dynamicResource name='a' value='2'/>")),
          .error = "invalid or duplicate 'dynamicResource' in capability 'migration'" },
        { .name = "interface twice",
          .begin = HOSTDEV(U1, "0x05", "<capability type='migration'>"
                           "<interface type='attributes'/><interface type='attributes'/>"
                           "</capability>"),
          .error = "invalid or duplicate 'interface' in capability 'migration'" },
        { .name = "many resources",
          .begin = "<hostdev type='mdev' uuid='" U1 "'><capability type='migration'>"
                   "<interface type='attributes'>",
          .repeat = "<dynamicResource name='a'/>", .times = 10000,
          .end = "</interface></capability></hostdev>",
          .error = "the host devices in the migration cookie are described by too much data" },
        { .name = "too many resources",
          .begin = "<hostdev type='mdev' uuid='" U1 "'><capability type='migration'>"
                   "<interface type='attributes'>",
          .repeat = "<dynamicResource name='a'/>", .times = 65,
          .end = "</interface></capability></hostdev>",
          .error = "more than 64 'dynamicResource' in capability 'migration'" },
        { .name = "too many interfaces",
          .begin = "<hostdev type='mdev' uuid='" U1 "'><capability type='migration'>",
          .repeat = "<interface type='later'/>", .times = 65,
          .end = "</capability></hostdev>",
          .error = "more than 64 'interface' in capability 'migration'" },
        { .name = "10000 devices",
          .begin = "", .repeat = "<hostdev type='mdev' uuid='" U1 "'/>", .times = 10000,
          .error = "10000 host devices in the migration cookie, at most 256 are allowed" },
        { .name = "10000 devices of unknown type",
          .begin = "", .repeat = "<hostdev type='later'/>", .times = 10000,
          .error = "10000 host devices in the migration cookie, at most 256 are allowed" },
        { .name = "4 MiB",
          .begin = "<hostdev type='mdev' uuid='" U1 "'>",
          .repeat = "<x y='0123456789012345678901234567890123456789012345678901'/>\n",
          .times = 65536, .end = "</hostdev>",
          .error = "the host devices in the migration cookie are described by too much data" },
        { .name = "4 MiB of an unknown type",
          .begin = "<hostdev type='later'>",
          .repeat = "<x y='0123456789012345678901234567890123456789012345678901'/>\n",
          .times = 65536, .end = "</hostdev>",
          .error = "the host devices in the migration cookie are described by too much data" },
        { .name = "deep nesting",
          .begin = "<hostdev type='mdev' uuid='" U1 "'>", .repeat = "<x>\n", .times = 10000,
          .error = "depth" },
        { .name = "type of a mediated device that leads elsewhere",
          .begin = "<hostdev type='mdev' uuid='" U1 "' mdevType='../x'/>",
          .error = "malformed type of a mediated device in the migration cookie" },
        { .name = "type of a mediated device with a newline",
          .begin = "<hostdev type='mdev' uuid='" U1 "' mdevType='a&#10;b'/>",
          .error = "malformed type of a mediated device in the migration cookie" },
        { .name = "empty type of a mediated device",
          .begin = "<hostdev type='mdev' uuid='" U1 "' mdevType=''/>",
          .error = "malformed type of a mediated device in the migration cookie" },
        { .name = "type of a mediated device, very long",
          .begin = "<hostdev type='mdev' uuid='" U1 "' mdevType='",
          .repeat = "0123456789", .times = 26, .end = "'/>",
          .error = "malformed type of a mediated device in the migration cookie" },
        { .name = "good function", .begin = FUNCTION_ENTRY("0x05", ""), .devices = 1 },
        { .name = "function with an address of the host",
          .begin = FUNCTION_ENTRY("0x05", "<source><address type='pci' bus='../..'/></source>"),
          .devices = 1 },
        { .name = "function with the address of a mediated device",
          .begin = HOSTDEV(U1, "0x05", "") FUNCTION_ENTRY("0x05", ""),
          .error = "two host devices with address '0000:00:05.0' in the migration cookie" },
        { .name = "function without an address", .begin = "<hostdev type='pci'/>",
          .error = "a PCI function in the migration cookie has no PCI address" },
        { .name = "function with another address",
          .begin = "<hostdev type='pci'><address type='ccw' cssid='0xfe' ssid='0' devno='1'/></hostdev>",
          .error = "a PCI function in the migration cookie has no PCI address" },
        { .name = "function with a bad UUID",
          .begin = "<hostdev type='pci' uuid='../x' verdict='compatible' action='create'/>",
          .error = "malformed UUID of a host device in the migration cookie" },
        { .name = "good parameter",
          .begin = HOSTDEV(U1, "0x05", PARAM("name='a' type='int' value='1'")), .devices = 1 },
        { .name = "parameter that leads elsewhere",
          .begin = HOSTDEV(U1, "0x05", PARAM("name='../../remove' type='int' value='1'")),
          .error = "in capability 'migration'" },
        { .name = "parameter of no type",
          .begin = HOSTDEV(U1, "0x05", PARAM("name='a' type='float' value='1'")),
          .error = "float" },
        { .name = "parameter with a bad value",
          .begin = HOSTDEV(U1, "0x05", PARAM("name='a' type='int' value='1&#10;2'")),
          .error = "in capability 'migration'" },
        { .name = "parameter with a huge value",
          .begin = HOSTDEV(U1, "0x05", PARAM("name='a' type='int' value='99999999999999999999'")),
          .error = "in capability 'migration'" },
        { .name = "parameter twice",
          .begin = HOSTDEV(U1, "0x05", CAP_OF("parameters", "<model name='a/b'>"
                                              "<param name='a' type='int' value='1'/>"
                                              "<param name='a' type='str' value='2'/></model>")),
          .error = "invalid or duplicate 'param' in capability 'migration'" },
        { .name = "too many parameters",
          .begin = "<hostdev type='mdev' uuid='" U1 "'><capability type='migration'>"
                   "<interface type='parameters'><model name='a/b'>",
          .repeat = "<param name='a' type='int' value='1'/>", .times = 65,
          .end = "</model></interface></capability></hostdev>",
          .error = "more than 64 'param' in capability 'migration'" },
        { .name = "good version",
          .begin = FUNCTION_ENTRY("0x05", CAP_OF("versions", "<model name='a/b' current='yes'>"
                                                 "<version current='yes'>1</version></model>")),
          .devices = 1 },
        { .name = "version with a newline",
          .begin = FUNCTION_ENTRY("0x05", CAP_OF("versions", "<model name='a/b'>"
                                                 "<version>1&#10;2</version></model>")),
          .error = "in capability 'migration'" },
        { .name = "two current versions",
          .begin = FUNCTION_ENTRY("0x05", CAP_OF("versions", "<model name='a/b' current='yes'>"
                                                 "<version current='yes'>1</version>"
                                                 "<version current='yes'>2</version></model>")),
          .error = "in capability 'migration'" },
        { .name = "a model without versions",
          .begin = FUNCTION_ENTRY("0x05", CAP_OF("versions", "<model name='a/b'/>")),
          .error = "in capability 'migration'" },
        { .name = "good description",
          .begin = FUNCTION_ENTRY("0x05", CAP_OF("description", "<self><vendor>v</vendor></self>")),
          .devices = 1 },
        { .name = "a variable in self",
          .begin = FUNCTION_ENTRY("0x05", CAP_OF("description", "<self>"
                                                 "<variable name='a' min='1' max='2'/></self>")),
          .error = "in capability 'migration'" },
        { .name = "an attribute of self that leads elsewhere",
          .begin = FUNCTION_ENTRY("0x05", CAP_OF("description", "<self>"
                                                 "<mdevAttr name='../../x' value='1'/></self>")),
          .error = "in capability 'migration'" },
        { .name = "two selves",
          .begin = FUNCTION_ENTRY("0x05", CAP_OF("description", "<self/><self/>")),
          .error = "in capability 'migration'" },
        { .name = "good token",
          .begin = FUNCTION_ENTRY("0x05", CAP_OF("token", "<token>a b</token>")), .devices = 1 },
        { .name = "token with a newline",
          .begin = FUNCTION_ENTRY("0x05", CAP_OF("token", "<token>a&#10;b</token>")),
          .error = "in capability 'migration'" },
        { .name = "token that is not ASCII",
          .begin = FUNCTION_ENTRY("0x05", CAP_OF("token", "<token>\u00e4</token>")),
          .error = "in capability 'migration'" },
        { .name = "empty token",
          .begin = FUNCTION_ENTRY("0x05", CAP_OF("token", "<token/>")),
          .error = "in capability 'migration'" },
        { .name = "two tokens",
          .begin = FUNCTION_ENTRY("0x05", CAP_OF("token", "<token>a</token><token>b</token>")),
          .error = "in capability 'migration'" },
        { .name = "a token that is too long",
          .begin = "<hostdev type='mdev' uuid='" U1 "'><capability type='migration'>"
                   "<interface type='token'><token>",
          .repeat = "0123456789abcdef", .times = 257,
          .end = "</token></interface></capability></hostdev>",
          .error = "in capability 'migration'" },
        { .name = "4 MiB of a function",
          .begin = "<hostdev type='pci'>",
          .repeat = "<x y='0123456789012345678901234567890123456789012345678901'/>\n",
          .times = 65536, .end = "</hostdev>",
          .error = "the host devices in the migration cookie are described by too much data" },
        { .name = "a verdict, an attribute and a child that only an answer would have",
          .begin = "<hostdev type='mdev' uuid='" U1 "' verdict='maybe' later='1'><later/></hostdev>",
          .devices = 1 },
    };
# define ANSWER(attrs, content) \
    "<hostdev type='mdev' uuid='" U1 "' " attrs ">" content "</hostdev>"
    static const struct testWords words[] = {
        { .name = "good", .xml = ANSWER("verdict='compatible' action='create'", ""),
          .devices = 1, .answered = true,
          .verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE,
          .action = QEMU_MIGRATION_HOSTDEV_ACTION_CREATE },
        { .name = "unknown verdict", .warning = true, .xml = ANSWER("verdict='degraded' action='start'", ""),
          .devices = 1, .answered = true,
          .action = QEMU_MIGRATION_HOSTDEV_ACTION_START },
        { .name = "unknown action", .warning = true, .xml = ANSWER("verdict='compatible' action='adopt'", ""),
          .devices = 1, .answered = true,
          .verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE },
        { .name = "no action", .warning = true, .xml = ANSWER("verdict='compatible'", ""),
          .devices = 1, .answered = true,
          .verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE },
        { .name = "no verdict", .xml = ANSWER("action='create'", ""), .devices = 1 },
        { .name = "unknown attribute and child",
          .xml = ANSWER("verdict='compatible' action='none' later='1'", "<later><x/></later>"),
          .devices = 1, .answered = true,
          .verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE },
        { .name = "a capability that cannot be parsed",
          .xml = ANSWER("verdict='compatible' action='none'",
                        CAP("<dynamicResource name='../../remove' value='1'/>")),
          .devices = 1, .answered = true,
          .verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE },
        { .name = "unknown type of address", .warning = true,
          .xml = ANSWER("verdict='compatible' action='none'", "<address type='later'/>") },
        { .name = "bad address, and a good one", .warning = true,
          .xml = ANSWER("verdict='compatible' action='none'",
                        "<address type='pci' domain='0' bus='0' slot='0x55' function='0'/>")
                 HOSTDEV(U2, "0x05", ""),
          .devices = 1 },
        { .name = "unknown type of device", .xml = "<hostdev type='later' verdict='x'/>" },
        { .name = "bad UUID", .warning = true, .xml = "<hostdev type='mdev' uuid='../x' verdict='compatible'/>" },
        { .name = "no UUID", .warning = true, .xml = "<hostdev type='mdev' verdict='compatible'/>" },
        { .name = "too many devices", .warning = true, .times = 257,
          .xml = ANSWER("verdict='compatible' action='none'", "") },
    };
    static const struct testAgain agains[] = {
        { .name = "comes again, and fails",
          .end = { .reason = VIR_DOMAIN_SHUTOFF_FAILED } },
        { .name = "comes again, and runs",
          .end = { .commit = true, .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN } },
        { .name = "ran, comes again, and fails",
          .ran = true,
          .end = { .reason = VIR_DOMAIN_SHUTOFF_FAILED } },
        { .name = "ran, is defined, comes again, and fails",
          .ran = true,
          .end = { .persistent = true, .reason = VIR_DOMAIN_SHUTOFF_FAILED } },
        { .name = "was not sure to have one, comes again, and fails",
          .fault = TEST_FAULT_LOST_BEFORE,
          .end = { .reason = VIR_DOMAIN_SHUTOFF_FAILED } },
        { .name = "was not sure to have one, comes again, and unplugs it",
          .fault = TEST_FAULT_LOST_BEFORE,
          .end = { .commit = true, .detached = true,
                   .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN, .kept = true } },
        { .name = "comes again, and the status cannot be saved",
          .noStatus = true,
          .end = { .reason = VIR_DOMAIN_SHUTOFF_FAILED } },
        { .name = "comes again after a restart, and runs",
          .twice = true,
          .end = { .commit = true, .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN } },
        { .name = "comes again from an old source, and fails",
          .ran = true, .oldSource = true,
          .end = { .reason = VIR_DOMAIN_SHUTOFF_FAILED } },
        { .name = "comes again from an old source, and runs",
          .oldSource = true,
          .end = { .commit = true, .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN } },
        { .name = "comes again, and unplugs it",
          .ran = true,
          .end = { .commit = true, .detached = true,
                   .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN, .kept = true } },
    };
    static const struct testAppears appears[] = {
        { .name = "lost, and somebody makes one on another parent",
          .fault = TEST_FAULT_LOST_BEFORE, .parent = "pci_b" },
        { .name = "lost, and the device appears soon after",
          .fault = TEST_FAULT_LOST_BEFORE, .parent = "pci_a", .after = 2, .gone = true },
        { .name = "lost, and somebody makes the very same one later",
          .fault = TEST_FAULT_LOST_BEFORE, .parent = "pci_a", .after = 10 },
        { .name = "lost, somebody makes the very same one later, and it comes again",
          .fault = TEST_FAULT_LOST_BEFORE, .parent = "pci_a", .after = 10,
          .comesAgain = true },
        { .name = "made, lost, and comes again",
          .fault = TEST_FAULT_LOST, .parent = "pci_a", .comesAgain = true, .gone = true },
        { .name = "made, removed by somebody, and made again",
          .parent = "pci_a", .again = true },
        { .name = "made, lost, removed by somebody, and made again",
          .fault = TEST_FAULT_LOST, .parent = "pci_a", .again = true },
    };
    static const struct testHostDesc noStatus[] = {
        { .types = { TYPE_4("pci_a", 1), TYPE_4("pci_b", 1) } },
        { .types = { TYPE_4("pci_a", 1) }, .devices = { DEVICE(.defined = true) } },
    };
    static const struct testAnswer answers[] = {
        { .name = "the destination answers", .answered = true },
        { .name = "the destination does not answer", .warning = true },
        { .name = "the destination does not answer, and nothing was published",
          .nothing = true },
        { .name = "the destination answers about a function", .function = true,
          .answered = true },
        { .name = "the destination does not answer about a function", .function = true,
          .warning = true },
        { .name = "the destination does not answer about a function, and nothing was published",
          .function = true, .nothing = true },
    };
    static const struct testRace raceInstance = {
        .uuids = { U1, U2 }, .instances = 1, .code = VIR_ERR_DEVICE_MISSING,
    };
    static const struct testRace raceUUID = {
        .uuids = { U1, U1 }, .instances = 2, .code = VIR_ERR_OPERATION_FAILED,
    };
    const bool yes = true;
    const bool no = false;
    virHostdevManager hostdevMgr = { 0 };
    int ret = 0;
    size_t i;

    if (qemuTestDriverInit(&driver) < 0)
        return EXIT_FAILURE;

    hostdevMgr.activeMediatedHostdevs = virMediatedDeviceListNew();
    driver.hostdevMgr = &hostdevMgr;

    for (i = 0; i < G_N_ELEMENTS(cases); i++)
        testCaseRun(&cases[i], false, &ret);

    for (i = 0; i < G_N_ELEMENTS(interfaces); i++)
        testCaseRun(&interfaces[i], true, &ret);

    for (i = 0; i < G_N_ELEMENTS(agains); i++)
        virTestRunLog(&ret, agains[i].name, testComesAgain, &agains[i]);


    for (i = 0; i < 20; i++) {
        g_autofree char *name = g_strdup_printf("race for the last instance %zu", i);
        g_autofree char *sameName = g_strdup_printf("race with the same UUID %zu", i);

        virTestRunLog(&ret, name, testRace, &raceInstance);
        virTestRunLog(&ret, sameName, testRace, &raceUUID);
    }

    for (i = 0; i < G_N_ELEMENTS(appears); i++)
        virTestRunLog(&ret, appears[i].name, testAppears, &appears[i]);

    virTestRunLog(&ret, "no answer", testHung, NULL);
    virTestRunLog(&ret, "a removal that does not end", testRemovalHung, NULL);
    virTestRunLog(&ret, "two records", testTwoRecords, NULL);
    virTestRunLog(&ret, "more and more seldom", testRetries, NULL);
    virTestRunLog(&ret, "made in spite of an error, and stuck", testMadeAndStuck, &no);
    virTestRunLog(&ret, "started in spite of an error, and stuck", testMadeAndStuck, &yes);
    virTestRunLog(&ret, "no VFIO group", testNoGroup, NULL);
    virTestRunLog(&ret, "a token, and the device is open", testTokenBusy, NULL);
    virTestRunLog(&ret, "record with an unknown action", testUnknownRecord,
                  "mdevType='t' parent='p' action='adopt' state='done'");
    virTestRunLog(&ret, "record with an unknown state", testUnknownRecord,
                  "mdevType='t' parent='p' action='create' state='x'");
    virTestRunLog(&ret, "record without a type", testUnknownRecord,
                  "parent='p' action='create' state='done'");
    virTestRunLog(&ret, "record with a number that is none", testUnknownRecord,
                  "mdevType='t' parent='p' action='create' state='done' inode='-'");
    virTestRunLog(&ret, "one device of many", testFindOne, NULL);
    virTestRunLog(&ret, "4096 devices to remove", testCost, NULL);
    virTestRunLog(&ret, "comes in while the device is removed", testComesInBetween, NULL);
    virTestRunLog(&ret, "no status, to create", testNoStatus, &noStatus[0]);
    virTestRunLog(&ret, "no status, to start", testNoStatus, &noStatus[1]);
    virTestRunLog(&ret, "a program that was replaced", testProgramChanged, NULL);
    virTestRunLog(&ret, "undo at start", testAtStart, NULL);
    virTestRunLog(&ret, "nothing to undo can be read", testGarbage, "<migrationHostdevs>");
    virTestRunLog(&ret, "nothing to undo can be understood", testGarbage,
                  "<migrationHostdevs><hostdev uuid='../x' mdevType='a' parent='b' "
                  "action='create' state='done'/></migrationHostdevs>");
    virTestRunLog(&ret, "more than a cookie may carry", testTooMuch, NULL);
    virTestRunLog(&ret, "more functions than a cookie has room for", testTooMany, &yes);
    virTestRunLog(&ret, "more functions than a cookie has room for, and nothing published",
                  testTooMany, &no);

    for (i = 0; i < G_N_ELEMENTS(answers); i++)
        virTestRunLog(&ret, answers[i].name, testAnswer, &answers[i]);

    for (i = 0; i < G_N_ELEMENTS(hostiles); i++) {
        g_autofree char *name = g_strdup_printf("cookie: %s", hostiles[i].name);

        virTestRunLog(&ret, name, testHostile, &hostiles[i]);
    }

    for (i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autofree char *name = g_strdup_printf("answer: %s", words[i].name);

        virTestRunLog(&ret, name, testWords, &words[i]);
    }

    driver.hostdevMgr = NULL;
    virObjectUnref(hostdevMgr.activeMediatedHostdevs);
    qemuTestDriverFree(&driver);

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN(mymain)

#else

int
main(void)
{
    return EXIT_AM_SKIP;
}

#endif /* WITH_QEMU */
