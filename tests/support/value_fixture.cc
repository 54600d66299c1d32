// SPDX-License-Identifier: MIT
#include "support/value_fixture.h"

void ValueTest::SetUp() {
    GroundTest::SetUp();
    poolval_options options = POOLVAL_DEFAULTS;
    options.keep_ints = options.keep_floats = 100; // more is done than by default
    begin(options);
}

void ValueTest::begin(const poolval_options &chosen) {
    end();
    heap_ = poolobj_heap_new();
    ASSERT_NE(heap_, nullptr);
    poolobj_gc_disable(heap_);
    space_ = poolval_space_new(heap_, &chosen);
    ASSERT_NE(space_, nullptr);
}

void ValueTest::end() {
    if (heap_ == nullptr) return;
    if (space_ != nullptr) poolval_space_check(space_);
    poolobj_heap_check(heap_);
    poolobj_heap_close(heap_);
    heap_ = nullptr;
    space_ = nullptr;
}

void ValueTest::TearDown() {
    end();
    GroundTest::TearDown();
}

Ref ValueTest::numbers(int count) {
    Ref made = list();
    for (int i = 0; i < count; i++) poolval_list_append(space_, made, number(i));
    return made;
}

Ref ValueTest::nested(int levels) {
    Ref made = list();
    for (int i = 1; i < levels; i++) made = list({made});
    return made;
}

std::string ValueTest::text(poolobj *str) {
    size_t size;
    const char *utf8 = poolval_str_utf8(space_, str, &size);
    return utf8 != nullptr ? std::string(utf8, size) : "no str: " + message();
}

std::string ValueTest::repr(poolobj *value) {
    Ref made = poolval_repr(space_, value);
    return made != nullptr ? text(made) : "no repr: " + message();
}

std::vector<size_t> ValueTest::counts() {
    std::vector<size_t> all;
    for (int type = POOLVAL_NONE; type < POOLVAL_TYPES; type++) all.push_back(count(type));
    return all;
}
