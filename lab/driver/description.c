// SPDX-License-Identifier: GPL-2.0
/*
 * mdevlab: the interface "description"
 *
 * The file migration_description, in the type's directory, the instance's, or
 * both. Either an object with "self" and "compatible", or an array of what
 * would be in these.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "mdevlab.h"

static void emit_common(struct mdevlab_type *type, struct seq_buf *out)
{
	const struct mdevlab_config *config = &type->parent->config;

	seq_buf_printf(out, "\"device_api\": \"%s\", \"vendor\": \"mdevlab\"",
		       config->driver->device_api);
	if (!strcmp(config->driver->device_api, VFIO_DEVICE_API_PCI_STRING))
		seq_buf_printf(out, ", \"vfio-pci\": {\"vendor\": %u, \"device\": %u}",
			       MDEVLAB_GUEST_VENDOR, MDEVLAB_GUEST_DEVICE);
}

/* Without a choice there is no attribute to set */
static void emit_self(struct mdevlab_type *type, u32 aggregator, struct seq_buf *out)
{
	const struct mdevlab_config *config = &type->parent->config;

	seq_buf_putc(out, '{');
	emit_common(type, out);
	seq_buf_printf(out, ", \"version\": {\"major\": %u, \"minor\": %u}",
		       config->version[0], config->version[1]);
	seq_buf_puts(out, ", \"mdev_type\": ");
	mdevlab_json_string(out, type->id);
	if (config->nr_aggregator > 1)
		seq_buf_printf(out, ", \"mdev_attrs\": [{\"aggregator\": \"%u\"}]", aggregator);
	seq_buf_putc(out, '}');
}

/* NAME=MIN-MAX or NAME=VALUE[|VALUE]... */
static void emit_variable(struct seq_buf *out, const char *text)
{
	const char *list = strchr(text, '=');
	char name[MDEVLAB_VALUE_LEN] = "";
	char value[MDEVLAB_VALUE_LEN];
	const char *separator = "";
	unsigned int min, max;
	const char *item;
	size_t len;

	if (!list || mdevlab_copy(name, sizeof(name), text, list - text))
		return;
	mdevlab_json_string(out, name);
	list++;
	if (sscanf(list, "%u-%u", &min, &max) == 2) {
		seq_buf_printf(out, ": {\"min\": %u, \"max\": %u}, ", min, max);
		return;
	}
	seq_buf_puts(out, ": [");
	while (mdevlab_split(&list, '|', &item, &len)) {
		if (mdevlab_copy(value, sizeof(value), item, len))
			continue;
		seq_buf_puts(out, separator);
		mdevlab_json_string(out, value);
		separator = ", ";
	}
	seq_buf_puts(out, "], ");
}

/* One item of the parameter "accepts": TYPE/AGGREGATOR/VARIABLE */
static void emit_accepts(struct mdevlab_type *type, const char *item, size_t len,
			 struct seq_buf *out)
{
	const struct mdevlab_config *config = &type->parent->config;
	char text[2 * MDEVLAB_MODEL_LEN];
	char expanded[2 * MDEVLAB_MODEL_LEN];
	char *aggregator, *variable;
	struct seq_buf name;

	if (mdevlab_copy(text, sizeof(text), item, len))
		return;
	variable = strrchr(text, '/');
	aggregator = strchr(text, '/');
	if (!variable || variable == aggregator)
		return;
	*aggregator++ = '\0';
	*variable++ = '\0';

	seq_buf_puts(out, "{\"variables\": {");
	emit_variable(out, variable);
	/* older minor versions can come here, too */
	seq_buf_printf(out, "\"minor\": {\"min\": 0, \"max\": %u}}, ", config->version[1]);
	emit_common(type, out);
	seq_buf_printf(out, ", \"version\": {\"major\": %u, \"minor\": \"${minor}\"}",
		       config->version[0]);

	seq_buf_init(&name, expanded, sizeof(expanded));
	mdevlab_expand(&name, type, text);
	seq_buf_puts(out, ", \"mdev_type\": ");
	mdevlab_json_string(out, seq_buf_str(&name));
	if (*aggregator) {
		seq_buf_puts(out, ", \"mdev_attrs\": [{\"aggregator\": ");
		mdevlab_json_string(out, aggregator);
		seq_buf_puts(out, "}]");
	}
	seq_buf_putc(out, '}');
}

static void emit_document(struct mdevlab_type *type, u32 aggregator, struct seq_buf *out)
{
	const struct mdevlab_config *config = &type->parent->config;
	const char *list = config->accepts;
	bool is_array = config->description_is_array;
	bool first = !is_array;
	const char *item;
	size_t len;

	seq_buf_puts(out, is_array ? "[" : "{\"self\": ");
	emit_self(type, aggregator, out);
	if (!is_array)
		seq_buf_puts(out, ",\n \"compatible\": [");
	while (mdevlab_list_next(&list, &item, &len)) {
		seq_buf_puts(out, first ? "" : ",\n");
		first = false;
		emit_accepts(type, item, len, out);
	}
	seq_buf_puts(out, is_array ? "]\n" : "]}\n");
}

static void emit_type_description(struct mdevlab_type *type, struct seq_buf *out)
{
	emit_document(type, type->parent->config.aggregator[0], out);
}

MDEVLAB_TYPE_ATTRIBUTE(type_description, "migration_description", 0444, emit_type_description,
		       NULL);

int mdevlab_description_add_type(struct mdevlab_type *type)
{
	if (!(type->parent->config.description_at & MDEVLAB_AT_TYPE))
		return 0;
	return sysfs_create_file(&type->type.kobj, &type_description.attr);
}

static void emit_device_description(struct mdevlab_device *device, unsigned int index,
				    struct seq_buf *out)
{
	emit_document(device->type, device->aggregator, out);
}

static ssize_t migration_description_show(struct device *dev, struct device_attribute *attr,
					  char *buf)
{
	return mdevlab_device_show(dev, attr, buf, emit_device_description, 0);
}
static DEVICE_ATTR_RO(migration_description);

static bool description_group_visible(struct kobject *kobj)
{
	struct mdevlab_device *device = dev_get_drvdata(kobj_to_dev(kobj));
	const struct mdevlab_config *config = &device->type->parent->config;

	return (config->publish & MDEVLAB_PUBLISH_DESCRIPTION) &&
	       (config->description_at & MDEVLAB_AT_DEVICE);
}
DEFINE_SIMPLE_SYSFS_GROUP_VISIBLE(description);

static struct attribute *description_attrs[] = {
	&dev_attr_migration_description.attr,
	NULL
};

const struct attribute_group mdevlab_description_group = {
	.attrs = description_attrs,
	.is_visible = SYSFS_GROUP_VISIBLE(description),
};
