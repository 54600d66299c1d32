/* SPDX-License-Identifier: MIT */
#include "value/value.h"

#include "base/check.h"
#include "object/collect.h"

/* ---- Types ---- */

/* Types that extend one of these have names of their own, and instances those of their classes. */
static bool is_named(const poolval_space *space, const poolobj *value) {
    unsigned type = value_type(space, value);
    return type != POOLVAL_OTHER && type != POOLVAL_INSTANCE &&
           object_type(value) == space->type[type];
}

const char *value_type_name(const poolval_space *space, const poolobj *value) {
    if (value == NULL) return "NULL";
    if (value_is(space, value, POOLVAL_INSTANCE))
        return ((const struct value_class *)((const struct value_instance *)value)->type)->utf8;
    return is_named(space, value) ? value_kind(space, value)->name
                                  : object_heap_type_name(object_type(value));
}

/* ---- Failures ---- */

void *value_fail(poolval_space *space, int code, const char *format, uint64_t a, uint64_t b) {
    failure_note(&space->failure, code, format, a, b);
    return NULL;
}

int value_fail_int(poolval_space *space, int code, const char *format, uint64_t a, uint64_t b) {
    failure_note(&space->failure, code, format, a, b);
    return -1;
}

/* Types of the program's own may be gone when the message is read. */
uint64_t value_fail_name(poolval_space *space, unsigned which, const poolobj *value) {
    const char *name = value_type_name(space, value);
    if (value == NULL || is_named(space, value)) return failure_text(name);
    return failure_copy(&space->failure, which, name, strlen(name));
}

void *value_fail_type(poolval_space *space, const char *needed, const poolobj *value) {
    return value_fail(space, POOLVAL_ERR_TYPE, "%s is needed, not %s", failure_text(needed),
                      value_fail_name(space, 1, value));
}

void value_fail_null(poolval_space *space, const char *what) {
    value_fail(space, POOLVAL_ERR_TYPE, "the %s is NULL: the call that made it failed?",
               failure_text(what), 0);
}

bool value_fail_depth(poolval_space *space) {
    value_fail(space, POOLVAL_ERR_DEPTH, "nested deeper than %u levels", space->depth_limit, 0);
    return false;
}

void value_check_thread(const poolval_space *space) {
    object_heap_check_looker("poolval", space->heap);
}

bool value_check(poolval_space *space, const poolobj *value, const char *what) {
    value_check_thread(space);
    if (value == NULL) return true;
    const struct type_pool *pool = type_pool_find((uintptr_t)value);
    if (pool == NULL)
        fail_call("poolval:", "no living object at", (uintptr_t)value,
                  "its last reference was dropped before, or it never was one");
    if (pool->type->heap == space->heap || pool->type->heap->shared) return true;
    const char *name = object_heap_type_name(pool->type);
    value_fail(space, POOLVAL_ERR_TYPE, "the %s is a %s of another heap", failure_text(what),
               failure_copy(&space->failure, 0, name, strlen(name)));
    return false;
}

bool value_check_items(poolval_space *space, poolobj *const *items, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!value_check(space, items[i], "item")) return false;
    return true;
}

bool value_require_slow(poolval_space *space, const poolobj *value, unsigned type,
                        const char *needed) {
    if (!value_require_own(space, value)) return false;
    return value_is(space, value, type) || value_fail_type(space, needed, value) != NULL;
}

void *value_fail_memory(poolval_space *space) {
    return value_fail(space, POOLVAL_ERR_MEMORY, "out of memory", 0, 0);
}

/* ---- Memory ---- */

bool (*value_fault_for_test)(void);

poolobj *value_made_slow(poolval_space *space, void *container) {
    collect_due(space->heap);
    return (poolobj *)container;
}

void *value_try_allocate(size_t size) {
    if (value_refuses()) return NULL;
    void *table = malloc(size);
    return likely(table != NULL) || !store_relieve() ? table : malloc(size);
}

void *value_allocate(poolval_space *space, size_t size) {
    void *table = value_try_allocate(size);
    return likely(table != NULL) ? table : value_fail_memory(space);
}

/* Up to here a block moves to one of another size anyway, and is copied without asking how large it
   is; larger ones mostly grow where they lie. */
static const size_t COPIED_MAX = 4 * KIB;

void *value_try_reallocate(void *table, size_t old_size, size_t size) {
    if (table != NULL && size_max(size, old_size) > COPIED_MAX)
        return value_refuses() ? NULL : realloc(table, size);
    void *moved = value_try_allocate(size);
    if (moved == NULL || table == NULL) return moved;
    memcpy(moved, table, size_min(size, old_size));
    free(table);
    return moved;
}

/* ---- Indices ---- */

bool value_fail_index(poolval_space *space, const char *what, size_t length, ptrdiff_t given) {
    space->failure.word[2] = length;
    failure_note(&space->failure, POOLVAL_ERR_INDEX,
                 "%s index %d is out of range: the length is %u", failure_text(what),
                 (uint64_t)given);
    return false;
}

static ptrdiff_t cut_index(ptrdiff_t index, ptrdiff_t length) {
    if (index < 0) index += length;
    if (index < 0) return 0;
    return index < length ? index : length;
}

bool value_slice(size_t length, ptrdiff_t *start, ptrdiff_t *stop) {
    bool behind = *start > (ptrdiff_t)length;
    *start = cut_index(*start, (ptrdiff_t)length);
    *stop = cut_index(*stop, (ptrdiff_t)length);
    behind |= *stop < *start;
    if (*stop < *start) *stop = *start;
    return !behind;
}
