#!/bin/bash
# Test of the front door itself, as TAP on stdout.
#
# usage: selftest.sh BUILD TREE
#   BUILD  build directory of libvirt, with the tests compiled
#   TREE   the prepared tree; only read
#
# What moves files and commits is tested on a small made-up source tree, what looks at libvirt's
# code on a clone. Neither the project's directory nor the prepared tree is written to.
set -euo pipefail

build=$(realpath "$1")
real_tree=$(realpath "$2")
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

mkdir -p "$top/build/tmp"
work=$(mktemp -d "$top/build/tmp/selftest.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
unset LIBVIRT_TREE

count=0
# check NAME FUNCTION: one test in a shell of its own, with set -e in force
check()
{
    local rc=0 name=$1

    shift
    count=$((count + 1))
    set +e
    (
        set -e
        "$@"
    ) >"$work/log" 2>&1
    rc=$?
    set -e
    if [ "$rc" -eq 0 ]; then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name"
        tail -n 30 "$work/log" | sed 's/^/# /'
    fi
}

fails() { if "$@"; then return 1; fi; }

# says TEXT COMMAND...: the command fails and its output has TEXT
says()
{
    local text=$1

    shift
    if "$@" >"$work/output" 2>&1; then
        echo "succeeded: $*"
        return 1
    fi
    cat "$work/output"
    grep -qF -- "$text" "$work/output"
}

copy_front_door() { mkdir -p "$1" && cp -r "$top/run" "$top/run.d" "$1"; }

## A project and a source of a few files

# catalogue MSGID MSGSTR...
catalogue()
{
    printf 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    printf '\nmsgid "%s"\nmsgstr "%s"\n' "$@"
}

make_project()
{
    rm -rf "$work/p" "$work/source"
    mkdir -p "$work/source"/{po,src/util,src/conf/schemas,tests/data,subprojects/keycodemapdb}
    (
        cd "$work/source"
        printf "project(\n  'libvirt', 'c',\n  version: '11.3.0',\n)\n" >meson.build
        printf '%s\n' src/z/generated.h src/conf/conf.c src/util/vira.c src/util/virz.c >po/POTFILES
        catalogue b B d '' >po/de.po
        seq 100 >src/util/vira.c
        { seq 99; echo 'f(_("z"));'; } >src/util/virz.c
        printf "  'vira.c',\n  'virz.c',\n" >src/util/meson.build
        echo '*.log' >.gitignore
        echo sub >subprojects/keycodemapdb/file
        echo kept >kept.log
        ln -s vira.c src/util/link.c
    )
    copy_front_door "$work/p"
    cd "$work/p"
    mkdir -p patches po src/util docs/schemas tests/data
    echo '/* m */' >src/util/virm.c
    echo '<grammar/>' >docs/schemas/m.rng
    printf 'a\r\nb\0c\n' >tests/data/nul
    printf 'a\r\n\xff\n' >tests/data/latin
    ln -s nul tests/data/link
    echo src/util/virm.c >po/POTFILES
    catalogue a A c C d D >po/de.po
    ./run prepare --libvirt-source "$work/source"
    t=subprojects/libvirt
    sed -i "1a\\  'virm.c'," $t/src/util/meson.build
    git -C $t commit -q -a -m 'util: build the model' -m 'The body says why.'
    echo '/* n */' >$t/src/util/virn.c
    printf 'x\n' >>$t/src/util/virz.c
    # its only message goes
    sed -i '/_(/d' $t/src/util/virz.c
    sed -i '/virz/d' $t/po/POTFILES
    echo src/util/virn.c >>$t/po/POTFILES
    git -C $t add -A
    git -C $t commit -q -m 'util: a second step'
    ./run refresh
    cat >patches/series <<'END'
# kept comment

0001-util-build-the-model.patch
    src/util/virm.[ch]
    docs/schemas/*

0002-util-a-second-step.patch
    src/util/virn.c
    tests/data/*
END
}

in_project()
{
    cd "$work/p"
    t=subprojects/libvirt
}

test_prepared()
{
    in_project
    [ -z "$(git -C $t status --porcelain)" ]
    [ "$(git -C $t show v11.3.0:kept.log)" = kept ]
    # libvirt's submodule is there, but not in git.
    [ "$(cat $t/subprojects/keycodemapdb/file)" = sub ]
    [ -z "$(git -C $t ls-files subprojects)" ]
    [ "$(git -C $t ls-files -s tests/data/link | cut -c 1-6)" = 120000 ]
    cmp docs/schemas/m.rng $t/src/conf/schemas/m.rng
    cmp tests/data/latin $t/tests/data/latin
    [ "$(cat $t/po/POTFILES)" = "$(printf '%s\n' src/z/generated.h src/conf/conf.c \
        src/util/vira.c src/util/virm.c src/util/virn.c)" ]
}

test_refresh_stable()
{
    in_project
    cp -r patches "$work/patches"
    ./run refresh
    diff -r patches "$work/patches"
    [ "$(ls patches)" = "$(printf '%s\n' 0001-util-build-the-model.patch \
        0002-util-a-second-step.patch series)" ]
    [ "$(cat po/POTFILES)" = "$(printf '%s\n' src/util/virm.c src/util/virn.c -src/util/virz.c)" ]
    [ -f src/util/virn.c ]
    fails grep -q -e virn -e POTFILES patches/0002*
}

test_prepared_again()
{
    in_project
    before=$(git -C $t rev-parse 'HEAD^{tree}')
    ./run prepare
    [ "$before" = "$(git -C $t rev-parse 'HEAD^{tree}')" ]
    LIBVIRT_TREE=$work/other ./run prepare --libvirt-source "$work/source"
    [ "$before" = "$(git -C "$work/other" rev-parse 'HEAD^{tree}')" ]
    # The user's git configuration has no influence.
    printf '[user]\nname = X\nemail = x@y\n[diff]\nnoprefix = true\nmnemonicPrefix = true\n' \
        >"$work/gitconfig"
    GIT_CONFIG_GLOBAL=$work/gitconfig ./run refresh --tree "$work/other"
    diff -r patches "$work/patches"
}

test_export()
{
    in_project
    ./run export "$work/export"
    git clone -q $t "$work/clone"
    cd "$work/clone"
    git config user.name x
    git config user.email x@y
    git checkout -q -b review v11.3.0
    git am -q "$work/export"/*.patch
    git diff --exit-code review "$(git -C "$work/p/$t" rev-parse HEAD)"
    [ "$(git show review --format= --name-only)" = po/de.po ]
    [ "$(git show review~2 --format= --name-only | sort)" = "$(printf '%s\n' po/POTFILES \
        src/conf/schemas/m.rng src/util/meson.build src/util/virm.c)" ]
    git show review~2:po/POTFILES | grep -qx src/util/virz.c
    fails grep -qx src/util/virz.c po/POTFILES
    [ "$(git log -1 --format=%B review~2)" = "$(printf 'util: build the model\n\nThe body says why.')" ]
}

test_export_complete()
{
    in_project
    echo x >tests/data/stray.txt
    sed -i 's,tests/data/\*,tests/data/[ln]*,' patches/series
    says tests/data/stray.txt ./run export "$work/export2"
    cp "$work/patches/series" patches/series
    rm tests/data/stray.txt
    ./run prepare
    [ ! -e $t/tests/data/stray.txt ]
}

test_overlay_update()
{
    in_project
    touch -d '2001-01-01' $t/src/util/virz.c
    mkdir -p tests/data/deep
    echo new >tests/data/deep/new.xml
    echo new >'tests/data/deep/a name'
    echo '/* m2 */' >src/util/virm.c
    chmod +x tests/data/deep/new.xml
    ./run prepare
    cmp src/util/virm.c $t/src/util/virm.c
    [ -x $t/tests/data/deep/new.xml ]
    echo tree >"$t/tests/data/deep/a name"
    ./run refresh
    [ "$(cat 'tests/data/deep/a name')" = tree ]
    [ -z "$(git -C $t status --porcelain)" ]
    [ "$(git -C $t log -1 --format=%s)" = 'overlay: update' ]
    # No other file is touched.
    [ "$(date -r $t/src/util/virz.c +%Y)" = 2001 ]
    rm -r tests/data/deep
    ./run prepare
    [ ! -e $t/tests/data/deep ]
    before=$(git -C $t rev-parse HEAD)
    ./run prepare
    [ "$before" = "$(git -C $t rev-parse HEAD)" ]
}

test_overlay_edited_in_tree()
{
    in_project
    echo '/* tree */' >$t/src/util/virm.c
    ./run prepare
    [ "$(cat $t/src/util/virm.c)" = '/* tree */' ]
    echo '/* here */' >src/util/virm.c
    says src/util/virm.c ./run prepare
    [ "$(cat $t/src/util/virm.c)" = '/* tree */' ]
    says src/util/virm.c ./run refresh
    ./run refresh --force
    [ "$(cat src/util/virm.c)" = '/* tree */' ]
    [ -z "$(git -C $t status --porcelain)" ]
    git -C $t rm -q tests/data/nul
    git -C $t commit -q -m 'drop a file'
    ./run refresh
    [ ! -e tests/data/nul ]
    printf 'a\r\nb\0c\n' >tests/data/nul
    ./run prepare
    [ -f $t/tests/data/nul ]
}

test_uncommitted_refused()
{
    in_project
    echo y >>$t/src/util/vira.c
    says src/util/vira.c ./run refresh
    git -C $t checkout -q src/util/vira.c
    echo y >$t/src/util/untracked.c
    says src/util/untracked.c ./run refresh
    rm $t/src/util/untracked.c
    ./run refresh
}

test_patch_edited()
{
    in_project
    touch -d '2001-01-01' $t/src/util/vira.c
    cp patches/0002* "$work/saved"
    sed -i 's/^+x$/+xx/' patches/0002*
    ./run prepare
    [ "$(tail -n 1 $t/src/util/virz.c)" = xx ]
    [ "$(date -r $t/src/util/vira.c +%Y)" = 2001 ]
    # A commit that is not in patches/ yet must not be lost ...
    echo y >>$t/src/util/vira.c
    git -C $t commit -q -a -m 'util: third'
    cp "$work/saved" patches/0002-util-a-second-step.patch
    says 'refresh' ./run prepare
    says 'refresh --force' ./run refresh
    [ "$(tail -n 1 $t/src/util/vira.c)" = y ]
    # ... unless asked for.
    ./run prepare --force
    [ "$(tail -n 1 $t/src/util/vira.c)" = 100 ]
    [ "$(tail -n 1 $t/src/util/virz.c)" = x ]
    # Uncommitted edits count as well.
    sed -i 's/^+x$/+xx/' patches/0002*
    echo y >>$t/src/util/vira.c
    says src/util/vira.c ./run prepare
    ./run prepare --force
    cp "$work/saved" patches/0002-util-a-second-step.patch
    ./run prepare
    diff -r patches "$work/patches"
}

test_patch_renumbered()
{
    in_project
    echo y >>$t/src/util/vira.c
    git -C $t commit -q -a -m 'util: third'
    ./run refresh
    [ -f patches/0003-util-third.patch ]
    git -C $t commit -q --amend -m 'util: last'
    ./run refresh
    [ -f patches/0003-util-last.patch ] && [ ! -e patches/0003-util-third.patch ]
    grep -qx '    src/util/virm.\[ch\]' patches/series
    grep -qx '# kept comment' patches/series
    git -C $t reset -q --hard HEAD~1
    ./run refresh
    diff -r patches "$work/patches"
}

test_translations()
{
    in_project
    cmp $t/po/de.po <(catalogue a A b B c C d D)
    sed -i 's/"C"/"Ç"/' $t/po/de.po
    ./run refresh
    cmp po/de.po <(catalogue a A c Ç d D)
    [ -z "$(git -C $t status --porcelain)" ]
    # Without ours it is libvirt's again.
    rm po/de.po
    ./run prepare
    git -C $t diff --exit-code v11.3.0 HEAD -- po/de.po
    echo 'msgid "broken' >po/de.po
    fails ./run prepare
    catalogue a A c C d D >po/de.po
    ./run prepare
    cmp $t/po/de.po <(catalogue a A b B c C d D)
}

test_wrong_source()
{
    in_project
    echo x >"$work/wrong.tar.xz"
    says checksum ./run prepare --tree "$work/t1" --libvirt-source "$work/wrong.tar.xz"
    mkdir -p "$work/wrong"
    sed 's/11.3.0/11.4.0/' "$work/source/meson.build" >"$work/wrong/meson.build"
    says 11.4.0 ./run prepare --tree "$work/t1" --libvirt-source "$work/wrong"
    [ ! -e "$work/t1" ]
    echo x >src/util/vira.c
    says src/util/vira.c ./run prepare
    rm src/util/vira.c
    ./run prepare
}

# apt_sources NAME TEXT...: what apt-suite makes of a sources file of that name
apt_sources()
{
    rm -rf "$work/apt"
    mkdir -p "$work/apt/sources.list.d"
    printf '%b' "$2" >"$work/apt/$1"
    printf 'Dir::Etc "%s/apt";\n' "$work" >"$work/apt.conf"
    APT_CONFIG=$work/apt.conf APT_SUITE_CODENAME=bookworm \
        "$top/run.d/apt-suite" trixie "$3" | tr '\n' '|'
}

test_apt_suite()
{
    local deb822='# first\nTypes: deb\nURIs: http://a.example/x\n# note\nSuites: sid\n\n'

    deb822+='Enabled: no\nTypes: deb\nURIs: http://b.example/x\nSuites: bookworm\n\n'
    deb822+='Types: deb deb-src\nURIs: http://c.example/x\nSuites: bookworm bookworm-updates\n'
    deb822+='Components: main contrib\nSigned-By: /k.gpg\n\n'
    deb822+='Types: deb\nURIs: http://d.example/s\nSuites: bookworm-security\nComponents: main\n'
    [ "$(apt_sources sources.list.d/debian.sources "$deb822" sources)" = \
        'Types: deb deb-src|Suites: trixie|Components: main|URIs: http://c.example/x|Signed-By: /k.gpg|' ]
    [ "$(apt_sources sources.list.d/debian.sources "$deb822" uri)" = 'http://c.example/x|' ]
    [ "$(apt_sources sources.list.d/debian.sources "$deb822" keyring)" = '/k.gpg|' ]
    [ "$(apt_sources sources.list 'deb-src http://e.example/d bookworm main\n
        deb [arch=amd64 signed-by=/k.gpg] http://f.example/d bookworm main contrib # x\n
        deb http://g.example/d bookworm-security main\n' sources)" = \
        'Types: deb deb-src|Suites: trixie|Components: main|URIs: http://f.example/d|Signed-By: /k.gpg|' ]
    says 'no apt source' apt_sources sources.list '#deb http://h.example/d bookworm main\n' uri
}

test_shellcheck()
{
    cd "$top"
    shellcheck -x run run.d/apt-suite run.d/selftest.sh .ci/run
}

## libvirt's own checks, on a clone of the prepared tree

make_clone()
{
    local dir

    copy_front_door "$work/c"
    for dir in patches src tools tests docs po; do
        [ ! -d "$top/$dir" ] || cp -a "$top/$dir" "$work/c"
    done
    git clone -q --shared --no-tags "$real_tree" "$work/c/subprojects/libvirt"
    cd "$work/c"
    t=subprojects/libvirt
    git -C $t tag v11.3.0 "$(git -C "$real_tree" rev-parse 'v11.3.0^{commit}')"
    git -C $t config user.name selftest
    git -C $t config user.email selftest@localhost
    cp -r "$real_tree/.git/overlay" $t/.git/
    echo /subprojects/keycodemapdb/ >>$t/.git/info/exclude
    ./run prepare
}

in_clone()
{
    cd "$work/c"
    t=subprojects/libvirt
}

# The generated Makefile of syntax-check, with another source directory.
syntax_check() { make -s -C "$build/build-aux" top_srcdir="$work/c/subprojects/libvirt" "$1"; }

all_translated() { python3 run.d/po.py check "$t" po v11.3.0; }

test_translated()
{
    in_clone
    all_translated
}

test_translation_missing()
{
    local language msgid

    in_clone
    for language in de fr zh_CN; do
        sed -i '0,/^msgid "..*"$/s//msgid "planted"/' "po/$language.po"
    done
    ./run prepare
    for language in de fr zh_CN; do
        # The first message that is in one line
        msgid=$(sed -n '/^msgid "..*"$/{ s/^msgid "\(.*\)"$/\1/p; q }' "$top/po/$language.po")
        says "$language.po: not translated: $msgid" all_translated
        says "$language.po: no such message: planted" all_translated
    done
    # What would crash
    for language in de fr zh_CN; do
        cp "$top/po"/*.po po/
        sed -i 's/^msgstr ".*%1$s/&%9$s/' "po/$language.po"
        says "/$language.po:" all_translated
    done
    cp "$top/po"/*.po po/
    ./run prepare
    all_translated
}

test_style_error()
{
    in_clone
    syntax_check sc_spacing-check
    mkdir -p src/util
    printf 'int planted(int a)\n{\n    if(a)\n        return 1;\n    return 0;\n}\n' >src/util/virplanted.c
    ./run prepare
    says src/util/virplanted.c:3 syntax_check sc_spacing-check
    rm src/util/virplanted.c
    ./run prepare
    syntax_check sc_spacing-check
}

# libvirt's virschematest, compiled for the clone's files.
build_schematest()
{
    # Its run path is relative to where libvirt put it.
    local name=tests/virschematest command

    # Below the directory where ninja runs, which may be that of a superproject.
    top_build=$build
    until [ -f "$top_build/build.ninja" ]; do top_build=$(dirname "$top_build"); done
    name=$(realpath --relative-to="$top_build" "$build")/$name
    name=${name#./}
    command=$(ninja -C "$top_build" -t commands "$name" | grep -F -- "$name.p/virschematest.c.o -c")
    command=${command//"$real_tree"/"$work/c/subprojects/libvirt"}
    command=${command//"$name.p/virschematest.c.o"/"$work/schematest.o"}
    # The directory is in a header, too.
    mkdir -p "$work/include"
    sed "s,$real_tree,$work/c/subprojects/libvirt,g" "$build/meson-config.h" \
        >"$work/include/meson-config.h"
    command=${command/ -I/ "-I$work/include" -I}
    (cd "$top_build" && sh -c "$command")
    command=$(ninja -C "$top_build" -t commands "$name" | grep -F -- " -o $name " | tail -n 1)
    command=${command//" -o $name "/" -o $work/schematest "}
    command=${command//"$name.p/virschematest.c.o"/"$work/schematest.o"}
    (cd "$top_build" && sh -c "$command")
}

schematest()
{
    # Its run path is relative to where libvirt put it.
    LD_LIBRARY_PATH=$build/src VIR_TEST_DEBUG=1 "$work/schematest"
}

test_schema_error()
{
    in_clone
    build_schematest
    schematest >/dev/null 2>&1
    mkdir -p tests/nodedevxml2xmldata
    printf '<device>\n  <name>planted</name>\n  <capability type="planted"/>\n</device>\n' \
        >tests/nodedevxml2xmldata/planted.xml
    ./run prepare
    fails schematest >"$work/output" 2>&1
    grep -e planted.xml -e 'tests failed' -e '^VIR_TEST_DEBUG' "$work/output"
    grep -q '^1 tests failed' "$work/output"
    number=$(sed -n 's/^VIR_TEST_DEBUG=1 VIR_TEST_RANGE=\([0-9]*\) .*/\1/p' "$work/output")
    grep -q "^ *$number) .*/nodedevxml2xmldata/planted.xml against .*/nodedev.rng" "$work/output"
}

test_real_refresh()
{
    in_clone
    rm -rf src/util/virplanted.c tests/nodedevxml2xmldata/planted.xml
    cp -a "$top"/tests/nodedevxml2xmldata/planted.xml tests/nodedevxml2xmldata/ 2>/dev/null || true
    ./run prepare
    ./run refresh
    for dir in patches src tools tests docs po; do
        [ ! -d "$top/$dir" ] || diff -r --no-dereference "$top/$dir" "$dir"
    done
}

test_real_export()
{
    in_clone
    ./run export "$work/real-export"
}

check 'a made-up project is prepared' make_project
check 'overlay, links and POTFILES are in the tree' test_prepared
check 'refresh twice gives no difference' test_refresh_stable
check 'a second tree is the same, whatever git configuration the user has' test_prepared_again
check 'the exported series gives the prepared tree' test_export
check 'an overlay file that no patch brings in stops the export' test_export_complete
check 'changed and removed overlay files reach the tree, nothing else is touched' test_overlay_update
check 'overlay files edited in the tree come back, conflicts stop' test_overlay_edited_in_tree
check 'refresh refuses uncommitted files' test_uncommitted_refused
check 'a changed patch is applied, commits that are only in the tree are kept' test_patch_edited
check 'series keeps its lists when patches come and go' test_patch_renumbered
check 'translations are merged, and come back' test_translations
check 'wrong sources are refused' test_wrong_source
check 'apt sources of another suite are derived' test_apt_suite
check 'shellcheck' test_shellcheck
check 'the prepared tree can be cloned' make_clone
check 'every message is translated' test_translated
check 'a missing and a bad translation are named' test_translation_missing
check 'a planted style error is caught' test_style_error
check 'a planted schema error is caught' test_schema_error
check 'refresh changes nothing' test_real_refresh
check 'the export gives the prepared tree' test_real_export
echo "1..$count"
