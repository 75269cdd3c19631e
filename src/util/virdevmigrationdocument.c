/*
 * virdevmigrationdocument.c: a document in JSON, within limits
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

#include "virdevmigration.h"
#include "virdevmigrationdocument.h"
#include "virdevmigrationproblems.h"
#include "virerror.h"
#include "virstring.h"

#define VIR_FROM_THIS VIR_FROM_NONE

/* What virJSONValueFromString() refuses, it reports as an error; readers run
 * on each listing of devices and must not. It neither counts what is in one
 * another nor what is in a list, takes time that grows with the square of the
 * members of an object, cuts a string at an escaped NUL, and takes more than
 * JSON. So each document is checked first. */
typedef enum {
    SCAN_VALUE,                 /* a value */
    SCAN_VALUE_OR_END,          /* a value or ']' */
    SCAN_KEY,                   /* a key */
    SCAN_KEY_OR_END,            /* a key or '}' */
    SCAN_COLON,                 /* ':' */
    SCAN_COMMA_OR_END,          /* ',' or the end of the list or object */
    SCAN_DONE,                  /* nothing */
} virDevMigrationDocumentExpect;

typedef struct _virDevMigrationDocumentScan virDevMigrationDocumentScan;
struct _virDevMigrationDocumentScan {
    const char *cur;
    virDevMigrationDocumentExpect expect;
    size_t depth;
    struct {
        bool object;
        size_t entries;
    } levels[VIR_DEV_MIGRATION_MAX_DEPTH];
};


static const char *
virDevMigrationDocumentScanString(virDevMigrationDocumentScan *scan)
{
    const char *p;

    for (p = scan->cur + 1; *p != '"'; p++) {
        scan->cur = p;

        if (!*p)
            return "a string does not end";
        if ((unsigned char) *p < 0x20)
            return "a control character in a string";
        if (*p != '\\')
            continue;

        p++;
        if (*p == 'u') {
            size_t i;

            for (i = 1; i <= 4; i++) {
                if (!g_ascii_isxdigit(p[i]))
                    return "an unknown escape sequence";
            }

            if (STRPREFIX(p, "u0000"))
                return "a NUL character in a string";

            p += 4;
        } else if (!*p || !strchr("\"\\/bfnrt", *p)) {
            return "an unknown escape sequence";
        }
    }

    scan->cur = p + 1;
    return NULL;
}


/* One that does not fit is an error for some versions of json-c, while others
 * put the last number that fits in its place. */
static bool
virDevMigrationDocumentIsInteger(const char *start,
                                 size_t len)
{
    g_autofree char *text = g_strndup(start, len);
    unsigned long long number;
    long long negative;

    if (*text == '-')
        return virStrToLong_ll(text, NULL, 10, &negative) == 0;

    return virStrToLong_ullp(text, NULL, 10, &number) == 0;
}


static const char *
virDevMigrationDocumentScanNumber(virDevMigrationDocumentScan *scan)
{
    const char *p = scan->cur;
    bool integer = true;

    if (*p == '-')
        p++;

    if (!g_ascii_isdigit(*p))
        return "a number without digits";

    if (*p == '0') {
        p++;
        if (*p == 'x' || *p == 'X')
            return "a hexadecimal number";
        if (g_ascii_isdigit(*p))
            return "a number that begins with 0";
    } else {
        while (g_ascii_isdigit(*p))
            p++;
    }

    if (*p == '.') {
        integer = false;
        if (!g_ascii_isdigit(*++p))
            return "a number without digits";
        while (g_ascii_isdigit(*p))
            p++;
    }

    if (*p == 'e' || *p == 'E') {
        integer = false;
        p++;
        if (*p == '+' || *p == '-')
            p++;
        if (!g_ascii_isdigit(*p))
            return "a number without digits";
        while (g_ascii_isdigit(*p))
            p++;
    }

    if (integer && !virDevMigrationDocumentIsInteger(scan->cur, p - scan->cur))
        return "a number beyond 64 bits";

    scan->cur = p;
    return NULL;
}


static const char *
virDevMigrationDocumentScanValue(virDevMigrationDocumentScan *scan)
{
    static const char *const words[] = { "true", "false", "null" };
    size_t i;

    if (*scan->cur == '{' || *scan->cur == '[') {
        bool object = *scan->cur == '{';

        if (scan->depth == VIR_DEV_MIGRATION_MAX_DEPTH) {
            return "more than " G_STRINGIFY(VIR_DEV_MIGRATION_MAX_DEPTH)
                   " levels of lists and objects";
        }

        scan->levels[scan->depth].object = object;
        scan->levels[scan->depth].entries = 0;
        scan->depth++;
        scan->cur++;
        scan->expect = object ? SCAN_KEY_OR_END : SCAN_VALUE_OR_END;
        return NULL;
    }

    if (scan->depth == 0)
        return "neither an object nor a list";

    scan->expect = SCAN_COMMA_OR_END;

    if (*scan->cur == '"')
        return virDevMigrationDocumentScanString(scan);

    if (*scan->cur == '-' || g_ascii_isdigit(*scan->cur))
        return virDevMigrationDocumentScanNumber(scan);

    for (i = 0; i < G_N_ELEMENTS(words); i++) {
        if (STRPREFIX(scan->cur, words[i])) {
            scan->cur += strlen(words[i]);
            return NULL;
        }
    }

    return "an unexpected character";
}


/* An entry begins. */
static const char *
virDevMigrationDocumentScanCount(virDevMigrationDocumentScan *scan)
{
    if (scan->depth == 0 ||
        ++scan->levels[scan->depth - 1].entries <= VIR_DEV_MIGRATION_MAX_ENTRIES)
        return NULL;

    return "more than " G_STRINGIFY(VIR_DEV_MIGRATION_MAX_ENTRIES)
           " entries in a list or object";
}


/* Takes one value, one key, or one character of structure. */
static const char *
virDevMigrationDocumentScanStep(virDevMigrationDocumentScan *scan)
{
    bool object = scan->depth > 0 && scan->levels[scan->depth - 1].object;
    bool end = scan->depth > 0 && *scan->cur == (object ? '}' : ']');
    const char *problem;

    if (*scan->cur == '/')
        return "a comment";

    switch (scan->expect) {
    case SCAN_VALUE_OR_END:
    case SCAN_KEY_OR_END:
    case SCAN_COMMA_OR_END:
        if (!end)
            break;

        scan->cur++;
        scan->depth--;
        scan->expect = scan->depth > 0 ? SCAN_COMMA_OR_END : SCAN_DONE;
        return NULL;

    case SCAN_VALUE:
    case SCAN_KEY:
    case SCAN_COLON:
    case SCAN_DONE:
        break;
    }

    switch (scan->expect) {
    case SCAN_VALUE:
    case SCAN_VALUE_OR_END:
        if (!object && (problem = virDevMigrationDocumentScanCount(scan)))
            return problem;

        return virDevMigrationDocumentScanValue(scan);

    case SCAN_KEY:
    case SCAN_KEY_OR_END:
        if (*scan->cur != '"')
            return "no key where one belongs";

        if ((problem = virDevMigrationDocumentScanCount(scan)))
            return problem;

        scan->expect = SCAN_COLON;
        return virDevMigrationDocumentScanString(scan);

    case SCAN_COLON:
        if (*scan->cur != ':')
            return "no ':' after a key";

        scan->cur++;
        scan->expect = SCAN_VALUE;
        return NULL;

    case SCAN_COMMA_OR_END:
        if (*scan->cur != ',')
            return "no ',' between two entries";

        scan->cur++;
        scan->expect = object ? SCAN_KEY : SCAN_VALUE;
        return NULL;

    case SCAN_DONE:
        break;
    }

    return "something after its end";
}


/* Returns false, with a problem added, if @text is not JSON within limits. */
static bool
virDevMigrationDocumentCheck(const char *text,
                         const char *source,
                         GPtrArray *problems)
{
    virDevMigrationDocumentScan scan = { .cur = text, .expect = SCAN_VALUE };
    const char *problem = NULL;
    const char *line = text;
    const char *p;
    size_t nlines = 1;

    while (!problem) {
        scan.cur += strspn(scan.cur, " \t\r\n");

        if (!*scan.cur) {
            if (scan.expect == SCAN_DONE)
                return true;
            problem = "an early end";
        } else {
            problem = virDevMigrationDocumentScanStep(&scan);
        }
    }

    for (p = text; p < scan.cur; p++) {
        if (*p == '\n') {
            nlines++;
            line = p + 1;
        }
    }

    virDevMigrationProblemsAdd(problems, source,
                               "is not usable JSON: line %zu, column %zu: %s",
                               nlines, (size_t) (scan.cur - line) + 1, problem);
    return false;
}


/* Returns false if there is a string in @value that is too long. */
static bool
virDevMigrationDocumentCheckStrings(virJSONValue *value)
{
    size_t i;
    int n;

    switch (virJSONValueGetType(value)) {
    case VIR_JSON_TYPE_OBJECT:
        n = virJSONValueObjectKeysNumber(value);
        for (i = 0; i < n; i++) {
            if (strlen(virJSONValueObjectGetKey(value, i)) > VIR_DEV_MIGRATION_MAX_TEXT ||
                !virDevMigrationDocumentCheckStrings(virJSONValueObjectGetValue(value, i)))
                return false;
        }
        break;

    case VIR_JSON_TYPE_ARRAY:
        n = virJSONValueArraySize(value);
        for (i = 0; i < n; i++) {
            if (!virDevMigrationDocumentCheckStrings(virJSONValueArrayGet(value, i)))
                return false;
        }
        break;

    case VIR_JSON_TYPE_STRING:
        return strlen(virJSONValueGetString(value)) <= VIR_DEV_MIGRATION_MAX_TEXT;

    case VIR_JSON_TYPE_NUMBER:
    case VIR_JSON_TYPE_BOOLEAN:
    case VIR_JSON_TYPE_NULL:
        break;
    }

    return true;
}


/**
 * virDevMigrationDocumentParse:
 * @text: a document in JSON
 * @source: its path, or another name for it, for problems
 * @problems: where to say why it cannot be used
 *
 * What is beyond one of the limits in virdevmigration.h is not usable at all:
 * half of a list would look like a device that cannot do the rest. If a key
 * is there twice, the last one counts, as in most parsers of JSON.
 *
 * Returns the document, to be freed by the caller, or NULL. The last error of
 * the thread stays as it was.
 */
virJSONValue *
virDevMigrationDocumentParse(const char *text,
                         const char *source,
                         GPtrArray *problems)
{
    g_autoptr(virJSONValue) value = NULL;
    virErrorPtr saved = NULL;

    if (!*text) {
        virDevMigrationProblemsAdd(problems, source, "is empty");
        return NULL;
    }

    if (strlen(text) > VIR_DEV_MIGRATION_MAX_DOCUMENT) {
        virDevMigrationProblemsAdd(problems, source, "is larger than %d bytes",
                                   VIR_DEV_MIGRATION_MAX_DOCUMENT);
        return NULL;
    }

    if (!g_utf8_validate(text, -1, NULL)) {
        virDevMigrationProblemsAdd(problems, source, "contains invalid UTF-8");
        return NULL;
    }

    if (!virDevMigrationDocumentCheck(text, source, problems))
        return NULL;

    virErrorPreserveLast(&saved);
    if (!(value = virJSONValueFromString(text))) {
        virDevMigrationProblemsAdd(problems, source, "cannot be parsed: %s",
                                   virGetLastErrorMessage());
        virResetLastError();
        virErrorRestore(&saved);
        return NULL;
    }
    virFreeError(saved);

    if (!virDevMigrationDocumentCheckStrings(value)) {
        virDevMigrationProblemsAdd(problems, source,
                                   "has a string of more than %d bytes",
                                   VIR_DEV_MIGRATION_MAX_TEXT);
        return NULL;
    }

    return g_steal_pointer(&value);
}
