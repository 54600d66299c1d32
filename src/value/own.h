/* SPDX-License-Identifier: MIT */
/*
 * own.h - types of the program's own among the values: their hooks, and how they are called.
 *
 * A hook may do whatever it likes, so that after it nothing of a container may be what it was. Who
 * walks over values holds what a hook is asked about, and reads containers anew afterwards; where a
 * space has no own type, no code of the program runs, and nothing of this is done.
 *
 * A hook counts as a level of nesting: while it runs, the space allows as many levels as are left.
 */
#ifndef POOLALLOC_VALUE_OWN_H
#define POOLALLOC_VALUE_OWN_H

#include "object/type.h"
#include "value/value.h"

/* What a type has as `upper`. */
struct own {
    poolval_space *space;
    unsigned base; /* POOLVAL_OTHER, or what it extends */
    poolval_hooks hooks;
    /* The program's functions, where the type extends a value: they are called after the value's.
     */
    void (*traverse)(poolobj *object, poolobj_visit visit, void *arg);
    void (*drop)(poolobj *object);
};

#ifdef __cplusplus
extern "C" {
#endif

static inline const struct own *own_of_type(const poolobj_type *type) {
    return type->extra != NULL ? (const struct own *)type->extra->upper : NULL;
}

/* Whether hooks may be called in the space at all. */
static inline bool own_any(const poolval_space *space) { return unlikely(space->owned > 0); }
/* What decides for a value; NULL: it is no object of an own type. */
const struct own *own_find(const poolval_space *space, const poolobj *value);
static inline const struct own *own_of(const poolval_space *space, const poolobj *value) {
    return own_any(space) ? own_find(space, value) : NULL;
}

/* The functions below are for values for which own_of finds something; `depth` levels are left.
   They note a failure, and return then what a hook returns. */
bool own_hash(const struct own *own, poolobj *value, size_t depth, uint64_t *hash);
/* True if the value, of any type, has another hash for sure: it needs no comparison. */
bool own_has_other_hash(const poolval_space *space, poolobj *value, uint64_t hash);
/* At least one of them is of an own type: 1, 0, -1. */
int own_equal(poolval_space *space, poolobj *a, poolobj *b, size_t depth);
/* 1: *order; 0: they have none; -1. */
int own_compare(poolval_space *space, poolobj *a, poolobj *b, size_t depth, int *order);
/* A string; NULL. Only where there is a hook. */
poolobj *own_repr(const struct own *own, poolobj *value, size_t depth);
/* NULL: failed; the value itself where there is no hook. */
poolobj *own_copy(const struct own *own, poolobj *value, size_t depth);
/* A copy by the hook, which is there, in a space that may be of another heap; there the failure is
   noted. */
poolobj *own_copy_to(const struct own *own, poolval_space *to, poolobj *value, size_t depth);
/* Whether what a hook gave for a copy is an object that it made and nobody else has: its parts are
   to be copied. All else is taken as it is. */
bool own_is_new(const poolval_space *space, const poolobj *copy);
/* The copy has its parts now: a hash that the hook copied, or was asked for before, is forgotten.
   Returns the copy. */
poolobj *own_whole(const poolval_space *space, poolobj *copy);
ptrdiff_t own_length(const struct own *own, poolobj *value);
poolobj *own_iterate(const struct own *own, poolobj *value);
int own_next(const struct own *own, poolobj *value, poolobj **item);

#ifdef __cplusplus
}
#endif

#endif
