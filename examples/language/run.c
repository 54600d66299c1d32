/* SPDX-License-Identifier: MIT */
/*
 * run.c - what each instruction does, and the loop that does one after the other. Each of them
 * jumps to the next by itself, so that the processor can tell what usually follows what.
 */
#include "frames.h"

/* What the loop has at hand of the last frame, which is where `pc` is when others look. */
typedef struct state {
    const instruction *pc;
    value *base, *constants;
    int locals;
    value result; /* of a run that ends */
} state;

enum outcome { GOES_ON, FAILS, ENDS };

#define INLINE static inline __attribute__((always_inline))
#define OP(name) INLINE enum outcome op_##name(state *s)
#define A (s->pc->a)
#define B (s->pc->b)
#define C (s->pc->c)
#define R(i) s->base[i]

INLINE void load(state *s) {
    s->base = vm.frame->base;
    s->locals = vm.frame->code->locals;
    s->constants = vm.frame->code->constants;
    s->pc = vm.frame->pc;
}

INLINE value moved(value *from) {
    value v = *from;
    *from = NOTHING;
    return v;
}

/* Who reads a temporary takes it. Numbers may stay. */
INLINE void taken(state *s, int reg) {
    if (reg >= s->locals) replace(&R(reg), NOTHING);
}
INLINE value read(state *s, int reg) { return reg >= s->locals ? moved(&R(reg)) : copy_of(R(reg)); }

INLINE enum outcome go(state *s, int distance) {
    s->pc += distance;
    return GOES_ON;
}

INLINE enum outcome give(state *s, value v) {
    replace(&R(A), v);
    return go(s, 1);
}

/* Gives what may have failed; result_of_one and _two also take leave of what it was made of. */
INLINE enum outcome result(state *s, value v) { return v == NOTHING ? FAILS : give(s, v); }

INLINE enum outcome result_of_one(state *s, value v) {
    if (v != NOTHING) taken(s, B);
    return result(s, v);
}

INLINE enum outcome result_of_two(state *s, value v) {
    if (v != NOTHING) taken(s, C);
    return result_of_one(s, v);
}

INLINE poolobj *name_at(const state *s, int constant) { return object_of(s->constants[constant]); }

/* ---- Registers and variables ---- */

INLINE enum outcome get_variable(state *s, value content) {
    if (content == NOTHING) fail(POOLVAL_ERR_VALUE, "a variable has no value yet");
    return result(s, copy_of(content));
}

INLINE enum outcome set_variable(state *s, value *variable, int from) {
    replace(variable, read(s, from));
    return go(s, 1);
}

INLINE cell *cell_in(value v) { return (cell *)object_of(v); }

OP(MOVE) { return give(s, copy_of(R(B))); }
OP(TAKE) { return give(s, moved(&R(B))); }
OP(CONST) { return give(s, copy_of(s->constants[B])); }
OP(INT) { return give(s, of_int(B)); }
OP(DROP) { return give(s, NOTHING); }
OP(GET_UP) { return get_variable(s, vm.frame->closure->cells[B]->content); }
OP(SET_UP) { return set_variable(s, &vm.frame->closure->cells[B]->content, A); }
OP(GET_CELL) { return get_variable(s, cell_in(R(B))->content); }
OP(SET_CELL) { return set_variable(s, &cell_in(R(A))->content, B); }
OP(SET_GLOBAL) { return set_variable(s, &vm.globals[B], A); }
OP(GET_GLOBAL) {
    value v = vm.globals[B];
    if (v == NOTHING) fail(POOLVAL_ERR_KEY, "nothing is called %s", vm.global_names[B]);
    return result(s, copy_of(v));
}
OP(NEW_CELL) {
    value made = make_cell();
    if (made != NOTHING && B >= 0) cell_in(made)->content = B == A ? moved(&R(B)) : read(s, B);
    return result(s, made);
}
OP(CLOSURE) { return result(s, make_closure(vm.frame->code->inner[B], s->base)); }

/* ---- Arithmetic ---- */

INLINE int two_floats(value a, value b, double *x, double *y) {
    if (is_float(a) && is_float(b)) {
        *x = float_of(a), *y = float_of(b);
        return 1;
    }
    if (!is_number(a) || !is_number(b)) return 0;
    *x = is_int(a) ? int_of(a) : float_of(a);
    *y = is_int(b) ? int_of(b) : float_of(b);
    return 1;
}

static inline int floor_divide(int32_t i, int32_t j, int32_t *r) {
    if (j == 0 || j == -1) return 0;
    *r = i / j - (i % j != 0 && (i % j < 0) != (j < 0));
    return 1;
}

static inline int modulo(int32_t i, int32_t j, int32_t *r) {
    if (j == 0 || j == -1) return 0;
    *r = i % j;
    if (*r != 0 && (*r < 0) != (j < 0)) *r += j;
    return 1;
}

static inline int shift_left(int32_t i, int32_t j, int32_t *r) {
    int64_t wide = j >= 0 && j < 31 ? (int64_t)i * ((int64_t)1 << j) : INT64_MAX;
    *r = (int32_t)wide;
    return wide == *r;
}

INLINE enum outcome slow(state *s) { return result_of_two(s, arith(s->pc->op, R(B), R(C))); }

#define ON_INTS(name, fits)                                                                        \
    OP(name) {                                                                                     \
        int32_t i = int_of(R(B)), j = int_of(R(C)), r;                                             \
        return both_int(R(B), R(C)) && (fits) ? give(s, of_int(r)) : slow(s);                      \
    }
ON_INTS(AND, (r = i & j, 1))
ON_INTS(OR, (r = i | j, 1))
ON_INTS(XOR, (r = i ^ j, 1))
ON_INTS(SHL, shift_left(i, j, &r))
ON_INTS(SHR, j >= 0 && (r = i >> (j > 31 ? 31 : j), 1))
ON_INTS(FLOOR_DIV, floor_divide(i, j, &r))
ON_INTS(MOD, modulo(i, j, &r))

#define ON_NUMBERS(name, overflows, on)                                                            \
    OP(name) {                                                                                     \
        value x = R(B), y = R(C);                                                                  \
        double p, q;                                                                               \
        int32_t r;                                                                                 \
        if (both_int(x, y)) {                                                                      \
            if (!overflows(int_of(x), int_of(y), &r)) return give(s, of_int(r));                   \
        } else if (two_floats(x, y, &p, &q))                                                       \
            return give(s, of_float(p on q));                                                      \
        return slow(s);                                                                            \
    }                                                                                              \
    OP(name##_I) {                                                                                 \
        value x = R(B);                                                                            \
        int32_t r;                                                                                 \
        if (is_int(x) && !overflows(int_of(x), C, &r)) return give(s, of_int(r));                  \
        if (is_float(x)) return give(s, of_float(float_of(x) on C));                               \
        return result_of_one(s, arith(OP_##name, x, of_int(C)));                                   \
    }
ON_NUMBERS(ADD, __builtin_add_overflow, +)
ON_NUMBERS(SUB, __builtin_sub_overflow, -)
ON_NUMBERS(MUL, __builtin_mul_overflow, *)

OP(MOD_I) {
    int32_t r;
    if (is_int(R(B)) && modulo(int_of(R(B)), C, &r)) return give(s, of_int(r));
    return result_of_one(s, arith(OP_MOD, R(B), of_int(C)));
}
OP(DIV) {
    double p, q;
    return two_floats(R(B), R(C), &p, &q) && q != 0 ? give(s, of_float(p / q)) : slow(s);
}
OP(POW) { return slow(s); }
OP(NEG) {
    value x = R(B);
    if (is_float(x)) return give(s, of_float(-float_of(x)));
    if (is_int(x) && int_of(x) != INT32_MIN) return give(s, of_int(-int_of(x)));
    return result_of_one(s, arith(OP_NEG, x, NOTHING));
}
OP(INVERT) { return result_of_one(s, arith(OP_INVERT, R(B), NOTHING)); }
OP(NOT) { return result_of_one(s, truth_of(R(B)) ? vm.no : vm.yes); }

/* ---- Jumps ---- */

INLINE enum outcome jump_by_truth(state *s, int sense) {
    int jumps = truth_of(R(A)) == sense;
    if (B == 0) taken(s, A);
    return go(s, jumps ? C : 1);
}

OP(JUMP) { return go(s, C); }
OP(JUMP_TRUE) { return jump_by_truth(s, 1); }
OP(JUMP_FALSE) { return jump_by_truth(s, 0); }

/* What is not two numbers is compared with y, which is no register if it is a small number. */
INLINE enum outcome compare_slowly(state *s, int op, value y, int sense, int immediate) {
    int holds = compare(op, R(A), y);
    if (holds < 0) return FAILS;
    taken(s, A);
    if (!immediate) taken(s, B);
    return go(s, holds == sense ? C : 1);
}

/* Jumps if the result of a comparison is `sense`: with a register, and with a small number. */
#define COMPARE_AS(name, by, sense, on)                                                            \
    OP(name) {                                                                                     \
        value x = R(A), y = R(B);                                                                  \
        double p, q;                                                                               \
        if (both_int(x, y)) return go(s, (int_of(x) on int_of(y)) == sense ? C : 1);               \
        if (two_floats(x, y, &p, &q)) return go(s, (p on q) == sense ? C : 1);                     \
        return compare_slowly(s, OP_##by, y, sense, 0);                                            \
    }                                                                                              \
    OP(name##_I) {                                                                                 \
        value x = R(A);                                                                            \
        if (is_int(x)) return go(s, (int_of(x) on B) == sense ? C : 1);                            \
        if (is_float(x)) return go(s, (float_of(x) on B) == sense ? C : 1);                        \
        return compare_slowly(s, OP_##by, of_int(B), sense, 1);                                    \
    }
#define COMPARE(name, opposite, on) COMPARE_AS(name, name, 1, on) COMPARE_AS(opposite, name, 0, on)
COMPARE(J_LT, J_NLT, <)
COMPARE(J_LE, J_NLE, <=)
COMPARE(J_GT, J_NGT, >)
COMPARE(J_GE, J_NGE, >=)
COMPARE(J_EQ, J_NE, ==)

/* ---- Items and attributes ---- */

OP(GET_INDEX) {
    value of = R(B), index = R(C);
    poolobj *const *items;
    size_t count;
    if (is_int(index) && is_object(of) &&
        poolval_list_peek(vm.space, object_of(of), &items, &count) &&
        (size_t)(uint32_t)int_of(index) < count)
        return result_of_one(s, unbox(items[int_of(index)]));
    return result_of_two(s, get_index(of, index));
}
OP(SET_INDEX) {
    if (set_index(R(A), R(B), R(C)) < 0) return FAILS;
    taken(s, A), taken(s, B), taken(s, C);
    return go(s, 1);
}
OP(GET_SLICE) {
    value part = get_slice(R(B), R(B + 1), R(B + 2));
    taken(s, B + 1), taken(s, B + 2);
    return result_of_one(s, part);
}
OP(GET_ATTR) { return result_of_one(s, get_attribute(R(B), name_at(s, C))); }
OP(SET_ATTR) {
    if (set_attribute(R(A), name_at(s, C), R(B)) < 0) return FAILS;
    taken(s, A), taken(s, B);
    return go(s, 1);
}
OP(LIST) { return result(s, make_list(&R(B), C)); }
OP(DICT) { return result(s, make_dict(&R(B), C)); }
OP(CONTAINS) {
    int there = contains(R(C), R(B));
    return result_of_two(s, there < 0 ? NOTHING : there ? vm.yes : vm.no);
}

/* ---- Calls ---- */

INLINE enum outcome enter(state *s, closure *c, int ends) {
    if (!push_frame(c->code, c, &R(A + 1), ends)) return FAILS;
    load(s);
    return GOES_ON;
}

INLINE enum outcome call_closure(state *s, closure *c, int count) {
    code *to = c->code;
    if (!count_fits(to->name, count, to->parameters, to->parameters)) return FAILS;
    if (to->generator) return result(s, make_generator(c, &R(A + 1), count));
    return enter(s, c, TO_CALLER);
}

INLINE enum outcome call_native(state *s, const native *callee, int count) {
    if (!count_fits(callee->name, count, callee->least, callee->most)) return FAILS;
    if (!box_all(&R(A + 1), count)) return FAILS;
    value v = unbox_new(callee->function((poolobj **)(void *)&R(A + 1), count));
    if (v == NOTHING) return FAILS;
    for (int i = 1; i <= count; i++) replace(&R(A + i), NOTHING);
    return give(s, v);
}

INLINE enum outcome call_class(state *s, int count) {
    poolobj *init;
    if ((count = begin_object(&R(A), count, &init)) < 0) return FAILS;
    if (count == 0) return go(s, 1);
    enum outcome entered = enter(s, (closure *)init, TO_CREATOR);
    if (entered == FAILS) poolobj_decref(init);
    return entered;
}

INLINE enum outcome call(state *s, int count) {
    vm.frame->pc = s->pc;
    while (own_kind(R(A)) == A_METHOD) count = open_method(&R(A), count);
    switch (own_kind(R(A))) {
    case A_CLOSURE:
        return call_closure(s, (closure *)object_of(R(A)), count);
    case A_NATIVE:
        return call_native(s, (native *)object_of(R(A)), count);
    default:
        return call_class(s, count);
    }
}

OP(CALL) { return call(s, B); }
OP(INVOKE) {
    int count = find_method(&R(A), B, name_at(s, C));
    return count < 0 ? FAILS : call(s, count);
}
OP(RETURN) {
    value v = moved(&R(A)), *at = s->base - 1;
    int ends = vm.frame->ends, was_generator = vm.frame->generator != NULL;
    pop_frame();
    if (ends == TO_PROGRAM && !was_generator) {
        s->result = v;
        return ENDS;
    }
    if (ends == TO_CALLER)
        replace(at, v);
    else
        drop(v);
    s->result = NOTHING;
    if (ends == TO_PROGRAM) return ENDS;
    load(s);
    return go(s, ends == TO_LOOP ? C : 1);
}
OP(YIELD) {
    int ends = vm.frame->ends;
    s->result = moved(&R(A));
    suspend(s->pc + 1);
    if (ends == TO_PROGRAM) return ENDS;
    load(s);
    replace(&R(B), s->result);
    return go(s, 1);
}

/* ---- Loops: R(A) is what they go through, the registers after it are where they are ---- */

INLINE enum outcome next_number(state *s, int32_t i) {
    int32_t stop = int_of(R(A + 1)), step = int_of(R(A + 2)), next;
    if (step > 0 ? i >= stop : i <= stop) return go(s, C);
    R(A) = of_int(__builtin_add_overflow(i, step, &next) ? stop : next);
    replace(&R(B), of_int(i));
    return go(s, 1);
}

INLINE enum outcome next_item(state *s, poolobj *const *items, size_t count) {
    int index = int_of(R(A + 1));
    if ((size_t)index >= count) return go(s, C);
    R(A + 1) = of_int(index + 1);
    replace(&R(B), unbox(items[index]));
    return go(s, 1);
}

INLINE enum outcome next_of_iterator(state *s, poolobj *iterator) {
    poolobj *item;
    int more = poolval_next(vm.space, iterator, &item);
    if (more < 0) return FAILS;
    if (more == 0) return go(s, C);
    replace(&R(B), unbox_new(item));
    return go(s, 1);
}

OP(FOR_BEGIN) { return begin_loop(&R(A)) ? go(s, 1) : FAILS; }
OP(FOR_NEXT) {
    value x = R(A);
    poolobj *const *items;
    size_t count;
    if (is_int(x)) return next_number(s, int_of(x));
    if (poolval_list_peek(vm.space, object_of(x), &items, &count))
        return next_item(s, items, count);
    vm.frame->pc = s->pc;
    if (own_kind(x) != A_GENERATOR) return next_of_iterator(s, object_of(x));
    int resumed = resume((generator *)object_of(x), TO_LOOP);
    if (resumed < 0) return FAILS;
    if (resumed == 0) return go(s, C);
    load(s);
    return GOES_ON;
}

/* ---- Classes and exceptions ---- */

OP(CLASS) {
    value v = make_class(name_at(s, B), C >= 0 ? &R(C) : NULL);
    if (C >= 0) taken(s, C);
    return result(s, v);
}
OP(THROW) {
    vm.exception = box(R(A));
    return FAILS;
}

/* ---- The loop ---- */

#define LABEL(name) &&L_##name,
#define STEP(name)                                                                                 \
    L_##name : if ((outcome = op_##name(&s)) == GOES_ON) goto *labels[s.pc->op];                   \
    goto leave;

value run(void) {
    static const void *const labels[] = {OPERATIONS(LABEL)};
    enum outcome outcome;
    state s;
    load(&s);
    goto *labels[s.pc->op];
    OPERATIONS(STEP)
leave:
    if (outcome == ENDS) return s.result;
    vm.frame->pc = s.pc;
    if (unwind() == NULL) return NOTHING;
    load(&s);
    goto *labels[s.pc->op];
}
