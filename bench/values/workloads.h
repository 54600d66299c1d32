/* SPDX-License-Identifier: MIT */
/*
 * workloads.h - what is measured of values, the same for poolval.h and for CPython's C API.
 * Included last by poolval.c and cpython.c, which define `object` and the functions that are used
 * here: those that begin with make_ and get_ return a new reference.
 *
 * Prints lines "name value unit". Collections are off. Times are the processor's. Each workload
 * runs ROUNDS times, the median counts. Bytes are those by which the process grows for a million of
 * them.
 */
#include "harness.h"

enum { ROUNDS = 7, MANY = 100000, KEYS = 1000, MANY_KEYS = 1000000, MILLION = 1000000 };

static object *held[MILLION];
static object *texts[KEYS], *twins[KEYS], *numbers[KEYS];
static object *text, *other, *shared, *list, *dict_of_texts, *dict_of_numbers;
static object *large_dict, *large_keys[MANY_KEYS];
static object *real, *large, *line, *comma, *short_list;
static char names[KEYS][16];

static void drop_held(size_t count) {
    for (size_t i = 0; i < count; i++) drop(held[i]);
}

/* ---- One made, one dropped ---- */

#define PAIRS(name, make)                                                                          \
    static size_t name(void) {                                                                     \
        for (size_t i = 0; i < MANY; i++) drop(opaque(make));                                      \
        return MANY;                                                                               \
    }
PAIRS(pair_small_int, make_int((long)(i & 255)))
PAIRS(pair_int, make_int((long)i + 1000))
PAIRS(pair_float, make_float((double)i))
PAIRS(pair_text, make_text("eggs and spam", 13))
PAIRS(pair_wide, make_text("\xe4\xb8\xad\xe5\x9b\xbd\xe4\xb8\xad\xe5\x9b\xbd", 12))
PAIRS(pair_tuple, make_tuple3(shared, shared, shared))
PAIRS(pair_list, make_list())
PAIRS(pair_dict, make_dict())
PAIRS(concat, make_concat(text, other))
PAIRS(slice, make_slice(text, 3, 9))
PAIRS(intern, make_interned(names[i % KEYS]))

static size_t pair_list_of_3(void) {
    for (size_t i = 0; i < MANY; i++) {
        object *made = make_list();
        for (int n = 0; n < 3; n++) append(made, shared);
        drop(made);
    }
    return MANY;
}
static size_t pair_dict_of_3(void) {
    for (size_t i = 0; i < MANY; i++) {
        object *made = make_dict();
        for (int n = 0; n < 3; n++) set(made, texts[n], shared);
        drop(made);
    }
    return MANY;
}

/* ---- Many made, then all dropped ---- */

#define BATCH(name, make)                                                                          \
    static size_t name(void) {                                                                     \
        for (size_t i = 0; i < MANY; i++) held[i] = make;                                          \
        drop_held(MANY);                                                                           \
        return MANY;                                                                               \
    }
BATCH(batch_int, make_int((long)i + 1000))
BATCH(batch_float, make_float((double)i))
BATCH(batch_text, make_text("eggs and spam", 13))
BATCH(batch_tuple, make_tuple3(shared, shared, shared))
BATCH(batch_list, make_list())
BATCH(batch_dict, make_dict())

/* ---- Lists ---- */

static size_t append_to(size_t length) {
    for (size_t done = 0; done < MILLION; done += length) {
        object *made = make_list();
        for (size_t i = 0; i < length; i++) append(made, shared);
        drop(made);
    }
    return MILLION;
}
static size_t append_10(void) { return append_to(10); }
static size_t append_1000(void) { return append_to(1000); }
static size_t append_million(void) { return append_to(MILLION); }

static size_t list_look_up(void) {
    for (size_t i = 0; i < MANY; i++) drop(get_item(list, i % KEYS));
    return MANY;
}

/* ---- Dictionaries ---- */

static size_t look_up(object *dict, object **keys, size_t count, size_t step) {
    for (size_t i = 0, at = 0; i < MANY; i++, at = (at + step) % count)
        if (opaque(find(dict, keys[at])) == NULL) die("a key is missing");
    return MANY;
}
static size_t look_up_same(void) { return look_up(dict_of_texts, texts, KEYS, 7); }
static size_t look_up_equal(void) { return look_up(dict_of_texts, twins, KEYS, 7); }
static size_t look_up_number(void) { return look_up(dict_of_numbers, numbers, KEYS, 7); }
static size_t look_up_large(void) { return look_up(large_dict, large_keys, MANY_KEYS, 611953); }
static size_t look_up_in_vain(void) {
    for (size_t i = 0; i < MANY; i++)
        if (opaque(find(dict_of_numbers, texts[i % KEYS])) != NULL) die("a key too many");
    return MANY;
}

static size_t fill(object **keys, size_t count) {
    for (size_t done = 0; done < MILLION; done += count) {
        object *made = make_dict();
        for (size_t i = 0; i < count; i++) set(made, keys[i], shared);
        drop(made);
    }
    return MILLION;
}
static size_t fill_texts(void) { return fill(texts, KEYS); }
static size_t fill_numbers(void) { return fill(numbers, KEYS); }
static size_t fill_large(void) { return fill(large_keys, MANY_KEYS); }

/* ---- Numbers, sorting, sets, parts ---- */

PAIRS(add_int, make_sum(numbers[i % KEYS], numbers[1]))
PAIRS(add_float, make_sum(real, real))
PAIRS(add_mixed, make_sum(real, numbers[1]))
PAIRS(add_large, make_sum(large, large))
PAIRS(multiply_large, make_product(large, large))
PAIRS(split_line, make_split(line, comma))
PAIRS(repr_list, make_repr(short_list))

static size_t sort(object *const *from, size_t count) {
    for (size_t done = 0; done < MANY; done += count) {
        object *made = make_list();
        for (size_t i = 0; i < count; i++) append(made, from[i * 7919 % count]);
        sort_list(made);
        drop(made);
    }
    return MANY;
}
static size_t sort_ints(void) { return sort(numbers, KEYS); }
static size_t sort_texts(void) { return sort(texts, KEYS); }

static size_t fill_set(void) {
    for (size_t done = 0; done < MILLION; done += KEYS) {
        object *made = make_set();
        for (size_t i = 0; i < KEYS; i++) add_to_set(made, numbers[i]);
        drop(made);
    }
    return MILLION;
}

static size_t iterate_list(void) {
    for (size_t done = 0; done < MANY; done += KEYS) {
        object *iterator = make_iterator(list), *item;
        while ((item = get_next(iterator)) != NULL) drop(item);
        drop(iterator);
    }
    return MANY;
}

/* ---- Time ---- */

static const struct workload {
    const char *name;
    size_t (*run)(void); /* returns how many operations it did */
} workloads[] = {
    {"create_drop_small_int", pair_small_int},
    {"create_drop_int", pair_int},
    {"create_drop_float", pair_float},
    {"create_drop_str_13", pair_text},
    {"create_drop_str_4_wide", pair_wide},
    {"create_drop_tuple_3", pair_tuple},
    {"create_drop_list_empty", pair_list},
    {"create_drop_list_3", pair_list_of_3},
    {"create_drop_dict_empty", pair_dict},
    {"create_drop_dict_3", pair_dict_of_3},
    {"batch_int", batch_int},
    {"batch_float", batch_float},
    {"batch_str_13", batch_text},
    {"batch_tuple_3", batch_tuple},
    {"batch_list_empty", batch_list},
    {"batch_dict_empty", batch_dict},
    {"append_10", append_10},
    {"append_1000", append_1000},
    {"append_1000000", append_million},
    {"look_up_list_1000", list_look_up},
    {"set_str_1000", fill_texts},
    {"set_int_1000", fill_numbers},
    {"set_int_1000000", fill_large},
    {"look_up_same_str_1000", look_up_same},
    {"look_up_equal_str_1000", look_up_equal},
    {"look_up_int_1000", look_up_number},
    {"look_up_int_1000000", look_up_large},
    {"look_up_absent_1000", look_up_in_vain},
    {"concatenate_13_13", concat},
    {"slice_6_of_13", slice},
    {"intern_1000", intern},
    {"add_int", add_int},
    {"add_float", add_float},
    {"add_mixed", add_mixed},
    {"add_20_digits", add_large},
    {"multiply_20_digits", multiply_large},
    {"split_in_10", split_line},
    {"repr_list_10", repr_list},
    {"sort_int_1000", sort_ints},
    {"sort_str_1000", sort_texts},
    {"set_add_int_1000", fill_set},
    {"iterate_list_1000", iterate_list},
};

/* Time of the processor: what else runs on the machine counts less. */
static double seconds_used(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const struct workload *workload) {
    double ns[ROUNDS];
    workload->run();
    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds_used();
        size_t count = workload->run();
        ns[round] = (seconds_used() - start) * 1e9 / (double)count;
    }
    qsort(ns, ROUNDS, sizeof ns[0], compare);
    printf("%s %.2f ns\n", workload->name, ns[ROUNDS / 2]);
}

/* ---- Memory ---- */

static size_t resident(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1) die("no /proc/self/statm");
    fclose(file);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

static object *make_list_of_10(size_t i) {
    object *made = make_list();
    for (int n = 0; n < 10; n++) append(made, shared);
    (void)i;
    return made;
}
static object *make_dict_of_3(size_t i) {
    object *made = make_dict();
    for (int n = 0; n < 3; n++) set(made, texts[n], shared);
    (void)i;
    return made;
}
static object *make_dict_of_20(size_t i) {
    object *made = make_dict();
    for (int n = 0; n < 20; n++) set(made, texts[n], shared);
    (void)i;
    return made;
}
static object *make_an_int(size_t i) { return make_int((long)i + 1000); }
static object *make_a_float(size_t i) { return make_float((double)i); }
static object *make_a_text(size_t i) { return (void)i, make_text("eggs and spam", 13); }
static object *make_a_wide(size_t i) {
    return (void)i, make_text("\xe4\xb8\xad\xe5\x9b\xbd\xe4\xb8\xad\xe5\x9b\xbd", 12);
}
static object *make_a_tuple(size_t i) { return (void)i, make_tuple3(shared, shared, shared); }
static object *make_a_list(size_t i) { return (void)i, make_list(); }
static object *make_a_dict(size_t i) { return (void)i, make_dict(); }

static const struct size {
    const char *name;
    object *(*make)(size_t i);
    size_t count;
} sizes[] = {
    {"bytes_int", make_an_int, MILLION},           {"bytes_float", make_a_float, MILLION},
    {"bytes_str_13", make_a_text, MILLION},        {"bytes_str_4_wide", make_a_wide, MILLION},
    {"bytes_tuple_3", make_a_tuple, MILLION},      {"bytes_list_empty", make_a_list, MILLION},
    {"bytes_list_10", make_list_of_10, MILLION},   {"bytes_dict_empty", make_a_dict, MILLION},
    {"bytes_dict_3", make_dict_of_3, MILLION / 4}, {"bytes_dict_20", make_dict_of_20, MILLION / 16},
};

/* In a process of its own, as memory that was given back by others may be used again. */
static void measure_size(const struct size *size) {
    memset(held, 1, sizeof held);
    size_t before = resident();
    for (size_t i = 0; i < size->count; i++) held[i] = size->make(i);
    printf("%s %.1f bytes\n", size->name, (double)(resident() - before) / (double)size->count);
}

/* ---- */

static void set_up(void) {
    shared = make_int(7);
    text = make_text("eggs and spam", 13);
    other = make_text("spam and eggs", 13);
    real = make_float(1.5);
    large = make_product(make_int(1234567890123456789), make_int(1234567890123456789));
    line = make_text("spam,eggs,ham,spam,eggs,ham,spam,eggs,ham,spam", 46);
    comma = make_text(",", 1);
    short_list = make_list();
    for (int i = 0; i < 10; i++) append(short_list, i % 2 == 0 ? text : make_int(i * 1000));
    list = make_list();
    dict_of_texts = make_dict();
    dict_of_numbers = make_dict();
    for (int i = 0; i < KEYS; i++) {
        int size = snprintf(names[i], sizeof names[i], "name_%d", i);
        texts[i] = make_interned(names[i]);
        twins[i] = make_concat(make_slice(texts[i], 0, 2), make_slice(texts[i], 2, size));
        numbers[i] = make_int(i * 37 + 1000);
        append(list, numbers[i]);
        set(dict_of_texts, texts[i], shared);
        set(dict_of_numbers, numbers[i], shared);
        if (twins[i] == texts[i]) die("twins are one");
    }
}

static void set_up_large(void) {
    large_dict = make_dict();
    for (int i = 0; i < MANY_KEYS; i++) {
        large_keys[i] = make_int(i * 37L + 1000);
        set(large_dict, large_keys[i], shared);
    }
}

/* Without an argument all times; with one the size of that name. */
static void run(int argc, char **argv) {
    set_up();
    for (size_t i = 0; argc > 1 && i < COUNT_OF(sizes); i++)
        if (strcmp(argv[1], sizes[i].name) == 0) measure_size(&sizes[i]);
    if (argc > 1) return;
    set_up_large();
    for (size_t i = 0; i < COUNT_OF(workloads); i++) measure(&workloads[i]);
}
