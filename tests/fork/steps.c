/* SPDX-License-Identifier: MIT */
/*
 * steps [REACHED] - while one thread performs a scenario, the process forks before every store of
 * the allocator (hook.h). In turns another thread forks, in whose child the first does not exist:
 * the child checks every invariant, allocates, frees blocks of all threads, starts a thread and
 * forks again. Or the thread itself forks, like a signal handler that has interrupted the
 * allocator: the child allocates, frees and calls exit, whose functions do so too.
 *
 * The sites reached are written to the file REACHED, for the runner to compare with all there are.
 * FORK_STEPS (1) forks of each kind at each site, and at every FORK_SAMPLE-th (30011) step.
 */
#include <poolalloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../support/expect.h"
#include "../support/random.h"
#include "blocks.h"
#include "children.h"
#include "heap/allocate.h"
#include "heap/guard.h"
#include "heap/retired.h"
#include "heap/sample.h"
#include "heap/space_lock.h"
#include "heap/thread_heap.h"
#include "heap/treat.h"
#include "hook.h"
#include "os/options.h"
#include "os/os.h"
#include "stores.h"

enum { FREED = 1500 };

/* Shared by the process and its children, in one of which some scenarios run. */
static struct counts {
    struct store stores[STORES];
    unsigned steps, forks;
} * all;

/* ---- Steps ---- */

static unsigned limit, sample;
static sem_t asked, answered;
static bool asked_to_fork; /* or else the scenario is over */

NO_HOOK static void fork_here(unsigned turn) {
    pid_t child = fork();
    if (child == 0) children_be_interrupted(turn);
    int status = 0;
    EXPECT(child > 0 && waitpid(child, &status, 0) == child);
    if (status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && turn % 8 == 7))
        return;
    dprintf(2, "a thread that forked in the middle: its child ended with status 0x%x\n", status);
    _exit(1);
}

NO_HOOK static void fork_there(void) {
    asked_to_fork = true;
    sem_post(&asked);
    while (sem_wait(&answered) != 0) continue;
}

NO_HOOK static void at_step(uintptr_t address) {
    bool is_sample = ++all->steps % sample == 0;
    unsigned hits = address != 0 ? store_at(all->stores, address)->hits++ : ~0u;
    if (hits >= 2 * limit && !is_sample) return;
    all->forks++;
    if (hits % 2 == 0 || (is_sample && all->steps % 2 == 0))
        fork_there();
    else
        fork_here(all->forks);
}

/* ---- Scenarios; each in a thread of its own ---- */

NO_HOOK static void every_class(void) {
    static char *blocks[1500];
    int count = 0;
    for (int round = 0; round < 2; round++) {
        for (size_t size = 1; size <= 60000; size += size / 4 + 7)
            for (int i = 0; i < 20 && count < 1500; i++)
                EXPECT((blocks[count++] = poolalloc_malloc(size)) != NULL);
        for (int i = 0; i < count; i += 2) poolalloc_free(blocks[i]);
        for (int i = 1; i < count; i += 2)
            poolalloc_free(blocks[count - 1 - i / 2 * 2 - count % 2]);
        count = 0;
    }
}

/* All blocks of a class in the order in which they were taken, so that pools run empty. */
NO_HOOK static void full_magazines(void) {
    static char *blocks[4000];
    for (size_t size = 16; size <= 3000; size *= 13) {
        int count = size < 1000 ? 4000 : 300;
        for (int i = 0; i < count; i++) EXPECT((blocks[i] = poolalloc_malloc(size)) != NULL);
        for (int i = 0; i < count; i++) poolalloc_free(blocks[i]);
    }
}

NO_HOOK static void zeroed_and_aligned(void) {
    for (size_t size = 10; size < 3000000; size *= 3) {
        void *zeroed = poolalloc_calloc(1, size), *again = poolalloc_calloc(1, size);
        EXPECT(zeroed != NULL && again != NULL);
        memset(zeroed, 1, 10);
        poolalloc_free(zeroed);
        poolalloc_free(poolalloc_calloc(1, size));
        poolalloc_free(again);
        for (size_t alignment = 64; alignment <= 64 << 20; alignment *= 16)
            poolalloc_free(poolalloc_aligned_alloc(alignment, size));
    }
}

NO_HOOK static void large_blocks(void) {
    char *blocks[12];
    for (int i = 0; i < 12; i++)
        EXPECT((blocks[i] = poolalloc_malloc((size_t)(i + 1) * 90000)) != NULL);
    for (int i = 0; i < 12; i += 2) poolalloc_free(blocks[i]);
    for (int i = 1; i < 12; i += 2) {
        blocks[i] = poolalloc_realloc(blocks[i], (size_t)(i + 1) * 150000);
        EXPECT(blocks[i] != NULL);
        blocks[i] = poolalloc_realloc(blocks[i], 70000);
    }
    for (int i = 1; i < 12; i += 2) poolalloc_free(blocks[i]);
}

NO_HOOK static void mappings(void) {
    char *blocks[14];
    for (int i = 0; i < 14; i++)
        EXPECT((blocks[i] = poolalloc_malloc((33u << 20) + (size_t)i * 70000)) != NULL);
    for (int i = 0; i < 5; i++) {
        size_t size = (size_t)(i < 3 ? 50 + 40 * i : 20) << 20;
        EXPECT((blocks[i] = poolalloc_realloc(blocks[i], size)) != NULL);
    }
    for (int i = 0; i < 14; i++) poolalloc_free(blocks[i]);
    poolalloc_free(poolalloc_calloc(1, 40u << 20));
    poolalloc_free(poolalloc_realloc(poolalloc_malloc(600000), 900000));
}

static sem_t idle_goes_on;
static char *from_idle[FREED];

NO_HOOK static void *be_idle(void *ready) {
    keep(&of_idle);
    for (int i = 0; i < FREED; i++) from_idle[i] = take(sizes[i % 12]);
    sem_post(ready);
    while (sem_wait(&idle_goes_on) != 0) continue;
    return NULL;
}

NO_HOOK static void remote_frees(void) {
    for (int i = 0; i < FREED - 100; i++) poolalloc_free(from_idle[i]);
}

static char *from_ended[FREED];
NO_HOOK static void *be_ended(void *unused) {
    (void)unused;
    for (int i = 0; i < FREED; i++) poolalloc_free(from_ended[i]);
    drop(&of_ended);
    keep(&of_ended);
    for (int i = 0; i < FREED; i++) from_ended[i] = take(sizes[i % 12]);
    return NULL;
}

NO_HOOK static void frees_for_parked(void) {
    for (int i = 0; i < FREED; i += 2) poolalloc_free(from_ended[i]);
}

static char *mine[FREED];
NO_HOOK static void *free_mine(void *unused) {
    (void)unused;
    for (int i = 0; i < FREED; i++) poolalloc_free(mine[i]);
    return NULL;
}

NO_HOOK static void drain(void) {
    pthread_t thread;
    hook_disarm();
    for (int i = 0; i < FREED; i++) mine[i] = take(sizes[i % 12]);
    EXPECT(pthread_create(&thread, NULL, free_mine, NULL) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
    hook_arm();
    use_all_sizes(2);
    poolalloc_trim(0);
}

static uint64_t now;
NO_HOOK static uint64_t clock_of_test(void) { return now; }

/* Heaps of threads that ended are cleaned, borrowed from and taken over, and memory is purged. */
NO_HOOK static void time_passes(void) {
    now = os_clock_ms();
    os_clock_for_test = clock_of_test;
    full_magazines();
    for (int i = 0; i <= 8; i++, now += 400) use_all_sizes(2);
    char *more[2000];
    for (int i = 0; i < 2000; i++) more[i] = poolalloc_malloc(sizes[i % 14]);
    for (int i = 0; i < 2000; i++) poolalloc_free(more[i]);
    os_clock_for_test = NULL;
}

static bool refuses_to_unmap;
NO_HOOK static bool refuses(enum os_call call) {
    return call == OS_MAP || call == OS_RESIZE || (call == OS_UNMAP && refuses_to_unmap);
}

/* The system has no more, so that all that is kept for speed is given up. */
NO_HOOK static void no_memory(void) {
    large_blocks();
    for (int i = 0; i < 2; i++) {
        mappings();
        os_fault_for_test = refuses;
        refuses_to_unmap = i == 0;
        EXPECT(poolalloc_malloc(200u << 20) == NULL);
        EXPECT(poolalloc_malloc(400u << 20) == NULL);
        char *block = poolalloc_malloc(2u << 20);
        if (block != NULL) block = poolalloc_realloc(block, 100u << 20);
        os_fault_for_test = NULL;
        use_all_sizes(1);
    }
}

NO_HOOK static void trim(void) {
    use_all_sizes(4);
    poolalloc_trim(0);
    use_all_sizes(4);
    poolalloc_trim(1 << 20);
}

NO_HOOK static void counts(void) {
    struct poolalloc_stats stats = {.size = sizeof stats};
    EXPECT(poolalloc_get_stats(&stats) == 0);
}

/* In the last round of destructors the thread's heap is parked. */
static pthread_key_t key;
NO_HOOK static void in_last_round(void *value) {
    static __thread int rounds;
    if (in_child) return;
    if (++rounds < 4) {
        pthread_setspecific(key, value);
        return;
    }
    hook_arm();
    use_all_sizes(2);
    char *blocks[100];
    for (int i = 0; i < 100; i++) EXPECT((blocks[i] = poolalloc_malloc(sizes[i % 16])) != NULL);
    for (int i = 0; i < 100; i++) poolalloc_free(blocks[i]);
    for (int i = FREED - 100; i < FREED; i++) poolalloc_free(from_idle[i]);
    hook_disarm();
}

NO_HOOK static void last_round(void) {
    poolalloc_free(poolalloc_malloc(1));
    EXPECT(pthread_setspecific(key, &key) == 0);
}

/* The rest of the family, and its less common answers. */
NO_HOOK static void all_names(void) {
    for (int i = 0; i < SIZES; i++) {
        char *block = take(sizes[i]);
        EXPECT(poolalloc_usable_size(block) >= sizes[i]);
        poolalloc_free_sized(block, sizes[i]);
        void *aligned = poolalloc_aligned_alloc(128, sizes[i]);
        poolalloc_free_aligned_sized(aligned, 128, sizes[i]);
        block = take(sizes[i]);
        for (size_t size = sizes[i]; size < 3 * sizes[i] + 100; size += sizes[i] / 3 + 16)
            EXPECT((block = poolalloc_realloc(block, size)) != NULL);
        poolalloc_free(block);
    }
}

/* What a signal handler does while its thread is in the allocator, with the lock and without. */
NO_HOOK static void interrupted(void) {
    struct heap *heap = thread_heap_enter();
    EXPECT(space_lock());
    use_all_sizes(2);
    grow(&of_scenario);
    space_unlock();
    use_all_sizes(2);
    thread_heap_leave(heap);
}

/* Does what happens where a handler calls pthread_exit while its thread is in the allocator. */
NO_HOOK static void ends_inside(void) {
    full_magazines();
    thread_heap_enter();
    EXPECT(space_lock());
}

NO_HOOK static void ends_inside_its_heap(void) {
    full_magazines();
    thread_heap_enter();
}

NO_HOOK static void visit(const struct site *site, void *sites) {
    (void)site;
    ++*(size_t *)sites;
}

/* Some children come where the table of samples is in the hands of a thread that is gone. */
NO_HOOK static void sampled(void) {
    struct sample_totals totals;
    size_t sites = 0;
    EXPECT(allocate_sample(2 * SAMPLE_BARE)); /* so that some are at hand, and many are sampled */
    use_all_sizes(2);
    full_magazines();
    large_blocks();
    all_names();
    EXPECT(!sample_each(&totals, visit, &sites) || sites == totals.sites);
    EXPECT(allocate_sample(0));
    use_all_sizes(2);
}

/* Free large blocks stay inaccessible for a while, and what was never used is so. */
NO_HOOK static void guard_pages(void) {
    options.guard_pages = 1;
    for (int i = 0; i < 2; i++, full_magazines()) poolalloc_trim(0); /* arenas come, and go */
    for (int i = 0; i < 4; i++) poolalloc_free(poolalloc_realloc(take(100000), RETIRED_BYTES / 3));
    poolalloc_free(poolalloc_realloc(poolalloc_aligned_alloc(64 * KIB, 24 * MIB), 200000));
    options.guard_pages = 0;
}

/* Some children come where the guards are in the hands of a thread that is gone. */
NO_HOOK static void guarded(void) {
    struct guard_figures figures;
    allocate_guard(2 * GUARD_BARE, MIB);
    use_all_sizes(4);
    full_magazines();
    all_names();
    guard_count(&figures);
    EXPECT(figures.page_bytes <= MIB);
    allocate_guard(0, MIB);
    use_all_sizes(2);
}

static const struct scenario {
    const char *name;
    void (*run)(void);
} scenarios[] = {
    {"guard pages", guard_pages}, /* while nothing lies between runs: pools get arenas */
    {"every class", every_class},
    {"full magazines", full_magazines},
    {"zeroed and aligned blocks", zeroed_and_aligned},
    {"large blocks", large_blocks},
    {"mappings", mappings},
    {"frees for a thread that lives", remote_frees},
    {"frees for one that has ended", frees_for_parked},
    {"blocks that others freed", drain},
    {"the last round of destructors", last_round},
    {"time passes", time_passes},
    {"no memory", no_memory},
    {"trim", trim},
    {"counts", counts},
    {"all names", all_names},
    {"interrupted", interrupted},
    {"ends inside of the allocator", ends_inside},
    {"ends inside of its heap", ends_inside_its_heap},
    {"every class once more", every_class},
    {"sampled", sampled},
    {"guarded", guarded},
};

/* Steps of a process that treats its blocks from the beginning. */
NO_HOOK static void treated(void) {
    every_class();
    all_names();
    remote_frees();
    poolalloc_trim(0);
}
static const struct scenario treats = {"treated", treated};

/* The first use of a child's allocator, which finds what the threads that are gone left behind. */
NO_HOOK static void mending(void) {
    use_all_sizes(1);
    drop(&of_idle);
    use_all_sizes(4);
    poolalloc_trim(0);
}
static const struct scenario mends = {"mending in a child", mending};
static const struct scenario mends_lists = {"mending lists in a child", mending};

/* Armed from the beginning of the thread to its end. */
NO_HOOK static void *perform(void *scenario) {
    if (scenario != &mends && scenario != &mends_lists) keep(&of_scenario);
    thread_heap_end_for_test(); /* so that it begins once more, in sight */
    hook_arm();
    ((const struct scenario *)scenario)->run();
    return NULL;
}

/* Waits for the end of the thread, and forks when it asks for that. */
NO_HOOK static void *perform_and_tell(void *scenario) {
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, perform, scenario) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
    asked_to_fork = false;
    sem_post(&asked);
    return NULL;
}

NO_HOOK static void run(const struct scenario *scenario) {
    pthread_t thread;
    unsigned before = all->forks;
    EXPECT(pthread_create(&thread, NULL, perform_and_tell, (void *)scenario) == 0);
    for (;;) {
        while (sem_wait(&asked) != 0) continue;
        if (!asked_to_fork) break;
        pid_t child = fork();
        if (child == 0) children_be_other(all->forks);
        children_wait(child);
        sem_post(&answered);
    }
    EXPECT(pthread_join(thread, NULL) == 0);
    drop(&of_scenario);
    poolalloc_check();
    printf("%s: %u forks\n", scenario->name, all->forks - before);
    fflush(stdout);
}

static sem_t holds;
NO_HOOK static void *hold_lock(void *goes_on) {
    EXPECT(space_lock());
    sem_post(&holds);
    while (sem_wait(goes_on) != 0) continue;
    space_unlock();
    return NULL;
}

/* A child runs the scenario; a thread that it does not have may hold the lock. */
NO_HOOK static void run_in_child(const struct scenario *scenario, bool in_doubt) {
    pthread_t thread;
    sem_t goes_on;
    sem_init(&holds, 0, 0);
    sem_init(&goes_on, 0, 0);
    if (in_doubt) {
        EXPECT(pthread_create(&thread, NULL, hold_lock, &goes_on) == 0);
        while (sem_wait(&holds) != 0) continue;
    }
    pid_t child = fork();
    if (child == 0) {
        run(scenario);
        _exit(0);
    }
    children_wait(child);
    if (!in_doubt) return;
    sem_post(&goes_on);
    EXPECT(pthread_join(thread, NULL) == 0);
}

NO_HOOK static void prepare(void) {
    pthread_t thread;
    sem_t ready;
    sem_init(&ready, 0, 0);
    sem_init(&asked, 0, 0);
    sem_init(&answered, 0, 0);
    sem_init(&idle_goes_on, 0, 0);
    EXPECT(pthread_key_create(&key, in_last_round) == 0);
    keep(&of_main);
    EXPECT(pthread_create(&thread, NULL, be_idle, &ready) == 0);
    while (sem_wait(&ready) != 0) continue;
    for (int i = 0; i < 8; i++) { /* more than stay warm */
        EXPECT(pthread_create(&thread, NULL, be_ended, NULL) == 0);
        EXPECT(pthread_join(thread, NULL) == 0);
    }
}

/* A child does so, before it has a second thread. */
NO_HOOK static void run_treated(void) {
    pid_t child = fork();
    if (child != 0) {
        children_wait(child);
        return;
    }
    options.quarantine = 64 * KIB;
    EXPECT(allocate_treat(TREAT_ZERO | TREAT_SEAL | TREAT_EXACT | TREAT_RANDOM | TREAT_WAIT));
    prepare();
    run(&treats);
    _exit(0);
}

NO_HOOK int main(int argc, char **argv) {
    limit = (unsigned)env_number("FORK_STEPS", 1);
    sample = (unsigned)env_number("FORK_SAMPLE", 30011);
    hook_function = at_step;
    all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT(all != MAP_FAILED);
    children_begin();
    run_treated();
    prepare();
    run_in_child(&mends, false);
    run_in_child(&mends_lists, true);
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) run(&scenarios[i]);
    EXPECT(children_hedges() > 0 || os_page_size() != POOL_SIZE);
    if (argc > 1) stores_write(all->stores, argv[1]);
    printf("%u steps, %u forks\n", all->steps, all->forks);
    return 0;
}
