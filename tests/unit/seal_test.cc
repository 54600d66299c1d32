// SPDX-License-Identifier: MIT
#include "heap/seal.h"

#include <sys/mman.h>

#include "heap/allocate.h"
#include "heap/treat.h"
#include "os/os.h"
#include "support/heap_fixture.h"

namespace {

class SealTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        ASSERT_TRUE(seal_begin());
    }
    uintptr_t block() const { return reinterpret_cast<uintptr_t>(memory); }
    alignas(ALIGN) char memory[192] = {};
};

TEST_F(SealTest, TellsTheSizeForEverySizeAndStride) {
    for (size_t stride = ALIGN; stride <= sizeof memory; stride += ALIGN)
        for (size_t size = 0; size + SEAL_SIZE <= stride; size++) {
            seal_put(block(), stride, size);
            memset(memory, 9, size);
            ASSERT_EQ(seal_size("f", block(), stride), size) << stride;
        }
}

// Another thread may write to what lies there; and it may be out of reach.
TEST_F(SealTest, NothingInFrontOfABlockIsTouched) {
    const size_t page = os_page_size();
    char *map = static_cast<char *>(
        mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(map, MAP_FAILED);
    ASSERT_EQ(mprotect(map, page, PROT_NONE), 0);
    const uintptr_t first = reinterpret_cast<uintptr_t>(map) + page;
    for (size_t stride : {size_t(SEAL_SIZE), size_t(16), size_t(24), size_t(64)})
        for (size_t size = 0; size + SEAL_SIZE <= stride; size++) {
            seal_put(first, stride, size);
            EXPECT_EQ(seal_size("f", first, stride), size) << stride;
            seal_break(first, stride);
        }
    ASSERT_EQ(munmap(map, 2 * page), 0);
}

TEST_F(SealTest, EveryBitBehindTheEndIsMissedAsFarAsAnOverflowComesFirst) {
    const size_t stride = sizeof memory, size = stride - SEAL_SIZE - 40;
    seal_put(block(), stride, size);
    for (size_t bit : {size * 8, size * 8 + 7, (stride - SEAL_SIZE) * 8 - 1,
                       (stride - SEAL_SIZE) * 8, stride * 8 - 20, stride * 8 - 1}) {
        memory[bit / 8] ^= char(1 << bit % 8);
        EXPECT_DEATH(seal_size("f", block(), stride), "overflow of 0x") << bit;
        EXPECT_DEATH(seal_break(block(), stride), "overflow of 0x") << bit;
        EXPECT_DEATH(seal_check(block(), stride), "overflow of 0x") << bit;
        memory[bit / 8] ^= char(1 << bit % 8);
    }
    EXPECT_EQ(seal_size("f", block(), stride), size);
}

TEST_F(SealTest, ABrokenSealIsThatOfAFreedBlock) {
    seal_put(block(), 64, 10);
    seal_break(block(), 64);
    seal_check(block(), 64);
    EXPECT_DEATH(seal_break(block(), 64), "double free of 0x");
    EXPECT_DEATH(seal_size("realloc", block(), 64), "realloc of freed pointer 0x");
}

TEST_F(SealTest, ASealOfAnotherBlockIsNone) {
    seal_put(block(), 64, 10);
    memcpy(memory + 64, memory, 64);
    EXPECT_DEATH(seal_size("f", block() + 64, 64), "overflow of 0x");
}

TEST_F(SealTest, BlocksOfBeforeAreStrangersUntilTheyAreFreed) {
    std::vector<void *> blocks;
    for (size_t size : {16, 100, 500, 3000, 40000})
        for (int i = 0; i < 400; i++) blocks.push_back(allocate(size));
    ASSERT_TRUE(seal_begin());
    for (void *pointer : blocks) {
        struct block found = block_at(pointer);
        ASSERT_TRUE(seal_is_stranger(found.address));
        EXPECT_FALSE(seal_is_stranger(found.address + 1));
        EXPECT_EQ(seal_size("f", found.address, found.usable), found.usable);
        seal_break(found.address, found.usable);
        EXPECT_FALSE(seal_is_stranger(found.address));
        deallocate(pointer);
    }
}

} // namespace
