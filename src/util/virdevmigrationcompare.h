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
    /* there is nothing to judge by; or, if the comparison has a token, there
     * is nothing against it, and the destination's driver has to be asked */
    VIR_DEV_MIGRATION_VERDICT_UNCHECKED,
    VIR_DEV_MIGRATION_VERDICT_COMPATIBLE,
    VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE,

    VIR_DEV_MIGRATION_VERDICT_LAST
} virDevMigrationVerdict;

VIR_ENUM_DECL(virDevMigrationVerdict);


typedef enum {
    VIR_DEV_MIGRATION_REASON_MISMATCH,  /* decides, whatever else fits */
    VIR_DEV_MIGRATION_REASON_ONE_SIDED, /* no interface in common */
    VIR_DEV_MIGRATION_REASON_ASK,       /* only the destination's driver can tell */
    VIR_DEV_MIGRATION_REASON_NOTE,      /* mentioned, decides nothing */

    VIR_DEV_MIGRATION_REASON_LAST
} virDevMigrationReasonKind;

/* What a reason is about, as a word that programs read: none ever changes.
 * Those from no-instance on are no matter of what devices publish. */
typedef enum {
    VIR_DEV_MIGRATION_CODE_INCOMPLETE,
    VIR_DEV_MIGRATION_CODE_ONE_SIDED,
    VIR_DEV_MIGRATION_CODE_CONFLICT,
    VIR_DEV_MIGRATION_CODE_TOKEN,
    VIR_DEV_MIGRATION_CODE_DEVICE_API,
    VIR_DEV_MIGRATION_CODE_MDEV_TYPE,
    VIR_DEV_MIGRATION_CODE_SOFTWARE_VERSION,
    VIR_DEV_MIGRATION_CODE_COMPATIBLE_FIELD,
    VIR_DEV_MIGRATION_CODE_DYNAMIC_RESOURCE,
    VIR_DEV_MIGRATION_CODE_PARAMETER,
    VIR_DEV_MIGRATION_CODE_DEVICE_MODEL,
    VIR_DEV_MIGRATION_CODE_DEVICE_VERSION,
    VIR_DEV_MIGRATION_CODE_DESCRIPTION,
    VIR_DEV_MIGRATION_CODE_DESCRIPTION_FIELD,
    VIR_DEV_MIGRATION_CODE_NO_INSTANCE,
    VIR_DEV_MIGRATION_CODE_NO_PARENT,
    VIR_DEV_MIGRATION_CODE_DEVICE_MISSING,
    VIR_DEV_MIGRATION_CODE_NOT_IN_XML,
    VIR_DEV_MIGRATION_CODE_NOT_JUDGED,
    VIR_DEV_MIGRATION_CODE_OLD_LIBVIRT,
    VIR_DEV_MIGRATION_CODE_UNSAFE,
    VIR_DEV_MIGRATION_CODE_WOULD_START,
    VIR_DEV_MIGRATION_CODE_WOULD_CREATE,
    VIR_DEV_MIGRATION_CODE_DEFINED_VALUE,
    VIR_DEV_MIGRATION_CODE_NOT_PLAIN,
    VIR_DEV_MIGRATION_CODE_NOT_READABLE,
    VIR_DEV_MIGRATION_CODE_NOT_COPIED,
    VIR_DEV_MIGRATION_CODE_STATE,

    VIR_DEV_MIGRATION_CODE_LAST
} virDevMigrationCode;

VIR_ENUM_DECL(virDevMigrationCode);


typedef struct _virDevMigrationReason virDevMigrationReason;
struct _virDevMigrationReason {
    virDevMigrationReasonKind kind;
    virDevMigrationCode code;
    virDevMigrationInterfaceType interface;
    /* long values shortened; the same in every language, but for @detail */
    char *what;
    char *source;               /* NULL: nothing there, or unknown */
    char *destination;          /* NULL: nothing there, or unknown */
    /* may there be something whose value is not known? */
    bool sourceUnknown;
    bool destinationUnknown;
    bool sourceUnused;          /* not there, or there and switched off */
    bool destinationAllows;     /* @destination is what it could have */
    char *detail;               /* NULL: the values say it all */
};


/* What the destination of a comparison is */
typedef enum {
    VIR_DEV_MIGRATION_TARGET_TYPE,      /* a type to create a device of */
    VIR_DEV_MIGRATION_TARGET_DEVICE,    /* a device, whose values must fit */
    VIR_DEV_MIGRATION_TARGET_FUNCTION,  /* likewise a function, without a type */
    VIR_DEV_MIGRATION_TARGET_PROGRAM,   /* a vfio-user program to launch */

    VIR_DEV_MIGRATION_TARGET_LAST
} virDevMigrationTarget;

typedef struct _virDevMigrationSetting virDevMigrationSetting;
struct _virDevMigrationSetting {
    virDevMigrationInterfaceType interface;     /* the first that asks for it */
    char *name;                 /* as published by the destination; of a program:
                                 * an option of its command line, with the dashes */
    char *value;
    char *param;                /* of a program: the parameter that the option
                                 * sets, NULL if it sets the model or version */
};

typedef struct _virDevMigrationComparison virDevMigrationComparison;
struct _virDevMigrationComparison {
    virDevMigrationVerdict verdict;
    /* incompatible for no other reason than that nothing could be judged */
    bool oneSided;
    GPtrArray *reasons;         /* virDevMigrationReason, in a stable order */
    GPtrArray *settings;        /* virDevMigrationSetting, in the order in which
                                 * to set them; empty if incompatible */
    char *token;                /* of the source, for the destination's driver;
                                 * NULL if incompatible */
    char *model;                /* of a program: what it is launched as, whether
                                 * or not a setting says so; NULL if incompatible */
    char *version;              /* of @model; NULL: it is launched with parameters */
};

virDevMigrationComparison *
virDevMigrationCompare(const virDevMigration *source,
                       const virDevMigration *destination,
                       virDevMigrationTarget target);

virDevMigrationComparison *
virDevMigrationCompareProgram(const virDevMigration *source,
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

virDevMigration *
virDevMigrationCompareReduce(const virDevMigration *source);

const char *
virDevMigrationGetMdevType(const virDevMigration *migration);
