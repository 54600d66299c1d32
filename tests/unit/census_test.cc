// SPDX-License-Identifier: MIT
#include "heap/census.h"

#include <atomic>
#include <csignal>
#include <poolalloc.h>

#include "heap/direct.h"
#include "heap/thread_heap.h"
#include "os/options.h"
#include "support/heap_fixture.h"

namespace {

using CensusTest = HeapTest;
using CensusDeathTest = HeapTest;

TEST_F(CensusTest, BlocksOfEveryClassAreCountedExactly) {
    std::vector<void *> blocks;
    size_t bytes = 0;
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        for (unsigned i = 0; i < 3 + c % 5; i++) {
            blocks.push_back(c == PAGE_CLASS ? poolalloc_aligned_alloc(POOL_SIZE, POOL_SIZE)
                                             : poolalloc_malloc(size_classes[c - 1].stride + 1));
            bytes += size_classes[c].stride;
        }
        struct census census = census_now();
        ASSERT_EQ(census.class_blocks[c], 3 + c % 5) << c;
        ASSERT_EQ(census.used_blocks, blocks.size());
        ASSERT_EQ(census.used_bytes, bytes);
    }
    while (!blocks.empty()) {
        bytes -= block_at(blocks.back()).usable;
        poolalloc_free(blocks.back());
        blocks.pop_back();
        ASSERT_EQ(census_now().used_bytes, bytes);
        ASSERT_EQ(census_now().used_blocks, blocks.size());
    }
}

TEST_F(CensusTest, HoldersAreCounted) {
    struct census start = census_now();
    EXPECT_EQ(start.pools + start.span_pools + start.runs + start.direct_blocks, 0u);
    EXPECT_EQ(start.arenas, 0u);
    std::vector<void *> blocks = {poolalloc_malloc(16),        poolalloc_malloc(16),
                                  poolalloc_malloc(32),        poolalloc_malloc(60000),
                                  poolalloc_malloc(300 * KIB), poolalloc_malloc(40 * MIB)};
    struct census census = census_now();
    EXPECT_EQ(census.pools, 2u);
    EXPECT_EQ(census.span_pools, 1u); // the one in which the block starts
    EXPECT_EQ(census.runs, 1u);
    EXPECT_EQ(census.direct_blocks, 1u);
    EXPECT_EQ(census.direct_bytes, 40 * MIB);
    EXPECT_GE(census.arenas, 2u); // of pools and of runs
    EXPECT_LE(census.arenas, 4u);
    EXPECT_EQ(census.used_blocks, 6u);
    EXPECT_EQ(census.used_bytes, 2 * 16 + 32 + block_at(blocks[3]).usable + 300 * KIB + 40 * MIB);
    for (void *block : blocks) poolalloc_free(block);
}

TEST_F(CensusTest, FreeBlocksOfPoolsAreTheOthers) {
    for (unsigned c = 1; c < CLASS_COUNT - 1; c++) {
        std::vector<void *> blocks;
        for (unsigned i = 0; i < size_classes[c].capacity + 1u; i++)
            blocks.push_back(poolalloc_malloc(size_classes[c - 1].stride + 1));
        struct census census = census_now();
        ASSERT_EQ(census.class_free[c], size_classes[c].capacity - 1u) << c;
        ASSERT_EQ(census_free_blocks(&census), size_classes[c].capacity - 1u) << c;
        for (void *block : blocks) poolalloc_free(block);
        poolalloc_trim(0);
        ASSERT_EQ(census_now().class_free[c], 0u) << c;
    }
}

TEST_F(CensusTest, FreeRunsAndWhatOfThemIsTouched) {
    struct census before = census_now();
    EXPECT_EQ(before.releasable_bytes, 0u);
    options.purge_delay = PURGE_NEVER;
    std::vector<void *> extents;
    for (int i = 0; i < 5; i++) {
        extents.push_back(poolalloc_malloc(ARENA_SIZE));
        memset(extents.back(), 1, ARENA_SIZE);
    }
    size_t touched = 0;
    for (int i : {1, 3}) {
        poolalloc_free(extents[i]);
        touched += ARENA_SIZE;
        EXPECT_EQ(census_now().releasable_bytes, touched);
    }
    for (int i : {0, 2, 4}) poolalloc_free(extents[i]);
    struct census after = census_now();
    EXPECT_EQ(after.releasable_bytes, 5 * size_t(ARENA_SIZE));
    EXPECT_LE(after.free_runs, before.free_runs + 1);
    EXPECT_EQ(after.arena_bytes, after.mapped_bytes);
    poolalloc_trim(0);
    EXPECT_EQ(census_now().releasable_bytes, 0u);
}

TEST_F(CensusTest, BytesAddUp) {
    std::vector<void *> blocks;
    for (size_t size = 1; size < 60 * MIB; size *= 3) blocks.push_back(poolalloc_malloc(size));
    for (size_t i = 0; i < blocks.size(); i += 2) poolalloc_free(blocks[i]);
    struct census census = census_now();
    EXPECT_LE(census.used_bytes, census.touched_bytes);
    EXPECT_LE(census.touched_bytes, census.mapped_bytes);
    EXPECT_LE(census.mapped_bytes, census.mapped_peak);
    EXPECT_GT(census.metadata_bytes, 0u);
    for (size_t i = 1; i < blocks.size(); i += 2) poolalloc_free(blocks[i]);
    struct census later = census_now();
    EXPECT_EQ(later.mapped_peak, census.mapped_peak);
    EXPECT_LT(later.used_bytes, census.used_bytes);
}

TEST_F(CensusTest, AMappingThatBecameArenasIsFreeMemoryThatIsStillThere) {
    void *other = poolalloc_malloc(160 * MIB);
    void *block = direct_allocate(4 * MIB, ARENA_SIZE);
    struct census live = census_now();
    poolalloc_free(block);
    struct census kept = census_now();
    EXPECT_EQ(live.used_bytes - kept.used_bytes, 4 * MIB);
    EXPECT_EQ(live.direct_bytes - kept.direct_bytes, 4 * MIB);
    EXPECT_EQ(kept.touched_bytes, live.touched_bytes);
    EXPECT_EQ(kept.mapped_bytes, live.mapped_bytes);
    poolalloc_trim(0);
    EXPECT_EQ(census_now().touched_bytes, live.touched_bytes - 4 * MIB);
    poolalloc_free(other);
}

TEST_F(CensusTest, ThePeakStays) {
    size_t before = census_now().mapped_peak;
    void *block = poolalloc_malloc(before + 50 * MIB);
    size_t peak = census_now().mapped_peak;
    EXPECT_GE(peak, before + 50 * MIB);
    poolalloc_free(block);
    poolalloc_trim(0);
    EXPECT_EQ(census_now().mapped_peak, peak);
    EXPECT_LT(census_now().mapped_bytes, peak - 40 * MIB);
}

TEST_F(CensusTest, OtherThreadsBlocksAreCounted) {
    size_t heaps = census_now().heaps;
    std::atomic<int> step{0};
    std::thread other([&] {
        void *block = poolalloc_malloc(100);
        step = 1;
        while (step < 2) std::this_thread::yield();
        poolalloc_free(block);
    });
    while (step < 1) std::this_thread::yield();
    EXPECT_EQ(census_now().used_blocks, 1u);
    EXPECT_EQ(census_now().heaps, heaps + 1);
    step = 2;
    other.join();
    EXPECT_EQ(census_now().used_blocks, 0u);
    EXPECT_EQ(census_now().heaps, heaps);
}

TEST_F(CensusTest, WithoutCountingHeapsTheServedAreUnknown) {
    EXPECT_FALSE(census_now().served_is_known);
}

TEST_F(CensusTest, PurgesAreCounted) {
    size_t before = census_now().purges;
    void *block = poolalloc_malloc(300 * KIB);
    memset(block, 1, 300 * KIB);
    poolalloc_free(block);
    poolalloc_trim(0);
    EXPECT_GT(census_now().purges, before);
}

// A census takes the lock once itself.
TEST_F(CensusTest, TakingsOfTheLockAreCounted) {
    size_t before = census_now().lock_takings;
    EXPECT_EQ(census_now().lock_takings, before + 1);
    ASSERT_TRUE(space_lock());
    EXPECT_FALSE(space_try_lock());
    space_unlock();
    ASSERT_TRUE(space_try_lock());
    space_unlock();
    EXPECT_EQ(census_now().lock_takings, before + 4);
}

// ---- The checker sees what it should ----

#define EXPECT_FOUND(damage)                                                                       \
    EXPECT_EXIT(                                                                                   \
        {                                                                                          \
            damage;                                                                                \
            census_check();                                                                        \
        },                                                                                         \
        testing::KilledBySignal(SIGABRT), "^poolalloc: internal error: .*\n$")

TEST_F(CensusDeathTest, TheCheckFindsDamage) {
    void *small = poolalloc_malloc(16), *large = poolalloc_malloc(300 * KIB);
    struct block block = block_at(small);
    struct arena *arena = window_arena_at(block.address);
    ASSERT_EQ(arena->kind, ARENA_OF_POOLS);
    uintptr_t after = reinterpret_cast<uintptr_t>(large) + block_at(large).usable;
    struct arena *of_runs = window_arena_at(after);
    struct range *range = &window_record_at(after)->range;
    {
        SpaceLock lock;
        ASSERT_GT(range_pages_at(after), 0u);
    }
    struct pool *unused =
        &window_record_at(arena->base + bit_lowest(arena->free) * uintptr_t(POOL_SIZE))->pool;
    census_check();
    EXPECT_FOUND(arena->rank++);
    EXPECT_FOUND(arena->free ^= uint64_t(1) << 63);
    EXPECT_FOUND(arena->free |= uint64_t(1) << (window_pool_index(block.address) & 63));
    EXPECT_FOUND(arena->young = ~arena->free);
    EXPECT_FOUND(atomic_u64_store(&unused->tag, 1));
    EXPECT_FOUND(atomic_u64_store(&unused->live[1], 1));
    EXPECT_FOUND(arena->touched ^= arena->free);
    EXPECT_FOUND(arena->refault = ~arena->free);
    EXPECT_FOUND(range->pages++);
    EXPECT_FOUND(range->touched ^= 1);
    EXPECT_FOUND(link_remove(&range->link));
    EXPECT_FOUND(of_runs->free ^= uint64_t(1) << (window_pool_index(after) & 63));
    EXPECT_FOUND(of_runs->kind = ARENA_OF_POOLS);
    poolalloc_free(small);
    poolalloc_free(large);
}

} // namespace
