// SPDX-License-Identifier: MIT
// Pools that change hands.
#include <algorithm>

#include "heap/heap.h"
#include "support/heap_fixture.h"

namespace {

class HeapMoveTest : public HeapTest {
  protected:
    // As many blocks as a pool of the class has.
    std::vector<void *> take_all_of(unsigned class_index) {
        std::vector<void *> blocks(size_classes[class_index].capacity);
        for (void *&block : blocks) block = heap_.take_class(class_index);
        return blocks;
    }
    TestHeap heap_;
};

TEST_F(HeapMoveTest, APartialPoolMovesToAnotherHeapWithItsBlocks) {
    for (size_t size : {size_t(64), size_t(9000)}) {
        TestHeap heir;
        unsigned c = size_class_of(size);
        EXPECT_FALSE(move_pool(heap_, heir, c)); // none there
        std::vector<void *> blocks = take_all_of(c);
        heap_flush(heap_);
        EXPECT_FALSE(move_pool(heap_, heir, c)); // only a full one
        void *first = blocks[0];
        heap_.free(blocks.back());
        blocks.pop_back();
        heap_flush(heap_);
        EXPECT_TRUE(move_pool(heap_, heir, c));
        EXPECT_FALSE(move_pool(heap_, heir, c));
        for (void *block : blocks)
            ASSERT_EQ(block_at(block).heap, static_cast<struct heap *>(heir));
        heap_check(heap_);
        heap_check(heir);
        blocks.push_back(heir.take_class(c));
        EXPECT_EQ(pool_at(blocks.back()), pool_at(first));
        for (void *block : blocks) {
            EXPECT_EQ(heap_free_fast(heap_, reinterpret_cast<uintptr_t>(block)), FREE_OTHER);
            heir.free(block);
        }
    }
}

TEST_F(HeapMoveTest, APoolIsCompleteWhenEachOfItsBlocksHasABit) {
    for (size_t size : {size_t(48), size_t(9000)}) {
        const struct size_class *c = &size_classes[size_class_of(size)];
        void *block = heap_.take(size);
        uint64_t bits[POOL_WORDS] = {};
        std::copy(c->starts, c->starts + c->words, bits);
        EXPECT_TRUE(heap_pool_is_complete(pool_at(block), bits));
        bits[c->words - 1] &= bits[c->words - 1] - 1;
        EXPECT_FALSE(heap_pool_is_complete(pool_at(block), bits));
        heap_.free(block);
    }
}

} // namespace
