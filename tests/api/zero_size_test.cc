// SPDX-License-Identifier: MIT
// Requests of no bytes: every function gives a distinct block that can be freed (glibc).
#include <set>

#include "contract.h"

class ZeroSizeTest : public ContractTest {
  protected:
    // Calls `allocate` many times: the blocks are distinct, then freed.
    template <typename Allocate> void expect_distinct_blocks(const char *what, Allocate allocate) {
        std::set<void *> blocks;
        for (int i = 0; i < 300; i++) {
            errno = 0;
            void *block = allocate();
            ASSERT_NE(block, nullptr) << what;
            EXPECT_EQ(errno, 0) << what;
            EXPECT_TRUE(blocks.insert(block).second) << what << " gave a live block again";
        }
        for (void *block : blocks) names.free(block);
    }
};

TEST_P(ZeroSizeTest, EveryFunctionGivesDistinctFreeableBlocks) {
    expect_distinct_blocks("malloc(0)", [&] { return names.malloc(0); });
    expect_distinct_blocks("calloc(0, 0)", [&] { return names.calloc(0, 0); });
    expect_distinct_blocks("calloc(0, SIZE_MAX)", [&] { return names.calloc(0, SIZE_MAX); });
    expect_distinct_blocks("calloc(SIZE_MAX, 0)", [&] { return names.calloc(SIZE_MAX, 0); });
    expect_distinct_blocks("realloc(NULL, 0)", [&] { return names.realloc(nullptr, 0); });
    expect_distinct_blocks("reallocarray(NULL, 0, 8)",
                           [&] { return names.reallocarray(nullptr, 0, 8); });
    expect_distinct_blocks("aligned_alloc(64, 0)", [&] { return names.aligned_alloc(64, 0); });
    expect_distinct_blocks("posix_memalign(64, 0)", [&] {
        void *block = nullptr;
        EXPECT_EQ(names.posix_memalign(&block, 64, 0), 0);
        return block;
    });
    if (names.memalign == nullptr) return;
    expect_distinct_blocks("memalign(64, 0)", [&] { return names.memalign(64, 0); });
    expect_distinct_blocks("valloc(0)", [&] { return names.valloc(0); });
    expect_distinct_blocks("pvalloc(0)", [&] { return names.pvalloc(0); });
}

TEST_P(ZeroSizeTest, ReallocToZeroFreesAndReturnsNull) {
    for (size_t size : {1, 100, 600, 5000, 300000, 5000000}) {
        void *block = names.malloc(size);
        ASSERT_NE(block, nullptr);
        errno = 0;
        EXPECT_EQ(names.realloc(block, hide_size(0)), nullptr) << size;
        EXPECT_EQ(errno, 0) << "success must leave errno alone, size " << size;
    }
}

TEST_P(ZeroSizeTest, ReallocarrayToZeroFreesAndReturnsNull) {
    void *block = names.malloc(100);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(names.reallocarray(block, 0, 8), nullptr);
    block = names.malloc(100);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(names.reallocarray(block, 8, 0), nullptr);
}

TEST_P(ZeroSizeTest, ReallocToZeroReallyFrees) {
    // 100 MiB in all if it leaked; the address space must not grow like that.
    for (int i = 0; i < 100000; i++) {
        void *block = names.malloc(1000);
        ASSERT_NE(block, nullptr);
        ASSERT_EQ(names.realloc(block, hide_size(0)), nullptr);
    }
    std::set<void *> blocks;
    for (int i = 0; i < 1000; i++) {
        void *block = names.malloc(1000);
        blocks.insert(block);
        names.realloc(block, hide_size(0));
    }
    EXPECT_LT(blocks.size(), 500u) << "blocks freed by realloc(p, 0) are not used again";
}

TEST_P(ZeroSizeTest, FreeingNullDoesNothing) {
    names.free(nullptr);
    if (names.cfree != nullptr) names.cfree(nullptr);
    if (names.free_sized != nullptr) names.free_sized(nullptr, 0);
    if (names.free_aligned_sized != nullptr) names.free_aligned_sized(nullptr, 64, 0);
    EXPECT_EQ(names.usable_size(nullptr), 0u);
}

INSTANTIATE_CONTRACT(ZeroSizeTest);
