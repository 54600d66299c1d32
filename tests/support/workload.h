// SPDX-License-Identifier: MIT
// workload.h - random allocations of all kinds and sizes whose results may be NULL: what was
// allocated must hold its contents all the same. The stress tests have a model that demands more.
#ifndef POOLALLOC_TEST_WORKLOAD_H
#define POOLALLOC_TEST_WORKLOAD_H

#include <string>
#include <vector>

#include "support/random.h"

class Workload {
  public:
    explicit Workload(uint64_t seed, int steps_between_trims = 200)
        : random_{seed}, trim_interval_(steps_between_trims) {}
    ~Workload() { release_all(); }
    Workload(const Workload &) = delete;
    Workload &operator=(const Workload &) = delete;

    void run(int steps);
    void release_all();
    // Blocks to be freed by somebody else; `adopt` takes them.
    struct Block {
        unsigned char *start;
        size_t size;
        uint64_t mark;
    };
    std::vector<Block> give(size_t count);
    void adopt(const std::vector<Block> &blocks);
    // The first thing that went wrong, or "".
    const std::string &error() const { return error_; }
    size_t failures() const { return failures_; }

  private:
    size_t random_size();
    void allocate();
    void resize(Block *block);
    void deallocate(size_t index);
    void fill(const Block &block);
    void verify(const Block &block, size_t size, const char *when);
    void fail(const char *what, const Block &block);

    struct rng random_;
    int trim_interval_;
    std::vector<Block> blocks_;
    std::string error_;
    size_t failures_ = 0;
};

#endif
