/*
 * xml.c: the migration XML
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
#include "virerror.h"

/* The input is an element <capability type='migration'>. */
int
LLVMFuzzerTestOneInput(const uint8_t *data,
                       size_t size)
{
    g_autofree char *xml = fuzzText(data, size);
    g_autoptr(virDevMigration) migration = NULL;

    if (fuzzParse(xml, &migration) < 0) {
        FUZZ_CHECK(virGetLastErrorCode() != VIR_ERR_OK, "failed without an error");
        FUZZ_CHECK(!migration, "failed with a result");
        virResetLastError();
    } else {
        fuzzCheckModel(migration);
    }

    FUZZ_CHECK(virGetLastErrorCode() == VIR_ERR_OK, "succeeded with an error");
    return 0;
}
