"""Programs that use libvirt's API: here Debian's python3-libvirt, which knows nothing of us."""

from migration import A, B, CONFIG_UNSUPPORTED, SMALL, UUIDS, Guest, make_device, node_name, refused
from pair import check, equal

PAIRS = ('modular-modular',)

CAP_MIGRATION = 1 << 27


def test_migrate_to_uri(pair):
    """Finds the device by the new flag, reads its XML, migrates, gets code and message."""
    pair.one.driver()
    pair.two.driver(software_version=('1.1.0', '1.1.5'))
    make_device(pair.one, UUIDS[0], A, SMALL, aggregator=2)
    guest = Guest().create(pair.one)
    name = node_name(A, UUIDS[0])
    equal(pair.one.node_names(CAP_MIGRATION), sorted((name, node_name(A), node_name(B))),
          'devices by flag')
    text = pair.one.node_xml(name)
    check("<dynamicResource name='aggregator' value='2'/>" in text, f'XML: {text}')
    message = refused(guest, pair.one, pair.two, CONFIG_UNSUPPORTED,
                      [guest.address(), node_name(A), '1.2.3', '1.1.0', node_name(B), '1.1.5'],
                      flags=('peer2peer',))
    # the same to the letter, whoever asks
    direct = refused(guest, pair.one, pair.two, CONFIG_UNSUPPORTED, [])
    equal(direct, message, 'message')
    result = pair.one.virsh('migrate', '--live', guest.name, pair.two.uri, status=1)
    check(message in result['errors'], f'virsh says: {result["errors"]}')
    guest.destroy(pair.one)
    pair.one.remove(UUIDS[0])
