/* SPDX-License-Identifier: MIT */
/*
 * picture.h - the pictures: which objects and references around some objects are shown, as text for
 * Graphviz's dot: boxes for objects, arrows for references, and what their looks mean; and a
 * picture in a file, as text or drawn by dot where the name says so.
 *
 * Shown are the objects that are reached by at most max_depth references, of each object the first
 * max_width; and between them all references, but of each object no more than max_width. For each
 * object one box says how many of its others are not shown.
 */
#ifndef POOLALLOC_GRAPH_PICTURE_H
#define POOLALLOC_GRAPH_PICTURE_H

#include "graph/label.h"
#include "graph/search.h"

/* A picture as text. */
struct picture_dot {
    struct text text;
    struct label label;
    const struct graph *graph;
    struct search live; /* what roots lead to */
    unsigned looks;     /* that occur, a bit for each row of the legend */
    uint32_t more;      /* boxes that stand for what is not shown, so far */
};

#ifdef __cplusplus
extern "C" {
#endif

/* Shows what objects refer to, or with `back` what refers to them. 0, or -1 and errno. */
int picture_around(const struct graph *graph, const uint32_t *numbers, size_t count, bool back,
                   const poolgraph_options *options, FILE *out);
/* Shows the chain to an object. 0, or -1 and errno; ESRCH: there is none. */
int picture_chain(const struct graph *graph, uint32_t number, const poolgraph_options *options,
                  FILE *out);

/* Begins a picture. False and errno: no memory. */
bool picture_dot_open(struct picture_dot *dot, const struct graph *graph,
                      const poolgraph_options *options, FILE *out);
/* Ends it. 0, or -1 and errno: the stream failed. */
int picture_dot_close(struct picture_dot *dot);
/* Boxes are told by numbers, from 0. */
void picture_dot_object(struct picture_dot *dot, uint32_t box, uint32_t number, bool asked_for);
void picture_dot_reference(struct picture_dot *dot, uint32_t from, uint32_t to,
                           const poolgraph_reference *reference);
/* `count` of `what` of a box are not shown: they lead from it, or to it. */
void picture_dot_more(struct picture_dot *dot, uint32_t box, uint64_t count, const char *what,
                      bool from);
/* `count` objects between two are not shown. */
void picture_dot_gap(struct picture_dot *dot, uint32_t from, uint32_t to, uint32_t count);

/* A stream for the text of a picture that is to be in the file; NULL and errno. */
FILE *picture_file_open(const char *file);
/* Ends the stream; the picture is in the file if `good` still holds. 0, or -1 and errno: ENOENT
   where there is no dot, EIO where it failed. */
int picture_file_close(FILE *text, const char *file, bool good);

#ifdef __cplusplus
}
#endif

#endif
