/* SPDX-License-Identifier: MIT */
#include "graph/count.h"

#include "graph/area.h"

/* ---- Counting ---- */

static void add_one(poolobj_type *type, void *count) {
    (void)type;
    ++*(size_t *)count;
}

size_t count_types(const poolobj_heap *heap) {
    size_t count = 0;
    poolobj_types(heap, add_one, &count);
    return count;
}

static void count_object(poolobj *object, void *arg) {
    poolgraph_type_count *count = (poolgraph_type_count *)arg;
    count->objects++;
    count->bytes += poolobj_sizeof(object);
}

poolgraph_type_count count_objects(poolobj_type *type) {
    poolgraph_type_count count = {type, 0, 0, 0};
    poolobj_walk(NULL, type, count_object, &count);
    return count;
}

struct named {
    const char *name;
    size_t objects;
};

static void add_named(poolobj_type *type, void *arg) {
    struct named *named = (struct named *)arg;
    if (strcmp(poolobj_type_name(type), named->name) == 0)
        named->objects += count_objects(type).objects;
}

size_t count_named(poolobj_heap *heap, const char *object_heap_type_name) {
    struct named named = {object_heap_type_name, 0};
    poolobj_types(heap, add_named, &named);
    return named.objects;
}

/* ---- Ranking ---- */

/* Whether a comes before b. What there is for a snapshot of nothing is growth. */
static bool is_count_before(const poolgraph_type_count *a, const poolgraph_type_count *b) {
    size_t a_more = a->objects - a->before, b_more = b->objects - b->before;
    if (a_more != b_more) return a_more > b_more;
    int order = strcmp(poolobj_type_name(a->type), poolobj_type_name(b->type));
    if (order != 0) return order < 0;
    return a->objects != b->objects ? a->objects > b->objects : a->bytes > b->bytes;
}

/* counts[0 .. used) are a heap with the last in rank on top, so that those of the first ranks stay
   without memory for all of them. */
struct ranking {
    const poolgraph_snapshot *snapshot;
    poolgraph_type_count *counts;
    size_t room, used, found, next; /* row of the snapshot */
};

/* Objects that there were of a type, by rows that are looked at in the order of types. */
static size_t objects_before(const poolgraph_snapshot *snapshot, const poolobj_type *type,
                             size_t *next) {
    while (*next < snapshot->type_count && snapshot->row[*next].serial < type->serial) ++*next;
    bool is_there = *next < snapshot->type_count && snapshot->row[*next].serial == type->serial;
    return is_there ? snapshot->row[*next].objects : 0;
}

static void sift_up(poolgraph_type_count *counts, size_t at) {
    for (size_t parent; at > 0 && is_count_before(&counts[parent = (at - 1) / 2], &counts[at]);
         at = parent) {
        poolgraph_type_count moved = counts[at];
        counts[at] = counts[parent];
        counts[parent] = moved;
    }
}

static void sift_down(poolgraph_type_count *counts, size_t used) {
    poolgraph_type_count moved = counts[0];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < used; at = child) {
        if (child + 1 < used && is_count_before(&counts[child], &counts[child + 1])) child++;
        if (!is_count_before(&moved, &counts[child])) break;
        counts[at] = counts[child];
    }
    counts[at] = moved;
}

static void rank(poolobj_type *type, void *arg) {
    struct ranking *ranking = (struct ranking *)arg;
    const poolgraph_snapshot *snapshot = ranking->snapshot;
    poolgraph_type_count count = count_objects(type);
    if (snapshot != NULL) count.before = objects_before(snapshot, type, &ranking->next);
    if (count.objects <= count.before) return;
    ranking->found++;
    if (ranking->used < ranking->room) {
        ranking->counts[ranking->used] = count;
        sift_up(ranking->counts, ranking->used++);
    } else if (ranking->room > 0 && is_count_before(&count, &ranking->counts[0])) {
        ranking->counts[0] = count;
        sift_down(ranking->counts, ranking->used);
    }
}

size_t count_rank(poolobj_heap *heap, const poolgraph_snapshot *snapshot,
                  poolgraph_type_count *counts, size_t room) {
    struct ranking ranking = {snapshot, counts, room, 0, 0, 0};
    poolobj_types(heap, rank, &ranking);
    for (size_t used = ranking.used; used > 1;) { /* the last in rank goes to the end */
        poolgraph_type_count last = counts[0];
        counts[0] = counts[--used];
        counts[used] = last;
        sift_down(counts, used);
    }
    return ranking.found;
}

/* ---- Snapshots ---- */

struct raising {
    const poolgraph_snapshot *snapshot;
    struct count_row *row;
    size_t next; /* row of the snapshot */
};

static void raise_type(poolobj_type *type, void *arg) {
    struct raising *raising = (struct raising *)arg;
    size_t before = objects_before(raising->snapshot, type, &raising->next);
    *raising->row++ =
        (struct count_row){type->serial, size_max(before, count_objects(type).objects)};
}

bool count_raise(poolgraph_snapshot *snapshot) {
    size_t count = count_types(snapshot->heap);
    struct count_row *row = (struct count_row *)area_new(count, sizeof *row);
    if (row == NULL) return false;
    struct raising raising = {snapshot, row, 0};
    poolobj_types(snapshot->heap, raise_type, &raising);
    area_free(snapshot->row);
    snapshot->row = row;
    snapshot->type_count = count;
    return true;
}
