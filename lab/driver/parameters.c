// SPDX-License-Identifier: GPL-2.0
/*
 * mdevlab: the interface "parameters"
 *
 * In the type's directory migration_info.json, which tells of one device model
 * and its parameters; in the instance's directory one file for each of them in
 * migration/, which can be written until a guest uses the device.
 */
#include <linux/ctype.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "mdevlab.h"

static const char * const type_names[] = {
	[MDEVLAB_PARAM_BOOL] = "bool",
	[MDEVLAB_PARAM_INT] = "int",
	[MDEVLAB_PARAM_STR] = "str",
};

/* Brings a value of the parameter's type into its canonical form */
static int normalize(const struct mdevlab_param *param, const char *text, size_t len, char *value)
{
	u64 number;

	if (!len || mdevlab_copy(value, MDEVLAB_VALUE_LEN, text, len))
		return -EINVAL;

	switch (param->type) {
	case MDEVLAB_PARAM_BOOL:
		return strcmp(value, "on") && strcmp(value, "off") ? -EINVAL : 0;
	case MDEVLAB_PARAM_INT:
		if (!isdigit(value[0]) || kstrtou64(value, 10, &number))
			return -EINVAL;
		snprintf(value, MDEVLAB_VALUE_LEN, "%llu", number);
		return 0;
	case MDEVLAB_PARAM_STR:
		return 0;
	}
	return -EINVAL;
}

/* Of an item of "allowed": is it "MIN-MAX"? */
static bool parse_range(const struct mdevlab_param *param, const char *item, size_t len,
			u64 *min, u64 *max)
{
	char text[2 * MDEVLAB_VALUE_LEN];
	char *dash;

	if (param->type != MDEVLAB_PARAM_INT || mdevlab_copy(text, sizeof(text), item, len))
		return false;
	dash = strchr(text, '-');
	if (!dash)
		return false;
	*dash = '\0';
	return !kstrtou64(text, 10, min) && !kstrtou64(dash + 1, 10, max);
}

static bool is_allowed(const struct mdevlab_param *param, const char *value)
{
	const char *list = param->allowed;
	char one[MDEVLAB_VALUE_LEN];
	u64 number, min, max;
	const char *item;
	size_t len;

	if (!*list || !strcmp(value, param->off))
		return true;

	while (mdevlab_split(&list, '|', &item, &len)) {
		if (parse_range(param, item, len, &min, &max)) {
			if (!kstrtou64(value, 10, &number) && number >= min && number <= max)
				return true;
		} else if (!normalize(param, item, len, one) && !strcmp(one, value)) {
			return true;
		}
	}
	return false;
}

/* NAME/TYPE/INIT[/[OFF][/[ALLOWED][/DESCRIPTION]]] */
int mdevlab_param_parse(struct mdevlab_param *param, const char *item, size_t len)
{
	char fields[6][2 * MDEVLAB_VALUE_LEN] = {};
	const char *end = item + len;
	unsigned int i;
	int type;

	for (i = 0; i < ARRAY_SIZE(fields) && item <= end; i++) {
		const char *slash = memchr(item, '/', end - item) ?: end;

		if (mdevlab_copy(fields[i], sizeof(fields[i]), item, slash - item))
			return -EINVAL;
		item = slash + 1;
	}
	type = match_string(type_names, ARRAY_SIZE(type_names), fields[1]);
	if (item <= end || type < 0 || !*fields[0] ||
	    mdevlab_copy(param->name, sizeof(param->name), fields[0], strlen(fields[0])))
		return -EINVAL;

	param->type = type;
	*param->off = '\0';
	strscpy(param->allowed, fields[4]);
	strscpy(param->description, fields[5]);
	if (normalize(param, fields[2], strlen(fields[2]), param->init) ||
	    (*fields[3] && normalize(param, fields[3], strlen(fields[3]), param->off)))
		return -EINVAL;
	return is_allowed(param, param->init) ? 0 : -EINVAL;
}

/* in the type's directory */

static void emit_value(struct seq_buf *out, const struct mdevlab_param *param, const char *value)
{
	if (param->type == MDEVLAB_PARAM_BOOL)
		seq_buf_puts(out, strcmp(value, "on") ? "false" : "true");
	else if (param->type == MDEVLAB_PARAM_INT)
		seq_buf_puts(out, value);
	else
		mdevlab_json_string(out, value);
}

static void emit_param(struct seq_buf *out, const struct mdevlab_param *param)
{
	const char *list = param->allowed;
	const char *separator = "";
	const char *item;
	size_t len;

	mdevlab_json_string(out, param->name);
	seq_buf_printf(out, ": {\"type\": \"%s\", \"init_value\": ", type_names[param->type]);
	emit_value(out, param, param->init);
	if (*param->off) {
		seq_buf_puts(out, ", \"off_value\": ");
		emit_value(out, param, param->off);
	}
	if (*list) {
		seq_buf_puts(out, ", \"allowed_values\": [");
		while (mdevlab_split(&list, '|', &item, &len)) {
			char value[MDEVLAB_VALUE_LEN] = "";
			u64 min, max;

			seq_buf_puts(out, separator);
			separator = ", ";
			if (parse_range(param, item, len, &min, &max))
				seq_buf_printf(out, "\"%llu-%llu\"", min, max);
			else if (!normalize(param, item, len, value))
				emit_value(out, param, value);
			else
				seq_buf_puts(out, "null");
		}
		seq_buf_putc(out, ']');
	}
	if (*param->description) {
		seq_buf_puts(out, ", \"description\": ");
		mdevlab_json_string(out, param->description);
	}
	seq_buf_putc(out, '}');
}

static void emit_info(struct mdevlab_type *type, struct seq_buf *out)
{
	const struct mdevlab_config *config = &type->parent->config;
	char model[2 * MDEVLAB_MODEL_LEN];
	struct seq_buf name;
	unsigned int i;

	seq_buf_init(&name, model, sizeof(model));
	mdevlab_expand(&name, type, config->model);
	seq_buf_puts(out, "{\"models\": {");
	mdevlab_json_string(out, seq_buf_str(&name));
	seq_buf_puts(out, ": {\"params\": {");
	for (i = 0; i < config->nr_params; i++) {
		seq_buf_puts(out, i ? ",\n  " : "\n  ");
		emit_param(out, &config->params[i]);
	}
	seq_buf_puts(out, "}}}}\n");
}

MDEVLAB_TYPE_ATTRIBUTE(type_info, "migration_info.json", 0444, emit_info, NULL);

int mdevlab_parameters_add_type(struct mdevlab_type *type)
{
	return sysfs_create_file(&type->type.kobj, &type_info.attr);
}

/* in the instance's directory */

static unsigned int index_of(struct mdevlab_parent *parent, struct device_attribute *attr)
{
	return attr - parent->migration_attributes;
}

static void emit_device_param(struct mdevlab_device *device, unsigned int index,
			      struct seq_buf *out)
{
	seq_buf_printf(out, "%s\n", device->params[index]);
}

static ssize_t param_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mdevlab_device *device = dev_get_drvdata(dev);

	return mdevlab_device_show(dev, attr, buf, emit_device_param,
				   index_of(device->type->parent, attr));
}

static ssize_t param_store(struct device *dev, struct device_attribute *attr, const char *buf,
			   size_t count)
{
	struct mdevlab_device *device = dev_get_drvdata(dev);
	struct mdevlab_parent *parent = device->type->parent;
	unsigned int index = index_of(parent, attr);
	const struct mdevlab_param *param = &parent->config.params[index];
	char value[MDEVLAB_VALUE_LEN];
	int ret;

	ret = mdevlab_write_fault(parent, param->name, buf, count);
	if (!ret)
		ret = normalize(param, buf, mdevlab_line_len(buf, count), value);
	if (!ret && !is_allowed(param, value))
		ret = -EINVAL;
	if (ret)
		return ret;
	if (mdevlab_clamp_write(parent->index))
		strscpy(value, param->init);

	mutex_lock(&parent->lock);
	if (device->is_open)
		ret = -EBUSY;
	else
		strscpy(device->params[index], value);
	mutex_unlock(&parent->lock);
	return ret ?: count;
}

void mdevlab_parameters_add_attributes(struct mdevlab_parent *parent)
{
	unsigned int i;

	for (i = 0; i < parent->config.nr_params; i++) {
		struct device_attribute *attr = &parent->migration_attributes[i];

		sysfs_attr_init(&attr->attr);
		attr->attr.name = parent->config.params[i].name;
		attr->attr.mode = 0644;
		attr->show = param_show;
		attr->store = param_store;
		parent->migration_list[parent->nr_migration++] = &attr->attr;
	}
}

void mdevlab_parameters_init(struct mdevlab_device *device)
{
	const struct mdevlab_config *config = &device->type->parent->config;
	unsigned int i;

	for (i = 0; i < config->nr_params; i++)
		strscpy(device->params[i], config->params[i].init);
}

/*
 * The parameters in effect, by name: absent and off are the same. Empty if the
 * interface is not published.
 */
void mdevlab_parameters_identity(struct mdevlab_device *device, struct seq_buf *out)
{
	const struct mdevlab_config *config = &device->type->parent->config;
	const char *last = "";
	unsigned int i;

	if (!(config->publish & MDEVLAB_PUBLISH_PARAMETERS))
		return;

	seq_buf_puts(out, "parameters");
	for (;;) {
		unsigned int next = config->nr_params;

		for (i = 0; i < config->nr_params; i++) {
			if (strcmp(config->params[i].name, last) > 0 &&
			    (next == config->nr_params ||
			     strcmp(config->params[i].name, config->params[next].name) < 0))
				next = i;
		}
		if (next == config->nr_params)
			break;
		last = config->params[next].name;
		if (strcmp(device->params[next], config->params[next].off))
			seq_buf_printf(out, " %s=%s", last, device->params[next]);
	}
}
