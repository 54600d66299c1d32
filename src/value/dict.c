/* SPDX-License-Identifier: MIT */
#include "value/dict.h"

#include "base/check.h"
#include "value/key.h"
#include "value/own.h"

enum { BITS_LEAST = 3, BITS_MOST = 57, SPARSE = 8 };

/* What `item` is without a table: the byte before it is an empty slot. */
static poolobj *no_table[2];

/* ---- Sizes ---- */

/* Entries of a table: two thirds of its slots, as CPython has it; 0 without a table. */
static size_t capacity_of(unsigned bits) { return ((size_t)2 << bits) / 3; }

static unsigned bits_for(size_t length) {
    unsigned bits = BITS_LEAST;
    while (capacity_of(bits) < length) bits++;
    return bits;
}

static size_t entries_size(unsigned bits) { return capacity_of(bits) * 2 * sizeof(poolobj *); }

/* Bytes of the whole table, entries and slots. */
static size_t table_size(unsigned bits) {
    return bits == 0 ? 0 : entries_size(bits) + ((size_t)dict_slot_width(bits) << bits);
}

size_t dict_table_bytes(const struct value_dict *dict) { return table_size(dict_bits(dict)); }

/* ---- Slots ---- */

ALWAYS_INLINE uint64_t slot_read(const void *slot, unsigned width, size_t i) {
    if (width == 1) return ((const uint8_t *)slot)[i];
    if (width == 2) return ((const uint16_t *)slot)[i];
    if (width == 4) return ((const uint32_t *)slot)[i];
    return ((const uint64_t *)slot)[i];
}
ALWAYS_INLINE void slot_write(void *slot, unsigned width, size_t i, uint64_t content) {
    if (width == 1)
        ((uint8_t *)slot)[i] = (uint8_t)content;
    else if (width == 2)
        ((uint16_t *)slot)[i] = (uint16_t)content;
    else if (width == 4)
        ((uint32_t *)slot)[i] = (uint32_t)content;
    else
        ((uint64_t *)slot)[i] = content;
}

/* What a slot has above the entry's number; bits of the hash that do not choose the slot. */
ALWAYS_INLINE uint64_t tag_of(uint64_t hash, unsigned bits, unsigned width) {
    uint64_t all = width == 8 ? ~(uint64_t)0 : ((uint64_t)1 << 8 * width) - 1;
    return (hash >> 32 << bits) & all;
}

typedef bool same_key(const poolval_space *space, const poolobj *a, const poolobj *b);

/* The key of an entry decides by a hook whether it is equal: the look-up is done again, with care.
   False. */
static bool meets_own(const poolval_space *space, const poolobj *a) {
    if (own_of(space, a) != NULL) ((poolval_space *)(uintptr_t)space)->met_own = true;
    return false;
}

ALWAYS_INLINE bool same_str(const poolval_space *space, const poolobj *a, const poolobj *key) {
    const struct value_str *x = (const struct value_str *)a, *y = (const struct value_str *)key;
    if (a == key) return true;
    if (likely(value_is(space, a, POOLVAL_STR))) return x->hash == y->hash && str_equal(x, y);
    return meets_own(space, a);
}
ALWAYS_INLINE bool same_int(const poolval_space *space, const poolobj *a, const poolobj *key) {
    if (a == key) return true;
    if (likely(value_is(space, a, POOLVAL_INT)))
        return ((const struct value_int *)a)->number == ((const struct value_int *)key)->number;
    if (a == NULL || own_of(space, a) != NULL) return meets_own(space, a);
    return key_equal(space, a, key) == 1;
}
static bool same_any(const poolval_space *space, const poolobj *a, const poolobj *key) {
    int equal = a != NULL ? key_equal(space, a, key) : 0;
    if (unlikely(equal < 0)) ((poolval_space *)(uintptr_t)space)->find_failed = true;
    return equal == 1;
}

/* The entry of the key; NULL: there is none, and *slot is the empty one where it would be. */
ALWAYS_INLINE poolobj **probe(const poolval_space *space, const struct value_dict *dict,
                              poolobj *key, uint64_t hash, unsigned width, same_key *same,
                              size_t *slot) {
    unsigned bits = dict_bits(dict);
    size_t mask = ((size_t)1 << bits) - 1, i = hash & mask;
    uint64_t tag = tag_of(hash, bits, width), content;
    const void *slots = dict_slots(dict, width);
    for (; (content = slot_read(slots, width, i)) != 0; i = (i + 1) & mask) {
        if ((content ^ tag) > mask) continue;
        poolobj **entry = dict->item + 2 * ((content & mask) - 1);
        if (likely(same(space, entry[0], key))) return entry;
    }
    *slot = i;
    return NULL;
}

/* Whether the key of an entry, held meanwhile, is equal: 1, 0, -1; or CHANGED: the dictionary is
   not what it was, and may not hold the key any more. */
enum { CHANGED = 2 };
static int same_careful(poolval_space *space, const struct value_dict *dict, poolobj *const *entry,
                        poolobj *key) {
    struct value_dict before = *dict;
    poolobj *a = value_ref(entry[0]);
    int equal = key_equal(space, a, key);
    bool changed = dict->item != before.item || dict->state != before.state || entry[0] != a;
    value_unref(a);
    return equal < 0 ? -1 : changed ? CHANGED : equal;
}

/* One look-up where hooks may run: 1: *found is the entry, or NULL and *slot; -1; CHANGED. */
static int probe_careful(poolval_space *space, const struct value_dict *dict, poolobj *key,
                         uint64_t hash, size_t *slot, poolobj ***found) {
    unsigned bits = dict_bits(dict), width = dict_slot_width(bits);
    size_t mask = ((size_t)1 << bits) - 1, i = hash & mask;
    uint64_t tag = tag_of(hash, bits, width), content;
    const void *slots = dict_slots(dict, width);
    *found = NULL;
    for (; (content = slot_read(slots, width, i)) != 0; i = (i + 1) & mask) {
        if ((content ^ tag) > mask) continue;
        poolobj **entry = dict->item + 2 * ((content & mask) - 1);
        if (entry[0] == NULL || own_has_other_hash(space, entry[0], hash)) continue;
        int same = entry[0] == key ? 1 : same_careful(space, dict, entry, key);
        if (same == 1) *found = entry;
        if (same != 0) return same;
    }
    *slot = i;
    return 1;
}

/* A dictionary that changes in each of so many look-ups is one that is never looked up in. */
enum { LOOKUPS_MAX = 1000 };

static NOINLINE poolobj **find_careful(const poolval_space *space_, const struct value_dict *dict,
                                       poolobj *key, uint64_t hash, size_t *slot) {
    poolval_space *space = (poolval_space *)(uintptr_t)space_;
    poolobj **entry = NULL;
    int result = CHANGED;
    space->met_own = false;
    for (unsigned i = 0; result == CHANGED && i < LOOKUPS_MAX; i++)
        result = probe_careful(space, dict, key, hash, slot, &entry);
    if (likely(result == 1)) return entry;
    if (result == CHANGED)
        value_fail(space, POOLVAL_ERR_CHANGED, "the dict got or lost keys in each look-up", 0, 0);
    space->find_failed = true;
    return NULL;
}

/* The entry of a key of a type whose equality is known; NULL: there is none, and *slot is where it
   would be. */
ALWAYS_INLINE poolobj **find_known(const poolval_space *space, const struct value_dict *dict,
                                   poolobj *key, uint64_t hash, same_key *same, size_t *slot) {
    unsigned width = dict_slot_width(dict_bits(dict));
    poolobj **entry;
    if (width == 1)
        entry = probe(space, dict, key, hash, 1, same, slot);
    else if (width == 2)
        entry = probe(space, dict, key, hash, 2, same, slot);
    else if (likely(width == 4))
        entry = probe(space, dict, key, hash, 4, same, slot);
    else
        return find_careful(space, dict, key, hash, slot); /* billions of keys: no text for them */
    if (likely(entry != NULL || !space->met_own)) return entry;
    return find_careful(space, dict, key, hash, slot);
}

/* Keys that are nested too deep to be compared are no failure if another is found. */
static NOINLINE poolobj **find_any(const poolval_space *space, const struct value_dict *dict,
                                   poolobj *key, uint64_t hash, size_t *slot) {
    if (own_any(space)) return find_careful(space, dict, key, hash, slot);
    poolobj **entry = find_known(space, dict, key, hash, same_any, slot);
    if (entry != NULL && unlikely(space->find_failed))
        ((poolval_space *)(uintptr_t)space)->find_failed = false;
    return entry;
}

ALWAYS_INLINE poolobj **find_entry(const poolval_space *space, const struct value_dict *dict,
                                   poolobj *key, uint64_t hash, size_t *slot) {
    if (value_is(space, key, POOLVAL_STR))
        return find_known(space, dict, key, hash, same_str, slot);
    if (value_is(space, key, POOLVAL_INT))
        return find_known(space, dict, key, hash, same_int, slot);
    return find_any(space, dict, key, hash, slot);
}

poolobj **dict_find(const poolval_space *space, const struct value_dict *dict, poolobj *key,
                    uint64_t hash) {
    size_t slot;
    return find_entry(space, dict, key, hash, &slot);
}

ALWAYS_INLINE void fill_slot(struct value_dict *dict, size_t slot, uint64_t hash, unsigned width,
                             size_t entry) {
    slot_write(dict_slots(dict, width), width, slot,
               tag_of(hash, dict_bits(dict), width) | (entry + 1));
}

/* Leads from the first empty slot to an entry. */
ALWAYS_INLINE void link_entry(struct value_dict *dict, uint64_t hash, unsigned width,
                              size_t entry) {
    size_t mask = ((size_t)1 << dict_bits(dict)) - 1, i = hash & mask;
    while (slot_read(dict_slots(dict, width), width, i) != 0) i = (i + 1) & mask;
    fill_slot(dict, i, hash, width, entry);
}

/* ---- Tables ---- */

static void forget_table(struct value_dict *dict) {
    dict->item = &no_table[1];
    dict->state &= ~(uint64_t)DICT_BITS;
    dict->length = dict->used = dict->filled = dict->first = 0;
}

/* The hashes of some entries and their slots are asked for before the first is needed, as no cache
   holds those of a large table. */
ALWAYS_INLINE void link_all_of(poolval_space *space, struct value_dict *dict, unsigned width) {
    enum { AT_ONCE = 16 };
    uint64_t hash[AT_ONCE];
    size_t mask = ((size_t)1 << dict_bits(dict)) - 1;
    for (size_t first = 0; first < dict->used; first += AT_ONCE) {
        size_t count = size_min(AT_ONCE, dict->used - first);
        for (size_t i = 0; i < count; i++) {
            key_hash(space, dict->item[2 * (first + i)], &hash[i]); /* it has had one before */
            __builtin_prefetch((char *)dict_slots(dict, width) + (hash[i] & mask) * width, 1);
        }
        for (size_t i = 0; i < count; i++) link_entry(dict, hash[i], width, first + i);
    }
}

/* Links all entries of a new table. Their keys were hashed before, so that no hook is asked; inside
   of one there may be fewer levels now than when they came. */
static void link_all(poolval_space *space, struct value_dict *dict) {
    unsigned width = dict_slot_width(dict_bits(dict));
    size_t depth_max = space->depth_max;
    space->depth_max = space->depth_limit;
    if (width == 1)
        link_all_of(space, dict, 1);
    else if (width == 2)
        link_all_of(space, dict, 2);
    else
        link_all_of(space, dict, width);
    space->depth_max = depth_max;
}

/* Puts the entries of `from`, without those removed, into a new table of `dict`, whose references
   they are from then on. False: no memory, nothing changed, nothing noted. */
static bool make_table(poolval_space *space, struct value_dict *dict, const struct value_dict *from,
                       unsigned bits) {
    if (bits > BITS_MOST) return false;
    size_t size = table_size(bits), slots = size - entries_size(bits);
    char *table = (char *)value_try_allocate(size);
    if (table == NULL) return false;
    struct value_dict old = *from;
    value_press(&dict->base, table_size(dict_bits(dict)), size);
    memset(table, 0, slots);
    dict->item = (poolobj **)(void *)(table + slots);
    dict->state = (dict->state & ~(uint64_t)DICT_BITS) | bits;
    dict->length = dict->used = dict->filled = old.length;
    dict->first = 0;
    poolobj **to = dict->item, **entry;
    for (size_t index = 0; (entry = dict_step(&old, &index)) != NULL; to += 2)
        memcpy(to, entry, 2 * sizeof *to);
    link_all(space, dict);
    return true;
}

/* A new table for the same dictionary. */
static bool remake(poolval_space *space, struct value_dict *dict, unsigned bits) {
    void *old = dict_table(dict);
    if (!make_table(space, dict, dict, bits)) return false;
    value_free(old);
    return true;
}

/* Sets of up to so many items get four times the room, as CPython's do: they are put together item
   by item, and each new table hashes all of them again. */
enum { SET_QUADRUPLES = 50000 };

/* Makes room for another entry, to which a slot leads then: twice as much as there are keys, which
   is half as much after many were removed. */
static NOINLINE bool grow_entries(poolval_space *space, struct value_dict *dict, uint64_t hash) {
    bool fast = dict->length <= SET_QUADRUPLES && !value_is(space, &dict->base, POOLVAL_DICT);
    size_t wanted = dict->length * (fast ? 4 : 2);
    if (!remake(space, dict, bits_for(wanted))) return value_fail_memory(space) != NULL;
    link_entry(dict, hash, dict_slot_width(dict_bits(dict)), dict->used);
    return true;
}

/* After a removal: walks should not pass by much that was removed. Without memory all stays. */
static void shrink_entries(poolval_space *space, struct value_dict *dict) {
    if (dict->length == 0 && dict_bits(dict) == BITS_LEAST) {
        memset(dict_table(dict), 0, (size_t)1 << BITS_LEAST);
        dict->used = dict->filled = dict->first = 0;
    } else if (dict->length == 0) {
        value_press(&dict->base, table_size(dict_bits(dict)), 0);
        value_free(dict_table(dict));
        forget_table(dict);
    } else if (dict->used > capacity_of(BITS_LEAST) && dict->length < dict->used / SPARSE) {
        remake(space, dict, bits_for(dict->length * 2));
    }
}

/* ---- Making ---- */

void dict_init(struct value_dict *dict) { dict->item = &no_table[1]; }

struct value_dict *dict_new_of(poolval_space *space, unsigned type) {
    struct value_dict *dict =
        (struct value_dict *)value_new(space, type, sizeof(struct value_dict));
    if (likely(dict != NULL)) dict_init(dict);
    return dict;
}

struct value_dict *dict_copy(poolval_space *space, const struct value_dict *from) {
    struct value_dict *dict = dict_new_of(space, value_type(space, &from->base));
    if (dict == NULL || from->length == 0) return dict;
    if (!make_table(space, dict, from, bits_for(from->length))) {
        value_unref(&dict->base);
        return (struct value_dict *)value_fail_memory(space);
    }
    for (size_t i = 0; i < 2 * dict->used; i++)
        if (dict->item[i] != NULL) value_ref(dict->item[i]);
    return dict;
}

void dict_traverse(poolobj *value, poolobj_visit visit, void *arg) {
    const struct value_dict *dict = (const struct value_dict *)value;
    size_t count = dict->used - dict->first;
    if (count > 0) visit(dict->item + 2 * dict->first, 2 * count, arg);
}

void dict_drop(poolobj *value) {
    const struct value_dict *dict = (const struct value_dict *)value;
    value_press(value, table_size(dict_bits(dict)), 0);
    value_free(dict_table(dict));
}

/* ---- Changing ---- */

/* A new entry behind the others; a slot leads to it already. */
ALWAYS_INLINE poolobj **append_entry(struct value_dict *dict, poolobj *key, poolobj *value) {
    poolobj **entry = dict->item + 2 * dict->used++;
    dict->filled++;
    entry[0] = value_ref(key);
    entry[1] = value != NULL ? value_ref(value) : NULL;
    dict->length++;
    dict->state += DICT_CHANGE;
    return entry;
}

/* A new entry, led to from `slot` unless the table is full. NULL: the failure is noted. */
ALWAYS_INLINE poolobj **enter_at(poolval_space *space, struct value_dict *dict, poolobj *key,
                                 uint64_t hash, unsigned width, size_t slot, poolobj *value) {
    bool full = dict->filled == capacity_of(dict_bits(dict));
    if (likely(!full)) fill_slot(dict, slot, hash, width, dict->used);
    if (unlikely(full) && !grow_entries(space, dict, hash)) return NULL;
    return append_entry(dict, key, value);
}

/* Any key, in any dictionary. NULL: the failure is noted. */
static NOINLINE poolobj **enter_any(poolval_space *space, struct value_dict *dict, poolobj *key,
                                    uint64_t hash, poolobj *value, bool *made) {
    size_t slot = 0;
    poolobj **entry = find_entry(space, dict, key, hash, &slot);
    if (entry != NULL || dict_find_failed(space)) return entry;
    *made = true;
    return enter_at(space, dict, key, hash, dict_slot_width(dict_bits(dict)), slot, value);
}

/* A key of a type whose equality is known, in a table of slots of this width. */
ALWAYS_INLINE poolobj **enter(poolval_space *space, struct value_dict *dict, poolobj *key,
                              uint64_t hash, unsigned width, same_key *same, poolobj *value,
                              bool *made) {
    size_t slot = 0;
    poolobj **entry = probe(space, dict, key, hash, width, same, &slot);
    if (entry != NULL) return entry;
    if (unlikely(space->met_own)) return enter_any(space, dict, key, hash, value, made);
    *made = true;
    return enter_at(space, dict, key, hash, width, slot, value);
}

ALWAYS_INLINE poolobj **enter_known(poolval_space *space, struct value_dict *dict, poolobj *key,
                                    uint64_t hash, same_key *same, poolobj *value, bool *made) {
    unsigned width = dict_slot_width(dict_bits(dict));
    if (width == 1) return enter(space, dict, key, hash, 1, same, value, made);
    if (width == 2) return enter(space, dict, key, hash, 2, same, value, made);
    if (likely(width == 4)) return enter(space, dict, key, hash, 4, same, value, made);
    return enter_any(space, dict, key, hash, value, made);
}

poolobj **dict_entry(poolval_space *space, struct value_dict *dict, poolobj *key, poolobj *value,
                     bool *made) {
    uint64_t hash;
    *made = false;
    if (value_passes(space, key, POOLVAL_STR))
        return enter_known(space, dict, key, str_hash(space, (struct value_str *)key), same_str,
                           value, made);
    if (value_passes(space, key, POOLVAL_INT))
        return enter_known(space, dict, key, key_hash_int(space, key), same_int, value, made);
    if (!key_hash(space, key, &hash) || !value_require_own(space, value)) return NULL;
    return enter_any(space, dict, key, hash, value, made);
}

ALWAYS_INLINE bool set_entry(poolval_space *space, struct value_dict *dict, poolobj *key,
                             poolobj *value) {
    bool made;
    poolobj **entry = dict_entry(space, dict, key, value, &made);
    if (made || entry == NULL) return entry != NULL;
    if (value == NULL) return true; /* of a set, whose item stays the first */
    poolobj *old = entry[1];
    entry[1] = value_ref(value);
    value_unref(old);
    return true;
}

bool dict_set(poolval_space *space, struct value_dict *dict, poolobj *key, poolobj *value) {
    return set_entry(space, dict, key, value);
}

poolobj **dict_step(const struct value_dict *dict, size_t *index) {
    if (*index < dict->first) *index = dict->first;
    while (*index < dict->used) {
        poolobj **entry = dict->item + 2 * (*index)++;
        if (entry[0] != NULL) return entry;
    }
    return NULL;
}

/* ---- Checks ---- */

void dict_check(poolval_space *space, const struct value_dict *dict) {
    size_t keys = 0, index = 0, slots = 0;
    uint64_t hash;
    CHECK(dict->first + dict->length <= dict->used && dict->used <= dict->filled); /* D1 */
    CHECK(dict->filled <= capacity_of(dict_bits(dict)));
    CHECK(dict_bits(dict) == 0 ? dict->item == &no_table[1] : dict_bits(dict) >= BITS_LEAST);
    for (size_t i = 0; i < dict->first; i++) CHECK(dict->item[2 * i] == NULL); /* D2 */
    CHECK(dict->length == 0 || (dict->item[2 * dict->first] && dict->item[2 * dict->used - 2]));
    for (poolobj **entry; (entry = dict_step(dict, &index)) != NULL; keys++)
        CHECK((entry[1] != NULL) == value_is(space, &dict->base, POOLVAL_DICT) && /* D2, D3 */
              key_hash(space, entry[0], &hash) && dict_find(space, dict, entry[0], hash) == entry);
    CHECK(keys == dict->length);
    for (size_t i = 0; dict_bits(dict) > 0 && i < (size_t)1 << dict_bits(dict); i++)
        slots += slot_read(dict_table(dict), dict_slot_width(dict_bits(dict)), i) != 0;
    CHECK(slots == dict->filled);
}

/* ---- For programs ---- */

static struct value_dict *require_dict(poolval_space *space, const poolobj *dict) {
    return value_require(space, dict, POOLVAL_DICT, "a dict") ? (struct value_dict *)(uintptr_t)dict
                                                              : NULL;
}

poolobj *poolval_dict_new(poolval_space *space) {
    struct value_dict *dict = dict_new(space);
    if (unlikely(dict == NULL)) return NULL;
    return value_made(space, dict);
}

ptrdiff_t poolval_dict_length(poolval_space *space, const poolobj *value) {
    const struct value_dict *dict = require_dict(space, value);
    return dict != NULL ? (ptrdiff_t)dict->length : -1;
}

int poolval_dict_find(poolval_space *space, poolobj *value, poolobj *key, poolobj **found) {
    const struct value_dict *dict = require_dict(space, value);
    uint64_t hash;
    size_t slot;
    *found = NULL;
    if (unlikely(dict == NULL || !key_hash(space, key, &hash))) return -1;
    poolobj **entry = find_entry(space, dict, key, hash, &slot);
    if (entry == NULL) return dict_find_failed(space) ? -1 : 0;
    *found = entry[1];
    return 1;
}

poolobj *poolval_dict_get(poolval_space *space, poolobj *value, poolobj *key) {
    const struct value_dict *dict = require_dict(space, value);
    uint64_t hash;
    size_t slot;
    if (unlikely(dict == NULL || !key_hash(space, key, &hash))) return NULL;
    poolobj **entry = find_entry(space, dict, key, hash, &slot);
    if (likely(entry != NULL)) return value_ref(entry[1]);
    return dict_find_failed(space) ? NULL : (poolobj *)key_fail_missing(space, key);
}

poolobj *poolval_dict_get_or_set(poolval_space *space, poolobj *value, poolobj *key,
                                 poolobj *item) {
    struct value_dict *dict = require_dict(space, value);
    bool made;
    if (dict == NULL || !value_require_any(space, item, "value")) return NULL;
    poolobj **entry = dict_entry(space, dict, key, item, &made);
    return entry != NULL ? value_ref(entry[1]) : NULL;
}

int poolval_dict_set(poolval_space *space, poolobj *value, poolobj *key, poolobj *item) {
    struct value_dict *dict = require_dict(space, value);
    if (dict == NULL || !value_require_any(space, item, "value")) return -1;
    return set_entry(space, dict, key, item) ? 0 : -1;
}

void dict_clear(struct value_dict *dict) {
    struct value_dict old = *dict;
    forget_table(dict);
    value_press(&dict->base, table_size(dict_bits(&old)), 0);
    dict->state += DICT_CHANGE;
    for (size_t i = 0; i < 2 * old.used; i++)
        if (old.item[i] != NULL) value_unref(old.item[i]);
    value_free(dict_table(&old));
}

int poolval_dict_clear(poolval_space *space, poolobj *value) {
    struct value_dict *dict = require_dict(space, value);
    if (dict == NULL) return -1;
    dict_clear(dict);
    return 0;
}

/* Takes an entry out, whose references are the caller's then. */
static void remove_entry(poolval_space *space, struct value_dict *dict, poolobj **from,
                         poolobj *entry[2]) {
    memcpy(entry, from, 2 * sizeof entry[0]);
    from[0] = from[1] = NULL;
    dict->length--;
    dict->state += DICT_CHANGE;
    while (dict->first < dict->used && dict->item[2 * dict->first] == NULL) dict->first++;
    while (dict->first < dict->used && dict->item[2 * dict->used - 2] == NULL) dict->used--;
    shrink_entries(space, dict);
}

bool dict_remove(poolval_space *space, struct value_dict *dict, poolobj *key, poolobj *entry[2]) {
    uint64_t hash;
    /* Who empties a dictionary from the front takes the keys as they come: no look-up then. */
    poolobj **found = dict->length > 0 ? dict->item + 2 * dict->first : NULL;
    if (found == NULL || found[0] != key) {
        if (!key_hash(space, key, &hash)) return false;
        found = dict_find(space, dict, key, hash);
    }
    if (found == NULL) return !dict_find_failed(space) && key_fail_missing(space, key) != NULL;
    remove_entry(space, dict, found, entry);
    return true;
}

static bool remove_from(poolval_space *space, poolobj *value, poolobj *key, poolobj *entry[2]) {
    struct value_dict *dict = require_dict(space, value);
    return dict != NULL && dict_remove(space, dict, key, entry);
}

poolobj *poolval_dict_pop(poolval_space *space, poolobj *dict, poolobj *key) {
    poolobj *entry[2];
    if (!remove_from(space, dict, key, entry)) return NULL;
    value_unref(entry[0]);
    return entry[1];
}

int poolval_dict_remove(poolval_space *space, poolobj *dict, poolobj *key) {
    poolobj *entry[2];
    if (!remove_from(space, dict, key, entry)) return -1;
    value_unref(entry[0]);
    value_unref(entry[1]);
    return 0;
}

/* ---- Both ends ---- */

/* Gives what is asked for, and drops the rest. */
static void hand_out_entry(poolobj *entry[2], poolobj **key, poolobj **item) {
    if (key != NULL) *key = entry[0];
    if (item != NULL) *item = entry[1];
    if (key == NULL && entry[0] != NULL) value_unref(entry[0]);
    if (item == NULL && entry[1] != NULL) value_unref(entry[1]);
}

static int pop_at(poolval_space *space, poolobj *value, bool last, poolobj **key, poolobj **item) {
    struct value_dict *dict = require_dict(space, value);
    poolobj *entry[2] = {NULL, NULL}, **from = dict != NULL ? dict_end(dict, last) : NULL;
    if (from != NULL) remove_entry(space, dict, from, entry);
    hand_out_entry(entry, key, item);
    return dict == NULL ? -1 : from != NULL;
}

int poolval_dict_pop_first(poolval_space *space, poolobj *dict, poolobj **key, poolobj **item) {
    return pop_at(space, dict, false, key, item);
}
int poolval_dict_pop_last(poolval_space *space, poolobj *dict, poolobj **key, poolobj **item) {
    return pop_at(space, dict, true, key, item);
}
