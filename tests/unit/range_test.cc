// SPDX-License-Identifier: MIT
#include "heap/range.h"

#include <algorithm>
#include <map>

#include "support/range_fixture.h"

namespace {

using RangeDeathTest = RangeTest;

// ---- Merging ----

TEST_F(RangeTest, NeighboursMergeInAnyOrderAcrossArenasToo) {
    std::vector<int> order = {0, 1, 2, 3};
    const size_t starts[] = {10, 40, 63, 200}, counts[] = {30, 23, 137, 5};
    do {
        for (int part : order) {
            give(page(starts[part]), counts[part]);
            range_check();
        }
        EXPECT_EQ(range_pages_at(page(10)), 195u);
        EXPECT_EQ(range_pages_at(page(40)), 0u) << "no range begins inside another";
        take_at(page(10), 195);
        range_check();
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(RangeTest, PagesOfPoolsAreNoNeighbours) {
    struct arena *middle = window_arena_at(page(PAGES));
    give(page(0), PAGES);
    middle->kind = ARENA_OF_POOLS;
    middle->free = 1 | uint64_t(1) << 63;
    give(page(2 * PAGES), 3);
    EXPECT_EQ(range_pages_at(page(0)), PAGES);
    EXPECT_EQ(range_pages_at(page(2 * PAGES)), 3u);
    EXPECT_EQ(range_pages_at(page(PAGES)), 0u);
    range_check();
    middle->free = 0;
    middle->kind = ARENA_OF_RUNS;
}

TEST_F(RangeTest, WhatATakeLeavesOnBothSidesAreRanges) {
    give(page(1), 100);
    uintptr_t base = take({4, 32 * POOL_SIZE, 0});
    ASSERT_NE(base, 0u);
    EXPECT_EQ(base % (32 * POOL_SIZE), 0u);
    size_t before = index(base) - 1;
    EXPECT_EQ(range_pages_at(page(1)), before);
    EXPECT_EQ(range_pages_at(base + 4 * POOL_SIZE), 100 - before - 4);
    range_check();
    give(base, 4);
    EXPECT_EQ(range_pages_at(page(1)), 100u);
}

TEST_F(RangeTest, ThePagesBehindABlockAreTakenFromTheirBeginning) {
    give(page(5), 20);
    take_at(page(5), 3);
    EXPECT_EQ(range_pages_at(page(5)), 0u);
    EXPECT_EQ(range_pages_at(page(8)), 17u);
    take_at(page(8), 17);
    EXPECT_EQ(range_pages_at(page(8)), 0u);
    range_check();
}

// ---- Bins ----

// Ranges of every length between pages in use; the shortest one that is long enough is taken.
TEST_F(RangeTest, OfRangesBelow32PagesTheShortestThatFitsIsTaken) {
    std::map<size_t, uintptr_t> by_length;
    size_t at = 1;
    for (size_t length : {7, 31, 1, 16, 22, 3, 12, 29, 17, 2}) {
        give(page(at), length);
        by_length[length] = page(at);
        at += length + 1;
    }
    range_check();
    for (size_t wanted = 1; wanted <= 31; wanted++) {
        auto expected = by_length.lower_bound(wanted);
        uintptr_t base = take(wanted);
        EXPECT_EQ(base, expected->second) << wanted;
        give(base, wanted);
        range_check();
    }
    EXPECT_EQ(take(32), 0u);
}

// A bin holds lengths that differ by a sixteenth at most.
TEST_F(RangeTest, NoRangeAboveTheNextBinIsTakenWhileAShorterOneFits) {
    change_stage(64);
    const size_t lengths[] = {1500, 700, 330, 150, 70, 34};
    size_t at = 1;
    for (size_t length : lengths) {
        give(page(at), length);
        at += length + 1;
    }
    for (size_t length : lengths) {
        size_t wanted = length - length / 20;
        uintptr_t base = take(wanted);
        ASSERT_NE(base, 0u);
        EXPECT_EQ(range_pages_at(base + wanted * POOL_SIZE), length - wanted);
        give(base, wanted);
    }
    EXPECT_EQ(take(1501), 0u);
    EXPECT_NE(take(1500), 0u);
    range_check();
}

// The records of ranges that a search must not come to lead nowhere, while one of these lives.
class Unreachable {
  public:
    explicit Unreachable(const std::vector<uintptr_t> &bases) {
        for (uintptr_t base : bases) {
            struct link *link = &window_record_at(base)->range.link;
            links_.emplace_back(link, *link);
            *link = {nullptr, nullptr};
        }
    }
    ~Unreachable() {
        for (auto &link : links_) *link.first = link.second;
    }
    Unreachable(const Unreachable &) = delete;
    Unreachable &operator=(const Unreachable &) = delete;

  private:
    std::vector<std::pair<struct link *, struct link>> links_;
};

// Ten thousand ranges of one length: all but the newest and the oldest few lead nowhere, and
// a search that looked at each would end the process.
TEST_F(RangeTest, ASearchLooksAtFewRangesHoweverManyThereAre) {
    const size_t count = 10000, length = 34, big = 20 * MIB / POOL_SIZE;
    change_stage((count * (length + 1) + big + 3 * PAGES) / PAGES + 1);
    std::vector<uintptr_t> bases;
    for (size_t i = 0; i < count; i++) {
        bases.push_back(page(i * (length + 1)));
        give(bases.back(), length);
    }
    uintptr_t room = page(count * (length + 1));
    give(room, big + 2 * PAGES);
    std::vector<uintptr_t> hidden(bases.begin() + 100, bases.end() - 100);
    {
        Unreachable rest(hidden);
        EXPECT_EQ(take(35), room) << "the ranges of its bin are all one page too short";
        give(room, 35);
        uintptr_t base = take(big);
        EXPECT_EQ(base, room);
        give(base, big);
        base = take({big, ARENA_SIZE, 0});
        EXPECT_EQ(base, align_up(room, ARENA_SIZE));
        give(base, big);
        EXPECT_NE(take({length, POOL_SIZE, 0}), 0u);
        EXPECT_NE(take({2, 64 * POOL_SIZE, 0}), 0u);
        EXPECT_EQ(take(big + 3 * PAGES), 0u);
    }
    range_check();
}

// ---- Where in a range ----

TEST_F(RangeTest, PagesAreAligned) {
    for (size_t alignment = POOL_SIZE; alignment <= MIB; alignment *= 2) {
        for (size_t pages : {1, 3, 64, 100}) {
            give(page(1), 10 * PAGES);
            uintptr_t base = take({pages, alignment, 0});
            ASSERT_NE(base, 0u) << alignment;
            EXPECT_EQ(base % alignment, 0u);
            range_check();
            clear_stage();
        }
    }
}

TEST_F(RangeTest, AnAlignedPlaceIsFoundInARangeThatJustHoldsIt) {
    give(page(13), 3); // has one multiple of four pages, at its end
    EXPECT_EQ(take({2, 4 * POOL_SIZE, 0}), 0u);
    EXPECT_EQ(take({4, 4 * POOL_SIZE, 0}), 0u);
    give(page(16), 1);
    clear_stage();
    give(page(14), 4);
    EXPECT_EQ(take({2, 4 * POOL_SIZE, 0}), page(16));
    range_check();
}

TEST_F(RangeTest, PagesWithinABoundDoNotReachOverIt) {
    for (bool touched : {false, true}) {
        give(page(PAGES - 5), 10, touched);
        uintptr_t base = take({6, POOL_SIZE, ARENA_SIZE});
        EXPECT_EQ(base, 0u) << "five pages lie on either side of the bound";
        base = take({5, POOL_SIZE, ARENA_SIZE});
        EXPECT_EQ(base, page(PAGES - 5));
        EXPECT_EQ(take({5, POOL_SIZE, ARENA_SIZE}), page(PAGES));
        give(page(PAGES - 5), 10, touched);
        EXPECT_EQ(take({4, POOL_SIZE, ARENA_SIZE}), page(PAGES - 5));
        EXPECT_EQ(take({4, POOL_SIZE, ARENA_SIZE}), page(PAGES)) << "one page is left before it";
        clear_stage();
        range_check();
    }
}

TEST_F(RangeTest, AtTheUpperEndTooPagesStayWithinTheBound) {
    give(page(PAGES - 5), 8);
    for_each_part(page(PAGES + 2), 1, [](struct arena *arena, uint64_t bits) {
        arena->free &= ~bits;
        purge_taken(arena, bits);
        arena->touched |= bits;
        arena->free |= bits;
        purge_freed(arena, bits);
    });
    clear_stage();
    give(page(PAGES - 5), 7);
    give(page(PAGES + 2), 1, true); // the end of the range has memory behind it
    EXPECT_EQ(take({4, POOL_SIZE, ARENA_SIZE}), page(PAGES - 4));
    EXPECT_EQ(take({3, POOL_SIZE, ARENA_SIZE}), page(PAGES));
    range_check();
}

// Between too many bins of ranges too short to look at, one that surely holds the request is found.
TEST_F(RangeTest, ARangeThatHoldsTheRequestForSureIsFoundBehindManyThatDoNot) {
    change_stage(48);
    size_t at = 1, alignment = 64 * POOL_SIZE;
    for (size_t length = 2; length < 40; length++) { // none has a multiple of the alignment
        at = (at + 63) / 64 * 64 + 1;
        give(page(at), length);
        at += length + 1;
    }
    ASSERT_LT(at, arenas_ * PAGES - 200) << "the stage is too small";
    EXPECT_EQ(take({2, alignment, 0}), 0u);
    at = (at + 63) / 64 * 64 + 1;
    give(page(at), 65); // the request and all that alignment may cost
    EXPECT_NE(take({2, alignment, 0}), 0u);
    range_check();
}

// ---- Memory ----

TEST_F(RangeTest, ARangeWithMemoryBehindItIsTakenFirst) {
    give(page(1), 8);
    give(page(100), 30, true);
    EXPECT_EQ(take(8), page(100)) << "though the other fits better";
    EXPECT_EQ(take(23), 0u);
    EXPECT_EQ(take(20), page(108));
    EXPECT_EQ(take(8), page(1));
    range_check();
}

TEST_F(RangeTest, OnlyWhereMemoryIsIfAskedFor) {
    give(page(1), 50);
    EXPECT_EQ(take({4, POOL_SIZE, 0}, RANGE_TOUCHED_ONLY), 0u);
    give(page(100), 10, true);
    EXPECT_EQ(take({4, POOL_SIZE, 0}, RANGE_TOUCHED_ONLY), page(100));
    EXPECT_EQ(take({7, POOL_SIZE, 0}, RANGE_TOUCHED_ONLY), 0u);
}

TEST_F(RangeTest, TheEndThatHasMemoryBehindItIsTaken) {
    give(page(1), 9);
    give(page(10), 1, true);
    EXPECT_EQ(take(2), page(9));
    clear_stage();
    give(page(1), 1, true);
    give(page(2), 9);
    EXPECT_EQ(take(2), page(1));
    clear_stage();
    give(page(1), 10, true);
    EXPECT_EQ(take(2), page(1)) << "the lower end if both have";
}

TEST_F(RangeTest, ARangeThatWasPurgedIsNoLongerPreferred) {
    give(page(1), 40, true);
    give(page(100), 30, true);
    purge(page(100), 30);
    EXPECT_EQ(take(28), page(1)) << "the other fits better, and has no memory any more";
    range_check();
    EXPECT_EQ(take({20, POOL_SIZE, 0}, RANGE_TOUCHED_ONLY), 0u);
    EXPECT_EQ(take(20), page(100));
    range_check();
}

TEST_F(RangeTest, ALongRangeWhoseMemoryIsInItsMiddleKeepsItsPlace) {
    give(page(0), 5 * PAGES, true);
    purge(page(0), 2 * PAGES);
    purge(page(3 * PAGES), 2 * PAGES);
    take(1);
    range_check();
}

// ---- The shortest ----

TEST_F(RangeTest, TheShortestRangeGivesItsFirstPages) {
    uintptr_t base = 0;
    give(page(3), 20);
    give(page(70), 5);
    give(page(100), 40, true);
    EXPECT_EQ(range_take_shortest(64, 3, &base), 3u);
    mark_taken(base, 3);
    EXPECT_EQ(base, page(70));
    EXPECT_EQ(range_take_shortest(64, 8, &base), 2u) << "all that it has";
    mark_taken(base, 2);
    EXPECT_EQ(base, page(73));
    EXPECT_EQ(range_take_shortest(64, 8, &base), 8u);
    mark_taken(base, 8);
    EXPECT_EQ(base, page(3));
    range_check();
}

TEST_F(RangeTest, OfTwoShortestTheOneWithMemoryIsTaken) {
    uintptr_t base = 0;
    give(page(3), 5);
    give(page(70), 5, true);
    give(page(20), 5);
    EXPECT_EQ(range_take_shortest(64, 5, &base), 5u);
    mark_taken(base, 5);
    EXPECT_EQ(base, page(70));
}

TEST_F(RangeTest, LongRangesAreNotTakenForShort) {
    uintptr_t base = 0;
    give(page(3), 40);
    EXPECT_EQ(range_take_shortest(40, 8, &base), 0u);
    EXPECT_EQ(range_take_shortest(42, 8, &base), 8u) << "by bins, of two pages here";
    mark_taken(base, 8);
    clear_stage();
    EXPECT_EQ(range_take_shortest(64, 8, &base), 0u) << "there is none";
}

TEST_F(RangeTest, TheShortestGivesPagesOfOneArena) {
    uintptr_t base = 0;
    give(page(PAGES - 3), 10);
    EXPECT_EQ(range_take_shortest(64, 8, &base), 3u);
    mark_taken(base, 3);
    EXPECT_EQ(base, page(PAGES - 3));
    EXPECT_EQ(range_pages_at(page(PAGES)), 7u);
    range_check();
}

// ---- Offers ----

std::vector<std::pair<uintptr_t, size_t>> offers;
bool accept_offers;

bool take_offer(uintptr_t *base, size_t *arenas) {
    offers.emplace_back(*base, *arenas);
    if (!accept_offers) return false;
    for (size_t i = 0; i < *arenas; i++) {
        struct arena *arena = window_arena_at(*base + i * ARENA_SIZE);
        arena->free = 0;
        purge_taken(arena, ~uint64_t(0));
    }
    return true;
}

TEST_F(RangeTest, WholeArenasAreOfferedOnceEach) {
    give(page(1), 3 * PAGES);          // two whole arenas, and some at both ends
    give(page(5 * PAGES), PAGES);      // just one
    give(page(7 * PAGES + 1), PAGES);  // none, though as long
    give(page(10 * PAGES), PAGES - 1); // none
    const std::vector<std::pair<uintptr_t, size_t>> expected = {{page(PAGES), 2},
                                                                {page(5 * PAGES), 1}};
    for (bool accept : {false, true}) {
        offers.clear();
        accept_offers = accept;
        EXPECT_EQ(range_offer_arenas(take_offer), accept);
        std::sort(offers.begin(), offers.end());
        EXPECT_EQ(offers, expected);
        range_check();
        if (accept) break;
        EXPECT_EQ(range_pages_at(page(1)), 3 * PAGES) << "what was refused is as it was";
        EXPECT_EQ(range_pages_at(page(5 * PAGES)), PAGES);
    }
    EXPECT_EQ(range_pages_at(page(1)), PAGES - 1);
    EXPECT_EQ(range_pages_at(page(3 * PAGES)), 1u);
    EXPECT_EQ(range_pages_at(page(5 * PAGES)), 0u);
    EXPECT_EQ(range_pages_at(page(7 * PAGES + 1)), PAGES);
    offers.clear();
    EXPECT_FALSE(range_offer_arenas(take_offer));
    EXPECT_TRUE(offers.empty());
}

bool take_second(uintptr_t *base, size_t *arenas) {
    if (*arenas < 3) return false;
    *base += ARENA_SIZE;
    *arenas = 1;
    return take_offer(base, arenas);
}

TEST_F(RangeTest, OfAnOfferAPartMayBeTaken) {
    give(page(0), 5 * PAGES);
    offers.clear();
    accept_offers = true;
    EXPECT_TRUE(range_offer_arenas(take_second));
    const std::vector<std::pair<uintptr_t, size_t>> expected = {{page(PAGES), 1},
                                                                {page(3 * PAGES), 1}};
    EXPECT_EQ(offers, expected) << "what is left of the first is offered again";
    EXPECT_EQ(range_pages_at(page(0)), PAGES);
    EXPECT_EQ(range_pages_at(page(2 * PAGES)), PAGES);
    EXPECT_EQ(range_pages_at(page(4 * PAGES)), PAGES);
    range_check();
}

// ---- Rebuilding ----

// A thread that held the lock is gone: links and lengths are whatever it left.
TEST_F(RangeTest, RebuildingNeedsTheArenasWordsAlone) {
    give(page(1), 2 * PAGES);
    give(page(3 * PAGES), 5, true);
    give(page(4 * PAGES - 1), 1);
    for (size_t i : {size_t(1), 2 * PAGES, 3 * PAGES, 3 * PAGES + 4, 4 * PAGES - 1}) {
        struct range *range = &window_record_at(page(i))->range;
        range->link = {nullptr, nullptr};
        range->pages = 77;
        range->touched ^= 1;
    }
    mark_taken(page(PAGES), 1); // it had just begun to take this page
    range_rebuild();
    range_check();
    EXPECT_EQ(range_pages_at(page(1)), PAGES - 1);
    EXPECT_EQ(range_pages_at(page(PAGES + 1)), PAGES);
    EXPECT_EQ(range_pages_at(page(3 * PAGES)), 5u);
    EXPECT_EQ(take({5, POOL_SIZE, 0}, RANGE_TOUCHED_ONLY), page(3 * PAGES));
    EXPECT_EQ(take(1), page(4 * PAGES - 1));
}

// ---- Checking ----

TEST_F(RangeDeathTest, CheckingFindsWhatIsWrong) {
    give(page(1), 40);
    give(page(100), 10, true);
    struct range *range = &window_record_at(page(1))->range;
    EXPECT_DEATH(window_arena_at(page(0))->free &= ~uint64_t(1 << 5);
                 range_check(), "internal error");                                      // R1
    EXPECT_DEATH(window_arena_at(page(0))->free |= 1; range_check(), "internal error"); // R1 and R2
    EXPECT_DEATH(window_record_at(page(40))->range.pages = 39; range_check(), "internal error");
    EXPECT_DEATH(range->pages = 39; range_check(), "internal error");                      // R3
    EXPECT_DEATH(range->touched = 1; range_check(), "internal error");                     // R3
    EXPECT_DEATH(window_arena_at(page(0))->touched |= 4; range_check(), "internal error"); // R4
    EXPECT_DEATH(link_remove(&range->link); range_check(), "internal error");              // R1
}

} // namespace
