"""What scenarios of a pair of hosts have in common: guests, migrations, refusals."""

import itertools
import json

from pair import Failure, check, equal

# The parents, in the order in which the driver finds them
A, B = '0000:00:10.0', '0000:00:11.0'
SMALL, MEDIUM, LARGE = 'mdevlab-small', 'mdevlab-medium', 'mdevlab-large'
UUIDS = tuple(f'c0ffee00-0000-4000-8000-{i:012x}' for i in range(1, 17))

# Is what is to come of a migration predicted before it is tried?
PREDICT = True

# libvirt's error codes
OPERATION_FAILED, OPERATION_INVALID, INTERNAL_ERROR = 9, 55, 1
CONFIG_UNSUPPORTED, MIGRATE_UNSAFE, DEVICE_MISSING = 67, 81, 99


# How long, in seconds, a migration or the end of a guest waits at most: for the node device driver
# to make a device, for any other answer of it, for the removal of what was made
MAKE_LIMIT, ASK_LIMIT, UNDO_LIMIT = 90, 20, 10
# What an emulated machine may need on top of that
SLACK = 20


def on(*pairs):
    """The pairs of deployments on which a scenario runs."""
    def mark(function):
        function.pairs = pairs
        return function
    return mark


_numbers = itertools.count(1)


def node_name(parent, uuid=None):
    """libvirt's name of a parent or of an instance."""
    def clean(text):
        return ''.join(c if c.isalnum() else '_' for c in text)

    return f'pci_{clean(parent)}' if uuid is None else f'mdev_{clean(uuid)}_{clean(parent)}'


def mdev_xml(parent, mdev_type, uuid, attrs=()):
    lines = ''.join(f"<attr name='{name}' value='{value}'/>" for name, value in dict(attrs).items())
    return (f'<device><parent>{node_name(parent)}</parent><capability type="mdev">'
            f'<type id="{mdev_type}"/><uuid>{uuid}</uuid>{lines}</capability></device>')


def value_of(parent=A, mdev_type=SMALL, aggregator=1, fps=30):
    """An instance as remote.devices() tells of it."""
    return {'parent': parent, 'type': mdev_type, 'aggregator': str(aggregator),
            'lab/fps': str(fps)}


def make_device(host, uuid, parent=A, mdev_type=SMALL, aggregator=None, fps=None):
    """An instance that belongs to the administrator: no migration may touch it."""
    host.create(parent, mdev_type, uuid)
    if aggregator is not None:
        host.set_attr(uuid, 'aggregator', aggregator)
    if fps is not None:
        host.set_attr(uuid, 'lab/fps', fps)
    host.wait_node(node_name(parent, uuid))


def instance(parent=A, mdev_type=SMALL, **values):
    """An instance as remote.devices() tells of it: aggregator, num_queues for
    migration/num-queues, and so on."""
    found = {'parent': parent, 'type': mdev_type}
    for name, value in values.items():
        found[attribute(name)] = str(value)
    return found


def attribute(name):
    """The file of an instance's value that is an argument of a function."""
    return {'aggregator': name, 'fps': 'lab/fps', 'device_model': 'migration/device_model'}.get(
        name, f'migration/{name.replace("_", "-")}')


class Guest:
    """A guest without an operating system; its devices keep what we write into them."""

    arguments = ()
    """More of them for QEMU."""

    def __init__(self, *uuids, memory=32, acpi=False):
        self.number = next(_numbers)
        self.name = f'guest{self.number}'
        self.uuid = f'aaaaaaaa-0000-4000-8000-{self.number:012x}'
        self.uuids = uuids or UUIDS[:1]
        self.memory = memory
        # without it nothing can be unplugged
        self.features = '<features><acpi/></features>' if acpi else ''
        self.values = {}

    def slots(self):
        return range(5, 5 + len(self.uuids))

    def address(self, index=0):
        """As libvirt writes it."""
        return f'0000:00:{5 + index:02x}.0'

    def device_xml(self, slot, uuid):
        return f'''
    <hostdev mode='subsystem' type='mdev' model='vfio-pci'>
      <source><address uuid='{uuid}'/></source>
      <address type='pci' domain='0' bus='0' slot='{slot}' function='0'/>
    </hostdev>'''

    def xml(self, uuids=None, extra=''):
        devices = ''.join(self.device_xml(slot, uuid)
                          for slot, uuid in zip(self.slots(), uuids or self.uuids))
        # the second monitor is ours: what it says does not depend on any daemon
        arguments = ''.join(f"<qemu:arg value='{value}'/>" for value in (
            '-global', 'vfio-pci.enable-migration=on',
            '-qmp', f'unix:/run/lab/{self.name}.qmp,server=on,wait=off', *self.arguments))
        return f'''<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>{self.name}</name>
  <uuid>{self.uuid}</uuid>
  <memory unit='MiB'>{self.memory}</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  {self.features}
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>{devices}{extra}
    <memballoon model='none'/>
  </devices>
  <qemu:commandline>{arguments}</qemu:commandline>
</domain>
'''

    def file(self, host, **kwargs):
        path = f'/tmp/{self.name}.xml'
        host.write(path, self.xml(**kwargs))
        return path

    def create(self, host, persistent=False):
        """Starts it; its devices get values that can be told from any other."""
        path = self.file(host)
        if persistent:
            host.virsh('define', path)
            host.virsh('start', self.name)
        else:
            host.virsh('create', path)
        self.fill(host)
        return self

    def fill(self, host):
        for slot in self.slots():
            values = [0x1ab00000 + (self.number << 12) + (slot << 4) + i for i in range(8)]
            host.poke(self.name, slot, values)
            self.values[slot] = values + [host.peek(self.name, slot)[8]]

    def check_at(self, host):
        """It runs here, and its devices have what was written into them."""
        host.wait_status(self.name, 'running', 10)
        for slot, values in self.values.items():
            equal(host.peek(self.name, slot), values, f'registers of slot {slot} on {host.name}')

    def check_only_at(self, host, other):
        self.check_at(host)
        equal(other.status(self.name), None, f'{self.name} on {other.name}')
        check(self.name not in other.domains(), f'{other.name} knows {self.name}')

    def destroy(self, host):
        host.virsh('destroy', self.name)


class PlainGuest(Guest):
    """It has no devices: nothing that happens to one concerns it."""

    def slots(self):
        return range(0)


# Those that know of predictions
OURS = ('libvirtd', 'modular')


def predict(guest, source, target, expected, flags=(), xml=None):
    """What is to come of a migration, as virsh says before it: accepted, refused, or unknown if
    only the destination's driver can tell."""
    if not PREDICT or expected is None or source.mode not in OURS or target.mode not in OURS:
        return
    options = ['--unsafe'] if 'unsafe' in flags else []
    if xml:
        source.write('/tmp/predict.xml', xml)
        options += ['--xml', '/tmp/predict.xml']
    result = source.virsh('migrate', '--preflight', guest.name, target.uri, '--format', 'json',
                          *options, status=None)
    equal(json.loads(result['output'])['prediction'], expected,
          f'prediction of the migration of {guest.name}')
    equal(result['status'], int(expected != 'accepted'), 'status of the prediction')


def compared(uuid, source, target, expected):
    """What the destination says of a device of the source that is described to it in a file: the
    candidates, or one if it has the device."""
    if not PREDICT:
        return []
    path = '/tmp/source-device.xml'
    target.write(path, source.node_xml(node_name(source.devices()[uuid]['parent'], uuid)))
    there = target.devices().get(uuid)
    options = ['--device', node_name(there['parent'], uuid)] if there else []
    result = target.virsh('-r', 'nodedev-migration-compare', path, '--format', 'json', *options,
                          status=None)
    found = json.loads(result['output'])
    equal(found['result'], expected, f'comparison of {uuid}')
    equal(result['status'], int(expected != 'compatible'), 'status of the comparison')
    return found['candidates']


def migrate(guest, source, target, flags=(), xml=None):
    """Through the API; returns what remote.migrate() does."""
    result = source.migrate(guest.name, target.uri, list(flags), xml)
    source.log(f'{source.name}: migration of {guest.name} to {target.name} {" ".join(flags)}: '
               f'{result}')
    return result


def migrates(guest, source, target, flags=(), xml=None, prediction='accepted'):
    """It has to go well: the guest is only there, with the state of its devices."""
    predict(guest, source, target, prediction, flags, xml)
    result = migrate(guest, source, target, flags, xml)
    if result['code']:
        raise Failure(f'migration of {guest.name} to {target.name}: error {result["code"]}: '
                      f'{result["message"]}')
    guest.check_only_at(target, source)


def refused(guest, source, target, code, parts, flags=(), xml=None, prediction='refused'):
    """It has to be refused: nothing was started, nothing was sent, nothing is left."""
    before = [host.devices() for host in (source, target)]
    predict(guest, source, target, prediction, flags, xml)
    starts = target.starts(guest.name)
    result = migrate(guest, source, target, flags, xml)
    check(result['code'], 'the migration is accepted')
    message = result['message']
    missing = [part for part in parts if part not in message]
    check(not missing, f'the message lacks {missing}: {message}')
    equal(result['code'], code, f'error code of: {message}')

    equal(target.starts(guest.name), starts, 'QEMU processes that the destination started')
    equal(target.qemus(), {}, f'QEMU processes on {target.name}')
    equal(source.query(guest.name, 'query-migrate'), {}, 'what QEMU knows of a migration')
    for statistics in source.job_statistics(guest.name):
        sent = {key: value for key, value in statistics.items()
                if 'processed' in key or 'transferred' in key}
        equal(sent, {}, 'what was transferred')
    guest.check_only_at(source, target)
    equal([host.devices() for host in (source, target)], before, 'devices')
    return message
