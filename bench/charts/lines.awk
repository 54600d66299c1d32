# SPDX-License-Identifier: MIT
# lines.awk - from the CSV of a curve the medians by allocator, as gnuplot data. Set by the caller:
#     x, y       columns of the CSV, counted after "allocator run" (the first is 3)
#     variant    only lines whose column 3 is this; empty: all
#     per        the values of y are divided by this
# Lines "# allocator NAME TEXT" give the words for the key.

BEGIN { preferred = "glibc jemalloc mimalloc tcmalloc tbbmalloc poolalloc8 poolalloc" }
/^# allocator / { name = $3; sub(/^# allocator [^ ]* /, ""); words[name] = $0; next }
/^#/ || (variant != "" && $3 != variant) { next }
{
    if (!($1 in seen)) { seen[$1] = 1; found[++finds] = $1 }
    if (!(($1, $x) in list)) place[$1, ++places[$1]] = $x
    list[$1, $x] = list[$1, $x] " " $y
}

function print_block(allocator,    i) {
    names = names (names == "" ? "" : " ") allocator
    titles = titles (titles == "" ? "" : ", ") "\"" \
        (allocator in words ? words[allocator] : allocator) "\""
    print "$line_" ++blocks " << END"
    for (i = 1; i <= places[allocator]; i++)
        print place[allocator, i], median(list[allocator, place[allocator, i]]) / per
    print "END"
    delete seen[allocator]
}

# Ours come last, so that they lie on top.
END {
    count = split(preferred, order, " ")
    for (i = 1; i <= finds; i++)
        if (index(" " preferred " ", " " found[i] " ") == 0) print_block(found[i])
    for (i = 1; i <= count; i++)
        if (order[i] in seen) print_block(order[i])
    print "names = \"" names "\""
    print "array titles = [" titles "]"
}
