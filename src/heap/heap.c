/* SPDX-License-Identifier: MIT */
#include "heap/heap.h"

#include "base/check.h"
#include "heap/space.h"

/* Pools are taken from and given back to the shared arenas so many at a time. */
enum { POOLS_AT_ONCE = 8 };

struct round no_rounds;

void heap_init(struct heap *heap, bool counting) {
    struct round *bottom = heap->rounds;
    for (unsigned c = 0; c < CLASS_COUNT; c++) {
        unsigned room = counting ? 0 : size_classes[c].magazine;
        heap->magazines[c].top = bottom;
        heap->magazines[c].end = bottom + room;
        bottom += room + 1;
        link_init(&heap->partial[c]);
    }
    CHECK(bottom <= heap->rounds + HEAP_ROUNDS);
    heap->counting = counting;
    atomic_u32_store(&heap->frees_to_poll, HEAP_POLL_FREES);
}

/* ---- Pools from and to the arenas ---- */

static uint8_t class_of(const struct pool *pool) { return atomic_u8_load(&pool->class_index); }

static void set_tags(struct pool *pool, struct heap *heap) {
    union record *record = (union record *)pool;
    uintptr_t base = record_base(pool);
    uint8_t class_index = class_of(pool);
    for (unsigned i = 0; i < size_classes[class_index].pools; i++) {
        uintptr_t at = base + (uintptr_t)i * POOL_SIZE;
        atomic_u8_store(&record[i].pool.class_index, class_index);
        record[i].pool.offset = (uint8_t)i;
        atomic_u64_store(&record[i].pool.tag, heap ? tag_of_heap(at, heap) : 0);
    }
}

static void return_pools(uintptr_t base, unsigned count) {
    uintptr_t arena = align_down(base, ARENA_SIZE);
    arena_return(arena, bit_range((unsigned)(base - arena) / POOL_SIZE, count));
}

/* The older ones: what was emptied last is the likeliest to be in the cache. */
static void return_empty(struct heap *heap, unsigned count) {
    for (unsigned i = 0; i < count; i++) set_tags(&record_at(heap->empty[i])->pool, NULL);
    space_enter();
    for (unsigned i = 0; i < count; i++) return_pools(heap->empty[i], 1);
    space_leave();
    heap->empty_count -= count;
    memmove(heap->empty, heap->empty + count, heap->empty_count * sizeof heap->empty[0]);
}

static void to_empty(struct heap *heap, struct pool *pool) {
    pool->state = POOL_EMPTY;
    memset(pool_spare(pool), 0, POOL_WORDS * sizeof(uint64_t));
    if (!size_class_is_span(class_of(pool))) {
        if (heap->empty_count == HEAP_EMPTY_POOLS) return_empty(heap, HEAP_EMPTY_POOLS / 2);
        heap->empty[heap->empty_count++] = record_base(pool);
        return;
    }
    set_tags(pool, NULL);
    space_enter();
    return_pools(record_base(pool), size_classes[class_of(pool)].pools);
    space_leave();
}

static bool take_small(struct heap *heap, uintptr_t *address, bool *zeroed) {
    *zeroed = false;
    if (heap->empty_count > 0) {
        *address = heap->empty[--heap->empty_count];
        return true;
    }
    if (heap->reserve.pools == 0) {
        space_enter();
        bool taken = arena_take_pools(POOLS_AT_ONCE, &heap->reserve);
        space_leave();
        if (!taken) return false;
    }
    unsigned i = bit_lowest(heap->reserve.pools);
    heap->reserve.pools &= heap->reserve.pools - 1;
    *address = heap->reserve.base + (uintptr_t)i * POOL_SIZE;
    *zeroed = !(heap->reserve.touched >> i & 1);
    return true;
}

static bool take_span(unsigned pools, uintptr_t *address, bool *zeroed) {
    struct arena_pools taken;
    space_enter();
    bool done = arena_take_span(pools, &taken);
    space_leave();
    if (!done) return false;
    *address = taken.base + (uintptr_t)bit_lowest(taken.pools) * POOL_SIZE;
    *zeroed = taken.touched == 0;
    return true;
}

/* A new pool on the list of its class, with all its blocks spare. */
static struct pool *take_pool(struct heap *heap, unsigned class_index) {
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

/* ---- Blocks from pools to the magazine ---- */

static void partial_to_full(struct pool *pool) {
    link_remove(&pool->link);
    pool->state = POOL_FULL;
}

static struct pool *first_partial(struct heap *heap, unsigned class_index) {
    struct link *list = &heap->partial[class_index];
    return link_is_alone(list) ? NULL : link_owner(list->next, struct pool, link);
}

/* The second word of a span's spare bits: blocks that were handed out before, and so may not be
   zero any more. */
static uint64_t *span_used(struct pool *pool) { return pool_spare(pool) + 1; }

/* Rounds are filled from `at` downwards, so that the lowest address comes out of the magazine
   first. Each function returns where it stopped, at `stop` or where blocks ran out. */

static struct round *take_word(struct pool *pool, unsigned w, struct round *at,
                               struct round *stop) {
    uint64_t *spare = pool_spare(pool) + w, left = *spare;
    uintptr_t base = record_base(pool) + (uintptr_t)w * WORD_SPAN;
    for (; left != 0 && at > stop; left &= left - 1) {
        (--at)->block = base + ((uintptr_t)bit_lowest(left) << ALIGN_SHIFT);
        at->word = &pool->live[w];
    }
    *spare = left;
    return at;
}

static struct round *take_from_small(struct pool *pool, struct round *at, struct round *stop) {
    for (unsigned w = 0; w < POOL_WORDS && at > stop; w++) at = take_word(pool, w, at, stop);
    return at;
}

static struct round round_at(struct pool *first, uintptr_t block) {
    union record *record = (union record *)first + (block - record_base(first)) / POOL_SIZE;
    return (struct round){block, pool_live(&record->pool, block)};
}

static struct round *take_from_span(struct pool *pool, struct round *at, struct round *stop) {
    uintptr_t stride = size_classes[class_of(pool)].stride, base = record_base(pool);
    uint64_t *spare = pool_spare(pool), left = *spare;
    for (; left != 0 && at > stop; left &= left - 1)
        *--at = round_at(pool, base + bit_lowest(left) * stride);
    *span_used(pool) |= *spare ^ left;
    *spare = left;
    return at;
}

static struct round *take_spare(struct heap *heap, unsigned class_index, struct round *at,
                                struct round *stop) {
    for (struct pool *pool; at > stop && (pool = first_partial(heap, class_index)) != NULL;) {
        struct round *before = at;
        at = size_class_is_span(class_index) ? take_from_span(pool, at, stop)
                                             : take_from_small(pool, at, stop);
        pool->taken = (uint16_t)(pool->taken + (before - at));
        if (pool->taken == size_classes[class_index].capacity) partial_to_full(pool);
    }
    return at;
}

static void *take_counted(struct heap *heap, unsigned class_index) {
    struct round only;
    if (take_spare(heap, class_index, &only + 1, &only) != &only) return NULL;
    heap->served++;
    struct magazine magazine = {&only, &only};
    return magazine_pop(&magazine);
}

/* Half a magazine, so that what comes back at once has room. */
void *heap_take_own(struct heap *heap, unsigned class_index) {
    if (unlikely(heap->counting)) return take_counted(heap, class_index);
    struct magazine *magazine = &heap->magazines[class_index];
    void *block = magazine_pop(magazine);
    if (block != NULL) return block;
    struct round *first = magazine->top + 1;
    struct round *end = first + (size_classes[class_index].magazine + 1u) / 2;
    struct round *at = take_spare(heap, class_index, end, first);
    if (at == end) return NULL;
    if (at != first) memmove(first, at, (size_t)(end - at) * sizeof *at);
    magazine->top = first + (end - at) - 1;
    return magazine_pop(magazine);
}

void *heap_take(struct heap *heap, unsigned class_index) {
    void *block = heap_take_own(heap, class_index);
    if (block != NULL || take_pool(heap, class_index) == NULL) return block;
    return heap_take_own(heap, class_index);
}

void *heap_take_zeroed(struct heap *heap, unsigned class_index) {
    struct pool *pool = first_partial(heap, class_index);
    if (!size_class_is_span(class_index) || pool == NULL || !pool->zeroed) return NULL;
    uint64_t fresh = *pool_spare(pool) & ~*span_used(pool);
    if (fresh == 0) return NULL;
    uint64_t bit = fresh & -fresh;
    uintptr_t offset = bit_lowest(fresh) * (uintptr_t)size_classes[class_index].stride;
    *pool_spare(pool) &= ~bit;
    *span_used(pool) |= bit;
    if (++pool->taken == size_classes[class_index].capacity) partial_to_full(pool);
    heap->served++;
    struct round round = round_at(pool, record_base(pool) + offset);
    struct magazine magazine = {&round, &round};
    return magazine_pop(&magazine);
}

/* ---- Blocks from the magazine back to pools ---- */

static void full_to_partial(struct heap *heap, struct pool *pool) {
    pool->state = POOL_PARTIAL;
    link_add_after(&heap->partial[class_of(pool)], &pool->link);
}

/* `count` blocks are spare again. */
static void give_back(struct heap *heap, struct pool *pool, unsigned count) {
    if (pool->state == POOL_FULL) full_to_partial(heap, pool);
    pool->taken = (uint16_t)(pool->taken - count);
    if (pool->taken != 0) return;
    link_remove(&pool->link);
    to_empty(heap, pool);
}

static void put_back_in_span(struct heap *heap, const struct round *round, unsigned class_index) {
    struct pool *pool = pool_first(pool_of_live(round->word));
    uint64_t offset = round->block - record_base(pool);
    *pool_spare(pool) |= (uint64_t)1 << (offset * size_classes[class_index].reciprocal >> 32);
    give_back(heap, pool, 1);
}

/* The blocks of one word at the start of the rounds, which is most of them where frees come in the
   order of addresses; returns how many. */
static size_t put_back_word(struct heap *heap, const struct round *rounds, size_t count) {
    struct atomic_u64 *word = rounds[0].word;
    struct pool *pool = pool_of_live(word);
    uint64_t bits = 0;
    size_t same = 0;
    for (; same < count && rounds[same].word == word; same++)
        bits |= (uint64_t)1 << (rounds[same].block >> ALIGN_SHIFT & 63);
    pool_spare(pool)[word - pool->live] |= bits;
    give_back(heap, pool, (unsigned)same);
    return same;
}

static void put_back(struct heap *heap, const struct round *rounds, size_t count,
                     unsigned class_index) {
    if (size_class_is_span(class_index))
        for (size_t i = 0; i < count; i++) put_back_in_span(heap, &rounds[i], class_index);
    else
        for (size_t i = 0; i < count;) i += put_back_word(heap, rounds + i, count - i);
}

static struct round *bottom_of(const struct heap *heap, unsigned class_index) {
    return heap->magazines[class_index].end -
           (heap->counting ? 0 : size_classes[class_index].magazine);
}

/* The oldest ones. */
static void put_back_oldest(struct heap *heap, unsigned class_index, size_t count) {
    if (count == 0) return;
    struct magazine *magazine = &heap->magazines[class_index];
    struct round *first = bottom_of(heap, class_index) + 1;
    size_t left = (size_t)(magazine->top + 1 - first) - count;
    put_back(heap, first, count, class_index);
    memmove(first, first + count, left * sizeof *first);
    magazine->top = first + left - 1;
}

void heap_put_full(struct heap *heap, uintptr_t address) {
    struct pool *pool = &record_at(address)->pool;
    unsigned class_index = class_of(pool);
    struct round round = {address, pool_live(pool, address)};
    if (heap->counting) {
        put_back(heap, &round, 1, class_index);
        return;
    }
    put_back_oldest(heap, class_index, (size_classes[class_index].magazine + 1u) / 2);
    magazine_push(&heap->magazines[class_index], round.block, round.word);
}

/* ---- All of it ---- */

void heap_release(struct heap *heap) {
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        put_back_oldest(heap, c, (size_t)(heap->magazines[c].top - bottom_of(heap, c)));
    }
    if (heap->empty_count > 0) return_empty(heap, heap->empty_count);
    if (heap->reserve.pools == 0) return;
    space_enter();
    arena_return(heap->reserve.base, heap->reserve.pools);
    space_leave();
    heap->reserve.pools = 0;
}

/* Whoever frees a block of the pool meanwhile may still see the old owner in the tag; the old
   owner's drain passes it on. */
bool heap_move_pool(struct heap *from, struct heap *to, unsigned class_index) {
    struct pool *pool = first_partial(from, class_index);
    if (pool == NULL) return false;
    link_remove(&pool->link);
    set_tags(pool, to);
    link_add_after(&to->partial[class_index], &pool->link);
    return true;
}

/* ---- Checks ---- */

static void check_pool(struct heap *heap, struct pool *pool, unsigned class_index) {
    const struct size_class *c = &size_classes[class_index];
    uint64_t *spare = pool_spare(pool);
    unsigned spares = 0;
    CHECK(class_of(pool) == class_index && pool->state == POOL_PARTIAL);
    CHECK(tag_heap(atomic_u64_load(&pool->tag), record_base(pool)) == heap);
    for (unsigned w = 0; w < c->words; w++) {
        CHECK((spare[w] & ~c->starts[w]) == 0); /* H1 */
        spares += bit_count(spare[w]);
    }
    CHECK(pool->taken + spares == c->capacity);          /* H2 */
    CHECK(pool->taken > 0 && pool->taken < c->capacity); /* H3 */
}

static void check_magazine(struct heap *heap, unsigned class_index) {
    struct magazine *magazine = &heap->magazines[class_index];
    for (struct round *at = bottom_of(heap, class_index) + 1; at <= magazine->top; at++) {
        struct block block;
        CHECK(block_find(at->block, &block) == BLOCK_FREED); /* H1 */
        CHECK(block.class_index == class_index && block.heap == heap && block.word == at->word);
    }
}

/* H1 for a small pool, whose bits of both kinds stand for the same places. */
static void check_bits(struct pool *pool) {
    const struct size_class *c = &size_classes[class_of(pool)];
    for (unsigned w = 0; w < POOL_WORDS; w++) {
        uint64_t live = atomic_u64_load(&pool->live[w]), spare = pool_spare(pool)[w];
        CHECK((live & spare) == 0 && ((live | spare) & ~c->starts[w]) == 0);
    }
}

/* Adds to balance[c] what the pools of a window have taken and not live, by class. */
static void check_window(struct heap *heap, struct window *window, int64_t *balance) {
    for (uint64_t i = 0; i < WINDOW_POOLS; i++) {
        struct pool *pool = &window->record[i].pool;
        uintptr_t address = window->base + i * POOL_SIZE;
        if (atomic_u64_load(&pool->tag) != tag_of_heap(address, heap)) continue;
        unsigned class_index = class_of(pool);
        if (!size_class_is_span(class_index)) check_bits(pool);
        balance[class_index] -= pool_live_blocks(pool);
        if (pool->offset == 0) balance[class_index] += pool->taken;
    }
}

void heap_check(struct heap *heap) {
    int64_t balance[CLASS_COUNT] = {0};
    for (struct window *window = window_first(); window != NULL; window = window->next)
        check_window(heap, window, balance);
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        CHECK(balance[c] == heap->magazines[c].top - bottom_of(heap, c)); /* H2 */
        check_magazine(heap, c);
        struct link *list = &heap->partial[c];
        for (struct link *at = list->next; at != list; at = at->next)
            check_pool(heap, link_owner(at, struct pool, link), c);
    }
}
