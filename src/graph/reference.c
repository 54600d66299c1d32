/* SPDX-License-Identifier: MIT */
#include "graph/reference.h"

void reference_begin(struct reference_place *place, poolobj *object) {
    place->object = object;
    place->type = poolobj_typeof(object);
    place->refs = poolobj_type_refs(place->type);
    place->block = poolobj_sizeof(object);
    place->item_count = 0;
}

/* Slots side by side are all in the object or all outside of it. */
static inline size_t offset_of(const struct reference_place *place, poolobj *const *slot) {
    return (uintptr_t)slot - (uintptr_t)place->object;
}

void reference_skip(struct reference_place *place, poolobj *const *slots, size_t count) {
    if (offset_of(place, slots) >= place->block) place->item_count += count;
}

static const char *field_at(const struct reference_place *place, size_t offset) {
    for (size_t i = 0; place->refs[i] != POOLOBJ_END; i++)
        if (place->refs[i] == offset) return poolobj_type_field(place->type, i);
    return NULL;
}

poolgraph_reference reference_at(struct reference_place *place, poolobj *const *slot) {
    poolgraph_reference reference = {place->object, *slot, slot, POOLGRAPH_FIELD, 0, NULL};
    size_t offset = offset_of(place, slot);
    size_t items = poolobj_type_size(place->type);
    if (offset < items) {
        reference.index = offset;
        reference.field = field_at(place, offset);
        return reference;
    }
    reference.kind = POOLGRAPH_ITEM;
    reference.index =
        offset < place->block ? (offset - items) / sizeof(poolobj *) : place->item_count++;
    return reference;
}
