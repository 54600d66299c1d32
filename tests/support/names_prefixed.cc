// SPDX-License-Identifier: MIT
// The names of poolalloc.h.
#include <poolalloc.h>

#include "names.h"

namespace {

size_t usable_size(void *block) { return poolalloc_usable_size(block); }

const NamesEntry prefixed({
    "prefixed",
    poolalloc_malloc,
    poolalloc_calloc,
    poolalloc_realloc,
    poolalloc_reallocarray,
    poolalloc_free,
    poolalloc_aligned_alloc,
    poolalloc_posix_memalign,
    usable_size,
    poolalloc_free_sized,
    poolalloc_free_aligned_sized,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
});

} // namespace
