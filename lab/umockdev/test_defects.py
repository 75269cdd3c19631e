# SPDX-License-Identifier: LGPL-2.1-or-later
"""Defects of libvirt 11.3.0 in the path of this feature, which are fixed here.
Nothing in this module publishes anything about migration."""

import contextlib
import os
import re

import mocklab
from mocklab import Daemon, Options, equal
from mockkernel import DIRECTORY, Kernel, MdevType, device, pci

UUID = "5a3e53b1-7d3c-4b4b-a0d9-000000000001"
PARENT = pci("0000:00:10.0", [MdevType("sample-1")])
MTTY = device("mtty", "mtty", [MdevType("mtty-1", name="Single port serial")])
OWN = device("sampleaccel", "card0", [MdevType("accel-1")])

cleanup = contextlib.ExitStack()
kernel = None
daemon = None


def setup_module():
    global kernel, daemon
    kernel = cleanup.enter_context(Kernel([PARENT, MTTY, OWN]))
    daemon = cleanup.enter_context(Daemon(kernel, Options.build))


def teardown_module():
    cleanup.close()


def test_attributes_are_escaped():
    """Name and value of <attr>, as they are free text for mdevctl."""
    name = PARENT.mdev_nodedev(UUID)
    attr = "<attr name='a&amp;b' value='&lt;x&gt; &amp; &apos;y&apos; \"z\"'/>"
    daemon.define(
        name,
        "<device><parent>%s</parent><capability type='mdev'><type id='sample-1'/>"
        "<uuid>%s</uuid>%s</capability></device>" % (PARENT.nodedev, UUID, attr))
    try:
        found = mocklab.parse(daemon.dumpxml(name)).find("./capability/attr")
        equal(found.attrib, {"name": "a&b", "value": "<x> & 'y' \"z\""}, "the attribute")
    finally:
        daemon.undefine(name)


def test_bad_attribute_is_refused():
    """11.3.0 drops an attribute without a value and defines the device."""
    message = daemon.with_xml(
        "nodedev-define",
        "<device><parent>%s</parent><capability type='mdev'><type id='sample-1'/>"
        "<uuid>%s</uuid><attr name='a'/></capability></device>"
        % (PARENT.nodedev, UUID.replace("0001", "0002")),
        fails=True)
    assert "attribute" in message, message
    equal(mocklab.persistent_definitions(), [], "mdevctl's files")


def parse_with_test_driver(name, xml):
    """libvirt's parser and formatter, without a daemon."""
    path = "%s/%s-node.xml" % (mocklab.directory(), name)
    with open(path, "w") as f:
        f.write("<node>\n%s</node>\n" % xml)
    return mocklab.run(Options.build + "/tools/virsh", "-q", "-c", "test://" + path,
                       "nodedev-dumpxml", name)


def test_no_types_are_refused():
    """A capability of types that has none."""
    xml = re.sub("<type id=.*</type>", "", daemon.dumpxml(PARENT.nodedev), flags=re.DOTALL)
    assert "<capability type='mdev_types'>" in xml, xml
    result = parse_with_test_driver(PARENT.nodedev, xml)
    assert result.returncode != 0 and "<type>" in result.stdout, result.stdout


def test_own_subsystem_is_a_parent():
    assert OWN.nodedev in daemon.list("--cap", "mdev_types"), daemon.list("--cap", "mdev_types")
    types = mocklab.parse(daemon.dumpxml(OWN.nodedev)).findall(".//type")
    equal([type.get("id") for type in types], ["accel-1"], "the types")


def test_device_without_path_has_no_driver():
    """11.3.0 looks for the driver of the computer in '(null)/driver'."""
    os.makedirs(daemon.cwd + "/(null)")
    os.symlink("/tmp", daemon.cwd + "/(null)/driver")
    xml = daemon.dumpxml("computer")
    assert mocklab.parse(xml).find("driver") is None, xml


def test_bad_type_does_not_hide_its_parent():
    """A type without a usable device API or number of instances, as it is when it
    goes away while it is read; in 11.3.0 the whole parent is lost."""
    bad = [MdevType("no-api", device_api=DIRECTORY), MdevType("no-number")]
    parent = pci("0000:00:11.0", [MdevType("good-1"), *bad, MdevType("good-2")])
    kernel.add_parent(parent)
    kernel.drop(kernel.type_path(parent, bad[1]) + "/available_instances")
    mocklab.wait_until(lambda: parent.nodedev in daemon.list("--cap", "pci"), "the parent")
    for _ in range(2):
        assert parent.nodedev in daemon.list("--cap", "mdev_types")
        found = mocklab.parse(daemon.dumpxml(parent.nodedev)).findall(".//type")
        equal(sorted(type.get("id") for type in found), ["good-1", "good-2"], "the types")


def test_top_level_types_are_valid():
    """11.3.0 writes XML for such a parent that its own schema refuses."""
    errors = mocklab.schema_errors(Options.source, {"mtty": daemon.dumpxml(MTTY.nodedev)})
    assert not errors, errors


def test_top_level_types_can_be_parsed():
    """... and that its own parser refuses."""
    xml = daemon.dumpxml(MTTY.nodedev)
    result = parse_with_test_driver(MTTY.nodedev, xml)
    equal(result.stdout.strip() + "\n", xml, "what the parser made of it")
