# SPDX-License-Identifier: LGPL-2.1-or-later
"""Parameters, versions, descriptions and tokens, on types, devices and functions
of PCI devices. The examples are those of the texts that proposed them."""

import contextlib
import json

import mocklab
from mocklab import Daemon, Options, equal
from mockkernel import Attr, FailsAtRead, Kernel, MdevType, device, one_of, pci


def uuid(number):
    return "4d0b1f3e-7a6c-4c55-9a0e-00000000%04d" % number


def capability(*interfaces):
    return mocklab.outline(mocklab.parse(
        "<capability type='migration'>%s</capability>" % "".join(interfaces)))


ATTRIBUTES = {"software_version": "1.2.3", "compatible_pci_ids": "5931, 591b",
              "dynamic_resources": "aggregator"}


def attributes(type=None, value=None, api="vfio-pci"):
    return """<interface type='attributes'><deviceAPI>%s</deviceAPI>%s
        <softwareVersion major='1' minor='2' bugfix='3'/>
        <compatible name='pci_ids'><value>5931</value><value>591b</value></compatible>
        <dynamicResource name='aggregator'%s/></interface>""" % (
            api, type and "<mdevType>%s</mdevType>" % type or "",
            value and " value='%s'" % value or "")


# RFC v3: a network card with a feature that can be switched off

INFO = {"models": {"vendor-a.com/my-nic": {"params": {
    "new-feature": {"type": "bool", "init_value": True, "off_value": False},
    "num-resources": {"type": "int", "init_value": 64, "allowed_values": [64, "128-256"],
                      "description": "a network card's <resources>"},
}}}}
PARAMETERS = {"migration_info.json": json.dumps(INFO)}
PARAMETER_VALUES = {"migration/new-feature": Attr("off", one_of("on", "off")),
                    "migration/num-resources": "64"}


def parameters(feature=None, resources=None):
    def value(text):
        return text and " value='%s'" % text or ""

    return """<interface type='parameters'><model name='vendor-a.com/my-nic'>
        <param name='new-feature' type='bool'%s init='on' off='off'/>
        <param name='num-resources' type='int'%s init='64'>
        <description>a network card's &lt;resources></description>
        <allowed value='64'/><allowed min='128' max='256'/></param>
        </model></interface>""" % (value(feature), value(resources))


# RFC v4: a graphics card in two sizes

def models(size):
    return {"migration_device_models": "org.project/graphics-card:\n%s-v1\n%s-v2\n"
                                       "qemu.org/std-vga:\n1" % (size, size)}


VERSION_VALUES = {"migration/device_model": Attr("org.project/graphics-card"),
                  "migration/version": Attr("4GB-v1")}


def versions(size, current=None, model="org.project/graphics-card"):
    def mark(text, other):
        return " current='yes'" if text == other else ""

    return "<interface type='versions'>%s</interface>" % "".join(
        "<model name='%s'%s>%s</model>" % (
            name, mark(name, current and model), "".join(
                "<version%s>%s</version>" % (mark(version, name == model and current), version)
                for version in listed))
        for name, listed in (("org.project/graphics-card", (size + "-v1", size + "-v2")),
                             ("qemu.org/std-vga", ("1",))))


# July 2020: types of a graphics card that can be put together

def i915(mdev_type, aggregator):
    return {"device_api": "vfio-pci", "vendor": "i915", "version": {"major": 1, "minor": 0},
            "vfio-pci": {"vendor": "0x8086", "device": 22813},
            "mdev_type": mdev_type, "mdev_attrs": [{"aggregator": aggregator}]}


def i915_description(size):
    return {"migration_description": json.dumps({
        "self": i915("i915-GVTg_V5_%d" % size, "1"),
        "compatible": [{"variables": {"val1": [2, 4, 8]},
                        **i915("i915-GVTg_V5_${val1}", "${val1}/%d" % size)}],
    })}


def description(size, value=None):
    def fields(mdev_type, aggregator):
        return """<deviceAPI>vfio-pci</deviceAPI><vendor>i915</vendor>
            <version major='1' minor='0'/>
            <id name='device' value='0x591d'/><id name='vendor' value='0x8086'/>
            <mdevType>%s</mdevType><mdevAttr name='aggregator' value='%s'/>""" % (
                mdev_type, aggregator)

    return """<interface type='description'><self>%s</self><accepts><variable name='val1'>
        <value>2</value><value>4</value><value>8</value></variable>%s</accepts>%s
        </interface>""" % (
            fields("i915-GVTg_V5_%d" % size, "1"),
            fields("i915-GVTg_V5_${val1}", "${val1}/%d" % size),
            value and "<mdevAttr name='aggregator' value='%s'/>" % value or "")


# the older form, without a mediated device

ARRAY = [{"device_api": "vfio-pci", "vendor": "vendor-driver-name",
          "version": {"major": 0, "minor": minor},
          "vfio-pci": {"vendor": "0x1234", "device": "0x5678"},
          "vendor_fields": [{"unknown_field0": "unknown_value0"}]} for minor in (1, 0)]
ARRAY_DESCRIPTION = "<interface type='description'>%s</interface>" % "".join("""<%s>
    <deviceAPI>vfio-pci</deviceAPI><vendor>vendor-driver-name</vendor>
    <version major='0' minor='%d'/>
    <id name='device' value='0x5678'/><id name='vendor' value='0x1234'/>
    <vendorField name='unknown_field0' value='unknown_value0'/></%s>""" % (tag, minor, tag)
    for tag, minor in (("self", 1), ("accepts", 0)))


def token(text):
    return "<interface type='token'><token>%s</token></interface>" % text


AGGREGATOR = {"aggregator": Attr("1", one_of(1, 2, 4))}
NIC = MdevType("nic-1", attributes=PARAMETERS, instance=PARAMETER_VALUES)
GFX4 = MdevType("gfx-4GB", attributes=models("4GB"), instance=VERSION_VALUES)
GFX8 = MdevType("gfx-8GB", attributes=models("8GB"), instance={
    "migration/device_model": "qemu.org/std-vga", "migration/version": "1"})
V5_2 = MdevType("i915-GVTg_V5_2", attributes=i915_description(2), instance=AGGREGATOR)
TOKEN = MdevType("token", attributes={"migration_version": "8086-193b-i915-GVTg_V5_2"})
# what the device says of itself counts more
OWN = MdevType("own", attributes={**i915_description(2), "migration_version": "of the type"},
               instance={**i915_description(4), **AGGREGATOR, "migration_version": "of the device"})
ALONE = MdevType("alone", instance={"migration_version": "only the device has one"})
ALL = MdevType(
    "all", attributes={**ATTRIBUTES, **PARAMETERS, **models("4GB"), **i915_description(2),
                       "migration_version": "all: of the type"},
    instance={**AGGREGATOR, **PARAMETER_VALUES, **VERSION_VALUES})

# by id: what the type and what its device shows
SHOWN = {
    "nic-1": (capability(parameters()), capability(parameters("off", "64"))),
    "gfx-4GB": (capability(versions("4GB")), capability(versions("4GB", "4GB-v1"))),
    "gfx-8GB": (capability(versions("8GB")),
                capability(versions("8GB", "1", "qemu.org/std-vga"))),
    "i915-GVTg_V5_2": (capability(description(2)), capability(description(2, "1"))),
    "token": (capability(token("8086-193b-i915-GVTg_V5_2")),) * 2,
    "own": (capability(description(2), token("of the type")),
            capability(description(4, "1"), token("of the device"))),
    "alone": (None, capability(token("only the device has one"))),
    "all": (capability(attributes("all"), parameters(), versions("4GB"), description(2),
                       token("all: of the type")),
            capability(attributes("all", "1"), parameters("off", "64"),
                       versions("4GB", "4GB-v1"), description(2, "1"),
                       token("all: of the type"))),
}
TYPES = [NIC, GFX4, GFX8, V5_2, TOKEN, OWN, ALONE, ALL]

FUNCTIONS = [
    (pci("0000:01:10.0", None, attributes={**ATTRIBUTES, "aggregator": "2"}),
     capability(attributes(value="2"))),
    (pci("0000:01:10.1", None, attributes={**PARAMETERS, **PARAMETER_VALUES}),
     capability(parameters("off", "64"))),
    (pci("0000:01:10.2", None, attributes={**models("4GB"), **VERSION_VALUES}),
     capability(versions("4GB", "4GB-v1"))),
    (pci("0000:01:10.3", None, attributes={"migration_description": json.dumps(ARRAY)}),
     capability(ARRAY_DESCRIPTION)),
    (pci("0000:01:10.4", None, attributes={"migration_version": "i915-v1-8086-591d-4"}),
     capability(token("i915-v1-8086-591d-4"))),
    (pci("0000:01:10.5", None, attributes={
        **ATTRIBUTES, "device_api": "vfio-sample", **PARAMETERS, **PARAMETER_VALUES,
        **models("4GB"), **VERSION_VALUES, "migration_description": json.dumps(ARRAY),
        "aggregator": "2", "migration_version": "all: of the function"}),
     capability(attributes(value="2", api="vfio-sample"), parameters("off", "64"),
                versions("4GB", "4GB-v1"), ARRAY_DESCRIPTION, token("all: of the function"))),
]
# nothing of this is published
SILENT = pci("0000:01:10.6", None, attributes={
    "migration_version~": "x", "migration/num-resources": "64", "device_api": "vfio-pci",
    "compatible_type": "x", "aggregator": "1"})
# the directory of a parent is that of a function, too
PARENT = pci("0000:01:00.0", TYPES, attributes={"migration_version": "of the parent"})
OTHER = device("sampleaccel", "card0", [NIC, ALL])

cleanup = contextlib.ExitStack()
kernel = None
daemon = None
devices = {}


def setup_module():
    global kernel, daemon
    kernel = cleanup.enter_context(Kernel(
        [PARENT, OTHER, SILENT] + [function for function, _ in FUNCTIONS]))
    for number, type in enumerate(TYPES):
        devices[type.id] = kernel.create(PARENT, type, uuid(number))
    daemon = cleanup.enter_context(Daemon(kernel, Options.build))


def teardown_module():
    cleanup.close()


def publishing():
    names = [PARENT.nodedev, OTHER.nodedev] + [function.nodedev for function, _ in FUNCTIONS]
    return sorted(names + [mdev.nodedev for mdev in devices.values()])


def check_device(name, shown):
    equal(mocklab.device_migration(daemon.dumpxml(devices[name].nodedev)), shown,
          "the device of type " + name)


def test_types():
    for parent in (PARENT, OTHER):
        found = mocklab.type_migrations(daemon.dumpxml(parent.nodedev))
        for type in parent.types:
            equal(found[type.id], SHOWN[type.id][0], "type %s of %s" % (type.id, parent.nodedev))


def test_devices():
    for name, (_, shown) in SHOWN.items():
        check_device(name, shown)


def test_functions():
    for function, shown in FUNCTIONS:
        equal(mocklab.function_migration(daemon.dumpxml(function.nodedev)), shown,
              function.nodedev)


def test_silent_function():
    xml = daemon.dumpxml(SILENT.nodedev)
    assert "migration" not in xml, xml


def test_parent_is_a_function():
    """What it publishes of itself is not mixed with what its types publish."""
    equal(mocklab.function_migration(daemon.dumpxml(PARENT.nodedev)),
          capability(token("of the parent")), "the parent itself")


def test_exact_text():
    """Indentation and quoting, once."""
    xml = daemon.dumpxml(FUNCTIONS[1][0].nodedev)
    expected = """\
    <capability type='migration'>
      <interface type='parameters'>
        <model name='vendor-a.com/my-nic'>
          <param name='new-feature' type='bool' value='off' init='on' off='off'/>
          <param name='num-resources' type='int' value='64' init='64'>
            <description>a network card&apos;s &lt;resources&gt;</description>
            <allowed value='64'/>
            <allowed min='128' max='256'/>
          </param>
        </model>
      </interface>
    </capability>
  </capability>
</device>
"""
    equal(xml[-len(expected):], expected, "the end of the function's XML")


def test_schema():
    documents = {name: daemon.dumpxml(name) for name in publishing()}
    errors = mocklab.schema_errors(Options.source, documents)
    assert not errors, errors


def test_parser_keeps_it():
    documents = {name: daemon.dumpxml(name) for name in publishing()}
    path = mocklab.directory() + "/interfaces-node.xml"
    with open(path, "w") as f:
        f.write("<node>\n%s</node>\n" % "".join(documents.values()))
    virsh = [Options.build + "/tools/virsh", "-q", "-c", "test://" + path]
    for name, xml in documents.items():
        result = mocklab.run(*virsh, "nodedev-dumpxml", name)
        assert result.returncode == 0, result.stdout
        equal(mocklab.migration_texts(result.stdout), mocklab.migration_texts(xml), name)
    result = mocklab.run(*virsh, "nodedev-list", "--cap", "migration")
    equal(sorted(result.stdout.split()), publishing(), "the test driver's list")


def test_list():
    equal(daemon.list("--cap", "migration"), publishing(), "--cap migration")
    equal(daemon.list("--cap", "migration", readonly=True), publishing(), "read-only")


def test_list_follows_the_files():
    """A function comes and goes without an event."""
    path = SILENT.path + "/migration_version"
    before = publishing()
    kernel.put(path, "appeared")
    try:
        equal(daemon.list("--cap", "migration"), sorted(before + [SILENT.nodedev]), "the list")
        equal(mocklab.function_migration(daemon.dumpxml(SILENT.nodedev)),
              capability(token("appeared")), "the function")
    finally:
        kernel.drop(path)
    equal(daemon.list("--cap", "migration"), before, "the list without the file")
    assert "migration" not in daemon.dumpxml(SILENT.nodedev)


def test_changed_values():
    mdev = devices["all"]

    def changed(feature="off", version="4GB-v1", aggregator="1"):
        return capability(attributes("all", aggregator), parameters(feature, "64"),
                          versions("4GB", version), description(2, aggregator),
                          token("all: of the type"))

    check_device("all", changed())
    kernel.set(mdev, "migration/new-feature", "on")
    check_device("all", changed(feature="on"))
    kernel.set(mdev, "migration/version", "4GB-v2")
    check_device("all", changed(feature="on", version="4GB-v2"))
    kernel.set(mdev, "aggregator", "4")
    check_device("all", changed(feature="on", version="4GB-v2", aggregator="4"))
    kernel.set(mdev, "migration/new-feature", "off")
    kernel.set(mdev, "migration/version", "4GB-v1")
    kernel.set(mdev, "aggregator", "1")
    check_device("all", changed())


def warnings(*words):
    return sum(1 for line in daemon.log().splitlines()
               if ": warning :" in line and all(word in line for word in words))


def test_unusable_values():
    """The interface stays, without what cannot be used."""
    function, shown = FUNCTIONS[5]
    cases = {
        "migration/new-feature": "1",
        "migration/num-resources": FailsAtRead("64"),
        "migration_version": "tok\u00e9n",
        "migration_description": "{ \"self\": { \"vfio-pci\": { \"vendor\": 0x8086 } } }",
        "migration/version": "8GB-v1",
    }
    for file, value in cases.items():
        kernel.put(function.path + "/" + file, value)
    try:
        xml = daemon.dumpxml(function.nodedev)
        document = mocklab.parse(xml)
        found = {interface.get("type"): interface.get("incomplete")
                 for interface in document.iter("interface")}
        equal(found, {"attributes": None, "parameters": None, "versions": "yes",
                      "description": "yes", "token": "yes"}, "the interfaces")
        equal({param.get("name"): param.get("value") for param in document.iter("param")},
              {"new-feature": None, "num-resources": None}, "the parameters")
        assert document.find(".//token") is None, xml
        assert document.find(".//self") is None, xml
        assert document.find(".//version[@current]") is None, xml
        equal([model.get("current") for model in document.findall(
            ".//interface[@type='versions']/model")], ["yes", None], "the models")
        errors = mocklab.schema_errors(Options.source, {function.nodedev: xml})
        assert not errors, errors
        daemon.dumpxml(function.nodedev)
        for file in cases:
            equal(warnings("0000:01:10.5/%s'" % file), 1, "warnings on " + file)
    finally:
        for file in cases:
            kernel.put(function.path + "/" + file, function.attributes[file])
    equal(mocklab.function_migration(daemon.dumpxml(function.nodedev)), shown, "the function")


def test_limit_of_a_parent():
    """Types and function share one limit, and the log says what is left out."""
    def large(name):
        values = ["%032d" % number for number in range(64)]
        params = {"p%d" % number: {"type": "str", "init_value": values[0],
                                   "allowed_values": values} for number in range(64)}
        return {"migration_info.json": json.dumps({"models": {name: {"params": params}}})}

    types = [MdevType("large-%d" % number, attributes=large("t%d" % number))
             for number in range(4)]
    parent = pci("0000:02:00.0", types, attributes={
        **large("function"), **{"migration/p%d" % number: "%032d" % 0 for number in range(64)}})
    kernel.add_parent(parent)
    mocklab.wait_until(lambda: parent.nodedev in daemon.list(), "the parent")
    first = daemon.dumpxml(parent.nodedev)
    shown = [model.get("name") for model in mocklab.parse(first).iter("model")]
    left_out = {"t0", "t1", "t2", "t3"} - set(shown)
    assert shown and left_out, shown
    # read after the types
    assert "function" not in shown, shown
    assert len(first) < 1024 * 1024 + 4096, len(first)
    equal(daemon.dumpxml(parent.nodedev), first, "the second dump")
    for name in left_out:
        equal(warnings("/large-%s/'" % name[1:], "1048576"), 1, "warnings on " + name)
    equal(warnings("0000:02:00.0/'", "1048576"), 1, "warnings on the function")

    # without the types it has room
    for type in list(types):
        kernel.remove_type(parent, type)
    shown = [model.get("name") for model in mocklab.parse(
        daemon.dumpxml(parent.nodedev)).iter("model")]
    equal(shown, ["function"], "what is shown without types")
    assert parent.nodedev in daemon.list("--cap", "migration")
    kernel.remove_parent(parent)


def test_create_from_a_dump():
    """All that is shown is accepted, with the schema, and ignored."""
    mdev = devices["all"]
    kernel.set(mdev, "aggregator", "4")
    dump = daemon.dumpxml(mdev.nodedev)
    assert "<mdevAttr name='aggregator' value='4'/>" in dump, dump
    kernel.remove(mdev)
    mocklab.wait_until(lambda: mdev.nodedev not in daemon.list(), "the device is gone")

    del kernel.requests[:]
    daemon.with_xml("nodedev-create", dump, "--validate", "FILE")
    # the values of a source are not those of a new device
    check_device("all", SHOWN["all"][1])
    equal([request.path for request in kernel.requests],
          [kernel.type_path(PARENT, ALL) + "/create"], "writes")

    wrong = dump.replace("<param name='new-feature' type='bool' value='off'",
                         "<param name='new-feature' type='bool' value='0'")
    assert wrong != dump
    message = daemon.with_xml("nodedev-define", wrong, fails=True)
    assert "invalid value '0' for attribute 'value' of element 'param'" in message, message
    devices["all"] = kernel.mdevs[mdev.uuid]
    del kernel.requests[:]


def test_nothing_was_written():
    """A token is written to learn whether it fits, and never to show it."""
    for name in publishing():
        daemon.dumpxml(name)
    daemon.list("--cap", "migration")
    equal([request.path for request in kernel.requests], [], "writes")
