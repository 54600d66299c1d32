// SPDX-License-Identifier: MIT
// Failures: sizes that no memory has room for, messages that are made when they are read, and
// failures of the program's own.
#include "support/value_fixture.h"

namespace {

class ValueErrorTest : public ValueTest {};

TEST_F(ValueErrorTest, SizesBeyondMemoryAreRefusedBeforeAnythingIsRead) {
    const uint32_t chars[] = {'x'};
    poolobj *items[] = {poolval_none(space_)};
    for (size_t size : {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX / 4 + 2, SIZE_MAX / 8,
                        SIZE_MAX / 64, (size_t)1 << 48}) {
        EXPECT_NO_VALUE(poolval_str_new_size(space_, "x", size), POOLVAL_ERR_OVERFLOW);
        EXPECT_NO_VALUE(poolval_str_new_chars(space_, chars, size), POOLVAL_ERR_OVERFLOW);
        EXPECT_NO_VALUE(poolval_tuple_new(space_, items, size), POOLVAL_ERR_OVERFLOW);
        EXPECT_NO_VALUE(poolval_list_new_items(space_, items, size), POOLVAL_ERR_OVERFLOW);
    }
    Ref word = str("spam");
    for (ptrdiff_t count : {PTRDIFF_MAX, PTRDIFF_MAX / 2, PTRDIFF_MAX / 4 + 1})
        EXPECT_NO_VALUE(poolval_str_repeat(space_, word, count), POOLVAL_ERR_OVERFLOW);
}

TEST_F(ValueErrorTest, FailuresOfTheProgram) {
    EXPECT_EQ(poolval_error_set(space_, POOLVAL_ERR_PROGRAM + 7, "line %d: %s", 12, "no such name"),
              -1);
    EXPECT_EQ(error(), POOLVAL_ERR_PROGRAM + 7);
    EXPECT_EQ(message(), "line 12: no such name");
    poolval_error_set(space_, POOLVAL_ERR_VALUE, "%s!", poolval_error_message(space_));
    EXPECT_EQ(message(), "line 12: no such name!");
    poolval_error_set(space_, POOLVAL_ERR_VALUE, "%s", std::string(1000, 'x').c_str());
    EXPECT_EQ(message(), std::string(255, 'x'));
    EXPECT_NO_VALUE(poolval_list_get(space_, nullptr, 0), POOLVAL_ERR_TYPE);
}

} // namespace
