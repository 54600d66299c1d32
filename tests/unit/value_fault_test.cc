// SPDX-License-Identifier: MIT
// Every allocation of every function made to fail in turn: the failure is told, nothing changes and
// nothing leaks.
#include "support/value_fixture.h"

namespace {

class ValueFaultTest : public ValueTest {
  protected:
    void SetUp() override {
        ValueTest::SetUp();
        str("spam"); // the table of the interned is there
        word_ = str("spam and eggs");
        wide_ = str("\u4e2d\u56fd \U0001f43a");
        items_ = numbers(8); // full
        pair_ = tuple({word_, list({number(1000)})});
        map_ = dict();
        for (int i = 0; i < 5; i++) poolval_dict_set(space_, map_, number(i), items_); // full
        words_ = list({word_, wide_, word_});                                          // not sorted
        cycle_ = list({pair_, map_, items_});
        poolval_list_insert(space_, cycle_, 0, cycle_); // copied before all else
        unsorted_ = list({number(3), number(1), number(2)});
    }

    void TearDown() override {
        for (Ref *each : all_) each->drop();
        ValueTest::TearDown();
    }

    std::string state() {
        std::string all;
        for (Ref *each : all_) all += repr(*each) + std::to_string(poolval_refcount(*each)) + "\n";
        return all + std::to_string(poolval_interned_count(space_));
    }

    // `call` returns false if it failed; what it makes it drops itself. It may change the values
    // above when it does not fail, as it is called no more then.
    void each_failure(const char *name, const std::function<bool()> &call) {
        std::string before = state();
        std::vector<size_t> objects = counts();
        size_t blocks = counted_now().blocks;
        for (uint64_t n = 0;; n++) {
            poolval_error_clear(space_);
            bool good = ValueFault::during(n, call);
            if (good) {
                EXPECT_GT(n, 0u) << name << " allocates nothing";
                EXPECT_EQ(error(), POOLVAL_OK) << name;
                if (!ValueFault::happened()) return;
                continue; // it went on without
            }
            ASSERT_EQ(error(), POOLVAL_ERR_MEMORY) << name << ", allocation " << n;
            ASSERT_EQ(state(), before) << name << ", allocation " << n;
            ASSERT_EQ(counts(), objects) << name << ", allocation " << n;
            ASSERT_EQ(counted_now().blocks, blocks) << name << ", allocation " << n;
            poolval_space_check(space_);
        }
    }
    // For functions that return a new value.
    void each_failure_of(const char *name, const std::function<poolobj *()> &make) {
        each_failure(name, [&] {
            Ref made = make();
            return made != nullptr;
        });
    }

    // The first call makes the pools of all sizes that it comes by, which stay.
    void again_failure_of(const char *name, const std::function<poolobj *()> &make) {
        Ref first = make();
        first.drop();
        each_failure_of(name, make);
    }

    Ref word_, wide_, items_, pair_, map_, words_, cycle_, unsorted_;
    Ref *const all_[8] = {&word_, &wide_, &items_, &pair_, &map_, &words_, &cycle_, &unsorted_};
};

TEST_F(ValueFaultTest, ValuesThatAreMade) {
    each_failure_of("int", [&] { return poolval_int_new(space_, 100000); });
    each_failure_of("float", [&] { return poolval_float_new(space_, 1); });
    each_failure_of("add", [&] { return poolval_int_add(space_, number(200), number(200)); });
    each_failure_of("str", [&] { return poolval_str_new(space_, "eggs, spam"); });
    each_failure_of("identifier", [&] { return poolval_str_new(space_, "eggs"); });
    each_failure_of("wide str", [&] { return poolval_str_new(space_, "\u4e2d\u56fd"); });
    each_failure_of("tuple", [&] {
        poolobj *items[] = {word_, word_};
        return poolval_tuple_new(space_, items, 2);
    });
    each_failure_of("list", [&] { return poolval_list_new(space_); });
    each_failure_of("dict", [&] { return poolval_dict_new(space_); });
    each_failure_of("list of items", [&] {
        poolobj *items[] = {word_, word_};
        return poolval_list_new_items(space_, items, 2);
    });
}

TEST_F(ValueFaultTest, Numbers) {
    Ref big = poolval_int_parse(space_, "123456789012345678901234567890", 30, 10);
    Ref long_one = poolval_power(space_, big, number(30)), half = real(0.5), far = real(1e30);
    again_failure_of("add", [&] { return poolval_add(space_, big, big); });
    again_failure_of("subtract", [&] { return poolval_subtract(space_, long_one, big); });
    again_failure_of("multiply", [&] { return poolval_multiply(space_, long_one, long_one); });
    again_failure_of("divide", [&] { return poolval_divide(space_, big, number(7)); });
    again_failure_of("floor divide", [&] { return poolval_floor_divide(space_, long_one, big); });
    again_failure_of("modulo", [&] { return poolval_modulo(space_, long_one, big); });
    again_failure_of("power", [&] { return poolval_power(space_, big, number(9)); });
    again_failure_of("negate", [&] { return poolval_negate(space_, big); });
    again_failure_of("mixed", [&] { return poolval_add(space_, big, half); });
    again_failure_of("and", [&] { return poolval_int_and(space_, big, long_one); });
    again_failure_of("shift", [&] { return poolval_int_shift_left(space_, big, number(70)); });
    again_failure_of("shift right",
                     [&] { return poolval_int_shift_right(space_, big, number(7)); });
    again_failure_of("invert", [&] { return poolval_int_invert(space_, big); });
    again_failure_of("text", [&] { return poolval_int_text(space_, long_one, 10); });
    again_failure_of("repr", [&] { return poolval_repr(space_, long_one); });
    again_failure_of("parse",
                     [&] { return poolval_int_parse(space_, "99999999999999999999", 20, 10); });
    again_failure_of("int of", [&] { return poolval_int_of(space_, far); });
    again_failure_of("float of", [&] { return poolval_float_of(space_, big); });
    std::string digits(200, '7');
    again_failure_of("float parse",
                     [&] { return poolval_float_parse(space_, digits.data(), digits.size()); });
}

TEST_F(ValueFaultTest, StringsCutAndBuilt) {
    Ref space = str(" "), far = str(std::string(300, 'x') + " \u4e2d " + std::string(200, 'y'));
    Ref field = str("{!r:>9}"), spec = str("+12,.3f"), pi = real(3.14);
    Ref values = tuple({far, pi, items_}), some = str("xy"), ys = str(std::string(100, 'y'));
    again_failure_of("split", [&] { return poolval_str_split(space_, far, space, -1); });
    again_failure_of("split at spaces",
                     [&] { return poolval_str_split(space_, far, nullptr, -1); });
    again_failure_of("replace", [&] { return poolval_str_replace(space_, far, space, wide_, -1); });
    again_failure_of("strip", [&] { return poolval_str_strip(space_, far, some, POOLVAL_BOTH); });
    again_failure_of("upper", [&] { return poolval_str_upper(space_, far); });
    again_failure_of("format", [&] { return poolval_format(space_, field, values, nullptr); });
    again_failure_of("field", [&] { return poolval_format_value(space_, pi, spec); });
    again_failure_of("text", [&] { return poolval_text(space_, items_); });
    each_failure("count", [&] { return poolval_str_count(space_, far, ys, 0, PTRDIFF_MAX) == 2; });
    again_failure_of("writer", [&]() -> poolobj * {
        poolval_writer *writer = poolval_writer_new(space_);
        if (writer == nullptr) return nullptr;
        poolval_writer_str(writer, far);
        poolval_writer_repr(writer, items_);
        poolval_writer_utf8(writer, "\U0001f43a", 4);
        return poolval_writer_end(writer);
    });
}

TEST_F(ValueFaultTest, BytesSetsAndIterators) {
    Ref fixed = poolval_bytes_new(space_, "spam", 4),
        array = poolval_bytearray_new(space_, "eg", 2);
    Ref set = poolval_set_new(space_, items_), odd = poolval_slice_new(space_, 1, 7, 2);
    Ref range = poolval_range_new(space_, 1000, 2000, 3), over = poolval_iterate(space_, range);
    Ref pairs = poolval_dict_iterate(space_, map_, POOLVAL_ITEMS);
    again_failure_of("bytes", [&] { return poolval_bytes_new(space_, "x", 1); });
    again_failure_of("bytearray", [&] { return poolval_bytearray_new(space_, "x", 1); });
    again_failure_of("bytes concat", [&] { return poolval_bytes_concat(space_, fixed, array); });
    again_failure_of("array concat", [&] { return poolval_bytes_concat(space_, array, fixed); });
    again_failure_of("array repeat", [&] { return poolval_bytes_repeat(space_, array, 50); });
    again_failure_of("array slice", [&] { return poolval_bytes_slice(space_, array, 0, 1); });
    again_failure_of("array copy", [&] { return poolval_copy(space_, array); });
    again_failure_of("encode", [&] { return poolval_str_encode(space_, word_); });
    again_failure_of("range", [&] { return poolval_range_new(space_, 1, 2, 3); });
    again_failure_of("slice", [&] { return poolval_slice_new(space_, 1, 2, 3); });
    again_failure_of("list slice", [&] { return poolval_get_slice(space_, items_, odd); });
    again_failure_of("str slice", [&] { return poolval_get_slice(space_, word_, odd); });
    again_failure_of("bytes slice", [&] { return poolval_get_slice(space_, fixed, odd); });
    again_failure_of("range slice", [&] { return poolval_get_slice(space_, range, odd); });
    again_failure_of("set", [&] { return poolval_set_new(space_, items_); });
    again_failure_of("frozenset", [&] { return poolval_frozenset_new(space_, word_); });
    again_failure_of("set of ints", [&] { return poolval_set_new(space_, range); });
    again_failure_of("union", [&] { return poolval_set_union(space_, set, set); });
    again_failure_of("set copy", [&] { return poolval_copy(space_, set); });
    again_failure_of("iterator", [&] { return poolval_iterate(space_, items_); });
    again_failure_of("next int", [&] {
        poolobj *item;
        return poolval_next(space_, over, &item) == 1 ? item : nullptr;
    });
    again_failure_of("next pair", [&] {
        poolobj *item;
        return poolval_next(space_, pairs, &item) == 1 ? item : nullptr;
    });
    Ref grown = poolval_bytearray_new(space_, "0123456789abcdef", 16);
    Ref as_long = poolval_bytes_new(space_, "0123456789abcdefgh", 18); // its pool is there
    each_failure("append", [&] { return poolval_bytearray_append(space_, grown, 1) == 0; });
    each_failure("extend", [&] { return poolval_bytearray_extend(space_, array, grown) == 0; });
    each_failure("itself", [&] { return poolval_bytearray_extend(space_, array, array) == 0; });
    each_failure("add", [&] {
        Ref small = poolval_set_new(space_, nullptr);
        return small != nullptr && poolval_set_add(space_, small, word_) == 1;
    });
    Ref hundred = numbers(100), three = numbers(3);
    each_failure("set slice", [&] { return poolval_set_slice(space_, hundred, odd, three) == 0; });
    each_failure("remove slice", [&] { return poolval_remove_slice(space_, hundred, odd) == 0; });
}

// Without memory what is shared is looked at again, and no more is lost than time.
TEST_F(ValueFaultTest, SharedPartsWithoutMemory) {
    Ref made[2];
    for (Ref &each : made) {
        each = tuple({number(1)});
        for (int i = 0; i < 12; i++) each = tuple({each, each});
    }
    uint64_t hash[2];
    value_fault_for_test = [] { return true; };
    EXPECT_EQ(poolval_hash(space_, made[0], &hash[0]), 0);
    EXPECT_EQ(poolval_equal(space_, made[0], made[1]), 1);
    value_fault_for_test = nullptr;
    EXPECT_EQ(poolval_hash(space_, made[1], &hash[1]), 0);
    EXPECT_EQ(hash[0], hash[1]);
}

TEST_F(ValueFaultTest, PartsAndCombinations) {
    Ref ab = str("ab");
    each_failure_of("concat", [&] { return poolval_str_concat(space_, word_, wide_); });
    each_failure_of("repeat", [&] { return poolval_str_repeat(space_, word_, 3); });
    each_failure_of("interned repeat", [&] { return poolval_str_repeat(space_, ab, 3); });
    each_failure_of("join", [&] { return poolval_str_join(space_, word_, words_); });
    each_failure_of("slice", [&] { return poolval_str_slice(space_, wide_, 1, 3); });
    each_failure_of("tuple slice", [&] { return poolval_tuple_slice(space_, pair_, 0, 1); });
    each_failure_of("tuple concat", [&] { return poolval_tuple_concat(space_, pair_, pair_); });
    each_failure_of("list slice", [&] { return poolval_list_slice(space_, items_, 0, 3); });
    each_failure_of("list concat", [&] { return poolval_list_concat(space_, items_, words_); });
    each_failure_of("list repeat", [&] { return poolval_list_repeat(space_, items_, 3); });
    each_failure_of("tuple repeat", [&] { return poolval_tuple_repeat(space_, pair_, 3); });
    each_failure_of("stolen tuple", [&] {
        poolobj *items[] = {poolval_int_new(space_, 1000), poolval_float_new(space_, 1)};
        return poolval_tuple_new_steal(space_, items, 2);
    });
    each_failure_of("stolen list", [&] {
        poolobj *items[] = {poolval_int_new(space_, 1000), poolval_float_new(space_, 1)};
        return poolval_list_new_steal(space_, items, 2);
    });
    each_failure_of("keys", [&] { return poolval_dict_keys(space_, map_); });
    each_failure_of("values", [&] { return poolval_dict_values(space_, map_); });
    each_failure_of("items", [&] { return poolval_dict_items(space_, map_); });
    each_failure_of("repr", [&] { return poolval_repr(space_, cycle_); });
    each_failure_of("repr of str", [&] { return poolval_repr(space_, wide_); });
    each_failure_of("copy of list", [&] { return poolval_copy(space_, items_); });
    each_failure_of("copy of dict", [&] { return poolval_copy(space_, map_); });
}

TEST_F(ValueFaultTest, DeepCopiesLeaveNoHalf) {
    each_failure("deepcopy", [&] {
        Ref made = poolval_deepcopy(space_, cycle_);
        if (made == nullptr) return false;
        value_fault_for_test = nullptr;
        EXPECT_EQ(repr(made), repr(cycle_));
        made.drop();
        EXPECT_GT(poolobj_gc_collect(heap_, 2), 0u);
        return true;
    });
}

TEST_F(ValueFaultTest, ChangesAllOrNothing) {
    each_failure("append", [&] { return poolval_list_append(space_, items_, word_) == 0; });
    each_failure("insert", [&] { return poolval_list_insert(space_, unsorted_, 1, word_) == 0; });
    each_failure("extend", [&] { return poolval_list_extend(space_, unsorted_, items_) == 0; });
    each_failure("set slice",
                 [&] { return poolval_list_set_slice(space_, unsorted_, 1, 2, items_) == 0; });
    Ref long_one = numbers(100);
    each_failure("remove slice",
                 [&] { return poolval_list_remove_slice(space_, long_one, 1, 90) == 0; });
    poolval_sorting how = {[](poolval_space *space, poolobj *item, void *) {
                               int64_t n;
                               poolval_int_get(space, item, &n);
                               return poolval_int_new(space, 100000 - n);
                           },
                           nullptr, nullptr, 0};
    each_failure("sort by key", [&] { return poolval_list_sort_by(space_, long_one, &how) == 0; });
    each_failure("append what was made", [&] {
        return poolval_list_append_steal(space_, items_, poolval_int_new(space_, 1000)) == 0;
    });
    Ref reals = list({real(2), real(1), real(3)});
    each_failure("sort", [&] { return poolval_list_sort(space_, reals) == 0; });
    each_failure("set", [&] { return poolval_dict_set(space_, map_, word_, word_) == 0; });
    Ref full = poolval_copy(space_, map_);
    for (int i = 6; poolval_dict_length(space_, full) % 5 != 0; i++)
        poolval_dict_set(space_, full, number(i), items_);
    full = poolval_copy(space_, full);
    each_failure("get or set", [&] {
        Ref found = poolval_dict_get_or_set(space_, full, wide_, items_);
        return found != nullptr;
    });
    each_failure("update", [&] {
        Ref other = poolval_dict_new(space_);
        if (other == nullptr) return false;
        return poolval_dict_set(space_, other, word_, word_) == 0 &&
               poolval_dict_update(space_, other, map_) == 0;
    });
    std::vector<Ref> names;
    for (int i = 0; space_->interned.used * 3 + 3 <= space_->interned.size * 2; i++)
        names.push_back(str("name_" + std::to_string(i)));
    each_failure("intern", [&] {
        Ref first = poolval_str_intern(space_, wide_);
        return first != nullptr;
    });
}

TEST_F(ValueFaultTest, WhatIsKeptForTheValueItself) {
    each_failure("utf8", [&] { return poolval_str_utf8(space_, wide_, nullptr) != nullptr; });
    Ref far = str(std::string(300, 'x') + "\u4e2d"), part = str(std::string(200, 'x'));
    each_failure("find", [&] {
        ptrdiff_t found = poolval_str_find(space_, far, part, 0, PTRDIFF_MAX);
        EXPECT_TRUE(found == -2 || found == 0);
        return found == 0;
    });
    const uint32_t left = 0x4142, right = 0x4241;
    Ref astride = poolval_str_repeat(space_, Ref(poolval_str_new_chars(space_, &left, 1)), 100);
    Ref two = poolval_str_repeat(space_, Ref(poolval_str_new_chars(space_, &right, 1)), 2);
    each_failure("find, slowly",
                 [&] { return poolval_str_find(space_, astride, two, 0, PTRDIFF_MAX) == -1; });
}

TEST_F(ValueFaultTest, RemovalsGoOnWithoutMemory) {
    Ref many = numbers(100), map = dict();
    for (int i = 0; i < 1000; i++) poolval_dict_set(space_, map, number(i), number(i));
    std::vector<Ref> names;
    for (int i = 0; i < 1000; i++) names.push_back(str("name_" + std::to_string(i)));
    value_fault_for_test = [] { return true; };
    for (int i = 0; i < 99; i++) EXPECT_EQ(poolval_list_remove(space_, many, 0), 0);
    for (int i = 0; i < 999; i++)
        EXPECT_EQ(poolval_dict_remove(space_, map, space_->small_int[5 + i % 250]),
                  i < 250 ? 0 : -1);
    names.clear();
    value_fault_for_test = nullptr;
    EXPECT_EQ(repr(many), "[99]");
    EXPECT_EQ(poolval_dict_length(space_, map), 750);
    EXPECT_EQ(poolval_interned_count(space_), 0u);
    poolval_error_clear(space_);
}

TEST_F(ValueFaultTest, ASpaceThatCannotBeMadeLeavesItsHeapGood) {
    poolval_options options = POOLVAL_DEFAULTS;
    options.small_max = 20;
    size_t blocks = counted_now().blocks;
    for (uint64_t n = 0;; n++) {
        poolobj_heap *heap = poolobj_heap_new();
        poolval_space *space =
            ValueFault::during(n, [&] { return poolval_space_new(heap, &options); });
        bool last = !ValueFault::happened();
        EXPECT_TRUE(space != nullptr || errno == ENOMEM);
        if (space == nullptr) {
            space = poolval_space_new(heap, &options); // a second one may do
            EXPECT_NE(space, nullptr);
        }
        poolval_space_check(space);
        poolobj_heap_check(heap);
        poolobj_heap_close(heap);
        ASSERT_EQ(counted_now().blocks, blocks);
        if (last) {
            EXPECT_GT(n, 280u);
            return;
        }
    }
}

} // namespace
