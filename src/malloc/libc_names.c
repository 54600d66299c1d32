/* SPDX-License-Identifier: MIT */
/*
 * The only file that defines malloc, free and the rest of what glibc's manual lists under
 * "Replacing malloc", and the older names beside them. Nothing else in the library knows that it
 * replaces anything. These names have no symbol version: with one, ld.so would not let them take
 * the place of libc's.
 */
#include "malloc/contract.h"
#include "malloc/export.h"
#include "os/os.h"

EXPORT void *malloc(size_t size) { return contract_malloc(size); }
EXPORT void free(void *block) { contract_free(block); }
EXPORT void *calloc(size_t count, size_t size) { return contract_calloc(count, size); }
EXPORT void *realloc(void *block, size_t size) { return contract_realloc(block, size); }
EXPORT void *reallocarray(void *block, size_t count, size_t size) {
    return contract_reallocarray(block, count, size);
}
EXPORT void cfree(void *block) { contract_free(block); }
EXPORT void free_sized(void *block, size_t size) { contract_free_sized(block, size); }
EXPORT void free_aligned_sized(void *block, size_t alignment, size_t size) {
    contract_free_aligned_sized(block, alignment, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size) {
    return contract_aligned(alignment, size);
}
EXPORT void *memalign(size_t alignment, size_t size) { return contract_memalign(alignment, size); }
EXPORT int posix_memalign(void **result, size_t alignment, size_t size) {
    return contract_posix_memalign(result, alignment, size);
}
EXPORT void *valloc(size_t size) { return contract_memalign(os_page_size(), size); }
EXPORT void *pvalloc(size_t size) { return contract_pvalloc(size); }
EXPORT size_t malloc_usable_size(void *block) { return contract_usable_size(block); }

/* glibc's internal names, which some programs call. */
EXPORT void *__libc_malloc(size_t size) { return contract_malloc(size); }
EXPORT void __libc_free(void *block) { contract_free(block); }
EXPORT void __libc_cfree(void *block) { contract_free(block); }
EXPORT void *__libc_calloc(size_t count, size_t size) { return contract_calloc(count, size); }
EXPORT void *__libc_realloc(void *block, size_t size) { return contract_realloc(block, size); }
EXPORT void *__libc_memalign(size_t alignment, size_t size) {
    return contract_memalign(alignment, size);
}
EXPORT void *__libc_valloc(size_t size) { return contract_memalign(os_page_size(), size); }
EXPORT void *__libc_pvalloc(size_t size) { return contract_pvalloc(size); }
EXPORT int __posix_memalign(void **result, size_t alignment, size_t size) {
    return contract_posix_memalign(result, alignment, size);
}
