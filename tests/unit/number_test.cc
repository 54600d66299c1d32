// SPDX-License-Identifier: MIT
#include <clocale>
#include <cmath>
#include <limits>

#include "support/value_fixture.h"

namespace {

using ValueNumberTest = ValueTest;

TEST_F(ValueNumberTest, SmallIntegersAreSharedAndImmortal) {
    for (int64_t i = -5; i <= 256; i++) {
        Ref a = number(i), b = number(i);
        EXPECT_EQ(a, b);
        EXPECT_EQ(poolval_refcount(a), INT32_MAX);
    }
    for (int64_t i : {int64_t(-6), int64_t(257), INT64_MIN, INT64_MAX}) {
        Ref a = number(i), b = number(i);
        EXPECT_NE(a, b);
        EXPECT_EQ(poolval_refcount(a), 1);
        EXPECT_EQ(poolval_equal(space_, a, b), 1);
    }
}

TEST_F(ValueNumberTest, TheRangeOfSharedIntegersCanBeSet) {
    poolval_options options = POOLVAL_DEFAULTS;
    options.small_min = 0, options.small_max = 1000;
    begin(options);
    EXPECT_EQ(number(1000), number(1000));
    EXPECT_NE(number(-1), number(-1));
    options.small_min = 1, options.small_max = 0;
    begin(options);
    EXPECT_EQ(poolval_refcount(number(0)), 1);
    options.small_min = INT64_MIN, options.small_max = INT64_MIN + 1;
    begin(options);
    EXPECT_EQ(number(INT64_MIN), number(INT64_MIN));
    Ref most = number(INT64_MAX);
    EXPECT_EQ(repr(most), "9223372036854775807");
}

TEST_F(ValueNumberTest, AnIntegerTakes16Bytes) {
    EXPECT_EQ(poolval_sizeof(space_, number(1000)), 16u);
    EXPECT_EQ(poolval_sizeof(space_, real(1000)), 16u);
}

TEST_F(ValueNumberTest, BooleansAreNumbers) {
    Ref sum = poolval_int_add(space_, poolval_bool(space_, 1), poolval_bool(space_, 7));
    EXPECT_EQ(sum, number(2));
    EXPECT_EQ(poolval_equal(space_, poolval_bool(space_, 0), real(0)), 1);
    EXPECT_EQ(repr(poolval_bool(space_, 1)), "True");
}

TEST_F(ValueNumberTest, IntegersAndFloatsAreComparedExactly) {
    struct {
        int64_t integer;
        double real;
        int order;
    } rows[] = {
        {1, 1.0, 0},
        {(INT64_C(1) << 53) + 1, 9007199254740992.0, 1},
        {INT64_MAX, 9223372036854775808.0, -1},
        {INT64_MIN, -9223372036854775808.0, 0},
        {0, 5e-324, -1},
        {-1, -0.5, -1},
        {-1, -1.5, 1},
        {3, HUGE_VAL, -1},
        {3, -HUGE_VAL, 1},
    };
    for (auto &row : rows) {
        Ref a = number(row.integer), b = real(row.real);
        int order;
        EXPECT_EQ(poolval_compare(space_, a, b, &order), 0);
        EXPECT_EQ(order, row.order) << row.integer << " and " << row.real;
        EXPECT_EQ(poolval_compare(space_, b, a, &order), 0);
        EXPECT_EQ(order, -row.order);
        EXPECT_EQ(poolval_equal(space_, a, b), row.order == 0);
        if (row.order != 0) continue;
        uint64_t x, y;
        poolval_hash(space_, a, &x), poolval_hash(space_, b, &y);
        EXPECT_EQ(x, y);
    }
}

TEST_F(ValueNumberTest, AFloatIsNotHashedAsTheIntegerWithItsBits) {
    uint64_t x, y;
    poolval_hash(space_, real(5e-324), &x), poolval_hash(space_, number(1), &y);
    EXPECT_NE(x, y);
}

TEST_F(ValueNumberTest, NanEqualsItselfInContainersOnly) {
    Ref nan = real(std::nan("")), other = real(std::nan(""));
    int order;
    EXPECT_EQ(poolval_equal(space_, nan, nan), 0);
    EXPECT_EQ(poolval_equal(space_, list({nan}), list({nan})), 1);
    EXPECT_EQ(poolval_equal(space_, list({nan}), list({other})), 0);
    EXPECT_ERROR(poolval_compare(space_, nan, number(1), &order), -1, POOLVAL_ERR_VALUE);
    Ref map = dict();
    poolval_dict_set(space_, map, nan, number(1));
    poolval_dict_set(space_, map, other, number(2));
    EXPECT_EQ(repr(Ref(poolval_dict_get(space_, map, nan))), "1");
}

TEST_F(ValueNumberTest, FloatsAreShownByTheFewestDigits) {
    struct {
        double number;
        const char *text;
    } rows[] = {
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1, "1.0"},
        {-0.0, "-0.0"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {123456789012345680.0, "1.2345678901234568e+17"},
        {1e-4, "0.0001"},
        {1e-5, "1e-05"},
        {1.5e-7, "1.5e-07"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {std::ldexp(1, 275), "6.070840288205404e+82"}, // nearest of 16 digits: the float below
        {9.5367431640625e-07, "9.5367431640625e-07"},
        {HUGE_VAL, "inf"},
        {-HUGE_VAL, "-inf"},
        {std::nan(""), "nan"}};
    for (auto &row : rows) EXPECT_EQ(repr(real(row.number)), row.text);
}

TEST_F(ValueNumberTest, FloatsAreShownTheSameInEveryLocale) {
    const char *before = setlocale(LC_NUMERIC, nullptr);
    std::string saved = before;
    bool there = setlocale(LC_NUMERIC, "de_DE.UTF-8") || setlocale(LC_NUMERIC, "fr_FR.UTF-8");
    std::string shown = repr(real(1234.5)), tiny = repr(real(5e-324));
    setlocale(LC_NUMERIC, saved.c_str());
    if (!there) GTEST_SKIP() << "no locale with another decimal point";
    EXPECT_EQ(shown, "1234.5");
    EXPECT_EQ(tiny, "5e-324");
}

TEST_F(ValueNumberTest, AFreeListGivesTheSameAddressAgain) {
    poolval_options options = POOLVAL_DEFAULTS;
    options.keep_ints = options.keep_floats = 10;
    begin(options);
    uintptr_t id = poolval_id(number(1000));
    EXPECT_EQ(poolval_id(number(2000)), id);
    EXPECT_EQ(repr(number(3000)), "3000");
    uintptr_t real_id = poolval_id(real(1));
    EXPECT_NE(real_id, id) << "integers never take the place of floats";
    EXPECT_EQ(poolval_id(real(2)), real_id);
}

} // namespace
