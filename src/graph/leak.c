/* SPDX-License-Identifier: MIT */
#include "graph/leak.h"

#include "graph/area.h"
#include "graph/garbage.h"

enum { SHOWN = 5 }; /* objects of a type that are listed */

/* Why an object is left. */
enum state {
    IN_CYCLES, /* no root leads to it */
    PERMITTED, /* immortal, or only immortal ones lead to it */
    HELD,      /* from outside */
    LED_TO,    /* from a held one */
    STATES,
};

struct leaks {
    const struct graph *graph;
    const struct label *label;
    struct route live;
    uint8_t *state;  /* by number */
    uint32_t *shown; /* by number: length of the cycle it was shown on, or 0 */
    size_t count[STATES];
};

/* ---- Sorting ---- */

static void set_reached(struct leaks *leaks, uint32_t from, enum state state) {
    for (uint32_t i = from; i < leaks->live.found; i++)
        leaks->state[leaks->live.queue[i]] = (uint8_t)state;
}

/* What immortal objects lead to is permitted, but what is held from outside is held. */
static void sort(struct leaks *leaks) {
    const struct graph *graph = leaks->graph;
    struct route *live = &leaks->live;
    for (uint32_t n = 0; n < graph->count; n++)
        if (graph_is_immortal(graph, n)) route_begin(live, n);
    route_run(live, NOBODY);
    set_reached(leaks, 0, PERMITTED);
    uint32_t permitted = live->found;
    for (uint32_t n = 0; n < graph->count; n++)
        if (graph_is_root(graph, n)) route_begin(live, n);
    route_run(live, NOBODY);
    set_reached(leaks, permitted, LED_TO);
    for (uint32_t n = 0; n < graph->count; n++) {
        if (graph_is_root(graph, n) && !graph_is_immortal(graph, n)) leaks->state[n] = HELD;
        leaks->count[leaks->state[n]]++;
    }
}

/* ---- Types: their objects have numbers side by side ---- */

static uint32_t end_of_type(const struct graph *graph, uint32_t first) {
    const poolobj_type *type = poolobj_typeof(graph->object[first]);
    uint32_t end = first + 1;
    while (end < graph->count && poolobj_typeof(graph->object[end]) == type) end++;
    return end;
}

static void print_type(const struct leaks *leaks, uint32_t first) {
    const struct label *label = leaks->label;
    label_string(label, poolobj_type_name(poolobj_typeof(leaks->graph->object[first])));
}

static void print_row(const struct leaks *leaks, uint32_t first, uint32_t end) {
    const struct label *label = leaks->label;
    size_t count[STATES] = {0}, bytes = 0;
    for (uint32_t n = first; n < end; n++) {
        count[leaks->state[n]]++;
        if (leaks->state[n] != PERMITTED) bytes += poolobj_sizeof(leaks->graph->object[n]);
    }
    if (count[PERMITTED] == end - first) return;
    label_column(label, end - first - count[PERMITTED], COLUMN);
    label_column(label, bytes, COLUMN);
    label_column(label, count[HELD], COLUMN);
    label_column(label, count[LED_TO], COLUMN);
    label_column(label, count[IN_CYCLES], COLUMN);
    text_add(label->text, "  ");
    print_type(leaks, first);
    text_add(label->text, "\n");
}

static void print_table(const struct leaks *leaks) {
    text_add(leaks->label->text,
             "     objects       bytes        held      led to   in cycles  type\n");
    for (uint32_t n = 0, end; n < leaks->graph->count; n = end) {
        end = end_of_type(leaks->graph, n);
        print_row(leaks, n, end);
    }
}

/* ---- The held ---- */

static void print_held_of_type(const struct leaks *leaks, uint32_t first, uint32_t end) {
    const struct label *label = leaks->label;
    size_t held = 0;
    for (uint32_t n = first; n < end; n++) {
        if (leaks->state[n] != HELD || held++ >= SHOWN) continue;
        text_add(label->text, "    ");
        label_object(label, leaks->graph->object[n]);
        text_add(label->text, ": ");
        label_counts(label, leaks->graph, n);
        text_add(label->text, "\n");
    }
    if (held <= SHOWN) return;
    text_add(label->text, "    and ");
    text_add_decimal(label->text, held - SHOWN);
    text_add(label->text, " more of type ");
    print_type(leaks, first);
    text_add(label->text, "\n");
}

static void print_held(const struct leaks *leaks) {
    text_add(leaks->label->text, "  held from outside, by references that nobody dropped:\n");
    for (uint32_t n = 0, end; n < leaks->graph->count; n = end) {
        end = end_of_type(leaks->graph, n);
        print_held_of_type(leaks, n, end);
    }
}

/* ---- Cycles ---- */

/* Whether the shortest cycle through `number` is as long as one that was shown with an object of
   the type; if not, notes that this one is. */
static bool was_shown(struct leaks *leaks, struct garbage *garbage, uint32_t number, uint32_t first,
                      uint32_t end) {
    struct cycles *cycles = &garbage->cycles;
    if (!cycle_has(cycles, number)) return false;
    uint32_t length = cycle_shortest(cycles, number, NOBODY);
    for (uint32_t n = first; n < end; n++)
        if (leaks->shown[n] == length) return true;
    for (uint32_t i = 0; i < length; i++) leaks->shown[cycles->queue[i]] = length;
    return false;
}

static void print_cycle_of_type(struct leaks *leaks, struct garbage *garbage, uint32_t first,
                                uint32_t end) {
    const struct label *label = leaks->label;
    garbage->complete = true;
    uint32_t shortest = garbage_shortest(garbage, &leaks->live, first, end);
    if (shortest == NOBODY) return;
    bool shown = was_shown(leaks, garbage, shortest, first, end);
    text_add(label->text, "  ");
    print_type(leaks, first);
    text_add(label->text, shown                ? ": on a cycle above\n"
                          : !garbage->complete ? ": a cycle that holds one of them\n"
                                               : ": the shortest cycle that holds one of them\n");
    if (!shown) garbage_print(garbage, label, shortest);
}

static bool print_cycles(struct leaks *leaks) {
    struct garbage garbage;
    if (!garbage_open(&garbage, leaks->graph, &leaks->live)) return false;
    for (uint32_t n = 0, end; n < leaks->graph->count; n = end) {
        end = end_of_type(leaks->graph, n);
        print_cycle_of_type(leaks, &garbage, n, end);
    }
    garbage_close(&garbage);
    return true;
}

/* ---- The report ---- */

static bool print_report(struct leaks *leaks, size_t left) {
    const struct label *label = leaks->label;
    text_add(label->text, "poolgraph: ");
    label_number(label, left, "object");
    text_add(label->text, left == 1 ? " is left in the heap\n" : " are left in the heap\n");
    print_table(leaks);
    if (leaks->count[HELD] > 0) print_held(leaks);
    return leaks->count[IN_CYCLES] == 0 || print_cycles(leaks);
}

static ptrdiff_t report(struct leaks *leaks, FILE *out) {
    sort(leaks);
    size_t left = leaks->graph->count - leaks->count[PERMITTED];
    if (left == 0) return 0;
    label_open(leaks->label->text, out);
    bool printed = print_report(leaks, left);
    int written = label_close(leaks->label->text);
    if (!printed) errno = ENOMEM;
    return printed && written == 0 ? (ptrdiff_t)left : -1;
}

ptrdiff_t leak_print(const struct graph *graph, const poolgraph_options *options, FILE *out) {
    struct text text;
    struct label label = {&text, LABEL_LINE, options};
    struct leaks leaks = {.graph = graph, .label = &label};
    ptrdiff_t left = -1;
    leaks.state = (uint8_t *)area_new(graph->count, sizeof leaks.state[0]);
    leaks.shown = (uint32_t *)area_new(graph->count, sizeof leaks.shown[0]);
    if (leaks.state == NULL || leaks.shown == NULL)
        errno = ENOMEM;
    else if (route_open(&leaks.live, graph))
        left = report(&leaks, out);
    route_close(&leaks.live);
    area_free(leaks.state);
    area_free(leaks.shown);
    return left;
}
