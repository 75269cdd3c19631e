# SPDX-License-Identifier: LGPL-2.1-or-later
"""How often files below /sys are opened, counted in both daemons (preload.c)."""

import collections
import contextlib
import json
import os

import mocklab
from mocklab import Daemon, Options
from mockkernel import Attr, Kernel, MdevType, css, device, matrix, one_of, pci


# all five interfaces; two of them name the same attribute of a device
PUBLISHED = {
    "software_version": "1.2.3", "compatible_chip": "a,b", "compatible_ids": "1",
    "dynamic_resources": "size,sub/n",
    "migration_info.json": json.dumps({"models": {"m": {"params": {
        "p": {"type": "int", "init_value": 1}}}}}),
    "migration_device_models": "m:\nv1",
    "migration_description": json.dumps({
        "self": {"vendor": "v", "mdev_attrs": [{"size": "1"}, {"other": "1"}]}}),
    "migration_version": "token",
}
VALUES = {"size": Attr("1", one_of(1, 2)), "sub/n": "2", "other": "1", "migration/p": "1",
          "migration/device_model": "m", "migration/version": "v1"}


def types(prefix, device_api="vfio-pci"):
    return [MdevType(
        "%s-%d" % (prefix, number), name="A name", device_api=device_api,
        attributes={**PUBLISHED, "compatible_type": "%s-1,%s-2" % (prefix, prefix)},
        instance=VALUES) for number in range(1, 4)]


PARENTS = [
    pci("0000:00:10.0", types("sample")),
    css("0.0.0052", types("vfio_ccw", "vfio-ccw")),
    matrix(types("vfio_ap", "vfio-ap")),
    device("mtty", "mtty", types("mtty")),
]
FUNCTION = pci("0000:00:11.0", None, attributes={**PUBLISHED, **VALUES, "device_api": "vfio-pci"})

cleanup = contextlib.ExitStack()
kernel = None
ours = None
plain = None


def setup_module():
    global kernel, ours, plain
    build = mocklab.plain_build()
    kernel = cleanup.enter_context(Kernel(PARENTS + [FUNCTION]))
    for number, parent in enumerate(PARENTS):
        kernel.create(parent, parent.types[1], "7f7a7a50-1b62-4d0b-9a0b-%012d" % number)
    ours = cleanup.enter_context(Daemon(kernel, Options.build, log_opens=True))
    plain = cleanup.enter_context(Daemon(kernel, build, log_opens=True))


def teardown_module():
    cleanup.close()


def count(daemon, name):
    """How often each file and each directory is opened for one XML dump."""
    with daemon.opens() as opens:
        xml = daemon.dumpxml(name)
    counts = collections.Counter(opens)
    is_directory = {path: os.path.isdir(kernel.file(path)) for path in counts}
    files = {path: n for path, n in counts.items() if not is_directory[path]}
    directories = {path: n for path, n in counts.items() if is_directory[path]}
    return xml, files, directories


def check(name, path, must_read):
    """must_read: files that a dump cannot do without, to see that the counter
    counts."""
    xml, files, directories = count(ours, name)
    _, _, plain_directories = count(plain, name)
    assert "<capability type='migration'>" in xml, xml
    missed = [file for file in must_read if file not in files]
    assert not missed, "never opened: %s" % " ".join(missed)

    twice = ["%s (%d)" % item for item in files.items()
             if item[0].startswith(path + "/") or "/mdev_supported_types/" in item[0]
             if item[1] > 1]
    assert not twice, "opened more than once: %s" % " ".join(twice)

    for directory, number in directories.items():
        # The names of compatible_ fields can only be found by listing the directory
        # of the type, or of the function, which 11.3.0 has no use for.
        allowed = plain_directories.get(directory, 0)
        if os.path.basename(os.path.dirname(directory)) == "mdev_supported_types" or \
                directory in [parent.path for parent in kernel.parents.values()
                              if parent.subsystem == "pci"]:
            allowed = 1
        assert number <= allowed, "%s listed %d times, allowed are %d" % (
            directory, number, allowed)


def type_files(parent, type):
    return [kernel.type_path(parent, type) + "/" + file
            for file in ("device_api", "compatible_type", *PUBLISHED)]


def check_parent(number):
    parent = PARENTS[number]
    check(parent.nodedev, parent.path,
          [file for type in parent.types for file in type_files(parent, type)])


def check_device(number):
    mdev = [mdev for mdev in kernel.mdevs.values() if mdev.parent is PARENTS[number]][0]
    check(mdev.nodedev, mdev.path,
          type_files(mdev.parent, mdev.type) + [mdev.path + "/" + name for name in VALUES])


def test_parent_pci():
    check_parent(0)


def test_parent_css():
    check_parent(1)


def test_parent_ap_matrix():
    check_parent(2)


def test_parent_mtty():
    check_parent(3)


def test_device_pci():
    check_device(0)


def test_device_css():
    check_device(1)


def test_device_ap_matrix():
    check_device(2)


def test_device_mtty():
    check_device(3)


def test_function():
    check(FUNCTION.nodedev, FUNCTION.path,
          [FUNCTION.path + "/" + file for file in ("device_api", *PUBLISHED, *VALUES)])


def test_list():
    """Lists are frequent: one that does not ask for the capability costs what it
    costs in 11.3.0."""
    with ours.opens() as opens:
        ours.list()
    with plain.opens() as plain_opens:
        plain.list()
    assert plain_opens, "the counter is blind"
    mocklab.equal(sorted(opens), sorted(plain_opens), "what a list opens")


def test_list_by_capability():
    """Reads each type once for its parent and once for each of its devices, and
    each device's values once."""
    with ours.opens() as opens:
        ours.list("--cap", "migration")
    counts = collections.Counter(opens)
    values = [mdev.path + "/size" for mdev in kernel.mdevs.values()]
    assert values and not set(values) - set(counts), "a value was not read"
    for path, number in counts.items():
        allowed = 1
        for mdev in kernel.mdevs.values():
            if path.startswith(kernel.type_path(mdev.parent, mdev.type)):
                allowed = 2
        if "/mdev_supported_types/" in path or any(
                path.startswith(mdev.path + "/") for mdev in kernel.mdevs.values()):
            assert number <= allowed, "%s opened %d times" % (path, number)
