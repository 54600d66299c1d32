/* SPDX-License-Identifier: MIT */
#include "object/root.h"

#include "base/check.h"
#include "base/probing.h"

enum { FIRST_SIZE = 32 };
static_assert((FIRST_SIZE & (FIRST_SIZE - 1)) == 0, "a hash chooses a slot by its lowest bits");

/* ---- The table, at most half full ---- */

static bool root_is_free(const void *slot) { return ((const struct root *)slot)->times == 0; }
static uint64_t root_hash_of(const void *variable) {
    return probing_hash_address((uintptr_t)variable, 3);
}
static uint64_t root_hash(const void *slot, const void *roots) {
    (void)roots;
    return root_hash_of(((const struct root *)slot)->variable);
}
static bool root_is_of(const void *slot, const void *variable) {
    return ((const struct root *)slot)->variable == variable;
}
static const struct probing table = {sizeof(struct root), root_is_free, root_hash, root_is_of};

/* The place of a variable, or the empty one where it would be. */
static struct root *find_root(const struct roots *roots, const void *variable) {
    ASSERT(roots->used < roots->size);
    return (struct root *)probing_find(&table, roots->root, roots->size, root_hash_of(variable),
                                       variable);
}

static bool grow_roots(struct roots *roots) {
    if (roots->used * 2 < roots->size) return true;
    struct roots larger = *roots;
    larger.size = roots->size > 0 ? roots->size * 2 : FIRST_SIZE;
    larger.root = (struct root *)store_allocate(larger.size * sizeof larger.root[0]);
    if (larger.root == NULL) return false;
    probing_copy(&table, roots->root, roots->size, larger.root, larger.size, NULL);
    store_free(roots->root);
    *roots = larger;
    return true;
}

/* ---- Roots ---- */

bool root_add(struct roots *roots, void *variable) {
    ASSERT(variable != NULL);
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
    if (root->times > 1) {
        root->times--;
    } else if (root->times == 1) {
        probing_vacate(&table, roots->root, roots->size, root, NULL);
        roots->used--;
    }
}

void root_each(const struct roots *roots, poolobj_visit visit, void *arg) {
    for (size_t i = 0; i < roots->size; i++)
        if (roots->root[i].times > 0) visit((poolobj *const *)roots->root[i].variable, 1, arg);
    if (roots->report != NULL) roots->report(visit, arg, roots->arg);
}
