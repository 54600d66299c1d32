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

const char *const nodes_name = "boehm";

static void **held; /* in memory that the collector scans */
static size_t held_count, held_room;

static void resize(size_t room) {
    void **larger = GC_malloc_uncollectable(room * sizeof held[0]);
    if (larger == NULL) die("out of memory");
    if (held != NULL) memcpy(larger, held, held_count * sizeof held[0]);
    GC_free(held);
    held = larger;
    held_room = room;
}

void nodes_start(void) {
    GC_INIT();
    GC_disable(); /* only when asked */
}

void *nodes_new(void) {
    void *node = GC_malloc(sizeof(struct node));
    if (node == NULL) die("out of memory");
    if (held_count == held_room) resize(2 * held_room + 1000);
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

/* Collecting is marking and sweeping; it puts the second off until memory is needed. It looks at no
   more of the table than is used. */
size_t nodes_collect(void) {
    if (held_room != held_count + 1) resize(held_count + 1);
    GC_enable();
    GC_gcollect();
    while (GC_collect_a_little()) continue;
    GC_disable();
    return 0;
}
