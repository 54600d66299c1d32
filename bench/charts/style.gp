# SPDX-License-Identifier: MIT
# style.gp - the look of all charts. Colours are those of Okabe and Ito, which the colour-blind can
# tell apart; shapes and line styles differ as well. `terminal` and `file` are set by bench/report.
if (terminal eq "svg") {
    set terminal svg size width, height font "DejaVu Sans,Liberation Sans,sans-serif,15" \
        background "white" enhanced
} else {
    set terminal pngcairo size width, height font "DejaVu Sans,11" background "white" enhanced
}
set output file
set encoding utf8
set border 3 linecolor rgb "#666666"
set tics nomirror textcolor rgb "#222222"
set grid xtics linecolor rgb "#dddddd" linetype 1

colour_of(name) = name eq "poolalloc" ? "#d55e00" : name eq "poolalloc8" ? "#e69f00" : \
    name eq "glibc" ? "#000000" : name eq "jemalloc" ? "#0072b2" : \
    name eq "mimalloc" ? "#009e73" : name eq "tcmalloc" ? "#56b4e9" : \
    name eq "tbbmalloc" ? "#cc79a7" : "#888888"
shape_of(name) = name eq "poolalloc" ? 7 : name eq "poolalloc8" ? 13 : name eq "glibc" ? 4 : \
    name eq "jemalloc" ? 9 : name eq "mimalloc" ? 11 : name eq "tcmalloc" ? 5 : \
    name eq "tbbmalloc" ? 3 : 2
is_ours(name) = name eq "poolalloc" || name eq "poolalloc8"
size_of(name) = is_ours(name) ? 1.5 : 1.1
width_of(name) = is_ours(name) ? 3.5 : 1.8
dash_of(name) = name eq "poolalloc8" ? 2 : name eq "glibc" ? 3 : 1
