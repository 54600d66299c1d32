/* SPDX-License-Identifier: MIT */
#include "graph/picture.h"

#include "graph/area.h"
#include "graph/referrers.h"
#include "os/process.h"

/* ---- Looks ---- */

/* Attributes of boxes, told by more than their colour. */
static const char PLAIN[] = "", ROOT[] = ", peripheries=2",
                  IMMORTAL[] = ", peripheries=2, color=\"#1f5fa8\", fontcolor=\"#1f5fa8\"",
                  GARBAGE[] = ", style=\"filled,dashed\", color=\"#b3261e\"",
                  ASKED_FOR[] = ", fillcolor=\"#ffe9a8\"";

static void add_box(struct picture_dot *dot, char kind, uint32_t box) {
    char name[] = {kind, 0};
    text_add(&dot->text, name);
    text_add_decimal(&dot->text, box);
}

/* Rows of the legend. */
static const struct {
    const char *words, *looks;
} rows[] = {{"asked for", ASKED_FOR},
            {"held from outside", ROOT},
            {"immortal", IMMORTAL},
            {"held by other objects", PLAIN},
            {"garbage: no root leads to it", GARBAGE}};
enum { ROW_ASKED_FOR, ROW_ROOT, ROW_IMMORTAL, ROW_PLAIN, ROW_GARBAGE, ROWS };
static_assert(sizeof rows / sizeof rows[0] == ROWS, "each has its number");

static unsigned row_of(const struct picture_dot *dot, uint32_t number) {
    if (graph_is_immortal(dot->graph, number)) return ROW_IMMORTAL;
    if (graph_is_root(dot->graph, number)) return ROW_ROOT;
    return search_reaches(&dot->live, number) ? ROW_PLAIN : ROW_GARBAGE;
}

/* ---- The legend ---- */

static void legend_box(struct picture_dot *dot, uint32_t box, const char *words,
                       const char *looks) {
    text_add(&dot->text, "    ");
    add_box(dot, 'l', box);
    text_add(&dot->text, " [label=\"");
    text_add(&dot->text, words);
    text_add(&dot->text, "\"");
    text_add(&dot->text, looks);
    text_add(&dot->text, "];\n");
}

static void add_legend(struct picture_dot *dot) {
    text_add(&dot->text, "  subgraph cluster_legend {\n"
                         "    label=\"legend\"; color=\"#bbbbbb\"; fontcolor=\"#555555\"; "
                         "fontsize=8; margin=4;\n"
                         "    node [fontsize=7, height=0.1, width=0.1, margin=\"0.05,0.02\"];\n");
    for (unsigned row = 0; row < ROWS; row++)
        if (dot->looks & 1u << row) legend_box(dot, row, rows[row].words, rows[row].looks);
    text_add(&dot->text, "  }\n");
}

/* ---- Boxes and arrows ---- */

bool picture_dot_open(struct picture_dot *dot, const struct graph *graph,
                      const poolgraph_options *options, FILE *out) {
    if (!search_open_live(&dot->live, graph)) return false;
    dot->graph = graph;
    dot->looks = dot->more = 0;
    label_open(&dot->text, out);
    struct label label = {&dot->text, LABEL_DOT, options};
    dot->label = label;
    text_add(&dot->text,
             "digraph poolgraph {\n"
             "  charset=\"UTF-8\"; rankdir=LR; nodesep=0.2; fontname=\"Helvetica\";\n"
             "  node [shape=box, style=filled, fillcolor=white, fontname=\"Helvetica\", "
             "fontsize=11];\n"
             "  edge [fontname=\"Helvetica\", fontsize=10, color=\"#555555\"];\n");
    return true;
}

int picture_dot_close(struct picture_dot *dot) {
    if (dot->looks != 0 && !(dot->label.options->flags & POOLGRAPH_NO_LEGEND)) add_legend(dot);
    text_add(&dot->text, "}\n");
    search_close(&dot->live);
    return label_close(&dot->text);
}

void picture_dot_object(struct picture_dot *dot, uint32_t box, uint32_t number, bool asked_for) {
    text_add(&dot->text, "  ");
    add_box(dot, 'n', box);
    text_add(&dot->text, " [label=\"");
    label_object(&dot->label, dot->graph->object[number]);
    text_add(&dot->text, "\\n");
    label_counts(&dot->label, dot->graph, number);
    text_add(&dot->text, "\"");
    unsigned row = row_of(dot, number);
    dot->looks |= 1u << row;
    text_add(&dot->text, rows[row].looks);
    if (asked_for) {
        dot->looks |= 1u << ROW_ASKED_FOR;
        text_add(&dot->text, ASKED_FOR);
    }
    text_add(&dot->text, "];\n");
}

static void add_arrow(struct picture_dot *dot, uint32_t from, uint32_t to) {
    text_add(&dot->text, "  ");
    add_box(dot, 'n', from);
    text_add(&dot->text, " -> ");
    add_box(dot, 'n', to);
    text_add(&dot->text, " [label=\"");
}

void picture_dot_reference(struct picture_dot *dot, uint32_t from, uint32_t to,
                           const poolgraph_reference *reference) {
    add_arrow(dot, from, to);
    label_reference(&dot->label, reference);
    text_add(&dot->text, "\"];\n");
}

void picture_dot_more(struct picture_dot *dot, uint32_t box, uint64_t count, const char *what,
                      bool from) {
    uint32_t more = dot->more++;
    text_add(&dot->text, "  ");
    add_box(dot, 'm', more);
    text_add(&dot->text, " [label=\"");
    label_number(&dot->label, count, what);
    text_add(&dot->text, "\", shape=plaintext, style=\"\", fontcolor=\"#555555\"];\n  ");
    add_box(dot, from ? 'n' : 'm', from ? box : more);
    text_add(&dot->text, " -> ");
    add_box(dot, from ? 'm' : 'n', from ? more : box);
    text_add(&dot->text, " [style=dashed];\n");
}

void picture_dot_gap(struct picture_dot *dot, uint32_t from, uint32_t to, uint32_t count) {
    add_arrow(dot, from, to);
    label_number(&dot->label, count, "more object");
    text_add(&dot->text, "\", style=dashed];\n");
}

enum { DEPTH = 3, WIDTH = 10 }; /* as objgraph */

struct picture {
    const struct graph *graph;
    bool back;
    struct referrers referrers; /* if back */
    struct search_choice choice;
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
        if (edge->neighbour != NOBODY && search_choice_shows(&picture->choice, edge->neighbour))
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

static void keep_choice(struct picture *picture, const uint32_t *numbers, size_t count) {
    for (size_t i = 0; i < count; i++) search_choice_keep(&picture->choice, numbers[i]);
    for (size_t i = 0; i < count; i++) show_box(picture, numbers[i]);
    picture->asked_for = picture->shown_count;
    uint32_t visited = 0;
    for (uint64_t depth = 0; depth < picture->depth && visited < picture->shown_count; depth++)
        for (uint32_t end = picture->shown_count; visited < end; visited++)
            show_neighbours(picture, picture->shown[visited]);
}

/* ---- Drawing ---- */

static void draw_references(struct picture *picture, struct picture_dot *dot, uint32_t number) {
    struct edge edge;
    uint64_t drawn = 0, left = 0, at = edges_begin(picture, number);
    while (edges_next(picture, number, &at, &edge)) {
        if (picture->box[edge.neighbour] == 0 || drawn == picture->width) {
            left++;
            continue;
        }
        poolgraph_reference reference = graph_reference(picture->graph, edge.from, edge.slot);
        picture_dot_reference(dot, picture->box[edge.from] - 1, picture->box[edge.to] - 1,
                              &reference);
        drawn++;
    }
    const char *what = drawn > 0 ? "more reference" : "reference";
    if (left > 0) picture_dot_more(dot, picture->box[number] - 1, left, what, !picture->back);
}

static int draw_picture(struct picture *picture, const poolgraph_options *options, FILE *out) {
    struct picture_dot dot;
    if (!picture_dot_open(&dot, picture->graph, options, out)) return -1;
    for (uint32_t box = 0; box < picture->shown_count; box++)
        picture_dot_object(&dot, box, picture->shown[box], box < picture->asked_for);
    for (uint32_t box = 0; box < picture->shown_count; box++)
        draw_references(picture, &dot, picture->shown[box]);
    return picture_dot_close(&dot);
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
    if (!search_choice_open(&picture->choice, graph, options)) return false;
    picture->box = (uint32_t *)area_new(graph->count, sizeof picture->box[0]);
    picture->shown = (uint32_t *)area_new(graph->count, sizeof picture->shown[0]);
    if (picture->box != NULL && picture->shown != NULL)
        return !back || referrers_open(&picture->referrers, graph);
    errno = ENOMEM;
    return false;
}

static void close_picture(struct picture *picture) {
    referrers_close(&picture->referrers);
    search_choice_close(&picture->choice);
    area_free(picture->box);
    area_free(picture->shown);
}

int picture_around(const struct graph *graph, const uint32_t *numbers, size_t count, bool back,
                   const poolgraph_options *options, FILE *out) {
    struct picture picture;
    int result = -1;
    if (open_picture(&picture, graph, back, options)) {
        keep_choice(&picture, numbers, count);
        result = draw_picture(&picture, options, out);
    }
    close_picture(&picture);
    return result;
}

static void draw_chain(const struct search_chain *chain, struct picture_dot *dot) {
    const uint32_t *object = chain->search.queue, length = chain->length;
    for (uint32_t i = 0; i < length; i = search_chain_next(i, length))
        picture_dot_object(dot, i, object[i], i == length - 1);
    for (uint32_t i = 0; i + 1 < length; i = search_chain_next(i, length)) {
        uint32_t next = search_chain_next(i, length);
        if (next > i + 1) {
            picture_dot_gap(dot, i, next, next - i - 1);
            continue;
        }
        poolgraph_reference reference = search_chain_reference(chain, i);
        picture_dot_reference(dot, i, next, &reference);
    }
}

int picture_chain(const struct graph *graph, uint32_t number, const poolgraph_options *options,
                  FILE *out) {
    struct search_chain chain;
    struct picture_dot dot;
    int result = -1;
    if (!search_chain_open(&chain, graph, number, options)) return -1;
    if (chain.length == 0) {
        errno = ESRCH;
    } else if (picture_dot_open(&dot, graph, options, out)) {
        draw_chain(&chain, &dot);
        result = picture_dot_close(&dot);
    }
    search_chain_close(&chain);
    return result;
}

/* ---- Files ---- */

/* What dot calls the format of a file; NULL: its text. */
static const char *format_of(const char *file) {
    size_t length = strlen(file);
    const char *end = length >= 4 ? file + length - 4 : "";
    return strcmp(end, ".svg") == 0 ? "-Tsvg" : strcmp(end, ".png") == 0 ? "-Tpng" : NULL;
}

FILE *picture_file_open(const char *file) {
    return format_of(file) != NULL ? tmpfile() : fopen(file, "w");
}

static int draw_file(FILE *text, const char *file) {
    const char *const arguments[] = {"dot", format_of(file), "-o", file, NULL};
    int status = process_run(arguments, fileno(text));
    if (status == 0) return 0;
    if (status > 0) errno = EIO;
    return -1;
}

int picture_file_close(FILE *text, const char *file, bool good) {
    int result = good ? 0 : -1, error = errno;
    if (good && format_of(file) != NULL) {
        rewind(text);
        result = draw_file(text, file);
        error = errno;
    }
    if (fclose(text) != 0 && result == 0) return -1;
    errno = error;
    return result;
}
