/* SPDX-License-Identifier: MIT */
/*
 * value.h - what values look like in memory, and what a space knows of them.
 *
 * A value's type is in its header: the types of a space are numbered one after the other, so that
 * header.type - space->number[POOLVAL_NONE] counts from POOLVAL_NONE. No test of a type leaves the
 * object.
 */
#ifndef POOLALLOC_VALUE_VALUE_H
#define POOLALLOC_VALUE_VALUE_H

#include <stdlib.h>

#include "object/object.h"
#include "object/pace.h"
#include "value/failure.h"
#include "value/hash.h"
#include "value/kind.h"

struct value_int {
    poolobj base;
    int64_t number;
};

struct value_float {
    poolobj base;
    double number;
};

struct value_tuple {
    poolobj base;
    size_t length;
    poolobj *item[];
};

/* Invariants, which poolval_space_check checks:
     L1 length <= room, items is NULL if and only if room is 0
     L2 the first `length` items are not NULL */
struct value_list {
    poolobj base;
    size_t length, room;
    poolobj **item;
};

/* Dictionaries, and sets, which are dictionaries inside. See dict.h. */
struct value_dict {
    poolobj base;
    size_t length;  /* keys */
    size_t used;    /* entries, with those removed */
    size_t filled;  /* slots that are not empty */
    size_t first;   /* the entries before were removed */
    poolobj **item; /* key and value of each entry; before it lie the slots */
    /* The lowest byte is the logarithm of the number of slots, above are keys that came and went;
       of a frozen set, its hash. Arithmetic on whole words, as the fields of C cost more. */
    uint64_t state;
};

/* See instance.h. */
struct value_class {
    poolobj base;
    poolobj *name, *parent; /* a string; a class or NULL */
    poolobj *attributes,
        *names;       /* dictionaries: what instances share, and the names of their own */
    const char *utf8; /* of the name, which has it */
    uint32_t made;    /* instances, up to some */
    bool finalized;   /* instances are */
};
struct value_instance {
    poolobj base;
    poolobj *type; /* a class */
    poolobj *more; /* a dictionary of attributes without a place here, or NULL */
    uint64_t hash; /* by a hook; 0: not known yet */
    poolobj *item[];
};

/* The weak table of interned strings: open addressing, never full. See intern.h. */
struct intern_slot {
    uint64_t hash;
    struct value_str *str; /* NULL: empty */
};
struct intern_table {
    struct intern_slot *slot;
    size_t size; /* slots, a power of two or 0 */
    size_t used;
};

enum { LATIN1_CHARS = 256 };

struct poolval_space {
    uint16_t first; /* number[POOLVAL_NONE], where the inline functions of poolval.h read it */
    uint16_t number[POOLVAL_TYPES]; /* of the types, as headers have it: one after the other */
    /* Numbers of the types by which an exported function may know a value without a further look:
       those of `number`, but where the heap is checked one that no header has. */
    uint16_t passing[POOLVAL_TYPES];
    int list_growth;
    poolobj_type *type[POOLVAL_TYPES]; /* for OTHER that of the object in space.h */
    poolobj **small_int;               /* small_count of them, the first is small_min */
    int64_t small_min;
    uint64_t small_count;
    struct hash_key key;
    struct intern_table interned;
    size_t intern_max, depth_max, work_max, repeat_max;
    poolobj *none, *boolean[2], *empty_tuple;
    poolobj *empty_str, *latin1[LATIN1_CHARS];
    poolobj_heap *heap;
    size_t depth_limit; /* the option; depth_max is lower inside of hooks (own.h) */
    size_t owned;       /* own types that were made */
    bool check_hooks;
    bool checked;          /* the heap is: objects of others are refused */
    struct own *instances; /* hooks of all instances, or NULL */
    void (*instance_finalize)(poolval_space *space, poolobj *instance);
    bool met_own;                /* a look-up has met a key of an own type, see dict.c */
    bool find_failed;            /* a look-up failed, see dict.h */
    struct memo *memo;           /* of an equality that a hook was asked for: memo.h */
    const struct around *around; /* containers around a hook that is asked for text: repr.c */
    bool closing;                /* the heap ends: the last interned string frees the space */
    double (*power)(double, double);
    /* Whether two frozen sets are equal, for the modules of keys, which are below set.h. */
    int (*same_sets)(const poolval_space *space, const poolobj *a, const poolobj *b);
    struct failure failure;
};

static_assert(offsetof(struct poolval_space, first) == 0, "poolval_kind");
static_assert(offsetof(struct value_int, number) == sizeof(poolobj), "poolval_int_peek");
static_assert(offsetof(struct value_float, number) == sizeof(poolobj), "poolval_float_peek");
static_assert(offsetof(struct value_list, length) == sizeof(poolobj) &&
                  offsetof(struct value_list, item) == 3 * sizeof(poolobj),
              "poolval_list_peek");

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Dictionaries ---- */

enum { DICT_BITS = 0xff, DICT_CHANGE = DICT_BITS + 1 };
static inline uint64_t value_dict_version(const struct value_dict *dict) {
    return dict->state / DICT_CHANGE;
}

/* ---- Types ---- */

ALWAYS_INLINE bool value_is(const poolval_space *space, const poolobj *value, unsigned type) {
    return likely(value != NULL) && value->type == space->number[type];
}
static inline unsigned value_type(const poolval_space *space, const poolobj *value) {
    if (value == NULL) return POOLVAL_OTHER;
    unsigned index = (unsigned)value->type - space->number[POOLVAL_NONE];
    return index < POOLVAL_TYPES - 1 ? index + 1 : (unsigned)POOLVAL_OTHER;
}
static inline const struct kind *value_kind(const poolval_space *space, const poolobj *value) {
    return &kind_table[value_type(space, value)];
}
/* The types that the collector tracks: `tracked` of their rows, known when this is compiled. */
enum {
    TRACKED_TYPES = 1 << POOLVAL_TUPLE | 1 << POOLVAL_LIST | 1 << POOLVAL_DICT | 1 << POOLVAL_SET |
                    1 << POOLVAL_FROZENSET | 1 << POOLVAL_ITERATOR | 1 << POOLVAL_CLASS |
                    1 << POOLVAL_INSTANCE
};
static_assert(POOLVAL_TYPES < 31, "a bit for each type");
ALWAYS_INLINE bool value_is_tracked(unsigned type) { return TRACKED_TYPES >> type & 1; }
const char *value_type_name(const poolval_space *space, const poolobj *value);

/* ---- Failures ---- */

/* Note what went wrong, see failure.h; return what the failing function returns. */
void *value_fail(poolval_space *space, int code, const char *format, uint64_t a, uint64_t b);
int value_fail_int(poolval_space *space, int code, const char *format, uint64_t a, uint64_t b);
/* The name of a value's type as a word of the failure that is about to be noted. */
uint64_t value_fail_name(poolval_space *space, unsigned which, const poolobj *value);
/* "a list is needed, not int". */
NOINLINE void *value_fail_type(poolval_space *space, const char *needed, const poolobj *value);
COLD void *value_fail_memory(poolval_space *space);

/* "nested deeper than 1000 levels"; false. */
COLD bool value_fail_depth(poolval_space *space);

/* In a heap that is checked, ends the process if another thread than the owner calls, and requires
   an object of the heap, or of a shared one. False: the failure is noted. */
COLD bool value_check(poolval_space *space, const poolobj *value, const char *what);
COLD void value_check_thread(const poolval_space *space);
static inline void value_require_thread(const poolval_space *space) {
    if (unlikely(space->checked)) value_check_thread(space);
}
/* Whether a value that the program gave is of the type and needs no further look: false in any case
   where the heap is checked. */
ALWAYS_INLINE bool value_passes(const poolval_space *space, const poolobj *value, unsigned type) {
    return likely(value != NULL) && value->type == space->passing[type];
}
/* Requires a value of the type, which the program gave. False: the failure is noted. */
NOINLINE bool value_require_slow(poolval_space *space, const poolobj *value, unsigned type,
                                 const char *needed);
ALWAYS_INLINE bool value_require(poolval_space *space, const poolobj *value, unsigned type,
                                 const char *needed) {
    return likely(value_passes(space, value, type)) ||
           value_require_slow(space, value, type, needed);
}
/* Requires that a value of any type, or NULL, may be looked at. */
ALWAYS_INLINE bool value_require_own(poolval_space *space, const poolobj *value) {
    return likely(!space->checked) || value_check(space, value, "value");
}
/* Require that there is a value; `what` names the argument. */
COLD void value_fail_null(poolval_space *space, const char *what);
ALWAYS_INLINE bool value_require_any(poolval_space *space, const poolobj *value, const char *what) {
    if (likely(value != NULL)) return true;
    value_fail_null(space, what);
    return false;
}
/* Requires a value that may go into a container. */
ALWAYS_INLINE bool value_require_item(poolval_space *space, const poolobj *value,
                                      const char *what) {
    if (!value_require_any(space, value, what)) return false;
    return likely(!space->checked) || value_check(space, value, what);
}
/* In a heap that is checked, requires that the items of a list or tuple may go into another
   container. Types have the same numbers in all heaps, so that it may be one of another heap. */
COLD bool value_check_items(poolval_space *space, poolobj *const *items, size_t count);
/* Asked with `if`: gcc 12 takes all that follows `likely(x) || cold()` for cold code, too, which
   here is most of what makes a container. */
ALWAYS_INLINE bool value_admits(poolval_space *space, poolobj *const *items, size_t count) {
    if (unlikely(space->checked)) return value_check_items(space, items, count);
    return true;
}
/* Requires values that may go into a container, all of them. */
static inline bool value_require_items(poolval_space *space, poolobj *const *items, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!value_require_any(space, items[i], "item")) return false;
    return value_admits(space, items, count);
}

/* ---- References ---- */

ALWAYS_INLINE poolobj *value_ref(poolobj *value) {
    poolobj_incref(value);
    return value;
}
/* Adds a reference where that takes no call. False, and nothing happened: it would take one. */
ALWAYS_INLINE bool value_try_ref(poolobj *value) {
    int32_t count = value->count;
    if (unlikely(count <= 0 || count == INT32_MAX)) return count == IMMORTAL;
    value->count = count + 1;
    return true;
}
ALWAYS_INLINE void value_unref(poolobj *value) { poolobj_decref(value); }
static inline void value_unref_all(poolobj *const *values, size_t count) {
    for (size_t i = 0; i < count; i++) value_unref(values[i]);
}

/* ---- Memory: NULL says that there is none, and the failure is noted ---- */

/* For tests: when set, asked before each allocation; true makes it fail. */
extern bool (*value_fault_for_test)(void);
static inline bool value_refuses(void) {
    return unlikely(value_fault_for_test != NULL) && value_fault_for_test();
}

/* A value, zeroed but for its header. Never collects: so no code of the program runs while
   containers are half made or copied from. Who makes a container ends with value_made. */
ALWAYS_INLINE void *value_new(poolval_space *space, unsigned type, size_t size) {
    object_heap_require("poolval", space->heap);
    if (value_refuses()) return value_fail_memory(space);
    size_t bytes = size_max(align_up(size, 8), BLOCK_MIN); /* known when this is compiled */
    void *value = object_new_kept(space->type[type], bytes);
    if (unlikely(value == NULL)) return value_fail_memory(space);
    if (value_is_tracked(type)) space->heap->count[0]++;
    return value;
}
ALWAYS_INLINE void *value_new_items_of(poolval_space *space, unsigned type, size_t items,
                                       bool zeroed) {
    object_heap_require("poolval", space->heap);
    if (value_refuses()) return value_fail_memory(space);
    void *value = object_new_items_of(space->type[type], items, zeroed);
    if (unlikely(value == NULL)) return value_fail_memory(space);
    if (value_is_tracked(type)) space->heap->count[0]++;
    return value;
}
ALWAYS_INLINE void *value_new_items(poolval_space *space, unsigned type, size_t items) {
    return value_new_items_of(space, type, items, true);
}
/* A container is made: collects what is due. Returns it. */
poolobj *value_made_slow(poolval_space *space, void *container);
ALWAYS_INLINE poolobj *value_made(poolval_space *space, void *container) {
    if (likely(space->heap->count[0] <= space->heap->trigger)) return (poolobj *)container;
    return value_made_slow(space, container);
}

/* Tables of values; those that try note no failure. */
void *value_allocate(poolval_space *space, size_t size);
void *value_try_allocate(size_t size);
/* Changes the size of a table; with NULL and an old size of 0 it makes a new one. NULL: no memory,
   and the table is as it was. */
void *value_try_reallocate(void *table, size_t old_size, size_t size);
static inline void value_free(void *table) {
    if (table != NULL) free(table); /* of NULL, which is frequent, without a call */
}
/* What a table weighs with the collector: few bytes are told by the number of objects. */
enum { LIGHT_MAX = 1 * KIB };
static inline size_t value_weight(size_t size) { return size > LIGHT_MAX ? size : 0; }
/* The table of a container has `size` bytes now and had `old_size` before. */
static inline void value_press(const poolobj *container, size_t old_size, size_t size) {
    if (likely(size_max(old_size, size) <= LIGHT_MAX)) return;
    pace_press(object_heap(container),
               (ptrdiff_t)value_weight(size) - (ptrdiff_t)value_weight(old_size));
}

/* ---- Indices ---- */

/* A negative index counts from the end. False: out of range, with the failure noted. */
bool value_fail_index(poolval_space *space, const char *what, size_t length, ptrdiff_t given);
ALWAYS_INLINE bool value_index(poolval_space *space, const char *what, size_t length,
                               ptrdiff_t *index) {
    ptrdiff_t given = *index;
    if (likely((size_t)given < length)) return true;
    if (given < 0) *index = given + (ptrdiff_t)length;
    return (size_t)*index < length ? true : value_fail_index(space, what, length, given);
}
/* Cuts start and stop to 0 <= start <= stop <= length, as Python's slices are. False: start was
   behind stop or the end, where not even nothing is found. */
bool value_slice(size_t length, ptrdiff_t *start, ptrdiff_t *stop);

#ifdef __cplusplus
}
#endif

#endif
