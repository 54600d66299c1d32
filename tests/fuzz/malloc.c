/* SPDX-License-Identifier: MIT */
/*
 * The inner malloc under libFuzzer: the first byte of each input chooses options, the others are a
 * program of calls, system calls that fail, time that passes and frees by another thread. Contents,
 * zeroed memory and lengths are compared with a model; every invariant is checked at the end of
 * each input. `make fuzz`.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "expect.h"
#include "heap/emergency.h"
#include "heap/guard.h"
#include "heap/space_lock.h"
#include "heap/treat.h"
#include "malloc/contract.h"
#include "os/options.h"
#include "os/os.h"
#include "poolalloc.h"

enum { SLOTS = 64, FREED_ELSEWHERE = 16 };

static struct slot {
    unsigned char *block;
    size_t size, alignment;
    unsigned char mark;
} slots[SLOTS];

static const uint8_t *input, *input_end;
static uint64_t fuzz_now = 1000000;
static uint32_t faults; /* bit n: the next n-th system call of faults_of fails */
static uint8_t faults_of;

/* ---- Options ---- */

enum { MEASURES = TREAT_ZERO | TREAT_SEAL | TREAT_EXACT | TREAT_RANDOM };
enum { SIZED_DELETES = 16, GUARD_PAGES = 32, RANDOM_ADDRESSES = 64, GUARD_SAMPLE = 128 };

static uint8_t chosen;

/* The heap of this thread, which is made if need be, takes the measures up when it hears of a trim;
   those of others, which have ended, hand out no blocks. No block is live: of what was there before
   measures were chosen, pages that are free are what is left to be cleared. A byte has no bit left
   for the quarantine, which comes along with another. An input is to do the same again: the order
   of blocks is random by the same seed. */
static void choose(uint8_t what) {
    enum { GUARD_EVERY = 8 };
    chosen = what;
    poolalloc_trim(0);
    treat_measures = (what & MEASURES) | (what & SIZED_DELETES ? TREAT_WAIT : 0);
    options.quarantine = what & SIZED_DELETES ? QUARANTINE_LEAST : 0;
    options.guard_pages = (what & GUARD_PAGES) != 0;
    options.random_places = (what & RANDOM_ADDRESSES) != 0;
    allocate_guard(what & GUARD_SAMPLE ? GUARD_EVERY : 0, GUARD_MEMORY);
    poolalloc_trim(0);
    EXPECT(space_lock());
    treat_clear_pages();
    space_unlock();
    thread_heap->dice.state = 1;
}

/* The key is made once: there are no strangers where no block was live before. */
int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count, (void)arguments;
    treat_begin(TREAT_SEAL);
    return 0;
}

/* ---- The program ---- */

static uint8_t take_byte(void) { return input < input_end ? *input++ : 0; }

static uint64_t read_clock(void) { return fuzz_now; }

/* The mapping calls that `faults_of` has a bit for fail as `faults` says, one bit each. */
static bool refuse(enum os_call call) {
    if (!(faults_of >> call & 1)) return false;
    bool fails = faults & 1;
    faults >>= 1;
    return fails;
}

/* Every doubling up to 64 MiB, and small changes of it: the ends of classes, pages and arenas. */
static size_t take_size(void) {
    uint8_t order = take_byte() % 27, change = take_byte();
    size_t size = (size_t)1 << order;
    if (change & 1) size += change >> 1;
    if (change & 2) size -= change >> 2;
    return size > ((size_t)64 << 20) ? change : size;
}

/* One byte in each page, the first and the last: to write all of 64 MiB would only be slow. */
static void each_byte(struct slot *slot, void (*visit)(struct slot *slot, size_t place)) {
    for (size_t place = 0; place < slot->size; place += 4096) visit(slot, place);
    if (slot->size > 0) visit(slot, slot->size - 1);
}
static void write_byte(struct slot *slot, size_t place) { slot->block[place] = slot->mark; }
static void check_byte(struct slot *slot, size_t place) {
    EXPECT(slot->block[place] == slot->mark);
}
static void check_zero(struct slot *slot, size_t place) { EXPECT(slot->block[place] == 0); }

/* Where memory is short, a block may be longer: one of the emergency's, and a guarded one that was
   to shrink. */
static bool may_be_longer(const void *block) {
    size_t usable;
    return guard_has((uintptr_t)block) || emergency_find((uintptr_t)block, &usable) == BLOCK_LIVE;
}

static void fill(struct slot *slot, void *block, size_t size) {
    slot->block = block;
    slot->size = block != NULL ? size : 0;
    if (block == NULL) return;
    EXPECT((uintptr_t)block % size_max(slot->alignment, POOLALLOC_ALIGN) == 0);
    EXPECT(poolalloc_usable_size(block) >= size);
    if (treat_does(TREAT_SEAL) && !may_be_longer(block))
        EXPECT(poolalloc_usable_size(block) == size);
    each_byte(slot, write_byte);
}

static void drop(struct slot *slot) {
    if (slot->block == NULL) return;
    each_byte(slot, check_byte);
    if (chosen & SIZED_DELETES) contract_check_delete(slot->block, slot->alignment, slot->size);
    poolalloc_free(slot->block);
    slot->block = NULL;
    slot->size = 0;
    slot->alignment = 1;
}

static void *free_blocks(void *blocks) {
    for (void **block = blocks; *block != NULL; block++) poolalloc_free(*block);
    return NULL;
}

/* Another thread frees the blocks of some slots. */
static void drop_elsewhere(unsigned first) {
    void *blocks[FREED_ELSEWHERE + 1] = {NULL};
    unsigned count = 0;
    pthread_t thread;
    for (unsigned i = 0; i < FREED_ELSEWHERE; i++) {
        struct slot *slot = &slots[(first + i) % SLOTS];
        if (slot->block == NULL) continue;
        each_byte(slot, check_byte);
        blocks[count++] = slot->block;
        slot->block = NULL;
        slot->size = 0;
    }
    EXPECT(pthread_create(&thread, NULL, free_blocks, blocks) == 0);
    pthread_join(thread, NULL);
}

static void step(uint8_t what, struct slot *slot) {
    size_t size;
    slot->alignment = slot->block != NULL ? slot->alignment : 1;
    slot->mark = (unsigned char)(slot->block != NULL ? slot->mark : take_byte() | 1);
    switch (what % 12) {
    case 0:
    case 1:
    case 2:
        drop(slot);
        size = take_size();
        fill(slot, poolalloc_malloc(size), size);
        break;
    case 3:
        drop(slot);
        size = take_size();
        slot->block = poolalloc_calloc(1, size);
        slot->size = slot->block != NULL ? size : 0;
        each_byte(slot, check_zero);
        fill(slot, slot->block, size);
        break;
    case 4:
        drop(slot);
        size = take_size();
        slot->alignment = (size_t)1 << take_byte() % 22;
        fill(slot, poolalloc_aligned_alloc(slot->alignment, size), size);
        break;
    case 5:
    case 6: {
        size = take_size();
        if (slot->block == NULL || size == 0) break;
        void *moved = poolalloc_realloc(slot->block, size);
        if (moved == NULL) break; /* the old block is as it was */
        size_t kept = size < slot->size ? size : slot->size;
        slot->alignment = slot->block == moved ? slot->alignment : 1;
        slot->block = moved;
        for (size_t place = 0; place < kept; place += 4096) check_byte(slot, place);
        fill(slot, moved, size);
        break;
    }
    case 7:
    case 8:
        drop(slot);
        break;
    case 9:
        drop_elsewhere((unsigned)(slot - slots));
        break;
    case 10:
        fuzz_now += (uint64_t)take_byte() << take_byte() % 8;
        break;
    default:
        faults_of = take_byte();
        faults = take_byte() * 0x01010101u;
        if (faults_of % 8 == 0) poolalloc_trim(0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input = data;
    input_end = data + size;
    os_fault_for_test = refuse;
    os_clock_for_test = read_clock;
    choose(take_byte());
    while (input < input_end) {
        uint8_t what = take_byte();
        step(what, &slots[take_byte() % SLOTS]);
    }
    faults_of = 0;
    poolalloc_check();
    for (unsigned i = 0; i < SLOTS; i++) drop(&slots[i]);
    poolalloc_check();
    if (size % 16 == 0) poolalloc_trim(0);
    return 0;
}
