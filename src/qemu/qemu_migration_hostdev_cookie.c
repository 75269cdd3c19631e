/*
 * qemu_migration_hostdev_cookie.c: assigned devices in the migration cookie
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

#include "qemu_migration_hostdev_cookie.h"
#include "device_migration_conf.h"
#include "virerror.h"
#include "virlog.h"
#include "viruuid.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.qemu_migration_hostdev_cookie");

VIR_ENUM_IMPL(qemuMigrationHostdevAction,
              QEMU_MIGRATION_HOSTDEV_ACTION_LAST,
              "none",
              "create",
              "start",
);


void
qemuMigrationCookieHostdevFree(qemuMigrationCookieHostdev *hostdev)
{
    if (!hostdev)
        return;

    g_free(hostdev->mdevType);
    virDevMigrationFree(hostdev->migration);
    g_free(hostdev);
}


/**
 * qemuMigrationCookieHostdevDescribe:
 * @info: guest's view of the device
 *
 * Returns the guest's address of the device as an administrator would write
 * it, to be freed by the caller.
 */
char *
qemuMigrationCookieHostdevDescribe(const virDomainDeviceInfo *info)
{
    if (info->type == VIR_DOMAIN_DEVICE_ADDRESS_TYPE_PCI)
        return virPCIDeviceAddressAsString(&info->addr.pci);

    if (info->type == VIR_DOMAIN_DEVICE_ADDRESS_TYPE_CCW) {
        virCCWDeviceAddress addr = info->addr.ccw;

        return virCCWDeviceAddressAsString(&addr);
    }

    return g_strdup(virDomainDeviceAddressTypeToString(info->type));
}


static void
qemuMigrationCookieHostdevFormatAddress(virBuffer *buf,
                                        const virDomainDeviceInfo *info)
{
    if (info->type == VIR_DOMAIN_DEVICE_ADDRESS_TYPE_PCI) {
        virPCIDeviceAddressFormat(buf, info->addr.pci, true);
    } else if (info->type == VIR_DOMAIN_DEVICE_ADDRESS_TYPE_CCW) {
        virBufferAsprintf(buf,
                          "<address type='ccw' cssid='0x%x' ssid='0x%x' devno='0x%04x'/>\n",
                          info->addr.ccw.cssid, info->addr.ccw.ssid,
                          info->addr.ccw.devno);
    }
}


/**
 * qemuMigrationCookieHostdevFormat:
 * @buf: buffer
 * @hostdev: one device
 *
 * Appends the element of one device: what the source publishes, or the
 * destination's answer.
 */
void
qemuMigrationCookieHostdevFormat(virBuffer *buf,
                                 const qemuMigrationCookieHostdev *hostdev)
{
    g_auto(virBuffer) attrBuf = VIR_BUFFER_INITIALIZER;
    g_auto(virBuffer) childBuf = VIR_BUFFER_INIT_CHILD(buf);

    virBufferAsprintf(&attrBuf, " type='%s'",
                      virDomainHostdevSubsysTypeToString(hostdev->type));
    if (*hostdev->uuid)
        virBufferAsprintf(&attrBuf, " uuid='%s'", hostdev->uuid);
    if (hostdev->answered) {
        virBufferAsprintf(&attrBuf, " verdict='%s' action='%s'",
                          virDevMigrationVerdictTypeToString(hostdev->verdict),
                          qemuMigrationHostdevActionTypeToString(hostdev->action));
    } else {
        virBufferEscapeString(&attrBuf, " mdevType='%s'", hostdev->mdevType);
    }

    qemuMigrationCookieHostdevFormatAddress(&childBuf, &hostdev->info);
    if (!hostdev->answered && hostdev->migration)
        virDevMigrationFormat(&childBuf, hostdev->migration);

    virXMLFormatElement(buf, "hostdev", &attrBuf, &childBuf);
}


/**
 * qemuMigrationCookieHostdevsFormat:
 * @buf: buffer
 * @hostdevs: list of qemuMigrationCookieHostdev, may be empty
 *
 * Appends the element <hostdevs> of the migration cookie, if there are any:
 *
 *   <hostdevs>
 *     <hostdev type='mdev' uuid='...' mdevType='...'>
 *       <address type='pci' .../>
 *       <capability type='migration'>...</capability>
 *     </hostdev>
 *     <hostdev type='pci'>
 *       <address type='pci' .../>
 *       <capability type='migration'>...</capability>
 *     </hostdev>
 *     <hostdev type='vfio-user'>
 *       <address type='pci' .../>
 *       <capability type='migration'>...</capability>
 *     </hostdev>
 *   </hostdevs>
 *
 * In the destination's answer, attributes 'verdict' and 'action' stand in the
 * place of the capability. The type is the source's, even if the destination's
 * device is of the other one: a source that does not know functions would not
 * find its device.
 */
void
qemuMigrationCookieHostdevsFormat(virBuffer *buf,
                                  GSList *hostdevs)
{
    g_auto(virBuffer) childBuf = VIR_BUFFER_INIT_CHILD(buf);
    GSList *next;

    for (next = hostdevs; next; next = next->next)
        qemuMigrationCookieHostdevFormat(&childBuf, next->data);

    virXMLFormatElement(buf, "hostdevs", NULL, &childBuf);
}


static int
qemuMigrationCookieHostdevParseAddress(xmlXPathContextPtr ctxt,
                                       virDomainDeviceInfo *info)
{
    xmlNodePtr node = virXPathNode("./address[1]", ctxt);
    g_autofree char *type = NULL;

    if (!node)
        return 0;

    if (!(type = virXMLPropStringRequired(node, "type")))
        return -1;

    if (STREQ(type, "pci")) {
        info->type = VIR_DOMAIN_DEVICE_ADDRESS_TYPE_PCI;
        return virPCIDeviceAddressParseXML(node, &info->addr.pci);
    }

    if (STREQ(type, "ccw")) {
        info->type = VIR_DOMAIN_DEVICE_ADDRESS_TYPE_CCW;
        return virCCWDeviceAddressParseXML(node, &info->addr.ccw);
    }

    virReportError(VIR_ERR_XML_ERROR, "%s",
                   _("a host device in the migration cookie has an unexpected type of address"));
    return -1;
}


static int
qemuMigrationCookieHostdevCheckSize(xmlNodePtr node,
                                    size_t *total)
{
    g_autofree char *xml = virXMLNodeToString(node->doc, node);
    size_t size;

    if (!xml)
        return -1;

    size = strlen(xml);
    *total += size;

    /* the parser may write characters in another way than the sender */
    if (size > 2 * QEMU_MIGRATION_COOKIE_HOSTDEV_MAX_SIZE ||
        *total > 2 * QEMU_MIGRATION_COOKIE_HOSTDEVS_MAX_SIZE) {
        virReportError(VIR_ERR_XML_ERROR, "%s",
                       _("the host devices in the migration cookie are described by too much data"));
        return -1;
    }

    return 0;
}


static int
qemuMigrationCookieHostdevParseUUID(xmlNodePtr node,
                                    qemuMigrationCookieHostdev *hostdev)
{
    g_autofree char *uuid = NULL;
    unsigned char raw[VIR_UUID_BUFLEN];

    /* others have one only in the answer, if they become a mediated device */
    if (hostdev->type != VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_MDEV &&
        !xmlHasProp(node, BAD_CAST "uuid"))
        return 0;

    if (!(uuid = virXMLPropStringRequired(node, "uuid")))
        return -1;

    if (virUUIDParse(uuid, raw) < 0) {
        virReportError(VIR_ERR_XML_ERROR, "%s",
                       _("malformed UUID of a host device in the migration cookie"));
        return -1;
    }

    virUUIDFormat(raw, hostdev->uuid);
    return 0;
}


static int
qemuMigrationCookieHostdevParseMdevType(xmlNodePtr node,
                                        qemuMigrationCookieHostdev *hostdev)
{
    g_autofree char *mdevType = virXMLPropString(node, "mdevType");

    if (!mdevType || hostdev->type != VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_MDEV)
        return 0;

    if (!virDevMigrationFieldNameIsValid(mdevType)) {
        virReportError(VIR_ERR_XML_ERROR, "%s",
                       _("malformed type of a mediated device in the migration cookie"));
        return -1;
    }

    hostdev->mdevType = g_steal_pointer(&mdevType);
    return 0;
}


static int
qemuMigrationCookieHostdevParse(xmlXPathContextPtr ctxt,
                                qemuMigrationCookieHostdev *hostdev)
{
    xmlNodePtr node;

    if (qemuMigrationCookieHostdevParseUUID(ctxt->node, hostdev) < 0 ||
        qemuMigrationCookieHostdevParseMdevType(ctxt->node, hostdev) < 0 ||
        qemuMigrationCookieHostdevParseAddress(ctxt, &hostdev->info) < 0)
        return -1;

    if (hostdev->type == VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_PCI &&
        hostdev->info.type != VIR_DOMAIN_DEVICE_ADDRESS_TYPE_PCI) {
        virReportError(VIR_ERR_XML_ERROR, "%s",
                       _("a PCI function in the migration cookie has no PCI address"));
        return -1;
    }

    if (hostdev->type == VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_VFIO_USER &&
        hostdev->info.type != VIR_DOMAIN_DEVICE_ADDRESS_TYPE_PCI) {
        virReportError(VIR_ERR_XML_ERROR, "%s",
                       _("a vfio-user device in the migration cookie has no PCI address"));
        return -1;
    }

    if ((node = virXPathNode("./capability[@type='migration']", ctxt)) &&
        virDevMigrationParseXML(ctxt, node, &hostdev->migration) < 0)
        return -1;

    return 0;
}


static bool
qemuMigrationCookieHostdevsHaveAddress(GSList *hostdevs,
                                       const virDomainDeviceInfo *info)
{
    GSList *next;

    for (next = hostdevs; next; next = next->next) {
        qemuMigrationCookieHostdev *other = next->data;

        if (other->info.type == info->type &&
            (info->type == VIR_DOMAIN_DEVICE_ADDRESS_TYPE_NONE ||
             virDomainDeviceInfoAddressIsEqual(&other->info, info)))
            return true;
    }

    return false;
}


static bool
qemuMigrationCookieHostdevSaysNothing(const qemuMigrationCookieHostdev *hostdev)
{
    return hostdev->type == VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_MDEV &&
        hostdev->info.type == VIR_DOMAIN_DEVICE_ADDRESS_TYPE_NONE &&
        !hostdev->migration;
}


/* Mediated devices whose address QEMU chooses cannot be told apart, which does
 * not matter as long as none of them publishes anything. */
static bool
qemuMigrationCookieHostdevIsIgnored(GSList *hostdevs,
                                    const qemuMigrationCookieHostdev *hostdev)
{
    GSList *next;

    if (!qemuMigrationCookieHostdevSaysNothing(hostdev))
        return false;

    for (next = hostdevs; next; next = next->next) {
        if (qemuMigrationCookieHostdevSaysNothing(next->data))
            return true;
    }

    return false;
}


static void
qemuMigrationCookieHostdevListFree(GSList *hostdevs)
{
    g_slist_free_full(hostdevs, (GDestroyNotify) qemuMigrationCookieHostdevFree);
}


static bool
qemuMigrationCookieHostdevParseType(const char *type,
                                    virDomainHostdevSubsysType *ret_type)
{
    if (STREQ_NULLABLE(type, "mdev"))
        *ret_type = VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_MDEV;
    else if (STREQ_NULLABLE(type, "pci"))
        *ret_type = VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_PCI;
    else if (STREQ_NULLABLE(type, "vfio-user"))
        *ret_type = VIR_DOMAIN_HOSTDEV_SUBSYS_TYPE_VFIO_USER;
    else
        return false;

    return true;
}


/**
 * qemuMigrationCookieHostdevsParse:
 * @ctxt: XPath context, at the root of the cookie
 * @ret_hostdevs: filled with a list of qemuMigrationCookieHostdev, to be freed
 *                by the caller; untouched on failure
 *
 * What the source sent is not trusted, and decides: it is bounded in count
 * and size, each address stands once. Names in it are never used to name
 * anything on this host. Kinds of devices that this version does not know
 * are ignored.
 *
 * Returns 0 on success, -1 on failure with an error reported.
 */
int
qemuMigrationCookieHostdevsParse(xmlXPathContextPtr ctxt,
                                 GSList **ret_hostdevs)
{
    VIR_XPATH_NODE_AUTORESTORE(ctxt)
    g_autofree xmlNodePtr *nodes = NULL;
    GSList *hostdevs = NULL;
    size_t total = 0;
    ssize_t n;
    size_t i;

    if ((n = virXPathNodeSet("./hostdevs/hostdev", ctxt, &nodes)) < 0)
        return -1;

    if (n > QEMU_MIGRATION_COOKIE_HOSTDEV_MAX) {
        virReportError(VIR_ERR_XML_ERROR,
                       _("%1$zd host devices in the migration cookie, at most %2$d are allowed"),
                       n, QEMU_MIGRATION_COOKIE_HOSTDEV_MAX);
        return -1;
    }

    for (i = 0; i < n; i++) {
        g_autoptr(qemuMigrationCookieHostdev) hostdev = NULL;
        g_autofree char *type = virXMLPropString(nodes[i], "type");

        if (qemuMigrationCookieHostdevCheckSize(nodes[i], &total) < 0)
            goto error;

        hostdev = g_new0(qemuMigrationCookieHostdev, 1);
        if (!qemuMigrationCookieHostdevParseType(type, &hostdev->type))
            continue;

        ctxt->node = nodes[i];
        if (qemuMigrationCookieHostdevParse(ctxt, hostdev) < 0)
            goto error;

        if (qemuMigrationCookieHostdevIsIgnored(hostdevs, hostdev))
            continue;

        if (qemuMigrationCookieHostdevsHaveAddress(hostdevs, &hostdev->info)) {
            g_autofree char *address = qemuMigrationCookieHostdevDescribe(&hostdev->info);

            virReportError(VIR_ERR_XML_ERROR,
                           _("two host devices with address '%1$s' in the migration cookie"),
                           address);
            goto error;
        }

        hostdevs = g_slist_append(hostdevs, g_steal_pointer(&hostdev));
    }

    *ret_hostdevs = hostdevs;
    return 0;

 error:
    qemuMigrationCookieHostdevListFree(hostdevs);
    return -1;
}


/* A word that a later version of the destination uses is no reason to fail. */
static void
qemuMigrationCookieHostdevParseWords(xmlNodePtr node,
                                     qemuMigrationCookieHostdev *hostdev)
{
    g_autofree char *verdict = virXMLPropString(node, "verdict");
    g_autofree char *action = virXMLPropString(node, "action");
    int value;

    if (!verdict)
        return;

    hostdev->answered = true;
    hostdev->verdict = VIR_DEV_MIGRATION_VERDICT_UNCHECKED;
    hostdev->action = QEMU_MIGRATION_HOSTDEV_ACTION_NONE;

    if ((value = virDevMigrationVerdictTypeFromString(verdict)) < 0)
        VIR_WARN("unknown verdict '%.64s' of the destination on a host device", verdict);
    else
        hostdev->verdict = value;

    if (!action ||
        (value = qemuMigrationHostdevActionTypeFromString(action)) < 0)
        VIR_WARN("unknown action '%.64s' of the destination for a host device",
                 NULLSTR(action));
    else
        hostdev->action = value;
}


static qemuMigrationCookieHostdev *
qemuMigrationCookieHostdevParseAnswer(xmlXPathContextPtr ctxt)
{
    g_autoptr(qemuMigrationCookieHostdev) hostdev = g_new0(qemuMigrationCookieHostdev, 1);
    g_autofree char *type = virXMLPropString(ctxt->node, "type");

    if (!qemuMigrationCookieHostdevParseType(type, &hostdev->type))
        return NULL;

    if (qemuMigrationCookieHostdevParseUUID(ctxt->node, hostdev) < 0 ||
        qemuMigrationCookieHostdevParseAddress(ctxt, &hostdev->info) < 0) {
        VIR_WARN("the destination's answer on a host device is not understood: %s",
                 virGetLastErrorMessage());
        virResetLastError();
        return NULL;
    }

    qemuMigrationCookieHostdevParseWords(ctxt->node, hostdev);

    return g_steal_pointer(&hostdev);
}


/**
 * qemuMigrationCookieHostdevsParseAnswer:
 * @ctxt: XPath context, at the root of the cookie
 *
 * The destination's answer only informs: what is not understood is left out,
 * with a warning.
 *
 * Returns a list of qemuMigrationCookieHostdev, to be freed by the caller.
 */
GSList *
qemuMigrationCookieHostdevsParseAnswer(xmlXPathContextPtr ctxt)
{
    VIR_XPATH_NODE_AUTORESTORE(ctxt)
    g_autofree xmlNodePtr *nodes = NULL;
    GSList *hostdevs = NULL;
    ssize_t n;
    size_t i;

    if ((n = virXPathNodeSet("./hostdevs/hostdev", ctxt, &nodes)) < 0 ||
        n > QEMU_MIGRATION_COOKIE_HOSTDEV_MAX) {
        VIR_WARN("the destination's answer on host devices is not understood");
        virResetLastError();
        return NULL;
    }

    for (i = 0; i < n; i++) {
        qemuMigrationCookieHostdev *hostdev;

        ctxt->node = nodes[i];
        if ((hostdev = qemuMigrationCookieHostdevParseAnswer(ctxt)))
            hostdevs = g_slist_append(hostdevs, hostdev);
    }

    return hostdevs;
}
