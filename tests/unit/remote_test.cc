// SPDX-License-Identifier: MIT
#include "heap/remote.h"

#include <memory>

#include "os/os.h"
#include "support/clock.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

// Blocks of `owner_` are freed by `other_`; both belong to this thread, so every step is known.
class RemoteTest : public HeapTest {
  protected:
    void TearDown() override {
        for (int i = 0; i < 3; i++) { // messages come back to their sender
            deliver();
            remote_post(owner_);
            remote_drain(other_, ~0u);
        }
        HeapTest::TearDown();
    }
    void *take(size_t size) { return owner_.take(size); }
    bool free_remotely(void *pointer) { return free_by(other_, pointer); }
    static bool free_by(struct heap *heap, void *pointer) {
        struct block block = block_at(pointer);
        return heap != nullptr ? remote_free(heap, block.heap, block.address, block.usable)
                               : remote_free_slow(nullptr, block.heap, block.address, block.usable);
    }
    void deliver() {
        remote_post(other_);
        remote_drain(owner_, ~0u);
    }
    bool inbox_is_empty() { return !remote_is_waiting(owner_); }
    // Blocks of one word each: none of them can share an entry of a message.
    std::vector<void *> one_of_each_word(unsigned count) {
        std::vector<void *> blocks;
        std::vector<void *> others;
        while (blocks.size() < count) {
            void *block = take(ALIGN);
            bool is_first = reinterpret_cast<uintptr_t>(block) % WORD_SPAN == 0;
            (is_first ? blocks : others).push_back(block);
        }
        for (void *other : others) owner_.free(other);
        return blocks;
    }

    TestHeap owner_, other_;
};

using RemoteDeathTest = RemoteTest;

TEST_F(RemoteTest, ABlockTravelsInAMessageAndIsLiveUntilItsOwnerTakesIt) {
    void *pointer = take(64);
    memset(pointer, 0x5a, 64);
    EXPECT_FALSE(free_remotely(pointer));
    EXPECT_TRUE(inbox_is_empty()); // waits for company
    EXPECT_EQ(bit_count(remote_batch(other_, owner_)->bits), 1u);
    EXPECT_EQ(fault_at(pointer), BLOCK_LIVE);
    remote_post(other_);
    EXPECT_FALSE(inbox_is_empty());
    EXPECT_EQ(fault_at(pointer), BLOCK_LIVE);
    remote_drain(owner_, ~0u);
    EXPECT_TRUE(inbox_is_empty());
    EXPECT_EQ(fault_at(pointer), BLOCK_FREED);
    EXPECT_TRUE(is_all(pointer, 0x5a, 64)); // nobody wrote there
}

TEST_F(RemoteTest, BlocksOfEverySizeArrive) {
    std::vector<void *> blocks;
    for (unsigned c = 1; c < CLASS_COUNT; c++) blocks.push_back(owner_.take_class(c));
    for (void *block : blocks) free_remotely(block);
    deliver();
    for (void *block : blocks) EXPECT_NE(fault_at(block), BLOCK_LIVE);
}

TEST_F(RemoteTest, AMessageIsPostedWhenItsBytesReachTheBudget) {
    for (unsigned i = 0; i < 31; i++) ASSERT_FALSE(free_remotely(take(512)));
    EXPECT_TRUE(inbox_is_empty());
    bool posted = free_remotely(take(512)); // 16 KiB
    posted |= free_remotely(take(512));
    EXPECT_TRUE(posted);
    EXPECT_FALSE(inbox_is_empty());
}

TEST_F(RemoteTest, AMessageIsPostedWhenItIsFull) {
    std::vector<void *> blocks = one_of_each_word(2 * MESSAGE_ENTRIES);
    unsigned sent = 0;
    while (!free_remotely(blocks[sent])) sent++;
    EXPECT_GE(sent, MESSAGE_ENTRIES - 6u);
    EXPECT_LT(sent, MESSAGE_ENTRIES + 0u);
    EXPECT_FALSE(inbox_is_empty());
    for (unsigned i = sent + 1; i < blocks.size(); i++) free_remotely(blocks[i]);
    deliver();
    for (void *block : blocks) EXPECT_NE(fault_at(block), BLOCK_LIVE);
}

// Any row of blocks fits its message: words of one block and of several, and blocks of spans.
TEST_F(RemoteTest, MessagesTakeEntriesOfEveryKindInAnyOrder) {
    struct rng rng = {test_seed()};
    for (int round = 0; round < 30; round++) {
        std::vector<void *> blocks;
        size_t spans = rng_below(&rng, 4);
        for (int i = 0; i < 400; i++)
            blocks.push_back(take(rng_below(&rng, 4) < spans ? 600 : ALIGN));
        for (size_t i = blocks.size() - 1; i > 0; i--) // in rows of some length
            if (rng_below(&rng, 3) == 0) std::swap(blocks[i], blocks[rng_below(&rng, i)]);
        for (void *block : blocks) free_remotely(block);
        deliver();
        for (void *block : blocks) ASSERT_NE(fault_at(block), BLOCK_LIVE);
        heap_check(owner_);
    }
}

TEST_F(RemoteTest, MessagesAreUsedAgain) {
    free_remotely(take(ALIGN));
    deliver();
    size_t bytes = message_bytes();
    for (int round = 0; round < 500; round++) {
        for (unsigned i = 0; i < MESSAGE_ENTRIES; i++) free_remotely(take(600));
        deliver();
    }
    EXPECT_EQ(message_bytes(), bytes);
    EXPECT_EQ(census_now().used_blocks, 0u);
}

// When all is delivered, nothing is left: messages do not travel for ever.
TEST_F(RemoteTest, AfterEverybodyPostedAndDrainedNothingIsOnItsWay) {
    free_remotely(take(64));
    for (int i = 0; i < 4; i++) {
        deliver();
        remote_post(owner_);
        remote_drain(other_, ~0u);
    }
    EXPECT_EQ(census_now().used_blocks, 0u);
}

TEST_F(RemoteTest, WithoutAHeapItIsMarkedAtOnceByItself) {
    void *first = take(64), *second = take(ALIGN), *third = take(5000);
    for (void *block : {first, second, third}) EXPECT_TRUE(free_by(nullptr, block));
    EXPECT_FALSE(inbox_is_empty());
    remote_drain(owner_, ~0u);
    for (void *block : {first, second, third}) EXPECT_NE(fault_at(block), BLOCK_LIVE);
}

TEST_F(RemoteTest, WithoutMemoryForAMessageItIsMarkedByItself) {
    void *block = take(64);
    {
        SpaceLock lock;
        space_unmap_free();
    }
    os_fault_for_test = refuse<OS_MAP>;
    std::vector<struct message *> all;
    while (struct message *message = message_take(other_)) all.push_back(message);
    EXPECT_TRUE(free_remotely(block));
    remote_drain(owner_, ~0u);
    EXPECT_EQ(fault_at(block), BLOCK_FREED);
    os_fault_for_test = nullptr;
    for (struct message *message : all) message_give(other_, message);
}

// ---- Owners who do not look ----

TEST_F(RemoteTest, AnOwnerSleepsIfManyMessagesWaitForSomeTime) {
    TestClock clock;
    std::vector<void *> blocks;
    for (int i = 0; i < 4000; i++) blocks.push_back(take(600));
    size_t sent = 0;
    while (sent < 3000) free_remotely(blocks[sent++]); // 27 to a message
    EXPECT_EQ(heap_state(owner_), HEAP_IN_USE);
    clock.advance(INBOX_PATIENCE_MS);
    while (heap_state(owner_) == HEAP_IN_USE) free_remotely(blocks[sent++]);
    EXPECT_LE(sent, 3050u);
    EXPECT_TRUE(inbox_is_empty() || heap_state(owner_) == HEAP_ASLEEP);
    while (sent < blocks.size()) free_remotely(blocks[sent++]);
    deliver();
    EXPECT_EQ(heap_state(owner_), HEAP_IN_USE);
    EXPECT_EQ(census_now().used_blocks, 0u);
}

TEST_F(RemoteTest, AnOwnerSleepsIfVeryManyMessagesWait) {
    TestClock clock;
    std::vector<void *> blocks;
    for (int i = 0; i < 60000; i++) blocks.push_back(take(600));
    for (void *block : blocks) free_remotely(block);
    EXPECT_EQ(heap_state(owner_), HEAP_ASLEEP);
    deliver();
}

TEST_F(RemoteTest, TheOwnerTakesAboutAsManyAsItWantsAndOthersFindTheRest) {
    std::vector<void *> blocks;
    for (unsigned i = 0; i < 10; i++) blocks.push_back(take(64));
    for (void *block : blocks) {
        free_remotely(block);
        remote_post(other_); // one to a message
    }
    auto live = [&] { return census_now().used_blocks; };
    remote_drain(owner_, 3);
    EXPECT_EQ(live(), 7u);
    EXPECT_TRUE(remote_is_waiting(owner_));
    remote_drain(owner_, 0);
    EXPECT_EQ(live(), 7u);
    remote_sweep(other_, owner_);
    remote_drain(owner_, 7);
    EXPECT_EQ(live(), 0u);
    EXPECT_FALSE(remote_is_waiting(owner_));
}

// With backlogs of messages, and then without messages.
TEST_F(RemoteTest, PoolsOfAnOwnerWhoSleepsAreTakenAwayWhenAllBlocksAreFreed) {
    for (size_t size : {size_t(ALIGN), size_t(48), size_t(1000), size_t(20000)}) {
        std::vector<void *> blocks;
        for (size_t bytes = 0; bytes < 4 * MIB; bytes += size) blocks.push_back(take(size));
        TestClock clock;
        for (size_t i = 0; i < blocks.size(); i++) {
            if (i == blocks.size() / 8) clock.advance(INBOX_PATIENCE_MS);
            free_remotely(blocks[i]);
        }
        EXPECT_EQ(heap_state(owner_), HEAP_ASLEEP);
        remote_post(other_);
        EXPECT_LE(census_now().used_bytes, 4 * MIB / 4);
        remote_sweep(other_, owner_);
        unsigned c = size_class_of(size);
        size_t own = 2 * size_classes[c].pools * size_t(POOL_SIZE); // of the cursor
        EXPECT_LE(census_now().used_bytes, own) << size;
        remote_drain(owner_, ~0u);
        EXPECT_EQ(heap_state(owner_), HEAP_IN_USE);
        EXPECT_EQ(census_now().used_blocks, 0u);
        heap_check(owner_);
    }
}

TEST_F(RemoteTest, OneSweepTakesPoolsAwayWhoseBlocksLieInMessages) {
    TestClock clock;
    std::vector<void *> blocks;
    for (int i = 0; i < 20; i++) { // few messages
        std::vector<void *> some = one_of_each_word(8);
        blocks.insert(blocks.end(), some.begin(), some.end());
        for (int k = 0; k < 8; k++) blocks.push_back(take(1000));
    }
    for (void *block : blocks) free_remotely(block);
    remote_post(other_);
    EXPECT_EQ(heap_state(owner_), HEAP_IN_USE);
    heap_flush(owner_); // nothing is at hand there
    remote_sweep(other_, owner_);
    EXPECT_EQ(heap_state(owner_), HEAP_ASLEEP);
    EXPECT_LE(census_now().class_blocks[size_class_of(1000)], 8u);
    deliver();
}

TEST_F(RemoteTest, WhatAnOwnerKeepsStaysAndComesInWhenItLooks) {
    std::vector<void *> kept, freed;
    for (int i = 0; i < 40000; i++) (i % 5 == 0 ? kept : freed).push_back(take(64));
    for (void *block : kept) memset(block, 0x5a, 64);
    TestClock clock;
    for (size_t i = 0; i < freed.size(); i++) {
        if (i == freed.size() / 8) clock.advance(INBOX_PATIENCE_MS);
        free_remotely(freed[i]);
    }
    EXPECT_EQ(heap_state(owner_), HEAP_ASLEEP);
    heap_check(owner_);
    deliver();
    for (void *block : kept) EXPECT_TRUE(is_all(block, 0x5a, 64));
    for (void *block : kept) owner_.free(block);
    EXPECT_EQ(census_now().used_blocks, 0u);
}

// A few pools at a time take no look at all that wait.
TEST_F(RemoteTest, ManyPoolsThatWaitAreLookedAtSeldom) {
    const unsigned pools = 20000, each = POOL_SIZE / 512;
    std::vector<void *> blocks;
    for (unsigned i = 0; i < pools * each; i++) blocks.push_back(take(512));
    uint64_t start = os_clock_ms();
    for (unsigned i = 0; i < blocks.size(); i++)
        if (i % each != 0) free_remotely(blocks[i]);
    EXPECT_LT(os_clock_ms() - start, 20000u);
    deliver();
    for (unsigned i = 0; i < blocks.size(); i += each) owner_.free(blocks[i]);
}

TEST_F(RemoteTest, TheMessagesOfASweepAreOfUseToTheSweeper) {
    std::vector<void *> blocks;
    for (int i = 0; i < 100000; i++) blocks.push_back(take(600));
    size_t bytes = message_bytes();
    TestClock clock;
    for (size_t i = 0; i < blocks.size(); i++) {
        if (i % 100 == 0) clock.advance(1);
        free_remotely(blocks[i]);
    }
    EXPECT_LE(message_bytes(), bytes + MESSAGE_SHEET + 2 * OS_FENCE);
    deliver();
}

// ---- Many owners ----

TEST_F(RemoteTest, BlocksOfManyOwnersInTurnsTakeNoMessages) {
    std::vector<std::unique_ptr<TestHeap>> owners;
    std::vector<void *> blocks;
    for (int i = 0; i < 5 * HEAP_BATCHES; i++) owners.push_back(std::make_unique<TestHeap>());
    for (int round = 0; round < 300; round++)
        for (auto &owner : owners) blocks.push_back(owner->take(ALIGN));
    size_t bytes = message_bytes();
    for (void *block : blocks) free_remotely(block);
    EXPECT_LE(message_bytes(), bytes + MESSAGE_SHEET + 2 * OS_FENCE);
    remote_post(other_);
    for (auto &owner : owners) remote_drain(*owner, ~0u);
    EXPECT_EQ(census_now().used_blocks, 0u);
}

TEST_F(RemoteTest, AMessageThatIsHardlyBegunDoesNotGiveWayToEachOwnerInTurns) {
    std::vector<std::unique_ptr<TestHeap>> owners;
    for (int i = 0; i <= HEAP_BATCHES; i++) owners.push_back(std::make_unique<TestHeap>());
    struct heap *first = nullptr, *second = nullptr;
    for (auto &one : owners)
        for (auto &owner : owners)
            if (one != owner && remote_batch(other_, *one) == remote_batch(other_, *owner))
                first = *one, second = *owner;
    ASSERT_NE(second, nullptr) << "of nine owners two share a place";
    const struct batch *batch = remote_batch(other_, first);
    auto free_one = [&](struct heap *owner) {
        void *block = heap_take(owner, 1);
        free_remotely(block);
        return pending_has(reinterpret_cast<uintptr_t>(block));
    };
    EXPECT_FALSE(free_one(first));
    EXPECT_FALSE(free_one(second));
    ASSERT_EQ(batch->to, second) << "the first message gave way";
    unsigned singles = 0;
    while (free_one(first)) {
        ASSERT_EQ(batch->to, second);
        EXPECT_FALSE(free_one(second)) << "which goes into the message";
        ASSERT_LT(singles++, 100u);
    }
    EXPECT_GE(singles, 10u);
    EXPECT_EQ(batch->to, first) << "the second gave way in the end";
    remote_post(other_);
    for (auto &owner : owners) remote_drain(*owner, ~0u);
    EXPECT_EQ(census_now().used_blocks, 0u);
}

TEST_F(RemoteTest, PostingAsksTheOwnerForAPollAtItsNextFree) {
    void *mine = take(64);
    free_by(nullptr, take(64));
    EXPECT_EQ(heap_free_fast(owner_, reinterpret_cast<uintptr_t>(mine)), FREE_FULL_TO_POLL);
}

// More owners than places for messages: each is posted when another owner needs its place.
TEST_F(RemoteTest, ManyOwnersGetTheirBlocks) {
    std::vector<std::unique_ptr<TestHeap>> owners;
    std::vector<void *> blocks;
    for (int i = 0; i < 3 * HEAP_BATCHES; i++) owners.push_back(std::make_unique<TestHeap>());
    for (int round = 0; round < 5; round++)
        for (auto &owner : owners) blocks.push_back(owner->take(48));
    for (void *block : blocks) free_remotely(block);
    remote_post(other_);
    for (auto &owner : owners) remote_drain(*owner, ~0u);
    for (void *block : blocks) EXPECT_EQ(fault_at(block), BLOCK_FREED);
    for (int i = 0; i < 3; i++) {
        for (auto &owner : owners) {
            remote_post(*owner);
            remote_drain(*owner, ~0u);
        }
        remote_post(other_);
        remote_drain(other_, ~0u);
    }
}

TEST_F(RemoteTest, BlocksFollowAPoolThatChangedHands) {
    TestHeap heir;
    void *pointer = take(512), *stays = take(512);
    free_remotely(pointer);
    remote_post(other_); // on its way to owner_
    heap_flush(owner_);
    ASSERT_TRUE(move_pool(owner_, heir, size_class_of(512)));
    EXPECT_EQ(block_at(pointer).heap, static_cast<struct heap *>(heir));
    remote_drain(owner_, ~0u); // not owner_'s any more
    EXPECT_EQ(fault_at(pointer), BLOCK_LIVE);
    remote_post(owner_);
    remote_drain(heir, ~0u);
    EXPECT_EQ(fault_at(pointer), BLOCK_FREED);
    heir.free(stays);
    for (int i = 0; i < 3; i++) {
        remote_post(heir);
        deliver();
        remote_drain(heir, ~0u);
        remote_post(owner_);
        remote_drain(other_, ~0u);
    }
}

TEST_F(RemoteTest, AParkedHeapIsHelpedAtOnce) {
    void *pointer = take(64);
    heap_flush(owner_);
    owner_->warm = false;
    inbox_set_state(owner_, HEAP_PARKED);
    free_by(nullptr, pointer);
    uintptr_t number = reinterpret_cast<uintptr_t>(pointer);
    EXPECT_NE(fault_at(pointer), BLOCK_LIVE);
    EXPECT_EQ(atomic_u64_load(&window_record_at(number)->pool.tag), 0u)
        << "its pool should have gone back";
    EXPECT_EQ(heap_state(owner_), HEAP_PARKED);
    inbox_set_state(owner_, HEAP_IN_USE);
}

TEST_F(RemoteTest, ABusyHeapIsLeftToWhoeverHoldsIt) {
    void *pointer = take(64);
    inbox_set_state(owner_, HEAP_BUSY);
    free_by(nullptr, pointer);
    EXPECT_EQ(fault_at(pointer), BLOCK_LIVE);
    EXPECT_FALSE(inbox_is_empty());
    inbox_set_state(owner_, HEAP_IN_USE);
}

// ---- Blocks that lie side by side ----

TEST_F(RemoteTest, NeighboursComeInTogetherAndAreSpare) {
    const unsigned count = WORD_SPAN / 64;
    std::vector<void *> blocks;
    for (unsigned i = 0; i < 3 * count; i++) blocks.push_back(take(64));
    struct block first = block_at(blocks[0]);
    struct pool *pool = pool_of_live(first.word);
    unsigned taken = pool->taken;
    for (unsigned i = count; i-- > 0;) free_remotely(blocks[i]); // of one word, in any order
    free_remotely(blocks[2 * count]);                            // and one alone
    deliver();
    for (unsigned i = 0; i < 3 * count; i++)
        EXPECT_EQ(fault_at(blocks[i]), i < count || i == 2 * count ? BLOCK_FREED : BLOCK_LIVE);
    EXPECT_EQ(pool->taken, taken - count); // the other is at hand
    EXPECT_EQ(owner_.take(64), blocks[2 * count]);
    for (unsigned i = count; i < 3 * count; i++) owner_.free(blocks[i]);
}

TEST_F(RemoteTest, NeighboursWhosePoolHasMovedArePassedOn) {
    const unsigned count = WORD_SPAN / 64;
    TestHeap heir;
    std::vector<void *> blocks;
    for (unsigned i = 0; i < count; i++) blocks.push_back(take(64));
    void *spare = take(64);
    owner_.free(spare);
    for (void *block : blocks) free_remotely(block);
    remote_post(other_);
    heap_flush(owner_);
    ASSERT_TRUE(move_pool(owner_, heir, block_at(blocks[0]).class_index));
    remote_drain(owner_, ~0u); // not owner_'s any more
    for (void *block : blocks) EXPECT_EQ(fault_at(block), BLOCK_LIVE);
    remote_post(owner_);
    remote_drain(heir, ~0u);
    for (void *block : blocks) EXPECT_EQ(fault_at(block), BLOCK_FREED);
    for (int i = 0; i < 3; i++) {
        remote_post(heir);
        remote_drain(owner_, ~0u);
    }
}

// ---- Double frees and overwritten blocks ----

#define EXPECT_DOUBLE_FREE(statement, pointer) EXPECT_LINE_OF(statement, "double free of ", pointer)

TEST_F(RemoteDeathTest, ASecondFreeIsFoundByTheDrain) {
    for (size_t size : {size_t(ALIGN), size_t(64), size_t(5000)}) {
        void *pointer = take(size), *other = take(size);
        free_remotely(pointer);
        free_remotely(other);
        EXPECT_DOUBLE_FREE(
            {
                free_remotely(pointer);
                deliver();
            },
            pointer);
        remote_post(other_);
        EXPECT_DOUBLE_FREE(
            {
                free_by(nullptr, pointer);
                remote_drain(owner_, ~0u);
            },
            pointer);
        remote_drain(owner_, ~0u);
    }
}

TEST_F(RemoteDeathTest, ASecondFreeAmongNeighboursIsFoundByTheDrain) {
    std::vector<void *> blocks;
    for (int i = 0; i < 5; i++) blocks.push_back(take(64));
    EXPECT_DOUBLE_FREE(
        {
            for (int i : {0, 1, 2, 1, 3}) free_remotely(blocks[i]);
            deliver();
        },
        blocks[1]);
    owner_.free(blocks[2]);
    EXPECT_DOUBLE_FREE(
        {
            for (int i : {0, 1, 2, 3}) free_remotely(blocks[i]);
            deliver();
        },
        blocks[2]);
    for (int i : {0, 1, 3, 4}) owner_.free(blocks[i]);
}

TEST_F(RemoteDeathTest, ASecondFreeWithoutAHeapIsFoundAtOnce) {
    for (size_t size : {size_t(ALIGN), size_t(64), size_t(5000)}) {
        void *pointer = take(size);
        free_by(nullptr, pointer);
        EXPECT_DOUBLE_FREE(free_by(nullptr, pointer), pointer);
        remote_drain(owner_, ~0u);
    }
}

TEST_F(RemoteDeathTest, AFreeByTheOwnerMeanwhileIsFoundByTheDrain) {
    void *pointer = take(64);
    EXPECT_DOUBLE_FREE(
        {
            free_remotely(pointer);
            owner_.free(pointer);
            deliver();
        },
        pointer);
    owner_.free(pointer);
}

} // namespace
