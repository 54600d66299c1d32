/* SPDX-License-Identifier: MIT */
/* cycle.c - two lists that refer to each other: counts do not fall to 0, the collector finds them.
 */
#include "list.h"

int main(void) {
    poolobj_heap *heap = poolobj_heap_new();
    poolobj_type *type = list_type(heap);

    struct list *a = list_new(type, "a"), *b = list_new(type, "b");
    list_append(a, b);
    list_append(b, a);
    printf("a.append(b), b.append(a)   a: %d  b: %d\n", (int)poolobj_refcount(a),
           (int)poolobj_refcount(b));

    poolobj_decref(a);
    poolobj_decref(b);
    /* No variable of the program refers to them any more; the program must not use them. */
    printf("del a, del b               lists that live: %zu\n", poolobj_count(type));

    size_t found = poolobj_gc_collect(heap, 2);
    printf("collect() finds %zu          lists that live: %zu\n", found, poolobj_count(type));
    poolobj_heap_close(heap);
    return 0;
}
