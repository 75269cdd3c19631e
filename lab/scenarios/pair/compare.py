"""What the unpatched libvirt 11.3.0 does: recorded in the output, for comparison with ours."""

from migration import B, UUIDS, Guest, make_device, on
from pair import check, equal

PAIRS = ('stock-stock', 'modular-modular')


def measured(pair, what, **target):
    """Migrates with an eye on the guest. Returns the migration's result."""
    pair.one.driver()
    pair.two.driver(**target)
    make_device(pair.one, UUIDS[0])
    make_device(pair.two, UUIDS[0], B)
    guest = Guest(memory=256).create(pair.one)
    watch = pair.one.start('watch_migration', guest.name)
    pair.one.wait_exists(f'/run/lab/at-watch-{guest.name}')
    result = pair.one.migrate(guest.name, pair.two.uri)
    pair.one.write(f'/run/lab/at-end-{guest.name}', '')
    seen = watch.result()
    pair.note(f'{what}: {"refused" if result["code"] else "accepted"} after '
              f'{result["seconds"]:.2f} s, {seen["transferred"] / 1024:.0f} KiB sent before, '
              f'guest stood still for {seen["stopped"]:.2f} s, '
              f'{pair.two.starts(guest.name)} QEMU started on the destination')
    if result['code']:
        pair.note(f'    {result["message"]}')
    return guest, result, seen


def finish(pair, guest, host):
    guest.destroy(host)
    for side in pair.hosts:
        side.remove(UUIDS[0])


def test_older_version(pair):
    guest, result, seen = measured(pair, f'{pair.name}, older version', software_version='1.1.0')
    check(result['code'], 'it is accepted')
    guest.check_only_at(pair.one, pair.two)
    if pair.modes[1] == 'stock':
        check(seen['transferred'] > 0, 'nothing was sent')
        equal(pair.two.starts(guest.name), 1, 'QEMU processes')
    else:
        equal(seen, {'transferred': 0, 'stopped': 0}, 'what was sent, how long it stood still')
        equal(pair.two.starts(guest.name), 0, 'QEMU processes')
    finish(pair, guest, pair.one)


def test_other_formats(pair):
    """The driver itself does not compare these: only a comparison before can tell."""
    guest, result, _seen = measured(pair, f'{pair.name}, other formats', formats='nv12')
    if pair.modes[1] == 'stock':
        equal(result['code'], 0, f'error: {result["message"]}')
        finish(pair, guest, pair.two)
    else:
        check(result['code'], 'it is accepted')
        finish(pair, guest, pair.one)


@on('stock-stock')
def test_compatible(pair):
    guest, result, _seen = measured(pair, f'{pair.name}, compatible')
    equal(result['code'], 0, f'error: {result["message"]}')
    guest.check_only_at(pair.two, pair.one)
    finish(pair, guest, pair.two)
