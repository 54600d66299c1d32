/* SPDX-License-Identifier: MIT */
/*
 * nodes_boehm.c - nodes.h on the Boehm-Demers-Weiser collector. It has no counts: what the program
 * holds it finds in a table of roots, and what dies only by a collection.
 */
#include <gc.h>

#include "collector/nodes.h"
#include "harness.h"

struct node {
    void *field[2];
};

enum { HELD_MAX = 4 * 1024 * 1024 };

const char *const nodes_name = "boehm";

static void **held; /* in memory that the collector scans */
static size_t held_count;

void nodes_start(void) {
    GC_INIT();
    GC_disable(); /* only when asked */
    held = GC_malloc_uncollectable(HELD_MAX * sizeof held[0]);
}

void *nodes_new(void) {
    void *node = GC_malloc(sizeof(struct node));
    if (node == NULL || held_count == HELD_MAX) die("out of memory");
    return held[held_count++] = node;
}

void nodes_link(void *from, int field, void *to) { ((struct node *)from)->field[field] = to; }

/* The latest are let go first: that is where it is. */
void nodes_drop(void *node) {
    for (size_t i = held_count; i-- > 0;) {
        if (held[i] != node) continue;
        held[i] = held[--held_count];
        held[held_count] = NULL;
        return;
    }
}

void nodes_move(void *from, int field, void *to) {
    nodes_link(from, field, to);
    nodes_drop(to);
}

/* Collecting is marking and sweeping; it puts the second off until memory is needed. */
size_t nodes_collect(void) {
    GC_enable();
    GC_gcollect();
    while (GC_collect_a_little()) continue;
    GC_disable();
    return 0;
}
