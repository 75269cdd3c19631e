# shellcheck shell=bash
# refresh: the prepared tree's commits -> patches/. export: patches/ and overlay -> a series.
# patches/README.md describes patches/series.

## Patches from commits

# Every patch has this sender and date: who wrote a line, and when, is in our own history.
patch_from="$identity_name <$identity_email>"
patch_date='Fri, 2 May 2025 08:00:00 +0000'

# The release's files, and new ones outside of the overlay's directories, that commits touch.
touched_paths()
{
    tgit log --format= --name-only --no-renames "$base..HEAD" | LC_ALL=C sort -u |
        only_release_or_foreign
}

# The commits that become patches, oldest first.
patch_commits()
{
    local paths

    mapfile -t paths < <(touched_paths)
    [ ${#paths[@]} -gt 0 ] || return 0
    tgit --literal-pathspecs rev-list --reverse "$base..HEAD" -- "${paths[@]}"
}

# format_patches DIR: write the patches into the new directory DIR, without overlay files. The
# result depends on the commits only, not on git's version, configuration or the day.
format_patches()
{
    local paths patch

    mkdir -p "$1"
    [ -z "$(tgit rev-list --merges "$base..HEAD")" ] || die "$tree has merge commits; rebase them"
    mapfile -t paths < <(touched_paths)
    [ ${#paths[@]} -gt 0 ] || return 0
    tgit -c diff.suppressBlankEmpty=false -c format.encodeEmailHeaders=true \
        --literal-pathspecs format-patch -q -p -N --zero-commit --no-signature \
        --binary --abbrev=12 --no-renames --diff-algorithm=myers --indent-heuristic --unified=3 \
        --no-ext-diff --no-textconv --src-prefix=a/ --dst-prefix=b/ --filename-max-length=64 \
        -o "$1" "$base..HEAD" -- "${paths[@]}"
    for patch in "$1"/*.patch; do
        awk -v from="$patch_from" -v date="$patch_date" '
            body { print; next }
            /^$/ { body = 1; print; next }
            /^From: / { print "From: " from; skip = 1; next }
            /^Date: / { print "Date: " date; skip = 1; next }
            /^[ \t]/ && skip { next }
            { skip = 0; print }' "$patch" >"$tmp/patch"
        cat "$tmp/patch" >"$patch"
    done
}

commits_hash()
{
    local list

    rm -rf "$tmp/commits"
    format_patches "$tmp/commits"
    mapfile -t list < <(cd "$tmp/commits" && find . -name '*.patch' -printf '%f\n' | LC_ALL=C sort)
    hash_patches "$tmp/commits" ${list[@]+"${list[@]}"}
}

## patches/series

# NNNN-subject.patch -> subject; the number changes when a patch is put before it.
slug() { sed 's/^[0-9]*-//; s/\.patch$//' <<<"$1"; }

# The overlay patterns of one patch, by slug.
series_patterns()
{
    [ -f "$top/patches/series" ] || return 0
    awk -v slug="$1" '
        /^#/ || /^[ \t]*$/ { next }
        /^[^ \t]/ {
            name = $1
            sub(/^[0-9]*-/, "", name)
            sub(/\.patch$/, "", name)
            next
        }
        name == slug { print $1 }' "$top/patches/series"
}

# assign_overlay: PATCH<TAB>FILE for each overlay file here, in series order; a file goes to the
# first patch that has a pattern for it. Files without a patch come last, with the patch "-".
# Patterns without a file: on stderr.
assign_overlay()
{
    local patch pattern file found
    local -A owner=()
    local files

    mapfile -t files < <(overlay_files | cut -f 2)
    while read -r patch; do
        while read -r pattern; do
            found=0
            for file in ${files[@]+"${files[@]}"}; do
                # shellcheck disable=SC2053
                [[ $file == $pattern ]] || continue
                found=1
                [ -z "${owner[$file]:-}" ] || continue
                owner[$file]=$patch
                printf '%s\t%s\n' "$patch" "$file"
            done
            [ "$found" = 1 ] ||
                echo "patches/series: $patch: no overlay file for $pattern" >&2
        done < <(series_patterns "$(slug "$patch")")
    done < <(series_patches)
    for file in ${files[@]+"${files[@]}"}; do
        [ -n "${owner[$file]:-}" ] || printf -- '-\t%s\n' "$file"
    done
}

# files_of_commits DIR: SLUG<TAB>FILE for the new overlay files of each commit that became a patch
# in DIR, so that a commit of hooks and new files needs no work in patches/series.
files_of_commits()
{
    local commit patch

    paste <(patch_commits) <(cd "$1" && find . -name '*.patch' -printf '%f\n' | LC_ALL=C sort) |
        while read -r commit patch; do
            tgit diff-tree -r --no-commit-id --name-only --no-renames --diff-filter=A "$commit" |
                only_overlay | grep -vxF -f <(merged_paths) | from_tree | sed "s,^,$(slug "$patch")\t," || true
        done
}

## refresh

# Copy overlay files that were edited in the tree.
fetch_overlay()
{
    local path here

    overlay_index >"$tmp/here"
    tree_index >"$tmp/there"
    three_way "$tmp/here" "$tmp/here" "$tmp/there" >"$tmp/sides"
    while read -r path; do
        here=$top/$(from_tree <<<"$path")
        if [ "$path" = po/POTFILES ]; then
            mkdir -p "$top/po"
            tgit show "$base:po/POTFILES" | LC_ALL=C sort >"$tmp/potfiles.release"
            LC_ALL=C sort -u "$tree/po/POTFILES" >"$tmp/potfiles.tree"
            {
                LC_ALL=C comm -13 "$tmp/potfiles.release" "$tmp/potfiles.tree"
                LC_ALL=C comm -23 "$tmp/potfiles.release" "$tmp/potfiles.tree" | sed 's/^/-/'
            } >"$here"
        elif merged_paths | grep -qxF -- "$path"; then
            tgit show "$base:$path" >"$tmp/po.release"
            python3 "$top/run.d/po.py" split "$tmp/po.release" "$tree/$path" "$here"
        elif [ -e "$tree/$path" ] || [ -L "$tree/$path" ]; then
            mkdir -p "$(dirname "$here")"
            cp -Pp --remove-destination "$tree/$path" "$here"
        elif [ -f "$state/index" ]; then
            rm -f "$here"
        else
            # A tree that was not made by ./run prepare need not have all of our files.
            continue
        fi
        from_tree <<<"$path"
    done < <(list_side tree "$tmp/sides") >"$tmp/fetched"
    if [ -s "$tmp/fetched" ]; then
        say "overlay files from ${tree#"$top"/}:"
        indent <"$tmp/fetched"
    fi
}

# The overlay edits that were fetched become part of the tree's history.
commit_fetched()
{
    local path

    overlay_index >"$tmp/here"
    cp "$tmp/here" "$state/index"
    # In the order that prepare would give it.
    merged_paths_here | while read -r path; do
        merge_po "$path" "$tmp/po.merged"
        cmp -s "$tmp/po.merged" "$tree/$path" || cp "$tmp/po.merged" "$tree/$path"
    done
    tree_status | cut -f 2 | only_overlay >"$tmp/edited"
    [ -s "$tmp/edited" ] || return 0
    while read -r path; do tgit add -f -A -- "$path"; done <"$tmp/edited"
    tgit commit -q -m 'overlay: update'
}

# write_series DIR: patches/series for the patches in DIR; overlay lists stay with the subject.
write_series()
{
    local patch name lines

    files_of_commits "$1" >"$tmp/brought"
    assign_overlay 2>/dev/null | sed -n 's/^-\t//p' >"$tmp/unassigned"
    sed '/^#/!d' "$top/patches/series" 2>/dev/null ||
        echo "# Patches in order, with the overlay files that enter with each (README.md)."
    for patch in "$1"/*.patch; do
        [ -f "$patch" ] || continue
        name=$(basename "$patch")
        printf '\n%s\n' "$name"
        lines=$(series_patterns "$(slug "$name")" &&
            awk -F'\t' -v slug="$(slug "$name")" '
                FILENAME == ARGV[1] { free[$0]; next }
                $1 == slug && $2 in free { print $2 }' "$tmp/unassigned" "$tmp/brought")
        [ -z "$lines" ] || indent <<<"$lines"
    done
}

report_series()
{
    local lost=0 name

    while read -r name; do
        series_patterns "$(slug "$name")" >"$tmp/patterns"
        if [ -s "$tmp/patterns" ] && ! compgen -G "$1/*-$(slug "$name").patch" >/dev/null; then
            echo "patches/series: $name is gone; its overlay files:"
            indent <"$tmp/patterns"
            lost=1
        fi
    done < <(series_patches)
    [ "$lost" = 0 ] || echo "    add them to another patch in patches/series"
}

refresh()
{
    local changed lost duplicates p

    need_packages prepare
    make_tmp
    need_tree
    lock_tree
    check_not_busy
    check_series
    if [ -f "$state/patches" ] && [ "$force" = 0 ] &&
        [ "$(patches_hash)" != "$(cat "$state/patches")" ]; then
        die "patches/ changed since $tree was prepared:
    ./run prepare takes the change over, ./run refresh --force drops it"
    fi
    lost=$(tree_status | grep '^??' | cut -f 2 || true
        tree_status | grep -v '^??' | only_release_or_foreign | cut -f 2 || true)
    [ -z "$lost" ] || {
        indent <<<"$lost" >&2
        die "commit these files in $tree first: git add and git commit, or to change a patch
    git commit --fixup=COMMIT and git rebase -i --autosquash $base"
    }
    [ ! -f "$state/index" ] || sync_overlay
    fetch_overlay

    rm -rf "$tmp/patches"
    format_patches "$tmp/patches"
    duplicates=$(find "$tmp/patches" -name '*.patch' -printf '%f\n' |
        sed 's/^[0-9]*-//' | sort | uniq -d)
    [ -z "$duplicates" ] || die "two patches have the same subject: $duplicates"
    report_series "$tmp/patches"
    write_series "$tmp/patches" >"$tmp/series"
    changed=$(diff -rq "$tmp/patches" "$top/patches" | grep -c '\.patch' || true)
    for p in "$top"/patches/*.patch; do
        [ ! -f "$p" ] || [ -f "$tmp/patches/$(basename "$p")" ] || rm "$p"
    done
    for p in "$tmp"/patches/*.patch; do
        [ -f "$p" ] || continue
        cmp -s "$p" "$top/patches/$(basename "$p")" || cp "$p" "$top/patches/"
    done
    cmp -s "$tmp/series" "$top/patches/series" || cp "$tmp/series" "$top/patches/series"
    if [ -f "$state/index" ]; then
        commit_fetched
        record_patches
    fi
    assign_overlay >"$tmp/assigned"
    if grep -q '^-' "$tmp/assigned"; then
        echo "overlay files that no patch brings in; add them to patches/series:"
        sed -n 's/^-\t/    /p' "$tmp/assigned"
    fi
    unlock_tree
    say "patches/: $(series_patches | wc -l) patches, $changed files changed"
}

## export

# Files for which git's mail format is not safe as text.
binary_attributes()
{
    local path

    overlay_files | sed '/^l/d' | cut -f 2 | while read -r path; do
        if grep -q $'\r' "$top/$path" || ! iconv -f UTF-8 -t UTF-8 "$top/$path" >/dev/null 2>&1; then
            printf '"/%s" binary\n' "$(to_tree <<<"$path")"
        fi
    done
}

# Amend the commit in the worktree with the overlay files listed on stdin and with the lines of
# po/POTFILES for the files that exist by then.
add_overlay()
{
    local wt=$1 path

    to_tree | awk -F'\t' 'FILENAME == ARGV[1] { enters[$0]; next } $2 in enters' \
        - "$tmp/here" >"$tmp/entries"
    plain_git -C "$wt" update-index --index-info <"$tmp/entries"
    cut -f 2 "$tmp/entries" | plain_git -C "$wt" checkout-index -q -f --stdin
    if [ -f "$top/po/POTFILES" ]; then
        tgit show "$base:po/POTFILES" >"$tmp/potfiles.release"
        {
            grep -xF -f <(plain_git -C "$wt" ls-files) "$top/po/POTFILES" || true
            # Listed until its last message moves elsewhere
            sed -n 's/^-//p' "$top/po/POTFILES" | while read -r path; do
                grep -qw '_(' "$wt/$path" 2>/dev/null || echo "-$path"
            done
        } | merge_potfiles "$tmp/potfiles.release" >"$tmp/potfiles.step" || true
        cp "$tmp/potfiles.step" "$wt/po/POTFILES"
        plain_git -C "$wt" add po/POTFILES
    fi
    GIT_COMMITTER_DATE=$release_date plain_git -C "$wt" commit -q --amend --no-edit
}

# A last commit, since no patch says which messages it brings in.
add_translations()
{
    local wt=$1 path

    merged_paths_here | sed /POTFILES/d | while read -r path; do
        merge_po "$path" "$wt/$path"
    done
    if plain_git -C "$wt" diff --quiet; then return 0; fi
    GIT_AUTHOR_DATE=$release_date GIT_COMMITTER_DATE=$release_date plain_git -C "$wt" \
        commit -q -a -m 'po: translate the new messages' \
        -m 'To German, French and Simplified Chinese.'
}

export_series()
{
    local dir wt patch want got count list

    prepare
    [ "$(commits_hash)" = "$(cat "$state/commits")" ] ||
        die "$tree has commits that are not in patches/: ./run refresh"
    mkdir -p "$1"
    dir=$(cd "$1" && pwd -P)
    ! compgen -G "$dir/*.patch" >/dev/null || die "$dir holds patches already"
    overlay_index >"$tmp/here"
    want=$(tgit rev-parse 'HEAD^{tree}')

    assign_overlay >"$tmp/assigned"
    if grep -q '^-' "$tmp/assigned"; then
        sed -n 's/^-\t/    /p' "$tmp/assigned" >&2
        die "no patch in patches/series brings in these overlay files"
    fi
    wt=$tmp/export
    tgit worktree prune
    tgit worktree add -q --detach "$wt" "$base"
    mapfile -t list < <(series_patches)
    for patch in ${list[@]+"${list[@]}"}; do
        plain_git -C "$wt" am -q --keep-cr --committer-date-is-author-date \
            "$top/patches/$patch" >"$tmp/am.log" 2>&1 ||
            { indent <"$tmp/am.log" >&2; die "$patch does not apply"; }
        sed -n "s,^$patch\t,,p" "$tmp/assigned" | add_overlay "$wt"
    done
    add_translations "$wt"
    count=$(plain_git -C "$wt" rev-list --count "$base..HEAD")
    binary_attributes >"$tmp/attributes"
    plain_git -C "$wt" -c core.attributesFile="$tmp/attributes" format-patch -q --zero-commit \
        --no-signature --numbered --binary --full-index --no-renames --stat \
        -o "$dir" "$base..HEAD"

    # What a reviewer does with it, and what comes out.
    plain_git -C "$wt" reset -q --hard "$base"
    if [ "$count" -gt 0 ]; then
        plain_git -C "$wt" am -q "$dir"/*.patch >"$tmp/am.log" 2>&1 ||
            { indent <"$tmp/am.log" >&2; die "the series does not apply to $base"; }
    fi
    got=$(plain_git -C "$wt" rev-parse 'HEAD^{tree}')
    plain_git -C "$wt" diff --stat "$want" "$got" >"$tmp/difference"
    # Kept for export --check.
    tgit update-ref refs/overlay/export "$(plain_git -C "$wt" rev-parse HEAD)"
    tgit worktree remove --force "$wt"
    [ "$want" = "$got" ] || {
        indent <"$tmp/difference" >&2
        die "the series does not give the prepared tree"
    }
    say "$count patches in $1; on $base they give the prepared tree"
}

# Build and test each step of the series that export_series left behind.
export_check()
{
    local wt=$out/export/tree build=$out/export/build commits commit n=0 start failed=0

    need_packages build test
    tgit worktree prune
    mkdir -p "$out/export"
    if ! plain_git -C "$wt" rev-parse -q --verify HEAD >/dev/null 2>&1; then
        rm -rf "$wt"
        tgit worktree add -q --detach "$wt" "$base"
    fi
    copy_submodule "$wt"
    mapfile -t commits < <(tgit rev-list --reverse "$base..refs/overlay/export")
    for commit in ${commits[@]+"${commits[@]}"}; do
        n=$((n + 1))
        start=$SECONDS
        say "step $n of ${#commits[@]}: $(tgit log -1 --format=%s "$commit")"
        plain_git -C "$wt" checkout -q --detach "$commit"
        if ! check_step "$build" "$wt" "$n"; then failed=$((failed + 1)); fi
        echo "    $(seconds_since "$start") s"
    done
    [ "$failed" = 0 ] || die "$failed of $n steps failed"
    say "every step builds and passes its tests"
}

check_step()
{
    local build=$1 wt=$2 n=$3

    if [ ! -f "$build/build.ninja" ]; then
        # Pages and translations would take most of the time, and ./run test makes them.
        logged export-setup meson_setup "$build" "$wt" -Ddocs=disabled -Dnls=disabled || return 1
    fi
    logged "export-$n-build" ninja -C "$build" || return 1
    # shellcheck disable=SC2086
    logged "export-$n-test" meson test -C "$build" --no-rebuild $patience || return 1
}
