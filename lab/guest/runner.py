#!/usr/bin/python3
"""Runs scenarios inside the lab host.

runner.py [--all] [--skip N] [PATTERN...]: all that fit the mode of this boot, or
those whose name contains a pattern; without the first N, which an earlier boot
has done. Two lines each on standard output, "> NAME" when it begins, and then
"ok NAME" or "not ok NAME: reason"; the details are in /out/log/scenarios.log.

A scenario is a function test_*() in /lab/scenarios/*.py; MODES there says in
which modes the file's scenarios run, REPEATED in which of them only with --all
or by name, and DAEMONS = False that no daemon of libvirt may run beside them.
"""

import argparse
import contextlib
import importlib
import os
import select
import signal
import sys
import time
import traceback

sys.dont_write_bytecode = True
sys.path[:0] = ['/lab/guest', '/lab/scenarios']

import host  # noqa: E402  pylint: disable=wrong-import-position

LIMIT = 150


def find(patterns, everything):
    """Yields (name, function, are the daemons wanted)."""
    for file in sorted(os.listdir('/lab/scenarios')):
        if not file.endswith('.py'):
            continue
        module = importlib.import_module(file[:-3])
        if host.MODE not in module.MODES:
            continue
        if not everything and not patterns and host.MODE in getattr(module, 'REPEATED', ()):
            continue
        for attribute, function in vars(module).items():
            if not attribute.startswith('test_'):
                continue
            name = f'{host.MODE}: {file[:-3]}: {attribute[5:].replace("_", " ")}'
            if not patterns or any(pattern in name for pattern in patterns):
                yield name, function, getattr(module, 'DAEMONS', host.MODE != 'bare')


def limit_of(function):
    return getattr(function, 'limit', LIMIT)


def too_long(_signal, _frame):
    raise host.Failure('not finished in time')


def call(function):
    """Returns the reason of the failure, or an empty text."""
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(limit_of(function))
    try:
        function()
    except Exception as error:  # pylint: disable=broad-except
        traceback.print_exc(file=sys.stdout)
        return str(error) if isinstance(error, host.Failure) else f'{type(error).__name__}: {error}'
    finally:
        signal.alarm(0)
    return ''


def call_in_child(function):
    """The same in a process of its own: whatever it leaves open or running ends with it."""
    sys.stdout.flush()
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.close(receive)
        reason = 'the scenario ended without a result'
        try:
            reason = call(function)
        finally:
            sys.stdout.flush()
            os.write(send, b'=' + reason.encode(errors='replace')[:4000])
            os._exit(0)
    os.close(send)
    # the alarm does not end a call that hangs inside of a library
    answer = b''
    if select.select([receive], [], [], limit_of(function) + 20)[0]:
        answer = os.read(receive, 8192)
    os.close(receive)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    if not answer:
        return 'the scenario hangs or died'
    return answer[1:].decode(errors='replace')


def run_one(function, daemons):
    """Returns the reason of the failure, or an empty text."""
    host.want_daemons(daemons)
    before = len(host.kernel_log().splitlines())
    reason = call_in_child(function)
    try:
        host.clean_up()
    except Exception as error:  # pylint: disable=broad-except
        traceback.print_exc(file=sys.stdout)
        reason = reason or f'clean up: {error}'

    lines = host.kernel_log().splitlines()[before:]
    print('\n'.join(f'    kernel: {line}' for line in lines))
    complaints = host.kernel_complaints('\n'.join(lines))
    if complaints:
        reason = reason or f'the kernel complains: {complaints[0]}'
    return reason


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--all', action='store_true')
    parser.add_argument('--skip', type=int, default=0)
    parser.add_argument('pattern', nargs='*')
    args = parser.parse_args()
    host.EVERYTHING = args.all
    os.makedirs('/out/log', exist_ok=True)
    failed = 0
    found = list(find(args.pattern, args.all))
    if not found:
        print('no scenario fits', file=sys.stderr)
        return 2
    with open('/out/log/scenarios.log', 'w', encoding='utf-8') as log:
        for name, function, daemons in found[args.skip:]:
            print(f'> {name}', flush=True)
            start = time.monotonic()
            with contextlib.redirect_stdout(log):
                print(f'=== {name}', flush=True)
                reason = run_one(function, daemons)
                print(f'--- {"failed: " + reason if reason else "passed"} '
                      f'({time.monotonic() - start:.1f} s)', flush=True)
            if reason:
                failed += 1
                print(f'not ok {name}: {" ".join(reason.split())}', flush=True)
            else:
                print(f'ok {name}', flush=True)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
