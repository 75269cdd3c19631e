/*
 * node_device_problems.c: log what is wrong with a device, once
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

#include "node_device_problems.h"
#include "virfile.h"
#include "virhash.h"
#include "virlog.h"
#include "virthread.h"

#define VIR_FROM_THIS VIR_FROM_NODEDEV

VIR_LOG_INIT("conf.node_device_problems");

/* Subjects with problems. Beyond this, and if none of them is gone, nothing of
 * further ones is logged: whoever lists devices must neither fill the memory
 * nor the log. */
#define MAX_SUBJECTS 65536
/* seconds between two looks for subjects that are gone */
#define FORGET_INTERVAL 60

static virMutex lastProblemsLock = VIR_MUTEX_INITIALIZER;
static GHashTable *lastProblems; /* subject -> checksum of its problems */
static gint64 lastForgotten;


static gboolean
virNodeDeviceProblemsIsGone(void *subject,
                            void *text G_GNUC_UNUSED,
                            void *opaque G_GNUC_UNUSED)
{
    return !virFileExists(subject);
}


/* Is there room for one more? */
static bool
virNodeDeviceProblemsHaveRoom(void)
{
    gint64 now = g_get_monotonic_time();

    if (g_hash_table_size(lastProblems) < MAX_SUBJECTS)
        return true;

    if (lastForgotten != 0 &&
        now - lastForgotten < FORGET_INTERVAL * G_USEC_PER_SEC)
        return false;

    lastForgotten = now;
    if (g_hash_table_foreach_remove(lastProblems, virNodeDeviceProblemsIsGone, NULL) > 0)
        return true;

    VIR_WARN("More than %d devices have problems, those of others are not logged",
             MAX_SUBJECTS);
    return false;
}


static bool
virNodeDeviceProblemsChanged(const char *subject,
                             const char *text)
{
    g_autofree char *sum = NULL;

    VIR_LOCK_GUARD lock = virLockGuardLock(&lastProblemsLock);

    if (!lastProblems)
        lastProblems = virHashNew(g_free);

    if (text)
        sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

    if (STREQ_NULLABLE(g_hash_table_lookup(lastProblems, subject), sum))
        return false;

    if (!text) {
        g_hash_table_remove(lastProblems, subject);
        return true;
    }

    if (!g_hash_table_contains(lastProblems, subject) &&
        !virNodeDeviceProblemsHaveRoom())
        return false;

    g_hash_table_insert(lastProblems, g_strdup(subject), g_steal_pointer(&sum));

    return true;
}


/**
 * virNodeDeviceProblemsLog:
 * @subject: what the problems are of, e.g. the path of a device
 * @problems: strings, possibly none; see virDevMigrationSysfsAddProblem() for
 *            their number
 *
 * What sysfs says of a device is read again and again, on behalf of any
 * client. This logs @problems only when they are not those of the call before
 * for the same @subject.
 */
void
virNodeDeviceProblemsLog(const char *subject,
                         GPtrArray *problems)
{
    g_autofree char *text = NULL;
    size_t i;

    if (problems->len > 0) {
        g_autoptr(GString) joined = g_string_new(NULL);

        for (i = 0; i < problems->len; i++)
            g_string_append_printf(joined, "%s\n",
                                   (const char *) g_ptr_array_index(problems, i));
        text = g_strdup(joined->str);
    }

    if (!virNodeDeviceProblemsChanged(subject, text))
        return;

    for (i = 0; i < problems->len; i++)
        VIR_WARN("%s", (const char *) g_ptr_array_index(problems, i));
}
