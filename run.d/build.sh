# shellcheck shell=bash
# Configure and compile: build/main, build/sanitize, build/plain.

main_dir=$out/main
# libvirt's part of the build directory: daemons, tools, tests.
main_libvirt=$main_dir/subprojects/libvirt
export CCACHE_DIR=${CCACHE_DIR:-$out/ccache}

options_of() { grep -v -e '^#' -e '^[[:space:]]*$' "$top/run.d/$1"; }

# configure DIR ARG...: meson setup with ARGs, anew when they or the options changed
configure()
{
    local dir=$1 name key

    shift
    name=$(basename "$dir")
    key=$(printf '%s\n' "$@" && cat "$top/meson.build" "$top"/run.d/*-options && meson --version)
    if [ -f "$dir/build.ninja" ] && [ "$key" = "$(cat "$dir/.configured" 2>/dev/null)" ]; then
        return 0
    fi
    say "configuring build/$name"
    rm -rf "$dir"
    logged "$name-setup" meson setup "$dir" "$@" || die "configuring build/$name failed"
    printf '%s\n' "$key" >"$dir/.configured"
}

# meson_setup DIR TREE ARG...: configure a libvirt tree by itself, with the subproject's options
meson_setup()
{
    local args

    mapfile -t args < <(options_of libvirt-options | sed 's/^/-D/')
    meson setup "${args[@]}" "$@"
}

# compile DIR [TARGET...]
compile()
{
    local dir=$1 name start=$SECONDS

    shift
    name=$(basename "$dir")
    say "compiling build/$name"
    logged "$name-build" ninja -C "$dir" "$@" || die "compiling build/$name failed"
    printf '    build/%s: %s, %s s\n' "$name" \
        "$(grep -c '^\[' "$log_dir/$name-build.log" || true) steps" "$(seconds_since "$start")"
}

need_default_tree()
{
    [ "$tree" = "$top/subprojects/libvirt" ] ||
        die "only subprojects/libvirt is built; --tree is for prepare, refresh and export"
}

build_main()
{
    need_default_tree
    need_packages prepare build test
    prepare
    configure "$main_dir" "$top"
    compile "$main_dir"
}

# What the lab's hosts run: an installation below build/lab/destdir.
deploy()
{
    local dest=$out/lab/destdir key

    key=$(stat -c '%Y %s' "$main_dir/.ninja_log")
    [ "$key" != "$(cat "$out/lab/destdir.key" 2>/dev/null)" ] || return 0
    say "installing into build/lab/destdir"
    rm -rf "$dest" "$out/lab/destdir.key"
    mkdir -p "$dest"
    logged deploy meson install -C "$main_dir" --no-rebuild --quiet --destdir "$dest" ||
        die "the installation failed"
    echo "$key" >"$out/lab/destdir.key"
}

# The unpatched release: for comparison, node device parts only.
build_plain()
{
    local source=$out/plain-tree dir=$out/plain start=$SECONDS args

    need_packages prepare build
    make_tmp
    if [ ! -f "$source/meson.build" ]; then
        rm -rf "$source" "$dir"
        prepare
        say "unpacking the plain release"
        mkdir -p "$tmp/plain"
        tgit archive "$base" | tar -C "$tmp/plain" -xf -
        copy_submodule "$tmp/plain"
        mv "$tmp/plain" "$source"
    fi
    mapfile -t args < <(options_of plain-options | sed 's/^/-D/')
    configure "$dir" "$source" "${args[@]}"
    compile "$dir" src/virtnodedevd tools/virsh src/libvirt_driver_nodedev.so
    printf '    build/plain: %s s in all\n' "$(seconds_since "$start")"
}

clean()
{
    if [ "$all" = 1 ]; then
        if prepared && [ "$force" = 0 ] && [ -f "$state/index" ]; then
            make_tmp
            overlay_index >"$tmp/here"
            check_nothing_lost "$tmp/here"
        fi
        rm -rf "$out" "$tree"
    elif [ -d "$out" ]; then
        find "$out" -mindepth 1 -maxdepth 1 ! -name source ! -name ccache ! -name apt \
            -exec rm -rf {} +
        if prepared; then tgit worktree prune; fi
    fi
}
