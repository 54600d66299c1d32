/* SPDX-License-Identifier: MIT */
/* What an object reports is written down, copied, and looked for once more: hooks of what is copied
   may have changed it meanwhile. */
#include "value/parts.h"

struct parts {
    poolobj **old, **copy; /* references */
    size_t count, at;
};

static void count_parts(poolobj *const *slots, size_t count, void *arg) {
    struct parts *parts = (struct parts *)arg;
    for (size_t i = 0; i < count; i++) parts->count += slots[i] != NULL;
}

static void note_parts(poolobj *const *slots, size_t count, void *arg) {
    struct parts *parts = (struct parts *)arg;
    for (size_t i = 0; i < count && parts->at < parts->count; i++)
        if (slots[i] != NULL) parts->old[parts->at++] = value_ref(slots[i]);
}

/* A part and its copy change places, so that what is dropped in the end is what nobody holds. */
static void swap_parts(poolobj *const *slots, size_t count, void *arg) {
    struct parts *parts = (struct parts *)arg;
    for (size_t i = 0; i < count && parts->at < parts->count; i++) {
        poolobj **slot = (poolobj **)(uintptr_t)(slots + i);
        if (*slot == NULL) continue;
        size_t at = parts->at++;
        if (*slot != parts->old[at]) continue;
        *slot = parts->copy[at];
        parts->copy[at] = parts->old[at];
    }
}

bool parts_replace(poolval_space *space, poolobj *object, part_copy *copy, void *arg,
                   size_t depth) {
    struct parts parts = {NULL, NULL, 0, 0};
    poolobj_references(object, count_parts, &parts);
    if (parts.count == 0) return true;
    parts.old = (poolobj **)value_allocate(space, parts.count * 2 * sizeof parts.old[0]);
    if (parts.old == NULL) return false;
    parts.copy = parts.old + parts.count;
    poolobj_references(object, note_parts, &parts);
    size_t made = 0;
    while (made < parts.count && (parts.copy[made] = copy(arg, parts.old[made], depth))) made++;
    bool good = made == parts.count;
    parts.at = 0;
    if (good) poolobj_references(object, swap_parts, &parts);
    value_unref_all(parts.old, parts.count);
    value_unref_all(parts.copy, made);
    value_free(parts.old);
    return good;
}

static void clear_parts(poolobj *const *slots, size_t count, void *arg) {
    (void)arg;
    for (size_t i = 0; i < count; i++) poolobj_clear((poolobj **)(uintptr_t)(slots + i));
}

void parts_clear(poolobj *object) { poolobj_references(object, clear_parts, NULL); }
