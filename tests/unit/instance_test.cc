// SPDX-License-Identifier: MIT
// Classes and instances: attributes by name, where they lie, methods and bases, hooks and
// finalizers.
#include "support/value_fixture.h"
#include "value/instance.h"

namespace {

int finalized;
void count_finalized(poolval_space *space, poolobj *instance) {
    EXPECT_EQ(poolval_type(space, instance), POOLVAL_INSTANCE);
    finalized++;
}

class ValueInstanceTest : public ValueTest {
  protected:
    Ref new_class(const char *name, poolobj *base = nullptr) {
        return poolval_class_new(space_, str(name), base);
    }
    Ref instance(poolobj *of) { return poolval_instance_new(space_, of); }
    int set(poolobj *object, const std::string &name, poolobj *value) {
        return poolval_attr_set(space_, object, str(name), value);
    }
    Ref get(poolobj *object, const std::string &name) {
        return poolval_attr_get(space_, object, str(name));
    }
};

TEST_F(ValueInstanceTest, AttributesAreFoundByName) {
    Ref point = new_class("Point"), a = instance(point), b = instance(point);
    EXPECT_EQ(set(a, "x", number(1)), 0);
    EXPECT_EQ(set(a, "y", number(2)), 0);
    EXPECT_EQ(set(b, "y", number(3)), 0);
    EXPECT_EQ(set(a, "x", number(4)), 0);
    EXPECT_EQ(repr(get(a, "x")), "4");
    EXPECT_EQ(repr(Ref(poolval_attr_dict(space_, a))), "{'x': 4, 'y': 2}");
    EXPECT_EQ(repr(Ref(poolval_attr_dict(space_, b))), "{'y': 3}");
    EXPECT_EQ(poolval_attr_get(space_, b, str("x")), nullptr);
    EXPECT_EQ(message(), "Point has no attribute 'x'");
    EXPECT_EQ(poolval_attr_remove(space_, a, str("x")), 0);
    EXPECT_ERROR(poolval_attr_remove(space_, a, str("x")), -1, POOLVAL_ERR_KEY);
    EXPECT_EQ(repr(Ref(poolval_attr_dict(space_, a))), "{'y': 2}");
    EXPECT_EQ(repr(point), "<class Point>");
    EXPECT_EQ(repr(a).substr(0, 10), "<Point at ");
    EXPECT_STREQ(poolval_type_name(space_, a), "Point");
    EXPECT_EQ(poolval_class_of(space_, a), (poolobj *)point);
    EXPECT_EQ(text(poolval_class_name(space_, point)), "Point");
    EXPECT_EQ(poolval_class_base(space_, point), nullptr);
    Ref map = dict();
    EXPECT_EQ(poolval_dict_set(space_, map, a, b), 0) << "a key by its address";
    EXPECT_EQ(poolval_equal(space_, a, a), 1);
    EXPECT_EQ(poolval_equal(space_, a, b), 0);
}

TEST_F(ValueInstanceTest, WrongArgumentsAreErrors) {
    Ref point = new_class("Point"), a = instance(point), name = str("x"), seven = number(7);
    poolobj *found = seven;
    EXPECT_NO_VALUE(poolval_class_new(space_, seven, nullptr), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_class_new(space_, name, a), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_instance_new(space_, a), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_class_of(space_, point), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_attr_get(space_, seven, name), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_attr_get(space_, a, seven), POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_attr_set(space_, a, name, nullptr), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_attr_find(space_, nullptr, name, &found), -1, POOLVAL_ERR_TYPE);
    EXPECT_EQ(found, nullptr);
    EXPECT_ERROR(poolval_is_instance(space_, a, a), -1, POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_attr_dict(space_, seven), POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_class_finalize(space_, a, 1), -1, POOLVAL_ERR_TYPE);
}

TEST_F(ValueInstanceTest, MethodsAndOneBase) {
    Ref animal = new_class("Animal"), dog = new_class("Dog", animal), rex = instance(dog);
    Ref speak = str("speak it"), legs = number(4), own = number(3);
    set(animal, "speak", speak), set(animal, "legs", legs);
    poolobj *function;
    EXPECT_EQ(poolval_method_find(space_, rex, str("speak"), &function), POOLVAL_OF_CLASS);
    EXPECT_EQ(function, (poolobj *)speak);
    EXPECT_EQ(poolval_method_find(space_, rex, str("nothing"), &function), 0);
    EXPECT_EQ(poolval_attr_find(space_, dog, str("legs"), &function), 1);
    set(rex, "legs", own);
    EXPECT_EQ(poolval_method_find(space_, rex, str("legs"), &function), POOLVAL_OF_OBJECT);
    EXPECT_EQ(function, (poolobj *)own);
    set(dog, "speak", own);
    EXPECT_EQ(get(rex, "speak"), (poolobj *)own) << "the class before its base";
    EXPECT_EQ(poolval_is_instance(space_, rex, animal), 1);
    EXPECT_EQ(poolval_is_instance(space_, instance(animal), dog), 0);
    EXPECT_EQ(poolval_is_instance(space_, own, dog), 0);
    EXPECT_EQ(poolval_attr_remove(space_, dog, str("speak")), 0);
    EXPECT_EQ(get(rex, "speak"), (poolobj *)speak);
    EXPECT_EQ(repr(Ref(poolval_attr_dict(space_, animal))), "{'speak': 'speak it', 'legs': 4}");
}

TEST_F(ValueInstanceTest, ManyAttributesAndLateOnes) {
    Ref big = new_class("Big"), early = instance(big), all = dict();
    for (int i = 0; i < 100; i++) {
        std::string name = "name" + std::to_string(i * 7 % 100);
        set(early, name, number(i));
        poolval_dict_set(space_, all, str(name), number(i));
        poolval_space_check(space_);
    }
    EXPECT_EQ(poolval_equal(space_, Ref(poolval_attr_dict(space_, early)), all), 1);
    for (int i = 0; i < 100; i++)
        EXPECT_EQ(repr(get(early, "name" + std::to_string(i * 7 % 100))), std::to_string(i));
    for (int i = 0; i < 100; i += 2)
        EXPECT_EQ(poolval_attr_remove(space_, early, str("name" + std::to_string(i))), 0);
    EXPECT_EQ(poolval_dict_length(space_, Ref(poolval_attr_dict(space_, early))), 50);
    Ref late = instance(big);
    EXPECT_EQ(instance_room((value_instance *)(poolobj *)late), size_t{NAMES_MAX});
    set(late, "name99", number(1)), set(late, "other", number(2));
    EXPECT_EQ(poolval_dict_length(space_, Ref(poolval_attr_dict(space_, late))), 2);
}

TEST_F(ValueInstanceTest, AnInstanceIsAsLargeAsItsAttributes) {
    Ref point = new_class("Point");
    for (int i = 0; i < 100; i++) set(instance(point), i % 2 != 0 ? "x" : "y", number(i));
    Ref late = instance(point);
    EXPECT_EQ(poolval_sizeof(space_, late), 32u + 2 * 8);
    set(late, "x", number(1)), set(late, "y", number(1)), set(late, "z", number(2));
    EXPECT_EQ(repr(Ref(poolval_attr_dict(space_, late))), "{'y': 1, 'x': 1, 'z': 2}");
}

TEST_F(ValueInstanceTest, CopiesAreOfTheClassWithCopiesOfTheAttributes) {
    Ref node = new_class("Node"), a = instance(node), items = list({number(1)});
    set(a, "items", items), set(a, "self", a);
    for (int i = 0; i < 40; i++) set(a, "more" + std::to_string(i), items);
    Ref copy = poolval_copy(space_, a), deep = poolval_deepcopy(space_, a);
    EXPECT_EQ(get(copy, "items"), (poolobj *)items);
    EXPECT_EQ(get(copy, "self"), (poolobj *)a);
    EXPECT_EQ(get(deep, "self"), (poolobj *)deep);
    EXPECT_NE(get(deep, "items"), (poolobj *)items);
    EXPECT_EQ(get(deep, "items"), (poolobj *)get(deep, "more39"));
    EXPECT_EQ(poolval_class_of(space_, deep), (poolobj *)node);
    Ref sent = poolval_copy_to(space_, a);
    EXPECT_EQ(get(sent, "self"), (poolobj *)sent);
    EXPECT_EQ(get(sent, "more39"), (poolobj *)get(sent, "items"));
    EXPECT_EQ(poolval_class_of(space_, sent), (poolobj *)node);
    for (poolobj *each : {(poolobj *)a, (poolobj *)deep, (poolobj *)sent})
        EXPECT_EQ(poolval_attr_remove(space_, each, str("self")), 0);
}

TEST_F(ValueInstanceTest, FinalizersOfSomeClasses) {
    finalized = 0;
    EXPECT_EQ(poolval_set_instance_hooks(space_, nullptr, count_finalized), 0);
    Ref plain = new_class("Plain"), base = new_class("Base");
    EXPECT_EQ(poolval_class_finalize(space_, base, 1), 0);
    Ref derived = new_class("Derived", base);
    instance(plain), instance(base), instance(derived);
    EXPECT_EQ(finalized, 2);
    {
        Ref a = instance(derived);
        set(a, "self", a);
    }
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 1u);
    EXPECT_EQ(finalized, 3);
    Ref kept = poolval_copy(space_, instance(base));
    EXPECT_EQ(finalized, 4);
    kept.drop();
    EXPECT_EQ(finalized, 5);
}

// The hooks of a language for __eq__, __hash__ and __repr__, which go by an attribute.
int equal_by_key(poolval_space *space, poolobj *a, poolobj *b) {
    poolobj *x, *y;
    if (poolval_type(space, b) != POOLVAL_INSTANCE) return POOLVAL_NO_ANSWER;
    poolobj *name = poolval_str_new(space, "key");
    poolval_attr_find(space, a, name, &x), poolval_attr_find(space, b, name, &y);
    poolobj_decref(name);
    return poolval_equal(space, x, y);
}
int hash_of_key(poolval_space *space, poolobj *a, uint64_t *hash) {
    poolobj *name = poolval_str_new(space, "key"), *x;
    poolval_attr_find(space, a, name, &x);
    poolobj_decref(name);
    return poolval_hash(space, x, hash);
}

TEST_F(ValueInstanceTest, HooksOfInstances) {
    poolval_hooks hooks = {};
    hooks.equal = equal_by_key, hooks.hash = hash_of_key;
    EXPECT_EQ(poolval_set_instance_hooks(space_, &hooks, nullptr), 0);
    Ref item = new_class("Item"), a = instance(item), b = instance(item), map = dict();
    set(a, "key", number(7)), set(b, "key", number(7));
    EXPECT_EQ(poolval_dict_set(space_, map, a, number(1)), 0);
    EXPECT_EQ(repr(Ref(poolval_dict_get(space_, map, b))), "1");
    EXPECT_EQ(poolval_equal(space_, list({a}), list({b})), 1);
    EXPECT_EQ(poolval_equal(space_, list({a}), list({number(7)})), 0);
}

TEST_F(ValueInstanceTest, CyclesThroughClassesAreCollected) {
    {
        Ref thing = new_class("Thing"), a = instance(thing);
        set(thing, "first", a), set(a, "me", thing);
    }
    EXPECT_GE(poolobj_gc_collect(heap_, 2), 2u);
    EXPECT_EQ(count(POOLVAL_INSTANCE) + count(POOLVAL_CLASS), 0u);
}

} // namespace
