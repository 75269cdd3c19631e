/*
 * node_device_vfio_user_watch.c: see when files change
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

#include <gio/gio.h>
#include <sys/stat.h>

#include "node_device_vfio_user_watch.h"
#include "virdevmigrationproblems.h"
#include "virfile.h"
#include "virhash.h"
#include "virobject.h"

#define VIR_FROM_THIS VIR_FROM_NODEDEV

/* symbolic links that are followed */
#define MAX_LINKS 16

struct _nodeDeviceVfioUserWatches {
    nodeDeviceVfioUserChangedFunc changed;
    void *object;
    GHashTable *monitors;       /* path of a directory -> nodeDeviceVfioUserMonitor */
};

/* What a directory is watched for. Only the event loop looks at it once the
 * monitor is there, and it is freed when no event is being handled. */
typedef struct _nodeDeviceVfioUserInterest nodeDeviceVfioUserInterest;
struct _nodeDeviceVfioUserInterest {
    nodeDeviceVfioUserChangedFunc changed;
    void *object;
    char *dir;
    bool all;                   /* everything in it, else: */
    GHashTable *names;          /* set of the names in it */
};

typedef struct _nodeDeviceVfioUserMonitor nodeDeviceVfioUserMonitor;
struct _nodeDeviceVfioUserMonitor {
    GFileMonitor *monitor;
    nodeDeviceVfioUserInterest *interest;       /* owned by the signal handler */
    dev_t dev;
    ino_t ino;
};


static nodeDeviceVfioUserInterest *
nodeDeviceVfioUserInterestNew(nodeDeviceVfioUserWatches *watches,
                              const char *dir)
{
    nodeDeviceVfioUserInterest *interest = g_new0(nodeDeviceVfioUserInterest, 1);

    interest->changed = watches->changed;
    interest->object = virObjectRef(watches->object);
    interest->dir = g_strdup(dir);
    interest->names = virHashNew(NULL);

    return interest;
}


static void
nodeDeviceVfioUserInterestFree(nodeDeviceVfioUserInterest *interest)
{
    if (!interest)
        return;

    g_clear_pointer(&interest->names, g_hash_table_unref);
    virObjectUnref(interest->object);
    g_free(interest->dir);
    g_free(interest);
}


static bool
nodeDeviceVfioUserInterestEqual(nodeDeviceVfioUserInterest *a,
                                nodeDeviceVfioUserInterest *b)
{
    GHashTableIter iter;
    void *name;

    if (a->all != b->all ||
        g_hash_table_size(a->names) != g_hash_table_size(b->names))
        return false;

    g_hash_table_iter_init(&iter, a->names);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        if (!g_hash_table_contains(b->names, name))
            return false;
    }

    return true;
}


static void
nodeDeviceVfioUserInterestNotify(gpointer data,
                                 GClosure *closure G_GNUC_UNUSED)
{
    nodeDeviceVfioUserInterestFree(data);
}


static void
nodeDeviceVfioUserFileChanged(GFileMonitor *monitor G_GNUC_UNUSED,
                              GFile *file,
                              GFile *other_file G_GNUC_UNUSED,
                              GFileMonitorEvent event_type G_GNUC_UNUSED,
                              gpointer user_data)
{
    nodeDeviceVfioUserInterest *interest = user_data;
    g_autofree char *name = g_file_get_basename(file);

    if (interest->all ||
        STREQ_NULLABLE(g_file_peek_path(file), interest->dir) ||
        (name && g_hash_table_contains(interest->names, name)))
        interest->changed(interest->object);
}


static void
nodeDeviceVfioUserMonitorFree(void *opaque)
{
    nodeDeviceVfioUserMonitor *monitor = opaque;

    if (monitor->monitor) {
        /* An event that is being handled keeps the data alive. */
        g_signal_handlers_disconnect_by_data(monitor->monitor, monitor->interest);
        g_file_monitor_cancel(monitor->monitor);
        g_object_unref(monitor->monitor);
    }
    g_free(monitor);
}


static nodeDeviceVfioUserMonitor *
nodeDeviceVfioUserMonitorNew(const char *dir,
                             nodeDeviceVfioUserInterest **interest,
                             GPtrArray *problems)
{
    nodeDeviceVfioUserMonitor *monitor = NULL;
    g_autoptr(GFile) file = g_file_new_for_path(dir);
    g_autoptr(GError) error = NULL;
    GFileMonitor *gmonitor;

    if (!(gmonitor = g_file_monitor_directory(file, G_FILE_MONITOR_NONE, NULL, &error))) {
        virDevMigrationProblemsAdd(problems, dir, "cannot be monitored: %s",
                                   error->message);
        return NULL;
    }

    monitor = g_new0(nodeDeviceVfioUserMonitor, 1);
    monitor->monitor = gmonitor;
    monitor->interest = g_steal_pointer(interest);
    g_signal_connect_data(monitor->monitor, "changed",
                          G_CALLBACK(nodeDeviceVfioUserFileChanged),
                          monitor->interest,
                          nodeDeviceVfioUserInterestNotify, 0);

    return monitor;
}


static nodeDeviceVfioUserInterest *
nodeDeviceVfioUserWantDir(nodeDeviceVfioUserWatches *watches,
                          GHashTable *wanted,
                          const char *dir)
{
    nodeDeviceVfioUserInterest *interest = g_hash_table_lookup(wanted, dir);

    if (!interest) {
        interest = nodeDeviceVfioUserInterestNew(watches, dir);
        g_hash_table_insert(wanted, g_strdup(dir), interest);
    }

    return interest;
}


/* To see that a file comes, changes or goes, its directory is watched, or the
 * nearest one above that exists. */
static void
nodeDeviceVfioUserWantEntry(nodeDeviceVfioUserWatches *watches,
                            GHashTable *wanted,
                            const char *path)
{
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *dir = g_path_get_dirname(path);

    while (!virFileIsDir(dir)) {
        g_autofree char *above = g_path_get_dirname(dir);

        if (STREQ(above, dir))
            return;

        g_free(name);
        name = g_path_get_basename(dir);
        g_free(dir);
        dir = g_steal_pointer(&above);
    }

    g_hash_table_add(nodeDeviceVfioUserWantDir(watches, wanted, dir)->names,
                     g_steal_pointer(&name));
}


/* A file, and everything that it is a symbolic link to */
static void
nodeDeviceVfioUserWantFile(nodeDeviceVfioUserWatches *watches,
                           GHashTable *wanted,
                           const char *file)
{
    g_autofree char *path = g_strdup(file);
    size_t i;

    for (i = 0; i < MAX_LINKS; i++) {
        g_autofree char *target = NULL;
        g_autofree char *dir = g_path_get_dirname(path);

        nodeDeviceVfioUserWantEntry(watches, wanted, path);

        if (!(target = g_file_read_link(path, NULL)))
            return;

        g_free(path);
        path = g_canonicalize_filename(target, dir);
    }
}


/**
 * nodeDeviceVfioUserWatchesSet:
 * @watches: as they were
 * @dirs: directories, to be told of everything in them
 * @files: paths of files
 * @problems: strings, gets one for each directory that cannot be watched
 *
 * Watches @dirs and @files from now on, and nothing else. Neither has to
 * exist. What is watched already stays so without a gap. Not seen is what
 * happens to a directory on the way to a file, other than the last one.
 */
void
nodeDeviceVfioUserWatchesSet(nodeDeviceVfioUserWatches *watches,
                             char **dirs,
                             GPtrArray *files,
                             GPtrArray *problems)
{
    g_autoptr(GHashTable) wanted = virHashNew((GDestroyNotify) nodeDeviceVfioUserInterestFree);
    g_autoptr(GHashTable) old = g_steal_pointer(&watches->monitors);
    GHashTableIter iter;
    void *key;
    void *value;
    size_t i;

    for (i = 0; dirs && dirs[i]; i++) {
        if (virFileIsDir(dirs[i]))
            nodeDeviceVfioUserWantDir(watches, wanted, dirs[i])->all = true;
        nodeDeviceVfioUserWantFile(watches, wanted, dirs[i]);
    }

    for (i = 0; i < files->len; i++)
        nodeDeviceVfioUserWantFile(watches, wanted, g_ptr_array_index(files, i));

    watches->monitors = virHashNew(nodeDeviceVfioUserMonitorFree);

    g_hash_table_iter_init(&iter, wanted);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const char *dir = key;
        nodeDeviceVfioUserInterest *interest = value;
        nodeDeviceVfioUserMonitor *monitor;
        struct stat sb;

        if (stat(dir, &sb) < 0)
            continue;

        monitor = g_hash_table_lookup(old, dir);
        if (monitor &&
            monitor->dev == sb.st_dev && monitor->ino == sb.st_ino &&
            nodeDeviceVfioUserInterestEqual(monitor->interest, interest)) {
            void *stolen = NULL;

            g_hash_table_steal_extended(old, dir, &stolen, NULL);
            g_hash_table_insert(watches->monitors, stolen, monitor);
            continue;
        }

        g_hash_table_iter_steal(&iter);
        if ((monitor = nodeDeviceVfioUserMonitorNew(dir, &interest, problems))) {
            monitor->dev = sb.st_dev;
            monitor->ino = sb.st_ino;
            g_hash_table_insert(watches->monitors, key, monitor);
        } else {
            nodeDeviceVfioUserInterestFree(interest);
            g_free(key);
        }
    }
}


/**
 * nodeDeviceVfioUserWatchesNew:
 * @changed: to be called when something changed
 * @object: what it is called with, a virObject
 *
 * Returns watches that do not watch anything yet.
 */
nodeDeviceVfioUserWatches *
nodeDeviceVfioUserWatchesNew(nodeDeviceVfioUserChangedFunc changed,
                             void *object)
{
    nodeDeviceVfioUserWatches *watches = g_new0(nodeDeviceVfioUserWatches, 1);

    watches->changed = changed;
    watches->object = object;
    watches->monitors = virHashNew(nodeDeviceVfioUserMonitorFree);

    return watches;
}


void
nodeDeviceVfioUserWatchesFree(nodeDeviceVfioUserWatches *watches)
{
    if (!watches)
        return;

    g_hash_table_unref(watches->monitors);
    g_free(watches);
}
