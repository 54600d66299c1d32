// SPDX-License-Identifier: MIT
// Blocks of whole pages, of heaps and of nobody, at random and with all that may go wrong: each
// keeps its contents, those that are to be zero are zero, and address space stays near what is
// asked for.
#include <map>
#include <poolalloc.h>

#include "heap/allocate.h"
#include "heap/arena.h"
#include "heap/purge.h"
#include "heap/run.h"
#include "heap/space.h"
#include "os/options.h"
#include "support/clock.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

constexpr size_t EVERY = 1024; // bytes from one mark to the next

class SpaceModelTest : public HeapTest {
  protected:
    struct Block {
        size_t size; // usable
        uint64_t mark;
        size_t marked; // bytes from the start with marks
    };
    using Blocks = std::map<unsigned char *, Block>;

    void TearDown() override {
        os_fault_for_test = nullptr;
        while (!blocks_.empty()) release_one(blocks_.begin());
        HeapTest::TearDown();
    }
    static void mark(unsigned char *start, Block *block) {
        for (size_t i = 0; i < block->size; i += EVERY)
            start[i] = static_cast<unsigned char>((block->mark + i / EVERY) | 1);
        block->marked = block->size;
    }
    static bool holds(const unsigned char *start, const Block &block, size_t size) {
        for (size_t i = 0; i < size_min(size, block.marked); i += EVERY)
            if (start[i] != static_cast<unsigned char>((block.mark + i / EVERY) | 1)) return false;
        return true;
    }
    // Null if there is no memory, which only faults allow.
    void take_one() {
        size_t size = random_size(), alignment = ALIGN;
        if (rng_below(&random_, 4) == 0) alignment = PAGE << rng_below(&random_, 10);
        bool zero = alignment == ALIGN && rng_below(&random_, 2);
        void *pointer = zero                 ? poolalloc_calloc(1, size)
                        : alignment == ALIGN ? poolalloc_malloc(size)
                                             : poolalloc_aligned_alloc(alignment, size);
        if (pointer == nullptr) {
            ASSERT_TRUE(os_fault_for_test != nullptr) << size;
            return;
        }
        ASSERT_EQ(reinterpret_cast<uintptr_t>(pointer) % alignment, 0u);
        auto *start = static_cast<unsigned char *>(pointer);
        Block block = {block_at(pointer).usable, rng_next(&random_), 0};
        auto next = blocks_.lower_bound(start);
        if (next != blocks_.end()) {
            ASSERT_LE(start + block.size, next->first);
        }
        if (next != blocks_.begin()) {
            --next;
            ASSERT_LE(next->first + next->second.size, start);
        }
        if (zero) {
            ASSERT_TRUE(is_all(start, 0, size)) << size;
        }
        mark(start, &block);
        blocks_[start] = block;
    }
    void release_one(Blocks::iterator at) {
        EXPECT_TRUE(holds(at->first, at->second, at->second.size)) << at->second.size;
        unsigned char *start = at->first;
        blocks_.erase(at);
        poolalloc_free(start);
    }
    void resize_one(Blocks::iterator at) {
        unsigned char *start = at->first;
        Block block = at->second;
        size_t size = random_size();
        auto *moved = static_cast<unsigned char *>(poolalloc_realloc(start, size));
        if (moved == nullptr) {
            ASSERT_TRUE(os_fault_for_test != nullptr);
            ASSERT_TRUE(holds(start, block, block.size));
            return;
        }
        ASSERT_TRUE(holds(moved, block, size));
        blocks_.erase(at);
        block.size = block_at(moved).usable;
        mark(moved, &block);
        blocks_[moved] = block;
    }
    size_t random_size() {
        switch (rng_below(&random_, 8)) {
        case 0:
            return 1 + rng_below(&random_, 40 * PAGE); // spans and runs of heaps too
        case 1:
            return RUN_MIN + rng_below(&random_, SPAN_MAX - RUN_MIN);
        case 2:
            return SPAN_MAX + rng_below(&random_, 3 * MIB);
        default:
            return SPAN_MAX + rng_below(&random_, 300 * KIB);
        }
    }
    Blocks::iterator any() {
        return std::next(blocks_.begin(), long(rng_below(&random_, blocks_.size())));
    }
    void step(size_t most) {
        uint64_t choice = rng_below(&random_, 10);
        if (blocks_.empty() || (blocks_.size() < most && choice < 5))
            take_one();
        else if (choice < 7)
            resize_one(any());
        else
            release_one(any());
    }
    static void check() {
        SpaceLock lock;
        space_check();
        arena_check();
    }
    void run(int steps, size_t most = 40) {
        for (int i = 0; i < steps; i++) {
            step(most);
            if (HasFatalFailure() || HasNonfatalFailure()) return;
            if (i % 32 == 0) check();
        }
    }
    struct rng random_ = {test_seed()};
    Blocks blocks_;
};

TEST_F(SpaceModelTest, BlocksKeepTheirContentsAndZeroIsZero) { run(3000); }

TEST_F(SpaceModelTest, AlsoWhileMemoryGoesBackAtEveryMoment) {
    TestClock clock;
    options.purge_delay = 10;
    for (int round = 0; round < 60; round++) {
        run(30);
        clock.advance(rng_below(&random_, 9));
        SpaceLock lock;
        if (round % 3 == 0) purge_step();
        if (round % 7 == 0) purge_all(0);
        if (round % 11 == 0) space_unmap_free();
    }
}

TEST_F(SpaceModelTest, AlsoWhereTheSystemRefusesAtRandom) {
    for (CallSet calls : {only(OS_MAP), only(OS_UNMAP), only(OS_PURGE), ALL_CALLS}) {
        for (unsigned percent : {20, 60}) {
            OsFaults faults = OsFaults::at_random(calls, percent, rng_next(&random_));
            for (int round = 0; round < 8; round++) {
                run(50, 25);
                if (HasFatalFailure() || HasNonfatalFailure()) return;
                poolalloc_trim(0);
                {
                    SpaceLock lock;
                    space_unmap_free();
                }
                check();
            }
        }
    }
}

// The lists are broken, as in the child of a fork whose parent had the lock in another thread.
TEST_F(SpaceModelTest, AlsoWithAllListsMadeAnew) {
    for (int round = 0; round < 40; round++) {
        run(40);
        if (HasFatalFailure() || HasNonfatalFailure()) return;
        SpaceLock lock;
        for (struct window *window = window_first(); window != nullptr; window = window->next) {
            for (struct arena &arena : window->arena) {
                if (arena.kind == ARENA_NONE) continue;
                arena.link = arena.dirty = {nullptr, nullptr};
                if (arena.kind != ARENA_OF_RUNS) continue;
                for (unsigned i = 0; i < ARENA_POOLS; i++) {
                    if (!(arena.free >> i & 1)) continue;
                    struct range *range = &window_record_at(arena.base + i * POOL_SIZE)->range;
                    range->link = {nullptr, nullptr};
                    range->pages = static_cast<uint32_t>(rng_next(&random_));
                    range->touched = rng_below(&random_, 2);
                }
            }
        }
        rebuild_space();
        space_check();
        arena_check();
    }
}

// ---- Address space ----

struct Shape {
    const char *name;
    size_t size, alignment;
};

class AddressSpaceTest : public HeapTest, public testing::WithParamInterface<Shape> {};

// With all that the library keeps about them; blocks need not be written for that.
TEST_P(AddressSpaceTest, IsWithinATenthOfWhatIsAskedFor) {
    Shape shape = GetParam();
    {
        SpaceLock lock;
        space_unmap_free();
    }
    auto taken = [] {
        struct census census = census_now();
        return census.mapped_bytes + census.metadata_bytes;
    };
    const size_t total = 400 * MIB, pages = align_up(shape.size, PAGE);
    size_t before = taken();
    std::vector<void *> blocks;
    for (size_t asked = 0; asked < total; asked += pages) {
        void *block = shape.alignment == ALIGN ? allocate(shape.size)
                                               : allocate_aligned(shape.alignment, shape.size);
        ASSERT_NE(block, nullptr);
        blocks.push_back(block);
    }
    size_t asked = blocks.size() * pages;
    EXPECT_LE(taken() - before, asked + asked / 10 + 8 * MIB) << "beside " << before;
    for (void *block : blocks) deallocate(block);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, AddressSpaceTest,
    testing::Values(Shape{"Of70000Bytes", 70000, ALIGN}, Shape{"Of250KiB", 250 * KIB, ALIGN},
                    Shape{"Of20MiB", 20 * MIB, ALIGN}, Shape{"Of20000Bytes", 20000, ALIGN},
                    Shape{"Of8KiBAligned", 8 * KIB, 8 * KIB},
                    Shape{"Of64KiBAligned", 64 * KIB, 64 * KIB}, Shape{"Of1MiBAligned", MIB, MIB}),
    [](const auto &parameter) { return parameter.param.name; });

} // namespace
