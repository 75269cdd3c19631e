"""What has always worked: the administrator has made the device on both hosts."""

from migration import A, B, SMALL, UUIDS, Guest, make_device, migrates, on

PAIRS = ('modular-modular', 'stock-modular')


def to_and_fro(pair, *flags):
    for host in pair.hosts:
        host.driver()
    make_device(pair.one, UUIDS[0])
    make_device(pair.two, UUIDS[0], B)
    guest = Guest().create(pair.one)
    migrates(guest, pair.one, pair.two, flags)
    migrates(guest, pair.two, pair.one, flags)
    guest.destroy(pair.one)
    for host in pair.hosts:
        host.wait_devices(UUIDS[:1])
        host.remove(UUIDS[0])


def test_direct(pair):
    to_and_fro(pair)


@on('modular-modular')
def test_peer_to_peer(pair):
    to_and_fro(pair, 'peer2peer')


@on('modular-modular')
def test_tunnelled(pair):
    to_and_fro(pair, 'peer2peer', 'tunnelled')


@on('modular-modular')
def test_virsh(pair):
    """As users do it; the guest's device goes to another parent."""
    for host in pair.hosts:
        host.driver()
    make_device(pair.one, UUIDS[0], A, SMALL)
    make_device(pair.two, UUIDS[0], B, SMALL)
    guest = Guest().create(pair.one)
    pair.one.virsh('migrate', '--live', '--verbose', guest.name, pair.two.uri)
    guest.check_only_at(pair.two, pair.one)
    pair.two.virsh('migrate', '--live', '--p2p', '--verbose', guest.name, pair.one.uri)
    guest.check_only_at(pair.one, pair.two)
    guest.destroy(pair.one)
    for host in pair.hosts:
        host.wait_devices(UUIDS[:1])
        host.remove(UUIDS[0])
