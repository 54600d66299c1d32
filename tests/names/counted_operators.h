// SPDX-License-Identifier: MIT
// Operators new and delete of an object's own, which count; the 16 bytes in front of a block show
// whoever else frees it. Included by one source of each object.
#ifndef POOLALLOC_TEST_COUNTED_OPERATORS_H
#define POOLALLOC_TEST_COUNTED_OPERATORS_H

#include <cstdint>
#include <cstdlib>
#include <new>

namespace {
long live, made;
} // namespace

void *operator new(size_t size) {
    if (size > PTRDIFF_MAX - 16) throw std::bad_alloc();
    void *block = std::malloc(size + 16);
    if (block == nullptr) throw std::bad_alloc();
    live++, made++;
    return static_cast<char *>(block) + 16;
}
void operator delete(void *block) noexcept {
    if (block == nullptr) return;
    live--;
    std::free(static_cast<char *>(block) - 16);
}
void operator delete(void *block, size_t) noexcept { operator delete(block); }

#endif
