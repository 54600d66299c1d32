# SPDX-License-Identifier: MIT
# median.awk - the median of a text of numbers with blanks between, for the scripts that come after
# it on awk's command line.

function median(list,    count, values, i, j, value) {
    count = split(list, values, " ")
    for (i = 2; i <= count; i++) {
        value = values[i] + 0
        for (j = i - 1; j >= 1 && values[j] + 0 > value; j--)
            values[j + 1] = values[j]
        values[j + 1] = value
    }
    return count % 2 ? values[(count + 1) / 2] : (values[count / 2] + values[count / 2 + 1]) / 2
}
