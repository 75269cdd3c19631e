/*
 * virdevmigrationtemplate.c: values with variables, of device descriptions
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

#include "virdevmigrationtemplate.h"
#include "virstring.h"

/* Which values several variables have in one text can be a puzzle, and the
 * text can come from another host. This is how much work is done for one
 * object: about as many bytes are compared, and a step counts as some. It is
 * four times as much as the longest document has. */
#define MAX_WORK (1024 * 1024)
#define WORK_STEP 16

/* so many decimal digits always fit into a number */
#define MAX_DIGITS 19

typedef struct _virDevMigrationBindingVariable virDevMigrationBindingVariable;
struct _virDevMigrationBindingVariable {
    const virDevMigrationVariable *def;
    const char **sorted;        /* the values of a list, the longest first */
    size_t nsorted;
    bool bound;
    const char *text;
    char digits[VIR_INT64_STR_BUFLEN];  /* @text of a range */
};

struct _virDevMigrationBinding {
    virDevMigrationBindingVariable *variables;  /* by name */
    size_t nvariables;
    size_t work;
};

/* Part of a template: a variable, or text as it is */
typedef struct {
    const char *start;
    size_t len;
    bool isVariable;            /* @start and @len are its name */
    unsigned long long divisor; /* 0: none */
    const char *next;           /* what follows */
} virDevMigrationTemplatePart;


/* The part at the beginning of @template, which is not empty. */
static bool
virDevMigrationTemplateNext(const char *template,
                            virDevMigrationTemplatePart *part)
{
    const char *end;

    memset(part, 0, sizeof(*part));

    if (!STRPREFIX(template, "${")) {
        const char *variable = strstr(template, "${");

        part->start = template;
        part->len = variable ? variable - template : strlen(template);
        part->next = template + part->len;
        return true;
    }

    if (!(end = strchr(template, '}')))
        return false;

    part->isVariable = true;
    part->start = template + 2;
    part->len = end - part->start;
    part->next = end + 1;

    if (part->next[0] == '/' && g_ascii_isdigit(part->next[1])) {
        size_t len = strspn(part->next + 1, "0123456789");
        g_autofree char *digits = g_strndup(part->next + 1, len);

        if (!virDevMigrationParseNumber(digits, &part->divisor) ||
            part->divisor == 0)
            return false;

        part->next += 1 + len;
    }

    return true;
}


static int
virDevMigrationTemplateCompareName(const virDevMigrationTemplatePart *part,
                                   const char *name)
{
    int ret = strncmp(part->start, name, part->len);

    return ret == 0 && name[part->len] ? -1 : ret;
}


/**
 * virDevMigrationTemplateIsValid:
 * @text: value of a field
 * @object: the object that the field belongs to
 *
 * A value can use the variables of its object: "${name}" anywhere, and
 * "${name}/N" for the Nth part of a number, without a remainder. There is no
 * way to write "${" for anything else.
 *
 * Returns true if each variable in @text is one of @object, and each N a
 * number above 0, false otherwise.
 */
bool
virDevMigrationTemplateIsValid(const char *text,
                               const virDevMigrationObject *object)
{
    virDevMigrationTemplatePart part;

    for (; *text; text = part.next) {
        bool declared = false;
        size_t i;

        if (!virDevMigrationTemplateNext(text, &part))
            return false;

        if (!part.isVariable)
            continue;

        for (i = 0; i < object->variables->len && !declared; i++) {
            const virDevMigrationVariable *variable = g_ptr_array_index(object->variables, i);

            declared = virDevMigrationTemplateCompareName(&part, variable->name) == 0;
        }

        if (!declared)
            return false;
    }

    return true;
}


/* The order in which values are tried must not be the published one: which of
 * several bindings is found would depend on it. */
static int
virDevMigrationBindingSort(const void *a,
                           const void *b,
                           void *opaque G_GNUC_UNUSED)
{
    const char *va = *(const char * const *) a;
    const char *vb = *(const char * const *) b;
    size_t la = strlen(va);
    size_t lb = strlen(vb);

    if (la != lb)
        return la > lb ? -1 : 1;

    return strcmp(va, vb);
}


virDevMigrationBinding *
virDevMigrationBindingNew(const virDevMigrationObject *object)
{
    virDevMigrationBinding *binding = g_new0(virDevMigrationBinding, 1);
    size_t i;

    binding->nvariables = object->variables->len;
    binding->variables = g_new0(virDevMigrationBindingVariable, binding->nvariables);

    for (i = 0; i < binding->nvariables; i++) {
        virDevMigrationBindingVariable *variable = &binding->variables[i];

        variable->def = g_ptr_array_index(object->variables, i);
        if (!variable->def->values)
            continue;

        variable->nsorted = g_strv_length(variable->def->values);
        variable->sorted = g_new0(const char *, variable->nsorted);
        memcpy(variable->sorted, variable->def->values,
               variable->nsorted * sizeof(char *));
        g_qsort_with_data(variable->sorted, variable->nsorted, sizeof(char *),
                          virDevMigrationBindingSort, NULL);
    }

    return binding;
}


void
virDevMigrationBindingFree(virDevMigrationBinding *binding)
{
    size_t i;

    if (!binding)
        return;

    for (i = 0; i < binding->nvariables; i++)
        g_free(binding->variables[i].sorted);
    g_free(binding->variables);
    g_free(binding);
}


/* Returns false if there is nothing left to spend. */
static bool
virDevMigrationBindingSpend(virDevMigrationBinding *binding,
                            size_t work)
{
    binding->work += WORK_STEP + work;

    return binding->work <= MAX_WORK;
}


static virDevMigrationBindingVariable *
virDevMigrationBindingFind(const virDevMigrationBinding *binding,
                           const virDevMigrationTemplatePart *part)
{
    size_t low = 0;
    size_t high = binding->nvariables;

    while (low < high) {
        size_t i = (low + high) / 2;
        int cmp = virDevMigrationTemplateCompareName(part, binding->variables[i].def->name);

        if (cmp == 0)
            return &binding->variables[i];
        if (cmp < 0)
            high = i;
        else
            low = i + 1;
    }

    return NULL;
}


static void
virDevMigrationBindingSetText(virDevMigrationBindingVariable *variable,
                              const char *text)
{
    variable->bound = true;
    variable->text = text;
}


static void
virDevMigrationBindingSetNumber(virDevMigrationBindingVariable *variable,
                                unsigned long long number)
{
    g_snprintf(variable->digits, sizeof(variable->digits), "%llu", number);
    virDevMigrationBindingSetText(variable, variable->digits);
}


/* Returns what a bound variable becomes, possibly in @buf, or NULL if there is
 * a remainder, or nothing to divide. */
static const char *
virDevMigrationBindingValue(const virDevMigrationBindingVariable *variable,
                            unsigned long long divisor,
                            char *buf,
                            size_t buflen)
{
    unsigned long long number;

    if (divisor == 0)
        return variable->text;

    if (!virDevMigrationParseNumber(variable->text, &number) ||
        number % divisor != 0)
        return NULL;

    g_snprintf(buf, buflen, "%llu", number / divisor);

    return buf;
}


static bool
virDevMigrationBindingSearch(virDevMigrationBinding *binding,
                             const virDevMigrationTemplatePair *pairs,
                             size_t npairs,
                             const char *template,
                             const char *text);


/* Tries each value of a list that @text can begin with. */
static bool
virDevMigrationBindingTryList(virDevMigrationBinding *binding,
                              virDevMigrationBindingVariable *variable,
                              const virDevMigrationTemplatePart *part,
                              const virDevMigrationTemplatePair *pairs,
                              size_t npairs,
                              const char *text)
{
    size_t i;

    for (i = 0; i < variable->nsorted; i++) {
        char buf[VIR_INT64_STR_BUFLEN];
        const char *value;
        size_t len;

        virDevMigrationBindingSetText(variable, variable->sorted[i]);
        value = virDevMigrationBindingValue(variable, part->divisor, buf, sizeof(buf));
        len = value ? strlen(value) : 0;

        if (!virDevMigrationBindingSpend(binding, len))
            break;

        if (value && STREQLEN(text, value, len) &&
            virDevMigrationBindingSearch(binding, pairs, npairs, part->next, text + len))
            return true;
    }

    variable->bound = false;
    return false;
}


/* Tries each number of a range that @text can begin with. */
static bool
virDevMigrationBindingTryRange(virDevMigrationBinding *binding,
                               virDevMigrationBindingVariable *variable,
                               const virDevMigrationTemplatePart *part,
                               const virDevMigrationTemplatePair *pairs,
                               size_t npairs,
                               const char *text)
{
    unsigned long long divisor = MAX(part->divisor, 1);
    unsigned long long numbers[MAX_DIGITS + 1] = { 0 };
    size_t len;

    for (len = 0; len < MAX_DIGITS && g_ascii_isdigit(text[len]); len++)
        numbers[len + 1] = numbers[len] * 10 + (text[len] - '0');

    /* numbers are written without leading zeros */
    if (*text == '0')
        len = 1;

    for (; len > 0; len--) {
        if (!virDevMigrationBindingSpend(binding, len))
            break;

        if (numbers[len] > variable->def->max / divisor ||
            numbers[len] * divisor < variable->def->min)
            continue;

        virDevMigrationBindingSetNumber(variable, numbers[len] * divisor);
        if (virDevMigrationBindingSearch(binding, pairs, npairs, part->next, text + len))
            return true;
    }

    variable->bound = false;
    return false;
}


/* Whether the rest of a template can become the rest of a text, and then all
 * of @pairs. Calls itself at most once for each variable, which stays bound
 * if it returns true. */
static bool
virDevMigrationBindingSearch(virDevMigrationBinding *binding,
                             const virDevMigrationTemplatePair *pairs,
                             size_t npairs,
                             const char *template,
                             const char *text)
{
    while (true) {
        while (*template) {
            char buf[VIR_INT64_STR_BUFLEN];
            virDevMigrationTemplatePart part;
            virDevMigrationBindingVariable *variable = NULL;
            const char *value = NULL;
            size_t len;

            if (!virDevMigrationTemplateNext(template, &part) ||
                (part.isVariable && !(variable = virDevMigrationBindingFind(binding, &part))))
                return false;

            if (variable && !variable->bound) {
                if (variable->def->values) {
                    return virDevMigrationBindingTryList(binding, variable, &part,
                                                         pairs, npairs, text);
                }

                return virDevMigrationBindingTryRange(binding, variable, &part,
                                                      pairs, npairs, text);
            }

            if (variable) {
                value = virDevMigrationBindingValue(variable, part.divisor, buf, sizeof(buf));
                if (!value)
                    return false;
                len = strlen(value);
            } else {
                value = part.start;
                len = part.len;
            }

            if (!virDevMigrationBindingSpend(binding, len) ||
                STRNEQLEN(text, value, len))
                return false;

            text += len;
            template = part.next;
        }

        if (*text)
            return false;

        if (npairs == 0)
            return true;

        template = pairs->template;
        text = pairs->text;
        pairs++;
        npairs--;
    }
}


/**
 * virDevMigrationBindingMatch:
 * @binding: what is bound already, and cannot be bound to anything else
 * @pairs: templates, and what they have to become
 * @npairs: number of @pairs
 *
 * Looks for values of the variables with which each template becomes its
 * text, and binds them. If there are several, those are found that are longer
 * where they are used first: the order in which values were published does not
 * matter. There are only so many attempts for one @binding; the longest
 * document needs but part of them, unless it is made as a puzzle.
 *
 * Returns true if there are such values, false if not, or if they were not
 * found in time; nothing more is bound then.
 */
bool
virDevMigrationBindingMatch(virDevMigrationBinding *binding,
                            const virDevMigrationTemplatePair *pairs,
                            size_t npairs)
{
    return virDevMigrationBindingSearch(binding, pairs, npairs, "", "");
}


/**
 * virDevMigrationBindingIsExhausted:
 * @binding: what was used
 *
 * Returns true if virDevMigrationBindingMatch() had to give up, false
 * otherwise.
 */
bool
virDevMigrationBindingIsExhausted(const virDevMigrationBinding *binding)
{
    return binding->work > MAX_WORK;
}


/* Sets @value to what @variable stands for: what it is bound to, or the only
 * value that it can have. */
static bool
virDevMigrationBindingResolve(const virDevMigrationBindingVariable *variable,
                              virDevMigrationBindingVariable *value)
{
    *value = *variable;

    if (variable->bound)
        return true;

    if (variable->def->values) {
        if (variable->nsorted != 1)
            return false;
        virDevMigrationBindingSetText(value, variable->sorted[0]);
    } else {
        if (variable->def->min != variable->def->max)
            return false;
        virDevMigrationBindingSetNumber(value, variable->def->min);
    }

    return true;
}


/**
 * virDevMigrationBindingExpand:
 * @binding: what is bound
 * @template: value that uses variables
 *
 * Returns the value, to be freed by the caller, or NULL if it cannot be told:
 * a variable is not bound and has several values, a division leaves a
 * remainder, or the value would be longer than VIR_DEV_MIGRATION_MAX_TEXT.
 */
char *
virDevMigrationBindingExpand(const virDevMigrationBinding *binding,
                             const char *template)
{
    g_autoptr(GString) ret = g_string_new(NULL);
    virDevMigrationTemplatePart part;

    for (; *template; template = part.next) {
        char buf[VIR_INT64_STR_BUFLEN];
        virDevMigrationBindingVariable *variable;
        virDevMigrationBindingVariable resolved;
        const char *value;

        if (!virDevMigrationTemplateNext(template, &part))
            return NULL;

        if (part.isVariable) {
            if (!(variable = virDevMigrationBindingFind(binding, &part)) ||
                !virDevMigrationBindingResolve(variable, &resolved) ||
                !(value = virDevMigrationBindingValue(&resolved, part.divisor,
                                                      buf, sizeof(buf))))
                return NULL;
            g_string_append(ret, value);
        } else {
            g_string_append_len(ret, part.start, part.len);
        }

        if (ret->len > VIR_DEV_MIGRATION_MAX_TEXT)
            return NULL;
    }

    return g_string_free(g_steal_pointer(&ret), FALSE);
}
