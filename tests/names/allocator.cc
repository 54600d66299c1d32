// SPDX-License-Identifier: MIT
// An allocator as programs link one: malloc and operators of its own, which take memory of one
// array and give nothing back. A block that is none of its own ends the process.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

enum { HEAD = 16 };
alignas(4096) char memory[64 << 20];
size_t used;

void *take(size_t size, size_t alignment) {
    size_t from = (__atomic_fetch_add(&used, size + alignment + 2 * HEAD, __ATOMIC_RELAXED) + HEAD +
                   alignment) &
                  ~(alignment - 1);
    if (from + size > sizeof memory) abort();
    std::memcpy(memory + from - sizeof size, &size, sizeof size);
    return memory + from;
}

size_t size_of(void *block) {
    size_t size;
    std::memcpy(&size, static_cast<char *>(block) - sizeof size, sizeof size);
    return size;
}

void require_own(void *block) {
    auto at = reinterpret_cast<uintptr_t>(block), start = reinterpret_cast<uintptr_t>(memory);
    if (block != nullptr && at - start >= sizeof memory) abort();
}

} // namespace

EXPORT void *malloc(size_t size) { return take(size, HEAD); }
EXPORT void free(void *block) { require_own(block); }
EXPORT void *calloc(size_t count, size_t size) { return take(count * size, HEAD); }
EXPORT void *realloc(void *block, size_t size) {
    void *to = take(size, HEAD);
    require_own(block);
    if (block != nullptr) std::memcpy(to, block, size_of(block) < size ? size_of(block) : size);
    return to;
}
EXPORT void *aligned_alloc(size_t alignment, size_t size) {
    return take(size, alignment < HEAD ? HEAD : alignment);
}
EXPORT void *memalign(size_t alignment, size_t size) { return aligned_alloc(alignment, size); }
EXPORT int posix_memalign(void **block, size_t alignment, size_t size) {
    *block = aligned_alloc(alignment, size);
    return 0;
}

void *operator new(size_t size) { return take(size, HEAD); }
void *operator new[](size_t size) { return take(size, HEAD); }
void operator delete(void *block) noexcept { require_own(block); }
void operator delete[](void *block) noexcept { require_own(block); }
void operator delete(void *block, size_t) noexcept { require_own(block); }
void operator delete[](void *block, size_t) noexcept { require_own(block); }
