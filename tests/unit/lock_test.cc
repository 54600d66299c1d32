// SPDX-License-Identifier: MIT
#include "os/lock.h"

#include <atomic>

#include "support/clock.h"
#include "support/heap_fixture.h"

namespace {

// A lock that another thread holds until the object ends.
class HeldByAnother {
  public:
    explicit HeldByAnother(struct lock *lock)
        : thread_([this, lock] {
              EXPECT_TRUE(lock_lock(lock));
              held_ = true;
              while (!done_) std::this_thread::yield();
              lock_unlock(lock);
          }) {
        while (!held_) std::this_thread::yield();
    }
    ~HeldByAnother() {
        done_ = true;
        thread_.join();
    }

  private:
    std::atomic<bool> held_{false}, done_{false};
    std::thread thread_;
};

// Before main there is one thread, for which a lock needs no atomic operation.
struct {
    struct lock lock = {};
    bool taken = lock_lock(&lock), mine = lock_is_mine(&lock), again = lock_try_lock(&lock);
    bool let_go = (lock_unlock(&lock), lock_holder(&lock) == 0), later = lock_try_lock(&lock);
} of_one_thread;

TEST(LockTest, AProcessOfOneThreadHasLocksToo) {
    EXPECT_TRUE(of_one_thread.taken);
    EXPECT_TRUE(of_one_thread.mine);
    EXPECT_FALSE(of_one_thread.again);
    EXPECT_TRUE(of_one_thread.let_go);
    EXPECT_TRUE(of_one_thread.later);
    in_thread([] { EXPECT_FALSE(lock_try_lock(&of_one_thread.lock)) << "it is held since then"; });
}

TEST(LockTest, TryFailsWhileItIsHeld) {
    struct lock lock = {};
    EXPECT_TRUE(lock_try_lock(&lock));
    EXPECT_FALSE(lock_try_lock(&lock));
    in_thread([&] { EXPECT_FALSE(lock_try_lock(&lock)); });
    lock_unlock(&lock);
    EXPECT_TRUE(lock_try_lock(&lock));
    lock_unlock(&lock);
}

TEST(LockTest, KnowsItsHolder) {
    struct lock lock = {};
    EXPECT_FALSE(lock_is_mine(&lock));
    EXPECT_TRUE(lock_lock(&lock));
    EXPECT_TRUE(lock_is_mine(&lock));
    in_thread([&] { EXPECT_FALSE(lock_is_mine(&lock)); });
    lock_unlock(&lock);
    EXPECT_FALSE(lock_is_mine(&lock));
}

TEST(LockTest, OneThreadAtATime) {
    struct lock lock = {};
    uint64_t counter = 0; // not atomic: the lock alone keeps the sum right
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++) {
        threads.emplace_back([&] {
            for (int i = 0; i < 5000; i++) {
                EXPECT_TRUE(lock_lock(&lock));
                counter++;
                if (i % 100 == 0) std::this_thread::yield(); // make others wait and sleep
                lock_unlock(&lock);
            }
        });
    }
    for (std::thread &thread : threads) thread.join();
    EXPECT_EQ(counter, 20000u);
    EXPECT_EQ(atomic_u32_load(&lock.state), 0u);
}

TEST(LockTest, ASleeperIsWoken) {
    struct lock lock = {};
    EXPECT_TRUE(lock_lock(&lock));
    std::atomic<bool> through{false};
    std::thread waiter([&] {
        EXPECT_TRUE(lock_lock(&lock));
        through = true;
        lock_unlock(&lock);
    });
    while (!(atomic_u32_load(&lock.state) & 1)) std::this_thread::yield();
    EXPECT_FALSE(through);
    lock_unlock(&lock);
    waiter.join();
    EXPECT_TRUE(through);
}

TEST(LockTest, AThreadDoesNotGetWhatItHolds) {
    struct lock lock = {};
    EXPECT_TRUE(lock_lock(&lock));
    EXPECT_FALSE(lock_lock(&lock));
    EXPECT_TRUE(lock_is_out_of_reach(&lock));
    lock_unlock(&lock);
    EXPECT_FALSE(lock_is_out_of_reach(&lock));
    EXPECT_TRUE(lock_lock(&lock));
    lock_unlock(&lock);
}

TEST(LockTest, NobodyWaitsForOneThatStandsStillAfterOneDidInVain) {
    struct lock lock = {};
    {
        HeldByAnother other(&lock);
        lock_patience = 0; // a look of one that does not wait tells the others nothing
        EXPECT_FALSE(lock_lock(&lock));
        EXPECT_FALSE(lock_is_out_of_reach(&lock));
        lock_patience = 3;
        EXPECT_FALSE(lock_lock(&lock));
        EXPECT_TRUE(lock_is_out_of_reach(&lock));
        lock_patience = ~0u;
        EXPECT_FALSE(lock_lock(&lock)); // at once
    }
    EXPECT_FALSE(lock_is_out_of_reach(&lock));
    EXPECT_TRUE(lock_lock(&lock));
    lock_unlock(&lock);
    lock_patience = LOCK_PATIENCE_MS;
}

// The clock goes on while a thread waits for the lock with a patience of 30 ms; `meanwhile` is done
// before each of so many steps, unless it gives up before. True: it got the lock in the end.
template <class Meanwhile> bool is_waited_for(struct lock *lock, int steps, Meanwhile meanwhile) {
    TestClock clock;
    std::atomic<bool> got{false}, gave_up{false};
    EXPECT_TRUE(lock_lock(lock));
    std::thread waiter([&] {
        lock_patience = 30;
        got = lock_lock(lock);
        gave_up = !got;
        if (got) lock_unlock(lock);
    });
    while (!(atomic_u32_load(&lock->state) & 1)) std::this_thread::yield();
    for (int i = 0; i < steps && !gave_up; i++) {
        meanwhile();
        clock.advance(1000);
        for (uint64_t seen = clock.looks(); clock.looks() < seen + 2 && !gave_up;)
            std::this_thread::yield(); // it wakes and looks
    }
    if (atomic_u32_load(&lock->calls) % 2 != 0) lock_end_call(lock);
    lock_unlock(lock);
    waiter.join();
    return got;
}

TEST(LockTest, AHolderThatDoesNothingIsNotWaitedFor) {
    struct lock lock = {};
    EXPECT_FALSE(is_waited_for(&lock, 5000, [] {}));
}

// Memory of many pages goes back in one call.
TEST(LockTest, AHolderInACallIsWaitedForManyTimesAsLong) {
    struct lock lock = {};
    EXPECT_TRUE(is_waited_for(&lock, 20, [&] {
        if (atomic_u32_load(&lock.calls) == 0) lock_begin_call(&lock);
    }));
}

TEST(LockTest, AHolderThatMakesCallsDoesNotStandStill) {
    struct lock lock = {};
    EXPECT_TRUE(is_waited_for(&lock, 20, [&] {
        lock_begin_call(&lock);
        lock_end_call(&lock);
    }));
}

// As by SIGSTOP and SIGCONT, or a debugger: the clock goes on meanwhile, and the waiter comes
// first.
TEST(LockTest, WhileTheProcessIsStoppedNobodyWaits) {
    struct lock lock = {};
    TestClock clock;
    EXPECT_TRUE(lock_lock(&lock));
    std::thread waiter([&] {
        lock_patience = 30;
        EXPECT_TRUE(lock_lock(&lock));
        lock_unlock(&lock);
    });
    while (!(atomic_u32_load(&lock.state) & 1)) std::this_thread::yield();
    clock.advance(60000);
    for (uint64_t seen = clock.looks(); clock.looks() < seen + 2;)
        std::this_thread::yield(); // it wakes and looks
    lock_unlock(&lock);
    waiter.join();
}

TEST(LockTest, AnOpenLockNeedsNoMending) {
    struct lock lock = {};
    EXPECT_FALSE(lock_mend(&lock, lock_self()));
    EXPECT_TRUE(lock_try_lock(&lock));
    lock_unlock(&lock);
}

TEST(LockTest, TheChildOpensALockWhoseHolderIsGone) {
    struct lock lock = {};
    HeldByAnother other(&lock);
    EXPECT_TRUE(in_child([&] {
        bool mended = lock_mend(&lock, lock_self());
        bool open = lock_try_lock(&lock);
        return mended && open && lock_is_mine(&lock);
    }));
    EXPECT_FALSE(lock_try_lock(&lock)); // the parent's is as it was
}

// Where a signal came in the middle of a call, and its handler forked.
TEST(LockTest, TheChildIsInNoCall) {
    struct lock lock = {};
    EXPECT_TRUE(lock_lock(&lock));
    lock_begin_call(&lock);
    EXPECT_TRUE(in_child([&] {
        bool kept = !lock_mend(&lock, lock_self()) && atomic_u32_load(&lock.calls) % 2 == 0;
        lock_end_call(&lock);
        return kept && atomic_u32_load(&lock.calls) % 2 == 0;
    }));
    lock_end_call(&lock);
    lock_unlock(&lock);
}

TEST(LockTest, TheChildKeepsALockThatItHoldsItself) {
    struct lock lock = {};
    EXPECT_TRUE(lock_lock(&lock));
    EXPECT_TRUE(in_child([&] {
        bool left_alone =
            !lock_mend(&lock, lock_self()) && lock_is_mine(&lock) && !lock_try_lock(&lock);
        lock_unlock(&lock);
        return left_alone && lock_try_lock(&lock);
    }));
    lock_unlock(&lock);
}

} // namespace
