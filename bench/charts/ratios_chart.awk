# SPDX-License-Identifier: MIT
# ratios_chart.awk - with ratios.awk before it: the gnuplot commands that give ratios.gp its data. A
# row of the chart for each workload, a point with its spread for each allocator. What lies beyond
# the right edge is written there in words.

BEGIN { edge_low = 0.5; edge_high = 3.2 }

function spread_of(row, allocator) { return mad[row, allocator] / value[row, best[row]] }

# point Y ALLOCATOR RATIO SPREAD: a line of data, and what is off the chart as text.
function point(y, allocator, ratio, spread,    place, high) {
    if (ratio > edge_high) {
        beyond[y] = beyond[y] (beyond[y] == "" ? "" : ", ") allocator " " sprintf("%.1f", ratio)
        return
    }
    place = y + (index_of[allocator] - (column_count + 1) / 2) * 0.11
    high = ratio + spread < edge_high ? ratio + spread : edge_high
    print place, ratio, ratio - spread, high
}

END {
    prepare()
    for (j = 1; j <= column_count; j++) {
        index_of[columns[j]] = j
        print "$points_" j " << END"
        for (i = 1; i <= rows; i++)
            if ((ratio = ratio_of(row_names[i], columns[j])) > 0)
                point(i, columns[j], ratio, spread_of(row_names[i], columns[j]))
        if ((ratio = mean_of(columns[j])) > 0)
            point(rows + 1, columns[j], ratio, 0)
        print "NaN NaN NaN NaN\nEND"
    }
    printf "names = \""
    for (j = 1; j <= column_count; j++)
        printf "%s%s", (j > 1 ? " " : ""), columns[j]
    print "\"\nrows = " rows "\nlimit = " limit
    print "edge_low = " edge_low "\nedge_high = " edge_high
    for (i = 1; i <= rows; i++) {
        print "set ytics add (\"" row_names[i] "\" " i ")"
        if (i % 2 == 0)
            print "set object rectangle from graph 0, first " i - 0.5 \
                " to graph 1, first " i + 0.5 " behind" \
                " fillcolor rgb \"#f4f4f4\" fillstyle solid noborder"
    }
    print "set ytics add (\"geometric mean\" " rows + 1 ")"
    for (y = 1; y <= rows + 1; y++)
        if (y in beyond)
            print "set label \"{/*0.8 " beyond[y] " →}\" at graph 0.995, first " y " right" \
                " textcolor rgb \"#444444\" front"
}
