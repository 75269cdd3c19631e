# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who says no when a mediated device is made or removed, what is left then, and
what goes on while somebody takes his time."""

import contextlib
import errno
import os
import threading
import time

import mocklab
from mocklab import Daemon, Options, equal
from mockkernel import Attr, Kernel, MdevType, one_of, pci

TYPE = MdevType("sample-1", available=8, attributes={"dynamic_resources": "aggregator"},
                instance={"aggregator": Attr("1", one_of(1, 2))})
NO_GROUP = MdevType("sample-no-group", iommu_group=False)
STAYS = MdevType("sample-stays", attributes={"dynamic_resources": "aggregator"},
                 instance={"aggregator": Attr("1", one_of(1, 2))}, remove_error=errno.EBUSY)
REFUSED = MdevType("sample-refused", create_error=errno.EINVAL)
DENIED = MdevType("sample-denied", create_error=errno.EACCES)
PARENT = pci("0000:00:10.0", [TYPE, NO_GROUP, STAYS, REFUSED, DENIED])
UUID = "5e0a1c7e-93d2-4c1b-8a77-00000000%04d"

CALLOUT = "/etc/mdevctl.d/scripts.d/callouts/test"

NOT_VALID = "Requested operation is not valid: "
UNSUPPORTED = "unsupported configuration: "
FAILED = "operation failed: "

cleanup = contextlib.ExitStack()
kernel = None
daemon = None


def setup_module():
    global kernel, daemon
    kernel = cleanup.enter_context(Kernel([PARENT]))
    daemon = cleanup.enter_context(Daemon(kernel, Options.build))


def teardown_module():
    cleanup.close()


def setup_function():
    for mdev in list(kernel.mdevs.values()):
        kernel.remove(mdev)
    mocklab.wait_until(lambda: not daemon.list("--cap", "mdev"), "all devices are gone")


def name(number):
    return PARENT.mdev_nodedev(UUID % number)


def create(number, type=TYPE, fails=False, **attributes):
    xml = ("<device><parent>%s</parent><capability type='mdev'><type id='%s'/>"
           "<uuid>%s</uuid>%s</capability></device>"
           % (PARENT.nodedev, type.id, UUID % number,
              "".join("<attr name='%s' value='%s'/>" % item for item in attributes.items())))
    return daemon.with_xml("nodedev-create", xml, fails=fails)


@contextlib.contextmanager
def callout(event, command):
    """mdevctl runs a script: --event EVENT."""
    with open(CALLOUT, "w") as f:
        f.write('#!/bin/sh\ncase " $* " in *" %s "*) %s ;; esac\nexit 2\n' % (event, command))
    os.chmod(CALLOUT, 0o755)
    try:
        yield
    finally:
        os.unlink(CALLOUT)


def test_who_refused():
    """A manager has to know whether the device does not fit or this host has a fault."""
    for number, type, attributes, code in (
            (1, REFUSED, {}, UNSUPPORTED), (2, TYPE, {"aggregator": 3}, UNSUPPORTED),
            (3, DENIED, {}, FAILED)):
        message = create(number, type, fails=True, **attributes)
        assert code in message, message
        equal(list(kernel.mdevs), [], "the kernel's devices")


def test_somebody_was_faster():
    create(4)
    message = create(4, fails=True)
    assert NOT_VALID in message, message
    equal(list(kernel.mdevs), [UUID % 4], "the kernel's devices")
    assert name(4) in daemon.list()


def test_callout_says_no():
    with callout("-a start", "exit 1"):
        message = create(5, fails=True)
    assert FAILED in message, message
    equal(list(kernel.mdevs), [], "the kernel's devices")


def test_mdevctl_is_missing():
    path = mocklab.run("sh", "-c", "command -v mdevctl").stdout.strip()
    # the daemon has mounts of its own
    inside = ("nsenter", "--mount", "--target", str(daemon.pid))
    mocklab.run(*inside, "mount", "--bind", "/dev/null", path)
    try:
        message = create(6, fails=True)
    finally:
        mocklab.run(*inside, "umount", path)
    assert FAILED in message and "is not installed" in message, message


def test_made_in_spite_of_an_error():
    """What can be removed is removed, what cannot is listed."""
    message = create(7, STAYS, fails=True, aggregator=3)
    assert UNSUPPORTED in message, message
    equal(list(kernel.mdevs), [UUID % 7], "the kernel's devices")
    mocklab.wait_until(lambda: name(7) in daemon.list("--cap", "mdev"), "the device is listed")
    kernel.remove(kernel.mdevs[UUID % 7])


def test_no_group():
    """Nobody can have opened a device without a group."""
    mdev = kernel.create(PARENT, TYPE, UUID % 8)
    mocklab.wait_until(lambda: name(8) in daemon.list(), "the device is known")
    kernel.drop(mdev.path + "/iommu_group")
    daemon.virsh("nodedev-destroy", name(8))
    equal(list(kernel.mdevs), [], "the kernel's devices")


def meanwhile(action):
    """Lists and the XML of another device do not wait for action()."""
    create(9)
    thread = threading.Thread(target=action)
    thread.start()
    slowest = 0
    try:
        time.sleep(0.5)
        while thread.is_alive():
            begin = time.monotonic()
            assert name(9) in daemon.list("--all")
            daemon.dumpxml(name(9))
            daemon.dumpxml(PARENT.nodedev)
            slowest = max(slowest, time.monotonic() - begin)
            time.sleep(0.1)
    finally:
        thread.join()
    assert slowest < 2, "%.1f s" % slowest


def test_slow_to_create():
    with callout("-a start", "sleep 5"):
        meanwhile(lambda: create(10))
    assert name(10) in daemon.list()


def test_slow_to_destroy():
    create(11)
    with callout("-a stop", "sleep 5"):
        meanwhile(lambda: daemon.virsh("nodedev-destroy", name(11)))
    assert name(11) not in daemon.list()


def test_slow_to_start_and_undefine():
    xml = ("<device><parent>%s</parent><capability type='mdev'><type id='%s'/>"
           "<uuid>%s</uuid></capability></device>" % (PARENT.nodedev, TYPE.id, UUID % 12))
    daemon.define(name(12), xml)
    with callout("-a start", "sleep 5"):
        meanwhile(lambda: daemon.virsh("nodedev-start", name(12)))
    daemon.virsh("nodedev-destroy", name(12))
    daemon.virsh("nodedev-destroy", name(9))
    with callout("-a undefine", "sleep 5"):
        meanwhile(lambda: daemon.virsh("nodedev-undefine", name(12)))
