# SPDX-License-Identifier: LGPL-2.1-or-later
"""vfio-user programs: their node devices, and when the programs are run.

These daemons have no fake kernel: umockdev holds a lock when it is called, and
a process that another thread forks at that moment waits for it for ever.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import mocklab
from mocklab import Daemon, Options, equal, wait_until

# what packages install, and what the administrator has: private copies
SHARE = "/usr/share/vfio-user"
ETC = "/etc/vfio-user"
PROGRAMS = "/usr/share/mocklab-%d-programs" % os.getpid()
# Programs run as nobody, and write down there that they did.
RUNS = "/usr/share/mocklab-runs"

PARAMETERS = {"models": {"vendor-a.com/my-nic": {"params": {
    "num-queues": {"type": "int", "allowed_values": [1, 2, 4], "init_value": 1,
                   "off_value": 1}}}}}
VERSIONS = {"models": {"vendor-a.com/my-nic": {"versions": ["v1", "v2"]}}}


def setup_module():
    mocklab.writable_copy("/usr/share", "/etc")


def setup_function():
    for path in (SHARE, ETC, PROGRAMS, RUNS):
        shutil.rmtree(path, ignore_errors=True)
        os.mkdir(path, 0o755)
    os.chmod(RUNS, 0o1777)


def put(path, text, mode=0o644):
    """A file that is there at once, as package managers install them."""
    new = os.path.dirname(path) + "/.new"
    with open(new, "w") as f:
        f.write(text)
    os.chmod(new, mode)
    os.rename(new, path)


def program(name, answer=PARAMETERS, commands="", mode=0o755):
    """A program that counts its runs, does something, and answers."""
    path = "%s/%s" % (PROGRAMS, name)
    put(path, "#!/bin/sh\necho $$ >> %s/%s\n%s\ncat <<'EOF'\n%s\nEOF\n"
        % (RUNS, name, commands, json.dumps(answer)), mode)
    return path


# not the one of another run on this machine
SLEEP = "sleep 1000.%d" % os.getpid()
HANG = "exec " + SLEEP


def descriptor(name, binary, directory=SHARE, **more):
    path = "%s/%s.json" % (directory, name)
    put(path, json.dumps({"binary": binary, **more}))
    return path


def runs(name):
    try:
        with open("%s/%s" % (RUNS, name)) as f:
            return len(f.readlines())
    except FileNotFoundError:
        return 0


def all_runs():
    return {name: runs(name) for name in os.listdir(RUNS)}


def answered(daemon, *names):
    """Wait until these devices have the migration element."""
    names = {"vfio_user_" + name for name in names}
    wait_until(lambda: names <= set(daemon.list("--cap", "migration")), "all have answered", 60)


def capability(daemon, name):
    return mocklab.parse(daemon.dumpxml(name)).find("./capability[@type='vfio_user']")


def descendants(pid):
    """The processes below this one: pid -> (state, command)."""
    parents = {}
    processes = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry) as f:
                    command, rest = re.match(r"\d+ \((.*)\) (.*)", f.read(), re.DOTALL).groups()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(entry)] = int(rest.split()[1])
            processes[int(entry)] = (rest.split()[0], command)
    result = {}
    found = {pid}
    while found:
        found = {child for child, parent in parents.items() if parent in found}
        result.update((child, processes[child]) for child in found)
    return result


def stray_processes():
    """Processes anywhere that come from one of our programs: pid -> command."""
    result = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                with open("/proc/%s/cmdline" % entry) as f:
                    command = f.read().replace("\0", " ")
                if PROGRAMS in command or command.startswith(SLEEP + " "):
                    result[int(entry)] = command
    return result


def descriptors_of(pid):
    return sorted(os.readlink("/proc/%d/fd/%s" % (pid, fd))
                  for fd in os.listdir("/proc/%d/fd" % pid))


def threads_of(pid):
    return len(os.listdir("/proc/%d/task" % pid))


@contextlib.contextmanager
def events(daemon):
    """Yields a function that returns the events so far, as (device, event)."""
    with contextlib.ExitStack() as stack:
        outputs = []
        for event in ("lifecycle", "update"):
            output = stack.enter_context(tempfile.TemporaryFile("w+"))
            virsh = subprocess.Popen(
                ["stdbuf", "-oL", daemon.build + "/tools/virsh", "-c", daemon.uri,
                 "nodedev-event", "--event", event, "--loop", "--timestamp"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
            stack.callback(virsh.wait)
            stack.callback(virsh.send_signal, signal.SIGINT)
            outputs.append(output)

        def read(output):
            output.seek(0)
            return output.read()

        def seen():
            result = []
            for output in outputs:
                result += re.findall("^(.*): event '(.*)' for node device ([^:\n]*)(?:: (.*))?",
                                     read(output), re.MULTILINE)
            return [(device, detail or event) for time, event, device, detail in sorted(
                result, key=lambda line: line[0]) if device != "vfio_user_mark"]

        # they may not listen yet
        program("mark")
        while not all("vfio_user_mark" in read(output) for output in outputs):
            path = descriptor("mark", PROGRAMS + "/mark")
            answered(daemon, "mark")
            os.unlink(path)
            wait_until(lambda: "vfio_user_mark" not in daemon.list(), "the mark goes")
        yield seen


def test_device():
    descriptor("50-my.nic", program("nic"), description="a <card>")
    descriptor("60-other", program("other", VERSIONS), ETC)
    with Daemon(None, Options.build) as daemon:
        equal(daemon.list("--cap", "vfio_user"), ["vfio_user_50_my_nic", "vfio_user_60_other"],
              "the devices")
        answered(daemon, "50_my_nic", "60_other")
        documents = {name: daemon.dumpxml(name) for name in daemon.list("--cap", "vfio_user")}
        inactive = daemon.dumpxml("vfio_user_50_my_nic", "--inactive")
        info = daemon.virsh("nodedev-info", "vfio_user_60_other")
        tree = daemon.virsh("nodedev-list", "--tree")

    equal(documents["vfio_user_50_my_nic"], """\
<device>
  <name>vfio_user_50_my_nic</name>
  <parent>computer</parent>
  <capability type='vfio_user'>
    <binary>%s/nic</binary>
    <descriptor>/usr/share/vfio-user/50-my.nic.json</descriptor>
    <description>a &lt;card&gt;</description>
    <capability type='migration'>
      <interface type='parameters'>
        <model name='vendor-a.com/my-nic'>
          <param name='num-queues' type='int' init='1' off='1'>
            <allowed value='1'/>
            <allowed value='2'/>
            <allowed value='4'/>
          </param>
        </model>
      </interface>
    </capability>
  </capability>
</device>
""" % PROGRAMS, "the device")
    assert "<interface type='versions'>" in documents["vfio_user_60_other"]
    equal(inactive, mocklab.without_migration(documents["vfio_user_50_my_nic"]), "inactive XML")
    equal(mocklab.schema_errors(Options.source, documents), "", "what the schema says")
    for line in ("Active: *yes", "Persistent: *yes", "Autostart: *yes", "Parent: *computer"):
        assert re.search(line, info), info
    assert "+- vfio_user_60_other" in tree, tree
    equal({name: runs(name) for name in ("nic", "other")}, {"nic": 1, "other": 1}, "the runs")


def test_unprivileged():
    """Neither root nor with anything of the daemon's environment."""
    descriptor("one", program("one", commands="id -u >> %s/id; grep -E '^(Cap|NoNew)' "
                              "/proc/self/status >> %s/id; env >> %s/id" % (RUNS, RUNS, RUNS)))
    with Daemon(None, Options.build) as daemon:
        answered(daemon, "one")
    with open(RUNS + "/id") as f:
        lines = f.read().splitlines()
    assert lines[0] != "0", lines
    for line in lines:
        if line.startswith(("CapInh", "CapPrm", "CapEff", "CapAmb")):
            assert int(line.split()[1], 16) == 0, lines
    assert "NoNewPrivs:\t1" in lines, lines
    assert not [line for line in lines if line.startswith(("MOCKLAB", "LD_PRELOAD", "UMOCKDEV"))], lines


def test_events():
    with Daemon(None, Options.build) as daemon, events(daemon) as seen:
        path = descriptor("one", program("one"), ETC)
        wait_until(lambda: len(seen()) >= 2, "it comes and answers")
        equal(seen(), [("vfio_user_one", "Created"), ("vfio_user_one", "update")], "the events")

        # another program: the old answer goes, the new one comes
        program("one", VERSIONS)
        wait_until(lambda: len(seen()) >= 4, "it changes and answers")
        equal(seen()[2:], [("vfio_user_one", "update")] * 2, "the events of a change")
        assert "type='versions'" in daemon.dumpxml("vfio_user_one")

        os.unlink(path)
        wait_until(lambda: len(seen()) >= 5, "it goes")
        equal(seen()[4:], [("vfio_user_one", "Deleted")], "the event of the end")
        equal(daemon.list("--cap", "vfio_user", "--all"), [], "the devices")


def test_mask():
    descriptor("one", program("one"))
    descriptor("two", program("two"))
    mask = ETC + "/one.json"
    put(mask, "")
    with Daemon(None, Options.build) as daemon:
        equal(daemon.list("--cap", "vfio_user"), ["vfio_user_two"], "the devices")
        answered(daemon, "two")
        os.unlink(mask)
        answered(daemon, "one")
        put(ETC + "/two.json", "")
        wait_until(lambda: daemon.list("--cap", "vfio_user") == ["vfio_user_one"], "it is hidden")


def test_directory_comes():
    """Neither directory exists when the daemon starts."""
    os.rmdir(SHARE)
    os.rmdir(ETC)
    with Daemon(None, Options.build) as daemon:
        os.mkdir(SHARE, 0o755)
        descriptor("one", program("one"))
        answered(daemon, "one")
        os.mkdir(ETC, 0o755)
        descriptor("two", program("two"), ETC)
        answered(daemon, "two")


def test_unseen_change():
    """A link on the way to a program is no file that is monitored; a look at
    everything once a minute sees the change."""
    for version in ("v1", "v2"):
        os.mkdir("%s/%s" % (PROGRAMS, version), 0o755)
        os.mkdir("%s/%s" % (RUNS, version))
        os.chmod("%s/%s" % (RUNS, version), 0o1777)
    program("v1/one")
    program("v2/one", VERSIONS)
    os.symlink("v1", PROGRAMS + "/current")
    descriptor("one", PROGRAMS + "/current/one")
    # a minute is three seconds, as long as somebody asks
    with Daemon(None, Options.build, clock_rate=20) as daemon:
        wait_until(lambda: "type='parameters'" in daemon.dumpxml("vfio_user_one"), "it answers")
        os.symlink("v2", PROGRAMS + "/new")
        os.rename(PROGRAMS + "/new", PROGRAMS + "/current")
        wait_until(lambda: "type='versions'" in daemon.dumpxml("vfio_user_one"),
                   "the other one answers")
    equal((runs("v1/one"), runs("v2/one")), (1, 1), "the runs")


def test_bad_programs():
    """They are logged once, and not run again."""
    descriptor("a-fails", program("fails", commands="echo 'no such bus' >&2; exit 3"))
    descriptor("b-garbage", program("garbage", commands="echo '{'"))
    descriptor("c-writable", program("writable", mode=0o777))
    descriptor("d-missing", PROGRAMS + "/missing")
    descriptor("e-floods", program("floods", commands="exec yes"))
    put(SHARE + "/f-broken.json", "{")
    descriptor("g_h", program("first"))
    descriptor("g-h", program("second"))
    with Daemon(None, Options.build) as daemon:
        names = ["vfio_user_" + name for name in
                 ("a_fails", "b_garbage", "c_writable", "d_missing", "e_floods", "g_h")]
        equal(daemon.list("--cap", "vfio_user"), names, "the devices")
        answered(daemon, "g_h")
        for what in ("no such bus", "garbage", "writable", "missing", "floods", "f-broken",
                     "g_h.json' is left out"):
            wait_until(lambda: what in daemon.log(), "a warning about '%s'" % what)
        equal(daemon.list("--cap", "migration"), ["vfio_user_g_h"], "who answered")
        log = daemon.log()
        # it looks at everything again
        descriptor("z", program("z"))
        answered(daemon, "z")
        equal(daemon.log(), log, "the log")
    equal(all_runs(), {"fails": 1, "garbage": 1, "floods": 1, "second": 1, "z": 1}, "the runs")


def test_clients_run_nothing():
    """Whatever a client does that may only read, and one that may do everything:
    no program runs, of those that answered, failed, or are stale."""
    descriptor("a", program("good"))
    descriptor("b", program("bad", commands="exit 1"))
    descriptor("c", program("hangs", commands=HANG))
    with Daemon(None, Options.build) as daemon:
        answered(daemon, "a")
        wait_until(lambda: runs("bad") == 1 and runs("hangs") == 1, "all have run")
        before = all_runs()
        for readonly in (True, False):
            for number in range(20):
                names = daemon.list("--cap", "vfio_user", readonly=readonly)
                daemon.list("--all", readonly=readonly)
                daemon.list("--cap", "migration", readonly=readonly)
                for name in names:
                    daemon.dumpxml(name, readonly=readonly)
        for name in ("nodedev-reset", "nodedev-destroy", "nodedev-undefine"):
            result = daemon.try_virsh(name, "vfio_user_a", readonly=True)
            assert result.returncode != 0, result.stdout
        equal(all_runs(), before, "the runs")

        # the count does notice a run
        program("good", VERSIONS)
        wait_until(lambda: runs("good") == 2, "the program that was replaced runs")


def test_new_daemon_runs_nothing():
    """A daemon that ended because it was idle is started by any client."""
    descriptor("a", program("good"))
    descriptor("b", program("bad", commands="exit 1"))
    descriptor("c", program("other", VERSIONS))
    daemon = Daemon(None, Options.build)
    with daemon:
        answered(daemon, "a", "c")
        wait_until(lambda: runs("bad") == 1, "it has run")
        wait_until(lambda: PROGRAMS + "/bad" in daemon.log(), "it failed")
    program("other", PARAMETERS)
    with daemon:
        assert "type='parameters'" in daemon.dumpxml("vfio_user_a")
        answered(daemon, "c")
        assert "type='parameters'" in daemon.dumpxml("vfio_user_c")
        equal(all_runs(), {"good": 1, "bad": 1, "other": 2}, "the runs")


def test_reload():
    """SIGHUP asks all again; what is known stays until then, and nothing is sent
    if the answer is the same."""
    descriptor("a", program("good"))
    descriptor("b", program("bad", commands="[ -e %s/repaired ] || exit 1" % RUNS))
    with Daemon(None, Options.build) as daemon, events(daemon) as seen:
        answered(daemon, "a")
        wait_until(lambda: runs("bad") == 1, "it has failed")
        put(RUNS + "/repaired", "")
        before = len(seen())
        os.kill(daemon.pid, signal.SIGHUP)
        answered(daemon, "b")
        wait_until(lambda: runs("good") == 2, "all have run again")
        wait_until(lambda: len(seen()) > before, "an event")
        equal(seen()[before:], [("vfio_user_b", "update")], "the events")


def test_many_hang():
    """200 descriptors, of which 20 hang: a list takes less than a second, also
    while four of them are running, and the daemon ends at once."""
    good = program("good")
    for number in range(200):
        binary = good
        if number % 10 == 0:
            binary = program("hangs%03d" % number, commands=HANG)
        descriptor("%03d" % number, binary)

    with Daemon(None, Options.build) as daemon:
        longest = 0
        deadline = time.monotonic() + 12
        hanging = 0
        while time.monotonic() < deadline:
            start = time.monotonic()
            names = daemon.list()
            longest = max(longest, time.monotonic() - start)
            equal(len([name for name in names if name.startswith("vfio_user_")]), 200,
                  "the number of devices")
            # some may end, and others begin, during one look
            now = set(stray_processes()) & set(stray_processes())
            assert len(now) <= 4, "%d programs at the same time" % len(now)
            hanging = max(hanging, len(now))
        start = time.monotonic()
        daemon.stop()
        end = time.monotonic() - start
        daemon.start()
    print("# nodedev-list took at most %.2f s, end of the daemon %.2f s" % (longest, end))
    equal(hanging, 4, "programs that hang at the same time")
    assert longest < 1, "nodedev-list took %.2f s" % longest
    assert end < 3, "the daemon ended after %.2f s" % end
    wait_until(lambda: not stray_processes(), "nothing is left")


def test_500_probes():
    """Neither process nor descriptor nor thread is left; some programs leave
    children that want to stay."""
    good = program("good")
    forks = program("forks", commands="setsid %s & (trap '' TERM HUP; %s) &"
                    % (SLEEP, SLEEP))
    fails = program("fails", commands="exit 1")
    for number in range(50):
        descriptor("%03d" % number, (good, good, good, forks, fails)[number % 5])

    def ended():
        return sum(all_runs().values())

    with Daemon(None, Options.build) as daemon:
        pid = daemon.pid
        wait_until(lambda: ended() == 50, "all have run", 60)
        wait_until(lambda: not descendants(pid), "all have ended", 20)
        descriptors = descriptors_of(pid)
        threads = threads_of(pid)
        assert descriptors and threads
        start = time.monotonic()
        for turn in range(2, 12):
            os.kill(pid, signal.SIGHUP)
            wait_until(lambda: ended() >= 50 * turn, "all have run again", 60)
            # else the next signal may find the daemon still reloading
            wait_until(lambda: not descendants(pid), "all have ended", 20)
        equal(ended(), 550, "the runs")
        wait_until(lambda: not descendants(pid), "all have ended: %s" % descendants(pid), 20)
        print("# 500 probes took %.1f s" % (time.monotonic() - start))
        equal(stray_processes(), {}, "processes that are left")
        # those of the clients that asked go when libvirt sees that they went
        wait_until(lambda: descriptors_of(pid) == descriptors or
                   len(descriptors_of(pid)) <= len(descriptors), "descriptors are closed")
        assert threads_of(pid) <= threads, "%d threads, before %d" % (threads_of(pid), threads)
