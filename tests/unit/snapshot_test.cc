// SPDX-License-Identifier: MIT
// snapshot: the reader of the command poolalloc(1), on this process: all that it knows comes by the
// names of the descriptor, so a wrong place or size in that shows here.
#include "snapshot.h"

#include <algorithm>
#include <poolalloc.h>

#include "heap/allocate.h"
#include "heap/guard.h"
#include "layout.h"
#include "malloc/descriptor.h"
#include "os/options.h"
#include "os/os.h"
#include "source.h"
#include "support/heap_fixture.h"

namespace {

class SnapshotTest : public HeapTest {
  protected:
    Snapshot look() {
        auto source = source_of_self();
        return snapshot_take(*source, Layout(*source, (uint64_t)&poolalloc_descriptor));
    }
    void TearDown() override {
        while (!blocks_.empty()) free_last();
        HeapTest::TearDown();
    }
    char *keep(size_t size) {
        blocks_.push_back(poolalloc_malloc(size));
        return (char *)memset(blocks_.back(), 1, size);
    }
    void free_last() {
        poolalloc_free(blocks_.back());
        blocks_.pop_back();
    }
    std::vector<void *> blocks_;
};

TEST(DescriptorTest, NamesAreUniqueAndFit) {
    std::set<std::string> names;
    unsigned count = 0;
    for (; poolalloc_descriptor.fields[count].name[0] != '\0'; count++) {
        const char *name = poolalloc_descriptor.fields[count].name;
        ASSERT_LT(strnlen(name, DESCRIPTOR_NAME), (size_t)DESCRIPTOR_NAME) << count;
        EXPECT_TRUE(names.insert(name).second) << name;
    }
    EXPECT_LT(count, (unsigned)DESCRIPTOR_FIELDS);
    EXPECT_STREQ(poolalloc_descriptor.library, POOLALLOC_VERSION_STRING);
}

TEST(DescriptorTest, OfAnotherVersionOrNoneIsRefused) {
    auto source = source_of_self();
    auto other = std::make_unique<struct descriptor>(poolalloc_descriptor);
    other->version++;
    EXPECT_THROW(Layout(*source, (uint64_t)other.get()), Failure);
    other->version--;
    EXPECT_NO_THROW(Layout(*source, (uint64_t)other.get()));
    other->magic[0]++;
    EXPECT_THROW(Layout(*source, (uint64_t)other.get()), Failure);
}

TEST_F(SnapshotTest, CountsWhatTheCensusCounts) {
    for (unsigned c = 1; c < CLASS_COUNT; c++)
        for (unsigned i = 0; i < 3 + c % 5; i++) keep(size_classes[c == PAGE_CLASS ? 1 : c].stride);
    keep(300 * KIB);
    keep(40 * MIB);
    Snapshot snapshot = look();
    struct census census;
    census_make(&census);
    EXPECT_EQ(snapshot.live_blocks, census.used_blocks);
    EXPECT_EQ(snapshot.live_bytes, census.used_bytes);
    EXPECT_EQ(snapshot.large_blocks, census.runs);
    EXPECT_EQ(snapshot.direct_blocks, census.direct_blocks);
    EXPECT_EQ(snapshot.direct_bytes, census.direct_bytes);
    EXPECT_EQ(snapshot.mapped, census.mapped_bytes);
    ASSERT_EQ(snapshot.classes.size(), (size_t)CLASS_COUNT);
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        EXPECT_EQ(snapshot.classes[c].live, census.class_blocks[c]) << c;
        EXPECT_EQ(snapshot.classes[c].spare + snapshot.classes[c].at_hand, census.class_free[c])
            << c;
    }
}

TEST_F(SnapshotTest, GuardedBlocksAreLiveAndTheirPagesResident) {
    Snapshot before = look();
    allocate_guard(1, GUARD_MEMORY);
    for (size_t size : {20, 1000, 5000, 12000}) EXPECT_TRUE(guard_has((uintptr_t)keep(size)));
    allocate_guard(0, GUARD_MEMORY);
    Snapshot snapshot = look();
    struct census census;
    census_make(&census);
    EXPECT_EQ(snapshot.live_blocks, census.used_blocks);
    EXPECT_EQ(snapshot.live_bytes, census.used_bytes);
    EXPECT_EQ(snapshot.live_bytes - before.live_bytes, 20u + 1000 + 5000 + 12000);
    if (snapshot.resident_is_known) {
        EXPECT_GE(snapshot.resident.live - before.resident.live, 18020u);
        uint64_t pages = 0, of_guards = 0;
        for (const ArenaFigures &arena : snapshot.arenas) pages += arena.resident;
        for (const Region &region : snapshot.regions)
            if (strcmp(region.what, "guards") == 0)
                of_guards += resident_pages((void *)region.start, region.size) * os_page_size();
        EXPECT_EQ(of_guards, 7 * os_page_size());
        EXPECT_NEAR((double)snapshot.resident.sum(), (double)(pages + of_guards), 16.0 * 4);
    }
    while (!blocks_.empty()) free_last();
    EXPECT_EQ(look().live_blocks, before.live_blocks);
    guard_reset_for_test();
}

TEST_F(SnapshotTest, EachPageOfAnArenaThatHasMemoryIsOneThing) {
    for (unsigned i = 0; i < 20000; i++) keep(1 + i * 37 % 5000);
    for (unsigned i = 0; i < 9000; i++) {
        std::swap(blocks_[i * 7919 % blocks_.size()], blocks_.back());
        free_last();
    }
    Snapshot snapshot = look();
    uint64_t pages = 0;
    for (const ArenaFigures &arena : snapshot.arenas) pages += arena.resident;
    EXPECT_TRUE(snapshot.resident_is_known);
    EXPECT_EQ(snapshot.resident.sum(), pages + snapshot.direct_bytes);
    EXPECT_GT(snapshot.resident.beside, 0u);
    EXPECT_EQ(snapshot.moved, 0u);
}

TEST_F(SnapshotTest, LiveBytesAreResidentOnceWritten) {
    keep(40 * MIB);
    blocks_.push_back(poolalloc_calloc(1, 48 * MIB)); // never written
    Snapshot snapshot = look();
    EXPECT_GE(snapshot.live_bytes, 88 * MIB);
    EXPECT_GE(snapshot.resident.live, 40 * MIB);
    EXPECT_LT(snapshot.resident.live, 60 * MIB);
}

TEST_F(SnapshotTest, WhatAThreadFreedIsAtHandOrEmpty) {
    for (unsigned i = 0; i < 64; i++) keep(100);
    Snapshot before = look();
    while (!blocks_.empty()) free_last();
    Snapshot after = look();
    EXPECT_EQ(before.classes[size_class_of(100)].live, 64u);
    EXPECT_EQ(after.classes[size_class_of(100)].live, 0u);
    EXPECT_GE(after.classes[size_class_of(100)].at_hand, 15u); // what a magazine has room for first
    auto own = std::find_if(after.heaps.begin(), after.heaps.end(),
                            [](const HeapFigures &heap) { return heap.in_use && heap.held() > 0; });
    EXPECT_NE(own, after.heaps.end());
}

TEST_F(SnapshotTest, OneBlockIsOneCell) {
    uint64_t block = (uint64_t)keep(48);
    Snapshot snapshot = look();
    unsigned cells = 0;
    for (const ArenaFigures &arena : snapshot.arenas)
        for (unsigned i = 0; i < 64; i++)
            if (arena.fill[i] > 0) {
                cells++;
                EXPECT_EQ(arena.base + i * POOL_SIZE, align_down(block, POOL_SIZE));
                EXPECT_EQ(arena.cells[i], Cell::POOL);
            }
    EXPECT_EQ(cells, 1u);
}

TEST_F(SnapshotTest, MetadataIsFound) {
    keep(100);
    Snapshot snapshot = look();
    EXPECT_GT(snapshot.metadata, 0u);
    bool has_window = false;
    for (const Region &region : snapshot.regions)
        has_window |= strcmp(region.what, "metadata") == 0 &&
                      (uint64_t)window_first() - region.start < region.size;
    EXPECT_TRUE(has_window);
}

} // namespace
