// SPDX-License-Identifier: MIT
#include "graph/numbering.h"

#include <gtest/gtest.h>
#include <vector>

namespace {

const uintptr_t PLACE = UINT64_C(0x7f0000000000);

class NumberingTest : public testing::Test {
  protected:
    void TearDown() override { numbering_close(&numbering_); }
    void add(const std::vector<uintptr_t> &addresses) {
        for (uintptr_t address : addresses) ASSERT_TRUE(numbering_add(&numbering_, address));
        numbering_finish(&numbering_);
    }
    struct numbering numbering_ = {};
};

TEST_F(NumberingTest, AnEmptyOneKnowsNobody) {
    EXPECT_EQ(numbering_of(&numbering_, PLACE), uint32_t(NOBODY));
}

TEST_F(NumberingTest, NumbersGoUpWithTheAddressWithinAPage) {
    add({PLACE + 32, PLACE + 64, PLACE + 4080});
    EXPECT_EQ(numbering_of(&numbering_, PLACE + 32), 0u);
    EXPECT_EQ(numbering_of(&numbering_, PLACE + 64), 1u);
    EXPECT_EQ(numbering_of(&numbering_, PLACE + 4080), 2u);
    EXPECT_EQ(numbering_of(&numbering_, PLACE + 48), uint32_t(NOBODY));
    EXPECT_EQ(numbering_of(&numbering_, PLACE + POOL_SIZE), uint32_t(NOBODY));
    EXPECT_EQ(numbering_.count, 3u);
}

// The numbers follow from the order of the walk, wherever the pages are.
TEST_F(NumberingTest, PagesAreNumberedInTheOrderInWhichTheyCame) {
    add({PLACE + 8 * POOL_SIZE, PLACE + 3 * POOL_SIZE, PLACE + 8 * POOL_SIZE + 16});
    EXPECT_EQ(numbering_of(&numbering_, PLACE + 8 * POOL_SIZE), 0u);
    EXPECT_EQ(numbering_of(&numbering_, PLACE + 8 * POOL_SIZE + 16), 1u);
    EXPECT_EQ(numbering_of(&numbering_, PLACE + 3 * POOL_SIZE), 2u);
}

TEST_F(NumberingTest, ManyPagesKeepTheirNumbersAsTheTableGrows) {
    const uint32_t pages = 3000;
    std::vector<uintptr_t> addresses;
    for (uint32_t i = 0; i < pages; i++) {
        addresses.push_back(PLACE + uintptr_t(i) * 7 * POOL_SIZE + 16);
        addresses.push_back(PLACE + uintptr_t(i) * 7 * POOL_SIZE + 1024);
    }
    add(addresses);
    for (uint32_t i = 0; i < addresses.size(); i++)
        ASSERT_EQ(numbering_of(&numbering_, addresses[i]), i);
}

} // namespace
