/* SPDX-License-Identifier: MIT */
/* heap_treat: a heap whose blocks are treated (treat.h). */
#include "heap/heap.h"

#include "heap/treat.h"

void heap_begin_treat(struct heap *heap) {
    heap_set_bare(heap, true);
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        struct link *list = &heap->partial[c];
        for (struct link *at = list->next; at != list; at = at->next)
            treat_clear_spare(link_owner(at, struct pool, link));
    }
}
