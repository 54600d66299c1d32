/* SPDX-License-Identifier: MIT */
/*
 * image.h - the ELF objects of this process as the dynamic linker shows them to everybody: program
 * headers, and what the dynamic section points to. Nothing private to a C library is read. No
 * function allocates, sets errno or dlerror's text, or counts a reference.
 *
 * Tables are believed only where they lie inside the object's own segments, so that an odd object
 * has no symbols rather than wrong ones.
 */
#ifndef POOLALLOC_IMAGE_H
#define POOLALLOC_IMAGE_H

#include <link.h>

#include "base/base.h"

struct image {
    uintptr_t base;       /* what is added to the addresses in the file */
    uintptr_t start, end; /* all segments lie in [start, end) */
    const Elf64_Phdr *segments;
    unsigned segment_count;
    const Elf64_Dyn *dynamic; /* NULL: none */
    Elf64_Sym *symbols;       /* NULL: no symbols, or not by DT_GNU_HASH */
    const char *names;
    size_t names_size;
    const uint32_t *hash; /* of DT_GNU_HASH */
};

/* The value that a symbol is to get, as the symbol table has it: less the base. */
struct image_change {
    Elf64_Sym *symbol;
    uintptr_t value;
};

/* True: found, no further ones. */
typedef bool image_visitor(const struct image *image, void *argument);

#ifdef __cplusplus
extern "C" {
#endif

/* Visits the objects in the order in which they were loaded: those of the start are the global
   scope in its order. True if a visitor said so. Visitors must not load or unload objects. */
bool image_each(image_visitor *visit, void *argument);

/* The first function of that name that the object defines, then those behind `after` (other
   versions of the name); NULL: none. */
Elf64_Sym *image_find(const struct image *image, const char *name, const Elf64_Sym *after);

/* Address of the first such function, 0 if there is none. */
uintptr_t image_address(const struct image *image, const char *name);

static inline bool image_contains(const struct image *image, uintptr_t address) {
    return address >= image->start && address < image->end;
}

/* The object that this code is part of, and the C library: neither is ever unloaded. Noted by
   image_start, so that the child of a fork can use them: it may find the lock that image_each takes
   held by a thread that is gone. */
extern struct image image_own, image_libc;
/* Ours was loaded before libc: from the start, and names are looked up in it first. */
extern bool image_is_in_front;

/* Called before the process's first block, and so before it has a second thread. */
void image_start(void);

static inline bool image_is_own(const struct image *image) {
    return image->start == image_own.start;
}

/* Makes all of the changes, or none and returns false: the system keeps the table read-only, or it
   shares a page with code, which must stay executable for other threads. One caller at a time for
   one object. */
bool image_change_symbols(const struct image *image, const struct image_change *changes,
                          size_t count);

/* What a word that refers to the function at `address` should refer to; `address` itself: that. */
typedef uintptr_t image_rebinder(uintptr_t address, void *argument);

/* Offers each word that the dynamic linker filled by a symbol's name. Those that the system keeps
   read-only stay as they are. Before the process has a second thread. */
void image_rebind(const struct image *image, image_rebinder *rebind, void *argument);

#ifdef __cplusplus
}
#endif

#endif
