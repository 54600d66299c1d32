// SPDX-License-Identifier: MIT
// pattern: what poolalloc record makes of events, and what poolalloc replay reads of that: each
// number is made once and taken once at most, made before it is taken.
#include "pattern.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <random>

namespace {

struct Call {
    PatternKind kind;
    uint64_t size, block, before;
    unsigned align_shift;
    bool operator==(const Call &other) const {
        return kind == other.kind && size == other.size && block == other.block &&
               before == other.before && align_shift == other.align_shift;
    }
};

class Events {
  public:
    Events &add(uint32_t thread, uint8_t kind, uint64_t address, uint64_t size = 0,
                uint8_t align_shift = 0) {
        events_.push_back({++number_, address, size, thread, kind, align_shift, 0});
        return *this;
    }
    std::vector<struct event> events_;
    uint64_t number_ = 0;
};

// The calls of each thread.
std::vector<std::vector<Call>> read(const std::string &file, uint64_t *blocks) {
    const size_t magic = strlen(PATTERN_MAGIC);
    EXPECT_EQ(file.compare(0, magic, PATTERN_MAGIC), 0);
    PatternReader reader((const uint8_t *)file.data() + magic, file.size() - magic);
    *blocks = reader.number();
    std::vector<std::vector<Call>> threads(reader.number());
    for (auto &calls : threads) {
        uint64_t length = reader.number();
        const uint8_t *start = reader.skip(length);
        EXPECT_NE(start, nullptr);
        if (start == nullptr) return threads;
        PatternReader call(start, length);
        while (call.next())
            calls.push_back({call.kind, call.size, call.block, call.before, call.align_shift});
        EXPECT_FALSE(call.failed());
    }
    EXPECT_TRUE(reader.is_at_end());
    return threads;
}

TEST(PatternTest, CallsComeBackAsTheyWere) {
    Events events;
    events.add(0, EVENT_ALLOCATE, 0x1000, 100).add(1, EVENT_ZEROED, 0x2000, 1u << 20);
    events.add(0, EVENT_ALLOCATE, 0x3000, 64, 12).add(1, EVENT_FREE, 0x1000);
    events.add(0, EVENT_RESIZE, 0x2000).add(0, EVENT_RESIZED, 0x4000, 2u << 20);
    events.add(0, EVENT_FREE, 0x4000);
    std::mt19937 random(1);
    std::shuffle(events.events_.begin(), events.events_.end(), random);
    uint64_t blocks;
    auto threads = read(pattern_of(events.events_), &blocks);
    ASSERT_EQ(threads.size(), 2u);
    EXPECT_EQ(blocks, 4u);
    EXPECT_EQ(threads[0], (std::vector<Call>{{PATTERN_ALLOCATE, 100, 0, 0, 0},
                                             {PATTERN_ALIGNED, 64, 2, 0, 12},
                                             {PATTERN_RESIZE, 2u << 20, 3, 1, 0},
                                             {PATTERN_FREE, 0, 3, 0, 0}}));
    EXPECT_EQ(threads[1],
              (std::vector<Call>{{PATTERN_ZEROED, 1u << 20, 1, 0, 0}, {PATTERN_FREE, 0, 0, 0, 0}}));
}

TEST(PatternTest, WhatNobodyAllocatedIsLeftOut) {
    Events events;
    events.add(0, EVENT_FREE, 0x1000).add(0, EVENT_RESIZE, 0x2000);
    events.add(0, EVENT_RESIZED, 0x3000, 50).add(0, EVENT_FREE, 0x3000);
    uint64_t blocks;
    auto threads = read(pattern_of(events.events_), &blocks);
    EXPECT_EQ(threads[0],
              (std::vector<Call>{{PATTERN_ALLOCATE, 50, 0, 0, 0}, {PATTERN_FREE, 0, 0, 0, 0}}));
}

TEST(PatternTest, AddressesThatAReallocGaveUpBelongToTheNext) {
    Events events;
    events.add(0, EVENT_ALLOCATE, 0x1000, 10).add(0, EVENT_RESIZE, 0x1000);
    events.add(1, EVENT_ALLOCATE, 0x1000, 20); // before the other thread's realloc came back
    events.add(0, EVENT_RESIZED, 0x2000, 30).add(1, EVENT_FREE, 0x1000).add(0, EVENT_FREE, 0x2000);
    uint64_t blocks;
    auto threads = read(pattern_of(events.events_), &blocks);
    EXPECT_EQ(threads[1],
              (std::vector<Call>{{PATTERN_ALLOCATE, 20, 1, 0, 0}, {PATTERN_FREE, 0, 1, 0, 0}}));
    EXPECT_EQ(threads[0].back().block, threads[0][1].block);
}

TEST(PatternTest, FailedAndFreeingReallocs) {
    Events events;
    events.add(0, EVENT_ALLOCATE, 0x1000, 10).add(0, EVENT_RESIZE, 0x1000);
    events.add(0, EVENT_RESIZED, 0, 1ull << 60);                     // failed
    events.add(0, EVENT_RESIZE, 0x1000).add(0, EVENT_RESIZED, 0, 0); // freed it
    uint64_t blocks;
    auto threads = read(pattern_of(events.events_), &blocks);
    EXPECT_EQ(threads[0],
              (std::vector<Call>{{PATTERN_ALLOCATE, 10, 0, 0, 0}, {PATTERN_FREE, 0, 0, 0, 0}}));
}

TEST(PatternTest, DamagedBytesAreRefused) {
    for (std::vector<uint8_t> bytes :
         {std::vector<uint8_t>{0x87}, {7, 0}, {0, 0x80}, {2, 0xff, 0x7f, 0}}) {
        PatternReader reader(bytes.data(), bytes.size());
        while (reader.next()) continue;
        EXPECT_TRUE(reader.failed());
    }
}

} // namespace
