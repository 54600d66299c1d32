# SPDX-License-Identifier: MIT
# latency.awk - from the CSV of the latency curve a table of the medians over the runs. `format` is
# text or markdown.

function print_line(a, b, c, d, e, f) {
    if (format == "markdown")
        print "| " a " | " b " | " c " | " d " | " e " | " f " |"
    else
        printf "%-12s %-8s %8s %8s %8s %12s\n", a, b, c, d, e, f
}

/^#/ { next }
{
    key = $1 " " $3
    if (!(key in runs)) order[++keys] = key
    runs[key]++
    for (i = 4; i <= 7; i++) list[key, i] = list[key, i] " " $i
}
END {
    title = "Latency of single operations in nanoseconds, mixed workload, median of the runs"
    print (format == "markdown" ? "\n### " : "\n") title "\n"
    print_line("allocator", "call", "p50", "p99", "p99.9", "max")
    if (format == "markdown") print "|---|---|---:|---:|---:|---:|"
    for (i = 1; i <= keys; i++) {
        split(order[i], names, " ")
        print_line(names[1], names[2], median(list[order[i], 4]), median(list[order[i], 5]),
            median(list[order[i], 6]), median(list[order[i], 7]))
    }
    print "\n`clock` is what the measuring itself takes; the maxima are the machine's as much as" \
        "\nthe allocator's."
}
