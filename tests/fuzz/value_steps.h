/* SPDX-License-Identifier: MIT */
/* value_steps.h - what the fuzzer of values does to them: one operation after the other. */
#ifndef POOLALLOC_FUZZ_VALUE_STEPS_H
#define POOLALLOC_FUZZ_VALUE_STEPS_H

#include "pair.h"

enum { SETS = 4 };

/* Sets of keys that are equal to nothing of another type, as the order of others is not Python's.
 */
extern struct pair sets[SETS];

/* One operation; some slots may be empty or of the wrong type for it, and nothing happens then. */
void value_step(uint8_t what);

#endif
