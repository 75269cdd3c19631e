/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mdevlab: sample mediated device driver
 *
 * A parent owns a pool of units. Each instance takes units from its parent's
 * pool: those of its type, times its aggregator value. So the types of a parent
 * compete, and available_instances really runs out.
 */
#ifndef MDEVLAB_H
#define MDEVLAB_H

#include <linux/device.h>
#include <linux/kref.h>
#include <linux/mdev.h>
#include <linux/mutex.h>
#include <linux/seq_buf.h>
#include <linux/types.h>
#include <linux/vfio.h>

#define MDEVLAB_MAX_PARENTS	8
#define MDEVLAB_MAX_TYPES	64
#define MDEVLAB_MAX_VALUES	16
#define MDEVLAB_TYPE_LEN	32	/* "small", with the NUL */
#define MDEVLAB_ID_LEN		64	/* "mdevlab-small", with the NUL */
#define MDEVLAB_MAX_PARAMS	8
#define MDEVLAB_VALUE_LEN	32	/* name or value of one of them, with the NUL */
#define MDEVLAB_MAX_MODELS	4
#define MDEVLAB_MODEL_LEN	64
#define MDEVLAB_VERSIONS_LEN	96
/* parameters, model and version of an instance as text */
#define MDEVLAB_CONFIG_LEN	(MDEVLAB_MAX_PARAMS * 2 * MDEVLAB_VALUE_LEN + 256)

/* What a parent publishes about migration: the interfaces, one bit each */
#define MDEVLAB_PUBLISH_ATTRIBUTES	BIT(0)
#define MDEVLAB_PUBLISH_PARAMETERS	BIT(1)
#define MDEVLAB_PUBLISH_VERSIONS	BIT(2)
#define MDEVLAB_PUBLISH_DESCRIPTION	BIT(3)
#define MDEVLAB_PUBLISH_TOKEN		BIT(4)

/* For what is published in one or both places */
#define MDEVLAB_AT_TYPE		BIT(0)
#define MDEVLAB_AT_DEVICE	BIT(1)

/* params.c: one parent's share of the module's parameters */

enum mdevlab_param_type {
	MDEVLAB_PARAM_BOOL,
	MDEVLAB_PARAM_INT,
	MDEVLAB_PARAM_STR,
};

/* A migration parameter of the interface "parameters"; values are in canonical form */
struct mdevlab_param {
	char name[MDEVLAB_VALUE_LEN];
	enum mdevlab_param_type type;
	char init[MDEVLAB_VALUE_LEN];
	char off[MDEVLAB_VALUE_LEN];		/* empty: cannot be switched off */
	char allowed[2 * MDEVLAB_VALUE_LEN];	/* "a|b|c"; empty: all of the type */
	char description[2 * MDEVLAB_VALUE_LEN];
};

/* A device model of the interface "versions" */
struct mdevlab_model {
	char name[MDEVLAB_MODEL_LEN];		/* "@" stands for the type's name */
	char versions[MDEVLAB_VERSIONS_LEN];	/* "a|b|c"; the last is the default */
	unsigned int nr_versions;
};

struct mdevlab_config {
	unsigned int publish;
	unsigned int units;
	const char *types;
	const char *software_version;
	u32 version[3];			/* of software_version, as far as it can be parsed */
	const char *compatible_type;	/* NULL: the type's own id */
	const char *pci_ids;
	const char *formats;
	const char *dynamic_resources;
	struct mdev_driver *driver;	/* which of ours: each has a device API */
	u32 aggregator[MDEVLAB_MAX_VALUES];
	unsigned int nr_aggregator;
	const char *model;
	struct mdevlab_param params[MDEVLAB_MAX_PARAMS];
	unsigned int nr_params;
	struct mdevlab_model models[MDEVLAB_MAX_MODELS];
	unsigned int nr_models;
	unsigned int description_at;
	bool description_is_array;
	const char *accepts;
	unsigned int token_at;
	const char *token;			/* NULL: made of type, version, aggregator */
	unsigned int refuse_token;
	const char *refuse;
	const char *misread;
	const char *fail_read;
	const char *hostile;
};

/* "a:b:c" as a list: get the next item, or false at the end */
bool mdevlab_list_next(const char **list, const char **item, size_t *len);
/* The same for any separator */
bool mdevlab_split(const char **list, char separator, const char **item, size_t *len);
/* Moves text into a buffer; -EINVAL if it does not fit */
int mdevlab_copy(char *to, size_t size, const char *text, size_t len);

int mdevlab_config_init(struct mdevlab_config *config, unsigned int index);
int mdevlab_params_check(void);
unsigned int mdevlab_virtual_parents(void);

/* Faults that may be switched while the driver is loaded */
int mdevlab_fail_create(unsigned int index);
int mdevlab_fail_write(unsigned int index);
bool mdevlab_clamp_write(unsigned int index);
bool mdevlab_hold_migration(unsigned int index);
bool mdevlab_block_remove(unsigned int index);

/* parent.c: parents, their types, and the pool */

struct mdevlab_type {
	struct mdev_type type;
	struct mdevlab_parent *parent;
	unsigned int units;		/* of one instance with aggregator 1 */
	char name[MDEVLAB_TYPE_LEN];
	char pretty_name[MDEVLAB_ID_LEN];
	char id[MDEVLAB_ID_LEN];
};

struct mdevlab_parent {
	struct kref kref;		/* each instance holds one, too */
	struct mdev_parent mdev_parent;
	struct device *dev;
	unsigned int index;
	struct mdevlab_config config;

	/* protects free_units; of all instances is_open and what attributes set */
	struct mutex lock;
	unsigned int free_units;

	/* directory "migration" of an instance; empty if no interface has one */
	struct device_attribute migration_attributes[MDEVLAB_MAX_PARAMS];
	struct attribute *migration_list[MDEVLAB_MAX_PARAMS + 3];
	unsigned int nr_migration;
	struct attribute_group migration_group;

	unsigned int nr_types;
	struct mdev_type *type_list[MDEVLAB_MAX_TYPES];
	struct mdevlab_type types[MDEVLAB_MAX_TYPES];
};

struct mdevlab_parent *mdevlab_parent_create(struct device *dev);
void mdevlab_parent_destroy(struct mdevlab_parent *parent);
void mdevlab_parent_put(struct mdevlab_parent *parent);
unsigned int mdevlab_get_available(struct mdev_type *mtype);

static inline struct mdevlab_type *to_mdevlab_type(struct mdev_type *mtype)
{
	return container_of(mtype, struct mdevlab_type, type);
}

/* device.c: instances, and what the guest sees of them */

#define MDEVLAB_GUEST_VENDOR	0x1af4
#define MDEVLAB_GUEST_DEVICE	0x10f7	/* from the range for experiments */

#define MDEVLAB_FPS_DEFAULT	30
#define MDEVLAB_SCRATCH_REGS	8

/* State that travels in a migration */
struct mdevlab_regs {
	u16 command;
	u8 interrupt_line;
	u32 bar0;
	/* what the device was when it was reset; a guest does not see it change */
	u32 version;
	u32 units;
	u32 aggregator;
	char type[MDEVLAB_TYPE_LEN];
	u32 counter;
	u32 scratch[MDEVLAB_SCRATCH_REGS];
};

struct mdevlab_stream;

struct mdevlab_device {
	struct vfio_device vdev;
	struct mdevlab_type *type;

	/* see mdevlab_parent.lock; they do not change while is_open */
	u32 aggregator;
	u32 fps;
	char params[MDEVLAB_MAX_PARAMS][MDEVLAB_VALUE_LEN];
	unsigned int model;
	unsigned int version;
	bool is_open;

	/* protects all that follows */
	struct mutex lock;
	struct mdevlab_regs regs;
	enum vfio_device_mig_state mig_state;
	struct mdevlab_stream *saving;
	struct mdevlab_stream *resuming;
};

extern struct mdev_driver mdevlab_mdev_driver;
extern struct mdev_driver mdevlab_mdev_ccw_driver;

void mdevlab_device_reset_regs(struct mdevlab_device *device);

/* sysfs.c: what the attributes of all interfaces have in common */

/*
 * Attributes can be added to a type's directory only behind the mdev core's
 * back. Its sysfs_ops cast each attribute to a private structure, whose layout
 * the first three members have to follow: struct mdev_type_attribute in
 * drivers/vfio/mdev/mdev_sysfs.c.
 */
struct mdevlab_type_attribute {
	struct attribute attr;
	ssize_t (*show)(struct mdev_type *mtype, struct mdevlab_type_attribute *attr, char *buf);
	ssize_t (*store)(struct mdev_type *mtype, struct mdevlab_type_attribute *attr,
			 const char *buf, size_t count);
	void (*emit)(struct mdevlab_type *type, struct seq_buf *out);
};

ssize_t mdevlab_type_attribute_show(struct mdev_type *mtype, struct mdevlab_type_attribute *attr,
				    char *buf);

#define MDEVLAB_TYPE_ATTRIBUTE(_variable, _name, _mode, _emit, _store)	\
static struct mdevlab_type_attribute _variable = {			\
	.attr = { .name = _name, .mode = _mode },			\
	.show = mdevlab_type_attribute_show,				\
	.store = _store,						\
	.emit = _emit,							\
}

/* show() of an instance's attribute; what emit() says unless there is a fault */
ssize_t mdevlab_device_show(struct device *dev, struct device_attribute *attr, char *buf,
			    void (*emit)(struct mdevlab_device *device, unsigned int index,
					 struct seq_buf *out),
			    unsigned int index);
/* The fault, if any, of writing an attribute of an instance */
int mdevlab_write_fault(struct mdevlab_parent *parent, const char *name, const char *buf,
			size_t count);
/* The length of what was written, without a newline at the end */
size_t mdevlab_line_len(const char *buf, size_t count);

void mdevlab_json_string(struct seq_buf *out, const char *text);
/* Text in which "@" stands for the type's name */
void mdevlab_expand(struct seq_buf *out, const struct mdevlab_type *type, const char *text);

/* attributes.c: the interface "attributes" */

int mdevlab_attributes_add_type(struct mdevlab_type *type);
extern const struct attribute_group mdevlab_attributes_group;
extern const struct attribute_group mdevlab_attributes_lab_group;

/* parameters.c: the interface "parameters" */

int mdevlab_param_parse(struct mdevlab_param *param, const char *item, size_t len);
int mdevlab_parameters_add_type(struct mdevlab_type *type);
void mdevlab_parameters_add_attributes(struct mdevlab_parent *parent);
void mdevlab_parameters_init(struct mdevlab_device *device);
void mdevlab_parameters_identity(struct mdevlab_device *device, struct seq_buf *out);

/* versions.c: the interface "versions" */

int mdevlab_model_parse(struct mdevlab_model *model, const char *item, size_t len);
int mdevlab_versions_add_type(struct mdevlab_type *type);
void mdevlab_versions_add_attributes(struct mdevlab_parent *parent);
void mdevlab_versions_init(struct mdevlab_device *device);
void mdevlab_versions_identity(struct mdevlab_device *device, struct seq_buf *out);

/* description.c: the interface "description" */

int mdevlab_description_add_type(struct mdevlab_type *type);
extern const struct attribute_group mdevlab_description_group;

/* token.c: the interface "token" */

int mdevlab_token_add_type(struct mdevlab_type *type);
extern const struct attribute_group mdevlab_token_group;

/* migration.c: VFIO migration protocol v2 */

extern const struct vfio_migration_ops mdevlab_migration_ops;

void mdevlab_migration_reset(struct mdevlab_device *device);

#endif /* MDEVLAB_H */
