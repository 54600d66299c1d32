/* SPDX-License-Identifier: MIT */
/* The functions of poolval.h that go through the entries of dictionaries. */
#include "value/entries.h"

#include "value/dict.h"
#include "value/key.h"

static const struct value_dict *require_dict_of(poolval_space *space, const poolobj *dict) {
    return value_require(space, dict, POOLVAL_DICT, "a dict") ? (const struct value_dict *)dict
                                                              : NULL;
}

/* Versions of places are one more than those of dictionaries, as 0 is before the first. */
int poolval_dict_next(poolval_space *space, const poolobj *value, poolval_place *place,
                      poolobj **key, poolobj **item) {
    const struct value_dict *dict = require_dict_of(space, value);
    if (dict == NULL) return -1;
    if (place->version == 0) place->version = dict_version(dict) + 1;
    if (place->version != dict_version(dict) + 1)
        return value_fail_int(space, POOLVAL_ERR_CHANGED, "the dict got or lost keys meanwhile", 0,
                              0);
    poolobj **entry = dict_step(dict, &place->index);
    if (key != NULL) *key = entry != NULL ? entry[0] : NULL;
    if (item != NULL) *item = entry != NULL ? entry[1] : NULL;
    return entry != NULL;
}

static int look_at(poolval_space *space, const poolobj *value, bool last, poolobj **key,
                   poolobj **item) {
    const struct value_dict *dict = require_dict_of(space, value);
    poolobj **entry = dict != NULL ? dict_end(dict, last) : NULL;
    if (key != NULL) *key = entry != NULL ? entry[0] : NULL;
    if (item != NULL) *item = entry != NULL ? entry[1] : NULL;
    return dict == NULL ? -1 : entry != NULL;
}

int poolval_dict_first(poolval_space *space, const poolobj *dict, poolobj **key, poolobj **item) {
    return look_at(space, dict, false, key, item);
}
int poolval_dict_last(poolval_space *space, const poolobj *dict, poolobj **key, poolobj **item) {
    return look_at(space, dict, true, key, item);
}

/* A dictionary updated from itself neither changes nor moves. Code of the program runs as old
   values go; what it does to `other` then is as with poolval_dict_next. */
int poolval_dict_update(poolval_space *space, poolobj *value, poolobj *other) {
    poolval_place place = {0, 0};
    poolobj *key = NULL, *item = NULL;
    int more = -1;
    if (require_dict_of(space, value) == NULL || require_dict_of(space, other) == NULL) return -1;
    if (value == other) return 0;
    value_ref(other);
    while ((more = poolval_dict_next(space, other, &place, &key, &item)) == 1) {
        value_ref(key), value_ref(item); /* hooks may change `other` */
        if (!dict_set(space, (struct value_dict *)value, key, item)) more = -1;
        value_unref(key), value_unref(item);
        if (more < 0) break;
    }
    value_unref(other);
    return more;
}

/* ---- Lists of them ---- */

poolobj *entries_part(poolval_space *space, poolobj *const *entry, int part) {
    if (part != POOLVAL_ITEMS) return value_ref(entry[part == POOLVAL_VALUES]);
    struct value_tuple *pair = tuple_new_unset(space, 2);
    if (pair == NULL) return NULL;
    pair->item[0] = value_ref(entry[0]);
    pair->item[1] = value_ref(entry[1]);
    return &pair->base;
}

static poolobj *list_of(poolval_space *space, const poolobj *value, int part) {
    const struct value_dict *dict = require_dict_of(space, value);
    if (dict == NULL) return NULL;
    struct value_list *list = list_new(space, dict->length);
    size_t index = 0;
    for (poolobj **entry; list != NULL && (entry = dict_step(dict, &index)) != NULL;) {
        poolobj *item = entries_part(space, entry, part);
        if (item == NULL) {
            value_unref(&list->base);
            return NULL;
        }
        list->item[list->length++] = item;
    }
    return list != NULL ? value_made(space, list) : NULL;
}

poolobj *poolval_dict_keys(poolval_space *space, poolobj *dict) {
    return list_of(space, dict, POOLVAL_KEYS);
}
poolobj *poolval_dict_values(poolval_space *space, poolobj *dict) {
    return list_of(space, dict, POOLVAL_VALUES);
}
poolobj *poolval_dict_items(poolval_space *space, poolobj *dict) {
    return list_of(space, dict, POOLVAL_ITEMS);
}
