/* SPDX-License-Identifier: MIT */
/* containers.c - chapters of the tour: tuples, lists, copies, pools. */
#include <string.h>

#include <poolobj.h>

#include "tour.h"

/* ---- Tuples ---- */

static poolobj *tuple_of(struct tour *tour, int length) {
    poolobj *list = tour_list(tour, 1, length);
    size_t count;
    poolobj *const *items = poolval_items(tour->space, list, &count);
    poolobj *tuple = tour_made(poolval_tuple_new(tour->space, items, count));
    poolobj_decref(list);
    return tuple;
}

/* Whether a tuple takes the place of another of `length` that has just gone. */
static bool takes_its_place(struct tour *tour, int length, int other) {
    poolobj *tuple = tuple_of(tour, length);
    uintptr_t place = poolval_id(tuple);
    poolobj_decref(tuple);
    tuple = tuple_of(tour, other);
    bool same = poolval_id(tuple) == place;
    poolobj_decref(tuple);
    return same;
}

enum { KEPT = 2000 };

/* One more goes than are kept: the next takes the place of the last that was. */
static void show_limit(struct tour *tour) {
    static poolobj *tuple[KEPT + 1];
    uintptr_t place[KEPT + 1];
    for (int i = 0; i <= KEPT; i++) {
        tuple[i] = tuple_of(tour, 3);
        place[i] = poolval_id(tuple[i]);
    }
    for (int i = 0; i <= KEPT; i++) poolobj_decref(tuple[i]);
    poolobj *next = tuple_of(tour, 3);
    tour_ask("2001 tuples of 3 go: the next is the 2000th?", poolval_id(next) == place[KEPT - 1]);
    tour_ask("or the 2001st, which was not kept?", poolval_id(next) == place[KEPT]);
    poolobj_decref(next);
}

void tour_tuples(struct tour *tour) {
    tour_chapter("Tuples are used again");
    tour_say(
        "There is one empty tuple, since nothing could tell two from each other. An empty list "
        "may grow, so each is its own.");
    poolobj *t1 = tuple_of(tour, 0), *t2 = tuple_of(tour, 0);
    poolobj *l1 = tour_list(tour, 1, 0), *l2 = tour_list(tour, 1, 0);
    tour_ask("a = (); b = (); a is b?", t1 == t2);
    tour_ask("a = []; b = []; a is b?", l1 == l2);
    poolobj_decref(t1), poolobj_decref(t2), poolobj_decref(l1), poolobj_decref(l2);
    tour_say("A tuple of 1 to 19 items that goes is kept as it is, up to 2,000 of each length, and "
             "is the next of its length.");
    tour_ask("a = (1, 2, 3); del a; b = (1, 2, 3)", takes_its_place(tour, 3, 3));
    tour_ask("a = (1, 2, 3); del a; b = (1, 2, 3, 4)", takes_its_place(tour, 3, 4));
    show_limit(tour);
}

/* ---- Lists ---- */

static void append_one(struct tour *tour, poolobj *list) {
    tour_append(tour, list, poolval_none(tour->space));
}

static void show_rooms(struct tour *tour, const char *name, int rule) {
    poolobj *list = tour_list(tour, 1, 0);
    poolval_set_list_growth(tour->space, rule);
    printf("    %-16s", name);
    ptrdiff_t room = -1;
    for (int found = 0; found < 10; append_one(tour, list)) {
        if (poolval_list_room(tour->space, list) == room) continue;
        room = poolval_list_room(tour->space, list);
        printf("%s%td", found++ > 0 ? ", " : "", room);
    }
    printf(", ...\n");
    poolobj_decref(list);
}

enum { PLOT_LENGTH = 64, PLOT_ROWS = 13 };

/* Bytes of a list's table while it grows, a row for every so many. */
static void plot(struct tour *tour, const char *title) {
    size_t size[PLOT_LENGTH + 1], step;
    poolobj *list = tour_list(tour, 1, 0);
    for (int i = 0; i <= PLOT_LENGTH; i++, append_one(tour, list))
        size[i] = (size_t)poolval_list_room(tour->space, list) * sizeof(poolobj *);
    poolobj_decref(list);
    step = (size[PLOT_LENGTH] / PLOT_ROWS / 16 + 1) * 16;
    printf("    %s\n", title);
    for (size_t row = PLOT_ROWS; row-- > 0;) {
        char line[PLOT_LENGTH + 2] = "";
        for (int i = 0; i <= PLOT_LENGTH; i++) line[i] = size[i] / step >= row ? '#' : ' ';
        size_t end = PLOT_LENGTH + 1;
        while (end > 0 && line[end - 1] == ' ') end--;
        printf("    %4zu |%.*s\n", row * step, (int)end, line);
    }
    printf("         +0       8       16      24      32      40      48      56      64\n");
}

void tour_lists(struct tour *tour) {
    tour_chapter("Lists grow ahead of need");
    tour_say("A list that is full moves to a larger table with room to spare, so that appending n "
             "items copies no more than some multiple of n. CPython had one rule up to 3.8 and has "
             "another since 3.9; a space follows either. Room for how many:");
    show_rooms(tour, "up to 3.8", POOLVAL_GROWTH_CLASSIC);
    show_rooms(tour, "since 3.9", POOLVAL_GROWTH_PRESENT);
    poolval_set_list_growth(tour->space, POOLVAL_GROWTH_CLASSIC);
    tour_say("The size of a list steps up with its room. Beside it that of CPython 3.11.");
    static const int of_cpython[] = {56, 88, 88, 88, 88, 120};
    poolobj *list = tour_list(tour, 1, 0);
    for (int i = 0; i <= 5; i++, append_one(tour, list)) {
        char line[32];
        snprintf(line, sizeof line, "sizeof(a), length %d", i);
        tour_show(line, "%-4zu%8d", poolval_sizeof(tour->space, list), of_cpython[i]);
    }
    poolobj_decref(list);
    putchar('\n');
    plot(tour, "bytes of a list's table by its length, up to 3.8");
    poolval_set_list_growth(tour->space, POOLVAL_GROWTH_PRESENT);
}

/* ---- Copies ---- */

void tour_copies(struct tour *tour) {
    poolval_space *space = tour->space;
    tour_chapter("Copies, shallow and deep");
    tour_say(
        "A copy of a list is a new list of the same objects. A deep copy copies those too, each "
        "once, so that what was shared, and every cycle, keeps its shape.");
    poolobj *inner = tour_list(tour, 1, 2), *outer = tour_list(tour, 1, 0);
    tour_append(tour, outer, inner);
    tour_append(tour, outer, outer);
    poolobj *shallow = tour_made(poolval_copy(space, outer));
    poolobj *deep = tour_made(poolval_deepcopy(space, outer));
    poolobj *three = tour_int(tour, 3);
    tour_append(tour, inner, three);
    tour_print(tour, "a = [[1, 2], a]; then a[0].append(3); a", outer);
    tour_print(tour, "copy(a), made before", shallow);
    tour_print(tour, "deepcopy(a), made before", deep);
    size_t count;
    tour_ask("deepcopy(a)[1] is a?", poolval_items(space, deep, &count)[1] == outer);
    tour_ask("deepcopy(a)[1] is deepcopy(a)?", poolval_items(space, deep, &count)[1] == deep);
    poolobj_decref(inner), poolobj_decref(three);
    poolobj_decref(outer), poolobj_decref(shallow), poolobj_decref(deep);
    tour_show("del all; collect()", "%zu", poolobj_gc_collect(tour->heap, 2));
}

/* ---- Pools ---- */

static uintptr_t pool_of(const poolobj *object) { return poolval_id(object) >> 12; }

static void show_levels(void) {
    printf("\n"
           "    level 3   ints     floats     strings     tuples     ...     each in its pools\n"
           "    level 2   blocks of one size < pools of 4 KiB < arenas of 256 KiB\n"
           "    level 1   malloc, for what is larger: pages side by side\n"
           "    level 0   the system: mappings\n");
    tour_say(
        "Level 2 serves small sizes. Texts on CPython differ about where it ends: at 256 bytes in "
        "old versions, at 512 bytes today; the 256 KiB that some give are the size of an arena. A "
        "size is rounded up to its class, and an array, which CPython calls usedpools, leads from "
        "the class to a pool with a free block: a malloc takes that, a free puts it back. A pool "
        "without a used block goes back to its arena, an arena without a used pool to the system. "
        "CPython begins with records for 16 arenas and doubles them, and has those with free pools "
        "sorted by how full they are: the fullest gives the next pool, so that others run empty. "
        "Here each thread has such an array, and arenas are sorted likewise. On level 3 a pool has "
        "blocks for one type, so that what an int leaves is taken by the next int, and never by a "
        "float; an object above 2 KiB has pools of its own.");
}

/* ---- What goes back ---- */

/* Memory for objects, free or in use. */
static size_t resident(void) {
    poolobj_memory_figures figures;
    poolobj_memory(&figures);
    return figures.in_use + figures.idle;
}

static void show_arenas(struct tour *tour) {
    enum { MANY = 2000000 };
    tour_say(
        "Memory goes back when it is free, without being asked for it, but for a little that is "
        "kept for what comes next. Where a process keeps what it freed, as is told of programs on "
        "tcmalloc, it may be an allocator that gives back only when it is told to (by "
        "ReleaseFreeMemory there, by malloc_trim in glibc, and here too), or a few objects that "
        "live, one to an arena, each of which holds it. Against the second there is the order "
        "above.");
    size_t before = resident();
    poolobj *list = tour_list(tour, 1, MANY);
    size_t full = resident() - before;
    tour_ask("2000000 ints in a list: more than 30 MiB?", full > 30u << 20);
    poolobj_decref(list);
    size_t after = resident() > before ? resident() - before : 0;
    tour_ask("del: is nine tenths of it gone?", after < full / 10);
}

void tour_pools(struct tour *tour) {
    tour_chapter("Where objects live");
    show_levels();
    poolobj *a = tour_int(tour, 1000), *b = tour_int(tour, 1001);
    poolobj *f = tour_made(poolval_float_new(tour->space, 1.5));
    tour_show("an int takes", "%zu bytes, CPython's 28", poolobj_sizeof(a));
    tour_show("a float takes", "%zu bytes, CPython's 24", poolobj_sizeof(f));
    tour_ask("two ints: the same pool?", pool_of(a) == pool_of(b));
    tour_ask("an int and a float: the same pool?", pool_of(a) == pool_of(f));
    uintptr_t place = poolval_id(b);
    poolobj_decref(b);
    poolobj *g = tour_made(poolval_float_new(tour->space, 2.5)), *c = tour_int(tour, 1002);
    tour_ask("an int goes: is the next float there?", poolval_id(g) == place);
    tour_ask("is the next int?", poolval_id(c) == place);
    poolobj_decref(a), poolobj_decref(c), poolobj_decref(f), poolobj_decref(g);
    for (int length = 0; length <= 3; length++) {
        poolobj *tuple = tuple_of(tour, length);
        char line[32];
        snprintf(line, sizeof line, "a tuple of %d takes", length);
        tour_show(line, "%zu bytes, CPython's %d", poolobj_sizeof(tuple), 40 + 8 * length);
        poolobj_decref(tuple);
    }
    show_arenas(tour);
}
