// SPDX-License-Identifier: GPL-2.0
/*
 * vflab_vfio_pci: VFIO migration protocol v2
 *
 * The stream is that of mdevlab (see there), so that a mediated device can become a
 * virtual function and back: an identity, once more if the first was sent in pre-copy,
 * and the registers.
 */
#include <linux/anon_inodes.h>
#include <linux/crc32.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "vflab.h"

#define STREAM_MAGIC	0x31424c4d	/* "MLB1" */

enum record_kind {
	RECORD_IDENTITY = 1,
	RECORD_STATE = 2,
};

/* On the wire; all numbers are little endian */
struct record_head {
	__le32 magic;
	__le16 kind;
	__le16 size;		/* of the whole record */
	__le32 crc;		/* of what follows */
} __packed;

struct record_identity {
	struct record_head head;
	__le32 version[3];
	__le32 units;
	__le32 aggregator;
	__le32 fps;
	/* of the two texts at the end, which are not used here */
	__le32 params_crc;
	__le32 model_crc;
	char type[VFLAB_TEXT_LEN];
	char params[VFLAB_TEXT_LEN];
	char model[VFLAB_TEXT_LEN];
} __packed;

struct record_state {
	struct record_head head;
	__le16 command;
	u8 interrupt_line;
	u8 reserved;
	__le32 bar0;
	__le32 version;
	__le32 units;
	__le32 aggregator;
	char type[VFLAB_TYPE_LEN];
	__le32 counter;
	__le32 scratch[VFLAB_SCRATCH_REGS];
} __packed;

#define STREAM_SIZE	(2 * sizeof(struct record_identity) + sizeof(struct record_state))

/*
 * One transfer. It belongs to its file and never looks at the device, which
 * may be gone before the last user closes the file.
 */
struct vflab_stream {
	struct file *file;

	/* protects all that follows; taken inside of device->lock */
	struct mutex lock;
	bool closed;			/* the transfer is over */
	bool precopy;			/* saving: more will come */
	bool identified;		/* resuming: the source fits */
	bool complete;			/* resuming: the state has arrived */
	int error;			/* resuming: the stream was refused */
	size_t len;			/* bytes in data */
	size_t pos;			/* saving: how many of them were read */
	struct record_identity own;	/* what resuming checks against */
	struct record_state state;	/* resuming: what arrived */
	u8 data[STREAM_SIZE];
};

static void record_seal(struct record_head *head, enum record_kind kind, size_t size)
{
	head->magic = cpu_to_le32(STREAM_MAGIC);
	head->kind = cpu_to_le16(kind);
	head->size = cpu_to_le16(size);
	head->crc = cpu_to_le32(crc32_le(~0, (u8 *)(head + 1), size - sizeof(*head)));
}

/* Caller holds device->lock, and the device is open */
static void make_identity(struct vflab_device *device, struct record_identity *record)
{
	u32 version[3];
	unsigned int i;

	vflab_version(device, version);
	memset(record, 0, sizeof(*record));
	for (i = 0; i < ARRAY_SIZE(version); i++)
		record->version[i] = cpu_to_le32(version[i]);
	record->units = cpu_to_le32(1);
	record->aggregator = cpu_to_le32(device->aggregator);
	record->fps = cpu_to_le32(device->fps);
	vflab_stream_type(device, record->type);
	record_seal(&record->head, RECORD_IDENTITY, sizeof(*record));
}

static void make_state(struct vflab_device *device, struct record_state *record)
{
	unsigned int i;

	memset(record, 0, sizeof(*record));
	record->command = cpu_to_le16(device->regs.command);
	record->interrupt_line = device->regs.interrupt_line;
	record->bar0 = cpu_to_le32(device->regs.bar0);
	record->version = cpu_to_le32(device->regs.version);
	record->units = cpu_to_le32(device->regs.units);
	record->aggregator = cpu_to_le32(device->regs.aggregator);
	strscpy(record->type, device->regs.type);
	record->counter = cpu_to_le32(device->regs.counter);
	for (i = 0; i < VFLAB_SCRATCH_REGS; i++)
		record->scratch[i] = cpu_to_le32(device->regs.scratch[i]);
	record_seal(&record->head, RECORD_STATE, sizeof(*record));
}

static void apply_state(struct vflab_device *device, const struct record_state *record)
{
	unsigned int i;

	device->regs.command = le16_to_cpu(record->command);
	device->regs.interrupt_line = record->interrupt_line;
	device->regs.bar0 = le32_to_cpu(record->bar0);
	device->regs.version = le32_to_cpu(record->version);
	device->regs.units = le32_to_cpu(record->units);
	device->regs.aggregator = le32_to_cpu(record->aggregator);
	strscpy_pad(device->regs.type, record->type);
	device->regs.counter = le32_to_cpu(record->counter);
	for (i = 0; i < VFLAB_SCRATCH_REGS; i++)
		device->regs.scratch[i] = le32_to_cpu(record->scratch[i]);
}

/* Does a source with the identity src fit us? */
static int check_identity(const struct record_identity *own, const struct record_identity *src)
{
	if (src->type[sizeof(src->type) - 1])
		return -EBADMSG;

	if (strcmp(own->type, src->type)) {
		pr_info("vflab: stream refused: type %s, this one is %s\n",
			src->type, own->type);
		return -EMEDIUMTYPE;
	}

	if (own->version[0] != src->version[0] ||
	    le32_to_cpu(own->version[1]) < le32_to_cpu(src->version[1])) {
		pr_info("vflab: stream refused: version %u.%u, this one is %u.%u\n",
			le32_to_cpu(src->version[0]), le32_to_cpu(src->version[1]),
			le32_to_cpu(own->version[0]), le32_to_cpu(own->version[1]));
		return -EPROTONOSUPPORT;
	}

	if (own->aggregator != src->aggregator || own->fps != src->fps) {
		pr_info("vflab: stream refused: aggregator %u, fps %u, here it is %u and %u\n",
			le32_to_cpu(src->aggregator), le32_to_cpu(src->fps),
			le32_to_cpu(own->aggregator), le32_to_cpu(own->fps));
		return -ERANGE;
	}
	return 0;
}

/*
 * Takes the next record out of data, when it has arrived as a whole. Returns 1
 * if there was one, 0 if more bytes are needed. Caller holds stream->lock.
 */
static int take_record(struct vflab_stream *stream)
{
	const struct record_head *head = (void *)stream->data;
	size_t size;
	u16 kind;
	int ret;

	if (stream->len < sizeof(*head))
		return 0;

	kind = le16_to_cpu(head->kind);
	size = le16_to_cpu(head->size);
	if (le32_to_cpu(head->magic) != STREAM_MAGIC ||
	    !((kind == RECORD_IDENTITY && size == sizeof(struct record_identity)) ||
	      (kind == RECORD_STATE && size == sizeof(struct record_state))))
		return -EBADMSG;
	if (stream->len < size)
		return 0;
	if (le32_to_cpu(head->crc) != crc32_le(~0, (u8 *)(head + 1), size - sizeof(*head)))
		return -EBADMSG;

	if (kind == RECORD_IDENTITY) {
		ret = check_identity(&stream->own, (void *)stream->data);
		if (ret)
			return ret;
		stream->identified = true;
	} else if (!stream->identified) {
		return -EBADMSG;
	} else {
		memcpy(&stream->state, stream->data, sizeof(stream->state));
		stream->complete = true;
	}

	stream->len -= size;
	memmove(stream->data, stream->data + size, stream->len);
	return 1;
}

static ssize_t resuming_write(struct file *file, const char __user *buf, size_t count,
			      loff_t *ppos)
{
	struct vflab_stream *stream = file->private_data;
	size_t done = 0;
	int ret;

	if (ppos)
		return -ESPIPE;

	mutex_lock(&stream->lock);
	ret = stream->closed ? -ENODEV : stream->error;
	while (!ret && done < count) {
		size_t chunk = min(count - done, sizeof(stream->data) - stream->len);

		if (stream->complete) {
			ret = -EMSGSIZE;	/* bytes after the last record */
			break;
		}
		if (copy_from_user(stream->data + stream->len, buf + done, chunk)) {
			ret = -EFAULT;
			break;
		}
		stream->len += chunk;
		done += chunk;

		do {
			ret = take_record(stream);
		} while (ret > 0 && !stream->complete);
		if (ret > 0)
			ret = stream->len ? -EMSGSIZE : 0;
	}

	/* a stream that was refused once stays refused */
	if (ret && !stream->closed)
		stream->error = ret;
	mutex_unlock(&stream->lock);
	return ret ?: done;
}

static ssize_t saving_read(struct file *file, char __user *buf, size_t count, loff_t *ppos)
{
	struct vflab_stream *stream = file->private_data;
	ssize_t ret;

	if (ppos)
		return -ESPIPE;

	mutex_lock(&stream->lock);
	if (stream->closed) {
		ret = -ENODEV;
	} else if (stream->pos == stream->len) {
		/* the end, or only of what there is in pre-copy */
		ret = stream->precopy ? -ENOMSG : 0;
	} else {
		ret = min(count, stream->len - stream->pos);
		if (copy_to_user(buf, stream->data + stream->pos, ret))
			ret = -EFAULT;
		else
			stream->pos += ret;
	}
	mutex_unlock(&stream->lock);
	return ret;
}

static long saving_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vflab_stream *stream = file->private_data;
	unsigned long minsz = offsetofend(struct vfio_precopy_info, dirty_bytes);
	struct vfio_precopy_info info = {};
	long ret = 0;

	if (cmd != VFIO_MIG_GET_PRECOPY_INFO)
		return -ENOTTY;
	if (copy_from_user(&info, (void __user *)arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	mutex_lock(&stream->lock);
	if (stream->closed)
		ret = -ENODEV;
	else if (!stream->precopy)
		ret = -EINVAL;
	info.flags = 0;
	info.initial_bytes = stream->len - stream->pos;
	info.dirty_bytes = 0;
	mutex_unlock(&stream->lock);
	if (ret)
		return ret;
	return copy_to_user((void __user *)arg, &info, minsz) ? -EFAULT : 0;
}

static int stream_release(struct inode *inode, struct file *file)
{
	struct vflab_stream *stream = file->private_data;

	mutex_destroy(&stream->lock);
	kfree(stream);
	return 0;
}

static const struct file_operations saving_fops = {
	.owner = THIS_MODULE,
	.read = saving_read,
	.unlocked_ioctl = saving_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = stream_release,
};

static const struct file_operations resuming_fops = {
	.owner = THIS_MODULE,
	.write = resuming_write,
	.release = stream_release,
};

/* The new stream's file has one reference, which is for the user */
static struct vflab_stream *stream_create(const char *name, const struct file_operations *fops,
					  int flags)
{
	struct vflab_stream *stream;

	stream = kzalloc(sizeof(*stream), GFP_KERNEL_ACCOUNT);
	if (!stream)
		return ERR_PTR(-ENOMEM);

	mutex_init(&stream->lock);
	stream->file = anon_inode_getfile(name, fops, stream, flags);
	if (IS_ERR(stream->file)) {
		long ret = PTR_ERR(stream->file);

		kfree(stream);
		return ERR_PTR(ret);
	}
	stream_open(stream->file->f_inode, stream->file);
	return stream;
}

/* Ends the transfer and drops the device's reference to it */
static void stream_close(struct vflab_stream **streamp)
{
	struct vflab_stream *stream = *streamp;

	if (!stream)
		return;
	*streamp = NULL;
	mutex_lock(&stream->lock);
	stream->closed = true;
	mutex_unlock(&stream->lock);
	fput(stream->file);
}

static void stream_append_identity(struct vflab_stream *stream, struct vflab_device *device)
{
	make_identity(device, (void *)stream->data + stream->len);
	stream->len += sizeof(struct record_identity);
}

static void stream_append_state(struct vflab_stream *stream, struct vflab_device *device)
{
	make_state(device, (void *)stream->data + stream->len);
	stream->len += sizeof(struct record_state);
}

static struct file *start_saving(struct vflab_device *device, bool precopy)
{
	struct vflab_stream *stream;

	stream = stream_create("vflab-saving", &saving_fops, O_RDONLY);
	if (IS_ERR(stream))
		return ERR_CAST(stream);

	stream->precopy = precopy;
	stream_append_identity(stream, device);
	if (!precopy)
		stream_append_state(stream, device);
	device->saving = stream;
	return get_file(stream->file);
}

/* From pre-copy to stop-and-copy: the same file goes on */
static void finish_saving(struct vflab_device *device)
{
	struct vflab_stream *stream = device->saving;

	mutex_lock(&stream->lock);
	stream_append_identity(stream, device);
	stream_append_state(stream, device);
	stream->precopy = false;
	mutex_unlock(&stream->lock);
}

static struct file *start_resuming(struct vflab_device *device)
{
	struct vflab_stream *stream;

	stream = stream_create("vflab-resuming", &resuming_fops, O_WRONLY);
	if (IS_ERR(stream))
		return ERR_CAST(stream);

	make_identity(device, &stream->own);
	device->resuming = stream;
	return get_file(stream->file);
}

static int finish_resuming(struct vflab_device *device)
{
	struct vflab_stream *stream = device->resuming;
	int ret;

	mutex_lock(&stream->lock);
	ret = stream->error;
	if (!ret && !stream->complete)
		ret = -ENODATA;		/* cut short */
	if (!ret)
		apply_state(device, &stream->state);
	mutex_unlock(&stream->lock);
	if (!ret)
		stream_close(&device->resuming);
	return ret;
}

/* One arc of the state machine. Caller holds device->lock. */
static struct file *step(struct vflab_device *device, enum vfio_device_mig_state next)
{
	enum vfio_device_mig_state cur = device->mig_state;

#define ARC(_from, _to) \
	(cur == VFIO_DEVICE_STATE_##_from && next == VFIO_DEVICE_STATE_##_to)

	/* nothing runs in the device by itself, so there is nothing to stop */
	if (ARC(RUNNING, RUNNING_P2P) || ARC(RUNNING_P2P, RUNNING) ||
	    ARC(RUNNING_P2P, STOP) || ARC(STOP, RUNNING_P2P) ||
	    ARC(PRE_COPY, PRE_COPY_P2P) || ARC(PRE_COPY_P2P, PRE_COPY))
		return NULL;

	if (ARC(RUNNING, PRE_COPY) || ARC(RUNNING_P2P, PRE_COPY_P2P))
		return start_saving(device, true);

	if (ARC(STOP, STOP_COPY))
		return start_saving(device, false);

	if (ARC(PRE_COPY_P2P, STOP_COPY)) {
		finish_saving(device);
		return NULL;
	}

	if (ARC(PRE_COPY, RUNNING) || ARC(PRE_COPY_P2P, RUNNING_P2P) || ARC(STOP_COPY, STOP)) {
		stream_close(&device->saving);
		return NULL;
	}

	if (ARC(STOP, RESUMING))
		return start_resuming(device);

	if (ARC(RESUMING, STOP))
		return ERR_PTR(finish_resuming(device));

#undef ARC

	WARN_ONCE(1, "vflab: no arc from state %d to %d", cur, next);
	return ERR_PTR(-EINVAL);
}

static struct file *set_state(struct vfio_device *vdev, enum vfio_device_mig_state new_state)
{
	struct vflab_device *device = to_vflab(vdev);
	struct file *file = NULL;
	int ret;

	mutex_lock(&device->lock);
	while (new_state != device->mig_state) {
		enum vfio_device_mig_state next;

		ret = vfio_mig_get_next_state(vdev, device->mig_state, new_state, &next);
		if (ret) {
			file = ERR_PTR(ret);
			break;
		}

		file = step(device, next);
		if (IS_ERR(file))
			break;
		device->mig_state = next;

		/* the core leads through a data transfer state only as the last one */
		if (WARN_ON(file && new_state != next)) {
			fput(file);
			file = ERR_PTR(-EINVAL);
			break;
		}
	}
	mutex_unlock(&device->lock);
	return file;
}

static int get_state(struct vfio_device *vdev, enum vfio_device_mig_state *state)
{
	struct vflab_device *device = to_vflab(vdev);

	mutex_lock(&device->lock);
	*state = device->mig_state;
	mutex_unlock(&device->lock);
	return 0;
}

static int get_data_size(struct vfio_device *vdev, unsigned long *length)
{
	*length = STREAM_SIZE;
	return 0;
}

const struct vfio_migration_ops vflab_migration_ops = {
	.migration_set_state = set_state,
	.migration_get_state = get_state,
	.migration_get_data_size = get_data_size,
};

/* Back to where a device starts. Caller holds device->lock. */
void vflab_migration_reset(struct vflab_device *device)
{
	stream_close(&device->saving);
	stream_close(&device->resuming);
	device->mig_state = VFIO_DEVICE_STATE_RUNNING;
}
