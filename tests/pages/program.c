/* SPDX-License-Identifier: MIT */
/*
 * Blocks of every kind where the system's pages are of the size in the first argument: contents,
 * overlap, zeroes of calloc, invariants; what is free has gone after malloc_trim, and to ask for it
 * again gives zeroes where calloc promises them. The second argument is the seed.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "poolalloc.h"

#define REQUIRE(claim)                                                                             \
    do {                                                                                           \
        if (!(claim)) {                                                                            \
            printf("line %d, step %zu: not true: %s\n", __LINE__, step, #claim);                   \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

enum { BLOCKS = 400, STEPS = 40000 };

static struct block {
    unsigned char *bytes;
    size_t size;
    unsigned char mark;
} blocks[BLOCKS];

static size_t step;
static uint64_t state;

static uint64_t any(void) {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* A random size, which lies between 2^k and 2^(k+1) as often for every k, up to 1 MiB. */
static size_t any_size(void) {
    unsigned order = 3 + (unsigned)(any() % 17);
    return ((size_t)1 << order) + (size_t)(any() % ((uint64_t)1 << order));
}

static void mark(struct block *block, size_t from) {
    block->mark = (unsigned char)(any() | 1);
    block->bytes[0] = block->mark;
    for (size_t at = from; at < block->size; at += 1000) block->bytes[at] = block->mark;
    block->bytes[block->size - 1] = block->mark;
}

static void verify(const struct block *block, size_t to) {
    REQUIRE(block->bytes[0] == block->mark);
    for (size_t at = 0; at < to; at += 1000) REQUIRE(block->bytes[at] == block->mark);
}

static void drop(struct block *block) {
    if (block->bytes == NULL) return;
    verify(block, block->size);
    REQUIRE(block->bytes[block->size - 1] == block->mark);
    free(block->bytes);
    *block = (struct block){0};
}

static void make_zeroed(struct block *block) {
    block->bytes = calloc(1, block->size);
    REQUIRE(block->bytes != NULL);
    for (size_t at = 0; at < block->size; at++) REQUIRE(block->bytes[at] == 0);
}

static void make_aligned(struct block *block) {
    size_t alignment = (size_t)16 << any() % 14;
    REQUIRE(posix_memalign((void **)&block->bytes, alignment, block->size) == 0);
    REQUIRE((uintptr_t)block->bytes % alignment == 0);
}

static void resize(struct block *block) {
    size_t size = any_size(), kept = size < block->size ? size : block->size;
    block->bytes[kept - 1] = block->mark;
    block->bytes = realloc(block->bytes, size);
    REQUIRE(block->bytes != NULL);
    verify(block, kept);
    REQUIRE(block->bytes[kept - 1] == block->mark);
    block->size = size;
    mark(block, 0);
}

static void replace(struct block *block) {
    if (block->bytes != NULL && any() % 4 == 0) {
        resize(block);
        return;
    }
    drop(block);
    block->size = any_size();
    switch (any() % 3) {
    case 0:
        make_zeroed(block);
        break;
    case 1:
        make_aligned(block);
        break;
    default:
        block->bytes = malloc(block->size);
        REQUIRE(block->bytes != NULL);
    }
    mark(block, 0);
}

static struct poolalloc_stats look(void) {
    struct poolalloc_stats stats = {.size = sizeof stats};
    REQUIRE(poolalloc_get_stats(&stats) == 0 && poolalloc_check() == 0);
    return stats;
}

/* What may stay counted beside a live block: the rest of its page, and both neighbours of its size
   class, which count whole where they share a page with it. */
static size_t beside(const struct block *block, size_t page) {
    size_t neighbour = block->size <= (64 << 10) ? block->size + block->size / 4 : 0;
    return page + 2 * neighbour;
}

/* That, and what a heap keeps, is all that may stay. */
static void give_back(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), most = 16 * page + (256 << 10);
    for (size_t i = 0; i < BLOCKS; i++)
        if (i % 20 != 0) drop(&blocks[i]);
    for (size_t i = 0; i < BLOCKS; i++)
        if (blocks[i].bytes != NULL) most += beside(&blocks[i], page);
    malloc_trim(0);
    REQUIRE(look().cached <= most);
}

int main(int argc, char **argv) {
    size_t page = argc > 1 ? strtoull(argv[1], NULL, 0) : 4096;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    state = seed * 0x9e3779b97f4a7c15 | 1;
    REQUIRE((size_t)sysconf(_SC_PAGESIZE) == page);
    for (step = 1; step <= STEPS; step++) {
        replace(&blocks[any() % BLOCKS]);
        if (step % (STEPS / 8) == 0) give_back();
        if (step % 1000 == 0) look();
    }
    for (size_t i = 0; i < BLOCKS; i++) drop(&blocks[i]);
    malloc_trim(0);
    REQUIRE(look().used < 64 << 10);
    return 0;
}
