/* SPDX-License-Identifier: MIT */
/* counts.c - when a count goes up, when it goes down, and what happens at 0. */
#include "list.h"

static void show(const char *what, struct list *list) {
    printf("%-28s %d\n", what, (int)poolobj_refcount(list));
}

/* A borrowed argument: the caller holds the object for as long as the call takes. */
static void borrow(struct list *list) { show("in a function", list); }

int main(void) {
    poolobj_heap *heap = poolobj_heap_new();
    poolobj_type *type = list_type(heap);

    struct list *a = list_new(type, "a");
    show("a = []", a);
    borrow(a);

    struct list *b = a;
    poolobj_incref(b); /* a second variable, a second reference */
    show("b = a", a);

    struct list *c = list_new(type, "c");
    list_append(c, a); /* a container holds what is in it */
    show("c.append(a)", a);

    poolobj_clear(&b); /* the variable is NULL now */
    show("del b", a);
    poolobj_decref(c); /* the last reference to c: c goes, and drops what it holds */
    show("del c", a);
    printf("lists that live: %zu\n", poolobj_count(type));

    poolobj_decref(a);
    printf("after del a:     %zu\n", poolobj_count(type));
    poolobj_heap_close(heap);
    return 0;
}
