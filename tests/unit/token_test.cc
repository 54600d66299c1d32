// SPDX-License-Identifier: MIT
#include "heap/token.h"

#include "support/heap_fixture.h"

namespace {

class TokenTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        block_ = owner_.take(100);
        pool_ = pool_at(block_);
    }
    void TearDown() override {
        token_let_go(pool_);
        owner_.free(block_);
        HeapTest::TearDown();
    }
    TestHeap owner_;
    void *block_ = nullptr;
    struct pool *pool_ = nullptr;
};

TEST_F(TokenTest, IsHadByOneAtATime) {
    EXPECT_FALSE(token_is_taken(pool_));
    EXPECT_TRUE(token_try(pool_));
    EXPECT_TRUE(token_is_taken(pool_));
    EXPECT_FALSE(token_try(pool_));
    token_let_go(pool_);
    EXPECT_FALSE(token_is_taken(pool_));
    EXPECT_TRUE(token_try(pool_));
}

TEST_F(TokenTest, HasTheNextItemInItUntilThatIsTaken) {
    const uint64_t item = UINT64_C(0x7fff12345678);
    ASSERT_TRUE(token_try(pool_));
    EXPECT_EQ(token_next(pool_), 0u);
    token_set_next(pool_, item);
    EXPECT_EQ(token_next(pool_), item);
    EXPECT_TRUE(token_is_taken(pool_));
    EXPECT_EQ(token_take_next(pool_), item);
    EXPECT_EQ(token_next(pool_), 0u);
    EXPECT_TRUE(token_is_taken(pool_));
}

// Who had it does not exist in the child of a fork.
TEST_F(TokenTest, IsFreeAfterAFork) {
    uint64_t forks = atomic_u64_load(&token_forks);
    ASSERT_TRUE(token_try(pool_));
    atomic_u64_store(&token_forks, forks + (UINT64_C(1) << TOKEN_FORKS_SHIFT));
    EXPECT_FALSE(token_is_taken(pool_));
    EXPECT_TRUE(token_try(pool_));
    EXPECT_FALSE(token_try(pool_));
    atomic_u64_store(&token_forks, forks);
}

} // namespace
