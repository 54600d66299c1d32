// SPDX-License-Identifier: MIT
// Blocks that wait: first in, first out, within the bytes and places that there are; the ring comes
// and goes with them.
#include "heap/quarantine.h"

#include <poolalloc.h>

#include <thread>

#include "heap/allocate.h"
#include "heap/space.h"
#include "heap/treat.h"
#include "os/options.h"
#include "os/os.h"
#include "support/clock.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

const size_t BUDGET = 64 * KIB;

class QuarantineTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        options.quarantine = BUDGET;
        treat_begin(TREAT_ZERO | TREAT_WAIT);
        poolalloc_trim(0); // the heap of this thread takes it up
        SpaceLock lock;
        treat_clear_pages();
    }
    static void limit(size_t bytes) {
        SpaceLock lock;
        space_set_limit(bytes);
    }
    void TearDown() override {
        limit(SIZE_MAX);
        treat_measures = 0;
        options.quarantine = 0;
        HeapTest::TearDown();
    }

    static size_t bytes(struct heap *heap) { return atomic_u64_load(&heap->quarantine.bytes); }
};

TEST_F(QuarantineTest, BlocksLeaveInTheOrderInWhichTheyCame) {
    struct quarantine quarantine = {};
    TestHeap heap;
    std::vector<void *> blocks;
    for (int i = 0; i < 300; i++) {
        blocks.push_back(heap.take(32));
        struct block block = block_at(blocks.back());
        ASSERT_TRUE(quarantine_add(&quarantine, {block.address, block.word}));
        if (i < 200) continue;
        EXPECT_EQ(quarantine_look(&quarantine, 200).block, block.address);
        EXPECT_EQ(quarantine_take(&quarantine).block, reinterpret_cast<uintptr_t>(blocks[i - 200]));
    }
    EXPECT_EQ(atomic_u64_load(&quarantine.bytes), 200u * 32);
    quarantine_end(&quarantine);
    EXPECT_EQ(quarantine.ring, nullptr);
    EXPECT_EQ(quarantine.count, 0u);
    for (void *block : blocks) heap.free(block);
}

TEST_F(QuarantineTest, HeapKeepsToTheBytesAndToThePlaces) {
    TestHeap heap;
    for (size_t size : {size_t(16), size_t(100), size_t(500), size_t(3000), size_t(60000)}) {
        for (int i = 0; i < 3000; i++) {
            heap.free(heap.take(size));
            ASSERT_LE(bytes(heap), BUDGET);
            ASSERT_LT(heap->quarantine.count, BUDGET / QUARANTINE_BLOCK);
        }
        EXPECT_GT(bytes(heap), size < 100 ? size * 500 : BUDGET / 2);
        heap_check(heap);
    }
    heap_flush_aged(heap);
    EXPECT_GT(bytes(heap), 0u) << "time alone ends no quarantine";
    heap_flush(heap);
    EXPECT_EQ(bytes(heap), 0u);
    heap_check(heap);
    heap.close();
}

TEST_F(QuarantineTest, BlockIsNotHandedOutAgainBeforeItsTime) {
    TestHeap heap;
    const size_t size = 256, others = BUDGET / size - 2;
    void *freed = heap.take(size);
    heap.free(freed);
    for (size_t i = 0; i < others; i++) {
        void *other = heap.take(size);
        ASSERT_NE(other, freed) << i;
        heap.free(other);
    }
    EXPECT_EQ(fault_at(freed), BLOCK_FREED);
    heap.close();
}

// As blocks in a message, or as pools with pending bits. An owner that does nothing for long would
// be taken to be idle.
TEST_F(QuarantineTest, BlocksThatOthersFreedWait) {
    TestClock clock;
    for (uint32_t exact : {0, int{TREAT_EXACT}})
        for (size_t size : {size_t(256), size_t(5000), size_t(20000)}) {
            treat_begin(TREAT_ZERO | TREAT_WAIT | exact);
            std::vector<void *> blocks(BUDGET / size - 2);
            for (void *&block : blocks) block = poolalloc_malloc(size);
            std::thread([&] {
                for (void *block : blocks) poolalloc_free(block);
            }).join();
            deallocate_poll(nullptr);
            EXPECT_EQ(thread_heap->quarantine.count, blocks.size()) << exact << ' ' << size;
            for (void *block : blocks) EXPECT_EQ(fault_at(block), BLOCK_FREED);
            poolalloc_check();
            poolalloc_trim(0);
            EXPECT_EQ(thread_heap->quarantine.count, 0u);
        }
}

TEST_F(QuarantineTest, SpanThatLeavesForBlocksThatOthersFreedGoesBack) {
    TestHeap heap;
    std::vector<void *> blocks(10);
    for (void *&block : blocks) block = heap.take(512);
    for (size_t rest = BUDGET; rest > 0; rest -= 16 * KIB) heap.free(heap.take(16 * KIB));
    for (void *block : blocks) {
        uintptr_t address = reinterpret_cast<uintptr_t>(block),
                  base = align_down(address, WORD_SPAN);
        ASSERT_TRUE(heap_free_word(heap, base, uint64_t(1) << (address - base) / ALIGN));
    }
    heap_check(heap);
    heap.close();
}

// Else each of them would have the ring mapped and unmapped.
TEST_F(QuarantineTest, BlocksOfAThreadThatEndedLongAgoDoNotWait) {
    treat_begin(TREAT_ZERO | TREAT_WAIT | TREAT_EXACT);
    std::vector<void *> blocks(200);
    in_thread([&] {
        for (void *&block : blocks) block = poolalloc_malloc(100);
    });
    thread_heap_clean_parked(true);
    OsFaults count = OsFaults::from(only(OS_MAP), UINT64_MAX);
    for (void *block : blocks) poolalloc_free(block);
    EXPECT_LE(OsFaults::asked(), 2u);
    for (void *block : blocks) EXPECT_NE(fault_at(block), BLOCK_LIVE);
    poolalloc_check();
}

TEST_F(QuarantineTest, WriteIsFoundWhenTheBlockLeavesOrIsChecked) {
    TestHeap heap;
    for (size_t size : {size_t(24), size_t(5000)}) {
        char *block = static_cast<char *>(heap.take(size));
        heap.free(block);
        block[size - 1] = 1;
        ASSERT_DEATH(heap_check(heap), "write after free to 0x");
        ASSERT_DEATH(heap_flush(heap), "write after free to 0x");
        ASSERT_DEATH(
            {
                for (size_t i = 0; i < 2 * BUDGET / size + 600; i++) heap.free(heap.take(size));
            },
            "write after free to 0x");
        block[size - 1] = 0;
    }
    heap.close();
}

TEST_F(QuarantineTest, WhatWaitsGoesBackWhereMemoryIsShort) {
    const size_t size = 5000, most = 32 * MIB;
    options.quarantine = 2 * most;
    limit(most);
    testing::internal::CaptureStderr();
    std::vector<void *> blocks;
    while (void *block = poolalloc_malloc(size)) blocks.push_back(block);
    for (void *block : blocks) poolalloc_free(block);
    EXPECT_EQ(thread_heap->quarantine.count, blocks.size());
    size_t again = 0;
    for (void *&block : blocks) again += (block = poolalloc_malloc(size)) != nullptr;
    EXPECT_GT(again, blocks.size() * 9 / 10);
    for (void *block : blocks) poolalloc_free(block);
    testing::internal::GetCapturedStderr();
}

TEST_F(QuarantineTest, CensusKnowsTheBytesThatWait) {
    size_t before = census_now().waiting_bytes, records = census_now().metadata_bytes;
    for (int i = 0; i < 10; i++) poolalloc_free(poolalloc_malloc(100));
    EXPECT_EQ(census_now().waiting_bytes - before, 10 * size_classes[size_class_of(100)].stride);
    EXPECT_EQ(census_now().metadata_bytes - records,
              align_up(BUDGET / QUARANTINE_BLOCK * sizeof(struct round), os_page_size()));
    poolalloc_trim(0);
    EXPECT_EQ(census_now().waiting_bytes, before);
    EXPECT_EQ(census_now().metadata_bytes, records);
}

TEST_F(QuarantineTest, ATrimByAnotherThreadReachesTheNextPoll) {
    poolalloc_free(poolalloc_malloc(100));
    ASSERT_GT(thread_heap->quarantine.count, 0u);
    std::thread([] { poolalloc_trim(0); }).join();
    deallocate_poll(nullptr);
    EXPECT_EQ(thread_heap->quarantine.count, 0u);
}

TEST_F(QuarantineTest, WhatWaitsInAHeapThatIsAdoptedIsSpare) {
    TestHeap heap;
    std::vector<void *> blocks;
    for (int i = 0; i < 100; i++) blocks.push_back(heap.take(64));
    for (size_t i = 1; i < blocks.size(); i++) heap.free(blocks[i]);
    {
        SpaceLock lock;
        heap_forget(heap);
        EXPECT_EQ(bytes(heap), 0u);
        EXPECT_EQ(heap->quarantine.ring, nullptr);
        struct pool *first = pool_at(blocks[0]), *last = pool_at(blocks[99]);
        heap_adopt(heap, first, true);
        if (last != first) heap_adopt(heap, last, true);
    }
    heap_check(heap);
    EXPECT_EQ(heap->blocks, 1u);
    heap.free(blocks[0]);
    heap.close();
}

} // namespace
