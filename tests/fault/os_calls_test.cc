// SPDX-License-Identifier: MIT
// Each kind of system call fails: the n-th, from the n-th on, and at random. Requests may return
// NULL; contents hold, nothing is lost, and when the system is well again so is the allocator.
#include <atomic>
#include <mutex>
#include <poolalloc.h>

#include "heap/heap.h"
#include "os/options.h"
#include "support/heap_fixture.h"
#include "support/memory.h"
#include "support/os_faults.h"
#include "support/workload.h"

namespace {

constexpr int STEPS = 250;
constexpr uint64_t FIRST_CALLS = 24; // calls that are refused one by one

std::string label(enum os_call call, const char *what, uint64_t n) {
    return std::string(os_call_name(call)) + " refused " + what + " " + std::to_string(n);
}

class OsCallsTest : public HeapTest, public testing::WithParamInterface<uint64_t> {
  protected:
    // With GetParam() large requests are mappings between guard pages.
    void SetUp() override {
        HeapTest::SetUp();
        options.large_direct = GetParam();
        options.purge_delay = 0;
        run_workload(1); // so that metadata are there
        unaccounted_ = unaccounted();
    }
    static void run_workload(uint64_t seed) {
        Workload workload(seed);
        workload.run(STEPS);
        EXPECT_EQ(workload.error(), "");
    }
    // Address space that is neither ours nor was there before: what refused calls may have lost.
    static size_t unaccounted() {
        poolalloc_trim(0);
        struct census census = census_now();
        return memory_address_space() - census.mapped_bytes - census.metadata_bytes;
    }
    // Everything that was taken comes back, all figures agree, and it works.
    void expect_recovery(const std::string &what, bool may_lose_address_space) {
        SCOPED_TRACE(what);
        poolalloc_trim(0);
        poolalloc_check();
        struct census census = census_now();
        ASSERT_EQ(census.used_blocks, 0u);
        ASSERT_EQ(census.used_bytes, 0u);
        ASSERT_EQ(census.direct_blocks, 0u);
        ASSERT_EQ(census.touched_bytes, 0u);
        size_t arenas = 0;
        for (struct window *window = window_first(); window != nullptr; window = window->next)
            for (const struct arena &arena : window->arena) arenas += arena.kind != ARENA_NONE;
        // What could not be unmapped and holds no whole arena is lost, and counted as mapped.
        ASSERT_GE(census.mapped_bytes, arenas * ARENA_SIZE + lost_);
        size_t lost = census.mapped_bytes - arenas * ARENA_SIZE;
        if (!may_lose_address_space) {
            ASSERT_EQ(lost, lost_);
        }
        lost_ = lost;
        Workload workload(2);
        workload.run(40);
        ASSERT_EQ(workload.error(), "");
        ASSERT_EQ(workload.failures(), 0u);
        workload.release_all();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // which map as they like
        size_t now = unaccounted();
        if (!may_lose_address_space) {
            ASSERT_LE(now, unaccounted_ + MIB);
        }
        unaccounted_ = now;
#else
        (void)may_lose_address_space;
#endif
    }
    size_t unaccounted_ = 0;
    static inline size_t lost_; // since the program began
};

TEST_P(OsCallsTest, OneCallOfEachKindFails) {
    CallSet seen = 0;
    for (int kind = 0; kind < OS_CALLS; kind++) {
        enum os_call call = static_cast<enum os_call>(kind);
        uint64_t asked = 1;
        for (uint64_t n = 0; n < FIRST_CALLS && n < asked; n++) {
            {
                OsFaults faults = OsFaults::nth(only(call), n);
                run_workload(3 + n % 3);
                asked = OsFaults::asked();
                if (OsFaults::refused() > 0) seen |= only(call);
            }
            expect_recovery(label(call, "once, after", n), call == OS_UNMAP);
            if (HasFatalFailure()) return;
        }
    }
    CallSet in_mode = GetParam() ? 0 : only(OS_RESIZE); // what is guarded moves
    EXPECT_EQ(seen, only(OS_MAP) | only(OS_UNMAP) | only(OS_PURGE) | in_mode);
}

TEST_P(OsCallsTest, AMappingCanNeitherGrowNorMove) {
    uint64_t refused = 0;
    for (uint64_t seed = 3; seed < 9; seed++) {
        OsFaults faults = OsFaults::from(only(OS_RESIZE), 0);
        run_workload(seed);
        refused += OsFaults::refused();
    }
    EXPECT_GE(refused, 1u);
    expect_recovery("no resize", false);
}

TEST_P(OsCallsTest, AllCallsOfAKindFailFromOneOn) {
    for (int kind = 0; kind < OS_CALLS; kind++) {
        enum os_call call = static_cast<enum os_call>(kind);
        for (uint64_t n : {0, 1, 2, 3, 5, 8, 13, 21}) {
            {
                OsFaults faults = OsFaults::from(only(call), n);
                run_workload(5);
            }
            expect_recovery(label(call, "always, after", n), call == OS_UNMAP);
            if (HasFatalFailure()) return;
        }
    }
}

TEST_P(OsCallsTest, AllCallsFailFromOneOn) {
    for (uint64_t n = 0; n < 40; n += 3) {
        {
            OsFaults faults = OsFaults::from(ALL_CALLS, n);
            run_workload(6);
        }
        expect_recovery("everything refused after " + std::to_string(n), true);
        if (HasFatalFailure()) return;
    }
}

TEST_P(OsCallsTest, CallsFailAtRandom) {
    for (uint64_t round = 0; round < 8; round++) {
        {
            OsFaults faults = OsFaults::at_random(ALL_CALLS, 10, test_seed() + round);
            run_workload(test_seed() + round);
            EXPECT_GT(OsFaults::refused(), 0u);
        }
        expect_recovery("10 % refused, round " + std::to_string(round), true);
        if (HasFatalFailure()) return;
    }
}

// Threads pass blocks on, so that remote frees, parked heaps and borrowing take part.
TEST_P(OsCallsTest, CallsFailAtRandomUnderThreads) {
    std::mutex mutex;
    std::vector<Workload::Block> passed_on;
    for (uint64_t round = 0; round < 3; round++) {
        {
            OsFaults faults = OsFaults::at_random(ALL_CALLS, 10, test_seed() + round);
            std::vector<std::thread> threads;
            for (uint64_t t = 0; t < 3; t++) {
                threads.emplace_back([&, t] {
                    Workload workload(test_seed() + round * 10 + t);
                    for (int part = 0; part < 5; part++) {
                        workload.run(STEPS / 3);
                        std::lock_guard<std::mutex> lock(mutex);
                        workload.adopt(passed_on);
                        passed_on = workload.give(15);
                    }
                    workload.release_all();
                    EXPECT_EQ(workload.error(), "");
                });
            }
            for (std::thread &thread : threads) thread.join();
            Workload last(1);
            last.adopt(passed_on);
            passed_on.clear();
        }
        expect_recovery("10 % refused under threads, round " + std::to_string(round), true);
        if (HasFatalFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(Cached, OsCallsTest, testing::Values(0));
INSTANTIATE_TEST_SUITE_P(Direct, OsCallsTest, testing::Values(1));

} // namespace
