/* SPDX-License-Identifier: MIT */
/* The functions of poolval.h that change or repeat many items of a list or tuple at once. */
#include "value/list.h"

/* ---- Repeating ---- */

/* Copies of the first `count` items until there are `all` of them. */
static void fill_up_items(poolobj **item, size_t count, size_t all) {
    for (size_t i = count; i < all; i++) item[i] = value_ref(item[i - count]);
}

/* False: a count that is no good, with the failure noted. */
static bool repeated_length(poolval_space *space, size_t length, ptrdiff_t count, size_t *all) {
    if (count < 0) count = 0;
    if (!__builtin_mul_overflow(length, (size_t)count, all) && *all <= TUPLE_LENGTH_MAX)
        return true;
    value_fail(space, POOLVAL_ERR_OVERFLOW, "%u items repeated %u times are too many", length,
               (uint64_t)count);
    return false;
}

poolobj *poolval_list_repeat(poolval_space *space, poolobj *value, ptrdiff_t count) {
    size_t all;
    if (!value_require(space, value, POOLVAL_LIST, "a list")) return NULL;
    const struct value_list *from = (const struct value_list *)value;
    if (!value_admits(space, from->item, from->length)) return NULL;
    if (!repeated_length(space, from->length, count, &all)) return NULL;
    struct value_list *list = list_new(space, all);
    if (list == NULL) return NULL;
    if (all > 0) {
        list_add(list, from->item, from->length);
        fill_up_items(list->item, from->length, all);
        list->length = all;
    }
    return value_made(space, list);
}

poolobj *poolval_tuple_repeat(poolval_space *space, poolobj *value, ptrdiff_t count) {
    size_t all;
    if (!value_require(space, value, POOLVAL_TUPLE, "a tuple")) return NULL;
    const struct value_tuple *from = (const struct value_tuple *)value;
    if (!value_admits(space, from->item, from->length)) return NULL;
    if (!repeated_length(space, from->length, count, &all)) return NULL;
    if (all == from->length) return value_ref(value);
    if (all == 0) return space->empty_tuple;
    struct value_tuple *tuple = tuple_new_empty(space, all);
    if (tuple == NULL) return NULL;
    for (size_t i = 0; i < from->length; i++) tuple->item[i] = value_ref(from->item[i]);
    fill_up_items(tuple->item, from->length, all);
    return value_made(space, tuple);
}

/* ---- Replacing ---- */

/* Items that go, to be dropped when the list is whole again, and items that come. */
struct exchange {
    poolobj **memory, **out, **in;
    size_t out_count, in_count;
    poolobj *few[16];
};

/* Takes references to what comes, which may be of the list itself. */
static bool exchange_begin(poolval_space *space, struct exchange *exchange, poolobj *const *out,
                           size_t out_count, poolobj *const *in, size_t in_count) {
    size_t all = out_count + in_count;
    bool is_few = all <= sizeof exchange->few / sizeof exchange->few[0];
    exchange->memory = NULL;
    if (!is_few) exchange->memory = (poolobj **)value_allocate(space, all * sizeof out[0]);
    if (!is_few && exchange->memory == NULL) return false;
    exchange->out = is_few ? exchange->few : exchange->memory;
    exchange->in = exchange->out + out_count;
    exchange->out_count = out_count;
    exchange->in_count = in_count;
    for (size_t i = 0; i < out_count; i++) exchange->out[i] = out[i];
    for (size_t i = 0; i < in_count; i++) exchange->in[i] = value_ref(in[i]);
    return true;
}

static void exchange_end(struct exchange *exchange, bool done) {
    value_unref_all(done ? exchange->out : exchange->in,
                    done ? exchange->out_count : exchange->in_count);
    value_free(exchange->memory);
}

static int replace(poolval_space *space, struct value_list *list, size_t start, size_t count,
                   poolobj *const *in, size_t in_count) {
    struct exchange exchange;
    poolobj *const *out = count > 0 ? list->item + start : NULL;
    size_t length = list->length - count + in_count, behind = list->length - count - start;
    if (!exchange_begin(space, &exchange, out, count, in, in_count)) return -1;
    bool done = list_make_room(space, list, length);
    if (done && length > 0) {
        poolobj **at = list->item + start;
        memmove(at + in_count, at + count, behind * sizeof *at);
        for (size_t i = 0; i < in_count; i++) at[i] = exchange.in[i];
    }
    if (done) list->length = length;
    if (done) list_give_room_back(space, list);
    exchange_end(&exchange, done);
    return done ? 0 : -1;
}

int poolval_list_set_slice(poolval_space *space, poolobj *value, ptrdiff_t start, ptrdiff_t stop,
                           poolobj *items) {
    size_t in_count;
    if (!value_require(space, value, POOLVAL_LIST, "a list")) return -1;
    poolobj *const *in = poolval_items(space, items, &in_count);
    if (in == NULL || !value_admits(space, in, in_count)) return -1;
    struct value_list *list = (struct value_list *)value;
    value_slice(list->length, &start, &stop);
    return replace(space, list, (size_t)start, (size_t)(stop - start), in, in_count);
}

int poolval_list_remove_slice(poolval_space *space, poolobj *value, ptrdiff_t start,
                              ptrdiff_t stop) {
    if (!value_require(space, value, POOLVAL_LIST, "a list")) return -1;
    struct value_list *list = (struct value_list *)value;
    value_slice(list->length, &start, &stop);
    return replace(space, list, (size_t)start, (size_t)(stop - start), NULL, 0);
}
