/* SPDX-License-Identifier: MIT */
#include "graph/cycle.h"

#include "graph/area.h"

/* ---- Components ---- */

/* What a recursion would keep of an object, in one place, as each visit needs all of it. */
struct visit {
    uint64_t next, end; /* slots to be looked at */
    uint32_t order;     /* in which it was visited, from 1; LEFT_OUT */
    uint32_t low;       /* the lowest order that is known to be reached and on the stack */
    uint32_t caller;    /* who led to it */
    bool open;          /* on the stack: its component is not complete yet */
};

enum { LEFT_OUT = UINT32_MAX };

struct tarjan {
    struct cycles *cycles;
    struct visit *visit; /* by number */
    uint32_t *stack;
    uint32_t clock, height;
};

static bool tarjan_open(struct tarjan *t, struct cycles *cycles, const struct search *live) {
    const uint32_t count = cycles->graph->count;
    memset(t, 0, sizeof *t);
    t->cycles = cycles;
    t->visit = (struct visit *)area_new(count, sizeof t->visit[0]);
    t->stack = (uint32_t *)area_new(count, sizeof t->stack[0]);
    if (t->visit == NULL || t->stack == NULL) return false;
    for (uint32_t n = 0; n < count; n++)
        if (search_reaches(live, n)) t->visit[n].order = LEFT_OUT;
    return true;
}

static void tarjan_close(struct tarjan *t) {
    area_free(t->visit);
    area_free(t->stack);
}

static uint32_t visit_first(struct tarjan *t, uint32_t number, uint32_t caller) {
    struct visit *visit = &t->visit[number];
    visit->order = visit->low = ++t->clock;
    visit->caller = caller;
    visit->next = t->cycles->graph->first[number];
    visit->end = t->cycles->graph->first[number + 1];
    visit->open = true;
    t->stack[t->height++] = number;
    return number;
}

static bool refers_to_itself(const struct graph *graph, uint32_t number) {
    for (uint64_t s = graph->first[number]; s < graph->first[number + 1]; s++)
        if (graph->to[s] == number) return true;
    return false;
}

/* Takes the component of `number`, which was visited first of it, off the stack. */
static void complete(struct tarjan *t, uint32_t number) {
    struct cycles *cycles = t->cycles;
    bool any = t->stack[t->height - 1] != number || refers_to_itself(cycles->graph, number);
    uint32_t component = any ? cycles->component_count++ : NOBODY, n;
    do {
        n = t->stack[--t->height];
        cycles->component[n] = component;
        t->visit[n].open = false;
    } while (n != number);
}

static inline void lower(uint32_t *low, uint32_t to) {
    if (to < *low) *low = to;
}

/* The next one to go on with; NOBODY: all that `number` leads to is done, and so is it. */
static uint32_t step(struct tarjan *t, uint32_t number) {
    const uint32_t *to_of = t->cycles->graph->to;
    struct visit *visit = &t->visit[number];
    while (visit->next < visit->end) {
        uint32_t to = to_of[visit->next++];
        if (to == NOBODY) continue;
        if (t->visit[to].order == 0) return visit_first(t, to, number);
        if (t->visit[to].open) lower(&visit->low, t->visit[to].order);
    }
    if (visit->low == visit->order) complete(t, number);
    return NOBODY;
}

static void search_components(struct tarjan *t, uint32_t start) {
    uint32_t at = visit_first(t, start, NOBODY);
    while (at != NOBODY) {
        uint32_t next = step(t, at);
        if (next == NOBODY) {
            next = t->visit[at].caller;
            if (next != NOBODY) lower(&t->visit[next].low, t->visit[at].low);
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
        if (component == NOBODY || !cycles->single[component]) continue;
        for (uint64_t s = graph->first[n]; s < graph->first[n + 1]; s++)
            if (graph->to[s] != NOBODY && cycles->component[graph->to[s]] == component) inside++;
        if (inside > 1) cycles->single[component] = false;
    }
}

static bool find_components(struct cycles *cycles, const struct search *live) {
    struct tarjan tarjan;
    bool opened = tarjan_open(&tarjan, cycles, live);
    for (uint32_t n = 0; opened && n < cycles->graph->count; n++)
        if (tarjan.visit[n].order == 0) search_components(&tarjan, n);
    tarjan_close(&tarjan);
    return opened;
}

bool cycle_open(struct cycles *cycles, const struct graph *graph, const struct search *live) {
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
        cycle_close(cycles);
        errno = ENOMEM;
        return false;
    }
    find_single(cycles);
    return true;
}

void cycle_close(struct cycles *cycles) {
    area_free(cycles->component);
    area_free(cycles->single);
    area_free(cycles->stamp);
    area_free(cycles->from);
    area_free(cycles->queue);
    memset(cycles, 0, sizeof *cycles);
}

/* ---- The shortest through one ---- */

/* Writes the chain from `start` to `last` over the queue. */
static uint32_t trace_cycle(struct cycles *cycles, uint32_t start, uint32_t last) {
    uint32_t length = 1;
    for (uint32_t n = last; n != start; n = cycles->from[n]) length++;
    uint32_t at = length;
    for (uint32_t n = last; at > 0; n = cycles->from[n]) cycles->queue[--at] = n;
    return length;
}

/* Reaches what an object refers to; true: `start` is among it. */
static bool spread(struct cycles *cycles, uint32_t number, uint32_t start, uint32_t *found) {
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

uint32_t cycle_shortest(struct cycles *cycles, uint32_t number, uint32_t limit) {
    uint32_t found = 0, visited = 0, depth = 0;
    cycles->round++;
    cycles->stamp[number] = cycles->round;
    cycles->from[number] = number;
    cycles->queue[found++] = number;
    while (visited < found && ++depth < limit)
        for (uint32_t end = found; visited < end; visited++) {
            uint32_t n = cycles->queue[visited];
            if (spread(cycles, n, number, &found)) return trace_cycle(cycles, number, n);
        }
    return 0;
}

/* ---- Garbage ---- */

/* Shortest cycles through each of many objects take the square of their number. So the searches end
   when so many slots were looked at, and so many more for each slot of the graph. */
enum { SLOTS_AT_LEAST = 2000000, LOOKS_PER_SLOT = 1 };

static bool is_garbage(const struct graph *graph, uint32_t number, void *live) {
    (void)graph;
    return !search_reaches((struct search *)live, number);
}

static bool open_away(struct cycle_garbage *garbage, const struct graph *graph,
                      struct search *live) {
    if (!search_open(&garbage->away, graph)) return false;
    garbage->away.may_pass = is_garbage;
    garbage->away.arg = live;
    for (uint32_t n = 0; n < graph->count; n++)
        if (cycle_has(&garbage->cycles, n)) search_begin(&garbage->away, n);
    search_run(&garbage->away, NOBODY);
    return true;
}

bool cycle_garbage_open(struct cycle_garbage *garbage, const struct graph *graph,
                        struct search *live) {
    memset(garbage, 0, sizeof *garbage);
    garbage->complete = true;
    garbage->limit = SLOTS_AT_LEAST + LOOKS_PER_SLOT * graph->first[graph->count];
    if (!cycle_open(&garbage->cycles, graph, live)) return false;
    garbage->seen = (uint32_t *)area_new(garbage->cycles.component_count, sizeof garbage->seen[0]);
    if (garbage->seen != NULL && open_away(garbage, graph, live)) return true;
    cycle_garbage_close(garbage);
    errno = ENOMEM;
    return false;
}

void cycle_garbage_close(struct cycle_garbage *garbage) {
    cycle_close(&garbage->cycles);
    search_close(&garbage->away);
    area_free(garbage->seen);
    memset(garbage, 0, sizeof *garbage);
}

/* Whether a search through `number` may bring something new. */
static bool is_worth_it(struct cycle_garbage *garbage, uint32_t number) {
    const struct cycles *cycles = &garbage->cycles;
    if (!cycle_has(cycles, number)) return false;
    uint32_t component = cycles->component[number];
    if (!cycles->single[component]) return true;
    bool is_new = garbage->seen[component] != garbage->questions;
    garbage->seen[component] = garbage->questions;
    return is_new;
}

uint32_t cycle_garbage_shortest(struct cycle_garbage *garbage, const struct search *live,
                                uint32_t first, uint32_t last) {
    struct cycles *cycles = &garbage->cycles;
    uint32_t shortest = NOBODY, any = NOBODY;
    garbage->questions++;
    for (uint32_t n = first, best = NOBODY; n < last; n++) {
        if (search_reaches(live, n)) continue;
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
