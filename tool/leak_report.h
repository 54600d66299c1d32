// SPDX-License-Identifier: MIT
// leak_report.h - what a process had not freed, by the stack that asked for it, as text and JSON.
#ifndef POOLALLOC_TOOL_LEAK_REPORT_H
#define POOLALLOC_TOOL_LEAK_REPORT_H

#include <string>
#include <vector>

#include "freeze.h"
#include "suppression.h"

struct Amount {
    uint64_t blocks = 0, bytes = 0;
    void add(uint64_t size) {
        blocks++;
        bytes += size;
    }
    void add(const Amount &more) {
        blocks += more.blocks;
        bytes += more.bytes;
    }
};

struct LeakStack {
    Held held = Held::LOST;
    Amount own, through; // through: of lost ones, what only they lead to
    std::vector<Frame> frames;
    std::string suppressed_by; // the pattern; empty: none
};

struct LeakReport {
    int process = 0;
    std::string name;
    double stall = 0, stopped = 0;
    unsigned other_threads = 0;
    bool registers_known = true;
    Amount lost, through_lost, by_register, reachable, suppressed;
    std::vector<LeakStack> stacks; // by kind, then the largest first
};

struct LeakView {
    bool reachable = false, suppressed = false;
    size_t most = 0; // stacks of each kind; 0: all
};

// Searches the copy. Suppressions count what they kept out.
LeakReport leak_report(Frozen &frozen, std::vector<Suppression> *suppressions);
std::string leak_text(const std::vector<LeakReport> &reports, const LeakView &view);
std::string leak_json(const std::vector<std::string> &command, int status,
                      const std::vector<LeakReport> &reports,
                      const std::vector<std::string> &failures);

#endif
