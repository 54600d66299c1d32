// SPDX-License-Identifier: MIT
#include "heap/pending.h"

#include "heap/remote.h"
#include "support/heap_fixture.h"

namespace {

class PendingTest : public HeapTest {
  protected:
    bool mark(void *block) { return mark_for(owner_, block); }
    static bool mark_for(struct heap *heap, void *block) {
        return pending_mark(heap, reinterpret_cast<uintptr_t>(block));
    }
    TestHeap owner_, other_;
};

TEST_F(PendingTest, BlocksOfEveryClassAreTakenInAndNothingIsWrittenIntoThem) {
    std::vector<void *> blocks;
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        blocks.push_back(owner_.take_class(c));
        memset(blocks.back(), 0x5a, size_classes[c].stride);
    }
    EXPECT_FALSE(pending_any(owner_));
    for (void *block : blocks) {
        EXPECT_TRUE(mark(block));
        EXPECT_EQ(fault_at(block), BLOCK_LIVE);
    }
    heap_check(owner_);
    EXPECT_TRUE(pending_any(owner_));
    EXPECT_EQ(pending_take(owner_), blocks.size());
    EXPECT_FALSE(pending_any(owner_));
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        EXPECT_EQ(fault_at(blocks[c - 1]), BLOCK_FREED);
        EXPECT_TRUE(is_all(blocks[c - 1], 0x5a, ALIGN));
    }
    EXPECT_EQ(pending_take(owner_), 0u);
}

TEST_F(PendingTest, ABlockIsMarkedOnce) {
    void *block = owner_.take(64);
    EXPECT_TRUE(mark(block));
    EXPECT_FALSE(mark(block));
    EXPECT_EQ(pending_take(owner_), 1u);
    owner_.take(64); // the same again
    EXPECT_TRUE(mark(block));
    EXPECT_EQ(pending_take(owner_), 1u);
}

// Pools of both lie in one arena, whose bit the first look takes back.
TEST_F(PendingTest, WhoTakesItsOwnLeavesTheOthersTheirs) {
    void *mine = owner_.take(64), *others = other_.take(64);
    ASSERT_EQ(align_down(reinterpret_cast<uintptr_t>(mine), ARENA_SIZE),
              align_down(reinterpret_cast<uintptr_t>(others), ARENA_SIZE));
    mark(mine);
    mark_for(other_, others);
    EXPECT_EQ(pending_take(owner_), 1u);
    EXPECT_EQ(fault_at(others), BLOCK_LIVE);
    EXPECT_EQ(pending_take(other_), 1u);
    EXPECT_EQ(fault_at(others), BLOCK_FREED);
}

// The other heap looked while the arena's bit was taken back, and found nothing.
TEST_F(PendingTest, WhoTakesItsOwnTellsTheOthers) {
    void *mine = owner_.take(64), *others = other_.take(64);
    mark_for(other_, others);
    atomic_u64_store(&other_->pending, 0);
    mark(mine);
    EXPECT_EQ(pending_take(owner_), 1u);
    EXPECT_TRUE(pending_any(other_));
    EXPECT_EQ(pending_take(other_), 1u);
}

TEST_F(PendingTest, BlocksFollowAPoolThatChangedHands) {
    void *block = owner_.take(512), *stays = owner_.take(512);
    mark(block);
    heap_release(owner_);
    ASSERT_TRUE(heap_move_pool(owner_, other_, size_class_of(512)));
    EXPECT_EQ(pending_take(owner_), 0u);
    EXPECT_TRUE(pending_any(other_));
    EXPECT_EQ(pending_take(other_), 1u);
    EXPECT_EQ(fault_at(block), BLOCK_FREED);
    other_.free(stays);
}

// Of all arenas of several windows.
TEST_F(PendingTest, AnyNumberOfBlocksAnywhereIsTakenIn) {
    std::vector<void *> blocks;
    for (size_t bytes = 0; bytes < 150 * MIB; bytes += 60000) blocks.push_back(owner_.take(60000));
    for (void *block : blocks) ASSERT_TRUE(mark(block));
    EXPECT_EQ(pending_take(owner_), blocks.size());
    EXPECT_EQ(census_now().used_blocks, 0u);
}

TEST_F(PendingTest, ThreadsMarkWhileTheOwnerTakes) {
    const unsigned threads = 3, each = 20000;
    std::vector<void *> blocks;
    for (unsigned i = 0; i < threads * each; i++) blocks.push_back(owner_.take(48));
    unsigned taken = 0;
    std::vector<std::thread> senders;
    for (unsigned t = 0; t < threads; t++)
        senders.emplace_back([&, t] {
            for (unsigned i = 0; i < each; i++) mark(blocks[i * threads + t]);
        });
    while (taken < threads * each / 2) taken += pending_take(owner_);
    for (std::thread &sender : senders) sender.join();
    taken += pending_take(owner_);
    EXPECT_EQ(taken, threads * each);
    EXPECT_FALSE(pending_any(owner_));
}

using PendingDeathTest = PendingTest;

TEST_F(PendingDeathTest, AFreeByTheOwnerMeanwhileIsFound) {
    void *block = owner_.take(64);
    EXPECT_LINE_OF(
        {
            mark(block);
            owner_.free(block);
            pending_take(owner_);
        },
        "double free of ", block);
    owner_.free(block);
}

} // namespace
