/*
 * json.c: the JSON documents
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

#include "fuzz.h"
#include "virdevmigrationjson.h"
#include "virerror.h"

/* The input is a document; it is read as both kinds. */
int
LLVMFuzzerTestOneInput(const uint8_t *data,
                       size_t size)
{
    g_autofree char *text = fuzzText(data, size);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(virDevMigration) info = virDevMigrationNew();
    g_autoptr(virDevMigration) description = virDevMigrationNew();

    virDevMigrationJSONParseInfo(text, "document", &info->parameters,
                                 &info->versions, problems);
    fuzzCheckProblems(problems);
    FUZZ_CHECK(info->parameters || info->versions, "there is nothing");
    if ((info->parameters && info->parameters->incomplete) ||
        (info->versions && info->versions->incomplete))
        FUZZ_CHECK(problems->len > 0, "something is left out without a problem");

    g_ptr_array_set_size(problems, 0);
    description->description = virDevMigrationJSONParseDescription(text, "document", problems);
    fuzzCheckProblems(problems);
    FUZZ_CHECK(description->description, "there is nothing");
    if (description->description->incomplete)
        FUZZ_CHECK(problems->len > 0, "something is left out without a problem");

    FUZZ_CHECK(virGetLastErrorCode() == VIR_ERR_OK, "reading left an error");

    fuzzCheckModel(info);
    fuzzCheckModel(description);

    return 0;
}
