/* SPDX-License-Identifier: MIT */
/* nodes_lists.c - nodes.h on the literal collector of the tests, over this library's malloc. */
#include "collector/nodes.h"
#include "oracle/lists.h"

const char *const nodes_name = "lists";

static struct lists_heap heap;

void nodes_start(void) {
    lists_heap_init(&heap);
    heap.enabled = false;
}

void *nodes_new(void) { return lists_new(&heap, 2, true); }

void nodes_link(void *from, int field, void *to) {
    lists_set(&((struct lists_object *)from)->slot[field], to);
}

void nodes_move(void *from, int field, void *to) {
    ((struct lists_object *)from)->slot[field] = to;
}

void nodes_drop(void *node) { lists_decref(node); }

size_t nodes_collect(void) { return lists_collect(&heap, 2); }
