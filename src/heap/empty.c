/* SPDX-License-Identifier: MIT */
#include "heap/empty.h"

#include "heap/guard.h"
#include "heap/thread_heap.h"
#include "os/options.h"

static const struct guard_request NO_BYTES = {0, ALIGN, ALIGN, false};

/* The heap is hidden, so that the malloc of a signal handler does not come here meanwhile. */
void *empty_allocate(void) {
    struct stack stack;
    void *block = NULL;
    if (likely(!options.guard_pages)) return NULL;
    struct heap *heap = thread_heap_enter();
    if (heap != NULL) {
        stack_unwind_some(&stack, GUARD_FRAMES);
        block = guard_allocate(&NO_BYTES, &stack);
    }
    thread_heap_leave(heap);
    return block;
}
