/* SPDX-License-Identifier: MIT */
/* collector.c - chapters of the tour: weak references, generations, graphs. */
#include <string.h>

#include "tour.h"

/* ---- Weak references ---- */

static void gone(poolobj_weakref *weakref, void *arg) {
    (void)weakref;
    printf("    %s\n", (const char *)arg);
}

static bool leads_somewhere(poolobj_weakref *weakref) {
    void *object = poolobj_weakref_get(weakref);
    if (object == NULL) return false;
    poolobj_decref(object); /* a reference of our own, while we looked */
    return true;
}

/* p.pet = d; d.master = p; del p, d */
static void two_ways(struct tour *tour) {
    struct thing *person = tour_thing(tour, "    the person");
    struct thing *dog = tour_thing(tour, "    the dog");
    poolobj_set(&person->other, dog);
    poolobj_set(&dog->other, person);
    poolobj_decref(person), poolobj_decref(dog);
    printf("    person.pet = dog; dog.master = person; del person, dog\n");
    tour_show("things that live", "%zu", poolgraph_count(tour->heap, "thing"));
    tour_show("gc.collect()", "%zu", poolobj_gc_collect(tour->heap, 2));
    tour_show("things that live", "%zu", poolgraph_count(tour->heap, "thing"));
}

void tour_weak(struct tour *tour) {
    tour_chapter("Weak references");
    tour_say("A weak reference leads to an object and does not keep it alive. A person has a pet. "
             "If the way back from the pet is a reference too, both wait for the collector:");
    two_ways(tour);
    tour_say("With a weak one there is no cycle, and counts do:");
    struct thing *person = tour_thing(tour, "    the person");
    struct thing *dog = tour_thing(tour, "    the dog");
    poolobj_set(&person->other, dog);
    poolobj_weakref *master = tour_made(poolobj_weakref_new(person, gone, "the dog is told"));
    tour_show("person.pet = dog; dog.master = ref(person)", "person %d, dog %d",
              (int)poolobj_refcount(person), (int)poolobj_refcount(dog));
    tour_ask("has the dog a master?", leads_somewhere(master));
    printf("    del person\n");
    poolobj_decref(person);
    tour_ask("has the dog a master?", leads_somewhere(master));
    printf("    del dog\n");
    poolobj_decref(dog);
    poolobj_weakref_free(master);
}

/* ---- Generations ---- */

static void show_generations(struct tour *tour, const char *line) {
    int counts[3];
    poolobj_gc_get_count(tour->heap, counts);
    tour_show(line, "(%d, %d, %d)", counts[0], counts[1], counts[2]);
}

static uint64_t collections(struct tour *tour, int generation) {
    poolobj_gc_figures figures;
    poolobj_gc_stats(tour->heap, generation, &figures);
    return figures.collections;
}

/* Makes a number of lists that stay; returns the list of them. */
static poolobj *many(struct tour *tour, int count) {
    poolobj *all = tour_list(tour, 1, 0);
    for (int i = 0; i < count; i++) {
        poolobj *list = tour_list(tour, 1, 0);
        tour_append(tour, all, list);
        poolobj_decref(list);
    }
    return all;
}

static void show_switch(struct tour *tour) {
    poolobj_gc_disable(tour->heap);
    tour_show("gc.disable(); gc.isenabled()", "%d", poolobj_gc_is_enabled(tour->heap));
    poolobj *a = tour_list(tour, 1, 0);
    tour_append(tour, a, a);
    poolobj_decref(a);
    tour_show("a.append(a); del a; gc.collect()", "%zu", poolobj_gc_collect(tour->heap, 2));
    int thresholds[3];
    poolobj_gc_set_threshold(tour->heap, 700, 10, 5);
    poolobj_gc_get_threshold(tour->heap, thresholds);
    tour_show("gc.set_threshold(700, 10, 5)", "(%d, %d, %d)", thresholds[0], thresholds[1],
              thresholds[2]);
    poolobj_gc_set_threshold(tour->heap, 700, 10, 10);
    poolobj_gc_enable(tour->heap);
}

void tour_generations(struct tour *tour) {
    tour_chapter("Generations");
    tour_say(
        "Most objects die young, and looking at all of them each time would make a program slow. "
        "So a new object is in generation 0, and moves up when it survives a collection. "
        "Generation 0 is collected when 700 more containers were made than are gone, 1 after "
        "more than 10 of those collections, 2 after more than 10 of these.");
    int thresholds[3];
    poolobj_gc_set_threshold(tour->heap, 700, 10, 10); /* full collections at once, as CPython's */
    poolobj_gc_get_threshold(tour->heap, thresholds);
    tour_show("gc.get_threshold()", "(%d, %d, %d)", thresholds[0], thresholds[1], thresholds[2]);
    poolobj_gc_collect(tour->heap, 2);
    show_generations(tour, "gc.collect(); gc.get_count()");
    poolobj *first = many(tour, 699);
    show_generations(tour, "700 lists made");
    poolobj *next = many(tour, 0);
    show_generations(tour, "one more: generation 0 was collected");
    poolobj_decref(first), poolobj_decref(next);
    poolobj_gc_collect(tour->heap, 2);

    tour_say(
        "A full collection also waits until what is new to generation 2 makes a quarter of what "
        "is there. A program that only grows would else be walked through again and again.");
    uint64_t before[3];
    for (int g = 0; g < 3; g++) before[g] = collections(tour, g);
    poolobj *all = many(tour, 200000);
    for (int g = 0; g < 3; g++) {
        char line[64];
        snprintf(line, sizeof line, "200000 lists: collections of generation %d", g);
        tour_show(line, "%llu", (unsigned long long)(collections(tour, g) - before[g]));
    }
    poolobj_decref(all);
    tour_say("The collector can be switched off; asked for by hand it works even then.");
    show_switch(tour);
}

/* ---- Graphs ---- */

static int describe(poolobj *object, char *text, size_t size, void *arg) {
    struct tour *tour = arg;
    if (poolval_type(tour->space, object) == POOLVAL_OTHER) return 0;
    poolobj *shown = poolval_repr(tour->space, object);
    if (shown == NULL) return 0;
    int length = snprintf(text, size, "%s", poolval_str_utf8(tour->space, shown, NULL));
    poolobj_decref(shown);
    return length;
}

typedef int (*show)(poolobj_heap *heap, void *const *objects, size_t count,
                    const poolgraph_options *options, FILE *out);

static void draw(struct tour *tour, const char *name, show function, void *object) {
    char path[4096];
    if (tour->folder == NULL) return;
    snprintf(path, sizeof path, "%s/%s.dot", tour->folder, name);
    const poolgraph_options options = {.describe = describe, .arg = tour};
    FILE *file = fopen(path, "w");
    if (file == NULL || function(tour->heap, &object, 1, &options, file) < 0) perror(path);
    if (file != NULL) fclose(file);
}

void tour_graphs(struct tour *tour) {
    tour_chapter("Seeing what holds what");
    tour_say("What objgraph is to Python, poolgraph.h is to a heap of objects. Two lists hold each "
             "other, and the program has let go of the second:");
    const poolgraph_options options = {.describe = describe, .arg = tour};
    poolobj *a = tour_list(tour, 1, 3), *b = tour_list(tour, 4, 6);
    tour_append(tour, a, b);
    tour_append(tour, b, a);
    poolobj_decref(b);
    poolgraph_why(tour->heap, b, &options, stdout);
    draw(tour, "lists_refs", poolgraph_show_refs, a);
    draw(tour, "lists_backrefs", poolgraph_show_backrefs, b);
    tour_say(
        "show_refs and show_backrefs draw both ways; docs/graphs.md has the pictures. When the "
        "first is let go of too, nothing outside leads to them:");
    poolobj_decref(a);
    poolgraph_why(tour->heap, b, &options, stdout);
    tour_say(
        "A program that leaves them to the collector says so at the end of its heap, if asked:");
    poolgraph_leaks(tour->heap, &options, stdout);
    putchar('\n');
    tour_show("gc.collect()", "%zu", poolobj_gc_collect(tour->heap, 2));
    tour_show("objects left that are not immortal", "%td",
              poolgraph_leaks(tour->heap, &options, stdout));
}
