# SPDX-License-Identifier: MIT
# Completion of poolalloc(1) for bash. Options come from --help, so that they are today's.
_poolalloc() {
    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]-} i
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "$(poolalloc --help 2>/dev/null |
            sed -n 's/^  \([a-z]*\) .*/\1/p') --help --version" -- "$word"))
        return
    fi
    case $command in run | check | compare | profile | leaks)
        # Behind the command to run, completion is that command's.
        for ((i = 2; i < COMP_CWORD; i++)); do
            if [ "${COMP_WORDS[i]}" = -- ]; then i=$((i + 1)); elif [[ ${COMP_WORDS[i]} == -* ]]; then continue; fi
            declare -F _command_offset >/dev/null && _command_offset "$i"
            return
        done ;;
    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$(poolalloc "$command" --help 2>/dev/null |
            sed -n 's/^  \(-., \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p') --help" -- "$word"))
        return
    fi
    case $command in
    run | compare | profile | leaks) COMPREPLY=($(compgen -c -- "$word")) ;;
    check) COMPREPLY=($(compgen -W "$(cd /proc && echo [0-9]*)" -- "$word") $(compgen -c -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "$(cd /proc && echo [0-9]*)" -- "$word") $(compgen -f -- "$word")) ;;
    esac
}
complete -F _poolalloc poolalloc
