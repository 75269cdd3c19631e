# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where nothing is published, our XML is that of 11.3.0, byte for byte."""

import contextlib

import mocklab
from mocklab import Daemon, Options, equal
from mockkernel import Kernel, MdevType, Parent, css, device, matrix, pci


def mtty_type(id, name, available):
    """As Linux' mtty sample has them: samples/vfio-mdev/mtty.c."""
    return MdevType(id, name=name, available=available)


MTTY = device("mtty", "mtty", [mtty_type("mtty-1", "Single port serial", 24),
                               mtty_type("mtty-2", "Dual port serial", 12)])
PCI = pci("0000:00:10.0", [
    MdevType("sample-1", name="Named"),
    MdevType("sample-2", attributes={"description": "no name, & a description"}),
    # neither these files nor such a directory are what we read
    MdevType("sample-3", attributes={"software_version~": "1.2.3", "compatible": "x",
                                     "vendor/software_version": "1.0.0"}),
])
PARENTS = [
    MTTY, PCI,
    pci("0000:00:11.0", None),
    pci("0000:00:12.0", []),
    # these neither
    pci("0000:00:13.0", None, attributes={
        "device_api": "vfio-pci", "compatible_type": "x", "migration_version~": "x",
        "migration/version": "1", "other/migration_description": "{}"}),
    css("0.0.0052", [MdevType("vfio_ccw-io", name="I/O subchannel", device_api="vfio-ccw")]),
    css("0.0.0053", None, driver="io_subchannel"),
    matrix([MdevType("vfio_ap-passthrough", device_api="vfio-ap")]),
]
# In a class that 11.3.0 does not know, and no parent either.
STRANGER = Parent(path="/devices/virtual/sampleclass/thing", subsystem="sampleclass",
                  on_bus=False, driver=None, types=None, nodedev="sampleclass_thing")

cleanup = contextlib.ExitStack()
kernel = None
ours = None
plain = None


def uuid(number):
    return "0f5f0b6e-3f0c-4d5e-8c5c-00000000%04d" % number


def setup_module():
    global kernel, ours, plain
    build = mocklab.plain_build()
    kernel = cleanup.enter_context(Kernel(PARENTS + [STRANGER]))
    number = 0
    for parent in PARENTS:
        for type in parent.types or []:
            number += 1
            kernel.create(parent, type, uuid(number))
    ours = cleanup.enter_context(Daemon(kernel, Options.build))
    plain = cleanup.enter_context(Daemon(kernel, build))


def teardown_module():
    cleanup.close()


def check_same(name, *args, change=lambda xml: xml):
    """Both have handled all events when they list a device, but mdevctl's part."""
    with contextlib.suppress(mocklab.Failure):
        mocklab.wait_until(
            lambda: change(ours.dumpxml(name, *args)) == plain.dumpxml(name, *args), name, 3)
    equal(change(ours.dumpxml(name, *args)), plain.dumpxml(name, *args), " ".join([name, *args]))


def test_everything_is_there():
    """The comparison is of something."""
    expected = ["computer"] + [parent.nodedev for parent in PARENTS]
    expected += [mdev.nodedev for mdev in kernel.mdevs.values()]
    equal(plain.list(), sorted(expected), "the list of 11.3.0")


def test_xml_is_equal():
    equal(ours.dump_all(), plain.dump_all(), "the XML of all devices")


def test_lists_are_equal():
    for args in ((), ("--tree",), ("--all",), ("--inactive",), ("--cap", "mdev"),
                 ("--cap", "mdev_types"), ("--cap", "pci"), ("--cap", "css,ap_matrix")):
        equal(ours.virsh("nodedev-list", *args), plain.virsh("nodedev-list", *args),
              "nodedev-list " + " ".join(args))
    equal(ours.list("--cap", "migration"), [], "--cap migration")


def test_defined_devices_are_equal():
    name = PCI.mdev_nodedev(uuid(99))
    plain.define(
        name,
        "<device><parent>%s</parent><capability type='mdev'><type id='sample-1'/>"
        "<uuid>%s</uuid><attr name='aggregator' value='2'/></capability></device>"
        % (PCI.nodedev, uuid(99)))
    mocklab.wait_until(lambda: name in ours.list("--all"), "both know the definition")
    try:
        check_same(name)
        kernel.create(PCI, PCI.types[0], uuid(99))
        for daemon in (ours, plain):
            mocklab.wait_until(lambda: name in daemon.list(), "both know the device")
        check_same(name)
        check_same(name, "--inactive")
        kernel.remove(kernel.mdevs[uuid(99)])
        for daemon in (ours, plain):
            mocklab.wait_until(lambda: name in daemon.list("--inactive"), "both know it stopped")
        check_same(name)
    finally:
        plain.undefine(name)


def test_only_the_element_is_added():
    """Where something is published, the rest of the XML is as before."""
    publishing = pci("0000:00:1a.0", [MdevType(
        "publish-1", name="Publishes", attributes={"software_version": "1.2.3",
                                                   "compatible_x": "1,2",
                                                   "dynamic_resources": "size"},
        instance={"size": "5"})])
    kernel.add_parent(publishing)
    mdev = kernel.create(publishing, publishing.types[0], uuid(98))
    for daemon in (ours, plain):
        mocklab.wait_until(lambda: mdev.nodedev in daemon.list(), "both know the device")
    for name in (publishing.nodedev, mdev.nodedev):
        xml = ours.dumpxml(name)
        assert "<capability type='migration'>" in xml, xml
        check_same(name, change=mocklab.without_migration)
