/* SPDX-License-Identifier: MIT */
/* Spaces: from their options to the end of their heap; and what can be asked of any value. */
#include "object/type.h"
#include "os/os.h"
#include "value/bytes.h"
#include "value/instance.h"
#include "value/integer.h"
#include "value/intern.h"
#include "value/iterator.h"
#include "value/own.h"
#include "value/range.h"
#include "value/set.h"
#include "value/space.h"

/* ---- The end ----
 * The heap ends, and drops all objects in any order. The space is needed by the interned strings,
 * which take themselves out: the last of them frees it, or the object that stands for the space. */

static void drop_str(poolobj *value) {
    struct value_str *str = (struct value_str *)value;
    str_drop_utf8(str);
    if (likely(!(str->shape & STR_INTERNED))) return;
    poolval_space *space = (poolval_space *)object_type(value)->data;
    intern_forget(space, str);
    if (unlikely(space->closing && space->interned.used == 0)) space_free(space);
}

/* ---- The beginning ---- */

enum { SMALL_MOST = 1 << 20, TUPLE_LIST_ITEMS = 19 };

static bool options_are_good(const poolval_options *wanted) {
    bool range_is_good = wanted->small_min > wanted->small_max ||
                         (uint64_t)wanted->small_max - (uint64_t)wanted->small_min < SMALL_MOST;
    bool lists_are_good = (wanted->keep_tuples | wanted->keep_lists | wanted->keep_dicts |
                           wanted->keep_ints | wanted->keep_floats) <= UINT32_MAX;
    return range_is_good && lists_are_good && wanted->depth_max > 0 &&
           (wanted->list_growth == POOLVAL_GROWTH_PRESENT ||
            wanted->list_growth == POOLVAL_GROWTH_CLASSIC);
}

static bool make_type(poolval_space *space, unsigned type, const poolobj_typespec *spec) {
    if (value_refuses() || !(space->type[type] = type_new(space->heap, spec))) return false;
    space->type[type]->data = space;
    if (!type_number(space->type[type])) return false;
    space->number[type] = (uint16_t)(space->type[type]->head & UINT16_MAX);
    return true;
}

/* For graphs. */
static const char *const class_fields[] = {"name", "base", "attributes", "names"};
static const char *const instance_fields[] = {"class", "more"};
static const char *const iterator_fields[] = {"over"};

/* One after the other, see value.h. */
static bool make_types(poolval_space *space, const poolval_options *wanted) {
    const size_t header = sizeof(poolobj);
    const poolobj_typespec specs[POOLVAL_TYPES] = {
        [POOLVAL_OTHER] = {.name = "poolval_space",
                           .size = sizeof(struct space_object),
                           .drop = space_drop},
        [POOLVAL_NONE] = {.name = "none", .size = header},
        [POOLVAL_BOOL] = {.name = "bool", .size = sizeof(struct value_int)},
        [POOLVAL_INT] = {.name = "int",
                         .size = sizeof(struct value_int),
                         .free_list = wanted->keep_ints},
        [POOLVAL_FLOAT] = {.name = "float",
                           .size = sizeof(struct value_float),
                           .free_list = wanted->keep_floats},
        [POOLVAL_LARGE_INT] = {.name = "int beyond 64 bits",
                               .size = sizeof(struct value_large),
                               .item_size = sizeof(uint64_t)},
        [POOLVAL_STR] = {.name = "str",
                         .size = sizeof(struct value_str),
                         .item_size = 1,
                         .drop = drop_str},
        [POOLVAL_BYTES] = {.name = "bytes", .size = sizeof(struct value_bytes), .item_size = 1},
        [POOLVAL_BYTEARRAY] = {.name = "bytearray",
                               .size = sizeof(struct value_bytearray),
                               .drop = bytes_drop},
        [POOLVAL_RANGE] = {.name = "range", .size = sizeof(struct value_range)},
        [POOLVAL_SLICE] = {.name = "slice", .size = sizeof(struct value_slice)},
        [POOLVAL_TUPLE] = {.name = "tuple",
                           .size = sizeof(struct value_tuple),
                           .flags = POOLOBJ_ITEMS_ARE_REFS,
                           .free_list = wanted->keep_tuples,
                           .free_items = wanted->keep_tuples > 0 ? TUPLE_LIST_ITEMS : 0},
        [POOLVAL_LIST] = {.name = "list",
                          .size = sizeof(struct value_list),
                          .traverse = list_traverse,
                          .drop = list_drop,
                          .free_list = wanted->keep_lists},
        [POOLVAL_DICT] = {.name = "dict",
                          .size = sizeof(struct value_dict),
                          .traverse = dict_traverse,
                          .drop = dict_drop,
                          .free_list = wanted->keep_dicts},
        [POOLVAL_SET] = {.name = "set",
                         .size = sizeof(struct value_dict),
                         .traverse = dict_traverse,
                         .drop = dict_drop},
        [POOLVAL_FROZENSET] = {.name = "frozenset",
                               .size = sizeof(struct value_dict),
                               .traverse = dict_traverse,
                               .drop = dict_drop},
        [POOLVAL_ITERATOR] = {.name = "iterator",
                              .size = sizeof(struct value_iterator),
                              .refs = iterator_refs,
                              .fields = iterator_fields},
        [POOLVAL_CLASS] = {.name = "class",
                           .size = sizeof(struct value_class),
                           .refs = class_refs,
                           .fields = class_fields},
        [POOLVAL_INSTANCE] = {.name = "instance",
                              .size = sizeof(struct value_instance),
                              .flags = POOLOBJ_ITEMS_ARE_REFS,
                              .refs = instance_refs,
                              .fields = instance_fields,
                              .finalize = instance_finalize},
    };
    for (unsigned type = 0; type < POOLVAL_TYPES; type++)
        if (!make_type(space, type, &specs[type])) return false;
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

static bool begin(poolval_space *space, poolobj_heap *heap, const poolval_options *wanted) {
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
        if (begin(space, heap, wanted)) {
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
    const poolobj_type *type = object_type((const poolobj *)object);
    if (own_of_type(type) != NULL) return own_of_type(type)->space;
    return (poolval_space *)(type_is_numbered(type) ? type->data : type->heap->upper);
}

poolobj_heap *poolval_space_heap(const poolval_space *space) { return space->heap; }

int poolval_set_list_growth(poolval_space *space, int rule) {
    if (rule != POOLVAL_GROWTH_PRESENT && rule != POOLVAL_GROWTH_CLASSIC)
        return value_fail_int(space, POOLVAL_ERR_VALUE, "%d is no rule of growth", (uint64_t)rule,
                              0);
    space->list_growth = rule;
    return 0;
}

static void check(poolobj *value, void *arg) {
    poolval_space *space = (poolval_space *)arg;
    switch (value_type(space, value)) {
    case POOLVAL_LARGE_INT:
        integer_check((const struct value_large *)value);
        break;
    case POOLVAL_STR:
        str_check(space, (struct value_str *)value);
        break;
    case POOLVAL_LIST:
        list_check((const struct value_list *)value);
        break;
    case POOLVAL_BYTEARRAY:
        bytes_check((const struct value_bytearray *)value);
        break;
    case POOLVAL_DICT:
    case POOLVAL_SET:
    case POOLVAL_FROZENSET:
        dict_check(space, (const struct value_dict *)value);
        break;
    case POOLVAL_INSTANCE:
        instance_check(space, (const struct value_instance *)value);
        break;
    }
}

void poolval_space_check(poolval_space *space) {
    poolobj_walk(space->heap, NULL, check, space);
    intern_check(space);
}

/* ---- Of any value ---- */

int poolval_type(const poolval_space *space, const poolobj *value) {
    unsigned type = value_type(space, value);
    return type == POOLVAL_LARGE_INT ? POOLVAL_INT : (int)type;
}

const char *poolval_type_name(const poolval_space *space, const poolobj *value) {
    return value_type_name(space, value);
}

poolobj_type *poolval_object_type(const poolval_space *space, int type) {
    return type > POOLVAL_OTHER && type < POOLVAL_TYPES ? space->type[type] : NULL;
}

uintptr_t poolval_id(const poolobj *value) { return (uintptr_t)value; }
int32_t poolval_refcount(const poolobj *value) { return poolobj_refcount(value); }

static size_t table_bytes(const poolval_space *space, const poolobj *value) {
    switch (value_type(space, value)) {
    case POOLVAL_STR:
        return str_utf8_bytes((const struct value_str *)value);
    case POOLVAL_LIST:
        return list_table_bytes((const struct value_list *)value);
    case POOLVAL_BYTEARRAY:
        return ((const struct value_bytearray *)value)->room;
    case POOLVAL_DICT:
    case POOLVAL_SET:
    case POOLVAL_FROZENSET:
        return dict_table_bytes((const struct value_dict *)value);
    default:
        return 0;
    }
}

size_t poolval_sizeof(const poolval_space *space, const poolobj *value) {
    return poolobj_sizeof(value) + table_bytes(space, value);
}

poolobj *poolval_none(const poolval_space *space) { return space->none; }

/* One that can't tell its length is not. */
static bool is_empty(const poolval_space *space, const poolobj *value) {
    const struct own *own = own_of(space, value);
    return own->hooks.length != NULL && own_length(own, (poolobj *)(uintptr_t)value) == 0;
}

int poolval_truth(const poolval_space *space, const poolobj *value) {
    int64_t number;
    if (number_int_of(space, value, &number)) return number != 0;
    switch (value_type(space, value)) {
    case POOLVAL_NONE:
        return 0;
    case POOLVAL_FLOAT:
        return ((const struct value_float *)value)->number != 0;
    case POOLVAL_STR:
        return str_length((const struct value_str *)value) > 0;
    case POOLVAL_TUPLE:
        return ((const struct value_tuple *)value)->length > 0;
    case POOLVAL_LIST:
        return ((const struct value_list *)value)->length > 0;
    case POOLVAL_DICT:
    case POOLVAL_SET:
    case POOLVAL_FROZENSET:
        return ((const struct value_dict *)value)->length > 0;
    case POOLVAL_BYTES:
    case POOLVAL_BYTEARRAY:
        return bytes_of(space, value).length > 0;
    case POOLVAL_RANGE:
        return ((const struct value_range *)value)->length > 0;
    default:
        return value != NULL && !(own_of(space, value) != NULL && is_empty(space, value));
    }
}
