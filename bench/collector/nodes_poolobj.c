/* SPDX-License-Identifier: MIT */
/* nodes_poolobj.c - nodes.h on poolobj.h. */
#include <poolobj.h>

#include "collector/nodes.h"
#include "harness.h"

struct node {
    poolobj base;
    struct node *field[2];
};

const char *const nodes_name = "poolobj";

static poolobj_heap *heap;
static poolobj_type *type;

void nodes_start(void) {
    static const size_t refs[] = {offsetof(struct node, field[0]), offsetof(struct node, field[1]),
                                  POOLOBJ_END};
    static const poolobj_typespec spec = {
        .name = "node", .size = sizeof(struct node), .refs = refs};
    heap = poolobj_heap_new();
    type = poolobj_type_new(heap, &spec);
    poolobj_gc_disable(heap);
}

void *nodes_new(void) {
    void *node = poolobj_new(type);
    if (node == NULL) die("out of memory");
    return node;
}

void nodes_link(void *from, int field, void *to) {
    poolobj_set(&((struct node *)from)->field[field], to);
}

void nodes_move(void *from, int field, void *to) { ((struct node *)from)->field[field] = to; }

void nodes_drop(void *node) { poolobj_decref(node); }

size_t nodes_collect(void) { return poolobj_gc_collect(heap, 2); }
