/*
 * virdevmigrationcomparepriv.h: what the rules of all interfaces share
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

#ifndef LIBVIRT_VIRDEVMIGRATIONCOMPAREPRIV_H_ALLOW
# error "virdevmigrationcomparepriv.h may only be included by virdevmigrationcompare*.c"
#endif /* LIBVIRT_VIRDEVMIGRATIONCOMPAREPRIV_H_ALLOW */

#pragma once

#include "virdevmigrationcompare.h"

/* The frame is in virdevmigrationcompare.c, each interface has a source of its
 * own. */

/* Adds a reason for each difference that is worth telling, and the settings
 * that make a new device equal to the source. Both sides publish. */
typedef void
(*virDevMigrationCompareFunc)(const virDevMigration *source,
                              const virDevMigration *destination,
                              virDevMigrationTarget target,
                              virDevMigrationComparison *comparison);

void
virDevMigrationCompareAttributes(const virDevMigration *source,
                                 const virDevMigration *destination,
                                 virDevMigrationTarget target,
                                 virDevMigrationComparison *comparison);

void
virDevMigrationCompareParameters(const virDevMigration *source,
                                 const virDevMigration *destination,
                                 virDevMigrationTarget target,
                                 virDevMigrationComparison *comparison);

void
virDevMigrationCompareVersions(const virDevMigration *source,
                               const virDevMigration *destination,
                               virDevMigrationTarget target,
                               virDevMigrationComparison *comparison);

void
virDevMigrationCompareDescription(const virDevMigration *source,
                                  const virDevMigration *destination,
                                  virDevMigrationTarget target,
                                  virDevMigrationComparison *comparison);

/* Adds what the rules need of an interface that @source publishes. */
typedef void
(*virDevMigrationCompareReduceFunc)(const virDevMigration *source,
                                    virDevMigration *reduced);

void
virDevMigrationCompareReduceAttributes(const virDevMigration *source,
                                       virDevMigration *reduced);

void
virDevMigrationCompareReduceParameters(const virDevMigration *source,
                                       virDevMigration *reduced);

void
virDevMigrationCompareReduceVersions(const virDevMigration *source,
                                     virDevMigration *reduced);

void
virDevMigrationCompareReduceDescription(const virDevMigration *source,
                                        virDevMigration *reduced);

virDevMigrationComparison *
virDevMigrationComparisonNew(void);

virDevMigrationReason *
virDevMigrationCompareAddReason(virDevMigrationComparison *comparison,
                                virDevMigrationReasonKind kind,
                                virDevMigrationInterfaceType interface,
                                virDevMigrationCode code,
                                const char *what);

void
virDevMigrationCompareAddIncomplete(virDevMigrationComparison *comparison,
                                    virDevMigrationInterfaceType interface,
                                    bool source,
                                    bool destination);

bool
virDevMigrationCompareCheckSetting(const virDevMigrationComparison *asked,
                                   virDevMigrationComparison *comparison,
                                   virDevMigrationInterfaceType interface,
                                   const char *name,
                                   const char *value);

void
virDevMigrationCompareAddSetting(virDevMigrationComparison *comparison,
                                 virDevMigrationInterfaceType interface,
                                 const char *name,
                                 const char *value);

void
virDevMigrationCompareAddOption(virDevMigrationComparison *comparison,
                                virDevMigrationInterfaceType interface,
                                const char *name,
                                const char *param,
                                const char *value);

bool
virDevMigrationCompareSetModel(virDevMigrationComparison *comparison,
                               virDevMigrationInterfaceType interface,
                               const char *model);

bool
virDevMigrationCompareIsMade(virDevMigrationTarget target);

void
virDevMigrationCompareSetUnknown(virDevMigrationReason *reason,
                                 bool source,
                                 bool destination);

char *
virDevMigrationCompareShorten(const char *text);

void
virDevMigrationCompareShowPair(virDevMigrationReason *reason,
                               const char *source,
                               const char *destination);

GPtrArray *
virDevMigrationCompareSortList(char **values);

char *
virDevMigrationCompareShowList(char **values);
