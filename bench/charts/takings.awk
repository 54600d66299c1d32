# SPDX-License-Identifier: MIT
# takings.awk - after median.awk: from the lines "# calls:" in a CSV of bench/run a table of the
# takings of the lock that all threads share, a million calls of malloc and free each. `format` is
# text or markdown. Prints nothing where nothing was counted.

/^# calls: / {
    if (!($3 in row_seen)) { row_seen[$3] = 1; rows[++row_count] = $3 }
    if (!($4 in seen)) { seen[$4] = 1; names[++count] = $4 }
    if ($5 > 0) list[$3, $4] = list[$3, $4] " " 1e6 * $6 / $5
}

function line(first, cells,    j, text) {
    text = format == "markdown" ? "| " first " |" : sprintf("%-15s", first)
    for (j = 1; j <= count; j++)
        text = text (format == "markdown" ? " " cells[j] " |" : sprintf("%14s", cells[j]))
    print text
}

END {
    if (row_count == 0) exit
    print (format == "markdown" ? "\n### " : "\n") \
        "Takings of the shared lock in a million calls of malloc, free and the rest\n"
    line("", names)
    if (format == "markdown") {
        rule = "|---|"
        for (j = 1; j <= count; j++) rule = rule "---:|"
        print rule
    }
    for (i = 1; i <= row_count; i++) {
        for (j = 1; j <= count; j++)
            cells[j] = (rows[i], names[j]) in list ? \
                sprintf("%.0f", median(list[rows[i], names[j]])) : ""
        line(rows[i], cells)
    }
    print "\nCounted in runs of their own, over all processes of a row."
}
