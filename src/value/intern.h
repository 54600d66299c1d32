/* SPDX-License-Identifier: MIT */
/*
 * intern.h - interned strings: a table that knows them all and owns none. A string that dies takes
 * itself out: the table keeps the hashes, so that this looks at no other string.
 *
 * Between the drop of its last reference and its end (finalizers may run meanwhile) a string is
 * still in the table, but no longer to be had. Who asks for it then gets a new one, which takes
 * over its slot; the dying one finds its slot taken and leaves it.
 *
 * Invariants, which intern_check checks:
 *   I1 used = slots that are not empty < size
 *   I2 a slot's hash is that of its string, which has the flag, and is found from it
 *   I3 no two strings in the table are equal
 */
#ifndef POOLALLOC_VALUE_INTERN_H
#define POOLALLOC_VALUE_INTERN_H

#include "value/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The interned string equal to `str`, which may be itself from now on. A new reference. NULL: the
   failure is noted. */
poolobj *intern_str(poolval_space *space, struct value_str *str);
/* By the rule: those that look like identifiers. The reference moves to the result. */
poolobj *intern_by_rule(poolval_space *space, poolobj *str);
/* The string dies. */
void intern_forget(poolval_space *space, struct value_str *str);
void intern_check(const poolval_space *space);

#ifdef __cplusplus
}
#endif

#endif
