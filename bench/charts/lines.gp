# SPDX-License-Identifier: MIT
# lines.gp - one curve for each allocator. `data` is the output of lines.awk; `title`, `x_title` and
# `y_title` the texts; `axes` is gnuplot commands for the scales; every `marked`th point has a mark.
height = 640
width = 1100
load folder . "/style.gp"
load data
set title title font ",18"
set xlabel x_title
set ylabel y_title
set grid ytics linecolor rgb "#dddddd" linetype 1
set yrange [0:*]
set key outside right center vertical samplen 3 spacing 1.4
marked = 1
eval axes
plot for [i = 1:words(names)] sprintf("$line_%d", i) using 1:2 with linespoints \
    pointinterval marked \
    pointtype shape_of(word(names, i)) pointsize size_of(word(names, i)) * 0.8 \
    linewidth width_of(word(names, i)) dashtype dash_of(word(names, i)) \
    linecolor rgb colour_of(word(names, i)) title titles[i]
