/* SPDX-License-Identifier: MIT */
#include "value/value.h"

#include <stdarg.h>
#include <stdio.h>

#include "object/collect.h"

/* ---- Types ---- */

const char *value_type_name(const poolval_space *space, const poolobj *value) {
    static const char *const names[POOLVAL_TYPES] = {NULL,  "none",  "bool", "int", "float",
                                                     "str", "tuple", "list", "dict"};
    if (value == NULL) return "NULL";
    unsigned type = value_type(space, value);
    return type != POOLVAL_OTHER ? names[type] : poolobj_type_name(object_type(value));
}

/* ---- Failures ---- */

static void note(poolval_space *space, int code, const char *format, va_list arguments) {
    space->error = code;
    vsnprintf(space->message, sizeof space->message, format, arguments);
}

void *value_fail(poolval_space *space, int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    note(space, code, format, arguments);
    va_end(arguments);
    return NULL;
}

int value_fail_int(poolval_space *space, int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    note(space, code, format, arguments);
    va_end(arguments);
    return -1;
}

void *value_fail_type(poolval_space *space, const char *needed, const poolobj *value) {
    return value_fail(space, POOLVAL_ERR_TYPE, "%s is needed, not %s", needed,
                      value_type_name(space, value));
}

void value_fail_null(poolval_space *space, const char *what) {
    value_fail(space, POOLVAL_ERR_TYPE, "the %s is NULL: the call that made it failed?", what);
}

void *value_fail_memory(poolval_space *space) {
    return value_fail(space, POOLVAL_ERR_MEMORY, "out of memory");
}

/* ---- Memory ---- */

bool (*value_fault_for_test)(void);

poolobj *value_made_slow(poolval_space *space, void *container) {
    collect_due(space->heap);
    return (poolobj *)container;
}

void *value_try_allocate(size_t size) { return value_refuses() ? NULL : alloc_malloc(size); }

void *value_allocate(poolval_space *space, size_t size) {
    void *table = value_try_allocate(size);
    return likely(table != NULL) ? table : value_fail_memory(space);
}

/* Up to here realloc would have to copy, too, and to find out first how large the table is. */
static const size_t COPIED_MAX = 32 * KIB;

void *value_try_reallocate(void *table, size_t old_size, size_t size) {
    if (value_refuses()) return NULL;
    if (size_max(size, old_size) > COPIED_MAX) return alloc_realloc(table, size);
    void *moved = alloc_malloc(size);
    if (moved == NULL || table == NULL) return moved;
    memcpy(moved, table, size_min(size, old_size));
    alloc_free(table);
    return moved;
}

size_t value_table_size(const void *table) { return alloc_usable_size(table); }

/* ---- Indices ---- */

bool value_index_slow(poolval_space *space, const char *what, size_t length, ptrdiff_t *index) {
    ptrdiff_t given = *index;
    if (given < 0) *index += (ptrdiff_t)length;
    if (likely((size_t)*index < length)) return true;
    value_fail(space, POOLVAL_ERR_INDEX, "%s index %td is out of range: the length is %zu", what,
               given, length);
    return false;
}

static ptrdiff_t cut(ptrdiff_t index, ptrdiff_t length) {
    if (index < 0) index += length;
    if (index < 0) return 0;
    return index < length ? index : length;
}

bool value_slice(size_t length, ptrdiff_t *start, ptrdiff_t *stop) {
    bool behind = *start > (ptrdiff_t)length;
    *start = cut(*start, (ptrdiff_t)length);
    *stop = cut(*stop, (ptrdiff_t)length);
    behind |= *stop < *start;
    if (*stop < *start) *stop = *start;
    return !behind;
}
