/* SPDX-License-Identifier: MIT */
/*
 * run.c - the loop of the machine. Each instruction jumps to the next by itself, so that the
 * processor can tell what usually follows what; that is why they all lie in one function.
 */
#include "frames.h"

static int two_floats(value a, value b, double *x, double *y) {
    if (is_float(a))
        *x = float_of(a);
    else if (is_int(a))
        *x = int_of(a);
    else
        return 0;
    if (is_float(b))
        *y = float_of(b);
    else if (is_int(b))
        *y = int_of(b);
    else
        return 0;
    return 1;
}

#define A (pc->a)
#define B (pc->b)
#define C (pc->c)
#define R(i) base[i]
#define NEXT                                                                                       \
    do {                                                                                           \
        pc++;                                                                                      \
        goto *labels[pc->op];                                                                      \
    } while (0)
#define GO(distance)                                                                               \
    do {                                                                                           \
        pc += (distance);                                                                          \
        goto *labels[pc->op];                                                                      \
    } while (0)
#define PUT(i, v)                                                                                  \
    do {                                                                                           \
        value old_ = R(i);                                                                         \
        R(i) = (v);                                                                                \
        drop(old_);                                                                                \
    } while (0)
#define RESULT(v)                                                                                  \
    do {                                                                                           \
        PUT(A, v);                                                                                 \
        NEXT;                                                                                      \
    } while (0)
/* Who reads a temporary takes it. Numbers may stay. */
#define TAKEN(i)                                                                                   \
    do {                                                                                           \
        if ((i) >= locals) PUT(i, NOTHING);                                                        \
    } while (0)
#define LOAD()                                                                                     \
    do {                                                                                           \
        base = vm.frame->base;                                                                     \
        locals = vm.frame->code->locals;                                                           \
        constants = vm.frame->code->constants;                                                     \
        pc = vm.frame->pc;                                                                         \
    } while (0)
#define ARITH(name, on_ints, on_floats)                                                            \
    L_##name : x = R(B);                                                                           \
    y = R(C);                                                                                      \
    if (both_int(x, y)) {                                                                          \
        int32_t i = int_of(x), j = int_of(y), r;                                                   \
        if (on_ints) {                                                                             \
            RESULT(of_int(r));                                                                     \
        }                                                                                          \
    } else if (on_floats) {                                                                        \
        RESULT(of_float(p));                                                                       \
    }                                                                                              \
    goto slow_arith;
#define FLOATS(result) (two_floats(x, y, &p, &q) && ((p = (result)), 1))
#define BITS(name, on_ints) ARITH(name, on_ints, 0)
/* A comparison that jumps if its result is `sense`. */
#define COMPARE(name, op, sense, on)                                                               \
    L_##name : x = R(A);                                                                           \
    y = R(B);                                                                                      \
    if (both_int(x, y)) {                                                                          \
        int32_t p_ = int_of(x), q_ = int_of(y);                                                    \
        GO((p_ on q_) == sense ? C : 1);                                                           \
    } else if (two_floats(x, y, &p, &q))                                                           \
        GO((p on q) == sense ? C : 1);                                                             \
    if ((n = compare(OP_##op, x, y)) < 0) goto failed;                                             \
    n = n == sense;                                                                                \
    TAKEN(A);                                                                                      \
    TAKEN(B);                                                                                      \
    GO(n ? C : 1);
#define COMPARE_I(name, op, swap, sense, on)                                                       \
    L_##name : x = R(A);                                                                           \
    if (is_int(x))                                                                                 \
        GO((int_of(x) on B) == sense ? C : 1);                                                     \
    else if (is_float(x))                                                                          \
        GO((float_of(x) on B) == sense ? C : 1);                                                   \
    n = swap ? compare(OP_##op, of_int(B), x) : compare(OP_##op, x, of_int(B));                    \
    if (n < 0) goto failed;                                                                        \
    n = n == sense;                                                                                \
    TAKEN(A);                                                                                      \
    GO(n ? C : 1);

static int floor_divide(int32_t i, int32_t j, int32_t *r) {
    if (j == 0 || j == -1) return 0;
    *r = i / j - (i % j != 0 && (i % j < 0) != (j < 0));
    return 1;
}

static int modulo(int32_t i, int32_t j, int32_t *r) {
    if (j == 0 || j == -1) return 0;
    *r = i % j;
    if (*r != 0 && (*r < 0) != (j < 0)) *r += j;
    return 1;
}

static int shift_left(int32_t i, int32_t j, int32_t *r) {
    int64_t wide = j >= 0 && j < 31 ? (int64_t)i * ((int64_t)1 << j) : INT64_MAX;
    *r = (int32_t)wide;
    return wide == *r;
}

value run(void) {
#define LABEL(name) &&L_##name
    static const void *const labels[] = {OPERATIONS(LABEL)};
#undef LABEL
    const instruction *pc;
    value *base, *constants, x, y;
    int locals, n, at;
    double p, q;
    size_t count;
    poolobj *const *items, *found;
    LOAD();
    goto *labels[pc->op];

    /* ---- Registers and variables ---- */
L_MOVE:
    x = R(B);
    take_reference(x);
    RESULT(x);
L_TAKE:
    x = R(B);
    R(B) = NOTHING;
    RESULT(x);
L_CONST:
    x = constants[B];
    take_reference(x);
    RESULT(x);
L_INT:
    RESULT(of_int(B));
L_DROP:
    RESULT(NOTHING);
L_GET_GLOBAL:
    x = vm.globals[B];
    if (x == NOTHING) {
        fail(POOLVAL_ERR_KEY, "nothing is called %s", vm.global_names[B]);
        goto failed;
    }
    take_reference(x);
    RESULT(x);
L_SET_GLOBAL:
    y = vm.globals[B];
    x = R(A);
    if (A >= locals)
        R(A) = NOTHING;
    else
        take_reference(x);
    vm.globals[B] = x;
    drop(y);
    NEXT;
L_GET_UP:
    x = vm.frame->closure->cells[B]->content;
    goto from_cell;
L_GET_CELL:
    x = ((cell *)object_of(R(B)))->content;
from_cell:
    if (x == NOTHING) {
        fail(POOLVAL_ERR_VALUE, "a variable has no value yet");
        goto failed;
    }
    take_reference(x);
    RESULT(x);
L_SET_UP:
    x = R(A);
    at = A;
    found = (poolobj *)vm.frame->closure->cells[B];
    goto to_cell;
L_SET_CELL:
    x = R(B);
    at = B;
    found = object_of(R(A));
to_cell:
    if (at >= locals)
        R(at) = NOTHING;
    else
        take_reference(x);
    y = ((cell *)found)->content;
    ((cell *)found)->content = x;
    drop(y);
    NEXT;
L_NEW_CELL:
    if ((y = make_cell(NOTHING)) == NOTHING) goto failed;
    if (B >= 0) {
        x = R(B);
        ((cell *)object_of(y))->content = x;
        if (B >= locals || B == A)
            R(B) = NOTHING;
        else
            take_reference(x);
    }
    RESULT(y);
L_CLOSURE:
    x = fill_closure(make_closure(vm.frame->code->inner[B]), base);
    goto put_result;

    /* ---- Arithmetic ---- */
    ARITH(ADD, !__builtin_add_overflow(i, j, &r), FLOATS(p + q))
    ARITH(SUB, !__builtin_sub_overflow(i, j, &r), FLOATS(p - q))
    ARITH(MUL, !__builtin_mul_overflow(i, j, &r), FLOATS(p * q))
    BITS(AND, (r = i & j, 1))
    BITS(OR, (r = i | j, 1))
    BITS(XOR, (r = i ^ j, 1))
    BITS(SHL, shift_left(i, j, &r))
    BITS(SHR, j >= 0 && (r = i >> (j > 31 ? 31 : j), 1))
    BITS(FLOOR_DIV, floor_divide(i, j, &r))
    BITS(MOD, modulo(i, j, &r))
L_DIV:
    x = R(B);
    y = R(C);
    if (!two_floats(x, y, &p, &q) || q == 0) goto slow_arith;
    RESULT(of_float(p / q));
L_POW:
    x = R(B);
    y = R(C);
slow_arith:
    if ((x = arith(pc->op, x, y)) == NOTHING) goto failed;
    TAKEN(B);
    TAKEN(C);
    RESULT(x);
L_ADD_I:
    x = R(B);
    if (is_int(x)) {
        int32_t r;
        if (__builtin_add_overflow(int_of(x), C, &r)) goto slow_immediate;
        RESULT(of_int(r));
    }
    if (!is_float(x)) goto slow_immediate;
    RESULT(of_float(float_of(x) + C));
L_MUL_I:
    x = R(B);
    if (is_int(x)) {
        int32_t r;
        if (__builtin_mul_overflow(int_of(x), C, &r)) goto slow_immediate;
        RESULT(of_int(r));
    }
    if (!is_float(x)) goto slow_immediate;
    RESULT(of_float(float_of(x) * C));
L_MOD_I:
    x = R(B);
    if (!is_int(x)) goto slow_immediate;
    n = int_of(x) % C;
    RESULT(of_int(n < 0 ? n + C : n));
slow_immediate:
    n = pc->op == OP_ADD_I ? OP_ADD : pc->op == OP_MUL_I ? OP_MUL : OP_MOD;
    if ((x = arith(n, x, of_int(C))) == NOTHING) goto failed;
    TAKEN(B);
    RESULT(x);
L_NEG:
    x = R(B);
    if (is_float(x)) {
        RESULT(of_float(-float_of(x)));
    }
    if (is_int(x) && int_of(x) != INT32_MIN) {
        RESULT(of_int(-int_of(x)));
    }
L_INVERT:
    y = NOTHING;
    if ((x = arith(pc->op, R(B), NOTHING)) == NOTHING) goto failed;
    goto take_one;
L_NOT:
    x = copy_of(truth_of(R(B)) ? vm.no : vm.yes);
take_one:
    TAKEN(B);
    RESULT(x);

    /* ---- Jumps ---- */
L_JUMP:
    GO(C);
L_JUMP_TRUE:
L_JUMP_FALSE:
    n = truth_of(R(A)) == (pc->op == OP_JUMP_TRUE);
    if (B == 0) TAKEN(A);
    GO(n ? C : 1);
    COMPARE(J_LT, J_LT, 1, <)
    COMPARE(J_NLT, J_LT, 0, <)
    COMPARE(J_LE, J_LE, 1, <=)
    COMPARE(J_NLE, J_LE, 0, <=)
    COMPARE(J_EQ, J_EQ, 1, ==)
    COMPARE(J_NE, J_EQ, 0, ==)
    COMPARE_I(J_LT_I, J_LT, 0, 1, <)
    COMPARE_I(J_NLT_I, J_LT, 0, 0, <)
    COMPARE_I(J_LE_I, J_LE, 0, 1, <=)
    COMPARE_I(J_NLE_I, J_LE, 0, 0, <=)
    COMPARE_I(J_GT_I, J_LT, 1, 1, >)
    COMPARE_I(J_NGT_I, J_LT, 1, 0, >)
    COMPARE_I(J_GE_I, J_LE, 1, 1, >=)
    COMPARE_I(J_NGE_I, J_LE, 1, 0, >=)
    COMPARE_I(J_EQ_I, J_EQ, 0, 1, ==)
    COMPARE_I(J_NE_I, J_EQ, 0, 0, ==)

    /* ---- Items and attributes ---- */
L_GET_INDEX:
    x = R(B);
    y = R(C);
    if (is_int(y) && is_object(x) && poolval_list_peek(vm.space, object_of(x), &items, &count) &&
        (size_t)(uint32_t)int_of(y) < count) {
        x = unbox(items[int_of(y)]);
        TAKEN(B);
        RESULT(x);
    }
    if ((x = get_index(x, y)) == NOTHING) goto failed;
    TAKEN(B);
    TAKEN(C);
    RESULT(x);
L_SET_INDEX:
    if (set_index(R(A), R(B), R(C)) < 0) goto failed;
    TAKEN(A);
    TAKEN(B);
    TAKEN(C);
    NEXT;
L_GET_SLICE:
    if ((x = get_slice(R(B), R(B + 1), R(B + 2))) == NOTHING) goto failed;
    TAKEN(B);
    TAKEN(B + 1);
    TAKEN(B + 2);
    RESULT(x);
L_GET_ATTR:
    if ((x = get_attribute(R(B), object_of(constants[C]))) == NOTHING) goto failed;
    TAKEN(B);
    RESULT(x);
L_SET_ATTR:
    if (set_attribute(R(A), object_of(constants[C]), R(B)) < 0) goto failed;
    TAKEN(A);
    TAKEN(B);
    NEXT;
L_LIST:
L_DICT:
    x = make_container(pc->op, &R(B), C);
put_result:
    if (x == NOTHING) goto failed;
    RESULT(x);
L_CONTAINS:
    if ((n = contains(R(C), R(B))) < 0) goto failed;
    TAKEN(B);
    TAKEN(C);
    RESULT(n ? vm.yes : vm.no);

    /* ---- Calls ---- */
L_INVOKE:
    n = find_method(&R(A), B, object_of(constants[C]));
    if (n < 0) goto failed;
    goto call;
L_CALL:
    n = B;
call:
    vm.frame->pc = pc;
    found = object_of(R(A));
    switch (own_kind(R(A))) {
    case A_CLOSURE: {
        closure *callee = (closure *)found;
        code *to = callee->code;
        if (n != to->parameters && !count_fits(to->name, n, to->parameters, to->parameters))
            goto failed;
        if (to->generator) {
            if ((x = make_generator(callee, &R(A + 1), n)) == NOTHING) goto failed;
            RESULT(x);
        }
        if (!push_frame(to, callee, &R(A + 1), TO_CALLER)) goto failed;
        LOAD();
        goto *labels[pc->op];
    }
    case A_NATIVE: {
        native *callee = (native *)found;
        if (!count_fits(callee->name, n, callee->least, callee->most)) goto failed;
        if ((x = callee->function(&R(A + 1), n)) == NOTHING) goto failed;
        for (int i = 1; i <= n; i++) PUT(A + i, NOTHING);
        RESULT(x);
    }
    case A_METHOD:
        n = open_method(&R(A), n);
        goto call;
    default:
        break;
    }
    if (kind_of(R(A)) != POOLVAL_CLASS) {
        fail(POOLVAL_ERR_TYPE, "a %s can't be called", type_name(R(A)));
        goto failed;
    }
    if ((n = begin_object(&R(A), n, &found)) < 0) goto failed;
    if (n == 0) NEXT;
    if (own_kind(of_object(found)) != A_CLOSURE || ((closure *)found)->code->generator ||
        !count_fits("init", n - 1, ((closure *)found)->code->parameters - 1,
                    ((closure *)found)->code->parameters - 1) ||
        !push_frame(((closure *)found)->code, (closure *)found, &R(A + 1), TO_CREATOR)) {
        poolobj_decref(found);
        if (poolval_error(vm.space) == POOLVAL_OK) fail(POOLVAL_ERR_TYPE, "init is no function");
        goto failed;
    }
    LOAD();
    goto *labels[pc->op];
L_RETURN:
    x = R(A);
    R(A) = NOTHING;
    n = vm.frame->ends;
    at = vm.frame->generator != NULL;
    pop_frame();
    switch (n) {
    case TO_CALLER:
        y = base[-1];
        base[-1] = x;
        drop(y);
        LOAD();
        NEXT;
    case TO_CREATOR:
        drop(x);
        LOAD();
        NEXT;
    case TO_LOOP:
        drop(x);
        LOAD();
        GO(C);
    default:
        if (!at) return x;
        drop(x);
        return NOTHING;
    }
L_YIELD:
    x = R(A);
    R(A) = NOTHING;
    n = vm.frame->ends;
    suspend(pc + 1);
    if (n == TO_PROGRAM) return x;
    LOAD();
    PUT(B, x);
    NEXT;

    /* ---- Loops ---- */
L_FOR_BEGIN:
    if (!begin_loop(&R(A))) goto failed;
    NEXT;
L_FOR_NEXT:
    x = R(A);
    if (is_int(x)) {
        int32_t i = int_of(x), stop = int_of(R(A + 1)), step = int_of(R(A + 2)), r;
        if (step > 0 ? i >= stop : i <= stop) GO(C);
        R(A) = of_int(__builtin_add_overflow(i, step, &r) ? stop : r);
        PUT(B, x);
        NEXT;
    }
    if (poolval_list_peek(vm.space, object_of(x), &items, &count)) {
        n = int_of(R(A + 1));
        if ((size_t)n >= count) GO(C);
        R(A + 1) = of_int(n + 1);
        x = unbox(items[n]);
        PUT(B, x);
        NEXT;
    }
    vm.frame->pc = pc;
    if (own_kind(x) == A_GENERATOR) {
        if ((n = resume((generator *)object_of(x), TO_LOOP)) < 0) goto failed;
        if (n == 0) GO(C);
        LOAD();
        goto *labels[pc->op];
    }
    if ((n = poolval_next(vm.space, object_of(x), &found)) < 0) goto failed;
    if (n == 0) GO(C);
    x = unbox_new(found);
    PUT(B, x);
    NEXT;

    /* ---- Classes and exceptions ---- */
L_CLASS : {
    poolobj *of = C >= 0 && is_object(R(C)) ? object_of(R(C)) : NULL;
    if (C >= 0 && kind_of(R(C)) != POOLVAL_CLASS) {
        fail(POOLVAL_ERR_TYPE, "a class can't be made from a %s", type_name(R(C)));
        goto failed;
    }
    x = of_object(poolval_class_new(vm.space, object_of(constants[B]), of));
    if (C >= 0) TAKEN(C);
}
    goto put_result;
L_METHOD:
    if (set_attribute(R(A), object_of(constants[C]), R(B)) < 0) goto failed;
    TAKEN(B);
    NEXT;
L_THROW:
    vm.exception = copy_of(R(A));
    vm.frame->pc = pc;
    goto failed;
failed:
    vm.frame->pc = pc;
    if (unwind() == NULL) return NOTHING;
    LOAD();
    goto *labels[pc->op];
}
