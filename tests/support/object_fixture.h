// SPDX-License-Identifier: MIT
// object_fixture.h - a heap of objects for a test, a type with two references and a name, and what
// happened to its objects. TearDown checks every invariant and that closing gives all memory back.
#ifndef POOLALLOC_TEST_OBJECT_FIXTURE_H
#define POOLALLOC_TEST_OBJECT_FIXTURE_H

#include <poolobj.h>

#include "object/object_heap.h"
#include "support/ground_fixture.h"

struct Node {
    poolobj base;
    Node *left, *right;
    long id;
};

class ObjectTest : public GroundTest {
  protected:
    ObjectTest();
    void SetUp() override;
    void TearDown() override;

    // A type of nodes; the specification may be changed before.
    poolobj_type *type_of(const poolobj_typespec &spec);
    static poolobj_typespec node_spec(const char *name = "node");
    // New objects have the ids 1, 2, ...
    Node *make(poolobj_type *type);
    Node *make() { return make(node_); }
    // A ring of `count` nodes by `left`; the reference to the first is the caller's.
    Node *ring(poolobj_type *type, int count);
    // Ids in the order in which it happened.
    static std::vector<long> dropped, finalized;

    poolobj_heap *heap_ = nullptr;
    poolobj_type *node_ = nullptr; // notes the ids of its dead in `dropped`
    long next_id_ = 1;
};

std::vector<long> sorted(std::vector<long> ids);

#endif
