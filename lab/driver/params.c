// SPDX-License-Identifier: GPL-2.0
/*
 * mdevlab: module parameters
 *
 * Every parameter is an array over the parents in the order in which they are
 * found; a parent beyond the last element uses the last one. Commas separate
 * the parents, so lists inside of one element use colons.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "mdevlab.h"

#define PARENT_PARAM(_type, _ctype, _name, _default, _mode, _help)	\
	static _ctype _name[MDEVLAB_MAX_PARENTS] = { _default };	\
	static unsigned int nr_##_name = 1;				\
	module_param_array(_name, _type, &nr_##_name, _mode);		\
	MODULE_PARM_DESC(_name, _help)

PARENT_PARAM(charp, char *, publish, "attributes", 0444,
	     "interfaces to publish: none, or a list of: attributes, parameters, versions, description, token");
PARENT_PARAM(uint, unsigned int, units, 8, 0444,
	     "units in the pool of a parent");
PARENT_PARAM(charp, char *, types, "small/1:medium/2:large/4", 0444,
	     "types: list of NAME/UNITS");
PARENT_PARAM(charp, char *, software_version, "1.2.3", 0444,
	     "software_version of the types");
PARENT_PARAM(charp, char *, compatible_type, "", 0444,
	     "compatible_type of the types: list, their own id when empty");
PARENT_PARAM(charp, char *, pci_ids, "5931:591b", 0444,
	     "compatible_pci_ids of the types: list");
PARENT_PARAM(charp, char *, formats, "xrgb8888", 0444,
	     "compatible_formats of the types: list");
PARENT_PARAM(charp, char *, dynamic_resources, "aggregator:lab/fps", 0444,
	     "dynamic_resources of the types: list");
PARENT_PARAM(charp, char *, device_api, "vfio-pci", 0444,
	     "device API of the types: vfio-pci or vfio-ccw (an instance of the latter has no use)");
PARENT_PARAM(charp, char *, aggregator, "1:2:4", 0444,
	     "values that the attribute aggregator accepts: list, the first is the default");
PARENT_PARAM(charp, char *, model, "example.org/mdevlab-@", 0444,
	     "parameters: device model of the types, @ is the type's name");
PARENT_PARAM(charp, char *, params,
	     "num-queues/int/4/1/0-16|64/number of queues:new-feature/bool/on/off:mode/str/fast/fast/fast|slow|turbo",
	     0444,
	     "parameters: list of NAME/TYPE/INIT[/[OFF][/[ALLOWED][/DESCRIPTION]]], ALLOWED is VALUE[|VALUE]...");
PARENT_PARAM(charp, char *, versions, "example.org/mdevlab-@=v1|v2", 0444,
	     "versions: list of MODEL=VERSION[|VERSION]..., @ is the type's name");
PARENT_PARAM(charp, char *, description, "object", 0444,
	     "description: form of the document, object or array");
PARENT_PARAM(charp, char *, description_at, "type", 0444,
	     "description: where it is, list of: type, device");
PARENT_PARAM(charp, char *, accepts, "", 0444,
	     "description: list of TYPE/AGGREGATOR/VARIABLE, VARIABLE is NAME=MIN-MAX or NAME=VALUE[|VALUE]...");
PARENT_PARAM(charp, char *, token, "", 0444,
	     "token: the text, made of type, version and aggregator when empty");
PARENT_PARAM(charp, char *, token_at, "type:device", 0444,
	     "token: where it is, list of: type, device");

PARENT_PARAM(int, int, fail_create, 0, 0644,
	     "fault: refuse to create instances, with this errno");
PARENT_PARAM(int, int, fail_write, 0, 0644,
	     "fault: refuse to write instance attributes, with this errno");
PARENT_PARAM(bool, bool, clamp_write, false, 0644,
	     "fault: take each value written to an instance attribute, but store the default");
PARENT_PARAM(bool, bool, hold_migration, false, 0644,
	     "fault: tell of far more state than there is, so that no migration comes to its end");
PARENT_PARAM(bool, bool, block_remove, false, 0644,
	     "fault: the removal of an instance waits, and nothing can interrupt it");
PARENT_PARAM(charp, char *, refuse_token, "", 0444,
	     "fault: who refuses each token, list of: type, device");
PARENT_PARAM(charp, char *, refuse, "", 0444,
	     "fault: values that are refused though they are offered: list of NAME/VALUE");
PARENT_PARAM(charp, char *, misread, "", 0444,
	     "fault: attributes that always read the same: list of NAME/VALUE");
PARENT_PARAM(charp, char *, fail_read, "", 0444,
	     "fault: attributes that cannot be read (EIO): list of names, or all");
PARENT_PARAM(charp, char *, hostile, "", 0444,
	     "fault: attributes with bad content: list of NAME/KIND, KIND is binary, long, deep or empty");

static unsigned int virtual_parents;
module_param(virtual_parents, uint, 0444);
MODULE_PARM_DESC(virtual_parents, "number of parents that are no PCI devices (class mdevlab)");

/* The element of a parameter for one parent */
#define PARENT_VALUE(_name, _index) \
	((_name)[min((_index), max(READ_ONCE(nr_##_name), 1U) - 1)])

int mdevlab_fail_create(unsigned int index)
{
	return -abs(READ_ONCE(PARENT_VALUE(fail_create, index)));
}

int mdevlab_fail_write(unsigned int index)
{
	return -abs(READ_ONCE(PARENT_VALUE(fail_write, index)));
}

bool mdevlab_clamp_write(unsigned int index)
{
	return READ_ONCE(PARENT_VALUE(clamp_write, index));
}

bool mdevlab_hold_migration(unsigned int index)
{
	return READ_ONCE(PARENT_VALUE(hold_migration, index));
}

bool mdevlab_block_remove(unsigned int index)
{
	return READ_ONCE(PARENT_VALUE(block_remove, index));
}

unsigned int mdevlab_virtual_parents(void)
{
	return virtual_parents;
}

bool mdevlab_split(const char **list, char separator, const char **item, size_t *len)
{
	if (!**list)
		return false;

	*item = *list;
	*len = strchrnul(*list, separator) - *list;
	*list += *len;
	if (**list)
		(*list)++;
	return true;
}

bool mdevlab_list_next(const char **list, const char **item, size_t *len)
{
	return mdevlab_split(list, ':', item, len);
}

int mdevlab_copy(char *to, size_t size, const char *text, size_t len)
{
	if (len >= size)
		return -EINVAL;
	memcpy(to, text, len);
	to[len] = '\0';
	return 0;
}

struct word {
	const char *name;
	unsigned int bit;
};

/* A list of words as bits */
static int parse_words(const char *what, const char *list, const struct word *words,
		       unsigned int nr_words, unsigned int *bits)
{
	const char *item;
	size_t len;
	unsigned int i;

	*bits = 0;
	while (mdevlab_list_next(&list, &item, &len)) {
		for (i = 0; i < nr_words; i++) {
			if (strlen(words[i].name) == len && !strncmp(words[i].name, item, len))
				break;
		}
		if (i == nr_words) {
			pr_err("%s: unknown word '%.*s'\n", what, (int)len, item);
			return -EINVAL;
		}
		*bits |= words[i].bit;
	}
	return 0;
}

static int parse_publish(const char *list, unsigned int *publish)
{
	static const struct word interfaces[] = {
		{ "none", 0 },
		{ "attributes", MDEVLAB_PUBLISH_ATTRIBUTES },
		{ "parameters", MDEVLAB_PUBLISH_PARAMETERS },
		{ "versions", MDEVLAB_PUBLISH_VERSIONS },
		{ "description", MDEVLAB_PUBLISH_DESCRIPTION },
		{ "token", MDEVLAB_PUBLISH_TOKEN },
	};

	return parse_words("publish", list, interfaces, ARRAY_SIZE(interfaces), publish);
}

static int parse_places(const char *what, const char *list, unsigned int *places)
{
	static const struct word words[] = {
		{ "type", MDEVLAB_AT_TYPE },
		{ "device", MDEVLAB_AT_DEVICE },
	};

	return parse_words(what, list, words, ARRAY_SIZE(words), places);
}

static int parse_params(const char *list, struct mdevlab_config *config)
{
	const char *item;
	size_t len;

	while (mdevlab_list_next(&list, &item, &len)) {
		if (config->nr_params == MDEVLAB_MAX_PARAMS ||
		    mdevlab_param_parse(&config->params[config->nr_params++], item, len)) {
			pr_err("params: bad item '%.*s'\n", (int)len, item);
			return -EINVAL;
		}
	}
	return 0;
}

static int parse_versions(const char *list, struct mdevlab_config *config)
{
	const char *item;
	size_t len;

	while (mdevlab_list_next(&list, &item, &len)) {
		if (config->nr_models == MDEVLAB_MAX_MODELS ||
		    mdevlab_model_parse(&config->models[config->nr_models++], item, len)) {
			pr_err("versions: bad item '%.*s'\n", (int)len, item);
			return -EINVAL;
		}
	}
	/* an instance has a model at all times */
	return config->nr_models ? 0 : -EINVAL;
}

static int parse_values(const char *list, struct mdevlab_config *config)
{
	const char *item;
	size_t len;

	config->nr_aggregator = 0;
	while (mdevlab_list_next(&list, &item, &len)) {
		char text[12];
		u32 value;

		if (config->nr_aggregator == MDEVLAB_MAX_VALUES || len >= sizeof(text))
			return -EINVAL;
		memcpy(text, item, len);
		text[len] = '\0';
		/* the product with a type's units must not overflow */
		if (kstrtou32(text, 10, &value) || !value || value > U16_MAX)
			return -EINVAL;
		config->aggregator[config->nr_aggregator++] = value;
	}
	return config->nr_aggregator ? 0 : -EINVAL;
}

int mdevlab_config_init(struct mdevlab_config *config, unsigned int index)
{
	int ret;

	memset(config, 0, sizeof(*config));
	config->units = PARENT_VALUE(units, index);
	config->types = PARENT_VALUE(types, index);
	config->software_version = PARENT_VALUE(software_version, index);
	config->compatible_type = PARENT_VALUE(compatible_type, index);
	config->pci_ids = PARENT_VALUE(pci_ids, index);
	config->formats = PARENT_VALUE(formats, index);
	config->dynamic_resources = PARENT_VALUE(dynamic_resources, index);
	config->model = PARENT_VALUE(model, index);
	config->accepts = PARENT_VALUE(accepts, index);
	config->token = PARENT_VALUE(token, index);
	if (!*config->token)
		config->token = NULL;
	config->refuse = PARENT_VALUE(refuse, index);
	config->misread = PARENT_VALUE(misread, index);
	config->fail_read = PARENT_VALUE(fail_read, index);
	config->hostile = PARENT_VALUE(hostile, index);

	/* a bad version is published as it is; the stream then has zeros */
	sscanf(config->software_version, "%u.%u.%u", &config->version[0],
	       &config->version[1], &config->version[2]);

	if (!strcmp(PARENT_VALUE(device_api, index), mdevlab_mdev_driver.device_api)) {
		config->driver = &mdevlab_mdev_driver;
	} else if (!strcmp(PARENT_VALUE(device_api, index), mdevlab_mdev_ccw_driver.device_api)) {
		config->driver = &mdevlab_mdev_ccw_driver;
	} else {
		pr_err("device_api: '%s' is not known\n", PARENT_VALUE(device_api, index));
		return -EINVAL;
	}

	ret = parse_publish(PARENT_VALUE(publish, index), &config->publish);
	if (ret)
		return ret;

	ret = parse_params(PARENT_VALUE(params, index), config);
	if (ret)
		return ret;

	ret = parse_versions(PARENT_VALUE(versions, index), config);
	if (ret)
		return ret;

	ret = parse_places("description_at", PARENT_VALUE(description_at, index),
			   &config->description_at);
	if (ret)
		return ret;

	ret = parse_places("token_at", PARENT_VALUE(token_at, index), &config->token_at);
	if (ret)
		return ret;

	ret = parse_places("refuse_token", PARENT_VALUE(refuse_token, index),
			   &config->refuse_token);
	if (ret)
		return ret;

	config->description_is_array = !strcmp(PARENT_VALUE(description, index), "array");
	if (!config->description_is_array && strcmp(PARENT_VALUE(description, index), "object")) {
		pr_err("description: '%s' is not known\n", PARENT_VALUE(description, index));
		return -EINVAL;
	}

	ret = parse_values(PARENT_VALUE(aggregator, index), config);
	if (ret)
		pr_err("aggregator: bad list '%s'\n", PARENT_VALUE(aggregator, index));
	return ret;
}

/* Finds bad parameters when the module is loaded, not when a parent appears */
int mdevlab_params_check(void)
{
	struct mdevlab_config *config;
	unsigned int i;
	int ret = 0;

	if (virtual_parents > MDEVLAB_MAX_PARENTS)
		return -EINVAL;

	/* too large for the stack */
	config = kmalloc(sizeof(*config), GFP_KERNEL);
	if (!config)
		return -ENOMEM;
	for (i = 0; i < MDEVLAB_MAX_PARENTS && !ret; i++)
		ret = mdevlab_config_init(config, i);
	kfree(config);
	return ret;
}
