/* SPDX-License-Identifier: MIT */
/*
 * list.h - a list that grows, as a type of objects: its references lie in memory of its own, so it
 * reports them by `traverse` and frees that memory by `drop`.
 */
#ifndef EXAMPLES_LIST_H
#define EXAMPLES_LIST_H

#include <poolobj.h>
#include <stdio.h>
#include <stdlib.h>

struct list {
    poolobj base;
    const char *name;
    poolobj **item;
    size_t length, room;
};

static inline void list_traverse(poolobj *object, poolobj_visit visit, void *arg) {
    struct list *list = (struct list *)object;
    visit(list->item, list->length, arg);
}

static inline void list_drop(poolobj *object) { free(((struct list *)object)->item); }

static inline poolobj_type *list_type(poolobj_heap *heap) {
    poolobj_typespec spec = {
        .name = "list", .size = sizeof(struct list), .traverse = list_traverse, .drop = list_drop};
    return poolobj_type_new(heap, &spec);
}

static inline struct list *list_new(poolobj_type *type, const char *name) {
    struct list *list = poolobj_new(type);
    if (list == NULL) abort();
    list->name = name;
    return list;
}

/* The list holds the object by a reference of its own. */
static inline void list_append(struct list *list, void *object) {
    if (list->length == list->room) {
        list->room += 4;
        list->item = realloc(list->item, list->room * sizeof list->item[0]);
        if (list->item == NULL) abort();
    }
    poolobj_incref(object);
    list->item[list->length++] = object;
}

#endif
