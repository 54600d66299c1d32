// SPDX-License-Identifier: MIT
// What values and their references are called in graphs.
#include <poolgraph.h>

#include "support/value_fixture.h"

namespace {

int edge(poolval_space *, poolobj *, int kind, size_t index, char *text, size_t size) {
    return snprintf(text, size, "%s %zu", kind == POOLGRAPH_FIELD ? "field" : "item", index);
}

class ValuePortraitTest : public ValueTest {
  protected:
    std::string described(poolobj *value, size_t size = 100) {
        char text[100] = "nothing";
        int length = poolval_describe(value, text, size, nullptr);
        return length > 0 ? text : "";
    }
    // "name: what is there" of all references.
    std::vector<std::string> names(poolobj *value) {
        struct Found {
            ValuePortraitTest *test;
            std::vector<std::string> all;
        } found = {this, {}};
        poolgraph_referents(
            value,
            [](const poolgraph_reference *reference, void *arg) {
                Found *to = static_cast<Found *>(arg);
                char text[100] = "-";
                int length = poolval_name(reference, text, sizeof text, to->test->space_);
                if (length <= 0)
                    snprintf(text, sizeof text, "%s", reference->field ? reference->field : "-");
                to->all.push_back(text + (": " + to->test->described(reference->to)));
            },
            &found);
        return found.all;
    }
    using Names = std::vector<std::string>;
};

TEST_F(ValuePortraitTest, ValuesAreDescribed) {
    EXPECT_EQ(described(number(-7)), "-7");
    EXPECT_EQ(described(real(0.5)), "0.5");
    EXPECT_EQ(described(str("it's \u4e2d")), "\"it's \u4e2d\"");
    EXPECT_EQ(described(str(std::string(1000, 'x'))), "'" + std::string(60, 'x') + "...'");
    EXPECT_EQ(described(str("\u4e2d\u4e2d"), 6), "'\u4e2d") << "no part of a character";
    EXPECT_EQ(described(poolval_none(space_)), "");
    EXPECT_EQ(described(poolval_bool(space_, 1)), "True");
    EXPECT_EQ(described(list({number(1)})), "1 item");
    EXPECT_EQ(described(dict()), "0 items");
    EXPECT_EQ(described(Ref(poolval_bytes_new(space_, "abc", 3))), "3 bytes");
    Ref point = poolval_class_new(space_, str("Point"), nullptr);
    EXPECT_EQ(described(point), "Point");
    EXPECT_EQ(described(Ref(poolval_instance_new(space_, point))), "Point");
}

TEST_F(ValuePortraitTest, ReferencesHaveTheNamesOfKeysAndAttributes) {
    Ref map = dict(), one = number(1000), pair = tuple({number(1), str("a")});
    poolval_dict_set(space_, map, str("spam"), one);
    poolval_dict_set(space_, map, str("gone"), one);
    poolval_dict_set(space_, map, pair, one);
    poolval_dict_remove(space_, map, str("gone"));
    EXPECT_EQ(names(map),
              (Names{"key: 'spam'", "['spam']: 1000", "key: 2 items", "[(1, 'a')]: 1000"}));
    EXPECT_EQ(names(Ref(poolval_set_new(space_, pair)))[0], "item: 1");
    Ref point = poolval_class_new(space_, str("Point"), nullptr);
    Ref a = poolval_instance_new(space_, point);
    for (int i = 0; i < 5; i++) poolval_attr_set(space_, a, str("x" + std::to_string(i)), one);
    EXPECT_EQ(names(a), (Names{"class: Point", "more: 1 item", ".x0: 1000", ".x1: 1000",
                               ".x2: 1000", ".x3: 1000"}));
    EXPECT_EQ(names(list({one})), (Names{"-: 1000"})) << "[0] is what it is called anyway";
}

TEST_F(ValuePortraitTest, ReferencesOfOwnTypesAreNamedByAHook) {
    struct Two {
        poolobj base;
        poolobj *item;
    };
    const size_t refs[] = {offsetof(Two, item), POOLOBJ_END};
    poolobj_typespec spec = {};
    spec.name = "two", spec.size = sizeof(Two), spec.refs = refs;
    poolval_hooks hooks = {};
    hooks.edge = edge;
    poolobj_type *type = poolval_type_new(space_, POOLVAL_OTHER, &spec, &hooks);
    Ref two = poolval_new(space_, type);
    poolobj_set(&reinterpret_cast<Two *>((poolobj *)two)->item, number(3));
    EXPECT_EQ(names(two), Names{"field 8: 3"});
}

TEST_F(ValuePortraitTest, AGraphOfValues) {
    Ref map = dict(), items = list({map});
    poolval_dict_set(space_, map, str("all of it"), items);
    poolgraph_options options = {};
    options.describe = poolval_describe, options.name = poolval_name;
    char *text = nullptr;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    void *first = map;
    EXPECT_EQ(poolgraph_show_refs(heap_, &first, 1, &options, out), 0);
    fclose(out);
    std::string dot = text;
    free(text);
    EXPECT_NE(dot.find("n0 -> n2 [label=\"['all of it']\"]"), std::string::npos) << dot;
    EXPECT_NE(dot.find("label=\"list\\n1 item\\ncount 2, 1 from outside\""), std::string::npos);
    poolval_dict_clear(space_, map);
}

} // namespace
