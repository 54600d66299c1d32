/* SPDX-License-Identifier: MIT */
#include "graph/path.h"

#include "graph/chain.h"

static void begin_line(const struct label *label) { text_add(label->text, "    "); }

static void print_object(const struct label *label, const struct graph *graph, uint32_t number) {
    label_object(label, graph->object[number]);
    text_add(label->text, "\n");
}

static void print_reference(const struct label *label, const struct graph *graph, uint32_t from,
                            uint32_t to) {
    poolgraph_reference reference = graph_reference(graph, from, route_slot(graph, from, to));
    begin_line(label);
    label_reference(label, &reference);
    text_add(label->text, " -> ");
}

void path_print(const struct label *label, const struct graph *graph, const uint32_t *objects,
                uint32_t length) {
    for (uint32_t i = 0, next; i + 1 < length; i = next) {
        next = chain_next(i, length);
        if (next == i + 1) {
            print_reference(label, graph, objects[i], objects[next]);
            print_object(label, graph, objects[next]);
        } else {
            begin_line(label);
            text_add(label->text, "... ");
            label_number(label, next - i - 1, "more object");
            text_add(label->text, "\n    ... -> ");
            print_object(label, graph, objects[next]);
        }
    }
}

void path_print_cycle(const struct label *label, const struct graph *graph, const uint32_t *objects,
                      uint32_t length) {
    begin_line(label);
    print_object(label, graph, objects[0]);
    path_print(label, graph, objects, length);
    print_reference(label, graph, objects[length - 1], objects[0]);
    text_add(label->text, "the first of these\n");
}

void path_print_garbage(const struct label *label, struct cycles *cycles, struct route *away,
                        uint32_t number) {
    const struct graph *graph = cycles->graph;
    uint32_t from = number, length;
    if (!route_reaches(away, number)) return;
    while (away->from[from] != BEGINNING) from = away->from[from];
    length = cycle_shortest(cycles, from, NOBODY);
    path_print_cycle(label, graph, cycles->queue, length);
    if (from == number) return;
    text_add(label->text, "  and from there:\n");
    length = route_chain(away, number);
    path_print(label, graph, away->queue, length);
}
