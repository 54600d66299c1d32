/* SPDX-License-Identifier: MIT */
/*
 * label.h - what objects and references are called, in lines of text and in strings of dot, and
 * the way of text to a stream.
 *
 * What comes from the program, names and descriptions, may be anything: it leaves here as valid
 * UTF-8 without control characters, at most LABEL_MAX characters long.
 */
#ifndef POOLALLOC_GRAPH_LABEL_H
#define POOLALLOC_GRAPH_LABEL_H

#include "base/text.h"
#include "graph/graph.h"

enum { LABEL_MAX = 100, LABEL_BYTES = 4 * LABEL_MAX + 1, COLUMN = 12 };

/* How a string is written. An end of a line inside of it is written as \n either way: it is shown
   so in a line of text, and is an end of a line in a picture. */
enum label_kind { LABEL_LINE, LABEL_DOT };

struct label {
    struct text *text;
    enum label_kind kind;
    const poolgraph_options *options;
};

#ifdef __cplusplus
extern "C" {
#endif

/* Text that goes to a stream; NULL: standard error. */
void label_open(struct text *text, FILE *out);
/* 0, or -1 and errno: whether all has arrived at the stream. */
int label_close(struct text *text);

/* A string of the program. */
void label_string(const struct label *label, const char *string);
/* A number right-aligned in `width`. */
void label_column(const struct label *label, uint64_t number, unsigned width);
/* "2 references", "1 reference". */
void label_number(const struct label *label, uint64_t number, const char *what);
/* The type's name, and after it what the options have to say about the object. */
void label_object(const struct label *label, poolobj *object);
/* .field, .+offset, [number], or what the options say. */
void label_reference(const struct label *label, const poolgraph_reference *reference);
/* The count of the object, and how many of these references are from outside. */
void label_counts(const struct label *label, const struct graph *graph, uint32_t number);

#ifdef __cplusplus
}
#endif

#endif
