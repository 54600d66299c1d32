/* SPDX-License-Identifier: MIT */
#include "graph/answer.h"

#include "graph/area.h"
#include "graph/count.h"

/* ---- Chains and cycles ---- */

static void begin_line(const struct label *label) { text_add(label->text, "    "); }

static void print_object(const struct label *label, const struct graph *graph, uint32_t number) {
    label_object(label, graph->object[number]);
    text_add(label->text, "\n");
}

static void print_reference(const struct label *label, const struct graph *graph, uint32_t from,
                            uint32_t to) {
    poolgraph_reference reference = graph_reference(graph, from, search_slot(graph, from, to));
    begin_line(label);
    label_reference(label, &reference);
    text_add(label->text, " -> ");
}

void answer_print_chain(const struct label *label, const struct graph *graph,
                        const uint32_t *objects, uint32_t length) {
    for (uint32_t i = 0, next; i + 1 < length; i = next) {
        next = search_chain_next(i, length);
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

void answer_print_cycle(const struct label *label, const struct graph *graph,
                        const uint32_t *objects, uint32_t length) {
    begin_line(label);
    print_object(label, graph, objects[0]);
    answer_print_chain(label, graph, objects, length);
    print_reference(label, graph, objects[length - 1], objects[0]);
    text_add(label->text, "the first of these\n");
}

void answer_print_garbage(const struct label *label, struct cycle_garbage *garbage,
                          uint32_t number) {
    struct cycles *cycles = &garbage->cycles;
    struct search *away = &garbage->away;
    const struct graph *graph = cycles->graph;
    uint32_t from = number, length;
    if (!search_reaches(away, number)) return;
    while (away->from[from] != BEGINNING) from = away->from[from];
    length = cycle_shortest(cycles, from, NOBODY);
    answer_print_cycle(label, graph, cycles->queue, length);
    if (from == number) return;
    text_add(label->text, "  and from there:\n");
    length = search_trace(away, number);
    answer_print_chain(label, graph, away->queue, length);
}

/* ---- Tables of types ---- */

static const poolgraph_options NO_OPTIONS;

static void show_rows(const struct label *label, const poolgraph_type_count *counts, size_t shown,
                      bool growth) {
    for (size_t i = 0; i < shown; i++) {
        label_column(label, counts[i].objects, COLUMN);
        if (growth) label_column(label, counts[i].objects - counts[i].before, COLUMN);
        label_column(label, counts[i].bytes, COLUMN);
        text_add(label->text, "  ");
        label_string(label, poolobj_type_name(counts[i].type));
        text_add(label->text, "\n");
    }
}

static void show_counts(const struct label *label, const poolgraph_type_count *counts, size_t shown,
                        size_t found, bool growth) {
    if (found == 0) {
        text_add(label->text, growth ? "nothing grew\n" : "no objects\n");
        return;
    }
    text_add(label->text, growth ? "     objects        more       bytes  type\n"
                                 : "     objects       bytes  type\n");
    show_rows(label, counts, shown, growth);
    if (found == shown) return;
    text_add(label->text, "and ");
    label_number(label, found - shown, "more type");
    text_add(label->text, "\n");
}

int answer_types(poolobj_heap *heap, const poolgraph_snapshot *snapshot, size_t limit, FILE *out) {
    size_t types = count_types(heap), room = limit == 0 ? types : size_min(limit, types);
    poolgraph_type_count *counts = (poolgraph_type_count *)area_new(room, sizeof *counts);
    if (counts == NULL) {
        errno = ENOMEM;
        return -1;
    }
    struct text text;
    struct label label = {&text, LABEL_LINE, &NO_OPTIONS};
    label_open(&text, out);
    size_t found = count_rank(heap, snapshot, counts, room);
    show_counts(&label, counts, size_min(found, room), found, snapshot != NULL);
    area_free(counts);
    return label_close(&text);
}

/* ---- Why an object is alive ---- */

static void print_counted(const struct label *label, const struct graph *graph, uint32_t number) {
    label_object(label, graph->object[number]);
    text_add(label->text, ": ");
    label_counts(label, graph, number);
    text_add(label->text, "\n");
}

static void print_chain(const struct label *label, const struct search_chain *chain,
                        uint32_t number) {
    const struct graph *graph = chain->search.graph;
    if (chain->length == 1) {
        text_add(label->text, graph_is_immortal(graph, number)  ? "  lives as long as the heap\n"
                              : label->options->is_root == NULL ? "  held from outside the heap\n"
                                                                : "  a root itself\n");
        return;
    }
    text_add(label->text, "  held by a chain that begins at\n    ");
    print_counted(label, graph, chain->search.queue[0]);
    answer_print_chain(label, graph, chain->search.queue, chain->length);
}

static bool print_garbage(const struct label *label, const struct graph *graph, uint32_t number,
                          struct search *live) {
    struct cycle_garbage garbage;
    if (!cycle_garbage_open(&garbage, graph, live)) return false;
    text_add(label->text, "  garbage: no root leads to it; held by the cycle\n");
    answer_print_garbage(label, &garbage, number);
    cycle_garbage_close(&garbage);
    return true;
}

/* No chain was found: by what the options leave out, or because there is none. */
static bool print_unchained(const struct label *label, const struct graph *graph, uint32_t number) {
    struct search live;
    if (!search_open_live(&live, graph)) return false;
    bool done = true;
    if (search_reaches(&live, number))
        text_add(label->text, "  alive, but by no chain that the options allow\n");
    else
        done = print_garbage(label, graph, number, &live);
    search_close(&live);
    return done;
}

int answer_why(const struct graph *graph, uint32_t number, const poolgraph_options *options,
               FILE *out) {
    struct text text;
    struct label label = {&text, LABEL_LINE, options};
    struct search_chain chain;
    if (!search_chain_open(&chain, graph, number, options)) return -1;
    label_open(&text, out);
    print_counted(&label, graph, number);
    bool done = true;
    if (chain.length > 0)
        print_chain(&label, &chain, number);
    else
        done = print_unchained(&label, graph, number);
    search_chain_close(&chain);
    int result = label_close(&text);
    if (!done) errno = ENOMEM;
    return done ? result : -1;
}

/* ---- What is left ---- */

enum { SHOWN = 5 }; /* objects of a type that are listed */

/* Why an object is left. */
enum state {
    IN_CYCLES, /* no root leads to it */
    PERMITTED, /* immortal, or an immortal one leads to it, and it is not held from outside */
    HELD,      /* from outside, and not immortal */
    LED_TO,    /* a held one leads to it, and no immortal one */
    STATES,
};

struct leaks {
    const struct graph *graph;
    const struct label *label;
    struct search live;
    uint8_t *state;  /* by number */
    uint32_t *shown; /* by number: length of the cycle it was shown on, or 0 */
    size_t count[STATES];
};

/* ---- What is left: sorting ---- */

static void set_reached(struct leaks *leaks, uint32_t from, enum state state) {
    for (uint32_t i = from; i < leaks->live.found; i++)
        leaks->state[leaks->live.queue[i]] = (uint8_t)state;
}

/* What immortal objects lead to is permitted, but what is held from outside is held. */
static void sort(struct leaks *leaks) {
    const struct graph *graph = leaks->graph;
    struct search *live = &leaks->live;
    for (uint32_t n = 0; n < graph->count; n++)
        if (graph_is_immortal(graph, n)) search_begin(live, n);
    search_run(live, NOBODY);
    set_reached(leaks, 0, PERMITTED);
    uint32_t permitted = live->found;
    for (uint32_t n = 0; n < graph->count; n++)
        if (graph_is_root(graph, n)) search_begin(live, n);
    search_run(live, NOBODY);
    set_reached(leaks, permitted, LED_TO);
    for (uint32_t n = 0; n < graph->count; n++) {
        if (graph_is_root(graph, n) && !graph_is_immortal(graph, n)) leaks->state[n] = HELD;
        leaks->count[leaks->state[n]]++;
    }
}

/* ---- What is left: types; their objects have numbers side by side ---- */

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

/* ---- What is left: the held ---- */

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

/* ---- What is left: cycles ---- */

/* Whether the shortest cycle through `number` is as long as one that was shown with an object of
   the type; if not, notes that this one is. */
static bool was_shown(struct leaks *leaks, struct cycle_garbage *garbage, uint32_t number,
                      uint32_t first, uint32_t end) {
    struct cycles *cycles = &garbage->cycles;
    if (!cycle_has(cycles, number)) return false;
    uint32_t length = cycle_shortest(cycles, number, NOBODY);
    for (uint32_t n = first; n < end; n++)
        if (leaks->shown[n] == length) return true;
    for (uint32_t i = 0; i < length; i++) leaks->shown[cycles->queue[i]] = length;
    return false;
}

static void print_cycle_of_type(struct leaks *leaks, struct cycle_garbage *garbage, uint32_t first,
                                uint32_t end) {
    const struct label *label = leaks->label;
    garbage->complete = true;
    uint32_t shortest = cycle_garbage_shortest(garbage, &leaks->live, first, end);
    if (shortest == NOBODY) return;
    bool shown = was_shown(leaks, garbage, shortest, first, end);
    text_add(label->text, "  ");
    print_type(leaks, first);
    text_add(label->text, shown                ? ": on a cycle above\n"
                          : !garbage->complete ? ": a cycle that holds one of them\n"
                                               : ": the shortest cycle that holds one of them\n");
    if (!shown) answer_print_garbage(label, garbage, shortest);
}

static bool print_cycles(struct leaks *leaks) {
    struct cycle_garbage garbage;
    if (!cycle_garbage_open(&garbage, leaks->graph, &leaks->live)) return false;
    for (uint32_t n = 0, end; n < leaks->graph->count; n = end) {
        end = end_of_type(leaks->graph, n);
        print_cycle_of_type(leaks, &garbage, n, end);
    }
    cycle_garbage_close(&garbage);
    return true;
}

/* ---- What is left: the report ---- */

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

ptrdiff_t answer_leaks(const struct graph *graph, const poolgraph_options *options, FILE *out) {
    struct text text;
    struct label label = {&text, LABEL_LINE, options};
    struct leaks leaks = {.graph = graph, .label = &label};
    ptrdiff_t left = -1;
    leaks.state = (uint8_t *)area_new(graph->count, sizeof leaks.state[0]);
    leaks.shown = (uint32_t *)area_new(graph->count, sizeof leaks.shown[0]);
    if (leaks.state == NULL || leaks.shown == NULL)
        errno = ENOMEM;
    else if (search_open(&leaks.live, graph))
        left = report(&leaks, out);
    search_close(&leaks.live);
    area_free(leaks.state);
    area_free(leaks.shown);
    return left;
}
