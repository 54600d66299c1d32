// SPDX-License-Identifier: MIT
#include "value/letter.h"

#include <gtest/gtest.h>
#include <vector>

namespace {

typedef std::vector<uint32_t> Text;

Text upper(uint32_t character) {
    uint32_t to[LETTER_MOST];
    return Text(to, to + letter_upper(character, to));
}
Text lower(uint32_t character) {
    uint32_t to[LETTER_MOST];
    return Text(to, to + letter_lower(character, to));
}

TEST(LetterTest, AsciiAndLatin) {
    EXPECT_EQ(upper('a'), Text{'A'});
    EXPECT_EQ(lower('Z'), Text{'z'});
    EXPECT_EQ(upper('7'), Text{'7'});
    EXPECT_EQ(upper(0xe9), Text{0xc9});
    EXPECT_EQ(lower(0xd7), Text{0xd7}); // the sign of multiplication
    EXPECT_EQ(upper(0xff), Text{0x178});
    EXPECT_EQ(upper(0xb5), Text{0x39c});
}

TEST(LetterTest, OneMayBecomeSeveral) {
    EXPECT_EQ(upper(0xdf), (Text{'S', 'S'}));
    EXPECT_EQ(upper(0xfb03), (Text{'F', 'F', 'I'}));
    EXPECT_EQ(lower(0x130), (Text{'i', 0x307}));
}

TEST(LetterTest, OtherScriptsAndPlanes) {
    EXPECT_EQ(upper(0x3c2), Text{0x3a3}); // the final sigma
    EXPECT_EQ(lower(0x3a3), Text{0x3c3}); // whatever stands around it
    EXPECT_EQ(lower(0x416), Text{0x436});
    EXPECT_EQ(upper(0x10428), Text{0x10400});
    EXPECT_EQ(upper(0x4e2d), Text{0x4e2d});
}

TEST(LetterTest, ATextInLowerCaseStaysSo) {
    for (uint32_t c = 0; c <= 0x1ffff; c++)
        for (uint32_t l : lower(c)) ASSERT_EQ(lower(l), Text{l}) << std::hex << c;
}

TEST(LetterTest, WhiteSpaceIsPythons) {
    unsigned count = 0;
    for (uint32_t c = 0; c <= 0x10ffff; c++) count += letter_is_space(c);
    EXPECT_EQ(count, 29u);
    EXPECT_TRUE(letter_is_space(0x1c));
    EXPECT_FALSE(letter_is_space(0x200b));
}

} // namespace
