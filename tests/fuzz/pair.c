/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include "expect.h"

poolval_space *space;
const uint8_t *input, *input_end;
struct pair slots[SLOTS];

/* ---- The input ---- */

uint8_t take_byte(void) { return input < input_end ? *input++ : 0; }

uint64_t take_word(void) {
    uint64_t word = 0;
    for (int i = 0; i < 8; i++) word = word << 8 | take_byte();
    return word;
}

Py_ssize_t take_index(void) {
    uint8_t byte = take_byte();
    return byte == 127   ? PY_SSIZE_T_MAX
           : byte == 128 ? PY_SSIZE_T_MIN
                         : (int8_t)byte % (byte & 32 ? 4 : 32);
}

struct pair *take_slot(void) {
    return &slots[take_byte() % SLOTS];
}

size_t take_text(char *text, const char *alphabet) {
    size_t size = take_byte() % TEXT, length = strlen(alphabet);
    for (size_t i = 0; i < size; i++) text[i] = alphabet[take_byte() % length];
    text[size] = '\0';
    return size;
}

/* ---- Both sides ---- */

void drop(struct pair *pair) {
    if (pair->ours != NULL) poolobj_decref(pair->ours);
    Py_XDECREF(pair->theirs);
    *pair = (struct pair){NULL, NULL};
}

static void put(struct pair *into, poolobj *ours, PyObject *theirs) {
    drop(into);
    *into = (struct pair){ours, theirs};
}

void differ(const char *what, const char *ours, const char *theirs) {
    fprintf(stderr, "%s: ours is %.300s, Python's %.300s\n", what, ours, theirs);
    abort();
}

poolobj *repr_of(poolobj *ours) {
    poolobj *repr = poolval_repr(space, ours);
    if (repr == NULL) differ("repr", poolval_error_message(space), "there");
    return repr;
}

size_t same_text(const char *what, poolobj *ours, PyObject *theirs) {
    poolobj *repr = repr_of(ours);
    PyObject *their_repr = PyObject_Repr(theirs);
    EXPECT(their_repr != NULL);
    const char *text = poolval_str_utf8(space, repr, NULL), *their = PyUnicode_AsUTF8(their_repr);
    if (strcmp(text, their) != 0) differ(what, text, their);
    size_t size = strstr(text, "nan") != NULL ? 0 : strlen(text);
    poolobj_decref(repr);
    Py_DECREF(their_repr);
    return size;
}

static int reason_of_python(void) {
    static const struct {
        PyObject **exception;
        int reason;
    } table[] = {
        {&PyExc_UnicodeError, POOLVAL_ERR_ENCODING}, {&PyExc_TypeError, POOLVAL_ERR_TYPE},
        {&PyExc_AttributeError, POOLVAL_ERR_TYPE},   {&PyExc_IndexError, POOLVAL_ERR_INDEX},
        {&PyExc_KeyError, POOLVAL_ERR_KEY},          {&PyExc_OverflowError, POOLVAL_ERR_OVERFLOW},
        {&PyExc_ValueError, POOLVAL_ERR_VALUE},      {&PyExc_ZeroDivisionError, POOLVAL_ERR_VALUE},
        {&PyExc_RecursionError, POOLVAL_ERR_DEPTH},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (PyErr_ExceptionMatches(*table[i].exception)) return table[i].reason;
    PyErr_Print();
    EXPECT(!"Python fails for a reason that this fuzzer knows");
    return 0;
}

void same_failure(const char *what, bool failed) {
    char reason[32];
    int theirs = reason_of_python();
    PyErr_Clear();
    snprintf(reason, sizeof reason, "failure %d", theirs);
    if (!failed) differ(what, "there", reason);
    if (poolval_error(space) != theirs) differ(what, poolval_error_message(space), reason);
}

void settle(const char *what, poolobj *ours, PyObject *theirs, struct pair *into) {
    if (theirs == NULL) {
        same_failure(what, ours == NULL);
        return;
    }
    if (ours == NULL) differ(what, poolval_error_message(space), "there");
    size_t size = same_text(what, ours, theirs);
    if (size > 0 && size <= LONGEST) {
        put(into, ours, theirs);
        return;
    }
    poolobj_decref(ours);
    Py_DECREF(theirs);
}

void same_number(const char *what, ptrdiff_t ours, PyObject *theirs) {
    char text[2][32];
    if (theirs == NULL) {
        same_failure(what, ours < 0);
        return;
    }
    ptrdiff_t number = PyLong_AsSsize_t(theirs);
    snprintf(text[0], sizeof text[0], "%td", ours);
    snprintf(text[1], sizeof text[1], "%td", number);
    if (ours != number) differ(what, text[0], text[1]);
    Py_DECREF(theirs);
}

PyObject *number_of(Py_ssize_t number) {
    return number == -1 && PyErr_Occurred() ? NULL : PyLong_FromSsize_t(number);
}

void same_change(const char *what, int status, PyObject *theirs, struct pair *changed) {
    if (theirs == NULL)
        same_failure(what, status == -1);
    else if (status != 0)
        differ(what, poolval_error_message(space), "done");
    Py_XDECREF(theirs);
    size_t size = same_text(what, changed->ours, changed->theirs);
    if (size == 0 || size > LONGEST) drop(changed);
}

PyObject *done(int status) { return status == 0 ? Py_NewRef(Py_None) : NULL; }

/* ---- What there is ---- */

bool is_number(const struct pair *p) {
    return p->ours != NULL && (PyLong_Check(p->theirs) || PyFloat_Check(p->theirs));
}
bool is_str(const struct pair *p) { return p->ours != NULL && PyUnicode_Check(p->theirs); }
bool is_list(const struct pair *p) { return p->ours != NULL && PyList_Check(p->theirs); }
bool is_dict(const struct pair *p) { return p->ours != NULL && PyDict_Check(p->theirs); }
bool is_slice(const struct pair *p) { return p->ours != NULL && PySlice_Check(p->theirs); }
bool is_sequence(const struct pair *p) {
    return is_list(p) || (p->ours != NULL && PyTuple_Check(p->theirs));
}
bool is_bytes(const struct pair *p) {
    return p->ours != NULL && (PyBytes_Check(p->theirs) || PyByteArray_Check(p->theirs));
}

struct pair take_item(void) {
    static PyObject *deepcopy;
    struct pair *slot = take_slot();
    if (slot->ours == NULL) return (struct pair){poolval_none(space), Py_NewRef(Py_None)};
    if (!is_sequence(slot) && !is_dict(slot) && !is_bytes(slot)) {
        poolobj_incref(slot->ours);
        return (struct pair){slot->ours, Py_NewRef(slot->theirs)};
    }
    if (deepcopy == NULL)
        deepcopy = PyObject_GetAttrString(PyImport_ImportModule("copy"), "deepcopy");
    struct pair item = {poolval_deepcopy(space, slot->ours),
                        PyObject_CallOneArg(deepcopy, slot->theirs)};
    EXPECT(item.ours != NULL && item.theirs != NULL);
    return item;
}
