/*
 * virdevmigrationcompareparameters.c: rules for migration parameters
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


static virDevMigrationReason *
virDevMigrationCompareAddParameter(virDevMigrationComparison *comparison,
                                   virDevMigrationReasonKind kind,
                                   const char *name)
{
    g_autofree char *shown = virDevMigrationCompareShorten(name);
    g_autofree char *what = g_strdup_printf("parameter '%s'", shown);

    return virDevMigrationCompareAddReason(comparison, kind,
                                           VIR_DEV_MIGRATION_INTERFACE_PARAMETERS,
                                           VIR_DEV_MIGRATION_CODE_PARAMETER, what);
}


/* Returns what @param allows, NULL for any value. */
static char *
virDevMigrationCompareShowAllowed(const virDevMigrationParam *param)
{
    g_auto(GStrv) values = g_new0(char *, param->allowed->len + 1);
    size_t i;

    if (param->allowed->len == 0)
        return NULL;

    for (i = 0; i < param->allowed->len; i++) {
        const virDevMigrationAllowed *allowed = g_ptr_array_index(param->allowed, i);

        values[i] = allowed->value ? g_strdup(allowed->value) :
            g_strdup_printf("%llu-%llu", allowed->min, allowed->max);
    }

    return virDevMigrationCompareShowList(values);
}


/* A device need not use what it has. One from another host may come without
 * what is off. */
static bool
virDevMigrationCompareParameterIsUsed(const virDevMigrationParam *param)
{
    return !param->value || STRNEQ_NULLABLE(param->value, param->off);
}


/* @sp is in use. @dp may be NULL. */
static void
virDevMigrationCompareUsed(const virDevMigrationParameters *destination,
                           const virDevMigrationParam *sp,
                           const virDevMigrationParam *dp,
                           virDevMigrationTarget target,
                           virDevMigrationComparison *comparison)
{
    bool isMade = virDevMigrationCompareIsMade(target);
    bool otherType = dp && dp->type != sp->type;
    bool allowed = dp && sp->value && !otherType &&
        virDevMigrationParamAllows(dp, sp->value);
    g_autofree char *list = NULL;
    virDevMigrationReason *reason;

    /* a device has what it has, whatever it could be set to */
    if (allowed && (isMade || STREQ_NULLABLE(sp->value, dp->value)))
        return;

    reason = virDevMigrationCompareAddParameter(comparison,
                                                VIR_DEV_MIGRATION_REASON_MISMATCH,
                                                sp->name);

    if (!dp || !isMade)
        virDevMigrationCompareShowPair(reason, sp->value, dp ? dp->value : NULL);
    else if (sp->value)
        virDevMigrationCompareShowPair(reason, sp->value, NULL);

    virDevMigrationCompareSetUnknown(reason, true, dp ? !isMade : destination->incomplete);

    if (!dp)
        return;

    if (!sp->value) {
        if (isMade)
            reason->detail = g_strdup(_("value of the source is unknown"));
    } else if (otherType) {
        reason->detail = g_strdup_printf(_("type of the source is '%1$s', of the destination '%2$s'"),
                                         virDevMigrationParamTypeToString(sp->type),
                                         virDevMigrationParamTypeToString(dp->type));
    } else if (!allowed) {
        list = virDevMigrationCompareShowAllowed(dp);
        if (isMade) {
            reason->destination = g_steal_pointer(&list);
            reason->destinationAllows = true;
        } else {
            reason->detail = g_strdup_printf(_("which allows '%1$s'"), list);
        }
    }
}


/* The source does not use what @dp is for. */
static void
virDevMigrationCompareUnused(const virDevMigrationParam *dp,
                             virDevMigrationTarget target,
                             virDevMigrationComparison *comparison)
{
    bool isMade = virDevMigrationCompareIsMade(target);
    g_autofree char *off = NULL;
    virDevMigrationReason *reason;

    if (dp->off) {
        if (STREQ_NULLABLE(dp->off, isMade ? dp->init : dp->value))
            return;

        off = virDevMigrationCompareShorten(dp->off);
    }

    reason = virDevMigrationCompareAddParameter(comparison,
                                                dp->off && isMade ?
                                                VIR_DEV_MIGRATION_REASON_NOTE :
                                                VIR_DEV_MIGRATION_REASON_MISMATCH,
                                                dp->name);
    reason->sourceUnused = true;

    if (!isMade) {
        virDevMigrationCompareShowPair(reason, NULL, dp->value);
        virDevMigrationCompareSetUnknown(reason, false, true);
    } else if (!dp->off) {
        reason->destination = virDevMigrationCompareShowAllowed(dp);
        reason->destinationAllows = !!reason->destination;
    }

    if (!dp->off)
        reason->detail = g_strdup(_("the destination cannot switch it off"));
    else if (isMade)
        reason->detail = g_strdup_printf(_("switched off at the destination by '%1$s'"), off);
    else
        reason->detail = g_strdup_printf(_("'%1$s' is needed"), off);
}


static void
virDevMigrationCompareSetParameter(const char *param,
                                   const char *value,
                                   virDevMigrationTarget target,
                                   virDevMigrationComparison *comparison)
{
    g_autofree char *name = NULL;

    if (target == VIR_DEV_MIGRATION_TARGET_PROGRAM) {
        name = g_strdup_printf("--m-%s", param);
        virDevMigrationCompareAddOption(comparison,
                                        VIR_DEV_MIGRATION_INTERFACE_PARAMETERS,
                                        name, param, value);
    } else if (target == VIR_DEV_MIGRATION_TARGET_TYPE) {
        name = g_strdup_printf("migration/%s", param);
        virDevMigrationCompareAddSetting(comparison,
                                         VIR_DEV_MIGRATION_INTERFACE_PARAMETERS,
                                         name, value);
    }
}


/* Parameters of both are sorted by name. */
static void
virDevMigrationCompareParams(const virDevMigrationParameters *destination,
                             const virDevMigrationParamModel *sm,
                             const virDevMigrationParamModel *dm,
                             virDevMigrationTarget target,
                             virDevMigrationComparison *comparison)
{
    size_t i;

    for (i = 0; i < sm->params->len; i++) {
        const virDevMigrationParam *sp = g_ptr_array_index(sm->params, i);

        if (virDevMigrationCompareParameterIsUsed(sp)) {
            virDevMigrationCompareUsed(destination, sp,
                                       virDevMigrationParamModelFindParam(dm, sp->name),
                                       target, comparison);
        }
    }

    for (i = 0; i < dm->params->len; i++) {
        const virDevMigrationParam *dp = g_ptr_array_index(dm->params, i);
        const virDevMigrationParam *sp = virDevMigrationParamModelFindParam(sm, dp->name);
        bool used = sp && virDevMigrationCompareParameterIsUsed(sp);
        const char *value = used ? sp->value : dp->off;

        if (!used)
            virDevMigrationCompareUnused(dp, target, comparison);

        if (value)
            virDevMigrationCompareSetParameter(dp->name, value, target, comparison);
    }
}


/* Returns the only model, or NULL, and lists the others in @ret_names. */
static const virDevMigrationParamModel *
virDevMigrationCompareOnlyModel(const virDevMigrationParameters *parameters,
                                char **ret_names)
{
    const virDevMigrationParamModel *model;
    g_auto(GStrv) names = g_new0(char *, parameters->models->len + 1);
    size_t i;

    for (i = 0; i < parameters->models->len; i++) {
        model = g_ptr_array_index(parameters->models, i);
        names[i] = g_strdup(model->name);
    }

    if (i == 1)
        return g_ptr_array_index(parameters->models, 0);

    if (i > 0)
        *ret_names = virDevMigrationCompareShowList(names);

    return NULL;
}


void
virDevMigrationCompareParameters(const virDevMigration *source,
                                 const virDevMigration *destination,
                                 virDevMigrationTarget target,
                                 virDevMigrationComparison *comparison)
{
    const virDevMigrationParameters *s = source->parameters;
    const virDevMigrationParameters *d = destination->parameters;
    g_autofree char *sourceNames = NULL;
    g_autofree char *destinationNames = NULL;
    const virDevMigrationParamModel *sm = virDevMigrationCompareOnlyModel(s, &sourceNames);
    const virDevMigrationParamModel *dm = virDevMigrationCompareOnlyModel(d, &destinationNames);

    if (sm && dm && STREQ(sm->name, dm->name)) {
        virDevMigrationCompareParams(d, sm, dm, target, comparison);
        if (target == VIR_DEV_MIGRATION_TARGET_PROGRAM) {
            ignore_value(virDevMigrationCompareSetModel(comparison,
                                                        VIR_DEV_MIGRATION_INTERFACE_PARAMETERS,
                                                        dm->name));
        }
    } else {
        virDevMigrationReason *reason;

        reason = virDevMigrationCompareAddReason(comparison,
                                                 VIR_DEV_MIGRATION_REASON_MISMATCH,
                                                 VIR_DEV_MIGRATION_INTERFACE_PARAMETERS,
                                                 VIR_DEV_MIGRATION_CODE_DEVICE_MODEL,
                                                 "device model");
        virDevMigrationCompareShowPair(reason, sm ? sm->name : NULL, dm ? dm->name : NULL);
        virDevMigrationCompareSetUnknown(reason, !sm, !dm);

        if (sourceNames)
            reason->source = g_steal_pointer(&sourceNames);
        if (destinationNames)
            reason->destination = g_steal_pointer(&destinationNames);
        if (s->models->len > 1 || d->models->len > 1)
            reason->detail = g_strdup(_("several models, and nothing says which one is in use"));
    }

    virDevMigrationCompareAddIncomplete(comparison,
                                        VIR_DEV_MIGRATION_INTERFACE_PARAMETERS,
                                        s->incomplete, d->incomplete);
}


void
virDevMigrationCompareReduceParameters(const virDevMigration *source,
                                       virDevMigration *reduced)
{
    const virDevMigrationParameters *s = source->parameters;
    virDevMigrationParameters *r = virDevMigrationParametersNew();
    size_t i;
    size_t j;

    reduced->parameters = r;
    r->incomplete = s->incomplete;

    for (i = 0; i < s->models->len; i++) {
        const virDevMigrationParamModel *sm = g_ptr_array_index(s->models, i);
        virDevMigrationParamModel *rm = virDevMigrationParametersAddModel(r, sm->name);

        /* of several, none is known to be in use */
        if (s->models->len > 1)
            continue;

        for (j = 0; j < sm->params->len; j++) {
            const virDevMigrationParam *sp = g_ptr_array_index(sm->params, j);
            g_autoptr(virDevMigrationParam) rp = NULL;

            if (!virDevMigrationCompareParameterIsUsed(sp))
                continue;

            rp = virDevMigrationParamNew(sp->name, sp->type);
            rp->value = g_strdup(sp->value);
            virDevMigrationParamModelAddParam(rm, &rp);
        }
    }
}
