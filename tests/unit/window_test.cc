// SPDX-License-Identifier: MIT
#include "heap/window.h"

#include <sys/mman.h>

#include "os/os.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

constexpr uintptr_t SPAN = uintptr_t(1) << WINDOW_SHIFT;
constexpr uintptr_t SHARED = SPAN * WINDOW_SLOTS; // addresses so far apart share a slot

class WindowTest : public HeapTest {
  protected:
    // An address range that nobody maps, with empty slots. Windows stay for good, so each call
    // gives another one.
    static uintptr_t unused_range() {
        static uintptr_t next = 17 * SPAN;
        while (slot(next) != 0 || slot(next + SPAN) != 0) next += SPAN;
        uintptr_t range = next;
        next += 2 * SPAN;
        return range;
    }
    static uint64_t slot(uintptr_t address) {
        return atomic_u64_load(&window_table.distance[(address >> WINDOW_SHIFT) % WINDOW_SLOTS]);
    }
    static bool reserve(uintptr_t address, size_t size) {
        SpaceLock lock;
        return window_reserve(address, size);
    }
    static size_t window_count() {
        size_t count = 0;
        for (struct window *at = window_first(); at != nullptr; at = at->next) count++;
        return count;
    }
};

TEST_F(WindowTest, ThereIsNoneWhereNothingWasReserved) {
    uintptr_t range = unused_range();
    EXPECT_EQ(window_at(range), nullptr);
    EXPECT_EQ(window_arena_at(range), nullptr);
    EXPECT_EQ(window_look_up(range), &window_table.nowhere[window_pool_index(range)].pool);
}

TEST_F(WindowTest, ReservingMakesExactlyTheWindowsOfTheRange) {
    uintptr_t range = unused_range();
    size_t before = window_count(), bytes = window_bytes();
    ASSERT_TRUE(reserve(range + SPAN - POOL_SIZE, 2 * POOL_SIZE)); // across the boundary
    EXPECT_EQ(window_count(), before + 2);
    EXPECT_GE(window_bytes(), bytes + 2 * sizeof(struct window));
    for (uintptr_t base : {range, range + SPAN}) {
        struct window *window = window_at(base);
        ASSERT_NE(window, nullptr);
        EXPECT_EQ(window->base, base);
        EXPECT_EQ(window_at(base + SPAN - 1), window);
        EXPECT_EQ(window_look_up(base + POOL_SIZE), &window->record[1].pool);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(window) % WINDOW_ALIGNMENT, 0u);
    }
    EXPECT_NE(window_at(range), window_at(range + SPAN));
    ASSERT_TRUE(reserve(range, 2 * SPAN)); // again: nothing new
    EXPECT_EQ(window_count(), before + 2);
}

// Windows between the chunks would cut their free ranges.
TEST_F(WindowTest, WindowsLieSideBySide) {
    if (PLACES_ARE_TAKEN) GTEST_SKIP() << "the sanitizer has most places";
    for (int i = 0; i < 2; i++) ASSERT_TRUE(reserve(unused_range(), 2 * SPAN));
    const char *newest = reinterpret_cast<char *>(window_first());
    EXPECT_EQ(newest + WINDOW_STRIDE, reinterpret_cast<char *>(window_first()->next));
    TestHeap heap;
    void *block = heap.take(64);
    ptrdiff_t distance = static_cast<char *>(block) - newest;
    EXPECT_GT(std::abs(distance), ptrdiff_t(1) << 32);
    heap.free(block);
}

TEST_F(WindowTest, WindowsGoOnBeyondWhatIsInTheWay) {
    ASSERT_TRUE(reserve(unused_range(), 2 * SPAN));
    char *place = reinterpret_cast<char *>(window_first()) - WINDOW_STRIDE;
    void *obstacle = mmap(place, WINDOW_ALIGNMENT, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (obstacle == MAP_FAILED) GTEST_SKIP() << "something else lies there already";
    ASSERT_TRUE(reserve(unused_range(), POOL_SIZE)); // anywhere
    ASSERT_TRUE(reserve(unused_range(), 2 * SPAN));
    const char *newest = reinterpret_cast<char *>(window_first());
    EXPECT_EQ(newest + WINDOW_STRIDE, reinterpret_cast<char *>(window_first()->next));
    EXPECT_LT(newest, place);
    munmap(obstacle, WINDOW_ALIGNMENT);
}

// What runs past a block ends there.
TEST_F(WindowTest, AWindowLiesBetweenInaccessibleSpace) {
    ASSERT_TRUE(reserve(unused_range(), POOL_SIZE));
    const char *window = reinterpret_cast<const char *>(window_first());
    const char *first = window - WINDOW_BEFORE;
    const char *end = window + align_up(sizeof(struct window), PAGE);
    EXPECT_TRUE(is_accessible(first));
    EXPECT_TRUE(is_accessible(end - 1));
    for (size_t distance : {size_t(1), OS_FENCE / 2, size_t(OS_FENCE)}) {
        EXPECT_FALSE(is_accessible(first - distance));
        EXPECT_FALSE(is_accessible(end + distance - 1));
    }
}

TEST_F(WindowTest, AWindowMadeReadyIsTheNextOneAndNeedsNoMemory) {
    uintptr_t range = unused_range();
    {
        SpaceLock lock;
        ASSERT_TRUE(window_prepare());
    }
    os_fault_for_test = refuse<OS_MAP>;
    EXPECT_TRUE(reserve(range, POOL_SIZE));
    EXPECT_FALSE(reserve(range + SPAN, POOL_SIZE));
    os_fault_for_test = nullptr;
    EXPECT_NE(window_at(range), nullptr);
}

TEST_F(WindowTest, OneByteIsEnoughAndTheEndIsNotIncluded) {
    uintptr_t range = unused_range();
    size_t before = window_count();
    ASSERT_TRUE(reserve(range, SPAN));
    EXPECT_EQ(window_count(), before + 1);
    EXPECT_EQ(window_at(range + SPAN), nullptr);
}

TEST_F(WindowTest, ASharedSlotBelongsToTheFirst) {
    uintptr_t range = unused_range();
    ASSERT_TRUE(reserve(range, POOL_SIZE));
    EXPECT_EQ(slot(range + SHARED), slot(range));
    EXPECT_EQ(window_at(range + SHARED), nullptr);
    EXPECT_EQ(window_arena_at(range + SHARED), nullptr);
    size_t before = window_count();
    EXPECT_FALSE(reserve(range + SHARED, POOL_SIZE));
    EXPECT_FALSE(reserve(range + SHARED - SPAN, 2 * SPAN)); // and of the other none is made
    EXPECT_EQ(window_count(), before);
    EXPECT_EQ(window_at(range + SHARED), nullptr);
    EXPECT_NE(window_at(range), nullptr);
}

// A tag contains its pool's address, so the slot's other address does not pass for it.
TEST_F(WindowTest, ATagOfTheSlotsOtherAddressDoesNotMatch) {
    TestHeap heap;
    void *block = heap.take(32);
    uintptr_t address = reinterpret_cast<uintptr_t>(block);
    EXPECT_EQ(fault_at(reinterpret_cast<void *>(address ^ SHARED)), BLOCK_FOREIGN);
    EXPECT_EQ(heap_free_fast(heap, address ^ SHARED), FREE_OTHER);
    EXPECT_EQ(heap_free_fast(heap, address), FREE_DONE);
}

TEST_F(WindowTest, IndicesCoverTheWindowOnceInOrder) {
    uintptr_t base = unused_range();
    for (uintptr_t at = 0; at < SPAN; at += POOL_SIZE) {
        ASSERT_EQ(window_pool_index(base + at), at / POOL_SIZE);
        ASSERT_EQ(window_pool_index(base + at + POOL_SIZE - 1), at / POOL_SIZE);
    }
}

TEST_F(WindowTest, ARecordLeadsToItsWindow) {
    uintptr_t range = unused_range();
    ASSERT_TRUE(reserve(range, SPAN));
    struct window *window = window_at(range);
    for (unsigned i : {0, 1, WINDOW_POOLS / 2, WINDOW_POOLS - 1}) {
        EXPECT_EQ(window_of(&window->record[i].pool.live[POOL_WORDS - 1]), window);
        EXPECT_EQ(window_record_base(&window->record[i]), range + i * uintptr_t(POOL_SIZE));
        EXPECT_EQ(window_record_at(range + i * uintptr_t(POOL_SIZE)), &window->record[i]);
    }
    for (unsigned i = 0; i < WINDOW_ARENAS; i++)
        ASSERT_EQ(window_arena_at(range + i * uintptr_t(ARENA_SIZE)), &window->arena[i]);
    EXPECT_EQ(window_arena_at(range + ARENA_SIZE - 1), &window->arena[0]);
}

TEST_F(WindowTest, TagsTellHeapAndKind) {
    struct rng random = {test_seed()};
    for (int i = 0; i < 100000; i++) {
        uintptr_t pool = align_down(rng_next(&random) >> 17, POOL_SIZE);
        uintptr_t heap = align_down(rng_next(&random) >> 17, POOL_SIZE);
        const struct heap *owner = reinterpret_cast<const struct heap *>(heap);
        uint64_t tag = tag_of_heap(pool, owner);
        ASSERT_EQ(tag_kind(tag, pool), TAG_HEAP);
        ASSERT_EQ(tag_heap(tag, pool), owner);
        ASSERT_EQ(tag ^ pool ^ heap, 0u);
        for (enum tag_kind kind : {TAG_RUN, TAG_DIRECT}) {
            uint64_t other = tag_of_kind(pool, kind);
            ASSERT_EQ(tag_kind(other, pool), kind);
            ASSERT_NE(other ^ pool ^ heap, 0u); // passes for no heap
        }
    }
}

TEST_F(WindowTest, TagsOfDifferentPoolsHeapsOrKindsDiffer) {
    uintptr_t pool = 0x7f0000001000;
    const struct heap *heap = reinterpret_cast<const struct heap *>(0x7f0000400000);
    const struct heap *other = reinterpret_cast<const struct heap *>(0x7f0000402000);
    EXPECT_NE(tag_of_heap(pool, heap), tag_of_heap(pool + POOL_SIZE, heap));
    EXPECT_NE(tag_of_heap(pool, heap), tag_of_heap(pool, other));
    EXPECT_NE(tag_of_kind(pool, TAG_RUN), tag_of_kind(pool, TAG_DIRECT));
    EXPECT_NE(tag_of_kind(pool, TAG_RUN), tag_of_kind(pool + POOL_SIZE, TAG_RUN));
}

} // namespace
