/* SPDX-License-Identifier: MIT */
/* cpython.c - CPython's own values by its C API, for workloads.h. With the argument "version" it
   says which CPython. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

typedef PyObject object;

static inline void drop(object *v) { Py_DECREF(v); }
static inline object *make_int(long number) { return PyLong_FromLong(number); }
static inline object *make_float(double number) { return PyFloat_FromDouble(number); }
static inline object *make_text(const char *utf8, size_t size) {
    return PyUnicode_FromStringAndSize(utf8, (Py_ssize_t)size);
}
static inline object *make_interned(const char *utf8) { return PyUnicode_InternFromString(utf8); }
static inline object *make_concat(object *a, object *b) { return PyUnicode_Concat(a, b); }
static inline object *make_slice(object *str, long start, long stop) {
    return PyUnicode_Substring(str, start, stop);
}
static inline object *make_tuple3(object *a, object *b, object *c) {
    object *tuple = PyTuple_New(3);
    PyTuple_SET_ITEM(tuple, 0, Py_NewRef(a));
    PyTuple_SET_ITEM(tuple, 1, Py_NewRef(b));
    PyTuple_SET_ITEM(tuple, 2, Py_NewRef(c));
    return tuple;
}
static inline object *make_list(void) { return PyList_New(0); }
static inline void append(object *list, object *item) { PyList_Append(list, item); }
static inline object *get_item(object *list, size_t index) {
    return Py_XNewRef(PyList_GetItem(list, (Py_ssize_t)index));
}
static inline object *make_dict(void) { return PyDict_New(); }
static inline void set(object *dict, object *key, object *item) { PyDict_SetItem(dict, key, item); }
static inline object *find(object *dict, object *key) { return PyDict_GetItemWithError(dict, key); }

static inline object *make_sum(object *a, object *b) { return PyNumber_Add(a, b); }
static inline object *make_product(object *a, object *b) { return PyNumber_Multiply(a, b); }
static inline object *make_split(object *str, object *at) { return PyUnicode_Split(str, at, -1); }
static inline object *make_repr(object *v) { return PyObject_Repr(v); }
static inline void sort_list(object *list) { PyList_Sort(list); }
static inline object *make_set(void) { return PySet_New(NULL); }
static inline void add_to_set(object *set, object *item) { PySet_Add(set, item); }
static inline object *make_iterator(object *v) { return PyObject_GetIter(v); }
static inline object *get_next(object *iterator) { return PyIter_Next(iterator); }

#include "workloads.h"

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "version") == 0) {
        printf("# CPython %s\n", Py_GetVersion());
        return 0;
    }
    Py_InitializeEx(0);
    PyGC_Disable();
    run(argc, argv);
    return 0;
}
