"""vfio-user programs with our daemons: node devices, guests, and programs that misbehave."""

import contextlib
import json
import os
import signal
import time
from pathlib import Path

import libvirt

from host import (DESCRIPTORS, EMULATOR, MODE, PCI_PARENTS, PROGRAMS, SYSTEM_DESCRIPTORS, URI,
                  UUIDS, Firmware, Monitor, Program, check, connection, create, define_file,
                  dumpxml, equal, find_migration, install_program, load_driver, node_name,
                  node_names, parse, programs, remove_programs, restart_daemons, run, tree, virsh,
                  wait_for, wait_node)
from program import (CHECKSUM, COUNTER, EQUIPMENT, GIVEN, MAGIC, SCRATCH, SLOT, VALUES, Device,
                     identity)

MODES = ('modular',)

MODEL = 'example.org/mdevlab-small'
PARAMETERS = f'''<interface type='parameters'><model name='{MODEL}'>
  <param name='mode' type='str' init='fast' off='fast'>
    <allowed value='fast'/><allowed value='slow'/><allowed value='turbo'/>
  </param>
  <param name='new-feature' type='bool' init='on' off='off'/>
  <param name='num-queues' type='int' init='4' off='1'>
    <description>number of queues</description>
    <allowed min='0' max='16'/><allowed value='64'/>
  </param>
</model></interface>'''
VERSIONS = f'''<interface type='versions'><model name='{MODEL}'>
  <version>v1</version><version>v2</version>
</model></interface>'''

CANNOT = 'cannot be saved or migrated with this QEMU'


# Programs and their descriptors

def describe(name, path, directory=DESCRIPTORS, **more):
    """Writes a descriptor, at once and as a whole; returns the name of the node device."""
    directory.mkdir(exist_ok=True)
    new = directory / f'{name}.new'
    new.write_text(json.dumps({'binary': path, **more}))
    new.rename(directory / f'{name}.json')
    return 'vfio_user_' + ''.join(c if c.isalnum() else '_' for c in name)


def zombies():
    """Processes that have ended and that nobody has taken notice of."""
    found = []
    for path in Path('/proc').glob('[0-9]*/stat'):
        with contextlib.suppress(OSError):
            name, rest = path.read_text().rsplit(')', 1)
            if rest.split()[0] == 'Z':
                found.append(name)
    return found


def descriptors_of(daemon):
    pid = Path(f'/run/lab/{daemon}.pid').read_text().strip()
    return len(os.listdir(f'/proc/{pid}/fd'))


@contextlib.contextmanager
def tidy():
    """Nothing may be left: no process, no node device, no file."""
    try:
        yield
    finally:
        remove_programs()
        for left in connection().listAllDomains():
            with contextlib.suppress(libvirt.libvirtError):
                left.destroy()
    wait_for(lambda: not node_names('--cap', 'vfio_user'), 'the node devices go')
    # those of guests have ended with the guest, those that were asked a little later
    wait_for(lambda: not programs() and not zombies(), 'no process is left', 15)
    files = [str(path) for top in ('/run/libvirt/qemu', '/var/lib/libvirt/qemu')
             for path in Path(top).rglob('*') if 'vfio-user' in path.name]
    equal(files, [], 'files')


def migration_of(name):
    element = find_migration(parse(dumpxml(name)).find("capability[@type='vfio_user']"))
    return [tree(child) for child in element] if element is not None else None


def wait_migration(name, expected, timeout=30):
    expected = None if expected is None else [tree(parse(expected))]
    wait_node(name)
    wait_for(lambda: migration_of(name) == expected, f'what {name} offers', timeout)


# Guests

def managed(path, model=None, version=None, slot=SLOT, **params):
    migration = ''
    if model:
        values = ''.join(f"<param name='{name.replace('_', '-')}' value='{value}'/>"
                         for name, value in params.items())
        attribute = f" version='{version}'" if version else ''
        migration = f"<migration model='{model}'{attribute}>{values}</migration>"
    return f'''<hostdev mode='subsystem' type='vfio-user' managed='yes'>
  <source><binary path='{path}'/>{migration}</source>
  <address type='pci' domain='0' bus='0' slot='{slot}' function='0'/>
</hostdev>'''


def unmanaged(path, slot=SLOT):
    return f'''<hostdev mode='subsystem' type='vfio-user'>
  <source><socket path='{path}'/></source>
  <address type='pci' domain='0' bus='0' slot='{slot}' function='0'/>
</hostdev>'''


def domain(devices='', shared=True, arguments=()):
    # the second monitor is ours
    arguments = ''.join(f"<qemu:arg value='{value}'/>" for value in (
        '-qmp', 'unix:/run/lab/guest.qmp,server=on,wait=off', *arguments))
    memory = ("<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"
              if shared else '')
    return define_file(f'''<domain type='qemu'
    xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>guest</name>
  <memory unit='MiB'>32</memory>{memory}
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <emulator>{EMULATOR}</emulator>
    <controller type='usb' model='none'/>{devices}
    <memballoon model='none'/>
  </devices>
  <qemu:commandline>{arguments}</qemu:commandline>
</domain>''', 'guest.xml')


@contextlib.contextmanager
def monitor():
    found = Monitor('guest', '/run/lab/guest.qmp')
    wait_for(found.connect, 'the monitor of the guest')
    found.greet()
    try:
        yield found
    finally:
        found.close()


def fails(*args):
    """What virsh says."""
    return run('virsh', '-q', '-c', URI, *args, status=1).stderr.strip()


def status():
    return virsh('domstate', 'guest').strip()


# Node devices

def test_node_devices():
    with tidy():
        one = install_program('one')
        first = describe('50-one.x', one, description='<one> & only', tags=['a'])
        second = describe('60-two', one, SYSTEM_DESCRIPTORS, args=['--lab-shape=versions'])
        wait_migration(first, PARAMETERS)
        wait_migration(second, VERSIONS)
        for name, file, description in (
                (first, DESCRIPTORS / '50-one.x.json', '<one> & only'),
                (second, SYSTEM_DESCRIPTORS / '60-two.json', None)):
            device = parse(dumpxml(name))
            capability = device.find("capability[@type='vfio_user']")
            equal((device.findtext('parent'), capability.findtext('binary'),
                   capability.findtext('descriptor'), capability.findtext('description')),
                  ('computer', one, str(file), description), name)
            run('virt-xml-validate', define_file(dumpxml(name), 'node.xml'), 'nodedev')
        for capability in ('vfio_user', 'migration'):
            equal(sorted(node_names('--cap', capability)), [first, second], capability)

        # the file of the administrator masks that of the system
        (DESCRIPTORS / '60-two.json').touch()
        wait_node(second, False)
        (DESCRIPTORS / '60-two.json').unlink()
        wait_migration(second, VERSIONS)
        restart_daemons()
        wait_migration(first, PARAMETERS)
        wait_migration(second, VERSIONS)


def test_descriptors_and_programs_are_replaced():
    with tidy():
        one = install_program('one')
        name = describe('nic', one)
        wait_migration(name, PARAMETERS)
        describe('nic', one, args=['--lab-shape=versions'])
        wait_migration(name, VERSIONS)
        describe('nic', install_program('two', '--lab-fault=print:exit'))
        wait_migration(name, None)
        install_program('two')
        wait_migration(name, PARAMETERS)
        # nobody but its owner may be able to change it
        (PROGRAMS / 'two').chmod(0o777)
        wait_migration(name, None)
        (PROGRAMS / 'two').unlink()
        wait_migration(name, None)
        describe('nic', one)
        wait_migration(name, PARAMETERS)
        (DESCRIPTORS / 'nic.json').write_text('{')
        wait_node(name, False)


def test_programs_that_misbehave_when_they_are_asked():
    daemon = 'virtnodedevd' if MODE == 'modular' else 'libvirtd'
    with tidy():
        wait_migration(describe('probe', install_program('probe')), PARAMETERS)
        before = descriptors_of(daemon)
        # these print what they should
        good = ('fork', 'fork-away', 'fork-many', 'slow', 'none')
        bad = ('crash', 'exit', 'flood', 'flood-stderr', 'hang', 'garbage', 'empty', 'truncated',
               'deep')
        names = {}
        for kind in bad + good:
            options = [] if kind == 'none' else [f'--lab-fault={kind}']
            names[kind] = describe(kind, install_program(kind, *options))
        start = time.monotonic()
        for name in names.values():
            wait_node(name)
        longest = 0
        while programs() or time.monotonic() - start < 3:
            once = time.monotonic()
            connection().listAllDevices()
            longest = max(longest, time.monotonic() - once)
            check(time.monotonic() - start < 60, 'the programs do not end')
            time.sleep(0.1)
        check(longest < 1, f'a list of devices took {longest:.1f} s')
        for kind, name in names.items():
            wait_migration(name, PARAMETERS if kind in good else None)
        equal(zombies(), [], 'zombies')
        wait_for(lambda: descriptors_of(daemon) <= before, 'no descriptor is left open')


# Guests

def test_guests_with_managed_programs():
    with tidy():
        one = install_program('one')
        two = install_program('two', '--lab-shape=versions', '--lab-type=large/4')
        devices = (managed(one, MODEL, num_queues=7, new_feature='off', mode='turbo') +
                   managed(two, 'example.org/mdevlab-large', 'v1', slot=6))
        firmware = Firmware('guest')
        virsh('create', domain(devices, arguments=firmware.arguments), '--validate')
        arguments = sorted(programs().values())
        socket = [args[1].split('=', 1)[1] for args in arguments]
        equal(arguments, [
            [one, f'--socket-path={socket[0]}', '--m-num-queues=7', '--m-new-feature=off',
             '--m-mode=turbo'],
            [two, f'--socket-path={socket[1]}',
             '--migration-model=example.org/mdevlab-large', '--migration-version=v1']],
              'arguments')
        with monitor() as qemu:
            device = Device(qemu)
            equal([device.read(register) for register in (MAGIC, CHECKSUM, GIVEN, VALUES)],
                  [0x42414c4d, identity('parameters mode=turbo num-queues=7'), 3, 7], 'registers')
            device.write(SCRATCH, 0x1ab)
            firmware.wait()
            device.become_master()
            equal(device.memory(EQUIPMENT),
                  int(qemu.monitor(f'xp /1xw {EQUIPMENT:#x}').split(':')[1], 16), 'memory')
            port = qemu.bar(6)
            equal([qemu.read(port + register) for register in (0x08, CHECKSUM, GIVEN)],
                  [4, identity('example.org/mdevlab-large v1'), 2], 'registers of the second')

        # the guest and its programs do not depend on the daemon
        restart_daemons()
        equal(len(programs()), 2, 'programs')
        with monitor() as qemu:
            equal(Device(qemu).read(SCRATCH), 0x1ab, 'scratch')
        text = virsh('dumpxml', 'guest')
        for part in (f"<binary path='{one}'/>", "<param name='mode' value='turbo'/>",
                     "model='example.org/mdevlab-large' version='v1'"):
            check(part in text, f'{part} is not in the XML')
        virsh('destroy', 'guest')
        equal(programs(), {}, 'programs')


def test_guests_with_programs_of_others():
    with tidy():
        program = Program('--m-num-queues=9')
        try:
            virsh('create', domain(unmanaged(program.socket_path)))
            with monitor() as qemu:
                device = Device(qemu)
                equal([device.read(register) for register in (GIVEN, VALUES)], [1, 9], 'registers')
            virsh('destroy', 'guest')
            check(program.process.poll() is None, 'the program has ended, too')
            text = fails('create', domain(unmanaged(program.socket_path), shared=False))
            check('shared memory' in text, text)
        finally:
            program.end()
        text = fails('create', domain(unmanaged(program.socket_path)))
        check(program.socket_path in text, text)


def test_programs_that_do_not_start():
    with tidy():
        good = install_program('good')
        crash = install_program('crash', '--lab-fault=start:crash')
        untrusted = install_program('untrusted')
        os.chmod(untrusted, 0o777)
        for device, parts in (
                (managed(good, MODEL, num_queues=99),
                 (good, 'exit status 1', "'num-queues': value '99' is not supported")),
                (managed(good, MODEL, colour='red'), ("unknown migration parameter 'colour'",)),
                (managed(good, MODEL, 'v1'), ('this device has parameters',)),
                (managed(install_program('exit', '--lab-fault=start:exit')),
                 ('exit status 3', 'this is the end')),
                (managed(crash), (crash, 'signal 6')),
                (managed(install_program('garbage', '--lab-fault=start:garbage')),
                 ('exit status 1: ',)),
                (managed(PROGRAMS / 'nobody'), (str(PROGRAMS / 'nobody'),)),
                (managed(untrusted), (untrusted,)),
                (managed(install_program('hang', '--lab-fault=start:hang')), ('no socket after',)),
                # the second device: the first program is there already
                (managed(good) + managed(crash, slot=6), (crash, 'hostdev1')),
                (managed(install_program('close', '--lab-fault=connect:close')), ('timed out',))):
            text = fails('create', domain(device))
            for part in parts:
                check(part in text, f'{part!r} is not in {text!r}')
            check(all(c.isprintable() or c == '\n' for c in text), f'{text!r}')
            equal(programs(), {}, 'programs')
        equal(virsh('list', '--name').strip(), '', 'domains')


def test_programs_that_die_or_do_not_end():
    with tidy():
        stubborn = install_program('one', '--lab-fault=stop:hang', '--lab-fault=start:fork',
                                   '--lab-fault=start:fork-away')
        virsh('create', domain(managed(stubborn)))
        # one child is in the program's process group, one has left it
        equal(len(programs()), 3, 'processes')
        virsh('destroy', 'guest')
        equal(programs(), {}, 'processes')

        firmware = Firmware('guest')
        virsh('create', domain(managed(install_program('one')), arguments=firmware.arguments))
        # until then it changes the memory map, and QEMU gives up when nobody takes notice
        firmware.wait()
        [pid] = programs()
        os.kill(pid, signal.SIGSEGV)
        wait_for(lambda: not programs() and not zombies(), 'the program is gone')
        with monitor() as qemu:
            check('0xffffffff' in qemu.monitor(f'i /w {qemu.bar():#x}'), 'a register')
        equal(status(), 'running', 'status')
        virsh('destroy', 'guest')


def test_hot_plug():
    with tidy():
        one = install_program('one')
        firmware = Firmware('guest')
        virsh('create', domain(arguments=firmware.arguments))
        # it writes to 0xcf8 and 0xcfc, too
        firmware.wait()
        text = fails('attach-device', 'guest',
                     define_file(managed(one, MODEL, num_queues=99), 'bad.xml'))
        check("value '99' is not supported" in text, text)
        equal(programs(), {}, 'programs')
        device = define_file(managed(one, MODEL, num_queues=3), 'device.xml')
        virsh('attach-device', 'guest', device)
        equal([args[2:] for args in programs().values()], [['--m-num-queues=3']], 'arguments')
        with monitor() as qemu:
            # nobody in the guest gives ports to the new device: we do
            qemu.write(0xcf8, 1 << 31 | SLOT << 11 | 0x10)
            qemu.write(0xcfc, 0xc800)
            qemu.write(0xcf8, 1 << 31 | SLOT << 11 | 4)
            qemu.write(0xcfc, 1, 'h')
            device_in_guest = Device(qemu)
            equal(device_in_guest.read(VALUES), 3, 'parameter')
            device_in_guest.write(COUNTER, 1)
        check(f"<binary path='{one}'/>" in virsh('dumpxml', 'guest'), 'it is not in the XML')

        virsh('detach-device', 'guest', device)
        # nobody in the guest answers: QEMU takes the device out at the next reset
        virsh('reset', 'guest')
        wait_for(lambda: 'vfio-user' not in virsh('dumpxml', 'guest') and not programs(),
                 'the device is gone')
        virsh('attach-device', 'guest', device)
        equal(len(programs()), 1, 'programs')
        virsh('destroy', 'guest')


def test_state_that_cannot_be_transferred():
    program = Program()
    by_hand = ('-device', '{"driver":"vfio-user-pci","id":"mine","addr":"0x7","socket":'
                          f'{{"type":"unix","path":"{program.socket_path}"}}}}')
    with tidy():
        for guest, name in (({'devices': managed(install_program('one'))}, 'hostdev0'),
                            ({'arguments': [word.replace('"', '&quot;') for word in by_hand]},
                             'mine')):
            virsh('create', domain(**guest))
            for command in (('save', 'guest', '/tmp/guest.save'),
                            ('snapshot-create-as', 'guest', 'one', '--memspec', '/tmp/guest.mem'),
                            ('migrate', '--live', 'guest', URI)):
                text = fails(*command)
                check(CANNOT in text and f"'{name}'" in text, text)
                equal(status(), 'running', f'status after {command[0]}')
            virsh('destroy', 'guest')
        program.end()


# Comparisons

def compare(source, target, expected):
    """From one node device to another; returns the candidate."""
    path = define_file(dumpxml(source), 'source.xml')
    result = run('virsh', '-q', '-c', URI, 'nodedev-migration-compare', path, '--device', target,
                 '--format', 'json', status=int(expected != 'compatible'))
    found = json.loads(result.stdout)
    equal(found['result'], expected, f'{source} to {target}')
    return found


def test_programs_and_mediated_devices():
    with tidy():
        load_driver(publish='parameters')
        create(PCI_PARENTS[0], 'mdevlab-small', UUIDS[0])
        mdev = node_name(PCI_PARENTS[0], UUIDS[0])
        wait_node(mdev)
        same = describe('same', install_program('same'))
        fewer = describe('fewer', install_program('fewer', '--lab-params=num-queues/int/1/1/0-2'))
        other = describe('other', install_program('other', '--lab-model=example.org/other'))
        wait_migration(same, PARAMETERS)
        for name in (fewer, other):
            wait_for(lambda name=name: migration_of(name), f'what {name} offers')
        compare(mdev, same, 'compatible')
        compare(same, mdev, 'compatible')
        # a device that is there has its values, whatever it could have; a program has none yet
        compare(mdev, fewer, 'incompatible')
        compare(fewer, mdev, 'incompatible')
        compare(fewer, same, 'compatible')
        for pair in ((mdev, other), (other, mdev)):
            compare(*pair, 'incompatible')
