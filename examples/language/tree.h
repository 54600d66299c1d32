/* SPDX-License-Identifier: MIT */
/*
 * tree.h - a program between its text and its code: tokens, and the tree that the parser makes of
 * them, in which names are already variables.
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

/* ---- Trees ---- */

typedef struct unit unit;

typedef struct symbol {
    const char *name;
    size_t length;
    int reg, captured; /* by a function inside: then the register holds a cell */
    struct symbol *next;
} symbol;

#define NODES(X)                                                                                   \
    X(N_CONST), X(N_INT), X(N_LOCAL), X(N_UP), X(N_GLOBAL), X(N_BINARY), X(N_UNARY), X(N_AND),     \
        X(N_OR), X(N_NOT), X(N_COMPARE), X(N_IN), X(N_CALL), X(N_INVOKE), X(N_INDEX), X(N_SLICE),  \
        X(N_ATTR), X(N_LIST), X(N_DICT), X(N_FUNCTION), X(S_EXPRESSION), X(S_LET), X(S_SET),       \
        X(S_CHANGE), X(S_IF), X(S_WHILE), X(S_FOR), X(S_RETURN), X(S_YIELD), X(S_THROW), X(S_TRY), \
        X(S_BREAK), X(S_CONTINUE), X(S_BLOCK), X(S_CLASS)
#define NODE_NAME(name) name
enum node_kind { NODES(NODE_NAME) };
#undef NODE_NAME

typedef struct node {
    enum node_kind kind;
    int op, index, line;
    struct node *a, *b, *c;
    struct node *list, *next; /* the first of several, and the one beside this */
    symbol *symbol;
    unit *unit;
} node;

/* A function while it is compiled. */
struct unit {
    unit *outer;
    code *code;
    symbol *symbols;   /* that can be seen, the innermost first */
    symbol **captured; /* what code->captures leads to */
    symbol *self;      /* parameters, the last first */
    node *body;
    int active, depth; /* registers in use; blocks around */
};

/* ---- Parser and compiler ---- */

void *tree_memory(size_t size); /* zeroed, until the program is compiled */
/* A statement list of a unit; what is wrong ends it by syntax_error. */
_Noreturn void syntax_error(int line, const char *what);
int constant_add(code *code, value v);            /* takes the reference over */
void *grown(void *table, int count, size_t size); /* room for one more, in powers of two */
code *code_new(const char *name, size_t length);
void unit_compile(unit *u);

#endif
