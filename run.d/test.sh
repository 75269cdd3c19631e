# shellcheck shell=bash
# ./run test: stages, their results and times.

all_stages='suite syntax sanitize valgrind fuzz frontdoor umockdev lab'
sanitize_dir=$out/sanitize
# Slow machines: libvirt's limit of 30 seconds for a test is for fast ones.
patience='--timeout-multiplier 10'

unit_tests() { options_of unit-tests; }

# result STAGE "PASSED FAILED SKIPPED"
result() { echo "$2" >"$tmp/result.$1"; }

# meson_stage STAGE DIR ARG...: meson test, counted
meson_stage()
{
    local stage=$1 dir=$2 rc=0

    shift 2
    rm -f "$dir/meson-logs/$stage"*.json
    # shellcheck disable=SC2086
    watched "test-$stage" meson test -C "$dir" --logbase "$stage" $patience "$@" || rc=$?
    # With --setup the name of the setup is appended.
    count_meson "$stage" "$(compgen -G "$dir/meson-logs/$stage*.json" | head -n 1)" "$rc"
}

count_meson()
{
    local stage=$1 log=$2 rc=$3 counts

    [ -s "$log" ] || {
        log_tail "test-$stage"
        return 1
    }
    python3 "$top/run.d/results.py" meson "$log" >"$tmp/counts"
    sed '$d' "$tmp/counts"
    counts=$(tail -n 1 "$tmp/counts")
    # A status that no test explains: the tests could not be built or not be ended.
    if [ "$rc" != 0 ] && [[ $counts == *' 0 '* ]]; then
        log_tail "test-$stage"
        return 1
    fi
    result "$stage" "$counts"
}

# tap_stage STAGE COMMAND...: a program that prints TAP, counted
tap_stage()
{
    local stage=$1 rc=0

    shift
    watched "test-$stage" "$@" || rc=$?
    python3 "$top/run.d/results.py" tap "$log_dir/test-$stage.log" "$rc" >"$tmp/counts"
    sed '$d' "$tmp/counts"
    result "$stage" "$(tail -n 1 "$tmp/counts")"
}

# One of libvirt's tests needs this locale; made for it, so that the system stays as it is.
private_locale()
{
    local dir=$out/locale

    if [ ! -d "$dir/en_US.UTF-8" ]; then
        mkdir -p "$dir"
        localedef -i en_US -f UTF-8 "$dir/en_US.UTF-8"
    fi
    export LOCPATH=$dir
}

stage_suite()
{
    private_locale
    meson_stage suite "$main_dir" --no-rebuild --no-suite syntax-check
}

stage_syntax() { meson_stage syntax "$main_dir" --no-rebuild --suite syntax-check; }

# The unit tests that the build directory does not have.
unit_tests_missing()
{
    meson introspect "$1" --tests |
        python3 -c 'import json, sys; print("\n".join(t["name"] for t in json.load(sys.stdin)))' |
        LC_ALL=C sort | comm -13 - <(unit_tests | LC_ALL=C sort)
}

# unit_stage STAGE DIR ARG...
unit_stage()
{
    local stage=$1 dir=$2 missing counts tests

    shift 2
    missing=$(unit_tests_missing "$dir")
    mapfile -t tests < <(unit_tests | grep -vxF -e "${missing:-none}")
    # Names build what these tests need, and no more.
    meson_stage "$stage" "$dir" "$@" "${tests[@]}"
    if [ -n "$missing" ]; then
        sed 's/^/    no such test: /' <<<"$missing"
        counts=$(awk -v n="$(wc -l <<<"$missing")" '{ print $1, $2 + n, $3 }' "$tmp/result.$stage")
        result "$stage" "$counts"
    fi
}

stage_sanitize()
{
    local args

    mapfile -t args < <(options_of sanitize-options | sed 's/^/-Dlibvirt:/')
    configure "$sanitize_dir" "$top" -Doptimization=0 -Db_sanitize=address,undefined \
        -Db_lundef=false "${args[@]}"
    # libvirt's mocks are preloaded before the sanitizer's own library. Leaks are valgrind's work:
    # it knows the suppressions that libvirt ships.
    export ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0:abort_on_error=1
    export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    VIR_TEST_PROPERTY_PAIRS=3000 unit_stage sanitize "$sanitize_dir"
}

stage_valgrind()
{
    # as many as the time limit of a test allows
    if [ "$all" = 0 ]; then export VIR_TEST_PLAIN_ENDS=1; fi
    VIR_TEST_PROPERTY_PAIRS=1000 unit_stage valgrind "$main_dir" --no-rebuild \
        --setup libvirt:valgrind
}

stage_frontdoor() { tap_stage frontdoor "$top/run.d/selftest.sh" "$main_libvirt" "$tree"; }

stage_umockdev()
{
    build_plain
    tap_stage umockdev "$top/lab/umockdev/run-tests" --build "$main_libvirt" \
        --plain-build "$out/plain"
}

stage_lab()
{
    local args=()

    if [ "$with_next" = 1 ]; then args+=(--with-next); fi
    if [ "$all" = 1 ]; then args+=(--all); fi
    deploy
    tap_stage lab "$top/lab/run-tests" ${args[@]+"${args[@]}"}
}

# timed STAGE FUNCTION: run in a shell of its own; keeps the time and the counts. Not to be called
# in a condition: bash would ignore set -e in it.
timed()
{
    local stage=$1 start=$SECONDS rc counts

    say "$stage"
    set +e
    (
        set -e
        "$2"
    )
    rc=$?
    set -e
    rm -f "$tmp/died"
    counts=$(cat "$tmp/result.$stage" 2>/dev/null || echo '0 0 0')
    # What could not run has failed.
    if [ "$rc" != 0 ] && [[ $counts == *' 0 '* ]]; then
        counts=$(awk '{ print $1, $2 + 1, $3 }' <<<"$counts")
        echo "    $stage did not run to its end"
    fi
    echo "$stage $counts $(seconds_since "$start")" >>"$tmp/table"
}

run_tests()
{
    local stage stages=("$@") groups=(prepare build test) passed failed start=$SECONDS

    if [ ${#stages[@]} -eq 0 ]; then read -r -a stages <<<"$all_stages"; fi
    for stage in "${stages[@]}"; do
        [[ " $all_stages " == *" $stage "* ]] || die "no stage $stage; there are: $all_stages"
        case $stage in fuzz | lab) groups+=("$stage") ;; esac
    done
    need_default_tree
    make_tmp
    : >"$tmp/table"

    timed build test_build
    for stage in "${stages[@]}"; do
        if awk '$1 == "build" && $3 > 0 { bad = 1 } END { exit !bad }' "$tmp/table"; then
            echo "$stage 0 1 0 0" >>"$tmp/table"
        else
            timed "$stage" "stage_$stage"
        fi
    done

    printf '\n%-12s %8s %8s %8s %8s\n' stage passed failed skipped seconds
    awk '{ printf "%-12s %8d %8d %8d %8d\n", $1, $2, $3, $4, $5 }' "$tmp/table"
    printf '%-12s %35d\n\n' total "$(seconds_since "$start")"
    read -r passed failed < <(awk '{ p += $2; f += $3 } END { print p, f }' "$tmp/table")
    echo "$passed passed, $failed failed"
    # Nothing passed: nothing was tested.
    if [ "$failed" != 0 ] || [ "$passed" = 0 ]; then exit 1; fi
}

# Everything that the stages share. Uses the stages and groups of run_tests.
test_build()
{
    need_packages "${groups[@]}"
    prepare
    if [ "${stages[*]}" = sanitize ]; then return 0; fi
    echo "    libvirt's options: $(options_of libvirt-options | tr '\n' ' ')"
    configure "$main_dir" "$top"
    compile "$main_dir"
}
