/* SPDX-License-Identifier: MIT */
/* poolval.h included first and alone in C11; values_test calls this. */
#include <poolval.h>

int values_work_in_c11(void);

int values_work_in_c11(void) {
    poolval_options options = POOLVAL_DEFAULTS;
    options.small_max = 1023;
    poolobj_heap *heap = poolobj_heap_new();
    poolval_space *space = poolval_space_new(heap, &options);
    poolobj *list = poolval_list_new(space), *word = poolval_str_new(space, "spam");
    poolobj *number = poolval_int_new(space, 1023);
    int good = poolval_list_append(space, list, word) == 0 &&
               poolval_list_append(space, list, number) == 0;
    poolobj *text = poolval_repr(space, list);
    good = good && strcmp(poolval_str_utf8(space, text, NULL), "['spam', 1023]") == 0;
    good = good && poolobj_refcount(word) == 2 && poolobj_refcount(number) == INT32_MAX;
    good = good && poolval_list_get(space, list, 2) == NULL &&
           poolval_error(space) == POOLVAL_ERR_INDEX;
    poolobj_decref(text);
    poolobj_decref(word);
    poolobj_decref(list);
    poolobj_heap_close(heap);
    return good ? 0 : 1;
}
