/* SPDX-License-Identifier: MIT */
/*
 * builtins.c - functions that every program has.
 */
#include "language.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

static value text_of_int(int32_t number) {
    char text[12], *at = text + sizeof text;
    uint32_t rest = number < 0 ? 0u - (uint32_t)number : (uint32_t)number;
    do *--at = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (number < 0) *--at = '-';
    return unbox_new(poolval_str_new_size(vm.space, at, (size_t)(text + sizeof text - at)));
}

static value text_of(value v) {
    if (is_int(v)) return text_of_int(int_of(v));
    poolobj *boxed = box(v), *text = poolval_text(vm.space, boxed);
    if (boxed != NULL) poolobj_decref(boxed);
    return text == NULL ? NOTHING : of_object(text);
}

NATIVE(do_print) {
    for (int i = 0; i < count; i++) {
        size_t size;
        value text = text_of(arguments[i]);
        if (text == NOTHING) return NOTHING;
        const char *utf8 = poolval_str_utf8(vm.space, object_of(text), &size);
        if (i > 0) putchar(' ');
        if (utf8 != NULL) fwrite(utf8, 1, size, stdout);
        drop(text);
    }
    putchar('\n');
    return vm.none;
}

NATIVE(do_str) { return text_of(arguments[0]); }

NATIVE(do_repr) {
    poolobj *boxed = box(arguments[0]), *text = poolval_repr(vm.space, boxed);
    if (boxed != NULL) poolobj_decref(boxed);
    return text == NULL ? NOTHING : of_object(text);
}

NATIVE(do_len) {
    ptrdiff_t length;
    if (!is_object(arguments[0])) return fail(POOLVAL_ERR_TYPE, "a number has no length");
    length = poolval_length(vm.space, object_of(arguments[0]));
    return length < 0 ? NOTHING : unbox_new(poolval_int_new(vm.space, length));
}

NATIVE(do_range) {
    int64_t range[3] = {0, 0, 1};
    for (int i = 0; i < count; i++) {
        poolobj *boxed = box(arguments[i]);
        int failed = poolval_int_get(vm.space, boxed, &range[count == 1 ? 1 : i]) < 0;
        if (boxed != NULL) poolobj_decref(boxed);
        if (failed) return NOTHING;
    }
    return unbox_new(poolval_range_new(vm.space, range[0], range[1], range[2]));
}

/* A number from a number or a text. */
static value converted(value v, poolobj *(*of)(poolval_space *, const poolobj *), int base) {
    size_t size;
    if (kind_of(v) == POOLVAL_STR) {
        const char *text = poolval_str_utf8(vm.space, object_of(v), &size);
        if (text == NULL) return NOTHING;
        return unbox_new(base > 0 ? poolval_int_parse(vm.space, text, size, base)
                                  : poolval_float_parse(vm.space, text, size));
    }
    poolobj *boxed = box(v), *made = of(vm.space, boxed);
    if (boxed != NULL) poolobj_decref(boxed);
    return unbox_new(made);
}

NATIVE(do_int) {
    int base = count > 1 && is_int(arguments[1]) ? int_of(arguments[1]) : 10;
    return converted(arguments[0], poolval_int_of, base);
}

NATIVE(do_float) { return converted(arguments[0], poolval_float_of, 0); }

NATIVE(do_abs) {
    poolobj *boxed = box(arguments[0]), *made = poolval_absolute(vm.space, boxed);
    if (boxed != NULL) poolobj_decref(boxed);
    return unbox_new(made);
}

NATIVE(do_sqrt) {
    double number = 0;
    if (is_float(arguments[0]))
        number = float_of(arguments[0]);
    else {
        value v = converted(arguments[0], poolval_float_of, 0);
        if (v == NOTHING) return NOTHING;
        number = float_of(v);
    }
    return number < 0 ? fail(POOLVAL_ERR_VALUE, "no root of less than 0") : of_float(sqrt(number));
}

NATIVE(do_type) {
    if (kind_of(arguments[0]) == POOLVAL_INSTANCE)
        return copy_of(of_object(poolval_class_of(vm.space, object_of(arguments[0]))));
    return unbox_new(poolval_str_new(vm.space, type_name(arguments[0])));
}

NATIVE(do_is) {
    if (kind_of(arguments[0]) != POOLVAL_INSTANCE) return vm.no;
    int is = poolval_is_instance(vm.space, object_of(arguments[0]),
                                 is_object(arguments[1]) ? object_of(arguments[1]) : NULL);
    return is < 0 ? NOTHING : is ? vm.yes : vm.no;
}

NATIVE(do_same) { return arguments[0] == arguments[1] ? vm.yes : vm.no; }

static value extreme(value *arguments, int count, int largest) {
    value best = arguments[0];
    for (int i = 1; i < count; i++) {
        int less =
            largest ? compare(OP_J_LT, best, arguments[i]) : compare(OP_J_LT, arguments[i], best);
        if (less < 0) return NOTHING;
        if (less) best = arguments[i];
    }
    return copy_of(best);
}

NATIVE(do_min) { return extreme(arguments, count, 0); }
NATIVE(do_max) { return extreme(arguments, count, 1); }

/* A list of what can be iterated, a generator for one. */
NATIVE(do_list) {
    poolobj *list = poolval_list_new(vm.space), *iterator, *item;
    int more = 0;
    if (list == NULL || count == 0) return unbox_new(list);
    iterator = is_object(arguments[0]) ? poolval_iterate(vm.space, object_of(arguments[0])) : NULL;
    if (iterator == NULL) more = -1;
    if (!is_object(arguments[0])) fail(POOLVAL_ERR_TYPE, "a number has no items");
    while (more >= 0 && (more = poolval_next(vm.space, iterator, &item)) == 1)
        more = poolval_list_append_steal(vm.space, list, item) < 0 ? -1 : 1;
    if (iterator != NULL) poolobj_decref(iterator);
    if (more == 0) return of_object(list);
    poolobj_decref(list);
    return NOTHING;
}

NATIVE(do_next) {
    poolobj *item;
    if (!is_object(arguments[0])) return fail(POOLVAL_ERR_TYPE, "a number has no items");
    int more = poolval_next(vm.space, object_of(arguments[0]), &item);
    if (more == 0 && count == 2) return copy_of(arguments[1]);
    if (more == 0) return fail(POOLVAL_ERR_INDEX, "there is nothing more");
    return more < 0 ? NOTHING : unbox_new(item);
}

NATIVE(do_iter) {
    if (!is_object(arguments[0])) return fail(POOLVAL_ERR_TYPE, "a number has no items");
    return unbox_new(poolval_iterate(vm.space, object_of(arguments[0])));
}

NATIVE(do_ord) {
    if (!is_object(arguments[0])) return fail(POOLVAL_ERR_TYPE, "ord takes a character");
    int32_t character = poolval_str_at(vm.space, object_of(arguments[0]), 0);
    return character < 0 ? NOTHING : of_int(character);
}

NATIVE(do_chr) {
    uint32_t character = is_int(arguments[0]) ? (uint32_t)int_of(arguments[0]) : UINT32_MAX;
    return unbox_new(poolval_str_new_chars(vm.space, &character, 1));
}

NATIVE(do_error) {
    poolobj *error = poolval_instance_new(vm.space, vm.error_class);
    if (error == NULL) return NOTHING;
    if (set_attribute(of_object(error), vm.name_kind, arguments[0]) < 0 ||
        set_attribute(of_object(error), vm.name_message, arguments[1]) < 0) {
        poolobj_decref(error);
        return NOTHING;
    }
    return of_object(error);
}

NATIVE(do_clock) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return of_float((double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
}

void builtins_begin(void) {
    define("print", do_print, 0, 100);
    define("str", do_str, 1, 1);
    define("repr", do_repr, 1, 1);
    define("len", do_len, 1, 1);
    define("range", do_range, 1, 3);
    define("int", do_int, 1, 2);
    define("float", do_float, 1, 1);
    define("abs", do_abs, 1, 1);
    define("sqrt", do_sqrt, 1, 1);
    define("type", do_type, 1, 1);
    define("is_instance", do_is, 2, 2);
    define("same", do_same, 2, 2);
    define("min", do_min, 1, 100);
    define("max", do_max, 1, 100);
    define("list", do_list, 0, 1);
    define("next", do_next, 1, 2);
    define("iter", do_iter, 1, 1);
    define("ord", do_ord, 1, 1);
    define("chr", do_chr, 1, 1);
    define("error", do_error, 2, 2);
    define("clock", do_clock, 0, 0);
}
