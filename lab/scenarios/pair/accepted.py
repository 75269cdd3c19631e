"""Accepted migrations: the destination makes, starts or takes what the guest needs."""

from migration import (A, B, LARGE, MEDIUM, SMALL, UUIDS, Guest, make_device, mdev_xml, migrates,
                       node_name, on, value_of)
from pair import check, equal, wait_for

PAIRS = ('modular-modular',)
BOTH = ('modular-modular', 'libvirtd-libvirtd')

# What the source has, and what cannot come from anywhere else
VALUES = {'aggregator': 2, 'fps': 60}


def setup(pair, target=None, **source):
    """One device on the source that has VALUES, none on the destination."""
    pair.one.driver(**source)
    pair.two.driver(**(target or {}))
    make_device(pair.one, UUIDS[0], A, SMALL, **VALUES)
    return Guest().create(pair.one)


def finish(pair, guest, uuids=UUIDS[:1]):
    """The guest ends on the destination: what was made for it goes, what was there stays."""
    guest.destroy(pair.two)
    equal(pair.two.devices(), {}, 'devices on the destination after the guest has ended')
    equal(sorted(pair.one.devices()), sorted(uuids), 'devices on the source')
    for uuid in uuids:
        pair.one.remove(uuid)


@on(*BOTH)
def test_device_is_created_on_a_fitting_parent(pair):
    guest = setup(pair, {'software_version': ('1.1.9', '1.3.0'), 'pci_ids': '5931:591b:5a00'})
    migrates(guest, pair.one, pair.two)
    equal(pair.two.devices(), {UUIDS[0]: value_of(B, **VALUES)}, 'devices on the destination')
    equal(pair.one.devices(), {UUIDS[0]: value_of(A, **VALUES)}, 'devices on the source')
    finish(pair, guest)


def test_virsh(pair):
    """As users do it."""
    guest = setup(pair)
    result = pair.one.virsh('migrate', '--live', '--verbose', guest.name, pair.two.uri)
    check('100' in result['output'] + result['errors'], f'no progress: {result}')
    guest.check_only_at(pair.two, pair.one)
    equal(pair.two.devices(), {UUIDS[0]: value_of(A, **VALUES)}, 'devices on the destination')
    finish(pair, guest)


def test_two_devices(pair):
    pair.one.driver()
    # room for one of each on each parent
    pair.two.driver(units=(4, 4))
    make_device(pair.one, UUIDS[0], A, SMALL, aggregator=4, fps=24)
    make_device(pair.one, UUIDS[1], B, MEDIUM, aggregator=2, fps=25)
    guest = Guest(*UUIDS[:2]).create(pair.one)
    migrates(guest, pair.one, pair.two)
    found = pair.two.devices()
    equal(sorted(found), sorted(UUIDS[:2]), 'devices on the destination')
    equal({device.pop('parent') for device in found.values()}, {A, B}, 'parents')
    for uuid, mdev_type, aggregator, fps in ((UUIDS[0], SMALL, 4, 24), (UUIDS[1], MEDIUM, 2, 25)):
        expected = value_of(None, mdev_type, aggregator, fps)
        expected.pop('parent')
        equal(found[uuid], expected, uuid)
    finish(pair, guest, UUIDS[:2])


@on(*BOTH)
def test_peer_to_peer(pair):
    guest = setup(pair)
    migrates(guest, pair.one, pair.two, ('peer2peer',))
    equal(pair.two.devices(), {UUIDS[0]: value_of(A, **VALUES)}, 'devices on the destination')
    finish(pair, guest)


def test_tunnelled(pair):
    guest = setup(pair)
    migrates(guest, pair.one, pair.two, ('peer2peer', 'tunnelled'))
    equal(pair.two.devices(), {UUIDS[0]: value_of(A, **VALUES)}, 'devices on the destination')
    finish(pair, guest)


def test_xml_with_another_uuid(pair):
    guest = setup(pair)
    pair.one.write('/tmp/other.xml', guest.xml(uuids=UUIDS[7:8]))
    pair.one.virsh('migrate', '--live', '--xml', '/tmp/other.xml', guest.name, pair.two.uri)
    guest.check_only_at(pair.two, pair.one)
    equal(pair.two.devices(), {UUIDS[7]: value_of(A, **VALUES)}, 'devices on the destination')
    finish(pair, guest)


def test_hook_rewrites_the_xml(pair):
    guest = setup(pair)
    pair.two.write('/run/lab/hook', f'''#!/bin/sh
if [ "$2 $3" = "migrate begin" ]; then sed s/{UUIDS[0]}/{UUIDS[8]}/; fi
''', executable=True)
    migrates(guest, pair.one, pair.two)
    equal(pair.two.devices(), {UUIDS[8]: value_of(A, **VALUES)}, 'devices on the destination')
    finish(pair, guest)


def test_hook_makes_the_device(pair):
    """What sites do today: it is theirs, and nothing is written into it."""
    guest = setup(pair)
    pair.two.write('/run/lab/hook', f'''#!/bin/sh
[ "$2 $3" = "prepare begin" ] || exit 0
echo {UUIDS[0]} > /sys/class/mdev_bus/{B}/mdev_supported_types/{SMALL}/create
echo {VALUES["aggregator"]} > /sys/bus/mdev/devices/{UUIDS[0]}/aggregator
echo {VALUES["fps"]} > /sys/bus/mdev/devices/{UUIDS[0]}/lab/fps
''', executable=True)
    migrates(guest, pair.one, pair.two)
    guest.destroy(pair.two)
    equal(pair.two.devices(), {UUIDS[0]: value_of(B, **VALUES)}, 'devices on the destination')
    for host in pair.hosts:
        host.remove(UUIDS[0])


def test_device_that_exists(pair):
    guest = setup(pair)
    make_device(pair.two, UUIDS[0], B, SMALL, **VALUES)
    migrates(guest, pair.one, pair.two)
    guest.destroy(pair.two)
    equal(pair.two.devices(), {UUIDS[0]: value_of(B, **VALUES)}, 'devices on the destination')
    for host in pair.hosts:
        host.remove(UUIDS[0])


def test_device_that_is_defined(pair):
    """It is started where its definition says, and stopped again."""
    guest = setup(pair)
    values = {'aggregator': VALUES['aggregator'], 'lab/fps': VALUES['fps']}
    pair.two.write('/tmp/device.xml', mdev_xml(B, SMALL, UUIDS[0], values))
    pair.two.virsh('nodedev-define', '/tmp/device.xml')
    migrates(guest, pair.one, pair.two)
    equal(pair.two.devices(), {UUIDS[0]: value_of(B, **VALUES)}, 'devices on the destination')
    guest.destroy(pair.two)
    equal(pair.two.devices(), {}, 'devices on the destination after the guest has ended')
    equal(pair.two.definitions(), [f'{B}/{UUIDS[0]}'], 'definitions on the destination')
    pair.two.virsh('nodedev-undefine', node_name(B, UUIDS[0]))
    pair.one.remove(UUIDS[0])


def test_parent_that_refuses_is_not_the_last(pair):
    """The next candidate when the driver of the first one does not create."""
    guest = setup(pair, {'fail_create': (16, 0)})
    migrates(guest, pair.one, pair.two)
    equal(pair.two.devices(), {UUIDS[0]: value_of(B, **VALUES)}, 'devices on the destination')
    finish(pair, guest)


@on('libvirtd-libvirtd')
def test_to_and_fro_10_times(pair):
    """Two guests side by side: a plain one, and one that takes its definition along."""
    for host in pair.hosts:
        host.driver()
    persistent = ('persist_dest', 'undefine_source')
    trips = []
    for number, flags in enumerate(((), persistent)):
        make_device(pair.one, UUIDS[number], A, SMALL, **VALUES)
        trips.append((Guest(UUIDS[number]).create(pair.one, persistent=bool(flags)), flags))
    both = {uuid: value_of(A, SMALL, **VALUES) for uuid in UUIDS[:2]}

    def trip(source, target):
        tasks = [source.start('migrate', guest.name, target.uri, list(flags))
                 for guest, flags in trips]
        for task in tasks:
            result = task.result()
            equal(result['code'], 0, f'error: {result["message"]}')
        for guest, _flags in trips:
            guest.check_only_at(target, source)

    for number in range(10):
        pair.log(f'round {number}')
        trip(pair.one, pair.two)
        equal(pair.two.devices(), both, 'devices on the destination')
        equal(pair.one.devices(), both, 'devices on the source')
        equal(pair.two.domains(), {guest.name: [True, bool(flags)] for guest, flags in trips},
              'domains on the destination')
        trip(pair.two, pair.one)
        # nothing is left of the way there
        equal(pair.two.devices(), {}, 'devices on the destination after the way back')
        equal(pair.one.devices(), both, 'devices on the source')
        equal(pair.two.domains(), {}, 'domains on the destination after the way back')
        for guest, _flags in trips:
            guest.fill(pair.one)

    for guest, flags in trips:
        guest.destroy(pair.one)
        if flags:
            pair.one.virsh('undefine', guest.name)
        equal(pair.one.devices(), both, 'devices on the source')
    for uuid in both:
        pair.one.remove(uuid)


def test_persistent_guest_keeps_its_device(pair):
    """A guest that is defined here will be started again, with its device."""
    guest = setup(pair)
    migrates(guest, pair.one, pair.two, ('persist_dest',))
    guest.destroy(pair.two)
    equal(pair.two.devices(), {UUIDS[0]: value_of(A, **VALUES)}, 'devices on the destination')
    pair.two.virsh('start', guest.name)
    guest.destroy(pair.two)
    pair.two.virsh('undefine', guest.name)
    for host in pair.hosts:
        host.remove(UUIDS[0])


def test_save_and_restore_after_a_migration(pair):
    guest = setup(pair)
    migrates(guest, pair.one, pair.two)
    pair.two.virsh('save', guest.name, '/tmp/guest.save')
    equal(pair.two.devices(), {UUIDS[0]: value_of(A, **VALUES)}, 'devices after the save')
    pair.two.virsh('restore', '/tmp/guest.save')
    guest.check_at(pair.two)
    guest.destroy(pair.two)
    pair.two.unlink('/tmp/guest.save')
    for host in pair.hosts:
        if UUIDS[0] in host.devices():
            host.remove(UUIDS[0])


def test_device_is_unplugged_after_a_migration(pair):
    """From then on the device is nobody's but the administrator's."""
    for host in pair.hosts:
        host.driver()
    make_device(pair.one, UUIDS[0], A, SMALL, **VALUES)
    guest = Guest(acpi=True).create(pair.one)
    migrates(guest, pair.one, pair.two)
    pair.two.write('/tmp/hostdev.xml', f'''<hostdev mode='subsystem' type='mdev' model='vfio-pci'>
  <source><address uuid='{UUIDS[0]}'/></source>
  <address type='pci' domain='0' bus='0' slot='5' function='0'/>
</hostdev>''')
    detach = pair.two.background('virsh', 'detach-device', '--live', guest.name,
                                 '/tmp/hostdev.xml')
    # nobody in the guest answers: QEMU takes the device out at the next reset
    pair.two.wait_unplug_wanted(guest.name)
    pair.two.virsh('reset', guest.name)
    detach.result(status=0)
    pair.two.wait_unplugged(guest.name, 5)
    # when detach-device gave up waiting, libvirt learns of it by an event, a moment later
    wait_for(lambda: UUIDS[0] not in pair.two.virsh('dumpxml', guest.name)['output'],
             'the device is not in the XML any more', 10)
    guest.destroy(pair.two)
    equal(pair.two.devices(), {UUIDS[0]: value_of(A, **VALUES)}, 'devices on the destination')
    for host in pair.hosts:
        host.remove(UUIDS[0])


def test_type_of_the_source_comes_first(pair):
    """Each type of the destination would do: the one of the source is taken."""
    pair.one.driver()
    pair.two.driver(compatible_type=f'{SMALL}:{MEDIUM}:{LARGE}')
    make_device(pair.one, UUIDS[0], A, MEDIUM, **VALUES)
    guest = Guest().create(pair.one)
    migrates(guest, pair.one, pair.two)
    equal(pair.two.devices(), {UUIDS[0]: value_of(A, MEDIUM, **VALUES)},
          'devices on the destination')
    finish(pair, guest)
