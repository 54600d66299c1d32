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
    size_t work;    /* and their items */
    struct seen_slot *slot;
    size_t size, used; /* a power of two or 0; at most half are used */
};

enum { MEMO_FROM = 64 };

#ifdef __cplusplus
extern "C" {
#endif

static inline void memo_begin(struct memo *memo, poolval_space *space) {
    memset(memo, 0, sizeof *memo);
    memo->space = space;
}
static inline void memo_end(struct memo *memo) { value_free(memo->slot); }

/* A container with so many items. False: more than the space allows, with the failure noted. */
bool memo_visit(struct memo *memo, size_t items);
/* Whether it was seen, and its word. */
bool memo_find(const struct memo *memo, const poolobj *a, const poolobj *b, uint64_t *word);
void memo_add(struct memo *memo, const poolobj *a, const poolobj *b, uint64_t word);

#ifdef __cplusplus
}
#endif

#endif
