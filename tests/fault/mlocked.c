/* SPDX-License-Identifier: MIT */
/* All memory locked: madvise(MADV_DONTNEED) then fails with EINVAL and clears nothing, so calloc
   may not take purged memory for zero. */
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../support/expect.h"
#include "../support/hide.h"

enum { BLOCKS = 200 };

static int is_zero(const char *block, size_t size) {
    return size == 0 || (block[0] == 0 && memcmp(block, block + 1, size - 1) == 0);
}

static void dirty_then_calloc(size_t size, int count) {
    static char *blocks[BLOCKS];
    for (int i = 0; i < count; i++) {
        EXPECT((blocks[i] = hide(malloc(size))) != NULL);
        memset(blocks[i], 0xff, malloc_usable_size(blocks[i]));
    }
    for (int i = 0; i < count; i++) {
        errno = 4321;
        free(blocks[i]);
        EXPECT(errno == 4321);
    }
    malloc_trim(0);
    for (int i = 0; i < count; i++) {
        EXPECT((blocks[i] = hide(calloc(1, size))) != NULL);
        EXPECT(is_zero(blocks[i], size));
    }
    for (int i = 0; i < count; i++) free(blocks[i]);
}

int main(void) {
    static const size_t sizes[] = {16,    100,   512,    600,     4096,
                                   20000, 70000, 300000, 2 << 20, 20 << 20};
    alarm(58);
    free(hide(malloc(1000)));
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) SKIP("this user may not lock memory");
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            dirty_then_calloc(sizes[i], sizes[i] > 100000 ? 5 : BLOCKS);
        if (round == 1) usleep(1200000); /* so that memory is old enough to be purged by age */
    }
    munlockall();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) dirty_then_calloc(sizes[i], 5);
    return 0;
}
