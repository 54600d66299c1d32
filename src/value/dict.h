/* SPDX-License-Identifier: MIT */
/*
 * dict.h - dictionaries: entries in the order of insertion, and an index into them.
 *
 *     slot   0 0 [2] 0 [0] 0 0 [3] ...                           found by hash
 *     item   key value  key value  NULL NULL  key value ...      as they came; NULL: removed
 *
 * A slot is 0 if empty; else its low `bits` bits are 1 + the number of an entry, and the others are
 * bits of the hash, so that few entries are looked at in vain. 2^bits slots of 1, 2, 4 or 8 bytes
 * precede the entries in one table; two thirds of them may be used. A slot whose entry was removed
 * stays until the table is made anew, which is when slots or entries are used up or hardly used;
 * the entry it leads to may be another's by then, whose key is looked at in vain.
 *
 * The first and the last of the entries in use have keys, so that either end is found at once.
 *
 * Invariants, which dict_check checks:
 *   D1 first + length <= used <= filled <= capacity(bits); bits is 0 without a table
 *   D2 length = entries with a key, which have a value too, but NULL in sets; all lie from
 *      `first` to before `used`, and the entries at both ends are such if there are any
 *   D3 a key is found in its own entry; filled = slots that are not empty
 */
#ifndef POOLALLOC_VALUE_DICT_H
#define POOLALLOC_VALUE_DICT_H

#include "value/list.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Parts of `state`, as value.h has them. */
static inline unsigned dict_bits(const struct value_dict *dict) { return (uint8_t)dict->state; }
/* Another one when keys came or went. */
static inline uint64_t dict_version(const struct value_dict *dict) {
    return value_dict_version(dict);
}

/* The width of the narrowest slots for numbers up to the capacity: 1, 2, 4 or 8. */
static inline unsigned dict_slot_width(unsigned bits) {
    return bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8;
}
/* Where the slots of the table begin. */
static inline void *dict_slots(const struct value_dict *dict, unsigned width) {
    return (char *)dict->item - ((size_t)width << dict_bits(dict));
}
/* The block of the table; NULL: there is none. */
static inline void *dict_table(const struct value_dict *dict) {
    return dict_bits(dict) == 0 ? NULL : dict_slots(dict, dict_slot_width(dict_bits(dict)));
}

/* Makes memory that is zero a dictionary without entries. */
void dict_init(struct value_dict *dict);
/* Bytes of the table. */
size_t dict_table_bytes(const struct value_dict *dict);

/* A new dictionary of any type that is a dictionary inside; sets have no values. */
struct value_dict *dict_new_of(poolval_space *space, unsigned type);
static inline struct value_dict *dict_new(poolval_space *space) {
    return dict_new_of(space, POOLVAL_DICT);
}
/* Takes the entry of a key out, whose references are the caller's then. False: the failure is
   noted. */
bool dict_remove(poolval_space *space, struct value_dict *dict, poolobj *key, poolobj *entry[2]);
void dict_clear(struct value_dict *dict);
/* The entry of a key with this hash, a pointer to key and value; the caller holds the key. NULL: it
   is not there, or the look-up failed. */
poolobj **dict_find(const poolval_space *space, const struct value_dict *dict, poolobj *key,
                    uint64_t hash);
/* After a look-up that found nothing: whether it failed (a hook of a key did, say, or keys are
   nested too deep), with the failure noted. Asked once. */
static inline bool dict_find_failed(poolval_space *space) {
    if (likely(!space->find_failed)) return false;
    space->find_failed = false;
    return true;
}
/* The entry of a key, which is made with the value where there is none: *made. NULL: the failure is
   noted. */
poolobj **dict_entry(poolval_space *space, struct value_dict *dict, poolobj *key, poolobj *value,
                     bool *made);
/* Takes references to both; the value is NULL in sets. False: the failure is noted. */
bool dict_set(poolval_space *space, struct value_dict *dict, poolobj *key, poolobj *value);
/* A dictionary with the same entries, without those removed. */
struct value_dict *dict_copy(poolval_space *space, const struct value_dict *dict);
/* The entry at an end; NULL: there is none. D2. */
static inline poolobj **dict_end(const struct value_dict *dict, bool last) {
    if (dict->length == 0) return NULL;
    return dict->item + 2 * (last ? dict->used - 1 : dict->first);
}
/* The next entry from *index on, which is moved behind it; NULL: there is none. */
poolobj **dict_step(const struct value_dict *dict, size_t *index);

void dict_traverse(poolobj *dict, poolobj_visit visit, void *arg);
void dict_drop(poolobj *dict);
void dict_check(poolval_space *space, const struct value_dict *dict);

#ifdef __cplusplus
}
#endif

#endif
