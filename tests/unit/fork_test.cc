// SPDX-License-Identifier: MIT
// The child of a fork while other threads were inside the allocator. tests/fork has the same from
// outside; here each lock is known to be held.
#include <atomic>
#include <chrono>
#include <poolalloc.h>

#include "heap/allocate.h"
#include "heap/remote.h"
#include "support/heap_fixture.h"

namespace {

// A thread that is inside something while the test forks.
class Busy {
  public:
    Busy(const std::function<void()> &enter, const std::function<void()> &leave)
        : thread_([this, enter, leave] {
              enter();
              inside_ = true;
              while (!done_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
              leave();
          }) {
        while (!inside_) std::this_thread::yield();
    }
    ~Busy() {
        done_ = true;
        thread_.join();
    }

  private:
    std::atomic<bool> inside_{false}, done_{false};
    std::thread thread_;
};

// What a child does with its allocator; false if anything is wrong.
bool use_everything() {
    struct rng random = {7};
    std::vector<std::pair<unsigned char *, size_t>> blocks;
    for (int i = 0; i < 2000; i++) {
        size_t size = rng_size(&random, i % 100 == 0 ? 40 * MIB : 100000);
        unsigned char *block = static_cast<unsigned char *>(poolalloc_malloc(size));
        if (block == nullptr) return false;
        if (size > 0) block[0] = block[size - 1] = static_cast<unsigned char>(i);
        blocks.push_back({block, size});
    }
    for (int i = 0; i < 2000; i++) {
        auto &block = blocks[size_t(i)];
        if (block.second > 1 && block.first[0] != static_cast<unsigned char>(i)) return false;
        poolalloc_free(block.first);
    }
    poolalloc_check();
    poolalloc_trim(0);
    poolalloc_check();
    return true;
}

class ForkTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        for (size_t size : {size_t(10), size_t(500), size_t(5000), size_t(300 * KIB), 33 * MIB}) {
            blocks_.push_back(poolalloc_malloc(size));
            memset(blocks_.back(), 0x5a, 10);
        }
        in_thread([&] { foreign_ = poolalloc_malloc(200); }); // of a parked heap
    }
    void TearDown() override {
        for (void *block : blocks_) poolalloc_free(block);
        poolalloc_free(foreign_);
        HeapTest::TearDown();
    }
    // The parent's blocks are the child's too.
    bool child_works() {
        for (void *block : blocks_)
            if (!is_all(block, 0x5a, 10)) return false;
        if (!use_everything()) return false;
        for (void *block : blocks_) poolalloc_free(block);
        poolalloc_free(foreign_);
        return use_everything();
    }
    std::vector<void *> blocks_;
    void *foreign_ = nullptr;
};

TEST_F(ForkTest, TheChildOfOneThreadWorksOn) {
    EXPECT_TRUE(in_child([this] { return child_works() && census_now().used_blocks == 0; }));
}

TEST_F(ForkTest, TheChildWorksWhileTheSpaceLockWasHeld) {
    Busy other(space_lock, space_unlock);
    EXPECT_TRUE(in_child([this] { return child_works(); }));
}

TEST_F(ForkTest, TheChildWorksWhileTheSharedHeapWasInUse) {
    Busy other([] { thread_heap_enter_shared(); }, thread_heap_leave_shared);
    EXPECT_TRUE(in_child([this] {
        if (!child_works()) return false;
        struct heap *shared = thread_heap_enter_shared(); // would wait for ever
        thread_heap_leave_shared();
        return shared != nullptr;
    }));
}

// The lists are damaged as by a thread that was in the middle of changing them.
TEST_F(ForkTest, ListsThatWereBeingChangedAreMadeAnew) {
    struct arena *arena = window_arena_at(reinterpret_cast<uintptr_t>(blocks_[0]));
    struct link before = arena->link;
    Busy other(
        [&] {
            EXPECT_TRUE(space_lock());
            arena->link.next = arena->link.prev = nullptr;
        },
        [&] {
            arena->link = before;
            space_unlock();
        });
    EXPECT_TRUE(in_child([this] { return child_works(); }));
}

TEST_F(ForkTest, BlocksOfThreadsThatAreGoneCanBeFreed) {
    std::vector<void *> blocks;
    Busy other(
        [&] {
            for (size_t size = 1; size < 60000; size += 777)
                blocks.push_back(poolalloc_malloc(size));
        },
        [&] {
            for (void *block : blocks) poolalloc_free(block);
        });
    struct heap *owner = block_at(blocks[0]).heap;
    EXPECT_TRUE(in_child([&] {
        for (void *block : blocks) poolalloc_free(block);
        remote_post(thread_heap);
        bool works = use_everything();
        return works && heap_state(owner) == HEAP_PARKED && thread_heap_count() == 1;
    }));
    EXPECT_EQ(heap_state(owner), HEAP_IN_USE);
}

#if !defined(__SANITIZE_THREAD__) // which does not support threads in the child of threads
TEST_F(ForkTest, TheChildMayStartThreads) {
    Busy other(space_lock, space_unlock);
    EXPECT_TRUE(in_child([this] {
        bool worked = false;
        std::thread([&] { worked = use_everything(); }).join();
        return worked && child_works();
    }));
}
#endif

TEST_F(ForkTest, AGrandchildWorksToo) {
    Busy other(space_lock, space_unlock);
    EXPECT_TRUE(in_child([this] {
        void *block = poolalloc_malloc(10);
        return in_child([&] {
                   poolalloc_free(block);
                   return child_works();
               }) &&
               child_works();
    }));
}

} // namespace
