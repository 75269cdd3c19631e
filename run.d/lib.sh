# shellcheck shell=bash
# Shared by all parts of the front door: messages, temporary files, long steps.

out=$top/build
tmp=''
log_dir=$out/log

die()
{
    [ -z "$tmp" ] || : >"$tmp/died"
    printf 'run: %s\n' "$*" >&2
    exit 1
}

# A command that nobody expected to fail must not end us without a word.
set -E
trap unexpected ERR
unexpected()
{
    [ -n "$tmp" ] && [ -e "$tmp/died" ] ||
        printf 'run: failed: %s (%s:%s)\n' "$BASH_COMMAND" "${BASH_SOURCE[1]##*/}" \
            "${BASH_LINENO[0]}" >&2
}

say() { printf '==> %s\n' "$*"; }

# Scratch space of this process: $tmp, below build/ because a git worktree may be put there.
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

# watched NAME COMMAND...: run a long command with its output in build/log/NAME.log
watched()
{
    local name=$1 rc=0 watcher
    local log=$log_dir/$name.log

    shift
    mkdir -p "$log_dir"
    : >"$log"
    heartbeat "$log" "$name" &
    watcher=$!
    "$@" >"$log" 2>&1 </dev/null || rc=$?
    kill "$watcher" 2>/dev/null || true
    wait "$watcher" 2>/dev/null || true
    return "$rc"
}

log_tail() { tail -n 40 "$log_dir/$1.log" | sed 's/^/    /'; }

# logged NAME COMMAND...: the same; shows the end of the log when the command fails
logged()
{
    local start=$SECONDS rc=0

    watched "$@" || rc=$?
    if [ "$rc" -ne 0 ]; then
        log_tail "$1"
        printf '    %s failed with status %s after %ss, whole log: %s\n' \
            "$1" "$rc" "$(seconds_since "$start")" "${log_dir#"$top"/}/$1.log"
    fi
    return "$rc"
}
