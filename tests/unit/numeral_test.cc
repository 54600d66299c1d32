// SPDX-License-Identifier: MIT
// tests/value/oracle.py compares what is read and written with Python's.
#include <cmath>

#include "support/value_fixture.h"

namespace {

using NumeralTest = ValueTest;

TEST_F(NumeralTest, NumeralsThatAreNone) {
    EXPECT_NO_VALUE(poolval_int_parse(space_, "1", SIZE_MAX, 10), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_int_parse(space_, nullptr, 1, 10), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_int_parse(space_, "1", 1, 37), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_int_parse(space_, "", 0, 10), POOLVAL_ERR_VALUE);
    EXPECT_EQ(poolval_int_parse(space_, "spam", 4, 10), nullptr);
    EXPECT_EQ(message(), "an int is needed, not 'spam'");
    EXPECT_NO_VALUE(poolval_float_parse(space_, "1.5", SIZE_MAX / 2), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_float_parse(space_, "1,5", 3), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_int_text(space_, number(3), 1), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_int_text(space_, real(3), 10), POOLVAL_ERR_TYPE);
}

TEST_F(NumeralTest, RandomFloatsAreReadBackTheSame) {
    struct rng random = {test_seed()};
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = rng_next(&random);
        double number;
        memcpy(&number, &bits, sizeof number);
        if (!std::isfinite(number)) continue;
        EXPECT_EQ(std::strtod(repr(real(number)).c_str(), nullptr), number);
    }
}

} // namespace
