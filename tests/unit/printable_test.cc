// SPDX-License-Identifier: MIT
#include "value/printable.h"

#include <gtest/gtest.h>

namespace {

TEST(PrintableTest, OfAsciiAllButTheControls) {
    for (uint32_t c = 0; c < 0x80; c++) EXPECT_EQ(printable_is(c), c >= ' ' && c < 0x7f) << c;
}

TEST(PrintableTest, SeparatorsAndFormatCharactersAreNot) {
    for (uint32_t c :
         {0x85u, 0xa0u, 0xadu, 0x1680u, 0x2000u, 0x200bu, 0x2028u, 0x202eu, 0x3000u, 0xfeffu})
        EXPECT_FALSE(printable_is(c)) << std::hex << c;
}

TEST(PrintableTest, SurrogatesPrivateUseAndWhatIsUnassignedAreNot) {
    for (uint32_t c :
         {0xd800u, 0xdfffu, 0xe000u, 0xf8ffu, 0xffffu, 0x378u, 0xe0001u, 0xf0000u, 0x10ffffu})
        EXPECT_FALSE(printable_is(c)) << std::hex << c;
}

TEST(PrintableTest, LettersMarksAndSignsOfAllPlanesAre) {
    for (uint32_t c :
         {0xe9u, 0x301u, 0x3b1u, 0x5d0u, 0x20acu, 0x4e2du, 0xac00u, 0xfffdu, 0x1f600u, 0x20000u})
        EXPECT_TRUE(printable_is(c)) << std::hex << c;
}

} // namespace
