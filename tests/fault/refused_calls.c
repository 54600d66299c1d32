/* SPDX-License-Identifier: MIT */
/*
 * A workload for strace -e inject: system calls of the allocator fail from outside. Requests may
 * return NULL with ENOMEM; contents, errno of free and zeroes of calloc must hold.
 */
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

#include "../support/expect.h"
#include "../support/hide.h"
#include "../support/random.h"

enum { SLOTS = 400, STEPS = 30000 };

static char *blocks[SLOTS];
static size_t sizes[SLOTS];

static void release(int slot) {
    if (blocks[slot] == NULL) return;
    EXPECT(pattern_holds(blocks[slot], sizes[slot]));
    errno = 4321;
    free(blocks[slot]);
    EXPECT(errno == 4321);
    blocks[slot] = NULL;
}

static void allocate(struct rng *random, int slot) {
    size_t size = rng_size(random, rng_below(random, 20) == 0 ? 4 << 20 : 20000);
    int zeroed = rng_below(random, 3) == 0;
    errno = 0;
    char *block = hide(zeroed ? calloc(1, size) : malloc(size));
    if (block == NULL) {
        EXPECT(errno == ENOMEM);
        return;
    }
    for (size_t i = 0; zeroed && i < size; i++) EXPECT(block[i] == 0);
    pattern_fill(block, size);
    blocks[slot] = block;
    sizes[slot] = size;
}

int main(void) {
    struct rng random = {env_number("STRESS_SEED", 12345)};
    alarm(55);
    for (int step = 0; step < STEPS; step++) {
        int slot = (int)rng_below(&random, SLOTS);
        release(slot);
        allocate(&random, slot);
        if (step % 5000 == 4999) {
            for (int i = 0; i < SLOTS; i++) release(i);
            malloc_trim(0);
        }
    }
    return 0;
}
