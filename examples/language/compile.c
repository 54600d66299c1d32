/* SPDX-License-Identifier: MIT */
/*
 * compile.c - trees as code for a machine with registers. Variables that no inner function shares
 * have a register for as long as the function runs, temporaries those above. An expression is
 * compiled into the register that it is wanted in, and writes to it last.
 */
#include "tree.h"

#include <stdlib.h>

/* ---- Code and its tables ---- */

code *code_new(token name) {
    code *made = need_memory(calloc(1, sizeof *made));
    made->name = need_memory(strndup(name.text, name.length));
    made->next = vm.codes;
    return vm.codes = made;
}

int constant_add(value v) {
    code *c = now->code;
    for (int i = 0; i < c->constant_count; i++)
        if (c->constants[i] == v) {
            drop(v);
            return i;
        }
    if (c->constant_count == INT16_MAX) syntax_error(now->line, "too many constants");
    ADD(c->constants, c->constant_count, v);
    return c->constant_count - 1;
}

int emit(int op, int a, int b, int c) {
    code *to = now->code;
    int at = to->ins_count;
    if (at == INT16_MAX) syntax_error(now->line, "the function is too long");
    to->lines = grown(to->lines, at, sizeof *to->lines);
    to->lines[at] = now->line;
    ADD(to->ins, to->ins_count, (instruction){(uint16_t)op, (uint16_t)a, (int16_t)b, (int16_t)c});
    return at;
}

int temporary(void) {
    int reg = now->top++;
    if (now->top > now->code->registers) now->code->registers = now->top;
    if (now->top > INT16_MAX) syntax_error(now->line, "an expression is too large");
    return reg;
}

/* ---- Jumps: those that lead to one place form a chain, by their distances ---- */

int jump(int op, int a, int b, int chain) {
    int at = emit(op, a, b, 0);
    now->code->ins[at].c = (int16_t)(chain < 0 ? 0 : at - chain);
    return at;
}

void land(int chain, int target) {
    while (chain >= 0) {
        instruction *i = &now->code->ins[chain];
        int before = i->c == 0 ? -1 : chain - i->c;
        i->c = (int16_t)(target - chain);
        chain = before;
    }
}

void land_here(int chain) { land(chain, now->code->ins_count); }

/* ---- Expressions ---- */

static int is_plain_local(const node *n) { return n->kind == N_LOCAL && !n->symbol->captured; }

int operand(node *n) {
    if (is_plain_local(n)) return n->symbol->reg;
    int reg = temporary();
    evaluate(n, reg);
    return reg;
}

/* Jumps compare; an operation and its opposite lie side by side. */
static int compare_jump(node *n, int sense, int chain) {
    int top = now->top, op = n->op, left = operand(n->a), right = n->b->index;
    if (!sense) op += op == OP_J_NE ? -1 : 1;
    if (n->b->kind == N_INT)
        op += OP_J_LT_I - OP_J_LT;
    else
        right = operand(n->b);
    now->top = top;
    return jump(op, left, right, chain);
}

int branch(node *n, int sense, int chain) {
    if (n->kind == N_NOT) return branch(n->a, !sense, chain);
    if (n->kind == N_COMPARE) return compare_jump(n, sense, chain);
    if (n->kind == N_AND || n->kind == N_OR) {
        if (sense == (n->kind == N_OR)) return branch(n->b, sense, branch(n->a, sense, chain));
        int past = branch(n->a, !sense, -1);
        chain = branch(n->b, sense, chain);
        land_here(past);
        return chain;
    }
    int top = now->top;
    chain = jump(sense ? OP_JUMP_TRUE : OP_JUMP_FALSE, operand(n), 0, chain);
    now->top = top;
    return chain;
}

static void truth(node *n, int dest) {
    int chain = branch(n, 1, -1), past;
    emit(OP_CONST, dest, constant_add(vm.no), 0);
    past = jump(OP_JUMP, 0, 0, -1);
    land_here(chain);
    emit(OP_CONST, dest, constant_add(vm.yes), 0);
    land_here(past);
}

/* `and` and `or` have the value of the operand that decides. */
static void short_cut(node *n, int dest) {
    int reg = dest < now->code->locals ? temporary() : dest;
    evaluate(n->a, reg);
    int past = jump(n->kind == N_AND ? OP_JUMP_FALSE : OP_JUMP_TRUE, reg, 1, -1);
    evaluate(n->b, reg);
    land_here(past);
    if (reg != dest) emit(OP_TAKE, dest, reg, 0);
}

/* dest = left op right, where a small number is a part of the instruction. */
static void emit_binary(int op, int dest, int left, node *right) {
    int is_number = right->kind == N_INT;
    if (is_number && (op == OP_ADD || op == OP_SUB || op == OP_MUL))
        emit(op + OP_ADD_I - OP_ADD, dest, left, right->index);
    else if (is_number && op == OP_MOD && right->index > 0)
        emit(OP_MOD_I, dest, left, right->index);
    else
        emit(op, dest, left, operand(right));
}

static void binary(node *n, int dest) {
    int left = dest;
    if (is_plain_local(n->a) || dest < now->code->locals)
        left = operand(n->a);
    else
        evaluate(n->a, dest);
    emit_binary(n->op, dest, left, n->b);
}

static int arguments(node *list) {
    int count = 0;
    for (; list != NULL; list = list->next, count++) evaluate(list, temporary());
    return count;
}

/* The result comes where the function lay: in `dest`, if that is the last register in use. */
static void call(node *n, int dest) {
    int base = dest == now->top - 1 && dest >= now->code->locals ? dest : temporary();
    if (n->a->kind == N_ATTR) {
        evaluate(n->a->a, temporary());
        emit(OP_INVOKE, base, arguments(n->list) + 1, n->a->index);
    } else {
        evaluate(n->a, base);
        emit(OP_CALL, base, arguments(n->list), 0);
        temporary(); /* room for the new object before all arguments, if it is a class */
    }
    if (base != dest) emit(OP_TAKE, dest, base, 0);
}

static void several(node *n, int dest) {
    int first = now->top, count = arguments(n->list);
    emit(n->kind == N_LIST ? OP_LIST : OP_DICT, dest, first, count);
}

static void end_of_slice(node *end) {
    int reg = temporary();
    if (end != NULL)
        evaluate(end, reg);
    else
        emit(OP_CONST, reg, constant_add(vm.none), 0);
}

static void slice(node *n, int dest) {
    int of = temporary();
    evaluate(n->a, of);
    end_of_slice(n->b), end_of_slice(n->c);
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

/* Constants, small numbers and functions: by their number. */
static void numbered(node *n, int dest) {
    emit(n->kind == N_INT ? OP_INT : n->kind == N_CONST ? OP_CONST : OP_CLOSURE, dest, n->index, 0);
}

static void unary(node *n, int dest) { emit(n->op, dest, operand(n->a), 0); }

static void attribute(node *n, int dest) { emit(OP_GET_ATTR, dest, operand(n->a), n->index); }

static void item(node *n, int dest) {
    int of = operand(n->a);
    emit(n->kind == N_IN ? OP_CONTAINS : OP_GET_INDEX, dest, of, operand(n->b));
    if (n->kind == N_IN && n->op) emit(OP_NOT, dest, dest, 0);
}

static void (*const expressions[])(node *n, int dest) = {
    [N_CONST] = numbered, [N_INT] = numbered,  [N_LOCAL] = name,       [N_UP] = name,
    [N_GLOBAL] = name,    [N_BINARY] = binary, [N_UNARY] = unary,      [N_AND] = short_cut,
    [N_OR] = short_cut,   [N_NOT] = truth,     [N_COMPARE] = truth,    [N_IN] = item,
    [N_CALL] = call,      [N_INDEX] = item,    [N_SLICE] = slice,      [N_ATTR] = attribute,
    [N_LIST] = several,   [N_DICT] = several,  [N_FUNCTION] = numbered};

void evaluate(node *n, int dest) {
    int top = now->top;
    expressions[n->kind](n, dest);
    now->top = top;
}

/* ---- Assignments ---- */

void cell_for(const symbol *s, int from) {
    if (s->captured) emit(OP_NEW_CELL, s->reg, from, 0);
}

void store(const node *variable, int from) {
    if (variable->kind == N_GLOBAL)
        emit(OP_SET_GLOBAL, from, variable->index, 0);
    else if (variable->kind == N_UP)
        emit(OP_SET_UP, from, variable->index, 0);
    else if (variable->symbol->captured)
        emit(OP_SET_CELL, variable->symbol->reg, from, 0);
    else
        emit(OP_TAKE, variable->symbol->reg, from, 0);
}

void assign(node *target, node *from) {
    if (target->kind == N_INDEX) {
        int of = operand(target->a), index = operand(target->b);
        emit(OP_SET_INDEX, of, index, operand(from));
    } else if (target->kind == N_ATTR) {
        int of = operand(target->a);
        emit(OP_SET_ATTR, of, operand(from), target->index);
    } else if (is_plain_local(target))
        evaluate(from, target->symbol->reg);
    else
        store(target, operand(from));
}

int copied(int reg) {
    if (reg < now->code->locals) return reg;
    int copy = temporary();
    emit(OP_MOVE, copy, reg, 0);
    return copy;
}

void change(node *target, int op, node *from) {
    if (target->kind != N_INDEX && target->kind != N_ATTR) {
        node sum = {.kind = N_BINARY, .op = op, .a = target, .b = from};
        assign(target, &sum);
        return;
    }
    int of = operand(target->a), sum;
    if (target->kind == N_ATTR) {
        emit(OP_GET_ATTR, sum = temporary(), copied(of), target->index);
        emit_binary(op, sum, sum, from);
        emit(OP_SET_ATTR, of, sum, target->index);
        return;
    }
    int index = operand(target->b), from_of = copied(of);
    emit(OP_GET_INDEX, sum = temporary(), from_of, copied(index));
    emit_binary(op, sum, sum, from);
    emit(OP_SET_INDEX, of, index, sum);
}
