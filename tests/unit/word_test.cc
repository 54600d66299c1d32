// SPDX-License-Identifier: MIT
#include "os/word.h"

#include <csignal>
#include <gtest/gtest.h>
#include <string>

namespace {

using Parser = bool(struct word, uint64_t *);

enum : uint64_t { REFUSED = 12345678901234 };

uint64_t parsed(Parser *parser, const std::string &string) {
    uint64_t value = REFUSED;
    struct word word = {string.data(), string.size()};
    bool good = parser(word, &value);
    EXPECT_EQ(good, value != REFUSED) << string; // what is refused leaves the value alone
    return value;
}

TEST(WordTest, SizesHaveUnits) {
    EXPECT_EQ(parsed(word_size, "0"), 0u);
    EXPECT_EQ(parsed(word_size, "17"), 17u);
    EXPECT_EQ(parsed(word_size, "17B"), 17u);
    EXPECT_EQ(parsed(word_size, "64K"), 65536u);
    EXPECT_EQ(parsed(word_size, "512M"), 512u << 20);
    EXPECT_EQ(parsed(word_size, "3G"), 3ull << 30);
    EXPECT_EQ(parsed(word_size, "1000000000G"), 1000000000ull << 30);
    for (const char *bad : {"", "K", "-1", "1.5M", "1m", "1 M", "1MB", "0x10", "1000000001",
                            "99999999999999999999999999"})
        EXPECT_EQ(parsed(word_size, bad), REFUSED) << bad;
}

TEST(WordTest, SharesAreOneToAHundredPercent) {
    EXPECT_EQ(parsed(word_share, "1%"), 1u);
    EXPECT_EQ(parsed(word_share, "100%"), 100u);
    for (const char *bad : {"", "%", "0%", "101%", "50", "50%%", "5 %"})
        EXPECT_EQ(parsed(word_share, bad), REFUSED) << bad;
}

TEST(WordTest, SignalsHaveNamesAndNumbers) {
    EXPECT_EQ(parsed(word_signal, "USR2"), (uint64_t)SIGUSR2);
    EXPECT_EQ(parsed(word_signal, "WINCH"), (uint64_t)SIGWINCH);
    EXPECT_EQ(parsed(word_signal, "1"), 1u);
    EXPECT_EQ(parsed(word_signal, "64"), 64u);
    for (const char *bad :
         {"", "0", "65", "9", "19", "KILL", "STOP", "SIGUSR2", "usr2", "USR", "SEGV"})
        EXPECT_EQ(parsed(word_signal, bad), REFUSED) << bad;
}

TEST(WordTest, NumbersHaveNoUnit) {
    EXPECT_EQ(parsed(word_number, "1000000000"), 1000000000u);
    for (const char *bad : {"", "1s", "-1", "1000000001"})
        EXPECT_EQ(parsed(word_number, bad), REFUSED) << bad;
}

TEST(WordTest, StringsFitOrAreRefused) {
    char to[4] = "old";
    struct word three = {"abcd", 3}, four = {"abcd", 4}, none = {"abcd", 0};
    EXPECT_FALSE(word_string(four, to, sizeof to));
    EXPECT_FALSE(word_string(none, to, sizeof to));
    EXPECT_STREQ(to, "old");
    EXPECT_TRUE(word_string(three, to, sizeof to));
    EXPECT_STREQ(to, "abc");
}

TEST(WordTest, PartsEndAtTheCharacter) {
    struct word rest = {"a=b=c", 5};
    EXPECT_TRUE(word_is(word_split(&rest, '='), "a"));
    EXPECT_TRUE(word_is(word_split(&rest, '='), "b"));
    EXPECT_TRUE(word_is(word_split(&rest, '='), "c"));
    EXPECT_EQ(rest.length, 0u);
}

} // namespace
