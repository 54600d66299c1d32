/* SPDX-License-Identifier: MIT */
/*
 * Four threads serve requests. A request makes 20 to 150 blocks, most of them small, one in fifty
 * up to 32 KiB, and frees them roughly last first; one block of each goes to the session table and
 * lives until its place is needed. The argument is the number of requests in all.
 */
#include "../harness.h"

#define THREADS 4

static size_t requests;

static size_t request_size(struct rng *rng) {
    return rng_below(rng, 50) == 0 ? rng_doubling(rng, 1024, 5) : rng_doubling(rng, 16, 5);
}

static void serve(struct rng *rng, void **session) {
    void *blocks[150];
    size_t count = rng_between(rng, 20, COUNT_OF(blocks));
    for (size_t i = 0; i < count; i++) blocks[i] = block_new(request_size(rng));
    block_drop(*session);
    *session = blocks[--count];
    while (count > 0) {
        /* One of the last four goes, and the last takes its place. */
        size_t i = count - 1 - rng_below(rng, count < 4 ? count : 4);
        block_drop(blocks[i]);
        blocks[i] = blocks[--count];
    }
}

static void *run(void *argument) {
    struct rng rng = rng_seeded((size_t)argument + 20);
    void *sessions[500] = {NULL};
    for (size_t i = 0; i < requests / THREADS; i++)
        serve(&rng, &sessions[rng_below(&rng, COUNT_OF(sessions))]);
    blocks_drop(sessions, COUNT_OF(sessions));
    return NULL;
}

int main(int argc, char **argv) {
    requests = size_argument(argc, argv, 1, 300000);
    threads_run(THREADS, run);
    return 0;
}
