# SPDX-License-Identifier: MIT
# tables.awk - with ratios.awk before it: tables of one measure, the ratios and the medians.
#     format   text or markdown

# cell TEXT WIDTH: WIDTH < 0 is a column of names.
function cell(text, width) {
    if (format == "markdown") {
        gsub(/ +$/, "", text)
        gsub(/^ +/, "", text)
        gsub(/\*/, "\\*", text)
        return " " text " |"
    }
    return sprintf("%" width "s", text)
}

function rule(    i, line) {
    if (format != "markdown")
        return
    line = "|---|"
    for (i = 1; i <= column_count + extra; i++)
        line = line "---:|"
    print line
}

function start() { return format == "markdown" ? "|" : "" }

function heading(text) { print (format == "markdown" ? "\n### " : "\n") text "\n" }

function width_of(i) { return (length(columns[i]) > 7 ? length(columns[i]) : 7) + 2 }

function header(    i, line) {
    line = start() cell("", -15)
    if (extra)
        line = line cell("best peer", 11)
    for (i = 1; i <= column_count; i++)
        line = line cell(columns[i] " ", width_of(i))
    print line
    rule()
}

function ratio_cell(row, allocator,    ratio) {
    ratio = ratio_of(row, allocator)
    if (ratio > 0)
        return sprintf("%.2f%s", ratio, mark_of(row, allocator))
    return failures[row, allocator] > 0 ? "failed " : ""
}

function total_cell(number) { return number > 0 ? sprintf("%.2f ", number) : "" }

function ratio_table(    i, j, row, line) {
    extra = 1
    header()
    for (i = 1; i <= rows; i++) {
        row = row_names[i]
        line = start() cell(row, -15) cell(amount(row, best[row]) unit, 11)
        for (j = 1; j <= column_count; j++)
            line = line cell(ratio_cell(row, columns[j]), width_of(j))
        print line
    }
    line = start() cell("geometric mean", -15) cell("", 11)
    for (j = 1; j <= column_count; j++)
        line = line cell(total_cell(mean_of(columns[j])), width_of(j))
    print line
    line = start() cell("worst", -15) cell("", 11)
    for (j = 1; j <= column_count; j++)
        line = line cell(total_cell(worst_of(columns[j])), width_of(j))
    print line
}

function amount(row, allocator) {
    if (!has_value(row, allocator))
        return ""
    return sprintf(is_memory ? "%.1f" : "%.3f", value[row, allocator])
}

function median_cell(row, allocator,    spread) {
    if (!has_value(row, allocator))
        return failures[row, allocator] > 0 ? "failed" : ""
    spread = 100 * mad[row, allocator] / value[row, allocator]
    return amount(row, allocator) "~" sprintf("%.0f", spread)
}

function median_table(    i, j, row, line) {
    extra = 0
    header()
    for (i = 1; i <= rows; i++) {
        row = row_names[i]
        line = start() cell(row, -15)
        for (j = 1; j <= column_count; j++)
            line = line cell(median_cell(row, columns[j]), width_of(j))
        print line
    }
}

function print_ratios() {
    heading(name ": median of up to " most_runs " runs over the best peer's")
    ratio_table()
    print "\nPeers: * the best of the row. Ours: + ahead, = within the noise, - behind," \
        " ! over " sprintf("%.2f", limit) ".\nf: some runs failed. Less is better."
}

# Of the address space the amounts say all: most of what a small program has is reserved for good.
END {
    prepare()
    unit = is_memory ? " MiB" : " s"
    name = measure == "rss" ? "Peak resident memory" : measure == "cpu" ? "Processor time" : \
        measure == "vm" ? "Peak address space" : "Time"
    if (measure != "vm") print_ratios()
    heading(name " in" (is_memory ? " MiB" : " seconds") \
        ": median~spread, the spread being the median absolute deviation in percent")
    median_table()
}
