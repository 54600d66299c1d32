# SPDX-License-Identifier: MIT
# collector.gp - nanoseconds per object of a full collection, a group of bars for each graph. `data`
# is the output of collector.awk.
width = 1200
height = 560
load folder . "/style.gp"
load data
set title "A full collection, by what the objects refer to" font ",18"
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9 noborder
set logscale y
set yrange [3:*]
set ylabel "nanoseconds per object, less is better"
set grid ytics linecolor rgb "#dddddd" linetype 1
set xtics noenhanced
set key above left horizontal
colour(name) = name eq "poolobj" ? "#d55e00" : name eq "cpython" ? "#0072b2" : \
    name eq "lists" ? "#56b4e9" : "#888888"
plot for [i = 1:words(names)] $graphs using (column(i + 1)):xtic(1) \
    linecolor rgb colour(word(names, i)) title word(names, i)
