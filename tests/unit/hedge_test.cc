// SPDX-License-Identifier: MIT
#include "heap/hedge.h"

#include <unistd.h>

#include "heap/space.h"
#include "os/options.h"
#include "os/os.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

class HedgeTest : public HeapTest {
  protected:
    enum { SPANS = 200 };
    void SetUp() override {
        HeapTest::SetUp();
        if (os_page_size() != POOL_SIZE) GTEST_SKIP() << "pages are larger than pools";
        options.guard_pages = 1;
    }
    void TearDown() override {
        os_fault_for_test = nullptr;
        options.guard_pages = 0;
        HeapTest::TearDown();
        EXPECT_EQ(hedges(), 0u) << "one is left where no span is";
    }
    static size_t stride() { return size_classes[SPAN_CLASS].stride; }
    // The only block of each of so many spans.
    static std::vector<char *> take(TestHeap &heap, unsigned count = SPANS) {
        std::vector<char *> blocks;
        for (unsigned i = 0; i < count; i++)
            blocks.push_back(static_cast<char *>(heap.take_class(SPAN_CLASS)));
        return blocks;
    }
    static void give(TestHeap &heap, const std::vector<char *> &blocks) {
        for (char *block : blocks) heap.free(block);
        heap_flush(heap);
    }
    static size_t hedges() {
        size_t count = 0;
        for (struct window *window = window_first(); window != nullptr; window = window->next)
            for (const struct arena &arena : window->arena) count += bit_count(arena.hedges);
        return count;
    }
    static bool can_be_read(const char *at) {
        int ends[2];
        EXPECT_EQ(pipe(ends), 0);
        bool is_read = write(ends[1], at, 1) == 1;
        close(ends[0]);
        close(ends[1]);
        return is_read;
    }
    // Blocks with one behind them, which can't be read; the blocks can, to their ends.
    static size_t hedged(const std::vector<char *> &blocks) {
        size_t count = 0;
        for (char *block : blocks) {
            uintptr_t end = reinterpret_cast<uintptr_t>(block) + stride();
            const struct arena *arena = window_arena_at(end);
            EXPECT_TRUE(can_be_read(block + stride() - 1));
            if (arena == nullptr || !(arena->hedges >> (end / POOL_SIZE) % ARENA_POOLS & 1))
                continue;
            EXPECT_FALSE(can_be_read(block + stride()));
            count++;
        }
        return count;
    }
    void check() {
        ASSERT_TRUE(space_lock());
        space_check();
        space_unlock();
    }

    // One block of 64 KiB to a span.
    static constexpr unsigned SPAN_CLASS = CLASS_COUNT - 2;
};

TEST_F(HedgeTest, EveryFewSpansEndAtAnInaccessiblePage) {
    TestHeap heap;
    std::vector<char *> blocks = take(heap);
    EXPECT_EQ(size_classes[SPAN_CLASS].capacity, 1u);
    EXPECT_EQ(hedges(), size_t(SPANS / HEDGE_EVERY));
    EXPECT_EQ(hedged(blocks), size_t(SPANS / HEDGE_EVERY));
    check();
    give(heap, blocks);
    EXPECT_EQ(hedges(), 0u);
    check();
}

TEST_F(HedgeTest, ThereAreNoneByDefault) {
    options.guard_pages = 0;
    TestHeap heap;
    std::vector<char *> blocks = take(heap);
    EXPECT_EQ(hedges(), 0u);
    give(heap, blocks);
}

// As many spans again have the same memory, and may write all of it.
TEST_F(HedgeTest, ItIsUsedAgainAsAPageOfBlocks) {
    TestHeap heap;
    give(heap, take(heap));
    options.guard_pages = 0;
    std::vector<char *> blocks = take(heap, 2 * SPANS);
    for (char *block : blocks) memset(block, 1, stride());
    EXPECT_EQ(hedges(), 0u);
    give(heap, blocks);
}

TEST_F(HedgeTest, OneThatIsNotOpenedStaysUntilARunBeforeItGoesBack) {
    const struct range_request request = {5, POOL_SIZE, 0};
    ASSERT_TRUE(space_lock());
    uintptr_t base = space_take(&request), hedge = base + 4 * POOL_SIZE;
    ASSERT_TRUE(hedge_put(hedge));
    os_fault_for_test = refuse<OS_MAP>;
    space_return(base, 4 * POOL_SIZE);
    os_fault_for_test = nullptr;
    EXPECT_EQ(hedges(), 1u);
    EXPECT_FALSE(can_be_read(reinterpret_cast<char *>(hedge)));
    space_check();
    const struct range_request before = {4, POOL_SIZE, 0};
    EXPECT_EQ(space_take(&before), base);
    space_return(base, 4 * POOL_SIZE);
    EXPECT_EQ(hedges(), 0u);
    EXPECT_TRUE(can_be_read(reinterpret_cast<char *>(hedge)));
    space_check();
    space_unlock();
}

TEST_F(HedgeTest, OneThatIsNotShutIsNone) {
    const struct range_request request = {1, POOL_SIZE, 0};
    ASSERT_TRUE(space_lock());
    uintptr_t page = space_take(&request);
    os_fault_for_test = refuse<OS_MAP>;
    EXPECT_FALSE(hedge_put(page));
    os_fault_for_test = nullptr;
    EXPECT_EQ(hedges(), 0u);
    EXPECT_TRUE(can_be_read(reinterpret_cast<char *>(page)));
    space_return(page, POOL_SIZE);
    space_check();
    space_unlock();
}

TEST_F(HedgeTest, IsThereAfterAForkToo) {
    TestHeap heap;
    std::vector<char *> blocks = take(heap);
    ASSERT_TRUE(space_lock());
    rebuild_space();
    space_check();
    space_unlock();
    EXPECT_EQ(hedged(blocks), size_t(SPANS / HEDGE_EVERY));
    give(heap, blocks);
    EXPECT_EQ(hedges(), 0u);
}

} // namespace
