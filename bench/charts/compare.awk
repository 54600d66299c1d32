# SPDX-License-Identifier: MIT
# compare.awk - after median.awk: from a CSV of bench/run with the allocators old and new a line for
# each row, both medians of each measure and the median of new over old within the rounds. `format`
# is text or markdown.

BEGIN {
    split("cpu rss vm", measures, " ")
    split("s MiB MiB", units, " ")
    split("%.3f %.1f %.1f", forms, " ")
    split("processor time,peak resident,address space", titles, ",")
}

function note(measure, value) {
    list[$1, $2, measure] = list[$1, $2, measure] " " value
    at[$1, $9, $2, measure] = value
}

/^#/ || NF < 10 { next }
{
    if (!($1 in seen)) { seen[$1] = 1; rows[++row_count] = $1 }
    if ($9 > rounds) rounds = $9
    note("cpu", $5 + $6)
    note("rss", $4 / 1024)
    note("vm", $10 / 1024)
}

# The ratios of the rounds in which both ran.
function ratios_of(row, measure,    r, old, ratios) {
    for (r = 1; r <= rounds; r++) {
        old = at[row, r, "old", measure]
        if (old > 0 && (row, r, "new", measure) in at)
            ratios = ratios " " at[row, r, "new", measure] / old
    }
    return ratios
}

function deviation_of(ratios, middle,    count, values, i, distances) {
    count = split(ratios, values, " ")
    for (i = 1; i <= count; i++)
        distances = distances " " (values[i] < middle ? middle - values[i] : values[i] - middle)
    return median(distances)
}

# As bench/README.md has it: a gap counts beyond three deviations and beyond 2 %.
function mark_of(ratio, deviation,    gap) {
    gap = ratio < 1 ? 1 - ratio : ratio - 1
    if (rounds < 3 || gap <= 3 * deviation || gap <= 0.02) return " "
    return ratio < 1 ? "+" : "-"
}

function ratio_cell(row, measure,    ratios, ratio) {
    ratios = ratios_of(row, measure)
    if (ratios == "") return ""
    ratio = median(ratios)
    logs[measure] += log(ratio)
    counted[measure]++
    if (ratio > worst[measure]) worst[measure] = ratio
    return sprintf("%.2f%s", ratio, mark_of(ratio, deviation_of(ratios, ratio)))
}

function amount_cell(row, name, m,    values) {
    values = list[row, name, measures[m]]
    return values == "" ? "failed" : sprintf(forms[m], median(values))
}

function line(cells,    i, text) {
    if (format == "markdown") {
        for (i = 1; i <= 10; i++) text = text "| " cells[i] " "
        print text "|"
        return
    }
    for (i = 1; i <= 10; i++) text = text sprintf(i == 1 ? "%-15s" : i % 3 == 1 ? "%8s" : "%10s", cells[i])
    sub(/ +$/, "", text)
    print text
}

function header(    m, cells) {
    cells[1] = ""
    for (m = 1; m <= 3; m++) {
        cells[3 * m - 1] = format == "markdown" ? titles[m] ", " units[m] ": old" : measures[m] " old"
        cells[3 * m] = "new"
        cells[3 * m + 1] = "new/old"
    }
    line(cells)
    if (format == "markdown") print "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
}

function summary(title, which,    m, cells) {
    cells[1] = title
    for (m = 1; m <= 3; m++)
        if (counted[measures[m]])
            cells[3 * m + 1] = sprintf("%.2f ", which == "worst" ? worst[measures[m]] : \
                exp(logs[measures[m]] / counted[measures[m]]))
    line(cells)
}

END {
    header()
    for (i = 1; i <= row_count; i++) {
        cells[1] = rows[i]
        for (m = 1; m <= 3; m++) {
            cells[3 * m - 1] = amount_cell(rows[i], "old", m)
            cells[3 * m] = amount_cell(rows[i], "new", m)
            cells[3 * m + 1] = ratio_cell(rows[i], measures[m])
        }
        line(cells)
    }
    summary("geometric mean", "mean")
    summary("worst", "worst")
    print "\ncpu: processor time in s; rss: peak resident memory, vm: peak address space, in MiB;" \
        "\nmedians of " rounds " rounds. new/old: median over the rounds; + less, - more, beyond" \
        "\nthree median absolute deviations and 2 %."
}
