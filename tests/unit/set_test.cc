// SPDX-License-Identifier: MIT
// tests/value/oracle.py compares them with Python's.
#include "support/value_fixture.h"
#include "value/set.h"

namespace {

class SetTest : public ValueTest {
  protected:
    Ref set(poolobj *items = nullptr) { return poolval_set_new(space_, items); }
};

TEST_F(SetTest, SetsKeepTheOrderAndTheFirstOfEquals) {
    Ref made = set(list({number(3), str("a"), number(3), real(3), number(1)}));
    EXPECT_EQ(repr(made), "{3, 'a', 1}");
    EXPECT_EQ(poolval_set_add(space_, made, str("a")), 0);
    EXPECT_EQ(poolval_set_remove(space_, made, number(3)), 1);
    EXPECT_EQ(poolval_set_remove(space_, made, number(3)), 0);
    EXPECT_EQ(poolval_set_add_steal(space_, made, poolval_int_new(space_, 1000)), 1);
    EXPECT_EQ(repr(made), "{'a', 1, 1000}");
    EXPECT_EQ(poolval_set_add_steal(space_, made, nullptr), -1);
    EXPECT_ERROR(poolval_set_add(space_, made, list()), -1, POOLVAL_ERR_TYPE);
    EXPECT_EQ(repr(set()) + repr(Ref(poolval_frozenset_new(space_, nullptr))), "set()frozenset()");
    EXPECT_NO_VALUE(poolval_set_new(space_, number(1)), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_set_new(space_, list({list()})), POOLVAL_ERR_TYPE);
    Ref copy = poolval_copy(space_, made), deep = poolval_deepcopy(space_, made);
    poolval_set_clear(space_, made);
    EXPECT_EQ(repr(made) + repr(copy) + repr(deep), "set(){'a', 1, 1000}{'a', 1, 1000}");
}

TEST_F(SetTest, FrozenSetsAreKeysWhateverTheirOrder) {
    Ref ab = poolval_frozenset_new(space_, str("ab")),
        ba = poolval_frozenset_new(space_, str("ba"));
    Ref map = dict(), outer = poolval_frozenset_new(space_, tuple({ab}));
    EXPECT_EQ(poolval_dict_set(space_, map, ab, number(1)), 0);
    EXPECT_EQ(poolval_contains(space_, map, ba), 1);
    EXPECT_EQ(poolval_contains(space_, outer, ba), 1);
    EXPECT_EQ(poolval_equal(space_, ab, set(str("ba"))), 1);
    EXPECT_EQ((poolobj *)Ref(poolval_copy(space_, ab)), (poolobj *)ab);
    EXPECT_ERROR(poolval_set_add(space_, ab, number(1)), -1, POOLVAL_ERR_TYPE);
}

} // namespace
