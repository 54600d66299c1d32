// SPDX-License-Identifier: MIT
// A heap whose blocks are treated: which one is handed out, and which ones are held.
#include <map>

#include "heap/heap.h"
#include "heap/treat.h"
#include "support/heap_fixture.h"

namespace {

class HeapTreatTest : public HeapTest {
  protected:
    void TearDown() override {
        treat_measures = 0;
        HeapTest::TearDown();
    }
};

// With a chance below 1e-9 of a wrong answer.
TEST_F(HeapTreatTest, EachSpareBlockIsPickedAsOftenAsAnother) {
    const int rounds = 8000;
    const uint64_t bits[] = {0, 0x8001, 0xf, uint64_t(3) << 62};
    std::map<std::pair<unsigned, uint64_t>, int> picked;
    TestHeap heap;
    for (int i = 0; i < rounds; i++) {
        unsigned word = 99;
        uint64_t bit = heap_pick(heap, bits, 4, &word);
        ASSERT_LT(word, 4u);
        ASSERT_NE(bit & bits[word], 0u);
        ASSERT_EQ(bit & (bit - 1), 0u);
        picked[{word, bit}]++;
    }
    EXPECT_EQ(picked.size(), 8u);
    for (auto &[place, count] : picked) EXPECT_NEAR(count, rounds / 8, 200);
}

TEST_F(HeapTreatTest, WhatIsHeldCountsAsAtHandAndGoesBackWithAFlush) {
    treat_begin(TREAT_RANDOM);
    TestHeap heap;
    for (unsigned c : {1u, 7u, unsigned(SMALL_CLASSES), SMALL_CLASSES + 3u, PAGE_CLASS - 1u}) {
        std::vector<void *> blocks;
        const unsigned places = heap_places(c);
        for (unsigned i = 0; i < 4 * places; i++) blocks.push_back(heap.take_class(c));
        for (void *block : blocks) heap.free(block);
        EXPECT_GT(heap_held_blocks(heap, c), places / 2) << c;
        EXPECT_LE(heap_held_blocks(heap, c), places);
        heap_check(heap);
        heap_flush(heap);
        EXPECT_EQ(heap_held_blocks(heap, c), 0u);
        heap_check(heap);
    }
    heap.close();
}

} // namespace
