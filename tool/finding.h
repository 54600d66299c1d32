// SPDX-License-Identifier: MIT
// finding.h - what there is to say about a process's memory, each with the bytes that it is about:
// the heaviest comes first, and what is small is not said at all.
#ifndef POOLALLOC_TOOL_FINDING_H
#define POOLALLOC_TOOL_FINDING_H

#include "account.h"

struct Finding {
    const char *kind;     // in JSON
    double bytes;         // its weight
    std::string what;     // a sentence
    std::string why;      // how it comes to that
    std::string todo;     // what to do
    bool is_well = false; // nothing to do: said last
};

// Looks at one process at several moments, oldest first; `seconds` lie between first and last.
std::vector<Finding> findings_of(const std::vector<Account> &looks, double seconds);

#endif
