// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>

#include "support/value_fixture.h"
#include "value/dict.h"

namespace {

using ValueDictTest = IntDictTest;

TEST_F(ValueDictTest, KeysStayInTheOrderOfInsertion) {
    Ref map = dict();
    for (const char *key : {"one", "two", "three", "four", "five", "six", "seven"})
        set(map, str(key), (int64_t)strlen(key));
    set(map, str("two"), 2);
    EXPECT_EQ(poolval_dict_remove(space_, map, str("three")), 0);
    set(map, str("three"), 33);
    EXPECT_EQ(repr(map), "{'one': 3, 'two': 2, 'four': 4, 'five': 4, 'six': 3, 'seven': 5, "
                         "'three': 33}");
    EXPECT_EQ(repr(Ref(poolval_dict_keys(space_, map))),
              "['one', 'two', 'four', 'five', 'six', 'seven', 'three']");
    EXPECT_EQ(repr(Ref(poolval_dict_values(space_, map))), "[3, 2, 4, 4, 3, 5, 33]");
    EXPECT_EQ(poolval_dict_length(space_, map), 7);
}

TEST_F(ValueDictTest, MissingKeysAreNamed) {
    Ref map = dict();
    EXPECT_NO_VALUE(poolval_dict_get(space_, map, str("a b")), POOLVAL_ERR_KEY);
    EXPECT_ERROR(poolval_dict_remove(space_, map, number(-7)), -1, POOLVAL_ERR_KEY);
    EXPECT_EQ(poolval_dict_pop(space_, map, number(-7)), nullptr);
    EXPECT_EQ(message(), "the dict has no key -7");
    poolobj *value = map;
    EXPECT_EQ(poolval_dict_find(space_, map, number(1), &value), 0);
    EXPECT_EQ(value, nullptr);
}

TEST_F(ValueDictTest, SlotsAreAsWideAsTheirNumberNeeds) {
    Ref map = dict();
    const struct value_dict *inner = reinterpret_cast<struct value_dict *>((poolobj *)map);
    EXPECT_EQ(dict_bits(inner), 0);
    int64_t last_of_bits[] = {5, 10, 21, 42, 85, 170, 341};
    int64_t next = 0;
    for (int step = 0; step < 7; step++) {
        for (; next < last_of_bits[step]; next++) set(map, number(next), next);
        EXPECT_EQ(dict_bits(inner), 3 + step);
    }
    size_t entries = 341 * 16, slots = 512 * 2;
    EXPECT_GE(poolval_sizeof(space_, map), 48 + entries + slots);
    EXPECT_LE(poolval_sizeof(space_, map), (48 + entries + slots) * 9 / 8);
}

// Lookup, change and removal in tables with slots of 1, 2 and 4 bytes.
TEST_F(ValueDictTest, RandomChangesAreThoseOfAModel) {
    struct rng random = {test_seed()};
    for (size_t limit : {5u, 100u, 3000u, 100000u}) {
        Ref map = dict();
        std::map<int64_t, int64_t> model;
        for (size_t step = 0; step < 4 * limit; step++) {
            int64_t key = (int64_t)rng_below(&random, limit) * 1000;
            bool shrinks = step > 2 * limit;
            if (rng_below(&random, 10) < (shrinks ? 2 : 7)) {
                ASSERT_EQ(set(map, number(key), (int64_t)step), 0);
                model[key] = (int64_t)step;
            } else {
                ASSERT_EQ(poolval_dict_remove(space_, map, number(key)),
                          model.erase(key) == 1 ? 0 : -1);
            }
        }
        ASSERT_EQ(poolval_dict_length(space_, map), (ptrdiff_t)model.size());
        for (size_t i = 0; i < limit; i++) {
            auto found = model.find((int64_t)i * 1000);
            ASSERT_EQ(get(map, number((int64_t)i * 1000)),
                      found != model.end() ? found->second : -1);
        }
        poolval_space_check(space_);
    }
}

TEST_F(ValueDictTest, AQueueOfKeysTakesNoMoreTimeAndMemoryTheLongerItRuns) {
    Ref map = dict();
    for (int64_t i = 0; i < 300000; i++) {
        set(map, number(i), i);
        if (i < 100) continue;
        poolval_place place = {0, 0};
        poolobj *first;
        ASSERT_EQ(poolval_dict_next(space_, map, &place, &first, nullptr), 1);
        ASSERT_EQ(poolval_dict_remove(space_, map, Ref(number(i - 100))), 0);
    }
    EXPECT_LT(poolval_sizeof(space_, map), 16000u);
    EXPECT_EQ(poolval_dict_length(space_, map), 100);
}

TEST_F(ValueDictTest, MemoryGoesBackWhenKeysGo) {
    Ref map = dict();
    for (int64_t i = 0; i < 10000; i++) set(map, number(i), i);
    size_t full = poolval_sizeof(space_, map);
    for (int64_t i = 0; i < 9990; i++) poolval_dict_remove(space_, map, number(i));
    EXPECT_LT(poolval_sizeof(space_, map), full / 50);
    for (int64_t i = 9990; i < 10000; i++) EXPECT_EQ(get(map, number(i)), i);
    for (int64_t i = 9990; i < 10000; i++) poolval_dict_remove(space_, map, number(i));
    EXPECT_LT(poolval_sizeof(space_, map), 200u);
}

// Keys that only differ above the bits that choose a slot.
TEST_F(ValueDictTest, KeysWhoseLowBitsAreEqualDoNotCollide) {
    Ref map = dict();
    double worst = 0;
    for (int64_t i = 0; i < 20000; i++) set(map, number(i << 40), i);
    const struct value_dict *inner = reinterpret_cast<struct value_dict *>((poolobj *)map);
    size_t run = 0;
    const uint16_t *slot = static_cast<const uint16_t *>(dict_slots(inner, 2));
    for (size_t i = 0; i < (size_t)1 << dict_bits(inner); i++) {
        run = slot[i] != 0 ? run + 1 : 0;
        worst = std::max(worst, (double)run);
    }
    // Few keys of the hash come to hundreds; all in one place would be 20,000.
    EXPECT_LT(worst, 1000);
}

TEST_F(ValueDictTest, GetOrSetSetsOnce) {
    Ref map = dict(), key = str("spam"), first = number(1000), second = number(2000);
    Ref made = poolval_dict_get_or_set(space_, map, key, first);
    EXPECT_EQ((poolobj *)made, (poolobj *)first);
    Ref found = poolval_dict_get_or_set(space_, map, key, second);
    EXPECT_EQ((poolobj *)found, (poolobj *)first);
    EXPECT_EQ(repr(map), "{'spam': 1000}");
    EXPECT_EQ(poolval_refcount(first), 4);
    EXPECT_NO_VALUE(poolval_dict_get_or_set(space_, map, list(), first), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_dict_get_or_set(space_, map, key, nullptr), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_dict_get_or_set(space_, key, key, key), POOLVAL_ERR_TYPE);
}

// Against an ordered map, with removals everywhere but most at the ends: entries are used anew
// whose slots remember other keys.
TEST_F(ValueDictTest, QueuesAndStacksOfAnyLength) {
    struct rng random = {test_seed()};
    for (int round = 0; round < 40; round++) {
        std::vector<int64_t> order; // of the keys
        Ref map = dict();
        size_t most = 1 + rng_below(&random, round % 4 == 0 ? 400 : 12);
        for (int step = 0; step < 2000; step++) {
            poolobj *key = nullptr, *value = nullptr;
            uint64_t what = rng_below(&random, 10);
            if (order.size() < most && what < 5) {
                int64_t n = (int64_t)rng_below(&random, 1000);
                if (std::find(order.begin(), order.end(), n) == order.end()) order.push_back(n);
                set(map, number(n), n);
            } else if (what < 9) {
                bool last = what & 1;
                int taken = last ? poolval_dict_pop_last(space_, map, &key, &value)
                                 : poolval_dict_pop_first(space_, map, &key, &value);
                Ref drops[] = {key, value};
                ASSERT_EQ(taken, (int)!order.empty());
                if (order.empty()) continue;
                ASSERT_EQ(repr(key), std::to_string(last ? order.back() : order.front()));
                order.erase(last ? order.end() - 1 : order.begin());
            } else if (!order.empty()) {
                size_t at = rng_below(&random, order.size());
                ASSERT_EQ(poolval_dict_remove(space_, map, number(order[at])), 0);
                order.erase(order.begin() + (ptrdiff_t)at);
            }
            if (step % 16 == 0) dict_check(space_, reinterpret_cast<value_dict *>((poolobj *)map));
        }
        std::vector<int64_t> found;
        poolval_place place = {0, 0};
        poolobj *key;
        int64_t n;
        while (poolval_dict_next(space_, map, &place, &key, nullptr) == 1)
            poolval_int_get(space_, key, &n), found.push_back(n);
        ASSERT_EQ(found, order);
    }
}

// What is counted is entries passed by, not time: the table is never made anew for nothing.
TEST_F(ValueDictTest, AQueueStaysSmall) {
    Ref map = dict();
    for (int64_t i = 0; i < 1000; i++) set(map, number(i), i);
    size_t size = poolval_sizeof(space_, map);
    for (int64_t i = 1000; i < 20000; i++) {
        poolval_dict_pop_first(space_, map, nullptr, nullptr);
        set(map, number(i), i);
        ASSERT_LE(poolval_sizeof(space_, map), 2 * size);
    }
    for (int64_t i = 0; i < 20000; i++) {
        set(map, number(-1 - i), i);
        poolval_dict_pop_last(space_, map, nullptr, nullptr);
    }
    EXPECT_LE(poolval_sizeof(space_, map), 2 * size);
    EXPECT_EQ(poolval_dict_length(space_, map), 1000);
}

TEST_F(ValueDictTest, AnUpdateKeepsPlacesAndAddsTheRest) {
    Ref a = dict(), b = dict();
    set(a, str("x"), 1), set(a, str("y"), 2), set(b, str("z"), 3), set(b, str("x"), 4);
    EXPECT_EQ(poolval_dict_update(space_, a, b), 0);
    EXPECT_EQ(repr(a), "{'x': 4, 'y': 2, 'z': 3}");
    EXPECT_EQ(poolval_dict_update(space_, a, a), 0);
    EXPECT_EQ(repr(Ref(poolval_dict_items(space_, a))), "[('x', 4), ('y', 2), ('z', 3)]");
    EXPECT_EQ(poolval_dict_clear(space_, a), 0);
    EXPECT_EQ(repr(a), "{}");
}

TEST_F(ValueDictTest, EqualWhateverTheOrder) {
    Ref a = dict(), b = dict();
    set(a, str("x"), 1), set(a, str("y"), 2), set(b, str("y"), 2);
    EXPECT_EQ(poolval_equal(space_, a, b), 0);
    set(b, str("x"), 1);
    EXPECT_EQ(poolval_equal(space_, a, b), 1);
    set(b, str("x"), 9);
    EXPECT_EQ(poolval_equal(space_, a, b), 0);
    int order;
    EXPECT_ERROR(poolval_compare(space_, a, b, &order), -1, POOLVAL_ERR_TYPE);
}

} // namespace
