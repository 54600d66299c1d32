// SPDX-License-Identifier: MIT
#include "object/store.h"

#include <atomic>

#include "heap/purge.h"
#include "object/ledger.h"
#include "os/options.h"
#include "os/os.h"
#include "support/clock.h"
#include "support/object_fixture.h"

namespace {

class StoreTest : public GroundTest {
  protected:
    void TearDown() override {
        store_close(&store_);
        GroundTest::TearDown();
    }
    struct store store_ = {};
};

TEST_F(StoreTest, TakesMemoryOfEverySizeWithALedger) {
    std::vector<std::pair<uintptr_t, size_t>> taken;
    for (size_t bytes = 1; bytes < 3 * MIB; bytes = bytes * 3 / 2 + 1) {
        uintptr_t base = store_take(&store_, bytes);
        ASSERT_NE(base, 0u);
        EXPECT_EQ(base % POOL_SIZE, 0u);
        EXPECT_TRUE(ledger_covers(base));
        memset(reinterpret_cast<void *>(base), 1, bytes);
        taken.push_back({base, bytes});
    }
    for (auto &t : taken) store_return(&store_, t.first, t.second);
}

TEST_F(StoreTest, KeepsSomeEmptyPoolsAndReturnsTheRest) {
    std::vector<uintptr_t> pools;
    for (int i = 0; i < 1000; i++) pools.push_back(store_take(&store_, POOL_SIZE));
    for (uintptr_t pool : pools) store_return(&store_, pool, POOL_SIZE);
    EXPECT_LE(store_.empty_count, unsigned(STORE_EMPTY_POOLS));
    EXPECT_EQ(store_take(&store_, POOL_SIZE), pools.back()); // the latest first
    store_return(&store_, pools.back(), POOL_SIZE);
}

TEST_F(StoreTest, WithoutMemoryNothingIsTaken) {
    for (size_t bytes : {size_t(POOL_SIZE), size_t(20000), 5 * MIB}) {
        store_close(&store_);
        {
            SpaceLock lock;
            space_unmap_free();
        }
        os_fault_for_test = [](enum os_call) { return true; };
        EXPECT_EQ(store_take(&store_, bytes), 0u);
        os_fault_for_test = nullptr;
    }
}

TEST_F(StoreTest, NullLeadsToALedgerOfItsOwn) {
    store_return(&store_, store_take(&store_, 1), 1);
    ASSERT_NE(ledger_of(0), nullptr);
    EXPECT_EQ(*ledger_count(nullptr), 1u);
    EXPECT_FALSE(ledger_covers(0));
}

TEST_F(StoreTest, AddressesThatShareThePlaceOfNullAreKnown) {
    const uintptr_t far = uintptr_t(5) << 42; // a multiple of 4 TiB that nobody maps
    SpaceLock lock;
    ASSERT_TRUE(ledger_reserve(far + POOL_SIZE));
    EXPECT_TRUE(ledger_covers(far));
    EXPECT_FALSE(ledger_covers(0));
    EXPECT_FALSE(ledger_reserve(2 * far)); // taken once
    EXPECT_EQ(*ledger_count(nullptr), 1u);
    EXPECT_EQ(ledger_count(reinterpret_cast<void *>(far)), ledger_count(nullptr));
    EXPECT_TRUE(ledger_is_of_null(far));
    EXPECT_FALSE(ledger_is_of_null(far + POOL_SIZE));
    EXPECT_NE(ledger_pool(reinterpret_cast<void *>(far + POOL_SIZE)), ledger_pool(nullptr));
}

TEST_F(StoreTest, TheLedgerOfAFreeArenaGoesBack) {
    std::vector<uintptr_t> pools;
    for (int i = 0; i < 20 * ARENA_POOLS; i++) {
        pools.push_back(store_take(&store_, POOL_SIZE));
        void *pool = reinterpret_cast<void *>(pools.back());
        memset(ledger_count(pool), 1, POOL_GRANULES * sizeof(uint32_t));
    }
    auto counts_resident = [&pools] {
        size_t count = 0;
        for (uintptr_t pool : pools)
            count += resident_pages(
                reinterpret_cast<void *>(align_down(
                    reinterpret_cast<uintptr_t>(ledger_count(reinterpret_cast<void *>(pool))),
                    PAGE)),
                1);
        return count;
    };
    EXPECT_EQ(counts_resident(), pools.size());
    for (uintptr_t pool : pools) store_return(&store_, pool, POOL_SIZE);
    store_close(&store_);
    {
        SpaceLock lock;
        purge_all(0);
    }
    // What stays are counts of arenas that others are in, and of those at the ends of free ranges.
    EXPECT_LE(counts_resident(), size_t(4 * ARENA_POOLS));
    EXPECT_NE(counts_resident(), pools.size());
}

// Every allocation of a heap's life refused in turn: nothing is lost, and what works works on.
TEST_F(StoreTest, AHeapThatRunsOutOfMemorySaysSoAndLosesNothing) {
    static int left;
    for (int allowed = 0; allowed < 16; allowed++) {
        {
            SpaceLock lock;
            space_unmap_free();
        }
        left = allowed;
        os_fault_for_test = [](enum os_call call) { return call == OS_MAP && left-- <= 0; };
        malloc_fault_for_test = [] { return left-- <= 0; };
        poolobj_heap *heap = poolobj_heap_new();
        poolobj_typespec spec = {};
        spec.name = "large";
        spec.size = 16;
        spec.flags = POOLOBJ_ITEMS_ARE_REFS;
        poolobj_type *type = heap != nullptr ? poolobj_type_new(heap, &spec) : nullptr;
        for (size_t n = 1; type != nullptr && n < 1000000; n *= 10) {
            void *object = poolobj_new_items(type, n);
            if (object == nullptr) {
                EXPECT_EQ(errno, ENOMEM);
                break;
            }
            poolobj_heap_check(heap);
        }
        os_fault_for_test = nullptr;
        malloc_fault_for_test = nullptr;
        if (heap != nullptr) poolobj_heap_close(heap);
    }
}

// Where malloc has no more, what is free here may be what it lacks.
TEST_F(StoreTest, FreeAddressSpaceGoesBeforeATableIsRefused) {
    store_return(&store_, store_take(&store_, 10 * MIB), 10 * MIB);
    poolobj_memory_figures before, after;
    store_figures(&before);
    static int refusals;
    refusals = 1;
    malloc_fault_for_test = [] { return refusals-- > 0; };
    void *block = store_allocate(100);
    EXPECT_NE(block, nullptr);
    store_figures(&after);
    EXPECT_LE(after.mapped + 10 * MIB, before.mapped);
    store_free(block);
}

TEST_F(StoreTest, FiguresSayWhatIsInUseAndWhatIsFree) {
    poolobj_memory_figures before, full, empty;
    store_figures(&before);
    uintptr_t base = store_take(&store_, 20 * POOL_SIZE);
    memset(reinterpret_cast<void *>(base), 1, 20 * POOL_SIZE);
    store_figures(&full);
    EXPECT_EQ(full.in_use, before.in_use + 20 * POOL_SIZE);
    EXPECT_GT(full.metadata, 0u);
    store_return(&store_, base, 20 * POOL_SIZE);
    store_figures(&empty);
    EXPECT_EQ(empty.in_use, before.in_use);
    EXPECT_EQ(empty.idle, before.idle + 20 * POOL_SIZE);
    EXPECT_TRUE(store_trim(0));
    EXPECT_FALSE(store_trim(0));
    store_figures(&empty);
    EXPECT_EQ(empty.idle, 0u);
}

TEST_F(StoreTest, WhatIsFreeForLongGoesBackWhenCalled) {
    TestClock clock;
    store_return(&store_, store_take(&store_, 20 * POOL_SIZE), 20 * POOL_SIZE);
    EXPECT_GT(purge_idle(), 0u);
    for (int i = 0; i < 3; i++) {
        clock.advance(options.purge_delay);
        store_poll();
    }
    EXPECT_EQ(purge_idle(), 0u);
}

// Whoever returns pools is in the middle of something else, a step of the collector for one.
TEST_F(StoreTest, FewPagesGoBackAtOnce) {
    std::vector<uintptr_t> pools;
    for (int i = 0; i < 4096; i++) pools.push_back(store_take(&store_, POOL_SIZE));
    size_t most = 0;
    for (uintptr_t pool : pools) {
        size_t before = purge_idle();
        store_return(&store_, pool, POOL_SIZE);
        if (purge_idle() < before) most = std::max(most, before - purge_idle());
    }
    EXPECT_GT(most, 0u);
    EXPECT_LE(most, size_t(ARENA_POOLS));
    EXPECT_LE(purge_idle(), pools.size() / 4) << "what is idle got less all the time";
}

TEST_F(StoreTest, WhatIsFreeForLongGoesBackByArenas) {
    TestClock clock;
    const size_t arena = ARENA_POOLS * POOL_SIZE;
    std::vector<uintptr_t> arenas;
    for (int i = 0; i < 3; i++) arenas.push_back(store_take(&store_, arena));
    for (uintptr_t base : arenas) store_return(&store_, base, arena);
    for (int i = 0; i < 100 && purge_idle() > 0; i++) {
        size_t before = purge_idle();
        clock.advance(options.purge_delay);
        store_poll();
        EXPECT_LE(before - purge_idle(), size_t(ARENA_POOLS));
    }
    EXPECT_EQ(purge_idle(), 0u);
}

// The child of a fork at a moment when another thread holds the lock.
TEST_F(StoreTest, AChildMendsWhatAnotherThreadLeftInTheMiddle) {
    uintptr_t base = store_take(&store_, POOL_SIZE);
    std::atomic<bool> held{false}, done{false};
    std::thread other([&] {
        SpaceLock lock;
        held = true;
        while (!done) std::this_thread::yield();
    });
    while (!held) std::this_thread::yield();
    EXPECT_TRUE(in_child([&] {
        poolobj_heap *heap = poolobj_heap_new();
        if (heap == nullptr) return false;
        poolobj_heap_close(heap);
        check_ground();
        return true;
    }));
    done = true;
    other.join();
    store_return(&store_, base, POOL_SIZE);
}

} // namespace
