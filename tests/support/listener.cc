// SPDX-License-Identifier: MIT
// The main of every GoogleTest program: runs the tests and tells their results in TAP, between
// GoogleTest's own lines. The seed of a shuffled run is GoogleTest's own; the seed of random tests
// is printed by the tests that use one.
#include <cstdio>
#include <gtest/gtest.h>

namespace {

class TapPrinter : public testing::EmptyTestEventListener {
    void OnTestIterationStart(const testing::UnitTest &all, int) override {
        std::printf("1..%d\n", all.test_to_run_count());
    }

    void OnTestEnd(const testing::TestInfo &test) override {
        const testing::TestResult &result = *test.result();
        std::printf("%s - %s.%s%s\n", result.Failed() ? "not ok" : "ok", test.test_suite_name(),
                    test.name(), result.Skipped() ? " # SKIP" : "");
        std::fflush(stdout);
    }
};

} // namespace

int main(int argc, char **argv) {
    // Death tests fork: a fresh process for each is slower, but right in a process with threads.
    // Emulators cannot start one, and say --gtest_death_test_style=fast.
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    testing::InitGoogleTest(&argc, argv);
    testing::UnitTest::GetInstance()->listeners().Append(new TapPrinter);
    return RUN_ALL_TESTS();
}
