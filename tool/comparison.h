// SPDX-License-Identifier: MIT
// comparison.h - measurements of one program under several allocators, and how they are shown.
#ifndef POOLALLOC_TOOL_COMPARISON_H
#define POOLALLOC_TOOL_COMPARISON_H

#include "measure.h"
#include "statistics.h"

struct Metric {
    const char *key, *name;
    bool is_memory, is_time;
    double (*value)(const Run &run); // negative: not known
};

struct Contender {
    Allocator allocator;
    std::vector<Run> runs;
    int failed = 0; // the first status that is not the one of libc's runs; 0: none
};

struct Comparison {
    std::vector<std::string> words;    // the command
    std::vector<Contender> contenders; // the first is what the others are compared with
    double load = 0;
    unsigned processors = 1;

    std::vector<double> values(size_t contender, const Metric &metric) const;
    Ratio ratio(size_t contender, const Metric &metric) const;
    static const std::vector<Metric> &metrics();
};

std::string comparison_text(const Comparison &comparison);
std::string comparison_json(const Comparison &comparison);
std::string comparison_html(const Comparison &comparison);

#endif
