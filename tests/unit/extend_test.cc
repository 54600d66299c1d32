// SPDX-License-Identifier: MIT
// Types that extend a type of values with fields of their own.
#include "support/value_fixture.h"

namespace {

using ExtendTest = ValueTest;

// ---- Values that are extended ----

struct DictA {
    poolval_dict_part dict;
    poolobj *owner;
    int number;
};
const size_t dict_a_refs[] = {offsetof(DictA, owner), POOLOBJ_END};
int finalized, dropped;
void finalize_dict(poolobj *object) { finalized += reinterpret_cast<DictA *>(object)->number; }
void drop_dict(poolobj *) { dropped++; }

TEST_F(ExtendTest, ADictWithAFinalizerAndFieldsIsADict) {
    finalized = dropped = 0;
    poolobj_typespec spec = {};
    spec.name = "DictA", spec.size = sizeof(DictA), spec.refs = dict_a_refs;
    spec.finalize = finalize_dict, spec.drop = drop_dict;
    poolobj_type *type = poolval_type_new(space_, POOLVAL_DICT, &spec, nullptr);
    ASSERT_NE(type, nullptr) << message();
    Ref a = poolval_new(space_, type), b = poolval_new(space_, type), plain = dict();
    DictA *fields = reinterpret_cast<DictA *>((poolobj *)a);
    fields->number = 5;
    EXPECT_EQ(poolval_type(space_, a), POOLVAL_DICT);
    EXPECT_STREQ(poolval_type_name(space_, a), "DictA");
    EXPECT_EQ(repr(a), "{}");
    for (int i = 0; i < 100; i++) {
        poolval_dict_set(space_, a, number(i), str("x"));
        poolval_dict_set(space_, plain, number(i), str("x"));
    }
    EXPECT_EQ(poolval_equal(space_, a, plain), 1);
    EXPECT_EQ(poolval_dict_length(space_, a), 100);
    EXPECT_NO_VALUE(poolval_dict_get(space_, b, number(1)), POOLVAL_ERR_KEY);
    EXPECT_EQ(poolval_space_of(a), space_);
    EXPECT_STREQ(poolval_type_name(space_, Ref(poolval_copy(space_, a))), "dict");
    poolobj_set(&fields->owner, b); // and a cycle through the dict
    poolval_dict_set(space_, b, str("a"), a);
    a.drop(), b.drop();
    EXPECT_EQ(finalized, 0);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 2u);
    EXPECT_EQ(finalized, 5);
    EXPECT_EQ(dropped, 2);
    poolobj_type_free(type);
}

TEST_F(ExtendTest, ListsSetsAndByteArraysAreExtended) {
    poolobj_typespec spec = {};
    spec.name = "Mine";
    const std::pair<int, size_t> bases[] = {{POOLVAL_LIST, sizeof(poolval_list_part)},
                                            {POOLVAL_SET, sizeof(poolval_set_part)},
                                            {POOLVAL_BYTEARRAY, sizeof(poolval_bytearray_part)}};
    for (auto [base, size] : bases) {
        spec.size = size + 8;
        poolobj_type *type = poolval_type_new(space_, base, &spec, nullptr);
        ASSERT_NE(type, nullptr) << message();
        Ref value = poolval_new(space_, type);
        EXPECT_EQ(poolval_type(space_, value), base);
        EXPECT_EQ(poolval_length(space_, value), 0);
        for (int i = 0; i < 100; i++) {
            if (base == POOLVAL_LIST) poolval_list_append(space_, value, number(1000 + i));
            if (base == POOLVAL_SET) poolval_set_add(space_, value, number(1000 + i));
            if (base == POOLVAL_BYTEARRAY) poolval_bytearray_append(space_, value, i);
        }
        EXPECT_EQ(poolval_length(space_, value), 100);
        poolobj_type_free(type);
    }
}

} // namespace
