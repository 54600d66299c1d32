// SPDX-License-Identifier: MIT
#include "heap/remote.h"

#include <memory>

#include "support/heap_fixture.h"

namespace {

// Blocks of `owner_` are freed by `other_`; both belong to this thread, so every step is known.
class RemoteTest : public HeapTest {
  protected:
    void TearDown() override {
        deliver();
        HeapTest::TearDown();
    }
    void *take(size_t size) { return owner_.take(size); }
    void free_remotely(void *pointer) { free_by(other_, pointer); }
    static void free_by(struct heap *heap, void *pointer) {
        struct block block = block_at(pointer);
        remote_free(heap, &block);
    }
    void deliver() {
        remote_post(other_);
        remote_drain(owner_, ~0u);
    }
    bool inbox_is_empty() { return !remote_is_waiting(owner_); }
    static uint64_t *words(void *pointer) { return static_cast<uint64_t *>(pointer); }

    TestHeap owner_, other_;
};

using RemoteDeathTest = RemoteTest;

TEST_F(RemoteTest, ABlockTravelsInABatchAndIsLiveUntilItsOwnerTakesIt) {
    void *pointer = take(64);
    free_remotely(pointer);
    EXPECT_TRUE(inbox_is_empty()); // waits for company
    EXPECT_EQ(other_->batched_bytes, 64u);
    EXPECT_EQ(fault_at(pointer), BLOCK_LIVE);
    remote_post(other_);
    EXPECT_FALSE(inbox_is_empty());
    EXPECT_EQ(other_->batched_bytes, 0u);
    EXPECT_EQ(fault_at(pointer), BLOCK_LIVE);
    remote_drain(owner_, ~0u);
    EXPECT_TRUE(inbox_is_empty());
    EXPECT_EQ(fault_at(pointer), BLOCK_FREED);
}

TEST_F(RemoteTest, BlocksOfEverySizeArrive) {
    std::vector<void *> blocks;
    for (unsigned c = 1; c < CLASS_COUNT; c++) blocks.push_back(owner_.take_class(c));
    for (void *block : blocks) free_remotely(block);
    deliver();
    for (void *block : blocks) EXPECT_NE(fault_at(block), BLOCK_LIVE);
}

TEST_F(RemoteTest, ABatchIsPostedWhenItExceedsItsBudget) {
    for (unsigned i = 0; i < 32; i++) free_remotely(take(512)); // 16 KiB
    EXPECT_TRUE(inbox_is_empty());
    free_remotely(take(512));
    EXPECT_FALSE(inbox_is_empty());
    EXPECT_EQ(other_->batched_bytes, 0u);
}

TEST_F(RemoteTest, WithoutAHeapItIsPostedAtOnce) {
    void *pointer = take(64);
    free_by(nullptr, pointer);
    EXPECT_FALSE(inbox_is_empty());
    remote_drain(owner_, ~0u);
    EXPECT_EQ(fault_at(pointer), BLOCK_FREED);
}

TEST_F(RemoteTest, TheOwnerTakesAsManyAsItWants) {
    std::vector<void *> blocks;
    for (unsigned i = 0; i < 10; i++) blocks.push_back(take(64));
    for (void *block : blocks) free_remotely(block);
    remote_post(other_);
    auto freed = [&] {
        unsigned count = 0;
        for (void *block : blocks) count += fault_at(block) == BLOCK_FREED;
        return count;
    };
    remote_drain(owner_, 3);
    EXPECT_EQ(freed(), 3u);
    EXPECT_TRUE(remote_is_waiting(owner_));
    remote_drain(owner_, 0);
    EXPECT_EQ(freed(), 3u);
    remote_drain(owner_, 7);
    EXPECT_EQ(freed(), 10u);
    EXPECT_FALSE(remote_is_waiting(owner_));
}

// More owners than batches: each batch is posted when another owner needs its place.
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
}

TEST_F(RemoteTest, BlocksFollowAPoolThatChangedHands) {
    TestHeap heir;
    void *pointer = take(512), *stays = take(512);
    free_remotely(pointer);
    remote_post(other_); // on its way to owner_
    heap_release(owner_);
    ASSERT_TRUE(heap_move_pool(owner_, heir, size_class_of(512)));
    EXPECT_EQ(block_at(pointer).heap, static_cast<struct heap *>(heir));
    remote_drain(owner_, ~0u); // not owner_'s any more
    EXPECT_EQ(fault_at(pointer), BLOCK_LIVE);
    remote_post(owner_);
    remote_drain(heir, ~0u);
    EXPECT_EQ(fault_at(pointer), BLOCK_FREED);
    heir.free(stays);
}

TEST_F(RemoteTest, AParkedHeapIsHelpedAtOnce) {
    void *pointer = take(64);
    heap_release(owner_);
    atomic_u32_store(&owner_->state, HEAP_PARKED);
    free_by(nullptr, pointer);
    EXPECT_NE(fault_at(pointer), BLOCK_LIVE);
    EXPECT_EQ(
        atomic_u64_load(&window_at(reinterpret_cast<uintptr_t>(pointer))
                             ->front.tag[window_pool_index(reinterpret_cast<uintptr_t>(pointer))]),
        0u)
        << "its pool should have gone back";
    EXPECT_EQ(atomic_u32_load(&owner_->state), uint32_t(HEAP_PARKED));
    atomic_u32_store(&owner_->state, HEAP_IN_USE);
}

TEST_F(RemoteTest, ABusyHeapIsLeftToWhoeverHoldsIt) {
    void *pointer = take(64);
    atomic_u32_store(&owner_->state, HEAP_BUSY);
    free_by(nullptr, pointer);
    EXPECT_EQ(fault_at(pointer), BLOCK_LIVE);
    EXPECT_FALSE(inbox_is_empty());
    atomic_u32_store(&owner_->state, HEAP_IN_USE);
}

// ---- Double frees and overwritten blocks ----

#define EXPECT_DOUBLE_FREE(statement, pointer) EXPECT_LINE_OF(statement, "double free of ", pointer)
#define EXPECT_WRITE_AFTER_FREE(statement, pointer)                                                \
    EXPECT_LINE_OF(statement, "write after free at ", pointer)

TEST_F(RemoteDeathTest, ASecondFreeIsFoundInTheBatch) {
    void *pointer = take(64), *other = take(64);
    free_remotely(pointer);
    free_remotely(other);
    EXPECT_DOUBLE_FREE(free_remotely(pointer), pointer);
}

TEST_F(RemoteDeathTest, ASecondFreeIsFoundInTheInbox) {
    void *pointer = take(64), *other = take(64);
    free_remotely(pointer);
    free_remotely(other);
    remote_post(other_);
    EXPECT_DOUBLE_FREE(free_remotely(pointer), pointer);
    EXPECT_DOUBLE_FREE(free_by(nullptr, pointer), pointer);
}

TEST_F(RemoteDeathTest, AFreeByTheOwnerMeanwhileIsFoundByTheDrain) {
    void *pointer = take(64);
    free_remotely(pointer);
    owner_.free(pointer);
    EXPECT_DOUBLE_FREE(deliver(), pointer);
    remote_post(other_); // what lies in the inbox would end the TearDown too:
    atomic_u64_store(&owner_->inbox, 0);
}

TEST_F(RemoteDeathTest, BlocksWithoutRoomForAKeyAreFoundByTheDrain) {
    if (ALIGN == 16) GTEST_SKIP() << "all blocks have room for a key";
    void *pointer = take(8);
    free_by(nullptr, pointer);
    EXPECT_DOUBLE_FREE(
        {
            free_by(nullptr, pointer);
            remote_drain(owner_, ~0u);
        },
        pointer);
}

// User data may look like anything.
TEST_F(RemoteTest, DataThatEqualsTheKeyPasses) {
    void *pointer = take(64);
    free_remotely(pointer);
    uint64_t key = words(pointer)[1];
    deliver();
    void *again = take(64);
    ASSERT_EQ(again, pointer);
    void *first = take(64), *second = take(64), *third = take(64);
    free_remotely(first);
    remote_post(other_);
    free_remotely(second);
    words(again)[1] = key;
    free_remotely(again); // looked for in the batches and the inbox, which stay whole
    free_remotely(third);
    deliver();
    for (void *block : {first, second, third, again}) EXPECT_EQ(fault_at(block), BLOCK_FREED);
}

TEST_F(RemoteDeathTest, AnOverwrittenLinkIsFoundByTheDrain) {
    void *first = take(64), *second = take(64);
    free_remotely(first);
    free_remotely(second);
    remote_post(other_);
    for (uint64_t value : {uint64_t(0), ~uint64_t(0), uint64_t(0x4141414141414141)}) {
        EXPECT_WRITE_AFTER_FREE(
            {
                words(second)[0] = value;
                remote_drain(owner_, ~0u);
            },
            second);
    }
}

TEST_F(RemoteDeathTest, AnOverwrittenKeyIsFoundByTheDrain) {
    void *first = take(16), *second = take(64);
    free_remotely(first);
    free_remotely(second);
    remote_post(other_);
    for (void *pointer : {first, second}) {
        EXPECT_WRITE_AFTER_FREE(
            {
                words(pointer)[1] ^= 1;
                remote_drain(owner_, ~0u);
            },
            pointer);
    }
}

// A link that is copied from another block, or points at a live block, does not pass.
TEST_F(RemoteDeathTest, AForgedLinkIsFoundByTheDrain) {
    void *first = take(64), *second = take(64), *live = take(64);
    free_remotely(first);
    free_remotely(second);
    remote_post(other_);
    uint64_t first_mask = words(first)[0]; // the last link: the mask itself
    EXPECT_WRITE_AFTER_FREE(
        {
            words(first)[0] = first_mask ^ reinterpret_cast<uint64_t>(live);
            remote_drain(owner_, ~0u);
        },
        live); // it has no key
    owner_.free(live);
}

} // namespace
