"""What the program outside calls in a host of a pair (see agent.py)."""

import contextlib
import errno
import glob
import os
import signal
import subprocess
import time
from pathlib import Path

import libvirt

import host
from host import Failure, Monitor, check, wait_for

# The scenarios use them as they are: pylint: disable=unused-import
from host import (available, create, driver_loaded, functions, get_attr,  # noqa: F401
                  install_program, kernel_complaints, kernel_log, remove, remove_programs, set_attr,
                  set_fault, set_function_value, unload_driver)

RUN = Path('/run/lab')
SCRATCH, COUNTER, REGISTERS = 0x20, 0x14, 8

# What the host does all the time: neither is of interest
STEADY = {'driver.pid', 'autostarted'}


def ping():
    return os.uname().nodename


# Programs

_running = {}


def run(*args, timeout=60, stdin=None, tag=None):
    """Runs a program. The status is None when it took too long and was killed."""
    args = [str(arg) for arg in args]
    start = time.monotonic()
    with subprocess.Popen(args, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          errors='replace', start_new_session=True) as process:
        if tag:
            _running[tag] = process
        late = False
        try:
            output, errors = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            late = True
            os.killpg(process.pid, signal.SIGKILL)
            output, errors = process.communicate()
    if tag:
        _running.pop(tag, None)
    return {'status': None if late else process.returncode, 'output': output, 'errors': errors,
            'seconds': time.monotonic() - start}


def kill_tag(tag, number=signal.SIGKILL):
    """A signal to what runs with this tag, once it runs."""
    wait_for(lambda: tag in _running, f'{tag} runs', 10)
    os.killpg(_running[tag].pid, number)


# Files

def read(path):
    return Path(path).read_text(errors='replace')


def write(path, text, executable=False):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if executable:
        path.chmod(0o755)


def unlink(path):
    Path(path).unlink(missing_ok=True)


def exists(path):
    return os.path.lexists(path)


def wait_exists(path, present=True, timeout=30):
    wait_for(lambda: os.path.lexists(path) == present,
             f'{path} {"appears" if present else "disappears"}', timeout)


def size(path):
    return os.path.getsize(path) if os.path.exists(path) else 0


def read_from(path, position):
    with open(path, 'rb') as file:
        file.seek(position)
        return file.read().decode(errors='replace')


# The driver and its devices

def load_driver(parameters):
    """Loads the driver; libvirt has seen its parents then."""
    host.load_driver(**parameters)


@contextlib.contextmanager
def _may_vanish():
    """A device that is removed while it is looked at is as good as gone."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENODEV):
            raise


def devices():
    """All instances: UUID -> parent, type and values."""
    found = {}
    for path in host.MDEV_DEVICES.iterdir():
        with _may_vanish():
            values = {}
            names = [f'migration/{file.name}' for file in (path / 'migration').glob('*')]
            for name in ['aggregator', 'lab/fps', *names]:
                with contextlib.suppress(FileNotFoundError):
                    values[name] = (path / name).read_text().strip()
            found[path.name] = {'parent': os.path.basename(os.path.dirname(os.path.realpath(path))),
                                'type': os.path.basename(os.path.realpath(path / 'mdev_type')),
                                **values}
    return found


def wait_devices(uuids, timeout=30):
    """Waits until exactly these instances are there."""
    wait_for(lambda: sorted(devices()) == sorted(uuids),
             f'devices {sorted(uuids)} (there are: {sorted(devices())})', timeout)


def definitions():
    """What mdevctl knows of, but need not be there."""
    return sorted(path[len('/etc/mdevctl.d/'):] for path in glob.glob('/etc/mdevctl.d/*/*-*'))


# Virtual functions

def load_functions(parameters):
    """Has virtual functions, and libvirt has seen them."""
    host.load_functions(**parameters)
    names = {host.node_name(address) for address in functions()}
    wait_for(lambda: names <= set(node_names()), 'libvirt sees the virtual functions')


# QEMU

def qemus():
    """Name of the guest -> process."""
    found = {}
    for path in Path('/proc').iterdir():
        if not path.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            args = (path / 'cmdline').read_bytes().decode(errors='replace').split('\0')
            if 'qemu-system' in args[0] and '-name' in args:
                name = args[args.index('-name') + 1]
                name = name.split(',')[0].removeprefix('guest=')
                if 'probe' not in ' '.join(args):
                    found[name] = int(path.name)
    return found


def kill_guest(name, number=signal.SIGKILL):
    os.kill(qemus()[name], number)


def starts(name):
    """How often libvirt has started a process for this guest since the host was booted."""
    path = Path(f'/var/log/libvirt/qemu/{name}.log')
    return path.read_text(errors='replace').count('starting up libvirt') if path.exists() else 0


@contextlib.contextmanager
def _monitor(name, timeout=20):
    """A monitor of its own: it works without any daemon."""
    monitor = Monitor(name, f'/run/lab/{name}.qmp', timeout)
    try:
        if not monitor.connect():
            raise Failure(f'no guest {name}')
        monitor.greet()
        yield monitor
    finally:
        monitor.close()


def status(name):
    """What QEMU says about the guest, None if there is no such process."""
    if name not in qemus():
        return None
    try:
        with _monitor(name) as monitor:
            return monitor.status()
    except (Failure, OSError, ValueError):
        if name not in qemus():
            return None
        raise


def wait_status(name, expected, timeout=30):
    wait_for(lambda: status(name) == expected, f'{name} is {expected}', timeout)


def query(name, command, **arguments):
    with _monitor(name) as monitor:
        return monitor.qmp(command, **arguments)


def poke(name, slot, values):
    """Writes the scratch registers of a device as the guest would, and its counter once."""
    with _monitor(name) as monitor:
        bar = monitor.bar(slot)
        for index, value in enumerate(values):
            monitor.write(bar + SCRATCH + 4 * index, value)
        monitor.write(bar + COUNTER, 1)


def peek(name, slot):
    """The scratch registers and the counter."""
    with _monitor(name) as monitor:
        bar = monitor.bar(slot)
        return ([monitor.read(bar + SCRATCH + 4 * index) for index in range(REGISTERS)] +
                [monitor.read(bar + COUNTER)])


def registers(name, slot, offsets):
    """Any of them, of the device in this slot."""
    with _monitor(name) as monitor:
        bar = monitor.bar(slot)
        return [monitor.read(bar + offset) for offset in offsets]


def programs():
    """The arguments of the vfio-user programs that run, but for the path of the socket."""
    return sorted([args[0], *(arg for arg in args[1:] if not arg.startswith('--socket-path='))]
                  for args in host.programs().values())


# libvirt

def _connection():
    return libvirt.open(host.URI)


def node_names(flags=0):
    """Names of the active node devices."""
    connection = _connection()
    try:
        active = libvirt.VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE
        return sorted(device.name() for device in connection.listAllDevices(flags | active))
    finally:
        connection.close()


def node_xml(name):
    connection = _connection()
    try:
        return connection.nodeDeviceLookupByName(name).XMLDesc()
    finally:
        connection.close()


def wait_node_list():
    """Waits until the node device driver has no more to say than there is."""
    wait_for(lambda: len(node_names(host.CAP_MDEV)) == len(devices()), 'libvirt knows the devices')


def wait_node(name, present=True):
    wait_for(lambda: (name in node_names(host.CAP_MDEV)) == present,
             f'{name} {"appears" if present else "disappears"}')


def domains():
    """Name -> [active, persistent]"""
    connection = _connection()
    try:
        return {domain.name(): [bool(domain.isActive()), bool(domain.isPersistent())]
                for domain in connection.listAllDomains()}
    finally:
        connection.close()


FLAGS = {name[len('VIR_MIGRATE_'):].lower(): value for name, value in vars(libvirt).items()
         if name.startswith('VIR_MIGRATE_') and isinstance(value, int)}


def migrate(name, uri, flags=(), xml=None):
    """Migrates a guest through the API: error code and text, both empty if it went well."""
    bits = libvirt.VIR_MIGRATE_LIVE
    for flag in flags:
        bits |= FLAGS[flag]
    parameters = {libvirt.VIR_MIGRATE_PARAM_DEST_XML: xml} if xml else {}
    connection = target = None
    start = time.monotonic()
    try:
        connection = _connection()
        domain = connection.lookupByName(name)
        if bits & libvirt.VIR_MIGRATE_PEER2PEER:
            domain.migrateToURI3(uri, parameters, bits)
        else:
            target = libvirt.open(uri)
            domain.migrate3(target, parameters, bits)
        result = {'code': 0, 'message': ''}
    except libvirt.libvirtError as error:
        result = {'code': error.get_error_code(), 'message': error.get_error_message()}
    finally:
        for opened in filter(None, (target, connection)):
            opened.close()
    result['seconds'] = time.monotonic() - start
    return result


def watch_migration(name):
    """Has an eye on a guest until it is told to end: the most that QEMU says it has sent, and
    for how long the guest stood still."""
    sent = stopped = 0
    since = None
    write(RUN / f'at-watch-{name}', '')
    end = RUN / f'at-end-{name}'
    with _monitor(name) as monitor:
        while True:
            last = end.exists()
            try:
                paused = monitor.status() != 'running'
            except (Failure, OSError):
                # gone to the other host
                last = paused = True
            now = time.monotonic()
            if paused and since is None:
                since = now
            if not paused and since is not None:
                stopped += now - since
                since = None
            if last:
                stopped += now - since if since else 0
                return {'transferred': sent, 'stopped': stopped}
            with contextlib.suppress(Failure, OSError):
                sent = max(sent,
                           monitor.qmp('query-migrate').get('ram', {}).get('transferred', 0))
            time.sleep(0.01)


def job_statistics(name):
    """What libvirt knows of the guest's current and of its last job: empty for none."""
    connection = _connection()
    try:
        domain = connection.lookupByName(name)
        found = []
        for flags in (0, libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED):
            try:
                found.append({key: value for key, value in domain.jobStats(flags).items()
                              if value})
            except libvirt.libvirtError as error:
                found.append({})
                host.log(f'job statistics: {error}')
        return found
    finally:
        connection.close()


def daemons():
    """The daemons of this mode: name -> process, None if it does not run."""
    names = {'modular': ('virtlogd', 'virtnodedevd', 'virtqemud', 'virtproxyd')}
    found = {}
    for name in names.get(host.MODE, ('libvirtd',)):
        found[name] = None
        with contextlib.suppress(OSError, ValueError):
            pid = int((RUN / f'{name}.pid').read_text())
            if Path(f'/proc/{pid}/comm').read_text().strip() == name:
                found[name] = pid
    return found


def kill_daemon(name, number=signal.SIGKILL):
    pid = daemons()[name]
    check(pid, f'{name} does not run')
    os.kill(pid, number)
    if number in (signal.SIGKILL, signal.SIGTERM):
        wait_for(lambda: not Path(f'/proc/{pid}').exists(), f'{name} ends')


def start_daemons(*names):
    """Starts those that do not run, all when none is named."""
    dead = [name for name, pid in daemons().items()
            if pid is None and (not names or name in names)]
    if dead:
        host.run('/lab/guest/daemons', 'start', host.MODE, *dead)
    return dead


def daemon_log():
    """The log of the daemon that has the qemu driver, and its length."""
    path = f'/var/log/libvirt/{"virtqemud" if host.MODE == "modular" else "libvirtd"}.log'
    return path, size(path)


def configure_qemu(text=''):
    """Adds lines to qemu.conf, or takes them out again, and starts the daemon anew."""
    path = Path('/etc/libvirt/qemu.conf')
    lines = [line for line in path.read_text().splitlines() if not line.startswith('migration_')]
    path.write_text('\n'.join(lines + [text]) + '\n')
    host.run('/lab/guest/daemons', 'restart', host.MODE,
             'virtqemud' if host.MODE == 'modular' else 'libvirtd')


def wait_unplug_wanted(name):
    """Waits until QEMU was asked to take a device out."""
    with _monitor(name) as monitor:
        wait_for(lambda: unplug_status(monitor), 'QEMU is asked to unplug the device')


def unplug_status(monitor):
    """Is there a device in state "pending"? ACPI's registers tell, for bus 0: ports of piix4."""
    monitor.write(0xae10, 0)
    return monitor.read(0xae04)


def wait_unplugged(name, slot):
    with _monitor(name) as monitor:
        wait_for(lambda: slot not in [device['slot'] for bus in monitor.qmp('query-pci')
                                      for device in bus['devices']], 'the device is gone')


# What stands in the way of the node device driver

MDEVCTL = Path('/usr/bin/mdevctl')
REAL_MDEVCTL = Path('/usr/bin/mdevctl.lab')
CALLOUT = Path('/etc/mdevctl.d/scripts.d/callouts/lab')
STATE = Path('/run/libvirt/qemu')


def callout(moment, commands):
    """mdevctl runs these at a moment such as "pre start", with $uuid and $parent set."""
    event, action = moment.split()
    write(CALLOUT, f'''#!/bin/bash
while getopts t:e:a:s:u:p: option; do
    case $option in
        e) event=$OPTARG ;;
        a) action=$OPTARG ;;
        u) uuid=$OPTARG ;;
        p) parent=$OPTARG ;;
    esac
done
[ "$event $action" = "{event} {action}" ] || exit 2
touch /run/lab/at-mdevctl-$uuid
{commands}
exit 0
''', executable=True)


def wrap_mdevctl(script=None):
    """What is run instead of mdevctl, which is called $mdevctl in it. It is missing without a
    script."""
    if not REAL_MDEVCTL.exists():
        MDEVCTL.rename(REAL_MDEVCTL)
    if script is not None:
        write(MDEVCTL, f'#!/bin/bash\nmdevctl={REAL_MDEVCTL}\n{script}\n', executable=True)


def fill_state():
    """Nothing more can be written where the daemon keeps the state of its guests. As on a full
    disk, names can be given, so a directory of its own has to do."""
    if os.path.ismount(STATE):
        return
    small = RUN / 'small'
    small.mkdir(exist_ok=True)
    host.run('mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', str(small))
    host.run('cp', '-a', f'{STATE}/.', f'{small}/')
    host.run('mount', '--move', str(small), str(STATE))
    with open(STATE / 'full', 'wb', buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            check(error.errno == errno.ENOSPC, error)


def empty_state():
    """There is room again."""
    unlink(STATE / 'full')


def _restore_state():
    if not os.path.ismount(STATE):
        return
    empty_state()
    # what became of the files there is what counts
    moved = RUN / 'small'
    host.run('mount', '--move', str(STATE), str(moved))
    for path in STATE.iterdir():
        if path.is_file() and not (moved / path.name).exists():
            path.unlink()
    host.run('cp', '-a', f'{moved}/.', f'{STATE}/')
    host.run('umount', str(moved))


def stop_udev():
    """Events of the kernel wait from now on."""
    host.run('udevadm', 'control', '--stop-exec-queue')


def start_udev():
    host.run('udevadm', 'control', '--start-exec-queue')


def hold_group(uuid, seconds):
    """Somebody opens the VFIO group of a device as soon as nobody has it, and keeps it for a
    while. Returns when he lets go of it."""
    group = os.path.basename(os.path.realpath(host.MDEV_DEVICES / uuid / 'iommu_group'))
    write(RUN / 'at-hold', '')
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            fd = os.open(f'/dev/vfio/{group}', os.O_RDWR)
        except OSError as error:
            check(error.errno == errno.EBUSY, f'group of {uuid}: {error}')
            continue
        time.sleep(seconds)
        os.close(fd)
        return
    raise Failure(f'the group of {uuid} is not given up')


def end_mdevctl():
    """Whatever it is at."""
    host.run('pkill', '-KILL', '-f', f'^({MDEVCTL}|{REAL_MDEVCTL}|/usr/sbin/mdevctl)', status=None)


def remove_obstacles():
    """Nothing of the above is left."""
    if REAL_MDEVCTL.exists():
        REAL_MDEVCTL.replace(MDEVCTL)
    CALLOUT.unlink(missing_ok=True)
    start_udev()
    for pid in [*qemus().values(), *filter(None, daemons().values())]:
        os.kill(pid, signal.SIGCONT)
    if driver_loaded():
        for fault in ('hold_migration', 'block_remove'):
            set_fault(fault, 'N')
    _restore_state()


# Before and after a scenario

def picture():
    """All that a scenario could leave behind."""
    files = []
    for top in ('/run/libvirt/qemu', '/etc/libvirt/qemu', '/var/lib/libvirt/qemu'):
        for directory, _names, names in os.walk(top):
            # a daemon that is killed while it asks QEMU what it can do leaves this
            if not os.path.basename(directory).startswith('qmp-'):
                files += [os.path.join(directory, name) for name in names if name not in STEADY]
    return {'devices': devices(), 'definitions': definitions(), 'qemus': sorted(qemus()),
            # those that somebody has given to a guest
            'functions': sorted(address for address, function in functions().items()
                                if function['driver'] != host.HOST_DRIVER),
            'programs': programs(), 'files': sorted(files), 'domains': domains()}


def _give_back_functions():
    """To the driver of the host, by libvirt, which would not do it for the next guest else."""
    taken = [address for address, function in functions().items()
             if function['driver'] != host.HOST_DRIVER]
    connection = _connection() if taken else None
    for address in taken:
        connection.nodeDeviceLookupByName(host.node_name(address)).reAttach()
    if connection:
        connection.close()


def clean_up(unload):
    """Back to what was there before, whatever a scenario left. Says what was left."""
    for tag in list(_running):
        with contextlib.suppress(OSError, KeyError):
            os.killpg(_running[tag].pid, signal.SIGKILL)
    unlink(RUN / 'hook')
    for path in RUN.glob('keep-*'):
        path.unlink()
    for path in RUN.glob('at-*'):
        path.unlink()
    remove_obstacles()
    start_daemons()
    left = picture()

    connection = _connection()
    try:
        for domain in connection.listAllDomains():
            host.log(f'left: domain {domain.name()}')
            with contextlib.suppress(libvirt.libvirtError):
                if domain.isActive():
                    domain.destroy()
            with contextlib.suppress(libvirt.libvirtError):
                if domain.isPersistent():
                    domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE)
    finally:
        connection.close()
    for pid in qemus().values():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pid in host.programs():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    host.remove_programs()
    for path in definitions():
        parent, uuid = path.split('/')
        host.run('mdevctl', 'undefine', '--uuid', uuid, '--parent', parent)
    wait_for(lambda: not qemus(), 'no QEMU is left')
    for uuid in devices():
        remove(uuid)
    _give_back_functions()
    if unload and driver_loaded():
        unload_driver()
    wait_for(lambda: not node_names(host.CAP_MDEV), 'libvirt forgets the devices that are gone')
    return left
