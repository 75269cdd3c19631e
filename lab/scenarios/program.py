"""The sample vfio-user program by itself, with plain QEMU: no libvirt is involved."""

import contextlib
import json
import zlib

from host import EMULATOR, Program, Qemu, check, equal, run, wait_for

MODES = ('stock',)
DAEMONS = False

# Registers in the ports of BAR 0, see lab/vfio-user-device/README.md
MAGIC, VERSION, FPS, COUNTER, ADDRESS, DATA, SCRATCH, CHECKSUM, GIVEN, VALUES = (
    0x00, 0x04, 0x10, 0x14, 0x18, 0x1c, 0x20, 0x60, 0x64, 0x68)

SLOT = 5
NOTHING = 0xffffffff

# Words of the BIOS data area that the firmware fills in: equipment, and memory below 1 MiB
EQUIPMENT = 0x410


def identity(text):
    return zlib.crc32(text.encode()) ^ 0xffffffff


class Device:
    """Our device, as the guest's processor reaches it."""

    def __init__(self, qemu):
        self.qemu = qemu
        found = [device for bus in qemu.qmp('query-pci') for device in bus['devices']
                 if device['slot'] == SLOT]
        equal([device['id'] for device in found],
              [{'vendor': 0x1af4, 'device': 0x10f7,
                'subsystem-vendor': 0x1af4, 'subsystem': 0x10f7}], 'devices in the slot')
        self.port = qemu.bar(SLOT)

    def read(self, register):
        return self.qemu.read(self.port + register)

    def write(self, register, value):
        self.qemu.write(self.port + register, value)

    def become_master(self):
        """PCI's own ports: the command register of our slot, with bus master. The firmware uses
        them, too, until it is done."""
        self.qemu.write(0xcf8, 1 << 31 | SLOT << 11 | 4)
        self.qemu.write(0xcfc, 7, 'h')
        equal(self.qemu.read(0xcfc, 'h'), 7, 'command register')

    def memory(self, address):
        """What the device reads in the guest's memory."""
        self.write(ADDRESS, address)
        return self.read(DATA)


def memory_of(qemu, address):
    """What QEMU says that there is."""
    return int(qemu.monitor(f'xp /1xw {address:#x}').split(':')[1], 16)


@contextlib.contextmanager
def guest(*args, **kwargs):
    program = Program(*args)
    qemu = Qemu('guest', program=program, **kwargs)
    try:
        yield program, qemu, Device(qemu)
    finally:
        qemu.quit()
    program.end()


def interrupts(qemu):
    """How often each was raised, by number."""
    lines = qemu.monitor('info irq').split('isa-i8259:')[1].splitlines()
    return {int(number): int(count) for number, count in
            (line.split(':') for line in lines if ':' in line)}


def test_a_guest_uses_the_device():
    with guest('--lab-interrupt', '--m-num-queues=7', '--m-mode', 'slow',
               '--lab-software-version=1.5.9') as (program, qemu, device):
        equal(device.read(MAGIC), 0x42414c4d, 'magic')
        equal([device.read(register) for register in (VERSION, FPS)], [0x01050009, 30], 'registers')
        equal([device.read(register) for register in
               (CHECKSUM, GIVEN, VALUES, VALUES + 4, VALUES + 8)],
              [identity('parameters mode=slow new-feature=on num-queues=7'), 2, 7, 1,
               identity('slow')], 'parameters')
        for i in range(8):
            device.write(SCRATCH + 4 * i, 0x1ab00000 + i)
        equal([device.read(SCRATCH + 4 * i) for i in range(8)],
              [0x1ab00000 + i for i in range(8)], 'scratch registers')

        equal(device.memory(EQUIPMENT), NOTHING, 'memory, without bus master')
        qemu.firmware.wait()
        device.become_master()
        check(memory_of(qemu, EQUIPMENT) not in (0, NOTHING), 'the firmware has written nothing')
        equal(device.memory(EQUIPMENT), memory_of(qemu, EQUIPMENT), 'memory of the guest')
        device.write(ADDRESS, 0x7000)
        device.write(DATA, 0xc0ffee)
        equal(memory_of(qemu, 0x7000), 0xc0ffee, 'what the device wrote')

        check(any('eventfd' in file for file in program.files()), 'nobody waits for interrupts')
        before = interrupts(qemu)
        device.write(COUNTER, 1)
        raised = wait_for(lambda: {number for number, count in interrupts(qemu).items()
                                   if number and count > before.get(number, 0)}, 'the interrupt')
        equal((len(raised), device.read(COUNTER)), (1, 1), 'interrupts and counter')

        qemu.qmp('system_reset')
        wait_for(lambda: qemu.bar(SLOT) and not device.read(SCRATCH), 'the device is reset')
        equal(device.read(GIVEN), 2, 'parameters after a reset')
        equal(qemu.status(), 'running', 'status')


def test_a_guest_that_does_not_share_its_memory():
    with guest('--lab-shape=versions', '--migration-version=v1',
               shared=False) as (program, qemu, device):
        equal([device.read(register) for register in (CHECKSUM, GIVEN, VALUES, VALUES + 4)],
              [identity('example.org/mdevlab-small v1'), 1, 0, 0], 'version')
        qemu.firmware.wait()
        device.become_master()
        equal(device.memory(EQUIPMENT), NOTHING, 'memory of the guest')
        check(memory_of(qemu, EQUIPMENT) != NOTHING, 'that is what the memory has')
        check(not any('eventfd' in file for file in program.files()), 'there is no interrupt')


def test_the_program_dies_beside_a_running_guest():
    program = Program()
    qemu = Qemu('guest', program=program)
    try:
        device = Device(qemu)
        # until then it changes the memory map, and QEMU gives up when nobody takes notice
        qemu.firmware.wait()
        program.kill()
        reply = qemu.monitor(f'i /w {device.port:#x}')
        check('0xffffffff' in reply, f'a register reads {reply}')
        equal(qemu.status(), 'running', 'status')
    finally:
        qemu.quit()


def test_qemu_ends_if_the_program_does_not_answer():
    program = Program('--lab-fault=connect:hang')
    device = {'driver': 'vfio-user-pci', 'socket': {'type': 'unix', 'path': program.socket_path}}
    result = run(EMULATOR, '-accel', 'tcg', '-machine', 'q35', '-nodefaults', '-display', 'none',
                 '-device', json.dumps(device), status=1)
    check('timed out waiting for reply' in result.stderr, 'the reason')
    program.kill()
