/* SPDX-License-Identifier: MIT */
/*
 * Twelve phases, each with sizes of its own from 16 to 2,048 bytes and 24 MiB of blocks; at its end
 * 95 % of its blocks are freed at random. Imitates programs that load, then compute, then serve. An
 * allocator that cannot use one size's memory for the next grows with every phase. Prints the most
 * bytes that were live at a time.
 */
#include "../harness.h"

#define PHASE_BYTES (24 << 20)
#define BLOCKS_MAX (PHASE_BYTES / 16)

static const size_t sizes[] = {16, 512, 48, 1024, 128, 24, 256, 64, 384, 32, 768, 96};
static void *blocks[BLOCKS_MAX];
static void *survivors[COUNT_OF(sizes) * BLOCKS_MAX / 16];
static size_t survivor_count, survivor_bytes, most_bytes; /* most: live at one time */

static void run_phase(struct rng *rng, size_t size) {
    size_t count = 0, bytes = 0;
    for (; bytes < PHASE_BYTES && count < BLOCKS_MAX; count++) {
        size_t this_size = rng_between(rng, size, 2 * size);
        blocks[count] = block_new(this_size);
        bytes += this_size;
    }
    if (survivor_bytes + bytes > most_bytes) most_bytes = survivor_bytes + bytes;
    blocks_shuffle(rng, blocks, count);
    size_t kept = count / 20;
    for (size_t i = count - kept; i < count; i++) survivor_bytes += block_verify(blocks[i]);
    memcpy(&survivors[survivor_count], &blocks[count - kept], kept * sizeof *blocks);
    survivor_count += kept;
    blocks_drop(blocks, count - kept);
}

int main(int argc, char **argv) {
    size_t rounds = size_argument(argc, argv, 1, 1);
    struct rng rng = rng_seeded(13);
    while (rounds-- > 0) {
        for (size_t i = 0; i < COUNT_OF(sizes); i++) run_phase(&rng, sizes[i]);
        blocks_drop(survivors, survivor_count);
        survivor_count = survivor_bytes = 0;
    }
    printf("at most %zu bytes live\n", most_bytes);
    return 0;
}
