/* SPDX-License-Identifier: MIT */
/*
 * machine.c - the machine as a whole: its beginning and end, globals, methods of built-in types,
 * and what hooks of instances call.
 */
#include "language.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Instances take part in values by the methods of their classes ---- */

/* Calls a method of the object's class. 1: *answer is what it returned, and NULL otherwise; -1: it
   failed; POOLVAL_NO_ANSWER: there is none. */
static int ask(poolobj *object, poolobj *name, poolobj *other, poolobj **answer) {
    poolobj *function, *arguments[] = {object, other};
    *answer = NULL;
    if (poolval_method_find(vm.space, object, name, &function) != POOLVAL_OF_CLASS)
        return POOLVAL_NO_ANSWER;
    *answer = machine_call(function, arguments, other != NULL ? 2 : 1);
    return *answer != NULL ? 1 : tell_library();
}

static poolobj *instance_repr(poolval_space *space, poolobj *object) {
    char text[120];
    poolobj *answer;
    if (ask(object, vm.name_repr, NULL, &answer) != POOLVAL_NO_ANSWER) return answer;
    poolobj *name = poolval_class_name(space, poolval_class_of(space, object));
    snprintf(text, sizeof text, "<%s>", poolval_str_utf8(space, name, NULL));
    return poolval_str_new(space, text);
}

static int instance_equal(poolval_space *space, poolobj *object, poolobj *other) {
    SCOPED answer;
    int asked = ask(object, vm.name_equal, other, &answer);
    return asked == 1 ? poolval_truth(space, answer) : asked;
}

static int instance_compare(poolval_space *space, poolobj *object, poolobj *other, int *order) {
    SCOPED answer;
    int64_t number;
    int asked = ask(object, vm.name_order, other, &answer);
    if (asked != 1) return asked;
    if (!poolval_int_peek(space, answer, &number))
        return fail(POOLVAL_ERR_TYPE, "order returns less than 0, 0, or more");
    *order = (number > 0) - (number < 0);
    return 0;
}

/* By its address where it is equal to itself alone. */
static int instance_hash(poolval_space *space, poolobj *object, uint64_t *hash) {
    SCOPED answer;
    poolobj *function;
    int asked = ask(object, vm.name_hash, NULL, &answer);
    if (asked != POOLVAL_NO_ANSWER) return asked < 0 ? -1 : poolval_hash(space, answer, hash);
    if (poolval_method_find(space, object, vm.name_equal, &function) == POOLVAL_OF_CLASS)
        return fail(POOLVAL_ERR_TYPE, "no hash without a method of that name");
    *hash = (uint64_t)(uintptr_t)object >> 4;
    return 0;
}

/* ---- Beginning ---- */

static poolobj *interned(const char *text) {
    SCOPED string = need_memory(poolval_str_new(vm.space, text));
    return need_memory(poolval_str_intern(vm.space, string));
}

/* What the machine holds: checks of the heap look at it, collections need not. */
static void report_roots(poolobj_visit visit, void *visit_arg, void *arg) {
    (void)arg;
    for (value *r = vm.stack; r < vm.frame->base + vm.frame->code->registers; r++)
        if (is_object(*r)) visit((poolobj *const *)(const void *)r, 1, visit_arg);
    for (int i = 0; i < vm.global_count; i++)
        if (is_object(vm.globals[i]))
            visit((poolobj *const *)(const void *)&vm.globals[i], 1, visit_arg);
}

static void set_global(const char *name, value v) {
    int slot = global_slot(name, strlen(name)); /* which may move the table */
    vm.globals[slot] = v;
}

#define NAME_BEGIN(text) vm.name_##text = interned(#text);
#define NAME_END(text) poolobj_clear(&vm.name_##text);

static void names_begin(void) {
    NAMES(NAME_BEGIN)
    SCOPED name = interned("Error");
    vm.error_class = need_memory(poolval_class_new(vm.space, name, NULL));
    set_global("Error", copy_of(of_object(vm.error_class)));
}

void machine_begin(void) {
    static code nothing;
    poolval_options options = POOLVAL_DEFAULTS;
    poolval_hooks hooks = {.repr = instance_repr,
                           .equal = instance_equal,
                           .compare = instance_compare,
                           .hash = instance_hash};
    options.power = pow;
    options.intern_max = 0; /* names and literals are interned where they are read */
    vm.heap = need_memory(poolobj_heap_new());
    vm.space = need_memory(poolval_space_new(vm.heap, &options));
    vm.stack = need_memory(calloc(STACK, sizeof *vm.stack));
    vm.frame = vm.frames = need_memory(calloc(FRAMES, sizeof *vm.frames));
    *vm.frame = (frame){.code = &nothing, .base = vm.stack};
    vm.none = of_object(poolval_none(vm.space));
    vm.yes = of_object(poolval_bool(vm.space, 1));
    vm.no = of_object(poolval_bool(vm.space, 0));
    poolobj_gc_set_roots(vm.heap, report_roots, NULL);
    types_begin();
    if (poolval_set_instance_hooks(vm.space, &hooks, NULL) < 0) need_memory(NULL);
    names_begin();
    builtins_begin();
}

/* ---- End: what the machine holds is dropped, so that what is left is a leak ---- */

void constants_drop(void) {
    for (code *c = vm.codes; c != NULL; c = c->next)
        while (c->constant_count > 0) drop(c->constants[--c->constant_count]);
}

void codes_free(void) {
    for (code *c = vm.codes, *next; c != NULL; c = next) {
        next = c->next;
        for (int i = 0; i < c->variable_count; i++) free(c->variables[i]);
        free(c->name), free(c->ins), free(c->lines), free(c->constants), free(c->variables);
        free(c->handlers), free(c->captures), free(c->inner), free(c);
    }
    vm.codes = NULL;
}

int machine_end(int tell_leaks) {
    for (int i = 0; i < vm.global_count; i++) {
        replace(&vm.globals[i], NOTHING);
        free(vm.global_names[i]);
    }
    vm.global_count = 0;
    for (int i = 0; i < POOLVAL_TYPES; i++) poolobj_clear(&vm.methods[i]);
    NAMES(NAME_END)
    poolobj_clear(&vm.exception);
    poolobj_clear(&vm.error_class);
    constants_drop();
    poolobj_gc_collect(vm.heap, 2);
    int leaks = tell_leaks && poolgraph_leaks(vm.heap, NULL, stderr) != 0;
    poolobj_heap_close(vm.heap);
    codes_free();
    free(vm.globals), free(vm.global_names), free(vm.frame), free(vm.stack);
    return leaks;
}

/* ---- Globals ---- */

int global_slot(const char *name, size_t length) {
    for (int i = 0; i < vm.global_count; i++)
        if (strlen(vm.global_names[i]) == length && memcmp(vm.global_names[i], name, length) == 0)
            return i;
    vm.globals = grown(vm.globals, vm.global_count, sizeof *vm.globals);
    vm.globals[vm.global_count] = NOTHING;
    ADD(vm.global_names, vm.global_count, need_memory(strndup(name, length)));
    return vm.global_count - 1;
}

/* ---- Built-in functions, and methods of built-in types ---- */

void define(int kind, const char *name, native_function function, int least, int most) {
    value made = make_native(name, function, least, most);
    if (kind == POOLVAL_OTHER) {
        set_global(name, made);
        return;
    }
    if (vm.methods[kind] == NULL) vm.methods[kind] = need_memory(poolval_dict_new(vm.space));
    if (poolval_dict_set_steal(vm.space, vm.methods[kind], interned(name), object_of(made)) < 0)
        need_memory(NULL);
}
