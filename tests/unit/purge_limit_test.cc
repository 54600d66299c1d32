// SPDX-License-Identifier: MIT
// purge_set_limit: what is idle under a limit of memory.
#include "heap/purge.h"

#include "heap/run.h"
#include "os/options.h"
#include "support/clock.h"
#include "support/heap_fixture.h"

namespace {

constexpr size_t LEAST = MIB; // idle bytes that every process may have
constexpr size_t BLOCK = MIB;

class PurgeLimitTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        options.purge_delay = 1000 * 1000 * 1000; // by age nothing goes
        for (int i = 0; i < 40; i++) {            // what earlier tests taught fades
            SpaceLock lock;
            clock_.advance(5000);
            purge_step();
        }
        limit(SIZE_MAX);
        SpaceLock lock;
        purge_all(0);
        space_unmap_free();
    }
    void TearDown() override {
        limit(SIZE_MAX);
        drop(runs_.size());
        HeapTest::TearDown();
    }
    static void limit(size_t bytes) {
        SpaceLock lock;
        purge_set_limit(bytes);
    }
    void hold(size_t blocks) {
        for (size_t i = 0; i < blocks; i++) {
            void *run = run_allocate(BLOCK, ALIGN, false, RUN_ANYWHERE);
            ASSERT_NE(run, nullptr);
            memset(run, 1, BLOCK);
            runs_.push_back(run);
        }
    }
    void drop(size_t blocks) {
        for (size_t i = 0; i < blocks; i++) {
            ASSERT_TRUE(run_free(block_at(runs_.back()).large));
            runs_.pop_back();
        }
    }
    static size_t used() { return purge_in_use() * POOL_SIZE; }
    static size_t idle() {
        SpaceLock lock;
        return purge_idle() * POOL_SIZE;
    }
    static bool allows(size_t bytes) {
        SpaceLock lock;
        return purge_allows(bytes / POOL_SIZE);
    }

    TestClock clock_;
    std::vector<void *> runs_;
};

TEST_F(PurgeLimitTest, WithoutOneIdleMemoryFollowsWhatIsInUse) {
    hold(100);
    EXPECT_TRUE(allows(LEAST + 20 * MIB));
    EXPECT_FALSE(allows(LEAST + used() / 4 + MIB));
}

TEST_F(PurgeLimitTest, AQuarterOfTheLimitMayBeIdle) {
    hold(100);
    limit(200 * MIB);
    EXPECT_TRUE(allows(LEAST + 20 * MIB)) << "which is less";
    limit(140 * MIB);
    EXPECT_FALSE(allows(LEAST + 35 * MIB));
}

TEST_F(PurgeLimitTest, NoMoreThanWhatIsInUseLeaves) {
    hold(100);
    size_t most = 128 * MIB - 16 * MIB; // an eighth is for what is not counted
    limit(128 * MIB);
    EXPECT_TRUE(allows(LEAST + most - used()));
    EXPECT_FALSE(allows(LEAST + most - used() + 4096));
    limit(64 * MIB);
    EXPECT_TRUE(allows(LEAST));
    EXPECT_FALSE(allows(LEAST + 4096)) << "more than the limit is in use";
}

// What was idle gives way though nothing is freed: the process grows by memory that the idle pages
// do not serve.
TEST_F(PurgeLimitTest, IdleMemoryGivesWayToGrowth) {
    hold(100);
    size_t before = used();
    limit(before + 40 * MIB);
    drop(15);
    ASSERT_GT(idle(), 10 * MIB);
    size_t large = 30 * MIB; // longer than any free range
    void *run = run_allocate(large, ALIGN, false, RUN_ANYWHERE);
    ASSERT_NE(run, nullptr);
    EXPECT_LE(used() + idle(), before + 40 * MIB);
    EXPECT_TRUE(run_free(block_at(run).large));
}

TEST_F(PurgeLimitTest, WhatTheProgramAsksToKeepStays) {
    limit(16 * MIB);
    options.purge_keep = 64 * MIB;
    EXPECT_TRUE(allows(60 * MIB));
}

} // namespace
