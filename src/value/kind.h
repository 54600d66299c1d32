/* SPDX-License-Identifier: MIT */
/*
 * kind.h - what each type of value does: a row of functions and facts for each, in kinds.c.
 *
 * What takes any value looks its row up by value_kind and calls what stands there. So a new type is
 * a row, and the functions of that row are in the module of the type. A member that is NULL or
 * false has the meaning that its comment gives it.
 */
#ifndef POOLALLOC_VALUE_KIND_H
#define POOLALLOC_VALUE_KIND_H

#pragma GCC visibility push(default)
#include <poolval.h>
#pragma GCC visibility pop

#include "base/base.h"

struct around;   /* repr.h */
struct copying;  /* copy.h */
struct cut;      /* range.h */
struct memo;     /* memo.h */
struct transfer; /* transfer.h */
struct writer;   /* writer.h */

struct kind {
    const char *name;
    /* Without name and free list: the first is `name` unless it has one of its own. */
    poolobj_typespec spec;
    size_t kept;    /* offset of the option that says how long the free list is; 0: there is none */
    size_t listed;  /* free_items where the option is not 0 */
    bool changes;   /* it can change, so that threads do not share it */
    bool tracked;   /* the collector looks at it, as it refers to others: see value_is_tracked */
    bool entries;   /* it is a struct value_dict, whose entries are what it has */
    bool extended;  /* programs may extend it: see poolval_type_new */
    const char *of; /* graphs say how many it has of these: "item"; NULL: they show its text */

    /* Sets *hash. False: the failure is noted. NULL: it is no key. */
    bool (*hash)(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash);
    /* Whether it equals a value of a type with the same function: 1, 0, -1. NULL: it equals itself
       alone, but for what equal_parts says. */
    int (*equal)(struct memo *memo, const poolobj *a, const poolobj *b);
    /* Says whether two values are equal that are no keys, containers that may be entered for
       `depth` levels among them. NULL: `equal` says it. */
    int (*equal_parts)(struct memo *memo, poolobj *a, poolobj *b, size_t depth);
    /* Sets *order to -1, 0 or 1, for a value of a type with the same function. False: the failure
       is noted. NULL: it has no order. */
    bool (*order)(struct memo *memo, poolobj *a, poolobj *b, size_t depth, int *order);
    /* NULL: its name and address. */
    void (*repr)(struct writer *writer, const poolobj *value, const struct around *outer);

    /* A new reference to a copy; NULL: the failure is noted. Without a function, the value itself
       is its copy. `depth` levels may be entered. */
    poolobj *(*copy)(poolval_space *space, poolobj *value);
    poolobj *(*deepcopy)(struct copying *copying, poolobj *value, size_t depth);
    /* A copy in the space `to` of what is of `from`, without its parts; the space `from` may be
       another thread's. NULL: it stays in its heap. */
    poolobj *(*transfer)(poolval_space *to, const poolval_space *from, const poolobj *value);
    /* Copies its parts into the copy. False: the failure is noted. NULL: it has none. */
    bool (*transfer_parts)(struct transfer *transfer, const poolobj *value, poolobj *copy,
                           size_t depth);
    /* A copy with its parts, where `transfer` and `transfer_parts` are not enough. NULL: they are.
     */
    poolobj *(*transfer_whole)(struct transfer *transfer, const poolobj *value, size_t depth);
    /* Takes out what it holds, so that cycles through it end. 0, or -1. NULL: that can't be, or
       needs not. */
    int (*clear)(poolval_space *space, poolobj *value);

    /* Bytes outside of its object. NULL: none. */
    size_t (*table)(const poolobj *value);
    /* NULL: it has no length. */
    size_t (*length)(const poolval_space *space, const poolobj *value);
    /* NULL: true, but for a length of 0. Of bool and int nobody asks: poolval_truth looks itself.
     */
    bool (*truth)(const poolval_space *space, const poolobj *value);
    /* Whether an item is in it: 1, 0, -1. NULL: it has no items. */
    int (*contains)(poolval_space *space, poolobj *value, poolobj *item);
    /* A new reference to the item at an index below *length, which it sets; else NULL. NULL: it is
       not iterated by index. */
    poolobj *(*at)(poolval_space *space, const poolobj *value, size_t index, size_t *length);
    /* NULL: it has no slices. */
    poolobj *(*slice)(poolval_space *space, poolobj *value, const struct cut *cut);

    /* Checks its invariants. NULL: it has none. */
    void (*check)(poolval_space *space, poolobj *value);
};

#ifdef __cplusplus
extern "C" {
#endif

/* By POOLVAL_..., in kinds.c. */
extern const struct kind kind_table[];

#ifdef __cplusplus
}
#endif

#endif
