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

#include <sys/stat.h>
#include "testutils.h"

#if WITH_JSON_C

# include "device_migration_conf.h"
# include "virdevmigrationjson.h"
# include "virdevmigrationtext.h"

# define VIR_FROM_THIS VIR_FROM_NONE

typedef enum {
    INFO,                       /* migration_info.json */
    DESCRIPTION,                /* migration_description */
    MODELS,                     /* migration_device_models */
} testKind;

/* What the readers make of one document */
struct testDocument {
    const char *name;
    testKind kind;
    const char *text;
    const char *problem;        /* part of the first problem */
    size_t nproblems;           /* if not 1 with @problem, 0 without */
    const char *xml;            /* in <capability type='migration'>, without
                                 * white space between elements */
};


static char *
testFormat(const virDevMigration *migration)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    g_auto(GStrv) lines = NULL;
    char **line;

    virDevMigrationFormat(&buf, migration);

    lines = g_strsplit(virBufferCurrentContent(&buf), "\n", 0);
    for (line = lines; *line; line++)
        g_strstrip(*line);

    return g_strjoinv("", lines);
}


/* What a reader accepts, the XML can say, and says the same when it is read. */
static int
testXML(const virDevMigration *migration)
{
    g_auto(virBuffer) buf = VIR_BUFFER_INITIALIZER;
    g_autoptr(xmlDoc) xml = NULL;
    g_autoptr(xmlXPathContext) ctxt = NULL;
    g_autoptr(virDevMigration) again = NULL;
    g_autoptr(virDevMigration) copy = virDevMigrationCopy(migration);

    virDevMigrationFormat(&buf, migration);

    if (!(xml = virXMLParseStringCtxt(virBufferCurrentContent(&buf), "(test)", &ctxt)) ||
        virDevMigrationParseXML(ctxt, ctxt->node, &again) < 0)
        return -1;

    if (!virDevMigrationEqual(migration, again) ||
        !virDevMigrationEqual(migration, copy)) {
        VIR_TEST_VERBOSE("XML or a copy does not say the same");
        return -1;
    }

    return 0;
}


static int
testDocument(const void *opaque)
{
    const struct testDocument *data = opaque;
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(virDevMigration) migration = virDevMigrationNew();
    g_autofree char *expected = NULL;
    g_autofree char *actual = NULL;
    g_autofree char *log = NULL;
    size_t nproblems = data->nproblems;

    if (nproblems == 0 && data->problem)
        nproblems = 1;

    switch (data->kind) {
    case INFO:
        virDevMigrationJSONParseInfo(data->text, "/file", &migration->parameters,
                                     &migration->versions, problems);
        break;
    case DESCRIPTION:
        migration->description = virDevMigrationJSONParseDescription(data->text, "/file",
                                                                     problems);
        break;
    case MODELS:
        migration->versions = virDevMigrationTextParseModels(data->text, "/file", problems);
        break;
    }

    /* not even one that was reported and then reset */
    log = virTestLogContentAndReset();
    if (virGetLastErrorCode() != VIR_ERR_OK || *log) {
        VIR_TEST_VERBOSE("reading reported an error");
        return -1;
    }

    if (problems->len != nproblems ||
        (nproblems > 0 && data->problem &&
         !strstr(g_ptr_array_index(problems, 0), data->problem))) {
        g_ptr_array_add(problems, NULL);
        expected = g_strjoinv("\n", (char **) problems->pdata);
        VIR_TEST_VERBOSE("expected %zu problems, the first with \"%s\", got %d:\n%s",
                         nproblems, NULLSTR(data->problem), problems->len - 1, expected);
        return -1;
    }

    actual = testFormat(migration);
    expected = g_strdup_printf("<capability type='migration'>%s</capability>", data->xml);
    if (virTestCompareToString(expected, actual) < 0)
        return -1;

    return testXML(migration);
}


/* Documents at a limit and one beyond it: made, not written down */
struct testLimit {
    const char *name;
    testKind kind;
    const char *head;
    const char *entry;          /* "%zu" in it is its number, from 0 */
    const char *separator;
    const char *tail;
    size_t at;                  /* that many entries are good */
    const char *problem;        /* what one more gives */
};


static char *
testLimitText(const struct testLimit *limit,
              size_t n)
{
    g_auto(GStrv) parts = g_strsplit(limit->entry, "%zu", 2);
    g_auto(virBuffer) text = VIR_BUFFER_INITIALIZER;
    size_t i;

    virBufferAdd(&text, limit->head, -1);

    for (i = 0; i < n; i++) {
        if (i > 0)
            virBufferAdd(&text, limit->separator, -1);
        virBufferAdd(&text, parts[0], -1);
        if (parts[1])
            virBufferAsprintf(&text, "%zu%s", i, parts[1]);
    }

    virBufferAdd(&text, limit->tail, -1);
    return virBufferContentAndReset(&text);
}


static int
testLimit(const void *opaque)
{
    const struct testLimit *limit = opaque;
    size_t i;

    for (i = 0; i < 2; i++) {
        g_autofree char *text = testLimitText(limit, limit->at + i);
        g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(virDevMigration) migration = virDevMigrationNew();
        bool incomplete = false;
        bool empty = true;

        switch (limit->kind) {
        case INFO:
            virDevMigrationJSONParseInfo(text, "/file", &migration->parameters,
                                         &migration->versions, problems);
            break;
        case DESCRIPTION:
            migration->description = virDevMigrationJSONParseDescription(text, "/file",
                                                                         problems);
            break;
        case MODELS:
            migration->versions = virDevMigrationTextParseModels(text, "/file", problems);
            break;
        }

        if (migration->parameters) {
            incomplete = migration->parameters->incomplete;
            empty = migration->parameters->models->len == 0;
        } else if (migration->versions) {
            incomplete = migration->versions->incomplete;
            empty = migration->versions->models->len == 0;
        } else {
            incomplete = migration->description->incomplete;
            empty = !migration->description->self &&
                migration->description->accepts->len == 0;
        }

        if (incomplete != (i == 1) ||
            empty != (i == 1) ||
            problems->len != i ||
            (i == 1 && !strstr(g_ptr_array_index(problems, 0), limit->problem))) {
            VIR_TEST_VERBOSE("%zu entries: %s, %s, %u problems, first '%s'", limit->at + i,
                             incomplete ? "incomplete" : "complete",
                             empty ? "empty" : "not empty", problems->len,
                             problems->len > 0 ? (char *) g_ptr_array_index(problems, 0) : "");
            return -1;
        }

        if (testXML(migration) < 0)
            return -1;
    }

    return 0;
}


/* Lists in one another, of which the document is one, too */
static int
testDepth(const void *opaque G_GNUC_UNUSED)
{
    size_t depth;

    for (depth = VIR_DEV_MIGRATION_MAX_DEPTH; depth <= VIR_DEV_MIGRATION_MAX_DEPTH + 1; depth++) {
        bool good = depth == VIR_DEV_MIGRATION_MAX_DEPTH;
        g_autofree char *begin = g_strnfill(depth - 1, '[');
        g_autofree char *end = g_strnfill(depth - 1, ']');
        g_autofree char *text = g_strdup_printf("{\"self\": {\"vendor\": \"[[[[\\\"[[[[[[[[[[[[\"}, \"x\": %s%s}",
                                                begin, end);
        g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(virDevMigrationDescription) description = NULL;

        description = virDevMigrationJSONParseDescription(text, "/file", problems);
        if (!!description->self != good ||
            description->incomplete == good ||
            problems->len != (good ? 0 : 1) ||
            (!good && !strstr(g_ptr_array_index(problems, 0),
                              "more than 16 levels of lists and objects"))) {
            VIR_TEST_VERBOSE("%zu levels, %u problems", depth, problems->len);
            return -1;
        }
    }

    return 0;
}


# define PARAMS(content) "{\"models\": {\"m\": {\"params\": {" content "}}}}"
# define PARAM(content) PARAMS("\"p\": {" content "}")
# define PARAM_HEAD "{\"models\": {\"m\": {\"params\": {\"p\": {\"type\": \"str\", \"init_value\": "
# define VERSIONS(content) "{\"models\": {\"m\": {\"versions\": [" content "]}}}"
# define COMPATIBLE(content) "{\"self\": {\"vendor\": \"v\"}, \"compatible\": [" content "]}"
# define SELF(content) "{\"self\": {" content "}}"

# define XML(type, content) "<interface type='" type "'>" content "</interface>"
# define INCOMPLETE(type, content) "<interface type='" type "' incomplete='yes'>" content "</interface>"
# define NOTHING(type) "<interface type='" type "' incomplete='yes'/>"
# define XML_MODEL(content) "<model name='m'>" content "</model>"
# define XML_PARAM(content) XML("parameters", XML_MODEL("<param name='p' " content))
# define XML_NO_PARAM INCOMPLETE("parameters", "<model name='m'/>")
# define XML_VERSION(content) XML_MODEL("<version>" content "</version>")
# define XML_SELF(content) XML("description", "<self>" content "</self>")
# define XML_COMPATIBLE(content) XML("description", "<self><vendor>v</vendor></self>" content)
# define XML_NO_COMPATIBLE INCOMPLETE("description", "<self><vendor>v</vendor></self>")


static int
mymain(void)
{
    static const struct testDocument documents[] = {
        /* JSON itself */
        { .name = "JSON with all kinds of values", .kind = INFO,
          .text = "\t{\r\n\"x\": [null, true, false, -1.5e+10, 0, 1E5, {}, [], \"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00fc\"],"
                  "\"models\": {\"m\": {\"params\": {}}}} \n",
          .xml = XML("parameters", "<model name='m'/>") },
        { .name = "empty", .kind = INFO, .text = "",
          .problem = "'/file' is empty", .xml = NOTHING("parameters") },
        { .name = "blanks", .kind = INFO, .text = " \n ",
          .problem = "'/file' is not usable JSON: line 2, column 2: an early end",
          .xml = NOTHING("parameters") },
        { .name = "cut off", .kind = INFO, .text = "{\"models\": {",
          .problem = "line 1, column 13: an early end", .xml = NOTHING("parameters") },
        { .name = "cut off in a string", .kind = INFO, .text = "{\"mod",
          .problem = "a string does not end", .xml = NOTHING("parameters") },
        { .name = "cut off in an escape sequence", .kind = INFO, .text = "{\"mod\\",
          .problem = "an unknown escape sequence", .xml = NOTHING("parameters") },
        { .name = "cut off in \\u", .kind = INFO, .text = "{\"mod\\u00",
          .problem = "an unknown escape sequence", .xml = NOTHING("parameters") },
        { .name = "unknown escape sequence", .kind = INFO, .text = "{\"\\x\": 1}",
          .problem = "line 1, column 3: an unknown escape sequence", .xml = NOTHING("parameters") },
        { .name = "comment", .kind = INFO, .text = "{ // a comment\n}",
          .problem = "line 1, column 3: a comment", .xml = NOTHING("parameters") },
        { .name = "comment of C", .kind = INFO, .text = "{}/* a comment */",
          .problem = "line 1, column 3: a comment", .xml = NOTHING("parameters") },
        { .name = "hexadecimal number", .kind = DESCRIPTION, .text = "{\"x\": 0x1234}",
          .problem = "line 1, column 7: a hexadecimal number", .xml = NOTHING("description") },
        { .name = "octal number", .kind = DESCRIPTION, .text = "{\"x\": 0755}",
          .problem = "a number that begins with 0", .xml = NOTHING("description") },
        { .name = "plus", .kind = DESCRIPTION, .text = "{\"x\": +1}",
          .problem = "an unexpected character", .xml = NOTHING("description") },
        { .name = "number without digits", .kind = DESCRIPTION, .text = "{\"x\": -}",
          .problem = "a number without digits", .xml = NOTHING("description") },
        { .name = "number without digits after the point", .kind = DESCRIPTION, .text = "{\"x\": 1.}",
          .problem = "a number without digits", .xml = NOTHING("description") },
        { .name = "number without exponent", .kind = DESCRIPTION, .text = "{\"x\": 1e+}",
          .problem = "a number without digits", .xml = NOTHING("description") },
        { .name = "NaN", .kind = DESCRIPTION, .text = "{\"x\": NaN}",
          .problem = "an unexpected character", .xml = NOTHING("description") },
        { .name = "infinity", .kind = DESCRIPTION, .text = "{\"x\": -Infinity}",
          .problem = "a number without digits", .xml = NOTHING("description") },
        { .name = "single quotes", .kind = INFO, .text = "{'models': {}}",
          .problem = "line 1, column 2: no key where one belongs", .xml = NOTHING("parameters") },
        { .name = "missing comma", .kind = INFO, .text = "{\"a\": 1\n \"b\": 2}",
          .problem = "line 2, column 2: no ',' between two entries", .xml = NOTHING("parameters") },
        { .name = "comma at the end of an object", .kind = INFO, .text = "{\"a\": 1,}",
          .problem = "no key where one belongs", .xml = NOTHING("parameters") },
        { .name = "comma at the end of a list", .kind = INFO, .text = "[1,]",
          .problem = "an unexpected character", .xml = NOTHING("parameters") },
        { .name = "missing colon", .kind = INFO, .text = "{\"a\" 1}",
          .problem = "no ':' after a key", .xml = NOTHING("parameters") },
        { .name = "wrong bracket", .kind = INFO, .text = "{\"a\": [1}",
          .problem = "no ',' between two entries", .xml = NOTHING("parameters") },
        { .name = "something after the end", .kind = INFO, .text = PARAMS("") "\n{}",
          .problem = "line 2, column 1: something after its end", .xml = NOTHING("parameters") },
        { .name = "NUL in a string", .kind = INFO, .text = "{\"a\\u0000b\": 1}",
          .problem = "a NUL character in a string", .xml = NOTHING("parameters") },
        { .name = "tab in a string", .kind = INFO, .text = "{\"a\tb\": 1}",
          .problem = "line 1, column 4: a control character in a string", .xml = NOTHING("parameters") },
        { .name = "word with capital letters", .kind = INFO, .text = "{\"a\": True}",
          .problem = "an unexpected character", .xml = NOTHING("parameters") },
        { .name = "form feed", .kind = INFO, .text = "\f{}",
          .problem = "line 1, column 1: neither an object nor a list", .xml = NOTHING("parameters") },
        { .name = "byte order mark", .kind = INFO, .text = "\xef\xbb\xbf{}",
          .problem = "line 1, column 1: neither an object nor a list", .xml = NOTHING("parameters") },
        { .name = "invalid UTF-8", .kind = INFO, .text = "{\"a\xff\": 1}",
          .problem = "contains invalid UTF-8", .xml = NOTHING("parameters") },
        { .name = "UTF-8 of a surrogate", .kind = INFO, .text = "{\"a\xed\xa0\x80\": 1}",
          .problem = "contains invalid UTF-8", .xml = NOTHING("parameters") },
        { .name = "overlong UTF-8", .kind = INFO, .text = "{\"a\xc0\x80\": 1}",
          .problem = "contains invalid UTF-8", .xml = NOTHING("parameters") },
        { .name = "pair of surrogates", .kind = INFO,
          .text = PARAM("\"type\": \"str\", \"init_value\": \"\\ud83d\\ude00\""),
          .xml = XML_PARAM("type='str' init='\xf0\x9f\x98\x80'/>") },
        { .name = "half a pair of surrogates", .kind = INFO,
          .text = PARAM("\"type\": \"str\", \"init_value\": \"\\ud83d\""),
          .xml = XML_PARAM("type='str' init='\xef\xbf\xbd'/>") },
        { .name = "key twice: the last one counts", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"type\": \"str\", \"init_value\": 5, \"init_value\": \"x\""),
          .xml = XML_PARAM("type='str' init='x'/>") },

        /* parameters */
        { .name = "no object", .kind = INFO, .text = "[]",
          .problem = "has no models", .xml = NOTHING("parameters") },
        { .name = "only a number", .kind = INFO, .text = "1",
          .problem = "is not usable JSON: line 1, column 1: neither an object nor a list", .xml = NOTHING("parameters") },
        { .name = "no models", .kind = INFO, .text = "{}",
          .problem = "has no models", .xml = NOTHING("parameters") },
        { .name = "empty models", .kind = INFO, .text = "{\"models\": {}}",
          .problem = "has no models", .xml = NOTHING("parameters") },
        { .name = "list of models", .kind = INFO, .text = "{\"models\": [1]}",
          .problem = "has no models", .xml = NOTHING("parameters") },
        { .name = "empty params", .kind = INFO, .text = PARAMS(""),
          .xml = XML("parameters", "<model name='m'/>") },
        { .name = "list of params", .kind = INFO, .text = "{\"models\": {\"m\": {\"params\": []}}}",
          .problem = "has no usable parameters of the model 'm'", .xml = NOTHING("parameters") },
        { .name = "neither params nor versions", .kind = INFO, .text = "{\"models\": {\"m\": {}}}",
          .problem = "has no usable parameters of the model 'm'", .xml = NOTHING("parameters") },
        { .name = "model that is no object", .kind = INFO, .text = "{\"models\": {\"m\": 1}}",
          .problem = "has no usable parameters of the model 'm'", .xml = NOTHING("parameters") },
        { .name = "model without name", .kind = INFO, .text = "{\"models\": {\"\": {\"params\": {}}}}",
          .problem = "has no usable name of the model ''", .xml = NOTHING("parameters") },
        { .name = "several models", .kind = INFO,
          .text = "{\"models\": {\"b\": {\"params\": {}}, \"a\": {\"params\": {}}, \"c\": {}}}",
          .problem = "has no usable parameters of the model 'c'",
          .xml = INCOMPLETE("parameters", "<model name='a'/><model name='b'/>") },
        { .name = "params and versions of two models", .kind = INFO,
          .text = "{\"models\": {\"a\": {\"params\": {}}, \"b\": {\"versions\": [\"v\"]}}}",
          .problem = "has both parameters and versions", .xml = NOTHING("parameters") },
        { .name = "params and versions of one model", .kind = INFO,
          .text = "{\"models\": {\"m\": {\"params\": {}, \"versions\": [\"v\"]}}}",
          .problem = "has both parameters and versions", .xml = NOTHING("parameters") },
        { .name = "unknown keys", .kind = INFO,
          .text = "{\"x\": 1, \"models\": {\"m\": {\"y\": 2, \"params\": {\"p\": "
                  "{\"type\": \"int\", \"init_value\": 1, \"z\": [18446744073709551615, -9223372036854775808, 1e99, 0.1]}}}}}",
          .xml = XML_PARAM("type='int' init='1'/>") },
        { .name = "order of parameters", .kind = INFO,
          .text = PARAMS("\"b\": {\"type\": \"int\", \"init_value\": 1},"
                         "\"a\": {\"type\": \"int\", \"init_value\": 2}"),
          .xml = XML("parameters", XML_MODEL("<param name='a' type='int' init='2'/>"
                                             "<param name='b' type='int' init='1'/>")) },
        { .name = "one bad parameter", .kind = INFO,
          .text = PARAMS("\"p\": {\"type\": \"int\", \"init_value\": 1}, \"q\": {\"type\": \"float\"}"),
          .problem = "has no usable type of the parameter 'q' of the model 'm'",
          .xml = INCOMPLETE("parameters", XML_MODEL("<param name='p' type='int' init='1'/>")) },
        { .name = "parameter that is no object", .kind = INFO, .text = PARAMS("\"p\": 1"),
          .problem = "has no usable type of the parameter 'p'", .xml = XML_NO_PARAM },
        { .name = "no type", .kind = INFO, .text = PARAM("\"init_value\": 1"),
          .problem = "has no usable type of the parameter 'p'", .xml = XML_NO_PARAM },
        { .name = "no init_value", .kind = INFO, .text = PARAM("\"type\": \"int\""),
          .problem = "has no usable init_value of the parameter 'p'", .xml = XML_NO_PARAM },
        { .name = "no off_value", .kind = INFO,
          .text = PARAM("\"type\": \"bool\", \"init_value\": true"),
          .xml = XML_PARAM("type='bool' init='on'/>") },
        { .name = "bad off_value", .kind = INFO,
          .text = PARAM("\"type\": \"bool\", \"init_value\": true, \"off_value\": null"),
          .problem = "has no usable off_value", .xml = XML_NO_PARAM },
        { .name = "name with a slash", .kind = INFO,
          .text = PARAMS("\"../p\": {\"type\": \"int\", \"init_value\": 1}"),
          .problem = "has no usable name of the parameter '../p'", .xml = XML_NO_PARAM },
        { .name = "name with a blank", .kind = INFO,
          .text = PARAMS("\"a b\": {\"type\": \"int\", \"init_value\": 1}"),
          .problem = "has no usable name", .xml = XML_NO_PARAM },
        { .name = "name with =", .kind = INFO,
          .text = PARAMS("\"a=b\": {\"type\": \"int\", \"init_value\": 1}"),
          .problem = "has no usable name", .xml = XML_NO_PARAM },
        { .name = "boolean words", .kind = INFO,
          .text = PARAM("\"type\": \"bool\", \"init_value\": \"on\", \"off_value\": \"off\""),
          .xml = XML_PARAM("type='bool' init='on' off='off'/>") },
        { .name = "boolean values", .kind = INFO,
          .text = PARAM("\"type\": \"bool\", \"init_value\": false, \"off_value\": false, \"allowed_values\": [true, false]"),
          .xml = XML_PARAM("type='bool' init='off' off='off'><allowed value='on'/><allowed value='off'/></param>") },
        { .name = "boolean number", .kind = INFO,
          .text = PARAM("\"type\": \"bool\", \"init_value\": 1"),
          .problem = "has no usable init_value", .xml = XML_NO_PARAM },
        { .name = "boolean true in a string", .kind = INFO,
          .text = PARAM("\"type\": \"bool\", \"init_value\": \"true\""),
          .problem = "has no usable init_value", .xml = XML_NO_PARAM },
        { .name = "number in a string", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": \"007\", \"off_value\": \"0\""),
          .xml = XML_PARAM("type='int' init='7' off='0'/>") },
        { .name = "largest number", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 9223372036854775806"),
          .xml = XML_PARAM("type='int' init='9223372036854775806'/>") },
        { .name = "number at the limit of JSON parsers", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 9223372036854775807"),
          .problem = "has no usable init_value", .xml = XML_NO_PARAM },
        { .name = "number of 64 bits", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 18446744073709551615"),
          .problem = "has no usable init_value", .xml = XML_NO_PARAM },
        { .name = "number beyond 64 bits", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 18446744073709551616"),
          .problem = "line 1, column 65: a number beyond 64 bits", .xml = NOTHING("parameters") },
        { .name = "number far beyond 64 bits", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 123456789012345678901234567890"),
          .problem = "a number beyond 64 bits", .xml = NOTHING("parameters") },
        { .name = "negative number beyond 64 bits", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": -9223372036854775809"),
          .problem = "a number beyond 64 bits", .xml = NOTHING("parameters") },
        { .name = "number beyond 64 bits in a string", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": \"18446744073709551617\""),
          .problem = "has no usable init_value", .xml = XML_NO_PARAM },
        { .name = "negative number", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": -1"),
          .problem = "has no usable init_value", .xml = XML_NO_PARAM },
        { .name = "number with a fraction", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 1.0"),
          .problem = "has no usable init_value", .xml = XML_NO_PARAM },
        { .name = "number with an exponent", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 1e2"),
          .problem = "has no usable init_value", .xml = XML_NO_PARAM },
        { .name = "hexadecimal number in a string", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": \"0x10\""),
          .problem = "has no usable init_value", .xml = XML_NO_PARAM },
        { .name = "number with a sign in a string", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": \"+1\""),
          .problem = "has no usable init_value", .xml = XML_NO_PARAM },
        { .name = "empty text", .kind = INFO,
          .text = PARAM("\"type\": \"str\", \"init_value\": \"\""),
          .xml = XML_PARAM("type='str' init=''/>") },
        { .name = "newline in a text", .kind = INFO,
          .text = PARAM("\"type\": \"str\", \"init_value\": \"a\\nb\""),
          .problem = "has no usable init_value", .xml = XML_NO_PARAM },
        { .name = "number for a text", .kind = INFO,
          .text = PARAM("\"type\": \"str\", \"init_value\": 1"),
          .problem = "has no usable init_value", .xml = XML_NO_PARAM },
        { .name = "text that looks like a range", .kind = INFO,
          .text = PARAM("\"type\": \"str\", \"init_value\": \"0-255\", \"allowed_values\": [\"0-255\"]"),
          .xml = XML_PARAM("type='str' init='0-255'><allowed value='0-255'/></param>") },
        { .name = "ranges", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 0, \"allowed_values\": [\"0-255\", 512, \"1024-2048\", \"5\", \"7-7\"]"),
          .xml = XML_PARAM("type='int' init='0'><allowed min='0' max='255'/><allowed value='512'/>"
                           "<allowed min='1024' max='2048'/><allowed value='5'/><allowed min='7' max='7'/></param>") },
        { .name = "range that is empty", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 1, \"allowed_values\": [\"2-1\"]"),
          .problem = "has no usable allowed_values", .xml = XML_NO_PARAM },
        { .name = "range without end", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 1, \"allowed_values\": [\"2-\"]"),
          .problem = "has no usable allowed_values", .xml = XML_NO_PARAM },
        { .name = "range of three", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 1, \"allowed_values\": [\"1-2-3\"]"),
          .problem = "has no usable allowed_values", .xml = XML_NO_PARAM },
        { .name = "range up to the largest number", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 1, \"allowed_values\": [\"1-9223372036854775806\"]"),
          .xml = XML_PARAM("type='int' init='1'><allowed min='1' max='9223372036854775806'/></param>") },
        { .name = "range beyond the largest number", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 1, \"allowed_values\": [\"1-9223372036854775807\"]"),
          .problem = "has no usable allowed_values", .xml = XML_NO_PARAM },
        { .name = "range of booleans", .kind = INFO,
          .text = PARAM("\"type\": \"bool\", \"init_value\": true, \"allowed_values\": [\"0-1\"]"),
          .problem = "has no usable allowed_values", .xml = XML_NO_PARAM },
        { .name = "one bad allowed value", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 1, \"allowed_values\": [1, true]"),
          .problem = "has no usable allowed_values", .xml = XML_NO_PARAM },
        { .name = "no allowed_values", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 1"),
          .xml = XML_PARAM("type='int' init='1'/>") },
        { .name = "empty allowed_values", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 1, \"allowed_values\": []"),
          .problem = "has no usable allowed_values", .xml = XML_NO_PARAM },
        { .name = "allowed_values that are no list", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 1, \"allowed_values\": 1"),
          .problem = "has no usable allowed_values", .xml = XML_NO_PARAM },
        { .name = "init_value that is not allowed", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 2, \"allowed_values\": [1]"),
          .problem = "does not allow its own init_value or off_value of the parameter 'p' of the model 'm'",
          .xml = XML_PARAM("type='int' init='2'><allowed value='1'/></param>") },
        { .name = "off_value that is not allowed", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 1, \"off_value\": 0, \"allowed_values\": [1]"),
          .problem = "does not allow its own init_value or off_value",
          .xml = XML_PARAM("type='int' init='1' off='0'><allowed value='1'/></param>") },
        { .name = "description", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 1, \"description\": \"number of <queues>\""),
          .xml = XML_PARAM("type='int' init='1'><description>number of &lt;queues&gt;</description></param>") },
        { .name = "bad description", .kind = INFO,
          .text = PARAM("\"type\": \"int\", \"init_value\": 1, \"description\": \"two\\nlines\""),
          .problem = "has no usable description of the parameter 'p'",
          .xml = XML_PARAM("type='int' init='1'/>") },

        /* versions in JSON */
        { .name = "versions", .kind = INFO, .text = VERSIONS("\"v2\", \"v1\""),
          .xml = XML("versions", XML_MODEL("<version>v2</version><version>v1</version>")) },
        { .name = "version twice", .kind = INFO, .text = VERSIONS("\"v1\", \"v1\""),
          .problem = "has the version 'v1' of the model 'm' twice",
          .xml = XML("versions", XML_VERSION("v1")) },
        { .name = "version with a colon at its end", .kind = INFO, .text = VERSIONS("\"v1:\""),
          .xml = XML("versions", XML_VERSION("v1:")) },
        { .name = "version that is a number", .kind = INFO, .text = VERSIONS("\"v1\", 2"),
          .problem = "has a bad version of the model 'm'",
          .xml = INCOMPLETE("versions", XML_VERSION("v1")) },
        { .name = "version that is not ASCII", .kind = INFO, .text = VERSIONS("\"v1\", \"\xc3\xbc\""),
          .problem = "has a bad version of the model 'm'",
          .xml = INCOMPLETE("versions", XML_VERSION("v1")) },
        { .name = "empty version", .kind = INFO, .text = VERSIONS("\"v1\", \"\""),
          .problem = "has a bad version of the model 'm'",
          .xml = INCOMPLETE("versions", XML_VERSION("v1")) },
        { .name = "empty versions", .kind = INFO, .text = VERSIONS(""),
          .problem = "has no version of the model 'm'", .xml = NOTHING("versions") },
        { .name = "versions that are no list", .kind = INFO,
          .text = "{\"models\": {\"m\": {\"versions\": {\"v1\": 1}}}}",
          .problem = "has no version of the model 'm'", .xml = NOTHING("versions") },
        { .name = "model with versions that is not ASCII", .kind = INFO,
          .text = "{\"models\": {\"\xc3\xbc\": {\"versions\": [\"v1\"]}}}",
          .problem = "has a bad model", .xml = NOTHING("versions") },
        { .name = "one model without versions", .kind = INFO,
          .text = "{\"models\": {\"m\": {\"versions\": [\"v1\"]}, \"n\": {}}}",
          .problem = "has no version of the model 'n'",
          .xml = INCOMPLETE("versions", XML_VERSION("v1")) },

        /* versions in lines */
        { .name = "lines", .kind = MODELS, .text = "n:\nv1\nv2\nm:\nv1",
          .xml = XML("versions", XML_VERSION("v1") "<model name='n'><version>v1</version><version>v2</version></model>") },
        { .name = "lines with blanks", .kind = MODELS, .text = "a model:\n v 1 ",
          .xml = XML("versions", "<model name='a model'><version> v 1 </version></model>") },
        { .name = "no line", .kind = MODELS, .text = "",
          .problem = "'/file' is empty", .xml = NOTHING("versions") },
        { .name = "only empty lines", .kind = MODELS, .text = "\n",
          .problem = "has an empty line", .nproblems = 2, .xml = NOTHING("versions") },
        { .name = "empty line", .kind = MODELS, .text = "m:\n\nv1",
          .problem = "has an empty line", .xml = XML("versions", XML_VERSION("v1")) },
        { .name = "line of a version that ends in a colon", .kind = MODELS, .text = "m:\nv1\nv2:\nv3",
          .xml = XML("versions", XML_VERSION("v1") "<model name='v2'><version>v3</version></model>") },
        { .name = "lines of a version without a model", .kind = MODELS, .text = "v1\nm:\nv1",
          .problem = "has a version without a model: 'v1'",
          .xml = INCOMPLETE("versions", XML_VERSION("v1")) },
        { .name = "line of a model without versions", .kind = MODELS, .text = "n:\nm:\nv1",
          .problem = "has no version of the model 'n'",
          .xml = INCOMPLETE("versions", XML_VERSION("v1")) },
        { .name = "line of a last model without versions", .kind = MODELS, .text = "m:\nv1\nn:",
          .problem = "has no version of the model 'n'",
          .xml = INCOMPLETE("versions", XML_VERSION("v1")) },
        { .name = "line of a model without name", .kind = MODELS, .text = ":\nv0\nm:\nv1",
          .problem = "has a bad model: ''",
          .xml = INCOMPLETE("versions", XML_VERSION("v1")) },
        { .name = "line of a model that is not ASCII", .kind = MODELS, .text = "\xc3\xbc:\nv0\nm:\nv1",
          .problem = "has a bad model",
          .xml = INCOMPLETE("versions", XML_VERSION("v1")) },
        { .name = "line of a version that is not ASCII", .kind = MODELS, .text = "m:\nv1\n\xc3\xbc",
          .problem = "has a bad version",
          .xml = INCOMPLETE("versions", XML_VERSION("v1")) },
        { .name = "carriage return", .kind = MODELS, .text = "m:\nv1\nv2\r",
          .problem = "has a bad version: 'v2\\r'",
          .xml = INCOMPLETE("versions", XML_VERSION("v1")) },
        { .name = "line of a version twice", .kind = MODELS, .text = "m:\nv1\nv1",
          .problem = "has the version 'v1' twice",
          .xml = XML("versions", XML_VERSION("v1")) },
        { .name = "line of a model twice", .kind = MODELS, .text = "m:\nv1\nm:\nv2",
          .problem = "has the model 'm' twice",
          .xml = INCOMPLETE("versions", XML_VERSION("v1")) },

        /* descriptions */
        { .name = "description without content", .kind = DESCRIPTION, .text = "{}",
          .problem = "has no usable description of the device itself", .xml = NOTHING("description") },
        { .name = "description that is a word", .kind = DESCRIPTION, .text = "true",
          .problem = "neither an object nor a list", .xml = NOTHING("description") },
        { .name = "empty list of devices", .kind = DESCRIPTION, .text = "[]",
          .problem = "has no usable description of the device itself", .xml = NOTHING("description") },
        { .name = "list of one device", .kind = DESCRIPTION, .text = "[{\"vendor\": \"v\"}]",
          .xml = XML_COMPATIBLE("") },
        { .name = "list of devices", .kind = DESCRIPTION,
          .text = "[{\"vendor\": \"v\"}, {\"vendor\": \"w\"}, {\"vendor\": \"${x}\", \"variables\": {\"x\": [\"y\"]}}]",
          .xml = XML_COMPATIBLE("<accepts><vendor>w</vendor></accepts>"
                                "<accepts><variable name='x'><value>y</value></variable>"
                                "<vendor>${x}</vendor></accepts>") },
        { .name = "list with one that is no device", .kind = DESCRIPTION,
          .text = "[{\"vendor\": \"v\"}, 1]",
          .problem = "has no usable description of the compatible device 1", .xml = XML_NO_COMPATIBLE },
        { .name = "self alone", .kind = DESCRIPTION, .text = "{\"self\": {\"vendor\": \"v\"}}",
          .xml = XML_COMPATIBLE("") },
        { .name = "no self", .kind = DESCRIPTION, .text = "{\"compatible\": [{\"vendor\": \"v\"}]}",
          .problem = "has no usable description of the device itself",
          .xml = INCOMPLETE("description", "<accepts><vendor>v</vendor></accepts>") },
        { .name = "empty self", .kind = DESCRIPTION, .text = "{\"self\": {\"unknown\": 1}}",
          .problem = "has no usable fields of the device itself", .xml = NOTHING("description") },
        { .name = "empty compatible", .kind = DESCRIPTION, .text = COMPATIBLE(""),
          .xml = XML_COMPATIBLE("") },
        { .name = "compatible that is no list", .kind = DESCRIPTION,
          .text = "{\"self\": {\"vendor\": \"v\"}, \"compatible\": {}}",
          .problem = "has no usable list 'compatible'", .xml = XML_NO_COMPATIBLE },
        { .name = "all fields", .kind = DESCRIPTION,
          .text = SELF("\"vendor_fields\": [{\"f\": \"g\"}, {\"e\": 5}], \"mdev_attrs\": [{\"b/a\": 2}, {\"a\": \"\"}],"
                       "\"mdev_type\": \"t\", \"vfio-pci\": {\"vendor\": 32902, \"device\": \"0x591D\", \"x\": \"y\"},"
                       "\"version\": {\"major\": 1, \"minor\": \"02\"}, \"vendor\": \"v\", \"device_api\": \"vfio-pci\","
                       "\"unknown\": {}"),
          .xml = XML_SELF("<deviceAPI>vfio-pci</deviceAPI><vendor>v</vendor><version major='1' minor='2'/>"
                          "<id name='device' value='0x591d'/><id name='vendor' value='0x8086'/><id name='x' value='y'/>"
                          "<mdevType>t</mdevType><mdevAttr name='a' value=''/><mdevAttr name='b/a' value='2'/>"
                          "<vendorField name='e' value='5'/><vendorField name='f' value='g'/>") },
        { .name = "ids without a device API", .kind = DESCRIPTION,
          .text = SELF("\"vendor\": \"v\", \"vfio-pci\": {\"vendor\": 1}"), .xml = XML_COMPATIBLE("") },
        { .name = "ids of another device API", .kind = DESCRIPTION,
          .text = SELF("\"device_api\": \"vfio-ap\", \"vfio-pci\": {\"vendor\": 1}"),
          .xml = XML_SELF("<deviceAPI>vfio-ap</deviceAPI>") },
        { .name = "ids in many spellings", .kind = DESCRIPTION,
          .text = SELF("\"device_api\": \"x\", \"x\": {\"a\": 0, \"b\": \"0x0\", \"c\": \"10\", \"d\": \"0XaB\","
                       "\"e\": \"0x\", \"f\": \"8086h\", \"g\": 1048575, \"h\": \"0x7ffffffffffffffe\", \"i\": \"0X7FFFFFFFFFFFFFFF\"}"),
          .xml = XML_SELF("<deviceAPI>x</deviceAPI><id name='a' value='0x0000'/><id name='b' value='0x0000'/>"
                          "<id name='c' value='0x000a'/><id name='d' value='0x00ab'/><id name='e' value='0x'/>"
                          "<id name='f' value='8086h'/><id name='g' value='0xfffff'/>"
                          "<id name='h' value='0x7ffffffffffffffe'/><id name='i' value='0X7FFFFFFFFFFFFFFF'/>") },
        { .name = "id of 64 bits", .kind = DESCRIPTION,
          .text = SELF("\"device_api\": \"x\", \"x\": {\"a\": 18446744073709551615}"),
          .problem = "has no usable ids of its device_api of the device itself", .xml = NOTHING("description") },
        { .name = "id that is negative", .kind = DESCRIPTION,
          .text = SELF("\"device_api\": \"x\", \"x\": {\"a\": -1}"),
          .problem = "has no usable ids of its device_api", .xml = NOTHING("description") },
        { .name = "id that is empty", .kind = DESCRIPTION,
          .text = SELF("\"device_api\": \"x\", \"x\": {\"a\": \"\"}"),
          .problem = "has no usable ids of its device_api", .xml = NOTHING("description") },
        { .name = "ids that are no object", .kind = DESCRIPTION,
          .text = SELF("\"device_api\": \"x\", \"x\": 5"),
          .problem = "has no usable ids of its device_api", .xml = NOTHING("description") },
        { .name = "device API that is a number", .kind = DESCRIPTION,
          .text = SELF("\"device_api\": 5"),
          .problem = "has no usable device_api", .xml = NOTHING("description") },
        { .name = "empty vendor", .kind = DESCRIPTION, .text = SELF("\"vendor\": \"\""),
          .problem = "has no usable vendor", .xml = NOTHING("description") },
        { .name = "mdev type with a newline", .kind = DESCRIPTION, .text = SELF("\"mdev_type\": \"a\\n\""),
          .problem = "has no usable mdev_type", .xml = NOTHING("description") },
        { .name = "version without minor", .kind = DESCRIPTION, .text = SELF("\"version\": {\"major\": 1}"),
          .problem = "has no usable version", .xml = NOTHING("description") },
        { .name = "version of the description as a string", .kind = DESCRIPTION, .text = SELF("\"version\": \"1.0\""),
          .problem = "has no usable version", .xml = NOTHING("description") },
        { .name = "version with a word", .kind = DESCRIPTION,
          .text = SELF("\"version\": {\"major\": 1, \"minor\": \"x\"}"),
          .problem = "has no usable version", .xml = NOTHING("description") },
        { .name = "version with a variable in self", .kind = DESCRIPTION,
          .text = SELF("\"version\": {\"major\": 1, \"minor\": \"${x}\"}, \"variables\": {\"x\": [1]}"),
          .problem = "has no usable version", .xml = NOTHING("description") },
        { .name = "attributes in one object", .kind = DESCRIPTION,
          .text = SELF("\"mdev_attrs\": [{\"a\": 1, \"b\": 2}]"),
          .problem = "has no usable mdev_attrs", .xml = NOTHING("description") },
        { .name = "attributes that are no list", .kind = DESCRIPTION,
          .text = SELF("\"mdev_attrs\": {\"a\": 1}"),
          .problem = "has no usable mdev_attrs", .xml = NOTHING("description") },
        { .name = "attribute twice", .kind = DESCRIPTION,
          .text = SELF("\"mdev_attrs\": [{\"a\": 1}, {\"a\": 2}]"),
          .problem = "has no usable mdev_attrs", .xml = NOTHING("description") },
        { .name = "attribute outside of the device", .kind = DESCRIPTION,
          .text = SELF("\"mdev_attrs\": [{\"../remove\": 1}]"),
          .problem = "has no usable mdev_attrs", .xml = NOTHING("description") },
        { .name = "attribute with a boolean value", .kind = DESCRIPTION,
          .text = SELF("\"mdev_attrs\": [{\"a\": true}]"),
          .problem = "has no usable mdev_attrs", .xml = NOTHING("description") },
        { .name = "vendor field without name", .kind = DESCRIPTION,
          .text = SELF("\"vendor_fields\": [{\"\": 1}]"),
          .problem = "has no usable vendor_fields", .xml = NOTHING("description") },
        { .name = "variables in self", .kind = DESCRIPTION,
          .text = SELF("\"vendor\": \"${x}\", \"variables\": {\"x\": 5}"),
          .xml = XML_SELF("<vendor>${x}</vendor>") },
        { .name = "variables", .kind = DESCRIPTION,
          .text = COMPATIBLE("{\"variables\": {\"r\": {\"min\": 1, \"max\": 8}, \"n\": [2, 1, 2], \"s\": [\"\", \"a b\"]},"
                             "\"mdev_type\": \"t_${n}-${n}/2-${n}/x$${s}\", \"mdev_attrs\": [{\"a\": \"${r}/1\"}],"
                             "\"version\": {\"major\": 1, \"minor\": \"${r}\"}}"),
          .xml = XML_COMPATIBLE("<accepts><variable name='n'><value>2</value><value>1</value></variable>"
                                "<variable name='r' min='1' max='8'/>"
                                "<variable name='s'><value></value><value>a b</value></variable>"
                                "<version major='1' minor='${r}'/><mdevType>t_${n}-${n}/2-${n}/x$${s}</mdevType>"
                                "<mdevAttr name='a' value='${r}/1'/></accepts>") },
        { .name = "variable that is not used", .kind = DESCRIPTION,
          .text = COMPATIBLE("{\"vendor\": \"w\", \"variables\": {\"x\": [1]}}"),
          .xml = XML_COMPATIBLE("<accepts><variable name='x'><value>1</value></variable><vendor>w</vendor></accepts>") },
        { .name = "variable that is not declared", .kind = DESCRIPTION,
          .text = COMPATIBLE("{\"vendor\": \"${x}\"}"),
          .problem = "has no usable values with variables of the compatible device 1", .xml = XML_NO_COMPATIBLE },
        { .name = "variable without end", .kind = DESCRIPTION,
          .text = COMPATIBLE("{\"vendor\": \"${x\", \"variables\": {\"x\": [1]}}"),
          .problem = "has no usable values with variables", .xml = XML_NO_COMPATIBLE },
        { .name = "variable divided by 0", .kind = DESCRIPTION,
          .text = COMPATIBLE("{\"vendor\": \"${x}/0\", \"variables\": {\"x\": [1]}}"),
          .problem = "has no usable values with variables", .xml = XML_NO_COMPATIBLE },
        { .name = "variable with an empty list", .kind = DESCRIPTION,
          .text = COMPATIBLE("{\"vendor\": \"w\", \"variables\": {\"x\": []}}"),
          .problem = "has no usable variables", .xml = XML_NO_COMPATIBLE },
        { .name = "variable with an empty range", .kind = DESCRIPTION,
          .text = COMPATIBLE("{\"vendor\": \"w\", \"variables\": {\"x\": {\"min\": 2, \"max\": 1}}}"),
          .problem = "has no usable variables", .xml = XML_NO_COMPATIBLE },
        { .name = "variable without max", .kind = DESCRIPTION,
          .text = COMPATIBLE("{\"vendor\": \"w\", \"variables\": {\"x\": {\"min\": 2}}}"),
          .problem = "has no usable variables", .xml = XML_NO_COMPATIBLE },
        { .name = "variable that is a number", .kind = DESCRIPTION,
          .text = COMPATIBLE("{\"vendor\": \"w\", \"variables\": {\"x\": 2}}"),
          .problem = "has no usable variables", .xml = XML_NO_COMPATIBLE },
        { .name = "variable with a bad value", .kind = DESCRIPTION,
          .text = COMPATIBLE("{\"vendor\": \"w\", \"variables\": {\"x\": [1, null]}}"),
          .problem = "has no usable variables", .xml = XML_NO_COMPATIBLE },
        { .name = "variable with a brace in its name", .kind = DESCRIPTION,
          .text = COMPATIBLE("{\"vendor\": \"w\", \"variables\": {\"x}\": [1]}}"),
          .problem = "has no usable variables", .xml = XML_NO_COMPATIBLE },
        { .name = "variables that are no object", .kind = DESCRIPTION,
          .text = COMPATIBLE("{\"vendor\": \"w\", \"variables\": []}"),
          .problem = "has no usable variables", .xml = XML_NO_COMPATIBLE },
        { .name = "one bad compatible device", .kind = DESCRIPTION,
          .text = COMPATIBLE("{\"vendor\": \"1\"}, {\"vendor\": 2}, {\"vendor\": \"3\"}"),
          .problem = "has no usable vendor of the compatible device 2",
          .xml = INCOMPLETE("description", "<self><vendor>v</vendor></self><accepts><vendor>1</vendor></accepts>"
                                           "<accepts><vendor>3</vendor></accepts>") },
    };
    static const struct testLimit limits[] = {
        { .name = "models", .kind = INFO, .head = "{\"models\": {",
          .entry = "\"m%zu\": {\"params\": {}}", .separator = ", ", .tail = "}}",
          .at = 64, .problem = "more than 64 entries in a list or object" },
        { .name = "parameters", .kind = INFO, .head = "{\"models\": {\"m\": {\"params\": {",
          .entry = "\"p%zu\": {\"type\": \"int\", \"init_value\": 1}", .separator = ",", .tail = "}}}}",
          .at = 64, .problem = "more than 64 entries in a list or object" },
        { .name = "allowed values", .kind = INFO,
          .head = "{\"models\": {\"m\": {\"params\": {\"p\": {\"type\": \"int\", \"init_value\": 1, \"allowed_values\": [",
          .entry = "%zu", .separator = ",", .tail = "]}}}}}",
          .at = 64, .problem = "more than 64 entries in a list or object" },
        { .name = "versions", .kind = INFO, .head = "{\"models\": {\"m\": {\"versions\": [",
          .entry = "\"v%zu\"", .separator = ",", .tail = "]}}}",
          .at = 64, .problem = "more than 64 entries in a list or object" },
        { .name = "unknown keys", .kind = INFO, .head = "{\"models\": {\"m\": {\"params\": {}}}, \"x\": {",
          .entry = "\"k%zu\": 1", .separator = ",", .tail = "}}",
          .at = 64, .problem = "more than 64 entries in a list or object" },
        { .name = "compatible devices", .kind = DESCRIPTION, .head = "{\"self\": {\"vendor\": \"v\"}, \"compatible\": [",
          .entry = "{\"vendor\": \"v%zu\"}", .separator = ",", .tail = "]}",
          .at = 64, .problem = "more than 64 entries in a list or object" },
        { .name = "values of a variable", .kind = DESCRIPTION,
          .head = "[{\"vendor\": \"v\"}, {\"vendor\": \"${x}\", \"variables\": {\"x\": [",
          .entry = "%zu", .separator = ",", .tail = "]}}]",
          .at = 64, .problem = "more than 64 entries in a list or object" },
        { .name = "fields of a device", .kind = DESCRIPTION,
          .head = "[{\"vendor\": \"v\", \"vendor_fields\": [",
          .entry = "{\"f%zu\": 1}", .separator = ",", .tail = "]}]",
          .at = 63, .problem = "has no usable vendor_fields of the device itself" },
        { .name = "lines of models", .kind = MODELS, .head = "",
          .entry = "m%zu:\nv1", .separator = "\n", .tail = "",
          .at = 64, .problem = "has more than 64 models" },
        { .name = "lines of versions", .kind = MODELS, .head = "n:\nv1\nm:\n",
          .entry = "v%zu", .separator = "\n", .tail = "",
          .at = 64, .problem = "has more than 64 versions of one model" },
        { .name = "bytes of a line", .kind = MODELS, .head = "m:\n",
          .entry = "v", .separator = "", .tail = "",
          .at = 4096, .problem = "has a line of more than 4096 bytes" },
        { .name = "bytes of a value", .kind = INFO,
          .head = PARAM_HEAD "\"", .entry = "v", .separator = "", .tail = "\"}}}}}",
          .at = 4096, .problem = "has a string of more than 4096 bytes" },
        { .name = "bytes of an escaped value", .kind = INFO,
          .head = PARAM_HEAD "\"", .entry = "\\u0041", .separator = "", .tail = "\"}}}}}",
          .at = 4096, .problem = "has a string of more than 4096 bytes" },
        { .name = "bytes of a key", .kind = INFO,
          .head = "{\"models\": {\"m\": {\"params\": {}}}, \"", .entry = "k", .separator = "", .tail = "\": 1}",
          .at = 4096, .problem = "has a string of more than 4096 bytes" },
        { .name = "bytes of a document", .kind = INFO,
          .head = PARAMS(""), .entry = " ", .separator = "", .tail = "",
          .at = 256 * 1024 - sizeof(PARAMS("")) + 1, .problem = "is larger than 262144 bytes" },
        { .name = "bytes of a description", .kind = DESCRIPTION,
          .head = COMPATIBLE(""), .entry = " ", .separator = "", .tail = "",
          .at = 256 * 1024 - sizeof(COMPATIBLE("")) + 1, .problem = "is larger than 262144 bytes" },
    };
    int ret = 0;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(documents); i++)
        virTestRunLog(&ret, documents[i].name, testDocument, &documents[i]);

    for (i = 0; i < G_N_ELEMENTS(limits); i++) {
        g_autofree char *name = g_strdup_printf("limit: %s", limits[i].name);

        virTestRunLog(&ret, name, testLimit, &limits[i]);
    }

    virTestRunLog(&ret, "limit: levels", testDepth, NULL);

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN(mymain)

#else

int
main(void)
{
    return EXIT_AM_SKIP;
}

#endif /* WITH_JSON_C */
