# SPDX-License-Identifier: MIT
# ratios.gp - an allocator's median over the best peer's, a row for each workload. `data` is the
# output of ratios_chart.awk, `title` the heading.
rows = 0
height = lines * 28 + 150
width = 1400
load folder . "/style.gp"
set ytics ("" -1) scale 0 noenhanced
set tmargin 5
load data
set title title font ",18" offset 0, 1.6
set yrange [rows + 1.7:0.4] noreverse
set logscale x
set xrange [edge_low:1.6 * edge_high] # the right part is for words
set xtics (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 2.5, 3)
set xlabel "times the best peer of the workload, less is better; bars: median absolute deviation"
set arrow from 1, graph 0 to 1, graph 1 nohead linewidth 2 linecolor rgb "#333333" back
set arrow from limit, graph 0 to limit, graph 1 nohead dashtype 2 linecolor rgb "#999999" back
set arrow from graph 0, first rows + 0.5 to graph 1, first rows + 0.5 nohead \
    linecolor rgb "#666666" back
set key at graph 0.5, graph 1.01 center bottom horizontal samplen 1 width 2
plot for [i = 1:words(names)] sprintf("$points_%d", i) using 2:1:3:4 with xerrorbars \
    pointtype shape_of(word(names, i)) pointsize size_of(word(names, i)) linewidth 1.2 \
    linecolor rgb colour_of(word(names, i)) title word(names, i)
