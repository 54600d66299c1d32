/* SPDX-License-Identifier: MIT */
/*
 * memo.h - what a walk over values has seen, so that what is shared is not looked at again and
 * again: by identity, one value or a pair, with a word for each. It begins when some containers
 * were visited, and has only those with more than one reference, as others are met once; so that
 * small values cost nothing. Without memory it forgets: it saves time, and nothing depends on it.
 */
#ifndef POOLALLOC_VALUE_MEMO_H
#define POOLALLOC_VALUE_MEMO_H

#include "value/value.h"

struct seen_slot {
    const poolobj *a, *b; /* b may be NULL; a of NULL: empty */
    uint64_t word;
};

struct memo {
    poolval_space *space;
    size_t visited; /* containers */
    size_t work;    /* containers and their items */
    size_t level;   /* of keys inside of keys: how deep */
    struct seen_slot *slot;
    size_t size, used; /* a power of two or 0; at most half are used */
    bool holds;        /* references to what it has, as hooks may drop it */
};

enum { MEMO_FROM = 64 };

#ifdef __cplusplus
extern "C" {
#endif

static inline void memo_begin(struct memo *memo, poolval_space *space) {
    memset(memo, 0, sizeof *memo);
    memo->space = space;
    memo->holds = space->owned > 0;
}
/* Drops what it holds, in the end. */
void memo_drop(struct memo *memo);
static inline void memo_end(struct memo *memo) {
    if (memo->slot != NULL) memo_drop(memo);
}

/* The memo of the equality in the midst of which a hook asks for another, or `fresh`, which is
   begun. */
struct memo *memo_join(struct memo *fresh, poolval_space *space);
/* Ends the memo that memo_join gave, if it is `fresh`. */
void memo_part(struct memo *memo, struct memo *fresh);
/* own_equal of a pair, of which at least one is of an own type, with this memo for what it asks. */
int memo_equal_own(struct memo *memo, const poolobj *a, const poolobj *b, size_t depth);

/* Keys that hold keys: one level deeper. False: too deep, with the failure noted. */
static inline bool memo_descend(struct memo *memo) {
    if (unlikely(memo->level >= memo->space->depth_max)) return value_fail_depth(memo->space);
    memo->level++;
    return true;
}
static inline void memo_ascend(struct memo *memo) { memo->level--; }
/* Whether two frozen sets or sets are equal, 1, 0, -1; look-ups in them go on with this memo. */
int memo_equal_sets(struct memo *memo, const poolobj *a, const poolobj *b);

/* Counts a container with so many items. False: more than the space allows, with the failure noted.
 */
bool memo_visit(struct memo *memo, size_t items);
/* Whether a value, or a pair if b is not NULL, was seen; its word. */
bool memo_find(const struct memo *memo, const poolobj *a, const poolobj *b, uint64_t *word);
/* Notes what was seen, if there is memory for it. */
void memo_add(struct memo *memo, const poolobj *a, const poolobj *b, uint64_t word);

#ifdef __cplusplus
}
#endif

#endif
