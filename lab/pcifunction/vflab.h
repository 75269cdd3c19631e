/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vflab_vfio_pci: VFIO driver for virtual functions that publish and migrate
 */
#ifndef VFLAB_H
#define VFLAB_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>

#define VFLAB_MAX_FUNCTIONS	8
#define VFLAB_TYPE_LEN		32	/* as those of mdevlab, which are in the stream */
#define VFLAB_TEXT_LEN		64
#define VFLAB_FPS_DEFAULT	30
#define VFLAB_SCRATCH_REGS	8

/* State that travels in a migration */
struct vflab_regs {
	u16 command;
	u8 interrupt_line;
	u32 bar0;
	u32 version;
	u32 units;
	u32 aggregator;
	char type[VFLAB_TYPE_LEN];
	u32 counter;
	u32 scratch[VFLAB_SCRATCH_REGS];
};

struct vflab_stream;

struct vflab_device {
	/* the first member, as VFIO's PCI core allocates and finds it */
	struct vfio_pci_core_device core;
	unsigned int index;		/* number of the virtual function */
	unsigned int publish;		/* bits of publish.c */

	/* protects all that follows */
	struct mutex lock;
	bool is_open;

	/* published values: they do not change while is_open */
	u32 aggregator;
	u32 fps;
	u32 num_queues;
	bool new_feature;
	char model_version[VFLAB_TEXT_LEN];

	struct vflab_regs regs;
	enum vfio_device_mig_state mig_state;
	struct vflab_stream *saving;
	struct vflab_stream *resuming;
};

static inline struct vflab_device *to_vflab(struct vfio_device *vdev)
{
	return container_of(vdev, struct vflab_device, core.vdev);
}

/* publish.c: module parameters, and the files in a function's directory */

int vflab_publish_init(struct vflab_device *device);
void vflab_version(const struct vflab_device *device, u32 version[3]);
void vflab_stream_type(const struct vflab_device *device, char type[VFLAB_TEXT_LEN]);
extern const struct attribute_group *vflab_groups[];

/* migration.c: VFIO migration protocol v2 */

extern const struct vfio_migration_ops vflab_migration_ops;
void vflab_migration_reset(struct vflab_device *device);

#endif /* VFLAB_H */
