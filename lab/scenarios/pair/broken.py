"""What a destination needs to make a device is broken: the error says so, the guest goes on where
it is, and nothing is left."""

from migration import MAKE_LIMIT, SLACK, UUIDS, migrate, migrates
from pair import check, equal
from slow import again, drivers, finish, nothing_left, setup, takes

PAIRS = ('modular-modular+waits',)

MADE = UUIDS[0]


def fails(pair, guest, *words):
    """The error has these words; nothing was started, nothing is left."""
    before = pair.one.devices()
    starts = pair.two.starts(guest.name)
    result = migrate(guest, pair.one, pair.two)
    check(result['code'], 'the migration went well')
    takes(MAKE_LIMIT + SLACK, result['seconds'], 'the failure')
    missing = [word for word in words if word not in result['message']]
    check(not missing, f'the message lacks {missing}: {result["message"]}')
    equal(pair.two.starts(guest.name), starts, 'QEMU processes that the destination started')
    guest.check_only_at(pair.one, pair.two)
    equal(pair.one.devices(), before, 'devices on the source')
    nothing_left(pair.two)
    return result


def test_mdevctl_is_missing(pair):
    drivers(pair)
    guest = setup(pair)
    pair.two.wrap_mdevctl()
    fails(pair, guest, MADE, 'mdevctl')
    pair.two.remove_obstacles()
    again(guest, pair.one, pair.two)
    finish(pair)


def test_mdevctl_fails(pair):
    """Before it has made the device, and afterwards."""
    drivers(pair)
    guest = setup(pair)
    for script in ('[ "$1" = start ] || exec $mdevctl "$@"\necho "no, says the lab" >&2\nexit 1',
                   '$mdevctl "$@"\nrc=$?\n[ "$1" = start ] || exit $rc\n'
                   'echo "no, says the lab" >&2\nexit 1'):
        pair.two.wrap_mdevctl(script)
        fails(pair, guest, MADE, 'no, says the lab')
    pair.two.remove_obstacles()
    again(guest, pair.one, pair.two)
    finish(pair)


def test_state_directory_is_full(pair):
    """What is made could not be noted, so nothing is made; and what was noted before goes."""
    drivers(pair)
    guest = setup(pair)
    pair.two.fill_state()
    fails(pair, guest, 'No space left on device')
    pair.two.empty_state()
    migrates(guest, pair.one, pair.two, prediction=None)
    pair.two.fill_state()
    pair.two.virsh('destroy', guest.name)
    nothing_left(pair.two)
    pair.two.remove_obstacles()
    guest.create(pair.one)
    again(guest, pair.one, pair.two)
    finish(pair)


def test_driver_goes_away(pair):
    """Before the device is made, and right afterwards."""
    drivers(pair)
    guest = setup(pair)
    for moment in ('pre start', 'post start'):
        pair.two.callout(moment, 'rmmod mdevlab')
        fails(pair, guest, MADE)
        check(not pair.two.driver_loaded(), 'the driver is still there')
        pair.two.remove_obstacles()
        pair.two.parameters = None
        pair.two.driver()
    again(guest, pair.one, pair.two)
    finish(pair)
