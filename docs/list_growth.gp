# SPDX-License-Identifier: MIT
# list_growth.gp - docs/list_growth.svg from examples/growth.txt: the room of a list by its length.
#     gnuplot -e "folder='bench/charts'" docs/list_growth.gp        in the top folder
terminal = 'svg'
file = 'docs/list_growth.svg'
width = 900
height = 520
load folder . "/style.gp"
set title "Room of a list to which items are appended" font ",18"
set xlabel "items"
set ylabel "room, items"
set xrange [0:93]
set yrange [0:112]
set grid linecolor rgb "#dddddd" linetype 1
set key bottom right
data = "examples/growth.txt"
plot data using 1:2 every ::1 with steps linewidth 2 linecolor rgb "#d55e00" \
         title "present rule: 0 4 8 16 24 32 40 52 64 76 ...", \
     data using 1:3 every ::1 with steps linewidth 2 linecolor rgb "#0072b2" \
         title "classic rule: 0 4 8 16 25 35 46 58 72 88 ...", \
     x with lines linewidth 1 linecolor rgb "#888888" dashtype 2 title "items"
