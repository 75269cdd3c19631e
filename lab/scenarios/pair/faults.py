"""Things that break while a guest migrates. Afterwards both hosts have the devices that they
had before, and the guest runs on exactly one of them.

The guest has two devices: the first one has to be made on the destination, the second one
exists there, with values of its own. Nothing of it may ever change.
"""

import signal

from migration import (A, B, MEDIUM, SMALL, UUIDS, Guest, make_device, migrate, migrates, on,
                       value_of)
from pair import Failure, check, equal, wait_for

PAIRS = ('modular-modular',)
BOTH = ('modular-modular', 'libvirtd-libvirtd')
FINISH = ('modular-modular', 'stock-stock')

MADE, THERE = UUIDS[:2]


class Case:
    """A migration from one to two that something happens to."""

    def __init__(self, pair, precreated=False, persistent=False):
        self.pair = pair
        self.one, self.two = pair.hosts
        for host in pair.hosts:
            host.driver()
        make_device(self.one, MADE, A, SMALL, aggregator=2, fps=60)
        for host in pair.hosts:
            make_device(host, THERE, B, MEDIUM, aggregator=2, fps=99)
        if precreated:
            make_device(self.two, MADE, A, SMALL, aggregator=2, fps=60)
        self.before = [host.devices() for host in pair.hosts]
        self.guest = Guest(MADE, THERE).create(self.one, persistent)
        self.task = None

    @property
    def daemon(self):
        return 'virtqemud' if self.two.mode == 'modular' else 'libvirtd'

    def start(self, *options):
        self.task = self.one.background('virsh', '-q', 'migrate', '--live', *options,
                                        self.guest.name, self.two.uri, tag='migration',
                                        timeout=140)

    def start_held(self, *options):
        """Goes on until the hold is taken off: Perform."""
        self.one.set_fault('hold_migration', 'Y')
        # QEMU asks devices for what is left only when it has been busy for more than 0.1 s
        self.start('--bandwidth', '1', *options)

        def active():
            if self.task.done():
                raise Failure(f'the migration has ended: {self.task.result()["errors"]}')
            return self.one.query(self.guest.name, 'query-migrate').get('status') == 'active'
        wait_for(active, 'the migration is active')
        # more than one look: it is nowhere near its end
        equal(self.two.status(self.guest.name), 'inmigrate', 'guest on the destination')
        equal(sorted(self.two.devices()), [MADE, THERE], 'devices on the destination')

    def release(self):
        self.one.set_fault('hold_migration', 'N')

    def failed(self):
        """The migration ends, and not well."""
        result = self.task.result()
        check(result['status'] not in (0, None), f'the migration ended with {result["status"]}')
        return result['errors'].strip()

    def succeeded(self):
        self.release()
        self.task.result(status=0)
        self.guest.check_only_at(self.two, self.one)
        self.guest.destroy(self.two)
        equal([host.devices() for host in self.pair.hosts], self.before, 'devices')

    def as_before(self, timeout=40):
        """Both hosts as before, the guest on the source."""
        self.release()
        wait_for(lambda: self.two.devices() == self.before[1],
                 'the destination has the devices that it had', timeout)
        wait_for(lambda: self.guest.name not in self.two.qemus(), 'no QEMU on the destination')
        wait_for(lambda: self.guest.name not in self.two.domains(),
                 'the destination forgets the guest')
        self.guest.check_only_at(self.one, self.two)
        equal([host.devices() for host in self.pair.hosts], self.before, 'devices')

    def again(self):
        """Nothing stands in the way of the next migration."""
        migrates(self.guest, self.one, self.two, prediction=None)
        self.guest.destroy(self.two)
        equal([host.devices() for host in self.pair.hosts], self.before, 'devices')

    def end(self):
        self.as_before()
        self.guest.destroy(self.one)
        equal([host.devices() for host in self.pair.hosts], self.before, 'devices')
        self.remove_devices()

    def remove_devices(self):
        for host in self.pair.hosts:
            for uuid in host.devices():
                host.remove(uuid)

    def hook(self, operation):
        """The destination's hook waits at this operation, until let_go()."""
        self.two.write('/run/lab/keep-hook', '')
        self.two.write('/run/lab/hook', f'''#!/bin/sh
[ "$2 $3" = "{operation} begin" ] && [ -e /run/lab/keep-hook ] || exit 0
touch /run/lab/at-hook
while [ -e /run/lab/keep-hook ]; do sleep 0.1; done
''', executable=True)

    def wait_hook(self):
        self.two.wait_exists('/run/lab/at-hook')

    def let_go(self):
        self.two.unlink('/run/lab/keep-hook')
        self.two.unlink('/run/lab/hook')

    def restart(self, host=None):
        """As systemd would do it."""
        host = host or self.two
        host.start_daemons()
        # this waits until the daemon has come to terms with its guest
        host.virsh('qemu-monitor-command', '--hmp', self.guest.name, 'info status', status=None)


def test_destination_qemu_killed_in_perform(pair):
    case = Case(pair)
    case.start_held()
    pair.two.kill_guest(case.guest.name)
    case.failed()
    case.end()


def test_job_aborted_in_perform(pair):
    case = Case(pair)
    case.start_held()
    pair.one.virsh('domjobabort', case.guest.name)
    check('abort' in case.failed() or 'cancel' in case.failed(), 'another error')
    case.as_before()
    case.again()
    case.remove_devices()


def test_client_killed_in_perform(pair):
    case = Case(pair)
    case.start_held()
    pair.one.kill_tag('migration', signal.SIGKILL)
    case.failed()
    case.end()


def test_client_killed_in_prepare(pair):
    """QEMU runs, and Prepare is about to answer."""
    case = Case(pair)
    case.hook('started')
    case.start()
    case.wait_hook()
    equal(sorted(pair.two.devices()), [MADE, THERE], 'devices on the destination')
    pair.one.kill_tag('migration', signal.SIGKILL)
    case.failed()
    case.let_go()
    case.end()


def test_source_daemon_killed_peer_to_peer(pair):
    """It is the client, too."""
    case = Case(pair)
    case.start_held('--p2p')
    pair.one.kill_daemon(case.daemon)
    case.failed()
    case.restart(pair.one)
    case.as_before()
    case.again()
    case.remove_devices()


def test_source_daemon_killed(pair):
    case = Case(pair)
    case.start_held()
    pair.one.kill_daemon(case.daemon)
    case.failed()
    case.restart(pair.one)
    case.as_before()
    case.again()
    case.remove_devices()


def test_destination_daemon_killed_before_creation(pair):
    case = Case(pair)
    case.hook('prepare')
    case.start()
    case.wait_hook()
    equal(list(pair.two.devices()), [THERE], 'devices on the destination')
    pair.two.kill_daemon(case.daemon)
    case.let_go()
    case.failed()
    case.restart()
    case.as_before()
    case.again()
    case.remove_devices()


@on(*BOTH)
def test_destination_daemon_killed_between_creation_and_qemu(pair):
    case = Case(pair)
    case.hook('start')
    case.start()
    case.wait_hook()
    equal(sorted(pair.two.devices()), [MADE, THERE], 'devices on the destination')
    equal(pair.two.qemus(), {}, 'QEMU on the destination')
    pair.two.kill_daemon(case.daemon)
    case.let_go()
    case.failed()
    case.restart()
    case.as_before()
    case.again()
    case.remove_devices()


@on(*BOTH)
def test_destination_daemon_killed_in_perform(pair):
    case = Case(pair)
    case.start_held()
    pair.two.kill_daemon(case.daemon)
    case.restart()
    # the daemon finds a guest that comes in, and nobody who wants it
    case.failed()
    case.as_before()
    case.again()
    case.remove_devices()


def in_finish(pair, case, *points):
    """The destination's daemon dies where it has come to the last of these functions."""
    case.start_held()
    gdb = pair.two.background('gdb', '-q', '-batch', '-p', pair.two.daemons()[case.daemon],
                              *gdb_options(points), tag='gdb', timeout=120)
    pair.two.wait_exists('/run/lab/at-gdb', timeout=60)
    case.release()
    result = gdb.result()
    check(f'hit Breakpoint {len(points)}' in result['output'].replace('Temporary breakpoint',
                                                                      'Breakpoint'),
          f'gdb has not come there: {result["output"]}')
    wait_for(lambda: pair.two.daemons()[case.daemon] is None, 'the daemon is dead')
    case.failed()


def gdb_options(points):
    """Stops at one function after the other, and kills."""
    commands = ['set pagination off', 'set confirm off', 'handle SIGPIPE nostop noprint pass']
    for number, point in enumerate(points):
        commands += [f'tbreak {point}']
        if number == 0:
            commands += ['shell touch /run/lab/at-gdb']
        commands += ['continue']
    return [word for command in [*commands, 'kill'] for word in ('-ex', command)]


# The symbol is there in Debian's stripped library, too
BEFORE_CPUS = ('virDomainLockProcessResume',)
AFTER_CPUS = ('virDomainLockProcessResume', 'virDomainObjSave')


def test_destination_daemon_killed_in_finish_before_the_cpus_start(pair):
    case = Case(pair)
    in_finish(pair, case, *BEFORE_CPUS)
    equal(pair.two.status(case.guest.name), 'paused', 'guest on the destination')
    case.restart()
    case.as_before()
    case.again()
    case.remove_devices()


@on(*FINISH)
def test_destination_daemon_killed_in_finish_after_the_cpus_started(pair):
    """The guest runs on both hosts: only lock managers can help. With ours as with the
    unpatched one; the device stays where its guest is."""
    ours = pair.modes[1] != 'stock'
    case = Case(pair, precreated=not ours)
    in_finish(pair, case, *AFTER_CPUS)
    equal(pair.two.status(case.guest.name), 'running', 'guest on the destination')
    case.restart()
    wait_for(lambda: pair.two.domains().get(case.guest.name, [False])[0],
             'the daemon has found its guest')
    wait_for(lambda: pair.one.status(case.guest.name) == 'running', 'guest on the source')
    outcome = [host.status(case.guest.name) for host in pair.hosts]
    pair.note(f'{pair.name}, daemon killed in Finish after the CPUs started: guest on the '
              f'source {outcome[0]}, on the destination {outcome[1]}, '
              f'devices there: {len(pair.two.devices())}')
    # this is what stock-stock shows
    equal(outcome, ['running', 'running'], 'guest on both hosts')
    equal(sorted(pair.two.devices()), [MADE, THERE], 'devices on the destination')
    case.guest.check_at(pair.two)
    case.guest.destroy(pair.two)
    equal(pair.two.devices(), case.before[1], 'devices on the destination')
    case.guest.check_at(pair.one)
    case.guest.destroy(pair.one)
    case.remove_devices()


def test_nodedev_daemon_not_running_at_prepare(pair):
    case = Case(pair)
    pair.two.kill_daemon('virtnodedevd')
    case.start()
    error = case.failed()
    check('virtnodedevd' in error, f'error: {error}')
    equal(pair.two.starts(case.guest.name), 0, 'QEMU processes on the destination')
    case.restart()
    case.as_before()
    case.again()
    case.remove_devices()


CALLOUT = '/etc/mdevctl.d/scripts.d/callouts/lab'


def test_nodedev_daemon_killed_while_it_creates(pair):
    """mdevctl goes on without it: the device comes when nobody waits for it any more."""
    case = Case(pair)
    pair.two.write('/run/lab/keep-mdevctl', '')
    pair.two.write(CALLOUT, '''#!/bin/sh
case "$*" in *"-e pre -a start"*) ;; *) exit 2;; esac
touch /run/lab/at-mdevctl
while [ -e /run/lab/keep-mdevctl ]; do sleep 0.1; done
exit 0
''', executable=True)
    try:
        case.start()
        pair.two.wait_exists('/run/lab/at-mdevctl')
        equal(list(pair.two.devices()), [THERE], 'devices on the destination')
        pair.two.kill_daemon('virtnodedevd')
        case.failed()
        pair.two.unlink('/run/lab/keep-mdevctl')
        pair.two.wait_devices([MADE, THERE])
    finally:
        pair.two.unlink(CALLOUT)
    case.restart()
    # it is in the list of what is left to undo, which a daemon reads when it starts
    pair.two.kill_daemon('virtqemud')
    case.restart()
    case.end()


def undo_without_nodedev(pair, comes_back):
    case = Case(pair)
    case.start_held()
    pair.two.kill_daemon('virtnodedevd')
    pair.two.kill_guest(case.guest.name)
    case.failed()
    wait_for(lambda: case.guest.name not in pair.two.qemus(), 'no QEMU on the destination')
    equal(sorted(pair.two.devices()), [MADE, THERE], 'devices on the destination')
    if comes_back:
        case.restart()
    case.as_before(timeout=90)
    case.restart()
    pair.two.wait_node_list()
    case.end()


def test_nodedev_daemon_comes_back_for_the_undo(pair):
    undo_without_nodedev(pair, True)


def test_nodedev_daemon_never_comes_back_for_the_undo(pair):
    undo_without_nodedev(pair, False)


def test_undo_is_retried_when_the_daemon_starts(pair):
    case = Case(pair)
    case.start_held()
    pair.two.kill_daemon('virtnodedevd')
    pair.two.kill_guest(case.guest.name)
    case.failed()
    wait_for(lambda: case.guest.name not in pair.two.domains(), 'the guest is forgotten')
    equal(sorted(pair.two.devices()), [MADE, THERE], 'devices on the destination')
    pair.two.kill_daemon('virtqemud')
    case.restart()
    case.as_before(timeout=30)
    case.end()


def test_destination_host_powered_off(pair):
    """And on again: nothing is left there; a mediated device does not outlive its kernel."""
    case = Case(pair)
    case.start_held('--p2p')
    pair.two.power_off()
    case.release()
    pair.two.boot()
    pair.two.wait_boot()
    case.failed()
    case.guest.check_only_at(pair.one, pair.two)
    equal(pair.one.devices(), case.before[0], 'devices on the source')
    equal(pair.two.devices(), {}, 'devices on the destination')
    # and once more, with all that is needed
    pair.two.driver()
    make_device(pair.two, THERE, B, MEDIUM, aggregator=2, fps=99)
    case.again()
    case.remove_devices()


def test_two_guests_want_the_last_instance(pair):
    """One of them gets it, the other one stays where it is."""
    pair.one.driver()
    pair.two.driver(units=(1, 0))
    for uuid in UUIDS[:2]:
        make_device(pair.one, uuid, A, SMALL, fps=50)
    guests = [Guest(uuid).create(pair.one) for uuid in UUIDS[:2]]
    before = pair.one.devices()
    for number in range(5 if pair.everything else 2):
        tasks = [pair.one.start('migrate', guest.name, pair.two.uri) for guest in guests]
        results = [task.result() for task in tasks]
        pair.log(results)
        codes = [result['code'] for result in results]
        check(codes.count(0) == 1, f'round {number}: error codes {codes}')
        winner, loser = guests if codes[0] == 0 else guests[::-1]
        winner.check_only_at(pair.two, pair.one)
        loser.check_only_at(pair.one, pair.two)
        equal(pair.two.devices(), {winner.uuids[0]: value_of(A, SMALL, fps=50)},
              'devices on the destination')
        message = results[guests.index(loser)]['message']
        check('no free instance' in message and SMALL in message, f'message: {message}')
        result = migrate(winner, pair.two, pair.one)
        equal(result['code'], 0, f'way back: {result["message"]}')
        equal(pair.two.devices(), {}, 'devices on the destination')
        equal(pair.one.devices(), before, 'devices on the source')
        winner.fill(pair.one)
    for guest in guests:
        guest.destroy(pair.one)
    for uuid in UUIDS[:2]:
        pair.one.remove(uuid)
