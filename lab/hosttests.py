"""Runs the scenarios of one host: one boot for each deployment, see guest/runner.py."""

import shlex
import time

from machine import MachineDied, MachineError


class Boot:
    """What the runner says in one boot."""

    def __init__(self, show, machine):
        self.show = show
        self.machine = machine
        self.used = 0
        """Seconds of processors when the scenario began."""
        self.counts = {'ok': 0, 'not ok': 0}
        self.current = None
        """The scenario that has begun, and has not ended."""

    def __call__(self, line):
        if line.startswith('> '):
            self.current = line[2:]
            self.used = self.machine.processors()
            return
        if self.current and line == f'ok {self.current}':
            line += f' # {self.machine.processors() - self.used:.0f} s of processors'
        self.show(line)
        for word in self.counts:
            if line.startswith(f'{word} '):
                self.counts[word] += 1
                self.current = None

    def check(self, status, machine):
        """A status that does not fit the lines must not pass as a success."""
        if status != int(self.counts['not ok'] > 0):
            raise MachineError(f'the runner ended with status {status}, see {machine.out}')


def run_mode(machine, options, patterns, timeout, show):
    """Returns the numbers of passed and failed scenarios. A host that died by itself says nothing
    about what is tested: the scenario gets a second try, which nobody can overlook."""
    passed = failed = 0
    start = time.monotonic()
    show(f'# booting the lab host, mode {machine.mode}')
    died_in = []
    while True:
        boot = Boot(show, machine)
        command = shlex.join(['exec', '/lab/guest/runner.py', *options,
                              '--skip', str(passed + failed), *patterns])
        death = None
        try:
            status = machine.run(command, timeout, boot)
        except MachineDied as error:
            death = error
        passed += boot.counts['ok']
        failed += boot.counts['not ok']
        if not death:
            break
        machine.files['collected'] = machine.set_aside() / 'collected'
        again = boot.current in died_in
        if death.ours or again:
            if not boot.current:
                raise death
            show(f'not ok {boot.current}: {death}{", again" if again else ""}')
            failed += 1
        else:
            show(f'# {death}, {boot.current or "the boot"} runs once more')
            died_in.append(boot.current)
    show(f'# mode {machine.mode}: {passed} passed, {failed} failed, '
         f'{time.monotonic() - start:.0f} s, {machine.processors():.0f} s of processors')
    if status == 2 and patterns and not passed + failed:
        return 0, 0
    boot.check(status, machine)
    return passed, failed
