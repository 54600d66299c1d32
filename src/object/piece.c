/* SPDX-License-Identifier: MIT */
#include "object/piece.h"

#include "base/check.h"
#include "object/round_scan.h"
#include "object/weakref.h"

/* What the hint of a white object says while pieces are tried: each is traced once. The test goes
   by it, so all begin as hint_look leaves them. */
enum { UNTRIED, INSIDE, TRIED };
static_assert(UNTRIED == 0, "what hint_look leaves");

/* An object with more references is left to the verdict. */
enum { FIELDS_MAX = 4 * ROUND_PIECE_MAX };

struct piece {
    struct scan scan;
    poolobj **object;
    size_t count;
    uint64_t sum, edges;
    bool whole;
    uint8_t flags; /* of any object */
};

/* ---- Tracing and testing ---- */

static void trace_span(poolobj *const *slots, size_t count, void *arg) {
    struct piece *piece = (struct piece *)arg;
    count = round_scan_part(&piece->scan, &slots, count);
    for (size_t i = 0; i < count && piece->whole; i++) {
        poolobj *to = slots[i];
        if (!ledger_set_has(&ledger_round(to)->white, to)) continue;
        uint8_t *hint = ledger_hint(to);
        if (*hint > INSIDE) continue;
        piece->edges++;
        if (*hint == INSIDE) continue;
        if (piece->count == ROUND_PIECE_MAX) {
            piece->whole = false;
            return;
        }
        *hint = INSIDE;
        piece->object[piece->count++] = to;
        __builtin_prefetch(to);
    }
}

static void trace_object(struct piece *piece, poolobj *object) {
    ASSERT(piece->count <= ROUND_PIECE_MAX);
    const struct type_pool *pool = ledger_pool(object);
    if (!hint_is_countable(object)) {
        piece->whole = false;
        return;
    }
    piece->sum += (uint32_t)object->count;
    piece->flags |= object->flags;
    object_references(pool->type, pool, object, trace_span, piece);
    if (piece->scan.cut) piece->whole = false;
}

/* Finds the piece that a white object leads to. True: the piece is whole, and nothing else refers
   to any of its objects. */
static bool trace_piece(struct gc_round *round, struct piece *piece, poolobj *from) {
    ASSERT(round->phase == ROUND_PIECES);
    ASSERT(ledger_set_has(&ledger_round(from)->white, from));
    piece->count = 1;
    piece->object[0] = from;
    piece->sum = piece->edges = 0;
    piece->whole = true;
    piece->flags = 0;
    *ledger_hint(from) = INSIDE;
    for (size_t i = 0; i < piece->count && piece->whole; i++) {
        piece->scan = (struct scan){round, 0, 0, FIELDS_MAX, false, false};
        trace_object(piece, piece->object[i]);
    }
    round->traced += piece->count;
    round->work += 4 * piece->count;
    return piece->whole && piece->sum == piece->edges;
}

static void set_hints(const struct piece *piece, uint8_t to) {
    for (size_t i = 0; i < piece->count; i++) *ledger_hint(piece->object[i]) = to;
}

/* ---- Finalizers and weak references ---- */

static bool has_calls_in_piece(poolobj_heap *heap, const struct piece *piece) {
    if (piece->flags & FINALIZE) return true;
    if (!(piece->flags & WEAKLY_REFERENCED)) return false;
    for (size_t i = 0; i < piece->count; i++)
        if (piece->object[i]->flags & WEAKLY_REFERENCED &&
            weakref_is_called(heap, piece->object[i]))
            return true;
    return false;
}

static void clear_piece_weakrefs(poolobj_heap *heap, const struct piece *piece, bool called_only) {
    struct link cleared;
    link_init(&cleared);
    if (!(piece->flags & WEAKLY_REFERENCED)) return;
    for (size_t i = 0; i < piece->count; i++)
        if (piece->object[i]->flags & WEAKLY_REFERENCED)
            weakref_clear(heap, piece->object[i], called_only, &cleared);
    weakref_call(&cleared);
}

/* Holds the pools of a piece, so that who has died meanwhile can be told by its bit. */
static void hold_pools(const struct piece *piece) {
    for (size_t i = 0; i < piece->count; i++) ledger_pool(piece->object[i])->held = true;
}
static void let_pools_go(const struct piece *piece, const struct type_pool *here) {
    for (size_t i = 0; i < piece->count; i++) {
        struct type_pool *pool = ledger_pool(piece->object[i]);
        if (pool->held && pool != here) type_pool_let_go(pool);
    }
}

/* Program code runs. What is left of the piece may be tried anew. */
static void run_last_calls_of_piece(struct type_pool *here, const struct piece *piece) {
    hold_pools(piece);
    clear_piece_weakrefs(here->type->heap, piece, true);
    for (size_t i = 0; i < piece->count; i++) {
        poolobj *object = piece->object[i];
        if (ledger_set_has(&ledger_round(object)->white, object) && type_pool_is_object(object))
            object_finalize(object);
    }
    for (size_t i = 0; i < piece->count; i++)
        if (ledger_set_has(&ledger_round(piece->object[i])->white, piece->object[i]))
            *ledger_hint(piece->object[i]) = UNTRIED;
    let_pools_go(piece, here);
}

/* ---- The end ---- */

static void drop_piece_span(poolobj *const *slots, size_t count, void *arg) {
    struct gc_round *round = (struct gc_round *)arg;
    for (size_t i = 0; i < count; i++) {
        poolobj *to = slots[i];
        if (to == NULL) continue;
        if (ledger_set_has(&ledger_round(to)->white, to) && *ledger_hint(to) == INSIDE) continue;
        round->dead = object_drop(to, round->dead);
    }
}

/* Frees a piece: all references to others go while every object is whole, then `drop` is called,
   and the blocks go last. */
static void reclaim_piece(struct gc_round *round, poolobj_heap *heap, const struct piece *piece) {
    ASSERT(piece->whole && piece->sum == piece->edges);
    clear_piece_weakrefs(heap, piece, false);
    for (size_t i = 0; i < piece->count; i++) {
        const struct type_pool *pool = ledger_pool(piece->object[i]);
        object_references(pool->type, pool, piece->object[i], drop_piece_span, round);
    }
    for (size_t i = 0; i < piece->count; i++) {
        const poolobj_type *type = object_type(piece->object[i]);
        if (type->drop != NULL) type->drop(piece->object[i]);
    }
    set_hints(piece, UNTRIED);
    for (size_t i = 0; i < piece->count; i++)
        type_pool_put(ledger_pool(piece->object[i]), piece->object[i]);
    heap->count[0] -= (int)size_min(piece->count, (size_t)heap->count[0]);
    round->freed += piece->count;
    round->freed_in_pieces += piece->count;
    round->work += 4 * piece->count;
}

static void try(struct gc_round *round, struct type_pool *here, poolobj *from) {
    ASSERT(here->held);
    poolobj_heap *heap = here->type->heap;
    struct piece piece;
    piece.object = round->scratch->piece;
    size_t came = 0;
    bool garbage = trace_piece(round, &piece, from);
    if (garbage && has_calls_in_piece(heap, &piece)) {
        came = piece.count;
        run_last_calls_of_piece(here, &piece);
        if (!ledger_set_has(&ledger_round(from)->white, from)) return;
        garbage = trace_piece(round, &piece, from) && !has_calls_in_piece(heap, &piece);
        if (!garbage) round->left += came;
    }
    if (garbage)
        reclaim_piece(round, heap, &piece);
    else
        set_hints(&piece, TRIED);
}

bool piece_try_pool(struct gc_round *round, struct type_pool *pool) {
    const struct object_set *white = &ledger_round((void *)pool->base)->white;
    const uint64_t enough = round->traced + ROUND_PIECE_MAX / 2;
    round->work++;
    if (!ledger_set_any(white)) return true;
    for (unsigned w = 0; w < MARK_WORDS; w++) {
        uint64_t seen = 0, rest;
        while ((rest = white->word[w] & ~seen) != 0) {
            seen |= rest & -rest;
            poolobj *object = type_pool_lowest(pool, w, rest);
            if (*ledger_hint(object) != UNTRIED) continue;
            if (round->traced > enough ||
                round_scan_is_in_vain(round->traced, round->freed_in_pieces, ROUND_PIECE_MAX))
                return false;
            try(round, pool, object);
        }
    }
    return true;
}
