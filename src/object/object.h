/* SPDX-License-Identifier: MIT */
/*
 * object.h - birth and death of objects, and the references between.
 *
 * The states of a header, told by count and flags:
 *   free      count 0
 *   live      count > 0, or IMMORTAL
 *   dying     flag DYING, the two top bits of the count set: its last reference is dropped and it waits
 *             in a chain to be taken apart. What else the header held is the link of the chain; the
 *             type is that of the pool.
 * So incref and decref of an object that is not live, and of an immortal one, end up in their slow
 * halves by the one comparison they make, and a chain of deaths of any length needs no memory.
 *
 * Order of deaths: an object's finalizer, then all its references are dropped, then what dies of
 * that, fields in their order and each with all that dies of it in turn. Only inside of DEPTH_MAX
 * finalizers and callbacks of each other are deaths put off until the outermost has returned.
 */
#ifndef POOLALLOC_OBJECT_OBJECT_H
#define POOLALLOC_OBJECT_OBJECT_H

#include "object/type_pool.h"

/* Far from both ends of the negative numbers, as the inline decref looks at count - 1. */
#define IMMORTAL (INT32_MIN / 2)

enum { DEPTH_MAX = 50 };

#ifdef __cplusplus
extern "C" {
#endif

/* An object with `items` items; NULL: no memory, or too large. */
void *object_new_items(poolobj_type *type, size_t items);
/* The same without items, when the bin has nothing at hand. */
void *object_new_slow(poolobj_type *type);
/* Takes an object apart whose last reference was dropped, and all that dies with it. */
void object_die(poolobj *object);
/* The same for a chain made by object_drop. */
void object_die_chain(poolobj_heap *heap, poolobj *chain);
/* Runs the finalizer if it is due, with a reference held. True: the object lives on. */
bool object_finalize(poolobj_type *type, poolobj *object);
/* Bytes of the object's block. */
size_t object_bytes(const struct type_pool *pool);

static inline poolobj_type *object_type(const poolobj *object) {
    return type_pool_of(object)->type;
}
static inline poolobj_heap *object_heap(const poolobj *object) {
    return object_type(object)->heap;
}

/* ---- References ---- */

static inline poolobj *const *object_field(const poolobj *object, size_t offset) {
    return (poolobj *const *)(const void *)((const char *)object + offset);
}

/* Calls visit for all fields of an object; with a constant `visit` the loops are inlined. */
ALWAYS_INLINE void object_references(const poolobj_type *type, const struct type_pool *pool,
                                     poolobj *object, poolobj_visit visit, void *arg) {
    if (likely(type->is_pair)) {
        visit(object_field(object, type->pair[0]), 1, arg);
        visit(object_field(object, type->pair[1]), 1, arg);
        return;
    }
    for (size_t i = 0; i < type->ref_count; i++)
        visit(object_field(object, type->refs[i]), 1, arg);
    if (type->has_items)
        visit(object_field(object, type->size),
              (object_bytes(pool) - type->size) / sizeof(poolobj *), arg);
    if (unlikely(type->traverse != NULL)) type->traverse(object, visit, arg);
}

/* ---- Chains of the dying ---- */

/* The address in units of 8 bytes, in 30 bits of the count and the 16 of the type. */
static inline void object_set_link(poolobj *object, const poolobj *next) {
    uint64_t link = (uintptr_t)next >> 3;
    object->count = (int32_t)((uint32_t)link | UINT32_C(0xc0000000));
    object->type = (uint16_t)(link >> 30);
    object->flags |= DYING;
}
static inline poolobj *object_link(const poolobj *object) {
    uint64_t low = (uint32_t)object->count & UINT32_C(0x3fffffff);
    return (poolobj *)((uintptr_t)(low | (uint64_t)object->type << 30) << 3);
}

struct chain {
    poolobj *first, *last;
};
static inline void chain_add(struct chain *chain, poolobj *object) {
    object_set_link(object, NULL);
    if (chain->first == NULL)
        chain->first = object;
    else
        object_set_link(chain->last, object);
    chain->last = object;
}
/* Puts the chain in front of another. */
static inline poolobj *chain_join(const struct chain *chain, poolobj *rest) {
    if (chain->first == NULL) return rest;
    object_set_link(chain->last, rest);
    return chain->first;
}

/* Drops a reference; an object that dies of it joins the chain. */
ALWAYS_INLINE void object_drop(poolobj *object, struct chain *chain) {
    int32_t count = (int32_t)((uint32_t)object->count - 1);
    if (likely(count > 0))
        object->count = count;
    else if (likely(count == 0))
        chain_add(chain, object);
    else
        poolobj_decref_slow(object);
}

/* ---- Birth ---- */

ALWAYS_INLINE void *object_init(const poolobj_type *type, poolobj *block, size_t bytes) {
    memcpy(block, &type->header, sizeof *block);
    uint64_t *word = (uint64_t *)(void *)(block + 1);
    if (likely(bytes <= 64))
        for (uint64_t *end = (uint64_t *)(void *)((char *)block + bytes); word < end; word++)
            *word = 0;
    else
        memset(word, 0, bytes - sizeof *block);
    return block;
}

/* An object without items; NULL: no memory. */
ALWAYS_INLINE void *object_new(poolobj_type *type) {
    poolobj *block = type->bin.free;
    if (unlikely(block == NULL)) return object_new_slow(type);
    type->bin.free = block_next(block);
    return object_init(type, block, type->bin.stride);
}

#ifdef __cplusplus
}
#endif

#endif
