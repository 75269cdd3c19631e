/*
 * qemu_migration_hostdev_cookie.h: assigned devices in the migration cookie
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

#pragma once

#include "domain_conf.h"
#include "virbuffer.h"
#include "virdevmigrationcompare.h"
#include "virxml.h"

/* devices in one cookie */
#define QEMU_MIGRATION_COOKIE_HOSTDEV_MAX 256
/* bytes of the element of one device, and of all of them */
#define QEMU_MIGRATION_COOKIE_HOSTDEV_MAX_SIZE (64 * 1024)
#define QEMU_MIGRATION_COOKIE_HOSTDEVS_MAX_SIZE (1024 * 1024)

/* What the destination did to have the device */
typedef enum {
    QEMU_MIGRATION_HOSTDEV_ACTION_NONE,
    QEMU_MIGRATION_HOSTDEV_ACTION_CREATE,
    QEMU_MIGRATION_HOSTDEV_ACTION_START,

    QEMU_MIGRATION_HOSTDEV_ACTION_LAST
} qemuMigrationHostdevAction;

VIR_ENUM_DECL(qemuMigrationHostdevAction);


typedef struct _qemuMigrationCookieHostdev qemuMigrationCookieHostdev;
struct _qemuMigrationCookieHostdev {
    /* of the source: a mediated device, a PCI function, or a vfio-user device */
    virDomainHostdevSubsysType type;

    /* The key: where the guest sees the device. It is the one thing that the
     * ABI check keeps equal on both hosts. None for vfio-ap, of which a guest
     * has one at most. */
    virDomainDeviceInfo info;
    /* of the mediated device, on the source, in the answer on the destination;
     * empty if there is none */
    char uuid[VIR_UUID_STRING_BUFLEN];

    /* from the source: type of the mediated device, NULL if there is none, or
     * if the source is too old to say */
    char *mdevType;
    /* from the source: what it publishes, NULL if nothing */
    virDevMigration *migration;

    /* from the destination: the answer */
    bool answered;
    virDevMigrationVerdict verdict;
    qemuMigrationHostdevAction action;
};

void
qemuMigrationCookieHostdevFree(qemuMigrationCookieHostdev *hostdev);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuMigrationCookieHostdev,
                              qemuMigrationCookieHostdevFree);

char *
qemuMigrationCookieHostdevDescribe(const virDomainDeviceInfo *info);

void
qemuMigrationCookieHostdevFormat(virBuffer *buf,
                                 const qemuMigrationCookieHostdev *hostdev);

void
qemuMigrationCookieHostdevsFormat(virBuffer *buf,
                                  GSList *hostdevs);

int
qemuMigrationCookieHostdevsParse(xmlXPathContextPtr ctxt,
                                 GSList **ret_hostdevs);

GSList *
qemuMigrationCookieHostdevsParseAnswer(xmlXPathContextPtr ctxt);
