/* SPDX-License-Identifier: MIT */
#include "object/alone.h"

#include "base/check.h"
#include "object/collect.h"

struct counting {
    const poolobj_heap *heap;
    const poolobj *root, *held;
};

static void begin_count(poolobj *object, void *unused) {
    (void)unused;
    *ledger_count(object) = 0;
}

static void add_span(poolobj *const *slots, size_t count, void *heap) {
    for (size_t i = 0; i < count; i++)
        if (slots[i] != NULL && object_heap(slots[i]) == (const poolobj_heap *)heap)
            ++*ledger_count(slots[i]);
}

static void count_references(poolobj *object, void *heap) {
    struct type_pool *pool = ledger_pool(object);
    object_references(pool->type, pool, object, add_span, heap);
}

static void compare(poolobj *object, void *arg) {
    struct counting *counting = (struct counting *)arg;
    int64_t inside = *ledger_count(object);
    if (object->count == IMMORTAL) return;
    if (object->count != inside + (object == counting->root)) counting->held = object;
}

const poolobj *alone_find_held(poolobj_heap *heap, const poolobj *root) {
    ASSERT(!heap->collecting);
    struct counting counting = {heap, root, NULL};
    collect_walk(heap, NULL, begin_count, NULL);
    collect_walk(heap, NULL, count_references, heap);
    collect_walk(heap, NULL, compare, &counting);
    return counting.held;
}

static void note(poolobj *object, void *arg) { *(const poolobj **)arg = object; }

const poolobj *alone_find_any(poolobj_heap *heap) {
    const poolobj *any = NULL;
    collect_walk(heap, NULL, note, &any);
    return any;
}
