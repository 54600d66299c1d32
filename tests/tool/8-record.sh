# SPDX-License-Identifier: MIT
# poolalloc record and replay: the calls of holders, made again under each library. Sourced by run.

if [ ! -e "$build_dir/.libs/recorder.so" ]; then
    skip 'the recorder is not built'
else
    expect 'record' 0 '^ready' '[0-9,]+ calls of malloc' -- \
        "$tool" record -o "$work/queue" -- "$holder" queue
    expect 'record ends as the command does' 7 -- \
        "$tool" record -o "$work/shell" -- bash -c 'x=$(printf %05000d 1); exit 7'
    expect 'what a killed program did is there' 137 -- \
        "$tool" record -o "$work/killed" -- bash -c 'kill -9 $$'
    expect 'the recorder is for this program alone' 0 '^\[libc.so.6\]$' -- env LD_PRELOAD=libc.so.6 \
        "$tool" record -o "$work/shell" -- bash -c "bash -c '$(printf 'printf "[%%s]\\n" "$LD_PRELOAD"')'"
    expect 'replay' 0 -- "$tool" replay "$work/queue"
    expect 'replay of a killed program' 0 -- "$tool" replay "$work/killed"
    replay_on() {
        expect "replay on $title" 0 -- env LD_PRELOAD="$library" POOLALLOC_OPTIONS=report="$work/report" \
            "$tool" replay --times=2 "$work/queue"
        near "replay on $title: as many blocks are left" \
            "$(sed -n 's/^served: .* \([0-9]*\) blocks live now.*/\1/p' "$work/report")" 40000 1
        rm -f "$work/report"
    }
    each_library replay_on
    head -c 5000 "$work/queue" >"$work/cut"
    expect 'replay of a file that is cut off' 2 'cut off|damaged' -- "$tool" replay "$work/cut"
    printf 'poolalloc pattern 1\n\001\001\002\003\000' >"$work/endless" # a free of what nobody makes
    expect 'replay of threads that wait for ever' 2 'damaged' -- "$tool" replay "$work/endless"
    expect 'replay of another file' 2 'is no pattern' -- "$tool" replay "$holder"
    expect 'replay of nothing there' 2 'cannot read' -- "$tool" replay "$work/nowhere"
    expect 'record into a folder that is not there' 125 'cannot write' -- \
        "$tool" record -o /nowhere/x -- true
    expect 'record of a static program' 125 'nothing can be recorded' -- \
        "$tool" record -o "$work/x" -- "$(command -v ldconfig || echo /sbin/ldconfig)"
fi
