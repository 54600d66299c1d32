// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <string>

extern "C" {
#include "base/utf8.h"
}

namespace {

// What utf8_read makes of bytes: how many it takes, and the character.
unsigned read(const std::string &bytes, uint32_t *character) {
    return utf8_read(reinterpret_cast<const unsigned char *>(bytes.data()), bytes.size(),
                     character);
}

TEST(Utf8Test, EveryScalarValueIsReadAsItWasWritten) {
    char bytes[4];
    uint32_t seen = 0;
    for (uint32_t character = 0; character <= CHAR_MAX_UNICODE; character++) {
        if (!utf8_is_scalar(character)) continue;
        unsigned size = static_cast<unsigned>(utf8_put(bytes, character) - bytes);
        ASSERT_EQ(size, utf8_size(character));
        ASSERT_EQ(read(std::string(bytes, size), &seen), size);
        ASSERT_EQ(seen, character);
    }
}

TEST(Utf8Test, WhatTheStandardForbidsIsNoCharacter) {
    uint32_t seen;
    for (const char *bytes :
         {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
          "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3(", "\xe2\x82(",
          "\xf0\x9f\x98("})
        EXPECT_EQ(read(bytes, &seen), 0u) << std::hex << static_cast<int>(bytes[0]) << bytes[1];
}

TEST(Utf8Test, ACharacterThatIsCutOffIsNone) {
    uint32_t seen;
    for (const char *bytes : {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"})
        for (size_t size = 1; size < std::string(bytes).size(); size++)
            EXPECT_EQ(read(std::string(bytes, size), &seen), 0u) << bytes << size;
}

TEST(Utf8Test, TheCensusStopsAtTheFirstFault) {
    struct utf8_census census = utf8_count("a\xc3\xa9\xff"
                                           "b",
                                           5);
    EXPECT_EQ(census.valid, 3u);
    EXPECT_EQ(census.length, 2u);
    EXPECT_EQ(census.seen, 0x61u | 0xe9u);
}

TEST(Utf8Test, ATextIsDecodedToTheWidthAskedFor) {
    uint32_t wide[3] = {};
    uint16_t narrow[2] = {};
    utf8_decode("a\xe2\x82\xac\xf0\x9f\x98\x80", 8, wide, 4);
    EXPECT_EQ(wide[0], 'a');
    EXPECT_EQ(wide[1], 0x20acu);
    EXPECT_EQ(wide[2], 0x1f600u);
    utf8_decode("a\xe2\x82\xac", 4, narrow, 2);
    EXPECT_EQ(narrow[1], 0x20ac);
}

TEST(Utf8Test, AsciiIsSeenInAnyPlace) {
    std::string text(40, 'x');
    EXPECT_TRUE(utf8_is_ascii(text.data(), text.size()));
    for (size_t i = 0; i < text.size(); i++) {
        std::string other = text;
        other[i] = '\x80';
        EXPECT_FALSE(utf8_is_ascii(other.data(), other.size())) << i;
    }
}

} // namespace
