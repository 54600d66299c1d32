/* SPDX-License-Identifier: MIT */
#include "heap/run.h"

#include "base/check.h"
#include "heap/huge_make.h"
#include "heap/purge.h"
#include "heap/space.h"
#include "heap/tag.h"
#include "os/os.h"

/* Arenas of a stretch, whose pages are cleared at once. */
enum { STRETCH_ARENAS = 64 };

/* Pages that may hold old contents, a word for each arena of a stretch. */
struct stretch {
    uintptr_t from, to;
    uint64_t old[STRETCH_ARENAS];
};

/* The first stretch of [from, to), whose pages may be written from now on. */
static void stretch_begin(struct stretch *stretch, uintptr_t from, uintptr_t to) {
    ASSERT(space_lock_is_held());
    uintptr_t most = align_down(from, ARENA_SIZE) + (uintptr_t)STRETCH_ARENAS * ARENA_SIZE;
    uint64_t *old = stretch->old;
    stretch->from = from;
    stretch->to = size_min(to, most);
    for (uintptr_t at = from; at < stretch->to; at = window_next_arena(at))
        *old++ = window_arena_at(at)->touched & space_pages(at, stretch->to);
    space_touch(from, stretch->to - from);
}

static void clear_pages(uintptr_t arena, uint64_t pages) {
    ASSERT(arena % ARENA_SIZE == 0);
    while (pages != 0) {
        unsigned first = bit_lowest(pages), count = bit_run(pages, first);
        memset((char *)arena + (size_t)first * POOL_SIZE, 0, (size_t)count * POOL_SIZE);
        pages &= ~bit_range(first, count);
    }
}

static void stretch_clear(const struct stretch *stretch) {
    ASSERT(stretch->from < stretch->to);
    const uint64_t *old = stretch->old;
    for (uintptr_t at = stretch->from; at < stretch->to; at = window_next_arena(at))
        clear_pages(align_down(at, ARENA_SIZE), *old++);
}

/* Clears what of a run may hold old contents, of which the first stretch has begun. False: the lock
   went out of reach. */
static bool clear_run(struct stretch *stretch, uintptr_t end) {
    for (;;) {
        stretch_clear(stretch);
        if (stretch->to == end) return true;
        if (!space_lock()) return false;
        stretch_begin(stretch, stretch->to, end);
        space_unlock();
    }
}

static void *describe_run(uintptr_t base, size_t size) {
    ASSERT(base % POOL_SIZE == 0 && size % POOL_SIZE == 0 && size > 0);
    struct large *run = &window_record_at(base)->large;
    run->address = base;
    run->size = size;
    run->freed = 0;
    atomic_u64_store_release(&run->tag,
                             tag_of_kind(base, TAG_RUN)); /* partners: a fork, census_make */
    return (void *)base;
}

/* What could have a mapping of its own has small pages: programs may reserve that much and write
   little of it. */
static void touch_run(uintptr_t base, size_t size, enum run_choice choice) {
    if (choice == RUN_ANYWHERE) huge_make_in_run(base, size);
    space_touch(base, size);
}

/* A run that can't be cleared to its end stays taken. */
void *run_allocate(size_t size, size_t alignment, bool zero, enum run_choice choice) {
    ASSERT(size > 0 && is_power_of_two(alignment));
    size = align_up(size, size_max(os_page_size(), POOL_SIZE));
    struct range_request request = {size / POOL_SIZE, size_max(alignment, POOL_SIZE), 0};
    struct stretch stretch;
    huge_make_for_run(&request);
    if (!space_lock()) return NULL;
    uintptr_t base = choice == RUN_ANYWHERE ? space_take(&request) : space_take_touched(&request);
    if (base != 0 && zero) stretch_begin(&stretch, base, base + size);
    if (base != 0 && !zero) touch_run(base, size, choice);
    space_unlock();
    if (base == 0 || (zero && !clear_run(&stretch, base + size))) return NULL;
    return describe_run(base, size);
}

/* The words that live bits have in the record of a pool are zero in that of a free page. */
static void forget_run(struct large *run) {
    ASSERT(space_lock_is_held());
    run->address = 0;
    run->size = 0;
    run->caller = 0;
    run->end = 0;
    run->freed = 1;
}

bool run_free(struct large *run) {
    if (!space_lock()) return true;
    bool freed = atomic_u64_exchange(&run->tag, 0) != 0;
    if (freed) {
        uintptr_t base = run->address;
        size_t size = run->size;
        forget_run(run);
        space_return(base, size);
        purge_excess();
    }
    space_unlock();
    return freed;
}

/* At any moment the pages that the record speaks of are not free: a fork may come. */
static void shrink_run(struct large *run, size_t size) {
    ASSERT(space_lock_is_held() && size < run->size);
    size_t had = run->size;
    run->size = size;
    atomic_in_sequence();
    space_return(run->address + size, had - size);
    purge_excess();
}

static bool grow_run(struct large *run, size_t size) {
    ASSERT(space_lock_is_held() && size > run->size);
    uintptr_t end = run->address + run->size;
    if (!space_extend(end, size - run->size)) return false;
    space_touch(end, size - run->size);
    atomic_in_sequence();
    run->size = size;
    return true;
}

bool run_resize(struct large *run, size_t size) {
    size = align_up(size, size_max(os_page_size(), POOL_SIZE));
    bool done = true;
    if (!space_lock()) return false;
    if (size < run->size) shrink_run(run, size);
    if (size > run->size) done = grow_run(run, size);
    space_unlock();
    return done;
}
