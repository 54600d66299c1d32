// SPDX-License-Identifier: MIT
// One replaced form of operator new or delete, chosen by -DFORM=number: says that it was reached,
// and does with malloc and free what the form must do.
#include <cstdint>
#include <cstdlib>
#include <new>

#include "forms.h"

namespace {

[[maybe_unused]] void *get(char form, size_t size,
                           std::align_val_t alignment = std::align_val_t(16)) {
    reached(form);
    size_t unit = static_cast<size_t>(alignment);
    if (size > PTRDIFF_MAX - unit) return nullptr;
    return std::aligned_alloc(unit, (size + unit) / unit * unit);
}
[[maybe_unused]] void *get_or_throw(char form, size_t size,
                                    std::align_val_t alignment = std::align_val_t(16)) {
    if (void *block = get(form, size, alignment)) return block;
    throw std::bad_alloc();
}
[[maybe_unused]] void put(char form, void *block) {
    reached(form);
    std::free(block);
}

} // namespace

using std::align_val_t, std::nothrow_t;
#if FORM == 0
void *operator new(size_t size) { return get_or_throw('a', size); }
#elif FORM == 1
void operator delete(void *block) noexcept { put('b', block); }
#elif FORM == 2
void *operator new[](size_t size) { return get_or_throw('c', size); }
#elif FORM == 3
void operator delete[](void *block) noexcept { put('d', block); }
#elif FORM == 4
void operator delete(void *block, size_t) noexcept { put('e', block); }
#elif FORM == 5
void operator delete[](void *block, size_t) noexcept { put('f', block); }
#elif FORM == 6
void *operator new(size_t size, align_val_t unit) { return get_or_throw('g', size, unit); }
#elif FORM == 7
void operator delete(void *block, align_val_t) noexcept { put('h', block); }
#elif FORM == 8
void *operator new[](size_t size, align_val_t unit) { return get_or_throw('i', size, unit); }
#elif FORM == 9
void operator delete[](void *block, align_val_t) noexcept { put('j', block); }
#elif FORM == 10
void operator delete(void *block, size_t, align_val_t) noexcept { put('k', block); }
#elif FORM == 11
void operator delete[](void *block, size_t, align_val_t) noexcept { put('l', block); }
#elif FORM == 12
void *operator new(size_t size, const nothrow_t &) noexcept { return get('m', size); }
#elif FORM == 13
void *operator new[](size_t size, const nothrow_t &) noexcept { return get('n', size); }
#elif FORM == 14
void operator delete(void *block, const nothrow_t &) noexcept { put('o', block); }
#elif FORM == 15
void operator delete[](void *block, const nothrow_t &) noexcept { put('p', block); }
#elif FORM == 16
void *operator new(size_t size, align_val_t unit, const nothrow_t &) noexcept {
    return get('q', size, unit);
}
#elif FORM == 17
void *operator new[](size_t size, align_val_t unit, const nothrow_t &) noexcept {
    return get('r', size, unit);
}
#elif FORM == 18
void operator delete(void *block, align_val_t, const nothrow_t &) noexcept { put('s', block); }
#elif FORM == 19
void operator delete[](void *block, align_val_t, const nothrow_t &) noexcept { put('t', block); }
#endif
