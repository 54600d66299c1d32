// SPDX-License-Identifier: MIT
// heap_check sees what it should.
#include <csignal>

#include "heap/heap.h"
#include "support/heap_fixture.h"

namespace {

class HeapCheckDeathTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        for (int i = 0; i < 4; i++) blocks_.push_back(heap_.take(64));
        heap_flush(heap_); // the pool is partial
        block_ = block_at(blocks_[0]);
        ASSERT_EQ(pool_at(blocks_[0])->state, POOL_PARTIAL);
        heap_check(heap_);
    }
    void TearDown() override {
        for (void *block : blocks_) heap_.free(block);
        HeapTest::TearDown();
    }
    TestHeap heap_;
    std::vector<void *> blocks_;
    struct block block_ = {};
};

#define EXPECT_FOUND(damage)                                                                       \
    EXPECT_EXIT(                                                                                   \
        {                                                                                          \
            damage;                                                                                \
            heap_check(heap_);                                                                     \
        },                                                                                         \
        testing::KilledBySignal(SIGABRT),                                                          \
        "^poolalloc: internal error: .* at .*heap_check.c:[0-9]+ ")

TEST_F(HeapCheckDeathTest, FindsDamage) {
    struct pool *pool = pool_at(blocks_[0]);
    EXPECT_FOUND(pool->taken++);
    EXPECT_FOUND(pool->taken--);
    EXPECT_FOUND(pool->state = POOL_FULL);
    EXPECT_FOUND(pool->class_index.value++);
    EXPECT_FOUND(pool_spare(pool)[0] |= 1 << 1);     // no block of 64 bytes starts there
    EXPECT_FOUND(pool_spare(pool)[0] |= block_.bit); // a live block
    EXPECT_FOUND(atomic_u64_store(&pool->tag, 0));
}

TEST_F(HeapCheckDeathTest, FindsALiveBlockInTheMagazine) {
    struct block freed = block_at(blocks_.back());
    heap_.free(blocks_.back());
    blocks_.pop_back();
    EXPECT_FOUND(atomic_u64_store(freed.word, atomic_u64_load(freed.word) | freed.bit));
}

TEST_F(HeapCheckDeathTest, FindsALiveBitWhereNoBlockStarts) {
    EXPECT_FOUND(atomic_u64_store(block_.word, atomic_u64_load(block_.word) | block_.bit << 1));
}

TEST_F(HeapCheckDeathTest, FindsABlockThatIsLiveAndSpare) {
    EXPECT_FOUND({
        pool_spare(pool_at(blocks_[0]))[0] |= block_.bit;
        pool_at(blocks_[0])->taken--;
    });
}

TEST_F(HeapCheckDeathTest, FindsABlockThatIsNowhere) {
    EXPECT_FOUND(atomic_u64_store(block_.word, atomic_u64_load(block_.word) & ~block_.bit));
}

} // namespace
