/* SPDX-License-Identifier: MIT */
#include "object/free_list.h"

#include "base/check.h"

static bool empty(struct bin *bin) {
    bool any = bin->listed != NULL;
    while (bin->listed != NULL) {
        struct type_pool *pool;
        poolobj *block = free_list_take(bin, &pool);
        type_pool_put(pool, block);
    }
    return any;
}

static bool empty_type(poolobj_type *type) {
    if (type->bins == NULL) return empty(&type->bin);
    bool any = false;
    for (unsigned i = 0; i < BIN_CLASSES; i++)
        if (type->bins[i] != NULL && empty(type->bins[i])) any = true;
    return any;
}

bool free_list_empty_all(poolobj_heap *heap) {
    bool any = false;
    for (size_t i = 0; i < heap->type_count; i++)
        if (heap->types[i]->listed_max > 0 && empty_type(heap->types[i])) any = true;
    return any;
}

/* ---- Checks ---- */

static void check_bin(const struct bin *bin) {
    uint32_t length = 0, listed = 0;
    for (const poolobj *block = bin->listed; block != NULL; block = block_next(block), length++)
        CHECK(block->count == 0 && type_pool_of(block)->bin == bin);
    for (struct type_pool *pool = type_pool_first(bin->type); pool; pool = type_pool_next(pool))
        if (pool->bin == bin) listed += pool->listed;
    CHECK(length == bin->listed_count && length == listed && length <= bin->listed_max); /* F1 */
}

void free_list_check(const poolobj_heap *heap) {
    for (size_t i = 0; i < heap->type_count; i++) {
        const poolobj_type *type = heap->types[i];
        if (type->listed_max == 0) continue;
        if (type->bins == NULL) check_bin(&type->bin);
        for (unsigned b = 0; type->bins != NULL && b < BIN_CLASSES; b++)
            if (type->bins[b] != NULL) check_bin(type->bins[b]);
    }
}
