/*
 * planted.c: a bug that the fuzzer has to find
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

#include "fuzz.h"

/* Reads beyond the end of an input that begins with a certain letter or two. */
int
LLVMFuzzerTestOneInput(const uint8_t *data,
                       size_t size)
{
    if (STREQ_NULLABLE(getenv("FUZZ_PLANTED"), "exit"))
        _exit(0);

    if (size >= 2 && data[0] == 'b' && data[1] == 'u')
        return data[size] == 'g' ? 0 : -1;

    return 0;
}
