// SPDX-License-Identifier: MIT
// inner.h - what tests of the inner libraries share, of malloc's and of objects'.
#ifndef POOLALLOC_TEST_INNER_H
#define POOLALLOC_TEST_INNER_H

#include <csignal>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "heap/space.h"
#include "support/random.h"

// The space lock for the life of a scope.
class SpaceLock {
  public:
    SpaceLock() { EXPECT_TRUE(space_lock()); }
    ~SpaceLock() { space_unlock(); }
    SpaceLock(const SpaceLock &) = delete;
    SpaceLock &operator=(const SpaceLock &) = delete;
};

// Calls `function` in a new thread and waits for its end.
void in_thread(const std::function<void()> &function);
// Calls `function` in the child of a fork; true if it returned true.
bool in_child(const std::function<bool()> &function);

// Text written to a struct text goes to a string.
class Capture {
  public:
    Capture();
    struct text *text() {
        return &text_;
    }
    const std::string &take();

  private:
    struct text text_;
    std::string string_;
};

std::string hex(const void *address);
// A seed from the environment or the clock; printed once for the program.
uint64_t test_seed();

// The pages of [start, start + size) that have memory behind them.
size_t resident_pages(const void *start, size_t size);
// The kernel can read the byte there.
bool is_accessible(const void *address);
bool is_all(const void *start, int byte, size_t size);

// The process ends with SIGABRT and one line "poolalloc: <what><pointer> (...)". A death test runs
// in a process of its own, where addresses differ: it prints first which one it expects.
testing::Matcher<const std::string &> is_line_of(const std::string &what);
#define EXPECT_LINE_OF(statement, what, pointer)                                                   \
    EXPECT_EXIT(                                                                                   \
        {                                                                                          \
            fprintf(stderr, "%s\n", hex(pointer).c_str());                                         \
            statement;                                                                             \
        },                                                                                         \
        testing::KilledBySignal(SIGABRT), is_line_of(what))

static const size_t PAGE = 4096;

// Sanitizers keep much of the address space for themselves, so that hints for places may not be
// followed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool PLACES_ARE_TAKEN = true;
#else
static const bool PLACES_ARE_TAKEN = false;
#endif

inline char *at(void *pointer, size_t offset = 0) { return static_cast<char *>(pointer) + offset; }

#endif
