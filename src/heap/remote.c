/* SPDX-License-Identifier: MIT */
#include "heap/remote.h"

#include "base/check.h"
#include "os/options.h"
#include "os/os.h"

/* 16 KiB on their way to one heap, or a full message. */
static const size_t BUDGET = 16 * KIB;

/* What inboxes are lists of: 0 for the end, the address of a message, or that of a single block
   with bit 0 set. */
typedef uintptr_t inbox_item;

static uint64_t secret;

void remote_init(void) { secret = os_secret() | 1; }

static bool is_single(inbox_item item) { return item & 1; }
static uintptr_t block_of(inbox_item item) { return item & ~(uintptr_t)1; }
static struct message *message_of(inbox_item item) { return (struct message *)item; }

/* Differs from block to block, so that a link copied elsewhere does not pass. */
static uint64_t *link_in(uintptr_t block) { return (uint64_t *)block; }
static uint64_t mask_of(uintptr_t block) { return block * secret; }

static void set_next(inbox_item item, uint64_t next) {
    if (is_single(item))
        *link_in(block_of(item)) = next ^ mask_of(block_of(item));
    else
        message_of(item)->next = next;
}

/* ---- Sending ---- */

/* Others may not use a heap whose thread has ended, unless they hold it BUSY. */
static void help_parked(struct heap *heap) {
    uint32_t parked = HEAP_PARKED;
    if (!atomic_u32_replace(&heap->state, &parked, HEAP_BUSY)) return;
    remote_drain(heap, ~0u);
    if (!heap->warm) heap_release(heap);
    remote_post(heap); /* blocks whose pools had changed hands */
    atomic_u32_store_release(&heap->state, HEAP_PARKED);
}

static void send(struct heap *to, inbox_item item) {
    uint64_t head = atomic_u64_load(&to->inbox);
    do set_next(item, head);
    while (!atomic_u64_replace(&to->inbox, &head, item)); /* partner: remote_drain's exchange */
    /* The owner takes them in at its next free: a block that it frees as well is then found out
       before it is handed out again. */
    atomic_u32_store(&to->frees_to_poll, 1);
    if (unlikely(atomic_u32_load(&to->state) == HEAP_PARKED)) help_parked(to);
}

static void batch_post(struct batch *batch) {
    struct heap *to = batch->to;
    batch->to = NULL;
    if (to != NULL) send(to, (uintptr_t)batch->message);
}

void remote_post(struct heap *heap) {
    for (unsigned i = 0; i < HEAP_BATCHES; i++) batch_post(&heap->batches[i]);
}

static bool batch_open(struct heap *heap, struct batch *batch, struct heap *to) {
    batch_post(batch);
    batch->message = message_take(heap);
    if (batch->message == NULL) return false;
    batch->bytes =
        options.perturb == 0 ? BUDGET : 0; /* so that each block comes here to be filled */
    batch->to = to;
    return true;
}

bool remote_free_slow(struct heap *heap, struct heap *to, uintptr_t address, size_t usable) {
    if (unlikely(options.perturb != 0)) memset((void *)address, (int)options.perturb, usable);
    struct batch *batch = heap != NULL ? remote_batch(heap, to) : NULL;
    if (batch == NULL || (batch->to != to && !batch_open(heap, batch, to))) {
        send(to, address | 1);
        return true;
    }
    struct message *message = batch->message;
    message->blocks[message->count++] = address;
    batch->bytes -= size_min(batch->bytes, usable);
    if (message->count < MESSAGE_BLOCKS && batch->bytes > 0) return false;
    batch_post(batch);
    return true;
}

/* ---- Receiving ---- */

static COLD void fail_overwritten(uintptr_t at) {
    fail_at("write after free at ", at,
            "what another thread freed was overwritten before its owner took it back");
}

static NOINLINE void take_in_other(struct heap *heap, uintptr_t address, uintptr_t source) {
    struct block block;
    enum block_fault fault = block_find(address, &block);
    if (fault == BLOCK_FREED) block_fail("free", BLOCK_FREED, address);
    if (fault != BLOCK_LIVE || block.kind != TAG_HEAP) fail_overwritten(source);
    remote_free(heap, block.heap, address,
                block.usable); /* its pool changed hands: heap_move_pool */
}

/* `source` is where the address was read. */
static inline void take_in(struct heap *heap, uintptr_t address, uintptr_t source) {
    if (unlikely(!heap_free(heap, address))) take_in_other(heap, address, source);
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
    take_in(heap, blocks[0], blocks[0]);
    return 1;
}

static unsigned take_message(struct heap *heap, struct message *message) {
    unsigned count = (unsigned)message->count;
    heap->drained = message->next;
    for (unsigned i = 0; i < count;) i += take_neighbours(heap, message->blocks + i, count - i);
    message_give(heap, message);
    return count;
}

/* What a link through a block may lead to. */
static bool is_item(inbox_item item) {
    struct block block;
    if (item == 0) return true;
    return is_single(item) ? block_find(block_of(item), &block) <= BLOCK_FREED
                           : message_is_at(item);
}

static unsigned take_single(struct heap *heap, uintptr_t address) {
    struct block block;
    enum block_fault fault = block_find(address, &block);
    if (fault == BLOCK_FREED) block_fail("free", fault, address);
    if (fault != BLOCK_LIVE) fail_overwritten(address);
    inbox_item next = *link_in(address) ^ mask_of(address);
    if (!is_item(next)) fail_overwritten(address);
    heap->drained = next;
    take_in(heap, address, address);
    return 1;
}

void remote_drain(struct heap *heap, unsigned limit) {
    for (unsigned taken = 0; taken < limit;) {
        if (heap->drained == 0) {
            if (atomic_u64_load(&heap->inbox) == 0) return;
            heap->drained = atomic_u64_exchange(&heap->inbox, 0); /* partner: send */
        }
        inbox_item item = heap->drained;
        taken += is_single(item) ? take_single(heap, block_of(item))
                                 : take_message(heap, message_of(item));
    }
}
