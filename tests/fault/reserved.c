/* SPDX-License-Identifier: MIT */
/*
 * reserved COUNT TIB [after] - the program reserves COUNT times TIB TiB of address space without
 * memory, before its first request or after some: blocks of all sizes are served as ever, keep what
 * is in them, and move as they grow.
 */
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../support/expect.h"
#include "../support/hide.h"

enum { SMALL = 20000, LARGE = 60, MAPPINGS = 100 };

static void reserve(int count, size_t tib) {
    for (int i = 0; i < count; i++) {
        void *place =
            mmap(NULL, tib << 40, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (place == MAP_FAILED) exit(77);
    }
}

static char *filled(size_t size, int byte) {
    char *block = hide(malloc(size));
    EXPECT(block != NULL);
    block[0] = block[size - 1] = (char)byte;
    return block;
}

static void expect_filled(const char *block, size_t size, int byte) {
    EXPECT(block[0] == (char)byte && block[size - 1] == (char)byte);
}

/* Each is to find a place of its own: there is no number of them after which none is left. */
static void hold_mappings(void) {
    char *mappings[MAPPINGS];
    for (int i = 0; i < MAPPINGS; i++) mappings[i] = filled(40 << 20, i);
    for (int i = 0; i < MAPPINGS; i++) expect_filled(mappings[i], 40 << 20, i), free(mappings[i]);
}

static long resident_kib(void) {
    char line[100] = {0};
    long all, resident;
    int file = open("/proc/self/statm", O_RDONLY);
    EXPECT(file >= 0 && read(file, line, sizeof line - 1) > 0);
    close(file);
    EXPECT(sscanf(line, "%ld %ld", &all, &resident) == 2);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Places are used again: each new one would cost a page or more of what the allocator knows about
   it. */
static void replace_mappings(void) {
    enum { HELD = 10, ROUNDS = 15000, GROWTH_KIB = 32 * 1024 };
    char *held[HELD] = {NULL};
    long before = resident_kib();
    for (int i = 0; i < ROUNDS; i++) {
        free(held[i % HELD]);
        held[i % HELD] = filled((size_t)(33 + i % 50) << 20, i);
    }
    for (int i = 0; i < HELD; i++) free(held[i]);
    EXPECT(resident_kib() < before + GROWTH_KIB);
}

/* Some 200 MiB below 64 KiB, 60 MiB of extents, and mappings, of which one grows. */
static void *use(void *unused) {
    static const size_t sizes[] = {16, 500, 3000, 40000};
    static __thread char *small[SMALL], *large[LARGE];
    for (int i = 0; i < SMALL; i++) small[i] = filled(sizes[i % 4], i);
    for (int i = 0; i < LARGE; i++) large[i] = filled(i % 6 == 0 ? 40 << 20 : 1 << 20, i);
    char *grown = filled(1 << 20, 1);
    for (size_t size = 1 << 20; size < (size_t)400 << 20; size += size / 3) {
        grown = hide(realloc(grown, size + size / 3));
        EXPECT(grown != NULL && grown[0] == 1 && grown[(1 << 20) - 1] == 1);
    }
    free(grown);
    hold_mappings();
    for (int i = 0; i < SMALL; i++) expect_filled(small[i], sizes[i % 4], i), free(small[i]);
    for (int i = 0; i < LARGE; i++)
        expect_filled(large[i], i % 6 == 0 ? 40 << 20 : 1 << 20, i), free(large[i]);
    return unused;
}

int main(int count, char **arguments) {
    EXPECT(count >= 3);
    if (count > 3) use(NULL);
    reserve(atoi(arguments[1]), strtoul(arguments[2], NULL, 10));
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, use, NULL) == 0);
    use(NULL);
    EXPECT(pthread_join(thread, NULL) == 0);
    replace_mappings();
    return 0;
}
