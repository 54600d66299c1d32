# SPDX-License-Identifier: MIT
# common.sh - sourced by the bench scripts: folders, allocators by name, progress. Each script sets
# `usage` first and calls read_arguments.
set -u
export LC_ALL=C

source_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${POOLALLOC_BUILD:-$PWD}
default_allocators='poolalloc poolalloc8 glibc jemalloc mimalloc tcmalloc tbbmalloc'
peers_file=$source_folder/peers

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$(basename "$0"): $*"
    exit 2
}

# The interpreter itself: a wrapper in front of it would be measured along.
python=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null)
[ ! -x /usr/bin/python3 ] || python=/usr/bin/python3

# ---- Peers of one's own: PEERS='NAME=LIBRARY ...', or lines NAME=LIBRARY VERSION in bench/peers ----

peer_lines() {
    if [ -n "${PEERS-}" ]; then
        printf '%s\n' $PEERS
    elif [ -r "$peers_file" ]; then
        grep -v '^[[:space:]]*\(#\|$\)' "$peers_file"
    fi
}

# peer_names: each as NAME=LIBRARY; dies of a line that is none.
peer_names() {
    local peer rest
    peer_lines | while read -r peer rest; do
        case $peer in
        [!=]*=/*) printf ' %s' "$peer" ;;
        *) die "a peer is NAME=/PATH/OF/LIBRARY, not $peer" ;;
        esac
    done
}

# peer_version NAME: what its line says after the library; nothing for others.
peer_version() { peer_lines | sed -n "s/^$1=[^[:space:]]*[[:space:]]*//p"; }

# with_peers ALLOCATORS: and those of one's own.
with_peers() {
    local peers
    peers=$(peer_names) || exit 2
    printf '%s' "$1$peers"
}

# ---- Allocators ----

# library_named SONAME: the path the dynamic linker would take.
library_named() {
    local folder path
    path=$( (ldconfig -p || /sbin/ldconfig -p) 2>/dev/null | sed -n "s/.*[[:space:]]$1 .*=> //p" |
        head -n 1)
    for folder in /usr/lib/*-linux-gnu /usr/lib64 /usr/local/lib /usr/lib; do
        [ -n "$path" ] || [ ! -e "$folder/$1" ] || path=$folder/$1
    done
    printf '%s' "$path"
}

# preload_of ALLOCATOR: the library to preload, nothing for glibc. "hardened" is poolalloc in its mode.
# NAME=PATH is one of your own, as is a name among the peers.
preload_of() {
    case $1 in
    glibc | pymalloc) ;;
    poolalloc | hardened) printf '%s' "$build/.libs/libpoolalloc.so" ;;
    poolalloc8) printf '%s' "$build/.libs/libpoolalloc8.so" ;;
    jemalloc) library_named libjemalloc.so.2 ;;
    mimalloc) library_named libmimalloc.so.2 ;;
    tcmalloc) library_named libtcmalloc_minimal.so.4 ;;
    tbbmalloc) library_named libtbbmalloc_proxy.so.2 ;;
    *=/*) printf '%s' "${1#*=}" ;;
    *)
        peer_lines | sed -n "s/^$1=\\([^[:space:]]*\\).*/\\1/p" | grep . ||
            die "unknown allocator $1; known are: $(with_peers "$default_allocators"), and NAME=/PATH/OF/LIBRARY"
        ;;
    esac
}

# options_of ALLOCATOR: what POOLALLOC_OPTIONS is for it.
options_of() {
    [ "$1" != hardened ] || echo mode=hardened
}

# is_usable ALLOCATOR: its library is there and a program under it has it mapped.
is_usable() {
    local library
    [ "$1" != glibc ] || return 0
    library=$(preload_of "$1")
    [ -n "$library" ] && [ -e "$library" ] &&
        LD_PRELOAD=$library cat /proc/self/maps 2>/dev/null | grep -q "$(basename "$(readlink -f "$library")")"
}

# remedy_for ALLOCATOR: what to do about one that is not usable.
remedy_for() {
    case $1 in
    jemalloc) echo 'not installed (Debian: libjemalloc2)' ;;
    mimalloc) echo 'not installed (Debian: libmimalloc2.0)' ;;
    tcmalloc) echo 'not installed (Debian: libtcmalloc-minimal4)' ;;
    tbbmalloc) echo 'not installed (Debian: libtbbmalloc2)' ;;
    *) echo "$(preload_of "$1") does not load; is it built, and is -b the build folder?" ;;
    esac
}

# choose_allocators: keeps of $allocators what is usable, names the rest.
choose_allocators() {
    local allocator usable=''
    for allocator in $allocators; do
        preload_of "$allocator" >/dev/null || exit 2
        if is_usable "$allocator"; then
            usable+=" $allocator"
        else
            say "without $allocator: $(remedy_for "$allocator")"
        fi
    done
    allocators=$usable
    [ -n "$allocators" ] || die 'no allocator is left to run'
}

# Leaves no option of any allocator in the environment.
default_options() {
    unset POOLALLOC_OPTIONS GLIBC_TUNABLES MALLOC_CONF
    unset ${!MALLOC_@} ${!MIMALLOC_@} ${!TCMALLOC_@} ${!TBB_MALLOC_@}
}

# package_version PACKAGE: without what Debian has added.
package_version() { dpkg-query -W -f '${Version}' "$1" 2>/dev/null | sed 's/[-+].*//'; }

# What our library says of itself.
own_version() {
    LD_PRELOAD=$(preload_of "$1") POOLALLOC_OPTIONS=report=exit env true 2>&1 |
        sed -n 's/^poolalloc \([0-9.]*\) report.*/\1/p'
}

# describe_allocator ALLOCATOR: its version, and the default that decides what it gives back.
describe_allocator() {
    local name=${1%%=*}
    case $name in
    glibc) echo "$(getconf GNU_LIBC_VERSION), trim threshold 128 KiB" ;;
    poolalloc | poolalloc8) echo "$name $(own_version "$1"), purge delay 1 s, no thread" ;;
    hardened) echo "poolalloc $(own_version "$1"), mode=hardened" ;;
    jemalloc) echo "jemalloc $(package_version libjemalloc2), decay 10 s, no thread" ;;
    mimalloc) echo "mimalloc $(package_version libmimalloc2.0), decommit delay 25 ms" ;;
    tcmalloc) echo "tcmalloc $(package_version libtcmalloc-minimal4), release rate 1" ;;
    tbbmalloc) echo "tbbmalloc $(package_version libtbbmalloc2)" ;;
    *) echo "$name $(peer_version "$name")" ;;
    esac
}

# describe_allocators: a comment line for each.
describe_allocators() {
    local allocator
    for allocator in $allocators; do
        printf '# allocator %s %s\n' "${allocator%%=*}" "$(describe_allocator "$allocator")"
    done
}

# ---- Control groups: what the system has really got back is no longer charged to them ----

# make_group NAME: a group that counts the memory of what runs in it; prints its folder. Fails where
# none can be made, for want of rights or of a place for it.
make_group() {
    local parent folder
    for parent in "/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)" \
        /sys/fs/cgroup/memory "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)" /sys/fs/cgroup; do
        folder=$parent/poolalloc-bench.$$.$1
        mkdir "$folder" 2>/dev/null || continue
        if [ -w "$folder/cgroup.procs" ] && [ -n "$(usage_of "$folder")" ]; then
            echo "$folder"
            return 0
        fi
        rmdir "$folder"
    done
    return 1
}

# usage_of GROUP: the file of its usage, in bytes.
usage_of() {
    local file
    for file in "$1/memory.current" "$1/memory.usage_in_bytes"; do
        [ ! -r "$file" ] || echo "$file"
    done
}

# run_in GROUP COMMAND...: in the group, if there is one; the command finds BENCH_CGROUP.
run_in() {
    local group=$1
    shift
    if [ -z "$group" ]; then
        "$@"
    else
        BENCH_CGROUP=$(usage_of "$group") bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' \
            "$group" "$@"
    fi
}

# ---- The record and the progress ----

# commit_name: of the sources; they are dirty if anything but results differs.
commit_name() {
    local name
    name=$(git -C "$source_folder" rev-parse --short HEAD 2>/dev/null) || {
        echo unknown
        return
    }
    git -C "$source_folder" diff --quiet HEAD -- :/ ':(top,exclude)bench/results' 2>/dev/null ||
        name+=-dirty
    echo "$name"
}

# describe_machine: comment lines that say where the figures come from.
describe_machine() {
    printf '# date %s\n' "$(date -u '+%Y-%m-%d %H:%M UTC')"
    printf '# machine %s, %s cores, %s MiB, Linux %s\n' \
        "$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)" "$(nproc)" \
        "$(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo)" "$(uname -r)"
    printf '# commit %s\n' "$(commit_name)"
}

load_average() { cut -d ' ' -f 1-3 /proc/loadavg; }

# start_progress STEPS; then progress TEXT before each step: a line that replaces itself on a
# terminal, elsewhere a line every 30 seconds.
start_progress() { steps_all=$1 steps_done=0 progress_begin=$SECONDS progress_shown=-30; }

progress() {
    local spent=$((SECONDS - progress_begin)) left='?'
    if [ "$steps_done" -gt 0 ]; then
        left=$((spent * (steps_all - steps_done) / steps_done))
        left=$(printf '%d:%02d' $((left / 60)) $((left % 60)))
    fi
    if [ -t 2 ]; then
        printf '\r\033[K%3d %%  %s left  %s' $((100 * steps_done / steps_all)) "$left" "$1" >&2
    elif [ $((SECONDS - progress_shown)) -ge 30 ]; then
        progress_shown=$SECONDS
        say "$((100 * steps_done / steps_all)) %  $left left  $1"
    fi
    steps_done=$((steps_done + 1))
}

end_progress() { [ ! -t 2 ] || printf '\r\033[K' >&2; }
