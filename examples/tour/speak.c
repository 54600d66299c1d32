/* SPDX-License-Identifier: MIT */
/* speak.c - how the chapters of the tour print, and the values they make. */
#include <stdarg.h>
#include <string.h>

#include "tour.h"

enum { COLUMNS = 78, ANSWERS = 46 };

/* ---- Speaking ---- */

void tour_chapter(const char *title) {
    static int number;
    int length = printf("%s%d. %s\n", number > 0 ? "\n" : "", number + 1, title);
    length -= number++ > 0 ? 2 : 1;
    while (length-- > 0) putchar('-');
    putchar('\n');
}

void tour_say(const char *text) {
    int column = 0;
    putchar('\n');
    while (*text != '\0') {
        int length = (int)strcspn(text, " ");
        if (column > 0 && column + 1 + length > COLUMNS) {
            putchar('\n');
            column = 0;
        }
        column += printf("%s%.*s", column > 0 ? " " : "", length, text);
        text += length;
        text += strspn(text, " ");
    }
    printf("\n\n");
}

void tour_show(const char *line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    printf("    %-*s", ANSWERS, line);
    vprintf(format, arguments);
    putchar('\n');
    va_end(arguments);
}

void tour_ask(const char *line, bool answer) { tour_show(line, answer ? "yes" : "no"); }

/* ---- Values ---- */

void *tour_made(void *result) {
    if (result != NULL) return result;
    fprintf(stderr, "tour: out of memory\n");
    exit(1);
}

struct thing *tour_thing(struct tour *tour, const char *name) {
    struct thing *thing = tour_made(poolobj_new(tour->thing));
    thing->name = name;
    return thing;
}

poolobj *tour_int(struct tour *tour, int64_t number) {
    return tour_made(poolval_int_new(tour->space, number));
}

poolobj *tour_str(struct tour *tour, const char *utf8) {
    return tour_made(poolval_str_new(tour->space, utf8));
}

void tour_append(struct tour *tour, poolobj *list, void *item) {
    if (poolval_list_append(tour->space, list, item) < 0) tour_made(NULL);
}

poolobj *tour_list(struct tour *tour, int first, int last) {
    poolobj *list = tour_made(poolval_list_new(tour->space));
    for (int i = first; i <= last; i++) {
        poolobj *number = tour_int(tour, i);
        tour_append(tour, list, number);
        poolobj_decref(number);
    }
    return list;
}

void tour_print(struct tour *tour, const char *line, poolobj *value) {
    poolobj *text = tour_made(poolval_repr(tour->space, value));
    tour_show(line, "%s", poolval_str_utf8(tour->space, text, NULL));
    poolobj_decref(text);
}
