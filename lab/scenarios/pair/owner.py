"""Whose device is it? That of the administrator stays, whatever we had tried before; ours goes."""

import time

from migration import (A, LARGE, SLACK, SMALL, UUIDS, Guest, make_device, mdev_xml, migrates,
                       value_of)
from pair import check, equal, wait_for
from slow import VALUES, drivers, finish, in_background, nothing_left, setup

PAIRS = ('modular-modular+waits',)

LOST, MADE = UUIDS[:2]

# A device that appears so soon after the connection was lost may still be what was asked for
GRACE = 5
# Each attempt to undo is made by then, at first and after a restart of the daemon
EARLY, LATE = 12, 90


def stays(pair, seconds, expected):
    """These devices are there, all the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        equal(pair.two.devices(), expected, 'devices on the destination')
        time.sleep(1)


def test_device_of_the_administrator_after_a_lost_one(pair):
    """mdevctl is killed along with the daemon: of one device nothing was made, and the
    administrator makes the very same; the other one was made just before."""
    drivers(pair)
    guests = [setup(pair, uuid) for uuid in (LOST, MADE)]
    pair.two.write('/run/lab/keep-mdevctl', '')
    wait = 'while [ -e /run/lab/keep-mdevctl ]; do sleep 0.1; done'
    tasks = []
    for guest, moment in zip(guests, ('pre start', 'post start')):
        pair.two.callout(moment, wait)
        tasks.append(in_background(guest, pair.one, pair.two, f'migration-{guest.name}'))
        pair.two.wait_exists(f'/run/lab/at-mdevctl-{guest.uuids[0]}')
    equal(list(pair.two.devices()), [MADE], 'devices on the destination')
    pair.two.kill_daemon('virtnodedevd')
    pair.two.end_mdevctl()
    pair.two.remove_obstacles()
    pair.two.unlink('/run/lab/keep-mdevctl')
    errors = []
    for task, guest in zip(tasks, guests):
        result = task.result()
        check(result['status'], f'the migration of {guest.name} went well')
        errors.append(result['errors'])
        guest.check_only_at(pair.one, pair.two)
    time.sleep(GRACE)

    pair.two.start_daemons()
    pair.two.wait_devices([], 2 * SLACK)
    pair.two.write('/tmp/device.xml', mdev_xml(A, SMALL, LOST, {'aggregator': 2, 'lab/fps': 60}))
    pair.two.virsh('nodedev-create', '/tmp/device.xml')
    expected = {LOST: value_of(A, **VALUES)}
    equal(pair.two.devices(), expected, 'devices on the destination')
    stays(pair, EARLY, expected)
    pair.two.kill_daemon('virtqemud')
    pair.two.start_daemons()
    pair.two.domains()
    stays(pair, LATE if pair.everything else EARLY, expected)

    # it is taken as it is, and stays when the guest leaves
    migrates(guests[0], pair.one, pair.two, prediction=None)
    guests[0].destroy(pair.two)
    stays(pair, 3, expected)
    migrates(guests[1], pair.one, pair.two, prediction=None)
    guests[1].destroy(pair.two)
    stays(pair, 1, expected)
    for guest, error in zip(guests, errors):
        check(guest.uuids[0] in error, f'error: {error}')
    finish(pair)


def ends_while_held(pair, guest, seconds):
    """The guest ends on the destination; somebody has its device's group open from then on. Returns
    both tasks."""
    hold = pair.two.start('hold_group', guest.uuids[0], seconds)
    pair.two.wait_exists('/run/lab/at-hold')
    destroy = pair.two.background('virsh', '-q', 'destroy', guest.name)
    wait_for(lambda: guest.name not in pair.two.qemus(), 'QEMU ends')
    time.sleep(1)
    equal(list(pair.two.devices()), list(guest.uuids), 'devices on the destination')
    return hold, destroy


def test_device_that_was_replaced_while_it_was_to_be_removed(pair):
    """The administrator removes what we have not managed to remove yet, and makes it anew."""
    drivers(pair)
    guest = setup(pair, LOST)
    migrates(guest, pair.one, pair.two, prediction=None)
    hold, destroy = ends_while_held(pair, guest, 4)
    # nothing of libvirt's moves meanwhile
    for name in ('virtqemud', 'virtnodedevd'):
        pair.two.kill_daemon(name)
    destroy.result()
    hold.result()
    pair.two.remove(LOST)
    pair.two.create(A, SMALL, LOST)
    pair.two.set_attr(LOST, 'aggregator', 2)
    pair.two.set_attr(LOST, 'lab/fps', 60)
    pair.two.start_daemons()
    pair.two.domains()
    stays(pair, EARLY, {LOST: value_of(A, **VALUES)})
    finish(pair)


def test_definition_has_another_device(pair):
    """A persistent guest comes in with another UUID than it is defined with: that device is for the
    running guest only."""
    drivers(pair)
    make_device(pair.one, LOST, A, SMALL, **VALUES)
    guest = Guest(LOST).create(pair.one, persistent=True)
    pair.one.write('/tmp/other.xml', guest.xml(uuids=[MADE]))
    pair.one.virsh('migrate', '--live', '--persistent', '--undefinesource', '--xml',
                   '/tmp/other.xml', guest.name, pair.two.uri)
    guest.check_only_at(pair.two, pair.one)
    equal(pair.two.devices(), {MADE: value_of(A, **VALUES)}, 'devices on the destination')
    check(LOST in pair.two.virsh('dumpxml', '--inactive', guest.name)['output'],
          'the definition has the other device')
    guest.destroy(pair.two)
    nothing_left(pair.two)
    pair.two.virsh('undefine', guest.name)
    finish(pair)


def test_device_is_busy_for_a_while(pair):
    """Somebody holds it when its guest has ended: it is removed soon after he lets go, and another
    guest can have the instance."""
    pair.one.driver()
    pair.two.driver(units=(4, 0))
    make_device(pair.one, LOST, A, LARGE)
    make_device(pair.one, MADE, A, LARGE)
    guests = [Guest(uuid).create(pair.one) for uuid in (LOST, MADE)]
    migrates(guests[0], pair.one, pair.two, prediction=None)
    hold, destroy = ends_while_held(pair, guests[0], 5)
    hold.result()
    # after the first attempt and 1, 2, 4, 8 seconds, each after the one before
    nothing_left(pair.two, 10 + SLACK // 2)
    destroy.result(status=0)
    migrates(guests[1], pair.one, pair.two, prediction=None)
    guests[1].destroy(pair.two)
    nothing_left(pair.two)
    finish(pair)
