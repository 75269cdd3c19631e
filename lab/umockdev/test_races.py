# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices that come and go quickly, with an mdevctl that takes its time. These
are defects of libvirt 11.3.0, too."""

import contextlib
import errno
import os
import re
import signal
import subprocess
import tempfile
import time

import mocklab
from mocklab import Daemon, Options, equal
from mockkernel import Kernel, MdevType, pci

TYPE = MdevType("sample-1", available=8)
NO_GROUP = MdevType("sample-no-group", iommu_group=False)
STAYS = MdevType("sample-stays", iommu_group=False, remove_error=errno.EBUSY)
PARENT = pci("0000:00:10.0", [TYPE, NO_GROUP, STAYS])
UUID = "1d0ef4a6-6a5b-4b8e-9df5-00000000%04d"

MARK = 9999

# mdevctl calls it for each device that it lists.
SLOW = "/etc/mdevctl.d/scripts.d/callouts/slow"

cleanup = contextlib.ExitStack()
kernel = None
daemon = None


def setup_module():
    global kernel, daemon
    with open(SLOW, "w") as f:
        f.write('#!/bin/sh\ncase " $* " in *" get "*) sleep 0.05 ;; esac\nexit 2\n')
    os.chmod(SLOW, 0o755)
    cleanup.callback(os.unlink, SLOW)
    kernel = cleanup.enter_context(Kernel([PARENT]))
    daemon = cleanup.enter_context(Daemon(kernel, Options.build))


def teardown_module():
    cleanup.close()


def setup_function():
    for mdev in list(kernel.mdevs.values()):
        kernel.remove(mdev)
    mocklab.wait_until(lambda: not daemon.list("--cap", "mdev"), "all devices are gone")


def description(number, type=TYPE):
    return ("<device><parent>%s</parent><capability type='mdev'><type id='%s'/>"
            "<uuid>%s</uuid></capability></device>"
            % (PARENT.nodedev, type.id, UUID % number))


def name(number):
    return PARENT.mdev_nodedev(UUID % number)


def is_active(number, daemon):
    return re.search("^Active: *yes$", daemon.virsh("nodedev-info", name(number)), re.MULTILINE)


@contextlib.contextmanager
def defined(number, daemon, type=TYPE):
    daemon.define(name(number), description(number, type))
    try:
        yield
    finally:
        daemon.undefine(name(number))
        mocklab.wait_until(lambda: name(number) not in daemon.list("--all"), "it is undefined")


@contextlib.contextmanager
def events(daemon):
    """Yields a list that holds, at the end of the block, (device, event) for
    each one that was sent."""
    result = []
    with tempfile.TemporaryFile("w+") as output:
        virsh = subprocess.Popen(
            ["stdbuf", "-oL", daemon.build + "/tools/virsh", "-c", daemon.uri,
             "nodedev-event", "--event", "lifecycle", "--loop"],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)

        def seen():
            output.seek(0)
            return re.findall("for node device ([^:]*): (.*)", output.read())

        try:
            while not seen():
                # it may not listen yet
                assert virsh.poll() is None
                daemon.with_xml("nodedev-create", description(MARK))
                daemon.virsh("nodedev-destroy", name(MARK))
            yield result
            before = len(seen())
            kernel.create(PARENT, TYPE, UUID % MARK)
            mocklab.wait_until(lambda: (name(MARK), "Created") in seen()[before:],
                               "the last event")
            result.extend(event for event in seen() if event[0] != name(MARK))
        finally:
            virsh.send_signal(signal.SIGINT)
            virsh.wait()


def test_no_ghost():
    """A device that mdevctl listed before libvirt knew it, and that has gone when
    libvirt comes to its event; in 11.3.0 it stays in the list."""
    mdev = kernel.create_silently(PARENT, TYPE, UUID % 1)
    kernel.create(PARENT, TYPE, UUID % 2)
    kernel.create(PARENT, TYPE, UUID % 3)
    # then mdevctl was asked because of the one before it
    mocklab.wait_until(lambda: name(3) in daemon.list(), "the third device is known")
    kernel.remove_silently(mdev)
    kernel.announce_creation(mdev)
    kernel.announce_removal(mdev)
    kernel.create(PARENT, TYPE, UUID % 4)
    mocklab.wait_until(lambda: name(4) in daemon.list(), "the fourth device is known")
    equal(daemon.list("--all", "--cap", "mdev"), [name(2), name(3), name(4)], "the devices")


def test_new_device_is_found_soon():
    """11.3.0 looks once more after 5 seconds."""
    for number in (5, 6, 7):
        kernel.create(PARENT, TYPE, UUID % number)
    start = time.monotonic()
    daemon.with_xml("nodedev-create", description(8))
    seconds = time.monotonic() - start
    assert name(8) in daemon.list()
    assert seconds < 3, "it took %.1f s" % seconds


def test_create_and_destroy():
    """To and fro: each call sees what the one before it did."""
    for _ in range(50):
        daemon.with_xml("nodedev-create", description(9))
        assert name(9) in daemon.list()
        equal(len(mocklab.parse(daemon.dumpxml(name(9))).findall("path")), 1, "number of paths")
        daemon.virsh("nodedev-destroy", name(9))
        assert name(9) not in daemon.list("--all")
    equal(list(kernel.mdevs), [], "the kernel's devices")
    # and events that were still on their way change nothing
    kernel.create(PARENT, TYPE, UUID % 10)
    mocklab.wait_until(lambda: name(10) in daemon.list(), "the next device is known")
    equal(daemon.list("--all", "--cap", "mdev"), [name(10)], "the devices")


def test_start_and_destroy():
    with defined(11, daemon):
        for _ in range(20):
            # something else to do
            other = kernel.create(PARENT, TYPE, UUID % 14)
            daemon.virsh("nodedev-start", name(11))
            assert is_active(11, daemon)
            assert "<path>" in daemon.dumpxml(name(11))
            kernel.remove(other)
            daemon.virsh("nodedev-destroy", name(11))
            assert not is_active(11, daemon)
            assert "<path>" not in daemon.dumpxml(name(11))


def test_events():
    """One of each, whoever comes first, the call or udev."""
    with events(daemon) as found:
        for _ in range(5):
            daemon.with_xml("nodedev-create", description(12))
            daemon.virsh("nodedev-destroy", name(12))
        mdev = kernel.create(PARENT, TYPE, UUID % 13)
        mocklab.wait_until(lambda: name(13) in daemon.list(), "the device is known")
        kernel.remove(mdev)
        mocklab.wait_until(lambda: name(13) not in daemon.list(), "the device has gone")
    equal(found, [(name(12), "Created"), (name(12), "Deleted")] * 5
          + [(name(13), "Created"), (name(13), "Deleted")], "the events")


def remove_unnoticed(number):
    """Remove a device by hand, while the daemon has something else to do."""
    for other in (14, 15, 16):
        kernel.create(PARENT, TYPE, UUID % other)
    kernel.remove(kernel.mdevs[UUID % number])


def check_is_the_new_one(number):
    group = mocklab.parse(daemon.dumpxml(name(number))).find(".//iommuGroup").get("number")
    equal(int(group), kernel.mdevs[UUID % number].iommu_group, "the IOMMU group")


def test_create_after_a_removal_by_hand():
    kernel.create(PARENT, TYPE, UUID % 17)
    mocklab.wait_until(lambda: name(17) in daemon.list(), "the device is known")
    remove_unnoticed(17)
    daemon.with_xml("nodedev-create", description(17))
    check_is_the_new_one(17)


def test_start_after_a_removal_by_hand():
    with defined(18, daemon):
        daemon.virsh("nodedev-start", name(18))
        remove_unnoticed(18)
        daemon.virsh("nodedev-start", name(18))
        check_is_the_new_one(18)
        daemon.virsh("nodedev-destroy", name(18))


def test_device_that_does_not_appear():
    """11.3.0 leaves it behind, and fails without an error."""
    with Kernel([PARENT]) as kernel, Daemon(kernel, Options.build, clock_rate=60) as daemon:
        message = daemon.with_xml("nodedev-create", description(20, NO_GROUP), fails=True)
        assert name(20) in message and "within 60 seconds, and it was stopped" in message, message
        equal(list(kernel.mdevs), [], "the kernel's devices")
        equal(daemon.list("--all", "--cap", "mdev"), [], "the devices")

        with defined(21, daemon, NO_GROUP):
            message = daemon.virsh_fails("nodedev-start", name(21))
            assert "within 60 seconds, and it was stopped" in message, message
            equal(list(kernel.mdevs), [], "the kernel's devices after a start")
            assert not is_active(21, daemon)

        message = daemon.with_xml("nodedev-create", description(22, STAYS), fails=True)
        assert "within 60 seconds, and it was not stopped: " in message, message
        equal(list(kernel.mdevs), [UUID % 22], "the kernel's devices that stay")


def test_end_of_the_daemon():
    """11.3.0 hangs when the thread that listens to udev is not fast enough."""
    cpu = {min(os.sched_getaffinity(0))}
    for _ in range(5):
        with Kernel([PARENT]) as kernel, Daemon(kernel, Options.build) as daemon:
            tasks = "/proc/%d/task" % daemon.pid
            for task in os.listdir(tasks):
                os.sched_setaffinity(int(task), cpu)
                if open("%s/%s/comm" % (tasks, task)).read() == "udev-event\n":
                    os.sched_setscheduler(int(task), os.SCHED_IDLE, os.sched_param(0))
            busy = subprocess.Popen(["sh", "-c", "while :; do :; done"])
            try:
                os.sched_setaffinity(busy.pid, cpu)
                daemon.stop()
            finally:
                busy.kill()
                busy.wait()
