# SPDX-License-Identifier: MIT
# poolalloc profile: the lines of sites.cc that allocate, in each format. Sourced by run.

sites=$build_dir/tests/tool/sites
# site NAME: the line of sites.cc that is marked so.
site() { sed -n "/SITE $1/=" "$here/sites.cc"; }
row='^ +[0-9.]+ [KMG]?i?B +[0-9.]+ [KMG]?i?B +[0-9.]+ [KMG]?i?B'

# first_line NAME PATTERN: of the table in $work/out.
first_line() {
    local first
    first=$(grep -A 1 '^ *in use .* by ' "$work/out" | tail -n 1)
    if [[ $first =~ $2 ]]; then pass "$1"; else fail "$1: the first line is '$first', wanted $2"; fi
}

expect 'profile: a table' 0 '^in use 10\.[0-9]+ MiB, at peak ' "$row +[0-9.]+ %  cache::make_entry\(int\) sites.cc:$(site entries)" \
    "hold_blocks\(int\) sites.cc:$(site blocks)" -- "$tool" profile --mean=all "$sites" 5000
first_line 'profile: what holds most comes first, though inlined' "keep_name.* sites.cc:$(site names)"
expect 'profile --sort=allocated' 0 'by allocated' -- "$tool" profile --mean=all --sort=allocated "$sites" 500
first_line 'profile --sort=allocated: what was there for a while comes first' "hold_blocks.* sites.cc:$(site blocks)"
expect 'profile --rows' 0 'and [0-9]+ lines? more' -- "$tool" profile --mean=all --rows=1 "$sites" 500
expect 'profile: estimates of samples' 0 'a sample every 64.0 KiB' "keep_name.* sites.cc:$(site names)" -- \
    "$tool" profile "$sites" 5000
expect 'profile --8' 0 "keep_name.* sites.cc:$(site names)" -- "$tool" profile --8 "$sites" 5000
expect 'profile: a program that another starts' 0 'one that the command started' "keep_name.* sites.cc:$(site names)" -- \
    "$tool" profile sh -c '"$1" 5000; true' - "$sites"
expect 'profile ends as the command does' 7 'make_entry' -- "$tool" profile --mean=4K "$sites" 7
expect 'profile: other preloads stay' 0 '^\[.*libpoolalloc.so.0:libc.so.6\]' -- \
    env LD_PRELOAD=libc.so.6 "$tool" profile bash -c 'echo "[$LD_PRELOAD]"'
${STRIP:-strip} -o "$work/bare" "$sites" 2>/dev/null || cp "$sites" "$work/bare"
expect 'profile: a program without symbols' 0 'bare\+0x[0-9a-f]+ \(bare\)' -- "$tool" profile --mean=4K "$work/bare"

expect 'profile -o FILE.folded' 0 -- "$tool" profile --mean=all -o "$work/sites.folded" "$sites" 5000
expect 'profile: folded stacks' 0 '^.*;main;.*read_names\(int\);keep_name.* [0-9]{7}$' -- cat "$work/sites.folded"
expect 'profile --json' 0 '"schema": "poolalloc.profile"' '"mean_bytes": 1,' "\"line\": $(site names)," -- \
    "$tool" profile --mean=all --json -o "$work/sites.pb.gz" "$sites" 5000
cp "$work/out" "$work/profile.json"
# What is held, the room for names, and what the C++ library has.
near 'profile --json: bytes in use' "$(number in_use_bytes)" $((8000 * 1000 + 32 * 100000 + 72704)) 2
if command -v python3 >/dev/null; then
    expect 'profile: JSON' 0 -- python3 -m json.tool "$work/profile.json"
    expect 'profile: pprof reads FILE.pb.gz' 0 "^[0-9]+ .*keep_name[^ ]*:sites.cc:$(site names) read_names\(int\):sites.cc:$(site reader)" -- \
        python3 "$here/profile.py" "$work/sites.pb.gz" "${sites##*/}"
    near 'profile: bytes in use in FILE.pb.gz' \
        "$(awk '{ sum += $1 } END { print sum }' "$work/out")" $((8000 * 1000 + 32 * 100000 + 72704)) 2
else
    skip 'profile: no python3 to read profiles'
fi

expect 'profile -o FILE.html' 0 -- "$tool" profile --mean=all -o "$work/sites.html" "$sites" 5000
if grep -qiE 'https?:|(src|href)=|url\(|@import' "$work/sites.html"; then
    fail 'profile: the page needs something else'
else
    pass 'profile: the page needs nothing else'
fi
cat >"$work/judge.py" <<'END'
import html.parser, json, re, sys
class Page(html.parser.HTMLParser):
    open, script = [], ""
    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "input"): self.open.append(tag)
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())
    def handle_data(self, data):
        if self.open and self.open[-1] == "script": self.script += data
page = Page()
page.feed(open(sys.argv[1]).read())
page.close()
assert not page.open, page.open
data = json.loads(re.search(r"^const data = (.*);$", page.script, re.M).group(1))
most = max(data["stacks"], key=lambda stack: stack["values"][0])
names = [data["frames"][frame]["function"] for frame in most["frames"]]
assert "main" in names and any(name.startswith("keep_name") for name in names), names
assert 10 << 20 < sum(stack["values"][0] for stack in data["stacks"]) < 12 << 20
END
if command -v python3 >/dev/null; then
    expect 'profile: the page is well formed and has the stacks' 0 -- python3 "$work/judge.py" "$work/sites.html"
fi

"$tool" profile --mean=all -o "$work/before.pb.gz" "$sites" 1000
expect 'profile diff' 0 '^in use \+3.8[0-9] MiB' -- "$tool" profile diff "$work/before.pb.gz" "$work/sites.pb.gz"
first_line 'profile diff: what grew comes first' "\+3.8[0-9] MiB.* keep_name.* sites.cc:$(site names)"
expect 'profile diff: what shrank' 0 "^ +-3.8[0-9] MiB.* keep_name" -- \
    "$tool" profile diff --rows=1 "$work/sites.pb.gz" "$work/before.pb.gz"
expect 'profile diff of the same' 0 'no difference' -- "$tool" profile diff "$work/before.pb.gz" "$work/before.pb.gz"
expect 'profile diff --json' 0 '"is_difference": true' -- \
    "$tool" profile diff --json -o "$work/more.html" -o "$work/more.pb.gz" "$work/before.pb.gz" "$work/sites.pb.gz"
if command -v python3 >/dev/null; then
    expect 'profile diff -o FILE.pb.gz' 0 '^-?[0-9]+ .*keep_name' -- python3 "$here/profile.py" "$work/more.pb.gz" "${sites##*/}"
fi
expect 'profile of a command named diff' 0 'allocated' -- "$tool" profile -- diff "$sites" "$sites"
expect 'profile diff of one file' 2 'needs two files' -- "$tool" profile diff "$work/before.pb.gz"
expect 'profile diff of what is none' 2 'cannot be read as a pprof profile' -- "$tool" profile diff "$sites" "$sites"
head -c 300 "$work/before.pb.gz" >"$work/cut.pb.gz"
expect 'profile diff of what is cut off' 2 'cut.pb.gz' -- "$tool" profile diff "$work/cut.pb.gz" "$work/before.pb.gz"

# The command gets the signal, and the program's profile is there: it tells when it is ready.
coproc HOLD { exec "$tool" profile -o "$work/ended.folded" "$sites" 5000 busy 2>"$work/holder"; }
held=$HOLD_PID hold_input=${HOLD[1]}
read -r -t 60 _ <&"${HOLD[0]}"
kill -TERM "$held"
wait "$held"
status=$?
eval "exec $hold_input>&-"
if [ $status -eq 143 ] && grep -q hold_blocks "$work/ended.folded"; then
    pass 'profile: SIGTERM to the command ends the program, with its profile'
else
    fail "profile: SIGTERM to the command: status $status, $(cat "$work/holder")"
fi

# attend OPTIONS HOW: starts sites, which waits or is busy, with the options.
attend() {
    local word how=$2
    coproc HOLD { cd "$work" && exec env LD_PRELOAD="$library16" POOLALLOC_OPTIONS="$1" "$sites" 20000 "$how" 2>"$work/holder"; }
    held=$HOLD_PID
    hold_input=${HOLD[1]} hold_output=${HOLD[0]}
    read -r -t 60 word <&"$hold_output"
    [ "${word-}" = ready ] || fail "sites is not ready: $(cat "$work/holder")"
}
attend sample_signal=USR2 wait
# Where it stands it allocates nothing, so that nothing begins.
expect 'profile --pid of a process that does nothing' 2 'has not called malloc' -- \
    "$tool" profile --pid="$held" --seconds=0.1
echo >&"$hold_input" # the signal of before has begun it by now
read -r -t 60 _ <&"$hold_output"
expect 'profile --pid' 0 'it was being sampled before' '\[allocated before sampling began\]' \
    "keep_name.* sites.cc:$(site names)" -- "$tool" profile --pid="$held" --seconds=0.1
if [ -e "$work/poolalloc.$held.pb" ]; then fail 'profile --pid: its file is left'; else pass 'profile --pid: no file is left'; fi
expect 'profile --pid --json of what is sampled already' 0 '"target": "process [0-9]+ \(sites\)"' -- \
    "$tool" profile --pid "$held" --seconds 0 --json
let_go
attend sample_signal=USR2 busy
expect 'profile --pid of a process at work' 0 'sampling has begun for this' '\[allocated before sampling began\]' \
    "hold_blocks\(int\) sites.cc:$(site blocks)" -- "$tool" profile --pid="$held" --seconds=0.3
near 'profile --pid: what lived before' "$(sed -n 's/^ *\([0-9]*\)\.[0-9]* MiB.*before sampling began.*/\1/p' "$work/out")" 6 50
let_go
attend sample_signal=USR2,sample_file=/nowhere/profile.pb busy
{ sleep 1; kill -9 "$held"; } 2>/dev/null &
expect 'profile --pid of a process that is killed' 2 'has ended before' -- "$tool" profile --pid="$held" --seconds=0.1
wait $!
let_go
# Nothing was said at the start: the process is asked in its memory, and left as it was, twice.
attend '' busy
for turn in 1 2; do
    expect "profile --pid of any process ($turn)" 0 'sampling has begun for this, and has ended' \
        "hold_blocks\(int\) sites.cc:$(site blocks)" -- "$tool" profile --pid="$held" --seconds=0.3
    near "profile --pid: what lived before ($turn)" \
        "$(sed -n 's/^ *\([0-9]*\)\.[0-9]* MiB.*before sampling began.*/\1/p' "$work/out")" 6 70
done
let_go
if [ -e "$work/poolalloc.$held.pb" ]; then fail 'profile --pid: a profile at the end'; else pass 'profile --pid: none at the end'; fi
attend report_interval=1h busy # other wishes stay
expect 'profile --pid beside ticks' 0 'hold_blocks' -- "$tool" profile --pid="$held" --seconds=0.3
let_go
expect 'profile --pid: not on the library' 1 'does not run on poolalloc' -- "$tool" profile --pid="$$"
expect 'profile --pid of none' 2 'there is no process' -- "$tool" profile --pid=999999999
expect 'profile --pid and a command' 2 'not both' -- "$tool" profile --pid="$$" true

expect 'profile -o FILE of another kind' 125 'ends in .*\.folded' -- "$tool" profile -o "$work/x.txt" true
expect 'profile --sort of no figure' 125 'in-use, peak or allocated' -- "$tool" profile --sort=time true
expect 'profile without a command' 125 'needs a command' -- "$tool" profile
expect 'profile of nothing there' 127 'not found' -- "$tool" profile -- no-such-command-here
expect 'profile of a static program' 125 'nothing can be sampled' -- \
    "$tool" profile -- "$(command -v ldconfig || echo /sbin/ldconfig)"
expect 'profile of a program that is killed' 137 'no profile: it was killed' -- "$tool" profile -- sh -c 'kill -9 $$'
