// SPDX-License-Identifier: MIT
#include "support/object_fixture.h"

#include <algorithm>

std::vector<long> ObjectTest::dropped, ObjectTest::finalized;

namespace {
const size_t node_refs[] = {offsetof(Node, left), offsetof(Node, right), POOLOBJ_END};
const char *const node_fields[] = {"left", "right"};
} // namespace

ObjectTest::ObjectTest() = default;

void ObjectTest::SetUp() {
    GroundTest::SetUp();
    dropped.clear();
    finalized.clear();
    heap_ = poolobj_heap_new();
    ASSERT_NE(heap_, nullptr);
    poolobj_gc_disable(heap_);
    node_ = type_of(node_spec());
}

void ObjectTest::TearDown() {
    if (heap_ != nullptr) {
        poolobj_heap_check(heap_);
        poolobj_heap_close(heap_);
    }
    GroundTest::TearDown();
}

poolobj_typespec ObjectTest::node_spec(const char *name) {
    poolobj_typespec spec = {};
    spec.name = name;
    spec.size = sizeof(Node);
    spec.refs = node_refs;
    spec.fields = node_fields;
    spec.drop = [](poolobj *object) { dropped.push_back(reinterpret_cast<Node *>(object)->id); };
    return spec;
}

poolobj_type *ObjectTest::type_of(const poolobj_typespec &spec) {
    poolobj_type *type = poolobj_type_new(heap_, &spec);
    EXPECT_NE(type, nullptr) << poolobj_type_fault(&spec);
    return type;
}

Node *ObjectTest::make(poolobj_type *type) {
    Node *node = static_cast<Node *>(poolobj_new(type));
    EXPECT_NE(node, nullptr);
    node->id = next_id_++;
    return node;
}

Node *ObjectTest::ring(poolobj_type *type, int count) {
    Node *first = make(type), *last = first;
    for (int i = 1; i < count; i++) {
        Node *next = make(type);
        last->left = next; // the reference moves into the field
        last = next;
    }
    poolobj_set(&last->left, first);
    return first;
}

std::vector<long> sorted(std::vector<long> ids) {
    std::sort(ids.begin(), ids.end());
    return ids;
}
