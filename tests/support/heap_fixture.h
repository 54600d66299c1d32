// SPDX-License-Identifier: MIT
// heap_fixture.h - fixtures for tests of the inner library. All tests of a program share the one
// allocator of the process, so each test begins and ends with an empty one: TearDown gives all
// memory back, checks every invariant and fails if a block is left.
#ifndef POOLALLOC_TEST_HEAP_FIXTURE_H
#define POOLALLOC_TEST_HEAP_FIXTURE_H

#include <memory>

#include "heap/block.h"
#include "heap/census.h"
#include "heap/heap.h"
#include "support/inner.h"

class HeapTest : public testing::Test {
  protected:
    HeapTest();
    ~HeapTest() override;
    void SetUp() override;
    void TearDown() override;
};

// What a child does when it can't trust the lists. With the space lock.
void rebuild_space();

// A heap that belongs to no thread. Its pools go back in the fixture's TearDown and in its own
// destructor; all its blocks must be free by then.
// Tags hold the address of a heap, whose low bits must be zero.
class TestHeap {
  public:
    TestHeap();
    ~TestHeap();
    TestHeap(const TestHeap &) = delete;
    TestHeap &operator=(const TestHeap &) = delete;
    struct heap *operator->() {
        return heap_;
    }
    operator struct heap *() { return heap_; }

    void *take(size_t size) { return take_class(size_class_of(size)); }
    void *take_class(unsigned class_index);
    void free(void *block);
    // Checks the heap and gives back what is empty.
    void close();

  private:
    struct heap *heap_;
};

// A large block that nobody touches: the more is in use, the more may be kept beside it.
class PagesInUse {
  public:
    explicit PagesInUse(size_t bytes);
    ~PagesInUse();
    PagesInUse(const PagesInUse &) = delete;
    PagesInUse &operator=(const PagesInUse &) = delete;

  private:
    void *block_;
};

// A heap beside so much in use that it may have much at hand.
class HeapAtHandTest : public HeapTest {
  protected:
    void SetUp() override;
    void TearDown() override;
    // Blocks in a magazine.
    unsigned held(unsigned class_index);
    // Takes more than the magazine can ever hold, and frees all of it, so many times.
    void use(unsigned class_index, int times);

    std::unique_ptr<PagesInUse> much_;
    TestHeap heap_;
};

// The distance between an estimate and the truth is below so many standard errors, where a test is
// not to fail by chance in years.
const double ERRORS = 5;

// Samples nothing when it ends, and knows of no samples.
class SamplingTest : public HeapTest {
  protected:
    void TearDown() override;
};

struct census census_now();
enum block_fault fault_at(const void *address);
// The live block at an address; the test fails if there is none.
struct block block_at(const void *address);

// The record of the pool or span that an address lies in.
struct pool *pool_at(const void *address);

// Moves the first PARTIAL pool of the class; false if there is none.
bool move_pool(struct heap *from, struct heap *to, unsigned class_index);

#endif
