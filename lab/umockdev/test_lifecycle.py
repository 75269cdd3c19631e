# SPDX-License-Identifier: LGPL-2.1-or-later
"""Create, define, start, destroy, undefine and update, with the real mdevctl."""

import contextlib
import errno
import re
import xml.etree.ElementTree as ElementTree

import mocklab
from mocklab import Daemon, Options, equal
from mockkernel import Attr, Kernel, MdevType, clamped, device, one_of, pci

TYPE = MdevType(
    "sample-1", available=4,
    attributes={"software_version": "1.2.3", "dynamic_resources": "aggregator,fps"},
    instance={"aggregator": Attr("1", one_of(1, 2, 4)), "fps": Attr("60", clamped(10, 120))})
FULL = MdevType("sample-none", available=0, attributes={"software_version": "1.2.3"})
REFUSED = MdevType("sample-refused", create_error=errno.EPERM,
                   attributes={"software_version": "1.2.3"})
PARENT = pci("0000:00:10.0", [TYPE, FULL, REFUSED])
OTHER = pci("0000:00:11.0", [TYPE])
OWN = device("sampleaccel", "card0", [TYPE])

cleanup = contextlib.ExitStack()
kernel = None
daemon = None


def uuid(number):
    return "9c4bbe1a-1f3e-4a57-8f4f-00000000%04d" % number


def setup_module():
    global kernel, daemon
    kernel = cleanup.enter_context(Kernel([PARENT, OTHER, OWN]))
    daemon = cleanup.enter_context(Daemon(kernel, Options.build))


def teardown_module():
    cleanup.close()


def setup_function():
    """Nothing may be left of the test before, even if that one failed."""
    for mdev in list(kernel.mdevs.values()):
        kernel.remove(mdev)
    mocklab.wait_until(lambda: not daemon.list("--cap", "mdev"), "all devices are gone")
    for name in daemon.list("--inactive"):
        # fails for one that is undefined, but still listed
        daemon.try_virsh("nodedev-undefine", name)
    mocklab.wait_until(lambda: not daemon.list("--inactive"), "all definitions are gone")


def description(parent, type, number, **attributes):
    return ("<device><parent>%s</parent><capability type='mdev'><type id='%s'/>"
            "<uuid>%s</uuid>%s</capability></device>"
            % (parent.nodedev, type.id, uuid(number),
               "".join("<attr name='%s' value='%s'/>" % item for item in attributes.items())))


def resources(name):
    """The dynamic resources that a device's XML shows, with their values."""
    return {element.get("name"): element.get("value")
            for element in mocklab.parse(daemon.dumpxml(name)).iter("dynamicResource")}


def start(name):
    daemon.virsh("nodedev-start", name)
    assert name in daemon.list(), "not active after its start"


def destroy(name):
    daemon.virsh("nodedev-destroy", name)
    assert name not in daemon.list(), "still active after it was destroyed"


def free(parent, type):
    return int(open(kernel.file(kernel.type_path(parent, type) + "/available_instances")).read())


def test_create_with_attributes():
    """mdevctl writes the attributes after the device appeared; the XML has the
    values that the driver keeps, not those that were asked for."""
    name = PARENT.mdev_nodedev(uuid(1))
    daemon.with_xml("nodedev-create", description(PARENT, TYPE, 1, aggregator=4, fps=1000))
    equal(resources(name), {"aggregator": "4", "fps": "120"}, "the resources")
    assert name in daemon.list("--cap", "migration")
    equal(free(PARENT, TYPE), 3, "the parent's free instances")
    destroy(name)
    equal(free(PARENT, TYPE), 4, "the parent's free instances afterwards")


def test_create_from_a_dump():
    """A source's dump can be given to another host as it is."""
    name = PARENT.mdev_nodedev(uuid(2))
    mdev = kernel.create(PARENT, TYPE, uuid(2))
    mocklab.wait_until(lambda: name in daemon.list(), "the device is known")
    kernel.set(mdev, "aggregator", "4")
    dump = daemon.dumpxml(name)
    assert "<dynamicResource name='aggregator' value='4'/>" in dump, dump
    kernel.remove(mdev)
    mocklab.wait_until(lambda: name not in daemon.list(), "the device is gone")

    del kernel.requests[:]
    daemon.with_xml("nodedev-create", dump)
    equal([request.path for request in kernel.requests],
          [kernel.type_path(PARENT, TYPE) + "/create"], "the writes to the kernel")
    equal(resources(name), {"aggregator": "1", "fps": "60"}, "the new device's resources")
    destroy(name)


def test_create_on_own_subsystem():
    name = OWN.mdev_nodedev(uuid(3))
    daemon.with_xml("nodedev-create", description(OWN, TYPE, 3, aggregator=2))
    equal(resources(name), {"aggregator": "2", "fps": "60"}, "the resources")
    destroy(name)


def test_refused():
    """A driver that refuses leaves nothing behind."""
    before = daemon.list()
    for type, attributes in ((TYPE, {"aggregator": 3}), (FULL, {}), (REFUSED, {})):
        daemon.with_xml("nodedev-create", description(PARENT, type, 4, **attributes), fails=True)
        equal(list(kernel.mdevs), [], "the kernel's devices after one of type " + type.id)
        mocklab.wait_until(lambda: daemon.list() == before, "the list is as before")


def test_define_start_destroy_undefine():
    name = OTHER.mdev_nodedev(uuid(5))
    daemon.define(name, description(OTHER, TYPE, 5, aggregator=2))
    inactive = daemon.dumpxml(name)
    assert "migration" not in inactive, inactive
    assert name in daemon.list("--inactive", "--cap", "mdev")
    assert name not in daemon.list("--all", "--cap", "migration")

    start(name)
    active = daemon.dumpxml(name)
    equal(resources(name), {"aggregator": "2", "fps": "60"}, "the resources")
    assert name in daemon.list("--cap", "migration")
    assert name not in daemon.list("--inactive", "--cap", "migration")
    equal(mocklab.device_migration(daemon.dumpxml(name, "--inactive")), None,
          "the inactive XML of the active device")

    destroy(name)
    # libvirt keeps the number of the last IOMMU group
    stopped = re.sub("<iommuGroup number='[0-9]*'", "<iommuGroup number='0'", daemon.dumpxml(name))
    equal(stopped, inactive, "the inactive XML after a stop")
    assert name not in daemon.list("--all", "--cap", "migration")

    # and once more, now that there was something to forget
    start(name)
    equal(mocklab.device_migration(daemon.dumpxml(name)), mocklab.device_migration(active),
          "the capability after a second start")
    destroy(name)
    daemon.undefine(name)
    mocklab.wait_until(lambda: name not in daemon.list("--all"), "the device is undefined")
    equal(mocklab.persistent_definitions(), [], "mdevctl's files")


def test_define_from_a_dump():
    name = OTHER.mdev_nodedev(uuid(6))
    mdev = kernel.create(OTHER, TYPE, uuid(6))
    mocklab.wait_until(lambda: name in daemon.list("--cap", "migration"), "the device is known")
    daemon.define(name, daemon.dumpxml(name))
    equal(len(mocklab.persistent_definitions()), 1, "the number of mdevctl's files")
    assert "migration" not in open(mocklab.persistent_definitions()[0]).read()
    equal(resources(name), {"aggregator": "1", "fps": "60"}, "the resources")
    # removed by another hand than libvirt's
    kernel.remove(mdev)
    mocklab.wait_until(lambda: name in daemon.list("--inactive"), "the device is inactive")
    assert "migration" not in daemon.dumpxml(name)
    daemon.undefine(name)


def test_update_with_a_dump():
    """nodedev-update checks its input against the schema, so both must take the
    element that a dump has."""
    name = OTHER.mdev_nodedev(uuid(7))
    daemon.define(name, description(OTHER, TYPE, 7, aggregator=2))
    start(name)
    dump = daemon.dumpxml(name)
    assert "<capability type='migration'>" in dump, dump
    changed = re.sub(r" *<attr [^>]*/>\n", "", dump).replace(
        "<iommuGroup", "<attr name='aggregator' value='4'/>\n    <iommuGroup")
    modify = mocklab.run("mdevctl", "modify", "--defined", "--live", "--jsonfile", "b", "--help")
    if modify.returncode == 0:
        daemon.with_xml("nodedev-update", changed, name, "FILE", "--config")
        attr = mocklab.parse(daemon.dumpxml(name, "--inactive")).find(".//attr")
        equal(ElementTree.tostring(attr).decode().strip(),
              '<attr name="aggregator" value="4" />', "the updated attribute")
    else:
        # An mdevctl that is too old is only found after libvirt took the XML.
        message = daemon.with_xml("nodedev-update", changed, name, "FILE", "--config", fails=True)
        assert "modify unsupported" in message, message
    equal(resources(name), {"aggregator": "2", "fps": "60"}, "the running device's resources")

    # Only what is known may be in there.
    wrong = changed.replace("<interface type='attributes'>", "<interface type='wrong'>")
    message = daemon.with_xml("nodedev-update", wrong, name, "FILE", "--config", fails=True)
    assert "modify unsupported" not in message and "XML" in message, message
    destroy(name)
    daemon.undefine(name)
