/*
 * compare.c: two devices compared
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
#include "virdevmigrationcompare.h"
#include "virdevmigrationlaunch.h"
#include "virerror.h"

#define SEPARATOR "\n---\n"

static bool
fuzzHasReason(const virDevMigrationComparison *comparison,
              virDevMigrationReasonKind kind)
{
    size_t i;

    for (i = 0; i < comparison->reasons->len; i++) {
        const virDevMigrationReason *reason = g_ptr_array_index(comparison->reasons, i);

        if (reason->kind == kind)
            return true;
    }

    return false;
}


static void
fuzzCheckComparison(const virDevMigrationComparison *comparison)
{
    g_autofree char *text = virDevMigrationComparisonFormat(comparison);
    bool mismatch = fuzzHasReason(comparison, VIR_DEV_MIGRATION_REASON_MISMATCH);
    bool oneSided = fuzzHasReason(comparison, VIR_DEV_MIGRATION_REASON_ONE_SIDED);
    bool ask = fuzzHasReason(comparison, VIR_DEV_MIGRATION_REASON_ASK);
    size_t i;

    switch (comparison->verdict) {
    case VIR_DEV_MIGRATION_VERDICT_COMPATIBLE:
        FUZZ_CHECK(!mismatch && !oneSided && !ask, "compatible in spite of a reason");
        FUZZ_CHECK(!comparison->token, "compatible, but the driver is to be asked");
        break;

    case VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE:
        FUZZ_CHECK(mismatch || oneSided, "incompatible without a reason");
        FUZZ_CHECK(comparison->settings->len == 0, "incompatible with settings");
        FUZZ_CHECK(!comparison->token, "incompatible with a token");
        break;

    case VIR_DEV_MIGRATION_VERDICT_UNCHECKED:
        FUZZ_CHECK(!mismatch && !oneSided, "unchecked in spite of a reason");
        FUZZ_CHECK(ask == !!comparison->token, "who is to be asked, and what?");
        break;

    case VIR_DEV_MIGRATION_VERDICT_LAST:
        FUZZ_CHECK(false, "no verdict");
    }

    FUZZ_CHECK(comparison->oneSided == (oneSided && !mismatch), "one-sided, or not");

    for (i = 0; i < comparison->settings->len; i++) {
        const virDevMigrationSetting *setting = g_ptr_array_index(comparison->settings, i);
        size_t j;

        /* an option is not a name of a file */
        FUZZ_CHECK(setting->param ? virDevMigrationParamNameIsValid(setting->param) :
                   virDevMigrationAttributeNameIsValid(setting->name),
                   "a bad name would be written to");
        FUZZ_CHECK(virDevMigrationTextIsValid(setting->value), "a bad value would be written");

        for (j = 0; j < i; j++) {
            const virDevMigrationSetting *other = g_ptr_array_index(comparison->settings, j);

            FUZZ_CHECK(STRNEQ(other->name, setting->name), "something would be set twice");
        }
    }
}


/* What is sent to the destination has all that the rules need. */
static void
fuzzCompareFrom(const virDevMigration *source,
                bool program,
                const virDevMigration *destination,
                virDevMigrationTarget target)
{
    g_autoptr(virDevMigration) reduced = virDevMigrationCompareReduce(source);
    g_autoptr(virDevMigrationComparison) comparison = NULL;
    g_autoptr(virDevMigrationComparison) again = NULL;
    size_t i;

    if (program) {
        comparison = virDevMigrationCompareProgram(source, destination, target);
        again = virDevMigrationCompareProgram(reduced, destination, target);
    } else {
        comparison = virDevMigrationCompare(source, destination, target);
        again = virDevMigrationCompare(reduced, destination, target);
    }

    fuzzCheckComparison(comparison);
    fuzzCheckComparison(again);

    FUZZ_CHECK(comparison->verdict == again->verdict &&
               comparison->oneSided == again->oneSided &&
               STREQ_NULLABLE(comparison->token, again->token) &&
               STREQ_NULLABLE(comparison->model, again->model) &&
               comparison->settings->len == again->settings->len,
               "the verdict on what is sent is another one");

    for (i = 0; i < comparison->settings->len; i++) {
        const virDevMigrationSetting *a = g_ptr_array_index(comparison->settings, i);
        const virDevMigrationSetting *b = g_ptr_array_index(again->settings, i);

        FUZZ_CHECK(STREQ(a->name, b->name) && STREQ(a->value, b->value),
                   "what is sent gives other settings");
    }
}


/* As a device, and as a program that was launched without parameters */
static void
fuzzCompare(const virDevMigration *source,
            const virDevMigration *destination,
            virDevMigrationTarget target)
{
    g_autoptr(virDevMigration) launched = NULL;

    fuzzCompareFrom(source, false, destination, target);

    if (virDevMigrationLaunched(source, NULL, NULL, NULL, &launched) < 0)
        virResetLastError();
    else
        fuzzCompareFrom(launched, true, destination, target);
}


/* The input are two elements <capability type='migration'>, with a line "---"
 * between them. Without the line, a device is compared with itself. */
int
LLVMFuzzerTestOneInput(const uint8_t *data,
                       size_t size)
{
    g_autofree char *first = fuzzText(data, size);
    g_autoptr(virDevMigration) source = NULL;
    g_autoptr(virDevMigration) destination = NULL;
    char *second = strstr(first, SEPARATOR);
    virDevMigrationTarget targets[] = {
        VIR_DEV_MIGRATION_TARGET_TYPE,
        VIR_DEV_MIGRATION_TARGET_DEVICE,
        VIR_DEV_MIGRATION_TARGET_FUNCTION,
        VIR_DEV_MIGRATION_TARGET_PROGRAM,
    };
    size_t i;

    if (second) {
        *second = '\0';
        second += strlen(SEPARATOR);
    }

    if (fuzzParse(first, &source) < 0 ||
        fuzzParse(second ? second : first, &destination) < 0) {
        virResetLastError();
        return 0;
    }

    for (i = 0; i < G_N_ELEMENTS(targets); i++) {
        fuzzCompare(source, destination, targets[i]);
        fuzzCompare(destination, source, targets[i]);
        fuzzCompare(source, source, targets[i]);
        fuzzCompare(source, NULL, targets[i]);
        fuzzCompare(NULL, destination, targets[i]);
    }

    FUZZ_CHECK(virGetLastErrorCode() == VIR_ERR_OK, "the comparison left an error");
    return 0;
}
