/* SPDX-License-Identifier: MIT */
/*
 * list.h - lists: a table of items that grows ahead of need. value.h has the invariants.
 *
 * Dropping a reference may run code of the program, which may change the list: every function
 * changes the list first and drops last, and looks at nothing of it afterwards.
 */
#ifndef POOLALLOC_VALUE_LIST_H
#define POOLALLOC_VALUE_LIST_H

#include "value/tuple.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An empty list with room for exactly so many items. */
struct value_list *list_new(poolval_space *space, size_t room);
/* Appends values that are there, for which there is room. */
void list_add(struct value_list *list, poolobj *const *items, size_t count);
/* Room for `length` items. False: the failure is noted. */
bool list_make_room(poolval_space *space, struct value_list *list, size_t length);
/* After items went: room that is less than half used goes back, if there is memory to move to. */
void list_give_room_back(const poolval_space *space, struct value_list *list);
/* Bytes of its table, which may be more than its room takes. */
size_t list_table_bytes(const struct value_list *list);
/* Room that a list of `length` items gets when it has outgrown what it has. */
size_t list_room_for(int rule, size_t length);
void list_traverse(poolobj *list, poolobj_visit visit, void *arg);
void list_drop(poolobj *list);
void list_check(const struct value_list *list);

#ifdef __cplusplus
}
#endif

#endif
