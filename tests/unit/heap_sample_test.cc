// SPDX-License-Identifier: MIT
// Which blocks a heap chooses, and that marks leave it whole. That the choice is a fair one is in
// sample_test.cc.
#include <poolalloc.h>

#include "heap/allocate.h"
#include "heap/sample.h"
#include "support/heap_fixture.h"

namespace {

using HeapSampleTest = SamplingTest;

TEST_F(HeapSampleTest, HeapsAreWholeWhileBlocksAreMarked) {
    ASSERT_TRUE(allocate_sample(SAMPLE_BARE));
    struct rng random = {test_seed()};
    std::vector<void *> live(3000);
    for (int i = 0; i < 60000; i++) {
        void *&block = live[rng_below(&random, live.size())];
        poolalloc_free(block);
        block = poolalloc_malloc(rng_below(&random, rng_below(&random, 20) == 0 ? 60000 : 600));
        if (i % 3000 == 0) heap_check(thread_heap);
        if (i % 20000 == 10000) poolalloc_trim(0);
    }
    allocate_sample(0);
    heap_check(thread_heap);
    for (int i = 0; i < 1000; i++) {
        poolalloc_free(live[i]);
        live[i] = poolalloc_malloc(100);
    }
    heap_check(thread_heap);
    for (void *block : live) poolalloc_free(block);
}

TEST_F(HeapSampleTest, WithoutSamplingNothingIsMarkedOrKept) {
    void *block = poolalloc_malloc(100);
    EXPECT_FALSE(thread_heap->sampling);
    EXPECT_FALSE(sample_has_begun());
    poolalloc_free(block);
}

} // namespace
