// SPDX-License-Identifier: MIT
#include "value/hash.h"

#include <gtest/gtest.h>
#include <set>
#include <string>

namespace {

TEST(HashTest, BytesOfAnyLengthCountAllOfThem) {
    struct hash_key key = hash_key_from(42);
    for (size_t size = 1; size < 40; size++) {
        std::string text(size, 'x');
        uint64_t hash = hash_bytes(&key, text.data(), size);
        EXPECT_NE(hash, 0u);
        EXPECT_EQ(hash_bytes(&key, text.data(), size), hash);
        for (size_t i = 0; i < size; i++) {
            std::string other = text;
            other[i] = 'y';
            EXPECT_NE(hash_bytes(&key, other.data(), size), hash) << size << " " << i;
        }
        EXPECT_NE(hash_bytes(&key, text.data(), size - 1), hash);
    }
}

TEST(HashTest, AnotherKeyGivesOtherHashes) {
    struct hash_key one = hash_key_from(1), two = hash_key_from(2);
    EXPECT_NE(hash_bytes(&one, "text", 4), hash_bytes(&two, "text", 4));
    EXPECT_NE(hash_word(&one, 7), hash_word(&two, 7));
    EXPECT_NE(hash_mix(&one, 1, 7), hash_mix(&two, 1, 7));
}

// Small tables choose a place by the lowest bits.
TEST(HashTest, NeighbouringWordsSpreadOverTheLowestBits) {
    struct hash_key key = hash_key_from(3);
    std::set<uint64_t> places;
    for (uint64_t word = 0; word < 256; word++) places.insert(hash_word(&key, word) & 0xff);
    EXPECT_GT(places.size(), 130u); // of 256, if by chance, 162
}

TEST(HashTest, TheOrderOfASequenceCounts) {
    struct hash_key key = hash_key_from(4);
    uint64_t ab = hash_mix(&key, hash_mix(&key, 1, 10), 20);
    uint64_t ba = hash_mix(&key, hash_mix(&key, 1, 20), 10);
    EXPECT_NE(ab, ba);
}

} // namespace
