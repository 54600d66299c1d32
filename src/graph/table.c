/* SPDX-License-Identifier: MIT */
#include "graph/table.h"

#include "graph/area.h"
#include "graph/count.h"
#include "graph/label.h"

static const poolgraph_options NO_OPTIONS;

static void show_rows(const struct label *label, const poolgraph_type_count *counts, size_t shown,
                      bool growth) {
    for (size_t i = 0; i < shown; i++) {
        label_column(label, counts[i].objects, COLUMN);
        if (growth) label_column(label, counts[i].objects - counts[i].before, COLUMN);
        label_column(label, counts[i].bytes, COLUMN);
        text_add(label->text, "  ");
        label_string(label, poolobj_type_name(counts[i].type));
        text_add(label->text, "\n");
    }
}

static void show_counts(const struct label *label, const poolgraph_type_count *counts, size_t shown,
                        size_t found, bool growth) {
    if (found == 0) {
        text_add(label->text, growth ? "nothing grew\n" : "no objects\n");
        return;
    }
    text_add(label->text, growth ? "     objects        more       bytes  type\n"
                                 : "     objects       bytes  type\n");
    show_rows(label, counts, shown, growth);
    if (found == shown) return;
    text_add(label->text, "and ");
    label_number(label, found - shown, "more type");
    text_add(label->text, "\n");
}

int table_show(poolobj_heap *heap, const poolgraph_snapshot *snapshot, size_t limit, FILE *out) {
    size_t types = count_types(heap), room = limit == 0 ? types : size_min(limit, types);
    poolgraph_type_count *counts = (poolgraph_type_count *)area_new(room, sizeof *counts);
    if (counts == NULL) {
        errno = ENOMEM;
        return -1;
    }
    struct text text;
    struct label label = {&text, LABEL_LINE, &NO_OPTIONS};
    label_open(&text, out);
    size_t found = count_rank(heap, snapshot, counts, room);
    show_counts(&label, counts, size_min(found, room), found, snapshot != NULL);
    area_free(counts);
    return label_close(&text);
}
