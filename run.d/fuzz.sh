# shellcheck shell=bash
# The fuzz targets; the work is done by fuzz/run.

fuzz_command()
{
    "$top/fuzz/run" --build "$main_libvirt" --tree "$tree" --out "$out/fuzz" "$@"
}

# run_fuzz SECONDS [TARGET...]
run_fuzz()
{
    [[ ${1-} =~ ^[1-9][0-9]*$ ]] || die "usage: ./run fuzz SECONDS [TARGET...]"
    need_packages fuzz
    build_main
    fuzz_command --seconds "$@"
}

stage_fuzz()
{
    local seconds=20

    if [ "$all" = 1 ]; then seconds=60; fi
    tap_stage fuzz fuzz_command --seconds "$seconds"
}
