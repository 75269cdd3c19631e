/*
 * virdevmigration.h: what a device publishes about its migration
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

#include "internal.h"
#include "virenum.h"

/* Everything below comes from vendor drivers, programs, or another host. */

/* entries of one list: values, resources, compatible fields */
#define VIR_DEV_MIGRATION_MAX_ENTRIES 64
/* bytes of one value, without the terminating NUL: one page of sysfs */
#define VIR_DEV_MIGRATION_MAX_TEXT 4096
/* bytes of one component of a name: NAME_MAX of Linux */
#define VIR_DEV_MIGRATION_MAX_NAME 255
/* bytes of all migration elements in the XML of one node device */
#define VIR_DEV_MIGRATION_MAX_XML (1024 * 1024)


/* A device publishes through zero or more interfaces, each with a vocabulary
 * of its own. None is translated into another. */
typedef enum {
    VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES,

    VIR_DEV_MIGRATION_INTERFACE_LAST
} virDevMigrationInterfaceType;

VIR_ENUM_DECL(virDevMigrationInterface);


typedef struct _virDevMigrationVersion virDevMigrationVersion;
struct _virDevMigrationVersion {
    unsigned int major;
    unsigned int minor;
    unsigned int bugfix;
};

typedef struct _virDevMigrationCompatible virDevMigrationCompatible;
struct _virDevMigrationCompatible {
    char *name;
    char **values;              /* at least one, unique, as published */
};

typedef struct _virDevMigrationResource virDevMigrationResource;
struct _virDevMigrationResource {
    char *name;
    char *value;                /* NULL: of a type, or unknown */
};

typedef struct _virDevMigrationAttributes virDevMigrationAttributes;
struct _virDevMigrationAttributes {
    bool incomplete;            /* published, but bad or unreadable: left out */
    char *deviceAPI;
    char *mdevType;
    virDevMigrationVersion *softwareVersion;
    char **compatibleTypes;
    GPtrArray *compatible;      /* virDevMigrationCompatible, by name */
    GPtrArray *resources;       /* virDevMigrationResource, as published */
};

typedef struct _virDevMigration virDevMigration;
struct _virDevMigration {
    /* an interface that is not published is NULL */
    virDevMigrationAttributes *attributes;
};


virDevMigration *
virDevMigrationNew(void);

void
virDevMigrationFree(virDevMigration *migration);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDevMigration, virDevMigrationFree);

virDevMigration *
virDevMigrationCopy(const virDevMigration *migration);

bool
virDevMigrationEqual(const virDevMigration *a,
                     const virDevMigration *b);

bool
virDevMigrationTextIsValid(const char *text);

bool
virDevMigrationFieldNameIsValid(const char *name);

bool
virDevMigrationAttributeNameIsValid(const char *name);

virDevMigrationAttributes *
virDevMigrationAttributesNew(void);

void
virDevMigrationAttributesFree(virDevMigrationAttributes *attributes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDevMigrationAttributes,
                              virDevMigrationAttributesFree);

bool
virDevMigrationAttributesAddCompatible(virDevMigrationAttributes *attributes,
                                       const char *name,
                                       char ***values);

bool
virDevMigrationAttributesAddResource(virDevMigrationAttributes *attributes,
                                     const char *name,
                                     const char *value);
