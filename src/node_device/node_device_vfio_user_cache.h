/*
 * node_device_vfio_user_cache.h: remember what programs answered
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

/* What a program answered */
typedef struct _nodeDeviceVfioUserAnswer nodeDeviceVfioUserAnswer;
struct _nodeDeviceVfioUserAnswer {
    virDevMigration *migration; /* NULL: it failed, or nothing that can be used */
    GPtrArray *problems;        /* strings, to be logged */
    bool again;                 /* it was not run: ask again, and do not save */
};

nodeDeviceVfioUserAnswer *
nodeDeviceVfioUserAnswerNew(void);

void
nodeDeviceVfioUserAnswerFree(nodeDeviceVfioUserAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(nodeDeviceVfioUserAnswer,
                              nodeDeviceVfioUserAnswerFree);

nodeDeviceVfioUserAnswer *
nodeDeviceVfioUserCacheLoad(const char *dir,
                            const char *key);

void
nodeDeviceVfioUserCacheSave(const char *dir,
                            const char *key,
                            const nodeDeviceVfioUserAnswer *answer);

void
nodeDeviceVfioUserCachePrune(const char *dir,
                             GPtrArray *keys);
