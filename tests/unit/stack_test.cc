// SPDX-License-Identifier: MIT
#include "os/stack.h"

#include <gnu/libc-version.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <string>

namespace {

__attribute__((noinline)) unsigned depth_at(unsigned levels, struct stack *stack) {
    if (levels == 0) {
        stack_unwind(stack);
        return stack->depth;
    }
    unsigned depth = depth_at(levels - 1, stack);
    __asm__ volatile("" : : "r"(stack) : "memory"); // no tail call
    return depth;
}

// By one call in a loop, of one address: a compiler that knew how many there are could make a row
// of calls of it.
__attribute__((noinline)) void unwind_each(unsigned levels, struct stack *const *stacks,
                                           volatile unsigned count) {
    for (unsigned i = 0; i < count; i++) depth_at(levels, stacks[i]);
}

TEST(StackTest, EachCallIsAFrame) {
    struct stack shallow, deep;
    unsigned difference = depth_at(9, &deep) - depth_at(4, &shallow);
    EXPECT_EQ(difference, 5u);
    for (int i = 2; i < 8; i++) EXPECT_EQ(deep.callers[i], deep.callers[2]); // the same call
}

TEST(StackTest, ADeepStackIsCutOff) {
    struct stack stack;
    EXPECT_EQ(depth_at(1000, &stack), (unsigned)STACK_MOST);
}

TEST(StackTest, AChainOfFramePointersIsBelievedOnceItWasFoundToLead) {
    struct stack first, again, other, *both[] = {&first, &again}, *one[] = {&other};
    unwind_each(7, both, 2);
    unwind_each(8, one, 1);
    ASSERT_EQ(again.depth, first.depth);
    for (unsigned i = 0; i < first.depth; i++) EXPECT_EQ(again.callers[i], first.callers[i]) << i;
    EXPECT_EQ(other.depth, first.depth + 1);
}

#if !defined(__OPTIMIZE__) && defined(__x86_64__) // functions of this file have frame pointers
TEST(StackTest, ThreadsOfFunctionsWithFramePointersAreFollowed) {
    pthread_t thread;
    auto run = [](void *) -> void * {
        struct stack stack;
        uint32_t before = stack_chains_met();
        for (int i = 0; i < 10; i++) depth_at(5, &stack);
        return (void *)(uintptr_t)(stack_chains_met() - before);
    };
    void *met = nullptr;
    ASSERT_EQ(pthread_create(&thread, nullptr, run, nullptr), 0); // std::thread's have none
    ASSERT_EQ(pthread_join(thread, &met), 0);
    EXPECT_GE((uintptr_t)met, 9u);
}
#endif

TEST(StackTest, ErrnoIsLeftAlone) {
    struct stack stack;
    errno = 42;
    stack_unwind(&stack);
    EXPECT_EQ(errno, 42);
}

TEST(StackTest, AFunctionOfALibraryHasItsName) {
    struct place place;
    uintptr_t inside = (uintptr_t)&gnu_get_libc_version + 3; // no sanitizer replaces it
    ASSERT_TRUE(stack_find_place(inside, &place));
    EXPECT_NE(std::string(place.path).find("libc.so"), std::string::npos);
    ASSERT_NE(place.symbol, nullptr);
    EXPECT_STREQ(place.symbol, "gnu_get_libc_version");
    EXPECT_EQ(place.symbol_offset, 3u);
    EXPECT_TRUE(place.start <= inside && inside < place.end);
}

TEST(StackTest, WhatIsInNoObjectHasNoPlace) {
    struct place place;
    int local;
    EXPECT_FALSE(stack_find_place((uintptr_t)&local, &place));
    EXPECT_FALSE(stack_find_place(0, &place));
    EXPECT_FALSE(stack_find_place(UINTPTR_MAX, &place));
}

} // namespace
