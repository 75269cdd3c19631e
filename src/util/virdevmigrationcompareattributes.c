/*
 * virdevmigrationcompareattributes.c: rules for the attributes of a type
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

#define LIBVIRT_VIRDEVMIGRATIONCOMPAREPRIV_H_ALLOW
#include "virdevmigrationcomparepriv.h"

#define VIR_FROM_THIS VIR_FROM_NONE


static void
virDevMigrationCompareText(const virDevMigrationAttributes *source,
                           const virDevMigrationAttributes *destination,
                           virDevMigrationCode code,
                           const char *what,
                           virDevMigrationReasonKind kind,
                           const char *sourceText,
                           const char *destinationText,
                           virDevMigrationComparison *comparison)
{
    virDevMigrationReason *reason;

    if (STREQ_NULLABLE(sourceText, destinationText))
        return;

    reason = virDevMigrationCompareAddReason(comparison,
                                             sourceText ? kind :
                                             VIR_DEV_MIGRATION_REASON_NOTE,
                                             VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES,
                                             code, what);
    virDevMigrationCompareShowPair(reason, sourceText, destinationText);
    virDevMigrationCompareSetUnknown(reason, source->incomplete, destination->incomplete);
}


static char *
virDevMigrationCompareShowVersion(const virDevMigrationAttributes *attributes)
{
    const virDevMigrationVersion *version = attributes->softwareVersion;

    if (!version)
        return g_strdup(attributes->softwareVersionText);

    return g_strdup_printf("%u.%u.%u", version->major, version->minor, version->bugfix);
}


static void
virDevMigrationCompareVersion(const virDevMigrationAttributes *source,
                              const virDevMigrationAttributes *destination,
                              virDevMigrationComparison *comparison)
{
    const virDevMigrationVersion *sv = source->softwareVersion;
    const virDevMigrationVersion *dv = destination->softwareVersion;
    const char *st = source->softwareVersionText;
    const char *dt = destination->softwareVersionText;
    virDevMigrationReasonKind kind = VIR_DEV_MIGRATION_REASON_MISMATCH;
    const char *detail = NULL;
    virDevMigrationReason *reason;

    if (!sv && !dv && !st && !dt)
        return;

    if ((st || dt) && (sv || st) && (dv || dt)) {
        detail = _("which has to be the very same, as not both are of the form major.minor.bugfix");
        if (STREQ_NULLABLE(st, dt))
            kind = VIR_DEV_MIGRATION_REASON_NOTE;
    }

    if (sv && dv) {
        if (sv->major != dv->major)
            detail = _("whose major version is another");
        else if (dv->minor < sv->minor)
            detail = _("whose minor version is lower");
        else
            return;
    }

    /* a mismatch even if only the destination has one: nobody knows whether
     * its driver takes the state of one without */
    reason = virDevMigrationCompareAddReason(comparison, kind,
                                             VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES,
                                             VIR_DEV_MIGRATION_CODE_SOFTWARE_VERSION,
                                             "software version");
    reason->source = virDevMigrationCompareShowVersion(source);
    reason->destination = virDevMigrationCompareShowVersion(destination);
    reason->detail = g_strdup(detail);
    virDevMigrationCompareSetUnknown(reason, source->incomplete, destination->incomplete);
}


/* Returns the values of @a that @b lacks, which are not copied, or NULL. */
static char **
virDevMigrationCompareMissing(char **a,
                              char **b)
{
    g_autoptr(GPtrArray) missing = g_ptr_array_new();

    for (; *a; a++) {
        if (!g_strv_contains((const char * const *) b, *a))
            g_ptr_array_add(missing, *a);
    }

    if (missing->len == 0)
        return NULL;

    g_ptr_array_add(missing, NULL);

    return (char **) g_ptr_array_free(g_steal_pointer(&missing), FALSE);
}


/* Either of @sc and @dc may be NULL. */
static void
virDevMigrationCompareField(const virDevMigrationAttributes *source,
                            const virDevMigrationAttributes *destination,
                            const virDevMigrationCompatible *sc,
                            const virDevMigrationCompatible *dc,
                            virDevMigrationComparison *comparison)
{
    g_autofree char *name = virDevMigrationCompareShorten(sc ? sc->name : dc->name);
    g_autofree char *what = g_strdup_printf("compatible_%s", name);
    g_autofree char **missing = NULL;
    virDevMigrationReason *reason;

    if (sc && dc &&
        !(missing = virDevMigrationCompareMissing(sc->values, dc->values)))
        return;

    reason = virDevMigrationCompareAddReason(comparison,
                                             sc ? VIR_DEV_MIGRATION_REASON_MISMATCH :
                                             VIR_DEV_MIGRATION_REASON_NOTE,
                                             VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES,
                                             VIR_DEV_MIGRATION_CODE_COMPATIBLE_FIELD, what);
    if (sc)
        reason->source = virDevMigrationCompareShowList(sc->values);
    if (dc)
        reason->destination = virDevMigrationCompareShowList(dc->values);
    if (missing) {
        g_autofree char *shown = virDevMigrationCompareShowList(missing);

        reason->detail = g_strdup_printf(_("which lacks '%1$s'"), shown);
    }
    virDevMigrationCompareSetUnknown(reason, source->incomplete, destination->incomplete);
}


static const virDevMigrationCompatible *
virDevMigrationCompareFindField(const virDevMigrationAttributes *attributes,
                                const char *name)
{
    size_t i;

    for (i = 0; i < attributes->compatible->len; i++) {
        const virDevMigrationCompatible *compatible = g_ptr_array_index(attributes->compatible, i);

        if (STREQ(compatible->name, name))
            return compatible;
    }

    return NULL;
}


/* The fields of both are sorted by name. */
static void
virDevMigrationCompareFields(const virDevMigrationAttributes *source,
                             const virDevMigrationAttributes *destination,
                             virDevMigrationComparison *comparison)
{
    size_t i;

    for (i = 0; i < source->compatible->len; i++) {
        const virDevMigrationCompatible *sc = g_ptr_array_index(source->compatible, i);

        virDevMigrationCompareField(source, destination, sc,
                                    virDevMigrationCompareFindField(destination, sc->name),
                                    comparison);
    }

    for (i = 0; i < destination->compatible->len; i++) {
        const virDevMigrationCompatible *dc = g_ptr_array_index(destination->compatible, i);

        if (!virDevMigrationCompareFindField(source, dc->name))
            virDevMigrationCompareField(source, destination, NULL, dc, comparison);
    }
}


/* Either of @sr and @dr may be NULL. */
static void
virDevMigrationCompareResource(const virDevMigrationAttributes *source,
                               const virDevMigrationAttributes *destination,
                               const virDevMigrationResource *sr,
                               const virDevMigrationResource *dr,
                               virDevMigrationTarget target,
                               virDevMigrationComparison *comparison)
{
    bool ofType = dr && target == VIR_DEV_MIGRATION_TARGET_TYPE;
    g_autofree char *name = NULL;
    g_autofree char *what = NULL;
    virDevMigrationReason *reason;

    /* what a type lists can be set to a value, if there is one */
    if (sr && sr->value && dr &&
        (ofType || STREQ_NULLABLE(sr->value, dr->value)))
        return;

    name = virDevMigrationCompareShorten(sr ? sr->name : dr->name);
    what = g_strdup_printf("dynamic resource '%s'", name);

    reason = virDevMigrationCompareAddReason(comparison,
                                             sr ? VIR_DEV_MIGRATION_REASON_MISMATCH :
                                             VIR_DEV_MIGRATION_REASON_NOTE,
                                             VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES,
                                             VIR_DEV_MIGRATION_CODE_DYNAMIC_RESOURCE, what);

    if (ofType) {
        reason->sourceUnknown = !!sr;
        reason->detail = g_strdup(sr ? _("value of the source is unknown") :
                                  _("only the destination lists it"));
        return;
    }

    virDevMigrationCompareShowPair(reason, sr ? sr->value : NULL, dr ? dr->value : NULL);
    virDevMigrationCompareSetUnknown(reason, source->incomplete, destination->incomplete);
    if (sr && !sr->value)
        reason->sourceUnknown = true;
    if (dr && !dr->value)
        reason->destinationUnknown = true;
}


static int
virDevMigrationCompareSortResources(const void *a,
                                    const void *b)
{
    const virDevMigrationResource *ra = *(const virDevMigrationResource * const *) a;
    const virDevMigrationResource *rb = *(const virDevMigrationResource * const *) b;

    return strcmp(ra->name, rb->name);
}


static GPtrArray *
virDevMigrationCompareSortedResources(const virDevMigrationAttributes *attributes)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    size_t i;

    for (i = 0; i < attributes->resources->len; i++)
        g_ptr_array_add(sorted, g_ptr_array_index(attributes->resources, i));
    g_ptr_array_sort(sorted, virDevMigrationCompareSortResources);

    return g_steal_pointer(&sorted);
}


static const virDevMigrationResource *
virDevMigrationCompareFindResource(const virDevMigrationAttributes *attributes,
                                   const char *name)
{
    size_t i;

    for (i = 0; i < attributes->resources->len; i++) {
        const virDevMigrationResource *resource = g_ptr_array_index(attributes->resources, i);

        if (STREQ(resource->name, name))
            return resource;
    }

    return NULL;
}


static void
virDevMigrationCompareResources(const virDevMigrationAttributes *source,
                                const virDevMigrationAttributes *destination,
                                virDevMigrationTarget target,
                                virDevMigrationComparison *comparison)
{
    g_autoptr(GPtrArray) sourceSorted = virDevMigrationCompareSortedResources(source);
    g_autoptr(GPtrArray) destinationSorted = virDevMigrationCompareSortedResources(destination);
    size_t i;

    for (i = 0; i < sourceSorted->len; i++) {
        const virDevMigrationResource *sr = g_ptr_array_index(sourceSorted, i);

        virDevMigrationCompareResource(source, destination, sr,
                                       virDevMigrationCompareFindResource(destination, sr->name),
                                       target, comparison);
    }

    for (i = 0; i < destinationSorted->len; i++) {
        const virDevMigrationResource *dr = g_ptr_array_index(destinationSorted, i);

        if (!virDevMigrationCompareFindResource(source, dr->name)) {
            virDevMigrationCompareResource(source, destination, NULL, dr,
                                           target, comparison);
        }
    }

    if (target != VIR_DEV_MIGRATION_TARGET_TYPE)
        return;

    /* the destination's driver knows in which order it wants them */
    for (i = 0; i < destination->resources->len; i++) {
        const virDevMigrationResource *dr = g_ptr_array_index(destination->resources, i);
        const virDevMigrationResource *sr = virDevMigrationCompareFindResource(source, dr->name);

        if (sr && sr->value) {
            virDevMigrationCompareAddSetting(comparison,
                                             VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES,
                                             dr->name, sr->value);
        }
    }
}


/* Neither bugfix nor compatible_type decides anything. */
void
virDevMigrationCompareAttributes(const virDevMigration *source,
                                 const virDevMigration *destination,
                                 virDevMigrationTarget target,
                                 virDevMigrationComparison *comparison)
{
    const virDevMigrationAttributes *s = source->attributes;
    const virDevMigrationAttributes *d = destination->attributes;

    /* a PCI function has none */
    virDevMigrationCompareText(s, d, VIR_DEV_MIGRATION_CODE_MDEV_TYPE,
                               "mediated device type",
                               target == VIR_DEV_MIGRATION_TARGET_FUNCTION ?
                               VIR_DEV_MIGRATION_REASON_NOTE :
                               VIR_DEV_MIGRATION_REASON_MISMATCH,
                               s->mdevType, d->mdevType, comparison);
    virDevMigrationCompareText(s, d, VIR_DEV_MIGRATION_CODE_DEVICE_API,
                               "device API",
                               VIR_DEV_MIGRATION_REASON_MISMATCH,
                               s->deviceAPI, d->deviceAPI, comparison);
    virDevMigrationCompareVersion(s, d, comparison);
    virDevMigrationCompareFields(s, d, comparison);
    virDevMigrationCompareResources(s, d, target, comparison);
    virDevMigrationCompareAddIncomplete(comparison,
                                        VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES,
                                        s->incomplete, d->incomplete);
}


void
virDevMigrationCompareReduceAttributes(const virDevMigration *source,
                                       virDevMigration *reduced)
{
    const virDevMigrationAttributes *s = source->attributes;
    virDevMigrationAttributes *r = virDevMigrationAttributesNew();
    size_t i;

    reduced->attributes = r;
    r->incomplete = s->incomplete;
    r->deviceAPI = g_strdup(s->deviceAPI);
    r->mdevType = g_strdup(s->mdevType);
    if (s->softwareVersion) {
        r->softwareVersion = g_new0(virDevMigrationVersion, 1);
        *r->softwareVersion = *s->softwareVersion;
    }
    r->softwareVersionText = g_strdup(s->softwareVersionText);

    for (i = 0; i < s->compatible->len; i++) {
        const virDevMigrationCompatible *compatible = g_ptr_array_index(s->compatible, i);
        g_auto(GStrv) values = g_strdupv(compatible->values);

        virDevMigrationAttributesAddCompatible(r, compatible->name, &values);
    }

    for (i = 0; i < s->resources->len; i++) {
        const virDevMigrationResource *resource = g_ptr_array_index(s->resources, i);

        virDevMigrationAttributesAddResource(r, resource->name, resource->value);
    }
}
