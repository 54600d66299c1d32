/* SPDX-License-Identifier: MIT */
/*
 * parse.c - tokens as a tree. Names become variables here: a register of the function, a cell that
 * a function around it shares with it, or a global.
 */
#include "tree.h"

#include <setjmp.h>
#include <stdlib.h>

typedef struct chunk {
    struct chunk *next;
    max_align_t memory[];
} chunk;

static struct {
    token now;
    unit *unit;
    chunk *chunks;
    const char *file;
    int depth; /* of expressions in expressions */
    jmp_buf failed;
} parser;

static node *expression(void);
static node *block(void);
static node *statement(void);

/* ---- Memory, errors, tokens ---- */

void *tree_memory(size_t size) {
    chunk *made = need_memory(calloc(1, sizeof *made + size));
    made->next = parser.chunks;
    parser.chunks = made;
    return made->memory;
}

void syntax_error(int line, const char *what) {
    fail(POOLVAL_ERR_PROGRAM, "%s:%d: %s", parser.file, line, what);
    longjmp(parser.failed, 1);
}

static void advance(void) { parser.now = lex_next(); }

static int accept(int what) {
    if (parser.now.what != what) return 0;
    advance();
    return 1;
}

static void expect(int what, const char *complaint) {
    if (!accept(what)) syntax_error(parser.now.line, complaint);
}

static void skip_lines(void) {
    while (accept(T_LINE)) {
    }
}

static node *node_new(enum node_kind kind, node *a, node *b) {
    node *n = tree_memory(sizeof *n);
    n->kind = kind;
    n->line = parser.now.line;
    n->a = a;
    n->b = b;
    return n;
}

static token name_token(void) {
    token t = parser.now;
    expect(T_NAME, "a name belongs here");
    return t;
}

static int name_constant(token t) {
    poolobj *name = need_memory(poolval_str_new_size(vm.space, t.text, t.length));
    poolobj *interned = need_memory(poolval_str_intern(vm.space, name));
    poolobj_decref(name); /* before an error of syntax can leave the function */
    return constant_add(parser.unit->code, of_object(interned));
}

/* ---- Variables ---- */

static symbol *declare(token t) {
    unit *u = parser.unit;
    symbol *s = tree_memory(sizeof *s);
    *s = (symbol){t.text, t.length, u->active++, 0, u->symbols};
    u->symbols = s;
    if (u->active > u->code->locals) {
        u->code->variables = grown(u->code->variables, u->code->locals, sizeof(char *));
        u->code->variables[u->code->locals++] = need_memory(strndup(t.text, t.length));
    }
    return s;
}

static symbol *find(const unit *u, token t) {
    for (symbol *s = u->symbols; s != NULL; s = s->next)
        if (s->length == t.length && memcmp(s->name, t.text, t.length) == 0) return s;
    return NULL;
}

static int capture_add(unit *u, symbol *s, int from_register, int index) {
    code *c = u->code;
    u->captured = grown(u->captured, c->capture_count, sizeof *u->captured);
    c->captures = grown(c->captures, c->capture_count, sizeof *c->captures);
    u->captured[c->capture_count] = s;
    c->captures[c->capture_count] = (capture){from_register, index};
    return c->capture_count++;
}

/* The index of the cell by which the unit reaches a variable of a unit around it; -1: none. */
static int find_outside(unit *u, token t, symbol **found) {
    if (u->outer == NULL) return -1;
    symbol *s = find(u->outer, t);
    int index = s != NULL ? s->reg : find_outside(u->outer, t, found);
    if (index < 0) return -1;
    if (s != NULL) {
        s->captured = 1;
        *found = s;
    }
    for (int i = 0; i < u->code->capture_count; i++)
        if (u->captured[i] == *found) return i;
    return capture_add(u, *found, s != NULL, index);
}

/* What a block declares is gone at its end, and so are its registers. */
typedef struct scope {
    symbol *symbols;
    int active;
} scope;

static scope scope_begin(void) { return (scope){parser.unit->symbols, parser.unit->active}; }

static void scope_end(scope outer) {
    parser.unit->symbols = outer.symbols;
    parser.unit->active = outer.active;
}

static node *variable(token t) {
    node *n = node_new(N_LOCAL, NULL, NULL);
    if ((n->symbol = find(parser.unit, t)) != NULL) return n;
    n->kind = N_UP;
    if ((n->index = find_outside(parser.unit, t, &n->symbol)) >= 0) return n;
    n->kind = N_GLOBAL;
    n->index = global_slot(t.text, t.length);
    return n;
}

/* What `let`, `fn` and `class` make: a global outside of all blocks, otherwise a local. */
static node *new_variable(token t) {
    node *n;
    if (parser.unit->outer != NULL || parser.unit->depth > 0) {
        n = node_new(N_LOCAL, NULL, NULL);
        n->symbol = declare(t);
        return n;
    }
    n = node_new(N_GLOBAL, NULL, NULL);
    n->index = global_slot(t.text, t.length);
    return n;
}

/* ---- Functions ---- */

static void parameters(void) {
    expect('(', "parameters in () belong here");
    while (parser.now.what != ')') {
        declare(name_token());
        parser.unit->code->parameters++;
        if (!accept(',')) break;
    }
    expect(')', "a ) is missing");
}

static node *function(const char *name, size_t length) {
    node *n = node_new(N_FUNCTION, NULL, NULL);
    unit *u = tree_memory(sizeof *u);
    code *outer = parser.unit->code;
    u->outer = parser.unit;
    u->code = code_new(name, length);
    outer->inner = grown(outer->inner, outer->inner_count, sizeof *outer->inner);
    n->index = outer->inner_count;
    outer->inner[outer->inner_count++] = u->code;
    parser.unit = u;
    parameters();
    u->self = u->symbols;
    u->body = block();
    parser.unit = u->outer;
    n->unit = u;
    return n;
}

/* ---- Expressions ---- */

static void add_to(node ***end, node *n) {
    **end = n;
    *end = &n->next;
}

/* Expressions up to a closing bracket, with commas between; lines may end there. */
static node *items(int closing, int pairs) {
    node *first = NULL, **end = &first;
    skip_lines();
    while (parser.now.what != closing) {
        add_to(&end, expression());
        if (pairs) {
            expect(':', "a : and a value are missing");
            skip_lines();
            add_to(&end, expression());
        }
        skip_lines();
        if (!accept(',')) break;
        skip_lines();
    }
    expect(closing, "a closing bracket is missing");
    return first;
}

static node *constant(value v) {
    node *n = node_new(N_CONST, NULL, NULL);
    if (v == NOTHING) longjmp(parser.failed, 1);
    n->index = is_int(v) && int_of(v) == (int16_t)int_of(v) ? int_of(v) : 0;
    if (is_int(v) && int_of(v) == n->index)
        n->kind = N_INT;
    else
        n->index = constant_add(parser.unit->code, v);
    return n;
}

static node *container(enum node_kind kind, int closing, int pairs) {
    node *n = node_new(kind, NULL, NULL);
    n->list = items(closing, pairs);
    return n;
}

static node *primary(void) {
    token t = parser.now;
    node *n;
    advance();
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
        return function("fn", 2);
    case '[':
        return container(N_LIST, ']', 0);
    case '{':
        return container(N_DICT, '}', 1);
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
    if (++*depth > 1000) syntax_error(parser.now.line, "an expression is too long");
}

static node *subscript(node *of) {
    node *start = NULL, *n;
    if (parser.now.what != ':') start = expression();
    if (accept(':')) {
        n = node_new(N_SLICE, of, start);
        if (parser.now.what != ']') n->c = expression();
    } else
        n = node_new(N_INDEX, of, start);
    expect(']', "a ] is missing");
    return n;
}

static node *postfix(node *n) {
    for (int chained = 0;; go_deeper(&chained)) {
        if (accept('(')) {
            node *call = node_new(n->kind == N_ATTR ? N_INVOKE : N_CALL, n, NULL);
            if (n->kind == N_ATTR) {
                call->a = n->a;
                call->index = n->index;
            }
            call->list = items(')', 0);
            n = call;
        } else if (accept('[')) {
            n = subscript(n);
        } else if (accept('.')) {
            n = node_new(N_ATTR, n, NULL);
            n->index = name_constant(name_token());
        } else
            return n;
    }
}

static node *binary_from(int least);

static node *unary(void) {
    int what = parser.now.what;
    if (what == '-' || what == '~') {
        advance();
        node *of = binary_from(11), *n;
        if (what == '-' && of->kind == N_INT && of->index != INT16_MIN) {
            of->index = -of->index;
            return of;
        }
        n = node_new(N_UNARY, of, NULL);
        n->op = what == '-' ? OP_NEG : OP_INVERT;
        return n;
    }
    if (accept(T_NOT)) return node_new(N_NOT, binary_from(4), NULL);
    return postfix(primary());
}

static const struct {
    int what, level, op;
    enum node_kind kind;
} operators[] = {
    {T_OR, 1, 0, N_OR},
    {T_AND, 2, 0, N_AND},
    {'<', 4, OP_J_LT, N_COMPARE},
    {T_LE, 4, OP_J_LE, N_COMPARE},
    {'>', 4, OP_J_GT_I, N_COMPARE},
    {T_GE, 4, OP_J_GE_I, N_COMPARE},
    {T_EQ, 4, OP_J_EQ, N_COMPARE},
    {T_NE, 4, OP_J_NE, N_COMPARE},
    {T_IN, 4, 0, N_IN},
    {T_NOT, 4, 1, N_IN},
    {'|', 5, OP_OR, N_BINARY},
    {'^', 6, OP_XOR, N_BINARY},
    {'&', 7, OP_AND, N_BINARY},
    {T_SHL, 8, OP_SHL, N_BINARY},
    {T_SHR, 8, OP_SHR, N_BINARY},
    {'+', 9, OP_ADD, N_BINARY},
    {'-', 9, OP_SUB, N_BINARY},
    {'*', 10, OP_MUL, N_BINARY},
    {'/', 10, OP_DIV, N_BINARY},
    {T_FLOOR_DIV, 10, OP_FLOOR_DIV, N_BINARY},
    {'%', 10, OP_MOD, N_BINARY},
    {T_POW, 12, OP_POW, N_BINARY},
};

static int operator_of(int what) {
    for (int i = 0; i < (int)(sizeof operators / sizeof *operators); i++)
        if (operators[i].what == what) return i;
    return -1;
}

/* An expression whose operators bind at least so much. ** binds to the right. */
static node *binary_from(int least) {
    go_deeper(&parser.depth);
    node *left = unary(), *n;
    int i, chained = 0;
    while ((i = operator_of(parser.now.what)) >= 0 && operators[i].level >= least) {
        advance();
        go_deeper(&chained);
        if (operators[i].what == T_NOT) expect(T_IN, "`in` belongs after this `not`");
        n = node_new(operators[i].kind, left, NULL);
        n->b = binary_from(operators[i].level + (operators[i].what != T_POW));
        n->op = operators[i].op;
        left = n;
    }
    parser.depth--;
    return left;
}

static node *expression(void) { return binary_from(1); }

/* ---- Statements ---- */

static node *block(void) {
    scope outer = scope_begin();
    node *n = node_new(S_BLOCK, NULL, NULL), **end = &n->list;
    expect('{', "a { belongs here");
    parser.unit->depth++;
    for (skip_lines(); !accept('}'); skip_lines()) add_to(&end, statement());
    parser.unit->depth--;
    scope_end(outer);
    return n;
}

static node *let(void) {
    token t = name_token();
    node *n = node_new(S_LET, NULL, accept('=') ? expression() : constant(vm.none));
    n->a = new_variable(t);
    return n;
}

/* The name is known inside of the function, so that it can call itself. */
static node *named_function(void) {
    token t = name_token();
    node *n = node_new(S_LET, new_variable(t), NULL);
    n->b = function(t.text, t.length);
    return n;
}

static node *class_statement(void) {
    token t = name_token();
    node *n = node_new(S_CLASS, new_variable(t), NULL), **end = &n->list;
    n->index = name_constant(t);
    if (accept('(')) {
        n->b = expression();
        expect(')', "a ) is missing");
    }
    expect('{', "a { belongs here");
    for (skip_lines(); !accept('}'); skip_lines()) {
        expect(T_FN, "a class has methods alone");
        t = name_token();
        int index = name_constant(t);
        node *made = function(t.text, t.length);
        made->op = index;
        add_to(&end, made);
    }
    return n;
}

static node *if_statement(void) {
    node *n = node_new(S_IF, expression(), NULL);
    n->b = block();
    if (accept(T_ELSE)) n->c = accept(T_IF) ? if_statement() : block();
    return n;
}

static node *while_statement(void) {
    node *n = node_new(S_WHILE, expression(), NULL);
    n->b = block();
    return n;
}

static node *for_statement(void) {
    scope outer = scope_begin();
    token t = name_token(), hidden = t;
    node *n = node_new(S_FOR, NULL, NULL);
    expect(T_IN, "`in` belongs here");
    n->a = expression();
    hidden.length = 0;
    n->index = declare(hidden)->reg; /* three registers for the loop itself */
    declare(hidden), declare(hidden);
    n->symbol = declare(t);
    n->b = block();
    scope_end(outer);
    return n;
}

static node *try_statement(void) {
    node *n = node_new(S_TRY, block(), NULL);
    scope outer = scope_begin();
    expect(T_CATCH, "`catch` belongs here");
    n->symbol = declare(name_token());
    n->b = block();
    scope_end(outer);
    return n;
}

static node *change(node *target) {
    static const int ops[] = {OP_ADD, OP_SUB, OP_MUL, OP_DIV};
    int what = parser.now.what;
    node *n;
    if (what != '=' && (what < T_ADD_SET || what > T_DIV_SET))
        return node_new(S_EXPRESSION, target, NULL);
    advance();
    if (target->kind != N_LOCAL && target->kind != N_UP && target->kind != N_GLOBAL &&
        target->kind != N_INDEX && target->kind != N_ATTR)
        syntax_error(parser.now.line, "nothing can be assigned to this");
    n = node_new(what == '=' ? S_SET : S_CHANGE, target, NULL);
    n->op = what == '=' ? 0 : ops[what - T_ADD_SET];
    n->b = expression();
    return n;
}

static node *yield_statement(void) {
    if (parser.unit->outer == NULL) syntax_error(parser.now.line, "yield outside of a function");
    parser.unit->code->generator = 1;
    return node_new(S_YIELD, expression(), NULL);
}

static node *return_statement(void) {
    int empty = parser.now.what == T_LINE || parser.now.what == '}';
    if (parser.unit->outer == NULL) syntax_error(parser.now.line, "return outside of a function");
    return node_new(S_RETURN, empty ? constant(vm.none) : expression(), NULL);
}

static node *some_statement(void) {
    if (accept(T_LET)) return let();
    if (accept(T_CLASS)) return class_statement();
    if (accept(T_IF)) return if_statement();
    if (accept(T_FOR)) return for_statement();
    if (accept(T_TRY)) return try_statement();
    if (accept(T_RETURN)) return return_statement();
    if (accept(T_YIELD)) return yield_statement();
    if (accept(T_THROW)) return node_new(S_THROW, expression(), NULL);
    if (accept(T_BREAK)) return node_new(S_BREAK, NULL, NULL);
    if (accept(T_CONTINUE)) return node_new(S_CONTINUE, NULL, NULL);
    if (accept(T_FN)) return named_function();
    if (accept(T_WHILE)) return while_statement();
    return change(expression());
}

static node *statement(void) {
    int line = parser.now.line;
    node *n = some_statement();
    n->line = line;
    if (parser.now.what != '}' && parser.now.what != T_END)
        expect(T_LINE, "a statement ends before this");
    return n;
}

static void program(void) {
    unit *u = parser.unit = tree_memory(sizeof *u);
    node **end;
    u->code = code_new("main", 4);
    u->body = node_new(S_BLOCK, NULL, NULL);
    end = &u->body->list;
    advance();
    for (skip_lines(); parser.now.what != T_END; skip_lines()) add_to(&end, statement());
    unit_compile(u);
}

code *compile_program(const char *text, const char *file) {
    code *before = vm.codes, *made = NULL;
    poolval_error_clear(vm.space);
    parser.file = file;
    parser.chunks = NULL;
    parser.depth = 0;
    lex_begin(text);
    if (setjmp(parser.failed) == 0) program();
    for (chunk *c = parser.chunks, *next; c != NULL; c = next) {
        next = c->next;
        free(c);
    }
    if (vm.exception == NULL && poolval_error(vm.space) != POOLVAL_OK) error_becomes_exception();
    if (vm.exception == NULL)
        for (made = vm.codes; made->next != before;) made = made->next;
    return made;
}
