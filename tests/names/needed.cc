// SPDX-License-Identifier: MIT
// Operators that put a word before each block, so that one that reaches another allocator's
// operators, or comes from them, is found.
#include "needed.h"

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

namespace {
std::string *early = new std::string(100, 'e');
std::string kept(200, 'k');
} // namespace

std::string *needed_make(size_t length) { return new std::string(length, 'n'); }
void needed_take(std::string *text) { delete text; }
void needed_drop() {
    delete early;
    early = nullptr;
    kept = std::string();
}
long needed_live() { return live; }
long needed_made() { return made; }
