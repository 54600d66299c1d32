# SPDX-License-Identifier: MIT
# services.gp - charged memory of services over time, a panel for each; `data` is the output of
# services_chart.awk.
load data
panels = words(services)
rows = (panels + 2) / 2
width = 1100
height = 320 * rows
load folder . "/style.gp"
set multiplot layout rows, 2 title "Charged memory of services under load and at rest" font ",18"
set xlabel "seconds from the beginning of the load"
set ylabel "MiB"
set grid ytics linecolor rgb "#dddddd" linetype 1
set yrange [0:*]
unset key
do for [p = 1:panels] {
    set title word(services, p) font ",15"
    plot for [i = 1:words(names)] sprintf("$line_%d_%d", p, i) using 1:2 with lines \
        linewidth width_of(word(names, i)) dashtype dash_of(word(names, i)) \
        linecolor rgb colour_of(word(names, i)) notitle
}
unset title
unset xlabel
unset ylabel
unset tics
unset border
unset grid
set key center center vertical samplen 4 spacing 1.4
set yrange [0:1]
plot for [i = 1:words(names)] NaN with lines linewidth width_of(word(names, i)) \
    dashtype dash_of(word(names, i)) linecolor rgb colour_of(word(names, i)) title titles[i]
unset multiplot
