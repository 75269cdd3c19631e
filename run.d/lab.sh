# shellcheck shell=bash
# What happens in the lab host; the work is done by lab/ and bench/.

lab_ready()
{
    need_packages prepare build test lab
    build_main
    deploy
}

lab_demo()
{
    lab_ready
    "$top/lab/demo"
}

lab_shell()
{
    lab_ready
    "$top/lab/shell" "$@"
}

lab_soak()
{
    [[ $# -ge 1 && $1 =~ ^[0-9]+$ ]] || die "usage: ./run soak ROUNDS [SEED]"
    lab_ready
    "$top/lab/soak" "$@"
}

run_bench()
{
    local what=all

    case ${1-} in
        nodedev | compare | migration)
            what=$1
            shift
            ;;
    esac
    case $what in
        all | migration) lab_ready ;;
        *)
            need_packages test
            build_main
            ;;
    esac
    case $what in all | compare)
        "$top/bench/compare" --build "$main_libvirt" --tree "$tree" "$@"
        ;;
    esac
    case $what in all | nodedev)
        build_plain
        "$top/bench/run" --build "$main_libvirt" --plain-build "$out/plain" "$@"
        ;;
    esac
    case $what in all | migration) "$top/bench/migration" "$@" ;; esac
}
