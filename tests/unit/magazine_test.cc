// SPDX-License-Identifier: MIT
#include "heap/magazine.h"

#include <gtest/gtest.h>

namespace {

class MagazineTest : public testing::Test {
  protected:
    // Block number n of a word's blocks, on made-up addresses.
    static uintptr_t block(unsigned n) { return WORD_SPAN * 1000 + n * ALIGN; }
    bool push(unsigned n) { return magazine_push(&top_, &end_, block(n), &word_); }
    void *pop() { return magazine_pop(&top_); }
    bool is_live(unsigned n) { return atomic_u64_load(&word_) >> n & 1; }

    struct round rounds_[4] = {}; // the bottom, and room for three
    struct round *top_ = rounds_, *end_ = &rounds_[3];
    struct atomic_u64 word_ = {};
};

TEST_F(MagazineTest, TheLatestBlockComesFirstAndIsLiveThen) {
    ASSERT_TRUE(push(5));
    ASSERT_TRUE(push(9));
    EXPECT_FALSE(is_live(9));
    EXPECT_EQ(pop(), reinterpret_cast<void *>(block(9)));
    EXPECT_TRUE(is_live(9));
    EXPECT_FALSE(is_live(5));
    EXPECT_EQ(pop(), reinterpret_cast<void *>(block(5)));
    EXPECT_EQ(pop(), nullptr);
}

TEST_F(MagazineTest, TakesNoMoreThanThereIsRoomFor) {
    for (unsigned n = 0; n < 3; n++) ASSERT_TRUE(push(n));
    EXPECT_FALSE(push(3));
    EXPECT_EQ(top_->block, block(2));
}

TEST_F(MagazineTest, AMarkedRoundStaysAndLooksEmpty) {
    ASSERT_TRUE(push(1));
    top_->block = 0;
    EXPECT_EQ(pop(), nullptr);
    EXPECT_EQ(top_, &rounds_[1]);
    EXPECT_FALSE(is_live(1));
}

} // namespace
