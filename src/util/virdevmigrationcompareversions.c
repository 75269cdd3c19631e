/*
 * virdevmigrationcompareversions.c: rules for models and their versions
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

#define LIBVIRT_VIRDEVMIGRATIONCOMPAREPRIV_H_ALLOW
#include "virdevmigrationcomparepriv.h"
#include "virstring.h"

#define VIR_FROM_THIS VIR_FROM_NONE

#define MODEL_ATTRIBUTE "migration/device_model"
#define VERSION_ATTRIBUTE "migration/version"
#define MODEL_OPTION "--migration-model"
#define VERSION_OPTION "--migration-version"


/* Returns the model that the device is of now, NULL if that is not known. */
static const virDevMigrationVersionModel *
virDevMigrationCompareCurrent(const virDevMigrationVersions *versions)
{
    size_t i;

    for (i = 0; i < versions->models->len; i++) {
        const virDevMigrationVersionModel *model = g_ptr_array_index(versions->models, i);

        if (model->current)
            return model;
    }

    return NULL;
}


static char *
virDevMigrationCompareShowModels(const virDevMigrationVersions *versions)
{
    g_auto(GStrv) names = g_new0(char *, versions->models->len + 1);
    size_t i;

    if (versions->models->len == 0)
        return NULL;

    for (i = 0; i < versions->models->len; i++) {
        const virDevMigrationVersionModel *model = g_ptr_array_index(versions->models, i);

        names[i] = g_strdup(model->name);
    }

    return virDevMigrationCompareShowList(names);
}


/* Compares a model, or a version: @current is what a destination that is a
 * device has, @allowed what it could have. */
static void
virDevMigrationCompareName(const virDevMigrationVersions *destination,
                           virDevMigrationCode code,
                           const char *what,
                           const char *wanted,
                           const char *current,
                           bool isAllowed,
                           const char *allowed,
                           virDevMigrationTarget target,
                           virDevMigrationComparison *comparison)
{
    bool isMade = virDevMigrationCompareIsMade(target);
    virDevMigrationReason *reason;

    if (wanted && isAllowed && (isMade || STREQ_NULLABLE(wanted, current)))
        return;

    reason = virDevMigrationCompareAddReason(comparison,
                                             VIR_DEV_MIGRATION_REASON_MISMATCH,
                                             VIR_DEV_MIGRATION_INTERFACE_VERSIONS,
                                             code, what);

    if (isMade) {
        virDevMigrationCompareShowPair(reason, wanted, NULL);
        reason->destination = g_strdup(allowed);
        reason->destinationAllows = true;
        virDevMigrationCompareSetUnknown(reason, true, destination->incomplete);
        return;
    }

    virDevMigrationCompareShowPair(reason, wanted, current);
    virDevMigrationCompareSetUnknown(reason, true, true);
    if (wanted && !isAllowed && allowed)
        reason->detail = g_strdup_printf(_("which allows '%1$s'"), allowed);
}


static void
virDevMigrationCompareSetVersion(const char *model,
                                 const char *version,
                                 virDevMigrationTarget target,
                                 virDevMigrationComparison *comparison)
{
    if (target == VIR_DEV_MIGRATION_TARGET_PROGRAM) {
        bool hasParams = !!comparison->model;

        if (!virDevMigrationCompareSetModel(comparison, VIR_DEV_MIGRATION_INTERFACE_VERSIONS,
                                            model))
            return;

        /* it takes one of both, and parameters leave nothing open */
        if (hasParams) {
            virDevMigrationReason *reason;

            reason = virDevMigrationCompareAddReason(comparison,
                                                     VIR_DEV_MIGRATION_REASON_NOTE,
                                                     VIR_DEV_MIGRATION_INTERFACE_VERSIONS,
                                                     VIR_DEV_MIGRATION_CODE_DEVICE_VERSION,
                                                     "device version");
            virDevMigrationCompareShowPair(reason, version, NULL);
            reason->detail = g_strdup(_("the program is launched with parameters instead"));
            return;
        }

        virDevMigrationCompareAddOption(comparison, VIR_DEV_MIGRATION_INTERFACE_VERSIONS,
                                        MODEL_OPTION, NULL, model);
        virDevMigrationCompareAddOption(comparison, VIR_DEV_MIGRATION_INTERFACE_VERSIONS,
                                        VERSION_OPTION, NULL, version);
        comparison->version = g_strdup(version);
    } else if (target == VIR_DEV_MIGRATION_TARGET_TYPE) {
        /* a driver chooses a version of its own when it is given a model */
        virDevMigrationCompareAddSetting(comparison, VIR_DEV_MIGRATION_INTERFACE_VERSIONS,
                                         MODEL_ATTRIBUTE, model);
        virDevMigrationCompareAddSetting(comparison, VIR_DEV_MIGRATION_INTERFACE_VERSIONS,
                                         VERSION_ATTRIBUTE, version);
    }
}


void
virDevMigrationCompareVersions(const virDevMigration *source,
                               const virDevMigration *destination,
                               virDevMigrationTarget target,
                               virDevMigrationComparison *comparison)
{
    const virDevMigrationVersions *s = source->versions;
    const virDevMigrationVersions *d = destination->versions;
    const virDevMigrationVersionModel *sm = virDevMigrationCompareCurrent(s);
    const virDevMigrationVersionModel *current = virDevMigrationCompareCurrent(d);
    const virDevMigrationVersionModel *dm = NULL;
    g_autofree char *models = virDevMigrationCompareShowModels(d);
    g_autofree char *versions = NULL;

    if (sm)
        dm = virDevMigrationVersionsFindModel(d, sm->name);

    virDevMigrationCompareName(d, VIR_DEV_MIGRATION_CODE_DEVICE_MODEL, "device model",
                               sm ? sm->name : NULL, current ? current->name : NULL,
                               !!dm, models, target, comparison);

    /* what is known of another model says nothing of the version */
    if (dm && (dm == current || virDevMigrationCompareIsMade(target))) {
        bool isAllowed = sm->currentVersion &&
            g_strv_contains((const char * const *) dm->versions, sm->currentVersion);

        versions = virDevMigrationCompareShowList(dm->versions);
        virDevMigrationCompareName(d, VIR_DEV_MIGRATION_CODE_DEVICE_VERSION, "device version",
                                   sm->currentVersion,
                                   dm->currentVersion, isAllowed, versions,
                                   target, comparison);
    }

    virDevMigrationCompareAddIncomplete(comparison,
                                        VIR_DEV_MIGRATION_INTERFACE_VERSIONS,
                                        s->incomplete, d->incomplete);

    if (sm && sm->currentVersion)
        virDevMigrationCompareSetVersion(sm->name, sm->currentVersion, target, comparison);
}


void
virDevMigrationCompareReduceVersions(const virDevMigration *source,
                                     virDevMigration *reduced)
{
    const virDevMigrationVersions *s = source->versions;
    const virDevMigrationVersionModel *sm = virDevMigrationCompareCurrent(s);
    virDevMigrationVersions *r = virDevMigrationVersionsNew();
    virDevMigrationVersionModel *rm;
    g_auto(GStrv) list = NULL;

    reduced->versions = r;
    r->incomplete = s->incomplete;

    if (!sm)
        return;

    /* a model has at least one version, whether or not it is the current one */
    list = g_new0(char *, 2);
    list[0] = g_strdup(sm->currentVersion ? sm->currentVersion : sm->versions[0]);

    rm = virDevMigrationVersionsAddModel(r, sm->name, &list);
    rm->current = true;
    rm->currentVersion = g_strdup(sm->currentVersion);
}
