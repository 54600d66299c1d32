/* SPDX-License-Identifier: MIT */
#include "graph/chain.h"

static bool shows(const struct graph *graph, uint32_t number, void *choice) {
    (void)graph;
    return choice_shows((struct choice *)choice, number);
}

static bool begins(const struct graph *graph, uint32_t number, const poolgraph_options *options) {
    if (options->is_root == NULL) return graph_is_root(graph, number);
    return options->is_root(graph->object[number], options->arg);
}

static void find_chain(struct chain *chain, uint32_t target, const poolgraph_options *options) {
    struct route *route = &chain->route;
    for (uint32_t n = 0; n < route->graph->count; n++)
        if (begins(route->graph, n, options)) route_begin(route, n);
    route_run(route, target);
    if (route_reaches(route, target)) chain->length = route_chain(route, target);
}

bool chain_open(struct chain *chain, const struct graph *graph, uint32_t target,
                const poolgraph_options *options) {
    struct choice choice;
    chain->length = 0;
    if (!choice_open(&choice, graph, options)) return false;
    bool opened = route_open(&chain->route, graph);
    if (opened) {
        choice_keep(&choice, target);
        chain->route.may_pass = shows;
        chain->route.arg = &choice;
        find_chain(chain, target, options);
    }
    choice_close(&choice);
    return opened;
}

void chain_close(struct chain *chain) { route_close(&chain->route); }

poolgraph_reference chain_reference(const struct chain *chain, uint32_t index) {
    const struct graph *graph = chain->route.graph;
    uint32_t from = chain->route.queue[index], to = chain->route.queue[index + 1];
    return graph_reference(graph, from, route_slot(graph, from, to));
}
