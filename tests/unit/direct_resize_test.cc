// SPDX-License-Identifier: MIT
// Resizing of direct mappings, and guard pages (large=direct).
#include <csignal>
#include <poolalloc.h>
#include <sys/mman.h>

#include "heap/direct.h"
#include "os/options.h"
#include "os/os.h"
#include "support/heap_fixture.h"

namespace {

class DirectResizeTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        {
            SpaceLock lock;
            space_release(); // which happens when memory is short, and would change the figures
        }
        mapped_ = census_now().mapped_bytes;
        pointer_ = at(direct_allocate(4 * MIB, ALIGN, false));
        ASSERT_NE(pointer_, nullptr);
        for (size_t i = 0; i < 4 * MIB; i += PAGE) pointer_[i] = static_cast<char>(i / PAGE);
    }
    void TearDown() override {
        if (pointer_ != nullptr) free(pointer_);
        HeapTest::TearDown();
    }
    static void free(void *pointer) {
        struct block block = block_at(pointer);
        direct_free(block.direct);
    }
    char *resize(size_t size) {
        struct block block = block_at(pointer_);
        return at(direct_resize(block.direct, size));
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
    size_t mapped_;
    char *pointer_ = nullptr;
};

TEST_F(DirectResizeTest, ShrinksAndGrowsBackInPlace) {
    ASSERT_EQ(resize(MIB + 1), pointer_);
    expect_whole(MIB + PAGE, MIB);
    EXPECT_EQ(fault_at(pointer_ + 2 * MIB), BLOCK_FOREIGN); // unmapped
    ASSERT_EQ(resize(3 * MIB), pointer_);
    expect_whole(3 * MIB, MIB);
    EXPECT_TRUE(is_all(pointer_ + MIB + PAGE, 0, PAGE)); // new pages are zero
}

bool refuse_resize(enum os_call call) { return call == OS_RESIZE; }
bool refuse_resize_and_move(enum os_call call) { return call == OS_RESIZE || call == OS_MOVE; }
bool refuse_resize_and_map(enum os_call call) { return call == OS_RESIZE || call == OS_MAP; }

TEST_F(DirectResizeTest, MovesByItsPagesWhereItCannotGrow) {
    os_fault_for_test = refuse_resize;
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
    for (auto fault : {refuse_resize_and_move, refuse_resize_and_map}) {
        os_fault_for_test = fault;
        EXPECT_EQ(resize(9 * MIB), nullptr);
        os_fault_for_test = nullptr;
        expect_whole(4 * MIB, 4 * MIB);
    }
}

bool refuse_all_but_maps(enum os_call call) { return call != OS_MAP; }

// The target of the move is there already, and cannot be unmapped.
TEST_F(DirectResizeTest, ARefusedMoveAtTheMappingLimitLosesNothing) {
    os_fault_for_test = refuse_all_but_maps;
    EXPECT_EQ(resize(9 * MIB), nullptr);
    os_fault_for_test = nullptr;
    EXPECT_GE(census_now().mapped_bytes, mapped_ + 13 * MIB);
    poolalloc_trim(0);
    expect_whole(4 * MIB, 4 * MIB);
}

// ---- large=direct ----

class GuardedTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        options.large_direct = 1;
        SpaceLock lock;
        space_release(); // as above
    }
    static void free(void *pointer) {
        struct block block = block_at(pointer);
        direct_free(block.direct);
    }
};

using GuardedDeathTest = GuardedTest;

volatile char sink;

TEST_F(GuardedDeathTest, TheBytesBeforeAndBehindAreOutOfReach) {
    char *pointer = at(direct_allocate(5000, ALIGN, false));
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
    char *pointer = at(direct_allocate(5000, ALIGN, false));
    free(pointer);
    EXPECT_EQ(fault_at(pointer), BLOCK_FOREIGN);
    EXPECT_DEATH(sink = pointer[0], "");
}

TEST_F(GuardedTest, CountsTheGuardsAsMappedAndNotAsUsed) {
    size_t mapped = census_now().mapped_bytes;
    void *pointer = direct_allocate(5000, ALIGN, false);
    EXPECT_EQ(census_now().mapped_bytes, mapped + 4 * PAGE);
    EXPECT_EQ(census_now().direct_bytes, 2 * PAGE);
    free(pointer);
    EXPECT_EQ(census_now().mapped_bytes, mapped);
}

TEST_F(GuardedTest, IsNeverResizedInPlace) {
    void *pointer = direct_allocate(5000, ALIGN, false);
    struct block block = block_at(pointer);
    EXPECT_EQ(direct_resize(block.direct, 100000), nullptr);
    EXPECT_EQ(direct_resize(block.direct, 4096), nullptr);
    EXPECT_EQ(block_at(pointer).usable, 2 * PAGE);
    free(pointer);
}

TEST_F(GuardedTest, AnAlignedBlockHasNoGuardsAndIsCached) {
    void *pointer = direct_allocate(5000, MIB, false);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(pointer) % MIB, 0u);
    free(pointer);
}

bool refuse_protect(enum os_call call) { return call == OS_PROTECT; }
bool refuse_unmap(enum os_call call) { return call == OS_UNMAP; }

TEST_F(GuardedTest, WithoutAccessThereIsNoBlock) {
    size_t mapped = census_now().mapped_bytes;
    os_fault_for_test = refuse_protect;
    EXPECT_EQ(direct_allocate(5000, ALIGN, false), nullptr);
    EXPECT_EQ(census_now().mapped_bytes, mapped);
}

TEST_F(GuardedTest, ABlockThatCannotBeUnmappedWaitsForALaterTry) {
    size_t mapped = census_now().mapped_bytes;
    char *pointer = at(direct_allocate(5000, ALIGN, false));
    memset(pointer, 0x5a, 2 * PAGE);
    os_fault_for_test = refuse_unmap;
    free(pointer);
    EXPECT_EQ(fault_at(pointer), BLOCK_FREED);
    os_fault_for_test = nullptr;
    SpaceLock lock;
    EXPECT_TRUE(direct_purge(true));
    EXPECT_EQ(space_figures.mapped, mapped);
}

} // namespace
