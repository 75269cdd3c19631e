"""The sample driver by itself: no libvirt is involved."""

import contextlib
import errno

from host import (PCI_PARENTS, UUIDS, Qemu, available, check, create, equal, errno_of, get_attr,
                  kernel_log, load_driver, log, migrate, remove, set_attr, set_fault, type_attr,
                  type_dir, unload_driver, MDEV_DEVICES, VIRTUAL_PARENT)

MODES = ('stock',)
DAEMONS = False

A, B = PCI_PARENTS
SMALL, MEDIUM, LARGE = 'mdevlab-small', 'mdevlab-medium', 'mdevlab-large'

# Registers in the ports of BAR 0
MAGIC, VERSION, UNITS, AGGREGATOR, FPS, COUNTER, SCRATCH, TYPE = (
    0x00, 0x04, 0x08, 0x0c, 0x10, 0x14, 0x20, 0x40)


def test_type_attributes_are_those_of_the_parameters():
    load_driver(software_version=('1.2.3', '2.0.1'), pci_ids=('5931:591b', '1234'),
                formats=('xrgb8888:rgb565', 'xrgb8888'), compatible_type=('', 'x-1:x-2'))
    for parent, version, ids, formats, kind in (
            (A, '1.2.3', '5931, 591b', 'xrgb8888,rgb565', MEDIUM),
            (B, '2.0.1', '1234', 'xrgb8888', 'x-1, x-2')):
        equal(type_attr(parent, MEDIUM, 'software_version'), version, 'software_version')
        equal(type_attr(parent, MEDIUM, 'compatible_pci_ids'), ids, 'compatible_pci_ids')
        equal(type_attr(parent, MEDIUM, 'compatible_formats'), formats, 'compatible_formats')
        equal(type_attr(parent, MEDIUM, 'compatible_type'), kind, 'compatible_type')
        equal(type_attr(parent, MEDIUM, 'dynamic_resources'), 'aggregator,lab/fps',
              'dynamic_resources')
        equal(type_attr(parent, MEDIUM, 'device_api'), 'vfio-pci', 'device_api')


def test_other_device_api_and_resources():
    load_driver(device_api=('vfio-pci', 'vfio-ccw'),
                dynamic_resources=('aggregator', 'lab/fps:aggregator'))
    for parent, api, resources in ((A, 'vfio-pci', 'aggregator'),
                                   (B, 'vfio-ccw', 'lab/fps,aggregator')):
        equal(type_attr(parent, SMALL, 'device_api'), api, 'device_api')
        equal(type_attr(parent, SMALL, 'dynamic_resources'), resources, 'dynamic_resources')
    create(B, SMALL, UUIDS[0])


def test_publish_nothing():
    load_driver(publish=('none', 'attributes'))
    create(A, SMALL, UUIDS[0])
    create(B, SMALL, UUIDS[1])
    core = {'create', 'device_api', 'name', 'available_instances', 'devices'}
    equal({p.name for p in type_dir(A, SMALL).iterdir()}, core, 'files of the type')
    check({p.name for p in type_dir(B, SMALL).iterdir()} > core, 'the other parent publishes')
    quiet = {p.name for p in (MDEV_DEVICES / UUIDS[0]).iterdir()}
    loud = {p.name for p in (MDEV_DEVICES / UUIDS[1]).iterdir()}
    equal(loud - quiet, {'aggregator', 'lab'}, 'files that only the publishing parent has')


def test_bad_parameters_are_refused():
    for parameter in ({'publish': 'nonsense'}, {'aggregator': '1:x'}, {'aggregator': '0'},
                      {'aggregator': ''}, {'device_api': 'vfio-x'}, {'types': 'small'}):
        if 'types' in parameter:
            # found when a parent appears: the module stays, without parents
            load_driver(**parameter)
            check(not type_dir(A, SMALL).exists(), 'parent with a bad list of types')
            unload_driver()
            continue
        try:
            load_driver(**parameter)
        except AssertionError as error:
            check('Invalid' in str(error), f'{parameter}: {error}')
        else:
            check(False, f'{parameter} is accepted')


def test_pool_is_shared_by_the_types():
    load_driver(units=(8, 3))
    equal([available(A, t) for t in (SMALL, MEDIUM, LARGE)], [8, 4, 2], 'free at first')
    equal([available(B, t) for t in (SMALL, MEDIUM, LARGE)], [3, 1, 0], 'free on the other')
    create(A, LARGE, UUIDS[0])
    equal([available(A, t) for t in (SMALL, MEDIUM, LARGE)], [4, 2, 1], 'after one large')
    create(A, SMALL, UUIDS[1])
    equal([available(A, t) for t in (SMALL, MEDIUM, LARGE)], [3, 1, 0], 'after one small')
    equal(errno_of(create, A, LARGE, UUIDS[2]), errno.ENOSPC, 'create without enough units')
    equal(errno_of(create, B, LARGE, UUIDS[2]), errno.ENOSPC, 'create without enough units')
    equal(errno_of(create, B, SMALL, UUIDS[0]), errno.EEXIST, 'create what exists')
    create(A, MEDIUM, UUIDS[2])
    create(A, SMALL, UUIDS[3])
    equal([available(A, t) for t in (SMALL, MEDIUM, LARGE)], [0, 0, 0], 'when it is full')
    remove(UUIDS[0])
    equal([available(A, t) for t in (SMALL, MEDIUM, LARGE)], [4, 2, 1], 'after a removal')
    equal([available(B, t) for t in (SMALL, MEDIUM, LARGE)], [3, 1, 0], 'the other pool')


def test_aggregator_takes_units():
    load_driver(units=4, aggregator='1:2:4')
    create(A, SMALL, UUIDS[0])
    equal(get_attr(UUIDS[0], 'aggregator'), '1', 'default')
    set_attr(UUIDS[0], 'aggregator', 2)
    equal(get_attr(UUIDS[0], 'aggregator'), '2', 'what was written')
    equal(available(A, SMALL), 2, 'free units')
    equal(errno_of(set_attr, UUIDS[0], 'aggregator', 3), errno.EINVAL, 'a value not offered')
    equal(errno_of(set_attr, UUIDS[0], 'aggregator', 'two'), errno.EINVAL, 'no number')
    create(A, SMALL, UUIDS[1])
    equal(errno_of(set_attr, UUIDS[0], 'aggregator', 4), errno.ENOSPC, 'more than there is')
    equal(get_attr(UUIDS[0], 'aggregator'), '2', 'after the refusals')
    remove(UUIDS[1])
    set_attr(UUIDS[0], 'aggregator', 4)
    equal(available(A, SMALL), 0, 'free units')
    set_attr(UUIDS[0], 'aggregator', 1)
    equal(available(A, SMALL), 3, 'free units')
    remove(UUIDS[0])
    equal(available(A, SMALL), 4, 'free units')


def test_fps():
    load_driver()
    create(A, SMALL, UUIDS[0])
    equal(get_attr(UUIDS[0], 'lab/fps'), '30', 'default')
    set_attr(UUIDS[0], 'lab/fps', 60)
    equal(get_attr(UUIDS[0], 'lab/fps'), '60', 'what was written')
    equal(errno_of(set_attr, UUIDS[0], 'lab/fps', 0), errno.EINVAL, 'too small')
    equal(errno_of(set_attr, UUIDS[0], 'lab/fps', 241), errno.EINVAL, 'too large')


def test_faults():
    load_driver(aggregator='1:2', fail_read='compatible_pci_ids:fps',
                hostile='software_version/binary:compatible_formats/long:compatible_type/empty')
    equal(errno_of(type_attr, A, SMALL, 'compatible_pci_ids'), errno.EIO, 'fail_read')
    equal(type_attr(A, SMALL, 'dynamic_resources'), 'aggregator,lab/fps', 'not in fail_read')
    content = (type_dir(A, SMALL) / 'software_version').read_bytes()
    check(b'\0' in content and b'\xff' in content and b'\x1b' in content, f'binary: {content!r}')
    equal(len((type_dir(A, SMALL) / 'compatible_formats').read_bytes()), 4095, 'long')
    equal((type_dir(A, SMALL) / 'compatible_type').read_bytes(), b'', 'empty')

    set_fault('fail_create', errno.EPERM)
    equal(errno_of(create, A, SMALL, UUIDS[0]), errno.EPERM, 'fail_create')
    equal(available(A, SMALL), 8, 'free units after a refused creation')
    set_fault('fail_create', 0)
    create(A, SMALL, UUIDS[0])
    equal(errno_of(get_attr, UUIDS[0], 'lab/fps'), errno.EIO, 'fail_read')

    set_fault('fail_write', errno.EREMOTEIO)
    equal(errno_of(set_attr, UUIDS[0], 'aggregator', 2), errno.EREMOTEIO, 'fail_write')
    equal(errno_of(set_attr, UUIDS[0], 'lab/fps', 50), errno.EREMOTEIO, 'fail_write')
    set_fault('fail_write', 0)
    set_fault('clamp_write', 'Y')
    set_attr(UUIDS[0], 'aggregator', 2)
    equal(get_attr(UUIDS[0], 'aggregator'), '1', 'clamp_write')
    set_fault('clamp_write', 'N')
    set_attr(UUIDS[0], 'aggregator', 2)
    equal(get_attr(UUIDS[0], 'aggregator'), '2', 'without faults')


@contextlib.contextmanager
def two_guests(target_uuid=UUIDS[1]):
    source = Qemu('source', UUIDS[0])
    try:
        target = Qemu('target', target_uuid, incoming=True)
        try:
            yield source, target
        finally:
            target.quit()
    finally:
        source.quit()


def test_registers_and_reset():
    load_driver(software_version='3.4.5', aggregator='1:2')
    create(A, MEDIUM, UUIDS[0])
    set_attr(UUIDS[0], 'aggregator', 2)
    set_attr(UUIDS[0], 'lab/fps', 50)
    guest = Qemu('guest', UUIDS[0])
    try:
        bar = guest.bar()
        equal(guest.read(bar + MAGIC).to_bytes(4, 'little'), b'MLAB', 'magic')
        equal(guest.read(bar + VERSION), 0x03040005, 'version')
        equal(guest.read(bar + UNITS), 2, 'units')
        equal(guest.read(bar + AGGREGATOR), 2, 'aggregator')
        equal(guest.read(bar + FPS), 50, 'fps')
        equal(guest.read(bar + TYPE).to_bytes(4, 'little'), b'medi', 'type')
        guest.write(bar + COUNTER, 0)
        guest.write(bar + COUNTER, 77, 'b')
        equal(guest.read(bar + COUNTER), 2, 'counter')
        guest.write(bar + SCRATCH + 4, 0xdeadbeef)
        guest.write(bar + SCRATCH + 5, 0x11, 'b')
        equal(guest.read(bar + SCRATCH + 4), 0xdead11ef, 'scratch')
        guest.write(bar + VERSION, 0)
        equal(guest.read(bar + VERSION), 0x03040005, 'a read-only register')

        for name, value in (('aggregator', 1), ('lab/fps', 60)):
            equal(errno_of(set_attr, UUIDS[0], name, value), errno.EBUSY, f'{name} while in use')

        guest.qmp('system_reset')
        bar = guest.bar()
        equal(guest.read(bar + COUNTER), 0, 'counter after a reset')
        equal(guest.read(bar + SCRATCH + 4), 0, 'scratch after a reset')
    finally:
        guest.quit()
    set_attr(UUIDS[0], 'aggregator', 1)


def migrates(precopy=True):
    """The state reaches the destination."""
    with two_guests() as (source, target):
        bar = source.bar()
        for i in range(8):
            source.write(bar + SCRATCH + 4 * i, 0xc0de0000 + i)
        for _ in range(3):
            source.write(bar + COUNTER, 1)
        version = source.read(bar + VERSION)
        equal(migrate(source, target, precopy), 'completed', 'migration')
        equal(source.status(), 'postmigrate', 'source')
        equal(target.bar(), bar, 'ports on the destination')
        for i in range(8):
            equal(target.read(bar + SCRATCH + 4 * i), 0xc0de0000 + i, f'scratch {i}')
        equal(target.read(bar + COUNTER), 3, 'counter')
        equal(target.read(bar + VERSION), version, 'version as the guest knows it')


def refused(message):
    """The destination refuses the stream, and the guest still runs on the source."""
    with two_guests() as (source, target):
        bar = source.bar()
        source.write(bar + SCRATCH, 0x5afe)
        equal(migrate(source, target), 'failed', 'migration')
        equal(source.status(), 'running', 'source')
        equal(source.read(bar + SCRATCH), 0x5afe, 'scratch on the source')
        source.write(bar + SCRATCH, 0x5aff)
        equal(source.read(bar + SCRATCH), 0x5aff, 'the source still takes writes')
        check(f'stream refused: {message}' in kernel_log(), f'the driver does not say: {message}')


def test_migration():
    load_driver()
    create(A, SMALL, UUIDS[0])
    create(B, SMALL, UUIDS[1])
    migrates()
    # the same devices once more, to see that nothing is left of the first time
    migrates()


def test_migration_of_a_stopped_guest():
    load_driver()
    create(A, SMALL, UUIDS[0])
    create(B, SMALL, UUIDS[1])
    with two_guests() as (source, target):
        bar = source.bar()
        source.write(bar + SCRATCH, 0x1234)
        equal(migrate(source, target, precopy=False), 'completed', 'migration')
        equal(target.status(), 'paused', 'target')
        # QEMU ends the device's resuming only now
        target.qmp('cont')
        equal(target.read(bar + SCRATCH), 0x1234, 'scratch')


def test_migration_to_a_newer_minor_version_with_resources():
    load_driver(software_version=('1.2.9', '1.3.0'))
    create(A, SMALL, UUIDS[0])
    create(B, SMALL, UUIDS[1])
    for uuid in UUIDS[:2]:
        set_attr(uuid, 'aggregator', 2)
        set_attr(uuid, 'lab/fps', 25)
    migrates()


def test_migration_to_another_type_is_refused():
    load_driver()
    create(A, SMALL, UUIDS[0])
    create(B, MEDIUM, UUIDS[1])
    refused('type mdevlab-small, this one is mdevlab-medium')


def test_migration_to_an_older_minor_version_is_refused():
    load_driver(software_version=('1.3.0', '1.2.9'))
    create(A, SMALL, UUIDS[0])
    create(B, SMALL, UUIDS[1])
    refused('version 1.3.0, this one is 1.2.9')


def test_migration_to_another_major_version_is_refused():
    load_driver(software_version=('1.3.0', '2.9.0'))
    create(A, SMALL, UUIDS[0])
    create(B, SMALL, UUIDS[1])
    refused('version 1.3.0, this one is 2.9.0')


def test_migration_to_another_aggregator_is_refused():
    load_driver()
    create(A, SMALL, UUIDS[0])
    create(B, SMALL, UUIDS[1])
    set_attr(UUIDS[0], 'aggregator', 2)
    refused('aggregator 2, fps 30, here it is 1 and 30')


def test_unload_with_instances():
    load_driver(virtual_parents=1)
    for parent, uuid in zip((A, B, VIRTUAL_PARENT), UUIDS):
        create(parent, SMALL, uuid)
    log('unloading removes all instances')
    unload_driver()
    check(not any((MDEV_DEVICES / uuid).exists() for uuid in UUIDS), 'an instance is left')
    load_driver(virtual_parents=1)
    equal(available(VIRTUAL_PARENT, SMALL), 8, 'free units')


def test_unload_is_refused_while_in_use():
    load_driver()
    create(A, SMALL, UUIDS[0])
    guest = Qemu('guest', UUIDS[0])
    try:
        try:
            unload_driver()
        except AssertionError as error:
            check('in use' in str(error), f'another reason: {error}')
        else:
            check(False, 'the driver is gone while a guest uses it')
        check(guest.alive(), 'the guest is gone')
    finally:
        guest.quit()
