# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a kernel publishes is shown, on every kind of parent and device."""

import contextlib

import mocklab
from mocklab import Daemon, Options, equal
from mockkernel import Attr, Kernel, MdevType, clamped, css, device, matrix, one_of, pci


def uuid(number):
    return "83b8f4f2-509f-382f-3c1e-e6bfe0fa%04d" % number


def interface(*children):
    """The outline of a migration capability with the attributes interface."""
    return ("capability", {"type": "migration"},
            [("interface", {"type": "attributes"}, list(children))])


def text(tag, value):
    return (tag, {}, value)


def compatible(name, *values):
    return ("compatible", {"name": name}, [text("value", value) for value in values])


def version(major, minor, bugfix):
    return ("softwareVersion", {"major": major, "minor": minor, "bugfix": bugfix}, "")


def resource(name, value=None):
    return ("dynamicResource", {"name": name, **({"value": value} if value else {})}, "")


# Each place has values of its own, so that none can be shown for another.

PCI_FULL = MdevType(
    "sample-full", name="Everything",
    attributes={
        "description": "not about migration",
        "software_version": "1.2.3",
        "compatible_type": "sample-full, sample-old",
        "compatible_pci_ids": "5931,591b ,  5a00",
        "compatible_chip": "a1",
        "dynamic_resources": "aggregator , fps",
    },
    instance={
        "aggregator": Attr("1", one_of(1, 2, 4, 8)),
        "fps": Attr("60", clamped(1, 120)),
        "other": "7",
    })
# The device API is on every type, and a list of types alone does not count.
PCI_SILENT = MdevType("sample-silent", attributes={"compatible_type": "sample-silent"})
PCI_VERSION = MdevType("sample-version", attributes={"software_version": "0.0.1"})
PCI_FIELD = MdevType("sample-field", attributes={"compatible_field": "x"})
PCI_RESOURCE = MdevType("sample-resource", attributes={"dynamic_resources": "slots"},
                        instance={"slots": "3"})
CSS_TYPE = MdevType(
    "vfio_ccw-io", name="I/O subchannel (Non-QDIO)", device_api="vfio-ccw",
    attributes={"software_version": "2.0.0", "compatible_subchannel_type": "0"})
MATRIX_TYPE = MdevType(
    "vfio_ap-passthrough", device_api="vfio-ap",
    attributes={"software_version": "3.1.0", "compatible_card": "CEX7, CEX8",
                "dynamic_resources": "domains"},
    instance={"domains": "0x0a"})
MTTY_TYPE = MdevType(
    "mtty-1", name="Single port serial",
    attributes={"software_version": "4.0.9", "dynamic_resources": "ports"},
    instance={"ports": "1"})
OWN_TYPE = MdevType(
    "accel-small", attributes={"software_version": "5.5.0", "compatible_engine": "g2"})

PCI = pci("0000:00:10.0", [PCI_FULL, PCI_SILENT, PCI_VERSION, PCI_FIELD, PCI_RESOURCE])
SILENT_PCI = pci("0000:00:11.0", [MdevType("sample-silent")])
CSS = css("0.0.0052", [CSS_TYPE])
MATRIX = matrix([MATRIX_TYPE])
MTTY = device("mtty", "mtty", [MTTY_TYPE], driver=None)
OWN = device("sampleaccel", "card0", [OWN_TYPE])

# What to show for a type; on a device the values follow.
SHOWN = {
    "sample-full": lambda **values: interface(
        text("deviceAPI", "vfio-pci"),
        text("mdevType", "sample-full"),
        version("1", "2", "3"),
        text("compatibleType", "sample-full"),
        text("compatibleType", "sample-old"),
        compatible("chip", "a1"),
        compatible("pci_ids", "5931", "591b", "5a00"),
        resource("aggregator", values.get("aggregator")),
        resource("fps", values.get("fps"))),
    "sample-silent": lambda **values: None,
    "sample-version": lambda **values: interface(
        text("deviceAPI", "vfio-pci"),
        text("mdevType", "sample-version"),
        version("0", "0", "1")),
    "sample-field": lambda **values: interface(
        text("deviceAPI", "vfio-pci"),
        text("mdevType", "sample-field"),
        compatible("field", "x")),
    "sample-resource": lambda **values: interface(
        text("deviceAPI", "vfio-pci"),
        text("mdevType", "sample-resource"),
        resource("slots", values.get("slots"))),
    "vfio_ccw-io": lambda **values: interface(
        text("deviceAPI", "vfio-ccw"),
        text("mdevType", "vfio_ccw-io"),
        version("2", "0", "0"),
        compatible("subchannel_type", "0")),
    "vfio_ap-passthrough": lambda **values: interface(
        text("deviceAPI", "vfio-ap"),
        text("mdevType", "vfio_ap-passthrough"),
        version("3", "1", "0"),
        compatible("card", "CEX7", "CEX8"),
        resource("domains", values.get("domains"))),
    "mtty-1": lambda **values: interface(
        text("deviceAPI", "vfio-pci"),
        text("mdevType", "mtty-1"),
        version("4", "0", "9"),
        resource("ports", values.get("ports"))),
    "accel-small": lambda **values: interface(
        text("deviceAPI", "vfio-pci"),
        text("mdevType", "accel-small"),
        version("5", "5", "0"),
        compatible("engine", "g2")),
}

cleanup = contextlib.ExitStack()
kernel = None
daemon = None
devices = {}


def setup_module():
    global kernel, daemon
    kernel = cleanup.enter_context(Kernel([PCI, SILENT_PCI, CSS, MATRIX, MTTY, OWN]))
    for number, (parent, type) in enumerate((
            (PCI, PCI_FULL), (PCI, PCI_SILENT), (PCI, PCI_RESOURCE),
            (SILENT_PCI, SILENT_PCI.types[0]), (CSS, CSS_TYPE),
            (MATRIX, MATRIX_TYPE), (MTTY, MTTY_TYPE), (OWN, OWN_TYPE))):
        # of the two silent types the one of the first parent is kept
        devices.setdefault(type.id, kernel.create(parent, type, uuid(number)))
    daemon = cleanup.enter_context(Daemon(kernel, Options.build))


def teardown_module():
    cleanup.close()


def check_parent(parent):
    equal(mocklab.type_migrations(daemon.dumpxml(parent.nodedev)),
          {type.id: SHOWN[type.id]() for type in parent.types}, parent.nodedev)


def check_device(type, **values):
    equal(mocklab.device_migration(daemon.dumpxml(devices[type.id].nodedev)),
          SHOWN[type.id](**values), "the device of type " + type.id)


def publishing():
    """Names of all devices and parents that publish something, sorted."""
    names = [parent.nodedev for parent in (PCI, CSS, MATRIX, MTTY, OWN)]
    names += [mdev.nodedev for mdev in kernel.mdevs.values() if SHOWN[mdev.type.id]()]
    return sorted(names)


def mdevs():
    return [mdev.nodedev for mdev in kernel.mdevs.values()]


def test_parent_pci():
    check_parent(PCI)


def test_parent_pci_silent():
    check_parent(SILENT_PCI)


def test_parent_css():
    check_parent(CSS)


def test_parent_ap_matrix():
    check_parent(MATRIX)


def test_parent_mtty():
    check_parent(MTTY)


def test_parent_own_subsystem():
    check_parent(OWN)


def test_device_pci():
    check_device(PCI_FULL, aggregator="1", fps="60")
    check_device(PCI_RESOURCE, slots="3")
    check_device(PCI_SILENT)


def test_device_css():
    check_device(CSS_TYPE)


def test_device_ap_matrix():
    check_device(MATRIX_TYPE, domains="0x0a")


def test_device_mtty():
    check_device(MTTY_TYPE, ports="1")


def test_device_own_subsystem():
    check_device(OWN_TYPE)
    equal(mocklab.parse(daemon.dumpxml(devices["accel-small"].nodedev)).findtext("parent"),
          OWN.nodedev, "the device's parent")


def test_exact_text():
    """Indentation and quoting, once."""
    xml = daemon.dumpxml(devices["vfio_ap-passthrough"].nodedev)
    expected = """\
    <capability type='migration'>
      <interface type='attributes'>
        <deviceAPI>vfio-ap</deviceAPI>
        <mdevType>vfio_ap-passthrough</mdevType>
        <softwareVersion major='3' minor='1' bugfix='0'/>
        <compatible name='card'>
          <value>CEX7</value>
          <value>CEX8</value>
        </compatible>
        <dynamicResource name='domains' value='0x0a'/>
      </interface>
    </capability>
  </capability>
</device>
"""
    equal(xml[-len(expected):], expected, "the end of the device's XML")


def test_schema():
    documents = daemon.dump_all()
    found = [name for name, xml in documents.items() if "<capability type='migration'>" in xml]
    equal(sorted(found), publishing(), "the list of devices with a migration capability")
    errors = mocklab.schema_errors(Options.source, documents)
    assert not errors, errors


def test_readonly_connection():
    """An anonymous client sees the same."""
    for name in (PCI.nodedev, devices["sample-full"].nodedev):
        equal(daemon.dumpxml(name, readonly=True), daemon.dumpxml(name), name)
    equal(daemon.list("--cap", "migration", readonly=True), publishing(), "the list")


def test_parser_keeps_it():
    """libvirt reads its own element and writes the same again (test driver, in which
    neither a driver nor a kernel is asked)."""
    documents = {name: xml for name, xml in daemon.dump_all().items()
                 if mocklab.migration_texts(xml)}
    equal(sorted(documents), publishing(), "the devices")
    path = mocklab.directory() + "/test-node.xml"
    with open(path, "w") as f:
        f.write("<node>\n%s</node>\n" % "".join(documents.values()))
    virsh = [Options.build + "/tools/virsh", "-q", "-c", "test://" + path]
    for name, xml in documents.items():
        result = mocklab.run(*virsh, "nodedev-dumpxml", name)
        assert result.returncode == 0, result.stdout
        # 11.3.0's parser drops other things
        equal(mocklab.migration_texts(result.stdout), mocklab.migration_texts(xml), name)
    result = mocklab.run(*virsh, "nodedev-list", "--cap", "migration")
    equal(sorted(result.stdout.split()), publishing(), "the test driver's list")


def test_list():
    equal(daemon.list("--cap", "migration"), publishing(), "--cap migration")


def test_list_with_other_caps():
    equal(daemon.list("--cap", "migration,mdev"), sorted(set(publishing() + mdevs())),
          "--cap migration,mdev")
    equal(daemon.list("--cap", "mdev"), sorted(mdevs()), "--cap mdev")
    equal(daemon.list("--cap", "migration,system"), sorted(publishing() + ["computer"]),
          "--cap migration,system")


def test_list_follows_the_files():
    """No event tells that a file came or went, the next list call sees it."""
    path = kernel.type_path(PCI, PCI_RESOURCE) + "/dynamic_resources"
    name = devices["sample-resource"].nodedev
    before = publishing()
    kernel.drop(path)
    try:
        equal(daemon.list("--cap", "migration"), [n for n in before if n != name],
              "the list without the device")
        equal(mocklab.device_migration(daemon.dumpxml(name)), None, "the device")

        path_css = kernel.type_path(CSS, CSS_TYPE)
        for file in CSS_TYPE.attributes:
            kernel.drop(path_css + "/" + file)
        gone = (name, CSS.nodedev, devices["vfio_ccw-io"].nodedev)
        equal(daemon.list("--cap", "migration"), [n for n in before if n not in gone],
              "the list without a parent and its device")
    finally:
        kernel.put(path, PCI_RESOURCE.attributes["dynamic_resources"])
        for file, value in CSS_TYPE.attributes.items():
            kernel.put(kernel.type_path(CSS, CSS_TYPE) + "/" + file, value)
    equal(daemon.list("--cap", "migration"), before, "the list with the files back")


def test_changed_value():
    mdev = devices["sample-full"]
    for value in ("2", "8", "1"):
        kernel.set(mdev, "aggregator", value)
        check_device(PCI_FULL, aggregator=value, fps="60")


def test_changed_type():
    path = kernel.type_path(MTTY, MTTY_TYPE) + "/software_version"
    kernel.put(path, "4.1.0")
    try:
        changed = interface(*[version("4", "1", "0") if child[0] == "softwareVersion" else child
                              for child in SHOWN["mtty-1"]()[2][0][2]])
        equal(mocklab.type_migrations(daemon.dumpxml(MTTY.nodedev)), {"mtty-1": changed},
              "the parent")
        device = mocklab.device_migration(daemon.dumpxml(devices["mtty-1"].nodedev))
        assert version("4", "1", "0") in device[2][0][2], device
    finally:
        kernel.put(path, MTTY_TYPE.attributes["software_version"])
    check_parent(MTTY)


def test_two_dumps_are_equal():
    first = daemon.dump_all()
    assert any("<capability type='migration'>" in xml for xml in first.values())
    equal(daemon.dump_all(), first, "the second dump of everything")


def test_hotplugged_parent():
    parent = pci("0000:00:1f.0", [MdevType("plug-1", attributes={"software_version": "6.0.0"})])
    kernel.add_parent(parent)
    mocklab.wait_until(lambda: parent.nodedev in daemon.list("--cap", "pci"), "the new parent")
    assert parent.nodedev in daemon.list("--cap", "migration")
    equal(mocklab.type_migrations(daemon.dumpxml(parent.nodedev)),
          {"plug-1": interface(text("deviceAPI", "vfio-pci"), text("mdevType", "plug-1"),
                               version("6", "0", "0"))}, "the new parent")
    kernel.remove_parent(parent)
    mocklab.wait_until(lambda: parent.nodedev not in daemon.list(), "the parent is gone")
