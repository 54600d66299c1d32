# SPDX-License-Identifier: MIT
# collector.awk - medians from the CSV of bench/collector/run: tables (format text or markdown), or
# the data of collector.gp (format chart).

/^#/ { next }
$1 == "count" {
    if (!($2 in unit)) { names[++name_count] = $2; unit[$2] = $4 }
    values[$2] = values[$2] " " $3
    next
}
{
    if (!($1 in graph_seen)) { graph_seen[$1] = 1; graphs[++graph_count] = $1 }
    if (!($2 in seen)) { seen[$2] = 1; collectors[++collector_count] = $2 }
    objects[$1] = $3
    times[$1, $2] = times[$1, $2] " " $4
}

function cells(format_of_cell) { return format == "markdown" ? "| %s " : format_of_cell }

function line(n, cell,    i) {
    for (i = 1; i <= n; i++) printf cells(i == 1 ? "%-24s" : "%14s"), cell[i]
    print format == "markdown" ? "|" : ""
}

function rule(n,    i) {
    if (format != "markdown") return
    for (i = 1; i <= n; i++) printf i == 1 ? "|---" : "|---:"
    print "|"
}

function table_of_graphs(    i, j, cell, ours, n) {
    n = collector_count + 3
    cell[1] = "ns per object"; cell[2] = "objects"; cell[n] = "cpython/ours"
    for (j = 1; j <= collector_count; j++) cell[j + 2] = collectors[j]
    line(n, cell)
    rule(n)
    for (i = 1; i <= graph_count; i++) {
        cell[1] = graphs[i]; cell[2] = objects[graphs[i]]
        for (j = 1; j <= collector_count; j++)
            cell[j + 2] = sprintf("%.1f", median(times[graphs[i], collectors[j]]))
        ours = median(times[graphs[i], "poolobj"])
        cell[n] = sprintf("%.1f", median(times[graphs[i], "cpython"]) / ours)
        line(n, cell)
    }
}

function table_of_counts(    i, cell) {
    cell[1] = "count or pause"; cell[2] = "median"; cell[3] = "unit"
    line(3, cell)
    rule(3)
    for (i = 1; i <= name_count; i++) {
        cell[1] = names[i]; cell[2] = sprintf("%.2f", median(values[names[i]]))
        cell[3] = unit[names[i]]
        line(3, cell)
    }
}

function chart(    i, j) {
    print "$graphs << END"
    for (i = 1; i <= graph_count; i++) {
        printf "%s", graphs[i]
        for (j = 1; j <= collector_count; j++)
            printf " %s", median(times[graphs[i], collectors[j]])
        print ""
    }
    print "END"
    printf "names = \""
    for (j = 1; j <= collector_count; j++) printf "%s ", collectors[j]
    print "\""
}

END {
    if (format == "chart") { chart(); exit }
    print ""
    table_of_graphs()
    print ""
    table_of_counts()
}
