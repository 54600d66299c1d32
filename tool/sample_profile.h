// SPDX-License-Identifier: MIT
// sample_profile.h - what was sampled in a process: stacks, and the memory behind each. Read from
// and written as pprof's profile.proto.
#ifndef POOLALLOC_TOOL_SAMPLE_PROFILE_H
#define POOLALLOC_TOOL_SAMPLE_PROFILE_H

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "symbol.h"

enum Figure { ALLOCATED_BLOCKS, ALLOCATED_BYTES, IN_USE_BLOCKS, IN_USE_BYTES, PEAK_BYTES, FIGURES };
using Figures = std::array<int64_t, FIGURES>;

struct Stack {
    std::vector<unsigned> frames; // numbers of frames, innermost first
    Figures figures{};
};

class SampleProfile {
  public:
    std::vector<Frame> frames; // each once
    std::vector<Stack> stacks; // each once
    uint64_t mean = 0;         // bytes from sample to sample; 0: not known

    Figures totals() const;
    // The number of an equal frame, which is new where there was none. Addresses do not count.
    unsigned number_of(const Frame &frame);
    // Adds to the stack's figures, or subtracts.
    void add(const std::vector<unsigned> &numbers, const Figures &figures, bool negative = false);

  private:
    std::map<std::string, unsigned> numbers_;
    std::map<std::vector<unsigned>, size_t> places_;
};

// A whole file, compressed or not; its addresses become functions by `symbols` where the file has
// none itself. Throws a Failure.
SampleProfile profile_read(const std::string &path, SymbolFiles files = {});
// Whether the file ends as a profile of the library does, and not in the midst of being written.
bool profile_is_whole(const std::string &path);
// What `after` has more than `before`, which may be less than nothing.
SampleProfile profile_difference(const SampleProfile &before, const SampleProfile &after);
// profile.proto, by gzip.
std::string profile_compressed(const SampleProfile &profile);
// The frame that a stack's memory is told of: the innermost one that is not part of an allocator,
// of libc or of the C++ library.
const Frame &profile_holder(const SampleProfile &profile, const Stack &stack);

#endif
