// SPDX-License-Identifier: MIT
// What a walk of a stack leaves to the next one. The stacks are arrays of words.
#include "os/trail.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "os/frame_rule.h"

namespace {

const struct stretch nothing = {0, 0};

struct frame frame_at(uintptr_t stack, uintptr_t place = 7, uintptr_t pointer = 0) {
    return {place, stack, pointer};
}

struct trail *walked_at(uintptr_t stack) {
    struct trail *trail = trail_take(stack);
    if (trail != nullptr) trail_give_back(trail, false);
    return trail;
}

class TrailTest : public testing::Test {
  protected:
    void SetUp() override {
        trail_ = trail_take(here_);
        ASSERT_NE(trail_, nullptr);
        trail_give_back(trail_, false);
    }
    // A walk through frames at these addresses: how many it met again.
    int walk(std::vector<uintptr_t> stacks) {
        int met = 0;
        struct trail *trail = trail_take(here_);
        for (uintptr_t stack : stacks) {
            struct frame frame = frame_at(stack);
            met += trail_meet(trail, &frame, 0);
        }
        trail_give_back(trail, true);
        return met;
    }
    uintptr_t here_ = 0x7000'0000'0000;
    struct trail *trail_;
};

TEST_F(TrailTest, HasOneWalkAtATime) {
    struct trail *trail = trail_take(here_);
    ASSERT_NE(trail, nullptr);
    EXPECT_EQ(trail_take(here_), nullptr);
    trail_give_back(trail, true);
    EXPECT_EQ(walked_at(here_), trail);
}

TEST_F(TrailTest, GoesThroughTheFramesOfTheWalkBefore) {
    EXPECT_EQ(walk({10, 20, 30, 40}), 0);
    EXPECT_EQ(walk({10, 20, 30, 40}), 4);
    EXPECT_EQ(walk({5, 15, 30, 40}), 2);
    EXPECT_EQ(walk({10, 20, 30, 40}), 2); // the last walk did not come by the inner two
    EXPECT_EQ(walk({50}), 0);
    EXPECT_EQ(walk({10, 20, 30, 40}), 0);
}

TEST_F(TrailTest, DoesNotGoThroughAnotherFrameOfTheSameStack) {
    struct frame frame = frame_at(10), other = frame_at(10, 8), moved = frame_at(10, 7, 1);
    walk({10});
    for (const struct frame *changed : {&other, &moved}) {
        struct trail *trail = trail_take(here_);
        EXPECT_FALSE(trail_meet(trail, changed, 0));
        trail_give_back(trail, true);
    }
    struct trail *trail = trail_take(here_);
    EXPECT_FALSE(trail_meet(trail, &frame, 0));
    trail_give_back(trail, false);
    EXPECT_EQ(walk({10}), 0) << "the walk was not whole";
}

// The trail is longer than a walk, and has the innermost frames.
TEST_F(TrailTest, ForgetsTheOutermostFrames) {
    std::vector<uintptr_t> stacks;
    for (uintptr_t i = 1000; i > 0; i--) {
        stacks.insert(stacks.begin(), 10 * i);
        if (stacks.size() > TRAIL_WALK) stacks.pop_back();
        int others = int(stacks.size()) - 1;
        EXPECT_EQ(walk(stacks), others);
    }
}

TEST_F(TrailTest, WaysOutOfOwnFunctionsAreToldByTheirReturnAddresses) {
    const struct stretch own = {100, 200};
    uintptr_t words[] = {0, 0, 120, 0, 555, 777, 0, 0}, start = (uintptr_t)words;
    struct way way = {{110, 120}, {3, 6}, 4, true, 2};
    struct trail *trail = trail_take(here_);
    struct frame frame = frame_at(start, 110);
    EXPECT_FALSE(trail_leave_own(trail, &frame, &own));
    trail_learn_way(trail, &way);
    ASSERT_TRUE(trail_leave_own(trail, &frame, &own));
    EXPECT_EQ(frame.place, 777u);
    EXPECT_EQ(frame.pointer, 555u);
    EXPECT_EQ(frame.stack, start + 6 * sizeof(uintptr_t));
    frame = frame_at(start, 110);
    words[5] = 130; // it goes on inside
    EXPECT_FALSE(trail_leave_own(trail, &frame, &own));
    words[5] = 777;
    words[2] = 121; // it comes another way
    EXPECT_FALSE(trail_leave_own(trail, &frame, &own));
    trail_give_back(trail, true);
}

// ---- Walks of stacks that change, with the rules alone as the oracle ----

class StackOfWords {
  public:
    explicit StackOfWords(uint32_t seed) : random_(seed) {
        uintptr_t code = align_down(random_() >> 17, CODE);
        for (uintptr_t place = code; place < code + CODE; place += CODE / SHAPES)
            shapes_.push_back({place, 2 + random_() % 12, random_() % 3});
        frames_.push_back({shapes_[0].place, address(WORDS), 0});
        struct frame outermost = frames_[0];
        frame_rule_learn(&outermost, nullptr);
        shapes_.erase(shapes_.begin());
    }
    // Returns from some functions, and calls others.
    void change() {
        size_t kept = 1 + random_() % frames_.size();
        if (random_() % 4 != 0) kept = std::max(kept, frames_.size() - frames_.size() / 4);
        frames_.resize(kept);
        for (unsigned calls = random_() % 12; calls > 0 && frames_.size() < 90; calls--) call();
    }
    std::vector<uintptr_t> by_rules() {
        struct frame frame = frames_.back();
        uintptr_t page = 0;
        std::vector<uintptr_t> places;
        enum frame_step last = FRAME_CALLER;
        while (last == FRAME_CALLER && places.size() < TRAIL_WALK) {
            places.push_back(frame.place);
            last = frame_rule_step(&frame, address(0), &page);
        }
        return places;
    }
    std::vector<uintptr_t> by_trail() {
        std::vector<uintptr_t> places(TRAIL_WALK);
        enum frame_step last;
        places.resize(
            frame_rule_follow(frames_.back(), &nothing, places.data(), TRAIL_WALK, &last));
        return places;
    }

  private:
    // No rule of places so near to each other drives out another's.
    enum { WORDS = 4096, CODE = 2048, SHAPES = 32 };
    struct shape {
        uintptr_t place, words, kept; // 0: the pointer is not, else so many words below the return
    };
    uintptr_t address(size_t i) { return (uintptr_t)&words_[i]; }
    // The function that is innermost calls one of the shape, in which the next call is at its
    // place.
    void call() {
        const struct shape &callee = shapes_[random_() % shapes_.size()];
        struct frame caller = frames_.back();
        uintptr_t *end = (uintptr_t *)caller.stack;
        struct frame frame = {callee.place, (uintptr_t)(end - callee.words - 2), caller.pointer};
        end[-1] = caller.place;
        if (callee.kept != 0) {
            end[-1 - (ptrdiff_t)callee.kept] = caller.pointer;
            frame.pointer = random_() % 4 != 0 ? caller.pointer + 1 : frame.stack;
        }
        if (frame.stack < address(WORDS / 8)) return;
        if (known_.insert(callee.place).second) frame_rule_learn(&frame, &caller);
        frames_.push_back(frame);
    }
    std::mt19937_64 random_;
    std::vector<struct shape> shapes_;
    std::set<uintptr_t> known_;
    std::vector<struct frame> frames_; // outermost first
    uintptr_t words_[WORDS] = {};
};

TEST(TrailWalkTest, LeadsWhereTheRulesDo) {
    if (!frame_rule_works()) GTEST_SKIP() << "no rule is learned on this processor";
    uint32_t seed = std::random_device()();
    RecordProperty("seed", std::to_string(seed));
    auto stack = std::make_unique<StackOfWords>(seed);
    for (int i = 0; i < 20000; i++) {
        stack->change();
        ASSERT_EQ(stack->by_trail(), stack->by_rules()) << "seed " << seed << ", look " << i;
    }
}

} // namespace
