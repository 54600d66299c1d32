// SPDX-License-Identifier: MIT
#include "value/decimal.h"

#include <cfloat>
#include <cmath>
#include <gtest/gtest.h>
#include <string>

#include "support/inner.h"
#include "support/random.h"

namespace {

std::string written(double number) {
    char text[FLOAT_TEXT_SIZE];
    decimal_write(number, text);
    return text;
}

enum decimal_fault read(const std::string &text, double *number) {
    return decimal_read(text.data(), text.size(), number);
}

TEST(DecimalTest, IsWrittenAsPythonDoes) {
    EXPECT_EQ(written(0.0), "0.0");
    EXPECT_EQ(written(-0.0), "-0.0");
    EXPECT_EQ(written(1.0), "1.0");
    EXPECT_EQ(written(0.1), "0.1");
    EXPECT_EQ(written(1e16), "1e+16");
    EXPECT_EQ(written(1e15), "1000000000000000.0");
    EXPECT_EQ(written(1e-4), "0.0001");
    EXPECT_EQ(written(1e-5), "1e-05");
    EXPECT_EQ(written(5e-324), "5e-324");
    EXPECT_EQ(written(DBL_MAX), "1.7976931348623157e+308");
    EXPECT_EQ(written(INFINITY), "inf");
    EXPECT_EQ(written(-INFINITY), "-inf");
    EXPECT_EQ(written(NAN), "nan");
}

TEST(DecimalTest, WhatIsWrittenIsReadAsTheSameFloat) {
    struct rng rng = {test_seed()};
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = rng_next(&rng);
        double number, back = 0;
        memcpy(&number, &bits, sizeof number);
        if (!std::isfinite(number)) continue;
        ASSERT_EQ(read(written(number), &back), DECIMAL_GOOD) << written(number);
        ASSERT_EQ(memcmp(&back, &number, sizeof number), 0) << written(number);
    }
}

TEST(DecimalTest, NoShorterTextIsReadAsTheSameFloat) {
    struct rng rng = {test_seed()};
    for (int i = 0; i < 2000; i++) {
        double number = double(rng_next(&rng) >> 11) * 0x1p-53;
        std::string text = written(number);
        size_t digits = text.size() - text.find_first_not_of("0.");
        char shorter[64];
        if (digits < 2 || text.find('e') != std::string::npos) continue;
        snprintf(shorter, sizeof shorter, "%.*e", int(digits) - 2, number);
        EXPECT_NE(strtod(shorter, nullptr), number) << text;
    }
}

TEST(DecimalTest, ReadsWhatPythonReads) {
    double number = 0;
    EXPECT_EQ(read("1_000.5e-3", &number), DECIMAL_GOOD);
    EXPECT_EQ(number, 1.0005);
    EXPECT_EQ(read("+.5", &number), DECIMAL_GOOD);
    EXPECT_EQ(number, 0.5);
    EXPECT_EQ(read("5.", &number), DECIMAL_GOOD);
    EXPECT_EQ(number, 5);
    EXPECT_EQ(read("-Infinity", &number), DECIMAL_GOOD);
    EXPECT_EQ(number, -INFINITY);
    EXPECT_EQ(read("NaN", &number), DECIMAL_GOOD);
    EXPECT_NE(number, number);
    EXPECT_EQ(read("1e999", &number), DECIMAL_GOOD);
    EXPECT_EQ(number, INFINITY);
}

TEST(DecimalTest, RefusesWhatPythonRefuses) {
    double number;
    for (const char *text : {"", ".", "-", "e5", "1e", "1__0", "_1", "1_", "0x10", "1 ", " 1",
                             "infinit", "nanx", "1,5", "1e+", "--1"})
        EXPECT_EQ(read(text, &number), DECIMAL_NONE) << text;
}

} // namespace
