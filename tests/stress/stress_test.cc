// SPDX-License-Identifier: MIT
// Random operations against the shadow model: alone, with threads that hand blocks to each other,
// and with threads that come and go. STRESS_SECONDS (5) is for all tests together, STRESS_THREADS
// (4), STRESS_SEED as printed.
#include <array>
#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <mutex>
#include <thread>

#include "stress/model.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t MEBIBYTE = size_t(1) << 20;
constexpr size_t TESTS = 4;

uint64_t seed() {
    static const uint64_t chosen = seed_from_environment();
    return chosen;
}

size_t thread_count() { return env_number("STRESS_THREADS", 4); }

Clock::time_point end_of_test() {
    return Clock::now() + std::chrono::milliseconds(env_number("STRESS_SECONDS", 5) * 1000 / TESTS);
}

// Through it threads hand their blocks to each other: each cell holds a block that is nobody's.
class Exchange {
  public:
    Block swap(size_t index, const Block &block) {
        Cell &cell = cells_[index % cells_.size()];
        std::lock_guard<std::mutex> lock(cell.mutex);
        Block old = cell.block;
        cell.block = block;
        return old;
    }
    void drain_into(Model *model) {
        for (size_t i = 0; i < cells_.size(); i++) model->take(swap(i, {}));
    }

  private:
    struct Cell {
        std::mutex mutex;
        Block block;
    };
    std::array<Cell, 509> cells_;
};

// The first error of any thread.
class Verdict {
  public:
    void note(const std::string &error) {
        if (error.empty()) return;
        std::lock_guard<std::mutex> lock(mutex_);
        if (first_.empty()) first_ = error;
        failed_ = true;
    }
    bool failed() const { return failed_; }
    const std::string &first() const { return first_; }

  private:
    std::mutex mutex_;
    std::string first_;
    std::atomic<bool> failed_{false};
};

// Works until `end`, or for `steps`; what it holds at the end goes to the exchange as far as it
// finds room there, and the rest is freed.
void work(const Names &names, uint64_t thread_seed, Exchange *exchange, Verdict *verdict,
          size_t steps, Clock::time_point end) {
    Model model(names, thread_seed, MEBIBYTE);
    struct rng random = {thread_seed ^ 0x1234};
    for (size_t i = 0; i < steps && model.error().empty() && !verdict->failed(); i++) {
        model.step(2000);
        if (i % 3 == 0) model.take(exchange->swap(rng_next(&random), model.give()));
        if (i % 1024 == 0 && Clock::now() > end) break;
    }
    model.verify_all();
    while (model.count() > 0 && model.error().empty() && rng_below(&random, 100) != 0)
        model.take(exchange->swap(rng_next(&random), model.give()));
    model.release_all();
    verdict->note(model.error());
}

} // namespace

class StressTest : public testing::TestWithParam<Names> {
  protected:
    const Names &names = GetParam();
};

TEST_P(StressTest, OneThreadWithSmallBlocks) {
    Model model(names, seed(), 4096);
    for (Clock::time_point end = end_of_test(); Clock::now() < end;) {
        for (int i = 0; i < 5000; i++) model.step(20000);
        ASSERT_EQ(model.error(), "");
    }
    model.verify_all();
    model.release_all();
    EXPECT_EQ(model.error(), "");
}

TEST_P(StressTest, OneThreadWithAllSizes) {
    Model model(names, seed() + 1, 40 * MEBIBYTE);
    for (Clock::time_point end = end_of_test(); Clock::now() < end;) {
        for (int i = 0; i < 1000; i++) model.step(500);
        ASSERT_EQ(model.error(), "");
    }
    model.verify_all();
    model.release_all();
    EXPECT_EQ(model.error(), "");
}

TEST_P(StressTest, ThreadsHandBlocksToEachOther) {
    Exchange exchange;
    Verdict verdict;
    std::vector<std::thread> threads;
    Clock::time_point end = end_of_test();
    for (size_t i = 0; i < thread_count(); i++)
        threads.emplace_back(work, std::cref(names), seed() + 100 + i, &exchange, &verdict,
                             SIZE_MAX, end);
    for (std::thread &thread : threads) thread.join();
    Model rest(names, seed(), 1);
    exchange.drain_into(&rest);
    rest.verify_all();
    rest.release_all();
    verdict.note(rest.error());
    EXPECT_EQ(verdict.first(), "");
}

TEST_P(StressTest, ThreadsComeAndGoAndLeaveBlocksBehind) {
    Exchange exchange;
    Verdict verdict;
    uint64_t generation = 0;
    for (Clock::time_point end = end_of_test(); Clock::now() < end && !verdict.failed();) {
        std::vector<std::thread> threads;
        for (size_t i = 0; i < thread_count(); i++)
            threads.emplace_back(work, std::cref(names), seed() + 1000 + generation++, &exchange,
                                 &verdict, 3000, end);
        for (std::thread &thread : threads) thread.join();
    }
    Model rest(names, seed(), 1);
    exchange.drain_into(&rest);
    rest.verify_all();
    rest.release_all();
    verdict.note(rest.error());
    EXPECT_EQ(verdict.first(), "");
}

static std::string names_title(const testing::TestParamInfo<Names> &info) {
    return info.param.title;
}

INSTANTIATE_TEST_SUITE_P(Names, StressTest, testing::ValuesIn(all_names()), names_title);
