// SPDX-License-Identifier: MIT
#include "heap/treat.h"

#include "heap/allocate.h"
#include "support/heap_fixture.h"

namespace {

class TreatTest : public HeapTest {
  protected:
    void TearDown() override {
        treat_measures = 0;
        HeapTest::TearDown();
    }
};

TEST_F(TreatTest, ByteThatWasWrittenIsFoundWhereverItIs) {
    treat_begin(TREAT_ZERO);
    alignas(ALIGN) char memory[160] = {};
    uintptr_t block = reinterpret_cast<uintptr_t>(memory);
    for (size_t stride : {size_t(ALIGN), size_t(5 * ALIGN), size_t(10 * ALIGN)}) {
        treat_out(block, stride, 0);
        for (size_t i : {size_t(0), size_t(1), stride / 2, stride - 1}) {
            memory[i] = 1;
            ASSERT_DEATH(treat_out(block, stride, 0), "write after free to 0x")
                << stride << " " << i;
            memory[i] = 0;
        }
    }
}

TEST_F(TreatTest, BlockThatComesBackIsZero) {
    treat_begin(TREAT_ZERO);
    alignas(ALIGN) char memory[3 * ALIGN];
    memset(memory, 1, sizeof memory);
    treat_back(reinterpret_cast<uintptr_t>(memory), 2 * ALIGN);
    for (size_t i = 0; i < sizeof memory; i++) EXPECT_EQ(memory[i], i >= 2 * ALIGN) << i;
}

void require(bool condition) {
    if (!condition) _exit(1);
}

// In a process of its own, as there must be no other heap.
void begin_in_the_middle() {
    const size_t sizes[] = {16, 500, 600, 5000, 40000, 300000};
    std::vector<std::pair<char *, size_t>> live, freed;
    for (size_t size : sizes)
        for (int i = 0; i < 20; i++) {
            char *block = static_cast<char *>(memset(allocate(size), 7, size));
            (i % 3 == 0 ? live : freed).push_back({block, size});
        }
    for (auto &[block, size] : freed) deallocate(block);
    require(allocate_treat(TREAT_ZERO));
    for (auto &[block, size] : live) require(is_all(block, 7, size));
    for (auto &[block, size] : freed) require(is_all(allocate(size), 0, size));
    _exit(0);
}

using TreatDeathTest = TreatTest;
TEST_F(TreatDeathTest, WhatIsFreeWhenItBeginsIsClearedAndTheRestStays) {
    EXPECT_EXIT(begin_in_the_middle(), testing::ExitedWithCode(0), "");
}

TEST_F(TreatTest, ItIsTooLateWhereThereIsAnotherHeap) {
    deallocate(allocate(1));
    in_thread([] { deallocate(allocate(1)); });
    EXPECT_FALSE(allocate_treat(TREAT_ZERO));
    EXPECT_EQ(treat_measures, 0u);
}

} // namespace
