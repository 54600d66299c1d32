/* SPDX-License-Identifier: MIT */
#include "heap/guard.h"

#include "base/check.h"
#include "heap/geometry.h"
#include "heap/space_lock.h"
#include "os/lock.h"
#include "os/options.h"
#include "os/os.h"

enum {
    FILL = 0xc5,    /* what lies beside a block; no byte that ends a string */
    FILL_MOST = 64, /* so far on each side */
    SLOTS_LEAST = 2,
};
static_assert(sizeof(struct guard_slot) <= GUARD_SLOT_COST, "the budget counts all that is kept");
static_assert(GUARD_MAX % POOL_SIZE == 0, "a slot has whole pages");

struct atomic_u64 guard_pool_now;
static struct {
    struct lock lock; /* of the pool's queue */
    struct atomic_u64 every;
    double events; /* in a block; see guard_begin */
    size_t memory; /* of the pool, with all that is known of it */
    /* 1: there was no memory for the pool. It is read without the lock, too. */
    struct atomic_u32 made_in_vain;
} guard_state = {.memory = GUARD_MEMORY};

static struct guard_pool *pool_now(void) {
    /* Partner: make_pool. */
    return (struct guard_pool *)atomic_u64_load_acquire(&guard_pool_now);
}

size_t guard_every(void) { return atomic_u64_load(&guard_state.every); }

/* -ln(1 - 1/every), by its series: events that come one per so many blocks leave a block out with
   the chance 1 - 1/every. Where each block has an event, the number is beyond what chance_distance
   returns. */
static double events_for(size_t every) {
    double x = 1 / (double)every, power = x, sum = 0;
    if (every <= 1) return 64;
    for (int n = 1; n < 60; n++) {
        sum += power / n;
        power *= x;
    }
    return sum;
}

void guard_begin(size_t every, size_t bytes) {
    guard_state.memory = bytes;
    guard_state.events = every != 0 ? events_for(every) : 0;
    atomic_u64_store(&guard_state.every, every);
}

double guard_events(size_t size) { return size <= GUARD_MAX ? guard_state.events : 0; }

double guard_chance(size_t size) {
    size_t every = guard_every();
    return every != 0 && size <= GUARD_MAX ? 1 / (double)every : 0;
}

/* ---- The pool ---- */

static size_t slot_size(void) { return size_max(GUARD_MAX, os_page_size()); }

static size_t known_size(size_t slots) {
    size_t size = sizeof(struct guard_pool) + slots * sizeof(struct guard_slot);
    return align_up(size, os_page_size());
}

static uintptr_t slot_start(const struct guard_pool *pool, size_t number) {
    ASSERT(number < pool->slot_count);
    return pool->base + os_page_size() + number * pool->distance;
}

static uintptr_t slot_end(const struct guard_pool *pool, size_t number) {
    return slot_start(pool, number) + slot_size();
}

/* Half of the slots, with a page each, and what is known of all: that is the memory. */
static struct guard_pool *make_pool(void) {
    size_t page = os_page_size();
    size_t slots = size_max(guard_state.memory / (GUARD_SLOT_COST + page / 2), SLOTS_LEAST);
    size_t distance = slot_size() + page, size = page + slots * distance;
    ASSERT(lock_is_mine(&guard_state.lock) && pool_now() == NULL);
    struct guard_pool *pool = (struct guard_pool *)os_map_fenced(known_size(slots));
    if (pool == NULL) return NULL;
    pool->base = (uintptr_t)os_reserve(size);
    if (pool->base == 0) {
        os_unmap_fenced(pool, known_size(slots));
        return NULL;
    }
    os_name(pool, known_size(slots), "poolalloc records");
    os_name((void *)pool->base, size, "poolalloc guards");
    pool->size = size;
    pool->slot_count = slots;
    pool->distance = distance;
    pool->pages_most = slots / 2;
    atomic_u64_store_release(&guard_pool_now, (uintptr_t)pool);
    return pool;
}

/* False: the lock or the memory is out of reach. */
static bool lock_pool(struct guard_pool **pool) {
    space_lock_notice_fork();
    if (!lock_lock(&guard_state.lock)) return false;
    *pool = pool_now();
    if (*pool == NULL && atomic_u32_load(&guard_state.made_in_vain) == 0) {
        *pool = make_pool();
        atomic_u32_store(&guard_state.made_in_vain, *pool == NULL);
    }
    if (*pool == NULL) lock_unlock(&guard_state.lock);
    return *pool != NULL;
}

static size_t size_of(const struct guard_slot *slot) { return atomic_u32_load(&slot->size); }

/* ---- The queue of slots; with the lock ---- */

static void queue_slot(struct guard_pool *pool, struct guard_slot *slot) {
    uint32_t number = (uint32_t)(slot - pool->slots) + 1;
    ASSERT(atomic_u32_load(&slot->state) == GUARD_FREED); /* G2 */
    slot->next = 0;
    if (pool->newest != 0)
        pool->slots[pool->newest - 1].next = number;
    else
        pool->oldest = number;
    pool->newest = number;
}

static struct guard_slot *take_queued_slot(struct guard_pool *pool) {
    if (pool->oldest == 0) return NULL;
    struct guard_slot *slot = &pool->slots[pool->oldest - 1];
    pool->oldest = slot->next;
    if (pool->oldest == 0) pool->newest = 0;
    return slot;
}

/* Takes a slot for so many pages, which is BUSY then; NULL: there is none. */
static struct guard_slot *take_slot(struct guard_pool *pool, size_t pages) {
    ASSERT(lock_is_mine(&guard_state.lock));
    size_t live = atomic_u64_load(&pool->pages_live);
    if (live + pages > pool->pages_most) return NULL;
    struct guard_slot *slot = pool->slots_used < pool->slot_count ? &pool->slots[pool->slots_used++]
                                                                  : take_queued_slot(pool);
    if (slot == NULL) return NULL;
    atomic_u32_store(&slot->state, GUARD_BUSY);
    atomic_u64_store(&pool->pages_live, live + pages);
    return slot;
}

static void give_slot(struct guard_pool *pool, struct guard_slot *slot, size_t pages) {
    ASSERT(lock_is_mine(&guard_state.lock));
    ASSERT(pages <= atomic_u64_load(&pool->pages_live));
    atomic_u32_store_release(&slot->state, GUARD_FREED);
    atomic_u64_store(&pool->pages_live, atomic_u64_load(&pool->pages_live) - pages);
    queue_slot(pool, slot);
}

bool guard_has_room(void) {
    const struct guard_pool *pool = pool_now();
    return pool == NULL ? atomic_u32_load(&guard_state.made_in_vain) == 0
                        : atomic_u64_load(&pool->pages_live) < pool->pages_most;
}

/* ---- Where a block lies in its slot ---- */

struct spot {
    uintptr_t block, end;  /* of the block */
    uintptr_t first, last; /* its pages: from the first to the end of the last */
};

static struct spot spot_of(uintptr_t block, size_t size) {
    uintptr_t first = align_down(block, os_page_size());
    struct spot spot = {block, block + size, first, align_up(block + size, os_page_size())};
    return spot;
}

static struct spot spot_for(const struct guard_pool *pool, size_t number,
                            const struct guard_request *request) {
    uintptr_t block = slot_start(pool, number);
    if (!request->at_start || request->size == 0)
        block = align_down(slot_end(pool, number) - request->size, request->alignment);
    ASSERT(block >= slot_start(pool, number) && block + request->size <= slot_end(pool, number));
    return spot_of(block, request->size);
}

static size_t pages_for_size(size_t size) {
    return align_up(size, os_page_size()) / os_page_size();
}

static uintptr_t fill_begin(const struct spot *spot) {
    return spot->block - size_min(spot->block - spot->first, FILL_MOST);
}

static size_t fill_behind(const struct spot *spot) {
    return size_min(spot->last - spot->end, FILL_MOST);
}

static void fill(const struct spot *spot) {
    uintptr_t before = fill_begin(spot);
    memset((void *)before, FILL, spot->block - before);
    memset((void *)spot->end, FILL, fill_behind(spot));
}

/* The first byte that is not as it was; 0: all are. */
static uintptr_t find_broken_fill(uintptr_t from, size_t size) {
    for (const unsigned char *at = (const unsigned char *)from; size > 0; at++, size--)
        if (*at != FILL) return (uintptr_t)at;
    return 0;
}

static void check_fill(const struct guard_slot *slot) {
    struct spot spot = spot_of(atomic_u64_load(&slot->address), size_of(slot));
    uintptr_t before = fill_begin(&spot);
    if (unlikely(find_broken_fill(spot.end, fill_behind(&spot)) != 0))
        fail_at("overflow of the guarded block ", spot.block,
                "bytes behind its end were written; said when it was freed or checked");
    if (unlikely(find_broken_fill(before, spot.block - before) != 0))
        fail_at("underflow of the guarded block ", spot.block,
                "bytes before it were written; said when it was freed or checked");
}

/* ---- Blocks ---- */

static void keep_trace(struct guard_trace *trace, const struct stack *stack) {
    trace->depth = (uint32_t)size_min(stack->depth, GUARD_FRAMES);
    memcpy(trace->callers, stack->callers, trace->depth * sizeof trace->callers[0]);
}

static void describe(struct guard_slot *slot, const struct guard_request *request,
                     const struct spot *spot, const struct stack *asked) {
    atomic_u32_store(&slot->size, (uint32_t)request->size);
    slot->stride = (uint32_t)request->stride;
    slot->freed.depth = 0;
    keep_trace(&slot->asked, asked);
    atomic_u64_store(&slot->address, spot->block);
    atomic_u32_store_release(&slot->state, GUARD_LIVE); /* partner: state_of */
}

static void *make_block(struct guard_pool *pool, struct guard_slot *slot,
                        const struct guard_request *request, const struct stack *asked) {
    struct spot spot = spot_for(pool, (size_t)(slot - pool->slots), request);
    bool opened = spot.last == spot.first || os_open((void *)spot.first, spot.last - spot.first);
    if (!opened) return NULL;
    fill(&spot);
    describe(slot, request, &spot, asked);
    return (void *)spot.block;
}

void *guard_allocate(const struct guard_request *request, const struct stack *asked) {
    struct guard_pool *pool;
    size_t pages = pages_for_size(request->size);
    ASSERT(request->size <= GUARD_MAX && request->alignment <= POOL_SIZE);
    if (!lock_pool(&pool)) return NULL;
    struct guard_slot *slot = take_slot(pool, pages);
    lock_unlock(&guard_state.lock);
    if (slot == NULL) return NULL;
    void *block = make_block(pool, slot, request, asked);
    if (block != NULL || !lock_lock(&guard_state.lock)) return block;
    give_slot(pool, slot, pages);
    lock_unlock(&guard_state.lock);
    return NULL;
}

static bool is_in_guards(const struct guard_pool *pool, uintptr_t address) {
    return pool != NULL && address - pool->base < pool->size;
}

bool guard_has(uintptr_t address) { return is_in_guards(pool_now(), address); }

/* The slot of an address, or that before it if it is in a guard page. */
static size_t number_of(const struct guard_pool *pool, uintptr_t address) {
    ASSERT(is_in_guards(pool, address));
    size_t first = pool->base + os_page_size();
    return address < first ? 0 : (address - first) / pool->distance;
}

static enum guard_slot_state state_of(const struct guard_slot *slot) {
    return (enum guard_slot_state)atomic_u32_load_acquire(&slot->state);
}

/* A kernel that will not shut the pages (the mapping limit) leaves them without memory at least. */
static void shut(const struct spot *spot) {
    size_t size = spot->last - spot->first;
    if (size > 0 && !os_shut((void *)spot->first, size)) os_purge((void *)spot->first, size);
}

bool guard_free(uintptr_t address) {
    struct guard_pool *pool = pool_now();
    struct guard_slot *slot = &pool->slots[number_of(pool, address)];
    uint32_t live = GUARD_LIVE;
    struct stack freed;
    if (!atomic_u32_replace(&slot->state, &live, GUARD_BUSY)) return false;
    check_fill(slot);
    stack_unwind_some(&freed, GUARD_FRAMES);
    keep_trace(&slot->freed, &freed);
    struct spot spot = spot_of(address, size_of(slot));
    shut(&spot);
    if (!lock_pool(&pool)) {
        atomic_u32_store_release(&slot->state, GUARD_FREED);
        return true;
    }
    give_slot(pool, slot, pages_for_size(size_of(slot)));
    lock_unlock(&guard_state.lock);
    return true;
}

enum block_fault guard_find(uintptr_t address, size_t *usable) {
    const struct guard_pool *pool = pool_now();
    if (!is_in_guards(pool, address)) return BLOCK_FOREIGN;
    const struct guard_slot *slot = &pool->slots[number_of(pool, address)];
    enum guard_slot_state state = state_of(slot);
    uintptr_t block = atomic_u64_load(&slot->address);
    *usable = size_of(slot);
    if (address % ALIGN != 0) return BLOCK_MISALIGNED;
    if (state == GUARD_UNUSED || block == 0) return BLOCK_UNALLOCATED;
    if (address != block)
        return address - block < size_of(slot) ? BLOCK_INTERIOR : BLOCK_UNALLOCATED;
    return state == GUARD_LIVE ? BLOCK_LIVE : BLOCK_FREED;
}

/* ---- What is known of a block ---- */

/* How far an address is from the slot's block; SIZE_MAX if it never had one. */
static size_t distance_to(const struct guard_slot *slot, uintptr_t address) {
    uintptr_t block = atomic_u64_load(&slot->address);
    if (block == 0) return SIZE_MAX;
    if (address < block) return block - address;
    return address - block < size_of(slot) ? 0 : address - block - size_of(slot) + 1;
}

/* The slot whose block is nearest to the address: the one that it lies in, or one beside that. */
static const struct guard_slot *nearest_slot(const struct guard_pool *pool, uintptr_t address) {
    size_t middle = number_of(pool, address);
    size_t first = middle > 0 ? middle - 1 : 0, last = size_min(middle + 1, pool->slot_count - 1);
    const struct guard_slot *best = &pool->slots[size_min(middle, last)];
    for (size_t i = first; i <= last; i++)
        if (distance_to(&pool->slots[i], address) < distance_to(best, address))
            best = &pool->slots[i];
    return best;
}

static void tell_stack(struct stack *stack, const struct guard_trace *trace) {
    stack->depth = (unsigned)size_min(trace->depth, GUARD_FRAMES);
    memcpy(stack->callers, trace->callers, stack->depth * sizeof stack->callers[0]);
}

bool guard_tell(uintptr_t address, struct guard_story *story) {
    const struct guard_pool *pool = pool_now();
    if (!is_in_guards(pool, address)) return false;
    const struct guard_slot *slot = nearest_slot(pool, address);
    story->block = atomic_u64_load(&slot->address);
    if (story->block == 0) return false;
    story->size = size_of(slot);
    story->stride = slot->stride;
    story->is_freed = state_of(slot) != GUARD_LIVE;
    story->kind = story->is_freed          ? GUARD_USE_AFTER_FREE
                  : address < story->block ? GUARD_UNDERFLOW
                                           : GUARD_OVERFLOW;
    tell_stack(&story->asked, &slot->asked);
    tell_stack(&story->freed, &slot->freed);
    return true;
}

/* ---- All of them ---- */

void guard_count(struct guard_figures *figures) {
    memset(figures, 0, sizeof *figures);
    const struct guard_pool *pool = pool_now();
    if (pool == NULL) return;
    figures->metadata_bytes = known_size(pool->slot_count) + 2 * OS_FENCE;
    for (size_t i = 0; i < pool->slot_count; i++) {
        const struct guard_slot *slot = &pool->slots[i];
        if (state_of(slot) != GUARD_LIVE) continue;
        figures->blocks++;
        figures->bytes += size_of(slot);
        figures->page_bytes += pages_for_size(size_of(slot)) * os_page_size();
    }
}

static size_t count_queue(const struct guard_pool *pool) {
    size_t count = 0;
    for (uint32_t at = pool->oldest; at != 0; at = pool->slots[at - 1].next) {
        CHECK(state_of(&pool->slots[at - 1]) == GUARD_FREED); /* G2 */
        CHECK(++count <= pool->slot_count);
    }
    return count;
}

void guard_check(void) {
    const struct guard_pool *pool = pool_now();
    size_t pages = 0;
    if (pool == NULL) return;
    for (size_t i = 0; i < pool->slot_count; i++) {
        const struct guard_slot *slot = &pool->slots[i];
        enum guard_slot_state state = state_of(slot);
        CHECK((state == GUARD_UNUSED) == (i >= pool->slots_used));
        if (state == GUARD_LIVE) check_fill(slot);
        if (state == GUARD_LIVE || state == GUARD_BUSY) pages += pages_for_size(size_of(slot));
    }
    CHECK(count_queue(pool) <= pool->slots_used &&
          pages <= atomic_u64_load(&pool->pages_live)); /* G3 */
    CHECK(atomic_u64_load(&pool->pages_live) <= pool->pages_most);
}

/* A block that a thread which is gone was about to make or to free stays BUSY. */
static void rebuild(struct guard_pool *pool) {
    pool->oldest = pool->newest = 0;
    size_t pages = 0;
    pool->slots_used = pool->slot_count;
    for (size_t i = pool->slot_count; i-- > 0;)
        if (state_of(&pool->slots[i]) == GUARD_UNUSED) pool->slots_used = i;
    for (size_t i = 0; i < pool->slots_used; i++) {
        struct guard_slot *slot = &pool->slots[i];
        if (state_of(slot) == GUARD_FREED)
            queue_slot(pool, slot);
        else
            pages += pages_for_size(size_of(slot));
    }
    atomic_u64_store(&pool->pages_live, pages);
}

void guard_after_fork(uint32_t survivor) {
    struct guard_pool *pool = pool_now();
    if (lock_mend(&guard_state.lock, survivor) && pool != NULL) rebuild(pool);
}

void guard_reset_for_test(void) {
    struct guard_pool *pool = pool_now();
    guard_begin(0, GUARD_MEMORY);
    atomic_u32_store(&guard_state.made_in_vain, 0);
    if (pool == NULL) return;
    atomic_u64_store(&guard_pool_now, 0);
    os_unmap((void *)pool->base, pool->size);
    os_unmap_fenced(pool, known_size(pool->slot_count));
}
