// SPDX-License-Identifier: MIT
// Rules of frames by their places. That they lead where the unwinder does is in stack_test.cc.
#include "os/frame_rule.h"

#include <gtest/gtest.h>

#include <random>
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

} // namespace
