"""The unpatched libvirt 11.3.0 of Debian 13 as source and as destination of ours; and a far
newer unpatched one, when asked for."""

from migration import (B, DEVICE_MISSING, SMALL, UUIDS, Guest, make_device, migrate, migrates,
                       refused)
from pair import check, equal

# The first host is the old one
PAIRS = ('stock-modular', 'next-modular')

MISSING = f"mediated device '{UUIDS[0]}' not found"


def setup(pair, source, **target):
    for host in pair.hosts:
        host.driver(**(target if host is not source else {}))
    make_device(source, UUIDS[0])
    return Guest().create(source)


def finish(pair, guest, host):
    guest.destroy(host)
    for side in pair.hosts:
        for uuid in side.devices():
            side.remove(uuid)


def test_old_source_without_a_device(pair):
    """The old one says nothing of its device: nothing is made."""
    old, new = pair.hosts
    guest = setup(pair, old)
    refused(guest, old, new, DEVICE_MISSING, [MISSING])
    finish(pair, guest, old)


def test_old_source_with_a_device(pair):
    old, new = pair.hosts
    guest = setup(pair, old)
    make_device(new, UUIDS[0], B)
    migrates(guest, old, new)
    guest.destroy(new)
    equal(list(new.devices()), [UUIDS[0]], 'devices on the destination')
    guest.create(old)
    finish(pair, guest, old)


def test_old_source_with_another_version(pair):
    """As today: the driver refuses late."""
    old, new = pair.hosts
    guest = setup(pair, old, software_version='1.1.0')
    make_device(new, UUIDS[0], B)
    result = migrate(guest, old, new)
    check(result['code'], 'the migration is accepted')
    equal(new.starts(guest.name), 1, 'QEMU processes that the destination started')
    guest.check_only_at(old, new)
    equal(list(new.devices()), [UUIDS[0]], 'devices on the destination')
    finish(pair, guest, old)


def test_old_destination_without_a_device(pair):
    old, new = pair.hosts
    guest = setup(pair, new)
    refused(guest, new, old, DEVICE_MISSING, [MISSING])
    finish(pair, guest, new)


def test_old_destination_with_a_device(pair):
    """It does not answer: the source warns that nobody has compared the devices."""
    old, new = pair.hosts
    guest = setup(pair, new)
    make_device(old, UUIDS[0], B)
    log, position = new.daemon_log()
    migrates(guest, new, old)
    text = new.read_from(log, position)
    check(any('warning' in line and guest.name in line for line in text.splitlines()),
          f'no warning: {text}')
    # and back: nothing that the new one would have to undo
    migrates(guest, old, new)
    equal(new.devices()[UUIDS[0]]['type'], SMALL, 'device')
    finish(pair, guest, new)


def test_old_destination_with_another_version(pair):
    """As today: the driver refuses late."""
    old, new = pair.hosts
    guest = setup(pair, new, software_version='1.1.0')
    make_device(old, UUIDS[0], B)
    result = migrate(guest, new, old)
    check(result['code'], 'the migration is accepted')
    guest.check_only_at(new, old)
    finish(pair, guest, new)
