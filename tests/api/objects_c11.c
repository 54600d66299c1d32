/* SPDX-License-Identifier: MIT */
/* poolobj.h included first and alone in C11, with designated initialisers as programs write them;
   objects_test calls this. */
#include <poolobj.h>

int objects_work_in_c11(void);

struct pair {
    poolobj base;
    struct pair *left, *right;
};

int objects_work_in_c11(void) {
    static const size_t refs[] = {offsetof(struct pair, left), offsetof(struct pair, right),
                                  POOLOBJ_END};
    const poolobj_typespec spec = {.name = "pair", .size = sizeof(struct pair), .refs = refs};
    poolobj_heap *heap = poolobj_heap_new();
    poolobj_type *type = poolobj_type_new(heap, &spec);
    struct pair *a = poolobj_new(type), *b = poolobj_new(type);
    poolobj_set(&a->left, b);
    poolobj_set(&b->right, a);
    poolobj_incref(a);
    int counts = poolobj_refcount(a) == 3 && poolobj_refcount(b) == 2;
    poolobj_decref(a);
    poolobj_decref(a);
    poolobj_decref(b);
    size_t found = poolobj_gc_collect(heap, 2);
    poolobj_heap_close(heap);
    return counts && found == 2 ? 0 : 1;
}
