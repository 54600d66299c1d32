// SPDX-License-Identifier: MIT
// pattern.h - a program's own pattern of allocations as a compact file, that can be replayed.
//
// The file: "poolalloc pattern 1\n", then numbers in base 128, lowest part first: the number of
// blocks, that of threads, and for each thread the length of its events in bytes, and these. An
// event is a number, kind + 8 * value, whose value is
//   ALLOCATE, ZEROED   the size; a number follows, log2 of the alignment, for ALIGNED
//   FREE               none
//   RESIZE             the size; the block gets a new number, and the old one follows below
// and then the block's number, as the distance from the last one of the thread (zigzag); for RESIZE
// the distance from there to the old number. So each number is made once and taken once.
#ifndef POOLALLOC_TOOL_PATTERN_H
#define POOLALLOC_TOOL_PATTERN_H

#include <cstdint>
#include <string>
#include <vector>

#include "record/event.h"

enum PatternKind {
    PATTERN_ALLOCATE,
    PATTERN_ZEROED,
    PATTERN_ALIGNED,
    PATTERN_FREE,
    PATTERN_RESIZE
};

#define PATTERN_MAGIC "poolalloc pattern 1\n"

// From the recorder's events, in any order; those of blocks that nobody allocated are left out.
std::string pattern_of(std::vector<struct event> events);
// What a thread's bytes say next; false at their end, or where they make no sense.
class PatternReader {
  public:
    PatternReader(const uint8_t *bytes, size_t length) : at_(bytes), end_(bytes + length) {}
    bool next();
    uint64_t number(); // a plain one; 0 and failed() at the end
    bool failed() const { return failed_; }
    bool is_at_end() const { return at_ == end_; }
    const uint8_t *skip(uint64_t size); // bytes; nullptr if there are not so many
    PatternKind kind = PATTERN_ALLOCATE;
    uint64_t size = 0, block = 0, before = 0; // before: of a resize, the old number
    unsigned align_shift = 0;

  private:
    const uint8_t *at_, *end_;
    bool failed_ = false;
};

#endif
