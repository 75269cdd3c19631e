"""Two hosts with a network between them, and what scenarios do in them from outside."""

import itertools
import json
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from machine import BOOT_LIMIT, Machine, MachineDied, MachineError

NAMES = ('one', 'two')


class Failure(AssertionError):
    """A scenario found something else than it expects."""


class CallError(Failure):
    """A call in a host failed."""

    def __init__(self, host, call, kind, text):
        super().__init__(f'{host}: {call}: {text}')
        self.kind = kind
        self.text = text


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


class Log:
    """One file for the calls of all threads."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = open(path, 'w', encoding='utf-8')  # pylint: disable=consider-using-with
        self.lock = threading.Lock()
        self.start = time.monotonic()

    def __call__(self, text):
        with self.lock:
            now = time.monotonic() - self.start
            for line in str(text).splitlines() or ['']:
                self.file.write(f'{now:8.2f} {line}\n')
            self.file.flush()


class Task:
    """A call in a host that may still go on."""

    def __init__(self, host, call):
        self.host = host
        self.name = call
        self.reply = None
        self.event = threading.Event()

    def done(self):
        return self.event.is_set()

    def result(self, timeout=150):
        if not self.event.wait(timeout):
            raise CallError(self.host.name, self.name, 'Timeout', f'no answer within {timeout} s')
        if 'error' in self.reply:
            raise CallError(self.host.name, self.name, self.reply['kind'], self.reply['error'])
        return self.reply['result']


class Host:
    """One host: a machine, and calls into it. Each function of guest/remote.py is a method."""

    def __init__(self, mode, number, directory, log, out):
        self.mode = mode
        self.number = number
        self.name = NAMES[number - 1]
        self.address = f'10.0.0.{number}'
        self.uri = f'qemu+tcp://{self.name}/system'
        self.log = self.note = log
        self.boots = 0
        self.parameters = None
        """What the driver was loaded with."""
        self.function_parameters = None
        """What the driver of the virtual functions was loaded with."""
        self.control = directory / f'control-{number}'
        other = directory / f'net-{3 - number}'
        self.machine = Machine(mode, name=self.name, number=number, memory=1536, out=out, extra=[
            # a datagram has no connection: it does not matter which side is there first
            '-netdev', f'dgram,id=net,local.type=unix,local.path={directory}/net-{number},'
                       f'remote.type=unix,remote.path={other}',
            '-device', f'virtio-net-pci,netdev=net,mac=52:54:00:00:00:0{number},addr=0x5',
            '-chardev', f'socket,id=control,path={self.control},server=on,wait=off',
            '-device', 'virtio-serial-pci,addr=0x6',
            '-device', 'virtserialport,chardev=control,name=lab.control'])
        self.socket = None
        self.tasks = {}
        self.ids = itertools.count(1)
        self.lock = threading.Lock()

    def __getattr__(self, name):
        def call(*args, **kwargs):
            return self.start(name, *args, **kwargs).result()
        return call

    def boot(self):
        """Switches the machine on. To be called in the main thread: a machine ends with the
        thread that started it."""
        self.boots += 1
        self.parameters = None
        self.function_parameters = None
        self.control.unlink(missing_ok=True)
        self.machine.start('exec /lab/guest/agent.py')
        self.tasks = {0: Task(self, 'boot')}

    def wait_boot(self):
        try:
            self.wait_agent()
        except MachineDied as death:
            if death.ours:
                raise
            self.note(f'{death}, it boots once more')
            self.machine.kill()
            self.machine.set_aside()
            self.socket.close()
            self.boot()
            self.wait_agent()
        self.log(f'{self.name}: is up')

    def wait_agent(self):
        end = time.monotonic() + BOOT_LIMIT
        self.socket = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.socket.connect(str(self.control))
                break
            except OSError:
                self.check_alive(end)
                time.sleep(0.05)
        threading.Thread(target=self.receive, args=(self.socket, self.tasks), daemon=True).start()
        while not self.tasks[0].event.wait(1):
            self.check_alive(end)
        if 'error' in self.tasks[0].reply:
            self.machine.process.wait(20)
            self.check_alive(end)

    def check_alive(self, end):
        death = self.machine.death()
        if death:
            raise death
        if self.machine.process.poll() is not None:
            raise MachineError(f'{self.name}: the machine has ended\n'
                               f'{self.machine.console_tail()}')
        if time.monotonic() > end:
            self.log(self.machine.console_tail())
            raise self.machine.hangs()

    def receive(self, connection, tasks):
        """Answers come in any order. Ends with the machine."""
        with connection.makefile('r', encoding='utf-8') as file:
            try:
                for line in file:
                    reply = json.loads(line)
                    task = tasks.get(reply['id'])
                    if task:
                        task.reply = reply
                        task.event.set()
            except OSError:
                pass
        for task in tasks.values():
            if not task.done():
                task.reply = {'error': 'the host is gone', 'kind': 'HostGone'}
                task.event.set()

    def start(self, name, *args, **kwargs):
        """Begins a call; the answer is fetched from what is returned."""
        task = Task(self, name)
        with self.lock:
            number = next(self.ids)
            self.tasks[number] = task
            request = {'id': number, 'call': name, 'args': args, 'kwargs': kwargs}
            try:
                self.socket.sendall(json.dumps(request).encode() + b'\n')
            except OSError:
                raise CallError(self.name, name, 'HostGone', 'the host is gone') from None
        return task

    def power_off(self):
        """As if somebody pulled the plug."""
        self.log(f'{self.name}: power off')
        self.machine.kill()
        if self.socket:
            self.socket.close()

    def shut_down(self):
        """The orderly way: keeps the logs."""
        try:
            self.start('quit')
            self.machine.process.wait(40)
        except (CallError, subprocess.TimeoutExpired):
            self.power_off()

    # What scenarios do

    def log_result(self, args, result):
        self.log(f'{self.name}$ {" ".join(map(str, args))}')
        for line in (result['output'] + result['errors']).splitlines():
            if line.strip():
                self.log(f'    {line}')
        self.log(f'    (status {result["status"]}, {result["seconds"]:.1f} s)')

    def command(self, *args, status=0, timeout=90, **kwargs):
        """Runs a program to its end; checks its status (None: any)."""
        result = self.start('run', *args, timeout=timeout, **kwargs).result(timeout + 30)
        self.log_result(args, result)
        if status is not None and result['status'] != status:
            raise Failure(f'{self.name}: {" ".join(map(str, args[:4]))}: status '
                          f'{result["status"]}: {result["errors"].strip()}')
        return result

    def virsh(self, *args, **kwargs):
        return self.command('virsh', '-q', *args, **kwargs)

    def background(self, *args, timeout=120, **kwargs):
        """Runs a program; its result() is that of command()."""
        self.log(f'{self.name}$ {" ".join(map(str, args))} &')
        return Background(self, args, self.start('run', *args, timeout=timeout, **kwargs), timeout)

    @staticmethod
    def _parameters(parameters):
        return {name: ','.join(map(str, value)) if isinstance(value, (list, tuple)) else value
                for name, value in parameters.items()}

    def virtual_functions(self, **parameters):
        """Has virtual functions, and their VFIO driver loaded with these parameters."""
        values = self._parameters(parameters)
        if self.function_parameters == values:
            return
        self.function_parameters = None
        self.log(f'{self.name}: virtual functions with {values}')
        self.load_functions(values)
        self.function_parameters = values

    def driver(self, **parameters):
        """Has the driver loaded with these parameters."""
        values = self._parameters(parameters)
        if self.parameters == values:
            return
        if self.driver_loaded():
            self.unload_driver()
        self.parameters = None
        self.log(f'{self.name}: driver with {values}')
        self.load_driver(values)
        self.parameters = values


class Background:
    """A program that runs in a host."""

    def __init__(self, host, args, task, timeout):
        self.host = host
        self.args = args
        self.task = task
        self.timeout = timeout

    def done(self):
        return self.task.done()

    def result(self, status=None):
        result = self.task.result(self.timeout + 30)
        self.host.log_result(self.args, result)
        if status is not None and result['status'] != status:
            raise Failure(f'{self.host.name}: {" ".join(self.args[:4])}: status '
                          f'{result["status"]}: {result["errors"].strip()}')
        return result


class Pair:
    """Two hosts that can reach each other."""

    def __init__(self, modes, out):
        self.modes = modes
        self.name = '-'.join(modes)
        self.everything = False
        """Long waits and many repetitions."""
        # the path of a socket must be short
        self.directory = Path(tempfile.mkdtemp(prefix='lab-'))
        self.log = Log(out / 'scenarios.log')
        self.note = self.log
        self.hosts = [Host(mode, number, self.directory, self.log, out)
                      for number, mode in enumerate(modes, 1)]
        self.one, self.two = self.hosts
        for host in self.hosts:
            host.note = lambda text: self.note(text)  # pylint: disable=unnecessary-lambda

    def boot(self):
        """With one processor each, if not everything has to be as hard as it can be: there are no
        more outside, and those inside would spin while the other one of their host waits."""
        try:
            for host in self.hosts:
                host.machine.cpus = 2 if self.everything else 1
                host.boot()
            for host in self.hosts:
                host.wait_boot()
        except BaseException:
            self.close(kill=True)
            raise

    def reboot(self):
        for host in self.hosts:
            dead = host.machine.death()
            host.power_off()
            if dead:
                host.machine.set_aside()
        self.boot()

    def death(self):
        """The MachineDied of a host that went away by itself, if one did."""
        for host in self.hosts:
            death = host.machine.death()
            if death:
                return death
        return None

    def processors(self):
        """Seconds of processors that both have taken."""
        return sum(host.machine.processors() for host in self.hosts)

    def both(self, name, *args, **kwargs):
        """A call in both hosts, side by side."""
        tasks = [host.start(name, *args, **kwargs) for host in self.hosts]
        return [task.result() for task in tasks]

    def close(self, kill=False):
        threads = []
        for host in self.hosts:
            if kill or host.socket is None:
                host.machine.kill()
            else:
                threads.append(threading.Thread(target=host.shut_down))
                threads[-1].start()
        for thread in threads:
            thread.join()
        # one by one: both may have the same mode
        for host in self.hosts:
            host.machine.keep_capabilities()
        shutil.rmtree(self.directory, ignore_errors=True)
