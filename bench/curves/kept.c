/* SPDX-License-Identifier: MIT */
/*
 * kept KIND CALLS - what stays of a peak of 200 MiB: blocks are built and freed, all but one in
 * fifty at random, then come 5 s with CALLS calls of malloc and of free a second, then
 * malloc_trim(0).
 *
 *   small      16 to 512 bytes
 *   medium     1,000 to 16,000
 *   pages      20,000 to 1,000,000
 *   mappings   40 MiB, and none stays
 *   ended      16 to 1,024 bytes of 100 threads, which end before others free their blocks
 *   waiting    the same, and they wait
 *   resting    16 bytes to 64 KiB, which 100 threads use and free one after the other, and wait
 *
 * Prints KIND CALLS and in KIB, without what there was before the first block: the pages that hold
 * a live block, then resident and system at the peak, at once after the last free, after 5 s, and
 * after malloc_trim.
 */
#include "../memory.h"
#include <malloc.h>
#include <semaphore.h>

#define PEAK_BYTES (200u << 20)
#define KEEP_ONE_IN 50
#define BLOCKS_MOST 900000
#define THREADS 100
#define WAIT_SECONDS 5
#define PAGES_MOST (1u << 18) /* a power of two */

enum threads { NONE, THAT_END, THAT_WAIT };

static const struct kind {
    const char *name;
    size_t low, high;
    enum threads threads;
    int owner_frees, none_stays;
} kinds[] = {
    {"small", 16, 512, NONE, 0, 0},          {"medium", 1000, 16000, NONE, 0, 0},
    {"pages", 20000, 1000000, NONE, 0, 0},   {"mappings", 40 << 20, 40 << 20, NONE, 0, 1},
    {"ended", 16, 1024, THAT_END, 0, 0},     {"waiting", 16, 1024, THAT_WAIT, 0, 0},
    {"resting", 16, 65536, THAT_WAIT, 1, 1},
};

static const struct kind *kind;
static void *blocks[BLOCKS_MOST];
static size_t count;
static struct memory start, peak;

static const struct kind *kind_named(const char *name) {
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0) return &kinds[i];
    die("the first argument is no kind of blocks");
    return NULL;
}

/* ---- The peak ---- */

static void build(struct rng *rng, size_t bytes) {
    while (bytes > 0) {
        size_t size = rng_between(rng, kind->low, kind->high);
        if (count == BLOCKS_MOST) die("more blocks than the table has room for");
        blocks[count++] = block_new(size);
        bytes -= size < bytes ? size : bytes;
    }
}

/* One worker uses little at a time, so that what all hold is what there is at the end. */
static void use(struct rng *rng) {
    void *few[200] = {NULL};
    for (size_t i = 0; i < 50 * COUNT_OF(few); i++)
        block_replace(&few[rng_below(rng, COUNT_OF(few))], rng_doubling(rng, 16, 12));
    blocks_drop(few, COUNT_OF(few));
}

static sem_t done;
static pthread_mutex_t work_again = PTHREAD_MUTEX_INITIALIZER;

static void *work(void *argument) {
    struct rng rng = rng_seeded((size_t)argument + 90);
    if (kind->owner_frees)
        use(&rng);
    else
        build(&rng, PEAK_BYTES / THREADS);
    sem_post(&done);
    if (kind->threads == THAT_END) return NULL;
    pthread_mutex_lock(&work_again); /* for good */
    return NULL;
}

static void build_by_threads(void) {
    sem_init(&done, 0, 0);
    pthread_mutex_lock(&work_again);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_t thread = thread_start(work, (void *)i);
        sem_wait(&done);
        if (kind->threads == THAT_END) pthread_join(thread, NULL);
    }
}

static void have_peak(struct rng *rng) {
    if (kind->threads == NONE)
        build(rng, PEAK_BYTES);
    else
        build_by_threads();
    peak = memory_since(start);
}

/* ---- What stays ---- */

/* KiB of pages that hold a byte of a block. */
static long needed(void *const *live, size_t live_count) {
    static uintptr_t pages[PAGES_MOST];
    long found = 0;
    for (size_t i = 0; i < live_count; i++) {
        uintptr_t first = (uintptr_t)live[i] >> 12;
        uintptr_t last = ((uintptr_t)live[i] + block_verify(live[i]) - 1) >> 12;
        for (uintptr_t page = first; page <= last; page++) {
            size_t at = page * 0x9e3779b97f4a7c15u >> 32 & (PAGES_MOST - 1);
            while (pages[at] != 0 && pages[at] != page) at = (at + 1) % PAGES_MOST;
            found += pages[at] == 0;
            pages[at] = page;
        }
    }
    return found * 4;
}

static void wait_with(size_t calls) {
    static const long second_ns = 1000000000;
    if (calls == 0) {
        nanosleep(&(struct timespec){WAIT_SECONDS, 0}, NULL);
        return;
    }
    for (size_t i = 0; i < WAIT_SECONDS * calls; i++) {
        free(opaque(malloc(100)));
        nanosleep(&(struct timespec){0, second_ns / (long)calls}, NULL);
    }
}

static void print(struct memory memory) { printf(" %ld %ld", memory.resident, memory.system); }

int main(int argc, char **argv) {
    kind = kind_named(argc > 1 ? argv[1] : "");
    size_t calls = argc > 2 && strcmp(argv[2], "0") == 0 ? 0 : size_argument(argc, argv, 2, 0);
    struct rng rng = rng_seeded(91);
    memset(blocks, 1, sizeof blocks); /* The table is in memory before and after, the same. */
    start = memory_now();
    have_peak(&rng);
    blocks_shuffle(&rng, blocks, count);
    size_t live = kind->none_stays ? 0 : count / KEEP_ONE_IN;
    blocks_drop(blocks + live, count - live);
    struct memory at_once = memory_since(start);
    wait_with(calls);
    struct memory later = memory_since(start);
    malloc_trim(0);
    struct memory trimmed = memory_since(start);
    printf("%s %zu %ld", kind->name, calls, needed(blocks, live));
    print(peak), print(at_once), print(later), print(trimmed);
    printf("\n");
    fflush(stdout);
    _exit(0); /* threads wait for good */
}
