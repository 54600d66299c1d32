// SPDX-License-Identifier: MIT
// Pages of spans that only spare blocks lie on go back to the system. What shares a page with a
// live block stays, and what went reads as zero.
#include <algorithm>
#include <map>

#include "heap/heap.h"
#include "heap/purge.h"
#include "os/options.h"
#include "support/span_fixture.h"

namespace {

class SpanPurgeTest : public SpansTest {};

// One block of each span lives.
TEST_F(SpanPurgeTest, AReleaseLeavesThePagesOfLiveBlocksAlone) {
    for (unsigned c = SMALL_CLASSES + 1; c < CLASS_COUNT; c++) {
        if (!has_spans(c)) continue;
        size_t stride = size_classes[c].stride;
        for (size_t live : {size_t(0), size_t(size_classes[c].capacity / 2),
                            size_t(size_classes[c].capacity - 1)}) {
            std::vector<char *> blocks = build(c, 1);
            ASSERT_EQ(resident_of(blocks[0]), align_up(blocks.size() * stride, PAGE) / PAGE);
            std::sort(blocks.begin(), blocks.end());
            char *kept = blocks[live];
            for (char *block : blocks)
                if (block != kept) heap_.free(block);
            heap_flush(heap_);
            heap_check(heap_);
            EXPECT_EQ(resident_of(kept), pages_under(kept, stride)) << c << " " << live;
            ASSERT_TRUE(is_all(kept, 0x5a, stride)) << c;
            heap_.free(kept);
            heap_flush(heap_);
        }
    }
}

TEST_F(SpanPurgeTest, BlocksOfWhichNothingIsLeftAreKnownToBeZero) {
    for (unsigned c = SMALL_CLASSES + 1; c < CLASS_COUNT; c++) {
        if (!has_spans(c)) continue;
        size_t stride = size_classes[c].stride;
        std::vector<char *> blocks = build(c, 1);
        std::sort(blocks.begin(), blocks.end());
        char *kept = blocks[0];
        for (size_t i = 1; i < blocks.size(); i++) heap_.free(blocks[i]);
        heap_flush(heap_);
        // A block that shares a page with the live one has some of its contents, and comes first.
        std::vector<void *> shared, zeroed;
        for (;;) {
            void *block = heap_take_zeroed(heap_, c);
            if (block != nullptr) {
                ASSERT_TRUE(is_all(block, 0, stride)) << c;
                zeroed.push_back(block);
            } else {
                block = heap_take_own(heap_, c, 0);
                if (block == nullptr) break;
                shared.push_back(block);
            }
        }
        EXPECT_EQ(shared.size() + zeroed.size(), blocks.size() - 1u);
        size_t sharing = 0;
        uintptr_t last = align_up(reinterpret_cast<uintptr_t>(kept) + stride, PAGE);
        for (size_t i = 1; i < blocks.size(); i++)
            sharing += reinterpret_cast<uintptr_t>(blocks[i]) < last;
        EXPECT_EQ(shared.size(), sharing) << c;
        ASSERT_TRUE(is_all(kept, 0x5a, stride));
        heap_check(heap_);
        for (void *block : shared) heap_.free(block);
        for (void *block : zeroed) heap_.free(block);
        heap_.free(kept);
        heap_flush(heap_);
    }
}

TEST_F(SpanPurgeTest, WhatTheKernelWillNotTakeKeepsItsContents) {
    unsigned c = size_class_of(5000);
    std::vector<char *> blocks = build(c, 1);
    for (size_t i = 1; i < blocks.size(); i++) heap_.free(blocks[i]);
    {
        OsFaults faults = OsFaults::from(only(OS_PURGE), 0);
        heap_flush(heap_);
        EXPECT_GT(OsFaults::refused(), 0u);
    }
    heap_check(heap_);
    EXPECT_EQ(heap_take_zeroed(heap_, c), nullptr);
    for (size_t i = 1; i < blocks.size(); i++) EXPECT_TRUE(is_all(blocks[i], 0x5a, 4000));
    heap_.free(blocks[0]);
}

// ---- Random steps against a model ----

TEST_F(SpanPurgeTest, BlocksKeepTheirContentsWhateverGoesAroundThem) {
    struct rng random = {test_seed()};
    struct Kept {
        char *start;
        size_t size;
        int mark;
    };
    std::vector<Kept> live;
    for (int step = 0; step < 6000; step++) {
        unsigned c = SMALL_CLASSES + 1 + unsigned(rng_below(&random, 40)) % SPAN_CLASSES;
        bool build_up = step / 1500 % 2 == 0;
        if (rng_below(&random, 100) < (build_up ? 70u : 30u)) {
            void *block = rng_below(&random, 2) ? heap_take_zeroed(heap_, c) : nullptr;
            if (block != nullptr) {
                ASSERT_TRUE(is_all(block, 0, size_classes[c].stride)) << c;
            }
            if (block == nullptr) block = heap_.take_class(c);
            ASSERT_NE(block, nullptr);
            Kept kept = {at(block), size_classes[c].stride, 1 + step % 250};
            memset(kept.start, kept.mark, kept.size);
            live.push_back(kept);
        } else if (!live.empty()) {
            size_t i = rng_below(&random, live.size());
            ASSERT_TRUE(is_all(live[i].start, live[i].mark, live[i].size));
            heap_.free(live[i].start);
            live[i] = live.back();
            live.pop_back();
        }
        if (rng_below(&random, 100) == 0) {
            if (rng_below(&random, 3) == 0) {
                OsFaults faults = OsFaults::at_random(only(OS_PURGE), 50, rng_next(&random));
                heap_flush(heap_);
            }
            heap_flush(heap_);
        }
        if (step % 64 == 0) heap_check(heap_);
    }
    for (Kept &kept : live) {
        EXPECT_TRUE(is_all(kept.start, kept.mark, kept.size));
        kept_.push_back(kept.start);
    }
}

} // namespace
