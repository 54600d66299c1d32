/* SPDX-License-Identifier: MIT */
/*
 * counts.c - what counting costs, and how long the pauses are, as lines "name value unit":
 *     malloc_tree_N, poolobj_tree_N   build and drop trees of 2^N nodes, ns per node
 *     pair             incref and decref of one of 1000 objects, ns
 *     young_700        a collection of 700 young objects, all alive and half of them garbage, µs
 *     row_pools, row_list, replace_pools, replace_list
 *                      a row of 5 items made and dropped, and one of 200,000 replaced at random,
 * ns, without and with a free list of 2,000 pause_P          percentiles of the automatic
 * collections of a program that keeps 200,000 nodes, replaces them and leaves cycles behind, µs
 *     young_pause_P    the same of those that are of the young generation alone
 *     drop_whole, drop_sliced    the last reference to a tree of 4 million nodes dropped, in one
 * call and with POOLOBJ_GC_SLICED, ms uncollected_peak the most garbage there was in it, in % of
 * the live objects
 */
#include <poolobj.h>
#include <stdbool.h>

#include "harness.h"

struct node {
    poolobj base;
    struct node *field[2];
};

static const size_t refs[] = {offsetof(struct node, field[0]), offsetof(struct node, field[1]),
                              POOLOBJ_END};
static const poolobj_typespec spec = {.name = "node", .size = sizeof(struct node), .refs = refs};
static poolobj_heap *heap;
static poolobj_type *type;

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count) {
    qsort(values, count, sizeof values[0], compare);
    return values[count / 2];
}

/* ---- Trees ---- */

struct plain {
    uint64_t header;
    struct plain *field[2];
};

static struct plain *plain_tree(int depth) {
    struct plain *node = opaque(malloc(sizeof *node));
    node->header = 1;
    node->field[0] = depth > 0 ? plain_tree(depth - 1) : NULL;
    node->field[1] = depth > 0 ? plain_tree(depth - 1) : NULL;
    return node;
}

static void plain_drop(struct plain *node) {
    if (node == NULL) return;
    plain_drop(node->field[0]);
    plain_drop(node->field[1]);
    free(node);
}

static struct node *counted_tree(int depth) {
    struct node *node = poolobj_new(type);
    if (depth == 0) return node;
    node->field[0] = counted_tree(depth - 1);
    node->field[1] = counted_tree(depth - 1);
    return node;
}

static void use_plain(int depth) { plain_drop(plain_tree(depth)); }
static void use_counted(int depth) { poolobj_decref(counted_tree(depth)); }

enum { ROUNDS = 15, NODES_A_ROUND = 1 << 21 };

static double time_trees(void (*use)(int depth), int depth) {
    int trees = NODES_A_ROUND >> (depth + 1);
    double start = seconds_now();
    for (int i = 0; i < trees; i++) use(depth);
    return (seconds_now() - start) * 1e9 / (double)(((2L << depth) - 1) * trees);
}

/* In turns, so that a slow moment hits both. */
static void measure_trees(int depth) {
    double plain[ROUNDS], counted[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        plain[i] = time_trees(use_plain, depth);
        counted[i] = time_trees(use_counted, depth);
    }
    printf("malloc_tree_%d %.2f ns\n", depth + 1, median(plain, ROUNDS));
    printf("poolobj_tree_%d %.2f ns\n", depth + 1, median(counted, ROUNDS));
}

/* ---- Cascades ---- */

static double time_drop(unsigned options) {
    struct node *tree = counted_tree(21);
    const unsigned before = poolobj_gc_get_options(heap);
    poolobj_gc_set_options(heap, options);
    double start = seconds_now();
    poolobj_decref(tree);
    double ms = (seconds_now() - start) * 1e3;
    poolobj_gc_set_options(heap, before); /* what waits ends here */
    return ms;
}

static void measure_drops(void) {
    double whole[5], sliced[5];
    for (int i = 0; i < 5; i++) {
        whole[i] = time_drop(0);
        sliced[i] = time_drop(POOLOBJ_GC_SLICED);
    }
    printf("drop_whole %.2f ms\n", median(whole, 5));
    printf("drop_sliced %.2f ms\n", median(sliced, 5));
}

/* ---- Counts ---- */

static void measure_pair(void) {
    enum { OBJECTS = 1000, PAIRS = 50000 };
    struct node *nodes[OBJECTS];
    double ns[ROUNDS];
    for (int i = 0; i < OBJECTS; i++) nodes[i] = poolobj_new(type);
    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds_now();
        for (int i = 0; i < PAIRS; i++)
            for (int j = 0; j < OBJECTS; j += 10) {
                poolobj_incref(nodes[j]);
                poolobj_decref(opaque(nodes[j]));
            }
        ns[round] = (seconds_now() - start) * 1e9 / (PAIRS * (OBJECTS / 10));
    }
    for (int i = 0; i < OBJECTS; i++) poolobj_decref(nodes[i]);
    printf("pair %.2f ns\n", median(ns, ROUNDS));
}

/* ---- Free lists ---- */

enum { ROWS = 200000, ROW_STEPS = 500000, ROW_ITEMS = 5 };

static poolobj_type *row_type(size_t free_list) {
    const poolobj_typespec row = {.name = "row",
                                  .size = sizeof(poolobj),
                                  .flags = POOLOBJ_ITEMS_ARE_REFS,
                                  .free_list = free_list,
                                  .free_items = free_list > 0 ? 19 : 0};
    return poolobj_type_new(heap, &row);
}

static double time_rows(poolobj_type *row) {
    double start = seconds_now();
    for (int i = 0; i < ROW_STEPS; i++) poolobj_decref(opaque(poolobj_new_items(row, ROW_ITEMS)));
    return (seconds_now() - start) * 1e9 / ROW_STEPS;
}

static double time_replacing(poolobj_type *row, struct rng *rng) {
    static void *rows[ROWS];
    for (int i = 0; i < ROWS; i++) rows[i] = poolobj_new_items(row, ROW_ITEMS);
    double start = seconds_now();
    for (int i = 0; i < ROW_STEPS; i++) {
        void **slot = &rows[rng_below(rng, ROWS)];
        poolobj_decref(*slot);
        *slot = poolobj_new_items(row, ROW_ITEMS);
    }
    double seconds = seconds_now() - start;
    for (int i = 0; i < ROWS; i++) poolobj_decref(rows[i]);
    return seconds * 1e9 / ROW_STEPS;
}

static void measure_lists(struct rng *rng) {
    poolobj_type *rows[] = {row_type(0), row_type(2000)};
    static const char *const names[] = {"pools", "list"};
    double made[2][ROUNDS], replaced[2][ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        for (int way = 0; way < 2; way++) {
            made[way][i] = time_rows(rows[way]);
            replaced[way][i] = time_replacing(rows[way], rng);
        }
    for (int way = 0; way < 2; way++) {
        printf("row_%s %.2f ns\n", names[way], median(made[way], ROUNDS));
        printf("replace_%s %.2f ns\n", names[way], median(replaced[way], ROUNDS));
    }
}

/* ---- Pauses ---- */

enum { YOUNG = 700, YOUNG_ROUNDS = 1001 };

static double time_young(struct rng *rng, bool garbage) {
    struct node *nodes[YOUNG];
    for (int i = 0; i < YOUNG; i++) nodes[i] = poolobj_new(type);
    for (int i = 0; i < YOUNG; i++)
        poolobj_set(&nodes[i]->field[0], nodes[garbage ? (size_t)i ^ 1 : rng_below(rng, YOUNG)]);
    if (garbage)
        for (int i = 0; i < YOUNG / 2; i++) poolobj_decref(nodes[i]);
    double start = seconds_now();
    poolobj_gc_collect(heap, 0);
    double seconds = seconds_now() - start;
    for (int i = garbage ? YOUNG / 2 : 0; i < YOUNG; i++) {
        poolobj_clear(&nodes[i]->field[0]);
        poolobj_decref(nodes[i]);
    }
    return seconds * 1e6;
}

static void measure_young(struct rng *rng) {
    double live[YOUNG_ROUNDS], half[YOUNG_ROUNDS];
    for (int i = 0; i < YOUNG_ROUNDS; i++) {
        live[i] = time_young(rng, false);
        half[i] = time_young(rng, true);
    }
    printf("young_700_live %.2f µs\n", median(live, YOUNG_ROUNDS));
    printf("young_700_half_garbage %.2f µs\n", median(half, YOUNG_ROUNDS));
}

enum { LIVE = 200000, STEPS = 5000000, PAUSES_MAX = 1000000 };

static struct {
    double started, us[PAUSES_MAX], young_us[PAUSES_MAX];
    size_t count, young_count;
    size_t made, dead; /* objects that became garbage in cycles, and those found */
    size_t peak;
} pauses;

static void note_pause(poolobj_heap *of, const poolobj_gc_info *info, void *arg) {
    (void)of, (void)arg;
    if (info->phase == POOLOBJ_GC_START) {
        pauses.started = seconds_now();
        return;
    }
    double us = (seconds_now() - pauses.started) * 1e6;
    if (pauses.count < PAUSES_MAX) pauses.us[pauses.count++] = us;
    if (info->generation == 0 && pauses.young_count < PAUSES_MAX)
        pauses.young_us[pauses.young_count++] = us;
    if (pauses.made - pauses.dead > pauses.peak) pauses.peak = pauses.made - pauses.dead;
    pauses.dead += info->collected;
}

/* Three of four replaced objects are in a cycle with a second. */
static void replace(struct node **slot, bool cycle) {
    struct node *node = poolobj_new(type);
    if (cycle) {
        struct node *other = poolobj_new(type);
        node->field[0] = other;
        poolobj_set(&other->field[0], node);
    }
    if (*slot != NULL && (*slot)->field[0] != NULL) pauses.made += 2;
    if (*slot != NULL) poolobj_decref(*slot);
    *slot = node;
}

static void print_percentiles(const char *name, double *us, size_t count) {
    static const double percentiles[] = {50, 90, 99, 99.9, 100};
    qsort(us, count, sizeof us[0], compare);
    for (size_t i = 0; i < COUNT_OF(percentiles); i++) {
        size_t at = (size_t)((double)(count - 1) * percentiles[i] / 100);
        printf("%s_%g %.1f µs\n", name, percentiles[i], us[at]);
    }
}

static void measure_pauses(struct rng *rng) {
    struct node **live = calloc(LIVE, sizeof live[0]);
    if (live == NULL) die("out of memory");
    poolobj_gc_enable(heap);
    poolobj_gc_set_callback(heap, note_pause, NULL);
    for (size_t i = 0; i < STEPS; i++) replace(&live[rng_below(rng, LIVE)], rng_below(rng, 4) != 0);
    poolobj_gc_set_callback(heap, NULL, NULL);
    print_percentiles("pause", pauses.us, pauses.count);
    print_percentiles("young_pause", pauses.young_us, pauses.young_count);
    printf("pauses %zu count\n", pauses.count);
    printf("uncollected_peak %.1f %%\n", 100.0 * (double)pauses.peak / (1.75 * LIVE));
}

int main(void) {
    struct rng rng = rng_seeded(1);
    heap = poolobj_heap_new();
    type = poolobj_type_new(heap, &spec);
    if (type == NULL) die("out of memory");
    poolobj_gc_disable(heap);
    measure_trees(9);
    measure_trees(14);
    measure_trees(19);
    measure_drops();
    measure_pair();
    measure_lists(&rng);
    measure_young(&rng);
    measure_pauses(&rng);
    poolobj_heap_close(heap);
    return 0;
}
