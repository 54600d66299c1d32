/* SPDX-License-Identifier: MIT */
/* The functions of poolval.h that build a string bit by bit. */
#include "value/repr.h"

struct poolval_writer {
    struct writer writer;
};

poolval_writer *poolval_writer_new(poolval_space *space) {
    value_require_thread(space);
    poolval_writer *made = (poolval_writer *)value_allocate(space, sizeof *made);
    if (made != NULL) writer_begin(&made->writer, space);
    return made;
}

/* A writer that failed stays so, and with it the failure that was noted. */
static bool has_failed(const poolval_writer *made) {
    value_require_thread(made->writer.space);
    return made->writer.failed;
}
static int state(const poolval_writer *made) { return made->writer.failed ? -1 : 0; }

int poolval_writer_char(poolval_writer *made, uint32_t character) {
    if (has_failed(made)) return -1;
    if (!utf8_is_scalar(character)) {
        value_fail(made->writer.space, POOLVAL_ERR_ENCODING, "%x is no Unicode scalar value",
                   character, 0);
        writer_fail(&made->writer);
    }
    if (!made->writer.failed) writer_char(&made->writer, character);
    return state(made);
}

int poolval_writer_utf8(poolval_writer *made, const char *text, size_t size) {
    poolval_space *space = made->writer.space;
    if (has_failed(made)) return -1;
    if (text == NULL && size > 0)
        value_fail_type(space, "text", NULL), writer_fail(&made->writer);
    else if (size > STR_LENGTH_MAX)
        str_fail_length(space, size), writer_fail(&made->writer);
    else
        writer_utf8(&made->writer, text, size);
    return state(made);
}

int poolval_writer_str(poolval_writer *made, const poolobj *value) {
    const struct value_str *str = (const struct value_str *)value;
    if (has_failed(made)) return -1;
    if (value_require(made->writer.space, value, POOLVAL_STR, "a str"))
        writer_part(&made->writer, str, 0, str_length(str));
    else
        writer_fail(&made->writer);
    return state(made);
}

int poolval_writer_text(poolval_writer *made, poolobj *value) {
    if (has_failed(made)) return -1;
    if (value_is(made->writer.space, value, POOLVAL_STR)) return poolval_writer_str(made, value);
    return poolval_writer_repr(made, value);
}

int poolval_writer_repr(poolval_writer *made, poolobj *value) {
    if (has_failed(made)) return -1;
    if (value_require_item(made->writer.space, value, "value"))
        repr_write(&made->writer, value);
    else
        writer_fail(&made->writer);
    return state(made);
}

poolobj *poolval_writer_end(poolval_writer *made) {
    value_require_thread(made->writer.space);
    poolobj *str = writer_end(&made->writer);
    value_free(made);
    return str;
}

void poolval_writer_free(poolval_writer *made) {
    if (made == NULL) return;
    value_require_thread(made->writer.space);
    value_free(made->writer.data);
    value_free(made);
}

poolobj *poolval_text(poolval_space *space, poolobj *value) {
    if (!value_require_own(space, value)) return NULL;
    return value_is(space, value, POOLVAL_STR) ? value_ref(value) : poolval_repr(space, value);
}
