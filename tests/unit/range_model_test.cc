// SPDX-License-Identifier: MIT
// Free ranges at random steps, against a bit for each page.
#include <algorithm>
#include <map>

#include "heap/range.h"
#include "support/range_fixture.h"

namespace {

// A page is free or not, and has memory behind it or not; all else follows from that.
class RangeModelTest : public RangeTest {
  protected:
    void SetUp() override {
        RangeTest::SetUp();
        change_stage(48);
        free_.assign(arenas_ * PAGES, false);
        memory_ = free_;
    }
    std::map<size_t, size_t> ranges() const {
        std::map<size_t, size_t> found;
        for (size_t i = 0; i < free_.size(); i++) {
            if (!free_[i]) continue;
            size_t start = i;
            while (i < free_.size() && free_[i]) i++;
            found[start] = i - start;
        }
        return found;
    }
    bool has_memory(size_t start, size_t pages) const {
        return std::find(memory_.begin() + long(start), memory_.begin() + long(start + pages),
                         true) != memory_.begin() + long(start + pages);
    }
    // True if a range holds the request wherever in the range it may lie.
    static bool holds_for_sure(size_t pages, const struct range_request &request) {
        size_t step = request.alignment / POOL_SIZE;
        size_t apart = request.within != 0 ? align_up(request.pages, step) : step;
        size_t sure = request.pages + apart - 1;
        return pages >= sure + sure / 16 + 1;
    }
    void expect_taken(size_t start, size_t pages) {
        for (size_t i = start; i < start + pages; i++) {
            ASSERT_LT(i, free_.size());
            ASSERT_TRUE(free_[i]) << i;
            free_[i] = false;
        }
    }
    void take_one(struct rng *random) {
        struct range_request request = {1 + rng_size(random, 400), POOL_SIZE, 0};
        if (rng_below(random, 3) == 0) request.alignment <<= rng_below(random, 9);
        if (rng_below(random, 3) == 0 && request.pages <= PAGES)
            request.within = size_max(ARENA_SIZE, request.alignment);
        bool only = rng_below(random, 4) == 0;
        auto before = ranges();
        uintptr_t base = take(request, only ? RANGE_TOUCHED_ONLY : RANGE_TOUCHED_FIRST);
        size_t shortest = SIZE_MAX;
        bool sure = false;
        for (auto &range : before) {
            if (range.second >= request.pages) shortest = size_min(shortest, range.second);
            sure |= holds_for_sure(range.second, request);
        }
        if (base == 0) {
            if (!only) {
                ASSERT_FALSE(sure) << request.pages << " " << request.alignment;
            }
            bool simple = request.alignment == POOL_SIZE && request.within == 0;
            if (!only && simple && request.pages < 32) {
                ASSERT_EQ(shortest, SIZE_MAX);
            }
            return;
        }
        ASSERT_EQ(base % request.alignment, 0u);
        if (request.within != 0) {
            ASSERT_EQ(base / request.within,
                      (base + request.pages * POOL_SIZE - 1) / request.within);
        }
        auto from = std::prev(before.upper_bound(index(base)));
        if (only) {
            ASSERT_TRUE(has_memory(from->first, from->second));
        }
        expect_taken(index(base), request.pages);
    }
    void take_shortest(struct rng *random) {
        size_t most = 1 + rng_below(random, 12);
        uintptr_t base = 0;
        size_t shortest = SIZE_MAX;
        for (auto &range : ranges()) shortest = size_min(shortest, range.second);
        size_t pages = range_take_shortest(16, most, &base);
        ASSERT_EQ(pages > 0, shortest < 16);
        if (pages == 0) return;
        ASSERT_EQ(ranges().at(index(base)), shortest);
        ASSERT_LE(pages, most);
        mark_taken(base, pages);
        expect_taken(index(base), pages);
    }
    void give_some(struct rng *random) {
        size_t start = rng_below(random, free_.size()), pages = 0;
        size_t most = 1 + rng_size(random, 300);
        bool memory = rng_below(random, 2);
        while (pages < most && start + pages < free_.size() && !free_[start + pages]) pages++;
        if (pages == 0) return;
        give(page(start), pages, memory);
        for (size_t i = start; i < start + pages; i++) {
            free_[i] = true;
            memory_[i] = memory;
        }
    }
    void take_behind(struct rng *random) {
        auto all = ranges();
        if (all.empty()) return;
        auto range = std::next(all.begin(), long(rng_below(random, all.size())));
        size_t pages = 1 + rng_below(random, range->second);
        take_at(page(range->first), pages);
        expect_taken(range->first, pages);
    }
    // Whole ranges of up to an arena, as trim does.
    void purge_some(struct rng *random) {
        auto all = ranges();
        if (all.empty()) return;
        auto range = std::next(all.begin(), long(rng_below(random, all.size())));
        if (range->second > PAGES) return;
        purge(page(range->first), range->second);
        for (size_t i = 0; i < range->second; i++) memory_[range->first + i] = false;
    }
    std::vector<bool> free_, memory_;
};

TEST_F(RangeModelTest, RandomStepsAgreeWithAModel) {
    struct rng random = {test_seed()};
    for (int step = 0; step < 6000; step++) {
        switch (rng_below(&random, step / 1000 % 2 ? 8 : 12)) {
        case 0:
        case 1:
        case 2:
        case 3:
            take_one(&random);
            break;
        case 4:
            take_shortest(&random);
            break;
        case 5:
            take_behind(&random);
            break;
        case 6:
            purge_some(&random);
            break;
        default:
            give_some(&random);
        }
        if (HasFatalFailure()) return;
        if (step % 500 == 499) range_rebuild();
        if (step % 16 != 0) continue;
        range_check();
        for (auto &range : ranges())
            ASSERT_EQ(range_pages_at(page(range.first)), range.second) << step;
    }
}

} // namespace
