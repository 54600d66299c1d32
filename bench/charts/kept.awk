# SPDX-License-Identifier: MIT
# kept.awk - after median.awk: from the CSV of `bench/returned -p kept` what stays of a peak, by kind of
# memory and allocator. `format` is text or markdown. Set by the caller, if not the default:
#     by   system, what the control group is charged; resident, what the page tables have

BEGIN {
    shift_by = by == "resident" ? 0 : 1
    split("6 8 10 12", first, " ") # columns of resident memory: peak, at once, after 5 s, trimmed
    title["small"] = "small blocks, 16 to 512 B"
    title["medium"] = "medium blocks in spans, 1,000 to 16,000 B"
    title["pages"] = "runs of pages, 20 KB to 1 MB"
    title["mappings"] = "direct mappings, 40 MiB, all freed"
    title["ended"] = "blocks of 100 threads that ended"
    title["waiting"] = "blocks of 100 threads that wait, freed by another"
    title["resting"] = "what 100 threads used and freed, which wait"
    goes["small"] = "a page with the last block on it"
    stays["small"] = "pages with a live block"
    goes["medium"] = "a page with the last block on it"
    stays["medium"] = "pages with a live block; what a thread has at hand"
    goes["pages"] = "the pages of a block with it"
    stays["pages"] = "up to 1 MiB and a quarter of what is in use"
    goes["mappings"] = "the mapping with its block"
    stays["mappings"] = "up to 1 MiB and a quarter of what is in use"
    goes["ended"] = "the same, whoever frees"
    stays["ended"] = "the same, and 8 KiB for each thread"
    goes["waiting"] = "most with the frees themselves; the rest when any thread calls malloc or free again"
    stays["waiting"] = "the same, and what each thread has at hand"
    goes["resting"] = "nothing while the thread waits"
    stays["resting"] = "what each thread has at hand, and up to 1 MiB of free blocks in spans"
}

/^# allocator / {
    name = $3
    sub(/^# allocator [^ ]* /, "")
    versions = versions (versions == "" ? "" : "; ") $0
    next
}
/^# system by / { system_by = $0; sub(/^# /, "", system_by); next }
/^#/ { next }
{
    if (!($1 in seen)) { seen[$1] = 1; names[++count] = $1 }
    if (!($3 in met)) { met[$3] = 1; kinds[++kind_count] = $3 }
    for (i = 1; i <= 4; i++)
        list[$1, $3, $4, i] = list[$1, $3, $4, i] " " $(first[i] + shift_by) / 1024
    needed[$3] = needed[$3] ($1 == names[1] ? " " $5 / 1024 : "")
}

# What may be a trifle below nothing, where the start had more.
function mib(text,    value) {
    if (text == "") return "-"
    value = median(text)
    return sprintf("%.0f", value < 0.5 ? 0 : value)
}

function cell(name, kind) {
    return mib(list[name, kind, 0, 3]) " / " mib(list[name, kind, 100, 3]) " / " \
        mib(list[name, kind, 0, 4])
}

# What the readers of README.md and LD_PRELOAD.md are told of this library, in front of the figures.
function words_of(kind) { return format == "markdown" ? " " goes[kind] " | " stays[kind] " |" : "" }

function line(head, words, cells, n,    j, text) {
    text = format == "markdown" ? "| " head " |" words : sprintf("%-50s", head)
    for (j = 1; j <= n; j++)
        text = text (format == "markdown" ? " " cells[j] " |" : sprintf("%18s", cells[j]))
    print text
}

END {
    if (kind_count == 0) exit
    print (format == "markdown" ? "\n### " : "\n") "What stays of a peak of 200 MiB" \
        (by == "resident" ? ", resident" : "") "\n"
    cells[1] = "needed"
    for (j = 1; j <= count; j++) cells[j + 1] = names[j]
    line("freed, all but one in fifty", \
        format == "markdown" ? " goes back | stays |" : "", cells, count + 1)
    if (format == "markdown") {
        rule = "|---|---|---|---:|"
        for (j = 1; j <= count; j++) rule = rule "---:|"
        print rule
    }
    for (i = 1; i <= kind_count; i++) {
        cells[1] = mib(needed[kinds[i]])
        for (j = 1; j <= count; j++) cells[j + 1] = cell(names[j], kinds[i])
        line(title[kinds[i]], words_of(kinds[i]), cells, count + 1)
    }
    print "\nMiB after 5 s without a call / after 5 s with 100 calls a second / after malloc_trim(0);" \
        "\nneeded: the pages on which a block lives. " versions ".\nMeasured by " \
        (by == "resident" ? "the page tables" : substr(system_by, length("system by ") + 1)) "."
}
