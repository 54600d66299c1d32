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
    SCOPED boxed = box(v);
    return of_object(poolval_text(vm.space, boxed));
}

NATIVE(do_print) {
    for (int i = 0; i < count; i++) {
        size_t size;
        SCOPED text = object_of(text_of(arguments[i]));
        const char *utf8 = text == NULL ? NULL : poolval_str_utf8(vm.space, text, &size);
        if (utf8 == NULL) return NOTHING;
        if (i > 0) putchar(' ');
        fwrite(utf8, 1, size, stdout);
    }
    putchar('\n');
    return vm.none;
}

NATIVE(do_str) { return text_of(arguments[0]); }

NATIVE(do_repr) {
    SCOPED boxed = box(arguments[0]);
    return of_object(poolval_repr(vm.space, boxed));
}

NATIVE(do_len) {
    SCOPED of = box(arguments[0]);
    ptrdiff_t length = poolval_length(vm.space, of);
    return length < 0 ? NOTHING : unbox_new(poolval_int_new(vm.space, length));
}

NATIVE(do_range) {
    int64_t range[3] = {0, 0, 1};
    for (int i = 0; i < count; i++) {
        SCOPED end = box(arguments[i]);
        if (poolval_int_get(vm.space, end, &range[count == 1 ? 1 : i]) < 0) return NOTHING;
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
    SCOPED boxed = box(v);
    return unbox_new(of(vm.space, boxed));
}

NATIVE(do_int) {
    int base = count > 1 && is_int(arguments[1]) ? int_of(arguments[1]) : 10;
    return converted(arguments[0], poolval_int_of, base);
}

NATIVE(do_float) { return converted(arguments[0], poolval_float_of, 0); }

NATIVE(do_abs) {
    SCOPED number = box(arguments[0]);
    return unbox_new(poolval_absolute(vm.space, number));
}

NATIVE(do_sqrt) {
    value v = arguments[0];
    if (!is_float(v)) v = converted(v, poolval_float_of, 0);
    if (v == NOTHING) return NOTHING;
    if (float_of(v) < 0) return fail(POOLVAL_ERR_VALUE, "no root of less than 0");
    return of_float(sqrt(float_of(v)));
}

NATIVE(do_type) {
    if (kind_of(arguments[0]) == POOLVAL_INSTANCE)
        return copy_of(of_object(poolval_class_of(vm.space, object_of(arguments[0]))));
    return unbox_new(poolval_str_new(vm.space, type_name(arguments[0])));
}

NATIVE(do_is) {
    if (kind_of(arguments[0]) != POOLVAL_INSTANCE) return vm.no;
    SCOPED class_ = box(arguments[1]);
    int is = poolval_is_instance(vm.space, object_of(arguments[0]), class_);
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

static poolobj *iterator_of(value v) {
    SCOPED over = box(v);
    return poolval_iterate(vm.space, over);
}

NATIVE(do_iter) { return unbox_new(iterator_of(arguments[0])); }

/* A list of what can be iterated, a generator for one. */
NATIVE(do_list) {
    poolobj *list = poolval_list_new(vm.space), *item;
    SCOPED iterator = count == 0 ? NULL : iterator_of(arguments[0]);
    int more = iterator == NULL ? -count : 1;
    while (more > 0 && (more = poolval_next(vm.space, iterator, &item)) > 0)
        if (poolval_list_append_steal(vm.space, list, item) < 0) more = -1;
    if (more < 0) poolobj_clear(&list);
    return of_object(list);
}

NATIVE(do_next) {
    SCOPED iterator = box(arguments[0]);
    poolobj *item;
    int more = poolval_next(vm.space, iterator, &item);
    if (more == 0 && count == 2) return copy_of(arguments[1]);
    if (more == 0) return fail(POOLVAL_ERR_INDEX, "there is nothing more");
    return more < 0 ? NOTHING : unbox_new(item);
}

NATIVE(do_ord) {
    SCOPED text = box(arguments[0]);
    int32_t character = poolval_str_at(vm.space, text, 0);
    return character < 0 ? NOTHING : of_int(character);
}

NATIVE(do_chr) {
    uint32_t character = is_int(arguments[0]) ? (uint32_t)int_of(arguments[0]) : UINT32_MAX;
    return unbox_new(poolval_str_new_chars(vm.space, &character, 1));
}

NATIVE(do_error) {
    SCOPED error = poolval_instance_new(vm.space, vm.error_class);
    value v = of_object(error);
    if (v == NOTHING || set_attribute(v, vm.name_kind, arguments[0]) < 0 ||
        set_attribute(v, vm.name_message, arguments[1]) < 0)
        return NOTHING;
    return copy_of(v);
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
