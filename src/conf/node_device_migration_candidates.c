/*
 * node_device_migration_candidates.c: where a device could migrate to
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

#include "node_device_migration.h"
#include "node_device_migration_candidates.h"

#define VIR_FROM_THIS VIR_FROM_NODEDEV


void
virNodeDeviceMigrationCandidateFree(virNodeDeviceMigrationCandidate *candidate)
{
    if (!candidate)
        return;

    virDevMigrationComparisonFree(candidate->comparison);
    g_free(candidate->refusal);
    g_free(candidate);
}


/**
 * virNodeDeviceMigrationCandidateGetMigration:
 * @device: a mediated device, a PCI function or a vfio-user program
 *
 * Returns what the device itself publishes, owned by @device; NULL if nothing,
 * or if it is another kind of device.
 */
const virDevMigration *
virNodeDeviceMigrationCandidateGetMigration(const virNodeDeviceDef *device)
{
    const virNodeDevCapsDef *cap;

    for (cap = device->caps; cap; cap = cap->next) {
        if (cap->data.type == VIR_NODE_DEV_CAP_MDEV)
            return cap->data.mdev.migration;

        if (cap->data.type == VIR_NODE_DEV_CAP_PCI_DEV)
            return cap->data.pci_dev.migration;

        if (cap->data.type == VIR_NODE_DEV_CAP_VFIO_USER)
            return cap->data.vfio_user.migration;
    }

    return NULL;
}


/* Do both publish an interface under which another type may fit? */
static bool
virNodeDeviceMigrationHasFree(const virDevMigration *a,
                              const virDevMigration *b)
{
    return a && b &&
           ((a->parameters && b->parameters) ||
            (a->versions && b->versions) ||
            (a->description && b->description));
}


static bool
virNodeDeviceMigrationHasAttributes(const virDevMigration *a,
                                    const virDevMigration *b)
{
    return a && b && a->attributes && b->attributes;
}


static bool
virNodeDeviceMigrationHasToken(const virDevMigration *a,
                               const virDevMigration *b)
{
    return a && b && a->token && b->token;
}


static const char *
virNodeDeviceMigrationSourceType(const virNodeDeviceMigrationSource *source)
{
    if (source->mdevType)
        return source->mdevType;

    return virDevMigrationGetMdevType(source->migration);
}


/**
 * virNodeDeviceMigrationCandidateNew:
 * @source: the device that is to migrate
 * @device: a device of this host
 * @type: one of the types that @device offers, or NULL for @device itself,
 *        which is a mediated device, a PCI function or a program then
 *
 * Returns the candidate, judged, to be freed by the caller. It is valid as
 * long as @device is.
 */
virNodeDeviceMigrationCandidate *
virNodeDeviceMigrationCandidateNew(const virNodeDeviceMigrationSource *source,
                                   const virNodeDeviceDef *device,
                                   const virMediatedDeviceType *type)
{
    virNodeDeviceMigrationCandidate *candidate = g_new0(virNodeDeviceMigrationCandidate, 1);
    const char *own = virNodeDeviceMigrationSourceType(source);
    const virDevMigration *migration;
    virDevMigrationTarget target;
    const char *api = NULL;
    bool attributes;
    bool other;
    bool token;

    if (type) {
        target = VIR_DEV_MIGRATION_TARGET_TYPE;
        migration = type->migration;
        api = type->device_api;
    } else {
        target = VIR_DEV_MIGRATION_TARGET_DEVICE;
        migration = virNodeDeviceMigrationCandidateGetMigration(device);
        if (device->caps->data.type == VIR_NODE_DEV_CAP_PCI_DEV) {
            target = VIR_DEV_MIGRATION_TARGET_FUNCTION;
            api = "vfio-pci";
        } else if (device->caps->data.type == VIR_NODE_DEV_CAP_VFIO_USER) {
            target = VIR_DEV_MIGRATION_TARGET_PROGRAM;
            /* QEMU makes a PCI device of it */
            api = "vfio-pci";
        }
    }

    attributes = virNodeDeviceMigrationHasAttributes(source->migration, migration);
    other = virNodeDeviceMigrationHasFree(source->migration, migration);
    token = virNodeDeviceMigrationHasToken(source->migration, migration);

    candidate->device = device;
    candidate->type = type;
    candidate->own = type && STREQ_NULLABLE(own, type->id);
    candidate->common = attributes || other || token;
    candidate->apiFits = !source->deviceAPI || (!type && !api) ||
                         STREQ_NULLABLE(source->deviceAPI, api);
    candidate->typeFits = !type || candidate->own || !own || !token || attributes || other;
    candidate->related = candidate->own ||
                         (candidate->apiFits && (!own || (other && !attributes)));
    candidate->comparison = source->program ?
        virDevMigrationCompareProgram(source->migration, migration, target) :
        virDevMigrationCompare(source->migration, migration, target);

    return candidate;
}


/* The source's own type first, then by type, then by parent */
static int
virNodeDeviceMigrationCandidateSort(const void *a,
                                    const void *b)
{
    const virNodeDeviceMigrationCandidate *aa = *(virNodeDeviceMigrationCandidate **) a;
    const virNodeDeviceMigrationCandidate *bb = *(virNodeDeviceMigrationCandidate **) b;
    int order;

    if (aa->own != bb->own)
        return aa->own ? -1 : 1;

    order = strcmp(aa->type->id, bb->type->id);
    if (order)
        return order;

    return strcmp(aa->device->name, bb->device->name);
}


/**
 * virNodeDeviceMigrationCandidatesOfTypes:
 * @source: the device that is to migrate
 * @parents: virNodeDeviceDef, devices that offer types of mediated devices
 *
 * Judges each type that each parent offers, whether it fits or not.
 *
 * Returns a list of virNodeDeviceMigrationCandidate in the order in which
 * they are to be tried, to be freed by the caller. They are valid as long as
 * @parents is.
 */
GPtrArray *
virNodeDeviceMigrationCandidatesOfTypes(const virNodeDeviceMigrationSource *source,
                                        GPtrArray *parents)
{
    g_autoptr(GPtrArray) candidates = NULL;
    size_t i;
    size_t j;

    candidates = g_ptr_array_new_with_free_func((GDestroyNotify) virNodeDeviceMigrationCandidateFree);

    for (i = 0; i < parents->len; i++) {
        const virNodeDeviceDef *parent = g_ptr_array_index(parents, i);
        virNodeDevCapsDef *cap;

        for (cap = parent->caps; cap; cap = cap->next) {
            size_t ntypes;
            virMediatedDeviceType **types = virNodeDevCapDataGetMdevTypes(&cap->data,
                                                                          &ntypes);

            for (j = 0; j < ntypes; j++) {
                g_ptr_array_add(candidates,
                                virNodeDeviceMigrationCandidateNew(source, parent, types[j]));
            }
        }
    }

    g_ptr_array_sort(candidates, virNodeDeviceMigrationCandidateSort);
    return g_steal_pointer(&candidates);
}


/**
 * virNodeDeviceMigrationCandidateFits:
 * @candidate: a candidate
 *
 * Returns true if the device can be taken, one of the type be created, or the
 * program be launched. If the verdict is 'unchecked', the driver has to be
 * asked for its consent.
 */
bool
virNodeDeviceMigrationCandidateFits(const virNodeDeviceMigrationCandidate *candidate)
{
    const virDevMigrationComparison *comparison = candidate->comparison;

    if (comparison->verdict != VIR_DEV_MIGRATION_VERDICT_COMPATIBLE &&
        !(comparison->verdict == VIR_DEV_MIGRATION_VERDICT_UNCHECKED &&
          comparison->token))
        return false;

    return !candidate->refusal &&
           candidate->apiFits &&
           candidate->typeFits &&
           (!candidate->type || candidate->type->available_instances > 0);
}


/**
 * virNodeDeviceMigrationCandidateReason:
 * @candidate: a type that a device offers, which does not fit
 * @code: filled with the error code that says so
 *
 * Returns why it cannot be taken, to be freed by the caller.
 */
char *
virNodeDeviceMigrationCandidateReason(const virNodeDeviceMigrationCandidate *candidate,
                                      int *code)
{
    *code = VIR_ERR_CONFIG_UNSUPPORTED;

    if (candidate->refusal)
        return g_strdup(candidate->refusal);

    if (candidate->comparison->verdict == VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE) {
        if (candidate->comparison->oneSided)
            *code = VIR_ERR_MIGRATE_UNSAFE;
        return virDevMigrationComparisonFormat(candidate->comparison);
    }

    if (!candidate->apiFits)
        return g_strdup_printf(_("type '%1$s' has device API '%2$s'"),
                               candidate->type->id, NULLSTR(candidate->type->device_api));

    if (!candidate->typeFits)
        return g_strdup_printf(_("type '%1$s' is another one, and only a token is common to both"),
                               candidate->type->id);

    *code = VIR_ERR_DEVICE_MISSING;
    return g_strdup_printf(_("no free instance of type '%1$s'"), candidate->type->id);
}
