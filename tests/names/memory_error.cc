// SPDX-License-Identifier: MIT
// A Python module in C++: take(n) makes a vector of n bytes, and a bad_alloc becomes a MemoryError.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <new>
#include <vector>

static PyObject *take(PyObject *, PyObject *arguments) {
    Py_ssize_t size;
    if (!PyArg_ParseTuple(arguments, "n", &size)) return nullptr;
    try {
        std::vector<char> bytes(static_cast<size_t>(size));
        return PyLong_FromSize_t(bytes.size());
    } catch (const std::bad_alloc &) {
        return PyErr_NoMemory();
    }
}

static PyMethodDef methods[] = {{"take", take, METH_VARARGS, nullptr},
                                {nullptr, nullptr, 0, nullptr}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT,
                             "memory_error",
                             nullptr,
                             -1,
                             methods,
                             nullptr,
                             nullptr,
                             nullptr,
                             nullptr};

PyMODINIT_FUNC PyInit_memory_error() { return PyModule_Create(&module); }
