/* SPDX-License-Identifier: MIT */
#include "value/space.h"

#include "object/type.h"

void space_free(poolval_space *space) {
    value_free(space->small_int);
    value_free(space->interned.slot);
    value_free(space);
}

void space_drop(poolobj *object) {
    poolval_space *space = ((struct space_object *)object)->space;
    if (space == NULL) return;
    space->closing = true;
    if (space->interned.used == 0) space_free(space);
}

/* A walk for the space that has a type. */
struct quest {
    const poolobj_type *type;
    const poolval_space *found;
};

static void look(poolobj_type *type, void *arg) {
    struct quest *quest = (struct quest *)arg;
    if (type->drop != space_drop || type->data == NULL) return;
    const poolval_space *space = (const poolval_space *)type->data;
    for (unsigned i = POOLVAL_NONE; i < POOLVAL_TYPES; i++)
        if (space->type[i] == quest->type) quest->found = space;
}

const poolval_space *space_of(const poolobj *value) {
    struct quest quest = {object_type(value), NULL};
    poolobj_types(object_heap(value), look, &quest);
    return quest.found;
}
