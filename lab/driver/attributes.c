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

/*
 * Attributes can be added to a type's directory only behind the mdev core's
 * back. Its sysfs_ops cast each attribute to a private structure, whose layout
 * the first three members have to follow: struct mdev_type_attribute in
 * drivers/vfio/mdev/mdev_sysfs.c.
 */
struct type_attribute {
	struct attribute attr;
	ssize_t (*show)(struct mdev_type *mtype, struct type_attribute *attr, char *buf);
	ssize_t (*store)(struct mdev_type *mtype, struct type_attribute *attr,
			 const char *buf, size_t count);
	ssize_t (*emit)(struct mdevlab_type *type, char *buf);
};

/* Is name in the list? With separator, items are NAME SEPARATOR TEXT. */
static bool list_has(const char *list, const char *name, char separator, const char **text,
		     size_t *text_len)
{
	size_t name_len = strlen(name);
	const char *item;
	size_t len;

	while (mdevlab_list_next(&list, &item, &len)) {
		if (len < name_len || strncmp(item, name, name_len))
			continue;
		if (!separator && len == name_len)
			return true;
		if (separator && len > name_len && item[name_len] == separator) {
			*text = item + name_len + 1;
			*text_len = len - name_len - 1;
			return true;
		}
	}
	return false;
}

/* If the parent is to fail at this attribute: what its show() returns */
static bool read_fault(const struct mdevlab_config *config, const char *name, char *buf,
		       ssize_t *ret)
{
	/* control characters, NUL, invalid UTF-8, markup */
	static const char binary[] = "1\x01\x1b[2J\0<&'\">\xff\xc0\xaf\n";
	const char *kind;
	size_t len;

	if (list_has(config->fail_read, "all", 0, NULL, NULL) ||
	    list_has(config->fail_read, name, 0, NULL, NULL)) {
		*ret = -EIO;
		return true;
	}

	if (!list_has(config->hostile, name, '/', &kind, &len))
		return false;

	if (!strncmp(kind, "binary", len)) {
		memcpy(buf, binary, sizeof(binary) - 1);
		*ret = sizeof(binary) - 1;
	} else if (!strncmp(kind, "long", len)) {
		/* the most that sysfs takes from a show() */
		memset(buf, 'A', PAGE_SIZE - 1);
		*ret = PAGE_SIZE - 1;
	} else {
		*ret = 0;
	}
	return true;
}

/* type attributes */

static ssize_t emit_list(char *buf, const char *list, const char *separator)
{
	ssize_t at = 0;
	const char *item;
	size_t len;

	while (mdevlab_list_next(&list, &item, &len))
		at += sysfs_emit_at(buf, at, "%s%.*s", at ? separator : "", (int)len, item);
	return at + sysfs_emit_at(buf, at, "\n");
}

static ssize_t emit_software_version(struct mdevlab_type *type, char *buf)
{
	return sysfs_emit(buf, "%s\n", type->parent->config.software_version);
}

static ssize_t emit_compatible_type(struct mdevlab_type *type, char *buf)
{
	const char *list = type->parent->config.compatible_type;

	return emit_list(buf, *list ? list : type->id, ", ");
}

static ssize_t emit_compatible_pci_ids(struct mdevlab_type *type, char *buf)
{
	return emit_list(buf, type->parent->config.pci_ids, ", ");
}

static ssize_t emit_compatible_formats(struct mdevlab_type *type, char *buf)
{
	return emit_list(buf, type->parent->config.formats, ",");
}

static ssize_t emit_dynamic_resources(struct mdevlab_type *type, char *buf)
{
	return emit_list(buf, type->parent->config.dynamic_resources, ",");
}

static ssize_t type_attribute_show(struct mdev_type *mtype, struct type_attribute *attr, char *buf)
{
	struct mdevlab_type *type = to_mdevlab_type(mtype);
	ssize_t ret;

	if (read_fault(&type->parent->config, attr->attr.name, buf, &ret))
		return ret;
	return attr->emit(type, buf);
}

#define TYPE_ATTRIBUTE(_name)						\
static struct type_attribute type_attribute_##_name = {			\
	.attr = { .name = __stringify(_name), .mode = 0444 },		\
	.show = type_attribute_show,					\
	.emit = emit_##_name,						\
}

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

static ssize_t aggregator_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mdevlab_device *device = dev_get_drvdata(dev);
	struct mdevlab_parent *parent = device->type->parent;
	ssize_t ret;

	if (read_fault(&parent->config, attr->attr.name, buf, &ret))
		return ret;

	mutex_lock(&parent->lock);
	ret = sysfs_emit(buf, "%u\n", device->aggregator);
	mutex_unlock(&parent->lock);
	return ret;
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

	ret = mdevlab_fail_write(parent->index);
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

static ssize_t fps_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mdevlab_device *device = dev_get_drvdata(dev);
	struct mdevlab_parent *parent = device->type->parent;
	ssize_t ret;

	if (read_fault(&parent->config, attr->attr.name, buf, &ret))
		return ret;

	mutex_lock(&parent->lock);
	ret = sysfs_emit(buf, "%u\n", device->fps);
	mutex_unlock(&parent->lock);
	return ret;
}

static ssize_t fps_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t count)
{
	struct mdevlab_device *device = dev_get_drvdata(dev);
	struct mdevlab_parent *parent = device->type->parent;
	u32 value;
	int ret;

	ret = mdevlab_fail_write(parent->index);
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

static bool attributes_group_visible(struct kobject *kobj)
{
	struct mdevlab_device *device = dev_get_drvdata(kobj_to_dev(kobj));

	return device->type->parent->config.publish & MDEVLAB_PUBLISH_ATTRIBUTES;
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

static struct attribute *attributes_lab_attrs[] = {
	&dev_attr_fps.attr,
	NULL
};

const struct attribute_group mdevlab_attributes_lab_group = {
	.name = "lab",
	.attrs = attributes_lab_attrs,
	.is_visible = SYSFS_GROUP_VISIBLE(attributes),
};
