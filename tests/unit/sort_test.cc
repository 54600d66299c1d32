// SPDX-License-Identifier: MIT
// Sorting by keys and comparisons of the program, which may fail and meddle.
#include <algorithm>

#include "support/value_fixture.h"

namespace {

// What the functions below do at which call.
struct Plan {
    poolobj *list;
    int calls, fail_at, meddle_at;
};

int due(Plan *plan, int at) { return at != 0 && plan->calls == at; }

void meddle(poolval_space *space, poolobj *list) {
    EXPECT_EQ(poolval_list_length(space, list), 0);
    poolval_list_append_steal(space, list, poolval_int_new(space, 77777));
    poolval_list_append_steal(space, list, poolval_list_new(space));
}

int count_call(poolval_space *space, Plan *plan) {
    plan->calls++;
    if (due(plan, plan->meddle_at)) meddle(space, plan->list);
    if (due(plan, plan->fail_at)) return poolval_error_set(space, POOLVAL_ERR_PROGRAM, "no more");
    return 0;
}

// The last digit.
poolobj *digit(poolval_space *space, poolobj *item, void *arg) {
    int64_t number;
    if (count_call(space, static_cast<Plan *>(arg)) < 0) return nullptr;
    if (poolval_int_get(space, item, &number) < 0) return nullptr;
    poolobj *key[] = {poolval_int_new(space, number % 10)};
    return poolval_tuple_new_steal(space, key, 1);
}

int by_digit(poolval_space *space, poolobj *a, poolobj *b, int *order, void *arg) {
    int64_t x, y;
    if (count_call(space, static_cast<Plan *>(arg)) < 0) return -1;
    if (poolval_int_get(space, a, &x) < 0 || poolval_int_get(space, b, &y) < 0) return -1;
    *order = (int)(x % 10 - y % 10);
    return 0;
}

class ValueSortTest : public ValueTest {
  protected:
    std::vector<int64_t> content(poolobj *list) {
        std::vector<int64_t> all;
        size_t count;
        poolobj *const *item = poolval_items(space_, list, &count);
        for (size_t i = 0; i < count; i++) {
            int64_t n = -1;
            poolval_int_get(space_, item[i], &n);
            all.push_back(n);
        }
        return all;
    }
    Ref shuffled(int count) {
        Ref made = list();
        for (int i = 0; i < count; i++)
            poolval_list_append_steal(space_, made,
                                      poolval_int_new(space_, (int64_t)rng_below(&random_, 5000)));
        return made;
    }
    struct rng random_ = {test_seed()};
};

TEST_F(ValueSortTest, KeysAndComparisonsAreStableBothWays) {
    Plan plan = {};
    for (int count : {0, 1, 2, 7, 8, 9, 100, 1000})
        for (int reverse : {0, 1})
            for (bool by_key : {true, false}) {
                Ref sorted = shuffled(count);
                std::vector<int64_t> expected = content(sorted);
                std::stable_sort(expected.begin(), expected.end(), [&](int64_t a, int64_t b) {
                    return reverse ? a % 10 > b % 10 : a % 10 < b % 10;
                });
                poolval_sorting how = {by_key ? digit : nullptr, by_key ? nullptr : by_digit, &plan,
                                       reverse};
                plan.calls = 0;
                EXPECT_EQ(poolval_list_sort_by(space_, sorted, &how), 0);
                EXPECT_EQ(content(sorted), expected);
                EXPECT_TRUE(!by_key || plan.calls == count);
            }
    EXPECT_EQ(poolval_list_sort_by(space_, shuffled(3), nullptr), 0);
}

TEST_F(ValueSortTest, AFailureAtAnyCallLeavesTheListAsItWas) {
    for (bool by_key : {true, false})
        for (int at = 1; at < 200; at += 1 + at / 5) {
            Ref list = shuffled(100);
            std::vector<int64_t> before = content(list);
            Plan plan = {list, 0, at, 0};
            poolval_sorting how = {by_key ? digit : nullptr, by_key ? nullptr : by_digit, &plan, 0};
            int result = poolval_list_sort_by(space_, list, &how);
            ASSERT_EQ(result, plan.calls >= at ? -1 : 0);
            if (result < 0) {
                EXPECT_EQ(message(), "no more");
                EXPECT_EQ(content(list), before);
            }
        }
    poolval_error_clear(space_);
}

TEST_F(ValueSortTest, AListThatIsChangedMeanwhileKeepsItsItemsAndSaysSo) {
    for (bool by_key : {true, false})
        for (int fail : {0, 40}) {
            Ref list = shuffled(50);
            std::vector<int64_t> before = content(list);
            Plan plan = {list, 0, fail, 30};
            poolval_sorting how = {by_key ? digit : nullptr, by_key ? nullptr : by_digit, &plan, 0};
            EXPECT_ERROR(poolval_list_sort_by(space_, list, &how), -1, POOLVAL_ERR_CHANGED);
            std::vector<int64_t> after = content(list);
            EXPECT_TRUE(fail == 0 || after == before);
            std::sort(after.begin(), after.end()), std::sort(before.begin(), before.end());
            EXPECT_EQ(after, before);
        }
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 0u);
}

// UTF-8 has the order of its characters. Few letters, so that many strings begin alike.
TEST_F(ValueSortTest, StringsOfBytesAndOthers) {
    const std::string letters[] = {std::string(1, '\0'), "a", "b", "\u00e9", "\u4e2d"};
    for (int round = 0; round < 40; round++) {
        std::vector<std::string> expected;
        Ref sorted = list();
        for (int i = 0; i < 200; i++) {
            std::string chars;
            for (uint64_t length = rng_below(&random_, 14); length > 0; length--)
                chars += letters[rng_below(&random_, round % 2 == 0 ? 4 : 5)];
            expected.push_back(chars);
            Ref made = str(chars);
            poolval_list_append(space_, sorted, made);
        }
        std::sort(expected.begin(), expected.end());
        ASSERT_EQ(poolval_list_sort(space_, sorted), 0);
        size_t count;
        poolobj *const *item = poolval_items(space_, sorted, &count);
        for (size_t i = 0; i < count; i++) ASSERT_EQ(text(item[i]), expected[i]);
    }
}

TEST_F(ValueSortTest, ItemsWithoutAnOrder) {
    Ref mixed = list({number(2), str("x"), number(1)});
    EXPECT_ERROR(poolval_list_sort(space_, mixed), -1, POOLVAL_ERR_TYPE);
    EXPECT_EQ(repr(mixed), "[2, 'x', 1]");
    poolval_sorting down = {nullptr, nullptr, nullptr, 1};
    EXPECT_ERROR(poolval_list_sort_by(space_, mixed, &down), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_list_sort_by(space_, str("x"), &down), -1, POOLVAL_ERR_TYPE);
}

TEST_F(ValueSortTest, SortingIsStableAndAllOrNothing) {
    struct rng random = {test_seed()};
    Ref made = list();
    for (int i = 0; i < 1000; i++)
        poolval_list_append(space_, made,
                            tuple({number((int64_t)rng_below(&random, 50)), number(i)}));
    EXPECT_EQ(poolval_list_sort(space_, made), 0);
    int order;
    for (int i = 1; i < 1000; i++) {
        Ref a = poolval_list_get(space_, made, i - 1), b = poolval_list_get(space_, made, i);
        EXPECT_EQ(poolval_compare(space_, a, b, &order), 0);
        EXPECT_EQ(order, -1);
    }
    Ref equal = list({real(1), number(1), poolval_bool(space_, 1), number(0)});
    poolval_list_sort(space_, equal);
    EXPECT_EQ(repr(equal), "[0, 1.0, 1, True]");
    Ref mixed = list({number(3), str("a"), number(1)});
    EXPECT_ERROR(poolval_list_sort(space_, mixed), -1, POOLVAL_ERR_TYPE);
    EXPECT_EQ(repr(mixed), "[3, 'a', 1]");
}

} // namespace
