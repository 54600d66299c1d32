/* SPDX-License-Identifier: MIT */
#include "graph/dot.h"

/* Attributes of boxes, told by more than their colour. */
static const char PLAIN[] = "", ROOT[] = ", peripheries=2",
                  IMMORTAL[] = ", peripheries=2, color=\"#1f5fa8\", fontcolor=\"#1f5fa8\"",
                  GARBAGE[] = ", style=\"filled,dashed\", color=\"#b3261e\"",
                  ASKED_FOR[] = ", fillcolor=\"#ffe9a8\"";

static void add_box(struct dot *dot, char kind, uint32_t box) {
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

static unsigned row_of(const struct dot *dot, uint32_t number) {
    if (graph_is_immortal(dot->graph, number)) return ROW_IMMORTAL;
    if (graph_is_root(dot->graph, number)) return ROW_ROOT;
    return route_reaches(&dot->live, number) ? ROW_PLAIN : ROW_GARBAGE;
}

/* ---- The legend ---- */

static void legend_box(struct dot *dot, uint32_t box, const char *words, const char *looks) {
    text_add(&dot->text, "    ");
    add_box(dot, 'l', box);
    text_add(&dot->text, " [label=\"");
    text_add(&dot->text, words);
    text_add(&dot->text, "\"");
    text_add(&dot->text, looks);
    text_add(&dot->text, "];\n");
}

static void add_legend(struct dot *dot) {
    text_add(&dot->text, "  subgraph cluster_legend {\n"
                         "    label=\"legend\"; color=\"#bbbbbb\"; fontcolor=\"#555555\"; "
                         "fontsize=8; margin=4;\n"
                         "    node [fontsize=7, height=0.1, width=0.1, margin=\"0.05,0.02\"];\n");
    for (unsigned row = 0; row < ROWS; row++)
        if (dot->looks & 1u << row) legend_box(dot, row, rows[row].words, rows[row].looks);
    text_add(&dot->text, "  }\n");
}

/* ---- Parts ---- */

bool dot_open(struct dot *dot, const struct graph *graph, const poolgraph_options *options,
              FILE *out) {
    if (!route_open_live(&dot->live, graph)) return false;
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

int dot_close(struct dot *dot) {
    if (dot->looks != 0 && !(dot->label.options->flags & POOLGRAPH_NO_LEGEND)) add_legend(dot);
    text_add(&dot->text, "}\n");
    route_close(&dot->live);
    return label_close(&dot->text);
}

void dot_object(struct dot *dot, uint32_t box, uint32_t number, bool asked_for) {
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

static void add_arrow(struct dot *dot, uint32_t from, uint32_t to) {
    text_add(&dot->text, "  ");
    add_box(dot, 'n', from);
    text_add(&dot->text, " -> ");
    add_box(dot, 'n', to);
    text_add(&dot->text, " [label=\"");
}

void dot_reference(struct dot *dot, uint32_t from, uint32_t to,
                   const poolgraph_reference *reference) {
    add_arrow(dot, from, to);
    label_reference(&dot->label, reference);
    text_add(&dot->text, "\"];\n");
}

void dot_more(struct dot *dot, uint32_t box, uint64_t count, const char *what, bool from) {
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

void dot_gap(struct dot *dot, uint32_t from, uint32_t to, uint32_t count) {
    add_arrow(dot, from, to);
    label_number(&dot->label, count, "more object");
    text_add(&dot->text, "\", style=dashed];\n");
}
