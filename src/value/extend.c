/* SPDX-License-Identifier: MIT */
/*
 * Types that programs add to a space: own ones with hooks, and those that extend a type of values.
 * What extends a dictionary, say, has the number of dictionaries in its header, so that all that is
 * done with these is done with it, by the same tests; its pools have a type of its own, which knows
 * the rest.
 */
#include "value/bytes.h"
#include "value/dict.h"
#include "value/own.h"

static_assert(sizeof(poolval_list_part) == sizeof(struct value_list), "what fields follow");
static_assert(sizeof(poolval_bytearray_part) == sizeof(struct value_bytearray), "the same");
static_assert(sizeof(poolval_dict_part) == sizeof(struct value_dict), "the same");

/* ---- Specifications ---- */

static const char *extension_fault(unsigned base, const poolobj_typespec *spec,
                                   const poolval_hooks *hooks) {
    if (base >= POOLVAL_TYPES || !kind_table[base].extended)
        return "only list, dict, set and bytearray can be extended";
    size_t part_size = kind_table[base].spec.size;
    if (hooks != NULL) return "a type that extends values has no hooks";
    if (spec->size < part_size) return "size is smaller than what is extended";
    if (spec->flags != 0 || spec->item_size != 0) return "what is extended has no items or flags";
    for (size_t i = 0; spec->refs != NULL && spec->refs[i] != POOLOBJ_END; i++)
        if (spec->refs[i] < part_size) return "an offset in refs lies in what is extended";
    return NULL;
}

static const char *hooks_fault(const poolobj_typespec *spec, const poolval_hooks *hooks) {
    if (hooks == NULL || hooks->hash == NULL) return NULL;
    size_t at = hooks->hash_at;
    if (at < sizeof(poolobj) || at % 8 != 0 || at > spec->size - sizeof(uint64_t))
        return "hash_at is no field of 64 bits";
    for (size_t i = 0; spec->refs != NULL && spec->refs[i] != POOLOBJ_END; i++)
        if (spec->refs[i] == at) return "hash_at is a reference";
    return NULL;
}

static const char *fault_of(int base, const poolobj_typespec *spec, const poolval_hooks *hooks) {
    const char *fault = type_fault(spec);
    if (fault != NULL) return fault;
    return base == POOLVAL_OTHER ? hooks_fault(spec, hooks)
                                 : extension_fault((unsigned)base, spec, hooks);
}

/* ---- What is extended, and then what the program has ---- */

static void traverse_both(poolobj *value, poolobj_visit visit, void *arg) {
    const struct own *own = own_of_type(object_type(value));
    if (own->space->type[own->base]->traverse != NULL)
        own->space->type[own->base]->traverse(value, visit, arg);
    if (own->traverse != NULL) own->traverse(value, visit, arg);
}

static void drop_both(poolobj *value) {
    const struct own *own = own_of_type(object_type(value));
    own->space->type[own->base]->drop(value);
    if (own->drop != NULL) own->drop(value);
}

/* ---- Making ---- */

static poolobj_type *make_own_type(poolval_space *space, unsigned base,
                                   const poolobj_typespec *given, const poolval_hooks *hooks) {
    poolobj_typespec spec = *given;
    if (base != POOLVAL_OTHER) {
        if (spec.traverse != NULL || space->type[base]->traverse != NULL)
            spec.traverse = traverse_both;
        spec.drop = drop_both;
    }
    poolobj_type *type = value_refuses() ? NULL : type_new(space->heap, &spec);
    if (type == NULL) return (poolobj_type *)value_fail_memory(space);
    struct own *own = value_refuses() ? NULL : (struct own *)type_make_upper(type, sizeof *own);
    if (own == NULL) {
        if (type->extra != NULL) type->extra->free_data = NULL; /* `data` is the caller's still */
        poolobj_type_free(type);
        return (poolobj_type *)value_fail_memory(space);
    }
    own->space = space;
    own->base = base;
    own->traverse = given->traverse;
    own->drop = given->drop;
    if (hooks != NULL) own->hooks = *hooks;
    type->head |= base != POOLVAL_OTHER ? space->number[base] : 0;
    space->owned += base == POOLVAL_OTHER && hooks != NULL;
    return type;
}

poolobj_type *poolval_type_new(poolval_space *space, int base, const poolobj_typespec *spec,
                               const poolval_hooks *hooks) {
    object_heap_require("poolval_type_new", space->heap);
    const char *fault = spec != NULL ? fault_of(base, spec, hooks) : "there is none";
    if (fault == NULL) return make_own_type(space, (unsigned)base, spec, hooks);
    return (poolobj_type *)value_fail(
        space, POOLVAL_ERR_VALUE, "a specification that is no good: %s", failure_text(fault), 0);
}

/* ---- The type that stands for another one ---- */

static bool is_like(const poolval_space *space, const poolobj_type *type,
                    const poolobj_type *like) {
    const struct own *own = own_of_type(type), *other = own_of_type(like);
    return own != NULL && own->space == space && !type->freed && own->base == other->base &&
           memcmp(&own->hooks, &other->hooks, sizeof own->hooks) == 0 &&
           strcmp(object_heap_type_name(type), object_heap_type_name(like)) == 0;
}

poolobj_type *poolval_type_like(poolval_space *space, const poolobj_type *like) {
    value_require_thread(space);
    poolobj_type *type = own_of_type(like) != NULL ? object_heap_first_type(space->heap) : NULL;
    for (; type != NULL; type = object_heap_next_type(type))
        if (is_like(space, type, like)) return type;
    return (poolobj_type *)value_fail(space, POOLVAL_ERR_TYPE, "the space has no type like %s",
                                      failure_copy(&space->failure, 0, object_heap_type_name(like),
                                                   strlen(object_heap_type_name(like))),
                                      0);
}

poolobj *poolval_new(poolval_space *space, poolobj_type *type) {
    const struct own *own = own_of_type(type);
    value_require_thread(space);
    if (own == NULL || own->space != space || type->freed)
        return (poolobj *)value_fail(space, POOLVAL_ERR_TYPE,
                                     "%s is no type of the space's programs, or was freed",
                                     failure_copy(&space->failure, 0, object_heap_type_name(type),
                                                  strlen(object_heap_type_name(type))),
                                     0);
    object_heap_require("poolval_new", space->heap);
    poolobj *value = value_refuses() ? NULL : (poolobj *)object_new_items(type, 0);
    if (value == NULL) return (poolobj *)value_fail_memory(space);
    if (kind_table[own->base].entries) dict_init((struct value_dict *)value);
    if (!type->tracked) return value;
    space->heap->count[0]++;
    return value_made(space, value);
}
