/* SPDX-License-Identifier: MIT */
/*
 * Takes blocks of 1 MiB until malloc returns NULL, twice. Prints how many there were, errno's name,
 * and whether the second time was like the first, with small blocks and growing ones in between.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/expect.h"
#include "../support/hide.h"

enum { MOST = 1000 };

static void *blocks[MOST];

static int fill(size_t size, int most) {
    int count = 0;
    errno = 0;
    while (count < most && (blocks[count] = hide(malloc(size))) != NULL) count++;
    return count;
}

static void empty(int count) {
    while (count > 0) free(blocks[--count]);
}

int main(void) {
    int first = fill(1 << 20, MOST);
    const char *name = errno == ENOMEM ? "ENOMEM" : "none";
    empty(first);
    void *growing = NULL, *grown;
    size_t size = 1 << 20;
    while ((grown = hide(realloc(growing, size))) != NULL) growing = grown, size += 1 << 20;
    EXPECT(size >> 20 >= (size_t)first / 3); /* moving takes room for both */
    free(growing);
    empty(fill(200, MOST)); /* small ones go on as ever */
    int second = fill(1 << 20, MOST);
    empty(second);
    printf("%d %s %s\n", first, name, second >= first - 2 ? "again" : "less");
    return 0;
}
