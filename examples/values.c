/* SPDX-License-Identifier: MIT */
/* Values one after the other: docs/values.md explains what this prints. */
#include <poolval.h>
#include <stdio.h>

static poolval_space *space;

/* Shows a value and drops it. */
static void show(const char *what, poolobj *value) {
    poolobj *text = value != NULL ? poolval_repr(space, value) : NULL;
    printf("%-30s %s\n", what,
           text != NULL ? poolval_str_utf8(space, text, NULL) : poolval_error_message(space));
    if (text != NULL) poolobj_decref(text);
    if (value != NULL) poolobj_decref(value);
}

static const char *same(poolobj *a, poolobj *b) {
    const char *result = a == b ? "the same object" : "two objects";
    poolobj_decref(a);
    poolobj_decref(b);
    return result;
}

static void numbers(void) {
    poolobj *most = poolval_int_new(space, INT64_MAX), *one = poolval_int_new(space, 1);
    printf("256 twice: %s\n", same(poolval_int_new(space, 256), poolval_int_new(space, 256)));
    printf("257 twice: %s\n", same(poolval_int_new(space, 257), poolval_int_new(space, 257)));
    show("2**63 - 1 + 1:", poolval_int_add(space, most, one));
    show("0.1 as it is read back:", poolval_float_new(space, 0.1));
    poolobj_decref(most);
}

static void widths(void) {
    static const char *const texts[] = {"hello",        "hello world", "caf\u00e9",
                                        "\u4e2d\u56fd", "\U0001f43a",  "\U0001f43aabc"};
    puts("\ncharacters  width  bytes");
    for (int i = 0; i < 6; i++) {
        poolobj *str = poolval_str_new(space, texts[i]);
        printf("%10td %6d %6zu  %s\n", poolval_str_length(space, str),
               poolval_str_width(space, str), poolval_sizeof(space, str), texts[i]);
        poolobj_decref(str);
    }
    show("\\xed\\xa0\\x80, a surrogate:", poolval_str_new(space, "\xed\xa0\x80"));
}

static void interning(void) {
    poolobj *py = poolval_str_new(space, "py"), *thon = poolval_str_new(space, "thon");
    poolobj *python = poolval_str_new(space, "python");
    printf("\npython twice:    %s\n",
           same(poolval_str_new(space, "python"), poolval_str_new(space, "python")));
    printf("py thon twice:   %s\n",
           same(poolval_str_new(space, "py thon"), poolval_str_new(space, "py thon")));
    poolobj *made = poolval_str_concat(space, py, thon);
    poolobj_incref(made), poolobj_incref(python);
    printf("py + thon:       %s\n", same(made, python));
    printf("interned:        %s\n", same(poolval_str_intern(space, made), python));
    poolobj_decref(made);
    poolobj_decref(py);
    poolobj_decref(thon);
    printf("left in the table: %zu\n", poolval_interned_count(space));
}

static void containers(void) {
    poolobj *list = poolval_list_new(space), *dict = poolval_dict_new(space);
    poolobj *key = poolval_str_new(space, "list");
    poolval_dict_set(space, dict, key, list);
    poolval_list_append(space, list, dict); /* a cycle */
    poolobj *copy = poolval_deepcopy(space, dict);
    poolval_list_append(space, list, key);
    puts("");
    poolobj_incref(dict);
    show("dict:", dict);
    show("its deep copy:", copy);
    show("dict[None]:", poolval_dict_get(space, dict, poolval_none(space)));
    show("list.pop(7):", poolval_list_pop(space, list, 7));
    if (poolval_dict_set(space, dict, list, key) < 0)
        printf("%-30s %s\n", "dict[list] = 'list':", poolval_error_message(space));
    poolobj_decref(key);
    poolobj_decref(dict);
    poolobj_decref(list);
}

int main(void) {
    poolobj_heap *heap = poolobj_heap_new();
    space = poolval_space_new(heap, NULL);
    numbers();
    widths();
    interning();
    containers();
    printf("found by the collector: %zu\n", poolobj_gc_collect(heap, 2));
    poolobj_heap_close(heap);
    return 0;
}
