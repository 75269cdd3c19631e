/*
 * cookie.c: assigned devices in the migration cookie
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

#include "fuzz.h"
#include "qemu/qemu_migration_hostdev_cookie.h"
#include "virerror.h"

#define VIR_FROM_THIS VIR_FROM_NONE

static int
fuzzParseCookie(const char *xml,
                GSList **ret_hostdevs)
{
    g_autoptr(xmlDoc) doc = NULL;
    g_autoptr(xmlXPathContext) ctxt = NULL;

    if (!(doc = virXMLParseStringCtxt(xml, "(fuzz)", &ctxt)))
        return -1;

    return qemuMigrationCookieHostdevsParse(ctxt, ret_hostdevs);
}


static char *
fuzzFormatCookie(GSList *hostdevs)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    g_auto(virBuffer) childBuf = VIR_BUFFER_INIT_CHILD(&buf);

    qemuMigrationCookieHostdevsFormat(&childBuf, hostdevs);
    virXMLFormatElementEmpty(&buf, "qemu-migration", NULL, &childBuf);

    return virBufferContentAndReset(&buf);
}


static void
fuzzFreeHostdevs(GSList *hostdevs)
{
    g_slist_free_full(hostdevs, (GDestroyNotify) qemuMigrationCookieHostdevFree);
}


/* There are not too many, and each can be named. */
static void
fuzzCheckHostdevs(GSList *hostdevs)
{
    GSList *next;

    FUZZ_CHECK(g_slist_length(hostdevs) <= QEMU_MIGRATION_COOKIE_HOSTDEV_MAX,
               "there are too many devices");

    for (next = hostdevs; next; next = next->next) {
        qemuMigrationCookieHostdev *hostdev = next->data;
        g_autofree char *description = qemuMigrationCookieHostdevDescribe(&hostdev->info);

        FUZZ_CHECK(description && *description, "a device cannot be named");
    }
}


/* What a destination answers only informs: nothing in it is an error. */
static void
fuzzCheckAnswer(const char *xml)
{
    g_autoptr(xmlDoc) doc = NULL;
    g_autoptr(xmlXPathContext) ctxt = NULL;
    GSList *hostdevs;
    GSList *next;

    if (!(doc = virXMLParseStringCtxt(xml, "(fuzz)", &ctxt))) {
        virResetLastError();
        return;
    }

    hostdevs = qemuMigrationCookieHostdevsParseAnswer(ctxt);

    FUZZ_CHECK(virGetLastErrorCode() == VIR_ERR_OK, "an answer is an error");
    fuzzCheckHostdevs(hostdevs);

    for (next = hostdevs; next; next = next->next) {
        qemuMigrationCookieHostdev *hostdev = next->data;

        FUZZ_CHECK(!hostdev->migration, "an answer brings what a device publishes");
    }

    fuzzFreeHostdevs(hostdevs);
}


/* The input is the whole cookie, <qemu-migration>, of either side. */
int
LLVMFuzzerTestOneInput(const uint8_t *data,
                       size_t size)
{
    g_autofree char *xml = fuzzText(data, size);
    g_autofree char *formatted = NULL;
    g_autofree char *again = NULL;
    GSList *hostdevs = NULL;
    GSList *parsed = NULL;
    GSList *next;

    fuzzCheckAnswer(xml);

    if (fuzzParseCookie(xml, &hostdevs) < 0) {
        FUZZ_CHECK(virGetLastErrorCode() != VIR_ERR_OK, "failed without an error");
        FUZZ_CHECK(!hostdevs, "failed with a result");
        virResetLastError();
        return 0;
    }

    FUZZ_CHECK(virGetLastErrorCode() == VIR_ERR_OK, "succeeded with an error");
    fuzzCheckHostdevs(hostdevs);

    for (next = hostdevs; next; next = next->next) {
        qemuMigrationCookieHostdev *hostdev = next->data;

        fuzzCheckModel(hostdev->migration);
    }

    formatted = fuzzFormatCookie(hostdevs);
    fuzzFreeHostdevs(hostdevs);

    /* what escapes make too large is refused */
    if (strlen(formatted) < QEMU_MIGRATION_COOKIE_HOSTDEV_MAX_SIZE) {
        FUZZ_CHECK(fuzzParseCookie(formatted, &parsed) == 0,
                   "a cookie that was formatted is refused");
        again = fuzzFormatCookie(parsed);
        fuzzFreeHostdevs(parsed);
        FUZZ_CHECK(STREQ(formatted, again), "the cookie is not stable");
    }

    return 0;
}
