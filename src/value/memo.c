/* SPDX-License-Identifier: MIT */
#include "value/memo.h"

#include "base/probing.h"
#include "value/own.h"

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

static bool pair_is_free(const void *slot) { return ((const struct seen_slot *)slot)->a == NULL; }
static uint64_t pair_hash(const void *slot, const void *memo) {
    const struct seen_slot *pair = (const struct seen_slot *)slot;
    (void)memo;
    return hash_fold(hash_fold((uintptr_t)pair->a, UINT64_C(0x9e3779b97f4a7c15)) ^
                         (uintptr_t)pair->b,
                     UINT64_C(0xbf58476d1ce4e5b9));
}
static bool pair_has(const void *slot, const void *key) {
    const struct seen_slot *pair = (const struct seen_slot *)slot;
    const struct seen_slot *wanted = (const struct seen_slot *)key;
    return pair->a == wanted->a && pair->b == wanted->b;
}
static const struct probing pairs = {sizeof(struct seen_slot), pair_is_free, pair_hash, pair_has};

static struct seen_slot *pair_place(const struct memo *memo, const poolobj *a, const poolobj *b) {
    struct seen_slot key = {a, b, 0};
    return (struct seen_slot *)probing_find(&pairs, memo->slot, memo->size, pair_hash(&key, NULL),
                                            &key);
}

bool memo_find(const struct memo *memo, const poolobj *a, const poolobj *b, uint64_t *word) {
    if (likely(memo->used == 0) || !is_shared(a, b)) return false;
    const struct seen_slot *slot = pair_place(memo, a, b);
    *word = slot->word;
    return slot->a != NULL;
}

static bool ensure_pair_room(struct memo *memo) {
    if (memo->used * 2 < memo->size) return true;
    struct memo larger = *memo;
    larger.size = size_max(2 * memo->size, 64);
    larger.slot = (struct seen_slot *)value_try_allocate(larger.size * sizeof larger.slot[0]);
    if (larger.slot == NULL) return false;
    memset(larger.slot, 0, larger.size * sizeof larger.slot[0]);
    probing_copy(&pairs, memo->slot, memo->size, larger.slot, larger.size, NULL);
    value_free(memo->slot);
    *memo = larger;
    return true;
}

void memo_add(struct memo *memo, const poolobj *a, const poolobj *b, uint64_t word) {
    if (likely(memo->visited < MEMO_FROM) || !is_shared(a, b) || !ensure_pair_room(memo)) return;
    struct seen_slot slot = {a, b, word};
    struct seen_slot *place = pair_place(memo, a, b);
    bool fresh = place->a == NULL;
    memo->used += fresh;
    *place = slot;
    if (likely(!memo->holds) || !fresh) return;
    value_ref((poolobj *)(uintptr_t)a);
    if (b != NULL) value_ref((poolobj *)(uintptr_t)b);
}

void memo_drop(struct memo *memo) {
    for (size_t i = 0; memo->holds && i < memo->size; i++) {
        const struct seen_slot *slot = &memo->slot[i];
        if (slot->a != NULL) value_unref((poolobj *)(uintptr_t)slot->a);
        if (slot->a != NULL && slot->b != NULL) value_unref((poolobj *)(uintptr_t)slot->b);
    }
    value_free(memo->slot);
}

/* ---- Hooks ---- */

struct memo *memo_join(struct memo *fresh, poolval_space *space) {
    if (unlikely(space->memo != NULL)) return space->memo;
    memo_begin(fresh, space);
    return fresh;
}

void memo_part(struct memo *memo, struct memo *fresh) {
    if (likely(memo == fresh)) memo_end(fresh);
}

int memo_equal_own(struct memo *memo, const poolobj *a, const poolobj *b, size_t depth) {
    poolval_space *space = memo->space;
    struct memo *outer = space->memo;
    uint64_t known;
    if (memo_find(memo, a, b, &known)) return 1;
    if (!memo_visit(memo, 0)) return -1;
    space->memo = memo;
    int equal = own_equal(space, (poolobj *)(uintptr_t)a, (poolobj *)(uintptr_t)b, depth);
    space->memo = outer;
    if (equal == 1) memo_add(memo, a, b, 1);
    return equal;
}

int memo_equal_sets(struct memo *memo, const poolobj *a, const poolobj *b) {
    poolval_space *space = memo->space;
    struct memo *outer = space->memo;
    uint64_t known;
    if (memo_find(memo, a, b, &known)) return 1;
    if (!memo_descend(memo)) return -1;
    memo->visited++;
    space->memo = memo;
    int equal = space->same_sets(space, a, b);
    space->memo = outer;
    memo_ascend(memo);
    if (equal == 1) memo_add(memo, a, b, 1);
    return equal;
}
