/* SPDX-License-Identifier: MIT */
#include "object/generation.h"

#include "base/check.h"
#include "object/free_list.h"

/* ---- Which ---- */

static void chain_pool(struct type_pool **chain, struct type_pool *pool) {
    ASSERT(!pool->held && !pool->frozen);
    pool->held = true;
    pool->next_work = *chain;
    *chain = pool;
}

static void chain_list(struct type_pool **chain, struct link *list) {
    for (struct link *at = list->prev; at != list; at = at->prev)
        chain_pool(chain, link_owner(at, struct type_pool, generation));
}

static void chain_all(poolobj_heap *heap, struct type_pool **chain) {
    for (struct link *of = heap->populated.prev; of != &heap->populated; of = of->prev) {
        poolobj_type *type = link_owner(of, poolobj_type, populated);
        if (!type->tracked) continue;
        for (struct link *at = type->pools.prev; at != &type->pools; at = at->prev) {
            struct type_pool *pool = link_owner(at, struct type_pool, all);
            if (pool->frozen) break;
            chain_pool(chain, pool);
        }
    }
}

struct type_pool *generation_take(poolobj_heap *heap, int generation) {
    ASSERT(generation >= 0 && generation <= OLDEST);
    struct type_pool *chain = NULL;
    if (generation < OLDEST) heap->count[generation + 1]++;
    for (int g = 0; g <= generation; g++) heap->count[g] = 0;
    if (generation == OLDEST) {
        chain_all(heap, &chain);
    } else {
        if (generation == 1) chain_list(&chain, &heap->middle);
        chain_list(&chain, &heap->young);
    }
    return chain;
}

static uint64_t older(uint64_t low, uint64_t high, int generation) {
    return generation == 0 ? low | high : generation == 1 ? high : 0;
}

struct object_set generation_places(const struct type_pool *pool, int generation) {
    ASSERT(generation >= 0 && generation <= OLDEST);
    static const struct object_set first = {{1}};
    struct object_set places = pool->bin != NULL ? type_pool_starts(pool) : first;
    const struct ages *ages = ledger_ages((void *)pool->base);
    for (unsigned w = 0; w < MARK_WORDS; w++)
        places.word[w] &= ~older(ages->low.word[w], ages->high.word[w], generation);
    return places;
}

struct object_set generation_members(const struct type_pool *pool, int generation) {
    struct object_set members = generation_places(pool, generation);
    for (unsigned w = 0; w < MARK_WORDS; w++)
        for (uint64_t rest = members.word[w]; rest != 0; rest &= rest - 1) {
            unsigned bit = bit_lowest(rest);
            const poolobj *block = type_pool_at_granule(pool, w * 64 + bit);
            if (!type_pool_is_object(block)) members.word[w] &= ~((uint64_t)1 << bit);
        }
    return members;
}

/* ---- Ages ---- */

static void set_age(struct type_pool *pool, const struct object_set *objects, int age) {
    ASSERT(age > 0 && age <= OLDEST);
    struct ages *ages = ledger_ages((void *)pool->base);
    for (unsigned w = 0; w < MARK_WORDS; w++) {
        uint64_t set = objects->word[w];
        ages->low.word[w] = age & 1 ? ages->low.word[w] | set : ages->low.word[w] & ~set;
        ages->high.word[w] = age & 2 ? ages->high.word[w] | set : ages->high.word[w] & ~set;
    }
    pool->marked = true;
}

/* Objects of the pool have become old. They are in the next two rounds that begin; the one that is
   under way counts as none. */
static void note_recent(struct type_pool *pool) {
    enum { ROUNDS = 2 };
    pool->recent = pool->type->heap->round.phase == ROUND_IDLE ? ROUNDS : ROUNDS + 1;
}

void generation_age(struct type_pool *pool, const struct object_set *members, int generation) {
    set_age(pool, members, generation < OLDEST ? generation + 1 : OLDEST);
    if (generation == OLDEST - 1 && ledger_set_any(members)) note_recent(pool);
}

static bool has_middle(const struct type_pool *pool) {
    const struct ages *ages = ledger_ages((void *)pool->base);
    for (unsigned w = 0; w < MARK_WORDS; w++)
        if (ages->low.word[w] & ~ages->high.word[w]) return true;
    return false;
}

static void sort_pool(poolobj_heap *heap, struct type_pool *pool) {
    ASSERT(pool->held && pool->type->tracked);
    link_remove(&pool->generation);
    pool->young = pool->current;
    if (pool->young)
        link_add_after(&heap->young, &pool->generation);
    else if (has_middle(pool))
        link_add_after(&heap->middle, &pool->generation);
}

void generation_sort(poolobj_heap *heap, struct type_pool *chain) {
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work)
        sort_pool(heap, pool);
}

static unsigned promote(struct type_pool *pool) {
    struct object_set objects = generation_members(pool, OLDEST - 1);
    unsigned count = ledger_set_count(&objects);
    if (count == 0) return 0;
    set_age(pool, &objects, OLDEST);
    note_recent(pool);
    return count;
}
static void promote_opened(struct type_pool *pool) { promote(pool); }

void generation_promote(struct type_pool *pool) {
    promote(pool);
    sort_pool(pool->type->heap, pool);
}

void generation_promote_young(poolobj_heap *heap) {
    ASSERT(!heap->collecting);
    struct type_pool *chain = generation_take(heap, OLDEST - 1);
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work)
        heap->long_lived_pending += promote(pool);
    generation_sort(heap, chain);
    generation_let_go(chain);
}

void generation_let_go(struct type_pool *chain) {
    ASSERT(chain == NULL || chain->held);
    while (chain != NULL) {
        struct type_pool *pool = chain;
        chain = pool->next_work;
        type_pool_let_go(pool);
    }
}

/* ---- Freezing ---- */

void generation_freeze(poolobj_heap *heap) {
    free_list_empty_all(heap);
    for (poolobj_type *type = object_heap_first_populated(heap), *next; type != NULL; type = next) {
        next = object_heap_next_populated(type);
        if (type->tracked) type_pool_close_all(type);
    }
    memset(heap->count, 0, sizeof heap->count);
    heap->frozen = true;
}

void generation_freeze_all(poolobj_heap *heap) {
    generation_freeze(heap);
    for (poolobj_type *type = object_heap_first_populated(heap), *next; type != NULL; type = next) {
        next = object_heap_next_populated(type);
        type_pool_close_all(type);
    }
}

void generation_unfreeze(poolobj_heap *heap) {
    for (poolobj_type *type = object_heap_first_populated(heap); type != NULL;
         type = object_heap_next_populated(type))
        type_pool_open_all(type, promote_opened);
    heap->frozen = false;
}

size_t generation_frozen(const poolobj_heap *heap) {
    size_t count = 0;
    for (poolobj_type *type = object_heap_first_populated(heap); type != NULL;
         type = object_heap_next_populated(type)) {
        struct type_pool *pool = type_pool_first(type);
        for (; pool != NULL && pool->frozen; pool = type_pool_next(pool))
            count += type_pool_count(pool);
    }
    return count;
}
