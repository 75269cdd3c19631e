"""VFIO's user interface, as far as the driver's tests need it (linux/vfio.h)."""

import fcntl
import os
import struct
from pathlib import Path

from host import MDEV_DEVICES


def _io(number):
    return ord(';') << 8 | 100 + number


GET_API_VERSION, SET_IOMMU = _io(0), _io(2)
GROUP_SET_CONTAINER, GROUP_GET_DEVICE_FD = _io(4), _io(6)
DEVICE_GET_INFO, DEVICE_GET_REGION_INFO, DEVICE_GET_IRQ_INFO = _io(7), _io(8), _io(9)
DEVICE_RESET, DEVICE_FEATURE, MIG_GET_PRECOPY_INFO = _io(11), _io(17), _io(21)

TYPE1V2_IOMMU = 3

FEATURE_GET, FEATURE_SET = 1 << 16, 1 << 17
FEATURE_MIGRATION, FEATURE_MIG_DEVICE_STATE, FEATURE_MIG_DATA_SIZE = 1, 2, 9

STOP_COPY_FLAG, P2P_FLAG, PRE_COPY_FLAG = 1, 2, 4

(ERROR, STOP, RUNNING, STOP_COPY, RESUMING, RUNNING_P2P, PRE_COPY, PRE_COPY_P2P) = range(8)

CONFIG_REGION, BAR0_REGION = 7, 0


class Device:
    """An open instance, or a virtual function."""

    def __init__(self, name, bus=MDEV_DEVICES):
        group = os.path.basename(os.readlink(bus / name / 'iommu_group'))
        self.container = os.open('/dev/vfio/vfio', os.O_RDWR)
        self.group = os.open(Path('/dev/vfio') / group, os.O_RDWR)
        fcntl.ioctl(self.group, GROUP_SET_CONTAINER, struct.pack('i', self.container))
        fcntl.ioctl(self.container, SET_IOMMU, TYPE1V2_IOMMU)
        # a buffer that may change makes Python return the call's own result
        self.fd = fcntl.ioctl(self.group, GROUP_GET_DEVICE_FD, bytearray(name.encode() + b'\0'),
                              True)

    def close(self):
        for fd in (self.fd, self.group, self.container):
            os.close(fd)

    def __enter__(self):
        return self

    def __exit__(self, *_args):
        self.close()

    def info(self):
        """(flags, regions, interrupts)"""
        return struct.unpack('4I', fcntl.ioctl(self.fd, DEVICE_GET_INFO,
                                               struct.pack('4I', 16, 0, 0, 0)))[1:]

    def region(self, index):
        """(flags, size, offset)"""
        data = fcntl.ioctl(self.fd, DEVICE_GET_REGION_INFO,
                           struct.pack('4IQQ', 32, 0, index, 0, 0, 0))
        _argsz, flags, _index, _cap, size, offset = struct.unpack('4IQQ', data)
        return flags, size, offset

    def irqs(self, index):
        return struct.unpack('4I', fcntl.ioctl(self.fd, DEVICE_GET_IRQ_INFO,
                                               struct.pack('4I', 16, 0, index, 0)))[3]

    def read(self, region, at, size):
        return os.pread(self.fd, size, self.region(region)[2] + at)

    def write(self, region, at, data):
        return os.pwrite(self.fd, data, self.region(region)[2] + at)

    def reset(self):
        fcntl.ioctl(self.fd, DEVICE_RESET)

    def feature(self, flags, data):
        size = 8 + len(data)
        return fcntl.ioctl(self.fd, DEVICE_FEATURE,
                           struct.pack('II', size, flags) + data)[8:]

    def migration_flags(self):
        return struct.unpack('Q', self.feature(FEATURE_GET | FEATURE_MIGRATION, bytes(8)))[0]

    def data_size(self):
        return struct.unpack('Q', self.feature(FEATURE_GET | FEATURE_MIG_DATA_SIZE, bytes(8)))[0]

    def state(self):
        data = self.feature(FEATURE_GET | FEATURE_MIG_DEVICE_STATE, bytes(8))
        return struct.unpack('Ii', data)[0]

    def set_state(self, state):
        """Returns the file of the stream if the state has one."""
        data = self.feature(FEATURE_SET | FEATURE_MIG_DEVICE_STATE, struct.pack('Ii', state, -1))
        fd = struct.unpack('Ii', data)[1]
        return fd if fd >= 0 else None


def precopy_info(fd):
    """(initial bytes, dirty bytes)"""
    data = fcntl.ioctl(fd, MIG_GET_PRECOPY_INFO, struct.pack('IIQQ', 24, 0, 0, 0))
    return struct.unpack('IIQQ', data)[2:]


def read_all(fd, size=4096):
    data = b''
    while chunk := os.read(fd, size):
        data += chunk
    return data
