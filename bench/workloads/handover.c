/* SPDX-License-Identifier: MIT */
/*
 * Pairs of threads: one allocates batches of 500 blocks of 64 bytes, the other frees them. The
 * batch itself is a block of 4 KiB that travels along. Imitates pipelines; after xmalloc-test by
 * Lever and Boreham. Arguments: batches in all, pairs.
 */
#include "../harness.h"

#define BATCH 500
#define QUEUE 8

struct pair {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    void **queue[QUEUE]; /* sent and not yet received */
    size_t sent, received;
};

static struct pair pairs[THREADS_MAX / 2];
static size_t batches;

static void send_batch(struct pair *pair, void **batch) {
    pthread_mutex_lock(&pair->lock);
    while (pair->sent - pair->received == QUEUE) pthread_cond_wait(&pair->moved, &pair->lock);
    pair->queue[pair->sent++ % QUEUE] = batch;
    pthread_cond_signal(&pair->moved);
    pthread_mutex_unlock(&pair->lock);
}

static void **receive_batch(struct pair *pair) {
    pthread_mutex_lock(&pair->lock);
    while (pair->sent == pair->received) pthread_cond_wait(&pair->moved, &pair->lock);
    void **batch = pair->queue[pair->received++ % QUEUE];
    pthread_cond_signal(&pair->moved);
    pthread_mutex_unlock(&pair->lock);
    return batch;
}

static void *run(void *argument) {
    size_t index = (size_t)argument;
    struct pair *pair = &pairs[index / 2];
    for (size_t i = 0; i < batches; i++) {
        void **batch = index % 2 == 0 ? malloc(BATCH * sizeof *batch) : receive_batch(pair);
        if (batch == NULL) die("out of memory");
        for (size_t j = 0; j < BATCH; j++) {
            if (index % 2 == 0)
                batch[j] = block_new(64);
            else
                block_drop(batch[j]);
        }
        if (index % 2 == 0)
            send_batch(pair, batch);
        else
            free(batch);
    }
    return NULL;
}

int main(int argc, char **argv) {
    size_t count = size_argument(argc, argv, 2, 1);
    batches = size_argument(argc, argv, 1, 20000) / count;
    if (count > COUNT_OF(pairs)) die("more than 128 pairs");
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_init(&pairs[i].lock, NULL);
        pthread_cond_init(&pairs[i].moved, NULL);
    }
    threads_run(2 * count, run);
    return 0;
}
