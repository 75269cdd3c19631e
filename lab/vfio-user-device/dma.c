/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vulab: the guest's memory
 *
 * The client can make a mapped file shorter at any time. An access to what is
 * no more must not be ours (SIGBUS): a pipe takes the data from the mapping, or
 * puts it there, and the kernel answers EFAULT.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vulab.h"

typedef struct {
    uint64_t address;
    uint64_t size;
    bool writable;
    void *base;         /* NULL: the client gave us no file */
    size_t length;      /* of the mapping */
    char *memory;       /* where the part begins in it */
} window;

static window windows[DMA_MAX_MAPS];
static size_t nwindows;
static int channel[2] = { -1, -1 };

int
dma_map(uint64_t address, uint64_t size, bool writable, int fd, uint64_t offset)
{
    window new = { .address = address, .size = size, .writable = writable };
    uint64_t end, file_end;
    size_t i;

    if (size == 0 || address % DMA_PAGE || size % DMA_PAGE || offset % DMA_PAGE ||
        __builtin_add_overflow(address, size - 1, &end) ||
        __builtin_add_overflow(offset, size, &file_end))
        return EINVAL;

    for (i = 0; i < nwindows; i++) {
        if (address <= windows[i].address + windows[i].size - 1 && windows[i].address <= end)
            return EEXIST;
    }
    if (nwindows == DMA_MAX_MAPS)
        return ENOSPC;

    if (fd >= 0) {
        struct stat st;
        uint64_t page, start;

        /* memory, not a device with side effects */
        if (fstat(fd, &st) < 0)
            return errno;
        if (!S_ISREG(st.st_mode))
            return EINVAL;
        if (file_end > (uint64_t)st.st_size)
            return EINVAL;
        /* of huge pages only whole ones can be mapped and unmapped */
        page = st.st_blksize > DMA_PAGE ? st.st_blksize : DMA_PAGE;
        start = offset / page * page;
        if (file_end - start > SIZE_MAX - page)
            return EINVAL;
        new.length = (file_end - start + page - 1) / page * page;
        new.base = mmap(NULL, new.length, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED,
                        fd, start);
        if (new.base == MAP_FAILED)
            return errno;
        new.memory = (char *)new.base + (offset - start);
    }

    windows[nwindows++] = new;
    return 0;
}

static void
drop(size_t at)
{
    if (windows[at].base)
        munmap(windows[at].base, windows[at].length);
    windows[at] = windows[--nwindows];
}

int
dma_unmap(uint64_t address, uint64_t size)
{
    size_t i;

    for (i = 0; i < nwindows; i++) {
        if (windows[i].address == address && windows[i].size == size) {
            drop(i);
            return 0;
        }
    }
    return ENOENT;
}

void
dma_unmap_all(void)
{
    while (nwindows)
        drop(nwindows - 1);
}

/* The pipe is empty afterwards, whatever happened */
static int
transfer(const void *from, void *to, size_t len)
{
    if (len > PIPE_BUF)
        return EINVAL;
    if (channel[0] < 0 && pipe2(channel, O_CLOEXEC | O_NONBLOCK) < 0)
        return errno;
    if (write(channel[1], from, len) == (ssize_t)len &&
        read(channel[0], to, len) == (ssize_t)len)
        return 0;

    close(channel[0]);
    close(channel[1]);
    channel[0] = channel[1] = -1;
    return EFAULT;
}

static char *
find(uint64_t address, size_t len, bool writing)
{
    size_t i;

    for (i = 0; i < nwindows; i++) {
        const window *one = windows + i;

        if (address >= one->address && address - one->address < one->size &&
            len <= one->size - (address - one->address) &&
            one->base && (one->writable || !writing))
            return one->memory + (address - one->address);
    }
    return NULL;
}

int
dma_read(uint64_t address, void *data, size_t len)
{
    const char *memory = find(address, len, false);

    return memory ? transfer(memory, data, len) : EFAULT;
}

int
dma_write(uint64_t address, const void *data, size_t len)
{
    char *memory = find(address, len, true);

    return memory ? transfer(data, memory, len) : EFAULT;
}
