// SPDX-License-Identifier: MIT
#include "os/trap.h"

#include <csetjmp>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

sigjmp_buf back;
struct trap seen;

void on_fault(int, siginfo_t *info, void *context) {
    trap_read(info, context, &seen);
    siglongjmp(back, 1);
}

class TrapTest : public testing::Test {
  protected:
    void SetUp() override {
        struct sigaction action = {};
        action.sa_sigaction = on_fault;
        action.sa_flags = SA_SIGINFO;
        ASSERT_EQ(sigaction(SIGSEGV, &action, &before_), 0);
        size_ = size_t(sysconf(_SC_PAGESIZE));
        page_ = static_cast<volatile char *>(
            mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        ASSERT_NE(page_, MAP_FAILED);
        seen = {};
    }
    void TearDown() override {
        munmap(const_cast<char *>(page_), size_);
        sigaction(SIGSEGV, &before_, nullptr);
    }
    struct sigaction before_;
    size_t size_ = 0;
    volatile char *page_ = nullptr;
};

TEST_F(TrapTest, TellsTheAddressAndTheKindOfAWrite) {
    if (sigsetjmp(back, 1) == 0) page_[100] = 1;
    EXPECT_EQ(seen.address, reinterpret_cast<uintptr_t>(page_ + 100));
    EXPECT_NE(seen.access, TRAP_READ);
}

TEST_F(TrapTest, TellsTheAddressAndTheKindOfARead) {
    if (sigsetjmp(back, 1) == 0) (void)page_[200];
    EXPECT_EQ(seen.address, reinterpret_cast<uintptr_t>(page_ + 200));
    EXPECT_NE(seen.access, TRAP_WRITE);
}

#if defined(__x86_64__)
TEST_F(TrapTest, KnowsReadsFromWritesAndTheInstruction) {
    if (sigsetjmp(back, 1) == 0) page_[0] = 1;
    EXPECT_EQ(seen.access, TRAP_WRITE);
    EXPECT_NE(seen.code, 0u);
    if (sigsetjmp(back, 1) == 0) (void)page_[0];
    EXPECT_EQ(seen.access, TRAP_READ);
}
#endif

TEST_F(TrapTest, ASignalThatWasSentHasNoAddress) {
    if (sigsetjmp(back, 1) == 0) raise(SIGSEGV);
    EXPECT_EQ(seen.address, 0u);
}

} // namespace
