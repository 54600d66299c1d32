// SPDX-License-Identifier: MIT
// measure.h - one run of a program under an allocator, and what it took.
#ifndef POOLALLOC_TOOL_MEASURE_H
#define POOLALLOC_TOOL_MEASURE_H

#include <optional>
#include <string>
#include <vector>

struct Allocator {
    std::string name, path; // of the library to preload; empty: none
};

struct Run {
    double seconds = 0, processor = 0; // processor: user and system time
    double peak = 0;                   // bytes: most resident memory of one process of the tree
    std::optional<double> final;       // bytes: resident when it ended; of the program itself
    double faults = 0;                 // page faults
    int status = 0;                    // as a shell has it: 128 + signal
};

// Runs the program, whose output goes nowhere unless `shows`.
Run measure_run(const std::string &program, const std::vector<std::string> &words,
                const Allocator &allocator, bool shows);
// libc, ours, and whichever others the system has.
std::vector<Allocator> allocators_installed();
double load_average();

#endif
