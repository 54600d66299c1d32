/* SPDX-License-Identifier: MIT */
/*
 * tour.c - how CPython manages memory, shown by doing it in C with poolobj.h, poolval.h and
 * poolgraph.h. Each chapter says what it shows, does it, and prints what came of it. With a folder
 * as argument, pictures of the last chapter go there as text for dot.
 */
#include "tour.h"

static void thing_finalize(poolobj *object) {
    printf("%s is destroyed\n", ((struct thing *)object)->name);
}

static void start(struct tour *tour) {
    static const size_t refs[] = {offsetof(struct thing, other), POOLOBJ_END};
    static const char *const fields[] = {"other"};
    const poolobj_typespec spec = {.name = "thing",
                                   .size = sizeof(struct thing),
                                   .refs = refs,
                                   .fields = fields,
                                   .finalize = thing_finalize};
    tour->heap = tour_made(poolobj_heap_new());
    poolval_options options = POOLVAL_DEFAULTS;
    options.keep_ints = options.keep_floats = 100; /* an address comes back at once */
    tour->space = tour_made(poolval_space_new(tour->heap, &options));
    tour->thing = tour_made(poolobj_type_new(tour->heap, &spec));
}

int main(int argc, char **argv) {
    struct tour tour = {.folder = argc > 1 ? argv[1] : NULL};
    start(&tour);
    printf("How CPython manages memory, done in C\n");
    tour_say(
        "On the left is what one would write in Python, on the right what came of the same with "
        "poolobj.h, poolval.h and poolgraph.h. Each chapter is a function in examples/tour.");
    tour_names(&tour);
    tour_integers(&tour);
    tour_interning(&tour);
    tour_strings(&tour);
    tour_tuples(&tour);
    tour_lists(&tour);
    tour_copies(&tour);
    tour_pools(&tour);
    tour_counts(&tour);
    tour_cycles(&tour);
    tour_marks(&tour);
    tour_weak(&tour);
    tour_generations(&tour);
    tour_graphs(&tour);
    poolobj_heap_close(tour.heap);
    return 0;
}
