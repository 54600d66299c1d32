/* SPDX-License-Identifier: MIT */
/*
 * call.c - calls that are more than a frame, exceptions on their way, and what the loop makes.
 */
#include "frames.h"

enum { NESTED_RUNS = 200 };

/* A generator in place of the function: it takes the arguments over. */
value make_generator(closure *c, value *arguments, int count) {
    generator *g = poolobj_new_items(vm.generator_type, (size_t)c->code->registers);
    if (g == NULL) return fail(POOLVAL_ERR_MEMORY, "out of memory");
    g->head.what = A_GENERATOR;
    g->code = c->code;
    g->pc = c->code->ins;
    poolobj_set(&g->closure, c);
    for (int i = 0; i < count; i++) {
        g->registers[i] = arguments[i];
        arguments[i] = NOTHING;
    }
    return of_object(g);
}

/* Whoever catches the exception: the frame in which the loop goes on; NULL: nobody does. */
frame *unwind(void) {
    if (vm.exception == NOTHING) error_becomes_exception();
    if (!vm.on_its_way) vm.trace[0] = 0;
    vm.on_its_way = 1;
    for (;; pop_frame()) {
        frame *f = vm.frame;
        int at = (int)(f->pc - f->code->ins);
        note_trace(f);
        for (int i = 0; i < f->code->handler_count; i++) {
            handler *h = &f->code->handlers[i];
            if (at < h->from || at >= h->to) continue;
            for (int r = f->code->locals; r < f->code->registers; r++) {
                drop(f->base[r]);
                f->base[r] = NOTHING;
            }
            drop(f->base[h->reg]);
            f->base[h->reg] = vm.exception;
            vm.exception = NOTHING;
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

/* An object of the class lies where the class did, and before the arguments of its `init`. Returns
   how many arguments there are then; 0: nothing is to be called; -1: failed. */
int begin_object(value *at, int count, poolobj **init) {
    poolobj *class_ = object_of(at[0]);
    if (poolval_attr_find(vm.space, class_, vm.name_init, init) < 0) return -1;
    if (*init == NULL && !count_fits("the class", count, 0, 0)) return -1;
    poolobj *object = poolval_instance_new(vm.space, class_);
    if (object == NULL) return -1;
    at[0] = of_object(object);
    if (*init != NULL) {
        for (int i = count; i > 0; i--) at[i + 1] = at[i];
        at[1] = copy_of(at[0]);
        poolobj_incref(*init);
        count++;
    }
    poolobj_decref(class_);
    return *init == NULL ? 0 : count;
}

/* The function that a method call means lies at at[0] then; returns the number of arguments. */
int find_method(value *at, int count, poolobj *name) {
    int kind = kind_of(at[1]);
    poolobj *found = NULL;
    if (kind == POOLVAL_INSTANCE || kind == POOLVAL_CLASS) {
        int whose = poolval_method_find(vm.space, object_of(at[1]), name, &found);
        if (whose > 0) {
            at[0] = unbox(found);
            if (whose == POOLVAL_OF_CLASS && kind == POOLVAL_INSTANCE) return count;
            drop(at[1]);
            for (int i = 1; i < count; i++) at[i] = at[i + 1];
            at[count] = NOTHING;
            return count - 1;
        }
    } else if ((found = attribute_of_kind(at[1], name)) != NULL) {
        at[0] = unbox(found);
        return count;
    }
    fail(POOLVAL_ERR_KEY, "a %s has no method %s", type_name(at[1]),
         poolval_str_utf8(vm.space, name, NULL));
    return -1;
}

/* A bound method gives way to its function, with its object before the arguments. */
int open_method(value *at, int count) {
    method *m = (method *)object_of(at[0]);
    for (int i = count; i > 0; i--) at[i + 1] = at[i];
    at[1] = copy_of(of_object(m->object));
    at[0] = copy_of(of_object(m->function));
    poolobj_decref(m);
    return count + 1;
}

value machine_call(value function, const value *arguments, int count) {
    static int nested, lines[2];
    instruction ins[] = {{OP_CALL, 0, (int16_t)count, 0}, {OP_RETURN, 0, 0, 0}};
    code caller = {.name = "", .ins = ins, .lines = lines, .registers = count + 2};
    value *base = free_stack(), result;
    if (nested == NESTED_RUNS) return fail(POOLVAL_ERR_DEPTH, "too many calls in calls");
    if (!push_frame(&caller, NULL, base, TO_PROGRAM)) return NOTHING;
    base[0] = copy_of(function);
    for (int i = 0; i < count; i++) base[i + 1] = copy_of(arguments[i]);
    nested++;
    result = run();
    nested--;
    return result;
}

int generator_next(poolval_space *space, poolobj *object, poolobj **item) {
    generator *g = (generator *)object;
    (void)space;
    *item = NULL;
    int resumed = resume(g, TO_PROGRAM);
    if (resumed <= 0) return resumed;
    value v = run();
    if (v != NOTHING) {
        *item = box(v);
        drop(v);
        return *item == NULL ? -1 : 1;
    }
    if (vm.exception == NOTHING) return 0;
    return poolval_error_set(vm.space, POOLVAL_ERR_PROGRAM, "an exception");
}

int begin_loop(value *at) {
    poolobj *iterator;
    int64_t range[3] = {0};
    int kind = kind_of(at[0]);
    for (int i = 1; i < 3; i++) {
        drop(at[i]);
        at[i] = of_int(0);
    }
    if (kind == POOLVAL_LIST || own_kind(at[0]) == A_GENERATOR) return 1;
    if (kind == POOLVAL_RANGE) {
        poolval_range_get(vm.space, object_of(at[0]), &range[0], &range[1], &range[2]);
        if (range[0] == (int32_t)range[0] && range[1] == (int32_t)range[1] &&
            range[2] == (int32_t)range[2]) {
            drop(at[0]);
            for (int i = 0; i < 3; i++) at[i] = of_int((int32_t)range[i]);
            return 1;
        }
    }
    if (!is_object(at[0])) return fail(POOLVAL_ERR_TYPE, "a number has no items") != NOTHING;
    if ((iterator = poolval_iterate(vm.space, object_of(at[0]))) == NULL) return 0;
    drop(at[0]);
    at[0] = of_object(iterator);
    return 1;
}

value fill_closure(value made, value *base) {
    if (made == NOTHING) return made;
    closure *c = (closure *)object_of(made);
    for (int i = 0; i < c->cell_count; i++) {
        capture from = c->code->captures[i];
        cell *shared = from.from_register ? (cell *)object_of(base[from.index])
                                          : vm.frame->closure->cells[from.index];
        poolobj_set(&c->cells[i], shared);
    }
    return made;
}

value make_cell(value content) {
    cell *made = poolobj_new(vm.cell_type);
    if (made == NULL) return fail(POOLVAL_ERR_MEMORY, "out of memory");
    made->head.what = A_CELL;
    made->content = content;
    return of_object(made);
}

value make_container(int op, value *from, int count) {
    poolobj *made;
    if (op == OP_LIST) {
        poolobj *items[32];
        int quick = count < 32 ? count : 0;
        for (int i = 0; i < quick; i++) items[i] = box(from[i]);
        made = quick > 0 ? poolval_list_new_steal(vm.space, items, (size_t)count)
                         : poolval_list_new(vm.space);
        for (int i = quick; i < count && made != NULL; i++)
            if (poolval_list_append_steal(vm.space, made, box(from[i])) < 0) poolobj_clear(&made);
    } else {
        made = poolval_dict_new(vm.space);
        for (int i = 0; i < count && made != NULL; i++)
            if (poolval_dict_set_steal(vm.space, made, box(from[2 * i]), box(from[2 * i + 1])) < 0)
                poolobj_clear(&made);
        count *= 2;
    }
    for (int i = 0; i < count; i++) {
        drop(from[i]);
        from[i] = NOTHING;
    }
    return made == NULL ? NOTHING : of_object(made);
}
