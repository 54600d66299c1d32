/* SPDX-License-Identifier: MIT */
/*
 * leaker HOW...: blocks that are lost and blocks that are not, each kind asked for by a function of
 * its own, whose name tests/tool/run looks for in what poolalloc leaks says.
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAR __attribute__((noinline))

struct node {
    struct node *volatile next;
    char more[56];
};

static struct node *volatile global_list;
static void *volatile global, *volatile inside;
static __thread void *volatile of_thread;
static volatile int ready;

/* What calls have left below is no root, but what lies in gaps of later frames is. */
static FAR void clean_stack(void) {
    volatile char room[65536];
    for (size_t i = 0; i < sizeof room; i++) room[i] = 0;
}

static FAR void *make(size_t size) {
    void *block = malloc(size);
    memset(block, 0, size);
    __asm__ volatile("" : "+r"(block) : : "memory"); /* what is stored there matters to somebody */
    return block;
}

/* Not as the last call of a function, which would not be on the stack then. */
static inline __attribute__((always_inline)) void lose(size_t size) {
    make(size);
    __asm__ volatile("");
}

static FAR void lose_direct(void) {
    for (int i = 0; i < 3; i++) lose(100); /* line: direct */
}

static FAR void lose_indirect(void) {
    struct node *first = make(sizeof *first);
    first->next = make(200); /* line: indirect */
}

static FAR void lose_cycle(void) {
    struct node *first = make(300), *second = make(300);
    first->next = second;
    second->next = first;
}

static FAR void lose_large(void) { lose(1000000); }
static FAR void lose_mapping(void) { lose(40 << 20); }

static FAR void lose_hidden(void) { global = (void *)~(uintptr_t)make(70); }

/* The block that leads to all others is the last that was asked for. */
static inline __attribute__((always_inline)) void lose_nodes(int count) {
    struct node *list = NULL;
    for (int i = 0; i < count; i++) {
        struct node *node = make(sizeof *node);
        node->next = list;
        list = node;
    }
}

static FAR void lose_list(void) { lose_nodes(50); }
static FAR void lose_long_list(void) { lose_nodes(400000); }

/* The address stays on the stack, below what is in use, where clean_stack does not come. */
static FAR void lose_deep(void) {
    void *volatile room[20000];
    for (size_t i = 0; i < sizeof room / sizeof room[0]; i++) room[i] = NULL;
    room[0] = make(90);
    if (room[0] == NULL) abort();
}

static void *lose_and_stay(void *unused) {
    (void)unused;
    lose_deep();
    ready = 1;
    for (;;) pause();
    return NULL;
}

static FAR void lose_deep_in_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, lose_and_stay, NULL);
    while (!ready) usleep(1000);
}

/* What a thread that has ended leaves on its stack holds nothing, but what it returns is held until
   somebody joins it. */
static volatile int ended;

static void *lose_and_end(void *unused) {
    void *volatile room[1000];
    room[0] = make(110);
    for (int i = 1; i < 1000; i++) room[i] = room[0];
    ended = (int)syscall(SYS_gettid);
    return room[999] == NULL ? unused : NULL;
}

static void *hold_and_end(void *unused) {
    (void)unused;
    void *block = make(12000);
    ended = (int)syscall(SYS_gettid);
    return block;
}

static FAR void wait_for_end(void) {
    char path[64] = "/proc/self/task";
    while (ended == 0 || access(path, F_OK) == 0) {
        snprintf(path, sizeof path, "/proc/self/task/%d", ended);
        usleep(1000);
    }
    ended = 0;
}

static FAR void lose_in_ended(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, lose_and_end, NULL);
    wait_for_end();
}

static FAR void hold_in_ended(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, hold_and_end, NULL);
    wait_for_end();
}

static FAR void hold_global(void) { global = make(5000); }
static FAR void hold_inside(void) { inside = (char *)make(6000) + 4000; }
static FAR void hold_list(void) {
    for (int i = 0; i < 10000; i++) {
        struct node *node = make(sizeof *node);
        node->next = global_list;
        global_list = node;
    }
    struct node *last = global_list;
    while (last->next != NULL) last = last->next;
    last->next = make(7000); /* held by the last of 10,000 */
}

static void *stay(void *unused) {
    (void)unused;
    void *volatile of_stack = make(8000);
    of_thread = make(9000);
    ready = 1;
    for (;;) pause();
    return of_stack;
}

static FAR void hold_by_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, stay, NULL);
    while (!ready) usleep(1000);
}

/* The block's address is in a register of a thread that goes round in a loop, and nowhere else. */
static void *spin(void *unused) {
    void *volatile address = make(11000);
    (void)unused;
    clean_stack();
#if defined(__x86_64__)
    __asm__ volatile("mov %0, %%r15\n\tmovq $0, %0\n\tmovl $1, %1\n1:\tpause\n\tjmp 1b"
                     : "+m"(address), "=m"(ready)
                     :
                     : "r15", "memory");
#elif defined(__aarch64__)
    __asm__ volatile("ldr x19, %0\n\tstr xzr, %0\n\tmov w9, #1\n\tstr w9, %1\n1:\tyield\n\tb 1b"
                     : "+m"(address), "=m"(ready)
                     :
                     : "x19", "x9", "memory");
#endif
    return address;
}

static FAR void hold_by_register(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, spin, NULL);
    while (!ready) usleep(1000);
}

static FAR void lose_in_child(void) {
    if (fork() == 0) {
        lose_direct();
        clean_stack();
        exit(0);
    }
    while (wait(NULL) > 0) continue;
}

/* What the stacks of its parent's threads hold is no leak of the child's. */
static FAR void fork_beside_thread(void) {
    hold_by_thread();
    if (fork() == 0) exit(0);
    while (wait(NULL) > 0) continue;
}

static const struct {
    const char *name;
    void (*call)(void);
} ways[] = {
    {"direct", lose_direct},
    {"indirect", lose_indirect},
    {"cycle", lose_cycle},
    {"large", lose_large},
    {"mapping", lose_mapping},
    {"list", lose_list},
    {"hidden", lose_hidden},
    {"long_list", lose_long_list},
    {"child", lose_in_child},
    {"global", hold_global},
    {"inside", hold_inside},
    {"chain", hold_list},
    {"thread", hold_by_thread},
    {"register", hold_by_register},
    {"ended", lose_in_ended},
    {"returned", hold_in_ended},
    {"beside", fork_beside_thread},
    {"deep", lose_deep},
    {"deep_thread", lose_deep_in_thread},
};

static FAR void do_it(const char *how) {
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(how, ways[i].name) == 0) ways[i].call();
}

int main(int count, char **words) {
    for (int i = 1; i < count; i++) do_it(words[i]);
    clean_stack();
    const char *end = words[count - 1];
    if (strcmp(end, "_exit") == 0) _exit(0);
    if (strcmp(end, "parent") == 0) {
        kill(getppid(), SIGTERM);
        for (;;) pause();
    }
    if (strcmp(end, "kill") == 0) raise(SIGKILL);
    if (strcmp(end, "term") == 0) raise(SIGTERM);
    return strcmp(end, "seven") == 0 ? 7 : 0;
}
