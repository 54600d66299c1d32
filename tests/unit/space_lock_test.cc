// SPDX-License-Identifier: MIT
#include "heap/space_lock.h"

#include "support/heap_fixture.h"

namespace {

using SpaceLockTest = HeapTest;

TEST_F(SpaceLockTest, IsHeldByTheThreadThatTookIt) {
    EXPECT_FALSE(space_lock_is_held());
    ASSERT_TRUE(space_lock());
    EXPECT_TRUE(space_lock_is_held());
    in_thread([] {
        EXPECT_FALSE(space_lock_is_held());
        EXPECT_FALSE(space_try_lock());
    });
    space_unlock();
    EXPECT_FALSE(space_lock_is_held());
}

// A signal handler that has interrupted its holder must not wait for it.
TEST_F(SpaceLockTest, IsOutOfReachOfItsHolder) {
    EXPECT_FALSE(space_lock_is_out_of_reach());
    ASSERT_TRUE(space_lock());
    EXPECT_TRUE(space_lock_is_out_of_reach());
    EXPECT_FALSE(space_lock());
    EXPECT_FALSE(space_try_lock());
    space_unlock();
    ASSERT_TRUE(space_try_lock());
    space_unlock();
}

TEST_F(SpaceLockTest, ItsTakingsAreCounted) {
    uint64_t before = space_lock_takings();
    ASSERT_TRUE(space_lock());
    space_unlock();
    EXPECT_EQ(space_lock_takings(), before + 1);
}

// The thread that held it does not exist there.
TEST_F(SpaceLockTest, AChildOfAForkFindsItOpenWhoeverHeldIt) {
    std::atomic<int> step{0};
    std::thread holder([&step] {
        ASSERT_TRUE(space_lock());
        step = 1;
        while (step == 1) std::this_thread::yield();
        space_unlock();
    });
    while (step == 0) std::this_thread::yield();
    EXPECT_TRUE(in_child([] {
        space_lock_notice_fork();
        bool taken = space_lock();
        if (taken) space_unlock();
        return taken;
    }));
    step = 2;
    holder.join();
}

} // namespace
