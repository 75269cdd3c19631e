# shellcheck shell=bash
# The prepared tree: libvirt's source as a git repository that holds our overlay and patches.
#
# Its history is v11.3.0 (tag), "overlay" (our files), one commit for each patch, then what a
# contributor commits. .git/overlay/ records what was laid, to tell whose change is newer:
#   index    the overlay files as last copied: MODE BLOB<TAB>PATH
#   patches  hash of patches/ as last applied or written
#   commits  hash of the patches that the tree's commits give

identity_name='libvirt migration compatibility'
identity_email='overlay@localhost'
release_date='2025-05-02T08:00:00+0000'
base=v$libvirt_version

set_tree()
{
    tree=$(realpath -m -- "$1")
    state=$tree/.git/overlay
}
set_tree "${LIBVIRT_TREE:-$top/subprojects/libvirt}"

# git without the user's configuration, so that everybody writes the same commits and patches.
plain_git() { GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 git -c core.quotePath=false "$@"; }
tgit() { plain_git -C "$tree" "$@"; }

prepared() { [ -d "$tree/.git" ]; }

need_tree() { prepared || die "$tree is not there: ./run prepare"; }

## Which files are ours

# Filter: paths here -> paths in the tree, and back.
to_tree() { sed 's,^docs/schemas/,src/conf/schemas/,'; }
from_tree() { sed 's,^src/conf/schemas/,docs/schemas/,'; }

# Paths of the release: changed by patches only.
release_paths() { tgit ls-tree -r --name-only "$base" | LC_ALL=C sort; }

# libvirt's own files into which lines of ours are merged. po/LANG.po here holds the translations
# of our messages only.
po_languages=(de fr zh_CN)
merged_paths()
{
    echo po/POTFILES
    printf 'po/%s.po\n' "${po_languages[@]}"
}

# Filter for lines that end in <TAB>PATH or are PATH: those that the overlay may hold.
only_overlay()
{
    awk -F'\t' -v merged="^($(merged_paths | paste -sd '|'))\$" 'NR == FNR { release[$0]; next }
        $NF ~ merged || ($NF ~ /^(src|tools|tests|docs)\// && !($NF in release))' \
        <(release_paths) -
}

only_release_or_foreign()
{
    awk -F'\t' -v merged="^($(merged_paths | paste -sd '|'))\$" 'NR == FNR { release[$0]; next }
        $NF !~ merged && !($NF ~ /^(src|tools|tests|docs)\// && !($NF in release))' \
        <(release_paths) -
}

# Overlay files here: TYPE+MODE<TAB>PATH, without what editors and Python leave behind.
overlay_files()
{
    local dirs=() dir

    for dir in src tools tests docs; do [ ! -d "$top/$dir" ] || dirs+=("$dir"); done
    [ ${#dirs[@]} -gt 0 ] || return 0
    (cd "$top" && find "${dirs[@]}" -name __pycache__ -prune -o \( -type f -o -type l \) \
        ! -name '*~' ! -name '.*.sw?' ! -name '*.orig' ! -name '*.rej' \
        -printf '%M\t%p\n' | LC_ALL=C sort -t $'\t' -k 2)
}

# merge_potfiles BASE: BASE with the paths on stdin, each after its neighbour of the same
# directory, and without those that have a '-' before them. libvirt's list is not sorted
# throughout, so its own lines stay where they are.
merge_potfiles()
{
    local line after

    sed '/^#/d; /^[[:space:]]*$/d' | LC_ALL=C sort -u >"$tmp/potfiles.ours"
    sed -n 's/^-//p' "$tmp/potfiles.ours" | grep -vxF -f - "$1" >"$tmp/potfiles" || true
    sed '/^-/d' "$tmp/potfiles.ours" | while read -r line; do
        if grep -qxF -- "$line" "$tmp/potfiles"; then continue; fi
        after=$(LC_ALL=C awk -v line="$line" '
            function dir(path) { sub(/[^\/]*$/, "", path); return path }
            $0 < line { any = NR; if (dir($0) == dir(line)) same = NR }
            END { print same ? same : any + 0 }' "$tmp/potfiles")
        if [ "$after" = 0 ]; then
            sed -i "1i\\$line" "$tmp/potfiles"
        else
            sed -i "${after}a\\$line" "$tmp/potfiles"
        fi
    done
    cat "$tmp/potfiles"
}

# Those of them that the release has
merged_paths_here()
{
    merged_paths | grep -xF -f <(release_paths) || true
}

# merge_po PATH FILE: write libvirt's file with our lines
merge_po()
{
    tgit show "$base:$1" >"$tmp/po.release"
    if [ "$1" = po/POTFILES ]; then
        { cat "$top/$1" 2>/dev/null || true; } | merge_potfiles "$tmp/po.release"
    elif [ -f "$top/$1" ]; then
        python3 "$top/run.d/po.py" merge "$tmp/po.release" "$top/$1"
    else
        cat "$tmp/po.release"
    fi >"$2"
}

# What po/ brings in, as lines for overlay_index.
merged_po()
{
    local path

    merged_paths_here | while read -r path; do
        merge_po "$path" "$tmp/po.merged"
        printf '100644 %s\t%s\n' "$(tgit hash-object -w --no-filters -- "$tmp/po.merged")" "$path"
    done
}

# Overlay files here as they go into the tree: MODE BLOB<TAB>PATH, sorted by path. The contents
# are stored in the tree's repository.
overlay_index()
{
    local mode path

    overlay_files >"$tmp/files"
    if grep -q '[\\"]' "$tmp/files"; then
        die "an overlay file has a quote or a backslash in its name"
    fi
    sed '/^l/d' "$tmp/files" >"$tmp/regular"
    {
        paste -d ' ' \
            <(sed 's/^-..x.*/100755/; s/^-.*/100644/' "$tmp/regular") \
            <(cd "$top" && cut -f 2 "$tmp/regular" |
                git --git-dir="$tree/.git" hash-object -w --no-filters --stdin-paths) |
            paste - <(cut -f 2 "$tmp/regular" | to_tree)
        sed '/^l/!d' "$tmp/files" | while IFS=$'\t' read -r mode path; do
            printf '120000 %s\t%s\n' \
                "$(readlink -n "$top/$path" | tgit hash-object -w --stdin)" "$(to_tree <<<"$path")"
        done
        merged_po
    } | LC_ALL=C sort -t $'\t' -k 2
}

# Uncommitted changes: XY<TAB>PATH
tree_status()
{
    # -z: names are not quoted
    tgit status --porcelain=v1 -z --untracked-files=all --no-renames | tr '\0' '\n' |
        sed 's/^\(..\) /\1\t/'
}

# Overlay files as they are in the tree, uncommitted edits included, in the format of
# overlay_index.
tree_index()
{
    local path mode

    tree_status | cut -f 2 | LC_ALL=C sort >"$tmp/dirty"
    {
        tgit ls-tree -r HEAD | sed 's/^\([0-9]*\) blob /\1 /' |
            awk -F'\t' 'FILENAME == ARGV[1] { dirty[$0]; next } !($2 in dirty)' "$tmp/dirty" -
        while read -r path; do
            if [ -L "$tree/$path" ]; then
                printf '120000 %s\t%s\n' \
                    "$(readlink -n "$tree/$path" | tgit hash-object -w --stdin)" "$path"
            elif [ -f "$tree/$path" ]; then
                mode=100644
                [ ! -x "$tree/$path" ] || mode=100755
                printf '%s %s\t%s\n' "$mode" \
                    "$(tgit hash-object -w --no-filters -- "$path")" "$path"
            fi
        done <"$tmp/dirty"
    } | only_overlay | LC_ALL=C sort -t $'\t' -k 2
}

# three_way LAST HERE TREE: SIDE<TAB>PATH for each overlay file that differs between here and
# the tree; SIDE says who changed it since the last copy: here, tree or both.
three_way()
{
    awk -F'\t' '
        FILENAME == ARGV[1] { last[$2] = $1 }
        FILENAME == ARGV[2] { here[$2] = $1; all[$2] }
        FILENAME == ARGV[3] { tree[$2] = $1; all[$2] }
        END {
            for (p in all)
                if (here[p] != tree[p])
                    print (tree[p] == last[p] ? "here" : here[p] == last[p] ? "tree" : "both") "\t" p
        }' "$1" "$2" "$3" | LC_ALL=C sort -t $'\t' -k 2
}

list_side() { sed -n "s/^$1\t//p" "$2"; }
indent() { sed 's/^/    /'; }

## Writing history

# commit_index INDEX PARENT SUBJECT [DATE]: print the new commit
commit_index()
{
    local id date=${4:-}

    id=$(GIT_INDEX_FILE=$1 tgit write-tree)
    if [ -n "$date" ]; then
        export GIT_AUTHOR_DATE=$date GIT_COMMITTER_DATE=$date
    fi
    tgit commit-tree ${2:+-p "$2"} -m "$3" "$id"
    unset GIT_AUTHOR_DATE GIT_COMMITTER_DATE
}

# The patches of patches/series in their order.
series_patches()
{
    [ -f "$top/patches/series" ] || return 0
    sed -n 's/^\([0-9][^ :]*\.patch\) *$/\1/p' "$top/patches/series"
}

check_series()
{
    local here listed

    here=$(cd "$top/patches" && find . -maxdepth 1 -name '*.patch' -printf '%f\n' | LC_ALL=C sort)
    listed=$(series_patches | LC_ALL=C sort)
    [ "$here" = "$listed" ] || {
        diff <(echo "$listed") <(echo "$here") | indent >&2 || true
        die "patches/series and patches/*.patch differ (< series, > files)"
    }
}

# hash_patches DIR FILE...: one hash over names and contents
hash_patches()
{
    local dir=$1

    shift
    (cd "$dir" && for p in "$@"; do printf '%s\n' "$p" && cat -- "$p"; done) |
        sha256sum | cut -d ' ' -f 1
}

patches_hash()
{
    local list

    mapfile -t list < <(series_patches)
    hash_patches "$top/patches" ${list[@]+"${list[@]}"}
}

# libvirt's git has this as a submodule. A regular directory in the repository would be judged by
# syntax-check, so it is only put into the working tree, ignored by git.
submodule=subprojects/keycodemapdb

# Put the plain source into the repository; print the commit. The submodule goes to $state.
import_source()
{
    local index=$tmp/import-index

    unpack_source "$1" "$tmp/source"
    rm -rf "$state/submodule"
    mv "$tmp/source/$submodule" "$state/submodule"
    rm -f "$tmp/source/.gitmodules"
    # -f: the release's own ignore rules must not leave out what the release holds.
    GIT_INDEX_FILE=$index plain_git --git-dir="$tree/.git" --work-tree="$tmp/source" \
        -C "$tmp/source" add -f -A .
    rm -rf "$tmp/source"
    commit_index "$index" '' "libvirt $libvirt_version" "$release_date"
}

check_overlay()
{
    local clash

    clash=$(comm -12 <(cut -f 2 "$1" | grep -vxF -f <(merged_paths) | LC_ALL=C sort) <(release_paths))
    [ -z "$clash" ] || {
        from_tree <<<"$clash" | indent >&2
        die "these overlay files are libvirt's own; change those with a patch"
    }
}

# Source, overlay, patches: print the new commit. Nothing that is checked out is touched.
build_history()
{
    local index=$tmp/history-index commit list

    GIT_INDEX_FILE=$index tgit read-tree "$base"
    GIT_INDEX_FILE=$index tgit update-index --index-info <"$1"
    commit=$(commit_index "$index" "$(tgit rev-parse "$base^{commit}")" overlay "$release_date")
    mapfile -t list < <(series_patches | sed "s,^,$top/patches/,")
    if [ ${#list[@]} -gt 0 ]; then
        tgit worktree prune
        tgit worktree add -q --detach "$tmp/history" "$commit"
        if ! plain_git -C "$tmp/history" am --keep-cr --committer-date-is-author-date \
            "${list[@]}" >"$tmp/am.log" 2>&1; then
            indent <"$tmp/am.log" >&2
            tgit worktree remove --force "$tmp/history"
            die "patches/ does not apply to $base"
        fi
        commit=$(plain_git -C "$tmp/history" rev-parse HEAD)
        tgit worktree remove --force "$tmp/history"
    fi
    echo "$commit"
}

record_patches()
{
    patches_hash >"$state/patches"
    commits_hash >"$state/commits"
}

# copy_submodule DIR: complete a checkout; also called for another checkout that is to be built
copy_submodule()
{
    mkdir -p "$1/subprojects"
    diff -rq "$state/submodule" "$1/$submodule" >/dev/null 2>&1 && return 0
    rm -rf "${1:?}/$submodule"
    cp -a "$state/submodule" "$1/$submodule"
}

## Preparing

check_not_busy()
{
    local dir

    for dir in rebase-merge rebase-apply CHERRY_PICK_HEAD MERGE_HEAD; do
        [ ! -e "$tree/.git/$dir" ] || die "finish the rebase, am, cherry-pick or merge in $tree first"
    done
}

# Stop when a new history would lose what somebody did in the tree.
check_nothing_lost()
{
    local lost

    lost=$(tree_status | only_release_or_foreign | sed 's/\t/ /')
    if [ -z "$lost" ] && [ "$(commits_hash)" != "$(cat "$state/commits")" ]; then
        lost="commits that are not in patches/"
    fi
    tree_index >"$tmp/there"
    three_way "$state/index" "$1" "$tmp/there" >"$tmp/sides"
    if grep -q -v '^here' "$tmp/sides"; then
        lost=$(printf '%s\n' "$lost" && grep -v '^here' "$tmp/sides" | cut -f 2)
    fi
    [ -z "$lost" ] || {
        grep . <<<"$lost" | indent >&2
        die "patches/ or the source changed, and $tree holds the above that is only there:
    ./run refresh first (then merge in patches/), or ./run prepare --force to drop it"
    }
}

create_tree()
{
    local final=$tree tag=$base

    say "preparing ${final#"$top"/}"
    rm -rf "$final.new"
    mkdir -p "$final.new"
    set_tree "$final.new"
    plain_git init -q -b main "$tree"
    mkdir "$state"
    tgit config user.name "$identity_name"
    tgit config user.email "$identity_email"
    # Everything can be made again, so there is no need to wait for the disk.
    tgit config core.fsync none
    tgit config gc.auto 0
    printf '%s\n' "/$submodule/" __pycache__/ .pytest_cache/ '*.pyc' '*~' '.*.sw?' '*.orig' '*.rej' \
        >"$tree/.git/info/exclude"
    base=$(import_source "$1")
    tgit tag "$tag" "$base"
    overlay_index >"$tmp/here"
    check_overlay "$tmp/here"
    tgit reset -q --hard "$(build_history "$tmp/here")"
    copy_submodule "$tree"
    cp "$tmp/here" "$state/index"
    record_patches
    mv "$tree" "$final"
    set_tree "$final"
    base=$tag
}

# Lay source and patches anew when they changed.
renew_history()
{
    local tag=$base source new

    source=$(tgit rev-parse "$base^{commit}")
    if [ -n "$1" ]; then source=$(import_source "$1"); fi
    if [ "$source" = "$(tgit rev-parse "$base^{commit}")" ] &&
        [ "$(patches_hash)" = "$(cat "$state/patches")" ] && [ "$force" = 0 ]; then
        return 0
    fi
    check_not_busy
    overlay_index >"$tmp/here"
    if [ "$force" = 0 ]; then check_nothing_lost "$tmp/here"; fi
    say "applying $(series_patches | wc -l) patches"
    base=$source
    check_overlay "$tmp/here"
    new=$(build_history "$tmp/here")
    if [ "$force" = 1 ]; then
        tgit reset -q --hard "$new"
        tgit clean -q -fd
    else
        # Keeps the time stamps of files that stay the same, so that little is built again.
        tgit reset -q --keep "$new"
    fi
    tgit tag -f "$tag" "$source" >/dev/null
    copy_submodule "$tree"
    cp "$tmp/here" "$state/index"
    record_patches
    base=$tag
}

# Copy and commit the overlay files that changed here.
sync_overlay()
{
    local index=$tmp/sync-index new path

    overlay_index >"$tmp/here"
    ! cmp -s "$tmp/here" "$state/index" || return 0
    check_not_busy
    check_overlay "$tmp/here"
    tree_index >"$tmp/there"
    three_way "$state/index" "$tmp/here" "$tmp/there" >"$tmp/sides"
    # Only refresh comes here with --force: then the tree counts.
    if [ "$force" = 1 ]; then sed -i 's/^both\t/tree\t/' "$tmp/sides"; fi
    if grep -q '^both' "$tmp/sides"; then
        list_side both "$tmp/sides" | from_tree | indent >&2
        die "these files were edited here and in $tree; make them equal, or
    ./run prepare --force to keep what is here, ./run refresh --force to keep the tree's"
    fi
    list_side here "$tmp/sides" >"$tmp/changed"
    # Gone here -> gone there. What only the tree changed stays.
    awk -F'\t' '
        FILENAME == ARGV[1] { if ($1 == "tree") keep[$2]; next }
        FILENAME == ARGV[2] { here[$2]; if (!($2 in keep)) print; next }
        !($2 in here) && !($2 in keep) {
            print "0 0000000000000000000000000000000000000000\t" $2 }' \
        "$tmp/sides" "$tmp/here" "$state/index" >"$tmp/entries"
    GIT_INDEX_FILE=$index tgit read-tree HEAD
    GIT_INDEX_FILE=$index tgit update-index --index-info <"$tmp/entries"
    new=$(commit_index "$index" "$(tgit rev-parse HEAD)" 'overlay: update')

    # Not git reset: what a contributor staged or edited beside these files stays.
    { tgit diff --name-only --no-renames HEAD "$new" && cat "$tmp/changed"; } >"$tmp/touched"
    awk -F'\t' 'FILENAME == ARGV[1] { touched[$0]; next } $2 in touched' \
        "$tmp/touched" "$tmp/entries" | tgit update-index --index-info
    while read -r path; do
        rm -f "$tree/$path"
        rmdir -p --ignore-fail-on-non-empty "$(dirname "$tree/$path")" 2>/dev/null || true
    done <"$tmp/changed"
    # not a pipe: grep without patterns ends at once
    cut -f 2 "$tmp/here" >"$tmp/all"
    grep -xF -f "$tmp/changed" "$tmp/all" >"$tmp/copied" || true
    tgit checkout-index -q -f --stdin <"$tmp/copied"
    if [ "$(tgit rev-parse "$new^{tree}")" != "$(tgit rev-parse 'HEAD^{tree}')" ]; then
        tgit update-ref -m 'overlay: update' HEAD "$new"
    fi
    cp "$tmp/here" "$state/index"
    say "overlay: $(wc -l <"$tmp/changed") files updated in ${tree#"$top"/}"
}

# Two ./run at a time must not both write the tree.
lock_tree()
{
    exec 9>"$out/tree.lock"
    flock 9
}

unlock_tree() { exec 9>&-; }

prepare()
{
    need_packages prepare
    make_tmp
    lock_tree
    check_series
    if ! prepared; then
        create_tree "$libvirt_source"
    else
        [ -f "$state/index" ] || die "$tree was not made by ./run prepare"
        renew_history "$libvirt_source"
        sync_overlay
    fi
    unlock_tree
}
