// SPDX-License-Identifier: MIT
// The plain names: whatever malloc the process has, preloaded, linked or libc's.
#include <cstdlib>
#include <malloc.h>

#include "names.h"

namespace {

template <typename Function> Function find(const char *name) {
    return reinterpret_cast<Function>(find_function(name));
}

const NamesEntry plain({
    "plain",
    malloc,
    calloc,
    realloc,
    reallocarray,
    free,
    aligned_alloc,
    posix_memalign,
    malloc_usable_size,
    find<void (*)(void *, size_t)>("free_sized"),
    find<void (*)(void *, size_t, size_t)>("free_aligned_sized"),
    memalign,
    valloc,
    pvalloc,
    find<void (*)(void *)>("cfree"),
});

} // namespace
