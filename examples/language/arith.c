/* SPDX-License-Identifier: MIT */
/*
 * arith.c - operations on values that the loop leaves to others: whatever is not two small numbers
 * or an item of a list.
 */
#include "language.h"

typedef poolobj *(*binary_function)(poolval_space *space, const poolobj *a, const poolobj *b);

static const binary_function functions[OPERATION_COUNT] = {
    [OP_ADD] = poolval_add,
    [OP_SUB] = poolval_subtract,
    [OP_MUL] = poolval_multiply,
    [OP_DIV] = poolval_divide,
    [OP_FLOOR_DIV] = poolval_floor_divide,
    [OP_MOD] = poolval_modulo,
    [OP_POW] = poolval_power,
    [OP_AND] = poolval_int_and,
    [OP_OR] = poolval_int_or,
    [OP_XOR] = poolval_int_xor,
    [OP_SHL] = poolval_int_shift_left,
    [OP_SHR] = poolval_int_shift_right,
};

static poolobj *sequence_arith(int op, poolobj *a, poolobj *b) {
    int kind = poolval_type(vm.space, a), other = poolval_type(vm.space, b);
    int64_t times;
    if (op == OP_ADD && kind == other) {
        if (kind == POOLVAL_STR) return poolval_str_concat(vm.space, a, b);
        if (kind == POOLVAL_LIST) return poolval_list_concat(vm.space, a, b);
        if (kind == POOLVAL_TUPLE) return poolval_tuple_concat(vm.space, a, b);
    }
    if (op == OP_MUL && poolval_int_peek(vm.space, b, &times)) {
        if (kind == POOLVAL_STR) return poolval_str_repeat(vm.space, a, times);
        if (kind == POOLVAL_LIST) return poolval_list_repeat(vm.space, a, times);
    }
    return functions[op](vm.space, a, b);
}

value arith(int op, value a, value b) {
    SCOPED x = a == NOTHING ? NULL : box(a);
    SCOPED y = b == NOTHING ? NULL : box(b);
    if (op == OP_NEG) return unbox_new(poolval_negate(vm.space, x));
    if (op == OP_INVERT) return unbox_new(poolval_int_invert(vm.space, x));
    return unbox_new(sequence_arith(op, x, y));
}

int compare(int op, value a, value b) {
    int order;
    if (op == OP_J_EQ && a == b) return 1;
    SCOPED x = box(a);
    SCOPED y = box(b);
    if (op == OP_J_EQ) return poolval_equal(vm.space, x, y);
    if (poolval_compare(vm.space, x, y, &order) < 0) return -1;
    if (op == OP_J_LT || op == OP_J_LE) return order < (op == OP_J_LE);
    return order > -(op == OP_J_GE);
}

int contains(value container, value item) {
    SCOPED of = box(container);
    SCOPED what = box(item);
    poolobj *found;
    return poolval_kind(vm.space, of) == POOLVAL_DICT
               ? poolval_dict_find(vm.space, of, what, &found)
               : poolval_contains(vm.space, of, what);
}

/* ---- Items ---- */

static poolobj *item_at(poolobj *of, ptrdiff_t index) {
    int32_t character;
    uint32_t text[1];
    switch (poolval_kind(vm.space, of)) {
    case POOLVAL_LIST:
        return poolval_list_get(vm.space, of, index);
    case POOLVAL_TUPLE:
        return poolval_tuple_get(vm.space, of, index);
    case POOLVAL_STR:
        if ((character = poolval_str_at(vm.space, of, index)) < 0) return NULL;
        text[0] = (uint32_t)character;
        return poolval_str_new_chars(vm.space, text, 1);
    default:
        return fail(POOLVAL_ERR_TYPE, "a %s has no items", poolval_type_name(vm.space, of)), NULL;
    }
}

value get_index(value container, value index) {
    SCOPED of = box(container);
    SCOPED key = box(index);
    if (poolval_kind(vm.space, of) == POOLVAL_DICT)
        return unbox_new(poolval_dict_get(vm.space, of, key));
    if (!is_int(index)) return fail(POOLVAL_ERR_TYPE, "an index is an int"), NOTHING;
    return unbox_new(item_at(of, int_of(index)));
}

int set_index(value container, value index, value item) {
    int kind = kind_of(container);
    if (kind == POOLVAL_LIST && is_int(index))
        return poolval_list_set_steal(vm.space, object_of(container), int_of(index), box(item));
    if (kind == POOLVAL_DICT)
        return poolval_dict_set_steal(vm.space, object_of(container), box(index), box(item));
    return fail(POOLVAL_ERR_TYPE, "no item of a %s can be set with this", type_name(container));
}

value get_slice(value container, value start, value stop) {
    ptrdiff_t ends[2] = {POOLVAL_OMITTED, POOLVAL_OMITTED};
    for (int i = 0; i < 2; i++) {
        value end = i == 0 ? start : stop;
        if (end != vm.none && !is_int(end))
            return fail(POOLVAL_ERR_TYPE, "an index is an int"), NOTHING;
        if (is_int(end)) ends[i] = int_of(end);
    }
    SCOPED of = box(container);
    SCOPED slice = poolval_slice_new(vm.space, ends[0], ends[1], POOLVAL_OMITTED);
    return unbox_new(poolval_get_slice(vm.space, of, slice));
}

/* ---- Attributes ---- */

/* What was found last is found at once: neither names nor methods go before the end. */
static poolobj *attribute_of_kind(value object, poolobj *name) {
    static struct { poolobj *name, *dict, *found; } latest[64];
    poolobj *found = NULL, *dict = vm.methods[kind_of(object)];
    size_t at = ((uintptr_t)name >> 4 ^ (uintptr_t)dict >> 4) % 64;
    if (latest[at].name == name && latest[at].dict == dict) return latest[at].found;
    if (dict == NULL || poolval_dict_find(vm.space, dict, name, &found) <= 0) return NULL;
    latest[at].name = name, latest[at].dict = dict, latest[at].found = found;
    return found;
}

/* Whose it is: POOLVAL_OF_CLASS if it is to be called with `of`. Borrowed; -1: there is none. */
static int find_attribute(value of, poolobj *name, poolobj **found) {
    int kind = kind_of(of), whose = POOLVAL_OF_CLASS;
    if (kind == POOLVAL_INSTANCE || kind == POOLVAL_CLASS)
        whose = poolval_method_find(vm.space, object_of(of), name, found);
    else if ((*found = attribute_of_kind(of, name)) == NULL)
        whose = 0;
    if (whose > 0) return kind == POOLVAL_CLASS ? POOLVAL_OF_OBJECT : whose;
    return fail(POOLVAL_ERR_KEY, "a %s has no attribute %s", type_name(of),
                poolval_str_utf8(vm.space, name, NULL));
}

value get_attribute(value of, poolobj *name) {
    poolobj *found;
    int whose = find_attribute(of, name, &found);
    if (whose <= 0) return NOTHING;
    if (whose == POOLVAL_OF_CLASS && is_object(of) && own_kind(of_object(found)) >= 0)
        return make_method(object_of(of), found);
    return unbox(found);
}

int find_method(value *at, int count, poolobj *name) {
    poolobj *found;
    int whose = find_attribute(at[1], name, &found);
    if (whose <= 0) return -1;
    at[0] = unbox(found);
    if (whose == POOLVAL_OF_CLASS) return count;
    drop(at[1]);
    for (int i = 1; i < count; i++) at[i] = at[i + 1];
    at[count] = NOTHING;
    return count - 1;
}

int set_attribute(value object, poolobj *name, value v) {
    int kind = kind_of(object);
    if (kind != POOLVAL_INSTANCE && kind != POOLVAL_CLASS)
        return fail(POOLVAL_ERR_TYPE, "no attribute of a %s can be set", type_name(object));
    SCOPED boxed = box(v);
    return poolval_attr_set(vm.space, object_of(object), name, boxed);
}
