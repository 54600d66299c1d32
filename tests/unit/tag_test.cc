// SPDX-License-Identifier: MIT
#include "heap/tag.h"

#include <gtest/gtest.h>

#include "heap/geometry.h"

namespace {

const uintptr_t POOL = UINT64_C(0x7fffdeadb000);

TEST(TagTest, TellsTheOwnerOfItsPool) {
    struct heap *heap = reinterpret_cast<struct heap *>(UINT64_C(0x7ffff7fc0000));
    uint64_t tag = tag_of_heap(POOL, heap);
    EXPECT_EQ(tag_kind(tag, POOL), TAG_HEAP);
    EXPECT_EQ(tag_heap(tag, POOL), heap);
}

TEST(TagTest, TellsTheKindOfWhatNoHeapOwns) {
    for (enum tag_kind kind : {TAG_RUN, TAG_DIRECT, TAG_EMERGENCY, TAG_GUARD}) {
        EXPECT_EQ(tag_kind(tag_of_kind(POOL, kind), POOL), kind);
        EXPECT_NE(tag_of_kind(POOL, kind), 0u);
    }
}

// What the fast path of free goes by: the owner of any other pool, in the same slot, is another.
TEST(TagTest, IsOfNoHeapForAnyOtherPool) {
    struct heap *heap = reinterpret_cast<struct heap *>(UINT64_C(0x7ffff7fc0000));
    uint64_t tag = tag_of_heap(POOL, heap);
    for (unsigned bit = POOL_SHIFT; bit < 47; bit++)
        EXPECT_NE(tag_heap(tag, POOL ^ uintptr_t(1) << bit), heap) << bit;
}

} // namespace
