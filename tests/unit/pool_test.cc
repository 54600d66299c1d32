// SPDX-License-Identifier: MIT
// What is read of a pool's record, and who owns it.
#include "heap/pool.h"

#include "support/heap_fixture.h"

namespace {

class PoolTest : public HeapTest {
  protected:
    TestHeap heap_;
};

TEST_F(PoolTest, EachLiveBlockHasItsBitInTheWordOfItsAddress) {
    std::vector<void *> blocks;
    struct pool *pool = pool_at(blocks.emplace_back(heap_.take(48)));
    for (int i = 1; i < 20; i++) {
        blocks.push_back(heap_.take(48));
        EXPECT_EQ(pool_live_blocks(pool), unsigned(i + 1));
    }
    for (void *block : blocks) {
        uintptr_t address = reinterpret_cast<uintptr_t>(block);
        struct atomic_u64 *word = pool_live(pool, address);
        EXPECT_TRUE(atomic_u64_load(word) >> (address >> ALIGN_SHIFT & 63) & 1);
        EXPECT_EQ(pool_of_live(word), pool);
    }
    for (void *block : blocks) heap_.free(block);
    EXPECT_EQ(pool_live_blocks(pool), 0u);
}

TEST_F(PoolTest, EveryPoolOfASpanLeadsToTheFirstAndHasTheSameOwner) {
    void *block = heap_.take(3000);
    struct pool *first = pool_at(block);
    const unsigned pools = size_classes[pool_class(first)].pools;
    ASSERT_GT(pools, 1u);
    for (unsigned i = 0; i < pools; i++) {
        struct pool *part = &(reinterpret_cast<union record *>(first) + i)->pool;
        EXPECT_EQ(pool_first(part), first);
        EXPECT_EQ(pool_owner(part), static_cast<struct heap *>(heap_));
    }
    heap_.free(block);
}

TEST_F(PoolTest, APoolOfNobodyHasNoTag) {
    void *block = heap_.take(64);
    struct pool *pool = pool_at(block);
    pool_set_owner(pool, nullptr);
    EXPECT_EQ(atomic_u64_load(&pool->tag), 0u);
    pool_set_owner(pool, heap_);
    EXPECT_EQ(pool_owner(pool), static_cast<struct heap *>(heap_));
    heap_.free(block);
}

} // namespace
