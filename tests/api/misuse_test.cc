// SPDX-License-Identifier: MIT
// The prefixed names refuse what is no live block just as the plain ones do; every fault at every
// size is in tests/misuse.
#include <csignal>
#include <gtest/gtest.h>
#include <poolalloc.h>

#include "support/hide.h"

namespace {

using testing::KilledBySignal;

class PrefixedMisuseTest : public testing::Test {
  protected:
    void *block = hide(poolalloc_malloc(100));
    void *sibling = hide(poolalloc_malloc(100)); // keeps the pool in use
};
using PrefixedMisuseDeathTest = PrefixedMisuseTest;

} // namespace

TEST_F(PrefixedMisuseDeathTest, DoubleFree) {
    EXPECT_EXIT(
        {
            poolalloc_free(block);
            poolalloc_free(hide(block));
        },
        KilledBySignal(SIGABRT), "^poolalloc: double free of 0x[0-9a-f]+.*\n$");
}

TEST_F(PrefixedMisuseDeathTest, ReallocOfAFreedBlock) {
    EXPECT_EXIT(
        {
            poolalloc_free(block);
            block = poolalloc_realloc(hide(block), 10);
        },
        KilledBySignal(SIGABRT), "^poolalloc: realloc of freed pointer 0x[0-9a-f]+.*\n$");
}

TEST_F(PrefixedMisuseDeathTest, InteriorPointer) {
    EXPECT_EXIT(poolalloc_free(static_cast<char *>(block) + 16), KilledBySignal(SIGABRT),
                "^poolalloc: free of interior pointer 0x[0-9a-f]+.*\n$");
}

TEST_F(PrefixedMisuseDeathTest, ForeignPointer) {
    static char variable[64];
    EXPECT_EXIT(poolalloc_free(hide(variable)), KilledBySignal(SIGABRT),
                "^poolalloc: free of foreign pointer 0x[0-9a-f]+.*\n$");
}

TEST_F(PrefixedMisuseDeathTest, WrongSize) {
    EXPECT_EXIT(poolalloc_free_sized(block, 5000), KilledBySignal(SIGABRT),
                "^poolalloc: free_sized of 0x[0-9a-f]+ with size 5000.*\n$");
}

TEST_F(PrefixedMisuseDeathTest, UsableSizeOfAForeignPointer) {
    static char variable[64];
    EXPECT_EXIT(hide_size(poolalloc_usable_size(hide(variable))), KilledBySignal(SIGABRT),
                "^poolalloc: malloc_usable_size of foreign pointer 0x[0-9a-f]+.*\n$");
}
