# shellcheck shell=bash
# Install what run.d/packages lists; a repeated call does nothing and needs no network.

packages_of()
{
    local group

    for group in "$@"; do
        sed -n "s/^$group: *//p" "$top/run.d/packages" | tr -s ' ' '\n'
    done
}

# The packages of these groups that are not installed.
packages_missing()
{
    comm -23 <(packages_of "$@" | sort -u) \
        <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | sed -n 's/^.i[^ ]* *//p' | sort -u)
}

need_packages()
{
    local missing update=1

    missing=$(packages_missing "$@" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        die "packages are missing. As root: apt-get install --no-install-recommends $missing"
    fi
    say "installing $(wc -w <<<"$missing") Debian packages"
    export DEBIAN_FRONTEND=noninteractive
    # The base system of a container or an image comes without package lists.
    if compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; then update=0; fi
    if [ "$update" = 1 ]; then
        # A third-party source may fail; the installation decides whether that matters.
        logged apt-update apt-get update || true
    fi
    # shellcheck disable=SC2086
    if ! logged apt-install apt-get install -y --no-install-recommends $missing; then
        [ "$update" = 0 ] || die "apt-get could not install the packages"
        say "once more with new package lists"
        logged apt-update apt-get update || true
        # shellcheck disable=SC2086
        logged apt-install apt-get install -y --no-install-recommends $missing ||
            die "apt-get could not install the packages"
    fi
}
