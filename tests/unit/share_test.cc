// SPDX-License-Identifier: MIT
// Constants that heaps of several threads share, and objects of other heaps in heaps that are
// checked.
#include <thread>

#include "support/value_fixture.h"

namespace {

class ValueShareTest : public ValueTest {
  protected:
    void SetUp() override {
        ValueTest::SetUp();
        shared_ = poolobj_heap_new();
        source_ = poolval_space_new(shared_, nullptr);
    }
    void TearDown() override {
        end(); // before the heap that it refers to
        poolobj_heap_close(shared_);
        ValueTest::TearDown();
    }
    // A tuple of all kinds that can be shared.
    poolobj *constants() {
        Ref words = list({str("spam"), str("\u4e2d\u56fd"), str("not an identifier")});
        Ref frozen = poolval_frozenset_new(space_, words), deep = tuple({str("spam"), number(1)});
        Ref large = poolval_int_parse(space_, "123456789012345678901234567890", 30, 10);
        Ref bytes = poolval_bytes_new(space_, "abc", 3), range = poolval_range_new(space_, 0, 9, 2);
        Ref all = tuple({frozen, deep, large, bytes, range, real(0.5), poolval_bool(space_, 1),
                         poolval_none(space_), number(100000)});
        return poolval_copy_to(source_, all);
    }
    poolobj_heap *shared_ = nullptr;
    poolval_space *source_ = nullptr;
};

TEST_F(ValueShareTest, SharedValuesAreAsAHeapsOwn) {
    poolobj *all = constants();
    ASSERT_EQ(poolval_share(source_), 0) << poolval_error_message(source_);
    EXPECT_EQ(poolval_type(space_, all), POOLVAL_TUPLE);
    EXPECT_EQ(repr(all), "(frozenset({'spam', '\u4e2d\u56fd', 'not an identifier'}), ('spam', 1), "
                         "123456789012345678901234567890, b'abc', range(0, 9, 2), 0.5, True, None, "
                         "100000)");
    Ref map = dict(), deep = poolval_tuple_get(space_, all, 1), spam = str("spam");
    EXPECT_EQ(poolval_dict_set(space_, map, deep, all), 0);
    EXPECT_EQ(Ref(poolval_dict_get(space_, map, tuple({spam, number(1)}))), all);
    Ref word = poolval_tuple_get(space_, deep, 0);
    EXPECT_EQ(poolval_refcount(word), INT32_MAX);
    EXPECT_EQ(poolval_equal(space_, word, spam), 1);
    EXPECT_EQ(poolval_str_is_interned(space_, word), 0);
    EXPECT_EQ(Ref(poolval_str_intern(space_, word)), (poolobj *)spam)
        << "in the table of this space";
    Ref copy = poolval_deepcopy(space_, map);
    EXPECT_EQ(poolval_equal(space_, copy, map), 1);
    poolobj_gc_set_debug(heap_, POOLOBJ_GC_VERIFY);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 0u);
    while (poolobj_gc_step(heap_, 1000) == 1) {
    }
    EXPECT_EQ(poolobj_gc_collect(shared_, 2), 0u);
    poolval_space_check(space_);
    poolval_space_check(source_);
}

// The shared heap has a None and an empty str of its own.
TEST_F(ValueShareTest, TheirConstantsAreAsTheSpacesOwn) {
    poolobj *none = poolval_none(source_), *empty = poolval_str_new(source_, "");
    poolobj *in_tuple = poolval_tuple_new(source_, &none, 1);
    ASSERT_EQ(poolval_share(source_), 0);
    EXPECT_EQ(poolval_equal(space_, none, poolval_none(space_)), 1);
    EXPECT_EQ(poolval_truth(space_, none), 0);
    Ref map = dict(), own = tuple({poolval_none(space_)});
    EXPECT_EQ(poolval_equal(space_, in_tuple, own), 1);
    EXPECT_EQ(poolval_dict_set(space_, map, none, number(1)), 0);
    EXPECT_EQ(poolval_dict_set(space_, map, in_tuple, number(2)), 0);
    EXPECT_EQ(repr(Ref(poolval_dict_get(space_, map, poolval_none(space_)))), "1");
    EXPECT_EQ(repr(Ref(poolval_dict_get(space_, map, own))), "2");
    Ref spam = str("ab");
    EXPECT_EQ(poolval_str_split(space_, spam, empty, -1), nullptr);
    EXPECT_STREQ(poolval_error_message(space_), "an empty separator");
    EXPECT_EQ(repr(Ref(poolval_str_replace(space_, spam, empty, str("-"), -1))), "'-a-b-'");
    EXPECT_EQ(repr(Ref(poolval_str_replace(space_, spam, empty, empty, -1))), "'ab'");
}

TEST_F(ValueShareTest, NotInsideOfAFinalizer) {
    static poolval_space *source;
    static int answer;
    source = source_, answer = 0;
    poolobj_typespec spec = {};
    spec.name = "finalized";
    spec.size = sizeof(poolobj);
    spec.finalize = [](poolobj *) { answer = poolval_share(source); };
    poolobj *object = static_cast<poolobj *>(poolobj_new(poolobj_type_new(shared_, &spec)));
    poolobj *word = poolval_str_intern(source_, poolval_str_new(source_, "spam"));
    poolobj_decref(object);
    EXPECT_EQ(answer, -1);
    EXPECT_STREQ(poolval_error_message(source_),
                 "no heap is shared inside of a collection or a finalizer");
    EXPECT_EQ(poolval_str_is_interned(source_, word), 1);
    EXPECT_NE(poolval_refcount(word), INT32_MAX);
}

TEST_F(ValueShareTest, WhatCanChangeIsNotShared) {
    poolobj *items = poolval_list_new(source_), *word = poolval_str_new(source_, "spam");
    EXPECT_EQ(poolval_share(source_), -1);
    EXPECT_STREQ(poolval_error_message(source_), "a list of the heap can change");
    EXPECT_EQ(poolval_refcount(word), 1);
    poolobj_decref(items);
    EXPECT_EQ(poolval_share(source_), 0);
    EXPECT_EQ(poolval_refcount(word), INT32_MAX);
}

TEST_F(ValueShareTest, ThreadsCollectWhatRefersToSharedValues) {
    poolobj *all = constants();
    ASSERT_EQ(poolval_share(source_), 0);
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; t++)
        threads.emplace_back([all] {
            poolobj_heap *heap = poolobj_heap_new();
            poolval_space *space = poolval_space_new(heap, nullptr);
            poolobj *map = poolval_dict_new(space);
            for (int i = 0; i < 3000; i++) {
                poolobj *key = poolval_int_new(space, i % 100), *items[] = {all, map, all};
                poolobj *list = poolval_list_new_items(space, items, 3);
                poolval_list_append(space, list, list);
                poolval_dict_set_steal(space, map, key, list);
            }
            poolobj_gc_collect(heap, 2);
            EXPECT_EQ(poolobj_count(poolval_object_type(space, POOLVAL_LIST)), 100u);
            poolobj_decref(map);
            poolobj_heap_close(heap);
        });
    for (std::thread &thread : threads) thread.join();
    EXPECT_EQ(poolval_tuple_length(source_, all), 9);
}

// ---- Heaps that are checked ----

TEST_F(ValueShareTest, ObjectsOfOtherHeapsAreRefusedInACheckedHeap) {
    poolobj_heap *heap = poolobj_heap_new_checked();
    poolval_space *space = poolval_space_new(heap, nullptr);
    poolobj *stranger = poolval_str_new(source_, "a stranger"), *one = poolval_int_new(space, 1);
    poolobj *items = poolval_list_new(space), *map = poolval_dict_new(space);
    poolobj *set = poolval_set_new(space, nullptr);
    EXPECT_EQ(poolval_list_append(space, items, stranger), -1);
    EXPECT_STREQ(poolval_error_message(space), "the item is a str of another heap");
    EXPECT_EQ(poolval_list_insert(space, items, 0, stranger), -1);
    EXPECT_EQ(poolval_dict_set(space, map, one, stranger), -1);
    EXPECT_EQ(poolval_dict_set(space, map, stranger, one), -1);
    EXPECT_STREQ(poolval_error_message(space), "the key is a str of another heap");
    EXPECT_EQ(poolval_dict_get_or_set(space, map, one, stranger), nullptr);
    EXPECT_EQ(poolval_set_add(space, set, stranger), -1);
    EXPECT_EQ(poolval_tuple_new(space, &stranger, 1), nullptr);
    EXPECT_EQ(poolval_list_new_items(space, &stranger, 1), nullptr);
    EXPECT_EQ(poolval_list_append(space, items, one), 0);
    EXPECT_EQ(poolval_list_set(space, items, 0, stranger), -1);
    EXPECT_EQ(poolval_share(source_), 0);
    EXPECT_EQ(poolval_list_append(space, items, stranger), 0) << "but not shared ones";
    for (poolobj *each : {one, items, map, set}) poolobj_decref(each);
    poolobj_heap_close(heap);
}

TEST_F(ValueShareTest, ListsWithRoomRefuseThemToo) {
    poolobj_heap *heap = poolobj_heap_new_checked();
    poolval_space *space = poolval_space_new(heap, nullptr);
    poolobj *stranger = poolval_str_new(source_, "a stranger"), *one = poolval_int_new(space, 1);
    poolobj *items = poolval_list_new(space);
    EXPECT_EQ(poolval_list_append(space, items, one), 0);
    EXPECT_GT(poolval_list_room(space, items), 1);
    EXPECT_EQ(poolval_list_append(space, items, stranger), -1);
    EXPECT_EQ(poolval_list_append_steal(space, items, poolval_int_new(source_, 5000)), -1);
    EXPECT_EQ(poolval_list_length(space, items), 1);
    for (poolobj *each : {stranger, one, items}) poolobj_decref(each);
    poolobj_heap_close(heap);
}

TEST_F(ValueShareTest, NoneAreStolenByContainersThatAreMadeOfThem) {
    poolobj_heap *heap = poolobj_heap_new_checked();
    poolval_space *space = poolval_space_new(heap, nullptr);
    poolobj *strangers[] = {poolval_int_new(source_, 5000), poolval_int_new(source_, 6000)};
    EXPECT_EQ(poolval_list_new_steal(space, &strangers[0], 1), nullptr);
    EXPECT_EQ(poolval_tuple_new_steal(space, &strangers[1], 1), nullptr);
    EXPECT_STREQ(poolval_error_message(space), "the item is a int of another heap");
    poolobj_heap_close(heap);
}

// Types have the same numbers in all heaps.
TEST_F(ValueShareTest, NoneComeFromListsAndTuplesOfOtherHeaps) {
    poolobj_heap *heap = poolobj_heap_new_checked();
    poolval_space *space = poolval_space_new(heap, nullptr);
    poolobj *stranger = poolval_str_new(source_, "a stranger"), *one = poolval_int_new(space, 1);
    poolobj *list = poolval_list_new_items(source_, &stranger, 1);
    poolobj *tuple = poolval_tuple_new(source_, &stranger, 1);
    poolobj *own = poolval_list_new_items(space, &one, 1),
            *pair = poolval_tuple_new(space, &one, 1);
    EXPECT_EQ(poolval_list_extend(space, own, tuple), -1);
    EXPECT_EQ(poolval_list_set_slice(space, own, 0, 1, tuple), -1);
    poolobj *every_second = poolval_slice_new(space, 0, 1, 2);
    EXPECT_EQ(poolval_set_slice(space, own, every_second, tuple), -1);
    EXPECT_STREQ(poolval_error_message(space), "the value is a tuple of another heap");
    EXPECT_EQ(poolval_list_repeat(space, list, 2), nullptr);
    EXPECT_EQ(poolval_tuple_repeat(space, tuple, 2), nullptr);
    EXPECT_EQ(poolval_copy(space, list), nullptr);
    EXPECT_STREQ(poolval_error_message(space), "the value is a list of another heap");
    EXPECT_EQ(poolval_list_concat(space, own, list), nullptr);
    EXPECT_EQ(poolval_list_concat(space, list, own), nullptr);
    EXPECT_EQ(poolval_tuple_concat(space, pair, tuple), nullptr);
    EXPECT_EQ(poolval_tuple_concat(space, tuple, pair), nullptr);
    EXPECT_EQ(poolval_list_length(space, own), 1);
    for (poolobj *each : {stranger, one, list, tuple, own, pair, every_second})
        poolobj_decref(each);
    poolobj_heap_close(heap);
}

TEST_F(ValueShareTest, AThreadThatDoesNotOwnACheckedHeapIsNamed) {
    poolobj_heap *heap = poolobj_heap_new_checked();
    poolval_space *space = poolval_space_new(heap, nullptr);
    auto elsewhere = [](auto call) { std::thread(call).join(); };
    EXPECT_EXIT(elsewhere([&] { poolval_list_new(space); }), testing::KilledBySignal(SIGABRT),
                "poolval by a thread that does not own heap 0x");
    EXPECT_EXIT(elsewhere([&] { poolobj_gc_collect(heap, 0); }), testing::KilledBySignal(SIGABRT),
                "poolobj_gc_collect by a thread that does not own heap 0x");
    elsewhere([&] {
        poolobj_heap_adopt(heap);
        poolobj_decref(poolval_list_new(space));
    });
    poolobj_heap_adopt(heap);
    poolobj_heap_close(heap);
}

} // namespace
