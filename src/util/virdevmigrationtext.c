/*
 * virdevmigrationtext.c: reads what a device publishes as lines of text
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

#include "virdevmigrationproblems.h"
#include "virdevmigrationtext.h"

#define VIR_FROM_THIS VIR_FROM_NONE


/* One model and the versions that follow it */
typedef struct _virDevMigrationTextSection virDevMigrationTextSection;
struct _virDevMigrationTextSection {
    char *model;                /* NULL: its versions are left out */
    GPtrArray *list;            /* char * */
};


/* Returns false if something of the section is left out. */
static bool
virDevMigrationTextEndSection(virDevMigrationVersions *versions,
                              virDevMigrationTextSection *section,
                              const char *source,
                              GPtrArray *problems)
{
    g_autofree char *model = g_steal_pointer(&section->model);
    g_autofree char *quoted = NULL;
    g_auto(GStrv) list = NULL;

    if (!model)
        return true;

    quoted = virDevMigrationProblemsQuote(model);

    if (section->list->len == 0) {
        virDevMigrationProblemsAdd(problems, source,
                                   "has no version of the model %s", quoted);
        return false;
    }

    g_ptr_array_add(section->list, NULL);
    list = (char **) g_ptr_array_steal(section->list, NULL);

    if (!virDevMigrationVersionsAddModel(versions, model, &list)) {
        virDevMigrationProblemsAdd(problems, source,
                                   "has the model %s twice", quoted);
        return false;
    }

    return true;
}


/* Returns false if the version is left out and was not there before. */
static bool
virDevMigrationTextAddVersion(virDevMigrationTextSection *section,
                              const char *version,
                              const char *source,
                              GPtrArray *problems)
{
    g_autofree char *quoted = virDevMigrationProblemsQuote(version);

    if (!virDevMigrationVersionNameIsValid(version)) {
        virDevMigrationProblemsAdd(problems, source,
                                   "has a bad version: %s", quoted);
        return false;
    }

    if (g_ptr_array_find_with_equal_func(section->list, version, g_str_equal, NULL)) {
        virDevMigrationProblemsAdd(problems, source,
                                   "has the version %s twice", quoted);
        return true;
    }

    g_ptr_array_add(section->list, g_strdup(version));
    return true;
}


/* Returns false if there are more models, or versions of one, than may be. */
static bool
virDevMigrationTextCheckLimits(char **lines,
                               const char *source,
                               GPtrArray *problems)
{
    size_t nmodels = 0;
    size_t nversions = 0;
    char **line;

    for (line = lines; *line; line++) {
        if (g_str_has_suffix(*line, ":")) {
            nmodels++;
            nversions = 0;
        } else if (**line) {
            nversions++;
        }

        if (nmodels > VIR_DEV_MIGRATION_MAX_ENTRIES) {
            virDevMigrationProblemsAdd(problems, source, "has more than %d models",
                                       VIR_DEV_MIGRATION_MAX_ENTRIES);
            return false;
        }

        if (nversions > VIR_DEV_MIGRATION_MAX_ENTRIES) {
            virDevMigrationProblemsAdd(problems, source,
                                       "has more than %d versions of one model",
                                       VIR_DEV_MIGRATION_MAX_ENTRIES);
            return false;
        }

        if (strlen(*line) > VIR_DEV_MIGRATION_MAX_TEXT) {
            virDevMigrationProblemsAdd(problems, source,
                                       "has a line of more than %d bytes",
                                       VIR_DEV_MIGRATION_MAX_TEXT);
            return false;
        }
    }

    return true;
}


/**
 * virDevMigrationTextParseModels:
 * @text: content of migration_device_models, without its last newline
 * @source: its path, for problems
 * @problems: where to say what cannot be used
 *
 * The grammar of RFC v4: a line that ends in ':' names a model, each other
 * line a version of the model before it. So no version in this file can end
 * in ':'. What is beyond a limit is left out entirely: half of a list would
 * look like a device that cannot do the rest.
 *
 * Returns what can be used, to be freed by the caller; never NULL, since who
 * publishes nonsense publishes.
 */
virDevMigrationVersions *
virDevMigrationTextParseModels(const char *text,
                               const char *source,
                               GPtrArray *problems)
{
    g_autoptr(virDevMigrationVersions) versions = virDevMigrationVersionsNew();
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
    virDevMigrationTextSection section = { .list = list };
    g_auto(GStrv) lines = NULL;
    bool complete = true;
    bool orphan = true;         /* no model yet */
    char **line;

    if (!*text) {
        virDevMigrationProblemsAdd(problems, source, "is empty");
        versions->incomplete = true;
        return g_steal_pointer(&versions);
    }

    lines = g_strsplit(text, "\n", 0);
    if (!virDevMigrationTextCheckLimits(lines, source, problems)) {
        versions->incomplete = true;
        return g_steal_pointer(&versions);
    }

    for (line = lines; *line; line++) {
        if (!**line) {
            virDevMigrationProblemsAdd(problems, source, "has an empty line");
        } else if (g_str_has_suffix(*line, ":")) {
            g_autofree char *model = g_strndup(*line, strlen(*line) - 1);

            if (!virDevMigrationTextEndSection(versions, &section, source, problems))
                complete = false;

            g_ptr_array_set_size(list, 0);
            orphan = false;

            if (virDevMigrationVersionNameIsValid(model)) {
                section.model = g_steal_pointer(&model);
            } else {
                g_autofree char *quoted = virDevMigrationProblemsQuote(model);

                virDevMigrationProblemsAdd(problems, source,
                                           "has a bad model: %s", quoted);
                complete = false;
            }
        } else if (orphan) {
            g_autofree char *quoted = virDevMigrationProblemsQuote(*line);

            virDevMigrationProblemsAdd(problems, source,
                                       "has a version without a model: %s", quoted);
            complete = false;
        } else if (section.model) {
            if (!virDevMigrationTextAddVersion(&section, *line, source, problems))
                complete = false;
        }
    }

    if (!virDevMigrationTextEndSection(versions, &section, source, problems))
        complete = false;

    versions->incomplete = !complete || versions->models->len == 0;

    return g_steal_pointer(&versions);
}
