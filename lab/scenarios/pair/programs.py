"""Guests with vfio-user programs: refused, as QEMU cannot transfer the state of such a device; with
a QEMU that is said to be able to, judged by what the destination's program can be."""

import json

from migration import CONFIG_UNSUPPORTED, MIGRATE_UNSAFE, Guest, migrate, refused
from pair import check, equal, wait_for

PAIRS = ('libvirtd-libvirtd',)

EMULATOR = '/usr/local/qemu-backports/bin/qemu-system-x86_64'
NODE = 'vfio_user_one'
PROGRAM = '/usr/libexec/vulab/one'
MODEL = 'example.org/mdevlab-small'
OPERATION_UNSUPPORTED = 84

GIVEN, VALUES = 0x64, 0x68


class ProgramGuest(Guest):
    """It has one device, whose program is started with these parameters."""

    def __init__(self, able=True, version=None, **params):
        super().__init__('one')
        self.able = able
        self.version = version
        self.params = params

    def device_xml(self, slot, _uuid):
        version = f" version='{self.version}'" if self.version else ''
        params = ''.join(f"<param name='{name.replace('_', '-')}' value='{value}'/>"
                         for name, value in self.params.items())
        return f'''
    <hostdev mode='subsystem' type='vfio-user' managed='yes'>
      <source>
        <binary path='{PROGRAM}'/>
        <migration model='{MODEL}'{version}>{params}</migration>
      </source>
      <address type='pci' domain='0' bus='0' slot='{slot}' function='0'/>
    </hostdev>'''

    def xml(self, uuids=None, extra=''):
        text = super().xml(uuids, extra)
        text = text.replace('/usr/bin/qemu-system-x86_64', EMULATOR)
        text = text.replace('<vcpu>', "<memoryBacking><source type='memfd'/>"
                            "<access mode='shared'/></memoryBacking><vcpu>")
        if self.able:
            text = text.replace('</domain>', "<qemu:capabilities>"
                                "<qemu:add capability='vfio-user-pci.enable-migration'/>"
                                "</qemu:capabilities></domain>")
        return text


def describe(host):
    """Makes a node device of the program, by which virsh predicts what becomes of a migration."""
    host.write('/etc/vfio-user/one.json', json.dumps({'binary': PROGRAM}))


def wait_offer(host, *parts):
    """Until the daemon has asked the program that is there now."""
    def offers():
        text = host.node_xml(NODE) if NODE in host.node_names() else ''
        return all(part in text for part in parts)

    wait_for(offers, f'{NODE} on {host.name} has {parts}')


def setup(pair, **kwargs):
    """The guest runs on the source."""
    pair.one.install_program('one')
    describe(pair.one)
    guest = ProgramGuest(**kwargs).create(pair.one)
    wait_offer(pair.one, MODEL)
    return guest


def finish(pair, guest):
    guest.destroy(pair.one)
    for host in pair.hosts:
        equal(host.programs(), [], f'programs on {host.name}')
        host.remove_programs()


def refused_by(pair, guest, code, parts, options=(), flags=(), offer=None):
    """The options are those of the destination's program; virsh says the same before if there is a
    node device that offers something."""
    before = pair.one.programs()
    pair.two.install_program('one', *options)
    if offer:
        describe(pair.two)
        wait_offer(pair.two, offer)
    refused(guest, pair.one, pair.two, code, parts, flags,
            prediction='refused' if offer else None)
    pair.two.unlink('/etc/vfio-user/one.json')
    equal(pair.one.programs(), before, 'programs on the source')
    equal(pair.two.programs(), [], 'programs on the destination')


def launched_by(pair, guest, expected, options=()):
    """What the destination's program is started with. That is as far as it goes: this QEMU does
    not know an argument (detach) that this libvirt gives to each migration. All is undone then."""
    before = pair.one.programs()
    pair.two.install_program('one', *options)
    result = migrate(guest, pair.one, pair.two)
    check('detach' in result['message'], f'another reason: {result}')
    lines = [line.split() for line in
             pair.two.read(f'/var/log/libvirt/qemu/{guest.name}.log').splitlines()]
    [*_, words] = [words for words in lines if PROGRAM in words]
    words = words[words.index(PROGRAM) + 1:]
    check(words[0].startswith('--socket-path=/'), words[0])
    equal(sorted(words[1:]), expected, 'arguments on the destination')
    guest.check_only_at(pair.one, pair.two)
    equal(pair.one.programs(), before, 'programs on the source')
    equal(pair.two.programs(), [], 'programs on the destination')


def test_qemu_cannot_transfer_the_state(pair):
    guest = setup(pair, able=False, num_queues=3)
    for flags in ([], ['peer2peer', 'unsafe']):
        refused_by(pair, guest, OPERATION_UNSUPPORTED,
                   ['hostdev0', 'cannot be saved or migrated with this QEMU'], flags=flags)
    finish(pair, guest)


def test_parameters(pair):
    guest = setup(pair, num_queues=3, new_feature='off')
    equal(pair.one.registers(guest.name, 5, [GIVEN, VALUES]), [2, 3], 'registers on the source')
    for code, options, parts, offer in (
            # no such value, no such parameter, no such model; one that says nothing
            (CONFIG_UNSUPPORTED, ['--lab-params=num-queues/int/1/1/0-2'], ['num-queues', '3'],
             "max='2'"),
            (CONFIG_UNSUPPORTED, ['--lab-params=new-feature/bool/on/off'], ['num-queues'],
             'new-feature'),
            (CONFIG_UNSUPPORTED, ['--lab-model=example.org/other'], ['example.org/other', MODEL],
             'example.org/other'),
            (MIGRATE_UNSAFE, ['--lab-fault=print:exit'], ['exit status 3', 'this is the end'],
             None)):
        refused_by(pair, guest, code, [guest.address(), PROGRAM, *parts], options, offer=offer)
    # one that the source does not have, and which can be switched off
    launched_by(pair, guest, ['--m-later=0', '--m-mode=fast', '--m-new-feature=off',
                              '--m-num-queues=3'],
                ['--lab-params=num-queues/int/1/1/0-16:new-feature/bool/on/off:'
                 'mode/str/slow/fast/fast|slow:later/int/5/0/0-9'])
    finish(pair, guest)


def test_versions(pair):
    shape = '--lab-shape=versions'
    pair.one.install_program('one', shape)
    describe(pair.one)
    guest = ProgramGuest(version='v1').create(pair.one)
    wait_offer(pair.one, '<version>v1</version>')
    refused_by(pair, guest, CONFIG_UNSUPPORTED, [guest.address(), PROGRAM, 'v1', 'v2'],
               [shape, f'--lab-versions={MODEL}=v2|v3'], offer='<version>v3</version>')
    launched_by(pair, guest, [f'--migration-model={MODEL}', '--migration-version=v1'], [shape])
    finish(pair, guest)
