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
#include "virerror.h"
#include "virxml.h"

#define VIR_FROM_THIS VIR_FROM_NONE

/* What a program was launched with */
struct testLaunch {
    const char *model;
    const char *version;
    const char *params;         /* name=value, separated by commas */
};

struct testLaunched {
    const char *name;
    const char *info;           /* interfaces; NULL: publishes nothing */
    struct testLaunch launch;
    const char *expected;       /* interfaces; NULL: nothing */
    const char *error;
};

struct testCompare {
    const char *name;
    const char *a;              /* interfaces */
    bool fromProgram;           /* launched with: */
    struct testLaunch launch;
    const char *b;
    virDevMigrationTarget target;
    const char *expected;
};


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

    return 0;
}


static void
testResourceFree(void *opaque)
{
    virDevMigrationResource *resource = opaque;

    g_free(resource->name);
    g_free(resource->value);
    g_free(resource);
}


static int
testLaunch(const virDevMigration *info,
           const struct testLaunch *launch,
           virDevMigration **migration)
{
    g_autoptr(GPtrArray) params = NULL;
    g_auto(GStrv) list = NULL;
    size_t i;

    if (launch->params) {
        params = g_ptr_array_new_with_free_func(testResourceFree);
        list = g_strsplit(launch->params, ",", 0);

        for (i = 0; list[i]; i++) {
            virDevMigrationResource *resource = g_new0(virDevMigrationResource, 1);
            g_auto(GStrv) pair = g_strsplit(list[i], "=", 2);

            resource->name = g_strdup(pair[0]);
            resource->value = g_strdup(pair[1]);
            g_ptr_array_add(params, resource);
        }
    }

    return virDevMigrationLaunched(info, launch->model, launch->version, params, migration);
}


static int
testLaunched(const void *opaque)
{
    const struct testLaunched *data = opaque;
    g_autoptr(virDevMigration) info = NULL;
    g_autoptr(virDevMigration) before = NULL;
    g_autoptr(virDevMigration) expected = NULL;
    g_autoptr(virDevMigration) actual = NULL;
    int rc;

    if (testParse(data->info, &info) < 0 ||
        testParse(data->expected, &expected) < 0)
        return -1;

    before = virDevMigrationCopy(info);
    virResetLastError();
    rc = testLaunch(info, &data->launch, &actual);

    if (info && !virDevMigrationEqual(info, before)) {
        VIR_TEST_VERBOSE("what the program publishes was changed");
        return -1;
    }

    if ((rc < 0) != !!data->error || (rc < 0 && actual)) {
        VIR_TEST_VERBOSE("returned %d: %s", rc, virGetLastErrorMessage());
        return -1;
    }

    if (data->error) {
        if (virGetLastErrorCode() != VIR_ERR_CONFIG_UNSUPPORTED ||
            !g_str_has_suffix(virGetLastErrorMessage(), data->error)) {
            VIR_TEST_VERBOSE("%s", virGetLastErrorMessage());
            return -1;
        }
        virResetLastError();
        return 0;
    }

    if (!actual != !expected || (actual && !virDevMigrationEqual(actual, expected))) {
        g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;

        virDevMigrationFormat(&buf, actual);
        VIR_TEST_VERBOSE("%s", NULLSTR(virBufferCurrentContent(&buf)));
        return -1;
    }

    return 0;
}


static char *
testFormat(const virDevMigrationComparison *comparison)
{
    static const char *const kinds[] = { "mismatch", "one-sided", "ask", "note" };
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    size_t i;

    virBufferAsprintf(&buf, "%s%s\n",
                      virDevMigrationVerdictTypeToString(comparison->verdict),
                      comparison->oneSided ? " one-sided" : "");

    for (i = 0; i < comparison->reasons->len; i++) {
        const virDevMigrationReason *reason = g_ptr_array_index(comparison->reasons, i);
        g_autofree char *text = virDevMigrationReasonFormat(reason);

        virBufferAsprintf(&buf, "%s %s: %s\n",
                          virDevMigrationInterfaceTypeToString(reason->interface),
                          kinds[reason->kind], text);
    }

    if (comparison->model)
        virBufferAsprintf(&buf, "model %s\n", comparison->model);

    for (i = 0; i < comparison->settings->len; i++) {
        const virDevMigrationSetting *setting = g_ptr_array_index(comparison->settings, i);

        virBufferAsprintf(&buf, "%s=%s", setting->name, setting->value);
        if (setting->param)
            virBufferAsprintf(&buf, " (%s)", setting->param);
        virBufferAddLit(&buf, "\n");
    }

    if (comparison->token)
        virBufferAsprintf(&buf, "token %s\n", comparison->token);

    return virBufferContentAndReset(&buf);
}


static int
testCompare(const void *opaque)
{
    const struct testCompare *data = opaque;
    g_autoptr(virDevMigration) info = NULL;
    g_autoptr(virDevMigration) a = NULL;
    g_autoptr(virDevMigration) b = NULL;
    g_autoptr(virDevMigration) reduced = NULL;
    g_autoptr(virDevMigrationComparison) comparison = NULL;
    g_autoptr(virDevMigrationComparison) again = NULL;
    g_autofree char *text = NULL;
    g_autofree char *textAgain = NULL;

    if (testParse(data->a, &info) < 0 ||
        testParse(data->b, &b) < 0)
        return -1;

    if (data->fromProgram) {
        if (testLaunch(info, &data->launch, &a) < 0)
            return -1;
        reduced = virDevMigrationCompareReduce(a);
        comparison = virDevMigrationCompareProgram(a, b, data->target);
        again = virDevMigrationCompareProgram(reduced, b, data->target);
    } else {
        reduced = virDevMigrationCompareReduce(info);
        comparison = virDevMigrationCompare(info, b, data->target);
        again = virDevMigrationCompare(reduced, b, data->target);
    }

    text = testFormat(comparison);
    textAgain = testFormat(again);

    if (virTestCompareToString(data->expected, text) < 0 ||
        virTestCompareToString(text, textAgain) < 0)
        return -1;

    return 0;
}


#define TO_TYPE VIR_DEV_MIGRATION_TARGET_TYPE
#define TO_DEVICE VIR_DEV_MIGRATION_TARGET_DEVICE
#define TO_FUNCTION VIR_DEV_MIGRATION_TARGET_FUNCTION
#define TO_PROGRAM VIR_DEV_MIGRATION_TARGET_PROGRAM

#define NIC "vendor-a.com/my-nic"
#define GFX "org.project/graphics-card"

#define PARAMETERS(models) "<interface type='parameters'>" models "</interface>"
#define PARAM_MODEL(name, params) "<model name='" name "'>" params "</model>"
#define PARAM(name, type, attributes, children) \
    "<param name='" name "' type='" type "' " attributes ">" children "</param>"
#define VALUE(value) "<allowed value='" value "'/>"

#define VERSIONS(models) "<interface type='versions'>" models "</interface>"
#define VERSION_MODEL(name, current, versions) \
    "<model name='" name "' " current ">" versions "</model>"
#define CURRENT "current='yes'"
#define VERSION_OF(name, current) "<version " current ">" name "</version>"

#define TOKEN "<interface type='token'><token>t</token></interface>"
#define ATTRIBUTES \
    "<interface type='attributes'><deviceAPI>vfio-pci</deviceAPI>" \
    "<mdevType>t4</mdevType><softwareVersion major='1' minor='2' bugfix='3'/></interface>"
#define DESCRIPTION \
    "<interface type='description'><self><vendor>v</vendor></self></interface>"

/* The example of RFC v3, with queues; what it takes are current values, or nothing */
#define MY_NIC(feature, queues, resources) \
    PARAMETERS(PARAM_MODEL(NIC, \
        PARAM("new-feature", "bool", feature " init='on' off='off'", "") \
        PARAM("num-queues", "int", queues " init='1' off='0'", \
              "<allowed min='0' max='255'/>" VALUE("512")) \
        PARAM("num-resources", "int", resources " init='64'", VALUE("64"))))
#define MY_NIC_INFO MY_NIC("", "", "")

/* The example of RFC v4 */
#define MY_GFX(model, v1, v2) \
    VERSIONS(VERSION_MODEL(GFX, model, VERSION_OF("4GB-v1", v1) VERSION_OF("4GB-v2", v2)))
#define MY_GFX_INFO MY_GFX("", "", "")

static int
mymain(void)
{
    static const struct testLaunched launched[] = {
        { .name = "publishes nothing" },
        { .name = "publishes nothing, launched with parameters",
          .launch = { .model = NIC, .params = "num-queues=4" } },
        { .name = "publishes nothing that a program could",
          .info = TOKEN ATTRIBUTES DESCRIPTION },
        { .name = "without parameters",
          .info = MY_NIC_INFO,
          .expected = MY_NIC("value='on'", "value='1'", "value='64'") },
        { .name = "without parameters, model",
          .info = MY_NIC_INFO,
          .launch = { .model = NIC },
          .expected = MY_NIC("value='on'", "value='1'", "value='64'") },
        { .name = "what no program publishes is left out",
          .info = MY_NIC_INFO TOKEN ATTRIBUTES DESCRIPTION,
          .expected = MY_NIC("value='on'", "value='1'", "value='64'") },
        { .name = "some parameters",
          .info = MY_NIC_INFO,
          .launch = { .model = NIC, .params = "num-queues=4,new-feature=off" },
          .expected = MY_NIC("value='off'", "value='4'", "value='64'") },
        { .name = "a number is spelled in one way",
          .info = MY_NIC_INFO,
          .launch = { .params = "num-queues=0512" },
          .expected = MY_NIC("value='on'", "value='512'", "value='64'") },
        { .name = "published values are not those of a running program",
          .info = MY_NIC("value='off'", "value='9'", "value='1'"),
          .launch = { .params = "num-queues=4" },
          .expected = MY_NIC("value='on'", "value='4'", "value='64'") },
        { .name = "an initial value that is not known",
          .info = PARAMETERS(PARAM_MODEL("m", PARAM("a", "int", "value='1'", "")
                                              PARAM("b", "int", "", ""))),
          .launch = { .params = "b=2" },
          .expected = PARAMETERS(PARAM_MODEL("m", PARAM("a", "int", "", "")
                                                  PARAM("b", "int", "value='2'", ""))) },
        { .name = "an unknown parameter",
          .info = MY_NIC_INFO,
          .launch = { .model = NIC, .params = "num-queues=4,num-rings=4" },
          .error = "device model 'vendor-a.com/my-nic' of the program has no parameter 'num-rings'" },
        { .name = "case of a parameter",
          .info = MY_NIC_INFO,
          .launch = { .params = "Num-queues=4" },
          .error = "device model 'vendor-a.com/my-nic' of the program has no parameter 'Num-queues'" },
        { .name = "a value that is not allowed",
          .info = MY_NIC_INFO,
          .launch = { .params = "num-queues=256" },
          .error = "the program does not allow value '256' of parameter 'num-queues'" },
        { .name = "a value of another type",
          .info = MY_NIC_INFO,
          .launch = { .params = "new-feature=1" },
          .error = "the program does not allow value '1' of parameter 'new-feature'" },
        { .name = "another model with parameters",
          .info = MY_NIC_INFO,
          .launch = { .model = "vendor-a.com/my-disk", .params = "num-queues=4" },
          .error = "the program has no device model 'vendor-a.com/my-disk' with parameters" },
        { .name = "another model without parameters",
          .info = MY_NIC_INFO,
          .launch = { .model = "vendor-a.com/my-disk" },
          .error = "the program has no device model 'vendor-a.com/my-disk' with parameters" },
        { .name = "several models with parameters",
          .info = PARAMETERS(PARAM_MODEL("a", "") PARAM_MODEL("b", "")),
          .error = "the program has several device models with parameters, "
                   "and nothing says which one is in use" },
        { .name = "several models with parameters, one is named",
          .info = PARAMETERS(PARAM_MODEL("a", PARAM("p", "int", "init='1'", ""))
                             PARAM_MODEL("b", "")),
          .launch = { .model = "a", .params = "p=1" },
          .error = "the program has several device models with parameters, "
                   "and nothing says which one is in use" },
        { .name = "no model that can be used",
          .info = "<interface type='parameters' incomplete='yes'/>",
          .expected = "<interface type='parameters' incomplete='yes'/>" },
        { .name = "no model that can be used, parameters",
          .info = "<interface type='parameters' incomplete='yes'/>",
          .launch = { .params = "p=1" },
          .error = "the program has no device model with parameters" },
        { .name = "no model that can be used, model",
          .info = "<interface type='parameters' incomplete='yes'/>",
          .launch = { .model = "m" },
          .error = "the program has no device model 'm' with parameters" },
        { .name = "a version",
          .info = MY_GFX_INFO,
          .launch = { .model = GFX, .version = "4GB-v2" },
          .expected = MY_GFX(CURRENT, "", CURRENT) },
        { .name = "another version than the published current one",
          .info = MY_GFX(CURRENT, "", CURRENT),
          .launch = { .model = GFX, .version = "4GB-v1" },
          .expected = MY_GFX(CURRENT, CURRENT, "") },
        { .name = "one of several versions, nobody knows which",
          .info = MY_GFX(CURRENT, "", CURRENT),
          .expected = MY_GFX(CURRENT, "", "") },
        { .name = "the only version",
          .info = VERSIONS(VERSION_MODEL("m", "", VERSION_OF("v1", ""))),
          .expected = VERSIONS(VERSION_MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))) },
        { .name = "an unknown version",
          .info = MY_GFX_INFO,
          .launch = { .model = GFX, .version = "4GB-v3" },
          .error = "device model 'org.project/graphics-card' of the program has no version '4GB-v3'" },
        { .name = "an unknown model",
          .info = MY_GFX_INFO,
          .launch = { .model = "org.project/sound-card", .version = "4GB-v1" },
          .error = "the program has no device model 'org.project/sound-card' with versions" },
        { .name = "a version without a model",
          .info = MY_GFX_INFO,
          .launch = { .version = "4GB-v1" },
          .error = "no version of a device model of the program is chosen" },
        { .name = "several models with versions",
          .info = VERSIONS(VERSION_MODEL("a", "", VERSION_OF("v1", ""))
                           VERSION_MODEL("b", "", VERSION_OF("v1", ""))),
          .error = "no version of a device model of the program is chosen" },
        { .name = "one of several models, but no version: no option says that",
          .info = VERSIONS(VERSION_MODEL("a", "", VERSION_OF("v1", ""))
                           VERSION_MODEL("b", "", VERSION_OF("v1", ""))),
          .launch = { .model = "b" },
          .error = "no version of a device model of the program is chosen" },
        { .name = "one of several models with versions",
          .info = VERSIONS(VERSION_MODEL("a", "", VERSION_OF("v1", ""))
                           VERSION_MODEL("b", "", VERSION_OF("v1", ""))),
          .launch = { .model = "b", .version = "v1" },
          .expected = VERSIONS(VERSION_MODEL("a", "", VERSION_OF("v1", ""))
                               VERSION_MODEL("b", CURRENT, VERSION_OF("v1", CURRENT))) },
        { .name = "another model than the published current one",
          .info = VERSIONS(VERSION_MODEL("a", CURRENT, VERSION_OF("v1", CURRENT))
                           VERSION_MODEL("b", "", VERSION_OF("v1", ""))),
          .launch = { .model = "b", .version = "v1" },
          .expected = VERSIONS(VERSION_MODEL("a", "", VERSION_OF("v1", ""))
                               VERSION_MODEL("b", CURRENT, VERSION_OF("v1", CURRENT))) },
        { .name = "no model with versions that can be used",
          .info = "<interface type='versions' incomplete='yes'/>",
          .expected = "<interface type='versions' incomplete='yes'/>" },
        { .name = "a version, but only parameters are published",
          .info = MY_NIC_INFO,
          .launch = { .model = NIC, .version = "v1" },
          .error = "the program has no device model with versions" },
        { .name = "parameters, but only versions are published",
          .info = MY_GFX_INFO,
          .launch = { .model = GFX, .params = "memory=4096" },
          .error = "the program has no device model with parameters" },
        { .name = "parameters and a version",
          .info = MY_NIC_INFO MY_GFX_INFO,
          .launch = { .model = GFX, .version = "4GB-v1", .params = "num-queues=4" },
          .error = "a program is launched with parameters or as a version, not both" },
        { .name = "both published, neither given",
          .info = MY_NIC_INFO MY_GFX_INFO,
          .expected = MY_NIC("value='on'", "value='1'", "value='64'") },
        { .name = "both published, parameters given",
          .info = MY_NIC_INFO MY_GFX_INFO,
          .launch = { .model = NIC, .params = "num-queues=4" },
          .expected = MY_NIC("value='on'", "value='4'", "value='64'") },
        { .name = "both published, version given",
          .info = MY_NIC_INFO MY_GFX_INFO,
          .launch = { .model = GFX, .version = "4GB-v1" },
          .expected = MY_GFX(CURRENT, CURRENT, "") },
        { .name = "both published, model with versions given",
          .info = MY_NIC_INFO MY_GFX_INFO,
          .launch = { .model = GFX },
          .expected = MY_GFX(CURRENT, "", "") },
    };
    static const struct testCompare compared[] = {
        { .name = "neither publishes", .target = TO_PROGRAM, .expected = "unchecked\n" },
        { .name = "only the program publishes",
          .b = MY_NIC_INFO, .target = TO_PROGRAM,
          .expected = "incompatible one-sided\n"
                      "parameters one-sided: interface 'parameters': only the destination publishes it\n" },
        { .name = "only the mediated device publishes",
          .a = ATTRIBUTES TOKEN, .target = TO_PROGRAM,
          .expected = "incompatible one-sided\n"
                      "attributes one-sided: interface 'attributes': only the source publishes it\n"
                      "token one-sided: interface 'token': only the source publishes it\n" },
        { .name = "nothing in common",
          .a = MY_GFX(CURRENT, CURRENT, "") TOKEN,
          .b = MY_NIC_INFO, .target = TO_PROGRAM,
          .expected = "incompatible one-sided\n"
                      "parameters one-sided: interface 'parameters': only the destination publishes it\n"
                      "versions one-sided: interface 'versions': only the source publishes it\n"
                      "token one-sided: interface 'token': only the source publishes it\n" },

        /* from a mediated device to a program */
        { .name = "mediated device to program",
          .a = MY_NIC("value='on'", "value='4'", "value='64'"),
          .b = MY_NIC_INFO, .target = TO_PROGRAM,
          .expected = "compatible\n"
                      "model vendor-a.com/my-nic\n"
                      "--m-new-feature=on (new-feature)\n"
                      "--m-num-queues=4 (num-queues)\n"
                      "--m-num-resources=64 (num-resources)\n" },
        { .name = "mediated device with all interfaces to program",
          .a = MY_NIC("value='off'", "value='512'", "value='64'")
               ATTRIBUTES DESCRIPTION TOKEN,
          .b = MY_NIC_INFO, .target = TO_PROGRAM,
          .expected = "compatible\n"
                      "attributes note: interface 'attributes': only the source publishes it\n"
                      "parameters note: parameter 'new-feature': source does not use it, "
                      "switched off at the destination by 'off'\n"
                      "description note: interface 'description': only the source publishes it\n"
                      "token note: interface 'token': only the source publishes it\n"
                      "model vendor-a.com/my-nic\n"
                      "--m-new-feature=off (new-feature)\n"
                      "--m-num-queues=512 (num-queues)\n"
                      "--m-num-resources=64 (num-resources)\n" },
        { .name = "a token is still missed by a device",
          .a = MY_NIC("value='on'", "value='4'", "value='64'") TOKEN,
          .b = MY_NIC_INFO, .target = TO_TYPE,
          .expected = "incompatible\n"
                      "token mismatch: interface 'token': only the source publishes it\n" },
        { .name = "a program cannot have another interface",
          .a = MY_NIC("value='on'", "value='4'", "value='64'") ATTRIBUTES DESCRIPTION TOKEN,
          .b = MY_NIC_INFO ATTRIBUTES DESCRIPTION TOKEN, .target = TO_PROGRAM,
          .expected = "compatible\n"
                      "attributes note: interface 'attributes': only the source publishes it\n"
                      "description note: interface 'description': only the source publishes it\n"
                      "token note: interface 'token': only the source publishes it\n"
                      "model vendor-a.com/my-nic\n"
                      "--m-new-feature=on (new-feature)\n"
                      "--m-num-queues=4 (num-queues)\n"
                      "--m-num-resources=64 (num-resources)\n" },
        { .name = "values that the program does not allow",
          .a = MY_NIC("value='on'", "value='256'", "value='32'"),
          .b = MY_NIC_INFO, .target = TO_PROGRAM,
          .expected = "incompatible\n"
                      "parameters mismatch: parameter 'num-queues': source has '256', destination allows '0-255, 512'\n"
                      "parameters mismatch: parameter 'num-resources': source has '32', destination allows '64'\n" },
        { .name = "a parameter that the program lacks",
          .a = PARAMETERS(PARAM_MODEL("m", PARAM("a", "int", "value='5' off='0'", "")
                                           PARAM("b", "int", "value='0' off='0'", ""))),
          .b = PARAMETERS(PARAM_MODEL("m", "")), .target = TO_PROGRAM,
          .expected = "incompatible\n"
                      "parameters mismatch: parameter 'a': source has '5', destination has none\n" },
        { .name = "a parameter that only the program has, and cannot be off",
          .a = PARAMETERS(PARAM_MODEL("m", "")),
          .b = PARAMETERS(PARAM_MODEL("m", PARAM("a", "int", "init='5'", VALUE("5")))),
          .target = TO_PROGRAM,
          .expected = "incompatible\n"
                      "parameters mismatch: parameter 'a': source does not use it, "
                      "destination allows '5', the destination cannot switch it off\n" },
        { .name = "parameters that only the program has, and can be off",
          .a = PARAMETERS(PARAM_MODEL("m", "")),
          .b = PARAMETERS(PARAM_MODEL("m", PARAM("a", "int", "init='5' off='0'", "")
                                           PARAM("b", "str", "init='no' off='no'", ""))),
          .target = TO_PROGRAM,
          .expected = "compatible\n"
                      "parameters note: parameter 'a': source does not use it, "
                      "switched off at the destination by '0'\n"
                      "model m\n"
                      "--m-a=0 (a)\n"
                      "--m-b=no (b)\n" },
        { .name = "a parameter of another type",
          .a = PARAMETERS(PARAM_MODEL("m", PARAM("a", "str", "value='5'", ""))),
          .b = PARAMETERS(PARAM_MODEL("m", PARAM("a", "int", "init='5'", ""))),
          .target = TO_PROGRAM,
          .expected = "incompatible\n"
                      "parameters mismatch: parameter 'a': source has '5', "
                      "type of the source is 'str', of the destination 'int'\n" },
        { .name = "a value that nobody knows",
          .a = PARAMETERS(PARAM_MODEL("m", PARAM("a", "int", "", ""))),
          .b = PARAMETERS(PARAM_MODEL("m", PARAM("a", "int", "init='5'", ""))),
          .target = TO_PROGRAM,
          .expected = "incompatible\n"
                      "parameters mismatch: parameter 'a': value of the source is unknown\n" },
        { .name = "another model",
          .a = PARAMETERS(PARAM_MODEL("m", "")),
          .b = PARAMETERS(PARAM_MODEL("n", "")), .target = TO_PROGRAM,
          .expected = "incompatible\n"
                      "parameters mismatch: device model: source has 'm', destination has 'n'\n" },
        { .name = "a program of several models with parameters",
          .a = PARAMETERS(PARAM_MODEL("m", "")),
          .b = PARAMETERS(PARAM_MODEL("m", "") PARAM_MODEL("n", "")), .target = TO_PROGRAM,
          .expected = "incompatible\n"
                      "parameters mismatch: device model: source has 'm', destination has 'm, n', "
                      "several models, and nothing says which one is in use\n" },
        { .name = "a program without parameters",
          .a = PARAMETERS(PARAM_MODEL("m", "")),
          .b = PARAMETERS(PARAM_MODEL("m", "")), .target = TO_PROGRAM,
          .expected = "compatible\nmodel m\n" },
        { .name = "a program that prints something that cannot be used",
          .a = PARAMETERS(PARAM_MODEL("m", "")),
          .b = "<interface type='parameters' incomplete='yes'><model name='m'/></interface>",
          .target = TO_PROGRAM,
          .expected = "incompatible\n"
                      "parameters mismatch: value unknown: destination publishes something that cannot be used\n" },
        { .name = "names of parameters that look like options",
          .a = PARAMETERS(PARAM_MODEL("m", PARAM("igration-model", "str", "value='x'", "")
                                           PARAM("migration-version", "str", "value='y'", "")))
               VERSIONS(VERSION_MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .b = PARAMETERS(PARAM_MODEL("m", PARAM("igration-model", "str", "init='x'", "")
                                           PARAM("migration-version", "str", "init='y'", "")))
               VERSIONS(VERSION_MODEL("m", "", VERSION_OF("v1", ""))),
          .target = TO_PROGRAM,
          .expected = "compatible\n"
                      "versions note: device version: source has 'v1', "
                      "the program is launched with parameters instead\n"
                      "model m\n"
                      "--m-igration-model=x (igration-model)\n"
                      "--m-migration-version=y (migration-version)\n" },
        { .name = "both, without parameters",
          .a = PARAMETERS(PARAM_MODEL("m", ""))
               VERSIONS(VERSION_MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .b = PARAMETERS(PARAM_MODEL("m", ""))
               VERSIONS(VERSION_MODEL("m", "", VERSION_OF("v1", ""))),
          .target = TO_PROGRAM,
          .expected = "compatible\n"
                      "versions note: device version: source has 'v1', "
                      "the program is launched with parameters instead\n"
                      "model m\n" },
        { .name = "both, and a version that the program lacks",
          .a = PARAMETERS(PARAM_MODEL("m", ""))
               VERSIONS(VERSION_MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .b = PARAMETERS(PARAM_MODEL("m", ""))
               VERSIONS(VERSION_MODEL("m", "", VERSION_OF("v2", ""))),
          .target = TO_PROGRAM,
          .expected = "incompatible\n"
                      "versions mismatch: device version: source has 'v1', destination allows 'v2'\n"
                      "versions note: device version: source has 'v1', "
                      "the program is launched with parameters instead\n" },
        { .name = "a version",
          .a = MY_GFX(CURRENT, "", CURRENT) TOKEN,
          .b = MY_GFX_INFO, .target = TO_PROGRAM,
          .expected = "compatible\n"
                      "token note: interface 'token': only the source publishes it\n"
                      "model org.project/graphics-card\n"
                      "--migration-model=org.project/graphics-card\n"
                      "--migration-version=4GB-v2\n" },
        { .name = "a version of one of several models",
          .a = VERSIONS(VERSION_MODEL("m", CURRENT, VERSION_OF("v1", CURRENT))),
          .b = VERSIONS(VERSION_MODEL("l", "", VERSION_OF("v1", ""))
                        VERSION_MODEL("m", "", VERSION_OF("v0", "") VERSION_OF("v1", ""))),
          .target = TO_PROGRAM,
          .expected = "compatible\n"
                      "model m\n"
                      "--migration-model=m\n"
                      "--migration-version=v1\n" },
        { .name = "a version that the program lacks",
          .a = MY_GFX(CURRENT, "", CURRENT),
          .b = VERSIONS(VERSION_MODEL(GFX, "", VERSION_OF("4GB-v1", ""))), .target = TO_PROGRAM,
          .expected = "incompatible\n"
                      "versions mismatch: device version: source has '4GB-v2', destination allows '4GB-v1'\n" },
        { .name = "a model with versions that the program lacks",
          .a = MY_GFX(CURRENT, "", CURRENT),
          .b = VERSIONS(VERSION_MODEL("m", "", VERSION_OF("4GB-v2", ""))), .target = TO_PROGRAM,
          .expected = "incompatible\n"
                      "versions mismatch: device model: source has 'org.project/graphics-card', "
                      "destination allows 'm'\n" },
        { .name = "a version that nobody knows",
          .a = MY_GFX(CURRENT, "", ""),
          .b = MY_GFX_INFO, .target = TO_PROGRAM,
          .expected = "incompatible\n"
                      "versions mismatch: device version: value of the source is unknown, "
                      "destination allows '4GB-v1, 4GB-v2'\n" },
        { .name = "two interfaces, two models",
          .a = PARAMETERS(PARAM_MODEL("m", ""))
               VERSIONS(VERSION_MODEL("n", CURRENT, VERSION_OF("v1", CURRENT))),
          .b = PARAMETERS(PARAM_MODEL("m", ""))
               VERSIONS(VERSION_MODEL("n", "", VERSION_OF("v1", ""))),
          .target = TO_PROGRAM,
          .expected = "incompatible\n"
                      "versions mismatch: device model: interface 'parameters' asks for 'm', "
                      "interface 'versions' for 'n'\n" },
        { .name = "two interfaces, two models, but a type",
          .a = PARAMETERS(PARAM_MODEL("m", ""))
               VERSIONS(VERSION_MODEL("n", CURRENT, VERSION_OF("v1", CURRENT))),
          .b = PARAMETERS(PARAM_MODEL("m", ""))
               VERSIONS(VERSION_MODEL("n", "", VERSION_OF("v1", ""))),
          .target = TO_TYPE,
          .expected = "compatible\n"
                      "migration/device_model=n\n"
                      "migration/version=v1\n" },

        /* from a program */
        { .name = "program to itself",
          .a = MY_NIC_INFO, .fromProgram = true,
          .b = MY_NIC_INFO, .target = TO_PROGRAM,
          .expected = "compatible\n"
                      "model vendor-a.com/my-nic\n"
                      "--m-new-feature=on (new-feature)\n"
                      "--m-num-queues=1 (num-queues)\n"
                      "--m-num-resources=64 (num-resources)\n" },
        { .name = "program to program, launched with parameters",
          .a = MY_NIC_INFO, .fromProgram = true,
          .launch = { .model = NIC, .params = "num-queues=0,new-feature=off" },
          .b = MY_NIC_INFO, .target = TO_PROGRAM,
          .expected = "compatible\n"
                      "parameters note: parameter 'new-feature': source does not use it, "
                      "switched off at the destination by 'off'\n"
                      "parameters note: parameter 'num-queues': source does not use it, "
                      "switched off at the destination by '0'\n"
                      "model vendor-a.com/my-nic\n"
                      "--m-new-feature=off (new-feature)\n"
                      "--m-num-queues=0 (num-queues)\n"
                      "--m-num-resources=64 (num-resources)\n" },
        { .name = "program to program, version",
          .a = MY_GFX_INFO, .fromProgram = true,
          .launch = { .model = GFX, .version = "4GB-v1" },
          .b = MY_GFX_INFO, .target = TO_PROGRAM,
          .expected = "compatible\n"
                      "model org.project/graphics-card\n"
                      "--migration-model=org.project/graphics-card\n"
                      "--migration-version=4GB-v1\n" },
        { .name = "program to program, no version chosen",
          .a = MY_GFX_INFO, .fromProgram = true,
          .b = MY_GFX_INFO, .target = TO_PROGRAM,
          .expected = "incompatible\n"
                      "versions mismatch: device version: value of the source is unknown, "
                      "destination allows '4GB-v1, 4GB-v2'\n" },
        { .name = "program to a program that publishes both",
          .a = MY_NIC_INFO MY_GFX_INFO, .fromProgram = true,
          .launch = { .model = GFX, .version = "4GB-v1" },
          .b = MY_NIC_INFO MY_GFX_INFO, .target = TO_PROGRAM,
          .expected = "compatible\n"
                      "parameters note: interface 'parameters': only the destination publishes it\n"
                      "model org.project/graphics-card\n"
                      "--migration-model=org.project/graphics-card\n"
                      "--migration-version=4GB-v1\n" },
        { .name = "program that publishes nothing to a program",
          .fromProgram = true,
          .b = MY_NIC_INFO, .target = TO_PROGRAM,
          .expected = "incompatible one-sided\n"
                      "parameters one-sided: interface 'parameters': only the destination publishes it\n" },
        { .name = "program to type",
          .a = MY_NIC_INFO, .fromProgram = true,
          .launch = { .params = "num-queues=4" },
          .b = MY_NIC_INFO, .target = TO_TYPE,
          .expected = "compatible\n"
                      "migration/new-feature=on\n"
                      "migration/num-queues=4\n"
                      "migration/num-resources=64\n" },
        { .name = "program to a type with all interfaces",
          .a = MY_NIC_INFO, .fromProgram = true,
          .b = MY_NIC_INFO ATTRIBUTES DESCRIPTION TOKEN, .target = TO_TYPE,
          .expected = "compatible\n"
                      "attributes note: interface 'attributes': only the destination publishes it\n"
                      "description note: interface 'description': only the destination publishes it\n"
                      "token note: interface 'token': only the destination publishes it\n"
                      "migration/new-feature=on\n"
                      "migration/num-queues=1\n"
                      "migration/num-resources=64\n" },
        { .name = "a mediated device without a token does not fit there",
          .a = MY_NIC("value='on'", "value='1'", "value='64'"),
          .b = MY_NIC_INFO TOKEN, .target = TO_TYPE,
          .expected = "incompatible\n"
                      "token mismatch: interface 'token': only the destination publishes it\n" },
        { .name = "program to a type that has only a token",
          .a = MY_NIC_INFO, .fromProgram = true,
          .b = TOKEN, .target = TO_TYPE,
          .expected = "incompatible one-sided\n"
                      "parameters one-sided: interface 'parameters': only the source publishes it\n"
                      "token one-sided: interface 'token': only the destination publishes it\n" },
        { .name = "program to a type that does not allow its value",
          .a = PARAMETERS(PARAM_MODEL("m", PARAM("a", "int", "init='5'", ""))),
          .fromProgram = true, .launch = { .params = "a=7" },
          .b = PARAMETERS(PARAM_MODEL("m", PARAM("a", "int", "", VALUE("5")))),
          .target = TO_TYPE,
          .expected = "incompatible\n"
                      "parameters mismatch: parameter 'a': source has '7', destination allows '5'\n" },
        { .name = "program to a type, version",
          .a = MY_GFX_INFO, .fromProgram = true,
          .launch = { .model = GFX, .version = "4GB-v2" },
          .b = MY_GFX_INFO TOKEN, .target = TO_TYPE,
          .expected = "compatible\n"
                      "token note: interface 'token': only the destination publishes it\n"
                      "migration/device_model=org.project/graphics-card\n"
                      "migration/version=4GB-v2\n" },
        { .name = "program to a device",
          .a = MY_NIC_INFO, .fromProgram = true,
          .launch = { .params = "num-queues=4" },
          .b = MY_NIC("value='on'", "value='4'", "value='64'") TOKEN, .target = TO_DEVICE,
          .expected = "compatible\n"
                      "token note: interface 'token': only the destination publishes it\n" },
        { .name = "program to a function that has another value",
          .a = MY_NIC_INFO, .fromProgram = true,
          .launch = { .params = "num-queues=4" },
          .b = MY_NIC("value='on'", "value='5'", "value='64'"), .target = TO_FUNCTION,
          .expected = "incompatible\n"
                      "parameters mismatch: parameter 'num-queues': source has '4', destination has '5'\n" },
    };
    int ret = 0;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(launched); i++)
        virTestRunLog(&ret, launched[i].name, testLaunched, &launched[i]);

    for (i = 0; i < G_N_ELEMENTS(compared); i++)
        virTestRunLog(&ret, compared[i].name, testCompare, &compared[i]);

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN(mymain)
