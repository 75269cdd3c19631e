/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vulab: migration parameters, or device model and version
 *
 * The syntax of the lists and the text of the checksum are those of mdevlab.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vulab.h"

#define MAX_PARAMS 64
#define MAX_MODELS 16
#define MAX_NAME 256
#define MAX_VALUE 1024

typedef enum {
    TYPE_BOOL,
    TYPE_INT,
    TYPE_STR,
} param_type;

static const char *const type_names[] = { "bool", "int", "str" };

typedef struct {
    char *name;
    param_type type;
    char *init;
    char *off;          /* empty: cannot be switched off */
    char *allowed;      /* "a|b|c"; empty: all of the type */
    char *description;
    char *value;
    bool given;
} param;

typedef struct {
    char *name;
    char *versions;     /* "a|b|c"; the last is the default */
} model;

static const settings *config;
static char model_name[MAX_NAME];
static param params[MAX_PARAMS];
static size_t nparams;
static model models[MAX_MODELS];
static size_t nmodels;

static const char *wanted_model;
static const char *wanted_version;
static size_t model_at;
static size_t version_at;
static unsigned int ngiven;

static char *
copy(const char *text, size_t len)
{
    char *ret = strndup(text, len);

    if (!ret)
        die("out of memory");
    return ret;
}

/* The next item of a list, or false at its end */
static bool
split(const char **list, char separator, const char **item, size_t *len)
{
    if (!**list)
        return false;

    *item = *list;
    *len = strcspn(*list, (char[]) { separator, '\0' });
    *list += *len;
    if (**list)
        (*list)++;
    return true;
}

/* "@" stands for the name of the type */
static char *
expand(const char *text, size_t len)
{
    char name[MAX_NAME] = "";
    size_t used = 0;
    size_t i;

    for (i = 0; i < len; i++) {
        const char *add = text[i] == '@' ? config->type : text + i;
        size_t add_len = text[i] == '@' ? strlen(config->type) : 1;

        if (used + add_len >= sizeof(name))
            die("the name of a device model is too long");
        memcpy(name + used, add, add_len);
        used += add_len;
    }
    return copy(name, used);
}

/* Only digits: no sign, no space, no other base */
static bool
parse_number(const char *text, size_t len, uint64_t *number)
{
    size_t i;

    *number = 0;
    for (i = 0; i < len; i++) {
        unsigned int digit = text[i] - '0';

        if (digit > 9 ||
            __builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, digit, number))
            return false;
    }
    return len > 0;
}

/* Of an int: "MIN-MAX" */
static bool
parse_range(const char *item, size_t len, uint64_t *min, uint64_t *max)
{
    const char *dash = memchr(item, '-', len);

    return dash &&
           parse_number(item, dash - item, min) &&
           parse_number(dash + 1, item + len - dash - 1, max);
}

/* The canonical form of a value, or NULL if it is not one of the type */
static char *
normalize(param_type type, const char *text, size_t len)
{
    char buffer[32];
    uint64_t number;

    if (len == 0 || len > MAX_VALUE || memchr(text, '\n', len))
        return NULL;

    switch (type) {
    case TYPE_BOOL:
        if ((len == 2 && strncmp(text, "on", 2) == 0) ||
            (len == 3 && strncmp(text, "off", 3) == 0))
            return copy(text, len);
        return NULL;
    case TYPE_INT:
        if (!parse_number(text, len, &number))
            return NULL;
        snprintf(buffer, sizeof(buffer), "%" PRIu64, number);
        return copy(buffer, strlen(buffer));
    case TYPE_STR:
        return copy(text, len);
    }
    return NULL;
}

static bool
is_allowed(const param *one, const char *value)
{
    const char *list = one->allowed;
    const char *item;
    uint64_t number, min, max;
    size_t len;

    if (!*list || (*one->off && strcmp(value, one->off) == 0))
        return true;

    while (split(&list, '|', &item, &len)) {
        if (one->type == TYPE_INT && parse_range(item, len, &min, &max)) {
            if (parse_number(value, strlen(value), &number) &&
                number >= min && number <= max)
                return true;
        } else {
            char *same = normalize(one->type, item, len);
            bool found = same && strcmp(same, value) == 0;

            free(same);
            if (found)
                return true;
        }
    }
    return false;
}

/* NAME/TYPE/INIT[/[OFF][/[ALLOWED][/DESCRIPTION]]] */
static void
parse_param(const char *item, size_t len)
{
    param *one = params + nparams;
    char *fields[6];
    const char *end = item + len;
    const char *next = item;
    size_t i;

    if (nparams == MAX_PARAMS)
        die("too many migration parameters");

    for (i = 0; i < NELEMS(fields); i++) {
        const char *slash = next < end ? memchr(next, '/', end - next) : NULL;

        if (!slash || i == NELEMS(fields) - 1)
            slash = end;
        fields[i] = copy(next, slash - next);
        next = slash < end ? slash + 1 : end;
    }

    for (i = 0; i < NELEMS(type_names); i++) {
        if (strcmp(fields[1], type_names[i]) == 0)
            break;
    }
    if (!*fields[0] || i == NELEMS(type_names))
        die("bad migration parameter '%.*s'", (int)len, item);

    one->name = fields[0];
    one->type = i;
    one->allowed = fields[4];
    one->description = fields[5];
    one->init = normalize(one->type, fields[2], strlen(fields[2]));
    one->off = *fields[3] ? normalize(one->type, fields[3], strlen(fields[3])) : fields[3];
    if (!one->init || !one->off || !is_allowed(one, one->init))
        die("bad values of the migration parameter '%.*s'", (int)len, item);
    if (*fields[3])
        free(fields[3]);
    free(fields[2]);
    free(fields[1]);
    one->value = one->init;
    nparams++;
}

void
parameters_init(const settings *all)
{
    const char *list;
    const char *item;
    size_t len;
    char *name;

    config = all;
    name = expand(config->model, strlen(config->model));
    snprintf(model_name, sizeof(model_name), "%s", name);
    free(name);

    list = config->params;
    while (split(&list, ':', &item, &len))
        parse_param(item, len);

    list = config->versions;
    while (split(&list, ':', &item, &len)) {
        const char *equals = memchr(item, '=', len);

        if (!equals || equals == item || equals + 1 == item + len || nmodels == MAX_MODELS)
            die("bad device model '%.*s'", (int)len, item);
        models[nmodels].name = expand(item, equals - item);
        models[nmodels].versions = copy(equals + 1, item + len - equals - 1);
        nmodels++;
    }
    if (nmodels == 0)
        die("there is no device model");
}

void
parameters_set(const char *name, const char *value)
{
    size_t i;

    if (config->has_versions)
        die("unknown option '--m-%s': this device has versions", name);
    for (i = 0; i < nparams; i++) {
        param *one = params + i;
        char *canonical;

        if (strcmp(one->name, name) != 0)
            continue;
        if (one->given)
            die("migration parameter '%s' is given twice", name);
        canonical = normalize(one->type, value, strlen(value));
        if (!canonical)
            die("migration parameter '%s': '%s' is not of type '%s'",
                name, value, type_names[one->type]);
        if (!is_allowed(one, canonical))
            die("migration parameter '%s': value '%s' is not supported", name, value);
        one->value = canonical;
        one->given = true;
        ngiven++;
        return;
    }
    die("unknown migration parameter '%s'", name);
}

void
parameters_set_model(const char *name)
{
    if (wanted_model)
        die("the device model is given twice");
    wanted_model = name;
    ngiven++;
}

void
parameters_set_version(const char *name)
{
    if (wanted_version)
        die("the version is given twice");
    wanted_version = name;
    ngiven++;
}

/* The version at an index; *at is set to that of the last one if the name is not found */
static bool
find_version(const char *name, size_t *at)
{
    const char *list = models[model_at].versions;
    const char *item;
    size_t len;
    size_t i;

    for (i = 0; split(&list, '|', &item, &len); i++) {
        *at = i;
        if (name && strlen(name) == len && strncmp(name, item, len) == 0)
            return true;
    }
    return false;
}

void
parameters_check(void)
{
    if (!config->has_versions) {
        if (wanted_model || wanted_version)
            die("unknown option '--migration-%s': this device has parameters",
                wanted_model ? "model" : "version");
        return;
    }

    if (wanted_model) {
        for (model_at = 0; model_at < nmodels; model_at++) {
            if (strcmp(models[model_at].name, wanted_model) == 0)
                break;
        }
        if (model_at == nmodels)
            die("unknown device model '%s'", wanted_model);
    }
    if (!find_version(wanted_version, &version_at) && wanted_version)
        die("device model '%s' has no version '%s'", models[model_at].name, wanted_version);
}

/* The document */

static void
print_string(const char *text, size_t len)
{
    size_t i;

    putchar('"');
    for (i = 0; i < len; i++) {
        unsigned char c = text[i];

        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < ' ')
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void
print_value(const param *one, const char *value)
{
    if (one->type == TYPE_BOOL)
        fputs(strcmp(value, "on") == 0 ? "true" : "false", stdout);
    else if (one->type == TYPE_INT)
        fputs(value, stdout);
    else
        print_string(value, strlen(value));
}

static void
print_param(const param *one)
{
    const char *list = one->allowed;
    const char *separator = "";
    const char *item;
    size_t len;

    print_string(one->name, strlen(one->name));
    printf(": {\"type\": \"%s\", \"init_value\": ", type_names[one->type]);
    print_value(one, one->init);
    if (*one->off) {
        printf(", \"off_value\": ");
        print_value(one, one->off);
    }
    if (*list) {
        printf(", \"allowed_values\": [");
        while (split(&list, '|', &item, &len)) {
            uint64_t min, max;
            char *value;

            fputs(separator, stdout);
            separator = ", ";
            if (one->type == TYPE_INT && parse_range(item, len, &min, &max)) {
                printf("\"%" PRIu64 "-%" PRIu64 "\"", min, max);
            } else if ((value = normalize(one->type, item, len))) {
                print_value(one, value);
                free(value);
            } else {
                printf("null");
            }
        }
        putchar(']');
    }
    if (*one->description) {
        printf(", \"description\": ");
        print_string(one->description, strlen(one->description));
    }
    putchar('}');
}

void
parameters_print(void)
{
    size_t i;

    printf("{\"models\": {");
    if (config->has_versions) {
        for (i = 0; i < nmodels; i++) {
            const char *list = models[i].versions;
            const char *separator = "";
            const char *item;
            size_t len;

            fputs(i ? ",\n  " : "\n  ", stdout);
            print_string(models[i].name, strlen(models[i].name));
            printf(": {\"versions\": [");
            while (split(&list, '|', &item, &len)) {
                fputs(separator, stdout);
                separator = ", ";
                print_string(item, len);
            }
            printf("]}");
        }
    } else {
        print_string(model_name, strlen(model_name));
        printf(": {\"params\": {");
        for (i = 0; i < nparams; i++) {
            fputs(i ? ",\n  " : "\n  ", stdout);
            print_param(params + i);
        }
        printf("}}");
    }
    printf("}}\n");
}

/* What the registers show */

uint32_t
checksum(const char *text)
{
    uint32_t crc = UINT32_MAX;
    int bit;

    for (; *text; text++) {
        crc ^= (unsigned char)*text;
        for (bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return crc;
}

static int
compare_params(const void *a, const void *b)
{
    return strcmp((*(const param *const *)a)->name, (*(const param *const *)b)->name);
}

/* The parameters in effect, by name: absent and off are the same */
const char *
parameters_identity(void)
{
    static char text[MAX_PARAMS * 64];
    const param *sorted[MAX_PARAMS];
    size_t used;
    size_t i;

    if (config->has_versions) {
        const char *list = models[model_at].versions;
        const char *item = "";
        size_t len = 0;

        for (i = 0; i <= version_at; i++)
            split(&list, '|', &item, &len);
        snprintf(text, sizeof(text), "%s %.*s", models[model_at].name, (int)len, item);
        return text;
    }

    for (i = 0; i < nparams; i++)
        sorted[i] = params + i;
    qsort(sorted, nparams, sizeof(sorted[0]), compare_params);

    used = snprintf(text, sizeof(text), "parameters");
    for (i = 0; i < nparams; i++) {
        if (strcmp(sorted[i]->value, sorted[i]->off) == 0)
            continue;
        used += snprintf(text + used, sizeof(text) - used, " %s=%s",
                         sorted[i]->name, sorted[i]->value);
        if (used >= sizeof(text))
            break;
    }
    return text;
}

unsigned int
parameters_given(void)
{
    return ngiven;
}

uint32_t
parameters_value(size_t at)
{
    uint64_t number = 0;

    if (config->has_versions)
        return at == 0 ? model_at : at == 1 ? version_at : 0;
    if (at >= nparams)
        return 0;
    switch (params[at].type) {
    case TYPE_BOOL:
        return strcmp(params[at].value, "on") == 0;
    case TYPE_INT:
        parse_number(params[at].value, strlen(params[at].value), &number);
        return number;
    case TYPE_STR:
        return checksum(params[at].value);
    }
    return 0;
}
