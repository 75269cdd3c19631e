/*
 * qemu_migration_hostdev_program.c: vfio-user programs of a guest that migrates
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

#include "qemu_migration_hostdev_program.h"
#include "viralloc.h"
#include "virdevmigrationlaunch.h"
#include "virerror.h"
#include "virlog.h"
#include "virvfiouserprobe.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.qemu_migration_hostdev_program");


static void
qemuMigrationProgramFree(void *opaque)
{
    qemuMigrationProgram *program = opaque;

    virDevMigrationFree(program->info);
    g_free(program->error);
    g_free(program);
}


static qemuMigrationProgram *
qemuMigrationProgramAsk(const char *binary,
                        uid_t uid,
                        gid_t gid)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    qemuMigrationProgram *program = g_new0(qemuMigrationProgram, 1);
    size_t i;

    if (!(program->info = virVfioUserProbe(binary, NULL, uid, gid, -1, problems))) {
        program->error = g_strdup(virGetLastErrorMessage());
        virResetLastError();
    }

    for (i = 0; i < problems->len; i++)
        VIR_WARN("%s", (const char *) g_ptr_array_index(problems, i));

    return program;
}


/**
 * qemuMigrationProgramsAsk:
 * @driver: QEMU driver
 * @vm: locked domain with a job
 * @ret_programs: filled with a table of qemuMigrationProgram by the path of the
 *                program, to be freed by the caller, NULL if the domain has no
 *                device whose program libvirt runs; untouched on failure
 *
 * Runs the programs of the vfio-user devices of a guest, to find out what they
 * can be. That takes up to 10 seconds each, and @vm is unlocked meanwhile. One
 * that cannot say is in the table, too.
 *
 * Returns 0 on success, -1 if the domain was stopped meanwhile, with an error
 * reported.
 */
int
qemuMigrationProgramsAsk(virQEMUDriver *driver,
                         virDomainObj *vm,
                         GHashTable **ret_programs)
{
    g_autoptr(GHashTable) programs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                           qemuMigrationProgramFree);
    g_autoptr(GPtrArray) binaries = g_ptr_array_new_with_free_func(g_free);
    uid_t uid;
    gid_t gid;
    size_t i;

    for (i = 0; i < vm->def->nhostdevs; i++) {
        const virDomainHostdevDef *hostdev = vm->def->hostdevs[i];

        if (virHostdevIsVfioUserDevice(hostdev) &&
            hostdev->source.subsys.u.vfio_user.binary)
            g_ptr_array_add(binaries, g_strdup(hostdev->source.subsys.u.vfio_user.binary));
    }

    if (binaries->len == 0) {
        *ret_programs = NULL;
        return 0;
    }

    virVfioUserProbeGetUser(driver->privileged, &uid, &gid);

    virObjectUnlock(vm);
    for (i = 0; i < binaries->len; i++) {
        const char *binary = g_ptr_array_index(binaries, i);

        if (!g_hash_table_contains(programs, binary)) {
            g_hash_table_insert(programs, g_strdup(binary),
                                qemuMigrationProgramAsk(binary, uid, gid));
        }
    }
    virObjectLock(vm);

    if (virDomainObjCheckActive(vm) < 0)
        return -1;

    *ret_programs = g_steal_pointer(&programs);
    return 0;
}


/**
 * qemuMigrationProgramsFind:
 * @programs: what qemuMigrationProgramsAsk() found, may be NULL
 * @hostdev: a vfio-user device
 *
 * Returns what the program of the device says, NULL if it is not libvirt that
 * runs it.
 */
const qemuMigrationProgram *
qemuMigrationProgramsFind(GHashTable *programs,
                          const virDomainHostdevDef *hostdev)
{
    const char *binary = hostdev->source.subsys.u.vfio_user.binary;

    if (!programs || !binary)
        return NULL;

    return g_hash_table_lookup(programs, binary);
}


/**
 * qemuMigrationProgramLaunched:
 * @program: what the program of a running guest says now
 * @source: how it was launched
 * @ret_migration: filled with what the device is, to be freed by the caller;
 *                 NULL if the program says nothing
 *
 * Returns 0 on success, -1 if the program could not be launched like that any
 * more, with an error reported.
 */
int
qemuMigrationProgramLaunched(const qemuMigrationProgram *program,
                             const virDomainHostdevSubsysVfioUser *source,
                             virDevMigration **ret_migration)
{
    g_autoptr(GPtrArray) params = g_ptr_array_new_with_free_func(g_free);
    size_t i;

    for (i = 0; i < source->nparams; i++) {
        virDevMigrationResource *param = g_new0(virDevMigrationResource, 1);

        param->name = source->params[i].name;
        param->value = source->params[i].value;
        g_ptr_array_add(params, param);
    }

    return virDevMigrationLaunched(program->info, source->model, source->version,
                                   params, ret_migration);
}


/**
 * qemuMigrationProgramSetLaunch:
 * @source: device of an incoming guest
 * @comparison: compatible, of the source's device with the program
 *
 * Has the program launched as what the source's device is.
 */
void
qemuMigrationProgramSetLaunch(virDomainHostdevSubsysVfioUser *source,
                              const virDevMigrationComparison *comparison)
{
    size_t i;

    virDomainHostdevSubsysVfioUserClearModel(source);
    source->model = g_strdup(comparison->model);
    source->version = g_strdup(comparison->version);

    for (i = 0; i < comparison->settings->len; i++) {
        const virDevMigrationSetting *setting = g_ptr_array_index(comparison->settings, i);

        virDomainHostdevSubsysVfioUserParam param = { 0 };

        if (!setting->param)
            continue;

        param.name = g_strdup(setting->param);
        param.value = g_strdup(setting->value);
        VIR_APPEND_ELEMENT(source->params, source->nparams, param);
    }
}
