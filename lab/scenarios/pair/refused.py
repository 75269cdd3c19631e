"""Refused migrations: the guest is not touched, and the message says what to change."""

import errno

from migration import (A, B, CONFIG_UNSUPPORTED, DEVICE_MISSING, MIGRATE_UNSAFE, SMALL, UUIDS,
                       Guest, make_device, mdev_xml, migrates, node_name, on, refused, value_of)
from pair import check, equal

# the comparison is the same one everywhere, and the other pair has time left
PAIRS = ('libvirtd-libvirtd',)
BOTH = ('modular-modular', 'libvirtd-libvirtd')


def setup(pair, target, source=None, **values):
    """One device on the source, none on the destination."""
    pair.one.driver(**(source or {}))
    pair.two.driver(**target)
    make_device(pair.one, UUIDS[0], A, SMALL, **values)
    return Guest().create(pair.one)


def finish(pair, guest):
    guest.destroy(pair.one)
    for host in pair.hosts:
        for uuid in host.devices():
            host.remove(uuid)


def no_parent_fits(pair, target, parts, flags=(), **values):
    """Neither parent of the destination can have the device."""
    guest = setup(pair, target, **values)
    hosts = [node_name(parent) for parent in (A, B)]
    refused(guest, pair.one, pair.two, CONFIG_UNSUPPORTED,
            [guest.address(), UUIDS[0], *hosts, *parts], flags)
    finish(pair, guest)


def test_older_minor_version(pair):
    no_parent_fits(pair, {'software_version': '1.1.9'},
                   ['software version', '1.2.3', '1.1.9'])


def test_older_minor_version_peer_to_peer(pair):
    no_parent_fits(pair, {'software_version': '1.1.9'},
                   ['software version', '1.2.3', '1.1.9'], flags=['peer2peer'])


@on(*BOTH)
def test_older_minor_version_tunnelled(pair):
    no_parent_fits(pair, {'software_version': '1.1.9'},
                   ['software version', '1.2.3', '1.1.9'], flags=['peer2peer', 'tunnelled'])


def test_older_minor_version_unsafe(pair):
    """A mismatch is never overridden."""
    no_parent_fits(pair, {'software_version': '1.1.9'},
                   ['software version', '1.2.3', '1.1.9'], flags=['unsafe'])


def test_other_major_version(pair):
    no_parent_fits(pair, {'software_version': '2.2.3'}, ['software version', '1.2.3', '2.2.3'])


def test_other_device_api(pair):
    no_parent_fits(pair, {'device_api': 'vfio-ccw'}, ['device API', 'vfio-pci', 'vfio-ccw'])


def test_compatible_field_is_not_a_superset(pair):
    no_parent_fits(pair, {'pci_ids': '5931:1234'}, ['pci_ids', '591b', '1234'])


def test_dynamic_resource_is_not_offered(pair):
    no_parent_fits(pair, {'dynamic_resources': 'lab/fps'}, ['aggregator'], aggregator=2)


def test_no_free_instance(pair):
    guest = setup(pair, {'units': 1})
    for parent, uuid in ((A, UUIDS[3]), (B, UUIDS[4])):
        make_device(pair.two, uuid, parent)
    refused(guest, pair.one, pair.two, DEVICE_MISSING,
            [guest.address(), node_name(A), node_name(B), SMALL])
    finish(pair, guest)


def test_no_such_type(pair):
    guest = setup(pair, {'types': 'tiny/1'})
    refused(guest, pair.one, pair.two, DEVICE_MISSING, [guest.address(), UUIDS[0], SMALL])
    finish(pair, guest)


def test_no_parent_at_all(pair):
    guest = setup(pair, {})
    pair.two.unload_driver()
    pair.two.parameters = None
    refused(guest, pair.one, pair.two, DEVICE_MISSING, [guest.address(), UUIDS[0], SMALL])
    finish(pair, guest)


@on(*BOTH)
def test_every_parent_for_another_reason(pair):
    guest = setup(pair, {'software_version': ('1.1.0', '1.4.0'),
                         'formats': ('xrgb8888', 'nv12')})
    message = refused(guest, pair.one, pair.two, CONFIG_UNSUPPORTED,
                      [guest.address(), node_name(A), 'software version', '1.2.3', '1.1.0',
                       node_name(B), 'formats', 'xrgb8888', 'nv12'])
    check(message.index('1.1.0') != message.index('nv12'), message)
    finish(pair, guest)


def test_several_mismatches_at_once(pair):
    """All of them are told, not only the first."""
    no_parent_fits(pair, {'software_version': '2.0.0', 'pci_ids': '1234', 'formats': 'nv12'},
                   ['software version', '2.0.0', 'pci_ids', '1234', '591b', 'formats', 'nv12',
                    'xrgb8888'])


def test_second_device_does_not_fit(pair):
    """What was made for the first one goes again."""
    pair.one.driver()
    pair.two.driver(types='small/1')
    make_device(pair.one, UUIDS[0], A, SMALL, aggregator=2)
    make_device(pair.one, UUIDS[1], A, 'mdevlab-medium')
    guest = Guest(*UUIDS[:2]).create(pair.one)
    refused(guest, pair.one, pair.two, DEVICE_MISSING,
            [guest.address(1), UUIDS[1], 'mdevlab-medium'])
    finish(pair, guest)


def test_dynamic_resource_is_refused_by_the_driver(pair):
    """The value is not among those that the driver takes."""
    guest = setup(pair, {'aggregator': '1:4'}, aggregator=2)
    refused(guest, pair.one, pair.two, CONFIG_UNSUPPORTED, [guest.address(), 'aggregator', '2'],
            prediction='accepted')
    finish(pair, guest)


def test_driver_takes_no_value_at_all(pair):
    guest = setup(pair, {'fail_write': errno.EREMOTEIO}, aggregator=2)
    refused(guest, pair.one, pair.two, CONFIG_UNSUPPORTED, [guest.address(), 'aggregator', '2'],
            prediction='accepted')
    finish(pair, guest)


@on(*BOTH)
def test_dynamic_resource_is_clamped_by_the_driver(pair):
    """The driver says yes, but what is read back differs."""
    guest = setup(pair, {'clamp_write': 'Y'}, aggregator=2)
    refused(guest, pair.one, pair.two, CONFIG_UNSUPPORTED,
            [guest.address(), UUIDS[0], 'aggregator', "'2'", "'1'"], prediction='accepted')
    finish(pair, guest)


def test_existing_device_with_another_value(pair):
    """It is judged, not changed."""
    guest = setup(pair, {}, aggregator=2)
    make_device(pair.two, UUIDS[0], B, SMALL, aggregator=4)
    refused(guest, pair.one, pair.two, CONFIG_UNSUPPORTED,
            [guest.address(), UUIDS[0], 'aggregator', "'2'", "'4'"])
    equal(pair.two.devices(), {UUIDS[0]: value_of(B, SMALL, 4)}, 'devices on the destination')
    finish(pair, guest)


def test_existing_device_of_another_type(pair):
    guest = setup(pair, {})
    make_device(pair.two, UUIDS[0], B, 'mdevlab-medium')
    refused(guest, pair.one, pair.two, CONFIG_UNSUPPORTED,
            [guest.address(), UUIDS[0], 'mdevlab-small', 'mdevlab-medium'])
    finish(pair, guest)


def test_defined_device_with_another_value(pair):
    """It was started to be judged, so it is stopped again."""
    guest = setup(pair, {}, aggregator=2)
    pair.two.write('/tmp/device.xml', mdev_xml(B, SMALL, UUIDS[0], {'aggregator': 4}))
    pair.two.virsh('nodedev-define', '/tmp/device.xml')
    refused(guest, pair.one, pair.two, CONFIG_UNSUPPORTED,
            [guest.address(), UUIDS[0], 'aggregator', "'2'", "'4'"])
    equal(pair.two.definitions(), [f'{B}/{UUIDS[0]}'], 'definitions on the destination')
    pair.two.virsh('nodedev-undefine', node_name(B, UUIDS[0]))
    finish(pair, guest)


def test_only_the_source_publishes(pair):
    """Unless it is wanted all the same; nothing is ever made without a judgement."""
    guest = setup(pair, {'publish': 'none'})
    make_device(pair.two, UUIDS[0], B)
    refused(guest, pair.one, pair.two, MIGRATE_UNSAFE, [guest.address(), UUIDS[0], 'attributes'])
    log, position = pair.two.daemon_log()
    migrates(guest, pair.one, pair.two, ('unsafe',))
    text = pair.two.read_from(log, position)
    check(any(guest.name in line and 'warning' in line for line in text.splitlines()),
          f'no warning: {text}')
    guest.destroy(pair.two)
    equal(list(pair.two.devices()), [UUIDS[0]], 'devices on the destination')
    for host in pair.hosts:
        host.remove(UUIDS[0])


def test_only_the_source_publishes_and_there_is_no_device(pair):
    guest = setup(pair, {'publish': 'none'})
    refused(guest, pair.one, pair.two, DEVICE_MISSING, [UUIDS[0]], flags=['unsafe'])
    finish(pair, guest)


def test_only_the_destination_publishes(pair):
    guest = setup(pair, {}, {'publish': 'none'})
    make_device(pair.two, UUIDS[0], B)
    refused(guest, pair.one, pair.two, MIGRATE_UNSAFE, [guest.address(), UUIDS[0], 'attributes'])
    finish(pair, guest)


def test_neither_publishes(pair):
    """As it has always been: accepted with a device, not without."""
    guest = setup(pair, {'publish': 'none'}, {'publish': 'none'})
    refused(guest, pair.one, pair.two, DEVICE_MISSING,
            [f"mediated device '{UUIDS[0]}' not found"])
    make_device(pair.two, UUIDS[0], B)
    migrates(guest, pair.one, pair.two)
    guest.destroy(pair.two)
    for host in pair.hosts:
        host.remove(UUIDS[0])


@on(*BOTH)
def test_creation_is_switched_off(pair):
    """migration_hostdev_create = "never": says what would have been created, and where."""
    pair.two.configure_qemu('migration_hostdev_create = "never"')
    try:
        guest = setup(pair, {'software_version': ('1.1.0', '1.2.9')}, aggregator=2)
        refused(guest, pair.one, pair.two, DEVICE_MISSING,
                [guest.address(), UUIDS[0], SMALL, node_name(B), 'migration_hostdev_create'],
                prediction='accepted')
        # what exists is used
        make_device(pair.two, UUIDS[0], B, aggregator=2)
        migrates(guest, pair.one, pair.two)
        guest.destroy(pair.two)
        equal(pair.two.devices(), {UUIDS[0]: value_of(B, aggregator=2)}, 'devices')
    finally:
        pair.two.configure_qemu()
    for host in pair.hosts:
        host.remove(UUIDS[0])
