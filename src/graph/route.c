/* SPDX-License-Identifier: MIT */
#include "graph/route.h"

#include "base/check.h"
#include "graph/area.h"

bool route_open(struct route *route, const struct graph *graph) {
    memset(route, 0, sizeof *route);
    route->graph = graph;
    route->from = (uint32_t *)area_new(graph->count, sizeof route->from[0]);
    route->queue = (uint32_t *)area_new(graph->count, sizeof route->queue[0]);
    if (route->from == NULL || route->queue == NULL) {
        route_close(route);
        errno = ENOMEM;
        return false;
    }
    memset(route->from, 0xff, graph->count * sizeof route->from[0]); /* NOBODY */
    return true;
}

bool route_open_live(struct route *route, const struct graph *graph) {
    if (!route_open(route, graph)) return false;
    for (uint32_t n = 0; n < graph->count; n++)
        if (graph_is_root(graph, n)) route_begin(route, n);
    route_run(route, NOBODY);
    return true;
}

void route_close(struct route *route) {
    area_free(route->from);
    area_free(route->queue);
    memset(route, 0, sizeof *route);
}

static inline void reach(struct route *route, uint32_t number, uint32_t from) {
    if (route->from[number] != NOBODY) return;
    if (route->may_pass != NULL && !route->may_pass(route->graph, number, route->arg)) return;
    route->from[number] = from;
    route->queue[route->found++] = number;
}

void route_begin(struct route *route, uint32_t number) { reach(route, number, BEGINNING); }

void route_run(struct route *route, uint32_t target) {
    const struct graph *graph = route->graph;
    while (route->visited < route->found) {
        if (target != NOBODY && route_reaches(route, target)) return;
        uint32_t n = route->queue[route->visited++];
        for (uint64_t s = graph->first[n]; s < graph->first[n + 1]; s++)
            if (graph->to[s] != NOBODY) reach(route, graph->to[s], n);
    }
}

uint32_t route_chain(struct route *route, uint32_t target) {
    uint32_t length = 0;
    for (uint32_t n = target; n != BEGINNING; n = route->from[n]) length++;
    uint32_t at = length;
    for (uint32_t n = target; n != BEGINNING; n = route->from[n]) route->queue[--at] = n;
    return length;
}

uint64_t route_slot(const struct graph *graph, uint32_t from, uint32_t to) {
    uint64_t slot = graph->first[from];
    while (graph->to[slot] != to) slot++;
    return slot - graph->first[from];
}

void route_check(const struct route *route) {
    uint32_t reached = 0;
    uint32_t *place = (uint32_t *)area_new(route->graph->count, sizeof *place);
    CHECK(place != NULL);
    for (uint32_t i = 0; i < route->found; i++) place[route->queue[i]] = i + 1;
    for (uint32_t n = 0; n < route->graph->count; n++) {
        uint32_t from = route->from[n];
        CHECK((from != NOBODY) == (place[n] != 0)); /* R1 */
        if (from == NOBODY) continue;
        reached++;
        if (from == BEGINNING) continue;
        CHECK(place[from] < place[n]); /* R2 */
        CHECK(route_slot(route->graph, from, n) < route->graph->first[from + 1]);
    }
    CHECK(reached == route->found); /* R1 */
    area_free(place);
}
