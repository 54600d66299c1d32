// SPDX-License-Identifier: MIT
#include "os/stack.h"

#include <alloca.h>
#include <csignal>
#include <gnu/libc-version.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <random>
#include <string>
#include <unwind.h>

#include "os/frame_rule.h"

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

TEST(StackTest, WhatOneWalkFoundOutServesTheNext) {
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
        uint32_t before = stack_met();
        for (int i = 0; i < 100; i++) depth_at(5, &stack);
        return (void *)(uintptr_t)(stack_met() - before);
    };
    void *met = nullptr;
    ASSERT_EQ(pthread_create(&thread, nullptr, run, nullptr), 0); // std::thread's have none
    ASSERT_EQ(pthread_join(thread, &met), 0);
    EXPECT_GE((uintptr_t)met, 90u); // where a rule is being written, tables serve
}
#endif

// ---- Rules of frames, with the unwinder's tables as the oracle ----

// It allocates nothing, as it is asked in a signal handler too.
struct Oracle {
    enum { MOST = 512 };
    uintptr_t callers[MOST];
    unsigned depth = 0;
    static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *oracle) {
        uintptr_t caller = _Unwind_GetIP(context);
        auto *self = static_cast<Oracle *>(oracle);
        if (caller == 0 || self->depth == MOST) return _URC_END_OF_STACK;
        self->callers[self->depth++] = caller;
        return _URC_NO_REASON;
    }
};

// Calls itself by functions of other shapes, at random, and looks at the stack at each level.
class Shapes {
  public:
    explicit Shapes(uint32_t seed) : random_(seed) {}
    void call(int levels);
    int met = 0, looks = 0;

  private:
    void look();
    static void on_signal(int);
    static Shapes *current;
    static int levels_left;
    friend void plain(Shapes *, int);
    friend void long_frame(Shapes *, int, long, long, long, long, long, long, long);
    friend void of_any_length(Shapes *, int);
    friend void in_a_signal(Shapes *, int);
    std::mt19937 random_;
};
Shapes *Shapes::current;
int Shapes::levels_left;

#define NO_TAIL_CALL __asm__ volatile("" : : : "memory")
#if defined(__GNUC__) && !defined(__clang__)
#define WITHOUT_POINTER __attribute__((noinline, optimize("O2", "omit-frame-pointer")))
#else
#define WITHOUT_POINTER __attribute__((noinline))
#endif

WITHOUT_POINTER void plain(Shapes *shapes, int levels) {
    shapes->call(levels - 1);
    NO_TAIL_CALL;
}
// With words on the stack, and all registers that a function keeps.
WITHOUT_POINTER void long_frame(Shapes *shapes, int levels, long a, long b, long c, long d, long e,
                                long f, long g) {
    volatile long words[100] = {};
    words[levels] = a + b;
    shapes->call(levels - 1);
    words[levels + 1] = c + d + e + f + g + a * words[levels];
    NO_TAIL_CALL;
}
__attribute__((noinline)) void of_any_length(Shapes *shapes, int levels) {
    volatile char *bytes = static_cast<char *>(alloca(16 + shapes->random_() % 5000));
    bytes[0] = 1;
    shapes->call(levels - 1);
    NO_TAIL_CALL;
}
__attribute__((noinline)) void in_a_signal(Shapes *shapes, int levels) {
    Shapes::current = shapes;
    Shapes::levels_left = levels - 1;
    raise(SIGUSR1);
}
void Shapes::on_signal(int) { current->call(levels_left); }

__attribute__((noinline)) void Shapes::look() {
    struct stack stack;
    Oracle oracle;
    uint32_t before = stack_met();
    stack_unwind(&stack);
    met += stack_met() != before;
    looks++;
    _Unwind_Backtrace(Oracle::visit, &oracle);
    // Both begin in this function, at other places of it; the oracle has it first.
    ASSERT_GE(oracle.depth, stack.depth);
    ASSERT_TRUE(stack.depth == oracle.depth || stack.depth == STACK_MOST);
    for (unsigned i = 1; i < stack.depth; i++) ASSERT_EQ(stack.callers[i], oracle.callers[i]) << i;
}

__attribute__((noinline)) void Shapes::call(int levels) {
    look();
    if (levels <= 0) return;
    signal(SIGUSR1, on_signal);
    switch (random_() % 8) {
    case 0:
        return in_a_signal(this, levels);
    case 1:
    case 2:
        return of_any_length(this, levels);
    case 3:
    case 4:
        return long_frame(this, levels, 1, 2, 3, 4, 5, 6, 7);
    default:
        return plain(this, levels);
    }
}

TEST(StackTest, RulesLeadWhereTheTablesDo) {
    uint32_t seed = std::random_device()();
    RecordProperty("seed", std::to_string(seed));
    Shapes shapes(seed);
    for (int i = 0; i < 300; i++) shapes.call(12);
    EXPECT_FALSE(HasFatalFailure()) << "seed " << seed;
    if (frame_rule_works()) {
        EXPECT_GT(shapes.met, shapes.looks / 4) << "rules served few";
    }
}

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
