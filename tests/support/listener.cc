// SPDX-License-Identifier: MIT
// The main of every GoogleTest program: runs the tests and ends with the line that scripts/check
// adds up. The seed of a shuffled run is GoogleTest's own; the seed of random tests is printed by
// the tests that use one.
#include <cstdio>
#include <gtest/gtest.h>

int main(int argc, char **argv) {
    testing::InitGoogleTest(&argc, argv);
    // Death tests fork: a fresh process for each is slower, but right in a process with threads.
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    int status = RUN_ALL_TESTS();
    const testing::UnitTest &all = *testing::UnitTest::GetInstance();
    std::printf("# poolalloc-test: %d passed, %d failed, %d skipped\n", all.successful_test_count(),
                all.failed_test_count(), all.skipped_test_count());
    return status;
}
