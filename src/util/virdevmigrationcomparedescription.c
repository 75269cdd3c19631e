/*
 * virdevmigrationcomparedescription.c: rules for descriptions of devices
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
#include "virdevmigrationtemplate.h"
#include "virstring.h"

#define VIR_FROM_THIS VIR_FROM_NONE

/* One object of the destination, compared with the device of the source */
typedef struct {
    const virDevMigrationObject *source;
    const virDevMigrationObject *object;
    const virDevMigrationDescription *destination;
    bool isSelf;                /* @object describes the destination itself */
    virDevMigrationTarget target;
    const virDevMigrationComparison *asked;     /* by other interfaces */
    virDevMigrationBinding *binding;
    virDevMigrationComparison *comparison;
} virDevMigrationCompareObjectData;

/* A field of the source, of the object, or of both */
typedef struct {
    virDevMigrationFieldKind kind;
    const char *name;
    const char *source;         /* NULL: has none */
    const char *object;         /* likewise; may use variables */
    bool fits;
    char *expanded;             /* what @object would have to be, as far as what
                                 * fits before says so */
} virDevMigrationCompareFieldData;


static void
virDevMigrationCompareFieldClear(void *opaque)
{
    virDevMigrationCompareFieldData *field = opaque;

    g_free(field->expanded);
}


static const char *
virDevMigrationCompareFindValue(const virDevMigrationDescription *description,
                                const char *name)
{
    size_t i;

    for (i = 0; i < description->values->len; i++) {
        const virDevMigrationResource *value = g_ptr_array_index(description->values, i);

        if (STREQ(value->name, name))
            return value->value;
    }

    return NULL;
}


/* What is said of a device can be what was true when it was created: its
 * attributes are what they are set to now. Returns NULL for NULL. */
static virDevMigrationObject *
virDevMigrationCompareEffectiveSelf(const virDevMigrationDescription *description)
{
    virDevMigrationObject *self;
    size_t i;

    if (!description->self)
        return NULL;

    self = virDevMigrationObjectNew();
    for (i = 0; i < description->self->fields->len; i++) {
        const virDevMigrationField *field = g_ptr_array_index(description->self->fields, i);
        const char *value = NULL;

        if (field->kind == VIR_DEV_MIGRATION_FIELD_MDEV_ATTR)
            value = virDevMigrationCompareFindValue(description, field->name);

        virDevMigrationObjectAddField(self, field->kind, field->name,
                                      value ? value : field->value);
    }

    return self;
}


static char *
virDevMigrationCompareShowField(virDevMigrationFieldKind kind,
                                const char *name)
{
    g_autofree char *shown = name ? virDevMigrationCompareShorten(name) : NULL;

    switch (kind) {
    case VIR_DEV_MIGRATION_FIELD_DEVICE_API:
        return g_strdup("device API");
    case VIR_DEV_MIGRATION_FIELD_VENDOR:
        return g_strdup("vendor");
    case VIR_DEV_MIGRATION_FIELD_VERSION_MAJOR:
        return g_strdup("major version");
    case VIR_DEV_MIGRATION_FIELD_VERSION_MINOR:
        return g_strdup("minor version");
    case VIR_DEV_MIGRATION_FIELD_ID:
        return g_strdup_printf("id '%s'", shown);
    case VIR_DEV_MIGRATION_FIELD_MDEV_TYPE:
        return g_strdup("mediated device type");
    case VIR_DEV_MIGRATION_FIELD_MDEV_ATTR:
        return g_strdup_printf("attribute '%s'", shown);
    case VIR_DEV_MIGRATION_FIELD_VENDOR_FIELD:
        return g_strdup_printf("vendor field '%s'", shown);
    case VIR_DEV_MIGRATION_FIELD_LAST:
        break;
    }

    return NULL;
}


/* Returns what the variables in @template can be, NULL if there are none. */
static char *
virDevMigrationCompareShowVariables(const virDevMigrationObject *object,
                                    const char *template)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    size_t i;

    for (i = 0; i < object->variables->len; i++) {
        const virDevMigrationVariable *variable = g_ptr_array_index(object->variables, i);
        g_autofree char *use = g_strdup_printf("${%s}", variable->name);
        g_autofree char *name = NULL;
        g_autofree char *values = NULL;

        if (!strstr(template, use))
            continue;

        name = virDevMigrationCompareShorten(variable->name);
        values = variable->values ? virDevMigrationCompareShowList(variable->values) :
            g_strdup_printf("%llu-%llu", variable->min, variable->max);
        g_ptr_array_add(texts, g_strdup_printf("%s: %s", name, values));
    }

    if (texts->len == 0)
        return NULL;

    g_ptr_array_add(texts, NULL);

    return virDevMigrationCompareShowList((char **) texts->pdata);
}


static virDevMigrationReason *
virDevMigrationCompareAddField(const virDevMigrationCompareObjectData *data,
                               const virDevMigrationCompareFieldData *field)
{
    g_autofree char *what = virDevMigrationCompareShowField(field->kind, field->name);

    return virDevMigrationCompareAddReason(data->comparison,
                                           VIR_DEV_MIGRATION_REASON_MISMATCH,
                                           VIR_DEV_MIGRATION_INTERFACE_DESCRIPTION,
                                           VIR_DEV_MIGRATION_CODE_DESCRIPTION_FIELD, what);
}


static void
virDevMigrationCompareAddMismatch(const virDevMigrationCompareObjectData *data,
                                  const virDevMigrationCompareFieldData *field)
{
    virDevMigrationReason *reason = virDevMigrationCompareAddField(data, field);
    g_autofree char *variables = NULL;

    virDevMigrationCompareShowPair(reason, field->source, field->object);
    reason->destinationAllows = !data->isSelf;

    if (!field->source || !field->object)
        return;

    if (data->isSelf) {
        if (field->kind == VIR_DEV_MIGRATION_FIELD_VERSION_MAJOR)
            reason->detail = g_strdup(_("which is another one"));
        else if (field->kind == VIR_DEV_MIGRATION_FIELD_VERSION_MINOR)
            reason->detail = g_strdup(_("which is lower"));
        return;
    }

    if (virDevMigrationBindingIsExhausted(data->binding)) {
        reason->detail = g_strdup(_("which can be read in too many ways"));
        return;
    }

    if (field->expanded) {
        g_autofree char *shown = virDevMigrationCompareShorten(field->expanded);

        reason->detail = g_strdup_printf(_("which is '%1$s' here"), shown);
        return;
    }

    variables = virDevMigrationCompareShowVariables(data->object, field->object);
    if (variables)
        reason->detail = g_strdup_printf(_("with %1$s"), variables);
}


/* The rule of software versions: minor versions only grow. */
static bool
virDevMigrationCompareOwnField(const virDevMigrationCompareObjectData *data,
                               const virDevMigrationCompareFieldData *field)
{
    const virDevMigrationField *sf;
    const virDevMigrationField *df;
    unsigned long long s;
    unsigned long long d;

    if (STREQ(field->source, field->object))
        return true;

    if (field->kind != VIR_DEV_MIGRATION_FIELD_VERSION_MAJOR &&
        field->kind != VIR_DEV_MIGRATION_FIELD_VERSION_MINOR)
        return false;

    if (!virDevMigrationParseNumber(field->source, &s) ||
        !virDevMigrationParseNumber(field->object, &d))
        return false;

    if (field->kind == VIR_DEV_MIGRATION_FIELD_VERSION_MAJOR)
        return s == d;

    /* minor versions of different major ones cannot be compared */
    sf = virDevMigrationObjectFindField(data->source, VIR_DEV_MIGRATION_FIELD_VERSION_MAJOR, NULL);
    df = virDevMigrationObjectFindField(data->object, VIR_DEV_MIGRATION_FIELD_VERSION_MAJOR, NULL);
    if (sf && df && STRNEQ(sf->value, df->value))
        return true;

    return d >= s;
}


/* Finds out which fields fit that both have. */
static void
virDevMigrationCompareMatch(const virDevMigrationCompareObjectData *data,
                            GArray *fields)
{
    g_autofree virDevMigrationTemplatePair *pairs = NULL;
    size_t npairs = 0;
    bool all;
    size_t i;

    pairs = g_new0(virDevMigrationTemplatePair, fields->len);

    for (i = 0; i < fields->len; i++) {
        virDevMigrationCompareFieldData *field = &g_array_index(fields, virDevMigrationCompareFieldData, i);

        if (!field->source || !field->object)
            continue;

        if (data->isSelf)
            field->fits = virDevMigrationCompareOwnField(data, field);
        else if (!strstr(field->object, "${"))
            field->fits = STREQ(field->source, field->object);
        else
            pairs[npairs++] = (virDevMigrationTemplatePair) { field->object, field->source };
    }

    all = virDevMigrationBindingMatch(data->binding, pairs, npairs);

    /* if they do not fit together, as many as possible are tried one by one,
     * so that the reasons name the others only */
    for (i = 0; i < fields->len; i++) {
        virDevMigrationCompareFieldData *field = &g_array_index(fields, virDevMigrationCompareFieldData, i);
        virDevMigrationTemplatePair pair = { field->object, field->source };

        if (data->isSelf || !field->source || !field->object ||
            !strstr(field->object, "${"))
            continue;

        field->fits = all || virDevMigrationBindingMatch(data->binding, &pair, 1);
        if (!field->fits)
            field->expanded = virDevMigrationBindingExpand(data->binding, field->object);
    }
}


/* An attribute that the object has is one to set, or that has to be set. */
static void
virDevMigrationCompareAttribute(const virDevMigrationCompareObjectData *data,
                                const virDevMigrationCompareFieldData *field)
{
    g_autofree char *value = NULL;
    g_autofree char *shown = NULL;
    const char *current;
    virDevMigrationReason *reason;

    if (data->isSelf)
        value = g_strdup(field->object);
    else
        value = virDevMigrationBindingExpand(data->binding, field->object);

    if (!value) {
        g_autofree char *variables = virDevMigrationCompareShowVariables(data->object,
                                                                         field->object);

        reason = virDevMigrationCompareAddField(data, field);
        virDevMigrationCompareShowPair(reason, NULL, field->object);
        reason->destinationAllows = true;
        reason->detail = g_strdup_printf(_("with %1$s: nothing says which value it has to have"),
                                         NULLSTR(variables));
        return;
    }

    if (data->target == VIR_DEV_MIGRATION_TARGET_TYPE) {
        if (virDevMigrationCompareCheckSetting(data->asked, data->comparison,
                                               VIR_DEV_MIGRATION_INTERFACE_DESCRIPTION,
                                               field->name, value)) {
            virDevMigrationCompareAddSetting(data->comparison,
                                             VIR_DEV_MIGRATION_INTERFACE_DESCRIPTION,
                                             field->name, value);
        }
        return;
    }

    current = virDevMigrationCompareFindValue(data->destination, field->name);
    if (STREQ_NULLABLE(current, value))
        return;

    reason = virDevMigrationCompareAddField(data, field);
    virDevMigrationCompareShowPair(reason, field->source, current);
    virDevMigrationCompareSetUnknown(reason, false, true);
    if (!field->source) {
        shown = virDevMigrationCompareShorten(value);
        reason->detail = g_strdup_printf(current ? _("'%1$s' is needed") :
                                         _("value of the destination is unknown, '%1$s' is needed"),
                                         shown);
    }
}


/* Whether a field that one side lacks is judged */
static bool
virDevMigrationCompareIsJudged(const virDevMigrationCompareObjectData *data,
                               const virDevMigrationCompareFieldData *field)
{
    /* a PCI function has no type, as the source or as the destination */
    if (field->kind == VIR_DEV_MIGRATION_FIELD_MDEV_TYPE)
        return field->source && data->target != VIR_DEV_MIGRATION_TARGET_FUNCTION;

    return true;
}


/* Returns the fields of both, by kind and name. Those of both are sorted. */
static GArray *
virDevMigrationCompareJoinFields(const virDevMigrationCompareObjectData *data)
{
    GArray *fields = g_array_new(FALSE, FALSE, sizeof(virDevMigrationCompareFieldData));
    GPtrArray *sfs = data->source->fields;
    GPtrArray *ofs = data->object->fields;
    size_t i = 0;
    size_t j = 0;

    g_array_set_clear_func(fields, virDevMigrationCompareFieldClear);

    while (i < sfs->len || j < ofs->len) {
        const virDevMigrationField *sf = i < sfs->len ? g_ptr_array_index(sfs, i) : NULL;
        const virDevMigrationField *of = j < ofs->len ? g_ptr_array_index(ofs, j) : NULL;
        virDevMigrationCompareFieldData field = { 0 };
        int cmp = 0;

        if (sf && of) {
            cmp = sf->kind != of->kind ? (int) sf->kind - (int) of->kind :
                g_strcmp0(sf->name, of->name);
        }

        if (sf && cmp <= 0) {
            field.kind = sf->kind;
            field.name = sf->name;
            field.source = sf->value;
            i++;
        }

        if (of && cmp >= 0) {
            field.kind = of->kind;
            field.name = of->name;
            field.object = of->value;
            j++;
        }

        /* what it is set to now, unless it is one that has to be set */
        if (data->isSelf && field.source && field.object &&
            field.kind == VIR_DEV_MIGRATION_FIELD_MDEV_ATTR &&
            data->target != VIR_DEV_MIGRATION_TARGET_TYPE) {
            const char *current = virDevMigrationCompareFindValue(data->destination, field.name);

            if (current)
                field.object = current;
        }

        g_array_append_val(fields, field);
    }

    return fields;
}


/* Returns the reasons against one object, and its settings. */
static virDevMigrationComparison *
virDevMigrationCompareObject(const virDevMigrationObject *source,
                             const virDevMigrationObject *object,
                             const virDevMigrationDescription *destination,
                             bool isSelf,
                             virDevMigrationTarget target,
                             const virDevMigrationComparison *asked)
{
    g_autoptr(virDevMigrationBinding) binding = virDevMigrationBindingNew(object);
    virDevMigrationCompareObjectData data = {
        .source = source,
        .object = object,
        .destination = destination,
        .isSelf = isSelf,
        .target = target,
        .asked = asked,
        .binding = binding,
        .comparison = virDevMigrationComparisonNew(),
    };
    g_autoptr(GArray) fields = virDevMigrationCompareJoinFields(&data);
    size_t i;

    virDevMigrationCompareMatch(&data, fields);

    for (i = 0; i < fields->len; i++) {
        const virDevMigrationCompareFieldData *field =
            &g_array_index(fields, virDevMigrationCompareFieldData, i);
        bool isAttribute = field->kind == VIR_DEV_MIGRATION_FIELD_MDEV_ATTR;
        bool inBoth = field->source && field->object;

        if (isAttribute && field->object && (field->fits || !field->source))
            virDevMigrationCompareAttribute(&data, field);
        else if (inBoth ? !field->fits : virDevMigrationCompareIsJudged(&data, field))
            virDevMigrationCompareAddMismatch(&data, field);
    }

    return data.comparison;
}


static int
virDevMigrationCompareVariableOrder(const virDevMigrationVariable *a,
                                    const virDevMigrationVariable *b)
{
    g_autoptr(GPtrArray) va = NULL;
    g_autoptr(GPtrArray) vb = NULL;
    size_t i;
    int ret;

    ret = strcmp(a->name, b->name);
    if (ret != 0)
        return ret;

    if (!a->values != !b->values)
        return a->values ? 1 : -1;

    if (!a->values) {
        if (a->min != b->min)
            return a->min < b->min ? -1 : 1;
        if (a->max != b->max)
            return a->max < b->max ? -1 : 1;
        return 0;
    }

    va = virDevMigrationCompareSortList(a->values);
    vb = virDevMigrationCompareSortList(b->values);

    for (i = 0; i < va->len && i < vb->len; i++) {
        ret = strcmp(g_ptr_array_index(va, i), g_ptr_array_index(vb, i));
        if (ret != 0)
            return ret;
    }

    return (va->len > vb->len) - (va->len < vb->len);
}


/* Sorts objects by content. What is said of the best of those that do not fit
 * must not depend on the order in which they were published. */
static int
virDevMigrationCompareObjectOrder(const virDevMigrationObject *a,
                                  const virDevMigrationObject *b)
{
    size_t i;
    int ret;

    for (i = 0; i < a->fields->len && i < b->fields->len; i++) {
        const virDevMigrationField *fa = g_ptr_array_index(a->fields, i);
        const virDevMigrationField *fb = g_ptr_array_index(b->fields, i);

        if (fa->kind != fb->kind)
            return fa->kind < fb->kind ? -1 : 1;

        ret = g_strcmp0(fa->name, fb->name);
        if (ret == 0)
            ret = strcmp(fa->value, fb->value);
        if (ret != 0)
            return ret;
    }

    if (a->fields->len != b->fields->len)
        return a->fields->len < b->fields->len ? -1 : 1;

    for (i = 0; i < a->variables->len && i < b->variables->len; i++) {
        ret = virDevMigrationCompareVariableOrder(g_ptr_array_index(a->variables, i),
                                                  g_ptr_array_index(b->variables, i));
        if (ret != 0)
            return ret;
    }

    return (a->variables->len > b->variables->len) - (a->variables->len < b->variables->len);
}


/* Judges @source by each object until one fits, and returns what is said of
 * that, or of the one with the fewest reasons against it. One that wants
 * something else than another interface has asked for does not fit. */
static virDevMigrationComparison *
virDevMigrationCompareBest(const virDevMigrationObject *source,
                           const virDevMigrationDescription *destination,
                           virDevMigrationTarget target,
                           const virDevMigrationComparison *asked)
{
    g_autoptr(virDevMigrationComparison) best = NULL;
    const virDevMigrationObject *bestObject = NULL;
    bool bestIsSelf = false;
    size_t i;

    if (destination->self) {
        best = virDevMigrationCompareObject(source, destination->self, destination,
                                            true, target, asked);
        bestIsSelf = true;
    }

    for (i = 0; i < destination->accepts->len; i++) {
        const virDevMigrationObject *object = g_ptr_array_index(destination->accepts, i);
        g_autoptr(virDevMigrationComparison) comparison = NULL;

        if (best && best->reasons->len == 0)
            break;

        comparison = virDevMigrationCompareObject(source, object, destination,
                                                  false, target, asked);

        if (!best ||
            comparison->reasons->len < best->reasons->len ||
            (comparison->reasons->len == best->reasons->len &&
             !bestIsSelf &&
             virDevMigrationCompareObjectOrder(object, bestObject) < 0)) {
            g_clear_pointer(&best, virDevMigrationComparisonFree);
            best = g_steal_pointer(&comparison);
            bestObject = object;
            bestIsSelf = false;
        }
    }

    return g_steal_pointer(&best);
}


/* A function of PCI has no type: that is worth mentioning, not more. What the
 * destination says of itself does not depend on which object fits. */
static void
virDevMigrationCompareNoteType(const virDevMigrationObject *source,
                               const virDevMigrationObject *destination,
                               virDevMigrationTarget target,
                               virDevMigrationComparison *comparison)
{
    const virDevMigrationField *sf;
    const virDevMigrationField *df;
    g_autofree char *what = NULL;
    virDevMigrationReason *reason;

    sf = virDevMigrationObjectFindField(source, VIR_DEV_MIGRATION_FIELD_MDEV_TYPE, NULL);
    df = virDevMigrationObjectFindField(destination, VIR_DEV_MIGRATION_FIELD_MDEV_TYPE, NULL);

    if (!sf == !df ||
        (sf && target != VIR_DEV_MIGRATION_TARGET_FUNCTION))
        return;

    what = virDevMigrationCompareShowField(VIR_DEV_MIGRATION_FIELD_MDEV_TYPE, NULL);
    reason = virDevMigrationCompareAddReason(comparison,
                                             VIR_DEV_MIGRATION_REASON_NOTE,
                                             VIR_DEV_MIGRATION_INTERFACE_DESCRIPTION,
                                             VIR_DEV_MIGRATION_CODE_DESCRIPTION_FIELD, what);
    virDevMigrationCompareShowPair(reason, sf ? sf->value : NULL, df ? df->value : NULL);
}


void
virDevMigrationCompareDescription(const virDevMigration *source,
                                  const virDevMigration *destination,
                                  virDevMigrationTarget target,
                                  virDevMigrationComparison *comparison)
{
    const virDevMigrationDescription *s = source->description;
    const virDevMigrationDescription *d = destination->description;
    g_autoptr(virDevMigrationObject) self = virDevMigrationCompareEffectiveSelf(s);
    g_autoptr(virDevMigrationComparison) best = NULL;
    size_t i;

    if (self)
        best = virDevMigrationCompareBest(self, d, target, comparison);

    if (best) {
        while (best->reasons->len > 0)
            g_ptr_array_add(comparison->reasons, g_ptr_array_steal_index(best->reasons, 0));

        for (i = 0; i < best->settings->len; i++) {
            const virDevMigrationSetting *setting = g_ptr_array_index(best->settings, i);

            virDevMigrationCompareAddSetting(comparison,
                                             VIR_DEV_MIGRATION_INTERFACE_DESCRIPTION,
                                             setting->name, setting->value);
        }
    } else {
        virDevMigrationReason *reason;

        reason = virDevMigrationCompareAddReason(comparison,
                                                 VIR_DEV_MIGRATION_REASON_MISMATCH,
                                                 VIR_DEV_MIGRATION_INTERFACE_DESCRIPTION,
                                                 VIR_DEV_MIGRATION_CODE_DESCRIPTION,
                                                 "description");
        reason->detail = g_strdup(self ? _("the destination does not say what it accepts") :
                                  _("the source does not describe itself"));
    }

    if (self && d->self)
        virDevMigrationCompareNoteType(self, d->self, target, comparison);

    virDevMigrationCompareAddIncomplete(comparison,
                                        VIR_DEV_MIGRATION_INTERFACE_DESCRIPTION,
                                        s->incomplete, d->incomplete);
}


void
virDevMigrationCompareReduceDescription(const virDevMigration *source,
                                        virDevMigration *reduced)
{
    const virDevMigrationDescription *s = source->description;
    virDevMigrationDescription *r = virDevMigrationDescriptionNew();

    reduced->description = r;
    r->incomplete = s->incomplete;
    r->self = virDevMigrationCompareEffectiveSelf(s);
}
