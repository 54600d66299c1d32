/* SPDX-License-Identifier: MIT */
/*
 * language.h - what the parts of the interpreter share: values in registers, compiled functions,
 * objects of its own, and the state of the one machine that a process has.
 */
#ifndef LANGUAGE_H
#define LANGUAGE_H

#include <poolgraph.h>
#include <poolval.h>

/* ---- Values in registers ----
 * A register holds a number as it is, or a reference. What goes into a list, a dictionary or an
 * attribute becomes an object on the way, and a number again on the way back. As references have
 * the bits of a pointer, a register can be shown to the collector as a field.
 *     0                    nothing yet
 *     0000 pppppppppppp    an object
 *     0002.. to fffc..     a float, its bits moved up by FLOAT_SHIFT
 *     fffe 0000 iiiiiiii   an integer of 32 bits; larger ones are objects
 */
typedef uint64_t value;

#define NOTHING ((value)0)
#define FLOAT_SHIFT ((value)1 << 49)
#define INT_TAG ((value)0xfffe << 48)

static inline int is_object(value v) { return v - 1 < FLOAT_SHIFT - 1; }
static inline int is_int(value v) { return v >= INT_TAG; }
static inline int is_number(value v) { return v >= FLOAT_SHIFT; }
static inline int both_int(value a, value b) { return (a & b) >= INT_TAG; }
static inline int is_float(value v) { return v - FLOAT_SHIFT < INT_TAG - FLOAT_SHIFT; }
static inline value of_int(int32_t number) { return INT_TAG | (uint32_t)number; }
static inline int32_t int_of(value v) { return (int32_t)(uint32_t)v; }
static inline poolobj *object_of(value v) { return (poolobj *)(uintptr_t)v; }
static inline value of_object(void *object) { return (value)(uintptr_t)object; }

static inline value of_float(double number) {
    value bits;
    if (number != number) number = __builtin_nan(""); /* other bits of a nan could be a tag */
    memcpy(&bits, &number, sizeof bits);
    return bits + FLOAT_SHIFT;
}
static inline double float_of(value v) {
    double number;
    v -= FLOAT_SHIFT;
    memcpy(&number, &v, sizeof number);
    return number;
}
static inline value copy_of(value v) { /* a new reference */
    if (is_object(v)) poolobj_incref(object_of(v));
    return v;
}
static inline void drop(value v) {
    if (is_object(v)) poolobj_decref(object_of(v));
}
static inline void replace(value *at, value v) { /* takes v over */
    value old = *at;
    *at = v;
    drop(old);
}

/* SCOPED x = ...: a reference, or NULL, that is dropped where the scope of x ends. */
static inline void drop_scoped(poolobj **held) {
    if (*held != NULL) poolobj_decref(*held);
}
#define SCOPED __attribute__((cleanup(drop_scoped))) poolobj *

/* ---- Compiled functions ---- */

typedef struct instruction {
    uint16_t op, a;
    int16_t b, c;
} instruction;

/* Nothing stands between the names, so that they can be made labels, numbers or steps. */
/* clang-format off */
#define OPERATIONS(X) \
    X(MOVE) X(TAKE) X(CONST) X(INT) X(DROP) X(GET_GLOBAL) X(SET_GLOBAL) X(GET_UP) X(SET_UP) \
    X(NEW_CELL) X(GET_CELL) X(SET_CELL) X(CLOSURE) X(ADD) X(SUB) X(MUL) X(DIV) X(FLOOR_DIV) \
    X(MOD) X(POW) X(AND) X(OR) X(XOR) X(SHL) X(SHR) X(ADD_I) X(SUB_I) X(MUL_I) X(MOD_I) \
    X(NEG) X(INVERT) X(NOT) X(JUMP) X(JUMP_TRUE) X(JUMP_FALSE) X(J_LT) X(J_NLT) X(J_LE) X(J_NLE) \
    X(J_GT) X(J_NGT) X(J_GE) X(J_NGE) X(J_EQ) X(J_NE) X(J_LT_I) X(J_NLT_I) X(J_LE_I) \
    X(J_NLE_I) X(J_GT_I) X(J_NGT_I) X(J_GE_I) X(J_NGE_I) X(J_EQ_I) X(J_NE_I) X(GET_INDEX) \
    X(SET_INDEX) X(GET_SLICE) X(GET_ATTR) \
    X(SET_ATTR) X(LIST) X(DICT) X(CALL) X(INVOKE) X(RETURN) X(YIELD) X(FOR_BEGIN) X(FOR_NEXT) \
    X(CLASS) X(THROW) X(CONTAINS)
/* clang-format on */

#define OPERATION_NAME(name) OP_##name,
enum { OPERATIONS(OPERATION_NAME) OPERATION_COUNT };
#undef OPERATION_NAME

/* What is thrown between `from` and `to` goes on at `at`, in register `reg`. Inner ones first. */
typedef struct handler {
    int from, to, at, reg;
} handler;

/* Where a closure gets a variable from: a register of the function around it, or a cell that the
   function around it has got itself. */
typedef struct capture {
    int from_register, index;
} capture;

typedef struct code code;
struct code {
    char *name;
    instruction *ins;
    int *lines;
    value *constants;
    char **variables; /* names of the first registers, where locals are */
    handler *handlers;
    capture *captures;
    code **inner;
    int ins_count, constant_count, variable_count, handler_count, capture_count, inner_count;
    int parameters, locals, registers; /* temporaries lie in registers from `locals` on */
    int generator;
    code *next; /* all that were compiled */
};

/* ---- Objects of the language's own ---- */

enum { A_CLOSURE, A_NATIVE, A_CELL, A_GENERATOR, A_METHOD };

/* What each of them begins with. Every object that is no value of the space is one of these. */
typedef struct own {
    poolobj base;
    int what;
} own;

typedef struct cell {
    own head;
    value content;
} cell;

typedef struct closure {
    own head;
    code *code;
    cell *cells[]; /* as many as the code captures */
} closure;

/* Borrows its arguments. Returns a new reference; NULL: it failed, and said why. */
typedef poolobj *(*native_function)(poolobj **arguments, int count);

typedef struct native {
    own head;
    int least, most; /* arguments */
    native_function function;
    const char *name;
} native;

typedef struct method {
    own head;
    poolobj *object, *function;
} method;

/* A call that is not under way: its registers lie here, and on the stack while it runs. */
typedef struct generator {
    own head;
    int state; /* GENERATOR_... */
    code *code;
    poolobj *closure;
    const instruction *pc;
    value registers[];
} generator;
enum { GENERATOR_WAITS, GENERATOR_RUNS, GENERATOR_ENDED };

/* ---- The machine ---- */

enum { FRAMES = 20000, STACK = 400000 };

/* How a call ends. */
enum {
    TO_CALLER,  /* the result goes where the function lay */
    TO_PROGRAM, /* machine_call waits for it */
    TO_CREATOR, /* of an object: the result is the object, not what its `init` returns */
    TO_LOOP,    /* a generator in a for */
};

typedef struct frame {
    code *code;
    closure *closure;
    const instruction *pc;
    value *base;
    generator *generator;
    int ends;
} frame;

/* Names that the machine asks for: vm.name_init, ... */
#define NAMES(X) X(init) X(kind) X(message) X(repr) X(equal) X(order) X(hash)
#define NAME_FIELD(text) poolobj *name_##text;

typedef struct machine {
    poolobj_heap *heap;
    poolval_space *space;
    value *stack; /* what lies above the registers of the last frame is NOTHING */
    frame *frames, *frame;
    char trace[2000]; /* through which functions the exception came, as text */
    int on_its_way;   /* the trace is of this exception */
    value *globals;
    char **global_names;
    int global_count;
    code *codes;
    poolobj *exception, *error_class;
    NAMES(NAME_FIELD)
    poolobj *methods[POOLVAL_TYPES]; /* dictionaries of natives by name */
    poolobj_type *closure_type, *native_type, *cell_type, *method_type, *generator_type;
    value none, yes, no;
} machine;
extern machine vm;

static inline int kind_of(value v) { /* POOLVAL_..., as poolval_kind has it */
    if (is_object(v)) return poolval_kind(vm.space, object_of(v));
    return is_int(v) ? POOLVAL_INT : POOLVAL_FLOAT;
}

static inline int own_kind(value v) { /* A_..., or -1 */
    return kind_of(v) == POOLVAL_OTHER ? ((own *)object_of(v))->what : -1;
}

/* value.c: between registers and objects */
poolobj *box(value v);            /* a new reference; NULL: failed */
poolobj *box_new(value v);        /* takes the reference over; NOTHING: NULL */
value unbox_new(poolobj *object); /* takes the reference over; NULL: failed, NOTHING */
/* 1: the object is a number that registers hold as it is. */
static inline int is_register_number(const poolobj *object, value *v) {
    int64_t number;
    double real;
    if (poolval_float_peek(vm.space, object, &real)) {
        *v = of_float(real);
        return 1;
    }
    if (!poolval_int_peek(vm.space, object, &number)) return 0;
    *v = of_int((int32_t)number);
    return number == (int32_t)number;
}
static inline value unbox(poolobj *object) { /* of a borrowed object, a new reference */
    value v;
    if (is_register_number(object, &v)) return v;
    poolobj_incref(object);
    return of_object(object);
}
int truth_of(value v);
const char *type_name(value v);
#define fail(reason, ...) poolval_error_set(vm.space, reason, __VA_ARGS__) /* -1 */
poolobj *error_new(poolobj *kind, poolobj *message);
void error_becomes_exception(void);
value make_native(const char *name, native_function function, int least, int most);
value make_closure(code *code, value *base); /* variables around it lie at `base` */
value make_method(poolobj *object, poolobj *function);
void types_begin(void);
void *need_memory(void *memory);                  /* ends the process with a line if it is NULL */
void *grown(void *table, int count, size_t size); /* room for one more, in powers of two */
#define ADD(table, count, ...)                                                                     \
    ((table) = grown(table, count, sizeof *(table)), (table)[(count)++] = __VA_ARGS__)

/* arith.c: what the loop does not do itself */
value arith(int op, value a, value b);
int compare(int op, value a, value b); /* 1, 0; -1: failed */
int contains(value container, value item);
value get_index(value container, value index);
int set_index(value container, value index, value item);
value get_slice(value container, value start, value stop);
value get_attribute(value of, poolobj *name);
/* The function that a method call means lies at at[0] then; returns the number of arguments. */
int find_method(value *at, int count, poolobj *name);
int set_attribute(value object, poolobj *name, value v);

/* machine.c */
void machine_begin(void);
int machine_end(int tell_leaks); /* 1: objects are left, which it told of */
void constants_drop(void);       /* of all code */
void codes_free(void);
int global_slot(const char *name, size_t length);

/* run.c */
value run(void); /* the last frame, until it ends; NOTHING: vm.exception */
poolobj *machine_call(poolobj *function, poolobj *const *arguments, int count);
int tell_library(void);
int generator_next(poolval_space *space, poolobj *object, poolobj **item);

/* parse.c */
code *compile_program(const char *text, const char *file); /* NULL: vm.exception says why */

/* builtins.c */
void builtins_begin(void);
/* Defines a method of a type, or, for POOLVAL_OTHER, a global function. */
void define(int kind, const char *name, native_function function, int least, int most);

/* look.c: what the program asks of its heap; less than 0: failed */
int look_why(poolobj **arguments);
int look_graph(int backwards, poolobj **arguments, int count);
int look_counts(poolobj **arguments, int count);
ptrdiff_t look_references(const poolobj *object);
ptrdiff_t look_alive(poolobj *type);

#endif
