// SPDX-License-Identifier: MIT
// objects.c - a program that is linked with libpoolobj: a list that holds itself is garbage.
#include <poolobj.h>
#include <poolval.h>
#include <stdio.h>

int main(void) {
    poolobj_heap *heap = poolobj_heap_new();
    poolval_space *space = poolval_space_new(heap, NULL);
    poolobj *list = poolval_list_new(space);
    if (list == NULL || poolval_list_append(space, list, list) != 0) return 1;
    poolobj_decref(list);
    printf("poolobj %s: %zu collected\n", poolobj_version(), poolobj_gc_collect(heap, 2));
    poolobj_heap_close(heap);
    return 0;
}
