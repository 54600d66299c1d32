// SPDX-License-Identifier: MIT
// What only poolalloc.h offers: version, statistics, report, trim, check, good size.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poolalloc.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "support/hide.h"
#include "support/memory.h"

extern "C" int header_works_in_c11(void);

namespace {

// Not on the heap: taking the figures must not change them.
void *blocks[2000];

struct poolalloc_stats stats() {
    struct poolalloc_stats result = {};
    result.size = sizeof result;
    EXPECT_EQ(poolalloc_get_stats(&result), 0);
    return result;
}

size_t allocate_blocks() {
    size_t total = 0;
    for (size_t i = 0; i < 2000; i++) {
        blocks[i] = poolalloc_malloc(i < 1900 ? i % 600 : i * 50);
        total += poolalloc_usable_size(blocks[i]);
    }
    return total;
}

void free_blocks() {
    for (void *&block : blocks) {
        poolalloc_free(block);
        block = nullptr;
    }
}

} // namespace

TEST(PrefixedTest, TheHeaderWorksInC11) { EXPECT_EQ(header_works_in_c11(), 0); }

TEST(PrefixedTest, VersionAgreesWithTheHeader) {
    EXPECT_STREQ(poolalloc_version(), POOLALLOC_VERSION_STRING);
    std::string parts = std::to_string(POOLALLOC_VERSION_MAJOR) + "." +
                        std::to_string(POOLALLOC_VERSION_MINOR) + "." +
                        std::to_string(POOLALLOC_VERSION_PATCH);
    EXPECT_EQ(parts, POOLALLOC_VERSION_STRING);
    EXPECT_EQ(POOLALLOC_VERSION_NUMBER, POOLALLOC_VERSION_MAJOR * 10000 +
                                            POOLALLOC_VERSION_MINOR * 100 +
                                            POOLALLOC_VERSION_PATCH);
}

TEST(PrefixedTest, StatisticsCountTheCallersBlocksExactly) {
    for (int round = 0; round < 3; round++) {
        struct poolalloc_stats before = stats();
        size_t expected = allocate_blocks();
        struct poolalloc_stats full = stats();
        EXPECT_EQ(full.used - before.used, expected);
        EXPECT_EQ(full.blocks - before.blocks, 2000u);
        free_blocks();
        struct poolalloc_stats after = stats();
        EXPECT_EQ(after.used, before.used);
        EXPECT_EQ(after.blocks, before.blocks);
    }
}

TEST(PrefixedTest, StatisticsAddUp) {
    auto expect_sums = [](const char *when) {
        struct poolalloc_stats now = stats();
        EXPECT_EQ(now.used + now.cached + now.purged, now.mapped) << when;
        EXPECT_GE(now.mapped_peak, now.mapped) << when;
        EXPECT_GE(now.pools, now.arenas) << when;
        EXPECT_GE(now.heaps, 1u) << when;
        EXPECT_GT(now.metadata, 0u) << when;
    };
    expect_sums("at the start");
    allocate_blocks();
    expect_sums("with blocks");
    free_blocks();
    expect_sums("after freeing");
    poolalloc_trim(0);
    expect_sums("after trimming");
}

TEST(PrefixedTest, StatisticsCountDirectBlocksAndPools) {
    struct poolalloc_stats before = stats();
    void *huge = poolalloc_malloc(size_t(256) << 20);
    ASSERT_NE(huge, nullptr);
    EXPECT_EQ(stats().direct, before.direct + 1);
    poolalloc_free(huge);
    EXPECT_EQ(stats().direct, before.direct);
    for (size_t i = 0; i < 1000; i++) blocks[i] = poolalloc_malloc(512);
    EXPECT_GE(stats().pools, before.pools + 1000 / 8 - 1);
    free_blocks();
}

TEST(PrefixedTest, StatisticsOfAnOlderCallerFillOnlyItsPart) {
    unsigned char raw[sizeof(struct poolalloc_stats)];
    memset(raw, 0xcc, sizeof raw);
    struct poolalloc_stats *older = reinterpret_cast<struct poolalloc_stats *>(raw);
    size_t known = offsetof(struct poolalloc_stats, cached);
    older->size = known;
    ASSERT_EQ(poolalloc_get_stats(older), 0);
    EXPECT_EQ(older->size, known);
    for (size_t i = known; i < sizeof raw; i++)
        ASSERT_EQ(raw[i], 0xcc) << "byte " << i << " lies behind the caller's struct";
    older->size = 0;
    errno = 0;
    EXPECT_EQ(poolalloc_get_stats(older), -1);
    EXPECT_EQ(errno, EINVAL);
}

TEST(PrefixedTest, StatisticsOfALaterCallerFillWhatIsKnown) {
    struct {
        struct poolalloc_stats known;
        size_t later[4];
    } larger = {};
    larger.known.size = sizeof larger;
    larger.later[0] = 77;
    ASSERT_EQ(poolalloc_get_stats(&larger.known), 0);
    EXPECT_EQ(larger.known.size, sizeof(struct poolalloc_stats)) << "says how much is valid";
    EXPECT_GT(larger.known.mapped, 0u);
    EXPECT_EQ(larger.later[0], 77u);
}

TEST(PrefixedTest, TrimReturnsMemoryAndSaysSo) {
    poolalloc_trim(0);
    unsigned long start = memory_resident();
    for (size_t i = 0; i < 2000; i++) {
        blocks[i] = poolalloc_malloc(20000);
        memset(blocks[i], 1, 20000);
    }
    free_blocks();
    EXPECT_EQ(poolalloc_trim(0), 1);
    EXPECT_LT(memory_resident(), start + (2ul << 20));
    EXPECT_EQ(poolalloc_trim(0), 0);
}

TEST(PrefixedTest, TrimKeepsWhatItIsToldToKeep) {
    for (size_t i = 0; i < 2000; i++) {
        blocks[i] = poolalloc_malloc(20000);
        memset(blocks[i], 1, 20000);
    }
    free_blocks();
    if (stats().cached < size_t(20) << 20) GTEST_SKIP() << "little was cached";
    poolalloc_trim(size_t(16) << 20);
    EXPECT_GE(stats().cached, size_t(8) << 20);
    poolalloc_trim(0);
    EXPECT_LT(stats().cached, size_t(2) << 20);
}

// Never less, and no more once free blocks of longer classes have been used up.
TEST(PrefixedTest, GoodSizeIsWhatARequestGets) {
    for (size_t size = 0; size < 300000; size = size < 1100 ? size + 1 : size * 17 / 16) {
        size_t good = poolalloc_good_size(size), usable = 0;
        std::vector<void *> blocks;
        while (usable != good && blocks.size() < 100) {
            blocks.push_back(poolalloc_malloc(size));
            usable = poolalloc_usable_size(blocks.back());
            ASSERT_GE(usable, good) << size;
        }
        ASSERT_EQ(usable, good) << size;
        for (void *block : blocks) poolalloc_free(block);
    }
    EXPECT_EQ(poolalloc_good_size(SIZE_MAX), 0u);
    EXPECT_EQ(poolalloc_good_size(size_t(PTRDIFF_MAX) + 1), 0u);
}

TEST(PrefixedTest, CheckPassesInEveryState) {
    EXPECT_EQ(poolalloc_check(), 0);
    allocate_blocks();
    EXPECT_EQ(poolalloc_check(), 0);
    for (size_t i = 0; i < 2000; i += 2) {
        poolalloc_free(blocks[i]);
        blocks[i] = nullptr;
    }
    EXPECT_EQ(poolalloc_check(), 0);
    std::thread([] {
        for (size_t i = 1; i < 1000; i += 2) {
            poolalloc_free(blocks[i]);
            blocks[i] = nullptr;
        }
    }).join();
    EXPECT_EQ(poolalloc_check(), 0);
    free_blocks();
    EXPECT_EQ(poolalloc_check(), 0);
    poolalloc_trim(0);
    EXPECT_EQ(poolalloc_check(), 0);
}

TEST(PrefixedTest, BothSetsOfNamesAreTheSameFunctions) {
    void *block = hide(malloc(100));
    EXPECT_EQ(poolalloc_usable_size(block), poolalloc_good_size(100));
    poolalloc_free(block);
    free(poolalloc_malloc(100));
    free(poolalloc_realloc(hide(malloc(10)), 1000));
}

TEST(PrefixedTest, ReportBeginsWithTheVersionAndSaysWhatWasServed) {
    char path[] = "/tmp/poolalloc-report-XXXXXX";
    int file = mkstemp(path);
    ASSERT_GE(file, 0);
    unlink(path);
    struct poolalloc_stats before = stats();
    ASSERT_EQ(poolalloc_report(file), 0);
    EXPECT_EQ(stats().blocks, before.blocks) << "the report allocates";
    char text[16384] = {};
    ssize_t count = pread(file, text, sizeof text - 1, 0);
    close(file);
    ASSERT_GT(count, 0);
    std::string report(text, static_cast<size_t>(count));
    std::string first = std::string("poolalloc ") + POOLALLOC_VERSION_STRING + " report, pid " +
                        std::to_string(getpid()) + ", ";
    EXPECT_EQ(report.compare(0, first.size(), first), 0) << report;
    EXPECT_NE(report.find("served: "), std::string::npos) << report;
    EXPECT_EQ(report.back(), '\n');
}

TEST(PrefixedTest, ReportToABadDescriptorFails) {
    errno = 0;
    EXPECT_EQ(poolalloc_report(-1), -1);
    EXPECT_EQ(errno, EBADF);
}
