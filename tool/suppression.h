// SPDX-License-Identifier: MIT
// suppression.h - leaks that nobody wants to hear of, in the syntax of LeakSanitizer: a line
// "leak:PATTERN" each. A pattern is looked for in the names of functions, source files and loaded
// files of a stack; * stands for anything, ^ at its start and $ at its end for those of the name.
#ifndef POOLALLOC_TOOL_SUPPRESSION_H
#define POOLALLOC_TOOL_SUPPRESSION_H

#include <string>
#include <vector>

#include "symbol.h"

struct Suppression {
    std::string pattern;
    uint64_t blocks = 0, bytes = 0; // that it kept out of the report
};

// The file's, behind those for what libc and the dynamic linker leave. A Failure names the line
// that is none.
std::vector<Suppression> suppressions_read(const std::string &path);
bool suppression_matches(const std::string &pattern, const std::string &name);
// The first that matches a frame; nullptr: none does.
Suppression *suppression_for(std::vector<Suppression> *suppressions,
                             const std::vector<Frame> &stack);

#endif
