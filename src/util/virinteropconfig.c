/*
 * virinteropconfig.c: configuration files in several directories
 *
 * Copyright (C) 2019 Red Hat, Inc.
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

#include <sys/stat.h>

#include "virinteropconfig.h"
#include "virerror.h"
#include "virfile.h"
#include "virhash.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_NONE

VIR_LOG_INIT("util.interopconfig");

static int
virInteropConfigBuildFileList(GHashTable *files,
                              const char *dir,
                              GPtrArray *unreadable)
{
    g_autoptr(DIR) dirp = NULL;
    struct dirent *ent = NULL;
    int rc;

    if ((rc = virDirOpenIfExists(&dirp, dir)) < 0)
        return -1;

    if (rc == 0)
        return 0;

    while ((rc = virDirRead(dirp, &ent, dir)) > 0) {
        g_autofree char *filename = NULL;
        g_autofree char *path = NULL;
        struct stat sb;

        if (STRPREFIX(ent->d_name, "."))
            continue;

        filename = g_strdup(ent->d_name);

        path = g_strdup_printf("%s/%s", dir, filename);

        if (stat(path, &sb) < 0) {
            if (unreadable) {
                g_ptr_array_add(unreadable, g_steal_pointer(&path));
                continue;
            }

            virReportSystemError(errno, _("Unable to access %1$s"), path);
            return -1;
        }

        if (!S_ISREG(sb.st_mode) && !S_ISLNK(sb.st_mode))
            continue;

        if (virHashUpdateEntry(files, filename, path) < 0)
            return -1;

        path = NULL;
    }

    if (rc < 0)
        return -1;

    return 0;
}


/**
 * virInteropConfigFetch:
 * @dirs: directories, from the most general to the most specific one
 * @configs: where to put the paths, sorted by the names of the files
 * @unreadable: where to put paths that lead nowhere; NULL: they are an error
 *
 * Looks up configuration files that may be in several directories. Of files
 * with the same name, the one in the most specific directory wins. If that
 * one is empty, there is no such file. A directory need not exist.
 *
 * Returns 0 on success, with @configs NULL if there are no files at all,
 * -1 with an error otherwise.
 */
int
virInteropConfigFetch(const char *const *dirs,
                      char ***configs,
                      GPtrArray *unreadable)
{
    g_autoptr(GHashTable) files = virHashNew(g_free);
    g_autofree virHashKeyValuePair *pairs = NULL;
    g_auto(GStrv) paths = NULL;
    size_t npairs;
    virHashKeyValuePair *tmp = NULL;
    size_t nconfigs = 0;

    *configs = NULL;

    for (; *dirs; dirs++) {
        if (virInteropConfigBuildFileList(files, *dirs, unreadable) < 0)
            return -1;
    }

    /* At this point, the @files hash table contains unique set of filenames
     * where each filename (as key) has the highest priority full pathname
     * associated with it. */

    if (!(pairs = virHashGetItems(files, &npairs, true)))
        return -1;

    if (npairs == 0)
        return 0;

    paths = g_new0(char *, npairs + 1);

    for (tmp = pairs; tmp->key; tmp++) {
        const char *path = tmp->value;
        off_t len;

        if ((len = virFileLength(path, -1)) < 0) {
            if (unreadable) {
                g_ptr_array_add(unreadable, g_strdup(path));
                continue;
            }

            virReportSystemError(errno,
                                 _("unable to get size of '%1$s'"),
                                 path);
            return -1;
        }

        VIR_DEBUG("description path '%s' len=%jd", path, (intmax_t) len);

        if (len == 0) {
            /* Empty files are used to mask less specific instances
             * of the same file. */
            continue;
        }

        paths[nconfigs++] = g_strdup(path);
    }

    *configs = g_steal_pointer(&paths);
    return 0;
}
