# SPDX-License-Identifier: MIT
# poolalloc compare: all metrics of each allocator, what failed, the formats. Whether differences are
# real is tested with made up figures (tests/unit/statistics_test.cc). Sourced by run.

expect 'compare' 0 '^peak memory' '^  libc +[0-9.]+ [KMG]iB$' \
    '^  poolalloc +[0-9.]+ [KMG]iB +([0-9.]+ % (less|more)|no difference)' '^page faults' -- \
    "$tool" compare -n 3 --only=libc,poolalloc -- "$holder" small
# The memory at the end: of the peak of 2 MiB of libc's, all but a page each stays as well.
expect 'compare --json' 0 '"schema": "poolalloc.compare"' '"final_bytes"' -- \
    "$tool" compare -n 3 --allocator=again= --only=libc,again --json --html="$work/page.html" -- \
    "$holder" healthy
cp "$work/out" "$work/comparison"
if command -v python3 >/dev/null; then
    cat >"$work/judge.py" <<'END'
import json, sys
page = json.load(open(sys.argv[1]))
first, again = page["allocators"]
assert first["name"] == "libc" and again["name"] == "again", page
for metric in "seconds", "processor_seconds", "peak_bytes", "page_faults":
    assert len(first[metric]["runs"]) == 3 and min(first[metric]["runs"]) > 0, metric
assert 40 << 20 < first["peak_bytes"]["median"] < 60 << 20, first["peak_bytes"]
final = first["final_bytes"]
assert not final or 40 << 20 < final["median"] < 60 << 20, final
assert 0.98 < again["peak_bytes"]["ratio"] < 1.02, again["peak_bytes"]
END
    expect 'compare: what a program of 40 MiB takes, and the same twice' 0 -- \
        python3 "$work/judge.py" "$work/comparison"
else
    skip 'compare: no python3 to read the JSON'
fi
if [ "$(grep -c '<svg' "$work/page.html")" -ge 4 ] && ! grep -E '(src|href)=|url\(|@import' "$work/page.html"; then
    pass 'compare: the page has its charts in itself'
else
    fail 'compare: the page lacks charts, or needs something else'
fi
expect 'compare: too few runs' 0 'too few runs to tell' -- \
    "$tool" compare -n 2 --only=libc,poolalloc -- "$holder" small
printf '#include <stdlib.h>\nint main(void) { return getenv("LD_PRELOAD") ? 3 : 0; }\n' >"$work/moody.c"
$CC -o "$work/moody" "$work/moody.c"
expect 'compare: what fails under one allocator is told' 0 '^  poolalloc +failed: status 3' -- \
    "$tool" compare -n 3 --only=libc,poolalloc -- "$work/moody"
expect 'compare --show' 0 '^ready' -- "$tool" compare --runs=3 --show --only=libc -- "$holder" small
expect 'compare of nothing there' 2 'not found' -- "$tool" compare -- no-such-command-here
expect 'compare with an allocator that is not there' 2 'there are: libc poolalloc' -- \
    "$tool" compare --only=libc,nosuchmalloc -- true
expect 'compare of a static program' 2 'nothing to compare' -- "$tool" compare -- "$(command -v ldconfig || echo /sbin/ldconfig)"
