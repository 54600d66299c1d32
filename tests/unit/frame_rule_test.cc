// SPDX-License-Identifier: MIT
// Rules of frames by their places. That they lead where the unwinder does is in stack_test.cc.
#include "os/frame_rule.h"

#include <gtest/gtest.h>

#include <linux/seccomp.h>
#include <random>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

bool is_known(uintptr_t place) {
    struct frame frame = {place, 0, 0};
    uintptr_t page = 0;
    return frame_rule_step(&frame, 0, &page) == FRAME_OUTERMOST;
}

void learn(uintptr_t place) {
    struct frame frame = {place, 0, 0};
    frame_rule_learn(&frame, nullptr);
}

class FrameRuleTest : public testing::Test {
  protected:
    void SetUp() override {
        if (!frame_rule_works()) GTEST_SKIP() << "no rule is learned on this processor";
        frame_rule_reset_for_test(); // other tests fill the table
        RecordProperty("seed", std::to_string(seed_));
    }
    uintptr_t any_place() { return random_() >> 17; }
    uint32_t seed_ = std::random_device()();
    std::mt19937_64 random_{seed_};
};

TEST_F(FrameRuleTest, WhatIsLearnedIsKnown) {
    uintptr_t place = any_place();
    EXPECT_FALSE(is_known(place));
    learn(place);
    EXPECT_TRUE(is_known(place));
    EXPECT_FALSE(is_known(0));
}

// A quarter as many as there is room for. With one place for each, 118 of 1,024 would be driven
// out.
TEST_F(FrameRuleTest, FewRulesAreDrivenOut) {
    std::vector<uintptr_t> places;
    for (int i = 0; i < 1024; i++) places.push_back(any_place());
    for (uintptr_t place : places) learn(place);
    int lost = 0;
    for (uintptr_t place : places) lost += !is_known(place);
    EXPECT_LT(lost, 85) << "seed " << seed_;
}

// Two that share a place would drive each other out at every walk of a stack with both.
TEST_F(FrameRuleTest, ADeepStackIsKnownAsAWhole) {
    int whole = 0;
    for (int stacks = 0; stacks < 100; stacks++) {
        std::vector<uintptr_t> places;
        for (int i = 0; i < 64; i++) places.push_back(any_place());
        for (int twice = 0; twice < 2; twice++)
            for (uintptr_t place : places) learn(place);
        int known = 0;
        for (uintptr_t place : places) known += is_known(place);
        whole += known == 64;
    }
    EXPECT_GE(whole, 85) << "seed " << seed_; // 98 on average; with one place for each, 61
}

// Runs it in a child in which any system call but exit and write ends the process.
bool returns_true_without_calls(bool (*test)()) {
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
        syscall(SYS_exit, test() ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// The tests run on the first thread.
TEST(FrameRuleReadTest, TheFirstThreadsStackIsReadWithoutASystemCall) {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    GTEST_SKIP() << "sanitizers have system calls of their own";
#endif
    EXPECT_TRUE(returns_true_without_calls([] {
        uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
        uintptr_t arguments = reinterpret_cast<uintptr_t>(environ[0]);
        return frame_rule_can_read(here, here) && frame_rule_can_read(here + 1024, here) &&
               frame_rule_can_read(getauxval(AT_RANDOM) - 64, here) && arguments > here;
    }));
}

TEST(FrameRuleReadTest, WhatIsNotThereIsToldFromWhatIs) {
    const size_t page = size_t(sysconf(_SC_PAGESIZE));
    char *two = static_cast<char *>(
        mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    uintptr_t start = reinterpret_cast<uintptr_t>(two);
    uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    munmap(two + page, page);
    for (uintptr_t lowest : {start, here}) {
        EXPECT_TRUE(frame_rule_can_read(start, lowest));
        EXPECT_FALSE(frame_rule_can_read(start + page, lowest));
    }
    EXPECT_FALSE(frame_rule_can_read(0, here));
    munmap(two, page);
}

} // namespace
