/* SPDX-License-Identifier: MIT */
#include "os/trail.h"

#include "base/check.h"

enum { TRAILS_BITS = 3, STACKS_APART = 20 /* bits */ };

static struct trail trails[1 << TRAILS_BITS];

struct trail *trail_take(uintptr_t stack) {
    uint64_t mixed = (stack >> STACKS_APART) * UINT64_C(0x9e3779b97f4a7c15);
    struct trail *trail = &trails[mixed >> (64 - TRAILS_BITS)];
    if (atomic_u32_exchange(&trail->taken, 1) != 0) return NULL;
    trail->at = TRAIL_MOST - trail->used;
    trail->met = TRAIL_NONE;
    trail->fresh_used = 0;
    return trail;
}

/* ---- Ways out of own functions ---- */

static uintptr_t word_at(uintptr_t stack, size_t words) {
    return ((const uintptr_t *)stack)[words];
}

/* The return address, or a word that is none where another way was gone, or 0. */
static inline uintptr_t follow_way(const struct way *way, uintptr_t stack) {
    unsigned i = 0;
    for (; i + 1u < way->count; i++)
        if (word_at(stack, way->sizes[i] - 1u) != way->places[i + 1]) return 0;
    return word_at(stack, way->sizes[i] - 1u);
}

bool trail_leave_own(const struct trail *trail, struct frame *frame, const struct stretch *own) {
    for (const struct way *way = trail->ways; way < trail->ways + TRAIL_WAYS; way++) {
        if (way->places[0] != frame->place) continue;
        uintptr_t place = follow_way(way, frame->stack);
        if (place == 0 || stretch_has(own, place)) continue;
        frame->place = place;
        if (way->keeps) frame->pointer = word_at(frame->stack, way->kept);
        frame->stack += way->sizes[way->count - 1] * sizeof(uintptr_t);
        return true;
    }
    return false;
}

void trail_learn_way(struct trail *trail, const struct way *way) {
    ASSERT(way->count > 0 && way->count <= WAY_MOST);
    trail->ways[trail->next_way] = *way;
    trail->next_way = (trail->next_way + 1) % TRAIL_WAYS;
}

/* ---- Frames of the program ---- */

void trail_leave(struct trail *trail) {
    for (unsigned i = trail->met; i <= trail->at && trail->fresh_used < TRAIL_WALK; i++)
        trail->fresh[trail->fresh_used++] = trail->old[i];
    trail->met = TRAIL_NONE;
}

/* Drops the outermost footprints, so that there is room for as many as a walk has. */
static void make_room(struct trail *trail) {
    enum { KEPT = TRAIL_MOST - TRAIL_WALK };
    ASSERT(trail->met < TRAIL_MOST - KEPT);
    memmove(&trail->old[TRAIL_MOST - KEPT], &trail->old[trail->met], KEPT * sizeof trail->old[0]);
    trail->met = TRAIL_MOST - KEPT;
}

void trail_give_back(struct trail *trail, bool whole) {
    if (trail->fresh_used > trail->met) make_room(trail);
    unsigned first = trail->met - trail->fresh_used;
    memcpy(&trail->old[first], trail->fresh, trail->fresh_used * sizeof trail->fresh[0]);
    trail->used = whole ? TRAIL_MOST - first : 0;
    atomic_u32_store_release(&trail->taken, 0);
}
