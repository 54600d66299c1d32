// SPDX-License-Identifier: MIT
// The child of a fork whose first use of the allocator is in a thread that it starts.
#include <atomic>
#include <chrono>
#include <poolalloc.h>

#include "support/heap_fixture.h"

namespace {

#if !defined(__SANITIZE_THREAD__) // which does not support threads in the child of threads
using ForkThreadTest = HeapTest;

// The new thread has the stack and thread-local storage of one that is gone, and so its address as
// the holder of the lock.
TEST_F(ForkThreadTest, ANewThreadIsNotTakenForTheOneThatHeldTheLock) {
    std::atomic<bool> inside{false}, done{false};
    std::thread other([&] {
        EXPECT_TRUE(space_lock());
        inside = true;
        while (!done) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        space_unlock();
    });
    while (!inside) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_TRUE(in_child([] {
        bool worked = false;
        std::thread([&] {
            void *block = poolalloc_malloc(100000);
            worked = block != nullptr;
            poolalloc_free(block);
        }).join();
        return worked;
    }));
    done = true;
    other.join();
}
#endif

} // namespace
