/* SPDX-License-Identifier: MIT */
/* A small interpreter as a plugin: linked with libpoolobj, opened by host.c on whatever malloc that
   process has. */
#include <poolobj.h>
#include <poolval.h>

#include "../support/expect.h"

int plugin_run(unsigned rounds);
size_t plugin_idle_after_trim(void);

/* Lists and dictionaries, some in cycles, some strings. */
static void evaluate(poolval_space *space, unsigned number) {
    poolobj *list = poolval_list_new(space), *map = poolval_dict_new(space);
    EXPECT(list != NULL && map != NULL);
    for (unsigned i = 0; i < 200; i++) {
        poolobj *value = poolval_int_new(space, (int64_t)number * 1000 + i);
        poolobj *word = poolval_repr(space, value);
        EXPECT(word != NULL && poolval_list_append(space, list, value) == 0);
        EXPECT(poolval_dict_set(space, map, word, value) == 0);
        poolobj_decref(word);
        poolobj_decref(value);
    }
    EXPECT(poolval_list_append(space, list, map) == 0);
    if (number % 2 == 0) EXPECT(poolval_list_append(space, list, list) == 0);
    EXPECT(poolval_length(space, map) == 200);
    poolobj_decref(map);
    poolobj_decref(list);
}

/* One thread's interpreter, from its beginning to its end. */
int plugin_run(unsigned rounds) {
    poolobj_heap *heap = poolobj_heap_new();
    EXPECT(heap != NULL);
    poolval_space *space = poolval_space_new(heap, NULL);
    EXPECT(space != NULL);
    for (unsigned i = 0; i < rounds; i++) {
        evaluate(space, i);
        if (i % 50 == 0) poolobj_gc_collect(heap, 2);
    }
    poolobj_heap_check(heap);
    poolobj_heap_close(heap);
    return 0;
}

size_t plugin_idle_after_trim(void) {
    poolobj_memory_figures figures;
    poolobj_trim(0);
    poolobj_memory(&figures);
    EXPECT(figures.mapped >= figures.in_use && figures.metadata > 0);
    return figures.idle;
}
