# SPDX-License-Identifier: MIT
# values.awk - medians from the CSV of bench/values/run: tables in format text or markdown.

/^#/ { next }
{
    if (!($2 in unit)) { names[++name_count] = $2; unit[$2] = $4 }
    values[$1, $2] = values[$1, $2] " " $3
    programs[$1] = 1
}

function cells(format_of_cell) { return format == "markdown" ? "| %s " : format_of_cell }

function line(cell,    i) {
    for (i = 1; i <= 5; i++) printf cells(i == 1 ? "%-26s" : "%16s"), cell[i]
    print format == "markdown" ? "|" : ""
}

function figure(program, name) {
    return (program, name) in values ? sprintf("%.1f", median(values[program, name])) : "-"
}

function table(of_unit, title,    i, name, cell) {
    print ""
    cell[1] = title; cell[2] = "poolval"; cell[3] = "with free lists"; cell[4] = "cpython"
    cell[5] = "cpython/poolval"
    line(cell)
    if (format == "markdown") print "|---|---:|---:|---:|---:|"
    for (i = 1; i <= name_count; i++) {
        name = names[i]
        if (unit[name] != of_unit) continue
        cell[1] = name
        cell[2] = figure("poolval", name); cell[3] = figure("lists", name)
        cell[4] = figure("cpython", name)
        cell[5] = cell[4] == "-" ? "-" : \
            sprintf("%.2f", median(values["cpython", name]) / median(values["poolval", name]))
        line(cell)
    }
}

END {
    table("ns", "ns per operation")
    table("bytes", "bytes per object")
}
