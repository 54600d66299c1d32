// SPDX-License-Identifier: MIT
// os_faults.h - a kernel that says no: which calls of os.h fail, and when.
#ifndef POOLALLOC_TEST_OS_FAULTS_H
#define POOLALLOC_TEST_OS_FAULTS_H

#include <cstdint>
#include <string>

#include "os/os.h"

const char *os_call_name(enum os_call call);

// A set of kinds of calls.
using CallSet = unsigned;
inline CallSet only(enum os_call call) { return 1u << call; }
const CallSet ALL_CALLS = (1u << OS_CALLS) - 1;

// For os_fault_for_test: each call of one kind fails.
template <os_call KIND> bool refuse(enum os_call call) { return call == KIND; }

// While one of these lives, calls of its kinds fail as it says. One at a time.
class OsFaults {
  public:
    // The calls first, first + 1, ... last - 1 of all that are in the set, counted from 0.
    static OsFaults between(CallSet calls, uint64_t first, uint64_t last);
    static OsFaults nth(CallSet calls, uint64_t n) { return between(calls, n, n + 1); }
    static OsFaults from(CallSet calls, uint64_t n) { return between(calls, n, UINT64_MAX); }
    // Each with a probability.
    static OsFaults at_random(CallSet calls, unsigned percent, uint64_t seed);
    ~OsFaults();
    OsFaults(const OsFaults &) = delete;
    OsFaults &operator=(const OsFaults &) = delete;

    // Calls of the set so far, and how many of them failed.
    static uint64_t asked();
    static uint64_t refused();

  private:
    OsFaults() = default;
};

#endif
