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
#include <unistd.h>

#include "testutils.h"
#include "virfile.h"
#include "qemu/qemu_conf.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

struct testMigrationHostdevCreateData {
    const char *conf;
    bool create;
    const char *error;          /* part of the message, NULL if it is good */
};

static int
testMigrationHostdevCreate(const void *opaque)
{
    const struct testMigrationHostdevCreateData *data = opaque;
    g_autoptr(virQEMUDriverConfig) cfg = virQEMUDriverConfigNew(false, NULL);
    g_autofree char *path = g_strdup_printf("%s/qemuconftest.XXXXXX", abs_builddir);
    VIR_AUTOCLOSE fd = -1;
    int rc;

    if (!cfg)
        return -1;

    if ((fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR)) < 0 ||
        safewrite(fd, data->conf, strlen(data->conf)) < 0) {
        VIR_TEST_DEBUG("cannot write %s", path);
        return -1;
    }

    rc = virQEMUDriverConfigLoadFile(cfg, path, false);
    unlink(path);

    if (data->error) {
        if (rc == 0 || !strstr(virGetLastErrorMessage(), data->error)) {
            VIR_TEST_DEBUG("rc %d, error '%s', expected one with '%s'",
                           rc, virGetLastErrorMessage(), data->error);
            return -1;
        }

        virResetLastError();
        return 0;
    }

    if (rc < 0)
        return -1;

    if (cfg->migrationHostdevCreate != data->create) {
        VIR_TEST_DEBUG("got %d, expected %d", cfg->migrationHostdevCreate, data->create);
        return -1;
    }

    return 0;
}


static int
mymain(void)
{
    int ret = 0;

#define DO_TEST(name, confText, ...) \
    do { \
        struct testMigrationHostdevCreateData data = { .conf = confText, __VA_ARGS__ }; \
        if (virTestRun("migration_hostdev_create " name, \
                       testMigrationHostdevCreate, &data) < 0) \
            ret = -1; \
    } while (0)

    DO_TEST("not set", "migration_port_min = 49152\n", .create = true);
    DO_TEST("auto", "migration_hostdev_create = \"auto\"\n", .create = true);
    DO_TEST("never", "migration_hostdev_create = \"never\"\n", .create = false);
    DO_TEST("another word", "migration_hostdev_create = \"Never\"\n",
            .error = "'Never' is neither 'auto' nor 'never'");
    DO_TEST("empty", "migration_hostdev_create = \"\"\n",
            .error = "'' is neither 'auto' nor 'never'");
    DO_TEST("number", "migration_hostdev_create = 0\n", .error = "migration_hostdev_create");

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN(mymain)
