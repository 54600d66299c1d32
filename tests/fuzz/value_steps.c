/* SPDX-License-Identifier: MIT */
#include "value_steps.h"

#include "expect.h"

#define CALL(object, name, ...) PyObject_CallMethod((object)->theirs, name, __VA_ARGS__)

/* ---- Numbers ---- */

/* The int as far as a long goes; -1 for what is none. */
static long size_of_int(const struct pair *p) {
    int overflow = 0;
    if (!PyLong_Check(p->theirs)) return -1;
    long number = PyLong_AsLongAndOverflow(p->theirs, &overflow);
    return overflow == 0 ? number : overflow * LONG_MAX;
}

/* Python asks for the memory of any number to the left, which would only be slow. */
static void shift(const struct pair *a, const struct pair *b, struct pair *into) {
    bool is_left = take_byte() & 1;
    if (PyFloat_Check(a->theirs) || (is_left && size_of_int(b) > 2000)) return;
    if (is_left)
        settle("shift left", poolval_int_shift_left(space, a->ours, b->ours),
               PyNumber_Lshift(a->theirs, b->theirs), into);
    else
        settle("shift right", poolval_int_shift_right(space, a->ours, b->ours),
               PyNumber_Rshift(a->theirs, b->theirs), into);
}

/* The option `power` is libm's pow here, which has nan where Python has a complex number or fails.
 */
static void raise_to(const struct pair *a, const struct pair *b, struct pair *into) {
    if (PyLong_Check(b->theirs) && labs(size_of_int(b)) > 40) return;
    PyObject *theirs = PyNumber_Power(a->theirs, b->theirs, Py_None);
    bool is_same = PyLong_Check(a->theirs) && PyLong_Check(b->theirs) && size_of_int(b) >= 0;
    if (is_same || (theirs != NULL && !PyComplex_Check(theirs))) {
        settle("power", poolval_power(space, a->ours, b->ours), theirs, into);
        return;
    }
    PyErr_Clear();
    Py_XDECREF(theirs);
    poolobj *ours = poolval_power(space, a->ours, b->ours);
    if (ours != NULL) poolobj_decref(ours);
}

/* Python makes a boolean of two booleans. */
static void combine_bits(const struct pair *a, const struct pair *b, struct pair *into) {
    static const struct {
        poolobj *(*ours)(poolval_space *space, const poolobj *a, const poolobj *b);
        PyObject *(*theirs)(PyObject *a, PyObject *b);
    } table[] = {{poolval_int_and, PyNumber_And},
                 {poolval_int_or, PyNumber_Or},
                 {poolval_int_xor, PyNumber_Xor}};
    size_t which = take_byte() % 3;
    if (PyBool_Check(a->theirs) && PyBool_Check(b->theirs)) return;
    settle("bits", table[which].ours(space, a->ours, b->ours),
           table[which].theirs(a->theirs, b->theirs), into);
}

static void calculate(void) {
    static const struct {
        const char *name;
        poolobj *(*ours)(poolval_space *space, const poolobj *a, const poolobj *b);
        PyObject *(*theirs)(PyObject *a, PyObject *b);
    } table[] = {{"add", poolval_add, PyNumber_Add},
                 {"subtract", poolval_subtract, PyNumber_Subtract},
                 {"multiply", poolval_multiply, PyNumber_Multiply},
                 {"divide", poolval_divide, PyNumber_TrueDivide},
                 {"floor_divide", poolval_floor_divide, PyNumber_FloorDivide},
                 {"modulo", poolval_modulo, PyNumber_Remainder}};
    uint8_t what = take_byte() % 9;
    struct pair *a = take_slot(), *b = take_slot(), *into = take_slot();
    if (!is_number(a) || !is_number(b)) return;
    if (what == 6)
        raise_to(a, b, into);
    else if (what == 7)
        shift(a, b, into);
    else if (what == 8)
        combine_bits(a, b, into);
    else
        settle(table[what].name, table[what].ours(space, a->ours, b->ours),
               table[what].theirs(a->theirs, b->theirs), into);
}

static void change_number(void) {
    static const struct {
        const char *name;
        poolobj *(*ours)(poolval_space *space, const poolobj *value);
        PyObject *(*theirs)(PyObject *value);
    } table[] = {{"negate", poolval_negate, PyNumber_Negative},
                 {"absolute", poolval_absolute, PyNumber_Absolute},
                 {"int_of", poolval_int_of, PyNumber_Long},
                 {"float_of", poolval_float_of, PyNumber_Float},
                 {"invert", poolval_int_invert, PyNumber_Invert}};
    uint8_t what = take_byte() % 6;
    struct pair *a = take_slot();
    if (!is_number(a)) return;
    if (what < 5)
        settle(table[what].name, table[what].ours(space, a->ours), table[what].theirs(a->theirs),
               take_slot());
    else if (PyLong_Check(a->theirs))
        same_number("bits", poolval_int_bits(space, a->ours), CALL(a, "bit_length", NULL));
}

/* ---- Strings and bytes ---- */

static void look_into_str(struct pair *a, struct pair *b) {
    ptrdiff_t start = take_index(), stop = take_index();
    switch (take_byte() % 5) {
    case 0:
        same_number("find", poolval_str_find(space, a->ours, b->ours, start, stop),
                    CALL(a, "find", "Onn", b->theirs, start, stop));
        break;
    case 1:
        same_number("find_last", poolval_str_find_last(space, a->ours, b->ours, start, stop),
                    CALL(a, "rfind", "Onn", b->theirs, start, stop));
        break;
    case 2:
        same_number("count", poolval_str_count(space, a->ours, b->ours, start, stop),
                    CALL(a, "count", "Onn", b->theirs, start, stop));
        break;
    case 3:
        same_number("starts", poolval_str_starts(space, a->ours, b->ours),
                    CALL(a, "startswith", "(O)", b->theirs));
        break;
    default:
        same_number("ends", poolval_str_ends(space, a->ours, b->ours),
                    CALL(a, "endswith", "(O)", b->theirs));
    }
}

static void change_case(struct pair *a, struct pair *into) {
    bool is_upper = take_byte() & 1;
    if (PyUnicode_FindChar(a->theirs, 0x3a3, 0, PY_SSIZE_T_MAX, 1) >= 0) return;
    settle("case", is_upper ? poolval_str_upper(space, a->ours) : poolval_str_lower(space, a->ours),
           CALL(a, is_upper ? "upper" : "lower", NULL), into);
}

static void strip(struct pair *a, struct pair *b, struct pair *into) {
    static const char *const names[] = {"lstrip", "rstrip", "strip"};
    uint8_t what = take_byte();
    poolobj *ours = what & 4 ? b->ours : NULL;
    PyObject *theirs = what & 4 ? b->theirs : Py_None;
    settle("strip", poolval_str_strip(space, a->ours, ours, 1 + what % 3),
           CALL(a, names[what % 3], "(O)", theirs), into);
}

static void change_str(void) {
    uint8_t what = take_byte() % 10;
    struct pair *a = take_slot(), *b = take_slot(), *c = take_slot(), *into = take_slot();
    ptrdiff_t i = take_index(), j = take_index();
    if (!is_str(a)) return;
    if (what == 0)
        settle("slice", poolval_str_slice(space, a->ours, i, j),
               PySequence_GetSlice(a->theirs, i, j), into);
    else if (what == 1 && i < 100)
        settle("repeat", poolval_str_repeat(space, a->ours, i), PySequence_Repeat(a->theirs, i),
               into);
    else if (what == 2)
        change_case(a, into);
    else if (what == 3 && is_sequence(b))
        settle("join", poolval_str_join(space, a->ours, b->ours), CALL(a, "join", "(O)", b->theirs),
               into);
    else if (what == 4)
        settle("split", poolval_str_split(space, a->ours, NULL, i),
               CALL(a, "split", "On", Py_None, i), into);
    if (!is_str(b)) return;
    if (what == 5)
        settle("concat", poolval_str_concat(space, a->ours, b->ours),
               PySequence_Concat(a->theirs, b->theirs), into);
    else if (what == 6)
        settle("split", poolval_str_split(space, a->ours, b->ours, i),
               CALL(a, "split", "On", b->theirs, i), into);
    else if (what == 7 && is_str(c))
        settle("replace", poolval_str_replace(space, a->ours, b->ours, c->ours, i),
               CALL(a, "replace", "OOn", b->theirs, c->theirs, i), into);
    else if (what == 8)
        strip(a, b, into);
    else if (what == 9)
        look_into_str(a, b);
}

static void change_bytes(void) {
    uint8_t what = take_byte() % 6;
    struct pair *a = take_slot(), *b = take_slot(), *into = take_slot();
    ptrdiff_t i = take_index(), j = take_index();
    if (!is_bytes(a) || !is_bytes(b)) return;
    if (what == 0)
        settle("slice", poolval_bytes_slice(space, a->ours, i, j),
               PySequence_GetSlice(a->theirs, i, j), into);
    else if (what == 1 && i < 100)
        settle("repeat", poolval_bytes_repeat(space, a->ours, i), PySequence_Repeat(a->theirs, i),
               into);
    else if (what == 2)
        settle("concat", poolval_bytes_concat(space, a->ours, b->ours),
               PySequence_Concat(a->theirs, b->theirs), into);
    else if (what == 3)
        same_number("find", poolval_bytes_find(space, a->ours, b->ours, i, j),
                    CALL(a, "find", "Onn", b->theirs, i, j));
    else if (what == 4)
        settle("decode", poolval_bytes_decode(space, a->ours), CALL(a, "decode", NULL), into);
    else if (PyByteArray_Check(a->theirs))
        same_change("set_slice", poolval_bytearray_set_slice(space, a->ours, i, j, b->ours),
                    done(PySequence_SetSlice(a->theirs, i, j, b->theirs)), a);
}

/* ---- Lists, slices of anything ---- */

/* Slices have an order in Python alone. */
static bool holds_slice(const struct pair *p) {
    PyObject *repr = PyObject_Repr(p->theirs), *word = PyUnicode_FromString("slice");
    bool holds = PySequence_Contains(repr, word) != 0;
    Py_DECREF(repr);
    Py_DECREF(word);
    return holds;
}

/* Where two items have no order, ours stays as it was; Python's would be half sorted. */
static void sort(struct pair *list) {
    PyObject *sorted = PySequence_List(list->theirs);
    PyObject *theirs = done(PyList_Sort(sorted));
    if (theirs != NULL) PyList_SetSlice(list->theirs, 0, PY_SSIZE_T_MAX, sorted);
    Py_DECREF(sorted);
    same_change("sort", poolval_list_sort(space, list->ours), theirs, list);
}

static void add_item(struct pair *list, ptrdiff_t index, bool is_at_end) {
    struct pair item = take_item();
    if (is_at_end)
        same_change("append", poolval_list_append_steal(space, list->ours, item.ours),
                    done(PyList_Append(list->theirs, item.theirs)), list);
    else
        same_change("insert", poolval_list_insert_steal(space, list->ours, index, item.ours),
                    CALL(list, "insert", "nO", index, item.theirs), list);
    Py_DECREF(item.theirs);
}

/* What two lists make; and [...] where one holds itself. */
static void combine_lists(struct pair *a, struct pair *b, ptrdiff_t i, ptrdiff_t j) {
    uint8_t what = take_byte() % 5;
    if (what == 0)
        same_change("extend", poolval_list_extend(space, a->ours, b->ours),
                    CALL(a, "extend", "(O)", b->theirs), a);
    else if (what == 1)
        same_change("set_slice", poolval_list_set_slice(space, a->ours, i, j, b->ours),
                    done(PySequence_SetSlice(a->theirs, i, j, b->theirs)), a);
    else if (what == 2 && is_list(b))
        settle("concat", poolval_list_concat(space, a->ours, b->ours),
               PySequence_Concat(a->theirs, b->theirs), take_slot());
    else if (what == 3 && i < 100)
        settle("repeat", poolval_list_repeat(space, a->ours, i), PySequence_Repeat(a->theirs, i),
               take_slot());
    else if (what == 4) {
        same_change("append", poolval_list_append(space, a->ours, a->ours),
                    done(PyList_Append(a->theirs, a->theirs)), a);
        if (a->ours == NULL) return;
        same_change("remove", poolval_list_remove(space, a->ours, -1),
                    done(PySequence_DelItem(a->theirs, -1)), a);
    }
}

static void change_list(void) {
    uint8_t what = take_byte() % 10;
    struct pair *a = take_slot(), *b = take_slot();
    ptrdiff_t i = take_index(), j = take_index();
    if (!is_list(a)) return;
    if (what < 3)
        add_item(a, i, what > 0);
    else if (what == 3)
        settle("pop", poolval_list_pop(space, a->ours, i), CALL(a, "pop", "n", i), b);
    else if (what == 4)
        same_change("reverse", poolval_list_reverse(space, a->ours), CALL(a, "reverse", NULL), a);
    else if (what == 5)
        same_change("remove_slice", poolval_list_remove_slice(space, a->ours, i, j),
                    done(PySequence_DelSlice(a->theirs, i, j)), a);
    else if (what == 6 && !holds_slice(a))
        sort(a);
    else if (what == 7)
        settle("slice", poolval_list_slice(space, a->ours, i, j),
               PySequence_GetSlice(a->theirs, i, j), b);
    else if (is_sequence(b))
        combine_lists(a, b, i, j);
}

static void cut(void) {
    uint8_t what = take_byte() % 4;
    struct pair *a = take_slot(), *slice = take_slot(), *b = take_slot();
    if (!is_slice(slice) || !(is_sequence(a) || is_str(a) || is_bytes(a))) return;
    if (what < 2)
        settle("get_slice", poolval_get_slice(space, a->ours, slice->ours),
               PyObject_GetItem(a->theirs, slice->theirs), b);
    else if (is_list(a) && what == 2)
        same_change("remove_slice", poolval_remove_slice(space, a->ours, slice->ours),
                    done(PyObject_DelItem(a->theirs, slice->theirs)), a);
    else if (is_list(a) && is_sequence(b))
        same_change("set_slice", poolval_set_slice(space, a->ours, slice->ours, b->ours),
                    done(PyObject_SetItem(a->theirs, slice->theirs, b->theirs)), a);
}

/* ---- Dictionaries and sets ---- */

static void set_key(struct pair *dict, struct pair *key) {
    struct pair item = take_item();
    same_change("dict_set", poolval_dict_set(space, dict->ours, key->ours, item.ours),
                done(PyDict_SetItem(dict->theirs, key->theirs, item.theirs)), dict);
    poolobj_decref(item.ours);
    Py_DECREF(item.theirs);
}

/* Python hashes no key that it looks for in an empty dictionary. */
static void pop_key(struct pair *dict, struct pair *key, struct pair *into) {
    if (PyDict_Size(dict->theirs) == 0) return;
    settle("dict_pop", poolval_dict_pop(space, dict->ours, key->ours),
           CALL(dict, "pop", "(O)", key->theirs), into);
}

/* Where the key is unhashable, Python looks at the other argument first, or not at all. */
static void default_key(struct pair *dict, struct pair *key, struct pair *into) {
    struct pair item = take_item();
    settle("get_or_set", poolval_dict_get_or_set(space, dict->ours, key->ours, item.ours),
           CALL(dict, "setdefault", "OO", key->theirs, item.theirs), into);
    same_text("after get_or_set", dict->ours, dict->theirs);
    poolobj_decref(item.ours);
    Py_DECREF(item.theirs);
}

static void change_dict(void) {
    uint8_t what = take_byte() % 8;
    struct pair *dict = take_slot(), *key = take_slot(), *into = take_slot();
    if (!is_dict(dict) || key->ours == NULL || into == dict) return;
    if (what < 3)
        set_key(dict, key);
    else if (what == 3)
        pop_key(dict, key, into);
    else if (what == 4)
        default_key(dict, key, into);
    else if (what == 5 && is_dict(key))
        same_change("update", poolval_dict_update(space, dict->ours, key->ours),
                    done(PyDict_Update(dict->theirs, key->theirs)), dict);
    else if (what == 6)
        settle("items", poolval_dict_items(space, dict->ours), PyDict_Items(dict->theirs), into);
    else if (what == 7)
        settle("keys", poolval_dict_keys(space, dict->ours), PyDict_Keys(dict->theirs), into);
}

/* The reprs of what is in a set of ours, sorted, as Python's set has another order. */
static PyObject *texts_of(poolobj *set) {
    PyObject *texts = PyList_New(0);
    poolobj *iterator = poolval_iterate(space, set), *item;
    while (poolval_next(space, iterator, &item) == 1) {
        poolobj *repr = repr_of(item);
        PyObject *text = PyUnicode_FromString(poolval_str_utf8(space, repr, NULL));
        PyList_Append(texts, text);
        Py_DECREF(text);
        poolobj_decref(repr);
        poolobj_decref(item);
    }
    poolobj_decref(iterator);
    PyList_Sort(texts);
    return texts;
}

static PyObject *their_texts_of(PyObject *set) {
    PyObject *texts = PyList_New(0), *iterator = PyObject_GetIter(set), *item;
    while ((item = PyIter_Next(iterator)) != NULL) {
        PyObject *text = PyObject_Repr(item);
        PyList_Append(texts, text);
        Py_DECREF(text);
        Py_DECREF(item);
    }
    Py_DECREF(iterator);
    PyList_Sort(texts);
    return texts;
}

static void same_set(poolobj *ours, PyObject *theirs) {
    PyObject *texts = texts_of(ours), *their_texts = their_texts_of(theirs);
    if (PyObject_RichCompareBool(texts, their_texts, Py_EQ) != 1)
        differ("set", PyUnicode_AsUTF8(PyObject_Repr(texts)),
               PyUnicode_AsUTF8(PyObject_Repr(their_texts)));
    Py_DECREF(texts);
    Py_DECREF(their_texts);
}

static void combine_sets(struct pair *a, struct pair *b, struct pair *into) {
    static const struct {
        poolobj *(*ours)(poolval_space *space, const poolobj *a, const poolobj *b);
        PyObject *(*theirs)(PyObject *a, PyObject *b);
    } table[] = {{poolval_set_union, PyNumber_Or},
                 {poolval_set_intersection, PyNumber_And},
                 {poolval_set_difference, PyNumber_Subtract},
                 {poolval_set_symmetric, PyNumber_Xor}};
    size_t which = take_byte() % 4;
    struct pair made = {table[which].ours(space, a->ours, b->ours),
                        table[which].theirs(a->theirs, b->theirs)};
    EXPECT(made.ours != NULL && made.theirs != NULL);
    same_set(made.ours, made.theirs);
    drop(into);
    *into = made;
}

static bool is_plain_key(const struct pair *p) {
    return p->ours != NULL &&
           (PyLong_CheckExact(p->theirs) || is_str(p) || PyBytes_Check(p->theirs));
}

static void change_set(void) {
    uint8_t what = take_byte() % 6;
    struct pair *a = &sets[take_byte() % SETS], *b = &sets[take_byte() % SETS], *item = take_slot();
    if (what == 4)
        combine_sets(a, b, &sets[take_byte() % SETS]);
    else if (what == 5)
        EXPECT(poolval_set_is_subset(space, a->ours, b->ours) ==
               PyObject_RichCompareBool(a->theirs, b->theirs, Py_LE));
    else if (is_plain_key(item)) {
        int was = PySet_Contains(a->theirs, item->theirs);
        EXPECT(poolval_set_has(space, a->ours, item->ours) == was);
        if (what < 3) {
            EXPECT(poolval_set_add(space, a->ours, item->ours) == !was);
            PySet_Add(a->theirs, item->theirs);
        } else {
            EXPECT(poolval_set_remove(space, a->ours, item->ours) == was);
            PySet_Discard(a->theirs, item->theirs);
        }
        same_set(a->ours, a->theirs);
    }
}

/* ---- Any value ---- */

/* The reasons of failures are other ones here, and ours formats the text of any type. */
static void settle_format(const char *what, poolobj *ours, PyObject *theirs) {
    if (theirs != NULL) {
        settle(what, ours, theirs, take_slot());
        return;
    }
    bool is_type = PyErr_ExceptionMatches(PyExc_TypeError);
    PyErr_Clear();
    if (ours == NULL) return;
    if (!is_type) differ(what, "there", "failure");
    poolobj_decref(ours);
}

/* Widths of more than two digits would only be slow. */
static void take_spec(char *spec) {
    int digits = 0;
    size_t used = 0, size = take_text(spec, "<>^=+- #019,_.dboxXceEfFgG%sq*") % 12;
    for (size_t i = 0; i < size; i++) {
        digits = spec[i] >= '0' && spec[i] <= '9' ? digits + 1 : 0;
        if (digits <= 2) spec[used++] = spec[i];
    }
    spec[used] = '\0';
}

static void format_one(void) {
    char spec[TEXT];
    struct pair *value = take_slot();
    take_spec(spec);
    if (value->ours == NULL || (!is_number(value) && !is_str(value))) return;
    poolobj *ours = poolval_str_new(space, spec);
    PyObject *theirs = PyUnicode_FromString(spec);
    settle_format(spec, poolval_format_value(space, value->ours, ours),
                  PyObject_Format(value->theirs, theirs));
    poolobj_decref(ours);
    Py_DECREF(theirs);
}

static void format_text(void) {
    static const char *const parts[] = {"{}",  "{0}",    "{1:>7}", "{0!r:*^9}", "{{",
                                        "}}",  "{",      "}",      "x",         "\xe4\xb8\xad",
                                        "{2}", "{:.2f}", "{!s}",   "{:,}"};
    char text[8 * 10 + 1] = "";
    struct pair *values = take_slot();
    for (int i = take_byte() % 8; i > 0; i--)
        strcat(text, parts[take_byte() % (sizeof parts / sizeof *parts)]);
    if (!is_sequence(values)) return;
    poolobj *ours = poolval_str_new(space, text), *names = poolval_dict_new(space);
    PyObject *theirs = PyUnicode_FromString(text), *tuple = PySequence_Tuple(values->theirs);
    PyObject *method = PyObject_GetAttrString(theirs, "format");
    settle_format(text, poolval_format(space, ours, values->ours, names),
                  PyObject_CallObject(method, tuple));
    poolobj_decref(ours);
    poolobj_decref(names);
    Py_DECREF(theirs);
    Py_DECREF(tuple);
    Py_DECREF(method);
}

static void order_both(struct pair *a, struct pair *b) {
    int order = 7, ours = poolval_compare(space, a->ours, b->ours, &order);
    int less = PyObject_RichCompareBool(a->theirs, b->theirs, Py_LT);
    if (less == -1) {
        same_failure("compare", ours == -1);
        return;
    }
    int more = PyObject_RichCompareBool(b->theirs, a->theirs, Py_LT);
    EXPECT(ours == 0 && more >= 0 && order == more - less);
}

static void compare(void) {
    struct pair *a = take_slot(), *b = take_slot();
    if (a->ours == NULL || b->ours == NULL) return;
    int equal = PyObject_RichCompareBool(a->theirs, b->theirs, Py_EQ);
    if (poolval_equal(space, a->ours, b->ours) != equal) {
        same_text("equal", a->ours, b->theirs);
        EXPECT(!"they are equal in Python if and only if they are in ours");
    }
    if (!holds_slice(a) && !holds_slice(b)) order_both(a, b);
    uint64_t hash[2];
    int hashed[2] = {poolval_hash(space, a->ours, &hash[0]),
                     poolval_hash(space, b->ours, &hash[1])};
    EXPECT((hashed[0] == 0) == (PyObject_Hash(a->theirs) != -1));
    PyErr_Clear();
    if (equal == 1 && hashed[0] == 0 && hashed[1] == 0) EXPECT(hash[0] == hash[1]);
}

/* Python looks for a str in a str alone, for a number or bytes in bytes. */
static void contains(void) {
    struct pair *a = take_slot(), *b = take_slot();
    if (a->ours == NULL || b->ours == NULL || is_number(a) || is_slice(a)) return;
    same_number("length", poolval_length(space, a->ours), number_of(PyObject_Size(a->theirs)));
    if (is_str(a) != is_str(b) && is_str(a)) return;
    if (is_bytes(a) || PyRange_Check(a->theirs)) return;
    same_number("contains", poolval_contains(space, a->ours, b->ours),
                number_of(PySequence_Contains(a->theirs, b->theirs)));
}

static void copy(void) {
    struct pair *a = take_slot(), *into = take_slot();
    if (a->ours == NULL || into == a) return;
    poolobj *(*const ways[])(poolval_space *, poolobj *) = {poolval_copy, poolval_deepcopy};
    poolobj *ours = ways[take_byte() % 2](space, a->ours);
    EXPECT(ours != NULL && poolval_equal(space, ours, a->ours) == 1);
    same_text("copy", ours, a->theirs);
    poolobj_decref(ours);
}

static void clean(void) {
    poolobj_gc_collect(poolval_space_heap(space), take_byte() % 3);
    poolval_space_check(space);
}

void value_step(uint8_t what) {
    static void (*const steps[])(void) = {calculate,   change_number, change_str,  change_bytes,
                                          change_list, change_list,   cut,         change_dict,
                                          change_set,  format_one,    format_text, compare,
                                          contains,    copy,          clean};
    steps[what % (sizeof steps / sizeof *steps)]();
}
