/* SPDX-License-Identifier: MIT */
/*
 * quarantine CASE SIZE - mistakes with freed blocks that wait, as cases.h says; with the options
 * that they need in place of the name of one.
 */
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/in_thread.h"
#include "cases.h"

#define WAITS "quarantine=1M"
#define WAITS_CLEARED "quarantine=1M,zero_freed=on"
#define WAITS_EXACT "quarantine=1M,zero_freed=on,exact_frees=on"

static void *ask_and_free(void *to) {
    *(char **)to = dirty_block();
    free(hide(*(char **)to));
    return NULL;
}

/* ---- quarantine ---- */

enum { QUARANTINE = 1 << 20, QUARANTINE_BLOCKS = QUARANTINE / 128 };

/* Frees so much that what was freed before waits no longer, or that many halves of it. */
static void free_others(int halves) {
    size_t most = QUARANTINE / size + 8;
    if (most > QUARANTINE_BLOCKS) most = QUARANTINE_BLOCKS;
    for (size_t i = 0; i < most * (size_t)halves / 2; i++) free(hide(malloc(size)));
}

static void expect_late_write(const char *at) {
    dprintf(1, "^poolalloc: write after free to %p \\(the block there is free; ", (const void *)at);
    dprintf(1, "said when its quarantine was over, or checked\\)");
}

static void others_come_first(void) {
    char *block = dirty_block();
    free(hide(block));
    size_t most = QUARANTINE / (size + 128) / 4;
    for (size_t i = 0; i < most; i++) {
        char *other = hide(malloc(size));
        EXPECT(other != hide(block));
        free(other);
    }
}

static void write_while_it_waits(void) {
    char *block = dirty_block();
    free(hide(block));
    free_others(1);
    expect_late_write(block + size - 1);
    ((char *)hide(block))[size - 1] = 1;
    free_others(4);
    _exit(0);
}

static void write_before_the_end(void) {
    char *block = dirty_block();
    free(hide(block));
    expect_late_write(block);
    ((char *)hide(block))[0] = 1;
}

static void write_after_the_end_of_its_thread(void) {
    char *block = NULL;
    in_thread(ask_and_free, &block);
    expect_late_write(block);
    ((char *)hide(block))[0] = 1;
}

enum { MOST = 200 };
static char *blocks[MOST + 1];

static void *free_all(void *unused) {
    for (int i = 0; blocks[i] != NULL; i++) free(blocks[i]);
    return unused;
}

/* As many as can wait: with exact_frees=on they come back by pools. */
static void write_after_a_free_by_another(void) {
    size_t count = QUARANTINE / 2 / (size + 128) < MOST ? QUARANTINE / 2 / (size + 128) : MOST;
    for (size_t i = 0; i < count; i++) blocks[i] = dirty_block();
    char *block = blocks[count / 2];
    in_thread(free_all, NULL);
    expect_late_write(block + size - 1);
    ((char *)hide(block))[size - 1] = 1;
}

static void write_in_the_child(void) {
    char *block = dirty_block();
    free(hide(block));
    expect_late_write(block);
    pid_t child = fork();
    int status;
    if (child == 0) {
        ((char *)hide(block))[0] = 1;
        exit(0);
    }
    EXPECT(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    free_others(4);
    raise(WTERMSIG(status));
}

static void quarantine_is_bounded(void) {
    enum { MOST_PAGES = 4096 };
    long pages = 0, resident = 0;
    for (int i = 0; i < 20; i++) free_others(2);
    FILE *statm = fopen("/proc/self/statm", "r");
    EXPECT(statm != NULL && fscanf(statm, "%ld %ld", &pages, &resident) == 2);
    EXPECT(resident > 0 && resident < MOST_PAGES);
}

static void double_free(void) {
    char *block = dirty_block();
    free(hide(block));
    free_others(1);
    dprintf(1, "^poolalloc: (double free of|free of freed pointer) %p ", (const void *)block);
    free(hide(block));
}

static const struct hardened_case cases[] = {
    {"others_come_first", WAITS, others_come_first, 0, 0},
    {"write_while_it_waits", WAITS_CLEARED, write_while_it_waits, BY_ABORT, 0},
    {"write_before_the_end", WAITS_CLEARED, write_before_the_end, BY_ABORT, 0},
    {"write_after_the_end_of_its_thread", WAITS_CLEARED, write_after_the_end_of_its_thread,
     BY_ABORT, 0},
    {"write_after_a_free_by_another", WAITS_CLEARED, write_after_a_free_by_another, BY_ABORT, 0},
    {"write_after_a_free_by_another", WAITS_EXACT, write_after_a_free_by_another, BY_ABORT, 0},
    {"write_in_the_child", WAITS_CLEARED, write_in_the_child, BY_ABORT, 0},
    {"double_free", WAITS, double_free, BY_ABORT, 0},
    {"quarantine_is_bounded", WAITS, quarantine_is_bounded, 0, 0},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static void list(void) {
    static const size_t sizes[] = {1, 24, 512, 600, 5000, 20000, 65000};
    for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++)
        for (int i = 0; i < CASES; i++)
            printf("%s %zu %d %s\n", cases[i].name, sizes[j], cases[i].status, cases[i].option);
}

int main(int count, char **arguments) { return cases_run(count, arguments, cases, CASES, list); }
