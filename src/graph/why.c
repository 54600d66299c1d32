/* SPDX-License-Identifier: MIT */
#include "graph/why.h"

#include "graph/chain.h"
#include "graph/garbage.h"

static void print_counted(const struct label *label, const struct graph *graph, uint32_t number) {
    label_object(label, graph->object[number]);
    text_add(label->text, ": ");
    label_counts(label, graph, number);
    text_add(label->text, "\n");
}

static void print_chain(const struct label *label, const struct chain *chain, uint32_t number) {
    const struct graph *graph = chain->route.graph;
    if (chain->length == 1) {
        text_add(label->text, graph_is_immortal(graph, number)  ? "  lives as long as the heap\n"
                              : label->options->is_root == NULL ? "  held from outside the heap\n"
                                                                : "  a root itself\n");
        return;
    }
    text_add(label->text, "  held by a chain that begins at\n    ");
    print_counted(label, graph, chain->route.queue[0]);
    path_print(label, graph, chain->route.queue, chain->length);
}

static bool print_garbage(const struct label *label, const struct graph *graph, uint32_t number,
                          struct route *live) {
    struct garbage garbage;
    if (!garbage_open(&garbage, graph, live)) return false;
    text_add(label->text, "  garbage: no root leads to it; held by the cycle\n");
    garbage_print(&garbage, label, number);
    garbage_close(&garbage);
    return true;
}

/* No chain was found: by what the options leave out, or because there is none. */
static bool print_unchained(const struct label *label, const struct graph *graph, uint32_t number) {
    struct route live;
    if (!route_open_live(&live, graph)) return false;
    bool done = true;
    if (route_reaches(&live, number))
        text_add(label->text, "  alive, but by no chain that the options allow\n");
    else
        done = print_garbage(label, graph, number, &live);
    route_close(&live);
    return done;
}

int why_print(const struct graph *graph, uint32_t number, const poolgraph_options *options,
              FILE *out) {
    struct text text;
    struct label label = {&text, LABEL_LINE, options};
    struct chain chain;
    if (!chain_open(&chain, graph, number, options)) return -1;
    label_open(&text, out);
    print_counted(&label, graph, number);
    bool done = true;
    if (chain.length > 0)
        print_chain(&label, &chain, number);
    else
        done = print_unchained(&label, graph, number);
    chain_close(&chain);
    int result = label_close(&text);
    if (!done) errno = ENOMEM;
    return done ? result : -1;
}
