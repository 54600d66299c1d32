# SPDX-License-Identifier: MIT
# returned.awk - from the CSV of the curves of bench/returned what is left 5 s after the last free and
# at the end, in percent of the peak, as the control group has it. `format` is text or markdown.

function print_line(a, b, c, d, e) {
    if (format == "markdown")
        print "| " a " | " b " | " c " | " d " | " e " |"
    else
        printf "%-12s %10s %14s %14s %14s\n", a, b, c, d, e
}

function share(allocator, mode) {
    if (!((allocator, mode) in left)) return ""
    return sprintf("%.1f / %.1f %%", 100 * soon[allocator, mode] / peak[allocator, mode],
        100 * left[allocator, mode] / peak[allocator, mode])
}

/^#/ { next }
!($1 in seen) { seen[$1] = 1; order[++count] = $1 }
$4 == -0.5 { peak[$1, $3] = $6 }
$4 == 5 { soon[$1, $3] = $6 }
{ left[$1, $3] = $6; last = $4 }
END {
    print (format == "markdown" ? "\n### " : "\n") "Left 5 s and " last \
        " s after the last free, in percent of the peak\n"
    print_line("allocator", "peak MiB", "all", "sparse", "idle")
    if (format == "markdown") print "|---|---:|---:|---:|---:|"
    for (i = 1; i <= count; i++)
        print_line(order[i], int(peak[order[i], "all"] / 1024), share(order[i], "all"),
            share(order[i], "sparse"), share(order[i], "idle"))
    print "\nall: all freed, light activity. sparse: all but 1 block in 1,000 freed, the same." \
        "\nidle: all freed, no call afterwards. Default options."
}
