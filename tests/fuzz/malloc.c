/* SPDX-License-Identifier: MIT */
/*
 * The inner malloc under libFuzzer: each input is a program of calls, system calls that fail, time
 * that passes and frees by another thread. Contents, zeroed memory and lengths are compared with a
 * model; every invariant is checked at the end of each input. `make fuzz`.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "expect.h"
#include "os/os.h"
#include "poolalloc.h"

enum { SLOTS = 64, FREED_ELSEWHERE = 16 };

static struct slot {
    unsigned char *block;
    size_t size;
    unsigned char mark;
} slots[SLOTS];

static const uint8_t *input, *input_end;
static uint64_t fuzz_now = 1000000;
static uint32_t faults; /* bit n: the next n-th system call of faults_of fails */
static uint8_t faults_of;

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

static void fill(struct slot *slot, void *block, size_t size) {
    slot->block = block;
    slot->size = block != NULL ? size : 0;
    if (block == NULL) return;
    EXPECT((uintptr_t)block % POOLALLOC_ALIGN == 0);
    EXPECT(poolalloc_usable_size(block) >= size);
    each_byte(slot, write_byte);
}

static void drop(struct slot *slot) {
    each_byte(slot, check_byte);
    poolalloc_free(slot->block);
    slot->block = NULL;
    slot->size = 0;
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
    slot->mark = (unsigned char)(slot->block != NULL ? slot->mark : take_byte() | 1);
    switch (what % 12) {
    case 0:
    case 1:
    case 2:
        if (slot->block != NULL) drop(slot);
        size = take_size();
        fill(slot, poolalloc_malloc(size), size);
        break;
    case 3:
        if (slot->block != NULL) drop(slot);
        size = take_size();
        slot->block = poolalloc_calloc(1, size);
        slot->size = slot->block != NULL ? size : 0;
        each_byte(slot, check_zero);
        fill(slot, slot->block, size);
        break;
    case 4:
        if (slot->block != NULL) drop(slot);
        size = take_size();
        fill(slot, poolalloc_aligned_alloc((size_t)1 << take_byte() % 22, size), size);
        break;
    case 5:
    case 6: {
        size = take_size();
        if (slot->block == NULL || size == 0) break;
        void *moved = poolalloc_realloc(slot->block, size);
        if (moved == NULL) break; /* the old block is as it was */
        size_t kept = size < slot->size ? size : slot->size;
        slot->block = moved;
        for (size_t place = 0; place < kept; place += 4096) check_byte(slot, place);
        fill(slot, moved, size);
        break;
    }
    case 7:
    case 8:
        if (slot->block != NULL) drop(slot);
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
    while (input < input_end) {
        uint8_t what = take_byte();
        step(what, &slots[take_byte() % SLOTS]);
    }
    faults_of = 0;
    poolalloc_check();
    for (unsigned i = 0; i < SLOTS; i++)
        if (slots[i].block != NULL) drop(&slots[i]);
    poolalloc_check();
    if (size % 16 == 0) poolalloc_trim(0);
    return 0;
}
