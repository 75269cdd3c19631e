/*
 * domainvfiousertest.c: vfio-user host devices of a domain
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

#include "testutils.h"

#include "domain_conf.h"
#include "virdevmigration.h"
#include "virxml.h"

#define VIR_FROM_THIS VIR_FROM_NONE

static virDomainXMLOption *xmlopt;
static virXMLValidator *validator;

#define DEVICE(attributes, source) \
    "<hostdev mode='subsystem' type='vfio-user'" attributes ">" \
    "<source>" source "</source></hostdev>"

#define SOCKET(path) DEVICE("", "<socket path='" path "'/>")

#define MANAGED(source) \
    DEVICE(" managed='yes'", "<binary path='/usr/libexec/nic'/>" source)

#define MODEL(attributes, params) \
    MANAGED("<migration model='example.com/nic'" attributes ">" \
            params "</migration>")

#define PARAM(name, value) "<param name='" name "' value='" value "'/>"

#define ADDRESS(slot) \
    "<address type='pci' domain='0x0000' bus='0x00' slot='" slot "' function='0x0'/>"

#define MODEL_AT(slot, model) \
    "<hostdev mode='subsystem' type='vfio-user' managed='yes'>" \
    "<source><binary path='/usr/libexec/nic'/>" model "</source>" \
    ADDRESS(slot) "</hostdev>"

#define AT(slot) MODEL_AT(slot, "")

#define MDEV \
    "<hostdev mode='subsystem' type='mdev' model='vfio-pci'>" \
    "<source><address uuid='53764d0e-85a0-42b4-af5c-2046b460b1dc'/></source>" \
    "</hostdev>"

#define PCI \
    "<hostdev mode='subsystem' type='pci'>" \
    "<source><address domain='0' bus='6' slot='18' function='1'/></source>" \
    "</hostdev>"

#define USB \
    "<hostdev mode='subsystem' type='usb'>" \
    "<source><address bus='14' device='6'/></source>" \
    "</hostdev>"


static char *
domainXML(const char *devices)
{
    return g_strdup_printf("<domain type='test'>"
                           "<name>vm</name>"
                           "<uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>"
                           "<memory>219136</memory>"
                           "<os><type>hvm</type></os>"
                           "<devices>%s</devices>"
                           "</domain>", devices);
}


static virDomainDef *
domainParse(const char *devices,
            unsigned int flags)
{
    g_autofree char *xml = domainXML(devices);

    return virDomainDefParseString(xml, xmlopt, NULL, flags);
}


static int
checkError(const char *expect)
{
    const char *message = virGetLastErrorMessage();

    if (!strstr(message, expect)) {
        fprintf(stderr, "expected '%s', got '%s'\n", expect, message);
        return -1;
    }

    virResetLastError();
    return 0;
}


struct testParse {
    const char *devices;
    const char *error;          /* NULL: is accepted */
    bool schema;                /* the schema accepts it */
    bool always;                /* refused although nothing is validated */
};

static int
testParse(const void *opaque)
{
    const struct testParse *data = opaque;
    g_autofree char *xml = domainXML(data->devices);
    g_autoptr(xmlDoc) doc = virXMLParseStringCtxt(xml, "(test)", NULL);
    g_autoptr(virDomainDef) def = NULL;
    g_autoptr(virDomainDef) unchecked = NULL;
    bool schema;

    if (!doc)
        return -1;

    schema = virXMLValidatorValidate(validator, doc) == 0;
    if (schema != data->schema) {
        fprintf(stderr, "the schema %s it: %s\n", schema ? "accepts" : "refuses",
                virGetLastErrorMessage());
        return -1;
    }
    virResetLastError();

    unchecked = domainParse(data->devices, VIR_DOMAIN_DEF_PARSE_SKIP_VALIDATE);
    if (!!unchecked == data->always) {
        fprintf(stderr, "without validation: %s\n", virGetLastErrorMessage());
        return -1;
    }
    if (data->always && checkError(data->error) < 0)
        return -1;

    def = domainParse(data->devices, 0);
    if (!data->error)
        return def ? 0 : -1;

    if (def) {
        fprintf(stderr, "not refused\n");
        return -1;
    }

    return checkError(data->error);
}


/* Both ways: what is formatted is parsed to the same again */
static int
testFormat(const void *opaque G_GNUC_UNUSED)
{
    const char *devices =
        "<hostdev mode='subsystem' type='vfio-user' managed='yes'>"
        "<source><binary path='/usr/libexec/a&amp;b'/>"
        "<migration model='&lt;m&gt;'>"
        PARAM("z", "&apos;&quot;") PARAM("a", "") "</migration></source>"
        "</hostdev>";
    g_autoptr(virDomainDef) def = domainParse(devices, 0);
    g_autoptr(virDomainDef) copy = NULL;
    virDomainHostdevSubsysVfioUser *src;
    g_autofree char *xml = NULL;
    g_autofree char *again = NULL;

    if (!def ||
        !(xml = virDomainDefFormat(def, xmlopt, 0)) ||
        !(copy = virDomainDefCopy(def, xmlopt, NULL, false)) ||
        !(again = virDomainDefFormat(copy, xmlopt, 0)))
        return -1;

    if (virTestCompareToString(xml, again) < 0)
        return -1;

    src = &copy->hostdevs[0]->source.subsys.u.vfio_user;
    if (!copy->hostdevs[0]->managed || src->socket ||
        STRNEQ(src->binary, "/usr/libexec/a&b") || STRNEQ(src->model, "<m>") ||
        src->version || src->nparams != 2 ||
        STRNEQ(src->params[0].name, "z") || STRNEQ(src->params[0].value, "'\"") ||
        STRNEQ(src->params[1].name, "a") || STRNEQ(src->params[1].value, "")) {
        fprintf(stderr, "%s\n", xml);
        return -1;
    }

    virDomainHostdevSubsysVfioUserClearModel(src);
    if (src->model || src->nparams != 0 || src->params || !src->binary)
        return -1;

    return 0;
}


struct testMatch {
    const char *wanted;
    const char *devices;
    int expect;
};

static int
testMatch(const void *opaque)
{
    const struct testMatch *data = opaque;
    g_autoptr(virDomainDef) wanted = domainParse(data->wanted, 0);
    g_autoptr(virDomainDef) def = domainParse(data->devices, 0);
    int idx;

    if (!wanted || !def)
        return -1;

    idx = virDomainHostdevFind(def, wanted->hostdevs[0], NULL);
    if (idx != data->expect) {
        fprintf(stderr, "found device %d, expected %d\n", idx, data->expect);
        return -1;
    }

    return 0;
}


struct testStable {
    const char *src;
    const char *dst;
    const char *error;
};

static int
testStable(const void *opaque)
{
    const struct testStable *data = opaque;
    g_autoptr(virDomainDef) src = domainParse(data->src, 0);
    g_autoptr(virDomainDef) dst = domainParse(data->dst, 0);
    bool stable;

    if (!src || !dst)
        return -1;

    stable = virDomainDefCheckABIStability(src, dst, xmlopt);
    if (stable != !data->error) {
        fprintf(stderr, "stable: %d: %s\n", stable, virGetLastErrorMessage());
        return -1;
    }

    return data->error ? checkError(data->error) : 0;
}


static char *
manyParams(size_t n)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    size_t i;

    virBufferAddLit(&buf, "<hostdev mode='subsystem' type='vfio-user' managed='yes'>"
                    "<source><binary path='/usr/libexec/nic'/>"
                    "<migration model='example.com/nic'>");
    for (i = 0; i < n; i++)
        virBufferAsprintf(&buf, "<param name='p%zu' value='%zu'/>", i, i);
    virBufferAddLit(&buf, "</migration></source></hostdev>");

    return virBufferContentAndReset(&buf);
}


static int
mymain(void)
{
    int ret = 0;
    g_autofree char *most = manyParams(VIR_DEV_MIGRATION_MAX_ENTRIES);
    g_autofree char *tooMany = manyParams(VIR_DEV_MIGRATION_MAX_ENTRIES + 1);
    g_autofree char *text4097 = g_strnfill(VIR_DEV_MIGRATION_MAX_TEXT + 1, 'x');
    g_autofree char *longValue = g_strdup_printf(MODEL("", "<param name='a' value='%s'/>"),
                                                 text4097);
    g_autofree char *longModel = g_strdup_printf(MANAGED("<migration model='%s'/>"),
                                                 text4097);
    g_autofree char *longBinary = g_strdup_printf(DEVICE(" managed='yes'",
                                                         "<binary path='/%s'/>"),
                                                  text4097);
    g_autofree char *path106 = g_strnfill(106, 'x');
    g_autofree char *socket107 = g_strdup_printf(SOCKET("/%s"), path106);
    g_autofree char *socket108 = g_strdup_printf(SOCKET("/%sx"), path106);
    g_autofree char *name256 = g_strnfill(VIR_DEV_MIGRATION_MAX_NAME + 1, 'x');
    g_autofree char *longName = g_strdup_printf(MODEL("", "<param name='%s' value='1'/>"),
                                                name256);

    if (!(xmlopt = virTestGenericDomainXMLConfInit()) ||
        !(validator = virXMLValidatorInit(abs_top_srcdir "/src/conf/schemas/domain.rng")))
        return EXIT_FAILURE;

#define DO_TEST_PARSE(name, devices, error, schema, always) \
    do { \
        const struct testParse data = { devices, error, schema, always }; \
        if (virTestRun("parse " name, testParse, &data) < 0) \
            ret = -1; \
    } while (0)

#define DO_TEST_GOOD(name, devices) \
    DO_TEST_PARSE(name, devices, NULL, true, false)

/* what the program would be given, or the type as such: not even parsed */
#define DO_TEST_BAD(name, devices, error) \
    DO_TEST_PARSE(name, devices, error, false, true)

/* of the schema's kind, but not accepted either */
#define DO_TEST_BAD_NO_SCHEMA(name, devices, error) \
    DO_TEST_PARSE(name, devices, error, true, true)

/* configuration on disk keeps these */
#define DO_TEST_INVALID(name, devices, error, schema) \
    DO_TEST_PARSE(name, devices, error, schema, false)

    DO_TEST_GOOD("socket", SOCKET("/run/nic.sock"));
    DO_TEST_GOOD("socket, explicitly not managed",
                 DEVICE(" managed='no'", "<socket path='/run/nic.sock'/>"));
    DO_TEST_GOOD("longest socket path", socket107);
    DO_TEST_GOOD("two sockets", SOCKET("/run/1.sock") SOCKET("/run/2.sock"));
    DO_TEST_GOOD("program", MANAGED(""));
    DO_TEST_GOOD("model", MODEL("", ""));
    DO_TEST_GOOD("version", MODEL(" version='v1'", ""));
    DO_TEST_GOOD("parameters", MODEL("", PARAM("num-queues", "4") PARAM("rss", "on")));
    DO_TEST_GOOD("empty value", MODEL("", PARAM("a", "")));
    DO_TEST_GOOD("most parameters", most);
    DO_TEST_GOOD("address", AT("0x04"));
    DO_TEST_GOOD("two devices of one program", MANAGED("") MANAGED(""));

    DO_TEST_BAD("no source", "<hostdev mode='subsystem' type='vfio-user'/>",
                "Missing <source> element");
    DO_TEST_INVALID("empty source", DEVICE("", ""),
                    "not managed requires a <socket> element", false);
    DO_TEST_BAD("socket without path", DEVICE("", "<socket/>"),
                "Missing required attribute 'path' in element 'socket'");
    DO_TEST_BAD("relative socket path", SOCKET("nic.sock"),
                "'nic.sock' is not a valid absolute path");
    DO_TEST_BAD("control character in socket path", SOCKET("/run/a&#10;b"),
                "is not a valid absolute path");
    DO_TEST_INVALID("socket path too long", socket108,
                    "is longer than 107 bytes", true);
    DO_TEST_INVALID("one socket twice", SOCKET("/run/1.sock") SOCKET("/run/1.sock"),
                    "Hostdev already exists in the domain configuration", true);
    DO_TEST_BAD("binary without path", DEVICE(" managed='yes'", "<binary/>"),
                "Missing required attribute 'path' in element 'binary'");
    DO_TEST_BAD("relative binary path", DEVICE(" managed='yes'", "<binary path='nic'/>"),
                "'nic' is not a valid absolute path");
    DO_TEST_BAD_NO_SCHEMA("binary path too long", longBinary,
                          "is not a valid absolute path");
    DO_TEST_INVALID("managed without binary", DEVICE(" managed='yes'", ""),
                    "managed vfio-user host device requires a <binary> element", false);
    DO_TEST_INVALID("managed with socket only",
                    DEVICE(" managed='yes'", "<socket path='/run/nic.sock'/>"),
                    "managed vfio-user host device requires a <binary> element", true);
    DO_TEST_INVALID("managed with both", MANAGED("<socket path='/run/nic.sock'/>"),
                    "managed vfio-user host device cannot have a <socket> element", false);
    DO_TEST_INVALID("binary, not managed",
                    DEVICE("", "<binary path='/usr/libexec/nic'/>"),
                    "not managed requires a <socket> element", true);
    DO_TEST_INVALID("both, not managed",
                    DEVICE("", "<socket path='/run/nic.sock'/><binary path='/usr/libexec/nic'/>"),
                    "<binary> and <migration> of vfio-user host device require managed='yes'",
                    false);
    DO_TEST_INVALID("model, not managed",
                    DEVICE("", "<socket path='/run/nic.sock'/><migration model='m'/>"),
                    "<binary> and <migration> of vfio-user host device require managed='yes'",
                    false);
    DO_TEST_BAD("migration without model", MANAGED("<migration/>"),
                "Missing required attribute 'model' in element 'migration'");
    DO_TEST_BAD("model too long", longModel, "invalid name of a migration model");
    DO_TEST_BAD("version not ASCII", MODEL(" version='v\xc3\xa4'", ""),
                "invalid version of migration model 'example.com/nic'");
    DO_TEST_BAD("empty version", MODEL(" version=''", ""),
                "invalid version of migration model 'example.com/nic'");
    DO_TEST_INVALID("version and parameters", MODEL(" version='v1'", PARAM("a", "1")),
                    "cannot have both a version and parameters", false);
    DO_TEST_BAD("parameter without name", MODEL("", "<param value='1'/>"),
                "Missing required attribute 'name' in element 'param'");
    DO_TEST_BAD("parameter without value", MODEL("", "<param name='a'/>"),
                "missing value of migration parameter 'a'");
    DO_TEST_BAD("parameter name with '='", MODEL("", PARAM("a=b", "1")),
                "invalid name 'a=b' of a migration parameter");
    DO_TEST_BAD("parameter name with '/'", MODEL("", PARAM("../a", "1")),
                "invalid name '../a' of a migration parameter");
    DO_TEST_BAD("parameter name with blank", MODEL("", PARAM("a b", "1")),
                "invalid name 'a b' of a migration parameter");
    DO_TEST_BAD("parameter name too long", longName,
                "of a migration parameter");
    DO_TEST_BAD("parameter value too long", longValue,
                "invalid value of migration parameter 'a'");
    DO_TEST_BAD_NO_SCHEMA("control character in parameter value",
                          MODEL("", PARAM("a", "1&#10;2")),
                          "invalid value of migration parameter 'a'");
    DO_TEST_BAD_NO_SCHEMA("parameter twice",
                          MODEL("", PARAM("a", "1") PARAM("b", "1") PARAM("a", "1")),
                          "migration parameter 'a' is set more than once");
    DO_TEST_BAD_NO_SCHEMA("too many parameters", tooMany,
                          "more than 64 migration parameters");
    DO_TEST_BAD("startup policy",
                "<hostdev mode='subsystem' type='vfio-user'>"
                "<source startupPolicy='optional'><socket path='/run/nic.sock'/></source>"
                "</hostdev>",
                "Setting startupPolicy is only allowed for USB devices");
    DO_TEST_BAD("model attribute",
                DEVICE(" model='vfio-pci'", "<socket path='/run/nic.sock'/>"),
                "'model' attribute in <hostdev> is only supported");
    DO_TEST_BAD("interface",
                "<interface type='hostdev'>"
                "<source><address type='vfio-user'/><socket path='/run/nic.sock'/></source>"
                "</interface>",
                "address type='vfio-user' not supported in hostdev interfaces");
    DO_TEST_INVALID("USB address",
                    "<hostdev mode='subsystem' type='vfio-user'>"
                    "<source><socket path='/run/nic.sock'/></source>"
                    "<address type='usb' bus='0' port='1'/></hostdev>",
                    "vfio-user host device must use 'pci' address type", true);
    DO_TEST_INVALID("not visible to the guest",
                    "<hostdev mode='subsystem' type='vfio-user'>"
                    "<source><socket path='/run/nic.sock'/></source>"
                    "<address type='unassigned'/></hostdev>",
                    "vfio-user host device must use 'pci' address type", true);
    DO_TEST_INVALID("teaming",
                    "<hostdev mode='subsystem' type='vfio-user'>"
                    "<source><socket path='/run/nic.sock'/></source>"
                    "<teaming type='transient' persistent='ua-nic'/></hostdev>",
                    "teaming is only supported for pci hostdev devices", false);

    if (virTestRun("format", testFormat, NULL) < 0)
        ret = -1;

#define DO_TEST_MATCH(name, wanted, devices, expect) \
    do { \
        const struct testMatch data = { wanted, devices, expect }; \
        if (virTestRun("match " name, testMatch, &data) < 0) \
            ret = -1; \
    } while (0)

    DO_TEST_MATCH("socket", SOCKET("/run/2.sock"),
                  SOCKET("/run/1.sock") SOCKET("/run/2.sock"), 1);
    DO_TEST_MATCH("no such socket", SOCKET("/run/3.sock"),
                  SOCKET("/run/1.sock") MANAGED(""), -1);
    DO_TEST_MATCH("program", MANAGED(""), SOCKET("/run/1.sock") MDEV MANAGED(""), 2);
    DO_TEST_MATCH("another program", DEVICE(" managed='yes'", "<binary path='/x'/>"),
                  MANAGED(""), -1);
    DO_TEST_MATCH("parameters in another order",
                  MODEL("", PARAM("a", "1") PARAM("b", "2")),
                  MODEL("", PARAM("a", "2") PARAM("b", "1"))
                  MODEL("", PARAM("b", "2") PARAM("a", "1")), 1);
    DO_TEST_MATCH("more parameters", MODEL("", PARAM("a", "1")),
                  MODEL("", PARAM("a", "1") PARAM("b", "2")), -1);
    DO_TEST_MATCH("another parameter", MODEL("", PARAM("a", "1")),
                  MODEL("", PARAM("b", "1")), -1);
    DO_TEST_MATCH("version", MODEL(" version='2'", ""),
                  MODEL("", "") MODEL(" version='1'", "") MODEL(" version='2'", ""), 2);
    DO_TEST_MATCH("without an address", MANAGED(""), AT("0x04") AT("0x05"), 0);
    DO_TEST_MATCH("address", AT("0x05"), AT("0x04") AT("0x05"), 1);
    DO_TEST_MATCH("address, and parameters that a migration added",
                  MODEL_AT("0x05", "<migration model='m'>" PARAM("a", "1") "</migration>"),
                  AT("0x04")
                  MODEL_AT("0x05", "<migration model='m'>" PARAM("b", "2") PARAM("a", "1")
                           "</migration>"), 1);
    DO_TEST_MATCH("address, and a model that a migration added", AT("0x05"),
                  MODEL_AT("0x05", "<migration model='m' version='1'/>"), 0);
    DO_TEST_MATCH("address, and another parameter",
                  MODEL_AT("0x05", "<migration model='m'>" PARAM("a", "1") "</migration>"),
                  MODEL_AT("0x05", "<migration model='m'>" PARAM("a", "2") "</migration>"), -1);
    DO_TEST_MATCH("address, and another model", MODEL_AT("0x05", "<migration model='m'/>"),
                  MODEL_AT("0x05", "<migration model='n'/>"), -1);
    DO_TEST_MATCH("no such address", AT("0x06"), AT("0x04") AT("0x05"), -1);

#define DO_TEST_STABLE(name, src, dst, error) \
    do { \
        const struct testStable data = { src, dst, error }; \
        if (virTestRun("ABI " name, testStable, &data) < 0) \
            ret = -1; \
    } while (0)

    DO_TEST_STABLE("other socket", SOCKET("/run/1.sock"), SOCKET("/run/2.sock"), NULL);
    DO_TEST_STABLE("other program", MANAGED(""),
                   DEVICE(" managed='yes'", "<binary path='/opt/nic'/>"), NULL);
    DO_TEST_STABLE("not managed any more", MODEL("", PARAM("a", "1")),
                   SOCKET("/run/1.sock"), NULL);
    DO_TEST_STABLE("parameters in another order",
                   MODEL("", PARAM("a", "1") PARAM("b", "2")),
                   MODEL("", PARAM("b", "2") PARAM("a", "1")), NULL);
    DO_TEST_STABLE("other model", MODEL("", ""),
                   MANAGED("<migration model='example.com/disk'/>"),
                   "Target vfio-user device model 'example.com/disk' does not match source 'example.com/nic'");
    DO_TEST_STABLE("model no longer named", MODEL("", ""), MANAGED(""),
                   "Target vfio-user device model '<null>' does not match source 'example.com/nic'");
    DO_TEST_STABLE("other version", MODEL(" version='1'", ""), MODEL(" version='2'", ""),
                   "Target vfio-user device version '2' does not match source '1'");
    DO_TEST_STABLE("fewer parameters", MODEL("", PARAM("a", "1") PARAM("b", "1")),
                   MODEL("", PARAM("a", "1")),
                   "Target vfio-user device parameter count 1 does not match source 2");
    DO_TEST_STABLE("other parameter", MODEL("", PARAM("a", "1")), MODEL("", PARAM("b", "1")),
                   "Target value '<null>' of vfio-user device parameter 'a' does not match source '1'");
    DO_TEST_STABLE("other value", MODEL("", PARAM("a", "1")), MODEL("", PARAM("a", "2")),
                   "Target value '2' of vfio-user device parameter 'a' does not match source '1'");
    DO_TEST_STABLE("other guest address", AT("0x04"), AT("0x05"),
                   "Target device PCI address 0000:00:05.0 does not match source 0000:00:04.0");
    DO_TEST_STABLE("mediated device to program", MDEV, MODEL("", PARAM("a", "1")), NULL);
    DO_TEST_STABLE("program to mediated device", MODEL("", PARAM("a", "1")), MDEV, NULL);
    DO_TEST_STABLE("PCI device to program", PCI, SOCKET("/run/1.sock"), NULL);
    DO_TEST_STABLE("program to PCI device", SOCKET("/run/1.sock"), PCI, NULL);
    DO_TEST_STABLE("USB device to program", USB, SOCKET("/run/1.sock"),
                   "Target host device subsystem type vfio-user is not compatible with source subsystem type usb");

    virXMLValidatorFree(validator);
    virObjectUnref(xmlopt);

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN(mymain)
