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

TEST_F(ValueErrorTest, MessagesAreMadeOfWhatWasThereWhenTheCallFailed) {
    Ref map = dict(), key = str(std::string("a key that is looked for in vain, ") +
                                "longer than what a message shows of it");
    EXPECT_EQ(poolval_dict_get(space_, map, key), nullptr);
    key.drop();
    EXPECT_EQ(message(),
              "the dict has no key 'a key that is looked for in vain, longer than what a "
              "message'");
    for (size_t size : {0, 1, 7, 8, 9, 59, 60, 61}) {
        std::string name(size, '-');
        EXPECT_EQ(poolval_dict_get(space_, map, str(name)), nullptr);
        EXPECT_EQ(message(), "the dict has no key '" + name.substr(0, 60) + "'");
    }
    EXPECT_EQ(poolval_list_get(space_, list(), INT64_MIN), nullptr);
    EXPECT_EQ(message(), "list index -9223372036854775808 is out of range: the length is 0");
    EXPECT_EQ(message(), poolval_error_message(space_)) << "it can be read again";
    EXPECT_EQ(poolval_str_new(space_, "\xff"), nullptr);
    EXPECT_EQ(message(), "byte 0, 0xff, is not valid UTF-8");
    EXPECT_EQ(poolval_list_length(space_, number(-3)), -1);
    EXPECT_EQ(message(), "a list is needed, not int");
    poolval_error_clear(space_);
    EXPECT_EQ(message(), "");
    EXPECT_EQ(error(), POOLVAL_OK);
}

TEST_F(ValueErrorTest, NamesOfTypesAreCopied) {
    std::string name(300, 'n');
    poolobj_typespec spec = {};
    spec.name = name.c_str();
    spec.size = 16;
    poolobj_type *type = poolobj_type_new(heap_, &spec);
    Ref object = static_cast<poolobj *>(poolobj_new(type));
    int order;
    EXPECT_EQ(poolval_compare(space_, object, object, &order), -1);
    std::string shown = name.substr(0, FAILURE_TEXT_SIZE - 1);
    EXPECT_EQ(message(), shown + " and " + shown + " have no order");
    spec.size = sizeof(poolval_list_part);
    Ref extended = poolval_new(space_, poolval_type_new(space_, POOLVAL_LIST, &spec, nullptr));
    uint64_t hash;
    EXPECT_EQ(poolval_hash(space_, extended, &hash), -1);
    EXPECT_EQ(message(), "a " + shown + " is no key: it has no hash, as it can change");
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
