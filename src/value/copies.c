/* SPDX-License-Identifier: MIT */
#include "value/copies.h"

#include "base/probing.h"

static bool copy_is_free(const void *slot) {
    return ((const struct copy_slot *)slot)->original == NULL;
}
static uint64_t copy_hash_of(const poolobj *original) {
    return hash_fold((uintptr_t)original, UINT64_C(0x9e3779b97f4a7c15));
}
static uint64_t copy_hash(const void *slot, const void *copies) {
    (void)copies;
    return copy_hash_of(((const struct copy_slot *)slot)->original);
}
static bool copy_has(const void *slot, const void *original) {
    return ((const struct copy_slot *)slot)->original == original;
}
static const struct probing table = {sizeof(struct copy_slot), copy_is_free, copy_hash, copy_has};

static struct copy_slot *copies_find(const struct copies *memo, const poolobj *original) {
    return (struct copy_slot *)probing_find(&table, memo->slot, memo->size, copy_hash_of(original),
                                            original);
}

poolobj *copies_get(const struct copies *memo, const poolobj *original) {
    return memo->size > 0 ? copies_find(memo, original)->copy : NULL;
}

static bool copies_make_room(poolval_space *space, struct copies *memo) {
    if (memo->used * 2 < memo->size) return true;
    struct copies larger = {NULL, size_max(2 * memo->size, 16), memo->used, memo->holds};
    larger.slot = (struct copy_slot *)value_allocate(space, larger.size * sizeof larger.slot[0]);
    if (larger.slot == NULL) return false;
    memset(larger.slot, 0, larger.size * sizeof larger.slot[0]);
    probing_copy(&table, memo->slot, memo->size, larger.slot, larger.size, NULL);
    value_free(memo->slot);
    *memo = larger;
    return true;
}

bool copies_add(poolval_space *space, struct copies *memo, const poolobj *original, poolobj *copy) {
    if (!copies_make_room(space, memo)) return false;
    struct copy_slot slot = {original, value_ref(copy)};
    *copies_find(memo, original) = slot;
    memo->used++;
    if (memo->holds) value_ref((poolobj *)(uintptr_t)original);
    return true;
}

/* A copy that failed is emptied: its parts may hold each other. Each cycle leads through something
   that can be. */
static void undo(poolval_space *space, const struct copy_slot *slot) {
    if (slot->copy == slot->original) return;
    const struct kind *kind = value_kind(space, slot->copy);
    if (kind->clear != NULL) kind->clear(space, slot->copy);
}

static void drop_slot(const struct copies *memo, const struct copy_slot *slot) {
    value_unref(slot->copy);
    if (memo->holds) value_unref((poolobj *)(uintptr_t)slot->original);
}

void copies_end(poolval_space *space, struct copies *memo, bool failed) {
    for (size_t i = 0; failed && i < memo->size; i++)
        if (memo->slot[i].original != NULL) undo(space, &memo->slot[i]);
    for (size_t i = 0; i < memo->size; i++)
        if (memo->slot[i].original != NULL) drop_slot(memo, &memo->slot[i]);
    value_free(memo->slot);
}
