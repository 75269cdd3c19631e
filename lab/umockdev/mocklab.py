# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a self-built virtnodedevd against a fake kernel (mockkernel.py).

    sys.exit(mocklab.isolated(main))

runs main() in a mount namespace of its own, with /etc/mdevctl.d replaced by an
empty one, and one temporary directory that is removed afterwards. In there:

    kernel = Kernel([pci("0000:00:10.0", [MdevType("sample-1")])])
    with Daemon(kernel, builddir) as daemon:
        print(daemon.virsh("nodedev-list"))

Several daemons can serve the same kernel at the same time.
"""

import atexit
import concurrent.futures
import contextlib
import difflib
import json
import os
import pprint
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
UMOCKDEV = "libumockdev-preload.so.0"
TIMEOUT = 30


class Failure(Exception):
    """A command failed that had to succeed."""


# The isolated part of the run

def isolated(main):
    """Run main() in a child of its own, see above. Returns the exit status."""
    if "MOCKLAB_DIR" in os.environ:
        # so that the daemons are ended before the directory is removed
        signal.signal(signal.SIGTERM, lambda *args: sys.exit(1))
        signal.signal(signal.SIGINT, lambda *args: sys.exit(1))
        atexit.register(Daemon.stop_all)
        return main()

    if os.geteuid() != 0:
        print("This needs to be root, for a mount namespace and a system daemon.",
              file=sys.stderr)
        return 2

    # Sockets live in there, whose names may have 107 bytes only.
    tmp = os.path.realpath(tempfile.mkdtemp(prefix="mocklab-"))
    try:
        if len(tmp) > 50 or tmp.startswith("/run/"):
            print("%s: TMPDIR must be a short path outside of /run." % tmp, file=sys.stderr)
            return 2
        subprocess.run(["gcc", "-O2", "-Wall", "-fPIC", "-shared", "-U_FORTIFY_SOURCE",
                        "-o", tmp + "/preload.so", HERE + "/preload.c", "-ldl"], check=True)
        for name in ("callouts", "notifiers"):
            os.makedirs(tmp + "/mdevctl.d/scripts.d/" + name)
        child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "unshare", "--mount", "sh", "-c",
             'mount --bind "$MOCKLAB_DIR/mdevctl.d" /etc/mdevctl.d && '
             'exec "$@"', "sh",
             "/usr/bin/python3", "-u"] + sys.argv,
            env=dict(os.environ, MOCKLAB_DIR=tmp, TMPDIR=tmp, HOME=tmp,
                     LC_ALL="C.UTF-8", PYTHONDONTWRITEBYTECODE="1"))
        # The child ends its daemons and we remove the directory, whatever
        # ends the run.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *args: child.terminate())
        return child.wait()
    finally:
        shutil.rmtree(tmp)


def directory():
    """The temporary directory of this run."""
    return os.environ["MOCKLAB_DIR"]


def run(*args):
    """Run a program; its output and exit status."""
    return subprocess.run(args, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=TIMEOUT)


def writable_copy(*paths):
    """Gives this run, and the daemons that it starts from now on, copies of
    directories of the host. They are changed here and nowhere else."""
    upper = directory() + "/copies"
    if not os.path.isdir(upper):
        os.mkdir(upper)
        result = run("mount", "-t", "tmpfs", "-o", "mode=755", "copies", upper)
        if result.returncode != 0:
            raise Skip("cannot mount a tmpfs: " + result.stdout.strip())
    for path in paths:
        name = upper + path.replace("/", "_")
        os.makedirs(name + ".upper")
        os.makedirs(name + ".work")
        result = run("mount", "-t", "overlay", "-o", "lowerdir=%s,upperdir=%s.upper,workdir=%s.work"
                     % (path, name, name), "copy", path)
        if result.returncode != 0:
            raise Skip("cannot mount an overlay on %s: %s" % (path, result.stdout.strip()))


def source_of(build):
    """The source tree that a build directory belongs to, which may be that of a
    subproject, somewhere in Meson's build directory."""
    build = top = os.path.abspath(build)
    while not os.path.exists(top + "/meson-info/meson-info.json"):
        if top == "/":
            raise Failure("%s: no build directory of Meson" % build)
        top = os.path.dirname(top)
    with open(top + "/meson-info/meson-info.json") as f:
        source = json.load(f)["directories"]["source"]
    return os.path.normpath(os.path.join(source, os.path.relpath(build, top)))


def wait_until(condition, what, timeout=10):
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise Failure("waited %d s in vain: %s" % (timeout, what))
        time.sleep(0.01)


@contextlib.contextmanager
def background(function, *args):
    """Run a function beside the block; yields its future."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        yield pool.submit(function, *args)


def persistent_definitions():
    """The files that mdevctl keeps."""
    return [os.path.join(where, name)
            for where, _, names in os.walk("/etc/mdevctl.d") for name in names]


# Daemons

class Daemon:
    """A privileged virtnodedevd of a build directory, with its own /run. Its
    clock may run faster, so that long limits are reached soon. Without a
    fake kernel it lives with the real one."""

    count = 0
    running = set()

    def __init__(self, kernel, build, log_opens=False, clock_rate=1):
        Daemon.count += 1
        self.kernel = kernel
        self.build = os.path.abspath(build)
        self.dir = "%s/daemon%d" % (directory(), Daemon.count)
        self.log_file = self.dir + "/log"
        self.open_log = self.dir + "/opens" if log_opens else None
        self.clock_rate = clock_rate
        self.process = None
        self.cwd = self.dir + "/cwd"
        os.makedirs(self.dir + "/run")
        os.makedirs(self.cwd)
        self.uri = "nodedev+unix:///system?mode=direct&socket=%s/virtnodedevd-sock" % self.dir
        with open(self.dir + "/conf", "w") as f:
            f.write('unix_sock_dir = "%s"\n' % self.dir)
            f.write('auth_unix_ro = "none"\nauth_unix_rw = "none"\n')
            f.write('host_uuid = "11111111-2222-3333-4444-555555555555"\n')
            f.write('log_outputs = "2:file:%s"\n' % self.log_file)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *args):
        self.stop()

    def start(self):
        env = dict(os.environ)
        preload = "LD_PRELOAD=" + directory() + "/preload.so"
        if self.kernel:
            env.update(self.kernel.environment())
            preload += ":" + UMOCKDEV
        elif self.clock_rate == 1:
            preload = ""
        # the build's own modules, wherever it was moved to
        env["LIBVIRT_DRIVER_DIR"] = self.build + "/src"
        if self.open_log:
            env["MOCKLAB_OPEN_LOG"] = self.open_log
        if self.clock_rate != 1:
            env["MOCKLAB_CLOCK_RATE"] = str(self.clock_rate)
        # The state directory is compiled in: every daemon gets another /run.
        # setpriv: not even a killed run leaves a daemon behind.
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "sh", "-c",
             'mount --bind "$1/run" /run && shift && exec env %s "$@"' % preload,
             "sh", self.dir,
             self.build + "/src/virtnodedevd", "-f", self.dir + "/conf",
             "-p", self.dir + "/pid", "-t", "0"],
            cwd=self.cwd, env=env, stdin=subprocess.DEVNULL)
        Daemon.running.add(self)
        try:
            wait_until(lambda: os.path.exists(self.dir + "/virtnodedevd-sock")
                       or self.process.poll() is not None, "virtnodedevd starts")
            # answers when the devices have been enumerated
            self.virsh("nodedev-list")
        except BaseException:
            for line in self.log().splitlines()[-20:]:
                print("# " + line)
            self.stop()
            raise

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            # 11.3.0 sometimes joins a thread that waits for a lock it holds.
            if self.build == Options.build:
                raise Failure("virtnodedevd did not end when it was told to")
        finally:
            Daemon.running.discard(self)

    @classmethod
    def stop_all(cls):
        for daemon in list(cls.running):
            daemon.stop()

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def log(self):
        """What the daemon logged so far, at level info and above."""
        try:
            with open(self.log_file, errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    # virsh

    def try_virsh(self, *args, readonly=False):
        """Run virsh on this daemon: output and exit status."""
        command = [self.build + "/tools/virsh", "-q", "-c", self.uri]
        if readonly:
            command[-1] = self.uri + "-ro"
            command.append("-r")
        return run(*command, *args)

    def virsh(self, *args, readonly=False):
        """Run virsh, which must succeed; its output."""
        result = self.try_virsh(*args, readonly=readonly)
        if result.returncode != 0:
            raise Failure("virsh %s: %s" % (" ".join(args), result.stdout.strip()))
        return result.stdout

    def virsh_settled(self, *args):
        """Run virsh until it succeeds; for devices that were just defined. When an
        mdevctl that libvirt ran before does not know the new one yet, libvirt
        forgets it until mdevctl's files are read again, a moment later."""
        output = []

        def succeeds():
            result = self.try_virsh(*args)
            output.append(result.stdout)
            return result.returncode == 0

        try:
            wait_until(succeeds, "virsh " + " ".join(args))
        except Failure as e:
            raise Failure("%s: %s" % (e, output[-1].strip()))
        return output[-1]

    def define(self, name, xml):
        """Define a device, whose name will be this."""
        self.with_xml("nodedev-define", xml)
        # libvirt reads mdevctl's files 100 ms after they changed
        time.sleep(0.3)
        self.virsh_settled("nodedev-info", name)

    def undefine(self, name):
        self.virsh_settled("nodedev-undefine", name)

    def virsh_fails(self, *args):
        """Run virsh, which must fail; its output."""
        result = self.try_virsh(*args)
        if result.returncode == 0:
            raise Failure("virsh %s succeeded: %s" % (" ".join(args), result.stdout.strip()))
        return result.stdout

    def list(self, *args, readonly=False):
        """The names that nodedev-list prints, sorted."""
        return sorted(self.virsh("nodedev-list", *args, readonly=readonly).split())

    def dumpxml(self, name, *args, readonly=False):
        return self.virsh("nodedev-dumpxml", name, *args, readonly=readonly).strip() + "\n"

    def dump_all(self):
        """The XML of every node device, by name, in one run of virsh."""
        names = self.list()
        mark = "mocklab-next-device"
        commands = ["nodedev-dumpxml %s; echo %s" % (name, mark) for name in names]
        output = self.virsh("; ".join(commands))
        return dict(zip(names, (text.strip() + "\n" for text in output.split(mark))))

    def with_xml(self, command, xml, *args, fails=False):
        """Run a virsh command that takes a file."""
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as f:
            f.write(xml)
            f.flush()
            args = [f.name if arg == "FILE" else arg for arg in args or ["FILE"]]
            return (self.virsh_fails if fails else self.virsh)(command, *args)

    # Counting

    @contextlib.contextmanager
    def opens(self):
        """Yields a list that holds, at the end of the block, the sysfs paths
        which the daemon opened meanwhile, without links, in order."""
        result = []
        start = os.path.getsize(self.open_log)
        yield result
        with open(self.open_log) as f:
            f.seek(start)
            for line in f:
                pid, error, path = line.rstrip("\n").split(" ", 2)
                if int(pid) == self.pid and int(error) == 0:
                    path = os.path.realpath(self.kernel.root + path)
                    result.append(path[len(self.kernel.sys):])


# XML

def parse(xml):
    return ElementTree.fromstring(xml)


def outline(element):
    """What an element says, for comparison: (tag, attributes, text or children)."""
    children = [outline(child) for child in element]
    return (element.tag, dict(element.attrib), children or (element.text or "").strip())


def migration_in(element):
    """The outline of the migration capability directly below this element, None
    if there is none."""
    found = element.findall("./capability[@type='migration']")
    if not found:
        return None
    if len(found) > 1:
        raise Failure("two migration capabilities in one element")
    if element[-1] is not found[0]:
        raise Failure("the migration capability is not the last child")
    return outline(found[0])


def type_migrations(xml):
    """By type id: the outline of the type's migration capability or None."""
    return {type.get("id"): migration_in(type)
            for type in parse(xml).iterfind(".//capability[@type='mdev_types']/type")}


def device_migration(xml):
    return migration_in(parse(xml).find("./capability[@type='mdev']"))


def function_migration(xml):
    return migration_in(parse(xml).find("./capability[@type='pci']"))


MIGRATION = re.compile(r"\n( *)<capability type='migration'>\n.*?\n\1</capability>", re.DOTALL)


def without_migration(xml):
    """The XML with every migration capability cut out; nothing else changes."""
    return MIGRATION.sub("", xml)


def migration_texts(xml):
    """Every migration capability as it is written."""
    return [found.group() for found in MIGRATION.finditer(xml)]


def schema_errors(source, documents):
    """Validate documents (name -> XML) against the node device schema of a
    source tree; what xmllint says about the bad ones."""
    with tempfile.TemporaryDirectory() as tmp:
        files = []
        for name, xml in documents.items():
            files.append("%s/%s.xml" % (tmp, name))
            with open(files[-1], "w") as f:
                f.write(xml)
        result = run("xmllint", "--noout", "--relaxng",
                     source + "/src/conf/schemas/nodedev.rng", *files)
        lines = result.stdout.replace(tmp + "/", "").splitlines()
    valid = [line for line in lines if line.endswith(" validates")]
    if result.returncode == 0 and len(valid) == len(documents):
        return ""
    return "\n".join(line for line in lines if line not in valid) or "xmllint: nothing validated"


# Tests

class Skip(Exception):
    """This test cannot run here; says why."""


class Options:
    """What the tests work on; filled by run-tests."""

    build = None
    plain_build = None
    source = None


def plain_build():
    """The build directory of the unpatched libvirt."""
    if not Options.plain_build:
        raise Skip("no unpatched build given (--plain-build)")
    return Options.plain_build


def equal(actual, expected, what):
    """Assert that two texts or values are equal, showing the difference."""
    if actual == expected:
        return
    texts = [value if isinstance(value, str) else pprint.pformat(value, width=100)
             for value in (expected, actual)]
    diff = difflib.unified_diff(*(text.splitlines() for text in texts),
                                "expected", "actual", lineterm="", n=30)
    raise AssertionError("%s differs\n%s" % (what, "\n".join(diff)))
