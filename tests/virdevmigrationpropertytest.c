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
#include "virdevmigrationlaunch.h"
#include "virrandom.h"
#include "virxml.h"

#define VIR_FROM_THIS VIR_FROM_NONE

/* What must hold for all devices, tried with many that are made at random:
 * pairs of which is known that they fit, pairs with a mismatch, and pairs of
 * which nothing is known.
 *
 * VIR_TEST_PROPERTY_SEED and VIR_TEST_PROPERTY_PAIRS replace the defaults. A
 * failure says which pair it was; with that as VIR_TEST_PROPERTY_FIRST, and one
 * pair, it comes again. */
#define SEED 20200714
#define PAIRS 10000

/* how often, in percent */
#define OFTEN 70
#define HALF 50
#define SOMETIMES 25
#define RARELY 8

typedef struct {
    GRand *rand;
    virDevMigrationTarget target;
    bool fromProgram;           /* the source is one */
    unsigned int sourceMask;    /* interfaces */
    unsigned int destinationMask;
    const char *model;          /* of what has parameters */
    bool fits;                  /* nothing speaks against the common interfaces */
    bool mismatch;              /* something does */
    virDevMigration *source;
    virDevMigration *destination;
} testPair;

static struct {
    unsigned long long seed;
    size_t verdicts[VIR_DEV_MIGRATION_INTERFACE_LAST][VIR_DEV_MIGRATION_VERDICT_LAST];
    size_t oneSided;
    size_t programs[VIR_DEV_MIGRATION_VERDICT_LAST];    /* on at least one side */
    size_t mutations[VIR_DEV_MIGRATION_INTERFACE_LAST];
} stats;


/* What a program can publish */
#define MODEL "org.project/graphics-card"
#define OTHER_MODEL "vendor-a.com/my-nic"
#define PROGRAM_MASK (1 << VIR_DEV_MIGRATION_INTERFACE_PARAMETERS | \
                      1 << VIR_DEV_MIGRATION_INTERFACE_VERSIONS)


static virDevMigrationComparison *
testCompare(const testPair *pair,
            const virDevMigration *source,
            const virDevMigration *destination)
{
    if (pair->fromProgram)
        return virDevMigrationCompareProgram(source, destination, pair->target);

    return virDevMigrationCompare(source, destination, pair->target);
}


/* Does the destination get its values from the source? */
static bool
testIsMade(const testPair *pair)
{
    return pair->target == VIR_DEV_MIGRATION_TARGET_TYPE ||
           pair->target == VIR_DEV_MIGRATION_TARGET_PROGRAM;
}


static bool
testChance(testPair *pair,
           int percent)
{
    return g_rand_int_range(pair->rand, 0, 100) < percent;
}


static size_t
testNumber(testPair *pair,
           size_t min,
           size_t max)
{
    return g_rand_int_range(pair->rand, min, max + 1);
}


static unsigned long long
testLower(testPair *pair,
          unsigned long long number)
{
    size_t n = testNumber(pair, 0, 2);

    return number - MIN(number, n);
}


/* Text that is different for each @i. */
static char *
testText(testPair *pair,
         size_t i)
{
    static const char *const texts[] = {
        "x", "a&b<c>'\"", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa7", "with blanks in it",
        "$x", "{x}", "0x12", "/", "...",
    };

    switch (testNumber(pair, 0, 3)) {
    case 0:
        return g_strdup_printf("%zu", i);
    case 1:
        return g_strdup_printf("%0*zu", (int) testNumber(pair, 1, 200), i);
    default:
        return g_strdup_printf("%s%zu", texts[testNumber(pair, 0, G_N_ELEMENTS(texts) - 1)], i);
    }
}


static void
testShuffle(testPair *pair,
            GPtrArray *array)
{
    size_t i;

    for (i = 1; i < array->len; i++) {
        size_t j = testNumber(pair, 0, i);
        void *tmp = g_ptr_array_index(array, i);

        g_ptr_array_index(array, i) = g_ptr_array_index(array, j);
        g_ptr_array_index(array, j) = tmp;
    }
}


/* Returns a list of a value, if there is one, and of @n others, shuffled. */
static char **
testList(testPair *pair,
         const char *value,
         size_t n,
         const char *prefix)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    size_t i;

    if (value)
        g_ptr_array_add(list, g_strdup(value));
    for (i = 0; i < n; i++)
        g_ptr_array_add(list, g_strdup_printf("%s%zu", prefix, i));
    testShuffle(pair, list);
    g_ptr_array_add(list, NULL);

    return (char **) g_ptr_array_free(g_steal_pointer(&list), FALSE);
}


/*
 * Devices
 */

static void
testMakeAttributes(testPair *pair,
                   virDevMigration *device)
{
    virDevMigrationAttributes *attributes = virDevMigrationAttributesNew();
    size_t n = testNumber(pair, 0, 3);
    size_t i;

    device->attributes = attributes;
    attributes->deviceAPI = g_strdup("vfio-pci");
    if (pair->target != VIR_DEV_MIGRATION_TARGET_FUNCTION)
        attributes->mdevType = g_strdup_printf("vendor-type_%zu", testNumber(pair, 1, 8));

    if (testChance(pair, OFTEN)) {
        attributes->softwareVersion = g_new0(virDevMigrationVersion, 1);
        attributes->softwareVersion->major = testNumber(pair, 0, 2);
        attributes->softwareVersion->minor = testNumber(pair, 0, 3);
        attributes->softwareVersion->bugfix = testNumber(pair, 0, 9);
    } else if (testChance(pair, HALF)) {
        attributes->softwareVersionText = g_strdup_printf("17.%zu-grid", testNumber(pair, 0, 9));
    }

    if (testChance(pair, HALF))
        attributes->compatibleTypes = testList(pair, "vendor-type", testNumber(pair, 0, 2), "t");

    for (i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("ids%zu", i);
        g_auto(GStrv) values = testList(pair, "591b", testNumber(pair, 0, 3), "59");

        virDevMigrationAttributesAddCompatible(attributes, name, &values);
    }

    n = testNumber(pair, 0, 3);
    for (i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("%sresource%zu", i == 1 ? "vendor/" : "", i);
        g_autofree char *value = testText(pair, i);

        virDevMigrationAttributesAddResource(attributes, name, value);
    }
}


/* Returns one for which @value is allowed, if there is one, or a device. */
static virDevMigrationParam *
testMakeParam(testPair *pair,
              const char *name,
              virDevMigrationParamType type,
              const char *value)
{
    g_autoptr(virDevMigrationParam) param = virDevMigrationParamNew(name, type);
    g_autofree char *own = NULL;
    unsigned long long number;
    size_t n = testNumber(pair, 0, 2);
    size_t i;

    if (!value) {
        if (type == VIR_DEV_MIGRATION_PARAM_BOOL)
            own = g_strdup(testChance(pair, HALF) ? "on" : "off");
        else if (type == VIR_DEV_MIGRATION_PARAM_INT)
            own = g_strdup_printf("%zu", testNumber(pair, 0, 12));
        else
            own = testText(pair, testNumber(pair, 0, 3));
        value = own;
    }

    param->value = g_strdup(value);
    param->init = g_strdup(value);

    if (testChance(pair, HALF))
        param->description = g_strdup("for <developers>");

    if (testChance(pair, SOMETIMES))
        return g_steal_pointer(&param);

    if (type == VIR_DEV_MIGRATION_PARAM_INT && testChance(pair, HALF)) {
        for (i = 0; i < n; i++)
            virDevMigrationParamAddAllowed(param, NULL, 1000 * i + 100, 1000 * i + 200);
        ignore_value(virDevMigrationParseNumber(value, &number));
        virDevMigrationParamAddAllowed(param, NULL, testLower(pair, number),
                                       number + testNumber(pair, 0, 2));
    } else {
        if (type == VIR_DEV_MIGRATION_PARAM_BOOL && testChance(pair, HALF))
            virDevMigrationParamAddAllowed(param, STREQ(value, "on") ? "off" : "on", 0, 0);
        virDevMigrationParamAddAllowed(param, value, 0, 0);
    }

    return g_steal_pointer(&param);
}


static void
testMakeParameters(testPair *pair,
                   virDevMigration *device)
{
    virDevMigrationParamModel *model;
    size_t n = testNumber(pair, 0, 4);
    size_t i;

    device->parameters = virDevMigrationParametersNew();
    model = virDevMigrationParametersAddModel(device->parameters, pair->model);

    for (i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("p%zu", testNumber(pair, 0, 9));
        virDevMigrationParamType type = testNumber(pair, 0, 2);
        g_autoptr(virDevMigrationParam) param = testMakeParam(pair, name, type, NULL);

        if (type == VIR_DEV_MIGRATION_PARAM_BOOL && testChance(pair, OFTEN))
            param->off = g_strdup("off");
        else if (testChance(pair, HALF))
            param->off = g_strdup(type == VIR_DEV_MIGRATION_PARAM_BOOL ? "on" : "0");

        virDevMigrationParamModelAddParam(model, &param);
    }
}


static void
testMakeVersions(testPair *pair,
                 virDevMigration *device)
{
    virDevMigrationVersionModel *model;
    g_auto(GStrv) list = testList(pair, "v9", testNumber(pair, 0, 3), "4GB-v");
    g_auto(GStrv) other = testList(pair, "v9", testNumber(pair, 0, 1), "8GB-v");

    device->versions = virDevMigrationVersionsNew();
    model = virDevMigrationVersionsAddModel(device->versions, MODEL, &list);
    model->current = true;
    model->currentVersion = g_strdup(model->versions[testNumber(pair, 0,
                                                                g_strv_length(model->versions) - 1)]);

    if (testChance(pair, SOMETIMES))
        virDevMigrationVersionsAddModel(device->versions, "org.project/another-card", &other);
}


static void
testMakeDescription(testPair *pair,
                    virDevMigration *device)
{
    virDevMigrationDescription *description = virDevMigrationDescriptionNew();
    virDevMigrationObject *self = virDevMigrationObjectNew();
    g_autofree char *vendor = testText(pair, 0);
    size_t number = testNumber(pair, 1, 8);
    size_t n;
    size_t i;

    device->description = description;
    description->self = self;

    virDevMigrationObjectAddField(self, VIR_DEV_MIGRATION_FIELD_VENDOR, NULL, vendor);

    if (testChance(pair, OFTEN)) {
        g_autofree char *minor = g_strdup_printf("%zu", testNumber(pair, 8, 11));

        virDevMigrationObjectAddField(self, VIR_DEV_MIGRATION_FIELD_VERSION_MAJOR, NULL, "1");
        virDevMigrationObjectAddField(self, VIR_DEV_MIGRATION_FIELD_VERSION_MINOR, NULL, minor);
    }

    if (testChance(pair, HALF))
        virDevMigrationObjectAddField(self, VIR_DEV_MIGRATION_FIELD_ID, "device", "0x591d");

    if (pair->target != VIR_DEV_MIGRATION_TARGET_FUNCTION && testChance(pair, OFTEN)) {
        g_autofree char *type = g_strdup_printf("type_x%zu", number);

        virDevMigrationObjectAddField(self, VIR_DEV_MIGRATION_FIELD_MDEV_TYPE, NULL, type);
    }

    n = testNumber(pair, 0, 2);
    for (i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("attribute%zu", i);
        g_autofree char *value = i == 0 ? g_strdup_printf("%zu", number) : testText(pair, i);

        virDevMigrationObjectAddField(self, VIR_DEV_MIGRATION_FIELD_MDEV_ATTR, name,
                                      testChance(pair, SOMETIMES) ? "default" : value);
        virDevMigrationDescriptionAddValue(description, name, value);
    }

    n = testNumber(pair, 0, 2);
    for (i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("field%zu", i);
        g_autofree char *value = testText(pair, i);

        virDevMigrationObjectAddField(self, VIR_DEV_MIGRATION_FIELD_VENDOR_FIELD, name, value);
    }
}


static void
testMakeToken(testPair *pair,
              virDevMigration *device)
{
    device->token = virDevMigrationTokenNew();
    device->token->token = g_strdup_printf("8086-591d-%zu", testNumber(pair, 0, 3));
}


static const struct {
    void (*make)(testPair *pair, virDevMigration *device);
} makers[] = {
    [VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES] = { testMakeAttributes },
    [VIR_DEV_MIGRATION_INTERFACE_PARAMETERS] = { testMakeParameters },
    [VIR_DEV_MIGRATION_INTERFACE_VERSIONS] = { testMakeVersions },
    [VIR_DEV_MIGRATION_INTERFACE_DESCRIPTION] = { testMakeDescription },
    [VIR_DEV_MIGRATION_INTERFACE_TOKEN] = { testMakeToken },
};

G_STATIC_ASSERT(G_N_ELEMENTS(makers) == VIR_DEV_MIGRATION_INTERFACE_LAST);


static virDevMigration *
testMakeDevice(testPair *pair,
               unsigned int mask)
{
    g_autoptr(virDevMigration) device = virDevMigrationNew();
    size_t i;

    for (i = 0; i < VIR_DEV_MIGRATION_INTERFACE_LAST; i++) {
        if (mask & (1 << i))
            makers[i].make(pair, device);
    }

    return g_steal_pointer(&device);
}


/*
 * Destinations that a device fits
 */

static void
testFitAttributes(testPair *pair,
                  const virDevMigration *source,
                  virDevMigration *destination)
{
    const virDevMigrationAttributes *s = source->attributes;
    virDevMigrationAttributes *d = virDevMigrationAttributesNew();
    bool isMade = testIsMade(pair);
    g_autoptr(GPtrArray) resources = g_ptr_array_new();
    size_t i;

    destination->attributes = d;
    d->deviceAPI = g_strdup(s->deviceAPI);
    d->mdevType = g_strdup(s->mdevType);
    if (s->softwareVersion) {
        d->softwareVersion = g_new0(virDevMigrationVersion, 1);
        d->softwareVersion->major = s->softwareVersion->major;
        d->softwareVersion->minor = s->softwareVersion->minor + testNumber(pair, 0, 1);
        d->softwareVersion->bugfix = testNumber(pair, 0, 9);
    }
    d->softwareVersionText = g_strdup(s->softwareVersionText);

    for (i = 0; i < s->compatible->len; i++) {
        const virDevMigrationCompatible *compatible = g_ptr_array_index(s->compatible, i);
        g_autoptr(GPtrArray) list = g_ptr_array_new();
        g_auto(GStrv) values = NULL;
        size_t j;

        for (j = 0; compatible->values[j]; j++)
            g_ptr_array_add(list, g_strdup(compatible->values[j]));
        if (testChance(pair, HALF))
            g_ptr_array_add(list, g_strdup("more"));
        testShuffle(pair, list);
        g_ptr_array_add(list, NULL);
        values = (char **) g_ptr_array_free(g_steal_pointer(&list), FALSE);

        virDevMigrationAttributesAddCompatible(d, compatible->name, &values);
    }

    if (testChance(pair, SOMETIMES)) {
        g_auto(GStrv) values = testList(pair, NULL, 2, "further");

        virDevMigrationAttributesAddCompatible(d, "further", &values);
    }

    for (i = 0; i < s->resources->len; i++)
        g_ptr_array_add(resources, g_ptr_array_index(s->resources, i));
    testShuffle(pair, resources);

    if (testChance(pair, SOMETIMES))
        virDevMigrationAttributesAddResource(d, "further", isMade ? NULL : "1");
    for (i = 0; i < resources->len; i++) {
        const virDevMigrationResource *resource = g_ptr_array_index(resources, i);

        virDevMigrationAttributesAddResource(d, resource->name, isMade ? NULL : resource->value);
    }
}


static bool
testParamIsUsed(const virDevMigrationParam *param)
{
    return STRNEQ_NULLABLE(param->value, param->off);
}


static void
testFitParameters(testPair *pair,
                  const virDevMigration *source,
                  virDevMigration *destination)
{
    const virDevMigrationParamModel *sm = g_ptr_array_index(source->parameters->models, 0);
    virDevMigrationParamModel *dm;
    bool isMade = testIsMade(pair);
    size_t n = testNumber(pair, 0, 2);
    size_t i;

    destination->parameters = virDevMigrationParametersNew();
    dm = virDevMigrationParametersAddModel(destination->parameters, sm->name);

    for (i = 0; i < sm->params->len; i++) {
        const virDevMigrationParam *sp = g_ptr_array_index(sm->params, i);
        g_autoptr(virDevMigrationParam) dp = NULL;

        if (!testParamIsUsed(sp) && testChance(pair, HALF))
            continue;

        dp = testMakeParam(pair, sp->name, sp->type, sp->value);
        if (!testParamIsUsed(sp) || testChance(pair, HALF))
            dp->off = g_strdup(sp->off);
        if (!testParamIsUsed(sp) && testChance(pair, HALF)) {
            /* it means the same there, under another name */
            g_free(dp->off);
            dp->off = g_strdup(sp->type == VIR_DEV_MIGRATION_PARAM_BOOL ? "on" : "17");
            g_free(dp->value);
            dp->value = g_strdup(dp->off);
        }
        if (isMade)
            g_clear_pointer(&dp->value, g_free);
        virDevMigrationParamModelAddParam(dm, &dp);
    }

    for (i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("further%zu", i);
        g_autoptr(virDevMigrationParam) dp = testMakeParam(pair, name, VIR_DEV_MIGRATION_PARAM_INT,
                                                           NULL);

        dp->off = g_strdup(dp->value);
        if (testChance(pair, HALF)) {
            g_free(dp->init);
            dp->init = g_strdup("17");
        }
        if (isMade)
            g_clear_pointer(&dp->value, g_free);
        virDevMigrationParamModelAddParam(dm, &dp);
    }
}


static void
testFitVersions(testPair *pair,
                const virDevMigration *source,
                virDevMigration *destination)
{
    bool isMade = testIsMade(pair);
    size_t i;

    destination->versions = virDevMigrationVersionsNew();

    for (i = 0; i < source->versions->models->len; i++) {
        const virDevMigrationVersionModel *sm = g_ptr_array_index(source->versions->models, i);
        g_auto(GStrv) list = NULL;
        virDevMigrationVersionModel *dm;

        if (!sm->current && testChance(pair, HALF))
            continue;

        list = testList(pair, sm->current ? sm->currentVersion : "v0",
                        testNumber(pair, 0, 2), "new");
        dm = virDevMigrationVersionsAddModel(destination->versions, sm->name, &list);
        if (sm->current && !isMade) {
            dm->current = true;
            dm->currentVersion = g_strdup(sm->currentVersion);
        }
    }
}


/* Adds a field that becomes @value when the variables have the right values;
 * @shared is the value of a variable that has been declared. */
static void
testFitField(testPair *pair,
             virDevMigrationObject *object,
             const virDevMigrationField *field,
             const char *value,
             const char *shared)
{
    g_autofree char *name = g_strdup_printf("v%u", object->fields->len);
    g_autofree char *template = NULL;
    g_auto(GStrv) values = NULL;
    unsigned long long number;
    size_t len = strlen(value);
    size_t from;
    size_t to;

    if (shared && g_str_has_suffix(value, shared)) {
        template = g_strdup_printf("%.*s${shared}%s", (int) (len - strlen(shared)), value,
                                   testChance(pair, HALF) ? "/1" : "");
        virDevMigrationObjectAddField(object, field->kind, field->name, template);
        return;
    }

    if (testChance(pair, HALF)) {
        virDevMigrationObjectAddField(object, field->kind, field->name, value);
        return;
    }

    if (virDevMigrationParseNumber(value, &number) &&
        (*value != '0' || !value[1]) && testChance(pair, HALF)) {
        /* it is all that is left of a number */
        size_t divisor = testNumber(pair, 1, 3);
        unsigned long long min;

        if (number > 1000000)
            divisor = 1;
        min = number * divisor;
        virDevMigrationObjectAddVariable(object, name, NULL, testLower(pair, min),
                                         min + testNumber(pair, 0, 2));
        template = divisor > 1 ? g_strdup_printf("${%s}/%zu", name, divisor) :
            g_strdup_printf("${%s}", name);
    } else {
        g_autofree char *part = NULL;

        from = testNumber(pair, 0, len);
        while (from > 0 && (value[from] & 0xC0) == 0x80)
            from--;
        to = testNumber(pair, from, len);
        /* the rest must not look like a division */
        while (to < len && ((value[to] & 0xC0) == 0x80 || value[to] == '/'))
            to++;

        part = g_strndup(value + from, to - from);
        values = testList(pair, part, testNumber(pair, 0, 3), "other");
        virDevMigrationObjectAddVariable(object, name, &values, 0, 0);
        template = g_strdup_printf("%.*s${%s}%s", (int) from, value, name, value + to);
    }

    virDevMigrationObjectAddField(object, field->kind, field->name, template);
}


static const char *
testEffective(const virDevMigrationDescription *description,
              const virDevMigrationField *field)
{
    size_t i;

    for (i = 0; i < description->values->len; i++) {
        const virDevMigrationResource *value = g_ptr_array_index(description->values, i);

        if (field->kind == VIR_DEV_MIGRATION_FIELD_MDEV_ATTR &&
            STREQ(value->name, field->name))
            return value->value;
    }

    return field->value;
}


static void
testFitDescription(testPair *pair,
                   const virDevMigration *source,
                   virDevMigration *destination)
{
    const virDevMigrationDescription *s = source->description;
    virDevMigrationDescription *d = virDevMigrationDescriptionNew();
    g_autoptr(virDevMigrationObject) object = virDevMigrationObjectNew();
    bool isMade = testIsMade(pair);
    const virDevMigrationField *type = virDevMigrationObjectFindField(s->self,
                                                                      VIR_DEV_MIGRATION_FIELD_MDEV_TYPE,
                                                                      NULL);
    const char *shared = NULL;
    bool asSelf = testChance(pair, SOMETIMES);
    bool further = testChance(pair, SOMETIMES);
    size_t others = testNumber(pair, 0, 3);
    size_t place = testNumber(pair, 0, others);
    size_t i;

    destination->description = d;

    if (type && !asSelf && testChance(pair, HALF)) {
        shared = type->value + strlen("type_x");
        if (testChance(pair, HALF)) {
            g_auto(GStrv) values = testList(pair, shared, testNumber(pair, 0, 3), "1");

            virDevMigrationObjectAddVariable(object, "shared", &values, 0, 0);
        } else {
            virDevMigrationObjectAddVariable(object, "shared", NULL, 1, 8);
        }
    }

    for (i = 0; i < s->self->fields->len; i++) {
        const virDevMigrationField *field = g_ptr_array_index(s->self->fields, i);
        const char *value = testEffective(s, field);

        if (asSelf && field->kind == VIR_DEV_MIGRATION_FIELD_VERSION_MINOR) {
            g_autofree char *minor = NULL;
            unsigned long long number = 0;

            ignore_value(virDevMigrationParseNumber(value, &number));
            minor = g_strdup_printf("%llu", number + testNumber(pair, 0, 2));
            virDevMigrationObjectAddField(object, field->kind, NULL, minor);
        } else if (asSelf) {
            virDevMigrationObjectAddField(object, field->kind, field->name, value);
        } else {
            testFitField(pair, object, field, value, shared);
        }

        if (field->kind == VIR_DEV_MIGRATION_FIELD_MDEV_ATTR && !isMade)
            virDevMigrationDescriptionAddValue(d, field->name, value);
    }

    if (further) {
        virDevMigrationObjectAddField(object, VIR_DEV_MIGRATION_FIELD_MDEV_ATTR, "further", "1");
        if (!isMade)
            virDevMigrationDescriptionAddValue(d, "further", "1");
    }

    if (asSelf)
        d->self = g_steal_pointer(&object);

    /* others that it does not fit, before and after it */
    for (i = 0; i <= others; i++) {
        g_autoptr(virDevMigrationObject) other = NULL;

        if (i == place && object)
            virDevMigrationDescriptionAddAccepts(d, &object);
        if (i == others)
            break;

        other = virDevMigrationObjectNew();
        virDevMigrationObjectAddField(other, VIR_DEV_MIGRATION_FIELD_VENDOR, NULL, "another vendor");
        if (testChance(pair, HALF))
            virDevMigrationObjectAddField(other, VIR_DEV_MIGRATION_FIELD_MDEV_TYPE, NULL, "type_x4");
        virDevMigrationDescriptionAddAccepts(d, &other);
    }
}


static void
testFitToken(testPair *pair,
             const virDevMigration *source G_GNUC_UNUSED,
             virDevMigration *destination)
{
    testMakeToken(pair, destination);
}


static const struct {
    void (*fit)(testPair *pair, const virDevMigration *source, virDevMigration *destination);
} fitters[] = {
    [VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES] = { testFitAttributes },
    [VIR_DEV_MIGRATION_INTERFACE_PARAMETERS] = { testFitParameters },
    [VIR_DEV_MIGRATION_INTERFACE_VERSIONS] = { testFitVersions },
    [VIR_DEV_MIGRATION_INTERFACE_DESCRIPTION] = { testFitDescription },
    [VIR_DEV_MIGRATION_INTERFACE_TOKEN] = { testFitToken },
};

G_STATIC_ASSERT(G_N_ELEMENTS(fitters) == VIR_DEV_MIGRATION_INTERFACE_LAST);


/*
 * Mismatches. Each returns false if there is nothing to spoil in that way.
 */

static void
testReplace(char **text,
            const char *value)
{
    g_free(*text);
    *text = g_strdup(value);
}


static bool
testSpoilAttributes(testPair *pair)
{
    virDevMigrationAttributes *s = pair->source->attributes;
    virDevMigrationAttributes *d = pair->destination->attributes;
    virDevMigrationResource *resource;
    virDevMigrationCompatible *compatible;
    virDevMigrationVersion *version = d->softwareVersion;

    switch (testNumber(pair, 0, 11)) {
    case 0:
        if (pair->target == VIR_DEV_MIGRATION_TARGET_FUNCTION || !s->mdevType)
            return false;
        testReplace(&d->mdevType, "vendor-another_type");
        return true;
    case 1:
        if (!s->deviceAPI)
            return false;
        testReplace(&d->deviceAPI, "vfio-ccw");
        return true;
    case 2:
        if (!version || !s->softwareVersion)
            return false;
        version->major = s->softwareVersion->major + 1;
        return true;
    case 3:
        if (!version || !s->softwareVersion)
            return false;
        s->softwareVersion->minor = version->minor + 1;
        return true;
    case 4:
        if (!version || !s->softwareVersion)
            return false;
        g_clear_pointer(&d->softwareVersion, g_free);
        return true;
    case 5:
        if (version)
            return false;
        if (d->softwareVersionText) {
            testReplace(&d->softwareVersionText, "17.10-grid");
            return true;
        }
        g_clear_pointer(&s->softwareVersion, g_free);
        d->softwareVersion = g_new0(virDevMigrationVersion, 1);
        return true;
    case 6:
        if (s->compatible->len == 0)
            return false;
        compatible = g_ptr_array_index(s->compatible, 0);
        testReplace(&compatible->values[0], "mismatch");
        return true;
    case 7:
        if (s->compatible->len == 0)
            return false;
        g_ptr_array_set_size(d->compatible, 0);
        return true;
    case 8:
        if (s->resources->len == 0)
            return false;
        g_ptr_array_set_size(d->resources, 0);
        return true;
    case 9:
        if (s->resources->len == 0)
            return false;
        resource = g_ptr_array_index(s->resources, 0);
        g_clear_pointer(&resource->value, g_free);
        return true;
    case 10:
        if (s->resources->len == 0 || testIsMade(pair))
            return false;
        resource = g_ptr_array_index(s->resources, 0);
        testReplace(&resource->value, "mismatch");
        return true;
    default:
        *(testChance(pair, HALF) ? &s->incomplete : &d->incomplete) = true;
        return true;
    }
}


static bool
testSpoilParameters(testPair *pair)
{
    virDevMigrationParameters *s = pair->source->parameters;
    virDevMigrationParameters *d = pair->destination->parameters;
    virDevMigrationParamModel *sm;
    virDevMigrationParamModel *dm;
    virDevMigrationParam *sp = NULL;
    virDevMigrationParam *dp = NULL;
    g_autoptr(virDevMigrationParam) param = NULL;
    size_t i;

    if (s->models->len != 1 || d->models->len != 1)
        return false;
    sm = g_ptr_array_index(s->models, 0);
    dm = g_ptr_array_index(d->models, 0);

    for (i = 0; i < sm->params->len && !sp; i++) {
        sp = g_ptr_array_index(sm->params, i);
        if (!testParamIsUsed(sp))
            sp = NULL;
    }

    if (sp)
        dp = virDevMigrationParamModelFindParam(dm, sp->name);

    switch (testNumber(pair, 0, 9)) {
    case 0:
        testReplace(&dm->name, "vendor-b.com/my-nic");
        return true;
    case 1:
        virDevMigrationParametersAddModel(testChance(pair, HALF) ? s : d, "vendor-c.com/my-nic");
        return true;
    case 2:
        *(testChance(pair, HALF) ? &s->incomplete : &d->incomplete) = true;
        return true;
    case 3:
        if (sm->params->len == 0)
            return false;
        sp = g_ptr_array_index(sm->params, 0);
        g_clear_pointer(&sp->value, g_free);
        return true;
    case 4:
        param = virDevMigrationParamNew(testChance(pair, HALF) ? "only-s" : "only-d",
                                        VIR_DEV_MIGRATION_PARAM_INT);
        param->value = g_strdup("5");
        virDevMigrationParamModelAddParam(STREQ(param->name, "only-s") ? sm : dm, &param);
        return true;
    case 5:
        if (testIsMade(pair))
            return false;
        param = virDevMigrationParamNew("spoilt", VIR_DEV_MIGRATION_PARAM_BOOL);
        param->off = g_strdup("off");
        if (testChance(pair, HALF))
            param->value = g_strdup("on");
        virDevMigrationParamModelAddParam(dm, &param);
        return true;
    case 6:
        if (!dp)
            return false;
        dp->type = sp->type == VIR_DEV_MIGRATION_PARAM_BOOL ?
            VIR_DEV_MIGRATION_PARAM_STR : VIR_DEV_MIGRATION_PARAM_BOOL;
        /* nothing else must be wrong with it */
        g_ptr_array_set_size(dp->allowed, 0);
        if (dp->type == VIR_DEV_MIGRATION_PARAM_BOOL) {
            if (dp->init)
                testReplace(&dp->init, "on");
            if (dp->off)
                testReplace(&dp->off, "off");
            if (dp->value)
                testReplace(&dp->value, "on");
        }
        return true;
    case 7:
        if (!dp || dp->type == VIR_DEV_MIGRATION_PARAM_BOOL)
            return false;
        g_ptr_array_set_size(dp->allowed, 0);
        virDevMigrationParamAddAllowed(dp, "4711", 0, 0);
        return true;
    case 8:
        if (!dp || dp->type == VIR_DEV_MIGRATION_PARAM_BOOL ||
            testIsMade(pair))
            return false;
        testReplace(&dp->value, "4711");
        return true;
    default:
        if (!dp)
            return false;
        g_ptr_array_remove(dm->params, dp);
        return true;
    }
}


static bool
testSpoilVersions(testPair *pair)
{
    virDevMigrationVersions *s = pair->source->versions;
    virDevMigrationVersions *d = pair->destination->versions;
    virDevMigrationVersionModel *sm = virDevMigrationVersionsFindModel(s, MODEL);
    virDevMigrationVersionModel *dm = virDevMigrationVersionsFindModel(d, MODEL);
    bool isMade = testIsMade(pair);
    g_auto(GStrv) list = NULL;
    size_t i;

    if (!sm || !sm->current || !sm->currentVersion)
        return false;

    switch (testNumber(pair, 0, 5)) {
    case 0:
        if (!dm)
            return false;
        g_ptr_array_remove(d->models, dm);
        return true;
    case 1:
        for (i = 0; sm->versions[i]; i++) {
            if (STREQ(sm->versions[i], sm->currentVersion))
                testReplace(&sm->versions[i], "mismatch");
        }
        testReplace(&sm->currentVersion, "mismatch");
        return true;
    case 2:
        g_clear_pointer(&sm->currentVersion, g_free);
        return true;
    case 3:
        g_clear_pointer(&sm->currentVersion, g_free);
        sm->current = false;
        return true;
    case 4:
        if (!dm || isMade)
            return false;
        g_clear_pointer(&dm->currentVersion, g_free);
        if (testChance(pair, HALF))
            dm->current = false;
        return true;
    default:
        *(testChance(pair, HALF) ? &s->incomplete : &d->incomplete) = true;
        return true;
    }
}


static bool
testSpoilDescription(testPair *pair)
{
    virDevMigrationDescription *s = pair->source->description;
    virDevMigrationDescription *d = pair->destination->description;
    virDevMigrationField *field;
    size_t i;

    switch (testNumber(pair, 0, 6)) {
    case 0:
        g_clear_pointer(&s->self, virDevMigrationObjectFree);
        return true;
    case 1:
        g_clear_pointer(&d->self, virDevMigrationObjectFree);
        g_ptr_array_set_size(d->accepts, 0);
        return true;
    case 2:
        if (!s->self)
            return false;
        virDevMigrationObjectAddField(s->self, VIR_DEV_MIGRATION_FIELD_VENDOR_FIELD, "spoilt", "1");
        return true;
    case 3:
        if (!s->self)
            return false;
        virDevMigrationObjectAddField(s->self, VIR_DEV_MIGRATION_FIELD_MDEV_ATTR, "only-s", "1");
        return true;
    case 4:
        if (!s->self || s->self->fields->len == 0)
            return false;
        field = g_ptr_array_index(s->self->fields, testNumber(pair, 0, s->self->fields->len - 1));
        if (field->kind == VIR_DEV_MIGRATION_FIELD_VERSION_MAJOR ||
            field->kind == VIR_DEV_MIGRATION_FIELD_VERSION_MINOR) {
            testReplace(&field->value, "999999999");
        } else {
            testReplace(&field->value, "mismatch");
            if (field->kind == VIR_DEV_MIGRATION_FIELD_MDEV_ATTR)
                g_ptr_array_set_size(s->values, 0);
        }
        return true;
    case 5:
        if (testIsMade(pair) || !d->self)
            return false;
        /* for each object there is an attribute that is not set to its value */
        virDevMigrationObjectAddField(d->self, VIR_DEV_MIGRATION_FIELD_MDEV_ATTR, "spoilt", "1");
        for (i = 0; i < d->accepts->len; i++)
            virDevMigrationObjectAddField(g_ptr_array_index(d->accepts, i),
                                          VIR_DEV_MIGRATION_FIELD_MDEV_ATTR, "spoilt", "1");
        if (testChance(pair, HALF))
            virDevMigrationDescriptionAddValue(d, "spoilt", "2");
        return true;
    default:
        *(testChance(pair, HALF) ? &s->incomplete : &d->incomplete) = true;
        return true;
    }
}


static bool
testSpoilToken(testPair *pair)
{
    virDevMigration *side = testChance(pair, HALF) ? pair->source : pair->destination;

    switch (testNumber(pair, 0, 2)) {
    case 0:
        g_clear_pointer(&side->token->token, g_free);
        return true;
    case 1:
        g_clear_pointer(&side->token, virDevMigrationTokenFree);
        return true;
    default:
        side->token->incomplete = true;
        return true;
    }
}


static const struct {
    bool (*spoil)(testPair *pair);
} spoilers[] = {
    [VIR_DEV_MIGRATION_INTERFACE_ATTRIBUTES] = { testSpoilAttributes },
    [VIR_DEV_MIGRATION_INTERFACE_PARAMETERS] = { testSpoilParameters },
    [VIR_DEV_MIGRATION_INTERFACE_VERSIONS] = { testSpoilVersions },
    [VIR_DEV_MIGRATION_INTERFACE_DESCRIPTION] = { testSpoilDescription },
    [VIR_DEV_MIGRATION_INTERFACE_TOKEN] = { testSpoilToken },
};

G_STATIC_ASSERT(G_N_ELEMENTS(spoilers) == VIR_DEV_MIGRATION_INTERFACE_LAST);


/* Adds a mismatch to something that both publish. Returns false if nothing is
 * left in common that could be spoilt. */
static bool
testSpoil(testPair *pair)
{
    size_t tries;

    for (tries = 0; tries < 50; tries++) {
        size_t i = testNumber(pair, 0, VIR_DEV_MIGRATION_INTERFACE_LAST - 1);

        if (pair->sourceMask & pair->destinationMask & (1 << i) &&
            (i != VIR_DEV_MIGRATION_INTERFACE_TOKEN ||
             (pair->source->token && pair->destination->token)) &&
            spoilers[i].spoil(pair)) {
            stats.mutations[i]++;
            return true;
        }
    }

    return false;
}


/*
 * Properties
 */

static char *
testFormat(const virDevMigrationComparison *comparison,
           bool settings)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    size_t i;

    virBufferAsprintf(&buf, "%s%s\n",
                      virDevMigrationVerdictTypeToString(comparison->verdict),
                      comparison->oneSided ? " one-sided" : "");

    for (i = 0; i < comparison->reasons->len; i++) {
        const virDevMigrationReason *reason = g_ptr_array_index(comparison->reasons, i);
        g_autofree char *text = virDevMigrationReasonFormat(reason);

        virBufferAsprintf(&buf, "%s %d: %s\n",
                          virDevMigrationInterfaceTypeToString(reason->interface),
                          reason->kind, text);
    }

    if (!settings)
        return virBufferContentAndReset(&buf);

    for (i = 0; i < comparison->settings->len; i++) {
        const virDevMigrationSetting *setting = g_ptr_array_index(comparison->settings, i);

        virBufferAsprintf(&buf, "%s %s=%s\n",
                          virDevMigrationInterfaceTypeToString(setting->interface),
                          setting->name, setting->value);
    }

    if (comparison->token)
        virBufferAsprintf(&buf, "token %s\n", comparison->token);

    return virBufferContentAndReset(&buf);
}


static char *
testFormatXML(const virDevMigration *migration)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;

    virDevMigrationFormat(&buf, migration);

    return virBufferContentAndReset(&buf);
}


static void
testShuffleNode(testPair *pair,
                xmlNodePtr node)
{
    g_autoptr(GPtrArray) children = g_ptr_array_new();
    xmlNodePtr child;
    size_t i;

    for (child = node->children; child; child = child->next)
        g_ptr_array_add(children, child);
    if (children->len > 1)
        testShuffle(pair, children);

    for (i = 0; i < children->len; i++) {
        child = g_ptr_array_index(children, i);
        testShuffleNode(pair, child);
        xmlUnlinkNode(child);
        xmlAddChild(node, child);
    }
}


/* @shuffle: in another order of everything */
static int
testParse(testPair *pair,
          const char *text,
          bool shuffle,
          virDevMigration **migration)
{
    g_autoptr(xmlDoc) xml = NULL;
    g_autoptr(xmlXPathContext) ctxt = NULL;

    if (!(xml = virXMLParseStringCtxt(text, "(migration)", &ctxt)))
        return -1;

    if (shuffle)
        testShuffleNode(pair, ctxt->node);

    return virDevMigrationParseXML(ctxt, ctxt->node, migration);
}


static int
testEqual(const char *what,
          const char *expected,
          const char *actual)
{
    if (STREQ_NULLABLE(expected, actual))
        return 0;

    VIR_TEST_VERBOSE("%s:\n%s\ninstead of:\n%s", what, NULLSTR(actual), NULLSTR(expected));
    return -1;
}


/* A device fits itself, and there is nothing to say about it, but that only
 * the driver knows about a token. */
static int
testItself(const virDevMigration *device,
           virDevMigrationTarget target)
{
    g_autoptr(virDevMigrationComparison) comparison = NULL;
    bool any = device->attributes || device->parameters || device->versions ||
        device->description || device->token;
    virDevMigrationVerdict expected = any && !device->token ?
        VIR_DEV_MIGRATION_VERDICT_COMPATIBLE : VIR_DEV_MIGRATION_VERDICT_UNCHECKED;

    if (target == VIR_DEV_MIGRATION_TARGET_TYPE ||
        target == VIR_DEV_MIGRATION_TARGET_PROGRAM)
        target = VIR_DEV_MIGRATION_TARGET_DEVICE;

    comparison = virDevMigrationCompare(device, device, target);
    if (comparison->verdict != expected ||
        comparison->reasons->len != (device->token ? 1 : 0) +
            (device->attributes && device->attributes->softwareVersionText ? 1 : 0) ||
        comparison->settings->len != 0 ||
        !comparison->token != !device->token) {
        g_autofree char *text = testFormat(comparison, true);

        VIR_TEST_VERBOSE("a device compared with itself: %s", text);
        return -1;
    }

    return 0;
}


/* A program that runs can be launched once more, as what it is. */
static int
testProgramItself(testPair *pair,
                  const virDevMigration *program)
{
    g_autoptr(virDevMigration) launched = NULL;
    g_autoptr(virDevMigration) again = NULL;
    g_autoptr(virDevMigrationComparison) comparison = NULL;
    g_autoptr(GPtrArray) params = NULL;
    g_autofree char *text = NULL;
    size_t i;

    if (virDevMigrationLaunched(program, MODEL, "v9", NULL,
                                &launched) < 0) {
        virResetLastError();
        if (virDevMigrationLaunched(program, NULL, NULL, NULL, &launched) < 0)
            return -1;
    }

    comparison = virDevMigrationCompareProgram(launched, program,
                                               VIR_DEV_MIGRATION_TARGET_PROGRAM);
    text = testFormat(comparison, true);

    /* it has not told which of its versions it has taken */
    if (launched && launched->versions && strstr(text, "device version"))
        return 0;

    if (!launched) {
        if (comparison->verdict == VIR_DEV_MIGRATION_VERDICT_UNCHECKED)
            return 0;
        VIR_TEST_VERBOSE("a program that publishes nothing: %s", text);
        return -1;
    }

    if (comparison->verdict != VIR_DEV_MIGRATION_VERDICT_COMPATIBLE || !comparison->model) {
        VIR_TEST_VERBOSE("a program compared with itself: %s", text);
        return -1;
    }

    params = g_ptr_array_new_with_free_func(g_free);
    for (i = 0; i < comparison->settings->len; i++) {
        const virDevMigrationSetting *setting = g_ptr_array_index(comparison->settings, i);

        if (setting->param) {
            virDevMigrationResource *resource = g_new0(virDevMigrationResource, 1);

            resource->name = setting->param;
            resource->value = setting->value;
            g_ptr_array_add(params, resource);
        }
    }

    if (testChance(pair, HALF))
        testShuffle(pair, params);

    if (virDevMigrationLaunched(program, comparison->model, comparison->version,
                                params, &again) < 0)
        return -1;

    if (!virDevMigrationEqual(launched, again)) {
        VIR_TEST_VERBOSE("launched with what the comparison says, it is another: %s", text);
        return -1;
    }

    return 0;
}


/* What nobody needs to know can be left out, the order in which something is
 * published does not matter, and XML keeps all that does. */
static int
testSame(testPair *pair)
{
    g_autoptr(virDevMigrationComparison) comparison = NULL;
    g_autoptr(virDevMigrationComparison) comparisonXML = NULL;
    g_autoptr(virDevMigrationComparison) comparisonShuffled = NULL;
    g_autoptr(virDevMigrationComparison) comparisonReduced = NULL;
    g_autoptr(virDevMigrationComparison) comparisonCookie = NULL;
    g_autoptr(virDevMigration) source = NULL;
    g_autoptr(virDevMigration) destination = NULL;
    g_autoptr(virDevMigration) sourceShuffled = NULL;
    g_autoptr(virDevMigration) destinationShuffled = NULL;
    g_autoptr(virDevMigration) cookie = NULL;
    g_autoptr(virDevMigration) reduced = virDevMigrationCompareReduce(pair->source);
    g_autofree char *sourceXML = testFormatXML(pair->source);
    g_autofree char *destinationXML = testFormatXML(pair->destination);
    g_autofree char *reducedXML = testFormatXML(reduced);
    g_autofree char *text = NULL;
    g_autofree char *reasons = NULL;
    g_autofree char *textXML = NULL;
    g_autofree char *textShuffled = NULL;
    g_autofree char *textReduced = NULL;
    g_autofree char *textCookie = NULL;

    comparison = testCompare(pair, pair->source, pair->destination);
    text = testFormat(comparison, true);
    reasons = testFormat(comparison, false);

    if (testParse(pair, sourceXML, false, &source) < 0 ||
        testParse(pair, destinationXML, false, &destination) < 0 ||
        testParse(pair, reducedXML, false, &cookie) < 0 ||
        testParse(pair, sourceXML, true, &sourceShuffled) < 0 ||
        testParse(pair, destinationXML, true, &destinationShuffled) < 0)
        return -1;

    /* without any interface there is nothing to parse */
    if ((source && !virDevMigrationEqual(source, pair->source)) ||
        (destination && !virDevMigrationEqual(destination, pair->destination)) ||
        !source != !pair->sourceMask || !destination != !pair->destinationMask) {
        VIR_TEST_VERBOSE("XML out and in gives another model");
        return -1;
    }

    comparisonXML = testCompare(pair, source, destination);
    textXML = testFormat(comparisonXML, true);

    comparisonShuffled = testCompare(pair, sourceShuffled, destinationShuffled);
    textShuffled = testFormat(comparisonShuffled, false);

    comparisonReduced = testCompare(pair, reduced, pair->destination);
    textReduced = testFormat(comparisonReduced, true);

    comparisonCookie = testCompare(pair, cookie, pair->destination);
    textCookie = testFormat(comparisonCookie, true);

    if (strlen(reducedXML) > strlen(sourceXML)) {
        VIR_TEST_VERBOSE("there is more of a reduced source");
        return -1;
    }

    return testEqual("XML out and in", text, textXML) < 0 ||
        testEqual("in another order", reasons, textShuffled) < 0 ||
        testEqual("reduced", text, textReduced) < 0 ||
        testEqual("reduced, XML out and in", text, textCookie) < 0 ? -1 : 0;
}


static const char *
testFindSetting(const virDevMigrationComparison *comparison,
                const char *name)
{
    size_t i;

    for (i = 0; i < comparison->settings->len; i++) {
        const virDevMigrationSetting *setting = g_ptr_array_index(comparison->settings, i);

        if (STREQ(setting->name, name))
            return setting->value;
    }

    return NULL;
}


static void
testApplyObject(virDevMigrationDescription *description,
                const virDevMigrationObject *object,
                const virDevMigrationComparison *comparison)
{
    size_t i;

    for (i = 0; object && i < object->fields->len; i++) {
        const virDevMigrationField *field = g_ptr_array_index(object->fields, i);
        const char *value;

        if (field->kind != VIR_DEV_MIGRATION_FIELD_MDEV_ATTR)
            continue;

        value = testFindSetting(comparison, field->name);
        virDevMigrationDescriptionAddValue(description, field->name, value ? value : "not set");
    }
}


/* Makes a device of a type, or of a program. */
static void
testApply(virDevMigration *device,
          bool program,
          const virDevMigrationComparison *comparison)
{
    size_t i;
    size_t j;

    /* launched with parameters, its version says nothing */
    if (program && !testFindSetting(comparison, "--migration-version"))
        g_clear_pointer(&device->versions, virDevMigrationVersionsFree);

    for (i = 0; device->attributes && i < device->attributes->resources->len; i++) {
        virDevMigrationResource *resource = g_ptr_array_index(device->attributes->resources, i);

        g_free(resource->value);
        resource->value = g_strdup(testFindSetting(comparison, resource->name));
    }

    for (i = 0; device->parameters && i < device->parameters->models->len; i++) {
        virDevMigrationParamModel *model = g_ptr_array_index(device->parameters->models, i);

        for (j = 0; j < model->params->len; j++) {
            virDevMigrationParam *param = g_ptr_array_index(model->params, j);
            g_autofree char *name = g_strdup_printf("%s%s", program ? "--m-" : "migration/",
                                                    param->name);

            g_free(param->value);
            param->value = g_strdup(testFindSetting(comparison, name));
        }
    }

    for (i = 0; device->versions && i < device->versions->models->len; i++) {
        virDevMigrationVersionModel *model = g_ptr_array_index(device->versions->models, i);

        model->current = STREQ_NULLABLE(model->name,
                                        testFindSetting(comparison, program ? "--migration-model" :
                                                        "migration/device_model"));
        g_free(model->currentVersion);
        model->currentVersion = g_strdup(model->current ?
                                         testFindSetting(comparison, program ? "--migration-version" :
                                                         "migration/version") : NULL);
    }

    if (device->description) {
        g_ptr_array_set_size(device->description->values, 0);
        testApplyObject(device->description, device->description->self, comparison);
        for (i = 0; i < device->description->accepts->len; i++)
            testApplyObject(device->description,
                            g_ptr_array_index(device->description->accepts, i), comparison);
    }
}


/* What the comparison says is to be set makes a device that fits. */
static int
testSettings(testPair *pair,
             const virDevMigrationComparison *comparison)
{
    g_autoptr(virDevMigration) device = NULL;
    g_autoptr(virDevMigrationComparison) made = NULL;
    g_autofree char *text = NULL;

    if (!testIsMade(pair)) {
        if (comparison->settings->len == 0)
            return 0;

        VIR_TEST_VERBOSE("a device is to be given other values");
        return -1;
    }

    /* a device of another interface than the common ones is not told anything */
    if (comparison->verdict == VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE ||
        !(pair->sourceMask & pair->destinationMask))
        return 0;

    device = virDevMigrationCopy(pair->destination);
    testApply(device, pair->target == VIR_DEV_MIGRATION_TARGET_PROGRAM, comparison);
    /* with a program on either side, no token is missed */
    made = pair->fromProgram || pair->target == VIR_DEV_MIGRATION_TARGET_PROGRAM ?
        virDevMigrationCompareProgram(pair->source, device, VIR_DEV_MIGRATION_TARGET_DEVICE) :
        virDevMigrationCompare(pair->source, device, VIR_DEV_MIGRATION_TARGET_DEVICE);
    if (made->verdict == comparison->verdict)
        return 0;

    text = testFormat(made, true);
    VIR_TEST_VERBOSE("a device made as it has to be: %s", text);
    return -1;
}


/* A mismatch decides, whatever else fits. */
static int
testMismatch(const virDevMigrationComparison *comparison)
{
    if (comparison->verdict != VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE ||
        comparison->settings->len > 0 || comparison->token) {
        g_autofree char *text = testFormat(comparison, true);

        VIR_TEST_VERBOSE("in spite of a mismatch: %s", text);
        return -1;
    }

    return 0;
}


static int
testVerdict(testPair *pair,
            const virDevMigrationComparison *comparison)
{
    bool program = pair->fromProgram || pair->target == VIR_DEV_MIGRATION_TARGET_PROGRAM;
    unsigned int common = pair->sourceMask & pair->destinationMask;
    unsigned int token = program ? 0 : 1 << VIR_DEV_MIGRATION_INTERFACE_TOKEN;
    virDevMigrationVerdict expected = VIR_DEV_MIGRATION_VERDICT_COMPATIBLE;
    bool oneSided = !common && (pair->sourceMask || pair->destinationMask);
    g_autofree char *text = NULL;

    if (!pair->sourceMask && !pair->destinationMask)
        expected = VIR_DEV_MIGRATION_VERDICT_UNCHECKED;
    else if (oneSided || ((pair->sourceMask ^ pair->destinationMask) & token))
        expected = VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE;
    else if (pair->mismatch)
        return testMismatch(comparison);
    else if (!pair->fits)
        return 0;
    else if (common & token)
        expected = VIR_DEV_MIGRATION_VERDICT_UNCHECKED;

    if (comparison->verdict == expected && comparison->oneSided == oneSided)
        return 0;

    text = testFormat(comparison, true);
    VIR_TEST_VERBOSE("expected %s%s: %s",
                     virDevMigrationVerdictTypeToString(expected),
                     oneSided ? ", one-sided" : "", text);
    return -1;
}


static unsigned int
testMask(testPair *pair)
{
    unsigned int mask = 0;
    size_t i;

    for (i = 0; i < VIR_DEV_MIGRATION_INTERFACE_LAST; i++) {
        if (testChance(pair, i == VIR_DEV_MIGRATION_INTERFACE_TOKEN ? SOMETIMES : HALF))
            mask |= 1 << i;
    }

    return mask;
}


static int
testProperties(testPair *pair)
{
    g_autoptr(virDevMigrationComparison) comparison = NULL;
    g_autoptr(virDevMigrationComparison) spoilt = NULL;
    size_t i;

    pair->target = testNumber(pair, VIR_DEV_MIGRATION_TARGET_TYPE,
                              VIR_DEV_MIGRATION_TARGET_LAST - 1);
    pair->fromProgram = testChance(pair, SOMETIMES);
    pair->model = testChance(pair, HALF) ? OTHER_MODEL : MODEL;
    pair->sourceMask = testChance(pair, RARELY) ? 0 : testMask(pair);
    pair->destinationMask = testChance(pair, OFTEN) ? pair->sourceMask : testMask(pair);
    if (pair->fromProgram)
        pair->sourceMask &= PROGRAM_MASK;
    if (pair->target == VIR_DEV_MIGRATION_TARGET_PROGRAM)
        pair->destinationMask &= PROGRAM_MASK;

    pair->source = testMakeDevice(pair, pair->sourceMask);
    if (testItself(pair->source, pair->target) < 0 ||
        (pair->fromProgram && testProgramItself(pair, pair->source) < 0))
        return -1;

    /* one that it fits, or some other */
    pair->fits = !testChance(pair, RARELY);
    pair->destination = virDevMigrationNew();
    for (i = 0; i < VIR_DEV_MIGRATION_INTERFACE_LAST; i++) {
        if (!(pair->destinationMask & (1 << i)))
            continue;

        if (pair->fits && pair->sourceMask & (1 << i))
            fitters[i].fit(pair, pair->source, pair->destination);
        else
            makers[i].make(pair, pair->destination);
    }

    if (testChance(pair, SOMETIMES)) {
        pair->mismatch = testSpoil(pair);
        if (!pair->source->token)
            pair->sourceMask &= ~(1 << VIR_DEV_MIGRATION_INTERFACE_TOKEN);
        if (!pair->destination->token)
            pair->destinationMask &= ~(1 << VIR_DEV_MIGRATION_INTERFACE_TOKEN);
    }

    /* a program is launched as one model */
    if (pair->target == VIR_DEV_MIGRATION_TARGET_PROGRAM &&
        (pair->sourceMask & pair->destinationMask) == PROGRAM_MASK &&
        STREQ(pair->model, OTHER_MODEL))
        pair->mismatch = true;

    comparison = testCompare(pair, pair->source, pair->destination);
    if (testVerdict(pair, comparison) < 0 ||
        testSettings(pair, comparison) < 0 ||
        testSame(pair) < 0)
        return -1;

    if (comparison->oneSided)
        stats.oneSided++;
    if (pair->fromProgram || pair->target == VIR_DEV_MIGRATION_TARGET_PROGRAM)
        stats.programs[comparison->verdict]++;
    for (i = 0; i < VIR_DEV_MIGRATION_INTERFACE_LAST; i++) {
        if (pair->sourceMask & pair->destinationMask & (1 << i))
            stats.verdicts[i][comparison->verdict]++;
    }

    if (testSpoil(pair)) {
        spoilt = testCompare(pair, pair->source, pair->destination);
        if (testMismatch(spoilt) < 0)
            return -1;
    }

    return 0;
}


struct testRun {
    unsigned long long first;
    unsigned long long pairs;
};

static int
testPairs(const void *opaque)
{
    const struct testRun *run = opaque;
    unsigned long long number;

    for (number = run->first; number < run->first + run->pairs; number++) {
        guint32 seeds[] = { stats.seed, stats.seed >> 32, number, number >> 32 };
        g_autoptr(GRand) rand = g_rand_new_with_seed_array(seeds, G_N_ELEMENTS(seeds));
        testPair pair = { .rand = rand };
        int rc = testProperties(&pair);

        if (rc < 0) {
            g_autofree char *source = testFormatXML(pair.source);
            g_autofree char *destination = testFormatXML(pair.destination);

            VIR_TEST_VERBOSE("pair %llu of seed %llu, target %d, %sfrom\n%sto\n%s",
                             number, stats.seed, pair.target,
                             pair.fromProgram ? "a program, " : "",
                             source, NULLSTR(destination));
        }

        virDevMigrationFree(pair.source);
        virDevMigrationFree(pair.destination);
        if (rc < 0)
            return -1;
    }

    return 0;
}


/* Pairs that are all alike would prove nothing. */
static int
testShares(const void *opaque)
{
    const struct testRun *run = opaque;
    bool few = false;
    size_t i;
    size_t j;

    for (i = 0; i < VIR_DEV_MIGRATION_INTERFACE_LAST; i++) {
        g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;

        for (j = 0; j < VIR_DEV_MIGRATION_VERDICT_LAST; j++) {
            virBufferAsprintf(&buf, ", %zu %s", stats.verdicts[i][j],
                              virDevMigrationVerdictTypeToString(j));

            /* only a driver could make it compatible */
            if (i == VIR_DEV_MIGRATION_INTERFACE_TOKEN &&
                j == VIR_DEV_MIGRATION_VERDICT_COMPATIBLE)
                few = few || stats.verdicts[i][j] > 0;
            else
                few = few || stats.verdicts[i][j] < run->pairs / 100;
        }

        printf("%s: %zu mismatches added%s\n", virDevMigrationInterfaceTypeToString(i),
               stats.mutations[i], virBufferCurrentContent(&buf));
        few = few || stats.mutations[i] < run->pairs / 100;
    }

    printf("programs: %zu unchecked, %zu compatible, %zu incompatible\n",
           stats.programs[VIR_DEV_MIGRATION_VERDICT_UNCHECKED],
           stats.programs[VIR_DEV_MIGRATION_VERDICT_COMPATIBLE],
           stats.programs[VIR_DEV_MIGRATION_VERDICT_INCOMPATIBLE]);
    for (j = 0; j < VIR_DEV_MIGRATION_VERDICT_LAST; j++)
        few = few || stats.programs[j] < run->pairs / 100;

    printf("one-sided: %zu\n", stats.oneSided);

    return few || stats.oneSided < run->pairs / 100 ? -1 : 0;
}


static int
testEnvironment(const char *name,
                unsigned long long *value)
{
    const char *text = getenv(name);

    if (text && virStrToLong_ullp(text, NULL, 10, value) < 0) {
        fprintf(stderr, "%s is not a number\n", name);
        return -1;
    }

    return 0;
}


static int
mymain(void)
{
    struct testRun run = { 0, PAIRS };
    int ret = 0;

    stats.seed = SEED;
    if (testEnvironment("VIR_TEST_PROPERTY_SEED", &stats.seed) < 0 ||
        testEnvironment("VIR_TEST_PROPERTY_FIRST", &run.first) < 0 ||
        testEnvironment("VIR_TEST_PROPERTY_PAIRS", &run.pairs) < 0)
        return EXIT_FAILURE;

    printf("seed %llu, %llu pairs\n", stats.seed, run.pairs);

    virTestRunLog(&ret, "properties", testPairs, &run);

    /* a pair that failed stops the others */
    if (ret == 0 && run.pairs >= 1000)
        virTestRunLog(&ret, "shares of verdicts", testShares, &run);

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN(mymain)
