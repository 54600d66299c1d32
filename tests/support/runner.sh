# SPDX-License-Identifier: MIT
# runner.sh - sourced by every runner: counts, libraries, time limits, and the last line that
# scripts/check adds up. A runner is started by `make check`, or by hand with POOLALLOC_SO16 and
# POOLALLOC_SO8 set to the libraries (any other malloc replacement may stand in for them).
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

finish() {
    rm -rf "$work"
    echo "# poolalloc-test: $passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ] || exit 1
    [ "$passed" -gt 0 ] || exit 77
    exit 0
}
trap 'failed=$((failed + 1)); echo "FAIL: interrupted"; finish' INT TERM

# With --table the runner prints its own rows, and only failures here.
pass() { passed=$((passed + 1)); [ $table = yes ] || echo "ok: $*"; }
fail() { failed=$((failed + 1)); echo "FAIL: $*"; }
skip() { skipped=$((skipped + 1)); [ $table = yes ] || echo "skipped: $*"; }

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
