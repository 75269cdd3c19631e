"""The lab host: a virtual machine under software emulation."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

LAB = Path(__file__).resolve().parent
BUILD = Path(os.environ.get('LAB_BUILD', LAB.parent / 'build' / 'lab'))
MODES = ('bare', 'stock', 'libvirtd', 'modular', 'next')

# The parents of mediated devices: QEMU's test device, at fixed addresses
PARENTS = (0x10, 0x11)

# The function with SR-IOV; its virtual functions are .1 and .2 of the same slot
FUNCTION = 0x12
VIRTUAL_FUNCTIONS = 2

MARKER = 'lab: status '

# A boot takes 10 s. On a busy machine an emulated timer may be lost, and all waits for it for ever.
BOOT_LIMIT = 120
BOOTED = 'lab: ready '


# What the kernel says of code that is in one of our drivers
OURS = ('[mdevlab]', '[vflab]', '[vflab_vfio_pci]')

# The first line of a report of the kernel after which it does not go on (oops=panic)
DEADLY = ('BUG: ', 'Oops', 'general protection fault', 'kernel BUG at', 'Kernel panic')


class MachineError(Exception):
    """The machine did not come to its end, or ended without a result."""


class MachineDied(MachineError):
    """The machine went away, and nobody had asked it to. `ours`: in the code of our drivers."""

    def __init__(self, name, reason, ours=False):
        super().__init__(f'host {name} died {"in our driver" if ours else "by itself"} ({reason})')
        self.ours = ours


def cause_of_death(console):
    """What a console says of the kernel's end: (first line, is code of ours in it), None if the
    kernel did not end."""
    lines = [re.sub(r'^(<\d+>)?\[ *[\d.]+\] ', '', line.strip()) for line in console.splitlines()]
    first = next((number for number, line in enumerate(lines)
                  if line.startswith(DEADLY)), None)
    if first is None or not any(line.startswith('Kernel panic') for line in lines[first:]):
        return None
    # this names all modules that are loaded, whoever is to blame
    trace = [line for line in lines[first:] if not line.startswith('Modules linked in:')]
    return lines[first], any(name in line for line in trace for name in OURS)


class Machine:
    """One boot.

    The machine writes into a directory of its own below build/lab/run/: the
    console, the output and the status of the command, logs. Two machines can
    run at the same time when their names differ; `extra` takes QEMU options,
    for example a network between them. `number` makes it a host of a pair: it
    has another identity and an address.
    """

    def __init__(self, mode, name='lab', extra=(), memory=2560, number=None, out=None):
        if mode not in MODES:
            raise ValueError(f"unknown mode '{mode}'")
        self.mode = mode
        self.name = name
        self.number = number
        self.extra = list(extra)
        self.memory = memory
        self.cpus = 2
        run = BUILD / 'run'
        self.out = out / name if out else run / (mode if name == 'lab' else f'{mode}-{name}')
        self.process = None
        self.used = self.used_before = 0
        self.killed = False
        self.files = {}
        """What to copy into the machine's directory: name -> path; missing ones are left out."""

    @property
    def image(self):
        return BUILD / ('image-next' if self.mode == 'next' else 'image')

    @property
    def has_overlay(self):
        """Is our libvirt there? Modes that do not use it get its disk, too: the same layout."""
        return (BUILD / 'overlay').exists()

    def prepare(self, command=None):
        """Makes the run's directory: modules, program, command, cached capabilities of QEMU."""
        if self.out.exists():
            shutil.rmtree(self.out)
        self.out.mkdir(parents=True)
        for part in [*(BUILD / 'module').glob('*.ko'), BUILD / 'module' / 'vulab']:
            shutil.copy(part, self.out)
        for name, path in self.files.items():
            if path.is_dir():
                shutil.copytree(path, self.out / name)
            elif path.exists():
                shutil.copy(path, self.out / name)
        if command is not None:
            (self.out / 'command').write_text(command + '\n')
        if self.capabilities.is_dir():
            shutil.copytree(self.capabilities, self.out / 'capabilities')
        else:
            (self.out / 'capabilities').mkdir()

    @property
    def capabilities(self):
        """Probing QEMU takes 12 s under emulation: kept from boot to boot."""
        return BUILD / 'capabilities' / self.mode

    def keep_capabilities(self):
        new = self.out / 'capabilities'
        if not any(new.glob('*.xml')):
            return
        tmp = self.capabilities.with_name(f'{self.mode}.{self.name}.{os.getpid()}')
        tmp.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(new, tmp)
        shutil.rmtree(self.capabilities, ignore_errors=True)
        tmp.rename(self.capabilities)

    @property
    def emulator(self):
        """QEMU of the root file system, with its own libraries. That of Debian 12 runs what a
        kernel has in its text only while it patches it: with a static key of the scheduler that is
        flipped again and again, it took seconds to "Oops: int3"."""
        root = BUILD / 'rootfs' / 'usr'
        lib = root / 'lib' / 'x86_64-linux-gnu'
        return ['env', f'QEMU_MODULE_DIR={lib}/qemu', str(root / 'lib64' / 'ld-linux-x86-64.so.2'),
                '--library-path', str(lib), str(root / 'bin' / 'qemu-system-x86_64'),
                '-L', str(root / 'share' / 'qemu'), '-L', str(root / 'share' / 'seabios')]

    def qemu_command(self, serial):
        append = (f'console=ttyS0 panic=-1 oops=panic quiet loglevel=5 mitigations=off nokaslr '
                  # a busy machine must not have the kernel doubt its clock, and patch itself
                  f'tsc=reliable nowatchdog audit=0 '
                  # a real function goes to a guest only behind an IOMMU; with that, a kernel that
                  # misses the first ticks of an emulated timer under load would panic
                  f'intel_iommu=on no_timer_check '
                  f'lab.mode={self.mode} lab.name={self.name}')
        identity = 0x222222222222
        if self.number is not None:
            append += f' lab.number={self.number} net.ifnames=0'
            identity += self.number
        command = [
            # no machine outlives the program that started it
            'setpriv', '--pdeathsig', 'KILL', *self.emulator,
            # never KVM: it may be there and yet not boot a stock kernel
            '-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', str(self.cpus),
            '-m', str(self.memory),
            '-machine', 'q35', '-nodefaults', '-display', 'none', '-no-reboot',
            '-uuid', f'22222222-2222-4222-8222-{identity:x}',
            '-serial', serial,
            '-kernel', str(BUILD / 'vmlinuz'), '-initrd', str(BUILD / 'initrd.gz'),
            '-append', append,
            '-drive', f'file={self.image},format=raw,if=none,id=root,snapshot=on,cache=unsafe',
            '-device', 'virtio-blk-pci,drive=root,addr=0x3',
            '-virtfs', f'local,path={LAB},mount_tag=lab,security_model=none,id=lab,readonly=on',
            '-virtfs', f'local,path={self.out},mount_tag=out,security_model=none,id=out',
        ]
        if self.has_overlay:
            command += [
                '-drive', f'file={BUILD}/overlay,format=raw,if=none,id=ours,readonly=on',
                '-device', 'virtio-blk-pci,drive=ours,addr=0x4',
            ]
        for address in PARENTS:
            command += ['-device', f'pci-testdev,addr={address:#x}']
        # an NVMe controller without a disk: it has SR-IOV
        command += [
            '-device', 'intel-iommu,intremap=on',
            '-device', 'nvme-subsys,id=functions',
            '-device', f'nvme,subsys=functions,serial=lab,addr={FUNCTION:#x},'
                       f'sriov_max_vfs={VIRTUAL_FUNCTIONS},sriov_vi_flexible={VIRTUAL_FUNCTIONS},'
                       f'sriov_vq_flexible={2 * VIRTUAL_FUNCTIONS},max_ioqpairs=6,msix_qsize=5',
        ]
        return command + self.extra

    @property
    def console(self):
        return self.out / 'console'

    def start(self, command):
        """Boots, to run a shell command."""
        self.prepare(command)
        self.killed = False
        self.used_before += self.used
        self.used = 0
        with open(self.out / 'qemu.log', 'wb') as log:
            self.process = subprocess.Popen(self.qemu_command(f'file:{self.console}'),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self.process

    def processors(self):
        """Seconds of processors that this boot and those before have taken."""
        with contextlib.suppress(OSError):
            stat = Path(f'/proc/{self.process.pid}/stat').read_text()
            fields = stat.rpartition(')')[2].split()
            self.used = (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
        return self.used_before + self.used

    def kill(self):
        """The power goes off."""
        if self.process is not None and self.process.poll() is None:
            self.killed = True
            self.process.kill()
            self.process.wait()

    def console_tail(self, lines=15):
        text = self.console.read_text(errors='replace') if self.console.exists() else ''
        return '\n'.join(text.splitlines()[-lines:])

    def run(self, command, timeout, show=None):
        """Boots, runs a shell command and powers off. Returns the command's exit status.

        `show` is called with each line that the command writes.
        """
        process = self.start(command)
        follower = None
        if show:
            follower = threading.Thread(target=follow, args=(self.out / 'output', process, show))
            follower.start()
        try:
            self.wait_boot()
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise MachineError(f'no end after {timeout} s, see {self.console}') from None
        finally:
            self.kill()
            if follower:
                follower.join()
        death = self.death()
        if death:
            raise death
        self.keep_capabilities()
        return self.status()

    def wait_boot(self):
        """Raises MachineDied if it hangs."""
        end = time.monotonic() + BOOT_LIMIT
        while self.process.poll() is None and \
                not (self.console.exists() and
                     BOOTED in self.console.read_text(errors='replace')):
            if time.monotonic() > end:
                raise self.hangs()
            time.sleep(0.2)

    def hangs(self):
        return MachineDied(self.name, f'not up in {BOOT_LIMIT} s')

    def death(self, wait=5):
        """A MachineDied if the machine has gone away by itself, None if not. A kernel that panics
        takes its time to end."""
        text = self.console.read_text(errors='replace') if self.console.exists() else ''
        cause = cause_of_death(text)
        if cause:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(wait)
            return MachineDied(self.name, *cause)
        if self.process.poll() is None or self.killed or MARKER in text:
            return None
        said = (self.out / 'qemu.log').read_text(errors='replace').strip()
        return MachineDied(self.name, f'QEMU ended with status {self.process.returncode}'
                           f'{": " + said if said else ""}')

    def set_aside(self):
        """Keeps what is there of a machine that died."""
        aside = self.out.with_name(f'{self.out.name}.died')
        shutil.rmtree(aside, ignore_errors=True)
        if self.out.exists():
            self.out.rename(aside)
        return aside

    def status(self):
        """The command's exit status: told twice, so that neither way can lie unseen."""
        console = self.console.read_text(errors='replace')
        told = [line[len(MARKER):].strip() for line in console.splitlines()
                if line.startswith(MARKER)]
        path = self.out / 'status'
        written = path.read_text().strip() if path.exists() else None
        if len(told) != 1 or told[0] != written:
            raise MachineError(f'the machine ended without a result '
                               f'({(self.out / "qemu.log").read_text().strip()})\n'
                               f'{self.console_tail()}')
        return int(written)

    def shell(self):
        """A prompt on this terminal."""
        self.prepare()
        terminal = sys.stdin.isatty()
        saved = subprocess.run(['stty', '-g'], capture_output=True, text=True,
                               check=True).stdout.strip() if terminal else None
        try:
            serial = 'stdio'
            if terminal:
                subprocess.run(['stty', 'raw', '-echo'], check=True)
                # Ctrl-C belongs to the host inside; Ctrl-A X ends the machine
                serial = 'mon:stdio'
            result = subprocess.run(self.qemu_command(serial), check=False)
        finally:
            if saved:
                subprocess.run(['stty', saved], check=True)
        self.keep_capabilities()
        return result.returncode


def follow(path, process, show):
    """Calls show(line) for each whole line written to path until the process ends."""
    rest = b''
    position = 0
    while True:
        ended = process.poll() is not None
        if path.exists():
            with open(path, 'rb') as file:
                file.seek(position)
                data = file.read()
            position += len(data)
            *lines, rest = (rest + data).split(b'\n')
            for line in lines:
                show(line.decode(errors='replace'))
        if ended:
            if rest:
                show(rest.decode(errors='replace'))
            return
        time.sleep(0.2)
