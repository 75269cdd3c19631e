# SPDX-License-Identifier: LGPL-2.1-or-later
"""How programs outside of libvirt's tree are compiled and linked against a build of it."""

import json
import re
import shlex
import subprocess
from pathlib import Path

PACKAGES = ["glib-2.0", "gobject-2.0", "gio-2.0", "libxml-2.0", "json-c"]


class BuildError(Exception):
    pass


def run(command, **arguments):
    return subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
                          errors="replace", **arguments)


def compile_flags(build, tree, sources):
    """Directories and macros, of the commands that compile these sources of libvirt."""
    found = {}
    database = build / "compile_commands.json"
    if not database.exists():
        # that of the project whose subproject libvirt is
        database = build.parent.parent / "compile_commands.json"
    try:
        entries = json.loads(database.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BuildError("%s: %s" % (database, error)) from error
    for entry in entries:
        directory = Path(entry["directory"])
        source = (directory / entry["file"]).resolve()
        name = str(source.relative_to(tree)) if tree in source.parents else ""
        if name in sources:
            found[name] = [
                "-I%s" % (directory / flag[2:]).resolve() if flag.startswith("-I") else flag
                for flag in shlex.split(entry["command"]) if re.match(r"-(I|D|std=)", flag)]
    if len(found) != len(sources):
        raise BuildError("%s does not say how libvirt is compiled" % database)
    return list(dict.fromkeys(flag for name in sources for flag in found[name]))


def link_flags(build):
    library = build / "src"
    result = run(["pkg-config", "--libs"] + PACKAGES)
    if result.returncode:
        raise BuildError(result.stdout)
    return ["-L%s" % library, "-Wl,-rpath,%s" % library, "-lvirt"] + result.stdout.split()
