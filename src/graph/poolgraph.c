/* SPDX-License-Identifier: MIT */
/*
 * poolgraph.c - the functions of poolgraph.h: what a program hands in is checked here. The modules
 * below trust their callers.
 */
#pragma GCC visibility push(default)
#include <poolgraph.h>
#pragma GCC visibility pop

#include "graph/answer.h"
#include "graph/area.h"
#include "graph/count.h"
#include "graph/graph.h"
#include "graph/picture.h"
#include "graph/search.h"

static const poolgraph_options DEFAULTS;

static const poolgraph_options *or_defaults(const poolgraph_options *options) {
    return options != NULL ? options : &DEFAULTS;
}

/* ---- A look at a heap ---- */

/* Callbacks of the options may make objects: no collection takes place meanwhile, so that what is
   looked at stays, even garbage. */
struct look {
    struct graph graph;
    int enabled;
};

static bool look_begin(struct look *look, poolobj_heap *heap) {
    if (!graph_open(&look->graph, heap)) return false;
    look->enabled = poolobj_gc_is_enabled(heap);
    if (look->enabled) poolobj_gc_disable(heap);
    return true;
}

static void look_end(struct look *look) {
    if (look->enabled) poolobj_gc_enable(look->graph.heap);
    graph_close(&look->graph);
}

/* The number of the object at an address; NOBODY and EINVAL. */
static uint32_t number_of_address(const struct look *look, const void *address) {
    uint32_t number = graph_number(&look->graph, address);
    if (number == NOBODY) errno = EINVAL;
    return number;
}

/* ---- How many of what ---- */

size_t poolgraph_count(poolobj_heap *heap, const char *object_heap_type_name) {
    return count_named(heap, object_heap_type_name);
}

size_t poolgraph_counts(poolobj_heap *heap, poolgraph_type_count *counts, size_t room) {
    return count_rank(heap, NULL, counts, room);
}

int poolgraph_show_counts(poolobj_heap *heap, size_t limit, FILE *out) {
    return answer_types(heap, NULL, limit, out);
}

poolgraph_snapshot *poolgraph_snapshot_new(poolobj_heap *heap) {
    poolgraph_snapshot *snapshot = (poolgraph_snapshot *)area_new(1, sizeof *snapshot);
    if (snapshot != NULL) {
        snapshot->heap = heap;
        if (count_raise(snapshot)) return snapshot;
    }
    area_free(snapshot);
    errno = ENOMEM;
    return NULL;
}

void poolgraph_snapshot_free(poolgraph_snapshot *snapshot) {
    if (snapshot == NULL) return;
    area_free(snapshot->row);
    area_free(snapshot);
}

size_t poolgraph_growth(const poolgraph_snapshot *snapshot, poolgraph_type_count *counts,
                        size_t room) {
    return count_rank(snapshot->heap, snapshot, counts, room);
}

int poolgraph_show_growth(const poolgraph_snapshot *snapshot, size_t limit, FILE *out) {
    return answer_types(snapshot->heap, snapshot, limit, out);
}

int poolgraph_snapshot_raise(poolgraph_snapshot *snapshot) {
    if (count_raise(snapshot)) return 0;
    errno = ENOMEM;
    return -1;
}

/* ---- Who refers to whom ---- */

struct references {
    struct graph_place place;
    const void *to; /* NULL: any */
    void (*each)(const poolgraph_reference *reference, void *arg);
    void *arg;
    size_t count;
    const poolobj *met; /* the object at `to`, when the walk has come by */
};

static void report_slots(poolobj *const *slots, size_t count, void *arg) {
    struct references *references = (struct references *)arg;
    for (size_t i = 0; i < count; i++) {
        const void *to = slots[i];
        if (to == NULL || (references->to != NULL && to != references->to)) {
            graph_place_skip(&references->place, slots + i, 1);
            continue;
        }
        poolgraph_reference reference = graph_place_at(&references->place, slots + i);
        references->count++;
        if (references->each != NULL) references->each(&reference, references->arg);
    }
}

static void report_object(poolobj *object, void *arg) {
    struct references *references = (struct references *)arg;
    if (object == references->to) references->met = object;
    graph_place_begin(&references->place, object);
    poolobj_references(object, report_slots, references);
}

size_t poolgraph_referents(void *object,
                           void (*each)(const poolgraph_reference *reference, void *arg),
                           void *arg) {
    struct references references = {.each = each, .arg = arg};
    report_object((poolobj *)object, &references);
    return references.count;
}

size_t poolgraph_referrers(poolobj_heap *heap, const void *object,
                           void (*each)(const poolgraph_reference *reference, void *arg),
                           void *arg) {
    struct references references = {.to = object, .each = each, .arg = arg};
    if (object != NULL) poolobj_walk(heap, NULL, report_object, &references);
    return references.count;
}

int32_t poolgraph_outside(poolobj_heap *heap, const void *object) {
    struct references references = {.to = object};
    if (object != NULL) poolobj_walk(heap, NULL, report_object, &references);
    if (references.met == NULL) {
        errno = EINVAL;
        return INT32_MIN;
    }
    int32_t count = graph_count_of(references.met);
    return count == OUTSIDE_IMMORTAL ? count : (int32_t)(count - (int64_t)references.count);
}

/* ---- Why is it alive? ---- */

ptrdiff_t poolgraph_chain(poolobj_heap *heap, const void *object, const poolgraph_options *options,
                          poolgraph_reference *chain, size_t room) {
    struct look look;
    struct search_chain found;
    ptrdiff_t length = -1;
    if (!look_begin(&look, heap)) return -1;
    uint32_t number = number_of_address(&look, object);
    if (number != NOBODY && search_chain_open(&found, &look.graph, number, or_defaults(options))) {
        length = (ptrdiff_t)found.length - 1;
        for (size_t i = 0; i < room && (ptrdiff_t)i < length; i++)
            chain[i] = search_chain_reference(&found, (uint32_t)i);
        if (length < 0) errno = ESRCH;
        search_chain_close(&found);
    }
    look_end(&look);
    return length;
}

int poolgraph_why(poolobj_heap *heap, const void *object, const poolgraph_options *options,
                  FILE *out) {
    struct look look;
    int result = -1;
    if (!look_begin(&look, heap)) return -1;
    uint32_t number = number_of_address(&look, object);
    if (number != NOBODY) result = answer_why(&look.graph, number, or_defaults(options), out);
    look_end(&look);
    return result;
}

/* ---- Pictures ---- */

/* Where the text of a picture goes, and whether it is all there in the end. */
static bool begin_picture(const poolgraph_options *options, FILE **out) {
    if (options->file == NULL) return true;
    *out = picture_file_open(options->file);
    return *out != NULL;
}
static int end_picture(const poolgraph_options *options, FILE *out, int result) {
    return options->file == NULL ? result : picture_file_close(out, options->file, result == 0);
}

static int show_numbers(const struct look *look, void *const *objects, size_t count, bool back,
                        const poolgraph_options *options, FILE *out) {
    uint32_t *numbers = (uint32_t *)area_new(count, sizeof *numbers);
    size_t found = 0;
    int result = -1;
    if (numbers == NULL) {
        errno = ENOMEM;
        return -1;
    }
    while (found < count && (numbers[found] = number_of_address(look, objects[found])) != NOBODY)
        found++;
    if (found == count) result = picture_around(&look->graph, numbers, count, back, options, out);
    area_free(numbers);
    return result;
}

static int show_picture(poolobj_heap *heap, void *const *objects, size_t count, bool back,
                        const poolgraph_options *options, FILE *out) {
    struct look look;
    options = or_defaults(options);
    if (!look_begin(&look, heap)) return -1;
    int result = -1;
    if (begin_picture(options, &out)) {
        result = show_numbers(&look, objects, count, back, options, out);
        result = end_picture(options, out, result);
    }
    look_end(&look);
    return result;
}

int poolgraph_show_refs(poolobj_heap *heap, void *const *objects, size_t count,
                        const poolgraph_options *options, FILE *out) {
    return show_picture(heap, objects, count, false, options, out);
}

int poolgraph_show_backrefs(poolobj_heap *heap, void *const *objects, size_t count,
                            const poolgraph_options *options, FILE *out) {
    return show_picture(heap, objects, count, true, options, out);
}

int poolgraph_show_chain(poolobj_heap *heap, const void *object, const poolgraph_options *options,
                         FILE *out) {
    struct look look;
    int result = -1;
    options = or_defaults(options);
    if (!look_begin(&look, heap)) return -1;
    uint32_t number = number_of_address(&look, object);
    if (number != NOBODY && begin_picture(options, &out)) {
        result = picture_chain(&look.graph, number, options, out);
        result = end_picture(options, out, result);
    }
    look_end(&look);
    return result;
}

/* ---- Leaks ---- */

ptrdiff_t poolgraph_leaks(poolobj_heap *heap, const poolgraph_options *options, FILE *out) {
    struct look look;
    if (!look_begin(&look, heap)) return -1;
    ptrdiff_t left = answer_leaks(&look.graph, or_defaults(options), out);
    look_end(&look);
    return left;
}

static void report_leaks(poolobj_heap *heap, void *out) {
    poolgraph_leaks(heap, NULL, (FILE *)out);
}

void poolgraph_leaks_at_close(poolobj_heap *heap, FILE *out) {
    poolobj_heap_set_close_callback(heap, report_leaks, out);
}
