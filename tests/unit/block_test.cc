// SPDX-License-Identifier: MIT
#include "heap/block.h"

#include <csignal>
#include <poolalloc.h>

#include "heap/allocate.h"
#include "heap/thread_heap.h"
#include "support/heap_fixture.h"
#include "support/hide.h"

namespace {

class BlockTest : public HeapTest {};
using BlockDeathTest = BlockTest;

// All blocks of one pool or span.
std::vector<char *> fill_pool(TestHeap &heap, unsigned class_index) {
    std::vector<char *> blocks;
    for (unsigned i = 0; i < size_classes[class_index].capacity; i++)
        blocks.push_back(at(heap.take_class(class_index)));
    return blocks;
}

// What an address should be, by arithmetic alone.
enum block_fault expected_fault(const struct size_class &c, size_t offset) {
    if (offset % ALIGN != 0) return BLOCK_MISALIGNED;
    bool starts = offset % c.stride == 0 && offset / c.stride < c.capacity;
    return starts ? BLOCK_LIVE : BLOCK_INTERIOR;
}

TEST_F(BlockTest, EveryByteOfAFullPoolOfEveryClassIsJudgedRight) {
    TestHeap heap;
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        std::vector<char *> blocks = fill_pool(heap, c);
        char *base = reinterpret_cast<char *>(window_record_base(pool_at(blocks[0])));
        size_t size = size_classes[c].pools * size_t(POOL_SIZE);
        size_t live = 0;
        for (size_t offset = 0; offset < size; offset++) {
            enum block_fault fault = fault_at(base + offset);
            ASSERT_EQ(fault, expected_fault(size_classes[c], offset)) << c << " " << offset;
            live += fault == BLOCK_LIVE;
        }
        ASSERT_EQ(live, blocks.size());
        for (char *block : blocks) heap.free(block);
    }
}

TEST_F(BlockTest, EveryByteBelongsToAPlace) {
    TestHeap heap;
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        std::vector<char *> blocks = fill_pool(heap, c);
        size_t stride = size_classes[c].stride;
        for (char *block : blocks)
            for (size_t offset : {size_t{0}, size_t{1}, stride / 2, stride - 1})
                ASSERT_EQ(block_place(reinterpret_cast<uintptr_t>(block) + offset),
                          reinterpret_cast<uintptr_t>(block))
                    << c << " " << offset;
        for (char *block : blocks) heap.free(block);
    }
    uintptr_t local = reinterpret_cast<uintptr_t>(&heap) + 1;
    EXPECT_EQ(block_place(local), local);
}

TEST_F(BlockTest, ALiveBlockIsDescribedInFull) {
    TestHeap heap;
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        for (char *pointer : fill_pool(heap, c)) {
            struct block block = block_at(pointer);
            ASSERT_EQ(block.address, reinterpret_cast<uintptr_t>(pointer));
            ASSERT_EQ(block.usable, size_classes[c].stride);
            ASSERT_EQ(block.class_index, c);
            ASSERT_EQ(block.heap, static_cast<struct heap *>(heap));
            ASSERT_EQ(block.kind, TAG_HEAP);
            ASSERT_EQ(atomic_u8_load(&pool_at(pointer)->class_index), c);
            heap.free(pointer);
        }
    }
}

TEST_F(BlockTest, AFreedBlockIsFreeWhileItsNeighboursLive) {
    TestHeap heap;
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        std::vector<char *> blocks = fill_pool(heap, c);
        for (size_t i = 0; i < blocks.size(); i += 2) heap.free(blocks[i]);
        for (size_t i = 0; i < blocks.size(); i++) {
            ASSERT_EQ(fault_at(blocks[i]), i % 2 == 0 ? BLOCK_FREED : BLOCK_LIVE) << c << " " << i;
            ASSERT_EQ(fault_at(blocks[i] + 1), BLOCK_MISALIGNED);
            if (size_classes[c].stride > ALIGN && blocks.size() > 1) { // or it went back
                ASSERT_EQ(fault_at(blocks[i] + ALIGN), BLOCK_INTERIOR);
            }
        }
        for (size_t i = 1; i < blocks.size(); i += 2) heap.free(blocks[i]);
    }
}

TEST_F(BlockTest, NothingLivesInAPoolThatWentBackToItsArena) {
    TestHeap heap, other;
    void *keeper = other.take(16), *span_keeper = other.take(600); // so that the arenas stay
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        std::vector<char *> blocks = fill_pool(heap, c);
        for (char *block : blocks) heap.free(block);
        heap_flush(heap);
        for (char *block : blocks) {
            // A block of whole pages leaves a mark.
            bool marked = size_classes[c].capacity == 1;
            ASSERT_EQ(fault_at(block), marked ? BLOCK_FREED : BLOCK_UNALLOCATED) << c;
            ASSERT_EQ(fault_at(block + 1), BLOCK_MISALIGNED);
        }
    }
    other.free(keeper);
    other.free(span_keeper);
}

TEST_F(BlockTest, ARunIsOneBlock) {
    char *run = at(poolalloc_malloc(700 * KIB));
    struct block block = block_at(run);
    EXPECT_EQ(block.kind, TAG_RUN);
    EXPECT_EQ(block.usable, 700 * KIB);
    for (size_t offset : {size_t(ALIGN), PAGE, size_t(ARENA_SIZE), size_t(2 * ARENA_SIZE) + 64,
                          700 * KIB - PAGE, 700 * KIB - ALIGN}) {
        EXPECT_EQ(fault_at(run + offset), BLOCK_INTERIOR) << offset;
        EXPECT_EQ(fault_at(run + offset - 1), BLOCK_MISALIGNED) << offset;
    }
    EXPECT_EQ(fault_at(run + 700 * KIB), BLOCK_UNALLOCATED) << "the next page is free";
    poolalloc_free(run);
    EXPECT_EQ(fault_at(run), BLOCK_FREED);
    EXPECT_EQ(fault_at(run + 1), BLOCK_MISALIGNED);
    EXPECT_EQ(fault_at(run + ALIGN), BLOCK_UNALLOCATED);
    EXPECT_EQ(fault_at(run + PAGE), BLOCK_UNALLOCATED);
}

// Whoever frees it again hears that, until another block begins there.
TEST_F(BlockTest, TheMarkOfAFreedRunStaysWhileItsPagesAreFree) {
    char *first = at(poolalloc_malloc(100 * KIB)), *second = at(poolalloc_malloc(100 * KIB));
    ASSERT_EQ(second, first + 100 * KIB);
    poolalloc_free(second);
    poolalloc_free(first); // merged into one range
    EXPECT_EQ(fault_at(first), BLOCK_FREED);
    EXPECT_EQ(fault_at(second), BLOCK_FREED);
    char *again = at(poolalloc_malloc(100 * KIB));
    ASSERT_EQ(again, first);
    EXPECT_EQ(fault_at(first), BLOCK_LIVE);
    EXPECT_EQ(fault_at(second), BLOCK_FREED);
    poolalloc_free(again);
}

TEST_F(BlockTest, AMappingIsOneBlock) {
    char *mapping = at(poolalloc_malloc(40 * MIB));
    struct block block = block_at(mapping);
    EXPECT_EQ(block.kind, TAG_DIRECT);
    EXPECT_EQ(block.usable, 40 * MIB);
    for (size_t offset : {size_t(ALIGN), PAGE, 20 * MIB, 40 * MIB - ALIGN}) {
        EXPECT_EQ(fault_at(mapping + offset), BLOCK_INTERIOR) << offset;
        EXPECT_EQ(fault_at(mapping + offset - 1), BLOCK_MISALIGNED) << offset;
    }
    poolalloc_free(mapping);
    enum block_fault fault = fault_at(mapping); // unmapped, or free memory for others
    EXPECT_TRUE(fault == BLOCK_FOREIGN || fault == BLOCK_UNALLOCATED) << fault;
}

TEST_F(BlockTest, WhatIsNotOursIsForeign) {
    static char in_data[64];
    char on_stack[64];
    std::vector<char> from_libc(64);
    for (const void *address :
         {static_cast<const void *>(nullptr), static_cast<const void *>(in_data),
          static_cast<const void *>(on_stack), static_cast<const void *>(from_libc.data()),
          reinterpret_cast<const void *>(&fault_at), reinterpret_cast<const void *>(1),
          reinterpret_cast<const void *>(UINTPTR_MAX),
          reinterpret_cast<const void *>(UINTPTR_MAX - 15),
          reinterpret_cast<const void *>(uintptr_t(1) << 47),
          reinterpret_cast<const void *>(uintptr_t(1) << 63)})
        EXPECT_EQ(fault_at(address), BLOCK_FOREIGN) << address;
}

// Addresses of ours with other high bits are not ours; nor is any random address.
TEST_F(BlockTest, WildAddressesAreForeign) {
    uintptr_t address = reinterpret_cast<uintptr_t>(poolalloc_malloc(64));
    for (unsigned bit = 47; bit < 64; bit++) {
        void *wild = reinterpret_cast<void *>(address ^ uintptr_t(1) << bit);
        EXPECT_EQ(fault_at(wild), BLOCK_FOREIGN) << bit;
        EXPECT_EQ(heap_free_fast(thread_heap, address ^ uintptr_t(1) << bit), FREE_OTHER) << bit;
    }
    struct rng random = {test_seed()};
    for (int i = 0; i < 100000; i++) {
        void *wild = reinterpret_cast<void *>(rng_next(&random) | uintptr_t(1) << 50);
        ASSERT_EQ(fault_at(wild), BLOCK_FOREIGN) << wild;
    }
    poolalloc_free(hide(reinterpret_cast<void *>(address)));
}

// ---- The lines ----

#define EXPECT_LINE(statement, line)                                                               \
    EXPECT_EXIT(statement, testing::KilledBySignal(SIGABRT),                                       \
                "^poolalloc: " + std::string(line) + " \\(.*\\)\n$")

TEST_F(BlockDeathTest, EachFaultHasItsLine) {
    EXPECT_LINE(block_fail("free", BLOCK_FREED, 0x10), "double free of 0x10");
    EXPECT_LINE(block_fail("realloc", BLOCK_FREED, 0x10), "realloc of freed pointer 0x10");
    for (const char *function : {"free", "realloc", "malloc_usable_size"}) {
        std::string start = std::string(function) + " of ";
        EXPECT_LINE(block_fail(function, BLOCK_INTERIOR, 0x20), start + "interior pointer 0x20");
        EXPECT_LINE(block_fail(function, BLOCK_MISALIGNED, 0x21),
                    start + "misaligned pointer 0x21");
        EXPECT_LINE(block_fail(function, BLOCK_UNALLOCATED, 0x30),
                    start + "unallocated pointer 0x30");
        EXPECT_LINE(block_fail(function, BLOCK_FOREIGN, 0x40), start + "foreign pointer 0x40");
    }
}

TEST_F(BlockDeathTest, RequiringABlockEndsTheProcessWhereThereIsNone) {
    char *pointer = at(poolalloc_malloc(64));
    struct block block;
    block_require("realloc", pointer, &block);
    EXPECT_EQ(block.usable, 64u);
    EXPECT_LINE(block_require("realloc", pointer + 16, &block),
                "realloc of interior pointer 0x[0-9a-f]+");
    poolalloc_free(pointer);
    EXPECT_LINE(block_require("realloc", hide(pointer), &block),
                "realloc of freed pointer 0x[0-9a-f]+");
}

} // namespace
