/* SPDX-License-Identifier: MIT */
/*
 * instance.h - classes, and their instances with attributes by name.
 *
 * The names that instances of a class have are in a table of the class, in the order in which they
 * were first set; it only grows, so that the number of a name stays. An instance has the values
 * alone, by these numbers, as many as it has room for; what does not fit is in a dictionary of its
 * own.
 *
 * Invariants, which instance_check checks:
 *   C1 the names of a class have no gaps: the n-th is the n-th entry
 *   C2 an instance has no value for a number that its class has no name for, and no name in its
 *      dictionary whose number it has room for
 */
#ifndef POOLALLOC_VALUE_INSTANCE_H
#define POOLALLOC_VALUE_INSTANCE_H

#include "value/dict.h"
#include "value/own.h"

enum { NAMES_MAX = 30 }; /* as CPython; more would be kept by classes used as dictionaries */

#ifdef __cplusplus
extern "C" {
#endif

extern const size_t class_refs[], instance_refs[];

/* Values that an instance has room for. */
static inline size_t instance_room(const struct value_instance *instance) {
    return (object_bytes(ledger_pool(instance)) - sizeof *instance) / sizeof(poolobj *);
}
/* An instance of the same class with the same attributes; NULL: the failure is noted. */
poolobj *instance_copy(poolval_space *space, const struct value_instance *from);
/* A class of the name without base and attributes; an instance with room for so many, all of them
   missing. NULL: the failure is noted. */
struct value_class *instance_new_class(poolval_space *space, poolobj *name);
struct value_instance *instance_new(poolval_space *space, struct value_class *class_, size_t room);
/* A class gives up the attributes that its instances share. An instance gives up all its
   attributes, keeps its class, and is not finalized any more. 0, or -1. */
int instance_clear_class(poolval_space *space, poolobj *value);
int instance_clear(poolval_space *space, poolobj *value);
void instance_finalize(poolobj *instance);
void instance_check(poolval_space *space, const struct value_instance *instance);

#ifdef __cplusplus
}
#endif

#endif
