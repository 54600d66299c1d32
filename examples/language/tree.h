/* SPDX-License-Identifier: MIT */
/*
 * tree.h - a program between its text and its code: tokens, trees of expressions, in which names
 * are already variables, and the functions that are being compiled.
 */
#ifndef TREE_H
#define TREE_H

#include "language.h"

/* ---- Tokens ---- */

/* Operators of one character are that character. */
#define TOKENS(X)                                                                                  \
    X(LINE), X(NAME), X(NUMBER), X(STRING), X(EQ), X(NE), X(LE), X(GE), X(SHL), X(SHR), X(POW),    \
        X(FLOOR_DIV), X(ADD_SET), X(SUB_SET), X(MUL_SET), X(DIV_SET), X(AND), X(BREAK), X(CATCH),  \
        X(CLASS), X(CONTINUE), X(ELSE), X(FALSE), X(FN), X(FOR), X(IF), X(IN), X(LET), X(NONE),    \
        X(NOT), X(OR), X(RETURN), X(THROW), X(TRUE), X(TRY), X(WHILE), X(YIELD)
#define TOKEN_NAME(name) T_##name
enum { T_END = 256, TOKENS(TOKEN_NAME) };
#undef TOKEN_NAME
enum { FIRST_WORD = T_AND, LAST_WORD = T_YIELD };

typedef struct token {
    int what, line;
    const char *text;
    size_t length;
} token;

/* The next token. Where a line ends inside of ( or [, the statement goes on. */
token lex_next(void);
void lex_begin(const char *text);
/* The value of a number or string, a new reference; NOTHING: it is none. */
value lex_value(token t);

/* ---- Variables and functions ---- */

/* The text is gone through twice. The first time tells which variables functions inside share, and
   how many a function has; the second time, whose code is kept, meets the same symbols and units.
 */
typedef struct symbol {
    token name;
    int reg, captured;           /* by a function inside: then the register holds a cell */
    struct symbol *next, *after; /* seen behind it; the one that is met next */
} symbol;

typedef struct unit {
    struct unit *outer, *after;
    code *code;
    symbol *symbols;       /* that can be seen, the innermost first */
    int active, locals;    /* registers of variables: in use; of all */
    int top, depth;        /* registers in use, temporaries too; blocks around */
    int breaks, continues; /* jumps of the innermost loop, -1: none; -2: no loop */
    int line;
} unit;
extern unit *now;

/* ---- Trees ---- */

#define NODES(X)                                                                                   \
    X(CONST), X(INT), X(LOCAL), X(UP), X(GLOBAL), X(BINARY), X(UNARY), X(AND), X(OR), X(NOT),      \
        X(COMPARE), X(IN), X(CALL), X(INDEX), X(SLICE), X(ATTR), X(LIST), X(DICT), X(FUNCTION)
#define NODE_NAME(name) N_##name
enum node_kind { NODES(NODE_NAME) };
#undef NODE_NAME

typedef struct node {
    enum node_kind kind;
    int op, index;
    struct node *a, *b, *c;
    struct node *list, *next; /* the first of several, and the one beside this */
    symbol *symbol;
} node;

/* ---- parse.c: tokens as trees; what is wrong ends it by syntax_error ---- */

_Noreturn void syntax_error(int line, const char *what);
extern token token_now;
int accept(int what); /* 1: it was this token, and is the next one */
void expect(int what, const char *complaint);
void skip_lines(void);
token name_token(void);
int name_constant(token t);
node *expression(void);
node *constant(value v);
node *node_new(enum node_kind kind, node *a, node *b);
symbol *declare(token t);
/* What `let`, `fn` and `class` make: a global outside of all blocks, otherwise a local. */
node *new_variable(token t);
node *function(token name);

/* ---- compile.c: trees as code ---- */

code *code_new(token name);
int constant_add(value v); /* takes the reference over */
int emit(int op, int a, int b, int c);
int temporary(void);
int jump(int op, int a, int b, int chain); /* of the jumps to one place; -1: the first */
void land(int chain, int target);
void land_here(int chain);
void evaluate(node *n, int dest);
int operand(node *n); /* the register where its value lies, a variable's own if it is one */
int copied(int reg);  /* who reads a temporary takes it: one that is read again is copied */
int branch(node *n, int sense, int chain); /* jumps taken if its truth is `sense` join the chain */
void assign(node *target, node *from);
void change(node *target, int op, node *from);
void store(const node *variable, int from);
void cell_for(const symbol *s, int from); /* if functions inside share it; -1: empty */

/* ---- statement.c: statements, as code at once ---- */

void statement(void);
void block(void);

#endif
