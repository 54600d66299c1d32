/* SPDX-License-Identifier: MIT */
/* Spaces: from their options to the end of their heap; and what can be asked of any value. */
#include "object/type.h"
#include "os/os.h"
#include "value/intern.h"
#include "value/number.h"
#include "value/own.h"
#include "value/set.h"
#include "value/space.h"
#include "value/tuple.h"

/* ---- The beginning ---- */

enum { SMALL_MOST = 1 << 20 };

static bool options_are_good(const poolval_options *wanted) {
    bool range_is_good = wanted->small_min > wanted->small_max ||
                         (uint64_t)wanted->small_max - (uint64_t)wanted->small_min < SMALL_MOST;
    bool lists_are_good = (wanted->keep_tuples | wanted->keep_lists | wanted->keep_dicts |
                           wanted->keep_ints | wanted->keep_floats) <= UINT32_MAX;
    return range_is_good && lists_are_good && wanted->depth_max > 0 &&
           (wanted->list_growth == POOLVAL_GROWTH_PRESENT ||
            wanted->list_growth == POOLVAL_GROWTH_CLASSIC);
}

/* What the row of a type says, and the option of its free list. */
static poolobj_typespec spec_of(const struct kind *kind, const poolval_options *wanted) {
    poolobj_typespec spec = kind->spec;
    if (spec.name == NULL) spec.name = kind->name;
    if (kind->kept == 0) return spec;
    memcpy(&spec.free_list, (const char *)wanted + kind->kept, sizeof spec.free_list);
    spec.free_items = spec.free_list > 0 ? kind->listed : 0;
    return spec;
}

static bool make_type(poolval_space *space, unsigned type, const poolval_options *wanted) {
    poolobj_typespec spec = spec_of(&kind_table[type], wanted);
    if (value_refuses() || !(space->type[type] = type_new(space->heap, &spec))) return false;
    space->type[type]->data = space;
    if (!type_number(space->type[type])) return false;
    space->number[type] = (uint16_t)(space->type[type]->head & UINT16_MAX);
    space->passing[type] = space->checked ? UINT16_MAX : space->number[type];
    return true;
}

/* One after the other, see value.h. */
static bool make_types(poolval_space *space, const poolval_options *wanted) {
    for (unsigned type = 0; type < POOLVAL_TYPES; type++)
        if (!make_type(space, type, wanted)) return false;
    space->first = space->number[POOLVAL_NONE];
    return true;
}

static bool make_singles(poolval_space *space) {
    space->none = (poolobj *)value_new(space, POOLVAL_NONE, sizeof(poolobj));
    if (space->none == NULL) return false;
    poolobj_immortal(space->none);
    for (int truth = 0; truth < 2; truth++) {
        struct value_int *value =
            (struct value_int *)value_new(space, POOLVAL_BOOL, sizeof(struct value_int));
        if (value == NULL) return false;
        value->number = truth;
        poolobj_immortal(value);
        space->boolean[truth] = &value->base;
    }
    return str_make_shared(space) && tuple_make_shared(space);
}

/* Last of all: from here on the space ends with the heap. */
static bool make_object(poolval_space *space) {
    struct space_object *object =
        (struct space_object *)value_new(space, POOLVAL_OTHER, sizeof(struct space_object));
    if (object == NULL) return false;
    object->space = space;
    poolobj_immortal(object);
    return true;
}

static bool begin_space(poolval_space *space, poolobj_heap *heap, const poolval_options *wanted) {
    space->heap = heap;
    space->list_growth = wanted->list_growth;
    space->intern_max = wanted->intern_max;
    space->depth_max = space->depth_limit = wanted->depth_max;
    space->checked = heap->checked;
    space->check_hooks = wanted->check_hooks != 0;
    space->work_max = wanted->work_max;
    space->repeat_max = wanted->repeat_max;
    space->power = wanted->power;
    space->same_sets = set_equal;
    space->key = hash_key_from(wanted->hash_key != 0 ? wanted->hash_key : os_secret());
    return make_types(space, wanted) && make_singles(space) &&
           number_make_small(space, wanted->small_min, wanted->small_max) && make_object(space);
}

poolval_space *poolval_space_new(poolobj_heap *heap, const poolval_options *wanted) {
    static const poolval_options defaults = POOLVAL_DEFAULTS;
    if (wanted == NULL) wanted = &defaults;
    object_heap_require("poolval_space_new", heap);
    if (!options_are_good(wanted)) {
        errno = EINVAL;
        return NULL;
    }
    poolval_space *space = (poolval_space *)value_try_allocate(sizeof *space);
    if (space != NULL) {
        memset(space, 0, sizeof *space);
        if (begin_space(space, heap, wanted)) {
            if (heap->upper == NULL) heap->upper = space;
            return space;
        }
        space_free(space);
    }
    errno = ENOMEM;
    return NULL;
}

/* ---- Of spaces ---- */

poolval_space *poolval_space_of(const void *object) {
    const poolobj_type *type = poolobj_typeof(object);
    if (own_of_type(type) != NULL) return own_of_type(type)->space;
    return (poolval_space *)(type_is_numbered(type) ? type->data : type->heap->upper);
}

poolobj_heap *poolval_space_heap(const poolval_space *space) {
    value_require_thread(space);
    return space->heap;
}

int poolval_set_list_growth(poolval_space *space, int rule) {
    value_require_thread(space);
    if (rule != POOLVAL_GROWTH_PRESENT && rule != POOLVAL_GROWTH_CLASSIC)
        return value_fail_int(space, POOLVAL_ERR_VALUE, "%d is no rule of growth", (uint64_t)rule,
                              0);
    space->list_growth = rule;
    return 0;
}

static void check_value(poolobj *value, void *arg) {
    poolval_space *space = (poolval_space *)arg;
    const struct kind *kind = value_kind(space, value);
    if (kind->check != NULL) kind->check(space, value);
}

void poolval_space_check(poolval_space *space) {
    poolobj_walk(space->heap, NULL, check_value, space);
    intern_check(space);
}

/* ---- Of any value ---- */

ALWAYS_INLINE int type_of(const poolval_space *space, const poolobj *value) {
    unsigned type = value_type(space, value);
    return type == POOLVAL_LARGE_INT ? POOLVAL_INT : (int)type;
}
static COLD int type_checked(const poolval_space *space, const poolobj *value) {
    value_check_thread(space);
    return type_of(space, value);
}
int poolval_type(const poolval_space *space, const poolobj *value) {
    return likely(!space->checked) ? type_of(space, value) : type_checked(space, value);
}

const char *poolval_type_name(const poolval_space *space, const poolobj *value) {
    value_require_thread(space);
    return value_type_name(space, value);
}

poolobj_type *poolval_object_type(const poolval_space *space, int type) {
    value_require_thread(space);
    return type > POOLVAL_OTHER && type < POOLVAL_TYPES ? space->type[type] : NULL;
}

uintptr_t poolval_id(const poolobj *value) { return (uintptr_t)value; }
int32_t poolval_refcount(const poolobj *value) { return poolobj_refcount(value); }

size_t poolval_sizeof(const poolval_space *space, const poolobj *value) {
    const struct kind *kind = value_kind(space, value);
    return poolobj_sizeof(value) + (kind->table != NULL ? kind->table(value) : 0);
}

poolobj *poolval_none(const poolval_space *space) { return space->none; }

ALWAYS_INLINE int truth_of(const poolval_space *space, const poolobj *value) {
    int64_t number;
    if (number_int_of(space, value, &number)) return number != 0;
    if (value_is(space, value, POOLVAL_NONE)) return false;
    const struct kind *kind = value_kind(space, value);
    if (kind->truth != NULL) return kind->truth(space, value);
    return kind->length == NULL || kind->length(space, value) > 0;
}
static COLD int truth_checked(const poolval_space *space, const poolobj *value) {
    value_check_thread(space);
    return truth_of(space, value);
}
int poolval_truth(const poolval_space *space, const poolobj *value) {
    return likely(!space->checked) ? truth_of(space, value) : truth_checked(space, value);
}
