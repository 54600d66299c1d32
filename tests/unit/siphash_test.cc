// SPDX-License-Identifier: MIT
// The vectors that its authors published for SipHash-2-4: the key is 00 01 ... 0f, the text 00 01
// ...
#include <gtest/gtest.h>

#include "base/siphash.h"

namespace {

const uint64_t KEY[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};

uint64_t siphash_2_4(size_t size) {
    uint64_t v[4], word = 0;
    siphash_begin(v, KEY);
    for (size_t i = 0; i < size; i++) {
        word |= uint64_t(i) << i % 8 * 8;
        if (i % 8 != 7) continue;
        siphash_add(v, word, 2);
        word = 0;
    }
    siphash_add(v, word | uint64_t(size) << 56, 2);
    return siphash_end(v, 4);
}

TEST(SiphashTest, HasTheValuesThatItsAuthorsPublished) {
    EXPECT_EQ(siphash_2_4(0), UINT64_C(0x726fdb47dd0e0e31));
    EXPECT_EQ(siphash_2_4(1), UINT64_C(0x74f839c593dc67fd));
    EXPECT_EQ(siphash_2_4(7), UINT64_C(0xab0200f58b01d137));
    EXPECT_EQ(siphash_2_4(8), UINT64_C(0x93f5f5799a932462));
    EXPECT_EQ(siphash_2_4(15), UINT64_C(0xa129ca6149be45e5));
}

TEST(SiphashTest, EachBitOfTheKeyCounts) {
    uint64_t plain[4];
    siphash_begin(plain, KEY);
    uint64_t hash = siphash_end(plain, 3);
    for (int bit = 0; bit < 128; bit++) {
        uint64_t key[2] = {KEY[0], KEY[1]}, v[4];
        key[bit / 64] ^= uint64_t(1) << bit % 64;
        siphash_begin(v, key);
        EXPECT_NE(siphash_end(v, 3), hash) << bit;
    }
}

} // namespace
