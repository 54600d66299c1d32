# SPDX-License-Identifier: MIT
# runner.sh - sourced by every runner: results in TAP, which automake's driver counts, libraries and
# time limits. A runner is started by `make check`, or by hand with POOLALLOC_SO16 and POOLALLOC_SO8
# set to the libraries (any other malloc replacement may stand in for them).
set -u

passed=0 failed=0 skipped=0 table=no
for argument in "$@"; do
    case $argument in
    --table) table=yes ;;
    *) echo "$0: unknown argument $argument (the only one is --table)." >&2; exit 2 ;;
    esac
done

source_dir=${POOLALLOC_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
build_dir=${POOLALLOC_BUILD:-$source_dir}
library16=${POOLALLOC_SO16:-$build_dir/.libs/libpoolalloc.so}
library8=${POOLALLOC_SO8:-$build_dir/.libs/libpoolalloc8.so}
objects=${POOLOBJ_SO:-$build_dir/.libs/libpoolobj.so}
CC=${CC:-cc} CXX=${CXX:-c++}
work=$(mktemp -d "${TMPDIR:-/tmp}/poolalloc-test.XXXXXX") || exit 2

# With --table the runner prints its own rows, and only failures here. Of a text of several lines, the
# first describes the test and the others are comments.
pass() { passed=$((passed + 1)); [ $table = yes ] || echo "ok - $*"; }
fail() { failed=$((failed + 1)); sed '1s/^/not ok - /; 2,$s/^/#   /' <<<"$*"; }
skip() { skipped=$((skipped + 1)); [ $table = yes ] || echo "ok # SKIP $*"; }

# The plan comes last: a runner that is cut short has none, which the driver takes for an error.
finish() {
    rm -rf "$work"
    [ $table = yes ] || echo "1..$((passed + failed + skipped))"
    [ "$failed" -eq 0 ] || exit 1
    exit 0
}
trap 'fail interrupted; finish' INT TERM

# Sets library, title and alignment in turn and calls the function given; once if they are the same.
each_library() {
    local both=("$library16")
    [ "$library16" = "$library8" ] || both+=("$library8")
    for library in "${both[@]}"; do
        title=$(basename "$library" .so)
        alignment=16
        if [ "$library" = "$library8" ] && [ "$library16" != "$library8" ]; then alignment=8; fi
        if [ -f "$library" ]; then
            "$@"
        else
            fail "no library $library: build it, or set POOLALLOC_SO16 and POOLALLOC_SO8"
        fi
    done
}

# Who starts a program on the library, whose path stands for the %. Where the tests are built for
# another machine or another C library than the shell is, that is an emulator's command, or one that
# takes care not to preload itself. EMULATED is set where memory and threads of the process are not the
# program's alone.
read -ra preloader <<<"${PRELOADER:-env LD_PRELOAD=%}"

# preloaded SECONDS COMMAND...: runs a command on the library, with a time limit.
preloaded() {
    local seconds=$1
    shift
    timeout -k 2 "$seconds" "${preloader[@]//%/$library}" "$@"
}

# run_program NAME SECONDS PROGRAM...: a test program that exits 0, or 77 to be skipped; it has no
# other output than the reason of a failure.
run_program() {
    local name=$1 seconds=$2 status
    shift 2
    if ! command -v "$1" >/dev/null; then
        fail "$name: $1 is not built"
        return
    fi
    preloaded "$seconds" "$@" >"$work/out" 2>"$work/err"
    status=$?
    case $status in
    0) pass "$name ($title)" ;;
    77) skip "$name ($title): $(tail -n 1 "$work/out")" ;;
    124 | 137) fail "$name ($title): still running after $seconds s"; tail -n 5 "$work/err" ;;
    *) fail "$name ($title): status $status"; tail -n 5 "$work/out" "$work/err" ;;
    esac
}

# add_googletest NAME LOG: the results of a GoogleTest program (listener.cc), whose output is in the log,
# become results of the runner.
add_googletest() {
    local name=$1 log=$2 line before=$((passed + failed + skipped)) planned
    while read -r line; do
        case $line in
        'not ok '*) fail "$name: ${line#not ok - }" ;;
        *' # SKIP') line=${line% # SKIP}; skip "$name: ${line#ok - }" ;;
        *) pass "$name: ${line#ok - }" ;;
        esac
    done < <(grep -aE '^(not )?ok ' "$log")
    planned=$(sed -n 's/^1\.\.//p' "$log" | head -n 1)
    [ $((passed + failed + skipped - before)) -eq "${planned:--1}" ] ||
        fail "$name: ended early: $(tail -n 15 "$log")"
    grep -aE '^\[  FAILED  \]|: Failure|^ *Expected|^ *Which is' "$log" | head -n 40 | sed 's/^/#   /'
}
