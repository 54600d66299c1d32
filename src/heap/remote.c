/* SPDX-License-Identifier: MIT */
#include "heap/remote.h"

#include "base/check.h"
#include "heap/purge.h"
#include "heap/space_lock.h"
#include "heap/token.h"
#include "heap/treat.h"
#include "os/options.h"

/* 16 KiB on their way to one heap, or a full message. */
static const size_t BUDGET = 16 * KIB;

enum {
    /* A message of so few entries that gives way to another is not sent: its blocks become pending.
     */
    FEW_ENTRIES = 8,
    /* After that, so many blocks of other owners become pending by themselves before a message
       gives way again: where owners come in turns, one is hardly begun. */
    SINGLES = 16,
};

static struct {
    struct atomic_u32 orphan_messages;
    struct atomic_u64 commons;             /* struct heap * */
    struct atomic_u8 offered[CLASS_COUNT]; /* hints: the commons have a pool of the class */
    bool (*free_watched)(uintptr_t address);
    struct atomic_u64 watched; /* struct heap *, whose blocks free_watched is asked about */
} remote_state;

unsigned remote_orphan_messages(void) { return atomic_u32_load(&remote_state.orphan_messages); }
struct heap *remote_commons(void) {
    return (struct heap *)atomic_u64_load_acquire(&remote_state.commons);
}
void remote_set_commons(struct heap *heap) {
    atomic_u64_store_release(&remote_state.commons, (uintptr_t)heap);
}

/* ---- What is in messages ---- */

/* Reads one entry, and returns the index of the next. */
static unsigned read_entry(const struct message *message, unsigned i, uintptr_t *address,
                           uint64_t *bits) {
    ASSERT(i < MESSAGE_ENTRIES);
    *address = message->entries[i] & ~(uint64_t)MESSAGE_WORD;
    *bits = message->entries[i] & MESSAGE_WORD ? message->entries[i + 1] : 0;
    return i + (*bits != 0 ? 2 : 1);
}

/* What is no live block any more was freed twice, whatever lies there now. */
static NOINLINE void deposit_one(struct work *work, uintptr_t address) {
    struct block block;
    enum block_fault fault = block_find(address, &block);
    if (fault != BLOCK_LIVE || block.kind != TAG_HEAP) block_fail("free", BLOCK_FREED, address);
    pending_deposit(work, address);
}

static NOINLINE void deposit_word(struct work *work, uintptr_t base, uint64_t bits) {
    ASSERT(base % WORD_SPAN == 0 && bits != 0);
    struct pool *pool = &window_record_at(base)->pool;
    uint64_t live = atomic_u64_load(pool_live(pool, base));
    bool all_live = !POOLALLOC_LIVE_BITS || (bits & ~live) == 0;
    if (all_live && atomic_u64_load(&pool->tag) != 0 && !size_class_is_span(pool_class(pool))) {
        pending_deposit_word(work, base, bits);
        return;
    }
    for (; bits != 0; bits &= bits - 1)
        deposit_one(work, base + ((uintptr_t)bit_lowest(bits) << ALIGN_SHIFT));
}

static void deposit_message(struct work *work, const struct message *message) {
    unsigned count = (unsigned)atomic_u64_load(&message->count);
    uintptr_t address;
    uint64_t bits;
    for (unsigned i = 0; i < count;) {
        i = read_entry(message, i, &address, &bits);
        if (bits != 0)
            deposit_word(work, address, bits);
        else
            deposit_one(work, address);
    }
}

/* ---- Taking in ---- */

static inline void take_in(struct work *work, struct heap *heap, uintptr_t address) {
    if (unlikely(!heap_free(heap, address)))
        deposit_one(work, address); /* its pool changed hands */
    else if (unlikely(heap->sampling))
        heap_decide_put(heap, address);
}

static void take_in_word(struct work *work, struct heap *heap, uintptr_t base, uint64_t bits) {
    ASSERT(base % WORD_SPAN == 0 && bits != 0);
    if (likely(heap_free_word(heap, base, bits))) return;
    for (; bits != 0; bits &= bits - 1)
        take_in(work, heap, base + ((uintptr_t)bit_lowest(bits) << ALIGN_SHIFT));
}

/* Takes in the blocks of a message, and returns the number of its entries. */
static unsigned take_in_message(struct work *work, struct heap *heap, struct message *message) {
    ASSERT(heap_is_mine(heap));
    unsigned count = (unsigned)atomic_u64_load(&message->count);
    uintptr_t address;
    uint64_t bits;
    for (unsigned i = 0; i < count;) {
        i = read_entry(message, i, &address, &bits);
        if (bits != 0)
            take_in_word(work, heap, address, bits);
        else
            take_in(work, heap, address);
    }
    return count;
}

/* A pool may have few blocks or many; to let go of it is much of the work. */
enum { ENTRIES_OF_POOL = 8 };

/* Takes in items until they had about `limit` entries. */
static void take_in_items(struct work *work, struct heap *heap, uint64_t items, unsigned limit) {
    unsigned taken = 0;
    work->items = items;
    while (work->items != 0 && taken < limit) {
        uint64_t item = work->items;
        work->items = inbox_next(item);
        if (item & INBOX_POOL) {
            pending_take_in(work, heap, inbox_pool(item));
            taken += ENTRIES_OF_POOL;
        } else {
            taken += take_in_message(work, heap, inbox_message(item));
            message_give(heap, inbox_message(item));
        }
    }
}

/* ---- Heaps that no thread uses ---- */

static void offer_pools(struct work *work, struct heap *heap, struct heap *to,
                        unsigned class_index) {
    struct link *list = &heap->partial[class_index];
    for (struct link *at = list->next, *next; at != list; at = next) {
        struct pool *pool = link_owner(at, struct pool, link);
        next = at->next;
        if (!token_try(pool)) continue; /* who has it is about to post it here */
        heap_hand_over(heap, pool, to);
        pending_send_pool(work, pool, to);
    }
}

/* The pools of a cold heap that have spare blocks are for everybody; the commons keep them. */
static void cool(struct work *work, struct heap *heap) {
    struct heap *to = remote_commons();
    if (space_lock_is_out_of_reach()) return;
    heap_flush(heap);
    message_give_all(heap);
    for (unsigned c = 1; c < CLASS_COUNT; c++)
        if (heap == to)
            atomic_u8_store(&remote_state.offered[c], heap_partial(heap, c) != NULL);
        else if (to != NULL)
            offer_pools(work, heap, to, c);
}

static void hold_heap(struct work *work, struct heap *heap) {
    ASSERT(heap_state(heap) == HEAP_BUSY);
    do {
        take_in_items(work, heap, inbox_take(heap), ~0u);
        if (!heap->warm) cool(work, heap);
    } while (!inbox_park(heap));
}

/* True if there were messages. */
static bool sweep_once(struct work *work, struct heap *sweeper, struct heap *heap) {
    bool messages = false;
    work->items = inbox_take_others(heap);
    work->weight_left = 0;
    while (work->items != 0) {
        uint64_t item = work->items;
        work->items = inbox_next(item);
        if (item & INBOX_POOL) {
            pending_settle(work, inbox_pool(item));
            continue;
        }
        messages = true;
        deposit_message(work, inbox_message(item));
        message_give(sweeper, inbox_message(item));
    }
    return messages;
}

/* The first block of a pool puts it into the inbox; all others have come when it is looked at once
   more. */
static void sweep_heap(struct work *work, struct heap *sweeper, struct heap *heap) {
    ASSERT(sweeper != heap);
    work->sweeps = true;
    if (sweep_once(work, sweeper, heap)) sweep_once(work, sweeper, heap);
    work->sweeps = false;
    atomic_u32_store(&heap->weight_left, work->weight_left);
}

/* There is no recursion: to take in for one heap may make the thread hold another. */
static void finish_work(struct work *work, struct heap *own) {
    while (work != NULL && (work->held != NULL || work->late != NULL)) {
        struct heap *heap = work->late;
        work->late = NULL;
        if (heap != NULL) sweep_heap(work, own, heap);
        heap = work->held;
        if (heap == NULL) continue;
        work->held = heap->next_held;
        hold_heap(work, heap);
    }
    pending_end(work);
}

static void drain(struct work *work, struct heap *heap, unsigned limit) {
    take_in_items(work, heap, inbox_take_own(heap), limit);
    uint64_t rest = work->items;
    work->items = 0;
    if (rest != 0) inbox_put_back(heap, rest);
}

void remote_drain(struct heap *heap, unsigned limit) {
    ASSERT(heap_is_mine(heap));
    struct work *work = pending_begin();
    if (work != NULL) drain(work, heap, limit);
    finish_work(work, heap);
}

void remote_park(struct heap *heap) {
    struct work *work = pending_begin();
    if (work == NULL) return;
    pending_hold(work, heap);
    finish_work(work, NULL);
}

bool remote_borrow(struct heap *heap, unsigned class_index) {
    ASSERT(class_index > 0 && class_index < CLASS_COUNT);
    struct heap *from = remote_commons();
    if (from == NULL || !atomic_u8_load(&remote_state.offered[class_index])) return false;
    struct work *work = pending_begin();
    bool held = work != NULL && inbox_claim(from, HEAP_BUSY);
    struct pool *pool = NULL;
    if (held) {
        pending_hold(work, from);
        pool = heap_partial(from, class_index);
        if (pool != NULL && !token_try(pool)) pool = NULL;
    }
    if (pool != NULL) {
        heap_hand_over(from, pool, heap);
        heap_receive(heap, pool);
        pending_settle(work, pool);
    }
    finish_work(work, heap);
    return pool != NULL;
}

/* ---- Sending ---- */

/* What was sent last stays if nobody calls any more, and of a pool whose blocks are freed at random
   the last block alone sets it free: so a small part of what is in use is much already
   (bench/curves/kept, waiting), if it is no less than a message for each inbox to look into. */
bool remote_has_sent_much(const struct heap *heap) {
    enum { SENT_SHARE = 16 };
    if (likely(heap->sent_bytes < MIB)) return false;
    size_t share = purge_in_use() / SENT_SHARE * POOL_SIZE;
    return heap->sent_bytes >= size_max(share, atomic_u64_load(&heaps_in_use) * BUDGET);
}

void remote_sweep(struct heap *sweeper, struct heap *heap) {
    if (inbox_is_empty(heap)) return;
    struct work *work = pending_begin();
    if (work != NULL) sweep_heap(work, sweeper, heap);
    finish_work(work, sweeper);
}

/* What the owner frees as well is found out at its next free, before it is handed out again. */
static void send(struct work *work, struct heap *heap, struct heap *to, struct message *message) {
    ASSERT(to != heap);
    enum inbox_answer answer = work != NULL ? inbox_post_message(to, message) : INBOX_REFUSED;
    if (answer == INBOX_REFUSED) {
        if (heap_state(to) == HEAP_ORPHAN) atomic_u32_add(&remote_state.orphan_messages, 1);
        deposit_message(work, message);
        message_give(heap, message);
        return;
    }
    atomic_u32_store(&to->frees_to_poll, 1);
    if (answer == INBOX_HELD) pending_hold(work, to);
    if (answer == INBOX_LATE) work->late = to;
}

static void batch_post(struct work *work, struct heap *heap, struct batch *batch) {
    struct heap *to = batch->to;
    if (to == NULL) return;
    remote_batch_close_word(batch, atomic_u64_load(&batch->message->count));
    heap->sent_bytes += BUDGET - batch->bytes;
    batch->to = NULL;
    atomic_in_sequence();
    send(work, heap, to, batch->message);
}

void remote_post(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
    struct work *work = pending_begin();
    for (unsigned i = 0; i < HEAP_BATCHES; i++) batch_post(work, heap, &heap->batches[i]);
    finish_work(work, heap);
}

/* The message of another owner gives way: with a few entries it becomes empty here. */
static struct message *batch_empty(struct heap *heap, struct batch *batch) {
    if (batch->to == NULL) return message_take(heap);
    struct work *work = pending_begin();
    struct message *message = NULL;
    remote_batch_close_word(batch, atomic_u64_load(&batch->message->count));
    if (atomic_u64_load(&batch->message->count) > FEW_ENTRIES) {
        batch_post(work, heap, batch);
        message = message_take(heap);
    } else {
        heap->sent_bytes += BUDGET - batch->bytes;
        batch->to = NULL;
        batch->singles = SINGLES;
        atomic_in_sequence();
        message = batch->message;
        deposit_message(work, message);
        atomic_u64_store(&message->count, 0);
    }
    finish_work(work, heap);
    return message;
}

static bool batch_open(struct heap *heap, struct batch *batch, struct heap *to) {
    ASSERT(to != heap);
    ASSERT(heap_is_mine(heap));
    batch->message = batch_empty(heap, batch);
    if (batch->message == NULL) return false;
    /* Each block comes here to be filled or treated. */
    batch->bytes = options.perturb == 0 && treat_measures == 0 ? BUDGET : 0;
    batch->first = batch->bits = 0;
    atomic_in_sequence();
    batch->to = to;
    return true;
}

static void deposit_now(struct heap *heap, struct heap *to, uintptr_t address, size_t usable) {
    struct work *work = pending_begin();
    if (heap != NULL) heap->sent_bytes += usable;
    if (heap_state(to) == HEAP_ORPHAN) atomic_u32_add(&remote_state.orphan_messages, 1);
    pending_deposit(work, address);
    finish_work(work, heap);
}

static void post_now(struct heap *heap, struct batch *batch) {
    struct work *work = pending_begin();
    batch_post(work, heap, batch);
    finish_work(work, heap);
}

void remote_watch(struct heap *heap, bool (*free)(uintptr_t address)) {
    if (heap != NULL) remote_state.free_watched = free;
    atomic_u64_store_release(&remote_state.watched,
                             (uintptr_t)heap); /* partner: remote_free_slow */
}

bool remote_free_slow(struct heap *heap, struct heap *to, uintptr_t address, size_t usable) {
    ASSERT(to != heap && usable > 0);
    if (unlikely(options.perturb != 0)) memset((void *)address, (int)options.perturb, usable);
    if (unlikely(treat_measures != 0)) pending_treat(&window_record_at(address)->pool, address);
    /* Partner: remote_watch. */
    if (unlikely((uintptr_t)to == atomic_u64_load_acquire(&remote_state.watched))) {
        if (!remote_state.free_watched(address)) deposit_now(heap, to, address, usable);
        return true;
    }
    bool at_once = heap == NULL || treat_does(TREAT_EXACT);
    struct batch *batch = at_once ? NULL : remote_batch(heap, to);
    if (batch != NULL && batch->to != to && batch->singles > 0) {
        batch->singles--;
        deposit_now(heap, to, address, usable);
        return remote_has_sent_much(heap);
    }
    if (batch == NULL || (batch->to != to && !batch_open(heap, batch, to))) {
        deposit_now(heap, to, address, usable);
        return true;
    }
    const struct atomic_u64 *count = &batch->message->count;
    if (!remote_batch_add_to_word(batch, address))
        remote_batch_add(batch, atomic_u64_load(count), address, usable);
    batch->bytes -= size_min(batch->bytes, usable);
    if (batch->bytes > 0 && atomic_u64_load(count) + BATCH_ROOM <= MESSAGE_ENTRIES)
        return remote_has_sent_much(heap);
    post_now(heap, batch);
    return true;
}
