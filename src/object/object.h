/* SPDX-License-Identifier: MIT */
/*
 * object.h - birth and death of objects, and the references between.
 *
 * The states of a header, told by count and flags:
 *   free      count 0
 *   live      count > 0, or IMMORTAL
 *   dying     flag DYING, the two top bits of the count set: its last reference is dropped and it
 *             waits in a chain to be taken apart. What else the header held is the link of the
 *             chain; the type is that of the pool
 *
 * So incref and decref leave their fast path by the one comparison they make where an object is not
 * live, or immortal, and a chain of deaths of any length needs no memory. The count of the last in
 * a chain, which links to nothing, is IMMORTAL: incref and decref leave that one as it is.
 *
 * Order of deaths: an object's finalizer, then all its references are dropped, then what dies of
 * that, fields in their order (those of `traverse` in any) and each with all that dies of it in
 * turn. Only inside of DEPTH_MAX finalizers and callbacks of each other, counted anew in a
 * collection, are deaths put off until the outermost has returned.
 *
 * Deaths in slices: with POOLOBJ_GC_SLICED what a dropped reference ends is taken apart for
 * SLICE_NS, and the rest of the chain waits. It goes on with each further death, in front of which
 * that is put, and with births: each SLICE_BIRTHS of them end SLICE_DEATHS others, so that the heap
 * shrinks while it is used.
 */
#ifndef POOLALLOC_OBJECT_OBJECT_H
#define POOLALLOC_OBJECT_OBJECT_H

#include "object/free_list.h"

/* Far from both ends of the negative numbers, as the inline decref looks at count - 1. */
#define IMMORTAL POOLOBJ_IMMORTAL
static_assert(IMMORTAL == INT32_MIN / 2, "half way between the ends");

enum { DEPTH_MAX = 50, SLICE_NS = 1000000, SLICE_BIRTHS = 64, SLICE_DEATHS = 1024 };
/* Deaths between two looks at the clock, and so the fewest that go on at once. */
enum { SLICE_LEAST = 256 };

#ifdef __cplusplus
extern "C" {
#endif

/* An object with `items` items, when it is large or nothing is at hand; NULL: no memory, or too
   large. */
void *object_new_items_slow(poolobj_type *type, size_t items);
/* An object without items, when it is large or nothing is at hand; NULL: no memory. */
void *object_new_slow(poolobj_type *type);
/* Takes an object apart whose last reference was dropped, and all that dies with it. */
void object_die(poolobj *object);
/* Takes the objects of a chain apart, and all that dies with them. */
void object_die_chain(poolobj_heap *heap, poolobj *chain);
/* Takes `count` objects apart, of a chain and of what dies with it; returns the chain that is left.
 */
poolobj *object_die_some(poolobj_heap *heap, poolobj *chain, unsigned count);
/* Goes on with the deaths that wait, until `until` of os_clock_ns, with SLICE_LEAST at least. True:
   some are left. */
bool object_die_until(poolobj_heap *heap, uint64_t until);
/* Ends all the objects whose deaths wait. */
void object_die_all(poolobj_heap *heap);
/* Runs the finalizer of a live object if it is due, with a reference held meanwhile; the object may
   be gone afterwards. */
void object_finalize(poolobj *object);
/* Bytes of the object's block. */
size_t object_bytes(const struct type_pool *pool);

static inline poolobj_type *object_type(const poolobj *object) { return ledger_pool(object)->type; }
static inline poolobj_heap *object_heap(const poolobj *object) { return object_type(object)->heap; }

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
    for (size_t i = 0; i < type->ref_count; i++) visit(object_field(object, type->refs[i]), 1, arg);
    if (type->has_items)
        visit(object_field(object, type->size),
              (object_bytes(pool) - type->size) / sizeof(poolobj *), arg);
    if (unlikely(type->traverse != NULL)) type->traverse(object, visit, arg);
}

/* ---- Chains of the dying ---- */

/* Where the members of a header lie in the word that it is. */
enum { HEADER_TYPE_SHIFT = 32, HEADER_FLAGS_SHIFT = 48, LINK_LOW_BITS = 30 };
static_assert(offsetof(poolobj, type) * 8 == HEADER_TYPE_SHIFT &&
                  offsetof(poolobj, flags) * 8 == HEADER_FLAGS_SHIFT && sizeof(poolobj) == 8,
              "on machines whose lowest byte comes first");
static_assert(LINK_LOW_BITS + HEADER_FLAGS_SHIFT - HEADER_TYPE_SHIFT + 3 >= 48,
              "a link has all bits of an address");

/* The link is an address in units of 8 bytes: 30 bits in the count, the rest in the type. */
static inline void object_set_link(poolobj *object, const poolobj *next) {
    ASSERT((uintptr_t)next % 8 == 0);
    uint64_t link = (uintptr_t)next >> 3, low = ((uint64_t)1 << LINK_LOW_BITS) - 1;
    uint64_t header = UINT64_C(3) << LINK_LOW_BITS | (link & low);
    header |= link >> LINK_LOW_BITS << HEADER_TYPE_SHIFT;
    header |= (uint64_t)(object->flags | DYING) << HEADER_FLAGS_SHIFT;
    memcpy(object, &header, sizeof header);
}
static inline poolobj *object_link(const poolobj *object) {
    ASSERT(object->flags & DYING);
    uint64_t header, low = ((uint64_t)1 << LINK_LOW_BITS) - 1;
    memcpy(&header, object, sizeof header);
    uint64_t high = header >> HEADER_TYPE_SHIFT & UINT16_MAX;
    return (poolobj *)(uintptr_t)((high << LINK_LOW_BITS | (header & low)) << 3);
}

/* Drops a reference. Returns the chain; an object that dies of it is its first. */
ALWAYS_INLINE poolobj *object_drop(poolobj *object, poolobj *chain) {
    int32_t count = (int32_t)((uint32_t)object->count - 1);
    if (unlikely(count < 0)) {
        if (object->count != IMMORTAL) poolobj_decref_slow(object);
        return chain;
    }
    if (count > 0) {
        object->count = count;
        return chain;
    }
    object_set_link(object, chain);
    return object;
}

/* ---- Birth ---- */

ALWAYS_INLINE void *object_init_header(const poolobj_type *type, poolobj *block) {
    uint64_t header = object_heap_type_header(type);
    memcpy(block, &header, sizeof header);
    return block;
}

ALWAYS_INLINE void *object_init(const poolobj_type *type, poolobj *block, size_t bytes) {
    ASSERT(bytes >= BLOCK_MIN && bytes % 8 == 0);
    char *payload = (char *)(block + 1);
    object_init_header(type, block);
    memset(payload, 0, 8); /* BLOCK_MIN */
    /* Where the compiler knows the size, memset becomes a few wide stores; the loop would stay one.
     */
    if (__builtin_constant_p(bytes))
        memset(payload, 0, bytes - sizeof *block);
    else if (likely(bytes <= 64))
        for (size_t at = 8; at < bytes - sizeof *block; at += 8) memset(payload + at, 0, 8);
    else
        memset(payload, 0, bytes - sizeof *block);
    return block;
}

/* An object without items, of a block of `bytes`; NULL: no memory. */
ALWAYS_INLINE void *object_new_sized(poolobj_type *type, size_t bytes) {
    poolobj *block = type->bin.free;
    if (unlikely(block == NULL)) return object_new_slow(type);
    type->bin.free = type_pool_next_free(block);
    return object_init(type, block, bytes);
}
ALWAYS_INLINE void *object_new(poolobj_type *type) {
    return object_new_sized(type, type->bin.stride);
}

/* Takes the latest block of a free list that is not empty. */
ALWAYS_INLINE poolobj *object_take_listed(struct bin *bin) {
    struct type_pool *pool;
    poolobj *block = free_list_take(bin, &pool);
    if (!pool->current) type_pool_note_young(pool); /* a current one always is with the young */
    return block;
}

/* An object without items, of a block of `bytes`, of a type that may have a free list; NULL: no
   memory. */
ALWAYS_INLINE void *object_new_kept(poolobj_type *type, size_t bytes) {
    ASSERT(!type->itemized && !type->freed);
    if (type->bin.listed == NULL) return object_new_sized(type, bytes);
    return object_init(type, object_take_listed(&type->bin), bytes);
}

/* An object with `items` items; NULL: no memory, or too large. Unless it is zeroed, who makes it
   writes all of it before anybody else may see it. */
ALWAYS_INLINE void *object_new_items_of(poolobj_type *type, size_t items, bool zeroed) {
    if (unlikely(!type->itemized || items > EXACT_MAX)) return object_new_items_slow(type, items);
    size_t bytes = type->size + items * type->items.item_size;
    if (unlikely(bytes > EXACT_MAX)) return object_new_items_slow(type, items);
    struct bin *bin = type->items.bins[align_up(size_max(bytes, BLOCK_MIN), 8) / 8];
    if (unlikely(bin == NULL)) return object_new_items_slow(type, items);
    poolobj *block = bin->listed;
    if (block != NULL) {
        object_take_listed(bin);
    } else {
        block = bin->free;
        if (unlikely(block == NULL)) return object_new_items_slow(type, items);
        bin->free = type_pool_next_free(block);
    }
    return zeroed ? object_init(type, block, bin->stride) : object_init_header(type, block);
}
ALWAYS_INLINE void *object_new_items(poolobj_type *type, size_t items) {
    return object_new_items_of(type, items, true);
}

#ifdef __cplusplus
}
#endif

#endif
