// SPDX-License-Identifier: MIT
// In children, as a thread that was begun is begun in every child of its process.
#include "malloc/purge_thread.h"

#include "support/heap_fixture.h"

namespace {

using PurgeThreadTest = HeapTest;

TEST_F(PurgeThreadTest, ItIsStoppedOnceAndCanGoOn) {
    EXPECT_TRUE(in_child([] {
        if (purge_thread_stop()) return false; // there is none yet
        purge_thread_begin();
        if (!purge_thread_stop() || purge_thread_stop()) return false;
        purge_thread_resume();
        return purge_thread_stop();
    }));
}

#if !defined(__SANITIZE_THREAD__) // which does not support threads in the child of threads
TEST_F(PurgeThreadTest, AChildOfItsProcessHasOneOfItsOwn) {
    EXPECT_TRUE(in_child([] {
        purge_thread_begin();
        bool in_grandchild = in_child([] { return purge_thread_stop(); });
        return in_grandchild && purge_thread_stop();
    }));
}
#endif

} // namespace
