/*
 * virdevmigration.c: what a device publishes about its migration
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

#include "virdevmigration.h"

VIR_ENUM_IMPL(virDevMigrationInterface,
              VIR_DEV_MIGRATION_INTERFACE_LAST,
              "attributes",
);


/**
 * virDevMigrationTextIsValid:
 * @text: one published value
 *
 * A value is valid when it is at most VIR_DEV_MIGRATION_MAX_TEXT bytes of
 * UTF-8 without control characters, tab and newline included, and without
 * the two code points that XML 1.0 does not allow (U+FFFE, U+FFFF): whatever
 * passes can stand in XML, a log and an error message as it is, and comes
 * back from XML unchanged.
 *
 * Returns true if @text is valid, false otherwise.
 */
bool
virDevMigrationTextIsValid(const char *text)
{
    const char *p;

    if (strlen(text) > VIR_DEV_MIGRATION_MAX_TEXT ||
        !g_utf8_validate(text, -1, NULL))
        return false;

    for (p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (g_unichar_iscntrl(c) || c == 0xFFFE || c == 0xFFFF)
            return false;
    }

    return true;
}


/**
 * virDevMigrationFieldNameIsValid:
 * @name: name of a field, a directory or a file
 *
 * Returns true if @name is a single path component that cannot lead out of
 * its directory, of at most VIR_DEV_MIGRATION_MAX_NAME bytes of valid text,
 * false otherwise.
 */
bool
virDevMigrationFieldNameIsValid(const char *name)
{
    return *name &&
        strlen(name) <= VIR_DEV_MIGRATION_MAX_NAME &&
        !strchr(name, '/') &&
        STRNEQ(name, ".") &&
        STRNEQ(name, "..") &&
        virDevMigrationTextIsValid(name);
}


/**
 * virDevMigrationAttributeNameIsValid:
 * @name: name of an attribute of a device, relative to the device
 *
 * Shipped drivers have such attributes directly below the device
 * ("aggregator") or in one directory there ("nvidia/vgpu_params",
 * "migration/num-queues"). Anything else is not accepted: the daemon reads
 * and writes these as root.
 *
 * Returns true if @name consists of one or two valid path components,
 * false otherwise.
 */
bool
virDevMigrationAttributeNameIsValid(const char *name)
{
    g_auto(GStrv) components = g_strsplit(name, "/", 3);
    guint n = g_strv_length(components);
    size_t i;

    if (n < 1 || n > 2)
        return false;

    for (i = 0; i < n; i++) {
        if (!virDevMigrationFieldNameIsValid(components[i]))
            return false;
    }

    return true;
}


static void
virDevMigrationCompatibleFree(virDevMigrationCompatible *compatible)
{
    if (!compatible)
        return;

    g_free(compatible->name);
    g_strfreev(compatible->values);
    g_free(compatible);
}


static void
virDevMigrationResourceFree(virDevMigrationResource *resource)
{
    if (!resource)
        return;

    g_free(resource->name);
    g_free(resource->value);
    g_free(resource);
}


virDevMigrationAttributes *
virDevMigrationAttributesNew(void)
{
    virDevMigrationAttributes *attributes = g_new0(virDevMigrationAttributes, 1);

    attributes->compatible =
        g_ptr_array_new_with_free_func((GDestroyNotify) virDevMigrationCompatibleFree);
    attributes->resources =
        g_ptr_array_new_with_free_func((GDestroyNotify) virDevMigrationResourceFree);

    return attributes;
}


void
virDevMigrationAttributesFree(virDevMigrationAttributes *attributes)
{
    if (!attributes)
        return;

    g_free(attributes->deviceAPI);
    g_free(attributes->mdevType);
    g_free(attributes->softwareVersion);
    g_strfreev(attributes->compatibleTypes);
    g_ptr_array_unref(attributes->compatible);
    g_ptr_array_unref(attributes->resources);
    g_free(attributes);
}


/**
 * virDevMigrationAttributesAddCompatible:
 * @attributes: where to add
 * @name: name of the field, without the prefix "compatible_"
 * @values: its values; taken over and set to NULL on success only
 *
 * The fields stay sorted by name, so that the order in which a directory is
 * listed or a document was written does not matter.
 *
 * Returns true if the field was added, false if there is one of that name
 * already, or VIR_DEV_MIGRATION_MAX_ENTRIES of them.
 */
bool
virDevMigrationAttributesAddCompatible(virDevMigrationAttributes *attributes,
                                       const char *name,
                                       char ***values)
{
    virDevMigrationCompatible *compatible;
    size_t i;

    if (attributes->compatible->len >= VIR_DEV_MIGRATION_MAX_ENTRIES)
        return false;

    for (i = 0; i < attributes->compatible->len; i++) {
        virDevMigrationCompatible *other = g_ptr_array_index(attributes->compatible, i);
        int cmp = strcmp(name, other->name);

        if (cmp == 0)
            return false;
        if (cmp < 0)
            break;
    }

    compatible = g_new0(virDevMigrationCompatible, 1);
    compatible->name = g_strdup(name);
    compatible->values = g_steal_pointer(values);
    g_ptr_array_insert(attributes->compatible, i, compatible);

    return true;
}


/**
 * virDevMigrationAttributesAddResource:
 * @attributes: where to add
 * @name: name of the attribute of the device, relative to it
 * @value: its value, or NULL if it is not known
 *
 * The order is kept: it is the order in which a driver wants them set.
 *
 * Returns true if the resource was added, false if there is one of that name
 * already, or VIR_DEV_MIGRATION_MAX_ENTRIES of them.
 */
bool
virDevMigrationAttributesAddResource(virDevMigrationAttributes *attributes,
                                     const char *name,
                                     const char *value)
{
    virDevMigrationResource *resource;
    size_t i;

    if (attributes->resources->len >= VIR_DEV_MIGRATION_MAX_ENTRIES)
        return false;

    for (i = 0; i < attributes->resources->len; i++) {
        virDevMigrationResource *other = g_ptr_array_index(attributes->resources, i);

        if (STREQ(name, other->name))
            return false;
    }

    resource = g_new0(virDevMigrationResource, 1);
    resource->name = g_strdup(name);
    resource->value = g_strdup(value);
    g_ptr_array_add(attributes->resources, resource);

    return true;
}


static virDevMigrationAttributes *
virDevMigrationAttributesCopy(const virDevMigrationAttributes *attributes)
{
    virDevMigrationAttributes *copy = virDevMigrationAttributesNew();
    size_t i;

    copy->incomplete = attributes->incomplete;
    copy->deviceAPI = g_strdup(attributes->deviceAPI);
    copy->mdevType = g_strdup(attributes->mdevType);
    if (attributes->softwareVersion) {
        copy->softwareVersion = g_new0(virDevMigrationVersion, 1);
        *copy->softwareVersion = *attributes->softwareVersion;
    }
    copy->compatibleTypes = g_strdupv(attributes->compatibleTypes);

    for (i = 0; i < attributes->compatible->len; i++) {
        virDevMigrationCompatible *compatible = g_ptr_array_index(attributes->compatible, i);
        g_auto(GStrv) values = g_strdupv(compatible->values);

        virDevMigrationAttributesAddCompatible(copy, compatible->name, &values);
    }

    for (i = 0; i < attributes->resources->len; i++) {
        virDevMigrationResource *resource = g_ptr_array_index(attributes->resources, i);

        virDevMigrationAttributesAddResource(copy, resource->name, resource->value);
    }

    return copy;
}


static bool
virDevMigrationListEqual(char **a,
                         char **b)
{
    if (!a || !b)
        return a == b;

    return g_strv_equal((const char * const *) a, (const char * const *) b);
}


static bool
virDevMigrationVersionEqual(const virDevMigrationVersion *a,
                            const virDevMigrationVersion *b)
{
    if (!a || !b)
        return a == b;

    return a->major == b->major &&
        a->minor == b->minor &&
        a->bugfix == b->bugfix;
}


static bool
virDevMigrationAttributesEqual(const virDevMigrationAttributes *a,
                               const virDevMigrationAttributes *b)
{
    size_t i;

    if (!a || !b)
        return a == b;

    if (a->incomplete != b->incomplete ||
        STRNEQ_NULLABLE(a->deviceAPI, b->deviceAPI) ||
        STRNEQ_NULLABLE(a->mdevType, b->mdevType) ||
        !virDevMigrationVersionEqual(a->softwareVersion, b->softwareVersion) ||
        !virDevMigrationListEqual(a->compatibleTypes, b->compatibleTypes) ||
        a->compatible->len != b->compatible->len ||
        a->resources->len != b->resources->len)
        return false;

    for (i = 0; i < a->compatible->len; i++) {
        virDevMigrationCompatible *ca = g_ptr_array_index(a->compatible, i);
        virDevMigrationCompatible *cb = g_ptr_array_index(b->compatible, i);

        if (STRNEQ(ca->name, cb->name) ||
            !virDevMigrationListEqual(ca->values, cb->values))
            return false;
    }

    for (i = 0; i < a->resources->len; i++) {
        virDevMigrationResource *ra = g_ptr_array_index(a->resources, i);
        virDevMigrationResource *rb = g_ptr_array_index(b->resources, i);

        if (STRNEQ(ra->name, rb->name) ||
            STRNEQ_NULLABLE(ra->value, rb->value))
            return false;
    }

    return true;
}


virDevMigration *
virDevMigrationNew(void)
{
    return g_new0(virDevMigration, 1);
}


void
virDevMigrationFree(virDevMigration *migration)
{
    if (!migration)
        return;

    virDevMigrationAttributesFree(migration->attributes);
    g_free(migration);
}


/**
 * virDevMigrationCopy:
 * @migration: what to copy, may be NULL
 *
 * Returns a deep copy, to be freed by the caller, NULL for NULL.
 */
virDevMigration *
virDevMigrationCopy(const virDevMigration *migration)
{
    virDevMigration *copy;

    if (!migration)
        return NULL;

    copy = virDevMigrationNew();
    if (migration->attributes)
        copy->attributes = virDevMigrationAttributesCopy(migration->attributes);

    return copy;
}


/**
 * virDevMigrationEqual:
 * @a: one, may be NULL
 * @b: the other, may be NULL
 *
 * This is identity of content, order of lists included, and says nothing of
 * compatibility.
 *
 * Returns true if both publish the same, false otherwise.
 */
bool
virDevMigrationEqual(const virDevMigration *a,
                     const virDevMigration *b)
{
    if (!a || !b)
        return a == b;

    return virDevMigrationAttributesEqual(a->attributes, b->attributes);
}
