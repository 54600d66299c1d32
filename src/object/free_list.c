/* SPDX-License-Identifier: MIT */
#include "object/free_list.h"

#include "base/check.h"

static bool empty(struct bin *bin) {
    ASSERT(bin->listed == NULL || bin->listed_count > 0);
    bool any = bin->listed != NULL;
    while (bin->listed != NULL) {
        struct type_pool *pool;
        poolobj *block = free_list_take(bin, &pool);
        type_pool_put(pool, block);
    }
    return any;
}

bool free_list_empty(poolobj_type *type) {
    if (!type->itemized) return empty(&type->bin);
    bool any = false;
    for (unsigned i = 0; i < BIN_CLASSES; i++)
        if (type->items.bins[i] != NULL && empty(type->items.bins[i])) any = true;
    return any;
}

bool free_list_empty_all(poolobj_heap *heap) {
    bool any = false;
    for (poolobj_type *type = object_heap_first_populated(heap), *next; type != NULL; type = next) {
        next = object_heap_next_populated(type);
        if (object_heap_listed_max(type) > 0 && free_list_empty(type)) any = true;
    }
    return any;
}

/* ---- Checks ---- */

static void check_bin(const struct bin *bin) {
    uint32_t length = 0, listed = 0;
    for (const poolobj *block = bin->listed; block != NULL;
         block = type_pool_next_free(block), length++)
        CHECK(block->count == 0 && ledger_pool(block)->bin == bin);
    for (struct type_pool *pool = type_pool_first(bin->type); pool; pool = type_pool_next(pool))
        if (pool->bin == bin) listed += pool->listed;
    CHECK(length == bin->listed_count && length == listed && length <= bin->listed_max); /* F1 */
}

void free_list_check(const poolobj_heap *heap) {
    for (const poolobj_type *type = object_heap_first_type(heap); type != NULL;
         type = object_heap_next_type(type)) {
        if (object_heap_listed_max(type) == 0) continue;
        if (!type->itemized) check_bin(&type->bin);
        for (unsigned b = 0; type->itemized && b < BIN_CLASSES; b++)
            if (type->items.bins[b] != NULL) check_bin(type->items.bins[b]);
    }
}
