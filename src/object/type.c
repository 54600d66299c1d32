/* SPDX-License-Identifier: MIT */
#include "object/type.h"

#include "base/check.h"
#include "object/free_list.h"

static_assert(sizeof(struct poolobj_type) + 16 <= 192, "a type of a short name without references");

enum { KNOWN_FLAGS = 7, REF_SIZE = sizeof(poolobj *) };

/* ---- Faults ---- */

static size_t refs_count(const size_t *refs) {
    size_t count = 0;
    while (refs != NULL && refs[count] != POOLOBJ_END) count++;
    return count;
}

static const char *ref_fault(const poolobj_typespec *spec, size_t index) {
    size_t offset = spec->refs[index];
    if (offset < sizeof(poolobj)) return "an offset in refs lies in the header";
    if (offset > spec->size - REF_SIZE) return "an offset in refs lies outside of the size";
    if (offset % REF_SIZE != 0) return "an offset in refs is no multiple of 8";
    for (size_t i = 0; i < index; i++)
        if (spec->refs[i] == offset) return "an offset is twice in refs";
    return NULL;
}

static size_t item_size(const poolobj_typespec *spec) {
    return spec->flags & POOLOBJ_ITEMS_ARE_REFS ? REF_SIZE : spec->item_size;
}

static const char *items_fault(const poolobj_typespec *spec) {
    if (spec->item_size > PTRDIFF_MAX) return "item_size is too large";
    if (!(spec->flags & POOLOBJ_ITEMS_ARE_REFS)) return NULL;
    if (spec->item_size != 0 && spec->item_size != REF_SIZE)
        return "items that are references have 8 bytes";
    return spec->size % REF_SIZE == 0 ? NULL : "size, where references begin, is no multiple of 8";
}

static const char *list_fault(const poolobj_typespec *spec) {
    size_t bytes;
    if (spec->free_items > 0 && spec->free_list == 0) return "free_items without free_list";
    if (spec->free_list == 0) return NULL;
    if (spec->free_list > UINT32_MAX) return "free_list is too large";
    if (spec->free_items > 0 && item_size(spec) == 0) return "free_items without items";
    if (__builtin_mul_overflow(spec->free_items, item_size(spec), &bytes) ||
        __builtin_add_overflow(bytes, spec->size, &bytes) || bytes > SHARED_MAX)
        return "objects above 2 KiB have no free list";
    return NULL;
}

const char *type_fault(const poolobj_typespec *spec) {
    if (spec->name == NULL) return "name is missing";
    if (spec->size < sizeof(poolobj)) return "size is smaller than the header";
    if (spec->size > UINT32_MAX) return "size is 4 GiB or more";
    if (spec->flags > KNOWN_FLAGS) return "flags has an unknown bit";
    for (size_t i = 0; spec->refs != NULL && spec->refs[i] != POOLOBJ_END; i++) {
        const char *fault = ref_fault(spec, i);
        if (fault != NULL) return fault;
    }
    const char *fault = items_fault(spec);
    return fault != NULL ? fault : list_fault(spec);
}

/* ---- Making ---- */

static char *copy_string(const char *string) {
    size_t size = strlen(string) + 1;
    char *copy = (char *)store_allocate(size);
    return copy != NULL ? (char *)memcpy(copy, string, size) : NULL;
}

/* The type with its offsets and its name. */
static poolobj_type *allocate_type(const poolobj_typespec *spec) {
    ASSERT(type_fault(spec) == NULL);
    const size_t count = refs_count(spec->refs), name = strlen(spec->name) + 1;
    poolobj_type *type =
        (poolobj_type *)store_allocate(sizeof *type + (count + 1) * sizeof type->refs[0] + name);
    if (type == NULL) return NULL;
    type->ref_count = (uint32_t)count;
    if (count > 0) memcpy(type->refs, spec->refs, count * sizeof type->refs[0]);
    type->refs[count] = POOLOBJ_END;
    memcpy(&type->refs[count + 1], spec->name, name);
    link_init(&type->pools);
    link_init(&type->of_heap);
    link_init(&type->populated);
    return type;
}

static bool copy_fields(poolobj_type *type, const poolobj_typespec *spec) {
    if (spec->fields == NULL) return true;
    const char **fields = (const char **)store_allocate((type->ref_count + 1) * sizeof fields[0]);
    type->extra->fields = fields;
    if (fields == NULL) return false;
    for (size_t i = 0; i < type->ref_count; i++)
        if (spec->fields[i] != NULL && !(fields[i] = copy_string(spec->fields[i]))) return false;
    return true;
}

static bool make_extra(poolobj_type *type, const poolobj_typespec *spec) {
    if (!spec->finalize && !spec->fields && !spec->free_data && spec->free_list == 0) return true;
    struct type_extra *extra = (struct type_extra *)store_allocate(sizeof *extra);
    type->extra = extra;
    if (extra == NULL) return false;
    extra->finalize = spec->finalize;
    extra->free_data = spec->free_data;
    extra->listed_max = (uint32_t)spec->free_list;
    if (spec->free_list > 0)
        extra->listed_stride =
            (uint32_t)type_pool_bin_stride(spec->size + spec->free_items * item_size(spec));
    return copy_fields(type, spec);
}

void *type_make_upper(poolobj_type *type, size_t size) {
    ASSERT(type->extra == NULL || type->extra->upper == NULL);
    if (type->extra == NULL) type->extra = (struct type_extra *)store_allocate(sizeof *type->extra);
    if (type->extra == NULL) return NULL;
    return type->extra->upper = store_allocate(size);
}

static bool make_bins(poolobj_type *type, const poolobj_typespec *spec) {
    if (!type->itemized) {
        type_pool_init_bin(&type->bin, type, size_min(type->size, SHARED_MAX));
        type->bin.listed_max = object_heap_listed_max(type);
        return true;
    }
    type->items.item_size = item_size(spec);
    type->items.bins = (struct bin **)store_allocate(BIN_CLASSES * sizeof type->items.bins[0]);
    return type->items.bins != NULL;
}

static void describe_type(poolobj_type *type, const poolobj_typespec *spec) {
    type->size = (uint32_t)spec->size;
    type->flags = (uint8_t)(spec->flags & KNOWN_FLAGS);
    type->has_items = spec->flags & POOLOBJ_ITEMS_ARE_REFS;
    type->itemized = item_size(spec) > 0;
    type->is_plain = !type->itemized && spec->free_list == 0;
    type->traverse = spec->traverse;
    type->drop = spec->drop;
    type->data = spec->data;
    unsigned flags = (spec->finalize != NULL ? FINALIZE : 0) | (type->heap->checked ? CHECKED : 0);
    type->head = (uint32_t)flags << 16;
    bool refers = type->ref_count > 0 || type->has_items || type->traverse != NULL;
    type->is_pair = type->ref_count == 2 && !type->has_items && type->traverse == NULL &&
                    type->size <= SHARED_MAX; /* fields of an object and of `nowhere` in one pool */
    for (int i = 0; type->is_pair && i < 2; i++) type->pair[i] = (uint16_t)type->refs[i];
    type->is_leaf = !refers;
    type->tracked = refers && !(spec->flags & POOLOBJ_ACYCLIC);
}

/* ---- Ending ---- */

static void free_memory(poolobj_type *type) {
    struct type_extra *extra = type->extra;
    const char **fields = extra != NULL ? extra->fields : NULL;
    for (size_t i = 0; fields != NULL && i < type->ref_count; i++)
        store_free((void *)(uintptr_t)fields[i]);
    for (unsigned i = 0; type->itemized && type->items.bins != NULL && i < BIN_CLASSES; i++)
        store_free(type->items.bins[i]);
    if (type->itemized) store_free(type->items.bins);
    if (extra != NULL) store_free(extra->upper);
    store_free(fields);
    store_free(extra);
    store_free(type);
}

static void end_type(poolobj_type *type) {
    ASSERT(link_is_alone(&type->pools));
    void (*free_data)(void *data) = type->extra != NULL ? type->extra->free_data : NULL;
    void *data = type->data;
    link_remove(&type->of_heap);
    free_memory(type);
    if (free_data != NULL) free_data(data);
}

void type_end_all(poolobj_heap *heap) {
    while (!link_is_alone(&heap->ended))
        end_type(link_owner(heap->ended.next, poolobj_type, of_heap));
}

static void forbid_listing(struct bin *bin) { bin->listed_max = 0; }

void type_free(poolobj_type *type) {
    ASSERT(!type->freed);
    poolobj_heap *heap = type->heap;
    for (unsigned i = 0; i < RECENT_TYPES; i++)
        if (heap->recent[i] == type) heap->recent[i] = NULL;
    free_list_empty(type);
    type_pool_each_bin(type, forbid_listing);
    if (type->extra != NULL) type->extra->listed_max = 0;
    type->freed = true;
    if (link_is_alone(&type->pools) && !heap->closing) {
        link_remove(&type->of_heap);
        link_add_after(&heap->ended, &type->of_heap);
    } else {
        type_pool_each_bin(type, type_pool_retire_bin); /* with its last pool it ends */
    }
}

void type_free_all(poolobj_heap *heap) {
    for (struct link *at = heap->types.prev; at != &heap->types; at = heap->types.prev) {
        poolobj_type *type = link_owner(at, poolobj_type, of_heap);
        struct type_pool *pool;
        type->freed = false;
        while ((pool = type_pool_first(type)) != NULL) type_pool_return(pool);
        end_type(type);
    }
    type_end_all(heap);
}

/* ---- Types that come and go ----
 * A type whose objects are gone would keep its current pool. So the types that were made a little
 * while ago are looked at when others are made. */

static void join_recent(poolobj_heap *heap, poolobj_type *type) {
    poolobj_type **place = &heap->recent[heap->recent_next++ % RECENT_TYPES];
    if (*place != NULL) type_pool_each_bin(*place, type_pool_retire_empty);
    *place = type;
}

poolobj_type *type_new(poolobj_heap *heap, const poolobj_typespec *spec) {
    poolobj_type *type = allocate_type(spec);
    if (type == NULL) return NULL;
    type->heap = heap;
    describe_type(type, spec);
    if (!make_extra(type, spec) || !make_bins(type, spec)) {
        free_memory(type);
        return NULL;
    }
    type->serial = ++heap->serials;
    link_add_after(heap->types.prev, &type->of_heap);
    join_recent(heap, type);
    return type;
}

bool type_number(poolobj_type *type) {
    ASSERT((uint16_t)type->head == 0);
    if (type->heap->numbers == UINT16_MAX - 1) return false;
    type->head |= ++type->heap->numbers;
    return true;
}
