/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vulab: the protocol, as in docs/interop/vfio-user.rst of QEMU
 *
 * One client at a time. It may be hostile: whatever it sends, it gets an error
 * or loses its connection; when it does not read the replies, no further
 * message is taken from it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "vulab.h"

#define MAJOR 0
#define MINOR 1

#define MAX_FDS 8
#define MAX_TRANSFER 4096
#define MAX_PAYLOAD (MAX_TRANSFER + 16)

typedef struct {
    uint16_t id;
    uint16_t command;
    uint32_t size;      /* with the header */
    uint32_t flags;
    uint32_t error;
} header;

#define FLAG_TYPE_MASK 0xf
#define FLAG_TYPE_COMMAND 0x0
#define FLAG_TYPE_REPLY 0x1
#define FLAG_NO_REPLY 0x10
#define FLAG_ERROR 0x20

enum {
    CMD_VERSION = 1,
    CMD_DMA_MAP = 2,
    CMD_DMA_UNMAP = 3,
    CMD_GET_INFO = 4,
    CMD_GET_REGION_INFO = 5,
    CMD_GET_REGION_IO_FDS = 6,
    CMD_GET_IRQ_INFO = 7,
    CMD_SET_IRQS = 8,
    CMD_REGION_READ = 9,
    CMD_REGION_WRITE = 10,
    CMD_RESET = 13,
};

/* Payloads */

typedef struct {
    uint16_t major;
    uint16_t minor;
} version;

typedef struct {
    uint32_t argsz;
    uint32_t flags;
    uint64_t offset;
    uint64_t address;
    uint64_t size;
} dma_map_request;

typedef struct {
    uint32_t argsz;
    uint32_t flags;
    uint64_t address;
    uint64_t size;
} dma_unmap_request;

#define DMA_FLAG_READ 1
#define DMA_FLAG_WRITE 2
#define DMA_UNMAP_FLAG_ALL 2

typedef struct {
    uint64_t offset;
    uint32_t region;
    uint32_t count;
} region_access;

static struct {
    int fd;
    bool negotiated;
    union {
        header head;
        uint8_t bytes[sizeof(header) + MAX_PAYLOAD];
    } in;
    size_t have;
    int fds[MAX_FDS];
    size_t nfds;
    uint8_t out[sizeof(header) + MAX_PAYLOAD];
    size_t out_len;
    size_t out_done;
} client = { .fd = -1 };

/* A command's payload and descriptors, and the reply's payload */
typedef struct {
    const uint8_t *in;
    size_t in_len;
    uint8_t out[MAX_PAYLOAD];
    size_t out_len;
} message;

static void
close_fds(void)
{
    while (client.nfds)
        close(client.fds[--client.nfds]);
}

/* What the client gave us goes with it; the device keeps its state */
static void
disconnect(void)
{
    close_fds();
    close(client.fd);
    client.fd = -1;
    dma_unmap_all();
    device_irq_set_eventfd(-1);
}

/* Copies a payload of a fixed size that says so itself, in its first 4 bytes */
static bool
take(const message *msg, void *to, size_t size)
{
    uint32_t argsz;

    if (msg->in_len < size)
        return false;
    memcpy(to, msg->in, size);
    memcpy(&argsz, msg->in, sizeof(argsz));
    return argsz >= size;
}

static void
answer(message *msg, const void *data, size_t len)
{
    memcpy(msg->out + msg->out_len, data, len);
    msg->out_len += len;
}

/* Commands: each returns 0 or an errno */

static int
do_version(message *msg)
{
    static const char data[] =
        "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":4096,"
        "\"max_dma_maps\":1024,\"pgsizes\":4096}}";
    version peer;

    if (client.negotiated || msg->in_len < sizeof(peer))
        return EINVAL;
    /* nothing that the client may say of itself concerns this device */
    if (msg->in_len > sizeof(peer) && msg->in[msg->in_len - 1] != '\0')
        return EINVAL;
    memcpy(&peer, msg->in, sizeof(peer));
    if (peer.major != MAJOR)
        return EPROTONOSUPPORT;

    if (peer.minor > MINOR)
        peer.minor = MINOR;
    client.negotiated = true;
    answer(msg, &peer, sizeof(peer));
    answer(msg, data, sizeof(data));
    return 0;
}

static int
do_dma_map(message *msg)
{
    dma_map_request map;

    if (!take(msg, &map, sizeof(map)) || client.nfds > 1 ||
        map.flags & ~(DMA_FLAG_READ | DMA_FLAG_WRITE) || !(map.flags & DMA_FLAG_READ))
        return EINVAL;
    return dma_map(map.address, map.size, map.flags & DMA_FLAG_WRITE,
                   client.nfds ? client.fds[0] : -1, map.offset);
}

static int
do_dma_unmap(message *msg)
{
    dma_unmap_request unmap;
    int ret = 0;

    if (!take(msg, &unmap, sizeof(unmap)) || unmap.flags & ~DMA_UNMAP_FLAG_ALL)
        return EINVAL;
    if (unmap.flags) {
        if (unmap.address || unmap.size)
            return EINVAL;
        dma_unmap_all();
    } else {
        ret = dma_unmap(unmap.address, unmap.size);
    }
    answer(msg, &unmap, sizeof(unmap));
    return ret;
}

static int
do_get_info(message *msg)
{
    /* later fields of the structure are not part of the protocol */
    uint32_t info[4];

    if (!take(msg, info, sizeof(info)))
        return EINVAL;
    info[0] = sizeof(info);
    info[1] = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
    info[2] = DEVICE_REGIONS;
    info[3] = DEVICE_IRQS;
    answer(msg, info, sizeof(info));
    return 0;
}

static int
do_get_region_info(message *msg)
{
    struct vfio_region_info info;

    if (!take(msg, &info, sizeof(info)) || info.index >= DEVICE_REGIONS)
        return EINVAL;
    info.argsz = sizeof(info);
    info.size = device_region_size(info.index);
    info.flags = info.size ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE : 0;
    info.cap_offset = 0;
    info.offset = 0;
    answer(msg, &info, sizeof(info));
    return 0;
}

static int
do_get_irq_info(message *msg)
{
    struct vfio_irq_info info;

    if (!take(msg, &info, sizeof(info)) || info.index >= DEVICE_IRQS)
        return EINVAL;
    info.argsz = sizeof(info);
    info.count = device_irq_count(info.index);
    info.flags = info.count ? VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE |
                              VFIO_IRQ_INFO_AUTOMASKED : 0;
    answer(msg, &info, sizeof(info));
    return 0;
}

/* We write into it: nothing but an eventfd will do */
static bool
is_eventfd(int fd)
{
    char path[64], target[64];
    ssize_t len;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    len = readlink(path, target, sizeof(target) - 1);
    if (len < 0)
        return false;
    target[len] = '\0';
    return strcmp(target, "anon_inode:[eventfd]") == 0;
}

static int
do_set_irqs(message *msg)
{
    struct vfio_irq_set set;
    uint32_t data, action;
    unsigned int count;

    if (!take(msg, &set, sizeof(set)) || set.index >= DEVICE_IRQS)
        return EINVAL;
    data = set.flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
    action = set.flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
    count = device_irq_count(set.index);
    if (set.flags != (data | action) ||
        __builtin_popcount(data) != 1 || __builtin_popcount(action) != 1 ||
        set.start > count || set.count > count - set.start ||
        (data != VFIO_IRQ_SET_DATA_EVENTFD && client.nfds))
        return EINVAL;

    if (set.count == 0) {
        /* all of this type */
        if (data != VFIO_IRQ_SET_DATA_NONE || action != VFIO_IRQ_SET_ACTION_TRIGGER || set.start)
            return EINVAL;
        if (count)
            device_irq_set_eventfd(-1);
        return 0;
    }

    /* from here on it is our only interrupt */
    switch (data) {
    case VFIO_IRQ_SET_DATA_EVENTFD:
        /* who is told of masking: nobody needs it, and we do not offer it */
        if (action != VFIO_IRQ_SET_ACTION_TRIGGER)
            return ENOTSUP;
        if (client.nfds > set.count || (client.nfds && !is_eventfd(client.fds[0])))
            return EINVAL;
        device_irq_set_eventfd(client.nfds ? client.fds[0] : -1);
        client.nfds = 0;
        return 0;
    case VFIO_IRQ_SET_DATA_BOOL:
        if (msg->in_len < sizeof(set) + set.count)
            return EINVAL;
        if (!msg->in[sizeof(set)])
            return 0;
        break;
    }
    if (action == VFIO_IRQ_SET_ACTION_TRIGGER)
        device_irq_trigger();
    else
        device_irq_mask(action == VFIO_IRQ_SET_ACTION_MASK);
    return 0;
}

static int
do_region(message *msg, bool is_write)
{
    region_access access;
    size_t size;

    if (msg->in_len < sizeof(access))
        return EINVAL;
    memcpy(&access, msg->in, sizeof(access));
    size = device_region_size(access.region);
    if (access.count == 0 || access.count > MAX_TRANSFER ||
        access.offset >= size || access.count > size - access.offset ||
        msg->in_len != sizeof(access) + (is_write ? access.count : 0))
        return EINVAL;

    answer(msg, &access, sizeof(access));
    if (is_write) {
        device_write(access.region, access.offset, msg->in + sizeof(access), access.count);
    } else {
        device_read(access.region, access.offset, msg->out + msg->out_len, access.count);
        msg->out_len += access.count;
    }
    return 0;
}

static int
execute(uint16_t command, message *msg)
{
    switch (command) {
    case CMD_VERSION:
        return do_version(msg);
    case CMD_DMA_MAP:
        return do_dma_map(msg);
    case CMD_DMA_UNMAP:
        return do_dma_unmap(msg);
    case CMD_GET_INFO:
        return do_get_info(msg);
    case CMD_GET_REGION_INFO:
        return do_get_region_info(msg);
    case CMD_GET_IRQ_INFO:
        return do_get_irq_info(msg);
    case CMD_SET_IRQS:
        return do_set_irqs(msg);
    case CMD_REGION_READ:
        return do_region(msg, false);
    case CMD_REGION_WRITE:
        return do_region(msg, true);
    case CMD_RESET:
        device_reset();
        return 0;
    case CMD_GET_REGION_IO_FDS:
    default:
        return ENOTSUP;
    }
}

static void
send_out(void)
{
    ssize_t len = send(client.fd, client.out + client.out_done,
                       client.out_len - client.out_done, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (len < 0) {
        if (errno != EAGAIN && errno != EINTR)
            disconnect();
        return;
    }
    client.out_done += len;
    if (client.out_done == client.out_len)
        client.out_len = client.out_done = 0;
}

/* A whole command is there */
static void
process(void)
{
    message msg = { .in = client.in.bytes + sizeof(header),
                    .in_len = client.in.head.size - sizeof(header) };
    header reply = { .id = client.in.head.id,
                     .command = client.in.head.command,
                     .flags = FLAG_TYPE_REPLY };
    bool greeting = !client.negotiated;

    fault_at(STAGE_CONNECT);
    if (fault_is(STAGE_CONNECT, "close")) {
        disconnect();
        return;
    }

    if (greeting && reply.command != CMD_VERSION)
        reply.error = EPROTO;
    else
        reply.error = execute(reply.command, &msg);
    close_fds();
    client.have = 0;

    if (reply.error) {
        reply.flags |= FLAG_ERROR;
        msg.out_len = 0;
    }
    reply.size = sizeof(reply) + msg.out_len;
    if (!(client.in.head.flags & FLAG_NO_REPLY)) {
        memcpy(client.out, &reply, sizeof(reply));
        memcpy(client.out + sizeof(reply), msg.out, msg.out_len);
        if (fault_is(STAGE_CONNECT, "garbage"))
            memset(client.out, 0xa5, reply.size);
        client.out_len = reply.size;
        send_out();
    }
    /* no common version, or not this protocol at all */
    if (greeting && !client.negotiated && client.fd >= 0)
        disconnect();
}

/* Takes what there is of one message, never more: descriptors belong to the bytes they come with */
static void
receive(void)
{
    size_t want = client.have < sizeof(header) ? sizeof(header) : client.in.head.size;
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * MAX_FDS)];
    } control;
    struct iovec iov = { .iov_base = client.in.bytes + client.have,
                         .iov_len = want - client.have };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
                          .msg_control = control.bytes,
                          .msg_controllen = sizeof(control.bytes) };
    struct cmsghdr *cmsg;
    bool too_many;
    ssize_t len;

    len = recvmsg(client.fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len <= 0) {
        disconnect();
        return;
    }

    too_many = msg.msg_flags & MSG_CTRUNC;
    for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
        size_t i, n;

        if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
            continue;
        n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (i = 0; i < n; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd), sizeof(fd));
            if (client.nfds < MAX_FDS) {
                client.fds[client.nfds++] = fd;
            } else {
                close(fd);
                too_many = true;
            }
        }
    }
    if (too_many) {
        disconnect();
        return;
    }

    client.have += len;
    if (client.have < sizeof(header))
        return;
    /* after any of these we would not know where the next message begins, or what it is */
    if (client.in.head.size < sizeof(header) ||
        client.in.head.size > sizeof(client.in.bytes) ||
        (client.in.head.flags & FLAG_TYPE_MASK) != FLAG_TYPE_COMMAND) {
        disconnect();
        return;
    }
    if (client.have == client.in.head.size)
        process();
}

static void
welcome(int listener)
{
    struct pollfd present = { .fd = client.fd };
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return;
    /* nobody waits for a device that somebody else has; it may have gone unread */
    if (client.fd >= 0) {
        if (poll(&present, 1, 0) != 1 || !(present.revents & POLLHUP)) {
            close(fd);
            return;
        }
        disconnect();
    }
    client.fd = fd;
    client.negotiated = false;
    client.have = client.nfds = client.out_len = client.out_done = 0;
}

void
serve(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct pollfd fds[3];
    sigset_t signals;
    int listener;

    if (strlen(path) >= sizeof(address.sun_path))
        die("the path of the socket is too long: %s", path);
    strcpy(address.sun_path, path);

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    fds[0] = (struct pollfd) { .fd = signalfd(-1, &signals, SFD_CLOEXEC), .events = POLLIN };
    if (fds[0].fd < 0)
        die("signalfd: %s", strerror(errno));

    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(listener, 4) < 0)
        die("cannot listen at '%s': %s", path, strerror(errno));
    fds[1] = (struct pollfd) { .fd = listener, .events = POLLIN };

    for (;;) {
        /* one reply at a time */
        fds[2] = (struct pollfd) { .fd = client.fd,
                                   .events = client.out_len ? POLLOUT : POLLIN };
        if (poll(fds, NELEMS(fds), -1) < 0) {
            if (errno == EINTR)
                continue;
            die("poll: %s", strerror(errno));
        }
        if (fds[0].revents) {
            if (fault_is(STAGE_STOP, "hang"))
                fds[0].fd = -1;
            else
                break;
        }
        if (fds[2].revents) {
            if (client.out_len)
                send_out();
            else
                receive();
        }
        if (fds[1].revents)
            welcome(listener);
    }
    unlink(path);
}
