// SPDX-License-Identifier: MIT
// span_fixture.h - spans of blocks, and which of their pages are resident.
#ifndef POOLALLOC_TEST_SPAN_FIXTURE_H
#define POOLALLOC_TEST_SPAN_FIXTURE_H

#include "heap/heap.h"
#include "heap/purge.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

// Spans of blocks in memory that was not used before.
class SpansTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        SpaceLock lock;
        space_unmap_free(); // new memory from here on
    }
    void TearDown() override {
        os_fault_for_test = nullptr;
        for (void *block : kept_) heap_.free(block);
        HeapTest::TearDown();
    }
    static bool has_spans(unsigned c) { return size_classes[c].capacity > 1; }
    // Blocks of so many whole spans, written.
    std::vector<char *> build(unsigned c, size_t spans) {
        std::vector<char *> blocks;
        for (size_t i = 0; i < spans * size_classes[c].capacity; i++) {
            blocks.push_back(at(heap_.take_class(c)));
            memset(blocks.back(), 0x5a, size_classes[c].stride);
        }
        return blocks;
    }
    static size_t pages_of(unsigned c) { return size_classes[c].pools; }
    static size_t resident_of(char *block) {
        struct pool *pool = pool_at(block);
        return resident_pages(reinterpret_cast<void *>(window_record_base(pool)),
                              pages_of(atomic_u8_load(&pool->class_index)) * POOL_SIZE);
    }
    // The pages that a block lies on.
    static size_t pages_under(const char *block, size_t size) {
        auto start = reinterpret_cast<uintptr_t>(block);
        return (align_up(start + size, PAGE) - align_down(start, PAGE)) / PAGE;
    }
    TestHeap heap_;
    std::vector<void *> kept_;
};

#endif
