"""The interface "attributes" as our daemons show it, on a real kernel."""

import errno
import re
from pathlib import Path

import libvirt

from host import (CAP_MDEV_TYPES, CAP_MIGRATION, INACTIVE, MDEV_DEVICES, MODE, PCI_PARENTS, URI,
                  UUIDS, VIRTUAL_PARENT, check, create, define_file, driver_loaded, dumpxml, equal,
                  find_migration, get_attr, load_driver, log, mdev_xml, node_name, node_names,
                  parse, restart_daemons, run, set_attr, start_mdev, tree, unload_driver, virsh,
                  wait_for, wait_node)

MODES = ('libvirtd', 'modular')
# the same code in another process: with --all, or by name
REPEATED = ('libvirtd',)

A, B = PCI_PARENTS
SMALL, MEDIUM, LARGE = 'mdevlab-small', 'mdevlab-medium', 'mdevlab-large'
TYPES = (SMALL, MEDIUM, LARGE)


def expected(mdev_type, version='1.2.3', ids=('5931', '591b'), formats=('xrgb8888',),
             compatible_types=None, resources=(('aggregator', None), ('lab/fps', None)),
             leave_out=()):
    """What is to be shown of a type, or with values of a device."""
    incomplete = " incomplete='yes'" if set(leave_out) - {'compatibleType'} else ''
    text = ''
    if 'softwareVersion' not in leave_out:
        form = re.fullmatch(r'(\d{1,9})\.(\d{1,9})\.(\d{1,9})', version)
        text += ("<softwareVersion major='%s' minor='%s' bugfix='%s'/>" % form.groups() if form else
                 f'<softwareVersionText>{version}</softwareVersionText>')
    if 'compatibleType' not in leave_out:
        for value in compatible_types or (mdev_type,):
            text += f'<compatibleType>{value}</compatibleType>'
    for name, values in (('formats', formats), ('pci_ids', ids)):
        if name not in leave_out:
            text += f"<compatible name='{name}'>"
            text += ''.join(f'<value>{value}</value>' for value in values)
            text += '</compatible>'
    for name, value in resources:
        text += f"<dynamicResource name='{name}'"
        text += '/>' if value is None else f" value='{value}'/>"
    return tree(parse(f"<capability type='migration'><interface type='attributes'{incomplete}>"
                      f'<deviceAPI>vfio-pci</deviceAPI><mdevType>{mdev_type}</mdevType>'
                      f'{text}</interface></capability>'))


def values(aggregator, fps=30):
    return (('aggregator', str(aggregator)), ('lab/fps', str(fps)))


def types_of(xml):
    """The types of a parent as elements, by their id."""
    return {element.get('id'): element for element in parse(xml).iter('type')}


def migration_of_type(parent, mdev_type):
    found = find_migration(types_of(dumpxml(node_name(parent)))[mdev_type])
    return None if found is None else tree(found)


def migration_of_device(name, flags=0):
    found = find_migration(parse(dumpxml(name, flags)).find("capability[@type='mdev']"))
    return None if found is None else tree(found)


def validate(name, flags=0):
    path = define_file(dumpxml(name, flags), f'{name}.xml')
    run('virt-xml-validate', path, 'nodedev')


def test_parent_shows_what_the_driver_was_loaded_with():
    load_driver(software_version=('1.2.3', '4.50.600'), pci_ids=('5931:591b', '1234'),
                formats=('xrgb8888', 'rgb565:xrgb8888:nv12'), compatible_type=('', 'x-1:x-2'))
    wait_node(node_name(A), True, CAP_MDEV_TYPES)
    wait_node(node_name(B), True, CAP_MDEV_TYPES)
    for mdev_type in TYPES:
        equal(migration_of_type(A, mdev_type), expected(mdev_type), f'{A} {mdev_type}')
        equal(migration_of_type(B, mdev_type),
              expected(mdev_type, '4.50.600', ('1234',), ('rgb565', 'xrgb8888', 'nv12'),
                       ('x-1', 'x-2')), f'{B} {mdev_type}')
    # what was there before is still there
    small = types_of(dumpxml(node_name(A)))[SMALL]
    equal([child.tag for child in small], ['name', 'deviceAPI', 'availableInstances',
                                           'capability'], 'children of the type')
    equal(small.findtext('availableInstances'), '8', 'availableInstances')


def test_device_shows_its_type_and_its_values():
    load_driver()
    small = start_mdev(A, SMALL, UUIDS[0])
    large = start_mdev(B, LARGE, UUIDS[1], (('aggregator', 2), ('lab/fps', 60)))
    equal(get_attr(UUIDS[1], 'aggregator'), '2', 'aggregator in sysfs')
    equal(migration_of_device(small), expected(SMALL, resources=values(1)), small)
    equal(migration_of_device(large), expected(LARGE, resources=values(2, 60)), large)
    # one without any help of libvirt and mdevctl
    create(A, MEDIUM, UUIDS[2])
    medium = node_name(A, UUIDS[2])
    wait_node(medium)
    equal(migration_of_device(medium), expected(MEDIUM, resources=values(1)), medium)


def test_two_dumps_are_equal():
    load_driver()
    name = start_mdev(A, SMALL, UUIDS[0])
    for node in (name, node_name(A), node_name(B)):
        equal(dumpxml(node), dumpxml(node), node)
        equal(virsh('nodedev-dumpxml', node).rstrip(), dumpxml(node).rstrip(), f'virsh, {node}')


def test_nodedev_list_by_capability():
    load_driver(publish=('attributes', 'none'))
    shown = start_mdev(A, SMALL, UUIDS[0])
    silent = start_mdev(B, SMALL, UUIDS[1])
    equal(sorted(node_names('--cap', 'migration')), sorted((node_name(A), shown)),
          'nodedev-list --cap migration')
    both = node_names('--cap', 'migration,mdev_types')
    equal(sorted(both), sorted((node_name(A), node_name(B), shown)), 'with mdev_types')
    check(silent in node_names('--cap', 'mdev'), f'{silent} is there')
    equal(migration_of_device(silent), None, silent)
    # the capability comes and goes with the device
    virsh('nodedev-destroy', shown)
    wait_node(shown, False)
    equal(node_names('--cap', 'migration'), [node_name(A)], 'after nodedev-destroy')


def test_xml_is_valid():
    load_driver(virtual_parents=1)
    for index, parent in enumerate((A, VIRTUAL_PARENT)):
        name = start_mdev(parent, SMALL, UUIDS[index], (('aggregator', 2),))
        wait_node(node_name(parent))
        validate(node_name(parent))
        validate(name)
    # the check can fail
    bad = dumpxml(node_name(A)).replace("<interface type='attributes'>",
                                        "<interface type='attributes'><nonsense/>")
    check('<nonsense/>' in bad, 'nothing to spoil')
    result = run('virt-xml-validate', define_file(bad), 'nodedev', status=None)
    check(result.returncode != 0, 'a bad document passes')


def test_changed_attribute_is_in_the_next_dump():
    load_driver()
    name = start_mdev(A, SMALL, UUIDS[0])
    equal(migration_of_device(name), expected(SMALL, resources=values(1)), 'at first')
    set_attr(UUIDS[0], 'aggregator', 4)
    equal(migration_of_device(name), expected(SMALL, resources=values(4)), 'aggregator changed')
    set_attr(UUIDS[0], 'lab/fps', 25)
    equal(migration_of_device(name), expected(SMALL, resources=values(4, 25)), 'fps changed')
    set_attr(UUIDS[0], 'aggregator', 2)
    equal(migration_of_device(name), expected(SMALL, resources=values(2, 25)), 'changed back')


def test_dump_of_a_source_creates_a_device():
    load_driver()
    name = start_mdev(A, SMALL, UUIDS[0], (('aggregator', 2),))
    dump = dumpxml(name)
    check("type='migration'" in dump, 'no migration capability in the dump')
    virsh('nodedev-destroy', name)
    wait_node(name, False)
    check(not (MDEV_DEVICES / UUIDS[0]).exists(), 'the device is still there')

    virsh('nodedev-create', define_file(dump))
    wait_node(name)
    # the element is output only: it sets nothing
    value = get_attr(UUIDS[0], 'aggregator')
    log(f'aggregator is {value}')
    equal(migration_of_device(name), expected(SMALL, resources=values(value)), name)


def test_define_start_stop_undefine():
    load_driver()
    name = node_name(A, UUIDS[0])
    virsh('nodedev-define', define_file(mdev_xml(A, SMALL, UUIDS[0], (('aggregator', 4),))))
    wait_for(lambda: name in node_names('--all'), f'{name} is defined')
    equal(migration_of_device(name), None, 'inactive device')
    equal(migration_of_device(name, INACTIVE), None, 'inactive device, --inactive')
    check(name not in node_names('--all', '--cap', 'migration'), 'an inactive device is listed')

    for _ in range(2):
        virsh('nodedev-start', name)
        wait_node(name)
        equal(migration_of_device(name), expected(SMALL, resources=values(4)), 'active device')
        equal(migration_of_device(name, INACTIVE), None, 'active device, --inactive')
        validate(name, INACTIVE)
        virsh('nodedev-destroy', name)
        wait_node(name, False)
        equal(migration_of_device(name), None, 'inactive again')

    virsh('nodedev-start', name)
    wait_node(name)
    # a source's dump is accepted by define, too
    virsh('nodedev-define', define_file(dumpxml(name)))
    virsh('nodedev-undefine', name)
    equal(migration_of_device(name), expected(SMALL, resources=values(4)), 'transient now')
    virsh('nodedev-destroy', name)
    wait_for(lambda: name not in node_names('--all'), f'{name} is gone')


def test_parent_in_a_subsystem_of_its_own():
    load_driver(virtual_parents=1, software_version=('1.2.3', '1.2.3', '7.8.9'))
    parent = node_name(VIRTUAL_PARENT)
    wait_node(parent, True, CAP_MDEV_TYPES)
    for mdev_type in TYPES:
        equal(migration_of_type(VIRTUAL_PARENT, mdev_type), expected(mdev_type, '7.8.9'),
              mdev_type)
    check(parent in node_names('--cap', 'migration'), 'nodedev-list --cap migration')

    name = start_mdev(VIRTUAL_PARENT, MEDIUM, UUIDS[0], (('aggregator', 2),))
    equal(parse(dumpxml(name)).findtext('parent'), parent, 'parent of the device')
    equal(migration_of_device(name), expected(MEDIUM, '7.8.9', resources=values(2)), name)
    virsh('nodedev-destroy', name)
    wait_node(name, False)

    unload_driver()
    wait_node(parent, False)


def test_unreadable_attribute_hides_nothing_else():
    load_driver(fail_read=('compatible_pci_ids:aggregator', 'all'))
    first = start_mdev(A, SMALL, UUIDS[0])
    equal(migration_of_type(A, SMALL), expected(SMALL, leave_out=('pci_ids',)), 'type')
    equal(migration_of_device(first),
          expected(SMALL, leave_out=('pci_ids',), resources=(('aggregator', None),
                                                             ('lab/fps', '30'))), 'device')
    # nothing of the attributes can be read: the device is there all the same
    second = start_mdev(B, SMALL, UUIDS[1])
    check(second in node_names('--cap', 'mdev'), f'{second} is listed')
    check(node_name(B) in node_names('--cap', 'mdev_types'), f'{B} is listed')
    for name in (first, second, node_name(A), node_name(B)):
        validate(name)


def test_hostile_content_breaks_nothing():
    load_driver(hostile=('software_version/binary:compatible_pci_ids/long:compatible_type/empty',
                         'dynamic_resources/binary:compatible_formats/binary'))
    first = start_mdev(A, SMALL, UUIDS[0])
    second = start_mdev(B, SMALL, UUIDS[1])
    # 4095 times the letter A is a long name, but a valid one
    equal(migration_of_type(A, SMALL),
          expected(SMALL, ids=('A' * 4095,), leave_out=('softwareVersion', 'compatibleType')),
          'bad version, long ids, empty type')
    equal(migration_of_type(B, SMALL), expected(SMALL, leave_out=('formats',), resources=()),
          'bad resources, bad formats')
    for name in (first, second, node_name(A), node_name(B)):
        validate(name)


def test_versions_of_another_form():
    """A vendor's own form is shown as it is."""
    for version in ('1', '1.2', '1.2.3.4', '-1.0.0', '535.129.03-grid', '99999999999999999999.0.0'):
        load_driver(software_version=version)
        wait_node(node_name(A), True, CAP_MDEV_TYPES)
        equal(migration_of_type(A, SMALL), expected(SMALL, version), version)
        validate(node_name(A))
        unload_driver()


def test_problems_are_logged_once():
    daemon = 'virtnodedevd' if MODE == 'modular' else 'libvirtd'
    path = Path(f'/var/log/libvirt/{daemon}.log')

    def count(name):
        return sum(f"mdevlab-small/{name}'" in line
                   for line in path.read_text(errors='replace').splitlines())

    names = ('software_version', 'compatible_pci_ids')
    before = [count(name) for name in names]
    load_driver(fail_read='compatible_pci_ids', hostile='software_version/binary')
    wait_node(node_name(A), True, CAP_MIGRATION)
    dumpxml(node_name(A))
    first = [count(name) for name in names]
    check(all(a < b for a, b in zip(before, first)), f'the log is silent: {before}, {first}')
    for _ in range(3):
        dumpxml(node_name(A))
        node_names('--cap', 'migration')
    equal([count(name) for name in names], first, 'lines in the log')


def test_python_lists_by_flag():
    load_driver(publish=('attributes', 'none'))
    name = start_mdev(A, LARGE, UUIDS[0])
    start_mdev(B, LARGE, UUIDS[1])
    readonly = libvirt.openReadOnly(URI)
    try:
        devices = {device.name(): device for device in readonly.listAllDevices(CAP_MIGRATION)}
        equal(sorted(devices), sorted((node_name(A), name)), 'listAllDevices')
        check('migration' in devices[name].listCaps(), f'listCaps: {devices[name].listCaps()}')
        migration = find_migration(parse(devices[name].XMLDesc()).find('capability'))
        equal(tree(migration), expected(LARGE, resources=values(1)), 'XMLDesc')
    finally:
        readonly.close()


def test_reload_with_another_version():
    load_driver(software_version='1.2.3')
    wait_node(node_name(A), True, CAP_MIGRATION)
    equal(migration_of_type(A, SMALL), expected(SMALL, '1.2.3'), 'at first')
    unload_driver()
    check(not driver_loaded(), 'the driver is still loaded')
    wait_node(node_name(A), False, CAP_MIGRATION)
    load_driver(software_version='1.10.0', formats='nv12')
    equal(migration_of_type(A, SMALL), expected(SMALL, '1.10.0', formats=('nv12',)), 'reloaded')
    name = start_mdev(A, SMALL, UUIDS[0])
    equal(migration_of_device(name),
          expected(SMALL, '1.10.0', formats=('nv12',), resources=values(1)), name)


def test_restarted_daemon_shows_the_same():
    load_driver()
    name = start_mdev(A, SMALL, UUIDS[0], (('aggregator', 2),))
    names = (name, node_name(A))
    before = [dumpxml(n) for n in names]
    restart_daemons()
    wait_node(name)
    equal([dumpxml(n) for n in names], before, 'after the restart')


def test_refusing_driver_leaves_no_device():
    load_driver(fail_write=errno.EREMOTEIO)
    result = run('virsh', '-q', '-c', URI, 'nodedev-create',
                 define_file(mdev_xml(A, SMALL, UUIDS[0], (('aggregator', 2),))), status=1)
    check('Remote I/O error' in result.stderr or 'os error 121' in result.stderr,
          f'another error: {result.stderr}')
    name = node_name(A, UUIDS[0])
    wait_node(name, False)
    check(not (MDEV_DEVICES / UUIDS[0]).exists(), 'the device is still there')


def test_consumers_read_the_xml():
    """virt-manager's parser shows of every device what it showed before."""
    load_driver(virtual_parents=1)
    names = [start_mdev(A, SMALL, UUIDS[0]), start_mdev(VIRTUAL_PARENT, LARGE, UUIDS[1]),
             node_name(A), node_name(B), node_name(VIRTUAL_PARENT)]
    script = define_file(f'''
import sys
import xml.etree.ElementTree as ET
sys.path.insert(0, "/usr/share/virt-manager")
import libvirt
from virtinst import NodeDevice, VirtinstConnection
from virtinst.xmlbuilder import XMLProperty

def without_migration(text):
    root = ET.fromstring(text)
    for parent in list(root.iter()):
        for child in parent.findall("capability[@type='migration']"):
            parent.remove(child)
    return ET.tostring(root, encoding="unicode")

def shown(conn, text):
    dev = NodeDevice(conn, parsexml=text)
    found = {{name: getattr(dev, name) for name, value in vars(NodeDevice).items()
             if isinstance(value, XMLProperty) and name[0] != "_"}}
    assert "device_type" in found and "name" in found, found
    found["devnodes"] = [(node.node_type, node.path) for node in dev.devnodes]
    found["calls"] = [dev.is_pci_sriov(), dev.is_pci_bridge(), dev.is_usb_linux_root_hub(),
                      dev.is_drm_render()]
    if dev.device_type == "mdev":
        found["uuid"] = dev.get_mdev_uuid()
    return found

conn = VirtinstConnection("{URI}")
conn.open(None, None)
migration = set()
devices = conn.listAllDevices()
for device in devices:
    text = device.XMLDesc(0)
    new, old = shown(conn, text), shown(conn, without_migration(text))
    assert new == old, (device.name(), new, old)
    assert new["name"] == device.name(), new
    if "type='migration'" in text:
        migration.add(device.name())
        print(new)
assert migration == set({names!r}), migration
assert len(devices) > 10, devices
''', 'consumer.py')
    run('python3', script)
