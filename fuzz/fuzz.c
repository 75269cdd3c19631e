/*
 * fuzz.c: shared by the fuzz targets
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

#include "device_migration_conf.h"
#include "fuzz.h"
#include "virerror.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_NONE

/* Bad input is the rule here: nobody wants to read about it. */
static void
fuzzIgnoreError(void *opaque G_GNUC_UNUSED,
                virErrorPtr err G_GNUC_UNUSED)
{
}


static int
fuzzErrorPriority(virErrorPtr err G_GNUC_UNUSED,
                  int priority G_GNUC_UNUSED)
{
    return VIR_LOG_DEBUG;
}


int
LLVMFuzzerInitialize(int *argc G_GNUC_UNUSED,
                     char ***argv G_GNUC_UNUSED)
{
    if (virErrorInitialize() < 0 ||
        virLogSetDefaultPriority(VIR_LOG_ERROR) < 0)
        abort();

    virSetErrorFunc(NULL, fuzzIgnoreError);
    virSetErrorLogPriorityFunc(fuzzErrorPriority);

    return 0;
}


void
fuzzFail(const char *file,
         int line,
         const char *what)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    abort();
}


/* Returns a copy that ends where the first NUL byte is, to be freed by the
 * caller. It is no larger than that, so that reading beyond it is seen. */
char *
fuzzText(const uint8_t *data,
         size_t size)
{
    return g_strndup((const char *) data, size);
}


char *
fuzzFormat(const virDevMigration *migration)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;

    virDevMigrationFormat(&buf, migration);

    return virBufferContentAndReset(&buf);
}


int
fuzzParse(const char *xml,
          virDevMigration **ret_migration)
{
    g_autoptr(xmlDoc) doc = NULL;
    g_autoptr(xmlXPathContext) ctxt = NULL;

    if (!(doc = virXMLParseStringCtxt(xml, "(fuzz)", &ctxt)))
        return -1;

    return virDevMigrationParseXML(ctxt, ctxt->node, ret_migration);
}


/* Whoever made @migration: a copy is equal, and so is what is read from the XML. */
void
fuzzCheckModel(const virDevMigration *migration)
{
    g_autoptr(virDevMigration) copy = NULL;
    g_autoptr(virDevMigration) parsed = NULL;
    g_autofree char *xml = NULL;
    g_autofree char *again = NULL;

    if (!migration)
        return;

    copy = virDevMigrationCopy(migration);
    FUZZ_CHECK(virDevMigrationEqual(migration, copy), "a copy differs");

    xml = fuzzFormat(copy);
    FUZZ_CHECK(xml, "a model has no XML");
    FUZZ_CHECK(fuzzParse(xml, &parsed) == 0, "XML that was formatted is refused");
    FUZZ_CHECK(parsed, "XML that was formatted says nothing");
    FUZZ_CHECK(virDevMigrationEqual(migration, parsed),
               "XML that was formatted says something else");

    again = fuzzFormat(parsed);
    FUZZ_CHECK(STREQ(xml, again), "the XML is not stable");
}


/* They are for the log: not too many, one line of plain characters each. */
void
fuzzCheckProblems(const GPtrArray *problems)
{
    size_t i;

    FUZZ_CHECK(problems->len <= VIR_DEV_MIGRATION_MAX_ENTRIES + 1,
               "there are too many problems");

    for (i = 0; i < problems->len; i++) {
        const char *c;

        for (c = g_ptr_array_index(problems, i); *c; c++)
            FUZZ_CHECK(g_ascii_isprint(*c), "a problem is no line of plain text");
    }
}
