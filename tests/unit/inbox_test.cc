// SPDX-License-Identifier: MIT
#include "heap/inbox.h"

#include "heap/token.h"
#include "support/clock.h"
#include "support/heap_fixture.h"

namespace {

class InboxTest : public HeapTest {
  protected:
    void TearDown() override {
        inbox_set_state(heap_, HEAP_IN_USE);
        message_give_all(sender_);
        HeapTest::TearDown();
    }
    struct message *post() {
        struct message *message = message_take(sender_);
        answer_ = inbox_post_message(heap_, message);
        return message;
    }
    void give(struct message *message) { message_give(sender_, message); }
    static uint64_t item(struct message *message) { return reinterpret_cast<uintptr_t>(message); }

    TestClock clock_;
    TestHeap heap_, sender_;
    enum inbox_answer answer_ = INBOX_POSTED;
};

TEST_F(InboxTest, WhatCameLastIsTakenFirst) {
    EXPECT_TRUE(inbox_is_empty(heap_));
    struct message *first = post(), *second = post();
    EXPECT_FALSE(inbox_is_empty(heap_));
    EXPECT_TRUE(inbox_calls(heap_));
    uint64_t at = inbox_take_own(heap_);
    EXPECT_TRUE(inbox_is_empty(heap_));
    EXPECT_EQ(at, item(second));
    EXPECT_EQ(inbox_message(at), second);
    at = inbox_next(at);
    EXPECT_EQ(at, item(first));
    EXPECT_EQ(inbox_next(at), 0u);
    give(first);
    give(second);
}

TEST_F(InboxTest, WhatIsPutBackComesBeforeWhatIsThere) {
    struct message *first = post();
    uint64_t taken = inbox_take_own(heap_);
    struct message *second = post();
    inbox_put_back(heap_, taken);
    uint64_t at = inbox_take_own(heap_);
    EXPECT_EQ(at, item(first));
    EXPECT_EQ(inbox_next(at), item(second));
    give(first);
    give(second);
}

TEST_F(InboxTest, APoolIsAnItemWithItsTokenAndMayWaitInAnySleepersInbox) {
    void *block = heap_.take(100);
    struct pool *pool = pool_at(block);
    ASSERT_TRUE(token_try(pool));
    inbox_set_state(heap_, HEAP_ASLEEP);
    EXPECT_NE(inbox_post_pool(heap_, pool, 1), INBOX_REFUSED);
    struct message *message = post();
    EXPECT_EQ(answer_, INBOX_REFUSED);
    give(message);
    uint64_t at = inbox_take_own(heap_);
    EXPECT_TRUE(at & INBOX_POOL);
    EXPECT_EQ(inbox_pool(at), pool);
    EXPECT_EQ(inbox_next(at), 0u);
    token_let_go(pool);
    heap_.free(block);
}

TEST_F(InboxTest, NobodyPostsToAnOrphan) {
    inbox_set_state(heap_, HEAP_ORPHAN);
    give(post());
    EXPECT_EQ(answer_, INBOX_REFUSED);
    EXPECT_TRUE(inbox_is_empty(heap_));
}

TEST_F(InboxTest, WhoPostsToAParkedHeapHoldsIt) {
    inbox_set_state(heap_, HEAP_BUSY);
    EXPECT_TRUE(inbox_park(heap_));
    struct message *message = post();
    EXPECT_EQ(answer_, INBOX_HELD);
    EXPECT_FALSE(inbox_claim(heap_, HEAP_IN_USE)); // it is busy
    EXPECT_FALSE(inbox_park(heap_));               // and something came in
    EXPECT_EQ(inbox_take(heap_), item(message));
    EXPECT_TRUE(inbox_park(heap_));
    EXPECT_TRUE(inbox_claim(heap_, HEAP_IN_USE));
    give(message);
}

TEST_F(InboxTest, WhoTakesAnothersItemsLeavesHimAsleep) {
    EXPECT_EQ(inbox_take_others(heap_), 0u);
    struct message *message = post();
    EXPECT_EQ(inbox_take_others(heap_), item(message));
    struct message *refused = post();
    EXPECT_EQ(answer_, INBOX_REFUSED);
    inbox_take_own(heap_);
    struct message *again = post();
    EXPECT_EQ(answer_, INBOX_POSTED);
    inbox_take_own(heap_);
    for (struct message *each : {message, refused, again}) give(each);
}

TEST_F(InboxTest, AnOwnerIsLateWhenMuchHasWaitedForLong) {
    std::vector<struct message *> all;
    for (int i = 0; i <= INBOX_BACKLOG; i++) all.push_back(post());
    EXPECT_EQ(answer_, INBOX_POSTED);
    clock_.advance(INBOX_PATIENCE_MS);
    all.push_back(post());
    EXPECT_EQ(answer_, INBOX_LATE);
    inbox_take_own(heap_);
    all.push_back(post());
    EXPECT_EQ(answer_, INBOX_POSTED);
    inbox_take_own(heap_);
    for (struct message *message : all) give(message);
}

} // namespace
