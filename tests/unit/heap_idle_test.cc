// SPDX-License-Identifier: MIT
// When the free pages of spans go back: by amount, by age, never.
#include <algorithm>
#include <map>

#include "os/options.h"
#include "support/span_fixture.h"

namespace {

class HeapIdleTest : public SpansTest {};

TEST_F(HeapIdleTest, NeverMeansNeverForSpansToo) {
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

// ---- Once ----

// Blocks that share pages with the live one of their span stay, as nothing of them alone is left.
TEST_F(HeapIdleTest, PagesThatWentAreNotGivenBackAgain) {
    unsigned c = size_class_of(3000);
    std::vector<char *> blocks = build(c, 50);
    std::sort(blocks.begin(), blocks.end());
    size_t capacity = size_classes[c].capacity;
    for (size_t i = 0; i < blocks.size(); i++)
        if (i % capacity == 3 || i % capacity == 6)
            kept_.push_back(blocks[i]);
        else
            heap_.free(blocks[i]);
    heap_flush(heap_);
    ASSERT_GT(heap_->idle_bytes, 0u);
    OsFaults count = OsFaults::from(only(OS_PURGE), UINT64_MAX);
    heap_flush(heap_);
    EXPECT_EQ(OsFaults::asked(), 0u);
    heap_.free(kept_.back());
    kept_.pop_back();
    heap_flush(heap_);
    EXPECT_GT(OsFaults::asked(), 0u);
    EXPECT_LE(OsFaults::asked(), 2u) << "before and behind the block that lives in the one span";
    heap_check(heap_);
}

// ---- By age ----

// Free pages stay in the spans that a program goes on using.
TEST_F(HeapIdleTest, ByAgeThePagesGoOfSpansThatLieStill) {
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
    for (int looks = 0; looks < 2; looks++) heap_flush_aged(heap_);
    EXPECT_EQ(resident(), least);
    for (auto &entry : one) kept_.push_back(entry.second);
}

// ---- By amount ----

// Where one block of each span lives, no span goes back; its pages do, while the program frees.
TEST_F(HeapIdleTest, WhatManyFreesLeaveGoesWithoutAnotherCall) {
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
TEST_F(HeapIdleTest, WhatFreesOfWholePagesLeaveGoesWithoutAnotherCall) {
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
TEST_F(HeapIdleTest, AHeapThatAsksAgainMayKeepMore) {
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

} // namespace
