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
enum {
    T_END = 256,
    T_LINE,
    T_NAME,
    T_NUMBER,
    T_STRING,
    T_EQ,
    T_NE,
    T_LE,
    T_GE,
    T_SHL,
    T_SHR,
    T_POW,
    T_FLOOR_DIV,
    T_ADD_SET,
    T_SUB_SET,
    T_MUL_SET,
    T_DIV_SET,
    T_AND,
    T_BREAK,
    T_CATCH,
    T_CLASS,
    T_CONTINUE,
    T_ELSE,
    T_FALSE,
    T_FN,
    T_FOR,
    T_IF,
    T_IN,
    T_LET,
    T_NONE,
    T_NOT,
    T_OR,
    T_RETURN,
    T_THROW,
    T_TRUE,
    T_TRY,
    T_WHILE,
    T_YIELD,
};
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

enum node_kind {
    N_CONST,
    N_INT,
    N_LOCAL,
    N_UP,
    N_GLOBAL,
    N_BINARY,
    N_UNARY,
    N_AND,
    N_OR,
    N_NOT,
    N_COMPARE,
    N_IN,
    N_CALL,
    N_INVOKE,
    N_INDEX,
    N_SLICE,
    N_ATTR,
    N_LIST,
    N_DICT,
    N_FUNCTION,
    S_EXPRESSION,
    S_LET,
    S_SET,
    S_CHANGE,
    S_IF,
    S_WHILE,
    S_FOR,
    S_RETURN,
    S_YIELD,
    S_THROW,
    S_TRY,
    S_BREAK,
    S_CONTINUE,
    S_BLOCK,
    S_CLASS,
};

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
