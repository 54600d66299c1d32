/* SPDX-License-Identifier: MIT */
#include "heap/heap.h"

#include "base/check.h"
#include "heap/hedge.h"
#include "heap/huge_make.h"
#include "heap/purge.h"
#include "heap/space.h"
#include "heap/span.h"
#include "heap/treat.h"
#include "os/lock.h"
#include "os/options.h"
#include "os/os.h"

enum {
    POOLS_AT_ONCE = 8, /* are taken from the shared arenas and given back to them */
    /* After so many visits to the arenas for pools without memory behind them, 1 MiB, a heap is
       taken to grow further, and gets the memory at once: one call is quicker than many faults. */
    VISITS_TO_GROW = 32,
};
static_assert(VISITS_TO_GROW * POOLS_AT_ONCE * POOL_SIZE == MIB, "what a heap has when it grows");
static_assert((int)POOLS_AT_ONCE <= (int)HEAP_EMPTY_POOLS, "a full array has as many to give back");

/* Empty pools that a heap keeps where there are many heaps. */
enum { EMPTY_POOLS_OF_MANY = 4 };

struct round no_rounds;
struct atomic_u64 heaps_in_use;

void heap_init(struct heap *heap, bool counting) {
    for (unsigned c = 0; c < CLASS_COUNT; c++) {
        heap->top[c] = heap->end[c] = &no_rounds;
        link_init(&heap->partial[c]);
    }
    heap->counting = counting;
    heap->idle_most = heap->idle_kept = HEAP_IDLE_LEAST;
    heap->bare = counting || options.perturb != 0 || treat_measures != 0;
    note_begin(&heap->notes, (uintptr_t)heap);
    atomic_u32_store(&heap->frees_to_poll, HEAP_POLL_FREES);
}

bool heap_is_mine(const struct heap *heap) {
    enum heap_state state = heap_state(heap);
    bool owned = (state == HEAP_IN_USE || state == HEAP_ASLEEP) && heap->owner != 0;
    return !owned || heap->owner == lock_self();
}

/* ---- Pools from and to the arenas ---- */

static void return_pools(uintptr_t base, unsigned count) {
    ASSERT(space_lock_is_held());
    uintptr_t arena = align_down(base, ARENA_SIZE);
    arena_return(arena, bit_range((unsigned)(base - arena) / POOL_SIZE, count));
}

/* Returns the older ones: what was emptied last is the likeliest to be in the cache. They stay
   taken where the space lock is out of reach. */
static void return_empty(struct heap *heap, unsigned count) {
    ASSERT(heap_is_mine(heap));
    for (unsigned i = 0; i < count; i++)
        pool_set_owner(&window_record_at(heap->empty[i])->pool, NULL);
    if (space_lock()) {
        for (unsigned i = 0; i < count; i++) return_pools(heap->empty[i], 1);
        purge_excess();
        space_unlock();
    }
    heap->moved_pools += count;
    heap->empty_count -= count;
    memmove(heap->empty, heap->empty + count, heap->empty_count * sizeof heap->empty[0]);
}

/* Returns the runs that are about to go back, which stay taken where the space lock is out of
   reach. */
static void return_leaving(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
    if (heap->leaving_count == 0) return;
    bool locked = space_lock();
    for (unsigned i = 0; i < heap->leaving_count && locked; i++) {
        uintptr_t base = heap->leaving[i];
        unsigned pools = size_classes[pool_class(&window_record_at(base)->pool)].pools;
        heap->moved_pools += pools;
        space_return(base, pools * (size_t)POOL_SIZE);
    }
    heap->leaving_count = 0; /* with the lock: what was given back has no other taker yet */
    if (!locked) return;
    purge_excess();
    space_unlock();
}

static unsigned empty_most(void) {
    return atomic_u64_load(&heaps_in_use) < HEAPS_ARE_MANY ? HEAP_EMPTY_POOLS : EMPTY_POOLS_OF_MANY;
}

static void to_empty(struct heap *heap, struct pool *pool) {
    ASSERT(heap->empty_count <= HEAP_EMPTY_POOLS);
    ASSERT(heap->leaving_count < HEAP_LEAVING);
    pool->state = POOL_EMPTY;
    if (!size_class_is_span(pool_class(pool))) {
        memset(pool_spare(pool), 0, POOL_WORDS * sizeof(uint64_t));
        unsigned most = empty_most();
        if (heap->empty_count >= most) return_empty(heap, heap->empty_count - most / 2);
        heap->empty[heap->empty_count++] = window_record_base(pool);
        return;
    }
    *pool_spare(pool) = 0;
    heap->idle_bytes -= bit_count(*span_used(pool)) * (size_t)size_classes[pool_class(pool)].stride;
    *span_used(pool) = 0;
    pool_set_owner(pool, NULL);
    pool->freed = size_classes[pool_class(pool)].capacity == 1;
    heap->leaving[heap->leaving_count] = window_record_base(pool);
    atomic_in_sequence();
    heap->leaving_count++;
    if (heap->leaving_count == HEAP_LEAVING) return_leaving(heap);
}

static bool take_reserve(struct heap *heap) {
    ASSERT(heap->reserve.pools == 0);
    struct arena_pools *reserve = &heap->reserve;
    if (unlikely(huge_make_is_due())) huge_make_for_arena();
    if (!space_lock()) return false;
    size_t refaults = purge_refaults();
    bool taken = arena_take_pools(POOLS_AT_ONCE, reserve);
    bool again = purge_refaults() != refaults;
    space_unlock();
    if (!taken) return false;
    if (reserve->touched != 0 || (!again && heap->growth++ < VISITS_TO_GROW)) return true;
    unsigned first = bit_lowest(reserve->pools), end = bit_highest(reserve->pools) + 1;
    if (bit_range(first, end - first) == reserve->pools) /* taken by others in between: leave it */
        os_populate((void *)(reserve->base + (uintptr_t)first * POOL_SIZE),
                    (size_t)(end - first) * POOL_SIZE);
    return true;
}

static bool take_small(struct heap *heap, uintptr_t *address, bool *zeroed) {
    *zeroed = false;
    if (heap->empty_count > 0) {
        *address = heap->empty[--heap->empty_count];
        return true;
    }
    if (heap->reserve.pools == 0 && !take_reserve(heap)) return false;
    unsigned i = bit_lowest(heap->reserve.pools);
    heap->reserve.pools &= heap->reserve.pools - 1;
    *address = heap->reserve.base + (uintptr_t)i * POOL_SIZE;
    *zeroed = !(heap->reserve.touched >> i & 1);
    return true;
}

/* The records of a span lie side by side, so it does not reach over the end of a window. */
static bool take_span_pages(unsigned pools, uintptr_t *address, bool *zeroed) {
    struct range_request request = {pools, POOL_SIZE, (size_t)1 << WINDOW_SHIFT};
    if (unlikely(huge_make_is_due())) huge_make(&request);
    if (!space_lock()) return false;
    size_t size = pools * (size_t)POOL_SIZE, refaults = purge_refaults();
    request.pages += hedge_due();
    *address = space_take(&request);
    if (request.pages > pools && *address != 0 && !hedge_put(*address + size))
        space_return(*address + size, POOL_SIZE);
    *zeroed = *address != 0 && space_touch(*address, size) == 0;
    bool again = (purge_refaults() - refaults) * POOL_SIZE > size / 2;
    space_unlock();
    if (*address != 0 && again) os_populate((void *)*address, size);
    return *address != 0;
}

/* Counts the blocks of a new span in memory that was used before. */
static void count_idle(struct heap *heap, struct pool *pool) {
    const struct size_class *c = &size_classes[pool_class(pool)];
    *span_used(pool) = c->starts[0];
    heap->idle_bytes += (size_t)c->capacity * c->stride;
}

/* Takes a new pool, which is on the list of its class then, with all its blocks spare. */
static struct pool *take_pool(struct heap *heap, unsigned class_index) {
    ASSERT(heap_is_mine(heap));
    const struct size_class *c = &size_classes[class_index];
    uintptr_t address;
    bool zeroed;
    bool taken = size_class_is_span(class_index) ? take_span_pages(c->pools, &address, &zeroed)
                                                 : take_small(heap, &address, &zeroed);
    if (!taken) return NULL;
    struct pool *pool = &window_record_at(address)->pool;
    atomic_u8_store(&pool->class_index, (uint8_t)class_index);
    pool->taken = 0;
    pool->state = POOL_PARTIAL;
    pool->purged = pool->stirred = pool->lean = false;
    pool->freed = 0;
    pool->noted = false;
    note_pools(&heap->notes, address, c->pools);
    if (zeroed) heap->moved_pools += c->pools;
    memcpy(pool_spare(pool), c->starts, sizeof c->starts);
    if (size_class_is_span(class_index) && !zeroed) count_idle(heap, pool);
    pool_set_owner(pool, heap);
    link_add_after(&heap->partial[class_index], &pool->link);
    return pool;
}

/* ---- Blocks from pools ---- */

/* Takes the lowest of `blocks`, which are spare ones. */
static void *take_from_span(struct heap *heap, struct pool *pool, uint64_t blocks) {
    uint64_t index = bit_lowest(blocks), stride = size_classes[pool_class(pool)].stride;
    uint64_t offset = index * stride;
    uintptr_t block = window_record_base(pool) + offset;
    if (unlikely(pool->noted)) note_renew(&heap->notes, pool);
    if (*span_used(pool) >> index & 1)
        heap->idle_bytes -= stride;
    else if (pool->purged)
        heap->idle_again += stride;
    *pool_spare(pool) &= ~((uint64_t)1 << index);
    *span_used(pool) |= (uint64_t)1 << index;
    pool->stirred = true;
    heap_count_taken(heap, pool, 1);
    if (unlikely(treat_measures != 0)) treat_out(block, stride, heap->asked);
    struct atomic_u64 *word = pool_live(&((union record *)pool + offset / POOL_SIZE)->pool, block);
    return block_make_live(word, block);
}

static uint64_t lowest_set_bits(uint64_t word, unsigned count) {
    uint64_t rest = word;
    while (count-- > 0) rest &= rest - 1;
    return word ^ rest;
}

/* Takes all spare blocks of a pool's first word that has any. Where blocks are sampled the first is
   decided upon already, and from the next sampled one on they stay spare. */
static void fill_cursor(struct heap *heap, unsigned class_index, struct pool *pool) {
    struct cursor *cursor = &heap->cursors[class_index];
    uint64_t *spare = pool_spare(pool);
    unsigned w = 0;
    while (spare[w] == 0) w++;
    uint64_t bits = spare[w];
    unsigned count = bit_count(bits);
    if (unlikely(heap->sampling) && count > 1) {
        unsigned before = heap_decide_cursor(heap, class_index, count - 1);
        if (unlikely(before < count - 1)) bits = lowest_set_bits(bits, count = 1 + before);
    }
    cursor->word = &pool->live[w];
    cursor->base = window_record_base(pool) + (uintptr_t)w * WORD_SPAN;
    cursor->bits = bits;
    spare[w] ^= bits;
    heap_count_taken(heap, pool, count);
}

/* True if a block of the class that has memory behind it is at hand or spare in its first span. */
static bool has_used(struct heap *heap, unsigned class_index) {
    struct pool *pool = heap_partial(heap, class_index);
    return !heap_round_is_bottom(heap->top[class_index]) ||
           (pool != NULL && span_spare_used(pool) != 0);
}

/* The first class, of this and the next `near` ones, that has a used block (has_used); 0: none. */
static unsigned class_with_used(struct heap *heap, unsigned class_index, unsigned near) {
    unsigned end = class_index + near + 1 < PAGE_CLASS ? class_index + near + 1 : PAGE_CLASS;
    while (class_index < end && !has_used(heap, class_index)) class_index++;
    return class_index < end ? class_index : 0;
}

/* What takes more memory comes last. A near class's block is taken whatever was decided about it,
   as what is decided for a class must not change which of its blocks others take. */
static void *take_medium(struct heap *heap, unsigned class_index, unsigned near) {
    if (heap->was_full[class_index]) heap_widen(heap, class_index);
    unsigned other = class_with_used(heap, class_index, near);
    if (other != 0) class_index = other;
    if (unlikely(heap->sampling)) heap_round_unmark(heap->top[class_index]);
    void *block = magazine_pop(&heap->top[class_index]);
    if (block != NULL) return block;
    struct pool *pool = heap_partial(heap, class_index);
    if (pool == NULL) return NULL;
    heap->served += heap->counting;
    uint64_t used = span_spare_used(pool), spare = *pool_spare(pool);
    if (treat_does(TREAT_RANDOM)) used = heap_pick_of_span(heap, spare);
    return take_from_span(heap, pool, used != 0 ? used : spare);
}

static void *take_small_block(struct heap *heap, unsigned class_index) {
    struct pool *pool = heap_partial(heap, class_index);
    if (pool == NULL) return NULL;
    heap->served += heap->counting;
    if (unlikely(pool->noted)) note_renew(&heap->notes, pool);
    if (heap->bare) return heap_take_one(heap, pool);
    fill_cursor(heap, class_index, pool);
    return cursor_pop(&heap->cursors[class_index]);
}

void *heap_take_own(struct heap *heap, unsigned class_index, unsigned near) {
    ASSERT(heap_is_mine(heap));
    if (unlikely(heap->sampling)) heap_round_unmark(heap->top[class_index]);
    void *block = magazine_pop(&heap->top[class_index]);
    if (block != NULL) return block;
    if (size_class_is_span(class_index)) return take_medium(heap, class_index, near);
    block = cursor_pop(&heap->cursors[class_index]);
    return block != NULL ? block : take_small_block(heap, class_index);
}

void *heap_take_zeroed(struct heap *heap, unsigned class_index) {
    ASSERT(heap_is_mine(heap));
    struct pool *pool = heap_partial(heap, class_index);
    if (!size_class_is_span(class_index) || pool == NULL) return NULL;
    if (class_with_used(heap, class_index, NEAR_CLASSES) != 0)
        return NULL; /* to clear memory that is there costs less than to get more */
    uint64_t fresh = *pool_spare(pool) & ~*span_used(pool);
    if (fresh == 0) return NULL;
    heap->served += heap->counting;
    return take_from_span(heap, pool, fresh);
}

/* ---- Blocks back to pools ---- */

/* Behind which link a pool that was FULL comes: it is the next to be used, but the last where any
   of its spare blocks is to be the next one, as it has one alone. */
static struct link *place_of_partial(struct heap *heap, unsigned class_index) {
    struct link *list = &heap->partial[class_index];
    bool last = treat_does(TREAT_RANDOM) && !size_class_is_span(class_index); /* H8 */
    return last ? list->prev : list;
}

/* A pool that was FULL or has no taken block any more. */
static NOINLINE void change_state(struct heap *heap, struct pool *pool) {
    if (pool->state == POOL_FULL) {
        pool->state = POOL_PARTIAL;
        link_add_after(place_of_partial(heap, pool_class(pool)), &pool->link);
    }
    if (pool->taken != 0) return;
    link_remove(&pool->link);
    to_empty(heap, pool);
}

/* `count` blocks are spare again. */
ALWAYS_INLINE void count_spare(struct heap *heap, struct pool *pool, unsigned count) {
    heap->blocks -= count;
    pool->taken = (uint16_t)(pool->taken - count);
    if (unlikely(pool->state == POOL_FULL || pool->taken == 0)) change_state(heap, pool);
}

/* The span has something to give to the system again, or to the next malloc. */
static void end_lean(struct heap *heap, struct pool *pool) {
    pool->lean = false;
    if (pool->state != POOL_PARTIAL) return; /* it comes to the front by itself */
    link_remove(&pool->link);
    link_add_after(&heap->partial[pool_class(pool)], &pool->link);
}

static NOINLINE void put_in_span(struct heap *heap, struct pool *pool, uintptr_t address) {
    const struct size_class *c = &size_classes[pool_class(pool)];
    uint64_t offset = address - window_record_base(pool);
    *pool_spare(pool) |= (uint64_t)1 << (offset * c->reciprocal >> 32);
    heap->idle_bytes += c->stride;
    pool->stirred = true;
    if (unlikely(pool->lean)) end_lean(heap, pool);
    count_spare(heap, pool, 1);
}

ALWAYS_INLINE void put_in_small(struct heap *heap, struct atomic_u64 *word, uint64_t bits,
                                unsigned count) {
    struct pool *pool = pool_of_live(word);
    pool_spare(pool)[word - pool->live] |= bits;
    count_spare(heap, pool, count);
}

ALWAYS_INLINE void put_block_back(struct heap *heap, struct atomic_u64 *word, uintptr_t address) {
    struct pool *pool = pool_of_live(word);
    if (size_class_is_span(pool_class(pool)))
        put_in_span(heap, pool_first(pool), address);
    else
        put_in_small(heap, word, (uint64_t)1 << (address >> ALIGN_SHIFT & 63), 1);
}

void heap_put_back(struct heap *heap, struct round round) {
    put_block_back(heap, round.word, round.block);
}

/* Blocks of one word in a row, which most are where frees come in the order of addresses, go back
   together. Returns the round before them; the bottom has no word. */
static struct round *put_back_word(struct heap *heap, struct round *at) {
    struct atomic_u64 *word = at->word;
    uint64_t bits = 0;
    struct round *from = at;
    for (; at->word == word; at--) bits |= (uint64_t)1 << (at->block >> ALIGN_SHIFT & 63);
    put_in_small(heap, word, bits, (unsigned)(from - at));
    return at;
}

static struct round *put_back_block(struct heap *heap, struct round *at) {
    put_in_span(heap, pool_first(pool_of_live(at->word)), at->block);
    return at - 1;
}

void heap_empty_magazine(struct heap *heap, unsigned class_index) {
    ASSERT(heap_is_mine(heap));
    bool of_spans = size_class_is_span(class_index);
    if (unlikely(heap->sampling)) heap_unmark(heap, class_index);
    struct round *at = heap->top[class_index];
    while (at->block != 0) at = of_spans ? put_back_block(heap, at) : put_back_word(heap, at);
    heap->top[class_index] = at;
    return_leaving(heap);
}

/* Only the older half of blocks above 512 bytes goes: to take a span again costs far more than a
   free. */
void heap_halve_magazine(struct heap *heap, unsigned class_index) {
    ASSERT(heap_is_mine(heap) && size_class_is_span(class_index));
    struct round *bottom = heap->end[class_index] - heap->room[class_index];
    size_t held = (size_t)(heap->top[class_index] - bottom), kept = held / 2;
    for (size_t i = 1; i <= held - kept; i++) {
        heap_round_unmark(bottom + i);
        put_back_block(heap, bottom + i);
    }
    memmove(bottom + 1, bottom + 1 + (held - kept), kept * sizeof *bottom);
    heap->top[class_index] = bottom + kept;
    return_leaving(heap);
}

/* ---- Full magazines ---- */

/* Gives more room to a full magazine, whose rounds move; false if it has all that it gets. */
static bool grow_magazine(struct heap *heap, unsigned class_index) {
    ASSERT(!size_class_is_span(class_index));
    unsigned most = heap->bare ? 0 : size_classes[class_index].magazine;
    unsigned first = most < MAGAZINE_FIRST ? most : MAGAZINE_FIRST;
    struct round *top = heap->top[class_index];
    unsigned held = heap->room[class_index];
    if (held == most) return false;
    unsigned room = held == 0 ? first : most;
    struct round *bottom = heap->rounds + heap->rounds_used;
    heap->rounds_used += room + 1;
    CHECK(heap->rounds_used <= HEAP_ROUNDS);
    memcpy(bottom + 1, top - held + 1, held * sizeof *top);
    heap->top[class_index] = bottom + held;
    heap->end[class_index] = bottom + room;
    heap_set_room(heap, class_index, room);
    return true;
}

static void make_room(struct heap *heap, unsigned class_index) {
    if (size_class_is_span(class_index))
        heap_note_full(heap, class_index);
    else if (!grow_magazine(heap, class_index))
        heap_empty_magazine(heap, class_index);
}

void heap_put_full(struct heap *heap, struct atomic_u64 *word, uintptr_t address) {
    ASSERT(heap_is_mine(heap));
    unsigned class_index = pool_class(pool_of_live(word));
    if (likely(!heap->bare)) make_room(heap, class_index);
    if (heap->bare || !heap_push(heap, class_index, address, word)) {
        if (options.perturb != 0) /* only a bare heap comes here */
            memset((void *)address, (int)options.perturb, size_classes[class_index].stride);
        heap_dismiss(heap, (struct round){address, word});
        return_leaving(heap);
    }
    if (unlikely(heap->moved_pools >= HEAP_SETTLE_POOLS)) heap_settle_magazines(heap);
    if (unlikely(heap->idle_bytes > heap->idle_most)) heap_purge_idle(heap);
}

bool heap_free_full(struct heap *heap, struct atomic_u64 *word, uintptr_t address) {
    heap_put_full(heap, word, address);
    return heap_count_free(heap);
}

/* Blocks of a word are no longer live: they are spare, or a bare heap dismisses them. */
static inline void put_word(struct heap *heap, struct atomic_u64 *word, uintptr_t base,
                            uint64_t bits) {
    if (likely(!heap->bare)) {
        put_in_small(heap, word, bits, bit_count(bits));
        return;
    }
    for (; bits != 0; bits &= bits - 1)
        heap_dismiss(heap, (struct round){base + bit_lowest(bits) * (uintptr_t)ALIGN, word});
    return_leaving(heap); /* spans, whose blocks gave way to these */
}

bool heap_free_word(struct heap *heap, uintptr_t base, uint64_t bits) {
    ASSERT(heap_is_mine(heap));
    struct pool *pool = window_look_up(base);
    uint64_t tag = atomic_u64_load(&pool->tag);
    if (tag_heap(tag, align_down(base, POOL_SIZE)) != heap) return false;
    if (size_class_is_span(pool_class(pool))) return false;
    struct atomic_u64 *word = pool_live(pool, base);
    uint64_t live = atomic_u64_load(word);
    if (POOLALLOC_LIVE_BITS && (live & bits) != bits) return false;
    if (POOLALLOC_LIVE_BITS) atomic_u64_store(word, live & ~bits);
    put_word(heap, word, base, bits);
    return true;
}

int heap_free_in_span(struct heap *heap, struct pool *first, uint64_t blocks) {
    ASSERT(heap_is_mine(heap));
    uint32_t stride = size_classes[pool_class(first)].stride;
    for (; blocks != 0; blocks &= blocks - 1) {
        uintptr_t address = window_record_base(first) + bit_lowest(blocks) * (uintptr_t)stride;
        struct atomic_u64 *word = pool_live(&window_record_at(address)->pool, address);
        uint64_t live = atomic_u64_load(word), bit = (uint64_t)1 << (address >> ALIGN_SHIFT & 63);
        if (POOLALLOC_LIVE_BITS && !(live & bit)) return (int)bit_lowest(blocks);
        if (POOLALLOC_LIVE_BITS) atomic_u64_store(word, live & ~bit);
        if (unlikely(heap->bare))
            heap_dismiss(heap, (struct round){address, word});
        else
            put_in_span(heap, first, address);
    }
    return_leaving(heap);
    return -1;
}

void heap_empty_cursor(struct heap *heap, unsigned class_index) {
    struct cursor *cursor = &heap->cursors[class_index];
    heap_forget_mark(heap, class_index);
    if (cursor->bits != 0) put_in_small(heap, cursor->word, cursor->bits, bit_count(cursor->bits));
    cursor->bits = 0;
}

void *heap_take(struct heap *heap, unsigned class_index) {
    ASSERT(heap_is_mine(heap));
    void *block = heap_take_own(heap, class_index, 0);
    if (block != NULL) return block;
    struct pool *pool = take_pool(heap, class_index);
    if (pool == NULL) return NULL;
    if (heap->moved_pools >= HEAP_SETTLE_POOLS) heap_settle_magazines(heap);
    return heap_take_own(heap, class_index, 0);
}

/* ---- All of it ---- */

static void let_go(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
    for (unsigned c = 1; c < CLASS_COUNT; c++) heap_put_back_held(heap, c);
    return_leaving(heap);
    for (unsigned c = 1; c < CLASS_COUNT; c++) heap_empty_magazine(heap, c);
    for (unsigned c = 1; c <= SMALL_CLASSES; c++) heap_empty_cursor(heap, c);
    if (heap->empty_count > 0) return_empty(heap, heap->empty_count);
    uint64_t pools = heap->reserve.pools;
    if (pools == 0) return;
    heap->reserve.pools = 0;
    atomic_in_sequence(); /* given back once, though a fork may come: heap_forget */
    if (!space_lock()) return;
    arena_return(heap->reserve.base, pools);
    purge_excess();
    space_unlock();
}

void heap_flush(struct heap *heap) {
    heap_end_quarantine(heap);
    let_go(heap);
    if (options.purge_delay != PURGE_NEVER) heap_purge_spans(heap);
}

void heap_flush_aged(struct heap *heap) {
    let_go(heap);
    heap_purge_aged(heap);
}

/* The rounds of the magazines are all unused again, and zero as those of a new heap are: the bottom
   of a magazine is one without a block. */
void heap_set_bare(struct heap *heap, bool bare) {
    ASSERT(heap_is_mine(heap));
    heap_flush(heap);
    heap_forget_rooms(heap);
    for (unsigned c = 0; c < CLASS_COUNT; c++) heap->top[c] = heap->end[c] = &no_rounds;
    memset(heap->rounds, 0, heap->rounds_used * sizeof(struct round));
    heap->rounds_used = 0;
    heap->bare = bare || heap->counting;
}

/* What OS pages share with the rest of the heap is cleared. */
void heap_shed(struct heap *heap) {
    heap_flush(heap);
    heap_forget_rooms(heap);
    for (unsigned c = 0; c < CLASS_COUNT; c++) {
        heap->top[c] = heap->end[c] = &no_rounds;
        heap->seen[c] = NULL;
    }
    if (heap->rounds_used == 0) return;
    uintptr_t start = (uintptr_t)heap->rounds;
    uintptr_t end = start + heap->rounds_used * sizeof(struct round), page = os_page_size();
    uintptr_t from = align_up(start, page), to = align_up(end, page);
    if (to > start + HEAP_ROUNDS * sizeof(struct round)) to = align_down(end, page);
    bool purged = from < to && os_purge((void *)from, to - from);
    memset(heap->rounds, 0, (purged ? from : end) - start);
    if (purged && to < end) memset((void *)to, 0, end - to);
    heap->rounds_used = 0;
}
