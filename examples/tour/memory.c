/* SPDX-License-Identifier: MIT */
/* memory.c - chapters of the tour: reference counts, cycles, and how the collector knows. */
#include <string.h>

#include "tour.h"

static void show_count(const char *line, const void *object) {
    tour_show(line, "%d", (int)poolobj_refcount(object));
}

/* ---- Reference counts ---- */

/* The caller's reference is enough for as long as the call takes. */
static void function(const poolobj *argument) { show_count("f(a): in the function", argument); }

static void many_names(struct tour *tour) {
    poolobj *a = tour_list(tour, 1, 0), *names[6];
    show_count("a = []", a);
    for (int i = 0; i < 6; i++) {
        names[i] = a;
        poolobj_incref(names[i]);
    }
    show_count("b = a; c = b; d = b; e = c; f = e; g = d", a);
    for (int i = 0; i < 6; i++) poolobj_decref(names[i]);
    show_count("del b, c, d, e, f, g", a);
    function(a);
    poolobj_decref(a);
}

void tour_counts(struct tour *tour) {
    tour_chapter("References are counted");
    tour_say(
        "Every object counts the references to it: one more for a name, for an item of a "
        "container; one less when the name goes or refers to something else, when the container "
        "goes or lets go of it. sys.getrefcount gives one more than these, for its own argument; "
        "here arguments are borrowed and not counted.");
    poolobj *a = tour_list(tour, 1, 2);
    show_count("a = [1, 2]", a);
    poolobj *b = a;
    poolobj_incref(b);
    show_count("b = a", a);
    poolobj_clear(&b);
    show_count("del b", a);
    poolobj *c = tour_list(tour, 1, 0);
    tour_append(tour, c, a);
    show_count("c = []; c.append(a)", a);
    poolobj_decref(c);
    show_count("del c", a);
    b = a;
    poolobj_incref(b);
    poolobj_decref(a);
    a = tour_list(tour, 3, 4);
    show_count("b = a; a = [3, 4]; the list b refers to", b);
    poolobj_decref(a), poolobj_decref(b);
    putchar('\n');
    many_names(tour);
    tour_say("At 0 the object is gone, at once: a finalizer, as __del__ is in Python, runs right "
             "there.");
    printf("    1\n");
    struct thing *thing = tour_thing(tour, "    the object");
    poolobj_decref(thing); /* obj = 6: the name refers to something else */
    printf("    2\n");
}

/* ---- Cycles ---- */

/* Two things, after the program has let go of both. */
static void let_go(struct tour *tour, bool cycle) {
    struct thing *a = tour_thing(tour, "    A"), *b = tour_thing(tour, "    B");
    if (cycle) {
        poolobj_set(&a->other, b);
        poolobj_set(&b->other, a);
        show_count("a.other = b; b.other = a; references to a", a);
    }
    poolobj_decref(a);
    poolobj_decref(b);
    printf("    ok\n");
}

static size_t lists_alive(struct tour *tour) {
    return poolobj_count(poolval_object_type(tour->space, POOLVAL_LIST));
}

static void two_lists(struct tour *tour) {
    poolobj *a = tour_list(tour, 1, 2), *b = tour_list(tour, 3, 4);
    tour_append(tour, a, b);
    tour_append(tour, b, a);
    tour_print(tour, "a.append(b); b.append(a); a", a);
    show_count("references to a: the name, and b", a);
    poolobj_decref(a);
    poolobj_decref(b);
    tour_show("del a, b; lists that live", "%zu", lists_alive(tour));
    tour_show("gc.collect()", "%zu", poolobj_gc_collect(tour->heap, 2));
    tour_show("lists that live", "%zu", lists_alive(tour));
}

void tour_cycles(struct tour *tour) {
    tour_chapter("Objects that hold each other");
    tour_say("Counts can't tell when objects only hold each other. Two objects without a cycle go "
             "when their names do:");
    let_go(tour, false);
    tour_say(
        "In a cycle they stay, each with the one reference the other holds, until the collector "
        "looks:");
    let_go(tour, true);
    tour_show("gc.collect()", "%zu", poolobj_gc_collect(tour->heap, 2));
    tour_say("The same with two lists, a = [1, 2] and b = [3, 4].");
    two_lists(tour);
    tour_say(
        "A program that knows of a cycle may break it, by clearing a field when it is done, and "
        "needs no collector. Or one way is a weak reference, of which a later chapter tells.");
    struct thing *a = tour_thing(tour, "    A"), *b = tour_thing(tour, "    B");
    poolobj_set(&a->other, b);
    poolobj_set(&b->other, a);
    printf("    b.other = None; del a, b\n");
    poolobj_clear(&b->other);
    poolobj_decref(a);
    poolobj_decref(b);
}

/* ---- How the collector knows ---- */

/* The count of a list, and what is left of it when the references from objects are taken off. */
static void show_marks(struct tour *tour, const char *name, const poolobj *list) {
    char line[64];
    snprintf(line, sizeof line, "%s: its count, and what is left", name);
    tour_show(line, "%d, %d", (int)poolobj_refcount(list),
              (int)poolgraph_outside(tour->heap, list));
}

/* Returns a reference to the first list if the program keeps one. */
static poolobj *case_of(struct tour *tour, bool keeps_b) {
    poolobj *a = tour_list(tour, 1, 3), *b = tour_list(tour, 2, 4);
    tour_append(tour, a, b);
    tour_append(tour, b, a);
    poolobj_decref(a);
    if (!keeps_b) poolobj_decref(b);
    show_marks(tour, "a", a);
    show_marks(tour, "b", b);
    return keeps_b ? b : NULL;
}

/* Objects 1 to 7: the root leads to 1, 2, 3 and 4; 6 and 7 hold each other, and 6 holds 5. */
static poolobj *seven(struct tour *tour) {
    static const char *const names[] = {"    1", "    2", "    3", "    4",
                                        "    5", "    6", "    7"};
    enum { ROOT_LEADS_TO = 4 };
    struct thing *things[7];
    for (int i = 0; i < 7; i++) things[i] = tour_thing(tour, names[i]);
    for (int i = 0; i + 1 < ROOT_LEADS_TO; i++) poolobj_set(&things[i]->other, things[i + 1]);
    poolobj *sixth = tour_list(tour, 1, 0);
    poolobj_set(&things[6]->other, sixth); /* 7 holds a list of 5 and 6, */
    tour_append(tour, sixth, things[4]);
    tour_append(tour, sixth, things[5]);
    poolobj_set(&things[5]->other, things[6]); /* and 6 holds 7 */
    poolobj_decref(sixth);
    for (int i = 1; i < 7; i++) poolobj_decref(things[i]);
    return &things[0]->base;
}

/* ---- Three colours ---- */

enum colour { WHITE, GREY, BLACK };
enum { OBJECTS = 8 };
struct colours {
    poolobj *object[OBJECTS]; /* 1 to 7, and the list */
    enum colour colour[OBJECTS];
};

static void turn_grey(poolobj *const *slots, size_t count, void *arg) {
    struct colours *colours = arg;
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < OBJECTS; k++)
            if (slots[i] == colours->object[k] && colours->colour[k] == WHITE)
                colours->colour[k] = GREY;
}

static void draw_colours(const struct colours *colours) {
    static const char *const signs[] = {"\u25cb", "\u25d0", "\u25cf"};
    const char *sign[OBJECTS];
    for (int k = 0; k < OBJECTS; k++) sign[k] = signs[colours->colour[k]];
    printf("    %s1 -> %s2 -> %s3 -> %s4      %s7 -> %slist -> %s5, %s6 -> 7\n", sign[0], sign[1],
           sign[2], sign[3], sign[6], sign[7], sign[4], sign[5]);
}

static void note_object(poolobj *object, void *arg) {
    struct colours *colours = arg;
    int number = atoi(((struct thing *)object)->name);
    colours->object[number - 1] = object;
}

/* What a collection does with the objects of `seven`, by hand. */
static void show_colours(struct tour *tour, poolobj *root) {
    struct colours colours = {{NULL}, {WHITE}};
    poolobj_walk(tour->heap, tour->thing, note_object, &colours);
    colours.object[7] = ((struct thing *)colours.object[6])->other;
    draw_colours(&colours);
    turn_grey(&root, 1, &colours);
    draw_colours(&colours);
    for (int k = 0; k < OBJECTS;) {
        if (colours.colour[k] != GREY) {
            k++;
            continue;
        }
        poolobj_references(colours.object[k], turn_grey, &colours);
        colours.colour[k] = BLACK;
        draw_colours(&colours);
        k = 0;
    }
}

void tour_marks(struct tour *tour) {
    tour_chapter("How the collector knows");
    tour_say(
        "The collector copies all counts, and takes off each reference that an object holds to "
        "another. What is left came from outside: from names, from running functions. Such "
        "objects are reachable, and so is all they lead to, whatever is left of its own count. "
        "The rest is garbage. Two lists in a cycle, after del a and del b:");
    case_of(tour, false);
    tour_show("gc.collect()", "%zu", poolobj_gc_collect(tour->heap, 2));
    tour_say("After del a alone, a has nothing left, yet b holds it. It goes to the unreachable "
             "first, and is brought back when b is looked at:");
    poolobj *b = case_of(tour, true);
    tour_show("gc.collect()", "%zu", poolobj_gc_collect(tour->heap, 2));
    tour_print(tour, "b", b);
    poolobj_decref(b);
    tour_show("del b; gc.collect()", "%zu", poolobj_gc_collect(tour->heap, 2));
    tour_say(
        "In other words objects are white at first; what the root objects refer to turns grey, "
        "and black once all it refers to is grey; what is white in the end goes. Objects 1 to 4 "
        "hang from a name. 6 and 7 hold each other, with a list between them that holds 5 too:");
    poolobj *root = seven(tour);
    show_colours(tour, root);
    putchar('\n');
    tour_show("gc.collect(): 5, 6, 7 and the list", "%zu", poolobj_gc_collect(tour->heap, 2));
    printf("    del root\n");
    poolobj_decref(root);
}
