/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vulab: the device
 *
 * What the guest sees is the device of mdevlab. Registers that are unused there
 * show the parameters, and reach the guest's memory.
 */
#define _GNU_SOURCE
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "vulab.h"

#define VENDOR 0x1af4
#define DEVICE 0x10f7
#define CLASS_OTHERS 0xff

#define CONFIG_SIZE 256
#define BAR0_SIZE 128

/* Registers of BAR 0, 32 bits each, little endian */
#define REG_MAGIC 0x00
#define REG_VERSION 0x04
#define REG_UNITS 0x08
#define REG_AGGREGATOR 0x0c
#define REG_FPS 0x10
#define REG_COUNTER 0x14        /* any write adds 1, and raises the interrupt */
#define REG_DMA_ADDRESS 0x18
#define REG_DMA_DATA 0x1c       /* the guest's memory at that address */
#define REG_SCRATCH 0x20
#define REG_TYPE 0x40
#define REG_CONFIG 0x60
#define REG_GIVEN 0x64          /* arguments for migration */
#define REG_VALUES 0x68         /* of the first parameters */
#define NVALUES 6
#define NSCRATCH 8

#define FPS 30
#define COMMAND_MASK (PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | \
                      PCI_COMMAND_INTX_DISABLE)

static const settings *config;

static struct {
    uint16_t command;
    uint8_t interrupt_line;
    uint32_t bar0;
    uint32_t counter;
    uint32_t dma_address;
    uint32_t scratch[NSCRATCH];
} regs;

static struct {
    int eventfd;
    bool masked;
    bool pending;
} irq = { .eventfd = -1 };

static void
put16(uint8_t *at, uint16_t value)
{
    at[0] = value;
    at[1] = value >> 8;
}

static void
put32(uint8_t *at, uint32_t value)
{
    put16(at, value);
    put16(at + 2, value >> 16);
}

static uint32_t
get32(const uint8_t *at)
{
    return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

void
device_init(const settings *all)
{
    config = all;
    device_reset();
}

void
device_reset(void)
{
    memset(&regs, 0, sizeof(regs));
    irq.masked = irq.pending = false;
}

size_t
device_region_size(uint32_t region)
{
    switch (region) {
    case VFIO_PCI_CONFIG_REGION_INDEX:
        return CONFIG_SIZE;
    case VFIO_PCI_BAR0_REGION_INDEX:
        return BAR0_SIZE;
    default:
        return 0;
    }
}

static void
config_image(uint8_t *image)
{
    memset(image, 0, CONFIG_SIZE);
    put16(image + PCI_VENDOR_ID, VENDOR);
    put16(image + PCI_DEVICE_ID, DEVICE);
    put16(image + PCI_COMMAND, regs.command);
    put16(image + PCI_STATUS, irq.pending ? PCI_STATUS_INTERRUPT : 0);
    image[PCI_CLASS_DEVICE + 1] = CLASS_OTHERS;
    put32(image + PCI_BASE_ADDRESS_0, regs.bar0 | PCI_BASE_ADDRESS_SPACE_IO);
    put16(image + PCI_SUBSYSTEM_VENDOR_ID, VENDOR);
    put16(image + PCI_SUBSYSTEM_ID, DEVICE);
    image[PCI_INTERRUPT_LINE] = regs.interrupt_line;
    image[PCI_INTERRUPT_PIN] = config->has_interrupt ? 1 : 0;
}

static void
config_write(size_t at, const void *data, size_t len)
{
    uint8_t image[CONFIG_SIZE];

    /* all other registers are read only: what is not picked up is lost */
    config_image(image);
    memcpy(image + at, data, len);
    regs.command = (image[PCI_COMMAND] | image[PCI_COMMAND + 1] << 8) & COMMAND_MASK;
    regs.bar0 = get32(image + PCI_BASE_ADDRESS_0) & ~(BAR0_SIZE - 1);
    regs.interrupt_line = image[PCI_INTERRUPT_LINE];
}

static bool
touches(size_t at, size_t len, size_t reg, size_t size)
{
    return at < reg + size && at + len > reg;
}

/* The whole region; memory of the guest only if it is asked for */
static void
bar0_image(uint8_t *image, bool with_memory)
{
    size_t i;

    memset(image, 0, BAR0_SIZE);
    memcpy(image + REG_MAGIC, "MLAB", 4);
    put32(image + REG_VERSION, (config->software_version[0] & 0xff) << 24 |
                               (config->software_version[1] & 0xff) << 16 |
                               (config->software_version[2] & 0xffff));
    put32(image + REG_UNITS, config->units);
    put32(image + REG_AGGREGATOR, 1);
    put32(image + REG_FPS, FPS);
    put32(image + REG_COUNTER, regs.counter);
    put32(image + REG_DMA_ADDRESS, regs.dma_address);
    if (with_memory &&
        (!(regs.command & PCI_COMMAND_MASTER) ||
         dma_read(regs.dma_address, image + REG_DMA_DATA, 4) != 0))
        put32(image + REG_DMA_DATA, UINT32_MAX);
    for (i = 0; i < NSCRATCH; i++)
        put32(image + REG_SCRATCH + 4 * i, regs.scratch[i]);
    strncpy((char *)image + REG_TYPE, config->type, REG_CONFIG - REG_TYPE - 1);
    put32(image + REG_CONFIG, checksum(parameters_identity()));
    put32(image + REG_GIVEN, parameters_given());
    for (i = 0; i < NVALUES; i++)
        put32(image + REG_VALUES + 4 * i, parameters_value(i));
}

static void
bar0_write(size_t at, const void *data, size_t len)
{
    bool writes_memory = touches(at, len, REG_DMA_DATA, 4);
    uint8_t image[BAR0_SIZE];
    size_t i;

    bar0_image(image, writes_memory);
    memcpy(image + at, data, len);
    regs.dma_address = get32(image + REG_DMA_ADDRESS);
    for (i = 0; i < NSCRATCH; i++)
        regs.scratch[i] = get32(image + REG_SCRATCH + 4 * i);
    if (writes_memory && regs.command & PCI_COMMAND_MASTER)
        (void)dma_write(regs.dma_address, image + REG_DMA_DATA, 4);
    if (touches(at, len, REG_COUNTER, 4)) {
        regs.counter++;
        if (!(regs.command & PCI_COMMAND_INTX_DISABLE))
            device_irq_trigger();
    }
}

void
device_read(uint32_t region, size_t at, void *data, size_t len)
{
    uint8_t image[CONFIG_SIZE];

    if (region == VFIO_PCI_CONFIG_REGION_INDEX)
        config_image(image);
    else
        bar0_image(image, touches(at, len, REG_DMA_DATA, 4));
    memcpy(data, image + at, len);
}

void
device_write(uint32_t region, size_t at, const void *data, size_t len)
{
    if (region == VFIO_PCI_CONFIG_REGION_INDEX)
        config_write(at, data, len);
    else
        bar0_write(at, data, len);
}

/* INTx: it masks itself when it was raised, until the client unmasks it */

unsigned int
device_irq_count(uint32_t type)
{
    return type == VFIO_PCI_INTX_IRQ_INDEX && config->has_interrupt ? 1 : 0;
}

static void
deliver(void)
{
    struct pollfd ready = { .fd = irq.eventfd, .events = POLLOUT };
    uint64_t one = 1;

    if (!irq.pending || irq.masked || irq.eventfd < 0)
        return;
    irq.pending = false;
    irq.masked = true;
    /* a counter that is full would block us */
    if (poll(&ready, 1, 0) == 1 && ready.revents & POLLOUT &&
        write(irq.eventfd, &one, sizeof(one)) < 0)
        irq.masked = false;
}

void
device_irq_set_eventfd(int fd)
{
    if (irq.eventfd >= 0)
        close(irq.eventfd);
    irq.eventfd = fd;
    if (fd < 0)
        irq.masked = irq.pending = false;
    deliver();
}

void
device_irq_mask(bool masked)
{
    irq.masked = masked;
    deliver();
}

void
device_irq_trigger(void)
{
    if (device_irq_count(VFIO_PCI_INTX_IRQ_INDEX) == 0)
        return;
    irq.pending = true;
    deliver();
}
