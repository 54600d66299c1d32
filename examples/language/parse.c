/* SPDX-License-Identifier: MIT */
/*
 * parse.c - tokens as trees of expressions. Names become variables here: a register of the
 * function, a cell that a function around it shares with it, or a global.
 */
#include "tree.h"

#include <setjmp.h>
#include <stdlib.h>

typedef struct chunk {
    struct chunk *next;
    max_align_t memory[];
} chunk;

static struct {
    chunk *chunks;
    const char *file;
    int depth; /* of expressions in expressions */
    symbol **symbols;
    unit **units; /* where what is met next is, or will be */
    code *made;
    jmp_buf failed;
} parser;
token token_now;
unit *now;

static node *binary_from(int least);

/* ---- Memory, errors, tokens ---- */

static void *tree_memory(size_t size) { /* zeroed, until the program is compiled */
    chunk *made = need_memory(calloc(1, sizeof *made + size));
    made->next = parser.chunks;
    parser.chunks = made;
    return made->memory;
}

void syntax_error(int line, const char *what) {
    fail(POOLVAL_ERR_PROGRAM, "%s:%d: %s", parser.file, line, what);
    longjmp(parser.failed, 1);
}

int accept(int what) {
    if (token_now.what != what) return 0;
    token_now = lex_next();
    return 1;
}

void expect(int what, const char *complaint) {
    if (!accept(what)) syntax_error(token_now.line, complaint);
}

void skip_lines(void) {
    while (accept(T_LINE)) {
    }
}

node *node_new(enum node_kind kind, node *a, node *b) {
    node *n = tree_memory(sizeof *n);
    n->kind = kind;
    n->a = a;
    n->b = b;
    return n;
}

token name_token(void) {
    token t = token_now;
    expect(T_NAME, "a name belongs here");
    return t;
}

int name_constant(token t) {
    SCOPED name = need_memory(poolval_str_new_size(vm.space, t.text, t.length));
    return constant_add(of_object(need_memory(poolval_str_intern(vm.space, name))));
}

/* ---- Variables ---- */

symbol *declare(token t) {
    if (*parser.symbols == NULL) *parser.symbols = tree_memory(sizeof(symbol));
    symbol *s = *parser.symbols;
    parser.symbols = &s->after;
    s->name = t, s->reg = now->active++, s->next = now->symbols;
    now->symbols = s;
    code *c = now->code;
    if (now->active > c->variable_count)
        ADD(c->variables, c->variable_count, need_memory(strndup(t.text, t.length)));
    return s;
}

static symbol *find(const unit *u, token t) {
    for (symbol *s = u->symbols; s != NULL; s = s->next)
        if (s->name.length == t.length && memcmp(s->name.text, t.text, t.length) == 0) return s;
    return NULL;
}

/* The index of the cell by which the unit reaches a variable of a unit around it; -1: none. */
static int find_outside(const unit *u, token t) {
    if (u->outer == NULL) return -1;
    code *c = u->code;
    symbol *s = find(u->outer, t);
    int index = s != NULL ? s->reg : find_outside(u->outer, t);
    if (index < 0) return -1;
    if (s != NULL) s->captured = 1;
    for (int i = 0; i < c->capture_count; i++)
        if (c->captures[i].from_register == (s != NULL) && c->captures[i].index == index) return i;
    ADD(c->captures, c->capture_count, (capture){s != NULL, index});
    return c->capture_count - 1;
}

static node *global(token t) {
    node *n = node_new(N_GLOBAL, NULL, NULL);
    n->index = global_slot(t.text, t.length);
    return n;
}

static node *local(symbol *s) {
    node *n = node_new(N_LOCAL, NULL, NULL);
    n->symbol = s;
    return n;
}

static node *variable(token t) {
    symbol *s = find(now, t);
    if (s != NULL) return local(s);
    int index = find_outside(now, t);
    if (index < 0) return global(t);
    node *n = node_new(N_UP, NULL, NULL);
    n->index = index;
    return n;
}

node *new_variable(token t) {
    return now->outer != NULL || now->depth > 0 ? local(declare(t)) : global(t);
}

/* ---- Functions ---- */

static void unit_begin(token name) {
    if (*parser.units == NULL) *parser.units = tree_memory(sizeof(unit));
    unit *u = *parser.units;
    parser.units = &u->after;
    *u = (unit){.outer = now, .after = u->after, .code = code_new(name), .locals = u->locals};
    u->top = u->code->locals = u->code->registers = u->locals;
    u->breaks = u->continues = -2;
    u->line = name.line;
    now = u;
}

static code *unit_end(void) {
    code *made = now->code;
    int reg = temporary();
    emit(OP_CONST, reg, constant_add(vm.none), 0);
    emit(OP_RETURN, reg, 0, 0);
    now->locals = made->variable_count;
    now = now->outer;
    return made;
}

static void parameters(void) {
    expect('(', "parameters in () belong here");
    while (token_now.what != ')') {
        declare(name_token());
        now->code->parameters++;
        if (!accept(',')) break;
    }
    expect(')', "a ) is missing");
    for (symbol *s = now->symbols; s != NULL; s = s->next) cell_for(s, s->reg);
}

node *function(token name) {
    node *n = node_new(N_FUNCTION, NULL, NULL);
    unit_begin(name);
    parameters();
    block();
    code *made = unit_end();
    n->index = now->code->inner_count;
    ADD(now->code->inner, now->code->inner_count, made);
    return n;
}

/* ---- Expressions ---- */

/* A node with expressions up to a closing bracket, with commas between; lines may end there. */
static node *with_items(enum node_kind kind, node *of, int closing) {
    node *n = node_new(kind, of, NULL), **end = &n->list;
    for (skip_lines(); token_now.what != closing; skip_lines()) {
        *end = expression(), end = &(*end)->next;
        if (kind == N_DICT) {
            expect(':', "a : and a value are missing");
            skip_lines();
            *end = expression(), end = &(*end)->next;
        }
        skip_lines();
        if (!accept(',')) break;
    }
    expect(closing, "a closing bracket is missing");
    return n;
}

node *constant(value v) {
    node *n = node_new(N_INT, NULL, NULL);
    if (v == NOTHING) longjmp(parser.failed, 1);
    n->index = int_of(v);
    if (is_int(v) && n->index == (int16_t)n->index) return n;
    n->kind = N_CONST;
    n->index = constant_add(v);
    return n;
}

static node *primary(void) {
    token t = token_now;
    node *n;
    token_now = lex_next();
    switch (t.what) {
    case T_NUMBER:
    case T_STRING:
        return constant(lex_value(t));
    case T_NONE:
    case T_TRUE:
    case T_FALSE:
        return constant(t.what == T_NONE ? vm.none : t.what == T_TRUE ? vm.yes : vm.no);
    case T_NAME:
        return variable(t);
    case T_FN:
        return function(t);
    case '[':
        return with_items(N_LIST, NULL, ']');
    case '{':
        return with_items(N_DICT, NULL, '}');
    case '(':
        n = expression();
        expect(')', "a ) is missing");
        return n;
    default:
        syntax_error(t.line, "an expression belongs here");
    }
}

/* Trees are gone through by recursion, so that what needs no brackets has an end here. */
static void go_deeper(int *depth) {
    if (++*depth > 1000) syntax_error(token_now.line, "an expression is too long");
}

static node *subscript(node *of) {
    node *n = node_new(N_INDEX, of, token_now.what == ':' ? NULL : expression());
    if (accept(':')) {
        n->kind = N_SLICE;
        if (token_now.what != ']') n->c = expression();
    }
    expect(']', "a ] is missing");
    return n;
}

static node *postfix(node *n) {
    for (int chained = 0;; go_deeper(&chained)) {
        if (accept('('))
            n = with_items(N_CALL, n, ')');
        else if (accept('['))
            n = subscript(n);
        else if (accept('.')) {
            n = node_new(N_ATTR, n, NULL);
            n->index = name_constant(name_token());
        } else
            return n;
    }
}

static node *unary(void) {
    int what = token_now.what;
    if (accept(T_NOT)) return node_new(N_NOT, binary_from(4), NULL);
    if (!accept('-') && !accept('~')) return postfix(primary());
    node *n = binary_from(11);
    if (what == '-' && n->kind == N_INT && n->index != INT16_MIN) {
        n->index = -n->index;
        return n;
    }
    n = node_new(N_UNARY, n, NULL);
    n->op = what == '-' ? OP_NEG : OP_INVERT;
    return n;
}

/* Token, level, instruction, node: what binds stronger has a higher level. */
#define OPERATORS(X)                                                                               \
    X(T_OR, 1, 0, N_OR), X(T_AND, 2, 0, N_AND), X('<', 4, OP_J_LT, N_COMPARE),                     \
        X(T_LE, 4, OP_J_LE, N_COMPARE), X('>', 4, OP_J_GT, N_COMPARE),                             \
        X(T_GE, 4, OP_J_GE, N_COMPARE), X(T_EQ, 4, OP_J_EQ, N_COMPARE),                            \
        X(T_NE, 4, OP_J_NE, N_COMPARE), X(T_IN, 4, 0, N_IN), X(T_NOT, 4, 1, N_IN),                 \
        X('|', 5, OP_OR, N_BINARY), X('^', 6, OP_XOR, N_BINARY), X('&', 7, OP_AND, N_BINARY),      \
        X(T_SHL, 8, OP_SHL, N_BINARY), X(T_SHR, 8, OP_SHR, N_BINARY), X('+', 9, OP_ADD, N_BINARY), \
        X('-', 9, OP_SUB, N_BINARY), X('*', 10, OP_MUL, N_BINARY), X('/', 10, OP_DIV, N_BINARY),   \
        X(T_FLOOR_DIV, 10, OP_FLOOR_DIV, N_BINARY), X('%', 10, OP_MOD, N_BINARY),                  \
        X(T_POW, 12, OP_POW, N_BINARY)
#define OPERATOR(token, level, op, kind) [token] = {level, op, kind}
static const struct {
    int level, op;
    enum node_kind kind;
} operators[LAST_WORD + 1] = {OPERATORS(OPERATOR)};

/* An expression whose operators bind at least so much. ** binds to the right. */
static node *binary_from(int least) {
    go_deeper(&parser.depth);
    node *left = unary();
    for (int chained = 0; operators[token_now.what].level >= least; go_deeper(&chained)) {
        int what = token_now.what;
        accept(what);
        if (what == T_NOT) expect(T_IN, "`in` belongs after this `not`");
        node *right = binary_from(operators[what].level + (what != T_POW));
        left = node_new(operators[what].kind, left, right);
        left->op = operators[what].op;
    }
    parser.depth--;
    return left;
}

node *expression(void) { return binary_from(1); }

/* ---- Programs ---- */

static code *go_through(const char *text) {
    lex_begin(text);
    parser.depth = 0;
    now = NULL;
    token_now = (token){.text = "main", .length = 4};
    unit_begin(token_now);
    token_now = lex_next();
    for (skip_lines(); token_now.what != T_END; skip_lines()) statement();
    return unit_end();
}

static code *compile(const char *text) {
    symbol *symbols = NULL;
    unit *units = NULL;
    parser.symbols = &symbols, parser.units = &units;
    go_through(text);
    constants_drop(), codes_free();
    parser.symbols = &symbols, parser.units = &units;
    return go_through(text);
}

code *compile_program(const char *text, const char *file) {
    parser.file = file;
    parser.made = NULL;
    if (setjmp(parser.failed) == 0) parser.made = compile(text);
    for (chunk *c = parser.chunks, *next; c != NULL; c = next) {
        next = c->next;
        free(c);
    }
    if (parser.made == NULL) error_becomes_exception();
    return parser.made;
}
