# SPDX-License-Identifier: MIT
# summary.awk - from the CSV of bench/run a line for each workload and allocator:
#     workload allocator runs failed time mad min max rss mad min max cpu mad min max vm mad min max
# After median.awk. In the order of the CSV; -1 where every run failed, or where the peak of the
# address space, vm, is not known. mad: median absolute deviation; cpu: user and system time
# together.

# "median mad min max" of the numbers in a text.
function statistics(list,    count, values, i, middle, distances, low, high) {
    count = split(list, values, " ")
    if (count == 0)
        return "-1 0 -1 -1"
    middle = median(list)
    low = high = middle
    for (i = 1; i <= count; i++) {
        distances = distances " " (values[i] < middle ? middle - values[i] : values[i] - middle)
        if (values[i] + 0 < low) low = values[i]
        if (values[i] + 0 > high) high = values[i]
    }
    return middle " " median(distances) " " low " " high
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
    runs[key]++
    time[key] = time[key] " " $3
    rss[key] = rss[key] " " $4
    cpu[key] = cpu[key] " " $5 + $6
    if ($10 > 0) vm[key] = vm[key] " " $10
}
END {
    for (i = 1; i <= keys; i++) {
        key = order[i]
        print key, runs[key], failed[key], statistics(time[key]), statistics(rss[key]), \
            statistics(cpu[key]), statistics(vm[key])
    }
}
