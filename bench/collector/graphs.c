/* SPDX-License-Identifier: MIT */
/*
 * graphs.c - builds the graph named by the argument and prints
 *     graph collector objects nanoseconds-per-object
 * for a full collection of it: of a graph that lives the median of 5, of garbage the one there is.
 * graphs.py builds the same for CPython.
 */
#include <stdbool.h>

#include "collector/nodes.h"
#include "harness.h"

enum { REPEATS = 5, MILLION = 1000000 };

static struct rng rng;

/* ---- Graphs that live: each returns the object that holds the rest ---- */

/* Parents before children, as programs build trees. */
static void *tree(int depth) {
    void *node = nodes_new();
    if (depth == 0) return node;
    nodes_move(node, 0, tree(depth - 1));
    nodes_move(node, 1, tree(depth - 1));
    return node;
}

static void **many_nodes(size_t count) {
    void **nodes = malloc(count * sizeof nodes[0]);
    if (nodes == NULL) die("out of memory");
    for (size_t i = 0; i < count; i++) nodes[i] = nodes_new();
    return nodes;
}

/* Drops all but the first, the latest first. */
static void *keep_first(void **nodes, size_t count) {
    void *first = nodes[0];
    for (size_t i = count; i-- > 1;) nodes_drop(nodes[i]);
    free(nodes);
    return first;
}

/* The nodes in an order that has nothing to do with their places in memory; the first stays. */
static void **shuffle(void **nodes, size_t count) {
    void **order = malloc(count * sizeof order[0]);
    if (order == NULL) die("out of memory");
    memcpy(order, nodes, count * sizeof order[0]);
    blocks_shuffle(&rng, order + 1, count - 1);
    return order;
}

static void *shuffled_tree(size_t count) {
    void **nodes = many_nodes(count), **order = shuffle(nodes, count);
    for (size_t i = 1; i < count; i++) nodes_link(order[(i - 1) / 2], (int)(i & 1), order[i]);
    free(order);
    return keep_first(nodes, count);
}

/* One reference anywhere, and one to the next in random order, so that all live. */
static void *random_references(size_t count) {
    void **nodes = many_nodes(count), **order = shuffle(nodes, count);
    for (size_t i = 0; i + 1 < count; i++) nodes_link(order[i], 0, order[i + 1]);
    for (size_t i = 0; i < count; i++) nodes_link(nodes[i], 1, nodes[rng_below(&rng, count)]);
    free(order);
    return keep_first(nodes, count);
}

/* All refer to one. */
static void *hub(size_t count) {
    void **nodes = many_nodes(count);
    for (size_t i = 0; i + 2 < count; i++) nodes_link(nodes[i], 0, nodes[i + 1]);
    for (size_t i = 0; i + 1 < count; i++) nodes_link(nodes[i], 1, nodes[count - 1]);
    return keep_first(nodes, count);
}

/* ---- Garbage ---- */

static void ring(size_t length) {
    void *first = nodes_new(), *last = first;
    for (size_t i = 1; i < length; i++) {
        void *next = nodes_new();
        nodes_link(last, 0, next);
        if (last != first) nodes_drop(last);
        last = next;
    }
    nodes_link(last, 0, first);
    if (last != first) nodes_drop(last);
    nodes_drop(first);
}

static void rings(size_t count, size_t length) {
    for (size_t i = 0; i < count; i += length) ring(length);
}

/* A tree with a ring of garbage beside every second node. */
static void *among(int depth) {
    void *node = nodes_new();
    if (depth % 2 == 0) ring(2);
    if (depth == 0) return node;
    nodes_move(node, 0, among(depth - 1));
    nodes_move(node, 1, among(depth - 1));
    return node;
}

/* ---- Measuring ---- */

static double timed_collection(size_t *found) {
    double start = seconds_now();
    *found = nodes_collect();
    return seconds_now() - start;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const char *graph, size_t objects, double seconds) {
    printf("%s %s %zu %.2f\n", graph, nodes_name, objects, seconds * 1e9 / (double)objects);
}

/* The root is dropped by nobody: some of the collectors take a chain apart by recursion. */
static void measure_live(const char *graph, void *root, size_t objects) {
    double seconds[REPEATS];
    size_t found;
    if (root == NULL) die("no graph");
    timed_collection(&found);
    for (int i = 0; i < REPEATS; i++) seconds[i] = timed_collection(&found);
    qsort(seconds, REPEATS, sizeof seconds[0], compare);
    print(graph, objects, seconds[REPEATS / 2]);
}

static void measure_garbage(const char *graph, size_t objects) {
    size_t found;
    double seconds = timed_collection(&found);
    print(graph, objects, seconds);
}

static bool measure(const char *graph) {
    if (strcmp(graph, "tree_15") == 0)
        measure_live(graph, tree(14), (1 << 15) - 1);
    else if (strcmp(graph, "tree_20") == 0)
        measure_live(graph, tree(19), (1 << 20) - 1);
    else if (strcmp(graph, "shuffled") == 0)
        measure_live(graph, shuffled_tree((1 << 20) - 1), (1 << 20) - 1);
    else if (strcmp(graph, "random") == 0)
        measure_live(graph, random_references(2 * MILLION), 2 * MILLION);
    else if (strcmp(graph, "hub") == 0)
        measure_live(graph, hub(MILLION), MILLION);
    else if (strcmp(graph, "rings_2") == 0)
        rings(MILLION, 2), measure_garbage(graph, MILLION);
    else if (strcmp(graph, "rings_40") == 0)
        rings(MILLION, 40), measure_garbage(graph, MILLION);
    else if (strcmp(graph, "among") == 0) {
        void *root = among(19);
        size_t live = (1 << 20) - 1;
        /* Depths 0, 2, ... of 0 to 19: a third of the 2^20 - 1 nodes, and two of a ring for each.
         */
        measure_garbage(graph, live + 2 * (((size_t)1 << 21) / 3));
        nodes_drop(root);
    } else
        return false;
    return true;
}

int main(int argc, char **argv) {
    if (argc != 2) die("which graph?");
    rng = rng_seeded(1);
    nodes_start();
    if (!measure(argv[1])) die("no such graph");
    return 0;
}
