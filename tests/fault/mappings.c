/* SPDX-License-Identifier: MIT */
/*
 * The limit on the number of mappings (vm.max_map_count, 65,530 as a rule): when it is reached, an
 * munmap that would split a mapping fails. Blocks are allocated, the limit is reached with pages of
 * alternating access, and then every second block is freed: free must neither fail, nor lose the
 * memory, nor change errno.
 */
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "../support/expect.h"
#include "../support/hide.h"
#include "../support/memory.h"

enum { PAGE = 4096, BLOCKS = 100000, SIZES = 3, LARGE = 200 };

static const size_t sizes[SIZES] = {600, 8192, 300000};
static char *blocks[SIZES][BLOCKS];

static int count_of(int kind) { return sizes[kind] < 100000 ? BLOCKS : LARGE; }

static void allocate(int kind, int first, int step) {
    for (int i = first; i < count_of(kind); i += step) {
        EXPECT((blocks[kind][i] = hide(malloc(sizes[kind]))) != NULL);
        blocks[kind][i][0] = 0x2a;
    }
}

static void release(int kind, int first, int step) {
    for (int i = first; i < count_of(kind); i += step) {
        EXPECT(blocks[kind][i][0] == 0x2a);
        errno = 4321;
        free(blocks[kind][i]);
        EXPECT(errno == 4321);
    }
}

/* Alternating access keeps neighbouring pages from being one mapping. The limit is reached when
   mprotect cannot split any more. */
static size_t reach_limit(char **area, size_t size) {
    *area = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    EXPECT(*area != MAP_FAILED);
    size_t pages = 0;
    for (size_t at = PAGE; at < size; at += 2 * PAGE, pages++)
        if (mprotect(*area + at, PAGE, PROT_READ) != 0) break;
    return pages;
}

int main(void) {
    size_t size = (size_t)200000 * PAGE;
    char *area;
    alarm(58);
    for (int kind = 0; kind < SIZES; kind++) allocate(kind, 0, 1);
    if (reach_limit(&area, size) > 90000) SKIP("vm.max_map_count is too high to be reached");
    for (int kind = 0; kind < SIZES; kind++) release(kind, 0, 2);
    malloc_trim(0);
    /* What was freed must be there to be used again: no new mapping can be had. */
    for (int kind = 0; kind < 2; kind++) allocate(kind, 0, 4);
    errno = 0;
    void *huge = hide(malloc((size_t)1 << 30));
    EXPECT(huge != NULL || errno == ENOMEM);
    free(huge);
    for (int kind = 0; kind < 2; kind++) release(kind, 0, 4);
    EXPECT(munmap(area, size) == 0);
    for (int kind = 0; kind < SIZES; kind++) release(kind, 1, 2);
    malloc_trim(0);
    for (int kind = 0; kind < SIZES; kind++) {
        allocate(kind, 0, 1);
        release(kind, 0, 1);
    }
    malloc_trim(0);
    EXPECT(memory_resident() < 100ul << 20);
    return 0;
}
