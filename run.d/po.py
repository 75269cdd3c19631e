#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Translations of the messages that are not in libvirt's release.

usage: po.py merge RELEASE.po OURS.po   RELEASE.po with our translations, on stdout
       po.py split RELEASE.po MERGED.po OURS.po
                                        the other way round: what MERGED.po has and RELEASE.po has
                                        not goes to OURS.po
       po.py check TREE PO BASE         every new message of the prepared tree TREE, compared with
                                        its tag BASE, is translated in each catalogue of the
                                        directory PO; fails and names those that are not
       po.py update TREE PO BASE        write new messages into the catalogues, to be translated,
                                        and take out those that are gone
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

# As in libvirt's po/meson.build
XGETTEXT = ["xgettext", "--language=C", "--from-code=UTF-8", "--keyword=_", "--keyword=N_",
            "--no-location", "--sort-output", "--output=-"]


class Entry:
    """One paragraph of a catalogue"""

    def __init__(self, text):
        self.text = text.strip("\n")
        self.strings = {"msgid": None, "msgstr": None}
        name = None
        for line in self.text.splitlines():
            match = re.match(r'(?:(msg[\w\[\]]+) )?"(.*)"$', line)
            if match and (match[1] or name):
                if match[1]:
                    name = match[1]
                    self.strings[name] = ""
                self.strings[name] += match[2]
            elif not line.startswith("#"):
                sys.exit("not a line of a catalogue: " + line)
        flags = re.findall(r"^#,(.*)$", self.text, re.MULTILINE)
        self.fuzzy = any("fuzzy" in line for line in flags)

    @property
    def msgid(self):
        return self.strings["msgid"]

    @property
    def translated(self):
        return bool(self.strings["msgstr"]) and not self.fuzzy


def read_catalogue(text):
    return [Entry(paragraph) for paragraph in re.split(r"\n\n+", text) if paragraph.strip()]


def messages(entries):
    """Those that are in use, without the header"""
    return {entry.msgid: entry for entry in entries if entry.msgid}


def write_catalogue(entries):
    return "\n\n".join(entry.text for entry in entries) + "\n"


def merge(release, ours):
    """libvirt's file stays as it is; our entries stand where their names are in the order."""
    new = messages(ours)
    result = []
    for entry in release:
        if entry.msgid:
            for msgid in sorted(msgid for msgid in new if msgid < entry.msgid):
                result.append(new.pop(msgid))
            # what nobody has translated so far
            if entry.msgid in new:
                own = new.pop(entry.msgid)
                result.append(entry if entry.translated else own)
                continue
        result.append(entry)
    # before the obsolete ones, which are comments
    end = len(result)
    while end and result[end - 1].msgid is None and result[end - 1].text.startswith("#~"):
        end -= 1
    result[end:end] = [new[msgid] for msgid in sorted(new)]
    return result


def split(release, merged, ours):
    """The header of ours stays."""
    there = messages(release)
    return [entry for entry in ours if entry.msgid == ""] + [
        entry for msgid, entry in sorted(messages(merged).items())
        if msgid not in there or there[msgid].text != entry.text]


def git(tree, *arguments):
    return subprocess.run(["git", "-C", str(tree)] + list(arguments), check=True,
                          stdout=subprocess.PIPE).stdout


def extract(tree, revision, paths):
    """The messages of these files, as they are in a revision"""
    with tempfile.TemporaryDirectory() as directory:
        present = []
        for line in git(tree, "ls-tree", "-r", "--name-only", revision, "--",
                        *paths).decode().splitlines():
            target = Path(directory, line)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(git(tree, "show", "%s:%s" % (revision, line)))
            present.append(line)
        if not present:
            return {}
        result = subprocess.run(XGETTEXT + present, check=True, cwd=directory,
                                stdout=subprocess.PIPE)
        return messages(read_catalogue(result.stdout.decode()))


def new_messages(tree, base):
    """What is in files that were added or changed, and was not there before"""
    changed = git(tree, "diff", "--name-only", "--diff-filter=d", base, "HEAD", "--",
                  "src", "tools").decode().splitlines()
    paths = [path for path in changed if path.endswith((".c", ".h"))]
    before = extract(tree, base, paths)
    return {msgid: entry for msgid, entry in extract(tree, "HEAD", paths).items()
            if msgid not in before}


def check(tree, directory, base):
    new = new_messages(tree, base)
    failed = False
    catalogues = sorted(directory.glob("*.po"))
    if not new or not catalogues:
        sys.exit("there are no messages, or no translations")
    for path in catalogues:
        translated = messages(read_catalogue((tree / "po" / path.name).read_text("utf-8")))
        ours = messages(read_catalogue(path.read_text("utf-8")))
        for msgid in sorted(new):
            if msgid not in translated or not translated[msgid].translated:
                print("%s: not translated: %s" % (path.name, msgid))
                failed = True
        for msgid in sorted(ours):
            if msgid not in new:
                print("%s: no such message: %s" % (path.name, msgid))
                failed = True
        # the whole, too: an entry may be there twice
        for catalogue in (path, tree / "po" / path.name):
            failed |= subprocess.run(["msgfmt", "-c", "-o", "/dev/null", str(catalogue)],
                                     check=False).returncode != 0
    print("%d messages, %s" % (len(new), " ".join(path.stem for path in catalogues)))
    return not failed


def update(tree, directory, base):
    new = new_messages(tree, base)
    for path in sorted(directory.glob("*.po")):
        entries = read_catalogue(path.read_text("utf-8"))
        ours = messages(entries)
        release = messages(read_catalogue(
            git(tree, "show", "%s:po/%s" % (base, path.name)).decode()))
        result = [entry for entry in entries if entry.msgid == ""]
        for msgid in sorted(new):
            # what libvirt has translated already
            if msgid not in release or not release[msgid].translated:
                result.append(ours.get(msgid, new[msgid]))
        path.write_text(write_catalogue(result), "utf-8")


def main():
    arguments = sys.argv[1:]
    if len(arguments) == 3 and arguments[0] == "merge":
        catalogues = [read_catalogue(Path(path).read_text("utf-8")) for path in arguments[1:]]
        sys.stdout.write(write_catalogue(merge(*catalogues)))
    elif len(arguments) == 4 and arguments[0] == "split":
        catalogues = [read_catalogue(path.read_text("utf-8") if path.exists() else "")
                      for path in map(Path, arguments[1:])]
        Path(arguments[3]).write_text(write_catalogue(split(*catalogues)), "utf-8")
    elif len(arguments) == 4 and arguments[0] == "check":
        return 0 if check(Path(arguments[1]), Path(arguments[2]), arguments[3]) else 1
    elif len(arguments) == 4 and arguments[0] == "update":
        update(Path(arguments[1]), Path(arguments[2]), arguments[3])
    else:
        sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main())
