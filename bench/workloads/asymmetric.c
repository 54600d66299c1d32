/* SPDX-License-Identifier: MIT */
/*
 * One thread only allocates, 16 to 512 bytes, and another only frees, block by block through a ring
 * of 4,096 places without locks. Imitates a reader that feeds a worker. Memory has to find its way
 * back to the thread it came from, or the process grows.
 */
#include "../harness.h"
#include <sched.h>
#include <stdatomic.h>

#define RING 4096

static void *ring[RING];
static _Alignas(64) atomic_size_t sent;
static _Alignas(64) atomic_size_t received;
static size_t steps;

static void *free_all(void *unused) {
    for (size_t i = 0; i < steps; i++) {
        while (atomic_load_explicit(&sent, memory_order_acquire) == i) sched_yield();
        block_drop(ring[i % RING]);
        atomic_store_explicit(&received, i + 1, memory_order_release);
    }
    return unused;
}

int main(int argc, char **argv) {
    steps = size_argument(argc, argv, 1, 6000000);
    struct rng rng = rng_seeded(22);
    pthread_t thread = thread_start(free_all, NULL);
    for (size_t i = 0; i < steps; i++) {
        void *block = block_new(rng_between(&rng, 16, 512));
        while (i - atomic_load_explicit(&received, memory_order_acquire) == RING) sched_yield();
        ring[i % RING] = block;
        atomic_store_explicit(&sent, i + 1, memory_order_release);
    }
    pthread_join(thread, NULL);
    return 0;
}
