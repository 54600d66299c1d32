// SPDX-License-Identifier: MIT
// Heaps of objects: their types, and the thread that they belong to.
#include "object/object_heap.h"

#include "support/object_fixture.h"

namespace {

using ObjectHeapTest = ObjectTest;

// In the order in which they were made; those with pools are the ones that have, or had, objects.
TEST_F(ObjectHeapTest, TypesAreWalkedInTheirOrder) {
    std::vector<const poolobj_type *> made, walked;
    for (const char *name : {"first", "second", "third"}) made.push_back(type_of(node_spec(name)));
    for (const poolobj_type *type = object_heap_first_type(heap_); type != nullptr;
         type = object_heap_next_type(type))
        walked.push_back(type);
    ASSERT_GE(walked.size(), made.size());
    EXPECT_TRUE(std::equal(made.rbegin(), made.rend(), walked.rbegin()));
}

TEST_F(ObjectHeapTest, OnlyTypesWithPoolsArePopulated) {
    poolobj_type *empty = type_of(node_spec("empty")), *used = type_of(node_spec("used"));
    Node *node = make(used);
    bool has_used = false;
    for (const poolobj_type *type = object_heap_first_populated(heap_); type != nullptr;
         type = object_heap_next_populated(type)) {
        EXPECT_NE(type, empty);
        has_used |= type == used;
    }
    EXPECT_TRUE(has_used);
    poolobj_decref(node);
}

TEST_F(ObjectHeapTest, AnotherThreadThanTheOwnerIsFound) {
    EXPECT_EXIT(in_thread([&] { object_heap_check_owner("poolobj_new", heap_); }),
                testing::KilledBySignal(SIGABRT),
                "poolobj_new by a thread that does not own heap 0x[0-9a-f]+");
    object_heap_check_owner("poolobj_new", heap_);
}

} // namespace
