/* SPDX-License-Identifier: MIT */
/*
 * look.c - a program looks at its own heap: why a value is alive, what there is, pictures. The
 * library finds who holds what; which variable it is that holds the first of them, only the
 * machine knows.
 */
#include "language.h"

#include <errno.h>
#include <stdio.h>

static const poolgraph_options named = {.describe = poolval_describe, .name = poolval_name};

static int system_result(int result, const char *what) {
    if (result < 0) fail(POOLVAL_ERR_PROGRAM, "%s: %s", what, strerror(errno));
    return result;
}

static int is_number_object(const poolobj *object) {
    int kind = poolval_kind(vm.space, object);
    return kind == POOLVAL_INT || kind == POOLVAL_FLOAT;
}

static int is_or_holds(value v, const poolobj *object) {
    if (!is_object(v)) return 0;
    return object_of(v) == object ||
           (own_kind(v) == A_CELL && ((cell *)object_of(v))->content == of_object((void *)object));
}

/* Names the variables in which the object lies. */
static void name_holders(const poolobj *object) {
    for (int i = 0; i < vm.global_count; i++)
        if (is_or_holds(vm.globals[i], object))
            printf("  the global %s holds it\n", vm.global_names[i]);
    for (frame *f = vm.frames + 1; f <= vm.frame; f++)
        for (int i = 0; i < f->code->locals; i++)
            if (is_or_holds(f->base[i], object))
                printf("  %s in %s holds it\n",
                       *f->code->variables[i] != 0 ? f->code->variables[i] : "a loop",
                       f->code->name);
}

/* why(v): the chain of references that keeps the value alive, and whose variable it begins at. The
   argument of this call is a reference too; it is set aside meanwhile. */
int look_why(poolobj **arguments) {
    poolgraph_reference chain[1];
    poolobj *object = arguments[0];
    if (is_number_object(object)) return fail(POOLVAL_ERR_TYPE, "a number is held by nobody");
    int last = poolobj_refcount(object) == 1;
    arguments[0] = NULL;
    if (!last) poolobj_decref(object);
    int result = system_result(poolgraph_why(vm.heap, object, &named, stdout), "why");
    ptrdiff_t length = result < 0 ? -1 : poolgraph_chain(vm.heap, object, &named, chain, 1);
    if (length >= 0) name_holders(length == 0 ? object : chain[0].from);
    if (!last) poolobj_incref(object);
    arguments[0] = object;
    return result;
}

/* graph(v): what the value refers to, as text for dot; graph(v, "file.svg"): drawn. holders(v) does
   the same of what refers to the value. */
int look_graph(int backwards, poolobj **arguments, int count) {
    int (*show)(poolobj_heap *, void *const *, size_t, const poolgraph_options *, FILE *) =
        backwards ? poolgraph_show_backrefs : poolgraph_show_refs;
    poolgraph_options options = named;
    void *object = arguments[0];
    if (is_number_object(object)) return fail(POOLVAL_ERR_TYPE, "a number refers to nothing");
    if (count > 1 && (options.file = poolval_str_utf8(vm.space, arguments[1], NULL)) == NULL)
        return -1;
    fflush(stdout);
    return system_result(show(vm.heap, &object, 1, &options, stdout), "graph");
}

int look_counts(poolobj **arguments, int count) {
    int64_t limit = 0;
    if (count > 0 && poolval_int_get(vm.space, arguments[0], &limit) < 0) return -1;
    return system_result(poolgraph_show_counts(vm.heap, (size_t)limit, stdout), "counts");
}

/* How many references there are, without the argument of this call. */
ptrdiff_t look_references(const poolobj *object) {
    int32_t references = is_number_object(object) ? 1 : poolobj_refcount(object);
    return references == INT32_MAX ? references : references - 1;
}

ptrdiff_t look_alive(poolobj *type) {
    const char *name = poolval_str_utf8(vm.space, type, NULL);
    return name == NULL ? -1 : (ptrdiff_t)poolgraph_count(vm.heap, name);
}
