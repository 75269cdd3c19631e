// SPDX-License-Identifier: GPL-2.0
/*
 * mdevlab: the interface "token"
 *
 * The file migration_version, in the type's directory, the instance's, or both.
 * Reading gives a token; writing tells whether the source that has this token
 * could come here. To all but this driver a token is opaque:
 *
 *	TYPE-MAJOR.MINOR		of a type
 *	TYPE-MAJOR.MINOR-AGGREGATOR	of an instance
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "mdevlab.h"

static bool offers_aggregator(const struct mdevlab_config *config, u32 value)
{
	unsigned int i;

	for (i = 0; i < config->nr_aggregator; i++) {
		if (config->aggregator[i] == value)
			return true;
	}
	return false;
}

/* Does a source with this token fit? The aggregator is 0 for a type, which can have any. */
static int test_token(struct mdevlab_type *type, u32 aggregator, const char *buf, size_t count)
{
	const struct mdevlab_config *config = &type->parent->config;
	size_t len = mdevlab_line_len(buf, count);
	size_t id_len = strlen(type->id);
	unsigned int major, minor, value = 0;
	char text[2 * MDEVLAB_ID_LEN];
	int used = 0, fields;

	if (config->refuse_token & (aggregator ? MDEVLAB_AT_DEVICE : MDEVLAB_AT_TYPE))
		goto refused;
	if (mdevlab_copy(text, sizeof(text), buf, len))
		goto refused;
	if (config->token) {
		if (strcmp(text, config->token))
			goto refused;
		return 0;
	}

	if (strncmp(text, type->id, id_len) || text[id_len] != '-')
		goto refused;
	fields = sscanf(text + id_len + 1, "%u.%u%n-%u%n", &major, &minor, &used, &value, &used);
	if (fields < 2 || text[id_len + 1 + used])
		goto refused;
	if (major != config->version[0] || minor > config->version[1])
		goto refused;
	if (fields == 3 && (aggregator ? value != aggregator : !offers_aggregator(config, value)))
		goto refused;
	return 0;

refused:
	pr_info("mdevlab: token refused by %s of %s: %.*s\n", aggregator ? "an instance" : "the type",
		type->id, (int)min(len, 200UL), buf);
	return -EINVAL;
}

/* in the type's directory */

static void emit_type_token(struct mdevlab_type *type, struct seq_buf *out)
{
	const struct mdevlab_config *config = &type->parent->config;

	if (config->token)
		seq_buf_printf(out, "%s\n", config->token);
	else
		seq_buf_printf(out, "%s-%u.%u\n", type->id, config->version[0], config->version[1]);
}

static ssize_t type_token_store(struct mdev_type *mtype, struct mdevlab_type_attribute *attr,
				const char *buf, size_t count)
{
	return test_token(to_mdevlab_type(mtype), 0, buf, count) ?: count;
}

MDEVLAB_TYPE_ATTRIBUTE(type_token, "migration_version", 0644, emit_type_token, type_token_store);

int mdevlab_token_add_type(struct mdevlab_type *type)
{
	if (!(type->parent->config.token_at & MDEVLAB_AT_TYPE))
		return 0;
	return sysfs_create_file(&type->type.kobj, &type_token.attr);
}

/* in the instance's directory */

static void emit_device_token(struct mdevlab_device *device, unsigned int index,
			      struct seq_buf *out)
{
	const struct mdevlab_config *config = &device->type->parent->config;

	if (config->token)
		seq_buf_printf(out, "%s\n", config->token);
	else
		seq_buf_printf(out, "%s-%u.%u-%u\n", device->type->id, config->version[0],
			       config->version[1], device->aggregator);
}

static ssize_t migration_version_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return mdevlab_device_show(dev, attr, buf, emit_device_token, 0);
}

static ssize_t migration_version_store(struct device *dev, struct device_attribute *attr,
				       const char *buf, size_t count)
{
	struct mdevlab_device *device = dev_get_drvdata(dev);
	struct mdevlab_parent *parent = device->type->parent;
	int ret;

	mutex_lock(&parent->lock);
	ret = test_token(device->type, device->aggregator, buf, count);
	mutex_unlock(&parent->lock);
	return ret ?: count;
}
static DEVICE_ATTR_RW(migration_version);

static bool token_group_visible(struct kobject *kobj)
{
	struct mdevlab_device *device = dev_get_drvdata(kobj_to_dev(kobj));
	const struct mdevlab_config *config = &device->type->parent->config;

	return (config->publish & MDEVLAB_PUBLISH_TOKEN) && (config->token_at & MDEVLAB_AT_DEVICE);
}
DEFINE_SIMPLE_SYSFS_GROUP_VISIBLE(token);

static struct attribute *token_attrs[] = {
	&dev_attr_migration_version.attr,
	NULL
};

const struct attribute_group mdevlab_token_group = {
	.attrs = token_attrs,
	.is_visible = SYSFS_GROUP_VISIBLE(token),
};
