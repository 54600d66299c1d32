# SPDX-License-Identifier: MIT
# The commands of gdb (tool/poolalloc-gdb.py) on a process and on its core: blocks of the holder that
# are known to be live or free. Sourced by run.

script=$source_dir/tool/poolalloc-gdb.py

# in_gdb COMMAND...: of gdb, on what $target says; output in $work/out.
in_gdb() {
    local command arguments=()
    for command in "$@"; do arguments+=(-ex "$command"); done
    timeout -k 2 120 gdb -batch -nx "${target[@]}" -x "$script" "${arguments[@]}" >"$work/out" 2>&1
}

# says NAME PATTERN...: the output has each.
says() {
    local name=$1 pattern
    shift
    for pattern in "$@"; do
        grep -qE -- "$pattern" "$work/out" && continue
        fail "$name: nothing like '$pattern' in: $(tail -n 12 "$work/out")"
        return
    done
    pass "$name"
}

look_with_gdb() {
    local what="$1 ($title)"
    in_gdb 'pool info kept[0]' 'pool info (char *)kept[0] + 80' 'pool info (char *)kept[0] + 5' \
        'pool info &kept'
    says "gdb: pool info of $what" '^0x[0-9a-f]+: live, block of 80 bytes \(class [0-9]+\); pool 0x[0-9a-f]+000 of 51 blocks; arena 0x' \
        '^0x[0-9a-f]+: free.*, block of 80 bytes' '  5 bytes behind its start' "not in poolalloc's memory"
    in_gdb 'pool stat' 'pool histogram'
    says "gdb: pool stat of $what" "^ +80 +$blocks " '^ +sum ' '^ +80 .* #{50}'
    in_gdb 'pool find 0x0101010101010101 3' 'pool find kept[0]'
    says "gdb: pool find in $what" 'byte 0 of the block 0x[0-9a-f]+, 80 B' 'stopped after 3' 'no live block has'
}

gdb_pages() {
    hold pages env LD_PRELOAD="$library"
    "$tool" stat --json "$held" >"$work/out"
    blocks=$(awk '/"stride": 80,/ { getline; gsub(/[^0-9]/, ""); print }' "$work/out")
    target=(-p "$held" "$holder")
    look_with_gdb 'a process'
    if timeout 60 gdb -p "$held" -batch -nx -ex "generate-core-file $work/core" >"$work/gdb" 2>&1; then
        target=("$holder" "$work/core")
        look_with_gdb 'a core'
    else
        skip "gdb: no core could be made ($title)"
    fi
    rm -f "$work/core"
    let_go
}

if ! command -v gdb >/dev/null || ! gdb -batch -nx -ex 'python print(1)' 2>/dev/null | grep -q 1; then
    skip 'gdb, or its python, is not there'
elif ! timeout 20 gdb -p $$ -batch -nx 2>&1 | grep -qv 'ptrace: Operation not permitted'; then
    skip 'gdb may not attach here'
else
    each_library gdb_pages
    # As installed: gdb finds the script by the path of the library.
    real=$(readlink -f "$library16")
    mkdir -p "$work/scripts$(dirname "$real")"
    cp "$script" "$work/scripts$real-gdb.py"
    expect 'gdb loads the script with the library' 0 'poolalloc [0-9]' '^ +sum ' -- \
        gdb -batch -nx -iex "add-auto-load-safe-path $work" \
        -iex "set auto-load scripts-directory $work/scripts" \
        -ex "set exec-wrapper env LD_PRELOAD=$library16" -ex 'set breakpoint pending on' \
        -ex 'break exit' -ex 'run small </dev/null' \
        -ex 'pool stat' "$holder"
fi
