/* SPDX-License-Identifier: MIT */
/*
 * poolval.h - values for interpreters: numbers, strings, bytes, tuples, lists, dictionaries, sets
 * and iterators as CPython has them, on the objects of poolobj.h.
 *
 *     #include <poolval.h>                       cc app.c $(pkg-config --cflags --libs poolobj)
 *
 *     poolobj_heap *heap = poolobj_heap_new();
 *     poolval_space *space = poolval_space_new(heap, NULL);
 *     poolobj *list = poolval_list_new(space);
 *     poolobj *word = poolval_str_new(space, "spam");
 *     if (poolval_list_append(space, list, word) < 0) puts(poolval_error_message(space));
 *     poolobj *text = poolval_repr(space, list);
 *     puts(poolval_str_utf8(space, text, NULL));           // ['spam']
 *     poolobj_decref(text), poolobj_decref(word), poolobj_decref(list);
 *     poolobj_heap_close(heap);
 *
 * docs/values.md teaches it by examples. This header has spaces, errors, what is done with any
 * value, and containers; it includes poolval_number.h (integers, floats), poolval_str.h (strings,
 * formats, writers) and poolval_types.h (types read inline, own types, classes, threads). Values
 * are objects: poolobj_incref, _decref, _set, weak references and the collector work on them as on
 * all others. In turn containers hold any object of their heap; one that is no value
 * (POOLVAL_OTHER) is equal to itself alone, and hashed by its address, unless its type has hooks.
 *
 * References. Functions that return a poolobj * return a new reference, which the caller drops with
 * poolobj_decref; "borrowed" says the few that do not. Arguments are borrowed: who keeps one takes
 * a reference of its own.
 *
 * Errors. A function that fails returns NULL, or -1, or what its comment says, changes nothing, and
 * leaves a code and a message in the space: poolval_error, poolval_error_message. They stay until
 * the next failure. Every function that takes values fails with POOLVAL_ERR_TYPE if one is NULL or
 * of another type than it needs, and may fail with POOLVAL_ERR_MEMORY. None ends the process.
 *
 * Code of the program (finalizers, callbacks of weak references) runs where poolobj.h says: when a
 * reference is dropped, and when a container is made; and what poolval_list_sort_by is given, the
 * option `power`, and the hooks of own types. It may change any container.
 *
 * Threads. As the heap: one thread at a time.
 */
#ifndef POOLVAL_H
#define POOLVAL_H

#include <poolobj.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Spaces ---- */

/* The types of values in a heap, the values that are shared, and the last error. */
typedef struct poolval_space poolval_space;

/* How lists make room for more. Whatever the rule, room that is less than half used goes back. */
enum {
    POOLVAL_GROWTH_PRESENT = 0, /* CPython from 3.9 on: 0, 4, 8, 16, 24, 32, 40, 52, 64, 76, ... */
    POOLVAL_GROWTH_CLASSIC = 1, /* CPython before: 0, 4, 8, 16, 25, 35, 46, 58, 72, 88, ... */
};

/* What a space is like. Start from POOLVAL_DEFAULTS and change members. */
typedef struct poolval_options {
    /* These integers are shared and immortal; at most 2^20, none if small_min > small_max. */
    int64_t small_min, small_max;
    size_t intern_max; /* see poolval_str_new; 0: only poolval_str_intern interns */
    int list_growth;   /* POOLVAL_GROWTH_... */
    /* Repr, equal, compare, hash, deepcopy and copy_to fail on values nested deeper. A level takes
       some 130 bytes of stack. */
    size_t depth_max;
    /* Free lists: so many dead objects are kept to be made anew; 0: none. Tuples: so many of each
       length from 1 to 19. */
    size_t keep_tuples, keep_lists, keep_dicts, keep_ints, keep_floats;
    /* The key of all hashes; 0: one that other processes can't guess. */
    uint64_t hash_key;
    /* What poolval_power reckons with when a float takes part: libm's pow. NULL: it fails then. */
    double (*power)(double base, double exponent);
    /* Repr, equal, compare and hash fail (POOLVAL_ERR_BUDGET) when they would look at more items of
       containers than this; 0: as many as there are. What is shared is looked at once, or about. */
    size_t work_max;
    /* Repr fails when it would write more items again that it has written, as they are shared. */
    size_t repeat_max;
    /* Other than 0, for tests: hooks (poolval_types.h) that contradict each other fail. */
    int check_hooks;
} poolval_options;

#define POOLVAL_DEFAULTS                                                                           \
    { -5, 256, 20, POOLVAL_GROWTH_PRESENT, 1000, 2000, 80, 80, 0, 0, 0, NULL, 0, 10000000, 0 }

/* A space in a heap; `options` of NULL: POOLVAL_DEFAULTS. It ends with the heap, and is not freed
   before. NULL and EINVAL for options out of range, NULL and ENOMEM when out of memory. Several
   spaces of a heap are possible; to each the values of another are of type POOLVAL_OTHER. */
poolval_space *poolval_space_new(poolobj_heap *heap, const poolval_options *options);

/* The space of a value; of another object the first that was made in its heap, or NULL. */
poolval_space *poolval_space_of(const void *object);
poolobj_heap *poolval_space_heap(const poolval_space *space);

/* From now on lists grow by this rule. -1 and POOLVAL_ERR_VALUE for one that is none. */
int poolval_set_list_growth(poolval_space *space, int rule);

/* Checks the space and all its values; ends the process with a line if an invariant does not hold.
 */
void poolval_space_check(poolval_space *space);

/* ---- Errors ---- */

enum {
    POOLVAL_OK = 0,
    POOLVAL_ERR_MEMORY = 1,    /* out of memory */
    POOLVAL_ERR_TYPE = 2,      /* a value of the wrong type; no key; types without an order */
    POOLVAL_ERR_INDEX = 3,     /* an index out of range */
    POOLVAL_ERR_KEY = 4,       /* a key that is not there */
    POOLVAL_ERR_OVERFLOW = 5,  /* a number beyond 64 bits or all floats, a length beyond memory */
    POOLVAL_ERR_ENCODING = 6,  /* not valid UTF-8, or no Unicode scalar value */
    POOLVAL_ERR_VALUE = 7,     /* right type, wrong value: division by zero, no order with nan */
    POOLVAL_ERR_CHANGED = 8,   /* a dictionary changed while it was iterated */
    POOLVAL_ERR_DEPTH = 9,     /* nested deeper than depth_max, as cycles are */
    POOLVAL_ERR_BUDGET = 10,   /* more work than work_max or repeat_max allow */
    POOLVAL_ERR_HOOK = 11,     /* a hook failed without a reason, or hooks contradict each other */
    POOLVAL_ERR_PROGRAM = 256, /* this and above: the program's own */
};

/* Code and message of the last failure; POOLVAL_OK and "" before the first. The message belongs to
   the space and is valid until the next failure; it is made when it is asked for, so that a failure
   that nobody reads costs little. */
int poolval_error(const poolval_space *space);
const char *poolval_error_message(const poolval_space *space);
void poolval_error_clear(poolval_space *space);
/* A failure of the program's own, with a message as printf makes it, cut to 255 bytes. `code` is
   one of the above or from POOLVAL_ERR_PROGRAM on. Returns -1. */
int poolval_error_set(poolval_space *space, int code, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* ---- Any value ---- */

enum {
    POOLVAL_OTHER = 0, /* an object that is no value of the space */
    POOLVAL_NONE = 1,
    POOLVAL_BOOL = 2,
    POOLVAL_INT = 3,
    POOLVAL_FLOAT = 4,
    POOLVAL_LARGE_INT = 5, /* of poolval_object_type alone: ints beyond 64 bits are POOLVAL_INT */
    POOLVAL_STR = 6,
    POOLVAL_BYTES = 7,
    POOLVAL_BYTEARRAY = 8,
    POOLVAL_RANGE = 9,
    POOLVAL_SLICE = 10,
    POOLVAL_TUPLE = 11,
    POOLVAL_LIST = 12,
    POOLVAL_DICT = 13,
    POOLVAL_SET = 14,
    POOLVAL_FROZENSET = 15,
    POOLVAL_ITERATOR = 16,
    POOLVAL_CLASS = 17,
    POOLVAL_INSTANCE = 18,
    POOLVAL_TYPES = 19, /* how many there are, and the number of the next one */
};

/* The type of a value, one of POOLVAL_...; POOLVAL_OTHER for NULL too. Never fails. */
int poolval_type(const poolval_space *space, const poolobj *value);
/* "int", "list", ...; of another object the name of its type. Borrowed. */
const char *poolval_type_name(const poolval_space *space, const poolobj *value);
/* The type whose pools hold the values of a POOLVAL_..., for poolobj_count and _walk; NULL for
   POOLVAL_OTHER and for what is none of them. */
poolobj_type *poolval_object_type(const poolval_space *space, int type);

/* A number that no other living object has: its address. */
uintptr_t poolval_id(const poolobj *value);
/* References to the value; INT32_MAX for an immortal one. */
int32_t poolval_refcount(const poolobj *value);
/* Bytes of a value, with the tables that belong to it alone and without what it refers to. */
size_t poolval_sizeof(const poolval_space *space, const poolobj *value);

/* A string that shows the value as Python's repr does; [...] where a container holds itself. */
poolobj *poolval_repr(poolval_space *space, poolobj *value);

/* 1 equal, 0 not, -1 failed: POOLVAL_ERR_DEPTH, _BUDGET or _HOOK. As in Python: numbers by value (1
   == 1.0 == true), strings, tuples and lists item by item, dictionaries whatever their order; what
   is the same object is equal inside of containers, nan too. */
int poolval_equal(poolval_space *space, poolobj *a, poolobj *b);

/* -1 and POOLVAL_ERR_TYPE for lists, dictionaries, sets, byte arrays, slices and what holds them.
   Equal values have equal hashes within a space; they differ from space to space, by its hash_key.
 */
int poolval_hash(poolval_space *space, poolobj *value, uint64_t *hash);

/* Sets *order to -1, 0 or 1 for a < b, a = b, a > b: of two numbers, strings (by code points),
   bytes or byte arrays, tuples or lists. -1 and POOLVAL_ERR_TYPE for other pairs, POOLVAL_ERR_VALUE
   for nan. */
int poolval_compare(poolval_space *space, poolobj *a, poolobj *b, int *order);

/* A new list, dictionary, set or byte array with the same items, an instance with the same
   attributes, what the hook `copy` of an own type makes; other values themselves. */
poolobj *poolval_copy(poolval_space *space, poolobj *value);
/* A copy with copies of the items, theirs and so on: cycles and what is shared keep their shape.
   Keys, items of sets, tuples that hold nothing to be copied, classes, iterators, and other objects
   without the hook `copy` are not copied. */
poolobj *poolval_deepcopy(poolval_space *space, poolobj *value);

/* A copy of a value of any space in this one, which may be of another heap: with copies of the
   items, theirs and so on; cycles and what is shared keep their shape, interned strings are
   interned. Objects of own types are copied by their hook, instances with their class but within a
   space. The calling thread owns both heaps. POOLVAL_ERR_TYPE if an iterator or an object without
   that hook is in it, or a key with a hash by a hook that holds it; nothing is left of it then. */
poolobj *poolval_copy_to(poolval_space *space, const poolobj *value);

/* ---- None and booleans: immortal ---- */

poolobj *poolval_none(const poolval_space *space);
poolobj *poolval_bool(const poolval_space *space, int truth);
/* 1: the value is true, 0: it is none, false, 0, 0.0 or empty. Never fails. */
int poolval_truth(const poolval_space *space, const poolobj *value);

/* ---- Tuples: immutable ---- */

/* A tuple of `count` values. The empty tuple is one, shared and immortal. */
poolobj *poolval_tuple_new(poolval_space *space, poolobj *const *items, size_t count);
ptrdiff_t poolval_tuple_length(poolval_space *space, const poolobj *tuple);
poolobj *poolval_tuple_get(poolval_space *space, const poolobj *tuple, ptrdiff_t index);
poolobj *poolval_tuple_concat(poolval_space *space, poolobj *a, poolobj *b);
poolobj *poolval_tuple_slice(poolval_space *space, poolobj *tuple, ptrdiff_t start, ptrdiff_t stop);
poolobj *poolval_tuple_repeat(poolval_space *space, poolobj *tuple, ptrdiff_t count);

/* ---- Lists ---- */

poolobj *poolval_list_new(poolval_space *space);
/* A list of `count` values, with room for exactly those. */
poolobj *poolval_list_new_items(poolval_space *space, poolobj *const *items, size_t count);

ptrdiff_t poolval_list_length(poolval_space *space, const poolobj *list);
/* Items that fit before the list must grow; -1. */
ptrdiff_t poolval_list_room(poolval_space *space, const poolobj *list);

poolobj *poolval_list_get(poolval_space *space, const poolobj *list, ptrdiff_t index);
/* Functions of lists that return int return 0, or -1. */
int poolval_list_set(poolval_space *space, poolobj *list, ptrdiff_t index, poolobj *item);
int poolval_list_append(poolval_space *space, poolobj *list, poolobj *item);
/* Inserts before the item at `index`, as Python's insert: nothing is out of range. */
int poolval_list_insert(poolval_space *space, poolobj *list, ptrdiff_t index, poolobj *item);
/* Appends the items of a list (which may be the same) or tuple. */
int poolval_list_extend(poolval_space *space, poolobj *list, poolobj *items);
int poolval_list_remove(poolval_space *space, poolobj *list, ptrdiff_t index);
/* Removes the item and returns it; -1 is the last. */
poolobj *poolval_list_pop(poolval_space *space, poolobj *list, ptrdiff_t index);
int poolval_list_clear(poolval_space *space, poolobj *list);
int poolval_list_reverse(poolval_space *space, poolobj *list);
/* Sorts by poolval_compare, stable; if two items have no order, the list is left as it was. */
int poolval_list_sort(poolval_space *space, poolobj *list);
/* What a list is sorted by; all members may be 0. Both functions may do with values whatever they
   like: the list is empty meanwhile. */
typedef struct poolval_sorting {
    /* What is compared in place of an item: a new reference; NULL fails. Called once for each item.
     */
    poolobj *(*key)(poolval_space *space, poolobj *item, void *arg);
    /* Called in place of poolval_compare, with keys if there are any: 0 and *order, or -1. */
    int (*compare)(poolval_space *space, poolobj *a, poolobj *b, int *order, void *arg);
    void *arg;
    int reverse; /* the last first; what is equal stays as it is */
} poolval_sorting;
/* Sorts, stable; `how` of NULL: upwards. If a function fails, the list is left as it was, and the
   failure is what that one left (poolval_error_set). -1 and POOLVAL_ERR_CHANGED if the list got
   items meanwhile, which it loses; it has its own, in order. */
int poolval_list_sort_by(poolval_space *space, poolobj *list, const poolval_sorting *how);
/* Index of the first equal item between start and stop; -1: none; -2: failed. */
ptrdiff_t poolval_list_find(poolval_space *space, poolobj *list, poolobj *item, ptrdiff_t start,
                            ptrdiff_t stop);
poolobj *poolval_list_concat(poolval_space *space, poolobj *a, poolobj *b);
poolobj *poolval_list_slice(poolval_space *space, poolobj *list, ptrdiff_t start, ptrdiff_t stop);
/* The items of a list (which may be the same) or tuple in the place of those from start to stop -
   1, as Python's list[start:stop] = items: nothing is out of range. */
int poolval_list_set_slice(poolval_space *space, poolobj *list, ptrdiff_t start, ptrdiff_t stop,
                           poolobj *items);
int poolval_list_remove_slice(poolval_space *space, poolobj *list, ptrdiff_t start, ptrdiff_t stop);
/* `count` times the items; empty for 0 and less. */
poolobj *poolval_list_repeat(poolval_space *space, poolobj *list, ptrdiff_t count);
/* The items of a list or tuple side by side, as many as *count says; NULL: failed. Borrowed: valid
   until the list changes, which dropping any reference may cause. */
poolobj *const *poolval_items(poolval_space *space, const poolobj *sequence, size_t *count);

/* ---- Dictionaries: in the order of insertion ---- */

poolobj *poolval_dict_new(poolval_space *space);
ptrdiff_t poolval_dict_length(poolval_space *space, const poolobj *dict);

/* The value of a key; NULL: failed, POOLVAL_ERR_KEY if the key is not there. */
poolobj *poolval_dict_get(poolval_space *space, poolobj *dict, poolobj *key);
/* 1 and the value in *value, borrowed; 0 and NULL if the key is not there; -1. */
int poolval_dict_find(poolval_space *space, poolobj *dict, poolobj *key, poolobj **value);
/* Functions of dictionaries that return int return 0, or -1. A key that is there keeps its place,
   and stays the object it is. */
int poolval_dict_set(poolval_space *space, poolobj *dict, poolobj *key, poolobj *value);
/* POOLVAL_ERR_KEY if the key is not there. */
int poolval_dict_remove(poolval_space *space, poolobj *dict, poolobj *key);
/* Removes the key and returns its value. */
poolobj *poolval_dict_pop(poolval_space *space, poolobj *dict, poolobj *key);
/* The value of the key, which is set to `value` first if it is not there: one look-up. */
poolobj *poolval_dict_get_or_set(poolval_space *space, poolobj *dict, poolobj *key, poolobj *value);
int poolval_dict_clear(poolval_space *space, poolobj *dict);
/* Sets all keys of `other` to its values. If it fails, some may be set already. */
int poolval_dict_update(poolval_space *space, poolobj *dict, poolobj *other);
/* The oldest and the latest key with its value: 1 and both, borrowed; 0 and NULL if the dictionary
   is empty; -1. `key` and `value` may be NULL. Cost: the same however long it is. */
int poolval_dict_first(poolval_space *space, const poolobj *dict, poolobj **key, poolobj **value);
int poolval_dict_last(poolval_space *space, const poolobj *dict, poolobj **key, poolobj **value);
/* Takes the oldest or the latest key out, with its value: 1 and both, new references; 0; -1. */
int poolval_dict_pop_first(poolval_space *space, poolobj *dict, poolobj **key, poolobj **value);
int poolval_dict_pop_last(poolval_space *space, poolobj *dict, poolobj **key, poolobj **value);
/* Lists of the keys, the values, and tuples of both. */
poolobj *poolval_dict_keys(poolval_space *space, poolobj *dict);
poolobj *poolval_dict_values(poolval_space *space, poolobj *dict);
poolobj *poolval_dict_items(poolval_space *space, poolobj *dict);

/* A place in a dictionary. All members 0: before the first key. */
typedef struct poolval_place {
    size_t index;
    uint64_t version;
} poolval_place;
/* Moves on to the next key: 1 and both, borrowed; 0 at the end; -1 and POOLVAL_ERR_CHANGED if keys
   came or went since the first call. Values may be set meanwhile. `key` and `value` may be NULL. */
int poolval_dict_next(poolval_space *space, const poolobj *dict, poolval_place *place,
                      poolobj **key, poolobj **value);

/* ---- Bytes, immutable, and byte arrays ----
 * Where a function takes either, what it makes is of the type of its first argument. A byte array
 * and bytes with the same content are equal, but only bytes are keys. */

poolobj *poolval_bytes_new(poolval_space *space, const void *data, size_t size);
poolobj *poolval_bytearray_new(poolval_space *space, const void *data, size_t size);
/* The content of bytes or a byte array, and its size in *size, unless NULL. Borrowed: valid as long
   as the bytes live, or until the byte array changes. */
const void *poolval_bytes_data(poolval_space *space, const poolobj *bytes, size_t *size);
ptrdiff_t poolval_bytes_length(poolval_space *space, const poolobj *bytes);
/* The byte at an index: 0 to 255; -1: failed. */
int poolval_bytes_at(poolval_space *space, const poolobj *bytes, ptrdiff_t index);
/* Index of the first `part` between start and stop; -1: none; -2: failed. */
ptrdiff_t poolval_bytes_find(poolval_space *space, const poolobj *bytes, const poolobj *part,
                             ptrdiff_t start, ptrdiff_t stop);
poolobj *poolval_bytes_concat(poolval_space *space, poolobj *a, poolobj *b);
poolobj *poolval_bytes_repeat(poolval_space *space, poolobj *bytes, ptrdiff_t count);
poolobj *poolval_bytes_slice(poolval_space *space, poolobj *bytes, ptrdiff_t start, ptrdiff_t stop);
/* The UTF-8 of a string, and the string of UTF-8, as poolval_str_new_size has it. */
poolobj *poolval_str_encode(poolval_space *space, poolobj *str);
poolobj *poolval_bytes_decode(poolval_space *space, const poolobj *bytes);
/* The content of a byte array, to write to, until the byte array changes its length. */
void *poolval_bytearray_data(poolval_space *space, poolobj *bytearray);
/* Changes of a byte array: 0, or -1; POOLVAL_ERR_VALUE for a byte that is not 0 to 255. */
int poolval_bytearray_set(poolval_space *space, poolobj *bytearray, ptrdiff_t index, int byte);
int poolval_bytearray_append(poolval_space *space, poolobj *bytearray, int byte);
int poolval_bytearray_extend(poolval_space *space, poolobj *bytearray, poolobj *bytes);
/* Puts `bytes` (NULL: nothing) in the place of the bytes from start to stop - 1. */
int poolval_bytearray_set_slice(poolval_space *space, poolobj *bytearray, ptrdiff_t start,
                                ptrdiff_t stop, poolobj *bytes);

/* ---- Ranges and slices: immutable ---- */

/* The integers from start on by `step` (POOLVAL_ERR_VALUE if 0) before stop; POOLVAL_ERR_OVERFLOW
   for more than PTRDIFF_MAX of them. */
poolobj *poolval_range_new(poolval_space *space, int64_t start, int64_t stop, int64_t step);
/* The members of a range. 0, or -1. */
int poolval_range_get(poolval_space *space, const poolobj *range, int64_t *start, int64_t *stop,
                      int64_t *step);
/* A member of a slice that is left out, as Python's None. */
#define POOLVAL_OMITTED PTRDIFF_MIN
/* A slice; POOLVAL_ERR_VALUE for a step of 0. */
poolobj *poolval_slice_new(poolval_space *space, ptrdiff_t start, ptrdiff_t stop, ptrdiff_t step);
/* How many items of a sequence of that length it takes, the first index, and the step; -1. */
ptrdiff_t poolval_slice_get(poolval_space *space, const poolobj *slice, size_t length,
                            ptrdiff_t *start, ptrdiff_t *step);
/* sequence[slice] of a str, bytes, byte array, range, tuple or list. */
poolobj *poolval_get_slice(poolval_space *space, poolobj *sequence, const poolobj *slice);
/* list[slice] = items, of a list or tuple: as many as the slice takes (POOLVAL_ERR_VALUE), unless
   its step is 1; del list[slice]. 0, or -1. */
int poolval_set_slice(poolval_space *space, poolobj *list, const poolobj *slice, poolobj *items);
int poolval_remove_slice(poolval_space *space, poolobj *list, const poolobj *slice);

/* ---- Sets, and frozen sets, immutable: in the order of insertion ----
 * Items are what can be a key. Both kinds are equal if they have the same items; frozen sets are
 * keys. What is made of two sets is of the type of the first. */

/* A set with the items of anything that poolval_iterate takes; NULL: none. */
poolobj *poolval_set_new(poolval_space *space, poolobj *items);
poolobj *poolval_frozenset_new(poolval_space *space, poolobj *items);
ptrdiff_t poolval_set_length(poolval_space *space, const poolobj *set);
/* 1: it is there; 0; -1. */
int poolval_set_has(poolval_space *space, const poolobj *set, poolobj *item);
/* 1: it was not there, and is now; 0: it was; -1. */
int poolval_set_add(poolval_space *space, poolobj *set, poolobj *item);
int poolval_set_add_steal(poolval_space *space, poolobj *set, poolobj *item);
/* 1: it was there, and is no more; 0: it was not; -1. */
int poolval_set_remove(poolval_space *space, poolobj *set, poolobj *item);
int poolval_set_clear(poolval_space *space, poolobj *set);
poolobj *poolval_set_union(poolval_space *space, const poolobj *a, const poolobj *b);
poolobj *poolval_set_intersection(poolval_space *space, const poolobj *a, const poolobj *b);
poolobj *poolval_set_difference(poolval_space *space, const poolobj *a, const poolobj *b);
/* A set of what is in one of two sets alone. */
poolobj *poolval_set_symmetric(poolval_space *space, const poolobj *a, const poolobj *b);
/* 1: all items of a are in b; 0; -1. */
int poolval_set_is_subset(poolval_space *space, const poolobj *a, const poolobj *b);

/* ---- Iterators, and any container ---- */

/* An iterator over the items of a str (its characters), bytes or byte array, range (integers),
   tuple, list, set, frozen set or dictionary (its keys); of an iterator itself. It holds a
   reference to the container. */
poolobj *poolval_iterate(poolval_space *space, poolobj *value);
enum { POOLVAL_KEYS = 0, POOLVAL_VALUES = 1, POOLVAL_ITEMS = 2 /* tuples of both */ };
poolobj *poolval_dict_iterate(poolval_space *space, poolobj *dict, int part);
/* 1 and the next item, a new reference; 0 and NULL at the end, where it stays; -1. Lists and byte
   arrays may change meanwhile: it goes on at the next index. If a dictionary or set got or lost
   keys: POOLVAL_ERR_CHANGED. */
int poolval_next(poolval_space *space, poolobj *iterator, poolobj **item);
/* Items of anything that has some, but iterators; -1. */
ptrdiff_t poolval_length(poolval_space *space, const poolobj *value);
/* 1: an item, key, byte or part of a string equal to `item` is there; 0; -1. */
int poolval_contains(poolval_space *space, poolobj *value, poolobj *item);

/* ---- Taking over ----
 * The functions whose names end in _steal take the references to what goes into the container
 * over, of keys too, whether the call succeeds or not: for values that were just made. NULL is
 * taken for the result of a call that failed: the function fails, and that failure stays. */

int poolval_list_append_steal(poolval_space *space, poolobj *list, poolobj *item);
int poolval_list_set_steal(poolval_space *space, poolobj *list, ptrdiff_t index, poolobj *item);
int poolval_list_insert_steal(poolval_space *space, poolobj *list, ptrdiff_t index, poolobj *item);
int poolval_dict_set_steal(poolval_space *space, poolobj *dict, poolobj *key, poolobj *value);
poolobj *poolval_tuple_new_steal(poolval_space *space, poolobj *const *items, size_t count);
poolobj *poolval_list_new_steal(poolval_space *space, poolobj *const *items, size_t count);

#ifdef __cplusplus
}
#endif

#include <poolval_number.h>
#include <poolval_str.h>
#include <poolval_types.h>

#endif
