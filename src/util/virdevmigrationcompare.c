/*
 * virdevmigrationcompare.c: does a device fit as the destination of another
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

#include "virdevmigrationcompare.h"
#include "virbuffer.h"

#define VIR_FROM_THIS VIR_FROM_NONE

VIR_ENUM_IMPL(virDevMigrationVerdict,
              VIR_DEV_MIGRATION_VERDICT_LAST,
              "unchecked",
              "compatible",
              "incompatible",
);

/* The reasons end in error messages and logs, and one of the two devices may
 * be described by a host that is not trusted. Bytes of: */
#define SHOWN_VALUE 100             /* one value, or one name */
#define SHOWN_LIST 200              /* the values of a list */
#define SHOWN_ALL 4096              /* all reasons in one text */
#define SHOWN_COMMON 20             /* what precedes a difference */


static void
virDevMigrationReasonFree(virDevMigrationReason *reason)
{
    if (!reason)
        return;

    g_free(reason->what);
    g_free(reason->source);
    g_free(reason->destination);
    g_free(reason->detail);
    g_free(reason);
}


static void
virDevMigrationSettingFree(virDevMigrationSetting *setting)
{
    if (!setting)
        return;

    g_free(setting->name);
    g_free(setting->value);
    g_free(setting);
}


static virDevMigrationComparison *
virDevMigrationComparisonNew(void)
{
    virDevMigrationComparison *comparison = g_new0(virDevMigrationComparison, 1);

    comparison->reasons =
        g_ptr_array_new_with_free_func((GDestroyNotify) virDevMigrationReasonFree);
    comparison->settings =
        g_ptr_array_new_with_free_func((GDestroyNotify) virDevMigrationSettingFree);

    return comparison;
}


void
virDevMigrationComparisonFree(virDevMigrationComparison *comparison)
{
    if (!comparison)
        return;

    g_ptr_array_unref(comparison->reasons);
    g_ptr_array_unref(comparison->settings);
    g_free(comparison);
}


/* The returned reason belongs to @comparison; the caller fills in the rest. */
static virDevMigrationReason *
virDevMigrationCompareAddReason(virDevMigrationComparison *comparison,
                                virDevMigrationReasonKind kind,
                                virDevMigrationInterfaceType interface,
                                const char *what)
{
    virDevMigrationReason *reason = g_new0(virDevMigrationReason, 1);

    reason->kind = kind;
    reason->interface = interface;
    reason->what = g_strdup(what);
    g_ptr_array_add(comparison->reasons, reason);

    return reason;
}


static void
virDevMigrationCompareAddSetting(virDevMigrationComparison *comparison,
                                 const char *name,
                                 const char *value)
{
    virDevMigrationSetting *setting = g_new0(virDevMigrationSetting, 1);

    setting->name = g_strdup(name);
    setting->value = g_strdup(value);
    g_ptr_array_add(comparison->settings, setting);
}


/* The first byte at or before @len where a character of @text begins */
static size_t
virDevMigrationCompareBoundary(const char *text,
                               size_t len)
{
    while (len > 0 && (text[len] & 0xC0) == 0x80)
        len--;

    return len;
}


static char *
virDevMigrationCompareShorten(const char *text)
{
    size_t len;

    if (strlen(text) <= SHOWN_VALUE)
        return g_strdup(text);

    len = virDevMigrationCompareBoundary(text, SHOWN_VALUE);

    return g_strdup_printf("%.*s...", (int) len, text);
}


/**
 * virDevMigrationCompareShowPair:
 *
 * Sets the values of @reason. Two values of which so much is equal that
 * their difference would not be seen are shown from shortly before there on.
 */
static void
virDevMigrationCompareShowPair(virDevMigrationReason *reason,
                               const char *source,
                               const char *destination)
{
    const char *dots = "";
    size_t equal = 0;

    if (source && destination &&
        MAX(strlen(source), strlen(destination)) > SHOWN_VALUE) {
        while (source[equal] && source[equal] == destination[equal])
            equal++;

        if (equal > SHOWN_VALUE / 2) {
            equal = virDevMigrationCompareBoundary(source, equal - SHOWN_COMMON);
            dots = "...";
        } else {
            equal = 0;
        }
    }

    if (source) {
        g_autofree char *shown = virDevMigrationCompareShorten(source + equal);

        reason->source = g_strconcat(dots, shown, NULL);
    }

    if (destination) {
        g_autofree char *shown = virDevMigrationCompareShorten(destination + equal);

        reason->destination = g_strconcat(dots, shown, NULL);
    }
}


static int
virDevMigrationCompareSort(const void *a,
                           const void *b)
{
    return strcmp(*(const char * const *) a, *(const char * const *) b);
}


/* Returns text that does not depend on the order of @values. */
static char *
virDevMigrationCompareShowList(char **values)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    size_t i;

    for (; *values; values++)
        g_ptr_array_add(sorted, *values);
    g_ptr_array_sort(sorted, virDevMigrationCompareSort);

    for (i = 0; i < sorted->len; i++) {
        g_autofree char *value = virDevMigrationCompareShorten(g_ptr_array_index(sorted, i));

        if (i > 0) {
            virBufferAddLit(&buf, ", ");
            if (virBufferUse(&buf) + strlen(value) > SHOWN_LIST) {
                virBufferAsprintf(&buf, _("... (%1$zu more)"), sorted->len - i);
                break;
            }
        }

        virBufferAdd(&buf, value, -1);
    }

    return virBufferContentAndReset(&buf);
}


/* What a side without a value has: nothing, or nothing that could be used */
static void
virDevMigrationCompareSetUnknown(virDevMigrationReason *reason,
                                 const virDevMigrationAttributes *source,
                                 const virDevMigrationAttributes *destination)
{
    reason->sourceUnknown = !reason->source && source->incomplete;
    reason->destinationUnknown = !reason->destination && destination->incomplete;
}


static void
virDevMigrationCompareText(const virDevMigrationAttributes *source,
                           const virDevMigrationAttributes *destination,
                           const char *what,
                           const char *sourceText,
                           const char *destinationText,
                           virDevMigrationComparison *comparison)
{
    virDevMigrationReason *reason;

    if (STREQ_NULLABLE(sourceText, destinationText))
        return;

    reason = virDevMigrationCompareAddReason(comparison,
                                             sourceText ?
                                             VIR_DEV_MIGRATION_REASON_MISMATCH :
                                             VIR_DEV_MIGRATION_REASON_NOTE,
                                             VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES,
                                             what);
    virDevMigrationCompareShowPair(reason, sourceText, destinationText);
    virDevMigrationCompareSetUnknown(reason, source, destination);
}


static char *
virDevMigrationCompareShowVersion(const virDevMigrationVersion *version)
{
    if (!version)
        return NULL;

    return g_strdup_printf("%u.%u.%u", version->major, version->minor, version->bugfix);
}


static void
virDevMigrationCompareVersion(const virDevMigrationAttributes *source,
                              const virDevMigrationAttributes *destination,
                              virDevMigrationComparison *comparison)
{
    const virDevMigrationVersion *sv = source->softwareVersion;
    const virDevMigrationVersion *dv = destination->softwareVersion;
    const char *detail = NULL;
    virDevMigrationReason *reason;

    if (!sv && !dv)
        return;

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
    reason = virDevMigrationCompareAddReason(comparison,
                                             VIR_DEV_MIGRATION_REASON_MISMATCH,
                                             VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES,
                                             _("software version"));
    reason->source = virDevMigrationCompareShowVersion(sv);
    reason->destination = virDevMigrationCompareShowVersion(dv);
    reason->detail = g_strdup(detail);
    virDevMigrationCompareSetUnknown(reason, source, destination);
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
                                             what);
    if (sc)
        reason->source = virDevMigrationCompareShowList(sc->values);
    if (dc)
        reason->destination = virDevMigrationCompareShowList(dc->values);
    if (missing) {
        g_autofree char *shown = virDevMigrationCompareShowList(missing);

        reason->detail = g_strdup_printf(_("which lacks '%1$s'"), shown);
    }
    virDevMigrationCompareSetUnknown(reason, source, destination);
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
    what = g_strdup_printf(_("dynamic resource '%1$s'"), name);

    reason = virDevMigrationCompareAddReason(comparison,
                                             sr ? VIR_DEV_MIGRATION_REASON_MISMATCH :
                                             VIR_DEV_MIGRATION_REASON_NOTE,
                                             VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES,
                                             what);

    if (ofType) {
        reason->sourceUnknown = !!sr;
        reason->detail = g_strdup(sr ? _("value of the source is unknown") :
                                  _("only the destination lists it"));
        return;
    }

    virDevMigrationCompareShowPair(reason, sr ? sr->value : NULL, dr ? dr->value : NULL);
    virDevMigrationCompareSetUnknown(reason, source, destination);
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

        if (sr && sr->value)
            virDevMigrationCompareAddSetting(comparison, dr->name, sr->value);
    }
}


static void
virDevMigrationCompareIncomplete(const virDevMigrationAttributes *source,
                                 const virDevMigrationAttributes *destination,
                                 virDevMigrationComparison *comparison)
{
    virDevMigrationReason *reason;

    if (!source->incomplete && !destination->incomplete)
        return;

    reason = virDevMigrationCompareAddReason(comparison,
                                             VIR_DEV_MIGRATION_REASON_MISMATCH,
                                             VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES,
                                             _("value unknown"));
    reason->sourceUnknown = source->incomplete;
    reason->destinationUnknown = destination->incomplete;
    if (source->incomplete && destination->incomplete)
        reason->detail = g_strdup(_("source and destination publish something that cannot be used"));
    else if (source->incomplete)
        reason->detail = g_strdup(_("source publishes something that cannot be used"));
    else
        reason->detail = g_strdup(_("destination publishes something that cannot be used"));
}


static bool
virDevMigrationCompareHasAttributes(const virDevMigration *migration)
{
    return !!migration->attributes;
}


/* Neither bugfix nor compatible_type decides anything. */
static void
virDevMigrationCompareAttributes(const virDevMigration *source,
                                 const virDevMigration *destination,
                                 virDevMigrationTarget target,
                                 virDevMigrationComparison *comparison)
{
    const virDevMigrationAttributes *s = source->attributes;
    const virDevMigrationAttributes *d = destination->attributes;

    virDevMigrationCompareText(s, d, _("mediated device type"),
                               s->mdevType, d->mdevType, comparison);
    virDevMigrationCompareText(s, d, _("device API"),
                               s->deviceAPI, d->deviceAPI, comparison);
    virDevMigrationCompareVersion(s, d, comparison);
    virDevMigrationCompareFields(s, d, comparison);
    virDevMigrationCompareResources(s, d, target, comparison);
    virDevMigrationCompareIncomplete(s, d, comparison);
}


/* Adds a reason for each difference that is worth telling, and the settings
 * that make a device of a type equal to the source. Both sides publish. */
typedef void
(*virDevMigrationCompareFunc)(const virDevMigration *source,
                              const virDevMigration *destination,
                              virDevMigrationTarget target,
                              virDevMigrationComparison *comparison);

static const struct {
    bool (*published)(const virDevMigration *migration);
    virDevMigrationCompareFunc compare;
} virDevMigrationCompareInterfaces[] = {
    [VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES] = {
        .published = virDevMigrationCompareHasAttributes,
        .compare = virDevMigrationCompareAttributes,
    },
};

G_STATIC_ASSERT(G_N_ELEMENTS(virDevMigrationCompareInterfaces) ==
                VIR_DEV_MIGRATION_INTERFACE_LAST);


static bool
virDevMigrationComparePublished(const virDevMigration *migration,
                                virDevMigrationInterfaceType type)
{
    return migration && virDevMigrationCompareInterfaces[type].published(migration);
}


static void
virDevMigrationCompareAddOneSided(virDevMigrationComparison *comparison,
                                  virDevMigrationReasonKind kind,
                                  virDevMigrationInterfaceType type,
                                  bool bySource)
{
    g_autofree char *what = g_strdup_printf(_("interface '%1$s'"),
                                            virDevMigrationInterfaceTypeToString(type));
    virDevMigrationReason *reason = virDevMigrationCompareAddReason(comparison,
                                                                    kind, type, what);

    reason->detail = g_strdup(bySource ? _("only the source publishes it") :
                              _("only the destination publishes it"));
}


static void
virDevMigrationCompareJudge(virDevMigrationComparison *comparison)
{
    size_t i;

    comparison->verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE;

    for (i = 0; i < comparison->reasons->len; i++) {
        const virDevMigrationReason *reason = g_ptr_array_index(comparison->reasons, i);

        if (reason->kind != VIR_DEV_MIGRATION_REASON_NOTE) {
            comparison->verdict = VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE;
            g_ptr_array_set_size(comparison->settings, 0);
        }
    }
}


/**
 * virDevMigrationCompare:
 * @source: what the source publishes, NULL for nothing
 * @destination: what the destination publishes, NULL for nothing
 * @target: what @destination describes
 *
 * Judges by every interface that both publish, and collects all reasons. They
 * do not depend on the order in which anything was published: interfaces
 * follow each other in the order of virDevMigrationInterfaceType, and what one
 * of them compares in a fixed order, members of a list by name.
 *
 * If @target is a type, the settings are what a device of that type has to be
 * given to equal the source: names as the destination publishes them and in
 * its order, values of the source. Otherwise the values have to be equal
 * already, and there are no settings.
 *
 * Returns the comparison, to be freed by the caller.
 */
virDevMigrationComparison *
virDevMigrationCompare(const virDevMigration *source,
                       const virDevMigration *destination,
                       virDevMigrationTarget target)
{
    g_autoptr(virDevMigrationComparison) comparison = virDevMigrationComparisonNew();
    bool any = false;
    bool common = false;
    size_t i;

    for (i = 0; i < VIR_DEV_MIGRATION_INTERFACE_LAST; i++) {
        bool bySource = virDevMigrationComparePublished(source, i);
        bool byDestination = virDevMigrationComparePublished(destination, i);

        any = any || bySource || byDestination;
        common = common || (bySource && byDestination);
    }

    if (!any)
        return g_steal_pointer(&comparison);

    for (i = 0; i < VIR_DEV_MIGRATION_INTERFACE_LAST; i++) {
        bool bySource = virDevMigrationComparePublished(source, i);
        bool byDestination = virDevMigrationComparePublished(destination, i);

        if (bySource && byDestination) {
            virDevMigrationCompareInterfaces[i].compare(source, destination,
                                                        target, comparison);
        } else if (bySource || byDestination) {
            virDevMigrationCompareAddOneSided(comparison,
                                              common ? VIR_DEV_MIGRATION_REASON_NOTE :
                                              VIR_DEV_MIGRATION_REASON_ONE_SIDED,
                                              i, bySource);
        }
    }

    comparison->oneSided = !common;
    virDevMigrationCompareJudge(comparison);

    return g_steal_pointer(&comparison);
}


static char *
virDevMigrationReasonFormatSource(const virDevMigrationReason *reason)
{
    if (reason->source)
        return g_strdup_printf(_("source has '%1$s'"), reason->source);

    return g_strdup(reason->sourceUnknown ? _("value of the source is unknown") :
                    _("source has none"));
}


static char *
virDevMigrationReasonFormatDestination(const virDevMigrationReason *reason)
{
    if (reason->destination)
        return g_strdup_printf(_("destination has '%1$s'"), reason->destination);

    return g_strdup(reason->destinationUnknown ? _("value of the destination is unknown") :
                    _("destination has none"));
}


/**
 * virDevMigrationReasonFormat:
 * @reason: what was found
 *
 * Returns part of a sentence for an administrator, of bounded length, to be
 * freed by the caller.
 */
char *
virDevMigrationReasonFormat(const virDevMigrationReason *reason)
{
    g_autofree char *source = virDevMigrationReasonFormatSource(reason);
    g_autofree char *destination = virDevMigrationReasonFormatDestination(reason);

    if (!reason->detail)
        return g_strdup_printf(_("%1$s: %2$s, %3$s"), reason->what, source, destination);

    if (!reason->source && !reason->destination)
        return g_strdup_printf(_("%1$s: %2$s"), reason->what, reason->detail);

    return g_strdup_printf(_("%1$s: %2$s, %3$s, %4$s"),
                           reason->what, source, destination, reason->detail);
}


/**
 * virDevMigrationComparisonFormat:
 * @comparison: result of virDevMigrationCompare()
 *
 * Joins the reasons that decided. A list that would become too long for an
 * error message ends with how many more there are.
 *
 * Returns the text, empty if nothing speaks against @comparison, to be freed
 * by the caller.
 */
char *
virDevMigrationComparisonFormat(const virDevMigrationComparison *comparison)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    size_t left = 0;
    size_t i;

    for (i = 0; i < comparison->reasons->len; i++) {
        const virDevMigrationReason *reason = g_ptr_array_index(comparison->reasons, i);
        g_autofree char *text = NULL;

        if (reason->kind == VIR_DEV_MIGRATION_REASON_NOTE)
            continue;

        text = virDevMigrationReasonFormat(reason);
        if (left > 0 || virBufferUse(&buf) + strlen(text) > SHOWN_ALL) {
            left++;
            continue;
        }

        virBufferAsprintf(&buf, "%s%s", virBufferUse(&buf) > 0 ? "; " : "", text);
    }

    if (left > 0)
        virBufferAsprintf(&buf, _("; %1$zu more reasons"), left);

    return g_strdup(virBufferCurrentContent(&buf));
}
