# SPDX-License-Identifier: MIT
# table.awk - medians of the lines "name language seconds KiB pause", a row for each program.

function median(list, count,    i, j, t, part) {
    count = split(list, part, " ")
    for (i = 2; i <= count; i++)
        for (j = i; j > 1 && part[j] + 0 < part[j - 1] + 0; j--) {
            t = part[j]; part[j] = part[j - 1]; part[j - 1] = t
        }
    return part[int((count + 1) / 2)]
}

function time(name, language) { return 1000 * median(times[name, language]) }
function peak(name, language) { return median(peaks[name, language]) / 1024 }

{
    if (!($1 in seen)) { seen[$1] = 1; names[++rows] = $1 }
    times[$1, $2] = times[$1, $2] " " $3
    peaks[$1, $2] = peaks[$1, $2] " " $4
    if ($5 > pause[$1]) pause[$1] = $5
}

END {
    printf "%-11s %24s %24s %6s\n", "", "time", "memory", "pause"
    printf "%-11s %5s %6s %5s %5s %5s %6s %5s %5s %6s\n", "", "ours", "python", "lua", "ratio",
           "ours", "python", "lua", "ratio", "ms"
    for (i = 1; i <= rows; i++) {
        n = names[i]
        p = time(n, "python"); m = peak(n, "python")
        printf "%-11s %5d %6d %5d %5.2f %5.1f %6.1f %5.1f %5.2f %6.2f\n", n, time(n, "ours"), p,
               time(n, "lua"), p ? time(n, "ours") / p : 0, peak(n, "ours"), m, peak(n, "lua"),
               m ? peak(n, "ours") / m : 0, pause[n]
    }
}
