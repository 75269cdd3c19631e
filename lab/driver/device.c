// SPDX-License-Identifier: GPL-2.0
/*
 * mdevlab: instances, and what the guest sees of them
 *
 * A PCI device without interrupts and DMA. BAR 0 has I/O ports, so that a test
 * can use them from QEMU's monitor, without an operating system in the guest.
 */
#include <linux/crc32.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>

#include "mdevlab.h"

#define CONFIG_SIZE		256
#define BAR0_SIZE		128

/* Registers, 32 bits each, little endian; RO where not said otherwise */
#define REG_MAGIC		0x00	/* "MLAB" */
#define REG_VERSION		0x04	/* since the last reset, also across a migration */
#define REG_UNITS		0x08	/* these as well */
#define REG_AGGREGATOR		0x0c
#define REG_FPS			0x10
#define REG_COUNTER		0x14	/* RW: any write adds 1 */
#define REG_SCRATCH		0x20	/* RW: MDEVLAB_SCRATCH_REGS registers */
#define REG_SCRATCH_END		(REG_SCRATCH + 4 * MDEVLAB_SCRATCH_REGS)
#define REG_TYPE		0x40	/* the type's name, ended by NUL; like the version */
#define REG_CONFIG		0x60	/* of parameters, model and version: changes when one does */

#define COMMAND_MASK		(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | \
				 PCI_COMMAND_INTX_DISABLE)

/* As in VFIO's own PCI driver: the region's index in the upper bits */
#define REGION_SHIFT		40
#define REGION_OFFSET(index)	((u64)(index) << REGION_SHIFT)

static struct mdevlab_device *to_device(struct vfio_device *vdev)
{
	return container_of(vdev, struct mdevlab_device, vdev);
}

/* Caller holds device->lock */
void mdevlab_device_reset_regs(struct mdevlab_device *device)
{
	const u32 *version = device->type->parent->config.version;

	memset(&device->regs, 0, sizeof(device->regs));
	device->regs.version = (version[0] & 0xff) << 24 | (version[1] & 0xff) << 16 |
			       (version[2] & 0xffff);
	device->regs.units = device->type->units;
	device->regs.aggregator = device->aggregator;
	strscpy(device->regs.type, device->type->name);
}

/* Caller holds device->lock, and the device is open */
static u32 config_crc(struct mdevlab_device *device)
{
	char text[MDEVLAB_CONFIG_LEN];
	struct seq_buf out;

	seq_buf_init(&out, text, sizeof(text));
	mdevlab_parameters_identity(device, &out);
	mdevlab_versions_identity(device, &out);
	return crc32_le(~0, text, seq_buf_used(&out));
}

/* The whole region as the guest reads it. Caller holds device->lock. */
static void config_image(struct mdevlab_device *device, u8 *image)
{
	memset(image, 0, CONFIG_SIZE);
	put_unaligned_le16(MDEVLAB_GUEST_VENDOR, image + PCI_VENDOR_ID);
	put_unaligned_le16(MDEVLAB_GUEST_DEVICE, image + PCI_DEVICE_ID);
	put_unaligned_le16(device->regs.command, image + PCI_COMMAND);
	image[PCI_CLASS_DEVICE + 1] = PCI_CLASS_OTHERS;
	put_unaligned_le32(device->regs.bar0 | PCI_BASE_ADDRESS_SPACE_IO,
			   image + PCI_BASE_ADDRESS_0);
	put_unaligned_le16(MDEVLAB_GUEST_VENDOR, image + PCI_SUBSYSTEM_VENDOR_ID);
	put_unaligned_le16(MDEVLAB_GUEST_DEVICE, image + PCI_SUBSYSTEM_ID);
	image[PCI_INTERRUPT_LINE] = device->regs.interrupt_line;
}

static void config_write(struct mdevlab_device *device, size_t at, const u8 *data, size_t len)
{
	u8 image[CONFIG_SIZE];

	/* all other registers are read only: what is not picked up is lost */
	config_image(device, image);
	memcpy(image + at, data, len);
	device->regs.command = get_unaligned_le16(image + PCI_COMMAND) & COMMAND_MASK;
	device->regs.bar0 = get_unaligned_le32(image + PCI_BASE_ADDRESS_0) & ~(BAR0_SIZE - 1);
	device->regs.interrupt_line = image[PCI_INTERRUPT_LINE];
}

static void bar0_image(struct mdevlab_device *device, u8 *image)
{
	unsigned int i;

	memset(image, 0, BAR0_SIZE);
	memcpy(image + REG_MAGIC, "MLAB", 4);
	put_unaligned_le32(device->regs.version, image + REG_VERSION);
	put_unaligned_le32(device->regs.units, image + REG_UNITS);
	put_unaligned_le32(device->regs.aggregator, image + REG_AGGREGATOR);
	put_unaligned_le32(device->fps, image + REG_FPS);
	put_unaligned_le32(device->regs.counter, image + REG_COUNTER);
	for (i = 0; i < MDEVLAB_SCRATCH_REGS; i++)
		put_unaligned_le32(device->regs.scratch[i], image + REG_SCRATCH + 4 * i);
	strscpy(image + REG_TYPE, device->regs.type, MDEVLAB_TYPE_LEN);
	put_unaligned_le32(config_crc(device), image + REG_CONFIG);
}

static void bar0_write(struct mdevlab_device *device, size_t at, const u8 *data, size_t len)
{
	u8 image[BAR0_SIZE];
	unsigned int i;

	if (at < REG_COUNTER + 4 && at + len > REG_COUNTER)
		device->regs.counter++;

	if (at < REG_SCRATCH_END && at + len > REG_SCRATCH) {
		bar0_image(device, image);
		memcpy(image + at, data, len);
		for (i = 0; i < MDEVLAB_SCRATCH_REGS; i++)
			device->regs.scratch[i] =
				get_unaligned_le32(image + REG_SCRATCH + 4 * i);
	}
}

/* VFIO device operations */

static ssize_t device_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos)
{
	struct mdevlab_device *device = to_device(vdev);
	unsigned int index = *ppos >> REGION_SHIFT;
	u64 at = *ppos & (REGION_OFFSET(1) - 1);
	u8 image[MAX(CONFIG_SIZE, BAR0_SIZE)];
	size_t size;

	mutex_lock(&device->lock);
	if (index == VFIO_PCI_CONFIG_REGION_INDEX) {
		size = CONFIG_SIZE;
		config_image(device, image);
	} else if (index == VFIO_PCI_BAR0_REGION_INDEX) {
		size = BAR0_SIZE;
		bar0_image(device, image);
	} else {
		size = 0;
	}
	mutex_unlock(&device->lock);

	if (at >= size)
		return -EINVAL;
	count = min_t(u64, count, size - at);
	if (copy_to_user(buf, image + at, count))
		return -EFAULT;
	*ppos += count;
	return count;
}

static ssize_t device_write(struct vfio_device *vdev, const char __user *buf, size_t count,
			    loff_t *ppos)
{
	struct mdevlab_device *device = to_device(vdev);
	unsigned int index = *ppos >> REGION_SHIFT;
	u64 at = *ppos & (REGION_OFFSET(1) - 1);
	u8 data[MAX(CONFIG_SIZE, BAR0_SIZE)];
	size_t size;

	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		size = CONFIG_SIZE;
	else if (index == VFIO_PCI_BAR0_REGION_INDEX)
		size = BAR0_SIZE;
	else
		return -EINVAL;

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

static long device_get_info(unsigned long arg)
{
	unsigned long minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info = {};

	if (copy_from_user(&info, (void __user *)arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = VFIO_PCI_NUM_REGIONS;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return copy_to_user((void __user *)arg, &info, minsz) ? -EFAULT : 0;
}

static long device_get_region_info(unsigned long arg)
{
	unsigned long minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info = {};

	if (copy_from_user(&info, (void __user *)arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	/* of the regions with a fixed index we have all but VGA */
	if (info.index >= VFIO_PCI_VGA_REGION_INDEX)
		return -EINVAL;

	info.flags = 0;
	info.size = 0;
	info.cap_offset = 0;
	info.offset = REGION_OFFSET(info.index);
	if (info.index == VFIO_PCI_CONFIG_REGION_INDEX)
		info.size = CONFIG_SIZE;
	else if (info.index == VFIO_PCI_BAR0_REGION_INDEX)
		info.size = BAR0_SIZE;
	if (info.size)
		info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	return copy_to_user((void __user *)arg, &info, minsz) ? -EFAULT : 0;
}

static long device_get_irq_info(unsigned long arg)
{
	unsigned long minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info = {};

	if (copy_from_user(&info, (void __user *)arg, minsz))
		return -EFAULT;
	/* INTx, MSI and MSI-X exist as kinds, but we have none of them */
	if (info.argsz < minsz || info.index > VFIO_PCI_MSIX_IRQ_INDEX)
		return -EINVAL;

	info.flags = 0;
	info.count = 0;
	return copy_to_user((void __user *)arg, &info, minsz) ? -EFAULT : 0;
}

static long device_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct mdevlab_device *device = to_device(vdev);

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return device_get_info(arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return device_get_region_info(arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return device_get_irq_info(arg);
	case VFIO_DEVICE_SET_IRQS:
		return -EINVAL;
	case VFIO_DEVICE_RESET:
		mutex_lock(&device->lock);
		mdevlab_device_reset_regs(device);
		mdevlab_migration_reset(device);
		mutex_unlock(&device->lock);
		return 0;
	default:
		return -ENOTTY;
	}
}

static int device_open(struct vfio_device *vdev)
{
	struct mdevlab_device *device = to_device(vdev);
	struct mdevlab_parent *parent = device->type->parent;

	/* from here on what attributes set stays as it is */
	mutex_lock(&parent->lock);
	device->is_open = true;
	mutex_unlock(&parent->lock);

	mutex_lock(&device->lock);
	mdevlab_device_reset_regs(device);
	mdevlab_migration_reset(device);
	mutex_unlock(&device->lock);
	return 0;
}

static void device_close(struct vfio_device *vdev)
{
	struct mdevlab_device *device = to_device(vdev);
	struct mdevlab_parent *parent = device->type->parent;

	mutex_lock(&device->lock);
	mdevlab_migration_reset(device);
	mutex_unlock(&device->lock);

	mutex_lock(&parent->lock);
	device->is_open = false;
	mutex_unlock(&parent->lock);
}

/* Takes the instance's units out of the pool; device_release() gives them back */
static int device_init(struct vfio_device *vdev)
{
	struct mdevlab_device *device = to_device(vdev);
	struct mdevlab_type *type = to_mdevlab_type(to_mdev_device(vdev->dev)->type);
	struct mdevlab_parent *parent = type->parent;
	unsigned int units = type->units * parent->config.aggregator[0];
	int ret = 0;

	mutex_lock(&parent->lock);
	if (units > parent->free_units)
		ret = -ENOSPC;
	else
		parent->free_units -= units;
	mutex_unlock(&parent->lock);
	if (ret)
		return ret;

	kref_get(&parent->kref);
	mutex_init(&device->lock);
	device->type = type;
	device->aggregator = parent->config.aggregator[0];
	device->fps = MDEVLAB_FPS_DEFAULT;
	mdevlab_parameters_init(device);
	mdevlab_versions_init(device);
	device->mig_state = VFIO_DEVICE_STATE_RUNNING;
	vdev->migration_flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
				VFIO_MIGRATION_PRE_COPY;
	vdev->mig_ops = &mdevlab_migration_ops;
	return 0;
}

static void device_release(struct vfio_device *vdev)
{
	struct mdevlab_device *device = to_device(vdev);
	struct mdevlab_parent *parent = device->type->parent;

	mutex_lock(&parent->lock);
	parent->free_units += device->type->units * device->aggregator;
	mutex_unlock(&parent->lock);
	mutex_destroy(&device->lock);
	mdevlab_parent_put(parent);
}

static const struct vfio_device_ops device_ops = {
	.name = "mdevlab",
	.init = device_init,
	.release = device_release,
	.open_device = device_open,
	.close_device = device_close,
	.read = device_read,
	.write = device_write,
	.ioctl = device_ioctl,
	.bind_iommufd = vfio_iommufd_emulated_bind,
	.unbind_iommufd = vfio_iommufd_emulated_unbind,
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
};

static int mdevlab_mdev_probe(struct mdev_device *mdev)
{
	struct mdevlab_parent *parent = to_mdevlab_type(mdev->type)->parent;
	struct mdevlab_device *device;
	int ret;

	ret = mdevlab_fail_create(parent->index);
	if (ret)
		return ret;

	device = vfio_alloc_device(mdevlab_device, vdev, &mdev->dev, &device_ops);
	if (IS_ERR(device))
		return PTR_ERR(device);

	/* the instance attributes appear right after a successful probe */
	dev_set_drvdata(&mdev->dev, device);
	ret = vfio_register_emulated_iommu_dev(&device->vdev);
	if (ret)
		goto err_put;

	/* which files there are depends on the parent: no static group can do it */
	if (parent->nr_migration) {
		ret = sysfs_create_group(&mdev->dev.kobj, &parent->migration_group);
		if (ret)
			goto err_unregister;
	}
	return 0;

err_unregister:
	vfio_unregister_group_dev(&device->vdev);
err_put:
	vfio_put_device(&device->vdev);
	return ret;
}

static void mdevlab_mdev_remove(struct mdev_device *mdev)
{
	struct mdevlab_device *device = dev_get_drvdata(&mdev->dev);
	struct mdevlab_parent *parent = device->type->parent;

	while (mdevlab_block_remove(parent->index))
		msleep(50);
	if (parent->nr_migration)
		sysfs_remove_group(&mdev->dev.kobj, &parent->migration_group);
	vfio_unregister_group_dev(&device->vdev);
	vfio_put_device(&device->vdev);
}

static const struct attribute_group *device_groups[] = {
	&mdevlab_attributes_group,
	&mdevlab_attributes_lab_group,
	&mdevlab_description_group,
	&mdevlab_token_group,
	NULL
};

#define MDEV_DRIVER(_name, _device_api)			\
struct mdev_driver mdevlab_##_name##_driver = {		\
	.device_api = _device_api,			\
	.probe = mdevlab_mdev_probe,			\
	.remove = mdevlab_mdev_remove,			\
	.get_available = mdevlab_get_available,		\
	.driver = {					\
		.name = "mdevlab_" #_name,		\
		.owner = THIS_MODULE,			\
		.mod_name = KBUILD_MODNAME,		\
		.dev_groups = device_groups,		\
	},						\
}

/* The mdev core takes the device API of a type from the driver of its instances */
MDEV_DRIVER(mdev, VFIO_DEVICE_API_PCI_STRING);
MDEV_DRIVER(mdev_ccw, VFIO_DEVICE_API_CCW_STRING);
