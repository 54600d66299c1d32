// SPDX-License-Identifier: MIT
#include "support/random.h"
#include "support/value_fixture.h"
#include "value/integer.h"

namespace {

class IntegerTextTest : public ValueTest {
  protected:
    std::string digits(poolobj *value, unsigned base) {
        struct integer view;
        EXPECT_TRUE(integer_view(space_, value, &view));
        char *text = integer_text(space_, &view, base);
        std::string result = text;
        value_free(text);
        return result;
    }
    Ref parse(const std::string &digits, unsigned base, bool negative = false) {
        return integer_parse(space_, digits.data(), digits.size(), base, negative);
    }
};

TEST_F(IntegerTextTest, EachBaseHasItsDigits) {
    for (unsigned base = 2; base <= 36; base++) {
        std::string one_and_zero = digits(number(base), base);
        EXPECT_EQ(one_and_zero, "10") << base;
        std::string last = digits(number(base - 1), base);
        EXPECT_EQ(last, std::string(1, "0123456789abcdefghijklmnopqrstuvwxyz"[base - 1]));
        EXPECT_EQ(digits(number(0), base), "0");
    }
}

TEST_F(IntegerTextTest, EndsOfWords) {
    EXPECT_EQ(digits(number(INT64_MIN), 10), "-9223372036854775808");
    EXPECT_EQ(digits(number(INT64_MAX), 16), "7fffffffffffffff");
    EXPECT_EQ(digits(parse("10000000000000000", 16), 10), "18446744073709551616");
    EXPECT_EQ(digits(parse("18446744073709551615", 10), 16), "ffffffffffffffff");
    EXPECT_EQ(digits(parse("340282366920938463463374607431768211456", 10, true), 16),
              "-1" + std::string(32, '0'));
}

// Zeros inside are what a word of digits has at its left.
TEST_F(IntegerTextTest, ZerosInsideStay) {
    std::string text = "1" + std::string(100, '0') + "1" + std::string(60, '0');
    for (unsigned base : {2u, 8u, 10u, 16u, 36u}) EXPECT_EQ(digits(parse(text, base), base), text);
}

TEST_F(IntegerTextTest, UnderscoresAndLargeLettersAreRead) {
    EXPECT_EQ(digits(parse("1_000_000_000_000_000_000_000", 10), 10), "1000000000000000000000");
    EXPECT_EQ(digits(parse("DEAD_beef_DEAD_beef_DEAD", 16), 16), "deadbeefdeadbeefdead");
    EXPECT_EQ(digits(parse("000000000000000000000000000000000001", 10), 10), "1");
}

TEST_F(IntegerTextTest, WhatIsWrittenIsReadBack) {
    struct rng random = {test_seed()};
    for (int i = 0; i < 3000; i++) {
        unsigned base = 2 + unsigned(rng_next(&random) % 35);
        std::string text(1 + rng_next(&random) % 300, '0');
        for (char &digit : text)
            digit = "0123456789abcdefghijklmnopqrstuvwxyz"[rng_next(&random) % base];
        text.erase(0, text.find_first_not_of('0'));
        if (text.empty()) continue;
        bool negative = rng_next(&random) & 1;
        Ref value = parse(text, base, negative);
        ASSERT_EQ(digits(value, base), (negative ? "-" : "") + text) << base;
    }
}

} // namespace
