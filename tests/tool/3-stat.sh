# SPDX-License-Identifier: MIT
# poolalloc stat: the sum, figures that the holder's blocks make, cores, formats. Sourced by run.

# adds_up HOW: the rows of the sum make the resident memory.
adds_up() {
    expect "stat --json of $1" 0 '"schema": "poolalloc.stat"' -- "$tool" stat --json "$held"
    local resident=$(number resident_bytes) left=$(number left_over)
    near "stat of $1: rows add up to resident memory" $((resident - left)) "$resident" 1
    near "stat of $1: that is what the system says" "$resident" \
        $(($(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$held/status") * 1024)) 5
}

stat_healthy() {
    hold healthy env LD_PRELOAD="$library"
    adds_up "a holder ($title)"
    near "stat: live bytes ($title)" "$(number live)" $((42 * 1024 * 1024)) 10
    local blocks=$(number live_blocks)
    expect "stat in words ($title)" 0 '^  live blocks +4[0-9.]+ MiB' '^  = resident +' "$alignment-byte" \
        '^  1,[0-9]* to [0-9,]+ bytes +[0-9,]+ ' -- "$tool" stat "$held"
    expect "stat --openmetrics ($title)" 0 'poolalloc_memory_bytes\{pid="[0-9]+",kind="live"\} [0-9]+' \
        '^# EOF$' -- "$tool" stat --openmetrics "$held"
    if [ "$(sort "$work/out" | grep -v '^#' | sed 's/ .*//' | uniq -d | wc -l)" -ne 0 ]; then
        fail "stat --openmetrics: a series twice"
    fi
    expect "stat --watch ($title)" 0 'per second: resident' -- "$tool" stat --watch=0.1 --count=2 "$held"
    if ! command -v gdb >/dev/null; then
        skip "stat of a core ($title): no gdb to make one"
    elif timeout 60 gdb -p "$held" -batch -ex "generate-core-file $work/core" >"$work/gdb" 2>&1; then
        expect "stat of a core in words ($title)" 0 'a core does not say' -- "$tool" stat "$work/core"
        expect "stat of a core ($title)" 0 '"resident_bytes": null' -- "$tool" stat --json "$work/core"
        near "stat of a core: the same blocks ($title)" "$(number live_blocks)" "$blocks" 0
    else
        skip "stat of a core ($title): gdb says $(tail -n 1 "$work/gdb")"
    fi
    rm -f "$work/core"
    let_go
}
each_library stat_healthy

seeds=$source_dir/tests/fuzz/seeds/core
expect 'stat of a core whose header is damaged' 2 'neither a process id nor a core' -- \
    "$tool" stat "$seeds/no_header"
expect 'stat of a core whose only memory lies behind its end' 2 'holds no memory: it was cut off' -- \
    "$tool" stat "$seeds/offset_overflows"

# Most of their pages is slack, which must be told from memory that is not the allocator's.
stat_guarded() {
    hold healthy env LD_PRELOAD="$library" POOLALLOC_OPTIONS=guard_sample=1,guard_memory=32M
    adds_up "a holder with guarded blocks ($title)"
    near "stat: live bytes with guarded blocks ($title)" "$(number live)" $((42 * 1024 * 1024)) 10
    let_go
}
each_library stat_guarded

hold pages "$tool" run --
adds_up 'one live block in each page'
[ "$(number beside)" -gt $((100 * 1024 * 1024)) ] || fail "stat: $(number beside) bytes beside live blocks, wanted 100 MiB"
let_go
hold threads "$tool" run --
adds_up 'threads that rest'
[ "$(number threads)" -eq 49 ] || fail "stat: $(number threads) threads, wanted 49"
[ "$(number at_hand)" -gt $((2 * 1024 * 1024)) ] || fail "stat: only $(number at_hand) bytes at hand"
let_go
hold queue "$tool" run --
adds_up 'blocks that others freed'
near 'stat: what others freed' "$(number awaiting)" $((360000 * 208)) 3
let_go
# A process that changes all the time is read without a pause of it, and without an error.
hold leak "$tool" run --
for turn in 1 2 3; do
    expect "stat of a process that allocates ($turn)" 0 '= resident' -- "$tool" stat "$held"
done
let_go
hold healthy
expect 'stat of a process without the library' 1 'does not run on poolalloc; `poolalloc check' -- "$tool" stat "$held"
let_go
if [ -f "$static_library" ] && $CC -static -pthread -o "$work/static-holder" "$here/holder.c" \
    -Wl,-u,malloc "$static_library" 2>"$work/err"; then
    coproc HOLD { exec "$work/static-holder" healthy; }
    held=$HOLD_PID hold_input=${HOLD[1]} hold_output=${HOLD[0]}
    read -r -t 60 _ <&"$hold_output"
    expect 'stat of a static program' 0 '^  live blocks +4[0-9.]+ MiB' -- "$tool" stat "$held"
    let_go
else
    skip 'stat of a static program: no libpoolalloc.a'
fi
expect 'stat of a file that is no core' 2 'neither a process id nor a core' -- "$tool" stat "$holder"
expect 'stat of nothing' 2 'needs a process id or a core' -- "$tool" stat

# held_by FUNCTION: mebibytes in its line.
held_by() { sed -n "s/^ *\([0-9.]*\) MiB .* $1 lines.cc:[0-9]* (lines)\$/\1/p" "$work/out"; }

# Where two lines share a size class, their parts are an estimate: 96 notes, five standard errors.
stat_lines() {
    holder=$build_dir/tests/tool/lines hold '' env LD_PRELOAD="$library"
    expect "stat --lines ($title)" 0 '48.0 MiB .* hold_large lines.cc:[0-9]+ \(lines\)$' \
        'not known' -- "$tool" stat --lines "$held"
    for name in calloc realloc aligned array aligned_new; do
        near "stat --lines: hold_$name ($title)" "$(held_by "hold_$name" | cut -d. -f1)" 48 10
    done
    for name in malloc new; do
        near "stat --lines: hold_$name ($title)" "$(held_by "hold_$name" | cut -d. -f1)" 48 26
    done
    lacks "stat --lines: what was freed ($title)" 'MiB.* pass lines.cc'
    expect "stat --lines --json ($title)" 0 '"unknown_bytes": [0-9]+' '"function": "hold_large"' -- \
        "$tool" stat --lines --json "$held"
    expect "explain names the lines ($title)" 0 'Who asked for what is live' 'lines.cc:[0-9]+ \(lines\)$' -- \
        "$tool" explain --seconds=0 "$held"
    let_go
}
each_library stat_lines

# Names that a program writes for perf. Its code is that of one processor.
if [ "$(uname -m)" = x86_64 ]; then
    holder=$build_dir/tests/tool/jit hold '' "$tool" run --
    expect 'stat --lines: functions made at run time' 0 '40.0 MiB .* made_at_run_time$' -- \
        "$tool" stat --lines "$held"
    let_go
else
    skip 'stat --lines: functions made at run time: the test has none for this processor'
fi

# 23,000 blocks of 1,000 bytes in the class of 1,024, and little else.
holder=$build_dir/tests/tool/sites hold 20000 env LD_PRELOAD="$library16" POOLALLOC_OPTIONS="sample=all,sample_file=$work/held.pb" sh -c 'exec "$1" "$2" wait' sh
echo >&"$hold_input"
read -r -t 60 _ <&"$hold_output"
expect 'stat: what is rounded up, where it is sampled' 0 'of live blocks .* are rounding, as [0-9,]+ samples tell' -- \
    "$tool" stat "$held"
expect 'stat --json: what is rounded up' 0 '"rounding_error_bytes": 0' -- "$tool" stat --json "$held"
near 'stat: bytes that are rounded up' "$(number rounding_bytes)" $((23000 * 24)) 5
let_go
