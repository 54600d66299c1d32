/* SPDX-License-Identifier: MIT */
#include "graph/graph.h"

#include "base/check.h"
#include "graph/area.h"
#include "object/object.h"

/* ---- Places of slots ---- */

void graph_place_begin(struct graph_place *place, poolobj *object) {
    place->object = object;
    place->type = poolobj_typeof(object);
    place->refs = poolobj_type_refs(place->type);
    place->block = poolobj_sizeof(object);
    place->item_count = 0;
}

/* Slots side by side are all in the object or all outside of it. */
static inline size_t offset_of(const struct graph_place *place, poolobj *const *slot) {
    return (uintptr_t)slot - (uintptr_t)place->object;
}

void graph_place_skip(struct graph_place *place, poolobj *const *slots, size_t count) {
    if (offset_of(place, slots) >= place->block) place->item_count += count;
}

static const char *field_at(const struct graph_place *place, size_t offset) {
    for (size_t i = 0; place->refs[i] != POOLOBJ_END; i++)
        if (place->refs[i] == offset) return poolobj_type_field(place->type, i);
    return NULL;
}

poolgraph_reference graph_place_at(struct graph_place *place, poolobj *const *slot) {
    poolgraph_reference reference = {place->object, *slot, slot, POOLGRAPH_FIELD, 0, NULL};
    size_t offset = offset_of(place, slot);
    size_t items = poolobj_type_size(place->type);
    if (offset < items) {
        reference.index = offset;
        reference.field = field_at(place, offset);
        return reference;
    }
    reference.kind = POOLGRAPH_ITEM;
    reference.index =
        offset < place->block ? (offset - items) / sizeof(poolobj *) : place->item_count++;
    return reference;
}

/* ---- Opening ---- */

struct opening {
    struct graph *graph;
    bool failed;
    uint64_t slots; /* so far */
};

static void number(poolobj *object, void *arg) {
    struct opening *opening = (struct opening *)arg;
    if (!numbering_add(&opening->graph->numbers, (uintptr_t)object)) opening->failed = true;
}

static void add_object(poolobj *object, void *arg) {
    struct graph *graph = ((struct opening *)arg)->graph;
    graph->object[numbering_of(&graph->numbers, (uintptr_t)object)] = object;
}

static void count_slots(poolobj *const *slots, size_t count, void *arg) {
    (void)slots;
    ((struct opening *)arg)->slots += count;
}

/* Takes the reference off the references from outside. */
static inline uint32_t target(struct graph *graph, const poolobj *to) {
    if (to == NULL) return NOBODY;
    uint32_t n = numbering_of(&graph->numbers, (uintptr_t)to);
    if (n != NOBODY && graph->outside[n] != OUTSIDE_IMMORTAL) graph->outside[n]--;
    return n;
}

static void add_slots(poolobj *const *slots, size_t count, void *arg) {
    struct opening *opening = (struct opening *)arg;
    struct graph *graph = opening->graph;
    for (size_t i = 0; i < count; i++) graph->to[opening->slots++] = target(graph, slots[i]);
}

int32_t graph_count_of(const poolobj *object) {
    if (object->count == IMMORTAL) return OUTSIDE_IMMORTAL;
    return object->count - (object->flags & SAVED ? 1 : 0);
}

static void add_objects(struct graph *graph) {
    struct opening opening = {graph, false, 0};
    poolobj_walk(graph->heap, NULL, add_object, &opening);
    for (uint32_t n = 0; n < graph->count; n++) {
        graph->outside[n] = graph_count_of(graph->object[n]);
        graph->first[n] = opening.slots;
        poolobj_references(graph->object[n], count_slots, &opening);
    }
    graph->first[graph->count] = opening.slots;
}

static void add_references(struct graph *graph) {
    struct opening opening = {graph, false, 0};
    for (uint32_t n = 0; n < graph->count; n++)
        poolobj_references(graph->object[n], add_slots, &opening);
}

static bool number_objects(struct graph *graph) {
    struct opening opening = {graph, false, 0};
    poolobj_walk(graph->heap, NULL, number, &opening);
    if (opening.failed) {
        errno = ENOMEM;
        return false;
    }
    if (graph->numbers.count >= NOBODY - 1) { /* search.h has a number for roots, too */
        errno = EOVERFLOW;
        return false;
    }
    numbering_finish(&graph->numbers);
    graph->count = (uint32_t)graph->numbers.count;
    return true;
}

static bool fill_graph(struct graph *graph) {
    if (!number_objects(graph)) return false;
    errno = ENOMEM;
    graph->object = (poolobj **)area_new(graph->count, sizeof graph->object[0]);
    graph->first = (uint64_t *)area_new(graph->count + (size_t)1, sizeof graph->first[0]);
    graph->outside = (int32_t *)area_new(graph->count, sizeof graph->outside[0]);
    if (graph->object == NULL || graph->first == NULL || graph->outside == NULL) return false;
    add_objects(graph);
    graph->to = (uint32_t *)area_new(graph->first[graph->count], sizeof graph->to[0]);
    if (graph->to == NULL) return false;
    add_references(graph);
    return true;
}

bool graph_open(struct graph *graph, poolobj_heap *heap) {
    int before = errno;
    memset(graph, 0, sizeof *graph);
    graph->heap = heap;
    if (!fill_graph(graph)) {
        graph_close(graph);
        return false;
    }
    errno = before;
    return true;
}

void graph_close(struct graph *graph) {
    numbering_close(&graph->numbers);
    area_free(graph->object);
    area_free(graph->first);
    area_free(graph->to);
    area_free(graph->outside);
}

/* ---- Looking ---- */

uint32_t graph_number(const struct graph *graph, const void *address) {
    uint32_t n = numbering_of(&graph->numbers, (uintptr_t)address);
    return n != NOBODY && graph->object[n] == address ? n : NOBODY;
}

bool graph_is_saved(const struct graph *graph, uint32_t number) {
    return graph->object[number]->flags & SAVED;
}

/* Counts down to the slot that is looked for. */
struct wanted_slot {
    struct graph_place place;
    uint64_t left;
    bool found;
    poolgraph_reference reference;
};

static void find_wanted_slot(poolobj *const *slots, size_t count, void *arg) {
    struct wanted_slot *search = (struct wanted_slot *)arg;
    if (search->found) return;
    if (search->left >= count) {
        search->left -= count;
        if (count > 0) graph_place_skip(&search->place, slots, count);
        return;
    }
    if (search->left > 0) graph_place_skip(&search->place, slots, search->left);
    search->reference = graph_place_at(&search->place, slots + search->left);
    search->found = true;
}

poolgraph_reference graph_reference(const struct graph *graph, uint32_t from, uint64_t slot) {
    struct wanted_slot search;
    search.left = slot;
    search.found = false;
    graph_place_begin(&search.place, graph->object[from]);
    poolobj_references(graph->object[from], find_wanted_slot, &search);
    ASSERT(search.found);
    return search.reference;
}

/* ---- Checking ---- */

static void count_internal(const struct graph *graph, int32_t *internal) {
    for (uint64_t s = 0; s < graph->first[graph->count]; s++)
        if (graph->to[s] != NOBODY) internal[graph->to[s]]++;
}

void graph_check(const struct graph *graph) {
    int32_t *internal = (int32_t *)area_new(graph->count, sizeof *internal);
    CHECK(internal != NULL);
    count_internal(graph, internal);
    for (uint32_t n = 0; n < graph->count; n++) {
        const poolobj *object = graph->object[n];
        struct opening opening = {NULL, false, 0};
        poolobj_references(graph->object[n], count_slots, &opening);
        CHECK(graph_number(graph, object) == n);                           /* G1 */
        CHECK(graph->first[n + 1] - graph->first[n] == opening.slots);     /* G2 */
        CHECK(graph_is_immortal(graph, n) == (object->count == IMMORTAL)); /* G3 */
        CHECK(graph_is_immortal(graph, n) ||
              graph->outside[n] == object->count - internal[n] - graph_is_saved(graph, n));
    }
    area_free(internal);
}
