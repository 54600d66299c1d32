// SPDX-License-Identifier: MIT
// tests/value/oracle.py compares them with Python's.
#include "support/value_fixture.h"

namespace {

using SplitTest = ValueTest;

TEST_F(SplitTest, PartsOfStrings) {
    Ref line = str("  spam, eggs,,ham "), comma = str(","), none = str("");
    EXPECT_EQ(repr(Ref(poolval_str_split(space_, line, comma, -1))),
              "['  spam', ' eggs', '', 'ham ']");
    EXPECT_EQ(repr(Ref(poolval_str_split(space_, line, nullptr, -1))), "['spam,', 'eggs,,ham']");
    EXPECT_EQ(repr(Ref(poolval_str_split(space_, none, nullptr, -1))), "[]");
    EXPECT_EQ(repr(Ref(poolval_str_split(space_, none, comma, -1))), "['']");
    EXPECT_EQ(text(Ref(poolval_str_strip(space_, line, nullptr, POOLVAL_BOTH))), "spam, eggs,,ham");
    Ref same = poolval_str_strip(space_, comma, nullptr, POOLVAL_LEFT);
    EXPECT_EQ((poolobj *)same, (poolobj *)comma);
    EXPECT_EQ(text(Ref(poolval_str_replace(space_, str("aaa"), str("a"), str("\u4e2d"), 2))),
              "\u4e2d\u4e2da");
    EXPECT_EQ(text(Ref(poolval_str_upper(space_, str("stra\u00dfe \u01c6")))), "STRASSE \u01c4");
    EXPECT_EQ(poolval_str_starts(space_, line, none), 1);
    EXPECT_EQ(poolval_str_count(space_, line, none, 0, PTRDIFF_MAX), 19);
    EXPECT_NO_VALUE(poolval_str_split(space_, line, none, -1), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_str_split(space_, number(1), comma, -1), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_str_replace(space_, line, comma, nullptr, -1), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_str_strip(space_, line, number(1), POOLVAL_BOTH), POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_str_starts(space_, line, number(1)), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_str_ends(space_, nullptr, comma), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_str_find_last(space_, line, nullptr, 0, 1), -2, POOLVAL_ERR_TYPE);
}

} // namespace
