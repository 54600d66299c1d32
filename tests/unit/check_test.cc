// SPDX-License-Identifier: MIT
#include "base/check.h"

#include <csignal>
#include <gtest/gtest.h>

namespace {

#define EXPECT_LINE(statement, line)                                                               \
    EXPECT_EXIT(statement, testing::KilledBySignal(SIGABRT), "^" line "\n$")

TEST(CheckDeathTest, EachFailureIsOneLineAndAnAbort) {
    EXPECT_LINE(fail_at("double free of ", 0x7f10, "free already"),
                "poolalloc: double free of 0x7f10 \\(free already\\)");
    EXPECT_LINE(fail_at("double free of ", 0, nullptr), "poolalloc: double free of 0x0");
    EXPECT_LINE(fail_call("realloc", "of freed pointer", UINTPTR_MAX, "freed before"),
                "poolalloc: realloc of freed pointer 0xffffffffffffffff \\(freed before\\)");
    EXPECT_LINE(fail_argument("free_sized", 0x10, "size", 12, "another size"),
                "poolalloc: free_sized of 0x10 with size 12 \\(another size\\)");
}

TEST(CheckDeathTest, ACheckNamesItsConditionAndPlace) {
    EXPECT_LINE(CHECK(1 + 1 == 3), "poolalloc: internal error: 1 \\+ 1 == 3 at .*check_test.cc:"
                                   "[0-9]+ \\(please report it; .*\\)");
}

TEST(CheckTest, ACheckThatHoldsDoesNothingAndIsEvaluatedOnce) {
    int evaluated = 0;
    CHECK(++evaluated == 1);
    EXPECT_EQ(evaluated, 1);
}

TEST(CheckTest, AnAssertIsEvaluatedInDebugBuildsAlone) {
    int evaluated = 0;
    ASSERT(++evaluated == 1);
    EXPECT_EQ(evaluated, DEBUG_BUILD);
}

} // namespace
