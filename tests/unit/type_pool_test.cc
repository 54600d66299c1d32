// SPDX-License-Identifier: MIT
#include "object/type_pool.h"

#include "support/object_fixture.h"

namespace {

using TypePoolTest = ObjectTest;

TEST_F(TypePoolTest, EveryGranuleLeadsToTheBlockThatStartsThere) {
    for (size_t bytes = BLOCK_MIN; bytes <= SHARED_MAX; bytes += 8) {
        struct bin bin = {};
        type_pool_init_bin(&bin, nullptr, bytes);
        struct type_pool pool = {};
        pool.base = 0x1000000;
        pool.stride = bin.stride;
        pool.reciprocal = bin.reciprocal;
        const struct object_set places = type_pool_starts(&pool);
        unsigned starts = 0;
        for (uint32_t i = 0; i < bin.capacity; i++) {
            poolobj *block = type_pool_block(&pool, i);
            unsigned granule = unsigned((uintptr_t(block) - pool.base) / GRANULE);
            ASSERT_EQ(type_pool_at_granule(&pool, granule), block) << bytes << " " << i;
            ASSERT_TRUE(ledger_set_has(&places, block));
            starts++;
        }
        ASSERT_EQ(ledger_set_count(&places), starts);
        ASSERT_EQ(bin.capacity, POOL_SIZE / bytes);
    }
}

TEST_F(TypePoolTest, APoolHoldsOneTypeAndGoesBackWhenItIsEmpty) {
    poolobj_type *other = type_of(node_spec("other"));
    std::vector<Node *> nodes;
    for (int i = 0; i < 5000; i++) nodes.push_back(make(i % 2 ? node_ : other));
    for (Node *node : nodes) ASSERT_EQ(ledger_pool(node)->type, poolobj_typeof(node));
    poolobj_heap_check(heap_);
    for (Node *node : nodes) poolobj_decref(node);
    poolobj_heap_check(heap_);
    for (poolobj_type *type : {node_, other}) { // but for the current one
        ASSERT_NE(type_pool_first(type), nullptr);
        EXPECT_EQ(type_pool_next(type_pool_first(type)), nullptr);
    }
}

TEST_F(TypePoolTest, WhatLiesBehindTheLastBlockIsNoObject) {
    poolobj_typespec spec = {};
    spec.name = "forty-eight"; // 85 of them and 16 bytes in a pool
    spec.size = 48;
    poolobj *object = static_cast<poolobj *>(poolobj_new(type_of(spec)));
    uintptr_t base = align_down(reinterpret_cast<uintptr_t>(object), POOL_SIZE);
    memcpy(reinterpret_cast<void *>(base + 85 * 48), static_cast<void *>(object), sizeof *object);
    EXPECT_NE(type_pool_find(reinterpret_cast<uintptr_t>(object)), nullptr);
    EXPECT_EQ(type_pool_find(base + 85 * 48), nullptr);
    poolobj_decref(object);
}

TEST_F(TypePoolTest, FindKnowsLivingObjectsFromAllOtherAddresses) {
    Node *node = make(), *freed = make();
    int local;
    poolobj_decref(freed);
    uintptr_t address = reinterpret_cast<uintptr_t>(node);
    EXPECT_EQ(type_pool_find(address), ledger_pool(node));
    for (int i = 1; i < 32; i++) EXPECT_EQ(type_pool_find(address + i), nullptr);
    EXPECT_EQ(type_pool_find(reinterpret_cast<uintptr_t>(freed)), nullptr);
    EXPECT_EQ(type_pool_find(reinterpret_cast<uintptr_t>(&local) & ~uintptr_t(7)), nullptr);
    EXPECT_EQ(type_pool_find(0), nullptr);
    EXPECT_EQ(type_pool_find(~uintptr_t(7)), nullptr);
    poolobj_decref(node);
}

TEST_F(TypePoolTest, RandomLivesKeepEveryInvariant) {
    struct rng random = {test_seed()};
    std::vector<Node *> nodes;
    for (int step = 0; step < 60000; step++) {
        bool grow = step / 10000 % 2 == 0;
        if (rng_below(&random, 10) < (grow ? 7u : 3u)) {
            nodes.push_back(make());
        } else if (!nodes.empty()) {
            size_t i = rng_below(&random, nodes.size());
            poolobj_decref(nodes[i]);
            nodes[i] = nodes.back();
            nodes.pop_back();
        }
        if (rng_below(&random, 1000) == 0) poolobj_gc_collect(heap_, int(rng_below(&random, 3)));
        if (step % 500 != 0) continue;
        poolobj_heap_check(heap_);
        ASSERT_EQ(poolobj_count(node_), nodes.size());
    }
    for (Node *node : nodes) poolobj_decref(node);
}

} // namespace
