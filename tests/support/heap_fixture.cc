// SPDX-License-Identifier: MIT
#include "support/heap_fixture.h"

#include <algorithm>
#include <cstdlib>
#include <poolalloc.h>

#include "base/check.h"
#include "heap/allocate.h"
#include "heap/direct.h"
#include "heap/price.h"
#include "heap/purge.h"
#include "heap/remote.h"
#include "heap/sample.h"
#include "os/options.h"
#include "os/os.h"

namespace {

const struct options defaults = options;

/* Tests expect the lines of the inner library, without what the start adds to them. */
const bool plain_lines = [] {
    fail_context = nullptr;
    fail_callers = nullptr;
    return true;
}();

std::vector<TestHeap *> test_heaps;

} // namespace

void rebuild_space() {
    space_rebuild();
    arena_rebuild();
    direct_rebuild();
}

// The first slow path of the process sets the tables up, and its first arena is at a random place
// of its chunk.
HeapTest::HeapTest() {
    thread_heap_get();
    static bool begun = false;
    if (begun) return;
    begun = true;
    SpaceLock lock;
    struct arena *first = space_take_arena();
    if (first != nullptr) space_return_arena(first);
}
HeapTest::~HeapTest() = default;

// A page costs what is usual, whatever machine this is, and is small, but where a test says
// otherwise.
void HeapTest::SetUp() {
    os_first_write_for_test = [] { return uint64_t(500); };
    price_forget_for_test();
    options.huge_pages = HUGE_PAGES_OFF;
    poolalloc_trim(0);
    {
        SpaceLock lock;
        space_unmap_free(); // so that what a test gets was never touched
        purge_forget_for_test();
    }
    ASSERT_EQ(census_now().used_blocks, 0u) << "an earlier test left blocks behind";
}

void HeapTest::TearDown() {
    os_fault_for_test = nullptr;
    options = defaults;
    allocate_direct_min = DIRECT_MIN;
    for (TestHeap *heap : test_heaps) heap->close();
    remote_post(thread_heap);
    poolalloc_trim(0);
    census_check();
    struct census census = census_now();
    EXPECT_EQ(census.used_blocks, 0u);
    EXPECT_EQ(census.used_bytes, 0u);
    EXPECT_EQ(census.direct_bytes, 0u);
    EXPECT_EQ(census.touched_bytes, 0u) << "trim left free memory behind";
}

PagesInUse::PagesInUse(size_t bytes) : block_(poolalloc_malloc(bytes)) {}
PagesInUse::~PagesInUse() { poolalloc_free(block_); }

TestHeap::TestHeap() {
    const size_t unit = 8192;
    void *memory = std::aligned_alloc(unit, align_up(HEAP_SIZE, unit));
    heap_ = static_cast<struct heap *>(memory);
    memset(memory, 0, HEAP_SIZE);
    heap_init(heap_, false);
    test_heaps.push_back(this);
}

// Takes a block as malloc does.
void *TestHeap::take_class(unsigned class_index) {
    void *block = magazine_pop(&heap_->top[class_index]);
    return block != nullptr ? block : heap_take(heap_, class_index);
}

void TestHeap::close() {
    heap_check(heap_);
    heap_flush(heap_);
    heap_check(heap_);
}

TestHeap::~TestHeap() {
    close();
    test_heaps.erase(std::find(test_heaps.begin(), test_heaps.end(), this));
    std::free(heap_);
}

void TestHeap::free(void *pointer) {
    ASSERT_EQ(block_at(pointer).heap, heap_);
    ASSERT_TRUE(heap_free(heap_, reinterpret_cast<uintptr_t>(pointer)));
}

struct census census_now() {
    struct census census;
    census_make(&census);
    return census;
}

enum block_fault fault_at(const void *address) {
    struct block block;
    return block_find(reinterpret_cast<uintptr_t>(address), &block);
}

struct block block_at(const void *address) {
    struct block block = {};
    EXPECT_EQ(block_find(reinterpret_cast<uintptr_t>(address), &block), BLOCK_LIVE) << address;
    return block;
}

struct pool *pool_at(const void *address) {
    return pool_first(&window_record_at(reinterpret_cast<uintptr_t>(address))->pool);
}

bool move_pool(struct heap *from, struct heap *to, unsigned class_index) {
    struct pool *pool = heap_partial(from, class_index);
    if (pool == nullptr) return false;
    heap_hand_over(from, pool, to);
    heap_receive(to, pool);
    return true;
}

// ---- Blocks at hand ----

void HeapAtHandTest::SetUp() {
    HeapTest::SetUp();
    much_ = std::make_unique<PagesInUse>(20 * MIB);
}

void HeapAtHandTest::TearDown() {
    much_.reset();
    HeapTest::TearDown();
}

unsigned HeapAtHandTest::held(unsigned class_index) {
    unsigned count = 0;
    for (struct round *at = heap_->top[class_index]; at->block != 0; at--) count++;
    return count;
}

void HeapAtHandTest::use(unsigned class_index, int times) {
    std::vector<void *> blocks(2u * size_classes[class_index].magazine);
    for (; times > 0; times--) {
        for (void *&block : blocks) block = heap_.take_class(class_index);
        for (void *block : blocks) heap_.free(block);
    }
}

// ---- Sampling ----

void SamplingTest::TearDown() {
    allocate_sample(0);
    poolalloc_trim(0);
    sample_reset_for_test();
    HeapTest::TearDown();
}
