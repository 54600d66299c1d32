# SPDX-License-Identifier: MIT
# poolalloc map: rows and cells that the holder's blocks make, in text, JSON, SVG and HTML. Sourced
# by run.

hold pages "$tool" run --
expect 'map: a block in each page' 0 '^ *[0-9a-f]+ 1{64} +2 %$' -- "$tool" map "$held"
rows=$(grep -cE '^ *[0-9a-f]+ .{64} +[0-9]+ %$' "$work/out")
if [ "$rows" -le 200 ]; then pass "map is scaled down to $rows rows"; else fail "map: $rows rows"; fi
expect 'map --rows=0: all arenas' 0 'a row is an arena' -- "$tool" map --rows=0 "$held"
near 'map --rows=0: as many as there are' "$(grep -cE '^ *[0-9a-f]+ .{64} +[0-9]+ %$' "$work/out")" 520 4
expect 'map --rows' 0 'a row is [0-9]+ arenas' -- "$tool" map --rows=7 "$held"
expect 'map --json' 0 '"schema": "poolalloc.map"' '"cells": "1{64}"' -- "$tool" map --json "$held"
expect 'map --svg --html' 0 -- "$tool" map --svg="$work/map.svg" --html="$work/map.html" "$held"
let_go
if command -v xmllint >/dev/null; then
    expect 'map: the SVG is XML' 0 -- xmllint --noout "$work/map.svg"
elif command -v python3 >/dev/null; then
    expect 'map: the SVG is XML' 0 -- \
        python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$work/map.svg"
fi
if [ "$(grep -c '<title>.*live of' "$work/map.svg")" -ge 500 ]; then
    pass 'map: the SVG has a row for each arena'
else
    fail "map: the SVG has $(grep -c '<title>' "$work/map.svg") rows"
fi
if grep -E '(src|href)=|url\(|@import|https?:' "$work/map.html" | grep -qv 'xmlns="http://www.w3.org/2000/svg"'; then
    fail 'map: the page needs something outside itself'
else
    pass 'map: the page needs nothing but itself'
fi
hold healthy "$tool" run --
expect 'map: full pools' 0 '^ *[0-9a-f]+ [78]{64} +9[0-9] %$' -- "$tool" map "$held"
expect 'map into a folder that is not there' 2 'cannot write' -- "$tool" map --svg=/nowhere/x.svg "$held"
let_go
