// SPDX-License-Identifier: MIT
#include "heap/price.h"

#include "os/os.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

class PriceTest : public HeapTest {
  protected:
    static unsigned factor_at(uint64_t ns) {
        first_write = ns;
        os_first_write_for_test = [] {
            asked++;
            return first_write;
        };
        price_forget_for_test();
        price_ask();
        return price_factor();
    }
    static inline uint64_t first_write;
    static inline int asked;
};

TEST_F(PriceTest, IsInProportionWithinBounds) {
    EXPECT_EQ(factor_at(0), 1u); // not known
    EXPECT_EQ(factor_at(250), 1u);
    EXPECT_EQ(factor_at(1999), 1u);
    EXPECT_EQ(factor_at(3000), 3u);
    EXPECT_EQ(factor_at(8000), 8u);
    EXPECT_EQ(factor_at(1000 * 1000), unsigned(PRICE_MOST));
}

TEST_F(PriceTest, IsAskedForOnceAndUsualUntilThen) {
    factor_at(5000);
    asked = 0;
    price_ask();
    EXPECT_EQ(asked, 0);
    EXPECT_EQ(price_factor(), 5u);
    price_forget_for_test();
    EXPECT_EQ(price_factor(), 1u);
}

TEST_F(PriceTest, TheSystemsOwnIsMoreThanNothing) {
    os_first_write_for_test = nullptr;
    EXPECT_GT(os_first_write_ns(), 10u);
    os_fault_for_test = refuse<OS_MAP>;
    EXPECT_EQ(os_first_write_ns(), 0u);
}

} // namespace
