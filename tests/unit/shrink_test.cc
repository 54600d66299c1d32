// SPDX-License-Identifier: MIT
// A realloc to less when there is no memory for a shorter block.
#include <poolalloc.h>

#include "heap/allocate.h"
#include "os/options.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

class ShrinkTest : public HeapTest {
  protected:
    struct Step {
        size_t alignment, from, to;
    };
    void TearDown() override {
        for (void *block : rest_) poolalloc_free(block);
        HeapTest::TearDown();
    }
    // Nothing is left, of any size that a block may shrink to.
    void use_all_up() {
        for (size_t size = 8 * MIB; size > SPAN_MAX; size /= 2) use_up(size);
        for (size_t size = SPAN_MAX; size > ALIGN; size -= size > 8192 ? 4096 : ALIGN) use_up(size);
        use_up(1);
    }
    void expect_shrinks(const std::vector<Step> &steps, bool in_place) {
        std::vector<char *> blocks;
        for (const Step &step : steps) {
            blocks.push_back(at(poolalloc_aligned_alloc(step.alignment, step.from)));
            memset(blocks.back(), 0x5a, step.from);
        }
        OsFaults faults = OsFaults::from(only(OS_MAP), 0);
        use_all_up();
        for (size_t i = 0; i < steps.size(); i++) {
            size_t size = steps[i].to;
            errno = 0;
            char *shrunk = at(poolalloc_realloc(blocks[i], size));
            ASSERT_NE(shrunk, nullptr) << steps[i].from << " to " << size;
            if (in_place) {
                EXPECT_EQ(shrunk, blocks[i]);
            }
            blocks[i] = shrunk;
            EXPECT_EQ(errno, 0);
            EXPECT_TRUE(is_all(shrunk, 0x5a, size)) << size;
            EXPECT_GE(poolalloc_usable_size(shrunk), size);
            EXPECT_EQ(poolalloc_realloc(shrunk, size_t(1) << 40), nullptr);
        }
        for (size_t i = 0; i < steps.size(); i++) {
            if (i % 3 == 0) poolalloc_free(blocks[i]);
            if (i % 3 == 1) poolalloc_free_sized(blocks[i], steps[i].to);
            if (i % 3 == 2 && !in_place) poolalloc_free_sized(blocks[i], steps[i].to);
            if (i % 3 == 2 && in_place)
                poolalloc_free_aligned_sized(blocks[i], steps[i].alignment, steps[i].to);
        }
    }

  private:
    void use_up(size_t size) {
        while (void *block = poolalloc_malloc(size)) rest_.push_back(block);
    }
    std::vector<void *> rest_;
};

TEST_F(ShrinkTest, SmallBlocksAndSpansStayWhereTheyAre) {
    expect_shrinks({{ALIGN, 512, 100},
                    {ALIGN, 500, 1},
                    {ALIGN, 1000, 24},
                    {ALIGN, 4000, 1000},
                    {ALIGN, 40000, 3000},
                    {4096, 5000, 2000},
                    {64, 300, 70}},
                   true);
}

// What they give back where they are may serve the next.
TEST_F(ShrinkTest, LargeBlocksGiveBackWhatTheyDoNotNeed) {
    expect_shrinks({{ALIGN, 300000, 100},
                    {ALIGN, 300000, 20000},
                    {ALIGN, 60 * MIB, 1000},
                    {ALIGN, 60 * MIB, 60000},
                    {MIB, 300000, 5000},
                    {64 * MIB, 5 * MIB, 40}},
                   false);
}

TEST_F(ShrinkTest, BlocksBetweenGuardsStayWhereTheyAre) {
    options.large_direct = true;
    expect_shrinks(
        {{ALIGN, 600, 100}, {ALIGN, 300000, 5000}, {ALIGN, 60 * MIB, 2 * MIB}, {MIB, 300000, 5000}},
        true);
}

} // namespace
