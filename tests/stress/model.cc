// SPDX-License-Identifier: MIT
#include "model.h"

#include <cstdio>
#include <cstring>

namespace {

constexpr size_t PAGE = 4096;

unsigned char content(uint64_t seed, size_t index) {
    return static_cast<unsigned char>((seed >> (index % 8 * 8)) + index);
}

// Blocks are filled and checked whole up to a page; beyond it at both ends and once per page, so
// that large blocks do not take all the time.
template <typename Function> bool for_each_index(size_t size, Function function) {
    size_t head = size < PAGE ? size : 512;
    for (size_t i = 0; i < head; i++)
        if (!function(i)) return false;
    if (size < PAGE) return true;
    for (size_t i = PAGE - 1; i < size - 64; i += PAGE)
        if (!function(i)) return false;
    for (size_t i = size - 64; i < size; i++)
        if (!function(i)) return false;
    return true;
}

} // namespace

Model::Model(const Names &names, uint64_t seed, size_t largest)
    : names_(names), random_{seed}, largest_(largest) {}

void Model::fail(const Block &block, const char *what, size_t where) {
    if (!error_.empty()) return;
    char text[200];
    std::snprintf(text, sizeof text, "%s: block %p, size %zu, alignment %zu, at %zu", what,
                  static_cast<void *>(block.start), block.size, block.alignment, where);
    error_ = text;
}

void Model::fill(const Block &block) const {
    for_each_index(block.size, [&](size_t i) {
        block.start[i] = content(block.seed, i);
        return true;
    });
}

bool Model::verify(const Block &block, size_t size, const char *when) {
    // The pattern of the whole block, but only the bytes below `size`.
    return for_each_index(block.size, [&](size_t i) {
        if (i >= size || block.start[i] == content(block.seed, i)) return true;
        fail(block, when, i);
        return false;
    });
}

bool Model::verify_fresh(const Block &block, const char *how) {
    size_t alignment =
        block.alignment > minimum_alignment() ? block.alignment : minimum_alignment();
    if (block.start == nullptr) {
        fail(block, how, 0);
        return false;
    }
    if (reinterpret_cast<uintptr_t>(block.start) % alignment != 0)
        fail(block, "is not aligned", alignment);
    size_t usable = names_.usable_size(block.start);
    if (usable < block.size) fail(block, "usable size is too small", usable);
    return error_.empty();
}

unsigned char *Model::allocate_zeroed(Block *block) {
    size_t count = 1 + rng_below(&random_, 8);
    block->size = block->size / count * count;
    unsigned char *start = static_cast<unsigned char *>(names_.calloc(count, block->size / count));
    if (start == nullptr) return nullptr;
    block->start = start;
    for_each_index(block->size, [&](size_t i) {
        if (start[i] == 0) return true;
        fail(*block, "calloc gave a byte that is not zero", i);
        return false;
    });
    return start;
}

unsigned char *Model::allocate_aligned(Block *block) {
    block->alignment = size_t(8) << rng_below(&random_, 10);
    if (rng_below(&random_, 100) == 0)
        block->alignment = size_t(1) << (13 + rng_below(&random_, 8));
    if (rng_below(&random_, 2) == 0)
        return static_cast<unsigned char *>(names_.aligned_alloc(block->alignment, block->size));
    void *start = nullptr;
    if (names_.posix_memalign(&start, block->alignment, block->size) != 0) return nullptr;
    return static_cast<unsigned char *>(start);
}

void Model::allocate() {
    Block block;
    block.size = rng_size(&random_, rng_below(&random_, 50) == 0 ? largest_ : 4000);
    block.seed = rng_next(&random_);
    switch (rng_below(&random_, 8)) {
    case 0:
    case 1:
        block.start = allocate_zeroed(&block);
        break;
    case 2:
        block.start = allocate_aligned(&block);
        break;
    case 3:
        block.start = static_cast<unsigned char *>(names_.realloc(nullptr, block.size));
        break;
    default:
        block.start = static_cast<unsigned char *>(names_.malloc(block.size));
    }
    if (!verify_fresh(block, "allocation failed")) return;
    fill(block);
    blocks_.push_back(block);
}

void Model::resize(size_t index) {
    Block &block = blocks_[index];
    if (!verify(block, block.size, "contents changed before realloc")) return;
    size_t size = rng_size(&random_, rng_below(&random_, 50) == 0 ? largest_ : 6000) + 1;
    void *moved = rng_below(&random_, 4) == 0 ? names_.reallocarray(block.start, size, 1)
                                              : names_.realloc(block.start, size);
    if (moved == nullptr) {
        fail(block, "realloc failed", size);
        return;
    }
    block.start = static_cast<unsigned char *>(moved);
    block.alignment = 0;
    if (!verify(block, size, "realloc lost contents")) return;
    block.size = size;
    if (verify_fresh(block, "realloc failed")) fill(block);
}

void Model::deallocate(size_t index) {
    Block block = blocks_[index];
    blocks_[index] = blocks_.back();
    blocks_.pop_back();
    if (!verify(block, block.size, "contents changed before free")) return;
    bool sized = rng_below(&random_, 4) == 0;
    if (sized && block.alignment == 0 && names_.free_sized != nullptr)
        names_.free_sized(block.start, block.size);
    else if (sized && block.alignment != 0 && names_.free_aligned_sized != nullptr)
        names_.free_aligned_sized(block.start, block.alignment, block.size);
    else
        names_.free(block.start);
}

void Model::step(size_t limit) {
    if (!error_.empty()) return;
    uint64_t choice = rng_below(&random_, 100);
    if (blocks_.empty() || (choice < 45 && blocks_.size() < limit))
        allocate();
    else if (choice < 60)
        resize(rng_below(&random_, blocks_.size()));
    else
        deallocate(rng_below(&random_, blocks_.size()));
}

void Model::release_all() {
    while (!blocks_.empty() && error_.empty()) deallocate(blocks_.size() - 1);
}

Block Model::give() {
    if (blocks_.empty()) return {};
    size_t index = rng_below(&random_, blocks_.size());
    Block block = blocks_[index];
    blocks_[index] = blocks_.back();
    blocks_.pop_back();
    return block;
}

void Model::take(const Block &block) {
    if (block.start != nullptr) blocks_.push_back(block);
}

void Model::verify_all() {
    for (const Block &block : blocks_)
        if (!verify(block, block.size, "contents changed")) return;
}
