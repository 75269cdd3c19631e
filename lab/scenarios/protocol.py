"""The driver as a VFIO device: what no QEMU does, but a bad stream or program can."""

import errno
import os

import vfio
from host import (PCI_PARENTS, UUIDS, available, check, create, equal, errno_of, load_driver,
                  remove, run, unload_driver)
from vfio import BAR0_REGION, CONFIG_REGION, Device, precopy_info, read_all

MODES = ('stock',)
DAEMONS = False

A, B = PCI_PARENTS
SMALL = 'mdevlab-small'
SCRATCH, COUNTER = 0x20, 0x14


def load():
    load_driver()
    create(A, SMALL, UUIDS[0])
    create(B, SMALL, UUIDS[1])


def save(device):
    """The stream of a stopped device, which then runs again."""
    device.set_state(vfio.STOP)
    fd = device.set_state(vfio.STOP_COPY)
    data = read_all(fd)
    os.close(fd)
    device.set_state(vfio.RUNNING)
    return data


def resume(device, data, chunk=None):
    """Feeds a stream to a device; returns the errno of the first step that fails."""
    fd = device.set_state(vfio.RESUMING)
    try:
        for at in range(0, len(data), chunk or len(data)):
            code = errno_of(os.write, fd, data[at:at + (chunk or len(data))])
            if code:
                return code
        return errno_of(device.set_state, vfio.RUNNING)
    finally:
        os.close(fd)


def test_regions_and_interrupts():
    load()
    with Device(UUIDS[0]) as device:
        equal(device.info(), (3, 9, 5), 'flags (reset, PCI), regions, interrupts')
        for index in range(8):
            flags, size, _offset = device.region(index)
            equal((flags, size),
                  {CONFIG_REGION: (3, 256), BAR0_REGION: (3, 128)}.get(index, (0, 0)),
                  f'region {index}')
        equal(errno_of(device.region, 8), errno.EINVAL, 'the region for VGA')
        equal([device.irqs(i) for i in range(3)], [0, 0, 0], 'interrupts')
        equal(errno_of(device.irqs, 3), errno.EINVAL, 'the interrupt for errors')

        equal(device.read(CONFIG_REGION, 0, 4), b'\xf4\x1a\xf7\x10', 'PCI ids')
        device.write(CONFIG_REGION, 0, b'\0\0\0\0')
        equal(device.read(CONFIG_REGION, 0, 4), b'\xf4\x1a\xf7\x10', 'PCI ids after a write')
        device.write(CONFIG_REGION, 0x10, b'\xff\xff\xff\xff')
        equal(device.read(CONFIG_REGION, 0x10, 4), b'\x81\xff\xff\xff', 'size of BAR 0')
        device.write(CONFIG_REGION, 0x14, b'\xff\xff\xff\xff')
        equal(device.read(CONFIG_REGION, 0x14, 4), bytes(4), 'size of BAR 1')

        # at the ends of the regions, and beyond
        equal(len(device.read(BAR0_REGION, 120, 64)), 8, 'read across the end')
        equal(errno_of(device.read, BAR0_REGION, 128, 1), errno.EINVAL, 'read behind the end')
        equal(device.write(BAR0_REGION, 126, b'1234'), 2, 'write across the end')
        equal(errno_of(device.write, BAR0_REGION, 128, b'1'), errno.EINVAL, 'write behind the end')
        equal(errno_of(device.read, 3, 0, 1), errno.EINVAL, 'read of an empty region')
        equal(errno_of(device.write, 3, 0, b'1'), errno.EINVAL, 'write to an empty region')

        # a write that covers everything changes only what may be written
        before = device.read(BAR0_REGION, 0, 128)
        device.write(BAR0_REGION, 0, b'\xee' * 128)
        after = device.read(BAR0_REGION, 0, 128)
        equal([i for i in range(128) if before[i] != after[i]],
              [COUNTER] + list(range(SCRATCH, SCRATCH + 32)), 'bytes that changed')
        device.reset()
        equal(device.read(BAR0_REGION, 0, 128), before, 'after a reset')


def test_migration_state_travels():
    load()
    with Device(UUIDS[0]) as source, Device(UUIDS[1]) as target:
        equal(source.migration_flags(),
              vfio.STOP_COPY_FLAG | vfio.P2P_FLAG | vfio.PRE_COPY_FLAG, 'flags')
        equal(source.state(), vfio.RUNNING, 'state')
        source.write(BAR0_REGION, SCRATCH, bytes(range(32)))
        source.write(BAR0_REGION, COUNTER, b'1')
        source.write(CONFIG_REGION, 4, b'\1\0')
        source.write(CONFIG_REGION, 0x10, b'\x80\xc0\0\0')
        source.write(CONFIG_REGION, 0x3c, b'\x0b')
        stream = save(source)
        check(0 < len(stream) <= source.data_size(), f'{len(stream)} bytes')
        for chunk in (None, 1, 7, 100):
            target.reset()
            equal(resume(target, stream, chunk), 0, f'resuming by {chunk}')
            equal(target.state(), vfio.RUNNING, 'state')
            for region, size in ((BAR0_REGION, 128), (CONFIG_REGION, 256)):
                equal(target.read(region, 0, size), source.read(region, 0, size),
                      f'region {region}')


def test_precopy():
    load()
    with Device(UUIDS[0]) as source, Device(UUIDS[1]) as target:
        fd = source.set_state(vfio.PRE_COPY)
        initial, dirty = precopy_info(fd)
        check(initial > 0 and dirty == 0, f'{initial} initial bytes, {dirty} dirty ones')
        stream = os.read(fd, 10)
        equal(precopy_info(fd), (initial - 10, 0), 'after a read')
        stream += os.read(fd, 4096)
        equal(len(stream), initial, 'bytes of pre-copy')
        equal(errno_of(os.read, fd, 1), errno.ENOMSG, 'end of what there is in pre-copy')

        # the destination judges while the source still runs
        incoming = target.set_state(vfio.RESUMING)
        equal(os.write(incoming, stream), initial, 'written')

        source.write(BAR0_REGION, SCRATCH, b'late')
        equal(source.set_state(vfio.STOP_COPY), None, 'a second file')
        equal(errno_of(precopy_info, fd), errno.EINVAL, 'pre-copy is over')
        os.write(incoming, read_all(fd, 50))
        target.set_state(vfio.RUNNING)
        equal(target.read(BAR0_REGION, SCRATCH, 4), b'late', 'scratch')
        os.close(fd)
        os.close(incoming)

        # a pre-copy that is given up
        source.set_state(vfio.RUNNING)
        fd = source.set_state(vfio.PRE_COPY)
        source.set_state(vfio.RUNNING)
        equal(errno_of(os.read, fd, 1), errno.ENODEV, 'read when it was given up')
        os.close(fd)


def test_bad_streams_are_refused():
    load()
    with Device(UUIDS[0]) as source, Device(UUIDS[1]) as target:
        source.write(BAR0_REGION, SCRATCH, b'good')
        stream = save(source)

        for length in range(1, len(stream)):
            equal(resume(target, stream[:length]), errno.ENODATA, f'cut after {length} bytes')
            target.reset()
        equal(resume(target, stream + b'x'), errno.EMSGSIZE, 'one byte more')
        target.reset()
        equal(resume(target, stream + b'x', 1), errno.EMSGSIZE, 'one byte more, alone')
        target.reset()
        equal(resume(target, stream + stream), errno.EMSGSIZE, 'twice')
        target.reset()
        equal(resume(target, b'\xff' * 100000), errno.EBADMSG, 'much of nothing')
        target.reset()
        for at in range(len(stream)):
            bad = bytearray(stream)
            bad[at] ^= 0x55
            equal(resume(target, bytes(bad)), errno.EBADMSG, f'byte {at} changed')
            target.reset()
        # the state alone, without the identity
        identity = int.from_bytes(stream[6:8], 'little')
        equal(resume(target, stream[identity:]), errno.EBADMSG, 'no identity')

        # what was refused stays refused, until a reset
        fd = target.set_state(vfio.RESUMING) if target.state() != vfio.RESUMING else None
        equal(errno_of(target.set_state, vfio.RUNNING), errno.EBADMSG, 'leaving RESUMING')
        if fd is not None:
            os.close(fd)
        equal(target.read(BAR0_REGION, SCRATCH, 4), bytes(4), 'scratch')
        target.reset()
        equal(target.state(), vfio.RUNNING, 'state after a reset')
        equal(resume(target, stream), 0, 'the good stream')
        equal(target.read(BAR0_REGION, SCRATCH, 4), b'good', 'scratch')


def test_stream_outlives_its_device():
    load()
    device = Device(UUIDS[0])
    saving = device.set_state(vfio.PRE_COPY)
    device.reset()
    equal(errno_of(os.read, saving, 1), errno.ENODEV, 'read after a reset')
    resuming = device.set_state(vfio.RESUMING)
    device.close()
    equal(errno_of(os.write, resuming, b'x'), errno.ENODEV, 'write after close')
    remove(UUIDS[0])
    equal(available(A, SMALL), 8, 'free units')
    equal(errno_of(os.write, resuming, b'x'), errno.ENODEV, 'write after removal')
    equal(errno_of(precopy_info, saving), errno.ENODEV, 'ioctl after removal')
    check(run('rmmod', 'mdevlab', status=None).returncode != 0, 'unloaded under an open stream')
    os.close(saving)
    os.close(resuming)
    unload_driver()


def test_unbind_and_bind_a_parent():
    load()
    driver = '/sys/bus/pci/drivers/mdevlab'
    for _ in range(3):
        for action in ('unbind', 'bind'):
            with open(f'{driver}/{action}', 'w', encoding='ascii') as file:
                file.write(A)
        equal(available(A, SMALL), 8, 'free units')
        create(A, SMALL, UUIDS[0])
    equal(available(B, SMALL), 7, 'the other parent')
