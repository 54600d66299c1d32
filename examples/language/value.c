/* SPDX-License-Identifier: MIT */
/*
 * value.c - values between registers and objects, the machine's own types of objects, and failures.
 */
#include "language.h"

#include <stdio.h>
#include <stdlib.h>

machine vm;

void *need_memory(void *memory) {
    if (memory != NULL) return memory;
    fprintf(stderr, "language: out of memory\n");
    exit(1);
}

void *grown(void *table, int count, size_t size) {
    if (count != 0 && (count < 4 || (count & (count - 1)) != 0)) return table;
    size_t room = count == 0 ? 4 : 2 * (size_t)count;
    return need_memory(realloc(table, room * size));
}

/* ---- Registers and objects ---- */

poolobj *box(value v) {
    if (is_int(v)) return poolval_int_new(vm.space, int_of(v));
    if (is_float(v)) return poolval_float_new(vm.space, float_of(v));
    poolobj_incref(object_of(v));
    return object_of(v);
}

poolobj *box_new(value v) {
    poolobj *object = v == NOTHING ? NULL : box(v);
    drop(v);
    return object;
}

value unbox_new(poolobj *object) {
    value v;
    if (!is_register_number(object, &v)) return of_object(object);
    poolobj_decref(object);
    return v;
}

int truth_of(value v) {
    if (is_int(v)) return int_of(v) != 0;
    if (is_float(v)) return float_of(v) != 0;
    return v != NOTHING && poolval_truth(vm.space, object_of(v));
}

const char *type_name(value v) {
    if (is_int(v)) return "int";
    if (is_float(v)) return "float";
    return poolval_type_name(vm.space, object_of(v));
}

/* ---- Failures ----
 * What fails leaves its reason in the space, as the library's functions do. The machine makes an
 * exception of it, an instance of Error, unless one is on its way already. */

static const char *kind_name(int reason) {
    static const char *const names[] = {"none",    "memory",   "type",     "index",
                                        "key",     "overflow", "encoding", "value",
                                        "changed", "depth",    "budget",   "hook"};
    if (reason >= 0 && reason < (int)(sizeof names / sizeof *names)) return names[reason];
    return "error";
}

poolobj *error_new(poolobj *kind, poolobj *message) {
    poolobj *error = poolval_instance_new(vm.space, vm.error_class);
    if (error != NULL && (poolval_attr_set(vm.space, error, vm.name_kind, kind) < 0 ||
                          poolval_attr_set(vm.space, error, vm.name_message, message) < 0))
        poolobj_clear(&error);
    return error;
}

void error_becomes_exception(void) {
    SCOPED kind = need_memory(poolval_str_new(vm.space, kind_name(poolval_error(vm.space))));
    SCOPED message = need_memory(poolval_str_new(vm.space, poolval_error_message(vm.space)));
    poolval_error_clear(vm.space);
    vm.exception = need_memory(error_new(kind, message));
}

/* ---- Own types ----
 * A register has the bits of a pointer where it holds an object, so that it can be reported as it
 * is; a number in it is none of the collector's business. */

static void visit_registers(const value *registers, size_t count, poolobj_visit visit, void *arg) {
    for (size_t i = 0; i < count; i++)
        if (is_object(registers[i])) visit((poolobj *const *)(const void *)&registers[i], 1, arg);
}

static void cell_traverse(poolobj *object, poolobj_visit visit, void *arg) {
    visit_registers(&((cell *)object)->content, 1, visit, arg);
}

static void generator_traverse(poolobj *object, poolobj_visit visit, void *arg) {
    generator *g = (generator *)object;
    if (g->code != NULL && g->state == GENERATOR_WAITS)
        visit_registers(g->registers, (size_t)g->code->registers, visit, arg);
}

static int closure_edge(poolval_space *space, poolobj *object, int kind, size_t index, char *text,
                        size_t size) {
    (void)space;
    code *outer = NULL, *mine = ((closure *)object)->code;
    if (kind != POOLGRAPH_ITEM) return 0;
    for (code *c = vm.codes; c != NULL; c = c->next)
        for (int i = 0; i < c->inner_count; i++)
            if (c->inner[i] == mine) outer = c;
    capture from = mine->captures[index];
    if (outer == NULL || !from.from_register) return snprintf(text, size, "variable");
    return snprintf(text, size, "variable %s", outer->variables[from.index]);
}

/* References are counted through, as they are reported: registers that hold none are left out. */
static int generator_edge(poolval_space *space, poolobj *object, int kind, size_t index, char *text,
                          size_t size) {
    (void)space;
    const generator *g = (generator *)object;
    if (kind != POOLGRAPH_ITEM) return 0;
    for (int i = 0; i < g->code->locals; i++)
        if (is_object(g->registers[i]) && index-- == 0)
            return snprintf(text, size, "variable %s", g->code->variables[i]);
    return 0;
}

static int cell_edge(poolval_space *space, poolobj *object, int kind, size_t index, char *text,
                     size_t size) {
    (void)space, (void)object, (void)kind, (void)index;
    return snprintf(text, size, "content");
}

static poolobj *own_repr(poolval_space *space, poolobj *object) {
    static const char *const names[] = {"function", "function", "cell", "generator", "method"};
    char text[120];
    int what = ((own *)object)->what;
    const char *name = what == A_CLOSURE     ? ((closure *)object)->code->name
                       : what == A_NATIVE    ? ((native *)object)->name
                       : what == A_GENERATOR ? ((generator *)object)->code->name
                                             : "";
    snprintf(text, sizeof text, "<%s%s%s>", names[what], *name != 0 ? " " : "", name);
    return poolval_str_new(space, text);
}

static poolobj_type *make_type(poolobj_typespec spec, poolval_hooks hooks) {
    hooks.repr = own_repr;
    return need_memory(poolval_type_new(vm.space, POOLVAL_OTHER, &spec, &hooks));
}

void types_begin(void) {
    static const size_t in_method[] = {offsetof(method, object), offsetof(method, function),
                                       POOLOBJ_END},
                        in_generator[] = {offsetof(generator, closure), POOLOBJ_END};
    static const char *const method_fields[] = {"object", "function"}, *const generator_fields[] = {
                                                                           "function"};
    poolobj_typespec of_function = {
        .name = "function", .size = sizeof(closure), .flags = POOLOBJ_ITEMS_ARE_REFS};
    poolobj_typespec of_native = {.name = "built-in", .size = sizeof(native)};
    poolobj_typespec of_cell = {.name = "cell", .size = sizeof(cell), .traverse = cell_traverse};
    poolobj_typespec of_method = {
        .name = "method", .size = sizeof(method), .refs = in_method, .fields = method_fields};
    poolobj_typespec of_generator = {.name = "generator",
                                     .size = sizeof(generator),
                                     .item_size = sizeof(value),
                                     .refs = in_generator,
                                     .fields = generator_fields,
                                     .traverse = generator_traverse};
    vm.closure_type = make_type(of_function, (poolval_hooks){.edge = closure_edge});
    vm.native_type = make_type(of_native, (poolval_hooks){0});
    vm.cell_type = make_type(of_cell, (poolval_hooks){.edge = cell_edge});
    vm.method_type = make_type(of_method, (poolval_hooks){0});
    vm.generator_type =
        make_type(of_generator, (poolval_hooks){.edge = generator_edge, .next = generator_next});
}

/* An object of a type of the machine's own; NULL: failed. */
static void *own_new(poolobj_type *type, int what, int items) {
    own *made = poolobj_new_items(type, (size_t)items);
    if (made == NULL) return fail(POOLVAL_ERR_MEMORY, "out of memory"), NULL;
    made->what = what;
    return made;
}

value make_native(const char *name, native_function function, int least, int most) {
    native *made = need_memory(own_new(vm.native_type, A_NATIVE, 0));
    made->name = name;
    made->function = function;
    made->least = least, made->most = most;
    return of_object(made);
}

value make_closure(code *c, value *base) {
    closure *made = own_new(vm.closure_type, A_CLOSURE, c->capture_count);
    if (made == NULL) return NOTHING;
    made->code = c;
    for (int i = 0; i < c->capture_count; i++) {
        capture from = c->captures[i];
        poolobj_set(&made->cells[i], from.from_register ? (cell *)object_of(base[from.index])
                                                        : vm.frame->closure->cells[from.index]);
    }
    return of_object(made);
}

value make_method(poolobj *object, poolobj *function) {
    method *made = own_new(vm.method_type, A_METHOD, 0);
    if (made == NULL) return NOTHING;
    poolobj_set(&made->object, object);
    poolobj_set(&made->function, function);
    return of_object(made);
}

value make_cell(void) { return of_object(own_new(vm.cell_type, A_CELL, 0)); }

/* It takes the arguments over. */
value make_generator(closure *c, value *arguments, int count) {
    generator *made = own_new(vm.generator_type, A_GENERATOR, c->code->registers);
    if (made == NULL) return NOTHING;
    made->code = c->code;
    made->pc = c->code->ins;
    poolobj_set(&made->closure, c);
    for (int i = 0; i < count; i++) {
        made->registers[i] = arguments[i];
        arguments[i] = NOTHING;
    }
    return of_object(made);
}
