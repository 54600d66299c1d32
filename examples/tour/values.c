/* SPDX-License-Identifier: MIT */
/* values.c - chapters of the tour: names and objects, integers, interning, strings. */
#include <string.h>

#include "tour.h"

/* ---- Names and objects ---- */

void tour_names(struct tour *tour) {
    poolval_space *space = tour->space;
    tour_chapter("Names and objects");
    tour_say(
        "A variable holds no value. It is a name for an object, and the object has a type, an "
        "identity (its address) and a count of the references to it. Assignment makes the name "
        "refer to another object; it changes none. In C, a name is a poolobj *.");
    poolobj *a = tour_int(tour, 343);
    tour_show("a = 343; type(a)", "%s", poolval_type_name(space, a));
    poolobj *b = a;
    poolobj_incref(b);
    tour_ask("b = a; id(b) == id(a)?", poolval_id(b) == poolval_id(a));
    tour_show("references to it", "%d", poolval_refcount(a));
    poolobj_decref(a);
    a = tour_str(tour, "python");
    tour_show("a = 'python'; type(a)", "%s", poolval_type_name(space, a));
    tour_show("references to 343, by b alone", "%d", poolval_refcount(b));
    poolobj_decref(b);
    poolobj_decref(a);

    tour_say(
        "Integers, floats, strings and tuples never change: a new value is a new object. Lists "
        "and dictionaries do change, and stay the objects they are.");
    poolobj *four = tour_int(tour, 1004), *six = tour_int(tour, 1006);
    tour_ask("var = 1004, then var = 1006: same object?", four == six);
    poolobj *list = tour_list(tour, 1, 1), *name = list;
    poolobj *two = tour_int(tour, 2);
    tour_append(tour, list, two);
    tour_print(tour, "a = [1]; a.append(2); a", list);
    tour_ask("still the same object?", list == name);
    poolobj *other = tour_list(tour, 1, 2);
    tour_ask("b = [1, 2]; a == b?", poolval_equal(space, list, other) == 1);
    tour_ask("a is b?", list == other);
    poolobj_decref(four), poolobj_decref(six), poolobj_decref(two);
    poolobj_decref(list), poolobj_decref(other);
}

/* ---- Integers ---- */

static bool same_int(struct tour *tour, int64_t number) {
    poolobj *a = tour_int(tour, number), *b = tour_int(tour, number);
    bool same = a == b;
    poolobj_decref(a);
    poolobj_decref(b);
    return same;
}

void tour_integers(struct tour *tour) {
    tour_chapter("Small integers are shared");
    tour_say("Programs use some integers all the time, so those from -5 to 256 are made once and "
             "never go: whoever asks for one gets the same object. Others are made anew.");
    tour_ask("a = 256; b = 256; a is b?", same_int(tour, 256));
    tour_ask("a = 257; b = 257; a is b?", same_int(tour, 257));
    tour_ask("a = -5; b = -5; a is b?", same_int(tour, -5));
    tour_ask("a = -6; b = -6; a is b?", same_int(tour, -6));
    poolobj *one = tour_int(tour, 1);
    tour_ask("is 1 immortal?", poolval_refcount(one) == INT32_MAX);
    poolobj_decref(one);
    tour_say("The range is an option of the space, small_min and small_max, here of one from 0 to "
             "1000. CPython's is set when it is compiled.");
    poolval_options options = POOLVAL_DEFAULTS;
    options.small_min = 0;
    options.small_max = 1000;
    struct tour wider = *tour;
    wider.heap = tour_made(poolobj_heap_new());
    wider.space = tour_made(poolval_space_new(wider.heap, &options));
    tour_ask("a = 257; b = 257; a is b?", same_int(&wider, 257));
    tour_ask("a = -5; b = -5; a is b?", same_int(&wider, -5));
    poolobj_heap_close(wider.heap);
}

/* ---- Interning ---- */

static bool same_str(struct tour *tour, const char *text) {
    poolobj *a = tour_str(tour, text), *b = tour_str(tour, text);
    bool same = a == b;
    poolobj_decref(a);
    poolobj_decref(b);
    return same;
}

static bool same_repeated(struct tour *tour, const char *text, const char *part, int times) {
    poolobj *a = tour_str(tour, text), *b = tour_str(tour, part);
    poolobj *repeated = tour_made(poolval_str_repeat(tour->space, b, times));
    bool same = a == repeated;
    poolobj_decref(a), poolobj_decref(b), poolobj_decref(repeated);
    return same;
}

static void intern_by_rule(struct tour *tour) {
    tour_ask("'python' is 'python'?", same_str(tour, "python"));
    tour_ask("'pyth on' is 'pyth on'? (a space)", same_str(tour, "pyth on"));
    tour_ask("'twenty_characters_20'?", same_str(tour, "twenty_characters_20"));
    tour_ask("'twentyone_characters_'?", same_str(tour, "twentyone_characters_"));
    tour_ask("'' is ''?", same_str(tour, ""));
    tour_ask("'&' is '&'? (one character)", same_str(tour, "&"));
    tour_ask("'pythonpythonpython' is 'python' * 3?",
             same_repeated(tour, "pythonpythonpython", "python", 3));
    tour_ask("'&&&' is '&' * 3?", same_repeated(tour, "&&&", "&", 3));
}

static void intern_by_hand(struct tour *tour) {
    poolval_space *space = tour->space;
    poolobj *s1 = tour_str(tour, "python!"), *s2 = tour_str(tour, "python!");
    tour_ask("s1 = 'python!'; s2 = 'python!'; s1 is s2?", s1 == s2);
    poolobj *i1 = tour_made(poolval_str_intern(space, s1));
    poolobj *i2 = tour_made(poolval_str_intern(space, s2));
    tour_ask("intern(s1) is intern(s2)?", i1 == i2);
    size_t before = poolval_interned_count(space);
    poolobj_decref(s1), poolobj_decref(s2), poolobj_decref(i1), poolobj_decref(i2);
    tour_show("interned strings that go with the last name", "%zu",
              before - poolval_interned_count(space));
}

/* CPython's compiler makes 'python' of 'py' + 'thon'; an interpreter's would do so by interning. */
static void put_together(struct tour *tour) {
    poolobj *a = tour_str(tour, "py"), *b = tour_str(tour, "thon"), *c = tour_str(tour, "python");
    poolobj *sum = tour_made(poolval_str_concat(tour->space, a, b));
    poolobj *constant = tour_made(poolval_str_intern(tour->space, sum));
    tour_ask("s1 = 'py' + 'thon'; s1 is 'python'?", constant == c);
    tour_ask("a = 'py'; b = 'thon'; a + b is 'python'?", sum == c);
    poolobj_decref(a), poolobj_decref(b), poolobj_decref(c);
    poolobj_decref(sum), poolobj_decref(constant);
}

void tour_interning(struct tour *tour) {
    tour_chapter("Strings are interned");
    tour_say(
        "A dictionary of all interned strings is asked first: one that is there is used again. "
        "So equal interned strings are the same object, and comparing them compares addresses. "
        "By rule that happens to strings of letters, digits and underscores, up to 20 "
        "characters; the empty string and those of one Latin-1 character are shared anyway.");
    intern_by_rule(tour);
    tour_say("What a compiler puts together is a constant, made as any other; what a program puts "
             "together as it runs is a new object.");
    put_together(tour);
    poolobj *a = tour_str(tour, "py "), *b = tour_str(tour, "thon"), *c = tour_str(tour, "py thon");
    poolobj *sum = tour_made(poolval_str_concat(tour->space, a, b));
    tour_ask("'py ' + 'thon' is 'py thon'?", sum == c);
    tour_ask("'py ' + 'thon' == 'py thon'?", poolval_equal(tour->space, sum, c) == 1);
    poolobj_decref(a), poolobj_decref(b), poolobj_decref(c), poolobj_decref(sum);
    tour_say("Any string can be interned by hand. The table does not keep it alive.");
    intern_by_hand(tour);
}

/* ---- Strings ---- */

static void show_size(struct tour *tour, const char *text, int of_cpython) {
    poolobj *str = tour_str(tour, text);
    printf("    %10td%12d%8zu%11d   '%s'\n", poolval_str_length(tour->space, str),
           poolval_str_width(tour->space, str), poolval_sizeof(tour->space, str), of_cpython, text);
    poolobj_decref(str);
}

void tour_strings(struct tour *tour) {
    poolval_space *space = tour->space;
    tour_chapter("Strings are as wide as their widest character");
    tour_say("Each character of a string takes 1, 2 or 4 bytes, as many as its widest one needs: "
             "Latin-1, UCS-2, UCS-4. All being alike, the character at an index is found at once, "
             "which in UTF-8 would need a search from the start.");
    printf("    characters  bytes each    size  CPython's\n");
    static const struct {
        const char *text;
        int of_cpython; /* sys.getsizeof of 3.11 */
    } texts[] = {{"", 49},
                 {"hello", 54},
                 {"hello world", 60},
                 {"caf\u00e9", 77},
                 {"\u4e2d", 76},
                 {"\u4e2d\u56fd", 78},
                 {"\U0001f43a", 80},
                 {"\U0001f43a\U0001f41d", 84},
                 {"\U0001f43aabc", 92}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        show_size(tour, texts[i].text, texts[i].of_cpython);
    tour_say(
        "The last has three characters of ASCII, and each takes 4 bytes, because the wolf does.");
    poolobj *str = tour_str(tour, "\U0001f43aabc");
    tour_show("s[3], as a code point", "U+%04X", (unsigned)poolval_str_at(space, str, 3));
    uint64_t h1, h2;
    tour_ask("hash(s) == hash(s)? (kept in it)",
             poolval_hash(space, str, &h1) == 0 && poolval_hash(space, str, &h2) == 0 && h1 == h2);
    poolobj_decref(str);
}
