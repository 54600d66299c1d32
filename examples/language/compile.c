/* SPDX-License-Identifier: MIT */
/*
 * compile.c - the tree of a function as code for a machine with registers. Variables that no inner
 * function shares have a register for as long as the function runs, temporaries those above. An
 * expression is compiled into the register that it is wanted in, and writes to it last.
 */
#include "tree.h"

#include <stdlib.h>

static struct {
    code *code;
    int top; /* registers in use */
    int line;
    int breaks, continues; /* jumps of the innermost loop, -1: none; -2: no loop */
} now;

static void expression(node *n, int dest);
static void statement(node *n);

/* ---- Code and its tables ---- */

void *grown(void *table, int count, size_t size) {
    if (count != 0 && (count < 4 || (count & (count - 1)) != 0)) return table;
    size_t room = count == 0 ? 4 : 2 * (size_t)count;
    return need_memory(realloc(table, room * size));
}

code *code_new(const char *name, size_t length) {
    code *made = need_memory(calloc(1, sizeof *made));
    made->name = need_memory(strndup(name, length));
    made->next = vm.codes;
    vm.codes = made;
    return made;
}

void code_free(code *c) {
    for (int i = 0; i < c->locals; i++) free(c->variables[i]);
    free(c->name), free(c->ins), free(c->lines), free(c->constants), free(c->variables);
    free(c->handlers), free(c->captures), free(c->inner), free(c);
}

int constant_add(code *c, value v) {
    for (int i = 0; i < c->constant_count; i++)
        if (c->constants[i] == v) {
            drop(v);
            return i;
        }
    if (c->constant_count == INT16_MAX) syntax_error(now.line, "too many constants");
    c->constants = grown(c->constants, c->constant_count, sizeof *c->constants);
    c->constants[c->constant_count] = v;
    return c->constant_count++;
}

static int emit(int op, int a, int b, int c) {
    code *to = now.code;
    to->ins = grown(to->ins, to->ins_count, sizeof *to->ins);
    to->lines = grown(to->lines, to->ins_count, sizeof *to->lines);
    to->ins[to->ins_count] = (instruction){(uint16_t)op, (uint16_t)a, (int16_t)b, (int16_t)c};
    to->lines[to->ins_count] = now.line;
    if (to->ins_count == INT16_MAX) syntax_error(now.line, "the function is too long");
    return to->ins_count++;
}

static int temporary(void) {
    int reg = now.top++;
    if (now.top > now.code->registers) now.code->registers = now.top;
    if (now.top > INT16_MAX) syntax_error(now.line, "an expression is too large");
    return reg;
}

/* ---- Jumps: those that lead to one place form a chain, by their distances ---- */

static int jump(int op, int a, int b, int chain) {
    int at = emit(op, a, b, 0);
    now.code->ins[at].c = (int16_t)(chain < 0 ? 0 : at - chain);
    return at;
}

static void land(int chain, int target) {
    while (chain >= 0) {
        instruction *i = &now.code->ins[chain];
        int before = i->c == 0 ? -1 : chain - i->c;
        i->c = (int16_t)(target - chain);
        chain = before;
    }
}

static void land_here(int chain) { land(chain, now.code->ins_count); }

/* ---- Expressions ---- */

static int is_plain_local(const node *n) { return n->kind == N_LOCAL && !n->symbol->captured; }

/* The register where the value of an expression lies, a variable's own if it is one. */
static int operand(node *n) {
    if (is_plain_local(n)) return n->symbol->reg;
    int reg = temporary();
    expression(n, reg);
    return reg;
}

/* Jumps compare; an operation and its opposite lie side by side. */
static int compare_jump(node *n, int sense, int chain) {
    int op = n->op, left, right, top = now.top;
    int greater = op == OP_J_GT_I || op == OP_J_GE_I;
    left = operand(n->a);
    if (n->b->kind == N_INT) {
        if (!greater) op += OP_J_LT_I - OP_J_LT;
        if (op >= OP_J_GT_I && !greater) op += OP_J_EQ_I - OP_J_GT_I;
        right = n->b->index;
    } else {
        right = operand(n->b);
        if (greater) {
            int other = left;
            left = right, right = other;
            op = op == OP_J_GT_I ? OP_J_LT : OP_J_LE;
        }
    }
    if (!sense) op += (n->op == OP_J_NE) ? -1 : 1;
    now.top = top;
    return jump(op, left, right, chain);
}

/* Adds to the chain jumps that are taken if the truth of the expression is `sense`. */
static int branch(node *n, int sense, int chain) {
    if (n->kind == N_NOT) return branch(n->a, !sense, chain);
    if (n->kind == N_COMPARE) return compare_jump(n, sense, chain);
    if (n->kind == N_AND || n->kind == N_OR) {
        if (sense == (n->kind == N_OR)) return branch(n->b, sense, branch(n->a, sense, chain));
        int past = branch(n->a, !sense, -1);
        chain = branch(n->b, sense, chain);
        land_here(past);
        return chain;
    }
    int top = now.top;
    chain = jump(sense ? OP_JUMP_TRUE : OP_JUMP_FALSE, operand(n), 0, chain);
    now.top = top;
    return chain;
}

static void truth(node *n, int dest) {
    int chain = branch(n, 1, -1), past;
    emit(OP_CONST, dest, constant_add(now.code, vm.no), 0);
    past = jump(OP_JUMP, 0, 0, -1);
    land_here(chain);
    emit(OP_CONST, dest, constant_add(now.code, vm.yes), 0);
    land_here(past);
}

/* `and` and `or` have the value of the operand that decides. */
static void short_cut(node *n, int dest) {
    int reg = dest < now.code->locals ? temporary() : dest;
    expression(n->a, reg);
    int past = jump(n->kind == N_AND ? OP_JUMP_FALSE : OP_JUMP_TRUE, reg, 1, -1);
    expression(n->b, reg);
    land_here(past);
    if (reg != dest) emit(OP_TAKE, dest, reg, 0);
}

static void binary(node *n, int dest) {
    int left = dest, right = n->b->index;
    if (is_plain_local(n->a) || dest < now.code->locals)
        left = operand(n->a);
    else
        expression(n->a, dest);
    int is_sum = n->op == OP_ADD || (n->op == OP_SUB && right != INT16_MIN && right != 0);
    if (n->b->kind == N_INT && is_sum) /* but -0.0 - 0 is -0.0, where -0.0 + 0 is not */
        emit(OP_ADD_I, dest, left, n->op == OP_ADD ? right : -right);
    else if (n->b->kind == N_INT && n->op == OP_MUL)
        emit(OP_MUL_I, dest, left, right);
    else if (n->b->kind == N_INT && n->op == OP_MOD && right > 0)
        emit(OP_MOD_I, dest, left, right);
    else {
        right = operand(n->b);
        emit(n->op, dest, left, right);
    }
}

static int arguments(node *list) {
    int count = 0;
    for (; list != NULL; list = list->next, count++) expression(list, temporary());
    return count;
}

/* The result comes where the function lay: in `dest`, if that is the last register in use. */
static void call(node *n, int dest) {
    int base = dest == now.top - 1 && dest >= now.code->locals ? dest : temporary(), count;
    if (n->kind == N_INVOKE) {
        expression(n->a, temporary());
        count = arguments(n->list) + 1;
        emit(OP_INVOKE, base, count, n->index);
    } else {
        expression(n->a, base);
        count = arguments(n->list);
        emit(OP_CALL, base, count, 0);
        temporary(); /* room for the new object before all arguments, if it is a class */
    }
    if (base != dest) emit(OP_TAKE, dest, base, 0);
}

static void several(node *n, int dest) {
    int first = now.top, count = arguments(n->list);
    if (n->kind == N_LIST)
        emit(OP_LIST, dest, first, count);
    else
        emit(OP_DICT, dest, first, count / 2);
}

static void slice(node *n, int dest) {
    int of = temporary();
    expression(n->a, of);
    for (int i = 0; i < 2; i++) {
        node *end = i == 0 ? n->b : n->c;
        int reg = temporary();
        if (end != NULL)
            expression(end, reg);
        else
            emit(OP_CONST, reg, constant_add(now.code, vm.none), 0);
    }
    emit(OP_GET_SLICE, dest, of, 0);
}

static void name(node *n, int dest) {
    if (n->kind == N_GLOBAL)
        emit(OP_GET_GLOBAL, dest, n->index, 0);
    else if (n->kind == N_UP)
        emit(OP_GET_UP, dest, n->index, 0);
    else if (n->symbol->captured)
        emit(OP_GET_CELL, dest, n->symbol->reg, 0);
    else if (n->symbol->reg != dest)
        emit(OP_MOVE, dest, n->symbol->reg, 0);
}

static void constant(node *n, int dest) {
    emit(n->kind == N_INT ? OP_INT : OP_CONST, dest, n->index, 0);
}

static void unary(node *n, int dest) { emit(n->op, dest, operand(n->a), 0); }

static void attribute(node *n, int dest) { emit(OP_GET_ATTR, dest, operand(n->a), n->index); }

static void function(node *n, int dest) {
    unit_compile(n->unit);
    emit(OP_CLOSURE, dest, n->index, 0);
}

static void two(int op, node *n, int dest) {
    int a = operand(n->a);
    emit(op, dest, a, operand(n->b));
}

static void item(node *n, int dest) { two(OP_GET_INDEX, n, dest); }

static void membership(node *n, int dest) {
    two(OP_CONTAINS, n, dest);
    if (n->op) emit(OP_NOT, dest, dest, 0);
}

static void (*const expressions[])(node *n, int dest) = {
    [N_CONST] = constant, [N_INT] = constant,  [N_LOCAL] = name,    [N_UP] = name,
    [N_GLOBAL] = name,    [N_BINARY] = binary, [N_UNARY] = unary,   [N_AND] = short_cut,
    [N_OR] = short_cut,   [N_NOT] = truth,     [N_COMPARE] = truth, [N_IN] = membership,
    [N_CALL] = call,      [N_INVOKE] = call,   [N_INDEX] = item,    [N_SLICE] = slice,
    [N_ATTR] = attribute, [N_LIST] = several,  [N_DICT] = several,  [N_FUNCTION] = function,
};

static void expression(node *n, int dest) {
    int top = now.top;
    expressions[n->kind](n, dest);
    now.top = top;
}

/* ---- Statements ---- */

static void set_variable(node *target, node *from) {
    if (is_plain_local(target)) {
        expression(from, target->symbol->reg);
        return;
    }
    int reg = operand(from);
    if (target->kind == N_GLOBAL)
        emit(OP_SET_GLOBAL, reg, target->index, 0);
    else if (target->kind == N_UP)
        emit(OP_SET_UP, reg, target->index, 0);
    else
        emit(OP_SET_CELL, target->symbol->reg, reg, 0);
}

static void set(node *target, node *from) {
    if (target->kind == N_INDEX) {
        int of = operand(target->a), index = operand(target->b);
        emit(OP_SET_INDEX, of, index, operand(from));
    } else if (target->kind == N_ATTR) {
        int of = operand(target->a);
        emit(OP_SET_ATTR, of, operand(from), target->index);
    } else
        set_variable(target, from);
}

/* A node that stands for a register: a temporary of it is copied, as who reads one takes it. */
static node held(symbol *s, int reg) {
    *s = (symbol){.reg = reg};
    return (node){.kind = N_LOCAL, .symbol = s, .line = now.line};
}

/* target op= from, where what `target` consists of is looked at once. */
static void change(node *n) {
    node target = *n->a, sum = {.kind = N_BINARY, .op = n->op, .a = &target, .b = n->b};
    symbol symbols[4];
    if (target.kind == N_INDEX || target.kind == N_ATTR) {
        node of[4];
        int parts = target.kind == N_INDEX ? 2 : 1, reg[4];
        for (int i = 0; i < parts; i++) {
            reg[i] = operand(i == 0 ? target.a : target.b);
            reg[i + 2] = reg[i];
            if (reg[i] >= now.code->locals) emit(OP_MOVE, reg[i + 2] = temporary(), reg[i], 0);
            of[i] = held(&symbols[i], reg[i]);
            of[i + 2] = held(&symbols[i + 2], reg[i + 2]);
        }
        node to = target;
        target.a = &of[0], to.a = &of[2];
        if (parts == 2) target.b = &of[1], to.b = &of[3];
        set(&to, &sum);
    } else
        set(&target, &sum);
}

static void make_cell(const symbol *s, int from) {
    if (s->captured) emit(OP_NEW_CELL, s->reg, from, 0);
}

static void let(node *n) {
    if (n->a->kind == N_LOCAL && n->a->symbol->captured) {
        if (n->b->kind != N_FUNCTION) {
            make_cell(n->a->symbol, operand(n->b));
            return;
        }
        make_cell(n->a->symbol, -1);
    }
    set_variable(n->a, n->b);
}

static void class_statement(node *n) {
    int reg = temporary();
    if (n->a->kind == N_LOCAL) make_cell(n->a->symbol, -1);
    emit(OP_CLASS, reg, n->index, n->b != NULL ? operand(n->b) : -1);
    for (node *m = n->list; m != NULL; m = m->next) {
        int made = temporary();
        function(m, made);
        emit(OP_METHOD, reg, made, m->op);
        now.top = made;
    }
    symbol s;
    node made = held(&s, reg);
    set_variable(n->a, &made);
    emit(OP_DROP, reg, 0, 0);
}

static void if_statement(node *n) {
    int other = branch(n->a, 0, -1), past = -1;
    statement(n->b);
    if (n->c != NULL) past = jump(OP_JUMP, 0, 0, -1);
    land_here(other);
    if (n->c != NULL) statement(n->c);
    land_here(past);
}

static void while_statement(node *n) {
    int breaks = now.breaks, continues = now.continues;
    now.breaks = now.continues = -1;
    int start = jump(OP_JUMP, 0, 0, -1), body = now.code->ins_count;
    statement(n->b);
    land_here(start);
    land_here(now.continues);
    now.line = n->line;
    land(branch(n->a, 1, -1), body);
    land_here(now.breaks);
    now.breaks = breaks, now.continues = continues;
}

static void for_statement(node *n) {
    int breaks = now.breaks, continues = now.continues, top = now.top, reg = n->symbol->reg;
    expression(n->a, n->index);
    emit(OP_FOR_BEGIN, n->index, 0, 0);
    now.breaks = now.continues = -1;
    int next = now.code->ins_count;
    if (n->symbol->captured) reg = temporary();
    int end = jump(OP_FOR_NEXT, n->index, reg, -1);
    make_cell(n->symbol, reg);
    now.top = top;
    statement(n->b);
    land(now.continues, next);
    land(jump(OP_JUMP, 0, 0, -1), next);
    land_here(end);
    land_here(now.breaks);
    emit(OP_DROP, n->index, 0, 0);
    now.breaks = breaks, now.continues = continues;
}

static void try_statement(node *n) {
    code *c = now.code;
    int from = c->ins_count, reg = n->symbol->captured ? temporary() : n->symbol->reg;
    statement(n->a);
    int to = c->ins_count, past = jump(OP_JUMP, 0, 0, -1);
    c->handlers = grown(c->handlers, c->handler_count, sizeof *c->handlers);
    c->handlers[c->handler_count++] = (handler){from, to, c->ins_count, reg};
    make_cell(n->symbol, reg);
    statement(n->b);
    land_here(past);
}

static void leave_loop(node *n) {
    int *chain = n->kind == S_BREAK ? &now.breaks : &now.continues;
    if (*chain == -2) syntax_error(n->line, "no loop is around this");
    *chain = jump(OP_JUMP, 0, 0, *chain);
}

static void expression_statement(node *n) {
    int reg = temporary();
    expression(n->a, reg);
    emit(n->kind == S_YIELD ? OP_YIELD : OP_DROP, reg, 0, 0);
}

static void leave(node *n) {
    emit(n->kind == S_RETURN ? OP_RETURN : OP_THROW, operand(n->a), 0, 0);
}

static void assignment(node *n) { set(n->a, n->b); }

static void block(node *n) {
    for (node *s = n->list; s != NULL; s = s->next) statement(s);
}

static void (*const statements[])(node *n) = {
    [S_EXPRESSION] = expression_statement,
    [S_LET] = let,
    [S_SET] = assignment,
    [S_CHANGE] = change,
    [S_IF] = if_statement,
    [S_WHILE] = while_statement,
    [S_FOR] = for_statement,
    [S_RETURN] = leave,
    [S_YIELD] = expression_statement,
    [S_THROW] = leave,
    [S_TRY] = try_statement,
    [S_BREAK] = leave_loop,
    [S_CONTINUE] = leave_loop,
    [S_BLOCK] = block,
    [S_CLASS] = class_statement,
};

static void statement(node *n) {
    int top = now.top;
    now.line = n->line;
    statements[n->kind](n);
    now.top = top;
}

void unit_compile(unit *u) {
    __typeof__(now) outer = now;
    now.code = u->code;
    now.top = u->code->registers = u->code->locals;
    now.breaks = now.continues = -2;
    now.line = u->body->line;
    for (symbol *s = u->self; s != NULL; s = s->next) make_cell(s, s->reg);
    statement(u->body);
    int reg = temporary();
    emit(OP_CONST, reg, constant_add(now.code, vm.none), 0);
    emit(OP_RETURN, reg, 0, 0);
    free(u->captured);
    now = outer;
}
