# SPDX-License-Identifier: LGPL-2.1-or-later
"""A fake kernel with mediated devices, for processes with umockdev's preload.

The tree below /sys is written as plain files; preload.c hands every write to a
sysfs file to Kernel, which does what the mdev core and a vendor driver would
do: create and remove devices, keep available_instances, take, refuse or adjust
attribute values, and send events.
"""

import dataclasses
import errno
import glob
import os
import re
import shutil
import socket
import stat
import struct
import tempfile
import threading
import traceback
from dataclasses import dataclass, field

# Contents of a file that is none: a directory of that name.
DIRECTORY = object()


@dataclass
class FailsAtRead:
    """A file that opens, but whose read() fails with EIO."""

    value: str = ""


@dataclass
class WriteOnly:
    """A file that may only be written."""


@dataclass
class Attr:
    """A writable attribute of a device.

    accept() gets the text that is written and returns the text that the driver
    keeps, or raises OSError.
    """

    value: str
    accept: object = lambda text: text


def one_of(*values):
    """For Attr: takes these values, refuses the rest with EINVAL."""

    def accept(text):
        if text not in [str(value) for value in values]:
            raise OSError(errno.EINVAL, "not offered")
        return text

    return accept


def clamped(low, high):
    """For Attr: takes any number and keeps the nearest in the range."""

    def accept(text):
        try:
            number = int(text)
        except ValueError:
            raise OSError(errno.EINVAL, "not a number")
        return str(min(max(number, low), high))

    return accept


def refused(code):
    """For Attr: refuses every value with this errno."""

    def accept(text):
        raise OSError(code, "refused")

    return accept


@dataclass
class MdevType:
    """A type of mediated device that a parent offers.

    attributes are further files of the type's directory, instance those of a
    device. Values: str (a newline is added), bytes (as they are), DIRECTORY,
    FailsAtRead, WriteOnly, and for instance Attr. libvirt does not take devices
    without an IOMMU group.
    """

    id: str
    name: str = None
    device_api: object = "vfio-pci"
    available: int = 8
    attributes: dict = field(default_factory=dict)
    instance: dict = field(default_factory=dict)
    create_error: int = 0
    remove_error: int = 0
    iommu_group: bool = True


@dataclass
class Parent:
    """A device that offers types, or with types=None one that does not. Use
    pci(), css(), matrix() or device()."""

    path: str
    subsystem: str
    on_bus: bool
    driver: str
    types: list
    nodedev: str
    uevent: dict = field(default_factory=dict)
    attributes: dict = field(default_factory=dict)

    @property
    def address(self):
        return os.path.basename(self.path)

    def mdev_nodedev(self, uuid):
        """The name that libvirt gives to a device of this parent."""
        return "mdev_" + re.sub("[^A-Za-z0-9]", "_", uuid + "_" + self.address)


def pci(address, types, driver="sampledrv", attributes=None):
    """attributes: further files of the function's directory."""
    config = bytearray(256)
    config[0:12] = bytes.fromhex("361b0500" "00000000" "000000ff")
    config[0x2C:0x30] = bytes.fromhex("f41a0011")
    return Parent(
        path="/devices/pci0000:00/" + address,
        subsystem="pci",
        on_bus=True,
        driver=driver,
        types=types,
        nodedev="pci_" + re.sub("[:.]", "_", address),
        uevent={
            "PCI_CLASS": "FF00",
            "PCI_ID": "1B36:0005",
            "PCI_SUBSYS_ID": "1AF4:1100",
            "PCI_SLOT_NAME": address,
            "MODALIAS": "pci:v00001B36d00000005sv00001AF4sd00001100bc00scFFi00",
        },
        attributes={
            "vendor": "0x1b36",
            "device": "0x0005",
            "class": "0x00ff00",
            "subsystem_vendor": "0x1af4",
            "subsystem_device": "0x1100",
            "numa_node": "-1",
            "irq": "0",
            "revision": "0x00",
            "resource": b"0x0000000000000000 0x0000000000000000 0x0000000000000000\n" * 7,
            "config": bytes(config),
            **(attributes or {}),
        },
    )


def css(address, types, driver="vfio_ccw"):
    """A subchannel of s390's channel subsystem."""
    return Parent(
        path="/devices/css0/" + address,
        subsystem="css",
        on_bus=True,
        driver=driver,
        types=types,
        nodedev="css_" + re.sub("[:.]", "_", address),
        uevent={"MODALIAS": "css:t0"},
        attributes={"type": "0", "modalias": "css:t0", "dev_busid": "0.0.1234"},
    )


def matrix(types, driver="vfio_ap"):
    """s390's matrix device, the parent of crypto adapters' devices."""
    return Parent(
        path="/devices/vfio_ap/matrix",
        subsystem="matrix",
        on_bus=True,
        driver=driver,
        types=types,
        nodedev="ap_matrix",
    )


def device(subsystem, name, types, driver=None):
    """A device in a class of its own, like that of Linux' mtty sample."""
    return Parent(
        path="/devices/virtual/%s/%s" % (subsystem, name),
        subsystem=subsystem,
        on_bus=False,
        driver=driver,
        types=types,
        nodedev="%s_%s" % (subsystem, name),
    )


@dataclass
class Mdev:
    """An existing mediated device."""

    uuid: str
    parent: Parent
    type: MdevType
    path: str
    attributes: dict
    iommu_group: int

    @property
    def nodedev(self):
        return self.parent.mdev_nodedev(self.uuid)


@dataclass
class Request:
    """A write that reached the kernel, and how it ended (0 or an errno)."""

    path: str
    data: bytes
    error: int


class Kernel:
    """The fake kernel, with a directory of its own."""

    def __init__(self, parents=()):
        self.root = os.path.realpath(tempfile.mkdtemp(prefix="kernel-"))
        self.sys = os.path.join(self.root, "sys")
        self.lock = threading.RLock()
        self.parents = {}
        self.mdevs = {}
        self.requests = []
        self.iommu_groups = 0
        self.events = 0

        for name in ("bus/mdev/devices", "bus/mdev/drivers", "class/mdev_bus"):
            os.makedirs(os.path.join(self.sys, name))
        self._write_tree("/devices/virtual/dmi/id", {
            "product_name": "Mock machine",
            "sys_vendor": "Mock vendor",
            "bios_vendor": "Mock vendor",
            "bios_version": "1",
            "bios_date": "01/01/2020",
        })
        self._finish_device("/devices/virtual/dmi/id", "dmi", False, None, {})

        self.address = os.path.join(self.root, "kernel")
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.address)
        self.listener.listen(64)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

        for parent in parents:
            self.add_parent(parent)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()

    def close(self):
        # shutdown() wakes the thread from accept()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def environment(self):
        """What a process needs to live with this kernel."""
        return {"UMOCKDEV_DIR": self.root, "MOCKLAB_KERNEL": self.address}

    # The tree

    def file(self, path):
        """Where a path below /sys really is."""
        return self.sys + path

    def put(self, path, value):
        """Create or replace one file; the daemons are not told."""
        name = self.file(path)
        mode = 0o444

        if value is DIRECTORY or os.path.isdir(name):
            self.drop(path)
        if value is DIRECTORY:
            os.mkdir(name)
            return
        if isinstance(value, Attr):
            mode = 0o644
            value = value.value
        elif isinstance(value, FailsAtRead):
            mode |= stat.S_ISVTX
            value = value.value
        elif isinstance(value, WriteOnly):
            mode = 0o200
            value = b""
        if isinstance(value, str):
            value = value.encode() + b"\n"
        # in one step: a daemon may be reading
        with open(self.root + "/new", "wb") as f:
            f.write(value)
        os.chmod(self.root + "/new", mode)
        os.rename(self.root + "/new", name)

    def drop(self, path):
        """Remove one file or directory, if it is there."""
        name = self.file(path)

        if os.path.isdir(name) and not os.path.islink(name):
            shutil.rmtree(name)
        elif os.path.lexists(name):
            os.unlink(name)

    def link(self, path, target):
        """A relative link, as in a real /sys, from one path to another."""
        name = self.file(path)

        os.makedirs(os.path.dirname(name), exist_ok=True)
        os.symlink(os.path.relpath(self.file(target), os.path.dirname(name)), name)

    def _write_tree(self, path, files):
        os.makedirs(self.file(path), exist_ok=True)
        for name, value in files.items():
            if "/" in name:
                os.makedirs(os.path.dirname(self.file(path + "/" + name)), exist_ok=True)
            self.put(path + "/" + name, value)

    def _finish_device(self, path, subsystem, on_bus, driver, uevent):
        """Links to and from the subsystem, and the uevent file, without which
        libudev does not take a directory for a device."""
        home = ("/bus/" if on_bus else "/class/") + subsystem
        listed = home + ("/devices" if on_bus else "")

        os.makedirs(self.file(listed), exist_ok=True)
        self.link(path + "/subsystem", home)
        if driver:
            os.makedirs(self.file("/bus/%s/drivers/%s" % (subsystem, driver)), exist_ok=True)
            self.link(path + "/driver", "/bus/%s/drivers/%s" % (subsystem, driver))
            uevent = {"DRIVER": driver, **uevent}
        self.put(path + "/uevent",
                 "".join("%s=%s\n" % item for item in uevent.items()).encode())
        self.link(listed + "/" + os.path.basename(path), path)

    def type_path(self, parent, type):
        return "%s/mdev_supported_types/%s" % (parent.path, getattr(type, "id", type))

    # What a kernel does

    def event(self, path, action):
        """What udevd sends when it has handled an event of the kernel: a header,
        then the properties. umockdev's listeners are sockets in its directory.
        It has a function for this, too, but that one ends the process when a
        listener is slow, as it does not wait."""
        with open(self.file(path + "/uevent"), "rb") as f:
            properties = f.read().split(b"\n")[:-1]
        subsystem = os.path.basename(os.readlink(self.file(path + "/subsystem")))
        self._send_event(path, action, subsystem, properties)

    def _send_event(self, path, action, subsystem, properties=()):
        self.events += 1
        body = b"".join(line + b"\0" for line in (
            b"ACTION=" + action.encode(),
            b"DEVPATH=" + path.encode(),
            b"SUBSYSTEM=" + subsystem.encode(),
            b"SEQNUM=%d" % self.events,
            *properties))
        # magic number in network order; the last four are for filters that only
        # a real netlink socket has
        size = struct.calcsize("8s8I")
        header = struct.pack("8s8I", b"libudev", socket.htonl(0xFEEDCAFE), size, size,
                             len(body), 0, 0, 0, 0)
        for listener in glob.glob(self.root + "/event[0-9]*"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
                try:
                    peer.sendto(header + body, listener)
                except (ConnectionRefusedError, FileNotFoundError):
                    # that daemon has ended
                    pass

    def add_parent(self, parent):
        with self.lock:
            self._write_tree(parent.path, parent.attributes)
            self._finish_device(parent.path, parent.subsystem, parent.on_bus,
                                parent.driver, parent.uevent)
            if parent.types is not None:
                os.mkdir(self.file(parent.path + "/mdev_supported_types"))
                self.link("/class/mdev_bus/" + parent.address, parent.path)
                for type in parent.types:
                    self._write_type(parent, type)
            self.parents[parent.path] = parent
            self.event(parent.path, "add")

    def remove_parent(self, parent):
        with self.lock:
            for mdev in [m for m in self.mdevs.values() if m.parent is parent]:
                self.remove(mdev)
            self.event(parent.path, "remove")
            home = "/bus/%s/devices/" if parent.on_bus else "/class/%s/"
            os.unlink(self.file(home % parent.subsystem + parent.address))
            if parent.types is not None:
                os.unlink(self.file("/class/mdev_bus/" + parent.address))
            shutil.rmtree(self.file(parent.path))
            del self.parents[parent.path]

    def _write_type(self, parent, type):
        path = self.type_path(parent, type)
        used = sum(1 for mdev in self.mdevs.values()
                   if mdev.parent is parent and mdev.type is type)

        os.makedirs(self.file(path + "/devices"))
        files = {
            "create": WriteOnly(),
            "device_api": type.device_api,
            "available_instances": str(type.available - used),
        }
        if type.name is not None:
            files["name"] = type.name
        self._write_tree(path, {**files, **type.attributes})

    def add_type(self, parent, type):
        with self.lock:
            parent.types.append(type)
            self._write_type(parent, type)

    def remove_type(self, parent, type):
        with self.lock:
            parent.types.remove(type)
            shutil.rmtree(self.file(self.type_path(parent, type)))

    def _free(self, parent, type):
        return int(open(self.file(self.type_path(parent, type) + "/available_instances")).read())

    def _set_free(self, parent, type, number):
        self.put(self.type_path(parent, type) + "/available_instances", str(number))

    def create(self, parent, type, uuid):
        """What a write to the type's create file does."""
        with self.lock:
            mdev = self.create_silently(parent, type, uuid)
            self.event(mdev.path, "add")
            return mdev

    def create_silently(self, parent, type, uuid):
        """Make the device, the event is still on its way."""
        with self.lock:
            if not re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", uuid):
                raise OSError(errno.EINVAL, "not a UUID")
            if uuid in self.mdevs:
                raise OSError(errno.EEXIST, "exists")
            if type.create_error:
                raise OSError(type.create_error, "refused")
            free = self._free(parent, type)
            if free < 1:
                raise OSError(errno.EUSERS, "no instance left")

            path = parent.path + "/" + uuid
            mdev = Mdev(uuid, parent, type, path, {
                name: dataclasses.replace(value) if isinstance(value, Attr) else value
                for name, value in type.instance.items()
            }, self.iommu_groups)
            self.iommu_groups += 1
            group = "/kernel/iommu_groups/%d" % mdev.iommu_group

            self._write_tree(path, {"remove": WriteOnly(), **mdev.attributes})
            os.makedirs(self.file(group + "/devices"))
            self.link(path + "/mdev_type", self.type_path(parent, type))
            if type.iommu_group:
                self.link(path + "/iommu_group", group)
            self.link(group + "/devices/" + uuid, path)
            self.link(self.type_path(parent, type) + "/devices/" + uuid, path)
            self._finish_device(path, "mdev", True, "vfio_mdev", {})
            self._set_free(parent, type, free - 1)
            self.mdevs[uuid] = mdev
            return mdev

    def announce_creation(self, mdev):
        """The late event for create_silently()."""
        self._send_event(mdev.path, "add", "mdev")

    def remove(self, mdev):
        """What a write to the device's remove file does."""
        with self.lock:
            self.event(mdev.path, "remove")
            self.remove_silently(mdev)

    def remove_silently(self, mdev):
        """Take the device away, the event is still on its way."""
        with self.lock:
            type_path = self.type_path(mdev.parent, mdev.type)

            os.unlink(self.file("/bus/mdev/devices/" + mdev.uuid))
            if os.path.isdir(self.file(type_path)):
                os.unlink(self.file(type_path + "/devices/" + mdev.uuid))
                self._set_free(mdev.parent, mdev.type, self._free(mdev.parent, mdev.type) + 1)
            shutil.rmtree(self.file("/kernel/iommu_groups/%d" % mdev.iommu_group))
            shutil.rmtree(self.file(mdev.path))
            del self.mdevs[mdev.uuid]

    def announce_removal(self, mdev):
        """The late event for remove_silently()."""
        self._send_event(mdev.path, "remove", "mdev")

    def set(self, mdev, name, value):
        """Write a device's attribute, as an administrator with a shell."""
        with self.lock:
            attr = mdev.attributes.get(name)

            if not isinstance(attr, Attr):
                raise OSError(errno.EACCES, "read only")
            attr.value = attr.accept(value)
            self.put(mdev.path + "/" + name, attr)

    def get(self, mdev, name):
        return open(self.file(mdev.path + "/" + name)).read().rstrip("\n")

    # Writes of other processes

    def _serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with peer:
                message = b""
                while chunk := peer.recv(65536):
                    message += chunk
                path, data = message.split(b"\0", 1)
                request = Request(path.decode()[len("/sys"):], data, 0)
                try:
                    self._write(request.path, data.decode().rstrip("\n"))
                except OSError as e:
                    request.error = e.errno
                except Exception:
                    # a mistake in a test must not leave the writer waiting
                    traceback.print_exc()
                    request.error = errno.EIO
                self.requests.append(request)
                peer.sendall(struct.pack("=i", request.error))

    def _write(self, path, text):
        with self.lock:
            # the writer may have come through a link
            path = os.path.realpath(self.file(path))[len(self.sys):]
            directory, name = os.path.split(path)

            for parent in self.parents.values():
                for type in parent.types or []:
                    if directory == self.type_path(parent, type) and name == "create":
                        self.create(parent, type, text)
                        return
            for mdev in self.mdevs.values():
                if path == mdev.path + "/remove":
                    if mdev.type.remove_error:
                        raise OSError(mdev.type.remove_error, "refused")
                    self.remove(mdev)
                    return
                if path.startswith(mdev.path + "/"):
                    self.set(mdev, path[len(mdev.path) + 1:], text)
                    return
            raise OSError(errno.EACCES, "nothing to write to")
