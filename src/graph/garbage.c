/* SPDX-License-Identifier: MIT */
#include "graph/garbage.h"

#include "graph/area.h"

/* Shortest cycles through each of many objects take the square of their number. So many slots are
   looked at, and so many more for each of the graph: a second's fraction for a million objects. */
enum { SLOTS_AT_LEAST = 2000000, LOOKS_PER_SLOT = 1 };

static bool is_garbage(const struct graph *graph, uint32_t number, void *live) {
    (void)graph;
    return !route_reaches((struct route *)live, number);
}

static bool open_away(struct garbage *garbage, const struct graph *graph, struct route *live) {
    if (!route_open(&garbage->away, graph)) return false;
    garbage->away.may_pass = is_garbage;
    garbage->away.arg = live;
    for (uint32_t n = 0; n < graph->count; n++)
        if (cycle_has(&garbage->cycles, n)) route_begin(&garbage->away, n);
    route_run(&garbage->away, NOBODY);
    return true;
}

bool garbage_open(struct garbage *garbage, const struct graph *graph, struct route *live) {
    memset(garbage, 0, sizeof *garbage);
    garbage->complete = true;
    garbage->limit = SLOTS_AT_LEAST + LOOKS_PER_SLOT * graph->first[graph->count];
    if (!cycle_open(&garbage->cycles, graph, live)) return false;
    garbage->seen = (uint32_t *)area_new(garbage->cycles.component_count, sizeof garbage->seen[0]);
    if (garbage->seen != NULL && open_away(garbage, graph, live)) return true;
    garbage_close(garbage);
    errno = ENOMEM;
    return false;
}

void garbage_close(struct garbage *garbage) {
    cycle_close(&garbage->cycles);
    route_close(&garbage->away);
    area_free(garbage->seen);
    memset(garbage, 0, sizeof *garbage);
}

void garbage_print(struct garbage *garbage, const struct label *label, uint32_t number) {
    path_print_garbage(label, &garbage->cycles, &garbage->away, number);
}

/* Whether a search through `number` may bring something new. */
static bool is_worth_it(struct garbage *garbage, uint32_t number) {
    const struct cycles *cycles = &garbage->cycles;
    if (!cycle_has(cycles, number)) return false;
    uint32_t component = cycles->component[number];
    if (!cycles->single[component]) return true;
    bool is_new = garbage->seen[component] != garbage->searches;
    garbage->seen[component] = garbage->searches;
    return is_new;
}

uint32_t garbage_shortest(struct garbage *garbage, const struct route *live, uint32_t first,
                          uint32_t last) {
    struct cycles *cycles = &garbage->cycles;
    uint32_t shortest = NOBODY, any = NOBODY;
    garbage->searches++;
    for (uint32_t n = first, best = NOBODY; n < last; n++) {
        if (route_reaches(live, n)) continue;
        if (any == NOBODY) any = n;
        if (!is_worth_it(garbage, n)) continue;
        if (shortest != NOBODY && cycles->looked_at > garbage->limit) {
            garbage->complete = false;
            break;
        }
        uint32_t length = cycle_shortest(cycles, n, best);
        if (length == 0) continue;
        best = length;
        shortest = n;
    }
    return shortest != NOBODY ? shortest : any;
}
