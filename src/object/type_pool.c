/* SPDX-License-Identifier: MIT */
#include "object/type_pool.h"

#include "base/check.h"
#include "object/pace.h"

/* How many objects with items share a pool if they are larger than EXACT_MAX. */
enum { FEWEST_SHARING = 2, MOST_SHARING = 7 };

/* ---- Bins ---- */

/* Where blocks start in a pool, by stride / 8; filled when a bin is first made, the first word
   last. Several threads may write the same. */
static struct atomic_u64 starts[SHARED_MAX / 8 + 1][MARK_WORDS];

static void make_starts(uint32_t stride, uint32_t capacity) {
    ASSERT(stride % 8 == 0 && stride >= BLOCK_MIN && stride <= SHARED_MAX);
    struct object_set set = {{0}};
    for (uint32_t i = 0; i < capacity; i++) {
        uintptr_t offset = (uintptr_t)i * stride;
        set.word[ledger_set_word((void *)offset)] |= ledger_set_bit((void *)offset);
    }
    for (unsigned w = MARK_WORDS; w-- > 0;)
        atomic_u64_store_release(&starts[stride / 8][w], set.word[w]);
}

struct object_set type_pool_starts(const struct type_pool *pool) {
    struct object_set set;
    for (unsigned w = 0; w < MARK_WORDS; w++)
        set.word[w] = atomic_u64_load(&starts[pool->stride / 8][w]);
    return set;
}

void type_pool_init_bin(struct bin *bin, poolobj_type *type, size_t bytes) {
    ASSERT(bytes <= SHARED_MAX);
    const uint32_t stride = (uint32_t)align_up(size_max(bytes, BLOCK_MIN), 8);
    bin->type = type;
    bin->stride = (uint16_t)stride;
    bin->capacity = (uint16_t)(POOL_SIZE / stride);
    bin->reciprocal = (uint32_t)((((uint64_t)1 << 32) + stride - 1) / stride);
    link_init(&bin->partial);
    /* Acquire: the other words were there before. Partner: make_starts. */
    if (atomic_u64_load_acquire(&starts[stride / 8][0]) == 0) make_starts(stride, bin->capacity);
}

/* The largest multiple of 8 of which `sharing` fit a pool. */
static size_t shared_size(unsigned sharing) { return align_down(POOL_SIZE / sharing, 8); }

static unsigned bin_class_of(size_t bytes, size_t *size) {
    *size = align_up(size_max(bytes, BLOCK_MIN), 8);
    if (bytes <= EXACT_MAX) return (unsigned)(*size / 8);
    unsigned sharing = MOST_SHARING;
    while (sharing > FEWEST_SHARING && shared_size(sharing) < bytes) sharing--;
    *size = shared_size(sharing);
    return EXACT_MAX / 8 + 1 + MOST_SHARING - sharing;
}

size_t type_pool_bin_stride(size_t bytes) {
    size_t size;
    return bin_class_of(bytes, &size), size;
}

struct bin *type_pool_bin_for(poolobj_type *type, size_t bytes) {
    ASSERT(bytes <= SHARED_MAX);
    size_t size;
    if (!type->itemized) return &type->bin;
    struct bin **bin = &type->items.bins[bin_class_of(bytes, &size)];
    if (likely(*bin != NULL)) return *bin;
    struct bin *made = (struct bin *)store_allocate(sizeof *made);
    if (made == NULL) return NULL;
    type_pool_init_bin(made, type, size);
    if (object_heap_listed_max(type) > 0 && made->stride <= type->extra->listed_stride)
        made->listed_max = type->extra->listed_max;
    return *bin = made;
}

/* ---- Taking and giving back ---- */

static struct type_pool *take_run(struct bin *bin, poolobj_type *type, size_t bytes) {
    uintptr_t base = store_take(&type->heap->store, bytes);
    if (base == 0) return NULL;
    struct type_pool *pool = ledger_pool((void *)base);
    ASSERT(base % POOL_SIZE == 0 && pool->type == NULL);
    memset(pool, 0, sizeof *pool);
    pool->type = type;
    pool->base = base;
    pool->bin = bin;
    pool->bytes = bytes;
    link_init(&pool->partial);
    link_init(&pool->generation);
    if (link_is_alone(&type->pools)) link_add_after(type->heap->populated.prev, &type->populated);
    link_add_after(type->pools.prev, &pool->all);
    return pool;
}

static struct type_pool *take_pool_of_blocks(struct bin *bin) {
    ASSERT(bin->capacity >= FEWEST_SHARING);
    struct type_pool *pool = take_run(bin, bin->type, POOL_SIZE);
    if (pool == NULL) return NULL;
    pool->capacity = bin->capacity;
    pool->stride = bin->stride;
    pool->reciprocal = bin->reciprocal;
    pool->lists = bin->listed_max > 0;
    pool->free = type_pool_block(pool, 0); /* from here upwards, as the processor prefetches */
    for (uint32_t i = 0; i < pool->capacity; i++)
        type_pool_link_free(type_pool_block(pool, i),
                            i + 1 < pool->capacity ? type_pool_block(pool, i + 1) : NULL);
    return pool;
}

void type_pool_note_young(struct type_pool *pool) {
    if (!pool->type->tracked || pool->young || pool->frozen) return;
    pool->young = true;
    link_remove(&pool->generation);
    link_add_after(&pool->type->heap->young, &pool->generation);
}

poolobj *type_pool_take_large(poolobj_type *type, size_t bytes) {
    ASSERT(bytes > SHARED_MAX && bytes % 8 == 0);
    struct type_pool *pool = take_run(NULL, type, bytes);
    if (pool == NULL) return NULL;
    pool->capacity = pool->used = 1;
    pool->stride = POOL_SIZE;
    pool->reciprocal = (uint32_t)(((uint64_t)1 << 32) / POOL_SIZE);
    type_pool_note_young(pool);
    pace_press(type->heap, (ptrdiff_t)bytes);
    return type_pool_block(pool, 0);
}

/* What lies in the place of the pool by and by may be another heap's. */
static void note_gone(struct group *group, const struct type_pool *pool) {
    if (group->lump_count == 0) return;
    if (group->gone_count < GROUP_GONE_MAX) group->gone[group->gone_count] = pool->base;
    group->gone_count++;
}

/* A round that is under way goes on behind the pool. */
static COLD void forget_in_round(struct gc_round *round, struct type_pool *pool) {
    ASSERT(pool->type->heap->round.phase != ROUND_IDLE);
    if (round->pool == pool) {
        round->pool = type_pool_after(pool->type->heap, pool);
        round->granule = 0;
    }
    if (round->part != NULL && ledger_pool(round->part) == pool) round->part = NULL;
    if (pool->rounded) note_gone(&round->group, pool);
    if (!pool->queued) return;
    for (size_t i = round->queue_first; i != round->queue_last; i++)
        if (round->scratch->queue[i % ROUND_QUEUE_MAX] == pool)
            round->scratch->queue[i % ROUND_QUEUE_MAX] = NULL;
}

/* The first frozen pool, which is in no chain, knows the last. */
static struct type_pool *last_frozen(const poolobj_type *type) {
    const struct type_pool *first = type_pool_first(type);
    return first != NULL && first->frozen ? first->next_work : NULL;
}

static COLD void unlink_frozen(struct type_pool *pool) {
    ASSERT(pool->frozen && type_pool_first(pool->type)->frozen);
    struct type_pool *first = type_pool_first(pool->type), *next = type_pool_next(pool);
    if (pool == first) {
        if (next != NULL && next->frozen) next->next_work = first->next_work;
    } else if (pool == first->next_work) {
        first->next_work = link_owner(pool->all.prev, struct type_pool, all);
    }
}

/* A type that the program does not need any more ends with its last pool. */
static void unlist_populated(poolobj_type *type) {
    ASSERT(type_pool_first(type) == NULL);
    link_remove(&type->populated);
    if (!type->freed || type->heap->closing) return;
    link_remove(&type->of_heap);
    link_add_after(&type->heap->ended, &type->of_heap);
}

void type_pool_return(struct type_pool *pool) {
    ASSERT(pool->type != NULL && !pool->held);
    struct gc_round *round = &pool->type->heap->round;
    if (unlikely(round->phase != ROUND_IDLE)) forget_in_round(round, pool);
    if (unlikely(pool->frozen)) unlink_frozen(pool);
    link_remove(&pool->all);
    if (link_is_alone(&pool->type->pools)) unlist_populated(pool->type);
    link_remove(&pool->partial);
    link_remove(&pool->generation);
    if (pool->marked) {
        memset(ledger_ages((void *)pool->base), 0, sizeof(struct ages));
        memset(ledger_marks((void *)pool->base), 0, sizeof(struct marks));
    }
    if (pool->rounded) memset(ledger_round((void *)pool->base), 0, sizeof(struct marks));
    poolobj_heap *heap = pool->type->heap;
    if (pool->bin == NULL) pace_press(heap, -(ptrdiff_t)pool->bytes);
    pool->type = NULL; /* for type_pool_find */
    store_return(&heap->store, pool->base, pool->bytes);
}

struct type_pool *type_pool_around(uintptr_t address) {
    struct type_pool *pool = ledger_covers(address) ? ledger_pool((void *)address) : NULL;
    return pool != NULL && pool->type != NULL ? pool : NULL;
}

struct type_pool *type_pool_find(uintptr_t address) {
    if (address % 8 != 0 || !ledger_covers(address)) return NULL;
    struct type_pool *pool = ledger_pool((void *)address);
    if (pool->type == NULL) return NULL;
    unsigned granule = (unsigned)(address - pool->base) >> GRANULE_SHIFT;
    const poolobj *block = type_pool_at_granule(pool, granule);
    if ((uintptr_t)block != address || block == type_pool_block(pool, pool->capacity)) return NULL;
    return type_pool_is_object(block) ? pool : NULL;
}

void type_pool_settle(struct type_pool *pool, bool was_full) {
    ASSERT(pool->used <= pool->capacity);
    if (pool->current) return;
    if (pool->used == 0 && !pool->held)
        type_pool_return(pool);
    else if (was_full && pool->bin != NULL && !pool->frozen)
        link_add_after(pool->bin->partial.prev, &pool->partial); /* the last in line */
}

static struct type_pool *next_pool_for(struct bin *bin) {
    if (link_is_alone(&bin->partial)) return take_pool_of_blocks(bin);
    struct type_pool *pool = link_owner(bin->partial.next, struct type_pool, partial);
    link_remove(&pool->partial);
    ASSERT(!pool->current && !pool->frozen && pool->free != NULL);
    return pool;
}

/* Types with `drop` may hold memory that nobody tells of: it is looked at every so many births. */
enum { BIRTHS_A_LOOK = 32 };

/* Ends a list after its first blocks, *count of them; returns the others, NULL if there are none.
 */
static poolobj *cut_list(poolobj *list, uint32_t *count) {
    for (*count = 1; *count < BIRTHS_A_LOOK; ++*count) {
        list = type_pool_next_free(list);
        if (list == NULL) return NULL;
    }
    poolobj *rest = type_pool_next_free(list);
    type_pool_link_free(list, NULL);
    return rest;
}

static void hand_out(struct bin *bin, struct type_pool *pool) {
    ASSERT(pool == bin->current && pool->current);
    ASSERT(bin->free == NULL && pool->free != NULL);
    ASSERT(!pool->frozen);
    const poolobj_type *type = bin->type;
    uint32_t count = pool->capacity - pool->used;
    bin->free = pool->free;
    pool->free = type->tracked && type->drop != NULL ? cut_list(bin->free, &count) : NULL;
    pool->used += count;
    if (type->tracked) pace_look(type->heap);
}

bool type_pool_fill_bin(struct bin *bin) {
    ASSERT(bin->free == NULL);
    struct type_pool *pool = bin->current;
    if (pool == NULL || pool->free == NULL) {
        struct type_pool *next = next_pool_for(bin);
        if (next == NULL) return false;
        if (pool != NULL) pool->current = false;
        bin->current = pool = next;
        pool->current = true;
        type_pool_note_young(pool);
    }
    hand_out(bin, pool);
    return true;
}

/* ---- Garbage ---- */

static void free_word(struct type_pool *pool, unsigned word, uint64_t objects) {
    for (; objects != 0; objects &= objects - 1) {
        poolobj *block = type_pool_lowest(pool, word, objects);
        type_pool_link_free(block, pool->free);
        pool->free = block;
    }
}

size_t type_pool_free_set(struct type_pool *pool, struct object_set objects) {
    ASSERT(pool->held);
    ASSERT(ledger_set_count(&objects) <= pool->used);
    struct marks *marks = ledger_marks((void *)pool->base),
                 *round = ledger_round((void *)pool->base);
    struct ages *ages = ledger_ages((void *)pool->base);
    unsigned count = ledger_set_count(&objects);
    pool->used -= count;
    bool empty = pool->used == 0 && !pool->current; /* goes back: no list needed */
    for (unsigned w = 0; w < MARK_WORDS; w++) {
        uint64_t others = ~objects.word[w];
        if (!empty) free_word(pool, w, objects.word[w]);
        ages->low.word[w] &= others;
        ages->high.word[w] &= others;
        marks->white.word[w] &= others;
        if (!pool->rounded) continue;
        round->white.word[w] &= others;
        round->grey.word[w] &= others;
    }
    return count;
}

void type_pool_let_go(struct type_pool *pool) {
    ASSERT(pool->held);
    pool->held = false;
    bool forgotten = pool->used < pool->capacity && link_is_alone(&pool->partial) && !pool->frozen;
    if (pool->used == 0 || forgotten) type_pool_settle(pool, forgotten);
}

/* ---- Frozen pools ---- */

/* Gives the bin's blocks back to its current pool, and leaves it with none; returns the pool. */
static struct type_pool *return_blocks(struct bin *bin) {
    struct type_pool *pool = bin->current;
    while (bin->free != NULL) {
        ASSERT(pool->current && pool->used > 0);
        poolobj *block = bin->free;
        bin->free = type_pool_next_free(block);
        type_pool_link_free(block, pool->free);
        pool->free = block;
        pool->used--;
    }
    bin->current = NULL;
    pool->current = false;
    return pool;
}

void type_pool_retire_bin(struct bin *bin) {
    if (bin->current == NULL) return;
    struct type_pool *pool = return_blocks(bin);
    if (!pool->held) type_pool_settle(pool, pool->used < pool->capacity);
}

void type_pool_retire_empty(struct bin *bin) {
    if (bin->current != NULL && type_pool_count(bin->current) == 0) type_pool_retire_bin(bin);
}

void type_pool_each_bin(poolobj_type *type, void (*each)(struct bin *bin)) {
    if (!type->itemized) {
        each(&type->bin);
        return;
    }
    for (unsigned i = 0; i < BIN_CLASSES; i++)
        if (type->items.bins[i] != NULL) each(type->items.bins[i]);
}

static void close_pool(struct type_pool *pool) {
    ASSERT(!pool->frozen && pool->listed == 0);
    if (pool->current) return_blocks(pool->bin);
    if (pool->used == 0) {
        type_pool_return(pool);
        return;
    }
    link_remove(&pool->partial);
    link_remove(&pool->generation);
    pool->young = pool->lists = false;
    pool->frozen = true;
}

void type_pool_close_all(poolobj_type *type) {
    for (struct link *at = type->pools.prev, *before; at != &type->pools; at = before) {
        struct type_pool *pool = link_owner(at, struct type_pool, all);
        if (pool->frozen) break;
        before = at->prev;
        close_pool(pool);
    }
    struct type_pool *first = type_pool_first(type);
    if (first != NULL) first->next_work = link_owner(type->pools.prev, struct type_pool, all);
}

static void open_pool(struct type_pool *pool) {
    ASSERT(pool->frozen && !pool->current);
    ASSERT(link_is_alone(&pool->partial));
    pool->frozen = false;
    pool->lists = pool->bin != NULL && pool->bin->listed_max > 0;
    if (pool->bin != NULL && pool->used < pool->capacity)
        link_add_after(pool->bin->partial.prev, &pool->partial);
}

void type_pool_open_all(poolobj_type *type, void (*each)(struct type_pool *pool)) {
    for (struct type_pool *pool = type_pool_first(type); pool != NULL && pool->frozen;
         pool = type_pool_next(pool)) {
        open_pool(pool);
        each(pool);
    }
}

/* ---- Walks ---- */

static struct type_pool *first_open(const poolobj_type *type) {
    const struct type_pool *last = last_frozen(type);
    return last != NULL ? type_pool_next(last) : type_pool_first(type);
}

struct type_pool *type_pool_after(const poolobj_heap *heap, const struct type_pool *pool) {
    struct type_pool *next = pool != NULL ? type_pool_next(pool) : NULL;
    if (next != NULL) return next;
    const poolobj_type *type =
        pool != NULL ? object_heap_next_populated(pool->type) : object_heap_first_populated(heap);
    for (; type != NULL; type = object_heap_next_populated(type))
        if (type->tracked && (next = first_open(type)) != NULL) return next;
    return NULL;
}

/* ---- Checks ---- */

static uint32_t list_length(const poolobj *block) {
    uint32_t length = 0;
    for (; block != NULL; block = type_pool_next_free(block)) length++;
    return length;
}

size_t type_pool_count(const struct type_pool *pool) {
    return pool->used - pool->listed - (pool->current ? list_length(pool->bin->free) : 0);
}

/* P6: the objects of the two younger generations, but for those that are dying. */
static void check_young(const struct type_pool *pool, const struct object_set *objects) {
    if (pool->frozen) {
        CHECK(link_is_alone(&pool->generation) && !pool->young);
        return;
    }
    const struct ages *ages = ledger_ages((void *)pool->base);
    for (unsigned w = 0; w < MARK_WORDS; w++) {
        uint64_t young = objects->word[w] & ~(ages->low.word[w] | ages->high.word[w]);
        uint64_t middle = objects->word[w] & ages->low.word[w] & ~ages->high.word[w];
        CHECK(young == 0 || pool->young);
        CHECK(middle == 0 || !link_is_alone(&pool->generation));
    }
    CHECK(!pool->young || !link_is_alone(&pool->generation));
}

static void check_set_bits(struct type_pool *pool, const struct object_set *objects) {
    const struct ages *ages = ledger_ages((void *)pool->base);
    const struct marks *marks = ledger_marks((void *)pool->base),
                       *round = ledger_round((void *)pool->base);
    for (unsigned w = 0; w < MARK_WORDS; w++) {
        CHECK(((ages->low.word[w] | ages->high.word[w]) & ~objects->word[w]) == 0); /* P5 */
        CHECK(marks->grey.word[w] == 0);
        CHECK(pool->type->heap->collecting || marks->white.word[w] == 0);
        CHECK(((round->white.word[w] | round->grey.word[w]) & ~objects->word[w]) == 0); /* P7 */
        CHECK(pool->rounded || (round->white.word[w] | round->grey.word[w]) == 0);
    }
}

void type_pool_check(struct type_pool *pool) {
    struct object_set objects = {{0}}, living = {{0}};
    uint32_t found = 0;
    for (uint32_t i = 0; i < pool->capacity; i++) {
        const poolobj *block = type_pool_block(pool, i);
        if (block->count == 0) continue;
        objects.word[ledger_set_word(block)] |= ledger_set_bit(block);
        if (type_pool_is_object(block))
            living.word[ledger_set_word(block)] |= ledger_set_bit(block);
        found++;
    }
    CHECK(pool->capacity == pool->used + list_length(pool->free)); /* P1 */
    CHECK(found == type_pool_count(pool));                         /* P2 */
    bool partial = !pool->current && pool->used > 0 && pool->used < pool->capacity;
    if (pool->frozen) partial = false;
    CHECK(pool->held || partial == !link_is_alone(&pool->partial)); /* P3 */
    CHECK(pool->held || pool->current || pool->used > 0);           /* P4 */
    const struct type_pool *next = type_pool_next(pool);            /* P8 */
    const struct type_pool *last = last_frozen(pool->type);
    CHECK(pool != last || (pool->frozen && (next == NULL || !next->frozen)));
    CHECK(!pool->frozen || pool == last || (next != NULL && next->frozen));
    check_set_bits(pool, &objects);
    if (pool->type->tracked) check_young(pool, &living);
}
