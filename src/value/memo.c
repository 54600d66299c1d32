/* SPDX-License-Identifier: MIT */
#include "value/memo.h"

bool memo_visit(struct memo *memo, size_t items) {
    memo->visited++;
    memo->work += items + 1;
    if (likely(memo->space->work_max == 0 || memo->work <= memo->space->work_max)) return true;
    value_fail(memo->space, POOLVAL_ERR_BUDGET, "more than %u items to look at",
               memo->space->work_max, 0);
    return false;
}

static bool is_shared(const poolobj *a, const poolobj *b) {
    return a->count != 1 || (b != NULL && b->count != 1);
}

static struct seen_slot *place_of(const struct memo *memo, const poolobj *a, const poolobj *b) {
    size_t mask = memo->size - 1;
    uint64_t hash = hash_fold((uintptr_t)a, UINT64_C(0x9e3779b97f4a7c15));
    size_t i = (size_t)hash_fold(hash ^ (uintptr_t)b, UINT64_C(0xbf58476d1ce4e5b9)) & mask;
    while (memo->slot[i].a != NULL && (memo->slot[i].a != a || memo->slot[i].b != b))
        i = (i + 1) & mask;
    return &memo->slot[i];
}

bool memo_find(const struct memo *memo, const poolobj *a, const poolobj *b, uint64_t *word) {
    if (likely(memo->used == 0) || !is_shared(a, b)) return false;
    const struct seen_slot *slot = place_of(memo, a, b);
    *word = slot->word;
    return slot->a != NULL;
}

static bool make_room(struct memo *memo) {
    if (memo->used * 2 < memo->size) return true;
    struct memo larger = *memo;
    larger.size = size_max(2 * memo->size, 64);
    larger.slot = (struct seen_slot *)value_try_allocate(larger.size * sizeof larger.slot[0]);
    if (larger.slot == NULL) return false;
    memset(larger.slot, 0, larger.size * sizeof larger.slot[0]);
    for (size_t i = 0; i < memo->size; i++)
        if (memo->slot[i].a != NULL)
            *place_of(&larger, memo->slot[i].a, memo->slot[i].b) = memo->slot[i];
    value_free(memo->slot);
    *memo = larger;
    return true;
}

void memo_add(struct memo *memo, const poolobj *a, const poolobj *b, uint64_t word) {
    if (likely(memo->visited < MEMO_FROM) || !is_shared(a, b) || !make_room(memo)) return;
    struct seen_slot slot = {a, b, word};
    struct seen_slot *place = place_of(memo, a, b);
    memo->used += place->a == NULL;
    *place = slot;
}
