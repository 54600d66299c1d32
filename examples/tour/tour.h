/* SPDX-License-Identifier: MIT */
/*
 * tour.h - what the chapters of the tour share: a heap with values, a kind of object that says when
 * it goes, and how a chapter speaks.
 */
#ifndef EXAMPLES_TOUR_H
#define EXAMPLES_TOUR_H

#include <poolgraph.h>
#include <poolval.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct tour {
    poolobj_heap *heap;
    poolval_space *space;
    poolobj_type *thing;
    const char *folder; /* where pictures go, or NULL */
};

/* An object of a class with a __del__: it has a name, refers to at most one other object, and says
   when it goes. */
struct thing {
    poolobj base;
    poolobj *other;
    const char *name;
};

/* ---- Chapters, in this order ---- */

void tour_names(struct tour *tour);
void tour_integers(struct tour *tour);
void tour_interning(struct tour *tour);
void tour_strings(struct tour *tour);
void tour_tuples(struct tour *tour);
void tour_lists(struct tour *tour);
void tour_copies(struct tour *tour);
void tour_pools(struct tour *tour);
void tour_counts(struct tour *tour);
void tour_cycles(struct tour *tour);
void tour_marks(struct tour *tour);
void tour_weak(struct tour *tour);
void tour_generations(struct tour *tour);
void tour_graphs(struct tour *tour);

/* ---- Speaking ---- */

void tour_chapter(const char *title);
/* A paragraph, in lines of at most 78 characters. */
void tour_say(const char *text);
/* A line of Python, or of C, and what comes of it, formatted as by printf. */
void tour_show(const char *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line that asks, and its answer, yes or no. */
void tour_ask(const char *line, bool answer);

/* ---- Values; all end the program when out of memory ---- */

struct thing *tour_thing(struct tour *tour, const char *name);
poolobj *tour_int(struct tour *tour, int64_t number);
poolobj *tour_str(struct tour *tour, const char *utf8);
/* The list of the numbers from `first` to `last`. */
poolobj *tour_list(struct tour *tour, int first, int last);
/* list.append(item); the list takes a reference of its own. */
void tour_append(struct tour *tour, poolobj *list, void *item);
/* The value as Python would show it. */
void tour_print(struct tour *tour, const char *line, poolobj *value);
/* Ends the program if what a call returned is NULL. */
void *tour_made(void *result);

#endif
