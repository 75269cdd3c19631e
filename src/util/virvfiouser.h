/*
 * virvfiouser.h: descriptors of vfio-user programs
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

#include "internal.h"

/* A descriptor is a file `<name>.json` in one of the directories of
 * virVfioUserGetDirectories(); docs/vfio-user.rst has its format. */

/* descriptors that are used; further ones are left out, with a problem */
#define VIR_VFIO_USER_MAX_DESCRIPTORS 1024
/* bytes of one descriptor. The limits of virdevmigration.h hold as well: 64
 * entries of a list, 4096 bytes of a string. */
#define VIR_VFIO_USER_MAX_DESCRIPTOR_SIZE (64 * 1024)

/* All strings are valid text as virDevMigrationTextIsValid() has it, and can
 * stand in XML as they are. */
typedef struct _virVfioUserDescriptor virVfioUserDescriptor;
struct _virVfioUserDescriptor {
    char *name;                 /* of the file, without .json; unique, not empty */
    char *path;                 /* of the file, absolute */
    char *description;          /* may be NULL */
    char *binary;               /* absolute; may be missing or unsafe to run */
    char **args;                /* come before our own options; NULL: none */
    char **tags;                /* NULL: none */
};

void
virVfioUserDescriptorFree(virVfioUserDescriptor *descriptor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virVfioUserDescriptor, virVfioUserDescriptorFree);

/* The directories, from the most general to the most specific one, absolute,
 * whether they exist or not; to be freed with g_strfreev(). */
char **
virVfioUserGetDirectories(bool privileged);

/* Puts the descriptors, by name, into a new array that owns them. What cannot
 * be used is left out and gets a line in @problems, which is an array of
 * strings for virDevMigrationProblemsAdd() and not emptied here. Never runs a
 * program. 0, or -1 with an error if a directory cannot be read. */
int
virVfioUserFetchDescriptors(bool privileged,
                            GPtrArray **ret_descriptors,
                            GPtrArray *problems)
    G_GNUC_WARN_UNUSED_RESULT;

/* 0 if nobody but root and our own user can change what is found at @path,
 * which is absolute and leads to a regular file, and, if @executable, to one
 * with an execute bit; else -1 with an error that says what is wrong. */
int
virVfioUserCheckFile(const char *path,
                     bool executable)
    G_GNUC_WARN_UNUSED_RESULT;

/* What virVfioUserCheckFile() would say is wrong, to be freed by the caller, or
 * NULL; reports and logs nothing. */
char *
virVfioUserFindFlaw(const char *path,
                    bool executable);

/* Text that differs as soon as the file that @path leads to is another one or
 * was written to, to be freed by the caller; NULL with errno set, and no
 * error, if there is no such file. Does not open it. */
char *
virVfioUserIdentity(const char *path);

/* Text that differs after each boot of the host, to be freed by the caller;
 * NULL, and no error, if the kernel does not tell. */
char *
virVfioUserBootId(void);
