# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad content never hides a device and never breaks the XML; the log says which
file is bad, once."""

import contextlib

import mocklab
from mocklab import Daemon, Options, equal
from mockkernel import (DIRECTORY, Attr, FailsAtRead, Kernel, MdevType, WriteOnly, css, device,
                        one_of, pci)

# A good type. Each case replaces one file of it.
GOOD = {
    "software_version": "1.2.3",
    "compatible_type": "t",
    "compatible_chip": "a1",
    "dynamic_resources": "aggregator",
}
VERSION = ("softwareVersion", {"major": "1", "minor": "2", "bugfix": "3"}, "")
TYPES = ("compatibleType", {}, "t")
CHIP = ("compatible", {"name": "chip"}, [("value", {}, "a1")])
RESOURCE = ("dynamicResource", {"name": "aggregator"}, "")
SHOWN = {"software_version": VERSION, "compatible_type": TYPES, "compatible_chip": CHIP,
         "dynamic_resources": RESOURCE}

# Bad wherever they are, with any meaning of the file.
BAD = {
    "empty": b"",
    "newline": b"\n",
    "nul": b"1.2\x00.3\n",
    "escape": b"1.2.3\x1b[0m\n",
    "delete": b"1.2.3\x01\n",
    "tab": b"1.2.3\tx\n",
    "two_lines": b"1.2.3\n1.2.3\n",
    "latin1": b"1.2.3\xe9\n",
    "surrogate": b"1.2.3\xed\xa0\x80\n",
    "overlong": b"1.2.3\xc0\xaf\n",
    "long": b"1" * 5000 + b"\n",
    "directory": DIRECTORY,
    "read_error": FailsAtRead("1.2.3"),
    "write_only": WriteOnly(),
}
VERSIONS = {
    "blanks": "   ",
    "tab": "1.2\t3",
    "long": "1" * 65,
}
# Versions in a form of the vendor's: text -> what is shown
TEXTS = {
    "one": "1",
    "two": "1.2",
    "four": "1.2.3.4",
    "suffix": "535.129.03-grid",
    "letters": "one.two.three",
}
# Names of dynamic resources, each beside a good one.
NAMES = {
    "up": "../../x",
    "absolute": "/etc/hostname",
    "dot": ".",
    "dots": "..",
    "through": "aggregator/../../x",
    "nothing": "",
    "device_up": "mdev_type/../../x",
    "many_parts": "a/b/c",
    "trailing": "aggregator/",
    "twice": "aggregator",
}
# Content that is unusual, but good.
FINE = {
    "no_newline": ("software_version", b"1.2.3", VERSION),
    "zero": ("software_version", "0.0.0",
             ("softwareVersion", {"major": "0", "minor": "0", "bugfix": "0"}, "")),
    "limit": ("compatible_chip", b"x" * 4095 + b"\n",
              ("compatible", {"name": "chip"}, [("value", {}, "x" * 4095)])),
    "markup": ("compatible_chip", "<&'\">",
               ("compatible", {"name": "chip"}, [("value", {}, "<&'\">")])),
    "utf8": ("compatible_chip", "\u00e9\u4e2d\U0001f600",
             ("compatible", {"name": "chip"}, [("value", {}, "\u00e9\u4e2d\U0001f600")])),
    "inner_blank": ("compatible_chip", "a b",
                    ("compatible", {"name": "chip"}, [("value", {}, "a b")])),
}

cleanup = contextlib.ExitStack()
kernel = None
daemon = None
cases = {}


def uuid(number):
    return "d2b5f9f6-52d2-4a0e-9d0e-00000000%04d" % number


def add_case(name, file, value, shown, incomplete=False):
    """A type with one file replaced; shown is what is expected of that file, and
    incomplete if something that is compared was left out."""
    expected = dict(SHOWN)
    expected[file] = shown
    files = {**GOOD, file: value}
    if value is None:
        del files[file]
    cases[name] = (files, [child for child in expected.values() if child], incomplete)


def make_cases():
    for file in GOOD:
        add_case("%s_missing" % file, file, None, None)
        for what, value in BAD.items():
            # a list may have blanks, and "1.2.3..." names no resource
            add_case("%s_%s" % (file, what), file, value, None, file != "compatible_type")
    for what, value in VERSIONS.items():
        add_case("version_" + what, "software_version", value, None, True)
    for what, value in TEXTS.items():
        add_case("fine_version_" + what, "software_version", value,
                 ("softwareVersionText", {}, value))
    for what, value in NAMES.items():
        add_case("resource_" + what, "dynamic_resources", "aggregator," + value, RESOURCE,
                 what not in ("nothing", "twice"))
    for what, (file, value, shown) in FINE.items():
        add_case("fine_" + what, file, value, shown)
    add_case("good", "software_version", GOOD["software_version"], VERSION)


def setup_module():
    global kernel, daemon
    make_cases()
    types = [MdevType(name, attributes=files, instance={"aggregator": "1"})
             for name, (files, _, _) in cases.items()]
    # several parents, as the number of problems that one may have is limited
    parents = [pci("0000:01:%02x.0" % (start // 20), types[start:start + 20])
               for start in range(0, len(types), 20)]
    kernel = cleanup.enter_context(Kernel(parents))
    daemon = cleanup.enter_context(Daemon(kernel, Options.build))


def teardown_module():
    cleanup.close()


def migration(name, children, incomplete=False):
    attributes = {"type": "attributes"}
    if incomplete:
        attributes["incomplete"] = "yes"
    return ("capability", {"type": "migration"}, [("interface", attributes, [
        ("deviceAPI", {}, "vfio-pci"), ("mdevType", {}, name)] + children)])


def warnings(*words):
    """How many warnings of the log have all of these words."""
    return sum(1 for line in daemon.log().splitlines()
               if ": warning :" in line and all(word in line for word in words))


def test_types():
    parents = [parent.nodedev for parent in kernel.parents.values()]
    equal(daemon.list("--cap", "mdev_types"), sorted(parents), "the list")
    documents = {name: daemon.dumpxml(name) for name in parents}
    found = {}
    for xml in documents.values():
        found.update(mocklab.type_migrations(xml))
    equal(sorted(found), sorted(cases), "the types")
    for name, (_, children, incomplete) in cases.items():
        equal(found[name], migration(name, children, incomplete), name)
    errors = mocklab.schema_errors(Options.source, documents)
    assert not errors, errors


def test_types_are_logged_once():
    """Every bad file of the many types by its name, and only in one of many calls."""
    for _ in range(3):
        daemon.list("--cap", "migration")
    for file in GOOD:
        equal(warnings("/%s_missing/" % file), 0, "warnings on a missing " + file)
        for what in BAD:
            equal(warnings("/%s_%s/%s'" % (file, what, file)), 1,
                  "warnings on %s, %s" % (file, what))
    equal(warnings("/good/") + warnings("/fine_"), 0, "warnings on what is good")
    for what in VERSIONS:
        equal(warnings("/version_%s/software_version'" % what), 1, "warnings on version " + what)
    for what in NAMES:
        equal(warnings("/resource_%s/dynamic_resources'" % what), 1, "warnings on name " + what)


def test_many_names():
    """10,000 names neither appear all in the XML nor in the log."""
    parent = pci("0000:00:11.0", [MdevType("many", attributes={
        **GOOD,
        "dynamic_resources": (",".join("r%d" % i for i in range(10000)))[:4000],
        "compatible_many": ",".join("%d" % i for i in range(2000))[:4000]})])
    kernel.add_parent(parent)
    kernel.create(parent, parent.types[0], uuid(1))
    mocklab.wait_until(lambda: parent.mdev_nodedev(uuid(1)) in daemon.list(), "the device")
    before = len(daemon.log())
    for name in (parent.nodedev, parent.mdev_nodedev(uuid(1))):
        xml = daemon.dumpxml(name)
        assert len(mocklab.parse(xml).findall(".//dynamicResource")) <= 64, xml
        assert len(mocklab.parse(xml).findall(".//compatible[@name='many']/value")) <= 64, xml
        assert "<softwareVersion major='1' minor='2' bugfix='3'/>" in xml, xml
    assert len(daemon.log()) - before < 20000, "the log grew by %d" % (len(daemon.log()) - before)


def test_many_files():
    """Nor do 2,000 files of one type."""
    parent = pci("0000:00:13.0", [MdevType("crowd", attributes={
        **GOOD, **{"compatible_f%d" % i: "x" for i in range(2000)}})])
    kernel.add_parent(parent)
    mocklab.wait_until(lambda: parent.nodedev in daemon.list("--cap", "mdev_types"), "the parent")
    xml = daemon.dumpxml(parent.nodedev)
    assert len(xml) < 100000, len(xml)
    equal([type.get("id") for type in mocklab.parse(xml).findall(".//type")], ["crowd"], "types")
    equal(warnings("/crowd"), 1, "warnings")


def test_values():
    """A value that cannot be used is left out, its name stays."""
    bad = {**BAD, "missing": None}
    # an empty value is one
    del bad["empty"], bad["newline"]
    instance = {what: value for what, value in bad.items() if value is not None}
    parent = device("sampleaccel", "values", [MdevType("values", attributes={
        **GOOD, "dynamic_resources": ",".join(["good", *bad, "last"])},
        instance={"good": "1", "last": "0x7f", **instance})])
    kernel.add_parent(parent)
    mdev = kernel.create(parent, parent.types[0], uuid(2))
    mocklab.wait_until(lambda: mdev.nodedev in daemon.list("--cap", "mdev"), "the device")
    for _ in range(3):
        xml = daemon.dumpxml(mdev.nodedev)
        found = {element.get("name"): element.get("value")
                 for element in mocklab.parse(xml).iter("dynamicResource")}
        equal(found, {"good": "1", "last": "0x7f", **{what: None for what in bad}}, "the values")
        assert mdev.nodedev in daemon.list("--cap", "mdev")
    errors = mocklab.schema_errors(Options.source, {mdev.nodedev: xml})
    assert not errors, errors
    for what in bad:
        equal(warnings("%s/%s'" % (uuid(2), what)), 1, "warnings on " + what)


def test_link_out_of_the_device():
    """A name of two parts does not lead through a link, nor does a link that
    stands in for a file."""
    parent = device("sampleaccel", "links", [MdevType("links", attributes={
        "dynamic_resources": "mdev_type/name,driver/x,iommu_group/x,linked,sub/value"},
        instance={"sub/value": "5"}, name="SECRET")])
    kernel.add_parent(parent)
    mdev = kernel.create(parent, parent.types[0], uuid(3))
    kernel.link(mdev.path + "/linked", kernel.type_path(parent, "links") + "/name")
    mocklab.wait_until(lambda: mdev.nodedev in daemon.list("--cap", "mdev"), "the device")
    xml = daemon.dumpxml(mdev.nodedev)
    assert "SECRET" not in xml, xml
    assert "<dynamicResource name='sub/value' value='5'/>" in xml, xml


def test_logged_again_when_the_list_changes():
    parent = css("0.0.0099", [MdevType("log-1", device_api="vfio-ccw", attributes={
        "software_version": "a\tb", "compatible_chip": "a1"})])
    file = kernel.type_path(parent, "log-1") + "/software_version"
    other = kernel.type_path(parent, "log-1") + "/compatible_chip"
    kernel.add_parent(parent)
    mocklab.wait_until(lambda: parent.nodedev in daemon.list("--cap", "mdev_types"), "the parent")

    def logged():
        return warnings("/log-1/software_version"), warnings("/log-1/compatible_chip")

    for _ in range(3):
        daemon.list("--cap", "migration")
        daemon.dumpxml(parent.nodedev)
    equal(logged(), (1, 0), "warnings while nothing changes")

    kernel.put(other, b"\xff\n")
    for _ in range(3):
        daemon.list("--cap", "migration")
    equal(logged(), (2, 1), "warnings when one more file is bad")

    kernel.event(parent.path, "change")
    # events are handled one after the other: this one comes after that
    marker = css("0.0.0098", [])
    kernel.add_parent(marker)
    mocklab.wait_until(lambda: marker.nodedev in daemon.list(), "the event was handled")
    daemon.dumpxml(parent.nodedev)
    for _ in range(3):
        daemon.list("--cap", "migration")
    equal(logged(), (2, 1), "warnings after a change event that changed nothing")

    kernel.put(other, "a1")
    kernel.put(file, "1.0.0")
    for _ in range(3):
        daemon.list("--cap", "migration")
    equal(logged(), (2, 1), "warnings when all is good")

    # the very list that was logged last
    kernel.put(file, "a\tb")
    kernel.put(other, b"\xff\n")
    for _ in range(3):
        daemon.list("--cap", "migration")
    equal(logged(), (3, 2), "warnings when both are bad again")


def test_type_vanishes():
    """Between two calls."""
    gone = MdevType("gone-1", attributes=GOOD)
    parent = pci("0000:00:14.0", [MdevType("stays-1", attributes=GOOD), gone])
    kernel.add_parent(parent)
    mocklab.wait_until(lambda: parent.nodedev in daemon.list("--cap", "migration"), "the parent")
    for _ in range(2):
        equal(sorted(mocklab.type_migrations(daemon.dumpxml(parent.nodedev))),
              ["gone-1", "stays-1"], "the types before")
        kernel.remove_type(parent, gone)
        assert parent.nodedev in daemon.list("--cap", "migration")
        equal(sorted(mocklab.type_migrations(daemon.dumpxml(parent.nodedev))), ["stays-1"],
              "the types after")
        kernel.add_type(parent, gone)


def test_type_vanishes_under_its_device():
    """The device's link leads to nothing; the device is still there."""
    gone = MdevType("under-1", attributes=GOOD, instance={"aggregator": Attr("1", one_of(1))})
    parent = pci("0000:00:15.0", [gone])
    kernel.add_parent(parent)
    mdev = kernel.create(parent, gone, uuid(4))
    mocklab.wait_until(lambda: mdev.nodedev in daemon.list("--cap", "migration"), "the device")
    kernel.remove_type(parent, gone)
    assert mdev.nodedev in daemon.list("--cap", "mdev")
    assert mdev.nodedev not in daemon.list("--cap", "migration")
    equal(mocklab.device_migration(daemon.dumpxml(mdev.nodedev)), None, "the device")
    kernel.remove(mdev)
    mocklab.wait_until(lambda: mdev.nodedev not in daemon.list(), "the device is gone")


def test_device_vanishes():
    """The directory is gone, the event has not arrived."""
    parent = pci("0000:00:16.0", [MdevType("vanish-1", attributes=GOOD,
                                           instance={"aggregator": "1"})])
    kernel.add_parent(parent)
    mdev = kernel.create(parent, parent.types[0], uuid(5))
    mocklab.wait_until(lambda: mdev.nodedev in daemon.list("--cap", "migration"), "the device")
    others = [name for name in daemon.list() if name != mdev.nodedev]
    kernel.remove_silently(mdev)
    assert mdev.nodedev not in daemon.list("--cap", "migration")
    equal([name for name in daemon.list() if name != mdev.nodedev], others, "the others")
    result = daemon.try_virsh("nodedev-dumpxml", mdev.nodedev)
    assert "migration" not in result.stdout, result.stdout
    kernel.announce_removal(mdev)
    mocklab.wait_until(lambda: mdev.nodedev not in daemon.list(), "the device is gone")
    equal(daemon.list(), others, "the list")


def test_changes_while_listed():
    """Types and devices that come and go during many calls."""
    changing = MdevType("changing-1", attributes=GOOD, instance={"aggregator": "1"})
    parent = pci("0000:00:17.0", [MdevType("constant-1", attributes=GOOD), changing])
    kernel.add_parent(parent)
    steady = kernel.create(parent, parent.types[0], uuid(6))
    mocklab.wait_until(lambda: steady.nodedev in daemon.list(), "the device")
    calls = 60
    commands = "; ".join(["nodedev-list --cap migration; nodedev-dumpxml %s; nodedev-dumpxml %s;"
                          " echo end-of-call" % (parent.nodedev, steady.nodedev)] * calls)
    with mocklab.background(daemon.virsh, commands) as output:
        rounds = 0
        while not output.done():
            mdev = kernel.create(parent, changing, uuid(7))
            kernel.remove(mdev)
            kernel.remove_type(parent, changing)
            kernel.add_type(parent, changing)
            rounds += 1
    assert daemon.alive()
    assert rounds > 10, "only %d rounds" % rounds
    calls_seen = output.result().split("end-of-call")[:-1]
    equal(len(calls_seen), calls, "the number of calls")
    for text in calls_seen:
        listed, *documents = text.split("<device>")
        assert steady.nodedev in listed.split(), "not listed: " + listed
        assert parent.nodedev in listed.split(), "not listed: " + listed
        equal(len(documents), 2, "the number of documents")
        for document in documents:
            document = mocklab.parse("<device>" + document)
            assert document.find(".//softwareVersion") is not None
