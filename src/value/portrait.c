/* SPDX-License-Identifier: MIT */
/* poolval_describe and poolval_name: what values and their references are called in graphs. Nothing
   is allocated from the heap, and no hook but `edge` is called, so that what is looked at stays as
   it is. */
#pragma GCC visibility push(default)
#include <poolgraph.h>
#pragma GCC visibility pop

#include <limits.h>
#include <stdio.h>

#include "base/utf8.h"
#include "value/instance.h"
#include "value/repr.h"
#include "value/set.h"

enum { SHOWN_MAX = 60 }; /* characters of a string */

/* ---- Text ---- */

static uint32_t char_at(const struct writer *writer, size_t index) {
    if (writer->width_log == 0) return writer->data[index];
    if (writer->width_log == 1) return ((const uint16_t *)(const void *)writer->data)[index];
    return ((const uint32_t *)(const void *)writer->data)[index];
}

/* Copies the text out as snprintf does: what does not fit is cut off, and the whole length is
   returned. */
static int give_text(struct writer *writer, char *text, size_t size) {
    size_t used = 0, end = 0;
    for (size_t i = 0; i < writer->length && !writer->failed; i++) {
        uint32_t character = char_at(writer, i);
        used += utf8_size(character);
        if (used < size) end = (size_t)(utf8_put(text + end, character) - text);
    }
    if (size > 0) text[end] = '\0';
    value_free(writer->data);
    return used < INT_MAX ? (int)used : INT_MAX;
}

/* A string is cut; a tuple is shown whole where that calls no hook. */
static void write_short(struct writer *writer, const poolobj *value) {
    const struct value_str *str = (const struct value_str *)value;
    if (value_is(writer->space, value, POOLVAL_STR) && str_length(str) > SHOWN_MAX) {
        writer_text(writer, "'");
        writer_part(writer, str, 0, SHOWN_MAX);
        writer_text(writer, "...'");
    } else if (!value_kind(writer->space, value)->tracked || writer->space->owned == 0) {
        repr_write(writer, value);
    } else {
        writer_text(writer, value_type_name(writer->space, value));
    }
}

/* ---- Objects ---- */

static const poolval_space *space_for(const void *object, const void *arg) {
    return arg != NULL ? (const poolval_space *)arg : poolval_space_of(object);
}

int poolval_describe(poolobj *object, char *text, size_t size, void *arg) {
    poolval_space *space = (poolval_space *)(uintptr_t)space_for(object, arg);
    struct writer writer;
    if (space == NULL) return 0;
    unsigned type = value_type(space, object);
    const struct kind *kind = value_kind(space, object);
    if (kind->of != NULL) {
        size_t count = kind->length(space, object);
        return snprintf(text, size, "%zu %s%s", count, kind->of, count == 1 ? "" : "s");
    }
    if (type == POOLVAL_INSTANCE) return snprintf(text, size, "%s", value_type_name(space, object));
    if (type == POOLVAL_CLASS)
        return snprintf(text, size, "%s", ((const struct value_class *)object)->utf8);
    if (type == POOLVAL_OTHER || type == POOLVAL_ITERATOR || type == POOLVAL_NONE) return 0;
    writer_begin(&writer, space);
    write_short(&writer, object);
    return give_text(&writer, text, size);
}

/* ---- References ---- */

static int name_attribute(poolval_space *space, poolobj *name, char *text, size_t size) {
    struct writer writer;
    const struct value_str *str = (const struct value_str *)name;
    writer_begin(&writer, space);
    writer_text(&writer, ".");
    writer_part(&writer, str, 0, size_min(str_length(str), SHOWN_MAX));
    return give_text(&writer, text, size);
}

/* ['spam'] for the value of a key; key, or item of a set, for what is one. */
static int name_entry(poolval_space *space, const poolgraph_reference *reference, char *text,
                      size_t size) {
    const struct value_dict *dict = (const struct value_dict *)reference->from;
    size_t at = (size_t)(reference->slot - dict->item);
    struct writer writer;
    if (at >= 2 * dict->used) return 0;
    if (set_is(space, reference->from)) return snprintf(text, size, "item");
    if (at % 2 == 0) return snprintf(text, size, "key");
    writer_begin(&writer, space);
    writer_text(&writer, "[");
    write_short(&writer, dict->item[at - 1]);
    writer_text(&writer, "]");
    return give_text(&writer, text, size);
}

static int name_own(poolval_space *space, const poolgraph_reference *reference, char *text,
                    size_t size) {
    const struct own *own = own_of(space, reference->from);
    if (own == NULL || own->hooks.edge == NULL) return 0;
    return own->hooks.edge(space, reference->from, reference->kind, reference->index, text, size);
}

int poolval_name(const struct poolgraph_reference *reference, char *text, size_t size, void *arg) {
    poolobj *from = reference->from;
    poolval_space *space = (poolval_space *)(uintptr_t)space_for(from, arg);
    if (space == NULL) return 0;
    unsigned type = value_type(space, from);
    if (type == POOLVAL_INSTANCE && reference->kind == POOLGRAPH_ITEM) {
        const struct value_class *class_ =
            (const struct value_class *)((const struct value_instance *)from)->type;
        const struct value_dict *names = (const struct value_dict *)class_->names;
        if (reference->index < names->length)
            return name_attribute(space, names->item[2 * reference->index], text, size);
    }
    if (value_kind(space, from)->entries && reference->kind == POOLGRAPH_ITEM)
        return name_entry(space, reference, text, size);
    return name_own(space, reference, text, size);
}
