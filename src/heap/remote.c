/* SPDX-License-Identifier: MIT */
#include "heap/remote.h"

#include "base/check.h"
#include "heap/space_lock.h"
#include "os/options.h"

/* 16 KiB on their way to one heap, or a full message. */
static const size_t BUDGET = 16 * KIB;

/* ---- Sending ---- */

static struct atomic_u32 orphan_messages;

unsigned remote_orphan_messages(void) { return atomic_u32_load(&orphan_messages); }

/* Others may not use a heap whose thread has ended, unless they hold it BUSY. Whoever sends looks
   at the state after the message is in the inbox, and whoever parks looks into the inbox after the
   state is PARKED: one of them sees the other. */
void remote_help(struct heap *heap) {
    while (atomic_u64_load_ordered(&heap->inbox) != 0 ||
           atomic_u64_load_ordered(&heap->pending) != 0) {
        uint32_t parked = HEAP_PARKED;
        if (!atomic_u32_replace(&heap->state, &parked, HEAP_BUSY)) return;
        remote_drain(heap, ~0u);
        if (!heap->warm) heap_release(heap);
        remote_post(heap); /* blocks whose pools had changed hands */
        atomic_u32_store_ordered(&heap->state, HEAP_PARKED);
    }
}

static void look_after(struct heap *to) {
    uint32_t state = atomic_u32_load_ordered(&to->state); /* partner: remote_help, park */
    if (likely(state == HEAP_IN_USE)) return;
    if (state == HEAP_ORPHAN) atomic_u32_add(&orphan_messages, 1);
    if (state == HEAP_PARKED && !space_is_out_of_reach()) remote_help(to);
}

/* The owner takes it in at its next free: a block that it frees as well is then found out before it
   is handed out again. */
static void notify(struct heap *to) {
    atomic_u32_store(&to->frees_to_poll, 1);
    look_after(to);
}

static void batch_post(struct batch *batch) {
    struct heap *to = batch->to;
    batch->to = NULL;
    atomic_in_sequence();
    if (to == NULL) return;
    uint64_t head = atomic_u64_load(&to->inbox);
    do batch->message->next = (struct message *)head;
    while (!atomic_u64_replace_ordered(
        &to->inbox, &head, (uintptr_t)batch->message)); /* partner: remote_drain's exchange */
    notify(to);
}

void remote_post(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
    for (unsigned i = 0; i < HEAP_BATCHES; i++) batch_post(&heap->batches[i]);
}

static bool batch_open(struct heap *heap, struct batch *batch, struct heap *to) {
    ASSERT(heap_is_mine(heap));
    batch_post(batch);
    batch->message = message_take(heap);
    if (batch->message == NULL) return false;
    batch->bytes =
        options.perturb == 0 ? BUDGET : 0; /* so that each block comes here to be filled */
    atomic_in_sequence();
    batch->to = to;
    return true;
}

bool remote_free_slow(struct heap *heap, struct heap *to, uintptr_t address, size_t usable) {
    if (unlikely(options.perturb != 0)) memset((void *)address, (int)options.perturb, usable);
    struct batch *batch = heap != NULL ? remote_batch(heap, to) : NULL;
    if (batch == NULL || (batch->to != to && !batch_open(heap, batch, to))) {
        if (!pending_mark(to, address)) block_fail("free", BLOCK_FREED, address);
        notify(to);
        return true;
    }
    message_add(batch->message, address);
    batch->bytes -= size_min(batch->bytes, usable);
    if (atomic_u64_load(&batch->message->count) < MESSAGE_BLOCKS && batch->bytes > 0) return false;
    batch_post(batch);
    return true;
}

/* ---- Receiving ---- */

/* What is no live block any more was freed twice, whatever lies there now. */
static NOINLINE void take_in_other(struct heap *heap, uintptr_t address) {
    struct block block;
    enum block_fault fault = block_find(address, &block);
    if (fault != BLOCK_LIVE || block.kind != TAG_HEAP) block_fail("free", BLOCK_FREED, address);
    remote_free(heap, block.heap, address,
                block.usable); /* its pool changed hands: heap_move_pool */
}

static inline void take_in(struct heap *heap, uintptr_t address) {
    if (unlikely(!heap_free(heap, address))) take_in_other(heap, address);
}

/* Takes in the first of some blocks, and those next to it that have their live bits in the same
   word: programs often free blocks in the order in which they got them. Returns their number. */
static unsigned take_neighbours(struct heap *heap, const uintptr_t *blocks, unsigned most) {
    uintptr_t base = align_down(blocks[0], WORD_SPAN);
    uint64_t bits = 0;
    unsigned count = 0;
    for (; count < most; count++) {
        uint64_t place = rotate_right(blocks[count] ^ base, ALIGN_SHIFT);
        if (place >= 64 || (bits >> place & 1)) break; /* another word; misaligned; a double free */
        bits |= (uint64_t)1 << place;
    }
    if (count > 1 && heap_free_word(heap, base, bits)) return count;
    take_in(heap, blocks[0]);
    return 1;
}

static unsigned take_message(struct heap *heap, struct message *message) {
    unsigned count = (unsigned)atomic_u64_load(&message->count);
    heap->drained = message->next;
    for (unsigned i = 0; i < count;) i += take_neighbours(heap, message->blocks + i, count - i);
    message_give(heap, message);
    return count;
}

void remote_drain(struct heap *heap, unsigned limit) {
    ASSERT(heap_is_mine(heap));
    unsigned taken = pending_take(heap);
    while (taken < limit) {
        if (heap->drained == NULL) {
            if (atomic_u64_load(&heap->inbox) == 0) return;
            heap->drained =
                (struct message *)atomic_u64_exchange(&heap->inbox, 0); /* partner: batch_post */
        }
        taken += take_message(heap, heap->drained);
    }
}
