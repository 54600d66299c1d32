/* SPDX-License-Identifier: MIT */
/* generations.c - the collector runs by itself, the young often, the old seldom. */
#include "list.h"

static void tell(poolobj_heap *heap, const poolobj_gc_info *info, void *arg) {
    int *collections = arg;
    (void)heap;
    if (info->phase == POOLOBJ_GC_STOP) collections[info->generation]++;
}

static void print_counts(poolobj_heap *heap, const char *when) {
    int counts[3];
    poolobj_gc_get_count(heap, counts);
    printf("%-42s (%d, %d, %d)\n", when, counts[0], counts[1], counts[2]);
}

int main(void) {
    int collections[3] = {0}, thresholds[3];
    poolobj_heap *heap = poolobj_heap_new();
    poolobj_type *type = list_type(heap);
    poolobj_gc_set_callback(heap, tell, collections);
    poolobj_gc_set_threshold(heap, 700, 10, 10);
    poolobj_gc_get_threshold(heap, thresholds);
    printf("thresholds %d, %d, %d\n", thresholds[0], thresholds[1], thresholds[2]);

    struct list *all = list_new(type, "all");
    print_counts(heap, "one list made:");
    for (int i = 0; i < 1000; i++) poolobj_decref(list_new(type, "short-lived"));
    print_counts(heap, "1000 more that went at once:");
    for (int i = 0; i < 699; i++) list_append(all, list_new(type, "kept"));
    print_counts(heap, "699 that stay:");
    list_append(all, list_new(type, "kept"));
    print_counts(heap, "one more, and generation 0 was collected:");

    for (int i = 0; i < 99299; i++) list_append(all, list_new(type, "kept"));
    printf("100000 lists: generation 0 was collected %d times, 1 %d times, 2 %d times\n",
           collections[0], collections[1], collections[2]);

    /* By hand, enabled or not: */
    poolobj_gc_disable(heap);
    printf("enabled: %d; collect(2) finds %zu\n", poolobj_gc_is_enabled(heap),
           poolobj_gc_collect(heap, 2));
    print_counts(heap, "afterwards:");
    poolobj_gc_set_callback(heap, NULL, NULL);
    poolobj_heap_close(heap);
    return 0;
}
