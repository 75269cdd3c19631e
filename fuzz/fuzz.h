/*
 * fuzz.h: shared by the fuzz targets
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

#pragma once

#include "virbuffer.h"
#include "virdevmigration.h"
#include "virxml.h"

/* What libFuzzer calls */
int
LLVMFuzzerInitialize(int *argc,
                     char ***argv);

int
LLVMFuzzerTestOneInput(const uint8_t *data,
                       size_t size);

/* A property that does not hold is a finding like a crash. */
#define FUZZ_CHECK(condition, what) \
    do { \
        if (!(condition)) \
            fuzzFail(__FILE__, __LINE__, what); \
    } while (0)

void
fuzzFail(const char *file,
         int line,
         const char *what) G_NORETURN;

char *
fuzzText(const uint8_t *data,
         size_t size);

char *
fuzzFormat(const virDevMigration *migration);

int
fuzzParse(const char *xml,
          virDevMigration **ret_migration);

void
fuzzCheckModel(const virDevMigration *migration);

void
fuzzCheckProblems(const GPtrArray *problems);
