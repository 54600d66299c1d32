// SPDX-License-Identifier: MIT
// tests/value/oracle.py compares it with Python's.
#include "support/value_fixture.h"
#include "value/repr.h"

namespace {

using ReprTest = ValueTest;

TEST_F(ReprTest, CyclesAreShownAndCollected) {
    size_t before = count(POOLVAL_LIST);
    {
        Ref a = list({number(1)}), b = list({a}), map = dict();
        poolval_list_append(space_, a, b);
        EXPECT_EQ(repr(a), "[1, [[...]]]");
        poolval_dict_set(space_, map, str("self"), map);
        Ref pair = tuple({b});
        poolval_list_append(space_, b, pair);
        poolval_list_append(space_, b, map);
        EXPECT_EQ(repr(b), "[[1, [...]], ([...],), {'self': {...}}]");
        EXPECT_EQ(poolval_equal(space_, list({a}), list({list({number(1), b})})), 1);
    }
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 4u);
    EXPECT_EQ(count(POOLVAL_LIST), before);
}

TEST_F(ReprTest, ReprEscapesWhatCannotBeSeen) {
    EXPECT_EQ(repr(str("it's")), "\"it's\"");
    EXPECT_EQ(repr(str("'\"")), "'\\'\"'");
    EXPECT_EQ(repr(str("\n\t\r\\\x01\x7f")), "'\\n\\t\\r\\\\\\x01\\x7f'");
    EXPECT_EQ(repr(str("\u00a0\u00e9\u200b\u4e2d\U000e0001\U0001f43a")),
              "'\\xa0\u00e9\\u200b\u4e2d\\U000e0001\U0001f43a'");
}

TEST_F(ReprTest, IntegersOfAWordHaveAllTheirDigits) {
    const std::pair<int64_t, std::string> cases[] = {{0, "0"},
                                                     {9, "9"},
                                                     {-10, "-10"},
                                                     {1000, "1000"},
                                                     {INT64_MAX, "9223372036854775807"},
                                                     {INT64_MIN, "-9223372036854775808"}};
    for (const auto &[value, text] : cases) {
        EXPECT_EQ(repr(number(value)), text);
        EXPECT_EQ(repr(list({number(value)})), "[" + text + "]");
    }
    EXPECT_EQ(repr(poolval_bool(space_, 1)), "True");
}

} // namespace
