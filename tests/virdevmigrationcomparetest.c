/*
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

#include "testutils.h"

#include "device_migration_conf.h"
#include "virdevmigrationcompare.h"
#include "virdevmigrationtemplate.h"
#include "virfile.h"
#include "virxml.h"

#define VIR_FROM_THIS VIR_FROM_NONE

#define X10 "xxxxxxxxxx"
#define X50 X10 X10 X10 X10 X10
#define X100 X50 X50
#define X200 X100 X100

struct testField {
    const char *name;
    const char *value;          /* of a compatible field: separated by commas */
};

/* What one side publishes. Without anything it is no migration at all. */
struct testSide {
    bool none;                  /* no interface */
    bool published;             /* nothing but this */
    bool incomplete;
    const char *type;
    const char *api;
    const unsigned int *version;
    const char *versionText;
    const char *types;
    struct testField fields[4];
    struct testField resources[4];
};

struct testExpected {
    virDevMigrationVerdict verdict;
    bool oneSided;
    const char *reasons[12];    /* kind and text, of XML also the interface */
    const char *settings[8];
    const char *token;
};

struct testCase {
    const char *name;
    virDevMigrationTarget target;
    struct testSide a;
    struct testSide b;
    struct testExpected expected;       /* from a to b */
    struct testExpected back;           /* from b to a */
};

/* Likewise, with interfaces in XML */
struct testXML {
    const char *name;
    virDevMigrationTarget target;
    const char *a;
    const char *b;
    struct testExpected expected;
    struct testExpected back;
};


/* A word that nobody documents is none that a program could use. */
static int
testCodes(const void *opaque)
{
    const char *name = opaque;
    g_autofree char *path = g_strdup_printf("%s/../%s", abs_srcdir, name);
    g_autofree char *content = NULL;
    bool isSchema = g_str_has_suffix(name, ".rng");
    int ret = 0;
    size_t i;

    if (virFileReadAll(path, 10 * 1024 * 1024, &content) < 0)
        return -1;

    for (i = 0; i < VIR_DEV_MIGRATION_CODE_LAST; i++) {
        const char *code = virDevMigrationCodeTypeToString(i);
        g_autofree char *wanted = isSchema ?
            g_strdup_printf("<value>%s</value>", code) :
            g_strdup_printf("\n* ``%s``: ", code);

        if (!strstr(content, wanted)) {
            VIR_TEST_VERBOSE("%s lacks '%s'", name, code);
            ret = -1;
        }
    }

    return ret;
}


static char **
testReverse(char **list)
{
    size_t n = g_strv_length(list);
    size_t i;

    for (i = 0; i < n / 2; i++) {
        char *tmp = list[i];

        list[i] = list[n - 1 - i];
        list[n - 1 - i] = tmp;
    }

    return list;
}


static virDevMigration *
testMigration(const struct testSide *side,
              bool reverse)
{
    g_autoptr(virDevMigration) migration = virDevMigrationNew();
    g_autoptr(virDevMigrationAttributes) attributes = virDevMigrationAttributesNew();
    size_t i;

    if (side->none)
        return g_steal_pointer(&migration);

    if (!side->published && !side->incomplete && !side->type && !side->api &&
        !side->version && !side->versionText && !side->fields[0].name && !side->resources[0].name)
        return NULL;

    attributes->incomplete = side->incomplete;
    attributes->mdevType = g_strdup(side->type);
    attributes->deviceAPI = g_strdup(side->api);
    if (side->version) {
        attributes->softwareVersion = g_new0(virDevMigrationVersion, 1);
        attributes->softwareVersion->major = side->version[0];
        attributes->softwareVersion->minor = side->version[1];
        attributes->softwareVersion->bugfix = side->version[2];
    }
    attributes->softwareVersionText = g_strdup(side->versionText);
    if (side->types)
        attributes->compatibleTypes = g_strsplit(side->types, ",", 0);

    for (i = 0; i < G_N_ELEMENTS(side->fields); i++) {
        const struct testField *field = &side->fields[reverse ? 3 - i : i];
        g_auto(GStrv) values = NULL;

        if (!field->name)
            continue;

        values = g_strsplit(field->value, ",", 0);
        if (reverse)
            testReverse(values);
        if (!virDevMigrationAttributesAddCompatible(attributes, field->name, &values))
            abort();
    }

    for (i = 0; i < G_N_ELEMENTS(side->resources); i++) {
        const struct testField *field = &side->resources[reverse ? 3 - i : i];

        if (field->name &&
            !virDevMigrationAttributesAddResource(attributes, field->name, field->value))
            abort();
    }

    migration->attributes = g_steal_pointer(&attributes);
    return g_steal_pointer(&migration);
}


static void
testReverseArray(GPtrArray *array)
{
    size_t i;

    for (i = 0; i < array->len / 2; i++) {
        void *tmp = g_ptr_array_index(array, i);

        g_ptr_array_index(array, i) = g_ptr_array_index(array, array->len - 1 - i);
        g_ptr_array_index(array, array->len - 1 - i) = tmp;
    }
}


/* Whatever stands in the order in which it was published */
static virDevMigration *
testReverseMigration(const virDevMigration *migration)
{
    g_autoptr(virDevMigration) copy = virDevMigrationCopy(migration);
    size_t i;
    size_t j;

    if (copy && copy->attributes) {
        testReverseArray(copy->attributes->resources);
        for (i = 0; i < copy->attributes->compatible->len; i++) {
            virDevMigrationCompatible *compatible = g_ptr_array_index(copy->attributes->compatible, i);

            testReverse(compatible->values);
        }
    }

    if (copy && copy->parameters) {
        for (i = 0; i < copy->parameters->models->len; i++) {
            virDevMigrationParamModel *model = g_ptr_array_index(copy->parameters->models, i);

            for (j = 0; j < model->params->len; j++) {
                virDevMigrationParam *param = g_ptr_array_index(model->params, j);

                testReverseArray(param->allowed);
            }
        }
    }

    if (copy && copy->versions) {
        for (i = 0; i < copy->versions->models->len; i++) {
            virDevMigrationVersionModel *model = g_ptr_array_index(copy->versions->models, i);

            testReverse(model->versions);
        }
    }

    if (copy && copy->description) {
        testReverseArray(copy->description->accepts);
        for (i = 0; i < copy->description->accepts->len; i++) {
            virDevMigrationObject *object = g_ptr_array_index(copy->description->accepts, i);

            for (j = 0; j < object->variables->len; j++) {
                virDevMigrationVariable *variable = g_ptr_array_index(object->variables, j);

                if (variable->values)
                    testReverse(variable->values);
            }
        }
    }

    return g_steal_pointer(&copy);
}


static const char *
testKind(const virDevMigrationReason *reason)
{
    switch (reason->kind) {
    case VIR_DEV_MIGRATION_REASON_MISMATCH:
        return "mismatch";
    case VIR_DEV_MIGRATION_REASON_ONE_SIDED:
        return "one-sided";
    case VIR_DEV_MIGRATION_REASON_ASK:
        return "ask";
    case VIR_DEV_MIGRATION_REASON_NOTE:
        return "note";
    case VIR_DEV_MIGRATION_REASON_LAST:
        break;
    }

    return "bad";
}


static void
testFormatReasons(virBuffer *buf,
                  const virDevMigrationComparison *comparison)
{
    g_autofree char *deciding = virDevMigrationComparisonFormat(comparison);
    size_t i;

    virBufferAsprintf(buf, "%s%s\n",
                      virDevMigrationVerdictTypeToString(comparison->verdict),
                      comparison->oneSided ? " one-sided" : "");

    for (i = 0; i < comparison->reasons->len; i++) {
        const virDevMigrationReason *reason = g_ptr_array_index(comparison->reasons, i);
        g_autofree char *text = virDevMigrationReasonFormat(reason);

        virBufferAsprintf(buf, "%s %s: %s\n",
                          virDevMigrationInterfaceTypeToString(reason->interface),
                          testKind(reason), text);
    }

    virBufferAsprintf(buf, "\"%s\"\n", deciding);
}


static char *
testFormat(const virDevMigrationComparison *comparison)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    size_t i;

    testFormatReasons(&buf, comparison);

    for (i = 0; i < comparison->settings->len; i++) {
        const virDevMigrationSetting *setting = g_ptr_array_index(comparison->settings, i);

        virBufferAsprintf(&buf, "%s=%s\n", setting->name, setting->value);
    }

    if (comparison->token)
        virBufferAsprintf(&buf, "token %s\n", comparison->token);

    return virBufferContentAndReset(&buf);
}


static char *
testFormatExpected(const struct testExpected *expected,
                   const char *interface)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    g_auto(virBuffer) deciding = VIR_BUFFER_INITIALIZER;
    size_t i;

    virBufferAsprintf(&buf, "%s%s\n",
                      virDevMigrationVerdictTypeToString(expected->verdict),
                      expected->oneSided ? " one-sided" : "");

    for (i = 0; expected->reasons[i]; i++) {
        g_autofree char *reason = g_strconcat(interface, expected->reasons[i], NULL);
        const char *text = strstr(reason, ": ");

        virBufferAsprintf(&buf, "%s\n", reason);
        if (g_str_has_prefix(text - strlen("mismatch"), "mismatch") ||
            g_str_has_prefix(text - strlen("one-sided"), "one-sided"))
            virBufferAsprintf(&deciding, "%s; ", text + 2);
    }

    virBufferTrim(&deciding, "; ");
    virBufferAsprintf(&buf, "\"%s\"\n", virBufferCurrentContent(&deciding));

    for (i = 0; i < G_N_ELEMENTS(expected->settings) && expected->settings[i]; i++)
        virBufferAsprintf(&buf, "%s\n", expected->settings[i]);

    if (expected->token)
        virBufferAsprintf(&buf, "token %s\n", expected->token);

    return virBufferContentAndReset(&buf);
}


/* @interface is what the expected reasons begin with. The order of what is
 * published does not matter for the reasons, and the rules need no more of the
 * source than what is left when it is reduced. */
static int
testOneWay(const virDevMigration *s,
           const virDevMigration *d,
           const virDevMigration *sReversed,
           const virDevMigration *dReversed,
           virDevMigrationTarget target,
           const char *interface,
           const struct testExpected *expected)
{
    g_autoptr(virDevMigration) sReduced = virDevMigrationCompareReduce(s);
    g_autoptr(virDevMigrationComparison) comparison = virDevMigrationCompare(s, d, target);
    g_autoptr(virDevMigrationComparison) reversed = virDevMigrationCompare(sReversed, dReversed,
                                                                          target);
    g_autoptr(virDevMigrationComparison) reduced = virDevMigrationCompare(sReduced, d, target);
    g_auto(virBuffer) reasons = VIR_BUFFER_INITIALIZER;
    g_auto(virBuffer) reasonsReversed = VIR_BUFFER_INITIALIZER;
    g_autofree char *actual = testFormat(comparison);
    g_autofree char *wanted = testFormatExpected(expected, interface);
    g_autofree char *actualReduced = testFormat(reduced);

    if (virTestCompareToString(wanted, actual) < 0 ||
        virTestCompareToString(actual, actualReduced) < 0)
        return -1;

    testFormatReasons(&reasons, comparison);
    testFormatReasons(&reasonsReversed, reversed);

    return virTestCompareToString(virBufferCurrentContent(&reasons),
                                  virBufferCurrentContent(&reasonsReversed));
}


/* Every device fits itself, unless something about it is not known. */
static int
testItself(const struct testSide *side)
{
    g_autoptr(virDevMigration) migration = testMigration(side, false);
    g_autoptr(virDevMigrationComparison) comparison = NULL;
    virDevMigrationVerdict expected = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE;
    size_t i;

    if (!migration || !migration->attributes)
        expected = VIR_DEV_MIGRATION_VERDICT_UNCHECKED;
    else if (side->incomplete)
        expected = VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE;

    for (i = 0; i < G_N_ELEMENTS(side->resources); i++) {
        if (side->resources[i].name && !side->resources[i].value)
            expected = VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE;
    }

    comparison = virDevMigrationCompare(migration, migration,
                                        VIR_DEV_MIGRATION_TARGET_DEVICE);
    if (comparison->verdict != expected ||
        (comparison->reasons->len == 0) != (expected != VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE &&
                                            !side->versionText)) {
        g_autofree char *actual = testFormat(comparison);

        VIR_TEST_VERBOSE("compared with itself: %s", actual);
        return -1;
    }

    return 0;
}


static int
testCompare(const void *opaque)
{
    const struct testCase *data = opaque;
    g_autoptr(virDevMigration) a = testMigration(&data->a, false);
    g_autoptr(virDevMigration) b = testMigration(&data->b, false);
    g_autoptr(virDevMigration) aReversed = testMigration(&data->a, true);
    g_autoptr(virDevMigration) bReversed = testMigration(&data->b, true);

    if (testOneWay(a, b, aReversed, bReversed, data->target, "attributes ",
                   &data->expected) < 0 ||
        testOneWay(b, a, bReversed, aReversed, data->target, "attributes ",
                   &data->back) < 0 ||
        testItself(&data->a) < 0 ||
        testItself(&data->b) < 0)
        return -1;

    return 0;
}


static int
testParse(const char *interfaces,
          virDevMigration **migration)
{
    g_autofree char *text = NULL;
    g_autoptr(xmlDoc) xml = NULL;
    g_autoptr(xmlXPathContext) ctxt = NULL;

    if (!interfaces)
        return 0;

    text = g_strdup_printf("<capability type='migration'>%s</capability>", interfaces);
    if (!(xml = virXMLParseStringCtxt(text, "(migration)", &ctxt)) ||
        virDevMigrationParseXML(ctxt, ctxt->node, migration) < 0)
        return -1;

    if (!*migration) {
        VIR_TEST_VERBOSE("no interface in %s", text);
        return -1;
    }

    return 0;
}


static int
testCompareXML(const void *opaque)
{
    const struct testXML *data = opaque;
    g_autoptr(virDevMigration) a = NULL;
    g_autoptr(virDevMigration) b = NULL;
    g_autoptr(virDevMigration) aReversed = NULL;
    g_autoptr(virDevMigration) bReversed = NULL;

    if (testParse(data->a, &a) < 0 ||
        testParse(data->b, &b) < 0)
        return -1;

    aReversed = testReverseMigration(a);
    bReversed = testReverseMigration(b);

    if (testOneWay(a, b, aReversed, bReversed, data->target, "", &data->expected) < 0 ||
        testOneWay(b, a, bReversed, aReversed, data->target, "", &data->back) < 0)
        return -1;

    return 0;
}


/* As much as the limits of the model allow, without a value in common */
static virDevMigration *
testHuge(const char *prefix)
{
    g_autoptr(virDevMigration) migration = virDevMigrationNew();
    virDevMigrationAttributes *attributes = virDevMigrationAttributesNew();
    size_t i;
    size_t j;

    migration->attributes = attributes;
    attributes->mdevType = g_strnfill(VIR_DEV_MIGRATION_MAX_TEXT, *prefix);
    attributes->deviceAPI = g_strnfill(VIR_DEV_MIGRATION_MAX_TEXT, *prefix);

    for (i = 0; i < VIR_DEV_MIGRATION_MAX_ENTRIES; i++) {
        g_autofree char *name = g_strdup_printf("%0*zu", VIR_DEV_MIGRATION_MAX_NAME, i);
        g_autofree char *resource = g_strdup_printf("%s/%s", name, name);
        g_autofree char *value = g_strnfill(VIR_DEV_MIGRATION_MAX_TEXT, *prefix);
        g_auto(GStrv) values = g_new0(char *, VIR_DEV_MIGRATION_MAX_ENTRIES + 1);

        for (j = 0; j < VIR_DEV_MIGRATION_MAX_ENTRIES; j++)
            values[j] = g_strdup_printf("%s%0*zu", prefix, VIR_DEV_MIGRATION_MAX_TEXT - 1, j);

        if (!virDevMigrationAttributesAddCompatible(attributes, name, &values) ||
            !virDevMigrationAttributesAddResource(attributes, resource, value))
            abort();
    }

    return g_steal_pointer(&migration);
}


static int
testBounded(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDevMigration) source = testHuge("s");
    g_autoptr(virDevMigration) destination = testHuge("d");
    g_autoptr(virDevMigrationComparison) comparison = NULL;
    g_autofree char *all = NULL;
    g_autofree char *more = NULL;
    size_t shown = 0;
    size_t i;

    /* the last reason, and a short one: it does not slip in either */
    destination->attributes->incomplete = true;

    comparison = virDevMigrationCompare(source, destination,
                                        VIR_DEV_MIGRATION_TARGET_DEVICE);

    if (comparison->reasons->len != 2 + 2 * VIR_DEV_MIGRATION_MAX_ENTRIES + 1) {
        VIR_TEST_VERBOSE("%u reasons", comparison->reasons->len);
        return -1;
    }

    for (i = 0; i < comparison->reasons->len; i++) {
        const virDevMigrationReason *reason = g_ptr_array_index(comparison->reasons, i);
        g_autofree char *text = virDevMigrationReasonFormat(reason);

        if (strlen(text) > 1024) {
            VIR_TEST_VERBOSE("reason of %zu bytes", strlen(text));
            return -1;
        }
    }

    all = virDevMigrationComparisonFormat(comparison);
    if (strlen(all) > 4096 + 32) {
        VIR_TEST_VERBOSE("%zu bytes of reasons", strlen(all));
        return -1;
    }

    for (i = 0; all[i]; i++)
        shown += all[i] == ';';

    more = g_strdup_printf("; %zu more reasons", comparison->reasons->len - shown);
    if (shown < 4 || !g_str_has_suffix(all, more) || strstr(all, "value unknown")) {
        VIR_TEST_VERBOSE("%zu reasons in \"%s\"", shown, all);
        return -1;
    }

    return 0;
}


struct testRangeData {
    const char *value;
    bool allowed;
};

/* RFC v3: ['0-255', 512, '1024-2048'] */
static int
testRange(const void *opaque)
{
    const struct testRangeData *data = opaque;
    g_autoptr(virDevMigration) source = NULL;
    g_autoptr(virDevMigration) destination = NULL;
    g_autoptr(virDevMigrationComparison) comparison = NULL;
    g_autofree char *xml = NULL;

    xml = g_strdup_printf("<interface type='parameters'><model name='m'>"
                          "<param name='num-queues' type='int' value='%s'/>"
                          "</model></interface>", data->value);

    if (testParse(xml, &source) < 0 ||
        testParse("<interface type='parameters'><model name='m'>"
                  "<param name='num-queues' type='int'>"
                  "<allowed min='0' max='255'/><allowed value='512'/>"
                  "<allowed min='1024' max='2048'/></param>"
                  "</model></interface>", &destination) < 0)
        return -1;

    comparison = virDevMigrationCompare(source, destination, VIR_DEV_MIGRATION_TARGET_TYPE);
    if ((comparison->verdict == VIR_DEV_MIGRATION_VERDICT_COMPATIBLE) != data->allowed) {
        VIR_TEST_VERBOSE("'%s' is %s", data->value,
                         virDevMigrationVerdictTypeToString(comparison->verdict));
        return -1;
    }

    return 0;
}


struct testTemplateData {
    const char *text;
    bool valid;
};

static int
testTemplate(const void *opaque)
{
    const struct testTemplateData *data = opaque;
    g_autoptr(virDevMigrationObject) object = virDevMigrationObjectNew();

    virDevMigrationObjectAddVariable(object, "a", NULL, 1, 8);
    virDevMigrationObjectAddVariable(object, "a b", NULL, 1, 8);
    virDevMigrationObjectAddVariable(object, "ab", NULL, 1, 8);

    if (virDevMigrationTemplateIsValid(data->text, object) != data->valid) {
        VIR_TEST_VERBOSE("'%s' is %svalid", data->text, data->valid ? "not " : "");
        return -1;
    }

    return 0;
}


/* Descriptions as large as the model allows, made to keep the comparison busy:
 * without a bound, all but the first kind would take longer than a day. */
struct testPuzzleData {
    char text;                  /* all values of the source, but for the end */
    bool literal;               /* no variables in the values of the destination */
    bool range;                 /* variables are ranges, else lists */
    bool fields;                /* variables are spread over all fields */
};

/* Returns a value of field @i. */
static char *
testPuzzleValue(const struct testPuzzleData *data,
                bool source,
                size_t i)
{
    g_autofree char *text = g_strnfill(VIR_DEV_MIGRATION_MAX_TEXT - 1, data->text);
    g_autoptr(GString) value = g_string_new(NULL);
    size_t j;

    if (source || data->literal)
        return g_strdup_printf("%s%c", text, source ? 's' : 'd');

    for (j = 0; value->len + 5 < VIR_DEV_MIGRATION_MAX_TEXT; j++) {
        if (data->fields && j < 4)
            g_string_append_printf(value, "${%zu}", 10 + (i * 3 + j) % 64);
        else
            g_string_append_printf(value, "${%zu}", 10 + j % 64);
    }

    return g_string_free(g_steal_pointer(&value), FALSE);
}


static void
testPuzzleVariables(const struct testPuzzleData *data,
                    virDevMigrationObject *object)
{
    size_t i;
    size_t j;

    for (i = 0; i < VIR_DEV_MIGRATION_MAX_ENTRIES && !data->literal; i++) {
        g_autofree char *name = g_strdup_printf("%zu", 10 + i);
        g_auto(GStrv) values = NULL;

        if (!data->range) {
            values = g_new0(char *, 8 + 1);
            for (j = 0; j < 8; j++)
                values[j] = g_strnfill(1 + j, data->text);
        }

        if (!virDevMigrationObjectAddVariable(object, name, &values, 0,
                                              VIR_DEV_MIGRATION_MAX_NUMBER))
            abort();
    }
}


static int
testPuzzle(const void *opaque)
{
    const struct testPuzzleData *data = opaque;
    g_autoptr(virDevMigration) source = virDevMigrationNew();
    g_autoptr(virDevMigration) destination = virDevMigrationNew();
    g_autoptr(virDevMigrationComparison) comparison = NULL;
    g_autoptr(virDevMigrationObject) first = virDevMigrationObjectNew();
    gint64 elapsed;
    size_t i;
    size_t j;

    source->description = virDevMigrationDescriptionNew();
    source->description->self = virDevMigrationObjectNew();
    destination->description = virDevMigrationDescriptionNew();

    for (i = 0; i < VIR_DEV_MIGRATION_MAX_ENTRIES; i++) {
        g_autofree char *name = g_strdup_printf("%0*zu", VIR_DEV_MIGRATION_MAX_NAME, i);
        g_autofree char *sourceValue = testPuzzleValue(data, true, i);
        g_autofree char *value = testPuzzleValue(data, false, i);

        if (!virDevMigrationObjectAddField(source->description->self,
                                           VIR_DEV_MIGRATION_FIELD_VENDOR_FIELD,
                                           name, sourceValue) ||
            !virDevMigrationObjectAddField(first, VIR_DEV_MIGRATION_FIELD_VENDOR_FIELD,
                                           name, value))
            abort();
    }

    for (i = 0; i < VIR_DEV_MIGRATION_MAX_ENTRIES; i++) {
        g_autoptr(virDevMigrationObject) object = virDevMigrationObjectNew();

        testPuzzleVariables(data, object);
        for (j = 0; j < first->fields->len; j++) {
            const virDevMigrationField *field = g_ptr_array_index(first->fields, j);

            virDevMigrationObjectAddField(object, field->kind, field->name, field->value);
        }

        if (!virDevMigrationDescriptionAddAccepts(destination->description, &object))
            abort();
    }

    elapsed = g_get_monotonic_time();
    comparison = virDevMigrationCompare(source, destination, VIR_DEV_MIGRATION_TARGET_TYPE);
    elapsed = g_get_monotonic_time() - elapsed;

    VIR_TEST_DEBUG("%lld ms", (long long) elapsed / 1000);

    if (comparison->verdict != VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE ||
        comparison->reasons->len == 0 ||
        comparison->reasons->len > VIR_DEV_MIGRATION_MAX_ENTRIES) {
        VIR_TEST_VERBOSE("%s, %u reasons",
                         virDevMigrationVerdictTypeToString(comparison->verdict),
                         comparison->reasons->len);
        return -1;
    }

    if (!data->literal) {
        g_autofree char *all = virDevMigrationComparisonFormat(comparison);

        if (!strstr(all, "which can be read in too many ways")) {
            VIR_TEST_VERBOSE("not bounded: %s", all);
            return -1;
        }
    }

    return 0;
}


/* What is to be set cannot be longer than what can be read. */
static int
testExpand(const void *opaque G_GNUC_UNUSED)
{
    size_t i;

    for (i = 0; i < 2; i++) {
        g_autoptr(virDevMigration) source = NULL;
        g_autoptr(virDevMigration) destination = NULL;
        g_autoptr(virDevMigrationComparison) comparison = NULL;
        g_autofree char *type = g_strnfill(2048, 'x');
        g_autofree char *sourceXML = NULL;
        g_autofree char *destinationXML = NULL;

        sourceXML = g_strdup_printf("<interface type='description'><self>"
                                    "<mdevType>%s</mdevType></self></interface>", type);
        destinationXML = g_strdup_printf("<interface type='description'><accepts>"
                                         "<variable name='a'><value>%s</value></variable>"
                                         "<mdevType>${a}</mdevType>"
                                         "<mdevAttr name='a' value='%s${a}${a}'/>"
                                         "</accepts></interface>", type, i > 0 ? "x" : "");

        if (testParse(sourceXML, &source) < 0 ||
            testParse(destinationXML, &destination) < 0)
            return -1;

        comparison = virDevMigrationCompare(source, destination,
                                            VIR_DEV_MIGRATION_TARGET_TYPE);
        if (comparison->settings->len != 1 - i ||
            comparison->reasons->len != i) {
            VIR_TEST_VERBOSE("%zu: %u settings", i, comparison->settings->len);
            return -1;
        }
    }

    return 0;
}


static int
testMdevType(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDevMigration) none = NULL;
    g_autoptr(virDevMigration) attributes = NULL;
    g_autoptr(virDevMigration) description = NULL;
    g_autoptr(virDevMigration) both = NULL;

    if (testParse("<interface type='description'/><interface type='attributes'/>", &none) < 0 ||
        testParse("<interface type='attributes'><mdevType>a</mdevType></interface>",
                  &attributes) < 0 ||
        testParse("<interface type='attributes'/><interface type='description'>"
                  "<self><mdevType>d</mdevType></self></interface>", &description) < 0 ||
        testParse("<interface type='attributes'><mdevType>a</mdevType></interface>"
                  "<interface type='description'><self><mdevType>d</mdevType></self></interface>",
                  &both) < 0)
        return -1;

    if (virDevMigrationGetMdevType(NULL) ||
        virDevMigrationGetMdevType(none) ||
        STRNEQ_NULLABLE(virDevMigrationGetMdevType(attributes), "a") ||
        STRNEQ_NULLABLE(virDevMigrationGetMdevType(description), "d") ||
        STRNEQ_NULLABLE(virDevMigrationGetMdevType(both), "a"))
        return -1;

    return 0;
}


/* What a cookie carries: nothing that no comparison looks at */
static int
testReduce(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDevMigration) source = NULL;
    g_autoptr(virDevMigration) expected = NULL;
    g_autoptr(virDevMigration) reduced = NULL;

    if (testParse("<interface type='attributes'><deviceAPI>vfio-pci</deviceAPI>"
                  "<mdevType>t</mdevType><softwareVersion major='1' minor='2' bugfix='3'/>"
                  "<compatibleType>t</compatibleType>"
                  "<compatible name='ids'><value>1</value><value>0</value></compatible>"
                  "<dynamicResource name='b' value='1'/><dynamicResource name='a'/>"
                  "</interface>"
                  "<interface type='parameters' incomplete='yes'><model name='m'>"
                  "<param name='off' type='bool' value='off' init='on' off='off'/>"
                  "<param name='on' type='bool' value='on' init='on' off='off'>"
                  "<description>text</description><allowed value='on'/></param>"
                  "<param name='unknown' type='int' init='0' off='0'>"
                  "<allowed min='0' max='7'/></param>"
                  "</model></interface>"
                  "<interface type='versions'>"
                  "<model name='l'><version>v1</version></model>"
                  "<model name='m' current='yes'><version>v1</version>"
                  "<version current='yes'>v2</version></model></interface>"
                  "<interface type='description'>"
                  "<self><mdevType>t</mdevType><mdevAttr name='a' value='1'/></self>"
                  "<accepts><mdevType>t</mdevType></accepts>"
                  "<mdevAttr name='a' value='2'/><mdevAttr name='b' value='2'/>"
                  "</interface>"
                  "<interface type='token'><token>t</token></interface>", &source) < 0 ||
        testParse("<interface type='attributes'><deviceAPI>vfio-pci</deviceAPI>"
                  "<mdevType>t</mdevType><softwareVersion major='1' minor='2' bugfix='3'/>"
                  "<compatible name='ids'><value>1</value><value>0</value></compatible>"
                  "<dynamicResource name='b' value='1'/><dynamicResource name='a'/>"
                  "</interface>"
                  "<interface type='parameters' incomplete='yes'><model name='m'>"
                  "<param name='on' type='bool' value='on'/>"
                  "<param name='unknown' type='int'/>"
                  "</model></interface>"
                  "<interface type='versions'>"
                  "<model name='m' current='yes'>"
                  "<version current='yes'>v2</version></model></interface>"
                  "<interface type='description'>"
                  "<self><mdevType>t</mdevType><mdevAttr name='a' value='2'/></self>"
                  "</interface>"
                  "<interface type='token'><token>t</token></interface>", &expected) < 0)
        return -1;

    reduced = virDevMigrationCompareReduce(source);
    if (!virDevMigrationEqual(reduced, expected)) {
        g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;

        virDevMigrationFormat(&buf, reduced);
        VIR_TEST_VERBOSE("%s", virBufferCurrentContent(&buf));
        return -1;
    }

    if (virDevMigrationCompareReduce(NULL))
        return -1;

    return 0;
}


/* A value is cut between characters, wherever the limit falls. */
static int
testCharacters(const void *opaque G_GNUC_UNUSED)
{
    size_t i;

    for (i = 0; i < 8; i++) {
        g_autoptr(virDevMigration) source = virDevMigrationNew();
        g_autoptr(virDevMigration) destination = virDevMigrationNew();
        g_autoptr(virDevMigrationComparison) comparison = NULL;
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *all = NULL;
        size_t j;

        for (j = 0; j < i; j++)
            g_string_append_c(text, 'x');
        for (j = 0; j < 100; j++)
            g_string_append(text, "\xf0\x9f\x90\xa7\xe2\x82\xac\xc3\xa4");

        source->attributes = virDevMigrationAttributesNew();
        source->attributes->mdevType = g_strdup(text->str);
        source->attributes->deviceAPI = g_strconcat(text->str, "\xc3\xa4", text->str, NULL);
        destination->attributes = virDevMigrationAttributesNew();
        destination->attributes->mdevType = g_strdup("x");
        destination->attributes->deviceAPI = g_strconcat(text->str, "\xc3\xb6", text->str, NULL);

        comparison = virDevMigrationCompare(source, destination,
                                            VIR_DEV_MIGRATION_TARGET_DEVICE);
        all = virDevMigrationComparisonFormat(comparison);

        if (strlen(all) > 600 ||
            !g_utf8_validate(all, -1, NULL) ||
            !strstr(all, "\xc3\xa4\xc3\xa4") ||
            !strstr(all, "\xc3\xa4\xc3\xb6")) {
            VIR_TEST_VERBOSE("%zu: \"%s\"", i, all);
            return -1;
        }
    }

    return 0;
}


#define COMPATIBLE { .verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE }
#define UNCHECKED { .verdict = VIR_DEV_MIGRATION_VERDICT_UNCHECKED }
#define COMPATIBLE_WITH(...) \
    { .verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE, .reasons = { __VA_ARGS__ } }
#define VERY_SAME \
    "which has to be the very same, as not both are of the form major.minor.bugfix"
#define INCOMPATIBLE(...) \
    { .verdict = VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE, .reasons = { __VA_ARGS__ } }
#define ONE_SIDED(...) \
    { .verdict = VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE, .oneSided = true, \
      .reasons = { __VA_ARGS__ } }
#define SETTINGS(...) \
    { .verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE, .settings = { __VA_ARGS__ } }

/* With TOKEN, nothing may speak against it but that nobody asked the driver. */
#define ASK(...) \
    { .verdict = VIR_DEV_MIGRATION_VERDICT_UNCHECKED, __VA_ARGS__ }

#define TO_TYPE VIR_DEV_MIGRATION_TARGET_TYPE
#define TO_DEVICE VIR_DEV_MIGRATION_TARGET_DEVICE
#define TO_FUNCTION VIR_DEV_MIGRATION_TARGET_FUNCTION

#define PARAMETERS_OF(model, params) \
    "<interface type='parameters'><model name='" model "'>" params "</model></interface>"
#define PARAMETERS(params) PARAMETERS_OF("vendor-a.com/my-nic", params)
#define PARAM(name, type, attributes, children) \
    "<param name='" name "' type='" type "' " attributes ">" children "</param>"
#define VALUE(value) "<allowed value='" value "'/>"
#define RANGE(min, max) "<allowed min='" min "' max='" max "'/>"

#define NEW_FEATURE(value) \
    PARAM("new-feature", "bool", value " init='on' off='off'", "")
#define NUM_RESOURCES(value) \
    PARAM("num-resources", "int", value " init='64'", VALUE("64"))
#define NUM_QUEUES(value) \
    PARAM("num-queues", "int", value " init='1' off='0'", \
          RANGE("0", "255") VALUE("512") RANGE("1024", "2048"))

#define VERSIONS(models) "<interface type='versions'>" models "</interface>"
#define MODEL(name, current, versions) \
    "<model name='" name "' " current ">" versions "</model>"
#define CURRENT "current='yes'"
#define VERSION_OF(name, current) "<version " current ">" name "</version>"

#define GFX_4GB(model, v1, v2) \
    VERSIONS(MODEL("org.project/graphics-card", model, \
                   VERSION_OF("4GB-v1", v1) VERSION_OF("4GB-v2", v2)))
#define GFX_8GB \
    VERSIONS(MODEL("org.project/graphics-card", "", \
                   VERSION_OF("8GB-v1", "") VERSION_OF("8GB-v2", "")))

#define DESCRIPTION(objects) "<interface type='description'>" objects "</interface>"
#define SELF(fields) "<self>" fields "</self>"
#define ACCEPTS(fields) "<accepts>" fields "</accepts>"
#define LIST(name, values) "<variable name='" name "'>" values "</variable>"
#define ONE(value) "<value>" value "</value>"
#define NUMBERS(name, min, max) "<variable name='" name "' min='" min "' max='" max "'/>"
#define TYPE(type) "<mdevType>" type "</mdevType>"
#define ATTR(name, value) "<mdevAttr name='" name "' value='" value "'/>"
#define ID(name, value) "<id name='" name "' value='" value "'/>"
#define FIELD(name, value) "<vendorField name='" name "' value='" value "'/>"

/* 14 July 2020, as JSON: device_api, vendor, version, vfio-pci, mdev_attrs and
 * vendor_fields */
#define JULY(minor, attribute, field) \
    "<deviceAPI>vfio-pci</deviceAPI><vendor>vendor-driver-name</vendor>" \
    "<version major='0' minor='" minor "'/>" \
    ID("vendor", "0x1234") ID("device", "0x5678") \
    ATTR("attribute0", attribute) FIELD("unknown_field0", field)

#define GVT_FIELDS "<deviceAPI>vfio-pci</deviceAPI>" ID("device_id", "0x8086591d")
#define GVT_ACCEPTS \
    ACCEPTS(LIST("val1", ONE("2") ONE("4") ONE("8")) \
            GVT_FIELDS TYPE("i915-GVTg_V5_${val1}") ATTR("aggregator", "${val1}/2"))
#define GVT(type, aggregator) \
    DESCRIPTION(SELF(GVT_FIELDS TYPE("i915-GVTg_V5_" type) ATTR("aggregator", aggregator)))
#define GVT_TYPE(type) \
    DESCRIPTION(SELF(GVT_FIELDS TYPE("i915-GVTg_V5_" type)) GVT_ACCEPTS)

#define TOKEN(token) "<interface type='token'><token>" token "</token></interface>"
#define NO_TOKEN "<interface type='token' incomplete='yes'/>"
#define ATTRIBUTES(api, content) \
    "<interface type='attributes'><deviceAPI>" api "</deviceAPI>" content "</interface>"
#define RESOURCE(name, value) "<dynamicResource name='" name "' " value "/>"

static int
mymain(void)
{
    static const unsigned int v1_2_3[] = { 1, 2, 3 };
    static const unsigned int v1_2_9[] = { 1, 2, 9 };
    static const unsigned int v1_3_0[] = { 1, 3, 0 };
    static const unsigned int v2_0_0[] = { 2, 0, 0 };
    static const unsigned int v2_9_0[] = { 2, 9, 0 };
    static const unsigned int vmax[] = { UINT_MAX, UINT_MAX, UINT_MAX };
    static const unsigned int vmax_0[] = { UINT_MAX, 0, 0 };
    static const struct testCase cases[] = {
        { .name = "nobody publishes",
          .expected = UNCHECKED,
          .back = UNCHECKED,
        },
        { .name = "nobody publishes, no interface",
          .a = { .none = true },
          .expected = UNCHECKED,
          .back = UNCHECKED,
        },
        { .name = "one side publishes",
          .a = { .type = "vendor-type_4", .api = "vfio-pci", .version = v1_2_3 },
          .expected = ONE_SIDED("one-sided: interface 'attributes': only the source publishes it"),
          .back = ONE_SIDED("one-sided: interface 'attributes': only the destination publishes it"),
        },
        { .name = "one side publishes, the other has no interface",
          .a = { .type = "vendor-type_4", .api = "vfio-pci", .version = v1_2_3 },
          .b = { .none = true },
          .expected = ONE_SIDED("one-sided: interface 'attributes': only the source publishes it"),
          .back = ONE_SIDED("one-sided: interface 'attributes': only the destination publishes it"),
        },
        { .name = "one side publishes, to create",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4", .api = "vfio-pci",
                 .resources = { { "aggregator", "2" } } },
          .expected = ONE_SIDED("one-sided: interface 'attributes': only the source publishes it"),
          .back = ONE_SIDED("one-sided: interface 'attributes': only the destination publishes it"),
        },
        { .name = "one side publishes something that is not known",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .api = "vfio-pci", .incomplete = true },
          .expected = ONE_SIDED("one-sided: interface 'attributes': only the source publishes it"),
          .back = ONE_SIDED("one-sided: interface 'attributes': only the destination publishes it"),
        },
        { .name = "nothing that decides",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .published = true },
          .b = { .published = true },
          .expected = COMPATIBLE,
          .back = COMPATIBLE,
        },
        { .name = "equal",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .api = "vfio-pci", .version = v1_2_3,
                 .types = "vendor-type_4",
                 .fields = { { "pci_ids", "5931,591b" }, { "chpid_type", "1" } },
                 .resources = { { "aggregator", "2" }, { "nvidia/vgpu_params", "" } } },
          .b = { .type = "vendor-type_4", .api = "vfio-pci", .version = v1_2_3,
                 .types = "vendor-type_4",
                 .fields = { { "chpid_type", "1" }, { "pci_ids", "591b,5931" } },
                 .resources = { { "nvidia/vgpu_params", "" }, { "aggregator", "2" } } },
          .expected = COMPATIBLE,
          .back = COMPATIBLE,
        },
        { .name = "bugfix and compatible_type",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .api = "vfio-pci", .version = v1_2_3,
                 .types = "vendor-type_4" },
          .b = { .type = "vendor-type_4", .api = "vfio-pci", .version = v1_2_9,
                 .types = "vendor-type_8,vendor-type_2" },
          .expected = COMPATIBLE,
          .back = COMPATIBLE,
        },
        { .name = "compatible_type on one side",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .api = "vfio-pci", .types = "vendor-type_4" },
          .b = { .type = "vendor-type_4", .api = "vfio-pci" },
          .expected = COMPATIBLE,
          .back = COMPATIBLE,
        },
        { .name = "type",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4", .api = "vfio-pci" },
          .b = { .type = "vendor-type_8", .api = "vfio-pci" },
          .expected = INCOMPATIBLE("mismatch: mediated device type: "
                                   "source has 'vendor-type_4', destination has 'vendor-type_8'"),
          .back = INCOMPATIBLE("mismatch: mediated device type: "
                               "source has 'vendor-type_8', destination has 'vendor-type_4'"),
        },
        { .name = "type, other case",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4" },
          .b = { .type = "Vendor-type_4" },
          .expected = INCOMPATIBLE("mismatch: mediated device type: "
                                   "source has 'vendor-type_4', destination has 'Vendor-type_4'"),
          .back = INCOMPATIBLE("mismatch: mediated device type: "
                               "source has 'Vendor-type_4', destination has 'vendor-type_4'"),
        },
        { .name = "PCI functions, which have no type",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .api = "vfio-pci", .version = v1_2_3 },
          .b = { .api = "vfio-pci", .version = v1_2_3 },
          .expected = COMPATIBLE,
          .back = COMPATIBLE,
        },
        { .name = "PCI function and mediated device",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .api = "vfio-pci", .version = v1_2_3 },
          .b = { .api = "vfio-pci", .version = v1_2_3, .type = "vendor-type_4" },
          .expected = COMPATIBLE_WITH("note: mediated device type: "
                                      "source has none, destination has 'vendor-type_4'"),
          .back = INCOMPATIBLE("mismatch: mediated device type: "
                               "source has 'vendor-type_4', destination has none"),
        },
        { .name = "device API",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4", .api = "vfio-pci" },
          .b = { .type = "vendor-type_4", .api = "vfio-ccw" },
          .expected = INCOMPATIBLE("mismatch: device API: "
                                   "source has 'vfio-pci', destination has 'vfio-ccw'"),
          .back = INCOMPATIBLE("mismatch: device API: "
                               "source has 'vfio-ccw', destination has 'vfio-pci'"),
        },
        { .name = "device API on one side",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4", .api = "vfio-pci" },
          .b = { .type = "vendor-type_4" },
          .expected = INCOMPATIBLE("mismatch: device API: "
                                   "source has 'vfio-pci', destination has none"),
          .back = COMPATIBLE_WITH("note: device API: "
                                  "source has none, destination has 'vfio-pci'"),
        },
        { .name = "minor",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4", .version = v1_2_3 },
          .b = { .type = "vendor-type_4", .version = v1_3_0 },
          .expected = COMPATIBLE,
          .back = INCOMPATIBLE("mismatch: software version: source has '1.3.0', "
                               "destination has '1.2.3', whose minor version is lower"),
        },
        { .name = "major, higher minor",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4", .version = v1_2_3 },
          .b = { .type = "vendor-type_4", .version = v2_9_0 },
          .expected = INCOMPATIBLE("mismatch: software version: source has '1.2.3', "
                                   "destination has '2.9.0', whose major version is another"),
          .back = INCOMPATIBLE("mismatch: software version: source has '2.9.0', "
                               "destination has '1.2.3', whose major version is another"),
        },
        { .name = "major, lower minor",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .version = v1_2_3 },
          .b = { .type = "vendor-type_4", .version = v2_0_0 },
          .expected = INCOMPATIBLE("mismatch: software version: source has '1.2.3', "
                                   "destination has '2.0.0', whose major version is another"),
          .back = INCOMPATIBLE("mismatch: software version: source has '2.0.0', "
                               "destination has '1.2.3', whose major version is another"),
        },
        { .name = "the highest version",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .version = vmax_0 },
          .b = { .type = "vendor-type_4", .version = vmax },
          .expected = COMPATIBLE,
          .back = INCOMPATIBLE("mismatch: software version: "
                               "source has '4294967295.4294967295.4294967295', "
                               "destination has '4294967295.0.0', whose minor version is lower"),
        },
        { .name = "version of another form, the same",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4", .versionText = "535.129.03-grid" },
          .b = { .type = "vendor-type_4", .versionText = "535.129.03-grid" },
          .expected = COMPATIBLE_WITH("note: software version: source has '535.129.03-grid', "
                                      "destination has '535.129.03-grid', " VERY_SAME),
          .back = COMPATIBLE_WITH("note: software version: source has '535.129.03-grid', "
                                  "destination has '535.129.03-grid', " VERY_SAME),
        },
        { .name = "version of another form, another",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .versionText = "17.1" },
          .b = { .type = "vendor-type_4", .versionText = "17.2" },
          .expected = INCOMPATIBLE("mismatch: software version: source has '17.1', "
                                   "destination has '17.2', " VERY_SAME),
          .back = INCOMPATIBLE("mismatch: software version: source has '17.2', "
                               "destination has '17.1', " VERY_SAME),
        },
        { .name = "version of another form on the one side, numbers on the other",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4", .version = v1_2_3 },
          .b = { .type = "vendor-type_4", .versionText = "v1.2.3" },
          .expected = INCOMPATIBLE("mismatch: software version: source has '1.2.3', "
                                   "destination has 'v1.2.3', " VERY_SAME),
          .back = INCOMPATIBLE("mismatch: software version: source has 'v1.2.3', "
                               "destination has '1.2.3', " VERY_SAME),
        },
        { .name = "version of another form on one side",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4", .versionText = "17.1" },
          .b = { .type = "vendor-type_4" },
          .expected = INCOMPATIBLE("mismatch: software version: "
                                   "source has '17.1', destination has none"),
          .back = INCOMPATIBLE("mismatch: software version: "
                               "source has none, destination has '17.1'"),
        },
        { .name = "version on one side",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4", .version = v1_2_3 },
          .b = { .type = "vendor-type_4" },
          .expected = INCOMPATIBLE("mismatch: software version: "
                                   "source has '1.2.3', destination has none"),
          .back = INCOMPATIBLE("mismatch: software version: "
                               "source has none, destination has '1.2.3'"),
        },
        { .name = "superset",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4", .fields = { { "pci_ids", "5931" } } },
          .b = { .type = "vendor-type_4", .fields = { { "pci_ids", "591b,5931,5916" } } },
          .expected = COMPATIBLE,
          .back = INCOMPATIBLE("mismatch: compatible_pci_ids: source has '5916, 591b, 5931', "
                               "destination has '5931', which lacks '5916, 591b'"),
        },
        { .name = "sets that overlap",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .fields = { { "pci_ids", "a,b" } } },
          .b = { .type = "vendor-type_4", .fields = { { "pci_ids", "b,c" } } },
          .expected = INCOMPATIBLE("mismatch: compatible_pci_ids: source has 'a, b', "
                                   "destination has 'b, c', which lacks 'a'"),
          .back = INCOMPATIBLE("mismatch: compatible_pci_ids: source has 'b, c', "
                               "destination has 'a, b', which lacks 'c'"),
        },
        { .name = "values are compared as they are",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .fields = { { "pci_ids", "591B" } } },
          .b = { .type = "vendor-type_4", .fields = { { "pci_ids", "591b" } } },
          .expected = INCOMPATIBLE("mismatch: compatible_pci_ids: source has '591B', "
                                   "destination has '591b', which lacks '591B'"),
          .back = INCOMPATIBLE("mismatch: compatible_pci_ids: source has '591b', "
                               "destination has '591B', which lacks '591b'"),
        },
        { .name = "field on one side",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .fields = { { "pci_ids", "5931,591b" } } },
          .b = { .type = "vendor-type_4", .published = true },
          .expected = INCOMPATIBLE("mismatch: compatible_pci_ids: "
                                   "source has '591b, 5931', destination has none"),
          .back = COMPATIBLE_WITH("note: compatible_pci_ids: "
                                  "source has none, destination has '591b, 5931'"),
        },
        { .name = "different fields",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4",
                 .fields = { { "z", "1" }, { "b", "1" }, { "same", "1" } } },
          .b = { .type = "vendor-type_4",
                 .fields = { { "y", "1" }, { "same", "1" }, { "a", "1" } } },
          .expected = INCOMPATIBLE("mismatch: compatible_b: source has '1', destination has none",
                                   "mismatch: compatible_z: source has '1', destination has none",
                                   "note: compatible_a: source has none, destination has '1'",
                                   "note: compatible_y: source has none, destination has '1'"),
          .back = INCOMPATIBLE("mismatch: compatible_a: source has '1', destination has none",
                               "mismatch: compatible_y: source has '1', destination has none",
                               "note: compatible_b: source has none, destination has '1'",
                               "note: compatible_z: source has none, destination has '1'"),
        },
        { .name = "resource, to create",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4", .resources = { { "aggregator", "2" } } },
          .b = { .type = "vendor-type_4", .resources = { { "aggregator" } } },
          .expected = SETTINGS("aggregator=2"),
          .back = INCOMPATIBLE("mismatch: dynamic resource 'aggregator': "
                               "value of the source is unknown"),
        },
        { .name = "resource, to create like another device",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4", .resources = { { "aggregator", "2" } } },
          .b = { .type = "vendor-type_4", .resources = { { "aggregator", "1" } } },
          .expected = SETTINGS("aggregator=2"),
          .back = SETTINGS("aggregator=1"),
        },
        { .name = "resources, to create: in the order of the destination",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4",
                 .resources = { { "aggregator", "2" }, { "b/c", "" }, { "fps", "60" } } },
          .b = { .type = "vendor-type_4",
                 .resources = { { "fps", "1" }, { "b/c", "1" }, { "aggregator", "1" } } },
          .expected = SETTINGS("fps=60", "b/c=", "aggregator=2"),
          .back = SETTINGS("aggregator=1", "b/c=1", "fps=1"),
        },
        { .name = "resource on one side, to create",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4",
                 .resources = { { "fps", "60" }, { "aggregator", "2" } } },
          .b = { .type = "vendor-type_4", .resources = { { "fps", "30" } } },
          .expected = INCOMPATIBLE("mismatch: dynamic resource 'aggregator': "
                                   "source has '2', destination has none"),
          .back = { .verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE,
                    .reasons = { "note: dynamic resource 'aggregator': "
                                 "only the destination lists it" },
                    .settings = { "fps=30" },
          },
        },
        { .name = "unknown resource on one side, to create",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4", .resources = { { "aggregator" } } },
          .b = { .type = "vendor-type_4", .published = true },
          .expected = INCOMPATIBLE("mismatch: dynamic resource 'aggregator': "
                                   "value of the source is unknown, destination has none"),
          .back = COMPATIBLE_WITH("note: dynamic resource 'aggregator': "
                                  "only the destination lists it"),
        },
        { .name = "resource of a device",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .resources = { { "aggregator", "2" } } },
          .b = { .type = "vendor-type_4", .resources = { { "aggregator", "1" } } },
          .expected = INCOMPATIBLE("mismatch: dynamic resource 'aggregator': "
                                   "source has '2', destination has '1'"),
          .back = INCOMPATIBLE("mismatch: dynamic resource 'aggregator': "
                               "source has '1', destination has '2'"),
        },
        { .name = "empty resource of a device",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .resources = { { "aggregator", "" } } },
          .b = { .type = "vendor-type_4", .resources = { { "aggregator", "1" } } },
          .expected = INCOMPATIBLE("mismatch: dynamic resource 'aggregator': "
                                   "source has '', destination has '1'"),
          .back = INCOMPATIBLE("mismatch: dynamic resource 'aggregator': "
                               "source has '1', destination has ''"),
        },
        { .name = "unknown resource of a device",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .resources = { { "aggregator", "2" } } },
          .b = { .type = "vendor-type_4", .resources = { { "aggregator" } } },
          .expected = INCOMPATIBLE("mismatch: dynamic resource 'aggregator': "
                                   "source has '2', value of the destination is unknown"),
          .back = INCOMPATIBLE("mismatch: dynamic resource 'aggregator': "
                               "value of the source is unknown, destination has '2'"),
        },
        { .name = "resource of a device, unknown on both sides",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .resources = { { "aggregator" } } },
          .b = { .type = "vendor-type_4", .resources = { { "aggregator" } } },
          .expected = INCOMPATIBLE("mismatch: dynamic resource 'aggregator': "
                                   "value of the source is unknown, "
                                   "value of the destination is unknown"),
          .back = INCOMPATIBLE("mismatch: dynamic resource 'aggregator': "
                               "value of the source is unknown, "
                               "value of the destination is unknown"),
        },
        { .name = "resource of a device on one side",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4",
                 .resources = { { "fps", "60" }, { "aggregator", "2" } } },
          .b = { .type = "vendor-type_4", .resources = { { "fps", "60" } } },
          .expected = INCOMPATIBLE("mismatch: dynamic resource 'aggregator': "
                                   "source has '2', destination has none"),
          .back = COMPATIBLE_WITH("note: dynamic resource 'aggregator': "
                                  "source has none, destination has '2'"),
        },
        { .name = "unknown resource of a device on one side",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .resources = { { "aggregator" } } },
          .b = { .type = "vendor-type_4", .published = true },
          .expected = INCOMPATIBLE("mismatch: dynamic resource 'aggregator': "
                                   "value of the source is unknown, destination has none"),
          .back = COMPATIBLE_WITH("note: dynamic resource 'aggregator': "
                                  "source has none, value of the destination is unknown"),
        },
        { .name = "incomplete on one side",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .incomplete = true },
          .b = { .type = "vendor-type_4", .published = true },
          .expected = INCOMPATIBLE("mismatch: value unknown: "
                                   "source publishes something that cannot be used"),
          .back = INCOMPATIBLE("mismatch: value unknown: "
                               "destination publishes something that cannot be used"),
        },
        { .name = "incomplete on both sides, to create",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4", .incomplete = true,
                 .resources = { { "aggregator", "2" } } },
          .b = { .type = "vendor-type_4", .incomplete = true,
                 .resources = { { "aggregator", "1" } } },
          .expected = INCOMPATIBLE("mismatch: value unknown: "
                                   "source and destination publish something that cannot be used"),
          .back = INCOMPATIBLE("mismatch: value unknown: "
                               "source and destination publish something that cannot be used"),
        },
        { .name = "what an incomplete side does not have",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .version = v1_2_3,
                 .fields = { { "pci_ids", "5931" } },
                 .resources = { { "aggregator", "2" } } },
          .b = { .type = "vendor-type_4", .incomplete = true },
          .expected = INCOMPATIBLE("mismatch: software version: "
                                   "source has '1.2.3', value of the destination is unknown",
                                   "mismatch: compatible_pci_ids: "
                                   "source has '5931', value of the destination is unknown",
                                   "mismatch: dynamic resource 'aggregator': "
                                   "source has '2', value of the destination is unknown",
                                   "mismatch: value unknown: "
                                   "destination publishes something that cannot be used"),
          .back = INCOMPATIBLE("mismatch: software version: "
                               "value of the source is unknown, destination has '1.2.3'",
                               "note: compatible_pci_ids: "
                               "value of the source is unknown, destination has '5931'",
                               "note: dynamic resource 'aggregator': "
                               "value of the source is unknown, destination has '2'",
                               "mismatch: value unknown: "
                               "source publishes something that cannot be used"),
        },
        { .name = "everything at once",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = "vendor-type_4", .api = "vfio-pci", .version = v1_3_0,
                 .fields = { { "pci_ids", "591b,5931" }, { "chpid_type", "1" } },
                 .resources = { { "fps", "60" }, { "aggregator", "2" }, { "b/c" } } },
          .b = { .type = "vendor-type_8", .api = "vfio-ccw", .version = v1_2_3,
                 .incomplete = true,
                 .fields = { { "pci_ids", "5931" }, { "subchannel_type", "0" } },
                 .resources = { { "b/c", "1" }, { "aggregator", "1" } } },
          .expected = INCOMPATIBLE("mismatch: mediated device type: source has 'vendor-type_4', "
                                   "destination has 'vendor-type_8'",
                                   "mismatch: device API: "
                                   "source has 'vfio-pci', destination has 'vfio-ccw'",
                                   "mismatch: software version: source has '1.3.0', "
                                   "destination has '1.2.3', whose minor version is lower",
                                   "mismatch: compatible_chpid_type: "
                                   "source has '1', value of the destination is unknown",
                                   "mismatch: compatible_pci_ids: source has '591b, 5931', "
                                   "destination has '5931', which lacks '591b'",
                                   "note: compatible_subchannel_type: "
                                   "source has none, destination has '0'",
                                   "mismatch: dynamic resource 'aggregator': "
                                   "source has '2', destination has '1'",
                                   "mismatch: dynamic resource 'b/c': "
                                   "value of the source is unknown, destination has '1'",
                                   "mismatch: dynamic resource 'fps': "
                                   "source has '60', value of the destination is unknown",
                                   "mismatch: value unknown: "
                                   "destination publishes something that cannot be used"),
          .back = INCOMPATIBLE("mismatch: mediated device type: source has 'vendor-type_8', "
                               "destination has 'vendor-type_4'",
                               "mismatch: device API: "
                               "source has 'vfio-ccw', destination has 'vfio-pci'",
                               "mismatch: compatible_subchannel_type: "
                               "source has '0', destination has none",
                               "note: compatible_chpid_type: "
                               "value of the source is unknown, destination has '1'",
                               "mismatch: dynamic resource 'aggregator': "
                               "source has '1', destination has '2'",
                               "mismatch: dynamic resource 'b/c': "
                               "source has '1', value of the destination is unknown",
                               "note: dynamic resource 'fps': "
                               "value of the source is unknown, destination has '60'",
                               "mismatch: value unknown: "
                               "source publishes something that cannot be used"),
        },
        { .name = "a mismatch leaves no settings",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4", .version = v1_2_3,
                 .resources = { { "aggregator", "2" } } },
          .b = { .type = "vendor-type_4", .version = v1_3_0,
                 .resources = { { "aggregator", "1" } } },
          .expected = SETTINGS("aggregator=2"),
          .back = INCOMPATIBLE("mismatch: software version: source has '1.3.0', "
                               "destination has '1.2.3', whose minor version is lower"),
        },
        { .name = "long values",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = X100, .api = X100 "y",
                 .resources = { { X100, "1" }, { X100 "y", "1" } } },
          .b = { .type = "y" X100, .api = "y" },
          .expected = INCOMPATIBLE("mismatch: mediated device type: source has '" X100 "', "
                                   "destination has 'y" X50 X10 X10 X10 X10 "xxxxxxxxx...'",
                                   "mismatch: device API: source has '" X100 "...', "
                                   "destination has 'y'",
                                   "mismatch: dynamic resource '" X100 "': "
                                   "source has '1', destination has none",
                                   "mismatch: dynamic resource '" X100 "...': "
                                   "source has '1', destination has none"),
          .back = INCOMPATIBLE("mismatch: mediated device type: "
                               "source has 'y" X50 X10 X10 X10 X10 "xxxxxxxxx...', "
                               "destination has '" X100 "'",
                               "mismatch: device API: source has 'y', "
                               "destination has '" X100 "...'",
                               "note: dynamic resource '" X100 "': "
                               "source has none, destination has '1'",
                               "note: dynamic resource '" X100 "...': "
                               "source has none, destination has '1'"),
        },
        { .name = "long values that differ late",
          .target = VIR_DEV_MIGRATION_TARGET_DEVICE,
          .a = { .type = X100 "y", .api = X200 "y" X200, .resources = { { "b/c", X200 } } },
          .b = { .type = X100 "z", .api = X200 "z", .resources = { { "b/c", X200 "y" } } },
          .expected = INCOMPATIBLE("mismatch: mediated device type: source has '..." X10 X10 "y', "
                                   "destination has '..." X10 X10 "z'",
                                   "mismatch: device API: source has '..." X10 X10 "y"
                                   X50 X10 X10 "xxxxxxxxx...', destination has '..." X10 X10 "z'",
                                   "mismatch: dynamic resource 'b/c': "
                                   "source has '..." X10 X10 "', destination has '..." X10 X10 "y'"),
          .back = INCOMPATIBLE("mismatch: mediated device type: source has '..." X10 X10 "z', "
                               "destination has '..." X10 X10 "y'",
                               "mismatch: device API: source has '..." X10 X10 "z', "
                               "destination has '..." X10 X10 "y" X50 X10 X10 "xxxxxxxxx...'",
                               "mismatch: dynamic resource 'b/c': "
                               "source has '..." X10 X10 "y', destination has '..." X10 X10 "'"),
        },
        { .name = "long lists",
          .target = VIR_DEV_MIGRATION_TARGET_TYPE,
          .a = { .type = "vendor-type_4",
                 .fields = { { "ids", X200 ",4" X50 ",3" X50 ",2" X50 ",1" X50 } } },
          .b = { .type = "vendor-type_4", .fields = { { "ids", "0" } } },
          .expected = INCOMPATIBLE("mismatch: compatible_ids: "
                                   "source has '1" X50 ", 2" X50 ", 3" X50 ", ... (2 more)', "
                                   "destination has '0', "
                                   "which lacks '1" X50 ", 2" X50 ", 3" X50 ", ... (2 more)'"),
          .back = INCOMPATIBLE("mismatch: compatible_ids: source has '0', "
                               "destination has '1" X50 ", 2" X50 ", 3" X50 ", ... (2 more)', "
                               "which lacks '0'"),
        },
    };
    static const struct testXML xmlCases[] = {
        /* RFC v3, 10 November 2020: a network card */
        { .name = "network card: new-feature and num-resources, to create",
          .target = TO_TYPE,
          .a = PARAMETERS(NEW_FEATURE("value='on'") NUM_RESOURCES("value='64'")),
          .b = PARAMETERS(NUM_RESOURCES("") NEW_FEATURE("")),
          .expected = SETTINGS("migration/new-feature=on", "migration/num-resources=64"),
          .back = INCOMPATIBLE("parameters mismatch: parameter 'new-feature': "
                               "value of the source is unknown",
                               "parameters mismatch: parameter 'num-resources': "
                               "value of the source is unknown"),
        },
        { .name = "network card: an old peer without new-feature, to create",
          .target = TO_TYPE,
          .a = PARAMETERS(NEW_FEATURE("value='on'") NUM_RESOURCES("value='64'")),
          .b = PARAMETERS(NUM_RESOURCES("value='64'")),
          .expected = INCOMPATIBLE("parameters mismatch: parameter 'new-feature': "
                                   "source has 'on', destination has none"),
          .back = { .verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE,
                    .reasons = { "parameters note: parameter 'new-feature': source does not use it, "
                                 "switched off at the destination by 'off'" },
                    .settings = { "migration/new-feature=off", "migration/num-resources=64" } },
        },
        { .name = "network card: new-feature turned off for old peers, to create",
          .target = TO_TYPE,
          .a = PARAMETERS(NEW_FEATURE("value='off'") NUM_RESOURCES("value='64'")),
          .b = PARAMETERS(NUM_RESOURCES("value='64'")),
          .expected = SETTINGS("migration/num-resources=64"),
          .back = { .verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE,
                    .reasons = { "parameters note: parameter 'new-feature': source does not use it, "
                                 "switched off at the destination by 'off'" },
                    .settings = { "migration/new-feature=off", "migration/num-resources=64" } },
        },
        { .name = "network card: new-feature turned off for old peers",
          .target = TO_DEVICE,
          .a = PARAMETERS(NEW_FEATURE("value='off'") NUM_RESOURCES("value='64'")),
          .b = PARAMETERS(NUM_RESOURCES("value='64'")),
          .expected = COMPATIBLE,
          .back = COMPATIBLE,
        },
        { .name = "network card: a device with another value of new-feature",
          .target = TO_DEVICE,
          .a = PARAMETERS(NEW_FEATURE("value='off'")),
          .b = PARAMETERS(NEW_FEATURE("value='on'")),
          .expected = INCOMPATIBLE("parameters mismatch: parameter 'new-feature': "
                                   "source does not use it, destination has 'on', 'off' is needed"),
          .back = INCOMPATIBLE("parameters mismatch: parameter 'new-feature': "
                               "source has 'on', destination has 'off'"),
        },
        { .name = "network card: only peers with 64 resources, to create",
          .target = TO_TYPE,
          .a = PARAMETERS(PARAM("num-resources", "int", "value='32' init='32'",
                                RANGE("32", "64"))),
          .b = PARAMETERS(NUM_RESOURCES("value='64'")),
          .expected = INCOMPATIBLE("parameters mismatch: parameter 'num-resources': "
                                   "source has '32', destination allows '64'"),
          .back = SETTINGS("migration/num-resources=64"),
        },
        { .name = "network card: only peers with 64 resources",
          .target = TO_DEVICE,
          .a = PARAMETERS(PARAM("num-resources", "int", "value='32' init='32'",
                                RANGE("32", "64"))),
          .b = PARAMETERS(NUM_RESOURCES("value='64'")),
          .expected = INCOMPATIBLE("parameters mismatch: parameter 'num-resources': "
                                   "source has '32', destination has '64', which allows '64'"),
          .back = INCOMPATIBLE("parameters mismatch: parameter 'num-resources': "
                               "source has '64', destination has '32'"),
        },
        { .name = "parameters: a range excludes, to create",
          .target = TO_TYPE,
          .a = PARAMETERS(NUM_QUEUES("value='256'")),
          .b = PARAMETERS(PARAM("num-queues", "int", "value='512' init='1' off='0'",
                                VALUE("512") RANGE("0", "255"))),
          .expected = INCOMPATIBLE("parameters mismatch: parameter 'num-queues': "
                                   "source has '256', destination allows '0-255, 512'"),
          .back = SETTINGS("migration/num-queues=512"),
        },
        { .name = "parameters: any value if nothing is said (corner: no allowed values)",
          .target = TO_TYPE,
          .a = PARAMETERS(PARAM("num-queues", "int", "value='9223372036854775806'", "")),
          .b = PARAMETERS(PARAM("num-queues", "int", "value='0'", "")),
          .expected = SETTINGS("migration/num-queues=9223372036854775806"),
          .back = SETTINGS("migration/num-queues=0"),
        },
        { .name = "parameters: off need not be among the allowed values (corner)",
          .target = TO_TYPE,
          .a = PARAMETERS(PARAM("a", "str", "value='none'", "")),
          .b = PARAMETERS(PARAM("a", "str", "value='x'", VALUE("none") VALUE("x"))
                          PARAM("b", "int", "value='7' init='0' off='0'", RANGE("1", "8"))),
          .expected = SETTINGS("migration/a=none", "migration/b=0"),
          .back = INCOMPATIBLE("parameters mismatch: parameter 'b': "
                               "source has '7', destination has none"),
        },
        { .name = "parameters: no off value (corner), to create",
          .target = TO_TYPE,
          .a = PARAMETERS(""),
          .b = PARAMETERS(NUM_RESOURCES("value='64'")
                          PARAM("any", "str", "value='x'", "")),
          .expected = INCOMPATIBLE("parameters mismatch: parameter 'any': "
                                   "source does not use it, the destination cannot switch it off",
                                   "parameters mismatch: parameter 'num-resources': "
                                   "source does not use it, destination allows '64', "
                                   "the destination cannot switch it off"),
          .back = INCOMPATIBLE("parameters mismatch: parameter 'any': "
                               "source has 'x', destination has none",
                               "parameters mismatch: parameter 'num-resources': "
                               "source has '64', destination has none"),
        },
        { .name = "parameters: no off value (corner)",
          .target = TO_DEVICE,
          .a = PARAMETERS(PARAM("a", "bool", "value='off' off='off'", "")),
          .b = PARAMETERS(PARAM("a", "bool", "value='off'", "")),
          .expected = INCOMPATIBLE("parameters mismatch: parameter 'a': "
                                   "source does not use it, destination has 'off', "
                                   "the destination cannot switch it off"),
          .back = COMPATIBLE,
        },
        { .name = "parameters: other values mean off, to create",
          .target = TO_TYPE,
          .a = PARAMETERS(PARAM("a", "str", "value='none' off='none'", "")
                          PARAM("b", "int", "value='0' off='1'", "")),
          .b = PARAMETERS(PARAM("a", "str", "value='full' off='zero' init='zero'", "")
                          PARAM("b", "int", "value='0' off='0'", RANGE("0", "1"))),
          .expected = SETTINGS("migration/a=zero", "migration/b=0"),
          .back = { .verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE,
                    .reasons = { "parameters note: parameter 'b': source does not use it, "
                                 "switched off at the destination by '1'" },
                    .settings = { "migration/a=full", "migration/b=1" } },
        },
        { .name = "parameters: another type, to create",
          .target = TO_TYPE,
          .a = PARAMETERS(PARAM("a", "int", "value='5'", "")),
          .b = PARAMETERS(PARAM("a", "str", "value='5'", "")),
          .expected = INCOMPATIBLE("parameters mismatch: parameter 'a': source has '5', "
                                   "type of the source is 'int', of the destination 'str'"),
          .back = INCOMPATIBLE("parameters mismatch: parameter 'a': source has '5', "
                               "type of the source is 'str', of the destination 'int'"),
        },
        { .name = "parameters: another type",
          .target = TO_DEVICE,
          .a = PARAMETERS(PARAM("a", "bool", "value='on'", "")),
          .b = PARAMETERS(PARAM("a", "str", "value='on'", "")),
          .expected = INCOMPATIBLE("parameters mismatch: parameter 'a': source has 'on', "
                                   "destination has 'on', "
                                   "type of the source is 'bool', of the destination 'str'"),
          .back = INCOMPATIBLE("parameters mismatch: parameter 'a': source has 'on', "
                               "destination has 'on', "
                               "type of the source is 'str', of the destination 'bool'"),
        },
        { .name = "parameters: a range is text for text (corner)",
          .target = TO_TYPE,
          .a = PARAMETERS(PARAM("a", "str", "value='5'", "")),
          .b = PARAMETERS(PARAM("a", "str", "value='0-255'", VALUE("0-255"))),
          .expected = INCOMPATIBLE("parameters mismatch: parameter 'a': "
                                   "source has '5', destination allows '0-255'"),
          .back = SETTINGS("migration/a=0-255"),
        },
        { .name = "parameters: case of names",
          .target = TO_DEVICE,
          .a = PARAMETERS(PARAM("A", "int", "value='5' off='0'", "")),
          .b = PARAMETERS(PARAM("a", "int", "value='5' off='0'", "")),
          .expected = INCOMPATIBLE("parameters mismatch: parameter 'A': "
                                   "source has '5', destination has none",
                                   "parameters mismatch: parameter 'a': "
                                   "source does not use it, destination has '5', '0' is needed"),
          .back = INCOMPATIBLE("parameters mismatch: parameter 'a': "
                               "source has '5', destination has none",
                               "parameters mismatch: parameter 'A': "
                               "source does not use it, destination has '5', '0' is needed"),
        },
        { .name = "parameters: a value that is not known",
          .target = TO_DEVICE,
          .a = PARAMETERS(PARAM("a", "int", "value='5' off='0'", "")
                          PARAM("b", "int", "off='0'", "")
                          PARAM("c", "int", "value='0' off='0'", "")),
          .b = PARAMETERS(PARAM("a", "int", "off='0'", "")
                          PARAM("b", "int", "off='0'", "")
                          PARAM("c", "int", "off='0'", "")),
          .expected = INCOMPATIBLE("parameters mismatch: parameter 'a': "
                                   "source has '5', value of the destination is unknown",
                                   "parameters mismatch: parameter 'b': "
                                   "value of the source is unknown, value of the destination is unknown",
                                   "parameters mismatch: parameter 'c': source does not use it, "
                                   "value of the destination is unknown, '0' is needed"),
          .back = INCOMPATIBLE("parameters mismatch: parameter 'a': "
                               "value of the source is unknown, destination has '5'",
                               "parameters mismatch: parameter 'b': "
                               "value of the source is unknown, value of the destination is unknown",
                               "parameters mismatch: parameter 'c': "
                               "value of the source is unknown, destination has '0'"),
        },
        { .name = "parameters: model",
          .target = TO_TYPE,
          .a = PARAMETERS_OF("vendor-a.com/my-nic", NEW_FEATURE("value='on'")),
          .b = PARAMETERS_OF("Vendor-a.com/my-nic", NEW_FEATURE("value='on'")),
          .expected = INCOMPATIBLE("parameters mismatch: device model: source has 'vendor-a.com/my-nic', "
                                   "destination has 'Vendor-a.com/my-nic'"),
          .back = INCOMPATIBLE("parameters mismatch: device model: source has 'Vendor-a.com/my-nic', "
                               "destination has 'vendor-a.com/my-nic'"),
        },
        { .name = "parameters: several models (corner)",
          .target = TO_DEVICE,
          .a = "<interface type='parameters'><model name='b'/><model name='a'/></interface>",
          .b = PARAMETERS_OF("a", ""),
          .expected = INCOMPATIBLE("parameters mismatch: device model: source has 'a, b', "
                                   "destination has 'a', "
                                   "several models, and nothing says which one is in use"),
          .back = INCOMPATIBLE("parameters mismatch: device model: source has 'a', "
                               "destination has 'a, b', "
                               "several models, and nothing says which one is in use"),
        },
        { .name = "parameters: no model (corner: an empty list)",
          .target = TO_TYPE,
          .a = "<interface type='parameters' incomplete='yes'/>",
          .b = PARAMETERS_OF("a", ""),
          .expected = INCOMPATIBLE("parameters mismatch: device model: "
                                   "value of the source is unknown, destination has 'a'",
                                   "parameters mismatch: value unknown: "
                                   "source publishes something that cannot be used"),
          .back = INCOMPATIBLE("parameters mismatch: device model: "
                               "source has 'a', value of the destination is unknown",
                               "parameters mismatch: value unknown: "
                               "destination publishes something that cannot be used"),
        },
        { .name = "parameters: none at all",
          .target = TO_DEVICE,
          .a = "<interface type='parameters'/>",
          .b = "<interface type='parameters'/>",
          .expected = INCOMPATIBLE("parameters mismatch: device model: "
                                   "value of the source is unknown, value of the destination is unknown"),
          .back = INCOMPATIBLE("parameters mismatch: device model: "
                               "value of the source is unknown, value of the destination is unknown"),
        },
        { .name = "parameters: what an incomplete side does not have",
          .target = TO_TYPE,
          .a = PARAMETERS_OF("a", PARAM("p", "int", "value='5' off='0'", "")),
          .b = "<interface type='parameters' incomplete='yes'><model name='a'/></interface>",
          .expected = INCOMPATIBLE("parameters mismatch: parameter 'p': "
                                   "source has '5', value of the destination is unknown",
                                   "parameters mismatch: value unknown: "
                                   "destination publishes something that cannot be used"),
          .back = INCOMPATIBLE("parameters note: parameter 'p': source does not use it, "
                               "switched off at the destination by '0'",
                               "parameters mismatch: value unknown: "
                               "source publishes something that cannot be used"),
        },
        { .name = "parameters: no parameters at all",
          .target = TO_TYPE,
          .a = PARAMETERS(""),
          .b = PARAMETERS(""),
          .expected = COMPATIBLE,
          .back = COMPATIBLE,
        },
        { .name = "parameters: long values",
          .target = TO_TYPE,
          .a = PARAMETERS(PARAM(X100 "y", "str", "value='" X200 "'", "")),
          .b = PARAMETERS(PARAM(X100 "y", "str", "value='y' off='" X200 "'",
                                VALUE(X200 "1") VALUE(X200 "2") VALUE(X200 "3"))),
          .expected = INCOMPATIBLE("parameters mismatch: parameter '" X100 "...': "
                                   "source has '" X100 "...', "
                                   "destination allows '" X100 "..., ... (2 more)'"),
          .back = SETTINGS("migration/" X100 "y=y"),
        },

        /* RFC v4, 31 August 2021: a graphics card */
        { .name = "graphics card: 4GB to create",
          .target = TO_TYPE,
          .a = GFX_4GB(CURRENT, "", CURRENT),
          .b = GFX_4GB("", "", ""),
          .expected = SETTINGS("migration/device_model=org.project/graphics-card",
                               "migration/version=4GB-v2"),
          .back = INCOMPATIBLE("versions mismatch: device model: value of the source is unknown, "
                               "destination allows 'org.project/graphics-card'"),
        },
        { .name = "graphics card: 4GB and 8GB",
          .target = TO_TYPE,
          .a = GFX_4GB(CURRENT, "", CURRENT),
          .b = GFX_8GB,
          .expected = INCOMPATIBLE("versions mismatch: device version: source has '4GB-v2', "
                                   "destination allows '8GB-v1, 8GB-v2'"),
          .back = INCOMPATIBLE("versions mismatch: device model: value of the source is unknown, "
                               "destination allows 'org.project/graphics-card'"),
        },
        { .name = "graphics card: another version of a device",
          .target = TO_DEVICE,
          .a = GFX_4GB(CURRENT, CURRENT, ""),
          .b = GFX_4GB(CURRENT, "", CURRENT),
          .expected = INCOMPATIBLE("versions mismatch: device version: "
                                   "source has '4GB-v1', destination has '4GB-v2'"),
          .back = INCOMPATIBLE("versions mismatch: device version: "
                               "source has '4GB-v2', destination has '4GB-v1'"),
        },
        { .name = "graphics card: the version of a device",
          .target = TO_DEVICE,
          .a = GFX_4GB(CURRENT, CURRENT, ""),
          .b = VERSIONS(MODEL("org.project/graphics-card", CURRENT,
                              VERSION_OF("4GB-v1", CURRENT))),
          .expected = COMPATIBLE,
          .back = COMPATIBLE,
        },
        { .name = "versions: neither older nor newer",
          .target = TO_TYPE,
          .a = VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .b = VERSIONS(MODEL("m", CURRENT, VERSION_OF("v2", CURRENT))),
          .expected = INCOMPATIBLE("versions mismatch: device version: "
                                   "source has 'v1', destination allows 'v2'"),
          .back = INCOMPATIBLE("versions mismatch: device version: "
                               "source has 'v2', destination allows 'v1'"),
        },
        { .name = "versions: case",
          .target = TO_TYPE,
          .a = VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .b = VERSIONS(MODEL("m", CURRENT, VERSION_OF("V1", CURRENT))),
          .expected = INCOMPATIBLE("versions mismatch: device version: "
                                   "source has 'v1', destination allows 'V1'"),
          .back = INCOMPATIBLE("versions mismatch: device version: "
                               "source has 'V1', destination allows 'v1'"),
        },
        { .name = "versions: a device whose version is not among its own",
          .target = TO_DEVICE,
          .a = VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .b = VERSIONS(MODEL("m", CURRENT, VERSION_OF("v2", CURRENT) VERSION_OF("v3", ""))),
          .expected = INCOMPATIBLE("versions mismatch: device version: source has 'v1', "
                                   "destination has 'v2', which allows 'v2, v3'"),
          .back = INCOMPATIBLE("versions mismatch: device version: source has 'v2', "
                               "destination has 'v1', which allows 'v1'"),
        },
        { .name = "versions: model, to create",
          .target = TO_TYPE,
          .a = VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .b = VERSIONS(MODEL("o", CURRENT, VERSION_OF("v1", CURRENT))
                        MODEL("n", "", VERSION_OF("v1", ""))),
          .expected = INCOMPATIBLE("versions mismatch: device model: "
                                   "source has 'm', destination allows 'n, o'"),
          .back = INCOMPATIBLE("versions mismatch: device model: "
                               "source has 'o', destination allows 'm'"),
        },
        { .name = "versions: model",
          .target = TO_DEVICE,
          .a = VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .b = VERSIONS(MODEL("o", CURRENT, VERSION_OF("v1", CURRENT))
                        MODEL("m", "", VERSION_OF("v1", ""))),
          .expected = INCOMPATIBLE("versions mismatch: device model: "
                                   "source has 'm', destination has 'o'"),
          .back = INCOMPATIBLE("versions mismatch: device model: source has 'o', "
                               "destination has 'm', which allows 'm'"),
        },
        { .name = "versions: one of several models, to create",
          .target = TO_TYPE,
          .a = VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .b = VERSIONS(MODEL("o", CURRENT, VERSION_OF("v1", CURRENT))
                        MODEL("m", "", VERSION_OF("v0", "") VERSION_OF("v1", ""))),
          .expected = SETTINGS("migration/device_model=m", "migration/version=v1"),
          .back = INCOMPATIBLE("versions mismatch: device model: "
                               "source has 'o', destination allows 'm'"),
        },
        { .name = "versions: a version that is not known",
          .target = TO_DEVICE,
          .a = VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", ""))),
          .b = VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .expected = INCOMPATIBLE("versions mismatch: device version: "
                                   "value of the source is unknown, destination has 'v1'"),
          .back = INCOMPATIBLE("versions mismatch: device version: "
                               "source has 'v1', value of the destination is unknown"),
        },
        { .name = "versions: a version that is not known, to create",
          .target = TO_TYPE,
          .a = VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", ""))),
          .b = VERSIONS(MODEL("m", "", VERSION_OF("v1", ""))),
          .expected = INCOMPATIBLE("versions mismatch: device version: "
                                   "value of the source is unknown, destination allows 'v1'"),
          .back = INCOMPATIBLE("versions mismatch: device model: "
                               "value of the source is unknown, destination allows 'm'"),
        },
        { .name = "versions: a model that is not known",
          .target = TO_DEVICE,
          .a = VERSIONS(MODEL("m", "", VERSION_OF("v1", ""))),
          .b = VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .expected = INCOMPATIBLE("versions mismatch: device model: "
                                   "value of the source is unknown, destination has 'm'"),
          .back = INCOMPATIBLE("versions mismatch: device model: "
                               "source has 'm', value of the destination is unknown"),
        },
        { .name = "versions: no model (corner: an empty list)",
          .target = TO_TYPE,
          .a = "<interface type='versions' incomplete='yes'/>",
          .b = VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .expected = INCOMPATIBLE("versions mismatch: device model: "
                                   "value of the source is unknown, destination allows 'm'",
                                   "versions mismatch: value unknown: "
                                   "source publishes something that cannot be used"),
          .back = INCOMPATIBLE("versions mismatch: device model: "
                               "source has 'm', value of the destination is unknown",
                               "versions mismatch: value unknown: "
                               "destination publishes something that cannot be used"),
        },

        /* 14 July 2020: JSON */
        { .name = "July 2020: equal, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(JULY("1", "VALUE", "unknown_value0"))),
          .b = DESCRIPTION(SELF(JULY("1", "VALUE", "unknown_value0"))),
          .expected = SETTINGS("attribute0=VALUE"),
          .back = SETTINGS("attribute0=VALUE"),
        },
        { .name = "July 2020: minor version of itself",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(JULY("9", "VALUE", "unknown_value0"))),
          .b = DESCRIPTION(SELF(JULY("10", "VALUE", "unknown_value0"))),
          .expected = SETTINGS("attribute0=VALUE"),
          .back = INCOMPATIBLE("description mismatch: minor version: source has '10', "
                               "destination has '9', which is lower"),
        },
        { .name = "July 2020: minor version of what is accepted",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(JULY("1", "VALUE", "unknown_value0"))),
          .b = DESCRIPTION(SELF("<version major='3'/>")
                           ACCEPTS(JULY("2", "VALUE", "unknown_value0"))),
          .expected = INCOMPATIBLE("description mismatch: minor version: "
                                   "source has '1', destination allows '2'"),
          .back = INCOMPATIBLE("description mismatch: device API: "
                               "source has none, destination has 'vfio-pci'",
                               "description mismatch: vendor: "
                               "source has none, destination has 'vendor-driver-name'",
                               "description mismatch: major version: source has '3', "
                               "destination has '0', which is another one",
                               "description mismatch: minor version: "
                               "source has none, destination has '1'",
                               "description mismatch: id 'device': "
                               "source has none, destination has '0x5678'",
                               "description mismatch: id 'vendor': "
                               "source has none, destination has '0x1234'",
                               "description mismatch: vendor field 'unknown_field0': "
                               "source has none, destination has 'unknown_value0'"),
        },
        { .name = "July 2020: an array of devices, whose first is the device itself",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(JULY("1", "VALUE", "unknown_value0"))),
          .b = DESCRIPTION(SELF(JULY("2", "VALUE", "another"))
                           ACCEPTS(JULY("1", "VALUE", "another"))
                           ACCEPTS(JULY("1", "VALUE", "unknown_value0"))),
          .expected = SETTINGS("attribute0=VALUE"),
          .back = INCOMPATIBLE("description mismatch: minor version: source has '2', "
                               "destination has '1', which is lower",
                               "description mismatch: vendor field 'unknown_field0': "
                               "source has 'another', destination has 'unknown_value0'"),
        },
        { .name = "July 2020: everything differs",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(JULY("1", "VALUE", "unknown_value0"))),
          .b = DESCRIPTION(SELF("<deviceAPI>vfio-ccw</deviceAPI><vendor>other</vendor>"
                                "<version major='1' minor='0'/>"
                                ID("vendor", "0x1235") ATTR("attribute0", "OTHER")
                                ATTR("attribute1", "MORE") FIELD("unknown_field1", "x"))),
          .expected = INCOMPATIBLE("description mismatch: device API: "
                                   "source has 'vfio-pci', destination has 'vfio-ccw'",
                                   "description mismatch: vendor: "
                                   "source has 'vendor-driver-name', destination has 'other'",
                                   "description mismatch: major version: "
                                   "source has '0', destination has '1', which is another one",
                                   "description mismatch: id 'device': "
                                   "source has '0x5678', destination has none",
                                   "description mismatch: id 'vendor': "
                                   "source has '0x1234', destination has '0x1235'",
                                   "description mismatch: attribute 'attribute0': "
                                   "source has 'VALUE', destination has 'OTHER'",
                                   "description mismatch: vendor field 'unknown_field0': "
                                   "source has 'unknown_value0', destination has none",
                                   "description mismatch: vendor field 'unknown_field1': "
                                   "source has none, destination has 'x'"),
          .back = INCOMPATIBLE("description mismatch: device API: "
                               "source has 'vfio-ccw', destination has 'vfio-pci'",
                               "description mismatch: vendor: "
                               "source has 'other', destination has 'vendor-driver-name'",
                               "description mismatch: major version: "
                               "source has '1', destination has '0', which is another one",
                               "description mismatch: id 'device': "
                               "source has none, destination has '0x5678'",
                               "description mismatch: id 'vendor': "
                               "source has '0x1235', destination has '0x1234'",
                               "description mismatch: attribute 'attribute0': "
                               "source has 'OTHER', destination has 'VALUE'",
                               "description mismatch: attribute 'attribute1': "
                               "source has 'MORE', destination has none",
                               "description mismatch: vendor field 'unknown_field0': "
                               "source has none, destination has 'unknown_value0'",
                               "description mismatch: vendor field 'unknown_field1': "
                               "source has 'x', destination has none"),
        },
        { .name = "July 2020: an attribute of a device",
          .target = TO_DEVICE,
          .a = DESCRIPTION(SELF(JULY("1", "VALUE", "f")) ATTR("attribute0", "VALUE")),
          .b = DESCRIPTION(SELF(JULY("1", "VALUE", "f")) ATTR("attribute0", "OTHER")),
          .expected = INCOMPATIBLE("description mismatch: attribute 'attribute0': "
                                   "source has 'VALUE', destination has 'OTHER'"),
          .back = INCOMPATIBLE("description mismatch: attribute 'attribute0': "
                               "source has 'OTHER', destination has 'VALUE'"),
        },
        { .name = "July 2020: an attribute set to something else, on both devices",
          .target = TO_DEVICE,
          .a = DESCRIPTION(SELF(JULY("1", "VALUE", "f")) ATTR("attribute0", "OTHER")),
          .b = DESCRIPTION(SELF(JULY("1", "VALUE", "f")) ATTR("attribute0", "OTHER")),
          .expected = COMPATIBLE,
          .back = COMPATIBLE,
        },
        { .name = "July 2020: an attribute set to something else, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(JULY("1", "VALUE", "f")) ATTR("attribute0", "OTHER")),
          .b = DESCRIPTION(SELF(JULY("1", "VALUE", "f"))),
          .expected = INCOMPATIBLE("description mismatch: attribute 'attribute0': "
                                   "source has 'OTHER', destination has 'VALUE'"),
          .back = SETTINGS("attribute0=VALUE"),
        },
        { .name = "July 2020: an attribute whose value is not known",
          .target = TO_DEVICE,
          .a = DESCRIPTION(SELF(JULY("1", "VALUE", "f")) ATTR("attribute0", "VALUE")),
          .b = DESCRIPTION(SELF(JULY("1", "VALUE", "f"))),
          .expected = INCOMPATIBLE("description mismatch: attribute 'attribute0': "
                                   "source has 'VALUE', value of the destination is unknown"),
          .back = COMPATIBLE,
        },
        { .name = "description: an attribute that only the destination names, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF("<vendor>v</vendor>")),
          .b = DESCRIPTION(SELF("<vendor>v</vendor>" ATTR("a", "1"))),
          .expected = SETTINGS("a=1"),
          .back = INCOMPATIBLE("description mismatch: attribute 'a': "
                               "source has '1', destination has none"),
        },
        { .name = "description: an attribute that only the destination names",
          .target = TO_DEVICE,
          .a = DESCRIPTION(SELF("<vendor>v</vendor>") ATTR("a", "2")),
          .b = DESCRIPTION(SELF("<vendor>v</vendor>" ATTR("a", "1")) ATTR("a", "2")),
          .expected = INCOMPATIBLE("description mismatch: attribute 'a': "
                                   "destination has '2', '1' is needed"),
          .back = INCOMPATIBLE("description mismatch: attribute 'a': "
                               "source has '2', destination has none"),
        },
        { .name = "description: versions that are no numbers",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF("<version major='1' minor='0'/>")),
          .b = DESCRIPTION(SELF("<version major='1'/>")),
          .expected = INCOMPATIBLE("description mismatch: minor version: "
                                   "source has '0', destination has none"),
          .back = INCOMPATIBLE("description mismatch: minor version: "
                               "source has none, destination has '0'"),
        },

        /* 29 July and 5 August 2020: variables */
        { .name = "i915-GVTg_V5_2 with aggregator 1, to create",
          .target = TO_TYPE,
          .a = GVT("2", "1"),
          .b = GVT_TYPE("8"),
          .expected = SETTINGS("aggregator=1"),
          .back = INCOMPATIBLE("description mismatch: mediated device type: "
                               "source has 'i915-GVTg_V5_8', destination has 'i915-GVTg_V5_2'"),
        },
        { .name = "i915-GVTg_V5_4 with aggregator 2, to create",
          .target = TO_TYPE,
          .a = GVT("4", "2"),
          .b = GVT_TYPE("8"),
          .expected = SETTINGS("aggregator=2"),
          .back = INCOMPATIBLE("description mismatch: mediated device type: "
                               "source has 'i915-GVTg_V5_8', destination has 'i915-GVTg_V5_4'"),
        },
        { .name = "i915-GVTg_V5_8 with aggregator 4, to create",
          .target = TO_TYPE,
          .a = GVT("8", "4"),
          .b = GVT_TYPE("4"),
          .expected = SETTINGS("aggregator=4"),
          .back = INCOMPATIBLE("description mismatch: mediated device type: "
                               "source has 'i915-GVTg_V5_4', destination has 'i915-GVTg_V5_8'"),
        },
        { .name = "i915-GVTg_V5_4 with aggregator 1, to create",
          .target = TO_TYPE,
          .a = GVT("4", "1"),
          .b = GVT_TYPE("8"),
          .expected = INCOMPATIBLE("description mismatch: attribute 'aggregator': source has '1', "
                                   "destination allows '${val1}/2', which is '2' here"),
          .back = INCOMPATIBLE("description mismatch: mediated device type: "
                               "source has 'i915-GVTg_V5_8', destination has 'i915-GVTg_V5_4'"),
        },
        { .name = "i915-GVTg_V5_1, to create",
          .target = TO_TYPE,
          .a = GVT("1", "1"),
          .b = DESCRIPTION(GVT_ACCEPTS),
          .expected = INCOMPATIBLE("description mismatch: mediated device type: "
                                   "source has 'i915-GVTg_V5_1', "
                                   "destination allows 'i915-GVTg_V5_${val1}', with val1: 2, 4, 8"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "i915-GVTg_V5_4 with aggregator 2",
          .target = TO_DEVICE,
          .a = GVT("4", "2"),
          .b = DESCRIPTION(SELF(GVT_FIELDS TYPE("i915-GVTg_V5_8")) GVT_ACCEPTS
                           ATTR("aggregator", "2")),
          .expected = COMPATIBLE,
          .back = INCOMPATIBLE("description mismatch: mediated device type: "
                               "source has 'i915-GVTg_V5_8', destination has 'i915-GVTg_V5_4'",
                               "description mismatch: attribute 'aggregator': "
                               "value of the destination is unknown, '2' is needed"),
        },
        { .name = "i915-GVTg_V5_4 with aggregator 2, where it is 4",
          .target = TO_DEVICE,
          .a = GVT("4", "2"),
          .b = DESCRIPTION(GVT_ACCEPTS ATTR("aggregator", "4")),
          .expected = INCOMPATIBLE("description mismatch: attribute 'aggregator': "
                                   "source has '2', destination has '4'"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "27 July 2020: type_x2 gets type_x1 with aggregator 2, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(TYPE("type_x2"))),
          .b = DESCRIPTION(SELF(TYPE("type_x1") ATTR("aggregator", "1"))
                           ACCEPTS(NUMBERS("aggr", "1", "8")
                                   TYPE("type_x${aggr}") ATTR("aggregator", "${aggr}"))),
          .expected = SETTINGS("aggregator=2"),
          .back = INCOMPATIBLE("description mismatch: mediated device type: "
                               "source has 'type_x1', destination has 'type_x2'",
                               "description mismatch: attribute 'aggregator': "
                               "source has '1', destination has none"),
        },
        { .name = "27 July 2020: type_x9 is out of the range, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(TYPE("type_x9"))),
          .b = DESCRIPTION(ACCEPTS(NUMBERS("aggr", "1", "8")
                                   TYPE("type_x${aggr}") ATTR("aggregator", "${aggr}"))),
          .expected = INCOMPATIBLE("description mismatch: mediated device type: source has 'type_x9', "
                                   "destination allows 'type_x${aggr}', with aggr: 1-8",
                                   "description mismatch: attribute 'aggregator': "
                                   "destination allows '${aggr}', with aggr: 1-8: "
                                   "nothing says which value it has to have"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "27 July 2020: type_x02 is no number, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(TYPE("type_x02"))),
          .b = DESCRIPTION(ACCEPTS(NUMBERS("aggr", "1", "8") TYPE("type_x${aggr}"))),
          .expected = INCOMPATIBLE("description mismatch: mediated device type: source has 'type_x02', "
                                   "destination allows 'type_x${aggr}', with aggr: 1-8"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "variables: a function whose type says nothing, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF("<deviceAPI>vfio-pci</deviceAPI>")),
          .b = DESCRIPTION(ACCEPTS(NUMBERS("aggr", "1", "8")
                                   "<deviceAPI>vfio-pci</deviceAPI>"
                                   TYPE("type_x${aggr}") ATTR("aggregator", "${aggr}"))),
          .expected = INCOMPATIBLE("description mismatch: attribute 'aggregator': "
                                   "destination allows '${aggr}', with aggr: 1-8: "
                                   "nothing says which value it has to have"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "variables: only one value, which nothing else says, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF("<vendor>v</vendor>")),
          .b = DESCRIPTION(ACCEPTS(NUMBERS("a", "6", "6") LIST("b", ONE("x y"))
                                   "<vendor>v</vendor>"
                                   ATTR("half", "${a}/2") ATTR("both", "${b}-${a}"))),
          .expected = SETTINGS("both=x y-6", "half=3"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "variables: the attribute of the source says which value, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF("<vendor>v</vendor>" ATTR("a", "4"))),
          .b = DESCRIPTION(ACCEPTS(NUMBERS("x", "1", "8") "<vendor>v</vendor>"
                                   ATTR("a", "${x}") ATTR("b", "${x}/2"))),
          .expected = SETTINGS("a=4", "b=2"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "variables: a remainder, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(TYPE("t3"))),
          .b = DESCRIPTION(ACCEPTS(NUMBERS("x", "1", "8") TYPE("t${x}") ATTR("b", "${x}/2"))),
          .expected = INCOMPATIBLE("description mismatch: attribute 'b': "
                                   "destination allows '${x}/2', with x: 1-8: "
                                   "nothing says which value it has to have"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "variables: a range is one of numbers, not of their parts, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(TYPE("t2") FIELD("f", "4"))),
          .b = DESCRIPTION(ACCEPTS(NUMBERS("x", "3", "5") NUMBERS("y", "4", "6")
                                   TYPE("t${x}/2") FIELD("f", "${y}/1") ATTR("x", "${x}"))),
          .expected = SETTINGS("x=4"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "variables: a part of a number that is below its range, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(TYPE("t1"))),
          .b = DESCRIPTION(ACCEPTS(NUMBERS("x", "3", "5") TYPE("t${x}/2"))),
          .expected = INCOMPATIBLE("description mismatch: mediated device type: source has 't1', "
                                   "destination allows 't${x}/2', with x: 3-5"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "variables: a large number, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(TYPE("t4611686018427387903"))),
          .b = DESCRIPTION(ACCEPTS(NUMBERS("x", "0", "9223372036854775806")
                                   TYPE("t${x}/2") ATTR("b", "${x}"))),
          .expected = SETTINGS("b=9223372036854775806"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "variables: a number that would be too large, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(TYPE("t4611686018427387904"))),
          .b = DESCRIPTION(ACCEPTS(NUMBERS("x", "0", "9223372036854775806") TYPE("t${x}/2"))),
          .expected = INCOMPATIBLE("description mismatch: mediated device type: "
                                   "source has 't4611686018427387904', "
                                   "destination allows 't${x}/2', with x: 0-9223372036854775806"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "variables: a number with too many digits, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(TYPE("t99999999999999999999999999"))),
          .b = DESCRIPTION(ACCEPTS(NUMBERS("x", "0", "9223372036854775806") TYPE("t${x}"))),
          .expected = INCOMPATIBLE("description mismatch: mediated device type: "
                                   "source has 't99999999999999999999999999', "
                                   "destination allows 't${x}', with x: 0-9223372036854775806"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "variables: the same value everywhere, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF("<vendor>v2</vendor>" ID("device", "3"))),
          .b = DESCRIPTION(ACCEPTS(NUMBERS("x", "1", "8") "<vendor>v${x}</vendor>"
                                   ID("device", "${x}"))),
          .expected = INCOMPATIBLE("description mismatch: id 'device': source has '3', "
                                   "destination allows '${x}', which is '2' here"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "variables: a longer value that does not fit, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(TYPE("x10") FIELD("f", "1"))),
          .b = DESCRIPTION(ACCEPTS(LIST("a", ONE("10") ONE("1")) TYPE("x${a}0") FIELD("f", "${a}"))),
          .expected = COMPATIBLE,
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "variables: a binding of which only another field knows, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF("<vendor>aaa</vendor>" TYPE("aa"))),
          .b = DESCRIPTION(ACCEPTS(LIST("x", ONE("a") ONE("aa")) LIST("y", ONE("aa") ONE("a"))
                                   "<vendor>${x}${y}</vendor>" TYPE("${y}")
                                   ATTR("x", "${x}"))),
          .expected = SETTINGS("x=a"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "variables: of several bindings, the one with longer values first, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(TYPE("x111"))),
          .b = DESCRIPTION(ACCEPTS(LIST("a", ONE("1") ONE("11")) LIST("b", ONE("11") ONE("1"))
                                   TYPE("x${a}${b}") ATTR("a", "${a}") ATTR("b", "${b}"))),
          .expected = SETTINGS("a=11", "b=1"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "variables: empty values, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF("<vendor>v</vendor>" FIELD("pv_mode", ""))),
          .b = DESCRIPTION(ACCEPTS(LIST("val2", ONE("none+ppgtt") ONE(""))
                                   "<vendor>v${val2}</vendor>" FIELD("pv_mode", "${val2}")
                                   ATTR("mode", "${val2}"))),
          .expected = SETTINGS("mode="),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "variables: dollars and slashes that mean nothing, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF("<vendor>$7/x {a} $a</vendor>")),
          .b = DESCRIPTION(ACCEPTS(NUMBERS("a", "1", "8") "<vendor>$${a}/x {a} $a</vendor>")),
          .expected = COMPATIBLE,
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "description: the first that fits is taken, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(TYPE("t"))),
          .b = DESCRIPTION(ACCEPTS(TYPE("u") ATTR("a", "0"))
                           ACCEPTS(TYPE("t") ATTR("a", "1"))
                           ACCEPTS(TYPE("t") ATTR("a", "2"))),
          .expected = SETTINGS("a=1"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "description: itself before what it accepts, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF(TYPE("t"))),
          .b = DESCRIPTION(ACCEPTS(TYPE("t") ATTR("a", "1"))
                           SELF(TYPE("t") ATTR("a", "0"))),
          .expected = SETTINGS("a=0"),
          .back = INCOMPATIBLE("description mismatch: attribute 'a': "
                               "source has '0', destination has none"),
        },
        { .name = "description: the closest says why, to create",
          .target = TO_TYPE,
          .a = DESCRIPTION(SELF("<vendor>v</vendor>" TYPE("t"))),
          .b = DESCRIPTION(SELF("<vendor>w</vendor>" TYPE("u") FIELD("f", "1"))
                           ACCEPTS("<vendor>w</vendor>" TYPE("u"))
                           ACCEPTS("<vendor>v</vendor>" TYPE("w"))
                           ACCEPTS("<vendor>v</vendor>" TYPE("u"))
                           ACCEPTS("<vendor>w</vendor>" TYPE("w"))),
          .expected = INCOMPATIBLE("description mismatch: mediated device type: "
                                   "source has 't', destination allows 'u'"),
          .back = INCOMPATIBLE("description mismatch: vendor: "
                               "source has 'w', destination has 'v'",
                               "description mismatch: mediated device type: "
                               "source has 'u', destination has 't'",
                               "description mismatch: vendor field 'f': "
                               "source has '1', destination has none"),
        },
        { .name = "description: nothing that is accepted",
          .target = TO_DEVICE,
          .a = DESCRIPTION(SELF(TYPE("t"))),
          .b = DESCRIPTION(""),
          .expected = INCOMPATIBLE("description mismatch: description: "
                                   "the destination does not say what it accepts"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
        { .name = "description: incomplete on one side",
          .target = TO_DEVICE,
          .a = DESCRIPTION(SELF(TYPE("t"))),
          .b = "<interface type='description' incomplete='yes'>" SELF(TYPE("t")) "</interface>",
          .expected = INCOMPATIBLE("description mismatch: value unknown: "
                                   "destination publishes something that cannot be used"),
          .back = INCOMPATIBLE("description mismatch: value unknown: "
                               "source publishes something that cannot be used"),
        },

        /* ccw, from the list of 19 August 2020 and the attributes of 9 September */
        { .name = "ccw fields",
          .target = TO_TYPE,
          .a = ATTRIBUTES("vfio-ccw", "<mdevType>vfio_ccw-io</mdevType>"
                          "<compatible name='chpid_type'><value>0x1b</value></compatible>"
                          "<compatible name='subchannel_type'><value>0</value></compatible>"),
          .b = ATTRIBUTES("vfio-ccw", "<mdevType>vfio_ccw-io</mdevType>"
                          "<compatible name='subchannel_type'><value>0</value></compatible>"
                          "<compatible name='chpid_type'><value>0x11</value><value>0x1b</value>"
                          "</compatible>"),
          .expected = COMPATIBLE,
          .back = INCOMPATIBLE("attributes mismatch: compatible_chpid_type: "
                               "source has '0x11, 0x1b', destination has '0x1b', "
                               "which lacks '0x11'"),
        },
        { .name = "ccw fields in a description",
          .target = TO_DEVICE,
          .a = DESCRIPTION(SELF("<deviceAPI>vfio-ccw</deviceAPI>"
                                ID("subchannel_type", "0x0000") ID("chpid_type", "0x001b"))),
          .b = DESCRIPTION(SELF("<deviceAPI>vfio-ccw</deviceAPI>"
                                ID("subchannel_type", "0x0000") ID("chpid_type", "0x0011"))
                           ACCEPTS(LIST("chpid", ONE("0x0011") ONE("0x001b"))
                                   "<deviceAPI>vfio-ccw</deviceAPI>"
                                   ID("subchannel_type", "0x0000") ID("chpid_type", "${chpid}"))),
          .expected = COMPATIBLE,
          .back = INCOMPATIBLE("description mismatch: id 'chpid_type': "
                               "source has '0x0011', destination has '0x001b'"),
        },

        /* tokens: only a driver can tell */
        { .name = "token: equal",
          .target = TO_TYPE,
          .a = TOKEN("8086-193b-i915-GVTg_V5_2"),
          .b = TOKEN("8086-193b-i915-GVTg_V5_2"),
          .expected = ASK(.reasons = { "token ask: token: source has '8086-193b-i915-GVTg_V5_2', "
                                       "destination has '8086-193b-i915-GVTg_V5_2', "
                                       "only the driver of the destination can tell" },
                          .token = "8086-193b-i915-GVTg_V5_2"),
          .back = ASK(.reasons = { "token ask: token: source has '8086-193b-i915-GVTg_V5_2', "
                                   "destination has '8086-193b-i915-GVTg_V5_2', "
                                   "only the driver of the destination can tell" },
                      .token = "8086-193b-i915-GVTg_V5_2"),
        },
        { .name = "token: another one",
          .target = TO_DEVICE,
          .a = TOKEN("a"),
          .b = TOKEN("b"),
          .expected = ASK(.reasons = { "token ask: token: source has 'a', destination has 'b', "
                                       "only the driver of the destination can tell" },
                          .token = "a"),
          .back = ASK(.reasons = { "token ask: token: source has 'b', destination has 'a', "
                                   "only the driver of the destination can tell" },
                      .token = "b"),
        },
        { .name = "token: unusable",
          .target = TO_DEVICE,
          .a = TOKEN("a"),
          .b = NO_TOKEN,
          .expected = INCOMPATIBLE("token mismatch: token: "
                                   "source has 'a', value of the destination is unknown"),
          .back = INCOMPATIBLE("token mismatch: token: "
                               "value of the source is unknown, destination has 'a'"),
        },
        { .name = "token: incomplete",
          .target = TO_DEVICE,
          .a = TOKEN("a"),
          .b = "<interface type='token' incomplete='yes'><token>b</token></interface>",
          .expected = INCOMPATIBLE("token ask: token: source has 'a', destination has 'b', "
                                   "only the driver of the destination can tell",
                                   "token mismatch: value unknown: "
                                   "destination publishes something that cannot be used"),
          .back = INCOMPATIBLE("token ask: token: source has 'b', destination has 'a', "
                               "only the driver of the destination can tell",
                               "token mismatch: value unknown: "
                               "source publishes something that cannot be used"),
        },
        { .name = "token: on one side, nothing in common",
          .target = TO_DEVICE,
          .a = TOKEN("a"),
          .b = VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .expected = ONE_SIDED("versions one-sided: interface 'versions': only the destination publishes it",
                                "token one-sided: interface 'token': only the source publishes it"),
          .back = ONE_SIDED("versions one-sided: interface 'versions': only the source publishes it",
                            "token one-sided: interface 'token': only the destination publishes it"),
        },
        { .name = "token: on one side, nobody else publishes",
          .target = TO_DEVICE,
          .a = TOKEN("a"),
          .expected = ONE_SIDED("token one-sided: interface 'token': only the source publishes it"),
          .back = ONE_SIDED("token one-sided: interface 'token': only the destination publishes it"),
        },
        { .name = "token: on one side, something else in common",
          .target = TO_DEVICE,
          .a = VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))) TOKEN("a"),
          .b = VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .expected = INCOMPATIBLE("token mismatch: interface 'token': only the source publishes it"),
          .back = INCOMPATIBLE("token mismatch: interface 'token': only the destination publishes it"),
        },

        /* several interfaces */
        { .name = "all interfaces agree, to create",
          .target = TO_TYPE,
          .a = ATTRIBUTES("vfio-pci", "<mdevType>t1</mdevType>" RESOURCE("aggregator", "value='2'"))
               PARAMETERS(NUM_QUEUES("value='4'"))
               VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT)))
               DESCRIPTION(SELF(TYPE("t1") ATTR("aggregator", "2")))
               TOKEN("a"),
          .b = ATTRIBUTES("vfio-pci", "<mdevType>t1</mdevType>" RESOURCE("aggregator", ""))
               PARAMETERS(NUM_QUEUES(""))
               VERSIONS(MODEL("m", "", VERSION_OF("v1", "")))
               DESCRIPTION(ACCEPTS(NUMBERS("a", "1", "2") TYPE("t1") ATTR("aggregator", "${a}")))
               TOKEN("b"),
          .expected = ASK(.reasons = { "token ask: token: source has 'a', destination has 'b', "
                                       "only the driver of the destination can tell" },
                          .settings = { "aggregator=2", "migration/num-queues=4",
                                        "migration/device_model=m", "migration/version=v1" },
                          .token = "a"),
          .back = INCOMPATIBLE("attributes mismatch: dynamic resource 'aggregator': "
                               "value of the source is unknown",
                               "parameters mismatch: parameter 'num-queues': "
                               "value of the source is unknown",
                               "versions mismatch: device model: "
                               "value of the source is unknown, destination allows 'm'",
                               "description mismatch: description: "
                               "the source does not describe itself",
                               "token ask: token: source has 'b', destination has 'a', "
                               "only the driver of the destination can tell"),
        },
        { .name = "one interface agrees, the other does not",
          .target = TO_TYPE,
          .a = ATTRIBUTES("vfio-pci", "<mdevType>t1</mdevType>" RESOURCE("aggregator", "value='2'"))
               VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .b = ATTRIBUTES("vfio-pci", "<mdevType>t1</mdevType>" RESOURCE("aggregator", "value='1'"))
               VERSIONS(MODEL("m", CURRENT, VERSION_OF("v2", CURRENT))),
          .expected = INCOMPATIBLE("versions mismatch: device version: "
                                   "source has 'v1', destination allows 'v2'"),
          .back = INCOMPATIBLE("versions mismatch: device version: "
                               "source has 'v2', destination allows 'v1'"),
        },
        { .name = "the other interface agrees, the one does not",
          .target = TO_DEVICE,
          .a = PARAMETERS(NUM_QUEUES("value='4'"))
               DESCRIPTION(SELF(TYPE("t1"))) TOKEN("a"),
          .b = PARAMETERS(NUM_QUEUES("value='5'"))
               DESCRIPTION(SELF(TYPE("t1"))) TOKEN("a"),
          .expected = INCOMPATIBLE("parameters mismatch: parameter 'num-queues': "
                                   "source has '4', destination has '5'",
                                   "token ask: token: source has 'a', destination has 'a', "
                                   "only the driver of the destination can tell"),
          .back = INCOMPATIBLE("parameters mismatch: parameter 'num-queues': "
                               "source has '5', destination has '4'",
                               "token ask: token: source has 'a', destination has 'a', "
                               "only the driver of the destination can tell"),
        },
        { .name = "an interface of one side only",
          .target = TO_TYPE,
          .a = PARAMETERS(NUM_QUEUES("value='4'"))
               VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .b = VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT)))
               DESCRIPTION(SELF(TYPE("t1"))),
          .expected = { .verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE,
                        .reasons = { "parameters note: interface 'parameters': only the source publishes it",
                                     "description note: interface 'description': only the destination publishes it" },
                        .settings = { "migration/device_model=m", "migration/version=v1" } },
          .back = { .verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE,
                    .reasons = { "parameters note: interface 'parameters': only the destination publishes it",
                                 "description note: interface 'description': only the source publishes it" },
                    .settings = { "migration/device_model=m", "migration/version=v1" } },
        },
        { .name = "interfaces, none in common",
          .target = TO_TYPE,
          .a = PARAMETERS(NUM_QUEUES("value='4'")),
          .b = DESCRIPTION(SELF(TYPE("t1"))),
          .expected = ONE_SIDED("parameters one-sided: interface 'parameters': only the source publishes it",
                                "description one-sided: interface 'description': only the destination publishes it"),
          .back = ONE_SIDED("parameters one-sided: interface 'parameters': only the destination publishes it",
                            "description one-sided: interface 'description': only the source publishes it"),
        },
        { .name = "two interfaces want the same",
          .target = TO_TYPE,
          .a = ATTRIBUTES("vfio-pci", RESOURCE("migration/a", "value='2'") RESOURCE("b", "value='1'"))
               PARAMETERS(PARAM("a", "int", "value='2'", ""))
               DESCRIPTION(SELF(ATTR("b", "1"))),
          .b = ATTRIBUTES("vfio-pci", RESOURCE("b", "value='7'") RESOURCE("migration/a", "value='7'"))
               PARAMETERS(PARAM("a", "int", "value='7'", ""))
               DESCRIPTION(SELF(ATTR("b", "1"))),
          .expected = SETTINGS("b=1", "migration/a=2"),
          .back = INCOMPATIBLE("description mismatch: attribute 'b' of the device: "
                               "interface 'attributes' asks for '7', interface 'description' for '1'"),
        },
        { .name = "two interfaces want different values",
          .target = TO_TYPE,
          .a = ATTRIBUTES("vfio-pci", RESOURCE("migration/a", "value='2'")
                          RESOURCE("migration/version", "value='" X200 "'"))
               PARAMETERS(PARAM("a", "int", "value='3'", ""))
               VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .b = ATTRIBUTES("vfio-pci", RESOURCE("migration/version", "value='x'")
                          RESOURCE("migration/a", "value='7'"))
               PARAMETERS(PARAM("a", "int", "value='7'", ""))
               VERSIONS(MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .expected = INCOMPATIBLE("parameters mismatch: attribute 'migration/a' of the device: "
                                   "interface 'attributes' asks for '2', interface 'parameters' for '3'",
                                   "versions mismatch: attribute 'migration/version' of the device: "
                                   "interface 'attributes' asks for '" X100 "...', interface 'versions' for 'v1'"),
          .back = INCOMPATIBLE("versions mismatch: attribute 'migration/version' of the device: "
                               "interface 'attributes' asks for 'x', interface 'versions' for 'v1'"),
        },

        { .name = "two interfaces, and only one accepted device wants the same",
          .target = TO_TYPE,
          .a = ATTRIBUTES("vfio-pci", RESOURCE("b", "value='2'"))
               DESCRIPTION(SELF(TYPE("t"))),
          .b = ATTRIBUTES("vfio-pci", RESOURCE("b", "value='1'"))
               DESCRIPTION(ACCEPTS(TYPE("t") ATTR("b", "1"))
                           ACCEPTS(TYPE("t") ATTR("b", "2"))
                           ACCEPTS(TYPE("t") ATTR("b", "3"))),
          .expected = SETTINGS("b=2"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },

        /* PCI functions have no type */
        { .name = "mediated device and function, attributes",
          .target = TO_FUNCTION,
          .a = ATTRIBUTES("vfio-pci", "<mdevType>t1</mdevType>" RESOURCE("a", "value='2'")),
          .b = ATTRIBUTES("vfio-pci", RESOURCE("a", "value='2'")),
          .expected = COMPATIBLE_WITH("attributes note: mediated device type: "
                                      "source has 't1', destination has none"),
          .back = COMPATIBLE_WITH("attributes note: mediated device type: "
                                  "source has none, destination has 't1'"),
        },
        { .name = "mediated device and function, values",
          .target = TO_FUNCTION,
          .a = ATTRIBUTES("vfio-pci", RESOURCE("a", "value='2'")) PARAMETERS(NUM_QUEUES("value='4'")),
          .b = ATTRIBUTES("vfio-pci", RESOURCE("a", "value='1'")) PARAMETERS(NUM_QUEUES("")),
          .expected = INCOMPATIBLE("attributes mismatch: dynamic resource 'a': "
                                   "source has '2', destination has '1'",
                                   "parameters mismatch: parameter 'num-queues': "
                                   "source has '4', value of the destination is unknown"),
          .back = INCOMPATIBLE("attributes mismatch: dynamic resource 'a': "
                               "source has '1', destination has '2'",
                               "parameters mismatch: parameter 'num-queues': "
                               "value of the source is unknown, destination has '4'"),
        },
        { .name = "mediated device and function, description",
          .target = TO_FUNCTION,
          .a = DESCRIPTION(SELF("<vendor>v</vendor>" TYPE("t1"))),
          .b = DESCRIPTION(SELF("<vendor>v</vendor>")),
          .expected = COMPATIBLE_WITH("description note: mediated device type: "
                                      "source has 't1', destination has none"),
          .back = COMPATIBLE_WITH("description note: mediated device type: "
                                  "source has none, destination has 't1'"),
        },
        { .name = "function and mediated device, description",
          .target = TO_DEVICE,
          .a = DESCRIPTION(SELF("<vendor>v</vendor>")),
          .b = DESCRIPTION(SELF("<vendor>v</vendor>" TYPE("t1"))),
          .expected = COMPATIBLE_WITH("description note: mediated device type: "
                                      "source has none, destination has 't1'"),
          .back = INCOMPATIBLE("description mismatch: mediated device type: "
                               "source has 't1', destination has none"),
        },
        { .name = "mediated device and function that names types",
          .target = TO_FUNCTION,
          .a = DESCRIPTION(SELF("<vendor>v</vendor>" TYPE("t4"))),
          .b = DESCRIPTION(ACCEPTS(LIST("n", ONE("2") ONE("4"))
                                   "<vendor>v</vendor>" TYPE("t${n}") ATTR("a", "${n}"))
                           ATTR("a", "2")),
          .expected = INCOMPATIBLE("description mismatch: attribute 'a': "
                                   "destination has '2', '4' is needed"),
          .back = INCOMPATIBLE("description mismatch: description: "
                               "the source does not describe itself"),
        },
    };
    static const struct testRangeData ranges[] = {
        { "0", true }, { "255", true }, { "256", false }, { "511", false },
        { "512", true }, { "513", false }, { "1023", false }, { "1024", true },
        { "2048", true }, { "2049", false },
    };
    static const struct testTemplateData templates[] = {
        { "", true }, { "x", true }, { "$", true }, { "{a}", true }, { "$a", true },
        { "${a}", true }, { "x${a}/2y${ab}", true }, { "$${a}", true }, { "${a b}", true },
        { "${a}/", true }, { "${a}/x", true }, { "${a}/1", true }, { "${a}//2", true },
        { "${a}/9223372036854775806", true }, { "${a}}", true },
        { "${", false }, { "${}", false }, { "${b}", false }, { "${a", false },
        { "${aa}", false }, { "${ a}", false }, { "${a}/0", false }, { "${a}${b}", false },
        { "${a}/9223372036854775807", false }, { "${A}", false }, { "${${a}}", false },
    };
    static const struct testPuzzleData puzzles[] = {
        { .text = 'x', .literal = true },
        { .text = 'x' },
        { .text = 'x', .fields = true },
        { .text = '1', .range = true },
        { .text = '1', .range = true, .fields = true },
        { .text = '1' },
    };
    int ret = 0;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(cases); i++)
        virTestRunLog(&ret, cases[i].name, testCompare, &cases[i]);

    for (i = 0; i < G_N_ELEMENTS(xmlCases); i++)
        virTestRunLog(&ret, xmlCases[i].name, testCompareXML, &xmlCases[i]);

    for (i = 0; i < G_N_ELEMENTS(ranges); i++) {
        g_autofree char *name = g_strdup_printf("range and %s", ranges[i].value);

        virTestRunLog(&ret, name, testRange, &ranges[i]);
    }

    for (i = 0; i < G_N_ELEMENTS(templates); i++) {
        g_autofree char *name = g_strdup_printf("template '%s'", templates[i].text);

        virTestRunLog(&ret, name, testTemplate, &templates[i]);
    }

    for (i = 0; i < G_N_ELEMENTS(puzzles); i++) {
        g_autofree char *name = g_strdup_printf("puzzle %zu", i);

        virTestRunLog(&ret, name, testPuzzle, &puzzles[i]);
    }

    virTestRunLog(&ret, "long values to set", testExpand, NULL);
    virTestRunLog(&ret, "type of a mediated device", testMdevType, NULL);
    virTestRunLog(&ret, "reduced source", testReduce, NULL);
    virTestRunLog(&ret, "huge values", testBounded, NULL);
    virTestRunLog(&ret, "characters of several bytes", testCharacters, NULL);

    virTestRunLog(&ret, "codes in the schema", testCodes,
                  "src/conf/schemas/migrationcomparison.rng");
    virTestRunLog(&ret, "codes in the manual", testCodes, "docs/manpages/virsh.rst");

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN(mymain)
