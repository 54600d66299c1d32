// SPDX-License-Identifier: MIT
// profile: what cannot be written as a whole is not written at all.
#include "malloc/profile.h"

#include <atomic>
#include <poolalloc.h>

#include "heap/allocate.h"
#include "heap/sample.h"
#include "os/lock.h"
#include "os/os.h"
#include "support/heap_fixture.h"

namespace {

// A thread that holds the lock of the samples until it is told to go on.
class Holder {
  public:
    Holder() : thread_([this] { hold(); }) {
        while (!holds_) std::this_thread::yield();
    }
    ~Holder() {
        go_on_ = true;
        thread_.join();
    }

  private:
    void hold() {
        struct sample_totals totals;
        auto wait = [](const struct site *, void *argument) {
            auto *holder = static_cast<Holder *>(argument);
            holder->holds_ = true;
            while (!holder->go_on_) std::this_thread::yield();
        };
        EXPECT_TRUE(sample_each(&totals, wait, this));
    }
    std::atomic<bool> holds_{false}, go_on_{false};
    std::thread thread_;
};

std::unique_ptr<Holder> holder;

class ProfileTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        ASSERT_TRUE(allocate_sample(1));
        block_ = poolalloc_malloc(100);
    }
    void TearDown() override {
        os_fault_for_test = nullptr;
        holder.reset();
        lock_patience = patience_;
        poolalloc_free(block_);
        allocate_sample(0);
        poolalloc_trim(0);
        sample_reset_for_test();
        HeapTest::TearDown();
    }
    void *block_;
    unsigned patience_ = lock_patience;
};

TEST_F(ProfileTest, SamplesThatGetOutOfReachMeanwhileAreNoEmptyProfile) {
    for (auto *write : {profile_write, profile_write_folded}) {
        Capture capture, again;
        lock_patience = 0;
        os_fault_for_test = [](enum os_call call) { // after a first look at the samples
            if (call == OS_MAP && holder == nullptr) holder = std::make_unique<Holder>();
            return false;
        };
        EXPECT_FALSE(write(capture.text()));
        EXPECT_EQ(capture.take(), "");
        os_fault_for_test = nullptr;
        holder.reset();
        lock_patience = patience_;
        EXPECT_TRUE(write(again.text()));
        EXPECT_NE(again.take(), "");
    }
}

} // namespace
