/* SPDX-License-Identifier: MIT */
#include "heap/pool.h"

#include "base/check.h"
#include "heap/size_class.h"

void pool_set_owner(struct pool *pool, struct heap *heap) {
    ASSERT(pool_class(pool) > 0 && pool_class(pool) < CLASS_COUNT);
    union record *record = (union record *)pool;
    uintptr_t base = window_record_base(pool);
    uint8_t class_index = pool_class(pool);
    for (unsigned i = 0; i < size_classes[class_index].pools; i++) {
        uintptr_t at = base + (uintptr_t)i * POOL_SIZE;
        atomic_u8_store(&record[i].pool.class_index, class_index);
        atomic_u8_store(&record[i].pool.offset, (uint8_t)i);
        /* With the tag all of it is there: the child of a fork goes by tags. */
        atomic_u64_store_release(&record[i].pool.tag, heap ? tag_of_heap(at, heap) : 0);
    }
}
