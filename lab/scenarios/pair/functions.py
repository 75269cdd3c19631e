"""Virtual functions of PCI devices: judged by what they publish, never made, values compared."""

import xml.etree.ElementTree as ET

from migration import (A, CONFIG_UNSUPPORTED, MIGRATE_UNSAFE, SMALL, UUIDS, Guest, make_device,
                       migrates, node_name, on, refused)
from pair import check, equal

PAIRS = ('modular-modular',)

FUNCTIONS = ('0000:00:12.1', '0000:00:12.2')
F1, F2 = FUNCTIONS
HOST_DRIVER, VFIO_DRIVER = 'vflab', 'vflab_vfio_pci'
MAC = '52:54:00:12:34:56'

INTERFACES = ('attributes', 'parameters', 'versions', 'description', 'token')
EVERYTHING = ':'.join(INTERFACES)

# Before a managed function has its VFIO driver, nobody knows what it will publish
LATER = 'unknown'

# None of them is what the driver starts with
VALUES = {'aggregator': '2', 'lab/fps': '60', 'migration/num-queues': '3',
          'migration/new-feature': 'on', 'migration/version': 'v2'}


class FunctionGuest(Guest):
    """Its devices are virtual functions; what it sees of them is the same."""

    # Neither the function nor the IOMMU knows which pages are dirty, so all of them are, always:
    # without patience the migration would not come to its end
    arguments = ('-global', 'migration.x-downtime-limit=100000')

    def __init__(self, *functions, managed=True, interface=False, **kwargs):
        super().__init__(*(functions or (F1,)), **kwargs)
        self.managed = managed
        self.interface = interface

    def device_xml(self, slot, uuid):
        domain, bus, rest = uuid.split(':')
        device, function = rest.split('.')
        source = (f"<source><address type='pci' domain='0x{domain}' bus='0x{bus}' "
                  f"slot='0x{device}' function='0x{function}'/></source>")
        target = f"<address type='pci' domain='0' bus='0' slot='{slot}' function='0'/>"
        managed = 'yes' if self.managed else 'no'
        if self.interface:
            return f'''
    <interface type='hostdev' managed='{managed}'>
      <mac address='{MAC}'/>
      {source}{target}
    </interface>'''
        return f'''
    <hostdev mode='subsystem' type='pci' managed='{managed}'>
      {source}{target}
    </hostdev>'''


def drivers(host):
    return {address: function['driver'] for address, function in host.functions().items()}


def unused(host):
    equal(drivers(host), {F1: HOST_DRIVER, F2: HOST_DRIVER}, f'drivers on {host.name}')


def prepare(pair, target=None, **source):
    pair.one.virtual_functions(**source)
    pair.two.virtual_functions(**(source if target is None else target))


def bind(host, address=F1, **values):
    """What an administrator does for a device that libvirt is not to manage."""
    host.virsh('nodedev-detach', node_name(address))
    equal(drivers(host)[address], VFIO_DRIVER, f'driver of {address} on {host.name}')
    for name, value in values.items():
        host.set_function_value(address, name, value)


def give_back(pair, address=F1):
    for host in pair.hosts:
        host.virsh('nodedev-reattach', node_name(address))
        unused(host)


def refused_function(pair, guest, parts, code=CONFIG_UNSUPPORTED, address=F1, prediction=LATER):
    """The function of the destination goes back to whom it belonged, as it was."""
    before = [host.functions() for host in pair.hosts]
    refused(guest, pair.one, pair.two, code, [guest.address(), address, *parts],
            prediction=prediction)
    equal([host.functions() for host in pair.hosts], before, 'functions')


@on('modular-modular', 'stock-stock')
def test_managed(pair):
    """To and fro; the address on the host is nothing that the guest sees."""
    prepare(pair)
    guest = FunctionGuest().create(pair.one)
    equal(drivers(pair.one), {F1: VFIO_DRIVER, F2: HOST_DRIVER}, 'drivers on the source')
    migrates(guest, pair.one, pair.two, xml=guest.xml(uuids=[F2]), prediction=LATER)
    unused(pair.one)
    equal(drivers(pair.two), {F1: HOST_DRIVER, F2: VFIO_DRIVER}, 'drivers on the destination')
    migrates(guest, pair.two, pair.one, prediction=LATER)
    unused(pair.two)
    equal(drivers(pair.one), {F1: HOST_DRIVER, F2: VFIO_DRIVER}, 'drivers on the source')
    guest.destroy(pair.one)
    unused(pair.one)


@on('modular-modular', 'libvirtd-libvirtd')
def test_refused(pair):
    """By each interface, while all others have nothing against it."""
    publish = {'publish': EVERYTHING}
    prepare(pair, **publish)
    guest = FunctionGuest().create(pair.one)
    for target, parts in (
            ({'software_version': '1.1.9'}, ['software version', '1.2.3', '1.1.9']),
            ({'software_version': '2.2.3'}, ['software version', '1.2.3', '2.2.3']),
            ({'pci_ids': '5931:1234'}, ['pci_ids', '591b', '1234']),
            ({'dynamic_resources': 'lab/fps'}, ['aggregator']),
            ({'versions': 'v3:v4'}, ['version', 'v1', 'v3']),
            ({'model': 'lab.example.org/other'},
             ['model', 'lab.example.org/vflab', 'lab.example.org/other']),
            ({'token': 'vflab-9'}, ['token', 'vflab-1.2'])):
        pair.two.virtual_functions(**publish, **target)
        refused_function(pair, guest, parts)
    # no other change than this one
    pair.two.virtual_functions(**publish, token='vflab-9', accept_tokens='vflab-1.2')
    migrates(guest, pair.one, pair.two, prediction=LATER)
    guest.destroy(pair.two)


def test_values(pair):
    """Those of a function that libvirt does not manage; none of them is ever set."""
    prepare(pair, publish=EVERYTHING)
    for host in pair.hosts:
        bind(host, **VALUES)
    bound = pair.two.functions()
    guest = FunctionGuest(managed=False).create(pair.one)
    for name, value in (('aggregator', '1'), ('lab/fps', '30'), ('migration/num-queues', '1'),
                        ('migration/new-feature', 'off'), ('migration/version', 'v1')):
        pair.two.set_function_value(F1, name, value)
        refused_function(pair, guest, [name.split('/')[-1], VALUES[name], value],
                         prediction='refused')
        pair.two.set_function_value(F1, name, VALUES[name])
    # the token is for the driver to judge
    migrates(guest, pair.one, pair.two, prediction='unknown')
    guest.destroy(pair.two)
    equal([host.functions() for host in pair.hosts], [bound, bound], 'functions')
    give_back(pair)


def test_only_one_side_publishes(pair):
    prepare(pair, {'publish': 'none'})
    guest = FunctionGuest().create(pair.one)
    refused_function(pair, guest, [], MIGRATE_UNSAFE)
    migrates(guest, pair.one, pair.two, ['unsafe'], prediction=LATER)
    # nobody does: as without us
    pair.one.virtual_functions(publish='none')
    migrates(guest, pair.two, pair.one)
    guest.destroy(pair.one)


def test_second_function_does_not_fit(pair):
    prepare(pair, {'software_version': ('1.2.3', '1.1.9')})
    guest = FunctionGuest(F1, F2).create(pair.one)
    before = pair.two.functions()
    refused(guest, pair.one, pair.two, CONFIG_UNSUPPORTED,
            [guest.address(1), F2, 'software version', '1.2.3', '1.1.9'], prediction=LATER)
    equal(pair.two.functions(), before, 'functions on the destination')
    guest.destroy(pair.one)
    unused(pair.one)


def test_interface(pair):
    """A network interface of the guest: libvirt sets its MAC address through the physical one."""
    def mac(host):
        """Of the first virtual function."""
        text = host.command('ip', 'link', 'show')['output']
        return next(line for line in text.splitlines() if 'vf 0 ' in line).split()[3]

    prepare(pair, {'software_version': '1.1.9'})
    guest = FunctionGuest(interface=True).create(pair.one)
    equal(mac(pair.one), MAC, 'MAC address on the source')
    refused_function(pair, guest, ['software version', '1.2.3', '1.1.9'])
    check(mac(pair.two) != MAC, 'the function keeps the MAC address of the guest')

    pair.two.virtual_functions(software_version='1.3.0')
    migrates(guest, pair.one, pair.two, prediction=LATER)
    unused(pair.one)
    equal(mac(pair.two), MAC, 'MAC address on the destination')
    guest.destroy(pair.two)
    check(mac(pair.two) != MAC, 'the function keeps the MAC address of the guest')
    unused(pair.two)


def migration_of(host, address=F1):
    """The capability in libvirt's XML of the function, None if there is none."""
    pci = ET.fromstring(host.node_xml(node_name(address))).find("capability[@type='pci']")
    found = pci.findall("capability[@type='migration']")
    check(len(found) <= 1, 'more than one migration capability')
    check(not found or pci[-1] is found[0], 'the migration capability is not the last child')
    return found[0] if found else None


def test_capability(pair):
    """The function shows it while it is bound to its VFIO driver."""
    host = pair.one
    host.virtual_functions(publish=EVERYTHING)
    equal(migration_of(host), None, 'capability with the driver of the host')
    bind(host, **VALUES)
    xml = migration_of(host)
    check(xml is not None, 'no migration capability')
    equal([interface.get('type') for interface in xml], list(INTERFACES), 'interfaces')
    attributes, parameters, versions, description, token = xml
    equal(attributes.find('softwareVersion').attrib, {'major': '1', 'minor': '2', 'bugfix': '3'},
          'software version')
    equal(attributes.find('mdevType'), None, 'type of a function')
    equal({resource.get('name'): resource.get('value')
           for resource in attributes.findall('dynamicResource')},
          {'aggregator': '2', 'lab/fps': '60'}, 'dynamic resources')
    equal(parameters.find('model').get('name'), 'lab.example.org/vflab', 'model')
    equal({param.get('name'): param.get('value') for param in parameters.iter('param')},
          {'num-queues': '3', 'new-feature': 'on'}, 'parameters')
    equal([(version.text, version.get('current')) for version in versions.iter('version')],
          [('v1', None), ('v2', 'yes')], 'versions')
    equal(description.find('self/vendor').text, 'lab', 'vendor')
    equal(token.find('token').text, 'vflab-1.2', 'token')

    host.set_function_value(F1, 'aggregator', 4)
    equal(migration_of(host).find("*/dynamicResource[@name='aggregator']").get('value'), '4',
          'aggregator after a change')
    host.virsh('nodedev-reattach', node_name(F1))
    equal(migration_of(host), None, 'capability after the function was given back')


# A hook of the destination changes a mediated device into a function, or back
HOOK = '''#!/usr/bin/python3
import re, sys
if sys.argv[2:4] == ['migrate', 'begin']:
    sys.stdout.write(re.sub(r"<hostdev mode='subsystem' type='(mdev|pci)'.*?</hostdev>",
                            """{xml}""", sys.stdin.read(), flags=re.S))
'''


def test_mediated_device_becomes_a_function(pair):
    """And comes back: no type is compared, what both publish is."""
    for host in pair.hosts:
        host.driver()
        make_device(host, UUIDS[0], A, SMALL)
    prepare(pair, stream_type=SMALL)
    guest = Guest()
    guest.arguments = FunctionGuest.arguments
    guest.create(pair.one)
    function = FunctionGuest()
    pair.two.write('/run/lab/hook', HOOK.format(xml=function.device_xml(5, F1)), executable=True)

    before = pair.two.functions()
    pair.two.virtual_functions(software_version='1.1.9', stream_type=SMALL)
    refused(guest, pair.one, pair.two, CONFIG_UNSUPPORTED,
            [guest.address(), F1, 'software version', '1.2.3', '1.1.9'], prediction=None)
    equal(pair.two.functions(), before, 'functions on the destination')

    pair.two.virtual_functions(stream_type=SMALL)
    # virsh does not know of the hook
    migrates(guest, pair.one, pair.two, prediction=None)
    equal(drivers(pair.two), {F1: VFIO_DRIVER, F2: HOST_DRIVER}, 'drivers on the destination')
    pair.one.write('/run/lab/hook', HOOK.format(xml=guest.device_xml(5, UUIDS[0])),
                   executable=True)
    migrates(guest, pair.two, pair.one, prediction=None)
    unused(pair.two)
    guest.destroy(pair.one)
    for host in pair.hosts:
        host.remove(UUIDS[0])
