// SPDX-License-Identifier: GPL-2.0
/*
 * vflab_vfio_pci: virtual functions, and what the guest sees of them
 *
 * A driver that is used only on request (driver_override), as all VFIO drivers for PCI.
 * The guest sees no register of the hardware, but the same device as from mdevlab: no
 * interrupts, no DMA, I/O ports in BAR 0 that a test can use from QEMU's monitor.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>

#include "vflab.h"

/* from the range for experiments, see docs/specs/pci-ids in QEMU */
#define GUEST_VENDOR_ID		0x1af4
#define GUEST_DEVICE_ID		0x10f7

#define CONFIG_SIZE		256
#define BAR0_SIZE		128

/* Registers, 32 bits each, little endian; RO where not said otherwise */
#define REG_MAGIC		0x00	/* "VFLB" */
#define REG_VERSION		0x04	/* since the last reset, also across a migration */
#define REG_UNITS		0x08
#define REG_AGGREGATOR		0x0c
#define REG_COUNTER		0x14	/* RW: any write adds 1 */
#define REG_SCRATCH		0x20	/* RW: VFLAB_SCRATCH_REGS registers */
#define REG_SCRATCH_END		(REG_SCRATCH + 4 * VFLAB_SCRATCH_REGS)
#define REG_TYPE		0x40	/* ended by NUL */

#define COMMAND_MASK		(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | \
				 PCI_COMMAND_INTX_DISABLE)

/* Caller holds device->lock */
static void reset_regs(struct vflab_device *device)
{
	u32 version[3];

	vflab_version(device, version);
	memset(&device->regs, 0, sizeof(device->regs));
	device->regs.version = (version[0] & 0xff) << 24 | (version[1] & 0xff) << 16 |
			       (version[2] & 0xffff);
	device->regs.units = 1;
	device->regs.aggregator = device->aggregator;
	strscpy(device->regs.type, "function");
}

static void reset_device(struct vflab_device *device)
{
	mutex_lock(&device->lock);
	reset_regs(device);
	vflab_migration_reset(device);
	mutex_unlock(&device->lock);
}

/* The whole region as the guest reads it. Caller holds device->lock. */
static void config_image(struct vflab_device *device, u8 *image)
{
	memset(image, 0, CONFIG_SIZE);
	put_unaligned_le16(GUEST_VENDOR_ID, image + PCI_VENDOR_ID);
	put_unaligned_le16(GUEST_DEVICE_ID, image + PCI_DEVICE_ID);
	put_unaligned_le16(device->regs.command, image + PCI_COMMAND);
	image[PCI_CLASS_DEVICE + 1] = PCI_CLASS_OTHERS;
	put_unaligned_le32(device->regs.bar0 | PCI_BASE_ADDRESS_SPACE_IO,
			   image + PCI_BASE_ADDRESS_0);
	put_unaligned_le16(GUEST_VENDOR_ID, image + PCI_SUBSYSTEM_VENDOR_ID);
	put_unaligned_le16(GUEST_DEVICE_ID, image + PCI_SUBSYSTEM_ID);
	image[PCI_INTERRUPT_LINE] = device->regs.interrupt_line;
}

static void config_write(struct vflab_device *device, size_t at, const u8 *data, size_t len)
{
	u8 image[CONFIG_SIZE];

	/* all other registers are read only: what is not picked up is lost */
	config_image(device, image);
	memcpy(image + at, data, len);
	device->regs.command = get_unaligned_le16(image + PCI_COMMAND) & COMMAND_MASK;
	device->regs.bar0 = get_unaligned_le32(image + PCI_BASE_ADDRESS_0) & ~(BAR0_SIZE - 1);
	device->regs.interrupt_line = image[PCI_INTERRUPT_LINE];
}

static void bar0_image(struct vflab_device *device, u8 *image)
{
	unsigned int i;

	memset(image, 0, BAR0_SIZE);
	memcpy(image + REG_MAGIC, "VFLB", 4);
	put_unaligned_le32(device->regs.version, image + REG_VERSION);
	put_unaligned_le32(device->regs.units, image + REG_UNITS);
	put_unaligned_le32(device->regs.aggregator, image + REG_AGGREGATOR);
	put_unaligned_le32(device->regs.counter, image + REG_COUNTER);
	for (i = 0; i < VFLAB_SCRATCH_REGS; i++)
		put_unaligned_le32(device->regs.scratch[i], image + REG_SCRATCH + 4 * i);
	strscpy(image + REG_TYPE, device->regs.type, BAR0_SIZE - REG_TYPE);
}

static void bar0_write(struct vflab_device *device, size_t at, const u8 *data, size_t len)
{
	u8 image[BAR0_SIZE];
	unsigned int i;

	if (at < REG_COUNTER + 4 && at + len > REG_COUNTER)
		device->regs.counter++;

	if (at < REG_SCRATCH_END && at + len > REG_SCRATCH) {
		bar0_image(device, image);
		memcpy(image + at, data, len);
		for (i = 0; i < VFLAB_SCRATCH_REGS; i++)
			device->regs.scratch[i] =
				get_unaligned_le32(image + REG_SCRATCH + 4 * i);
	}
}

static size_t region_size(unsigned int index)
{
	switch (index) {
	case VFIO_PCI_CONFIG_REGION_INDEX:
		return CONFIG_SIZE;
	case VFIO_PCI_BAR0_REGION_INDEX:
		return BAR0_SIZE;
	default:
		return 0;
	}
}

/* VFIO device operations */

static ssize_t vflab_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos)
{
	struct vflab_device *device = to_vflab(vdev);
	unsigned int index = VFIO_PCI_OFFSET_TO_INDEX(*ppos);
	u64 at = *ppos & VFIO_PCI_OFFSET_MASK;
	size_t size = region_size(index);
	u8 image[MAX(CONFIG_SIZE, BAR0_SIZE)];

	if (at >= size)
		return -EINVAL;

	mutex_lock(&device->lock);
	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		config_image(device, image);
	else
		bar0_image(device, image);
	mutex_unlock(&device->lock);

	count = min_t(u64, count, size - at);
	if (copy_to_user(buf, image + at, count))
		return -EFAULT;
	*ppos += count;
	return count;
}

static ssize_t vflab_write(struct vfio_device *vdev, const char __user *buf, size_t count,
			   loff_t *ppos)
{
	struct vflab_device *device = to_vflab(vdev);
	unsigned int index = VFIO_PCI_OFFSET_TO_INDEX(*ppos);
	u64 at = *ppos & VFIO_PCI_OFFSET_MASK;
	size_t size = region_size(index);
	u8 data[MAX(CONFIG_SIZE, BAR0_SIZE)];

	if (at >= size)
		return -EINVAL;
	count = min_t(u64, count, size - at);
	if (copy_from_user(data, buf, count))
		return -EFAULT;

	mutex_lock(&device->lock);
	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		config_write(device, at, data, count);
	else
		bar0_write(device, at, data, count);
	mutex_unlock(&device->lock);

	*ppos += count;
	return count;
}

static long get_region_info(unsigned long arg)
{
	unsigned long minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info = {};

	if (copy_from_user(&info, (void __user *)arg, minsz))
		return -EFAULT;
	/* of the regions with a fixed index we have all but VGA */
	if (info.argsz < minsz || info.index >= VFIO_PCI_VGA_REGION_INDEX)
		return -EINVAL;

	info.flags = 0;
	info.cap_offset = 0;
	info.offset = VFIO_PCI_INDEX_TO_OFFSET(info.index);
	info.size = region_size(info.index);
	if (info.size)
		info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	return copy_to_user((void __user *)arg, &info, minsz) ? -EFAULT : 0;
}

static long vflab_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	unsigned long minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info irq = {};

	switch (cmd) {
	case VFIO_DEVICE_GET_REGION_INFO:
		return get_region_info(arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		if (copy_from_user(&irq, (void __user *)arg, minsz))
			return -EFAULT;
		/* the guest has none of the hardware's interrupts */
		if (irq.argsz < minsz || irq.index > VFIO_PCI_MSIX_IRQ_INDEX)
			break;
		irq.flags = 0;
		irq.count = 0;
		return copy_to_user((void __user *)arg, &irq, minsz) ? -EFAULT : 0;
	}
	return vfio_pci_core_ioctl(vdev, cmd, arg);
}

static int vflab_open(struct vfio_device *vdev)
{
	struct vflab_device *device = to_vflab(vdev);
	int ret;

	ret = vfio_pci_core_enable(&device->core);
	if (ret)
		return ret;

	mutex_lock(&device->lock);
	device->is_open = true;
	mutex_unlock(&device->lock);
	reset_device(device);
	vfio_pci_core_finish_enable(&device->core);
	return 0;
}

static void vflab_close(struct vfio_device *vdev)
{
	struct vflab_device *device = to_vflab(vdev);

	reset_device(device);
	mutex_lock(&device->lock);
	device->is_open = false;
	mutex_unlock(&device->lock);
	vfio_pci_core_close_device(vdev);
}

static int vflab_init(struct vfio_device *vdev)
{
	struct vflab_device *device = to_vflab(vdev);
	int ret;

	device->index = pci_iov_vf_id(to_pci_dev(vdev->dev));
	ret = vflab_publish_init(device);
	if (ret)
		return ret;

	mutex_init(&device->lock);
	device->mig_state = VFIO_DEVICE_STATE_RUNNING;
	vdev->migration_flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
				VFIO_MIGRATION_PRE_COPY;
	vdev->mig_ops = &vflab_migration_ops;
	return vfio_pci_core_init_dev(vdev);
}

static void vflab_release(struct vfio_device *vdev)
{
	mutex_destroy(&to_vflab(vdev)->lock);
	vfio_pci_core_release_dev(vdev);
}

/* without mmap: nothing of the hardware is the guest's */
static const struct vfio_device_ops vflab_ops = {
	.name = "vflab-vfio-pci",
	.init = vflab_init,
	.release = vflab_release,
	.open_device = vflab_open,
	.close_device = vflab_close,
	.ioctl = vflab_ioctl,
	.device_feature = vfio_pci_core_ioctl_feature,
	.read = vflab_read,
	.write = vflab_write,
	.request = vfio_pci_core_request,
	.match = vfio_pci_core_match,
	.bind_iommufd = vfio_iommufd_physical_bind,
	.unbind_iommufd = vfio_iommufd_physical_unbind,
	.attach_ioas = vfio_iommufd_physical_attach_ioas,
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
};

static int vflab_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vflab_device *device;
	int ret;

	if (!pdev->is_virtfn)
		return -ENODEV;

	device = vfio_alloc_device(vflab_device, core.vdev, &pdev->dev, &vflab_ops);
	if (IS_ERR(device))
		return PTR_ERR(device);

	dev_set_drvdata(&pdev->dev, &device->core);
	ret = vfio_pci_core_register_device(&device->core);
	if (ret)
		vfio_put_device(&device->core.vdev);
	return ret;
}

static void vflab_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(core);
	vfio_put_device(&core->vdev);
}

static void vflab_reset_done(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&pdev->dev);

	reset_device(container_of(core, struct vflab_device, core));
}

static const struct pci_error_handlers vflab_err_handlers = {
	.reset_done = vflab_reset_done,
	.error_detected = vfio_pci_core_aer_err_detected,
};

static const struct pci_device_id vflab_ids[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_REDHAT, 0x0010) },
	{ }
};
MODULE_DEVICE_TABLE(pci, vflab_ids);

static struct pci_driver vflab_driver = {
	/* libvirt knows the module's name, from modules.alias, and looks for it here */
	.name = KBUILD_MODNAME,
	.id_table = vflab_ids,
	.probe = vflab_probe,
	.remove = vflab_remove,
	.err_handler = &vflab_err_handlers,
	.dev_groups = vflab_groups,
	.driver_managed_dma = true,
};
module_pci_driver(vflab_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Sample VFIO driver for virtual functions, with migration compatibility attributes");
