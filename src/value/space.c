/* SPDX-License-Identifier: MIT */
#include "value/space.h"

#include "object/type.h"
#include "value/own.h"

void space_free(poolval_space *space) {
    value_free(space->small_int);
    value_free(space->instances);
    value_free(space->interned.slot);
    value_free(space);
}

void space_drop(poolobj *object) {
    poolval_space *space = ((struct space_object *)object)->space;
    if (space == NULL) return;
    space->closing = true;
    if (space->interned.used == 0) space_free(space);
}

const poolval_space *space_of(const poolobj *value) {
    const poolobj_type *type = object_type(value);
    if (own_of_type(type) != NULL) return own_of_type(type)->space;
    return type_is_numbered(type) ? (const poolval_space *)type->data : NULL;
}
