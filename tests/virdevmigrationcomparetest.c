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

#include "virdevmigrationcompare.h"

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
    const char *types;
    struct testField fields[4];
    struct testField resources[4];
};

struct testExpected {
    virDevMigrationVerdict verdict;
    bool oneSided;
    const char *reasons[12];    /* kind and text */
    const char *settings[4];
};

struct testCase {
    const char *name;
    virDevMigrationTarget target;
    struct testSide a;
    struct testSide b;
    struct testExpected expected;       /* from a to b */
    struct testExpected back;           /* from b to a */
};


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
        !side->version && !side->fields[0].name && !side->resources[0].name)
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

    return virBufferContentAndReset(&buf);
}


static char *
testFormatExpected(const struct testExpected *expected)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    g_auto(virBuffer) deciding = VIR_BUFFER_INITIALIZER;
    size_t i;

    virBufferAsprintf(&buf, "%s%s\n",
                      virDevMigrationVerdictTypeToString(expected->verdict),
                      expected->oneSided ? " one-sided" : "");

    for (i = 0; expected->reasons[i]; i++) {
        const char *reason = expected->reasons[i];

        virBufferAsprintf(&buf, "attributes %s\n", reason);
        if (!STRPREFIX(reason, "note: "))
            virBufferAsprintf(&deciding, "%s; ", strstr(reason, ": ") + 2);
    }

    virBufferTrim(&deciding, "; ");
    virBufferAsprintf(&buf, "\"%s\"\n", virBufferCurrentContent(&deciding));

    for (i = 0; i < G_N_ELEMENTS(expected->settings) && expected->settings[i]; i++)
        virBufferAsprintf(&buf, "%s\n", expected->settings[i]);

    return virBufferContentAndReset(&buf);
}


static int
testOneWay(const struct testSide *source,
           const struct testSide *destination,
           virDevMigrationTarget target,
           const struct testExpected *expected)
{
    g_autoptr(virDevMigration) s = testMigration(source, false);
    g_autoptr(virDevMigration) d = testMigration(destination, false);
    g_autoptr(virDevMigration) sReversed = testMigration(source, true);
    g_autoptr(virDevMigration) dReversed = testMigration(destination, true);
    g_autoptr(virDevMigrationComparison) comparison = virDevMigrationCompare(s, d, target);
    g_autoptr(virDevMigrationComparison) reversed = virDevMigrationCompare(sReversed, dReversed,
                                                                          target);
    g_auto(virBuffer) reasons = VIR_BUFFER_INITIALIZER;
    g_auto(virBuffer) reasonsReversed = VIR_BUFFER_INITIALIZER;
    g_autofree char *actual = testFormat(comparison);
    g_autofree char *wanted = testFormatExpected(expected);

    if (virTestCompareToString(wanted, actual) < 0)
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
        (comparison->reasons->len == 0) != (expected != VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE)) {
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

    if (testOneWay(&data->a, &data->b, data->target, &data->expected) < 0 ||
        testOneWay(&data->b, &data->a, data->target, &data->back) < 0 ||
        testItself(&data->a) < 0 ||
        testItself(&data->b) < 0)
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
#define INCOMPATIBLE(...) \
    { .verdict = VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE, .reasons = { __VA_ARGS__ } }
#define ONE_SIDED(...) \
    { .verdict = VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE, .oneSided = true, \
      .reasons = { __VA_ARGS__ } }
#define SETTINGS(...) \
    { .verdict = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE, .settings = { __VA_ARGS__ } }

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
    int ret = 0;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(cases); i++)
        virTestRunLog(&ret, cases[i].name, testCompare, &cases[i]);

    virTestRunLog(&ret, "huge values", testBounded, NULL);
    virTestRunLog(&ret, "characters of several bytes", testCharacters, NULL);

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN(mymain)
