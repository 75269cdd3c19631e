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

#define LIBVIRT_VIRDEVMIGRATIONCOMPAREPRIV_H_ALLOW
#include "virdevmigrationcomparepriv.h"
#include "virbuffer.h"

#define VIR_FROM_THIS VIR_FROM_NONE

VIR_ENUM_IMPL(virDevMigrationVerdict,
              VIR_DEV_MIGRATION_VERDICT_LAST,
              "unchecked",
              "compatible",
              "incompatible",
);

VIR_ENUM_IMPL(virDevMigrationCode,
              VIR_DEV_MIGRATION_CODE_LAST,
              "incomplete",
              "one-sided",
              "conflict",
              "token",
              "device-api",
              "mdev-type",
              "software-version",
              "compatible-field",
              "dynamic-resource",
              "parameter",
              "device-model",
              "device-version",
              "description",
              "description-field",
              "no-instance",
              "no-parent",
              "device-missing",
              "not-in-xml",
              "not-judged",
              "old-libvirt",
              "unsafe",
              "would-start",
              "would-create",
              "defined-value",
              "not-plain",
              "not-readable",
              "not-copied",
              "state",
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
    g_free(setting->param);
    g_free(setting);
}


virDevMigrationComparison *
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
    g_free(comparison->token);
    g_free(comparison->model);
    g_free(comparison->version);
    g_free(comparison);
}


/* The returned reason belongs to @comparison; the caller fills in the rest. */
virDevMigrationReason *
virDevMigrationCompareAddReason(virDevMigrationComparison *comparison,
                                virDevMigrationReasonKind kind,
                                virDevMigrationInterfaceType interface,
                                virDevMigrationCode code,
                                const char *what)
{
    virDevMigrationReason *reason = g_new0(virDevMigrationReason, 1);

    reason->kind = kind;
    reason->interface = interface;
    reason->code = code;
    reason->what = g_strdup(what);
    g_ptr_array_add(comparison->reasons, reason);

    return reason;
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


char *
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
void
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


/* The values of a list, which belong to it still, in an order of their own */
GPtrArray *
virDevMigrationCompareSortList(char **values)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();

    for (; *values; values++)
        g_ptr_array_add(sorted, *values);
    g_ptr_array_sort(sorted, virDevMigrationCompareSort);

    return g_steal_pointer(&sorted);
}


/* Returns text that does not depend on the order of @values. */
char *
virDevMigrationCompareShowList(char **values)
{
    g_autoptr(GPtrArray) sorted = virDevMigrationCompareSortList(values);
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    size_t i;

    for (i = 0; i < sorted->len; i++) {
        g_autofree char *value = virDevMigrationCompareShorten(g_ptr_array_index(sorted, i));

        if (i > 0) {
            virBufferAddLit(&buf, ", ");
            if (virBufferUse(&buf) + strlen(value) > SHOWN_LIST) {
                virBufferAsprintf(&buf, "... (%zu more)", sorted->len - i);
                break;
            }
        }

        virBufferAdd(&buf, value, -1);
    }

    return virBufferContentAndReset(&buf);
}


/* Within one interface no name stands twice. */
static const virDevMigrationSetting *
virDevMigrationCompareFindSetting(const virDevMigrationComparison *comparison,
                                  virDevMigrationInterfaceType interface,
                                  const char *name)
{
    size_t i;

    for (i = 0; i < comparison->settings->len; i++) {
        const virDevMigrationSetting *setting = g_ptr_array_index(comparison->settings, i);

        if (setting->interface != interface && STREQ(setting->name, name))
            return setting;
    }

    return NULL;
}


/* Interfaces must agree on a setting. Whether @value is what @asked asks for,
 * if it asks for @name at all; else @comparison gets a reason. */
bool
virDevMigrationCompareCheckSetting(const virDevMigrationComparison *asked,
                                   virDevMigrationComparison *comparison,
                                   virDevMigrationInterfaceType interface,
                                   const char *name,
                                   const char *value)
{
    const virDevMigrationSetting *setting = virDevMigrationCompareFindSetting(asked, interface,
                                                                              name);
    g_autofree char *shownName = NULL;
    g_autofree char *what = NULL;
    g_autofree char *shownAsked = NULL;
    g_autofree char *shown = NULL;
    virDevMigrationReason *reason;

    if (!setting || STREQ(setting->value, value))
        return true;

    shownName = virDevMigrationCompareShorten(name);
    what = g_strdup_printf("attribute '%s' of the device", shownName);
    shownAsked = virDevMigrationCompareShorten(setting->value);
    shown = virDevMigrationCompareShorten(value);

    reason = virDevMigrationCompareAddReason(comparison,
                                             VIR_DEV_MIGRATION_REASON_MISMATCH,
                                             interface, VIR_DEV_MIGRATION_CODE_CONFLICT, what);
    reason->detail = g_strdup_printf(_("interface '%1$s' asks for '%2$s', interface '%3$s' for '%4$s'"),
                                     virDevMigrationInterfaceTypeToString(setting->interface),
                                     shownAsked,
                                     virDevMigrationInterfaceTypeToString(interface),
                                     shown);
    return false;
}


/* What is asked for twice is set once. */
void
virDevMigrationCompareAddSetting(virDevMigrationComparison *comparison,
                                 virDevMigrationInterfaceType interface,
                                 const char *name,
                                 const char *value)
{
    virDevMigrationSetting *setting;

    if (!virDevMigrationCompareCheckSetting(comparison, comparison, interface, name, value) ||
        virDevMigrationCompareFindSetting(comparison, interface, name))
        return;

    setting = g_new0(virDevMigrationSetting, 1);
    setting->interface = interface;
    setting->name = g_strdup(name);
    setting->value = g_strdup(value);
    g_ptr_array_add(comparison->settings, setting);
}


/* Options of two interfaces never have one name. @param may be NULL. */
void
virDevMigrationCompareAddOption(virDevMigrationComparison *comparison,
                                virDevMigrationInterfaceType interface,
                                const char *name,
                                const char *param,
                                const char *value)
{
    virDevMigrationSetting *setting = g_new0(virDevMigrationSetting, 1);

    setting->interface = interface;
    setting->name = g_strdup(name);
    setting->value = g_strdup(value);
    setting->param = g_strdup(param);
    g_ptr_array_add(comparison->settings, setting);
}


/* A program is launched as one model. Whether @model is what another interface
 * asks for, if one does; else @comparison gets a reason. */
bool
virDevMigrationCompareSetModel(virDevMigrationComparison *comparison,
                               virDevMigrationInterfaceType interface,
                               const char *model)
{
    g_autofree char *shownOther = NULL;
    g_autofree char *shown = NULL;
    virDevMigrationReason *reason;

    if (!comparison->model) {
        comparison->model = g_strdup(model);
        return true;
    }

    if (STREQ(comparison->model, model))
        return true;

    shownOther = virDevMigrationCompareShorten(comparison->model);
    shown = virDevMigrationCompareShorten(model);

    reason = virDevMigrationCompareAddReason(comparison,
                                             VIR_DEV_MIGRATION_REASON_MISMATCH,
                                             interface, VIR_DEV_MIGRATION_CODE_CONFLICT,
                                             "device model");
    reason->detail = g_strdup_printf(_("interface '%1$s' asks for '%2$s', interface '%3$s' for '%4$s'"),
                                     virDevMigrationInterfaceTypeToString(VIR_DEV_MIGRATION_INTERFACE_PARAMETERS),
                                     shownOther,
                                     virDevMigrationInterfaceTypeToString(interface),
                                     shown);
    return false;
}


/* Does the destination get its values from the source? */
bool
virDevMigrationCompareIsMade(virDevMigrationTarget target)
{
    return target == VIR_DEV_MIGRATION_TARGET_TYPE ||
           target == VIR_DEV_MIGRATION_TARGET_PROGRAM;
}


/* What a side without a value has: nothing, or nothing that could be used */
void
virDevMigrationCompareSetUnknown(virDevMigrationReason *reason,
                                 bool source,
                                 bool destination)
{
    reason->sourceUnknown = !reason->source && source;
    reason->destinationUnknown = !reason->destination && destination;
}


/* For a side that is @source, or @destination, and published something that
 * could not be used */
void
virDevMigrationCompareAddIncomplete(virDevMigrationComparison *comparison,
                                    virDevMigrationInterfaceType interface,
                                    bool source,
                                    bool destination)
{
    virDevMigrationReason *reason;

    if (!source && !destination)
        return;

    reason = virDevMigrationCompareAddReason(comparison,
                                             VIR_DEV_MIGRATION_REASON_MISMATCH,
                                             interface, VIR_DEV_MIGRATION_CODE_INCOMPLETE,
                                             "value unknown");
    reason->sourceUnknown = source;
    reason->destinationUnknown = destination;
    if (source && destination)
        reason->detail = g_strdup(_("source and destination publish something that cannot be used"));
    else if (source)
        reason->detail = g_strdup(_("source publishes something that cannot be used"));
    else
        reason->detail = g_strdup(_("destination publishes something that cannot be used"));
}


static bool
virDevMigrationCompareHasAttributes(const virDevMigration *migration)
{
    return !!migration->attributes;
}


static bool
virDevMigrationCompareHasParameters(const virDevMigration *migration)
{
    return !!migration->parameters;
}


static bool
virDevMigrationCompareHasVersions(const virDevMigration *migration)
{
    return !!migration->versions;
}


static bool
virDevMigrationCompareHasDescription(const virDevMigration *migration)
{
    return !!migration->description;
}


static bool
virDevMigrationCompareHasToken(const virDevMigration *migration)
{
    return !!migration->token;
}


/* Nothing is known of a token but what a driver says to it. */
static void
virDevMigrationCompareToken(const virDevMigration *source,
                            const virDevMigration *destination,
                            virDevMigrationTarget target G_GNUC_UNUSED,
                            virDevMigrationComparison *comparison)
{
    const virDevMigrationToken *s = source->token;
    const virDevMigrationToken *d = destination->token;
    bool ask = s->token && d->token;
    virDevMigrationReason *reason;

    reason = virDevMigrationCompareAddReason(comparison,
                                             ask ? VIR_DEV_MIGRATION_REASON_ASK :
                                             VIR_DEV_MIGRATION_REASON_MISMATCH,
                                             VIR_DEV_MIGRATION_INTERFACE_TOKEN,
                                             VIR_DEV_MIGRATION_CODE_TOKEN, "token");
    virDevMigrationCompareShowPair(reason, s->token, d->token);
    virDevMigrationCompareSetUnknown(reason, !s->token, !d->token);

    if (ask) {
        reason->detail = g_strdup(_("only the driver of the destination can tell"));
        comparison->token = g_strdup(s->token);
    }

    virDevMigrationCompareAddIncomplete(comparison, VIR_DEV_MIGRATION_INTERFACE_TOKEN,
                                        s->token && s->incomplete,
                                        d->token && d->incomplete);
}


static void
virDevMigrationCompareReduceToken(const virDevMigration *source,
                                  virDevMigration *reduced)
{
    reduced->token = virDevMigrationTokenNew();
    reduced->token->incomplete = source->token->incomplete;
    reduced->token->token = g_strdup(source->token->token);
}


static const struct {
    bool (*published)(const virDevMigration *migration);
    virDevMigrationCompareFunc compare;
    virDevMigrationCompareReduceFunc reduce;
} virDevMigrationCompareInterfaces[] = {
    [VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES] = {
        .published = virDevMigrationCompareHasAttributes,
        .compare = virDevMigrationCompareAttributes,
        .reduce = virDevMigrationCompareReduceAttributes,
    },
    [VIR_DEV_MIGRATION_INTERFACE_PARAMETERS] = {
        .published = virDevMigrationCompareHasParameters,
        .compare = virDevMigrationCompareParameters,
        .reduce = virDevMigrationCompareReduceParameters,
    },
    [VIR_DEV_MIGRATION_INTERFACE_VERSIONS] = {
        .published = virDevMigrationCompareHasVersions,
        .compare = virDevMigrationCompareVersions,
        .reduce = virDevMigrationCompareReduceVersions,
    },
    [VIR_DEV_MIGRATION_INTERFACE_DESCRIPTION] = {
        .published = virDevMigrationCompareHasDescription,
        .compare = virDevMigrationCompareDescription,
        .reduce = virDevMigrationCompareReduceDescription,
    },
    [VIR_DEV_MIGRATION_INTERFACE_TOKEN] = {
        .published = virDevMigrationCompareHasToken,
        .compare = virDevMigrationCompareToken,
        .reduce = virDevMigrationCompareReduceToken,
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


/* No driver of the kernel stands behind a program: whatever else there is
 * cannot come from it. */
static bool
virDevMigrationComparePublishedBy(const virDevMigration *migration,
                                  bool isProgram,
                                  virDevMigrationInterfaceType type)
{
    if (isProgram &&
        type != VIR_DEV_MIGRATION_INTERFACE_PARAMETERS &&
        type != VIR_DEV_MIGRATION_INTERFACE_VERSIONS)
        return false;

    return virDevMigrationComparePublished(migration, type);
}


static bool
virDevMigrationReasonDecides(const virDevMigrationReason *reason)
{
    return reason->kind == VIR_DEV_MIGRATION_REASON_MISMATCH ||
        reason->kind == VIR_DEV_MIGRATION_REASON_ONE_SIDED;
}


static void
virDevMigrationCompareAddOneSided(virDevMigrationComparison *comparison,
                                  virDevMigrationReasonKind kind,
                                  virDevMigrationInterfaceType type,
                                  bool bySource)
{
    g_autofree char *what = g_strdup_printf("interface '%s'",
                                            virDevMigrationInterfaceTypeToString(type));
    virDevMigrationReason *reason = virDevMigrationCompareAddReason(comparison,
                                                                    kind, type,
                                                                    VIR_DEV_MIGRATION_CODE_ONE_SIDED, what);

    reason->detail = g_strdup(bySource ? _("only the source publishes it") :
                              _("only the destination publishes it"));
}


static void
virDevMigrationCompareJudge(virDevMigrationComparison *comparison)
{
    size_t i;

    comparison->verdict = comparison->token ? VIR_DEV_MIGRATION_VERDICT_UNCHECKED :
        VIR_DEV_MIGRATION_VERDICT_COMPATIBLE;

    for (i = 0; i < comparison->reasons->len; i++) {
        const virDevMigrationReason *reason = g_ptr_array_index(comparison->reasons, i);

        if (!virDevMigrationReasonDecides(reason))
            continue;

        comparison->verdict = VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE;
        g_ptr_array_set_size(comparison->settings, 0);
        g_clear_pointer(&comparison->token, g_free);
        g_clear_pointer(&comparison->model, g_free);
        g_clear_pointer(&comparison->version, g_free);
    }
}


static virDevMigrationComparison *
virDevMigrationCompareAll(const virDevMigration *source,
                          bool fromProgram,
                          const virDevMigration *destination,
                          virDevMigrationTarget target)
{
    g_autoptr(virDevMigrationComparison) comparison = virDevMigrationComparisonNew();
    bool toProgram = target == VIR_DEV_MIGRATION_TARGET_PROGRAM;
    bool any = false;
    bool common = false;
    size_t i;

    for (i = 0; i < VIR_DEV_MIGRATION_INTERFACE_LAST; i++) {
        bool bySource = virDevMigrationComparePublishedBy(source, fromProgram, i);
        bool byDestination = virDevMigrationComparePublishedBy(destination, toProgram, i);

        any = any || bySource || byDestination;
        common = common || (bySource && byDestination);
    }

    if (!any)
        return g_steal_pointer(&comparison);

    for (i = 0; i < VIR_DEV_MIGRATION_INTERFACE_LAST; i++) {
        bool bySource = virDevMigrationComparePublishedBy(source, fromProgram, i);
        bool byDestination = virDevMigrationComparePublishedBy(destination, toProgram, i);

        if (bySource && byDestination) {
            virDevMigrationCompareInterfaces[i].compare(source, destination,
                                                        target, comparison);
        } else if (bySource || byDestination) {
            virDevMigrationReasonKind kind = VIR_DEV_MIGRATION_REASON_ONE_SIDED;

            /* A driver without the file does not take what one with it sends.
             * A program cannot have it, and what says that a mediated device
             * and a program fit each other is that they are of one model. */
            if (common) {
                kind = i == VIR_DEV_MIGRATION_INTERFACE_TOKEN &&
                    !fromProgram && !toProgram ?
                    VIR_DEV_MIGRATION_REASON_MISMATCH : VIR_DEV_MIGRATION_REASON_NOTE;
            }

            virDevMigrationCompareAddOneSided(comparison, kind, i, bySource);
        }
    }

    comparison->oneSided = !common;
    virDevMigrationCompareJudge(comparison);

    return g_steal_pointer(&comparison);
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
 * given to equal the source, in the order in which to set them: names as the
 * destination publishes them, relative to the device, each once. If it is a
 * program, they are the options that it has to be launched with. Otherwise the
 * values have to be equal already, and there are no settings.
 *
 * If both publish a token and nothing speaks against @destination, its driver
 * has to be asked: the verdict is unchecked, and the comparison has the token.
 *
 * Of a program, nothing counts but parameters and versions, and a token on the
 * other side decides nothing.
 *
 * Returns the comparison, to be freed by the caller.
 */
virDevMigrationComparison *
virDevMigrationCompare(const virDevMigration *source,
                       const virDevMigration *destination,
                       virDevMigrationTarget target)
{
    return virDevMigrationCompareAll(source, false, destination, target);
}


/**
 * virDevMigrationCompareProgram:
 * @source: result of virDevMigrationLaunched(), NULL for nothing
 * @destination: what the destination publishes, NULL for nothing
 * @target: what @destination describes
 *
 * Likewise for a source that is a vfio-user program.
 *
 * Returns the comparison, to be freed by the caller.
 */
virDevMigrationComparison *
virDevMigrationCompareProgram(const virDevMigration *source,
                              const virDevMigration *destination,
                              virDevMigrationTarget target)
{
    return virDevMigrationCompareAll(source, true, destination, target);
}


static char *
virDevMigrationReasonFormatSource(const virDevMigrationReason *reason)
{
    if (reason->source)
        return g_strdup_printf(_("source has '%1$s'"), reason->source);

    if (reason->sourceUnused)
        return g_strdup(_("source does not use it"));

    return g_strdup(reason->sourceUnknown ? _("value of the source is unknown") :
                    _("source has none"));
}


static char *
virDevMigrationReasonFormatDestination(const virDevMigrationReason *reason)
{
    if (reason->destination) {
        return g_strdup_printf(reason->destinationAllows ?
                               _("destination allows '%1$s'") :
                               _("destination has '%1$s'"),
                               reason->destination);
    }

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
    bool hasSource = reason->source || reason->sourceUnused;
    bool hasDestination = !!reason->destination;

    if (!reason->detail)
        return g_strdup_printf(_("%1$s: %2$s, %3$s"), reason->what, source, destination);

    if (!hasSource && !hasDestination)
        return g_strdup_printf(_("%1$s: %2$s"), reason->what, reason->detail);

    hasSource = hasSource || reason->sourceUnknown;
    hasDestination = hasDestination || reason->destinationUnknown;

    if (hasSource && hasDestination) {
        return g_strdup_printf(_("%1$s: %2$s, %3$s, %4$s"),
                               reason->what, source, destination, reason->detail);
    }

    return g_strdup_printf(_("%1$s: %2$s, %3$s"), reason->what,
                           hasSource ? source : destination, reason->detail);
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

        if (!virDevMigrationReasonDecides(reason))
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


/**
 * virDevMigrationCompareReduce:
 * @source: what the source publishes, may be NULL
 *
 * Leaves out what has no influence on any comparison of @source, as a source:
 * what is left gives the same verdict, reasons and settings.
 *
 * Returns what is left, to be freed by the caller, NULL for NULL.
 */
virDevMigration *
virDevMigrationCompareReduce(const virDevMigration *source)
{
    virDevMigration *reduced;
    size_t i;

    if (!source)
        return NULL;

    reduced = virDevMigrationNew();
    for (i = 0; i < VIR_DEV_MIGRATION_INTERFACE_LAST; i++) {
        if (virDevMigrationComparePublished(source, i))
            virDevMigrationCompareInterfaces[i].reduce(source, reduced);
    }

    return reduced;
}


/**
 * virDevMigrationGetMdevType:
 * @migration: what a device publishes, may be NULL
 *
 * Returns the type of a mediated device as far as it publishes it, NULL if it
 * does not, or has none.
 */
const char *
virDevMigrationGetMdevType(const virDevMigration *migration)
{
    const virDevMigrationField *field = NULL;

    if (!migration)
        return NULL;

    if (migration->attributes && migration->attributes->mdevType)
        return migration->attributes->mdevType;

    if (migration->description && migration->description->self) {
        field = virDevMigrationObjectFindField(migration->description->self,
                                               VIR_DEV_MIGRATION_FIELD_MDEV_TYPE,
                                               NULL);
    }

    return field ? field->value : NULL;
}
