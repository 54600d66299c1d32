/* SPDX-License-Identifier: MIT */
/*
 * poolgraph.h - what is in a heap of objects (poolobj.h), and what keeps it there.
 *
 *     #include <poolgraph.h>                     cc app.c $(pkg-config --cflags --libs poolobj)
 *
 *     poolgraph_show_counts(heap, 10, stdout);                // the ten most common types
 *     poolgraph_why(heap, object, NULL, stdout);              // why is it alive?
 *
 *     poolgraph_options options = {.file = "refs.svg"};       // by dot, package graphviz
 *     poolgraph_show_refs(heap, &object, 1, &options, NULL);
 *
 *     poolgraph_leaks_at_close(heap, stderr);                 // who forgot to drop what?
 *     poolobj_heap_close(heap);
 *
 * docs/graphs.md teaches it by examples.
 *
 * Roots. An object is held from outside if its count is larger than the number of references to it
 * that objects report: variables of the program hold the rest. Such objects, and immortal ones, are
 * the roots; nobody has to name them. What no root leads to is garbage, held by cycles alone.
 * Seen from inside a finalizer or `drop`, objects that are dying meanwhile are outside too.
 *
 * Cost. Every function looks at the heap as it is at the call: some 100 ms per million objects for
 * those that follow references, with 30 to 100 bytes per object from the system, given back at the
 * end. The heap itself is not changed, nothing is allocated from it, and the collector is neither
 * needed nor started: the functions work in its callback, and in finalizers, too.
 *
 * Output. Text goes to a FILE *; NULL is standard error, so that a debugger can call the functions.
 * It is UTF-8 and the same for the same history of the heap: no addresses, no times. Type names and
 * descriptions are shown without control characters and cut off after 100 characters.
 *
 * Failure. Functions that return int or ptrdiff_t return -1 where they fail, and set errno: ENOMEM
 * out of memory, EINVAL for an address at which no living object of the heap starts (any address
 * may be asked for), EOVERFLOW for a heap of 2^32 - 2 objects and more, and what the stream says
 * when it can't be written to.
 *
 * Threads. As the heap: one thread at a time.
 */
#ifndef POOLGRAPH_H
#define POOLGRAPH_H

#include <poolobj.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- How many of what ---- */

/* Living objects of all types with this name. */
size_t poolgraph_count(poolobj_heap *heap, const char *type_name);

typedef struct poolgraph_type_count {
    poolobj_type *type;
    size_t objects, bytes;
    size_t before; /* objects in the snapshot; otherwise 0 */
} poolgraph_type_count;

/* The types that have living objects, the most common first, those with as many by name. Writes the
   first `room` of them to `counts` and returns how many there are. Allocates nothing. */
size_t poolgraph_counts(poolobj_heap *heap, poolgraph_type_count *counts, size_t room);

/* Prints the `limit` most common types as a table; 0: all. */
int poolgraph_show_counts(poolobj_heap *heap, size_t limit, FILE *out);

/* How many objects of each type there were. Ends with poolgraph_snapshot_free, at the latest before
   the heap is closed. NULL and ENOMEM when out of memory. */
typedef struct poolgraph_snapshot poolgraph_snapshot;
poolgraph_snapshot *poolgraph_snapshot_new(poolobj_heap *heap);
void poolgraph_snapshot_free(poolgraph_snapshot *snapshot); /* NULL is ignored */

/* The types with more objects than in the snapshot, those that grew most first; as
   poolgraph_counts. */
size_t poolgraph_growth(const poolgraph_snapshot *snapshot, poolgraph_type_count *counts,
                        size_t room);
/* Prints the `limit` types that grew most; 0: all. */
int poolgraph_show_growth(const poolgraph_snapshot *snapshot, size_t limit, FILE *out);
/* The snapshot keeps the larger of its figures and today's. Called after each round of a program,
   it makes growth what has never been there before, without what merely goes up and down. */
int poolgraph_snapshot_raise(poolgraph_snapshot *snapshot);

/* ---- Who refers to whom ---- */

enum { POOLGRAPH_FIELD = 0, POOLGRAPH_ITEM = 1 };
typedef struct poolgraph_reference {
    poolobj *from, *to;
    poolobj *const *slot; /* where it is: *slot == to */
    int kind;             /* POOLGRAPH_FIELD: in a field of the object; POOLGRAPH_ITEM */
    size_t index;         /* of a field its offset in bytes; of an item its number */
    const char *field;    /* name of a field, if its type has one for it; or NULL */
} poolgraph_reference;

/* Calls `each` (which may be NULL) with every reference that a living object holds, in the order of
   poolobj_references, and returns their number. What a type reports by `traverse` from outside of
   the object are items, counted through. */
size_t poolgraph_referents(void *object,
                           void (*each)(const poolgraph_reference *reference, void *arg),
                           void *arg);
/* Calls `each` (which may be NULL) with every reference to the object that an object of the heap
   holds, and returns their number; any address may be asked for. One walk over the heap, nothing
   allocated. */
size_t poolgraph_referrers(poolobj_heap *heap, const void *object,
                           void (*each)(const poolgraph_reference *reference, void *arg),
                           void *arg);

/* References to a living object from outside the heap: its count less poolgraph_referrers. Of an
   immortal one INT32_MAX. Less than 0 if types report references that are not counted; INT32_MIN
   and EINVAL for an address at which no living object of the heap starts. */
int32_t poolgraph_outside(poolobj_heap *heap, const void *object);

/* ---- What is shown, and how ---- */

enum {
    POOLGRAPH_NO_LEGEND = 1, /* pictures have no legend */
    POOLGRAPH_ADDRESSES = 2, /* objects are shown with their addresses */
};

/* All members may be 0; NULL in place of the options is the same. Callbacks may not make, drop or
   change objects, but `describe` and `name` may make some that they drop themselves. */
typedef struct poolgraph_options {
    int max_depth; /* references in a row that a picture shows; 0: 3; -1: no limit */
    int max_width; /* references of one object that a picture shows; 0: 10; -1: no limit */
    unsigned flags;
    /* Objects that are left out, as if nothing referred to them and they to nothing; and those for
       which `filter` returns 0. Objects that were asked for are never left out. */
    void *const *ignore;
    size_t ignore_count;
    int (*filter)(poolobj *object, void *arg);
    /* Writes at most `size` bytes of UTF-8, a zero byte included, that are shown beside the type
       name. Returns their number as snprintf does; 0 or less: nothing to say. */
    int (*describe)(poolobj *object, char *text, size_t size, void *arg);
    /* Writes as `describe` does what stands at a reference instead of .field, .+offset or [number].
     */
    int (*name)(const poolgraph_reference *reference, char *text, size_t size, void *arg);
    /* Chains begin at objects for which it returns other than 0, instead of at roots. */
    int (*is_root)(poolobj *object, void *arg);
    void *arg; /* for the callbacks */
    /* The file that pictures go to, instead of `out`. A picture whose name ends in .svg or .png
       is drawn by dot (package graphviz): ENOENT where there is none, EIO if it fails. */
    const char *file;
} poolgraph_options;

/* ---- Why is it alive? ---- */

/* The shortest chain of references from a root to the object. Writes the first `room` of them to
   `chain` and returns how many there are: 0 if the object is a root itself. -1 and ESRCH if no root
   leads to it. */
ptrdiff_t poolgraph_chain(poolobj_heap *heap, const void *object, const poolgraph_options *options,
                          poolgraph_reference *chain, size_t room);

/* Prints how often the object is held from outside the heap, and the chain; of garbage, the
   shortest cycle that leads to it. The middle of very long ones is left out. */
int poolgraph_why(poolobj_heap *heap, const void *object, const poolgraph_options *options,
                  FILE *out);

/* ---- Pictures, as text for Graphviz's dot ---- */

/* Draws what the objects refer to. */
int poolgraph_show_refs(poolobj_heap *heap, void *const *objects, size_t count,
                        const poolgraph_options *options, FILE *out);
/* Draws what refers to the objects. */
int poolgraph_show_backrefs(poolobj_heap *heap, void *const *objects, size_t count,
                            const poolgraph_options *options, FILE *out);
/* Draws the chain of poolgraph_chain, whatever max_depth and max_width are. */
int poolgraph_show_chain(poolobj_heap *heap, const void *object, const poolgraph_options *options,
                         FILE *out);

/* ---- Leaks ---- */

/* Prints what is left in a heap of which nothing should be: objects by type, which of them are held
   from outside by references that nobody dropped, and of those that are not, the shortest cycles
   that hold them. Immortal objects are no leaks, nor is what they lead to unless it is held from
   outside itself. Returns how many
   objects are left; prints nothing if none is. Of `options`, flags, describe and name count. */
ptrdiff_t poolgraph_leaks(poolobj_heap *heap, const poolgraph_options *options, FILE *out);
/* Calls poolgraph_leaks at the beginning of poolobj_heap_close, before its collection, by
   poolobj_heap_set_close_callback. The stream must be open then. */
void poolgraph_leaks_at_close(poolobj_heap *heap, FILE *out);

#ifdef __cplusplus
}
#endif

#endif
