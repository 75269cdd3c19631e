/*
 * virdevmigrationcompare.h: does a device fit as the destination of another
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

#include "virdevmigration.h"

typedef enum {
    VIR_DEV_MIGRATION_VERDICT_UNCHECKED,    /* there is nothing to judge by */
    VIR_DEV_MIGRATION_VERDICT_COMPATIBLE,
    VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE,

    VIR_DEV_MIGRATION_VERDICT_LAST
} virDevMigrationVerdict;

VIR_ENUM_DECL(virDevMigrationVerdict);


typedef enum {
    VIR_DEV_MIGRATION_REASON_MISMATCH,  /* decides, whatever else fits */
    VIR_DEV_MIGRATION_REASON_ONE_SIDED, /* no interface in common */
    VIR_DEV_MIGRATION_REASON_NOTE,      /* mentioned, decides nothing */

    VIR_DEV_MIGRATION_REASON_LAST
} virDevMigrationReasonKind;

typedef struct _virDevMigrationReason virDevMigrationReason;
struct _virDevMigrationReason {
    virDevMigrationReasonKind kind;
    virDevMigrationInterfaceType interface;
    /* text for a person, long values shortened */
    char *what;
    char *source;               /* NULL: nothing there, or unknown */
    char *destination;          /* NULL: nothing there, or unknown */
    /* may there be something whose value is not known? */
    bool sourceUnknown;
    bool destinationUnknown;
    char *detail;               /* NULL: the values say it all */
};


/* What the destination of a comparison is */
typedef enum {
    VIR_DEV_MIGRATION_TARGET_TYPE,      /* a type to create a device of */
    VIR_DEV_MIGRATION_TARGET_DEVICE,    /* a device, whose values must fit */
} virDevMigrationTarget;

typedef struct _virDevMigrationSetting virDevMigrationSetting;
struct _virDevMigrationSetting {
    char *name;                 /* as published by the destination */
    char *value;
};

typedef struct _virDevMigrationComparison virDevMigrationComparison;
struct _virDevMigrationComparison {
    virDevMigrationVerdict verdict;
    /* incompatible for no other reason than that nothing could be judged */
    bool oneSided;
    GPtrArray *reasons;         /* virDevMigrationReason, in a stable order */
    GPtrArray *settings;        /* virDevMigrationSetting, in the order of the
                                 * destination; empty if not compatible */
};

virDevMigrationComparison *
virDevMigrationCompare(const virDevMigration *source,
                       const virDevMigration *destination,
                       virDevMigrationTarget target);

void
virDevMigrationComparisonFree(virDevMigrationComparison *comparison);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDevMigrationComparison,
                              virDevMigrationComparisonFree);

char *
virDevMigrationReasonFormat(const virDevMigrationReason *reason);

char *
virDevMigrationComparisonFormat(const virDevMigrationComparison *comparison);
