/* SPDX-License-Identifier: MIT */
#include "heap/remote.h"

#include "base/check.h"
#include "os/os.h"

/* 16 KiB on their way per thread: about one exchange for 64 to 256 small blocks. */
static const size_t BUDGET = 16 * KIB;

static uint64_t secret;

void remote_init(void) { secret = os_secret() | 1; }

/* ---- Links between freed blocks ---- */

static uint64_t *words_of(uintptr_t block) { return (uint64_t *)block; }

/* Both differ from block to block, so that a link or key copied elsewhere does not pass. */
static uint64_t encode(uintptr_t block, uintptr_t next) { return next ^ (block * secret); }
static uint64_t key_of(uintptr_t block) { return ~(block * secret); }

static uintptr_t next_of(uintptr_t block) { return words_of(block)[0] ^ (block * secret); }

static void set_next(uintptr_t block, uintptr_t next) { words_of(block)[0] = encode(block, next); }

static bool has_key(const struct block *block) { return block->usable >= 2 * sizeof(uint64_t); }

/* ---- Double frees on the way ---- */

/* A block that was put on a list twice makes the list a circle: `slow` then meets `at`. */
static bool list_holds(uintptr_t list, uintptr_t wanted, uintptr_t *last) {
    bool found = false, odd = false;
    struct block block;
    for (uintptr_t at = list, slow = list; at != 0; at = next_of(at), odd = !odd) {
        if (block_find(at, &block) != BLOCK_LIVE) break; /* the drain will say what is wrong */
        if (*last != 0 && at == slow) return true;
        if (odd) slow = next_of(slow);
        found |= at == wanted;
        *last = at;
    }
    return found;
}

static void inbox_add(struct heap *to, uintptr_t first, uintptr_t last) {
    uint64_t head = atomic_u64_load(&to->inbox);
    do set_next(last, head);
    while (!atomic_u64_replace(&to->inbox, &head, first)); /* partner: remote_drain's exchange */
    /* The owner takes them in at its next free: a block that it frees as well is then found out
       before it is handed out again. */
    atomic_u32_store(&to->frees_to_poll, 1);
}

/* The block looks as if it was on its way already; the program's own data may look so too. */
static void check_not_on_its_way(struct heap *heap, const struct block *block) {
    bool found = false;
    for (unsigned i = 0; heap != NULL && i < HEAP_BATCHES; i++) {
        uintptr_t last = 0;
        found |= list_holds(heap->batches[i].first, block->address, &last);
    }
    uintptr_t last = 0;
    uintptr_t inbox = atomic_u64_exchange(&block->heap->inbox, 0);
    found |= list_holds(inbox, block->address, &last);
    if (found) block_fail("free", BLOCK_FREED, block->address);
    if (inbox != 0) inbox_add(block->heap, inbox, last);
}

/* ---- Sending ---- */

/* Others may not use a heap whose thread has ended, unless they hold it BUSY. */
static void help_parked(struct heap *heap) {
    uint32_t parked = HEAP_PARKED;
    if (!atomic_u32_replace(&heap->state, &parked, HEAP_BUSY)) return;
    remote_drain(heap, ~0u);
    heap_release(heap);
    remote_post(heap); /* blocks whose pools had changed hands */
    atomic_u32_store_release(&heap->state, HEAP_PARKED);
}

static void post(struct heap *to, uintptr_t first, uintptr_t last) {
    inbox_add(to, first, last);
    if (atomic_u32_load(&to->state) == HEAP_PARKED) help_parked(to);
}

static void batch_post(struct heap *heap, struct batch *batch) {
    struct batch sent = *batch;
    batch->to = NULL;
    batch->first = batch->last = 0;
    heap->batched_bytes -= sent.bytes;
    batch->bytes = 0;
    if (sent.to != NULL) post(sent.to, sent.first, sent.last);
}

void remote_post(struct heap *heap) {
    for (unsigned i = 0; i < HEAP_BATCHES; i++) batch_post(heap, &heap->batches[i]);
}

/* Neighbouring heaps get different batches. */
static struct batch *batch_for(struct heap *heap, const struct heap *to) {
    struct batch *batch = &heap->batches[((uintptr_t)to / sizeof(struct heap)) % HEAP_BATCHES];
    if (batch->to != to) batch_post(heap, batch);
    return batch;
}

void remote_free(struct heap *heap, const struct block *block) {
    uintptr_t address = block->address;
    if (has_key(block)) {
        if (unlikely(words_of(address)[1] == key_of(address))) check_not_on_its_way(heap, block);
        words_of(address)[1] = key_of(address);
    }
    if (heap == NULL) {
        post(block->heap, address, address);
        return;
    }
    struct batch *batch = batch_for(heap, block->heap);
    if (batch->to == NULL) {
        batch->to = block->heap;
        batch->last = address;
    }
    set_next(address, batch->first);
    batch->first = address;
    batch->bytes += block->usable;
    heap->batched_bytes += block->usable;
    if (heap->batched_bytes > BUDGET) remote_post(heap);
}

/* ---- Receiving ---- */

/* `before` is the block whose link led here, or 0. */
static void judge(uintptr_t address, uintptr_t before, struct block *block) {
    enum block_fault fault = block_find(address, block);
    if (fault == BLOCK_FREED) block_fail("free", fault, address);
    if (fault != BLOCK_LIVE || block->kind != TAG_HEAP)
        fail_at("write after free at ", before ? before : address,
                "a block freed by another thread was overwritten before its owner took it back");
    if (has_key(block) && words_of(address)[1] != key_of(address))
        fail_at("write after free at ", address, "freed by another thread, then written or freed "
                "and allocated again");
}

void remote_drain(struct heap *heap, unsigned limit) {
    uintptr_t before = 0;
    for (; limit > 0; limit--) {
        if (heap->drained == 0) {
            if (atomic_u64_load(&heap->inbox) == 0) return;
            heap->drained = atomic_u64_exchange(&heap->inbox, 0); /* partner: inbox_add */
            before = 0;
        }
        uintptr_t address = heap->drained;
        struct block block;
        judge(address, before, &block);
        heap->drained = next_of(address);
        if (has_key(&block)) words_of(address)[1] = 0;
        before = address;
        if (block.heap == heap)
            heap_free(heap, &block);
        else
            remote_free(heap, &block); /* its pool changed hands: heap_move_pool */
    }
}
