/*
 * descriptor.c: the descriptor of a vfio-user program
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
#define LIBVIRT_VIRVFIOUSERPRIV_H_ALLOW
#include "virvfiouserpriv.h"
#include "virerror.h"

static void
fuzzCheckList(char **list)
{
    size_t i;

    for (i = 0; list && list[i]; i++)
        FUZZ_CHECK(virDevMigrationTextIsValid(list[i]), "a list has text that is not valid");

    FUZZ_CHECK(!list || (i > 0 && i <= VIR_DEV_MIGRATION_MAX_ENTRIES), "a list is too long, or empty");
}


/* The input is a file. */
int
LLVMFuzzerTestOneInput(const uint8_t *data,
                       size_t size)
{
    g_autofree char *text = fuzzText(data, size);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(virVfioUserDescriptor) descriptor = NULL;

    descriptor = virVfioUserDescriptorParse("name", "/name.json", text, problems);
    fuzzCheckProblems(problems);
    FUZZ_CHECK(virGetLastErrorCode() == VIR_ERR_OK, "reading left an error");
    FUZZ_CHECK(problems->len == (descriptor ? 0 : 1), "not one problem for what is left out");

    if (!descriptor)
        return 0;

    FUZZ_CHECK(g_path_is_absolute(descriptor->binary), "the binary is not absolute");
    FUZZ_CHECK(virDevMigrationTextIsValid(descriptor->binary), "the binary is not valid");
    if (descriptor->description) {
        FUZZ_CHECK(*descriptor->description &&
                   virDevMigrationTextIsValid(descriptor->description),
                   "the description is not valid");
    }
    fuzzCheckList(descriptor->args);
    fuzzCheckList(descriptor->tags);

    return 0;
}
