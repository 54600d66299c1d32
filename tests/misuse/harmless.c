/* SPDX-License-Identifier: MIT */
/*
 * harmless CASE - what looks like a fault and is none, and what must not harm the allocator: it has
 * to end with status 0 and no message. The first cases write everything that can be found in freed
 * blocks into live ones: a check that trusts a mark in the block takes them for freed.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "../support/expect.h"
#include "../support/hide.h"

enum { BLOCKS = 200, LARGEST = 65536, ROUNDS = 3 };

static const size_t sizes[] = {8, 16, 24, 32, 48, 100, 512, 513, 1000, 4096, 20000, LARGEST};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void *blocks[BLOCKS];
static char remains[BLOCKS][LARGEST]; /* what was found in the freed blocks */
static ssize_t found[BLOCKS];

static void *free_all(void *argument) {
    (void)argument;
    for (int i = 0; i < BLOCKS; i++) free(hide(blocks[i]));
    return NULL;
}

static void free_all_in_thread(void) {
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, free_all, NULL) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
}

static void allocate_all(size_t size) {
    for (int i = 0; i < BLOCKS; i++) EXPECT((blocks[i] = hide(malloc(size))) != NULL);
}

/* Reads memory that may be unmapped by now: write(2) says EFAULT instead of dying. */
static void read_remains(size_t size) {
    int ends[2];
    EXPECT(pipe(ends) == 0);
    for (int i = 0; i < BLOCKS; i++) {
        size_t wanted = size < 4096 ? size : 4096; /* a pipe holds that much at least */
        found[i] = write(ends[1], blocks[i], wanted);
        if (found[i] > 0) found[i] = read(ends[0], remains[i], (size_t)found[i]);
    }
    close(ends[0]);
    close(ends[1]);
}

static void write_remains(int shift) {
    for (int i = 0; i < BLOCKS; i++) {
        int from = (i + shift) % BLOCKS;
        if (found[from] > 0) memcpy(blocks[i], remains[from], (size_t)found[from]);
    }
}

static void freed_bytes_in_live_blocks(void (*free_them)(void), int shift) {
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < SIZES; i++) {
            allocate_all(sizes[i]);
            free_them();
            read_remains(sizes[i]);
            allocate_all(sizes[i]);
            write_remains(shift);
            free_them();
            allocate_all(sizes[i]);
            write_remains(shift);
            for (int k = 0; k < BLOCKS; k++)
                EXPECT((blocks[k] = hide(realloc(blocks[k], sizes[i] * 2))) != NULL);
            free_them();
        }
}

static void free_all_here(void) { free_all(NULL); }

static void freed_bytes(void) {
    freed_bytes_in_live_blocks(free_all_here, 0);
    freed_bytes_in_live_blocks(free_all_here, 1);
}

static void freed_bytes_of_other_threads(void) {
    freed_bytes_in_live_blocks(free_all_in_thread, 0);
    freed_bytes_in_live_blocks(free_all_in_thread, 1);
}

/* Live blocks full of addresses: their own, freed ones, each other's. */
static void addresses_in_live_blocks(void) {
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < SIZES; i++) {
            allocate_all(sizes[i]);
            for (int k = 0; k < BLOCKS; k++)
                for (size_t word = 0; word < sizes[i] / sizeof(void *); word++)
                    ((void **)blocks[k])[word] = blocks[(k + round) % BLOCKS];
            if (round == 1)
                free_all_in_thread();
            else
                free_all(NULL);
        }
}

static void wrong_sized_delete(void) {
    void (*sized_delete)(void *, size_t) = (void (*)(void *, size_t))dlsym(RTLD_DEFAULT, "_ZdlPvm");
    void *(*operator_new)(size_t) = (void *(*)(size_t))dlsym(RTLD_DEFAULT, "_Znwm");
    if (sized_delete == NULL || operator_new == NULL) SKIP("no operator delete in this process");
    for (int i = 0; i < SIZES; i++)
        for (size_t wrong = 1; wrong < (size_t)1 << 32; wrong *= 3)
            sized_delete(hide(operator_new(sizes[i])), wrong);
}

static void usable_size_written(void) {
    for (size_t size = 0; size < 300000; size = size < 1100 ? size + 1 : size * 17 / 16) {
        for (int i = 0; i < 16; i++) {
            blocks[i] = hide(malloc(size));
            memset(blocks[i], 0xff, malloc_usable_size(blocks[i]));
        }
        for (int i = 0; i < 16; i++) free(blocks[i]);
    }
}

/* Blocks that run over their end into a neighbour of the same program: its data suffers, the
   allocator must not, at the ends of pools and pages either. */
static void overflow_into_neighbours(void) {
    for (int i = 0; i < SIZES - 2; i++) {
        size_t size = sizes[i];
        enum { MANY = 3000 };
        static char *many[MANY];
        for (int k = 0; k < MANY; k++) EXPECT((many[k] = hide(malloc(size))) != NULL);
        for (int k = 0; k + 1 < MANY; k++) {
            /* Only where the 64 bytes behind belong to blocks of ours. */
            size_t gap = (size_t)(many[k + 1] - many[k]);
            if (gap == malloc_usable_size(many[k])) {
                size_t over = size < 64 ? size : 64;
                memset(many[k], 'A', gap + over);
            }
        }
        for (int k = 0; k < MANY; k++) free(many[k]);
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"freed-bytes", freed_bytes},
    {"freed-bytes-of-other-threads", freed_bytes_of_other_threads},
    {"addresses-in-live-blocks", addresses_in_live_blocks},
    {"wrong-sized-delete", wrong_sized_delete},
    {"usable-size-written", usable_size_written},
    {"overflow-into-neighbours", overflow_into_neighbours},
};

int main(int argc, char **argv) {
    int (*check)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "poolalloc_check");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (argc > 1 && strcmp(argv[1], "--list") == 0)
            puts(cases[i].name);
        else if (argc > 1 && strcmp(argv[1], cases[i].name) == 0) {
            cases[i].run();
            return check != NULL ? check() : 0;
        }
    }
    return argc > 1 && strcmp(argv[1], "--list") == 0 ? 0 : 2;
}
