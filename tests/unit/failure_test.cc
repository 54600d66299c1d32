// SPDX-License-Identifier: MIT
// What is noted of a failure, and the message that is made of it when it is read.
#include "support/value_fixture.h"
#include "value/failure.h"

namespace {

using FailureTest = ValueTest;

TEST_F(FailureTest, ErrorsStayUntilTheNext) {
    EXPECT_EQ(error(), POOLVAL_OK);
    EXPECT_EQ(message(), "");
    Ref items = numbers(3);
    EXPECT_EQ(poolval_list_get(space_, items, 3), nullptr);
    EXPECT_EQ(error(), POOLVAL_ERR_INDEX);
    EXPECT_EQ(message(), "list index 3 is out of range: the length is 3");
    Ref good = poolval_list_get(space_, items, 2);
    EXPECT_EQ(error(), POOLVAL_ERR_INDEX);
    EXPECT_EQ(poolval_tuple_get(space_, items, 0), nullptr);
    EXPECT_EQ(message(), "a tuple is needed, not list");
    poolval_error_clear(space_);
    EXPECT_EQ(error(), POOLVAL_OK);
    EXPECT_EQ(message(), "");
}

TEST_F(FailureTest, MessagesAreMadeOfWhatWasThereWhenTheCallFailed) {
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

TEST_F(FailureTest, NamesOfTypesAreCopied) {
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

} // namespace
