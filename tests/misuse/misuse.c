/* SPDX-License-Identifier: MIT */
/*
 * misuse FAULT SIZE FUNCTION PLACE - commits one fault. First it writes to standard output a
 * regular expression for the one line it expects on standard error; then it hands the bad address
 * to FUNCTION (free, realloc, ...). PLACE is `main`, `thread`, or `exited`: the block then belongs
 * to a thread that has ended. Status 77: this fault does not exist for this size; 3: not detected.
 * `misuse --list` prints the faults, one per line.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/elsewhere.h"
#include "../support/expect.h"
#include "../support/hide.h"
#include "misuse.h"

enum { SIBLINGS = 5, MISSING = 77, UNDETECTED = 3, LARGEST_STRICT = 4096 };

struct case_ {
    const struct fault *fault; /* NULL: a sized function with a wrong argument */
    size_t size;
    const char *function;
    size_t alignment; /* of the library under test */
    void *block;
};

static void *siblings[SIBLINGS]; /* keep the block's pool in use */

void in_thread(void *(*function)(void *), void *argument) {
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, function, argument) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
}

static void *allocate_block(void *argument) {
    struct case_ *c = argument;
    for (int i = 0; i < SIBLINGS; i++) EXPECT((siblings[i] = hide(malloc(c->size))) != NULL);
    c->block = siblings[2];
    return NULL;
}

/* ---- The message to expect ---- */

static void add(char *text, size_t limit, const char *function, const char *what) {
    size_t used = strlen(text);
    snprintf(text + used, limit - used, "%s%s %s", used > 0 ? "|" : "", function, what);
}

static void announce(const struct case_ *c, void *address) {
    char what[512] = "";
    int kinds = c->fault->kinds;
    int is_free = strcmp(c->function, "free") == 0;
    int misaligned = (uintptr_t)address % c->alignment != 0;
    /* A large block that was freed may be part of something else by now, or gone. */
    if ((kinds & FREED) && c->size > LARGEST_STRICT) kinds |= UNALLOCATED | FOREIGN;
    if (kinds == INTERIOR && misaligned) kinds = MISALIGNED;
    if (kinds & FREED) {
        if (is_free)
            add(what, sizeof what, "double", "free of");
        else
            add(what, sizeof what, c->function, "of freed pointer");
    }
    if (kinds & INTERIOR) add(what, sizeof what, c->function, "of interior pointer");
    if (kinds & MISALIGNED) add(what, sizeof what, c->function, "of misaligned pointer");
    if (kinds & UNALLOCATED) add(what, sizeof what, c->function, "of unallocated pointer");
    if (kinds & FOREIGN) add(what, sizeof what, c->function, "of foreign pointer");
    dprintf(1, "^poolalloc: (%s) %p( |$)\n", what, address);
}

/* ---- The call ---- */

static void *function_by_name(const char *name) {
    void *function = dlsym(RTLD_DEFAULT, name);
    if (function == NULL) _exit(MISSING);
    return function;
}

static void call(const struct case_ *c, void *address) {
    const char *name = c->function;
    if (strcmp(name, "free") == 0)
        free(address);
    else if (strcmp(name, "realloc") == 0)
        hide(realloc(address, c->size + 1));
    else if (strcmp(name, "malloc_usable_size") == 0)
        hide_size(malloc_usable_size(address));
    else if (strcmp(name, "free_sized") == 0)
        ((void (*)(void *, size_t))function_by_name(name))(address, c->size);
    else if (strcmp(name, "free_aligned_sized") == 0)
        ((void (*)(void *, size_t, size_t))function_by_name(name))(address, 8, c->size);
    else
        _exit(2);
}

/* A remote free is found when its owner takes it in: gives every thread the occasion. Frees
   nothing: a block given out twice would be freed twice here, and that would be our fault. */
static void *allocate_much(void *argument) {
    const struct case_ *c = argument;
    for (int i = 0, count = c->size > 65536 ? 20 : 2000; i < count; i++)
        if (hide(malloc(c->size)) == NULL) break;
    return NULL;
}

static void settle(struct case_ *c) {
    allocate_much(c);
    in_thread(allocate_much, c);
    in_thread(allocate_much, c);
    allocate_much(c);
    trim_all();
    exit(UNDETECTED); /* the library's last occasion is the end of the process */
}

static void *commit(void *argument) {
    struct case_ *c = argument;
    if (c->block == NULL) allocate_block(c);
    /* Some faults end the process while the address is made: announce it before. */
    int early = strstr(c->fault->name, "at once") != NULL;
    if (early) announce(c, c->block);
    void *address = c->fault->address(c->block, c->size);
    if (address == NULL) _exit(MISSING);
    if (!early) announce(c, address);
    call(c, address);
    return NULL;
}

/* ---- Sized functions with a wrong argument ---- */

static void *commit_wrong_argument(void *argument) {
    struct case_ *c = argument;
    if (c->block == NULL) allocate_block(c);
    const char *wrong = c->function;
    size_t usable = malloc_usable_size(c->block);
    if (strncmp(wrong, "alignment ", 10) == 0) {
        size_t value = strcmp(wrong + 10, "3") == 0 ? 3 : 1;
        while (value != 3 && (uintptr_t)c->block % value == 0) value *= 2;
        dprintf(1, "^poolalloc: free_aligned_sized of %p with alignment %zu( |$)\n", c->block,
                value);
        void *function = function_by_name("free_aligned_sized");
        ((void (*)(void *, size_t, size_t))function)(c->block, value, c->size);
        return NULL;
    }
    size_t value = SIZE_MAX;
    if (strcmp(wrong, "size smaller") == 0) {
        if (c->size < 24) _exit(MISSING);
        value = c->size / 2;
    } else if (strcmp(wrong, "size larger") == 0) {
        value = usable + 1;
    }
    dprintf(1, "^poolalloc: free_sized of %p with size %zu( |$)\n", c->block, value);
    ((void (*)(void *, size_t))function_by_name("free_sized"))(c->block, value);
    return NULL;
}

/* ---- Main ---- */

static void list_faults(void) {
    for (const struct fault *fault = freed_faults; fault->name != NULL; fault++) puts(fault->name);
    for (const struct fault *fault = address_faults; fault->name != NULL; fault++)
        puts(fault->name);
}

static const struct fault *find_fault(const char *name) {
    for (const struct fault *fault = freed_faults; fault->name != NULL; fault++)
        if (strcmp(fault->name, name) == 0) return fault;
    for (const struct fault *fault = address_faults; fault->name != NULL; fault++)
        if (strcmp(fault->name, name) == 0) return fault;
    return NULL;
}

/* Frees twice with a stack that leads nowhere. */
__attribute__((noinline)) static void smash(void) {
    void *block = hide(malloc(24)), *alias = hide(block);
    uintptr_t *frame = hide(__builtin_frame_address(0));
    free(block);
    for (int i = 0; i < 40; i += 2) frame[i] = 0x1234567890abcdef;
    free(alias);
    _exit(UNDETECTED);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--smash") == 0) smash();
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        list_faults();
        return 0;
    }
    if (argc != 5) return 2;
    alarm(10); /* a hang ends with SIGALRM */
    const char *alignment = getenv("POOLALLOC_TEST_ALIGN");
    struct case_ c = {find_fault(argv[1]), strtoull(argv[2], NULL, 10), argv[3],
                      alignment != NULL ? strtoull(alignment, NULL, 10) : 16, NULL};
    void *(*action)(void *) = commit;
    if (strcmp(argv[1], "wrong") == 0)
        action = commit_wrong_argument;
    else if (c.fault == NULL)
        return 2;
    if (strcmp(argv[4], "exited") == 0) in_thread(allocate_block, &c);
    if (strcmp(argv[4], "thread") == 0)
        in_thread(action, &c);
    else
        action(&c);
    settle(&c);
}
