/* SPDX-License-Identifier: MIT */
/*
 * statement.c - statements, from tokens to code at once: their expressions are trees, they are not.
 */
#include "tree.h"

/* What a block declares is gone at its end, and so are its registers. */
typedef struct scope {
    symbol *symbols;
    int active;
} scope;

static scope scope_begin(void) { return (scope){now->symbols, now->active}; }

static void scope_end(scope outer) {
    now->symbols = outer.symbols;
    now->active = outer.active;
}

void block(void) {
    scope outer = scope_begin();
    expect('{', "a { belongs here");
    now->depth++;
    for (skip_lines(); !accept('}'); skip_lines()) statement();
    now->depth--;
    scope_end(outer);
}

/* ---- Declarations ---- */

static void let(void) {
    token t = name_token();
    node *from = accept('=') ? expression() : constant(vm.none), *to = new_variable(t);
    if (to->kind == N_LOCAL && to->symbol->captured)
        cell_for(to->symbol, operand(from));
    else
        assign(to, from);
}

/* The name is known inside of the function or class, so that it can call itself. */
static node *new_name(token t) {
    node *to = new_variable(t);
    if (to->kind == N_LOCAL) cell_for(to->symbol, -1);
    return to;
}

static void named_function(void) {
    token t = name_token();
    node *to = new_name(t);
    assign(to, function(t));
}

static void class_statement(void) {
    token t = name_token();
    node *to = new_name(t);
    int reg = temporary(), index = name_constant(t), base = -1;
    if (accept('(')) {
        base = operand(expression());
        expect(')', "a ) is missing");
    }
    emit(OP_CLASS, reg, index, base);
    expect('{', "a { belongs here");
    for (skip_lines(); !accept('}'); skip_lines()) {
        expect(T_FN, "a class has methods alone");
        t = name_token();
        int of = copied(reg), made = temporary();
        evaluate(function(t), made);
        emit(OP_SET_ATTR, of, made, name_constant(t));
        now->top = of;
    }
    store(to, reg);
}

/* ---- Branches and loops ---- */

static void if_statement(void) {
    int other = branch(expression(), 0, -1);
    block();
    if (accept(T_ELSE)) {
        int past = jump(OP_JUMP, 0, 0, -1);
        land_here(other);
        other = past;
        if (accept(T_IF))
            if_statement();
        else
            block();
    }
    land_here(other);
}

/* The jumps of a loop; those of the loop around are set aside meanwhile. */
typedef struct loop {
    int breaks, continues;
} loop;

static loop loop_begin(void) {
    loop outer = {now->breaks, now->continues};
    now->breaks = now->continues = -1;
    return outer;
}

static void loop_end(loop outer) {
    land_here(now->breaks);
    now->breaks = outer.breaks, now->continues = outer.continues;
}

static void while_statement(void) {
    node *condition = expression();
    int line = now->line, start = jump(OP_JUMP, 0, 0, -1);
    loop outer = loop_begin();
    block();
    land_here(start);
    land_here(now->continues);
    now->line = line;
    land(branch(condition, 1, -1), start + 1);
    loop_end(outer);
}

/* Three registers without a name are the loop's own. */
static void for_statement(void) {
    scope around = scope_begin();
    token t = name_token(), hidden = {.text = ""};
    expect(T_IN, "`in` belongs here");
    node *over = expression();
    int at = declare(hidden)->reg, top = now->top;
    declare(hidden), declare(hidden);
    symbol *s = declare(t);
    evaluate(over, at);
    emit(OP_FOR_BEGIN, at, 0, 0);
    loop outer = loop_begin();
    int reg = s->captured ? temporary() : s->reg, end = jump(OP_FOR_NEXT, at, reg, -1);
    cell_for(s, reg);
    now->top = top;
    block();
    land(now->continues, end);
    land(jump(OP_JUMP, 0, 0, -1), end);
    land_here(end);
    loop_end(outer);
    emit(OP_DROP, at, 0, 0);
    scope_end(around);
}

static void leave_loop(int *chain) {
    if (*chain == -2) syntax_error(now->line, "no loop is around this");
    *chain = jump(OP_JUMP, 0, 0, *chain);
}

static void break_statement(void) { leave_loop(&now->breaks); }

static void continue_statement(void) { leave_loop(&now->continues); }

/* ---- Functions and exceptions ---- */

static void require_function(const char *complaint) {
    if (now->outer == NULL) syntax_error(token_now.line, complaint);
}

static void leave(int op, node *with) { emit(op, operand(with), 0, 0); }

static void return_statement(void) {
    int empty = token_now.what == T_LINE || token_now.what == '}';
    require_function("return outside of a function");
    leave(OP_RETURN, empty ? constant(vm.none) : expression());
}

static void throw_statement(void) { leave(OP_THROW, expression()); }

static void use(int op, node *n) {
    int reg = temporary();
    evaluate(n, reg);
    emit(op, reg, 0, 0);
}

static void yield_statement(void) {
    require_function("yield outside of a function");
    now->code->generator = 1;
    use(OP_YIELD, expression());
}

static void try_statement(void) {
    code *c = now->code;
    int from = c->ins_count;
    block();
    int to = c->ins_count, past = jump(OP_JUMP, 0, 0, -1);
    scope outer = scope_begin();
    expect(T_CATCH, "`catch` belongs here");
    symbol *s = declare(name_token());
    int reg = s->captured ? temporary() : s->reg;
    ADD(c->handlers, c->handler_count, (handler){from, to, c->ins_count, reg});
    cell_for(s, reg);
    block();
    scope_end(outer);
    land_here(past);
}

/* ---- All of them ---- */

static void expression_statement(void) {
    static const int ops[] = {OP_ADD, OP_SUB, OP_MUL, OP_DIV};
    node *target = expression();
    int what = token_now.what;
    if (what != '=' && (what < T_ADD_SET || what > T_DIV_SET)) {
        use(OP_DROP, target);
        return;
    }
    accept(what);
    if (target->kind != N_LOCAL && target->kind != N_UP && target->kind != N_GLOBAL &&
        target->kind != N_INDEX && target->kind != N_ATTR)
        syntax_error(token_now.line, "nothing can be assigned to this");
    if (what == '=')
        assign(target, expression());
    else
        change(target, ops[what - T_ADD_SET], expression());
}

#define STATEMENTS(X)                                                                              \
    X(LET, let), X(CLASS, class_statement), X(IF, if_statement), X(FOR, for_statement),            \
        X(TRY, try_statement), X(RETURN, return_statement), X(YIELD, yield_statement),             \
        X(THROW, throw_statement), X(BREAK, break_statement), X(CONTINUE, continue_statement),     \
        X(FN, named_function), X(WHILE, while_statement)
#define STATEMENT(word, rest) [T_##word] = rest
static void (*const statements[])(void) = {STATEMENTS(STATEMENT)};

void statement(void) {
    int top = now->top;
    void (*rest)(void) = statements[token_now.what];
    now->line = token_now.line;
    if (rest != NULL)
        accept(token_now.what), rest();
    else
        expression_statement();
    now->top = top;
    if (token_now.what != '}' && token_now.what != T_END)
        expect(T_LINE, "a statement ends before this");
}
