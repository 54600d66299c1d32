/* SPDX-License-Identifier: MIT */
#include "object/verify.h"

#include "base/check.h"
#include "base/text.h"
#include "object/root.h"
#include "object/round.h"

struct search {
    const poolobj *object;
    size_t bytes;
    poolobj *const *slot;
    bool found;
};

/* A `traverse` may report a copy of the field: then the value has to do. */
static void look_for_slot(poolobj *const *slots, size_t count, void *arg) {
    struct search *search = (struct search *)arg;
    uintptr_t start = (uintptr_t)search->object;
    for (size_t i = 0; i < count; i++) {
        bool inside = (uintptr_t)&slots[i] - start < search->bytes;
        if (inside ? &slots[i] == search->slot : slots[i] == *search->slot) search->found = true;
    }
}

__attribute__((noreturn)) static void fail_references(const poolobj_type *type,
                                                      const poolobj *object, const char *what,
                                                      size_t where, const char *advice) {
    struct text text;
    text_begin(&text, -1);
    text_add(&text, "type ");
    text_add(&text, object_heap_type_name(type));
    text_add(&text, ": ");
    text_add(&text, advice);
    text_add_bytes(&text, "", 1);
    fail_argument("poolobj_gc_collect: object", (uintptr_t)object, what, where, text.buffer);
}

/* What is reported must be held: a living object of the same heap. */
static void check_reported(poolobj *const *slots, size_t count, void *arg) {
    const struct search *search = (const struct search *)arg;
    const poolobj_type *type = object_type(search->object);
    for (size_t i = 0; i < count; i++) {
        if (slots[i] == NULL) continue;
        const struct type_pool *to = type_pool_find((uintptr_t)slots[i]);
        if (to != NULL && (to->type->heap == type->heap || to->type->heap->shared)) continue;
        size_t offset = (uintptr_t)&slots[i] - (uintptr_t)search->object;
        bool inside = offset < search->bytes;
        fail_references(
            type, search->object,
            inside ? "a reported reference to no object of its heap at offset"
                   : "a reported reference to no object of its heap in another place, index",
            inside ? offset : i, "it was dropped, never counted, or is no poolobj");
    }
}

static void verify_object(const struct type_pool *pool, poolobj *object) {
    ASSERT(type_pool_is_object(object));
    size_t bytes = object_bytes(pool);
    struct search own = {object, bytes, NULL, false};
    object_references(pool->type, pool, object, check_reported, &own);
    for (size_t offset = sizeof(poolobj); offset + sizeof(poolobj *) <= bytes; offset += 8) {
        poolobj *const *slot = (poolobj *const *)(void *)((char *)object + offset);
        const struct type_pool *to = type_pool_find((uintptr_t)*slot);
        if (to == NULL || to->type->heap != pool->type->heap) continue;
        struct search search = {object, bytes, slot, false};
        object_references(pool->type, pool, object, look_for_slot, &search);
        if (!search.found)
            fail_references(pool->type, object, "an unreported reference at offset", offset,
                            "put the offset into refs, or report the field in traverse");
    }
}

/* What a round has condemned may refer to what has gone already. */
static void verify_pool(struct type_pool *pool) {
    ASSERT(!(pool->type->flags & POOLOBJ_BORROWS));
    const poolobj_heap *heap = pool->type->heap;
    for (uint32_t i = 0; i < pool->capacity; i++) {
        poolobj *block = type_pool_block(pool, i);
        if (type_pool_is_object(block) && !round_has_condemned(heap, block))
            verify_object(pool, block);
    }
}

void verify_chain(struct type_pool *chain) {
    for (; chain != NULL; chain = chain->next_work)
        if (!(chain->type->flags & POOLOBJ_BORROWS)) verify_pool(chain);
}

static void check_root(poolobj *const *slots, size_t count, void *arg) {
    const poolobj_heap *heap = (const poolobj_heap *)arg;
    for (size_t i = 0; i < count; i++) {
        if (slots[i] == NULL) continue;
        const struct type_pool *to = type_pool_find((uintptr_t)slots[i]);
        if (to == NULL || to->type->heap != heap)
            fail_call("poolobj_gc_collect:", "a root that holds no living object of its heap",
                      (uintptr_t)&slots[i], "its reference was dropped, or it has ended");
    }
}

void verify_roots(const poolobj_heap *heap) {
    root_each(&heap->roots, check_root, (void *)(uintptr_t)heap);
}
