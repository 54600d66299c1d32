/* SPDX-License-Identifier: MIT */
/*
 * call.c - calls that are more than a frame, exceptions on their way, and what the loop makes.
 */
#include "frames.h"

#include <stdio.h>

enum { NESTED_RUNS = 200 };

/* Adds to the trace through which function an exception came, and where. */
static void note_trace(const frame *f) {
    int line = f->code->lines[f->pc - f->code->ins];
    size_t length = strlen(vm.trace);
    if (line > 0 && length < sizeof vm.trace - 100)
        snprintf(vm.trace + length, sizeof vm.trace - length, "  in %.40s, line %d\n",
                 f->code->name, line);
}

/* Whoever catches the exception: the frame in which the loop goes on; NULL: nobody does. */
frame *unwind(void) {
    if (vm.exception == NULL) error_becomes_exception();
    if (!vm.on_its_way) vm.trace[0] = 0;
    vm.on_its_way = 1;
    for (;; pop_frame()) {
        frame *f = vm.frame;
        int at = (int)(f->pc - f->code->ins);
        note_trace(f);
        for (int i = 0; i < f->code->handler_count; i++) {
            handler *h = &f->code->handlers[i];
            if (at < h->from || at >= h->to) continue;
            for (int r = f->code->locals; r < f->code->registers; r++)
                replace(&f->base[r], NOTHING);
            replace(&f->base[h->reg], unbox(vm.exception));
            poolobj_clear(&vm.exception);
            vm.on_its_way = 0;
            f->pc = f->code->ins + h->at;
            return f;
        }
        if (f->ends == TO_PROGRAM) {
            pop_frame();
            return NULL;
        }
    }
}

/* Before the others; returns how many there are then. */
static int insert_argument(value *at, int count, value first) {
    for (int i = count; i > 0; i--) at[i + 1] = at[i];
    at[1] = first;
    return count + 1;
}

/* Whether a class can begin an object with so many arguments; `init` is its method, or NULL. */
static int can_begin(value class_, int count, poolobj **init) {
    if (kind_of(class_) != POOLVAL_CLASS)
        return fail(POOLVAL_ERR_TYPE, "a %s can't be called", type_name(class_)), 0;
    if (poolval_attr_find(vm.space, object_of(class_), vm.name_init, init) < 0) return 0;
    if (*init == NULL) return count_fits("the class", count, 0, 0);
    closure *c = (closure *)*init;
    if (own_kind(of_object(c)) != A_CLOSURE || c->code->generator)
        return fail(POOLVAL_ERR_TYPE, "init is no function"), 0;
    return count_fits("init", count, c->code->parameters - 1, c->code->parameters - 1);
}

/* An object of the class lies where the class did, and before the arguments of its `init`. Returns
   how many arguments there are then; 0: nothing is to be called; -1: failed. */
int begin_object(value *at, int count, poolobj **init) {
    poolobj *object = NULL;
    if (can_begin(at[0], count, init)) object = poolval_instance_new(vm.space, object_of(at[0]));
    if (object == NULL) return -1;
    if (*init != NULL) poolobj_incref(*init);
    replace(&at[0], of_object(object));
    return *init == NULL ? 0 : insert_argument(at, count, copy_of(at[0]));
}

/* A bound method gives way to its function, with its object before the arguments. */
int open_method(value *at, int count) {
    SCOPED bound = object_of(at[0]);
    at[0] = copy_of(of_object(((method *)bound)->function));
    return insert_argument(at, count, copy_of(of_object(((method *)bound)->object)));
}

/* What a hook returns whose call failed: for the library, an exception is an error. */
int tell_library(void) {
    if (vm.exception != NULL) fail(POOLVAL_ERR_PROGRAM, "an exception");
    return -1;
}

poolobj *machine_call(poolobj *function, poolobj *const *arguments, int count) {
    static int nested, lines[2];
    instruction ins[] = {{OP_CALL, 0, (int16_t)count, 0}, {OP_RETURN, 0, 0, 0}};
    code caller = {.name = "", .ins = ins, .lines = lines, .registers = count + 2};
    value *base = free_stack();
    if (nested == NESTED_RUNS) return fail(POOLVAL_ERR_DEPTH, "too many calls in calls"), NULL;
    if (!push_frame(&caller, NULL, base, TO_PROGRAM)) return NULL;
    base[0] = unbox(function);
    for (int i = 0; i < count; i++) base[i + 1] = unbox(arguments[i]);
    nested++;
    poolobj *result = box_new(run());
    nested--;
    return result;
}

int generator_next(poolval_space *space, poolobj *object, poolobj **item) {
    (void)space;
    *item = NULL;
    int resumed = resume((generator *)object, TO_PROGRAM);
    if (resumed <= 0) return resumed;
    value v = run();
    *item = box_new(v);
    if (v != NOTHING) return *item == NULL ? -1 : 1;
    return vm.exception == NULL ? 0 : tell_library();
}

/* Where a loop is lies behind what it goes through: an index, or a number's end and step. */
int begin_loop(value *at) {
    int64_t range[3] = {0}, fits = 0;
    int kind = kind_of(at[0]);
    for (int i = 1; i < 3; i++) replace(&at[i], of_int(0));
    if (kind == POOLVAL_LIST || own_kind(at[0]) == A_GENERATOR) return 1;
    if (kind == POOLVAL_RANGE)
        poolval_range_get(vm.space, object_of(at[0]), &range[0], &range[1], &range[2]);
    for (int i = 0; i < 3; i++) fits += range[i] == (int32_t)range[i];
    if (kind == POOLVAL_RANGE && fits == 3) {
        for (int i = 0; i < 3; i++) replace(&at[i], of_int((int32_t)range[i]));
        return 1;
    }
    SCOPED over = box(at[0]);
    poolobj *iterator = poolval_iterate(vm.space, over);
    if (iterator != NULL) replace(&at[0], of_object(iterator));
    return iterator != NULL;
}

value make_class(poolobj *name, const value *base) {
    if (base != NULL && kind_of(*base) != POOLVAL_CLASS)
        return fail(POOLVAL_ERR_TYPE, "a class can't be made from a %s", type_name(*base)), NOTHING;
    return of_object(poolval_class_new(vm.space, name, base != NULL ? object_of(*base) : NULL));
}

value make_list(value *from, int count) {
    if (!box_all(from, count)) return NOTHING;
    poolobj *const *items = (poolobj *const *)(void *)from;
    poolobj *made = poolval_list_new_steal(vm.space, items, (size_t)count);
    for (int i = 0; i < count; i++) from[i] = NOTHING;
    return of_object(made);
}

value make_dict(value *from, int count) {
    poolobj *made = poolval_dict_new(vm.space);
    for (int i = 0; i < count && made != NULL; i += 2) {
        poolobj *key = box_new(from[i]), *item = box_new(from[i + 1]);
        from[i] = from[i + 1] = NOTHING;
        if (poolval_dict_set_steal(vm.space, made, key, item) < 0) poolobj_clear(&made);
    }
    return of_object(made);
}
