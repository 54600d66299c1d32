# SPDX-License-Identifier: MIT
# poolalloc explain: for each way to hold memory the sentence that must come first. Sourced by run.

# explains HOW PATTERN...: the first sentence, and more, of a holder.
explains() {
    local how=$1 first=$2
    shift 2
    hold "$how" "$tool" run --
    expect "explain of $how" 0 "^1\\. $first" "$@" -- "$tool" explain --seconds=1 "$held"
    let_go
}
explains healthy 'Nothing to mend: 9[0-9] % of what malloc holds are live blocks'
grep -q '^2\.' "$work/out" && fail "explain of healthy: there is more to say: $(cat "$work/out")"
explains leak 'Live blocks grow by [0-9.]+ MiB a second' 'blocks of 49 to 64 bytes'
explains pages '12[0-9] MiB \(8[0-9] % of resident memory\) are free but cannot go back' \
    'with 1.0 live blocks each' '65 to 80 bytes'
explains arenas '[0-9.]+ MiB \(.*\) are held by few live blocks that lie far apart' \
    'most 4 of 64 pages busy'
explains threads '[0-9.]+ MiB \(.*\) are free blocks at hand: 49 threads keep'
explains queue '7[0-9.]+ MiB \(.*\) were freed by other threads'
# What is small is no problem, whatever its share.
explains small 'Nothing to mend'

# A core as the kernel leaves it, of a heap of several windows.
if [ "$(cat /proc/sys/kernel/core_pattern)" = core ] && (ulimit -S -c unlimited) 2>/dev/null; then
    cat >"$work/dump" <<END
cd '$work' && ulimit -S -c unlimited && exec '$tool' run -- "\$@"
END
    hold pages bash "$work/dump"
    "$tool" stat --json "$held" >"$work/out"
    blocks=$(number live_blocks)
    kill -ABRT "$held"
    wait "$held" 2>/dev/null
    mv "$work"/core* "$work/crashed" 2>/dev/null
    expect 'stat of the core of a crash' 0 'live_blocks' -- "$tool" stat --json "$work/crashed"
    near 'stat of the core of a crash: the same blocks' "$(number live_blocks)" "$blocks" 0
    near 'stat of the core of a crash: free beside them' "$(number beside)" $((126 * 1024 * 1024)) 2
    rm -f "$work/crashed"
    let_go
else
    skip 'no core of a crash: core_pattern or the limit leads elsewhere'
fi
hold pages "$tool" run --
expect 'explain --json' 0 '"schema": "poolalloc.explain"' '"kind": "fragmentation"' -- \
    "$tool" explain --seconds=0 --json "$held"
if command -v python3 >/dev/null; then
    if python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$work/out"; then
        pass 'explain --json is JSON'
    else
        fail 'explain --json is no JSON'
    fi
fi
# A look leaves nothing behind: the second finds what the first has found.
"$tool" stat --json "$held" >"$work/out"
metadata=$(number metadata)
"$tool" stat --json "$held" >"$work/out"
near 'a look does not make the process larger' "$(number metadata)" "$metadata" 1
if command -v gdb >/dev/null && timeout 60 gdb -p "$held" -batch -ex "generate-core-file $work/core" >"$work/gdb" 2>&1; then
    blocks=$(number live_blocks)
    "$tool" stat --json "$work/core" >"$work/out"
    near 'stat of a core of several windows: the same blocks' "$(number live_blocks)" "$blocks" 0
    expect 'explain of a core' 0 '^1\. .*free but cannot go back' -- "$tool" explain "$work/core"
else
    skip 'explain of a core: none could be made'
fi
rm -f "$work/core"
let_go
