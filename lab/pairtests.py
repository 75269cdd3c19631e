"""Runs the scenarios of a pair of hosts: one boot for each pair of deployments.

A scenario is a function test_*(pair) in scenarios/pair/*.py. PAIRS of the file, or of
the function by the decorator migration.on(), says on which pairs it runs.
"""

import importlib
import sys
import time
import traceback

from machine import BUILD, LAB, MachineDied, MachineError
from pair import Failure, Pair

# Most scenarios run on the first. Those of the second wait most of their time, beside the others:
# what comes after a "+" is only a name.
PAIRS = ('modular-modular', 'modular-modular+waits', 'libvirtd-libvirtd', 'stock-modular',
         'stock-stock')
# Not of the same day every day: only when asked for
NEXT = ('next-modular',)


def find(pair, patterns):
    """Yields (name, function)."""
    directory = str(LAB / 'scenarios' / 'pair')
    if directory not in sys.path:
        sys.path.insert(0, directory)
    for file in sorted((LAB / 'scenarios' / 'pair').glob('*.py')):
        module = importlib.import_module(file.stem)
        for attribute, function in vars(module).items():
            if not attribute.startswith('test_'):
                continue
            if pair not in getattr(function, 'pairs', module.PAIRS):
                continue
            name = f'{pair}: {file.stem}: {attribute[5:].replace("_", " ")}'
            if not patterns or any(pattern in name for pattern in patterns):
                yield name, function


def clean_up(pair, pictures):
    """Both hosts as they were after boot. Returns what had to be removed."""
    left = pair.both('clean_up', False)
    now = pair.both('picture')
    for host, before, after in zip(pair.hosts, pictures, now):
        if before != after:
            wrong = {key: after[key] for key in after if before[key] != after[key]}
            raise Failure(f'{host.name} cannot be cleaned: {wrong}')
    return left


def attempt(pair, function, pictures):
    """Returns the reason of the failure, or an empty text."""
    kernel = [len(text.splitlines()) for text in pair.both('kernel_log')]
    boots = [host.boots for host in pair.hosts]
    reason = ''
    try:
        function(pair)
    except Failure as error:
        pair.log(traceback.format_exc())
        reason = str(error)
    except MachineError:
        raise
    except Exception as error:  # pylint: disable=broad-except
        pair.log(traceback.format_exc())
        reason = f'{type(error).__name__}: {error}'

    for host, lines, boot in zip(pair.hosts, kernel, boots):
        text = host.kernel_log().splitlines()[lines if boot == host.boots else 0:]
        for line in text:
            pair.log(f'{host.name} kernel: {line}')
        complaints = host.kernel_complaints('\n'.join(text))
        if complaints:
            reason = reason or f'the kernel of {host.name} complains: {complaints[0]}'
    try:
        left = clean_up(pair, pictures)
    except Failure as error:
        # the next scenario must not suffer from it
        pair.log(traceback.format_exc())
        if pair.death():
            raise
        pair.reboot()
        return reason or f'clean up: {error}'
    for host, found, picture in zip(pair.hosts, left, pictures):
        if found != picture:
            wrong = {key: found[key] for key in found if found[key] != picture[key]}
            pair.log(f'left on {host.name}: {wrong}')
            reason = reason or f'left on {host.name}: {wrong}'
    return reason


def run_one(pair, title, function, pictures):
    """Returns the reason of the failure, or an empty text. A host that died by itself says nothing
    about what is tested: the scenario gets a second try, which nobody can overlook."""
    for last in (False, True):
        reason = ''
        try:
            reason = attempt(pair, function, pictures)
            death = pair.death()
        except MachineDied as error:
            death = error
        except (MachineError, Failure):
            pair.log(traceback.format_exc())
            death = pair.death()
            if not death:
                raise
        if not death:
            return reason
        if last or death.ours:
            pair.log(death)
        else:
            pair.note(f'{death}, {title} runs once more')
        pair.reboot()
        if death.ours:
            return str(death)
    return f'{death}, again'


def run_pair(name, patterns, show, everything=False):
    """Returns the numbers of passed and failed scenarios."""
    scenarios = list(find(name, patterns))
    if not scenarios:
        return 0, 0
    passed = failed = 0
    start = time.monotonic()
    show(f'# booting two hosts, {name}')
    pair = Pair(name.partition('+')[0].split('-'), BUILD / 'run' / name)
    pair.everything = everything
    pair.note = lambda text: (pair.log(text), show(f'# {text}'))
    pair.boot()
    try:
        pictures = pair.both('picture')
        for title, function in scenarios:
            begin, used = time.monotonic(), pair.processors()
            pair.log(f'=== {title}')
            reason = run_one(pair, title, function, pictures)
            took = (f'{time.monotonic() - begin:.1f} s, '
                    f'{pair.processors() - used:.0f} s of processors')
            pair.log(f'--- {"failed: " + reason if reason else "passed"} ({took})')
            if reason:
                failed += 1
                show(f'not ok {title}: {" ".join(reason.split())}')
            else:
                passed += 1
                show(f'ok {title} # {took}')
    finally:
        used = pair.processors()
        pair.close()
    show(f'# {name}: {passed} passed, {failed} failed, {time.monotonic() - start:.0f} s, '
         f'{used:.0f} s of processors')
    return passed, failed
