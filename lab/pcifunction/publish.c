// SPDX-License-Identifier: GPL-2.0
/*
 * vflab_vfio_pci: what a virtual function publishes about its migration
 *
 * A function has no type: what would be in a type's directory is in its own, beside
 * what belongs to the device.
 *
 * Every parameter of the module is an array over the virtual functions; a function
 * beyond the last element uses the last one. Commas separate the functions, so lists
 * inside of one element use colons. All but "publish" may be changed at any time, and
 * the next one who reads a file sees it.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/string_choices.h>
#include <linux/sysfs.h>

#include "vflab.h"

#define PUBLISH_ATTRIBUTES	BIT(0)
#define PUBLISH_PARAMETERS	BIT(1)
#define PUBLISH_VERSIONS	BIT(2)
#define PUBLISH_DESCRIPTION	BIT(3)
#define PUBLISH_TOKEN		BIT(4)

#define FPS_MAX	240

#define FUNCTION_PARAM(_type, _ctype, _name, _default, _mode, _help)	\
	static _ctype _name[VFLAB_MAX_FUNCTIONS] = { _default };	\
	static unsigned int nr_##_name = 1;				\
	module_param_array(_name, _type, &nr_##_name, _mode);		\
	MODULE_PARM_DESC(_name, _help)

FUNCTION_PARAM(charp, char *, publish, "attributes", 0644,
	       "interfaces to publish from the next bind on: none, or a list of: attributes, parameters, versions, description, token");
FUNCTION_PARAM(charp, char *, software_version, "1.2.3", 0644, "software_version");
FUNCTION_PARAM(charp, char *, pci_ids, "5931:591b", 0644, "compatible_pci_ids: list");
FUNCTION_PARAM(charp, char *, formats, "xrgb8888", 0644, "compatible_formats: list");
FUNCTION_PARAM(charp, char *, dynamic_resources, "aggregator:lab/fps", 0644,
	       "dynamic_resources: list");
FUNCTION_PARAM(charp, char *, model, "lab.example.org/vflab", 0644,
	       "device model of the interfaces parameters and versions");
FUNCTION_PARAM(charp, char *, versions, "v1:v2", 0644,
	       "versions of the model: list, the first is the default");
FUNCTION_PARAM(uint, unsigned int, max_queues, 8, 0644, "parameters: upper end of num-queues");
FUNCTION_PARAM(charp, char *, token, "vflab-1.2", 0644, "migration_version");
FUNCTION_PARAM(charp, char *, accept_tokens, "", 0644,
	       "tokens that migration_version accepts beside the own one: list");
FUNCTION_PARAM(charp, char *, stream_type, "vflab", 0644,
	       "the type in the migration stream: that of a mediated device can move to and fro");

/* The element of a parameter for one function. Caller holds the parameters' lock. */
#define VALUE(_name, _device) \
	((_name)[min((_device)->index, max(nr_##_name, 1U) - 1)])

/* "a:b:c" as a list: get the next item, or false at the end */
static bool list_next(const char **list, const char **item, size_t *len)
{
	if (!**list)
		return false;

	*item = *list;
	*len = strcspn(*list, ":");
	*list += *len;
	if (**list == ':')
		(*list)++;
	return true;
}

/* Is there an item that says the same as the text, which may end in a newline? */
static bool list_has(const char *list, const char *text)
{
	size_t text_len = strcspn(text, "\n");
	const char *item;
	size_t len;

	while (list_next(&list, &item, &len)) {
		if (len == text_len && !strncmp(item, text, len))
			return true;
	}
	return false;
}

static ssize_t emit_list(char *buf, const char *list)
{
	ssize_t at = 0;
	const char *item;
	size_t len;

	while (list_next(&list, &item, &len))
		at += sysfs_emit_at(buf, at, "%s%.*s", at ? "," : "", (int)len, item);
	return at + sysfs_emit_at(buf, at, "\n");
}

int vflab_publish_init(struct vflab_device *device)
{
	static const struct {
		const char *name;
		unsigned int bit;
	} interfaces[] = {
		{ "none", 0 },
		{ "attributes", PUBLISH_ATTRIBUTES },
		{ "parameters", PUBLISH_PARAMETERS },
		{ "versions", PUBLISH_VERSIONS },
		{ "description", PUBLISH_DESCRIPTION },
		{ "token", PUBLISH_TOKEN },
	};
	const char *list, *item;
	unsigned int i;
	size_t len;
	int ret = 0;

	device->aggregator = 1;
	device->fps = VFLAB_FPS_DEFAULT;
	device->num_queues = 1;

	kernel_param_lock(THIS_MODULE);
	list = VALUE(versions, device);
	if (list_next(&list, &item, &len))
		snprintf(device->model_version, sizeof(device->model_version), "%.*s",
			 (int)len, item);

	list = VALUE(publish, device);
	while (!ret && list_next(&list, &item, &len)) {
		/* what sysfs writes into a parameter ends in a newline */
		len = min(len, strcspn(item, "\n"));
		for (i = 0; i < ARRAY_SIZE(interfaces); i++) {
			if (strlen(interfaces[i].name) == len &&
			    !strncmp(interfaces[i].name, item, len))
				break;
		}
		if (i < ARRAY_SIZE(interfaces)) {
			device->publish |= interfaces[i].bit;
		} else {
			pr_err("vflab: publish: unknown interface '%.*s'\n", (int)len, item);
			ret = -EINVAL;
		}
	}
	kernel_param_unlock(THIS_MODULE);
	return ret;
}

/* A version that cannot be parsed is published as it is; the stream then has zeros */
void vflab_version(const struct vflab_device *device, u32 version[3])
{
	memset(version, 0, 3 * sizeof(*version));
	kernel_param_lock(THIS_MODULE);
	sscanf(VALUE(software_version, device), "%u.%u.%u", &version[0], &version[1], &version[2]);
	kernel_param_unlock(THIS_MODULE);
}

void vflab_stream_type(const struct vflab_device *device, char type[VFLAB_TEXT_LEN])
{
	kernel_param_lock(THIS_MODULE);
	strscpy(type, VALUE(stream_type, device), VFLAB_TEXT_LEN);
	kernel_param_unlock(THIS_MODULE);
}

static struct vflab_device *dev_to_vflab(struct device *dev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(dev);

	return container_of(core, struct vflab_device, core);
}

/* A file that shows a parameter: as text, or as a list */
#define TEXT_ATTRIBUTE(_file, _param, _format)						\
static ssize_t _file##_show(struct device *dev, struct device_attribute *attr, char *buf) \
{											\
	ssize_t ret;									\
											\
	kernel_param_lock(THIS_MODULE);							\
	ret = sysfs_emit(buf, _format "\n", VALUE(_param, dev_to_vflab(dev)));		\
	kernel_param_unlock(THIS_MODULE);						\
	return ret;									\
}

#define LIST_ATTRIBUTE(_file, _param)							\
static ssize_t _file##_show(struct device *dev, struct device_attribute *attr, char *buf) \
{											\
	ssize_t ret;									\
											\
	kernel_param_lock(THIS_MODULE);							\
	ret = emit_list(buf, VALUE(_param, dev_to_vflab(dev)));				\
	kernel_param_unlock(THIS_MODULE);						\
	return ret;									\
}											\
static DEVICE_ATTR_RO(_file)

/* A file with a number of the device, which cannot be changed when it is in use */
#define NUMBER_ATTRIBUTE(_file, _member, _min, _max)					\
static ssize_t _file##_show(struct device *dev, struct device_attribute *attr, char *buf) \
{											\
	return sysfs_emit(buf, "%u\n", READ_ONCE(dev_to_vflab(dev)->_member));		\
}											\
											\
static ssize_t _file##_store(struct device *dev, struct device_attribute *attr,		\
			     const char *buf, size_t count)				\
{											\
	struct vflab_device *device = dev_to_vflab(dev);				\
	u32 value;									\
	int ret;									\
											\
	ret = kstrtou32(buf, 10, &value);						\
	if (ret)									\
		return ret;								\
	if (value < (_min) || value > (_max))						\
		return -EINVAL;								\
	mutex_lock(&device->lock);							\
	if (device->is_open)								\
		ret = -EBUSY;								\
	else										\
		WRITE_ONCE(device->_member, value);					\
	mutex_unlock(&device->lock);							\
	return ret ?: count;								\
}

/* attributes */

static ssize_t device_api_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", VFIO_DEVICE_API_PCI_STRING);
}
static DEVICE_ATTR_RO(device_api);

TEXT_ATTRIBUTE(software_version, software_version, "%s")
static DEVICE_ATTR_RO(software_version);
LIST_ATTRIBUTE(compatible_pci_ids, pci_ids);
LIST_ATTRIBUTE(compatible_formats, formats);
LIST_ATTRIBUTE(dynamic_resources, dynamic_resources);

NUMBER_ATTRIBUTE(aggregator, aggregator, 1, U16_MAX)
static DEVICE_ATTR_RW(aggregator);
NUMBER_ATTRIBUTE(fps, fps, 1, FPS_MAX)
static DEVICE_ATTR_RW(fps);

/* parameters */

static unsigned int queues_limit(struct vflab_device *device)
{
	unsigned int limit;

	kernel_param_lock(THIS_MODULE);
	limit = VALUE(max_queues, device);
	kernel_param_unlock(THIS_MODULE);
	return limit;
}

static ssize_t migration_info_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vflab_device *device = dev_to_vflab(dev);
	ssize_t ret;

	kernel_param_lock(THIS_MODULE);
	ret = sysfs_emit(buf,
			 "{\"models\": {\"%s\": {\"params\": {\n"
			 "  \"num-queues\": {\"type\": \"int\", \"init_value\": 1,\n"
			 "                 \"allowed_values\": [\"1-%u\"],\n"
			 "                 \"description\": \"number of queue pairs\"},\n"
			 "  \"new-feature\": {\"type\": \"bool\", \"init_value\": false,\n"
			 "                  \"off_value\": false}\n"
			 "}}}}\n", VALUE(model, device), VALUE(max_queues, device));
	kernel_param_unlock(THIS_MODULE);
	return ret;
}

/* names that are no identifiers */
#define NAMED_ATTRIBUTE(_file, _name, _mode, _store)		\
static struct device_attribute dev_attr_##_file = {		\
	.attr = { .name = _name, .mode = _mode },		\
	.show = _file##_show,					\
	.store = _store,					\
}

NAMED_ATTRIBUTE(migration_info, "migration_info.json", 0444, NULL);

NUMBER_ATTRIBUTE(num_queues, num_queues, 1, queues_limit(device))
NAMED_ATTRIBUTE(num_queues, "num-queues", 0644, num_queues_store);

static ssize_t new_feature_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", str_on_off(READ_ONCE(dev_to_vflab(dev)->new_feature)));
}

static ssize_t new_feature_store(struct device *dev, struct device_attribute *attr,
				 const char *buf, size_t count)
{
	struct vflab_device *device = dev_to_vflab(dev);
	bool value;
	int ret;

	ret = kstrtobool(buf, &value);
	if (ret)
		return ret;
	mutex_lock(&device->lock);
	if (device->is_open)
		ret = -EBUSY;
	else
		WRITE_ONCE(device->new_feature, value);
	mutex_unlock(&device->lock);
	return ret ?: count;
}
NAMED_ATTRIBUTE(new_feature, "new-feature", 0644, new_feature_store);

/* versions */

static ssize_t migration_device_models_show(struct device *dev, struct device_attribute *attr,
					    char *buf)
{
	struct vflab_device *device = dev_to_vflab(dev);
	const char *list, *item;
	ssize_t at;
	size_t len;

	kernel_param_lock(THIS_MODULE);
	at = sysfs_emit(buf, "%s:\n", VALUE(model, device));
	list = VALUE(versions, device);
	while (list_next(&list, &item, &len))
		at += sysfs_emit_at(buf, at, "%.*s\n", (int)len, item);
	kernel_param_unlock(THIS_MODULE);
	return at;
}
static DEVICE_ATTR_RO(migration_device_models);

TEXT_ATTRIBUTE(device_model, model, "%s")

/* There is one model, so there is nothing to choose; the version is the default then */
static ssize_t device_model_store(struct device *dev, struct device_attribute *attr,
				  const char *buf, size_t count)
{
	struct vflab_device *device = dev_to_vflab(dev);
	const char *list, *item;
	int ret = -EINVAL;
	size_t len;

	mutex_lock(&device->lock);
	kernel_param_lock(THIS_MODULE);
	if (list_has(VALUE(model, device), buf)) {
		list = VALUE(versions, device);
		ret = device->is_open ? -EBUSY : 0;
		if (!ret && list_next(&list, &item, &len))
			snprintf(device->model_version, sizeof(device->model_version), "%.*s",
				 (int)len, item);
	}
	kernel_param_unlock(THIS_MODULE);
	mutex_unlock(&device->lock);
	return ret ?: count;
}
static DEVICE_ATTR_RW(device_model);

static ssize_t version_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vflab_device *device = dev_to_vflab(dev);
	ssize_t ret;

	mutex_lock(&device->lock);
	ret = sysfs_emit(buf, "%s\n", device->model_version);
	mutex_unlock(&device->lock);
	return ret;
}

static ssize_t version_store(struct device *dev, struct device_attribute *attr,
			     const char *buf, size_t count)
{
	struct vflab_device *device = dev_to_vflab(dev);
	int ret = -EINVAL;

	mutex_lock(&device->lock);
	kernel_param_lock(THIS_MODULE);
	if (list_has(VALUE(versions, device), buf)) {
		ret = device->is_open ? -EBUSY : 0;
		if (!ret)
			snprintf(device->model_version, sizeof(device->model_version), "%.*s",
				 (int)strcspn(buf, "\n"), buf);
	}
	kernel_param_unlock(THIS_MODULE);
	mutex_unlock(&device->lock);
	return ret ?: count;
}
static DEVICE_ATTR_RW(version);

/* description */

static ssize_t migration_description_show(struct device *dev, struct device_attribute *attr,
					  char *buf)
{
	struct vflab_device *device = dev_to_vflab(dev);
	u32 version[3];

	vflab_version(device, version);
	return sysfs_emit(buf,
			  "{\"self\": {\n"
			  "  \"device_api\": \"vfio-pci\", \"vendor\": \"lab\",\n"
			  "  \"version\": {\"major\": %u, \"minor\": %u},\n"
			  "  \"vfio-pci\": {\"vendor\": \"0x1b36\", \"device\": \"0x0010\"},\n"
			  "  \"mdev_attrs\": [{\"aggregator\": \"%u\"}]\n"
			  "}}\n", version[0], version[1], READ_ONCE(device->aggregator));
}
static DEVICE_ATTR_RO(migration_description);

/* token */

TEXT_ATTRIBUTE(migration_version, token, "%s")

/* Whoever writes a token asks whether its device could come here */
static ssize_t migration_version_store(struct device *dev, struct device_attribute *attr,
				       const char *buf, size_t count)
{
	struct vflab_device *device = dev_to_vflab(dev);
	bool fits;

	kernel_param_lock(THIS_MODULE);
	fits = list_has(VALUE(token, device), buf) || list_has(VALUE(accept_tokens, device), buf);
	kernel_param_unlock(THIS_MODULE);
	return fits ? count : -EINVAL;
}
static DEVICE_ATTR_RW(migration_version);

/* Which of them are there */

static umode_t migration_attr_visible(struct kobject *kobj, struct attribute *attr, int i)
{
	struct vflab_device *device = dev_to_vflab(kobj_to_dev(kobj));
	unsigned int bit;

	if (attr == &dev_attr_migration_info.attr || attr == &dev_attr_num_queues.attr ||
	    attr == &dev_attr_new_feature.attr)
		bit = PUBLISH_PARAMETERS;
	else if (attr == &dev_attr_migration_device_models.attr ||
		 attr == &dev_attr_device_model.attr || attr == &dev_attr_version.attr)
		bit = PUBLISH_VERSIONS;
	else if (attr == &dev_attr_migration_description.attr)
		bit = PUBLISH_DESCRIPTION;
	else if (attr == &dev_attr_migration_version.attr)
		bit = PUBLISH_TOKEN;
	else
		bit = PUBLISH_ATTRIBUTES;
	return device->publish & bit ? attr->mode : 0;
}

static bool migration_group_visible(struct kobject *kobj)
{
	struct vflab_device *device = dev_to_vflab(kobj_to_dev(kobj));

	return device->publish & (PUBLISH_PARAMETERS | PUBLISH_VERSIONS);
}
DEFINE_SYSFS_GROUP_VISIBLE(migration);

static bool lab_group_visible(struct kobject *kobj)
{
	return dev_to_vflab(kobj_to_dev(kobj))->publish & PUBLISH_ATTRIBUTES;
}
DEFINE_SIMPLE_SYSFS_GROUP_VISIBLE(lab);

static struct attribute *function_attrs[] = {
	&dev_attr_device_api.attr,
	&dev_attr_software_version.attr,
	&dev_attr_compatible_pci_ids.attr,
	&dev_attr_compatible_formats.attr,
	&dev_attr_dynamic_resources.attr,
	&dev_attr_aggregator.attr,
	&dev_attr_migration_info.attr,
	&dev_attr_migration_device_models.attr,
	&dev_attr_migration_description.attr,
	&dev_attr_migration_version.attr,
	NULL
};

static const struct attribute_group function_group = {
	.attrs = function_attrs,
	.is_visible = migration_attr_visible,
};

static struct attribute *lab_attrs[] = {
	&dev_attr_fps.attr,
	NULL
};

static const struct attribute_group lab_group = {
	.name = "lab",
	.attrs = lab_attrs,
	.is_visible = SYSFS_GROUP_VISIBLE(lab),
};

static struct attribute *migration_attrs[] = {
	&dev_attr_num_queues.attr,
	&dev_attr_new_feature.attr,
	&dev_attr_device_model.attr,
	&dev_attr_version.attr,
	NULL
};

static const struct attribute_group migration_group = {
	.name = "migration",
	.attrs = migration_attrs,
	.is_visible = SYSFS_GROUP_VISIBLE(migration),
};

const struct attribute_group *vflab_groups[] = {
	&function_group,
	&lab_group,
	&migration_group,
	NULL
};
