# SPDX-License-Identifier: MIT
# services_chart.awk - from the CSV of bench/services/run the curves of the first round, as gnuplot
# data: a panel for each service, a line for each allocator.

BEGIN { preferred = "glibc jemalloc mimalloc tcmalloc tbbmalloc poolalloc8 poolalloc" }
/^# allocator / { name = $3; sub(/^# allocator [^ ]* /, ""); words[name] = $0; next }
$1 == "memory" && $4 == 1 {
    if (!($2 in is_service)) { is_service[$2] = 1; services[++service_count] = $2 }
    if (!($3 in seen)) { seen[$3] = 1; found[++finds] = $3 }
    lines[$2, $3] = lines[$2, $3] $5 / 1000 " " $6 / 1024 "\n"
}

function add(allocator) {
    names = names (names == "" ? "" : " ") allocator
    titles = titles (titles == "" ? "" : ", ") "\"" \
        (allocator in words ? words[allocator] : allocator) "\""
    order[++allocator_count] = allocator
    delete seen[allocator]
}

# Ours come last, so that they lie on top.
END {
    count = split(preferred, known, " ")
    for (i = 1; i <= finds; i++)
        if (index(" " preferred " ", " " found[i] " ") == 0) add(found[i])
    for (i = 1; i <= count; i++)
        if (known[i] in seen) add(known[i])
    for (i = 1; i <= service_count; i++)
        for (j = 1; j <= allocator_count; j++)
            print "$line_" i "_" j " << END\n" lines[services[i], order[j]] "NaN NaN\nEND"
    print "names = \"" names "\""
    print "array titles = [" titles "]"
    printf "services = \""
    for (i = 1; i <= service_count; i++) printf "%s%s", (i > 1 ? " " : ""), services[i]
    print "\""
}
