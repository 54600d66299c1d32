/* SPDX-License-Identifier: MIT */
/*
 * steps.c - a full collection in steps of a millisecond while the program moves references between
 * them, beside one that is not divided:
 *     steps GRAPH OBJECTS
 * prints the number of steps, the 99th percentile and the longest in milliseconds, nanoseconds per
 * object of all, and nanoseconds per object of a full collection of the same graph. Processor time.
 * Graphs: tree shuffled random hub list live garbage rings_N (garbage in rings of N objects made
 * together) far_N (whose objects lie anywhere).
 */
#include <poolobj.h>
#include <stdbool.h>
#include <time.h>

#include "harness.h"

enum { BUDGET = 1000000, CHANGES = 1000, STEPS_MAX = 1 << 20 };

struct node {
    poolobj base;
    struct node *field[2];
};
struct list {
    poolobj base;
    size_t length;
    struct node **item;
};

static poolobj_heap *heap;
static poolobj_type *node_type, *list_type;
static struct rng rng;
static struct node **nodes; /* in the order of birth */
static size_t count;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void list_traverse(poolobj *object, poolobj_visit visit, void *arg) {
    struct list *list = (struct list *)object;
    visit((poolobj *const *)(void *)list->item, list->length, arg);
}

static void start(size_t objects) {
    static const size_t refs[] = {offsetof(struct node, field[0]), offsetof(struct node, field[1]),
                                  POOLOBJ_END};
    const poolobj_typespec node = {.name = "node", .size = sizeof(struct node), .refs = refs};
    const poolobj_typespec list = {
        .name = "list", .size = sizeof(struct list), .traverse = list_traverse};
    heap = poolobj_heap_new();
    poolobj_gc_disable(heap);
    node_type = poolobj_type_new(heap, &node);
    list_type = poolobj_type_new(heap, &list);
    count = objects;
    nodes = malloc(objects * sizeof nodes[0]);
    if (nodes == NULL) die("out of memory");
    for (size_t i = 0; i < objects; i++) nodes[i] = poolobj_new(node_type);
}

static void link_nodes(struct node *from, int field, struct node *to) {
    poolobj_set(&from->field[field], to);
}

/* Nodes are held by what they are linked to alone, but for the first. */
static void let_go(size_t first) {
    for (size_t i = count; i-- > first;) poolobj_decref(nodes[i]);
}

static void tree(void) {
    for (size_t i = 1; i < count; i++) link_nodes(nodes[(i - 1) / 2], (int)(i & 1), nodes[i]);
}

static void shuffle_nodes(void) { blocks_shuffle(&rng, (void **)(void *)nodes, count); }

static void random_references(void) {
    for (size_t i = 0; i < count; i++) link_nodes(nodes[i], 1, nodes[rng_below(&rng, count)]);
    shuffle_nodes();
    for (size_t i = 0; i + 1 < count; i++) link_nodes(nodes[i], 0, nodes[i + 1]);
}

static void hub(void) {
    for (size_t i = 0; i + 2 < count; i++) link_nodes(nodes[i], 0, nodes[i + 1]);
    for (size_t i = 0; i + 1 < count; i++) link_nodes(nodes[i], 1, nodes[count - 1]);
}

static struct list *one_list(void) {
    struct list *list = poolobj_new(list_type);
    list->length = count;
    list->item = nodes;
    return list;
}

static void rings(size_t length) {
    for (size_t i = 0; i < count; i++) {
        size_t ring = i / length * length,
               last = (ring + length < count ? ring + length : count) - 1;
        link_nodes(nodes[i], 0, nodes[i == last ? ring : i + 1]);
    }
    let_go(0);
}

static bool build(const char *graph) {
    if (strcmp(graph, "tree") == 0)
        tree(), let_go(1);
    else if (strcmp(graph, "shuffled") == 0)
        shuffle_nodes(), tree(), let_go(1);
    else if (strcmp(graph, "random") == 0)
        random_references(), let_go(1);
    else if (strcmp(graph, "hub") == 0)
        hub(), let_go(1);
    else if (strcmp(graph, "list") == 0)
        one_list();
    else if (strcmp(graph, "garbage") == 0)
        random_references(), link_nodes(nodes[count - 1], 0, nodes[0]), let_go(0);
    else if (strncmp(graph, "rings_", 6) == 0)
        rings(strtoul(graph + 6, NULL, 0));
    else if (strncmp(graph, "far_", 4) == 0)
        shuffle_nodes(), rings(strtoul(graph + 4, NULL, 0));
    else
        return false;
    return true;
}

/* References change places and no count does. */
static void change(struct node *root) {
    struct node *at = root;
    for (int i = 0; i < CHANGES; i++) {
        struct node *next = at->field[rng_below(&rng, 2)];
        if (next == NULL) next = root;
        struct node *old = at->field[0];
        at->field[0] = at->field[1];
        at->field[1] = old;
        at = next;
    }
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    static double length[STEPS_MAX];
    size_t steps = 0;
    double total = 0;
    int more = 1;
    if (argc < 3) die("usage: steps GRAPH OBJECTS [live: full collection first]");
    rng = rng_seeded(1);
    start(strtoul(argv[2], NULL, 0));
    if (!build(argv[1])) die("no such graph");
    bool lives =
        strncmp(argv[1], "rings", 5) && strncmp(argv[1], "far", 3) && strcmp(argv[1], "garbage");
    double at = now();
    if (lives) poolobj_gc_collect(heap, 2), at = now(), poolobj_gc_collect(heap, 2);
    double full = now() - at;
    for (; more && steps < STEPS_MAX; steps++) {
        at = now();
        more = poolobj_gc_step(heap, BUDGET);
        total += length[steps] = now() - at;
        if (lives) change(nodes[0]);
    }
    qsort(length, steps, sizeof length[0], compare);
    printf("%s %zu: %zu steps, p99 %.2f, longest %.2f ms; %.1f ns an object", argv[1], count, steps,
           length[steps * 99 / 100], length[steps - 1], total * 1e6 / (double)count);
    if (lives) printf(", undivided %.1f", full * 1e6 / (double)count);
    printf("; %zu left\n", poolobj_count(node_type));
    return 0;
}
