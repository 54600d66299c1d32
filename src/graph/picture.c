/* SPDX-License-Identifier: MIT */
#include "graph/picture.h"

#include "graph/area.h"
#include "graph/chain.h"
#include "graph/dot.h"
#include "graph/referrers.h"

enum { DEPTH = 3, WIDTH = 10 }; /* as objgraph */

struct picture {
    const struct graph *graph;
    bool back;
    struct referrers referrers; /* if back */
    struct choice choice;
    uint32_t *box;   /* by number: its box + 1; 0: not shown */
    uint32_t *shown; /* by box: its number */
    uint32_t shown_count, asked_for;
    uint64_t depth, width;
};

/* ---- Neighbours ---- */

/* A reference of an object to a neighbour, or with `back` from one. */
struct edge {
    uint32_t from, to, neighbour;
    uint64_t slot;
};

static uint64_t edges_begin(const struct picture *picture, uint32_t number) {
    return picture->back ? picture->referrers.first[number] : picture->graph->first[number];
}

/* The next at or after *at that is not left out; false: there is no more. */
static bool edges_next(struct picture *picture, uint32_t number, uint64_t *at, struct edge *edge) {
    const struct graph *graph = picture->graph;
    const uint64_t *first = picture->back ? picture->referrers.first : graph->first;
    while (*at < first[number + 1]) {
        uint64_t i = (*at)++;
        if (picture->back) {
            struct referrer entry = picture->referrers.entry[i];
            *edge = (struct edge){entry.from, number, entry.from, entry.slot};
        } else {
            *edge = (struct edge){number, graph->to[i], graph->to[i], i - first[number]};
        }
        if (edge->neighbour != NOBODY && choice_shows(&picture->choice, edge->neighbour))
            return true;
    }
    return false;
}

/* ---- Which objects ---- */

static void show_box(struct picture *picture, uint32_t number) {
    if (picture->box[number] != 0) return;
    picture->shown[picture->shown_count++] = number;
    picture->box[number] = picture->shown_count;
}

static void show_neighbours(struct picture *picture, uint32_t number) {
    struct edge edge;
    uint64_t at = edges_begin(picture, number);
    for (uint64_t i = 0; i < picture->width && edges_next(picture, number, &at, &edge); i++)
        show_box(picture, edge.neighbour);
}

static void choose(struct picture *picture, const uint32_t *numbers, size_t count) {
    for (size_t i = 0; i < count; i++) choice_keep(&picture->choice, numbers[i]);
    for (size_t i = 0; i < count; i++) show_box(picture, numbers[i]);
    picture->asked_for = picture->shown_count;
    uint32_t visited = 0;
    for (uint64_t depth = 0; depth < picture->depth && visited < picture->shown_count; depth++)
        for (uint32_t end = picture->shown_count; visited < end; visited++)
            show_neighbours(picture, picture->shown[visited]);
}

/* ---- Drawing ---- */

static void draw_references(struct picture *picture, struct dot *dot, uint32_t number) {
    struct edge edge;
    uint64_t drawn = 0, left = 0, at = edges_begin(picture, number);
    while (edges_next(picture, number, &at, &edge)) {
        if (picture->box[edge.neighbour] == 0 || drawn == picture->width) {
            left++;
            continue;
        }
        poolgraph_reference reference = graph_reference(picture->graph, edge.from, edge.slot);
        dot_reference(dot, picture->box[edge.from] - 1, picture->box[edge.to] - 1, &reference);
        drawn++;
    }
    const char *what = drawn > 0 ? "more reference" : "reference";
    if (left > 0) dot_more(dot, picture->box[number] - 1, left, what, !picture->back);
}

static int draw_picture(struct picture *picture, const poolgraph_options *options, FILE *out) {
    struct dot dot;
    if (!dot_open(&dot, picture->graph, options, out)) return -1;
    for (uint32_t box = 0; box < picture->shown_count; box++)
        dot_object(&dot, box, picture->shown[box], box < picture->asked_for);
    for (uint32_t box = 0; box < picture->shown_count; box++)
        draw_references(picture, &dot, picture->shown[box]);
    return dot_close(&dot);
}

/* ---- Pictures ---- */

static uint64_t limit(int value, uint64_t unset) {
    return value == 0 ? unset : value < 0 ? UINT64_MAX : (uint64_t)value;
}

static bool open_picture(struct picture *picture, const struct graph *graph, bool back,
                         const poolgraph_options *options) {
    memset(picture, 0, sizeof *picture);
    picture->graph = graph;
    picture->back = back;
    picture->depth = limit(options->max_depth, DEPTH);
    picture->width = limit(options->max_width, WIDTH);
    if (!choice_open(&picture->choice, graph, options)) return false;
    picture->box = (uint32_t *)area_new(graph->count, sizeof picture->box[0]);
    picture->shown = (uint32_t *)area_new(graph->count, sizeof picture->shown[0]);
    if (picture->box != NULL && picture->shown != NULL)
        return !back || referrers_open(&picture->referrers, graph);
    errno = ENOMEM;
    return false;
}

static void close_picture(struct picture *picture) {
    referrers_close(&picture->referrers);
    choice_close(&picture->choice);
    area_free(picture->box);
    area_free(picture->shown);
}

int picture_around(const struct graph *graph, const uint32_t *numbers, size_t count, bool back,
                   const poolgraph_options *options, FILE *out) {
    struct picture picture;
    int result = -1;
    if (open_picture(&picture, graph, back, options)) {
        choose(&picture, numbers, count);
        result = draw_picture(&picture, options, out);
    }
    close_picture(&picture);
    return result;
}

static void draw_chain(const struct chain *chain, struct dot *dot) {
    const uint32_t *object = chain->route.queue, length = chain->length;
    for (uint32_t i = 0; i < length; i = chain_next(i, length))
        dot_object(dot, i, object[i], i == length - 1);
    for (uint32_t i = 0; i + 1 < length; i = chain_next(i, length)) {
        uint32_t next = chain_next(i, length);
        if (next > i + 1) {
            dot_gap(dot, i, next, next - i - 1);
            continue;
        }
        poolgraph_reference reference = chain_reference(chain, i);
        dot_reference(dot, i, next, &reference);
    }
}

int picture_chain(const struct graph *graph, uint32_t number, const poolgraph_options *options,
                  FILE *out) {
    struct chain chain;
    struct dot dot;
    int result = -1;
    if (!chain_open(&chain, graph, number, options)) return -1;
    if (chain.length == 0) {
        errno = ESRCH;
    } else if (dot_open(&dot, graph, options, out)) {
        draw_chain(&chain, &dot);
        result = dot_close(&dot);
    }
    chain_close(&chain);
    return result;
}
