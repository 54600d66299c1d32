// SPDX-License-Identifier: MIT
// A heap whose owner is gone is rebuilt from what is in place: tags and live bits.
#include "heap/heap.h"
#include "support/heap_fixture.h"

namespace {

class HeapAdoptTest : public HeapTest {
  protected:
    std::vector<void *> take_many(size_t size, size_t count) {
        std::vector<void *> blocks(count);
        for (void *&block : blocks) block = heap_.take(size);
        return blocks;
    }
    // As in the child of a fork, of one pool or span.
    void lose_and_adopt(struct pool *pool, bool has_token) {
        SpaceLock lock;
        heap_forget(heap_);
        heap_adopt(heap_, pool, has_token);
    }
    static unsigned spare_blocks(struct pool *pool) {
        unsigned count = 0;
        for (unsigned w = 0; w < size_classes[pool_class(pool)].words; w++)
            count += bit_count(pool_spare(pool)[w]);
        return count;
    }
    TestHeap heap_;
};

TEST_F(HeapAdoptTest, WhatIsNotLiveIsSpareWhereverItWasAtHand) {
    for (size_t size : {size_t(64), size_t(3000)}) {
        std::vector<void *> blocks = take_many(size, 6);
        struct pool *pool = pool_at(blocks[0]);
        const unsigned capacity = size_classes[pool_class(pool)].capacity;
        for (int i = 0; i < 2; i++, blocks.pop_back()) heap_.free(blocks.back());
        ASSERT_EQ(pool_at(blocks.back()), pool);
        lose_and_adopt(pool, true);
        EXPECT_EQ(pool->state, POOL_PARTIAL);
        EXPECT_EQ(pool->taken, 4);
        EXPECT_EQ(spare_blocks(pool), capacity - 4);
        EXPECT_EQ(heap_->blocks, 4u);
        heap_check(heap_);
        blocks.push_back(heap_.take(size));
        EXPECT_EQ(pool_at(blocks.back()), pool) << "and is handed out again";
        for (void *block : blocks) heap_.free(block);
        heap_check(heap_);
        heap_flush(heap_);
    }
}

TEST_F(HeapAdoptTest, APoolWithoutALiveBlockGoesBack) {
    std::vector<void *> blocks = take_many(64, 5);
    struct pool *pool = pool_at(blocks[0]);
    for (void *block : blocks) heap_.free(block);
    lose_and_adopt(pool, true);
    EXPECT_EQ(atomic_u64_load(&pool->tag), 0u) << "no block starts there";
    EXPECT_EQ(heap_->blocks, 0u);
    heap_check(heap_);
}

// Who has the token may be about to take the pool over.
TEST_F(HeapAdoptTest, WithoutItsTokenAPoolIsTakenToBeFull) {
    void *block = heap_.take(64);
    struct pool *pool = pool_at(block);
    lose_and_adopt(pool, false);
    EXPECT_EQ(pool->state, POOL_FULL);
    EXPECT_EQ(pool->taken, size_classes[pool_class(pool)].capacity);
    EXPECT_EQ(spare_blocks(pool), 0u);
    lose_and_adopt(pool, true);
    EXPECT_EQ(pool->state, POOL_PARTIAL);
    heap_.free(block);
}

} // namespace
