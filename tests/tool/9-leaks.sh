# SPDX-License-Identifier: MIT
# poolalloc leaks: a program whose leaks are known (leaker.c). Sourced by run.

leaker=$build_dir/tests/tool/leaker
lost='direct indirect cycle large mapping list hidden'
held='global inside chain thread returned'

# line_of WORD: where leaker.c has the mark.
line_of() { grep -n "/\* line: $1 \*/" "$here/leaker.c" | cut -d: -f1; }

# amount KIND UNIT: of the first process of the JSON in $work/out.
amount() { sed -n "/^ *\"$1\": {/,/}/s/^ *\"$2\": \([0-9]*\).*/\1/p" "$work/out" | head -n 1; }

# counts NAME KIND BLOCKS BYTES: one case.
counts() {
    local found
    found="$(amount "$2" blocks) blocks, $(amount "$2" bytes) bytes"
    if [ "$found" = "$3 blocks, $4 bytes" ]; then pass "$1"; else fail "$1: $found, wanted $3, $4"; fi
}

# lacks NAME PATTERN: one case, about the last output.
lacks() {
    if grep -qE -- "$2" "$work/out"; then
        fail "$1: $(grep -E -- "$2" "$work/out" | head -n 3)"
    else
        pass "$1"
    fi
}

find_leaks() {
    local leaks=("$tool" leaks --library="$library")
    expect "leaks, $title: of a program without any" 0 ': no leaks$' -- "${leaks[@]}" "$leaker"
    expect "leaks, $title: each is found, what is held is not" 23 \
        ' lose_direct .*leaker\.c:'"$(line_of direct)"'$' \
        ' lose_indirect .*leaker\.c:'"$(line_of indirect)"'$' ' lose_cycle ' ' lose_large ' \
        ' lose_mapping ' ' lose_list ' ' lose_hidden ' 'still for [0-9.e-]+ ms to be copied' \
        'its 1 other thread for' -- "${leaks[@]}" "$leaker" $lost $held
    lacks "leaks, $title: global, inner pointer, list, stack and thread-local hold" \
        'hold_|stay|lose_in_child|hold_and_end'
    expect "leaks, $title: --reachable" 0 'hold_global ' 'hold_inside ' 'hold_list ' ' stay ' \
        'in 10,000 blocks' -- "${leaks[@]}" --reachable "$leaker" $held
    expect "leaks, $title: JSON" 23 '"schema": "poolalloc.leaks"' '"version": 1' \
        '"registers_known": true' '"status": 0' -- "${leaks[@]}" --json "$leaker" $lost $held
    # Of lost blocks: direct 3, and one each that leads to the others of its kind.
    counts "leaks, $title: lost" lost 9 $((300 + 64 + 300 + 1000000 + (40 << 20) + 64 + 70))
    counts "leaks, $title: through lost ones" through_lost 51 $((200 + 300 + 49 * 64))
    expect "leaks, $title: below the stack pointer nothing holds" 23 '90 B in 1 block, from' \
        -- "${leaks[@]}" "$leaker" deep
    expect "leaks, $title: nor in a thread" 23 '90 B in 1 block, from' ' lose_and_stay ' \
        -- "${leaks[@]}" "$leaker" deep_thread
    if [ "$(uname -m)" = x86_64 ]; then
        expect "leaks, $title: nor does what a thread that has ended left" 23 \
            '110 B in 1 block, from' ' lose_and_end ' -- "${leaks[@]}" "$leaker" ended
    fi
    expect "leaks, $title: held by a register" 0 'held by a register of another thread alone' \
        ' spin .*leaker' -- "${leaks[@]}" "$leaker" register
    expect "leaks, $title: register, as JSON" 0 -- "${leaks[@]}" --json "$leaker" register
    counts "leaks, $title: by a register" by_register 1 11000
}
each_library find_leaks

expect 'leaks: the status of the program' 7 ': no leaks$' -- "$tool" leaks "$leaker" seven
expect 'leaks: --exitcode' 5 'leaked$' -- "$tool" leaks --exitcode=5 "$leaker" direct seven
expect 'leaks: --exitcode=0' 7 'leaked$' -- "$tool" leaks --exitcode=0 "$leaker" direct seven
expect 'leaks: a wrong --most' 125 'most' -- "$tool" leaks --most=-1 "$leaker"
lacks 'leaks: it is known before the program runs' leaked
expect 'leaks: a wrong --library' 125 'absolute path' -- "$tool" leaks --library=nowhere.so "$leaker"
mkdir -p "$work/a,b"
expect 'leaks: a comma in TMPDIR' 23 lose_direct -- env TMPDIR="$work/a,b" "$tool" leaks "$leaker" direct
printf '#!/nowhere/shell\n' >"$work/script"
chmod +x "$work/script"
expect 'leaks: what cannot be run' 125 'is no ELF executable' -- "$tool" leaks "$work/script"
expect 'leaks: a wrong --exitcode' 125 'exitcode' -- "$tool" leaks --exitcode=256 "$leaker"
expect 'leaks: of a child' 23 '3 blocks leaked$' ': no leaks$' 'lose_in_child' -- "$tool" leaks "$leaker" child
expect 'leaks: a child has none by stacks of its parent' 0 -- "$tool" leaks "$leaker" beside
lacks 'leaks: neither has' 'leaked$'
expect 'leaks: --no-inherit' 0 ': no leaks$' -- "$tool" leaks --no-inherit "$leaker" child
expect 'leaks: by SIGTERM' 23 ' lose_direct ' -- "$tool" leaks "$leaker" direct term
expect 'leaks: SIGTERM to the command ends the program' 23 ' lose_direct ' -- \
    "$tool" leaks "$leaker" direct parent
expect 'leaks: after SIGKILL nothing is known' 137 'signal 9 .*is not known' -- \
    "$tool" leaks "$leaker" direct kill
expect 'leaks: after _exit nothing is known' 125 'ended by _exit .*is not known' -- \
    "$tool" leaks "$leaker" direct _exit
expect 'leaks: of what a shell starts' 23 ' lose_direct ' -- "$tool" leaks sh -c "'$leaker' direct; :"
expect 'leaks: without a command' 125 'needs a command' -- "$tool" leaks
expect 'leaks: of nothing there' 127 'not found' -- "$tool" leaks no-such-command-here
expect 'leaks: of a static program' 125 'cannot be found' -- \
    "$tool" leaks "$(command -v ldconfig || echo /sbin/ldconfig)"

expect 'leaks: a long list takes no more than the time of its blocks' 23 \
    'led to .* in 399,999 blocks' -- "$tool" leaks "$leaker" long_list

# As clang and others make programs: without the table of which unit an address is in.
if objcopy --remove-section=.debug_aranges "$leaker" "$work/leaker" 2>/dev/null; then
    expect 'leaks: lines without .debug_aranges' 23 ' lose_direct .*leaker\.c:'"$(line_of direct)"'$' -- \
        "$tool" leaks "$work/leaker" direct
fi

# suppress NAME STATUS LINE...: what these suppressions leave of direct and indirect leaks.
suppress() {
    local name=$1 status=$2
    shift 2
    printf '%s\n' "$@" >"$work/suppressions"
    expect "leaks: $name" "$status" -- "$tool" leaks --suppressions="$work/suppressions" \
        "$leaker" direct indirect
}
suppress 'suppressed by function' 23 '# a comment' '' 'leak:lose_direct'
lacks 'leaks: what is suppressed is not shown' lose_direct
suppress 'suppressed by file' 0 'leak:leaker.c'
suppress 'suppressed by loaded file' 0 'leak:/tool/leaker$'
suppress 'suppressed by pattern' 0 'leak:^lose_*direct$'
suppress 'a block goes with the one that leads to it' 23 'leak:^lose_indirect'
lacks 'leaks: what only a suppressed block leads to is not shown' lose_indirect
suppress 'suppressed by nothing that is there' 23 'leak:^ose_' 'leak:lose$'
suppress 'suppressions that are none' 125 'race:lose_direct'
expect 'leaks: --suppressed' 0 'suppressed by leaker, from$' ' lose_direct ' 'suppressed 564 B' -- env sh -c \
    "echo leak:leaker >'$work/suppressions' && '$tool' leaks --suppressed -s '$work/suppressions' '$leaker' direct indirect"
expect 'leaks: no folder is left behind' 0 -- env TMPDIR="$work" "$tool" leaks "$leaker"
if [ -z "$(find "$work" -name 'poolalloc.*')" ]; then pass 'leaks: none is'; else fail 'leaks: one is'; fi
expect 'leaks: the report in a file' 23 -- "$tool" leaks -o "$work/report" "$leaker" direct
if grep -q lose_direct "$work/report"; then pass 'leaks: it is there'; else fail 'leaks: it is not there'; fi
rm -f "$work/report"
