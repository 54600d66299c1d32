/* SPDX-License-Identifier: MIT */
/*
 * soak SEED SECONDS [signal] - does at random what programs do to an allocator: threads that come,
 * pass blocks on and go, forks in the middle of that, timer signals, an address space that is used
 * up for a while, trims, and with `signal` SIGUSR2 to itself. Contents are checked all the time.
 * After each epoch nothing is live, and what stays resident must not grow from epoch to epoch.
 * Under an emulator, whose memory and threads are the process's too, no fork and no limit happens.
 * Prints one line; the exit status is 1 after a line that says what was wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/elsewhere.h"
#include "../support/random.h"

enum {
    SLOTS = 300,      /* blocks that a thread has at the most */
    WORKERS = 6,      /* threads beside the first, at the most */
    PLACES = 64,      /* of the exchange */
    PAGE_STEP = 4096, /* one byte in so many is written and checked */
    EPOCHS_FIRST = 8, /* what they leave resident is the measure for all later ones */
    GROWTH_MOST_KIB = 32 * 1024,
    CHILD_SECONDS = 60,
};

struct block {
    unsigned char *start;
    size_t size;
    uint64_t mark;
};

struct worker {
    pthread_t thread;
    struct rng rng;
    unsigned long steps; /* to do */
    int leaves;          /* its blocks are for the first thread to free */
    struct block blocks[SLOTS];
};

static struct place {
    pthread_mutex_t mutex;
    struct block block;
} exchange[PLACES];

static struct {
    unsigned long operations, refused, forks, threads, signals, epochs;
} done; /* what several threads count by atomic additions */

static void fail(const char *what, const struct block *block) {
    dprintf(2, "soak: %s: block %p of %zu bytes\n", what, (void *)block->start, block->size);
    _exit(1);
}

/* ---- Contents ---- */

static unsigned char content(const struct block *block, size_t index) {
    return (unsigned char)((block->mark >> index % 8 * 8) + index / PAGE_STEP);
}

static void fill(const struct block *block) {
    for (size_t i = 0; i < block->size; i += PAGE_STEP) block->start[i] = content(block, i);
    for (size_t i = 0; i < block->size && i < 16; i++) block->start[i] = content(block, i);
    if (block->size > 0) block->start[block->size - 1] = content(block, block->size - 1);
}

/* Compares the first `size` bytes of a block with what was written. */
static void verify(const struct block *block, size_t size, const char *when) {
    for (size_t i = 0; i < size; i += PAGE_STEP)
        if (block->start[i] != content(block, i)) fail(when, block);
    for (size_t i = 0; i < size && i < 16; i++)
        if (block->start[i] != content(block, i)) fail(when, block);
    if (size == block->size && size > 0 && block->start[size - 1] != content(block, size - 1))
        fail(when, block);
}

static void verify_zero(const struct block *block) {
    for (size_t i = 0; i < block->size; i += 1 + i / 64)
        if (block->start[i] != 0) fail("a byte of calloc is not zero", block);
}

/* ---- Operations ---- */

static size_t random_size(struct rng *rng) {
    uint64_t kind = rng_below(rng, 64);
    if (kind == 0) return rng_size(rng, (size_t)8 << 20);
    return rng_size(rng, kind < 12 ? (size_t)128 << 10 : 1024);
}

static void count(unsigned long *counter) { __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }

static void allocate(struct rng *rng, struct block *block) {
    void *start = NULL;
    block->size = random_size(rng);
    block->mark = rng_next(rng);
    uint64_t kind = rng_below(rng, 8);
    size_t alignment = (size_t)16 << rng_below(rng, 10);
    if (kind == 0)
        start = calloc(1, block->size);
    else if (kind == 1)
        start = posix_memalign(&start, alignment, block->size) == 0 ? start : NULL;
    else
        start = malloc(block->size);
    block->start = (unsigned char *)start;
    if (start == NULL) {
        count(&done.refused);
        return;
    }
    if (kind == 0) verify_zero(block);
    if (kind == 1 && (uintptr_t)start % alignment != 0) fail("not aligned", block);
    if (malloc_usable_size(start) < block->size) fail("the usable size is too small", block);
    fill(block);
}

static void drop(struct block *block) {
    if (block->start == NULL) return;
    verify(block, block->size, "contents before free");
    free(block->start);
    block->start = NULL;
}

static void resize(struct rng *rng, struct block *block) {
    size_t size = random_size(rng) + 1;
    verify(block, block->size, "contents before realloc");
    unsigned char *moved = (unsigned char *)realloc(block->start, size);
    if (moved == NULL) {
        count(&done.refused);
        verify(block, block->size, "contents after a realloc that failed");
        return;
    }
    block->start = moved;
    verify(block, size < block->size ? size : block->size, "contents after realloc");
    block->size = size;
    fill(block);
}

/* The block goes to whoever comes to the place next, who gets the one that is there. */
static void pass_on(struct rng *rng, struct block *block) {
    struct place *place = &exchange[rng_below(rng, PLACES)];
    pthread_mutex_lock(&place->mutex);
    struct block other = place->block;
    place->block = *block;
    *block = other;
    pthread_mutex_unlock(&place->mutex);
}

static void step(struct worker *worker, int may_pass_on) {
    struct block *block = &worker->blocks[rng_below(&worker->rng, SLOTS)];
    uint64_t choice = rng_below(&worker->rng, 10);
    count(&done.operations);
    if (block->start == NULL)
        allocate(&worker->rng, block);
    else if (choice < 2)
        resize(&worker->rng, block);
    else if (choice < 5 && may_pass_on)
        pass_on(&worker->rng, block);
    else
        drop(block);
}

static void drop_all(struct worker *worker) {
    for (int i = 0; i < SLOTS; i++) drop(&worker->blocks[i]);
}

static void *work(void *argument) {
    struct worker *worker = (struct worker *)argument;
    for (unsigned long i = 0; i < worker->steps; i++) step(worker, 1);
    if (!worker->leaves) drop_all(worker);
    return NULL;
}

/* ---- What happens to the process ---- */

static void on_signal(int number) {
    (void)number;
    count(&done.signals);
}

static void set_timer(long microseconds) {
    struct itimerval timer = {{0, microseconds}, {0, microseconds}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* A number of /proc/self/statm, in KiB: 0 all, 1 resident. */
static size_t memory_kib(int which) {
    char text[128] = "", *at = text;
    int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (file >= 0) close(file);
    if (length <= 0) return 0;
    size_t pages = strtoul(at, &at, 10);
    if (which == 1) pages = strtoul(at, &at, 10);
    return pages * ((size_t)sysconf(_SC_PAGESIZE) / 1024);
}

static void set_limit(size_t kib) {
    struct rlimit limit;
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = kib == 0 ? limit.rlim_max : (rlim_t)kib * 1024;
    setrlimit(RLIMIT_AS, &limit);
}

static void *work_in_child(void *argument) {
    struct worker *worker = (struct worker *)argument;
    for (int i = 0; i < 500; i++) step(worker, 0);
    return NULL;
}

/* The first thread's blocks are the child's, too; the exchange may be locked by a thread that it
   does not have. */
static void be_child(struct worker *first) {
    signal(SIGALRM, SIG_DFL);
    alarm(CHILD_SECONDS);
    set_limit(0);
    for (int i = 0; i < SLOTS; i++)
        if (first->blocks[i].start != NULL)
            verify(&first->blocks[i], first->blocks[i].size, "contents in a child");
    pthread_t thread;
    struct worker *other = (struct worker *)calloc(1, sizeof *other);
    if (other == NULL) _exit(2);
    other->rng.state = rng_next(&first->rng);
    if (pthread_create(&thread, NULL, work_in_child, other) != 0) _exit(3);
    for (int i = 0; i < 1000; i++) step(first, 0);
    if (pthread_join(thread, NULL) != 0) _exit(4);
    drop_all(other);
    free(other);
    drop_all(first);
    _exit(0);
}

static void fork_once(struct worker *first) {
    int status = 0;
    pid_t child = fork();
    if (child < 0) return; /* the limit */
    if (child == 0) be_child(first);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) status = -1;
    if (status != 0) {
        dprintf(2, "soak: a child ended with wait status 0x%x\n", (unsigned)status);
        _exit(1);
    }
    done.forks++;
}

static void happen(struct worker *first, int with_signal) {
    uint64_t choice = rng_below(&first->rng, 40);
    if (is_emulated() && choice < 3) return;
    switch (choice) {
    case 0:
        fork_once(first);
        break;
    case 1:
    case 2:
        set_limit(memory_kib(0) + rng_below(&first->rng, 16 << 10));
        break;
    case 3:
    case 4:
    case 5:
        set_limit(0);
        break;
    case 6:
        malloc_trim(rng_below(&first->rng, 2) << 20);
        break;
    case 7:
        if (with_signal) raise(SIGUSR2);
        break;
    default:
        break;
    }
}

/* ---- Epochs ---- */

static struct worker workers[WORKERS], first;

static int start_workers(struct rng *rng) {
    int count = (int)rng_below(rng, WORKERS + 1);
    for (int i = 0; i < count; i++) {
        workers[i].rng.state = rng_next(rng);
        workers[i].steps = 500 + rng_below(rng, 20000);
        workers[i].leaves = rng_below(rng, 2) != 0;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) return i;
    }
    return count;
}

static void end_epoch(int count) {
    for (int i = 0; i < count; i++) pthread_join(workers[i].thread, NULL);
    set_limit(0);
    for (int i = 0; i < count; i++) drop_all(&workers[i]);
    for (int i = 0; i < PLACES; i++) drop(&exchange[i].block);
    drop_all(&first);
    malloc_trim(0);
    done.threads += (unsigned long)count;
    done.epochs++;
}

static size_t resident_first; /* the most after the first epochs, in KiB */

static size_t run_epoch(int with_signal) {
    int count = start_workers(&first.rng);
    for (unsigned long parts = 10 + rng_below(&first.rng, 100); parts > 0; parts--) {
        for (int i = 0; i < 100; i++) step(&first, 1);
        happen(&first, with_signal);
    }
    end_epoch(count);
    size_t resident = memory_kib(1);
    if (done.epochs <= EPOCHS_FIRST && resident > resident_first) resident_first = resident;
    if (resident <= resident_first + GROWTH_MOST_KIB || is_emulated()) return resident;
    dprintf(2, "soak: %zu KiB stay resident after epoch %lu, of %zu after the first %d\n", resident,
            done.epochs, resident_first, (int)EPOCHS_FIRST);
    _exit(1);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: soak SEED SECONDS [signal]\n");
        return 2;
    }
    size_t resident = 0;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    time_t end = time(NULL) + atol(argv[2]);
    first.rng.state = strtoull(argv[1], NULL, 0);
    for (int i = 0; i < PLACES; i++) pthread_mutex_init(&exchange[i].mutex, NULL);
    sigaction(SIGALRM, &action, NULL);
    set_timer(2000);
    do resident = run_epoch(argc > 3);
    while (time(NULL) < end);
    printf("%lu operations, %lu refused, %lu forks, %lu threads, %lu signals, %lu epochs; "
           "resident %zu KiB after the first, %zu at the end\n",
           done.operations, done.refused, done.forks, done.threads, done.signals, done.epochs,
           resident_first, resident);
    return 0;
}
