/* SPDX-License-Identifier: MIT */
#include "object/root.h"

#include "base/check.h"

enum { FIRST_SIZE = 32 };

/* ---- The table: open addressing, at most half full ---- */

static size_t home_of_root(const struct roots *roots, const void *variable) {
    uint64_t hash = ((uintptr_t)variable >> 3) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(hash >> 32) & (roots->size - 1);
}

/* The place of a variable, or the empty one where it would be. */
static struct root *find_root(const struct roots *roots, const void *variable) {
    ASSERT(roots->used < roots->size);
    size_t i = home_of_root(roots, variable);
    while (roots->root[i].times > 0 && roots->root[i].variable != variable)
        i = (i + 1) & (roots->size - 1);
    return &roots->root[i];
}

static bool grow_roots(struct roots *roots) {
    if (roots->used * 2 < roots->size) return true;
    struct roots larger = *roots;
    larger.size = roots->size > 0 ? roots->size * 2 : FIRST_SIZE;
    larger.root = (struct root *)store_allocate(larger.size * sizeof larger.root[0]);
    if (larger.root == NULL) return false;
    for (size_t i = 0; i < roots->size; i++)
        if (roots->root[i].times > 0) *find_root(&larger, roots->root[i].variable) = roots->root[i];
    store_free(roots->root);
    *roots = larger;
    return true;
}

/* Empties a place, and moves up what would no longer be found behind it. */
static void vacate_root(struct roots *roots, size_t hole) {
    ASSERT(roots->used > 0 && roots->root[hole].times == 0);
    size_t mask = roots->size - 1;
    for (size_t i = (hole + 1) & mask; roots->root[i].times > 0; i = (i + 1) & mask) {
        size_t home = home_of_root(roots, roots->root[i].variable);
        if (((i - home) & mask) < ((i - hole) & mask)) continue;
        roots->root[hole] = roots->root[i];
        hole = i;
    }
    roots->root[hole] = (struct root){NULL, 0};
    roots->used--;
}

/* ---- Roots ---- */

bool root_add(struct roots *roots, void *variable) {
    if (!grow_roots(roots)) return false;
    struct root *root = find_root(roots, variable);
    if (root->times++ > 0) return true;
    root->variable = variable;
    roots->used++;
    return true;
}

void root_remove(struct roots *roots, void *variable) {
    ASSERT(variable != NULL);
    if (roots->used == 0) return;
    struct root *root = find_root(roots, variable);
    if (root->times == 0 || --root->times > 0) return;
    vacate_root(roots, (size_t)(root - roots->root));
}

void root_each(const struct roots *roots, poolobj_visit visit, void *arg) {
    for (size_t i = 0; i < roots->size; i++)
        if (roots->root[i].times > 0) visit((poolobj *const *)roots->root[i].variable, 1, arg);
    if (roots->report != NULL) roots->report(visit, arg, roots->arg);
}
