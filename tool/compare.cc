// SPDX-License-Identifier: MIT
// compare.cc - poolalloc compare: a program under libc, ours and other allocators, in turns.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <unistd.h>

#include "command.h"
#include "comparison.h"
#include "page.h"
#include "program.h"
#include "text.h"

namespace {

const std::vector<OptionRule> &options() {
    static const std::vector<OptionRule> rules = {
        {"--runs", "N", "runs under each allocator (5; at least 3 for an answer)", "-n"},
        {"--allocator", "NAME=FILE", "one more library; NAME= for none"},
        {"--only", "NAMES", "those alone, with commas; the first is what others are compared with"},
        {"--show", nullptr, "show what the program writes, which otherwise goes nowhere"},
        {"--json", nullptr, "as JSON, schema poolalloc.compare"},
        {"--html", "FILE", "a page with charts, which needs no network"},
        {"--quiet", nullptr, "do not tell on standard error which run it is", "-q"},
    };
    return rules;
}

std::vector<std::string> split(const std::string &list) {
    std::vector<std::string> words;
    for (size_t at = 0; at <= list.size();) {
        size_t end = std::min(list.find(',', at), list.size());
        words.push_back(list.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

void add_allocator(const std::string &given, std::vector<Allocator> *allocators) {
    size_t equals = given.find('=');
    Allocator allocator{given.substr(0, equals),
                        equals == std::string::npos ? given : given.substr(equals + 1)};
    if (equals == std::string::npos) allocator.name = given.substr(given.rfind('/') + 1);
    if (!allocator.path.empty() &&
        (allocator.path[0] != '/' || access(allocator.path.c_str(), R_OK) != 0))
        throw Failure("--allocator needs the absolute path of a library, not " + allocator.path);
    allocators->push_back(allocator);
}

std::vector<Allocator> choose(const Options &given) {
    std::vector<Allocator> all = allocators_installed(), chosen;
    for (const auto &[name, value] : given.all())
        if (name == "--allocator") add_allocator(value, &all);
    if (!given.has("--only")) return all;
    for (const std::string &name : split(given.value("--only"))) {
        auto found = std::find_if(all.begin(), all.end(), [&](const Allocator &allocator) {
            return allocator.name == name;
        });
        if (found == all.end()) {
            std::string names;
            for (const Allocator &allocator : all) names += " " + allocator.name;
            throw Failure("there is no allocator " + name + "; there are:" + names);
        }
        chosen.push_back(*found);
    }
    return chosen;
}

void tell(bool quiet, const std::string &text) {
    if (quiet || !isatty(2)) return;
    fprintf(stderr, "\r\033[K%s", text.c_str());
    fflush(stderr);
}

// Each round runs all of them, and begins with another one each time.
void run_rounds(const Program &program, unsigned rounds, bool shows, bool quiet,
                Comparison *comparison) {
    size_t count = comparison->contenders.size();
    for (unsigned round = 0; round < rounds; round++)
        for (size_t i = 0; i < count; i++) {
            Contender &contender = comparison->contenders[(round + i) % count];
            tell(quiet,
                 format("run %u of %u: %s", round + 1, rounds, contender.allocator.name.c_str()));
            contender.runs.push_back(
                measure_run(program.path, comparison->words, contender.allocator, shows));
        }
    tell(quiet, "");
}

void find_failures(Comparison *comparison) {
    int usual = comparison->contenders[0].runs[0].status;
    for (Contender &contender : comparison->contenders)
        for (const Run &run : contender.runs)
            if (run.status != usual && contender.failed == 0)
                contender.failed = run.status != 0 ? run.status : usual;
    if (usual != 0) fprintf(stderr, "poolalloc: the command ends with status %d\n", usual);
}

int run(const Options &given) {
    if (given.rest.empty()) throw Failure("compare needs a command: poolalloc compare -- CMD");
    Program program;
    try {
        program = program_find(given.rest[0]);
    } catch (const Failure &failure) {
        throw Failure(failure.what());
    }
    for (const Reason &reason : program.reasons)
        throw Failure("nothing to compare: " + reason.what);
    Comparison comparison;
    comparison.words = given.rest;
    for (const Allocator &allocator : choose(given))
        comparison.contenders.push_back({allocator, {}, 0});
    comparison.load = load_average();
    comparison.processors = (unsigned)std::max(1L, sysconf(_SC_NPROCESSORS_ONLN));
    // What is not in the page cache yet would count for the first one alone.
    measure_run(program.path, comparison.words, comparison.contenders[0].allocator, false);
    run_rounds(program, (unsigned)given.number("--runs", 5, 1, 1000), given.has("--show"),
               given.has("--quiet"), &comparison);
    find_failures(&comparison);
    if (given.has("--html")) page_write(given.value("--html"), comparison_html(comparison));
    if (given.has("--json"))
        fputs(comparison_json(comparison).c_str(), stdout);
    else if (given.value("--html") != "-")
        fputs(comparison_text(comparison).c_str(), stdout);
    return STATUS_OK;
}

} // namespace

const Command command_compare = {
    "compare",
    "[OPTION...] [--] CMD [ARGUMENT...]",
    "a program under libc, ours and other allocators",
    "Runs CMD under libc, poolalloc and whichever of jemalloc, mimalloc, tcmalloc, snmalloc and\n"
    "rpmalloc are installed, in turns, and says what differs: time, processor time, peak memory,\n"
    "memory at the end, page faults. Where the runs do not show a difference, it says so.\n\n"
    "Exit status: 0; 2: it could not be done.",
    options,
    run};
