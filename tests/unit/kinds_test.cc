// SPDX-License-Identifier: MIT
// The table of types, and the numbers that programs know them by.
#include "support/value_fixture.h"
#include "value/kind.h"

namespace {

using KindsTest = ValueTest;

TEST_F(KindsTest, TheTypesOfValues) {
    Ref values[] = {poolval_none(space_),
                    poolval_bool(space_, 1),
                    number(5),
                    real(1),
                    str("a b"),
                    tuple({}),
                    list(),
                    dict()};
    const char *names[] = {"none", "bool", "int", "float", "str", "tuple", "list", "dict"};
    const int types[] = {POOLVAL_NONE, POOLVAL_BOOL,  POOLVAL_INT,  POOLVAL_FLOAT,
                         POOLVAL_STR,  POOLVAL_TUPLE, POOLVAL_LIST, POOLVAL_DICT};
    for (int i = 0; i < 8; i++) {
        EXPECT_EQ(poolval_type(space_, values[i]), types[i]);
        EXPECT_STREQ(poolval_type_name(space_, values[i]), names[i]);
        EXPECT_EQ(poolval_object_type(space_, types[i]), poolobj_typeof(values[i]));
        EXPECT_EQ(poolval_id(values[i]), reinterpret_cast<uintptr_t>((poolobj *)values[i]));
    }
    EXPECT_EQ(poolval_type(space_, nullptr), POOLVAL_OTHER);
    EXPECT_EQ(poolval_object_type(space_, POOLVAL_OTHER), nullptr);
    EXPECT_EQ(poolval_object_type(space_, POOLVAL_TYPES), nullptr);
    EXPECT_EQ(poolval_space_heap(space_), heap_);
}

/* Programs that were compiled before have these numbers in them. */
TEST_F(KindsTest, NumbersOfTypesStay) {
    const int types[] = {POOLVAL_OTHER,     POOLVAL_NONE,      POOLVAL_BOOL,    POOLVAL_INT,
                         POOLVAL_FLOAT,     POOLVAL_LARGE_INT, POOLVAL_STR,     POOLVAL_BYTES,
                         POOLVAL_BYTEARRAY, POOLVAL_RANGE,     POOLVAL_SLICE,   POOLVAL_TUPLE,
                         POOLVAL_LIST,      POOLVAL_DICT,      POOLVAL_SET,     POOLVAL_FROZENSET,
                         POOLVAL_ITERATOR,  POOLVAL_CLASS,     POOLVAL_INSTANCE};
    for (int i = 0; i < (int)(sizeof types / sizeof types[0]); i++) EXPECT_EQ(types[i], i);
}

/* What is known of a type when value_new is compiled is what its pools know. */
TEST_F(KindsTest, RowsOfTypesAreWholeAndTrue) {
    for (unsigned type = 0; type < POOLVAL_TYPES; type++) {
        const struct kind *kind = &kind_table[type];
        ASSERT_NE(kind->name, nullptr) << type;
        EXPECT_GE(kind->spec.size, sizeof(poolobj)) << kind->name;
        EXPECT_EQ(kind->tracked, space_->type[type]->tracked) << kind->name;
        EXPECT_EQ(value_is_tracked(type), kind->tracked) << kind->name;
        EXPECT_TRUE(kind->of == nullptr || kind->length != nullptr) << kind->name;
        EXPECT_TRUE(kind->slice == nullptr || kind->length != nullptr) << kind->name;
        EXPECT_TRUE(kind->transfer_parts == nullptr || kind->transfer != nullptr) << kind->name;
        EXPECT_TRUE(kind->copy == nullptr || kind->deepcopy != nullptr) << kind->name;
        EXPECT_TRUE(kind->changes || kind->transfer != nullptr || type == POOLVAL_OTHER)
            << kind->name;
    }
}

} // namespace
