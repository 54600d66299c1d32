/* SPDX-License-Identifier: MIT */
#include "value/set.h"

#include "value/key.h"

static COLD bool require_any_slow(poolval_space *space, const poolobj *set) {
    if (!value_require_own(space, set)) return false;
    return set_is(space, set) || value_fail_type(space, "a set or frozenset", set) != NULL;
}
static struct value_dict *require_any_set(poolval_space *space, const poolobj *set) {
    if (likely(value_passes(space, set, POOLVAL_SET) ||
               value_passes(space, set, POOLVAL_FROZENSET) || require_any_slow(space, set)))
        return (struct value_dict *)(uintptr_t)set;
    return NULL;
}
static struct value_dict *require_set(poolval_space *space, const poolobj *set) {
    return value_require(space, set, POOLVAL_SET, "a set") ? (struct value_dict *)(uintptr_t)set
                                                           : NULL;
}

/* Whether an item is there: 1, 0, -1. It was hashed before. */
static int has_member(const poolval_space *space_, const struct value_dict *set, poolobj *item) {
    poolval_space *space = (poolval_space *)(uintptr_t)space_;
    uint64_t hash;
    if (!key_hash(space, item, &hash)) return -1;
    value_ref(item); /* hooks may drop it */
    int there = dict_find(space, set, item, hash) != NULL;
    value_unref(item);
    return !there && dict_find_failed(space) ? -1 : there;
}

/* Whether all items of one are in the other: 1, 0, -1. */
static int is_part(const poolval_space *space, const struct value_dict *a,
                   const struct value_dict *b) {
    size_t index = 0;
    if (a->length > b->length) return 0;
    for (poolobj **entry; (entry = dict_step(a, &index)) != NULL;) {
        int there = has_member(space, b, entry[0]);
        if (there != 1) return there;
    }
    return 1;
}

int set_equal(const poolval_space *space, const poolobj *a, const poolobj *b) {
    const struct value_dict *x = (const struct value_dict *)a, *y = (const struct value_dict *)b;
    return x->length == y->length ? is_part(space, x, y) : 0;
}

/* ---- Making ---- */

/* A hash that does not depend on the order of the items. */
static uint64_t hash_of_set(poolval_space *space, const struct value_dict *set) {
    size_t index = 0;
    uint64_t all = 0, hash;
    for (poolobj **entry; (entry = dict_step(set, &index)) != NULL;)
        if (key_hash(space, entry[0], &hash)) all += hash_mix(&space->key, 6, hash);
    return hash_mix(&space->key, set->length, all);
}

void set_freeze(poolval_space *space, struct value_dict *set) {
    set->state = hash_of_set(space, set) * DICT_CHANGE + dict_bits(set);
}

/* Returns the set if it is whole, with its hash if it is frozen; else drops it, and returns NULL.
 */
static poolobj *finish_set(poolval_space *space, struct value_dict *set, bool good) {
    if (!good) {
        value_unref(&set->base);
        return NULL;
    }
    if (value_is(space, &set->base, POOLVAL_FROZENSET)) set_freeze(space, set);
    return value_made(space, set);
}

static bool add_all(poolval_space *space, struct value_dict *set, poolobj *items) {
    poolobj *iterator = poolval_iterate(space, items), *item;
    int more = -1;
    if (iterator == NULL) return false;
    while ((more = poolval_next(space, iterator, &item)) == 1) {
        bool added = dict_set(space, set, item, NULL);
        value_unref(item);
        if (!added) break;
    }
    value_unref(iterator);
    return more == 0;
}

static poolobj *make_set(poolval_space *space, unsigned type, poolobj *items) {
    struct value_dict *set = dict_new_of(space, type);
    if (set == NULL) return NULL;
    return finish_set(space, set, items == NULL || add_all(space, set, items));
}

poolobj *poolval_set_new(poolval_space *space, poolobj *items) {
    return make_set(space, POOLVAL_SET, items);
}
poolobj *poolval_frozenset_new(poolval_space *space, poolobj *items) {
    return make_set(space, POOLVAL_FROZENSET, items);
}

/* ---- Looking and changing ---- */

ptrdiff_t poolval_set_length(poolval_space *space, const poolobj *value) {
    const struct value_dict *set = require_any_set(space, value);
    return set != NULL ? (ptrdiff_t)set->length : -1;
}

int poolval_set_has(poolval_space *space, const poolobj *value, poolobj *item) {
    const struct value_dict *set = require_any_set(space, value);
    uint64_t hash;
    if (set == NULL || !key_hash(space, item, &hash)) return -1;
    bool there = dict_find(space, set, item, hash) != NULL;
    return !there && dict_find_failed(space) ? -1 : there;
}

int poolval_set_add(poolval_space *space, poolobj *value, poolobj *item) {
    struct value_dict *set = require_set(space, value);
    bool made;
    if (set == NULL || dict_entry(space, set, item, NULL, &made) == NULL) return -1;
    return made;
}

int poolval_set_add_steal(poolval_space *space, poolobj *value, poolobj *item) {
    if (item == NULL && space->failure.code != POOLVAL_OK) return -1;
    int added = poolval_set_add(space, value, item);
    if (item != NULL) value_unref(item);
    return added;
}

int poolval_set_remove(poolval_space *space, poolobj *value, poolobj *item) {
    struct value_dict *set = require_set(space, value);
    poolobj *entry[2];
    if (set == NULL) return -1;
    int there = poolval_set_has(space, value, item);
    if (there != 1) return there;
    if (!dict_remove(space, set, item, entry)) return -1;
    value_unref(entry[0]);
    return 1;
}

int poolval_set_clear(poolval_space *space, poolobj *value) {
    struct value_dict *set = require_set(space, value);
    if (set == NULL) return -1;
    dict_clear(set);
    return 0;
}

/* ---- Two sets ---- */

/* Adds those items of `from` that are in `other`, or those that are not. */
static bool add_some(poolval_space *space, struct value_dict *set, const struct value_dict *from,
                     const struct value_dict *other, bool in) {
    size_t index = 0;
    for (poolobj **entry; (entry = dict_step(from, &index)) != NULL;) {
        poolobj *item = value_ref(entry[0]);
        int there = has_member(space, other, item);
        bool good = there >= 0 && (there != in || dict_set(space, set, item, NULL));
        value_unref(item);
        if (!good) return false;
    }
    return true;
}

enum { OF_A_IN_B = 1, OF_A_NOT_IN_B = 2, OF_B_NOT_IN_A = 4 };

static poolobj *combine_sets(poolval_space *space, const poolobj *a, const poolobj *b,
                             unsigned which) {
    const struct value_dict *x = require_any_set(space, a), *y = require_any_set(space, b);
    if (x == NULL || y == NULL) return NULL;
    struct value_dict *set = dict_new_of(space, value_type(space, a));
    if (set == NULL) return NULL;
    bool good = (!(which & OF_A_IN_B) || add_some(space, set, x, y, true)) &&
                (!(which & OF_A_NOT_IN_B) || add_some(space, set, x, y, false)) &&
                (!(which & OF_B_NOT_IN_A) || add_some(space, set, y, x, false));
    return finish_set(space, set, good);
}

poolobj *poolval_set_union(poolval_space *space, const poolobj *a, const poolobj *b) {
    return combine_sets(space, a, b, OF_A_IN_B | OF_A_NOT_IN_B | OF_B_NOT_IN_A);
}
poolobj *poolval_set_intersection(poolval_space *space, const poolobj *a, const poolobj *b) {
    return combine_sets(space, a, b, OF_A_IN_B);
}
poolobj *poolval_set_difference(poolval_space *space, const poolobj *a, const poolobj *b) {
    return combine_sets(space, a, b, OF_A_NOT_IN_B);
}
poolobj *poolval_set_symmetric(poolval_space *space, const poolobj *a, const poolobj *b) {
    return combine_sets(space, a, b, OF_A_NOT_IN_B | OF_B_NOT_IN_A);
}

int poolval_set_is_subset(poolval_space *space, const poolobj *a, const poolobj *b) {
    const struct value_dict *x = require_any_set(space, a), *y = require_any_set(space, b);
    return x == NULL || y == NULL ? -1 : is_part(space, x, y);
}
