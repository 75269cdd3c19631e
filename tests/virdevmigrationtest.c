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

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "testutils.h"

#ifdef __linux__

# include "device_migration_conf.h"
# include "node_device_conf.h"
# include "node_device_migration.h"
# include "node_device_problems.h"
# include "virdevmigrationask.h"
# include "virdevmigrationsysfs.h"
# include "virdevmigrationwrite.h"
# include "virfile.h"
# include "virmdev.h"
# include "virmock.h"
# include "virthread.h"

# define VIR_FROM_THIS VIR_FROM_NONE

/* A tree in virdevmigrationdata/KIND/NAME looks like the directory of a parent
 * in sysfs: types in mdev_supported_types, and possibly a device. What is to
 * be read from it stands in virdevmigrationdata/KIND/NAME.xml. */
struct testTree {
    const char *kind;
    const char *name;
    const char *problem;        /* part of the first problem */
    size_t nproblems;
    bool device;                /* of the device, not of its parent */
};


static int
testCompareTypes(const void *a,
                 const void *b,
                 void *opaque G_GNUC_UNUSED)
{
    const virMediatedDeviceType *ta = *(const virMediatedDeviceType * const *) a;
    const virMediatedDeviceType *tb = *(const virMediatedDeviceType * const *) b;

    return strcmp(ta->id, tb->id);
}


static virNodeDeviceDef *
testDefNew(virNodeDevCapType type,
           const char *name)
{
    virNodeDeviceDef *def = g_new0(virNodeDeviceDef, 1);

    def->name = g_strdup(name);
    def->parent = g_strdup("computer");
    def->caps = g_new0(virNodeDevCapsDef, 1);
    def->caps->data.type = type;

    return def;
}


/* As if somebody asked for the XML of @def */
static void
testUpdate(virNodeDeviceDef *def)
{
    g_autoptr(virNodeDeviceDef) outline = virNodeDeviceMigrationOutline(def);

    virNodeDeviceMigrationRead(outline);
    virNodeDeviceMigrationStore(def, outline);
}


static virNodeDeviceDef *
testReadParent(const char *dir)
{
    g_autoptr(virNodeDeviceDef) def = testDefNew(VIR_NODE_DEV_CAP_MDEV_TYPES, "parent");
    virNodeDevCapMdevParent *parent = &def->caps->data.mdev_parent;

    def->sysfs_path = g_strdup(dir);
    if (virNodeDeviceUpdateCaps(def) < 0)
        return NULL;

    /* in the order of the directory until now */
    if (parent->nmdev_types > 0) {
        g_qsort_with_data(parent->mdev_types, parent->nmdev_types,
                          sizeof(*parent->mdev_types), testCompareTypes, NULL);
    }

    testUpdate(def);

    return g_steal_pointer(&def);
}


static virNodeDeviceDef *
testReadDevice(const char *dir)
{
    g_autofree char *devdir = g_strdup_printf("%s/device", dir);
    g_autofree char *link = g_strdup_printf("%s/mdev_type", devdir);
    g_autofree char *target = g_file_read_link(link, NULL);
    g_autoptr(virNodeDeviceDef) def = testDefNew(VIR_NODE_DEV_CAP_MDEV, "device");

    if (!target)
        return NULL;

    def->sysfs_path = g_steal_pointer(&devdir);
    def->caps->data.mdev.active_config.type = g_path_get_basename(target);
    testUpdate(def);

    return g_steal_pointer(&def);
}


/* The XML of @def is valid, and says the same when it is read again. */
static int
testFormat(virBuffer *buf,
           virNodeDeviceDef *def)
{
    g_autofree char *xml = NULL;
    g_autofree char *again = NULL;
    g_autofree char *inactive = NULL;
    g_autoptr(virNodeDeviceDef) parsed = NULL;

    /* that of the source tree */
    g_clear_pointer(&def->sysfs_path, g_free);

    xml = virNodeDeviceDefFormat(def, 0);
    inactive = virNodeDeviceDefFormat(def, VIR_NODE_DEVICE_XML_INACTIVE);

    if (!(parsed = virNodeDeviceDefParse(xml, NULL, EXISTING_DEVICE, NULL,
                                         NULL, NULL, true)))
        return -1;

    virNodeDeviceSyncMdevActiveConfig(parsed);
    again = virNodeDeviceDefFormat(parsed, 0);
    if (virTestCompareToString(xml, again) < 0)
        return -1;

    if (strstr(inactive, "migration")) {
        VIR_TEST_VERBOSE("inactive XML has the element:\n%s", inactive);
        return -1;
    }

    virBufferAdd(buf, xml, -1);
    return 0;
}


static int
testCheckModel(const virDevMigration *migration)
{
    g_autoptr(virDevMigration) copy = virDevMigrationCopy(migration);
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    g_auto(virBuffer) copyBuf = VIR_BUFFER_INITIALIZER;

    virDevMigrationFormat(&buf, migration);
    virDevMigrationFormat(&copyBuf, copy);

    if (!virDevMigrationEqual(migration, copy) ||
        STRNEQ_NULLABLE(virBufferCurrentContent(&buf),
                        virBufferCurrentContent(&copyBuf))) {
        VIR_TEST_VERBOSE("a copy differs");
        return -1;
    }

    return 0;
}


/* Each problem is one warning in @log. */
static int
testCheckProblems(const struct testTree *tree,
                  const char *log)
{
    g_auto(GStrv) lines = g_strsplit(log, "\n", 0);
    const char *first = NULL;
    size_t n = 0;
    size_t i;

    for (i = 0; lines[i]; i++) {
        if (!strstr(lines[i], "warning"))
            continue;
        if (n++ == 0)
            first = lines[i];
    }

    if (n == tree->nproblems &&
        (!tree->problem || (first && strstr(first, tree->problem))))
        return 0;

    VIR_TEST_VERBOSE("expected %zu problems, the first with \"%s\", got %zu:\n%s",
                     tree->nproblems, NULLSTR(tree->problem), n, log);
    return -1;
}


static int
testTree(const void *opaque)
{
    const struct testTree *tree = opaque;
    g_autofree char *dir = NULL;
    g_autofree char *expected = NULL;
    g_autofree char *devdir = NULL;
    g_autofree char *log = NULL;
    g_autofree char *deviceLog = NULL;
    g_autoptr(virNodeDeviceDef) parent = NULL;
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    virNodeDevCapMdevParent *cap;
    size_t i;

    dir = g_strdup_printf("%s/virdevmigrationdata/%s/%s",
                          abs_srcdir, tree->kind, tree->name);
    devdir = g_strdup_printf("%s/device", dir);
    expected = g_strdup_printf("%s.xml", dir);

    if (!(parent = testReadParent(dir)) ||
        testFormat(&buf, parent) < 0)
        return -1;

    log = virTestLogContentAndReset();

    cap = &parent->caps->data.mdev_parent;
    for (i = 0; i < cap->nmdev_types; i++) {
        if (testCheckModel(cap->mdev_types[i]->migration) < 0)
            return -1;
    }

    if (virFileExists(devdir)) {
        g_autoptr(virNodeDeviceDef) device = NULL;

        if (!(device = testReadDevice(dir)) ||
            testFormat(&buf, device) < 0 ||
            testCheckModel(device->caps->data.mdev.migration) < 0)
            return -1;

        deviceLog = virTestLogContentAndReset();
    }

    if (virGetLastErrorCode() != VIR_ERR_OK) {
        VIR_TEST_VERBOSE("reading left an error: %s", virGetLastErrorMessage());
        return -1;
    }

    if (virTestCompareToFile(virBufferCurrentContent(&buf), expected) < 0)
        return -1;

    return testCheckProblems(tree, tree->device ? deviceLog : log);
}


/* The directory of a function of PCI: virdevmigrationdata/function/NAME */
struct testFunction {
    const char *name;
    const char *problem;
    size_t nproblems;
};

static int
testFunction(const void *opaque)
{
    const struct testFunction *data = opaque;
    g_autofree char *dir = g_strdup_printf("%s/virdevmigrationdata/function/%s",
                                           abs_srcdir, data->name);
    g_autofree char *expected = g_strdup_printf("%s.xml", dir);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(virDevMigration) migration = NULL;
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;

    migration = virDevMigrationSysfsReadFunction(dir, problems);

    if (virGetLastErrorCode() != VIR_ERR_OK ||
        problems->len != data->nproblems ||
        (data->problem && !strstr(g_ptr_array_index(problems, 0), data->problem))) {
        VIR_TEST_VERBOSE("%u problems, first '%s'", problems->len,
                         problems->len > 0 ? (char *) g_ptr_array_index(problems, 0) : "");
        return -1;
    }

    virDevMigrationFormat(&buf, migration);
    if (virTestCompareToFile(NULLSTR_EMPTY(virBufferCurrentContent(&buf)), expected) < 0)
        return -1;

    return testCheckModel(migration);
}


struct testName {
    const char *name;
    bool field;
    bool attribute;
    bool text;
};

static int
testNames(const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *name255 = g_strnfill(255, 'n');
    g_autofree char *name256 = g_strnfill(256, 'n');
    g_autofree char *two255 = g_strdup_printf("%s/%s", name255, name255);
    g_autofree char *text4096 = g_strnfill(4096, 't');
    g_autofree char *text4097 = g_strnfill(4097, 't');
    const struct testName names[] = {
        { .name = "aggregator", .field = true, .attribute = true, .text = true },
        { .name = "nvidia/vgpu_params", .attribute = true, .text = true },
        { .name = "num-queues", .field = true, .attribute = true, .text = true },
        { .name = "...", .field = true, .attribute = true, .text = true },
        { .name = "a b", .field = true, .attribute = true, .text = true },
        { .name = name255, .field = true, .attribute = true, .text = true },
        { .name = two255, .attribute = true, .text = true },
        { .name = name256, .text = true },
        { .name = text4096, .text = true },
        { .name = text4097 },
        { .name = "", .text = true },
        { .name = ".", .text = true },
        { .name = "..", .text = true },
        { .name = "/", .text = true },
        { .name = "/etc", .text = true },
        { .name = "a/", .text = true },
        { .name = "a//b", .text = true },
        { .name = "a/b/c", .text = true },
        { .name = "../a", .text = true },
        { .name = "a/..", .text = true },
        { .name = "a\nb" },
        { .name = "a\tb" },
        { .name = "a\x7f" },
        { .name = "a\xc2\x85" },
        { .name = "a\xef\xbf\xbe" },
        { .name = "a\xef\xbf\xbf" },
        { .name = "a\xed\xa0\x80" },
        { .name = "a\xff" },
    };
    int ret = 0;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(names); i++) {
        if (virDevMigrationFieldNameIsValid(names[i].name) != names[i].field ||
            virDevMigrationAttributeNameIsValid(names[i].name) != names[i].attribute ||
            virDevMigrationTextIsValid(names[i].name) != names[i].text) {
            VIR_TEST_VERBOSE("wrong verdict on name %zu, '%.64s'", i, names[i].name);
            ret = -1;
        }
    }

    return ret;
}


/* Each step changes one part of the model, and it must make a difference. */
static int
testEqual(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDevMigration) migration = virDevMigrationNew();
    g_autoptr(virDevMigration) before = NULL;
    virDevMigrationAttributes *attributes;
    size_t step;

    if (!virDevMigrationEqual(NULL, NULL) ||
        virDevMigrationEqual(migration, NULL) ||
        virDevMigrationCopy(NULL))
        return -1;

    for (step = 0; step < 12; step++) {
        g_auto(GStrv) values = g_strsplit("a,b", ",", 0);

        virDevMigrationFree(before);
        before = virDevMigrationCopy(migration);
        attributes = migration->attributes;

        switch (step) {
        case 0:
            migration->attributes = virDevMigrationAttributesNew();
            break;
        case 1:
            attributes->deviceAPI = g_strdup("vfio-pci");
            break;
        case 2:
            attributes->mdevType = g_strdup("type");
            break;
        case 3:
            attributes->softwareVersion = g_new0(virDevMigrationVersion, 1);
            break;
        case 4:
            attributes->softwareVersion->bugfix = 1;
            break;
        case 5:
            attributes->compatibleTypes = g_steal_pointer(&values);
            break;
        case 6:
            if (!virDevMigrationAttributesAddCompatible(attributes, "y", &values) ||
                values)
                return -1;
            break;
        case 7:
            if (virDevMigrationAttributesAddCompatible(attributes, "y", &values) ||
                !values ||
                !virDevMigrationAttributesAddCompatible(attributes, "x", &values))
                return -1;
            break;
        case 8:
            if (!virDevMigrationAttributesAddResource(attributes, "y", NULL))
                return -1;
            break;
        case 9:
            if (virDevMigrationAttributesAddResource(attributes, "y", "2") ||
                !virDevMigrationAttributesAddResource(attributes, "x", "2"))
                return -1;
            break;
        case 10: {
            virDevMigrationResource *resource = g_ptr_array_index(attributes->resources, 1);

            g_free(resource->value);
            resource->value = g_strdup("");
            break;
        }
        case 11:
            attributes->incomplete = true;
            break;
        }

        if (virDevMigrationEqual(before, migration) ||
            virDevMigrationEqual(migration, before)) {
            VIR_TEST_VERBOSE("step %zu makes no difference", step);
            return -1;
        }
    }

    /* fields are sorted, resources are not */
    if (STRNEQ(((virDevMigrationCompatible *) g_ptr_array_index(attributes->compatible, 0))->name, "x") ||
        STRNEQ(((virDevMigrationResource *) g_ptr_array_index(attributes->resources, 0))->name, "y"))
        return -1;

    return testCheckModel(migration);
}


/* The same for the other interfaces */
static int
testEqualInterfaces(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDevMigration) migration = virDevMigrationNew();
    g_autoptr(virDevMigration) before = NULL;
    size_t nsteps = 41;
    size_t step;

    for (step = 0; step < nsteps; step++) {
        g_auto(GStrv) list = g_strsplit("a,b", ",", 0);
        virDevMigrationParamModel *model = NULL;
        virDevMigrationParam *param = NULL;
        virDevMigrationVersionModel *versions = NULL;
        virDevMigrationDescription *description = migration->description;
        g_autoptr(virDevMigrationParam) newParam = NULL;
        g_autoptr(virDevMigrationObject) object = NULL;
        bool ok = true;

        virDevMigrationFree(before);
        before = virDevMigrationCopy(migration);

        if (migration->parameters &&
            (model = virDevMigrationParametersFindModel(migration->parameters, "m")))
            param = virDevMigrationParamModelFindParam(model, "p");
        if (migration->versions)
            versions = virDevMigrationVersionsFindModel(migration->versions, "m");

        switch (step) {
        case 0:
            migration->parameters = virDevMigrationParametersNew();
            break;
        case 1:
            migration->parameters->incomplete = true;
            break;
        case 2:
            ok = !!virDevMigrationParametersAddModel(migration->parameters, "m");
            break;
        case 3:
            ok = !!virDevMigrationParametersAddModel(migration->parameters, "a");
            break;
        case 4:
        case 5:
            newParam = virDevMigrationParamNew(step == 4 ? "p" : "a",
                                               VIR_DEV_MIGRATION_PARAM_INT);
            ok = virDevMigrationParamModelAddParam(model, &newParam) && !newParam;
            break;
        case 6:
            param->value = g_strdup("1");
            break;
        case 7:
            param->init = g_strdup("1");
            break;
        case 8:
            param->off = g_strdup("0");
            break;
        case 9:
            param->description = g_strdup("text");
            break;
        case 10:
            ok = virDevMigrationParamAddAllowed(param, NULL, 1, 5);
            break;
        case 11:
            ok = virDevMigrationParamAddAllowed(param, "7", 0, 0);
            break;
        case 12:
            ok = virDevMigrationParamAddAllowed(param, NULL, 8, 9);
            break;
        case 13:
            ((virDevMigrationAllowed *) g_ptr_array_index(param->allowed, 0))->min++;
            break;
        case 14:
            ((virDevMigrationAllowed *) g_ptr_array_index(param->allowed, 0))->max++;
            break;
        case 15:
            /* one without a range */
            virDevMigrationParamModelFindParam(model, "a")->type = VIR_DEV_MIGRATION_PARAM_STR;
            break;
        case 16:
            migration->versions = virDevMigrationVersionsNew();
            break;
        case 17:
            migration->versions->incomplete = true;
            break;
        case 18:
            ok = virDevMigrationVersionsAddModel(migration->versions, "m", &list) && !list;
            break;
        case 19:
            ok = virDevMigrationVersionsAddModel(migration->versions, "a", &list) && !list;
            break;
        case 20:
            versions->current = true;
            break;
        case 21:
            versions->currentVersion = g_strdup("a");
            break;
        case 22:
            g_free(versions->versions[1]);
            versions->versions[1] = g_strdup("c");
            break;
        case 23:
            migration->description = virDevMigrationDescriptionNew();
            break;
        case 24:
            description->incomplete = true;
            break;
        case 25:
            description->self = virDevMigrationObjectNew();
            break;
        case 26:
            ok = virDevMigrationObjectAddField(description->self,
                                               VIR_DEV_MIGRATION_FIELD_VENDOR, NULL, "v");
            break;
        case 27:
            ok = virDevMigrationObjectAddField(description->self,
                                               VIR_DEV_MIGRATION_FIELD_MDEV_ATTR, "x", "v");
            break;
        case 28:
            ok = virDevMigrationObjectAddField(description->self,
                                               VIR_DEV_MIGRATION_FIELD_VENDOR_FIELD, "x", "v");
            break;
        case 29:
            ok = virDevMigrationObjectAddField(description->self,
                                               VIR_DEV_MIGRATION_FIELD_ID, "x", "v");
            break;
        case 30:
            object = virDevMigrationObjectNew();
            ok = virDevMigrationObjectAddVariable(object, "l", &list, 0, 0) && !list &&
                virDevMigrationDescriptionAddAccepts(description, &object) && !object;
            break;
        case 31:
            ok = virDevMigrationObjectAddVariable(g_ptr_array_index(description->accepts, 0),
                                                  "r", NULL, 1, 2);
            break;
        case 32:
            object = virDevMigrationObjectNew();
            ok = virDevMigrationDescriptionAddAccepts(description, &object);
            break;
        case 33:
            ok = virDevMigrationDescriptionAddValue(description, "y", "1");
            break;
        case 34:
            ok = virDevMigrationDescriptionAddValue(description, "x", "1");
            break;
        case 35: {
            virDevMigrationResource *value = g_ptr_array_index(description->values, 0);

            ok = STREQ(value->name, "x");
            g_free(value->value);
            value->value = g_strdup("2");
            break;
        }
        case 36: {
            virDevMigrationObject *accepts = g_ptr_array_index(description->accepts, 0);
            virDevMigrationVariable *variable = g_ptr_array_index(accepts->variables, 1);

            variable->max++;
            break;
        }
        case 37: {
            virDevMigrationField *field = g_ptr_array_index(description->self->fields, 0);

            ok = field->kind == VIR_DEV_MIGRATION_FIELD_VENDOR;
            g_free(field->value);
            field->value = g_strdup("w");
            break;
        }
        case 38:
            migration->token = virDevMigrationTokenNew();
            break;
        case 39:
            migration->token->incomplete = true;
            break;
        case 40:
            migration->token->token = g_strdup("t");
            break;
        }

        if (!ok ||
            virDevMigrationEqual(before, migration) ||
            virDevMigrationEqual(migration, before)) {
            VIR_TEST_VERBOSE("step %zu makes no difference", step);
            return -1;
        }
    }

    return testCheckModel(migration);
}


/* What is there already, or cannot be, is not added. */
static int
testRefused(const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virDevMigrationParameters) parameters = virDevMigrationParametersNew();
    g_autoptr(virDevMigrationVersions) versions = virDevMigrationVersionsNew();
    g_autoptr(virDevMigrationDescription) description = virDevMigrationDescriptionNew();
    g_autoptr(virDevMigrationObject) object = virDevMigrationObjectNew();
    g_autoptr(virDevMigrationParam) param = virDevMigrationParamNew("p", VIR_DEV_MIGRATION_PARAM_INT);
    g_autoptr(virDevMigrationParam) again = virDevMigrationParamNew("p", VIR_DEV_MIGRATION_PARAM_STR);
    g_auto(GStrv) list = g_strsplit("a,b", ",", 0);
    g_auto(GStrv) other = g_strsplit("a,b", ",", 0);
    virDevMigrationParamModel *model = virDevMigrationParametersAddModel(parameters, "m");
    size_t i;

    if (virDevMigrationParametersAddModel(parameters, "m") ||
        virDevMigrationParamAddAllowed(param, NULL, 2, 1) ||
        virDevMigrationParamAddAllowed(param, NULL, 0, VIR_DEV_MIGRATION_MAX_NUMBER + 1) ||
        virDevMigrationParamAddAllowed(again, NULL, 1, 2) ||
        !virDevMigrationParamAddAllowed(param, NULL, 0, VIR_DEV_MIGRATION_MAX_NUMBER) ||
        !virDevMigrationParamModelAddParam(model, &param) ||
        virDevMigrationParamModelAddParam(model, &again) || !again ||
        !virDevMigrationVersionsAddModel(versions, "m", &list) ||
        virDevMigrationVersionsAddModel(versions, "m", &other) || !other ||
        virDevMigrationObjectAddField(object, VIR_DEV_MIGRATION_FIELD_VENDOR, "named", "v") ||
        virDevMigrationObjectAddField(object, VIR_DEV_MIGRATION_FIELD_ID, NULL, "v") ||
        !virDevMigrationObjectAddField(object, VIR_DEV_MIGRATION_FIELD_ID, "i", "v") ||
        virDevMigrationObjectAddField(object, VIR_DEV_MIGRATION_FIELD_ID, "i", "w") ||
        virDevMigrationObjectAddVariable(object, "x", NULL, 2, 1) ||
        !virDevMigrationObjectAddVariable(object, "x", NULL, 1, 1) ||
        virDevMigrationObjectAddVariable(object, "x", &other, 0, 0) || !other ||
        !virDevMigrationDescriptionAddValue(description, "x", "1") ||
        virDevMigrationDescriptionAddValue(description, "x", "2"))
        return -1;

    /* one is there already */
    for (i = 1; i <= VIR_DEV_MIGRATION_MAX_ENTRIES; i++) {
        g_autofree char *name = g_strdup_printf("n%zu", i);
        g_auto(GStrv) more = g_strsplit("a,b", ",", 0);
        g_autoptr(virDevMigrationObject) accepts = virDevMigrationObjectNew();
        bool fits = i < VIR_DEV_MIGRATION_MAX_ENTRIES;

        if (!!virDevMigrationParametersAddModel(parameters, name) != fits ||
            virDevMigrationObjectAddField(object, VIR_DEV_MIGRATION_FIELD_ID, name, "v") != fits ||
            virDevMigrationObjectAddVariable(object, name, NULL, 1, 1) != fits ||
            virDevMigrationDescriptionAddValue(description, name, "v") != fits ||
            !!virDevMigrationVersionsAddModel(versions, name, &more) != fits ||
            !virDevMigrationDescriptionAddAccepts(description, &accepts))
            return -1;
    }

    return virDevMigrationDescriptionAddAccepts(description, &object) ? -1 : 0;
}


struct testXML {
    const char *xml;            /* inside <interface type='attributes'> */
    bool good;
};

static int
testParse(const void *opaque)
{
    const struct testXML *data = opaque;
    g_autofree char *xml = NULL;
    g_autoptr(virNodeDeviceDef) def = NULL;

    xml = g_strdup_printf("<device><name>d</name><parent>p</parent>"
                          "<capability type='mdev'><type id='t'/>"
                          "<capability type='migration'>%s</capability>"
                          "</capability></device>", data->xml);

    def = virNodeDeviceDefParse(xml, NULL, EXISTING_DEVICE, NULL, NULL, NULL, false);

    if (!!def != data->good) {
        VIR_TEST_VERBOSE("%s: %.200s", def ? "accepted" : "refused", data->xml);
        return -1;
    }

    virResetLastError();
    return 0;
}


# define ATTRIBUTES(content) "<interface type='attributes'>" content "</interface>"

static char *
testInterface(const char *content)
{
    return g_strdup_printf(ATTRIBUTES("%s"), content);
}


static char *
testResources(size_t n)
{
    g_auto(virBuffer) content = VIR_BUFFER_INITIALIZER;
    size_t i;

    for (i = 0; i < n; i++)
        virBufferAsprintf(&content, "<dynamicResource name='r%zu'/>", i);

    return testInterface(virBufferCurrentContent(&content));
}


static void
testWrite(const char *dir,
          const char *name,
          const char *content)
{
    g_autofree char *path = g_strdup_printf("%s/%s", dir, name);
    g_autofree char *parent = g_path_get_dirname(path);

    if (g_mkdir_with_parents(parent, 0755) < 0 ||
        virFileWriteStr(path, content, 0644) < 0)
        abort();
}


static void
testWriteType(const char *dir,
              const char *id)
{
    g_autofree char *typedir = g_strdup_printf("%s/mdev_supported_types/%s", dir, id);

    testWrite(typedir, "device_api", "vfio-pci\n");
    testWrite(typedir, "available_instances", "1\n");
    testWrite(typedir, "software_version", "1.0.0\n");
}


static int
testCountAttributes(const void *opaque)
{
    size_t n = *(const size_t *) opaque;
    g_autofree char *dir = g_strdup_printf("%s/virdevmigrationtest-XXXXXX", abs_builddir);
    g_autofree char *typedir = NULL;
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(virDevMigration) migration = NULL;
    bool fits = n <= VIR_DEV_MIGRATION_MAX_ENTRIES;
    int ret = -1;
    size_t i;

    if (!g_mkdtemp(dir))
        return -1;

    typedir = g_strdup_printf("%s/type", dir);
    for (i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("compatible_%zu", i);

        testWrite(typedir, name, "v\n");
    }

    migration = virDevMigrationSysfsReadType(typedir, "type", "vfio-pci", problems);

    if (migration &&
        migration->attributes->incomplete == !fits &&
        migration->attributes->compatible->len == (fits ? n : 0) &&
        problems->len == (fits ? 0 : 1))
        ret = 0;

    virFileDeleteTree(dir);
    return ret;
}


/* 40 fields of 4096 '&' are 800 KiB of XML: one type fits, two do not. */
static int
testSizeOfXML(const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *dir = g_strdup_printf("%s/virdevmigrationtest-XXXXXX", abs_builddir);
    g_autofree char *value = g_strnfill(VIR_DEV_MIGRATION_MAX_TEXT, '&');
    g_autoptr(virNodeDeviceDef) parent = NULL;
    g_autofree char *xml = NULL;
    g_autofree char *log = NULL;
    virMediatedDeviceType **types;
    int ret = -1;
    size_t i;
    size_t j;

    if (!g_mkdtemp(dir))
        return -1;

    for (i = 0; i < 3; i++) {
        g_autofree char *id = g_strdup_printf("type%zu", i);

        testWriteType(dir, id);
        for (j = 0; j < (i < 2 ? 40 : 1); j++) {
            g_autofree char *name = g_strdup_printf("mdev_supported_types/%s/compatible_%zu", id, j);

            testWrite(dir, name, value);
        }
    }

    if (!(parent = testReadParent(dir)) ||
        parent->caps->data.mdev_parent.nmdev_types != 3)
        goto cleanup;

    log = virTestLogContentAndReset();
    xml = virNodeDeviceDefFormat(parent, 0);
    types = parent->caps->data.mdev_parent.mdev_types;

    if (types[0]->migration && !types[1]->migration && types[2]->migration &&
        strlen(xml) > VIR_DEV_MIGRATION_MAX_XML / 2 &&
        strlen(xml) < VIR_DEV_MIGRATION_MAX_XML + 1024 &&
        strstr(log, "type1/' publishes more about migration than fits"))
        ret = 0;

 cleanup:
    virFileDeleteTree(dir);
    return ret;
}


/* The number of lines in the log is bounded, whatever a driver does. */
static int
testManyProblems(const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *dir = g_strdup_printf("%s/virdevmigrationtest-XXXXXX", abs_builddir);
    const struct testTree expected = {
        .nproblems = VIR_DEV_MIGRATION_MAX_ENTRIES + 1, .problem = "is not a number"
    };
    g_autoptr(virNodeDeviceDef) parent = NULL;
    g_autofree char *log = NULL;
    int ret = -1;
    size_t i;

    if (!g_mkdtemp(dir))
        return -1;

    for (i = 0; i < 200; i++) {
        g_autofree char *id = g_strdup_printf("type%zu", i);
        g_autofree char *name = g_strdup_printf("mdev_supported_types/%s/available_instances", id);

        testWriteType(dir, id);
        testWrite(dir, name, "many\n");
    }

    if ((parent = testReadParent(dir))) {
        log = virTestLogContentAndReset();
        ret = testCheckProblems(&expected, log);
    }

    virFileDeleteTree(dir);
    return ret;
}


/* However many devices have problems: who lists them again fills no log. */
static int
testManyDevices(const void *opaque)
{
    const size_t *n = opaque;
    g_autoptr(GPtrArray) problems = g_ptr_array_new();
    size_t round;
    size_t i;

    g_ptr_array_add(problems, (char *) "a problem");

    for (round = 0; round < 2; round++) {
        g_autofree char *log = NULL;
        size_t lines = 0;
        char *cur;

        for (i = 0; i < *n; i++) {
            g_autofree char *subject = g_strdup_printf("/sys/devices/many-%zu/%zu", *n, i);

            virNodeDeviceProblemsLog(subject, problems);
        }

        log = virTestLogContentAndReset();
        for (cur = log; (cur = strstr(cur, "a problem")); cur++)
            lines++;

        if (lines != (round == 0 ? *n : 0)) {
            VIR_TEST_VERBOSE("round %zu: %zu lines", round, lines);
            return -1;
        }
    }

    return 0;
}


struct testFile {
    const char *name;
    mode_t mode;
    bool isType;                /* @name is the whole type */
    bool fifo;
    const char *problem;
    const char *xml;            /* part of what is shown all the same */
};

/* What a recorded tree cannot hold: git knows neither mode nor strange names. */
static int
testSpecialFile(const void *opaque)
{
    const struct testFile *data = opaque;
    g_autofree char *dir = g_strdup_printf("%s/virdevmigrationtest-XXXXXX", abs_builddir);
    g_autofree char *path = NULL;
    const struct testTree expected = { .nproblems = 1, .problem = data->problem };
    g_autoptr(virNodeDeviceDef) parent = NULL;
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    g_autofree char *log = NULL;
    int ret = -1;

    if (!g_mkdtemp(dir))
        return -1;

    testWriteType(dir, "good");
    if (data->isType) {
        path = g_strdup_printf("%s/mdev_supported_types/%s", dir, data->name);
        if (data->mode)
            testWrite(dir, "mdev_supported_types/file", "not a directory\n");
        else
            testWriteType(dir, data->name);
    } else {
        path = g_strdup_printf("%s/mdev_supported_types/good/%s", dir, data->name);
        if ((data->fifo ? mkfifo(path, data->mode) :
             virFileWriteStr(path, "x\n", 0644)) < 0 ||
            chmod(path, data->mode) < 0)
            goto cleanup;
    }

    if ((parent = testReadParent(dir)) &&
        parent->caps->data.mdev_parent.nmdev_types == 1 &&
        virNodeDevCapDataHasMigration(&parent->caps->data)) {
        log = virTestLogContentAndReset();
        if (testFormat(&buf, parent) == 0 &&
            (!data->xml || strstr(virBufferCurrentContent(&buf), data->xml)))
            ret = testCheckProblems(&expected, log);
    }

 cleanup:
    virFileDeleteTree(dir);
    return ret;
}


/* A file of as many bytes as a document may have, and one with one more */
static int
testDocumentSize(const void *opaque)
{
    const char *name = opaque;
    g_autofree char *dir = g_strdup_printf("%s/virdevmigrationtest-XXXXXX", abs_builddir);
    const char *start = STREQ(name, "migration_device_models") ? "m:\nv" : "{\"models\": {\"m\": {\"params\": {}}}}";
    const char fill = *start == '{' ? ' ' : '\n';
    size_t max = VIR_DEV_MIGRATION_MAX_DOCUMENT;
    int ret = 0;
    size_t i;

    if (!g_mkdtemp(dir))
        return -1;

    for (i = 0; i < 2 && ret == 0; i++) {
        g_autofree char *blanks = g_strnfill(max + i - strlen(start), fill);
        g_autofree char *text = g_strdup_printf("%s%s\n", start, blanks);
        g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(virDevMigration) migration = NULL;
        bool large;

        testWrite(dir, name, text);
        migration = virDevMigrationSysfsReadType(dir, "type", "vfio-pci", problems);

        large = problems->len > 0 &&
            strstr(g_ptr_array_index(problems, 0), "is larger than 262144 bytes");
        if (!migration || large != (i == 1)) {
            VIR_TEST_VERBOSE("%zu bytes: %s", max + i,
                             problems->len > 0 ? (char *) g_ptr_array_index(problems, 0) : "");
            ret = -1;
        }
    }

    virFileDeleteTree(dir);
    return ret;
}


/* As many attributes in a description as a device may have, and one more: the
 * device names the first and the last one, each compatible device another */
static int
testDescribedAttributes(const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *dir = g_strdup_printf("%s/virdevmigrationtest-XXXXXX", abs_builddir);
    size_t max = VIR_DEV_MIGRATION_MAX_ENTRIES;
    int ret = 0;
    size_t n;

    if (!g_mkdtemp(dir))
        return -1;

    for (n = max; n <= max + 1 && ret == 0; n++) {
        g_auto(virBuffer) text = VIR_BUFFER_INITIALIZER;
        g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(virDevMigration) migration = NULL;
        bool fits = n == max;
        size_t i;

        for (i = 0; i < n; i++) {
            g_autofree char *name = g_strdup_printf("a%zu", i);

            testWrite(dir, name, "1\n");
            if (i == 0)
                virBufferAsprintf(&text, "[{\"mdev_attrs\": [{\"a0\": 1}, {\"a%zu\": 1}]}", n - 1);
            else if (i < max)
                virBufferAsprintf(&text, ", {\"mdev_attrs\": [{\"a%zu\": 1}]}", i);
        }
        virBufferAddLit(&text, "]\n");
        testWrite(dir, "migration_description", virBufferCurrentContent(&text));

        migration = virDevMigrationSysfsReadDevice(dir, "type", problems);

        if (!migration || !migration->description->self ||
            migration->description->accepts->len != max - 1 ||
            migration->description->incomplete == fits ||
            migration->description->values->len != (fits ? n : 0) ||
            problems->len != (fits ? 0 : 1)) {
            VIR_TEST_VERBOSE("%zu attributes: %u problems", n, problems->len);
            ret = -1;
        }
    }

    virFileDeleteTree(dir);
    return ret;
}


/* Asking a driver whether it takes a token. What a driver answers is what the
 * write says: limits of this process stand in for a driver that refuses. */
struct testAsk {
    const char *name;
    const char *token;
    enum {
        ASK_FILE,
        ASK_MISSING,
        ASK_LINK,
        ASK_DIRECTORY,
        ASK_FIFO,
    } what;
    bool refuse;                /* takes at most @limit bytes */
    unsigned int limit;
    bool noFiles;               /* this process cannot open a file */
    int rc;
    const char *reason;         /* part of it */
    const char *content;        /* of the file, afterwards */
};


static int
testAsk(const void *opaque)
{
    const struct testAsk *data = opaque;
    g_autofree char *dir = g_strdup_printf("%s/virdevmigrationtest-XXXXXX", abs_builddir);
    g_autofree char *path = NULL;
    g_autofree char *file = NULL;
    g_autofree char *content = NULL;
    g_autofree char *reason = NULL;
    VIR_AUTOCLOSE fifo = -1;    /* somebody who would take it */
    int resource = data->refuse ? RLIMIT_FSIZE : RLIMIT_NOFILE;
    struct rlimit saved;
    struct rlimit limit;
    int rc;
    int ret = -1;

    if (!g_mkdtemp(dir))
        return -1;

    path = g_strdup_printf("%s/migration_version", dir);
    file = g_strdup_printf("%s/file", dir);
    testWrite(dir, "file", "0123456789");

    if ((data->what == ASK_FILE && rename(file, path) < 0) ||
        (data->what == ASK_LINK && symlink("file", path) < 0) ||
        (data->what == ASK_DIRECTORY && mkdir(path, 0755) < 0) ||
        (data->what == ASK_FIFO &&
         (mkfifo(path, 0644) < 0 ||
          (fifo = open(path, O_RDONLY | O_NONBLOCK)) < 0)) ||
        getrlimit(resource, &saved) < 0)
        goto cleanup;

    limit = saved;
    limit.rlim_cur = data->limit;
    if ((data->refuse || data->noFiles) && setrlimit(resource, &limit) < 0)
        goto cleanup;

    rc = virDevMigrationAskToken(dir, data->token, &reason);

    if (setrlimit(resource, &saved) < 0)
        goto cleanup;

    if (rc != data->rc ||
        !!reason != (data->rc > 0) ||
        (data->reason && !strstr(reason, data->reason)) ||
        (virGetLastErrorCode() != VIR_ERR_OK) != (data->rc < 0)) {
        VIR_TEST_VERBOSE("%d: %s", rc, NULLSTR(reason));
        goto cleanup;
    }

    if (virFileReadAll(data->what == ASK_FILE ? path : file, 100, &content) < 0 ||
        virTestCompareToString(data->content ? data->content : "0123456789", content) < 0 ||
        (data->what == ASK_MISSING && virFileExists(path)))
        goto cleanup;

    ret = 0;

 cleanup:
    virResetLastError();
    g_free(virTestLogContentAndReset());
    virFileDeleteTree(dir);
    return ret;
}


/* errno of who opens a file to write, 0: it is opened */
static int testOpenErrno;
static int (*real_openat)(int dirfd, const char *path, int oflag, ...);

int
openat(int dirfd, const char *path, int oflag, ...)
{
    VIR_MOCK_REAL_INIT(openat);

    if (testOpenErrno != 0 && (oflag & O_ACCMODE) == O_WRONLY) {
        errno = testOpenErrno;
        return -1;
    }

    return real_openat(dirfd, path, oflag, 0);
}


/* It is not the driver that says no. */
static int
testAskHere(const void *opaque)
{
    const int *error = opaque;
    g_autofree char *dir = g_strdup_printf("%s/virdevmigrationtest-XXXXXX", abs_builddir);
    g_autofree char *reason = NULL;
    int rc;

    if (!g_mkdtemp(dir))
        return -1;
    testWrite(dir, "migration_version", "0123456789");

    testOpenErrno = *error;
    rc = virDevMigrationAskToken(dir, "token", &reason);
    testOpenErrno = 0;
    virFileDeleteTree(dir);

    if (rc != 3) {
        VIR_TEST_VERBOSE("%d: %s", rc, NULLSTR(reason));
        return -1;
    }

    return virTestCompareToString(g_strerror(*error), reason);
}


struct testWriteValue {
    const char *name;
    const char *value;
    const char *error;          /* part of it */
};

static int
testWriteValues(const void *opaque G_GNUC_UNUSED)
{
    static const struct testWriteValue values[] = {
        { "file", "1", NULL },
        { "file", "", NULL },
        { "sub/file", "frame_rate_limiter=0", NULL },
        { "missing", "1", "No such file" },
        { "link", "1", "" },
        { "sublink/file", "1", "" },
        { "sub/link", "1", "" },
        { "sub", "1", "" },
        { "fifo", "1", "" },
        { "../outside", "1", "cannot be set" },
        { "sub/../file", "1", "cannot be set" },
        { "/etc/passwd", "1", "cannot be set" },
        { "", "1", "cannot be set" },
        { "file", "1\n2", "cannot be set" },
    };
    g_autofree char *top = g_strdup_printf("%s/virdevmigrationtest-XXXXXX", abs_builddir);
    g_autofree char *dir = NULL;
    g_autofree char *sub = NULL;
    g_autofree char *link = NULL;
    g_autofree char *sublink = NULL;
    g_autofree char *inner = NULL;
    g_autofree char *fifo = NULL;
    int ret = 0;
    size_t i;

    if (!g_mkdtemp(top))
        return -1;

    dir = g_strdup_printf("%s/device", top);
    sub = g_strdup_printf("%s/sub", dir);
    link = g_strdup_printf("%s/link", dir);
    sublink = g_strdup_printf("%s/sublink", dir);
    inner = g_strdup_printf("%s/link", sub);
    fifo = g_strdup_printf("%s/fifo", dir);
    if (g_mkdir_with_parents(sub, 0700) < 0 ||
        symlink("../outside", link) < 0 ||
        symlink("..", sublink) < 0 ||
        symlink("../file", inner) < 0 ||
        mkfifo(fifo, 0600) < 0)
        return -1;
    testWrite(top, "outside", "0");
    testWrite(top, "file", "0");

    for (i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *path = g_strdup_printf("%s/%s", dir, values[i].name);
        g_autofree char *expected = g_strdup_printf("%s\n", values[i].value);
        g_autofree char *content = NULL;
        int rc;

        testWrite(dir, "file", "");
        testWrite(sub, "file", "");
        virResetLastError();
        rc = virDevMigrationWriteValue(dir, values[i].name, values[i].value);

        if ((rc < 0) != !!values[i].error ||
            (rc < 0 && !strstr(virGetLastErrorMessage(), values[i].error))) {
            VIR_TEST_VERBOSE("'%s': %d: %s", values[i].name, rc, virGetLastErrorMessage());
            ret = -1;
        }

        if (rc == 0 &&
            (virFileReadAll(path, 100, &content) < 0 ||
             virTestCompareToString(expected, content) < 0))
            ret = -1;
    }

    for (i = 0; i < 2; i++) {
        g_autofree char *path = g_strdup_printf("%s/%s", top, i == 0 ? "outside" : "file");
        g_autofree char *content = NULL;

        if (virFileReadAll(path, 100, &content) < 0 ||
            virTestCompareToString("0", content) < 0)
            ret = -1;
    }

    if (!virDevMigrationValueIsCut("ab", "a") ||
        !virDevMigrationValueIsCut("a", "") ||
        virDevMigrationValueIsCut("ab", "ab") ||
        virDevMigrationValueIsCut("ab", "b") ||
        virDevMigrationValueIsCut("abc", "a") ||
        virDevMigrationValueIsCut("", "a")) {
        VIR_TEST_VERBOSE("a value is not cut as it should be");
        ret = -1;
    }

    virResetLastError();
    g_free(virTestLogContentAndReset());
    virFileDeleteTree(top);
    return ret;
}


struct testSpelling {
    const char *text;
    bool param;                 /* is good for the name of a parameter */
    bool model;
    bool version;
    bool token;
    const char *boolean;        /* what it becomes as a value */
    const char *number;
    const char *string;
};

static int
testSpellings(const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *name255 = g_strnfill(255, 'n');
    g_autofree char *name256 = g_strnfill(256, 'n');
    g_autofree char *text4096 = g_strnfill(4096, 't');
    g_autofree char *text4097 = g_strnfill(4097, 't');
    const struct testSpelling spellings[] = {
        { .text = "num-queues", .param = true, .model = true, .version = true, .token = true, .string = "num-queues" },
        { .text = "on", .param = true, .model = true, .version = true, .token = true, .boolean = "on", .string = "on" },
        { .text = "off", .param = true, .model = true, .version = true, .token = true, .boolean = "off", .string = "off" },
        { .text = "On", .param = true, .model = true, .version = true, .token = true, .string = "On" },
        { .text = "true", .param = true, .model = true, .version = true, .token = true, .string = "true" },
        { .text = "0", .param = true, .model = true, .version = true, .token = true, .number = "0", .string = "0" },
        { .text = "00", .param = true, .model = true, .version = true, .token = true, .number = "0", .string = "00" },
        { .text = "010", .param = true, .model = true, .version = true, .token = true, .number = "10", .string = "010" },
        { .text = "9223372036854775806", .param = true, .model = true, .version = true, .token = true,
          .number = "9223372036854775806", .string = "9223372036854775806" },
        { .text = "9223372036854775807", .param = true, .model = true, .version = true, .token = true,
          .string = "9223372036854775807" },
        { .text = "18446744073709551616", .param = true, .model = true, .version = true, .token = true,
          .string = "18446744073709551616" },
        { .text = "-1", .param = true, .model = true, .version = true, .token = true, .string = "-1" },
        { .text = "+1", .param = true, .model = true, .version = true, .token = true, .string = "+1" },
        { .text = " 1", .model = true, .version = true, .token = true, .string = " 1" },
        { .text = "1 ", .model = true, .version = true, .token = true, .string = "1 " },
        { .text = "1\n" },
        { .text = "0x1", .param = true, .model = true, .version = true, .token = true, .string = "0x1" },
        { .text = "", .string = "" },
        { .text = "a=b", .model = true, .version = true, .token = true, .string = "a=b" },
        { .text = "a/b", .model = true, .version = true, .token = true, .string = "a/b" },
        { .text = "..", .model = true, .version = true, .token = true, .string = ".." },
        { .text = "a:", .param = true, .model = true, .version = true, .token = true, .string = "a:" },
        { .text = "\xc3\xbc", .param = true, .model = true, .string = "\xc3\xbc" },
        { .text = "a\xe2\x80\x83" "b", .model = true, .string = "a\xe2\x80\x83" "b" },
        { .text = "\xff" },
        { .text = "a\tb" },
        { .text = "a\x7f" },
        { .text = name255, .param = true, .model = true, .version = true, .token = true, .string = name255 },
        { .text = name256, .model = true, .version = true, .token = true, .string = name256 },
        { .text = text4096, .model = true, .version = true, .token = true, .string = text4096 },
        { .text = text4097 },
    };
    int ret = 0;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(spellings); i++) {
        const struct testSpelling *s = &spellings[i];
        g_autofree char *boolean = virDevMigrationParamNormalize(VIR_DEV_MIGRATION_PARAM_BOOL, s->text);
        g_autofree char *number = virDevMigrationParamNormalize(VIR_DEV_MIGRATION_PARAM_INT, s->text);
        g_autofree char *string = virDevMigrationParamNormalize(VIR_DEV_MIGRATION_PARAM_STR, s->text);

        if (virDevMigrationParamNameIsValid(s->text) != s->param ||
            virDevMigrationModelNameIsValid(s->text) != s->model ||
            virDevMigrationVersionNameIsValid(s->text) != s->version ||
            virDevMigrationTokenIsValid(s->text) != s->token ||
            STRNEQ_NULLABLE(boolean, s->boolean) ||
            STRNEQ_NULLABLE(number, s->number) ||
            STRNEQ_NULLABLE(string, s->string)) {
            VIR_TEST_VERBOSE("wrong verdict on spelling %zu, '%.64s'", i, s->text);
            ret = -1;
        }
    }

    return ret;
}


/* The capability is in the list that clients get of one device. */
static int
testListCaps(const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *dir = g_strdup_printf("%s/virdevmigrationdata/good/full", abs_srcdir);
    g_autofree char *devdir = g_strdup_printf("%s/device", dir);
    g_autofree char *silent = g_strdup_printf("%s/virdevmigrationdata/good/nothing-published",
                                              abs_srcdir);
    struct {
        const char *path;
        virNodeDevCapType type;
        int ncaps;
    } devices[] = {
        { .path = dir, .type = VIR_NODE_DEV_CAP_MDEV_TYPES, .ncaps = 2 },
        { .path = dir, .type = VIR_NODE_DEV_CAP_AP_MATRIX, .ncaps = 3 },
        { .path = dir, .type = VIR_NODE_DEV_CAP_CSS_DEV, .ncaps = 3 },
        { .path = devdir, .type = VIR_NODE_DEV_CAP_MDEV, .ncaps = 2 },
        { .path = NULL, .type = VIR_NODE_DEV_CAP_MDEV, .ncaps = 1 },
        { .path = silent, .type = VIR_NODE_DEV_CAP_MDEV_TYPES, .ncaps = 1 },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(devices); i++) {
        g_autoptr(virNodeDeviceDef) def = testDefNew(devices[i].type, "device");
        g_autofree virNodeDevCapType *caps = NULL;
        int ncaps;

        def->sysfs_path = g_strdup(devices[i].path);
        if (devices[i].type == VIR_NODE_DEV_CAP_MDEV)
            def->caps->data.mdev.active_config.type = g_strdup("vendor-type_4");

        if (virNodeDeviceUpdateCaps(def) < 0)
            return -1;
        testUpdate(def);

        ncaps = virNodeDeviceCapsListExport(def, &caps);
        if (ncaps != devices[i].ncaps ||
            (ncaps > 1) != (caps[ncaps - 1] == VIR_NODE_DEV_CAP_MIGRATION)) {
            VIR_TEST_VERBOSE("device %zu has %d capabilities", i, ncaps);
            return -1;
        }
    }

    return 0;
}


/* Logged when the list of problems changes, and only then. */
static int
testLog(const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *dir = g_strdup_printf("%s/virdevmigrationtest-XXXXXX", abs_builddir);
    g_autoptr(virNodeDeviceDef) def = testDefNew(VIR_NODE_DEV_CAP_MDEV, "device");
    virNodeDevCapMdev *mdev = &def->caps->data.mdev;
    struct {
        const char *version;
        const char *logged;
    } steps[] = {
        { .version = "1.0.0\n", .logged = NULL },
        { .version = " \n", .logged = "software_version' is not the version of a driver: ''" },
        { .version = " \n", .logged = NULL },
        { .version = "wor\001se\n", .logged = "software_version' contains a control character" },
        { .version = "1.0.0\n", .logged = NULL },
        { .version = "1.0.0\n", .logged = NULL },
        { .version = "wor\001se\n", .logged = "software_version' contains a control character" },
    };
    int ret = -1;
    size_t i;

    if (!g_mkdtemp(dir))
        return -1;

    def->sysfs_path = g_strdup(dir);
    mdev->active_config.type = g_strdup("type");
    g_free(virTestLogContentAndReset());

    for (i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autofree char *log = NULL;

        testWrite(dir, "mdev_type/device_api", "vfio-pci\n");
        testWrite(dir, "mdev_type/software_version", steps[i].version);
        testUpdate(def);

        log = virTestLogContentAndReset();
        if (!virNodeDevCapDataHasMigration(&def->caps->data) ||
            (steps[i].logged ? !strstr(log, steps[i].logged) : *log != '\0')) {
            VIR_TEST_VERBOSE("step %zu: '%s'", i, log);
            goto cleanup;
        }
    }

    /* no longer active */
    g_clear_pointer(&def->sysfs_path, g_free);
    testUpdate(def);
    if (mdev->migration)
        goto cleanup;

    ret = 0;
 cleanup:
    virFileDeleteTree(dir);
    return ret;
}


/* What changed while the driver answered: nothing of another type or device
 * is taken, and nothing of before stays. */
static int
testStore(const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *dir = g_strdup_printf("%s/virdevmigrationtest-XXXXXX", abs_builddir);
    g_autoptr(virNodeDeviceDef) def = testDefNew(VIR_NODE_DEV_CAP_MDEV_TYPES, "parent");
    virNodeDevCapMdevParent *parent = &def->caps->data.mdev_parent;
    g_autoptr(virNodeDeviceDef) outline = NULL;
    g_autoptr(virNodeDeviceDef) elsewhere = NULL;
    g_autoptr(virNodeDeviceDef) mdev = testDefNew(VIR_NODE_DEV_CAP_MDEV, "mdev");
    g_autoptr(virNodeDeviceDef) outlineMdev = NULL;
    virMediatedDeviceType *last;
    int ret = -1;
    size_t i;

    if (!g_mkdtemp(dir))
        return -1;

    testWriteType(dir, "one");
    testWriteType(dir, "two");
    testWriteType(dir, "three");
    def->sysfs_path = g_strdup(dir);
    if (virNodeDeviceUpdateCaps(def) < 0 || parent->nmdev_types != 3)
        goto cleanup;

    outline = virNodeDeviceMigrationOutline(def);
    virNodeDeviceMigrationRead(outline);

    /* in another order, and the first one has gone */
    g_free(parent->mdev_types[0]->id);
    parent->mdev_types[0]->id = g_strdup("new");
    last = parent->mdev_types[2];
    parent->mdev_types[2] = parent->mdev_types[1];
    parent->mdev_types[1] = last;
    virNodeDeviceMigrationStore(def, outline);

    for (i = 0; i < parent->nmdev_types; i++) {
        virMediatedDeviceType *type = parent->mdev_types[i];
        const char *found = NULL;

        if (type->migration && type->migration->attributes)
            found = type->migration->attributes->mdevType;

        if (STRNEQ_NULLABLE(found, STREQ(type->id, "new") ? NULL : type->id)) {
            VIR_TEST_VERBOSE("type %s has that of %s", type->id, NULLSTR(found));
            goto cleanup;
        }
    }

    /* a device of another type with the same UUID */
    mdev->sysfs_path = g_strdup_printf("%s/mdev", dir);
    mdev->caps->data.mdev.active_config.type = g_strdup("one");
    testWrite(dir, "mdev/mdev_type/device_api", "vfio-pci\n");
    testWrite(dir, "mdev/mdev_type/software_version", "1.0.0\n");
    outlineMdev = virNodeDeviceMigrationOutline(mdev);
    virNodeDeviceMigrationRead(outlineMdev);
    if (!outlineMdev->caps->data.mdev.migration)
        goto cleanup;
    g_free(mdev->caps->data.mdev.active_config.type);
    mdev->caps->data.mdev.active_config.type = g_strdup("two");
    virNodeDeviceMigrationStore(mdev, outlineMdev);
    if (mdev->caps->data.mdev.migration)
        goto cleanup;

    elsewhere = virNodeDeviceMigrationOutline(def);
    virNodeDeviceMigrationRead(elsewhere);
    g_free(def->sysfs_path);
    def->sysfs_path = g_strdup("/nowhere");
    virNodeDeviceMigrationStore(def, elsewhere);
    for (i = 0; i < parent->nmdev_types; i++) {
        if (parent->mdev_types[i]->migration)
            goto cleanup;
    }

    ret = 0;
 cleanup:
    virFileDeleteTree(dir);
    return ret;
}


static void
testVanishThread(void *opaque)
{
    const char *dir = opaque;
    g_autofree char *typedir = g_strdup_printf("%s/mdev_supported_types/vanishing", dir);
    size_t i;

    for (i = 0; i < 300; i++) {
        testWriteType(dir, "vanishing");
        virFileDeleteTree(typedir);
    }
}


/* A type that comes and goes never hides its parent or the other type. */
static int
testVanish(const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *dir = g_strdup_printf("%s/virdevmigrationtest-XXXXXX", abs_builddir);
    virThread thread;
    int ret = 0;
    size_t i;

    if (!g_mkdtemp(dir))
        return -1;

    testWriteType(dir, "staying");
    if (virThreadCreate(&thread, true, testVanishThread, dir) < 0) {
        virFileDeleteTree(dir);
        return -1;
    }

    for (i = 0; i < 300 && ret == 0; i++) {
        g_autoptr(virNodeDeviceDef) def = testDefNew(VIR_NODE_DEV_CAP_MDEV_TYPES, "parent");
        virNodeDevCapMdevParent *parent = &def->caps->data.mdev_parent;
        bool found = false;
        size_t j;

        def->sysfs_path = g_strdup(dir);
        if (virNodeDeviceUpdateCaps(def) < 0)
            ret = -1;
        testUpdate(def);

        for (j = 0; j < parent->nmdev_types; j++) {
            virMediatedDeviceType *type = parent->mdev_types[j];

            if (STREQ(type->id, "staying") && type->migration)
                found = true;
        }

        if (!found)
            ret = -1;
    }

    virThreadJoin(&thread);
    virFileDeleteTree(dir);
    return ret;
}


static int
mymain(void)
{
    static const struct testTree trees[] = {
        { .kind = "good", .name = "all-five" },
        { .kind = "good", .name = "ap" },
        { .kind = "good", .name = "blanks" },
        { .kind = "good", .name = "ccw" },
        { .kind = "good", .name = "compatible-type-only" },
        { .kind = "good", .name = "device-only" },
        { .kind = "good", .name = "device-over-type" },
        { .kind = "good", .name = "entries-64" },
        { .kind = "good", .name = "full" },
        { .kind = "good", .name = "gvt" },
        { .kind = "good", .name = "mail-2020-07-14" },
        { .kind = "good", .name = "mail-2020-07-27" },
        { .kind = "good", .name = "mail-2020-07-29" },
        { .kind = "good", .name = "mail-2020-08-05" },
        { .kind = "good", .name = "mail-2020-08-19-ccw" },
        { .kind = "good", .name = "models-same-param" },
        { .kind = "good", .name = "no-newline" },
        { .kind = "good", .name = "nothing-published" },
        { .kind = "good", .name = "rfc-v3-allowed-values" },
        { .kind = "good", .name = "rfc-v3-graphics-card" },
        { .kind = "good", .name = "rfc-v3-network-card" },
        { .kind = "good", .name = "rfc-v4-document" },
        { .kind = "good", .name = "rfc-v4-graphics-card" },
        { .kind = "good", .name = "subdirectory" },
        { .kind = "good", .name = "text" },
        { .kind = "good", .name = "version--1.0.0" },
        { .kind = "good", .name = "version-0x1.0.0" },
        { .kind = "good", .name = "version-1" },
        { .kind = "good", .name = "version-1..3" },
        { .kind = "good", .name = "version-1.0.0-rc1" },
        { .kind = "good", .name = "version-1.2" },
        { .kind = "good", .name = "version-1.2.3.4" },
        { .kind = "good", .name = "version-1.99999999999999999999.0" },
        { .kind = "good", .name = "version-1._2.3" },
        { .kind = "good", .name = "version-4294967296.0.0" },
        { .kind = "good", .name = "version-99999999999999999999" },
        { .kind = "good", .name = "version-blanks" },
        { .kind = "good", .name = "version-grid" },
        { .kind = "good", .name = "version-plus1.0.0" },
        { .kind = "good", .name = "version-text-blanks" },
        { .kind = "good", .name = "version-v1.0.0" },
        { .kind = "good", .name = "token-2020-07-13" },
        { .kind = "good", .name = "token-v5" },
        { .kind = "good", .name = "value-4096-bytes" },
        { .kind = "bad", .name = "10000-names", .nproblems = 1,
          .problem = "vendor-bad/dynamic_resources' is larger than 4096 bytes" },
        { .kind = "bad", .name = "4097-bytes-compatible-pci-ids", .nproblems = 1,
          .problem = "vendor-bad/compatible_pci_ids' is larger than 4096 bytes" },
        { .kind = "bad", .name = "4097-bytes-compatible-type", .nproblems = 1,
          .problem = "vendor-bad/compatible_type' is larger than 4096 bytes" },
        { .kind = "bad", .name = "4097-bytes-dynamic-resources", .nproblems = 1,
          .problem = "vendor-bad/dynamic_resources' is larger than 4096 bytes" },
        { .kind = "bad", .name = "4097-bytes-software-version", .nproblems = 1,
          .problem = "vendor-bad/software_version' is larger than 4096 bytes" },
        { .kind = "bad", .name = "64-KiB", .nproblems = 1,
          .problem = "vendor-bad/compatible_pci_ids' is larger than 4096 bytes" },
        { .kind = "bad", .name = "c1-compatible-pci-ids", .nproblems = 1,
          .problem = "vendor-bad/compatible_pci_ids' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "c1-compatible-type", .nproblems = 1,
          .problem = "vendor-bad/compatible_type' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "c1-dynamic-resources", .nproblems = 1,
          .problem = "vendor-bad/dynamic_resources' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "c1-software-version", .nproblems = 1,
          .problem = "vendor-bad/software_version' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "control-compatible-pci-ids", .nproblems = 1,
          .problem = "vendor-bad/compatible_pci_ids' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "control-compatible-type", .nproblems = 1,
          .problem = "vendor-bad/compatible_type' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "control-dynamic-resources", .nproblems = 1,
          .problem = "vendor-bad/dynamic_resources' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "control-software-version", .nproblems = 1,
          .problem = "vendor-bad/software_version' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "dangling-mdev-type" },
        { .kind = "bad", .name = "del-compatible-pci-ids", .nproblems = 1,
          .problem = "vendor-bad/compatible_pci_ids' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "del-compatible-type", .nproblems = 1,
          .problem = "vendor-bad/compatible_type' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "del-dynamic-resources", .nproblems = 1,
          .problem = "vendor-bad/dynamic_resources' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "del-software-version", .nproblems = 1,
          .problem = "vendor-bad/software_version' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "directory-compatible-pci-ids", .nproblems = 1,
          .problem = "vendor-bad/compatible_pci_ids' is not a regular file" },
        { .kind = "bad", .name = "directory-compatible-type", .nproblems = 1,
          .problem = "vendor-bad/compatible_type' is not a regular file" },
        { .kind = "bad", .name = "directory-dynamic-resources", .nproblems = 1,
          .problem = "vendor-bad/dynamic_resources' is not a regular file" },
        { .kind = "bad", .name = "directory-software-version", .nproblems = 1,
          .problem = "vendor-bad/software_version' is not a regular file" },
        { .kind = "bad", .name = "duplicates", .nproblems = 2,
          .problem = "vendor-bad/compatible_pci_ids' has the entry '5931' twice" },
        { .kind = "bad", .name = "empty-compatible-pci-ids", .nproblems = 1,
          .problem = "vendor-bad/compatible_pci_ids' is empty" },
        { .kind = "bad", .name = "empty-compatible-type", .nproblems = 1,
          .problem = "vendor-bad/compatible_type' is empty" },
        { .kind = "bad", .name = "empty-dynamic-resources", .nproblems = 1,
          .problem = "vendor-bad/dynamic_resources' is empty" },
        { .kind = "bad", .name = "empty-entries", .nproblems = 5,
          .problem = "vendor-bad/compatible_pci_ids' has an empty entry" },
        { .kind = "bad", .name = "empty-software-version", .nproblems = 1,
          .problem = "vendor-bad/software_version' is empty" },
        { .kind = "bad", .name = "entries-65", .nproblems = 2,
          .problem = "vendor-bad/compatible_pci_ids' has more than 64 entries" },
        { .kind = "bad", .name = "escape-compatible-pci-ids", .nproblems = 1,
          .problem = "vendor-bad/compatible_pci_ids' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "escape-compatible-type", .nproblems = 1,
          .problem = "vendor-bad/compatible_type' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "escape-dynamic-resources", .nproblems = 1,
          .problem = "vendor-bad/dynamic_resources' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "escape-software-version", .nproblems = 1,
          .problem = "vendor-bad/software_version' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "field-without-name", .nproblems = 1,
          .problem = "vendor-bad/compatible_' has a bad name" },
        { .kind = "bad", .name = "link-compatible-pci-ids", .nproblems = 1,
          .problem = "vendor-bad/compatible_pci_ids' is not a regular file" },
        { .kind = "bad", .name = "link-compatible-type", .nproblems = 1,
          .problem = "vendor-bad/compatible_type' is not a regular file" },
        { .kind = "bad", .name = "link-dynamic-resources", .nproblems = 1,
          .problem = "vendor-bad/dynamic_resources' is not a regular file" },
        { .kind = "bad", .name = "link-software-version", .nproblems = 1,
          .problem = "vendor-bad/software_version' is not a regular file" },
        { .kind = "bad", .name = "newline-compatible-pci-ids", .nproblems = 1,
          .problem = "vendor-bad/compatible_pci_ids' is empty" },
        { .kind = "bad", .name = "newline-compatible-type", .nproblems = 1,
          .problem = "vendor-bad/compatible_type' is empty" },
        { .kind = "bad", .name = "newline-dynamic-resources", .nproblems = 1,
          .problem = "vendor-bad/dynamic_resources' is empty" },
        { .kind = "bad", .name = "newline-software-version", .nproblems = 1,
          .problem = "vendor-bad/software_version' is empty" },
        { .kind = "bad", .name = "no-attribute-is-good", .nproblems = 4,
          .problem = "vendor-bad/compatible_pci_ids' is empty" },
        { .kind = "bad", .name = "noncharacter-compatible-pci-ids", .nproblems = 1,
          .problem = "vendor-bad/compatible_pci_ids' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "noncharacter-compatible-type", .nproblems = 1,
          .problem = "vendor-bad/compatible_type' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "noncharacter-dynamic-resources", .nproblems = 1,
          .problem = "vendor-bad/dynamic_resources' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "noncharacter-software-version", .nproblems = 1,
          .problem = "vendor-bad/software_version' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "nul-compatible-pci-ids", .nproblems = 1,
          .problem = "vendor-bad/compatible_pci_ids' contains a NUL byte" },
        { .kind = "bad", .name = "nul-compatible-type", .nproblems = 1,
          .problem = "vendor-bad/compatible_type' contains a NUL byte" },
        { .kind = "bad", .name = "nul-dynamic-resources", .nproblems = 1,
          .problem = "vendor-bad/dynamic_resources' contains a NUL byte" },
        { .kind = "bad", .name = "nul-software-version", .nproblems = 1,
          .problem = "vendor-bad/software_version' contains a NUL byte" },
        { .kind = "bad", .name = "resource-4097-bytes", .nproblems = 1, .device = true,
          .problem = "device/aggregator' is larger than 4096 bytes" },
        { .kind = "bad", .name = "resource-control", .nproblems = 1, .device = true,
          .problem = "device/aggregator' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "resource-directory", .nproblems = 1, .device = true,
          .problem = "device/aggregator' is not a regular file" },
        { .kind = "bad", .name = "resource-empty" },
        { .kind = "bad", .name = "resource-link", .nproblems = 2, .device = true,
          .problem = "device/driver/unbind' is not below the device" },
        { .kind = "bad", .name = "resource-link-file", .nproblems = 1, .device = true,
          .problem = "device/aggregator' is not a regular file" },
        { .kind = "bad", .name = "resource-missing", .nproblems = 1, .device = true,
          .problem = "device/aggregator' cannot be read" },
        { .kind = "bad", .name = "resource-names", .nproblems = 11,
          .problem = "vendor-bad/dynamic_resources' names '../../x', which is not an attribute of a device" },
        { .kind = "bad", .name = "resource-nul", .nproblems = 1, .device = true,
          .problem = "device/aggregator' contains a NUL byte" },
        { .kind = "bad", .name = "resource-utf8", .nproblems = 1, .device = true,
          .problem = "device/aggregator' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "two-newlines-compatible-pci-ids", .nproblems = 1,
          .problem = "vendor-bad/compatible_pci_ids' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "two-newlines-compatible-type", .nproblems = 1,
          .problem = "vendor-bad/compatible_type' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "two-newlines-dynamic-resources", .nproblems = 1,
          .problem = "vendor-bad/dynamic_resources' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "two-newlines-software-version", .nproblems = 1,
          .problem = "vendor-bad/software_version' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "type-available-instances", .nproblems = 1,
          .problem = "vendor-bad/available_instances' is not a number" },
        { .kind = "bad", .name = "type-device-api", .nproblems = 1,
          .problem = "vendor-bad/device_api' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "type-name", .nproblems = 1,
          .problem = "vendor-bad/name' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "type-device-api-del", .nproblems = 1,
          .problem = "vendor-bad/device_api' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "type-name-del", .nproblems = 1,
          .problem = "vendor-bad/name' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "type-device-api-noncharacter", .nproblems = 1,
          .problem = "vendor-bad/device_api' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "type-name-noncharacter", .nproblems = 1,
          .problem = "vendor-bad/name' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "type-device-api-nul", .nproblems = 1,
          .problem = "vendor-bad/device_api' contains a NUL byte" },
        { .kind = "bad", .name = "type-name-nul", .nproblems = 1,
          .problem = "vendor-bad/name' contains a NUL byte" },
        { .kind = "bad", .name = "type-device-api-tab", .nproblems = 1,
          .problem = "vendor-bad/device_api' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "type-name-tab", .nproblems = 1,
          .problem = "vendor-bad/name' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "type-vanished", .nproblems = 1,
          .problem = "vendor-gone/device_api' cannot be read" },
        { .kind = "bad", .name = "type-without-mandatory-files", .nproblems = 1,
          .problem = "vendor-bad/device_api' cannot be read" },
        { .kind = "bad", .name = "utf8-compatible-pci-ids", .nproblems = 1,
          .problem = "vendor-bad/compatible_pci_ids' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "utf8-compatible-type", .nproblems = 1,
          .problem = "vendor-bad/compatible_type' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "utf8-dynamic-resources", .nproblems = 1,
          .problem = "vendor-bad/dynamic_resources' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "utf8-software-version", .nproblems = 1,
          .problem = "vendor-bad/software_version' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "version-65-bytes", .nproblems = 1,
          .problem = "vendor-bad/software_version' is not the version of a driver: '" },
        { .kind = "bad", .name = "version-of-blanks", .nproblems = 1,
          .problem = "vendor-bad/software_version' is not the version of a driver: ''" },
        { .kind = "bad", .name = "description-as-in-the-mail", .nproblems = 1,
          .problem = "vendor-bad/migration_description' is not usable JSON: line 3, column 15: a hexadecimal number" },
        { .kind = "bad", .name = "description-directory", .nproblems = 1,
          .problem = "vendor-bad/migration_description' is not a regular file" },
        { .kind = "bad", .name = "description-empty", .nproblems = 1,
          .problem = "vendor-bad/migration_description' is empty" },
        { .kind = "bad", .name = "description-link", .nproblems = 1,
          .problem = "vendor-bad/migration_description' is not a regular file" },
        { .kind = "bad", .name = "description-newline", .nproblems = 1,
          .problem = "vendor-bad/migration_description' is empty" },
        { .kind = "bad", .name = "description-nul", .nproblems = 1,
          .problem = "vendor-bad/migration_description' contains a NUL byte" },
        { .kind = "bad", .name = "description-utf8", .nproblems = 1,
          .problem = "vendor-bad/migration_description' contains invalid UTF-8" },
        { .kind = "bad", .name = "description-value-missing", .nproblems = 1, .device = true,
          .problem = "device/aggregator' cannot be read" },
        { .kind = "bad", .name = "description-value-outside", .nproblems = 1, .device = true,
          .problem = "device/driver/unbind' is not below the device" },
        { .kind = "bad", .name = "device-description", .nproblems = 1, .device = true,
          .problem = "device/migration_description' is empty" },
        { .kind = "bad", .name = "device-token", .nproblems = 1, .device = true,
          .problem = "device/migration_version' is not a regular file" },
        { .kind = "bad", .name = "info-and-models", .nproblems = 1,
          .problem = "vendor-bad/migration_info.json' is not used: there is migration_device_models" },
        { .kind = "bad", .name = "info-as-in-the-text", .nproblems = 1,
          .problem = "vendor-bad/migration_info.json' is not usable JSON: line 3, column 2: no ',' between two entries" },
        { .kind = "bad", .name = "info-directory", .nproblems = 1,
          .problem = "vendor-bad/migration_info.json' is not a regular file" },
        { .kind = "bad", .name = "info-empty", .nproblems = 1,
          .problem = "vendor-bad/migration_info.json' is empty" },
        { .kind = "bad", .name = "info-link", .nproblems = 1,
          .problem = "vendor-bad/migration_info.json' is not a regular file" },
        { .kind = "bad", .name = "info-newline", .nproblems = 1,
          .problem = "vendor-bad/migration_info.json' is empty" },
        { .kind = "bad", .name = "info-nul", .nproblems = 1,
          .problem = "vendor-bad/migration_info.json' contains a NUL byte" },
        { .kind = "bad", .name = "info-utf8", .nproblems = 1,
          .problem = "vendor-bad/migration_info.json' contains invalid UTF-8" },
        { .kind = "bad", .name = "model-missing", .nproblems = 1, .device = true,
          .problem = "device/migration/device_model' cannot be read" },
        { .kind = "bad", .name = "model-outside", .nproblems = 1, .device = true,
          .problem = "device/migration/device_model' is not below the device" },
        { .kind = "bad", .name = "model-unknown", .nproblems = 1, .device = true,
          .problem = "device/migration/device_model' is not a published model: 'o'" },
        { .kind = "bad", .name = "models-directory", .nproblems = 1,
          .problem = "vendor-bad/migration_device_models' is not a regular file" },
        { .kind = "bad", .name = "models-empty", .nproblems = 1,
          .problem = "vendor-bad/migration_device_models' is empty" },
        { .kind = "bad", .name = "models-link", .nproblems = 1,
          .problem = "vendor-bad/migration_device_models' is not a regular file" },
        { .kind = "bad", .name = "models-newline", .nproblems = 1,
          .problem = "vendor-bad/migration_device_models' is empty" },
        { .kind = "bad", .name = "models-nul", .nproblems = 1,
          .problem = "vendor-bad/migration_device_models' contains a NUL byte" },
        { .kind = "bad", .name = "models-utf8", .nproblems = 3,
          .problem = "vendor-bad/migration_device_models' has a bad version" },
        { .kind = "bad", .name = "own-over-bad-type", .device = true },
        { .kind = "bad", .name = "param-bool", .nproblems = 1, .device = true,
          .problem = "device/migration/new-feature' is not of the type bool: 'true'" },
        { .kind = "bad", .name = "param-directory", .nproblems = 1, .device = true,
          .problem = "device/migration/new-feature' is not a regular file" },
        { .kind = "bad", .name = "param-number", .nproblems = 1, .device = true,
          .problem = "device/migration/num-resources' is not of the type int: '0x40'" },
        { .kind = "bad", .name = "param-link", .nproblems = 1, .device = true,
          .problem = "device/migration/new-feature' is not a regular file" },
        { .kind = "bad", .name = "param-missing", .nproblems = 1, .device = true,
          .problem = "device/migration/num-resources' cannot be read" },
        { .kind = "bad", .name = "param-outside", .nproblems = 2, .device = true,
          .problem = "device/migration/new-feature' is not below the device" },
        { .kind = "bad", .name = "token-4097-bytes", .nproblems = 1,
          .problem = "vendor-bad/migration_version' is larger than 4096 bytes" },
        { .kind = "bad", .name = "token-directory", .nproblems = 1,
          .problem = "vendor-bad/migration_version' is not a regular file" },
        { .kind = "bad", .name = "token-empty", .nproblems = 1,
          .problem = "vendor-bad/migration_version' is empty" },
        { .kind = "bad", .name = "token-link", .nproblems = 1,
          .problem = "vendor-bad/migration_version' is not a regular file" },
        { .kind = "bad", .name = "token-newline", .nproblems = 1,
          .problem = "vendor-bad/migration_version' is empty" },
        { .kind = "bad", .name = "token-nul", .nproblems = 1,
          .problem = "vendor-bad/migration_version' contains a NUL byte" },
        { .kind = "bad", .name = "token-two-lines", .nproblems = 1,
          .problem = "vendor-bad/migration_version' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "token-umlaut", .nproblems = 1,
          .problem = "vendor-bad/migration_version' is not ASCII" },
        { .kind = "bad", .name = "token-utf8", .nproblems = 1,
          .problem = "vendor-bad/migration_version' contains a control character or invalid UTF-8" },
        { .kind = "bad", .name = "value-named-twice", .nproblems = 2, .device = true,
          .problem = "device/aggregator' cannot be read" },
        { .kind = "bad", .name = "version-missing", .nproblems = 1, .device = true,
          .problem = "device/migration/version' cannot be read" },
        { .kind = "bad", .name = "version-unknown", .nproblems = 1, .device = true,
          .problem = "device/migration/version' is not a published version of its model: 'w1'" },
    };
    static const struct testFunction functions[] = {
        { .name = "all-five" },
        { .name = "bad-device-api", .nproblems = 1,
          .problem = "bad-device-api/device_api' is empty" },
        { .name = "device-api" },
        { .name = "nothing-published" },
        { .name = "outside", .nproblems = 3,
          .problem = "outside/migration/new-feature' is not below the device" },
        { .name = "token" },
    };
    static const size_t counts[] = {
        1, VIR_DEV_MIGRATION_MAX_ENTRIES, VIR_DEV_MIGRATION_MAX_ENTRIES + 1, 10000
    };
    static const struct testFile files[] = {
        { .name = "compatible_x", .mode = 0200, .problem = "is not readable" },
        { .name = "dynamic_resources", .mode = 0222, .problem = "is not readable" },
        { .name = "migration_info.json", .mode = 0, .problem = "is not readable",
          .xml = "<interface type='parameters' incomplete='yes'/>" },
        { .name = "migration_info.json", .mode = 0644, .fifo = true,
          .problem = "is not a regular file",
          .xml = "<interface type='parameters' incomplete='yes'/>" },
        { .name = "migration_device_models", .mode = 0200, .problem = "is not readable",
          .xml = "<interface type='versions' incomplete='yes'/>" },
        { .name = "migration_device_models", .mode = 0644, .fifo = true,
          .problem = "is not a regular file",
          .xml = "<interface type='versions' incomplete='yes'/>" },
        { .name = "migration_description", .mode = 0, .problem = "is not readable",
          .xml = "<interface type='description' incomplete='yes'/>" },
        { .name = "migration_description", .mode = 0644, .fifo = true,
          .problem = "is not a regular file",
          .xml = "<interface type='description' incomplete='yes'/>" },
        { .name = "migration_version", .mode = 0200, .problem = "is not readable",
          .xml = "<interface type='token' incomplete='yes'/>" },
        { .name = "migration_version", .mode = 0644, .fifo = true,
          .problem = "is not a regular file",
          .xml = "<interface type='token' incomplete='yes'/>" },
        { .name = "file", .isType = true, .mode = 0644, .problem = "cannot be read" },
        { .name = "a\xff", .isType = true, .problem = "has a bad name" },
        { .name = "a\x7f", .isType = true, .problem = "has a bad name" },
        { .name = "a\n", .isType = true, .problem = "has a bad name" },
    };
    static const char *const documents[] = {
        "migration_info.json", "migration_device_models", "migration_description",
    };
    g_autofree char *text4097 = g_strnfill(4097, 't');
    const struct testAsk asks[] = {
        { .name = "taken", .token = "token", .content = "token56789" },
        { .name = "missing", .token = "token", .what = ASK_MISSING, .rc = 2, .reason = "missing" },
        { .name = "link", .token = "token", .what = ASK_LINK, .rc = 2 },
        { .name = "directory", .token = "token", .what = ASK_DIRECTORY, .rc = 2 },
        { .name = "FIFO", .token = "token", .what = ASK_FIFO, .rc = 2,
          .reason = "not a regular file" },
        { .name = "refused", .token = "token", .refuse = true, .limit = 0, .rc = 1,
          .reason = g_strerror(EFBIG) },
        { .name = "taken in part", .token = "token", .refuse = true, .limit = 3, .rc = 1,
          .reason = "only 3 of 5 bytes were taken", .content = "tok3456789" },
        { .name = "no more files", .token = "token", .noFiles = true, .rc = -1 },
        { .name = "empty", .token = "", .rc = -1 },
        { .name = "two lines", .token = "to\nken", .rc = -1 },
        { .name = "not ASCII", .token = "t\xc3\xb6ken", .rc = -1 },
        { .name = "too long", .token = text4097, .rc = -1 },
    };
    g_autofree char *tooLong = g_strdup_printf(ATTRIBUTES("<mdevType>%s</mdevType>"), text4097);
    g_autofree char *resources64 = testResources(64);
    g_autofree char *resources65 = testResources(65);
    const struct testXML xmls[] = {
        { .xml = "", .good = true },
        { .xml = "<interface type='attributes'/>", .good = true },
        { .xml = "<interface type='attributes' incomplete='yes'/>", .good = true },
        { .xml = "<interface type='attributes' incomplete='maybe'/>" },
        { .xml = "<interface type='later'><x/></interface>", .good = true },
        { .xml = "<interface/>" },
        { .xml = "<interface type='attributes'/><interface type='attributes'/>" },
        { .xml = ATTRIBUTES("<deviceAPI>vfio-pci</deviceAPI>"), .good = true },
        { .xml = ATTRIBUTES("<deviceAPI>vfio-pci</deviceAPI><deviceAPI>vfio-ap</deviceAPI>") },
        { .xml = ATTRIBUTES("<deviceAPI/>") },
        { .xml = ATTRIBUTES("<deviceAPI>vfio\npci</deviceAPI>") },
        { .xml = ATTRIBUTES("<mdevType>a&#x85;b</mdevType>") },
        { .xml = tooLong },
        { .xml = ATTRIBUTES("<softwareVersion major='1' minor='2' bugfix='3'/>"), .good = true },
        { .xml = ATTRIBUTES("<softwareVersion major='1' minor='2'/>") },
        { .xml = ATTRIBUTES("<softwareVersion major='-1' minor='2' bugfix='3'/>") },
        { .xml = ATTRIBUTES("<softwareVersion major='4294967296' minor='2' bugfix='3'/>") },
        { .xml = ATTRIBUTES("<compatible name='x'><value>a</value></compatible>"), .good = true },
        { .xml = ATTRIBUTES("<compatible name='x'/>") },
        { .xml = ATTRIBUTES("<compatible><value>a</value></compatible>") },
        { .xml = ATTRIBUTES("<compatible name='x/y'><value>a</value></compatible>") },
        { .xml = ATTRIBUTES("<compatible name='x'><value>a</value><value>a</value></compatible>") },
        { .xml = ATTRIBUTES("<compatible name='x'><value>a</value></compatible>"
                            "<compatible name='x'><value>b</value></compatible>") },
        { .xml = ATTRIBUTES("<dynamicResource name='a/b' value=''/>"), .good = true },
        { .xml = ATTRIBUTES("<dynamicResource name='a/b'/><dynamicResource name='a/b'/>") },
        { .xml = ATTRIBUTES("<dynamicResource value='2'/>") },
        { .xml = ATTRIBUTES("<dynamicResource name='../a' value='2'/>") },
        { .xml = ATTRIBUTES("<dynamicResource name='/etc/passwd' value='2'/>") },
        { .xml = ATTRIBUTES("<dynamicResource name='a' value='1&#xA;2'/>") },
        { .xml = resources64, .good = true },
        { .xml = resources65 },
    };
    static const int here[] = { EROFS, EACCES, EPERM };
    static const size_t more = 1025;
    static const size_t many = 4096;
    int ret = 0;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(trees); i++) {
        g_autofree char *name = g_strdup_printf("tree %s/%s", trees[i].kind, trees[i].name);

        virTestRunLog(&ret, name, testTree, &trees[i]);
    }

    for (i = 0; i < G_N_ELEMENTS(functions); i++) {
        g_autofree char *name = g_strdup_printf("function %s", functions[i].name);

        virTestRunLog(&ret, name, testFunction, &functions[i]);
    }

    for (i = 0; i < G_N_ELEMENTS(xmls); i++) {
        g_autofree char *name = g_strdup_printf("XML %zu", i);

        virTestRunLog(&ret, name, testParse, &xmls[i]);
    }

    for (i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_autofree char *name = g_strdup_printf("%zu attributes", counts[i]);

        virTestRunLog(&ret, name, testCountAttributes, &counts[i]);
    }

    virTestRunLog(&ret, "names", testNames, NULL);
    virTestRunLog(&ret, "equal", testEqual, NULL);
    virTestRunLog(&ret, "equal interfaces", testEqualInterfaces, NULL);
    virTestRunLog(&ret, "refused", testRefused, NULL);
    virTestRunLog(&ret, "size of XML", testSizeOfXML, NULL);
    virTestRunLog(&ret, "many problems", testManyProblems, NULL);
    virTestRunLog(&ret, "1025 devices with problems", testManyDevices, &more);
    virTestRunLog(&ret, "4096 devices with problems", testManyDevices, &many);
    virTestRunLog(&ret, "list of capabilities", testListCaps, NULL);
    virTestRunLog(&ret, "changed while it was asked", testStore, NULL);

    for (i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *name = g_strdup_printf("special file %zu", i);

        virTestRunLog(&ret, name, testSpecialFile, &files[i]);
    }

    for (i = 0; i < G_N_ELEMENTS(documents); i++) {
        g_autofree char *name = g_strdup_printf("size of %s", documents[i]);

        virTestRunLog(&ret, name, testDocumentSize, documents[i]);
    }

    /* what is beyond a limit of this process is an error, not its end */
    signal(SIGXFSZ, SIG_IGN);

    for (i = 0; i < G_N_ELEMENTS(asks); i++) {
        g_autofree char *name = g_strdup_printf("ask: %s", asks[i].name);

        virTestRunLog(&ret, name, testAsk, &asks[i]);
    }

    virTestRunLog(&ret, "described attributes", testDescribedAttributes, NULL);
    for (i = 0; i < G_N_ELEMENTS(here); i++) {
        g_autofree char *name = g_strdup_printf("this host does not let us ask: %s",
                                                g_strerror(here[i]));

        virTestRunLog(&ret, name, testAskHere, &here[i]);
    }

    virTestRunLog(&ret, "write values", testWriteValues, NULL);
    virTestRunLog(&ret, "spellings", testSpellings, NULL);
    virTestRunLog(&ret, "log", testLog, NULL);
    virTestRunLog(&ret, "vanish", testVanish, NULL);

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN(mymain)

#else

int
main(void)
{
    return EXIT_AM_SKIP;
}

#endif /* __linux__ */
