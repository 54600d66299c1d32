// SPDX-License-Identifier: MIT
// model.h - the shadow of an allocator under random operations: it remembers size, alignment and
// contents of every live block and finds what does not agree.
#ifndef POOLALLOC_TEST_MODEL_H
#define POOLALLOC_TEST_MODEL_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "support/names.h"
#include "support/random.h"

struct Block {
    unsigned char *start = nullptr;
    size_t size = 0;
    size_t alignment = 0; // asked for; 0: none, so that realloc and free_sized may be used
    uint64_t seed = 0;    // of the contents
};

class Model {
  public:
    Model(const Names &names, uint64_t seed, size_t largest);

    // One random operation on the blocks held, of which there are never more than `limit`.
    void step(size_t limit);

    void allocate();
    void resize(size_t index);
    void deallocate(size_t index);
    void release_all();

    // Blocks handed to and taken from another thread's model.
    Block give();
    void take(const Block &block);

    // Checks the contents of every block held.
    void verify_all();

    size_t count() const { return blocks_.size(); }
    // What went wrong first, or empty.
    const std::string &error() const { return error_; }

  private:
    void fill(const Block &block) const;
    bool verify(const Block &block, size_t size, const char *when);
    bool verify_fresh(const Block &block, const char *how);
    void fail(const Block &block, const char *what, size_t where);
    unsigned char *allocate_zeroed(Block *block);
    unsigned char *allocate_aligned(Block *block);

    const Names &names_;
    struct rng random_;
    size_t largest_;
    std::vector<Block> blocks_;
    std::string error_;
};

#endif
