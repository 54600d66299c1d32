/* SPDX-License-Identifier: MIT */
/* How the room of a list grows by the two rules, as bench/report draws it: a line for each
   length at which one of them makes more room. */
#include <poolval.h>
#include <stdio.h>
#include <stdlib.h>

enum { LENGTH = 100 };

static void append(poolval_space *space, poolobj *list) {
    if (poolval_list_append(space, list, poolval_none(space)) < 0) {
        puts(poolval_error_message(space));
        exit(1);
    }
}

int main(void) {
    poolobj_heap *heap = poolobj_heap_new();
    poolval_space *space = poolval_space_new(heap, NULL);
    poolobj *present = poolval_list_new(space), *classic = poolval_list_new(space);
    long last[2] = {-1, -1};
    puts("length present classic");
    for (int length = 0; length <= LENGTH; length++) {
        long room[2] = {poolval_list_room(space, present), poolval_list_room(space, classic)};
        if (room[0] != last[0] || room[1] != last[1])
            printf("%6d %7ld %7ld\n", length, room[0], room[1]);
        last[0] = room[0], last[1] = room[1];
        poolval_set_list_growth(space, POOLVAL_GROWTH_PRESENT);
        append(space, present);
        poolval_set_list_growth(space, POOLVAL_GROWTH_CLASSIC);
        append(space, classic);
    }
    poolobj_decref(present);
    poolobj_decref(classic);
    poolobj_heap_close(heap);
    return 0;
}
