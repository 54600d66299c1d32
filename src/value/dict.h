/* SPDX-License-Identifier: MIT */
/*
 * dict.h - dictionaries: entries in the order of insertion, and an index into them.
 *
 *     item   key value  key value  NULL NULL  key value ...      as they came; NULL: removed
 *     slot   0 0 [2] 0 [0] 0 0 [3] ...                           found by hash
 *
 * A slot is 0 if empty; else its low `bits` bits are 1 + the number of an entry, and the others are
 * bits of the hash, so that few entries are looked at in vain. 2^bits slots of 1, 2, 4 or 8 bytes
 * follow the entries in one table; two thirds of them may be used. A slot whose entry was removed
 * stays until the table is made anew, which is when the entries are used up or hardly used.
 *
 * Invariants, which dict_check checks:
 *   D1 length <= used <= capacity(bits); bits = 0 and no table, or bits >= BITS_LEAST
 *   D2 length = entries with a key; those have a value too
 *   D3 each entry has one slot that leads to it; a key is found in its own entry
 */
#ifndef POOLALLOC_VALUE_DICT_H
#define POOLALLOC_VALUE_DICT_H

#include "value/list.h"

struct value_dict {
    poolobj base;
    size_t length;    /* keys */
    size_t used;      /* entries, with those removed */
    poolobj **item;   /* key and value of each entry */
    void *slot;       /* behind them; a static empty one without a table */
    uint8_t bits;     /* logarithm of the number of slots */
    uint64_t version; /* counts keys that came and went */
};

#ifdef __cplusplus
extern "C" {
#endif

struct value_dict *dict_new(poolval_space *space);
/* Entry of a key with this hash, which is a pointer to key and value; NULL: it is not there. */
poolobj **dict_find(const poolval_space *space, const struct value_dict *dict, poolobj *key,
                    uint64_t hash);
/* Takes references to both. False: the failure is noted. */
bool dict_set(poolval_space *space, struct value_dict *dict, poolobj *key, poolobj *value);
/* A dictionary with the same entries, without those removed. */
struct value_dict *dict_copy(poolval_space *space, const struct value_dict *dict);
/* The next entry from *index on, which is moved behind it; NULL: there is none. */
poolobj **dict_step(const struct value_dict *dict, size_t *index);

void dict_traverse(poolobj *dict, poolobj_visit visit, void *arg);
void dict_drop(poolobj *dict);
void dict_check(poolval_space *space, const struct value_dict *dict);

#ifdef __cplusplus
}
#endif

#endif
