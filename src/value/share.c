/* SPDX-License-Identifier: MIT */
/* poolval_share: a heap of values that can't change becomes one that all threads may refer to. What
   would be written when a value is looked at is written before. */
#include "object/object.h"
#include "value/intern.h"
#include "value/str.h"

struct sharing {
    poolval_space *space;
    const poolobj *other; /* one that can change */
    bool failed;          /* no memory */
};

/* Whether a value is one of the space's constants; of objects that are no values, only the one that
   stands for the space is. */
static bool is_constant(const poolval_space *space, const poolobj *value) {
    if (value_type(space, value) == POOLVAL_OTHER)
        return value->type == space->number[POOLVAL_OTHER];
    return !value_kind(space, value)->changes;
}

static void look_at_value(poolobj *value, void *arg) {
    struct sharing *sharing = (struct sharing *)arg;
    poolval_space *space = sharing->space;
    if (!is_constant(space, value)) sharing->other = value;
    if (!value_is(space, value, POOLVAL_STR)) return;
    str_hash(space, (struct value_str *)value);
    sharing->failed |= poolval_str_utf8(space, value, NULL) == NULL;
}

/* The table of the interned is one space's. */
static void leave_table(poolobj *value, void *arg) {
    poolval_space *space = (poolval_space *)arg;
    struct value_str *str = (struct value_str *)value;
    if (!value_is(space, value, POOLVAL_STR) || !(str->shape & STR_INTERNED)) return;
    intern_forget(space, str);
    str->shape &= ~(uint64_t)STR_INTERNED;
}

int poolval_share(poolval_space *space) {
    struct sharing sharing = {space, NULL, false};
    value_require_thread(space);
    if (space->heap->collecting || space->heap->depth > 0)
        return value_fail_int(space, POOLVAL_ERR_VALUE,
                              "no heap is shared inside of a collection or a finalizer", 0, 0);
    poolobj_gc_collect(space->heap, 2);
    poolobj_walk(space->heap, NULL, look_at_value, &sharing);
    if (sharing.failed) return -1;
    if (sharing.other != NULL)
        return value_fail_int(space, POOLVAL_ERR_TYPE, "a %s of the heap can change",
                              value_fail_name(space, 0, sharing.other), 0);
    poolobj_walk(space->heap, NULL, leave_table, space);
    poolobj_heap_share(space->heap);
    return 0;
}
