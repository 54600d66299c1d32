/* SPDX-License-Identifier: MIT */
#include "object/object_heap.h"

#include <limits.h>

#include "base/check.h"
#include "os/lock.h"

/* The thresholds of CPython 3.11, whose rules pace.h follows. */
static const int thresholds[GENERATIONS] = {700, 10, 10};

/* Partner of the load: whoever has a reference to a shared object got it after the store. */
static struct atomic_u64 shared;
bool object_heap_any_shared(void) { return atomic_u64_load(&shared) != 0; }
void object_heap_note_shared(void) { atomic_u64_add(&shared, 1); }

void object_heap_fail_owner(const char *function, const poolobj_heap *heap) {
    fail_call(function, "by a thread that does not own heap", (uintptr_t)heap,
              "one thread at a time: poolobj_heap_adopt");
}

void object_heap_check_owner(const char *function, const poolobj_heap *heap) {
    if (heap->owner != lock_self()) object_heap_fail_owner(function, heap);
}

void object_heap_check_looker(const char *function, const poolobj_heap *heap) {
    if (!heap->shared) object_heap_check_owner(function, heap);
}

poolobj_heap *object_heap_new(void) {
    poolobj_heap *heap = (poolobj_heap *)store_allocate(sizeof *heap);
    if (heap == NULL) return NULL;
    heap->nowhere = store_take(&heap->store, POOL_SIZE);
    if (heap->nowhere == 0) {
        store_free(heap);
        return NULL;
    }
    store_watch_forks();
    link_init(&heap->types);
    link_init(&heap->populated);
    link_init(&heap->ended);
    link_init(&heap->young);
    link_init(&heap->middle);
    link_init(&heap->weak.all);
    memcpy(heap->threshold, thresholds, sizeof thresholds);
    heap->trigger = thresholds[0];
    heap->enabled = true;
    heap->options = POOLOBJ_GC_INCREMENTAL | POOLOBJ_GC_ADAPTIVE;
    heap->owner = lock_self();
    return heap;
}

void object_heap_free(poolobj_heap *heap) {
    if (heap->shared) atomic_u64_add(&shared, (uint64_t)-1);
    store_return(&heap->store, heap->nowhere, POOL_SIZE);
    store_close(&heap->store);
    store_free(heap->weak.slot);
    store_free(heap->roots.root);
    store_free(heap->round.group.lump);
    store_free(heap->round.scratch);
    store_free(heap);
}
