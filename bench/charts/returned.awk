# SPDX-License-Identifier: MIT
# returned.awk - from the CSV of the curve `returned` what is resident 3 s after the last free, in
# percent of the peak, the median over the runs. `format` is text or markdown.

function print_line(a, b, c, d, e) {
    if (format == "markdown")
        print "| " a " | " b " | " c " | " d " | " e " |"
    else
        printf "%-12s %10s %8s %8s %8s\n", a, b, c, d, e
}

function share(allocator, mode) {
    return (allocator, mode) in left ? sprintf("%.1f %%", median(left[allocator, mode])) : ""
}

/^#/ { next }
!($1 in seen) { seen[$1] = 1; order[++count_of_all] = $1 }
$4 == "-0.1" { peak = $5; peaks[$1] = peaks[$1] " " $5 }
$4 == "3.0" { left[$1, $3] = left[$1, $3] " " 100 * $5 / peak }
END {
    title = "Resident 3 s after the last free, in percent of the peak"
    print (format == "markdown" ? "\n### " : "\n") title "\n"
    print_line("allocator", "peak MiB", "all", "sparse", "idle")
    if (format == "markdown") print "|---|---:|---:|---:|---:|"
    for (i = 1; i <= count_of_all; i++)
        print_line(order[i], int(median(peaks[order[i]]) / 1024), share(order[i], "all"),
            share(order[i], "sparse"), share(order[i], "idle"))
    print "\nall: all freed, light activity. sparse: all but 1 block in 1,000 freed, the same." \
        "\nidle: all freed, no call afterwards (poolalloc with purge_thread=on)."
}
