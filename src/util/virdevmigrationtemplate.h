/*
 * virdevmigrationtemplate.h: values with variables, of device descriptions
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

#pragma once

#include "virdevmigration.h"

bool
virDevMigrationTemplateIsValid(const char *text,
                               const virDevMigrationObject *object);

/* What the variables of one object stand for */
typedef struct _virDevMigrationBinding virDevMigrationBinding;

typedef struct _virDevMigrationTemplatePair virDevMigrationTemplatePair;
struct _virDevMigrationTemplatePair {
    const char *template;
    const char *text;           /* what it has to become */
};

virDevMigrationBinding *
virDevMigrationBindingNew(const virDevMigrationObject *object);

void
virDevMigrationBindingFree(virDevMigrationBinding *binding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDevMigrationBinding, virDevMigrationBindingFree);

bool
virDevMigrationBindingMatch(virDevMigrationBinding *binding,
                            const virDevMigrationTemplatePair *pairs,
                            size_t npairs);

bool
virDevMigrationBindingIsExhausted(const virDevMigrationBinding *binding);

char *
virDevMigrationBindingExpand(const virDevMigrationBinding *binding,
                             const char *template);
