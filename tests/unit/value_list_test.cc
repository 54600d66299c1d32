// SPDX-License-Identifier: MIT
#include "support/value_fixture.h"

namespace {

using ValueListTest = ValueTest;

// ---- Lists ----

std::vector<long> rooms(poolval_space *space, int length) {
    poolobj *list = poolval_list_new(space), *item = poolval_none(space);
    std::vector<long> all = {0};
    for (int i = 0; i < length; i++) {
        poolval_list_append(space, list, item);
        long room = poolval_list_room(space, list);
        if (room != all.back()) all.push_back(room);
    }
    poolobj_decref(list);
    return all;
}

TEST_F(ValueListTest, RoomGrowsByTheRule) {
    EXPECT_EQ(rooms(space_, 100),
              (std::vector<long>{0, 4, 8, 16, 24, 32, 40, 52, 64, 76, 92, 108}));
    poolval_set_list_growth(space_, POOLVAL_GROWTH_CLASSIC);
    EXPECT_EQ(rooms(space_, 100), (std::vector<long>{0, 4, 8, 16, 25, 35, 46, 58, 72, 88, 106}));
    poolval_options options = POOLVAL_DEFAULTS;
    options.list_growth = POOLVAL_GROWTH_CLASSIC;
    begin(options);
    EXPECT_EQ(rooms(space_, 9).back(), 16);
}

TEST_F(ValueListTest, AFreeListGivesTheSameAddressAgain) {
    uintptr_t id = poolval_id(numbers(3));
    Ref again = list();
    EXPECT_EQ(poolval_id(again), id);
    EXPECT_EQ(poolval_list_room(space_, again), 0);
    uintptr_t dict_id = poolval_id(dict());
    EXPECT_NE(dict_id, id);
    EXPECT_EQ(poolval_id(dict()), dict_id);
}

TEST_F(ValueListTest, RoomThatIsLessThanHalfUsedGoesBack) {
    Ref made = numbers(1000);
    size_t full = poolval_sizeof(space_, made);
    for (int i = 0; i < 990; i++) poolval_list_remove(space_, made, -1);
    EXPECT_LT(poolval_list_room(space_, made), 24);
    EXPECT_LT(poolval_sizeof(space_, made), full / 20);
    EXPECT_EQ(repr(made), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]");
    while (poolval_list_length(space_, made) > 0) poolval_list_remove(space_, made, 0);
    EXPECT_EQ(poolval_list_room(space_, made), 0);
    EXPECT_EQ(poolval_sizeof(space_, made), 32u);
    EXPECT_NO_VALUE(poolval_list_pop(space_, made, -1), POOLVAL_ERR_INDEX);
}

TEST_F(ValueListTest, ListsFromItemsHaveRoomForThose) {
    EXPECT_EQ(poolval_list_room(space_, list({number(1), number(2), number(3)})), 3);
    EXPECT_EQ(poolval_list_room(space_, list()), 0);
}

TEST_F(ValueListTest, ChangesInTheMiddle) {
    Ref made = numbers(5);
    EXPECT_EQ(poolval_list_insert(space_, made, 2, str("x")), 0);
    EXPECT_EQ(poolval_list_insert(space_, made, -100, str("first")), 0);
    EXPECT_EQ(poolval_list_insert(space_, made, 100, str("last")), 0);
    EXPECT_EQ(repr(made), "['first', 0, 1, 'x', 2, 3, 4, 'last']");
    EXPECT_EQ(repr(Ref(poolval_list_pop(space_, made, -2))), "4");
    EXPECT_EQ(poolval_list_set(space_, made, -1, number(9)), 0);
    EXPECT_EQ(poolval_list_reverse(space_, made), 0);
    EXPECT_EQ(repr(made), "[9, 3, 2, 'x', 1, 0, 'first']");
    EXPECT_ERROR(poolval_list_set(space_, made, 7, number(1)), -1, POOLVAL_ERR_INDEX);
    EXPECT_EQ(poolval_list_find(space_, made, str("x"), 0, PTRDIFF_MAX), 3);
    EXPECT_EQ(poolval_list_find(space_, made, str("x"), 4, PTRDIFF_MAX), -1);
    EXPECT_EQ(poolval_list_clear(space_, made), 0);
    EXPECT_EQ(repr(made), "[]");
}

TEST_F(ValueListTest, AListExtendsItself) {
    Ref made = numbers(3);
    poolval_list_extend(space_, made, made);
    poolval_list_extend(space_, made, made);
    EXPECT_EQ(repr(made), "[0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]");
    poolval_list_extend(space_, made, tuple({number(7)}));
    EXPECT_EQ(poolval_list_length(space_, made), 13);
    size_t count;
    poolobj *const *items = poolval_items(space_, made, &count);
    EXPECT_EQ(count, 13u);
    EXPECT_EQ(items[12], number(7));
    EXPECT_NE(poolval_items(space_, list(), &count), nullptr);
    EXPECT_EQ(count, 0u);
}

// ---- Depth ----

TEST_F(ValueListTest, DepthBeyondTheLimitIsAnError) {
    Ref good = nested(1000), deep = nested(1001), twin = nested(1001), shallow = nested(1000);
    int order;
    EXPECT_EQ(repr(good), std::string(1000, '[') + std::string(1000, ']'));
    EXPECT_EQ(poolval_equal(space_, good, shallow), 1);
    Ref copy = poolval_deepcopy(space_, good);
    EXPECT_EQ(poolval_equal(space_, good, copy), 1);
    EXPECT_NO_VALUE(poolval_repr(space_, deep), POOLVAL_ERR_DEPTH);
    EXPECT_ERROR(poolval_equal(space_, deep, twin), -1, POOLVAL_ERR_DEPTH);
    EXPECT_ERROR(poolval_compare(space_, deep, twin, &order), -1, POOLVAL_ERR_DEPTH);
    EXPECT_NO_VALUE(poolval_deepcopy(space_, deep), POOLVAL_ERR_DEPTH);
    Ref a = list(), b = list();
    poolval_list_append(space_, a, a), poolval_list_append(space_, b, b);
    EXPECT_ERROR(poolval_equal(space_, a, b), -1, POOLVAL_ERR_DEPTH);
    poolval_list_clear(space_, a), poolval_list_clear(space_, b);
    uint64_t hash;
    Ref key = tuple({number(1)});
    for (int i = 1; i < 1000; i++) key = tuple({key});
    EXPECT_EQ(poolval_hash(space_, key, &hash), 0);
    key = tuple({key});
    EXPECT_ERROR(poolval_hash(space_, key, &hash), -1, POOLVAL_ERR_DEPTH);
}

TEST_F(ValueListTest, DropOfAMillionLevelsNeedsNoStack) { nested(1000000); }

// ---- Code of the program that runs meanwhile ----

struct Meddler {
    poolobj base;
};
poolval_space *space_of;
poolobj *target;
int meddled;

class ValueMeddleTest : public ValueTest {
  protected:
    // An object whose finalizer does this to `target`.
    Ref meddler(void (*finalize)(poolobj *)) {
        poolobj_typespec spec = {};
        spec.name = "meddler";
        spec.size = sizeof(Meddler);
        spec.finalize = finalize;
        space_of = space_;
        meddled = 0;
        return static_cast<poolobj *>(poolobj_new(poolobj_type_new(heap_, &spec)));
    }
};

void append_to_target(poolobj *) {
    meddled++;
    for (int i = 0; i < 100; i++) poolval_list_append(space_of, target, poolval_none(space_of));
}
void clear_target(poolobj *) {
    meddled++;
    poolval_list_clear(space_of, target);
}

TEST_F(ValueMeddleTest, ItemsThatChangeTheListTheyAreDroppedFrom) {
    for (auto finalize : {append_to_target, clear_target}) {
        Ref items = list();
        target = items;
        auto refill = [&] {
            poolval_list_clear(space_, items);
            poolval_list_append(space_, items, number(1));
            poolval_list_append(space_, items, meddler(finalize));
            poolval_list_append(space_, items, number(2));
        };
        refill();
        poolval_list_clear(space_, items);
        EXPECT_EQ(meddled, 1);
        refill();
        poolval_list_set(space_, items, 1, number(7));
        EXPECT_EQ(meddled, 1);
        refill();
        poolval_list_remove(space_, items, 1);
        EXPECT_EQ(meddled, 1);
        refill();
        poolval_list_pop(space_, items, 0), poolval_list_remove(space_, items, 0);
        EXPECT_EQ(meddled, 1);
        poolval_space_check(space_);
    }
}

void fill_target_dict(poolobj *) {
    meddled++;
    for (int i = 0; i < 100; i++)
        poolval_dict_set(space_of, target, poolval_int_new(space_of, i % 50),
                         poolval_none(space_of));
}
void clear_target_dict(poolobj *) {
    meddled++;
    poolval_dict_clear(space_of, target);
}

TEST_F(ValueMeddleTest, ValuesThatChangeTheDictTheyAreDroppedFrom) {
    for (auto finalize : {fill_target_dict, clear_target_dict}) {
        Ref map = dict();
        target = map;
        auto refill = [&] {
            poolval_dict_clear(space_, map);
            poolval_dict_set(space_, map, number(1), number(1));
            poolval_dict_set(space_, map, number(2), meddler(finalize));
            poolval_dict_set(space_, map, number(3), number(3));
        };
        refill();
        poolval_dict_clear(space_, map);
        EXPECT_EQ(meddled, 1);
        refill();
        poolval_dict_set(space_, map, number(2), number(7));
        EXPECT_EQ(meddled, 1);
        refill();
        poolval_dict_remove(space_, map, number(2));
        EXPECT_EQ(meddled, 1);
        Ref other = dict();
        poolval_dict_set(space_, other, number(2), number(8));
        poolval_dict_set(space_, other, number(1), number(8));
        refill();
        EXPECT_EQ(poolval_dict_update(space_, map, other), 0);
        EXPECT_EQ(meddled, 1);
        // The one in `victim` changes the dictionary that is read, which drops the other.
        refill();
        Ref victim = dict();
        poolval_dict_set(space_, victim, number(1), meddler(finalize));
        meddled = 0;
        EXPECT_ERROR(poolval_dict_update(space_, victim, map), -1, POOLVAL_ERR_CHANGED);
        EXPECT_EQ(meddled, 2);
        poolval_space_check(space_);
    }
}

// Collections start where containers are made; who is found then may clear what is being copied.
TEST_F(ValueMeddleTest, CollectionsWhileContainersAreMade) {
    poolobj_gc_enable(heap_);
    poolobj_gc_set_threshold(heap_, 1, 1, 1);
    Ref items = numbers(50);
    target = items;
    for (int round = 0; round < 20; round++) {
        Ref ring = list({meddler(clear_target)});
        poolval_list_append(space_, ring, ring);
        ring.drop();
        Ref slice = poolval_list_slice(space_, items, 0, PTRDIFF_MAX);
        Ref both = poolval_list_concat(space_, items, slice);
        Ref copy = poolval_deepcopy(space_, both), map = dict();
        size_t count;
        poolobj *const *each = poolval_items(space_, items, &count);
        Ref made = poolval_tuple_new(space_, each, count);
        EXPECT_EQ(poolval_equal(space_, both, copy), 1);
        poolval_space_check(space_);
        poolobj_gc_collect(heap_, 2);
        poolval_list_extend(space_, items, numbers(50));
    }
}

// What a table takes of malloc is known without asking it.
TEST_F(ValueListTest, SizeofTellsWhatTheTableTakes) {
    Ref made = list(), other = number(1000);
    const size_t before = counted_now().bytes;
    auto table = [&] { return counted_now().bytes - before; };
    auto told = [&] { return poolval_sizeof(space_, made) - poolobj_sizeof(made); };
    for (int length = 1; length <= 30000; length++) {
        ASSERT_EQ(poolval_list_append(space_, made, other), 0);
        ASSERT_EQ(told(), table()) << length;
    }
    EXPECT_LE(told(), 2 * 8 * 30000u * 9 / 8);
    static Ref *sorted;
    sorted = &made;
    poolval_sorting how = {};
    how.key = [](poolval_space *space, poolobj *item, void *) {
        for (int i = 0; i < 100; i++) poolval_list_append(space, *sorted, item); // lost at the end
        poolobj_incref(item);
        return item;
    };
    poolval_list_sort_by(space_, made, &how);
    poolval_error_clear(space_);
    EXPECT_EQ(told(), table());
    while (poolval_list_length(space_, made) > 10) {
        ASSERT_EQ(poolval_list_remove(space_, made, -1), 0);
        ASSERT_EQ(told(), table());
    }
    ASSERT_EQ(poolval_list_clear(space_, made), 0);
    EXPECT_EQ(told(), 0u);
    EXPECT_EQ(table(), 0u);
}

} // namespace
