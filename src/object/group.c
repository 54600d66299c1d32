/* SPDX-License-Identifier: MIT */
#include "object/group.h"

#include "base/check.h"
#include "object/round_scan.h"

enum {
    AT_ONCE = 64, /* objects */
    SEEDS = 16    /* of a lump: their misses overlap, where each object refers to one more alone */
};

size_t group_max = GROUP_MAX;
static_assert((int)SEEDS < GROUP_MAX, "a lump has room for its seeds");

static inline struct marks *marks_of(const struct type_pool *pool) {
    return ledger_round((void *)pool->base);
}

void group_put_aside(struct gc_round *round, struct type_pool *pool) {
    ASSERT(round->phase == ROUND_ASIDE);
    struct marks *marks = marks_of(pool);
    round->work++;
    if (!pool->rounded) return;
    ASSERT(!ledger_set_any(&marks->grey));
    round->group.aside += ledger_set_count(&marks->white);
    marks->grey = marks->white;
    memset(&marks->white, 0, sizeof marks->white);
}

void group_begin_all(struct group *group) {
    bool few = group->aside <= group_max;
    if (!few && group->lump == NULL)
        group->lump = (poolobj **)store_allocate(group_max * sizeof(poolobj *));
    group->is_all = few || group->lump == NULL;
    group->aside = 0;
    group->seeds = SEEDS;
    group_begin(group);
}

void group_begin(struct group *group) {
    ASSERT(group->lump_count == 0 && !group->lump_is_over);
    group->members = 0;
    group->most = group_max;
    group->sum = group->edges = 0;
    group->is_full = group->is_last = group->told = false;
    group->called = 0;
}

void group_end(struct group *group) {
    store_free(group->lump);
    memset(group, 0, sizeof *group);
}

/* ---- Lumps ---- */

static inline void add_to_lump(struct group *group, struct marks *marks, poolobj *object) {
    ASSERT(group->lump_count < group_max);
    ledger_make_white(marks, object);
    group->lump[group->lump_count++] = object;
    __builtin_prefetch(object);
}

static inline bool has_room(struct group *group) {
    group->lump_is_long = group->lump_count == group_max;
    group->lump_is_over = group->lump_is_long || group->members + group->lump_count >= group->most;
    return !group->lump_is_over;
}

static void follow_span(poolobj *const *slots, size_t count, void *arg) {
    struct scan *scan = (struct scan *)arg;
    struct group *group = &scan->round->group;
    count = round_scan_part(scan, &slots, count);
    for (size_t i = 0; i < count && !group->lump_is_over; i++) {
        struct marks *marks = ledger_round(slots[i]);
        bool aside = ledger_set_has(&marks->grey, slots[i]);
        group->lump_edges += aside || ledger_set_has(&marks->white, slots[i]);
        if (aside && has_room(group)) add_to_lump(group, marks, slots[i]);
    }
}

/* Whether an object of the lump is there still. One that died is white no more, and neither is what
   may lie in its place; where its pool went, nothing there is of this heap for sure. */
static inline bool is_there(const struct group *group, const poolobj *object) {
    ASSERT(group->gone_count <= GROUP_GONE_MAX);
    for (size_t i = 0; i < group->gone_count; i++)
        if (align_down((uintptr_t)object, POOL_SIZE) == group->gone[i]) return false;
    return ledger_set_has(&ledger_round(object)->white, object);
}

/* Follows the references of the next object. */
static void follow(struct gc_round *round) {
    struct group *group = &round->group;
    poolobj *object = group->lump[group->lump_next];
    bool is_member = is_there(group, object) && hint_is_countable(object);
    round->work++;
    if (is_member && round->part != object) {
        group->lump_sum += (uint32_t)object->count;
        hint_queue_add(round, ledger_pool(object));
    }
    if (!is_member || round_scan_object(round, ledger_pool(object), object, follow_span))
        group->lump_next++;
}

/* Puts the latest object of the lump aside again. */
static void undo(struct gc_round *round) {
    struct group *group = &round->group;
    poolobj *object = group->lump[--group->lump_count];
    round->work++;
    if (is_there(group, object)) ledger_rescue(ledger_round(object), object);
}

/* Goes on with a lump. False: it is whole, or undone. */
static bool work_on_lump(struct gc_round *round) {
    struct group *group = &round->group;
    for (unsigned i = 0; i < AT_ONCE && !group->lump_is_over; i++) {
        if (group->lump_next == group->lump_count) return false;
        follow(round);
    }
    if (group->lump_is_over) round->part = NULL;
    for (unsigned i = 0; i < AT_ONCE && group->lump_is_over; i++) {
        if (group->lump_count == 0) return false;
        undo(round);
    }
    return true;
}

static void clear_lump(struct group *group) {
    group->lump_count = group->lump_next = 0;
    group->lump_sum = group->lump_edges = 0;
    group->gone_count = 0;
    group->lump_is_over = false;
}

static void keep_lump(struct group *group) {
    ASSERT(!group->lump_is_over && group->lump_next == group->lump_count);
    group->members += group->lump_count;
    group->sum += group->lump_sum;
    group->edges += group->lump_edges;
    clear_lump(group);
}

/* What is too much, whatever it is beside, is tried with fewer seeds; with one, all comes back. */
static void take_fewer_seeds(struct group *group) {
    group->is_all = group->seeds == 1;
    group->seeds = (group->seeds + 3) / 4;
}

/* What went back may lie before the place where seeds were looked for. */
static void leave_lump(poolobj_heap *heap) {
    struct group *group = &heap->round.group;
    ASSERT(group->lump_is_over && group->lump_count == 0);
    group->is_full = group->members > 0;
    if (!group->is_full) take_fewer_seeds(group);
    heap->round.pool = type_pool_after(heap, NULL);
    clear_lump(group);
}

/* Too many pools went for the lump to be told from what lies there now: all comes back. */
static void give_up_lump(poolobj_heap *heap) {
    heap->round.group.is_all = true;
    heap->round.part = NULL;
    heap->round.pool = type_pool_after(heap, NULL);
    clear_lump(&heap->round.group);
}

/* ---- Groups ---- */

/* Adds the next object that is aside to a lump that begins; or takes all of a pool. */
static void seek(poolobj_heap *heap) {
    struct gc_round *round = &heap->round;
    struct type_pool *pool = round->pool;
    struct marks *marks = marks_of(pool);
    round->work++;
    if (pool->rounded && round->group.is_all) ledger_make_all_white(marks);
    for (unsigned w = 0; pool->rounded && w < MARK_WORDS; w++) {
        if (marks->grey.word[w] == 0) continue;
        add_to_lump(&round->group, marks, type_pool_lowest(pool, w, marks->grey.word[w]));
        return;
    }
    round->pool = type_pool_after(heap, pool);
}

/* False: the group grows, as something that is aside refers to it. */
static bool is_worthwhile(struct group *group) {
    if (group_is_garbage(group)) return true;
    if (group->is_full && group->lump_is_long) take_fewer_seeds(group);
    group->most *= 2;
    group->is_full = false;
    return false;
}

bool group_gather(poolobj_heap *heap) {
    struct gc_round *round = &heap->round;
    struct group *group = &round->group;
    ASSERT(round->phase == ROUND_GROUP);
    if (group->gone_count > GROUP_GONE_MAX) give_up_lump(heap);
    bool has_lump = group->lump_count > 0 || group->lump_is_over;
    bool begins = group->lump_next == 0 && group->lump_count < group->seeds && !group->lump_is_over;
    if (!has_lump && (group->is_full || group->members >= group->most)) return is_worthwhile(group);
    if (begins && round->pool != NULL)
        seek(heap);
    else if (!has_lump)
        return group->is_last = true;
    else if (!work_on_lump(round))
        group->lump_is_over ? leave_lump(heap) : keep_lump(group);
    return false;
}
