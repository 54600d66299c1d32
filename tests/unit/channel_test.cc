// SPDX-License-Identifier: MIT
// Heaps that threads hand to each other.
#include <atomic>
#include <thread>

#include "support/value_fixture.h"

namespace {

using ChannelTest = ValueTest;

TEST_F(ChannelTest, AHeapIsHandedOverWhole) {
    poolval_channel *channel = poolval_channel_new();
    poolval_space *space;
    poolobj *root;
    EXPECT_EQ(poolval_channel_receive(channel, 0, &space, &root), 0);
    EXPECT_EQ(space, nullptr);
    EXPECT_EQ(poolval_channel_receive(channel, 1000000, &space, &root), 0);
    std::thread sender([&] {
        poolobj_heap *heap = poolobj_heap_new_checked();
        poolval_space *made = poolval_space_new(heap, nullptr);
        poolobj *items = poolval_list_new(made), *word = poolval_str_new(made, "spam");
        for (int i = 0; i < 1000; i++)
            poolval_list_append_steal(made, items, poolval_int_new(made, 1000 + i));
        poolval_list_append(made, items, items); // a cycle
        poolval_list_append(made, items, word);
        EXPECT_EQ(poolval_channel_send(channel, made, items), -1);
        EXPECT_STREQ(poolval_error_message(made), "a str of the heap is held from outside");
        poolobj_incref(items);
        poolobj_decref(word);
        EXPECT_EQ(poolval_channel_send(channel, made, items), -1);
        EXPECT_EQ(poolval_error(made), POOLVAL_ERR_VALUE);
        poolobj_decref(items);
        EXPECT_EQ(poolval_channel_send(channel, made, nullptr), -1);
        EXPECT_EQ(poolval_channel_send(channel, made, items), 0);
    });
    EXPECT_EQ(poolval_channel_receive(channel, -1, &space, &root), 1);
    sender.join();
    EXPECT_EQ(poolval_list_length(space, root), 1002);
    EXPECT_EQ(poolobj_heap_held(poolval_space_heap(space), root), nullptr);
    EXPECT_EQ(poolobj_heap_held(poolval_space_heap(space), nullptr), root);
    poolobj_heap_check(poolval_space_heap(space));
    EXPECT_EQ(poolval_channel_send(channel, space, root), 0) << "and back, but nobody is there";
    poolval_channel_free(channel);
    poolval_channel_free(nullptr);
}

TEST_F(ChannelTest, ManyThreadsSendAndReceive) {
    enum { MANY = 200 };
    poolval_channel *channel = poolval_channel_new();
    std::vector<std::thread> threads;
    std::atomic<long> sum{0};
    for (int t = 0; t < 2; t++)
        threads.emplace_back([&] {
            for (int i = 0; i < MANY; i++) {
                poolval_space *space = poolval_space_new(poolobj_heap_new(), nullptr);
                EXPECT_EQ(poolval_channel_send(channel, space, poolval_int_new(space, i)), 0);
            }
        });
    for (int t = 0; t < 2; t++)
        threads.emplace_back([&] {
            for (int i = 0; i < MANY; i++) {
                poolval_space *space;
                poolobj *root;
                int64_t number = 0;
                EXPECT_EQ(poolval_channel_receive(channel, -1, &space, &root), 1);
                poolval_int_get(space, root, &number);
                sum += number;
                poolobj_heap_close(poolval_space_heap(space));
            }
        });
    for (std::thread &thread : threads) thread.join();
    EXPECT_EQ(sum, 2L * MANY * (MANY - 1) / 2);
    poolval_channel_free(channel);
}

} // namespace
