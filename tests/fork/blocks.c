/* SPDX-License-Identifier: MIT */
#include "blocks.h"

#include <poolalloc.h>

#include "../support/expect.h"

const size_t sizes[SIZES] = {1,    8,    16,    100,   256,   500,   512,    520,     1000,    3000,
                             4096, 8192, 20000, 40000, 65536, 70000, 300000, 1 << 20, 40 << 20};

struct kept of_main, of_idle, of_ended, of_scenario;

NO_HOOK static size_t kept_size(int i) { return sizes[i % SIZES]; }

/* Memory in the first and the last bytes alone: children copy what they touch. */
NO_HOOK static void mark(char *block, size_t size) {
    block[0] = block[size - 1] = (char)(size * 7 + 1);
}
NO_HOOK static bool is_marked(const char *block, size_t size) {
    return block[0] == (char)(size * 7 + 1) && block[size - 1] == (char)(size * 7 + 1);
}

NO_HOOK char *take(size_t size) {
    char *block = poolalloc_malloc(size);
    EXPECT(block != NULL);
    mark(block, size);
    return block;
}

NO_HOOK void keep(struct kept *kept) {
    for (int i = 0; i < KEPT; i++) kept->blocks[i] = take(kept_size(i));
}

/* Forgotten first: a child does not free what its parent is just freeing. */
NO_HOOK static char *take_out(struct kept *kept, int i) {
    char *block = kept->blocks[i];
    kept->blocks[i] = NULL;
    EXPECT(block == NULL || is_marked(block, kept_size(i)));
    return block;
}

NO_HOOK void drop(struct kept *kept) {
    for (int i = 0; i < KEPT; i++) poolalloc_free(take_out(kept, i));
}

/* A block that moves keeps what is in it; large ones move by their pages. */
NO_HOOK void grow(struct kept *kept) {
    for (int i = 0; i < KEPT; i += 3) {
        char *block = take_out(kept, i);
        if (block == NULL) continue;
        block = poolalloc_realloc(block, kept_size(i) * 3);
        EXPECT(block != NULL && is_marked(block, kept_size(i)));
        poolalloc_free(block);
    }
}

NO_HOOK void use_all_sizes(int blocks_each) {
    enum { MOST = 8 };
    char *blocks[SIZES][MOST];
    EXPECT(blocks_each <= MOST);
    for (int s = 0; s < SIZES; s++)
        for (int i = 0; i < blocks_each; i++) blocks[s][i] = take(sizes[s]);
    for (int s = 0; s < SIZES; s++)
        for (int i = 0; i < blocks_each; i++) {
            EXPECT(is_marked(blocks[s][i], sizes[s]));
            poolalloc_free(blocks[s][i]);
        }
}
