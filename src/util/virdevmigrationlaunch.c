/*
 * virdevmigrationlaunch.c: what a vfio-user program was launched as
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

#include "virdevmigrationlaunch.h"
#include "virerror.h"

#define VIR_FROM_THIS VIR_FROM_NONE


/* Is the program of @model, or of its only one, if it is given no version? */
static bool
virDevMigrationLaunchedIsOf(const virDevMigrationParameters *parameters,
                            const char *model)
{
    const virDevMigrationParamModel *only;

    if (parameters->models->len != 1)
        return parameters->models->len == 0 && !model;

    only = g_ptr_array_index(parameters->models, 0);

    return !model || STREQ(only->name, model);
}


static int
virDevMigrationLaunchedSetParam(virDevMigrationParamModel *model,
                                const virDevMigrationResource *given)
{
    virDevMigrationParam *param = virDevMigrationParamModelFindParam(model, given->name);
    g_autofree char *value = NULL;

    if (!param) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("device model '%1$s' of the program has no parameter '%2$s'"),
                       model->name, given->name);
        return -1;
    }

    if (!(value = virDevMigrationParamNormalize(param->type, given->value)) ||
        !virDevMigrationParamAllows(param, value)) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("the program does not allow value '%1$s' of parameter '%2$s'"),
                       given->value, given->name);
        return -1;
    }

    g_free(param->value);
    param->value = g_steal_pointer(&value);
    return 0;
}


/* No option chooses among several models that have parameters. */
static int
virDevMigrationLaunchedSetParams(virDevMigrationParameters *parameters,
                                 const char *name,
                                 GPtrArray *params)
{
    virDevMigrationParamModel *model;
    size_t i;

    if (parameters->models->len > 1) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("the program has several device models with parameters, and nothing says which one is in use"));
        return -1;
    }

    if (!virDevMigrationLaunchedIsOf(parameters, name)) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("the program has no device model '%1$s' with parameters"), name);
        return -1;
    }

    if (parameters->models->len == 0) {
        if (!params || params->len == 0)
            return 0;

        virReportError(VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("the program has no device model with parameters"));
        return -1;
    }

    model = g_ptr_array_index(parameters->models, 0);

    for (i = 0; i < model->params->len; i++) {
        virDevMigrationParam *param = g_ptr_array_index(model->params, i);

        g_free(param->value);
        param->value = g_strdup(param->init);
    }

    for (i = 0; params && i < params->len; i++) {
        if (virDevMigrationLaunchedSetParam(model, g_ptr_array_index(params, i)) < 0)
            return -1;
    }

    return 0;
}


static int
virDevMigrationLaunchedSetVersion(virDevMigrationVersions *versions,
                                  const char *name,
                                  const char *version)
{
    virDevMigrationVersionModel *model = NULL;
    size_t i;

    for (i = 0; i < versions->models->len; i++) {
        model = g_ptr_array_index(versions->models, i);
        model->current = false;
        g_clear_pointer(&model->currentVersion, g_free);
    }

    if (name) {
        if (!(model = virDevMigrationVersionsFindModel(versions, name))) {
            virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                           _("the program has no device model '%1$s' with versions"), name);
            return -1;
        }
    }

    /* no option says the model alone */
    if ((version && !name) || (!version && versions->models->len > 1)) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("no version of a device model of the program is chosen"));
        return -1;
    }

    if (!model)
        return 0;

    if (version && !g_strv_contains((const char * const *) model->versions, version)) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("device model '%1$s' of the program has no version '%2$s'"),
                       model->name, version);
        return -1;
    }

    /* one of several it has taken by itself, and does not tell */
    if (!version && !model->versions[1])
        version = model->versions[0];

    model->current = true;
    model->currentVersion = g_strdup(version);
    return 0;
}


/**
 * virDevMigrationLaunched:
 * @info: what a vfio-user program publishes, NULL for nothing
 * @model: the device model that was chosen, may be NULL
 * @version: the version of @model that was chosen, may be NULL
 * @params: virDevMigrationResource, parameters that were given, may be NULL
 * @ret_migration: filled with what the running program is, to be freed by the
 *                 caller; NULL if it publishes nothing
 *
 * Nothing tells what a running program was told: who launched it has to
 * remember. A parameter that was not given has its initial value.
 *
 * A program is launched with parameters, or as a version of a model. What it
 * publishes for the other way says nothing about it then, and is left out. If
 * neither @version nor @params are given, it is launched without parameters if
 * it has some.
 *
 * Returns 0 on success, -1 if the program cannot have been launched like that,
 * with an error reported.
 */
int
virDevMigrationLaunched(const virDevMigration *info,
                        const char *model,
                        const char *version,
                        GPtrArray *params,
                        virDevMigration **ret_migration)
{
    g_autoptr(virDevMigration) migration = virDevMigrationNew();
    g_autoptr(virDevMigration) copy = virDevMigrationCopy(info);
    bool byParams = params && params->len > 0;

    *ret_migration = NULL;

    if (version && byParams) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("a program is launched with parameters or as a version, not both"));
        return -1;
    }

    if (!copy || (!copy->parameters && !copy->versions))
        return 0;

    if (!version && !byParams) {
        byParams = copy->parameters &&
                   (!copy->versions ||
                    virDevMigrationLaunchedIsOf(copy->parameters, model));
    }

    if (byParams) {
        if (!copy->parameters) {
            virReportError(VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                           _("the program has no device model with parameters"));
            return -1;
        }

        migration->parameters = g_steal_pointer(&copy->parameters);
        if (virDevMigrationLaunchedSetParams(migration->parameters, model, params) < 0)
            return -1;
    } else {
        if (!copy->versions) {
            virReportError(VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                           _("the program has no device model with versions"));
            return -1;
        }

        migration->versions = g_steal_pointer(&copy->versions);
        if (virDevMigrationLaunchedSetVersion(migration->versions, model, version) < 0)
            return -1;
    }

    *ret_migration = g_steal_pointer(&migration);
    return 0;
}
