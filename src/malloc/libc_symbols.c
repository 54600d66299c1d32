/* SPDX-License-Identifier: MIT */
#include "malloc/libc_symbols.h"

#include "malloc/image.h"

/* All that libc_names.c and glibc_names.c define and libc does too. */
static const char names[] = "malloc\0free\0calloc\0realloc\0reallocarray\0cfree\0"
                            "aligned_alloc\0memalign\0posix_memalign\0valloc\0pvalloc\0"
                            "free_sized\0free_aligned_sized\0malloc_usable_size\0"
                            "malloc_trim\0malloc_stats\0malloc_info\0mallinfo\0mallinfo2\0mallopt\0"
                            "__libc_malloc\0__libc_free\0__libc_cfree\0__libc_calloc\0"
                            "__libc_realloc\0__libc_memalign\0__libc_valloc\0__libc_pvalloc\0"
                            "__posix_memalign\0";

enum { MOST_CHANGES = 64 }; /* the names above in up to two versions each */

/* Addresses are numbers modulo 2^64: the dynamic linker's sum is ours, wherever libc lies. */
static size_t add_changes(const char *name, struct image_change *changes, size_t count) {
    uintptr_t address = image_address(&image_own, name);
    Elf64_Sym *symbol = NULL;
    if (address == 0) return count;
    while ((symbol = image_find(&image_libc, name, symbol)) != NULL && count < MOST_CHANGES)
        changes[count++] = (struct image_change){symbol, address - image_libc.base};
    return count;
}

bool libc_symbols_join(void) {
    struct image_change changes[MOST_CHANGES];
    size_t count = 0;
    if (!image_is_in_front) return true;
    for (const char *name = names; *name != '\0'; name += strlen(name) + 1)
        count = add_changes(name, changes, count);
    return count > 0 && image_change_symbols(&image_libc, changes, count);
}
