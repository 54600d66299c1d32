// SPDX-License-Identifier: MIT
// mallopt's parameters and what operators set for glibc: results, what follows, and who comes
// first.
#include "malloc/parameter.h"

#include <climits>
#include <malloc.h>
#include <poolalloc.h>

#include "heap/allocate.h"
#include "os/options.h"
#include "support/heap_fixture.h"

namespace {

class ParameterTest : public HeapTest {
  protected:
    void TearDown() override {
        parameter_set(M_MMAP_MAX, 65536);
        parameter_set(M_MMAP_THRESHOLD, DIRECT_MIN);
        parameter_set(M_PERTURB, 0);
        HeapTest::TearDown();
    }
};

int set(int parameter, int value) { return parameter_set(parameter, size_t(ptrdiff_t(value))); }

// One process's environment.
void read(const std::vector<std::string> &strings) {
    std::vector<char *> environment;
    for (const std::string &string : strings)
        environment.push_back(const_cast<char *>(string.c_str()));
    environment.push_back(nullptr);
    parameter_read_environment(environment.data());
}

bool is_filled(const void *block, size_t size, int byte) { return is_all(block, byte, size); }

enum tag_kind kind_of(const void *block) { return block_at(block).kind; }

TEST_F(ParameterTest, OnlyMxfastHasBadValues) {
    for (int value : {0, 1, 64, 160}) EXPECT_EQ(set(M_MXFAST, value), 1) << value;
    for (int value : {161, 4096, INT_MAX, -1, INT_MIN}) EXPECT_EQ(set(M_MXFAST, value), 0) << value;
    for (int parameter : {M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_MMAP_MAX, M_CHECK_ACTION,
                          M_ARENA_TEST, M_ARENA_MAX, M_NLBLKS, M_GRAIN, M_KEEP, 99, -99})
        for (int value : {INT_MIN, -1, 0, 1, 4096, INT_MAX})
            EXPECT_EQ(set(parameter, value), 1) << parameter << " " << value;
}

TEST_F(ParameterTest, TheMmapThresholdMovesWhereBlocksGetTheirOwnMapping) {
    void *block = poolalloc_malloc(MIB);
    EXPECT_EQ(kind_of(block), TAG_RUN);
    poolalloc_free(block);
    set(M_MMAP_THRESHOLD, MIB);
    poolalloc_trim(0); // free memory would be used first
    block = poolalloc_malloc(MIB);
    EXPECT_EQ(kind_of(block), TAG_DIRECT);
    poolalloc_free(block);
    set(M_MMAP_THRESHOLD, 1 << 30); // above the largest that serves by itself, too
    block = poolalloc_malloc(100 * MIB);
    EXPECT_EQ(kind_of(block), TAG_RUN);
    poolalloc_free(block);
    set(M_MMAP_THRESHOLD, 1);
    void *small = poolalloc_malloc(1), *medium = poolalloc_malloc(60000);
    EXPECT_EQ(kind_of(small), TAG_HEAP);
    EXPECT_EQ(kind_of(medium), TAG_HEAP);
    poolalloc_free(small);
    poolalloc_free(medium);
    set(M_MMAP_THRESHOLD, -1);
    block = poolalloc_malloc(40 * MIB);
    EXPECT_EQ(kind_of(block), TAG_RUN);
    poolalloc_free(block);
}

TEST_F(ParameterTest, WithoutMmapsNoBlockHasAMappingOfItsOwn) {
    for (int none : {0, -1, INT_MIN}) {
        set(M_MMAP_MAX, none);
        set(M_MMAP_THRESHOLD, MIB); // gives way, as in glibc
        char *block = at(poolalloc_malloc(200 * MIB));
        EXPECT_EQ(kind_of(block), TAG_RUN);
        poolalloc_free(block);
        block = at(poolalloc_malloc(600 * KIB));
        for (size_t size = 700 * KIB; size < 90 * MIB; size += size / 2) {
            block = at(poolalloc_realloc(block, size));
            ASSERT_EQ(kind_of(block), TAG_RUN) << size;
        }
        poolalloc_free(block);
        set(M_MMAP_MAX, 65536);
        poolalloc_trim(0);
        block = at(poolalloc_malloc(2 * MIB));
        EXPECT_EQ(kind_of(block), TAG_DIRECT); // the threshold holds again
        poolalloc_free(block);
        poolalloc_trim(0);
    }
}

TEST_F(ParameterTest, WithoutMmapsAndTrimmingFreedMemoryServesAllSizes) {
    set(M_MMAP_MAX, 0);
    set(M_TRIM_THRESHOLD, -1);
    {
        SpaceLock lock;
        space_unmap_free(); // ranges of earlier tests, without memory behind them
    }
    char *pool = at(poolalloc_malloc(50 * MIB));
    memset(pool, 1, 50 * MIB);
    poolalloc_free(pool);
    std::vector<void *> blocks;
    for (size_t size : {16, 500, 5000, 60000, 100000, 1000000, 10000000}) {
        blocks.push_back(poolalloc_malloc(size));
        EXPECT_LT(size_t(at(blocks.back()) - pool), 50 * MIB) << size;
        char *first = at(reinterpret_cast<void *>(align_down(uintptr_t(blocks.back()), PAGE)));
        size_t length = align_up(uintptr_t(blocks.back()) + size, PAGE) - uintptr_t(first);
        EXPECT_EQ(resident_pages(first, length), length / PAGE) << size;
    }
    for (void *block : blocks) poolalloc_free(block);
}

TEST_F(ParameterTest, TheTrimThresholdSaysWhetherAndHowMuchFreeMemoryStays) {
    set(M_TRIM_THRESHOLD, -1);
    EXPECT_EQ(options.purge_delay, PURGE_NEVER);
    set(M_TRIM_THRESHOLD, 1 << 20);
    EXPECT_EQ(options.purge_delay, uint64_t(PURGE_STANDARD));
    EXPECT_EQ(options.purge_keep, MIB);
    set(M_TRIM_THRESHOLD, 0);
    EXPECT_EQ(options.purge_delay, uint64_t(PURGE_STANDARD));
    EXPECT_EQ(options.purge_keep, 0u);
    parameter_set(M_TRIM_THRESHOLD, SIZE_MAX / 2 + 1);
    EXPECT_EQ(options.purge_delay, PURGE_NEVER);
}

TEST_F(ParameterTest, WhatTheOperatorChoseStays) {
    for (std::string delay : {"never", "0", "7ms", "1s"}) {
        EXPECT_TRUE(in_child([&] {
            Capture capture;
            options_parse(&options, ("purge_delay=" + delay).c_str(), capture.text());
            uint64_t chosen = options.purge_delay;
            bool accepted = true;
            for (int value : {-1, 0, 1 << 20, INT_MAX}) {
                accepted = accepted && set(M_TRIM_THRESHOLD, value) == 1;
                accepted = accepted && options.purge_delay == chosen && options.purge_keep == 0;
            }
            read({"MALLOC_TRIM_THRESHOLD_=-1", "GLIBC_TUNABLES=glibc.malloc.trim_threshold=-1"});
            return accepted && options.purge_delay == chosen;
        })) << delay;
    }
    EXPECT_TRUE(in_child([] { // an option of another key leaves this one free
        Capture capture;
        options_parse(&options, "purge_thread=off,report=off", capture.text());
        set(M_TRIM_THRESHOLD, -1);
        return options.purge_delay == PURGE_NEVER;
    }));
    EXPECT_TRUE(in_child([] { // a bad value is no choice
        Capture capture;
        options_parse(&options, "purge_delay=soon", capture.text());
        set(M_TRIM_THRESHOLD, -1);
        return options.purge_delay == PURGE_NEVER;
    }));
}

TEST_F(ParameterTest, VariablesAndTunablesAreRead) {
    read({"HOME=/", "MALLOC_TRIM_THRESHOLD_=-1"});
    EXPECT_EQ(options.purge_delay, PURGE_NEVER);
    read({"MALLOC_TRIM_THRESHOLD_=0x100000"});
    EXPECT_EQ(options.purge_keep, MIB);
    read({"MALLOC_MMAP_THRESHOLD_=70000"});
    EXPECT_EQ(allocate_direct_min, 70000u);
    read({"MALLOC_MMAP_MAX_=0"});
    EXPECT_EQ(allocate_direct_min, ALLOCATE_NO_DIRECT);
    read({"MALLOC_MMAP_MAX_=10"});
    EXPECT_EQ(allocate_direct_min, 70000u);
    read({"MALLOC_PERTURB_=85"});
    EXPECT_EQ(options.perturb, PERTURB_ON | 85u);
    read({"GLIBC_TUNABLES=glibc.malloc.perturb=0:glibc.malloc.trim_threshold=5:"
          "glibc.malloc.mmap_threshold=80000"});
    EXPECT_EQ(options.perturb, 0u);
    EXPECT_EQ(options.purge_keep, 5u);
    EXPECT_EQ(allocate_direct_min, 80000u);
}

TEST_F(ParameterTest, TunablesComeBeforeVariablesWhereverTheyStand) {
    read({"GLIBC_TUNABLES=glibc.malloc.trim_threshold=7", "MALLOC_TRIM_THRESHOLD_=-1"});
    EXPECT_EQ(options.purge_keep, 7u);
    read({"MALLOC_TRIM_THRESHOLD_=-1", "GLIBC_TUNABLES=glibc.malloc.trim_threshold=8"});
    EXPECT_EQ(options.purge_keep, 8u);
}

TEST_F(ParameterTest, BadAndUnknownSettingsDoNothing) {
    struct options before = options;
    size_t direct_min = allocate_direct_min;
    read({"MALLOC_TRIM_THRESHOLD_=", "MALLOC_TRIM_THRESHOLD_=much", "MALLOC_TRIM_THRESHOLD_=12K",
          "MALLOC_TRIM_THRESHOLD_", "MALLOC_TRIM_THRESHOLD=-1", "MALLOC_MMAP_MAX_=-1",
          "MALLOC_MMAP_THRESHOLD_=99999999999999999999999", "MALLOC_PERTURB_=256",
          "MALLOC_PERTURB_=-1", "MALLOC_ARENA_MAX=1", "MALLOC_CHECK_=3", "MALLOC_TOP_PAD_=1",
          "XMALLOC_PERTURB_=1", "MALLOC_", "MALLOC_=1", "=MALLOC_PERTURB_=1"});
    for (const char *tunables :
         {"", ":", "::", "=", "glibc.malloc.perturb", "glibc.malloc.perturb=", "perturb=1",
          "glibc.malloc.perturb=1x", "glibc.malloc.tcache_count=0", "glibc.malloc.=1",
          "glibc.rtld.optional_static_tls=0x100:", "glibc.malloc.perturbed=1",
          "xglibc.malloc.perturb=1", "glibc.malloc.mmap_max=-1:glibc.malloc.check=1"})
        read({std::string("GLIBC_TUNABLES=") + tunables});
    EXPECT_EQ(memcmp(&before, &options, sizeof before), 0);
    EXPECT_EQ(allocate_direct_min, direct_min);
    std::string longest(MIB, ':');
    read({"GLIBC_TUNABLES=" + longest + "glibc.malloc.perturb=3"});
    EXPECT_EQ(options.perturb, PERTURB_ON | 3u);
}

// ---- M_PERTURB ----

const size_t SIZES[] = {1, 16, 100, 512, 513, 4096, 60000, 70000, 3 * MIB, 40 * MIB};

TEST_F(ParameterTest, PerturbedBlocksBeginAsTheComplementAndEndAsTheByte) {
    options.purge_delay = PURGE_NEVER; // what is purged reads as zero
    for (size_t size : SIZES) poolalloc_free(poolalloc_malloc(size)); // what is at hand from before
    set(M_PERTURB, 0x35);
    for (int round = 0; round < 3; round++) {
        for (size_t size : SIZES) {
            char *block = at(poolalloc_malloc(size));
            ASSERT_TRUE(is_filled(block, size, 0xca)) << size;
            bool stays = kind_of(block) != TAG_DIRECT;
            memset(block, 1, size);
            poolalloc_free(block);
            if (stays) {
                ASSERT_TRUE(is_filled(block, size, 0x35)) << size;
            }
        }
    }
}

TEST_F(ParameterTest, PerturbReachesEveryWayToGetABlock) {
    set(M_PERTURB, 1);
    for (size_t size : SIZES) {
        char *zeroed = at(poolalloc_calloc(1, size));
        ASSERT_TRUE(is_filled(zeroed, size, 0)) << size;
        char *aligned = at(poolalloc_aligned_alloc(256, size));
        ASSERT_TRUE(is_filled(aligned, size, 0xfe)) << size;
        memset(aligned, 7, size);
        aligned = at(poolalloc_realloc(aligned, 3 * size));
        ASSERT_TRUE(is_filled(aligned, size, 7)) << size;
        poolalloc_free(zeroed);
        poolalloc_free(aligned);
        zeroed = at(poolalloc_calloc(size, 1)); // where the byte was before
        ASSERT_TRUE(is_filled(zeroed, size, 0)) << size;
        poolalloc_free(zeroed);
    }
}

TEST_F(ParameterTest, PerturbedBlocksThatAnotherThreadFreesAreFilledAtOnce) {
    set(M_PERTURB, 0x77);
    std::vector<char *> blocks;
    for (int i = 0; i < 500; i++) blocks.push_back(at(poolalloc_malloc(100 + i % 3 * 1000)));
    in_thread([&] {
        for (char *block : blocks) poolalloc_free(block);
        for (char *block : blocks) ASSERT_TRUE(is_filled(block, 100, 0x77));
    });
    for (int i = 0; i < 500; i++) blocks[i] = at(poolalloc_malloc(100));
    for (char *block : blocks) ASSERT_TRUE(is_filled(block, 100, 0x88));
    for (char *block : blocks) poolalloc_free(block);
}

// Frees as often as makes any heap poll, also one that sampled before, which polls at random
// distances.
void free_until_poll() {
    for (int i = 0; i < 40 * HEAP_POLL_FREES; i++) poolalloc_free(poolalloc_malloc(100));
}

TEST_F(ParameterTest, ThreadsThatRunAlreadyAndNewOnesPerturbToo) {
    int step = 0;
    std::thread running([&] {
        poolalloc_free(poolalloc_malloc(100));
        __atomic_store_n(&step, 1, __ATOMIC_SEQ_CST);
        while (__atomic_load_n(&step, __ATOMIC_SEQ_CST) < 2) std::this_thread::yield();
        free_until_poll();
        char *block = at(poolalloc_malloc(100));
        EXPECT_TRUE(is_filled(block, 100, 0xee));
        poolalloc_free(block);
    });
    while (__atomic_load_n(&step, __ATOMIC_SEQ_CST) < 1) std::this_thread::yield();
    set(M_PERTURB, 0x11);
    __atomic_store_n(&step, 2, __ATOMIC_SEQ_CST);
    running.join();
    in_thread([] {
        free_until_poll();
        char *block = at(poolalloc_malloc(100));
        EXPECT_TRUE(is_filled(block, 100, 0xee));
        poolalloc_free(block);
    });
}

TEST_F(ParameterTest, PerturbEndsAndBlocksAreAtHandAgain) {
    for (int round = 0; round < 50; round++) {
        set(M_PERTURB, 1 + round);
        for (size_t size = 1; size < 60000; size += size / 3 + 1)
            poolalloc_free(poolalloc_malloc(size));
        set(M_PERTURB, 0);
        for (size_t size = 1; size < 60000; size += size / 3 + 1)
            for (int i = 0; i < 3; i++) poolalloc_free(poolalloc_malloc(size));
        void *first = poolalloc_malloc(100);
        memset(first, 9, 100);
        poolalloc_free(first);
        ASSERT_TRUE(is_filled(first, 100, 9)); // freed, and as it was
        ASSERT_FALSE(thread_heap->bare);
    }
}

TEST_F(ParameterTest, PerturbWithZeroInItsLowByteIsNotOff) {
    set(M_PERTURB, 0x100); // glibc: fills with 0xff and 0
    char *block = at(poolalloc_malloc(100));
    EXPECT_TRUE(is_filled(block, 100, 0xff));
    poolalloc_free(block);
    EXPECT_TRUE(is_filled(block, 100, 0));
}

} // namespace
