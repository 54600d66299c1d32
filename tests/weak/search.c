/* SPDX-License-Identifier: MIT */
#include "search.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "world.h"

enum { NODES = 4096, STACK = 256 * 1024, LOCAL = 16 * 1024, NOBODY = THREADS };

/* A place where the search may go on in more than one way. */
struct node {
    unsigned choice, count; /* of one of so many; */
    unsigned threads, done; /* or of a set of threads, of which so many were tried */
};

struct thread {
    ucontext_t context;
    bool finished;
    unsigned word; /* its next access */
    enum access_kind kind;
    char local[LOCAL], first_local[LOCAL];
    char stack[STACK];
};

enum ending { ENDED_WELL, ENDED_AS_ANOTHER, ENDED_TO_BEGIN_ANEW };

static struct search {
    struct node node[NODES];
    unsigned depth, length; /* of the run, and known so far */
    struct thread thread[THREADS];
    ucontext_t nobody;
    char local[LOCAL]; /* of nobody */
    unsigned current, asleep, preemptions;
    bool running, starting;
    enum ending ending;
    const struct scene *scene;
    unsigned long runs, cut;
    void (*function)(void);
} * search;

bool search_is_running(void) { return search != NULL && search->running; }
unsigned search_thread(void) { return search->current; }

void search_fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    _exit(1);
}

/* ---- Contexts ---- */

static void switch_to(unsigned to) {
    unsigned from = search->current;
    if (from == to) return;
    world_save_local(from == NOBODY ? search->local : search->thread[from].local);
    world_load_local(to == NOBODY ? search->local : search->thread[to].local);
    search->current = to;
    swapcontext(from == NOBODY ? &search->nobody : &search->thread[from].context,
                to == NOBODY ? &search->nobody : &search->thread[to].context);
}

static void leave(enum ending ending) {
    search->ending = ending;
    search->running = false;
    switch_to(NOBODY);
    abort();
}

void search_begin_anew(void) {
    leave(ENDED_TO_BEGIN_ANEW);
    abort();
}

/* ---- Which thread goes on ---- */

static bool depend(const struct thread *a, const struct thread *b) {
    if (a->kind == ACCESS_NONE || b->kind == ACCESS_NONE) return false;
    if (a->kind == ACCESS_FORK || b->kind == ACCESS_FORK) return true;
    if (a->word != b->word) return false;
    return a->kind != ACCESS_LOAD || b->kind != ACCESS_LOAD;
}

static unsigned able(void) {
    unsigned set = 0;
    for (unsigned t = 0; t < search->scene->threads; t++) {
        const struct thread *thread = &search->thread[t];
        bool waits = thread->kind == ACCESS_LOCK && !memory_is_open(thread->word);
        if (!thread->finished && !waits) set |= 1u << t;
    }
    return set;
}

static struct node *next_node(void) {
    if (search->depth == NODES) search_fail("a run is too long: a loop without end?");
    struct node *node = &search->node[search->depth++];
    if (search->depth <= search->length) return node;
    *node = (struct node){0};
    search->length = search->depth;
    return node;
}

/* Threads that sleep would only do what another run did, until what they do next matters. */
static void fall_asleep(unsigned tried, unsigned chosen) {
    unsigned asleep = (search->asleep | tried) & ~(1u << chosen);
    for (unsigned t = 0; t < search->scene->threads; t++)
        if ((asleep >> t & 1) && depend(&search->thread[t], &search->thread[chosen]))
            asleep &= ~(1u << t);
    search->asleep = asleep;
}

static unsigned first_of(unsigned threads) {
    bool stays = search->current != NOBODY && (threads >> search->current & 1);
    return stays ? search->current : (unsigned)__builtin_ctz(threads);
}

static unsigned pick(void) {
    unsigned all = able(), threads = all & ~search->asleep, self = search->current;
    bool goes_on = self != NOBODY && (all >> self & 1), bounded = search->scene->preemptions != 0;
    if (bounded && goes_on && search->preemptions == search->scene->preemptions)
        threads &= 1u << self;
    if (threads == 0) return NOBODY;
    unsigned chosen = first_of(threads), tried = 0;
    if (threads & (threads - 1)) {
        struct node *node = next_node();
        if (node->threads == 0) *node = (struct node){.threads = threads, .choice = chosen};
        chosen = node->choice;
        tried = node->done;
    }
    fall_asleep(tried, chosen);
    if (goes_on && chosen != self) search->preemptions++;
    return chosen;
}

static void go_on(void) {
    bool all_finished = true;
    for (unsigned t = 0; t < search->scene->threads; t++)
        if (!search->thread[t].finished) all_finished = false;
    if (all_finished) leave(ENDED_WELL);
    unsigned chosen = pick();
    if (chosen != NOBODY) {
        switch_to(chosen);
        return;
    }
    if (able() == 0) search_fail("deadlock");
    leave(ENDED_AS_ANOTHER);
}

void search_point(unsigned word, enum access_kind kind) {
    struct thread *self = &search->thread[search->current];
    self->word = word;
    self->kind = kind;
    if (search->starting)
        switch_to(NOBODY);
    else
        go_on();
}

void search_fork(void) {
    search_point(0, ACCESS_FORK);
    memory_know_all();
    for (unsigned t = 0; t < search->scene->threads; t++) {
        struct thread *thread = &search->thread[t];
        if (t == search->current) continue;
        thread->finished = true;
        thread->kind = ACCESS_NONE;
        memcpy(thread->local, thread->first_local, LOCAL);
    }
}

unsigned search_choose(unsigned count) {
    if (count == 1) return 0;
    struct node *node = next_node();
    node->count = count;
    return node->choice;
}

static void thread_main(void) {
    struct thread *self = &search->thread[search->current];
    search->scene->thread[search->current]();
    self->finished = true;
    self->kind = ACCESS_NONE;
    if (search->starting)
        switch_to(NOBODY);
    else
        go_on();
    abort();
}

/* ---- Runs ---- */

static void make_context(struct thread *thread, void (*function)(void)) {
    getcontext(&thread->context);
    thread->context.uc_stack.ss_sp = thread->stack;
    thread->context.uc_stack.ss_size = STACK;
    makecontext(&thread->context, function, 0);
}

/* Each thread comes to its first access of a shared word. */
static void start_threads(void) {
    search->starting = true;
    for (unsigned t = 0; t < search->scene->threads; t++) {
        struct thread *thread = &search->thread[t];
        memcpy(thread->local, thread->first_local, LOCAL);
        thread->finished = false;
        thread->kind = ACCESS_NONE;
        make_context(thread, thread_main);
        switch_to(t);
        if (!search->running) return;
    }
    search->starting = false;
}

static void run_once(void) {
    world_restore();
    memory_begin_run();
    search->depth = search->asleep = search->preemptions = 0;
    search->running = true;
    start_threads();
    if (!search->running) return;
    unsigned first = pick();
    if (first == NOBODY) leave(ENDED_WELL);
    switch_to(first);
}

/* The next run; false: that was the last. */
static bool step_back(void) {
    for (search->length = search->depth; search->length > 0; search->length--) {
        struct node *node = &search->node[search->length - 1];
        if (node->threads == 0) {
            if (++node->choice < node->count) return true;
            continue;
        }
        node->done |= 1u << node->choice;
        unsigned left = node->threads & ~node->done;
        if (left == 0) continue;
        node->choice = (unsigned)__builtin_ctz(left);
        return true;
    }
    return false;
}

static void run_all(void) {
    do {
        run_once();
        if (search->ending == ENDED_TO_BEGIN_ANEW) {
            search->length = 0;
            search->runs = search->cut = 0;
            continue;
        }
        if (search->ending == ENDED_WELL) {
            search->runs++;
            search->scene->end();
        } else {
            search->cut++;
        }
    } while (search->ending == ENDED_TO_BEGIN_ANEW || step_back());
}

static void call_main(void) {
    search->function();
    switch_to(NOBODY);
    abort();
}

void search_as(unsigned thread, void (*function)(void)) {
    search->function = function;
    make_context(&search->thread[thread], call_main);
    switch_to(thread);
}

void search_scene(const struct scene *scene) {
    world_begin();
    search = world_outside(sizeof *search);
    if (world_local_size() > LOCAL) search_fail("too many thread-local variables");
    search->scene = scene;
    search->current = NOBODY;
    for (unsigned t = 0; t < THREADS; t++) world_save_local(search->thread[t].local);
    memory_begin_search();
    scene->prepare();
    for (unsigned t = 0; t < THREADS; t++)
        memcpy(search->thread[t].first_local, search->thread[t].local, LOCAL);
    world_save_local(search->local);
    world_keep();
    run_all();
    printf("%lu runs, %u shared words\n", search->runs, memory_shared_words());
    fflush(stdout);
}
