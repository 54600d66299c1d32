// SPDX-License-Identifier: MIT
// A table of numbers whose homes are few, so that most of them are pushed on, against std::set.
#include <gtest/gtest.h>
#include <set>

#include "support/random.h"

extern "C" {
#include "base/probing.h"
}

namespace {

const size_t SIZE = 64, HOMES = 5, MOST = 40;

bool slot_is_free(const void *slot) { return *static_cast<const uint32_t *>(slot) == 0; }
uint64_t hash_of(uint32_t number) { return number % HOMES + SIZE - 3; } // runs go round the end
uint64_t slot_hash(const void *slot, const void *) {
    return hash_of(*static_cast<const uint32_t *>(slot));
}
bool slot_has(const void *slot, const void *key) {
    return *static_cast<const uint32_t *>(slot) == *static_cast<const uint32_t *>(key);
}
const struct probing numbers = {sizeof(uint32_t), slot_is_free, slot_hash, slot_has};

uint32_t *find(uint32_t *slots, size_t size, uint32_t number) {
    return static_cast<uint32_t *>(probing_find(&numbers, slots, size, hash_of(number), &number));
}

void expect_all(uint32_t *slots, size_t size, const std::set<uint32_t> &model) {
    for (uint32_t number = 1; number <= 2 * MOST; number++)
        ASSERT_EQ(*find(slots, size, number), model.count(number) ? number : 0);
}

TEST(ProbingTest, FindsWhatIsInAndNothingElseWhateverWasTakenOut) {
    uint32_t slots[SIZE] = {};
    std::set<uint32_t> model;
    struct rng random = {20260301};
    for (int step = 0; step < 5000; step++) {
        uint32_t number = 1 + rng_next(&random) % (2 * MOST), *slot = find(slots, SIZE, number);
        if (model.erase(number)) {
            probing_vacate(&numbers, slots, SIZE, slot, nullptr);
        } else if (model.size() < MOST) {
            *slot = number;
            model.insert(number);
        }
        expect_all(slots, SIZE, model);
    }
}

TEST(ProbingTest, ALargerTableHasTheSame) {
    uint32_t slots[SIZE] = {}, larger[2 * SIZE] = {};
    std::set<uint32_t> model;
    for (uint32_t number = 1; number < MOST; number += 3) {
        *find(slots, SIZE, number) = number;
        model.insert(number);
    }
    probing_copy(&numbers, slots, SIZE, larger, 2 * SIZE, nullptr);
    expect_all(larger, 2 * SIZE, model);
}

TEST(ProbingTest, NeighboursOfAlignedAddressesHaveDifferentHashes) {
    EXPECT_NE(probing_hash_address(0x7000, 12), probing_hash_address(0x8000, 12));
    EXPECT_EQ(probing_hash_address(0x7000, 12), probing_hash_address(0x7fff, 12));
}

} // namespace
