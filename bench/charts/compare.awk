# SPDX-License-Identifier: MIT
# compare.awk - after median.awk: from a CSV of bench/run with the allocators old and new a line for
# each row, both medians of each measure and the median of new over old within the rounds; the
# lines "# calls:" have how often the shared lock is taken. `format` is text or markdown.

BEGIN {
    measure_count = split("cpu rss vm locks", measures, " ")
    split("%.3f %.1f %.1f %.0f", forms, " ")
    split("processor time in s,peak resident in MiB,peak address space in MiB," \
        "takings of the lock in a million calls", titles, ",")
}

function note(row, name, measure, value, round) {
    list[row, name, measure] = list[row, name, measure] " " value
    at[row, round, name, measure] = value
}

/^# calls:/ && $5 > 0 { note($3, $4, "locks", 1e6 * $6 / $5, $7) }
/^#/ || NF < 9 { next }
{
    if (!($1 in seen)) { seen[$1] = 1; rows[++row_count] = $1 }
    if ($9 > rounds) rounds = $9
    note($1, $2, "cpu", $5 + $6, $9)
    note($1, $2, "rss", $4 / 1024, $9)
    if ($10 > 0) note($1, $2, "vm", $10 / 1024, $9)
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
    return values == "" ? "-" : sprintf(forms[m], median(values))
}

function line(cells,    i, text) {
    if (format == "markdown") {
        for (i = 1; i <= 3 * measure_count + 1; i++) text = text "| " cells[i] " "
        print text "|"
        return
    }
    for (i = 1; i <= 3 * measure_count + 1; i++)
        text = text sprintf(i == 1 ? "%-15s" : i % 3 == 1 ? "%8s" : "%10s", cells[i])
    sub(/ +$/, "", text)
    print text
}

function header(    m, cells) {
    cells[1] = ""
    for (m = 1; m <= measure_count; m++) {
        cells[3 * m - 1] = (format == "markdown" ? titles[m] ":" : measures[m]) " old"
        cells[3 * m] = "new"
        cells[3 * m + 1] = "new/old"
        rule = rule "---:|---:|---:|"
    }
    line(cells)
    if (format == "markdown") print "|---|" rule
}

function summary(title, which,    m, cells) {
    cells[1] = title
    for (m = 1; m <= measure_count; m++)
        if (counted[measures[m]])
            cells[3 * m + 1] = sprintf("%.2f ", which == "worst" ? worst[measures[m]] : \
                exp(logs[measures[m]] / counted[measures[m]]))
    line(cells)
}

END {
    header()
    for (i = 1; i <= row_count; i++) {
        cells[1] = rows[i]
        for (m = 1; m <= measure_count; m++) {
            cells[3 * m - 1] = amount_cell(rows[i], "old", m)
            cells[3 * m] = amount_cell(rows[i], "new", m)
            cells[3 * m + 1] = ratio_cell(rows[i], measures[m])
        }
        line(cells)
    }
    summary("geometric mean", "mean")
    summary("worst", "worst")
    print "\nMedians of " rounds " rounds. cpu: processor time in s. rss, vm: peak of resident memory" \
        "\nand of address space in MiB. locks: takings of the shared lock in a million calls." \
        "\nnew/old: median over the rounds; + less, - more, beyond three median absolute deviations" \
        "\nand 2 %."
}
