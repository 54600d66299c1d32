/* SPDX-License-Identifier: MIT */
#include "graph/search.h"

#include "base/check.h"
#include "graph/area.h"

/* ---- The search ---- */

bool search_open(struct search *search, const struct graph *graph) {
    memset(search, 0, sizeof *search);
    search->graph = graph;
    search->from = (uint32_t *)area_new(graph->count, sizeof search->from[0]);
    search->queue = (uint32_t *)area_new(graph->count, sizeof search->queue[0]);
    if (search->from == NULL || search->queue == NULL) {
        search_close(search);
        errno = ENOMEM;
        return false;
    }
    memset(search->from, 0xff, graph->count * sizeof search->from[0]); /* NOBODY */
    return true;
}

bool search_open_live(struct search *search, const struct graph *graph) {
    if (!search_open(search, graph)) return false;
    for (uint32_t n = 0; n < graph->count; n++)
        if (graph_is_root(graph, n)) search_begin(search, n);
    search_run(search, NOBODY);
    return true;
}

void search_close(struct search *search) {
    area_free(search->from);
    area_free(search->queue);
    memset(search, 0, sizeof *search);
}

static inline void reach(struct search *search, uint32_t number, uint32_t from) {
    if (search->from[number] != NOBODY) return;
    if (search->may_pass != NULL && !search->may_pass(search->graph, number, search->arg)) return;
    search->from[number] = from;
    search->queue[search->found++] = number;
}

void search_begin(struct search *search, uint32_t number) { reach(search, number, BEGINNING); }

void search_run(struct search *search, uint32_t target) {
    const struct graph *graph = search->graph;
    while (search->visited < search->found) {
        if (target != NOBODY && search_reaches(search, target)) return;
        uint32_t n = search->queue[search->visited++];
        for (uint64_t s = graph->first[n]; s < graph->first[n + 1]; s++)
            if (graph->to[s] != NOBODY) reach(search, graph->to[s], n);
    }
}

uint32_t search_trace(struct search *search, uint32_t target) {
    uint32_t length = 0;
    for (uint32_t n = target; n != BEGINNING; n = search->from[n]) length++;
    uint32_t at = length;
    for (uint32_t n = target; n != BEGINNING; n = search->from[n]) search->queue[--at] = n;
    return length;
}

uint64_t search_slot(const struct graph *graph, uint32_t from, uint32_t to) {
    uint64_t slot = graph->first[from];
    while (graph->to[slot] != to) slot++;
    return slot - graph->first[from];
}

void search_check(const struct search *search) {
    uint32_t reached = 0;
    uint32_t *place = (uint32_t *)area_new(search->graph->count, sizeof *place);
    CHECK(place != NULL);
    for (uint32_t i = 0; i < search->found; i++) place[search->queue[i]] = i + 1;
    for (uint32_t n = 0; n < search->graph->count; n++) {
        uint32_t from = search->from[n];
        CHECK((from != NOBODY) == (place[n] != 0)); /* R1 */
        if (from == NOBODY) continue;
        reached++;
        if (from == BEGINNING) continue;
        CHECK(place[from] < place[n]); /* R2 */
        CHECK(search_slot(search->graph, from, n) < search->graph->first[from + 1]);
    }
    CHECK(reached == search->found); /* R1 */
    area_free(place);
}

/* ---- Which objects are shown ---- */

enum state { UNKNOWN, LEFT_OUT, SHOWN };

bool search_choice_open(struct search_choice *choice, const struct graph *graph,
                        const poolgraph_options *options) {
    choice->graph = graph;
    choice->options = options;
    choice->state = (uint8_t *)area_new(graph->count, sizeof choice->state[0]);
    if (choice->state == NULL) {
        errno = ENOMEM;
        return false;
    }
    for (size_t i = 0; i < options->ignore_count; i++) {
        uint32_t n = graph_number(graph, options->ignore[i]);
        if (n != NOBODY) choice->state[n] = LEFT_OUT;
    }
    return true;
}

void search_choice_close(struct search_choice *choice) {
    area_free(choice->state);
    choice->state = NULL;
}

void search_choice_keep(struct search_choice *choice, uint32_t number) {
    choice->state[number] = SHOWN;
}

static enum state ask(const struct search_choice *choice, uint32_t number) {
    const poolgraph_options *options = choice->options;
    if (options->filter == NULL) return SHOWN;
    return options->filter(choice->graph->object[number], options->arg) ? SHOWN : LEFT_OUT;
}

bool search_choice_shows(struct search_choice *choice, uint32_t number) {
    uint8_t *state = &choice->state[number];
    if (*state == UNKNOWN) *state = (uint8_t)ask(choice, number);
    return *state == SHOWN;
}

/* ---- The chain from a root ---- */

static bool shows(const struct graph *graph, uint32_t number, void *choice) {
    (void)graph;
    return search_choice_shows((struct search_choice *)choice, number);
}

static bool begins(const struct graph *graph, uint32_t number, const poolgraph_options *options) {
    if (options->is_root == NULL) return graph_is_root(graph, number);
    return options->is_root(graph->object[number], options->arg);
}

static void find_chain(struct search_chain *chain, uint32_t target,
                       const poolgraph_options *options) {
    struct search *search = &chain->search;
    for (uint32_t n = 0; n < search->graph->count; n++)
        if (begins(search->graph, n, options)) search_begin(search, n);
    search_run(search, target);
    if (search_reaches(search, target)) chain->length = search_trace(search, target);
}

bool search_chain_open(struct search_chain *chain, const struct graph *graph, uint32_t target,
                       const poolgraph_options *options) {
    struct search_choice choice;
    chain->length = 0;
    if (!search_choice_open(&choice, graph, options)) return false;
    bool opened = search_open(&chain->search, graph);
    if (opened) {
        search_choice_keep(&choice, target);
        chain->search.may_pass = shows;
        chain->search.arg = &choice;
        find_chain(chain, target, options);
    }
    search_choice_close(&choice);
    return opened;
}

void search_chain_close(struct search_chain *chain) { search_close(&chain->search); }

poolgraph_reference search_chain_reference(const struct search_chain *chain, uint32_t index) {
    const struct graph *graph = chain->search.graph;
    uint32_t from = chain->search.queue[index], to = chain->search.queue[index + 1];
    return graph_reference(graph, from, search_slot(graph, from, to));
}
