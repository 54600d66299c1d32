/* SPDX-License-Identifier: MIT */
#include "heap/heap.h"

#include "base/check.h"
#include "heap/space.h"
#include "os/lock.h"
#include "os/options.h"
#include "os/os.h"

enum {
    POOLS_AT_ONCE = 8, /* are taken from the shared arenas and given back to them */
    /* After so many visits to the arenas for pools without memory behind them, 1 MiB, a heap is
       taken to grow further, and gets the memory at once: a million blocks are built in 13 % less
       time. Sets of 16 to 64 pools gained no more. */
    VISITS_TO_GROW = 32,
    SETTLE_POOLS = MIB / POOL_SIZE,
};

struct round no_rounds;

void heap_init(struct heap *heap, bool counting) {
    for (unsigned c = 0; c < CLASS_COUNT; c++) {
        heap->top[c] = heap->end[c] = &no_rounds;
        link_init(&heap->partial[c]);
    }
    heap->counting = counting;
    heap->bare = counting || options.perturb != 0;
    atomic_u32_store(&heap->frees_to_poll, HEAP_POLL_FREES);
}

bool heap_is_mine(const struct heap *heap) {
    bool owned = atomic_u32_load(&heap->state) == HEAP_IN_USE && heap->owner != 0;
    return !owned || heap->owner == lock_self();
}

/* ---- Pools from and to the arenas ---- */

/* The heap that has the pool, if any; for pools in arenas of ours. */
static struct heap *pool_owner(const struct pool *pool) {
    return tag_heap(atomic_u64_load(&pool->tag), record_base(pool));
}

static void set_tags(struct pool *pool, struct heap *heap) {
    union record *record = (union record *)pool;
    uintptr_t base = record_base(pool);
    uint8_t class_index = pool_class(pool);
    for (unsigned i = 0; i < size_classes[class_index].pools; i++) {
        uintptr_t at = base + (uintptr_t)i * POOL_SIZE;
        atomic_u8_store(&record[i].pool.class_index, class_index);
        atomic_u8_store(&record[i].pool.offset, (uint8_t)i);
        /* With the tag all of it is there: the child of a fork goes by tags. */
        atomic_u64_store_release(&record[i].pool.tag, heap ? tag_of_heap(at, heap) : 0);
    }
}

static void return_pools(uintptr_t base, unsigned count) {
    uintptr_t arena = align_down(base, ARENA_SIZE);
    arena_return(arena, bit_range((unsigned)(base - arena) / POOL_SIZE, count));
}

/* The older ones: what was emptied last is the likeliest to be in the cache. They stay where the
   space lock is out of reach. */
static void return_empty(struct heap *heap, unsigned count) {
    ASSERT(heap_is_mine(heap));
    for (unsigned i = 0; i < count; i++) set_tags(&record_at(heap->empty[i])->pool, NULL);
    if (space_lock()) {
        for (unsigned i = 0; i < count; i++) return_pools(heap->empty[i], 1);
        space_unlock();
    }
    heap->empty_count -= count;
    memmove(heap->empty, heap->empty + count, heap->empty_count * sizeof heap->empty[0]);
}

static void to_empty(struct heap *heap, struct pool *pool) {
    pool->state = POOL_EMPTY;
    memset(pool_spare(pool), 0, POOL_WORDS * sizeof(uint64_t));
    if (!size_class_is_span(pool_class(pool))) {
        if (heap->empty_count == HEAP_EMPTY_POOLS) return_empty(heap, HEAP_EMPTY_POOLS / 2);
        heap->empty[heap->empty_count++] = record_base(pool);
        return;
    }
    set_tags(pool, NULL);
    if (!space_lock()) return;
    return_pools(record_base(pool), size_classes[pool_class(pool)].pools);
    space_unlock();
}

static bool take_reserve(struct heap *heap) {
    struct arena_pools *reserve = &heap->reserve;
    if (!space_lock()) return false;
    bool taken = arena_take_pools(POOLS_AT_ONCE, reserve);
    space_unlock();
    if (!taken) return false;
    if (reserve->touched != 0 || heap->growth++ < VISITS_TO_GROW) return true;
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

static bool take_span(unsigned pools, uintptr_t *address, bool *zeroed) {
    struct arena_pools taken;
    if (!space_lock()) return false;
    bool done = arena_take_span(pools, &taken);
    space_unlock();
    if (!done) return false;
    *address = taken.base + (uintptr_t)bit_lowest(taken.pools) * POOL_SIZE;
    *zeroed = taken.touched == 0;
    return true;
}

/* A new pool on the list of its class, with all its blocks spare. */
static struct pool *take_pool(struct heap *heap, unsigned class_index) {
    ASSERT(heap_is_mine(heap));
    const struct size_class *c = &size_classes[class_index];
    uintptr_t address;
    bool zeroed;
    bool taken = size_class_is_span(class_index) ? take_span(c->pools, &address, &zeroed)
                                                 : take_small(heap, &address, &zeroed);
    if (!taken) return NULL;
    struct pool *pool = &record_at(address)->pool;
    atomic_u8_store(&pool->class_index, (uint8_t)class_index);
    pool->taken = 0;
    pool->state = POOL_PARTIAL;
    pool->zeroed = zeroed;
    memcpy(pool_spare(pool), c->starts, sizeof c->starts); /* of a span: none was used before */
    set_tags(pool, heap);
    link_add_after(&heap->partial[class_index], &pool->link);
    return pool;
}

/* ---- Blocks from pools ---- */

static struct pool *first_partial(struct heap *heap, unsigned class_index) {
    struct link *list = &heap->partial[class_index];
    return link_is_alone(list) ? NULL : link_owner(list->next, struct pool, link);
}

/* `count` blocks of a PARTIAL pool are no longer spare. */
static void count_taken(struct pool *pool, unsigned count) {
    pool->taken = (uint16_t)(pool->taken + count);
    if (pool->taken < size_classes[pool_class(pool)].capacity) return;
    link_remove(&pool->link);
    pool->state = POOL_FULL;
}

/* The second word of a span's spare bits: blocks that were handed out before, and so may not be
   zero any more. */
static uint64_t *span_used(struct pool *pool) { return pool_spare(pool) + 1; }

/* The lowest of `blocks`, which are spare ones. */
static void *take_from_span(struct pool *pool, uint64_t blocks) {
    uint64_t index = bit_lowest(blocks), offset = index * size_classes[pool_class(pool)].stride;
    uintptr_t block = record_base(pool) + offset;
    *pool_spare(pool) &= ~((uint64_t)1 << index);
    *span_used(pool) |= (uint64_t)1 << index;
    count_taken(pool, 1);
    struct atomic_u64 *word = pool_live(&((union record *)pool + offset / POOL_SIZE)->pool, block);
    return block_make_live(word, block);
}

/* Takes all spare blocks of a pool's first word that has any, or one. */
static void cursor_fill(struct cursor *cursor, struct pool *pool, bool all) {
    uint64_t *spare = pool_spare(pool);
    unsigned w = 0;
    while (spare[w] == 0) w++;
    uint64_t bits = all ? spare[w] : spare[w] & -spare[w];
    cursor->word = &pool->live[w];
    cursor->base = record_base(pool) + (uintptr_t)w * WORD_SPAN;
    cursor->bits = bits;
    spare[w] ^= bits;
    count_taken(pool, bit_count(bits));
}

/* Blocks that were handed out before, and so have memory behind them. */
static uint64_t span_spare_used(struct pool *pool) { return *pool_spare(pool) & *span_used(pool); }

/* True if a block of the class that has memory behind it is at hand or spare in its first span. */
static bool has_used(struct heap *heap, unsigned class_index) {
    struct pool *pool = first_partial(heap, class_index);
    return heap->top[class_index]->block != 0 || (pool != NULL && span_spare_used(pool) != 0);
}

/* The first such class of this and the next `near` ones, 0 if there is none. */
static unsigned class_with_used(struct heap *heap, unsigned class_index, unsigned near) {
    unsigned end = class_index + near + 1 < PAGE_CLASS ? class_index + near + 1 : PAGE_CLASS;
    while (class_index < end && !has_used(heap, class_index)) class_index++;
    return class_index < end ? class_index : 0;
}

/* What takes more memory comes last. */
static void *take_medium(struct heap *heap, unsigned class_index, unsigned near) {
    unsigned other = class_with_used(heap, class_index, near);
    if (other != 0) class_index = other;
    void *block = magazine_pop(heap, class_index);
    if (block != NULL) return block;
    struct pool *pool = first_partial(heap, class_index);
    if (pool == NULL) return NULL;
    heap->served += heap->counting;
    uint64_t used = span_spare_used(pool);
    return take_from_span(pool, used != 0 ? used : *pool_spare(pool));
}

static void *take_small_block(struct heap *heap, unsigned class_index) {
    struct pool *pool = first_partial(heap, class_index);
    if (pool == NULL) return NULL;
    heap->served += heap->counting;
    struct cursor *cursor = &heap->cursors[class_index];
    cursor_fill(cursor, pool, !heap->bare);
    return cursor_take(cursor);
}

void *heap_take_own(struct heap *heap, unsigned class_index, unsigned near) {
    ASSERT(heap_is_mine(heap));
    void *block = magazine_pop(heap, class_index);
    if (block != NULL) return block;
    if (size_class_is_span(class_index)) return take_medium(heap, class_index, near);
    block = cursor_take(&heap->cursors[class_index]);
    return block != NULL ? block : take_small_block(heap, class_index);
}

void *heap_take_zeroed(struct heap *heap, unsigned class_index) {
    ASSERT(heap_is_mine(heap));
    struct pool *pool = first_partial(heap, class_index);
    if (!size_class_is_span(class_index) || pool == NULL || !pool->zeroed) return NULL;
    if (class_with_used(heap, class_index, NEAR_CLASSES) != 0)
        return NULL; /* to clear memory that is there costs less than to get more */
    uint64_t fresh = *pool_spare(pool) & ~*span_used(pool);
    if (fresh == 0) return NULL;
    heap->served += heap->counting;
    return take_from_span(pool, fresh);
}

/* ---- Blocks back to pools ---- */

/* A pool that was FULL or has no taken block any more. */
static NOINLINE void change_state(struct heap *heap, struct pool *pool) {
    if (pool->state == POOL_FULL) {
        pool->state = POOL_PARTIAL;
        link_add_after(&heap->partial[pool_class(pool)], &pool->link);
    }
    if (pool->taken != 0) return;
    link_remove(&pool->link);
    to_empty(heap, pool);
}

/* `count` blocks are spare again. */
ALWAYS_INLINE void count_spare(struct heap *heap, struct pool *pool, unsigned count) {
    pool->taken = (uint16_t)(pool->taken - count);
    if (unlikely(pool->state == POOL_FULL || pool->taken == 0)) change_state(heap, pool);
}

static NOINLINE void put_in_span(struct heap *heap, struct pool *pool, uintptr_t address) {
    uint64_t offset = address - record_base(pool);
    *pool_spare(pool) |= (uint64_t)1 << (offset * size_classes[pool_class(pool)].reciprocal >> 32);
    count_spare(heap, pool, 1);
}

ALWAYS_INLINE void put_in_small(struct heap *heap, struct atomic_u64 *word, uint64_t bits,
                                unsigned count) {
    struct pool *pool = pool_of_live(word);
    pool_spare(pool)[word - pool->live] |= bits;
    count_spare(heap, pool, count);
}

ALWAYS_INLINE void put_back(struct heap *heap, struct atomic_u64 *word, uintptr_t address) {
    struct pool *pool = pool_of_live(word);
    if (size_class_is_span(pool_class(pool)))
        put_in_span(heap, pool_first(pool), address);
    else
        put_in_small(heap, word, (uint64_t)1 << (address >> ALIGN_SHIFT & 63), 1);
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

static void empty_magazine(struct heap *heap, unsigned class_index) {
    ASSERT(heap_is_mine(heap));
    bool of_spans = size_class_is_span(class_index);
    struct round *at = heap->top[class_index];
    while (at->block != 0) at = of_spans ? put_back_block(heap, at) : put_back_word(heap, at);
    heap->top[class_index] = at;
}

/* False if it has all the room that it gets. It is full: what it holds moves. */
static bool grow_magazine(struct heap *heap, unsigned class_index) {
    unsigned most = heap->bare ? 0 : size_classes[class_index].magazine;
    unsigned first = most < MAGAZINE_FIRST ? most : MAGAZINE_FIRST;
    struct round *top = heap->top[class_index];
    unsigned held = top == &no_rounds ? 0 : top[-(ptrdiff_t)first].block == 0 ? first : most;
    if (held == most) return false;
    unsigned room = held == 0 ? first : most;
    struct round *bottom = heap->rounds + heap->rounds_used;
    heap->rounds_used += room + 1;
    CHECK(heap->rounds_used <= HEAP_ROUNDS);
    memcpy(bottom + 1, top - held + 1, held * sizeof *top);
    heap->top[class_index] = bottom + held;
    heap->end[class_index] = bottom + room;
    return true;
}

void heap_put_full(struct heap *heap, struct atomic_u64 *word, uintptr_t address) {
    ASSERT(heap_is_mine(heap));
    unsigned class_index = pool_class(pool_of_live(word));
    if (!grow_magazine(heap, class_index)) empty_magazine(heap, class_index);
    if (magazine_push(heap, class_index, address, word)) return;
    if (options.perturb != 0) /* only a bare heap comes here */
        memset((void *)address, (int)options.perturb, size_classes[class_index].stride);
    put_back(heap, word, address);
}

bool heap_free_full(struct heap *heap, struct atomic_u64 *word, uintptr_t address) {
    heap_put_full(heap, word, address);
    return heap_count_free(heap);
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
    put_in_small(heap, word, bits, bit_count(bits));
    return true;
}

static void empty_cursor(struct heap *heap, struct cursor *cursor) {
    if (cursor->bits != 0) put_in_small(heap, cursor->word, cursor->bits, bit_count(cursor->bits));
    cursor->bits = 0;
}

/* ---- Memory that is new to the heap ---- */

/* A few blocks at hand may keep as many spans from other use. So the magazines that are as they
   were a MiB of new pools ago go back to their pools: the bench's texts take 18 MiB, not 22. */
static COLD void settle(struct heap *heap) {
    heap->fresh_pools = 0;
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        if (heap->top[c] == heap->seen[c]) empty_magazine(heap, c);
        heap->seen[c] = heap->top[c];
    }
}

void *heap_take(struct heap *heap, unsigned class_index) {
    ASSERT(heap_is_mine(heap));
    void *block = heap_take_own(heap, class_index, 0);
    if (block != NULL) return block;
    struct pool *pool = take_pool(heap, class_index);
    if (pool == NULL) return NULL;
    if (pool->zeroed) heap->fresh_pools += size_classes[class_index].pools;
    if (heap->fresh_pools >= SETTLE_POOLS) settle(heap);
    return heap_take_own(heap, class_index, 0);
}

/* ---- All of it ---- */

void heap_release(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
    for (unsigned c = 1; c < CLASS_COUNT; c++) empty_magazine(heap, c);
    for (unsigned c = 1; c <= SMALL_CLASSES; c++) empty_cursor(heap, &heap->cursors[c]);
    if (heap->empty_count > 0) return_empty(heap, heap->empty_count);
    uint64_t pools = heap->reserve.pools;
    if (pools == 0) return;
    heap->reserve.pools = 0;
    atomic_in_sequence(); /* given back once, though a fork may come: heap_forget */
    if (!space_lock()) return;
    arena_return(heap->reserve.base, pools);
    space_unlock();
}

/* The rounds of the magazines are all unused again, and zero as those of a new heap are: the bottom
   of a magazine is one without a block. */
void heap_set_bare(struct heap *heap, bool bare) {
    ASSERT(heap_is_mine(heap));
    heap_release(heap);
    for (unsigned c = 0; c < CLASS_COUNT; c++) heap->top[c] = heap->end[c] = &no_rounds;
    memset(heap->rounds, 0, heap->rounds_used * sizeof(struct round));
    heap->rounds_used = 0;
    heap->bare = bare || heap->counting;
}

size_t heap_held(const struct heap *heap, size_t most) {
    size_t held = heap->empty_count + bit_count(heap->reserve.pools);
    for (unsigned c = 1; c < CLASS_COUNT && held < most; c++)
        for (struct round *at = heap->top[c]; at->block != 0 && held < most; at--) held++;
    for (unsigned c = 1; c <= SMALL_CLASSES && held < most; c++)
        held += bit_count(heap->cursors[c].bits);
    return size_min(held, most);
}

/* Whoever frees a block of the pool meanwhile may still see the old owner in the tag; the old
   owner's drain passes it on. */
bool heap_move_pool(struct heap *from, struct heap *to, unsigned class_index) {
    ASSERT(heap_is_mine(from) && heap_is_mine(to));
    struct pool *pool = first_partial(from, class_index);
    if (pool == NULL) return false;
    link_remove(&pool->link);
    set_tags(pool, to);
    link_add_after(&to->partial[class_index], &pool->link);
    return true;
}

/* ---- A heap whose owner is gone ---- */

/* Pools and blocks that were at hand are known by nobody; what is in their place says whose they
   are: the arena's free bits, tags and live bits, each exact at every moment. */
void heap_forget(struct heap *heap) {
    ASSERT(space_is_locked());
    memset(heap->rounds, 0, heap->rounds_used * sizeof heap->rounds[0]);
    memset(heap->cursors, 0, sizeof heap->cursors);
    for (unsigned c = 0; c < CLASS_COUNT; c++) {
        heap->top[c] = heap->end[c] = &no_rounds;
        heap->seen[c] = NULL;
        link_init(&heap->partial[c]);
    }
    heap->rounds_used = heap->fresh_pools = heap->empty_count = 0;
    heap->messages = NULL;
    heap->message_count = 0;
    uint64_t pools = heap->reserve.pools;
    heap->reserve.pools = 0;
    if (pools != 0) pools &= ~arena_at(heap->reserve.base)->free;
    if (pools != 0) arena_return(heap->reserve.base, pools);
}

/* The live blocks of a span, by the bits of their indices. */
static uint64_t span_live(struct pool *pool, const struct size_class *c) {
    uint64_t blocks = 0;
    for (unsigned i = 0; i < c->capacity; i++) {
        uintptr_t offset = (uintptr_t)i * c->stride;
        struct pool *part = &((union record *)pool + offset / POOL_SIZE)->pool;
        uint64_t live = atomic_u64_load(pool_live(part, offset));
        blocks |= (live >> (offset >> ALIGN_SHIFT & 63) & 1) << i;
    }
    return blocks;
}

/* Every block that is not live is spare again; returns the number of those that are. */
static unsigned rebuild_bits(struct pool *pool, const struct size_class *c) {
    bool is_span = size_class_is_span(pool_class(pool));
    unsigned taken = 0;
    for (unsigned w = 0; w < c->words; w++) {
        uint64_t live = is_span ? span_live(pool, c) : atomic_u64_load(&pool->live[w]);
        pool_spare(pool)[w] = c->starts[w] & ~live;
        taken += bit_count(live);
    }
    if (is_span) *span_used(pool) = c->starts[0];
    return taken;
}

/* Gives back a pool or span without a live block. Some tags of a span may be missing, as its owner
   was just setting or clearing them one after the other. */
static void give_up_pool(struct pool *pool, const struct size_class *c) {
    uintptr_t base = record_base(pool), arena = align_down(base, ARENA_SIZE);
    uint64_t pools = bit_range((unsigned)(base - arena) / POOL_SIZE, c->pools);
    memset(pool_spare(pool), 0, POOL_WORDS * sizeof(uint64_t));
    set_tags(pool, NULL);
    pools &= ~arena_at(arena)->free;
    if (pools != 0) arena_return(arena, pools);
}

/* The owner that the first pool of a span has, if it is another than this one's: heap_move_pool was
   just about to give it all of them. */
static struct heap *new_owner(struct pool *first, struct pool *pool, struct heap *heap) {
    uint64_t tag = atomic_u64_load(&first->tag);
    if (first == pool || tag == 0 || atomic_u8_load(&first->offset) != 0) return heap;
    return tag_heap(tag, record_base(first));
}

void heap_adopt(struct heap *heap, struct pool *pool) {
    ASSERT(space_is_locked());
    struct pool *first = pool_first(pool), *before = &((union record *)pool - 1)->pool;
    const struct size_class *c = &size_classes[pool_class(pool)];
    struct heap *owner = new_owner(first, pool, heap);
    if (owner != heap) atomic_u64_store(&pool->tag, tag_of_heap(record_base(pool), owner));
    if (owner != heap || (pool != first && pool_owner(before) == heap)) return;
    atomic_u8_store(&first->class_index, pool_class(pool));
    first->taken = (uint16_t)rebuild_bits(first, c);
    first->zeroed = false;
    first->state = first->taken < c->capacity ? POOL_PARTIAL : POOL_FULL;
    link_init(&first->link);
    if (first->taken == 0) {
        give_up_pool(first, c);
        return;
    }
    set_tags(first, heap);
    if (first->state == POOL_PARTIAL)
        link_add_after(&heap->partial[pool_class(first)], &first->link);
}
