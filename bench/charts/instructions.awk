# SPDX-License-Identifier: MIT
# instructions.awk - from the CSV of the curve `instructions` a table of allocators by size.
# `format` is text or markdown.

/^#/ { next }
{
    if (!($1 in seen)) { seen[$1] = 1; names[++count] = $1 }
    if (!($3 in met)) { met[$3] = 1; sizes[++size_count] = $3 }
    value[$1, $3] = $4
}

function row(name, cells) {
    if (format == "markdown")
        print "| " name " |" cells
    else
        printf "%-12s%s\n", name, cells
}

function cell(text) { return format == "markdown" ? " " text " |" : sprintf("%9s", text) }

END {
    title = "Instructions of a malloc and its free that find what they need, by size"
    print (format == "markdown" ? "\n### " : "\n") title "\n"
    for (j = 1; j <= size_count; j++) {
        heads = heads cell(sizes[j] " B")
        rule = rule "---:|"
    }
    row("allocator", heads)
    if (format == "markdown") print "|---|" rule
    for (i = 1; i <= count; i++) {
        cells = ""
        for (j = 1; j <= size_count; j++) cells = cells cell(value[names[i], sizes[j]])
        row(names[i], cells)
    }
}
