// SPDX-License-Identifier: MIT
// heap_check and live bits.
#include <csignal>

#include "heap/heap.h"
#include "support/heap_fixture.h"

namespace {

class HeapCheckLiveDeathTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        for (int i = 0; i < 4; i++) blocks_.push_back(heap_.take(64));
        heap_flush(heap_); // the pool is partial
        block_ = block_at(blocks_[0]);
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

TEST_F(HeapCheckLiveDeathTest, FindsALiveBitWhereNoBlockStarts) {
    EXPECT_FOUND(atomic_u64_store(block_.word, atomic_u64_load(block_.word) | block_.bit << 1));
}

TEST_F(HeapCheckLiveDeathTest, FindsABlockThatIsLiveAndSpare) {
    EXPECT_FOUND({
        pool_spare(pool_at(blocks_[0]))[0] |= block_.bit;
        pool_at(blocks_[0])->taken--;
    });
}

TEST_F(HeapCheckLiveDeathTest, FindsABlockThatIsNowhere) {
    EXPECT_FOUND(atomic_u64_store(block_.word, atomic_u64_load(block_.word) & ~block_.bit));
}

} // namespace
