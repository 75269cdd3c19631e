"""Virtual functions of PCI devices: judged by what they publish, never made, values compared."""

import xml.etree.ElementTree as ET

from migration import (CONFIG_UNSUPPORTED, MIGRATE_UNSAFE, Guest, migrates, node_name, on, refused)
from pair import check, equal

PAIRS = ('modular-modular',)
# also what works without us
ALL = ('modular-modular', 'stock-stock')

FUNCTIONS = ('0000:00:12.1', '0000:00:12.2')
F1, F2 = FUNCTIONS
HOST_DRIVER, VFIO_DRIVER = 'vflab', 'vflab_vfio_pci'
MAC = '52:54:00:12:34:56'

VALUES = {'aggregator': '2', 'lab/fps': '60'}


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


@on(*ALL)
def test_managed(pair):
    prepare(pair)
    guest = FunctionGuest().create(pair.one)
    equal(drivers(pair.one), {F1: VFIO_DRIVER, F2: HOST_DRIVER}, 'drivers on the source')
    migrates(guest, pair.one, pair.two)
    unused(pair.one)
    equal(drivers(pair.two), {F1: VFIO_DRIVER, F2: HOST_DRIVER}, 'drivers on the destination')
    guest.destroy(pair.two)
    unused(pair.two)


@on(*ALL)
def test_not_managed(pair):
    prepare(pair)
    for host in pair.hosts:
        bind(host, **VALUES)
    bound = pair.two.functions()
    guest = FunctionGuest(managed=False).create(pair.one)
    migrates(guest, pair.one, pair.two)
    guest.destroy(pair.two)
    equal([host.functions() for host in pair.hosts], [bound, bound], 'functions')
    give_back(pair)


@on(*ALL)
def test_other_function(pair):
    """The host's address is nothing that the guest sees."""
    prepare(pair)
    guest = FunctionGuest().create(pair.one)
    migrates(guest, pair.one, pair.two, xml=guest.xml(uuids=[F2]))
    equal(drivers(pair.two), {F1: HOST_DRIVER, F2: VFIO_DRIVER}, 'drivers on the destination')
    migrates(guest, pair.two, pair.one)
    equal(drivers(pair.one), {F1: HOST_DRIVER, F2: VFIO_DRIVER}, 'drivers on the source')
    unused(pair.two)
    guest.destroy(pair.one)
    unused(pair.one)


@on(*ALL)
def test_interface(pair):
    """A network interface of the guest: libvirt sets its MAC address through the physical one."""
    prepare(pair)

    def mac(host):
        """Of the first virtual function."""
        text = host.command('ip', 'link', 'show')['output']
        return next(line for line in text.splitlines() if 'vf 0 ' in line).split()[3]

    guest = FunctionGuest(interface=True).create(pair.one)
    equal(mac(pair.one), MAC, 'MAC address on the source')
    migrates(guest, pair.one, pair.two)
    unused(pair.one)
    equal(mac(pair.two), MAC, 'MAC address on the destination')
    guest.destroy(pair.two)
    check(mac(pair.two) != MAC, 'the function keeps the MAC address of the guest')
    unused(pair.two)
