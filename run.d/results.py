#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts test results: prints "PASSED FAILED SKIPPED" as the last line.

usage: results.py meson TESTLOG.json    what meson test wrote
       results.py tap FILE STATUS       lines "ok NAME", "not ok NAME", "skip NAME" (TAP is
                                        understood, too) of a program that ended with STATUS

Failed tests are printed with the end of their output, skipped ones by name.
"""

import json
import re
import sys

# Meson's verdicts; everything else, TIMEOUT and INTERRUPT included, is a failure.
PASSED = ("OK", "EXPECTEDFAIL")
SKIPPED = ("SKIP",)
OUTPUT_LINES = 25


def tail(text):
    for line in text.rstrip().splitlines()[-OUTPUT_LINES:]:
        print("        " + line)


def count_meson(path):
    passed = failed = skipped = 0
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            test = json.loads(line)
            if test["result"] in PASSED:
                passed += 1
            elif test["result"] in SKIPPED:
                skipped += 1
                print("    skipped: " + test["name"])
            else:
                failed += 1
                print("    %s: %s" % (test["result"], test["name"]))
                tail(test.get("stdout", "") + test.get("stderr", ""))
    return passed, failed, skipped


def count_tap(path, status):
    passed = failed = skipped = 0
    before = []
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            line = line.rstrip("\n")
            if re.match(r"not ok\b", line):
                failed += 1
                print("    " + line)
                # The output of a test stands before or after its verdict.
                tail("\n".join(before[-OUTPUT_LINES:]))
                before = []
            elif re.match(r"ok\b", line):
                if re.search(r"#\s*skip\b", line, re.IGNORECASE):
                    skipped += 1
                    print("    skipped: " + line)
                else:
                    passed += 1
                before = []
            elif re.match(r"skip\b", line, re.IGNORECASE):
                skipped += 1
                print("    " + line)
            else:
                before.append(line)
    if failed:
        tail("\n".join(before))
    if status != 0 and failed == 0:
        failed = 1
        print("    ended with status %d" % status)
        tail("\n".join(before))
    return passed, failed, skipped


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "meson":
        counts = count_meson(sys.argv[2])
    elif len(sys.argv) == 4 and sys.argv[1] == "tap":
        counts = count_tap(sys.argv[2], int(sys.argv[3]))
    else:
        sys.exit(__doc__)
    print("%d %d %d" % counts)


if __name__ == "__main__":
    main()
