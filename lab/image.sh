#!/bin/bash
# Builds what the lab host boots from, in build/lab/. Every part is kept until
# what determines it changes:
#   rootfs   Debian 13 root file system (one to three minutes)
#   qemu     QEMU of Debian 13's backports suite, the first that has vfio-user-pci
#   image    ext4 image of both, kernel, initramfs, QEMU capability cache
#   module   the sample drivers, built against the lab host's kernel; the sample program
#   overlay  ext4 image of the libvirt that we built (build/lab/destdir)
# Usage: image.sh [PART...]     all of them when none is given
# Not among them: next, the same host with libvirt of Debian's development suite.

set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
out=${LAB_BUILD:-$top/build/lab}
suite=trixie
backports_suite=trixie-backports
next_suite=sid
rootfs=$out/rootfs

say() {
    printf 'lab: %s\n' "$*"
}

die() {
    printf 'lab: error: %s\n' "$*" >&2
    exit 1
}

# packages: the list without its comments
packages() {
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/packages"
}

# is_current FILE KEY: was FILE's part made from KEY?
is_current() {
    [ -e "$1.key" ] && [ "$(cat "$1.key")" = "$2" ]
}

# hash_tree DIR: changes when a file's name, size or content below DIR changes
hash_tree() {
    (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum) | sha256sum | cut -d' ' -f1
}

# hash_function NAME...: changes when the code of one of these functions changes
hash_function() {
    declare -f "$@" | sha256sum | cut -d' ' -f1
}

# Settings without which this machine's own apt could not reach its mirror
apt_options() {
    apt-config dump | sed -n -E \
        -e 's/^(Acquire::(http|https)::[^ ]*) (".*");$/\1 \3/p' \
        -e 's/^(Acquire::Check-(Valid-Until|Date)) (".*");$/\1 \3/p' |
        grep -v ' ""$' || true
}

# make_rootfs DIR SUITE PACKAGES [ARG...]: all that determines what is in there
make_rootfs() {
    local option dir=$1 of=$2 include=$3
    shift 3
    local -a options=() lines
    mapfile -t lines < <(apt_options)
    for option in "${lines[@]}"; do
        options+=(--aptopt="$option")
    done
    # INITRD=No: our own initramfs is far smaller and made in a second
    INITRD=No mmdebstrap --mode=root --variant=minbase --skip=check/qemu \
        "${options[@]}" \
        --aptopt='APT::Install-Recommends "false"' \
        --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/info/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt=force-unsafe-io \
        --include="$include" \
        "$@" "$of" "$dir" "$dir.sources"
}

# sources_of SUITE...: source packages are of no use in there
sources_of() {
    local name
    for name; do
        "$top/run.d/apt-suite" "$name" sources | sed 's/^Types:.*/Types: deb/'
        echo
    done
}

build_rootfs() {
    local key tmp="$out/rootfs.new" log="$out/rootfs.log" pid start size

    key=$(
        packages | sha256sum
        hash_function make_rootfs
    )
    if is_current "$rootfs" "$key"; then
        say "root file system is up to date"
        return
    fi

    say "root file system: Debian 13 with $(packages | wc -l) packages and what they need"
    say "(one to three minutes, log in $log)"
    rm -rf "$rootfs.key" "$tmp"
    start=$SECONDS
    sources_of "$suite" > "$tmp.sources"
    make_rootfs "$tmp" "$suite" "$(packages | paste -sd,)" >"$log" 2>&1 </dev/null &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        sleep 1
        if (( (SECONDS - start) % 15 == 0 )); then
            size=$(du -sm "$tmp" 2>/dev/null | cut -f1 || true)
            say "root file system: ${size:-0} MB of about 1200 MB after $((SECONDS - start)) s"
        fi
    done
    if ! wait "$pid"; then
        tail -n 20 "$log" >&2
        die "mmdebstrap failed"
    fi

    rm -rf "$rootfs"
    mv "$tmp" "$rootfs"
    printf '%s' "$key" > "$rootfs.key"
    say "root file system: done in $((SECONDS - start)) s"
}

# kernel_release: of the kernel in the root file system
kernel_release() {
    local -a kernels=("$rootfs"/boot/vmlinuz-*)
    [ "${#kernels[@]}" -eq 1 ] || die "expected one kernel, found: ${kernels[*]}"
    echo "${kernels[0]##*/vmlinuz-}"
}

# in_rootfs COMMAND: run a shell command in the root file system
in_rootfs() {
    # the bind mounts vanish with the namespace
    # shellcheck disable=SC2016  # for the inner shell
    unshare --mount --propagation private bash -c '
        set -euo pipefail
        mount --bind /dev "$0/dev"
        mount -t proc proc "$0/proc"
        mount -t tmpfs tmpfs "$0/mnt"
        if [ -n "$2" ]; then
            mkdir "$0/mnt/dir"
            mount --bind "$2" "$0/mnt/dir"
        fi
        exec chroot "$0" /bin/bash -euc "$1"' "$rootfs" "$1" "${2:-}"
}

# The modules of the kernel that the initramfs needs, in the order of loading
initramfs_modules() {
    local module
    for module in virtio_pci virtio_blk ext4 9pnet_virtio 9p; do
        chroot "$rootfs" modprobe --show-depends -S "$(kernel_release)" "$module"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

build_initramfs() {
    local dir="$out/initramfs" file name
    rm -rf "$dir"
    mkdir -p "$dir"/{bin,dev,proc,sys,root,modules}
    cp "$rootfs/usr/bin/busybox" "$dir/bin/"
    install -m 755 "$here/guest/initramfs-init" "$dir/init"
    initramfs_modules | while read -r file; do
        name=$(basename "$file" .xz)
        case $file in
            *.xz) xz -dc "$rootfs$file" > "$dir/modules/$name" ;;
            *) cp "$rootfs$file" "$dir/modules/$name" ;;
        esac
        echo "$name" >> "$dir/modules/order"
    done
    (cd "$dir" && find . | "$rootfs/usr/bin/busybox" cpio -o -H newc 2>/dev/null) |
        gzip -1 > "$out/initrd.gz"
    rm -rf "$dir"
}

# QEMU of the backports suite: its emulator and its modules. Libraries, firmware and all else are
# the release's, and the release's QEMU stays the one that is found in PATH.
build_qemu() {
    local key start tmp="$out/qemu.new" log="$out/qemu.log" lib=usr/lib/x86_64-linux-gnu/qemu
    local version
    key=$(
        cat "$rootfs.key"
        echo "$backports_suite"
        hash_function build_qemu
    )
    if is_current "$out/qemu" "$key"; then
        say "QEMU of $backports_suite is up to date"
        return
    fi

    start=$SECONDS
    rm -rf "$out/qemu" "$out/qemu.key" "$tmp"
    mkdir -p "$tmp/new/bin"
    if ! (
        cd "$tmp"
        "$top/run.d/apt-suite" "$backports_suite" apt-get -q update
        "$top/run.d/apt-suite" "$backports_suite" apt-get -q download \
            qemu-system-x86 qemu-system-common
        for deb in *.deb; do dpkg-deb -x "$deb" .; done
        mv usr/bin/qemu-system-x86_64 "$lib" new
    ) >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        die "no QEMU of $backports_suite"
    fi
    # it looks for modules where the release has its own, and ends if it finds these
    cat > "$tmp/new/bin/qemu-system-x86_64" <<'W'
#!/bin/sh
dir=$(dirname "$(dirname "$0")")
QEMU_MODULE_DIR=$dir/qemu exec "$dir/qemu-system-x86_64" "$@"
W
    chmod +x "$tmp/new/bin/qemu-system-x86_64"
    in_rootfs "/mnt/dir/bin/qemu-system-x86_64 --version
               /mnt/dir/bin/qemu-system-x86_64 -device help" "$tmp/new" >>"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        die "QEMU of $backports_suite does not start in the release"
    }
    version=$(sed -n 's/^QEMU emulator version //p' "$log")
    grep -q '"vfio-user-pci"' "$log" || die "QEMU $version has no vfio-user-pci"
    mv "$tmp/new" "$out/qemu"
    rm -rf "$tmp"
    printf '%s' "$key" > "$out/qemu.key"
    say "QEMU $version of $backports_suite: done in $((SECONDS - start)) s"
}

# make_ext4 DIR FILE MIB: an image of a directory, without mounting anything. It is sparse.
# libvirt shows a disk's size and its UUID: they must be the same in all boots.
make_ext4() {
    rm -f "$2"
    truncate -s "$3M" "$2"
    mke2fs -q -F -t ext4 -O ^has_journal,^metadata_csum -E lazy_itable_init=1 \
        -U "33333333-3333-4333-8333-$(printf '%012d' "$3")" -d "$1" "$2"
}

build_image() {
    local key start
    key=$(
        cat "$rootfs.key" "$out/qemu.key"
        sha256sum < "$here/guest/initramfs-init"
        hash_function build_image build_initramfs initramfs_modules make_ext4
    )
    if is_current "$out/image" "$key"; then
        say "image is up to date"
        return
    fi

    say "image: kernel $(kernel_release), initramfs, root disk"
    start=$SECONDS
    rm -f "$out/image.key"
    cp "$rootfs/boot/vmlinuz-$(kernel_release)" "$out/vmlinuz"
    build_initramfs
    rm -rf "$rootfs/usr/local/qemu-backports"
    cp -r "$out/qemu" "$rootfs/usr/local/qemu-backports"
    # the host has 2 GB to write into, which never reach this file
    make_ext4 "$rootfs" "$out/image" 3072
    printf '%s' "$key" > "$out/image.key"
    say "image: done in $((SECONDS - start)) s"
}

# A root disk of the development suite, with the release's kernel (our driver is built for it)
# and QEMU (guests come from one and go to one)
build_next() {
    local key start tmp="$out/next.new" log="$out/next.log"
    key=$(
        packages | sha256sum
        cat "$rootfs.key"
        hash_function build_next make_rootfs make_ext4
        # that suite changes every day
        date +%F
    )
    if is_current "$out/image-next" "$key"; then
        say "image with libvirt of $next_suite is up to date"
        return
    fi

    say "image with libvirt of $next_suite (one to three minutes, log in $log)"
    start=$SECONDS
    rm -rf "$out/image-next.key" "$tmp"
    sources_of "$suite" "$next_suite" > "$tmp.sources"
    cat > "$out/next.preferences" <<P
Package: *
Pin: release n=$next_suite
Pin-Priority: 990

Package: linux-image-* qemu-* seabios
Pin: release n=$suite
Pin-Priority: 995
P
    # shellcheck disable=SC2016  # $1 is mmdebstrap's
    if ! make_rootfs "$tmp" "$next_suite" "$(packages | sed '/^linux-headers/d' | paste -sd,)" \
        --setup-hook='mkdir -p "$1/etc/apt/preferences.d"' \
        --setup-hook="cp $out/next.preferences \"\$1/etc/apt/preferences.d/lab\"" \
        >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        die "no libvirt of $next_suite"
    fi
    [ -d "$tmp/usr/lib/modules/$(kernel_release)" ] || die "another kernel in $tmp"
    make_ext4 "$tmp" "$out/image-next" 3072
    say "libvirt of $next_suite: $(chroot "$tmp" libvirtd --version | tail -n 1)"
    rm -rf "$tmp"
    printf '%s' "$key" > "$out/image-next.key"
    say "image with libvirt of $next_suite: done in $((SECONDS - start)) s"
}

# The libvirt that we built, to be laid over the one of the root file system
build_overlay() {
    local key start
    [ -d "$out/destdir" ] || die "no libvirt in $out/destdir yet: run './run build' first"
    key=$(
        if [ -e "$out/destdir.key" ]; then
            cat "$out/destdir.key"
        else
            hash_tree "$out/destdir"
        fi
        hash_function build_overlay make_ext4
    )
    if is_current "$out/overlay" "$key"; then
        say "image of our libvirt is up to date"
        return
    fi

    start=$SECONDS
    rm -f "$out/overlay.key"
    say "image of our libvirt: $(du -sm "$out/destdir" | cut -f1) MB"
    make_ext4 "$out/destdir" "$out/overlay" 2048
    printf '%s' "$key" > "$out/overlay.key"
    say "image of our libvirt: done in $((SECONDS - start)) s"
}

build_module() {
    local dir key log="$out/module.log" start
    key=$(
        cat "$rootfs.key"
        hash_tree "$here/driver"
        hash_tree "$here/pcifunction"
        hash_tree "$here/vfio-user-device"
        hash_function build_module
    )
    if is_current "$out/module" "$key"; then
        say "drivers and sample program are up to date"
        return
    fi

    say "building mdevlab.ko, vflab.ko for Linux $(kernel_release), and vulab"
    start=$SECONDS
    rm -rf "$out/module" "$out/module.key"
    mkdir "$out/module"
    : > "$log"
    for dir in driver pcifunction; do
        mkdir "$out/module/$dir"
        cp "$here/$dir"/{Kbuild,Makefile,*.c,*.h} "$out/module/$dir"
        # our code must build without a single warning
        if ! in_rootfs "make -C /mnt/dir KDIR=/lib/modules/$(kernel_release)/build \
                 KCFLAGS='-Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Werror'" \
                 "$out/module/$dir" >>"$log" 2>&1; then
            cat "$log" >&2
            die "the driver in lab/$dir does not build"
        fi
        mv "$out/module/$dir"/*.ko "$out/module"
    done
    # with this machine's compiler, like our libvirt; the second one is for this machine
    if ! make -C "$here/vfio-user-device" O="$out/module" CC=gcc \
             "$out/module/vulab" "$out/module/vulab-asan" >>"$log" 2>&1; then
        cat "$log" >&2
        die "the program in lab/vfio-user-device does not build"
    fi
    printf '%s' "$key" > "$out/module.key"
    say "drivers and sample program: done in $((SECONDS - start)) s"
}

main() {
    local part
    [ "$(id -u)" -eq 0 ] || die "must run as root"
    mkdir -p "$out"
    # two runs at a time would build the same part twice
    exec 9>"$out/image.lock"
    flock 9
    [ $# -gt 0 ] || set -- rootfs qemu image module overlay
    for part; do
        case $part in
            rootfs|qemu|image|module|overlay|next) "build_$part" ;;
            *) die "unknown part '$part'" ;;
        esac
    done
}

main "$@"
