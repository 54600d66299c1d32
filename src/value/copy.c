/* SPDX-License-Identifier: MIT */
/* poolval_copy and poolval_deepcopy. No code of the program runs before the copy is whole. */
#include "value/dict.h"
#include "value/key.h"

/* ---- What was copied: originals and their copies, by address ---- */

struct memo_slot {
    const poolobj *original; /* NULL: empty */
    poolobj *copy;           /* a reference */
};
struct memo {
    struct memo_slot *slot;
    size_t size, used; /* a power of two or 0; at most half are used */
};

static struct memo_slot *memo_find(const struct memo *memo, const poolobj *original) {
    size_t mask = memo->size - 1;
    size_t i = (size_t)hash_fold((uintptr_t)original, UINT64_C(0x9e3779b97f4a7c15)) & mask;
    while (memo->slot[i].original != NULL && memo->slot[i].original != original) i = (i + 1) & mask;
    return &memo->slot[i];
}

static poolobj *memo_get(const struct memo *memo, const poolobj *original) {
    return memo->size > 0 ? memo_find(memo, original)->copy : NULL;
}

static bool memo_make_room(poolval_space *space, struct memo *memo) {
    if (memo->used * 2 < memo->size) return true;
    struct memo larger = {NULL, size_max(2 * memo->size, 16), memo->used};
    larger.slot = (struct memo_slot *)value_allocate(space, larger.size * sizeof larger.slot[0]);
    if (larger.slot == NULL) return false;
    memset(larger.slot, 0, larger.size * sizeof larger.slot[0]);
    for (size_t i = 0; i < memo->size; i++)
        if (memo->slot[i].original != NULL)
            *memo_find(&larger, memo->slot[i].original) = memo->slot[i];
    value_free(memo->slot);
    *memo = larger;
    return true;
}

static bool memo_add(poolval_space *space, struct memo *memo, const poolobj *original,
                     poolobj *copy) {
    if (!memo_make_room(space, memo)) return false;
    struct memo_slot slot = {original, value_ref(copy)};
    *memo_find(memo, original) = slot;
    memo->used++;
    return true;
}

/* A copy that failed is emptied: its parts may hold each other. */
static void undo(poolval_space *space, const struct memo_slot *slot) {
    if (slot->copy == slot->original) return;
    if (value_is(space, slot->copy, POOLVAL_LIST)) poolval_list_clear(space, slot->copy);
    if (value_is(space, slot->copy, POOLVAL_DICT)) poolval_dict_clear(space, slot->copy);
}

static void memo_end(poolval_space *space, struct memo *memo, bool failed) {
    for (size_t i = 0; failed && i < memo->size; i++)
        if (memo->slot[i].original != NULL) undo(space, &memo->slot[i]);
    for (size_t i = 0; i < memo->size; i++)
        if (memo->slot[i].original != NULL) value_unref(memo->slot[i].copy);
    value_free(memo->slot);
}

/* ---- Copies ---- */

struct copying {
    poolval_space *space;
    struct memo memo;
};

static poolobj *deep(struct copying *copying, poolobj *value, size_t depth);

/* Replaces a reference by one to a copy; the original has another owner and lives on. */
static bool deepen(struct copying *copying, poolobj **slot, size_t depth) {
    poolobj *copy = deep(copying, *slot, depth);
    if (copy == NULL) return false;
    value_unref(*slot);
    *slot = copy;
    return true;
}

static struct value_list *list_copy(poolval_space *space, const struct value_list *from) {
    struct value_list *list = list_new(space, from->length);
    if (list != NULL) list_add(list, from->item, from->length);
    return list;
}

/* Copies are known before their items are copied: cycles end at them. */
static poolobj *deep_list(struct copying *copying, poolobj *value, size_t depth) {
    struct value_list *list = list_copy(copying->space, (struct value_list *)value);
    if (list == NULL) return NULL;
    bool good = memo_add(copying->space, &copying->memo, value, &list->base);
    for (size_t i = 0; good && i < list->length; i++) good = deepen(copying, &list->item[i], depth);
    if (good) return &list->base;
    value_unref(&list->base);
    return NULL;
}

/* Keys hold nothing to be copied. */
static poolobj *deep_dict(struct copying *copying, poolobj *value, size_t depth) {
    struct value_dict *dict = dict_copy(copying->space, (struct value_dict *)value);
    if (dict == NULL) return NULL;
    size_t index = 0;
    bool good = memo_add(copying->space, &copying->memo, value, &dict->base);
    for (poolobj **entry; good && (entry = dict_step(dict, &index)) != NULL;)
        good = deepen(copying, &entry[1], depth);
    if (good) return &dict->base;
    value_unref(&dict->base);
    return NULL;
}

/* What a tuple is copied to: by now it may be known, being part of a cycle; it may stay itself. */
static poolobj *settle(struct copying *copying, poolobj *value, struct value_tuple *tuple) {
    const struct value_tuple *from = (struct value_tuple *)value;
    poolobj *known = memo_get(&copying->memo, value);
    bool same = memcmp(tuple->item, from->item, from->length * sizeof from->item[0]) == 0;
    poolobj *result = value_ref(known != NULL ? known : same ? value : &tuple->base);
    if (known == NULL && !memo_add(copying->space, &copying->memo, value, result)) {
        value_unref(result);
        return NULL;
    }
    return result;
}

static poolobj *deep_tuple(struct copying *copying, poolobj *value, size_t depth) {
    const struct value_tuple *from = (struct value_tuple *)value;
    if (from->length == 0) return value;
    struct value_tuple *tuple = tuple_new_empty(copying->space, from->length);
    bool good = tuple != NULL;
    for (size_t i = 0; good && i < from->length; i++)
        good = (tuple->item[i] = deep(copying, from->item[i], depth)) != NULL;
    poolobj *result = good ? settle(copying, value, tuple) : NULL;
    if (tuple != NULL) value_unref(&tuple->base);
    return result;
}

static poolobj *deep(struct copying *copying, poolobj *value, size_t depth) {
    unsigned type = value_type(copying->space, value);
    if (type < POOLVAL_TUPLE) return value_ref(value);
    poolobj *known = memo_get(&copying->memo, value);
    if (known != NULL) return value_ref(known);
    if (depth == 0) return key_fail_depth(copying->space) ? value : NULL;
    if (type == POOLVAL_TUPLE) return deep_tuple(copying, value, depth - 1);
    return type == POOLVAL_LIST ? deep_list(copying, value, depth - 1)
                                : deep_dict(copying, value, depth - 1);
}

poolobj *poolval_deepcopy(poolval_space *space, poolobj *value) {
    struct copying copying = {space, {NULL, 0, 0}};
    if (!value_require_any(space, value, "value")) return NULL;
    poolobj *copy = deep(&copying, value, space->depth_max);
    memo_end(space, &copying.memo, copy == NULL);
    return copy != NULL ? value_made(space, copy) : NULL;
}

poolobj *poolval_copy(poolval_space *space, poolobj *value) {
    void *copy;
    if (!value_require_any(space, value, "value")) return NULL;
    if (value_is(space, value, POOLVAL_LIST))
        copy = list_copy(space, (struct value_list *)value);
    else if (value_is(space, value, POOLVAL_DICT))
        copy = dict_copy(space, (struct value_dict *)value);
    else
        return value_ref(value);
    return copy != NULL ? value_made(space, copy) : NULL;
}
