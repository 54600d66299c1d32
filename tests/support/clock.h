// SPDX-License-Identifier: MIT
// clock.h - time as a test decides: while a TestClock lives, os_clock_ms stands still but for
// advance(). One at a time. None begins before the last one ended: what is due at a time that an
// earlier test made up comes to be due.
#ifndef POOLALLOC_TEST_CLOCK_H
#define POOLALLOC_TEST_CLOCK_H

#include "base/atomic.h"
#include "os/os.h"

class TestClock {
  public:
    TestClock() {
        if (atomic_u64_load(&now_) < os_clock_ms()) atomic_u64_store(&now_, os_clock_ms());
        os_clock_for_test = [] {
            atomic_u64_add(&looks_, 1);
            return atomic_u64_load(&now_);
        };
    }
    ~TestClock() { os_clock_for_test = nullptr; }
    TestClock(const TestClock &) = delete;
    TestClock &operator=(const TestClock &) = delete;
    void advance(uint64_t milliseconds) { atomic_u64_add(&now_, milliseconds); }
    // How often any thread has asked for the time.
    uint64_t looks() const { return atomic_u64_load(&looks_); }

  private:
    static inline struct atomic_u64 now_, looks_;
};

#endif
