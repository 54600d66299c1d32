# SPDX-License-Identifier: MIT
# poolalloc run, and what holds for all commands. Sourced by run.

expect 'no command: usage' 2 '^usage:' '  run ' '  check ' -- "$tool"
expect '--help lists the commands' 0 '  run ' -- "$tool" --help
expect '--version' 0 '^poolalloc [0-9]' -- "$tool" --version
expect 'an unknown command names the nearest' 2 'did you mean check\?' -- "$tool" chek
expect 'an unknown option names the nearest' 2 'did you mean --quiet\?' -- "$tool" check --quit true
expect 'an option without its value' 2 'needs a value' -- "$tool" check --library
for command in $("$tool" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    expect "$command --help" 0 "^usage: poolalloc $command" '^Options:' -- "$tool" "$command" --help
    if grep -q "^\.It Cm $command\|^\.Ss $command\|Ic $command" "$source_dir/man/poolalloc.1"; then
        pass "$command is in poolalloc(1)"
    else
        fail "$command is not in poolalloc(1)"
    fi
done

# completes WANTED WORD...: what the completion of bash offers for the last word.
completes() {
    local wanted=$1
    shift
    expect "completion of '$*'" 0 "(^| )$wanted( |\$)" -- bash -c '
        PATH=$1:$PATH; . "$2"; shift 2
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _poolalloc; echo "${COMPREPLY[@]}"' \
        - "$build_dir" "$source_dir/tool/completion.bash" "$@"
}
completes check poolalloc ch
completes --openmetrics poolalloc stat --open
completes --suppressions poolalloc leaks --suppr
completes bash poolalloc leaks bas
completes "$$" poolalloc explain "$$"
completes bash poolalloc run bas

shows_preload='printf "%s\n" "[$LD_PRELOAD]" "($POOLALLOC_OPTIONS)"'
expect 'run puts the library in front' 0 "^\[$library16.0\]" -- "$tool" run -- sh -c "$shows_preload"
expect 'run --8' 0 "^\[$library8.0\]" -- "$tool" run --8 sh -c "$shows_preload"
expect 'run keeps other preloads, but no second of ours' 0 "^\[$library16.0:libc.so.6\]" -- \
    env LD_PRELOAD="libc.so.6 $library8" "$tool" run -- sh -c "$shows_preload"
expect 'run hands options on, behind those that were there' 0 '^\(purge_delay=1s,purge_delay=2s,huge_pages=off\)' -- \
    env POOLALLOC_OPTIONS=purge_delay=1s "$tool" run --purge-delay=2s --huge-pages=off -- sh -c "$shows_preload"
expect 'run --no-inherit: this process' 0 '^served: ' -- \
    "$tool" run --no-inherit --report=exit -- bash -c 'true; :'
expect 'run --no-inherit: not what it starts' 0 '^\[\]' -- \
    "$tool" run --no-inherit -- bash -c "bash -c '$shows_preload'; :"
expect 'run --no-inherit: other preloads stay' 0 '^\[libc.so.6\]' -- \
    env LD_PRELOAD=libc.so.6 "$tool" run --no-inherit -- bash -c "bash -c '$shows_preload'; :"
expect 'run ends as the command does' 7 -- "$tool" run -- sh -c 'exit 7'
expect 'run of nothing there' 127 'not found' -- "$tool" run -- no-such-command-here
expect 'run of what is no program' 126 'not a program' -- "$tool" run -- /etc/passwd
expect 'run without a command' 125 'needs a command' -- "$tool" run
expect 'run --library that is not there' 125 'can be read' -- "$tool" run --library=/nowhere/x.so true
expect 'options of the command are its own' 0 '^--help$' -- "$tool" run -- env printf '%s\n' --help
