// SPDX-License-Identifier: MIT
#include "base/atomic.h"

#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace {

template <typename Function> void in_threads(unsigned count, Function function) {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < count; i++) threads.emplace_back(function, i);
    for (std::thread &thread : threads) thread.join();
}

TEST(AtomicTest, HasTheSizeOfItsValue) {
    EXPECT_EQ(sizeof(struct atomic_u64), 8u);
    EXPECT_EQ(sizeof(struct atomic_u32), 4u);
}

TEST(AtomicTest, StoresAndLoads) {
    struct atomic_u64 a = {1};
    EXPECT_EQ(atomic_u64_load(&a), 1u);
    atomic_u64_store(&a, UINT64_MAX);
    EXPECT_EQ(atomic_u64_load_acquire(&a), UINT64_MAX);
    atomic_u64_store_release(&a, 7);
    EXPECT_EQ(atomic_u64_load(&a), 7u);
}

TEST(AtomicTest, ExchangeAndAddGiveTheOldValue) {
    struct atomic_u32 a = {5};
    EXPECT_EQ(atomic_u32_exchange(&a, 9), 5u);
    EXPECT_EQ(atomic_u32_add(&a, 1), 9u);
    EXPECT_EQ(atomic_u32_add(&a, uint32_t(-1)), 10u);
    EXPECT_EQ(atomic_u32_load(&a), 9u);
}

TEST(AtomicTest, ReplaceTellsWhatItFoundInstead) {
    struct atomic_u64 a = {5};
    uint64_t expected = 4;
    EXPECT_FALSE(atomic_u64_replace(&a, &expected, 6));
    EXPECT_EQ(expected, 5u);
    EXPECT_EQ(atomic_u64_load(&a), 5u);
    EXPECT_TRUE(atomic_u64_replace(&a, &expected, 6));
    EXPECT_EQ(atomic_u64_load(&a), 6u);
}

TEST(AtomicTest, ThreadsLoseNoAddition) {
    struct atomic_u64 sum = {0};
    in_threads(4, [&](unsigned) {
        for (int i = 0; i < 20000; i++) atomic_u64_add(&sum, 1);
    });
    EXPECT_EQ(atomic_u64_load(&sum), 80000u);
}

// A list to which threads push and from which one takes all: the inbox of a heap.
TEST(AtomicTest, ExchangeHandsOverEachNodeOnce) {
    struct Node {
        uint64_t next;
        int value;
    };
    constexpr unsigned threads = 3, each = 5000;
    std::vector<std::vector<Node>> nodes(threads, std::vector<Node>(each));
    struct atomic_u64 head = {0}, finished = {0};
    uint64_t sum = 0, taken = 0;
    std::thread consumer([&] {
        for (bool last = false; !last;) {
            last = atomic_u64_load_acquire(&finished) == threads;
            uint64_t list = atomic_u64_exchange(&head, 0);
            for (Node *node = reinterpret_cast<Node *>(list); node != nullptr;
                 node = reinterpret_cast<Node *>(node->next)) {
                sum += static_cast<uint64_t>(node->value);
                taken++;
            }
        }
    });
    in_threads(threads, [&](unsigned thread) {
        for (Node &node : nodes[thread]) {
            node.value = 3;
            uint64_t old = atomic_u64_load(&head);
            do node.next = old;
            while (!atomic_u64_replace(&head, &old, reinterpret_cast<uint64_t>(&node)));
        }
        while (true) {
            uint64_t old = atomic_u64_load(&finished);
            if (atomic_u64_replace(&finished, &old, old + 1)) break;
        }
    });
    consumer.join();
    EXPECT_EQ(taken, threads * each);
    EXPECT_EQ(sum, 3u * threads * each);
}

} // namespace
