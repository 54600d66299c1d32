// SPDX-License-Identifier: MIT
#include "heap/allocate.h"

#include <algorithm>
#include <atomic>
#include <poolalloc.h>
#include <unistd.h>

#include "heap/purge.h"
#include "heap/remote.h"
#include "os/options.h"
#include "os/os.h"
#include "support/clock.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

class AllocateTest : public HeapTest {
  protected:
    // Sizes around every limit.
    static std::vector<size_t> sizes() {
        std::vector<size_t> sizes;
        for (size_t size = 0; size <= 1100; size++) sizes.push_back(size);
        for (size_t order = 11; order <= 26; order++)
            for (long off : {-1, 0, 1, 999}) sizes.push_back((size_t(1) << order) + size_t(off));
        return sizes;
    }
    static void mark(void *pointer, size_t size, int byte) {
        memset(pointer, byte, size_min(size, 4096));
        memset(at(pointer, size - size_min(size, 64)), byte, size_min(size, 64));
    }
    static bool is_marked(void *pointer, size_t size, int byte) {
        return is_all(pointer, byte, size_min(size, 4096)) &&
               is_all(at(pointer, size - size_min(size, 64)), byte, size_min(size, 64));
    }
    static void free(void *pointer) {
        struct block block = block_at(pointer);
        deallocate_block(&block);
    }
};

TEST_F(AllocateTest, EverySizeGetsABlockThatHoldsItAndNobodyElses) {
    std::vector<std::pair<void *, size_t>> blocks;
    for (size_t size : sizes()) {
        void *block = allocate(size);
        ASSERT_NE(block, nullptr) << size;
        ASSERT_GE(block_at(block).usable, size);
        ASSERT_EQ(reinterpret_cast<uintptr_t>(block) % ALIGN, 0u);
        mark(block, size, int(blocks.size() % 251));
        blocks.push_back({block, size});
    }
    census_check();
    for (size_t i = 0; i < blocks.size(); i++)
        ASSERT_TRUE(is_marked(blocks[i].first, blocks[i].second, int(i % 251))) << blocks[i].second;
    for (auto &block : blocks) deallocate(block.first);
    EXPECT_EQ(census_now().used_blocks, 0u);
}

TEST_F(AllocateTest, RoomToGrowTakesNoSmallBlockAboveTheLimitOfLargeDirect) {
    options.large_direct = true;
    for (size_t usable = ALIGN; usable < SMALL_MAX; usable += ALIGN) {
        void *block = poolalloc_realloc(poolalloc_malloc(usable), usable + 1);
        EXPECT_EQ(block_at(block).kind, TAG_HEAP) << usable;
        poolalloc_free_sized(block, usable + 1);
    }
    options.large_direct = false;
}

TEST_F(AllocateTest, EveryAlignmentAndSize) {
    for (size_t alignment = 1; alignment <= 64 * MIB; alignment *= 2) {
        std::vector<void *> blocks;
        for (size_t size : {0, 1, 8, 24, 100, 512, 513, 4096, 5000, 65536, 65537, 300000}) {
            void *block = allocate_aligned(alignment, size);
            ASSERT_NE(block, nullptr) << alignment << " " << size;
            ASSERT_EQ(reinterpret_cast<uintptr_t>(block) % alignment, 0u) << size;
            ASSERT_GE(block_at(block).usable, size);
            mark(block, size, 1);
            blocks.push_back(block);
        }
        for (void *block : blocks) deallocate(block);
    }
}

TEST_F(AllocateTest, SizesBeyondAnyAreRefused) {
    for (size_t size : {size_t(PTRDIFF_MAX) + 1, SIZE_MAX, SIZE_MAX - 4096, SIZE_MAX / 2 + 100}) {
        EXPECT_EQ(allocate(size), nullptr);
        EXPECT_EQ(allocate_zeroed(size), nullptr);
        EXPECT_EQ(allocate_growing(0, size), nullptr);
        EXPECT_EQ(allocate_aligned(64, size), nullptr);
        EXPECT_EQ(allocate_aligned(MIB, size), nullptr);
    }
    EXPECT_EQ(allocate_aligned(size_t(1) << 63, 1), nullptr);
    EXPECT_EQ(allocate_aligned(size_t(1) << 62, size_t(1) << 62), nullptr);
}

// What no address space has: caches of all kinds stay as they are, and few calls are made.
TEST_F(AllocateTest, ARequestThatReliefCannotServeDisturbsNothing) {
    const size_t huge = size_t(1) << 50;
    free(allocate(40 * MIB));
    free(allocate(MIB));
    void *block = allocate(64);
    free(block);
    auto requests = {
        std::function<void *()>([] { return allocate(huge); }),
        std::function<void *()>([] { return allocate_zeroed(huge); }),
        std::function<void *()>([] { return allocate_aligned(huge, 64); }),
        std::function<void *()>([] { return allocate_aligned(MIB, huge); }),
        std::function<void *()>([] { return allocate_growing(0, huge); }),
    };
    struct census before = census_now();
    for (auto &request : requests) {
        OsFaults none = OsFaults::from(ALL_CALLS, UINT64_MAX);
        EXPECT_EQ(request(), nullptr);
        EXPECT_LE(OsFaults::asked(), 3u);
    }
    struct census after = census_now();
    EXPECT_EQ(after.touched_bytes, before.touched_bytes);
    EXPECT_EQ(after.mapped_bytes, before.mapped_bytes);
    EXPECT_EQ(magazine_pop(&thread_heap->top[size_class_of(64)]), block);
    free(block);
}

TEST_F(AllocateTest, ASmallRequestIsRefusedWithFewCalls) {
    std::vector<void *> blocks;
    OsFaults faults = OsFaults::from(only(OS_MAP), 0);
    while (void *block = allocate(64)) blocks.push_back(block);
    for (int i = 0; i < 3; i++) {
        uint64_t before = OsFaults::asked();
        EXPECT_EQ(allocate(64), nullptr);
        EXPECT_LE(OsFaults::asked() - before, 4u);
    }
    for (void *block : blocks) deallocate(block);
}

// Blocks at hand and free ranges, each too little by itself.
TEST_F(AllocateTest, AllThatIsHeldMayMakeUpForWhatIsMissing) {
    std::vector<void *> blocks;
    for (int i = 0; i < 20000; i++) blocks.push_back(allocate(512));
    for (void *block : blocks) deallocate(block);
    void *cached = allocate(32 * MIB);
    free(cached);
    {
        OsFaults faults = OsFaults::between(only(OS_MAP), 0, 1); // then there is room
        void *block = allocate(64 * MIB);
        ASSERT_NE(block, nullptr);
        deallocate(block);
    }
}

TEST_F(AllocateTest, ZeroedBlocksAreZeroInNewAndInUsedMemory) {
    for (int round = 0; round < 3; round++) {
        std::vector<std::pair<void *, size_t>> blocks;
        for (size_t size = 1; size < 50 * MIB; size = size * 5 / 3 + 1) {
            for (int i = 0; i < (size < 100000 ? 20 : 1); i++) {
                void *block = allocate_zeroed(size);
                ASSERT_NE(block, nullptr);
                ASSERT_TRUE(is_all(block, 0, size)) << size << " in round " << round;
                memset(block, 0x5a, size);
                blocks.push_back({block, size});
            }
        }
        for (auto &block : blocks) deallocate(block.first);
    }
}

TEST_F(AllocateTest, LargeBlocksAreResizedWhereTheyAre) {
    char *run = at(allocate(300 * KIB));
    memset(run, 0x5a, 300 * KIB);
    struct block block = block_at(run);
    EXPECT_EQ(allocate_resize(&block, 100 * KIB), run);
    EXPECT_EQ(block_at(run).usable, 100 * KIB);
    block = block_at(run);
    EXPECT_EQ(allocate_resize(&block, size_t(PTRDIFF_MAX) + 1), nullptr);
    EXPECT_TRUE(is_all(run, 0x5a, 100 * KIB));
    deallocate(run);
}

TEST_F(AllocateTest, TheLimitOfDirectMappingsCanBeMoved) {
    allocate_direct_min = 200 * KIB;
    void *run = allocate(200 * KIB - 1), *direct = allocate(200 * KIB);
    EXPECT_EQ(block_at(run).kind, TAG_RUN);
    EXPECT_EQ(block_at(direct).kind, TAG_DIRECT);
    deallocate(run);
    deallocate(direct);
}

TEST_F(AllocateTest, WithLargeDirectEveryLargeRequestIsAMapping) {
    options.large_direct = 1;
    void *small = allocate(512), *large = allocate(513), *aligned = allocate_aligned(1024, 700);
    EXPECT_EQ(block_at(small).kind, TAG_HEAP);
    EXPECT_EQ(block_at(large).kind, TAG_DIRECT);
    EXPECT_EQ(block_at(aligned).kind, TAG_DIRECT);
    void *zeroed = allocate_zeroed(5000);
    EXPECT_EQ(block_at(zeroed).kind, TAG_DIRECT);
    for (void *block : {small, large, aligned, zeroed}) deallocate(block);
}

// ---- What happens now and then ----

TEST_F(AllocateTest, APollTakesInWhatOthersFreed) {
    void *block = allocate(100);
    in_thread([&] { poolalloc_free(block); });
    EXPECT_EQ(fault_at(block), BLOCK_LIVE);
    allocate_poll(thread_heap);
    EXPECT_EQ(fault_at(block), BLOCK_FREED);
}

TEST_F(AllocateTest, FreesAloneLeadToAPoll) {
    std::vector<void *> blocks;
    for (unsigned i = 0; i <= HEAP_POLL_FREES; i++) blocks.push_back(allocate(100 + i % 400));
    void *block = allocate(600);
    in_thread([&] { poolalloc_free(block); });
    for (void *mine : blocks) deallocate(mine);
    EXPECT_NE(fault_at(block), BLOCK_LIVE); // its span may be gone, too
}

TEST_F(AllocateTest, APollPurgesWhatIsDue) {
    TestClock clock;
    options.purge_delay = 20;
    char *run = at(allocate(MIB));
    memset(run, 1, MIB);
    deallocate(run);
    EXPECT_EQ(resident_pages(run, MIB), MIB / PAGE);
    for (int look = 0; look < 100 && resident_pages(run, MIB) > 0; look++) {
        clock.advance(1000); // what waits since before this test comes first, 16 MiB a time
        allocate_poll(thread_heap);
    }
    EXPECT_EQ(resident_pages(run, MIB), 0u);
}

TEST_F(AllocateTest, TrimGivesBackAllThatIsFree) {
    std::vector<void *> blocks;
    for (size_t size : sizes()) {
        void *block = allocate(size);
        mark(block, size, 1);
        blocks.push_back(block);
    }
    in_thread([&] {
        for (int i = 0; i < 1000; i++) blocks.push_back(poolalloc_malloc(500));
    });
    void *kept = allocate(100);
    for (void *block : blocks) deallocate(block);
    EXPECT_GT(census_now().touched_bytes, MIB);
    EXPECT_TRUE(allocate_trim(0));
    EXPECT_EQ(census_now().touched_bytes, size_t(POOL_SIZE)); // the pool of the live block
    EXPECT_EQ(census_now().direct_bytes, 0u);
    EXPECT_FALSE(allocate_trim(0)); // nothing is left
    deallocate(kept);
}

TEST_F(AllocateTest, OtherThreadsTakePartInATrimAtTheirNextSlowPath) {
    std::atomic<int> step{0};
    struct heap *heap = nullptr;
    std::thread other([&] {
        std::vector<void *> blocks;
        for (int i = 0; i < 500; i++) blocks.push_back(poolalloc_malloc(500));
        for (void *block : blocks) poolalloc_free(block);
        heap = thread_heap;
        step = 1;
        while (step < 2) std::this_thread::yield();
        poolalloc_free(poolalloc_malloc(100000));
        step = 3;
        while (step < 4) std::this_thread::yield();
    });
    while (step < 1) std::this_thread::yield();
    EXPECT_GT(heap->empty_count, 0u);
    allocate_trim(0);
    step = 2;
    while (step < 3) std::this_thread::yield();
    EXPECT_EQ(heap->empty_count, 0u);
    EXPECT_EQ(heap->reserve.pools, 0u);
    step = 4;
    other.join();
}

// ---- Out of memory ----

bool unmapped;
// Refuses as a limit on address space does: there is room once something was unmapped.
bool refuse_maps_until_unmap(enum os_call call) {
    unmapped |= call == OS_UNMAP;
    return call == OS_MAP && !unmapped;
}

// Together they would be long enough.
TEST_F(AllocateTest, FreeArenasAreGivenUpForARequestThatNeedsRoom) {
    {
        SpaceLock lock;
        space_unmap_free(); // what earlier tests left may be long enough
    }
    options.purge_delay = PURGE_NEVER; // what is freed becomes arenas rather than to go
    void *one = allocate(60 * MIB), *between = allocate(60 * MIB), *other = allocate(60 * MIB);
    deallocate(one);
    deallocate(other);
    unmapped = false;
    os_fault_for_test = refuse_maps_until_unmap;
    void *block = allocate(100 * MIB);
    EXPECT_NE(block, nullptr);
    EXPECT_TRUE(unmapped);
    os_fault_for_test = nullptr;
    deallocate(block);
    deallocate(between);
}

TEST_F(AllocateTest, AVeryLargeBlockTakesMemoryThatIsThere) {
    options.purge_delay = PURGE_NEVER;
    {
        SpaceLock lock;
        space_unmap_free();
    }
    char *pointer = at(allocate_aligned(ARENA_SIZE, 80 * MIB));
    EXPECT_EQ(block_at(pointer).kind, TAG_DIRECT);
    memset(pointer, 0x5a, MIB);
    deallocate(pointer);
    char *again = at(allocate(60 * MIB));
    EXPECT_EQ(block_at(again).kind, TAG_RUN) << "rather than a mapping of its own";
    EXPECT_TRUE(is_all(again, 0x5a, MIB));
    void *other = allocate(60 * MIB);
    EXPECT_EQ(block_at(other).kind, TAG_DIRECT);
    deallocate(again);
    deallocate(other);
}

// It is copied few times, while what grows by steps is moved by the kernel.
TEST_F(AllocateTest, ABlockThatDoublesTakesMemoryThatIsThere) {
    options.purge_delay = PURGE_NEVER;
    {
        SpaceLock lock;
        space_unmap_free();
    }
    deallocate(allocate(8 * MIB));
    void *doubled = allocate_growing(MIB, 2 * MIB);
    EXPECT_EQ(block_at(doubled).kind, TAG_RUN);
    void *stepped = allocate_growing(2 * MIB, 2 * MIB + 4096);
    EXPECT_EQ(block_at(stepped).kind, TAG_DIRECT);
    void *without = allocate_growing(8 * MIB, 16 * MIB);
    EXPECT_EQ(block_at(without).kind, TAG_DIRECT) << "no such range has memory behind it";
    for (void *block : {doubled, stepped, without}) deallocate(block);
}

TEST_F(AllocateTest, FreedSmallMemoryServesLargeRequestsWhenThereIsNoOther) {
    {
        SpaceLock lock;
        space_unmap_free();
    }
    std::vector<void *> blocks = {allocate(500)}, large;
    os_fault_for_test = refuse<OS_MAP>;
    while (void *block = allocate(500)) blocks.push_back(block);
    size_t arenas = census_now().arenas;
    EXPECT_GE(arenas, 1u);
    for (void *block : blocks) deallocate(block);
    while (void *block = allocate(200 * KIB)) large.push_back(block);
    EXPECT_GE(large.size() + 1, arenas); // the pools that a heap keeps may hold one
    os_fault_for_test = nullptr;
    for (void *block : large) deallocate(block);
}

TEST_F(AllocateTest, WhatAHeapHasAtHandGoesBackOncePerPurgeDelay) {
    struct heap *heap = thread_heap_get();
    struct round **top = &heap->top[size_class_of(100)];
    deallocate(allocate(100));
    heap->flush_due = 1;
    options.purge_delay = PURGE_NEVER;
    deallocate_poll(nullptr);
    EXPECT_NE((*top)->block, 0u);
    options.purge_delay = 1000;
    deallocate_poll(nullptr);
    EXPECT_EQ((*top)->block, 0u);
    EXPECT_EQ(heap->empty_count, 0u);
    deallocate(allocate(100));
    deallocate_poll(nullptr); // not due again
    EXPECT_NE((*top)->block, 0u);
}

TEST_F(AllocateTest, AnAlignedBlockIsNotTakenFromAClassAbove) {
    void *above = allocate(9000), *aligned = nullptr;
    atomic_u32_store(&thread_heap_get()->frees_to_poll, HEAP_POLL_FREES); // it stays at hand
    deallocate(above);
    aligned = allocate_aligned(4096, 8192);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(aligned) % 4096, 0u);
    EXPECT_EQ(block_at(aligned).class_index, size_class_aligned(8192, 4096));
    deallocate(aligned);
}

TEST_F(AllocateTest, ANewHeapHasNothingToLetGoOf) {
    struct heap *heap = thread_heap_get();
    heap->flush_due = 0; // as made
    deallocate(allocate(100));
    deallocate_poll(nullptr);
    EXPECT_NE(heap->top[size_class_of(100)]->block, 0u);
    EXPECT_GT(heap->flush_due, os_clock_ms());
}

// Two threads that free a block at once both find it live.
TEST_F(AllocateTest, OfTwoFreesThatBothFoundALargeBlockOneFails) {
    for (size_t size : {100 * KIB, 40 * MIB}) {
        poolalloc_trim(0);
        void *pointer = allocate(size);
        struct block first = block_at(pointer), second = first;
        deallocate_block(&first);
        EXPECT_DEATH(deallocate_block(&second), "^poolalloc: double free of ");
    }
}

TEST_F(AllocateTest, AfterRunningOutEverythingWorksAgain) {
    os_fault_for_test = refuse<OS_MAP>;
    std::vector<void *> blocks;
    for (size_t size : {size_t(64), size_t(3000), size_t(100000), 40 * MIB})
        while (void *block = allocate(size)) blocks.push_back(block);
    census_check();
    EXPECT_EQ(allocate_zeroed(64), nullptr);
    EXPECT_EQ(allocate_aligned(256, 64), nullptr);
    os_fault_for_test = nullptr;
    for (size_t size : {size_t(64), size_t(3000), size_t(100000), 40 * MIB}) {
        blocks.push_back(allocate(size));
        EXPECT_NE(blocks.back(), nullptr) << size;
    }
    for (void *block : blocks) deallocate(block);
}

// Kept for reuse, purged by amount, asked for again: at most as much address space again, and
// memory for the pages alone that are written.
TEST_F(AllocateTest, MappingsThatAreReplacedForEverTakeNoMoreAndMore) {
    const size_t held = 10;
    char *blocks[held] = {};
    size_t before = census_now().mapped_bytes, resident = 0;
    for (size_t i = 0; i < 600; i++) {
        size_t size = (33 + i % 50) * MIB;
        deallocate(blocks[i % held]);
        char *block = blocks[i % held] = static_cast<char *>(allocate_slow(size));
        ASSERT_NE(block, nullptr);
        block[0] = block[size - 1] = 1;
        resident = std::max(resident, resident_pages(block, size));
    }
    EXPECT_LE(census_now().mapped_bytes - before, 3 * held * 82 * MIB);
    EXPECT_LE(resident, MIB / PAGE);
    for (char *block : blocks) deallocate(block);
}

} // namespace
