// SPDX-License-Identifier: MIT
// tests/value/oracle.py compares what is replaced with Python's.
#include "support/value_fixture.h"

namespace {

class ReplaceTest : public ValueTest {
  protected:
    std::string replaced(const char *in, const char *part, const char *by, ptrdiff_t most = -1) {
        return text(Ref(poolval_str_replace(space_, str(in), str(part), str(by), most)));
    }
};

TEST_F(ReplaceTest, PartsDoNotOverlap) {
    EXPECT_EQ(replaced("aaaaa", "aa", "b"), "bba");
    EXPECT_EQ(replaced("abab", "ab", "ab"), "abab");
    EXPECT_EQ(replaced("spam", "eggs", "x"), "spam");
    EXPECT_EQ(replaced("spam", "spam", ""), "");
    EXPECT_EQ(replaced("", "spam", "x"), "");
}

TEST_F(ReplaceTest, AtMostSoManyAreReplaced) {
    EXPECT_EQ(replaced("a.b.c", ".", "-", 1), "a-b.c");
    EXPECT_EQ(replaced("a.b.c", ".", "-", 0), "a.b.c");
    EXPECT_EQ(replaced("a.b.c", ".", "-", 99), "a-b-c");
}

TEST_F(ReplaceTest, AnEmptyPartStandsBetweenAllCharacters) {
    EXPECT_EQ(replaced("ab", "", "-"), "-a-b-");
    EXPECT_EQ(replaced("ab", "", "-", 2), "-a-b");
    EXPECT_EQ(replaced("ab", "", "-", 1), "-ab");
    EXPECT_EQ(replaced("ab", "", "-", 0), "ab");
    EXPECT_EQ(replaced("", "", "-"), "-");
}

TEST_F(ReplaceTest, WidthsMeet) {
    EXPECT_EQ(replaced("a\u4e2db", "\u4e2d", "\U0001f43a"), "a\U0001f43ab");
    EXPECT_EQ(replaced("a\U0001f43ab", "\U0001f43a", "x"), "axb");
}

TEST_F(ReplaceTest, OnlyStringsGo) {
    EXPECT_NO_VALUE(poolval_str_replace(space_, number(1), str("a"), str("b"), -1),
                    POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_str_replace(space_, str("a"), number(1), str("b"), -1),
                    POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_str_replace(space_, str("a"), str("a"), nullptr, -1), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_str_upper(space_, number(1)), POOLVAL_ERR_TYPE);
}

// One character may become several (Unicode's SpecialCasing.txt).
TEST_F(ReplaceTest, CaseOfWholeStrings) {
    EXPECT_EQ(text(Ref(poolval_str_upper(space_, str("stra\u00dfe")))), "STRASSE");
    EXPECT_EQ(text(Ref(poolval_str_lower(space_, str("\u00c9T\u00c9")))), "\u00e9t\u00e9");
    EXPECT_EQ(text(Ref(poolval_str_upper(space_, str("")))), "");
}

} // namespace
