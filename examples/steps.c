/* SPDX-License-Identifier: MIT */
/*
 * steps.c - what the collector does, step by step, first with the two lists of cycle.c, then with a
 * third variable that holds the cycle. The steps are done here by hand, on copies; at the end the
 * collector itself is asked.
 */
#include "list.h"

enum { MOST = 8 };

static struct {
    struct list *list[MOST];
    int copy[MOST]; /* of the counts */
    int reachable[MOST];
    int count;
} all;

static void add(poolobj *object, void *unused) {
    (void)unused;
    all.list[all.count++] = (struct list *)object;
}

static int index_of(const poolobj *object) {
    for (int i = 0; i < all.count; i++)
        if (&all.list[i]->base == object) return i;
    return -1;
}

static void print(const char *step) {
    printf("  %-34s", step);
    for (int i = 0; i < all.count; i++) printf(" %s:%d", all.list[i]->name, all.copy[i]);
    printf("\n");
}

/* Each reference between the lists takes one off the copy of the count it had added to. */
static void subtract(poolobj *const *slots, size_t count, void *unused) {
    (void)unused;
    for (size_t i = 0; i < count; i++) all.copy[index_of(slots[i])]--;
}

static void rescue(poolobj *const *slots, size_t count, void *unused) {
    (void)unused;
    for (size_t i = 0; i < count; i++) {
        int to = index_of(slots[i]);
        if (all.reachable[to]) continue;
        all.reachable[to] = 1;
        printf("  %s is rescued\n", all.list[to]->name);
        poolobj_references(all.list[to], rescue, NULL);
    }
}

static void explain(poolobj_heap *heap) {
    all.count = 0;
    poolobj_walk(heap, NULL, add, NULL);
    for (int i = 0; i < all.count; i++) {
        all.copy[i] = (int)poolobj_refcount(all.list[i]);
        all.reachable[i] = 0;
    }
    print("1. the counts are copied:");
    for (int i = 0; i < all.count; i++) {
        poolobj_references(all.list[i], subtract, NULL);
        char step[64];
        snprintf(step, sizeof step, "2. less what %s refers to:", all.list[i]->name);
        print(step);
    }
    printf("  3. who has any left is referred to from outside\n");
    for (int i = 0; i < all.count; i++) {
        if (all.copy[i] == 0 || all.reachable[i]) continue;
        all.reachable[i] = 1;
        printf("  %s is reachable\n", all.list[i]->name);
        poolobj_references(all.list[i], rescue, NULL);
    }
    for (int i = 0; i < all.count; i++)
        if (!all.reachable[i]) printf("  %s is unreachable\n", all.list[i]->name);
}

int main(void) {
    poolobj_heap *heap = poolobj_heap_new();
    poolobj_type *type = list_type(heap);
    struct list *a = list_new(type, "a"), *b = list_new(type, "b");
    list_append(a, b);
    list_append(b, a);
    struct list *c = a; /* a third variable */
    poolobj_incref(c);
    poolobj_decref(a);
    poolobj_decref(b);

    printf("a and b refer to each other, c refers to a; del a, del b:\n");
    explain(heap);
    printf("  collect() finds %zu\n\n", poolobj_gc_collect(heap, 2));

    poolobj_clear(&c);
    printf("del c:\n");
    explain(heap);
    printf("  collect() finds %zu\n", poolobj_gc_collect(heap, 2));
    poolobj_heap_close(heap);
    return 0;
}
