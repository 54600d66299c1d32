// SPDX-License-Identifier: MIT
// Blocks of no bytes, which lie between inaccessible pages where the option asks for it.
#include "heap/empty.h"

#include <poolalloc.h>

#include "heap/allocate.h"
#include "heap/guard.h"
#include "os/options.h"
#include "support/heap_fixture.h"

namespace {

class EmptyTest : public HeapTest {
  protected:
    void TearDown() override {
        options.guard_pages = false;
        poolalloc_trim(0);
        guard_reset_for_test();
        HeapTest::TearDown();
    }
};

TEST_F(EmptyTest, WithoutTheOptionThereIsNone) {
    options.guard_pages = false;
    EXPECT_EQ(empty_allocate(), nullptr);
}

TEST_F(EmptyTest, NotOneByteOfItIsAccessible) {
    options.guard_pages = true;
    void *first = empty_allocate(), *second = empty_allocate();
    ASSERT_NE(first, nullptr);
    EXPECT_NE(first, second) << "each has an address of its own";
    for (void *block : {first, second}) {
        EXPECT_TRUE(guard_has(reinterpret_cast<uintptr_t>(block)));
        EXPECT_FALSE(is_accessible(block));
        size_t usable = 1;
        EXPECT_EQ(guard_find(reinterpret_cast<uintptr_t>(block), &usable), BLOCK_LIVE);
        EXPECT_EQ(usable, 0u);
        poolalloc_free(block);
    }
}

} // namespace
