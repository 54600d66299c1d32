// SPDX-License-Identifier: MIT
#include "support/value_fixture.h"
#include "value/intern.h"

namespace {

class ValueInternTest : public ValueTest {
  protected:
    Ref interned(const std::string &utf8) { return poolval_str_intern(space_, str(utf8)); }
    std::string name(int i) { return "name_" + std::to_string(i); }
};

TEST_F(ValueInternTest, IdentifiersOfUpTo20CharactersAreInternedByThemselves) {
    for (const char *text : {"python", "_x1", "a23456789_123456789A", "2fast"}) {
        Ref a = str(text), b = str(text);
        EXPECT_EQ(a, b) << text;
        EXPECT_EQ(poolval_str_is_interned(space_, a), 1);
    }
    for (const char *text :
         {"py thon", "a23456789_123456789AB", "it-is", "caf\u00e9", "\u4e2d\u56fd"}) {
        Ref a = str(text), b = str(text);
        EXPECT_NE(a, b) << text;
        EXPECT_EQ(poolval_str_is_interned(space_, a), 0);
    }
}

TEST_F(ValueInternTest, WhatIsConcatenatedIsNotInternedButRepeatedIs) {
    Ref a = str("py"), b = str("thon"), whole = str("python");
    Ref made = poolval_str_concat(space_, a, b);
    EXPECT_NE(made, whole);
    EXPECT_EQ(Ref(poolval_str_intern(space_, made)), whole);
    EXPECT_EQ(Ref(poolval_str_repeat(space_, whole, 3)), str("pythonpythonpython"));
    Ref x = poolval_str_repeat(space_, str("&"), 3), y = poolval_str_repeat(space_, str("&"), 3);
    EXPECT_NE(x, y);
}

TEST_F(ValueInternTest, AnyStringCanBeInternedByHand) {
    for (const char *text : {"python!", "\u4e2d\u56fd", "\U0001f43a and \U0001f41d", "caf\u00e9"}) {
        Ref made = str(text), first = poolval_str_intern(space_, made), second = interned(text);
        EXPECT_EQ(first, made) << "the first is the one";
        EXPECT_EQ(first, second);
    }
    EXPECT_NE(interned("\u00e9\u00e9"), interned("\u4e2d\u00e9"));
}

TEST_F(ValueInternTest, TheTableKeepsNothingAlive) {
    EXPECT_EQ(poolval_interned_count(space_), 0u);
    size_t before = count(POOLVAL_STR);
    {
        Ref a = str("python"), b = interned("python!");
        EXPECT_EQ(poolval_interned_count(space_), 2u);
        EXPECT_EQ(poolval_refcount(a), 1);
    }
    EXPECT_EQ(poolval_interned_count(space_), 0u);
    EXPECT_EQ(count(POOLVAL_STR), before);
}

TEST_F(ValueInternTest, ManyComeAndGoInAnyOrder) {
    struct rng random = {test_seed()};
    std::vector<Ref> held(2000);
    for (int step = 0; step < 40000; step++) {
        int i = (int)rng_below(&random, held.size());
        held[i] = rng_below(&random, 3) == 0 ? Ref() : str(name(i));
        if (held[i] != nullptr) {
            ASSERT_EQ(str(name(i)), held[i]);
        }
        if (step % 5000 == 0) intern_check(space_);
    }
    held.clear();
    EXPECT_EQ(space_->interned.used, 0u);
    EXPECT_LE(space_->interned.size, 512u) << "a table that is empty again stays large";
}

struct Asker {
    poolobj base;
    poolobj *first, *second; // dropped in this order
};
poolval_space *asked;
poolobj *answer;

// A string whose last reference is gone waits for its end while the finalizer of its neighbour
// runs, which asks for the same characters.
TEST_F(ValueInternTest, WhoAsksForADyingStringGetsANewOne) {
    static const size_t refs[] = {offsetof(Asker, first), offsetof(Asker, second), POOLOBJ_END};
    poolobj_typespec spec = {}, finalized = {};
    spec.name = "holder", spec.size = sizeof(Asker), spec.refs = refs;
    finalized.name = "asker", finalized.size = sizeof(poolobj);
    finalized.finalize = [](poolobj *) { answer = poolval_str_new(asked, "python"); };
    poolobj_type *holder_type = poolobj_type_new(heap_, &spec);
    poolobj_type *asker_type = poolobj_type_new(heap_, &finalized);
    asked = space_;
    for (int order = 0; order < 2; order++) {
        Asker *holder = static_cast<Asker *>(poolobj_new(holder_type));
        poolobj *asker = static_cast<poolobj *>(poolobj_new(asker_type));
        poolobj *dying = poolval_str_new(space_, "python");
        holder->first = order == 0 ? asker : dying;
        holder->second = order == 0 ? dying : asker;
        poolobj_decref(&holder->base);
        ASSERT_NE(answer, nullptr);
        EXPECT_EQ(poolval_refcount(answer), 1);
        EXPECT_EQ(text(answer), "python");
        intern_check(space_);
        EXPECT_EQ(str("python"), answer);
        EXPECT_EQ(poolval_interned_count(space_), 1u);
        poolobj_decref(answer);
        EXPECT_EQ(poolval_interned_count(space_), 0u);
    }
}

TEST_F(ValueInternTest, StringsOfCyclesAreForgottenWhenTheyAreCollected) {
    for (int i = 0; i < 100; i++) {
        Ref a = list({str(name(i))});
        poolval_list_append(space_, a, a);
    }
    EXPECT_EQ(poolval_interned_count(space_), 100u);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 100u);
    EXPECT_EQ(poolval_interned_count(space_), 0u);
}

TEST_F(ValueInternTest, TheRuleCanBeSet) {
    poolval_options options = POOLVAL_DEFAULTS;
    options.intern_max = 0;
    begin(options);
    EXPECT_EQ(poolval_str_is_interned(space_, str("python")), 0);
    EXPECT_EQ(interned("python"), interned("pyth"
                                           "on"));
    options.intern_max = 100;
    begin(options);
    EXPECT_EQ(str(std::string(100, 'x')), str(std::string(100, 'x')));
}

} // namespace
