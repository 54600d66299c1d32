/* SPDX-License-Identifier: MIT */
/*
 * Values under libFuzzer, with CPython beside them: each input is a program of operations on both,
 * whose results must have the same text, or fail for the same reason. `make fuzz`.
 */
#include <math.h>

#include "expect.h"
#include "pair.h"
#include "value_steps.h"

static poolobj_heap *heap;
struct pair sets[SETS];

/* ---- New values ---- */

static void make_number(struct pair *into) {
    char text[TEXT];
    uint64_t word;
    double real;
    switch (take_byte() % 6) {
    case 0:
        word = (uint64_t)(int8_t)take_byte();
        settle("int", poolval_int_new(space, (int64_t)word), PyLong_FromLongLong((int64_t)word),
               into);
        break;
    case 1:
        word = take_word();
        settle("int", poolval_int_new(space, (int64_t)word), PyLong_FromLongLong((int64_t)word),
               into);
        break;
    case 2:
        word = take_word();
        memcpy(&real, &word, sizeof real);
        settle("float", poolval_float_new(space, real), PyFloat_FromDouble(real), into);
        break;
    case 3: {
        size_t size = take_text(text, "0123456789.eE+-_ infatyNx\n");
        PyObject *theirs = PyUnicode_FromStringAndSize(text, (Py_ssize_t)size);
        settle("float of text", poolval_float_parse(space, text, size), PyFloat_FromString(theirs),
               into);
        Py_DECREF(theirs);
        break;
    }
    case 4: {
        int base = take_byte() % 37;
        size_t size = take_text(text, "0123456789abcdefxXoOzZ+-_ \n");
        if (base == 1) base = 0;
        settle("int of text", poolval_int_parse(space, text, size, base),
               PyObject_CallFunction((PyObject *)&PyLong_Type, "s#i", text, (Py_ssize_t)size, base),
               into);
        break;
    }
    default:
        word = take_byte() & 1;
        settle("bool", poolval_bool(space, (int)word), PyBool_FromLong((long)word), into);
    }
}

/* Every other string of few letters, so that parts of it come again. */
static void make_text(struct pair *into) {
    char text[TEXT];
    uint8_t what = take_byte() % 8;
    size_t size = what < 3 ? take_text(text, "ab ,\tA_1") : take_byte() % TEXT;
    Py_ssize_t their_size = (Py_ssize_t)size;
    for (size_t i = 0; i < size && what >= 3; i++) text[i] = (char)take_byte();
    if (what < 6)
        settle("str", poolval_str_new_size(space, text, size),
               PyUnicode_DecodeUTF8(text, their_size, NULL), into);
    else if (what == 6)
        settle("bytes", poolval_bytes_new(space, text, size),
               PyBytes_FromStringAndSize(text, their_size), into);
    else
        settle("bytearray", poolval_bytearray_new(space, text, size),
               PyByteArray_FromStringAndSize(text, their_size), into);
}

static void make_range(struct pair *into) {
    int64_t start = (int8_t)take_byte(), stop = (int8_t)take_byte(), step = (int8_t)take_byte();
    settle("range", poolval_range_new(space, start, stop, step),
           PyObject_CallFunction((PyObject *)&PyRange_Type, "LLL", start, stop, step), into);
}

static void make_slice(struct pair *into) {
    ptrdiff_t ours[3];
    PyObject *theirs[3];
    uint8_t omitted = take_byte();
    for (int i = 0; i < 3; i++) {
        int8_t part = (int8_t)take_byte();
        if (i == 2 && part == 0) part = 1; /* what Python refuses later than we */
        bool is_omitted = omitted >> i & 1;
        ours[i] = is_omitted ? POOLVAL_OMITTED : part;
        theirs[i] = is_omitted ? Py_NewRef(Py_None) : PyLong_FromLong(part);
    }
    settle("slice", poolval_slice_new(space, ours[0], ours[1], ours[2]),
           PySlice_New(theirs[0], theirs[1], theirs[2]), into);
    for (int i = 0; i < 3; i++) Py_DECREF(theirs[i]);
}

static void make_sequence(struct pair *into) {
    poolobj *items[8];
    size_t count = take_byte() % 8, is_tuple = take_byte() & 1;
    PyObject *theirs = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; i < count; i++) {
        struct pair item = take_item();
        items[i] = item.ours;
        PyList_SET_ITEM(theirs, (Py_ssize_t)i, item.theirs);
    }
    if (is_tuple) {
        PyObject *tuple = PyList_AsTuple(theirs);
        Py_DECREF(theirs);
        settle("tuple", poolval_tuple_new_steal(space, items, count), tuple, into);
    } else
        settle("list", poolval_list_new_steal(space, items, count), theirs, into);
}

static void make(struct pair *into) {
    switch (take_byte() % 8) {
    case 0:
    case 1:
        make_number(into);
        break;
    case 2:
    case 3:
        make_text(into);
        break;
    case 4:
        take_byte() & 1 ? make_range(into) : make_slice(into);
        break;
    case 5:
        settle("dict", poolval_dict_new(space), PyDict_New(), into);
        break;
    default:
        make_sequence(into);
    }
}

/* ---- The life of a space ---- */

static void start(void) {
    poolval_options options = POOLVAL_DEFAULTS;
    if (!Py_IsInitialized()) {
        Py_InitializeEx(0);
        PyRun_SimpleString("import sys; sys.set_int_max_str_digits(0)");
    }
    options.power = pow;
    heap = poolobj_heap_new();
    space = poolval_space_new(heap, &options);
    for (int i = 0; i < SETS; i++)
        sets[i] = (struct pair){poolval_set_new(space, NULL), PySet_New(NULL)};
}

static void end(void) {
    poolval_space_check(space);
    for (int i = 0; i < SLOTS; i++) drop(&slots[i]);
    for (int i = 0; i < SETS; i++) drop(&sets[i]);
    poolobj_gc_collect(heap, 2);
    poolobj_heap_check(heap);
    poolval_space_check(space);
    poolobj_heap_close(heap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input = data;
    input_end = data + size;
    start();
    while (input < input_end) {
        uint8_t what = take_byte();
        what % 3 == 0 ? make(take_slot()) : value_step(what / 3);
    }
    end();
    return 0;
}
