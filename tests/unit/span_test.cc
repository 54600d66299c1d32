// SPDX-License-Identifier: MIT
// Pages of spans that only spare blocks lie on go back to the system: by trim, and by amount. What
// shares a page with a live block stays, and what went reads as zero.
#include <algorithm>
#include <map>

#include "heap/heap.h"
#include "heap/purge.h"
#include "os/options.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

class SpanPurgeTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        SpaceLock lock;
        space_unmap_free(); // new memory from here on
    }
    void TearDown() override {
        os_fault_for_test = nullptr;
        for (void *block : kept_) heap_.free(block);
        HeapTest::TearDown();
    }
    static bool has_spans(unsigned c) { return size_classes[c].capacity > 1; }
    // Blocks of so many whole spans, written.
    std::vector<char *> build(unsigned c, size_t spans) {
        std::vector<char *> blocks;
        for (size_t i = 0; i < spans * size_classes[c].capacity; i++) {
            blocks.push_back(at(heap_.take_class(c)));
            memset(blocks.back(), 0x5a, size_classes[c].stride);
        }
        return blocks;
    }
    static size_t pages_of(unsigned c) { return size_classes[c].pools; }
    static size_t resident_of(char *block) {
        struct pool *pool = pool_at(block);
        return resident_pages(reinterpret_cast<void *>(window_record_base(pool)),
                              pages_of(atomic_u8_load(&pool->class_index)) * POOL_SIZE);
    }
    // The pages that a block lies on.
    static size_t pages_under(const char *block, size_t size) {
        auto start = reinterpret_cast<uintptr_t>(block);
        return (align_up(start + size, PAGE) - align_down(start, PAGE)) / PAGE;
    }
    TestHeap heap_;
    std::vector<void *> kept_;
};

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

TEST_F(SpanPurgeTest, NeverMeansNeverForSpansToo) {
    options.purge_delay = PURGE_NEVER;
    unsigned c = size_class_of(5000);
    std::vector<char *> blocks = build(c, 200);
    size_t in_first = resident_of(blocks[0]);
    for (size_t i = 0; i < blocks.size(); i++)
        if (i % size_classes[c].capacity != 0) heap_.free(blocks[i]);
    heap_flush(heap_);
    for (size_t i = 0; i < blocks.size(); i += size_classes[c].capacity) {
        ASSERT_EQ(resident_of(blocks[i]), in_first);
        kept_.push_back(blocks[i]);
    }
    heap_check(heap_);
}

// Of a program that goes on using its spans their free pages stay.
TEST_F(SpanPurgeTest, ByAgeThePagesGoOfSpansThatLieStill) {
    unsigned c = size_class_of(5000);
    std::vector<char *> blocks = build(c, 20);
    std::map<struct pool *, char *> one;
    for (char *block : blocks) one.emplace(pool_at(block), block);
    for (char *block : blocks)
        if (one[pool_at(block)] != block) heap_.free(block);
    auto resident = [&] {
        size_t pages = 0;
        for (auto &entry : one) pages += resident_of(entry.second);
        return pages;
    };
    size_t all = resident(), least = 0;
    for (auto &entry : one) least += pages_under(entry.second, size_classes[c].stride);
    heap_flush_aged(heap_);
    EXPECT_EQ(resident(), all) << "what was freed just now is not old";
    heap_flush(heap_); // now it is all the same what came before
    for (char *block : blocks)
        if (one[pool_at(block)] != block) kept_.push_back(heap_.take_class(c));
    for (void *block : kept_) memset(block, 0x5a, size_classes[c].stride);
    for (void *block : kept_) heap_.free(block);
    kept_.clear();
    heap_flush_aged(heap_);
    char *used = at(heap_.take_class(c));
    size_t stirred = resident_of(used),
           kept = pages_under(one[pool_at(used)], size_classes[c].stride);
    heap_flush_aged(heap_);
    EXPECT_EQ(resident(), least - kept + stirred) << "that span alone is in use";
    heap_check(heap_);
    heap_.free(used);
    for (int looks = 0; looks < 3; looks++) heap_flush_aged(heap_);
    EXPECT_EQ(resident(), least);
    for (auto &entry : one) kept_.push_back(entry.second);
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

// ---- By amount ----

// Where one block of each span lives, no span goes back; its pages do, while the program frees.
TEST_F(SpanPurgeTest, WhatManyFreesLeaveGoesWithoutAnotherCall) {
    for (size_t size : {1200, 3000, 5000, 9000, 14000}) {
        unsigned c = size_class_of(size);
        size_t capacity = size_classes[c].capacity, spans = 32 * MIB / (capacity * size);
        std::vector<char *> blocks = build(c, spans);
        std::map<struct pool *, char *> one;
        for (char *block : blocks) one.emplace(pool_at(block), block);
        size_t least = 0, resident = 0;
        for (char *block : blocks)
            if (one[pool_at(block)] != block) heap_.free(block);
        for (auto &entry : one) {
            least += pages_under(entry.second, size_classes[c].stride);
            resident += resident_of(entry.second);
            ASSERT_TRUE(is_all(entry.second, 0x5a, size_classes[c].stride));
        }
        EXPECT_LE(resident, least + 6 * MIB / PAGE) << size << " of " << spans * pages_of(c);
        EXPECT_LE(heap_->idle_bytes, heap_->idle_most);
        heap_check(heap_);
        for (auto &entry : one) heap_.free(entry.second);
        heap_flush(heap_);
    }
}

// Blocks that are runs of their own go to the arenas, a few at a time, and their excess at once.
TEST_F(SpanPurgeTest, WhatFreesOfWholePagesLeaveGoesWithoutAnotherCall) {
    unsigned c = size_class_of(40000);
    ASSERT_EQ(size_classes[c].capacity, 1);
    for (char *block : build(c, 1000)) {
        heap_.free(block);
        SpaceLock lock;
        size_t idle = purge_idle();
        purge_excess();
        ASSERT_EQ(purge_idle(), idle) << "the excess had gone already";
    }
}

// What is handed out again at once stays from then on.
TEST_F(SpanPurgeTest, AHeapThatAsksAgainMayKeepMore) {
    unsigned c = size_class_of(5000);
    std::vector<char *> blocks = build(c, 400);
    std::map<struct pool *, char *> one;
    for (char *block : blocks) one.emplace(pool_at(block), block);
    std::vector<char *> others;
    for (char *block : blocks)
        if (one[pool_at(block)] != block) others.push_back(block);
    size_t size = heap_->idle_most * 5 / 4; // a little too much
    others.resize(size / size_classes[c].stride);
    EXPECT_EQ(heap_->idle_kept, MIB);
    for (int round = 0; round < 6; round++) {
        for (char *block : others) heap_.free(block);
        EXPECT_LE(heap_->idle_kept, size_max(MIB, purge_in_use() / 4 * POOL_SIZE));
        if (round == 5) {
            size_t resident = 0;
            for (char *block : others) resident += resident_of(block) == pages_of(c);
            EXPECT_GE(resident, others.size() * 9 / 10) << "nothing goes any more";
        }
        for (char *&block : others) {
            block = at(heap_.take_class(c));
            memset(block, 0x5a, size_classes[c].stride);
        }
    }
    heap_check(heap_);
    for (char *block : blocks)
        if (fault_at(block) == BLOCK_LIVE) kept_.push_back(block);
    for (char *block : others)
        if (std::find(kept_.begin(), kept_.end(), block) == kept_.end()) kept_.push_back(block);
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
