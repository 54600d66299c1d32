// SPDX-License-Identifier: MIT
#include "walk.h"

#include <algorithm>

Places::Places(const Layout &l)
    : pool_size(l["pool_size"]), arena_size(l["arena_size"]), window_size(l["window_size"]),
      pool_words(l["pool_words"]), class_count(l["class_count"]), small_classes(l["small_classes"]),
      window_record(l["window.record"]), window_spare(l["window.spare"]),
      window_arena(l["window.arena"]), window_base(l["window.base"]), window_next(l["window.next"]),
      window_before(l["window_before"]), record_size(l["sizeof record"]),
      arena_record_size(l["sizeof arena"]), window_record_size(l["sizeof window"]),
      tag(l["pool.tag"]), class_index(l["pool.class_index"]), offset(l["pool.offset"]),
      live(l["pool.live"]), noted(l["pool.noted"]), large_address(l["large.address"]),
      large_size(l["large.size"]), large_caller(l["large.caller"]), arena_free(l["arena.free"]),
      arena_touched(l["arena.touched"]), arena_kind(l["arena.kind"]), arena_huge(l["arena.huge"]),
      arena_note(l["arena.note"]), note_caller_bits(l["note_caller_bits"]),
      note_place_bits(l["note_place_bits"]), kind_shift(l["tag_kind_shift"]),
      tag_heap(l["TAG_HEAP"]), tag_run(l["TAG_RUN"]), tag_direct(l["TAG_DIRECT"]),
      kind_none(l["ARENA_NONE"]), kind_pools(l["ARENA_OF_POOLS"]),
      align_shift(l["align"] == 16 ? 4 : 3) {
    bool is_sane = pool_size >= 1024 && arena_size == ARENA_PAGES * pool_size &&
                   window_size % arena_size == 0 && window_size <= (1u << 30) &&
                   pool_words <= PAGE_WORDS_MOST && pool_words > 0 && class_count <= 256 &&
                   record_size <= 4096 && live + 8 * pool_words <= record_size &&
                   arena_record_size <= 4096 && note_caller_bits < 64 && note_place_bits < 64;
    if (!is_sane) throw Failure("the descriptor of the library says what cannot be");
}

Residency::Residency(Source &source, uint64_t pool_size)
    : source_(source), pool_size_(pool_size), page_size_(source.page_size()) {}

// A word of pagemap(5).
static const uint64_t PRESENT = (uint64_t)1 << 63, SWAPPED = (uint64_t)1 << 62;

// What lies ahead is asked for as well: arenas come in the order of their addresses.
bool Residency::load(uint64_t start, uint64_t size) {
    const size_t ahead = 8192;
    if (!known_) return false;
    uint64_t first = start / page_size_, count = (start + size - 1) / page_size_ - first + 1;
    if (first >= first_ && first + count <= first_ + words_.size()) return true;
    words_.resize(std::max<size_t>(count, ahead));
    first_ = first;
    if (!source_.page_map(first * page_size_, words_.size(), words_.data())) {
        words_.clear();
        known_ = false;
    }
    return known_;
}

bool Residency::of_arena(uint64_t base, uint64_t *resident, uint64_t *swapped) {
    *resident = *swapped = 0;
    if (!load(base, ARENA_PAGES * pool_size_)) return false;
    for (unsigned i = 0; i < ARENA_PAGES; i++) {
        uint64_t word = words_[(base + i * pool_size_) / page_size_ - first_];
        if (word & PRESENT) *resident |= (uint64_t)1 << i;
        if (word & SWAPPED) *swapped |= (uint64_t)1 << i;
    }
    return true;
}

uint64_t Residency::bytes(uint64_t start, uint64_t size, uint64_t *swapped) {
    const uint64_t part = 64u << 20;
    uint64_t resident = 0;
    for (uint64_t at = start; at < start + size;) {
        uint64_t length = std::min(part, start + size - at);
        if (!load(at, length)) return resident + (start + size - at);
        for (uint64_t page = at / page_size_; page <= (at + length - 1) / page_size_; page++) {
            if (words_[page - first_] & PRESENT) resident += page_size_;
            if (swapped != nullptr && (words_[page - first_] & SWAPPED)) *swapped += page_size_;
        }
        at += length;
    }
    return resident;
}

bool Residency::is_untouched(uint64_t start, uint64_t size) {
    if (!load(start, size)) return false;
    for (uint64_t page = start / page_size_; page <= (start + size - 1) / page_size_; page++)
        if (words_[page - first_] & (PRESENT | SWAPPED)) return false;
    return true;
}
