/* SPDX-License-Identifier: MIT */
#include "graph/cycle.h"

#include "graph/area.h"

/* ---- Components ---- */

enum { OPEN = BEGINNING }; /* on the stack: its component is not complete yet */

/* Tarjan's algorithm. `order` numbers objects as they are entered, from 1; `low` is the lowest that
   is known to be reached and on the stack. What a recursion would keep is in `caller` and `next`.
*/
struct tarjan {
    struct cycles *cycles;
    const struct route *live;
    uint32_t *order, *low, *caller, *stack;
    uint64_t *next; /* slot to be looked at */
    uint32_t clock, height;
};

static bool tarjan_open(struct tarjan *t, struct cycles *cycles, const struct route *live) {
    const uint32_t count = cycles->graph->count;
    memset(t, 0, sizeof *t);
    t->cycles = cycles;
    t->live = live;
    t->order = (uint32_t *)area_new(count, sizeof t->order[0]);
    t->low = (uint32_t *)area_new(count, sizeof t->low[0]);
    t->caller = (uint32_t *)area_new(count, sizeof t->caller[0]);
    t->stack = (uint32_t *)area_new(count, sizeof t->stack[0]);
    t->next = (uint64_t *)area_new(count, sizeof t->next[0]);
    return t->order && t->low && t->caller && t->stack && t->next;
}

static void tarjan_close(struct tarjan *t) {
    area_free(t->order);
    area_free(t->low);
    area_free(t->caller);
    area_free(t->stack);
    area_free(t->next);
}

static uint32_t enter(struct tarjan *t, uint32_t number, uint32_t caller) {
    t->order[number] = t->low[number] = ++t->clock;
    t->caller[number] = caller;
    t->next[number] = t->cycles->graph->first[number];
    t->stack[t->height++] = number;
    t->cycles->component[number] = OPEN;
    return number;
}

static bool refers_to_itself(const struct graph *graph, uint32_t number) {
    for (uint64_t s = graph->first[number]; s < graph->first[number + 1]; s++)
        if (graph->to[s] == number) return true;
    return false;
}

/* Takes the component of `number`, which was entered first of it, off the stack. */
static void complete(struct tarjan *t, uint32_t number) {
    struct cycles *cycles = t->cycles;
    bool any = t->stack[t->height - 1] != number || refers_to_itself(cycles->graph, number);
    uint32_t component = any ? cycles->component_count++ : NOBODY, n;
    do {
        n = t->stack[--t->height];
        cycles->component[n] = component;
    } while (n != number);
}

static inline void lower(uint32_t *low, uint32_t to) {
    if (to < *low) *low = to;
}

/* The next one to go on with; NOBODY: all that `number` leads to is done, and so is it. */
static uint32_t step(struct tarjan *t, uint32_t number) {
    const struct graph *graph = t->cycles->graph;
    while (t->next[number] < graph->first[number + 1]) {
        uint32_t to = graph->to[t->next[number]++];
        if (to == NOBODY || route_reaches(t->live, to)) continue;
        if (t->order[to] == 0) return enter(t, to, number);
        if (t->cycles->component[to] == OPEN) lower(&t->low[number], t->order[to]);
    }
    if (t->low[number] == t->order[number]) complete(t, number);
    return NOBODY;
}

static void search(struct tarjan *t, uint32_t start) {
    uint32_t at = enter(t, start, NOBODY);
    while (at != NOBODY) {
        uint32_t next = step(t, at);
        if (next == NOBODY) {
            next = t->caller[at];
            if (next != NOBODY) lower(&t->low[next], t->low[at]);
        }
        at = next;
    }
}

/* A component is a single cycle if none of its objects has two slots that stay in it. */
static void find_single(struct cycles *cycles) {
    const struct graph *graph = cycles->graph;
    memset(cycles->single, true, cycles->component_count * sizeof cycles->single[0]);
    for (uint32_t n = 0; n < graph->count; n++) {
        unsigned inside = 0;
        uint32_t component = cycles->component[n];
        if (component == NOBODY) continue;
        for (uint64_t s = graph->first[n]; s < graph->first[n + 1]; s++)
            if (graph->to[s] != NOBODY && cycles->component[graph->to[s]] == component) inside++;
        if (inside > 1) cycles->single[component] = false;
    }
}

static bool find_components(struct cycles *cycles, const struct route *live) {
    struct tarjan tarjan;
    bool opened = tarjan_open(&tarjan, cycles, live);
    for (uint32_t n = 0; opened && n < cycles->graph->count; n++)
        if (tarjan.order[n] == 0 && !route_reaches(live, n)) search(&tarjan, n);
    tarjan_close(&tarjan);
    return opened;
}

bool cycles_open(struct cycles *cycles, const struct graph *graph, const struct route *live) {
    const uint32_t count = graph->count;
    memset(cycles, 0, sizeof *cycles);
    cycles->graph = graph;
    cycles->component = (uint32_t *)area_new(count, sizeof cycles->component[0]);
    cycles->single = (bool *)area_new(count, sizeof cycles->single[0]);
    cycles->stamp = (uint32_t *)area_new(count, sizeof cycles->stamp[0]);
    cycles->from = (uint32_t *)area_new(count, sizeof cycles->from[0]);
    cycles->queue = (uint32_t *)area_new(count, sizeof cycles->queue[0]);
    bool mapped =
        cycles->component && cycles->single && cycles->stamp && cycles->from && cycles->queue;
    if (mapped) memset(cycles->component, 0xff, count * sizeof cycles->component[0]); /* NOBODY */
    if (!mapped || !find_components(cycles, live)) {
        cycles_close(cycles);
        errno = ENOMEM;
        return false;
    }
    find_single(cycles);
    return true;
}

void cycles_close(struct cycles *cycles) {
    area_free(cycles->component);
    area_free(cycles->single);
    area_free(cycles->stamp);
    area_free(cycles->from);
    area_free(cycles->queue);
}

/* ---- The shortest through one ---- */

/* Writes the chain from `start` to `last` over the queue. */
static uint32_t trace(struct cycles *cycles, uint32_t start, uint32_t last) {
    uint32_t length = 1;
    for (uint32_t n = last; n != start; n = cycles->from[n]) length++;
    uint32_t at = length;
    for (uint32_t n = last; at > 0; n = cycles->from[n]) cycles->queue[--at] = n;
    return length;
}

/* Visits an object; true: it refers to `start`. */
static bool visit(struct cycles *cycles, uint32_t number, uint32_t start, uint32_t *found) {
    const struct graph *graph = cycles->graph;
    for (uint64_t s = graph->first[number]; s < graph->first[number + 1]; s++) {
        uint32_t to = graph->to[s];
        cycles->looked_at++;
        if (to == start) return true;
        if (to == NOBODY || cycles->component[to] != cycles->component[start]) continue;
        if (cycles->stamp[to] == cycles->round) continue;
        cycles->stamp[to] = cycles->round;
        cycles->from[to] = number;
        cycles->queue[(*found)++] = to;
    }
    return false;
}

uint32_t cycles_shortest(struct cycles *cycles, uint32_t number, uint32_t limit) {
    uint32_t found = 0, visited = 0, depth = 0;
    cycles->round++;
    cycles->stamp[number] = cycles->round;
    cycles->from[number] = number;
    cycles->queue[found++] = number;
    while (visited < found && ++depth < limit)
        for (uint32_t end = found; visited < end; visited++) {
            uint32_t n = cycles->queue[visited];
            if (visit(cycles, n, number, &found)) return trace(cycles, number, n);
        }
    return 0;
}
