# SPDX-License-Identifier: MIT
# summary.awk - from the CSV of bench/run a line for each workload and allocator:
#     workload allocator runs failed time mad min max rss mad min max
# In the order of the CSV; -1 where every run failed. mad: median absolute deviation.

function median(values, count,    i, j, value, sorted) {
    for (i = 1; i <= count; i++) {
        value = values[i]
        for (j = i - 1; j >= 1 && sorted[j] > value; j--)
            sorted[j + 1] = sorted[j]
        sorted[j + 1] = value
    }
    smallest = sorted[1]; largest = sorted[count]
    if (count % 2 == 1)
        return sorted[(count + 1) / 2]
    return (sorted[count / 2] + sorted[count / 2 + 1]) / 2
}

# "median mad min max" of one column of a key's runs.
function statistics(table, key,    i, count, values, distances, middle, low, high) {
    count = runs[key]
    if (count == 0)
        return "-1 0 -1 -1"
    for (i = 1; i <= count; i++)
        values[i] = table[key, i]
    middle = median(values, count)
    low = smallest; high = largest
    for (i = 1; i <= count; i++)
        distances[i] = values[i] < middle ? middle - values[i] : values[i] - middle
    return middle " " median(distances, count) " " low " " high
}

function meet(key) {
    if (!(key in runs)) {
        runs[key] = 0
        failed[key] = 0
        order[++keys] = key
    }
}

/^# failed: / { meet($3 " " $4); failed[$3 " " $4]++ }
/^#/ || NF < 9 { next }
{
    key = $1 " " $2
    meet(key)
    i = ++runs[key]
    time[key, i] = $3 + 0
    rss[key, i] = $4 + 0
}
END {
    for (i = 1; i <= keys; i++) {
        key = order[i]
        print key, runs[key], failed[key], statistics(time, key), statistics(rss, key)
    }
}
