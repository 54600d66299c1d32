/* SPDX-License-Identifier: MIT */
#include "value/list.h"

#include "base/check.h"

static struct value_list *as_list(poolobj *value) { return (struct value_list *)value; }

ALWAYS_INLINE bool require_list(poolval_space *space, const poolobj *list) {
    return value_require(space, list, POOLVAL_LIST, "a list");
}

/* ---- Room ---- */

/* CPython's listobject.c, list_resize: since 3.9, and before. */
size_t list_room_for(int rule, size_t length) {
    if (length == 0) return 0;
    if (rule == POOLVAL_GROWTH_CLASSIC) return length + length / 8 + (length < 9 ? 3 : 6);
    return (length + length / 8 + 6) & ~(size_t)3;
}

static inline void press(const struct value_list *list, size_t old_room, size_t room) {
    value_press(&list->base, old_room * sizeof list->item[0], room * sizeof list->item[0]);
}

/* A table that is larger than the room says so in a byte of its list's header that objects leave
   free: 8 to 15 items, times a power of two. 0: the table is as large as the room. */
enum { CODE_STEPS = 8, CODE_SHIFTS = 32 };

static size_t items_of_code(unsigned code) {
    return (size_t)(CODE_STEPS + code % CODE_STEPS) << code / CODE_STEPS;
}

/* The code of at least so many items, of which there are 16 or more; 0: there are too many. */
static unsigned code_of(size_t items) {
    unsigned shift = bit_highest(items) - 3;
    size_t steps = (items + ((size_t)1 << shift) - 1) >> shift;
    return shift < CODE_SHIFTS - 1 ? shift * CODE_STEPS + (unsigned)steps - CODE_STEPS : 0;
}

static size_t table_items(const struct value_list *list) {
    return list->base.unused == 0 ? list->room : items_of_code(list->base.unused);
}

size_t list_table_bytes(const struct value_list *list) {
    return table_items(list) * sizeof list->item[0];
}

/* Moves the items to a table of so many bytes. False: no memory, and nothing happened. */
static bool move_items(struct value_list *list, size_t bytes) {
    poolobj **item = (poolobj **)value_try_reallocate(
        list->item, size_min(list->room * sizeof item[0], bytes), bytes);
    if (item == NULL) return false;
    list->item = item;
    return true;
}

/* Gives a list room for exactly so many items. */
static bool set_items_room(struct value_list *list, size_t room) {
    if (room == 0) {
        value_free(list->item);
        list->item = NULL;
    } else if (!move_items(list, room * sizeof list->item[0])) {
        return false;
    }
    press(list, list->room, room);
    list->room = room;
    list->base.unused = 0;
    return true;
}

/* Tables of up to this size are as large as the room in them. Larger ones get more from the
   beginning, as growing by an eighth copies all items nine times: a quarter more, and as much again
   where what is not used yet is pages that nobody has touched. */
enum { EXACT_BYTES = 512, TOUCHED_BYTES = 64 * KIB };

static bool move_ahead(struct value_list *list, size_t room) {
    bool touched = room * sizeof list->item[0] <= TOUCHED_BYTES;
    unsigned code = code_of(room + (touched ? room / 4 : room));
    if (code == 0 || !move_items(list, items_of_code(code) * sizeof list->item[0])) return false;
    list->base.unused = (uint8_t)code;
    return true;
}

/* From one small table to another: neither weighs anything with the collector. */
static bool grow_small(struct value_list *list, size_t room) {
    poolobj **item = (poolobj **)value_try_allocate(room * sizeof item[0]);
    if (unlikely(item == NULL)) return false;
    if (list->item != NULL) {
        memcpy(item, list->item, list->length * sizeof item[0]);
        free(list->item);
    }
    list->item = item;
    list->room = room;
    return true;
}
static_assert((size_t)EXACT_BYTES <= LIGHT_MAX, "no weight");

static bool grow_room(struct value_list *list, size_t room) {
    if (room * sizeof list->item[0] <= EXACT_BYTES && list->base.unused == 0)
        return grow_small(list, room);
    bool fits = list->item != NULL && room <= table_items(list);
    if (!fits && !move_ahead(list, room)) return set_items_room(list, room);
    press(list, list->room, room);
    list->room = room;
    return true;
}

static NOINLINE bool grow_items(poolval_space *space, struct value_list *list, size_t length) {
    if (length > TUPLE_LENGTH_MAX) {
        value_fail(space, POOLVAL_ERR_OVERFLOW, "no list has %u items", length, 0);
        return false;
    }
    size_t room = list_room_for(space->list_growth, length);
    /* What is appended at once and is more than the rule would add gets what it needs. */
    if (length - list->length > room - length) room = align_up(length, 4);
    return grow_room(list, room) || value_fail_memory(space) != NULL;
}

/* The first item that is appended asks nothing of what was there before. */
static NOINLINE bool begin_items(poolval_space *space, struct value_list *list) {
    ASSERT(list->item == NULL && list->room == 0);
    size_t room = list_room_for(space->list_growth, 1);
    list->item = (poolobj **)value_allocate(space, room * sizeof list->item[0]);
    if (likely(list->item != NULL)) list->room = room;
    return list->item != NULL;
}

bool list_make_room(poolval_space *space, struct value_list *list, size_t length) {
    return likely(length <= list->room) || grow_items(space, list, length);
}
ALWAYS_INLINE bool ensure_items_room(poolval_space *space, struct value_list *list, size_t length) {
    if (likely(length <= list->room)) return true;
    return length == 1 ? begin_items(space, list) : grow_items(space, list, length);
}

void list_give_room_back(const poolval_space *space, struct value_list *list) {
    if (likely(list->length >= list->room / 2)) return;
    set_items_room(list, list_room_for(space->list_growth, list->length));
}

/* ---- Making ---- */

struct value_list *list_new(poolval_space *space, size_t room) {
    struct value_list *list =
        (struct value_list *)value_new(space, POOLVAL_LIST, sizeof(struct value_list));
    if (unlikely(list == NULL) || room == 0 || set_items_room(list, room)) return list;
    value_unref(&list->base);
    return (struct value_list *)value_fail_memory(space);
}

void list_add(struct value_list *list, poolobj *const *items, size_t count) {
    if (count == 0) return; /* `item` may be NULL, to which C lets nobody add even 0 */
    poolobj **to = list->item + list->length;
    for (size_t i = 0; i < count; i++) to[i] = value_ref(items[i]);
    list->length += count;
}

poolobj *poolval_list_new(poolval_space *space) {
    struct value_list *list = list_new(space, 0);
    if (unlikely(list == NULL)) return NULL;
    return value_made(space, list);
}

poolobj *poolval_list_new_items(poolval_space *space, poolobj *const *items, size_t count) {
    if (count > TUPLE_LENGTH_MAX)
        return (poolobj *)value_fail(space, POOLVAL_ERR_OVERFLOW, "no list has %u items", count, 0);
    if (!value_require_items(space, items, count)) return NULL;
    struct value_list *list = list_new(space, count);
    if (unlikely(list == NULL)) return NULL;
    list_add(list, items, count);
    return value_made(space, list);
}

void list_traverse(poolobj *value, poolobj_visit visit, void *arg) {
    const struct value_list *list = as_list(value);
    if (list->length > 0) visit(list->item, list->length, arg);
}

void list_drop(poolobj *value) {
    const struct value_list *list = as_list(value);
    press(list, list->room, 0);
    value_free(list->item);
}

void list_check(const struct value_list *list) {
    CHECK(list->length <= list->room && (list->item == NULL) == (list->room == 0)); /* L1 */
    CHECK(list->room <= table_items(list));
    for (size_t i = 0; i < list->length; i++) CHECK(list->item[i] != NULL); /* L2 */
}

/* ---- Looking ---- */

ptrdiff_t poolval_list_length(poolval_space *space, const poolobj *list) {
    if (!require_list(space, list)) return -1;
    return (ptrdiff_t)((const struct value_list *)list)->length;
}

ptrdiff_t poolval_list_room(poolval_space *space, const poolobj *list) {
    if (!require_list(space, list)) return -1;
    return (ptrdiff_t)((const struct value_list *)list)->room;
}

static NOINLINE poolobj *get_item_slow(poolval_space *space, const poolobj *value,
                                       ptrdiff_t index) {
    if (!require_list(space, value)) return NULL;
    const struct value_list *list = (const struct value_list *)value;
    if (!value_index(space, "list", list->length, &index)) return NULL;
    return value_ref(list->item[index]);
}

/* Makes no call where all is well, and so saves no register. */
poolobj *poolval_list_get(poolval_space *space, const poolobj *value, ptrdiff_t index) {
    const struct value_list *list = (const struct value_list *)value;
    if (unlikely(!value_passes(space, value, POOLVAL_LIST) || (size_t)index >= list->length))
        return get_item_slow(space, value, index);
    poolobj *item = list->item[index];
    return likely(value_try_ref(item)) ? item : get_item_slow(space, value, index);
}

poolobj *poolval_list_slice(poolval_space *space, poolobj *value, ptrdiff_t start, ptrdiff_t stop) {
    if (!require_list(space, value)) return NULL;
    struct value_list *list = as_list(value);
    value_slice(list->length, &start, &stop);
    poolobj *const *from = start < stop ? list->item + start : NULL;
    return poolval_list_new_items(space, from, (size_t)(stop - start));
}

poolobj *poolval_list_concat(poolval_space *space, poolobj *a, poolobj *b) {
    if (!require_list(space, a) || !require_list(space, b)) return NULL;
    struct value_list *x = as_list(a), *y = as_list(b);
    if (!value_admits(space, x->item, x->length) || !value_admits(space, y->item, y->length))
        return NULL;
    struct value_list *list = list_new(space, x->length + y->length);
    if (list == NULL) return NULL;
    list_add(list, x->item, x->length);
    list_add(list, y->item, y->length);
    return value_made(space, list);
}

/* ---- Changing ---- */

static NOINLINE int append_slow(poolval_space *space, poolobj *value, poolobj *item) {
    if (!require_list(space, value) || !value_require_item(space, item, "item")) return -1;
    struct value_list *list = as_list(value);
    if (!ensure_items_room(space, list, list->length + 1)) return -1;
    list->item[list->length++] = value_ref(item);
    return 0;
}

/* Makes no call where all is well, and so saves no register. */
int poolval_list_append(poolval_space *space, poolobj *value, poolobj *item) {
    struct value_list *list = as_list(value);
    if (unlikely(!value_passes(space, value, POOLVAL_LIST) || item == NULL))
        return append_slow(space, value, item);
    size_t length = list->length;
    int32_t count = item->count;
    if (unlikely(length == list->room || (uint32_t)(count - 1) >= INT32_MAX - 1)) {
        if (length == list->room || count != IMMORTAL) return append_slow(space, value, item);
        list->length = length + 1;
        list->item[length] = item;
        return 0;
    }
    list->length = length + 1;
    item->count = count + 1;
    list->item[length] = item;
    return 0;
}

int poolval_list_set(poolval_space *space, poolobj *value, ptrdiff_t index, poolobj *item) {
    if (!require_list(space, value) || !value_require_item(space, item, "item")) return -1;
    struct value_list *list = as_list(value);
    if (!value_index(space, "list", list->length, &index)) return -1;
    poolobj *old = list->item[index];
    list->item[index] = value_ref(item);
    value_unref(old);
    return 0;
}

int poolval_list_insert(poolval_space *space, poolobj *value, ptrdiff_t index, poolobj *item) {
    if (!require_list(space, value) || !value_require_item(space, item, "item")) return -1;
    struct value_list *list = as_list(value);
    ptrdiff_t stop = PTRDIFF_MAX;
    value_slice(list->length, &index, &stop);
    if (!ensure_items_room(space, list, list->length + 1)) return -1;
    poolobj **at = list->item + index;
    memmove(at + 1, at, (list->length - (size_t)index) * sizeof *at);
    *at = value_ref(item);
    list->length++;
    return 0;
}

int poolval_list_extend(poolval_space *space, poolobj *value, poolobj *items) {
    size_t count, length;
    if (!require_list(space, value)) return -1;
    poolobj *const *from = poolval_items(space, items, &count);
    if (from == NULL || !value_admits(space, from, count)) return -1;
    struct value_list *list = as_list(value);
    if (__builtin_add_overflow(list->length, count, &length)) length = SIZE_MAX;
    if (!ensure_items_room(space, list, length)) return -1;
    list_add(list, tuple_items_of(space, items, &count), count); /* which may have moved */
    return 0;
}

poolobj *poolval_list_pop(poolval_space *space, poolobj *value, ptrdiff_t index) {
    if (!require_list(space, value)) return NULL;
    struct value_list *list = as_list(value);
    if (!value_index(space, "list", list->length, &index)) return NULL;
    poolobj **at = list->item + index, *item = *at;
    list->length--;
    memmove(at, at + 1, (list->length - (size_t)index) * sizeof *at);
    list_give_room_back(space, list);
    return item;
}

int poolval_list_remove(poolval_space *space, poolobj *list, ptrdiff_t index) {
    poolobj *item = poolval_list_pop(space, list, index);
    if (item == NULL) return -1;
    value_unref(item);
    return 0;
}

int poolval_list_clear(poolval_space *space, poolobj *value) {
    if (!require_list(space, value)) return -1;
    struct value_list *list = as_list(value), old = *list;
    list->item = NULL;
    list->length = list->room = 0;
    list->base.unused = 0;
    press(list, old.room, 0);
    value_unref_all(old.item, old.length);
    value_free(old.item);
    return 0;
}

int poolval_list_reverse(poolval_space *space, poolobj *value) {
    if (!require_list(space, value)) return -1;
    const struct value_list *list = as_list(value);
    for (size_t i = 0; i < list->length / 2; i++) {
        poolobj *item = list->item[i];
        list->item[i] = list->item[list->length - 1 - i];
        list->item[list->length - 1 - i] = item;
    }
    return 0;
}
