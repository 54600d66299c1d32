/* SPDX-License-Identifier: MIT */
#include "heap/pending.h"

#include "base/check.h"
#include "heap/block.h"
#include "heap/space_lock.h"
#include "heap/token.h"
#include "heap/treat.h"
#include "os/lock.h"
#include "os/os.h"

struct atomic_u64 token_forks;

/* ---- What a thread has in hand ---- */

static __thread struct {
    struct work work[WORKS];
    unsigned depth;
} this_thread;

struct work *pending_begin(void) {
    space_lock_notice_fork();
    return this_thread.depth < WORKS ? &this_thread.work[this_thread.depth++] : NULL;
}

static void bury_dead(struct work *work);

void pending_end(struct work *work) {
    if (work == NULL) return;
    while (work->dead_count > 0) bury_dead(work);
    ASSERT(work->held == NULL && work->items == 0 && work->pool == NULL);
    this_thread.depth--;
}

void pending_hold(struct work *work, struct heap *heap) {
    ASSERT(heap_state(heap) == HEAP_BUSY);
    heap->next_held = work->held;
    atomic_in_sequence();
    work->held = heap;
}

/* ---- Bits ---- */

/* True if any is set. In one order with the steps of the token. */
static bool read_bits(struct pool *pool, uint64_t *bits) {
    uint64_t any = 0;
    for (unsigned w = 0; w < POOL_WORDS; w++)
        any |= bits[w] = atomic_u64_load_ordered(&pool_pending(pool)[w]);
    return any != 0;
}

static uintptr_t pending_address(struct pool *pool, unsigned word, unsigned bit) {
    unsigned class_index = pool_class(pool);
    uintptr_t step = size_class_is_span(class_index) ? size_classes[class_index].stride : ALIGN;
    return window_record_base(pool) + (word * 64 + bit) * step;
}

static COLD void fail_freed(struct pool *pool, const uint64_t *bits) {
    unsigned w = 0;
    while (w + 1 < POOL_WORDS && bits[w] == 0) w++;
    block_fail("free", BLOCK_FREED, pending_address(pool, w, bits[w] ? bit_lowest(bits[w]) : 0));
}

/* ---- Tokens ---- */

static bool is_orphan(const struct heap *heap) {
    return atomic_u64_load_ordered(&heap->inbox) % HEAP_STATES == HEAP_ORPHAN;
}

/* Lets go of the token of a pool for which there is nothing to do. True if there is something now,
   and the caller has the token again. */
static bool let_token_go(struct work *work, struct pool *pool) {
    uint64_t bits[POOL_WORDS];
    ASSERT(token_is_taken(pool));
    token_let_go(pool);
    work->pool = NULL;
    if (!read_bits(pool, bits)) return false;
    uint64_t tag = atomic_u64_load(&pool->tag);
    if (tag != 0 && !heap_pool_is_complete(pool, bits) &&
        is_orphan(tag_heap(tag, window_record_base(pool))))
        return false;
    if (!token_try(pool)) return false;
    work->pool = pool;
    return true;
}

static void settle_again(struct work *work, struct pool *pool) {
    if (let_token_go(work, pool)) pending_settle(work, pool);
}

/* The tokens stay until the pools are in the arenas. */
static void bury_dead(struct work *work) {
    struct pool *dead[WORK_DEAD];
    unsigned count = work->dead_count;
    ASSERT(count > 0 && count <= WORK_DEAD);
    memcpy(dead, work->dead, count * sizeof dead[0]);
    work->dead_count = 0;
    heap_return_pools(dead, count);
    for (unsigned i = 0; i < count; i++) settle_again(work, dead[i]);
}

/* All blocks are pending: nobody else knows the pool. */
static void take_over(struct work *work, struct pool *pool) {
    ASSERT(token_is_taken(pool) && work->dead_count < WORK_DEAD);
    int wrong = heap_bury_pool(pool);
    if (wrong >= 0)
        block_fail("free", BLOCK_FREED,
                   pending_address(pool, (unsigned)wrong / 64, (unsigned)wrong % 64));
    for (unsigned w = 0; w < POOL_WORDS; w++) atomic_u64_store(&pool_pending(pool)[w], 0);
    work->dead[work->dead_count++] = pool;
    work->pool = NULL;
    if (work->dead_count == WORK_DEAD) bury_dead(work);
}

static unsigned weight_of(const struct pool *pool) {
    enum { POOLS_OF_ONE = 16 * KIB / POOL_SIZE };
    return (size_classes[pool_class(pool)].pools + POOLS_OF_ONE - 1u) / POOLS_OF_ONE;
}

void pending_send_pool(struct work *work, struct pool *pool, struct heap *to) {
    work->pool = NULL;
    unsigned weight = weight_of(pool);
    enum inbox_answer answer = inbox_post_pool(to, pool, work->sweeps ? 0 : weight);
    if (answer == INBOX_REFUSED) {
        settle_again(work, pool);
        return;
    }
    work->weight_left += weight;
    if (!work->sweeps) atomic_u32_store(&to->frees_to_poll, 1);
    if (answer == INBOX_HELD) pending_hold(work, to);
    if (answer == INBOX_LATE) work->late = to;
}

/* True if the heap may keep blocks that others free (heap_dismiss): not where it has no thread to
   come, or whose thread has not looked for long. */
static bool owner_may_keep(const struct work *work, const struct heap *owner) {
    return treat_does(TREAT_WAIT | TREAT_RANDOM) && !work->sweeps && !is_orphan(owner);
}

/* First the bits, then the tag: while a bit is pending the pool is not empty, so that it stays with
   its owner. */
void pending_settle(struct work *work, struct pool *pool) {
    uint64_t bits[POOL_WORDS];
    work->pool = pool;
    if (!read_bits(pool, bits)) {
        settle_again(work, pool);
        return;
    }
    uint64_t tag = atomic_u64_load(&pool->tag);
    if (tag == 0) fail_freed(pool, bits);
    struct heap *owner = tag_heap(tag, window_record_base(pool));
    if (heap_pool_is_complete(pool, bits) && !owner_may_keep(work, owner))
        take_over(work, pool);
    else
        pending_send_pool(work, pool, owner);
}

/* ---- Deposits ---- */

static void deposit(struct work *work, struct pool *pool, unsigned word, uint64_t bits) {
    ASSERT(word < POOL_WORDS && bits != 0);
    /* Partners: read_bits, and the exchange of pending_take_in. */
    uint64_t again = atomic_u64_or_ordered(&pool_pending(pool)[word], bits) & bits;
    if (again != 0) block_fail("free", BLOCK_FREED, pending_address(pool, word, bit_lowest(again)));
    if (work != NULL && token_try(pool))
        pending_settle(work, pool);
    else
        inbox_ask_for_look(); /* the pool may lie in the inbox of an owner who does not look */
}

void pending_deposit_word(struct work *work, uintptr_t base, uint64_t bits) {
    struct pool *pool = &window_record_at(base)->pool;
    deposit(work, pool, base >> WORD_SHIFT & (POOL_WORDS - 1), bits);
}

/* Where the pending bit of a block is. */
struct place {
    struct pool *pool;
    unsigned word;
    uint64_t bit;
};

ALWAYS_INLINE struct place place_in(struct pool *pool, uintptr_t address) {
    if (!size_class_is_span(pool_class(pool)))
        return (struct place){pool, address >> WORD_SHIFT & (POOL_WORDS - 1),
                              (uint64_t)1 << (address >> ALIGN_SHIFT & 63)};
    struct pool *first = pool_first(pool);
    uint64_t offset = address - window_record_base(first);
    uint64_t index = offset * size_classes[pool_class(pool)].reciprocal >> 32;
    return (struct place){first, 0, (uint64_t)1 << index};
}

void pending_deposit(struct work *work, uintptr_t address) {
    struct place place = place_in(&window_record_at(address)->pool, address);
    deposit(work, place.pool, place.word, place.bit);
}

ALWAYS_INLINE bool is_pending(struct pool *pool, uintptr_t address) {
    struct place place = place_in(pool, address);
    /* Partner: deposit. */
    return atomic_u64_load_ordered(&pool_pending(place.pool)[place.word]) & place.bit;
}

bool pending_has(uintptr_t address) {
    return is_pending(&window_record_at(address)->pool, address);
}

void pending_treat(struct pool *pool, uintptr_t address) {
    size_t stride = size_classes[pool_class(pool)].stride;
    if (treat_does(TREAT_EXACT) && unlikely(is_pending(pool, address)))
        block_fail("free", BLOCK_FREED, address);
    treat_back(address, stride);
}

/* ---- Taking in ---- */

/* Blocks of a word of bits become spare. */
static void take_in_pending(struct heap *heap, struct pool *pool, unsigned word, uint64_t bits) {
    ASSERT(bits != 0 && word < size_classes[pool_class(pool)].words);
    if (size_class_is_span(pool_class(pool))) {
        int wrong = heap_free_in_span(heap, pool, bits);
        if (wrong >= 0) block_fail("free", BLOCK_FREED, pending_address(pool, 0, (unsigned)wrong));
        return;
    }
    uint64_t live = atomic_u64_load(&pool->live[word]);
    if (!heap_free_word(heap, window_record_base(pool) + word * (uintptr_t)WORD_SPAN, bits))
        block_fail("free", BLOCK_FREED,
                   pending_address(pool, word, bit_lowest(bits & ~live ? bits & ~live : bits)));
}

/* All words are taken before the first is looked at: with the last live block the pool may go to
   the arena, and on to another heap. */
void pending_take_in(struct work *work, struct heap *heap, struct pool *pool) {
    uint64_t bits[POOL_WORDS];
    ASSERT(heap_is_mine(heap));
    work->pool = pool;
    if (atomic_u64_load(&pool->tag) != tag_of_heap(window_record_base(pool), heap)) {
        pending_settle(work, pool);
        return;
    }
    if (pool->state == POOL_ADRIFT) heap_receive(heap, pool);
    unsigned words = size_classes[pool_class(pool)].words;
    for (unsigned w = 0; w < words; w++) {
        bits[w] = atomic_u64_load(&pool_pending(pool)[w]);
        if (bits[w] != 0) bits[w] = atomic_u64_exchange(&pool_pending(pool)[w], 0);
    }
    for (unsigned w = 0; w < words; w++)
        if (bits[w] != 0) take_in_pending(heap, pool, w, bits[w]);
    settle_again(work, pool);
}

/* ---- Threads that are gone ---- */

static void free_tokens(uint64_t item) {
    while (item != 0) {
        struct pool *pool = item & INBOX_POOL ? inbox_pool(item) : NULL;
        item = inbox_next(item);
        if (pool != NULL) token_let_go(pool);
    }
}

void pending_abandon(void) {
    for (; this_thread.depth > 0; this_thread.depth--) {
        struct work *work = &this_thread.work[this_thread.depth - 1];
        free_tokens(work->items);
        if (work->pool != NULL) token_let_go(work->pool);
        for (unsigned i = 0; i < work->dead_count; i++) token_let_go(work->dead[i]);
        memset(work, 0, sizeof *work);
    }
}

/* Who has the token is at work on the pool, and lets go of it, or takes the pool over. False if he
   does not: a signal has interrupted him. */
static bool wait_for_token(struct pool *pool) {
    enum { WAIT_LOOKS = 1 << 20 };
    for (unsigned i = 0; i < WAIT_LOOKS && atomic_u64_load(&pool->tag) != 0; i++) {
        if (token_try(pool)) return true;
        os_relax();
    }
    return false;
}

/* Bits that came meanwhile wait in the inbox of the heap, which takes it in before it is parked. */
void pending_adopt(struct heap *heap, struct pool *pool) {
    uint64_t bits[POOL_WORDS];
    struct pool *first = pool_first(pool);
    ASSERT(space_lock_is_held());
    if (first != pool &&
        atomic_u64_load(&first->tag) == tag_of_heap(window_record_base(first), heap))
        return; /* with the first */
    bool has_token = token_try(first) || wait_for_token(first);
    if (!has_token && atomic_u64_load(&first->tag) == 0) return;
    heap_adopt(heap, pool, has_token);
    if (!has_token) return;
    token_let_go(first);
    if (read_bits(first, bits) && token_try(first)) inbox_post_pool(heap, first, 0);
}

/* The item behind one, without a step that could not be taken twice. */
static uint64_t item_after(uint64_t item) {
    if (!(item & INBOX_POOL)) return inbox_message(item)->next;
    return atomic_u64_load(token_of(inbox_pool(item))) & INBOX_ITEM;
}

/* The list from an item on, with messages alone. */
static uint64_t only_messages(uint64_t item) {
    uint64_t first = 0;
    for (struct message *last = NULL; item != 0; item = item_after(item)) {
        if (item & INBOX_POOL) continue;
        if (last != NULL)
            last->next = item;
        else
            first = item;
        last = inbox_message(item);
    }
    return first;
}

/* The last message may still name a pool as the next. */
static void end_list(uint64_t item) {
    while (item != 0) {
        uint64_t next = inbox_message(item)->next;
        if (next & INBOX_POOL) inbox_message(item)->next = next = 0;
        item = next;
    }
}

void pending_make_orphan(struct heap *heap) {
    ASSERT(space_lock_is_held());
    uint64_t items = atomic_u64_exchange_ordered(&heap->inbox, HEAP_ORPHAN) & INBOX_ITEM;
    uint64_t first = only_messages(items);
    end_list(first);
    atomic_u64_store_ordered(&heap->inbox, first | HEAP_ORPHAN);
}

/* Tokens that came along with the thread that forked are its own in the child, too. */
static void renew(struct pool *pool) {
    token_set_next(pool, atomic_u64_load(token_of(pool)) & INBOX_ITEM);
}

static void renew_items(uint64_t item) {
    for (; item != 0; item = item_after(item))
        if (item & INBOX_POOL) renew(inbox_pool(item));
}

/* What a thread had in hand that forked in the middle is nobody's either: it may stand there for
   good. */
void pending_after_fork(void) {
    ASSERT(space_lock_is_held());
    atomic_u64_add(&token_forks, (uint64_t)1 << TOKEN_FORKS_SHIFT);
}

void pending_keep_inbox(struct heap *heap) {
    ASSERT(space_lock_is_held());
    renew_items(atomic_u64_load(&heap->inbox) & INBOX_ITEM);
}
