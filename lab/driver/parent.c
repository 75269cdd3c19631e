// SPDX-License-Identifier: GPL-2.0
/*
 * mdevlab: parents, their types, and the pool of units
 */
#include <linux/device.h>
#include <linux/idr.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "mdevlab.h"

static DEFINE_IDA(parent_ida);

static void parent_release(struct kref *kref)
{
	kfree(container_of(kref, struct mdevlab_parent, kref));
}

void mdevlab_parent_put(struct mdevlab_parent *parent)
{
	kref_put(&parent->kref, parent_release);
}

unsigned int mdevlab_get_available(struct mdev_type *mtype)
{
	struct mdevlab_type *type = to_mdevlab_type(mtype);
	struct mdevlab_parent *parent = type->parent;
	unsigned int available;

	mutex_lock(&parent->lock);
	available = parent->free_units / (type->units * parent->config.aggregator[0]);
	mutex_unlock(&parent->lock);
	return available;
}

/* One item of the parameter "types": NAME/UNITS */
static int parent_add_type(struct mdevlab_parent *parent, const char *item, size_t len)
{
	struct mdevlab_type *type;
	const char *slash = memchr(item, '/', len);
	size_t name_len = slash ? slash - item : 0;
	char units[8];

	if (parent->nr_types == MDEVLAB_MAX_TYPES || !name_len ||
	    name_len >= sizeof(type->name) || len - name_len > sizeof(units))
		return -EINVAL;

	type = &parent->types[parent->nr_types];
	memcpy(units, slash + 1, len - name_len - 1);
	units[len - name_len - 1] = '\0';
	if (kstrtouint(units, 10, &type->units) || !type->units || type->units > U16_MAX)
		return -EINVAL;

	snprintf(type->name, sizeof(type->name), "%.*s", (int)name_len, item);
	snprintf(type->pretty_name, sizeof(type->pretty_name), "mdevlab %.*s",
		 (int)name_len, item);
	/* as the mdev core names the type's directory */
	snprintf(type->id, sizeof(type->id), "%s-%.*s", dev_driver_string(parent->dev),
		 (int)name_len, item);
	type->parent = parent;
	type->type.sysfs_name = type->name;
	type->type.pretty_name = type->pretty_name;
	parent->type_list[parent->nr_types++] = &type->type;
	return 0;
}

static int parent_add_types(struct mdevlab_parent *parent)
{
	const char *list = parent->config.types;
	const char *item;
	size_t len;
	int ret;

	while (mdevlab_list_next(&list, &item, &len)) {
		ret = parent_add_type(parent, item, len);
		if (ret) {
			dev_err(parent->dev, "types: bad item '%.*s'\n", (int)len, item);
			return ret;
		}
	}
	return 0;
}

/* What instances have in their directory "migration" */
static void parent_add_migration(struct mdevlab_parent *parent)
{
	if (parent->config.publish & MDEVLAB_PUBLISH_PARAMETERS)
		mdevlab_parameters_add_attributes(parent);
	if (parent->config.publish & MDEVLAB_PUBLISH_VERSIONS)
		mdevlab_versions_add_attributes(parent);
	parent->migration_group.name = "migration";
	parent->migration_group.attrs = parent->migration_list;
}

static int parent_publish(struct mdevlab_parent *parent)
{
	static const struct {
		unsigned int bit;
		int (*add_type)(struct mdevlab_type *type);
	} interfaces[] = {
		{ MDEVLAB_PUBLISH_ATTRIBUTES, mdevlab_attributes_add_type },
		{ MDEVLAB_PUBLISH_PARAMETERS, mdevlab_parameters_add_type },
		{ MDEVLAB_PUBLISH_VERSIONS, mdevlab_versions_add_type },
		{ MDEVLAB_PUBLISH_DESCRIPTION, mdevlab_description_add_type },
		{ MDEVLAB_PUBLISH_TOKEN, mdevlab_token_add_type },
	};
	unsigned int i, j;
	int ret;

	for (i = 0; i < parent->nr_types; i++) {
		for (j = 0; j < ARRAY_SIZE(interfaces); j++) {
			if (!(parent->config.publish & interfaces[j].bit))
				continue;
			ret = interfaces[j].add_type(&parent->types[i]);
			if (ret)
				return ret;
		}
	}

	/*
	 * The core's own event is sent before these files exist: tell those
	 * who have looked already to look again.
	 */
	if (parent->config.publish)
		kobject_uevent(&parent->dev->kobj, KOBJ_CHANGE);
	return 0;
}

struct mdevlab_parent *mdevlab_parent_create(struct device *dev)
{
	struct mdevlab_parent *parent;
	int ret;

	parent = kzalloc(sizeof(*parent), GFP_KERNEL);
	if (!parent)
		return ERR_PTR(-ENOMEM);

	kref_init(&parent->kref);
	mutex_init(&parent->lock);
	parent->dev = dev;

	ret = ida_alloc_max(&parent_ida, MDEVLAB_MAX_PARENTS - 1, GFP_KERNEL);
	if (ret < 0)
		goto err_put;
	parent->index = ret;

	ret = mdevlab_config_init(&parent->config, parent->index);
	if (ret)
		goto err_ida;
	parent->free_units = parent->config.units;
	parent_add_migration(parent);

	ret = parent_add_types(parent);
	if (ret)
		goto err_ida;

	ret = mdev_register_parent(&parent->mdev_parent, dev, parent->config.driver,
				   parent->type_list, parent->nr_types);
	if (ret)
		goto err_ida;

	ret = parent_publish(parent);
	if (ret)
		goto err_unregister;

	return parent;

err_unregister:
	mdev_unregister_parent(&parent->mdev_parent);
err_ida:
	ida_free(&parent_ida, parent->index);
err_put:
	mdevlab_parent_put(parent);
	return ERR_PTR(ret);
}

void mdevlab_parent_destroy(struct mdevlab_parent *parent)
{
	/* removes all instances, and waits until nobody has one open */
	mdev_unregister_parent(&parent->mdev_parent);
	ida_free(&parent_ida, parent->index);
	mdevlab_parent_put(parent);
}
