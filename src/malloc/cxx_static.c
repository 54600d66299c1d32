/* SPDX-License-Identifier: MIT */
/*
 * The forms of operator new and delete that do the work, in the static archive: a member beside the
 * one with malloc, over its public functions, which C programs do not pull in and of which C++
 * programs may define what they like (operators.h).
 *
 * A C++ runtime that is linked too can't be asked to do it by its own operator new, which ours
 * keeps out of the program. What a failing new needs has the same names in all of them, that of the
 * C++ ABI; the references are not weak, as a static runtime's members come in for others alone.
 */
#include <poolalloc.h>

#include "malloc/operators.h"

typedef void new_handler(void);
typedef void destructor(void *object);
new_handler *std_get_new_handler(void) __asm__("_ZSt15get_new_handlerv");
void bad_alloc_end(void *object) __asm__("_ZNSt9bad_allocD1Ev");
extern void *const bad_alloc_table[] __asm__("_ZTVSt9bad_alloc");
extern char bad_alloc_type[] __asm__("_ZTISt9bad_alloc");
void *__cxa_allocate_exception(size_t size);
__attribute__((noreturn)) void __cxa_throw(void *object, void *type, destructor *end);

/* A bad_alloc is a pointer to the table of its virtual functions, which begin behind two words. */
__attribute__((noreturn)) static COLD void throw_bad_alloc(void) {
    void *const **object = (void *const **)__cxa_allocate_exception(sizeof *object);
    *object = bad_alloc_table + 2;
    __cxa_throw(object, bad_alloc_type, bad_alloc_end);
}

/* Calls the new-handler, which frees something, or throws; without one throws bad_alloc. */
static COLD void call_new_handler(void) {
    new_handler *handler = std_get_new_handler();
    if (handler == NULL) throw_bad_alloc();
    handler();
}

OPERATOR void *_Znwm(size_t size) {
    void *block;
    while (unlikely((block = poolalloc_malloc(size)) == NULL)) call_new_handler();
    return block;
}

OPERATOR void *_ZnwmSt11align_val_t(size_t size, size_t alignment) {
    void *block;
    while (unlikely((block = poolalloc_aligned_alloc(alignment, size)) == NULL)) call_new_handler();
    return block;
}

OPERATOR void _ZdlPv(void *block) { poolalloc_free(block); }
OPERATOR void _ZdlPvSt11align_val_t(void *block, size_t alignment) {
    (void)alignment, poolalloc_free(block);
}
