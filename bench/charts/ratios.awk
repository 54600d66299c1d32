# SPDX-License-Identifier: MIT
# ratios.awk - reads the lines of summary.awk for the tables and the charts. Set by the caller:
#     measure   time, rss, cpu or vm
# The functions are for the scripts that come after it on awk's command line.

BEGIN {
    preferred = "poolalloc poolalloc8 glibc jemalloc mimalloc tcmalloc tbbmalloc pymalloc"
    base = measure == "time" ? 5 : measure == "rss" ? 9 : measure == "cpu" ? 13 : 17
    is_memory = measure == "rss" || measure == "vm"
    limit = is_memory ? 1.25 : 1.10
    scale = is_memory ? 1024 : 1
}

function is_ours(allocator) { return allocator ~ /^poolalloc8?$/ }

# A gap smaller than three deviations of the noisier side, or than 2 %, is noise.
function is_noise(a, a_mad, b, b_mad,    gap, mad) {
    gap = a > b ? a - b : b - a
    mad = a_mad > b_mad ? a_mad : b_mad
    return gap <= 3 * mad || gap <= 0.02 * (a < b ? a : b)
}

{
    if (!($1 in row_seen)) { row_seen[$1] = 1; row_names[++rows] = $1 }
    if (!($2 in seen)) { seen[$2] = 1; found[++finds] = $2 }
    runs[$1, $2] = $3
    failures[$1, $2] = $4
    value[$1, $2] = $base / ($base < 0 ? 1 : scale)
    mad[$1, $2] = $(base + 1) / scale
    if ($3 > most_runs) most_runs = $3
}

# has_value ROW ALLOCATOR: at least one run was good.
function has_value(row, allocator) {
    return (row, allocator) in value && value[row, allocator] > 0
}

# Fills columns[1..column_count] and best[row], the name of the best peer.
function prepare(    names, count, i, j, row, a) {
    count = split(preferred, names, " ")
    for (i = 1; i <= count; i++)
        if (names[i] in seen) { columns[++column_count] = names[i]; delete seen[names[i]] }
    for (i = 1; i <= finds; i++)
        if (found[i] in seen) columns[++column_count] = found[i]
    for (i = 1; i <= rows; i++) {
        row = row_names[i]
        best[row] = ""
        for (j = 1; j <= column_count; j++) {
            a = columns[j]
            if (!is_ours(a) && has_value(row, a) &&
                (best[row] == "" || value[row, a] < value[row, best[row]]))
                best[row] = a
        }
    }
}

function ratio_of(row, allocator) {
    if (best[row] == "" || !has_value(row, allocator))
        return -1
    return value[row, allocator] / value[row, best[row]]
}

# What stands behind a ratio: ours + ahead, = within the noise, - behind, ! over the limit; * best.
# One or two runs know nothing of their noise.
function mark_of(row, allocator,    ratio) {
    if (failures[row, allocator] > 0)
        return "f"
    if (!is_ours(allocator))
        return allocator == best[row] ? "*" : " "
    if (most_runs < 3)
        return " "
    ratio = ratio_of(row, allocator)
    if (ratio > limit)
        return "!"
    if (is_noise(value[row, allocator], mad[row, allocator],
                 value[row, best[row]], mad[row, best[row]]))
        return "="
    return ratio < 1 ? "+" : "-"
}

# Geometric mean of an allocator's ratios; Python's own allocator runs one row only.
function mean_of(allocator,    i, ratio, sum, count) {
    for (i = 1; i <= rows; i++) {
        ratio = ratio_of(row_names[i], allocator)
        if (ratio > 0) { sum += log(ratio); count++ }
    }
    return count > 1 ? exp(sum / count) : -1
}

function worst_of(allocator,    i, ratio, worst) {
    worst = -1
    for (i = 1; i <= rows; i++) {
        ratio = ratio_of(row_names[i], allocator)
        if (ratio > worst) worst = ratio
    }
    return worst
}
