"""The sample driver by itself: no libvirt is involved."""

import contextlib
import errno
import json
import threading

from host import (PCI_PARENTS, UUIDS, Qemu, available, check, create, equal, errno_of, get_attr,
                  kernel_log, load_driver, log, migrate, remove, set_attr, set_fault, type_attr,
                  type_dir, unload_driver, MDEV_BUS, MDEV_DEVICES, VIRTUAL_PARENT)

MODES = ('stock',)
DAEMONS = False

A, B = PCI_PARENTS
SMALL, MEDIUM, LARGE = 'mdevlab-small', 'mdevlab-medium', 'mdevlab-large'

# Registers in the ports of BAR 0
MAGIC, VERSION, UNITS, AGGREGATOR, FPS, COUNTER, SCRATCH, TYPE, CONFIG = (
    0x00, 0x04, 0x08, 0x0c, 0x10, 0x14, 0x20, 0x40, 0x60)


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
                      {'aggregator': ''}, {'device_api': 'vfio-x'}, {'types': 'small'},
                      {'params': 'a/number/1'}, {'params': 'a/bool/1'}, {'params': 'a/int/3//4-5'},
                      {'params': '/int/3'}, {'versions': 'model'}, {'versions': 'model='},
                      {'versions': ''}, {'description': 'text'}, {'token_at': 'parent'}):
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


def test_removal_waits():
    load_driver()
    create(A, SMALL, UUIDS[0])
    create(B, SMALL, UUIDS[1])
    set_fault('block_remove', 'Y,N')
    waiting = threading.Thread(target=remove, args=[UUIDS[0]], daemon=True)
    try:
        waiting.start()
        remove(UUIDS[1])
        waiting.join(1)
        check(waiting.is_alive(), 'the removal did not wait')
        equal([(MDEV_BUS / parent / uuid).exists() for parent, uuid in zip((A, B), UUIDS)],
              [True, False], 'instances')
        # the bus forgets it first
        equal(list(MDEV_DEVICES.iterdir()), [], 'instances on the bus')
    finally:
        # nothing else can end it
        set_fault('block_remove', 'N')
    waiting.join(5)
    check(not (MDEV_BUS / A / UUIDS[0]).exists(), 'the instance is still there')


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


def publishes(*interfaces):
    """Which files a parent has for them, of the type and of an instance."""
    load_driver(publish=':'.join(interfaces) or 'none')
    create(A, SMALL, UUIDS[0])
    core = {'create', 'device_api', 'name', 'available_instances', 'devices'}
    directory = MDEV_DEVICES / UUIDS[0]
    shown = ('aggregator', 'lab', 'migration', 'migration_version', 'migration_description')
    found = ({path.name for path in type_dir(A, SMALL).iterdir()} - core,
             {name for name in shown if (directory / name).exists()})
    unload_driver()
    return found


def test_each_interface_by_itself_and_all_at_once():
    attributes = {'software_version', 'compatible_type', 'compatible_pci_ids',
                  'compatible_formats', 'dynamic_resources'}
    expected = {
        'attributes': (attributes, {'aggregator', 'lab'}),
        'parameters': ({'migration_info.json'}, {'migration'}),
        'versions': ({'migration_device_models'}, {'migration'}),
        'description': ({'migration_description'}, {'aggregator'}),
        'token': ({'migration_version'}, {'migration_version'}),
    }
    equal(publishes(), (set(), set()), 'nothing')
    for name, files in expected.items():
        equal(publishes(name), files, name)
    equal(publishes(*expected), tuple(set().union(*(files[i] for files in expected.values()))
                                      for i in range(2)), 'all')


# In the order of the file, one that cannot be switched off, one that takes anything
PARAMS = ('num-queues/int/4/1/0-16|64/number of queue pairs:new-feature/bool/on/off:'
          'mode/str/fast//fast|a-b|5:free/int/0')


def test_parameters():
    load_driver(publish='parameters', params=(PARAMS, ''), model=('org/"@"', 'other.org/x'))
    info = json.loads(type_attr(A, SMALL, 'migration_info.json'))
    equal(info, {'models': {'org/"small"': {'params': {
        'num-queues': {'type': 'int', 'init_value': 4, 'off_value': 1,
                       'allowed_values': ['0-16', 64], 'description': 'number of queue pairs'},
        'new-feature': {'type': 'bool', 'init_value': True, 'off_value': False},
        'mode': {'type': 'str', 'init_value': 'fast', 'allowed_values': ['fast', 'a-b', '5']},
        'free': {'type': 'int', 'init_value': 0},
    }}}}, 'migration_info.json')
    equal(json.loads(type_attr(B, LARGE, 'migration_info.json')),
          {'models': {'other.org/x': {'params': {}}}}, 'of a parent without parameters')

    create(A, SMALL, UUIDS[0])
    create(B, SMALL, UUIDS[1])
    check(not (MDEV_DEVICES / UUIDS[1] / 'migration').exists(), 'there is nothing to set')
    for name, init, good, bad in (
            ('num-queues', '4', ('0', '16', '64', '1'), ('17', '63', '65', '-1', '+1', 'x', '',
                                                         '0x4', '99999999999999999999')),
            ('new-feature', 'on', ('off', 'on'), ('true', '1', '', 'ON')),
            ('mode', 'fast', ('a-b', '5', 'fast'), ('b', '', '05', 'fastest', 'x' * 100)),
            ('free', '0', ('18446744073709551615', '7'), ('seven', ' 7'))):
        equal(get_attr(UUIDS[0], f'migration/{name}'), init, f'{name} at first')
        for value in good:
            set_attr(UUIDS[0], f'migration/{name}', value)
            equal(get_attr(UUIDS[0], f'migration/{name}'), value, name)
        for value in bad:
            equal(errno_of(set_attr, UUIDS[0], f'migration/{name}', value), errno.EINVAL,
                  f'{name}={value}')
        equal(get_attr(UUIDS[0], f'migration/{name}'), good[-1], f'{name} after refusals')
    set_attr(UUIDS[0], 'migration/num-queues', '007')
    equal(get_attr(UUIDS[0], 'migration/num-queues'), '7', 'canonical form')


def test_versions():
    load_driver(publish='versions', versions='org/@=v1|v2|v3:org/other=only')
    equal(type_attr(A, SMALL, 'migration_device_models'), 'org/small:\nv1\nv2\nv3\norg/other:\nonly',
          'migration_device_models')
    create(A, SMALL, UUIDS[0])

    def both():
        return [get_attr(UUIDS[0], f'migration/{name}') for name in ('device_model', 'version')]

    equal(both(), ['org/small', 'v3'], 'at first')
    set_attr(UUIDS[0], 'migration/version', 'v1')
    equal(both(), ['org/small', 'v1'], 'another version')
    for name, value in (('version', 'v'), ('version', 'only'), ('version', ''), ('version', 'v11'),
                        ('device_model', 'org/large'), ('device_model', 'org/@'),
                        ('device_model', '')):
        equal(errno_of(set_attr, UUIDS[0], f'migration/{name}', value), errno.EINVAL,
              f'{name} {value}')
    equal(both(), ['org/small', 'v1'], 'after refusals')
    set_attr(UUIDS[0], 'migration/device_model', 'org/other')
    equal(both(), ['org/other', 'only'], 'another model')
    set_attr(UUIDS[0], 'migration/device_model', 'org/small')
    equal(both(), ['org/small', 'v3'], 'the model resets the version')


def self_of(mdev_type, aggregator=None):
    attrs = {'mdev_attrs': [{'aggregator': str(aggregator)}]} if aggregator else {}
    return {'device_api': 'vfio-pci', 'vendor': 'mdevlab',
            'vfio-pci': {'vendor': 0x1af4, 'device': 0x10f7},
            'version': {'major': 1, 'minor': 2}, 'mdev_type': mdev_type, **attrs}


def test_descriptions():
    load_driver(publish='description', description=('object', 'array'),
                description_at=('type', 'type:device'), aggregator=('1:2', '1'),
                accepts=('', 'mdevlab-x${n}/${n}/2/n=2|4:mdevlab-@//n=1-8'))
    equal(json.loads(type_attr(A, SMALL, 'migration_description')),
          {'self': self_of(SMALL, 1), 'compatible': []}, 'object')
    compatible = {**self_of(SMALL), 'version': {'major': 1, 'minor': '${minor}'}}
    minor = {'min': 0, 'max': 2}
    expected = [
        self_of(SMALL),
        {**compatible, 'mdev_type': 'mdevlab-x${n}', 'mdev_attrs': [{'aggregator': '${n}/2'}],
         'variables': {'n': ['2', '4'], 'minor': minor}},
        {**compatible, 'variables': {'n': {'min': 1, 'max': 8}, 'minor': minor}}]
    equal(json.loads(type_attr(B, SMALL, 'migration_description')), expected, 'array')
    create(A, SMALL, UUIDS[0])
    create(B, SMALL, UUIDS[1])
    check(not (MDEV_DEVICES / UUIDS[0] / 'migration_description').exists(), 'only at the type')
    equal(json.loads(get_attr(UUIDS[1], 'migration_description')), expected, 'of an instance')
    unload_driver()

    load_driver(publish='description', description_at='device', aggregator='1:2')
    check(not (type_dir(A, SMALL) / 'migration_description').exists(), 'only at the instance')
    create(A, SMALL, UUIDS[0])
    set_attr(UUIDS[0], 'aggregator', 2)
    equal(json.loads(get_attr(UUIDS[0], 'migration_description')),
          {'self': self_of(SMALL, 2), 'compatible': []}, 'with the value of the instance')


def test_tokens():
    load_driver(publish='token:attributes', software_version='1.3.0', aggregator='1:2',
                token=('', 'opaque'), token_at=('type:device', 'device'))
    create(A, SMALL, UUIDS[0])
    create(B, SMALL, UUIDS[1])
    of_type, of_device = type_dir(A, SMALL) / 'migration_version', 'migration_version'
    equal(of_type.read_text(), 'mdevlab-small-1.3\n', 'of the type')
    equal(get_attr(UUIDS[0], of_device), 'mdevlab-small-1.3-1', 'of the instance')
    set_attr(UUIDS[0], 'aggregator', 2)
    equal(get_attr(UUIDS[0], of_device), 'mdevlab-small-1.3-2', 'with another aggregator')
    for token, at_type, at_device in (
            ('mdevlab-small-1.3-2', 0, 0), ('mdevlab-small-1.0-2', 0, 0),
            ('mdevlab-small-1.3', 0, 0), ('mdevlab-small-1.3-1', 0, errno.EINVAL),
            ('mdevlab-small-1.3-4', errno.EINVAL, errno.EINVAL),
            ('mdevlab-small-1.4-2', errno.EINVAL, errno.EINVAL),
            ('mdevlab-small-2.3-2', errno.EINVAL, errno.EINVAL),
            ('mdevlab-large-1.3-2', errno.EINVAL, errno.EINVAL),
            ('mdevlab-small-1.3-2x', errno.EINVAL, errno.EINVAL),
            ('mdevlab-small-1.3-', errno.EINVAL, errno.EINVAL),
            ('mdevlab-small', errno.EINVAL, errno.EINVAL), ('', errno.EINVAL, errno.EINVAL),
            ('x' * 4000, errno.EINVAL, errno.EINVAL)):
        equal(errno_of(of_type.write_text, f'{token}\n'), at_type, f'type, {token}')
        equal(errno_of(set_attr, UUIDS[0], of_device, token), at_device, f'instance, {token}')
    check('token refused by an instance of mdevlab-small: mdevlab-small-1.3-1' in kernel_log(),
          'the driver does not say why')

    check(not (type_dir(B, SMALL) / 'migration_version').exists(), 'only at the instance')
    equal(get_attr(UUIDS[1], of_device), 'opaque', 'a text of our own')
    equal(errno_of(set_attr, UUIDS[1], of_device, 'opaque'), 0, 'the same')
    equal(errno_of(set_attr, UUIDS[1], of_device, 'mdevlab-small-1.3-1'), errno.EINVAL, 'another')
    unload_driver()

    load_driver(publish='token', refuse_token=('device', 'type'))
    create(A, SMALL, UUIDS[0])
    create(B, SMALL, UUIDS[1])
    for parent, uuid, at_type, at_device in ((A, UUIDS[0], 0, errno.EINVAL),
                                             (B, UUIDS[1], errno.EINVAL, 0)):
        path = type_dir(parent, SMALL) / 'migration_version'
        equal(errno_of(path.write_text, path.read_text()), at_type, f'type of {parent}')
        equal(errno_of(set_attr, uuid, of_device, get_attr(uuid, of_device)), at_device,
              f'instance of {parent}')


def test_faults_of_parameters_and_versions():
    load_driver(publish='parameters:versions:description', params=PARAMS,
                refuse='num-queues/5:num-queues/6:version/v1', misread='mode/slow',
                fail_read='new-feature', hostile='migration_info.json/deep')
    create(A, SMALL, UUIDS[0])
    create(B, SMALL, UUIDS[1])
    for value, code in ((4, 0), (5, errno.EINVAL), (6, errno.EINVAL), (7, 0)):
        equal(errno_of(set_attr, UUIDS[0], 'migration/num-queues', value), code, f'refuse {value}')
    equal(errno_of(set_attr, UUIDS[0], 'migration/version', 'v1'), errno.EINVAL, 'refuse')
    set_attr(UUIDS[0], 'migration/mode', 'a-b')
    equal(get_attr(UUIDS[0], 'migration/mode'), 'slow', 'misread')
    equal(errno_of(get_attr, UUIDS[0], 'migration/new-feature'), errno.EIO, 'fail_read')
    equal(type_attr(A, SMALL, 'migration_info.json'), '[' * 1000 + ']' * 1000, 'deep')

    set_fault('fail_write', errno.EREMOTEIO)
    for name, value in (('num-queues', 7), ('device_model', 'x'), ('version', 'v2')):
        equal(errno_of(set_attr, UUIDS[1], f'migration/{name}', value), errno.EREMOTEIO, name)
    set_fault('fail_write', 0)
    set_fault('clamp_write', 'Y')
    set_attr(UUIDS[0], 'migration/num-queues', 9)
    equal(get_attr(UUIDS[0], 'migration/num-queues'), '4', 'clamp_write')
    equal(errno_of(set_attr, UUIDS[0], 'migration/num-queues', 17), errno.EINVAL, 'not offered')


def test_document_of_more_than_a_page():
    """Cannot be read: sysfs takes no more than a page from a driver."""
    for number, code in ((8, 0), (30, errno.EFBIG)):
        load_driver(publish='description', accepts=':'.join(['x${n}//n=0|1|2|3|4|5'] * number))
        equal(errno_of(type_attr, A, SMALL, 'migration_description'), code, f'{number} objects')
        unload_driver()


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


def values_of(uuid, **values):
    for name, value in values.items():
        set_attr(uuid, f'migration/{name.replace("_", "-")}', value)


def test_migration_with_parameters_and_versions():
    """What is off on one side may be missing on the other; the order does not matter."""
    load_driver(publish='parameters:versions', versions='org/x=v1|v2',
                params=('num-queues/int/4/1/1-8:new-feature/bool/on/off:mode/str/fast',
                        'mode/str/slow:num-queues/int/2/0/0-64:other/bool/off/off'))
    create(A, SMALL, UUIDS[0])
    create(B, SMALL, UUIDS[1])
    values_of(UUIDS[0], num_queues=6, new_feature='off')
    values_of(UUIDS[1], num_queues=6, mode='fast')
    for uuid in UUIDS[:2]:
        set_attr(uuid, 'migration/version', 'v1')
    with two_guests() as (source, target):
        bar = source.bar()
        seen = source.read(bar + CONFIG)
        equal(errno_of(set_attr, UUIDS[0], 'migration/num-queues', 5), errno.EBUSY, 'in use')
        equal(errno_of(set_attr, UUIDS[0], 'migration/version', 'v2'), errno.EBUSY, 'in use')
        equal(errno_of(set_attr, UUIDS[0], 'migration/device_model', 'org/x'), errno.EBUSY,
              'in use')
        equal(migrate(source, target), 'completed', 'migration')
        equal(target.read(bar + CONFIG), seen, 'what the guest sees of them')
    set_attr(UUIDS[0], 'migration/num-queues', 5)
    guest = Qemu('guest', UUIDS[0])
    try:
        check(guest.read(guest.bar() + CONFIG) != seen, 'the guest sees no difference')
    finally:
        guest.quit()


def test_migration_to_other_parameters_is_refused():
    load_driver(publish='parameters', params='num-queues/int/4/1/1-8:new-feature/bool/on/off')
    create(A, SMALL, UUIDS[0])
    create(B, SMALL, UUIDS[1])
    values_of(UUIDS[1], num_queues=5, new_feature='off')
    refused('parameters new-feature=on num-queues=4, here it is parameters num-queues=5')


def test_migration_to_another_device_version_is_refused():
    load_driver(publish='versions')
    create(A, SMALL, UUIDS[0])
    create(B, SMALL, UUIDS[1])
    set_attr(UUIDS[1], 'migration/version', 'v1')
    refused('model example.org/mdevlab-small v2, here it is example.org/mdevlab-small v1')


def test_migration_to_another_type_with_as_many_units():
    """The guest does not see that its device is another one now."""
    load_driver(publish='description')
    create(A, MEDIUM, UUIDS[0])
    create(B, SMALL, UUIDS[1])
    refused('type mdevlab-medium, this one is mdevlab-small')
    set_attr(UUIDS[1], 'aggregator', 2)
    with two_guests() as (source, target):
        bar = source.bar()
        equal(migrate(source, target), 'completed', 'migration')
        equal(target.read(bar + UNITS), 2, 'units')
        equal(target.read(bar + AGGREGATOR), 1, 'aggregator')
        equal(target.read(bar + TYPE).to_bytes(4, 'little'), b'medi', 'type')


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
