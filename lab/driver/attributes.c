// SPDX-License-Identifier: GPL-2.0
/*
 * mdevlab: the interface "attributes"
 *
 * In the type's directory:
 *   software_version, compatible_type, compatible_pci_ids, compatible_formats,
 *   dynamic_resources
 * In the instance's directory, named by dynamic_resources:
 *   aggregator	how many times the type's units the instance holds
 *   lab/fps	a value that takes no resources
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "mdevlab.h"

#define FPS_MAX	240

/* type attributes */

static void emit_list(struct seq_buf *out, const char *list, const char *separator)
{
	const char *item;
	size_t len;

	while (mdevlab_list_next(&list, &item, &len))
		seq_buf_printf(out, "%s%.*s", seq_buf_used(out) ? separator : "", (int)len, item);
	seq_buf_puts(out, "\n");
}

static void emit_software_version(struct mdevlab_type *type, struct seq_buf *out)
{
	seq_buf_printf(out, "%s\n", type->parent->config.software_version);
}

static void emit_compatible_type(struct mdevlab_type *type, struct seq_buf *out)
{
	const char *list = type->parent->config.compatible_type;

	emit_list(out, *list ? list : type->id, ", ");
}

static void emit_compatible_pci_ids(struct mdevlab_type *type, struct seq_buf *out)
{
	emit_list(out, type->parent->config.pci_ids, ", ");
}

static void emit_compatible_formats(struct mdevlab_type *type, struct seq_buf *out)
{
	emit_list(out, type->parent->config.formats, ",");
}

static void emit_dynamic_resources(struct mdevlab_type *type, struct seq_buf *out)
{
	emit_list(out, type->parent->config.dynamic_resources, ",");
}

#define TYPE_ATTRIBUTE(_name)							\
	MDEVLAB_TYPE_ATTRIBUTE(type_attribute_##_name, __stringify(_name), 0444,	\
			       emit_##_name, NULL)

TYPE_ATTRIBUTE(software_version);
TYPE_ATTRIBUTE(compatible_type);
TYPE_ATTRIBUTE(compatible_pci_ids);
TYPE_ATTRIBUTE(compatible_formats);
TYPE_ATTRIBUTE(dynamic_resources);

static const struct attribute *type_attributes[] = {
	&type_attribute_software_version.attr,
	&type_attribute_compatible_type.attr,
	&type_attribute_compatible_pci_ids.attr,
	&type_attribute_compatible_formats.attr,
	&type_attribute_dynamic_resources.attr,
	NULL
};

/* The files go away together with the type's directory */
int mdevlab_attributes_add_type(struct mdevlab_type *type)
{
	return sysfs_create_files(&type->type.kobj, type_attributes);
}

/* instance attributes */

static void emit_aggregator(struct mdevlab_device *device, unsigned int index, struct seq_buf *out)
{
	seq_buf_printf(out, "%u\n", device->aggregator);
}

static ssize_t aggregator_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return mdevlab_device_show(dev, attr, buf, emit_aggregator, 0);
}

static ssize_t aggregator_store(struct device *dev, struct device_attribute *attr,
				const char *buf, size_t count)
{
	struct mdevlab_device *device = dev_get_drvdata(dev);
	struct mdevlab_parent *parent = device->type->parent;
	const struct mdevlab_config *config = &parent->config;
	unsigned int held, wanted, i;
	u32 value;
	int ret;

	ret = mdevlab_write_fault(parent, attr->attr.name, buf, count);
	if (ret)
		return ret;
	ret = kstrtou32(buf, 10, &value);
	if (ret)
		return ret;

	for (i = 0; i < config->nr_aggregator && config->aggregator[i] != value; i++)
		;
	if (i == config->nr_aggregator)
		return -EINVAL;
	if (mdevlab_clamp_write(parent->index))
		value = config->aggregator[0];

	mutex_lock(&parent->lock);
	held = device->type->units * device->aggregator;
	wanted = device->type->units * value;
	if (device->is_open) {
		ret = -EBUSY;
	} else if (wanted > parent->free_units + held) {
		ret = -ENOSPC;
	} else {
		parent->free_units += held;
		parent->free_units -= wanted;
		device->aggregator = value;
	}
	mutex_unlock(&parent->lock);
	return ret ?: count;
}
static DEVICE_ATTR_RW(aggregator);

static void emit_fps(struct mdevlab_device *device, unsigned int index, struct seq_buf *out)
{
	seq_buf_printf(out, "%u\n", device->fps);
}

static ssize_t fps_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return mdevlab_device_show(dev, attr, buf, emit_fps, 0);
}

static ssize_t fps_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t count)
{
	struct mdevlab_device *device = dev_get_drvdata(dev);
	struct mdevlab_parent *parent = device->type->parent;
	u32 value;
	int ret;

	ret = mdevlab_write_fault(parent, attr->attr.name, buf, count);
	if (ret)
		return ret;
	ret = kstrtou32(buf, 10, &value);
	if (ret)
		return ret;
	if (!value || value > FPS_MAX)
		return -EINVAL;
	if (mdevlab_clamp_write(parent->index))
		value = MDEVLAB_FPS_DEFAULT;

	mutex_lock(&parent->lock);
	if (device->is_open)
		ret = -EBUSY;
	else
		device->fps = value;
	mutex_unlock(&parent->lock);
	return ret ?: count;
}
static DEVICE_ATTR_RW(fps);

static unsigned int published(struct kobject *kobj)
{
	struct mdevlab_device *device = dev_get_drvdata(kobj_to_dev(kobj));

	return device->type->parent->config.publish;
}

/* a description names the aggregator, too */
static bool attributes_group_visible(struct kobject *kobj)
{
	return published(kobj) & (MDEVLAB_PUBLISH_ATTRIBUTES | MDEVLAB_PUBLISH_DESCRIPTION);
}
DEFINE_SIMPLE_SYSFS_GROUP_VISIBLE(attributes);

static struct attribute *attributes_attrs[] = {
	&dev_attr_aggregator.attr,
	NULL
};

const struct attribute_group mdevlab_attributes_group = {
	.attrs = attributes_attrs,
	.is_visible = SYSFS_GROUP_VISIBLE(attributes),
};

static bool attributes_lab_group_visible(struct kobject *kobj)
{
	return published(kobj) & MDEVLAB_PUBLISH_ATTRIBUTES;
}
DEFINE_SIMPLE_SYSFS_GROUP_VISIBLE(attributes_lab);

static struct attribute *attributes_lab_attrs[] = {
	&dev_attr_fps.attr,
	NULL
};

const struct attribute_group mdevlab_attributes_lab_group = {
	.name = "lab",
	.attrs = attributes_lab_attrs,
	.is_visible = SYSFS_GROUP_VISIBLE(attributes_lab),
};
