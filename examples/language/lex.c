/* SPDX-License-Identifier: MIT */
/*
 * lex.c - the text of a program as tokens.
 */
#include "tree.h"

#include <ctype.h>
#include <stdlib.h>

enum { NESTED = 200 };

static struct {
    const char *at;
    int line, depth;
    char around[NESTED]; /* the brackets that are open */
} lexer;

static const char *const words[] = {
    "and", "break", "catch", "class", "continue", "else",  "false", "fn",  "for",   "if",   "in",
    "let", "none",  "not",   "or",    "return",   "throw", "true",  "try", "while", "yield"};
_Static_assert(sizeof words / sizeof *words == LAST_WORD - FIRST_WORD + 1, "a word has a token");

static const struct {
    char text[3];
    int what;
} pairs[] = {{"==", T_EQ},      {"!=", T_NE},      {"<=", T_LE},      {">=", T_GE},
             {"<<", T_SHL},     {">>", T_SHR},     {"**", T_POW},     {"//", T_FLOOR_DIV},
             {"+=", T_ADD_SET}, {"-=", T_SUB_SET}, {"*=", T_MUL_SET}, {"/=", T_DIV_SET}};

void lex_begin(const char *text) {
    lexer.at = text;
    lexer.line = 1;
    lexer.depth = 0;
}

static int lines_end_here(void) { return lexer.depth == 0 || lexer.around[lexer.depth - 1] == '{'; }

static void skip_space(void) {
    for (;; lexer.at++) {
        if (*lexer.at == '#')
            while (*lexer.at != 0 && *lexer.at != '\n') lexer.at++;
        if (*lexer.at == '\n') {
            if (lines_end_here()) return;
            lexer.line++;
        } else if (*lexer.at != ' ' && *lexer.at != '\t' && *lexer.at != '\r')
            return;
    }
}

static token made(int what, size_t length) {
    token t = {what, lexer.line, lexer.at, length};
    lexer.at += length;
    return t;
}

static token lex_word(void) {
    size_t length = 0;
    while (isalnum((unsigned char)lexer.at[length]) || lexer.at[length] == '_') length++;
    for (int i = 0; i <= LAST_WORD - FIRST_WORD; i++)
        if (strlen(words[i]) == length && memcmp(words[i], lexer.at, length) == 0)
            return made(FIRST_WORD + i, length);
    return made(T_NAME, length);
}

static token lex_number(void) {
    size_t length = 0;
    int hexadecimal = lexer.at[0] == '0' && (lexer.at[1] == 'x' || lexer.at[1] == 'X');
    for (;; length++) {
        char c = lexer.at[length];
        if (isalnum((unsigned char)c) || c == '_') continue;
        if (c == '.' && isdigit((unsigned char)lexer.at[length + 1])) continue;
        if ((c == '-' || c == '+') && !hexadecimal && (lexer.at[length - 1] | 32) == 'e') continue;
        return made(T_NUMBER, length);
    }
}

static token lex_string(void) {
    size_t length = 1;
    while (lexer.at[length] != lexer.at[0]) {
        if (lexer.at[length] == '\\' && lexer.at[length + 1] != 0) length++;
        if (lexer.at[length] == 0 || lexer.at[length] == '\n')
            syntax_error(lexer.line, "a string without an end");
        length++;
    }
    return made(T_STRING, length + 1);
}

static void note_bracket(char c) {
    if (c == '(' || c == '[' || c == '{') {
        if (lexer.depth == NESTED) syntax_error(lexer.line, "too many brackets");
        lexer.around[lexer.depth++] = c;
    } else if ((c == ')' || c == ']' || c == '}') && lexer.depth > 0)
        lexer.depth--;
}

token lex_next(void) {
    skip_space();
    unsigned char c = (unsigned char)*lexer.at;
    if (c == 0) return made(T_END, 0);
    if (c == '\n' || c == ';') {
        token t = made(T_LINE, 1);
        if (c == '\n') lexer.line++;
        return t;
    }
    if (isdigit(c)) return lex_number();
    if (isalpha(c) || c == '_') return lex_word();
    if (c == '"' || c == '\'') return lex_string();
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (memcmp(pairs[i].text, lexer.at, 2) == 0) return made(pairs[i].what, 2);
    if (strchr("+-*/%<>=()[]{},.:&|^~", c) == NULL)
        syntax_error(lexer.line, "a character that means nothing");
    note_bracket((char)c);
    return made(c, 1);
}

static value number_value(token t) {
    int prefixed = t.length > 1 && t.text[0] == '0' && isalpha((unsigned char)t.text[1]);
    for (size_t i = 0; i < t.length && !prefixed; i++)
        if (strchr(".eE", t.text[i]) != NULL)
            return unbox_new(poolval_float_parse(vm.space, t.text, t.length));
    return unbox_new(poolval_int_parse(vm.space, t.text, t.length, 0));
}

static int escaped(poolval_writer *writer, const char **at) {
    static const char from[] = "nrt0", to[] = "\n\r\t";
    char c = *(*at)++;
    const char *found = strchr(from, c);
    if (c == 'u') {
        char digits[5] = {0};
        for (int i = 0; i < 4 && isxdigit((unsigned char)**at); i++) digits[i] = *(*at)++;
        return poolval_writer_char(writer, (uint32_t)strtoul(digits, NULL, 16));
    }
    return poolval_writer_char(writer, found != NULL ? (uint8_t)to[found - from] : (uint8_t)c);
}

static value string_value(token t) {
    const char *at = t.text + 1, *end = t.text + t.length - 1;
    poolval_writer *writer = need_memory(poolval_writer_new(vm.space));
    while (at < end) {
        const char *stop = memchr(at, '\\', (size_t)(end - at));
        if (stop == NULL) stop = end;
        poolval_writer_utf8(writer, at, (size_t)(stop - at));
        at = stop;
        if (at++ < end) escaped(writer, &at);
    }
    SCOPED string = poolval_writer_end(writer);
    return string == NULL ? NOTHING : of_object(poolval_str_intern(vm.space, string));
}

value lex_value(token t) { return t.what == T_STRING ? string_value(t) : number_value(t); }
