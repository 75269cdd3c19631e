/*
 * virdevmigrationwrite.c: write attributes of a device that migrates
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

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "viralloc.h"
#include "virdevmigration.h"
#include "virdevmigrationwrite.h"
#include "virerror.h"
#include "virfile.h"

#define VIR_FROM_THIS VIR_FROM_NONE


/**
 * virDevMigrationOpenForWriting:
 * @dir: directory of a mediated device type, a mediated device or a PCI
 *       function in sysfs
 * @name: attribute, of one or two components, of which no one may be a link
 * @ret_reason: if it is no regular file, filled with that
 *
 * Returns the file descriptor, or -1 with errno set and no error reported; it
 * is EINVAL if there is a reason.
 */
int
virDevMigrationOpenForWriting(const char *dir,
                              const char *name,
                              const char **ret_reason)
{
    g_auto(GStrv) components = g_strsplit(name, "/", 2);
    VIR_AUTOCLOSE dirfd = -1;
    VIR_AUTOCLOSE fd = -1;
    const char *last = components[0];
    struct stat sb;
    int ret;

    *ret_reason = NULL;

    if ((dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        return -1;

    if (components[1]) {
        int subfd = openat(dirfd, components[0],
                           O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        if (subfd < 0)
            return -1;

        VIR_FORCE_CLOSE(dirfd);
        dirfd = subfd;
        last = components[1];
    }

    /* without O_NONBLOCK a FIFO would wait for somebody who reads it */
    if ((fd = openat(dirfd, last, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) < 0 ||
        fstat(fd, &sb) < 0)
        return -1;

    if (!S_ISREG(sb.st_mode)) {
        *ret_reason = _("not a regular file");
        errno = EINVAL;
        return -1;
    }

    ret = fd;
    fd = -1;
    return ret;
}


/**
 * virDevMigrationValueIsCut:
 * @wanted: value that was to be set
 * @got: value that was read back
 *
 * Some drivers take the last byte that is written for a newline, as that is
 * what "echo" puts there (oVirt found it with 'nvidia/vgpu_params').
 *
 * Returns true if @got is @wanted without its last byte.
 */
bool
virDevMigrationValueIsCut(const char *wanted,
                          const char *got)
{
    return STRPREFIX(wanted, got) && strlen(wanted) == strlen(got) + 1;
}


/**
 * virDevMigrationWriteValue:
 * @dir: directory of a mediated device in sysfs
 * @name: attribute, see virDevMigrationAttributeNameIsValid()
 * @value: value without a newline
 *
 * Writes a value and a newline into an attribute of a device, at once. Nothing
 * outside of the device is written to.
 *
 * Returns 0 on success, -1 on failure with an error reported.
 */
int
virDevMigrationWriteValue(const char *dir,
                          const char *name,
                          const char *value)
{
    g_autofree char *line = g_strdup_printf("%s\n", value);
    VIR_AUTOCLOSE fd = -1;
    const char *reason = NULL;
    size_t len = strlen(line);
    ssize_t written;

    if (!virDevMigrationAttributeNameIsValid(name) ||
        !virDevMigrationTextIsValid(value)) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("attribute '%1$s' cannot be set to '%2$s'"), name, value);
        return -1;
    }

    if ((fd = virDevMigrationOpenForWriting(dir, name, &reason)) < 0) {
        if (reason)
            virReportError(VIR_ERR_OPERATION_FAILED, _("cannot write to '%1$s/%2$s': %3$s"),
                           dir, name, reason);
        else
            virReportSystemError(errno, _("cannot open '%1$s/%2$s'"), dir, name);
        return -1;
    }

    do {
        written = write(fd, line, len); /* sc_avoid_write */
    } while (written < 0 && errno == EINTR);

    if (written < 0) {
        virReportSystemError(errno, _("cannot write '%1$s' to '%2$s/%3$s'"),
                             value, dir, name);
        return -1;
    }

    if (written != len) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("only %1$zd of %2$zu bytes were written to '%3$s/%4$s'"),
                       written, len, dir, name);
        return -1;
    }

    return 0;
}
