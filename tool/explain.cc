// SPDX-License-Identifier: MIT
// explain.cc - poolalloc explain: the same as stat in words, heaviest first, with what to do.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <unistd.h>

#include "command.h"
#include "finding.h"
#include "lines.h"

namespace {

enum { LOOKS = 3 };

const std::vector<OptionRule> &options() {
    static const std::vector<OptionRule> rules = {
        {"--seconds", "N", "watch a process for so long, to see whether it grows (1; 0: not)"},
        {"--json", nullptr, "as JSON, schema poolalloc.explain"},
    };
    return rules;
}

// "412 MiB resident = 180 MiB live blocks + 150 MiB free beside live + ...": the large rows.
std::string equation(const Account &account) {
    double whole = (double)account.resident.value_or(account.sum());
    std::vector<Row> rows = account.rows();
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row &a, const Row &b) { return a.bytes > b.bytes; });
    std::string text = size_text(whole) + (account.resident ? " resident" : " in all");
    double shown = 0;
    for (size_t i = 0; i < 4 && share((double)rows[i].bytes, whole) >= 2; i++) {
        text += std::string(i == 0 ? " = " : " + ") + size_text((double)rows[i].bytes) + " " +
                rows[i].name;
        shown += (double)rows[i].bytes;
    }
    return text + (whole - shown >= 1024 ? " + " + size_text(whole - shown) + " other" : "");
}

// Breaks a sentence into lines of up to 96 columns, all but the first indented.
std::string wrap(const std::string &text, size_t indent) {
    std::string wrapped;
    size_t column = indent;
    for (size_t at = 0; at < text.size();) {
        size_t end = std::min(text.find(' ', at), text.size());
        if (column + (end - at) > 96 && column > indent) {
            wrapped.back() = '\n';
            wrapped += std::string(indent, ' ');
            column = indent;
        }
        wrapped += text.substr(at, end - at) + " ";
        column += end - at + 1;
        at = end + 1;
    }
    if (!wrapped.empty()) wrapped.pop_back();
    return wrapped;
}

// What is worth a word: the lines that hold most, of a process that holds something.
enum { LINES_TOLD = 3 };
const double LEAST_LIVE = 4 * 1024 * 1024, LEAST_SHARE = 10; // bytes; percent of what is live

void print_lines(const Account &account, const CodeLines &lines) {
    double whole = (double)account.heap.live_bytes;
    if (whole < LEAST_LIVE) return;
    for (size_t i = 0; i < lines.lines.size() && i < LINES_TOLD; i++) {
        const CodeLine &line = lines.lines[i];
        if (share(line.bytes, whole) < LEAST_SHARE) return;
        if (i == 0) printf("\nWho asked for what is live (`poolalloc stat --lines` has all):\n");
        printf("   %-20s %3.0f %%  %s\n", line_bytes_text(line).c_str(), share(line.bytes, whole),
               line_text(line).c_str());
    }
}

void print_text(const Account &account, const CodeLines &lines,
                const std::vector<Finding> &findings) {
    printf("%s, poolalloc %s:\n%s\n", account.title.c_str(), account.library_version.c_str(),
           wrap(equation(account), 2).c_str());
    unsigned number = 1;
    for (const Finding &finding : findings) {
        printf("\n%u. %s.\n", number++, wrap(finding.what, 3).c_str());
        if (!finding.why.empty()) printf("   %s.\n", wrap(finding.why, 3).c_str());
        if (!finding.todo.empty()) printf("   -> %s.\n", wrap(finding.todo, 6).c_str());
    }
    print_lines(account, lines);
    if (account.heap.moved > 0)
        printf("\nnote: %s changed each time while being read.\n",
               plural(account.heap.moved, "arena").c_str());
}

void print_json(const Account &account, const CodeLines &lines,
                const std::vector<Finding> &findings) {
    Json json;
    json.open().put("schema", "poolalloc.explain").put("version", 1);
    json.put("target", account.title).put("pid", account.process_id);
    if (account.resident)
        json.put("resident_bytes", *account.resident);
    else
        json.null("resident_bytes");
    json.list("findings");
    for (const Finding &finding : findings) {
        json.open().put("kind", finding.kind).put("bytes", (uint64_t)finding.bytes);
        json.put("what", finding.what).put("why", finding.why).put("do", finding.todo);
        json.put("is_well", finding.is_well).close();
    }
    json.close();
    lines_put(lines, &json);
    fputs(json.close().text().c_str(), stdout);
}

int run(const Options &given) {
    auto source = source_open(target_of(given));
    Layout layout = layout_of(*source);
    LibraryPlace place = library_find(*source);
    double seconds = source->is_live() ? given.number("--seconds", 1, 0, 3600) : 0;
    auto begin = std::chrono::steady_clock::now();
    std::vector<Account> looks;
    looks.push_back(account_take(*source, layout, place));
    for (unsigned i = 1; i < LOOKS && seconds > 0; i++) {
        usleep((useconds_t)(seconds / (LOOKS - 1) * 1e6));
        looks.push_back(account_take(*source, layout, place));
    }
    std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    std::vector<Finding> findings = findings_of(looks, passed.count());
    CodeLines lines = lines_of_code(*source, looks.back().heap);
    if (given.has("--json"))
        print_json(looks.back(), lines, findings);
    else
        print_text(looks.back(), lines, findings);
    return STATUS_OK;
}

} // namespace

const Command command_explain = {
    "explain",
    "[OPTION...] PID | CORE",
    "why memory is held, in words, and what to do",
    "Says what weighs most first: growth, free memory that live blocks hold, free blocks that\n"
    "threads keep, what other threads freed, free pages, and what is not the allocator's at all.\n"
    "What is below 4 MiB or 5 % of resident memory is no problem, and not said.\n\n"
    "Exit status: 0; 1: the process does not run on poolalloc; 2: it cannot be read.",
    options,
    run};
