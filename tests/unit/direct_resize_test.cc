// SPDX-License-Identifier: MIT
// Resizing of direct mappings, and guard pages (large=direct).
#include <csignal>
#include <poolalloc.h>
#include <sys/mman.h>

#include "heap/direct.h"
#include "os/options.h"
#include "os/os.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

class DirectResizeTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        {
            SpaceLock lock;
            space_unmap_free(); // which happens when memory is short, and would change the figures
        }
        mapped_ = census_now().mapped_bytes;
        pointer_ = at(direct_allocate(4 * MIB, ALIGN));
        ASSERT_NE(pointer_, nullptr);
        for (size_t i = 0; i < 4 * MIB; i += PAGE) pointer_[i] = static_cast<char>(i / PAGE);
    }
    void TearDown() override {
        if (pointer_ != nullptr) free(pointer_);
        HeapTest::TearDown();
    }
    static void free(void *pointer) {
        struct block block = block_at(pointer);
        direct_free(block.large);
    }
    char *resize(size_t size) {
        struct block block = block_at(pointer_);
        return at(direct_resize(block.large, size));
    }
    // The pages' marks, a size (what grows gets up to an eighth more), and the figures.
    void expect_whole(size_t wanted, size_t marked) {
        size_t size = block_at(pointer_).usable;
        EXPECT_GE(size, wanted);
        EXPECT_LE(size, wanted + wanted / 8 + PAGE);
        for (size_t i = 0; i < marked; i += PAGE)
            ASSERT_EQ(pointer_[i], static_cast<char>(i / PAGE));
        EXPECT_EQ(census_now().direct_bytes, size);
        EXPECT_EQ(census_now().direct_blocks, 1u);
        EXPECT_EQ(census_now().mapped_bytes, mapped_ + size);
        pointer_[size - 1] = 1;
    }
    // Where the kernel will put a block that grows to `size`.
    static char *landing(size_t size) {
        size = align_up(size + size / 8, PAGE);
        void *place = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        munmap(place, size);
        return at(place);
    }
    // Puts a window of other addresses in the slot of this one.
    class TakenSlot {
      public:
        explicit TakenSlot(char *address) : address_(address) {
            uintptr_t number = reinterpret_cast<uintptr_t>(address) >> WINDOW_SHIFT;
            slot_ = &window_table.distance[number % WINDOW_SLOTS];
            before_ = atomic_u64_load(slot_);
            struct window *other = window_first();
            if (window_at(reinterpret_cast<uintptr_t>(address)) == other) other = other->next;
            atomic_u64_store(slot_, reinterpret_cast<uintptr_t>(other) -
                                        reinterpret_cast<uintptr_t>(window_table.nowhere));
        }
        ~TakenSlot() { atomic_u64_store(slot_, before_); }
        char *address() const { return address_; }

      private:
        char *address_;
        struct atomic_u64 *slot_;
        uint64_t before_;
    };
    // False if there is none to be had.
    static bool use_up_prepared_window() {
        static uintptr_t unused = uintptr_t(3) << WINDOW_SHIFT;
        SpaceLock lock;
        if (!window_prepare()) return false;
        while (window_at(unused) != nullptr || !window_fits(unused, 1))
            unused += uintptr_t(1) << WINDOW_SHIFT;
        return window_reserve(unused, 1);
    }
    size_t mapped_;
    char *pointer_ = nullptr;
};

TEST_F(DirectResizeTest, ShrinksAndGrowsBackInPlace) {
    ASSERT_EQ(resize(MIB + 1), pointer_);
    expect_whole(MIB + PAGE, MIB);
    EXPECT_EQ(fault_at(pointer_ + 2 * MIB), BLOCK_FOREIGN); // unmapped
    char *grown = resize(3 * MIB), *before = pointer_;
    ASSERT_NE(grown, nullptr);
    pointer_ = grown;
    if (!PLACES_ARE_TAKEN) {
        EXPECT_EQ(grown, before);
    }
    expect_whole(3 * MIB, MIB);
    EXPECT_TRUE(is_all(pointer_ + MIB + PAGE, 0, PAGE)); // new pages are zero
}

bool refuse_one_map(enum os_call call) {
    static int maps;
    return call == OS_MAP && maps++ == 0;
}

// Something lies right behind the block for as long as this lives.
class Obstacle {
  public:
    explicit Obstacle(char *end) {
        place_ = mmap(end, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    ~Obstacle() { munmap(place_, PAGE); }

  private:
    void *place_;
};

TEST_F(DirectResizeTest, MovesByItsPagesWhereItCannotGrow) {
    Obstacle behind(pointer_ + 4 * MIB);
    char *old = pointer_, *moved = resize(9 * MIB);
    ASSERT_NE(moved, nullptr);
    EXPECT_NE(moved, old);
    pointer_ = moved;
    expect_whole(9 * MIB, 4 * MIB);
    EXPECT_EQ(fault_at(old), BLOCK_FOREIGN); // nothing is there any more
    unsigned char there[1];
    EXPECT_EQ(mincore(old, PAGE, there), -1);
}

TEST_F(DirectResizeTest, ARefusedMoveLeavesTheBlockAsItWas) {
    os_fault_for_test = refuse<OS_RESIZE>;
    EXPECT_EQ(resize(9 * MIB), nullptr);
    os_fault_for_test = nullptr;
    expect_whole(4 * MIB, 4 * MIB);
}

// Memory for a window is there before anything moves.
TEST_F(DirectResizeTest, WithoutMemoryForAWindowNothingMoves) {
    ASSERT_TRUE(use_up_prepared_window());
    os_fault_for_test = refuse<OS_MAP>;
    EXPECT_EQ(resize(9 * MIB), nullptr);
    os_fault_for_test = nullptr;
    expect_whole(4 * MIB, 4 * MIB);
}

// The kernel moves the memory to where another window has the slot.
TEST_F(DirectResizeTest, WhatMovedToWhereNoWindowFitsIsCopiedOn) {
    Obstacle behind(pointer_ + 4 * MIB);
    TakenSlot there(landing(400 * MIB));
    char *moved = resize(400 * MIB);
    ASSERT_NE(moved, nullptr);
    pointer_ = moved;
    EXPECT_NE(moved, there.address());
    expect_whole(400 * MIB, 4 * MIB);
}

TEST_F(DirectResizeTest, WhatCanNeitherStayThereNorBeCopiedIsPutBack) {
    Obstacle behind(pointer_ + 4 * MIB);
    TakenSlot there(landing(400 * MIB));
    {
        SpaceLock lock;
        ASSERT_TRUE(window_prepare());
    }
    os_fault_for_test = refuse_one_map;
    EXPECT_EQ(resize(400 * MIB), nullptr);
    os_fault_for_test = nullptr;
    expect_whole(4 * MIB, 4 * MIB);
}

// ---- large=direct ----

class GuardedTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        options.large_direct = 1;
        SpaceLock lock;
        space_unmap_free(); // as above
    }
    static void free(void *pointer) {
        struct block block = block_at(pointer);
        direct_free(block.large);
    }
};

using GuardedDeathTest = GuardedTest;

volatile char sink;

TEST_F(GuardedDeathTest, TheBytesBeforeAndBehindAreOutOfReach) {
    char *pointer = at(direct_allocate(5000, ALIGN));
    size_t usable = block_at(pointer).usable;
    EXPECT_EQ(usable, 2 * PAGE);
    memset(pointer, 1, usable);
    EXPECT_DEATH(pointer[usable] = 1, "");
    EXPECT_DEATH(sink = pointer[usable], "");
    EXPECT_DEATH(pointer[-1] = 1, "");
    EXPECT_DEATH(sink = pointer[-long(PAGE)], "");
    free(pointer);
}

TEST_F(GuardedDeathTest, AFreedBlockIsOutOfReachAtOnce) {
    char *pointer = at(direct_allocate(5000, ALIGN));
    free(pointer);
    EXPECT_EQ(fault_at(pointer), BLOCK_FOREIGN);
    EXPECT_DEATH( // with nothing in between that might map memory there
        {
            char *freed = at(direct_allocate(5000, ALIGN));
            free(freed);
            sink = freed[0];
        },
        "");
}

TEST_F(GuardedTest, CountsTheGuardsAsMappedAndNotAsUsed) {
    size_t mapped = census_now().mapped_bytes;
    void *pointer = direct_allocate(5000, ALIGN);
    EXPECT_EQ(census_now().mapped_bytes, mapped + 4 * PAGE);
    EXPECT_EQ(census_now().direct_bytes, 2 * PAGE);
    free(pointer);
    EXPECT_EQ(census_now().mapped_bytes, mapped);
}

TEST_F(GuardedTest, WithoutRoomIsNotResized) {
    void *pointer = direct_allocate(5000, ALIGN);
    struct block block = block_at(pointer);
    EXPECT_EQ(direct_resize(block.large, 100000), nullptr);
    EXPECT_EQ(direct_resize(block.large, 4096), nullptr);
    EXPECT_EQ(block_at(pointer).usable, 2 * PAGE);
    free(pointer);
}

TEST_F(GuardedTest, AnAlignedBlockHasNoGuardsAndIsCached) {
    void *pointer = direct_allocate(5000, MIB);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(pointer) % MIB, 0u);
    free(pointer);
}

// A block that can double: two pages of its own, and as many behind.
class RoomTest : public GuardedTest {
  protected:
    void SetUp() override {
        GuardedTest::SetUp();
        mapped_ = census_now().mapped_bytes;
        pointer_ = at(direct_allocate_to_grow(5000));
        ASSERT_NE(pointer_, nullptr);
        memset(pointer_, 1, 2 * PAGE);
    }
    char *resize(size_t size) { return at(direct_resize(block_at(pointer_).large, size)); }
    size_t mapped() { return census_now().mapped_bytes - mapped_; }
    static void release_room() {
        SpaceLock lock;
        direct_release_room();
    }
    size_t mapped_;
    char *pointer_;
};

using RoomDeathTest = RoomTest;

TEST_F(RoomTest, DoublesWhereItIs) {
    EXPECT_EQ(mapped(), 6 * PAGE);
    EXPECT_EQ(resize(2 * PAGE), pointer_);
    EXPECT_EQ(block_at(pointer_).usable, 2 * PAGE);
    EXPECT_EQ(resize(3 * PAGE - 1), pointer_);
    EXPECT_EQ(block_at(pointer_).usable, 3 * PAGE);
    EXPECT_EQ(resize(4 * PAGE), pointer_);
    EXPECT_TRUE(is_all(pointer_, 1, 2 * PAGE));
    EXPECT_TRUE(is_all(pointer_ + 2 * PAGE, 0, 2 * PAGE));
    memset(pointer_, 2, 4 * PAGE);
    EXPECT_EQ(resize(4 * PAGE + 1), nullptr);
    EXPECT_EQ(resize(PAGE), nullptr);
    EXPECT_EQ(block_at(pointer_).usable, 4 * PAGE);
    EXPECT_EQ(census_now().direct_bytes, 4 * PAGE);
    EXPECT_EQ(mapped(), 6 * PAGE);
    free(pointer_);
    EXPECT_EQ(mapped(), 0u);
    EXPECT_EQ(census_now().direct_bytes, 0u);
}

TEST_F(RoomDeathTest, WhatItHasNotGrownIntoIsOutOfReach) {
    EXPECT_DEATH(pointer_[2 * PAGE] = 1, "");
    EXPECT_DEATH(sink = pointer_[4 * PAGE], "");
    ASSERT_EQ(resize(3 * PAGE), pointer_);
    pointer_[3 * PAGE - 1] = 1;
    EXPECT_DEATH(pointer_[3 * PAGE] = 1, "");
    free(pointer_);
}

TEST_F(RoomDeathTest, GivesItsRoomUpAndKeepsItsGuards) {
    ASSERT_EQ(resize(3 * PAGE), pointer_);
    {
        SpaceLock lock;
        EXPECT_EQ(direct_room_bytes(), PAGE);
    }
    release_room();
    EXPECT_EQ(mapped(), 5 * PAGE);
    EXPECT_EQ(resize(3 * PAGE + 1), nullptr);
    EXPECT_DEATH(pointer_[3 * PAGE] = 1, "");
    EXPECT_DEATH(pointer_[-1] = 1, "");
    free(pointer_);
    EXPECT_EQ(mapped(), 0u);
}

TEST_F(RoomTest, IsLongerWhereItsRoomCannotBeClosed) {
    static int maps;
    maps = 0;
    os_fault_for_test = [](enum os_call call) { return call == OS_MAP && maps++ == 2; };
    char *block = at(direct_allocate_to_grow(5000));
    os_fault_for_test = nullptr;
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(block_at(block).usable, 4 * PAGE);
    memset(block, 1, 4 * PAGE);
    free(block);
    free(pointer_);
    EXPECT_EQ(mapped(), 0u);
}

TEST_F(RoomTest, StaysAsItIsWhereTheKernelRefuses) {
    os_fault_for_test = [](enum os_call call) { return call == OS_MAP || call == OS_UNMAP; };
    EXPECT_EQ(resize(3 * PAGE), nullptr);
    release_room();
    os_fault_for_test = nullptr;
    EXPECT_EQ(mapped(), 6 * PAGE);
    EXPECT_EQ(resize(4 * PAGE), pointer_);
    free(pointer_);
}

bool refuse_second_map(enum os_call call) {
    static int count;
    return call == OS_MAP && count++ % 2 == 1;
}
TEST_F(GuardedTest, WithoutAccessThereIsNoBlock) {
    size_t mapped = census_now().mapped_bytes;
    os_fault_for_test = refuse_second_map;
    EXPECT_EQ(direct_allocate(5000, ALIGN), nullptr);
    EXPECT_EQ(census_now().mapped_bytes, mapped);
}

TEST_F(GuardedTest, ABlockThatCannotBeUnmappedKeepsNoMemory) {
    char *pointer = at(direct_allocate(5000, ALIGN));
    memset(pointer, 0x5a, 2 * PAGE);
    os_fault_for_test = refuse<OS_UNMAP>;
    free(pointer);
    os_fault_for_test = nullptr;
    EXPECT_EQ(fault_at(pointer), BLOCK_FOREIGN);
    EXPECT_EQ(resident_pages(pointer, 2 * PAGE), 0u);
}

} // namespace
