# SPDX-License-Identifier: MIT
# common.sh - sourced by the other scripts here: options, missing packages, a private copy
# of the sources, and steps with progress. All that is written lies in one build folder.
set -u

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
name=$(basename "$0")
build=$top/build/$name
may_install=yes
jobs=$(nproc 2>/dev/null || echo 2)
apt_updated=no
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

say() { printf '%s\n' "$*"; }

# die TEXT...: for what the user has to mend.
die() {
    printf '%s: %s\n' "$name" "$*" >&2
    exit 2
}

# read_arguments ARGUMENT...; each script has its own usage().
read_arguments() {
    local argument
    for argument in "$@"; do
        case $argument in
        --build-dir=/*) build=${argument#*=} ;;
        --build-dir=*) build=$PWD/${argument#*=} ;;
        --no-install) may_install=no ;;
        --help) usage; exit 0 ;;
        *) die "unknown argument $argument; scripts/$name --help lists them." ;;
        esac
    done
}

# ---- What is missing ----

# What the packages' build needs is in debian/control, with alternatives as "one|other", a line each:
# for the build itself (any), or for the tests alone (nocheck). debhelper makes packages only.
build_packages_of() {
    awk -v which="$1" '
        /^[^ #]/ { inside = /^Build-Depends:/; sub(/^Build-Depends:/, "") }
        inside && !/^#/ { list = list $0 }
        END {
            count = split(list, items, ",")
            for (i = 1; i <= count; i++) {
                if ((items[i] ~ /<!nocheck>/) != (which == "nocheck")) continue
                gsub(/\([^)]*\)|<[^>]*>|[ \t]/, "", items[i])
                if (items[i] != "" && items[i] !~ /^debhelper/) print items[i]
            }
        }' "$top/debian/control"
}

# needs_of WHICH PATTERN: those of build_packages_of that a pattern fits, as needs.
needs_of() { build_packages_of "$1" | grep -E -e "$2" | sed 's/\([^|]*\).*/deb:& \1/'; }

# One line per need: what to look for (a command, a file if it has a slash, or a Debian package) and
# its package. Debian takes for granted what build-essential has; without a library the build goes on,
# and configure says what is left out.
compile_needs="
gcc build-essential
g++ build-essential
make build-essential
/usr/include/stdlib.h build-essential
objcopy build-essential
$(needs_of any '^(autoconf|automake|libtool|pkg)')"
library_needs=$(needs_of any '-dev$')
test_needs=$(needs_of nocheck .)

present() {
    case $1 in
    deb:*) package_present "${1#deb:}" ;;
    */*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

# package_present ONE|OTHER: where there is no dpkg, nobody knows, and configure will say.
package_present() {
    command -v dpkg-query >/dev/null || return 0
    dpkg-query -W -f '${db:Status-Status}\n' ${1//|/ } 2>/dev/null | grep -qx installed
}

# missing_packages NEEDS: the packages of the needs that are absent, one per line.
missing_packages() {
    local what package
    while read -r what package; do
        [ -z "$what" ] || present "$what" || echo "$package"
    done <<<"$1" | sort -u
}

can_install() {
    [ $may_install = yes ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null
}

# apt_install PACKAGE...: quietly; the log keeps what apt says.
apt_install() {
    if [ $apt_updated = no ]; then
        step 'asking apt for its package lists' apt.log apt-get update
        apt_updated=yes
    fi
    step "installing $*" apt.log apt-get install -y --no-install-recommends "$@"
}

# require NEEDS: installs what is absent, or names it and ends with status 2.
require() {
    local packages
    packages=$(missing_packages "$1" | tr '\n' ' ')
    [ -n "$packages" ] || return 0
    if can_install; then
        apt_install $packages || die "apt could not install: $packages(see $build/apt.log)."
        packages=$(missing_packages "$1" | tr '\n' ' ')
        [ -z "$packages" ] || die "still missing after installing: $packages"
    else
        die "missing Debian packages: $packages
Install them as root: apt-get install $packages"
    fi
}

# want NEEDS: installs what is absent where it can; goes on without the rest and says so.
want() {
    local package packages
    packages=$(missing_packages "$1" | tr '\n' ' ')
    [ -n "$packages" ] || return 0
    if can_install; then
        services_stay_down
        apt_install $packages || for package in $packages; do
            apt_install "$package"
        done
        services_as_before $packages
        packages=$(missing_packages "$1" | tr '\n' ' ')
    fi
    [ -z "$packages" ] || say "going on without: $packages"
}

# A package that brings a service must neither start nor enable it: we only run its program.
policy=/usr/sbin/policy-rc.d
services_stay_down() {
    [ -e $policy ] && return
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    trap 'rm -f $policy' EXIT
}

services_as_before() {
    local package service
    [ -z "$(trap -p EXIT)" ] || { rm -f $policy; trap - EXIT; }
    command -v systemctl >/dev/null || return 0
    for package in "$@"; do
        service=${package%-light}.service
        [ ! -e "/lib/systemd/system/$service" ] || systemctl disable "$service" >/dev/null 2>&1
    done
}

# ---- Steps ----

# step TITLE LOG COMMAND...: runs the command with its output in a file of the build folder and
# shows how long it takes. Returns its status; a failure shows the end of the log.
step() {
    local title=$1 log=$build/$2 begin=$SECONDS said=0 pid
    shift 2
    "$@" >>"$log" 2>&1 </dev/null &
    pid=$!
    trap 'kill $pid 2>/dev/null; exit 130' INT TERM
    while kill -0 $pid 2>/dev/null; do
        if [ -t 1 ]; then
            printf '\r%s ... %d s ' "$title" $((SECONDS - begin))
        elif [ $((SECONDS - begin - said)) -ge 30 ]; then
            said=$((SECONDS - begin))
            say "$title ... $said s so far"
        fi
        sleep 0.2
    done
    trap - INT TERM
    [ -t 1 ] && printf '\r'
    if wait $pid; then
        say "$title ... done in $((SECONDS - begin)) s"
    else
        say "$title ... FAILED after $((SECONDS - begin)) s; from $log:"
        grep -m 15 -E 'error: |: undefined reference|\*\*\*|^E: ' "$log" || tail -n 15 "$log"
        return 1
    fi
}

# ---- The private build ----

# begin: an empty build folder. One that exists is emptied only if it is ours.
begin() {
    if [ -e "$build" ] && [ ! -e "$build/.poolalloc-build" ]; then
        rmdir "$build" 2>/dev/null ||
            die "$build holds something else; choose an empty or new folder: --build-dir=DIR"
    fi
    { rm -rf "$build" && mkdir -p "$build" && : >"$build/.poolalloc-build"; } 2>/dev/null ||
        die "cannot write to $build; choose another folder: --build-dir=DIR"
    say "building in $build; the rest of this folder stays as it is"
}

# Copies the sources, and none of what a build inside the checkout may have left there: neither
# its configuration nor its objects and programs, which make would take for ours.
copy_sources() {
    mkdir -p "$build/source"
    (cd "$top" && tar -cf - --exclude='*.o' --exclude='*.lo' --exclude='*.la' --exclude='*.a' \
        --exclude='*.log' --exclude='*.trs' --exclude=.libs --exclude=.deps \
        --exclude=.dirstamp -- configure.ac Makefile.am ./*.in ./*.md .clang-format \
        .editorconfig .gitignore .ci .reuse AUTHORS LICENSE LICENSES NEWS bench cmake debian docs examples include man scripts src \
        tests tool) |
        tar -xf - -C "$build/source" || die "cannot copy the sources to $build/source."
    rm -f "$build/source/config.h.in" "$build/source/Makefile.in"
    grep -rlF --exclude-dir=seeds $'\177ELF' "$build/source" | tr '\n' '\0' | xargs -0 -r rm -f
}

prepare_sources() {
    copy_sources
    (cd "$build/source" && step 'making configure' autoreconf.log autoreconf -fi) ||
        die 'autoreconf failed.'
}

# configure_build FOLDER CONFIGURE-ARGUMENT...
configure_build() {
    local folder=$1
    shift
    mkdir -p "$build/$folder"
    (cd "$build/$folder" && step "$folder: configuring" "$folder.configure.log" \
        ../source/configure "$@")
}

# make_tests FOLDER ARGUMENT...: make in a build folder, which compiles tests in batches.
make_tests() {
    local folder=$1
    shift
    make -C "$build/$folder" -j"$jobs" MAKEFILES="$build/source/tests/batch.mk" "$@"
}
