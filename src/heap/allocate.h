/* SPDX-License-Identifier: MIT */
/*
 * allocate.h - memory for a request and back: the layers of the heap put together. Knows nothing of
 * what C says about malloc and free; that is src/malloc.
 */
#ifndef POOLALLOC_ALLOCATE_H
#define POOLALLOC_ALLOCATE_H

#include "heap/heap.h"
#include "heap/thread_heap.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Requests from here on get a mapping of their own, at first from DIRECT_MIN on: below, runs are
   reused while they are resident; above, a system call is small beside touching the memory. mallopt
   may set it to any value; ALLOCATE_NO_DIRECT keeps blocks that grow out of mappings, too. */
#define DIRECT_MIN (32 * MIB)
#define ALLOCATE_NO_DIRECT SIZE_MAX
extern size_t allocate_direct_min;

/* A block of `size` bytes; NULL: no memory, or size over PTRDIFF_MAX. errno is left alone. */
void *allocate_slow(size_t size);
/* A block of `size` bytes with room for `roomy`, of a class not more than one above theirs, so that
   a size up to a quarter larger than what was asked for still gets less than twice that: the rule
   of free_sized. A guarded block has `size` bytes. */
void *allocate_tight(size_t size, size_t roomy);
/* A block whose bytes are all zero. */
void *allocate_zeroed(size_t size);
/* A block at a multiple of `alignment`, a power of two. */
void *allocate_aligned(size_t alignment, size_t size);
/* A large block instead of one of `old_size` bytes, that is expected to grow again. */
void *allocate_growing(size_t old_size, size_t size);

/* Does the rest of `deallocate`: frees another thread's block, or a large one; a fault ends the
   process. `pool` is what window_look_up says of the pointer. */
void deallocate_other(void *pointer, struct pool *pool);
/* Does what deallocate_other does, but at a fault it calls `refused` with the argument instead. */
typedef void deallocate_refused(enum block_fault fault, void *pointer, size_t argument);
void deallocate_other_or(void *pointer, struct pool *pool, deallocate_refused *refused,
                         size_t argument);
/* Frees a block of the heap whose magazine is full. True: it is the moment for deallocate_poll. */
bool deallocate_full(struct heap *heap, struct atomic_u64 *word, uintptr_t address);
/* Looks at what should happen now and then. `freed` is the block whose free calls it if it is at
   hand now; NULL for any other. */
void deallocate_poll(void *freed);
/* Frees a live block. */
void deallocate_block(struct block *block);
/* Makes a block `size` bytes long (over SPAN_MAX), where it is or moved by its pages; NULL: that
   can't be done, and nothing happened. For large blocks and direct mappings. */
void *allocate_resize(struct block *block, size_t size);

/* What should happen now and then: blocks from other threads come in, memory that is due goes
   back. In slow paths only. */
void allocate_poll(struct heap *heap);
/* From now on fills the blocks that it hands out with the complement of `byte`, but for those that
   are to be zero, and blocks that are freed with `byte`; or no more. Of other threads, the blocks
   that they have at hand come first, until their heaps look at the inbox. Nothing where blocks are
   treated. */
void allocate_perturb(bool on, unsigned byte);
/* From now on treats all blocks (treat.h). Before the process has a second thread. False, and
   nothing done: it is too late. */
bool allocate_treat(uint32_t measures);
/* From now on samples blocks, one event per `mean` bytes (sample.h); 0: no more. The first mean
   stays. Other threads first use up what they have at hand, until their heaps poll. False: there is
   no memory for it, or the shared heap is out of reach. */
bool allocate_sample(size_t mean);
/* From now on one block in `every` is guarded, 0: none, with so much memory (guard.h). Other
   threads first use up what they have at hand, until their heaps poll. */
void allocate_guard(size_t every, size_t memory);
/* Gives back all free memory but `keep` bytes; true if there was any. Other threads' heaps take
   part at their next slow path. */
bool allocate_trim(size_t keep);

/* Called by each poll while `allocate_wishes.any` is not 0. It must not allocate. */
extern void (*allocate_tick)(void);
enum sampling_wish { SAMPLING_TO_BEGIN = 1, SAMPLING_TO_END };
/* What somebody wants at the next occasion: a signal handler, or a process that attaches by writing
   here, the last word first. */
struct allocate_wishes {
    struct atomic_u32 any;      /* 1: look at the others, once; 2: a tick at each occasion */
    struct atomic_u32 sampling; /* enum sampling_wish */
    struct atomic_u32 profile;  /* 1: to be written */
};
extern struct allocate_wishes allocate_wishes;

/* A block at hand for a request above QUICK_MAX, or NULL: for allocate_slow to say why. */
ALWAYS_INLINE void *allocate_medium(size_t size) {
    if (unlikely(size - QUICK_MAX - 1 >= SPAN_MAX - QUICK_MAX)) return NULL;
    return magazine_pop(&thread_heap->top[size_class_span(size)]);
}

ALWAYS_INLINE void *allocate(size_t size) {
    void *block = heap_take_fast(thread_heap, size);
    return likely(block != NULL) ? block : allocate_slow(size);
}

ALWAYS_INLINE void deallocate(void *pointer) {
    struct pool *pool = window_look_up((uintptr_t)pointer);
    enum free_result result = heap_free_or(thread_heap, pool, (uintptr_t)pointer, deallocate_full);
    if (likely(result == FREE_DONE)) return;
    if (likely(result == FREE_OTHER))
        deallocate_other(pointer, pool);
    else
        deallocate_poll(result == FREE_TO_POLL ? pointer : NULL);
}

#ifdef __cplusplus
}
#endif

#endif
