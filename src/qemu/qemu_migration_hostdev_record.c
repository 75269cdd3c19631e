/*
 * qemu_migration_hostdev_record.c: devices that a migration made
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

#include <dirent.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "qemu_migration_hostdev_record.h"
#include "viralloc.h"
#include "virerror.h"
#include "virfile.h"
#include "virlog.h"
#include "virmdev.h"
#include "virprocess.h"
#include "virstring.h"
#include "viruuid.h"
#include "virxml.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.qemu_migration_hostdev_record");

VIR_ENUM_IMPL(qemuMigrationHostdevState,
              QEMU_MIGRATION_HOSTDEV_STATE_LAST,
              "pending",
              "done",
              "committed",
);

/* seconds after the node device driver was lost in which a device may still
 * appear, unless mdevctl is seen to be at it */
#define QEMU_MIGRATION_HOSTDEV_GRACE 5

#define QEMU_MIGRATION_HOSTDEV_BOOT "/proc/sys/kernel/random/boot_id"
/* bytes of that file, and of the name and the command line of a process */
#define QEMU_MIGRATION_HOSTDEV_MAX_BOOT 64
#define QEMU_MIGRATION_HOSTDEV_MAX_COMM 64
#define QEMU_MIGRATION_HOSTDEV_MAX_CMDLINE 4096


static char *
qemuMigrationHostdevGetBoot(void)
{
    char *boot = NULL;

    if (virFileReadAllQuiet(QEMU_MIGRATION_HOSTDEV_BOOT,
                            QEMU_MIGRATION_HOSTDEV_MAX_BOOT, &boot) < 0)
        return NULL;

    return g_strstrip(boot);
}


/**
 * qemuMigrationHostdevRecordNew:
 * @uuid: UUID of a mediated device
 * @mdevType: id of its type
 * @parent: node device of its parent
 * @action: what is about to be done
 *
 * Returns a new record of a device that is asked for now.
 */
qemuMigrationHostdevRecord *
qemuMigrationHostdevRecordNew(const char *uuid,
                              const char *mdevType,
                              const char *parent,
                              qemuMigrationHostdevAction action)
{
    qemuMigrationHostdevRecord *record = g_new0(qemuMigrationHostdevRecord, 1);

    g_strlcpy(record->uuid, uuid, sizeof(record->uuid));
    record->mdevType = g_strdup(mdevType);
    record->parent = g_strdup(parent);
    record->action = action;
    record->boot = qemuMigrationHostdevGetBoot();
    record->asked = time(NULL);

    return record;
}


qemuMigrationHostdevRecord *
qemuMigrationHostdevRecordCopy(const qemuMigrationHostdevRecord *record)
{
    qemuMigrationHostdevRecord *copy = g_new0(qemuMigrationHostdevRecord, 1);

    *copy = *record;
    copy->mdevType = g_strdup(record->mdevType);
    copy->parent = g_strdup(record->parent);
    copy->name = g_strdup(record->name);
    copy->boot = g_strdup(record->boot);
    if (record->call)
        copy->call = qemuMigrationHostdevCallRef(record->call);

    return copy;
}


void
qemuMigrationHostdevRecordFree(qemuMigrationHostdevRecord *record)
{
    if (!record)
        return;

    qemuMigrationHostdevCallUnref(record->call);
    g_free(record->mdevType);
    g_free(record->parent);
    g_free(record->name);
    g_free(record->boot);
    g_free(record);
}


void
qemuMigrationHostdevRecordListFree(GSList *records)
{
    g_slist_free_full(records, (GDestroyNotify) qemuMigrationHostdevRecordFree);
}


/* Are both about the same way to have the same device? */
bool
qemuMigrationHostdevRecordIsSame(const qemuMigrationHostdevRecord *a,
                                 const qemuMigrationHostdevRecord *b)
{
    return STREQ(a->uuid, b->uuid) &&
        STREQ(a->mdevType, b->mdevType) &&
        STREQ(a->parent, b->parent) &&
        a->action == b->action;
}


/**
 * qemuMigrationHostdevRecordLost:
 * @record: pending record
 *
 * From now on nobody will say what became of the device.
 */
void
qemuMigrationHostdevRecordLost(qemuMigrationHostdevRecord *record)
{
    g_clear_pointer(&record->call, qemuMigrationHostdevCallUnref);
    record->lost = time(NULL);
}


/* Was the process started before @deadline? */
static bool
qemuMigrationHostdevIsOlder(pid_t pid,
                            unsigned long long deadline)
{
    unsigned long long started;
    struct timespec uptime;
    long ticks = sysconf(_SC_CLK_TCK);

    if (ticks <= 0 ||
        virProcessGetStartTime(pid, &started) < 0 ||
        clock_gettime(CLOCK_BOOTTIME, &uptime) < 0) {
        virResetLastError();
        return false;
    }

    return time(NULL) - uptime.tv_sec + started / ticks <= deadline;
}


/* Is the process an mdevctl that works on the device? */
static bool
qemuMigrationHostdevIsMdevctl(pid_t pid,
                              const char *uuid)
{
    g_autofree char *commPath = g_strdup_printf("/proc/%lld/comm", (long long) pid);
    g_autofree char *path = g_strdup_printf("/proc/%lld/cmdline", (long long) pid);
    g_autofree char *comm = NULL;
    g_autofree char *args = g_new0(char, QEMU_MIGRATION_HOSTDEV_MAX_CMDLINE + 1);
    int len;
    size_t i;

    if (virFileReadAllQuiet(commPath, QEMU_MIGRATION_HOSTDEV_MAX_COMM, &comm) < 0 ||
        STRNEQ(comm, "mdevctl\n") ||
        (len = virFileReadBufQuiet(path, args, QEMU_MIGRATION_HOSTDEV_MAX_CMDLINE)) < 0)
        return false;

    for (i = 0; i < len; i++) {
        if (args[i] == '\0')
            args[i] = ' ';
    }

    return !!strstr(args, uuid);
}


/* Is mdevctl, started before @deadline, still at work on the device? It goes on
 * when the node device driver that started it has died. */
static bool
qemuMigrationHostdevIsBeingMade(const char *uuid,
                                unsigned long long deadline)
{
    g_autoptr(DIR) dir = NULL;
    struct dirent *ent;

    if (virDirOpenQuiet(&dir, "/proc") < 0)
        return false;

    while (virDirRead(dir, &ent, NULL) > 0) {
        int number;

        if (virStrToLong_i(ent->d_name, NULL, 10, &number) == 0 &&
            qemuMigrationHostdevIsMdevctl(number, uuid) &&
            qemuMigrationHostdevIsOlder(number, deadline))
            return true;
    }

    return false;
}


/* Can a pending device have appeared at @when, because we had asked for it? */
static bool
qemuMigrationHostdevRecordCovers(const qemuMigrationHostdevRecord *record,
                                 unsigned long long when)
{
    unsigned long long deadline;

    if (record->call)
        return true;

    deadline = record->lost ?
        record->lost + QEMU_MIGRATION_HOSTDEV_GRACE :
        record->asked + QEMU_MIGRATION_HOSTDEV_CALL_MAKE;

    return when <= deadline ||
        qemuMigrationHostdevIsBeingMade(record->uuid, deadline);
}


/* What came of a call that was given up, if it came back meanwhile? */
static void
qemuMigrationHostdevRecordCheckCall(qemuMigrationHostdevRecord *record)
{
    virErrorPtr orig;

    if (!record->call || !qemuMigrationHostdevCallWait(record->call, 0))
        return;

    virErrorPreserveLast(&orig);
    if (qemuMigrationHostdevCallResult(record->call) == 0)
        record->state = QEMU_MIGRATION_HOSTDEV_STATE_DONE;
    virErrorRestore(&orig);

    qemuMigrationHostdevRecordLost(record);
}


/* Is the active device on the parent where we made it? The name of a node
 * device ends in the name that the kernel has for it, with '_' for what is
 * neither a letter nor a digit. */
static bool
qemuMigrationHostdevIsOnParent(const qemuMigrationHostdevRecord *record)
{
    g_autofree char *dir = virMediatedDeviceGetSysfsPath(record->uuid);
    g_autofree char *real = virFileCanonicalizePath(dir);
    g_autofree char *parentdir = NULL;
    g_autofree char *parent = NULL;

    if (!real)
        return false;

    parentdir = g_path_get_dirname(real);
    parent = g_path_get_basename(parentdir);
    g_strcanon(parent, "0123456789"
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", '_');

    return g_str_has_suffix(record->parent, parent);
}


/**
 * qemuMigrationHostdevRecordLook:
 * @record: record
 *
 * Looks whether the device is there, and is the one that was made. What it finds
 * out is noted in @record.
 *
 * A directory of sysfs has a number that no other one of this boot gets, so a
 * device that was seen once is known for sure. A pending one was not: it is ours
 * if it was there before, or soon after, the node device driver was lost. The
 * time that sysfs has for a directory is that of its first use, or later: who is
 * too late by that may be somebody else's.
 *
 * Returns what is there.
 */
qemuMigrationHostdevPresence
qemuMigrationHostdevRecordLook(qemuMigrationHostdevRecord *record)
{
    g_autofree char *dir = virMediatedDeviceGetSysfsPath(record->uuid);
    g_autofree char *boot = qemuMigrationHostdevGetBoot();
    g_autofree char *type = NULL;
    struct stat sb;

    /* none of them outlives the boot */
    if (record->boot && STRNEQ_NULLABLE(record->boot, boot))
        return QEMU_MIGRATION_HOSTDEV_PRESENCE_ABSENT;

    qemuMigrationHostdevRecordCheckCall(record);

    if (stat(dir, &sb) < 0) {
        if (record->state == QEMU_MIGRATION_HOSTDEV_STATE_PENDING &&
            qemuMigrationHostdevRecordCovers(record, time(NULL)))
            return QEMU_MIGRATION_HOSTDEV_PRESENCE_EXPECTED;

        return QEMU_MIGRATION_HOSTDEV_PRESENCE_ABSENT;
    }

    if (record->inode != 0 && record->inode != sb.st_ino)
        return QEMU_MIGRATION_HOSTDEV_PRESENCE_FOREIGN;

    if (record->inode == 0 &&
        record->state == QEMU_MIGRATION_HOSTDEV_STATE_PENDING &&
        !qemuMigrationHostdevRecordCovers(record, sb.st_ctime))
        return QEMU_MIGRATION_HOSTDEV_PRESENCE_FOREIGN;

    if (!qemuMigrationHostdevIsOnParent(record))
        return QEMU_MIGRATION_HOSTDEV_PRESENCE_FOREIGN;

    /* the kernel shows the type last, when the driver has set up the device */
    if ((type = qemuMigrationHostdevGetType(record->uuid)) &&
        STRNEQ(type, record->mdevType))
        return QEMU_MIGRATION_HOSTDEV_PRESENCE_FOREIGN;

    record->inode = sb.st_ino;
    if (!type)
        return QEMU_MIGRATION_HOSTDEV_PRESENCE_INCOMPLETE;

    if (record->state == QEMU_MIGRATION_HOSTDEV_STATE_PENDING && !record->call)
        record->state = QEMU_MIGRATION_HOSTDEV_STATE_DONE;

    return QEMU_MIGRATION_HOSTDEV_PRESENCE_OURS;
}


/**
 * qemuMigrationHostdevRecordsFormat:
 * @buf: buffer
 * @records: list of qemuMigrationHostdevRecord, may be empty
 *
 * Appends the element <migrationHostdevs> of the status XML, if there are any
 * records. The file of undos that are due has it as its root.
 */
void
qemuMigrationHostdevRecordsFormat(virBuffer *buf,
                                  GSList *records)
{
    g_auto(virBuffer) childBuf = VIR_BUFFER_INIT_CHILD(buf);
    GSList *next;

    for (next = records; next; next = next->next) {
        g_auto(virBuffer) attrBuf = VIR_BUFFER_INITIALIZER;
        qemuMigrationHostdevRecord *record = next->data;

        virBufferAsprintf(&attrBuf, " uuid='%s'", record->uuid);
        virBufferEscapeString(&attrBuf, " mdevType='%s'", record->mdevType);
        virBufferEscapeString(&attrBuf, " parent='%s'", record->parent);
        virBufferEscapeString(&attrBuf, " name='%s'", record->name);
        virBufferAsprintf(&attrBuf, " action='%s' state='%s'",
                          qemuMigrationHostdevActionTypeToString(record->action),
                          qemuMigrationHostdevStateTypeToString(record->state));
        virBufferEscapeString(&attrBuf, " boot='%s'", record->boot);
        if (record->inode)
            virBufferAsprintf(&attrBuf, " inode='%llu'", record->inode);
        if (record->asked)
            virBufferAsprintf(&attrBuf, " asked='%llu'", record->asked);
        if (record->lost)
            virBufferAsprintf(&attrBuf, " lost='%llu'", record->lost);
        if (record->attempts)
            virBufferAsprintf(&attrBuf, " attempts='%u'", record->attempts);
        if (record->seenFree)
            virBufferAddLit(&attrBuf, " free='yes'");
        virXMLFormatElement(&childBuf, "hostdev", &attrBuf, NULL);
    }

    virXMLFormatElement(buf, "migrationHostdevs", NULL, &childBuf);
}


static qemuMigrationHostdevRecord *
qemuMigrationHostdevRecordParse(xmlNodePtr node)
{
    g_autoptr(qemuMigrationHostdevRecord) record = g_new0(qemuMigrationHostdevRecord, 1);
    g_autofree char *uuid = virXMLPropStringRequired(node, "uuid");
    unsigned char raw[VIR_UUID_BUFLEN];
    virTristateBool seenFree = VIR_TRISTATE_BOOL_ABSENT;

    if (!uuid ||
        !(record->mdevType = virXMLPropStringRequired(node, "mdevType")) ||
        !(record->parent = virXMLPropStringRequired(node, "parent")))
        return NULL;

    if (virUUIDParse(uuid, raw) < 0) {
        virReportError(VIR_ERR_XML_ERROR, _("malformed UUID '%1$s'"), uuid);
        return NULL;
    }
    virUUIDFormat(raw, record->uuid);

    record->name = virXMLPropString(node, "name");
    record->boot = virXMLPropString(node, "boot");

    if (virXMLPropEnum(node, "action", qemuMigrationHostdevActionTypeFromString,
                       VIR_XML_PROP_REQUIRED | VIR_XML_PROP_NONZERO,
                       &record->action) < 0 ||
        virXMLPropEnum(node, "state", qemuMigrationHostdevStateTypeFromString,
                       VIR_XML_PROP_REQUIRED, &record->state) < 0 ||
        virXMLPropULongLong(node, "inode", 10, VIR_XML_PROP_NONE, &record->inode) < 0 ||
        virXMLPropULongLong(node, "asked", 10, VIR_XML_PROP_NONE, &record->asked) < 0 ||
        virXMLPropULongLong(node, "lost", 10, VIR_XML_PROP_NONE, &record->lost) < 0 ||
        virXMLPropUInt(node, "attempts", 10, VIR_XML_PROP_NONE, &record->attempts) < 0 ||
        virXMLPropTristateBool(node, "free", VIR_XML_PROP_NONE, &seenFree) < 0)
        return NULL;

    record->seenFree = seenFree == VIR_TRISTATE_BOOL_YES;

    return g_steal_pointer(&record);
}


/**
 * qemuMigrationHostdevRecordsParse:
 * @ctxt: XPath context
 * @xpath: path of the elements <hostdev>
 * @ret_records: filled with a list of qemuMigrationHostdevRecord, to be freed
 *               by the caller; untouched on failure
 *
 * A record only tells what to remove some day. One that cannot be understood,
 * as another version wrote it, must not make a running guest unknown: it is
 * left out with a warning, and its device stays.
 *
 * Returns the number of records that were left out, or -1 on failure with an
 * error reported.
 */
int
qemuMigrationHostdevRecordsParse(xmlXPathContextPtr ctxt,
                                 const char *xpath,
                                 GSList **ret_records)
{
    g_autofree xmlNodePtr *nodes = NULL;
    GSList *records = NULL;
    int left = 0;
    int n;
    size_t i;

    if ((n = virXPathNodeSet(xpath, ctxt, &nodes)) < 0)
        return -1;

    for (i = 0; i < n; i++) {
        qemuMigrationHostdevRecord *record = qemuMigrationHostdevRecordParse(nodes[i]);

        if (!record) {
            VIR_WARN("Ignoring a device that a migration made, as its record is not understood: %s",
                     virGetLastErrorMessage());
            virResetLastError();
            left++;
            continue;
        }
        records = g_slist_prepend(records, record);
    }

    *ret_records = g_slist_reverse(records);
    return left;
}


/**
 * qemuMigrationHostdevGetType:
 * @uuid: UUID of a mediated device
 *
 * Returns the id of the device's type, to be freed by the caller, or NULL if
 * there is no such active device.
 */
char *
qemuMigrationHostdevGetType(const char *uuid)
{
    g_autofree char *dir = virMediatedDeviceGetSysfsPath(uuid);
    g_autofree char *link = g_strdup_printf("%s/mdev_type", dir);
    g_autofree char *typedir = NULL;

    if (!virFileExists(dir) ||
        !(typedir = g_file_read_link(link, NULL)))
        return NULL;

    return g_path_get_basename(typedir);
}
