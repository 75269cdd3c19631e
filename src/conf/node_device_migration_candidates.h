/*
 * node_device_migration_candidates.h: where a device could migrate to
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
#include "virdevmigrationcompare.h"

/* What is known of the source's device */
typedef struct _virNodeDeviceMigrationSource virNodeDeviceMigrationSource;
struct _virNodeDeviceMigrationSource {
    const virDevMigration *migration;   /* NULL: publishes nothing */
    bool program;                       /* a vfio-user program, as launched */
    const char *mdevType;               /* NULL: what @migration says, if it does */
    const char *deviceAPI;              /* NULL: unknown, not judged */
};

/* A device of this host, or a type of mediated device that it offers, or a
 * vfio-user program, judged as the destination of another device. Refers to
 * what it was made from. */
typedef struct _virNodeDeviceMigrationCandidate virNodeDeviceMigrationCandidate;
struct _virNodeDeviceMigrationCandidate {
    const virNodeDeviceDef *device;     /* the parent if there is a type */
    const virMediatedDeviceType *type;  /* NULL: the device itself */
    bool own;                   /* of the source's type */
    bool common;                /* both publish one of the interfaces */
    bool related;               /* worth a reason if nothing fits */
    bool apiFits;               /* for the guest's kind of device */
    bool typeFits;              /* false: nothing but a token, of another type */
    virDevMigrationComparison *comparison;
    char *refusal;              /* why the driver does not take the token;
                                 * filled in by whoever asks it */
};

void
virNodeDeviceMigrationCandidateFree(virNodeDeviceMigrationCandidate *candidate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNodeDeviceMigrationCandidate,
                              virNodeDeviceMigrationCandidateFree);

const virDevMigration *
virNodeDeviceMigrationCandidateGetMigration(const virNodeDeviceDef *device);

virNodeDeviceMigrationCandidate *
virNodeDeviceMigrationCandidateNew(const virNodeDeviceMigrationSource *source,
                                   const virNodeDeviceDef *device,
                                   const virMediatedDeviceType *type);

GPtrArray *
virNodeDeviceMigrationCandidatesOfTypes(const virNodeDeviceMigrationSource *source,
                                        GPtrArray *parents);

bool
virNodeDeviceMigrationCandidateFits(const virNodeDeviceMigrationCandidate *candidate);

char *
virNodeDeviceMigrationCandidateReason(const virNodeDeviceMigrationCandidate *candidate,
                                      int *code);
