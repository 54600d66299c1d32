/* SPDX-License-Identifier: MIT */
#include "object/type.h"

enum { TYPES_MAX = UINT16_MAX, KNOWN_FLAGS = 7, REF_SIZE = sizeof(poolobj *) };

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

/* ---- Making and freeing ---- */

static char *copy_string(const char *string) {
    size_t size = strlen(string) + 1;
    char *copy = (char *)store_allocate(size);
    return copy != NULL ? (char *)memcpy(copy, string, size) : NULL;
}

static bool copy_refs(poolobj_type *type, const poolobj_typespec *spec) {
    type->ref_count = refs_count(spec->refs);
    size_t *refs = (size_t *)store_allocate((type->ref_count + 1) * sizeof *refs);
    if (refs != NULL && type->ref_count > 0)
        memcpy(refs, spec->refs, type->ref_count * sizeof *refs);
    if (refs != NULL) refs[type->ref_count] = POOLOBJ_END;
    type->refs = refs;
    return refs != NULL;
}

static bool copy_fields(poolobj_type *type, const poolobj_typespec *spec) {
    if (spec->fields == NULL) return true;
    type->fields = (const char **)store_allocate((type->ref_count + 1) * sizeof type->fields[0]);
    if (type->fields == NULL) return false;
    for (size_t i = 0; i < type->ref_count; i++)
        if (spec->fields[i] != NULL && !(type->fields[i] = copy_string(spec->fields[i])))
            return false;
    return true;
}

static bool make_bins(poolobj_type *type) {
    if (type->item_size == 0) {
        bin_init(&type->bin, type, size_min(type->size, SHARED_MAX));
        type->bin.listed_max = type->listed_max;
        return true;
    }
    type->bins = (struct bin **)store_allocate(BIN_CLASSES * sizeof type->bins[0]);
    return type->bins != NULL;
}

static void set_header(poolobj_type *type, size_t index) {
    poolobj header = {1, (uint16_t)index, 0, 0};
    if (type->finalize != NULL) header.flags = FINALIZE;
    memcpy(&type->header, &header, sizeof header);
}

static bool fill(poolobj_type *type, poolobj_heap *heap, const poolobj_typespec *spec) {
    link_init(&type->pools);
    type->heap = heap;
    type->size = (uint32_t)spec->size;
    type->flags = spec->flags;
    type->has_items = spec->flags & POOLOBJ_ITEMS_ARE_REFS;
    type->item_size = item_size(spec);
    type->is_plain = type->item_size == 0 && spec->free_list == 0;
    type->listed_max = (uint32_t)spec->free_list;
    if (spec->free_list > 0)
        type->listed_stride = (uint32_t)bin_stride(spec->size + spec->free_items * type->item_size);
    type->traverse = spec->traverse;
    type->finalize = spec->finalize;
    type->drop = spec->drop;
    type->name = copy_string(spec->name);
    if (type->name == NULL || !copy_refs(type, spec) || !copy_fields(type, spec)) return false;
    bool refers = type->ref_count > 0 || type->has_items || type->traverse != NULL;
    type->is_pair = type->ref_count == 2 && !type->has_items && type->traverse == NULL &&
                    type->size <= SHARED_MAX; /* fields of an object and of `nowhere` in one pool */
    if (type->is_pair) memcpy(type->pair, type->refs, sizeof type->pair);
    type->is_leaf = !refers;
    type->tracked = refers && !(spec->flags & POOLOBJ_ACYCLIC);
    return make_bins(type);
}

static bool make_room(poolobj_heap *heap) {
    if (heap->type_count < heap->type_room) return true;
    size_t room = size_max(2 * heap->type_room, 16);
    poolobj_type **types = (poolobj_type **)store_allocate(room * sizeof types[0]);
    if (types == NULL) return false;
    if (heap->types != NULL) memcpy(types, heap->types, heap->type_count * sizeof types[0]);
    store_free(heap->types);
    heap->types = types;
    heap->type_room = room;
    return true;
}

poolobj_type *type_new(poolobj_heap *heap, const poolobj_typespec *spec) {
    if (heap->type_count == TYPES_MAX || !make_room(heap)) return NULL;
    poolobj_type *type = (poolobj_type *)store_allocate(sizeof *type);
    if (type == NULL) return NULL;
    if (!fill(type, heap, spec)) {
        type_free(type);
        return NULL;
    }
    type->index = heap->type_count;
    set_header(type, type->index);
    heap->types[heap->type_count++] = type;
    return type;
}

static void free_copies(poolobj_type *type) {
    for (size_t i = 0; type->fields != NULL && i < type->ref_count; i++)
        store_free((void *)(uintptr_t)type->fields[i]);
    for (unsigned i = 0; type->bins != NULL && i < BIN_CLASSES; i++) store_free(type->bins[i]);
    store_free(type->fields);
    store_free(type->bins);
    store_free((void *)(uintptr_t)type->refs);
    store_free((void *)(uintptr_t)type->name);
}

void type_free(poolobj_type *type) {
    struct type_pool *pool;
    while ((pool = type_pool_first(type)) != NULL) type_pool_return(pool);
    free_copies(type);
    store_free(type);
}
