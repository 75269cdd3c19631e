"""What makes a device on the destination, or removes it, takes its time, or for ever. Nothing else
on that host may wait for it, and each wait has an end."""

import signal
import time

from migration import (A, ASK_LIMIT, B, LARGE, MAKE_LIMIT, SLACK, SMALL, UNDO_LIMIT, UUIDS, Guest,
                       PlainGuest, make_device, migrate, migrates, value_of)
from pair import Failure, check, equal, wait_for

PAIRS = ('modular-modular+waits',)

# Long enough to be told from a busy machine
LONG, LONGER = 30, 45

VALUES = {'aggregator': 2, 'fps': 60}


def takes(limit, seconds, what):
    check(seconds < limit, f'{what} took {seconds:.1f} s')


class Bystanders:
    """What else goes on on the destination, and how long it takes if nothing is in its way."""

    seconds = {}
    """Measured once."""

    def __init__(self, pair):
        self.pair = pair
        self.one, self.two = pair.hosts
        self.other = PlainGuest().create(self.two)
        self.incoming = PlainGuest().create(self.one)
        self.other.file(self.two)
        if not self.seconds:
            self.seconds.update({name: self.two.virsh(*args)['seconds']
                                 for name, args in self.commands(self.other).items()})
            self.two.virsh('undefine', self.other.name)
            self.seconds['migration'] = self.come_in(60)
            self.go_back()
        pair.log(f'unloaded: {self.seconds}')

    def commands(self, guest):
        # without --nowait it waits for the job of the guest that comes in, as ever
        return {'list': ('list',), 'all domstats': ('domstats', '--nowait'),
                'domstats': ('domstats', self.other.name),
                'dominfo': ('dominfo', self.other.name),
                'define': ('define', f'/tmp/{guest.name}.xml')}

    def limit(self, name):
        """Far less than LONG."""
        return 2 + 4 * self.seconds[name]

    def come_in(self, limit):
        result = self.one.command('virsh', '-q', 'migrate', '--live', self.incoming.name,
                                  self.two.uri, timeout=limit)
        return result['seconds']

    def go_back(self):
        equal(migrate(self.incoming, self.two, self.one)['code'], 0, 'way back of the bystander')

    def check(self, guest=None):
        """Nobody waits for what there is to wait for. A guest that comes in is defined meanwhile:
        to be taken back by forget(), which may well have to wait."""
        guest = guest or self.other
        guest.file(self.two)
        late = []
        for name, args in self.commands(guest).items():
            limit = self.limit(name)
            result = self.two.virsh(*args, status=None, timeout=limit)
            if result['status'] is None:
                late.append(f'{name} did not answer within {limit:.1f} s')
        try:
            self.come_in(self.limit('migration'))
        except Failure as error:
            late.append(f'another guest cannot come in: {error}')
        self.forget(self.other)
        check(not late, '; '.join(late))
        self.go_back()

    def forget(self, guest):
        self.two.virsh('undefine', guest.name, status=None)

    def end(self):
        self.other.destroy(self.two)
        self.incoming.destroy(self.one)


def setup(pair, uuid=UUIDS[0], source=None):
    """A guest on the source whose device is missing on the destination."""
    source = source or pair.one
    make_device(source, uuid, A, SMALL, **VALUES)
    return Guest(uuid).create(source)


def drivers(pair):
    for host in pair.hosts:
        host.driver()


def in_background(guest, source, target, tag='migration'):
    return source.background('virsh', '-q', 'migrate', '--live', guest.name, target.uri, tag=tag,
                             timeout=MAKE_LIMIT + 2 * SLACK)


def refused_in_time(task, guest, source, target, limit):
    """It ends with an error, and the guest is where it was."""
    result = task.result()
    check(result['status'] is not None, f'{guest.name}: the migration does not end')
    check(result['status'], f'{guest.name}: the migration went well')
    takes(limit + SLACK, result['seconds'], f'the failure of the migration of {guest.name}')
    guest.check_only_at(source, target)
    return result['errors']


def nothing_left(host, timeout=SLACK):
    wait_for(lambda: not host.devices(), f'no device is left on {host.name}', timeout)
    host.wait_node_list()


def again(guest, source, target):
    """Nothing stands in the way any more."""
    migrates(guest, source, target, prediction=None)
    guest.destroy(target)
    nothing_left(target)


def finish(pair):
    for host in pair.hosts:
        for uuid in host.devices():
            host.remove(uuid)


def test_device_takes_long_to_be_made(pair):
    drivers(pair)
    others = Bystanders(pair)
    guest = setup(pair)
    pair.two.callout('pre start', f'sleep {LONG}')
    task = in_background(guest, pair.one, pair.two)
    pair.two.wait_exists(f'/run/lab/at-mdevctl-{UUIDS[0]}')
    equal(pair.two.devices(), {}, 'devices on the destination')
    try:
        others.check(guest)
    finally:
        result = task.result()
        others.forget(guest)
    equal(result['status'], 0, f'the migration: {result["errors"].strip()}')
    takes(MAKE_LIMIT, result['seconds'], 'the migration')
    guest.check_only_at(pair.two, pair.one)
    equal(pair.two.devices(), {UUIDS[0]: value_of(A, **VALUES)}, 'devices on the destination')
    guest.destroy(pair.two)
    nothing_left(pair.two)
    others.end()
    finish(pair)


def test_device_takes_long_to_be_removed(pair):
    """By mdevctl, which runs a script for a while; by a driver that cannot be interrupted. Both
    guests have ended long before."""
    pair.one.driver()
    # the second device has room on the second parent only
    pair.two.driver(units=(2, 4))
    others = Bystanders(pair)
    make_device(pair.one, UUIDS[1], B, LARGE)
    guests = [setup(pair), Guest(UUIDS[1]).create(pair.one)]
    for guest in guests:
        migrates(guest, pair.one, pair.two, prediction=None)
    equal({uuid: device['parent'] for uuid, device in pair.two.devices().items()},
          {UUIDS[0]: A, UUIDS[1]: B}, 'parents')
    pair.two.callout('pre stop', f'[ $uuid = {UUIDS[1]} ] || sleep {LONGER}')
    pair.two.set_fault('block_remove', 'N,Y')

    blocked = f'/sys/bus/pci/devices/{B}/{UUIDS[1]}'
    begin = time.monotonic()
    tasks = [pair.two.background('virsh', '-q', 'destroy', guest.name, timeout=LONGER + SLACK)
             for guest in guests]
    try:
        wait_for(lambda: not {guest.name for guest in guests} & set(pair.two.qemus()),
                 'both QEMUs end', 20)
        others.check()
        for task, guest in zip(tasks, guests):
            result = task.result()
            equal(result['status'], 0, f'the end of {guest.name}: {result["errors"].strip()}')
            takes(UNDO_LIMIT + SLACK, result['seconds'], f'the end of {guest.name}')
            wait_for(lambda: guest.name not in pair.two.domains(),
                     f'{guest.name} is forgotten', 5)
        # They are still there, and not only because nobody has come to them. The bus forgets the
        # one whose driver is at it.
        check(pair.two.exists(blocked), f'{blocked} is gone')
        if time.monotonic() - begin < LONGER - 5:
            equal(list(pair.two.devices()), [UUIDS[0]], 'devices on the destination')
    finally:
        pair.two.set_fault('block_remove', 'N')
    nothing_left(pair.two, LONGER + SLACK)
    pair.two.wait_exists(blocked, False)
    pair.two.remove_obstacles()
    guests[0].create(pair.one)
    again(guests[0], pair.one, pair.two)
    others.end()
    finish(pair)


def test_node_device_daemon_stops(pair):
    """On the one host before it is asked anything, on the other one while it has a device made:
    that one is made, and nobody is told. One guest goes each way."""
    drivers(pair)
    others = Bystanders(pair)
    to_two = setup(pair)
    to_one = setup(pair, UUIDS[1], pair.two)
    pair.two.callout('pre start', 'kill -STOP $(cat /run/lab/virtnodedevd.pid)')
    pair.one.kill_daemon('virtnodedevd', signal.SIGSTOP)
    tasks = [in_background(to_two, pair.one, pair.two), in_background(to_one, pair.two, pair.one)]
    try:
        pair.two.wait_devices(UUIDS[:2])
        others.check(to_two)
        tasks[0].result()
        others.forget(to_two)
        errors = [refused_in_time(tasks[1], to_one, pair.two, pair.one, ASK_LIMIT),
                  refused_in_time(tasks[0], to_two, pair.one, pair.two, MAKE_LIMIT)]
    finally:
        for host in pair.hosts:
            host.kill_daemon('virtnodedevd', signal.SIGCONT)
    check(UUIDS[0] in errors[1], f'error: {errors[1]}')
    pair.two.wait_devices(UUIDS[1:2], SLACK)
    pair.one.wait_devices(UUIDS[:1], SLACK)
    pair.two.remove_obstacles()
    for host in pair.hosts:
        host.wait_node_list()
    migrates(to_two, pair.one, pair.two, prediction=None)
    migrates(to_one, pair.two, pair.one, prediction=None)
    to_two.destroy(pair.two)
    to_one.destroy(pair.one)
    pair.two.wait_devices(UUIDS[1:2])
    pair.one.wait_devices(UUIDS[:1])
    others.end()
    finish(pair)


def test_device_never_appears(pair):
    """The events of udev wait on the one host; on the other one the device loses its IOMMU group
    before anybody looks. Both are made, and useless."""
    drivers(pair)
    to_two = setup(pair)
    to_one = setup(pair, UUIDS[1], pair.two)
    pair.two.callout('post start', 'echo $uuid > /sys/bus/mdev/drivers/mdevlab_mdev/unbind')
    pair.one.stop_udev()
    tasks = [in_background(to_two, pair.one, pair.two), in_background(to_one, pair.two, pair.one)]
    try:
        for task, guest, source, target in ((tasks[0], to_two, pair.one, pair.two),
                                            (tasks[1], to_one, pair.two, pair.one)):
            error = refused_in_time(task, guest, source, target, MAKE_LIMIT)
            check(guest.uuids[0] in error, f'error: {error}')
        # it cannot be undone by the node device driver, which does not know it
        pair.two.wait_devices(UUIDS[1:2], SLACK)
        pair.one.wait_devices(UUIDS[:1], SLACK)
    finally:
        for host in pair.hosts:
            host.remove_obstacles()
    for host in pair.hosts:
        host.wait_node_list()
    migrates(to_two, pair.one, pair.two, prediction=None)
    to_two.destroy(pair.two)
    to_one.destroy(pair.two)
    pair.two.wait_devices(UUIDS[1:2])
    finish(pair)
