"""What scenarios use inside the lab host: the driver, libvirt, QEMU."""

import contextlib
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import libvirt

OUT = Path('/out')
MODE = os.environ.get('LAB_MODE', 'bare')
URI = 'qemu:///system'

# The parents, in the order in which the driver finds them
PCI_PARENTS = ('0000:00:10.0', '0000:00:11.0')
VIRTUAL_PARENT = 'mdevlab-virt0'

UUIDS = tuple(f'c0ffee00-0000-4000-8000-{i:012x}' for i in range(1, 33))

# The function with SR-IOV; its virtual functions have one driver in the host, another for guests
PCI = Path('/sys/bus/pci')
PHYSICAL = PCI / 'devices' / '0000:00:12.0'
FUNCTIONS = ('0000:00:12.1', '0000:00:12.2')
HOST_DRIVER, VFIO_DRIVER = 'vflab', 'vflab_vfio_pci'
FUNCTION_VALUES = ('aggregator', 'lab/fps', 'migration/num-queues', 'migration/new-feature',
                   'migration/version')

# QEMU of the backports suite, which has vfio-user-pci, and our sample program for that
EMULATOR = '/usr/local/qemu-backports/bin/qemu-system-x86_64'
PROGRAM = OUT / 'vulab'
# where libvirt finds it, under several names
PROGRAMS = Path('/usr/libexec/vulab')
DESCRIPTORS = Path('/etc/vfio-user')
SYSTEM_DESCRIPTORS = Path('/usr/share/vfio-user')

MDEV_BUS = Path('/sys/class/mdev_bus')
MDEV_DEVICES = Path('/sys/bus/mdev/devices')


# Repetitions that only --all has
EVERYTHING = False


class Failure(AssertionError):
    """A scenario found something else than it expects."""


def check(condition, message):
    if not condition:
        raise Failure(message)


def equal(actual, expected, what):
    if actual != expected:
        raise Failure(f'{what}: expected {expected!r}, got {actual!r}')


def wait_for(condition, what, timeout=30):
    """Waits until condition() is true, and returns its value."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f'{what}: not within {timeout} s')
        time.sleep(0.1)


def log(text):
    print(f'    {text}', flush=True)


def run(*args, status=0, stdin=None):
    """Runs a program, logs it, checks its exit status (None: any)."""
    result = subprocess.run(args, input=stdin, capture_output=True, text=True, errors='replace',
                            timeout=90, check=False)
    log(f'$ {" ".join(map(str, args))}')
    for line in (result.stdout + result.stderr).splitlines():
        log(f'  {line}')
    if status is not None and result.returncode != status:
        raise Failure(f'{args[0]} {args[1] if len(args) > 1 else ""}: exit status '
                      f'{result.returncode}, {result.stderr.strip()}')
    return result


def errno_of(action, *args):
    """The errno with which an action fails, 0 if it does not."""
    try:
        action(*args)
    except OSError as error:
        return error.errno
    return 0


# The driver

def driver_loaded():
    return Path('/sys/module/mdevlab').exists()


def load_module(name, parameters):
    """Loads a driver. A list or tuple is one value for each parent or function."""
    args = []
    for parameter, value in parameters.items():
        if isinstance(value, (list, tuple)):
            value = ','.join(map(str, value))
        # the kernel's own quotes
        args.append(f'{parameter}="{value}"' if ' ' in str(value) else f'{parameter}={value}')
    run('insmod', str(OUT / f'{name}.ko'), *args)
    run('udevadm', 'settle')


def load_driver(**parameters):
    load_module('mdevlab', parameters)
    if _daemons:
        wait_parents()


def wait_parents():
    """libvirt learns of parents from udev, after the fact; until then they are invalid."""
    # not connection(): the daemon behind it may be gone
    fresh = libvirt.open(URI)
    try:
        wait_for(lambda: len(fresh.listAllDevices(CAP_MDEV_TYPES)) == len(list(MDEV_BUS.iterdir())),
                 'libvirt sees the parents')
    finally:
        fresh.close()


def unload_driver():
    run('rmmod', 'mdevlab')
    run('udevadm', 'settle')


def set_fault(name, value):
    """Switches a fault of all parents while the driver is loaded."""
    Path('/sys/module/mdevlab/parameters', name).write_text(f'{value}\n')


def type_dir(parent, mdev_type):
    return MDEV_BUS / parent / 'mdev_supported_types' / mdev_type


def type_attr(parent, mdev_type, name):
    return (type_dir(parent, mdev_type) / name).read_text().rstrip('\n')


def available(parent, mdev_type):
    return int(type_attr(parent, mdev_type, 'available_instances'))


def create(parent, mdev_type, uuid):
    """Makes an instance, without libvirt and mdevctl."""
    (type_dir(parent, mdev_type) / 'create').write_text(uuid)


def remove(uuid):
    (MDEV_DEVICES / uuid / 'remove').write_text('1')


def get_attr(uuid, name):
    return (MDEV_DEVICES / uuid / name).read_text().rstrip('\n')


def set_attr(uuid, name, value):
    (MDEV_DEVICES / uuid / name).write_text(f'{value}\n')


# Virtual functions

def functions():
    """All of them: address -> driver and values, as far as the driver has them."""
    found = {}
    for link in PHYSICAL.glob('virtfn*'):
        path = link.resolve()
        driver = path / 'driver'
        found[path.name] = {'driver': driver.resolve().name if driver.exists() else None}
        for name in FUNCTION_VALUES:
            with contextlib.suppress(FileNotFoundError):
                found[path.name][name] = (path / name).read_text().strip()
    return found


def load_functions(**parameters):
    """Makes the virtual functions if there are none, and loads the VFIO driver for them."""
    if not (PCI / 'drivers' / HOST_DRIVER).exists():
        run('modprobe', 'vfio-pci-core')
        load_module(HOST_DRIVER, {})
        # libvirt gives virtual functions to a guest only if this one is in use
        for interface in (PHYSICAL / 'net').iterdir():
            run('ip', 'link', 'set', interface.name, 'up')
        alias = run('modinfo', '-F', 'alias', str(OUT / f'{VFIO_DRIVER}.ko')).stdout.strip()
        line = f'alias {alias} {VFIO_DRIVER}\n'
        # what depmod would do; libvirt looks here for the VFIO driver of a function
        aliases = Path('/lib/modules', os.uname().release, 'modules.alias')
        if line not in aliases.read_text():
            with open(aliases, 'a', encoding='utf-8') as file:
                file.write(line)
        (PHYSICAL / 'sriov_numvfs').write_text((PHYSICAL / 'sriov_totalvfs').read_text())
    if (PCI / 'drivers' / VFIO_DRIVER).exists():
        run('rmmod', VFIO_DRIVER)
    load_module(VFIO_DRIVER, parameters)


def unload_functions():
    """They go away, whoever has them."""
    for module in (VFIO_DRIVER, HOST_DRIVER):
        if Path('/sys/module', module).exists():
            run('rmmod', module)
    run('udevadm', 'settle')


def bind_function(address):
    """To the VFIO driver, without libvirt."""
    path = PCI / 'devices' / address
    (path / 'driver_override').write_text(VFIO_DRIVER)
    if (path / 'driver').exists():
        (path / 'driver' / 'unbind').write_text(address)
    (PCI / 'drivers_probe').write_text(address)


def set_function_value(address, name, value):
    (PCI / 'devices' / address / name).write_text(f'{value}\n')


# libvirt

# Flags; Debian's binding does not know the last one
CAP_MDEV = libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV
CAP_MDEV_TYPES = libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES
CAP_MIGRATION = 1 << 27
INACTIVE = libvirt.VIR_NODE_DEVICE_XML_INACTIVE

# errors are raised; they need not be printed, too
libvirt.registerErrorHandler(lambda _context, _error: None, None)


def virsh(*args, status=0):
    return run('virsh', '-q', '-c', URI, *args, status=status).stdout


def node_name(parent, uuid=None):
    """libvirt's name of a parent or of an instance."""
    def clean(text):
        return ''.join(c if c.isalnum() else '_' for c in text)

    if uuid is not None:
        return f'mdev_{clean(uuid)}_{clean(parent)}'
    if parent.startswith('mdevlab'):
        return f'mdevlab_{clean(parent)}'
    return f'pci_{clean(parent)}'


def node_names(*args):
    return virsh('nodedev-list', *args).split()


_connection = None


def connection():
    """One for all: far quicker than virsh, which starts anew for each command."""
    global _connection  # pylint: disable=global-statement
    if _connection is None or not _connection.isAlive():
        _connection = libvirt.open(URI)
    return _connection


def has_node(name, flags=0):
    """Is there such a device, and is it active? One call, as it may go at any time."""
    active = libvirt.VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE
    return any(device.name() == name for device in connection().listAllDevices(flags | active))


def wait_node(name, present=True, flags=0):
    """libvirt learns of devices from udev, after the fact."""
    wait_for(lambda: has_node(name, flags) == present,
             f'{name} {"appears" if present else "disappears"}')


def dumpxml(name, flags=0):
    try:
        text = connection().nodeDeviceLookupByName(name).XMLDesc(flags)
    except libvirt.libvirtError as error:
        raise Failure(f'XML of {name}: {error}') from None
    log(f'XML of {name}, flags {flags}:')
    for line in text.splitlines():
        log(f'  {line}')
    return text


def define_file(text, name='device.xml'):
    path = Path('/tmp') / name
    path.write_text(text)
    return str(path)


def mdev_xml(parent, mdev_type, uuid, attrs=()):
    lines = ''.join(f"<attr name='{name}' value='{value}'/>" for name, value in attrs)
    return (f'<device><parent>{node_name(parent)}</parent><capability type="mdev">'
            f'<type id="{mdev_type}"/><uuid>{uuid}</uuid>{lines}</capability></device>')


def start_mdev(parent, mdev_type, uuid, attrs=()):
    """Makes an instance as a user of libvirt does. Returns its name."""
    virsh('nodedev-create', define_file(mdev_xml(parent, mdev_type, uuid, attrs)))
    name = node_name(parent, uuid)
    wait_node(name)
    return name


def tree(element):
    """An element as nested tuples: equal if only white space differs."""
    return (element.tag, tuple(sorted(element.attrib.items())), (element.text or '').strip(),
            tuple(tree(child) for child in element))


def find_migration(parent_element):
    """The migration capability of an element; it has to be its last child."""
    found = parent_element.findall("capability[@type='migration']")
    check(len(found) <= 1, 'more than one migration capability')
    if found:
        check(parent_element[-1] is found[0], 'the migration capability is not the last child')
        return found[0]
    return None


def restart_daemons():
    global _connection  # pylint: disable=global-statement
    _connection = None
    run('/lab/guest/daemons', 'restart', MODE)


_daemons = MODE != 'bare'


def want_daemons(wanted):
    global _daemons  # pylint: disable=global-statement
    if wanted != _daemons:
        run('/lab/guest/daemons', 'start' if wanted else 'stop', MODE)
        _daemons = wanted


# QEMU, without libvirt

class Monitor:
    """QEMU's monitor, and a guest with one of our devices behind it."""

    def __init__(self, name, path, timeout=60):
        self.name = name
        self.socket_path = path
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.file = None

    def connect(self):
        try:
            self.socket.connect(self.socket_path)
        except OSError:
            return False
        return True

    def greet(self):
        self.file = self.socket.makefile('rw')
        json.loads(self.file.readline())
        self.qmp('qmp_capabilities')

    def close(self):
        # what was not sent to a process that is gone
        with contextlib.suppress(OSError):
            if self.file:
                self.file.close()
        self.socket.close()

    def output(self):
        return ''

    def qmp(self, command, **arguments):
        self.file.write(json.dumps({'execute': command, 'arguments': arguments}) + '\n')
        self.file.flush()
        while True:
            line = self.file.readline()
            check(line, f'{self.name} is gone: {self.output()}')
            reply = json.loads(line)
            if 'error' in reply:
                raise Failure(f'{command}: {reply["error"]["desc"]}')
            if 'return' in reply:
                return reply['return']

    def monitor(self, line):
        return self.qmp('human-monitor-command', **{'command-line': line})

    def status(self):
        return self.qmp('query-status')['status']

    def bar(self, slot=5):
        """The I/O port at which the firmware of the guest has put our device."""
        def address():
            for bus in self.qmp('query-pci'):
                for device in bus['devices']:
                    if device['slot'] == slot and device['regions']:
                        port = device['regions'][0]['address']
                        return port if 0 < port < 0xffff else None
            return None
        return wait_for(address, 'the firmware assigns ports')

    def read(self, port, size='w'):
        """Reads a port as the guest would: size is b, h or w (1, 2, 4 bytes)."""
        # "portl[0xc000] = 0x1234"
        reply = self.monitor(f'i /{size} {port:#x}')
        check('=' in reply, f'monitor: {reply}')
        return int(reply.split('=')[1], 16)

    def write(self, port, value, size='w'):
        reply = self.monitor(f'o /{size} {port:#x} {value:#x}')
        check(not reply, f'monitor: {reply}')


class Firmware:
    """What the firmware of a guest says. When it is done it only waits for a disk to boot from."""

    def __init__(self, name):
        self.path = Path(f'/tmp/{name}.firmware')
        self.path.unlink(missing_ok=True)
        self.arguments = ['-chardev', f'file,id=firmware,path={self.path}',
                          '-device', 'isa-debugcon,iobase=0x402,chardev=firmware']

    def wait(self):
        wait_for(lambda: self.path.exists() and b'No bootable device' in self.path.read_bytes(),
                 'the firmware is done')


class Qemu(Monitor):
    """A guest without an operating system, with one of our devices in it: a mediated device, or
    that of a program."""

    def __init__(self, name, uuid=None, incoming=False, program=None, shared=True):
        super().__init__(name, f'/run/{name}.qmp')
        self.log = open(f'/tmp/{name}.log', 'w+b')  # pylint: disable=consider-using-with
        args = [EMULATOR if program else 'qemu-system-x86_64', '-accel', 'tcg', '-machine', 'q35',
                '-m', '64', '-nodefaults', '-display', 'none', '-name', name,
                '-qmp', f'unix:{self.socket_path},server=on,wait=off']
        if program:
            self.firmware = Firmware(name)
            args += self.firmware.arguments
            device = {'driver': 'vfio-user-pci', 'addr': '0x5',
                      'socket': {'type': 'unix', 'path': program.socket_path}}
            args += ['-device', json.dumps(device)]
            if shared:
                args += ['-object', 'memory-backend-memfd,id=memory,size=64M,share=on',
                         '-machine', 'memory-backend=memory']
        else:
            # VFIO cannot track dirty pages here: migration has to be asked for
            args += ['-device', f'vfio-pci,sysfsdev={MDEV_DEVICES}/{uuid},addr=0x5,'
                                'enable-migration=on']
        if incoming:
            args += ['-incoming', 'defer']
        log(f'$ {" ".join(args)}')
        self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log)
        wait_for(self.connect, f'the monitor of {name}')
        self.greet()

    def connect(self):
        check(self.process.poll() is None, f'{self.name} does not start: {self.output()}')
        return super().connect()

    def output(self):
        self.log.seek(0)
        return self.log.read().decode(errors='replace').strip()

    def alive(self):
        return self.process.poll() is None

    def quit(self):
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.close()
        for line in self.output().splitlines():
            log(f'  {self.name}: {line}')
        self.log.close()


def install_program(name, *options):
    """A program that behaves like that, whoever starts it. Returns its path."""
    PROGRAMS.mkdir(exist_ok=True)
    path = PROGRAMS / name
    path.with_name(f'{name}.conf').write_text(''.join(f'{option}\n' for option in options))
    shutil.copy(PROGRAM, path)
    path.chmod(0o755)
    return str(path)


def remove_programs():
    """With their descriptors."""
    for directory in (DESCRIPTORS, SYSTEM_DESCRIPTORS, PROGRAMS):
        shutil.rmtree(directory, ignore_errors=True)


def programs():
    """Those that run, whoever started them, and their children: pid -> arguments."""
    found = {}
    for directory in Path('/proc').glob('[0-9]*'):
        with contextlib.suppress(OSError):
            if os.readlink(directory / 'exe').startswith(f'{PROGRAMS}/'):
                found[int(directory.name)] = (
                    (directory / 'cmdline').read_text().split('\0')[:-1])
    return found


class Program:
    """A running vfio-user program that nobody manages."""

    def __init__(self, *args):
        self.socket_path = '/run/program.sock'
        Path(self.socket_path).unlink(missing_ok=True)
        self.log = open('/tmp/program.log', 'w+b')  # pylint: disable=consider-using-with
        command = [str(PROGRAM), f'--socket-path={self.socket_path}', *args]
        log(f'$ {" ".join(command)}')
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log)
        wait_for(lambda: os.path.exists(self.socket_path) or self.process.poll() is not None,
                 'the socket of the program')
        check(self.process.poll() is None, f'the program does not start: {self.output()}')

    def output(self):
        self.log.seek(0)
        return self.log.read().decode(errors='replace').strip()

    def files(self):
        """What its descriptors are."""
        directory = f'/proc/{self.process.pid}/fd'
        return [os.readlink(f'{directory}/{fd}') for fd in os.listdir(directory)]

    def end(self):
        """It has to end by itself when it is asked to."""
        self.process.terminate()
        equal(self.process.wait(10), 0, f'status of the program ({self.output()})')
        self.log.close()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


def migrate(source, target, precopy=True):
    """Migrates a guest; returns the final status of both sides."""
    path = '/run/migration'
    capabilities = [{'capability': 'events', 'state': True},
                    {'capability': 'return-path', 'state': True}]
    for qemu in (source, target):
        qemu.qmp('migrate-set-capabilities', capabilities=capabilities)
    if os.path.exists(path):
        os.unlink(path)
    if not precopy:
        source.qmp('stop')
    target.qmp('migrate-incoming', uri=f'unix:{path}')
    source.qmp('migrate', uri=f'unix:{path}')
    done = ('completed', 'failed', 'cancelled')
    result = wait_for(lambda: (lambda r: r if r.get('status') in done else None)(
        source.qmp('query-migrate')), 'the end of the migration', 60)
    log(f'migration: {result}')
    return result['status']


# After each scenario

def kernel_log():
    return subprocess.run(['dmesg'], capture_output=True, text=True, errors='replace',
                          check=True).stdout


def kernel_complaints(text):
    """Lines of the kernel log that no scenario may cause."""
    words = ('WARNING:', 'BUG:', 'Oops', 'general protection', 'refcount_t', 'use-after-free',
             'INFO: task', 'kernel panic', 'bad count', 'UBSAN')
    return [line for line in text.splitlines() if any(word in line for word in words)]


def clean_up():
    """Back to the state after boot, whatever a scenario left."""
    for path in map(Path, glob.glob('/etc/mdevctl.d/*/*-*')):
        run('mdevctl', 'undefine', '--uuid', path.name, '--parent', path.parent.name)
    if driver_loaded():
        subprocess.run(['rmmod', 'mdevlab'], capture_output=True, check=False)
    if driver_loaded():
        raise Failure('the driver cannot be unloaded')
    if Path('/sys/module', HOST_DRIVER).exists():
        unload_functions()
    subprocess.run(['udevadm', 'settle'], check=False)
    if _daemons:
        # libvirt has to notice, or the next scenario finds what is no more
        fresh = libvirt.open(URI)
        try:
            wait_for(lambda: not fresh.listAllDevices(CAP_MDEV),
                     'libvirt forgets the devices that are gone')
        finally:
            fresh.close()


def parse(text):
    return ET.fromstring(text)
