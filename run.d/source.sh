# shellcheck shell=bash
# libvirt's source: Debian's source package, or what the user gives.

libvirt_version=11.3.0
tarball_name=libvirt_$libvirt_version.orig.tar.xz
tarball_sha256=6bcb0c42c4580436fea262ced56f68a6afe20f7390b1bea2116718cc034a0283

tarball_is_good() { echo "$tarball_sha256  $1" | sha256sum --check --status; }

# Print the path of Debian's tarball, fetched only once.
fetch_tarball()
{
    local tarball=$out/source/$tarball_name

    if [ ! -f "$tarball" ]; then
        say "fetching $tarball_name" >&2
        mkdir -p "$out/source"
        logged source-lists "$top/run.d/apt-suite" trixie apt-get update >&2 ||
            die "no package lists of Debian 13; give the source with --libvirt-source"
        # --tar-only: a mirror may keep the tarball without the .dsc.
        (cd "$out/source" &&
            logged source "$top/run.d/apt-suite" trixie \
                apt-get source --tar-only --download-only libvirt) >&2 ||
            die "apt-get source failed; give the source with --libvirt-source"
        [ -f "$tarball" ] || die "apt-get source brought no $tarball_name; use --libvirt-source"
    fi
    tarball_is_good "$tarball" || die "$tarball is not the tarball of the release (checksum)"
    echo "$tarball"
}

# unpack_source DIR|TARBALL|'' INTO: put a plain libvirt tree into the new directory INTO
unpack_source()
{
    local from=$1 into=$2 version

    mkdir -p "$into"
    if [ -d "$from" ]; then
        # The files that git knows, submodules included, or else every file.
        if [ -e "$from/.git" ]; then
            git -C "$from" -c safe.directory='*' ls-files -z --recurse-submodules
        else
            (cd "$from" && find . ! -type d -print0)
        fi | tar -C "$from" --null -T - -cf - | tar -C "$into" -xf -
    else
        if [ -z "$from" ]; then
            from=$(fetch_tarball)
        else
            tarball_is_good "$from" || die "$from is not $tarball_name (checksum)"
        fi
        tar -C "$into" --strip-components=1 -xJf "$from"
    fi
    version=$(sed -n "s/^  version: '\(.*\)',$/\1/p" "$into/meson.build" 2>/dev/null | head -n 1)
    [ "$version" = "$libvirt_version" ] ||
        die "${from} holds libvirt ${version:-(no version found)}, not $libvirt_version"
}
