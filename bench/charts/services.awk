# SPDX-License-Identifier: MIT
# services.awk - with median.awk before it: medians from the CSV of bench/services/run, a table for
# each measure. format is text or markdown.

$1 == "sum" {
    if (!($2 in is_service)) { is_service[$2] = 1; services[++service_count] = $2 }
    if (!($3 in is_allocator)) { is_allocator[$3] = 1; allocators[++allocator_count] = $3 }
    for (i = 5; i <= 9; i++)
        if ($i != "failed") list[$2, $3, i] = list[$2, $3, i] " " $i
}

function cell(text, width) {
    return format == "markdown" ? " " text " |" : sprintf("%" width "s", text)
}

function value(service, allocator, column) { return median(list[service, allocator, column]) / per }

# Geometric mean over the services of the value divided by the least of its service.
function mean(allocator, column,    i, sum, count) {
    for (i = 1; i <= service_count; i++)
        if ((services[i], allocator, column) in list && least[services[i]] > 0) {
            sum += log(value(services[i], allocator, column) / least[services[i]])
            count++
        }
    return count > 0 ? sprintf("%.2f", exp(sum / count)) : ""
}

function find_least(column,    i, j, x) {
    for (i = 1; i <= service_count; i++) {
        least[services[i]] = 0
        for (j = 1; j <= allocator_count; j++) {
            if (!((services[i], allocators[j], column) in list)) continue
            x = value(services[i], allocators[j], column)
            if (least[services[i]] == 0 || x < least[services[i]]) least[services[i]] = x
        }
    }
}

function row(name, cells,    j, text) {
    text = (format == "markdown" ? "|" : "") cell(name, -20)
    for (j = 1; j <= allocator_count; j++) text = text cell(cells[j], 12)
    print text
}

function table(title, column, divisor, form,    i, j, cells, rule) {
    per = divisor
    find_least(column)
    print "\n" (format == "markdown" ? "### " : "") title "\n"
    for (j = 1; j <= allocator_count; j++) cells[j] = allocators[j]
    row("", cells)
    rule = "|---|"
    for (j = 1; j <= allocator_count; j++) rule = rule "---:|"
    if (format == "markdown") print rule
    for (i = 1; i <= service_count; i++) {
        for (j = 1; j <= allocator_count; j++)
            cells[j] = (services[i], allocators[j], column) in list ? \
                sprintf(form, value(services[i], allocators[j], column)) : "failed"
        row(services[i], cells)
    }
    for (j = 1; j <= allocator_count; j++) cells[j] = mean(allocators[j], column)
    row("mean over the best", cells)
}

END {
    table("Gigabyte-seconds of charged memory", 5, 1, "%.2f")
    table("99th percentile of the latency, ms", 6, 1, "%.2f")
    table("Processor time, s", 7, 1, "%.2f")
    table("Peak of charged memory, MiB", 8, 1024, "%.0f")
    table("Charged at the end, MiB", 9, 1024, "%.0f")
}
