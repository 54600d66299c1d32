// SPDX-License-Identifier: MIT
#include "heap/note.h"

#include <cmath>

#include "heap/direct.h"
#include "heap/run.h"
#include "support/clock.h"
#include "support/heap_fixture.h"

namespace {

const void *code_at(uintptr_t address) { return reinterpret_cast<const void *>(address); }

class NoteTest : public HeapTest {
  protected:
    // Notes are due when a test says so.
    void SetUp() override {
        HeapTest::SetUp();
        heap_->notes.pools_left = NEVER;
    }
    static constexpr int NEVER = 1 << 30;
    TestClock clock_; // nothing comes to be due
    uintptr_t noted(const void *block) {
        struct block found = block_at(block);
        return note_find(&found);
    }
    // Notes the next block to be handed out, as if a pool was due.
    void due(const void *block) { heap_->notes.due = reinterpret_cast<uintptr_t>(block); }
    void *take_noted(size_t size, uintptr_t caller) {
        void *block = heap_.take(size);
        due(reinterpret_cast<void *>(window_record_base(pool_first(pool_at(block)))));
        note_caller(&heap_->notes, heap_, block, code_at(caller));
        return block;
    }
    TestHeap heap_;
};

TEST_F(NoteTest, NamesTheCallerOfTheBlockAndOfNoOther) {
    for (size_t size : {16, 100, 512, 600, 3000, 16384}) {
        void *block = take_noted(size, 0x7ffffffff000 + size), *other = heap_.take(size);
        EXPECT_EQ(noted(block), 0x7ffffffff000 + size) << size;
        EXPECT_EQ(noted(other), 0u) << size;
        EXPECT_FALSE(note_is_due(&heap_->notes));
        heap_.free(block);
        heap_.free(other);
    }
}

TEST_F(NoteTest, AnArenaKeepsTheLastNote) {
    void *first = take_noted(32, 0x1000), *second = take_noted(320, 0x2000);
    ASSERT_EQ(window_arena_at(reinterpret_cast<uintptr_t>(first)),
              window_arena_at(reinterpret_cast<uintptr_t>(second)));
    EXPECT_EQ(noted(first), 0u);
    EXPECT_EQ(noted(second), 0x2000u);
    heap_.free(first);
    heap_.free(second);
}

TEST_F(NoteTest, AnAddressThatDoesNotFitIsNotNoted) {
    void *block = take_noted(32, (uintptr_t)1 << NOTE_CALLER_BITS);
    EXPECT_EQ(noted(block), 0u);
    heap_.free(block);
}

TEST_F(NoteTest, ABlockOfAnotherPoolIsNotNoted) {
    void *block = heap_.take(32), *other = heap_.take(320);
    due(reinterpret_cast<void *>(window_record_base(pool_at(block))));
    note_caller(&heap_->notes, heap_, other, code_at(0x1000));
    EXPECT_EQ(noted(block), 0u);
    EXPECT_EQ(noted(other), 0u);
    EXPECT_FALSE(note_is_due(&heap_->notes));
    heap_.free(block);
    heap_.free(other);
}

TEST_F(NoteTest, APoolThatIsMadeAnewHasNoNote) {
    void *block = take_noted(48, 0x1000);
    struct pool *pool = pool_at(block);
    heap_.free(block);
    heap_flush(heap_);
    std::vector<void *> blocks;
    do blocks.push_back(heap_.take(48));
    while (pool_at(blocks.back()) != pool && blocks.size() < 100000);
    ASSERT_EQ(pool_at(blocks.back()), pool) << "its page is not taken again";
    for (void *other : blocks) {
        EXPECT_EQ(noted(other), 0u);
        heap_.free(other);
    }
}

// All blocks of one pool, so that its next ones come from those that were freed.
TEST_F(NoteTest, APoolWhoseNotedBlockIsFreeIsNotedAnew) {
    for (size_t size : {256, 3000}) {
        void *first = take_noted(size, 0x1000);
        struct pool *pool = pool_first(pool_at(first));
        std::vector<void *> blocks = {first};
        while (pool->state != POOL_FULL) blocks.push_back(heap_.take(size));
        heap_.free(blocks.back());
        blocks.pop_back();
        heap_flush(heap_);
        blocks.push_back(heap_.take(size));
        EXPECT_FALSE(note_is_due(&heap_->notes)) << "the noted block is live";
        heap_.free(first);
        heap_flush(heap_);
        blocks[0] = heap_.take(size);
        ASSERT_EQ(pool_first(pool_at(blocks[0])), pool);
        EXPECT_TRUE(note_is_due(&heap_->notes));
        note_caller(&heap_->notes, heap_, blocks[0], code_at(0x2000));
        EXPECT_EQ(noted(blocks[0]), 0x2000u);
        for (void *block : blocks) heap_.free(block);
        heap_flush(heap_);
    }
}

// 256 MiB of pools in 4 KiB and in spans: so many notes of each, within five standard deviations.
// What is left of the pools of a span behind the one that is noted does not count for the next.
TEST_F(NoteTest, OnePoolInAMebibyteIsNoted) {
    note_begin(&heap_->notes, test_seed());
    for (size_t size : {512, 4096}) {
        const double between =
            NOTE_MEAN / POOL_SIZE + size_classes[size_class_of(size)].pools / 2.0;
        const double expected = 256 * MIB / POOL_SIZE / between;
        unsigned notes = 0;
        std::vector<void *> blocks;
        while (blocks.size() * size < 256 * MIB) {
            blocks.push_back(heap_.take(size));
            if (!note_is_due(&heap_->notes)) continue;
            notes++;
            note_caller(&heap_->notes, heap_, blocks.back(), code_at(0x1000));
            EXPECT_EQ(noted(blocks.back()), 0x1000u);
        }
        EXPECT_NEAR(notes, expected, ERRORS * std::sqrt(expected)) << size;
        for (void *block : blocks) heap_.free(block);
        heap_.close();
    }
}

TEST_F(NoteTest, LargeBlocksHaveTheirsUntilTheyAreFreed) {
    for (size_t size : {(size_t)100000, (size_t)40 * MIB}) {
        void *block = size < MIB ? run_allocate(size, ALIGN, false, RUN_ANYWHERE)
                                 : direct_allocate(size, ALIGN);
        struct large *large = block_at(block).large;
        EXPECT_EQ(noted(block), 0u);
        due(block);
        note_caller(&heap_->notes, heap_, block, code_at(0x3000));
        EXPECT_EQ(noted(block), 0x3000u);
        EXPECT_TRUE(size < MIB ? run_free(large) : direct_free(large));
        EXPECT_EQ(large->caller, 0u);
    }
}

TEST_F(NoteTest, AMappingThatMovesTakesItsNoteAlong) {
    void *block = direct_allocate(40 * MIB, ALIGN), *behind = direct_allocate(40 * MIB, ALIGN);
    due(block);
    note_caller(&heap_->notes, heap_, block, code_at(0x3000));
    void *moved = direct_resize(block_at(block).large, 4096 * MIB);
    ASSERT_NE(moved, nullptr);
    EXPECT_EQ(noted(moved), 0x3000u);
    EXPECT_TRUE(direct_free(block_at(moved).large));
    EXPECT_TRUE(direct_free(block_at(behind).large));
}

} // namespace
