// SPDX-License-Identifier: MIT
// served.c - a program that is linked with libpoolalloc: malloc is poolalloc's.
#include <poolalloc.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    void *block = malloc(1000);
    if (block == NULL) return 1;
    printf("poolalloc %s: room for %zu bytes\n", poolalloc_version(), poolalloc_usable_size(block));
    free(block);
    return 0;
}
