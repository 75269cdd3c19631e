// SPDX-License-Identifier: GPL-2.0
/*
 * mdevlab: the interface "versions"
 *
 * In the type's directory migration_device_models; in the instance's directory
 * migration/device_model and migration/version, which can be written until a
 * guest uses the device. Writing the former resets the latter.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "mdevlab.h"

/* MODEL=VERSION[|VERSION]... */
int mdevlab_model_parse(struct mdevlab_model *model, const char *item, size_t len)
{
	const char *end = item + len;
	const char *equals = memchr(item, '=', len);
	const char *list, *version;

	if (!equals || equals == item ||
	    mdevlab_copy(model->name, sizeof(model->name), item, equals - item) ||
	    mdevlab_copy(model->versions, sizeof(model->versions), equals + 1, end - equals - 1))
		return -EINVAL;

	model->nr_versions = 0;
	list = model->versions;
	while (mdevlab_split(&list, '|', &version, &len))
		model->nr_versions++;
	return model->nr_versions ? 0 : -EINVAL;
}

static void version_at(const struct mdevlab_model *model, unsigned int index,
		       const char **version, size_t *len)
{
	const char *list = model->versions;

	while (mdevlab_split(&list, '|', version, len) && index--)
		;
}

/* in the type's directory */

static void emit_models(struct mdevlab_type *type, struct seq_buf *out)
{
	const struct mdevlab_config *config = &type->parent->config;
	unsigned int i;

	for (i = 0; i < config->nr_models; i++) {
		const char *list = config->models[i].versions;
		const char *version;
		size_t len;

		mdevlab_expand(out, type, config->models[i].name);
		seq_buf_puts(out, ":\n");
		while (mdevlab_split(&list, '|', &version, &len))
			seq_buf_printf(out, "%.*s\n", (int)len, version);
	}
}

MDEVLAB_TYPE_ATTRIBUTE(type_models, "migration_device_models", 0444, emit_models, NULL);

int mdevlab_versions_add_type(struct mdevlab_type *type)
{
	return sysfs_create_file(&type->type.kobj, &type_models.attr);
}

/* in the instance's directory */

static void emit_device_model(struct mdevlab_device *device, unsigned int index,
			      struct seq_buf *out)
{
	const struct mdevlab_config *config = &device->type->parent->config;

	mdevlab_expand(out, device->type, config->models[device->model].name);
	seq_buf_putc(out, '\n');
}

static ssize_t device_model_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return mdevlab_device_show(dev, attr, buf, emit_device_model, 0);
}

static ssize_t device_model_store(struct device *dev, struct device_attribute *attr,
				  const char *buf, size_t count)
{
	struct mdevlab_device *device = dev_get_drvdata(dev);
	struct mdevlab_parent *parent = device->type->parent;
	const struct mdevlab_config *config = &parent->config;
	size_t len = mdevlab_line_len(buf, count);
	unsigned int i;
	int ret;

	ret = mdevlab_write_fault(parent, attr->attr.name, buf, count);
	if (ret)
		return ret;

	for (i = 0; i < config->nr_models; i++) {
		char name[MDEVLAB_MODEL_LEN + MDEVLAB_TYPE_LEN];
		struct seq_buf out;

		seq_buf_init(&out, name, sizeof(name));
		mdevlab_expand(&out, device->type, config->models[i].name);
		if (seq_buf_used(&out) == len && !strncmp(name, buf, len))
			break;
	}
	if (i == config->nr_models)
		return -EINVAL;
	if (mdevlab_clamp_write(parent->index))
		i = 0;

	mutex_lock(&parent->lock);
	if (device->is_open) {
		ret = -EBUSY;
	} else {
		device->model = i;
		device->version = config->models[i].nr_versions - 1;
	}
	mutex_unlock(&parent->lock);
	return ret ?: count;
}
static DEVICE_ATTR_RW(device_model);

static void emit_version(struct mdevlab_device *device, unsigned int index, struct seq_buf *out)
{
	const struct mdevlab_config *config = &device->type->parent->config;
	const char *version;
	size_t len;

	version_at(&config->models[device->model], device->version, &version, &len);
	seq_buf_printf(out, "%.*s\n", (int)len, version);
}

static ssize_t version_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return mdevlab_device_show(dev, attr, buf, emit_version, 0);
}

static ssize_t version_store(struct device *dev, struct device_attribute *attr, const char *buf,
			     size_t count)
{
	struct mdevlab_device *device = dev_get_drvdata(dev);
	struct mdevlab_parent *parent = device->type->parent;
	const struct mdevlab_model *model;
	size_t len = mdevlab_line_len(buf, count);
	unsigned int i = 0;
	const char *list, *version;
	size_t version_len;
	int ret;

	ret = mdevlab_write_fault(parent, attr->attr.name, buf, count);
	if (ret)
		return ret;

	mutex_lock(&parent->lock);
	model = &parent->config.models[device->model];
	list = model->versions;
	while (mdevlab_split(&list, '|', &version, &version_len) &&
	       (version_len != len || strncmp(version, buf, len)))
		i++;
	if (i == model->nr_versions)
		ret = -EINVAL;
	else if (device->is_open)
		ret = -EBUSY;
	else if (mdevlab_clamp_write(parent->index))
		device->version = model->nr_versions - 1;
	else
		device->version = i;
	mutex_unlock(&parent->lock);
	return ret ?: count;
}
static DEVICE_ATTR_RW(version);

void mdevlab_versions_add_attributes(struct mdevlab_parent *parent)
{
	parent->migration_list[parent->nr_migration++] = &dev_attr_device_model.attr;
	parent->migration_list[parent->nr_migration++] = &dev_attr_version.attr;
}

void mdevlab_versions_init(struct mdevlab_device *device)
{
	device->model = 0;
	device->version = device->type->parent->config.models[0].nr_versions - 1;
}

/* Model and version; empty if the interface is not published */
void mdevlab_versions_identity(struct mdevlab_device *device, struct seq_buf *out)
{
	const struct mdevlab_config *config = &device->type->parent->config;
	const char *version;
	size_t len;

	if (!(config->publish & MDEVLAB_PUBLISH_VERSIONS))
		return;

	mdevlab_expand(out, device->type, config->models[device->model].name);
	version_at(&config->models[device->model], device->version, &version, &len);
	seq_buf_printf(out, " %.*s", (int)len, version);
}
