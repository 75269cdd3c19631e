/*
 * virdevmigrationproblems.c: what is wrong with what a device publishes
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

#include "virdevmigration.h"
#include "virdevmigrationproblems.h"

#define VIR_FROM_THIS VIR_FROM_NONE

/* How many bytes of a foreign text are repeated in a problem */
#define QUOTED_LEN 64

/* Problems in one list, which may be that of a parent with many types */
#define MAX_PROBLEMS VIR_DEV_MIGRATION_MAX_ENTRIES


/**
 * virDevMigrationProblemsAdd:
 * @problems: array of strings, of at most VIR_DEV_MIGRATION_MAX_ENTRIES and one
 * @source: path of a file, or another name of what cannot be used; escaped here
 * @fmt: why, in words that follow the name
 */
void
virDevMigrationProblemsAdd(GPtrArray *problems,
                           const char *source,
                           const char *fmt,
                           ...)
{
    g_autofree char *escaped = NULL;
    g_autofree char *reason = NULL;
    va_list ap;

    if (problems->len > MAX_PROBLEMS)
        return;

    if (problems->len == MAX_PROBLEMS) {
        g_ptr_array_add(problems, g_strdup("further problems are not listed"));
        return;
    }

    va_start(ap, fmt);
    reason = g_strdup_vprintf(fmt, ap);
    va_end(ap);

    escaped = g_strescape(source, NULL);
    g_ptr_array_add(problems, g_strdup_printf("'%s' %s", escaped, reason));
}


/**
 * virDevMigrationProblemsQuote:
 * @text: what a driver, a program or another host wrote
 *
 * Returns the beginning of @text so that it can stand in a log, to be freed
 * by the caller.
 */
char *
virDevMigrationProblemsQuote(const char *text)
{
    g_autofree char *head = g_strndup(text, QUOTED_LEN);
    g_autofree char *escaped = g_strescape(head, NULL);

    return g_strdup_printf("'%s'%s", escaped, strlen(text) > QUOTED_LEN ? "..." : "");
}
