/* SPDX-License-Identifier: MIT */
#include "object/batch.h"

#include "base/check.h"
#include "object/round_scan.h"

enum {
    LEAST = 16, /* white objects; fewer are left to the pieces */
    LOOKS = 4,  /* at an object that is tried: counted, subtracted, asked, freed */
};

/* What is white in the round becomes white in the collection, but for objects that are dying, which
   are white in neither from here on. */
static size_t take_white(struct type_pool *pool) {
    struct object_set *white = &ledger_round((void *)pool->base)->white;
    for (unsigned w = 0; w < MARK_WORDS; w++)
        for (uint64_t rest = white->word[w]; rest != 0; rest &= rest - 1)
            if (!type_pool_is_object(type_pool_lowest(pool, w, rest)))
                white->word[w] ^= rest & -rest;
    ledger_marks((void *)pool->base)->white = *white;
    return ledger_set_count(white);
}

static size_t chain_white(struct type_pool **chain, struct type_pool *pool) {
    ASSERT(!pool->held && !pool->frozen);
    if (!pool->rounded || !ledger_set_any(&ledger_round((void *)pool->base)->white)) return 0;
    pool->held = true;
    pool->next_work = *chain;
    *chain = pool;
    return take_white(pool);
}

/* Frees the white objects of the chain that nothing else refers to; returns how many. Program code
   may run. */
static size_t free_chain(poolobj_heap *heap, struct type_pool *chain) {
    ASSERT(heap->collecting && !heap->round.certified);
    struct gc_round *round = &heap->round;
    reach_find_again(heap, chain);
    chain = reclaim_pools(chain);
    round->left += reclaim_finalize(heap, chain);
    size_t count = reclaim_free(heap, chain, &round->dead);
    generation_let_go(chain);
    round->freed += count;
    return count;
}

/* Lets the chain go without a try: no object is white in the collection any more. */
static void leave_chain(struct type_pool *chain) {
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work)
        memset(&ledger_marks((void *)pool->base)->white, 0, sizeof(struct object_set));
    generation_let_go(chain);
}

static void try_chain(poolobj_heap *heap, struct type_pool *chain, size_t white) {
    struct gc_round *round = &heap->round;
    round->work += LOOKS * white;
    round->tried_in_batches += white;
    round->freed_in_batches += free_chain(heap, chain);
}

void batch_try_next(poolobj_heap *heap) {
    struct gc_round *round = &heap->round;
    ASSERT(round->phase == ROUND_BATCHES);
    struct type_pool *chain = NULL;
    size_t white = 0, pools = 0;
    for (; round->pool != NULL && white + pools < ROUND_BATCH_MAX; pools++) {
        struct type_pool *pool = round->pool;
        round->pool = type_pool_after(heap, pool);
        if (round_scan_is_short(pool) && !type_pool_finalizes(pool->type))
            white += chain_white(&chain, pool);
    }
    round->work += pools;
    if (white < LEAST)
        leave_chain(chain);
    else
        try_chain(heap, chain, white);
}

void batch_free_all(poolobj_heap *heap) {
    struct type_pool *chain = NULL;
    for (struct type_pool *pool = NULL; (pool = type_pool_after(heap, pool)) != NULL;) {
        if (pool->rounded) ledger_make_all_white(ledger_round((void *)pool->base));
        chain_white(&chain, pool);
    }
    free_chain(heap, chain);
}
