// SPDX-License-Identifier: MIT
// Values copied into the space of another heap.
#include "support/value_fixture.h"

namespace {

class ValueTransferTest : public ValueTest {
  protected:
    void SetUp() override {
        ValueTest::SetUp();
        other_heap_ = poolobj_heap_new();
        poolobj_gc_disable(other_heap_);
        // Other numbers of types than in the heap of the fixture.
        poolobj_typespec spec = {};
        spec.name = "mine", spec.size = 24;
        for (int i = 0; i < 3; i++) poolobj_type_new(other_heap_, &spec);
        poolval_options options = POOLVAL_DEFAULTS;
        options.small_max = 10;
        other_ = poolval_space_new(other_heap_, &options);
    }
    void TearDown() override {
        poolval_space_check(other_);
        poolobj_heap_check(other_heap_);
        poolobj_heap_close(other_heap_);
        ValueTest::TearDown();
    }
    std::string shown(poolobj *value) {
        Ref made = poolval_repr(other_, value);
        return poolval_str_utf8(other_, made, nullptr);
    }
    size_t living() {
        size_t all = 0;
        for (int type = POOLVAL_NONE; type < POOLVAL_TYPES; type++)
            all += poolobj_count(poolval_object_type(other_, type));
        return all;
    }

    poolobj_heap *other_heap_;
    poolval_space *other_;
};

TEST_F(ValueTransferTest, EveryTypeArrivesInTheOtherHeap) {
    Ref big = poolval_int_parse(space_, "-123456789012345678901234567890", 31, 10);
    Ref map = dict(), set = poolval_frozenset_new(space_, str("a\u4e2d")), key = tuple({set, big});
    Ref value =
        list({poolval_none(space_), poolval_bool(space_, 1), number(200), number(7), big, real(0.5),
              str("name"), str("\U0001f43a \u4e2d"), str(""), tuple({}), key,
              Ref(poolval_bytes_new(space_, "x", 1)), Ref(poolval_bytearray_new(space_, "y", 1)),
              Ref(poolval_range_new(space_, 0, 9, 2)),
              Ref(poolval_slice_new(space_, 1, POOLVAL_OMITTED, 3)), set,
              Ref(poolval_set_new(space_, str("xyz"))), map});
    poolval_dict_set(space_, map, key, value);
    std::string before = repr(value);
    Ref copy = poolval_copy_to(other_, value);
    ASSERT_NE(copy, nullptr) << poolval_error_message(other_);
    EXPECT_EQ(shown(copy), before);
    EXPECT_EQ(repr(value), before);
    EXPECT_EQ(poolobj_typeof(copy), poolval_object_type(other_, POOLVAL_LIST));
    poolval_space_check(other_);
    poolobj_heap_check(other_heap_);
    Ref name = poolval_list_get(other_, copy, 6), same = poolval_str_new(other_, "name");
    EXPECT_EQ((poolobj *)name, (poolobj *)same);
    Ref inner = poolval_list_get(other_, copy, 17), found_key = poolval_list_get(other_, copy, 10);
    Ref found = poolval_dict_get(other_, inner, found_key);
    EXPECT_EQ((poolobj *)found, (poolobj *)copy) << "the cycle is closed";
    poolval_dict_clear(space_, map);
    Ref back = poolval_copy_to(space_, copy);
    EXPECT_EQ(repr(back), before);
    back.drop(), copy.drop(), name.drop(), inner.drop(), found_key.drop(), found.drop();
    EXPECT_GT(poolobj_gc_collect(other_heap_, 2), 0u);
    EXPECT_GT(poolobj_gc_collect(heap_, 2), 0u);
}

TEST_F(ValueTransferTest, WhatIsSharedIsSharedOnce) {
    Ref big = number(100000), word = str("spam and eggs"), pair = tuple({big, word});
    for (int i = 0; i < 60; i++) pair = tuple({pair, pair});
    Ref both = list({big, word, pair, pair});
    Ref copy = poolval_copy_to(other_, both);
    size_t count;
    poolobj *const *items = poolval_items(other_, copy, &count);
    EXPECT_EQ(items[2], items[3]);
    EXPECT_EQ(poolval_refcount(items[0]), 2);
    EXPECT_EQ(poolval_refcount(items[1]), 2);
    EXPECT_EQ(poolobj_count(poolval_object_type(other_, POOLVAL_TUPLE)), 62u);
    Ref here = poolval_copy_to(space_, both);
    EXPECT_EQ(poolval_equal(space_, here, both), 1);
    EXPECT_NE((poolobj *)here, (poolobj *)both);
}

TEST_F(ValueTransferTest, WhatCannotGoLeavesNothing) {
    poolobj_typespec spec = {};
    spec.name = "mine", spec.size = 24;
    Ref object = (poolobj *)poolobj_new(poolobj_type_new(heap_, &spec));
    Ref over = poolval_iterate(space_, Ref(numbers(3)));
    for (poolobj *bad : {(poolobj *)object, (poolobj *)over}) {
        Ref map = dict(), both = list({str("abc"), map});
        poolval_dict_set(space_, map, number(1), both);
        poolval_dict_set(space_, map, number(2), bad);
        size_t before = living();
        EXPECT_EQ(poolval_copy_to(other_, both), nullptr);
        EXPECT_EQ(poolval_error(other_), POOLVAL_ERR_TYPE);
        EXPECT_EQ(living(), before);
        poolval_dict_clear(space_, map);
    }
    EXPECT_STREQ(poolval_error_message(other_), "iterator stays in its heap");
    EXPECT_EQ(poolval_copy_to(other_, object), nullptr);
    EXPECT_EQ(poolval_copy_to(other_, nullptr), nullptr);
    EXPECT_EQ(poolval_error(other_), POOLVAL_ERR_TYPE);
    EXPECT_EQ(poolval_copy_to(other_, nested(2000)), nullptr);
    EXPECT_EQ(poolval_error(other_), POOLVAL_ERR_DEPTH);
}

TEST_F(ValueTransferTest, WithoutMemoryNothingIsLeft) {
    Ref map = dict(), value = list({str("some text"), str("name"), map, tuple({map, real(1)}),
                                    Ref(poolval_frozenset_new(space_, str("ab"))), number(5000)});
    poolval_dict_set(space_, map, number(1), value);
    Ref first = poolval_copy_to(other_, value);
    size_t before = living();
    for (uint64_t n = 0;; n++) {
        Ref copy = ValueFault::during(n, [&] { return poolval_copy_to(other_, value); });
        if (copy != nullptr) {
            EXPECT_GT(n, 10u);
            break;
        }
        ASSERT_EQ(poolval_error(other_), POOLVAL_ERR_MEMORY);
        ASSERT_EQ(living(), before) << n;
    }
    poolval_dict_clear(space_, map);
}

} // namespace
