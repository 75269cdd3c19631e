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
/* bytes of a version that is not of the form major.minor.bugfix */
#define VIR_DEV_MIGRATION_MAX_VERSION 64
/* bytes of one document: a file with JSON, or with several lines */
#define VIR_DEV_MIGRATION_MAX_DOCUMENT (256 * 1024)
/* a number: JSON parsers put 2^63-1 in the place of whatever is larger */
#define VIR_DEV_MIGRATION_MAX_NUMBER ((1ULL << 63) - 2)
/* arrays and objects of JSON in one another */
#define VIR_DEV_MIGRATION_MAX_DEPTH 16
/* bytes of all migration elements in the XML of one node device */
#define VIR_DEV_MIGRATION_MAX_XML (1024 * 1024)


/* A device publishes through zero or more interfaces, each with a vocabulary
 * of its own. None is translated into another. */
typedef enum {
    VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES,
    VIR_DEV_MIGRATION_INTERFACE_PARAMETERS,
    VIR_DEV_MIGRATION_INTERFACE_VERSIONS,
    VIR_DEV_MIGRATION_INTERFACE_DESCRIPTION,
    VIR_DEV_MIGRATION_INTERFACE_TOKEN,

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
    char *softwareVersionText;  /* in its place: is of another form */
    char **compatibleTypes;
    GPtrArray *compatible;      /* virDevMigrationCompatible, by name */
    GPtrArray *resources;       /* virDevMigrationResource, as published */
};

typedef enum {
    VIR_DEV_MIGRATION_PARAM_BOOL,
    VIR_DEV_MIGRATION_PARAM_INT,
    VIR_DEV_MIGRATION_PARAM_STR,

    VIR_DEV_MIGRATION_PARAM_LAST
} virDevMigrationParamType;

VIR_ENUM_DECL(virDevMigrationParam);

/* One value if @value is set, else the numbers from @min to @max */
typedef struct _virDevMigrationAllowed virDevMigrationAllowed;
struct _virDevMigrationAllowed {
    char *value;
    unsigned long long min;
    unsigned long long max;
};

/* Values are in the form that virDevMigrationParamNormalize() gives them. */
typedef struct _virDevMigrationParam virDevMigrationParam;
struct _virDevMigrationParam {
    char *name;
    virDevMigrationParamType type;
    char *value;                /* NULL: of a type, or unknown */
    char *init;                 /* NULL: from another host, which left it out */
    char *off;                  /* NULL: cannot be switched off */
    char *description;          /* may be NULL */
    GPtrArray *allowed;         /* virDevMigrationAllowed, as published;
                                 * empty: any value of its type */
};

typedef struct _virDevMigrationParamModel virDevMigrationParamModel;
struct _virDevMigrationParamModel {
    char *name;
    GPtrArray *params;          /* virDevMigrationParam, by name */
};

typedef struct _virDevMigrationParameters virDevMigrationParameters;
struct _virDevMigrationParameters {
    bool incomplete;            /* as above, and likewise below */
    GPtrArray *models;          /* virDevMigrationParamModel, by name */
};

typedef struct _virDevMigrationVersionModel virDevMigrationVersionModel;
struct _virDevMigrationVersionModel {
    char *name;
    char **versions;            /* at least one, unique, as published */
    bool current;               /* the device is of this model now */
    char *currentVersion;       /* one of @versions; NULL: of a type, or unknown */
};

typedef struct _virDevMigrationVersions virDevMigrationVersions;
struct _virDevMigrationVersions {
    bool incomplete;
    GPtrArray *models;          /* virDevMigrationVersionModel, by name */
};

typedef enum {
    VIR_DEV_MIGRATION_FIELD_DEVICE_API,
    VIR_DEV_MIGRATION_FIELD_VENDOR,
    VIR_DEV_MIGRATION_FIELD_VERSION_MAJOR,
    VIR_DEV_MIGRATION_FIELD_VERSION_MINOR,
    VIR_DEV_MIGRATION_FIELD_ID,             /* named: of the device API */
    VIR_DEV_MIGRATION_FIELD_MDEV_TYPE,
    VIR_DEV_MIGRATION_FIELD_MDEV_ATTR,      /* named */
    VIR_DEV_MIGRATION_FIELD_VENDOR_FIELD,   /* named */

    VIR_DEV_MIGRATION_FIELD_LAST
} virDevMigrationFieldKind;

/* Also the names of the members in JSON */
VIR_ENUM_DECL(virDevMigrationField);

typedef struct _virDevMigrationField virDevMigrationField;
struct _virDevMigrationField {
    virDevMigrationFieldKind kind;
    char *name;                 /* NULL unless the kind is named */
    char *value;                /* may use variables where they are declared */
};

/* Exactly one of @values and the range */
typedef struct _virDevMigrationVariable virDevMigrationVariable;
struct _virDevMigrationVariable {
    char *name;
    char **values;              /* at least one, unique; NULL: a range */
    unsigned long long min;
    unsigned long long max;
};

typedef struct _virDevMigrationObject virDevMigrationObject;
struct _virDevMigrationObject {
    GPtrArray *variables;       /* virDevMigrationVariable, by name */
    GPtrArray *fields;          /* virDevMigrationField, by kind, then name */
};

typedef struct _virDevMigrationDescription virDevMigrationDescription;
struct _virDevMigrationDescription {
    bool incomplete;
    virDevMigrationObject *self;    /* without variables; NULL: unusable */
    GPtrArray *accepts;         /* virDevMigrationObject, as published */
    /* what attributes that the document names are set to on the device;
     * one that could not be read is not there. Empty: of a type. */
    GPtrArray *values;          /* virDevMigrationResource, by name */
};

typedef struct _virDevMigrationToken virDevMigrationToken;
struct _virDevMigrationToken {
    bool incomplete;
    char *token;                /* NULL: unusable */
};

typedef struct _virDevMigration virDevMigration;
struct _virDevMigration {
    /* an interface that is not published is NULL */
    virDevMigrationAttributes *attributes;
    virDevMigrationParameters *parameters;
    virDevMigrationVersions *versions;
    virDevMigrationDescription *description;
    virDevMigrationToken *token;
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

bool
virDevMigrationVersionTextIsValid(const char *text);

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

virDevMigrationParameters *
virDevMigrationParametersNew(void);

void
virDevMigrationParametersFree(virDevMigrationParameters *parameters);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDevMigrationParameters,
                              virDevMigrationParametersFree);

virDevMigrationParamModel *
virDevMigrationParametersAddModel(virDevMigrationParameters *parameters,
                                  const char *name);

virDevMigrationParamModel *
virDevMigrationParametersFindModel(const virDevMigrationParameters *parameters,
                                   const char *name);

bool
virDevMigrationParamNameIsValid(const char *name);

bool
virDevMigrationModelNameIsValid(const char *name);

bool
virDevMigrationParseNumber(const char *text,
                           unsigned long long *ret_number);

char *
virDevMigrationParamNormalize(virDevMigrationParamType type,
                              const char *text);

bool
virDevMigrationParamAllows(const virDevMigrationParam *param,
                           const char *value);

virDevMigrationParam *
virDevMigrationParamNew(const char *name,
                        virDevMigrationParamType type);

void
virDevMigrationParamFree(virDevMigrationParam *param);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDevMigrationParam, virDevMigrationParamFree);

bool
virDevMigrationParamAddAllowed(virDevMigrationParam *param,
                               const char *value,
                               unsigned long long min,
                               unsigned long long max);

bool
virDevMigrationParamModelAddParam(virDevMigrationParamModel *model,
                                  virDevMigrationParam **param);

virDevMigrationParam *
virDevMigrationParamModelFindParam(const virDevMigrationParamModel *model,
                                   const char *name);

virDevMigrationVersions *
virDevMigrationVersionsNew(void);

void
virDevMigrationVersionsFree(virDevMigrationVersions *versions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDevMigrationVersions,
                              virDevMigrationVersionsFree);

bool
virDevMigrationVersionNameIsValid(const char *name);

virDevMigrationVersionModel *
virDevMigrationVersionsAddModel(virDevMigrationVersions *versions,
                                const char *name,
                                char ***list);

virDevMigrationVersionModel *
virDevMigrationVersionsFindModel(const virDevMigrationVersions *versions,
                                 const char *name);

virDevMigrationDescription *
virDevMigrationDescriptionNew(void);

void
virDevMigrationDescriptionFree(virDevMigrationDescription *description);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDevMigrationDescription,
                              virDevMigrationDescriptionFree);

bool
virDevMigrationFieldKindIsNamed(virDevMigrationFieldKind kind);

virDevMigrationObject *
virDevMigrationObjectNew(void);

void
virDevMigrationObjectFree(virDevMigrationObject *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDevMigrationObject, virDevMigrationObjectFree);

bool
virDevMigrationObjectAddField(virDevMigrationObject *object,
                              virDevMigrationFieldKind kind,
                              const char *name,
                              const char *value);

const virDevMigrationField *
virDevMigrationObjectFindField(const virDevMigrationObject *object,
                               virDevMigrationFieldKind kind,
                               const char *name);

bool
virDevMigrationObjectAddVariable(virDevMigrationObject *object,
                                 const char *name,
                                 char ***values,
                                 unsigned long long min,
                                 unsigned long long max);

bool
virDevMigrationDescriptionAddAccepts(virDevMigrationDescription *description,
                                     virDevMigrationObject **object);

bool
virDevMigrationDescriptionAddValue(virDevMigrationDescription *description,
                                   const char *name,
                                   const char *value);

virDevMigrationToken *
virDevMigrationTokenNew(void);

void
virDevMigrationTokenFree(virDevMigrationToken *token);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDevMigrationToken, virDevMigrationTokenFree);

bool
virDevMigrationTokenIsValid(const char *token);
