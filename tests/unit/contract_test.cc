// SPDX-License-Identifier: MIT
// What the standards say about sizes, errno and alignments; tests/api has the whole contract, by
// every set of names.
#include "malloc/contract.h"

#include <cerrno>
#include <set>

#include "heap/treat.h"
#include "os/options.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

using ContractTest = HeapTest;

// Compilers know that such sizes cannot be had.
volatile size_t much = SIZE_MAX / 2 + 1;

TEST_F(ContractTest, AProductBeyondTheAddressSpaceIsENOMEM) {
    void *block = contract_malloc(10);
    for (auto call : {+[](void *) { return contract_calloc(much, 2); },
                      +[](void *old) { return contract_reallocarray(old, much, 2); },
                      +[](void *old) { return contract_realloc(old, much); },
                      +[](void *) { return contract_malloc(much); }}) {
        errno = 0;
        EXPECT_EQ(call(block), nullptr);
        EXPECT_EQ(errno, ENOMEM);
    }
    EXPECT_EQ(fault_at(block), BLOCK_LIVE) << "what could not grow stays";
    contract_free(block);
}

// As glibc, which sets errno only where memory is short.
TEST_F(ContractTest, PosixMemalignLeavesItsResultWhenItFails) {
    int here;
    void *result = &here;
    errno = EDOM;
    for (size_t alignment : {size_t(0), size_t(3), sizeof(void *) / 2, 3 * sizeof(void *)})
        EXPECT_EQ(contract_posix_memalign(&result, alignment, 10), EINVAL) << alignment;
    EXPECT_EQ(errno, EDOM);
    EXPECT_EQ(contract_posix_memalign(&result, 64, much), ENOMEM);
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_EQ(result, &here);
    errno = EDOM;
    EXPECT_EQ(contract_posix_memalign(&result, 4096, 10), 0);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(result) % 4096, 0u);
    EXPECT_EQ(errno, EDOM);
    contract_free(result);
}

TEST_F(ContractTest, BlocksOfNoBytesAreBlocks) {
    std::set<void *> blocks = {contract_malloc(0), contract_calloc(0, 7),
                               contract_realloc(nullptr, 0), contract_aligned(64, 0)};
    EXPECT_EQ(blocks.size(), 4u);
    EXPECT_EQ(blocks.count(nullptr), 0u);
    for (void *block : blocks) contract_free(block);
}

// The sizes about the borders of classes, and those of blocks with pages of their own.
TEST_F(ContractTest, AGoodSizeIsWhatABlockOfItHas) {
    for (size_t size : {1, 15, 16, 17, 511, 512, 513, 4095, 4096, 4097, 65536, 65537, 1000000}) {
        void *block = contract_malloc(size);
        EXPECT_EQ(contract_usable_size(block), contract_good_size(size)) << size;
        EXPECT_GE(contract_good_size(size), size);
        contract_free(block);
    }
    EXPECT_EQ(contract_usable_size(nullptr), 0u);
}

// Blocks know what they were asked for by.
class ExactContractTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        treat_begin(TREAT_SEAL);
        allocate_trim(0);
    }
    void TearDown() override {
        treat_measures = 0;
        options.guard_pages = false;
        HeapTest::TearDown();
    }
    void expect_every_other_size_is_a_mistake(size_t pages, size_t alignment) {
        const size_t less[] = {0, 1, 15, 100};
        for (size_t of_block : less) {
            size_t asked = pages * POOL_SIZE - of_block;
            void *block = contract_aligned(alignment, asked);
            EXPECT_EQ(contract_usable_size(block), asked);
            for (size_t of_delete : less) {
                size_t wrong = pages * POOL_SIZE - of_delete;
                if (wrong == asked) continue;
                EXPECT_DEATH(contract_check_delete(block, alignment, wrong),
                             "operator delete of 0x.* with size " + std::to_string(wrong))
                    << asked;
            }
            contract_check_delete(block, alignment, asked);
            contract_free(block);
        }
    }
};

TEST_F(ExactContractTest, ASizedDeleteOfWholePagesIsExactToTheByte) {
    for (size_t pages : {1, 2, 16, 17, 200})
        for (size_t alignment : {1, 64, 4096})
            expect_every_other_size_is_a_mistake(pages, alignment);
    options.guard_pages = true;
    expect_every_other_size_is_a_mistake(17, 1);
    expect_every_other_size_is_a_mistake(200, 4096);
}

// Each move would copy all of it to memory that was never written.
TEST_F(ExactContractTest, ABlockBetweenGuardPagesThatGrowsBySmallStepsMovesSeldom) {
    options.guard_pages = true;
    size_t size = 100000, moves = 0;
    char *block = at(contract_malloc(size));
    for (; size < 3200000; size += size / 8) {
        memset(block, 1, size);
        char *grown = at(contract_realloc(block, size + size / 8));
        moves += grown != block;
        block = grown;
        EXPECT_EQ(contract_usable_size(block), size + size / 8);
        EXPECT_TRUE(is_all(block, 1, size));
    }
    EXPECT_LE(moves, 6u); // a doubling each
    contract_free(block);
}

// Nor does a block whose pages stay as they are forget its size.
TEST_F(ExactContractTest, AShorterBlockIsExactToTheByteWhereThereIsNoOther) {
    for (uint64_t guards : {0, 1}) {
        options.guard_pages = guards;
        void *block = contract_malloc(80 * POOL_SIZE);
        {
            OsFaults faults = OsFaults::from(~0u, 0);
            EXPECT_EQ(contract_realloc(block, 80 * POOL_SIZE - 5), block);
        }
        EXPECT_EQ(contract_usable_size(block), 80 * POOL_SIZE - 5);
        contract_check_delete(block, 1, 80 * POOL_SIZE - 5);
        contract_free(block);
    }
}

} // namespace
