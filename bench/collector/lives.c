/* SPDX-License-Identifier: MIT */
/*
 * lives.c - garbage that is not young: pairs that refer to each other and to an old object each,
 * dropped when LIFE more pairs have been made, beside OLD objects that stay:
 *     lives [OLD] [PAIRS] [LIFE]...
 * prints for each life nanoseconds of processor time a pair, with all collections, and the most
 * objects there were beyond those that lived. A million old ones, two million pairs, and lives of
 * 1, 700, 10,000 and 100,000 unless told otherwise.
 */
#include <poolobj.h>
#include <time.h>

#include "harness.h"

enum { MILLION = 1000000, LOOK_EVERY = 1000 };

struct node {
    poolobj base;
    struct node *left, *right;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* References are anywhere, so that collections find no order. */
static struct node **old_nodes(poolobj_type *type, size_t count) {
    struct rng rng = rng_seeded(1);
    struct node **old = malloc(count * sizeof old[0]);
    if (old == NULL) die("out of memory");
    for (size_t i = 0; i < count; i++) {
        old[i] = poolobj_new(type);
        if (i > 0) poolobj_set(&old[i]->left, old[rng_below(&rng, i)]);
    }
    return old;
}

static struct node *new_pair(poolobj_type *type, struct node *old) {
    struct node *node = poolobj_new(type), *other = poolobj_new(type);
    if (node == NULL || other == NULL) die("out of memory");
    poolobj_set(&node->left, other);
    poolobj_set(&other->left, node);
    poolobj_set(&node->right, old);
    poolobj_decref(other);
    return node;
}

static void measure(size_t count, size_t pairs, size_t life) {
    static const size_t refs[] = {offsetof(struct node, left), offsetof(struct node, right),
                                  POOLOBJ_END};
    const poolobj_typespec spec = {.name = "node", .size = sizeof(struct node), .refs = refs};
    poolobj_heap *heap = poolobj_heap_new();
    poolobj_type *type = poolobj_type_new(heap, &spec);
    struct node **old = old_nodes(type, count), **alive = calloc(life, sizeof alive[0]);
    if (alive == NULL) die("out of memory");
    poolobj_gc_collect(heap, 2);
    size_t most = 0;
    const double start = now();
    for (size_t i = 0; i < pairs; i++) {
        struct node **place = &alive[i % life];
        if (*place != NULL) poolobj_decref(*place);
        *place = new_pair(type, old[i % count]);
        if (i % LOOK_EVERY == 0 && poolobj_count(type) > most) most = poolobj_count(type);
    }
    printf("%zu old, %zu pairs that live for %zu: %.1f ns a pair, %zu objects beyond the living\n",
           count, pairs, life, (now() - start) / (double)pairs, most - count - 2 * life);
    poolobj_heap_close(heap);
    free(alive);
    free(old);
}

int main(int argc, char **argv) {
    static const size_t lives[] = {1, 700, 10000, 100000};
    size_t old = size_argument(argc, argv, 1, MILLION);
    size_t pairs = size_argument(argc, argv, 2, 2 * MILLION);
    for (int i = 3; i < argc; i++) measure(old, pairs, size_argument(argc, argv, i, 0));
    for (size_t i = 0; argc < 4 && i < COUNT_OF(lives); i++) measure(old, pairs, lives[i]);
    return 0;
}
