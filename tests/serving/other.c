/* SPDX-License-Identifier: MIT */
/* A malloc that is none of ours and has nothing but the four functions that all have. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 64 << 20, HEADER = 16 };
static _Alignas(16) char room[ROOM];
static size_t used;

void *malloc(size_t size) {
    size_t at = __atomic_fetch_add(&used, HEADER + (size + 15) / 16 * 16, __ATOMIC_RELAXED);
    if (at > ROOM - HEADER || size > ROOM - HEADER - at) return NULL;
    memcpy(room + at, &size, sizeof size);
    return room + at + HEADER;
}

void *calloc(size_t count, size_t size) {
    size_t total;
    return __builtin_mul_overflow(count, size, &total) ? NULL : malloc(total); /* never reused */
}

void *realloc(void *block, size_t size) {
    size_t old = 0;
    void *moved = malloc(size);
    if (block != NULL) memcpy(&old, (char *)block - HEADER, sizeof old);
    if (moved != NULL && block != NULL) memcpy(moved, block, old < size ? old : size);
    return moved;
}

void free(void *block) { (void)block; }
