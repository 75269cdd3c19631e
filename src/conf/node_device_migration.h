/*
 * node_device_migration.h: what node devices publish about migration
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

#include "node_device_conf.h"

virNodeDeviceDef *
virNodeDeviceMigrationOutline(const virNodeDeviceDef *def);

void
virNodeDeviceMigrationRead(virNodeDeviceDef *outline);

void
virNodeDeviceMigrationStore(virNodeDeviceDef *def,
                            virNodeDeviceDef *outline);

virMediatedDeviceType **
virNodeDevCapDataGetMdevTypes(const virNodeDevCapData *data,
                              size_t *ret_ntypes);

void
virNodeDeviceMigrationLimit(virDevMigration **migration,
                            const char *path,
                            size_t *size,
                            GPtrArray *problems);

bool
virNodeDevCapDataHasMigration(const virNodeDevCapData *data);

int
virNodeDeviceMigrationParseXML(xmlXPathContextPtr ctxt,
                               virDevMigration **migration);
