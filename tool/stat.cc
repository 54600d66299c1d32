// SPDX-License-Identifier: MIT
// stat.cc - poolalloc stat: the resident memory of a process, or of one that left a core, by what
// it is.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <numeric>
#include <unistd.h>

#include "account.h"
#include "command.h"
#include "lines.h"

namespace {

const std::vector<OptionRule> &options() {
    static const std::vector<OptionRule> rules = {
        {"--classes", "N", "so many size classes, largest first (10; all: 0)"},
        {"--lines", nullptr, "the lines of code that hold live blocks, as far as they are noted"},
        {"--watch", "SECONDS", "again and again, as top(1) does", "-w"},
        {"--count", "N", "with --watch: so many times"},
        {"--json", nullptr, "as JSON, schema poolalloc.stat"},
        {"--openmetrics", nullptr, "as OpenMetrics text, for Prometheus and its like"},
    };
    return rules;
}

// ---- Text ----

void print_row(const char *name, double bytes, double whole, const std::string &meaning) {
    printf("  %-18s%11s %6.1f %%  %s\n", name, size_text(bytes).c_str(), share(bytes, whole),
           meaning.c_str());
}

void print_sum(const Account &account) {
    double whole = account.resident ? (double)*account.resident : (double)account.sum();
    printf("%s: poolalloc %s, %s\n", account.title.c_str(), account.library_version.c_str(),
           account.heap.align == 8 ? "8-byte alignment" : "16-byte alignment");
    for (const Row &row : account.rows())
        if (row.bytes > 0) print_row(row.name, (double)row.bytes, whole, row.meaning);
    if (!account.resident) {
        printf("  %-18s%11s           a core does not say what was resident: what may have memory "
               "behind it\n",
               "sum", size_text((double)account.sum()).c_str());
        return;
    }
    print_row("left over", (double)account.left_over(), whole,
              "changed while it was read, or reads as zero without memory");
    print_row("= resident", whole, whole, "as ps and top show it");
}

void print_beside(const Account &account) {
    const Snapshot &heap = account.heap;
    uint64_t swapped = std::max(account.swapped, heap.swapped);
    uint64_t unwritten = heap.live_bytes - std::min(heap.live_bytes, heap.resident.live);
    printf("  and: %s in live blocks without memory, as they were not written; %s in swap;\n"
           "       %s of address space in arenas, %s at most; %s given back\n",
           size_text((double)unwritten).c_str(), size_text((double)swapped).c_str(),
           size_text((double)heap.mapped).c_str(), size_text((double)heap.mapped_peak).c_str(),
           plural(heap.purge_runs, "run of pages", "runs of pages").c_str());
    if (account.rounding)
        printf("  of live blocks %s +- %s are rounding, as %s tell\n",
               size_text(account.rounding->bytes).c_str(),
               size_text(2 * account.rounding->error).c_str(),
               plural(account.rounding->samples, "sample").c_str());
    if (heap.moved > 0)
        printf("  note: %s changed each time while being read; the figures are approximate there\n",
               plural(heap.moved, "arena").c_str());
}

std::vector<unsigned> classes_by_weight(const Snapshot &heap) {
    std::vector<unsigned> order;
    for (unsigned c = 1; c < heap.classes.size(); c++)
        if (heap.classes[c].live + heap.classes[c].at_hand + heap.classes[c].beside > 0)
            order.push_back(c);
    auto weight = [&](unsigned c) {
        return heap.classes[c].live * heap.classes[c].stride + heap.classes[c].beside;
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](unsigned a, unsigned b) { return weight(a) > weight(b); });
    return order;
}

void print_classes(const Snapshot &heap, size_t most) {
    std::vector<unsigned> order = classes_by_weight(heap);
    if (order.empty()) return;
    printf("\n  %-24s %12s %10s %11s %9s %10s\n", "size class", "live blocks", "live",
           "free beside", "at hand", "pools used");
    for (size_t i = 0; i < order.size() && (most == 0 || i < most); i++) {
        const ClassFigures &c = heap.classes[order[i]];
        uint64_t room = c.holders * c.capacity;
        printf("  %-24s %12s %10s %11s %9s %8.0f %%\n", class_text(heap, order[i]).c_str(),
               count_text(c.live).c_str(), size_text((double)c.live * c.stride).c_str(),
               size_text((double)c.beside).c_str(), size_text((double)c.at_hand * c.stride).c_str(),
               share((double)(c.live + c.awaiting), (double)room));
    }
    if (most != 0 && order.size() > most)
        printf("  ... and %s more (--classes=0)\n", count_text(order.size() - most).c_str());
}

// ---- Lines of code ----

const double LEAST_LINE = 0.5; // percent of live blocks: less is not a line of its own

void print_line(const std::string &bytes, double part, double whole, const std::string &name) {
    printf("  %-24s%6.1f %%  %s\n", bytes.c_str(), share(part, whole), name.c_str());
}

void print_lines(const Account &account, const CodeLines &lines) {
    double whole = (double)account.heap.live_bytes, rest = 0;
    unsigned rest_count = 0;
    printf("\n  live blocks were asked for by (large ones exactly; others as one in about a MiB of "
           "pools is noted):\n");
    for (const CodeLine &line : lines.lines) {
        if (share(line.bytes, whole) >= LEAST_LINE) {
            print_line(line_bytes_text(line), line.bytes, whole, line_text(line));
            continue;
        }
        rest += line.bytes;
        rest_count++;
    }
    if (rest_count > 0) print_line(size_text(rest), rest, whole, plural(rest_count, "other line"));
    print_line(size_text(lines.unknown), lines.unknown, whole,
               "not known: of size classes in which no block was noted");
}

// ---- JSON: the schema is in poolalloc(1) ----

void put_classes(const Snapshot &heap, Json *json) {
    json->list("classes");
    for (unsigned c = 1; c < heap.classes.size(); c++) {
        const ClassFigures &figures = heap.classes[c];
        if (figures.live + figures.awaiting + figures.at_hand + figures.spare == 0) continue;
        json->open().put("stride", figures.stride).put("live_blocks", figures.live);
        json->put("awaiting_blocks", figures.awaiting).put("at_hand_blocks", figures.at_hand);
        json->put("spare_blocks", figures.spare).put("beside_bytes", figures.beside);
        json->put("pools", figures.holders).put("pool_blocks", figures.capacity).close();
    }
    json->close();
}

void put_heaps(const Snapshot &heap, Json *json) {
    json->list("heaps");
    for (const HeapFigures &figures : heap.heaps) {
        json->open().put("address", format("0x%lx", (unsigned long)figures.address));
        json->put("in_use", figures.in_use).put("asleep", figures.asleep);
        json->put("live_blocks", figures.live_blocks).put("live_bytes", figures.live);
        json->put("at_hand_bytes", figures.at_hand).put("empty_bytes", figures.empty);
        json->put("beside_bytes", figures.beside).put("awaiting_bytes", figures.awaiting).close();
    }
    json->close();
}

std::string json_of(const Account &account, const CodeLines *lines) {
    const Snapshot &heap = account.heap;
    Json json;
    json.open().put("schema", "poolalloc.stat").put("version", 1);
    json.put("target", account.title).put("pid", account.process_id);
    json.put("library", account.library_path).put("library_version", account.library_version);
    json.put("align", heap.align);
    if (account.resident)
        json.put("resident_bytes", *account.resident);
    else
        json.null("resident_bytes");
    json.open("sum");
    for (const Row &row : account.rows()) json.put(row.key, row.bytes);
    json.put("left_over", account.left_over()).close();
    json.put("live_blocks", heap.live_blocks).put("live_bytes", heap.live_bytes);
    json.put("large_blocks", heap.large_blocks).put("large_bytes", heap.large_bytes);
    json.put("direct_blocks", heap.direct_blocks).put("direct_bytes", heap.direct_bytes);
    if (account.rounding) {
        json.put("rounding_bytes", (uint64_t)account.rounding->bytes);
        json.put("rounding_error_bytes", (uint64_t)account.rounding->error);
    } else {
        json.null("rounding_bytes").null("rounding_error_bytes");
    }
    json.put("swapped_bytes", std::max(account.swapped, heap.swapped));
    json.put("arenas", heap.arenas_mapped).put("mapped_bytes", heap.mapped);
    json.put("mapped_peak_bytes", heap.mapped_peak).put("purge_runs", heap.purge_runs);
    if (heap.purge_delay == UINT64_MAX)
        json.null("purge_delay");
    else
        json.put("purge_delay", (double)heap.purge_delay / 1000);
    if (heap.served_is_known)
        json.put("served_blocks", heap.served);
    else
        json.null("served_blocks");
    json.put("changed_arenas", heap.moved).put("threads", account.threads);
    put_classes(heap, &json);
    put_heaps(heap, &json);
    if (lines != nullptr) lines_put(*lines, &json);
    return json.close().text();
}

// ---- OpenMetrics ----

void metric(const char *name, const char *help, const char *labels, double value) {
    if (help != nullptr)
        printf("# TYPE %s gauge\n# UNIT %s bytes\n# HELP %s %s\n", name, name, name, help);
    printf("%s{%s} %.0f\n", name, labels, value);
}

void print_openmetrics(const Account &account) {
    const char *name = "poolalloc_memory_bytes",
               *help = "Resident memory of the process by what it is.";
    std::string process = format("pid=\"%d\"", account.process_id);
    for (const Row &row : account.rows()) {
        metric(name, help, (process + ",kind=\"" + row.key + "\"").c_str(), (double)row.bytes);
        help = nullptr;
    }
    metric(name, nullptr, (process + ",kind=\"left_over\"").c_str(), (double)account.left_over());
    if (account.resident)
        metric("poolalloc_resident_bytes", "Resident memory of the process.", process.c_str(),
               (double)*account.resident);
    metric("poolalloc_live_bytes", "Bytes in live blocks.", process.c_str(),
           (double)account.heap.live_bytes);
    metric("poolalloc_mapped_bytes", "Address space of arenas and blocks.", process.c_str(),
           (double)account.heap.mapped);
    printf("# TYPE poolalloc_live_blocks gauge\n# HELP poolalloc_live_blocks Live blocks.\n"
           "poolalloc_live_blocks{%s} %lu\n",
           process.c_str(), (unsigned long)account.heap.live_blocks);
    const char *class_help = "Bytes in live blocks of a size class.";
    for (const ClassFigures &c : account.heap.classes)
        if (c.live > 0) {
            metric("poolalloc_class_live_bytes", class_help,
                   (process + format(",stride=\"%u\"", c.stride)).c_str(),
                   (double)c.live * c.stride);
            class_help = nullptr;
        }
    puts("# EOF");
}

// ---- Once, or again and again ----

void print_once(Source &source, const Account &account, const Options &given) {
    std::optional<CodeLines> lines;
    if (given.has("--lines")) lines = lines_of_code(source, account.heap);
    if (given.has("--json")) {
        fputs(json_of(account, lines ? &*lines : nullptr).c_str(), stdout);
    } else if (given.has("--openmetrics")) {
        print_openmetrics(account);
    } else {
        print_sum(account);
        print_beside(account);
        print_classes(account.heap, (size_t)given.number("--classes", 10, 0, 1000));
        if (lines) print_lines(account, *lines);
    }
}

void print_change(const Account &before, const Account &now, double seconds) {
    double resident = (double)now.resident.value_or(0) - (double)before.resident.value_or(0);
    double live = (double)now.heap.live_bytes - (double)before.heap.live_bytes;
    printf("  per second: resident %s%s, live %s%s, %.0f runs of pages given back\n",
           resident < 0 ? "" : "+", size_text(resident / seconds).c_str(), live < 0 ? "" : "+",
           size_text(live / seconds).c_str(),
           (double)(now.heap.purge_runs - before.heap.purge_runs) / seconds);
}

int run(const Options &given) {
    auto source = source_open(target_of(given));
    Layout layout = layout_of(*source);
    LibraryPlace place = library_find(*source);
    double seconds = given.number("--watch", 0, 0.05, 3600);
    double count = given.number("--count", given.has("--watch") ? 1e9 : 1, 1, 1e9);
    if (given.has("--watch") && !source->is_live())
        throw Failure("a core does not change: --watch needs a process");
    Account before;
    for (double i = 0; i < count; i++) {
        if (i > 0) usleep((useconds_t)(seconds * 1e6));
        Account account = account_take(*source, layout, place);
        if (given.has("--watch") && isatty(1)) fputs("\033[H\033[2J", stdout);
        print_once(*source, account, given);
        if (i > 0 && !given.has("--json") && !given.has("--openmetrics"))
            print_change(before, account, seconds);
        fflush(stdout);
        before = std::move(account);
    }
    return STATUS_OK;
}

} // namespace

const Command command_stat = {
    "stat",
    "[OPTION...] PID | CORE",
    "where the memory of a process is, adding up to what ps shows",
    "Reads a live process, which goes on meanwhile, or a core file. Every byte of resident memory\n"
    "is in one line; what changed while it was read is shown as left over.\n"
    "The columns of size classes: blocks and bytes that are live; free bytes in pools that have a\n"
    "live block; free blocks that threads have at hand; and how full pools with a live block "
    "are.\n\n"
    "Exit status: 0; 1: the process does not run on poolalloc; 2: it cannot be read.",
    options,
    run};
