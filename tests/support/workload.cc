// SPDX-License-Identifier: MIT
#include "support/workload.h"

#include <cerrno>
#include <cstdio>
#include <poolalloc.h>

namespace {

constexpr size_t PAGE_STEP = 4096;

// Bytes at both ends and one in each page, so that large blocks take no longer than small ones:
// up to 64 of the pages.
template <typename Function> void for_each_place(size_t size, Function function) {
    for (size_t i = 0; i < size && i < 64; i++) function(i);
    size_t pages = size / PAGE_STEP, stride = pages > 64 ? pages / 64 * PAGE_STEP : PAGE_STEP;
    for (size_t i = PAGE_STEP; i < size; i += stride) function(i);
    for (size_t i = size > 64 ? size - 64 : 0; i < size; i++) function(i);
}

unsigned char content(uint64_t mark, size_t index) {
    return static_cast<unsigned char>((mark >> index % 8 * 8) + index / PAGE_STEP + 1);
}

} // namespace

void Workload::fail(const char *what, const Block &block) {
    if (!error_.empty()) return;
    char text[160];
    std::snprintf(text, sizeof text, "%s: block %p of %zu bytes", what,
                  static_cast<void *>(block.start), block.size);
    error_ = text;
}

void Workload::fill(const Block &block) {
    for_each_place(block.size, [&](size_t i) { block.start[i] = content(block.mark, i); });
}

void Workload::verify(const Block &block, size_t size, const char *when) {
    for_each_place(block.size, [&](size_t i) {
        if (i < size && block.start[i] != content(block.mark, i)) fail(when, block);
    });
}

// Small, spans, runs and mappings.
size_t Workload::random_size() {
    switch (rng_below(&random_, 12)) {
    case 0:
        return rng_below(&random_, 3 << 20);
    case 1:
        return (size_t(32) << 20) + rng_below(&random_, 8 << 20);
    case 2:
    case 3:
    case 4:
        return rng_below(&random_, 70000);
    default:
        return rng_below(&random_, 600);
    }
}

void Workload::allocate() {
    Block block = {nullptr, random_size(), rng_next(&random_)};
    bool zeroed = rng_below(&random_, 3) == 0, aligned = rng_below(&random_, 4) == 0;
    size_t alignment = size_t(16) << rng_below(&random_, 12);
    errno = 0;
    void *start = zeroed    ? poolalloc_calloc(1, block.size)
                  : aligned ? poolalloc_aligned_alloc(alignment, block.size)
                            : poolalloc_malloc(block.size);
    if (start == nullptr) {
        failures_++;
        if (errno != ENOMEM) fail("NULL without ENOMEM", block);
        return;
    }
    block.start = static_cast<unsigned char *>(start);
    for_each_place(block.size, [&](size_t i) {
        if (zeroed && block.start[i] != 0) fail("a byte of calloc is not zero", block);
    });
    if (aligned && !zeroed && reinterpret_cast<uintptr_t>(start) % alignment != 0)
        fail("not aligned", block);
    fill(block);
    blocks_.push_back(block);
}

void Workload::resize(Block *block) {
    verify(*block, block->size, "contents before realloc");
    size_t size = random_size() + 1;
    errno = 0;
    void *moved = poolalloc_realloc(block->start, size);
    if (moved == nullptr) {
        failures_++;
        if (errno != ENOMEM) fail("NULL without ENOMEM", *block);
        verify(*block, block->size, "contents after a realloc that failed");
        return;
    }
    block->start = static_cast<unsigned char *>(moved);
    verify(*block, size, "contents after realloc");
    block->size = size;
    fill(*block);
}

void Workload::deallocate(size_t index) {
    Block block = blocks_[index];
    blocks_[index] = blocks_.back();
    blocks_.pop_back();
    verify(block, block.size, "contents before free");
    errno = 4321;
    poolalloc_free(block.start);
    if (errno != 4321) fail("free changed errno", block);
}

void Workload::run(int steps) {
    for (int i = 0; i < steps && error_.empty(); i++) {
        uint64_t choice = rng_below(&random_, 10);
        if (blocks_.empty() || (choice < 5 && blocks_.size() < 60))
            allocate();
        else if (choice < 7)
            resize(&blocks_[rng_below(&random_, blocks_.size())]);
        else
            deallocate(rng_below(&random_, blocks_.size()));
        if (i % trim_interval_ == trim_interval_ - 1) poolalloc_trim(0);
    }
}

void Workload::release_all() {
    while (!blocks_.empty()) deallocate(blocks_.size() - 1);
}

std::vector<Workload::Block> Workload::give(size_t count) {
    std::vector<Block> given;
    for (; count > 0 && !blocks_.empty(); count--) {
        given.push_back(blocks_.back());
        blocks_.pop_back();
    }
    return given;
}

void Workload::adopt(const std::vector<Block> &blocks) {
    for (const Block &block : blocks) {
        verify(block, block.size, "contents of a block from another thread");
        blocks_.push_back(block);
    }
}
