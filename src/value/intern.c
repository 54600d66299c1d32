/* SPDX-License-Identifier: MIT */
#include "value/intern.h"

#include "base/check.h"
#include "base/probing.h"

enum { SIZE_LEAST = 64, SPARSE = 8 /* less than one in so many is used: the table shrinks */ };
static_assert((SIZE_LEAST & (SIZE_LEAST - 1)) == 0, "a hash chooses a slot by its lowest bits");
static_assert(SPARSE > 4, "a table that was shrunk by four is not full");

/* ---- The table ---- */

/* What is looked for: bytes of any width, as the shape tells them apart. */
struct intern_key {
    uint64_t hash, shape;
    const void *data;
};

static bool slot_is_free(const void *slot) {
    return ((const struct intern_slot *)slot)->str == NULL;
}
static uint64_t slot_hash(const void *slot, const void *table) {
    (void)table;
    return ((const struct intern_slot *)slot)->hash;
}
static bool slot_has(const void *at, const void *wanted) {
    const struct intern_slot *slot = (const struct intern_slot *)at;
    const struct intern_key *key = (const struct intern_key *)wanted;
    const struct value_str *str = slot->str;
    if (slot->hash != key->hash || !str_same_shape(str->shape, key->shape)) return false;
    return memcmp(str_data(str), key->data, str_bytes(str)) == 0;
}
static bool slot_has_itself(const void *slot, const void *str) {
    return ((const struct intern_slot *)slot)->str == str;
}
static const struct probing strs = {sizeof(struct intern_slot), slot_is_free, slot_hash, slot_has};
static const struct probing strs_themselves = {sizeof(struct intern_slot), slot_is_free, slot_hash,
                                               slot_has_itself};

/* The slot of such a string, or the empty one where it would be. */
static struct intern_slot *find_slot(const struct intern_table *table, uint64_t hash,
                                     uint64_t shape, const void *data) {
    struct intern_key key = {hash, shape, data};
    return (struct intern_slot *)probing_find(&strs, table->slot, table->size, hash, &key);
}

/* Moves all into `slot`, an array of `size`. */
static void move(struct intern_table *table, struct intern_slot *slot, size_t size) {
    struct intern_table old = *table;
    memset(slot, 0, size * sizeof slot[0]);
    table->slot = slot;
    table->size = size;
    probing_copy(&strs, old.slot, old.size, slot, size, NULL);
    value_free(old.slot);
}

/* Room for one more, at most two thirds full. */
static bool ensure_slot(poolval_space *space) {
    struct intern_table *table = &space->interned;
    if (likely((table->used + 1) * 3 <= table->size * 2)) return true;
    size_t size = size_max(2 * table->size, SIZE_LEAST);
    struct intern_slot *slot = (struct intern_slot *)value_allocate(space, size * sizeof slot[0]);
    if (slot == NULL) return false;
    move(table, slot, size);
    return true;
}

/* Strings call it as they die, so that it notes no failure: without memory the table stays as it
   is. */
static void shrink_slots(struct intern_table *table) {
    if (likely(table->used * SPARSE >= table->size || table->size == SIZE_LEAST)) return;
    size_t size = size_max(table->size / 4, SIZE_LEAST);
    struct intern_slot *slot = (struct intern_slot *)value_try_allocate(size * sizeof slot[0]);
    if (slot != NULL) move(table, slot, size);
}

/* ---- In ---- */

static poolobj *add_str(poolval_space *space, struct value_str *str, struct intern_slot *slot) {
    space->interned.used += slot->str == NULL;
    slot->hash = str->hash;
    slot->str = str;
    str->shape |= STR_INTERNED;
    return &str->base;
}

poolobj *intern_str(poolval_space *space, struct value_str *str) {
    if (str->shape & STR_SHARED) return &str->base;
    if (!ensure_slot(space)) return NULL;
    struct intern_slot *slot =
        find_slot(&space->interned, str_hash(space, str), str->shape, str_data(str));
    if (slot->str != NULL && type_pool_is_object(&slot->str->base))
        return value_ref(&slot->str->base);
    return value_ref(add_str(space, str, slot));
}

static bool is_identifier(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i], letter = c | 0x20;
        bool good = (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '_';
        if (!good) return false;
    }
    return true;
}

static bool rule_covers(const poolval_space *space, const char *text, size_t size) {
    return size <= space->intern_max && is_identifier(text, size);
}

static poolobj *add_identifier(poolval_space *space, const char *text, size_t size, uint64_t hash,
                               struct intern_slot *slot) {
    struct value_str *str = str_new_ascii(space, text, size);
    if (str == NULL) return NULL;
    str->hash = hash;
    return add_str(space, str, slot);
}

/* The interned string of a text that the rule covers. */
static poolobj *identifier(poolval_space *space, const char *text, size_t size) {
    if (!ensure_slot(space)) return NULL;
    uint64_t hash = hash_bytes(&space->key, text, size);
    uint64_t shape = (uint64_t)size << STR_LENGTH_SHIFT | STR_ASCII;
    struct intern_slot *slot = find_slot(&space->interned, hash, shape, text);
    if (slot->str != NULL && type_pool_is_object(&slot->str->base))
        return value_ref(&slot->str->base);
    return add_identifier(space, text, size, hash, slot);
}

poolobj *intern_by_rule(poolval_space *space, poolobj *value) {
    struct value_str *str = (struct value_str *)value;
    if (!str_is_ascii(str) || !rule_covers(space, (const char *)str_data(str), str_length(str)))
        return value;
    poolobj *interned = intern_str(space, str);
    value_unref(value);
    return interned;
}

/* ---- Out ---- */

void intern_forget(poolval_space *space, struct value_str *str) {
    struct intern_table *table = &space->interned;
    struct intern_slot *slot = (struct intern_slot *)probing_find(&strs_themselves, table->slot,
                                                                  table->size, str->hash, str);
    if (slot->str == NULL) return; /* another has taken its slot over */
    probing_vacate(&strs, table->slot, table->size, slot, NULL);
    table->used--;
    shrink_slots(table);
}

void intern_check(const poolval_space *space) {
    const struct intern_table *table = &space->interned;
    size_t used = 0;
    for (size_t i = 0; i < table->size; i++) {
        const struct intern_slot *slot = &table->slot[i];
        if (slot->str == NULL) continue;
        used++;
        CHECK(slot->hash == slot->str->hash && slot->str->shape & STR_INTERNED);            /* I2 */
        CHECK(find_slot(table, slot->hash, slot->str->shape, str_data(slot->str)) == slot); /* I3 */
    }
    CHECK(used == table->used && (used == 0 || used < table->size)); /* I1 */
}

/* ---- For programs ---- */

poolobj *poolval_str_intern(poolval_space *space, poolobj *str) {
    if (!value_require(space, str, POOLVAL_STR, "a str")) return NULL;
    const struct value_str *own = (const struct value_str *)str;
    if (likely(object_heap(str) == space->heap)) return intern_str(space, (struct value_str *)str);
    poolobj *copy = str_new_chars(space, str_data(own), str_width_log(own), str_length(own));
    if (copy == NULL) return NULL;
    poolobj *interned = intern_str(space, (struct value_str *)copy);
    value_unref(copy);
    return interned;
}

int poolval_str_is_interned(const poolval_space *space, const poolobj *str) {
    value_require_thread(space);
    return value_is(space, str, POOLVAL_STR) &&
           (((const struct value_str *)str)->shape & STR_STATES) != 0;
}

size_t poolval_interned_count(const poolval_space *space) {
    value_require_thread(space);
    return space->interned.used;
}

static poolobj *new_from_utf8(poolval_space *space, const char *text, size_t size) {
    struct utf8_census census = utf8_count(text, size);
    if (census.valid < size)
        return (poolobj *)value_fail(space, POOLVAL_ERR_ENCODING, "byte %u, %x, is not valid UTF-8",
                                     census.valid, (unsigned char)text[census.valid]);
    if (census.length == 1 && census.seen < LATIN1_CHARS) return space->latin1[census.seen];
    struct value_str *str = str_new_empty(space, census.length, census.seen);
    if (str == NULL) return NULL;
    utf8_decode(text, size, str_data(str), 1u << str_width_log(str));
    return &str->base;
}

poolobj *poolval_str_new_size(poolval_space *space, const char *text, size_t size) {
    if (size == 0) return space->empty_str;
    if (text == NULL) return (poolobj *)value_fail_type(space, "text", NULL);
    if (size > STR_LENGTH_MAX) return (poolobj *)str_fail_length(space, size);
    if (!utf8_is_ascii(text, size)) return new_from_utf8(space, text, size);
    if (size == 1) return space->latin1[(unsigned char)*text];
    if (rule_covers(space, text, size)) return identifier(space, text, size);
    return (poolobj *)str_new_ascii(space, text, size);
}

poolobj *poolval_str_new(poolval_space *space, const char *text) {
    return poolval_str_new_size(space, text, text != NULL ? strlen(text) : 1);
}
