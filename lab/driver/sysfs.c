// SPDX-License-Identifier: GPL-2.0
/*
 * mdevlab: what the attributes of all interfaces have in common
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "mdevlab.h"

/* Is name in the list? */
static bool list_has(const char *list, const char *name)
{
	const char *item;
	size_t len;

	while (mdevlab_list_next(&list, &item, &len)) {
		if (len == strlen(name) && !strncmp(item, name, len))
			return true;
	}
	return false;
}

/* The next TEXT of the items NAME/TEXT of a list */
static bool list_next_of(const char **list, const char *name, const char **text, size_t *text_len)
{
	size_t name_len = strlen(name);
	const char *item;
	size_t len;

	while (mdevlab_list_next(list, &item, &len)) {
		if (len > name_len && !strncmp(item, name, name_len) && item[name_len] == '/') {
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
	const char *list;
	const char *text;
	size_t len;

	if (list_has(config->fail_read, "all") || list_has(config->fail_read, name)) {
		*ret = -EIO;
		return true;
	}

	list = config->misread;
	if (list_next_of(&list, name, &text, &len)) {
		*ret = sysfs_emit(buf, "%.*s\n", (int)len, text);
		return true;
	}

	list = config->hostile;
	if (!list_next_of(&list, name, &text, &len))
		return false;

	if (!strncmp(text, "binary", len)) {
		memcpy(buf, binary, sizeof(binary) - 1);
		*ret = sizeof(binary) - 1;
	} else if (!strncmp(text, "long", len)) {
		/* the most that sysfs takes from a show() */
		memset(buf, 'A', PAGE_SIZE - 1);
		*ret = PAGE_SIZE - 1;
	} else if (!strncmp(text, "deep", len)) {
		memset(buf, '[', 1000);
		memset(buf + 1000, ']', 1000);
		*ret = 2000;
	} else {
		*ret = 0;
	}
	return true;
}

int mdevlab_write_fault(struct mdevlab_parent *parent, const char *name, const char *buf,
			size_t count)
{
	const char *list = parent->config.refuse;
	const char *text;
	size_t len;
	int ret;

	ret = mdevlab_fail_write(parent->index);
	if (ret)
		return ret;

	while (list_next_of(&list, name, &text, &len)) {
		if (len == mdevlab_line_len(buf, count) && !strncmp(text, buf, len))
			return -EINVAL;
	}
	return 0;
}

size_t mdevlab_line_len(const char *buf, size_t count)
{
	size_t len = strnlen(buf, count);

	return len && buf[len - 1] == '\n' ? len - 1 : len;
}

/* A show() must return less than a page */
static ssize_t show_result(struct seq_buf *out)
{
	if (seq_buf_has_overflowed(out))
		return -EFBIG;
	return seq_buf_used(out);
}

ssize_t mdevlab_type_attribute_show(struct mdev_type *mtype, struct mdevlab_type_attribute *attr,
				    char *buf)
{
	struct mdevlab_type *type = to_mdevlab_type(mtype);
	struct seq_buf out;
	ssize_t ret;

	if (read_fault(&type->parent->config, attr->attr.name, buf, &ret))
		return ret;
	seq_buf_init(&out, buf, PAGE_SIZE - 1);
	attr->emit(type, &out);
	return show_result(&out);
}

ssize_t mdevlab_device_show(struct device *dev, struct device_attribute *attr, char *buf,
			    void (*emit)(struct mdevlab_device *device, unsigned int index,
					 struct seq_buf *out),
			    unsigned int index)
{
	struct mdevlab_device *device = dev_get_drvdata(dev);
	struct mdevlab_parent *parent = device->type->parent;
	struct seq_buf out;
	ssize_t ret;

	if (read_fault(&parent->config, attr->attr.name, buf, &ret))
		return ret;
	seq_buf_init(&out, buf, PAGE_SIZE - 1);
	mutex_lock(&parent->lock);
	emit(device, index, &out);
	mutex_unlock(&parent->lock);
	return show_result(&out);
}

void mdevlab_json_string(struct seq_buf *out, const char *text)
{
	seq_buf_putc(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			seq_buf_printf(out, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			seq_buf_printf(out, "\\u%04x", *text);
		else
			seq_buf_putc(out, *text);
	}
	seq_buf_putc(out, '"');
}

void mdevlab_expand(struct seq_buf *out, const struct mdevlab_type *type, const char *text)
{
	for (; *text; text++) {
		if (*text == '@')
			seq_buf_puts(out, type->name);
		else
			seq_buf_putc(out, *text);
	}
}
