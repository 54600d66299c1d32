# SPDX-License-Identifier: MIT
# poolalloc check: active or not, by the exit status, and every reason. Sourced by run.

expect 'check of a program' 0 '^active: ' 'binds its malloc to' -- "$tool" check -- bash
expect 'check --8' 0 'libpoolalloc8' -- "$tool" check --8 bash
expect 'check --quiet says nothing' 0 -- "$tool" check --quiet -- bash
[ ! -s "$work/out" ] || fail 'check --quiet: there is output'
printf '#!/usr/bin/env bash\n' >"$work/script"
chmod +x "$work/script"
expect 'check of a script asks its interpreter' 0 'a script for .*/bash' -- "$tool" check "$work/script"
expect 'check of nothing there' 2 'not found' -- "$tool" check no-such-command-here
expect 'check of a library that is not there' 1 'NOT active' 'cannot be read' -- \
    "$tool" check --library=/nowhere/libpoolalloc.so bash

printf 'int main(void) { return 0; }\n' >"$work/main.c"
printf '#include <stddef.h>\nvoid *malloc(size_t size) { return (void *)size; }\n' >"$work/malloc.c"
if $CC -static -o "$work/static" "$work/main.c" 2>/dev/null; then
    expect 'check of a static program' 1 'linked statically' 'libpoolalloc.a' -- "$tool" check "$work/static"
    expect 'run of a static program says so' 0 'runs without the library' -- "$tool" run "$work/static"
else
    skip 'no static libc'
fi
$CC -fno-builtin -rdynamic -o "$work/own" "$work/main.c" "$work/malloc.c"
expect 'check of a program with a malloc of its own' 1 'malloc of its own' -- "$tool" check "$work/own"
if $CC -fsanitize=address -o "$work/asan" "$work/main.c" 2>/dev/null; then
    expect 'check of a sanitized program' 1 'sanitizer' -- "$tool" check "$work/asan"
else
    skip 'no address sanitizer'
fi
# Only what the file says matters: the interpreter's name, and the machine of the header.
cp "$holder" "$work/musl"
sed -i 's,/lib64/ld-linux-x86-64.so.2,/lib/ld-musl-x86_64.so.1\x00\x00\x00,' "$work/musl"
if grep -q ld-musl "$work/musl"; then
    expect 'check of a program for musl' 1 'musl' -- "$tool" check "$work/musl"
fi
cp "$holder" "$work/arm"
printf '\050' | dd of="$work/arm" bs=1 seek=18 conv=notrunc 2>/dev/null
expect 'check of a program for another processor' 1 'another processor' -- "$tool" check "$work/arm"
cp "$holder" "$work/thirty-two"
printf '\001' | dd of="$work/thirty-two" bs=1 seek=4 conv=notrunc 2>/dev/null
expect 'check of a 32-bit program' 1 'is no ELF|32-bit' -- "$tool" check "$work/thirty-two"
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    chmod 755 "$work"
    cp "$holder" "$work/setuid"
    chmod 4755 "$work/setuid"
    cp "$library16" "$work/libpoolalloc.so.0" # the folder of the build may be closed to other users
    expect 'check of a set-uid program' 1 'set-uid' -- setpriv --reuid=65534 --clear-groups \
        "$tool" check --library="$work/libpoolalloc.so.0" "$work/setuid"
fi

hold healthy "$tool" run --
expect 'check of a process that runs on it' 0 '^active: process' 'serves [1-9][0-9,]* live blocks' -- "$tool" check "$held"
expect 'check --json' 0 '"schema": "poolalloc.check"' '"active": true' -- "$tool" check --json "$held"
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    expect 'check of a process of another user' 2 'belongs to .*: run this as that user' -- \
        setpriv --reuid=65534 --clear-groups "$tool" check "$held"
fi
let_go
hold healthy
expect 'check of a process without it' 1 'NOT active' 'without the library' -- "$tool" check "$held"
let_go
hold healthy env LD_PRELOAD=/nowhere/libpoolalloc.so
expect 'check of a process whose file is not there' 1 'not there as the process sees it' -- "$tool" check "$held"
let_go
expect 'check of no process' 2 'there is no process' -- "$tool" check 999999999
expect 'check of a thread of the kernel' 2 -- "$tool" check 2
expect 'check hints at Python' 0 'PYTHONMALLOC' -- "$tool" check -- "$(command -v /usr/bin/python3 || echo bash)"
