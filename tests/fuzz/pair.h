/* SPDX-License-Identifier: MIT */
/*
 * pair.h - a value of ours and the same one of Python's, for the fuzzer of values: where they come
 * from, and the comparisons after each operation, which end the process with both texts where they
 * differ.
 */
#ifndef POOLALLOC_FUZZ_PAIR_H
#define POOLALLOC_FUZZ_PAIR_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <poolval.h>
#include <stdbool.h>

enum { SLOTS = 8, TEXT = 40, LONGEST = 600 };

/* Both NULL where there is none. */
struct pair {
    poolobj *ours;
    PyObject *theirs;
};

extern poolval_space *space;
extern struct pair slots[SLOTS];
extern const uint8_t *input, *input_end;

/* ---- The input: zeros behind its end ---- */

uint8_t take_byte(void);
uint64_t take_word(void);
/* Mostly near the ends of short sequences. */
Py_ssize_t take_index(void);
struct pair *take_slot(void);
/* Up to TEXT - 1 letters of an alphabet. */
size_t take_text(char *text, const char *alphabet);
/* A value for a container, new references. What changes goes in as a copy, so that nothing grows
 * unseen. */
struct pair take_item(void);

/* ---- Comparisons. A result of Python's that is NULL has failed, and so must ours ---- */

void drop(struct pair *pair);
void differ(const char *what, const char *ours, const char *theirs);
poolobj *repr_of(poolobj *ours);
/* Length of the text; 0 if nan is in it, which is equal to nothing, and not always itself. */
size_t same_text(const char *what, poolobj *ours, PyObject *theirs);
void same_failure(const char *what, bool failed);
/* A result of both goes into a slot, unless it is too long to go on with. Takes the references. */
void settle(const char *what, poolobj *ours, PyObject *theirs, struct pair *into);
/* A number that a function returns, less than 0 where it failed. Takes the reference. */
void same_number(const char *what, ptrdiff_t ours, PyObject *theirs);
/* A change of a value: 0, or -1; afterwards both are still the same. Takes the reference. */
void same_change(const char *what, int status, PyObject *theirs, struct pair *changed);
/* What functions of Python's return, as an object or NULL. */
PyObject *number_of(Py_ssize_t number);
PyObject *done(int status);

/* ---- What there is ---- */

bool is_number(const struct pair *p);
bool is_str(const struct pair *p);
bool is_list(const struct pair *p);
bool is_dict(const struct pair *p);
bool is_slice(const struct pair *p);
bool is_sequence(const struct pair *p);
bool is_bytes(const struct pair *p);

#endif
