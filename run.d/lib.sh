# shellcheck shell=bash
# Shared by all parts of the front door: messages, temporary files, long steps.

out=$top/build
log_dir=$out/log

die()
{
    printf 'run: %s\n' "$*" >&2
    exit 1
}

say() { printf '==> %s\n' "$*"; }

# Scratch space of this process: $tmp, below build/ because a git worktree may be put there.
tmp=''
make_tmp()
{
    [ -z "$tmp" ] || return 0
    mkdir -p "$out/tmp"
    tmp=$(mktemp -d "$out/tmp/XXXXXX")
    trap remove_tmp EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

remove_tmp()
{
    [ -z "$tmp" ] || rm -rf "$tmp"
}

seconds_since() { echo $((SECONDS - $1)); }

# Every 20 seconds: the last line of a log, which says how far a long step is.
heartbeat()
{
    local log=$1 name=$2 start=$SECONDS line

    while kill -0 $$ 2>/dev/null; do
        # Not a child that holds our output open after we were ended.
        sleep 20 >/dev/null 2>&1
        line=$(tail -c 400 "$log" 2>/dev/null | tr '\r' '\n' | grep -v '^[[:space:]]*$' | tail -n 1 || true)
        printf '    %s, %ss: %.90s\n' "$name" "$(seconds_since "$start")" "$line"
    done
}

# logged NAME COMMAND...: run a long command with its output in build/log/NAME.log
logged()
{
    local name=$1 start=$SECONDS rc=0 watcher
    local log=$log_dir/$name.log

    shift
    mkdir -p "$log_dir"
    : >"$log"
    heartbeat "$log" "$name" &
    watcher=$!
    "$@" >"$log" 2>&1 </dev/null || rc=$?
    kill "$watcher" 2>/dev/null || true
    wait "$watcher" 2>/dev/null || true
    if [ "$rc" -ne 0 ]; then
        tail -n 40 "$log" | sed 's/^/    /'
        printf '    %s failed with status %s after %ss, whole log: %s\n' \
            "$name" "$rc" "$(seconds_since "$start")" "${log#"$top"/}"
    fi
    return "$rc"
}
