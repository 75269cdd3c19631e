/*
 * virdevmigrationask.c: asks a driver whether it takes a device
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

#include <unistd.h>

#include "virdevmigration.h"
#include "virdevmigrationask.h"
#include "virdevmigrationwrite.h"
#include "virerror.h"
#include "virfile.h"

#define VIR_FROM_THIS VIR_FROM_NONE

#define MIGRATION_VERSION "migration_version"


/**
 * virDevMigrationAskToken:
 * @dir: directory of a mediated device type, a mediated device or a PCI
 *       function in sysfs
 * @token: what the source of a migration published in its migration_version
 * @ret_reason: if there is no yes, filled with why, to be freed by the caller
 *
 * What the token says is known to the vendor's driver only: it takes the
 * device if writing the token into its own migration_version succeeds
 * (proposal of 13 April 2020, "Introduce migration_version attribute for
 * VFIO live migration"). No other reason than errno can be told.
 *
 * This writes into an attribute of the kernel, and a driver may do anything
 * in that moment: it is for the host that is about to take the device, and
 * never to be called for listing or showing devices.
 *
 * Returns 0 if the driver takes the device, 1 if it does not, 2 if it cannot be
 * asked, which says nothing about the device but is no yes either, 3 if this
 * host does not let us ask, as /sys is mounted read-only in a container, -1 on
 * failure with an error reported.
 */
int
virDevMigrationAskToken(const char *dir,
                        const char *token,
                        char **ret_reason)
{
    VIR_AUTOCLOSE fd = -1;
    const char *why = NULL;
    int ret = 2;
    size_t len = strlen(token);
    ssize_t written;

    if (!virDevMigrationTokenIsValid(token)) {
        virReportError(VIR_ERR_INVALID_ARG, "%s",
                       _("the migration token is not valid"));
        return -1;
    }

    if ((fd = virDevMigrationOpenForWriting(dir, MIGRATION_VERSION, &why)) < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
            virReportSystemError(errno, _("cannot open '%1$s/%2$s'"), dir, MIGRATION_VERSION);
            return -1;
        }

        if (errno == EROFS || errno == EACCES || errno == EPERM)
            ret = 3;

        *ret_reason = g_strdup(why ? why : errno == ENOENT ? _("missing") : g_strerror(errno));
        return ret;
    }

    /* one call is one question, and a newline might be taken for part of it */
    do {
        written = write(fd, token, len); /* sc_avoid_write */
    } while (written < 0 && errno == EINTR);

    if (written < 0) {
        *ret_reason = g_strdup(g_strerror(errno));
        return 1;
    }

    if (written != len) {
        *ret_reason = g_strdup_printf(_("only %1$zd of %2$zu bytes were taken"),
                                      written, len);
        return 1;
    }

    return 0;
}
