/* SPDX-License-Identifier: MIT */
/*
 * looks.c - how long the functions of poolgraph.h take on heaps of as many objects of 24 bytes as
 * the argument says, or a million. Prints for each heap and function
 *     heap function objects milliseconds
 * of processor time, the median of 5, with output that nobody reads.
 */
#include <poolgraph.h>
#include <stdbool.h>

#include "harness.h"

enum { REPEATS = 5, MILLION = 1000000 };

struct node {
    poolobj base;
    struct node *next, *other;
};

static poolobj_heap *heap;
static poolobj_type *type;
static struct node **nodes;
static size_t count;
static struct rng rng;
static FILE *nowhere;
static poolgraph_snapshot *snapshot;

/* ---- Heaps: all nodes are held while one is built, none or the first afterwards ---- */

static void line(bool closed) {
    for (size_t i = 0; i + 1 < count; i++) poolobj_set(&nodes[i]->next, nodes[i + 1]);
    if (closed) poolobj_set(&nodes[count - 1]->next, nodes[0]);
}

static void build_chain(void) { line(false); }

/* In an order that has nothing to do with memory, and one reference anywhere. */
static void build_random(void) {
    blocks_shuffle(&rng, (void **)nodes + 1, count - 1);
    line(false);
    for (size_t i = 0; i < count; i++) poolobj_set(&nodes[i]->other, nodes[rng_below(&rng, count)]);
}

static void build_hub(void) {
    line(false);
    for (size_t i = 0; i < count; i++) poolobj_set(&nodes[i]->other, nodes[count - 1]);
}

static void build_rings(void) {
    const size_t length = 40;
    for (size_t i = 0; i < count; i++) {
        size_t next = i % length == length - 1 || i == count - 1 ? i - i % length : i + 1;
        poolobj_set(&nodes[i]->next, nodes[next]);
    }
}

static void build_ring(void) { line(true); }

/* Garbage in which everything leads to everything. */
static void build_tangle(void) {
    build_random();
    poolobj_set(&nodes[count - 1]->next, nodes[0]);
}

/* ---- Functions ---- */

static struct node *target;

static void look_counts(void) { poolgraph_show_counts(heap, 10, nowhere); }
static void look_growth(void) { poolgraph_show_growth(snapshot, 10, nowhere); }
static void look_referrers(void) { poolgraph_referrers(heap, target, NULL, NULL); }
static void look_why(void) { poolgraph_why(heap, target, NULL, nowhere); }
static void look_refs(void) {
    void *objects[] = {target};
    poolgraph_show_refs(heap, objects, 1, NULL, nowhere);
}
static void look_backrefs(void) {
    void *objects[] = {target};
    poolgraph_show_backrefs(heap, objects, 1, NULL, nowhere);
}
static void look_leaks(void) { poolgraph_leaks(heap, NULL, nowhere); }

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const char *name, const char *function, void (*look)(void)) {
    double seconds[REPEATS];
    for (int i = 0; i < REPEATS; i++) {
        clock_t start = clock();
        look();
        seconds[i] = (double)(clock() - start) / CLOCKS_PER_SEC;
    }
    qsort(seconds, REPEATS, sizeof seconds[0], compare);
    printf("%-7s %-9s %zu %8.1f\n", name, function, count, seconds[REPEATS / 2] * 1e3);
}

static void drop_but(size_t kept) {
    for (size_t i = count; i-- > 0;)
        if (i != kept) poolobj_decref(nodes[i]);
}

static void measure_heap(const char *name, void (*build)(void), bool garbage) {
    static const size_t refs[] = {offsetof(struct node, next), offsetof(struct node, other),
                                  POOLOBJ_END};
    static const poolobj_typespec spec = {
        .name = "node", .size = sizeof(struct node), .refs = refs};
    heap = poolobj_heap_new();
    type = poolobj_type_new(heap, &spec);
    snapshot = poolgraph_snapshot_new(heap);
    poolobj_gc_disable(heap);
    for (size_t i = 0; i < count; i++)
        if ((nodes[i] = poolobj_new(type)) == NULL) die("out of memory");
    build();
    target = nodes[count - 1];
    drop_but(garbage ? count : 0);
    measure(name, "counts", look_counts);
    measure(name, "growth", look_growth);
    measure(name, "referrers", look_referrers);
    measure(name, "why", look_why);
    measure(name, "refs", look_refs);
    measure(name, "backrefs", look_backrefs);
    measure(name, "leaks", look_leaks);
    poolgraph_snapshot_free(snapshot);
    poolobj_heap_close(heap);
}

int main(int argc, char **argv) {
    count = size_argument(argc, argv, 1, MILLION);
    rng = rng_seeded(1);
    nodes = malloc(count * sizeof nodes[0]);
    nowhere = fopen("/dev/null", "w");
    if (nodes == NULL || nowhere == NULL) die("out of memory");
    measure_heap("chain", build_chain, false);
    measure_heap("random", build_random, false);
    measure_heap("hub", build_hub, false);
    measure_heap("rings", build_rings, true);
    measure_heap("ring", build_ring, true);
    measure_heap("tangle", build_tangle, true);
    fclose(nowhere);
    free(nodes);
    return 0;
}
