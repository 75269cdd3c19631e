/*
 * compare.c: how fast devices are parsed and compared
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
#include <config.h>

#include "device_migration_conf.h"
#include "virdevmigrationcompare.h"
#include "virerror.h"

#define VIR_FROM_THIS VIR_FROM_NONE

static virDevMigration *
benchParse(const char *xml)
{
    g_autoptr(xmlDoc) doc = NULL;
    g_autoptr(xmlXPathContext) ctxt = NULL;
    virDevMigration *migration = NULL;

    if (!(doc = virXMLParseStringCtxt(xml, "(bench)", &ctxt)) ||
        virDevMigrationParseXML(ctxt, ctxt->node, &migration) < 0 ||
        !migration)
        exit(EXIT_FAILURE);

    return migration;
}


static void
benchShow(const char *sourceXML,
          const char *destinationXML)
{
    g_autoptr(virDevMigration) source = benchParse(sourceXML);
    g_autoptr(virDevMigration) destination = benchParse(destinationXML);
    g_autoptr(virDevMigrationComparison) comparison = NULL;
    size_t i;

    comparison = virDevMigrationCompare(source, destination,
                                        VIR_DEV_MIGRATION_TARGET_TYPE);

    printf("%s\n", virDevMigrationVerdictTypeToString(comparison->verdict));
    for (i = 0; i < comparison->settings->len; i++) {
        const virDevMigrationSetting *setting = g_ptr_array_index(comparison->settings, i);

        printf("%s=%s\n", setting->name, setting->value);
    }
}


/* Returns how often a second. */
static double
benchTime(const char *what,
          const char *sourceXML,
          const char *destinationXML,
          double seconds)
{
    g_autoptr(virDevMigration) source = benchParse(sourceXML);
    g_autoptr(virDevMigration) destination = benchParse(destinationXML);
    gint64 start = g_get_monotonic_time();
    gint64 now;
    size_t n = 0;

    do {
        g_autoptr(virDevMigration) s = NULL;
        g_autoptr(virDevMigration) d = NULL;
        g_autoptr(virDevMigrationComparison) comparison = NULL;

        if (STRNEQ(what, "compare"))
            s = benchParse(sourceXML);
        if (STREQ(what, "both"))
            d = benchParse(destinationXML);
        if (STRNEQ(what, "parse")) {
            comparison = virDevMigrationCompare(s ? s : source, d ? d : destination,
                                                VIR_DEV_MIGRATION_TARGET_TYPE);
        }

        n++;
        now = g_get_monotonic_time();
    } while (now - start < seconds * G_USEC_PER_SEC);

    return n * (double) G_USEC_PER_SEC / (now - start);
}


/* usage: compare show SOURCE DESTINATION
 *        compare parse|compare|both SOURCE DESTINATION SECONDS */
int
main(int argc,
     char **argv)
{
    g_autofree char *source = NULL;
    g_autofree char *destination = NULL;

    if (argc < 4 ||
        virErrorInitialize() < 0 ||
        !g_file_get_contents(argv[2], &source, NULL, NULL) ||
        !g_file_get_contents(argv[3], &destination, NULL, NULL))
        return EXIT_FAILURE;

    if (argc == 4)
        benchShow(source, destination);
    else
        printf("%f\n", benchTime(argv[1], source, destination, g_strtod(argv[4], NULL)));

    return EXIT_SUCCESS;
}
