// SPDX-License-Identifier: MIT
// walk.h - parts of snapshot.cc: the places that it reads from, and residency.
#ifndef POOLALLOC_TOOL_WALK_H
#define POOLALLOC_TOOL_WALK_H

#include "layout.h"
#include "snapshot.h"

enum { PAGE_WORDS_MOST = 8, ARENA_PAGES = 64 };

// The descriptor's numbers by members, as they are asked for page by page.
struct Places {
    explicit Places(const Layout &layout);
    uint64_t pool_size, arena_size, window_size, pool_words, class_count, small_classes;
    uint64_t window_record, window_spare, window_arena, window_base, window_next, window_before;
    uint64_t record_size, arena_record_size, window_record_size;
    uint64_t tag, class_index, offset, live, noted, large_address, large_size, large_caller;
    uint64_t arena_free, arena_touched, arena_kind, arena_huge, arena_note;
    uint64_t note_caller_bits, note_place_bits;
    uint64_t kind_shift, tag_heap, tag_run, tag_direct, kind_none, kind_pools;
    unsigned align_shift;
    uint64_t pages() const { return window_size / pool_size; }
    uint64_t arenas() const { return window_size / arena_size; }
};

// Knows which pages have memory behind them; asks the system for a range at a time.
class Residency {
  public:
    Residency(Source &source, uint64_t pool_size);
    // For the 64 pages of an arena, a bit each; false: not known.
    bool of_arena(uint64_t base, uint64_t *resident, uint64_t *swapped);
    // Bytes of a range; all of it if that is not known.
    uint64_t bytes(uint64_t start, uint64_t size, uint64_t *swapped = nullptr);
    // True if nothing of the range has memory behind it, nor is in swap: it reads as zero, and a
    // look at it would leave pages of zeros behind.
    bool is_untouched(uint64_t start, uint64_t size);
    // What was read so far may be old.
    void forget() { words_.clear(); }
    bool is_known() const { return known_; }

  private:
    bool load(uint64_t start, uint64_t size);
    Source &source_;
    const uint64_t pool_size_, page_size_;
    bool known_ = true;
    uint64_t first_ = 0; // system page of words_[0]
    std::vector<uint64_t> words_;
};

// A value in bytes that were read. The place comes from the descriptor, which a process may have
// written over before it left its core.
template <typename T> T field(const std::vector<char> &bytes, uint64_t offset) {
    T value;
    if (offset > bytes.size() || bytes.size() - offset < sizeof value)
        throw Failure("the descriptor of the library says what cannot be");
    memcpy(&value, &bytes[offset], sizeof value);
    return value;
}

#endif
