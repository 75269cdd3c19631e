# SPDX-License-Identifier: LGPL-2.1-or-later
"""The seed corpus of each fuzz target, made of the data of the unit tests, and its dictionary."""

import hashlib
import re
import xml.etree.ElementTree as ElementTree

# What is larger is a test of the limits, and slow.
MAX_SIZE = 64 * 1024
SEPARATOR = b"\n---\n"


def files_below(directory):
    return [path for path in sorted(directory.rglob("*"))
            if path.is_file() and not path.is_symlink()]


def read_tree(directory, name):
    """The files below a directory, as entries of the archive that the target sysfs takes."""
    archive = b""
    for path in files_below(directory):
        content = path.read_bytes()
        if not content.endswith(b"\n"):
            content += b"\n"
        header = "=== %s/%s\n" % (name, path.relative_to(directory))
        archive += header.encode() + content
    return archive


def sysfs_seeds(tests):
    """A tree is the directory of a parent with types and a device, or that of a function."""
    for tree in sorted((tests / "virdevmigrationdata").glob("*/*/")):
        types = sorted((tree / "mdev_supported_types").glob("*/"))
        devices = [path for path in sorted(tree.glob("*/")) if path.name != "mdev_supported_types"]
        for directory in types or [tree]:
            yield read_tree(directory, "type")
            yield read_tree(directory, "device")
            for device in devices:
                yield read_tree(directory, "type") + read_tree(device, "device")


def json_seeds(tests):
    for path in files_below(tests):
        if path.suffix == ".json" or path.name == "migration_description":
            yield path.read_bytes()


def descriptor_seeds(tests):
    """The format is that of vhost-user, and a little more."""
    for path in files_below(tests / "qemuvhostuserdata"):
        if path.suffix == ".json":
            yield path.read_bytes()
            yield path.read_bytes().replace(b"\"gpu\"", b"\"vfio-user\"")
    yield b'''{"type": "vfio-user", "description": "NIC", "binary": "/usr/libexec/nic",
 "args": ["--variant", "small", ""], "tags": ["nic"], "other": [1, true, null, {"a": "\\u00c4"}]}'''


def elements(tests, xpath):
    """The elements in the XML documents of the tests; a bad document has none."""
    for path in sorted(tests.rglob("*.xml")):
        try:
            tree = ElementTree.parse(path)
        except ElementTree.ParseError:
            continue
        holder = ElementTree.Element("holder")
        holder.append(tree.getroot())
        for element in holder.iterfind(".//" + xpath):
            yield ElementTree.tostring(element)


def xml_seeds(tests):
    yield from elements(tests, "capability[@type='migration']")
    # What the parser of Python leaves out, or writes in another way
    yield b"""<?xml version='1.0' encoding='UTF-8'?>
<!DOCTYPE capability [<!ENTITY e 'text'>]>
<capability type='migration'>
  <!-- comment -->
  <interface type='token'>
    <token><![CDATA[vendor]]>&e;&#x2d;<?instruction?></token>
  </interface>
</capability>
"""


def cookie_seeds(tests):
    yield from elements(tests, "qemu-migration")
    for number, capability in enumerate(xml_seeds(tests)):
        yield b"""<qemu-migration>
  <hostdevs>
    <hostdev type='mdev' uuid='11111111-1111-1111-1111-111111111111' mdevType='vendor-type_4'>
      <address type='pci' domain='0' bus='0' slot='5' function='%d'/>
      %s
    </hostdev>
    <hostdev type='pci'>
      <address type='pci' domain='0' bus='0' slot='6' function='0'/>
      %s
    </hostdev>
  </hostdevs>
</qemu-migration>
""" % (number % 8, capability, capability)


def compare_seeds(tests):
    documents = list(xml_seeds(tests))
    for number, document in enumerate(documents):
        yield document
        yield document + SEPARATOR + documents[(number + 1) % len(documents)]


MAKERS = {
    "sysfs": sysfs_seeds,
    "json": json_seeds,
    "descriptor": descriptor_seeds,
    "xml": xml_seeds,
    "cookie": cookie_seeds,
    "compare": compare_seeds,
}

TOKENS = {
    "sysfs": rb"=== [a-z]+/[\w.-]+|\"\w+\":",
    "json": rb"\"[\w.-]+\"|[\[\]{}:,]|\$\{\w+\}(?:/\d+)?|true|false|null",
    "descriptor": rb"\"[\w.-]+\"|[\[\]{}:,]|true|false|null|\\u[0-9a-f]{4}",
    "xml": rb"</?\w+>?| \w+=[\"']|[\"']/?>|\$\{\w+\}(?:/\d+)?|&\w+;",
}


def write_seeds(target, tests, directory, dictionary):
    """Returns the number of seeds."""
    directory.mkdir(parents=True)
    seeds = {seed for seed in MAKERS[target](tests) if 0 < len(seed) <= MAX_SIZE}
    for seed in seeds:
        (directory / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
    tokens = set()
    for seed in seeds:
        tokens.update(re.findall(TOKENS.get(target, TOKENS["xml"]), seed))
    with dictionary.open("w", encoding="ascii") as output:
        for token in sorted(tokens):
            if len(token) <= 64:
                output.write('"%s"\n' % "".join("\\x%02x" % byte for byte in token))
    return len(seeds)
