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

static value system_failure(const char *what) {
    return fail(POOLVAL_ERR_PROGRAM, "%s: %s", what, strerror(errno));
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
NATIVE(do_why) {
    poolgraph_reference chain[1];
    if (!is_object(arguments[0])) return fail(POOLVAL_ERR_TYPE, "a number is held by nobody");
    poolobj *object = object_of(arguments[0]);
    arguments[0] = NOTHING;
    int last = poolobj_refcount(object) == 1;
    if (!last) poolobj_decref(object);
    int failed = poolgraph_why(vm.heap, object, &named, stdout) < 0;
    ptrdiff_t length = failed ? -1 : poolgraph_chain(vm.heap, object, &named, chain, 1);
    if (length >= 0) name_holders(length == 0 ? object : chain[0].from);
    if (!last) poolobj_incref(object);
    arguments[0] = of_object(object);
    return failed ? system_failure("why") : vm.none;
}

/* graph(v): what the value refers to, as text for dot; graph(v, "file.svg"): drawn. */
static value graph_by(int (*show)(poolobj_heap *, void *const *, size_t, const poolgraph_options *,
                                  FILE *),
                      value *arguments, int count) {
    poolgraph_options options = named;
    if (!is_object(arguments[0])) return fail(POOLVAL_ERR_TYPE, "a number refers to nothing");
    void *object = object_of(arguments[0]);
    if (count > 1 && kind_of(arguments[1]) == POOLVAL_STR)
        options.file = poolval_str_utf8(vm.space, object_of(arguments[1]), NULL);
    fflush(stdout);
    if (show(vm.heap, &object, 1, &options, stdout) < 0) return system_failure("graph");
    return vm.none;
}

NATIVE(do_graph) { return graph_by(poolgraph_show_refs, arguments, count); }

NATIVE(do_holders) { return graph_by(poolgraph_show_backrefs, arguments, count); }

NATIVE(do_counts) {
    size_t limit = count > 0 && is_int(arguments[0]) ? (size_t)int_of(arguments[0]) : 0;
    return poolgraph_show_counts(vm.heap, limit, stdout) < 0 ? system_failure("counts") : vm.none;
}

/* How many references there are, without the argument of this call. */
NATIVE(do_references) {
    if (!is_object(arguments[0])) return of_int(0);
    int32_t references = poolobj_refcount(object_of(arguments[0]));
    return of_int(references == INT32_MAX ? references : references - 1);
}

NATIVE(do_collect) { return of_int((int32_t)poolobj_gc_collect(vm.heap, 2)); }

NATIVE(do_alive) {
    const char *name = NULL;
    if (kind_of(arguments[0]) == POOLVAL_STR)
        name = poolval_str_utf8(vm.space, object_of(arguments[0]), NULL);
    if (name == NULL) return fail(POOLVAL_ERR_TYPE, "alive takes the name of a type");
    return of_int((int32_t)poolgraph_count(vm.heap, name));
}

void look_begin(void) {
    define("why", do_why, 1, 1);
    define("graph", do_graph, 1, 2);
    define("holders", do_holders, 1, 2);
    define("counts", do_counts, 0, 1);
    define("references", do_references, 1, 1);
    define("collect", do_collect, 0, 0);
    define("alive", do_alive, 1, 1);
}
