// SPDX-License-Identifier: MIT
#include "support/os_faults.h"

#include <atomic>

#include "support/random.h"

namespace {

struct Plan {
    CallSet calls;
    uint64_t first, last; // these fail,
    unsigned percent;     // or these
    uint64_t seed;
};

Plan plan;
std::atomic<uint64_t> asked_count, refused_count;

bool is_refused(uint64_t number) {
    if (plan.percent == 0) return number >= plan.first && number < plan.last;
    struct rng random = {plan.seed + number * UINT64_C(0x9e3779b97f4a7c15)};
    return rng_below(&random, 100) < plan.percent;
}

bool answer(enum os_call call) {
    if (!(plan.calls >> call & 1)) return false;
    if (!is_refused(asked_count++)) return false;
    refused_count++;
    return true;
}

void begin(const Plan &next) {
    plan = next;
    asked_count = refused_count = 0;
    os_fault_for_test = answer;
}

} // namespace

const char *os_call_name(enum os_call call) {
    static const char *const names[OS_CALLS] = {"map", "unmap", "purge", "resize", "protect"};
    return names[call];
}

OsFaults OsFaults::between(CallSet calls, uint64_t first, uint64_t last) {
    begin({calls, first, last, 0, 0});
    return OsFaults();
}

OsFaults OsFaults::at_random(CallSet calls, unsigned percent, uint64_t seed) {
    begin({calls, 0, 0, percent, seed});
    return OsFaults();
}

OsFaults::~OsFaults() { os_fault_for_test = nullptr; }
uint64_t OsFaults::asked() { return asked_count; }
uint64_t OsFaults::refused() { return refused_count; }
