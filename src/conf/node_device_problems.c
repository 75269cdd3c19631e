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
#include "virhash.h"
#include "virlog.h"
#include "virthread.h"

#define VIR_FROM_THIS VIR_FROM_NODEDEV

VIR_LOG_INIT("conf.node_device_problems");

/* Subjects with problems. Beyond this all are forgotten: some may be logged
 * again, but memory stays bounded. */
#define MAX_SUBJECTS 1024

static virMutex lastProblemsLock = VIR_MUTEX_INITIALIZER;
static GHashTable *lastProblems; /* subject -> problems, one string */


static bool
virNodeDeviceProblemsChanged(const char *subject,
                             const char *text)
{
    VIR_LOCK_GUARD lock = virLockGuardLock(&lastProblemsLock);

    if (!lastProblems)
        lastProblems = virHashNew(g_free);

    if (STREQ_NULLABLE(g_hash_table_lookup(lastProblems, subject), text))
        return false;

    if (!text) {
        g_hash_table_remove(lastProblems, subject);
        return true;
    }

    if (g_hash_table_size(lastProblems) >= MAX_SUBJECTS &&
        !g_hash_table_contains(lastProblems, subject))
        g_hash_table_remove_all(lastProblems);

    g_hash_table_insert(lastProblems, g_strdup(subject), g_strdup(text));

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
