/* SPDX-License-Identifier: MIT */
/*
 * The 20 forms of C++ operator new and delete, without linking libstdc++.
 *
 * When memory is short the standard wants the new-handler called until it gives up, and then
 * std::bad_alloc thrown. Both are libstdc++'s; a program that has them has them loaded, and weak
 * references find them. The nothrow forms must catch what a handler throws, which C cannot: they
 * hand over to libstdc++'s own, which calls the throwing form inside a try block.
 */
#include "base/check.h"
#include "malloc/alloc.h"
#include "malloc/export.h"

typedef void new_handler(void);
__attribute__((weak)) new_handler *std_get_new_handler(void) __asm__("_ZSt15get_new_handlerv");
__attribute__((weak, noreturn)) void std_throw_bad_alloc(void) __asm__("_ZSt17__throw_bad_allocv");

/* The definition of `name` after ours, or NULL; in shared libraries alone (dlopen_names.c). */
__attribute__((weak, visibility("hidden"))) void *next_definition(const char *name);

static void *find_next(const char *name) {
    return next_definition != NULL ? next_definition(name) : NULL;
}

/* operator new after a first failure. A handler may return, having freed something, or throw. */
static COLD void *new_or_throw(size_t alignment, size_t size) {
    while (std_get_new_handler != NULL) {
        new_handler *handler = std_get_new_handler();
        if (handler == NULL) break;
        handler();
        void *block = allocate_aligned(alignment, size);
        if (block != NULL) return block;
    }
    if (std_throw_bad_alloc != NULL) std_throw_bad_alloc();
    fail_argument("operator new", 0, "size", size,
                  "out of memory, and no C++ library is loaded that could throw bad_alloc");
}

/* libstdc++ loaded later, by dlopen, is beyond weak references but not beyond a look-up. */
static COLD void *new_failed(const char *name, size_t size) {
    typedef void *plain_new(size_t size);
    plain_new *next = std_throw_bad_alloc == NULL ? (plain_new *)find_next(name) : NULL;
    return next != NULL ? next(size) : new_or_throw(ALIGN, size);
}

static COLD void *new_aligned_failed(const char *name, size_t size, size_t alignment) {
    typedef void *aligned_new(size_t size, size_t alignment);
    aligned_new *next = std_throw_bad_alloc == NULL ? (aligned_new *)find_next(name) : NULL;
    return next != NULL ? next(size, alignment) : new_or_throw(alignment, size);
}

static COLD void *nothrow_failed(const char *name, size_t size, const void *tag) {
    typedef void *nothrow_new(size_t size, const void *tag);
    nothrow_new *next = (nothrow_new *)find_next(name);
    return next != NULL ? next(size, tag) : NULL;
}

static COLD void *nothrow_aligned_failed(const char *name, size_t size, size_t alignment,
                                         const void *tag) {
    typedef void *nothrow_aligned_new(size_t size, size_t alignment, const void *tag);
    nothrow_aligned_new *next = (nothrow_aligned_new *)find_next(name);
    return next != NULL ? next(size, alignment, tag) : NULL;
}

/* ---- new ---- */

EXPORT void *_Znwm(size_t size) {
    void *block = allocate(size);
    return likely(block != NULL) ? block : new_failed("_Znwm", size);
}
EXPORT void *_Znam(size_t size) {
    void *block = allocate(size);
    return likely(block != NULL) ? block : new_failed("_Znam", size);
}
EXPORT void *_ZnwmRKSt9nothrow_t(size_t size, const void *tag) {
    void *block = allocate(size);
    return likely(block != NULL) ? block : nothrow_failed("_ZnwmRKSt9nothrow_t", size, tag);
}
EXPORT void *_ZnamRKSt9nothrow_t(size_t size, const void *tag) {
    void *block = allocate(size);
    return likely(block != NULL) ? block : nothrow_failed("_ZnamRKSt9nothrow_t", size, tag);
}
EXPORT void *_ZnwmSt11align_val_t(size_t size, size_t alignment) {
    void *block = allocate_aligned(alignment, size);
    return block != NULL ? block : new_aligned_failed("_ZnwmSt11align_val_t", size, alignment);
}
EXPORT void *_ZnamSt11align_val_t(size_t size, size_t alignment) {
    void *block = allocate_aligned(alignment, size);
    return block != NULL ? block : new_aligned_failed("_ZnamSt11align_val_t", size, alignment);
}
EXPORT void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void *tag) {
    void *block = allocate_aligned(alignment, size);
    return block != NULL
               ? block
               : nothrow_aligned_failed("_ZnwmSt11align_val_tRKSt9nothrow_t", size, alignment, tag);
}
EXPORT void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void *tag) {
    void *block = allocate_aligned(alignment, size);
    return block != NULL
               ? block
               : nothrow_aligned_failed("_ZnamSt11align_val_tRKSt9nothrow_t", size, alignment, tag);
}

/* ---- delete: sizes and alignments are not compared with the block, as programs get them wrong
   (a base class without virtual destructor) and libstdc++ never minded ---- */

EXPORT void _ZdlPv(void *block) { alloc_free(block); }
EXPORT void _ZdaPv(void *block) { alloc_free(block); }
EXPORT void _ZdlPvm(void *block, size_t size) { (void)size, alloc_free(block); }
EXPORT void _ZdaPvm(void *block, size_t size) { (void)size, alloc_free(block); }
EXPORT void _ZdlPvRKSt9nothrow_t(void *block, const void *tag) { (void)tag, alloc_free(block); }
EXPORT void _ZdaPvRKSt9nothrow_t(void *block, const void *tag) { (void)tag, alloc_free(block); }
EXPORT void _ZdlPvSt11align_val_t(void *block, size_t a) { (void)a, alloc_free(block); }
EXPORT void _ZdaPvSt11align_val_t(void *block, size_t a) { (void)a, alloc_free(block); }
EXPORT void _ZdlPvmSt11align_val_t(void *block, size_t size, size_t a) {
    (void)size, (void)a, alloc_free(block);
}
EXPORT void _ZdaPvmSt11align_val_t(void *block, size_t size, size_t a) {
    (void)size, (void)a, alloc_free(block);
}
EXPORT void _ZdlPvSt11align_val_tRKSt9nothrow_t(void *block, size_t a, const void *tag) {
    (void)a, (void)tag, alloc_free(block);
}
EXPORT void _ZdaPvSt11align_val_tRKSt9nothrow_t(void *block, size_t a, const void *tag) {
    (void)a, (void)tag, alloc_free(block);
}
