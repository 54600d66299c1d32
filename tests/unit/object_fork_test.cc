// SPDX-License-Identifier: MIT
// The child of a fork collects, and the pages of living objects stay shared with the parent.
#include <fcntl.h>
#include <set>
#include <unistd.h>

#include "support/object_fixture.h"

namespace {

using ObjectForkTest = ObjectTest;

// Pages of the places that this process has a copy of its own of: those not shared with the parent.
// A page that was not written since the fork is mapped by both (bit 56 of its pagemap entry clear).
long own_pages(const std::vector<void *> &places) {
    int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (pagemap < 0) return -1;
    long own = 0;
    uintptr_t last = 0;
    for (void *place : places) {
        uintptr_t page = reinterpret_cast<uintptr_t>(place) / PAGE;
        if (page == last) continue;
        last = page;
        uint64_t entry = 0;
        if (pread(pagemap, &entry, sizeof entry, off_t(page * sizeof entry)) != sizeof entry) {
            own = -1;
            break;
        }
        own += entry >> 56 & 1;
    }
    close(pagemap);
    return own;
}

long own_pages(const std::vector<Node *> &nodes) {
    return own_pages(std::vector<void *>(nodes.begin(), nodes.end()));
}

TEST_F(ObjectForkTest, AChildCollectsWithoutCopyingAPageOfObjects) {
    std::vector<Node *> nodes;
    for (int i = 0; i < 50000; i++) {
        nodes.push_back(make());
        if (i > 0) poolobj_set(&nodes.back()->left, nodes[size_t(i) / 2]);
    }
    EXPECT_TRUE(in_child([&] {
        long before = own_pages(nodes);
        for (int g = 0; g < 3; g++)
            if (poolobj_gc_collect(heap_, g) != 0) return false;
        long after = own_pages(nodes);
        if (before < 0) return true; // the kernel does not say
        nodes[0]->id++;              // that it would be seen
        return after <= before && own_pages(nodes) > after;
    }));
    for (Node *node : nodes) poolobj_decref(node);
}

// Neither of the objects nor of what is known of them.
TEST_F(ObjectForkTest, AChildCopiesNothingOfWhatIsFrozen) {
    std::vector<Node *> nodes, later;
    std::vector<void *> places;
    for (int i = 0; i < 50000; i++) {
        nodes.push_back(make());
        if (i > 0) poolobj_set(&nodes.back()->left, nodes[size_t(i) / 2]);
    }
    poolobj_gc_collect(heap_, 2);
    while (poolobj_gc_step(heap_, 1000000)) continue;
    poolobj_gc_freeze(heap_);
    for (int i = 0; i < 5000; i++) {
        later.push_back(make());
        poolobj_set(&later.back()->left, nodes[size_t(i) * 9]);
        poolobj_set(&later.back()->right, later[size_t(i) / 2]);
    }
    std::set<uintptr_t> open; // pages of the ledger that stand for what was made since, too
    for (Node *node : later)
        for (void *place :
             {static_cast<void *>(ledger_count(node)), static_cast<void *>(ledger_hint(node)),
              static_cast<void *>(ledger_marks(node)), static_cast<void *>(ledger_round(node))})
            open.insert(reinterpret_cast<uintptr_t>(place) / PAGE);
    for (Node *node : nodes)
        for (void *place :
             {static_cast<void *>(node), static_cast<void *>(ledger_count(node)),
              static_cast<void *>(ledger_hint(node)), static_cast<void *>(ledger_marks(node)),
              static_cast<void *>(ledger_round(node))})
            if (!open.count(reinterpret_cast<uintptr_t>(place) / PAGE)) places.push_back(place);
    EXPECT_TRUE(in_child([&] {
        long before = own_pages(places);
        for (int g = 0; g < 3; g++)
            if (poolobj_gc_collect(heap_, g) != 0) return false;
        while (poolobj_gc_step(heap_, 1000000)) continue;
        return own_pages(places) <= before;
    }));
    poolobj_gc_unfreeze(heap_);
    for (Node *node : later) poolobj_decref(node);
    for (Node *node : nodes) poolobj_decref(node);
}

TEST_F(ObjectForkTest, AChildGoesOnWithTheHeap) {
    poolobj_decref(ring(node_, 1000));
    Node *live = ring(node_, 10);
    EXPECT_TRUE(in_child([&] {
        if (poolobj_gc_collect(heap_, 2) != 1000) return false;
        for (int i = 0; i < 10000; i++) poolobj_decref(ring(node_, 3));
        poolobj_decref(live);
        if (poolobj_gc_collect(heap_, 2) != 30010) return false;
        poolobj_heap_check(heap_);
        poolobj_heap_close(heap_);
        return true;
    }));
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 1000u);
    poolobj_decref(live);
}

TEST_F(ObjectForkTest, ThreadsHaveHeapsOfTheirOwn) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++)
        threads.emplace_back([] {
            poolobj_heap *heap = poolobj_heap_new();
            poolobj_typespec spec = node_spec("threads");
            spec.drop = nullptr;
            poolobj_type *type = poolobj_type_new(heap, &spec);
            size_t found = 0;
            for (int i = 0; i < 3000; i++) {
                Node *a = static_cast<Node *>(poolobj_new(type));
                a->left = static_cast<Node *>(poolobj_new(type));
                poolobj_set(&a->left->left, a);
                poolobj_decref(a);
                if (i % 100 == 0) found += poolobj_gc_collect(heap, i % 3);
            }
            EXPECT_GT(found, 0u);
            poolobj_heap_check(heap);
            poolobj_heap_close(heap);
        });
    for (std::thread &thread : threads) thread.join();
}

} // namespace
