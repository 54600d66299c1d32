/* SPDX-License-Identifier: MIT */
/*
 * The four forms of C++ operator new and delete that do the work, without linking a C++ library;
 * the other forms come here by cxx_forms.c or by the C++ runtime.
 *
 * When memory is short the standard wants the new-handler called until it gives up, and then
 * std::bad_alloc thrown. Both belong to the C++ runtime of the caller, whose own operator new does
 * all of that, on our malloc: a failing new is handed over to it.
 */
#include "base/check.h"
#include "heap/note.h"
#include "malloc/contract.h"
#include "malloc/cxx_scope.h"
#include "malloc/image.h"
#include "malloc/operators.h"

typedef void *plain_new(size_t size);
typedef void *aligned_new(size_t size, size_t alignment);
typedef void plain_delete(void *block);
typedef void aligned_delete(void *block, size_t alignment);

void thread_heap_before_first(void) {
    image_start();
    cxx_scope_start();
}

/* ---- new ---- */

/* The operator of another object that stands for ours when we have no memory. */
static COLD uintptr_t new_elsewhere(const char *name, size_t size, const void *caller) {
    uintptr_t other = cxx_scope_runtime(name, caller);
    if (other == 0) other = cxx_scope_replacement(name);
    if (other != 0) return other;
    fail_argument("operator new", 0, "size", size,
                  "out of memory, and no C++ library is loaded that could throw bad_alloc");
}

static COLD void *new_failed(size_t size, const void *caller) {
    plain_new *other = (plain_new *)new_elsewhere("_Znwm", size, caller);
    return other(size);
}

/* libstdc++ rounds the size up to the alignment, and sizes near SIZE_MAX become 0 by that. */
static COLD void *new_aligned_failed(size_t size, size_t alignment, const void *caller) {
    aligned_new *other = (aligned_new *)new_elsewhere("_ZnwmSt11align_val_t", size, caller);
    return other(size_min(size, PTRDIFF_MAX), alignment);
}

/* Not even the first block may be ours where another library's operators take over. */
static NOINLINE void *new_slower(size_t size, const void *caller) {
    thread_heap_get();
    uintptr_t other = unlikely(cxx_scope_yields) ? cxx_scope_replacement("_Znwm") : 0;
    if (unlikely(other != 0)) return ((plain_new *)other)(size);
    void *block = allocate_slow(size);
    if (unlikely(block == NULL)) return new_failed(size, caller);
    note_if_due(&thread_heap->notes, thread_heap, block, caller);
    return block;
}

/* This has no frame where the block is at hand. */
static NOINLINE void *new_slow(size_t size, const void *caller) {
    void *block = allocate_medium(size);
    return likely(block != NULL) ? block : new_slower(size, caller);
}

/* The address of the caller is the C++ code's: the other forms of new come by a jump. */
EXPORT void *_Znwm(size_t size) {
    void *block = heap_take_fast(thread_heap, size);
    return likely(block != NULL) ? block : new_slow(size, __builtin_return_address(0));
}

EXPORT void *_ZnwmSt11align_val_t(size_t size, size_t alignment) {
    const void *caller = __builtin_return_address(0);
    void *block = allocate_aligned(alignment, size);
    if (unlikely(block == NULL)) return new_aligned_failed(size, alignment, caller);
    note_if_due(&thread_heap->notes, thread_heap, block, caller);
    return block;
}

/* ---- delete: sizes and alignments are not compared with the block, as programs get them wrong
   (a base class without virtual destructor) and C++ libraries never minded ---- */

/* A delete that went on to another library, which may give the same address back to us. */
struct passed_on {
    void *block;
    const struct passed_on *outer;
};

static __thread const struct passed_on *passed_on;

static bool is_passed_on(const void *block) {
    for (const struct passed_on *at = passed_on; at != NULL; at = at->outer)
        if (at->block == block) return true;
    return false;
}

static void call_delete(uintptr_t other, void *block, size_t alignment) {
    if (alignment == 0)
        ((plain_delete *)other)(block);
    else
        ((aligned_delete *)other)(block, alignment);
}

/* An address that never was a block of ours may be one of a library that has operators of its own
   and bound them to itself. `alignment` is 0 in the form that has none. */
static COLD void delete_elsewhere(enum block_fault fault, void *block, size_t alignment) {
    const char *name = alignment == 0 ? "_ZdlPv" : "_ZdlPvSt11align_val_t";
    bool foreign = fault != BLOCK_FREED && !is_passed_on(block);
    uintptr_t other = foreign ? cxx_scope_replacement(name) : 0;
    if (other == 0) block_fail("free", fault, (uintptr_t)block);
    struct passed_on here = {block, passed_on};
    passed_on = &here;
    call_delete(other, block, alignment);
    passed_on = here.outer;
}

ALWAYS_INLINE void delete_block(void *block, size_t alignment) {
    struct pool *pool = window_look_up((uintptr_t)block);
    enum free_result result = heap_free_or(thread_heap, pool, (uintptr_t)block, deallocate_full);
    if (likely(result == FREE_DONE)) return;
    if (likely(result == FREE_OTHER))
        deallocate_other_or(block, pool, delete_elsewhere, alignment);
    else
        deallocate_poll(result == FREE_TO_POLL ? block : NULL);
}

EXPORT void _ZdlPv(void *block) { delete_block(block, 0); }
EXPORT void _ZdlPvSt11align_val_t(void *block, size_t alignment) { delete_block(block, alignment); }
