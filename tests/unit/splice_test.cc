// SPDX-License-Identifier: MIT
// Strings put together, cut, and looked for in others; tests/value/oracle.py compares with Python.
#include "support/value_fixture.h"
#include "value/str.h"

namespace {

using SpliceTest = ValueTest;

TEST_F(SpliceTest, SearchOfWiderAndNarrowerParts) {
    Ref wide = str("\u0101\u0102\u0101\u4e2da\u4e2d"), narrow = str("a"), none = str("b");
    EXPECT_EQ(poolval_str_find(space_, wide, narrow, 0, PTRDIFF_MAX), 4);
    EXPECT_EQ(poolval_str_find(space_, wide, none, 0, PTRDIFF_MAX), -1);
    EXPECT_EQ(poolval_str_find(space_, narrow, wide, 0, PTRDIFF_MAX), -1);
    EXPECT_EQ(poolval_str_find(space_, wide, str("\u0101"), 1, PTRDIFF_MAX), 2);
    // the bytes of U+0101 U+0201 are 01 01 01 02: U+0101 is there in between, but no character
    EXPECT_EQ(poolval_str_find(space_, str("\u0201\u0102"), str("\u0202"), 0, 9), -1);
    std::string x(300, 'x');
    Ref far = str(x + "\U0001f43a" + x), long_part = str(x);
    EXPECT_EQ(poolval_str_find(space_, far, long_part, 1, PTRDIFF_MAX), 301);
}

// Half of the bytes of one character and half of the next are another: found at every character,
// and never one. Takes minutes if each such place begins a search of its own.
TEST_F(SpliceTest, SearchTakesNoLongerForTextsMadeForIt) {
    const uint32_t left = 0x4142, right = 0x4241;
    Ref one = poolval_str_new_chars(space_, &left, 1),
        other = poolval_str_new_chars(space_, &right, 1);
    Ref text = poolval_str_repeat(space_, one, 300000);
    Ref part = poolval_str_repeat(space_, other, 10000);
    EXPECT_EQ(poolval_str_find(space_, text, part, 0, PTRDIFF_MAX), -1);
    Ref both = poolval_str_concat(space_, text, part);
    EXPECT_EQ(poolval_str_find(space_, both, part, 0, PTRDIFF_MAX), 300000);
    Ref pair = poolval_str_concat(space_, other, one);
    EXPECT_EQ(poolval_str_find(space_, both, pair, 0, PTRDIFF_MAX), -1);
}

} // namespace
