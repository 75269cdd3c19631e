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

#include <linux/kref.h>
#include <linux/mdev.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/vfio.h>

#define MDEVLAB_MAX_PARENTS	8
#define MDEVLAB_MAX_TYPES	64
#define MDEVLAB_MAX_VALUES	16
#define MDEVLAB_TYPE_LEN	32	/* "small", with the NUL */
#define MDEVLAB_ID_LEN		64	/* "mdevlab-small", with the NUL */

/* What a parent publishes about migration: the interfaces, one bit each */
#define MDEVLAB_PUBLISH_ATTRIBUTES	BIT(0)

/* params.c: one parent's share of the module's parameters */

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
	const char *fail_read;
	const char *hostile;
};

/* "a:b:c" as a list: get the next item, or false at the end */
bool mdevlab_list_next(const char **list, const char **item, size_t *len);

int mdevlab_config_init(struct mdevlab_config *config, unsigned int index);
int mdevlab_params_check(void);
unsigned int mdevlab_virtual_parents(void);

/* Faults that may be switched while the driver is loaded */
int mdevlab_fail_create(unsigned int index);
int mdevlab_fail_write(unsigned int index);
bool mdevlab_clamp_write(unsigned int index);
bool mdevlab_hold_migration(unsigned int index);

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

	/* protects free_units; aggregator, fps and is_open of all instances */
	struct mutex lock;
	unsigned int free_units;

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

#define MDEVLAB_FPS_DEFAULT	30
#define MDEVLAB_SCRATCH_REGS	8

/* State that travels in a migration */
struct mdevlab_regs {
	u16 command;
	u8 interrupt_line;
	u32 bar0;
	u32 version;
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

/* attributes.c: the interface "attributes" */

int mdevlab_attributes_add_type(struct mdevlab_type *type);
extern const struct attribute_group mdevlab_attributes_group;
extern const struct attribute_group mdevlab_attributes_lab_group;

/* migration.c: VFIO migration protocol v2 */

extern const struct vfio_migration_ops mdevlab_migration_ops;

void mdevlab_migration_reset(struct mdevlab_device *device);

#endif /* MDEVLAB_H */
