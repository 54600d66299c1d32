// SPDX-License-Identifier: MIT
#include "object/type.h"

#include "support/object_fixture.h"

namespace {

class TypeTest : public ObjectTest {
  protected:
    // The specification is refused with these words.
    void refused(const poolobj_typespec &spec, const char *words) {
        errno = 0;
        EXPECT_EQ(poolobj_type_new(heap_, &spec), nullptr);
        EXPECT_EQ(errno, EINVAL);
        ASSERT_NE(poolobj_type_fault(&spec), nullptr);
        EXPECT_STREQ(poolobj_type_fault(&spec), words);
    }
    void refused_refs(const std::vector<size_t> &refs, const char *words) {
        poolobj_typespec spec = node_spec();
        spec.refs = refs.data();
        refused(spec, words);
    }
};

TEST_F(TypeTest, OffsetsOutsideOfTheSizeAreRefused) {
    const char *outside = "an offset in refs lies outside of the size";
    refused_refs({sizeof(Node), POOLOBJ_END}, outside);
    refused_refs({8, sizeof(Node) - 4, POOLOBJ_END}, outside);
    refused_refs({POOLOBJ_END - 1, POOLOBJ_END}, outside);
    refused_refs({0, POOLOBJ_END}, "an offset in refs lies in the header");
    refused_refs({12, POOLOBJ_END}, "an offset in refs is no multiple of 8");
    refused_refs({8, 16, 8, POOLOBJ_END}, "an offset is twice in refs");
    refused_refs({8, 16, 8}, "an offset is twice in refs"); // not read to an end that is missing
}

TEST_F(TypeTest, OtherFaultsAreRefused) {
    poolobj_typespec spec = node_spec();
    spec.name = nullptr;
    refused(spec, "name is missing");
    spec = node_spec();
    spec.size = 7;
    refused(spec, "size is smaller than the header");
    spec.size = SIZE_MAX;
    refused(spec, "size is 4 GiB or more");
    spec = node_spec();
    spec.flags = 8;
    refused(spec, "flags has an unknown bit");
    spec.flags = POOLOBJ_ITEMS_ARE_REFS;
    spec.item_size = 4;
    refused(spec, "items that are references have 8 bytes");
    spec = poolobj_typespec{};
    spec.name = "odd";
    spec.size = 12;
    spec.flags = POOLOBJ_ITEMS_ARE_REFS;
    refused(spec, "size, where references begin, is no multiple of 8");
}

TEST_F(TypeTest, TheSpecificationIsCopied) {
    char name[] = "scratch";
    size_t refs[] = {offsetof(Node, left), POOLOBJ_END};
    const char *fields[] = {"left"};
    poolobj_typespec spec = node_spec(name);
    spec.refs = refs;
    spec.fields = fields;
    poolobj_type *type = type_of(spec);
    name[0] = refs[0] = 0;
    fields[0] = nullptr;
    EXPECT_STREQ(poolobj_type_name(type), "scratch");
    EXPECT_STREQ(poolobj_type_field(type, 0), "left");
    EXPECT_EQ(poolobj_type_field(type, 1), nullptr);
    EXPECT_EQ(poolobj_type_refs(type)[0], offsetof(Node, left));
    EXPECT_EQ(poolobj_type_refs(type)[1], POOLOBJ_END);
    EXPECT_EQ(poolobj_type_size(type), sizeof(Node));
    Node *node = make(type);
    node->left = make();
    poolobj_decref(node);
    EXPECT_EQ(dropped.size(), 2u);
}

TEST_F(TypeTest, ThereMayBeManyTypes) {
    std::vector<void *> objects;
    for (int i = 1; i < 65535; i++) { // the fixture has made one
        poolobj_typespec spec = {};
        spec.name = "t";
        spec.size = 16;
        poolobj_type *type = poolobj_type_new(heap_, &spec);
        ASSERT_NE(type, nullptr);
        if (i % 1000 == 0) objects.push_back(poolobj_new(type));
    }
    poolobj_typespec spec = node_spec();
    EXPECT_EQ(poolobj_type_new(heap_, &spec), nullptr);
    EXPECT_EQ(errno, ENOMEM);
    for (void *object : objects) poolobj_decref(object);
}

TEST_F(TypeTest, WalksReportObjectsAndTheirReferences) {
    poolobj_type *other = type_of(node_spec("other"));
    Node *a = make(), *b = make(other);
    poolobj_set(&a->left, b);
    std::vector<poolobj *> objects;
    auto note = [](poolobj *object, void *list) {
        static_cast<std::vector<poolobj *> *>(list)->push_back(object);
    };
    poolobj_walk(heap_, nullptr, note, &objects);
    EXPECT_EQ(objects, (std::vector<poolobj *>{&a->base, &b->base}));
    objects.clear();
    poolobj_walk(nullptr, other, note, &objects);
    EXPECT_EQ(objects, std::vector<poolobj *>{&b->base});
    std::vector<poolobj_type *> types;
    poolobj_types(
        heap_,
        [](poolobj_type *type, void *list) {
            static_cast<std::vector<poolobj_type *> *>(list)->push_back(type);
        },
        &types);
    EXPECT_EQ(types, (std::vector<poolobj_type *>{node_, other}));
    std::vector<size_t> offsets;
    struct Report {
        Node *from;
        std::vector<size_t> *offsets;
    } report = {a, &offsets};
    poolobj_references(
        a,
        [](poolobj *const *slots, size_t count, void *arg) {
            Report *r = static_cast<Report *>(arg);
            for (size_t i = 0; i < count; i++)
                r->offsets->push_back(size_t(reinterpret_cast<const char *>(&slots[i]) -
                                             reinterpret_cast<const char *>(r->from)));
        },
        &report);
    EXPECT_EQ(offsets, (std::vector<size_t>{offsetof(Node, left), offsetof(Node, right)}));
    poolobj_decref(a);
    poolobj_decref(b);
}

} // namespace
