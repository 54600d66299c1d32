// SPDX-License-Identifier: MIT
#include "heap/message.h"

#include <set>

#include "os/os.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

class MessageTest : public HeapTest {
  protected:
    void TearDown() override {
        message_give_all(heap_);
        message_give_all(other_);
        HeapTest::TearDown();
    }
    TestHeap heap_, other_;
};

TEST_F(MessageTest, MessagesAreEmptyDistinctAndNoMemoryOfThePrograms) {
    std::set<struct message *> taken;
    for (int i = 0; i < 300; i++) {
        struct message *message = message_take(heap_);
        ASSERT_NE(message, nullptr);
        ASSERT_EQ(atomic_u64_load(&message->count), 0u);
        ASSERT_EQ(fault_at(message), BLOCK_FOREIGN);
        memset(static_cast<void *>(message), 0x5a, sizeof *message);
        taken.insert(message);
    }
    EXPECT_EQ(taken.size(), 300u);
    EXPECT_GE(message_bytes(), 300 * sizeof(struct message));
    EXPECT_EQ(census_now().used_blocks, 0u);
    for (struct message *message : taken) message_give(heap_, message);
}

// Each lies in a mapping of its own, and somewhere that ends.
TEST_F(MessageTest, WhatLiesAroundMessagesIsOutOfReach) {
    struct message *message = message_take(heap_);
    const char *page =
        reinterpret_cast<const char *>(align_down(reinterpret_cast<uintptr_t>(message), PAGE));
    const char *first = page, *end = page;
    while (is_accessible(first - 1)) first -= PAGE;
    while (is_accessible(end)) end += PAGE;
    EXPECT_LE(end - first, ptrdiff_t(64 * KIB));
    EXPECT_FALSE(is_accessible(first - OS_FENCE));
    EXPECT_FALSE(is_accessible(end + OS_FENCE - 1));
    message_give(heap_, message);
}

TEST_F(MessageTest, AHeapKeepsAFewAndTheOthersServeEverybody) {
    std::set<struct message *> taken;
    for (int i = 0; i < 100; i++) taken.insert(message_take(heap_));
    for (struct message *message : taken) {
        message_give(heap_, message);
        ASSERT_LE(heap_->message_count, 8u);
    }
    size_t bytes = message_bytes();
    message_give_all(heap_);
    EXPECT_EQ(heap_->message_count, 0u);
    EXPECT_EQ(heap_->messages, nullptr);
    std::vector<struct message *> again;
    for (int i = 0; i < 100; i++) again.push_back(message_take(other_));
    for (struct message *message : again) EXPECT_EQ(taken.count(message), 1u);
    EXPECT_EQ(message_bytes(), bytes);
    for (struct message *message : again) message_give(other_, message);
}

TEST_F(MessageTest, SheetsWhoseMessagesAreEmptyGoButOne) {
    size_t before = message_bytes();
    std::vector<struct message *> all;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5000; i++) all.push_back(message_take(heap_));
        EXPECT_GE(message_bytes(), 5000 * sizeof(struct message));
        for (struct message *message : all) message_give(other_, message);
        all.clear();
        message_give_all(other_);
        message_give_all(heap_);
        EXPECT_LE(message_bytes(), before + MESSAGE_SHEET + 2 * OS_FENCE);
    }
}

// A sheet is unmapped only when the last of its messages is given back.
TEST_F(MessageTest, AMessageInUseKeepsItsSheet) {
    std::vector<struct message *> all;
    for (int i = 0; i < 1000; i++) all.push_back(message_take(heap_));
    std::vector<struct message *> kept;
    for (size_t i = 0; i < all.size(); i++)
        if (i % 100 == 99)
            kept.push_back(all[i]);
        else
            message_give(other_, all[i]);
    message_give_all(other_);
    for (struct message *message : kept) {
        memset(static_cast<void *>(message), 0x5a, sizeof *message);
        message_give(other_, message);
    }
}

TEST_F(MessageTest, TheLastOneGivenIsTheNextOneTaken) {
    struct message *message = message_take(heap_);
    message_give(heap_, message);
    EXPECT_EQ(message_take(heap_), message);
    message_give(heap_, message);
}

TEST_F(MessageTest, WithoutMemoryThereIsNoneAndLaterThereIs) {
    os_fault_for_test = refuse<OS_MAP>;
    std::vector<struct message *> all;
    while (struct message *message = message_take(heap_)) all.push_back(message);
    EXPECT_EQ(message_take(other_), nullptr);
    os_fault_for_test = nullptr;
    all.push_back(message_take(other_));
    EXPECT_NE(all.back(), nullptr);
    for (struct message *message : all) message_give(heap_, message);
}

} // namespace
