// SPDX-License-Identifier: MIT
// A new-handler that frees memory: the retry inside operator new must then succeed. The address
// space is limited for the time of the test, so that memory really runs out.
#include <cstdlib>
#include <gtest/gtest.h>
#include <malloc.h>
#include <new>
#include <sys/mman.h>
#include <sys/resource.h>

#include "support/hide.h"
#include "support/memory.h"

namespace {

constexpr size_t RESERVE = size_t(256) << 20;
constexpr size_t REQUEST = size_t(200) << 20;

int handler_calls = 0;
void *reserve = MAP_FAILED;

void give_up_reserve() {
    handler_calls++;
    if (reserve != MAP_FAILED) munmap(reserve, RESERVE);
    reserve = MAP_FAILED;
    if (handler_calls > 1) std::set_new_handler(nullptr);
}

} // namespace

TEST(NewRetryTest, MemoryFreedByTheHandlerIsGivenToTheCaller) {
    malloc_trim(0); // else address space that other tests have left could do
    reserve = mmap(nullptr, RESERVE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ASSERT_NE(reserve, MAP_FAILED);
    struct rlimit saved, tight;
    ASSERT_EQ(getrlimit(RLIMIT_AS, &saved), 0);
    tight = saved;
    tight.rlim_cur = memory_address_space() + (size_t(8) << 20);
    ASSERT_EQ(setrlimit(RLIMIT_AS, &tight), 0);
    std::set_new_handler(give_up_reserve);

    void *block = nullptr;
    try {
        block = hide(::operator new(hide_size(REQUEST)));
    } catch (const std::bad_alloc &) {
    }

    std::set_new_handler(nullptr);
    setrlimit(RLIMIT_AS, &saved);
    EXPECT_NE(block, nullptr);
    EXPECT_EQ(handler_calls, 1);
    ::operator delete(block);
}
