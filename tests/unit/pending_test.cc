// SPDX-License-Identifier: MIT
#include "heap/pending.h"

#include <atomic>

#include "heap/remote.h"
#include "heap/space_lock.h"
#include "heap/token.h"
#include "support/heap_fixture.h"

namespace {

class PendingTest : public HeapTest {
  protected:
    // Frees a block as a thread without a heap does.
    static void deposit(void *block) {
        struct work *work = pending_begin();
        pending_deposit(work, reinterpret_cast<uintptr_t>(block));
        pending_end(work);
    }
    bool waits() { return !inbox_is_empty(owner_); }
    TestHeap owner_, other_;
};

TEST_F(PendingTest, BlocksOfEveryClassAreTakenInAndNothingIsWrittenIntoThem) {
    std::vector<void *> blocks, stay;
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        blocks.push_back(owner_.take_class(c));
        if (size_classes[c].capacity > 1) stay.push_back(owner_.take_class(c));
        memset(blocks.back(), 0x5a, size_classes[c].stride);
    }
    EXPECT_FALSE(waits());
    for (void *block : blocks) {
        bool is_alone = size_classes[block_at(block).class_index].capacity == 1;
        deposit(block);
        EXPECT_EQ(fault_at(block), is_alone ? BLOCK_FREED : BLOCK_LIVE);
    }
    heap_check(owner_);
    EXPECT_TRUE(waits());
    remote_drain(owner_, ~0u);
    EXPECT_FALSE(waits());
    for (void *block : blocks) {
        EXPECT_EQ(fault_at(block), BLOCK_FREED);
        EXPECT_TRUE(is_all(block, 0x5a, ALIGN));
    }
    heap_check(owner_);
    for (void *block : stay) owner_.free(block);
}

TEST_F(PendingTest, APoolIsAnnouncedOnceUntilItIsTakenIn) {
    void *first = owner_.take(64), *second = owner_.take(64);
    struct pool *pool = pool_at(first);
    deposit(first);
    EXPECT_TRUE(token_is_taken(pool));
    uint64_t word = atomic_u64_load(&owner_->inbox);
    deposit(second);
    EXPECT_EQ(atomic_u64_load(&owner_->inbox), word);
    remote_drain(owner_, ~0u);
    EXPECT_FALSE(token_is_taken(pool));
    EXPECT_EQ(fault_at(second), BLOCK_FREED);
}

// Whoever has the token when the last block becomes pending.
TEST_F(PendingTest, ACompletePoolGoesToTheArenaWithoutItsOwner) {
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        std::vector<void *> blocks;
        while (blocks.size() < size_classes[c].capacity) blocks.push_back(owner_.take_class(c));
        struct pool *pool = pool_at(blocks[0]);
        ASSERT_EQ(pool->state, POOL_FULL);
        ASSERT_TRUE(token_try(pool)); // as another thread that is just looking
        for (void *block : blocks) deposit(block);
        EXPECT_EQ(block_at(blocks[0]).heap, static_cast<struct heap *>(owner_));
        heap_check(owner_);
        struct work *work = pending_begin();
        pending_settle(work, pool);
        pending_end(work);
        EXPECT_EQ(atomic_u64_load(&pool->tag), 0u);
        EXPECT_FALSE(token_is_taken(pool));
        EXPECT_FALSE(waits());
        for (void *block : blocks) EXPECT_NE(fault_at(block), BLOCK_LIVE);
        EXPECT_EQ(census_now().used_blocks, 0u);
        heap_check(owner_);
    }
}

TEST_F(PendingTest, APoolWithABlockAtHandStaysWithItsOwner) {
    std::vector<void *> blocks;
    unsigned c = size_class_of(64);
    while (blocks.size() < size_classes[c].capacity) blocks.push_back(owner_.take_class(c));
    owner_.free(blocks.back());
    blocks.pop_back();
    for (void *block : blocks) deposit(block);
    remote_sweep(other_, owner_);
    EXPECT_EQ(block_at(blocks[0]).heap, static_cast<struct heap *>(owner_));
    EXPECT_TRUE(waits());
    remote_drain(owner_, ~0u);
    EXPECT_EQ(census_now().used_blocks, 0u);
}

TEST_F(PendingTest, BlocksFollowAPoolThatChangedHands) {
    void *block = owner_.take(512), *stays = owner_.take(512);
    heap_flush(owner_);
    ASSERT_TRUE(move_pool(owner_, other_, size_class_of(512)));
    deposit(block);
    EXPECT_FALSE(waits());
    remote_drain(other_, ~0u);
    EXPECT_EQ(fault_at(block), BLOCK_FREED);
    other_.free(stays);
}

// What comes in while a pool is taken in is seen when its token is let go of.
TEST_F(PendingTest, BitsThatComeWhileAnotherHasTheTokenAreSeenByHim) {
    void *block = owner_.take(64), *stays = owner_.take(64);
    struct pool *pool = pool_at(block);
    ASSERT_TRUE(token_try(pool));
    deposit(block);
    EXPECT_FALSE(waits());
    struct work *work = pending_begin();
    pending_take_in(work, owner_, pool);
    pending_end(work);
    EXPECT_EQ(fault_at(block), BLOCK_FREED);
    EXPECT_FALSE(token_is_taken(pool));
    owner_.free(stays);
}

// The blocks lie in all arenas of several windows.
TEST_F(PendingTest, AnyNumberOfBlocksAnywhereIsTakenIn) {
    std::vector<void *> blocks;
    for (size_t bytes = 0; bytes < 150 * MIB; bytes += 60000) blocks.push_back(owner_.take(60000));
    for (void *block : blocks) deposit(block);
    remote_drain(owner_, ~0u);
    EXPECT_EQ(census_now().used_blocks, 0u);
}

TEST_F(PendingTest, ThreadsDepositWhileTheOwnerTakes) {
    const unsigned threads = 3, each = 20000;
    std::vector<void *> blocks;
    for (unsigned i = 0; i < threads * each; i++) blocks.push_back(owner_.take(48));
    std::vector<std::thread> senders;
    std::atomic<unsigned> ended{0};
    for (unsigned t = 0; t < threads; t++)
        senders.emplace_back([&, t] {
            for (unsigned i = 0; i < each; i++) deposit(blocks[i * threads + t]);
            ended++;
        });
    while (ended < threads) remote_drain(owner_, ~0u);
    for (std::thread &sender : senders) sender.join();
    remote_drain(owner_, ~0u);
    EXPECT_FALSE(waits());
    EXPECT_EQ(census_now().used_blocks, 0u);
    heap_check(owner_);
}

TEST_F(PendingTest, ThreadsDepositAndSweepWhileTheOwnerSleeps) {
    const unsigned threads = 3, each = 20000;
    std::vector<void *> blocks;
    for (unsigned i = 0; i < threads * each; i++) blocks.push_back(owner_.take(i % 3 * 300 + 48));
    std::vector<std::thread> senders;
    for (unsigned t = 0; t < threads; t++)
        senders.emplace_back([&, t] {
            for (unsigned i = 0; i < each; i++) {
                deposit(blocks[i * threads + t]);
                if (i % 500 == 0) remote_sweep(nullptr, owner_);
            }
        });
    for (std::thread &sender : senders) sender.join();
    remote_sweep(nullptr, owner_);
    EXPECT_LE(census_now().used_bytes, 64 * KIB);
    remote_drain(owner_, ~0u);
    EXPECT_EQ(census_now().used_blocks, 0u);
    heap_check(owner_);
}

// ---- Forks ----

TEST_F(PendingTest, InTheChildOfAForkTokensOfOthersAreFree) {
    void *block = owner_.take(64), *stays = owner_.take(64);
    struct pool *pool = pool_at(block);
    ASSERT_TRUE(token_try(pool));
    EXPECT_TRUE(in_child([&] {
        space_lock_notice_fork();
        bool is_free = !token_is_taken(pool);
        deposit(block);
        return is_free && token_is_taken(pool);
    }));
    token_let_go(pool);
    owner_.free(block);
    owner_.free(stays);
}

using PendingDeathTest = PendingTest;

TEST_F(PendingDeathTest, AFreeByTheOwnerMeanwhileIsFound) {
    for (size_t size : {size_t(64), size_t(5000)}) {
        void *block = owner_.take(size), *stays = owner_.take(size);
        EXPECT_LINE_OF(
            {
                deposit(block);
                owner_.free(block);
                remote_drain(owner_, ~0u);
            },
            "double free of ", block);
        owner_.free(block);
        owner_.free(stays);
    }
}

TEST_F(PendingDeathTest, ASecondFreeIsFoundAtOnce) {
    for (size_t size : {size_t(64), size_t(5000)}) {
        void *block = owner_.take(size), *stays = owner_.take(size);
        deposit(block);
        EXPECT_LINE_OF(deposit(block), "double free of ", block);
        remote_drain(owner_, ~0u);
        owner_.free(stays);
    }
}

TEST_F(PendingDeathTest, ATakeOverFindsABlockThatTheOwnerFreed) {
    for (size_t size : {size_t(512), size_t(5000)}) {
        std::vector<void *> blocks;
        unsigned c = size_class_of(size);
        while (blocks.size() < size_classes[c].capacity) blocks.push_back(owner_.take_class(c));
        EXPECT_LINE_OF(
            {
                token_try(pool_at(blocks[0]));
                for (void *block : blocks) deposit(block);
                owner_.free(blocks[2]);
                struct work *work = pending_begin();
                pending_settle(work, pool_at(blocks[0]));
            },
            "double free of ", blocks[2]);
        for (void *block : blocks) owner_.free(block);
    }
}

} // namespace
