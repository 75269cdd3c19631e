/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vulab: a sample vfio-user program, see README.md
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NELEMS(array) (sizeof(array) / sizeof((array)[0]))

/* main.c */

/* Writes one line to standard error and ends the program with status 1 */
void die(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

typedef enum {
    STAGE_PRINT = 1 << 0,       /* --print-migration-info-json */
    STAGE_START = 1 << 1,       /* before there is a socket */
    STAGE_CONNECT = 1 << 2,     /* the first message of a client has arrived */
    STAGE_STOP = 1 << 3,        /* SIGTERM has arrived */
} stage;

/* Does what --lab-fault says for this stage; returns if there is more to do */
void fault_at(stage now);
/* Is there a fault of that kind, which the caller has to take care of? */
bool fault_is(stage now, const char *kind);

/* parameters.c: migration parameters, or device model and version */

typedef struct {
    const char *type;                   /* name of the type */
    unsigned int units;
    unsigned int software_version[3];
    bool has_interrupt;
    bool has_versions;                  /* the later shape */
    const char *model;                  /* "@" stands for the type's name */
    const char *params;
    const char *versions;
} settings;

void parameters_init(const settings *all);
/* One of the arguments: --m-NAME=VALUE */
void parameters_set(const char *name, const char *value);
void parameters_set_model(const char *model);
void parameters_set_version(const char *version);
/* Fills in what was not given; ends the program if something does not fit */
void parameters_check(void);
void parameters_print(void);
/* The text that the checksum register is made of */
const char *parameters_identity(void);
unsigned int parameters_given(void);
/* The value at an index as a number, 0 if there is none */
uint32_t parameters_value(size_t at);

uint32_t checksum(const char *text);

/* device.c: one PCI device */

#define DEVICE_REGIONS 9
#define DEVICE_IRQS 5

void device_init(const settings *all);
void device_reset(void);
/* 0 if there is no such region */
size_t device_region_size(uint32_t region);
void device_read(uint32_t region, size_t at, void *data, size_t len);
void device_write(uint32_t region, size_t at, const void *data, size_t len);

unsigned int device_irq_count(uint32_t type);
/* Takes the descriptor; -1: nobody is told any more */
void device_irq_set_eventfd(int fd);
void device_irq_mask(bool masked);
void device_irq_trigger(void);

/* dma.c: the guest's memory, as far as the client has given it to us */

#define DMA_PAGE 4096
#define DMA_MAX_MAPS 1024

/* All of them return 0 or an errno. fd stays the caller's; -1: no access to that part. */
int dma_map(uint64_t address, uint64_t size, bool writable, int fd, uint64_t offset);
int dma_unmap(uint64_t address, uint64_t size);
void dma_unmap_all(void);
int dma_read(uint64_t address, void *data, size_t len);
int dma_write(uint64_t address, const void *data, size_t len);

/* server.c: the protocol */

/* Returns when SIGTERM or SIGINT arrives */
void serve(const char *path);
