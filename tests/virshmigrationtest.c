/*
 * virshmigrationtest.c: what programs read of virsh's comparisons
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

#include "vircommand.h"
#include "virjson.h"
#include "virxml.h"

#define VIR_FROM_THIS VIR_FROM_NONE

#define DATA "/virshtestdata/migration-"

/* The parents of the destination, in the order of their names */
#define PARENT_ONE "pci_0000_00_02_0"
#define PARENT_TWO "pci_0000_00_03_0"

static char *source_uri;
static char *destination_uri;

struct testCall {
    const char *file;           /* to compare */
    const char *domain;         /* or a guest to migrate */
    const char *denied;         /* a node device, likewise below */
    const char *newer;
    const char *gone;
    const char *defined;
    const char *more;           /* another argument */
};


static char *
testRun(const struct testCall *call,
        const char *format,
        bool translate)
{
    g_autoptr(virCommand) cmd = virCommandNew(abs_top_builddir "/tools/virsh");
    g_autofree char *file = NULL;
    char *output = NULL;
    int status;

    virCommandAddEnvPassCommon(cmd);
    virCommandAddEnvPair(cmd, "LD_PRELOAD",
                         abs_builddir "/libvirshmigration" MOCK_EXT);
    if (translate)
        virCommandAddEnvPair(cmd, "VIRSH_MOCK_TRANSLATE", "1");
    if (call->denied)
        virCommandAddEnvPair(cmd, "VIRSH_MOCK_DENIED", call->denied);
    if (call->newer)
        virCommandAddEnvPair(cmd, "VIRSH_MOCK_NEWER", call->newer);
    if (call->gone)
        virCommandAddEnvPair(cmd, "VIRSH_MOCK_GONE", call->gone);
    if (call->defined)
        virCommandAddEnvPair(cmd, "VIRSH_MOCK_DEFINED", call->defined);

    if (call->file) {
        file = g_strdup_printf("%s" DATA "%s.xml", abs_srcdir, call->file);
        virCommandAddArgList(cmd, "--connect", destination_uri,
                             "nodedev-migration-compare", file, NULL);
    } else {
        virCommandAddArgList(cmd, "--connect", source_uri, "migrate", "--preflight",
                             call->domain, destination_uri, NULL);
    }
    virCommandAddArgList(cmd, "--format", format, call->more, NULL);
    virCommandSetOutputBuffer(cmd, &output);

    /* the status is the verdict */
    if (virCommandRun(cmd, &status) < 0) {
        g_free(output);
        return NULL;
    }

    return output;
}


/* Both documents with "" instead of what is for people; counts what differed */
static void
testStripXML(xmlNodePtr one,
             xmlNodePtr two,
             size_t *ndiffer)
{
    for (; one && two; one = one->next, two = two->next) {
        if (virXMLNodeNameEqual(one, "text") || virXMLNodeNameEqual(one, "detail") ||
            virXMLNodeNameEqual(one, "message")) {
            if (!one->children || !two->children)
                continue;
            if (STRNEQ_NULLABLE((const char *) one->children->content,
                                (const char *) two->children->content))
                (*ndiffer)++;
            xmlNodeSetContent(one, BAD_CAST "");
            xmlNodeSetContent(two, BAD_CAST "");
            continue;
        }

        testStripXML(one->children, two->children, ndiffer);
    }
}


static int
testTranslatedXML(const struct testCall *call)
{
    g_autofree char *one = testRun(call, "xml", false);
    g_autofree char *two = testRun(call, "xml", true);
    g_autoptr(xmlDoc) docOne = virXMLParseStringCtxt(NULLSTR_EMPTY(one), "one", NULL);
    g_autoptr(xmlDoc) docTwo = virXMLParseStringCtxt(NULLSTR_EMPTY(two), "two", NULL);
    g_autofree char *strippedOne = NULL;
    g_autofree char *strippedTwo = NULL;
    size_t ndiffer = 0;

    if (!docOne || !docTwo)
        return -1;

    testStripXML(xmlDocGetRootElement(docOne), xmlDocGetRootElement(docTwo), &ndiffer);
    strippedOne = virXMLNodeToString(docOne, xmlDocGetRootElement(docOne));
    strippedTwo = virXMLNodeToString(docTwo, xmlDocGetRootElement(docTwo));

    if (virTestCompareToString(strippedOne, strippedTwo) < 0)
        return -1;

    if (ndiffer == 0) {
        VIR_TEST_VERBOSE("nothing was translated");
        return -1;
    }

    return 0;
}


static virJSONValue *
testStripJSON(virJSONValue *value)
{
    size_t i;

    if (virJSONValueIsArray(value)) {
        g_autoptr(virJSONValue) array = virJSONValueNewArray();

        for (i = 0; i < virJSONValueArraySize(value); i++) {
            g_autoptr(virJSONValue) item = testStripJSON(virJSONValueArrayGet(value, i));

            if (virJSONValueArrayAppend(array, &item) < 0)
                return NULL;
        }

        return g_steal_pointer(&array);
    }

    if (virJSONValueIsObject(value)) {
        g_autoptr(virJSONValue) object = virJSONValueNewObject();

        for (i = 0; i < virJSONValueObjectKeysNumber(value); i++) {
            const char *key = virJSONValueObjectGetKey(value, i);
            g_autoptr(virJSONValue) item = testStripJSON(virJSONValueObjectGetValue(value, i));

            if (STREQ(key, "text") || STREQ(key, "detail") || STREQ(key, "message"))
                continue;
            if (virJSONValueObjectAppend(object, key, &item) < 0)
                return NULL;
        }

        return g_steal_pointer(&object);
    }

    return virJSONValueCopy(value);
}


static int
testTranslatedJSON(const struct testCall *call)
{
    g_autofree char *one = testRun(call, "json", false);
    g_autofree char *two = testRun(call, "json", true);
    g_autoptr(virJSONValue) docOne = virJSONValueFromString(NULLSTR_EMPTY(one));
    g_autoptr(virJSONValue) docTwo = virJSONValueFromString(NULLSTR_EMPTY(two));
    g_autoptr(virJSONValue) strippedOne = NULL;
    g_autoptr(virJSONValue) strippedTwo = NULL;
    g_autofree char *shownOne = NULL;
    g_autofree char *shownTwo = NULL;

    if (!docOne || !docTwo)
        return -1;

    strippedOne = testStripJSON(docOne);
    strippedTwo = testStripJSON(docTwo);
    if (!strippedOne || !strippedTwo)
        return -1;

    shownOne = virJSONValueToString(strippedOne, true);
    shownTwo = virJSONValueToString(strippedTwo, true);

    if (STREQ(one, two)) {
        VIR_TEST_VERBOSE("nothing was translated");
        return -1;
    }

    return virTestCompareToString(shownOne, shownTwo);
}


/* A program reads the same in every language; only what is for people
 * differs. */
static int
testTranslated(const void *opaque)
{
    if (testTranslatedXML(opaque) < 0 ||
        testTranslatedJSON(opaque) < 0)
        return -1;

    return 0;
}


struct testReasons {
    struct testCall call;
    const char *alias;                  /* which device of a guest */
    const char *const *expected;        /* "CODE WHAT: TEXT", those about no candidate */
};

static int
testReasons(const void *opaque)
{
    const struct testReasons *data = opaque;
    g_autofree char *output = testRun(&data->call, "xml", false);
    g_autoptr(xmlXPathContext) ctxt = NULL;
    g_autoptr(xmlDoc) doc = virXMLParseStringCtxt(NULLSTR_EMPTY(output), "out", &ctxt);
    g_autofree xmlNodePtr *nodes = NULL;
    g_autofree char *path = data->alias ?
        g_strdup_printf("/migrationPreflight/device[@alias='%s']/reason", data->alias) :
        g_strdup("/migrationComparison/reason");
    g_auto(virBuffer) found = VIR_BUFFER_INITIALIZER;
    g_autofree char *expected = g_strjoinv("\n", (char **) data->expected);
    ssize_t n;
    size_t i;

    if (!doc || !virXPathBoolean("boolean(//candidate)", ctxt) ||
        (n = virXPathNodeSet(path, ctxt, &nodes)) < 0)
        return -1;

    for (i = 0; i < n; i++) {
        g_autofree char *code = virXMLPropString(nodes[i], "code");
        g_autofree char *what = NULL;
        g_autofree char *text = NULL;

        ctxt->node = nodes[i];
        what = virXPathString("string(./what)", ctxt);
        text = virXPathString("string(./text)", ctxt);
        virBufferAsprintf(&found, "%s%s %s: %s", i > 0 ? "\n" : "", code,
                          NULLSTR(what), NULLSTR(text));
    }

    if (virTestCompareToString(expected, NULLSTR_EMPTY(virBufferCurrentContent(&found))) < 0) {
        VIR_TEST_VERBOSE("%s", output);
        return -1;
    }

    return 0;
}


static int
mymain(void)
{
    static const struct testCall calls[] = {
        { .file = "mdev-attributes" },
        { .file = "mdev-parameters" },
        { .file = "mdev-versions" },
        { .file = "mdev-description" },
        { .file = "mdev-token" },
        { .file = "function-attributes" },
        { .file = "function-parameters" },
        { .file = "mdev-attributes", .denied = PARENT_ONE, .newer = PARENT_TWO },
        { .domain = "accepted" },
        { .domain = "refused" },
        { .domain = "token" },
        { .domain = "absent" },
        { .domain = "one-sided", .more = "--unsafe" },
        { .domain = "too-many" },
        { .domain = "gone" },
        { .domain = "unbound" },
        { .domain = "refused", .denied = PARENT_ONE, .newer = PARENT_TWO },
    };
    int ret = 0;
    size_t i;

    source_uri = g_strdup_printf("test://%s" DATA "source-node.xml", abs_srcdir);
    destination_uri = g_strdup_printf("test://%s" DATA "destination-node.xml", abs_srcdir);

    for (i = 0; i < G_N_ELEMENTS(calls); i++) {
        g_autofree char *name = g_strdup_printf("translated: %s%s",
                                                calls[i].file ? calls[i].file : calls[i].domain,
                                                calls[i].denied ? ", some not readable" : "");

        virTestRunLog(&ret, name, testTranslated, &calls[i]);
    }

#define DO_TEST(name, call_, alias_, ...) \
    do { \
        static const char *const expected[] = { __VA_ARGS__, NULL }; \
        const struct testReasons data = { .call = call_, .alias = alias_, .expected = expected }; \
        virTestRunLog(&ret, "reasons: " name, testReasons, &data); \
    } while (0)
#define CALL(...) ((struct testCall) { __VA_ARGS__ })

    DO_TEST("all can be read", CALL(.file = "mdev-attributes"), NULL, NULL);
    DO_TEST("one may not be seen",
            CALL(.file = "mdev-attributes", .denied = PARENT_ONE), NULL,
            "not-readable " PARENT_ONE ": node device '" PARENT_ONE
            "' could not be read: access denied: 'polkit' denied access");
    DO_TEST("one is of a newer libvirt",
            CALL(.file = "mdev-attributes", .newer = PARENT_TWO), NULL,
            "not-readable " PARENT_TWO ": node device '" PARENT_TWO
            "' could not be read: XML error: Invalid value for attribute 'type' in element 'capability': 'later'.");
    DO_TEST("one has gone", CALL(.file = "mdev-attributes", .gone = PARENT_ONE), NULL, NULL);
    DO_TEST("no parent can be read",
            CALL(.domain = "refused", .denied = PARENT_ONE, .newer = PARENT_TWO), "ua-mdev7",
            "no-parent device: the device does not exist, and no node device that this connection may see can have one",
            "not-readable " PARENT_ONE ": node device '" PARENT_ONE
            "' could not be read: access denied: 'polkit' denied access",
            "not-readable " PARENT_TWO ": node device '" PARENT_TWO
            "' could not be read: XML error: Invalid value for attribute 'type' in element 'capability': 'later'.");
    DO_TEST("no room", CALL(.domain = "too-many"), "ua-mdev11",
            "no-instance device: the device does not exist, and there is no room for it now");
    DO_TEST("not copied, of a definition",
            CALL(.domain = "accepted",
                 .defined = "mdev_c7a1b0de_0000_4000_8000_000000000001_0000_00_02_0"),
            "ua-mdev1",
            "would-create device: the device does not exist, one of type 'vendor-gpu_4' would be created on '" PARENT_ONE "'",
            "not-copied defined: defined: set to '3' in the definition of the source, and not published, so it is not copied");
    DO_TEST("not copied", CALL(.domain = "accepted"), "ua-mdev1",
            "would-create device: the device does not exist, one of type 'vendor-gpu_4' would be created on '" PARENT_ONE "'",
            "not-copied quirk: quirk: set to '1' in the definition of the source, and not published, so it is not copied");

    g_free(source_uri);
    g_free(destination_uri);

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN(mymain)
