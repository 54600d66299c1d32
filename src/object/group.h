/* SPDX-License-Identifier: MIT */
/*
 * group.h - what is left of the white objects divided into groups, so that the test at one instant
 * (verdict.h) is of one of them. All are put aside. From there they come back by lumps: some
 * objects, the seeds, with all that they lead to among what is aside. As many lumps as the test has
 * time for are a group; the one that is too much goes back.
 *
 * A group is any set, so the test holds for it as for any other. Its sums are taken as its members
 * come, which mostly tells whether it is worth while to test: where something that is aside refers
 * to the group, the group grows instead. Where what one seed leads to is too much, all comes back.
 *
 * While objects are aside, the grey set of a pool in the round is of these.
 */
#ifndef POOLALLOC_OBJECT_GROUP_H
#define POOLALLOC_OBJECT_GROUP_H

#include "object/hint.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Objects in a group, at some nanoseconds each for the test. A test of this sets less. */
enum { GROUP_MAX = 200 * 1024 };
extern size_t group_max;

void group_put_aside(struct gc_round *round, struct type_pool *pool);
/* The white objects of all pools are aside. */
void group_begin_all(struct group *group);
/* The next group begins. */
void group_begin(struct group *group);
/* Goes on with a group. True: it is complete. */
bool group_gather(poolobj_heap *heap);
/* Whether the sums of a complete group are equal, which does not tell of one that is all there is
   (is_all). */
static inline bool group_is_garbage(const struct group *group) {
    return group->sum == group->edges;
}
/* Gives back the memory that groups take. */
void group_end(struct group *group);

#ifdef __cplusplus
}
#endif

#endif
