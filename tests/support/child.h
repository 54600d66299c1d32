// SPDX-License-Identifier: MIT
// child.h - runs a program with a changed environment and keeps what it wrote and how it ended.
#ifndef POOLALLOC_TEST_CHILD_H
#define POOLALLOC_TEST_CHILD_H

#include <string>
#include <vector>

struct ChildResult {
    int status = 0;         // exit status, or -1 when a signal ended it
    int signal = 0;         // the signal, or 0
    bool timed_out = false; // killed after the time limit
    std::string out, err;
};

// `environment` holds NAME=VALUE to set and NAME to remove; the rest is inherited.
ChildResult run_child(const std::vector<std::string> &command,
                      const std::vector<std::string> &environment = {}, int seconds = 20);

#endif
