# shellcheck shell=bash
# What happens in the lab host; the work is done by lab/ and bench/.
lab_demo() { die "not yet"; }
lab_shell() { die "not yet"; }
run_bench() { die "not yet"; }
